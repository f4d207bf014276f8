//! Experiments on converged tables without messages: hops, distance, droppers on the way.
//!
//! After Rowstron & Druschel 2001 §3.1 and §3.2 (Figs 4 to 6), Stoica et al. 2003 §V.D (Fig. 10) and Castro et al. 2002
//! (OSDI; §3 of its analysis of routing).
//!
//! # Implementation notes
//! - Every step is the node's own `next_hop`; a checker that knows the whole ring sees whether the last one is
//!   responsible.
//! - **Chord's path length** is counted up to the key's predecessor, as the published figure is; a lookup that begins
//!   at the owner counts 0. Only fingers are used (r = 1): a successor list of 8 would shorten the last steps by half a hop.
//! - **Relative distance** is measured on tables whose every entry is the nearest node that fits ([`super::near`]), as
//!   the paper's are meant to be; it is the sum of all routes over the sum of all direct distances, not the mean of quotients.
//! - **Droppers**: the sender is honest, all others drop with the same probability, the root of the key among them; so
//!   the expectation is (1 − f)^h for h hops. For Chord h counts the owner.

use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use super::counts::ratio;
use super::{CountTo, Counts, Histogram, Point, Ready, Refusal, Row, SystemKind, Value, What, near, system_name};
use crate::chord::{self, ChordNode};
use crate::id::{Digits, IdBits, RingId as _};
use crate::pastry::{self, LeafSetSize, PastryNode};
use crate::protocol::{Host, Peer, Rng, Step};
use crate::sim::plane::Plane;
use crate::sim::spec::Spec;
use crate::sim::systems::System;
use crate::sim::workload::{Target, walk_many};
use crate::sim::world::World;

const LOOKUPS: u64 = 1;
const DROPPERS: u64 = 2;

/// The worlds of Pastry's evaluation: |M| = 32, tables with near nodes.
pub(super) fn pastry_world(point: &Point, digits: Digits, leaf_set: LeafSetSize) -> Result<World<PastryNode>, Refusal> {
    let config = pastry::Config { digits, leaf_set, ..pastry::Config::default() };
    Ok(Spec::random(point.nodes, point.seed, config).world()?)
}

/// The worlds of Chord's evaluation: SHA-1's ring, fingers alone.
fn chord_world(point: &Point) -> Result<World<ChordNode>, Refusal> {
    let config = chord::Config {
        bits: IdBits::SHA1,
        successor_list: 1,
        acks: false,
        maintenance: None,
        ..chord::Config::default()
    };
    Ok(Spec::random(point.nodes, point.seed, config).world()?)
}

/// What is counted on the way.
enum Count {
    Hops,
    Distance,
    /// By peer: who drops.
    Droppers(Vec<bool>),
}

struct Walks<N: System> {
    world: World<N>,
    /// Nodes with other tables than those of the world, if they are wanted.
    nodes: Option<Vec<N>>,
    ring: Vec<(N::Id, Peer)>,
    point: Point,
    target: Target,
    count: Count,
}

pub(super) fn prepare(point: &Point) -> Result<Box<dyn Ready>, Refusal> {
    let (system, target, digits, leaf_set) = match point.what {
        What::Hops { system, target, digits, leaf_set, .. } => (system, target, digits, leaf_set),
        What::Distance { system } | What::Malicious { system, .. } => {
            (system, Target::Node, Digits::Bits4, LeafSetSize::SIXTEEN)
        }
        _ => unreachable!("only walks are prepared here"),
    };
    let count = match point.what {
        What::Distance { .. } => Count::Distance,
        What::Malicious { fraction, .. } => Count::Droppers(droppers(point, fraction)),
        _ => Count::Hops,
    };
    Ok(match system {
        SystemKind::Pastry => {
            let world = pastry_world(point, digits, leaf_set)?;
            let nodes = matches!(count, Count::Distance).then(|| near::nearest_tables(&world));
            ready(point, world, nodes, target, count)
        }
        SystemKind::Chord => ready(point, chord_world(point)?, None, target, count),
    })
}

fn ready<N: System + Send + Sync + 'static>(
    point: &Point,
    world: World<N>,
    nodes: Option<Vec<N>>,
    target: Target,
    count: Count,
) -> Box<dyn Ready>
where
    World<N>: Send + Sync,
    N::Id: Send + Sync,
{
    let ring = world.members().collect();
    Box::new(Walks { world, nodes, ring, point: *point, target, count })
}

/// Who drops messages: exactly the fraction, rounded.
fn droppers(point: &Point, fraction: f64) -> Vec<bool> {
    let count = (fraction * f64::from(point.nodes)).round() as usize;
    let mut drops: Vec<bool> = (0..point.nodes as usize).map(|i| i < count).collect();
    drops.shuffle(&mut point.rng(DROPPERS, 0));
    drops
}

impl<N: System + Sync + Send> Ready for Walks<N>
where
    World<N>: Sync + Send,
    N::Id: Sync + Send,
{
    fn run(&self, block: u32) -> Counts {
        let mut rng = self.point.rng(LOOKUPS, block);
        let mut counts = Counts::default();
        let lookups: Vec<(Peer, N::Id)> = (0..self.point.lookups_of(block)).map(|_| self.draw(&mut rng)).collect();
        if matches!(self.count, Count::Hops) {
            walk_many(&self.world, &lookups, |number, end| match end {
                Some((at, hops)) => self.arrived(lookups[number].1, at, hops, &mut counts),
                None => counts.add("lost", 0, 1),
            });
        } else {
            for (from, key) in lookups {
                self.look_up(from, key, &mut counts);
            }
        }
        counts
    }

    fn bytes_per_node(&self) -> Option<u64> {
        Some(self.world.bytes() as u64 / u64::from(self.point.nodes.max(1)))
    }
}

