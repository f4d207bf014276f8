//! Rule switches and sizes.

use serde::{Deserialize, Serialize};

use crate::id::IdBits;
use crate::time::Duration;

/// How a node picks the next hop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RoutingRule {
    /// The successor if the key lies before it, else the closest preceding node of fingers and successor list.
    Published,
    /// The finger in whose interval the key lies.
    Slide,
    /// The successor, always.
    Naive,
}

/// Who drives a message of the application to its owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Lookup {
    /// Every node passes the message on.
    Recursive,
    /// The origin asks node after node, then sends the message to the owner.
    Iterative,
}

/// How a node takes in what others say of the ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Correctness {
    /// As the paper has it: a newcomer takes over one pointer, stabilise adopts the node that it is told of, notify
    /// never doubts a predecessor. Rings can fall apart so, also where no failure takes a node's last successor.
    Published,
    /// With the repairs that make it provably correct (Zave, TSE 2017): a newcomer takes over a whole successor list,
    /// nobody becomes a successor before it has answered, and a predecessor that is doubted is asked.
    #[default]
    Repaired,
}

/// Rule switches and sizes; the same for all nodes of a ring.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// m, bits of an identifier.
    pub bits: IdBits,
    /// r, successors a node knows; 0 counts as 1.
    pub successor_list: u8,
    /// How a node picks the next hop.
    pub rule: RoutingRule,
    /// Who drives a message.
    pub lookup: Lookup,
    /// Whether a message passed on is acknowledged, and sent another way if it is not.
    pub acks: bool,
    /// How long an answer may take.
    pub ack_timeout: Duration,
    /// Mean time between two rounds of upkeep, each half to one and a half times that; `None` for no timers at all.
    pub maintenance: Option<Duration>,
    /// Most hops of a message. The naive walk needs as many as there are nodes.
    pub hop_limit: u16,
    /// How a node takes in what others say of the ring.
    pub correctness: Correctness,
}

impl Default for Config {
    /// SHA-1's ring with the paper's time-out and period.
    fn default() -> Self {
        Self {
            bits: IdBits::SHA1,
            successor_list: 8,
            rule: RoutingRule::Published,
            lookup: Lookup::Recursive,
            acks: true,
            ack_timeout: Duration::from_millis(500),
            maintenance: Some(Duration::from_secs(30)),
            hop_limit: 1_024,
            correctness: Correctness::Repaired,
        }
    }
}
