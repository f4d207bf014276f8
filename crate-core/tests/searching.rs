//! The systems that search by words: what must hold of all of them, and of each.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::sync::Arc;

use overlay_core::fasttrack::{self, FastTrackNode};
use overlay_core::gnutella::{self, GnutellaNode};
use overlay_core::napster::{self, NapsterNode};
use overlay_core::protocol::{Membership, Node as _, Peer, Request};
use overlay_core::replication::{self, ReplicaNode};
use overlay_core::search::{SearchCommand, SearchError, SearchEvent};
use overlay_core::sim::searches::{Ears, Told, ask, search};
use overlay_core::sim::spec::{Build, Spec};
use overlay_core::sim::systems::Searching;
use overlay_core::sim::world::{Unobserved, World};
use overlay_core::time::Duration;
use proptest::prelude::*;

const LONG: Duration = Duration::from_secs(60);

fn gnutella() -> gnutella::Config {
    gnutella::Config { ttl: 30, ..gnutella::Config::published() }
}

fn fasttrack() -> fasttrack::Config {
    fasttrack::Config { children: 6, ttl: 30, capacity_needed: 30, ..fasttrack::Config::default() }
}

fn built<N: Searching>(peers: u32, seed: u64, build: Build, config: &N::Config) -> World<N> {
    let nodes = peers + N::servers(config);
    Spec { build, ..Spec::random(nodes, seed, config.clone()) }.world().expect("can be")
}

fn world<N: Searching>(peers: u32, seed: u64, config: &N::Config) -> World<N> {
    built(peers, seed, Build::Converged, config)
}

/// The peers of a world, without servers.
fn peers<N: Searching>(world: &World<N>) -> Vec<Peer> {
    (N::servers(world.config())..world.peers().len() as u32).map(Peer).collect()
}

fn publish(request: u32, name: &str) -> SearchCommand {
    SearchCommand::Publish { request: Request(request), name: name.into() }
}

fn withdraw(request: u32, name: &str) -> SearchCommand {
    SearchCommand::Withdraw { request: Request(request), name: name.into() }
}

fn fetch(request: u32, words: &str) -> SearchCommand {
    SearchCommand::Search { request: Request(request), words: words.into(), fetch: true }
}

fn holders(told: &Told) -> BTreeSet<Peer> {
    told.hits.iter().map(|hit| hit.1).collect()
}

/// Publishing, searching from everywhere, fetching, deleting, leaving.
fn a_file_lives<N: Searching>(mut world: World<N>, number: usize) {
    let peers = peers(&world);
    let (a, b) = (peers[number % peers.len()], peers[(number / 7 + 1) % peers.len()]);
    assert!(ask(&mut world, a, publish(1, "Sirindhorn in THAMMASAT.pdf"), LONG).done.is_some());
    for (request, peer) in (10..).zip(&peers) {
        let told = ask(&mut world, *peer, search(request, "masat sirin"), LONG);
        let expected = if *peer == a { BTreeSet::new() } else { BTreeSet::from([a]) };
        assert_eq!(holders(&told), expected);
        assert_eq!(told.hits.len(), expected.len(), "each file once");
        assert!(told.ended.is_some());
    }
    assert!(ask(&mut world, b, search(2, "masat bangkok"), LONG).hits.is_empty());
    if a != b {
        assert_eq!(ask(&mut world, b, fetch(3, "thammasat"), LONG).fetched.map(|fetched| fetched.1), Some(a));
        // What was fetched is shared in turn.
        let other = peers.iter().find(|peer| **peer != a && **peer != b);
        if let Some(other) = other {
            assert_eq!(holders(&ask(&mut world, *other, search(4, "thammasat"), LONG)), BTreeSet::from([a, b]));
        }
        assert_eq!(ask(&mut world, b, withdraw(5, "sirindhorn in thammasat.pdf"), LONG).done.map(|d| d.1), Some(true));
    }
    assert_eq!(ask(&mut world, b, withdraw(6, "sirindhorn in thammasat.pdf"), LONG).done.map(|d| d.1), Some(a == b));
    if a != b {
        assert_eq!(holders(&ask(&mut world, b, search(7, "thammasat"), LONG)), BTreeSet::from([a]));
        world.command(a, SearchCommand::Member(Membership::Leave), &mut Unobserved);
        world.run_for(LONG, &mut Unobserved);
        let told = ask(&mut world, b, search(8, "thammasat"), LONG);
        assert!(told.hits.is_empty() && told.failed.is_none(), "who has gone offers nothing: {told:?}");
    }
}

