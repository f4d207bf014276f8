//! How what was measured grows with n, beside what the lecture's table claims.
//!
//! # Implementation notes
//! - Three laws are fitted by least squares: c; a + b·log₂ n; a·n^p (as a line through logarithms). What varies by less than a tenth
//!   around its mean counts as 1. Else the law with the smaller error is taken, the error being the root mean square of the
//!   deviations, each over the mean of all (for the power law that favours neither).
//! - Claims in C are put in terms of n as it was measured: C = n/17, so C grows as n, and n/C is 1.

use super::Row;
use super::claims::{CLAIMS, Claim, Quantity};
use crate::lecture::checks::Verdict;

/// A law of growth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Growth {
    /// The same at every size.
    One,
    /// As log n.
    Log,
    /// As n to this power.
    Power(f64),
}

/// A fitted law.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fit {
    /// The law.
    pub growth: Growth,
    /// Root mean square deviation over the mean.
    pub error: f64,
    /// Standard error of the power, if it is one.
    pub power_error: f64,
    /// The mean value.
    pub mean: f64,
}

/// Deviation that counts as none.
const FLAT: f64 = 0.1;
/// How far a power may lie from 1 and still count as n.
const LINEAR: f64 = 0.1;

/// Intercept and slope of the line through points, and the slope's standard error.
fn line(points: &[(f64, f64)]) -> (f64, f64, f64) {
    let n = points.len() as f64;
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let sxx: f64 = points.iter().map(|p| (p.0 - mx) * (p.0 - mx)).sum();
    let sxy: f64 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    let slope = if sxx > 0.0 { sxy / sxx } else { 0.0 };
    let intercept = my - slope * mx;
    let rest: f64 = points.iter().map(|p| (p.1 - intercept - slope * p.0) * (p.1 - intercept - slope * p.0)).sum();
    let error = if n > 2.0 && sxx > 0.0 { (rest / (n - 2.0) / sxx).sqrt() } else { 0.0 };
    (intercept, slope, error)
}

/// The law that fits values at sizes best; `None` of fewer than three sizes.
#[must_use]
pub fn fit(points: &[(f64, f64)]) -> Option<Fit> {
    let sizes: std::collections::BTreeSet<u64> = points.iter().map(|point| point.0 as u64).collect();
    if sizes.len() < 3 || points.iter().any(|point| point.0 < 1.0 || !point.1.is_finite()) {
        return None;
    }
    let mean = points.iter().map(|point| point.1).sum::<f64>() / points.len() as f64;
    let off = |law: &dyn Fn(f64) -> f64| {
        let squares = points.iter().map(|(n, value)| (value - law(*n)) * (value - law(*n))).sum::<f64>();
        if mean == 0.0 { 0.0 } else { (squares / points.len() as f64).sqrt() / mean.abs() }
    };
    let one = Fit { growth: Growth::One, error: off(&|_| mean), power_error: 0.0, mean };
    if one.error <= FLAT {
        return Some(one);
    }
    let by_log: Vec<_> = points.iter().map(|(n, value)| (libm::log2(*n), *value)).collect();
    let (a, b, _) = line(&by_log);
    let log = Fit { growth: Growth::Log, error: off(&|n| a + b * libm::log2(n)), power_error: 0.0, mean };
    if points.iter().any(|point| point.1 <= 0.0) {
        return Some(log);
    }
    let logs: Vec<_> = points.iter().map(|(n, value)| (libm::log2(*n), libm::log2(*value))).collect();
    let (a, p, power_error) = line(&logs);
    let power = Fit { growth: Growth::Power(p), error: off(&|n| libm::exp2(a + p * libm::log2(n))), power_error, mean };
    Some(if power.error < log.error { power } else { log })
}

impl Growth {
    /// As it is written.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::One => "1".into(),
            Self::Log => "log n".into(),
            Self::Power(p) => format!("n^{p:.2}"),
        }
    }

    /// Whether two laws are the same within what can be told.
    #[must_use]
    pub fn agrees(self, other: Self) -> bool {
        match (self, other) {
            (Self::Power(a), Self::Power(b)) => (a - b).abs() <= LINEAR,
            _ => self == other,
        }
    }
}

