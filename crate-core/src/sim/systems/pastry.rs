//! Pastry's converged tables and the owner of a key, from knowledge of the whole ring.
//!
//! # Implementation notes
//! The nodes are a sorted list, so those that share a prefix are a range of it. One walk down the prefixes serves all
//! nodes: at each range the subranges by next digit are the candidates of one row's columns. An entry is the nearest
//! of its candidates on the latency plane; of large subranges an even sample of [`CANDIDATES_MAX`] is compared, as
//! joining too compares only the nodes it meets.

use super::{Inhabitant, System, Wish, answered};
use crate::id::{Digits, Guid};
use crate::pastry::{Config, PastryNode};
use crate::protocol::{Command, Host, Peer, Request};
use crate::sim::plane::{Place, Plane};
use crate::sim::spec::Key;

/// How many candidates for one entry are compared.
const CANDIDATES_MAX: usize = 32;

impl Inhabitant for PastryNode {
    fn converged(host: Host<'_, Self>, plane: &Plane) -> Vec<Self> {
        let ring: Vec<(Guid, Peer)> = host.peers.in_ring_order().collect();
        let places: Vec<Place> = ring.iter().map(|(_, peer)| plane.place(*peer)).collect();
        let mut cells = vec![Vec::new(); ring.len()];
        fill_rows(host.config.digits, Range { members: &ring, places: &places }, 0, &mut cells);
        let near = Neighbours::new(plane, ring.len());
        let half = host.config.leaf_set.half().min(ring.len() - 1);
        let mut nodes = vec![None; ring.len()];
        for (place, (_, me)) in ring.iter().enumerate() {
            let around = |step: usize| ring[(place + step) % ring.len()].1;
            let leaves = (1..=half).flat_map(|step| [around(step), around(ring.len() - step)]);
            let neighbourhood = near.of(plane, *me, usize::from(host.config.neighbourhood));
            let cells = std::mem::take(&mut cells[place]);
            nodes[me.index()] = Some(Self::from_tables(*me, host, leaves, cells, neighbourhood));
        }
        nodes.into_iter().flatten().collect()
    }

    fn command(request: Request, _: &Key, key: Guid, _: Wish) -> Command<Guid> {
        Command::Route(answered(request, key))
    }
}

impl System for PastryNode {
    fn owner(_: &Config, ring: &[(Guid, Peer)], key: Guid) -> Peer {
        let after = ring.partition_point(|(id, _)| *id < key);
        let sides = [&ring[after % ring.len()], &ring[(after + ring.len() - 1) % ring.len()]];
        sides.into_iter().min_by_key(|(id, _)| key.closeness(*id)).expect("two sides").1
    }
}

type Cell = (u8, u8, Peer);

/// A part of the ring, in its order, with the members' places beside them: comparing a thousand candidates reads a few
/// kilobytes on end, and not the plane all over.
#[derive(Clone, Copy)]
struct Range<'a> {
    members: &'a [(Guid, Peer)],
    places: &'a [Place],
}

impl Range<'_> {
    fn part(&self, from: usize, to: usize) -> Self {
        Self { members: &self.members[from..to], places: &self.places[from..to] }
    }

    /// The nearest to `place` of an even sample that begins at `start`, of equally near ones the first by index.
    fn nearest(&self, place: Place, start: usize) -> Option<Peer> {
        let (len, mut best) = (self.members.len(), None);
        let count = len.min(CANDIDATES_MAX);
        let start = if len > count { start % len } else { 0 };
        for i in 0..count {
            let at = start + i * len / count;
            let at = if at < len { at } else { at - len };
            let candidate = (place.squared(self.places[at]), self.members[at].1);
            if best.is_none_or(|best| candidate < best) {
                best = Some(candidate);
            }
        }
        best.map(|(_, peer)| peer)
    }
}

/// Fills row `row` and those below for all nodes of a range that share `row` digits; `cells` runs parallel to it.
fn fill_rows(digits: Digits, range: Range<'_>, row: usize, cells: &mut [Vec<Cell>]) {
    let members = range.members;
    if members.len() < 2 || row >= digits.rows() {
        return;
    }
    let mut bounds = Vec::with_capacity(digits.base() + 1);
    bounds.push(0);
    for column in 0..digits.base() {
        let start = bounds[column];
        bounds.push(start + members[start..].partition_point(|(id, _)| id.digit(row, digits) <= column));
    }
    for own in 0..digits.base() {
        for place in bounds[own]..bounds[own + 1] {
            // Each node begins its samples elsewhere, so that no few nodes become everybody's entry.
            let start = members[place].1.index() * 7_919;
            cells[place].reserve(digits.base() - 1);
            for column in (0..digits.base()).filter(|column| *column != own) {
                let candidates = range.part(bounds[column], bounds[column + 1]);
                if let Some(peer) = candidates.nearest(range.places[place], start) {
                    cells[place].push((row as u8, column as u8, peer));
                }
            }
        }
        let (from, to) = (bounds[own], bounds[own + 1]);
        fill_rows(digits, range.part(from, to), row + 1, &mut cells[from..to]);
    }
}

/// Finds near nodes: the plane cut into square cells.
struct Neighbours {
    cells: Vec<Vec<Peer>>,
    side: usize,
}

impl Neighbours {
    fn new(plane: &Plane, count: usize) -> Self {
        let side = (count / 8).isqrt().max(1);
        let mut grid = Self { cells: vec![Vec::new(); side * side], side };
        for peer in (0..count as u32).map(Peer) {
            let (x, y) = grid.cell(plane, peer);
            grid.cells[y * side + x].push(peer);
        }
        grid
    }

    fn cell(&self, plane: &Plane, peer: Peer) -> (usize, usize) {
        let place = plane.place(peer);
        let index = |at: u16| usize::from(at) * self.side / usize::from(Place::SIDE);
        (index(place.x).min(self.side - 1), index(place.y).min(self.side - 1))
    }

    /// About the `count` nearest peers: those of the square of cells that holds at least so many, nearest first.
    fn of(&self, plane: &Plane, me: Peer, count: usize) -> Vec<Peer> {
        if count == 0 {
            return Vec::new();
        }
        let (x, y) = self.cell(plane, me);
        let mut found: Vec<(u64, Peer)> = Vec::new();
        for reach in 1..=self.side {
            let span = |at: usize| at.saturating_sub(reach)..=(at + reach).min(self.side - 1);
            let cells = span(y).flat_map(|y| span(x).map(move |x| y * self.side + x));
            let others = cells.flat_map(|cell| &self.cells[cell]).filter(|peer| **peer != me);
            found = others.map(|peer| (plane.squared_distance(me, *peer), *peer)).collect();
            if found.len() >= count {
                break;
            }
        }
        crate::small_sort::sort(&mut found);
        found.into_iter().take(count).map(|(_, peer)| peer).collect()
    }
}
