//! What has come by, and from where: suppresses duplicates, and is the way back for answers.

use crate::protocol::Peer;

/// The last descriptors that came by, a bounded number of them; the oldest is forgotten first.
#[derive(Clone, Debug)]
pub struct Seen {
    ids: Vec<u128>,
    from: Vec<Peer>,
    /// Where the next one goes once the memory is full.
    oldest: usize,
    most: usize,
}

impl Seen {
    /// Remembers up to `most`, at least one.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { ids: Vec::new(), from: Vec::new(), oldest: 0, most: most.max(1) }
    }

    /// Remembers that this came from there, unless it is known already; whether it is new.
    pub fn insert(&mut self, id: u128, from: Peer) -> bool {
        if self.ids.contains(&id) {
            return false;
        }
        if self.ids.len() < self.most {
            self.ids.push(id);
            self.from.push(from);
        } else {
            self.ids[self.oldest] = id;
            self.from[self.oldest] = from;
            self.oldest = (self.oldest + 1) % self.most;
        }
        true
    }

    /// Who it came from, if that is remembered.
    #[must_use]
    pub fn from(&self, id: u128) -> Option<Peer> {
        self.ids.iter().position(|other| *other == id).map(|at| self.from[at])
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.ids.capacity() * size_of::<u128>() + self.from.capacity() * size_of::<Peer>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bringer_is_remembered_and_the_oldest_forgotten() {
        let mut seen = Seen::new(3);
        for id in 0..3 {
            assert!(seen.insert(id, Peer(id as u32)));
        }
        assert!(!seen.insert(1, Peer(9)));
        assert_eq!(seen.from(1), Some(Peer(1)));
        assert!(seen.insert(3, Peer(3)));
        assert_eq!([0, 1, 2, 3].map(|id| seen.from(id).is_some()), [false, true, true, true]);
        assert!(seen.insert(0, Peer(7)), "what is forgotten counts as new");
        assert_eq!(seen.from(1), None);
    }
}
