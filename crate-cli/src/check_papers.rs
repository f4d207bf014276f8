//! `overlay check-papers`: published figures and ours, side by side.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use overlay_core::experiment::published::{Figure, Tag, figures};
use overlay_core::experiment::{Counts, Point, Row};

use crate::args::RowFormat;
use crate::experiment::drive;
use crate::output::{self, Rows, Stopped};
use crate::progress::Progress;

/// The exit code where a figure that counts lies outside its band.
const OUTSIDE: u8 = 1;

pub(crate) fn run(threads: Option<NonZeroUsize>, seed: u64, format: RowFormat) -> Result<ExitCode, Stopped> {
    let figures = figures(seed);
    let mut points: Vec<Point> = Vec::new();
    for point in figures.iter().flat_map(|figure| &figure.points) {
        if !points.contains(point) {
            points.push(*point);
        }
    }
    let threads = drive::threads(threads);
    let mut progress = Progress::new(points.iter().map(|point| u64::from(point.blocks())).sum());
    let mut results: Vec<(Row, Counts)> = Vec::new();
    for point in &points {
        let blocks: Vec<u32> = (0..point.blocks()).collect();
        let counts = drive::run(point, &blocks, threads, &mut progress)?.counts;
        // Published figures come from experiments with one row.
        results.push((point.rows(&counts)?.remove(0), counts));
    }
    drop(progress);
    let of = |point: &Point| points.iter().position(|other| other == point).map(|at| results[at].clone());
    let mut rows = Rows::new(format);
    let (mut decided, mut outside) = (0, 0);
    for figure in &figures {
        let run: Vec<(Row, Counts)> = figure.points.iter().filter_map(of).collect();
        let ours = figure.read(&run).unwrap_or(f64::NAN);
        if figure.decides() {
            decided += 1;
            outside += u32::from(!figure.agrees(ours));
        }
        rows.push(&row(figure, ours))?;
    }
    rows.end()?;
    if format == RowFormat::Table {
        output::write(&format!("{} of {decided} figures that decide lie within their bands.\n", decided - outside))?;
    }
    Ok(if outside == 0 { ExitCode::SUCCESS } else { ExitCode::from(OUTSIDE) })
}

fn row(figure: &Figure, ours: f64) -> Row {
    let finite = |number: f64| Some(number).filter(|number| number.is_finite());
    let verdict = match (figure.agrees(ours), figure.decides()) {
        (true, true) => "within",
        (false, true) => "OUTSIDE",
        (true, false) => "within (advisory)",
        (false, false) => "outside (advisory)",
    };
    let tag = match figure.tag {
        Tag::Printed => "printed",
        Tag::Drawn => "drawn or computed",
        Tag::Told => "second hand",
        Tag::Unclear => "printed, not defined",
    };
    Row::default()
        .with("source", figure.source)
        .with("what", figure.what.clone())
        .with("published", finite(figure.published))
        .with("low", finite(figure.low))
        .with("high", finite(figure.high))
        .with("ours", finite(ours))
        .with("known", tag)
        .with("verdict", verdict)
}
