//! The files that a peer shares.

use std::sync::Arc;

use super::{HITS_MAX, SearchError, digest, fits, normal};

/// Most files of one peer.
const FILES_MAX: usize = 10_000;

/// A shared file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Its number at this peer, which stays.
    pub index: u32,
    /// Its name.
    pub name: Arc<str>,
}

/// Shared files, in the order in which they came.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shelf {
    files: Vec<File>,
}

impl Shelf {
    /// Shares a file under a name as it was typed; the name as it is kept.
    ///
    /// # Errors
    /// If it is no name, or there is no room.
    pub fn share(&mut self, name: &str) -> Result<Arc<str>, SearchError> {
        let name = normal(name).ok_or(SearchError::Name)?;
        if self.add(name.clone()) { Ok(name) } else { Err(SearchError::Full) }
    }

    /// Shares a file no longer; the name as it was kept, if it was there.
    pub fn withdraw(&mut self, name: &str) -> Option<Arc<str>> {
        normal(name).filter(|name| self.remove(name))
    }

    /// Puts a file there; false if there is no room. One that is there stays.
    pub fn add(&mut self, name: Arc<str>) -> bool {
        if self.has(&name) {
            return true;
        }
        if self.files.len() >= FILES_MAX {
            return false;
        }
        let index = self.files.last().map_or(0, |last| last.index.wrapping_add(1));
        self.files.push(File { index, name });
        true
    }

    /// Takes a file away; whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.files.len();
        self.files.retain(|file| *file.name != *name);
        self.files.len() < before
    }

    /// Whether a file is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.files.iter().any(|file| *file.name == *name)
    }

    /// All of them.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The file of this number.
    #[must_use]
    pub fn at(&self, index: u32) -> Option<&File> {
        self.files.iter().find(|file| file.index == index)
    }

    /// A number that stands for what is there, in any order.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum ^ digest(&file.name))
    }

    /// Those that fit, at most [`HITS_MAX`].
    pub fn matching(&self, words: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| fits(&file.name, words)).take(HITS_MAX)
    }

    /// Bytes on the heap, without the names, which are shared.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.files.capacity() * size_of::<File>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_number_when_others_go() {
        let mut shelf = Shelf::default();
        for name in ["a", "b", "c"] {
            assert!(shelf.add(name.into()));
        }
        assert!(shelf.add("b".into()) && shelf.files().len() == 3, "the same file is there once");
        assert!(shelf.remove("a") && !shelf.remove("a"));
        assert_eq!(shelf.at(2).map(|file| &*file.name), Some("c"));
        assert_eq!(shelf.at(0), None);
    }

    #[test]
    fn answers_are_bounded() {
        let mut shelf = Shelf::default();
        (0..HITS_MAX + 9).for_each(|i| assert!(shelf.add(format!("song {i}").into())));
        assert_eq!(shelf.matching("song").count(), HITS_MAX);
    }
}
