//! What a member wants done, and what it tells.

use thiserror::Error;

use crate::id::Guid;
use crate::identity::Presence;
use crate::protocol::Decision;
use crate::signalling::Invitation;
use crate::time::Duration;
use crate::wire::Hop;

/// A link of this member, or the attempt at one. Never given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId(pub u32);

/// A wish of the user.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u32);

/// What the driver is to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Make a connection with an ordered, reliable data channel, and an offer for it; tell the offer by
    /// [`super::Member::on_description`].
    Offer {
        /// The new link.
        link: LinkId,
    },
    /// Make a connection for this offer, and an answer to it; tell the answer by [`super::Member::on_description`].
    Answer {
        /// The new link.
        link: LinkId,
        /// The reduced offer.
        offer: Vec<u8>,
    },
    /// The other side's answer is here.
    Accept {
        /// The link that was offered.
        link: LinkId,
        /// The reduced answer.
        answer: Vec<u8>,
    },
    /// The other side may also be reached here.
    Candidate {
        /// The link.
        link: LinkId,
        /// The candidate.
        candidate: Vec<u8>,
    },
    /// The offer or answer that was asked for outside the overlay can be shown, or given to a meeting place.
    Publish {
        /// The link.
        link: LinkId,
        /// What to hand on.
        invitation: Invitation,
    },
    /// Send one message over the data channel.
    Send {
        /// The link.
        link: LinkId,
        /// At most 16 KiB.
        bytes: Vec<u8>,
    },
    /// Close the connection, once what was sent is out. The link is no more.
    Close {
        /// The link.
        link: LinkId,
    },
    /// For the page.
    Event(Event),
}

/// What became of a link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Error)]
pub enum LinkReason {
    /// The user or the page wanted so.
    #[error("It was cancelled.")]
    Cancelled,
    /// The connection could not be made, or broke.
    #[error("The connection could not be made, or broke.")]
    Failed,
    /// Nobody answered the offer in time.
    #[error("Nobody answered in time.")]
    NoAnswer,
    /// There is no way through the overlay to the node.
    #[error("There is no way to it through the overlay.")]
    Unreachable,
    /// The other side does not want the link.
    #[error("The other side did not want it.")]
    Refused,
    /// The channel opened, and no proof of a key came.
    #[error("The other side did not prove who it is.")]
    NoProof,
    /// Another node than the one that was offered to.
    #[error("Another node than the one invited was at the other end.")]
    WrongNode,
    /// The other side has the same key.
    #[error("The other side has the same key as this page: two tabs cannot share one.")]
    SameKey,
    /// It speaks another version.
    #[error("The other side speaks another version: both should reload the page.")]
    OtherVersion,
    /// It was silent for too long.
    #[error("It was silent for too long.")]
    Silent,
    /// It said goodbye.
    #[error("It left.")]
    Left,
    /// Neither side needs the link.
    #[error("Neither side needed it.")]
    Idle,
    /// There is another link between the two.
    #[error("There is another link between the two.")]
    Doubled,
    /// What it sent could not be read.
    #[error("It sent what could not be read.")]
    Garbage,
}

/// Why a request came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum NoAnswer {
    /// It was made several times, and nobody answered.
    #[error("Nobody answered, though it was tried several times.")]
    Silence,
    /// The value was refused for its size or for lack of room.
    #[error("The node responsible has no room for the value.")]
    NoRoom,
    /// The node left, or moved to another overlay, before the answer came.
    #[error("This node left the overlay before an answer came.")]
    Left,
}

/// For the page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The node is a full member.
    Joined,
    /// Nobody let the node in.
    JoinFailed,
    /// The node has left.
    Left,
    /// The last link is gone: other members have to be met anew.
    Isolated,
    /// Somebody proved who it is.
    LinkUp {
        /// The link.
        link: LinkId,
        /// Who.
        peer: Guid,
    },
    /// A proven link is gone.
    LinkDown {
        /// The link.
        link: LinkId,
        /// To whom it was.
        peer: Guid,
        /// Why.
        reason: LinkReason,
    },
    /// An offer or answer given out outside the overlay came to nothing.
    OfferFailed {
        /// The link.
        link: LinkId,
        /// Why.
        reason: LinkReason,
    },
    /// Somebody is new, has another name, is away, back, or gone.
    RosterChanged,
    /// The nodes next to this one changed.
    NeighboursChanged,
    /// A value was stored.
    Stored {
        /// The request.
        request: RequestId,
        /// Nodes that hold it.
        copies: u8,
        /// The way there.
        path: Vec<Hop>,
    },
    /// What is stored under a name.
    Found {
        /// The request.
        request: RequestId,
        /// Who answered.
        holder: Guid,
        /// The value, if there is one.
        value: Option<Vec<u8>>,
        /// The way there.
        path: Vec<Hop>,
    },
    /// A name is empty now.
    Deleted {
        /// The request.
        request: RequestId,
        /// Whether there was a value.
        existed: bool,
        /// The way there.
        path: Vec<Hop>,
    },
    /// A chat line or bare lookup reached the node responsible.
    Reached {
        /// The request.
        request: RequestId,
        /// The node responsible.
        owner: Guid,
        /// Hops it took.
        hops: u16,
        /// The way there.
        path: Vec<Hop>,
    },
    /// A request came to nothing.
    NoAnswer {
        /// The request.
        request: RequestId,
        /// Why.
        reason: NoAnswer,
    },
    /// A chat line came to this node, which is responsible for its key.
    Chat {
        /// Who wrote it, as its signature proves.
        from: Guid,
        /// The key it was sent to.
        key: Guid,
        /// What.
        text: String,
        /// The way here.
        path: Vec<Hop>,
    },
    /// This node took a step of a request that tells its path, its own or another's.
    Routed {
        /// The key, if this node knows it.
        key: Option<Guid>,
        /// Hops made before.
        hops: u16,
        /// The step.
        decision: Box<Decision>,
    },
    /// The own timer had stalled: the page was hidden or asleep.
    WasAway {
        /// For so long.
        span: Duration,
    },
}

/// Where the node stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// In no ring; it joins the first one that it meets.
    Outside,
    /// On its way in.
    Joining,
    /// A member.
    Member,
    /// It has left, and stays away.
    Left,
}

/// A link, for display.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkView {
    /// The link.
    pub link: LinkId,
    /// To whom, if that is known.
    pub peer: Option<Guid>,
    /// How far it has come.
    pub stage: Stage,
    /// Whether it began outside the overlay.
    pub invited: bool,
    /// The last round trip measured.
    pub round_trip: Option<Duration>,
    /// Whether the other end stands in this node's leaf set.
    pub in_leaf_set: bool,
    /// Bytes received and sent.
    pub bytes: (u64, u64),
}

/// How far a link has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The browser is asked for a description.
    Describing,
    /// Offered; no answer yet.
    Offered,
    /// Both descriptions are there.
    Connecting,
    /// The channel is open; keys are being proven.
    Greeting,
    /// In use.
    Open,
}

/// A member that was heard of, for display.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberView {
    /// Its GUID.
    pub guid: Guid,
    /// The name it chose; empty if none.
    pub name: String,
    /// What it said of itself last.
    pub presence: Presence,
    /// Whether links to it broke since it was heard of: it is probably dead.
    pub lost: bool,
}
