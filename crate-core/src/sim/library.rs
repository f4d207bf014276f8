//! The files of a world and what is searched for: one workload for all systems that search.
//!
//! # Implementation notes
//! Objects have a rank; the share of searches for rank r is proportional to r^−α (Zipf; α = 0: all alike), and so are the copies
//! that the peers share, as when everybody keeps what they fetched (Lv et al. 2002: "proportional"). An object has at least one
//! copy, and no peer has two of one object.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};

use crate::protocol::{Peer, Rng};

/// What a library is made from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LibrarySpec {
    /// Different objects, at least one.
    pub objects: u32,
    /// Copies of all of them together, about.
    pub copies: u64,
    /// α of the Zipf law.
    pub zipf: f64,
    /// What is drawn comes from.
    pub seed: u64,
}

/// Objects, and who shares copies.
#[derive(Clone, Debug)]
pub struct Library {
    names: Vec<Arc<str>>,
    /// Sums of the shares of ranks up to each.
    sums: Vec<f64>,
    placed: Vec<(Peer, Arc<str>)>,
}

/// Words that files are named with, beside their number.
const WORDS: [&str; 6] = ["thammasat", "rangsit", "sirindhorn", "lecture", "song", "recipe"];

impl Library {
    /// The library of the peers of these numbers.
    #[must_use]
    pub fn new(spec: LibrarySpec, peers: std::ops::Range<u32>) -> Self {
        let objects = spec.objects.max(1);
        let mut rng = Rng::seed_from_u64(spec.seed ^ 0x006C_6962_7261_7279);
        let names: Vec<Arc<str>> = (0..objects)
            .map(|object| format!("{} {object:07}", WORDS[object as usize % WORDS.len()]).as_str().into())
            .collect();
        let mut sum = 0.0;
        let mut sums = Vec::with_capacity(names.len());
        for rank in 1..=objects {
            sum += libm::pow(f64::from(rank), -spec.zipf);
            sums.push(sum);
        }
        let mut placed = Vec::new();
        let count = u64::from(peers.end.saturating_sub(peers.start));
        for (object, name) in names.iter().enumerate() {
            let share = (sums[object] - if object == 0 { 0.0 } else { sums[object - 1] }) / sum;
            let wanted = ((spec.copies as f64 * share).round() as u64).clamp(1, count.max(1));
            let mut holders = BTreeSet::new();
            while (holders.len() as u64) < wanted.min(count) {
                holders.insert(Peer(rng.random_range(peers.clone())));
            }
            placed.extend(holders.into_iter().map(|holder| (holder, name.clone())));
        }
        Self { names, sums, placed }
    }

    /// Who shares what from the beginning.
    #[must_use]
    pub fn placed(&self) -> &[(Peer, Arc<str>)] {
        &self.placed
    }

    /// All names, the most popular first.
    #[must_use]
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// What somebody searches for.
    pub fn draw(&self, rng: &mut Rng) -> &Arc<str> {
        let most = self.sums.last().copied().unwrap_or(1.0);
        // 53 bits are exact in an f64.
        let drawn = (rng.random::<u64>() >> 11) as f64 / (1_u64 << 53) as f64 * most;
        let at = self.sums.partition_point(|sum| *sum <= drawn);
        &self.names[at.min(self.names.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn popular_objects_are_searched_for_and_copied_more_often() {
        let library = Library::new(LibrarySpec { objects: 100, copies: 2_000, zipf: 1.0, seed: 3 }, 10..1_010);
        let mut rng = Rng::seed_from_u64(1);
        let first = (0..10_000).filter(|_| *library.draw(&mut rng) == library.names()[0]).count();
        // 1 / H(100) = 0.193.
        assert!((1_750..2_120).contains(&first), "{first}");
        let copies = |name: &Arc<str>| library.placed().iter().filter(|(_, other)| other == name).count();
        assert_eq!((copies(&library.names()[0]), copies(&library.names()[99])), (386, 4));
        assert!(library.placed().iter().all(|(peer, _)| (10..1_010).contains(&peer.0)));
    }

    #[test]
    fn without_zipf_all_objects_are_alike_and_none_is_missing() {
        let library = Library::new(LibrarySpec { objects: 50, copies: 7, zipf: 0.0, seed: 3 }, 0..20);
        assert_eq!(library.placed().len(), 50);
    }
}
