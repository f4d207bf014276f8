//! Properties over random worlds of both systems.
#![cfg(not(target_arch = "wasm32"))]

use overlay_core::chord::{self, ChordNode};
use overlay_core::id::{Digits, IdBits};
use overlay_core::pastry::{self, LeafSetSize, PastryNode};
use overlay_core::protocol::{Command, Envelope, Event, Note, Overlay, Peer, Request, Step, Verdict};
use overlay_core::sim::spec::{Build, Spec};
use overlay_core::sim::systems::System;
use overlay_core::sim::workload::{Target, Workload};
use overlay_core::sim::world::{Observer, Occasion, World};
use overlay_core::time::{Duration, Time};
use proptest::prelude::*;

fn pastry_config() -> impl Strategy<Value = pastry::Config> {
    let digits = prop_oneof![Just(Digits::Bits1), Just(Digits::Bits2), Just(Digits::Bits4)];
    let leaf_set = prop_oneof![Just(2_u8), Just(8), Just(16), Just(32)];
    let rule = prop_oneof![Just(pastry::RoutingRule::Published), Just(pastry::RoutingRule::Slide)];
    (digits, leaf_set, rule, any::<bool>()).prop_map(|(digits, leaf_set, rule, leaf_set_only)| pastry::Config {
        digits,
        leaf_set: LeafSetSize::new(leaf_set).expect("an even size"),
        rule,
        leaf_set_only,
        hop_limit: u16::MAX,
        ..pastry::Config::default()
    })
}

fn chord_config() -> impl Strategy<Value = chord::Config> {
    let rule = prop_oneof![
        Just(chord::RoutingRule::Published),
        Just(chord::RoutingRule::Slide),
        Just(chord::RoutingRule::Naive)
    ];
    (8_u8..=160, 1_u8..10, rule).prop_map(|(bits, successor_list, rule)| chord::Config {
        bits: IdBits::new(bits).expect("1 to 160"),
        successor_list,
        rule,
        acks: false,
        maintenance: None,
        hop_limit: u16::MAX,
        ..chord::Config::default()
    })
}

fn world<N: System>(nodes: u32, seed: u64, config: N::Config) -> World<N> {
    Spec::random(nodes, seed, config).world().expect("a world of random nodes can be")
}

/// Every lookup, walked and as messages, ends at the member that is responsible.
fn every_lookup_arrives<N: System>(nodes: u32, seed: u64, config: N::Config) {
    let mut world = world::<N>(nodes, seed, config);
    for target in [Target::Node, Target::Key] {
        let walked = Workload::new(&world, target, seed).walk(&world, 30);
        assert_eq!((walked.delivered(), walked.wrong), (30, 0));
        let sent = Workload::new(&world, target, seed).send(&mut world, 30, 4);
        assert_eq!(sent.by_hops, walked.by_hops, "messages take the way of the tables");
        assert_eq!((sent.wrong, sent.lost), (0, 0));
    }
}

/// The explained step is the fast step, at every node and for every key.
fn explanations_agree<N: System>(nodes: u32, seed: u64, config: N::Config) {
    let world = world::<N>(nodes, seed, config);
    let mut workload = Workload::new(&world, Target::Key, seed);
    for peer in (0..nodes).map(Peer) {
        let (_, key) = workload.draw(&world);
        let node = world.node(peer);
        let decision = node.explain(world.host(), key);
        assert_eq!(decision.next, node.next_hop(world.host(), key));
        let chosen = decision.candidates.iter().filter(|c| c.verdict == Verdict::Chosen).count();
        assert!(chosen <= 1, "one candidate wins: {decision:?}");
        if let Step::Forward(next) = decision.next {
            assert_eq!(decision.chosen().map(|c| c.peer), Some(next));
        }
    }
}

/// Writes down where messages end. With notes every message goes through [`Overlay::handle`]; without, most are sent on
/// at once.
struct Listener {
    wants_notes: bool,
    delivered: Vec<(u32, Peer, u16)>,
}

