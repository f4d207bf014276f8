//! The comparison of Pastry and Chord as an experiment: one course of events, of which each system makes a row.

use serde::{Deserialize, Serialize};

use super::compare::{Comparison, Settings, SystemResult};
use super::counts::ratio;
use super::{Counts, Point, Ready, Refusal, Row, system_name};
use crate::id::Digits;
use crate::pastry::LeafSetSize;
use crate::sim::lab::SystemKind;
use crate::time::Duration;

/// What is compared, beside nodes, seed and lookups; see [`Settings`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Compared {
    /// Whether Pastry has a row.
    pub pastry: bool,
    /// Whether Chord has one.
    pub chord: bool,
    /// Nodes killed at one moment, in millionths.
    pub fail_per_million: u32,
    /// Messages that get lost, in millionths.
    pub loss_per_million: u32,
    /// Pastry's b.
    pub digits: Digits,
    /// Pastry's |L|.
    pub leaf_set: LeafSetSize,
    /// Chord's r.
    pub successor_list: u8,
    /// Time between two rounds of upkeep.
    pub upkeep: Duration,
}

impl Default for Compared {
    fn default() -> Self {
        let Settings { fail_per_million, loss_per_million, digits, leaf_set, successor_list, upkeep, .. } =
            Settings::default();
        let (pastry, chord) = (true, true);
        Self { pastry, chord, fail_per_million, loss_per_million, digits, leaf_set, successor_list, upkeep }
    }
}

pub(super) fn settings(point: &Point, compared: &Compared) -> Settings {
    let Compared { fail_per_million, loss_per_million, digits, leaf_set, successor_list, upkeep, .. } = *compared;
    let Point { nodes, seed, lookups, .. } = *point;
    Settings { nodes, seed, lookups, fail_per_million, loss_per_million, digits, leaf_set, successor_list, upkeep }
}

struct Prepared(Settings);

pub(super) fn prepare(point: &Point, compared: &Compared) -> Result<Box<dyn Ready>, Refusal> {
    let settings = settings(point, compared);
    settings.check()?;
    Ok(Box::new(Prepared(settings)))
}

impl Ready for Prepared {
    fn run(&self, _: u32) -> Counts {
        let mut counts = Counts::default();
        let comparison = Comparison::new(self.0.clone());
        for result in comparison.expect("the settings were checked").finish() {
            counts.add_all(system_name(result.system), &numbers(&result));
        }
        counts
    }
}

/// What is counted of one system, in the order in which [`row`] reads it.
fn numbers(result: &SystemResult) -> [u64; 16] {
    let SystemResult { state, before, repairing, after, .. } = result;
    let hops = before.lookups.by_hops.iter().zip(0..).map(|(count, hops)| count * hops).sum();
    [
        before.lookups.started,
        before.lookups.delivered(),
        hops,
        before.lookups.latency_sum_us,
        before.messages.of_lookups(),
        before.messages.of_updates(),
        before.span.0,
        state.entries.iter().sum(),
        state.nodes,
        result.killed.into(),
        repairing.lookups.wrong + repairing.lookups.missing,
        after.lookups.wrong + after.lookups.missing,
        repairing.messages.of_updates(),
        repairing.span.0,
        before.lookups.wrong,
        before.lookups.missing,
    ]
}

pub(super) fn rows(point: &Point, compared: &Compared, counts: &Counts) -> Vec<Row> {
    let systems = [(SystemKind::Pastry, compared.pastry), (SystemKind::Chord, compared.chord)];
    let shown = systems.into_iter().filter(|(_, is_shown)| *is_shown);
    shown.map(|(system, _)| row(point, compared, system_name(system), counts.list(system_name(system)))).collect()
}

fn row(point: &Point, compared: &Compared, system: &'static str, numbers: &[u64]) -> Row {
    let number = |at: usize| numbers.get(at).copied().unwrap_or(0);
    let minutes = |at: usize| number(at) as f64 / 60e6;
    let per = |sum: f64, of: f64| if of > 0.0 { sum / of } else { 0.0 };
    let update_messages = per(number(5) as f64 / f64::from(point.nodes), minutes(6));
    let row = Row::default()
        .with("system", system)
        .with("nodes", point.nodes)
        .with("hops", ratio(number(2), number(1)))
        .with("latency_ms", ratio(number(3), number(1)) / 1e3)
        .with("messages", ratio(number(4), number(0)))
        .with("update_messages", update_messages)
        .with("storage_entries", ratio(number(7), number(8)));
    if compared.fail_per_million == 0 {
        return row;
    }
    let survivors = f64::from(point.nodes) - number(9) as f64;
    row.with("killed", number(9))
        .with("failed_before", number(14).saturating_add(number(15)))
        .with("failed_repairing", number(10))
        .with("failed_after", number(11))
        .with("repair_messages", number(12) as f64 - update_messages * survivors * minutes(13))
}
