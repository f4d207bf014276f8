//! Travel in time: the state at any moment is a function of specification, seed and log.
#![cfg(not(target_arch = "wasm32"))]

use overlay_core::chord;
use overlay_core::dht::DhtConfig;
use overlay_core::id::sha1;
use overlay_core::pastry;
use overlay_core::protocol::Peer;
use overlay_core::sim::lab::{Lab, Setup};
use overlay_core::sim::session::RestoreError;
use overlay_core::sim::share::{ShareError, Situation, View};
use overlay_core::sim::spec::{Action, ActionError, Build, Key, Spec};
use overlay_core::time::Duration;
use proptest::prelude::*;

fn pastry_setup(nodes: u32, seed: u64) -> Setup {
    let overlay = pastry::Config { acks: true, heartbeat_period: Some(Duration::from_secs(5)), ..Default::default() };
    Setup::Pastry(Spec::random(nodes, seed, DhtConfig { overlay, replicas: 3 }))
}

fn chord_setup(nodes: u32, seed: u64) -> Setup {
    let overlay = chord::Config { maintenance: Some(Duration::from_secs(5)), ..Default::default() };
    Setup::Chord(Spec::random(nodes, seed, DhtConfig { overlay, replicas: 3 }))
}

fn setup() -> impl Strategy<Value = Setup> {
    (any::<bool>(), 2_u32..30, any::<u64>())
        .prop_map(|(pastry, nodes, seed)| if pastry { pastry_setup(nodes, seed) } else { chord_setup(nodes, seed) })
}

/// A wish, some of which the world will refuse.
fn action() -> impl Strategy<Value = Action> {
    let peer = || (0_u32..32).prop_map(Peer);
    let name = || "[a-z]{1,8}".prop_map(Key::Name);
    prop_oneof![
        4 => (peer(), name()).prop_map(|(from, key)| Action::Route { from, key }),
        2 => name().prop_map(|id| Action::Add { id }),
        2 => peer().prop_map(|node| Action::Kill { node }),
        1 => peer().prop_map(|node| Action::Leave { node }),
        2 => peer().prop_map(|node| Action::Restart { node }),
        1 => (peer(), name(), "[a-z]{0,9}").prop_map(|(from, key, value)| Action::Insert { from, key, value }),
        1 => (peer(), name()).prop_map(|(from, key)| Action::Search { from, key }),
        1 => (peer(), name()).prop_map(|(from, key)| Action::Delete { from, key }),
    ]
}

/// Everything that can be seen of a world at the moment shown.
fn digest(lab: &Lab) -> (u32, u64, [u8; 20]) {
    let nodes = match lab {
        Lab::Pastry(session) => format!("{:?}", session.world().nodes()),
        Lab::Chord(session) => format!("{:?}", session.world().nodes()),
    };
    let alive: Vec<bool> = (0..lab.node_count()).map(|peer| lab.is_alive(Peer(peer))).collect();
    let mut flights: Vec<String> = lab.in_flight().iter().map(|flight| format!("{flight:?}")).collect();
    flights.sort();
    let all = format!("{nodes}{alive:?}{flights:?}{:?}", lab.counters());
    (lab.position(), lab.clock().0, sha1(all.as_bytes()))
}