/// Files put there at the beginning are where publishing them leaves them.
fn stocked_is_published<N: Searching>(count: u32, seed: u64, config: &N::Config) {
    let (mut stocked, mut told) = (world::<N>(count, seed, config), world::<N>(count, seed, config));
    let peers = peers(&told);
    let files: Vec<(Peer, Arc<str>)> =
        (0..3 * count).map(|i| (peers[(i * 7 % count) as usize], format!("song {i}").as_str().into())).collect();
    stocked.stock(&files);
    for (request, (holder, name)) in (0..).zip(&files) {
        assert!(ask(&mut told, *holder, publish(request, name), Duration::from_secs(1)).done.is_some());
    }
    let entries = |world: &World<N>| world.nodes().iter().map(|node| node.entries(config)).collect::<Vec<_>>();
    assert_eq!(entries(&stocked), entries(&told));
    for words in ["song 1", "song", "song 2 1"] {
        let [a, b] = [&mut stocked, &mut told].map(|world| ask(world, peers[0], search(9_999, words), LONG));
        assert_eq!(holders(&a), holders(&b));
    }
}

/// A holder that has crashed is passed over.
fn fetching_passes_over_the_dead<N: Searching>(seed: u64, config: &N::Config) {
    let mut world = world::<N>(12, seed, config);
    let peers = peers(&world);
    // Ordinary peers of FastTrack: who crashes there takes no index with it.
    let links = |peer: &Peer| world.node(*peer).known_peers().len();
    let mut ordinary = peers.clone();
    ordinary.sort_by_key(links);
    world.stock(&[(ordinary[0], "a song".into()), (ordinary[1], "a song".into())]);
    world.crash(ordinary[0]);
    let told = ask(&mut world, *ordinary.last().expect("twelve"), fetch(1, "song"), LONG);
    assert_eq!(told.fetched.map(|fetched| fetched.1), Some(ordinary[1]), "{told:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_file_lives_in_gnutella(count in 2_u32..30, seed: u64, number: usize, joined: bool) {
        let build = if joined { Build::Joined { settle_secs: 5 } } else { Build::Converged };
        a_file_lives(built::<GnutellaNode>(count, seed, build, &gnutella()), number % 1_000);
    }

    #[test]
    fn a_file_lives_in_napster(count in 2_u32..30, seed: u64, number: usize, joined: bool, servers in 1_u16..4) {
        let build = if joined { Build::Joined { settle_secs: 5 } } else { Build::Converged };
        let config = napster::Config { servers, linked: true, ..napster::Config::default() };
        a_file_lives(built::<NapsterNode>(count, seed, build, &config), number % 1_000);
    }

    #[test]
    fn a_file_lives_in_fasttrack(count in 2_u32..40, seed: u64, number: usize, joined: bool) {
        let build = if joined { Build::Joined { settle_secs: 30 } } else { Build::Converged };
        a_file_lives(built::<FastTrackNode>(count, seed, build, &fasttrack()), number % 1_000);
    }

    #[test]
    fn a_file_lives_with_full_replication(count in 2_u32..30, seed: u64, number: usize, joined: bool) {
        let build = if joined { Build::Joined { settle_secs: 5 } } else { Build::Converged };
        a_file_lives(built::<ReplicaNode>(count, seed, build, &replication::Config::default()), number % 1_000);
    }

    #[test]
    fn what_a_world_is_stocked_with_is_as_if_it_had_been_published(count in 2_u32..25, seed: u64) {
        stocked_is_published::<GnutellaNode>(count, seed, &gnutella());
        stocked_is_published::<NapsterNode>(count, seed, &napster::Config { servers: 2, ..napster::Config::default() });
        stocked_is_published::<FastTrackNode>(count, seed, &fasttrack());
        stocked_is_published::<ReplicaNode>(count, seed, &replication::Config::default());
    }

    #[test]
    fn who_has_crashed_is_passed_over_when_a_file_is_fetched(seed: u64) {
        fetching_passes_over_the_dead::<GnutellaNode>(seed, &gnutella());
        fetching_passes_over_the_dead::<NapsterNode>(seed, &napster::Config::default());
        fetching_passes_over_the_dead::<ReplicaNode>(seed, &replication::Config::default());
    }

    #[test]
    fn with_full_replication_everybody_knows_the_same_whatever_comes_and_goes(
        count in 2_u32..12, seed: u64, steps in prop::collection::vec((0_u8..4, 0_u32..12, 0_u32..5), 0..25)
    ) {
        let mut world = world::<ReplicaNode>(count, seed, &replication::Config::default());
        for (request, (what, peer, file)) in (0..).zip(steps) {
            let (peer, name) = (Peer(peer % count), format!("song {file}"));
            let others = (0..count).any(|other| Peer(other) != peer && world.node(Peer(other)).is_active());
            let command = match what {
                0 | 1 => publish(request, &name),
                2 => withdraw(request, &name),
                _ if world.node(peer).is_active() && others => SearchCommand::Member(Membership::Leave),
                _ => SearchCommand::Member(world.entrance(peer)),
            };
            ask(&mut world, peer, command, Duration::from_secs(1));
        }
        let known = |peer: &Peer| {
            let node = world.node(*peer);
            let mut found: Vec<_> = node.find("song").into_iter().map(|entry| (entry.name, entry.holder)).collect();
            found.extend(node.shelf().files().iter().map(|file| (file.name.clone(), *peer)));
            found.sort();
            (node.members(), node.indexed(), found)
        };
        let members: Vec<Peer> = (0..count).map(Peer).filter(|peer| world.node(*peer).is_active()).collect();
        let all: BTreeSet<_> = members.iter().map(known).collect();
        prop_assert_eq!(all.len(), 1, "{:?}", all);
        prop_assert_eq!(&all.first().expect("somebody").0, &members);
    }

    #[test]
    fn when_a_super_peer_dies_its_children_find_another_and_their_files_are_found_again(count in 16_u32..60, seed: u64) {
        let config = fasttrack::Config { keepalive: Some(Duration::from_secs(5)), ..fasttrack() };
        let mut world = world::<FastTrackNode>(count, seed, &config);
        let peers = peers(&world);
        let files: Vec<(Peer, Arc<str>)> = peers.iter().map(|peer| (*peer, format!("song of {:03}", peer.0).as_str().into())).collect();
        world.stock(&files);
        let dead = *peers.iter().find(|peer| world.node(**peer).is_super()).expect("a super-peer");
        let orphans = world.node(dead).children();
        world.crash(dead);
        world.run_for(Duration::from_secs(200), &mut Unobserved);
        let living: Vec<Peer> = peers.iter().copied().filter(|peer| *peer != dead).collect();
        for peer in &living {
            let parent = world.node(*peer).parent();
            prop_assert!(world.node(*peer).is_super() || parent.is_some_and(|parent| parent != dead), "{:?}", peer);
        }
        for (request, orphan) in (0..).zip(orphans) {
            let asker = *living.iter().find(|peer| **peer != orphan).expect("others");
            let told = ask(&mut world, asker, search(request, &format!("song of {:03}", orphan.0)), LONG);
            prop_assert!(holders(&told).contains(&orphan), "{:?} is found again", orphan);
        }
    }

    #[test]
    fn a_network_of_fasttrack_that_grows_by_joins_has_the_super_peers_it_needs(count in 10_u32..60, seed: u64) {
        let world = built::<FastTrackNode>(count, seed, Build::Joined { settle_secs: 60 }, &fasttrack());
        let peers = peers(&world);
        let supers: Vec<Peer> = peers.iter().copied().filter(|peer| world.node(*peer).is_super()).collect();
        for peer in &peers {
            let node = world.node(*peer);
            prop_assert!(node.is_super() || supers.contains(&node.parent().expect("a super-peer")));
            prop_assert!(node.children().len() <= 9, "{} children", node.children().len());
        }
        // At most nine children each.
        prop_assert!(supers.len() * 10 >= peers.len(), "{} of {}", supers.len(), peers.len());
    }
}

