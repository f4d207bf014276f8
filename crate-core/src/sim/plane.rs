//! The latency plane: every node has a place on a square, and messages take time in proportion to the distance.
//!
//! As in the evaluation of Pastry (§3: coordinates uniform in a 1000 × 1000 plane, Euclidean proximity). Places and
//! latencies are whole numbers, and the one root between them is exact, so that a latency is the same natively and in
//! wasm.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::protocol::{Peer, Proximity, Rng};
use crate::time::Duration;

/// A place on the plane; both coordinates from 0 to [`Place::SIDE`] − 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// From the left.
    pub x: u16,
    /// From the top.
    pub y: u16,
}

impl Place {
    /// Length of the plane's side.
    pub const SIDE: u16 = 1_000;

    /// A uniformly random place.
    #[must_use]
    pub fn random(rng: &mut Rng) -> Self {
        Self { x: rng.random_range(0..Self::SIDE), y: rng.random_range(0..Self::SIDE) }
    }

    /// Squared distance.
    #[must_use]
    #[inline]
    pub const fn squared(self, other: Self) -> u64 {
        let dx = self.x.abs_diff(other.x) as u64;
        let dy = self.y.abs_diff(other.y) as u64;
        dx * dx + dy * dy
    }
}

/// The places of all nodes of a world, by peer index.
#[derive(Clone, Debug, Default)]
pub struct Plane {
    places: Vec<Place>,
}

/// One-way time over no distance: what a host itself takes.
const BASE_MICROS: u64 = 2_000;
/// One-way time per unit of distance; a mean pair (521 units) is 28 ms apart, the far corners 73 ms.
const MICROS_PER_UNIT: u64 = 50;

impl Plane {
    /// Gives the next peer its place.
    pub fn push(&mut self, place: Place) {
        self.places.push(place);
    }

    /// Where a peer is.
    #[must_use]
    pub fn place(&self, peer: Peer) -> Place {
        self.places[peer.index()]
    }

    /// How long a message takes one way.
    #[must_use]
    #[inline]
    pub fn one_way(&self, from: Peer, to: Peer) -> Duration {
        // The square root of the scaled square keeps whole microseconds. A float's root is exact enough to be cut below
        // 2^52, the same everywhere (IEEE 754 fixes it), and several times faster than an integer's.
        let scaled = self.squared_distance(from, to) * MICROS_PER_UNIT * MICROS_PER_UNIT;
        Duration(BASE_MICROS + (scaled as f64).sqrt() as u64)
    }

    /// The square of the distance between two peers: orders peers by nearness without a root.
    #[must_use]
    #[inline]
    pub fn squared_distance(&self, from: Peer, to: Peer) -> u64 {
        self.places[from.index()].squared(self.places[to.index()])
    }
}

impl Proximity for Plane {
    #[inline]
    fn round_trip(&self, from: Peer, to: Peer) -> Duration {
        Duration(2 * self.one_way(from, to).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn latency_is_cut_to_whole_microseconds(x in 0..Place::SIDE, y in 0..Place::SIDE) {
            let mut plane = Plane::default();
            plane.push(Place { x: 0, y: 0 });
            plane.push(Place { x, y });
            let scaled = (u64::from(x).pow(2) + u64::from(y).pow(2)) * MICROS_PER_UNIT * MICROS_PER_UNIT;
            prop_assert_eq!(plane.one_way(Peer(0), Peer(1)).0, BASE_MICROS + scaled.isqrt());
        }
    }

    #[test]
    fn latency_is_the_same_both_ways_and_grows_with_distance() {
        let mut plane = Plane::default();
        for (x, y) in [(0, 0), (3, 4), (999, 999)] {
            plane.push(Place { x, y });
        }
        let [a, b, c] = [Peer(0), Peer(1), Peer(2)];
        assert_eq!(plane.one_way(a, b), Duration(2_000 + 5 * 50));
        assert_eq!(plane.one_way(a, c), plane.one_way(c, a));
        assert_eq!(plane.one_way(a, c), Duration(2_000 + 70_639));
        assert_eq!(plane.round_trip(a, a), Duration(4_000));
    }
}
