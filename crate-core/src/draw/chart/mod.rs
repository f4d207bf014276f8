//! Charts as SVG text: columns, curves and bars of systems side by side.
//!
//! A chart is the same text on the page and in a file. Every shape has its colours as presentation attributes, those of
//! a light page on white; a page that knows better overrides them by the classes, which all begin with `c-`. What can
//! be read off a chart stands in its stops: transparent shapes of class `c-stop`, in reading order, with a sentence each
//! in `data-v`.
//!
//! The systems differ in shape as well as in colour. Of two, the first is filled and drawn through, the second outlined and
//! dashed; of more, each has dashes and marks of its own ([`Ink`]).

mod ink;
mod log;

use std::fmt::Write as _;

use super::scale::{Linear, fixed, nice_ticks};
use crate::plain::grouped_digits;
pub use ink::{Ink, Series};
pub use log::log_curves;

/// Width of a chart in its own units.
pub const WIDTH: f64 = 480.0;
/// Height of a chart of columns or curves.
pub const HEIGHT: f64 = 300.0;
/// Height that each further line of a legend takes.
const LEGEND_LINE: f64 = 20.0;
const INK: &str = "#1c1b19";
const DIM: &str = "#66625b";
const LINE: &str = "#d8d4ca";
const FONT: &str = "Inter Variable, Inter, system-ui, Segoe UI, Roboto, sans-serif";
/// The plane of columns and curves under a legend of one line.
const PLANE: Plane = Plane { left: 52.0, right: WIDTH - 12.0, top: 46.0, bottom: HEIGHT - 48.0 };

#[derive(Clone, Copy)]
struct Plane {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// What a chart says about itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Head<'a> {
    /// What it shows.
    pub title: &'a str,
    /// The axis to the right.
    pub x: &'a str,
    /// The axis upwards.
    pub y: &'a str,
    /// What is shown of it, in order.
    pub series: &'a [Series<'a>],
}

/// A place on the axis to the right that is worth a line.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    /// Where.
    pub at: f64,
    /// What is there.
    pub label: String,
    /// To which series it belongs.
    pub series: usize,
}

/// Something that can be read off a chart.
#[derive(Clone, PartialEq, Debug)]
pub struct Stop {
    /// Where on the axis to the right.
    pub at: f64,
    /// The sentence.
    pub reading: String,
}

/// The text of a chart under way.
struct Svg {
    text: String,
}

