//! Gnutella in random worlds: what must hold of every search, join, crash and transfer.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use overlay_core::gnutella::{Body, Config, GnutellaNode, Message, Method, Packet, Satisfied, Topology, TtlRule};
use overlay_core::protocol::{Membership, Message as _, Node as _, Note, Peer, Request};
use overlay_core::search::{SearchCommand, SearchError, SearchEvent};
use overlay_core::sim::searches::{Ears, ask, search};
use overlay_core::sim::spec::{Build, Spec};
use overlay_core::sim::world::{Observer, Occasion, Unobserved, World};
use overlay_core::time::{Duration, Time};
use proptest::prelude::*;

type Gnutella = World<GnutellaNode>;

const LONG: Duration = Duration::from_secs(60);

fn world(nodes: u32, seed: u64, config: Config) -> Gnutella {
    Spec::random(nodes, seed, Config { topology_seed: seed, ..config }).world().expect("a world can be")
}

fn share(world: &mut Gnutella, holder: Peer, name: &str) {
    world.stock(&[(holder, Arc::from(name))]);
}

fn configs() -> impl Strategy<Value = Config> {
    let topology = prop_oneof![
        (3_u8..6).prop_map(|degree| Topology::Tree { degree }),
        (3_u8..6).prop_map(|degree| Topology::Random { degree }),
        (2_u8..6).prop_map(|degree| Topology::PowerLaw { degree }),
        Just(Topology::Grid),
        Just(Topology::Grown),
    ];
    let ttl_rule = prop_oneof![Just(TtlRule::Slide), Just(TtlRule::Published)];
    let satisfied = prop_oneof![Just(Satisfied::Stops), Just(Satisfied::PassesOn)];
    (topology, ttl_rule, satisfied, 1_u8..32).prop_map(|(topology, ttl_rule, satisfied, ttl)| Config {
        topology,
        ttl_rule,
        satisfied,
        ttl,
        ..Config::default()
    })
}

/// Links from a node to every other.
fn distances(world: &Gnutella, from: Peer) -> BTreeMap<Peer, u32> {
    let mut found = BTreeMap::from([(from, 0)]);
    let mut border = vec![from];
    while !border.is_empty() {
        let mut next = Vec::new();
        for peer in border {
            for other in world.node(peer).links().filter(|other| world.is_alive(*other)) {
                if !found.contains_key(&other) {
                    found.insert(other, found[&peer] + 1);
                    next.push(other);
                }
            }
        }
        border = next;
    }
    found
}

/// Looks at every message of a search.
#[derive(Default)]
struct Witness {
    /// How often each node sent a query over each link.
    sent: BTreeMap<(Peer, Peer), u32>,
    ttl_and_hops: BTreeSet<(u8, u8)>,
    ears: Ears,
}

impl Observer<GnutellaNode> for Witness {
    fn wants_notes(&self) -> bool {
        true
    }
    fn begin(&mut self, _: Time, node: Peer, cause: u32, occasion: Occasion<'_, Message>) -> u32 {
        if let Occasion::Arrival(flight) = occasion
            && let Message::Descriptor(descriptor) = flight.message
            && let Body::Query { .. } = descriptor.body
        {
            *self.sent.entry((flight.from, node)).or_default() += 1;
            self.ttl_and_hops.insert((descriptor.ttl, descriptor.hops));
        }
        cause
    }
    fn event(&mut self, at: Time, node: Peer, event: &SearchEvent) {
        Observer::<GnutellaNode>::event(&mut self.ears, at, node, event);
    }
    fn note(&mut self, _: Peer, _: Note) {}
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flood_finds_whoever_is_within_its_ttl_and_nobody_else(
        nodes in 2_u32..120, seed: u64, config in configs(), from: u32, holder: u32
    ) {
        let (from, holder) = (Peer(from % nodes), Peer(holder % nodes));
        let reach = u32::from(config.ttl) + u32::from(config.ttl_rule == TtlRule::Slide);
        let mut world = world(nodes, seed, config);
        share(&mut world, holder, "sirindhorn thammasat.pdf");
        let told = ask(&mut world, from, search(1, "THAMMASAT"), LONG);
        let distance = distances(&world, from)[&holder];
        let expected = holder != from && distance <= reach;
        prop_assert_eq!(told.hits.iter().map(|hit| (hit.1, u32::from(hit.2))).collect::<Vec<_>>(), if expected { vec![(holder, told.hits[0].2.into())] } else { vec![] });
        // Messages overtake one another: the first copy may come a longer way round, but none longer than the TTL.
        prop_assert!(told.hits.iter().all(|hit| (distance..=reach).contains(&u32::from(hit.2))));
        prop_assert!(told.ended.is_some());
    }

