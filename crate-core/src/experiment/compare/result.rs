//! What came of a comparison, for one system: whole numbers that were counted, and what follows from them.

use crate::protocol::Purpose;
use crate::sim::lab::SystemKind;
use crate::time::Duration;

/// What came of the lookups of one stage.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lookups {
    /// How many were started.
    pub started: u64,
    /// How many reached a node that is not responsible for the key.
    pub wrong: u64,
    /// How many reached nobody; those still under way are among them until they arrive.
    pub missing: u64,
    /// How many reached the right node after 0, 1, 2, … hops.
    pub by_hops: Vec<u64>,
    /// Time from start to delivery of each that reached the right node, in microseconds and order of arrival.
    pub latencies_us: Vec<u32>,
    /// The sum of those times.
    pub latency_sum_us: u64,
    /// The sum of what the same ways take directly, from origin to owner; 0 for a node that looks up a key of its own.
    pub direct_sum_us: u64,
}

impl Lookups {
    pub(super) fn arrive(&mut self, hops: usize, took: Duration, direct: Duration) {
        if self.by_hops.len() <= hops {
            self.by_hops.resize(hops + 1, 0);
        }
        self.by_hops[hops] += 1;
        self.latencies_us.push(u32::try_from(took.0).unwrap_or(u32::MAX));
        self.latency_sum_us += took.0;
        self.direct_sum_us += direct.0;
    }

    /// How many reached the right node.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.latencies_us.len() as u64
    }

    /// Mean hops of those that reached the right node; 0 if none did.
    #[must_use]
    pub fn mean_hops(&self) -> f64 {
        let hops: u64 = self.by_hops.iter().zip(0..).map(|(count, hops)| count * hops).sum();
        ratio(hops, self.delivered())
    }

    /// The most hops that one of them needed.
    #[must_use]
    pub fn most_hops(&self) -> usize {
        self.by_hops.len().saturating_sub(1)
    }

    /// Mean time from start to delivery, in milliseconds; 0 if none arrived.
    #[must_use]
    pub fn mean_latency_ms(&self) -> f64 {
        ratio(self.latency_sum_us, self.delivered()) / 1e3
    }

    /// Times that so many of a hundred did not exceed (nearest rank), in milliseconds; 0 if none arrived.
    #[must_use]
    pub fn latency_quantiles_ms<const N: usize>(&self, percents: [u32; N]) -> [f64; N] {
        let mut sorted = self.latencies_us.clone();
        sorted.sort_unstable();
        percents.map(|percent| {
            let rank = (sorted.len() * percent as usize).div_ceil(100).max(1);
            sorted.get(rank - 1).map_or(0.0, |micros| f64::from(*micros) / 1e3)
        })
    }

    /// Time along the routes over time straight from origin to owner, sum over sum; 0 if nothing was sent.
    #[must_use]
    pub fn stretch(&self) -> f64 {
        ratio(self.latency_sum_us, self.direct_sum_us)
    }
}

/// A share; 0 of nothing.
pub(super) fn ratio(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

/// Messages sent during a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Messages {
    /// By [`Purpose`], in its order.
    pub sent: [u64; 7],
    /// Of these, lost on the way or sent to a node that was dead.
    pub lost: u64,
}

impl Messages {
    pub(super) fn since(self, earlier: Self) -> Self {
        let mut sent = self.sent;
        sent.iter_mut().zip(earlier.sent).for_each(|(now, before)| *now -= before);
        Self { sent, lost: self.lost - earlier.lost }
    }

    /// Messages for one purpose.
    #[must_use]
    pub const fn sent_for(&self, purpose: Purpose) -> u64 {
        self.sent[purpose as usize]
    }

    /// Messages that carry lookups and their acknowledgements.
    #[must_use]
    pub const fn of_lookups(&self) -> u64 {
        self.sent_for(Purpose::Route) + self.sent_for(Purpose::Acknowledgement)
    }

    /// Messages that keep tables true: upkeep, repair and membership.
    #[must_use]
    pub const fn of_updates(&self) -> u64 {
        self.sent_for(Purpose::Maintenance) + self.sent_for(Purpose::Repair) + self.sent_for(Purpose::Membership)
    }
}

/// A stage: what was looked up and sent during it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StageResult {
    /// Lookups that started in it.
    pub lookups: Lookups,
    /// Messages sent in it.
    pub messages: Messages,
    /// How long it has lasted.
    pub span: Duration,
}

/// What nodes keep about others, all nodes together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// Nodes counted.
    pub nodes: u64,
    /// Entries of each table, summed over the nodes. Pastry: routing table, leaf set, neighbourhood set. Chord: different
    /// fingers, successor list, predecessor.
    pub entries: [u64; 3],
    /// The most entries, all tables together, that one of them has.
    pub most: u64,
    /// Bytes of tables and bookkeeping.
    pub bytes: u64,
}

impl State {
    /// Mean entries of a node, all tables together.
    #[must_use]
    pub fn mean(&self) -> f64 {
        ratio(self.entries.iter().sum(), self.nodes)
    }

    /// Mean entries of a node by table.
    #[must_use]
    pub fn means(&self) -> [f64; 3] {
        self.entries.map(|entries| ratio(entries, self.nodes))
    }

    /// What the three tables of a system are called.
    #[must_use]
    pub const fn names(system: SystemKind) -> [&'static str; 3] {
        match system {
            SystemKind::Pastry => ["routing table", "leaf set", "neighbourhood set"],
            SystemKind::Chord => ["different fingers", "successor list", "predecessor"],
        }
    }
}

