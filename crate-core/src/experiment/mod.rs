//! Experiments of the papers, run on the real protocols: sweeps, statistics, and published figures beside ours.
//!
//! A [`Point`] is one row of results to be: an experiment ([`What`]), a number of nodes, a seed. Its work is cut into
//! numbered blocks, each with a seed of its own and a tally of whole numbers ([`Counts`]):
//!
//! 1. [`Point::prepare`] builds what all blocks share (a world, most often);
//! 2. [`Ready::run`] runs one block; blocks may run in any order, on any threads or machines;
//! 3. the tallies are added up ([`Counts::merge`]);
//! 4. [`Point::rows`] turns the sum into rows.
//!
//! So the result depends on the point alone. Threads, files and progress are the business of whoever drives this.
//!
//! # Implementation notes
//! - The size of a block is fixed, never worked out from the number of threads.
//! - Only experiments see the whole ring: they check where lookups end, and say which nodes fail.

// Its listeners are closures over generic worlds, long to write whatever they are called.
#[allow(clippy::type_complexity, clippy::unusual_byte_groupings)]
pub mod churn;
mod churned;
pub mod claims;
pub mod compare;
mod compared;
pub mod counts;
mod failures;
mod flood;
pub mod growth;
mod load;
mod near;
pub mod published;
mod resilience;
pub mod row;
mod tables;
mod techniques;
#[cfg(test)]
mod tests;
mod walks;

use rand::SeedableRng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use churned::Churned;
pub use compared::Compared;
pub use counts::{Counts, Histogram};
pub use flood::Flooded;
pub use resilience::Geometry;
pub use row::{Row, Value};
pub use techniques::Technique;

use crate::id::Digits;
use crate::pastry::{JoinMethod, LeafSetSize};
use crate::protocol::Rng;
pub use crate::sim::lab::SystemKind;
use crate::sim::spec::{NODES_MAX, SpecError};
use crate::sim::workload::Target;

/// Lookups of one block, at most.
pub const LOOKUPS_PER_BLOCK: u32 = 4_096;

/// Most keys that a load experiment puts on a ring in one run.
pub const KEYS_MAX: u32 = 100_000_000;
/// Most virtual nodes of one node.
pub const VIRTUAL_MAX: u32 = 1_000;
/// Most lookups of one point.
pub const LOOKUPS_MAX: u32 = 1_000_000_000;

/// A system's name in rows.
#[must_use]
pub const fn system_name(system: SystemKind) -> &'static str {
    match system {
        SystemKind::Pastry => "pastry",
        SystemKind::Chord => "chord",
    }
}

/// Which of Chord's hops are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CountTo {
    /// Those up to the key's predecessor: the path length of Stoica et al., one less than to the owner.
    Predecessor,
    /// Those up to the node responsible, as Pastry counts.
    Owner,
}

/// How many nodes fail.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Fail {
    /// This share of all, rounded to whole nodes.
    Fraction(f64),
    /// So many.
    Count(u32),
}

impl Fail {
    /// How many of `nodes` that is.
    #[must_use]
    pub fn of(self, nodes: u32) -> u32 {
        match self {
            // A float that is too large or no number becomes the nearest whole one.
            Self::Fraction(fraction) => (fraction * f64::from(nodes)).round() as u32,
            Self::Count(count) => count,
        }
    }
}

/// An experiment and its options.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum What {
    /// Hops from a random node, on converged tables.
    Hops {
        /// Which overlay.
        system: SystemKind,
        /// Pastry's b.
        digits: Digits,
        /// Pastry's |L|.
        leaf_set: LeafSetSize,
        /// What lookups look for.
        target: Target,
        /// Chord's last hop counted.
        count: CountTo,
    },
    /// Filled entries of Pastry's routing tables, row by row, converged.
    Table {
        /// b.
        digits: Digits,
        /// |L|.
        leaf_set: LeafSetSize,
    },
    /// Length of routes on the plane against the direct distance.
    Distance {
        /// Which overlay.
        system: SystemKind,
    },
    /// How near Pastry's entries are when nodes join one by one.
    TableQuality {
        /// What a newcomer asks for.
        method: JoinMethod,
    },
    /// Nodes that fail all at once, in silence.
    Failures {
        /// Which overlay.
        system: SystemKind,
        /// How many.
        fail: Fail,
    },
    /// Keys a node holds, in independent runs on Chord's ring.
    Load {
        /// Keys a run.
        keys: u32,
        /// Places on the ring a node has.
        virtual_nodes: u32,
    },
    /// Lookups that meet no node that drops messages.
    Malicious {
        /// Which overlay.
        system: SystemKind,
        /// Share of nodes that do.
        fraction: f64,
    },
    /// Paths that break when nodes fail and nothing is mended, by the shape of the overlay alone.
    Resilience {
        /// The shape.
        geometry: Geometry,
        /// Share of nodes that fail.
        fraction: f64,
    },
    /// Pastry and Chord on the same nodes, latencies and lookups.
    Compare(Compared),
    /// Lookups while nodes come and go.
    Churn(Churned),
    /// Searches through an unstructured network.
    Flood(Flooded),
    /// The lecture's six techniques on the same peers, files and searches.
    Techniques,
}

