//! The lecture's table "Performance Comparison of P2P Techniques", measured: six systems on the same peers, latencies, files and
//! searches.
//!
//! | quantity | what is measured |
//! |---|---|
//! | latency | simulated time until the asker first hears who has a file, and links between it and whoever knew |
//! | messages | everything sent for a search until nothing is on its way any more, answers included |
//! | update | everything sent to publish one file |
//! | storage | entries a node keeps for the system: neighbours, routing entries, files of others; the largest and the mean |
//!
//! # Implementation notes
//! - Every peer shares one file on average: a quarter as many objects as peers, popular (Zipf, α = 1) and copied in proportion. With
//!   a hash table each object is one key, inserted by messages.
//! - Gnutella floods a connected random graph of mean degree 4, by version 0.4's rules, with a TTL of 32: the slide's N asks that
//!   everybody is reached, which TTL 7 does only up to some thousand peers.
//! - FastTrack's super-peers have 16 children at each size, so C = n/17: then n/C stays the same and C grows with n, which tells the
//!   two versions of the slide apart. With C = √n they would grow alike.
//! - Tables are converged; there is neither loss nor upkeep. Servers count as nodes of the largest storage, not of the mean.
//! - In a hash table storage is routing entries and what is stored. A search is answered straight to the asker.
//! - Large floods are few: of N = 65,536 peers 61 are enough for a mean within a few percent.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::compare::entries_of;
use super::counts::ratio;
use super::{Counts, Point, Ready, Refusal, Row};
use crate::chord::{self, ChordNode};
use crate::dht::{DhtCommand, DhtConfig, DhtNode};
use crate::fasttrack::{self, FastTrackNode};
use crate::gnutella::{self, GnutellaNode, TTL_MAX, Topology};
use crate::id::RingId;
use crate::napster::{self, NapsterNode};
use crate::pastry::{self, PastryNode};
use crate::protocol::{Event, Message as _, Node, Note, Peer, Purpose, Request, Rng};
use crate::replication::{self, ReplicaNode};
use crate::search::{SearchCommand, SearchEvent};
use crate::sim::library::{Allocation, Library, LibrarySpec};
use crate::sim::spec::{NODES_MAX, Spec};
use crate::sim::systems::{Searching, System};
use crate::sim::world::{Observer, Occasion, Unobserved, World};
use crate::time::Time;

/// The fewest peers that are compared.
const NODES_MIN: u32 = 4;
/// Messages of floods that a measurement is worth.
const FLOODED_MAX: u32 = 4_000_000;
/// Files that are published, for the update cost.
const PUBLISHED: u32 = 20;
/// Children of a super-peer.
pub(super) const CHILDREN: u16 = 16;
/// Mean links of a peer of Gnutella.
pub(super) const DEGREE: u8 = 4;
const ASKERS: u64 = 12;

/// A system of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Technique {
    /// Unstructured (Gnutella).
    Gnutella,
    /// Directory server (Napster).
    Napster,
    /// Full replication.
    Replication,
    /// Super-peers (FastTrack).
    FastTrack,
    /// A hash table over Chord.
    Chord,
    /// A hash table over Pastry.
    Pastry,
}

impl Technique {
    /// All, in the order of the slide.
    pub const ALL: [Self; 6] =
        [Self::Gnutella, Self::Napster, Self::Replication, Self::FastTrack, Self::Chord, Self::Pastry];

    /// Its name in rows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gnutella => "gnutella",
            Self::Napster => "napster",
            Self::Replication => "replication",
            Self::FastTrack => "fasttrack",
            Self::Chord => "chord",
            Self::Pastry => "pastry",
        }
    }

    /// Its name as people write it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        ["Gnutella", "Napster", "Full replication", "FastTrack", "Chord", "Pastry"][self as usize]
    }

    /// Its row of the slide.
    #[must_use]
    pub const fn slide(self) -> &'static str {
        [
            "Unstructured (Gnutella)",
            "Directory server (Napster)",
            "Full replication",
            "Super-peers (FastTrack)",
            "DHT (Chord)",
            "DHT (Pastry)",
        ][self as usize]
    }
}

pub(super) fn check(point: &Point) -> Result<(), Refusal> {
    if (NODES_MIN..NODES_MAX).contains(&point.nodes) {
        Ok(())
    } else {
        Err(Refusal::Range { what: "Peers less 3", given: point.nodes.saturating_sub(3), most: NODES_MAX - 4 })
    }
}

struct Prepared {
    point: Point,
    library: Library,
}

