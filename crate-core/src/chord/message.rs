//! What Chord nodes say to each other.

use std::sync::Arc;

use super::{ChordId, Envelope, Message, Peer, Purpose, Request};

/// Ties an answer to its question; meaningless to anybody but the asker. 0: no answer is wanted.
pub type Token = u32;

/// Why a node looks for a successor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// For the application.
    Request(Request),
    /// To find its own place.
    Join,
    /// To mend a finger.
    Finger,
}

impl Cause {
    const fn purpose(self) -> Purpose {
        match self {
            Self::Request(_) => Purpose::Route,
            Self::Join => Purpose::Membership,
            Self::Finger => Purpose::Maintenance,
        }
    }
}

/// A message of Chord.
#[derive(Clone, Debug)]
pub enum ChordMessage {
    /// A message on its way to its key.
    Route {
        /// The message.
        envelope: Envelope<ChordId>,
        /// Whether the sender takes the receiver to be the node responsible.
        covering: bool,
    },
    /// A routed message came in.
    Ack {
        /// Of the message.
        token: Token,
    },
    /// The node is no member and can do nothing with what it was sent.
    Refused {
        /// Of the message.
        token: Token,
    },
    /// To the origin: the message was delivered by the sender of this.
    Answer {
        /// Its request.
        request: Request,
        /// Hops it took.
        hops: u16,
    },
    /// Bytes of the application.
    Direct {
        /// The bytes.
        payload: Arc<[u8]>,
    },
    /// Where would you send this key?
    FindNext {
        /// Of the question.
        token: Token,
        /// The key.
        key: ChordId,
        /// Whether the asker takes the receiver to be the node responsible.
        covering: bool,
        /// Hops to the receiver.
        hops: u16,
        /// What for.
        cause: Cause,
        /// Peers that did not answer the asker.
        avoid: Vec<Peer>,
    },
    /// Ask this one next: it lies before the key.
    Next {
        /// Of the question.
        token: Token,
        /// Whom to ask.
        peer: Peer,
        /// What for.
        cause: Cause,
    },
    /// This one is responsible, as far as the sender knows.
    Owner {
        /// Of the question.
        token: Token,
        /// The successor of the key.
        peer: Peer,
        /// What for.
        cause: Cause,
    },
    /// Who are your neighbours? Stabilisation asks the successor; a newcomer asks also for fingers.
    GetNeighbours {
        /// Of the question.
        token: Token,
        /// Whether the asker is a newcomer.
        joining: bool,
    },
    /// These are.
    Neighbours {
        /// Of the question.
        token: Token,
        /// The predecessor, or [`Peer::NONE`].
        predecessor: Peer,
        /// The successor list.
        successors: Vec<Peer>,
        /// For a newcomer: the distinct fingers, lowest first.
        fingers: Vec<Peer>,
        /// Whether the asker is a newcomer.
        joining: bool,
    },
    /// I think I am your predecessor.
    Notify,
    /// To an old predecessor: there is a node between you and me now.
    Changed,
    /// Are you there?
    Ping {
        /// Of the question.
        token: Token,
    },
    /// Yes.
    Pong {
        /// Of the question.
        token: Token,
    },
    /// The sender goes.
    Leave {
        /// Its predecessor, or [`Peer::NONE`].
        predecessor: Peer,
        /// Its successor list.
        successors: Vec<Peer>,
    },
}

impl Message for ChordMessage {
    fn name(&self) -> &'static str {
        match self {
            Self::Route { .. } => "route",
            Self::Ack { .. } => "acknowledgement",
            Self::Refused { .. } => "refused",
            Self::Answer { .. } => "answer",
            Self::Direct { .. } => "direct",
            Self::FindNext { .. } => "find_next",
            Self::Next { .. } => "next",
            Self::Owner { .. } => "owner",
            Self::GetNeighbours { .. } => "get_neighbours",
            Self::Neighbours { .. } => "neighbours",
            Self::Notify => "notify",
            Self::Changed => "changed",
            Self::Ping { .. } => "ping",
            Self::Pong { .. } => "pong",
            Self::Leave { .. } => "leave",
        }
    }

    fn purpose(&self) -> Purpose {
        match self {
            Self::Route { .. } => Purpose::Route,
            Self::Ack { .. } | Self::Refused { .. } => Purpose::Acknowledgement,
            Self::Answer { .. } => Purpose::Answer,
            Self::Direct { .. } => Purpose::Data,
            Self::FindNext { cause, .. } | Self::Next { cause, .. } | Self::Owner { cause, .. } => cause.purpose(),
            Self::GetNeighbours { joining: true, .. } | Self::Neighbours { joining: true, .. } | Self::Leave { .. } => {
                Purpose::Membership
            }
            Self::GetNeighbours { .. }
            | Self::Neighbours { .. }
            | Self::Notify
            | Self::Changed
            | Self::Ping { .. }
            | Self::Pong { .. } => Purpose::Maintenance,
        }
    }

    fn request(&self) -> Option<Request> {
        match self {
            Self::Route { envelope, .. } => Some(envelope.request),
            Self::Answer { request, .. } => Some(*request),
            Self::FindNext { cause: Cause::Request(request), .. }
            | Self::Next { cause: Cause::Request(request), .. }
            | Self::Owner { cause: Cause::Request(request), .. } => Some(*request),
            _ => None,
        }
    }
}