impl Svg {
    fn new(title: &str, height: f64) -> Self {
        let mut svg = Self { text: String::with_capacity(8_192) };
        let (width, height) = (fixed(WIDTH, 0), fixed(height, 0));
        let _ = write!(
            svg.text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-label=\"{}\" \
             font-family=\"{FONT}\" font-size=\"14\"><rect class=\"c-ground\" width=\"{width}\" height=\"{height}\" \
             fill=\"#ffffff\"/>",
            escaped(title)
        );
        svg
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64), colour: &str, more: &str) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(tenths);
        let _ = write!(
            self.text,
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"{colour}\"{more}/>"
        );
    }

    fn words(&mut self, class: &str, at: (f64, f64), anchor: &str, colour: &str, text: &str) {
        let [x, y] = [at.0, at.1].map(tenths);
        let _ = write!(
            self.text,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{}</text>",
            escaped(text)
        );
    }

    /// A filled shape of a series: the first is solid, the second outlined.
    fn area(&mut self, series: usize, x: f64, y: f64, width: f64, height: f64, strength: f64) {
        let colour = Ink::of(series).colour();
        let (fill, inset) = if series == 0 { (strength, 0.0) } else { (strength * 0.34, 1.0) };
        let [width, height] = [(width - 2.0 * inset).max(0.5), (height - 2.0 * inset).max(0.0)].map(tenths);
        let ([x, y], fill) = ([x + inset, y + inset].map(tenths), fixed(fill, 2));
        let edge = if series == 0 { "" } else { " stroke-width=\"2\"" };
        let stroke = if series == 0 { "none" } else { colour };
        let _ = write!(
            self.text,
            "<rect class=\"c-area c-{series}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             fill=\"{colour}\" fill-opacity=\"{fill}\" stroke=\"{stroke}\"{edge}/>"
        );
    }

    /// A stop as a box.
    fn stop(&mut self, x: f64, y: f64, width: f64, height: f64, reading: &str) {
        let [x, y, width, height] = [x, y, width, height].map(tenths);
        let _ = write!(
            self.text,
            "<rect class=\"c-stop\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"none\" \
             pointer-events=\"all\" data-v=\"{}\"/>",
            escaped(reading)
        );
    }

    /// Names of the series with a sample of their shape, from the left, in as many lines as they need.
    fn legend(&mut self, series: &[Series<'_>], lines: bool) {
        for (place, one) in places(series, lines).into_iter().zip(series) {
            let (x, y) = (place.x, 18.0 + LEGEND_LINE * place.line);
            if lines {
                let ends = [(x, y - 5.0), (x + 26.0, y - 5.0)];
                self.line(&format!("c-line c-{}", one.ink as u8), ends[0], ends[1], one.ink.colour(), one.ink.dash());
            } else {
                self.area(one.ink as usize, x, y - 12.0, 14.0, 14.0, 1.0);
            }
            self.words("c-ink", (x + sample(lines), y), "start", INK, one.name);
        }
    }

    /// Rules, ticks and names of the axes; ticks by their pixels.
    fn axes(&mut self, head: &Head<'_>, plane: Plane, x_ticks: &[(f64, String)], y_ticks: &[(f64, String)]) {
        for (at, text) in y_ticks {
            self.line("c-rule", (plane.left, *at), (plane.right, *at), LINE, "");
            self.words("c-dim", (plane.left - 7.0, at + 5.0), "end", DIM, text);
        }
        for (at, text) in x_ticks {
            self.words("c-dim", (*at, plane.bottom + 19.0), "middle", DIM, text);
        }
        self.line("c-axis", (plane.left, plane.bottom), (plane.right, plane.bottom), INK, "");
        self.words("c-dim", ((plane.left + plane.right) / 2.0, plane.bottom + 39.0), "middle", DIM, head.x);
        self.words("c-dim", (plane.left, plane.top - 8.0), "start", DIM, head.y);
    }

    /// A line through pixels, in the series' ink.
    fn way(&mut self, ink: Ink, pixels: &[(f64, f64)]) {
        let mut way = String::new();
        for (place, (x, y)) in pixels.iter().enumerate() {
            let _ = write!(way, "{}{} {}", if place == 0 { "M" } else { "L" }, tenths(*x), tenths(*y));
        }
        let _ = write!(
            self.text,
            "<path class=\"c-line c-{}\" d=\"{way}\" fill=\"none\" stroke=\"{}\" stroke-linejoin=\"round\"{}/>",
            ink as u8,
            ink.colour(),
            ink.dash()
        );
    }

    /// Stops side by side, each as wide as reaches half of the way to its neighbours.
    fn stops(&mut self, plane: Plane, stops: &[(f64, &str)]) {
        for (place, (at, reading)) in stops.iter().enumerate() {
            let middle = |other: Option<&(f64, &str)>, end: f64| other.map_or(end, |other| (other.0 + at) / 2.0);
            let before = place.checked_sub(1).and_then(|i| stops.get(i));
            let (left, right) = (middle(before, plane.left), middle(stops.get(place + 1), plane.right));
            self.stop(left, plane.top, (right - left).max(0.5), plane.bottom - plane.top, reading);
        }
    }

    fn end(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

fn tenths(value: f64) -> String {
    fixed(value, 1)
}

/// Where a name of a legend begins.
struct Place {
    x: f64,
    line: f64,
}

const fn sample(lines: bool) -> f64 {
    if lines { 32.0 } else { 20.0 }
}

fn places(series: &[Series<'_>], lines: bool) -> Vec<Place> {
    let (mut x, mut line) = (PLANE.left, 0.0);
    let place = |one: &Series<'_>| {
        let width = sample(lines) + 9.0 * one.name.len() as f64;
        if x + width > WIDTH && x > PLANE.left {
            (x, line) = (PLANE.left, line + 1.0);
        }
        let place = Place { x, line };
        x += width + 18.0;
        place
    };
    series.iter().map(place).collect()
}

/// Ticks at round values, with their pixels.
fn ticks(scale: &Linear, values: Vec<f64>) -> Vec<(f64, String)> {
    values.into_iter().map(|value| (scale.at(value), number(value))).collect()
}

/// Text as it stands in XML.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A number with as many decimals as it needs up to two, and commas between thousands.
#[must_use]
pub fn number(value: f64) -> String {
    let text = fixed(value, 2);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, part) = digits.find('.').map_or((digits, ""), |at| digits.split_at(at));
    let sign = if whole == "0" && part.is_empty() { "" } else { sign };
    format!("{sign}{}{part}", grouped_digits(whole))
}

/// The upper end of an axis that has room for a value.
fn room_for(value: f64) -> f64 {
    if value > 0.0 && value.is_finite() { value * 1.06 } else { 1.0 }
}

/// A histogram of both systems: for each whole number from `first` on the values of both, in percent.
#[must_use]
pub fn columns(head: &Head<'_>, first: u32, values: &[[f64; 2]], marks: &[Mark], stops: &[Stop]) -> String {
    let mut svg = Svg::new(head.title, HEIGHT);
    let from = f64::from(first);
    let furthest = marks.iter().map(|mark| mark.at).fold(from + values.len().max(1) as f64 - 1.0, f64::max);
    let x = Linear { values: (from - 0.5, furthest + 0.5), pixels: (PLANE.left, PLANE.right) };
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    // Room above the columns for the labels of the marks.
    let y = Linear { values: (0.0, room_for(most) * 1.3), pixels: (PLANE.bottom, PLANE.top) };
    let every = (values.len() / 12 + 1).max(1);
    let whole: Vec<f64> = (0..=(furthest - from) as usize).step_by(every).map(|i| from + i as f64).collect();
    svg.axes(head, PLANE, &ticks(&x, whole), &ticks(&y, nice_ticks(y.values.0, y.values.1, 5)));
    let width = (x.at(1.0) - x.at(0.0)).min(72.0);
    for (place, pair) in values.iter().enumerate() {
        let middle = x.at(from + place as f64);
        for (series, value) in pair.iter().enumerate() {
            if *value > 0.0 {
                let left = middle - width * 0.42 + width * 0.42 * series as f64;
                svg.area(series, left, y.at(*value), width * 0.42, PLANE.bottom - y.at(*value), 1.0);
            }
        }
    }
    for mark in marks {
        let (at, colour) = (x.at(mark.at), Ink::of(mark.series).colour());
        let top = PLANE.top + 2.0 + 19.0 * mark.series as f64;
        svg.line(
            &format!("c-mark c-{}", mark.series),
            (at, top),
            (at, PLANE.bottom),
            colour,
            " stroke-width=\"2\" stroke-dasharray=\"3 3\"",
        );
        let right = at + 9.0 * mark.label.chars().count() as f64 > PLANE.right;
        let (anchor, by) = if right { ("end", -6.0) } else { ("start", 6.0) };
        svg.words(&format!("c-name c-{}", mark.series), (at + by, top + 12.0), anchor, colour, &mark.label);
    }
    svg.legend(head.series, false);
    let step = x.at(1.0) - x.at(0.0);
    for stop in stops {
        svg.stop(x.at(stop.at) - step / 2.0, PLANE.top, step, PLANE.bottom - PLANE.top, &stop.reading);
    }
    svg.end()
}

/// Curves through points with ascending x, one a series; the axis upwards begins at 0 and reaches at least `least`.
#[must_use]
pub fn curves(head: &Head<'_>, points: &[&[(f64, f64)]], least: f64, stops: &[Stop]) -> String {
    let mut svg = Svg::new(head.title, HEIGHT);
    let all = || points.iter().copied().flatten();
    let furthest = all().map(|point| point.0).fold(0.0, f64::max);
    let highest = all().map(|point| point.1).fold(least, f64::max);
    let furthest = if furthest > 0.0 { furthest } else { 1.0 };
    let x = Linear { values: (0.0, furthest), pixels: (PLANE.left, PLANE.right - 8.0) };
    let y = Linear { values: (0.0, room_for(highest)), pixels: (PLANE.bottom, PLANE.top) };
    let (x_ticks, y_ticks) = (nice_ticks(0.0, furthest, 7), nice_ticks(0.0, y.values.1, 5));
    svg.axes(head, PLANE, &ticks(&x, x_ticks), &ticks(&y, y_ticks));
    for (one, points) in head.series.iter().zip(points) {
        let pixels: Vec<(f64, f64)> = points.iter().map(|(at, value)| (x.at(*at), y.at(*value))).collect();
        svg.way(one.ink, &pixels);
    }
    svg.legend(head.series, true);
    let stops: Vec<(f64, &str)> = stops.iter().map(|stop| (x.at(stop.at), stop.reading.as_str())).collect();
    svg.stops(PLANE, &stops);
    svg.end()
}

/// A part of a bar.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// What it is.
    pub name: String,
    /// How much.
    pub value: f64,
}

