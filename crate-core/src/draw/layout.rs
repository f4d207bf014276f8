//! Where every node lies: on one ring, or on the ring of the row that its prefix reaches.
//!
//! Draws the slides' rings of Pastry and Chord. "Unfolded" Pastry: ring r holds the GUIDs that share their first r digits
//! with the key; the sector of the key's next digit opens into ring r + 1. So a hop that matches one digit more is one
//! ring inwards, and angles are always true: the place of the identifier within its ring's interval.

use std::collections::BTreeMap;

use super::frame::{Frame, NodeState, Space, View};
use super::geometry::{Point, Rect, point};
use crate::id::{Digits, Guid};
use crate::protocol::Peer;

/// Most rings of an unfolded picture.
pub const MOST_ROWS: usize = 5;

/// A width and a height in CSS pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Size {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// A fraction of the whole ring in units of 2^−128, as a turn.
#[must_use]
pub fn turn_of(at: u128) -> f64 {
    // 53 bits are exact in an f64.
    (at >> 75) as f64 / (1_u64 << 53) as f64
}

/// How many rings show something: a ring for every row of whose interval at least two of `ids` are members.
#[must_use]
pub fn useful_rows(ids: impl Iterator<Item = u128>, key: u128, digits: Digits) -> usize {
    let mut sharing = [0_usize; MOST_ROWS];
    for id in ids {
        let shared = Guid(id).shared_prefix(Guid(key), digits).min(MOST_ROWS - 1);
        sharing[..=shared].iter_mut().for_each(|n| *n += 1);
    }
    sharing.iter().skip(1).take_while(|n| **n >= 2).count() + 1
}

/// The ring of an identifier among `rows` rings unfolded along `key`, and its turn on that ring.
#[must_use]
pub fn unfolded_place(at: u128, key: u128, digits: Digits, rows: usize) -> (usize, f64) {
    let ring = Guid(at).shared_prefix(Guid(key), digits).min(rows.saturating_sub(1));
    (ring, turn_of(at << (ring as u32 * digits.bits())))
}

/// A ring of the picture.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ring {
    /// Its radius in CSS pixels.
    pub radius: f64,
    /// How many nodes lie on it.
    pub population: usize,
    /// Half the width of the band that its nodes are spread over: 0 while they fit on the line.
    pub band: f64,
}

impl Ring {
    /// The point of an identifier: in its true direction, and if the ring is crowded somewhere within its band.
    fn point(&self, centre: Point, turn: f64, at: u128) -> Point {
        centre.toward(turn, self.radius + self.band * scatter(at))
    }
}

/// Where a node lies.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spot {
    /// Its ring, 0 outermost.
    pub ring: usize,
    /// Its true turn on that ring.
    pub turn: f64,
    /// Its place in the picture.
    pub point: Point,
}

/// Where everything lies.
#[derive(Clone, PartialEq, Debug)]
pub struct Layout {
    /// The size of the picture.
    pub size: Size,
    /// The centre of all rings.
    pub centre: Point,
    /// The rings, outermost first; never empty.
    pub rings: Vec<Ring>,
    /// A spot for each node, in the frame's order.
    pub spots: Vec<Spot>,
    /// The radius of an ordinary node's dot.
    pub dot: f64,
    /// How much larger than on a stage of 900 pixels things are drawn, 0.7 to 1.8.
    pub scale: f64,
    by_peer: BTreeMap<Peer, u32>,
}

impl Layout {
    /// Lays a frame out; a picture smaller than 160 pixels a side is laid out as if it were that large.
    #[must_use]
    pub fn new(frame: &Frame, size: Size) -> Self {
        let size = Size { width: size.width.max(160.0), height: size.height.max(160.0) };
        let side = size.width.min(size.height);
        let scale = (side / 900.0).clamp(0.7, 1.8);
        let radius = side / 2.0 - margin(frame, scale, side);
        let rows = rows_of(frame);
        let mut rings: Vec<Ring> =
            (0..rows).map(|i| Ring { radius: radius * share(i, rows), population: 0, band: 0.0 }).collect();
        let mut spots: Vec<Spot> = frame.nodes.iter().map(|node| spot(frame, node.at, rows)).collect();
        spots.iter().for_each(|s| rings[s.ring].population += 1);
        let dot = dot_radius(spots.len(), scale);
        let centre = point(size.width / 2.0, size.height / 2.0);
        let step = if rows > 1 { radius * (share(0, rows) - share(1, rows)) } else { radius * 0.5 };
        for ring in &mut rings {
            ring.band = band(ring, dot).min(step * 0.2).min(if rows > 1 { 99.0 } else { 30.0 * scale });
        }
        for (spot, node) in spots.iter_mut().zip(frame.nodes.iter()) {
            spot.point = rings[spot.ring].point(centre, spot.turn, node.at);
        }
        let by_peer = frame.nodes.iter().zip(0..).map(|(node, i)| (node.peer, i)).collect();
        Self { size, centre, rings, spots, dot, scale, by_peer }
    }

