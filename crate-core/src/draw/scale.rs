//! Axes: round tick values on linear and logarithmic scales.

/// A linear map from a span of values to a span of pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Linear {
    /// The values at both ends.
    pub values: (f64, f64),
    /// The pixels at both ends; may run backwards.
    pub pixels: (f64, f64),
}

impl Linear {
    /// Where a value lies, in pixels. Spans without width put everything at the first end.
    #[must_use]
    pub fn at(&self, value: f64) -> f64 {
        let span = self.values.1 - self.values.0;
        let share = if span == 0.0 { 0.0 } else { (value - self.values.0) / span };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }
}

/// Round values (1, 2 or 5 times a power of ten apart) within a span, in ascending order: at most `most`, and at least
/// a quarter as many unless `most` is below 4. Empty if the span is empty or no number.
#[must_use]
pub fn nice_ticks(from: f64, to: f64, most: usize) -> Vec<f64> {
    let span = to - from;
    if !span.is_finite() || span <= 0.0 || most == 0 {
        return Vec::new();
    }
    let rough = span / most as f64;
    let power = libm::floor(libm::log10(rough)) as i32;
    for exponent in power..power + 3 {
        for factor in [1.0, 2.0, 5.0] {
            let step = factor * libm::pow(10.0, f64::from(exponent));
            let (first, last) = ((from / step - 1e-9).ceil(), (to / step + 1e-9).floor());
            let count = last - first + 1.0;
            if step > 0.0 && count <= most as f64 && count >= 0.0 {
                return (0..count as usize).map(|i| (first + i as f64) * step + 0.0).collect();
            }
        }
    }
    Vec::new()
}

/// Powers of ten within a span of positive values, thinned to at most `most`. Empty if there is none.
#[must_use]
pub fn log_ticks(from: f64, to: f64, most: usize) -> Vec<f64> {
    if !(from > 0.0 && to >= from && to.is_finite()) || most == 0 {
        return Vec::new();
    }
    let (first, last) = (libm::ceil(libm::log10(from) - 1e-9) as i32, libm::floor(libm::log10(to) + 1e-9) as i32);
    let count = usize::try_from(last - first + 1).unwrap_or(0);
    let stride = count.div_ceil(most).max(1);
    (first..=last).step_by(stride).map(|e| libm::pow(10.0, f64::from(e))).collect()
}

/// A number with so many decimals, at most 6. By whole numbers: the standard formatting of floats adds twelve kilobytes
/// to the page's module.
#[must_use]
pub fn fixed(value: f64, decimals: u32) -> String {
    let power = 10_u64.pow(decimals.min(6));
    let scaled = (value.abs() * power as f64).round() as u64;
    let sign = if value < 0.0 && scaled > 0 { "-" } else { "" };
    let (whole, part) = (scaled / power, scaled % power);
    match decimals.min(6) as usize {
        0 => format!("{sign}{whole}"),
        width => format!("{sign}{whole}.{part:0width$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ticks_of_a_percentage_are_round() {
        assert_eq!(nice_ticks(0.0, 100.0, 6), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(nice_ticks(0.0, 4.4, 5), [0.0, 1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn ticks_of_node_counts_are_powers_of_ten() {
        assert_eq!(log_ticks(40.0, 100_000.0, 9).len(), 4);
        assert!(log_ticks(0.0, 10.0, 5).is_empty());
    }

    #[test]
    fn decimals_are_those_asked_for() {
        let cases =
            [(0.0, 2, "0.00"), (1.005_1, 2, "1.01"), (-0.001, 2, "0.00"), (-12.5, 1, "-12.5"), (99.96, 1, "100.0")];
        for (value, decimals, text) in cases {
            assert_eq!(fixed(value, decimals), text);
        }
        assert_eq!((fixed(7.4, 0), fixed(f64::NAN, 1)), ("7".into(), "0.0".into()));
    }

    proptest! {
        #[test]
        fn ticks_lie_within_the_span_and_are_few(from in -1e6..1e6_f64, span in 1e-3..1e7_f64, most in 4..20_usize) {
            let ticks = nice_ticks(from, from + span, most);
            prop_assert!(ticks.len() <= most && ticks.len() * 4 >= most, "{ticks:?}");
            prop_assert!(ticks.iter().all(|t| *t >= from - 1e-6 * span && *t <= from + span * (1.0 + 1e-6)));
            prop_assert!(ticks.windows(2).all(|w| w[0] < w[1]));
        }

        #[test]
        fn a_scale_keeps_the_order(a in -1e3..1e3_f64, b in -1e3..1e3_f64) {
            let scale = Linear { values: (-1e3, 1e3), pixels: (0.0, 640.0) };
            prop_assert_eq!(a < b, scale.at(a) < scale.at(b));
        }
    }
}
