//! What may be typed after `overlay experiment`.

use std::num::NonZeroUsize;

use clap::{Subcommand, ValueEnum};
use overlay_core::experiment::Fail;
use overlay_core::id::Digits;
use overlay_core::pastry::LeafSetSize;

use super::shard::Shard;
use crate::args::{RowFormat, SystemName};

/// What all experiments take.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Common {
    /// Numbers of nodes, one row each [default: the published setting]
    #[arg(long, value_delimiter = ',', value_name = "N[,N…]")]
    pub(crate) nodes: Vec<u32>,
    /// What all randomness comes from: the same seed gives the same output, byte for byte, on any number of threads
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Lookups a row; experiments without lookups pass over it [default: the published setting]
    #[arg(long)]
    pub(crate) lookups: Option<u32>,
    /// How to write rows
    #[arg(long, value_enum, default_value_t = RowFormat::Table)]
    pub(crate) format: RowFormat,
    /// Threads to work on; as many as the machine has cores, if not said
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Runs part i of n only, 0 ≤ i < n, and writes counts for `overlay merge`
    #[arg(long, value_name = "i/n")]
    pub(crate) shard: Option<Shard>,
    /// Adds build_s, lookups_per_s and bytes_per_node to each row: these differ from run to run
    #[arg(long, conflicts_with = "shard")]
    pub(crate) timing: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TargetName {
    /// The identifier of a random node
    Node,
    /// A random key
    Key,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CountName {
    /// Hops up to the key's predecessor
    Predecessor,
    /// Hops up to the node responsible
    Owner,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum MethodName {
    /// Row i of node i of the path
    Sl,
    /// The whole state of each node of the path
    Wt,
    /// As wt, then the whole state of each node in R and M
    Wtf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GeometryName {
    /// The neighbour that mends the first differing bit, or none
    Tree,
    /// Any neighbour that mends a differing bit
    Hypercube,
    /// The neighbour nearest by XOR, if it is nearer
    Xor,
    /// The finger furthest on without passing the target
    Ring,
    /// As tree; else the neighbour nearest on the ring that keeps the prefix
    Hybrid,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ComparedName {
    Pastry,
    Chord,
    /// All six techniques of the lecture's table
    All,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TopologyName {
    /// Every node has C links, none of which closes a circle
    Tree,
    /// Links between random pairs, C a node on average
    Random,
    /// Newcomers prefer nodes with many links
    PowerLaw,
    /// A square grid
    Grid,
    /// Each newcomer links to C nodes that accept
    Grown,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SearchName {
    /// To everybody within the TTL
    Flood,
    /// With TTL 1, 2, 3 … until something is found
    Ring,
    /// 32 random walkers that check back at every fourth step, with state
    Walk,
    /// One random walker that checks back at every step: nearly probes of random nodes
    Probe,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum AllocationName {
    /// As many copies of each object
    Uniform,
    /// Copies in proportion to searches
    Proportional,
    /// Copies in proportion to the square root of searches
    SquareRoot,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TtlRuleName {
    /// What is received with TTL above 0 is passed on: one hop more than the TTL says
    Slide,
    /// The TTL is counted down on receipt, and what is still above 0 is passed on
    Published,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SatisfiedName {
    /// Who can answer does so; otherwise it passes the query on
    Stops,
    /// Who can answer does so and passes it on
    PassesOn,
}

#[derive(Subcommand, Clone, Debug)]
pub(crate) enum Experiment {
    /// Hops from a random node on converged tables
    ///
    /// Published: Pastry (Rowstron & Druschel 2001), Fig. 4: mean 2.485 at 1,000 nodes, 3.232 at 10,000, 3.976 at 100,000
    /// (band ±0.03), lookups for node ids, b = 4, |L| = 16; Fig. 5: shares of 1 to 5 hops at 100,000 nodes .0006 .0156 .1643
    /// .6449 .1745 (±0.006). Chord (Stoica et al. 2003), Fig. 10: mean path 5.85 at 4,096 nodes (±0.05), ½·log2 N − 0.14 from
    /// 256 nodes on (±0.06), lookups for random keys, counted up to the key's predecessor.
    ///
    /// Row keys: system, nodes, lookups, mean, p1, p99, max, histogram[] (lookups by number of hops, from 0).
    Hops {
        #[command(flatten)]
        common: Common,
        /// Which overlay
        #[arg(long, value_enum, default_value_t = SystemName::Pastry)]
        system: SystemName,
        /// Pastry: bits of a digit, 1, 2 or 4
        #[arg(long, default_value = "4", value_parser = digits)]
        b: Digits,
        /// Pastry: |L|, an even number from 2 to 64
        #[arg(long, default_value = "16", value_parser = leaf_set)]
        leaf_set: LeafSetSize,
        /// What lookups look for [default: node for Pastry, key for Chord]
        #[arg(long, value_enum)]
        target: Option<TargetName>,
        /// Chord: which hop is the last one counted
        #[arg(long, value_enum, default_value_t = CountName::Predecessor)]
        count: CountName,
    },
    /// Filled entries of Pastry's routing tables, row by row, converged
    ///
    /// Published: Pastry 2001 §2.1 and Fig. 10; exact expectation at 5,000 nodes with b = 4: rows 0 to 3 hold 15, 15, 10.57,
    /// 1.10 (±0.15); 58.2 in all at 100,000.
    ///
    /// Row keys: nodes, rows[{row, filled}] (mean over all nodes), total.
    Table {
        #[command(flatten)]
        common: Common,
        /// Bits of a digit, 1, 2 or 4
        #[arg(long, default_value = "4", value_parser = digits)]
        b: Digits,
        /// |L|, an even number from 2 to 64
        #[arg(long, default_value = "16", value_parser = leaf_set)]
        leaf_set: LeafSetSize,
    },
    /// Length of routes against the direct distance, nodes uniform in a plane of 1000 × 1000
    ///
    /// Published: Pastry 2001, Fig. 6: routes are 30% to 40% longer than the direct way, lookups for node ids. The figure
    /// is the sum of all routes over the sum of all direct distances.
    ///
    /// Row keys: system, nodes, relative_distance.
    Distance {
        #[command(flatten)]
        common: Common,
        /// Which overlay
        #[arg(long, value_enum, default_value_t = SystemName::Pastry)]
        system: SystemName,
    },
    /// How near Pastry's entries are when nodes join one by one by real messages
    ///
    /// Published: Pastry 2001, Fig. 7, 5,000 nodes, b = 4, |L| = 16, |M| = 32: SL ≤ WT ≪ WTF in optimal entries. Optimal: no
    /// node with that prefix is nearer. Missing: empty although such a node exists.
    ///
    /// Row keys: method, nodes, rows[{row, optimal, suboptimal, missing}] (mean over all nodes, of 15 a row).
    TableQuality {
        #[command(flatten)]
        common: Common,
        /// What a newcomer asks for
        #[arg(long, value_enum, default_value_t = MethodName::Wtf)]
        method: MethodName,
    },
    /// Nodes that fail all at once, in silence
    ///
    /// Published: Pastry 2001 §3.4, Fig. 10: 500 of 5,000 fail; hops rise by 8.4% unrepaired (band +5% to +8.4%) and are
    /// back to +0.4% (±2%) after lazy repair, with 57 RPCs a failed node. Chord 2003, Table II: 1,000 nodes, r = 20,
    /// fractions 0 to 0.5, stabilisation stopped: no lookup fails.
    ///
    /// Row keys: system, nodes, failed; Pastry: mean_before, mean_unrepaired, mean_repaired, rpcs_per_failure; Chord: mean
    /// (hops to the owner), timeouts (a lookup), failed_lookups.
    Failures {
        #[command(flatten)]
        common: Common,
        /// Which overlay
        #[arg(long, value_enum, default_value_t = SystemName::Pastry)]
        system: SystemName,
        /// How many fail: a fraction (with a decimal point) or a number of nodes; several make a row each
        #[arg(long, value_delimiter = ',', value_name = "FRACTION|COUNT", default_value = "0.1", value_parser = fail)]
        fail: Vec<Fail>,
    },
    /// Keys a node holds, over 20 independent rings
    ///
    /// Published: Chord 2003, Figs 8 and 9, 10,000 nodes, 20 runs: the 99th percentile is ln 100 = 4.6 times the mean
    /// without virtual nodes (±0.1 with a million keys).
    ///
    /// Row keys: nodes, keys, virtual, mean, p1, p99, max (keys a node).
    Load {
        #[command(flatten)]
        common: Common,
        /// Which overlay; Pastry has no virtual nodes
        #[arg(long, value_enum, default_value_t = ChordOnly::Chord)]
        system: ChordOnly,
        /// Keys on the ring
        #[arg(long, default_value_t = 1_000_000)]
        keys: u32,
        /// Places on the ring a node has; several make a row each
        #[arg(long = "virtual", value_delimiter = ',', value_name = "V[,V…]", default_value = "1")]
        virtual_nodes: Vec<u32>,
    },
    /// Lookups that meet no node that drops messages
    ///
    /// Published: Castro et al. 2002: about (1 − f)^h with h mean hops; simulation within 2%. The sender is honest; the root
    /// of the key may be a dropper.
    ///
    /// Row keys: system, nodes, fraction, success.
    Malicious {
        #[command(flatten)]
        common: Common,
        /// Which overlay
        #[arg(long, value_enum, default_value_t = SystemName::Pastry)]
        system: SystemName,
        /// Share of nodes that drop what they should pass on; several make a row each
        #[arg(long, value_delimiter = ',', value_name = "F[,F…]", default_value = "0.2")]
        fraction: Vec<f64>,
    },
    /// Lookups while nodes come and go, by real messages in simulated time
    ///
    /// Newcomers arrive as a Poisson process, sessions are exponential and end without a word, and the population stays
    /// about the same; the first half session (at least five minutes) is not measured. Published: MSPastry (Castro, Costa,
    /// Rowstron 2004), abstract: dependable routing at stretch below 2 and fewer than 0.5 control messages a second a node;
    /// aimed at here: without message loss no lookup lost and none delivered wrongly, from 15 to 120 min. Control is all
    /// that is sent but the messages that carried lookups on: joins, repair, upkeep, acknowledgements, what went in vain.
    ///
    /// Row keys: system, nodes, lookups, lost, incorrect, timeouts_per_lookup, control_msgs_per_node_s, stretch.
    Churn {
        #[command(flatten)]
        common: Common,
        /// Which overlay
        #[arg(long, value_enum, default_value_t = SystemName::Pastry)]
        system: SystemName,
        /// Mean of the exponential sessions, in seconds; several make a row each
        #[arg(long, value_delimiter = ',', value_name = "S[,S…]", default_value = "3600")]
        session_mean_s: Vec<u32>,
        /// Measured time, in simulated seconds
        #[arg(long, default_value_t = 3_600)]
        duration_s: u32,
        /// Share of messages that get lost
        #[arg(long, default_value = "0", value_parser = millionths)]
        loss: u32,
        /// Lookups that each member starts in a second, on average
        #[arg(long, default_value_t = 0.01)]
        lookup_rate: f64,
    },
    /// Pastry and Chord on the same nodes, the same latency plane and the same lookups, as the page compares them
    ///
    /// Real messages in simulated time, in step. Hops count the owner in both; latency is from the origin's decision to the
    /// delivery at the owner; messages (a lookup) are hops and their acknowledgements; update messages are those that a
    /// node sends in a minute; storage is the mean number of entries of a node's tables. Published: nothing for this setting; it is
    /// what the comparison page shows and its command repeats.
    ///
    /// Row keys: system, nodes, hops, latency_ms, messages, update_messages, storage_entries; with --fail also killed,
    /// failed_before, failed_repairing, failed_after (lookups), repair_messages.
    ///
    /// With --systems all: the lecture's "Performance Comparison of P2P Techniques", measured, for Gnutella, Napster, full
    /// replication, FastTrack, Chord and Pastry on the same peers, latencies, files and searches, at 16 to 65,536 peers. Row keys:
    /// system, nodes, found, latency_ms, hops, messages, update_messages, storage_max, storage_mean. With --growth, instead, how each
    /// grows, beside the slide's claim; row keys: system, quantity, claimed, measured, error, power_error, verdict.
    Compare {
        #[command(flatten)]
        common: Common,
        /// Which of them get a row; both run, in step. Or all: the six systems of the lecture's table
        #[arg(long, value_enum, value_delimiter = ',', default_value = "pastry,chord")]
        systems: Vec<ComparedName>,
        /// With --systems all: how each quantity grows with the number of peers, beside the slide's claim
        #[arg(long)]
        growth: bool,
        /// Share of nodes killed at one moment, at most 0.9
        #[arg(long, default_value = "0", value_parser = millionths)]
        fail: u32,
        /// Share of messages that get lost, at most 0.5
        #[arg(long, default_value = "0", value_parser = millionths)]
        loss: u32,
        /// Pastry: bits of a digit, 1, 2 or 4
        #[arg(long, default_value = "4", value_parser = digits)]
        b: Digits,
        /// Pastry: |L|, an even number from 2 to 64
        #[arg(long, default_value = "16", value_parser = leaf_set)]
        leaf_set: LeafSetSize,
        /// Chord: entries of a successor list, 1 to 64
        #[arg(long, default_value_t = 16)]
        successors: u8,
        /// Seconds between two rounds of upkeep, 1 to 600
        #[arg(long, default_value_t = 30)]
        upkeep_s: u32,
    },
    /// What one search costs in an unstructured network such as Gnutella's, by real messages
    ///
    /// The lecture, "Issues with Gnutella": "if TTL is 7, and C is 4, a single Gnutella message may generate 26,240 messages". On the
    /// tree TTL 7 makes 7 hops: 4,372 queries, 8,744 messages with one reply each. With --ttl-rule slide it makes 8: 13,120
    /// queries, 26,240 messages. Published: Lv et al. 2002, Table 2 (random graph of 9,836 nodes, mean degree 4, 100 objects on 1% of the
    /// nodes each): 32 walkers send about two orders of magnitude fewer messages than flooding and take more hops.
    ///
    /// On the tree the root asks and every node has the file. A reply counts once, however many links it goes back over.
    ///
    /// Published: Cohen and Shenker 2002: with probes of random nodes, uniform and proportional copies take as many probes a search,
    /// copies by the square root of searches the fewest. Here: --topology random --method probe --zipf 1 --lookups 6400
    /// --allocation uniform,proportional,square-root.
    ///
    /// Row keys: degree, ttl, topology, method, queries, replies, messages, duplicates, visited (means a search), found (share
    /// of searches), hops (to the first file found), zipf, allocation.
    Flood {
        #[command(flatten)]
        common: Common,
        /// C: links of a node (on average, or to begin with)
        #[arg(long, default_value_t = 4)]
        degree: u8,
        /// TTL of a query, 1 to 32; several make a row each
        #[arg(long, value_delimiter = ',', value_name = "T[,T…]", default_value = "7")]
        ttl: Vec<u8>,
        /// Who is linked with whom
        #[arg(long, value_enum, default_value_t = TopologyName::Tree)]
        topology: TopologyName,
        /// How a search goes on
        #[arg(long, value_enum, default_value_t = SearchName::Flood)]
        method: SearchName,
        /// How far the TTL reaches
        #[arg(long, value_enum, default_value_t = TtlRuleName::Published)]
        ttl_rule: TtlRuleName,
        /// What a node does with a query that it can answer
        #[arg(long, value_enum, default_value_t = SatisfiedName::PassesOn)]
        satisfied: SatisfiedName,
        /// Share of nodes that have an object [default: 1 on the tree, else 0.01]
        #[arg(long, value_parser = millionths)]
        replication: Option<u32>,
        /// Exponent of the Zipf law by which objects are searched for, 0 (all alike) to 3
        #[arg(long, value_name = "A", value_parser = hundredths, default_value = "0")]
        zipf: u16,
        /// How the copies are shared out among the objects; several make a row each
        #[arg(long, value_enum, value_delimiter = ',', default_values_t = [AllocationName::Uniform])]
        allocation: Vec<AllocationName>,
    },
    /// Paths that break when nodes fail and nothing is mended, by the geometry alone
    ///
    /// Published: Gummadi et al. 2003, 65,536 nodes: tree fails most by far, then xor and hybrid, then ring and hypercube
    /// (the order only: the percentages do not follow from plain greedy models).
    ///
    /// The model: a full space of 2^k identifiers, k neighbours a node, no sequential neighbours, no way back. Tree, xor and
    /// hybrid: neighbour i differs in bit i, shares the bits before it and is random behind it. Hypercube: differs in bit i
    /// alone. Ring: 2^i to 2^(i+1) − 1 further on, at random. Tree takes the neighbour for the first differing bit or fails;
    /// hypercube the first live one that mends any; xor the live one nearest by XOR; ring the live one furthest on that does
    /// not pass the target; hybrid as tree, else the nearest on the ring that keeps the prefix.
    ///
    /// Row keys: geometry, nodes, fraction, failed_paths.
    Resilience {
        #[command(flatten)]
        common: Common,
        /// The shape of the overlay
        #[arg(long, value_enum)]
        geometry: GeometryName,
        /// Share of nodes that fail; several make a row each
        #[arg(long, value_delimiter = ',', value_name = "Q[,Q…]", default_value = "0.3")]
        fraction: Vec<f64>,
    },
}

/// The one system that the load experiment knows.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ChordOnly {
    Chord,
}

fn digits(text: &str) -> Result<Digits, String> {
    let b = text.parse().ok().and_then(Digits::from_bits);
    b.ok_or_else(|| "a digit has 1, 2 or 4 bits".into())
}

fn leaf_set(text: &str) -> Result<LeafSetSize, String> {
    let total = text.parse().ok().and_then(LeafSetSize::new);
    total.ok_or_else(|| "a leaf set has an even number of entries from 2 to 64".into())
}

fn fail(text: &str) -> Result<Fail, String> {
    let parsed =
        if text.contains('.') { text.parse().ok().map(Fail::Fraction) } else { text.parse().ok().map(Fail::Count) };
    parsed.ok_or_else(|| "give a fraction such as 0.1 or a number of nodes".into())
}

/// An exponent such as 1.2, in hundredths.
fn hundredths(text: &str) -> Result<u16, String> {
    let exponent = text.parse().ok().filter(|exponent: &f64| (0.0..=3.0).contains(exponent));
    Ok((exponent.ok_or("give a number between 0 and 3 such as 1.2")? * 100.0).round() as u16)
}

/// A fraction such as 0.25, in millionths.
fn millionths(text: &str) -> Result<u32, String> {
    let fraction = text.parse().ok().filter(|fraction: &f64| (0.0..=1.0).contains(fraction));
    let fraction = fraction.ok_or("give a fraction between 0 and 1 such as 0.25")?;
    // At most a million.
    Ok((fraction * 1e6).round() as u32)
}