    /// Where a peer lies, if it is in the picture.
    #[must_use]
    pub fn spot(&self, peer: Peer) -> Option<&Spot> {
        self.index(peer).and_then(|i| self.spots.get(i))
    }

    /// The place of a peer in the frame's nodes.
    #[must_use]
    pub fn index(&self, peer: Peer) -> Option<usize> {
        self.by_peer.get(&peer).map(|i| *i as usize)
    }

    /// Where an identifier lies, whether or not a node is there.
    #[must_use]
    pub fn place(&self, frame: &Frame, at: u128) -> Spot {
        let mut spot = spot(frame, at, self.rings.len());
        spot.point = self.rings[spot.ring].point(self.centre, spot.turn, at);
        spot
    }

    /// The whole picture as a rectangle.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        Rect { min: Point::default(), max: point(self.size.width, self.size.height) }
    }

    /// The index of the node nearest to `p`, at most `reach` away.
    #[must_use]
    pub fn nearest(&self, p: Point, reach: f64) -> Option<usize> {
        let away = |s: &Spot| s.point.distance(p);
        let near = self.spots.iter().enumerate().filter(|(_, s)| (s.point.x - p.x).abs() <= reach && away(s) <= reach);
        near.min_by(|a, b| away(a.1).total_cmp(&away(b.1))).map(|(i, _)| i)
    }
}

/// Room outside the outermost ring: for digits or identifiers, and for labels.
fn margin(frame: &Frame, scale: f64, side: f64) -> f64 {
    let wide = matches!(frame.space, Space::Chord { .. });
    (if wide { 74.0 } else { 58.0 } * scale).min(side * 0.16).max(34.0)
}

fn rows_of(frame: &Frame) -> usize {
    match (frame.space, frame.view, frame.key) {
        (Space::Pastry { digits, .. }, View::Unfolded, Some(key)) => {
            let there = frame.nodes.iter().filter(|n| n.state != NodeState::Dead);
            useful_rows(there.map(|n| n.at), key, digits)
        }
        _ => 1,
    }
}

/// The radius of a ring as a share of the outermost one.
fn share(ring: usize, rows: usize) -> f64 {
    let step = match rows {
        0 | 1 => 0.0,
        2 => 0.40,
        3 => 0.32,
        _ => 0.755 / (rows - 1) as f64,
    };
    1.0 - step * ring as f64
}

fn spot(frame: &Frame, at: u128, rows: usize) -> Spot {
    let (ring, turn) = match (frame.space, frame.key) {
        (Space::Pastry { digits, .. }, Some(key)) if rows > 1 => unfolded_place(at, key, digits, rows),
        _ => (0, turn_of(at)),
    };
    Spot { ring, turn, point: Point::default() }
}

/// Smaller dots for more nodes, in steps, so that a node that comes or goes changes nothing else.
fn dot_radius(nodes: usize, scale: f64) -> f64 {
    let radius = match nodes {
        0..=64 => 6.5,
        65..=128 => 5.5,
        129..=256 => 4.5,
        257..=512 => 3.6,
        513..=1_500 => 2.8,
        1_501..=4_096 => 1.9,
        4_097..=16_384 => 1.5,
        _ => 1.2,
    };
    radius * scale.max(0.75)
}

/// Half the width over which the nodes of a ring are spread. It grows in steps with their number.
fn band(ring: &Ring, dot: f64) -> f64 {
    let line = std::f64::consts::TAU * ring.radius / (2.0 * dot);
    let crowd = ring.population.next_power_of_two() as f64 / line;
    if crowd <= 1.0 || ring.population < 96 { 0.0 } else { dot * 2.2 * crowd }
}

/// A share from −1 to 1, densest at 0, that an identifier keeps whoever else comes or goes.
fn scatter(at: u128) -> f64 {
    let mut x = (at >> 64) as u64 ^ (at as u64).rotate_left(32);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 31;
    let half = |v: u64| (v & 0xffff_ffff) as f64 / f64::from(u32::MAX);
    half(x) + half(x >> 32) - 1.0
}

#[cfg(test)]
mod tests {
    use super::super::frame::StageNode;
    use super::*;
    use proptest::prelude::*;

