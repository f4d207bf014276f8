//! The deck's figures of systems other than the two rings, as scenes: one to three worlds of any system side by side, the same
//! things done in each.
//!
//! A story holds no count of its own: everything shown comes from running it. All nodes of a figure stand at the same place, so that
//! every message takes the same time: what one hop reaches arrives at one moment, and a flood is seen in waves.

mod dhts;
mod fasttrack;
mod gnutella;
mod napster;
mod overview;

use std::sync::Arc;

use super::Chapter;
use crate::id::RingId;
use crate::protocol::Peer;
use crate::sim::plane::Place;
use crate::sim::session::{RestoreError, Session};
use crate::sim::show::{Show, Shown};
use crate::sim::spec::{Action, ActionError, Build, Key, LogEntry, Placed, Spec, SpecError};
use crate::sim::systems::{Inhabitant, Searching};
use crate::sim::weather::Weather;
use crate::sim::world::World;
use crate::time::Duration;

/// How a world is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Servers in the middle, peers around them.
    Star,
    /// The node that asks in the middle, and everybody as many circles away as there are links between.
    Waves,
    /// Super-peers within, their children without.
    Floors,
    /// On the ring of identifiers.
    Ring,
}

/// A world of a story.
pub struct Stand {
    /// The world.
    pub show: Box<dyn Show>,
    /// How it is laid out.
    pub form: Form,
    /// What stands above it, where there are several.
    pub title: &'static str,
    /// So many first nodes are servers; the story's peer 1 comes after them.
    servers: u32,
}

/// A choice of a story's viewer.
pub struct Switch {
    /// What is chosen.
    pub label: &'static str,
    /// The choices; the first one is the deck's.
    pub options: &'static [&'static str],
}

/// A node, as a story names it: peers from 1 on, servers as 0.
pub type Number = u32;

/// Something that happens in all worlds of a story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// Look for files, or for the value under a name's key.
    Search(Number, &'static str),
    /// Look for files and fetch the first that is found.
    Fetch(Number, &'static str),
    /// Share a file, or store a value under a name's key.
    Publish(Number, &'static str, &'static str),
    /// A new peer.
    Add(&'static str),
    /// A node stops without a word.
    Kill(Number),
    /// Time passes.
    Wait(Duration),
    /// Everything that was asked for has come to its end.
    Done,
}

/// A figure of the deck that runs.
pub struct Story {
    /// Its name in routes; stable.
    pub name: &'static str,
    /// Where it belongs.
    pub chapter: Chapter,
    /// A title of a few words.
    pub title: &'static str,
    /// The slide that it draws.
    pub slide: &'static str,
    /// Why it matters: short paragraphs.
    pub why: &'static [&'static str],
    /// Slide checks that belong to it, by their names.
    pub checks: &'static [&'static str],
    /// What may be chosen.
    pub switches: &'static [Switch],
    /// What a viewer may search for at first.
    pub words: &'static str,
    stands: fn(&[usize]) -> Result<Vec<Stand>, SpecError>,
    deeds: fn(&[usize]) -> Vec<Deed>,
    /// The node in the middle of waves, and selected where nobody asks.
    pub focus: Number,
}

/// All stories, by chapter and in order.
pub static STORIES: &[Story] = &[
    overview::CLIENT_SERVER,
    overview::LOCATE,
    napster::SEARCH,
    napster::DOWN,
    gnutella::JOIN,
    gnutella::SEARCH,
    gnutella::COUNT,
    gnutella::DUPLICATES,
    gnutella::RING,
    gnutella::WALK,
    gnutella::PUSH,
    fasttrack::SEARCH,
    fasttrack::PROMOTION,
    dhts::FULL_REPLICATION,
    dhts::ANY_WORDS,
    dhts::KEEPS_DATA,
    dhts::FALSE_ROUTING,
    dhts::FLOOD,
];

/// How far ahead a story is recorded.
const LOOK_AHEAD: Duration = Duration::from_secs(60);
/// Messages take so many times as long as between neighbours on the plane: a hop takes 20 ms.
const LATENCY_PERCENT: u16 = 1_000;
/// Between the end of one thing and the beginning of the next.
const BREATH: Duration = Duration::from_millis(40);
/// Where everybody stands.
const MIDDLE: Place = Place { x: Place::SIDE / 2, y: Place::SIDE / 2 };