/// The tables of a sample of survivors at one moment after the kill.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stale {
    /// How long after the kill.
    pub after: Duration,
    /// Peers known.
    pub known: u64,
    /// Of these, dead.
    pub dead: u64,
    /// Messages for updates sent since the kill.
    pub updates: u64,
}

impl Stale {
    /// The share of what is known that is dead.
    #[must_use]
    pub fn share(&self) -> f64 {
        ratio(self.dead, self.known)
    }
}

/// Everything about one system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SystemResult {
    /// Which system.
    pub system: SystemKind,
    /// Nodes at the beginning.
    pub nodes: u32,
    /// Nodes killed; 0 before the kill.
    pub killed: u32,
    /// State in the beginning.
    pub state: State,
    /// Before the kill.
    pub before: StageResult,
    /// From the kill on, while tables are repaired.
    pub repairing: StageResult,
    /// When the time for repair is over.
    pub after: StageResult,
    /// Tables of survivors from the kill on.
    pub stale: Vec<Stale>,
}

impl SystemResult {
    /// Messages for updates that a node sends in a minute while nothing fails.
    #[must_use]
    pub fn updates_a_minute(&self) -> f64 {
        let minutes = self.before.span.0 as f64 / 60e6;
        if minutes > 0.0 { self.before.messages.of_updates() as f64 / f64::from(self.nodes) / minutes } else { 0.0 }
    }

    /// Messages for updates that a survivor sends in a minute: before the kill, while repairing, after.
    #[must_use]
    pub fn updates_by_stage(&self) -> [f64; 3] {
        let survivors = f64::from(self.nodes - self.killed);
        let rate = |stage: &StageResult| {
            let minutes = stage.span.0 as f64 / 60e6;
            if minutes > 0.0 { stage.messages.of_updates() as f64 / survivors / minutes } else { 0.0 }
        };
        [self.updates_a_minute(), rate(&self.repairing), rate(&self.after)]
    }

    /// Messages that the repair cost: updates sent while repairing, beyond what the survivors would have sent in that
    /// time anyway. Below zero where upkeep does the repair by itself and a smaller ring needs less of it.
    #[must_use]
    pub fn repair_messages(&self) -> f64 {
        let survivors = f64::from(self.nodes - self.killed);
        let usual = self.updates_a_minute() * survivors * self.repairing.span.0 as f64 / 60e6;
        self.repairing.messages.of_updates() as f64 - usual
    }

    /// The summary, as the command prints it.
    #[must_use]
    pub fn row(&self) -> Row {
        let lookups = &self.before.lookups;
        let [median, p99] = lookups.latency_quantiles_ms([50, 99]);
        let failed = |stage: &StageResult| stage.lookups.wrong + stage.lookups.missing;
        Row {
            system: self.system.name().to_ascii_lowercase(),
            nodes: self.nodes,
            hops: lookups.mean_hops(),
            latency_ms: lookups.mean_latency_ms(),
            latency_median_ms: median,
            latency_p99_ms: p99,
            stretch: lookups.stretch(),
            messages: ratio(self.before.messages.of_lookups(), lookups.started),
            update_messages: self.updates_a_minute(),
            storage_entries: self.state.mean(),
            wrong: lookups.wrong,
            lost: lookups.missing,
            killed: self.killed,
            failed_repairing: failed(&self.repairing),
            failed_after: failed(&self.after),
            repair_messages: if self.killed > 0 { self.repair_messages() } else { 0.0 },
        }
    }
}

/// One line of the summary.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// `pastry` or `chord`.
    pub system: String,
    /// Nodes.
    pub nodes: u32,
    /// Mean hops of lookups that reached the right node.
    pub hops: f64,
    /// Mean time from start to delivery, in milliseconds.
    pub latency_ms: f64,
    /// Its median.
    pub latency_median_ms: f64,
    /// Its 99th percentile.
    pub latency_p99_ms: f64,
    /// Time along the routes over time straight to the owner, sum over sum.
    pub stretch: f64,
    /// Messages a lookup: hops and their acknowledgements.
    pub messages: f64,
    /// Messages for upkeep that a node sends in a minute.
    pub update_messages: f64,
    /// Entries of a node's tables, on average; of Chord's fingers only different ones count.
    pub storage_entries: f64,
    /// Lookups, nobody being killed yet, that reached a node that is not responsible.
    pub wrong: u64,
    /// Lookups, nobody being killed yet, that reached nobody.
    pub lost: u64,
    /// Nodes killed.
    pub killed: u32,
    /// Lookups that failed while tables were being repaired: wrong or lost.
    pub failed_repairing: u64,
    /// Lookups that failed after the time for repair.
    pub failed_after: u64,
    /// Messages that the repair cost, beyond the usual upkeep.
    pub repair_messages: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_nearest_ranks() {
        let mut lookups = Lookups::default();
        for millis in [30, 10, 20, 40] {
            lookups.arrive(2, Duration::from_millis(millis), Duration::from_millis(10));
        }
        assert_eq!(lookups.latency_quantiles_ms([50, 75, 99]), [20.0, 30.0, 40.0]);
        assert!((lookups.stretch() - 2.5).abs() < 1e-12);
    }

    #[test]
    fn nothing_delivered_gives_zeros_rather_than_no_numbers() {
        let lookups = Lookups::default();
        assert_eq!((lookups.mean_hops(), lookups.mean_latency_ms(), lookups.stretch()), (0.0, 0.0, 0.0));
        assert_eq!(lookups.latency_quantiles_ms([50]), [0.0]);
    }
}
