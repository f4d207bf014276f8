//! Lookups under churn as an experiment: one course of events, so one block.
//!
//! # Implementation notes
//! Means are worked out by the run itself. They travel as the bits of their numbers, which adding the counts of one block
//! to nothing leaves as they are.

use serde::{Deserialize, Serialize};

use super::churn::{self, Settings};
use super::{Counts, Point, Ready, Refusal, Row, system_name};
use crate::chord::{self, ChordNode};
use crate::pastry::{self, PastryNode};
use crate::sim::lab::SystemKind;

/// The longest session mean and measured time, in seconds: a year.
const SECONDS_MAX: u32 = 31_536_000;
/// The most lookups a node makes in a second.
const RATE_MAX: f64 = 100.0;

/// What is run, beside nodes and seed; see [`Settings`].
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Churned {
    /// Which overlay.
    pub system: SystemKind,
    /// Mean of the exponential sessions, in seconds.
    pub session_mean_s: u32,
    /// Measured time, in simulated seconds.
    pub duration_s: u32,
    /// Messages lost on the way, in millionths.
    pub loss_per_million: u32,
    /// Lookups that each member starts in a second, on average.
    pub lookup_rate: f64,
}

impl Churned {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let range = |what, given: u32| {
            if (1..=SECONDS_MAX).contains(&given) {
                Ok(())
            } else {
                Err(Refusal::Range { what, given, most: SECONDS_MAX })
            }
        };
        range("Seconds of a mean session", self.session_mean_s)?;
        range("Seconds measured", self.duration_s)?;
        if self.loss_per_million > 1_000_000 {
            return Err(Refusal::Fraction(f64::from(self.loss_per_million) / 1e6));
        }
        let is_rate = (0.0..=RATE_MAX).contains(&self.lookup_rate);
        if is_rate { Ok(()) } else { Err(Refusal::Rate(self.lookup_rate)) }
    }

    fn settings<C>(&self, point: &Point, config: C) -> Settings<C> {
        let Self { session_mean_s, duration_s, loss_per_million, lookup_rate, .. } = *self;
        let Point { nodes, seed, .. } = *point;
        Settings { config, nodes, session_mean_s, duration_s, loss_per_million, lookup_rate, seed }
    }
}

struct Prepared {
    point: Point,
    churned: Churned,
}

pub(super) fn prepare(point: &Point, churned: &Churned) -> Box<dyn Ready> {
    Box::new(Prepared { point: *point, churned: *churned })
}

/// Pastry as it is meant for churn.
fn pastry_config() -> pastry::Config {
    pastry::Config::dependable()
}

/// Chord as it is meant for churn.
fn chord_config() -> chord::Config {
    chord::Config { successor_list: 16, ..chord::Config::default() }
}

impl Ready for Prepared {
    fn run(&self, _: u32) -> Counts {
        let (point, churned) = (&self.point, &self.churned);
        let row = match churned.system {
            SystemKind::Pastry => churn::run::<PastryNode>(&churned.settings(point, pastry_config()), &mut |_| {}),
            SystemKind::Chord => churn::run::<ChordNode>(&churned.settings(point, chord_config()), &mut |_| {}),
        };
        let row = row.expect("the settings were checked");
        let mut counts = Counts::default();
        counts.add_all("counted", &[row.lookups, row.lost, row.incorrect]);
        let means = [row.timeouts_per_lookup, row.control_msgs_per_node_s, row.stretch];
        counts.add_all("means", &means.map(f64::to_bits));
        counts
    }
}

pub(super) fn row(point: &Point, churned: &Churned, counts: &Counts) -> Row {
    let counted = |at: usize| counts.list("counted").get(at).copied().unwrap_or(0);
    // A run without lookups has no mean.
    let mean = |at: usize| {
        let mean = counts.list("means").get(at).map(|bits| f64::from_bits(*bits));
        mean.filter(|mean| mean.is_finite())
    };
    Row::default()
        .with("system", system_name(churned.system))
        .with("nodes", point.nodes)
        .with("lookups", counted(0))
        .with("lost", counted(1))
        .with("incorrect", counted(2))
        .with("timeouts_per_lookup", mean(0))
        .with("control_msgs_per_node_s", mean(1))
        .with("stretch", mean(2))
}