/// A bar.
#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    /// What it is about.
    pub name: String,
    /// To which series it belongs.
    pub series: usize,
    /// What it is made of, in order.
    pub parts: Vec<Part>,
    /// Its value in words, at its end.
    pub value: String,
    /// The sentence that is read off it.
    pub reading: String,
}

/// Bars across, one below the other, each with its name above it and its value at its end. `unit` marks a place that all
/// are held against.
#[must_use]
pub fn bars(title: &str, bars: &[Bar], unit: Option<(f64, &str)>) -> String {
    const ROW: f64 = 62.0;
    let top = if unit.is_some() { 26.0 } else { 6.0 };
    let height = top + ROW * bars.len() as f64 + 8.0;
    let mut svg = Svg::new(title, height);
    let sum = |bar: &Bar| bar.parts.iter().map(|part| part.value.max(0.0)).sum::<f64>();
    let most = bars.iter().map(sum).fold(unit.map_or(0.0, |(at, _)| at), f64::max);
    let x = Linear { values: (0.0, if most > 0.0 { most } else { 1.0 }), pixels: (8.0, WIDTH - 110.0) };
    for (row, bar) in bars.iter().enumerate() {
        let y = top + ROW * row as f64;
        svg.words("c-ink", (8.0, y + 16.0), "start", INK, &bar.name);
        let parts: Vec<&str> =
            bar.parts.iter().filter(|part| part.value > 0.0).map(|part| part.name.as_str()).collect();
        if bar.parts.len() > 1 {
            svg.words("c-dim", (WIDTH - 8.0, y + 16.0), "end", DIM, &parts.join(" + "));
        }
        let mut done = 0.0;
        for (place, part) in bar.parts.iter().enumerate().filter(|(_, part)| part.value > 0.0) {
            let (left, right) = (x.at(done), x.at(done + part.value));
            let gap = if done > 0.0 { 2.0 } else { 0.0 };
            svg.area(bar.series, left + gap, y + 24.0, (right - left - gap).max(0.5), 26.0, 1.0 - 0.3 * place as f64);
            done += part.value;
        }
        svg.words("c-ink c-strong", (x.at(done) + 8.0, y + 43.0), "start", INK, &bar.value);
    }
    if let Some((at, name)) = unit {
        let (at, bottom) = (x.at(at), height - 4.0);
        svg.line("c-unit", (at, 20.0), (at, bottom), INK, " stroke-width=\"2\" stroke-dasharray=\"3 3\"");
        let (anchor, by) = if at > WIDTH / 2.0 { ("end", 4.0) } else { ("start", -4.0) };
        svg.words("c-dim", (at + by, 14.0), anchor, DIM, name);
    }
    for (row, bar) in bars.iter().enumerate() {
        svg.stop(0.0, top + ROW * row as f64, WIDTH, ROW, &bar.reading);
    }
    svg.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: Head<'static> = Head {
        title: "Hops",
        x: "hops",
        y: "% of lookups",
        series: &[Series { name: "Pastry", ink: Ink::Pastry }, Series { name: "Chord", ink: Ink::Chord }],
    };

    /// Every number in the attributes that place something.
    pub(super) fn numbers_of_places(svg: &str) -> Vec<f64> {
        let names = ["x", "y", "x1", "x2", "y1", "y2", "width", "height"];
        let all = names.iter().flat_map(|name| {
            let key = format!(" {name}=\"");
            svg.split(&key).skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect::<Vec<f64>>()
        });
        all.collect()
    }

    pub(super) fn is_well_formed(svg: &str) -> bool {
        let opened = svg.matches('<').count();
        let closing = svg.matches("</").count();
        let empty = svg.matches("/>").count();
        opened == 2 * closing + empty && svg.starts_with("<svg") && svg.ends_with("</svg>")
    }

    #[test]
    fn numbers_are_grouped_and_cut() {
        let cases = [
            (0.0, "0"),
            (1234567.0, "1,234,567"),
            (2.5, "2.5"),
            (-1234.567, "-1,234.57"),
            (-0.001, "0"),
            (999.999, "1,000"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn words_from_elsewhere_stay_words() {
        let head = Head { title: "a<b & \"c\"", ..HEAD };
        let svg = columns(&head, 0, &[[50.0, 10.0]], &[], &[]);
        assert!(svg.contains("aria-label=\"a&lt;b &amp; &quot;c&quot;\"") && is_well_formed(&svg));
    }

    #[test]
    fn a_bar_tells_its_value_and_its_parts() {
        let part = |name: &str, value| Part { name: name.into(), value };
        let bar = Bar {
            name: "Pastry".into(),
            series: 0,
            parts: vec![part("table", 30.0), part("leaf set", 16.0), part("rest", 0.0)],
            value: "46".into(),
            reading: "46 entries".into(),
        };
        let svg = bars("State", &[bar], Some((20.0, "one")));
        assert!(svg.contains(">table + leaf set<") && svg.contains(">46<") && svg.contains("data-v=\"46 entries\""));
        assert_eq!(svg.matches("c-area").count(), 2);
        assert!(is_well_formed(&svg));
    }

    proptest! {
        #[test]
        fn columns_stay_on_the_picture(values in prop::collection::vec([0.0..100.0_f64, 0.0..100.0_f64], 0..60), at in 0.0..40.0_f64) {
            let marks = [Mark { at, label: "⌈log16 N⌉ = 3".into(), series: 0 }];
            let stops: Vec<Stop> = (0..values.len()).map(|i| Stop { at: i as f64, reading: i.to_string() }).collect();
            let svg = columns(&HEAD, 0, &values, &marks, &stops);
            prop_assert!(is_well_formed(&svg));
            prop_assert!(numbers_of_places(&svg).iter().all(|p| (-0.1..=WIDTH + 0.1).contains(p)), "{svg}");
            prop_assert_eq!(svg.matches("c-stop").count(), values.len());
        }

        #[test]
        fn curves_stay_on_the_picture(ys in prop::collection::vec(0.0..1e6_f64, 0..80)) {
            let points: Vec<(f64, f64)> = ys.iter().enumerate().map(|(i, y)| (i as f64 * 3.0, *y)).collect();
            let stops: Vec<Stop> = points.iter().map(|p| Stop { at: p.0, reading: String::new() }).collect();
            let svg = curves(&HEAD, &[&points, &[]], 0.0, &stops);
            prop_assert!(is_well_formed(&svg) && !svg.contains("NaN") && !svg.contains("inf"));
            prop_assert!(numbers_of_places(&svg).iter().all(|p| (-0.1..=WIDTH + 0.1).contains(p)));
        }
    }
}
