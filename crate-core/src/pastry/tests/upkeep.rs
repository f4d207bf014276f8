//! Heartbeats, probes of the table, time-outs that adapt, custody of messages.

use super::*;
use crate::pastry::Dependability;

fn config() -> Config {
    Config { leaf_set: LeafSetSize::EIGHT, ..Config::dependable() }
}

fn ids(count: u128) -> Vec<Guid> {
    (0..count).map(|i| Guid::of_bytes(&i.to_be_bytes())).collect()
}

fn minutes(network: &mut Network, count: u64) {
    network.run_until(network.now + Duration::from_secs(60 * count));
}

/// The left neighbour of a node.
fn left(network: &Network, peer: Peer) -> Peer {
    network.nodes[&peer].leaf_set().smaller().next().expect("a neighbour")
}

fn quiet(config: Config) -> Config {
    Config { dependability: Dependability { raw_loss_per_million: 0, ..config.dependability }, ..config }
}

#[test]
fn a_heartbeat_goes_to_the_left_neighbour_alone_once_in_a_period() {
    let mut network = Network::converged(quiet(config()), &ids(40));
    network.log_sent = true;
    minutes(&mut network, 10);
    let beats: Vec<_> = network.sent_log.iter().filter(|(.., name)| *name == "heartbeat").collect();
    assert!(beats.iter().all(|(from, to, _)| left(&network, *from) == *to));
    // Comparing leaf sets tells some left neighbours what a heartbeat would.
    assert!((40 * 15..=40 * 21).contains(&beats.len()), "{} heartbeats in 20 periods", beats.len());
    assert!(network.sent_log.iter().all(|(.., name)| *name != "probe"), "nobody is suspected");
}

#[test]
fn traffic_stands_for_heartbeats_and_probes() {
    let count = |with_traffic: bool| {
        let mut network = Network::converged(config(), &ids(12));
        network.log_sent = true;
        let peers: Vec<_> = network.nodes.keys().copied().collect();
        for request in 0..40 {
            for from in peers.iter().copied().filter(|_| with_traffic) {
                for to in network.nodes[&from].known_peers() {
                    network.route(from, network.peers.id(to), request * 1_000 + from.0);
                }
            }
            network.run_until(network.now + Duration::from_secs(15));
        }
        network.sent_log.iter().filter(|(.., name)| ["heartbeat", "probe"].contains(name)).count()
    };
    assert_eq!(count(true), 0);
    assert!(count(false) > 100);
}

#[test]
fn a_silent_neighbour_is_forgotten_by_all_that_know_it_soon_after_a_period() {
    let mut network = Network::converged(quiet(config()), &ids(40));
    minutes(&mut network, 2);
    let gone = Peer(7);
    network.nodes.remove(&gone);
    // T_ls + T_o and the probes, first of the left neighbour, then of those that are told.
    network.run_until(network.now + Duration::from_secs(40));
    network.check_leaf_sets();
}

#[test]
fn without_a_fault_table_entries_are_probed_no_more_often_than_the_tuned_period_asks() {
    let mut network = Network::converged(config(), &ids(200));
    network.log_sent = true;
    minutes(&mut network, 60);
    network.sent_log.clear();
    minutes(&mut network, 60);
    let probes = network.sent_log.iter().filter(|(.., name)| *name == "probe").count();
    let entries: usize = network.nodes.values().map(|node| node.routing_table().len()).sum();
    // After an hour without one failure, about 30 node-hours a node have shown none: the period is long.
    assert!(probes > 0 && probes < 2 * entries, "{probes} probes of {entries} entries in an hour");
}

#[test]
fn a_dead_table_entry_is_found_by_probes_alone() {
    let mut network = Network::converged(config(), &ids(100));
    minutes(&mut network, 5);
    let (gone, watcher) = {
        let far = |node: &PastryNode, peer: Peer| !node.leaf_set().contains(peer);
        let entry = network.nodes.values().find_map(|node| {
            node.routing_table().entries().map(|(.., peer)| peer).find(|p| far(node, *p)).map(|p| (p, node.me))
        });
        entry.expect("an entry outside the leaf set")
    };
    network.nodes.remove(&gone);
    // The longest period is an hour, and this ring has seen no fault before.
    minutes(&mut network, 90);
    assert!(network.nodes[&watcher].routing_table().entries().all(|(.., peer)| peer != gone));
}

#[test]
fn an_unanswered_hop_is_resent_after_about_the_round_trip_instead_of_the_full_time_out() {
    let config = Config { ack_timeout: Duration::from_secs(5), ..config() };
    let mut network = Network::converged(config, &ids(60));
    let from = Peer(0);
    // A key whose next hop is a table entry that is dead.
    let keys = (0_u128..4_000).map(|n| Guid::of_bytes(&(n + 9_000).to_be_bytes()));
    let via_table = keys.into_iter().find_map(|key| {
        let decision = network.nodes[&from].explain(network.host(), key);
        let Step::Forward(next) = decision.next else { return None };
        let by_table = matches!(decision.rule, Rule::RoutingTable { .. });
        (by_table && network.owner(key) != next).then_some((key, next))
    });
    let (key, dead) = via_table.expect("some key goes by the table");
    network.nodes.remove(&dead);
    let owner = network.owner(key);
    network.route(from, key, 1);
    // Round trips here take 10 to 50 ms.
    network.run_until(network.now + Duration::from_millis(400));
    assert_eq!(network.delivered(1), [owner]);
}

#[test]
fn a_message_survives_the_node_that_carries_it() {
    let mut network = Network::converged(quiet(config()), &ids(60));
    // The way of a message of two hops or more; its first carrier takes it, acknowledges it, and is gone before the next
    // hop, whose route messages are lost, has it.
    let keys = (0_u128..4_000).map(|n| Guid::of_bytes(&(n + 9_000).to_be_bytes()));
    let found = keys.into_iter().find_map(|key| {
        let path = network.path(Peer(0), key);
        (path.len() > 2).then(|| (key, path[1]))
    });
    let (key, carrier) = found.expect("a way of two hops");
    network.is_lost = |n, message| n > 1 && matches!(message, Message::Route(_));
    network.route(Peer(0), key, 1);
    let half = Duration(Plane.round_trip(Peer(0), carrier).0 / 2 + 1);
    network.run_until(network.now + half);
    network.nodes.remove(&carrier);
    network.is_lost = |_, _| false;
    let owner = network.owner(key);
    network.run_until(network.now + Duration::from_secs(20));
    assert_eq!(network.delivered(1), [owner]);
}

#[test]
fn a_message_delivered_is_nobodys_to_keep() {
    let mut network = Network::converged(quiet(config()), &ids(60));
    for request in 0..100_u32 {
        let key = Guid::of_bytes(&request.to_be_bytes());
        network.route(Peer(request % 60), key, request);
    }
    network.run_until(network.now + Duration::from_secs(1));
    let kept: usize = network.nodes.values().filter_map(|node| Some(node.upkeep.as_ref()?.unacked.len())).sum();
    assert_eq!(kept, 0);
}
