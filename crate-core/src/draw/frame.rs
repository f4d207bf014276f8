//! What a picture of a ring shows, as plain data: the one thing that the simulator, live links and scenes hand over.

use std::sync::Arc;

use crate::id::{ChordId, Digits, Guid, IdBits, RingId};
use crate::protocol::{Peer, Purpose};

/// Whose ring it is, and how its identifiers are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Space {
    /// Pastry's ring of 128-bit GUIDs.
    Pastry {
        /// The paper's b: columns of the rows.
        digits: Digits,
        /// How many hexadecimal digits of a GUID are shown, 1 to 32.
        shown: u8,
    },
    /// Chord's ring of m-bit identifiers.
    Chord {
        /// m.
        bits: IdBits,
        /// How many hexadecimal digits are shown if m > 16; smaller rings are written in decimal.
        shown: u8,
    },
}

impl Space {
    /// An identifier as the picture writes it, from its [`StageNode::at`].
    #[must_use]
    pub fn text(self, at: u128) -> String {
        match self {
            Self::Pastry { shown, .. } => Guid(at).text((), usize::from(shown.max(1))),
            Self::Chord { bits, .. } if bits.is_decimal() => (at >> (128 - u32::from(bits.get()))).to_string(),
            Self::Chord { shown, .. } => Guid(at).text((), usize::from(shown.max(1))),
        }
    }

    /// Whether every identifier of the ring gets its own tick and number.
    #[must_use]
    pub fn shows_all_identifiers(self) -> bool {
        matches!(self, Self::Chord { bits, .. } if bits.get() <= 6)
    }
}

/// Which picture is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum View {
    /// The system's own form: Pastry's rings are rows, Chord's are remaining distances.
    #[default]
    Unfolded,
    /// Everything on one ring.
    Ring,
}

/// What a node is at this moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NodeState {
    /// A full member.
    #[default]
    Active,
    /// Coming in.
    Joining,
    /// Asleep, as a browser's hidden tab is; it is expected back.
    Away,
    /// Crashed, or gone.
    Dead,
}

/// A node of the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StageNode {
    /// Who it is.
    pub peer: Peer,
    /// Where it lies, as a fraction of the whole ring in units of 2^−128: a GUID as it is, a Chord identifier
    /// left-aligned.
    pub at: u128,
    /// What it is at this moment.
    pub state: NodeState,
}

impl StageNode {
    /// A node of Pastry.
    #[must_use]
    pub const fn pastry(peer: Peer, guid: Guid, state: NodeState) -> Self {
        Self { peer, at: guid.0, state }
    }

    /// A node of Chord.
    #[must_use]
    pub const fn chord(peer: Peer, id: ChordId, bits: IdBits, state: NodeState) -> Self {
        Self { peer, at: id.fraction(bits), state }
    }
}

/// How far a hop is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum HopState {
    /// Made.
    Done,
    /// On its way, or being decided.
    Current {
        /// How far, 0 to 1, when the frame was made.
        progress: f64,
        /// How much of it passes in a second of real time; 0 stands still.
        rate: f64,
    },
    /// Known (a recorded route is shown ahead), not yet made.
    Next,
}

/// A hop of the route that the picture tells of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct StageHop {
    /// Who sends.
    pub from: Peer,
    /// Who receives.
    pub to: Peer,
    /// Its number, from 1.
    pub number: u16,
    /// How far it is.
    pub state: HopState,
}

/// Any message under way.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Flight {
    /// Who sent it.
    pub from: Peer,
    /// Whom it is for.
    pub to: Peer,
    /// How far it is, 0 to 1, when the frame was made.
    pub progress: f64,
    /// How much of the way passes in a second of real time; 0 stands still.
    pub rate: f64,
    /// What it is for: gives its shape and colour.
    pub purpose: Purpose,
    /// It will not arrive: it fades on the way and ends in a cross.
    pub lost: bool,
}

/// An interval of a finger table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FingerArc {
    /// From 1, as in the paper.
    pub index: u8,
    /// Where the interval starts, as [`StageNode::at`].
    pub start: u128,
    /// Where the next interval starts.
    pub end: u128,
    /// The node that the finger points to.
    pub peer: Peer,
}

