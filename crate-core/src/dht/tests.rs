//! The same tests for every overlay: `over` lists the systems.

use super::*;
use crate::chord::test_network::TestNetwork;
use crate::chord::{self, ChordNode};
use crate::id::{ChordId, IdBits};
use crate::pastry::{self, LeafSetSize, PastryNode};
use crate::time::Duration;

type Net<O> = TestNetwork<DhtNode<O>>;

const MEMBERS: u32 = 12;

/// What these tests need to know of an overlay.
trait System: Overlay {
    fn config() -> Self::Config;

    fn name(name: &str) -> Self::Id {
        Self::Id::of_name(Self::space(&Self::config()), name)
    }
}

impl System for ChordNode {
    fn config() -> chord::Config {
        chord::Config {
            bits: IdBits::SHA1,
            successor_list: 5,
            maintenance: Some(Duration::from_secs(1)),
            ..chord::Config::default()
        }
    }
}

impl System for PastryNode {
    fn config() -> pastry::Config {
        pastry::Config {
            leaf_set: LeafSetSize::EIGHT,
            acks: true,
            heartbeat_period: Some(Duration::from_secs(1)),
            ..pastry::Config::default()
        }
    }
}

/// A settled network of 12 members and 40 values, and a name for two more members.
fn filled<O: System>(replicas: u8) -> Net<O> {
    let ids = (0..MEMBERS).map(|i| O::name(&format!("node {i}")));
    let mut net = Net::<O>::new(DhtConfig { overlay: O::config(), replicas }, ids, 7);
    net.join_all(Duration::from_millis(500));
    net.run(Duration::from_secs(30));
    for i in 0..40 {
        insert(&mut net, Peer(i % MEMBERS), i, "first");
    }
    net.run(Duration::from_secs(5));
    net
}

fn key<O: System>(i: u32) -> O::Id {
    O::name(&format!("song {i}"))
}

fn value(i: u32, what: &str) -> Arc<[u8]> {
    format!("{what} {i}").into_bytes().into()
}

fn insert<O: System>(net: &mut Net<O>, at: Peer, i: u32, what: &str) {
    let request = net.new_request();
    net.command(at, DhtCommand::Insert { request, key: key::<O>(i), value: value(i, what) });
}

/// Who answered a search and with what.
fn search<O: System>(net: &mut Net<O>, at: Peer, i: u32) -> Option<(Peer, Payload)> {
    let request = net.new_request();
    net.command(at, DhtCommand::Search { request, key: key::<O>(i) });
    net.run(Duration::from_secs(4));
    net.events.iter().find_map(|(peer, event)| match event {
        Event::Found { request: r, holder, value } if *r == request && *peer == at => Some((*holder, value.clone())),
        _ => None,
    })
}

fn assert_all_found<O: System>(net: &mut Net<O>, what: &str) {
    let live = net.ring();
    for i in 0..40 {
        let found = search(net, live[(i as usize * 5 + 1) % live.len()], i);
        assert_eq!(found.expect("an answer").1, Some(value(i, what)), "song {i}");
    }
}

/// Members that hold a key, and those of them that answer for it.
fn holders<O: System>(net: &Net<O>, i: u32) -> (Vec<Peer>, Vec<Peer>) {
    let at = key::<O>(i);
    let of = |answers: bool| {
        let holds = |node: &&DhtNode<O>| {
            node.is_active() && node.store().any(|(key, entry)| key == at && (entry.answers() || !answers))
        };
        net.nodes.values().filter(holds).map(Node::me).collect()
    };
    (of(false), of(true))
}

/// Every value at its one responsible node and its copies exactly where that node wants them.
fn assert_in_place<O: System>(net: &Net<O>) {
    let k = usize::from(net.config.replicas);
    for i in 0..40 {
        let (mut all, answering) = holders(net, i);
        let responsible: Vec<Peer> = net
            .ring()
            .into_iter()
            .filter(|p| net.nodes[p].next_hop(net.host(), key::<O>(i)) == Step::Deliver)
            .collect();
        assert_eq!(answering, responsible, "song {i}");
        assert_eq!(answering.len(), 1, "song {i}");
        let mut wanted = net.nodes[&answering[0]].replica_holders(net.host(), key::<O>(i), k - 1);
        wanted.push(answering[0]);
        wanted.sort();
        all.sort();
        assert_eq!(all, wanted, "song {i}");
        assert_eq!(all.len(), k);
    }
}

fn what_is_inserted_is_found_from_anywhere<O: System>() {
    for k in [1, 3] {
        let mut net = filled::<O>(k);
        let stored =
            net.events.iter().filter(|(_, e)| matches!(e, Event::Stored { copies, .. } if *copies == k)).count();
        assert_eq!(stored, 40);
        assert_in_place(&net);
        assert_all_found(&mut net, "first");
        assert_eq!(search(&mut net, Peer(3), 1_000).expect("an answer").1, None);
    }
}

fn a_later_insert_replaces_the_value_and_its_copies<O: System>() {
    let mut net = filled::<O>(3);
    for i in 0..40 {
        insert(&mut net, Peer((i + 5) % MEMBERS), i, "second");
    }
    net.run(Duration::from_secs(5));
    assert_in_place(&net);
    assert_all_found(&mut net, "second");
    for node in net.nodes.values() {
        assert!(node.store().all(|(_, entry)| entry.value().is_some_and(|v| v.starts_with(b"second"))));
    }
}

