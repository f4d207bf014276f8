//! Nodes side by side: the slide's ring, the size of things, hostile messages. [`rings`] has whole rings that live,
//! [`agreement`] holds `next_hop` and `explain`
//! together, [`model`] takes tiny rings through every course there is.

mod agreement;
mod model;
mod rings;

use super::test_network::TestNetwork;
use super::*;
use crate::id::RingId;

type Ring = TestNetwork<ChordNode>;

fn slide_config(rule: RoutingRule) -> Config {
    let bits = IdBits::new(4).expect("4 bits");
    Config { bits, successor_list: 1, rule, maintenance: None, ..Config::default() }
}

pub(super) fn id(value: u128, config: &Config) -> ChordId {
    ChordId::from_u128(value, config.bits)
}

/// Nodes whose tables a converged ring would have, worked out from the sorted identifiers.
fn converged(config: Config, ids: &[ChordId]) -> Ring {
    let mut net = Ring::new(config, ids.iter().copied(), 1);
    let all: Vec<Peer> = (0..net.peers.len() as u32).map(Peer).collect();
    for me in &all {
        let (predecessor, successors, fingers) = true_tables(&net, &all, *me);
        let node = ChordNode::from_tables(*me, net.host(), predecessor, &successors, &fingers);
        net.place(node);
    }
    net
}

/// First of `live` at or clockwise behind `key`, by comparing them all.
fn owner(net: &Ring, live: &[Peer], key: ChordId) -> Peer {
    let bits = net.config.bits;
    *live.iter().min_by_key(|p| key.clockwise_to(net.peers.id(**p), bits)).expect("somebody lives")
}

fn true_tables(net: &Ring, live: &[Peer], me: Peer) -> (Option<Peer>, Vec<Peer>, Vec<Peer>) {
    let (bits, my) = (net.config.bits, net.peers.id(me));
    let mut others: Vec<Peer> = live.iter().copied().filter(|p| *p != me).collect();
    others.sort_by_key(|p| my.clockwise_to(net.peers.id(*p), bits));
    let predecessor = others.last().copied();
    let fingers = (0..bits.get()).map(|e| owner(net, live, my.plus_power(e, bits))).collect();
    others.truncate(usize::from(net.config.successor_list.max(1)));
    (predecessor, others, fingers)
}

fn assert_converged(net: &Ring) {
    let live = net.ring();
    for me in &live {
        let (predecessor, successors, fingers) = true_tables(net, &live, *me);
        let node = &net.nodes[me];
        assert_eq!(node.predecessor(), predecessor, "predecessor of {:?}", node.id());
        assert_eq!(node.successors(), successors, "successors of {:?}", node.id());
        let found: Vec<Peer> = node.fingers(net.config.bits).iter().map(|row| row.peer).collect();
        if live.len() > 1 {
            assert_eq!(found, fingers, "fingers of {:?}", node.id());
        }
    }
}

pub(super) fn slide_ring(rule: RoutingRule) -> Ring {
    let config = slide_config(rule);
    let ids = [0, 1, 3, 7, 9, 11, 14].map(|v| id(v, &config));
    converged(config, &ids)
}

fn name(net: &Ring, peer: Peer) -> u128 {
    net.peers.id(peer).low()
}

pub(super) fn named(net: &Ring, value: u128) -> Peer {
    net.peers.find(id(value, &net.config)).expect("on the ring")
}

/// Nodes that a message for `key` passes, by asking each for its step.
fn walk(net: &Ring, from: u128, key: u128) -> Vec<u128> {
    let mut at = named(net, from);
    let mut path = vec![from];
    while let Step::Forward(next) = net.nodes[&at].next_hop(net.host(), id(key, &net.config)) {
        at = next;
        path.push(name(net, at));
        assert!(path.len() <= 100, "walks in circles: {path:?}");
    }
    path
}

#[test]
fn finger_tables_of_nodes_0_and_9_are_the_slides() {
    let net = slide_ring(RoutingRule::Slide);
    let table = |node: u128| {
        let rows = net.nodes[&named(&net, node)].fingers(net.config.bits);
        rows.iter().map(|r| (r.start.low(), r.end.low(), name(&net, r.peer))).collect::<Vec<_>>()
    };
    assert_eq!(table(0), [(1, 1, 1), (2, 3, 3), (4, 7, 7), (8, 15, 9)]);
    assert_eq!(table(9), [(10, 10, 11), (11, 12, 11), (13, 0, 14), (1, 8, 1)]);
}

