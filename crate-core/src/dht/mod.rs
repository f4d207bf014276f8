//! A distributed hash table over any structured overlay: insert, search and delete with k copies.
//!
//! Draws the slide "Chord: Inserting and Searching" and the remark that a DHT "can support controlled replication of
//! data: insert(data, k) stores copies of the data at multiple nodes"; for Pastry, what PAST does (Rowstron and
//! Druschel, "Storage management and caching in PAST", SOSP 2001), for Chord, what CFS does (Dabek et al., SOSP 2001):
//! the node responsible for a key holds the value, the k − 1 nodes next to it hold copies.
//!
//! # Implementation notes
//! - A request travels as the payload of a routed message; the responsible node answers the origin directly. A request
//!   whose message or answer is lost is not repeated here: the application sees no answer and asks again.
//! - Whether a node answers for a key is what its overlay says: `next_hop` delivers, or the message was delivered.
//! - Versions order writes: the later time wins, and a write is always later than what it replaces. A deletion is a
//!   version without a value, kept for an hour; a node that has a newer version than it is sent sends its own back. So
//!   a deleted value can come back only from a copy that was out of reach for an hour. Clocks of the simulator agree;
//!   live, drivers count time from one agreed beginning, and a clock that is ahead wins.
//! - Copies are acknowledged, sent again a few times, and sent to a new neighbour when neighbours change. The node that
//!   answers knows who holds copies, hands that list over with the value, and tells those who need not hold one any more.
//! - A node that answers for a key but has nothing there (it has just come) leaves a search to its first copy holder,
//!   who leaves it to the next one if it has nothing either (it may have just come too). A deletion in that moment says
//!   that nothing existed, and is a newer version all the same.
//! - `Stored` counts the copies sent, not those acknowledged: the origin hears at once.
//! - Members trust each other: anyone may write a version, or have copies dropped that their holder does not answer for.
//! - The inner overlay writes into one vector that the node keeps, so that nothing is allocated for each message.

mod message;
mod replication;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use message::{DhtMessage, Item, MOST_VALUE_BYTES};
pub use store::{Entry, Version};

use crate::id::RingId;
use crate::protocol::{
    Command, Context, Decision, Envelope, Event, Host, Input, Membership, Message, Node, Note, Output, Overlay,
    Payload, Peer, Purpose, Request, Step,
};
use crate::time::Time;

use message::Operation;
use store::Store;

/// Outputs that the kept vector has room for; a longer one is given back.
const MOST_SCRATCH: usize = 16;
/// Nodes that a search may be left to, one after the other; the most that [`DhtConfig::replicas`] can name.
const MOST_HOLDERS: usize = u8::MAX as usize;

/// The overlay's configuration and the number of copies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DhtConfig<C> {
    /// Of the overlay.
    pub overlay: C,
    /// k: nodes that hold a value, the responsible one among them; 0 counts as 1.
    pub replicas: u8,
}

/// What an application asks of a hash table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DhtCommand<I> {
    /// Something of the overlay alone.
    Overlay(Command<I>),
    /// Store a value; answered by [`Event::Stored`].
    Insert {
        /// Names the request.
        request: Request,
        /// The key.
        key: I,
        /// The value, at most [`MOST_VALUE_BYTES`] long.
        value: Arc<[u8]>,
    },
    /// Find a value; answered by [`Event::Found`].
    Search {
        /// Names the request.
        request: Request,
        /// The key.
        key: I,
    },
    /// Come into the overlay of `contact`, from outside or from another one, with everything that is stored here: the
    /// nodes that will answer for it get it, and of two versions the later stays.
    MoveTo {
        /// A member, near in proximity.
        contact: Peer,
    },
    /// Remove a value; answered by [`Event::Deleted`].
    Delete {
        /// Names the request.
        request: Request,
        /// The key.
        key: I,
    },
}

impl<I> From<Command<I>> for DhtCommand<I> {
    fn from(command: Command<I>) -> Self {
        Self::Overlay(command)
    }
}

impl<I> From<Membership> for DhtCommand<I> {
    fn from(wish: Membership) -> Self {
        Self::Overlay(wish.into())
    }
}

