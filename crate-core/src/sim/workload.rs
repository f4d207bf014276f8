//! Lookups by the thousand, and whether each ended where it should.

use std::hint::black_box;

use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::systems::System;
use super::world::{Observer, Occasion, TOUCHED_NODES_MIN, World};
use crate::id::RingId;
use crate::protocol::{Command, Envelope, Event, Note, Peer, Request, Rng, Step};
use crate::time::{Duration, Time};

/// What lookups look for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Target {
    /// The identifier of a random member, as in Pastry's experiments.
    Node,
    /// A random key, as in Chord's.
    Key,
}

/// What came of many lookups.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// How many arrived after 0, 1, 2, … hops.
    pub by_hops: Vec<u64>,
    /// How many arrived at a node that was not responsible.
    pub wrong: u64,
    /// How many did not arrive.
    pub lost: u64,
}

impl Tally {
    /// How many arrived.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.by_hops.iter().sum()
    }

    /// Mean hops of those that arrived.
    #[must_use]
    pub fn mean_hops(&self) -> f64 {
        let hops: u64 = self.by_hops.iter().zip(0..).map(|(count, hops)| count * hops).sum();
        hops as f64 / self.delivered() as f64
    }

    /// The share of those that arrived after this many hops.
    #[must_use]
    pub fn share(&self, hops: usize) -> f64 {
        self.by_hops.get(hops).copied().unwrap_or(0) as f64 / self.delivered() as f64
    }

    fn add(&mut self, hops: usize) {
        if self.by_hops.len() <= hops {
            self.by_hops.resize(hops + 1, 0);
        }
        self.by_hops[hops] += 1;
    }
}

/// How long the last lookups are waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Random lookups between the members of a world.
#[derive(Clone, Debug)]
pub struct Workload<N: System> {
    ring: Vec<(N::Id, Peer)>,
    target: Target,
    rng: Rng,
}

impl<N: System> Workload<N> {
    /// Lookups between those who are members now.
    #[must_use]
    pub fn new(world: &World<N>, target: Target, seed: u64) -> Self {
        Self { ring: world.members().collect(), target, rng: Rng::seed_from_u64(seed) }
    }

    /// The next lookup: where it starts and its key.
    pub fn draw(&mut self, world: &World<N>) -> (Peer, N::Id) {
        let mut member = || self.ring[self.rng.random_range(0..self.ring.len() as u32) as usize];
        let from = member().1;
        let key = match self.target {
            Target::Node => member().0,
            Target::Key => N::Id::random(world.space(), &mut self.rng),
        };
        (from, key)
    }

    /// Who of the members is responsible for a key.
    #[must_use]
    pub fn owner(&self, world: &World<N>, key: N::Id) -> Peer {
        N::owner(world.config(), &self.ring, key)
    }

    /// Walks lookups through the tables, without messages or time.
    pub fn walk(&mut self, world: &World<N>, lookups: u32) -> Tally {
        /// Lookups drawn at once.
        const DRAWN: u32 = 4_096;
        let mut tally = Tally::default();
        let mut left = lookups;
        while left > 0 {
            let drawn: Vec<_> = (0..left.min(DRAWN)).map(|_| self.draw(world)).collect();
            walk_many(world, &drawn, |number, end| match end {
                Some((at, hops)) => {
                    tally.add(hops);
                    tally.wrong += u64::from(at != self.owner(world, drawn[number].1));
                }
                None => tally.lost += 1,
            });
            left -= drawn.len() as u32;
        }
        tally
    }

