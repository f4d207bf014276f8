//! A routing step as a value: the rule that fired, the candidates, and why each lost.
//!
//! Screen, narration, trace and tests all read this one type.

use serde::{Deserialize, Serialize};

use super::Peer;

/// Where a message goes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nowhere: this node is responsible for the key.
    Deliver,
    /// To this peer.
    Forward(Peer),
}

/// A routing step of one node for one key, explained from that node's own state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The node that decides.
    pub at: Peer,
    /// The rule that fired.
    pub rule: Rule,
    /// Leading digits that the deciding node shares with the key (Pastry; 0 for Chord).
    pub shared: u8,
    /// Leading digits that the next node shares with the key (Pastry; 0 for Chord, and when delivering `shared`).
    pub shared_next: u8,
    /// The outcome.
    pub next: Step,
    /// What was looked at, in the order of the rules; at most one is [`Verdict::Chosen`], and none only if the node
    /// itself delivers.
    pub candidates: Vec<Candidate>,
}

/// A rule of a routing algorithm, by the line of its pseudocode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Rule {
    /// Pastry, lines 1–2: the key lies within the leaf set; the numerically closest of it and the node itself.
    LeafSet,
    /// Pastry, line 5: the entry R[row, column].
    RoutingTable {
        /// Row p: digits shared.
        row: u8,
        /// Column i: the key's next digit.
        column: u8,
    },
    /// Pastry, line 7: no entry, so any known node that shares as much and is numerically closer.
    RareCase,
    /// Pastry with leaf sets alone: the leaf nearest to the key.
    LeafSetAlone,
    /// Nothing known is closer: this node delivers.
    NobodyCloser,
    /// Chord: the key lies in (predecessor, this node].
    OwnKey,
    /// Chord: the key lies in (this node, successor], so the successor is responsible.
    Successor,
    /// Chord as published: the closest preceding node of fingers and successor list.
    ClosestPreceding,
    /// Chord as on the slide: the finger in whose interval the key lies.
    FingerInterval,
    /// Chord without fingers: on to the next successor.
    NaiveSuccessor,
    /// Chord: the sender took this node as responsible, but the predecessor lies between it and the key: one node back.
    Predecessor,
}

/// A node that was considered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The node.
    pub peer: Peer,
    /// Where the deciding node holds it.
    pub place: Place,
    /// Chosen, or why not.
    pub verdict: Verdict,
}

/// A place in a node's own state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// The node itself.
    Myself,
    /// The leaf set: −1 is the nearest counter-clockwise, +1 the nearest clockwise.
    LeafSet {
        /// Places away from the node, negative counter-clockwise.
        offset: i8,
    },
    /// The routing table.
    RoutingTable {
        /// Row p.
        row: u8,
        /// Column i.
        column: u8,
    },
    /// The neighbourhood set.
    Neighbourhood {
        /// From 0, nearest first.
        index: u8,
    },
    /// The finger table.
    Finger {
        /// From 1, as in the paper.
        index: u8,
    },
    /// The successor list.
    SuccessorList {
        /// From 0: the successor.
        index: u8,
    },
    /// The predecessor.
    Predecessor,
}

/// Why a candidate was taken or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The next hop (or, for [`Place::Myself`], the node that delivers).
    Chosen,
    /// Numerically further from the key than the chosen one.
    Farther,
    /// Shares fewer digits with the key than the rule asks.
    SharesTooFew {
        /// Digits it shares with the key.
        shared: u8,
    },
    /// Shares enough, but an earlier rule had already decided.
    RuleNotReached {
        /// Digits it shares with the key.
        shared: u8,
    },
    /// Numerically no closer to the key than the deciding node.
    NotCloser,
    /// Chord: lies beyond the key, so it cannot precede it.
    BeyondKey,
    /// Chord: precedes the key, but the chosen one is closer to it.
    LessProgress,
    /// Chord by the slide's rule: the key is not in this finger's interval.
    OtherInterval,
    /// Tried already for this message, without an answer.
    NoAnswer,
}

/// One line of the algorithm, as the inspector shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleLine {
    /// Its number in the pseudocode of the slide or paper.
    pub number: &'static str,
    /// What it asks and what the answer was here.
    pub text: String,
    /// Whether it decided.
    pub fired: bool,
}

impl Decision {
    /// The candidate that was taken.
    #[must_use]
    pub fn chosen(&self) -> Option<&Candidate> {
        self.candidates.iter().find(|c| c.verdict == Verdict::Chosen)
    }
}
