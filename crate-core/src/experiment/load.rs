//! Load balance of consistent hashing: Stoica et al. 2003 §V.B, Figs 8 and 9.
//!
//! In every run a new ring of nodes gets K random keys, each held by its successor; with virtual nodes, a node has V
//! places on the ring and holds the keys of all of them. Percentiles are over all nodes of all runs.
//!
//! # Implementation notes
//! Who holds a key is decided by the ring alone, so no tables are built: the rule is that of Chord's checker
//! (`System::owner`). Identifiers of nodes and keys are random 160-bit numbers, as hashes are.

use super::{Counts, Histogram, Point, Ready, Row};
use crate::chord::{ChordNode, Config};
use crate::id::{ChordId, IdBits, RingId as _};
use crate::protocol::Peer;
use crate::sim::systems::System as _;

/// Independent runs, as in the paper; each is a block.
pub(super) const RUNS: u32 = 20;
/// Most places of all nodes together.
pub(super) const PLACES_MAX: u64 = 20_000_000;
/// Keys a node from which on they are all counted alike, so that a histogram stays small.
const KEYS_A_NODE_MAX: usize = 1 << 20;

const RING: u64 = 3;

struct Load {
    point: Point,
    keys: u32,
    virtual_nodes: u32,
}

pub(super) fn prepare(point: &Point, keys: u32, virtual_nodes: u32) -> Box<dyn Ready> {
    Box::new(Load { point: *point, keys, virtual_nodes })
}

impl Ready for Load {
    fn run(&self, block: u32) -> Counts {
        let mut rng = self.point.rng(RING, block);
        let config = Config::default();
        let places = self.point.nodes * self.virtual_nodes;
        let mut ring: Vec<(ChordId, Peer)> = (0..places)
            .map(|place| (ChordId::random(IdBits::SHA1, &mut rng), Peer(place % self.point.nodes)))
            .collect();
        ring.sort_unstable();
        let mut held = vec![0_u32; self.point.nodes as usize];
        for _ in 0..self.keys {
            let key = ChordId::random(IdBits::SHA1, &mut rng);
            held[ChordNode::owner(&config, &ring, key).index()] += 1;
        }
        let mut histogram = Vec::new();
        for keys in held {
            let keys = (keys as usize).min(KEYS_A_NODE_MAX);
            if histogram.len() <= keys {
                histogram.resize(keys + 1, 0);
            }
            histogram[keys] += 1;
        }
        let mut counts = Counts::default();
        counts.add_all("nodes_by_keys", &histogram);
        counts.add("keys", 0, self.keys.into());
        counts
    }
}

pub(super) fn row(point: &Point, keys: u32, virtual_nodes: u32, counts: &Counts) -> Row {
    let histogram = Histogram(counts.list("nodes_by_keys"));
    Row::default()
        .with("nodes", point.nodes)
        .with("keys", keys)
        .with("virtual", virtual_nodes)
        .with("mean", super::counts::ratio(counts.sum("keys"), histogram.total()))
        .with("p1", histogram.percentile(1))
        .with("p99", histogram.percentile(99))
        .with("max", histogram.max())
}