    /// Sends lookups as real messages, `in_flight` of them at a time, and waits for all; for one that stays away, until
    /// a minute has passed without any arriving.
    pub fn send(&mut self, world: &mut World<N>, lookups: u32, in_flight: u32) -> Tally {
        let arrived = vec![false; lookups as usize];
        let mut arrivals = Arrivals { keys: Vec::new(), arrived, landed: Vec::new(), tally: Tally::default() };
        let mut open = 0;
        let mut sent = 0;
        let mut latest = world.now();
        loop {
            while sent < lookups && open < in_flight {
                let (from, key) = self.draw(world);
                let request = Request(sent);
                arrivals.keys.push(key);
                let envelope = Envelope::lookup(request, from, key);
                world.command(from, Command::Route(envelope).into(), &mut arrivals);
                sent += 1;
                open += 1;
            }
            if arrivals.landed.is_empty() {
                // Nothing may be in flight while somebody waits in vain for an acknowledgement.
                if open == 0 || world.next_at().is_none_or(|at| at > latest + PATIENCE) {
                    break;
                }
                world.step(&mut arrivals);
            }
            for (request, at) in arrivals.landed.drain(..) {
                open -= 1;
                latest = world.now();
                let key: N::Id = arrivals.keys[request.0 as usize];
                arrivals.tally.wrong += u64::from(at != self.owner(world, key));
            }
        }
        arrivals.tally.lost = u64::from(lookups) - arrivals.tally.delivered();
        arrivals.tally
    }
}

/// Follows next hops from one node's state to the next.
/// `None` if they do not end.
#[must_use]
pub fn walk<N: System>(world: &World<N>, from: Peer, key: N::Id) -> Option<(Peer, usize)> {
    let host = world.host();
    let mut at = from;
    let is_large = world.peers().len() >= TOUCHED_NODES_MIN;
    for hops in 0..=world.peers().len() {
        if is_large {
            black_box(world.node(at).touch(host, key, 0));
        }
        match world.node(at).next_hop(host, key) {
            Step::Deliver => return Some((at, hops)),
            Step::Forward(next) => at = next,
        }
    }
    None
}

/// How many lookups [`walk_many`] follows at a time.
const WIDTH: usize = 32;

/// Follows next hops for many lookups, a few dozen at a time in turn: in a large world one hop is little but its ways to
/// memory, and those of different lookups overlap. `arrived` is given the number of each, and where and after how many
/// hops it ended; `None` if it did not end.
pub fn walk_many<N: System>(
    world: &World<N>,
    lookups: &[(Peer, N::Id)],
    mut arrived: impl FnMut(usize, Option<(Peer, usize)>),
) {
    let (host, most) = (world.host(), world.peers().len());
    let mut waiting = lookups.iter().enumerate().map(|(number, (from, key))| (number, *from, *key, 0_usize));
    let mut open: Vec<_> = waiting.by_ref().take(WIDTH).collect();
    while !open.is_empty() {
        for touch in 0..N::TOUCHES {
            for (_, at, key, _) in &open {
                black_box(world.node(*at).touch(host, *key, touch));
            }
        }
        let mut place = 0;
        while let Some((number, at, key, hops)) = open.get_mut(place) {
            let end = match world.node(*at).next_hop(host, *key) {
                Step::Forward(next) if *hops < most => {
                    (*at, *hops) = (next, *hops + 1);
                    place += 1;
                    continue;
                }
                Step::Forward(_) => None,
                Step::Deliver => Some((*at, *hops)),
            };
            arrived(*number, end);
            match waiting.next() {
                // Its turn comes in the next round, after its fetches.
                Some(next) => {
                    open[place] = next;
                    place += 1;
                }
                None => _ = open.swap_remove(place),
            }
        }
    }
}

struct Arrivals<I> {
    keys: Vec<I>,
    /// Whether each request has been delivered; one may be so twice where an acknowledgement was lost.
    arrived: Vec<bool>,
    landed: Vec<(Request, Peer)>,
    tally: Tally,
}

impl<N: System> Observer<N> for Arrivals<N::Id> {
    fn wants_notes(&self) -> bool {
        false
    }

    fn begin(&mut self, _: Time, _: Peer, cause: u32, _: Occasion<'_, N::Message>) -> u32 {
        cause
    }

    fn event(&mut self, _: Time, node: Peer, event: &Event<N::Id>) {
        if let Event::Delivered(envelope) = event
            && let Some(arrived) = self.arrived.get_mut(envelope.request.0 as usize)
            && !std::mem::replace(arrived, true)
        {
            self.tally.add(usize::from(envelope.hops));
            self.landed.push((envelope.request, node));
        }
    }

    fn note(&mut self, _: Peer, _: Note) {}
}
