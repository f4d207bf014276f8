//! The kinds of messages between real nodes.

use serde::{Deserialize, Serialize};

use super::node::Carried;
use super::{Bytes, List};
use crate::id::Guid;
use crate::identity::{Announcement, Nonce, PublicKey, Signature};
use crate::protocol::Rule;

/// Most hops that a path tells of.
pub const MOST_HOPS: usize = 24;
/// Most announcements of one message.
const MOST_ANNOUNCEMENTS: usize = 32;
/// Longest body of a parcel, in bytes: a stored value and what goes with it.
const MOST_PARCEL_BYTES: usize = 72 * 1024;
/// Longest description or candidate of a signal, in bytes.
const MOST_SIGNAL_BYTES: usize = 512;

/// One message on a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// I do not speak your version. The same in all versions.
    Refuse(Refuse),
    /// The first word on a link.
    Hello(Hello),
    /// Proof of the key that the hello named.
    Proof(Proof),
    /// Are you there?
    Ping(Ping),
    /// Yes, with what the ping said of the moment.
    Pong(Ping),
    /// I close this link.
    Bye(ByeReason),
    /// From node to node.
    Node(Carried),
    /// For somebody else, perhaps.
    Parcel(Parcel),
    /// What members say of themselves.
    Announce(List<Announcement, MOST_ANNOUNCEMENTS>),
    /// Whom have you heard of?
    Roster,
    /// Part of a longer message.
    Fragment(Fragment),
}

/// See [`Frame::Refuse`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refuse {
    /// The oldest version that the sender speaks.
    pub oldest: u8,
    /// The newest.
    pub newest: u8,
}

/// See [`Frame::Hello`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// The oldest version that the sender speaks.
    pub oldest: u8,
    /// The newest.
    pub newest: u8,
    /// Its key.
    pub key: PublicKey,
    /// Fresh random bytes.
    pub nonce: Nonce,
}

/// See [`Frame::Proof`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proof {
    /// Of both hellos and both fingerprints.
    pub signature: Signature,
}

/// How far a node has come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Standing {
    /// In no ring.
    Outside,
    /// On its way in.
    Joining,
    /// The only member of its ring.
    Alone,
    /// A member among others.
    Member,
}

/// See [`Frame::Ping`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ping {
    /// The moment of the ping by its sender's clock.
    pub at: u64,
    /// How far the sender has come in.
    pub standing: Standing,
    /// Whether the sender wants to keep the link.
    pub needed: bool,
}

/// Why a link is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ByeReason {
    /// The node leaves the overlay.
    Leaving,
    /// Neither end needs the link now.
    Idle,
    /// There is another link between the two.
    Doubled,
    /// The other end was silent for too long.
    Silent,
    /// The sender has as many links as it wants to have.
    Full,
    /// What the other end sent was not fit to read, too often.
    Garbage,
}

/// One hop of a message, as the node that made it tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hop {
    /// The node.
    pub at: Guid,
    /// The next one; the node itself if it delivered.
    pub next: Guid,
    /// The rule that fired there.
    pub rule: Rule,
    /// Leading digits that the node shares with the key.
    pub shared: u8,
    /// Nodes that it considered.
    pub candidates: u16,
}

/// Something for one member that travels over the links of others. Signed, so that nobody speaks for another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parcel {
    /// Who sends it.
    pub key: PublicKey,
    /// When; a number that grows from one parcel of a sender to the next.
    pub at: u64,
    /// For whom.
    pub to: Guid,
    /// A member that has a link to the sender, who is no member itself.
    pub back: Option<Guid>,
    /// What is in it.
    pub body: Bytes<MOST_PARCEL_BYTES>,
    /// Of all the above, by the sender.
    pub signature: Signature,
    /// A member that has a link to the receiver, who is no member itself.
    pub via: Option<Guid>,
    /// Hops made so far.
    pub hops: u8,
}

/// What is in a parcel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ParcelBody {
    /// Part of the making of a link.
    Signal(Signal),
    /// From node to node, where there is no link.
    Node(Carried),
    /// There is no way from here to this node.
    Unreachable(Guid),
}

/// What a signal is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SignalKind {
    /// A description that asks for a link.
    Offer,
    /// The description that answers one.
    Answer,
    /// A further candidate.
    Candidate,
    /// The attempt is over.
    Bye,
}

/// Part of the making of a link.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signal {
    /// The offering side's number for the attempt.
    pub attempt: u64,
    /// What it is.
    pub kind: SignalKind,
    /// The description or candidate; empty for a goodbye.
    pub blob: Bytes<MOST_SIGNAL_BYTES>,
}

/// Part of a longer message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fragment {
    /// Names the message, on its link.
    pub message: u32,
    /// Which part, from 0.
    pub index: u16,
    /// Of how many.
    pub count: u16,
    /// The part.
    pub bytes: Bytes<{ super::MOST_CHUNK_BYTES }>,
}
