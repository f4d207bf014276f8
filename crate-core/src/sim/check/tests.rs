//! Checkers find what is broken, name it, and find nothing where nothing is.

use super::chord::principals;
use super::*;
use crate::chord::{self, ChordNode};
use crate::dht::DhtConfig;
use crate::id::{ChordId, IdBits};
use crate::pastry::{self, PastryNode};
use crate::protocol::{Command, Node as _};
use crate::sim::spec::Spec;
use crate::sim::world::Unobserved;
use crate::time::Duration;

fn bits() -> IdBits {
    IdBits::new(4).expect("4 bits")
}

/// Nodes with these identifiers and successors; predecessors are the true ones.
fn ring(r: u8, nodes: &[(u128, &[u128])]) -> (World<ChordNode>, Vec<ChordNode>) {
    let config = chord::Config { bits: bits(), successor_list: r, maintenance: None, ..chord::Config::default() };
    let mut world = World::new(config, 1);
    let id = |value: u128| ChordId::from_u128(value, bits());
    for (value, _) in nodes {
        let place = world.random_place();
        world.place(id(*value), place).expect("different identifiers");
    }
    let peer = |value: u128| world.peers().find(id(value)).expect("of the ring");
    let node = |(value, successors): &(u128, &[u128])| {
        let list: Vec<Peer> = successors.iter().map(|value| peer(*value)).collect();
        ChordNode::from_tables(peer(*value), world.host(), None, &list, &[])
    };
    let nodes = nodes.iter().map(node).collect();
    (world, nodes)
}

fn found(r: u8, all: &[(u128, &[u128])], dead: &[u128]) -> Option<Violation> {
    let (world, nodes) = ring(r, all);
    let alive = nodes.iter().filter(|node| !dead.contains(&node.id().low()));
    let mut watch = Watch { memory: Memory { had_principals: true } };
    watch.look(&View::new(world.host(), alive, []))
}

#[test]
fn converged_worlds_pass_every_check() {
    for nodes in 1..40 {
        let pastry = Spec::random(nodes, 5, pastry::Config::default()).world::<PastryNode>().expect("can be");
        assert_eq!((after_event(&pastry), at_rest(&pastry)), (None, None));
        let config = DhtConfig { overlay: chord::Config::default(), replicas: 1 };
        let chord = Spec::random(nodes, 5, config).world::<DhtNode<ChordNode>>().expect("can be");
        assert_eq!((after_event(&chord), at_rest(&chord)), (None, None));
    }
}

#[test]
fn a_member_whose_successors_are_all_dead_is_named() {
    let violation = found(2, &[(0, &[3, 7]), (3, &[7, 9]), (7, &[9, 0]), (9, &[0, 3])], &[3, 7]).expect("0 is lost");
    assert_eq!(violation.invariant, Invariant::OneLiveSuccessor);
    assert_eq!(violation.to_string(), "node 0 has no live successor: its list holds 3, 7, and none of them runs");
}

#[test]
fn two_rings_are_told_from_one() {
    let violation = found(1, &[(0, &[7]), (3, &[9]), (7, &[0]), (9, &[3])], &[]).expect("two rings");
    assert_eq!(violation.to_string(), "two rings: 0, 7 and 3, 9");
}

#[test]
fn a_ring_that_goes_round_twice_is_out_of_order() {
    let violation = found(1, &[(0, &[7]), (3, &[9]), (7, &[3]), (9, &[0])], &[]).expect("out of order");
    assert_eq!(violation.invariant, Invariant::OrderedRing);
}

#[test]
fn who_is_skipped_is_no_principal() {
    // 9 skips 0, and 3 is an appendage that only leads in.
    let all: &[(u128, &[u128])] = &[(0, &[7, 9]), (3, &[7, 9]), (7, &[9, 0]), (9, &[3, 7])];
    let (world, nodes) = ring(2, all);
    let view = View::new(world.host(), &nodes, []);
    let names: Vec<String> = principals(&view).into_iter().map(|peer| view.name(peer)).collect();
    assert_eq!(names, ["7", "9"]);
    assert_eq!(found(2, all, &[]).expect("too few").invariant, Invariant::SufficientPrincipals);
}

#[test]
fn who_is_needed_as_a_live_successor_may_not_fail() {
    let (mut world, _) = ring(2, &[]);
    let place = world.random_place();
    world.fill_converged([0, 3, 7, 9, 11].map(|value| (ChordId::from_u128(value, bits()), place)));
    assert!(may_fail(&world, Peer(1)));
    world.crash(Peer(1));
    assert!(!may_fail(&world, Peer(2)), "node 0 has 3, which is dead, and 7");
}

#[test]
fn a_join_not_yet_noticed_is_no_rest() {
    let config = chord::Config { successor_list: 3, ..chord::Config::default() };
    let mut world = Spec::random(8, 2, config).world::<ChordNode>().expect("can be");
    let place = world.random_place();
    let newcomer = world.place(ChordId::of_name(IdBits::SHA1, "late"), place).expect("new");
    world.command(newcomer, Command::Join { contact: Peer(0) }, &mut Unobserved);
    while !world.node(newcomer).is_active() {
        world.step(&mut Unobserved);
    }
    assert_eq!(after_event(&world), None);
    assert_eq!(at_rest(&world).expect("nobody knows it yet").invariant, Invariant::TrueNeighbours);
    world.run_for(Duration::from_secs(600), &mut Unobserved);
    assert_eq!(at_rest(&world), None);
}