/// Acts and steps; returns the digest after each.
fn live(lab: &mut Lab, wishes: &[(Action, u8)]) -> Vec<(u32, u64, [u8; 20])> {
    let mut seen = Vec::new();
    for (wish, steps) in wishes {
        // A refusal changes nothing; others may be refused, but the log holds only what was done.
        let before = digest(lab);
        match lab.act(wish.clone()) {
            Ok(_) => seen.push(digest(lab)),
            Err(_) => assert_eq!(digest(lab), before),
        }
        for _ in 0..*steps {
            lab.step();
            seen.push(digest(lab));
        }
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_moment_can_be_returned_to_exactly(
        setup in setup(),
        wishes in prop::collection::vec((action(), 0_u8..12), 1..8),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
    ) {
        let mut lab = Lab::new(setup).expect("can be");
        let seen = live(&mut lab, &wishes);
        prop_assume!(!seen.is_empty());
        for index in order {
            let moment = index.get(&seen);
            lab.seek(moment.0);
            prop_assert_eq!(&digest(&lab), moment);
        }
    }

    #[test]
    fn a_log_replayed_gives_the_same_trace_and_state(
        setup in setup(),
        wishes in prop::collection::vec((action(), 0_u8..12), 1..8),
    ) {
        let mut lab = Lab::new(setup.clone()).expect("can be");
        live(&mut lab, &wishes);
        let again = Lab::restore(setup, lab.log(), lab.position()).expect("its own log fits");
        prop_assert_eq!(digest(&again), digest(&lab));
        // The first may have looked further ahead.
        let so_far = |lab: &Lab| lab.trace().records()[..lab.position() as usize].to_vec();
        prop_assert_eq!(so_far(&again), so_far(&lab));
    }

    #[test]
    fn a_situation_survives_as_text(
        setup in setup(),
        wishes in prop::collection::vec((action(), 0_u8..6), 1..6),
        wait in 0_u64..3_000_000,
    ) {
        let mut lab = Lab::new(setup).expect("can be");
        live(&mut lab, &wishes);
        let moment = lab.clock() + Duration(wait);
        lab.run_until(moment);
        let situation = Situation::of(&lab, None, None, View::default());
        let read = Situation::decode(&situation.encode()).expect("reads back");
        prop_assert_eq!(&read, &situation);
        let (restored, _) = read.restore().expect("fits");
        prop_assert_eq!(digest(&restored), digest(&lab));
    }

    #[test]
    fn damaged_text_is_refused_or_restores_without_a_panic(
        nodes in 1_u32..10,
        cut in any::<prop::sample::Index>(),
        byte in any::<prop::sample::Index>(),
        letter in "[A-Za-z0-9_.-]",
    ) {
        let mut lab = Lab::new(pastry_setup(nodes, 1)).expect("can be");
        lab.act(Action::Route { from: Peer(0), key: Key::Name("a".into()) }).expect("node 0 runs");
        let text = Situation::of(&lab, Some("x"), None, View::default()).encode();
        let _ = Situation::decode(&text[..cut.index(text.len())]);
        let at = byte.index(text.len());
        let changed = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
        if let Ok(situation) = Situation::decode(&changed) {
            let small = match &situation.setup { Setup::Pastry(spec) => spec.random < 1_000, Setup::Chord(spec) => spec.random < 1_000 };
            if small {
                let _ = situation.restore();
            }
        }
    }
}

#[test]
fn stepping_back_restores_each_former_state() {
    let mut lab = Lab::new(pastry_setup(25, 7)).expect("can be");
    lab.act(Action::Route { from: Peer(3), key: Key::Name("thammasat".into()) }).expect("runs");
    let mut states = vec![digest(&lab)];
    while lab.step() {
        states.push(digest(&lab));
    }
    assert!(states.len() > 2, "the message made hops");
    for state in states.iter().rev().skip(1) {
        assert!(lab.step_back());
        assert_eq!(&digest(&lab), state);
    }
    assert!(lab.step_back(), "the beginning, before the action");
    assert_eq!(lab.position(), 0);
    assert!(!lab.step_back());
}

#[test]
fn acting_in_the_past_keeps_both_futures() {
    let mut lab = Lab::new(chord_setup(12, 2)).expect("can be");
    lab.act(Action::Kill { node: Peer(1) }).expect("runs");
    let middle = lab.position();
    lab.act(Action::Kill { node: Peer(2) }).expect("runs");
    let first = digest(&lab);
    lab.seek(middle);
    lab.act(Action::Kill { node: Peer(3) }).expect("runs");
    let second = digest(&lab);
    assert!(lab.is_alive(Peer(2)) && !lab.is_alive(Peer(3)));
    assert_eq!(lab.branches().len(), 1);
    lab.switch_branch(0);
    assert_eq!(digest(&lab), first);
    lab.switch_branch(0);
    assert_eq!(digest(&lab), second);
}

#[test]
fn what_cannot_be_done_is_said_and_changes_nothing() {
    let mut lab = Lab::new(pastry_setup(2, 1)).expect("can be");
    let gone = Peer(99);
    assert_eq!(lab.act(Action::Kill { node: gone }), Err(ActionError::NoSuchNode));
    assert_eq!(lab.act(Action::Restart { node: Peer(0) }), Err(ActionError::Running));
    lab.act(Action::Kill { node: Peer(0) }).expect("runs");
    assert_eq!(lab.act(Action::Kill { node: Peer(0) }), Err(ActionError::NotRunning));
    assert_eq!(lab.act(Action::Kill { node: Peer(1) }), Err(ActionError::LastNode));
    let key = Key::Digits("XYZ".into());
    assert!(matches!(lab.act(Action::Route { from: Peer(1), key }), Err(ActionError::Key(_))));
    assert_eq!((lab.position(), lab.log().len()), (1, 1));
}

#[test]
fn two_worlds_side_by_side_come_back_at_one_moment() {
    let key = || Key::Name("thammasat".into());
    let mut labs = [pastry_setup(20, 5), chord_setup(20, 5)].map(|setup| Lab::new(setup).expect("can be"));
    for lab in &mut labs {
        lab.act(Action::Route { from: Peer(1), key: key() }).expect("runs");
        lab.run_until(lab.origin() + Duration(12_345));
    }
    let [first, second] = labs;
    let situation = Situation::of(&first, None, Some(&second), View::default());
    let (again, companion) = situation.restore().expect("fits");
    assert_eq!(digest(&again), digest(&first));
    assert_eq!(digest(&companion.expect("there were two")), digest(&second));
}

#[test]
fn a_link_that_asks_for_endless_work_is_refused() {
    let lab = Lab::new(pastry_setup(3, 1)).expect("can be");
    let sound = Situation::of(&lab, None, None, View::default());
    assert!(sound.restore().is_ok());
    let with = |change: &dyn Fn(&mut Spec<DhtConfig<pastry::Config>>)| {
        let mut situation = sound.clone();
        if let Setup::Pastry(spec) = &mut situation.setup {
            change(spec);
        }
        situation.restore().err()
    };
    assert_eq!(with(&|spec| spec.build = Build::Joined { settle_secs: u32::MAX }), Some(ShareError::TooMuch));
    assert_eq!(with(&|spec| spec.config.overlay.heartbeat_period = Some(Duration::ZERO)), Some(ShareError::TooMuch));
    assert_eq!(with(&|spec| spec.config.overlay.ack_timeout = Duration::ZERO), Some(ShareError::TooMuch));
    let far = Situation { position: u32::MAX, ..sound.clone() };
    assert_eq!(far.restore().err(), Some(ShareError::TooMuch));
}

#[test]
fn a_link_that_cannot_be_read_says_why() {
    assert_eq!(Situation::decode(""), Err(ShareError::Empty));
    assert_eq!(Situation::decode("7.abc"), Err(ShareError::Version("7".into())));
    assert_eq!(Situation::decode("2.!!"), Err(ShareError::Damaged));
    assert_eq!(Situation::decode(&"1".repeat(2 << 20)), Err(ShareError::TooLong));
    let idle = Setup::Pastry(Spec::random(3, 1, DhtConfig { overlay: pastry::Config::default(), replicas: 1 }));
    assert_eq!(Lab::restore(idle, &[], 7).err(), Some(RestoreError::Position));
}