#[test]
fn when_the_only_server_fails_everything_stops() {
    let mut world = world::<NapsterNode>(10, 1, &napster::Config::default());
    let peers = peers(&world);
    world.stock(&[(peers[3], "a song".into())]);
    world.crash(Peer(0));
    let failed = |world: &mut World<NapsterNode>, command| ask(world, peers[5], command, LONG).failed;
    assert_eq!(failed(&mut world, search(1, "song")), Some(SearchError::NobodyAnswered));
    assert_eq!(failed(&mut world, publish(2, "another")), Some(SearchError::NobodyAnswered));
    let place = world.random_place();
    let newcomer = world.place(overlay_core::id::Guid::of_bytes(b"new"), place).expect("a new name");
    let mut ears = Ears::default();
    world.command(newcomer, SearchCommand::Member(Membership::Join { contact: peers[1] }), &mut ears);
    world.run_for(LONG, &mut ears);
    assert!(ears.others.iter().any(|(_, _, event)| *event == SearchEvent::JoinFailed));
}

#[test]
fn with_a_second_server_the_files_are_registered_there_and_found_again() {
    let config = napster::Config { servers: 2, ..napster::Config::default() };
    let mut world = world::<NapsterNode>(10, 1, &config);
    let peers = peers(&world);
    let files: Vec<(Peer, Arc<str>)> = peers.iter().map(|peer| (*peer, "a song".into())).collect();
    world.stock(&files);
    let first = holders(&ask(&mut world, peers[0], search(1, "song"), LONG));
    assert!(first.len() < 9, "only those at the same server: {first:?}");
    world.crash(world.node(peers[0]).home());
    // Everybody notices when it next wants something.
    for (request, peer) in (10..).zip(&peers) {
        ask(&mut world, *peer, search(request, "song"), LONG);
    }
    assert_eq!(holders(&ask(&mut world, peers[0], search(2, "song"), LONG)).len(), 9);
}