    #[test]
    fn no_descriptor_is_sent_twice_over_a_link_in_one_direction_nor_back_to_where_it_came_from(
        nodes in 2_u32..120, seed: u64, config in configs(), from: u32
    ) {
        let ttl = config.ttl;
        let mut world = world(nodes, seed, config);
        let mut witness = Witness::default();
        let from = Peer(from % nodes);
        world.command(from, search(1, "nothing of the kind"), &mut witness);
        world.run_for(LONG, &mut witness);
        prop_assert!(witness.sent.values().all(|count| *count == 1));
        prop_assert!(witness.ttl_and_hops.iter().all(|(left, hops)| left + hops == ttl));
        // Over each link at most once each way; who hears of it first over a link does not send it back.
        let links: usize = world.nodes().iter().map(|node| node.links().len()).sum();
        prop_assert!(witness.sent.len() <= links - (nodes as usize - 1).min(links / 2));
        prop_assert_eq!(world.messages_in_flight(), 0);
    }

    #[test]
    fn everybody_within_reach_answers_and_all_answers_find_back(nodes in 2_u32..80, seed: u64, degree in 3_u8..6) {
        let config = Config { topology: Topology::Random { degree }, ttl: 30, ..Config::published() };
        let mut world = world(nodes, seed, config);
        (0..nodes).for_each(|peer| share(&mut world, Peer(peer), "a song"));
        let told = ask(&mut world, Peer(0), search(1, "song"), LONG);
        let holders: BTreeSet<Peer> = told.hits.iter().map(|hit| hit.1).collect();
        prop_assert_eq!((told.hits.len(), holders.len()), (nodes as usize - 1, nodes as usize - 1));
    }

    #[test]
    fn walkers_and_rings_find_what_is_there(nodes in 2_u32..60, seed: u64, holder: u32, ring: bool, keep_state: bool) {
        let walk = Method::RandomWalk { walkers: 16, steps: 16_000, check_every: 4, keep_state };
        let method = if ring { Method::RING } else { walk };
        let config = Config { topology: Topology::Random { degree: 4 }, ttl: 30, method, hop_wait: Duration::from_millis(160), ..Config::published() };
        let mut world = world(nodes, seed, config);
        let holder = Peer(1 + holder % (nodes - 1));
        share(&mut world, holder, "a song");
        let told = ask(&mut world, Peer(0), search(1, "song"), Duration::from_secs(20_000));
        prop_assert_eq!(told.hits.iter().map(|hit| hit.1).collect::<BTreeSet<_>>(), BTreeSet::from([holder]));
        prop_assert!(told.ended.is_some());
    }

    #[test]
    fn a_crash_loses_only_the_way_over_it(nodes in 4_u32..80, seed: u64, crashed in prop::collection::btree_set(1_u32..80, 0..8)) {
        let config = Config { topology: Topology::Random { degree: 4 }, ttl: 30, ..Config::published() };
        let mut world = world(nodes, seed, config);
        (0..nodes).for_each(|peer| share(&mut world, Peer(peer), "a song"));
        crashed.iter().filter(|peer| **peer < nodes).for_each(|peer| world.crash(Peer(*peer)));
        let told = ask(&mut world, Peer(0), search(1, "song"), LONG);
        let found: BTreeSet<Peer> = told.hits.iter().map(|hit| hit.1).chain([Peer(0)]).collect();
        // By then nobody has found a new neighbour: whoever can still be reached over links of the living is.
        let reached: BTreeSet<Peer> = distances(&world, Peer(0)).into_keys().collect();
        prop_assert_eq!(found, reached);
    }

    #[test]
    fn joining_by_messages_leads_to_one_network_of_c_links_and_more(nodes in 2_u32..50, seed: u64, caches in 0_u16..2) {
        let config = Config { host_caches: caches, ..Config::published() };
        let spec = Spec { build: Build::Joined { settle_secs: 10 }, ..Spec::random(nodes + u32::from(caches), seed, config) };
        let mut world: Gnutella = spec.world().expect("can be");
        let servents: Vec<Peer> = (u32::from(caches)..world.peers().len() as u32).map(Peer).collect();
        prop_assert!(servents.iter().all(|peer| world.node(*peer).is_active()));
        for peer in &servents {
            prop_assert!(world.node(*peer).links().len() <= 8 + 4);
            for other in world.node(*peer).links() {
                prop_assert!(world.node(other).links().any(|back| back == *peer), "a link has two ends");
            }
        }
        share(&mut world, servents[0], "a song");
        let last = servents[servents.len() - 1];
        let told = ask(&mut world, last, search(1, "song"), LONG);
        prop_assert!(last == servents[0] || !told.hits.is_empty());
    }

