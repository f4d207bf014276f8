//! Every case runs, and every lookup of both sides ends where it should. Nothing is timed: the clock stands for work
//! done, not for time.

use std::cell::Cell;

use overlay_bench::{Case, Plan, csv, json, run, table};

thread_local! {
    static TICKS: Cell<f64> = const { Cell::new(0.0) };
}

/// A second a call, so that each case runs once a round.
fn calls() -> f64 {
    TICKS.set(TICKS.get() + 1.0);
    TICKS.get()
}

#[test]
fn every_case_runs_for_both_systems_and_is_reported() {
    let plan = Plan { nodes: vec![17, 300], rounds: 1, lookups: 10_000, ..Plan::default() };
    let mut rows = Vec::new();
    run(&plan, calls, |row| rows.push(row));
    // Chord has no bound for joins.
    assert_eq!(rows.len(), 2 * (2 * Case::ALL.len() - 1));
    assert!(rows.iter().all(|row| row.ours.is_some() && row.bound.is_some() && row.ratio.is_some()));
    assert_eq!(json(&rows).lines().count(), rows.len());
    assert_eq!(csv(&rows).lines().count(), rows.len() + 1);
    assert!(table(&rows).contains("pastry, 300 nodes"));
}