#[test]
fn search_13_from_0_goes_as_on_the_slide_by_its_rule() {
    assert_eq!(walk(&slide_ring(RoutingRule::Slide), 0, 13), [0, 9, 14]);
}

#[test]
fn search_13_from_0_passes_the_predecessor_11_by_the_published_rule() {
    for r in 1..=3 {
        let mut net = slide_ring(RoutingRule::Published);
        let ids: Vec<ChordId> = net.peers.in_ring_order().map(|(id, _)| id).collect();
        net = converged(Config { successor_list: r, ..net.config }, &ids);
        assert_eq!(walk(&net, 0, 13), [0, 9, 11, 14], "r = {r}");
    }
}

#[test]
fn the_naive_walk_visits_every_node_up_to_the_owner() {
    assert_eq!(walk(&slide_ring(RoutingRule::Naive), 0, 13), [0, 1, 3, 7, 9, 11, 14]);
}

#[test]
fn every_key_from_every_node_ends_at_its_owner_by_every_rule() {
    for rule in [RoutingRule::Slide, RoutingRule::Published, RoutingRule::Naive] {
        let net = slide_ring(rule);
        let live = net.ring();
        for key in 0..16 {
            for from in &live {
                let path = walk(&net, name(&net, *from), key);
                assert_eq!(path.last().copied(), Some(name(&net, owner(&net, &live, id(key, &net.config)))));
                assert!(rule == RoutingRule::Naive || path.len() <= 5, "{rule:?} {path:?}");
            }
        }
    }
}

#[test]
fn node_14_answers_node_0_directly_after_two_hops() {
    for lookup in [Lookup::Recursive, Lookup::Iterative] {
        let mut net = slide_ring(RoutingRule::Slide);
        net.config.lookup = lookup;
        net.tracing = true;
        let (from, to) = (named(&net, 0), named(&net, 14));
        let request = net.route(from, id(13, &net.config), None);
        net.run(Duration::from_secs(1));
        assert_eq!(net.delivered(request), [(to, 2)]);
        assert!(net.events.contains(&(from, Event::Answered { request, owner: to, hops: 2 })));
        assert_eq!(net.sent[&Purpose::Answer], 1);
        let step = |(at, note): &(Peer, Note)| match note {
            Note::Routed { hops, decision, .. } => Some((name(&net, *at), *hops, decision.rule)),
            _ => None,
        };
        let steps: Vec<_> = net.notes.iter().filter_map(step).collect();
        let expected = [(0, 0, Rule::FingerInterval), (9, 1, Rule::FingerInterval), (14, 2, Rule::OwnKey)];
        assert_eq!(steps, expected, "{lookup:?}");
    }
}

#[test]
fn a_recursive_message_goes_around_a_silent_node() {
    for (lookup, rule) in [
        (Lookup::Recursive, RoutingRule::Slide),
        (Lookup::Iterative, RoutingRule::Slide),
        (Lookup::Recursive, RoutingRule::Published),
        (Lookup::Iterative, RoutingRule::Published),
    ] {
        let mut net = slide_ring(rule);
        net.config.lookup = lookup;
        let ids: Vec<ChordId> = net.peers.in_ring_order().map(|(id, _)| id).collect();
        net = converged(Config { successor_list: 3, ..net.config }, &ids);
        for dead in [9, 14] {
            let dead = named(&net, dead);
            net.crash(dead);
        }
        // Node 13's keys are node 0's now that 14 is gone; node 7 has to be gone through instead of node 9.
        let request = net.route(named(&net, 1), id(13, &net.config), None);
        net.run(Duration::from_secs(10));
        let at: Vec<u128> = net.delivered(request).iter().map(|(p, _)| name(&net, *p)).collect();
        assert_eq!(at, [0], "{lookup:?} {rule:?}");
    }
}

