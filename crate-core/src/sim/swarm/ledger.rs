//! What became of every request of a run.

use crate::protocol::{Event, Note, Peer, Request};
use crate::sim::systems::System;
use crate::sim::world::{Observer, Occasion};
use crate::time::Time;

/// A request of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) request: Request,
    pub(super) origin: Peer,
    pub(super) since: Time,
    pub(super) delivered_at: Option<Peer>,
    pub(super) answered_by: Option<Peer>,
    pub(super) is_over: bool,
}

/// Looks on, counts records as a session does, and keeps what requests came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// Records so far.
    pub(super) records: u32,
    pub(super) wishes: Vec<Wish>,
    /// Deliveries that nobody has looked at yet.
    pub(super) fresh: Vec<(Request, Peer)>,
    /// Whether anybody's neighbours changed since somebody looked: what rings are checked for depends on nothing else.
    pub(super) changed: bool,
}

impl Ledger {
    pub(super) fn open(&mut self, request: Request, origin: Peer, since: Time) {
        let wish = Wish { request, origin, since, delivered_at: None, answered_by: None, is_over: false };
        self.wishes.push(wish);
    }

    pub(super) fn wish_mut(&mut self, request: Request) -> Option<&mut Wish> {
        let at = self.wishes.binary_search_by_key(&request, |wish| wish.request).ok()?;
        self.wishes.get_mut(at)
    }
}

impl<N: System> Observer<N> for Ledger {
    fn wants_notes(&self) -> bool {
        false
    }

    fn begin(&mut self, _: Time, _: Peer, _: u32, _: Occasion<'_, N::Message>) -> u32 {
        self.records += 1;
        self.records - 1
    }

    fn event(&mut self, _: Time, node: Peer, event: &Event<N::Id>) {
        let (request, answered_by) = match event {
            Event::NeighboursChanged | Event::Joined | Event::Left => {
                self.changed = true;
                return;
            }
            Event::Delivered(envelope) => {
                self.fresh.push((envelope.request, node));
                return;
            }
            Event::Answered { request, owner, .. } => (*request, Some(*owner)),
            Event::Found { request, holder, .. } => (*request, Some(*holder)),
            Event::Stored { request, .. } | Event::Deleted { request, .. } => (*request, None),
            Event::Undeliverable { request, .. } => (*request, None),
            _ => return,
        };
        if let Some(wish) = self.wish_mut(request) {
            wish.is_over = true;
            wish.answered_by = wish.answered_by.or(answered_by);
        }
    }

    fn note(&mut self, _: Peer, _: Note) {}
}
