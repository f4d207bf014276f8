//! `overlay experiment` and `overlay merge`.

pub(crate) mod args;
pub(crate) mod drive;
mod points;
pub(crate) mod shard;

use args::Experiment;
use overlay_core::experiment::{Point, Row, What, growth};
use shard::Shard;

use crate::output::{Rows, Stopped};
use crate::progress::Progress;

/// Runs every row that was asked for, one after the other, each on all threads.
pub(crate) fn run(experiment: &Experiment) -> Result<(), Stopped> {
    let common = experiment.common();
    let points = experiment.points();
    // Refuse before work, not in the middle of it.
    for point in &points {
        point.check()?;
    }
    let threads = drive::threads(common.threads);
    let blocks = shard::blocks(&points, common.shard.unwrap_or(Shard::ALL));
    let mut progress = Progress::new(blocks.iter().map(|blocks| blocks.len() as u64).sum());
    let mut rows = Rows::new(common.format);
    let mut measured = Vec::new();
    for (index, (point, blocks)) in points.iter().zip(&blocks).enumerate() {
        if let Some(part) = common.shard {
            // Where a shard has no block of a point, it builds nothing.
            let counts = if blocks.is_empty() {
                overlay_core::experiment::Counts::default()
            } else {
                drive::run(point, blocks, threads, &mut progress)?.counts
            };
            shard::write(part, index, points.len(), point, counts)?;
            continue;
        }
        let ran = drive::run(point, blocks, threads, &mut progress)?;
        for row in point.rows(&ran.counts)? {
            let row = if common.timing { timed(row, point, &ran) } else { row };
            if experiment.shows_growth() {
                measured.push(row);
            } else {
                rows.push(&row)?;
            }
        }
    }
    drop(progress);
    for row in growth::rows(&measured) {
        rows.push(&row)?;
    }
    rows.end()
}

fn timed(row: Row, point: &Point, ran: &drive::Ran) -> Row {
    // What is counted otherwise has no such number: nodes, keys, or lookups drawn while time passes.
    let has_lookups = match point.what {
        What::Table { .. } | What::TableQuality { .. } | What::Load { .. } | What::Churn(_) => false,
        What::Hops { .. }
        | What::Distance { .. }
        | What::Failures { .. }
        | What::Malicious { .. }
        | What::Resilience { .. }
        | What::Flood(_)
        | What::Techniques
        | What::Compare(_) => true,
    };
    let rate = has_lookups.then(|| f64::from(point.lookups) / ran.blocks_s.max(1e-9));
    row.with("build_s", ran.build_s).with("lookups_per_s", rate).with("bytes_per_node", ran.bytes_per_node)
}
