//! Who is alive, as MSPastry finds out (Castro, Costa, Rowstron, "Performance and dependability of structured
//! peer-to-peer overlays", DSN 2004): one heartbeat to the left neighbour, probes of routing-table entries with a period
//! that tunes itself, time-outs that follow measured round trips. Any message from a peer counts as a sign of life.
//!
//! Kept only by members with regular upkeep ([`Config::heartbeat_period`], the paper's T_ls).
//!
//! # Implementation notes
//! - **Left and right** are counter-clockwise and clockwise. Every node has one left neighbour that it owes a heartbeat
//!   and one right neighbour that owes it one; whoever detects a fault tells the rest of the leaf set.
//! - **Round trips** begin with what the host measured of the distance (the paper measures it before a peer gets into a
//!   table) and an eighth of it as deviation; then the smoothed mean and deviation of TCP (RFC 6298). The time-out is the
//!   mean and *twice* the deviation, where TCP takes four times and at least a second: a wrong guess costs a probe.
//! - **The failure rate** μ is what the node saw itself: the last [`FAILURES`] failures in its tables, over the
//!   node-seconds that they took. One failure in one node-hour is assumed beforehand, so that a newcomer begins with a
//!   sane period. The paper also takes the median of the periods of others; here it is a node's own.
//! - **Contacts** are bounded; those heard of longest ago make room. A peer without a record counts as heard of when this
//!   node became a member, so forgetting costs a probe too many and never correctness. A tag of four bytes a contact is
//!   searched, and the rest fetched only where it is needed: this happens with every message.

use super::tuning::{HEARTBEAT_MIN, Tuning, heartbeat_period};
use super::{Config, Context, PastryNode};
use crate::protocol::Peer;
use crate::time::{Duration, Time};

/// Peers whose last sign of life and round trip are remembered.
const CONTACT_LIMIT: usize = 128;
/// Failures that the failure rate is estimated from.
const FAILURES: usize = 32;
/// Node-seconds without a second failure that are assumed before anything was seen.
const PRIOR_NODE_SECONDS: f64 = 3_600.0;
/// The shortest and the longest period of table probes.
pub(super) const PERIOD_MIN: Duration = Duration::from_secs(10);
pub(super) const PERIOD_MAX: Duration = Duration::from_secs(3_600);
/// Table entries are looked over this often within a period.
const LOOKS: u32 = 4;
/// The shortest time-out: what timers and a busy host may well add to a round trip.
const TIMEOUT_MIN: Duration = Duration::from_millis(10);

/// A smoothed round-trip time and its deviation, in microseconds, up to about 71 minutes; a mean of 0 is none yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct RoundTrip {
    mean: u32,
    deviation: u32,
}

impl RoundTrip {
    /// A first guess.
    pub(super) fn guess(distance: Duration) -> Self {
        let mean = u32::try_from(distance.0).unwrap_or(u32::MAX).max(1);
        Self { mean, deviation: mean / 8 }
    }

    /// Takes a measurement in.
    pub(super) fn measure(&mut self, sample: Duration) {
        let sample = u32::try_from(sample.0).unwrap_or(u32::MAX);
        let error = self.mean.abs_diff(sample);
        self.deviation = self.deviation - self.deviation / 4 + error / 4;
        self.mean = (self.mean - self.mean / 8).saturating_add(sample / 8).max(1);
    }

    /// How long to wait for an answer: never less than an eighth more than the mean.
    pub(super) fn timeout(self) -> Duration {
        let (mean, deviation) = (u64::from(self.mean), u64::from(self.deviation));
        Duration(mean + (2 * deviation).max(mean / 8)).max(TIMEOUT_MIN)
    }
}

/// A peer that said something lately.
#[derive(Clone, Copy, Debug)]
struct Contact {
    round_trip: RoundTrip,
    heard: Time,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Liveness {
    /// Who said something lately, ascending, and beside it what is known of them.
    peers: Vec<Peer>,
    contacts: Vec<Contact>,
    /// The nearest node counter-clockwise, and when something was last sent to it.
    left: Peer,
    left_sent: Time,
    /// The nearest node clockwise, and when it is overdue.
    right: Peer,
    right_due: Time,
    /// When a heartbeat was last sent, and after which silence it promised the next sign of life at most.
    pub(super) beat: Time,
    pub(super) promised: Duration,
    /// T_ls of this node, and what the right neighbour promised.
    pub(super) heartbeat: Duration,
    right_promised: Duration,
    /// When table entries are next looked over; never if they are not probed.
    pub(super) look: Time,
    /// T_rt.
    period: Duration,
    /// How often table entries were looked over.
    looks: u32,
    /// Whether this node came in by a join, and has not looked over its table yet.
    fresh: bool,
    /// When this node became a member.
    started: Time,
    /// When node-seconds are counted from, and failures since, latest last.
    since: Time,
    failures: Vec<Time>,
}

impl Liveness {
    /// Of a node that becomes a member now, looks over its table at `look`, and begins with the longest T_ls.
    pub(super) const fn new(now: Time, look: Time, heartbeat: Duration) -> Self {
        Self {
            peers: Vec::new(),
            contacts: Vec::new(),
            left: Peer::NONE,
            left_sent: Time::ZERO,
            right: Peer::NONE,
            right_due: Time::NEVER,
            beat: now,
            promised: heartbeat,
            heartbeat,
            right_promised: heartbeat,
            look,
            period: PERIOD_MIN,
            looks: 0,
            fresh: false,
            started: now,
            since: now,
            failures: Vec::new(),
        }
    }

