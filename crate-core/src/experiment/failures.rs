//! Nodes that fail all at once and in silence.
//!
//! - **Pastry**: Rowstron & Druschel 2001 §3.4, Figs 9 and 10: hops before, with the dead taken out of routing tables and
//!   nothing put in their place, and after lazy repair.
//! - **Chord**: Stoica et al. 2003 §V.E, Table II: r = 20, stabilisation stopped, fingers not cleaned.
//!
//! # Implementation notes
//! - **The same lookups** (random keys, from nodes that survive) are made in all three states of Pastry, so that ratios
//!   are sharper than means.
//! - **Unrepaired**: survivors know their true leaf sets, and the dead are missing from R and M: what is left when leaf
//!   sets are mended, as they always are, and tables are not. Steps are the node's own `next_hop`.
//! - **No M** (|M| = 0). The paper's nodes have one, and say that it "is not normally used in routing"; its Table 1 searches
//!   it in the rare case all the same. With |M| = 32 it nearly always holds a node with the right next digit, and hops rise
//!   by about 2.5% only; from L ∪ R they rise by 5%, within the 5% to 8.4% of others and the paper.
//! - **Repaired**: real messages with acknowledgements and heartbeats. The lookups are made twice: the first time they
//!   find the dead, which sets off repair; the second time they are counted. Hops to dead nodes are not counted.
//! - **Questions of repair** ("RPCs" of the paper): probes, announcements that want an answer, and requests for leaf
//!   sets, entries and neighbourhood sets, each repetition counted; less those that the same world without failures asks in the same time.
//! - **Chord** looks up iteratively, as the paper's simulator does. A time-out is a dead node that a lookup tried; trying
//!   it again for the same lookup does not count. The mean is over lookups that were delivered, and counts as Table II does:
//!   up to the owner, and straight to it from the first node on the way that has it in its successor list.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom as _;

use super::counts::ratio;
use super::walks::random_peer;
use super::{Counts, Histogram, LOOKUPS_PER_BLOCK, Point, Ready, Refusal, Row, SystemKind, system_name};
use crate::chord::{self, Cause, ChordMessage, ChordNode, Lookup};
use crate::id::{Guid, IdBits, RingId};
use crate::pastry::{self, PastryNode};
use crate::protocol::{
    Command, Envelope, Event, Message as _, Node as _, Note, Overlay as _, Peer, Request, Rng, Step,
};
use crate::sim::spec::Spec;
use crate::sim::systems::System;
use crate::sim::world::{Observer, Occasion, World};
use crate::time::{Duration, Time};

const LOOKUPS: u64 = 7;
const VICTIMS: u64 = 8;
/// Lookups under way at once.
const IN_FLIGHT: usize = 1_000;
/// How long the last lookups are waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time for repairs that are under way when the last of the first lookups has come in.
const SETTLE: Duration = Duration::from_secs(30);

pub(super) fn blocks(system: SystemKind, lookups: u32) -> u32 {
    let walks = lookups.div_ceil(LOOKUPS_PER_BLOCK);
    match system {
        // The last one is the world that repairs itself: one course of events, which cannot be cut.
        SystemKind::Pastry => walks + 1,
        SystemKind::Chord => walks,
    }
}

pub(super) fn prepare(point: &Point, system: SystemKind, failed: u32) -> Result<Box<dyn Ready>, Refusal> {
    let dead = victims(point, failed);
    match system {
        SystemKind::Pastry => {
            let whole: World<PastryNode> = Spec::random(point.nodes, point.seed, pastry_config()).world()?;
            let survivors: Vec<(Guid, Peer)> = whole.members().filter(|(_, peer)| !dead[peer.index()]).collect();
            let unrepaired = without_the_dead(&whole, &survivors, &dead);
            Ok(Box::new(PastryFailures { point: *point, whole, unrepaired, survivors, dead }))
        }
        SystemKind::Chord => {
            let config = chord::Config {
                bits: IdBits::SHA1,
                successor_list: 20,
                lookup: Lookup::Iterative,
                maintenance: None,
                ..chord::Config::default()
            };
            let mut world: World<ChordNode> = Spec::random(point.nodes, point.seed, config).world()?;
            crash(&mut world, &dead);
            Ok(Box::new(ChordFailures { point: *point, world, dead }))
        }
    }
}

/// b = 4, |L| = 16, and no M: see the notes of the module.
fn pastry_config() -> pastry::Config {
    pastry::Config { neighbourhood: 0, ..pastry::Config::default() }
}

