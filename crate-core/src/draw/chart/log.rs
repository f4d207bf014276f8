//! Curves on two logarithmic axes: a power is a straight line, and its slope the power.
//!
//! What is 0 has no logarithm. Where there is such a value, it stands on a line of its own below the others.

use std::fmt::Write as _;

use super::super::scale::log_ticks;
use super::{HEIGHT, Head, Ink, LEGEND_LINE, Linear, PLANE, Plane, Stop, Svg, number, places, tenths};

/// Height of the line for what is 0.
const ZERO: f64 = 26.0;

/// A logarithmic map from positive values to pixels, and one place for what is 0.
struct Log {
    exponents: Linear,
    zero: f64,
}

impl Log {
    fn at(&self, value: f64) -> f64 {
        if value > 0.0 { self.exponents.at(libm::log10(value)) } else { self.zero }
    }
}

/// Both ends of an axis that holds these values: 1, 2 or 5 times a power of ten, and different.
fn ends(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let positive = || values.clone().filter(|value| *value > 0.0 && value.is_finite());
    let (least, most) = (positive().fold(f64::MAX, f64::min), positive().fold(0.0, f64::max));
    if most == 0.0 {
        return (1.0, 10.0);
    }
    let steps = |value: f64| {
        let power = libm::pow(10.0, libm::floor(libm::log10(value)));
        [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power)
    };
    // A hair's breadth for what is a round value but for its last bit.
    let from = steps(least).into_iter().rfind(|step| *step <= least * (1.0 + 1e-9)).unwrap_or(least);
    let to = steps(most).into_iter().find(|step| *step >= most * (1.0 - 1e-9)).unwrap_or(most);
    if from < to { (from, to) } else { (from / 2.0, to * 2.0) }
}

/// Ticks of an axis: powers of ten, with 2 and 5 times these where they would be few.
fn round_ticks(from: f64, to: f64) -> Vec<f64> {
    let powers = log_ticks(from, to, 6);
    if powers.len() > 2 {
        return powers;
    }
    let around = |value: &f64| (from * (1.0 - 1e-9)..=to * (1.0 + 1e-9)).contains(value);
    let first = libm::floor(libm::log10(from)) as i32;
    let all = (first..=first + 4).flat_map(|e| [1.0, 2.0, 5.0].map(|factor| factor * libm::pow(10.0, f64::from(e))));
    all.filter(around).collect()
}

/// Curves through points with ascending positive x, one a series, with a mark at each point. `sizes` are the ticks of the axis to the
/// right.
#[must_use]
pub fn log_curves(head: &Head<'_>, points: &[&[(f64, f64)]], sizes: &[f64], stops: &[Stop]) -> String {
    let lines = places(head.series, true).last().map_or(0.0, |place| place.line);
    // Large numbers need room at the left.
    let left = PLANE.left + 16.0;
    let plane =
        Plane { left, top: PLANE.top + LEGEND_LINE * lines, bottom: PLANE.bottom + LEGEND_LINE * lines, ..PLANE };
    let mut svg = Svg::new(head.title, HEIGHT + LEGEND_LINE * lines);
    let all = || points.iter().copied().flatten();
    let foot = if all().any(|point| point.1 <= 0.0) { ZERO } else { 0.0 };
    let (from, to) = ends(all().map(|point| point.1));
    let (least, most) = ends(sizes.iter().copied());
    let exponents = |from: f64, to: f64, pixels| Linear { values: (libm::log10(from), libm::log10(to)), pixels };
    // Sizes are no round numbers, so the axis ends at them; a margin keeps their marks off the edges.
    let (nearest, furthest) = match (sizes.first(), sizes.last()) {
        (Some(first), Some(last)) if first < last && *first > 0.0 => (*first, *last),
        _ => (least, most),
    };
    let x = Log { exponents: exponents(nearest, furthest, (plane.left + 16.0, plane.right - 16.0)), zero: plane.left };
    let y = Log { exponents: exponents(from, to, (plane.bottom - foot, plane.top + 6.0)), zero: plane.bottom - 6.0 };
    let mut y_ticks: Vec<(f64, String)> =
        round_ticks(from, to).into_iter().map(|value| (y.at(value), number(value))).collect();
    if foot > 0.0 {
        y_ticks.push((y.zero, "0".into()));
    }
    // Names of sizes need room.
    let every = sizes.len().div_ceil(8).max(1);
    let x_ticks: Vec<(f64, String)> = sizes.iter().step_by(every).map(|size| (x.at(*size), number(*size))).collect();
    svg.axes(head, plane, &x_ticks, &y_ticks);
    for (one, points) in head.series.iter().zip(points) {
        let pixels: Vec<(f64, f64)> = points.iter().map(|(at, value)| (x.at(*at), y.at(*value))).collect();
        svg.way(one.ink, &pixels);
        for at in pixels {
            svg.mark(one.ink, at);
        }
    }
    svg.legend(head.series, true);
    for (place, one) in places(head.series, true).into_iter().zip(head.series) {
        svg.mark(one.ink, (place.x + 13.0, 13.0 + LEGEND_LINE * place.line));
    }
    let stops: Vec<(f64, &str)> = stops.iter().map(|stop| (x.at(stop.at), stop.reading.as_str())).collect();
    svg.stops(plane, &stops);
    svg.end()
}

