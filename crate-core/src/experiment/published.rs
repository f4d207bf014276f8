//! Figures that papers print, and where ours have to lie beside them. They stand here once: `overlay check-papers` and
//! the tests read the same.
//!
//! # Implementation notes
//! - **Where a figure comes from** ([`Tag`]): read in the text, measured in the drawing, calculated, or remembered. What
//!   is only remembered, or not said well enough to be measured, is shown and does not decide.
//! - **Bands** are the reading error of the source, the sampling error of our trials, and no more; each is said to be
//!   around the published value, or is an interval the paper prints itself.

use super::counts::ratio;
use super::flood::OBJECTS;
use super::{
    CountTo, Counts, Fail, Flooded, Geometry, Histogram, LOOKUPS_PER_BLOCK, Point, Row, SystemKind, Value, What,
};
use crate::gnutella::{Method, Satisfied, Topology, TtlRule};
use crate::id::Digits;
use crate::pastry::{JoinMethod, LeafSetSize};
use crate::sim::library::Allocation;
use crate::sim::topology::tree_nodes;
use crate::sim::workload::Target;

/// How a published figure is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag {
    /// Read in the paper's text or tables.
    Printed,
    /// Measured from the paper's drawing, or calculated.
    Drawn,
    /// From others' notes or from memory: shown, but decides nothing.
    Told,
    /// Printed, but it is not said what was counted: shown, but decides nothing.
    Unclear,
}

