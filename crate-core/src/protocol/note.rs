//! What a node tells an observer while it works. No protocol reads these.

use super::{Decision, Peer, Request};

/// What a message is for: picture and counters tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Purpose {
    /// Carries a request of the application towards its key.
    Route,
    /// Answers a request of the application.
    Answer,
    /// Part of a node's coming in or going.
    Membership,
    /// Mends tables after a failure.
    Repair,
    /// Regular upkeep: heartbeats, stabilisation.
    Maintenance,
    /// Says that a message arrived.
    Acknowledgement,
    /// Carries stored values and their copies.
    Data,
}

/// Something an observer may want to show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// A routing step was taken for a message of the application (also when the step is to deliver).
    Routed {
        /// The request.
        request: Request,
        /// Hops made before this step.
        hops: u16,
        /// The step, with all candidates.
        decision: Box<Decision>,
    },
    /// The node decided where somebody's wish to join goes next.
    JoinRouted {
        /// Who wants to come in; the key is its identifier.
        newcomer: Peer,
        /// Hops made before this decision; 0 at the contact.
        hops: u16,
        /// Why, with all candidates.
        decision: Box<Decision>,
    },
    /// A peer did not answer in time.
    TimedOut {
        /// The silent peer.
        peer: Peer,
    },
    /// A peer was taken to be dead and removed from all tables.
    Forgotten {
        /// The peer.
        peer: Peer,
    },
    /// A peer came into the leaf set, successor list, or became predecessor.
    NeighbourAdded {
        /// The peer.
        peer: Peer,
    },
    /// A peer left the leaf set or successor list for a nearer one.
    NeighbourRemoved {
        /// The peer.
        peer: Peer,
    },
    /// An entry of the routing table or a finger was set.
    EntrySet {
        /// Row, or finger index from 1.
        row: u8,
        /// Column; 0 for a finger.
        column: u8,
        /// The new entry.
        peer: Peer,
    },
    /// A newcomer received rows of a routing table from a node on its join's path.
    RowsReceived {
        /// Who sent them.
        from: Peer,
        /// The first row.
        first: u8,
        /// How many rows.
        count: u8,
    },
    /// A newcomer received its leaf set or successor list.
    NeighboursReceived {
        /// Who sent it.
        from: Peer,
    },
    /// The node has files that fit what is searched for.
    Matched {
        /// The request, if it is known.
        request: Option<Request>,
        /// How many files it answers with.
        files: u32,
    },
    /// A search was sent on to others.
    PassedOn {
        /// The request, if it is known.
        request: Option<Request>,
        /// To how many.
        copies: u32,
        /// How often those who get it may send it on.
        ttl: u8,
    },
    /// A search that the node has seen before came again, and goes no further.
    Duplicate {
        /// The request, if it is known.
        request: Option<Request>,
        /// Who sent it.
        from: Peer,
    },
    /// Values were handed to another node.
    KeysHandedOver {
        /// To whom.
        to: Peer,
        /// How many values.
        count: u32,
    },
}
