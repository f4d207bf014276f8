//! The contract of every node, sans-IO: a node is a value that is told things and answers with outputs.
//!
//! # Driving a node
//! 1. Build a [`Context`]: the moment, the [`Host`] (directory, configuration, measured distances), a random generator
//!    and a vector for outputs.
//! 2. Call [`Node::handle`] with one [`Input`]. Everything the node wants done is now in the outputs, in order.
//! 3. Carry out the outputs, then ask [`Node::next_deadline`]; when that moment comes, hand it [`Input::Deadline`].
//!
//! Moments never go backwards. Nothing reads a clock. A node acts on its own state and on its host's measurements only.
//!
//! # Implementation notes
//! Outputs go into a vector of the driver's rather than into a queue in the node that is polled: a world of 100,000
//! nodes then has one queue instead of 100,000, and there is no rule about draining before the next input.
//!
//! A panic means a broken invariant, and each `expect` says which; nothing that a peer sends may cause one.

mod decision;
mod directory;
mod note;

use std::fmt::Debug;
use std::sync::Arc;

use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

pub use decision::{Candidate, Decision, Place, Rule, RuleLine, Step, Verdict};
pub use directory::{Directory, Peer};
pub use note::{Note, Purpose};

use crate::id::RingId;
use crate::time::{Duration, Time};

/// The generator of all protocol randomness: the same stream natively and in wasm.
pub type Rng = Xoshiro256PlusPlus;

/// What a host knows of the distance to another: the proximity metric that Pastry's paper asks of the application
/// (§2.1). Live it is what the links measured; in a simulated world it is the latency plane.
pub trait Proximity {
    /// Round-trip time between this host's node `from` and `to`.
    fn round_trip(&self, from: Peer, to: Peer) -> Duration;
}

/// What a node finds on the machine it runs on. Shared by all nodes of one process.
pub struct Host<'a, O: Node> {
    /// Who the peer indexes stand for.
    pub peers: &'a Directory<O::Id>,
    /// Rule switches and sizes; the same for all nodes of a process.
    pub config: &'a O::Config,
    /// Measured distances.
    pub proximity: &'a dyn Proximity,
}

impl<O: Node> Clone for Host<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O: Node> Copy for Host<'_, O> {}

impl<O: Node> Host<'_, O> {
    /// The identifier of a peer.
    #[must_use]
    #[inline]
    pub fn id(&self, peer: Peer) -> O::Id {
        self.peers.id(peer)
    }
}

/// Everything a node may use while it handles one input.
pub struct Context<'a, O: Node> {
    /// The moment of the input.
    pub now: Time,
    /// The machine the node runs on.
    pub host: Host<'a, O>,
    /// Randomness, for timers that must not all fire together.
    pub rng: &'a mut Rng,
    /// Whether somebody wants [`Note`]s; without a listener none is built.
    pub tracing: bool,
    /// What the node wants done, in order.
    pub outputs: &'a mut Vec<Output<O>>,
}

impl<O: Node> Context<'_, O> {
    /// Asks for a message to be sent.
    #[inline]
    pub fn send(&mut self, to: Peer, message: O::Message) {
        self.outputs.push(Output::Send { to, message });
    }

    /// Tells the application something.
    #[inline]
    pub fn event(&mut self, event: O::Event) {
        self.outputs.push(Output::Event(event));
    }

    /// Tells an observer something, if there is one.
    #[inline]
    pub fn note(&mut self, note: impl FnOnce() -> Note) {
        if self.tracing {
            self.outputs.push(Output::Note(note()));
        }
    }
}

/// What a node is told.
#[derive(Clone, Debug)]
pub enum Input<O: Node> {
    /// A message came in over a link.
    Message {
        /// The neighbour that sent it.
        from: Peer,
        /// What it says.
        message: O::Message,
    },
    /// The moment of [`Node::next_deadline`] has come.
    Deadline,
    /// A link is known to be broken; live only, a simulated crash is silent.
    LinkDown(Peer),
    /// The application wants something.
    Command(O::Command),
}

/// What a node wants done.
#[derive(Clone, Debug)]
pub enum Output<O: Node> {
    /// Send a message; it may be lost.
    Send {
        /// To whom.
        to: Peer,
        /// What.
        message: O::Message,
    },
    /// Something for the application.
    Event(O::Event),
    /// Something for an observer: no one acts on it.
    Note(Note),
}