impl Svg {
    /// A system's mark.
    fn mark(&mut self, ink: Ink, at: (f64, f64)) {
        let ([x, y], colour) = ([at.0, at.1].map(tenths), ink.colour());
        let (class, fill) = if ink.is_hollow() { ("c-hollow", "#ffffff") } else { ("c-dot", colour) };
        let _ = write!(
            self.text,
            "<path class=\"{class} c-{}\" d=\"M{x} {y}{}\" fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            ink as u8,
            ink.mark()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::Series;
    use super::super::tests::{is_well_formed, numbers_of_places};
    use super::*;
    use proptest::prelude::*;

    const SIX: [Series<'static>; 6] = [
        Series { name: "Gnutella", ink: Ink::Gnutella },
        Series { name: "Napster", ink: Ink::Napster },
        Series { name: "Full replication", ink: Ink::Replication },
        Series { name: "FastTrack", ink: Ink::FastTrack },
        Series { name: "Chord", ink: Ink::Chord },
        Series { name: "Pastry", ink: Ink::Pastry },
    ];
    const HEAD: Head<'static> = Head { title: "Messages", x: "peers", y: "messages", series: &SIX };

    #[test]
    fn an_axis_ends_at_round_values_and_is_never_without_width() {
        assert_eq!(ends([3.0, 700.0].into_iter()), (2.0, 1_000.0));
        assert_eq!(ends([2.0, 2.0].into_iter()), (1.0, 4.0));
        assert_eq!(ends([0.0].into_iter()), (1.0, 10.0));
        assert_eq!(round_ticks(1.0, 20.0), [1.0, 2.0, 5.0, 10.0, 20.0]);
        assert_eq!(round_ticks(1.0, 1_000.0), [1.0, 10.0, 100.0, 1_000.0]);
    }

    #[test]
    fn a_power_is_a_straight_line() {
        let points: Vec<(f64, f64)> = [16.0, 64.0, 256.0].map(|n| (n, 3.0 * n)).into();
        let svg = log_curves(&HEAD, &[&points], &[16.0, 64.0, 256.0], &[]);
        let way = svg.split("d=\"M").nth(1).and_then(|rest| rest.split('"').next()).expect("a line");
        let pixels: Vec<f64> = way.split(['L', ' ']).map(|number| number.parse().expect("a number")).collect();
        let [rise, further] = [pixels[1] - pixels[3], pixels[3] - pixels[5]];
        assert!(rise > 10.0 && (rise - further).abs() < 0.21, "{way}");
    }

    #[test]
    fn what_is_0_stands_on_a_line_of_its_own() {
        let nothing = [(16.0, 0.0), (64.0, 0.0)];
        let some = [(16.0, 5.0), (64.0, 9.0)];
        let sizes = [16.0, 64.0];
        let with = log_curves(&HEAD, &[&nothing, &some], &sizes, &[]);
        assert!(with.contains(">0</text>") && is_well_formed(&with) && !with.contains("NaN") && !with.contains("inf"));
        assert!(!log_curves(&HEAD, &[&some], &sizes, &[]).contains(">0</text>"));
    }

    #[test]
    fn each_system_has_a_colour_dashes_and_a_mark_of_its_own() {
        let looks: std::collections::BTreeSet<_> =
            SIX.iter().map(|one| (one.ink.mark(), one.ink.is_hollow())).collect();
        let colours: std::collections::BTreeSet<_> = SIX.iter().map(|one| one.ink.colour()).collect();
        let dashes: std::collections::BTreeSet<_> = SIX.iter().map(|one| one.ink.dash()).collect();
        assert_eq!((looks.len(), colours.len(), dashes.len()), (6, 6, 6));
    }

    proptest! {
        #[test]
        fn curves_stay_on_the_picture(ys in prop::collection::vec(prop::collection::vec(0.0..1e9_f64, 7), 1..7)) {
            let sizes: Vec<f64> = (2..9).map(|e| f64::from(1 << (2 * e))).collect();
            let points: Vec<Vec<(f64, f64)>> = ys.iter().map(|ys| sizes.iter().copied().zip(ys.iter().copied()).collect()).collect();
            let all: Vec<&[(f64, f64)]> = points.iter().map(Vec::as_slice).collect();
            let stops: Vec<Stop> = sizes.iter().map(|at| Stop { at: *at, reading: String::new() }).collect();
            let svg = log_curves(&HEAD, &all, &sizes, &stops);
            prop_assert!(is_well_formed(&svg) && !svg.contains("NaN") && !svg.contains("inf"));
            prop_assert!(numbers_of_places(&svg).iter().all(|p| (-0.1..=super::super::WIDTH + 0.1).contains(p)), "{}", svg);
            prop_assert_eq!(svg.matches("c-stop").count(), sizes.len());
        }
    }
}
