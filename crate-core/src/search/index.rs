//! Who has which files: what a directory server, a super-peer or, with full replication, every peer keeps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{digest, fits, rank};
use crate::protocol::Peer;

/// Most entries of one index.
const ENTRIES_MAX: usize = 4_000_000;

/// A file and one peer that has it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Entry {
    /// Its name.
    pub name: Arc<str>,
    /// Who has it.
    pub holder: Peer,
}

/// An index by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Index {
    holders: BTreeMap<Arc<str>, BTreeSet<Peer>>,
    entries: usize,
}

impl Index {
    /// Adds an entry; false if there is no room. One that is there stays.
    pub fn add(&mut self, name: Arc<str>, holder: Peer) -> bool {
        if self.entries >= ENTRIES_MAX {
            return false;
        }
        self.entries += usize::from(self.holders.entry(name).or_default().insert(holder));
        true
    }

    /// A number that stands for the files of a holder; equal to [`Shelf::digest`](super::Shelf::digest) if they are the same.
    /// Looks at every name.
    #[must_use]
    pub fn digest(&self, holder: Peer) -> u64 {
        let its = self.holders.iter().filter(|(_, holders)| holders.contains(&holder));
        its.fold(0, |sum, (name, _)| sum ^ digest(name))
    }

    /// Removes an entry; whether it was there.
    pub fn remove(&mut self, name: &str, holder: Peer) -> bool {
        let Some(holders) = self.holders.get_mut(name) else { return false };
        let existed = holders.remove(&holder);
        if holders.is_empty() {
            self.holders.remove(name);
        }
        self.entries -= usize::from(existed);
        existed
    }

    /// Removes all entries of a peer.
    pub fn remove_holder(&mut self, holder: Peer) {
        let mut gone = 0;
        self.holders.retain(|_, holders| {
            gone += usize::from(holders.remove(&holder));
            !holders.is_empty()
        });
        self.entries -= gone;
    }

    /// Whether a peer is named as having a file.
    #[must_use]
    pub fn has(&self, name: &str, holder: Peer) -> bool {
        self.holders.get(name).is_some_and(|holders| holders.contains(&holder))
    }

    /// The entries that fit, best first, at most `most`: by whole words found, then the shorter name, then by name and peer.
    #[must_use]
    pub fn search(&self, words: &str, most: usize) -> Vec<Entry> {
        let mut fitting: Vec<_> = self.holders.iter().filter(|(name, _)| fits(name, words)).collect();
        fitting.sort_by_cached_key(|(name, _)| (Reverse(rank(name, words)), name.len()));
        let entries = fitting.into_iter().flat_map(|(name, holders)| {
            holders.iter().map(move |holder| Entry { name: name.clone(), holder: *holder })
        });
        entries.take(most).collect()
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// All entries, by name and peer.
    pub fn entries(&self) -> impl Iterator<Item = (&Arc<str>, Peer)> {
        self.holders.iter().flat_map(|(name, holders)| holders.iter().map(move |holder| (name, *holder)))
    }

    /// The first of them, at most `most`.
    #[must_use]
    pub fn first(&self, most: usize) -> Vec<Entry> {
        self.entries().take(most).map(|(name, holder)| Entry { name: name.clone(), holder }).collect()
    }

    /// About the bytes on the heap, without the names, which are shared.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.holders.len() * (size_of::<Arc<str>>() + size_of::<BTreeSet<Peer>>()) + self.entries * size_of::<Peer>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shelf;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_number_of_entries_is_kept_whatever_comes_and_goes(
            steps in prop::collection::vec((0_u8..3, 0_u8..5, 0_u32..4), 0..60)
        ) {
            let mut index = Index::default();
            let mut model = BTreeSet::new();
            for (what, name, holder) in steps {
                let (name, holder): (Arc<str>, _) = (format!("n{name}").into(), Peer(holder));
                match what {
                    0 => {
                        prop_assert!(index.add(name.clone(), holder));
                        model.insert((name, holder));
                    }
                    1 => prop_assert_eq!(index.remove(&name, holder), model.remove(&(name.clone(), holder))),
                    _ => {
                        index.remove_holder(holder);
                        model.retain(|(_, other)| *other != holder);
                    }
                }
                prop_assert_eq!(index.len(), model.len());
                let entries: BTreeSet<_> = index.entries().map(|(name, holder)| (name.clone(), holder)).collect();
                prop_assert_eq!(&entries, &model);
                for holder in (0..4).map(Peer) {
                    let mut shelf = Shelf::default();
                    model.iter().filter(|entry| entry.1 == holder).for_each(|entry| _ = shelf.add(entry.0.clone()));
                    prop_assert_eq!(index.digest(holder), shelf.digest());
                }
            }
        }
    }

    #[test]
    fn the_best_match_comes_first_and_answers_are_bounded() {
        let mut index = Index::default();
        for (name, holder) in [("mythammasatfile", 1), ("thammasat campus map", 2), ("thammasat map", 3)] {
            index.add(name.into(), Peer(holder));
        }
        let holders = |words, most| index.search(words, most).iter().map(|entry| entry.holder.0).collect::<Vec<_>>();
        assert_eq!(holders("thammasat", 9), [3, 2, 1]);
        assert_eq!(holders("thammasat", 2), [3, 2]);
        assert_eq!(holders("campus", 9), [2]);
    }
}
