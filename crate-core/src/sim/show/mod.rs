//! A world of any system, as a picture and a panel read it: who is there and what each one is, who is linked with whom, what a
//! node keeps, what happens. Everything goes through [`Show`], so that a page holds worlds of several systems side by side.
//!
//! Rings that are shown in their own form go through [`Lab`](super::lab::Lab) instead; what stands here is what all systems have
//! in common.

pub mod hashing;
mod panel;
mod searching;
mod tally;
pub mod words;

pub use panel::{Cell, Section};
pub use tally::{Tally, score};

use super::session::{RestoreError, Session};
use super::spec::{Action, ActionError, Key, LogEntry};
use super::systems::Inhabitant;
use super::trace::{Letter, Record, Trace, What};
use super::world::{Counters, Travelling, World};
use crate::protocol::{Peer, Purpose, Request};
use crate::time::{Duration, Time};

/// What a node is in its system.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// A peer like the others.
    Peer,
    /// A server: Napster's directory, Gnutella's host cache, FastTrack's super-super-peer.
    Server,
    /// A super-peer.
    Super,
    /// A peer that nobody can open a connection to.
    Walled,
    /// A peer that does not do what the protocol says.
    Liar,
}

/// What a link between two nodes is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tie {
    /// A permanent connection, known to both.
    Connection,
    /// Whom a node turns to: its server, its super-peer.
    Home,
    /// An entry of a table.
    Entry,
}

/// What is known of a system beyond its protocol, so that its worlds can be shown.
pub trait Shown: Inhabitant {
    /// The system's name.
    const NAME: &'static str;
    /// Whether nodes lie on a ring by their identifiers.
    const ON_RING: bool = false;
    /// Whether messages of coming in are worth stopping at, though nodes note nothing of them.
    const SHOWS_COMING_IN: bool = false;

    /// What a node is.
    fn role(world: &World<Self>, peer: Peer) -> Role;

    /// Whom a node is linked with.
    fn ties(world: &World<Self>, peer: Peer) -> Vec<(Peer, Tie)>;

    /// Whether a node has something that fits.
    fn has(world: &World<Self>, peer: Peer, key: &Key) -> bool;

    /// What a node keeps, for a panel.
    fn panel(world: &World<Self>, peer: Peer) -> Vec<Section>;

    /// What a node is called.
    #[must_use]
    fn name(world: &World<Self>, peer: Peer) -> String {
        let _ = world;
        format!("P{}", peer.0)
    }
}

/// A world of whatever system, with its history. See [`Session`] for what the methods do that go through time.
pub trait Show {
    /// The system's name.
    fn system(&self) -> &'static str;
    /// Whether nodes lie on a ring by their identifiers.
    fn on_ring(&self) -> bool;

    /// Records that have happened at the moment shown.
    fn position(&self) -> u32;
    /// The moment shown.
    fn clock(&self) -> Time;
    /// The moment of position 0.
    fn origin(&self) -> Time;
    /// The moment of the last known record.
    fn end(&self) -> Time;
    /// What happened, also after the moment shown.
    fn trace(&self) -> &Trace;
    /// What was done, also after the moment shown.
    fn log(&self) -> &[LogEntry];
    /// Goes to just after record `position` − 1.
    fn seek(&mut self, position: u32);
    /// Goes to a moment, forward or back.
    fn seek_time(&mut self, moment: Time);
    /// Goes to the beginning, as if nobody had seen anything.
    fn begin(&mut self);
    /// Lets everything up to `moment` happen; false if that is too much for one call.
    fn run_until(&mut self, moment: Time) -> bool;
    /// Goes on to the next moment at which something happens that a person wants to stop at, and to the end of that moment:
    /// a wave of a flood is one step. Whether there was one.
    fn step(&mut self) -> bool;
    /// Goes back to the previous such moment, or to the beginning; whether that is another moment.
    fn step_back(&mut self) -> bool;
    /// Records the future without going there.
    fn look_ahead(&mut self, span: Duration);
    /// Does something now.
    ///
    /// # Errors
    /// If it cannot be done; nothing has changed then.
    fn act(&mut self, action: Action) -> Result<Request, ActionError>;
    /// Whether something could be done now.
    ///
    /// # Errors
    /// What stands against it.
    fn check(&self, action: &Action) -> Result<(), ActionError>;
    /// Does at the beginning what somebody did elsewhere.
    ///
    /// # Errors
    /// If the log does not fit the world.
    fn replay(&mut self, log: &[LogEntry], position: u32) -> Result<(), RestoreError>;

    /// Everybody who was ever there: peers 0 to this number − 1.
    fn node_count(&self) -> u32;
    /// Whether a node runs.
    fn is_alive(&self, peer: Peer) -> bool;
    /// Whether a node runs and has come in.
    fn is_member(&self, peer: Peer) -> bool;
    /// What a node is called.
    fn name(&self, peer: Peer) -> String;
    /// Where a node lies on the ring, as a fraction of a turn.
    fn turn(&self, peer: Peer) -> f64;
    /// What a node is.
    fn role(&self, peer: Peer) -> Role;
    /// Whom a node is linked with.
    fn ties(&self, peer: Peer) -> Vec<(Peer, Tie)>;
    /// Whether a node has something that fits.
    fn has(&self, peer: Peer, key: &Key) -> bool;
    /// What a node keeps.
    fn panel(&self, peer: Peer) -> Vec<Section>;
    /// Messages on their way at the moment shown.
    fn in_flight(&self) -> Vec<Travelling>;
    /// How many messages were sent and lost since the world began.
    fn counters(&self) -> Counters;
}

