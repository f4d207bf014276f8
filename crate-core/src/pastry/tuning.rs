//! How often entries of the routing table are probed: MSPastry's self-tuning (Castro, Costa, Rowstron, DSN 2004). The
//! longest period T_rt is taken that still keeps the share of lookups which meet a dead node at L_r.
//!
//! # Implementation notes
//! - **T_ls tunes itself as well**; the paper has 30 seconds for all rings. A dead root costs more than a dead table
//!   entry, since nobody delivers in its place before it is known to be dead, and where sessions last 15 minutes 30
//!   seconds leave a fiftieth of all roots dead unnoticed. The configured period is the longest.
//! - **(r + 1) T_o**, the time of a verdict, is one time-out of a hop at most where time-outs adapt.

use super::liveness::PERIOD_MAX;
use crate::time::Duration;

/// The share of time that a neighbour may be dead unnoticed.
const LEAF_LOSS: f64 = 0.005;
/// The shortest T_ls that is tuned to.
pub(super) const HEARTBEAT_MIN: Duration = Duration::from_secs(5);

/// T_ls: the period that leaves neighbours dead unnoticed for [`LEAF_LOSS`] of the time, at most `longest`.
pub(super) fn heartbeat_period(failure_rate: f64, longest: Duration) -> Duration {
    // P_f(T, μ) is about T μ / 2. A rate of nothing gives infinity, which becomes the longest.
    let tuned = Duration((2.0 * LEAF_LOSS / failure_rate * 1e6) as u64);
    tuned.max(HEARTBEAT_MIN).min(longest)
}

/// What the period of table probes is computed from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuning {
    /// L_r, the share of lookups that may meet a dead node.
    pub(super) raw_loss: f64,
    /// μ, failures a second.
    pub(super) failure_rate: f64,
    /// T_ls and the time until a probed peer is known to be dead ((r + 1) T_o), in seconds.
    pub(super) heartbeat: f64,
    pub(super) verdict: f64,
    /// h, expected hops.
    pub(super) hops: f64,
}

impl Tuning {
    /// ln(1 − P_f(T, μ)): P_f, the probability that a peer which is checked every T is dead when it is used.
    fn ln_alive(&self, span: f64) -> f64 {
        let x = span * self.failure_rate;
        // (1 − e^−x) / x, which for tiny x is 1 − x / 2.
        if x < 1e-6 { -x / 2.0 } else { libm::log((1.0 - libm::exp(-x)) / x) }
    }

    /// L_r when table entries are checked every `period` seconds:
    /// 1 − (1 − P_f(T_ls + (r + 1) T_o, μ)) · (1 − P_f(T_rt + (r + 1) T_o, μ))^(h − 1), as ln(1 − L_r).
    fn ln_arriving(&self, period: f64) -> f64 {
        self.ln_alive(self.heartbeat + self.verdict) + (self.hops - 1.0) * self.ln_alive(period + self.verdict)
    }

    /// T_rt: the longest period that keeps to L_r.
    pub(super) fn period(&self) -> Duration {
        let aim = libm::log(1.0 - self.raw_loss);
        let (mut low, mut high) = (0.0, PERIOD_MAX.0 as f64 / 1e6);
        if self.ln_arriving(high) >= aim {
            return PERIOD_MAX;
        }
        while high - low > 0.5 {
            let middle = f64::midpoint(low, high);
            if self.ln_arriving(middle) >= aim { low = middle } else { high = middle }
        }
        Duration((low * 1e6) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUNING: Tuning =
        Tuning { raw_loss: 0.05, failure_rate: 1.0 / 3_600.0, heartbeat: 30.0, verdict: 3.0, hops: 3.0 };

    /// L_r written as in the paper.
    fn raw_loss(tuning: Tuning, period: f64) -> f64 {
        let dead = |span: f64| 1.0 - (1.0 - libm::exp(-span * tuning.failure_rate)) / (span * tuning.failure_rate);
        let (leaf, entry) = (dead(tuning.heartbeat + tuning.verdict), dead(period + tuning.verdict));
        1.0 - (1.0 - leaf) * libm::pow(1.0 - entry, tuning.hops - 1.0)
    }

    #[test]
    fn the_tuned_period_leads_to_the_raw_loss_asked_for() {
        for (failure_rate, raw_loss_aim) in [(1.0 / 900.0, 0.05), (1.0 / 3_600.0, 0.05), (1.0 / 3_600.0, 0.02)] {
            let tuning = Tuning { failure_rate, raw_loss: raw_loss_aim, ..TUNING };
            let period = tuning.period().0 as f64 / 1e6;
            let reached = raw_loss(tuning, period);
            assert!((reached - raw_loss_aim).abs() < 5e-4, "{reached} at {period} s");
        }
    }

    #[test]
    fn rings_that_fail_more_often_are_probed_more_often() {
        let period = |mean: f64| Tuning { failure_rate: 1.0 / mean, ..TUNING }.period();
        assert!(period(900.0) < period(1_800.0) && period(1_800.0) < period(3_600.0));
        // By hand: S = (0.95 / (1 - 33/7200))^(1/2), 1 - S = 0.0231, x = 0.0469, T = 0.0469 * 3600 - 3.
        assert!(period(3_600.0).0.abs_diff(165_900_000) < 2_000_000, "{:?}", period(3_600.0));
    }

    #[test]
    fn heartbeats_come_more_often_where_nodes_fail_more_often_and_never_less_often_than_configured() {
        let period = |mean: f64| heartbeat_period(1.0 / mean, Duration::from_secs(30));
        assert!(period(900.0).0.abs_diff(9_000_000) < 10, "{:?}", period(900.0));
        assert_eq!((period(3_600.0), period(60.0)), (Duration::from_secs(30), HEARTBEAT_MIN));
        assert_eq!(heartbeat_period(0.0, Duration::from_secs(30)), Duration::from_secs(30));
        assert_eq!(heartbeat_period(1.0, Duration::from_secs(2)), Duration::from_secs(2));
    }

    #[test]
    fn a_ring_in_which_nobody_fails_is_probed_once_in_the_longest_period() {
        assert_eq!(Tuning { failure_rate: 1e-12, ..TUNING }.period(), PERIOD_MAX);
        assert_eq!(Tuning { failure_rate: 0.0, ..TUNING }.period(), PERIOD_MAX);
    }
}