/// How a figure is read from the rows of its points.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Measure {
    /// The number under a key, the mean of all points.
    Number(&'static str),
    /// The share of lookups with so many hops.
    Share(usize),
    /// The number under a key of an inner row.
    Inner(usize, &'static str),
    /// One number over another, less one; the mean of all points.
    Excess(&'static str, &'static str),
    /// One number over another.
    Quotient(&'static str, &'static str),
    /// Suboptimal entries a node, all rows, over those of the second point.
    SuboptimalOver,
    /// Success less (1 − f)^h, with h from the second point.
    AboveExpectation,
    /// Sum of what was counted under two names at all points.
    Counted(&'static str, &'static str),
    /// The number under a key, less that of the second point.
    More(&'static str),
    /// The number under a key over that of the second point.
    Over(&'static str),
}

/// One published figure.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// The paper and where in it.
    pub source: &'static str,
    /// What was measured.
    pub what: String,
    /// How it is known.
    pub tag: Tag,
    /// What has to be run: points whose mean is taken, or two that are compared.
    pub points: Vec<Point>,
    /// How to read it.
    pub measure: Measure,
    /// What the paper says.
    pub published: f64,
    /// The smallest of ours that agrees.
    pub low: f64,
    /// The largest of ours that agrees.
    pub high: f64,
}

impl Figure {
    /// Our value; `None` if a row does not hold it.
    #[must_use]
    pub fn read(&self, results: &[(Row, Counts)]) -> Option<f64> {
        let (row, _) = results.first()?;
        let second = || results.get(1).map(|(row, _)| row);
        let mean = |of: &dyn Fn(&Row) -> Option<f64>| {
            let values: Option<Vec<f64>> = results.iter().map(|(row, _)| of(row)).collect();
            values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
        };
        Some(match self.measure {
            Measure::Number(key) => mean(&|row| row.number(key))?,
            Measure::Share(hops) => match row.get("histogram")? {
                Value::List(histogram) => Histogram(histogram).share(hops),
                _ => return None,
            },
            Measure::Inner(at, key) => row.inner_number(at, key)?,
            Measure::Excess(key, of) => mean(&|row| Some(row.number(key)? / row.number(of)? - 1.0))?,
            Measure::Quotient(key, of) => row.number(key)? / row.number(of)?,
            Measure::SuboptimalOver => suboptimal(row) / suboptimal(second()?),
            Measure::AboveExpectation => {
                let honest = 1.0 - row.number("fraction")?;
                row.number("success")? - libm::pow(honest, second()?.number("mean")?)
            }
            Measure::Counted(a, b) => {
                let each = results.iter().map(|(_, counts)| counts.sum(a).saturating_add(counts.sum(b)));
                ratio(each.fold(0, u64::saturating_add), 1)
            }
            Measure::More(key) => row.number(key)? - second()?.number(key)?,
            Measure::Over(key) => row.number(key)? / second()?.number(key)?,
        })
    }

    /// Whether a value of ours agrees.
    #[must_use]
    pub fn agrees(&self, ours: f64) -> bool {
        ours >= self.low && ours <= self.high
    }

    /// Whether it counts if ours does not agree.
    #[must_use]
    pub fn decides(&self) -> bool {
        !matches!(self.tag, Tag::Told | Tag::Unclear)
    }
}

fn suboptimal(row: &Row) -> f64 {
    (0..8).filter_map(|at| row.inner_number(at, "suboptimal")).sum()
}

/// Messages by TTL at C = 4, both ways over one level more than the TTL (the lecture's "Issues with Gnutella": the last).
const FLOOD_MESSAGES: [(u8, f64); 7] =
    [(1, 32.0), (2, 104.0), (3, 320.0), (4, 968.0), (5, 2_912.0), (6, 8_744.0), (7, 26_240.0)];
/// Messages a node of 32 walkers that check back and keep state, and of flooding (Lv et al. 2002, random graph).
const WALK_OVER_FLOOD: f64 = 0.018 / 2.509;

/// α of searches where Cohen and Shenker's allocations are compared, in hundredths.
const ZIPF_PERCENT: u16 = 100;

/// Rings of up to 2^11 nodes differ from one another by more than lookups do: so many are averaged.
const RINGS: u64 = 16;
/// Sets of nodes that fail, of which the mean is taken.
const FAILURES: u64 = 4;

/// Mean hops by nodes (Pastry, Fig. 4).
const PASTRY_MEAN_HOPS: [(u32, f64); 18] = [
    (1_000, 2.485),
    (2_000, 2.689),
    (3_000, 2.795),
    (4_000, 2.874),
    (5_000, 2.954),
    (6_000, 3.018),
    (7_000, 3.079),
    (8_000, 3.136),
    (10_000, 3.232),
    (20_000, 3.494),
    (30_000, 3.612),
    (40_000, 3.686),
    (50_000, 3.746),
    (60_000, 3.794),
    (70_000, 3.845),
    (80_000, 3.890),
    (90_000, 3.931),
    (100_000, 3.976),
];
/// Shares of 1 to 5 hops among 100,000 nodes (Pastry, Fig. 5).
const PASTRY_HOP_SHARES: [f64; 5] = [0.0006, 0.0156, 0.1643, 0.6449, 0.1745];
/// Entries of rows 0 to 3 among 5,000 nodes (exact expectation; the paper's drawing has 15, 15, 10.48, 1.12).
const PASTRY_FILLED: [f64; 4] = [15.0, 15.0, 10.57, 1.10];
/// Optimal entries of rows 0 to 2 among 5,000 nodes that joined one by one (Pastry, Fig. 9, no failure). The band is wide
/// because it is not said how near the member is by whom a node joins.
const PASTRY_OPTIMAL: [f64; 3] = [14.19, 14.21, 10.38];
/// Shares of path lengths 1 to 12 among 4,096 nodes (Chord 2003, Fig. 10).
const CHORD_PATH_SHARES: [f64; 12] =
    [0.0033, 0.0180, 0.0571, 0.1288, 0.2124, 0.2254, 0.1938, 0.1094, 0.0412, 0.0092, 0.0012, 0.0002];
/// Mean path and time-outs by fraction failed (Chord 2003, Table II).
const CHORD_FAILED: [(f64, f64, f64); 6] =
    [(0.0, 3.84, 0.0), (0.1, 4.03, 0.60), (0.2, 4.22, 1.17), (0.3, 4.44, 2.02), (0.4, 4.69, 3.23), (0.5, 5.09, 5.10)];
/// ln 100: the 99th percentile of exponential arcs over their mean.
const LN_100: f64 = 4.605_170_186;

fn point(nodes: u32, lookups: u32, what: What) -> Point {
    // The seed is set when all figures are there.
    Point { nodes, seed: 0, lookups, what }
}

/// The same in other worlds.
fn worlds(at: Point, count: u64) -> Vec<Point> {
    (0..count).map(|seed| Point { seed, ..at }).collect()
}

fn pastry_hops(nodes: u32) -> Point {
    let what = What::Hops {
        system: SystemKind::Pastry,
        digits: Digits::Bits4,
        leaf_set: LeafSetSize::SIXTEEN,
        target: Target::Node,
        count: CountTo::Owner,
    };
    point(nodes, 200_000, what)
}

fn chord_hops(nodes: u32) -> Point {
    let what = What::Hops {
        system: SystemKind::Chord,
        digits: Digits::Bits4,
        leaf_set: LeafSetSize::SIXTEEN,
        target: Target::Key,
        count: CountTo::Predecessor,
    };
    point(nodes, 100 * nodes, what)
}

fn around(source: &'static str, what: String, at: Point, measure: Measure, published: f64, band: f64) -> Figure {
    let (low, high) = (published - band, published + band);
    Figure { source, what, tag: Tag::Drawn, points: vec![at], measure, published, low, high }
}

/// All figures, in the order in which they are shown, measured in worlds of this seed and those that follow it.
#[must_use]
pub fn figures(seed: u64) -> Vec<Figure> {
    let mut all = Vec::new();
    pastry(&mut all);
    pastry_joins_and_failures(&mut all);
    chord(&mut all);
    others(&mut all);
    unstructured(&mut all);
    all.iter_mut().flat_map(|figure| &mut figure.points).for_each(|point| point.seed = seed.wrapping_add(point.seed));
    all
}

fn pastry(all: &mut Vec<Figure>) {
    for (nodes, hops) in PASTRY_MEAN_HOPS {
        let what = format!("mean hops, N = {nodes}");
        all.push(around("Pastry Fig. 4", what, pastry_hops(nodes), Measure::Number("mean"), hops, 0.03));
    }
    for (hops, share) in (1..).zip(PASTRY_HOP_SHARES) {
        let what = format!("share of {hops} hops, N = 100000");
        let figure = around("Pastry Fig. 5", what, pastry_hops(100_000), Measure::Share(hops), share, 0.006);
        all.push(Figure { tag: Tag::Printed, ..figure });
    }
    let longest =
        around("Pastry Fig. 5", "most hops, N = 100000".into(), pastry_hops(100_000), Measure::Number("max"), 5.0, 0.0);
    all.push(Figure { tag: Tag::Printed, ..longest });
    let table = What::Table { digits: Digits::Bits4, leaf_set: LeafSetSize::SIXTEEN };
    for (row, filled) in PASTRY_FILLED.into_iter().enumerate() {
        let what = format!("entries in row {row}, N = 5000");
        all.push(around("Pastry §2.1", what, point(5_000, 1, table), Measure::Inner(row, "filled"), filled, 0.15));
    }
    for nodes in [1_000, 5_000, 20_000, 100_000] {
        let distance = point(nodes, 200_000, What::Distance { system: SystemKind::Pastry });
        let what = format!("route over direct distance, N = {nodes}");
        // "30% to 40% longer", read from a curve that is no line.
        let figure = around("Pastry Fig. 6", what, distance, Measure::Number("relative_distance"), 1.35, 0.06);
        all.push(Figure { tag: Tag::Printed, ..figure });
    }
}

fn pastry_joins_and_failures(all: &mut Vec<Figure>) {
    let joined = |method| point(5_000, 1, What::TableQuality { method });
    let less = |what: &str, points: [JoinMethod; 2], high| Figure {
        source: "Pastry Fig. 7",
        what: what.into(),
        tag: Tag::Printed,
        points: points.map(joined).to_vec(),
        measure: Measure::SuboptimalOver,
        published: f64::NAN,
        low: 0.0,
        high,
    };
    let methods = [JoinMethod::Rows, JoinMethod::WholeStates, JoinMethod::WholeStatesTwice];
    all.push(less("suboptimal entries, WT over SL", [methods[1], methods[0]], 1.0));
    all.push(less("suboptimal entries, WTF (much less) over WT", [methods[2], methods[1]], 0.5));
    for (row, entries) in PASTRY_OPTIMAL.into_iter().enumerate() {
        let what = format!("optimal entries in row {row}, WTF, N = 5000");
        let (at, measure) = (joined(methods[2]), Measure::Inner(row, "optimal"));
        all.push(around("Pastry Fig. 9", what, at, measure, entries, 0.75));
    }
    let failures = point(5_000, 25_000, What::Failures { system: SystemKind::Pastry, fail: Fail::Count(500) });
    let all_failures = worlds(failures, FAILURES);
    let unrepaired = Measure::Excess("mean_unrepaired", "mean_before");
    all.push(Figure {
        source: "Pastry Fig. 10",
        what: "hops added by 500 of 5000 failures, unrepaired".into(),
        tag: Tag::Printed,
        points: all_failures.clone(),
        measure: unrepaired,
        published: 0.084,
        // Independent simulations have +5% to +8%; which nodes fail moves the mean of four by a quarter of a percent.
        low: 0.045,
        high: 0.0865,
    });
    let repaired = Measure::Excess("mean_repaired", "mean_before");
    let what = "hops added after lazy repair";
    let figure = around("Pastry Fig. 10", what.into(), failures, repaired, 0.004, 0.02);
    all.push(Figure { tag: Tag::Printed, points: all_failures.clone(), ..figure });
    let astray = Measure::Counted("repaired_wrong", "repaired_lost");
    let figure = around("Pastry §2.2", "lookups astray after repair".into(), failures, astray, 0.0, 0.0);
    all.push(Figure { tag: Tag::Printed, points: all_failures.clone(), ..figure });
    let asked = Measure::Number("rpcs_per_failure");
    let figure = around("Pastry §3.4", "RPCs a failed node".into(), failures, asked, 57.0, 57.0);
    all.push(Figure { tag: Tag::Unclear, points: all_failures, ..figure });
}

fn chord(all: &mut Vec<Figure>) {
    let what = "mean path, N = 4096";
    all.push(around("Chord Fig. 10", what.into(), chord_hops(4_096), Measure::Number("mean"), 5.85, 0.05));
    for (length, share) in (1..).zip(CHORD_PATH_SHARES) {
        let what = format!("share of length {length}, N = 4096");
        all.push(around("Chord Fig. 10", what, chord_hops(4_096), Measure::Share(length), share, 0.015));
    }
    for exponent in 8..=14 {
        let (what, nodes) = (format!("mean path, N = 2^{exponent}"), 1 << exponent);
        let published = f64::from(exponent) / 2.0 - 0.14;
        let figure = around("Chord Fig. 10", what, chord_hops(nodes), Measure::Number("mean"), published, 0.06);
        let rings = if exponent <= 11 { RINGS } else { 1 };
        all.push(Figure { points: worlds(chord_hops(nodes), rings), ..figure });
    }
    for (fraction, path, timeouts) in CHORD_FAILED {
        let fail = Fail::Fraction(fraction);
        let failed = point(1_000, 10_000, What::Failures { system: SystemKind::Chord, fail });
        let figure = |what: &str, key, published, band| {
            around("Chord Table II", format!("{what}, p = {fraction}"), failed, Measure::Number(key), published, band)
        };
        // Of the paths our notes hold the last one as printed, the others and the time-outs from memory.
        let tag = if fraction == 0.5 { Tag::Printed } else { Tag::Told };
        all.push(Figure { tag, ..figure("mean path", "mean", path, 0.2) });
        all.push(Figure { tag: Tag::Told, ..figure("time-outs", "timeouts", timeouts, 0.1 + 0.1 * timeouts) });
        all.push(Figure { tag: Tag::Printed, ..figure("failed lookups", "failed_lookups", 0.0, 0.0) });
    }
    let load = point(10_000, 1, What::Load { keys: 1_000_000, virtual_nodes: 1 });
    let percentile = Measure::Quotient("p99", "mean");
    all.push(around("Chord Fig. 8", "keys a node, 99th percentile over mean".into(), load, percentile, LN_100, 0.1));
}

fn others(all: &mut Vec<Figure>) {
    for fraction in [0.1, 0.2, 0.3] {
        let dropped = point(10_000, 200_000, What::Malicious { system: SystemKind::Pastry, fraction });
        let what = format!("success less (1 - f)^h, f = {fraction}, N = 10000");
        let figure = around("Castro 2002 §4", what, dropped, Measure::AboveExpectation, 0.0, 0.02);
        all.push(Figure { points: vec![dropped, pastry_hops(10_000)], ..figure });
    }
    let failed = |geometry| point(65_536, 100 * LOOKUPS_PER_BLOCK, What::Resilience { geometry, fraction: 0.3 });
    let order = [
        ("tree over xor", Geometry::Tree, Geometry::Xor),
        ("tree over hybrid", Geometry::Tree, Geometry::Hybrid),
        ("xor over ring", Geometry::Xor, Geometry::Ring),
        ("hybrid over ring", Geometry::Hybrid, Geometry::Ring),
        ("xor over hypercube", Geometry::Xor, Geometry::Hypercube),
    ];
    for (what, more, less) in order {
        all.push(Figure {
            source: "Gummadi 2003",
            what: format!("failed paths at 30%, {what}"),
            tag: Tag::Told,
            points: vec![failed(more), failed(less)],
            measure: Measure::More("failed_paths"),
            published: f64::NAN,
            low: 0.0,
            high: 1.0,
        });
    }
}

fn unstructured(all: &mut Vec<Figure>) {
    let flooded = |topology, ttl, method, ttl_rule| {
        let replicas_per_million = if matches!(topology, Topology::Tree { .. }) { 1_000_000 } else { 10_000 };
        let (degree, satisfied) = (4, Satisfied::PassesOn);
        let (zipf_percent, allocation) = (0, Allocation::Uniform);
        Flooded { degree, ttl, topology, method, ttl_rule, satisfied, replicas_per_million, zipf_percent, allocation }
    };
    for (ttl, messages) in FLOOD_MESSAGES {
        let what = flooded(Topology::Tree { degree: 4 }, ttl, Method::Flood, TtlRule::Slide);
        // Deeper than a message goes.
        let nodes = tree_nodes(4, ttl + 2).unwrap_or(u32::MAX);
        let title = format!("messages of a flood, C = 4, TTL = {ttl}");
        let at = point(nodes, 1, What::Flood(what));
        all.push(around("Gnutella, lecture", title, at, Measure::Number("messages"), messages, 0.0));
    }
    let on_random = |method| flooded(Topology::Random { degree: 4 }, 7, method, TtlRule::Published);
    let random = |method| point(9_836, 200, What::Flood(on_random(method)));
    let over = |what: &str, measure, points: [Method; 2], published, low, high| Figure {
        source: "Lv 2002 Table 2",
        what: what.into(),
        tag: Tag::Told,
        points: points.map(random).to_vec(),
        measure,
        published,
        low,
        high,
    };
    let methods = [Method::WALK, Method::Flood];
    all.push(over(
        "messages, 32 walkers over flooding",
        Measure::Over("messages"),
        methods,
        WALK_OVER_FLOOD,
        0.0,
        0.05,
    ));
    all.push(over("hops, 32 walkers over flooding", Measure::Over("hops"), methods, 7.0 / 3.4, 1.0, 3.0));
    all.push(over(
        "messages, expanding ring over flooding",
        Measure::Over("messages"),
        [Method::RING, Method::Flood],
        0.053 / 2.509,
        0.0,
        0.2,
    ));
    let probes = |allocation| {
        let zipf_percent = ZIPF_PERCENT;
        point(9_836, 6_400, What::Flood(Flooded { zipf_percent, allocation, ..on_random(Method::PROBE) }))
    };
    for (name, allocation) in [("proportional", Allocation::Proportional), ("square root", Allocation::SquareRoot)] {
        let published = allocation.probes_over_uniform(OBJECTS, f64::from(ZIPF_PERCENT) / 100.0);
        let what = format!("probes a search, {name} over uniform, Zipf 1.0");
        let figure = around("Cohen 2002", what, probes(allocation), Measure::Over("queries"), published, 0.1);
        all.push(Figure { points: [allocation, Allocation::Uniform].map(probes).to_vec(), ..figure });
    }
}
