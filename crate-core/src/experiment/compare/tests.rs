use super::*;

fn small(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings { nodes: 100, lookups: 200, ..Settings::default() };
    change(&mut settings);
    settings
}

fn finished(settings: Settings) -> [SystemResult; 2] {
    Comparison::new(settings).expect("good settings").finish()
}

#[test]
fn without_failures_every_lookup_reaches_the_right_node_in_both() {
    for result in finished(small(|_| {})) {
        assert_eq!(result.before.lookups.delivered(), 200, "{:?}", result.system);
        assert_eq!((result.before.lookups.wrong, result.before.lookups.missing), (0, 0));
        assert_eq!(result.repairing, StageResult::default());
    }
}

#[test]
fn pastry_needs_fewer_hops_and_more_state_than_chord() {
    let [pastry, chord] = finished(small(|s| s.nodes = 1_000)).map(|result| result.row());
    assert!(pastry.hops < chord.hops && pastry.latency_ms < chord.latency_ms, "{pastry:?} {chord:?}");
    assert!((2.2..2.7).contains(&pastry.hops), "{}", pastry.hops);
    assert!((4.0..6.5).contains(&chord.hops), "{}", chord.hops);
    assert!(pastry.stretch < chord.stretch && pastry.stretch >= 1.0);
    assert!(pastry.storage_entries > chord.storage_entries);
}

#[test]
fn pieces_of_any_size_give_the_same_result() {
    let settings = small(|s| s.fail_per_million = 200_000);
    let whole = finished(settings.clone());
    let mut pieces = Comparison::new(settings).unwrap();
    let mut budget = 1;
    while pieces.progress().stage != Stage::Done {
        budget = budget * 7 % 1_009 + 1;
        let moment = pieces.progress().now + Duration::from_millis(budget * 3);
        let progress = if budget % 2 == 0 { pieces.advance(budget) } else { pieces.advance_to(moment, budget * 50) };
        assert!((0.0..=1.0).contains(&progress.share));
        // Looking on changes nothing.
        let _ = (pieces.results(), pieces.flights(SystemKind::Chord));
    }
    assert_eq!(pieces.results(), whole);
}

#[test]
fn both_clocks_show_the_same_moment() {
    let mut comparison = Comparison::new(small(|s| s.fail_per_million = 100_000)).unwrap();
    for millis in [10, 500, 31_000, 36_000, 60_000] {
        let moment = Time(millis * 1_000);
        comparison.advance_to(moment, u64::MAX);
        assert_eq!(comparison.progress().now, moment);
        assert_eq!(comparison.pastry.as_ref().map(|side| side.world.now()), Some(moment));
        assert_eq!(comparison.chord.as_ref().map(|side| side.world.now()), Some(moment));
    }
}

#[test]
fn the_same_nodes_are_killed_in_both_and_repair_takes_them_out_of_the_tables() {
    let mut comparison = Comparison::new(small(|s| s.fail_per_million = 250_000)).unwrap();
    for result in comparison.finish() {
        assert_eq!(result.killed, 25);
        assert_eq!(result.stale.len() as u64, INSPECTIONS + 1);
        let (first, last) = (result.stale[0].share(), result.stale.last().unwrap().share());
        assert!((0.15..0.35).contains(&first), "{:?}: {first}", result.system);
        assert!(last < first * 0.75, "{:?}: {first} {last}", result.system);
        assert!(result.repairing.messages.lost > 0 && result.repair_messages() > 0.0, "{:?}", result.system);
        assert_eq!(result.repairing.lookups.started, 200);
        assert_eq!(result.after.lookups.started, 200);
    }
    let dead = |peer: &Peer| !comparison.pastry.as_ref().unwrap().world.is_alive(*peer);
    assert!(comparison.killed().iter().all(dead));
}

#[test]
fn a_step_follows_one_lookup_from_hop_to_hop() {
    let mut comparison = Comparison::new(small(|_| {})).unwrap();
    assert!(comparison.step(1_000_000), "the first lookup starts");
    assert_eq!((comparison.started(), comparison.followed()), (1, 0));
    let mut steps = 0;
    while !comparison.has_ended(0) {
        let before = SYSTEMS.map(|system| (comparison.path(system, 0).len(), comparison.fate(system, 0)));
        assert!(comparison.step(1_000_000));
        assert_ne!(SYSTEMS.map(|system| (comparison.path(system, 0).len(), comparison.fate(system, 0))), before);
        steps += 1;
    }
    for system in SYSTEMS {
        let Fate::Delivered { hops, .. } = comparison.fate(system, 0) else { panic!("it arrives") };
        assert_eq!(comparison.path(system, 0).len(), usize::from(hops) + 1);
        steps -= usize::from(hops);
    }
    assert!(steps == 0 || steps == 1 || steps == 2, "no step for nothing: {steps}");
    assert!(comparison.step(1_000_000), "the next lookup starts");
    assert_eq!(comparison.followed(), comparison.started() - 1);
}

const SYSTEMS: [SystemKind; 2] = [SystemKind::Pastry, SystemKind::Chord];

#[test]
fn two_nodes_are_enough_and_one_is_refused() {
    let [pastry, chord] = finished(small(|s| s.nodes = 2));
    assert_eq!(pastry.before.lookups.delivered() + chord.before.lookups.delivered(), 400);
    assert!(Comparison::new(small(|s| s.nodes = 1)).is_err());
}
