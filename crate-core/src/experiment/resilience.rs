//! Static resilience of routing geometries: Gummadi et al., SIGCOMM 2003, §4.
//!
//! A full space of 2^k identifiers, k neighbours a node, uniform failures, no repair, no way back: the share of paths
//! between live nodes that break.
//!
//! # Implementation notes
//! This is a model of shapes, not of protocols: no node of this program runs here. Bits are counted from the most
//! significant; neighbour i of a node
//!
//! | geometry | is | is taken if alive and |
//! |---|---|---|
//! | tree | equal in the bits before i, different in i, random behind | i is the first bit that differs from the target |
//! | hypercube | different in bit i only | i differs from the target; of several, the first |
//! | xor | as for the tree | it is nearest to the target by XOR, and nearer than here |
//! | ring | 2^i to 2^(i+1) − 1 further on, drawn at random | it is furthest on without passing the target |
//! | hybrid | as for the tree | as for the tree; else it is nearest on the ring of those that keep the prefix, and nearer than here |
//!
//! There are no sequential neighbours (leaf sets, successor lists): those are measured apart in the paper. Plain greedy
//! models such as these give the paper's order of the geometries, not all its percentages.

use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use super::counts::ratio;
use super::{Counts, Point, Ready, Row};
use crate::protocol::Rng;

const GRAPH: u64 = 4;
const FAILURES: u64 = 5;
const PAIRS: u64 = 6;

/// The shape of an overlay.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Geometry {
    /// Plaxton's.
    Tree,
    /// CAN's with as many dimensions as bits.
    Hypercube,
    /// Kademlia's.
    Xor,
    /// Chord's with random fingers.
    Ring,
    /// Pastry's: a tree whose leaves lie on a ring.
    Hybrid,
}

impl Geometry {
    /// Its name in rows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Hypercube => "hypercube",
            Self::Xor => "xor",
            Self::Ring => "ring",
            Self::Hybrid => "hybrid",
        }
    }
}

struct Graph {
    point: Point,
    geometry: Geometry,
    bits: u32,
    /// k neighbours a node, in order.
    neighbours: Vec<u32>,
    failed: Vec<bool>,
    live: Vec<u32>,
}

pub(super) fn prepare(point: &Point, geometry: Geometry, fraction: f64) -> Box<dyn Ready> {
    let bits = point.nodes.ilog2();
    let mut rng = point.rng(GRAPH, 0);
    let neighbours = (0..point.nodes)
        .flat_map(|node| (0..bits).map(move |i| (node, i)))
        .map(|(node, i)| neighbour(geometry, bits, node, i, &mut rng))
        .collect();
    let mut rng = point.rng(FAILURES, 0);
    let failed: Vec<bool> = (0..point.nodes).map(|_| rng.random_bool(fraction)).collect();
    let live = (0..point.nodes).filter(|node| !failed[*node as usize]).collect();
    Box::new(Graph { point: *point, geometry, bits, neighbours, failed, live })
}

fn neighbour(geometry: Geometry, bits: u32, node: u32, i: u32, rng: &mut Rng) -> u32 {
    let bit = 1 << (bits - 1 - i);
    // What lies behind bit i, drawn at random.
    let behind = rng.random_range(0..bit);
    match geometry {
        Geometry::Tree | Geometry::Xor | Geometry::Hybrid => ((node ^ bit) & !(bit - 1)) | behind,
        Geometry::Hypercube => node ^ bit,
        Geometry::Ring => (node + bit + behind) & ((1 << bits) - 1),
    }
}

impl Ready for Graph {
    fn run(&self, block: u32) -> Counts {
        let mut counts = Counts::default();
        let mut rng = self.point.rng(PAIRS, block);
        if self.live.len() < 2 {
            return counts;
        }
        for _ in 0..self.point.lookups_of(block) {
            let from = rng.random_range(0..self.live.len());
            // Another one: the place of `from` is left out.
            let to = rng.random_range(0..self.live.len() - 1);
            let to = to + usize::from(to >= from);
            match self.route(self.live[from], self.live[to]) {
                Some(hops) => counts.add("hops", hops, 1),
                None => counts.add("failed", 0, 1),
            }
        }
        counts
    }
}

impl Graph {
    /// How many hops it takes; `None` if the path breaks.
    fn route(&self, from: u32, to: u32) -> Option<usize> {
        let mut at = from;
        let mut hops = 0;
        while at != to {
            at = self.next(at, to)?;
            hops += 1;
        }
        Some(hops)
    }

    fn alive(&self, at: u32) -> impl DoubleEndedIterator<Item = (u32, u32)> + '_ {
        let first = at as usize * self.bits as usize;
        let all = self.neighbours[first..first + self.bits as usize].iter().copied();
        (0..self.bits).zip(all).filter(|(_, peer)| !self.failed[*peer as usize])
    }

    /// The next node; every step comes nearer, by the measure of the geometry.
    fn next(&self, at: u32, to: u32) -> Option<u32> {
        let differing = at ^ to;
        let bit = |i: u32| 1 << (self.bits - 1 - i);
        let first = self.bits - 1 - differing.ilog2();
        let by_tree = || self.alive(at).find(|(i, _)| *i == first).map(|(_, peer)| peer);
        match self.geometry {
            Geometry::Tree => by_tree(),
            Geometry::Hypercube => self.alive(at).find(|(i, _)| differing & bit(*i) != 0).map(|(_, peer)| peer),
            Geometry::Xor => {
                let nearest = self.alive(at).map(|(_, peer)| peer).min_by_key(|peer| peer ^ to);
                nearest.filter(|peer| peer ^ to < differing)
            }
            Geometry::Ring => {
                let way = |to: u32| to.wrapping_sub(at) & ((1 << self.bits) - 1);
                let before = self.alive(at).map(|(_, peer)| peer).filter(|peer| way(*peer) <= way(to));
                before.max_by_key(|peer| way(*peer))
            }
            Geometry::Hybrid => by_tree().or_else(|| {
                let behind = self.alive(at).filter(|(i, _)| *i > first).map(|(_, peer)| peer);
                let nearest = behind.min_by_key(|peer| self.ring_distance(*peer, to));
                nearest.filter(|peer| self.ring_distance(*peer, to) < self.ring_distance(at, to))
            }),
        }
    }

    fn ring_distance(&self, a: u32, b: u32) -> u32 {
        let all = (1 << self.bits) - 1;
        (a.wrapping_sub(b) & all).min(b.wrapping_sub(a) & all)
    }
}

pub(super) fn row(point: &Point, geometry: Geometry, fraction: f64, counts: &Counts) -> Row {
    let failed = counts.sum("failed");
    let arrived = super::Histogram(counts.list("hops")).total();
    Row::default()
        .with("geometry", geometry.name())
        .with("nodes", point.nodes)
        .with("fraction", fraction)
        .with("failed_paths", ratio(failed, failed.saturating_add(arrived)))
}