#[test]
fn a_key_sent_too_far_by_an_old_finger_is_handed_back_to_its_owner() {
    let config = slide_config(RoutingRule::Slide);
    let ids = [0, 1, 3, 7, 9, 11, 14].map(|v| id(v, &config));
    let mut net = converged(config, &ids);
    // Node 0 has not heard of 9 and 11: for keys 8 to 15 it knows 14.
    let [zero, one, seven, fourteen] = [0, 1, 7, 14].map(|v| named(&net, v));
    let fingers = [one, named(&net, 3), seven, fourteen];
    let node = ChordNode::from_tables(zero, net.host(), Some(fourteen), &[one], &fingers);
    net.place(node);
    for lookup in [Lookup::Recursive, Lookup::Iterative] {
        net.config.lookup = lookup;
        let request = net.route(zero, id(8, &net.config), None);
        net.run(Duration::from_secs(2));
        // 0 → 14 → 11 → 9.
        assert_eq!(net.delivered(request), [(named(&net, 9), 3)], "{lookup:?}");
    }
}

#[test]
fn a_message_in_a_circle_ends_at_the_hop_limit() {
    let config = Config { hop_limit: 10, acks: false, ..slide_config(RoutingRule::Naive) };
    let ids = [0, 4, 8].map(|v| id(v, &config));
    let mut net = Ring::new(config, ids, 1);
    // Each knows only its successor, and none a predecessor; 8 says 4 is its successor, so 0 is never reached.
    for (me, successor) in [(0, 1), (1, 2), (2, 1)] {
        let node = ChordNode::from_tables(Peer(me), net.host(), None, &[Peer(successor)], &[]);
        net.place(node);
    }
    let request = net.route(Peer(0), id(2, &net.config), None);
    net.run(Duration::from_secs(5));
    assert_eq!(net.delivered(request).len(), 1, "key 2 lies before node 4");
    let request = net.route(Peer(1), id(15, &net.config), None);
    net.run(Duration::from_secs(5));
    let ends: Vec<_> = net
        .events
        .iter()
        .filter(
            |(_, e)| matches!(e, Event::Undeliverable { request: r, reason: RouteError::TooManyHops } if *r == request),
        )
        .collect();
    assert_eq!(ends.len() + net.delivered(request).len(), 1);
}

#[test]
fn a_node_of_a_hundred_thousand_takes_less_than_a_kilobyte() {
    let bits = IdBits::SHA1;
    let config = Config { maintenance: None, ..Config::default() };
    let ids = (0..100_000_u32).map(|i| ChordId::of_name(bits, &i.to_string()));
    let net = Ring::new(config, ids, 1);
    let ring: Vec<(ChordId, Peer)> = net.peers.in_ring_order().collect();
    let successor = |key: ChordId| ring[ring.partition_point(|(id, _)| *id < key) % ring.len()].1;
    for at in (0..ring.len()).step_by(997) {
        let (my, me) = ring[at];
        let next: Vec<Peer> = (1..=8).map(|d| ring[(at + d) % ring.len()].1).collect();
        let fingers: Vec<Peer> = (0..160).map(|e| successor(my.plus_power(e, bits))).collect();
        let node =
            ChordNode::from_tables(me, net.host(), Some(ring[(at + ring.len() - 1) % ring.len()].1), &next, &fingers);
        let found: Vec<Peer> = node.fingers(bits).iter().map(|row| row.peer).collect();
        assert_eq!(found, fingers);
        assert!(
            size_of::<ChordNode>() + node.heap_bytes() <= 640,
            "{} + {}",
            size_of::<ChordNode>(),
            node.heap_bytes()
        );
    }
}

#[test]
fn a_message_fits_a_cache_line_and_a_half() {
    assert!(size_of::<ChordMessage>() <= 96, "{}", size_of::<ChordMessage>());
}

#[test]
fn a_join_through_nobody_fails_and_says_so() {
    let config = rings::live_config(IdBits::SHA1, 4);
    let ids = ["a", "b"].map(|n| ChordId::of_name(IdBits::SHA1, n));
    let mut net = Ring::new(config, ids, 1);
    net.boot(Peer(1));
    net.command(Peer(1), Command::Join { contact: Peer(0) });
    net.run(Duration::from_secs(10));
    assert!(net.events.contains(&(Peer(1), Event::JoinFailed)));
    assert_eq!(net.nodes[&Peer(1)].next_deadline(), None);
}