    fn ring(ids: &[u128], key: Option<u128>) -> Frame {
        let nodes = ids.iter().zip(0..).map(|(at, i)| StageNode { peer: Peer(i), at: *at, state: NodeState::Active });
        let mut frame = Frame::empty(Space::Pastry { digits: Digits::Bits4, shown: 6 });
        (frame.nodes, frame.key) = (nodes.collect(), key);
        frame
    }

    const HALL: Size = Size { width: 970.0, height: 900.0 };

    #[test]
    fn the_slides_route_goes_one_ring_inwards_a_hop() {
        let ids = [0x65A1FC, 0xD13DA3, 0xD4213F, 0xD462BA, 0xD467C4].map(|id: u128| id << 104);
        let key = 0xD46A1C << 104;
        let frame = ring(&ids, Some(key));
        let layout = Layout::new(&frame, HALL);
        assert_eq!(layout.spots.iter().map(|s| s.ring).collect::<Vec<_>>(), [0, 1, 2, 3, 3]);
        assert_eq!(layout.place(&frame, key).ring, 3);
    }

    #[test]
    fn a_node_is_found_within_reach_only() {
        let frame = ring(&[0, 1 << 127], None);
        let layout = Layout::new(&frame, HALL);
        let there = layout.spots[1].point;
        assert_eq!(layout.nearest(there.plus(point(9.0, 0.0), 1.0), 14.0), Some(1));
        assert_eq!(layout.nearest(there.plus(point(15.0, 0.0), 1.0), 14.0), None);
    }

    #[test]
    fn the_place_of_a_key_is_that_of_the_node_with_its_identifier() {
        let ids: Vec<u128> =
            (0..3_000_u128).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834)).collect();
        let frame = ring(&ids, Some(ids[77]));
        let layout = Layout::new(&frame, HALL);
        assert_eq!(layout.place(&frame, ids[77]), layout.spots[77]);
    }

    #[test]
    fn a_node_that_comes_moves_no_other_while_the_rings_stay() {
        let ids: Vec<u128> =
            (0..3_000_u128).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834)).collect();
        let (before, after) = (Layout::new(&ring(&ids[..2_900], None), HALL), Layout::new(&ring(&ids, None), HALL));
        assert_eq!(before.spots[..], after.spots[..2_900]);
    }

    proptest! {
        #[test]
        fn on_each_ring_angles_are_in_the_order_of_identifiers(
            mut ids in prop::collection::vec(any::<u128>(), 2..80),
            key: u128,
            close in 0..40_u32,
        ) {
            // Half of the nodes near the key, so that inner rings have members.
            let half = ids.len() / 2;
            ids[..half].iter_mut().for_each(|id| *id = key ^ (*id >> close));
            ids.sort_unstable();
            ids.dedup();
            let layout = Layout::new(&ring(&ids, Some(key)), HALL);
            for ring in 0..layout.rings.len() {
                let turns: Vec<f64> = layout.spots.iter().filter(|s| s.ring == ring).map(|s| s.turn).collect();
                prop_assert!(turns.windows(2).all(|w| w[0] <= w[1]));
            }
        }

        #[test]
        fn a_node_lies_in_its_true_direction(ids in prop::collection::vec(any::<u128>(), 1..300), key: u128) {
            let layout = Layout::new(&ring(&ids, Some(key)), HALL);
            for spot in &layout.spots {
                let seen = spot.point.turn_around(layout.centre);
                prop_assert!(super::super::geometry::shortest_way(seen, spot.turn).abs() < 1e-9);
            }
        }

        #[test]
        fn nodes_of_an_inner_ring_share_its_digits_with_the_key(ids in prop::collection::vec(any::<u128>(), 2..80), key: u128) {
            let ids: Vec<u128> = ids.iter().map(|id| key ^ (id >> (id % 24) as u32)).collect();
            let layout = Layout::new(&ring(&ids, Some(key)), HALL);
            for (spot, id) in layout.spots.iter().zip(&ids) {
                let shared = Guid(*id).shared_prefix(Guid(key), Digits::Bits4);
                prop_assert_eq!(spot.ring, shared.min(layout.rings.len() - 1));
            }
        }

        #[test]
        fn every_node_is_inside_the_picture(
            ids in prop::collection::vec(any::<u128>(), 1..500),
            width in 100.0..3000.0_f64,
            height in 100.0..2000.0_f64,
        ) {
            let layout = Layout::new(&ring(&ids, None), Size { width, height });
            prop_assert!(layout.spots.iter().all(|s| layout.bounds().holds(Rect::of([s.point]).grown(layout.dot))));
        }
    }
}
