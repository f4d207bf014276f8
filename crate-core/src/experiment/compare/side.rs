//! One system of a comparison: its world, and the book that is kept of its lookups.

use rand::{RngExt, SeedableRng};

use super::result::{Lookups, Messages, Stale, State};
use super::settings::Settings;
use crate::chord::ChordNode;
use crate::id::RingId;
use crate::pastry::PastryNode;
use crate::protocol::{Command, Envelope, Event, Message, Node, Note, Peer, Purpose, Request, Rng};
use crate::sim::plane::{Place, Plane};
use crate::sim::systems::System;
use crate::sim::world::{Observer, Occasion, Stepped, World};
use crate::time::{Duration, Time};

/// Survivors whose tables are looked at after the kill.
const SAMPLE: usize = 1_000;
/// Most nodes of a way that are remembered for a picture.
const PATH_MAX: usize = 256;

/// A system whose tables can be counted.
pub(in crate::experiment) trait Counted: System {
    /// Entries of its three tables; see [`State::entries`].
    fn entries(&self, config: &Self::Config) -> [usize; 3];
}

impl Counted for PastryNode {
    fn entries(&self, _: &Self::Config) -> [usize; 3] {
        [self.routing_table().entries().count(), self.leaf_set().clockwise().count(), self.neighbourhood().len()]
    }
}

impl Counted for ChordNode {
    fn entries(&self, config: &Self::Config) -> [usize; 3] {
        let mut fingers: Vec<Peer> = self.fingers(config.bits).iter().map(|row| row.peer).collect();
        fingers.retain(|peer| peer.is_some() && *peer != self.me());
        fingers.dedup();
        [fingers.len(), self.successors().len(), usize::from(self.predecessor().is_some())]
    }
}

/// Entries of all tables of a node.
pub(in crate::experiment) fn entries_of<N: Counted>(node: &N, config: &N::Config) -> usize {
    node.entries(config).iter().sum()
}

/// How a lookup stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// On its way.
    UnderWay,
    /// At the right node.
    Delivered {
        /// Hops it took.
        hops: u16,
        /// How long it took.
        took: Duration,
    },
    /// At a node that is not responsible.
    Wrong,
    /// Given up by a node on its way.
    Failed,
}

/// A lookup of the workload, in one system.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    started: Time,
    from: Peer,
    pub(super) fate: Fate,
    /// The nodes it came to, from its origin; kept only for lookups that a picture may follow.
    path: Vec<Peer>,
}

/// What an observer writes down.
pub(super) struct Book<N: System> {
    config: N::Config,
    /// Who is responsible for what at this moment: the members in ring order.
    ring: Vec<(N::Id, Peer)>,
    plane: Plane,
    pub(super) entries: Vec<Entry>,
    /// Lookups of each stage, and how many belong to one.
    pub(super) stages: [Lookups; 3],
    per_stage: usize,
    pub(super) open: u64,
    /// Lookups from here on remember their ways.
    watched: usize,
    /// Set when something happened to this lookup.
    pub(super) news: bool,
    pub(super) followed: u32,
}

impl<N: System> Observer<N> for Book<N> {
    fn wants_notes(&self) -> bool {
        false
    }

    fn begin(&mut self, _: Time, node: Peer, cause: u32, occasion: Occasion<'_, N::Message>) -> u32 {
        if let Occasion::Arrival(flight) = occasion
            && flight.message.purpose() == Purpose::Route
            && let Some(Request(number)) = flight.message.request()
        {
            self.news |= number == self.followed;
            if number as usize >= self.watched
                && let Some(entry) = self.entries.get_mut(number as usize)
                && entry.fate == Fate::UnderWay
                && entry.path.len() < PATH_MAX
            {
                entry.path.push(node);
            }
        }
        cause
    }

    fn event(&mut self, at: Time, node: Peer, event: &Event<N::Id>) {
        match event {
            Event::Delivered(envelope) => self.delivered(at, node, envelope),
            Event::Undeliverable { request, .. } => self.end(request.0, Fate::Failed),
            _ => {}
        }
    }

