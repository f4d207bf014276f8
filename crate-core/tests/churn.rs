//! After any sequence of joins, goodbyes and crashes, and then some quiet, every table tells the truth again.
#![cfg(not(target_arch = "wasm32"))]

use overlay_core::chord::{self, ChordNode};
use overlay_core::experiment::churn::{self, Settings};
use overlay_core::id::RingId as _;
use overlay_core::pastry::{self, LeafSetSize, PastryNode};
use overlay_core::protocol::{Command, Peer};
use overlay_core::sim::plane::Place;
use overlay_core::sim::spec::{Build, Spec};
use overlay_core::sim::systems::System;
use overlay_core::sim::workload::{Target, Workload};
use overlay_core::sim::world::{Unobserved, World};
use overlay_core::time::Duration;
use proptest::prelude::*;

/// What happens to a ring; a number stands for a member, counted round the ring.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Join { id: u128, place: Place },
    Leave(usize),
    Crash(usize),
    Return(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    let place = || (0..Place::SIDE, 0..Place::SIDE).prop_map(|(x, y)| Place { x, y });
    prop_oneof![
        4 => (any::<u128>(), place()).prop_map(|(id, place)| Happening::Join { id, place }),
        2 => any::<usize>().prop_map(Happening::Leave),
        2 => any::<usize>().prop_map(Happening::Crash),
        1 => any::<usize>().prop_map(Happening::Return),
    ]
}

/// Something happens, and after it this many milliseconds pass.
fn course() -> impl Strategy<Value = Vec<(Happening, u64)>> {
    prop::collection::vec((happening(), prop_oneof![Just(0), 1_u64..400, 400_u64..8_000]), 1..25)
}

fn ring<N: System>(world: &World<N>) -> Vec<Peer> {
    world.members().map(|(_, peer)| peer).collect()
}

/// Lets it happen. A ring of fewer than `fewest` members loses nobody more.
fn happen<N: System>(world: &mut World<N>, what: Happening, fewest: usize, id: impl Fn(u128) -> N::Id) {
    let members = ring(world);
    let can_lose = members.len() > fewest;
    match what {
        Happening::Join { id: number, place } => {
            if let Some(peer) = world.place(id(number), place) {
                let command = world.entrance(peer);
                world.command(peer, command.into(), &mut Unobserved);
            }
        }
        Happening::Leave(which) if can_lose => {
            world.command(members[which % members.len()], Command::Leave.into(), &mut Unobserved);
        }
        Happening::Crash(which) if can_lose => world.crash(members[which % members.len()]),
        Happening::Return(which) => {
            let dead: Vec<Peer> = (0..world.peers().len() as u32).map(Peer).filter(|p| !world.is_alive(*p)).collect();
            if let Some(peer) = which.checked_rem(dead.len()).map(|index| dead[index]) {
                world.revive(peer);
                let command = world.entrance(peer);
                world.command(peer, command.into(), &mut Unobserved);
            }
        }
        Happening::Leave(_) | Happening::Crash(_) => {}
    }
}

fn churned<N: System>(
    nodes: u32,
    seed: u64,
    config: N::Config,
    course: &[(Happening, u64)],
    fewest: usize,
    id: impl Fn(u128) -> N::Id,
) -> World<N> {
    let mut world: World<N> = Spec::random(nodes, seed, config).world().expect("a world of random nodes can be");
    for (what, pause) in course {
        happen(&mut world, *what, fewest, &id);
        world.run_for(Duration::from_millis(*pause), &mut Unobserved);
    }
    world.run_for(Duration::from_secs(200), &mut Unobserved);
    world
}

/// As real messages: a table that is mended only when used may lead to a dead node, and then past it.
fn every_route_is_right<N: System>(world: &mut World<N>, seed: u64) -> Result<(), TestCaseError> {
    let tally = Workload::new(world, Target::Key, seed).send(world, 60, 4);
    prop_assert_eq!((tally.delivered(), tally.wrong), (60, 0));
    Ok(())
}

fn pastry_config() -> pastry::Config {
    pastry::Config {
        leaf_set: LeafSetSize::EIGHT,
        acks: true,
        heartbeat_period: Some(Duration::from_secs(2)),
        ..pastry::Config::default()
    }
}

