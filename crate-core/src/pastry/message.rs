//! What Pastry nodes say to each other.
//!
//! # Implementation notes
//! Routed messages are the common case, so everything long stands behind a pointer: a message takes 48 bytes, which with
//! what the simulator adds is one cache line. Lists that go to many peers are shared. Receivers look at no more of a list
//! than a sound peer would send.

use std::sync::Arc;

use super::LeafSetSize;
use crate::id::Guid;
use crate::protocol::{self, Envelope, Peer, Purpose, Request};
use crate::time::Duration;

/// A leaf set as its owner tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaves {
    whole: bool,
    larger: u8,
    peers: Box<[Peer]>,
}

impl Leaves {
    /// The members clockwise from the owner, of which the first `larger` are its clockwise side; `whole` if they are
    /// all the other nodes of the ring. More than a leaf set can hold are cut off.
    pub fn new(whole: bool, larger: u8, peers: impl IntoIterator<Item = Peer>) -> Self {
        let peers: Box<[Peer]> = peers.into_iter().take(LeafSetSize::MAX.total()).collect();
        // At most 64.
        Self { whole, larger: larger.min(peers.len() as u8), peers }
    }

    /// Members, clockwise from the owner.
    #[must_use]
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// Whether they are all the other nodes of the ring.
    #[must_use]
    pub fn is_whole_ring(&self) -> bool {
        self.whole
    }

    /// How many of them are the owner's clockwise side.
    #[must_use]
    pub fn larger_count(&self) -> u8 {
        self.larger
    }

    /// Those reached from the owner clockwise without a gap, in clockwise order.
    pub(super) fn larger(&self) -> &[Peer] {
        if self.whole { &self.peers } else { &self.peers[..usize::from(self.larger)] }
    }

    /// Those from which the owner is reached clockwise without a gap, in clockwise order.
    pub(super) fn smaller(&self) -> &[Peer] {
        if self.whole { &self.peers } else { &self.peers[usize::from(self.larger)..] }
    }

    /// The arc around the owner in clockwise order, with no unknown nodes in it.
    pub(super) fn arc(&self, owner: Peer) -> impl Iterator<Item = Peer> + '_ {
        self.smaller().iter().copied().chain([owner]).chain(self.larger().iter().copied())
    }
}

/// A newcomer's question on its way to the node closest to it (§2.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Join {
    /// Who wants to come in; the key is its identifier.
    pub newcomer: Peer,
    /// Which of the newcomer's attempts this is.
    pub attempt: u8,
    /// Hops made so far; 0 at the contact.
    pub hops: u8,
    /// The first row that no node of the path has sent yet.
    pub next_row: u8,
}

/// What a node on a join's path tells the newcomer of its own state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JoinState {
    /// The attempt it answers.
    pub attempt: u8,
    /// The sender's place on the path: 0 for the contact A.
    pub hop: u8,
    /// The number of the first row sent.
    pub first_row: u8,
    /// Rows from there on, 2^b cells each, with [`Peer::NONE`] for empty ones; where whole states travel
    /// ([`super::JoinMethod`]), everybody whom the sender knows.
    pub rows: Box<[Peer]>,
    /// The neighbourhood set; from the contact only.
    pub neighbourhood: Box<[Peer]>,
    /// The leaf set; from the last node Z only, and only it knows that the path ends.
    pub leaves: Option<Leaves>,
}