/// A node of an overlay that also stores values.
#[derive(Clone, Debug)]
pub struct DhtNode<O: Overlay> {
    overlay: O,
    store: Store<O::Id>,
    /// When copies are sent again; [`Time::NEVER`] if all are acknowledged.
    retry_at: Time,
    retries: u8,
    /// Where the overlay writes its outputs; empty between inputs.
    scratch: Vec<Output<O>>,
}

impl<O: Overlay> DhtNode<O> {
    /// A hash table node over a node of an overlay, as it is, with nothing stored.
    #[must_use]
    pub const fn over(overlay: O) -> Self {
        Self { overlay, store: Store::new(), retry_at: Time::NEVER, retries: 0, scratch: Vec::new() }
    }

    /// The node of the overlay.
    #[must_use]
    pub const fn overlay(&self) -> &O {
        &self.overlay
    }

    /// What the node holds, by key.
    pub fn store(&self) -> impl ExactSizeIterator<Item = (O::Id, &Entry<O::Id>)> {
        self.store.entries.iter().map(|(key, entry)| (*key, entry))
    }

    /// The overlay's view of the same machine.
    #[must_use]
    pub const fn inner_host<'a>(host: &Host<'a, Self>) -> Host<'a, O> {
        Host { peers: host.peers, config: &host.config.overlay, proximity: host.proximity }
    }

    /// Lets the overlay handle an input and passes on what it wants done.
    fn drive(&mut self, cx: &mut Context<'_, Self>, input: Input<O>) {
        let mut outputs = std::mem::take(&mut self.scratch);
        let mut inner = Context {
            now: cx.now,
            host: Self::inner_host(&cx.host),
            rng: &mut *cx.rng,
            tracing: cx.tracing,
            outputs: &mut outputs,
        };
        self.overlay.handle(&mut inner, input);
        let mut changed = false;
        for output in outputs.drain(..) {
            match output {
                Output::Send { to, message } => cx.send(to, DhtMessage::Overlay(message)),
                Output::Note(note) => cx.outputs.push(Output::Note(note)),
                Output::Event(Event::Delivered(envelope)) => self.on_delivered(cx, envelope),
                Output::Event(event) => {
                    // Who moved to another overlay has brought values along.
                    changed |= matches!(event, Event::NeighboursChanged | Event::Joined);
                    cx.event(event);
                }
            }
        }
        if outputs.capacity() <= MOST_SCRATCH {
            self.scratch = outputs;
        }
        if changed {
            self.retries = 0;
            self.settle_all(cx);
        }
    }

    /// Sends a request on its way.
    fn ask(&mut self, cx: &mut Context<'_, Self>, request: Request, key: O::Id, operation: &Operation<'_>) {
        let origin = self.overlay.me();
        let payload = Some(operation.encode());
        let envelope = Envelope { payload, ..Envelope::lookup(request, origin, key) };
        self.drive(cx, Input::Command(Command::Route(envelope).into()));
    }

    fn on_command(&mut self, cx: &mut Context<'_, Self>, command: DhtCommand<O::Id>) {
        match command {
            DhtCommand::Overlay(command) => {
                let leaves = command == Command::Leave;
                if leaves && self.overlay.is_active() {
                    self.hand_over_all(cx);
                }
                self.drive(cx, Input::Command(command.into()));
                if leaves {
                    *self = Self::over(self.overlay.clone());
                }
            }
            DhtCommand::MoveTo { contact } => {
                self.overlay = O::new(self.overlay.me(), Self::inner_host(&cx.host));
                for entry in self.store.entries.values_mut() {
                    (entry.answers, entry.handed_by) = (true, Peer::NONE);
                    entry.forget_copies();
                }
                self.drive(cx, Input::Command(Command::Join { contact }.into()));
            }
            DhtCommand::Insert { request, value, .. } if value.len() > MOST_VALUE_BYTES => {
                cx.event(Event::Stored { request, copies: 0 });
            }
            DhtCommand::Insert { request, key, value } => {
                self.ask(cx, request, key, &Operation::Insert { value: &value });
            }
            DhtCommand::Search { request, key } => self.ask(cx, request, key, &Operation::Search),
            DhtCommand::Delete { request, key } => self.ask(cx, request, key, &Operation::Delete),
        }
    }

    /// A routed message arrived at this node as the responsible one.
    fn on_delivered(&mut self, cx: &mut Context<'_, Self>, envelope: Envelope<O::Id>) {
        let operation = envelope.payload.as_deref().and_then(Operation::decode);
        let Some(operation) = operation else { return cx.event(Event::Delivered(envelope)) };
        let Envelope { request, key, origin, .. } = envelope;
        let me = cx.host.id(self.overlay.me());
        let most = usize::from(cx.host.config.replicas.max(1)) - 1;
        match operation {
            Operation::Insert { value } => {
                let mut copies = 0;
                if self.store.write(cx.now, me, key, Some(value.into())).is_some() {
                    let holders = self.overlay.replica_holders(Self::inner_host(&cx.host), key, most);
                    copies = 1 + holders.len() as u8;
                    self.place(cx, key);
                }
                self.answer(cx, origin, DhtMessage::Stored { request, copies });
            }
            Operation::Search => match self.store.entries.get(&key) {
                Some(entry) => {
                    let value = entry.value.clone();
                    self.answer(cx, origin, DhtMessage::Found { request, value });
                }
                None => {
                    let holders = self.overlay.replica_holders(Self::inner_host(&cx.host), key, most.max(1));
                    self.ask_holders(cx, request, origin, key, holders);
                }
            },
            Operation::Delete => {
                let existed = self.store.entries.get(&key).is_some_and(|entry| entry.value.is_some());
                // Written even if nothing is here: an older value may be on its way here.
                if self.store.write(cx.now, me, key, None).is_some() {
                    self.place(cx, key);
                }
                self.answer(cx, origin, DhtMessage::Deleted { request, existed });
            }
        }
    }

    /// Leaves a search to the first of `holders`, who leaves it to the next if it has nothing.
    fn ask_holders(&self, cx: &mut Context<'_, Self>, request: Request, origin: Peer, key: O::Id, holders: Vec<Peer>) {
        let mut others = holders;
        if others.is_empty() {
            return self.answer(cx, origin, DhtMessage::Found { request, value: None });
        }
        let first = others.remove(0);
        cx.send(first, DhtMessage::Ask { request, origin, key, others });
    }

    /// A value was written here: copies next to here, or on to the node that answers for it.
    fn place(&mut self, cx: &mut Context<'_, Self>, key: O::Id) {
        self.retries = 0;
        self.settle(cx, &[key], 0);
    }

    fn answer(&self, cx: &mut Context<'_, Self>, origin: Peer, answer: DhtMessage<O::Message, O::Id>) {
        if origin == self.overlay.me() {
            on_answer(cx, origin, answer);
        } else {
            cx.send(origin, answer);
        }
    }

    fn on_message(&mut self, cx: &mut Context<'_, Self>, from: Peer, message: DhtMessage<O::Message, O::Id>) {
        let known = cx.host.peers.len();
        match message {
            DhtMessage::Overlay(message) => self.drive(cx, Input::Message { from, message }),
            // One may ask while still on the way in.
            DhtMessage::Stored { .. } | DhtMessage::Found { .. } | DhtMessage::Deleted { .. } => {
                on_answer(cx, from, message);
            }
            DhtMessage::Ask { request, origin, key, mut others } => {
                let me = self.overlay.me();
                if origin.index() >= known {
                    return;
                }
                // Each is asked once, and nobody for ever.
                others.truncate(MOST_HOLDERS);
                others.retain(|peer| peer.index() < known && *peer != me);
                match self.store.entries.get(&key) {
                    Some(entry) => {
                        let value = entry.value.clone();
                        self.answer(cx, origin, DhtMessage::Found { request, value });
                    }
                    None => self.ask_holders(cx, request, origin, key, others),
                }
            }
            _ if !self.overlay.is_active() => {}
            DhtMessage::Copy { items } => self.on_copy(cx, from, &items),
            DhtMessage::HandOver { items, passes } => {
                if items.iter().all(|item| item.copies.iter().all(|peer| peer.index() < known)) {
                    self.on_hand_over(cx, from, &items, passes);
                }
            }
            DhtMessage::Copied { items, handed_over } => self.on_copied(cx, from, &items, handed_over),
            DhtMessage::Drop { items } => self.on_drop(cx, &items),
        }
    }
}

