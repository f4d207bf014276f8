//! Pastry's tables as the paper's evaluation has them: every entry the nearest node that fits.
//!
//! # Implementation notes
//! Worlds in the converged state compare 32 candidates for an entry, as joining too compares only the nodes it meets;
//! that is enough for hops, and makes routes longer the larger the world is. Here all candidates count. Those of one
//! cell are put on a grid, so that a large world does not need the square of its nodes.

use crate::id::Guid;
use crate::pastry::PastryNode;
use crate::protocol::Peer;
use crate::sim::plane::{Place, Plane};
use crate::sim::world::World;

/// Fewer candidates are compared one by one.
const GRID_MIN: usize = 32;

/// The nodes of a world with the nearest possible entries; leaf sets and M stay.
pub(super) fn nearest_tables(world: &World<PastryNode>) -> Vec<PastryNode> {
    let ring: Vec<(Guid, Peer)> = world.members().collect();
    let mut cells = vec![Vec::new(); ring.len()];
    fill(world, &ring, 0, &mut cells);
    let host = world.host();
    let nodes = world.nodes().iter().zip((0..).map(Peer)).map(|(node, me)| {
        let cells = std::mem::take(&mut cells[me.index()]);
        let near = node.neighbourhood().iter().copied();
        PastryNode::from_tables(me, host, node.leaf_set().clockwise(), cells, near)
    });
    nodes.collect()
}

/// Fills row `row` and those below for all nodes of a range that share `row` digits.
fn fill(world: &World<PastryNode>, range: &[(Guid, Peer)], row: usize, cells: &mut [Vec<(u8, u8, Peer)>]) {
    let digits = world.config().digits;
    if range.len() < 2 || row >= digits.rows() {
        return;
    }
    let mut start = 0;
    for column in 0..digits.base() {
        let end = start + range[start..].partition_point(|(id, _)| id.digit(row, digits) <= column);
        let candidates = Candidates::new(world.plane(), &range[start..end]);
        for (_, me) in range[..start].iter().chain(&range[end..]) {
            if let Some(peer) = candidates.nearest(world.plane(), *me) {
                // At most 128 rows of 16 columns.
                cells[me.index()].push((row as u8, column as u8, peer));
            }
        }
        fill(world, &range[start..end], row + 1, cells);
        start = end;
    }
}

/// Nodes that may stand in one cell of a table, by place.
struct Candidates {
    side: usize,
    cells: Vec<Vec<Peer>>,
}

impl Candidates {
    fn new(plane: &Plane, range: &[(Guid, Peer)]) -> Self {
        let side = if range.len() < GRID_MIN { 1 } else { (range.len() / 2).isqrt() };
        let mut grid = Self { side, cells: vec![Vec::new(); side * side] };
        for (_, peer) in range {
            let (x, y) = grid.cell(plane, *peer);
            grid.cells[y * side + x].push(*peer);
        }
        grid
    }

    fn cell(&self, plane: &Plane, peer: Peer) -> (usize, usize) {
        let place = plane.place(peer);
        let index = |at: u16| usize::from(at) * self.side / usize::from(Place::SIDE);
        (index(place.x), index(place.y))
    }

    /// The nearest candidate; of equally near ones the first.
    fn nearest(&self, plane: &Plane, me: Peer) -> Option<Peer> {
        let (x, y) = self.cell(plane, me);
        let mut best: Option<(u64, Peer)> = None;
        for reach in 0..=self.side {
            let span = |at: usize| at.saturating_sub(reach)..=(at + reach).min(self.side - 1);
            for row in span(y) {
                for column in span(x) {
                    // The square's inside was looked at before.
                    if row.abs_diff(y).max(column.abs_diff(x)) < reach {
                        continue;
                    }
                    let here = &self.cells[row * self.side + column];
                    let nearest = here.iter().map(|peer| (plane.squared_distance(me, *peer), *peer)).min();
                    best = best.into_iter().chain(nearest).min();
                }
            }
            // What lies outside the square is at least `reach` cells away.
            let beyond = (reach * usize::from(Place::SIDE)) as u64;
            if best.is_some_and(|(distance, _)| distance * (self.side as u64).pow(2) < beyond.pow(2)) {
                break;
            }
        }
        best.map(|(_, peer)| peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pastry::Config;
    use crate::sim::spec::Spec;

    #[test]
    fn no_node_that_fits_is_nearer_than_an_entry() {
        let config = Config::default();
        let world: World<PastryNode> = Spec::random(700, 3, config.clone()).world().expect("a world");
        let plane = world.plane();
        let nodes = nearest_tables(&world);
        for (node, before) in nodes.iter().zip(world.nodes()).step_by(7) {
            let me = crate::protocol::Node::me(node);
            assert_eq!(node.routing_table().len(), before.routing_table().len());
            for (row, column, peer) in node.routing_table().entries() {
                let fits = |id: Guid| {
                    let shared = node.id().shared_prefix(id, config.digits);
                    shared == usize::from(row) && id.digit(shared, config.digits) == usize::from(column)
                };
                let all = world.members().filter(|(id, _)| fits(*id));
                let nearest = all.map(|(_, peer)| plane.squared_distance(me, peer)).min();
                assert_eq!(Some(plane.squared_distance(me, peer)), nearest);
            }
        }
    }
}
