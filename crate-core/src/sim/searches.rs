//! What came of searches: an observer that keeps what nodes tell, by request.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::systems::Searching;
use super::world::{Observer, Occasion, World};
use crate::protocol::{Note, Peer, Request};
use crate::search::{SearchCommand, SearchError, SearchEvent};
use crate::time::{Duration, Time};

/// Everything told of one request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Files found: when, at whom, after how many hops.
    pub hits: Vec<(Time, Peer, u8)>,
    /// When no more was waited for.
    pub ended: Option<Time>,
    /// When the file had come, and from whom.
    pub fetched: Option<(Time, Peer)>,
    /// When a file could be found, or was gone from everywhere (and whether it had been there).
    pub done: Option<(Time, bool)>,
    /// Why it came to nothing.
    pub failed: Option<SearchError>,
}

/// Keeps what nodes tell.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ears {
    by_request: BTreeMap<Request, Told>,
    /// Told without a request: who, what.
    pub others: Vec<(Time, Peer, SearchEvent)>,
}

impl Ears {
    /// What was told of a request.
    #[must_use]
    pub fn of(&self, request: Request) -> Told {
        self.by_request.get(&request).cloned().unwrap_or_default()
    }
}

impl<N: Searching> Observer<N> for Ears {
    fn wants_notes(&self) -> bool {
        false
    }

    fn begin(&mut self, _: Time, _: Peer, cause: u32, _: Occasion<'_, N::Message>) -> u32 {
        cause
    }

    fn event(&mut self, at: Time, node: Peer, event: &SearchEvent) {
        let Some(request) = event.request() else { return self.others.push((at, node, event.clone())) };
        let told = self.by_request.entry(request).or_default();
        match event {
            SearchEvent::Hit { holder, hops, .. } => told.hits.push((at, *holder, *hops)),
            SearchEvent::Ended { .. } => told.ended = Some(at),
            SearchEvent::Fetched { holder, .. } => told.fetched = Some((at, *holder)),
            SearchEvent::Published { .. } => told.done = Some((at, true)),
            SearchEvent::Withdrawn { existed, .. } => told.done = Some((at, *existed)),
            SearchEvent::Failed { reason, .. } => told.failed = Some(*reason),
            _ => {}
        }
    }

    fn note(&mut self, _: Peer, _: Note) {}
}

/// Asks a node for something and runs the world for `span`; what was told of it.
pub fn ask<N: Searching>(world: &mut World<N>, node: Peer, command: SearchCommand, span: Duration) -> Told {
    let mut ears = Ears::default();
    let request = command.request().unwrap_or(Request(u32::MAX));
    world.command(node, command, &mut ears);
    world.run_for(span, &mut ears);
    ears.of(request)
}

/// A search for words, without fetching.
#[must_use]
pub fn search(request: u32, words: &str) -> SearchCommand {
    SearchCommand::Search { request: Request(request), words: Arc::from(words), fetch: false }
}