    #[test]
    fn messages_of_any_kind_from_anybody_cause_no_panic_and_nothing_that_goes_on_for_ever(
        nodes in 2_u32..20, seed: u64, junk in prop::collection::vec((0_u8..9, any::<u32>(), any::<u32>(), any::<u8>(), any::<u8>()), 1..40)
    ) {
        use overlay_core::gnutella::{Descriptor, DescriptorId, QueryHit, Walk};
        use overlay_core::protocol::{Context, Input};
        use rand::SeedableRng;
        let mut world = world(nodes, seed, Config { method: Method::WALK, ..Config::default() });
        share(&mut world, Peer(0), "a song");
        let mut node = world.node(Peer(0)).clone();
        let mut rng = overlay_core::protocol::Rng::seed_from_u64(seed);
        let mut outputs = Vec::new();
        for (kind, a, b, ttl, hops) in junk {
            let id = DescriptorId([a.into(), b.into()]);
            let descriptor = |body| Message::Descriptor(Descriptor { id, ttl, hops, body });
            let message = match kind {
                0 => descriptor(Body::Ping),
                1 => descriptor(Body::Pong { peer: Peer(b), files: a, kilobytes: b }),
                2 => descriptor(Body::Query { words: "song".into() }),
                3 => descriptor(Body::QueryHit(Arc::new(QueryHit { holder: Peer(b), files: vec![(a, Arc::from("x")); 300].into() }))),
                4 => descriptor(Body::Push { holder: Peer(a), index: 0, requester: Peer(b) }),
                5 => Message::Hosts((0..200).map(|i| Peer(a.wrapping_add(i))).collect()),
                6 => Message::Walk(Box::new(Walk { id, origin: Peer(b), words: "y".into(), walker: ttl, left: u16::MAX, steps: 7 })),
                7 => Message::Check { id, walker: ttl },
                _ => Message::Connect,
            };
            let mut cx = Context { now: Time(1), host: world.host(), rng: &mut rng, tracing: true, outputs: &mut outputs };
            node.handle(&mut cx, Input::Message { from: Peer(a % nodes), message });
        }
        prop_assert!(node.heap_bytes() < 200_000);
        let sent = outputs.iter().filter_map(|output| match output {
            overlay_core::protocol::Output::Send { to, .. } => Some(to.index()),
            _ => None,
        });
        prop_assert!(sent.clone().all(|to| to < nodes as usize), "only to peers that exist");
    }
}

#[test]
fn a_lost_connection_is_noticed_and_replaced() {
    let config = Config { keepalive: Some(Duration::from_secs(5)), ping_ttl: 3, ..Config::published() };
    let mut world = world(60, 3, config);
    let dead: BTreeSet<Peer> = (0..12).map(|i| Peer(i * 5)).collect();
    dead.iter().for_each(|peer| world.crash(*peer));
    world.run_for(Duration::from_secs(60), &mut Unobserved);
    for node in world.nodes().iter().filter(|node| world.is_alive(node.me())) {
        assert!(node.links().all(|peer| !dead.contains(&peer)), "{:?} is still linked with the dead", node.me());
        assert!(node.links().len() >= 4, "{:?} has {} links", node.me(), node.links().len());
    }
}

#[test]
fn who_leaves_says_so_and_is_replaced_at_once() {
    let mut world = world(30, 4, Config::published());
    let neighbours: Vec<Peer> = world.node(Peer(7)).links().collect();
    world.command(Peer(7), SearchCommand::Member(Membership::Leave), &mut Unobserved);
    world.run_for(Duration::from_secs(5), &mut Unobserved);
    assert!(!world.node(Peer(7)).is_active() && !neighbours.is_empty());
    for peer in neighbours {
        assert!(world.node(peer).links().all(|other| other != Peer(7)));
        assert!(world.node(peer).links().len() >= 4 || world.node(peer).hosts().count() == 0);
    }
}

#[test]
fn who_finds_nobody_to_join_by_is_told_so() {
    let mut world = world(3, 4, Config::default());
    (0..3).for_each(|peer| world.crash(Peer(peer)));
    let place = world.random_place();
    let newcomer = world.place(overlay_core::id::Guid::of_bytes(b"new"), place).expect("a new name");
    let mut ears = Ears::default();
    world.command(newcomer, SearchCommand::Member(Membership::Join { contact: Peer(1) }), &mut ears);
    world.run_for(LONG, &mut ears);
    assert_eq!(ears.others.iter().map(|(_, _, event)| event.clone()).collect::<Vec<_>>(), [SearchEvent::JoinFailed]);
}