impl<N: System> Observer<N> for Listener {
    fn wants_notes(&self) -> bool {
        self.wants_notes
    }
    fn begin(&mut self, _: Time, _: Peer, cause: u32, _: Occasion<'_, N::Message>) -> u32 {
        cause
    }
    fn event(&mut self, _: Time, node: Peer, event: &Event<N::Id>) {
        if let Event::Delivered(envelope) = event {
            self.delivered.push((envelope.request.0, node, envelope.hops));
        }
    }
    fn note(&mut self, _: Peer, _: Note) {}
}

/// Whether anybody listens changes neither where messages end, nor after how many hops, nor when.
fn listening_changes_nothing<N: System>(nodes: u32, seed: u64, config: N::Config) {
    let runs = [false, true].map(|wants_notes| {
        let mut world = world::<N>(nodes, seed, config.clone());
        let mut listener = Listener { wants_notes, delivered: Vec::new() };
        let mut workload = Workload::new(&world, Target::Key, seed);
        for request in 0..30 {
            let (from, key) = workload.draw(&world);
            world.command(from, Command::Route(Envelope::lookup(Request(request), from, key)).into(), &mut listener);
        }
        while world.is_busy() {
            world.step(&mut listener);
        }
        (listener.delivered, world.now(), *world.counters())
    });
    assert_eq!(runs[0], runs[1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_message_of_pastry_goes_the_same_way_whether_anybody_listens(nodes in 1_u32..120, seed: u64, config in pastry_config(), acks: bool) {
        listening_changes_nothing::<PastryNode>(nodes, seed, pastry::Config { acks, ..config });
    }

    #[test]
    fn a_message_of_chord_goes_the_same_way_whether_anybody_listens(nodes in 1_u32..120, seed: u64, config in chord_config(), acks: bool) {
        listening_changes_nothing::<ChordNode>(nodes, seed, chord::Config { acks, ..config });
    }

    #[test]
    fn pastry_lookups_reach_the_numerically_closest_node(nodes in 1_u32..120, seed: u64, config in pastry_config()) {
        every_lookup_arrives::<PastryNode>(nodes, seed, config);
    }

    #[test]
    fn chord_lookups_reach_the_successor_of_the_key(nodes in 1_u32..120, seed: u64, config in chord_config()) {
        every_lookup_arrives::<ChordNode>(nodes, seed, config);
    }

    #[test]
    fn pastry_explains_the_step_it_takes(nodes in 1_u32..120, seed: u64, config in pastry_config()) {
        explanations_agree::<PastryNode>(nodes, seed, config);
    }

    #[test]
    fn chord_explains_the_step_it_takes(nodes in 1_u32..120, seed: u64, config in chord_config()) {
        explanations_agree::<ChordNode>(nodes, seed, config);
    }

    #[test]
    fn a_pastry_hop_shares_a_longer_prefix_or_as_long_a_one_and_is_nearer(
        nodes in 2_u32..200, seed: u64, config in pastry_config()
    ) {
        let digits = config.digits;
        let leaf_set_only = config.leaf_set_only;
        let world = world::<PastryNode>(nodes, seed, config);
        let mut workload = Workload::new(&world, Target::Key, seed);
        for _ in 0..40 {
            let (from, key) = workload.draw(&world);
            let Step::Forward(next) = world.node(from).next_hop(world.host(), key) else { continue };
            let (here, there) = (world.peers().id(from), world.peers().id(next));
            let (before, after) = (here.shared_prefix(key, digits), there.shared_prefix(key, digits));
            let nearer = key.closeness(there) < key.closeness(here);
            // Within the leaf set, the numerically closest may lie beyond a digit's border.
            let last = next == workload.owner(&world, key);
            prop_assert!(nearer || (!leaf_set_only && after > before));
            prop_assert!(after >= before || last || leaf_set_only || nearer);
        }
    }

    #[test]
    fn joining_one_by_one_leads_to_the_leaf_sets_of_the_converged_state(nodes in 1_u32..80, seed: u64, leaf_set in prop_oneof![Just(4_u8), Just(8), Just(16)]) {
        let config = pastry::Config { leaf_set: LeafSetSize::new(leaf_set).expect("even"), ..pastry::Config::default() };
        let spec = Spec { build: Build::Joined { settle_secs: 0 }, ..Spec::random(nodes, seed, config.clone()) };
        let joined = spec.world::<PastryNode>().expect("can be");
        let converged = world::<PastryNode>(nodes, seed, config);
        prop_assert_eq!(joined.members().count(), nodes as usize);
        let leaves = |world: &World<PastryNode>, peer| -> Vec<_> {
            world.node(peer).leaf_set().clockwise().map(|leaf| world.peers().id(leaf)).collect()
        };
        for (id, peer) in joined.members() {
            let same = converged.peers().find(id).expect("the same members");
            prop_assert_eq!(leaves(&joined, peer), leaves(&converged, same));
        }
        let walked = Workload::new(&joined, Target::Key, seed).walk(&joined, 30);
        prop_assert_eq!((walked.delivered(), walked.wrong), (30, 0));
    }
}

#[test]
fn tables_filled_by_joins_route_as_well_as_converged_ones() {
    let config = pastry::Config::default();
    let spec = Spec { build: Build::Joined { settle_secs: 0 }, ..Spec::random(1_000, 9, config.clone()) };
    let joined = spec.world::<PastryNode>().expect("can be");
    let converged = world::<PastryNode>(1_000, 9, config);
    let entries =
        |world: &World<PastryNode>| world.nodes().iter().map(|n| n.routing_table().len()).sum::<usize>() as f64;
    let share = entries(&joined) / entries(&converged);
    assert!(share > 0.95, "joins fill {share:.3} of the entries");
    let hops = |world: &World<PastryNode>| Workload::new(world, Target::Node, 3).walk(world, 20_000).mean_hops();
    let ratio = hops(&joined) / hops(&converged);
    assert!((0.97..1.03).contains(&ratio), "hops after joins are {ratio:.3} of those in the converged state");
}

#[test]
fn a_pastry_world_of_10_000_nodes_routes_1_000_messages_to_the_right_nodes() {
    let mut world = world::<PastryNode>(10_000, 1, pastry::Config::default());
    let tally = Workload::new(&world, Target::Key, 1).send(&mut world, 1_000, 50);
    assert_eq!((tally.delivered(), tally.wrong, tally.lost), (1_000, 0, 0));
}

#[test]
fn a_node_takes_at_most_a_kilobyte_at_100_000_nodes() {
    let pastry = world::<PastryNode>(100_000, 1, pastry::Config::default());
    let chord = world::<ChordNode>(100_000, 1, chord::Config::default());
    for bytes in [pastry.bytes(), chord.bytes()] {
        assert!(bytes / 100_000 <= 1_024, "{} bytes a node", bytes / 100_000);
    }
}

#[test]
fn a_world_whose_nodes_have_timers_is_filled_by_joins_in_little_simulated_time() {
    fn filled<N: System>(config: N::Config) {
        let spec = Spec { build: Build::Joined { settle_secs: 0 }, ..Spec::random(100, 4, config) };
        let world = spec.world::<N>().expect("can be");
        assert_eq!(world.members().count(), 100);
        assert!(world.now() < Time::ZERO + Duration::from_secs(200), "{:?}", world.now());
    }
    let period = Some(Duration::from_secs(5));
    filled::<PastryNode>(pastry::Config { heartbeat_period: period, ..pastry::Config::default() });
    filled::<ChordNode>(chord::Config { maintenance: period, ..chord::Config::default() });
}
