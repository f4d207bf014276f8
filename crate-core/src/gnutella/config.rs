//! Rule switches and sizes of Gnutella.

use serde::{Deserialize, Serialize};

use crate::protocol::Peer;
use crate::time::Duration;

/// The largest TTL that a node sends or passes on.
pub const TTL_MAX: u8 = 32;
/// Most permanent connections of one node.
pub const LINKS_MAX: usize = 10_000;

/// How far a descriptor goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TtlRule {
    /// The slide: whoever receives one with TTL > 0 passes it on, with a TTL smaller by 1. What is sent with TTL 7 makes 8
    /// hops: the 26,240 messages.
    Slide,
    /// Version 0.4: a receiver counts the TTL down first and passes on what is still above 0. What is sent with TTL 7
    /// makes 7 hops.
    Published,
}

/// What a node does with a query that it can answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Satisfied {
    /// The slide: it answers; "otherwise, forward message to all of X's permanent peers".
    Stops,
    /// Version 0.4: it answers, and passes the query on all the same.
    PassesOn,
}

/// How a search goes through the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Method {
    /// To everybody within the TTL.
    Flood,
    /// "Start with TTL=1. If no result found, set TTL=2 and try again."
    ExpandingRing {
        /// The first TTL.
        start: u8,
        /// By how much it grows: 1 on the slide, 2 with Lv et al.
        step: u8,
    },
    /// "K random walkers … only send requests to one neighbour, but with high TTL."
    RandomWalk {
        /// K.
        walkers: u8,
        /// Steps of each walker.
        steps: u16,
        /// After so many steps a walker asks the origin whether to go on; 0: never.
        check_every: u8,
        /// Whether a node remembers where it sent walkers of a query, and sends the next one elsewhere.
        keep_state: bool,
    },
}

impl Method {
    /// Lv et al. 2002: 32 walkers that check back at every fourth step, with state.
    pub const WALK: Self = Self::RandomWalk { walkers: 32, steps: 1_024, check_every: 4, keep_state: true };
    /// One walker that asks at each step: as near to probes of random peers as links allow (Cohen and Shenker 2002).
    pub const PROBE: Self = Self::RandomWalk { walkers: 1, steps: 20_000, check_every: 1, keep_state: false };
    /// The slide's expanding ring: 1, 2, 3 …
    pub const RING: Self = Self::ExpandingRing { start: 1, step: 1 };
}

/// The links of a world in the converged state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Topology {
    /// Every node has `degree` links, none of which closes a circle: the graph that the slide's formula counts.
    Tree {
        /// C.
        degree: u8,
    },
    /// Links between random pairs, `degree` a node on average.
    Random {
        /// C.
        degree: u8,
    },
    /// Newcomers prefer nodes that have many links already (Barabási and Albert 1999): degrees follow a power law.
    PowerLaw {
        /// Mean number of links.
        degree: u8,
    },
    /// A square grid: four links, fewer at the border.
    Grid,
    /// What the protocol leads to: each newcomer links to `connections` nodes, chosen at random among those who accept.
    Grown,
}

/// Rule switches and sizes; the same for all nodes of a world.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// C: permanent connections that a node looks for.
    pub connections: u8,
    /// Connections from which on a node refuses those of others; what it looks for itself is not counted.
    pub accepts: u16,
    /// TTL of queries.
    pub ttl: u8,
    /// TTL of a newcomer's Ping.
    pub ping_ttl: u8,
    /// How far a descriptor goes.
    pub ttl_rule: TtlRule,
    /// What a node does with a query that it can answer.
    pub satisfied: Satisfied,
    /// How a search goes through the network.
    pub method: Method,
    /// Descriptors that a node remembers, to suppress duplicates and to send answers back.
    pub memory: u16,
    /// Time between two looks at the connections; `None`: lost ones are noticed only when they are closed.
    pub keepalive: Option<Duration>,
    /// How long an answer may take for each hop of a query's TTL.
    pub hop_wait: Duration,
    /// So many first nodes of the world are host caches: they know peers, and are none.
    pub host_caches: u16,
    /// Nodes that nobody can open a connection to.
    pub behind_firewall: Vec<Peer>,
    /// Links in the converged state.
    pub topology: Topology,
    /// What these links are drawn from.
    pub topology_seed: u64,
}

impl Default for Config {
    /// The slides: C = 4, TTL = 7, and their rules.
    fn default() -> Self {
        Self {
            connections: 4,
            accepts: 8,
            ttl: 7,
            ping_ttl: 2,
            ttl_rule: TtlRule::Slide,
            satisfied: Satisfied::Stops,
            method: Method::Flood,
            memory: 1_024,
            keepalive: None,
            hop_wait: Duration::from_millis(150),
            host_caches: 0,
            behind_firewall: Vec::new(),
            topology: Topology::Random { degree: 4 },
            topology_seed: 1,
        }
    }
}

impl Config {
    /// The rules of version 0.4.
    #[must_use]
    pub fn published() -> Self {
        Self { ttl_rule: TtlRule::Published, satisfied: Satisfied::PassesOn, ..Self::default() }
    }
}