    fn find(&self, peer: Peer) -> Result<usize, usize> {
        self.peers.binary_search(&peer)
    }

    /// Notes a sign of life.
    pub(super) fn heard(&mut self, now: Time, peer: Peer) {
        match self.find(peer) {
            Ok(at) => self.contacts[at].heard = now,
            Err(_) => self.add(now, peer),
        }
    }

    fn add(&mut self, now: Time, peer: Peer) {
        if self.peers.len() >= CONTACT_LIMIT {
            self.make_room(now);
        }
        let at = self.peers.partition_point(|other| *other < peer);
        self.peers.insert(at, peer);
        self.contacts.insert(at, Contact { round_trip: RoundTrip::default(), heard: now });
    }

    /// Forgets those heard of in the older half of the time that is remembered: at least one.
    fn make_room(&mut self, now: Time) {
        let oldest = self.contacts.iter().map(|contact| contact.heard).min().unwrap_or(now);
        let cut = Time(oldest.0 + now.since(oldest).0 / 2);
        let mut contacts = self.contacts.iter();
        self.peers.retain(|_| contacts.next().is_some_and(|contact| contact.heard > cut));
        self.contacts.retain(|contact| contact.heard > cut);
    }

    /// Notes how long an answer took; `guess` is the distance known beforehand.
    pub(super) fn measured(&mut self, peer: Peer, sample: Duration, guess: impl FnOnce() -> Duration) {
        let Ok(at) = self.find(peer) else { return };
        let known = &mut self.contacts[at].round_trip;
        if known.mean == 0 {
            *known = RoundTrip::guess(guess());
        }
        known.measure(sample);
    }

    /// The round trip to a peer, if it was measured.
    pub(super) fn round_trip(&self, peer: Peer) -> Option<RoundTrip> {
        self.find(peer).ok().map(|at| self.contacts[at].round_trip).filter(|known| known.mean > 0)
    }

    /// When a peer was last heard of.
    pub(super) fn last_heard(&self, peer: Peer) -> Option<Time> {
        self.find(peer).ok().map(|at| self.contacts[at].heard)
    }

    pub(super) fn forget(&mut self, peer: Peer) {
        if let Ok(at) = self.find(peer) {
            self.peers.remove(at);
            self.contacts.remove(at);
        }
    }

    /// Notes who the neighbours are now. Whether the right one has changed to one that was not heard of within a period.
    pub(super) fn set_neighbours(&mut self, now: Time, left: Peer, right: Peer, config: &Config) -> bool {
        if left != self.left {
            (self.left, self.left_sent) = (left, Time::ZERO);
        }
        if right == self.right {
            return false;
        }
        let before = std::mem::replace(&mut self.right, right);
        self.right_promised = config.heartbeat_period.unwrap_or_default();
        let grace = self.grace(config);
        self.right_due = now + grace;
        let heard = self.last_heard(right);
        before.is_some() && right.is_some() && heard.is_none_or(|heard| now.since(heard) > grace)
    }

    /// Notes that something was sent to a peer.
    pub(super) fn sent_to(&mut self, now: Time, peer: Peer) {
        if peer == self.left {
            self.left_sent = now;
        }
    }

    /// The left neighbour and when it is owed a sign of life.
    pub(super) fn owed(&self) -> (Peer, Time) {
        (self.left, self.left_sent + self.promised)
    }

    /// Notes after which silence of the right neighbour the next sign of life is to come.
    pub(super) fn promised_by_right(&mut self, now: Time, period: Duration, config: &Config) {
        let longest = config.heartbeat_period.unwrap_or_default();
        self.right_promised = period.max(HEARTBEAT_MIN).min(longest);
        self.right_due = now + self.grace(config);
    }

    /// T_ls + T_o: the silence that a right neighbour may keep. Where time-outs adapt, the longest of a hop stands for T_o.
    fn grace(&self, config: &Config) -> Duration {
        let adapts = config.dependability.adaptive_timeouts;
        let longest = if adapts { config.ack_timeout } else { config.probe_timeout };
        Duration(self.right_promised.0.saturating_add(longest.0))
    }

