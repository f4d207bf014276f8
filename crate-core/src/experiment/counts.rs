//! What blocks count, and the statistics that are read from it.
//!
//! # Implementation notes
//! Counts are whole numbers, and merging adds them. So it does not matter how many threads or machines counted, nor in
//! which order; means and percentiles are worked out once, from the sums. Counts may come out of a file, so nothing
//! here overflows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Lists of whole numbers by name; merging adds them place by place.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<String, Vec<u64>>);

impl Counts {
    /// Adds `amount` to place `at` of a list.
    pub fn add(&mut self, name: &str, at: usize, amount: u64) {
        if !self.0.contains_key(name) {
            self.0.insert(name.into(), Vec::new());
        }
        let Some(list) = self.0.get_mut(name) else { return };
        if list.len() <= at {
            list.resize(at + 1, 0);
        }
        list[at] = list[at].saturating_add(amount);
    }

    /// Adds a list, place by place.
    pub fn add_all(&mut self, name: &str, amounts: &[u64]) {
        let list = self.0.entry(name.into()).or_default();
        if list.len() < amounts.len() {
            list.resize(amounts.len(), 0);
        }
        for (sum, amount) in list.iter_mut().zip(amounts) {
            *sum = sum.saturating_add(*amount);
        }
    }

    /// Adds everything that another part of the work counted.
    pub fn merge(&mut self, other: &Self) {
        for (name, amounts) in &other.0 {
            self.add_all(name, amounts);
        }
    }

    /// A list; empty if nothing was counted under this name.
    #[must_use]
    pub fn list(&self, name: &str) -> &[u64] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The first place of a list, for what is one number.
    #[must_use]
    pub fn sum(&self, name: &str) -> u64 {
        self.list(name).first().copied().unwrap_or(0)
    }
}

/// A quotient of sums; 0 if there is nothing to divide by.
#[must_use]
pub fn ratio(sum: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { sum as f64 / of as f64 }
}

/// How often each value 0, 1, 2, … came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Histogram<'a>(pub &'a [u64]);

impl Histogram<'_> {
    /// How many values there are.
    #[must_use]
    pub fn total(self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The mean value.
    #[must_use]
    pub fn mean(self) -> f64 {
        let weighted =
            self.0.iter().zip(0_u64..).fold(0_u64, |sum, (n, value)| sum.saturating_add(n.saturating_mul(value)));
        ratio(weighted, self.total())
    }

    /// The share of one value.
    #[must_use]
    pub fn share(self, value: usize) -> f64 {
        ratio(self.0.get(value).copied().unwrap_or(0), self.total())
    }

    /// The smallest value that at least `percent` of a hundred do not exceed; 0 of none.
    #[must_use]
    pub fn percentile(self, percent: u32) -> u64 {
        let wanted = u128::from(self.total()) * u128::from(percent);
        let mut below = 0_u128;
        for (count, value) in self.0.iter().zip(0..) {
            below += u128::from(*count);
            if below > 0 && below * 100 >= wanted {
                return value;
            }
        }
        0
    }

    /// The largest value that came.
    #[must_use]
    pub fn max(self) -> u64 {
        self.0.iter().rposition(|count| *count > 0).unwrap_or(0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_came() {
        let counts: Vec<u64> = [vec![0, 1], vec![98], vec![0], vec![1]].concat();
        let histogram = Histogram(&counts);
        assert_eq!([1, 2, 99, 100].map(|percent| histogram.percentile(percent)), [1, 2, 2, 4]);
        assert_eq!((histogram.max(), histogram.total()), (4, 100));
        assert!((histogram.mean() - 2.01).abs() < 1e-12);
    }

    #[test]
    fn nothing_counted_has_statistics_too() {
        let nothing = Histogram(&[]);
        assert_eq!((nothing.percentile(99), nothing.max()), (0, 0));
        assert!(nothing.mean() == 0.0 && nothing.share(3) == 0.0);
    }

    #[test]
    fn merging_in_any_order_is_the_same_and_never_overflows() {
        let mut parts = [Counts::default(), Counts::default(), Counts::default()];
        parts[0].add("hops", 3, 2);
        parts[1].add_all("hops", &[1, u64::MAX]);
        parts[2].add_all("hops", &[0, 1, 5]);
        let merged = |order: [usize; 3]| {
            let mut all = Counts::default();
            order.iter().for_each(|part| all.merge(&parts[*part]));
            all
        };
        assert_eq!(merged([0, 1, 2]), merged([2, 1, 0]));
        assert_eq!(merged([0, 1, 2]).list("hops"), [1, u64::MAX, 5, 2]);
    }
}