/// The answer to a request of this node's application.
fn on_answer<O: Overlay>(cx: &mut Context<'_, DhtNode<O>>, holder: Peer, answer: DhtMessage<O::Message, O::Id>) {
    match answer {
        DhtMessage::Stored { request, copies } => cx.event(Event::Stored { request, copies }),
        DhtMessage::Found { request, value } => cx.event(Event::Found { request, holder, value }),
        DhtMessage::Deleted { request, existed } => cx.event(Event::Deleted { request, existed }),
        _ => {}
    }
}

impl<O: Overlay> Node for DhtNode<O> {
    type Id = O::Id;
    type Config = DhtConfig<O::Config>;
    type Message = DhtMessage<O::Message, O::Id>;
    type Command = DhtCommand<O::Id>;
    type Event = Event<O::Id>;

    fn space(config: &Self::Config) -> <O::Id as RingId>::Space {
        O::space(&config.overlay)
    }

    fn new(me: Peer, host: Host<'_, Self>) -> Self {
        Self::over(O::new(me, Self::inner_host(&host)))
    }

    fn me(&self) -> Peer {
        self.overlay.me()
    }

    fn is_active(&self) -> bool {
        self.overlay.is_active()
    }

    fn handle(&mut self, cx: &mut Context<'_, Self>, input: Input<Self>) {
        match input {
            Input::Message { from, message } => self.on_message(cx, from, message),
            Input::Deadline => {
                if self.overlay.next_deadline().is_some_and(|due| due <= cx.now) {
                    self.drive(cx, Input::Deadline);
                }
                if self.retry_at <= cx.now {
                    self.retry(cx);
                }
            }
            Input::LinkDown(peer) => self.drive(cx, Input::LinkDown(peer)),
            Input::Command(command) => self.on_command(cx, command),
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        let overlay = self.overlay.next_deadline().unwrap_or(Time::NEVER);
        Some(overlay.min(self.retry_at)).filter(|moment| *moment != Time::NEVER)
    }

    const TOUCHES: u8 = O::TOUCHES;

    #[inline]
    fn touch(&self, host: Host<'_, Self>, key: O::Id, touch: u8) -> u32 {
        self.overlay.touch(Self::inner_host(&host), key, touch)
    }

    #[inline]
    fn routed_key(message: &Self::Message) -> Option<O::Id> {
        if let DhtMessage::Overlay(message) = message { O::routed_key(message) } else { None }
    }

    #[inline]
    fn send_on(&self, host: Host<'_, Self>, from: Peer, message: &mut Self::Message) -> Option<Peer> {
        let DhtMessage::Overlay(message) = message else { return None };
        self.overlay.send_on(Self::inner_host(&host), from, message)
    }

    fn known_peers(&self) -> Vec<Peer> {
        self.overlay.known_peers()
    }

    fn heap_bytes(&self) -> usize {
        self.overlay.heap_bytes() + self.store.heap_bytes() + self.scratch.capacity() * size_of::<Output<O>>()
    }
}

impl<O: Overlay> Overlay for DhtNode<O> {
    #[inline]
    fn next_hop(&self, host: Host<'_, Self>, key: O::Id) -> Step {
        self.overlay.next_hop(Self::inner_host(&host), key)
    }

    fn explain(&self, host: Host<'_, Self>, key: O::Id) -> Decision {
        self.overlay.explain(Self::inner_host(&host), key)
    }

    fn replica_holders(&self, host: Host<'_, Self>, key: O::Id, count: usize) -> Vec<Peer> {
        self.overlay.replica_holders(Self::inner_host(&host), key, count)
    }

    fn heir(&self, host: Host<'_, Self>, key: O::Id) -> Option<Peer> {
        self.overlay.heir(Self::inner_host(&host), key)
    }
}