/// Who fails.
fn victims(point: &Point, failed: u32) -> Vec<bool> {
    let mut dead: Vec<bool> = (0..point.nodes).map(|i| i < failed).collect();
    dead.shuffle(&mut point.rng(VICTIMS, 0));
    dead
}

fn crash<N: System>(world: &mut World<N>, dead: &[bool]) {
    for (peer, _) in (0..).map(Peer).zip(dead).filter(|(_, dead)| **dead) {
        world.crash(peer);
    }
}

/// The survivors with their leaf sets mended and no dead entries; in place of the dead, nodes that nobody asks.
fn without_the_dead(whole: &World<PastryNode>, ring: &[(Guid, Peer)], dead: &[bool]) -> Vec<PastryNode> {
    let host = whole.host();
    let mut nodes: Vec<PastryNode> =
        (0..whole.nodes().len() as u32).map(|peer| PastryNode::new(Peer(peer), host)).collect();
    let half = host.config.leaf_set.half().min(ring.len() - 1);
    for (place, (_, me)) in ring.iter().enumerate() {
        let around = |step: usize| ring[(place + step) % ring.len()].1;
        let leaves = (1..=half).flat_map(|step| [around(step), around(ring.len() - step)]);
        let before = whole.node(*me);
        let cells = before.routing_table().entries().filter(|(_, _, peer)| !dead[peer.index()]);
        let near = before.neighbourhood().iter().copied().filter(|peer| !dead[peer.index()]);
        nodes[me.index()] = PastryNode::from_tables(*me, host, leaves, cells, near);
    }
    nodes
}

/// The next lookup: from a node that runs, for a random key.
fn draw<I: RingId>(rng: &mut Rng, space: I::Space, dead: &[bool]) -> (Peer, I) {
    // At least two run.
    let from = loop {
        let from = random_peer(rng, dead.len() as u32);
        if !dead[from.index()] {
            break from;
        }
    };
    (from, I::random(space, rng))
}

struct PastryFailures {
    point: Point,
    whole: World<PastryNode>,
    unrepaired: Vec<PastryNode>,
    survivors: Vec<(Guid, Peer)>,
    dead: Vec<bool>,
}

impl Ready for PastryFailures {
    fn run(&self, block: u32) -> Counts {
        let mut counts = Counts::default();
        let walks = self.point.lookups.div_ceil(LOOKUPS_PER_BLOCK);
        if block == walks {
            self.repair(&mut counts);
            return counts;
        }
        let all: Vec<(Guid, Peer)> = self.whole.members().collect();
        let mut rng = self.point.rng(LOOKUPS, block);
        for _ in 0..self.point.lookups_of(block) {
            let (from, key) = draw(&mut rng, (), &self.dead);
            self.walk(self.whole.nodes(), &all, from, key, "before", &mut counts);
            self.walk(&self.unrepaired, &self.survivors, from, key, "unrepaired", &mut counts);
        }
        counts
    }

    fn bytes_per_node(&self) -> Option<u64> {
        Some(self.whole.bytes() as u64 / u64::from(self.point.nodes.max(1)))
    }
}

impl PastryFailures {
    fn walk(
        &self,
        nodes: &[PastryNode],
        ring: &[(Guid, Peer)],
        from: Peer,
        key: Guid,
        name: &str,
        counts: &mut Counts,
    ) {
        let host = self.whole.host();
        let mut at = from;
        for hops in 0..=nodes.len() {
            match nodes[at.index()].next_hop(host, key) {
                Step::Forward(next) => at = next,
                Step::Deliver => {
                    counts.add(name, hops, 1);
                    counts.add("wrong", 0, u64::from(at != PastryNode::owner(host.config, ring, key)));
                    return;
                }
            }
        }
        counts.add("lost", 0, 1);
    }

    fn repair(&self, counts: &mut Counts) {
        let mut failed = self.messages(true);
        let mut calm = self.messages(false);
        let lookups = || {
            (0..self.point.lookups.div_ceil(LOOKUPS_PER_BLOCK)).flat_map(|block| {
                let mut rng = self.point.rng(LOOKUPS, block);
                (0..self.point.lookups_of(block)).map(move |_| draw(&mut rng, (), &self.dead))
            })
        };
        let first = send_all(&mut failed, lookups(), 0, pastry_ears());
        let same = send_all(&mut calm, lookups(), 0, pastry_ears());
        let until = failed.now().max(calm.now()) + SETTLE;
        let settling = [&mut failed, &mut calm].map(|world| {
            let mut watch = Watch::new(pastry_ears());
            world.run_until(until, &mut watch);
            watch.questions
        });
        counts.add("questions", 0, first.questions + settling[0]);
        counts.add("calm_questions", 0, same.questions + settling[1]);
        let second = send_all(&mut failed, lookups(), self.point.lookups, pastry_ears());
        counts.add_all("repaired", &second.hops);
        counts.add("repaired_lost", 0, second.lost);
        counts.add("repaired_wrong", 0, second.wrong);
    }

