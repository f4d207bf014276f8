//! Who the 4-byte peer indexes of tables and messages stand for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A peer, as an index into the directory of this process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Peer(pub u32);

impl Peer {
    /// Nobody: an empty slot of a table.
    pub const NONE: Self = Self(u32::MAX);

    /// Whether this is somebody.
    #[must_use]
    #[inline]
    pub const fn is_some(self) -> bool {
        self.0 != u32::MAX
    }

    /// `Some` if this is somebody.
    #[must_use]
    #[inline]
    pub const fn some(self) -> Option<Self> {
        if self.is_some() { Some(self) } else { None }
    }

    /// The index, for slices kept in directory order.
    #[must_use]
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The identifiers that this process has heard of; an index, once given, stays.
#[derive(Clone, Debug)]
pub struct Directory<I> {
    ids: Vec<I>,
    by_id: BTreeMap<I, Peer>,
}

impl<I> Default for Directory<I> {
    fn default() -> Self {
        Self { ids: Vec::new(), by_id: BTreeMap::new() }
    }
}

impl<I: Copy + Ord> Directory<I> {
    /// An empty directory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The index of an identifier, given now if it has none yet.
    ///
    /// # Panics
    /// After 2^32 − 1 identifiers: worlds and live peers are bounded far below.
    pub fn intern(&mut self, id: I) -> Peer {
        *self.by_id.entry(id).or_insert_with(|| {
            let index = u32::try_from(self.ids.len()).ok().filter(|i| *i != u32::MAX);
            self.ids.push(id);
            Peer(index.expect("a process hears of fewer than 2^32 - 1 peers"))
        })
    }

    /// The identifier of a peer.
    ///
    /// # Panics
    /// If the peer is not of this directory.
    #[must_use]
    #[inline]
    pub fn id(&self, peer: Peer) -> I {
        self.ids[peer.index()]
    }

    /// The index of an identifier, if it has one.
    #[must_use]
    pub fn find(&self, id: I) -> Option<Peer> {
        self.by_id.get(&id).copied()
    }

    /// How many identifiers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// All peers in ring order, from identifier 0 clockwise.
    pub fn in_ring_order(&self) -> impl DoubleEndedIterator<Item = (I, Peer)> + '_ {
        self.by_id.iter().map(|(id, peer)| (*id, *peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_keeps_its_first_index() {
        let mut peers = Directory::new();
        assert_eq!(peers.intern(7), Peer(0));
        assert_eq!(peers.intern(3), Peer(1));
        assert_eq!(peers.intern(7), Peer(0));
        assert_eq!((peers.len(), peers.find(3), peers.find(4)), (2, Some(Peer(1)), None));
    }

    #[test]
    fn ring_order_is_the_order_of_identifiers() {
        let mut peers = Directory::new();
        for id in [9, 0, 14] {
            peers.intern(id);
        }
        assert_eq!(peers.in_ring_order().map(|(id, _)| id).collect::<Vec<_>>(), [0, 9, 14]);
    }
}
