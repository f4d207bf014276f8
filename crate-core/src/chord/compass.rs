//! A short cut to most routing steps: whom a node knows, by the first bits of how far clockwise they are.
//!
//! On large rings a step costs what it has to fetch, and an identifier is a way to the directory. The compass keeps what
//! decides nearly every step in the node itself, in its first cache line and one more: the gaps to both neighbours in 64
//! bits, and everybody known, farthest first, with 32 bits of the way to each. Where bits do not decide, it says so, and
//! [`routing`](super::routing) compares whole identifiers.
//!
//! It is worked out from the tables and spoilt by every change to them; a spoilt compass leaves every step unclear.

use super::{ChordId, Directory, IdBits, Peer};

/// How many contacts stand in the node itself: about all that a node of 100,000 has, with eight successors.
const INSIDE: usize = 26;

/// A peer, and the first 32 bits of the way to it, of a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(align(8))]
struct Contact {
    gap: u32,
    peer: Peer,
}

impl Contact {
    const NOBODY: Self = Self { gap: 0, peer: Peer::NONE };
}

/// What the compass says of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Course {
    /// The node is responsible.
    Own,
    /// The successor is.
    Successor(Peer),
    /// Neither; of everybody known this one precedes it most closely.
    Preceding(Peer),
    /// The bits do not decide.
    Unclear,
}

/// See the module.
#[derive(Clone, Debug)]
#[repr(C)]
pub(super) struct Compass {
    /// The first 64 bits of the node's identifier, of a turn; so are the gaps.
    here: u64,
    /// From the predecessor; 0 without one.
    predecessor_gap: u64,
    successor_gap: u64,
    /// How many contacts there are; 0 if spoilt, or if nobody is known.
    count: u32,
    /// Farthest first; the last of all is the successor.
    inside: [Contact; INSIDE],
    /// Those that have no room inside.
    outside: Box<[Contact]>,
}

impl Compass {
    /// A compass that knows nobody.
    pub(super) fn spoilt() -> Self {
        let inside = [Contact::NOBODY; INSIDE];
        Self { here: 0, predecessor_gap: 0, successor_gap: 0, count: 0, inside, outside: Box::default() }
    }

    /// The compass of `me` among `known`, who come in any order and more than once.
    pub(super) fn new(
        me: ChordId,
        predecessor: Option<Peer>,
        known: impl Iterator<Item = Peer>,
        peers: &Directory<ChordId>,
        bits: IdBits,
    ) -> Self {
        let way = |to: Peer| me.clockwise_to(peers.id(to), bits);
        let mut ways: Vec<(ChordId, Peer)> = known.map(|peer| (way(peer), peer)).collect();
        crate::small_sort::sort(&mut ways);
        ways.dedup();
        let mut contacts = ways.iter().rev().map(|(way, peer)| {
            let gap = (way.fraction_start(bits) >> 32) as u32;
            Contact { gap, peer: *peer }
        });
        let mut inside = [Contact::NOBODY; INSIDE];
        inside.iter_mut().zip(&mut contacts).for_each(|(slot, contact)| *slot = contact);
        Self {
            here: me.fraction_start(bits),
            predecessor_gap: predecessor.map_or(0, |p| peers.id(p).clockwise_to(me, bits).fraction_start(bits)),
            successor_gap: ways.first().map_or(0, |(way, _)| way.fraction_start(bits)),
            count: ways.len() as u32,
            inside,
            outside: contacts.collect(),
        }
    }

    /// The tables have changed.
    pub(super) const fn spoil(&mut self) {
        self.count = 0;
    }

    pub(super) const fn is_spoilt(&self) -> bool {
        self.count == 0
    }

    /// The contact at a place below `count`.
    #[inline]
    fn contact(&self, at: usize) -> Contact {
        match self.inside.get(at) {
            Some(contact) => *contact,
            None => self.outside[at - INSIDE],
        }
    }

    /// Where to look first: gaps halve from finger to finger, so the number of a way's leading zeros is about the place
    /// of the farthest contact before its end.
    #[inline]
    fn guess(&self, way: u32) -> usize {
        way.leading_zeros().min(self.count.saturating_sub(1)) as usize
    }