    /// The same world with acknowledgements and heartbeats, before the first lookup.
    fn messages(&self, with_failures: bool) -> World<PastryNode> {
        let live = pastry::Config::live();
        let config = pastry::Config { acks: live.acks, heartbeat_period: live.heartbeat_period, ..pastry_config() };
        let spec = Spec::random(self.point.nodes, self.point.seed, config);
        let mut world: World<PastryNode> = spec.world().expect("the same world without messages could be made");
        if with_failures {
            crash(&mut world, &self.dead);
        }
        world
    }
}

/// Whether a message of Pastry asks for something that a repair needs.
fn is_question(message: &pastry::Message) -> bool {
    use pastry::Message as M;
    matches!(
        message,
        M::Probe
            | M::LeafSetRequest
            | M::EntryRequest { .. }
            | M::NeighbourhoodRequest
            | M::Announce { answer: true, .. }
    )
}

fn pastry_ears() -> Ears<PastryNode> {
    Ears { is_question, place: |_| None, counted: |_, _, _, hops| hops }
}

fn chord_ears() -> Ears<ChordNode> {
    let place = |message: &ChordMessage| match message {
        ChordMessage::FindNext { cause: Cause::Request(request), hops, .. } => Some((*request, usize::from(*hops))),
        _ => None,
    };
    Ears { is_question: |_| false, place, counted: straight_to_the_owner }
}

/// Hops up to the first node on the way that has the owner in its successor list, and from there straight to it.
fn straight_to_the_owner(world: &World<ChordNode>, path: &[Peer], owner: Peer, hops: usize) -> usize {
    let knows = |peer: &Peer| world.node(*peer).successors().contains(&owner);
    path.iter().position(knows).map_or(hops, |at| hops.min(at + 1))
}

struct ChordFailures {
    point: Point,
    world: World<ChordNode>,
    dead: Vec<bool>,
}

impl Ready for ChordFailures {
    fn run(&self, block: u32) -> Counts {
        let mut world = self.world.clone();
        let mut rng = self.point.rng(LOOKUPS, block);
        let space = world.space();
        let lookups = (0..self.point.lookups_of(block)).map(|_| draw(&mut rng, space, &self.dead));
        let sent = send_all(&mut world, lookups, 0, chord_ears());
        let mut counts = Counts::default();
        counts.add_all("hops", &sent.hops);
        counts.add("timeouts", 0, sent.tried.len() as u64);
        counts.add("failed_lookups", 0, sent.lost + sent.wrong);
        counts
    }

    fn bytes_per_node(&self) -> Option<u64> {
        Some(self.world.bytes() as u64 / u64::from(self.point.nodes.max(1)))
    }
}

/// What is read of a system's messages.
struct Ears<N: System> {
    /// Whether one asks for something that a repair needs.
    is_question: fn(&N::Message) -> bool,
    /// The request of which one asks for the next step, and the place of the node asked on its way.
    place: fn(&N::Message) -> Option<(Request, usize)>,
    /// The hops of a lookup's way as the paper counts them, when the protocol's own are given.
    counted: fn(&World<N>, &[Peer], owner: Peer, hops: usize) -> usize,
}

/// Looks on while lookups travel as messages.
struct Watch<N: System> {
    first: u32,
    keys: Vec<N::Id>,
    ended: Vec<bool>,
    landed: Vec<(u32, Peer, Envelope<N::Id>)>,
    /// The nodes on the way of lookups that ask step by step, by place on it.
    paths: BTreeMap<u32, Vec<Peer>>,
    /// How many ended since this was last asked.
    closed: usize,
    ears: Ears<N>,
    questions: u64,
    /// Dead nodes tried, by lookup.
    tried: BTreeSet<(u32, Peer)>,
    hops: Vec<u64>,
    wrong: u64,
    lost: u64,
}

impl<N: System> Watch<N> {
    const fn new(ears: Ears<N>) -> Self {
        Self {
            first: 0,
            keys: Vec::new(),
            ended: Vec::new(),
            landed: Vec::new(),
            paths: BTreeMap::new(),
            closed: 0,
            ears,
            questions: 0,
            tried: BTreeSet::new(),
            hops: Vec::new(),
            wrong: 0,
            lost: 0,
        }
    }