    fn note(&mut self, _: Peer, _: Note) {}
}

impl<N: System> Book<N> {
    fn delivered(&mut self, at: Time, node: Peer, envelope: &Envelope<N::Id>) {
        let number = envelope.request.0;
        let Some(entry) = self.entries.get(number as usize) else { return };
        // A message whose acknowledgement was lost may arrive twice, or after it was given up elsewhere.
        if matches!(entry.fate, Fate::Delivered { .. } | Fate::Wrong) {
            return;
        }
        if N::owner(&self.config, &self.ring, envelope.key) != node {
            return self.end(number, Fate::Wrong);
        }
        let (took, from) = (at - entry.started, entry.from);
        let direct = if from == node { Duration::ZERO } else { self.plane.one_way(from, node) };
        let hops = envelope.hops;
        self.stages[number as usize / self.per_stage].arrive(usize::from(hops), took, direct);
        self.end(number, Fate::Delivered { hops, took });
    }

    fn end(&mut self, number: u32, fate: Fate) {
        let Some(entry) = self.entries.get_mut(number as usize) else { return };
        let stage = &mut self.stages[number as usize / self.per_stage];
        if entry.fate == Fate::UnderWay {
            self.open -= 1;
        }
        // Until it is known to have arrived, a lookup counts as missing.
        if matches!(entry.fate, Fate::UnderWay | Fate::Failed) && fate != Fate::Failed {
            stage.missing -= 1;
        }
        stage.wrong += u64::from(fate == Fate::Wrong);
        entry.fate = fate;
        self.news |= number == self.followed;
    }
}

/// A lookup's message under way between two nodes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LookupFlight {
    /// The lookup's number.
    pub number: u32,
    /// Who sent it.
    pub from: Peer,
    /// Whom it is for.
    pub to: Peer,
    /// How far it is, 0 to 1.
    pub progress: f64,
}

/// One system's half of a comparison.
pub(super) struct Side<N: Counted> {
    pub(super) world: World<N>,
    pub(super) book: Book<N>,
    pub(super) state: State,
    pub(super) stale: Vec<Stale>,
    /// Survivors whose tables are looked at.
    sample: Vec<Peer>,
    updates_at_kill: u64,
}

impl<N: Counted> Side<N> {
    /// The world in its converged state: node i has the identifier that `SHA-1(seed/i)` gives on the system's ring.
    pub(super) fn new(settings: &Settings, config: N::Config, places: &[Place]) -> Self {
        let space = N::space(&config);
        let mut world: World<N> = World::new(config.clone(), settings.seed);
        world.set_loss(settings.loss_per_million);
        let members = places.iter().zip(0_u32..);
        world.fill_converged(
            members.map(|(place, i)| (N::Id::of_name(space, &format!("{}/{i}", settings.seed)), *place)),
        );
        let state = counted(&world);
        let book = Book {
            config,
            ring: world.members().collect(),
            plane: world.plane().clone(),
            entries: Vec::new(),
            stages: Default::default(),
            per_stage: settings.lookups as usize,
            open: 0,
            watched: 0,
            news: false,
            followed: 0,
        };
        Self { world, book, state, stale: Vec::new(), sample: Vec::new(), updates_at_kill: 0 }
    }

    /// The time of the next event.
    pub(super) fn next_at(&mut self) -> Time {
        self.world.next_at().unwrap_or(Time::NEVER)
    }

    pub(super) fn step(&mut self) -> Stepped {
        self.world.step(&mut self.book)
    }