#[test]
fn a_join_is_seen_by_both_neighbours_without_any_timer() {
    let config = Config { maintenance: None, ..slide_config(RoutingRule::Slide) };
    let ids = [0, 1, 3, 7, 11, 14].map(|v| id(v, &config));
    let mut net = converged(config, &ids);
    let newcomer = net.peers.intern(id(9, &net.config));
    net.boot(newcomer);
    net.command(newcomer, Command::Join { contact: named(&net, 0) });
    net.run(Duration::from_secs(1));
    let [seven, eleven] = [7, 11].map(|v| named(&net, v));
    assert_eq!(
        (net.nodes[&newcomer].predecessor(), net.nodes[&newcomer].successors()),
        (Some(seven), [eleven].as_slice())
    );
    assert_eq!(
        (net.nodes[&seven].successors(), net.nodes[&eleven].predecessor()),
        ([newcomer].as_slice(), Some(newcomer))
    );
    assert_eq!(net.nodes[&newcomer].fingers(net.config.bits)[3].peer, named(&net, 1), "the slide's table of node 9");
}

#[test]
fn a_hostile_answer_ends_in_no_panic_and_no_adoption() {
    let mut net = slide_ring(RoutingRule::Published);
    let zero = named(&net, 0);
    let bad = Peer(4_000);
    for message in [
        ChordMessage::Neighbours {
            token: 1,
            predecessor: bad,
            successors: vec![bad; 300],
            fingers: vec![bad],
            joining: true,
        },
        ChordMessage::Next { token: 1, peer: Peer::NONE, cause: Cause::Join },
        ChordMessage::Owner { token: 1, peer: bad, cause: Cause::Finger },
        ChordMessage::Leave { predecessor: bad, successors: vec![bad] },
        ChordMessage::FindNext {
            token: 1,
            key: ChordId::ZERO,
            covering: true,
            hops: u16::MAX,
            cause: Cause::Join,
            avoid: vec![bad; 1_000],
        },
    ] {
        net.tell(zero, Input::Message { from: Peer(1), message });
    }
    net.tell(zero, Input::Message { from: bad, message: ChordMessage::Notify });
    net.run(Duration::from_secs(1));
    assert!(!net.nodes[&zero].known_peers().contains(&bad));
}

#[test]
fn paths_are_as_long_as_the_papers() {
    // ToN Fig. 10 counts up to the key's predecessor: 5.85 on average for 4,096 nodes.
    let bits = IdBits::new(64).expect("64 bits");
    let config = Config { bits, successor_list: 1, maintenance: None, ..Config::default() };
    let net = Ring::new(config, (0..4_096).map(|i| ChordId::of_name(bits, &format!("node {i}"))), 1);
    let ring: Vec<(ChordId, Peer)> = net.peers.in_ring_order().collect();
    let successor = |key: ChordId| ring[ring.partition_point(|(id, _)| *id < key) % ring.len()].1;
    let nodes: Vec<ChordNode> = (0..4_096_u32)
        .map(|at| {
            let my = net.peers.id(Peer(at));
            let place = ring.partition_point(|(id, _)| *id < my);
            let fingers: Vec<Peer> = (0..64).map(|e| successor(my.plus_power(e, bits))).collect();
            let predecessor = ring[(place + ring.len() - 1) % ring.len()].1;
            ChordNode::from_tables(Peer(at), net.host(), Some(predecessor), &fingers[..1], &fingers)
        })
        .collect();
    let mut hops = 0_u32;
    for i in 0..40_000_usize {
        let key = ChordId::of_name(bits, &format!("key {i}"));
        let mut at = Peer((i % 4_096) as u32);
        let mut steps = 0;
        while let Step::Forward(next) = nodes[at.index()].next_hop(net.host(), key) {
            at = next;
            steps += 1;
        }
        assert_eq!(at, successor(key));
        hops += u32::saturating_sub(steps, 1);
    }
    let mean = f64::from(hops) / 40_000.0;
    assert!((mean - 5.85).abs() < 0.05, "{mean}");
}
