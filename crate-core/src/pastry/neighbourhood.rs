//! The neighbourhood set M of §2.1: the |M| nodes nearest by the proximity metric, nearest first.
//!
//! It takes no part in routing but for the rare case; newcomers take it from the node they join by.

use crate::protocol::{Peer, Proximity};
use crate::time::Duration;

/// A neighbourhood set: a boxed slice of |M| slots, filled from the front.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Neighbourhood(Box<[Peer]>);

impl Neighbourhood {
    pub(super) fn new(size: u8) -> Self {
        Self(vec![Peer::NONE; usize::from(size)].into_boxed_slice())
    }

    /// The given peers in the given order, cut to `size`.
    pub(super) fn from_peers(size: u8, peers: impl IntoIterator<Item = Peer>) -> Self {
        let mut set = Self::new(size);
        for (slot, peer) in set.0.iter_mut().zip(peers) {
            *slot = peer;
        }
        set
    }

    pub(super) fn peers(&self) -> &[Peer] {
        let full = self.0.last().is_some_and(|last| last.is_some());
        let used = if full { self.0.len() } else { self.0.iter().take_while(|peer| peer.is_some()).count() };
        &self.0[..used]
    }

    /// Takes `peer`, whose round-trip time is `distance`, in if there is room or it is nearer than the farthest.
    pub(super) fn insert(&mut self, me: Peer, peer: Peer, distance: Duration, proximity: &dyn Proximity) -> bool {
        let used = self.peers().len();
        if self.0.is_empty() || self.0[..used].contains(&peer) {
            return false;
        }
        if used == self.0.len() && distance >= proximity.round_trip(me, self.0[used - 1]) {
            return false;
        }
        let at = self.0[..used].partition_point(|other| proximity.round_trip(me, *other) <= distance);
        let end = (used + 1).min(self.0.len());
        self.0[at..end].rotate_right(1);
        self.0[at] = peer;
        true
    }

    /// Takes in whichever of `peers` are near enough: many at once, for a newcomer.
    pub(super) fn insert_all(&mut self, me: Peer, peers: &[Peer], proximity: &dyn Proximity) {
        let all = self.peers().iter().chain(peers).copied().filter(|peer| *peer != me && peer.is_some());
        let mut sorted: Vec<_> = all.map(|peer| (proximity.round_trip(me, peer), peer)).collect();
        crate::small_sort::sort(&mut sorted);
        sorted.dedup();
        for (slot, (_, peer)) in self.0.iter_mut().zip(sorted) {
            *slot = peer;
        }
    }

    pub(super) fn remove(&mut self, peer: Peer) -> bool {
        let used = self.peers().len();
        let Some(at) = self.0[..used].iter().position(|other| *other == peer) else { return false };
        self.0[at..used].rotate_left(1);
        self.0[used - 1] = Peer::NONE;
        true
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Peers on a line, as far apart as their numbers.
    struct Line;

    impl Proximity for Line {
        fn round_trip(&self, from: Peer, to: Peer) -> Duration {
            Duration(from.0.abs_diff(to.0).into())
        }
    }

    #[test]
    fn the_nearest_stay_nearest_first() {
        let mut set = Neighbourhood::new(3);
        let taken = [9, 4, 6, 5, 8, 5].map(|p| set.insert(Peer(3), Peer(p), Line.round_trip(Peer(3), Peer(p)), &Line));
        assert_eq!(taken, [true, true, true, true, false, false]);
        assert_eq!(set.peers(), [Peer(4), Peer(5), Peer(6)]);
        assert!(set.remove(Peer(5)) && !set.remove(Peer(5)));
        assert_eq!(set.peers(), [Peer(4), Peer(6)]);
    }

    #[test]
    fn a_set_of_size_zero_takes_nobody() {
        assert!(!Neighbourhood::new(0).insert(Peer(0), Peer(1), Duration::ZERO, &Line));
    }
}
