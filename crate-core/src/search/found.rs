//! What a search has found so far.

use super::Entry;

/// What a search has found so far, each file of a holder once: whoever has just moved may stand in two indexes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found(Vec<Entry>);

impl Found {
    /// Those of these entries that are new.
    pub fn take_in(&mut self, mut entries: Vec<Entry>) -> Vec<Entry> {
        entries.retain(|entry| match self.0.binary_search(entry) {
            Ok(_) => false,
            Err(at) => {
                self.0.insert(at, entry.clone());
                true
            }
        });
        entries
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.0.len() as u32
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Peer;

    #[test]
    fn the_same_file_of_the_same_holder_counts_once() {
        let entry = |name: &str, holder| Entry { name: name.into(), holder: Peer(holder) };
        let mut found = Found::default();
        assert_eq!(found.take_in(vec![entry("a", 1), entry("b", 1)]).len(), 2);
        assert_eq!(found.take_in(vec![entry("a", 1), entry("a", 2)]), [entry("a", 2)]);
        assert_eq!(found.len(), 3);
    }
}