pub(super) fn prepare(point: &Point) -> Box<dyn Ready> {
    let objects = (point.nodes / 4).max(1);
    let spec = LibrarySpec {
        objects,
        copies: point.nodes.into(),
        zipf: 1.0,
        allocation: Allocation::Proportional,
        seed: point.seed,
    };
    Box::new(Prepared { point: *point, library: Library::new(spec, 0..point.nodes) })
}

/// What is counted of a system, in this order.
#[derive(Clone, Copy, Debug, Default)]
struct Measured {
    searches: u64,
    found: u64,
    latency_us: u64,
    hops: u64,
    messages: u64,
    published: u64,
    update_messages: u64,
    entries: u64,
    peers: u64,
    entries_max: u64,
}

impl Measured {
    const fn numbers(self) -> [u64; 9] {
        let Self { searches, found, latency_us, hops, messages, published, update_messages, entries, peers, .. } = self;
        [searches, found, latency_us, hops, messages, published, update_messages, entries, peers]
    }
}

impl Ready for Prepared {
    /// One block a system.
    fn run(&self, block: u32) -> Counts {
        let mut counts = Counts::default();
        let Some(technique) = Technique::ALL.get(block as usize).copied() else { return counts };
        let topology = Topology::Random { degree: DEGREE };
        let measured = match technique {
            Technique::Gnutella => self.searching::<GnutellaNode>(gnutella::Config {
                ttl: TTL_MAX,
                memory: 64,
                topology,
                topology_seed: self.point.seed,
                ..gnutella::Config::published()
            }),
            Technique::Napster => self.searching::<NapsterNode>(napster::Config::default()),
            Technique::Replication => self.searching::<ReplicaNode>(replication::Config::default()),
            Technique::FastTrack => self.searching::<FastTrackNode>(fasttrack::Config {
                children: CHILDREN,
                ttl: TTL_MAX,
                memory: 64,
                ..fasttrack::Config::default()
            }),
            Technique::Chord => {
                let config = chord::Config { acks: false, maintenance: None, ..chord::Config::default() };
                self.hashing::<ChordNode>(config, entries_of)
            }
            Technique::Pastry => {
                let config = pastry::Config { acks: false, heartbeat_period: None, ..pastry::Config::default() };
                self.hashing::<PastryNode>(config, entries_of)
            }
        };
        counts.add_all(technique.name(), &measured.numbers());
        // A largest value does not add up; each system has one block.
        counts.add(&format!("{} max", technique.name()), 0, measured.entries_max);
        counts
    }
}

/// What came of the request that is under way.
#[derive(Default)]
struct Ear {
    first: Option<(Time, u64)>,
    /// Hops of the lookup's message so far.
    hops: u64,
}

impl<N: Searching> Observer<N> for Ear {
    fn wants_notes(&self) -> bool {
        false
    }
    fn begin(&mut self, _: Time, _: Peer, cause: u32, _: Occasion<'_, N::Message>) -> u32 {
        cause
    }
    fn event(&mut self, at: Time, _: Peer, event: &SearchEvent) {
        if let SearchEvent::Hit { hops, .. } = event {
            self.first.get_or_insert((at, u64::from(*hops)));
        }
    }
    fn note(&mut self, _: Peer, _: Note) {}
}

/// The same for a hash table.
#[derive(Default)]
struct DhtEar(Ear);

impl<O: System> Observer<DhtNode<O>> for DhtEar {
    fn wants_notes(&self) -> bool {
        false
    }
    fn begin(&mut self, _: Time, _: Peer, cause: u32, occasion: Occasion<'_, <DhtNode<O> as Node>::Message>) -> u32 {
        if let Occasion::Arrival(flight) = occasion {
            self.0.hops += u64::from(flight.message.purpose() == Purpose::Route);
        }
        cause
    }
    fn event(&mut self, at: Time, _: Peer, event: &Event<O::Id>) {
        if let Event::Found { value: Some(_), .. } = event {
            self.0.first.get_or_insert((at, self.0.hops));
        }
    }
    fn note(&mut self, _: Peer, _: Note) {}
}

impl Prepared {
    fn searches(&self) -> u32 {
        self.point.lookups.min((FLOODED_MAX / self.point.nodes).max(10))
    }

    /// The askers and what they search for: the same for all systems, by number of peer from 0.
    fn workload(&self) -> Vec<(u32, Arc<str>)> {
        let mut rng = self.point.rng(ASKERS, 0);
        (0..self.searches())
            .map(|_| (rng.random_range(0..self.point.nodes), self.library.draw(&mut rng).clone()))
            .collect()
    }