/// Everything the picture shows at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Frame {
    /// Whose ring it is.
    pub space: Space,
    /// Which picture.
    pub view: View,
    /// All nodes, in any order; shared, so that a frame is cheap while nobody comes or goes.
    pub nodes: Arc<[StageNode]>,
    /// What nodes are called besides their identifiers, for those that have a name.
    pub called: Arc<[(Peer, String)]>,
    /// The key of the route, as [`StageNode::at`].
    pub key: Option<u128>,
    /// The route.
    pub hops: Vec<StageHop>,
    /// Other messages under way; a hop that is under way is not repeated here.
    pub flights: Vec<Flight>,
    /// The node whose decision is shown.
    pub deciding: Option<Peer>,
    /// The node whose tables are shown.
    pub selected: Option<Peer>,
    /// The node under the pointer, if a panel points at one; the stage knows its own pointer.
    pub hovered: Option<Peer>,
    /// The node that the keyboard is at.
    pub focused: Option<Peer>,
    /// Whom the selected node knows: thin links.
    pub known: Vec<Peer>,
    /// The leaf set (Pastry) or successor list (Chord) of the selected node.
    pub leaves: Vec<Peer>,
    /// Finger intervals of the selected node, or of the deciding one.
    pub fingers: Vec<FingerArc>,
    /// Nothing moves by itself: rates are taken as 0.
    pub reduced_motion: bool,
}

impl Frame {
    /// A picture of nothing but a ring.
    #[must_use]
    pub fn empty(space: Space) -> Self {
        Self {
            space,
            view: View::default(),
            nodes: Arc::from([]),
            called: Arc::from([]),
            key: None,
            hops: Vec::new(),
            flights: Vec::new(),
            deciding: None,
            selected: None,
            hovered: None,
            focused: None,
            known: Vec::new(),
            leaves: Vec::new(),
            fingers: Vec::new(),
            reduced_motion: false,
        }
    }

    /// Whether something moves by itself `seconds` after the frame was made.
    #[must_use]
    pub fn moves_after(&self, seconds: f64) -> bool {
        let moving = |progress: f64, rate: f64| rate > 0.0 && progress + rate * seconds < 1.0;
        !self.reduced_motion
            && (self.flights.iter().any(|f| moving(f.progress, f.rate))
                || self
                    .hops
                    .iter()
                    .any(|h| matches!(h.state, HopState::Current { progress, rate } if moving(progress, rate))))
    }

    /// How far something is `seconds` after the frame was made.
    #[must_use]
    pub fn progress_after(&self, progress: f64, rate: f64, seconds: f64) -> f64 {
        let way = if self.reduced_motion { progress } else { progress + rate * seconds };
        if way.is_finite() { way.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Whether a still picture of `other` is the same: all but what moves, and what the pointer or keyboard marks.
    #[must_use]
    pub fn same_still_picture(&self, other: &Self) -> bool {
        let still = |state: HopState| match state {
            HopState::Current { .. } => HopState::Next,
            other => other,
        };
        self.space == other.space
            && self.view == other.view
            && self.key == other.key
            && self.deciding == other.deciding
            && self.selected == other.selected
            && self.known == other.known
            && self.leaves == other.leaves
            && self.fingers == other.fingers
            && self.hops.len() == other.hops.len()
            && self
                .hops
                .iter()
                .zip(&other.hops)
                .all(|(a, b)| (a.from, a.to, a.number) == (b.from, b.to, b.number) && still(a.state) == still(b.state))
            && self.nodes == other.nodes
            && self.called == other.called
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_written_as_on_the_slides() {
        let bits = IdBits::new(4).expect("a ring of 4 bits");
        let pastry = Space::Pastry { digits: Digits::Bits4, shown: 6 };
        let chord = Space::Chord { bits, shown: 6 };
        let nine = StageNode::chord(Peer(0), ChordId::from_u128(9, bits), bits, NodeState::Active);
        assert_eq!(pastry.text(0x65A1FC << 104), "65A1FC");
        assert_eq!(chord.text(nine.at), "9");
    }

    #[test]
    fn what_moves_stops_at_its_end() {
        let mut frame = Frame::empty(Space::Pastry { digits: Digits::Bits4, shown: 6 });
        let hop = |progress, rate| StageHop {
            from: Peer(0),
            to: Peer(1),
            number: 1,
            state: HopState::Current { progress, rate },
        };
        frame.hops = vec![hop(0.5, 1.0)];
        assert!(frame.moves_after(0.4));
        assert!(!frame.moves_after(0.6));
        assert!((frame.progress_after(0.5, 1.0, 9.0) - 1.0).abs() < 1e-12);
        frame.reduced_motion = true;
        assert!(!frame.moves_after(0.0));
    }

    #[test]
    fn progress_does_not_change_the_still_picture() {
        let mut frame = Frame::empty(Space::Pastry { digits: Digits::Bits4, shown: 6 });
        let hop = |state| StageHop { from: Peer(0), to: Peer(1), number: 1, state };
        frame.hops = vec![hop(HopState::Current { progress: 0.1, rate: 0.0 })];
        let mut later = frame.clone();
        later.hops = vec![hop(HopState::Current { progress: 0.9, rate: 0.0 })];
        assert!(frame.same_still_picture(&later));
        later.hops = vec![hop(HopState::Done)];
        assert!(!frame.same_still_picture(&later));
    }
}
