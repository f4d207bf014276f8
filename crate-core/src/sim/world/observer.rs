//! What can be seen of a world while it runs, and the counters that it keeps itself.

use crate::protocol::{Message, Note, Peer, Purpose, Request};
use crate::sim::systems::Inhabitant;
use crate::time::Time;

/// What an observer is shown of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flight<'a, M> {
    /// Who sent it.
    pub from: Peer,
    /// Who is to receive it.
    pub to: Peer,
    /// When it was sent.
    pub sent: Time,
    /// When it arrives.
    pub arrives: Time,
    /// Whether it gets lost on the way.
    pub lost: bool,
    /// What it says.
    pub message: &'a M,
}

/// A message on its way, for pictures.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Travelling {
    /// Who sent it.
    pub from: Peer,
    /// Who is to receive it.
    pub to: Peer,
    /// When it was sent.
    pub sent: Time,
    /// When it arrives.
    pub arrives: Time,
    /// Whether it gets lost on the way.
    pub lost: bool,
    /// Its name in the field's terms.
    pub name: &'static str,
    /// What it is for.
    pub purpose: Purpose,
    /// The request it belongs to.
    pub request: Option<Request>,
}

impl Travelling {
    /// What a picture needs to know of a message.
    pub(in crate::sim) fn of<M: Message>(flight: &Flight<'_, M>) -> Self {
        Self {
            from: flight.from,
            to: flight.to,
            sent: flight.sent,
            arrives: flight.arrives,
            lost: flight.lost,
            name: flight.message.name(),
            purpose: flight.message.purpose(),
            request: flight.message.request(),
        }
    }
}

/// Why an event happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occasion<'a, M> {
    /// A message arrived.
    Arrival(Flight<'a, M>),
    /// A message was lost, or found nobody.
    Loss(Flight<'a, M>),
    /// A node's deadline came.
    Deadline,
    /// Somebody outside acted.
    Action,
}

/// Looks on while a world runs. What it does never changes what happens.
pub trait Observer<N: Inhabitant> {
    /// Whether nodes should build [`Note`]s.
    fn wants_notes(&self) -> bool;
    /// An event begins at a node; messages sent during it have it as their cause.
    ///
    /// Returns the event's number, which comes back as `cause` of the events that it leads to.
    fn begin(&mut self, at: Time, node: Peer, cause: u32, occasion: Occasion<'_, N::Message>) -> u32;
    /// A node tells its application something.
    fn event(&mut self, at: Time, node: Peer, event: &N::Event);
    /// A node tells something about its work.
    fn note(&mut self, node: Peer, note: Note);
}

/// The cause of events that have none.
pub const NO_CAUSE: u32 = u32::MAX;

/// Nobody looks on.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl<N: Inhabitant> Observer<N> for Unobserved {
    fn wants_notes(&self) -> bool {
        false
    }
    fn begin(&mut self, _: Time, _: Peer, _: u32, _: Occasion<'_, N::Message>) -> u32 {
        NO_CAUSE
    }
    fn event(&mut self, _: Time, _: Peer, _: &N::Event) {}
    fn note(&mut self, _: Peer, _: Note) {}
}

/// Messages since the world began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Messages sent, by [`Purpose`] in its order.
    pub sent: [u64; 7],
    /// Messages lost on the way or sent to a dead node.
    pub lost: u64,
    /// Events handled.
    pub events: u64,
}

impl Counters {
    /// Messages sent for one purpose.
    #[must_use]
    pub const fn sent_for(&self, purpose: Purpose) -> u64 {
        self.sent[purpose as usize]
    }

    /// All messages sent.
    #[must_use]
    pub fn sent_in_all(&self) -> u64 {
        self.sent.iter().sum()
    }
}
