//! What became of every request of a run, and whether what nodes say of it can be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::protocol::{Note, Peer, Request};
use crate::search::{SearchError, SearchEvent};
use crate::sim::systems::Searching;
use crate::sim::world::{Observer, Occasion};
use crate::time::Time;

/// A request.
#[derive(Clone, Debug)]
struct Wish {
    origin: Peer,
    fetches: bool,
    /// Where the file was found, and which.
    hits: BTreeSet<(Peer, Arc<str>)>,
    is_over: bool,
    /// Whether the file came, or no holder sent it.
    is_fetched: bool,
    /// Whether its origin was lost: nobody answers it.
    is_lost: bool,
}

/// Looks on.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    wishes: BTreeMap<Request, Wish>,
    /// Who ever shared what.
    shared: BTreeSet<(Peer, Arc<str>)>,
    /// Nodes that did something since somebody looked.
    pub(super) touched: BTreeSet<Peer>,
    /// The first thing that cannot be.
    pub(super) objection: Option<String>,
}

impl Ledger {
    pub(super) fn open(&mut self, request: Request, origin: Peer, fetches: bool) {
        let wish = Wish { origin, fetches, hits: BTreeSet::new(), is_over: false, is_fetched: false, is_lost: false };
        self.wishes.insert(request, wish);
    }

    pub(super) fn shares(&mut self, peer: Peer, name: &Arc<str>) {
        self.shared.insert((peer, name.clone()));
    }

    /// Whoever crashes or goes ends nothing that it began.
    pub(super) fn lose(&mut self, node: Peer) {
        self.wishes.values_mut().filter(|wish| wish.origin == node).for_each(|wish| wish.is_lost = true);
    }

    /// A request that never ended.
    pub(super) fn unanswered(&self) -> Option<(Request, Peer)> {
        let waits = |wish: &Wish| !wish.is_over || wish.fetches && !wish.hits.is_empty() && !wish.is_fetched;
        let mut open = self.wishes.iter().filter(|(_, wish)| !wish.is_lost && waits(wish));
        open.next().map(|(request, wish)| (*request, wish.origin))
    }

    /// Where a request's files were found.
    pub(super) fn found(&self, request: Request) -> impl Iterator<Item = Peer> {
        self.wishes.get(&request).into_iter().flat_map(|wish| wish.hits.iter().map(|hit| hit.0))
    }

    fn object(&mut self, node: Peer, event: &SearchEvent, why: &str) {
        self.objection.get_or_insert_with(|| format!("{node:?} says {event:?}, {why}."));
    }

    fn on_hit(&mut self, node: Peer, event: &SearchEvent) {
        let SearchEvent::Hit { request, holder, name, .. } = event else { return };
        if !self.shared.contains(&(*holder, name.clone())) {
            self.object(node, event, "who never shared it");
        }
        let Some(wish) = self.wishes.get_mut(request) else { return };
        let why = match () {
            () if wish.is_over => "after the search was over",
            () if *holder == node => "which is itself",
            () if !wish.hits.insert((*holder, name.clone())) => "for the second time",
            () => return,
        };
        self.object(node, event, why);
    }

    fn on_end(&mut self, node: Peer, event: &SearchEvent) {
        let Some(wish) = event.request().and_then(|request| self.wishes.get_mut(&request)) else { return };
        let of_fetch =
            matches!(event, SearchEvent::Fetched { .. } | SearchEvent::Failed { reason: SearchError::NotSent, .. });
        let ended = if of_fetch { &mut wish.is_fetched } else { &mut wish.is_over };
        let before = std::mem::replace(ended, true);
        if matches!(event, SearchEvent::Failed { .. }) && !of_fetch {
            wish.is_fetched |= wish.hits.is_empty();
        }
        if before {
            self.object(node, event, "though that was over");
        }
    }
}

impl<N: Searching> Observer<N> for Ledger {
    fn wants_notes(&self) -> bool {
        false
    }

    fn begin(&mut self, _: Time, node: Peer, cause: u32, _: Occasion<'_, N::Message>) -> u32 {
        self.touched.insert(node);
        cause
    }

    fn event(&mut self, _: Time, node: Peer, event: &SearchEvent) {
        match event {
            SearchEvent::Hit { .. } => self.on_hit(node, event),
            SearchEvent::Fetched { holder, name, .. } => {
                if !self.shared.contains(&(*holder, name.clone())) {
                    self.object(node, event, "who never shared it");
                }
                self.shares(node, name);
                self.on_end(node, event);
            }
            _ if event.request().is_some() => self.on_end(node, event),
            _ => {}
        }
    }

    fn note(&mut self, _: Peer, _: Note) {}
}
