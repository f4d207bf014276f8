//! Rule switches and sizes of Pastry; one value for all nodes of a process.

use serde::{Deserialize, Serialize};

use crate::id::Digits;
use crate::time::Duration;

/// Total number |L| of entries in a leaf set: even, 2 to 64. Half of them lie clockwise, half counter-clockwise.
///
/// The slide speaks of "size 8 (l = 4)": its 2l is this total.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct LeafSetSize(u8);

impl LeafSetSize {
    /// 8, the slide's.
    pub const EIGHT: Self = Self(8);
    /// 16, the paper's 2^b for b = 4.
    pub const SIXTEEN: Self = Self(16);
    /// 32, the paper's 2 · 2^b for b = 4.
    pub const THIRTY_TWO: Self = Self(32);

    /// The largest total.
    pub const MAX: Self = Self(64);

    /// A leaf set of `total` entries; `None` if that is odd, less than 2 or more than 64.
    #[must_use]
    pub const fn new(total: u8) -> Option<Self> {
        if total.is_multiple_of(2) && total >= 2 && total <= Self::MAX.0 { Some(Self(total)) } else { None }
    }

    /// |L|, entries on both sides together.
    #[must_use]
    pub const fn total(self) -> usize {
        self.0 as usize
    }

    /// |L| / 2, entries on one side (the slide's l).
    #[must_use]
    pub const fn half(self) -> usize {
        self.0 as usize / 2
    }
}

/// A leaf set cannot have this many entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a leaf set has an even number of entries from 2 to 64, not {0}")]
pub struct LeafSetSizeError(pub u8);

impl TryFrom<u8> for LeafSetSize {
    type Error = LeafSetSizeError;

    fn try_from(total: u8) -> Result<Self, Self::Error> {
        Self::new(total).ok_or(LeafSetSizeError(total))
    }
}

impl From<LeafSetSize> for u8 {
    fn from(size: LeafSetSize) -> Self {
        size.0
    }
}

/// Which text of the routing algorithm the nodes follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum RoutingRule {
    /// Table 1 of the paper: L₋ₗ ≤ D ≤ Lₗ, and in the rare case any T of L ∪ R ∪ M with shl(T, D) ≥ shl(D, A).
    #[default]
    Published,
    /// The slide "Pastry's routing algorithm": strict <, and in line 7 only L and R are searched.
    Slide,
}

/// What a newcomer asks for on its way in (§2.4, §2.5 and Fig. 7 of the paper), and what it tells others then.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub enum JoinMethod {
    /// The rows that it lacks from each node of the path; its leaf set to everybody it knows.
    #[default]
    Lean,
    /// The paper's SL: the same rows; its whole state to everybody it knows.
    Rows,
    /// The paper's WT: the whole state of each node of the path; its whole state to everybody it knows.
    WholeStates,
    /// The paper's WTF: as WT, and before it tells anybody, the whole state of each node in its R and M.
    WholeStatesTwice,
}

impl JoinMethod {
    /// Its name in the paper's figure; the lean way is of our own.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lean => "lean",
            Self::Rows => "sl",
            Self::WholeStates => "wt",
            Self::WholeStatesTwice => "wtf",
        }
    }
}

/// Rule switches and sizes of Pastry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// How identifiers are cut into digits (the paper's b).
    pub digits: Digits,
    /// |L|, both sides together.
    pub leaf_set: LeafSetSize,
    /// |M|, entries of the neighbourhood set; 0 keeps none.
    pub neighbourhood: u8,
    /// Slide or paper.
    pub rule: RoutingRule,
    /// Route by leaf sets alone and consult no table: the slide "Circular routing alone is correct but inefficient".
    pub leaf_set_only: bool,
    /// Whether each hop of a routed message is acknowledged, and resent by another way if it is not.
    pub acks: bool,
    /// How long a hop may stay unacknowledged; with adaptive time-outs, at most.
    pub ack_timeout: Duration,
    /// How often a node tells its left neighbour that it is alive (T_ls); `None` for no regular upkeep.
    pub heartbeat_period: Option<Duration>,
    /// How long a direct question to a peer (a probe, a repair request, an announcement) may stay unanswered (T_o); with
    /// adaptive time-outs, at most.
    pub probe_timeout: Duration,
    /// How long the way of one join message and its answers may take, before the newcomer asks again.
    pub join_timeout: Duration,
    /// Hops after which a message is given up. Tables need about log N; leaf sets alone up to N / |L|.
    pub hop_limit: u16,
    /// What newcomers ask for. Experiments alone change it: links do not carry it.
    #[serde(skip)]
    pub join_method: JoinMethod,
    /// What else keeps routes dependable while nodes come and go.
    pub dependability: Dependability,
}

