//! What stands in Pastry's routing tables: how many entries (Rowstron & Druschel 2001 §2.1), and how near those are that
//! nodes get by joining (§2.4, §2.5, Fig. 7).
//!
//! # Implementation notes
//! - An entry is *optimal* if no node with the prefix of its cell is nearer; *missing* if the cell is empty although
//!   such a node exists. A cell that nobody could fill counts as neither.
//! - For Fig. 7 the nodes join one by one by real messages, each by way of the nearest of 64 members drawn at random
//!   (the paper assumes a near member, and does not say how it is found).

use super::counts::ratio;
use super::walks::pastry_world;
use super::{Counts, Point, Ready, Refusal, Row, Value, What};
use crate::id::{Digits, Guid};
use crate::pastry::{Config, JoinMethod, PastryNode};
use crate::protocol::Peer;
use crate::sim::spec::{Build, Spec};
use crate::sim::world::World;

/// Nodes of one block.
const NODES_PER_BLOCK: u32 = 512;

pub(super) fn blocks(nodes: u32) -> u32 {
    nodes.div_ceil(NODES_PER_BLOCK)
}

struct Tables {
    world: World<PastryNode>,
    ring: Vec<(Guid, Peer)>,
    digits: Digits,
    /// Whether entries are compared with the nearest possible ones.
    quality: bool,
}

pub(super) fn prepare(point: &Point) -> Result<Box<dyn Ready>, Refusal> {
    let (world, digits, quality) = match point.what {
        What::Table { digits, leaf_set } => (pastry_world(point, digits, leaf_set)?, digits, false),
        What::TableQuality { method } => (joined_world(point, method)?, Digits::Bits4, true),
        _ => unreachable!("only tables are prepared here"),
    };
    let ring = world.members().collect();
    Ok(Box::new(Tables { world, ring, digits, quality }))
}

fn joined_world(point: &Point, join_method: JoinMethod) -> Result<World<PastryNode>, Refusal> {
    let config = Config { join_method, ..Config::default() };
    let spec = Spec { build: Build::Joined { settle_secs: 0 }, ..Spec::random(point.nodes, point.seed, config) };
    Ok(spec.world()?)
}

impl Ready for Tables {
    fn run(&self, block: u32) -> Counts {
        let mut counts = Counts::default();
        let nodes = self.world.nodes().len();
        let first = (block as usize * NODES_PER_BLOCK as usize).min(nodes);
        for node in &self.world.nodes()[first..nodes.min(first + NODES_PER_BLOCK as usize)] {
            counts.add("nodes", 0, 1);
            counts.add("members", 0, u64::from(crate::protocol::Node::is_active(node)));
            if self.quality {
                self.judge(node, &mut counts);
            } else {
                for (row, _, _) in node.routing_table().entries() {
                    counts.add("filled", row.into(), 1);
                }
            }
        }
        counts
    }

    fn bytes_per_node(&self) -> Option<u64> {
        Some(self.world.bytes() as u64 / self.world.nodes().len().max(1) as u64)
    }
}

impl Tables {
    /// Compares every cell of a node with the nearest node that could stand there.
    fn judge(&self, node: &PastryNode, counts: &mut Counts) {
        let (id, digits, plane) = (node.id(), self.digits, self.world.plane());
        let me = crate::protocol::Node::me(node);
        // Those that share `row` digits with the node; the cells of a row are subranges of them.
        let mut range = &self.ring[..];
        for row in 0..digits.rows() {
            if range.len() < 2 {
                break;
            }
            let own = id.digit(row, digits);
            let mut next = range;
            let mut start = 0;
            for column in 0..digits.base() {
                let end = start + range[start..].partition_point(|(id, _)| id.digit(row, digits) <= column);
                let candidates = &range[start..end];
                start = end;
                if column == own {
                    next = candidates;
                    continue;
                }
                let Some(nearest) = candidates.iter().map(|(_, peer)| plane.squared_distance(me, *peer)).min() else {
                    continue;
                };
                let entry = node.routing_table().cell(row, column);
                let kind = match entry.map(|peer| plane.squared_distance(me, peer)) {
                    None => "missing",
                    Some(distance) if distance <= nearest => "optimal",
                    Some(_) => "suboptimal",
                };
                counts.add(kind, row, 1);
            }
            range = next;
        }
    }
}

pub(super) fn table_row(point: &Point, counts: &Counts) -> Row {
    let filled = counts.list("filled");
    let nodes = counts.sum("nodes");
    let rows = filled.iter().zip(0_u32..);
    let rows = rows.map(|(sum, row)| Row::default().with("row", row).with("filled", ratio(*sum, nodes)));
    let total = filled.iter().fold(0_u64, |all, sum| all.saturating_add(*sum));
    Row::default()
        .with("nodes", point.nodes)
        .with("rows", Value::Rows(rows.collect()))
        .with("total", ratio(total, nodes))
}

pub(super) fn quality_row(point: &Point, method: JoinMethod, counts: &Counts) -> Result<Row, Refusal> {
    let (joined, nodes) = (counts.sum("members"), counts.sum("nodes"));
    if joined != nodes {
        return Err(Refusal::NotJoined { joined, nodes: point.nodes });
    }
    const KINDS: [&str; 3] = ["optimal", "suboptimal", "missing"];
    let depth = KINDS.iter().map(|kind| counts.list(kind).len()).max().unwrap_or(0);
    let rows = (0..depth).map(|at| {
        let mean = |kind| ratio(counts.list(kind).get(at).copied().unwrap_or(0), nodes);
        KINDS.iter().fold(Row::default().with("row", at as u64), |row, kind| row.with(kind, mean(kind)))
    });
    Ok(Row::default()
        .with("method", method.name())
        .with("nodes", point.nodes)
        .with("rows", Value::Rows(rows.collect())))
}