/// What a fit says of a claim.
#[must_use]
pub fn verdict(fit: &Fit, claim: &Claim) -> Verdict {
    if fit.growth == Growth::One && fit.mean == 0.0 {
        return Verdict::Fails("it is 0, since nobody is asked".into());
    }
    if fit.growth.agrees(claim.growth) {
        return Verdict::Holds;
    }
    match (fit.growth, claim.growth) {
        // What is the same for each, drawn more often, has a larger largest value; log n is the usual law of that.
        (Growth::Log, Growth::One) if claim.quantity == Quantity::StorageMax => {
            Verdict::HoldsIf("log n counts as 1: the largest of more is larger".into())
        }
        (Growth::One, _) => Verdict::Fails(format!("it stays at {:.1}", fit.mean)),
        (Growth::Power(p), Growth::Log) if p < 0.35 => {
            Verdict::HoldsIf(format!("n^{p:.2} counts as log n: at these sizes they are hardly told apart"))
        }
        (Growth::Power(p), Growth::One) if p.abs() < 0.15 => {
            Verdict::HoldsIf(format!("n^{p:.2} counts as 1: the largest of more is larger"))
        }
        (growth, _) => Verdict::Fails(format!("it grows as {}", growth.text())),
    }
}

/// A row for each cell of the slide's table, from rows of the systems at several sizes.
#[must_use]
pub fn rows(measured: &[Row]) -> Vec<Row> {
    let of = |system: &str, key: &str| -> Vec<(f64, f64)> {
        let is_it = |row: &&Row| matches!(row.get("system"), Some(super::Value::Text(name)) if name == system);
        measured.iter().filter(is_it).filter_map(|row| Some((row.number("nodes")?, row.number(key)?))).collect()
    };
    let mut rows = Vec::new();
    for claim in CLAIMS {
        let (system, quantity) = (claim.system.name(), claim.quantity.key());
        let Some(fit) = fit(&of(system, quantity)) else { continue };
        rows.push(
            Row::default()
                .with("system", system)
                .with("quantity", quantity)
                .with("claimed", claim.slide)
                .with("measured", fit.growth.text())
                .with("error", fit.error)
                .with("power_error", fit.power_error)
                .with("verdict", verdict(&fit, claim).text()),
        );
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::Technique;
    use super::*;

    fn at(law: impl Fn(f64) -> f64) -> Fit {
        let points: Vec<_> = (4..=16).step_by(2).map(|e| f64::from(1 << e)).map(|n| (n, law(n))).collect();
        fit(&points).expect("seven sizes")
    }

    #[test]
    fn each_law_is_told_from_the_others() {
        assert_eq!(at(|_| 4.0).growth, Growth::One);
        assert_eq!(at(|n| 4.0 + 0.02 * libm::sin(n)).growth, Growth::One);
        assert_eq!(at(|n| 1.0 + 0.5 * libm::log2(n)).growth, Growth::Log);
        assert!(at(|n| 3.0 * n).growth.agrees(Growth::Power(1.0)));
        let root = at(libm::sqrt);
        assert!(root.growth.agrees(Growth::Power(0.5)) && !root.growth.agrees(Growth::Power(1.0)));
        assert!(root.power_error < 1e-9 && root.error < 1e-9);
    }

    /// What a fit says of a claim of this growth.
    fn said(fit: &Fit, quantity: Quantity, growth: Growth) -> String {
        verdict(fit, &Claim { system: Technique::FastTrack, quantity, slide: "", growth }).text()
    }

    #[test]
    fn what_is_0_everywhere_is_1_in_form_and_said_to_be_0() {
        let nothing = at(|_| 0.0);
        assert_eq!((nothing.growth, nothing.error), (Growth::One, 0.0));
        assert!(said(&nothing, Quantity::Hops, Growth::One).contains("nobody is asked"));
    }

    #[test]
    fn a_verdict_changes_with_what_was_measured() {
        let of = |fit: Fit| said(&fit, Quantity::Messages, Growth::Power(1.0));
        assert_eq!(of(at(|n| 2.0 * n)), "holds");
        assert_eq!(of(at(|_| 17.0)), "does not hold: it stays at 17.0");
        assert_eq!(of(at(libm::sqrt)), "does not hold: it grows as n^0.50");
    }

    #[test]
    fn only_a_largest_value_may_grow_as_log_n_where_1_is_claimed() {
        let log = at(|n| 1.0 + 2.0 * libm::log2(n));
        assert!(said(&log, Quantity::StorageMax, Growth::One).starts_with("holds if log n counts as 1"));
        assert_eq!(said(&log, Quantity::StorageMean, Growth::One), "does not hold: it grows as log n");
        assert_eq!(said(&log, Quantity::StorageMax, Growth::Power(1.0)), "does not hold: it grows as log n");
    }

    #[test]
    fn two_sizes_say_nothing() {
        assert_eq!(fit(&[(16.0, 1.0), (32.0, 2.0)]), None);
    }
}