fn what_is_deleted_stays_deleted_when_its_holders_crash<O: System>() {
    let mut net = filled::<O>(3);
    let request = net.new_request();
    net.command(Peer(2), DhtCommand::Delete { request, key: key::<O>(7) });
    net.run(Duration::from_secs(3));
    assert!(net.events.contains(&(Peer(2), Event::Deleted { request, existed: true })));
    for _ in 0..3 {
        let answering = holders(&net, 7).1[0];
        net.crash(answering);
        net.run(Duration::from_secs(20));
        let from = net.ring()[0];
        assert_eq!(search(&mut net, from, 7).expect("an answer").1, None);
    }
    let (from, request) = (net.ring()[1], net.new_request());
    net.command(from, DhtCommand::Delete { request, key: key::<O>(7) });
    net.run(Duration::from_secs(3));
    assert!(net.events.contains(&(from, Event::Deleted { request, existed: false })));
}

fn values_survive_the_crash_of_all_but_one_holder<O: System>() {
    let mut net = filled::<O>(3);
    let (all, _) = holders(&net, 0);
    for dead in &all[..2] {
        net.crash(*dead);
    }
    net.run(Duration::from_secs(30));
    assert_eq!(net.ring().len(), 10);
    assert_in_place(&net);
    assert_all_found(&mut net, "first");
}

fn who_joins_is_handed_its_keys<O: System>() {
    for k in [1, 3] {
        let mut net = filled::<O>(k);
        net.tracing = true;
        for name in ["new a", "new b", "new c"] {
            let newcomer = net.peers.intern(O::name(name));
            net.boot(newcomer);
            net.command(newcomer, Command::Join { contact: Peer(4) });
        }
        net.run(Duration::from_secs(30));
        assert_eq!(net.ring().len(), 15);
        assert_in_place(&net);
        assert_all_found(&mut net, "first");
        assert!(net.notes.iter().any(|(_, note)| matches!(note, Note::KeysHandedOver { .. })));
    }
}

fn who_leaves_hands_its_keys_over_first<O: System>() {
    for k in [1, 3] {
        let mut net = filled::<O>(k);
        for goes in [holders(&net, 3).1[0], holders(&net, 9).1[0]] {
            net.command(goes, Command::Leave);
            assert_eq!(net.nodes[&goes].store().len(), 0);
            net.run(Duration::from_secs(15));
        }
        assert_in_place(&net);
        assert_all_found(&mut net, "first");
    }
}

fn copies_arrive_although_messages_are_lost<O: System>() {
    let mut net = filled::<O>(3);
    net.loss = 100;
    for i in 0..40 {
        insert(&mut net, Peer(i % MEMBERS), i, "second");
        net.run(Duration::from_millis(200));
    }
    net.run(Duration::from_secs(20));
    net.loss = 0;
    net.run(Duration::from_secs(60));
    for i in 0..40 {
        let (all, answering) = holders(&net, i);
        assert_eq!(answering.len(), 1, "song {i}");
        assert!(all.len() >= 3, "song {i}: {all:?}");
    }
    for i in 0..40 {
        let found = search(&mut net, Peer(1), i).expect("an answer").1;
        assert!(found == Some(value(i, "first")) || found == Some(value(i, "second")));
    }
}

/// One test for each system and behaviour.
macro_rules! over {
    ($($module:ident: $system:ty;)*) => {
        $(mod $module {
            use super::*;
            over!($system:
                what_is_inserted_is_found_from_anywhere
                a_later_insert_replaces_the_value_and_its_copies
                what_is_deleted_stays_deleted_when_its_holders_crash
                values_survive_the_crash_of_all_but_one_holder
                who_joins_is_handed_its_keys
                who_leaves_hands_its_keys_over_first
                copies_arrive_although_messages_are_lost
            );
        })*
    };
    ($system:ty: $($name:ident)*) => {
        $(#[test]
        fn $name() {
            super::$name::<$system>();
        })*
    };
}

over! {
    chord_ring: ChordNode;
    pastry_ring: PastryNode;
}

#[test]
fn a_value_that_is_too_long_is_refused_at_once() {
    let mut net = Net::<ChordNode>::new(DhtConfig { overlay: ChordNode::config(), replicas: 3 }, [ChordId::ZERO], 1);
    net.join_all(Duration::ZERO);
    let request = net.new_request();
    let value = vec![0; MOST_VALUE_BYTES + 1].into();
    net.command(Peer(0), DhtCommand::Insert { request, key: ChordId::ZERO, value });
    assert!(net.events.contains(&(Peer(0), Event::Stored { request, copies: 0 })));
}

#[test]
fn payloads_of_the_application_pass_through() {
    let mut net = filled::<ChordNode>(1);
    let payload: Payload = Some(b"DHT is not the start of a request".as_slice().into());
    let request = net.route(Peer(0), key::<ChordNode>(5), payload.clone());
    net.run(Duration::from_secs(1));
    let arrived = net
        .events
        .iter()
        .any(|(_, event)| matches!(event, Event::Delivered(e) if e.request == request && e.payload == payload));
    assert!(arrived && net.answered(request).is_some());
}

#[test]
fn a_plain_lookup_keeps_one_vector_for_all_its_messages() {
    let mut net = filled::<ChordNode>(1);
    let before: Vec<usize> = net.nodes.values().map(|node| node.scratch.capacity()).collect();
    assert!(before.iter().all(|room| (1..=MOST_SCRATCH).contains(room)), "kept after the first message: {before:?}");
    for i in 0..40 {
        net.route(Peer(i % MEMBERS), key::<ChordNode>(i), None);
        net.run(Duration::from_millis(100));
    }
    assert_eq!(before, net.nodes.values().map(|node| node.scratch.capacity()).collect::<Vec<_>>());
}
