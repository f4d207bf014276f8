//! Published figures, on fewer trials than the papers used: the same figures and bands as `overlay check-papers`, which
//! stand in `experiment::published`.
#![cfg(not(target_arch = "wasm32"))]

use overlay_core::experiment::published::{Figure, figures};
use overlay_core::experiment::{Counts, Point, Row, run};

/// Runs the figures of one source in worlds of at most `nodes` nodes and with at most `lookups` lookups, and holds
/// those that decide to their bands.
fn hold(source: &str, nodes: u32, lookups: u32) {
    let small = |figure: &Figure| figure.points.iter().all(|point| point.nodes <= nodes);
    let chosen: Vec<Figure> =
        figures(1).into_iter().filter(|figure| figure.source == source && figure.decides() && small(figure)).collect();
    assert!(!chosen.is_empty(), "{source} has figures");
    let mut ran: Vec<(Point, (Row, Counts))> = Vec::new();
    let mut outside = Vec::new();
    for figure in &chosen {
        let results = figure.points.iter().map(|point| {
            let fewer = Point { lookups: point.lookups.min(lookups), ..*point };
            if let Some((_, result)) = ran.iter().find(|(other, _)| *other == fewer) {
                return result.clone();
            }
            let (mut rows, counts) = run(&fewer).expect("a published setting can be run");
            let result = (rows.remove(0), counts);
            ran.push((fewer, result.clone()));
            result
        });
        let ours = figure.read(&results.collect::<Vec<_>>()).expect("the row holds the figure");
        if !figure.agrees(ours) {
            let Figure { what, published, low, high, .. } = figure;
            outside.push(format!("{what}: {ours:.4}, published {published}, band {low} to {high}"));
        }
    }
    assert!(outside.is_empty(), "{source}: {outside:#?}");
}

#[test]
fn probes_by_allocation_are_as_cohen_and_shenker_reckon() {
    hold("Cohen 2002", 9_836, 6_400);
}

#[test]
fn pastry_mean_hops_follow_figure_4() {
    hold("Pastry Fig. 4", 20_000, 60_000);
}

#[test]
fn pastry_hops_at_100_000_nodes_are_distributed_as_in_figure_5() {
    hold("Pastry Fig. 5", 100_000, 100_000);
}

#[test]
fn pastry_routes_are_as_long_as_in_figure_6() {
    hold("Pastry Fig. 6", 20_000, 60_000);
}

#[test]
fn pastry_tables_hold_as_many_entries_as_expected() {
    hold("Pastry §2.1", 5_000, 1);
}

#[test]
fn newcomers_that_ask_more_get_nearer_entries_as_in_figure_7() {
    hold("Pastry Fig. 7", 5_000, 1);
}

#[test]
fn pastry_hops_grow_by_failures_and_shrink_by_repair_as_in_figure_10() {
    hold("Pastry Fig. 10", 5_000, 5_000);
}

#[test]
fn chord_path_lengths_follow_figure_10() {
    hold("Chord Fig. 10", 16_384, 100_000);
}

#[test]
fn chord_finds_every_key_when_half_of_the_nodes_have_failed_as_in_table_ii() {
    hold("Chord Table II", 1_000, 10_000);
}

#[test]
fn chord_nodes_hold_as_unequal_numbers_of_keys_as_in_figure_8() {
    hold("Chord Fig. 8", 10_000, 1);
}

#[test]
fn routes_meet_droppers_as_often_as_expected() {
    hold("Castro 2002 §4", 10_000, 60_000);
}

#[test]
fn floods_of_a_tree_send_what_the_lecture_says() {
    hold("Gnutella, lecture", 100_000, 1);
}

#[test]
fn bands_hold_what_is_published_and_points_can_be_run() {
    for figure in figures(1) {
        assert!(figure.published.is_nan() || figure.agrees(figure.published), "{}", figure.what);
        assert!(!figure.agrees(figure.high + 1.0) || figure.high.is_infinite());
        for point in &figure.points {
            assert_eq!(point.check(), Ok(()), "{}", figure.what);
        }
    }
}
