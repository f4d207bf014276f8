//! What a seed stands for: a world, and what is done to it as time goes by.

use rand::RngExt;

use crate::chord;
use crate::dht::DhtConfig;
use crate::id::{Digits, IdBits};
use crate::pastry::{self, LeafSetSize};
use crate::protocol::{Peer, Rng};
use crate::sim::lab::Setup;
use crate::sim::plane::Place;
use crate::sim::spec::{Action, Build, Key, Spec};
use crate::sim::systems::System;
use crate::sim::weather::Weather;
use crate::sim::world::World;
use crate::time::{Duration, Time};

/// The longest spell of bad weather.
const SPELL_MAX: Duration = Duration::from_secs(20);
/// The longest cut. Within it some nodes take each other for dead already; neither paper says how parts that have all
/// done so become one ring again.
const CUT_MAX: Duration = Duration::from_millis(2_500);

/// How long a weather lasts at most.
pub(super) const fn longest_spell(weather: Weather) -> Duration {
    if weather.cut_x == 0 { SPELL_MAX } else { CUT_MAX }
}

fn one_of<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.random_range(0..all.len() as u32) as usize]
}

fn millis(rng: &mut Rng, least: u64, most: u64) -> Duration {
    Duration::from_millis(rng.random_range(least..=most))
}

/// A world of either system, of at most 48 nodes to begin with.
pub(super) fn setup(seed: u64, rng: &mut Rng) -> Setup {
    let random = if rng.random_range(0..3_u32) == 0 { rng.random_range(1..=6) } else { rng.random_range(7..=48) };
    let joined = rng.random_range(0..4_u32) == 0;
    let build = if joined { Build::Joined { settle_secs: 90 } } else { Build::Converged };
    let replicas = rng.random_range(1..=4);
    if rng.random_range(0..2_u32) == 0 {
        let config = DhtConfig { overlay: pastry_config(rng), replicas };
        Setup::Pastry(Spec { build, ..Spec::random(random, seed, config) })
    } else {
        let config = DhtConfig { overlay: chord_config(rng), replicas };
        Setup::Chord(Spec { build, ..Spec::random(random, seed, config) })
    }
}

fn pastry_config(rng: &mut Rng) -> pastry::Config {
    let total = one_of(rng, &[4, 8, 8, 16]);
    pastry::Config {
        digits: one_of(rng, &[Digits::Bits1, Digits::Bits2, Digits::Bits4, Digits::Bits4]),
        leaf_set: LeafSetSize::new(total).expect("even, from 2 to 64"),
        neighbourhood: one_of(rng, &[0, 4, 32]),
        rule: one_of(rng, &[pastry::RoutingRule::Published, pastry::RoutingRule::Slide]),
        heartbeat_period: Some(millis(rng, 2_000, 20_000)),
        ..pastry::Config::live()
    }
}

fn chord_config(rng: &mut Rng) -> chord::Config {
    chord::Config {
        bits: IdBits::new(one_of(rng, &[10, 32, 160, 160])).expect("1 to 160"),
        successor_list: one_of(rng, &[2, 3, 4, 8]),
        rule: one_of(rng, &[chord::RoutingRule::Published, chord::RoutingRule::Published, chord::RoutingRule::Slide]),
        lookup: one_of(rng, &[chord::Lookup::Recursive, chord::Lookup::Iterative]),
        maintenance: Some(millis(rng, 2_000, 20_000)),
        ..chord::Config::default()
    }
}

/// Draws what is done next, and when.
#[derive(Clone, Debug)]
pub(super) struct Deeds {
    rng: Rng,
    /// When the weather clears, if it is bad.
    clears: Option<Time>,
    names: u32,
}

impl Deeds {
    pub(super) fn new(rng: Rng) -> Self {
        Self { rng, clears: None, names: 0 }
    }

    /// The moment of the next deed after `now`: bursts, and pauses of up to half a minute.
    pub(super) fn next_at(&mut self, now: Time) -> Time {
        let pause = match self.rng.random_range(0..10_u32) {
            0..4 => millis(&mut self.rng, 0, 60),
            4..8 => millis(&mut self.rng, 60, 3_000),
            _ => millis(&mut self.rng, 3_000, 30_000),
        };
        let next = now + pause;
        self.clears.map_or(next, |clears| next.min(clears.max(now)))
    }

    /// The end of bad weather, if there is any now.
    pub(super) fn end_of_spell(&mut self) -> Option<Action> {
        self.clears.take().map(|_| Action::Weather(Weather::CLEAR))
    }

    /// What is done at `now`. It may be impossible; then nothing is.
    pub(super) fn draw<N: System>(&mut self, world: &World<N>, now: Time) -> Action {
        if self.clears.is_some_and(|clears| clears <= now) {
            self.clears = None;
            return Action::Weather(Weather::CLEAR);
        }
        let count = world.peers().len() as u32;
        let node = Peer(self.rng.random_range(0..count));
        match self.rng.random_range(0..22_u32) {
            0..6 => Action::Route { from: node, key: self.key(count) },
            6..10 => Action::Add { id: self.new_name() },
            10..13 => Action::Kill { node },
            13..15 => Action::Leave { node },
            15..17 => Action::Restart { node },
            17 => Action::Insert { from: node, key: self.known_name(), value: "a value".into() },
            18 => Action::Search { from: node, key: self.known_name() },
            19 => Action::Delete { from: node, key: self.known_name() },
            _ if self.clears.is_some() => Action::Route { from: node, key: Key::Node(node) },
            _ => self.spell(now),
        }
    }

    /// A route for the end, from one of `members`.
    pub(super) fn last_route(&mut self, members: &[Peer]) -> Action {
        let from = one_of(&mut self.rng, members);
        self.names += 1;
        Action::Route { from, key: Key::Name(format!("last {}", self.names)) }
    }

    fn spell(&mut self, now: Time) -> Action {
        let rng = &mut self.rng;
        let weather = match rng.random_range(0..4_u32) {
            0 | 1 => Weather { loss_per_million: rng.random_range(1_000..=100_000), ..Weather::CLEAR },
            2 => Weather { latency_percent: rng.random_range(50..=400), ..Weather::CLEAR },
            _ => Weather { cut_x: rng.random_range(1..Place::SIDE), ..Weather::CLEAR },
        };
        self.clears = Some(now + Duration(rng.random_range(100_000..=longest_spell(weather).0)));
        Action::Weather(weather)
    }

    fn key(&mut self, count: u32) -> Key {
        match self.rng.random_range(0..3_u32) {
            0 => Key::Node(Peer(self.rng.random_range(0..count))),
            _ => Key::Name(format!("key {}", self.rng.random_range(0..1_000_u32))),
        }
    }

    fn new_name(&mut self) -> Key {
        self.names += 1;
        Key::Name(format!("newcomer {}", self.names))
    }

    fn known_name(&mut self) -> Key {
        Key::Name(format!("song {}", self.rng.random_range(0..12_u32)))
    }
}