    /// When the right neighbour's silence becomes suspicious.
    pub(super) const fn right_due(&self) -> Time {
        self.right_due
    }

    /// The right neighbour, if it has been silent for too long now. Looks again after a period.
    pub(super) fn silent_right(&mut self, now: Time, config: &Config) -> Option<Peer> {
        let grace = self.grace(config);
        let heard = self.last_heard(self.right).map_or(Time::ZERO, |heard| heard + grace);
        let is_silent = heard <= now;
        self.right_due = if is_silent { now + grace } else { heard };
        self.right.some().filter(|_| is_silent)
    }

    /// Notes that a peer of the tables turned out to be dead.
    pub(super) fn failed(&mut self, now: Time) {
        if self.failures.len() == FAILURES {
            // The oldest goes, and the time before it with it.
            self.since = self.failures.remove(0);
        }
        self.failures.push(now);
    }

    /// μ: failures a second of one node, estimated from those seen among `known` peers.
    pub(super) fn failure_rate(&self, now: Time, known: usize) -> f64 {
        let node_seconds = now.since(self.since).0 as f64 / 1e6 * known as f64;
        (self.failures.len() as f64 + 1.0) / (node_seconds + PRIOR_NODE_SECONDS)
    }

    /// Tunes the period, sets the time of the next look, and says before which moment an entry must have been heard of
    /// so as to be probed now.
    pub(super) fn tune(&mut self, now: Time, period: Duration) -> Time {
        self.period = period.clamp(PERIOD_MIN, PERIOD_MAX);
        let step = self.period.0 / u64::from(LOOKS);
        self.look = now + Duration(step);
        Time((now.0 + step / 2).saturating_sub(self.period.0))
    }

    /// T_rt.
    #[cfg(test)]
    pub(super) const fn period(&self) -> Duration {
        self.period
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<Self>()
            + self.peers.capacity() * size_of::<Peer>()
            + self.contacts.capacity() * size_of::<Contact>()
            + self.failures.capacity() * size_of::<Time>()
    }
}

impl PastryNode {
    /// Whether entries of the routing table are probed and exchanged.
    pub(super) fn maintains_table(&self, cx: &Context<'_>) -> bool {
        cx.host.config.dependability.raw_loss_per_million > 0
    }

    /// Goes on, as a newcomer that is a member now, where the join has left off.
    pub(super) fn begin_table_upkeep(&mut self, cx: &mut Context<'_>) {
        if self.maintains_table(cx)
            && let Some(liveness) = self.liveness_mut()
        {
            liveness.fresh = true;
            self.exchange_all_rows(cx);
        }
    }

    pub(super) fn liveness_mut(&mut self) -> Option<&mut Liveness> {
        self.upkeep.as_mut().and_then(|upkeep| upkeep.liveness.as_deref_mut())
    }

    /// The right neighbour is silent, or it is time to look over the table.
    pub(super) fn on_liveness_deadlines(&mut self, cx: &mut Context<'_>) {
        let (now, config) = (cx.now, cx.host.config);
        let Some(liveness) = self.liveness_mut() else { return };
        if liveness.right_due() <= now
            && let Some(right) = liveness.silent_right(now, config)
        {
            self.on_silent_right(cx, right);
        }
        if self.liveness_mut().is_some_and(|liveness| liveness.look <= now) {
            self.probe_entries(cx);
        }
    }

    /// Probes the entries of the routing table that were silent for a whole period, and tunes the period. Members of the
    /// leaf set have neighbours that watch them.
    fn probe_entries(&mut self, cx: &mut Context<'_>) {
        let (heartbeat, period) = self.tuned_periods(cx);
        let now = cx.now;
        let Some(liveness) = self.liveness_mut() else { return };
        liveness.heartbeat = heartbeat;
        let before = liveness.tune(now, period);
        let is_fresh = std::mem::take(&mut liveness.fresh);
        liveness.looks = liveness.looks.wrapping_add(1);
        let looks = liveness.looks;
        let Some(liveness) = self.upkeep.as_ref().and_then(|upkeep| upkeep.liveness.as_deref()) else { return };
        let entries = self.table.entries().map(|(_, _, peer)| peer).filter(|peer| !self.leaves.contains(*peer));
        let silent = entries.filter(|peer| match liveness.last_heard(*peer) {
            Some(heard) => heard <= before,
            // A newcomer's announcement should have been answered by now.
            None => is_fresh || liveness.started <= before,
        });
        for peer in silent.collect::<Vec<_>>() {
            self.suspect(cx, peer);
        }
        if looks.is_multiple_of(LOOKS) && self.table.rows() > 0 {
            self.exchange_row(cx, (looks / LOOKS) as usize % self.table.rows(), 1);
        }
    }

