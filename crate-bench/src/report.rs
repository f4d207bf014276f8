//! What was measured, as rows.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Case {
    /// Converged tables from knowledge of the whole ring, nodes a second.
    Build,
    /// Lookups one after the other, without messages or time.
    Walk,
    /// 32 lookups interleaved.
    Batch,
    /// Lookups as timed events, 1,000 of them under way at any time.
    Events1k,
    /// The same with 100,000 under way.
    Events100k,
    /// Joins by messages, one after the other, from an empty world to all nodes.
    Joins,
    /// Memory of nodes, tables and directory.
    Bytes,
}

impl Case {
    /// All of them, in the order in which they are measured.
    pub const ALL: [Self; 7] =
        [Self::Build, Self::Bytes, Self::Walk, Self::Batch, Self::Events1k, Self::Events100k, Self::Joins];

    /// Its name in rows and options.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Walk => "walk",
            Self::Batch => "batch",
            Self::Events1k => "events_1000",
            Self::Events100k => "events_100000",
            Self::Joins => "joins",
            Self::Bytes => "bytes",
        }
    }

    /// Its name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Build => "converged build, nodes",
            Self::Walk => "lookups, one at a time",
            Self::Batch => "lookups, 32 interleaved",
            Self::Events1k => "lookups as events, 1,000 under way",
            Self::Events100k => "lookups as events, 100,000 under way",
            Self::Joins => "joins by messages",
            Self::Bytes => "memory",
        }
    }

    /// What its figures count.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Build | Self::Walk | Self::Batch | Self::Events1k | Self::Events100k | Self::Joins => "per_s",
            Self::Bytes => "bytes_per_node",
        }
    }
}

impl Serialize for Case {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.key())
    }
}

/// One measurement, ours and the bound's.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Row {
    /// `pastry` or `chord`.
    pub system: &'static str,
    /// Nodes of the world.
    pub nodes: u32,
    /// What was measured.
    pub case: Case,
    /// What the figures count.
    pub unit: &'static str,
    /// The core's median; `None` if this was not measured at this size.
    pub ours: Option<f64>,
    /// The bound's median; `None` where there is no bound.
    pub bound: Option<f64>,
    /// Ours by the bound's.
    pub ratio: Option<f64>,
}

impl Row {
    pub(crate) fn new(system: &'static str, nodes: u32, case: Case, ours: Option<f64>, bound: Option<f64>) -> Self {
        let ratio = ours.zip(bound).map(|(ours, bound)| ours / bound);
        Self { system, nodes, case, unit: case.unit(), ours, bound, ratio }
    }
}

/// Three significant digits, thousands and millions by letter.
fn short(value: Option<f64>) -> String {
    let Some(value) = value else { return "-".into() };
    let (scaled, letter) = match value {
        v if v >= 1e6 => (v / 1e6, " M"),
        v if v >= 1e4 => (v / 1e3, " k"),
        v => (v, ""),
    };
    let decimals = if scaled >= 100.0 {
        0
    } else if scaled >= 10.0 {
        1
    } else {
        2
    };
    format!("{scaled:.decimals$}{letter}")
}

/// Columns for people.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut section = None;
    for row in rows {
        if section != Some((row.system, row.nodes)) {
            section = Some((row.system, row.nodes));
            let head = format!("{}, {} nodes", row.system, row.nodes);
            let _ = writeln!(text, "{head:<38} {:>10} {:>10} {:>6}", "ours", "bound", "ratio");
        }
        let ratio = row.ratio.map_or_else(|| "-".into(), |ratio| format!("{ratio:.2}"));
        let unit = if row.case == Case::Bytes { ", bytes a node" } else { " a second" };
        let name = format!("{}{unit}", row.case.name());
        let _ = writeln!(text, "  {name:<46} {:>10} {:>10} {ratio:>6}", short(row.ours), short(row.bound));
    }
    text
}

/// One object a line.
///
/// # Panics
/// Never: rows hold nothing that JSON cannot say.
#[must_use]
pub fn json(rows: &[Row]) -> String {
    rows.iter()
        .fold(String::new(), |text, row| text + &serde_json::to_string(row).expect("a row is numbers and names") + "\n")
}

/// A line of column names, then one a row; what was not measured is empty.
#[must_use]
pub fn csv(rows: &[Row]) -> String {
    let mut text = String::from("system,nodes,case,unit,ours,bound,ratio\n");
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for row in rows {
        let (ours, bound, ratio) = (number(row.ours), number(row.bound), number(row.ratio));
        let Row { system, nodes, case, unit, .. } = row;
        let _ = writeln!(text, "{system},{nodes},{},{unit},{ours},{bound},{ratio}", case.key());
    }
    text
}