/// Names a request of the application; comes back in everything that belongs to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Request(pub u32);

/// Bytes that an application sends along a route; `None` for a bare lookup. The overlay does not look inside.
pub type Payload = Option<Arc<[u8]>>;

/// A message on its way to the node responsible for a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope<I> {
    /// The request it belongs to.
    pub request: Request,
    /// Whether the node that it is delivered to tells the origin so.
    pub answer: bool,
    /// Hops made so far.
    pub hops: u16,
    /// Names the hop that brings it, for the acknowledgement; 0 asks for none. Each node that sends it on sets it anew.
    pub ack: u32,
    /// The node that sent it first.
    pub origin: Peer,
    /// Where it is going.
    pub key: I,
    /// What it carries.
    pub payload: Payload,
}

impl<I> Envelope<I> {
    /// A bare lookup that sets out from `origin`, and that nobody waits to be told of.
    #[must_use]
    #[inline]
    pub const fn lookup(request: Request, origin: Peer, key: I) -> Self {
        Self { request, answer: false, hops: 0, ack: 0, origin, key, payload: None }
    }
}

/// How a node comes in and goes, whatever the system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Membership {
    /// Be the first node of a new network.
    Start,
    /// Come in by way of a member.
    Join {
        /// A member, near in proximity.
        contact: Peer,
    },
    /// Go, and say so.
    Leave,
}

impl<I> From<Membership> for Command<I> {
    fn from(wish: Membership) -> Self {
        match wish {
            Membership::Start => Self::Start,
            Membership::Join { contact } => Self::Join { contact },
            Membership::Leave => Self::Leave,
        }
    }
}

/// What an application asks of an overlay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command<I> {
    /// Be the first node of a new overlay.
    Start,
    /// Come into an overlay by way of a member.
    Join {
        /// A member, near in proximity.
        contact: Peer,
    },
    /// Go, and say so.
    Leave,
    /// Send a message to the node responsible for a key. Its `origin`, `hops` and `ack` are set by the node.
    Route(Envelope<I>),
    /// Send bytes straight to a known node; they arrive as [`Event::Direct`].
    Direct {
        /// To whom.
        to: Peer,
        /// What.
        payload: Arc<[u8]>,
    },
}

/// What a node tells its application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event<I> {
    /// The node is a full member: it routes, and may deliver.
    Joined,
    /// The node could not come in: nobody answered.
    JoinFailed,
    /// The node has said goodbye.
    Left,
    /// A message arrived at the node responsible for its key, this one.
    Delivered(Envelope<I>),
    /// At the origin: the message of this request was delivered.
    Answered {
        /// The request.
        request: Request,
        /// The node responsible for the key.
        owner: Peer,
        /// Hops it took.
        hops: u16,
    },
    /// At the origin or on the way: the message cannot go on.
    Undeliverable {
        /// The request.
        request: Request,
        /// Why.
        reason: RouteError,
    },
    /// Bytes came straight from a node.
    Direct {
        /// From whom.
        from: Peer,
        /// What.
        payload: Arc<[u8]>,
    },
    /// At the origin: a value was stored.
    Stored {
        /// The request.
        request: Request,
        /// Nodes that hold it or were sent a copy; 0 if it was refused for its size or for lack of room.
        copies: u8,
    },
    /// At the origin: what is stored under a key.
    Found {
        /// The request.
        request: Request,
        /// The node that answered.
        holder: Peer,
        /// The value, if there is one.
        value: Payload,
    },
    /// At the origin: a key is empty now.
    Deleted {
        /// The request.
        request: Request,
        /// Whether there was a value.
        existed: bool,
    },
    /// The nodes next to this one changed (leaf set; successor list or predecessor), so the keys it answers for, and
    /// the nodes that hold copies, may have.
    NeighboursChanged,
}

/// Why a message could not go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
pub enum RouteError {
    /// The node is no member (yet, or any more).
    #[error("the node is not a member of the overlay")]
    NotAMember,
    /// Every way on was tried without an answer.
    #[error("no known node answered")]
    NobodyAnswered,
    /// The message made more hops than any sound overlay needs.
    #[error("the message made too many hops")]
    TooManyHops,
}