/// A message between two Pastry nodes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// One hop of a routed message.
    Route(Envelope<Guid>),
    /// One hop of a join.
    Join {
        /// Names the hop for its acknowledgement; 0 asks for none.
        ack: u32,
        /// What is routed.
        join: Join,
    },
    /// A hop arrived.
    Ack {
        /// The hop's number.
        ack: u32,
    },
    /// A hop arrived, and its message has gone on to another node or reached its end: the sender need not keep it.
    Done {
        /// The hop's number.
        ack: u32,
    },
    /// To the origin: your message was delivered here.
    Answer {
        /// The request.
        request: Request,
        /// Hops it took.
        hops: u16,
    },
    /// Bytes of the application.
    Direct(Arc<[u8]>),
    /// To a newcomer, from a node on the path of its join.
    JoinState(Box<JoinState>),
    /// I am here, and this is my leaf set.
    Announce {
        /// The sender's leaf set.
        leaves: Arc<Leaves>,
        /// Whether the receiver should answer with [`Message::Welcome`].
        answer: bool,
    },
    /// Answer to an announcement, with a leaf set if it holds nodes that the announcement should have named.
    Welcome {
        /// The sender's leaf set.
        leaves: Option<Arc<Leaves>>,
    },
    /// I am going, and this is my leaf set.
    Leave {
        /// The sender's leaf set.
        leaves: Arc<Leaves>,
    },
    /// I am alive.
    Heartbeat {
        /// A sum over what the two should both have in their leaf sets; see `heartbeat`.
        digest: u32,
        /// After which silence at most the sender says something again.
        period: Duration,
    },
    /// A member of your leaf set does not answer me.
    Fault {
        /// Which.
        peer: Peer,
    },
    /// Are you alive?
    Probe,
    /// I am.
    ProbeAnswer,
    /// What is your leaf set?
    LeafSetRequest,
    /// This is.
    LeafSet(Arc<Leaves>),
    /// What stands in this cell of your routing table?
    EntryRequest {
        /// Row.
        row: u8,
        /// Column.
        column: u8,
    },
    /// This does, or [`Peer::NONE`].
    Entry {
        /// Row.
        row: u8,
        /// Column.
        column: u8,
        /// The entry.
        peer: Peer,
    },
    /// Who stands in this row of your routing table?
    RowRequest {
        /// Row.
        row: u8,
    },
    /// These do.
    Row {
        /// Row.
        row: u8,
        /// Its entries.
        peers: Box<[Peer]>,
    },
    /// What is your neighbourhood set?
    NeighbourhoodRequest,
    /// This is.
    Neighbourhood(Arc<[Peer]>),
    /// Whom do you know?
    StateRequest,
    /// These: everybody in the sender's tables.
    State(Arc<[Peer]>),
}

impl protocol::Message for Message {
    fn name(&self) -> &'static str {
        match self {
            Self::Route(_) => "route",
            Self::Join { .. } => "join",
            Self::Ack { .. } => "ack",
            Self::Done { .. } => "done",
            Self::Answer { .. } => "answer",
            Self::Direct(_) => "direct",
            Self::JoinState(state) if state.leaves.is_some() => "rows and leaf set",
            Self::JoinState(_) => "rows",
            Self::Announce { .. } => "announce",
            Self::Welcome { .. } => "welcome",
            Self::Leave { .. } => "leave",
            Self::Heartbeat { .. } => "heartbeat",
            Self::Fault { .. } => "fault",
            Self::Probe => "probe",
            Self::ProbeAnswer => "probe answer",
            Self::LeafSetRequest => "leaf set?",
            Self::LeafSet(_) => "leaf set",
            Self::EntryRequest { .. } => "entry?",
            Self::Entry { .. } => "entry",
            Self::RowRequest { .. } => "row?",
            Self::Row { .. } => "row",
            Self::NeighbourhoodRequest => "neighbourhood?",
            Self::Neighbourhood(_) => "neighbourhood",
            Self::StateRequest => "state?",
            Self::State(_) => "state",
        }
    }

    fn purpose(&self) -> Purpose {
        match self {
            Self::Route(_) => Purpose::Route,
            Self::Ack { .. } | Self::Done { .. } => Purpose::Acknowledgement,
            Self::Answer { .. } => Purpose::Answer,
            Self::Direct(_) => Purpose::Data,
            Self::Join { .. }
            | Self::JoinState(_)
            | Self::Announce { .. }
            | Self::Welcome { .. }
            | Self::StateRequest
            | Self::State(_)
            | Self::Leave { .. } => Purpose::Membership,
            Self::Heartbeat { .. } | Self::RowRequest { .. } | Self::Row { .. } => Purpose::Maintenance,
            Self::Fault { .. }
            | Self::Probe
            | Self::ProbeAnswer
            | Self::LeafSetRequest
            | Self::LeafSet(_)
            | Self::EntryRequest { .. }
            | Self::Entry { .. }
            | Self::NeighbourhoodRequest
            | Self::Neighbourhood(_) => Purpose::Repair,
        }
    }

    fn request(&self) -> Option<Request> {
        match self {
            Self::Route(envelope) => Some(envelope.request),
            Self::Answer { request, .. } => Some(*request),
            _ => None,
        }
    }
}