    fn searching<N: Searching>(&self, config: N::Config) -> Measured {
        let servers = N::servers(&config);
        let spec = Spec::random(self.point.nodes + servers, self.point.seed, config);
        let mut world: World<N> = spec.world().expect("the number of peers was checked");
        let peer = |number: u32| Peer(servers + number);
        let files: Vec<(Peer, Arc<str>)> =
            self.library.placed().iter().map(|(holder, name)| (peer(holder.0), name.clone())).collect();
        world.stock(&files);
        let mut measured = Measured { peers: self.point.nodes.into(), ..Measured::default() };
        for node in world.nodes() {
            let entries = node.entries(world.config()) as u64;
            measured.entries_max = measured.entries_max.max(entries);
            measured.entries += if node.me().0 < servers { 0 } else { entries };
        }
        for (request, (asker, words)) in (0..).zip(self.workload()) {
            let (mut ear, began, sent) = (Ear::default(), world.now(), world.counters().sent_in_all());
            let command = SearchCommand::Search { request: Request(request), words, fetch: false };
            world.command(peer(asker), command, &mut ear);
            while world.messages_in_flight() > 0 {
                world.step(&mut ear);
            }
            measured.take_in(&ear, began, world.counters().sent_in_all() - sent);
        }
        let mut rng = Rng::seed_from_u64(self.point.seed ^ 0x7570_6461_7465);
        for number in 0..PUBLISHED {
            let (request, name) = (Request(1_000_000_000 + number), format!("news {number}"));
            let sent = world.counters().sent_in_all();
            let holder = peer(rng.random_range(0..self.point.nodes));
            world.command(holder, SearchCommand::Publish { request, name: name.into() }, &mut Unobserved);
            while world.messages_in_flight() > 0 {
                world.step(&mut Unobserved);
            }
            measured.published += 1;
            measured.update_messages += world.counters().sent_in_all() - sent;
        }
        measured
    }

    fn hashing<O: System>(&self, config: O::Config, entries: fn(&O, &O::Config) -> usize) -> Measured {
        let config = DhtConfig { overlay: config, replicas: 1 };
        let spec = Spec::random(self.point.nodes, self.point.seed, config);
        let mut world: World<DhtNode<O>> = spec.world().expect("the number of peers was checked");
        let mut measured = Measured { peers: self.point.nodes.into(), ..Measured::default() };
        let mut rng = Rng::seed_from_u64(self.point.seed ^ 0x7570_6461_7465);
        for (number, name) in (0..).zip(self.library.names()) {
            let (key, value) = (O::Id::of_name(world.space(), name), Arc::from(*b"holder"));
            let holder = Peer(rng.random_range(0..self.point.nodes));
            let command = DhtCommand::Insert { request: Request(1_000_000_000 + number), key, value };
            let sent = world.counters().sent_in_all();
            world.command(holder, command, &mut Unobserved);
            while world.messages_in_flight() > 0 {
                world.step(&mut Unobserved);
            }
            measured.published += 1;
            measured.update_messages += world.counters().sent_in_all() - sent;
        }
        for node in world.nodes() {
            let count = (entries(node.overlay(), &world.config().overlay) + node.store().len()) as u64;
            measured.entries_max = measured.entries_max.max(count);
            measured.entries += count;
        }
        for (request, (asker, words)) in (0..).zip(self.workload()) {
            let (mut ear, began, sent) = (DhtEar::default(), world.now(), world.counters().sent_in_all());
            let key = O::Id::of_name(world.space(), &words);
            world.command(Peer(asker), DhtCommand::Search { request: Request(request), key }, &mut ear);
            while world.messages_in_flight() > 0 {
                world.step(&mut ear);
            }
            measured.take_in(&ear.0, began, world.counters().sent_in_all() - sent);
        }
        measured
    }
}

impl Measured {
    fn take_in(&mut self, ear: &Ear, began: Time, sent: u64) {
        self.searches += 1;
        self.messages += sent;
        if let Some((at, hops)) = ear.first {
            self.found += 1;
            self.latency_us += (at - began).0;
            self.hops += hops;
        }
    }
}

/// One row a system.
pub(super) fn rows(point: &Point, counts: &Counts) -> Vec<Row> {
    Technique::ALL
        .into_iter()
        .filter(|technique| !counts.list(technique.name()).is_empty())
        .map(|technique| {
            let number = |at: usize| counts.list(technique.name()).get(at).copied().unwrap_or(0);
            Row::default()
                .with("system", technique.name())
                .with("nodes", point.nodes)
                .with("found", ratio(number(1), number(0)))
                .with("latency_ms", ratio(number(2), number(1)) / 1e3)
                .with("hops", ratio(number(3), number(1)))
                .with("messages", ratio(number(4), number(0)))
                .with("update_messages", ratio(number(6), number(5)))
                .with("storage_max", counts.sum(&format!("{} max", technique.name())))
                .with("storage_mean", ratio(number(7), number(8)))
        })
        .collect()
}