/// Whether a person stepping through wants to stop here.
fn is_stop<N: Shown>(record: &Record) -> bool {
    let comes_in = |letter: Letter| letter.purpose == Purpose::Membership;
    record.is_major() || N::SHOWS_COMING_IN && matches!(record.what, What::Arrival(letter) if comes_in(letter))
}

impl<N: Shown> Show for Session<N> {
    fn system(&self) -> &'static str {
        N::NAME
    }

    fn on_ring(&self) -> bool {
        N::ON_RING
    }

    fn position(&self) -> u32 {
        Self::position(self)
    }

    fn clock(&self) -> Time {
        Self::clock(self)
    }

    fn origin(&self) -> Time {
        Self::origin(self)
    }

    fn end(&self) -> Time {
        Self::end(self)
    }

    fn trace(&self) -> &Trace {
        Self::trace(self)
    }

    fn log(&self) -> &[LogEntry] {
        Self::log(self)
    }

    fn seek(&mut self, position: u32) {
        Self::seek(self, position);
    }

    fn seek_time(&mut self, moment: Time) {
        Self::seek_time(self, moment);
    }

    fn begin(&mut self) {
        Self::begin(self);
    }

    fn run_until(&mut self, moment: Time) -> bool {
        Self::run_until(self, moment)
    }

    fn step(&mut self) -> bool {
        self.step_to(is_stop::<N>) && Self::run_until(self, Self::clock(self))
    }

    fn step_back(&mut self) -> bool {
        let records = &Self::trace(self).records()[..Self::position(self) as usize];
        let here = Self::clock(self);
        let before =
            records.iter().rev().find(|record| record.at < here && is_stop::<N>(record)).map(|record| record.at);
        let moved = Self::position(self) > 0 || here > Self::origin(self);
        match before {
            Some(moment) => Self::seek_time(self, moment),
            None => Self::seek(self, 0),
        }
        moved
    }

    fn look_ahead(&mut self, span: Duration) {
        Self::look_ahead(self, span);
    }

    fn act(&mut self, action: Action) -> Result<Request, ActionError> {
        Self::act(self, action)
    }

    fn check(&self, action: &Action) -> Result<(), ActionError> {
        Self::check(self, action)
    }

    fn replay(&mut self, log: &[LogEntry], position: u32) -> Result<(), RestoreError> {
        Self::replay(self, log, position)
    }

    fn node_count(&self) -> u32 {
        self.world().peers().len() as u32
    }

    fn is_alive(&self, peer: Peer) -> bool {
        self.world().is_alive(peer)
    }

    fn is_member(&self, peer: Peer) -> bool {
        self.world().is_alive(peer) && self.world().node(peer).is_active()
    }

    fn name(&self, peer: Peer) -> String {
        N::name(self.world(), peer)
    }

    fn turn(&self, peer: Peer) -> f64 {
        self.world().turn(peer)
    }

    fn role(&self, peer: Peer) -> Role {
        N::role(self.world(), peer)
    }

    fn ties(&self, peer: Peer) -> Vec<(Peer, Tie)> {
        N::ties(self.world(), peer)
    }

    fn has(&self, peer: Peer, key: &Key) -> bool {
        N::has(self.world(), peer, key)
    }

    fn panel(&self, peer: Peer) -> Vec<Section> {
        N::panel(self.world(), peer)
    }

    fn in_flight(&self) -> Vec<Travelling> {
        self.world().in_flight().map(|flight| Travelling::of(&flight)).collect()
    }

    fn counters(&self) -> Counters {
        *self.world().counters()
    }
}

impl dyn Show + '_ {
    /// The last request that had begun at the moment shown: its number, who asks, for what.
    #[must_use]
    pub fn last_request(&self) -> Option<(Request, Peer, &Key)> {
        let applied = self.log().iter().take_while(|entry| entry.position < self.position());
        let asked = applied.enumerate().filter_map(|(number, entry)| {
            let (from, key) = entry.action.request()?;
            Some((Request(number as u32), from, key))
        });
        asked.last()
    }

    /// The trace's hash: equal natively and in wasm.
    #[must_use]
    pub fn trace_hash(&self) -> String {
        self.trace().hash(&|peer| self.name(peer))
    }

    /// The record whose moment is shown, and how many records of that moment there are.
    #[must_use]
    pub fn moment(&self) -> std::ops::Range<u32> {
        let records = &self.trace().records()[..self.position() as usize];
        let Some(last) = records.last() else { return 0..0 };
        let first = records.partition_point(|record| record.at < last.at);
        first as u32..self.position()
    }
}