/// What a message says of itself to an observer.
pub trait Message: Clone + Debug {
    /// Its name in the field's terms, as the trace prints it.
    fn name(&self) -> &'static str;

    /// What it is for.
    fn purpose(&self) -> Purpose;

    /// The request it carries on, if it is part of one.
    fn request(&self) -> Option<Request> {
        None
    }
}

/// A node of any system: what a driver needs of it. Systems that route by keys are [`Overlay`]s as well; those that search
/// by words are not.
pub trait Node: Clone + Debug + Sized {
    /// Its identifiers.
    type Id: RingId;
    /// Rule switches and sizes.
    type Config: Clone + Debug;
    /// What nodes say to each other.
    type Message: Message;
    /// What the application may ask.
    type Command: Clone + Debug + From<Membership>;
    /// What it tells its application.
    type Event: Clone + Debug;

    /// The ring that identifiers live on.
    fn space(config: &Self::Config) -> <Self::Id as RingId>::Space;

    /// A node that is not yet a member.
    fn new(me: Peer, host: Host<'_, Self>) -> Self;

    /// Who this is.
    fn me(&self) -> Peer;

    /// Whether the node is a full member.
    fn is_active(&self) -> bool;

    /// Takes in one input and pushes what is to be done.
    fn handle(&mut self, cx: &mut Context<'_, Self>, input: Input<Self>);

    /// When the node wants [`Input::Deadline`]; `None` while it waits for nothing.
    #[must_use]
    fn next_deadline(&self) -> Option<Time>;

    /// How many times [`Node::touch`] finds something further to read.
    const TOUCHES: u8 = 0;

    /// Reads what the node will read from memory to handle a message about this key, in its step number `touch`, counted
    /// from 0, and returns anything that depends on it. A driver with many steps before it touches all of them first, so
    /// that their ways to memory overlap; nothing else follows from it.
    #[must_use]
    #[inline]
    fn touch(&self, _host: Host<'_, Self>, _key: Self::Id, _touch: u8) -> u32 {
        0
    }

    /// The key that a message is routed by, if it is.
    #[must_use]
    #[inline]
    fn routed_key(_message: &Self::Message) -> Option<Self::Id> {
        None
    }

    /// The common case of [`Node::handle`], worth no vector of outputs: a member does nothing with a message but send
    /// it on. If so, makes the message ready for its next hop and says who that is; else leaves it alone, and the driver
    /// hands it to `handle`. Not asked by who wants notes, since none would be written.
    #[must_use]
    #[inline]
    fn send_on(&self, _host: Host<'_, Self>, _from: Peer, _message: &mut Self::Message) -> Option<Peer> {
        None
    }

    /// Every peer this node knows, in ascending order, without itself: what a picture may draw as its links.
    #[must_use]
    fn known_peers(&self) -> Vec<Peer>;

    /// Bytes this node's tables take on the heap.
    #[must_use]
    fn heap_bytes(&self) -> usize;
}

/// A node of a structured overlay: it routes messages to the node responsible for a key.
pub trait Overlay: Node<Event = Event<<Self as Node>::Id>, Command: From<Command<<Self as Node>::Id>>> {
    /// One routing step from this node's own state: the fast path, which allocates nothing.
    #[must_use]
    fn next_hop(&self, host: Host<'_, Self>, key: Self::Id) -> Step;

    /// The same step with every candidate and why it lost. Always agrees with [`Overlay::next_hop`].
    #[must_use]
    fn explain(&self, host: Host<'_, Self>, key: Self::Id) -> Decision;

    /// The nodes, from this node's own state and without itself, that should hold copies of what it holds under `key`:
    /// at most `count`, best first.
    #[must_use]
    fn replica_holders(&self, host: Host<'_, Self>, key: Self::Id, count: usize) -> Vec<Peer>;

    /// The neighbour to which this node hands what it holds under a key that it is no longer responsible for; it may be
    /// responsible or know the one that is. `None` if this node is responsible or knows nobody.
    #[must_use]
    fn heir(&self, host: Host<'_, Self>, key: Self::Id) -> Option<Peer> {
        match self.next_hop(host, key) {
            Step::Deliver => None,
            Step::Forward(next) => Some(next),
        }
    }
}