    /// The number of a request that is under way; it is not from now on.
    fn end(&mut self, request: Request) -> Option<u32> {
        let number = request.0.checked_sub(self.first)?;
        let ended = self.ended.get_mut(number as usize)?;
        if std::mem::replace(ended, true) {
            return None;
        }
        self.closed += 1;
        Some(number)
    }
}

impl<N: System> Observer<N> for Watch<N> {
    fn wants_notes(&self) -> bool {
        false
    }

    fn begin(&mut self, _: Time, _: Peer, cause: u32, occasion: Occasion<'_, N::Message>) -> u32 {
        let is_lost = matches!(occasion, Occasion::Loss(_));
        if let Occasion::Arrival(flight) | Occasion::Loss(flight) = occasion {
            self.questions += u64::from((self.ears.is_question)(flight.message));
            if let Some(request) = flight.message.request().filter(|_| is_lost) {
                self.tried.insert((request.0, flight.to));
            } else if let Some((request, place)) = (self.ears.place)(flight.message) {
                let path = self.paths.entry(request.0).or_default();
                // A place is reached again when the next node was silent.
                path.truncate(place.saturating_sub(1));
                path.push(flight.to);
            }
        }
        cause
    }

    fn event(&mut self, _: Time, node: Peer, event: &Event<N::Id>) {
        match event {
            Event::Delivered(envelope) => {
                if let Some(number) = self.end(envelope.request) {
                    self.landed.push((number, node, envelope.clone()));
                }
            }
            Event::Undeliverable { request, .. } => self.lost += u64::from(self.end(*request).is_some()),
            _ => {}
        }
    }

    fn note(&mut self, _: Peer, _: Note) {}
}

/// Sends lookups as real messages, a number of them at a time, and waits for all; for those that stay away, until a
/// minute has passed without any ending. Requests are numbered from `first`.
fn send_all<N: System>(
    world: &mut World<N>,
    mut lookups: impl Iterator<Item = (Peer, N::Id)>,
    first: u32,
    ears: Ears<N>,
) -> Watch<N> {
    let ring: Vec<(N::Id, Peer)> = world.members().collect();
    let mut watch = Watch { first, ..Watch::new(ears) };
    let (mut open, mut latest, mut more) = (0, world.now(), true);
    loop {
        while more && open < IN_FLIGHT {
            let Some((from, key)) = lookups.next() else {
                more = false;
                break;
            };
            let request = Request(first.wrapping_add(watch.keys.len() as u32));
            watch.keys.push(key);
            watch.ended.push(false);
            let envelope = Envelope::lookup(request, from, key);
            world.command(from, Command::Route(envelope).into(), &mut watch);
            open += 1;
        }
        if watch.closed == 0 {
            if open == 0 || world.next_at().is_none_or(|at| at > latest + PATIENCE) {
                break;
            }
            world.step(&mut watch);
        }
        if watch.closed > 0 {
            open -= std::mem::take(&mut watch.closed);
            latest = world.now();
        }
        for (number, at, envelope) in std::mem::take(&mut watch.landed) {
            watch.wrong += u64::from(at != N::owner(world.config(), &ring, watch.keys[number as usize]));
            let mut path = vec![envelope.origin];
            path.extend(watch.paths.remove(&envelope.request.0).unwrap_or_default());
            let hops = (watch.ears.counted)(world, &path, at, envelope.hops.into());
            if watch.hops.len() <= hops {
                watch.hops.resize(hops + 1, 0);
            }
            watch.hops[hops] += 1;
        }
    }
    watch.lost += open as u64;
    watch
}

pub(super) fn row(point: &Point, system: SystemKind, failed: u32, counts: &Counts) -> Result<Row, Refusal> {
    let row = Row::default().with("system", system_name(system)).with("nodes", point.nodes).with("failed", failed);
    let mean = |name| Histogram(counts.list(name)).mean();
    if system == SystemKind::Chord {
        let delivered = Histogram(counts.list("hops")).total();
        return Ok(row
            .with("mean", mean("hops"))
            .with("timeouts", ratio(counts.sum("timeouts"), delivered))
            .with("failed_lookups", counts.sum("failed_lookups")));
    }
    let (wrong, lost) = (counts.sum("wrong"), counts.sum("lost"));
    if (wrong, lost) != (0, 0) {
        return Err(Refusal::Astray { wrong, lost });
    }
    let asked = counts.sum("questions").saturating_sub(counts.sum("calm_questions"));
    Ok(row
        .with("mean_before", mean("before"))
        .with("mean_unrepaired", mean("unrepaired"))
        .with("mean_repaired", mean("repaired"))
        .with("rpcs_per_failure", ratio(asked, failed.into())))
}