/// Mechanisms that the 2001 paper does not have, all off by default. The first and the last are MSPastry's; they need
/// [`Config::heartbeat_period`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Dependability {
    /// Time-outs follow the round trips measured to each peer, instead of being the same for all.
    pub adaptive_timeouts: bool,
    /// A node keeps a message until the next node but one has it, and sends it on again if the next one dies before.
    /// Needs [`Config::acks`].
    pub custody: bool,
    /// L_r: of a million lookups, how many may meet a dead node on their first way. Table entries are probed as often as
    /// that takes; 0 leaves them alone.
    pub raw_loss_per_million: u32,
}

impl Default for Config {
    /// b = 4, |L| = 16, |M| = 32 and the published rule, as in the paper's experiments; no acknowledgements and no
    /// heartbeats, which the paper leaves to the application.
    fn default() -> Self {
        Self {
            digits: Digits::Bits4,
            leaf_set: LeafSetSize::SIXTEEN,
            neighbourhood: 32,
            rule: RoutingRule::Published,
            leaf_set_only: false,
            acks: false,
            ack_timeout: Duration::from_millis(500),
            heartbeat_period: None,
            probe_timeout: Duration::from_secs(1),
            join_timeout: Duration::from_secs(5),
            hop_limit: 128,
            dependability: Dependability::default(),
            join_method: JoinMethod::Lean,
        }
    }
}

impl Config {
    /// The slides' ring: hexadecimal digits, leaf sets of 8 (l = 4), the slide's rule.
    #[must_use]
    pub fn slide() -> Self {
        Self { leaf_set: LeafSetSize::EIGHT, rule: RoutingRule::Slide, ..Self::default() }
    }

    /// The slide "Circular routing alone is correct but inefficient": leaf sets of 8 and nothing else.
    #[must_use]
    pub fn circular() -> Self {
        Self { leaf_set_only: true, hop_limit: u16::MAX, ..Self::slide() }
    }

    /// For rings whose nodes come and go all the time: MSPastry's base configuration (b = 4, |L| = 32, T_ls = 30 s,
    /// T_o = 3 s), without M, which it does not keep; and custody of messages. L_r is 6.5% where the paper has 5%: so
    /// 10,000 nodes with sessions of an hour send fewer than half a control message a second each, acknowledgements
    /// included, and a dead table entry costs no more than a round trip.
    #[must_use]
    pub fn dependable() -> Self {
        let dependability = Dependability { adaptive_timeouts: true, custody: true, raw_loss_per_million: 65_000 };
        Self {
            leaf_set: LeafSetSize::THIRTY_TWO,
            neighbourhood: 0,
            acks: true,
            heartbeat_period: Some(Duration::from_secs(30)),
            probe_timeout: Duration::from_secs(3),
            dependability,
            ..Self::default()
        }
    }

    /// For links that break and nodes that vanish: each hop acknowledged, a heartbeat every 5 seconds.
    #[must_use]
    pub fn live() -> Self {
        Self { acks: true, heartbeat_period: Some(Duration::from_secs(5)), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_set_has_two_equal_sides() {
        assert_eq!(LeafSetSize::new(7), None);
        assert_eq!(LeafSetSize::new(0), None);
        assert_eq!(LeafSetSize::new(66), None);
        assert_eq!(LeafSetSize::new(8).map(LeafSetSize::half), Some(4));
    }
}