#[test]
fn a_server_forgets_who_gives_no_sign_of_life() {
    let config = napster::Config { alive: Some(Duration::from_secs(10)), ..napster::Config::default() };
    let mut world = world::<NapsterNode>(6, 1, &config);
    let peers = peers(&world);
    let files: Vec<(Peer, Arc<str>)> = peers.iter().map(|peer| (*peer, "a song".into())).collect();
    world.stock(&files);
    world.crash(peers[2]);
    world.run_for(Duration::from_secs(120), &mut Unobserved);
    let found = holders(&ask(&mut world, peers[0], search(1, "song"), LONG));
    assert_eq!(found, [peers[1], peers[3], peers[4], peers[5]].into());
}

#[test]
fn a_super_peer_that_is_hardly_needed_becomes_an_ordinary_peer() {
    let config = fasttrack::Config { keepalive: Some(Duration::from_secs(5)), children: 40, ..fasttrack() };
    // Made for few children each, then run with many allowed.
    let few = fasttrack::Config { children: 6, ..config.clone() };
    let mut world = world::<FastTrackNode>(30, 2, &few);
    let supers = |world: &World<FastTrackNode>| world.nodes().iter().filter(|node| node.is_super()).count();
    let before = supers(&world);
    assert!(before >= 4, "{before}");
    // Most ordinary peers leave.
    let ordinary: Vec<Peer> = peers(&world).into_iter().filter(|peer| !world.node(*peer).is_super()).collect();
    for peer in &ordinary {
        world.command(*peer, SearchCommand::Member(Membership::Leave), &mut Unobserved);
    }
    let mut ears = Ears::default();
    world.run_for(Duration::from_secs(300), &mut ears);
    assert!(supers(&world) < before, "{} of {before}", supers(&world));
    assert!(ears.others.iter().any(|(_, _, event)| *event == SearchEvent::Demoted));
}
