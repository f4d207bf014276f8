//! The files of a world and what is searched for: one workload for all systems that search.
//!
//! # Implementation notes
//! Objects have a rank; the share of searches for rank r is proportional to r^−α (Zipf; α = 0: all alike). How many copies the
//! peers share of each is an [`Allocation`]. An object has at least one copy, and no peer has two of one object.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::protocol::{Peer, Rng};

/// How many copies there are of what is searched for more or less often: the three allocations that Cohen and Shenker,
/// "Replication strategies in unstructured peer-to-peer networks", SIGCOMM 2002, compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Allocation {
    /// As many of each.
    Uniform,
    /// In proportion to searches: as when everybody keeps what they fetched.
    Proportional,
    /// In proportion to the square root of searches: the fewest probes a search.
    SquareRoot,
}

impl Allocation {
    /// Copies are proportional to this power of the share of searches.
    const fn power(self) -> f64 {
        match self {
            Self::Uniform => 0.0,
            Self::Proportional => 1.0,
            Self::SquareRoot => 0.5,
        }
    }

    /// Probes of random peers that a search takes in this allocation over those in the uniform one, whatever the number of peers
    /// and copies: m·Σ q/p over m², with p the share of copies and q of searches of each of m objects.
    #[must_use]
    pub fn probes_over_uniform(self, objects: u32, zipf: f64) -> f64 {
        let searches = |rank: u32| libm::pow(f64::from(rank), -zipf);
        let copies = |rank: u32| libm::pow(searches(rank), self.power());
        let sum = |of: &dyn Fn(u32) -> f64| (1..=objects).map(of).sum::<f64>();
        let each = sum(&|rank| searches(rank) / copies(rank));
        each * sum(&copies) / sum(&searches) / f64::from(objects)
    }
}

/// What a library is made from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LibrarySpec {
    /// Different objects, at least one.
    pub objects: u32,
    /// Copies of all of them together, about.
    pub copies: u64,
    /// α of the Zipf law.
    pub zipf: f64,
    /// How the copies are shared out among the objects.
    pub allocation: Allocation,
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
        let weight = |rank: u32| libm::pow(f64::from(rank), -spec.zipf * spec.allocation.power());
        let weights: f64 = (1..=objects).map(weight).sum();
        let mut placed = Vec::new();
        let count = u64::from(peers.end.saturating_sub(peers.start));
        for (rank, name) in (1..).zip(&names) {
            let wanted = ((spec.copies as f64 * weight(rank) / weights).round() as u64).clamp(1, count.max(1));
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

    fn library(allocation: Allocation) -> LibrarySpec {
        LibrarySpec { objects: 100, copies: 2_000, zipf: 1.0, allocation, seed: 3 }
    }

    #[test]
    fn copies_follow_searches_their_square_root_or_nothing() {
        let counted = |allocation| {
            let library = Library::new(library(allocation), 0..1_000);
            let copies = |rank: usize| library.placed().iter().filter(|it| it.1 == library.names()[rank]).count();
            [copies(0), copies(99)]
        };
        assert_eq!(counted(Allocation::Uniform), [20, 20]);
        assert_eq!(counted(Allocation::Proportional), [386, 4]);
        // 2,000 / Σ r^−½ = 107.6, and a tenth of that.
        assert_eq!(counted(Allocation::SquareRoot), [108, 11]);
    }

    #[test]
    fn uniform_and_proportional_take_as_many_probes_and_the_square_root_fewer() {
        for zipf in [0.0, 0.6, 1.0, 1.2] {
            let probes = |allocation: Allocation| allocation.probes_over_uniform(100, zipf);
            for alike in [Allocation::Uniform, Allocation::Proportional] {
                assert!((probes(alike) - 1.0).abs() < 1e-12, "{alike:?}");
            }
            assert!(probes(Allocation::SquareRoot) <= 1.0 + 1e-12);
        }
        // Two objects, one of which nobody wants: the paper's largest gain, 2.
        assert!((Allocation::SquareRoot.probes_over_uniform(2, 60.0) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn popular_objects_are_searched_for_and_copied_more_often() {
        let library = Library::new(library(Allocation::Proportional), 10..1_010);
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
        let library =
            Library::new(LibrarySpec { objects: 50, copies: 7, zipf: 0.0, ..library(Allocation::Uniform) }, 0..20);
        assert_eq!(library.placed().len(), 50);
    }
}