fn chord_config() -> chord::Config {
    chord::Config { successor_list: 8, maintenance: Some(Duration::from_secs(2)), ..chord::Config::default() }
}

/// The next `count` of a ring from a place, one way round.
fn around(ring: &[Peer], place: usize, count: usize, clockwise: bool) -> Vec<Peer> {
    let step = |step: usize| if clockwise { place + step } else { place + ring.len() - step };
    (1..=count.min(ring.len() - 1)).map(|count| ring[step(count) % ring.len()]).collect()
}

fn pastry_tables_are_true(world: &World<PastryNode>) -> Result<(), TestCaseError> {
    let ring = ring(world);
    let digits = world.config().digits;
    let half = world.config().leaf_set.half();
    for (place, me) in ring.iter().enumerate() {
        let node = world.node(*me);
        let sorted = |mut peers: Vec<Peer>| {
            peers.sort();
            peers.dedup();
            peers
        };
        let truth = [around(&ring, place, half, true), around(&ring, place, half, false)].concat();
        prop_assert_eq!(
            sorted(node.leaf_set().clockwise().collect()),
            sorted(truth),
            "leaf set of {}",
            world.text(*me, 6)
        );
        let id = world.peers().id(*me);
        for (row, column, peer) in node.routing_table().entries() {
            let other = world.peers().id(peer);
            prop_assert!(peer != *me);
            prop_assert_eq!(id.shared_prefix(other, digits), usize::from(row));
            prop_assert_eq!(other.digit(usize::from(row), digits), usize::from(column));
        }
    }
    Ok(())
}

fn chord_lists_are_true(world: &World<ChordNode>) -> Result<(), TestCaseError> {
    let ring = ring(world);
    for (place, me) in ring.iter().enumerate() {
        let node = world.node(*me);
        let listed = usize::from(world.config().successor_list);
        let truth = around(&ring, place, listed, true);
        prop_assert_eq!(node.successors(), truth, "successors of {}", world.text(*me, 6));
        let before = around(&ring, place, 1, false).first().copied();
        prop_assert_eq!(node.predecessor().filter(|peer| peer != me), before, "predecessor of {}", world.text(*me, 6));
    }
    Ok(())
}

