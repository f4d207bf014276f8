//! Published figures, on fewer trials than the papers used: each band is the sampling error of our trials around the
//! published value, no wider than it has to be.
#![cfg(not(target_arch = "wasm32"))]

use overlay_core::chord::{self, ChordNode};
use overlay_core::id::{Digits, IdBits};
use overlay_core::pastry::{self, LeafSetSize, PastryNode};
use overlay_core::sim::spec::Spec;
use overlay_core::sim::workload::{Tally, Target, Workload};
use overlay_core::sim::world::World;

/// Rowstron & Druschel 2001 §3: b = 4, |L| = 16, |M| = 32.
fn pastry_world(nodes: u32, seed: u64) -> World<PastryNode> {
    let config = pastry::Config { digits: Digits::Bits4, leaf_set: LeafSetSize::SIXTEEN, ..pastry::Config::default() };
    Spec::random(nodes, seed, config).world().expect("a world of random nodes can be")
}

fn pastry_hops(nodes: u32, lookups: u32) -> Tally {
    let world = pastry_world(nodes, 1);
    let tally = Workload::new(&world, Target::Node, 2).walk(&world, lookups);
    assert_eq!((tally.wrong, tally.lost), (0, 0));
    tally
}

/// Stoica et al. 2003 §V: identifiers of 160 bits. The measured paths come from fingers alone: a longer successor list
/// would shorten the last steps (by half a hop with r = 8).
fn chord_path(nodes: u32, lookups: u32) -> Tally {
    let config = chord::Config {
        bits: IdBits::SHA1,
        successor_list: 1,
        acks: false,
        maintenance: None,
        ..chord::Config::default()
    };
    let world: World<ChordNode> = Spec::random(nodes, 3, config).world().expect("a world of random nodes can be");
    let tally = Workload::new(&world, Target::Key, 4).walk(&world, lookups);
    assert_eq!((tally.wrong, tally.lost), (0, 0));
    tally
}

fn assert_near(what: &str, ours: f64, published: f64, band: f64) {
    assert!((ours - published).abs() <= band, "{what}: {ours:.4}, published {published} ± {band}");
}

#[test]
fn pastry_mean_hops_follow_figure_4() {
    for (nodes, published) in [(1_000, 2.485), (5_000, 2.954), (10_000, 3.232), (20_000, 3.494)] {
        let mean = pastry_hops(nodes, 60_000).mean_hops();
        assert_near(&format!("mean hops, {nodes} nodes"), mean, published, 0.03);
    }
}

#[test]
fn pastry_hops_at_100_000_nodes_are_distributed_as_in_figure_5() {
    let tally = pastry_hops(100_000, 100_000);
    for (hops, published) in [(1, 0.0006), (2, 0.0156), (3, 0.1643), (4, 0.6449), (5, 0.1745)] {
        assert_near(&format!("share of {hops} hops"), tally.share(hops), published, 0.006);
    }
    assert_eq!(tally.by_hops.len() - 1, 5, "the longest way is ⌈log16 100,000⌉ hops");
}

#[test]
fn pastry_tables_hold_as_many_entries_as_expected_at_5_000_nodes() {
    let world = pastry_world(5_000, 5);
    for (row, published) in [15.0, 15.0, 10.57, 1.10].into_iter().enumerate() {
        let filled =
            |node: &PastryNode| (0..16).filter(|column| node.routing_table().cell(row, *column).is_some()).count();
        let sum: usize = world.nodes().iter().map(filled).sum();
        assert_near(&format!("entries in row {row}"), sum as f64 / 5_000.0, published, 0.15);
    }
}

/// The paper counts hops to the key's predecessor; ours end at the owner, one further.
#[test]
fn chord_path_length_at_4_096_nodes_is_distributed_as_in_figure_10() {
    let tally = chord_path(4_096, 200_000);
    assert_near("mean path", tally.mean_hops() - 1.0, 5.85, 0.05);
    let published = [0.0033, 0.0180, 0.0571, 0.1288, 0.2124, 0.2254, 0.1938, 0.1094, 0.0412, 0.0092, 0.0012, 0.0002];
    for (length, share) in (1..).zip(published) {
        assert_near(&format!("share of length {length}"), tally.share(length + 1), share, 0.015);
    }
}

#[test]
fn chord_mean_path_grows_as_half_the_logarithm_of_the_nodes() {
    for exponent in [8, 10, 12, 14] {
        let mean = chord_path(1 << exponent, 60_000).mean_hops() - 1.0;
        assert_near(&format!("mean path, 2^{exponent} nodes"), mean, f64::from(exponent) / 2.0 - 0.14, 0.06);
    }
}
