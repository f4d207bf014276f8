//! The routing step: the slide's figures, both rules, and the agreement of the fast path with the explained one.

use super::*;
use crate::protocol::{Place, Verdict};

fn names(network: &Network, path: &[Peer]) -> Vec<String> {
    path.iter().map(|peer| format!("{:.6}", network.peers.id(*peer))).collect()
}

fn find(network: &Network, text: &str) -> Peer {
    network.peers.find(guid(text)).expect("a node of the test")
}

#[test]
fn the_slides_route_goes_by_four_hops_under_either_rule() {
    for rule in [RoutingRule::Published, RoutingRule::Slide] {
        let network = slide_ring(Config { rule, ..Config::slide() });
        let path = network.path(find(&network, "65A1FC"), guid("D46A1C"));
        assert_eq!(names(&network, &path), ["65A1FC", "D13DA3", "D4213F", "D462BA", "D46A1C"]);
    }
}

#[test]
fn leaf_sets_alone_arrive_but_go_round_by_steps_of_l() {
    let ids: Vec<_> = (0..64_u128).map(|i| Guid(i << 122)).collect();
    let network = Network::converged(Config::circular(), &ids);
    let path = network.path(Peer(0), Guid(30 << 122));
    // Leaf sets reach 4 places: 7 hops to place 28, which has 30 within range.
    assert_eq!(path.iter().map(|peer| peer.0).collect::<Vec<_>>(), [0, 4, 8, 12, 16, 20, 24, 28, 30]);
    network.check_routes(&ids);
}

#[test]
fn the_rules_differ_at_the_end_of_the_leaf_set() {
    let rule_of = |rule| {
        let network = slide_ring(Config { rule, ..Config::slide() });
        let decision = network.nodes[&find(&network, "D4213F")].explain(network.host(), guid("D4553B"));
        (decision.rule, decision.next == Step::Forward(find(&network, "D4553B")))
    };
    assert_eq!(rule_of(RoutingRule::Published), (Rule::LeafSet, true));
    // R[2, 5] holds D4500C, the first of its kind.
    assert_eq!(rule_of(RoutingRule::Slide), (Rule::RoutingTable { row: 2, column: 5 }, false));
    let network = slide_ring(Config::slide());
    let path = network.path(find(&network, "D4213F"), guid("D4553B"));
    assert_eq!(names(&network, &path), ["D4213F", "D4500C", "D4553B"]);
}

#[test]
fn the_neighbourhood_is_searched_by_the_paper_and_not_by_the_slide() {
    let next = |rule| {
        let mut network =
            Network::new(Config { rule, leaf_set: LeafSetSize::new(2).expect("even"), ..Config::slide() });
        let ids = ["100000", "110000", "0F0000", "700000"].map(|text| network.peers.intern(guid(text)));
        let node = PastryNode::from_tables(ids[0], network.host(), [ids[1], ids[2]], [], [ids[3]]);
        (node.next_hop(network.host(), guid("7")), ids)
    };
    let (published, ids) = next(RoutingRule::Published);
    assert_eq!(published, Step::Forward(ids[3]));
    assert_eq!(next(RoutingRule::Slide).0, Step::Forward(ids[1]));
}

#[test]
fn of_two_nodes_equally_far_the_smaller_identifier_is_closest_everywhere() {
    let network = Network::joined(Config::default(), &[guid("10"), guid("30")]);
    network.check_routes(&[guid("20"), guid("A0")]);
    assert_eq!(network.path(Peer(1), guid("20")), [Peer(1), Peer(0)]);
}

#[test]
fn a_lone_node_delivers_everything() {
    let mut network = Network::joined(Config::default(), &[guid("10")]);
    network.route(Peer(0), guid("F0"), 1);
    assert_eq!(network.delivered(1), [Peer(0)]);
    assert_eq!(
        network.events.last(),
        Some(&(Peer(0), Event::Answered { request: Request(1), owner: Peer(0), hops: 0 }))
    );
}

#[test]
fn a_routed_message_is_noted_at_every_node_delivered_once_and_answered() {
    let mut network = slide_ring(Config::slide());
    let (from, to) = (find(&network, "65A1FC"), find(&network, "D46A1C"));
    network.route(from, guid("D46A1C"), 3);
    network.run();
    let noted = network.notes.iter().filter_map(|(peer, note)| match note {
        Note::Routed { hops, decision, .. } => Some((*peer, *hops, decision.next == Step::Deliver)),
        _ => None,
    });
    let path = ["65A1FC", "D13DA3", "D4213F", "D462BA", "D46A1C"].map(|text| find(&network, text));
    let expected: Vec<_> = path.into_iter().zip(0..).map(|(peer, hops)| (peer, hops, hops == 4)).collect();
    assert_eq!(noted.collect::<Vec<_>>(), expected);
    assert_eq!(network.delivered(3), [to]);
    assert!(network.events.contains(&(from, Event::Answered { request: Request(3), owner: to, hops: 4 })));
}

