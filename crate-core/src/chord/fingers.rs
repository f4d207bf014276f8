//! The finger table, kept short.

use super::Peer;

/// The fingers of one node: finger[i] = successor(n + 2^(i−1)), 1 ≤ i ≤ m.
///
/// A finger whose start does not lie beyond the successor *is* the successor, by definition. Those are the first
/// ⌊log2 d⌋ + 1 fingers, d being the way to the successor; on a ring of N nodes about m − log2 N of the m. They are not
/// stored: `low` says how many they are, so they change with the successor, and reading any finger takes one step.
///
/// Stored fingers never lie before their start, and a higher finger never lies before a lower one, so that the first
/// finger before a key met when going down is the one nearest to it.
#[derive(Clone, Debug)]
pub(super) struct Fingers {
    low: u8,
    high: Vec<Peer>,
}

impl Fingers {
    /// Fingers of a node that is alone: on a ring of `m` bits all of them are the node itself.
    pub(super) const fn alone(m: u8) -> Self {
        Self { low: m, high: Vec::new() }
    }

    /// How many of the first fingers are the successor.
    pub(super) const fn low(&self) -> u8 {
        self.low
    }

    /// m.
    pub(super) fn len(&self) -> u8 {
        self.low + self.high.len() as u8
    }

    /// Finger `i` if it is stored, `successor` if it is one of the first; [`Peer::NONE`] if not known.
    #[inline]
    pub(super) fn get(&self, i: u8, successor: Peer) -> Peer {
        if i <= self.low { successor } else { self.high[usize::from(i - self.low) - 1] }
    }

    /// Stored finger `i`, low < i ≤ m.
    #[inline]
    pub(super) fn stored(&self, i: u8) -> Peer {
        self.high[usize::from(i - self.low) - 1]
    }

    /// All stored fingers with their index.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u8, Peer)> + '_ {
        let first = self.low + 1;
        self.high.iter().enumerate().map(move |(at, peer)| (first + at as u8, *peer))
    }

    /// Sets stored finger `i`; whether that changed it. The caller keeps the order.
    pub(super) fn set(&mut self, i: u8, peer: Peer) -> bool {
        let slot = &mut self.high[usize::from(i - self.low) - 1];
        let changed = *slot != peer;
        *slot = peer;
        changed
    }

    /// The successor now lies so far that the first `low` fingers are it. Fingers that were the successor before and
    /// are no longer become `before`, the old one: it is still the first node known behind their starts.
    pub(super) fn successor_moved(&mut self, low: u8, before: Peer) {
        let m = self.len();
        let mut high = Vec::with_capacity(usize::from(m - low));
        high.extend((low..self.low).map(|_| before));
        high.extend(self.high.iter().skip(usize::from(low.saturating_sub(self.low))));
        self.high = high;
        self.low = low;
    }

    /// Clears every finger that is `peer`; whether there was one.
    pub(super) fn forget(&mut self, peer: Peer) -> bool {
        let mut found = false;
        for slot in self.high.iter_mut().filter(|slot| **slot == peer) {
            *slot = Peer::NONE;
            found = true;
        }
        found
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.high.capacity() * size_of::<Peer>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nearer_successor_leaves_the_old_one_in_the_fingers_behind_it() {
        let mut fingers = Fingers::alone(4);
        fingers.successor_moved(3, Peer::NONE);
        assert!(fingers.set(4, Peer(8)));
        fingers.successor_moved(1, Peer(5));
        let all: Vec<_> = (1..=4).map(|i| fingers.get(i, Peer(1))).collect();
        assert_eq!(all, [Peer(1), Peer(5), Peer(5), Peer(8)]);
    }

    #[test]
    fn a_farther_successor_takes_over_fingers() {
        let mut fingers = Fingers::alone(4);
        fingers.successor_moved(1, Peer::NONE);
        for (i, peer) in [(2, 2), (3, 5), (4, 8)] {
            fingers.set(i, Peer(peer));
        }
        fingers.successor_moved(3, Peer(1));
        assert_eq!((fingers.get(3, Peer(5)), fingers.get(4, Peer(5)), fingers.len()), (Peer(5), Peer(8), 4));
    }
}