fn chord_fingers_are_true(world: &World<ChordNode>) -> Result<(), TestCaseError> {
    let members: Vec<_> = world.members().collect();
    let bits = world.config().bits;
    for (_, me) in &members {
        for finger in world.node(*me).fingers(bits) {
            let truth = ChordNode::owner(world.config(), &members, finger.start);
            prop_assert_eq!(finger.peer, truth, "finger {} of {}", finger.index, world.text(*me, 6));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn pastry_mends_its_leaf_sets_after_any_churn(nodes in 9_u32..50, seed: u64, course in course()) {
        let mut world = churned::<PastryNode>(nodes, seed, pastry_config(), &course, 8, overlay_core::id::Guid);
        pastry_tables_are_true(&world)?;
        every_route_is_right(&mut world, seed)?;
    }

    #[test]
    fn chord_mends_its_rings_after_any_churn(nodes in 9_u32..50, seed: u64, course in course()) {
        let bits = chord_config().bits;
        // The high digits count on a ring of 160 bits: a number becomes a name.
        let id = |number: u128| <ChordNode as overlay_core::protocol::Node>::Id::of_name(bits, &number.to_string());
        let mut world = churned::<ChordNode>(nodes, seed, chord_config(), &course, 8, id);
        chord_lists_are_true(&world)?;
        chord_fingers_are_true(&world)?;
        every_route_is_right(&mut world, seed)?;
    }

    #[test]
    fn chord_joins_lead_to_the_converged_fingers(nodes in 1_u32..60, seed: u64) {
        let build = Build::Joined { settle_secs: 120 };
        let spec = Spec { build, ..Spec::random(nodes, seed, chord_config()) };
        let mut world = spec.world::<ChordNode>().expect("can be");
        prop_assert_eq!(world.members().count(), nodes as usize);
        chord_lists_are_true(&world)?;
        chord_fingers_are_true(&world)?;
        every_route_is_right(&mut world, seed)?;
    }
}

/// Sessions of two to ten minutes, where upkeep is as much quicker than in the paper as sessions are shorter.
fn short_sessions(nodes: u32, session_mean_s: u32, loss_per_million: u32, seed: u64) -> Settings<pastry::Config> {
    let config = pastry::Config {
        leaf_set: LeafSetSize::SIXTEEN,
        heartbeat_period: Some(Duration::from_secs(4)),
        ..pastry::Config::dependable()
    };
    Settings {
        duration_s: 120,
        loss_per_million,
        lookup_rate: 0.5,
        ..Settings::new(config, nodes, session_mean_s, seed)
    }
}

fn churn_row<N: System>(settings: &Settings<N::Config>) -> churn::Row {
    churn::run::<N>(settings, &mut |_| {}).expect("a world of random nodes can be")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn pastry_loses_no_lookup_and_misleads_none_while_nodes_come_and_go(
        nodes in 30_u32..120,
        session_mean_s in 120_u32..600,
        seed: u64,
    ) {
        let row = churn_row::<PastryNode>(&short_sessions(nodes, session_mean_s, 0, seed));
        prop_assert!(row.lookups > u64::from(nodes) * 20, "{row:?}");
        prop_assert_eq!((row.lost, row.incorrect), (0, 0), "{:?}", row);
    }
}

#[test]
fn an_hour_long_session_costs_a_pastry_ring_little() {
    let settings = Settings { duration_s: 600, ..Settings::new(pastry::Config::dependable(), 300, 3_600, 7) };
    let row = churn_row::<PastryNode>(&settings);
    assert_eq!((row.lost, row.incorrect), (0, 0));
    assert!(row.stretch > 1.0 && row.stretch < 2.0, "{row:?}");
    assert!(row.control_msgs_per_node_s < 0.5, "{row:?}");
    // Three hops at a hundredth of a lookup a second, some of them acknowledged twice.
    assert!(row.ack_msgs_per_node_s > 0.01 && row.ack_msgs_per_node_s < 0.07, "{row:?}");
}

#[test]
fn sessions_of_a_quarter_of_an_hour_are_stood_with_and_without_loss() {
    for (loss_per_million, stretch_max) in [(0, 1.8), (50_000, 2.0)] {
        let settings = Settings {
            duration_s: 600,
            loss_per_million,
            lookup_rate: 0.02,
            ..Settings::new(pastry::Config::dependable(), 300, 900, 7)
        };
        let row = churn_row::<PastryNode>(&settings);
        assert!(row.lookups > 3_000 && row.lost == 0, "{row:?}");
        assert!(row.incorrect <= u64::from(loss_per_million > 0), "{row:?}");
        assert!(row.stretch > 1.0 && row.stretch < stretch_max, "{row:?}");
    }
}

#[test]
fn hardly_a_lookup_is_lost_when_a_twentieth_of_all_messages_is() {
    let row = churn_row::<PastryNode>(&short_sessions(100, 600, 50_000, 3));
    assert!(row.lookups > 4_000 && row.lost == 0 && row.incorrect <= 2, "{row:?}");
}

#[test]
fn without_acknowledgements_lookups_get_lost_and_are_counted() {
    let mut settings = short_sessions(100, 300, 0, 5);
    settings.config.acks = false;
    let row = churn_row::<PastryNode>(&settings);
    assert!(row.lost > row.lookups / 1_000, "{row:?}");
}

#[test]
fn churn_is_the_same_for_the_same_seed_and_runs_any_system() {
    let mut told = Vec::new();
    let settings = Settings { duration_s: 60, ..Settings::new(chord_config(), 50, 900, 9) };
    let first = churn::run::<ChordNode>(&settings, &mut |share| told.push(share)).expect("can be");
    assert_eq!(first, churn_row::<ChordNode>(&settings));
    assert_ne!(first, churn_row::<ChordNode>(&Settings { seed: 10, ..settings }));
    assert!(first.lookups > 0 && first.stretch > 1.0);
    assert!(told.is_sorted() && told.last().is_some_and(|last| (0.99..=1.0).contains(last)));
}