impl<N: System> Walks<N> {
    /// Where a lookup starts, and its key.
    fn draw(&self, rng: &mut Rng) -> (Peer, N::Id) {
        let from = self.origin(rng);
        let key = match self.target {
            Target::Node => self.world.peers().id(random_peer(rng, self.point.nodes)),
            Target::Key => N::Id::random(self.world.space(), rng),
        };
        (from, key)
    }

    fn arrived(&self, key: N::Id, at: Peer, hops: usize, counts: &mut Counts) {
        counts.add("hops", hops, 1);
        counts.add("wrong", 0, u64::from(at != N::owner(self.world.config(), &self.ring, key)));
    }

    /// Looks up one key, and sees who is on the way.
    fn look_up(&self, from: Peer, key: N::Id, counts: &mut Counts) {
        let (mut length, mut dropped, mut last) = (0, false, from);
        let nodes = self.nodes.as_deref().unwrap_or_else(|| self.world.nodes());
        let walked = walk(self.world.host(), nodes, from, key, |next| {
            match &self.count {
                Count::Hops => {}
                Count::Distance => length += milli_distance(self.world.plane(), last, next),
                Count::Droppers(drops) => dropped |= drops[next.index()],
            }
            last = next;
        });
        let Some(hops) = walked else { return counts.add("lost", 0, 1) };
        self.arrived(key, last, hops, counts);
        match &self.count {
            Count::Hops => {}
            Count::Distance => {
                counts.add("route", 0, length);
                counts.add("direct", 0, milli_distance(self.world.plane(), from, last));
            }
            Count::Droppers(_) => counts.add("dropped", 0, u64::from(dropped)),
        }
    }

    fn origin(&self, rng: &mut Rng) -> Peer {
        loop {
            let from = random_peer(rng, self.point.nodes);
            match &self.count {
                // Where everybody drops, somebody has to send all the same.
                Count::Droppers(drops) if drops[from.index()] && drops.contains(&false) => {}
                _ => return from,
            }
        }
    }
}

/// Any node.
pub(super) fn random_peer(rng: &mut Rng, nodes: u32) -> Peer {
    Peer(rng.random_range(0..nodes))
}

/// Follows next hops to the node that delivers, telling each node on the way; how many hops that took, or `None` if it
/// does not end.
fn walk<N: System>(
    host: Host<'_, N>,
    nodes: &[N],
    from: Peer,
    key: N::Id,
    mut seen: impl FnMut(Peer),
) -> Option<usize> {
    let mut at = from;
    for hops in 0..=nodes.len() {
        match nodes[at.index()].next_hop(host, key) {
            Step::Deliver => return Some(hops),
            Step::Forward(next) => {
                seen(next);
                at = next;
            }
        }
    }
    None
}

/// A distance on the plane in thousandths, cut: a root of whole numbers below 2^52, the same everywhere.
fn milli_distance(plane: &Plane, a: Peer, b: Peer) -> u64 {
    ((plane.squared_distance(a, b) * 1_000_000) as f64).sqrt() as u64
}

fn check(counts: &Counts) -> Result<(), Refusal> {
    let (wrong, lost) = (counts.sum("wrong"), counts.sum("lost"));
    if (wrong, lost) == (0, 0) { Ok(()) } else { Err(Refusal::Astray { wrong, lost }) }
}

/// The hops that a row shows.
pub(super) fn counted_hops(system: SystemKind, count: CountTo, counts: &Counts) -> Vec<u64> {
    let hops = counts.list("hops").to_vec();
    match (system, count) {
        (SystemKind::Chord, CountTo::Predecessor) if hops.len() > 1 => {
            let mut shifted = hops[1..].to_vec();
            shifted[0] = shifted[0].saturating_add(hops[0]);
            shifted
        }
        _ => hops,
    }
}

pub(super) fn hops_row(point: &Point, system: SystemKind, count: CountTo, counts: &Counts) -> Result<Row, Refusal> {
    check(counts)?;
    let hops = counted_hops(system, count, counts);
    let histogram = Histogram(&hops);
    Ok(Row::default()
        .with("system", system_name(system))
        .with("nodes", point.nodes)
        .with("lookups", histogram.total())
        .with("mean", histogram.mean())
        .with("p1", histogram.percentile(1))
        .with("p99", histogram.percentile(99))
        .with("max", histogram.max())
        .with("histogram", Value::List(hops)))
}

pub(super) fn distance_row(point: &Point, system: SystemKind, counts: &Counts) -> Result<Row, Refusal> {
    check(counts)?;
    let relative = ratio(counts.sum("route"), counts.sum("direct"));
    Ok(Row::default()
        .with("system", system_name(system))
        .with("nodes", point.nodes)
        .with("relative_distance", relative))
}

pub(super) fn malicious_row(point: &Point, system: SystemKind, fraction: f64, counts: &Counts) -> Result<Row, Refusal> {
    check(counts)?;
    let all = Histogram(counts.list("hops")).total();
    let success = ratio(all.saturating_sub(counts.sum("dropped")), all);
    Ok(Row::default()
        .with("system", system_name(system))
        .with("nodes", point.nodes)
        .with("fraction", fraction)
        .with("success", success))
}