/// What one row of results is made from. Two equal ones give equal rows, everywhere.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Point {
    /// How many nodes there are, 1 to [`NODES_MAX`].
    pub nodes: u32,
    /// What all randomness comes from.
    pub seed: u64,
    /// How many lookups there are, up to [`LOOKUPS_MAX`]; experiments without lookups pass over it.
    pub lookups: u32,
    /// The experiment.
    pub what: What,
}

/// Why there is no row.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum Refusal {
    /// No such world can be.
    #[error("{0}")]
    World(#[from] SpecError),
    /// A fraction outside its range.
    #[error("A fraction lies between 0 and 1, so {0} is none.")]
    Fraction(f64),
    /// Too many would fail.
    #[error("Of {nodes} nodes, {failed} cannot fail: at least two have to be left.")]
    TooManyFail {
        /// How many there are.
        nodes: u32,
        /// How many should fail.
        failed: u32,
    },
    /// A number outside its range.
    #[error("{what}: {given} is outside 1 to {most}.")]
    Range {
        /// Which number.
        what: &'static str,
        /// What was asked for.
        given: u32,
        /// The largest allowed.
        most: u32,
    },
    /// The geometries are drawn for full identifier spaces.
    #[error("The resilience experiment fills a space of 2^k identifiers: {0} is no power of two from 4 up.")]
    PowerOfTwo(u32),
    /// A rate that is none.
    #[error("A node makes 0 to 100 lookups a second, so {0} is none.")]
    Rate(f64),
    /// Lookups on converged tables went astray.
    #[error("{wrong} lookups ended at a wrong node and {lost} did not end: these tables are not sound.")]
    Astray {
        /// Ended at a node that is not responsible.
        wrong: u64,
        /// Did not end.
        lost: u64,
    },
    /// A comparison outside its range.
    #[error("{0}")]
    Compare(#[from] compare::SettingsError),
    /// Nodes did not come in.
    #[error("Only {joined} of {nodes} nodes came in.")]
    NotJoined {
        /// How many did.
        joined: u64,
        /// How many should have.
        nodes: u32,
    },
}

/// A point whose blocks can be run.
pub trait Ready: Sync + Send {
    /// Runs block `block`, one of the point's [`Point::blocks`].
    fn run(&self, block: u32) -> Counts;

    /// Bytes of tables and bookkeeping a node; `None` where no nodes are built.
    fn bytes_per_node(&self) -> Option<u64> {
        None
    }
}

impl Point {
    /// Whether this can be run at all.
    ///
    /// # Errors
    /// If a number lies outside its range.
    pub fn check(&self) -> Result<(), Refusal> {
        let range = |what, given: u32, most: u32| {
            if given >= 1 && given <= most { Ok(()) } else { Err(Refusal::Range { what, given, most }) }
        };
        let fraction = |given: f64| if (0.0..=1.0).contains(&given) { Ok(()) } else { Err(Refusal::Fraction(given)) };
        if self.nodes == 0 {
            return Err(SpecError::NoNodes.into());
        }
        if self.nodes > NODES_MAX {
            return Err(SpecError::TooManyNodes(self.nodes.into()).into());
        }
        range("Lookups", self.lookups, LOOKUPS_MAX)?;
        match self.what {
            What::Failures { fail, .. } => {
                if let Fail::Fraction(given) = fail {
                    fraction(given)?;
                }
                let (nodes, failed) = (self.nodes, fail.of(self.nodes));
                if failed.saturating_add(2) > nodes {
                    return Err(Refusal::TooManyFail { nodes, failed });
                }
                Ok(())
            }
            What::Load { keys, virtual_nodes } => {
                range("Keys", keys, KEYS_MAX)?;
                range("Virtual nodes", virtual_nodes, VIRTUAL_MAX)?;
                let all = u64::from(self.nodes) * u64::from(virtual_nodes);
                if all > load::PLACES_MAX { Err(SpecError::TooManyNodes(all).into()) } else { Ok(()) }
            }
            What::Malicious { fraction: given, .. } => fraction(given),
            What::Resilience { fraction: given, .. } => {
                fraction(given)?;
                let is_space = self.nodes.is_power_of_two() && self.nodes >= 4;
                if is_space { Ok(()) } else { Err(Refusal::PowerOfTwo(self.nodes)) }
            }
            What::Compare(compared) => Ok(compared::settings(self, &compared).check()?),
            What::Churn(churned) => churned.check(),
            What::Flood(flooded) => flooded.check(),
            What::Techniques => techniques::check(self),
            What::Hops { .. } | What::Table { .. } | What::Distance { .. } | What::TableQuality { .. } => Ok(()),
        }
    }

    /// How many blocks the work has.
    #[must_use]
    pub fn blocks(&self) -> u32 {
        match self.what {
            What::Hops { .. } | What::Distance { .. } | What::Malicious { .. } | What::Resilience { .. } => {
                self.lookups.div_ceil(LOOKUPS_PER_BLOCK)
            }
            What::Table { .. } | What::TableQuality { .. } => tables::blocks(self.nodes),
            What::Failures { system, .. } => failures::blocks(system, self.lookups),
            What::Load { .. } => load::RUNS,
            What::Flood(_) => self.lookups.div_ceil(flood::SEARCHES_PER_BLOCK),
            What::Techniques => Technique::ALL.len() as u32,
            What::Compare(_) | What::Churn(_) => 1,
        }
    }

    /// Builds what all blocks share.
    ///
    /// # Errors
    /// If the point asks for something that cannot be.
    pub fn prepare(&self) -> Result<Box<dyn Ready>, Refusal> {
        self.check()?;
        match self.what {
            What::Hops { .. } | What::Distance { .. } | What::Malicious { .. } => walks::prepare(self),
            What::Table { .. } | What::TableQuality { .. } => tables::prepare(self),
            What::Failures { system, fail } => failures::prepare(self, system, fail.of(self.nodes)),
            What::Load { keys, virtual_nodes } => Ok(load::prepare(self, keys, virtual_nodes)),
            What::Resilience { geometry, fraction } => Ok(resilience::prepare(self, geometry, fraction)),
            What::Compare(compared) => compared::prepare(self, &compared),
            What::Churn(churned) => Ok(churned::prepare(self, &churned)),
            What::Flood(flooded) => flood::prepare(self, &flooded),
            What::Techniques => Ok(techniques::prepare(self)),
        }
    }

    /// The rows of all blocks' counts together: one, but for comparisons one for each system.
    ///
    /// # Errors
    /// If they show that something went wrong that must not.
    pub fn rows(&self, counts: &Counts) -> Result<Vec<Row>, Refusal> {
        Ok(vec![match self.what {
            What::Hops { system, count, .. } => walks::hops_row(self, system, count, counts)?,
            What::Distance { system } => walks::distance_row(self, system, counts)?,
            What::Malicious { system, fraction } => walks::malicious_row(self, system, fraction, counts)?,
            What::Table { .. } => tables::table_row(self, counts),
            What::TableQuality { method } => tables::quality_row(self, method, counts)?,
            What::Failures { system, fail } => failures::row(self, system, fail.of(self.nodes), counts)?,
            What::Load { keys, virtual_nodes } => load::row(self, keys, virtual_nodes, counts),
            What::Resilience { geometry, fraction } => resilience::row(self, geometry, fraction, counts),
            What::Churn(churned) => churned::row(self, &churned, counts),
            What::Flood(flooded) => flood::row(&flooded, counts),
            What::Techniques => return Ok(techniques::rows(self, counts)),
            What::Compare(compared) => return Ok(compared::rows(self, &compared, counts)),
        }])
    }

    /// Lookups of one block.
    fn lookups_of(&self, block: u32) -> u32 {
        self.lookups.saturating_sub(block.saturating_mul(LOOKUPS_PER_BLOCK)).min(LOOKUPS_PER_BLOCK)
    }

    /// Randomness for one purpose and one block, of which no two begin alike.
    fn rng(&self, purpose: u64, block: u32) -> Rng {
        Rng::seed_from_u64(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose << 32 ^ u64::from(block))
    }
}

/// Runs a whole point here and now, block after block.
///
/// # Errors
/// If it asks for something that cannot be.
pub fn run(point: &Point) -> Result<(Vec<Row>, Counts), Refusal> {
    let ready = point.prepare()?;
    let mut counts = Counts::default();
    for block in 0..point.blocks() {
        counts.merge(&ready.run(block));
    }
    Ok((point.rows(&counts)?, counts))
}