    /// Whose turn it is with a key.
    ///
    /// Differences of first bits are those of whole identifiers, cut, or one more where the rest borrows. So `way` and
    /// `back` are sure to one unit, and what lies within that is unclear.
    #[inline]
    pub(super) fn course(&self, key: ChordId, bits: IdBits) -> Course {
        let key = key.fraction_start(bits);
        let (back, way) = (self.here.wrapping_sub(key), key.wrapping_sub(self.here));
        if self.is_spoilt() || way == 0 {
            return Course::Unclear;
        }
        if back < self.predecessor_gap {
            return Course::Own;
        }
        if back <= self.predecessor_gap.saturating_add(1) {
            return Course::Unclear;
        }
        if way <= self.successor_gap.saturating_add(1) {
            let successor = || self.contact(self.count as usize - 1).peer;
            return if way < self.successor_gap { Course::Successor(successor()) } else { Course::Unclear };
        }
        self.preceding((way >> 32) as u32)
    }

    #[inline]
    fn preceding(&self, way: u32) -> Course {
        let (sure, last) = (way.saturating_sub(1), self.count as usize - 1);
        let mut at = self.guess(way);
        let mut contact = self.contact(at);
        while contact.gap > way && at < last {
            at += 1;
            contact = self.contact(at);
        }
        // The one before it lies beyond the key, or is the better one itself.
        while at > 0 {
            let farther = self.contact(at - 1);
            if farther.gap > way {
                break;
            }
            if farther.gap >= sure {
                return Course::Unclear;
            }
            (at, contact) = (at - 1, farther);
        }
        if contact.gap < sure { Course::Preceding(contact.peer) } else { Course::Unclear }
    }

    /// Reads every cache line that [`Compass::course`] may read, so that it need not wait for one to know the next.
    #[inline]
    pub(super) fn touch(&self) -> u32 {
        let lines = self.inside.iter().skip(2).step_by(64 / size_of::<Contact>());
        lines.fold(self.count, |all, contact| all ^ contact.gap)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.outside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RingId;

    /// A compass among names, and its own identifier.
    fn among(count: u32, bits: IdBits) -> (Directory<ChordId>, Compass, ChordId) {
        let mut peers = Directory::new();
        let all: Vec<Peer> = (0..count).map(|i| peers.intern(ChordId::of_name(bits, &i.to_string()))).collect();
        let me = peers.id(all[0]);
        let before = all[1..].iter().min_by_key(|peer| peers.id(**peer).clockwise_to(me, bits)).copied();
        let compass = Compass::new(me, before, all[1..].iter().copied(), &peers, bits);
        (peers, compass, me)
    }

    #[test]
    fn nearly_every_key_of_a_large_ring_is_decided_and_rightly() {
        let bits = IdBits::SHA1;
        // More than have room inside.
        let (peers, compass, me) = among(200, bits);
        let mut unclear = 0;
        for i in 0..10_000 {
            let key = ChordId::of_name(bits, &format!("key {i}"));
            let way = me.clockwise_to(key, bits);
            let ways = peers.in_ring_order().map(|(id, peer)| (me.clockwise_to(id, bits), peer));
            let (before, after) = ways.partition::<Vec<_>, _>(|(gap, _)| *gap < way);
            let expected = match (before.len(), after.is_empty()) {
                (1, _) => Course::Successor(after.iter().min().expect("somebody").1),
                (_, true) => Course::Own,
                _ => Course::Preceding(before.iter().max().expect("somebody").1),
            };
            match compass.course(key, bits) {
                Course::Unclear => unclear += 1,
                course => assert_eq!(course, expected),
            }
        }
        assert!(unclear < 10, "{unclear} of 10,000");
    }

    #[test]
    fn a_spoilt_compass_decides_nothing() {
        let (_, mut compass, _) = among(20, IdBits::SHA1);
        compass.spoil();
        let course = compass.course(ChordId::of_name(IdBits::SHA1, "any"), IdBits::SHA1);
        assert_eq!(course, Course::Unclear);
    }
}