#[test]
fn a_message_beyond_the_hop_limit_is_given_up_where_it_is() {
    let mut network = slide_ring(Config { hop_limit: 2, ..Config::slide() });
    network.route(find(&network, "65A1FC"), guid("D46A1C"), 3);
    network.run();
    let reason = protocol::RouteError::TooManyHops;
    let at = find(&network, "D4213F");
    assert_eq!(network.events, [(at, Event::Undeliverable { request: Request(3), reason })]);
}

#[test]
fn a_node_outside_the_ring_says_that_it_cannot_route() {
    let mut network = Network::new(Config::default());
    let peer = network.add(guid("A"));
    network.route(peer, guid("B"), 1);
    let reason = protocol::RouteError::NotAMember;
    assert_eq!(network.events, [(peer, Event::Undeliverable { request: Request(1), reason })]);
}

#[test]
fn replicas_belong_to_the_leaves_nearest_to_the_key() {
    let network = slide_ring(Config::slide());
    let node = &network.nodes[&find(&network, "D46A1C")];
    let holders = node.replica_holders(network.host(), guid("D46A1C"), 3);
    assert_eq!(names(&network, &holders), ["D467C4", "D462BA", "D471F1"]);
}

#[test]
fn a_node_is_two_cache_lines_and_a_message_one() {
    assert_eq!((size_of::<PastryNode>(), align_of::<PastryNode>()), (128, 64));
    assert!(size_of::<Message>() <= 64, "{}", size_of::<Message>());
}

#[test]
fn tables_of_a_hundred_thousand_nodes_would_fit_a_kilobyte_each() {
    // b = 4, |L| = 16, |M| = 32 and six rows, one more than the mean at that size.
    let mut network = Network::new(Config::default());
    let ids: Vec<_> = (0..40_u128).map(|i| network.peers.intern(Guid(i << 100))).collect();
    let node = PastryNode::from_tables(ids[0], network.host(), ids[1..].to_vec(), [(5, 1, ids[1])], ids[1..].to_vec());
    assert_eq!(node.heap_bytes(), 16 * 12 + 6 * 64 + 4 + 32 * 4);
    assert!(size_of::<PastryNode>() + node.heap_bytes() <= 1_000);
}

proptest! {
    #[test]
    fn the_fast_step_and_the_explained_step_agree_on_any_tables(
        ids in some_ids(2..60),
        config in some_config(),
        alone: bool,
        leaves in proptest::collection::vec(any::<prop::sample::Index>(), 0..30),
        lost in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        cells in proptest::collection::vec(any::<prop::sample::Index>(), 0..30),
        near in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
        tried in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        keys in proptest::collection::vec(any::<u128>(), 8),
    ) {
        let mut network = Network::new(Config { leaf_set_only: alone, ..config });
        let all: Vec<_> = ids.iter().map(|id| network.peers.intern(*id)).collect();
        let (host, me) = (network.host(), all[0]);
        let others = |which: &[prop::sample::Index]| which.iter().map(|i| all[1 + i.index(all.len() - 1)]).collect::<Vec<_>>();
        let digits = host.config.digits;
        let cells = others(&cells).into_iter().map(|peer| {
            let row = host.id(me).shared_prefix(host.id(peer), digits);
            (row as u8, host.id(peer).digit(row, digits) as u8, peer)
        });
        let mut node = PastryNode::from_tables(me, host, others(&leaves), cells, others(&near));
        for peer in others(&lost) {
            node.leaves.remove(peer);
        }
        node.range = node.leaves.range(node.id, host.peers);
        let tried = others(&tried);
        for key in keys.into_iter().map(Guid).chain(ids.iter().copied()) {
            let decision = node.explain(host, key);
            prop_assert_eq!(decision.next, node.next_hop(host, key));
            let chosen: Vec<_> = decision.candidates.iter().filter(|c| c.verdict == Verdict::Chosen).collect();
            prop_assert_eq!(chosen.len(), 1);
            prop_assert_eq!(chosen[0].place == Place::Myself, decision.next == Step::Deliver);
            prop_assert_eq!(decision.shared as usize, host.id(me).shared_prefix(key, digits));
            prop_assert_eq!(decision.shared_next as usize, host.id(chosen[0].peer).shared_prefix(key, digits));
            let without = node.explain_without(host, key, &tried);
            prop_assert_eq!(without.next, node.route(host, key, &tried));
            prop_assert!(without.chosen().is_none_or(|c| !tried.contains(&c.peer)));
        }
    }

    #[test]
    fn in_a_converged_ring_every_key_reaches_the_numerically_closest_node(
        ids in some_ids(1..60),
        config in some_config(),
        alone: bool,
        keys: [u128; 8],
    ) {
        let network = Network::converged(Config { leaf_set_only: alone, ..config }, &ids);
        network.check_leaf_sets();
        network.check_routes(&keys.map(Guid));
        network.check_routes(&ids);
    }
}