    /// T_ls and T_rt for what this node has seen.
    fn tuned_periods(&self, cx: &Context<'_>) -> (Duration, Duration) {
        let config = cx.host.config;
        let longest = config.heartbeat_period.unwrap_or_default();
        let Some(liveness) = self.upkeep.as_ref().and_then(|upkeep| upkeep.liveness.as_deref()) else {
            return (longest, PERIOD_MAX);
        };
        let outside = |(.., peer): &(u8, u8, Peer)| !self.leaves.contains(*peer);
        let known = self.leaves.len() + self.table.entries().filter(outside).count();
        let failure_rate = liveness.failure_rate(cx.now, known);
        let heartbeat = heartbeat_period(failure_rate, longest);
        let seconds = |span: Duration| span.0 as f64 / 1e6;
        let verdict = if config.dependability.adaptive_timeouts { config.ack_timeout } else { config.probe_timeout };
        let tuning = Tuning {
            raw_loss: f64::from(config.dependability.raw_loss_per_million) / 1e6,
            failure_rate,
            heartbeat: seconds(heartbeat),
            verdict: seconds(verdict),
            hops: self.expected_hops(cx),
        };
        (heartbeat, tuning.period())
    }

    /// (2^b − 1) / 2^b · log_{2^b} N, with N from the density of the leaf set.
    fn expected_hops(&self, cx: &Context<'_>) -> f64 {
        let span = self.leaf_range(cx.host).map_or(u128::MAX, |(low, end)| low.clockwise_to(end));
        let share = span as f64 / u128::MAX as f64;
        let nodes = (self.leaves.len() as f64 / share.max(f64::MIN_POSITIVE)).max(2.0);
        let base = cx.host.config.digits.base() as f64;
        (base - 1.0) / base * libm::log(nodes) / libm::log(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_heartbeats_alone_miss_the_aim_the_shortest_period_is_taken() {
        let mut liveness = Liveness::new(Time::ZERO, Time::ZERO, Duration::ZERO);
        let period = Duration::ZERO;
        liveness.tune(Time(100_000_000), period);
        assert_eq!((period, liveness.period()), (Duration::ZERO, PERIOD_MIN));
    }

    #[test]
    fn the_failure_rate_is_failures_over_the_node_seconds_they_took() {
        let mut liveness = Liveness::new(Time::ZERO, Time::NEVER, Duration::ZERO);
        let second = |s: u64| Time(s * 1_000_000);
        assert!((liveness.failure_rate(Time::ZERO, 80) - 1.0 / 3_600.0).abs() < 1e-9, "assumed beforehand");
        // 80 nodes with a mean life of an hour: one failure in 45 s.
        for failure in 1..=200 {
            liveness.failed(second(45 * failure));
        }
        let rate = liveness.failure_rate(second(45 * 201), 80);
        assert!((rate * 3_600.0 - 1.0).abs() < 0.1, "{rate}");
        assert_eq!(liveness.failures.len(), FAILURES);
    }

    #[test]
    fn time_outs_follow_the_round_trips_and_their_deviation() {
        let mut known = RoundTrip::guess(Duration::from_millis(100));
        assert_eq!(known.timeout(), Duration::from_millis(125));
        (0..200).for_each(|_| known.measure(Duration::from_millis(40)));
        assert!(known.timeout() < Duration::from_millis(55), "steady: {known:?}");
        (0..200).for_each(|i| known.measure(Duration::from_millis(if i % 2 == 0 { 20 } else { 60 })));
        assert!(known.timeout() > Duration::from_millis(70), "shaky: {known:?}");
        known.measure(Duration(u64::MAX));
        assert!(known.timeout() > Duration::from_secs(60), "a peer may answer as late as it likes");
    }

    #[test]
    fn what_is_remembered_of_contacts_is_bounded_and_the_latest_stay() {
        let mut liveness = Liveness::new(Time::ZERO, Time::NEVER, Duration::ZERO);
        for n in 0..10_000_u32 {
            liveness.heard(Time(u64::from(n)), Peer(n.wrapping_mul(7_919) % 10_007));
        }
        assert!(liveness.peers.len() <= CONTACT_LIMIT && liveness.heap_bytes() < 8_000);
        assert_eq!(liveness.last_heard(Peer(9_999_u32.wrapping_mul(7_919) % 10_007)), Some(Time(9_999)));
        assert_eq!(liveness.last_heard(Peer(0)), None);
        assert!(liveness.peers.is_sorted() && liveness.peers.len() == liveness.contacts.len());
        (0..200).for_each(|n| liveness.heard(Time(20_000), Peer(n)));
        assert!(liveness.peers.len() <= CONTACT_LIMIT, "also if all were heard at one moment");
    }
}