/// A line of four: the asker at one end, the holder at the other.
fn fetched(behind_firewall: Vec<Peer>) -> overlay_core::sim::searches::Told {
    let mut world =
        world(4, 1, Config { behind_firewall, topology: Topology::Tree { degree: 2 }, ..Config::published() });
    let (a, b) = (Peer(2), Peer(3));
    share(&mut world, b, "a song");
    let fetch = SearchCommand::Search { request: Request(5), words: "song".into(), fetch: true };
    ask(&mut world, a, fetch, LONG)
}

#[test]
fn a_file_is_fetched_straight_from_its_holder() {
    let told = fetched(vec![]);
    assert_eq!(told.fetched.map(|(_, holder)| holder), Some(Peer(3)));
}

#[test]
fn a_holder_behind_a_firewall_pushes_the_file_and_so_it_takes_longer() {
    let (direct, pushed) = (fetched(vec![]).fetched, fetched(vec![Peer(3)]).fetched);
    assert_eq!(pushed.map(|(_, holder)| holder), Some(Peer(3)));
    assert!(pushed.map(|at| at.0) > direct.map(|at| at.0 + Duration::from_secs(2)));
}

#[test]
fn what_is_withdrawn_is_found_no_more_and_what_is_fetched_is_shared_in_turn() {
    let mut world = world(20, 2, Config { ttl: 20, ..Config::published() });
    let publish = SearchCommand::Publish { request: Request(1), name: "A Song".into() };
    assert!(ask(&mut world, Peer(3), publish, LONG).done.is_some());
    let fetch = SearchCommand::Search { request: Request(2), words: "song".into(), fetch: true };
    assert_eq!(ask(&mut world, Peer(9), fetch, LONG).fetched.map(|(_, holder)| holder), Some(Peer(3)));
    let withdraw = |request| SearchCommand::Withdraw { request: Request(request), name: "a song".into() };
    assert_eq!(ask(&mut world, Peer(3), withdraw(3), LONG).done.map(|(_, existed)| existed), Some(true));
    assert_eq!(ask(&mut world, Peer(3), withdraw(4), LONG).done.map(|(_, existed)| existed), Some(false));
    let holders: Vec<Peer> = ask(&mut world, Peer(0), search(5, "song"), LONG).hits.iter().map(|hit| hit.1).collect();
    assert_eq!(holders, [Peer(9)], "natural replication");
}

#[test]
fn searches_that_cannot_be_are_refused_with_a_reason() {
    let mut world = world(3, 2, Config::default());
    for words in ["", "  ", &"x".repeat(201)] {
        assert_eq!(ask(&mut world, Peer(0), search(1, words), LONG).failed, Some(SearchError::Name));
    }
    world.command(Peer(0), SearchCommand::Member(Membership::Leave), &mut Unobserved);
    assert_eq!(ask(&mut world, Peer(0), search(2, "song"), LONG).failed, Some(SearchError::NotAMember));
}

#[test]
fn every_descriptor_of_a_world_has_a_binary_form_that_is_read_again() {
    struct Bytes(u32, overlay_core::protocol::Directory<overlay_core::id::Guid>);
    impl Observer<GnutellaNode> for Bytes {
        fn wants_notes(&self) -> bool {
            false
        }
        fn begin(&mut self, _: Time, _: Peer, cause: u32, occasion: Occasion<'_, Message>) -> u32 {
            if let Occasion::Arrival(flight) = occasion
                && let Message::Descriptor(descriptor) = flight.message
            {
                let packet = Packet::of(descriptor, &self.1);
                let bytes = packet.encode();
                assert_eq!(Packet::decode(&bytes), Ok((packet, bytes.len())), "{}", flight.message.name());
                self.0 += 1;
            }
            cause
        }
        fn event(&mut self, _: Time, _: Peer, _: &SearchEvent) {}
        fn note(&mut self, _: Peer, _: Note) {}
    }
    let config =
        Config { behind_firewall: vec![Peer(5)], keepalive: Some(Duration::from_secs(2)), ..Config::published() };
    let mut world = world(30, 8, config);
    share(&mut world, Peer(5), "a song");
    let mut bytes = Bytes(0, world.peers().clone());
    let fetch = SearchCommand::Search { request: Request(1), words: "song".into(), fetch: true };
    world.command(Peer(20), fetch, &mut bytes);
    world.run_for(Duration::from_secs(10), &mut bytes);
    assert!(bytes.0 > 200, "{}", bytes.0);
}