impl Stand {
    fn new<N: Shown + 'static>(
        form: Form,
        title: &'static str,
        spec: Spec<N::Config>,
        servers: u32,
        prepare: impl FnOnce(&mut World<N>),
    ) -> Result<Self, SpecError> {
        let session = Session::<N>::prepared(spec, |world| {
            world.set_weather(Weather { latency_percent: LATENCY_PERCENT, ..Weather::CLEAR });
            world.gather(MIDDLE);
            prepare(world);
        })?;
        Ok(Self { show: Box::new(session), form, title, servers })
    }

    /// A world of a system that searches by words, whose peers (by number) share these files.
    fn searching<N: Shown + Searching + 'static>(
        form: Form,
        peers: u32,
        config: N::Config,
        files: &[(Number, &str)],
    ) -> Result<Self, SpecError> {
        let servers = N::servers(&config);
        let files: Vec<(Peer, Arc<str>)> =
            files.iter().map(|(holder, name)| (Peer(servers + holder - 1), (*name).into())).collect();
        Self::new::<N>(form, N::NAME, hall::<N>(peers + servers, config), servers, |world| world.stock(&files))
    }

    /// The node that a story means.
    #[must_use]
    pub fn peer(&self, number: Number) -> Peer {
        if number == 0 { Peer(0) } else { Peer(self.servers + number - 1) }
    }

    /// What a story calls a node.
    #[must_use]
    pub const fn number(&self, peer: Peer) -> Number {
        if peer.0 < self.servers { 0 } else { peer.0 - self.servers + 1 }
    }

    /// Does what a deed says.
    ///
    /// # Panics
    /// If it cannot be done: a test starts every story.
    fn carry_out(&mut self, deed: &Deed) {
        let name = |text: &str| Key::Name(text.into());
        let action = match *deed {
            Deed::Search(from, words) => Action::Search { from: self.peer(from), key: name(words) },
            Deed::Fetch(from, words) => Action::Route { from: self.peer(from), key: name(words) },
            Deed::Publish(from, words, value) => {
                Action::Insert { from: self.peer(from), key: name(words), value: value.into() }
            }
            Deed::Add(text) => Action::Add { id: name(text) },
            Deed::Kill(node) => Action::Kill { node: self.peer(node) },
            Deed::Wait(span) => {
                let moment = self.show.clock() + span;
                self.show.run_until(moment);
                return;
            }
            Deed::Done => {
                self.show.look_ahead(LOOK_AHEAD);
                let end = self.show.end() + BREATH;
                self.show.run_until(end);
                return;
            }
        };
        self.show.act(action).expect("a story's deeds fit its worlds");
    }
}

/// A world in which everybody stands at the same place.
fn hall<N: Inhabitant>(nodes: u32, config: N::Config) -> Spec<N::Config> {
    let space = N::space(&config);
    let digits = |node| N::Id::of_name(space, &format!("hall {node}")).text(space, usize::MAX);
    let placed = (0..nodes).map(|node| Placed { digits: digits(node), place: MIDDLE });
    Spec { seed: 1, placed: placed.collect(), random: 0, build: Build::Converged, loss_per_million: 0, config }
}

impl Story {
    /// The story of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        STORIES.iter().find(|story| story.name == name)
    }

    /// Choices as the deck has them, or others where they can be.
    #[must_use]
    pub fn choices(&self, chosen: &[usize]) -> Vec<usize> {
        let sound = |(at, switch): (usize, &Switch)| chosen.get(at).copied().unwrap_or(0).min(switch.options.len() - 1);
        self.switches.iter().enumerate().map(sound).collect()
    }

    /// The worlds at their beginning, with the whole course recorded.
    ///
    /// # Panics
    /// Never: a test starts every story with every choice.
    #[must_use]
    pub fn start(&self, chosen: &[usize]) -> Vec<Stand> {
        let chosen = self.choices(chosen);
        let mut stands = (self.stands)(&chosen).expect("a story's own worlds can be");
        for stand in &mut stands {
            (self.deeds)(&chosen).iter().for_each(|deed| stand.carry_out(deed));
            stand.show.look_ahead(LOOK_AHEAD);
            stand.show.begin();
        }
        stands
    }

    /// The worlds with what somebody did in them, each at the record that was shown.
    ///
    /// # Errors
    /// If there are more or fewer worlds, or a log does not fit one.
    pub fn restore(&self, chosen: &[usize], logs: &[(Vec<LogEntry>, u32)]) -> Result<Vec<Stand>, RestoreError> {
        let mut stands = (self.stands)(&self.choices(chosen)).map_err(RestoreError::Spec)?;
        if stands.len() != logs.len() {
            return Err(RestoreError::Log(0));
        }
        for (stand, (log, position)) in stands.iter_mut().zip(logs) {
            stand.show.replay(log, *position)?;
            stand.show.look_ahead(LOOK_AHEAD);
        }
        Ok(stands)
    }
}

/// Does something in all worlds, or in none if it cannot be done in one of them.
///
/// # Errors
/// What stands against it.
pub fn act(stands: &mut [&mut Stand], action: impl Fn(&Stand) -> Action) -> Result<(), ActionError> {
    for stand in stands.iter() {
        stand.show.check(&action(stand))?;
    }
    for stand in stands {
        let action = action(stand);
        stand.show.act(action)?;
        stand.show.look_ahead(LOOK_AHEAD);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
