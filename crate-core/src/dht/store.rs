//! The values that one node holds.

use std::collections::BTreeMap;

use super::{Item, Payload, Peer};
use crate::time::{Duration, Time};

/// Most values that a node holds, deleted ones included.
pub(super) const MOST_ENTRIES: usize = 1 << 16;
/// Most holders remembered for one value.
pub(super) const MOST_COPIES: usize = 32;
/// How long it is remembered that a value was deleted.
const DELETED_FOR: Duration = Duration::from_secs(3_600);

/// Which of two writes is the later: by the writer's clock, and by its identifier where clocks agree. A write always
/// gets a later time than the version it replaces.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version<I> {
    /// When it was written.
    pub time: Time,
    /// By which responsible node.
    pub by: I,
}

/// What a node holds under a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry<I> {
    pub(super) version: Version<I>,
    pub(super) value: Payload,
    pub(super) answers: bool,
    pub(super) copies: Vec<Peer>,
    /// Nodes that hold a copy and need not, once all others who should hold one have said that they do.
    pub(super) former: Vec<Peer>,
    pub(super) handed_by: Peer,
}

impl<I> Entry<I> {
    /// The version.
    #[must_use]
    pub const fn version(&self) -> &Version<I> {
        &self.version
    }

    /// The value; `None` if it was deleted, which is remembered for a while.
    #[must_use]
    pub fn value(&self) -> Option<&[u8]> {
        self.value.as_deref()
    }

    /// Whether the node answers for the value, or only holds a copy.
    #[must_use]
    pub const fn answers(&self) -> bool {
        self.answers
    }

    /// Nodes that have said that they hold a copy; known only to the node that answers for it.
    #[must_use]
    pub fn copies(&self) -> &[Peer] {
        &self.copies
    }

    /// Nodes that hold a copy, whether they should or not.
    pub(super) fn all_copies(&self) -> Vec<Peer> {
        self.copies.iter().chain(&self.former).copied().take(MOST_COPIES).collect()
    }

    pub(super) fn forget_copies(&mut self) {
        self.copies.clear();
        self.former.clear();
    }

    pub(super) fn add_copy(&mut self, peer: Peer) {
        if self.copies.len() < MOST_COPIES && !self.copies.contains(&peer) {
            self.copies.push(peer);
        }
    }
}

/// What a write did to the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Merged {
    /// Newer than what was there.
    Taken,
    /// The same version was there.
    Same,
    /// A newer version is there.
    Older,
    /// There is no room.
    Full,
}

/// The values of one node, by key.
#[derive(Clone, Debug)]
pub(super) struct Store<I> {
    pub(super) entries: BTreeMap<I, Entry<I>>,
}

impl<I: Copy + Ord> Store<I> {
    pub(super) const fn new() -> Self {
        Self { entries: BTreeMap::new() }
    }

    /// A new version written here; `None` if there is no room.
    pub(super) fn write(&mut self, now: Time, by: I, key: I, value: Payload) -> Option<Version<I>> {
        let before = self.entries.get(&key);
        if before.is_none() && self.entries.len() >= MOST_ENTRIES {
            return None;
        }
        let time = before.map_or(now, |entry| now.max(entry.version.time + Duration(1)));
        let version = Version { time, by };
        let entry =
            Entry { version, value, answers: true, copies: Vec::new(), former: Vec::new(), handed_by: Peer::NONE };
        self.entries.insert(key, entry);
        Some(version)
    }

    /// Takes in a version written elsewhere, if it is newer.
    pub(super) fn merge(&mut self, item: &Item<I>) -> Merged {
        if let Some(entry) = self.entries.get_mut(&item.key) {
            if entry.version > item.version {
                return Merged::Older;
            }
            if entry.version == item.version {
                return Merged::Same;
            }
            entry.version = item.version;
            entry.value = item.value.clone();
            entry.forget_copies();
            return Merged::Taken;
        }
        if self.entries.len() >= MOST_ENTRIES {
            return Merged::Full;
        }
        let (version, value) = (item.version, item.value.clone());
        let entry =
            Entry { version, value, answers: false, copies: Vec::new(), former: Vec::new(), handed_by: Peer::NONE };
        self.entries.insert(item.key, entry);
        Merged::Taken
    }

    /// Forgets deletions so old that every reachable copy has long heard of them.
    pub(super) fn purge(&mut self, now: Time) {
        self.entries.retain(|_, entry| entry.value.is_some() || now.since(entry.version.time) < DELETED_FOR);
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let heap = |entry: &Entry<I>| {
            entry.value.as_ref().map_or(0, |value| value.len())
                + (entry.copies.capacity() + entry.former.capacity()) * size_of::<Peer>()
        };
        self.entries.len() * size_of::<(I, Entry<I>)>() + self.entries.values().map(heap).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(time: u64, by: u8, value: Option<&[u8]>) -> Item<u8> {
        let version = Version { time: Time(time), by };
        Item { key: 1, version, value: value.map(Into::into), copies: Vec::new() }
    }

    #[test]
    fn an_old_copy_does_not_bring_a_deleted_value_back() {
        let mut store = Store::new();
        assert_eq!(store.merge(&item(5, 0, Some(b"x"))), Merged::Taken);
        assert!(store.write(Time(3), 9, 1, None).is_some(), "the clock of the writer is behind");
        assert_eq!(store.merge(&item(5, 0, Some(b"x"))), Merged::Older);
        assert_eq!(store.entries[&1].value, None);
    }

    #[test]
    fn two_writes_of_one_moment_end_alike_in_either_order() {
        let writes = [item(5, 1, Some(b"a")), item(5, 2, Some(b"b"))];
        for order in [[0, 1], [1, 0]] {
            let mut store = Store::new();
            for at in order {
                store.merge(&writes[at]);
            }
            assert_eq!(store.entries[&1].value.as_deref(), Some(b"b".as_slice()));
        }
    }

    #[test]
    fn a_deletion_is_forgotten_after_an_hour_and_a_value_is_not() {
        let mut store = Store::new();
        store.merge(&item(0, 0, None));
        store.purge(Time(3_599_999_999));
        assert_eq!(store.entries.len(), 1);
        store.purge(Time(3_600_000_000));
        assert_eq!(store.entries.len(), 0);
        store.merge(&item(0, 0, Some(b"x")));
        store.purge(Time(u64::MAX));
        assert_eq!(store.entries.len(), 1);
    }

    #[test]
    fn a_full_store_takes_no_more_keys() {
        let mut store = Store::new();
        for key in 0..MOST_ENTRIES as u32 {
            assert!(store.write(Time(0), 0, key, None).is_some());
        }
        assert_eq!(store.write(Time(0), 0, u32::MAX, None), None);
        assert!(store.write(Time(0), 0, 7, None).is_some());
    }
}