    /// Starts lookup number `entries.len()` for a name's key.
    pub(super) fn start(&mut self, from: Peer, name: &str) {
        let key = N::Id::of_name(self.world.space(), name);
        let number = self.book.entries.len() as u32;
        let stage = &mut self.book.stages[number as usize / self.book.per_stage];
        stage.started += 1;
        stage.missing += 1;
        self.book.open += 1;
        let now = self.world.now();
        self.book.entries.push(Entry { started: now, from, fate: Fate::UnderWay, path: vec![from] });
        let request = Request(number);
        let envelope = Envelope::lookup(request, from, key);
        self.world.command(from, Command::Route(envelope).into(), &mut self.book);
    }

    /// Stops nodes without a word, all at this moment.
    pub(super) fn kill(&mut self, nodes: &[Peer], seed: u64) {
        nodes.iter().for_each(|peer| self.world.crash(*peer));
        let alive = |peer: &Peer| self.world.is_alive(*peer);
        self.book.ring.retain(|(_, peer)| alive(peer));
        let mut survivors: Vec<Peer> = (0..self.world.nodes().len() as u32).map(Peer).filter(alive).collect();
        let mut rng = Rng::seed_from_u64(seed ^ 0x7361_6D70_6C65);
        for i in 0..survivors.len().min(SAMPLE) {
            let other = rng.random_range(i as u32..survivors.len() as u32) as usize;
            survivors.swap(i, other);
        }
        survivors.truncate(SAMPLE);
        self.sample = survivors;
        self.updates_at_kill = self.messages().of_updates();
    }

    /// Looks at the tables of some survivors.
    pub(super) fn inspect(&mut self, after: Duration) {
        let mut found =
            Stale { after, updates: self.messages().of_updates() - self.updates_at_kill, ..Stale::default() };
        for peer in &self.sample {
            let known = self.world.node(*peer).known_peers();
            found.known += known.len() as u64;
            found.dead += known.iter().filter(|other| !self.world.is_alive(**other)).count() as u64;
        }
        self.stale.push(found);
    }

    /// Messages since the world began.
    pub(super) fn messages(&self) -> Messages {
        let counters = self.world.counters();
        Messages { sent: counters.sent, lost: counters.lost }
    }

    /// Lookups before `number` no longer remember their ways.
    pub(super) fn forget_before(&mut self, number: usize) {
        let end = number.min(self.book.entries.len());
        for entry in self.book.entries.get_mut(self.book.watched..end).unwrap_or_default() {
            entry.path = Vec::new();
        }
        self.book.watched = self.book.watched.max(number);
    }

    /// How a lookup stands; under way if it was not started.
    pub(super) fn fate(&self, number: u32) -> Fate {
        self.book.entries.get(number as usize).map_or(Fate::UnderWay, |entry| entry.fate)
    }

    /// The nodes that a lookup came to, from its origin, if that is remembered.
    pub(super) fn path(&self, number: u32) -> &[Peer] {
        self.book.entries.get(number as usize).map_or(&[], |entry| &entry.path)
    }

    /// Where a name's key lies, as a fraction of a turn.
    pub(super) fn turn_of(&self, name: &str) -> f64 {
        let space = self.world.space();
        N::Id::of_name(space, name).turn(space)
    }

    /// Messages of lookups under way.
    pub(super) fn flights(&self) -> Vec<LookupFlight> {
        let now = self.world.now();
        let flights = self.world.in_flight().filter_map(|flight| {
            let Request(number) = flight.message.request().filter(|_| flight.message.purpose() == Purpose::Route)?;
            let (gone, whole) = ((now - flight.sent).0 as f64, (flight.arrives - flight.sent).0.max(1) as f64);
            Some(LookupFlight { number, from: flight.from, to: flight.to, progress: (gone / whole).min(1.0) })
        });
        flights.collect()
    }
}

fn counted<N: Counted>(world: &World<N>) -> State {
    let mut state = State { nodes: world.nodes().len() as u64, bytes: world.bytes() as u64, ..State::default() };
    for node in world.nodes() {
        let entries = node.entries(world.config());
        state.entries.iter_mut().zip(entries).for_each(|(sum, count)| *sum += count as u64);
        state.most = state.most.max(entries.iter().sum::<usize>() as u64);
    }
    state
}
