//! The neighbourhood set M of §2.1: the |M| nodes nearest by the proximity metric, nearest first.
//!
//! It takes no part in routing but for the rare case; newcomers take it from the node they join by.
//!
//! # Implementation notes
//! Each newcomer tells some eighty nodes of itself, and hardly any takes it in. So how far a full set reaches stands
//! beside it, in the node's own cache lines: saying no takes no look at the set, nor at where its members are.

use crate::protocol::{Peer, Proximity};
use crate::time::Duration;

/// How far a set reaches that has room.
const ANYBODY: Duration = Duration(u64::MAX);

/// A neighbourhood set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Neighbourhood {
    /// |M| slots, filled from the front.
    slots: Box<[Peer]>,
    /// Nobody as far as this or farther is taken in: the round-trip time to the last of a full set, as it was when that
    /// came to stand there.
    reach: Duration,
}

impl Neighbourhood {
    pub(super) fn new(size: u8) -> Self {
        let reach = if size == 0 { Duration::ZERO } else { ANYBODY };
        Self { slots: vec![Peer::NONE; usize::from(size)].into_boxed_slice(), reach }
    }

    /// The given peers in the given order, nearest first, cut to `size`.
    pub(super) fn from_peers(
        size: u8,
        me: Peer,
        peers: impl IntoIterator<Item = Peer>,
        proximity: &dyn Proximity,
    ) -> Self {
        let mut set = Self::new(size);
        for (slot, peer) in set.slots.iter_mut().zip(peers) {
            *slot = peer;
        }
        set.measure(me, proximity);
        set
    }

    fn measure(&mut self, me: Peer, proximity: &dyn Proximity) {
        if let Some(last) = self.slots.last() {
            self.reach = last.some().map_or(ANYBODY, |last| proximity.round_trip(me, last));
        }
    }

    pub(super) fn peers(&self) -> &[Peer] {
        let full = self.slots.last().is_some_and(|last| last.is_some());
        let used = if full { self.slots.len() } else { self.slots.iter().take_while(|peer| peer.is_some()).count() };
        &self.slots[..used]
    }

    /// Takes `peer`, whose round-trip time is `distance`, in if there is room or it is nearer than the farthest.
    pub(super) fn insert(&mut self, me: Peer, peer: Peer, distance: Duration, proximity: &dyn Proximity) -> bool {
        if distance >= self.reach {
            return false;
        }
        let used = self.peers().len();
        if self.slots[..used].contains(&peer) {
            return false;
        }
        let at = self.slots[..used].partition_point(|other| proximity.round_trip(me, *other) <= distance);
        let end = (used + 1).min(self.slots.len());
        if at < end {
            self.slots[at..end].rotate_right(1);
            self.slots[at] = peer;
        }
        self.measure(me, proximity);
        at < end
    }

    /// Takes in whichever of `peers` are near enough: many at once, for a newcomer.
    pub(super) fn insert_all(&mut self, me: Peer, peers: &[Peer], proximity: &dyn Proximity) {
        let all = self.peers().iter().chain(peers).copied().filter(|peer| *peer != me && peer.is_some());
        let mut sorted = Vec::with_capacity(self.slots.len() + peers.len());
        sorted.extend(all.map(|peer| (proximity.round_trip(me, peer), peer)));
        crate::small_sort::sort(&mut sorted);
        sorted.dedup();
        for (slot, (_, peer)) in self.slots.iter_mut().zip(sorted) {
            *slot = peer;
        }
        self.measure(me, proximity);
    }

    pub(super) fn remove(&mut self, peer: Peer) -> bool {
        let used = self.peers().len();
        let Some(at) = self.slots[..used].iter().position(|other| *other == peer) else { return false };
        self.slots[at..used].rotate_left(1);
        self.slots[used - 1] = Peer::NONE;
        self.reach = ANYBODY;
        true
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.slots)
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
