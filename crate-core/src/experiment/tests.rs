//! What holds for every experiment.

use super::*;

fn points() -> Vec<Point> {
    let digits = Digits::Bits4;
    let leaf_set = LeafSetSize::SIXTEEN;
    let systems = [SystemKind::Pastry, SystemKind::Chord];
    let mut all = vec![
        What::Table { digits, leaf_set },
        What::TableQuality { method: JoinMethod::WholeStatesTwice },
        What::Load { keys: 1_000, virtual_nodes: 3 },
        What::Compare(Compared { fail_per_million: 100_000, ..Compared::default() }),
        What::Resilience { geometry: Geometry::Hybrid, fraction: 0.3 },
    ];
    for system in systems {
        let (target, count) = (Target::Key, CountTo::Owner);
        all.push(What::Hops { system, digits, leaf_set, target, count });
        all.push(What::Distance { system });
        all.push(What::Malicious { system, fraction: 0.2 });
        let (session_mean_s, duration_s, loss_per_million, lookup_rate) = (600, 60, 10_000, 0.1);
        all.push(What::Churn(Churned { system, session_mean_s, duration_s, loss_per_million, lookup_rate }));
        all.push(What::Failures { system, fail: Fail::Fraction(0.1) });
    }
    all.into_iter().map(|what| Point { nodes: 128, seed: 9, lookups: 5_000, what }).collect()
}

#[test]
fn blocks_in_any_order_give_the_same_row() {
    for point in points() {
        let (row, _) = run(&point).expect("a point that can be");
        let ready = point.prepare().expect("a point that can be");
        let mut backwards = Counts::default();
        for block in (0..point.blocks()).rev() {
            backwards.merge(&ready.run(block));
        }
        assert_eq!(point.rows(&backwards), Ok(row), "{point:?}");
    }
}

#[test]
fn another_seed_gives_another_row() {
    for point in points() {
        let other = Point { seed: 10, ..point };
        let [a, b] = [point, other].map(|point| run(&point).expect("a point that can be"));
        assert_ne!(a.1, b.1, "{point:?}");
    }
}

#[test]
fn worlds_of_one_and_two_nodes_have_rows_or_are_refused() {
    for point in points() {
        for nodes in [1, 2, 3] {
            let small = Point { nodes, lookups: 10, ..point };
            if let Err(refusal) = run(&small) {
                assert!(
                    matches!(refusal, Refusal::TooManyFail { .. } | Refusal::PowerOfTwo(_) | Refusal::Compare(_)),
                    "{small:?}: {refusal}"
                );
            }
        }
    }
}

#[test]
fn a_row_of_nothing_counted_is_finite() {
    fn numbers(row: &Row) -> Vec<f64> {
        row.cells().iter().flat_map(|(key, _)| row.number(key)).collect()
    }
    for point in points() {
        let rows = point.rows(&Counts::default()).expect("nothing went wrong");
        assert!(rows.iter().flat_map(numbers).all(|number| number.is_finite()), "{rows:?}");
    }
}

#[test]
fn numbers_outside_their_range_are_refused() {
    let [point] = [points()[0]];
    let fraction = |fraction| Point { what: What::Malicious { system: SystemKind::Chord, fraction }, ..point };
    assert_eq!(Point { nodes: 0, ..point }.check(), Err(SpecError::NoNodes.into()));
    assert!(Point { nodes: NODES_MAX + 1, ..point }.check().is_err());
    assert!(fraction(1.5).check().is_err() && fraction(f64::NAN).check().is_err());
    let fail = |fail| Point { what: What::Failures { system: SystemKind::Chord, fail }, ..point }.check();
    assert_eq!(fail(Fail::Count(127)), Err(Refusal::TooManyFail { nodes: 128, failed: 127 }));
    assert_eq!(fail(Fail::Count(126)), Ok(()));
    let load = |keys, virtual_nodes| Point { what: What::Load { keys, virtual_nodes }, ..point }.check();
    assert!(load(0, 1).is_err() && load(1, 0).is_err() && load(1, VIRTUAL_MAX).is_ok());
}

#[test]
fn without_failures_no_path_breaks() {
    for geometry in [Geometry::Tree, Geometry::Hypercube, Geometry::Xor, Geometry::Ring, Geometry::Hybrid] {
        let what = What::Resilience { geometry, fraction: 0.0 };
        let (rows, counts) = run(&Point { nodes: 1_024, seed: 1, lookups: 4_000, what }).expect("a full space");
        assert_eq!(rows[0].number("failed_paths"), Some(0.0), "{geometry:?}");
        let mean = Histogram(counts.list("hops")).mean();
        assert!((3.5..5.5).contains(&mean), "{geometry:?}: {mean} hops, about half of the ten bits");
    }
}

#[test]
fn without_failures_nothing_is_asked_and_nothing_gets_longer() {
    let what = What::Failures { system: SystemKind::Pastry, fail: Fail::Count(0) };
    let (rows, _) = run(&Point { nodes: 300, seed: 1, lookups: 3_000, what }).expect("a world");
    let [before, unrepaired, repaired, asked] =
        ["mean_before", "mean_unrepaired", "mean_repaired", "rpcs_per_failure"].map(|key| rows[0].number(key));
    assert_eq!((before, before, asked), (unrepaired, repaired, Some(0.0)));
}

#[test]
fn virtual_nodes_even_out_the_load() {
    let spread = |virtual_nodes| {
        let what = What::Load { keys: 20_000, virtual_nodes };
        let (rows, _) = run(&Point { nodes: 200, seed: 1, lookups: 1, what }).expect("a ring");
        assert_eq!(rows[0].number("mean"), Some(100.0));
        rows[0].number("p99").expect("a number")
    };
    assert!(spread(20) < 0.6 * spread(1));
}
