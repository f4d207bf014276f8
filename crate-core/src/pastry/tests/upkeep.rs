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
    assert!((40 * 19..=40 * 21).contains(&beats.len()), "{} heartbeats in 20 periods", beats.len());
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
        ["heartbeat", "probe"].map(|wanted| network.sent_log.iter().filter(|(.., name)| *name == wanted).count())
    };
    // Twenty periods of twelve nodes; a digest goes out in every other one whatever else was said.
    let ([beats, probes], [quiet_beats, quiet_probes]) = (count(true), count(false));
    assert!(probes == 0 && beats <= 12 * 10, "{probes} probes, {beats} heartbeats");
    assert!(quiet_probes > 0 || quiet_beats > 12 * 18, "{quiet_probes} probes, {quiet_beats} heartbeats");
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

#[test]
fn whoever_waits_for_a_verdict_gets_it_in_few_time_outs() {
    let config = Config { ack_timeout: Duration::from_secs(5), ..quiet(config()) };
    let mut network = Network::converged(config, &ids(60));
    // The key next to a dead root, sent from the node that is responsible in its place.
    let root = Peer(7);
    let key = network.peers.id(root);
    network.nodes.remove(&root);
    let heir = network.owner(key);
    let round_trip = Plane.round_trip(heir, root);
    network.route(heir, key, 1);
    network.run_until(network.now + Duration(4 * round_trip.0));
    assert_eq!(network.delivered(1), [heir]);
}

#[test]
fn no_verdict_falls_on_a_peer_that_answers_one_question_of_four() {
    let config = Config { ack_timeout: Duration::from_secs(5), ..quiet(config()) };
    let mut network = Network::converged(config, &ids(60));
    let root = Peer(7);
    let key = network.peers.id(root);
    let others: Vec<Guid> = network.nodes.keys().filter(|p| **p != root).map(|p| network.peers.id(*p)).collect();
    let heir = others.into_iter().min_by_key(|id| key.closeness(*id)).expect("sixty nodes");
    let heir = network.peers.find(heir).expect("a node");
    // Lost are the message, its copy, and all probes but the fourth.
    network.is_lost = |n, message| matches!(message, Message::Route { .. } | Message::Probe) && n < 6;
    network.route(heir, key, 1);
    network.run_until(network.now + Duration::from_secs(20));
    assert_eq!(network.delivered(1), [root]);
}

#[test]
fn neighbours_that_agree_tell_each_other_no_leaf_sets() {
    let mut network = Network::converged(quiet(config()), &ids(40));
    network.log_sent = true;
    minutes(&mut network, 10);
    assert!(network.sent_log.iter().all(|(.., name)| *name == "heartbeat"), "{:?}", network.sent_log);
}

#[test]
fn a_leaf_set_that_missed_an_announcement_learns_of_it_by_the_next_heartbeats() {
    for place in 0..8 {
        let mut network = Network::converged(quiet(config()), &ids(40));
        minutes(&mut network, 1);
        let victim = network.nodes.get_mut(&Peer(9)).expect("a node");
        let missed = victim.leaves.clockwise().nth(place).expect("eight members");
        // Full, so that nothing seems to be missing: the next one beyond stands in its place.
        let others = (0..40).map(Peer).filter(|peer| *peer != missed);
        victim.leaves = LeafSet::from_members(8, victim.id, others, &network.peers);
        victim.range = victim.leaves.range(victim.id, &network.peers);
        minutes(&mut network, 2);
        network.check_leaf_sets();
    }
}

#[test]
fn who_owes_its_heartbeats_to_a_dead_node_is_told_so() {
    let mut network = Network::converged(quiet(config()), &ids(40));
    minutes(&mut network, 2);
    let gone = Peer(7);
    network.nodes.remove(&gone);
    // Nobody hears of the fault from another.
    network.is_lost = |_, message| matches!(message, Message::Fault { .. });
    minutes(&mut network, 5);
    network.check_leaf_sets();
}

#[test]
fn a_heartbeat_promises_no_shorter_silence_than_this_node_would_tune_to() {
    let mut network = Network::converged(quiet(config()), &ids(40));
    let right = network.nodes[&Peer(9)].leaf_set().larger().next().expect("a neighbour");
    network.log_sent = true;
    let message = Message::Heartbeat { digest: 0, period: Duration::ZERO };
    network.tell(Peer(9), Input::Message { from: right, message });
    network.run_until(network.now + Duration::from_secs(4));
    let probed = |(from, to, name): &(Peer, Peer, &str)| (*from, *to, *name) == (Peer(9), right, "probe");
    assert!(!network.sent_log.iter().any(probed));
}

#[test]
fn rows_of_others_bring_nearer_entries() {
    let mut network = Network::converged(config(), &ids(200));
    // In every cell the farthest that fits.
    for peer in network.nodes.keys().copied().collect::<Vec<_>>() {
        let ring: Vec<(Guid, Peer)> = network.peers.in_ring_order().collect();
        let node = network.nodes.get_mut(&peer).expect("a node");
        let digits = network.config.digits;
        for (id, other) in ring.into_iter().filter(|(_, other)| *other != peer) {
            let row = node.id.shared_prefix(id, digits);
            let there = node.table.cell(row, id.digit(row, digits)).expect("a converged table");
            if Plane.round_trip(peer, other) > Plane.round_trip(peer, there) {
                node.table.set(row, id.digit(row, digits), other);
            }
        }
    }
    let distance = |network: &Network| -> u64 {
        let of = |node: &PastryNode| node.table.entries().map(|(.., to)| Plane.round_trip(node.me, to).0).sum::<u64>();
        network.nodes.values().map(of).sum()
    };
    let far = distance(&network);
    let rows = [0, 1];
    for peer in network.nodes.keys().copied().collect::<Vec<_>>() {
        for row in rows {
            let row_of = |network: &Network, from: Peer| network.nodes[&from].table.row(row).to_vec();
            for from in row_of(&network, peer).into_iter().filter(|from| from.is_some()) {
                let message = Message::Row { peers: row_of(&network, from).into(), row: row as u8 };
                network.tell(peer, Input::Message { from, message });
            }
        }
    }
    network.run_until(network.now + Duration::from_secs(1));
    assert!(distance(&network) * 4 < far * 3, "{} of {far}", distance(&network));
    assert!(network.nodes.values().all(|node| node.table.is_sound(node.id, &network.peers, network.config.digits)));
}

#[test]
fn a_newcomer_asks_for_rows_and_finds_out_who_of_its_table_is_dead() {
    let mut network = Network::converged(config(), &ids(200));
    let newcomer = network.add(Guid::of_bytes(b"newcomer"));
    // A third of all is gone, and nobody has noticed.
    for gone in (0..200).step_by(3).map(Peer) {
        network.nodes.remove(&gone);
    }
    network.log_sent = true;
    network.command(newcomer, Command::Join { contact: Peer(1) });
    network.run_until(network.now + Duration::from_secs(40));
    let asked = network.sent_log.iter().filter(|(from, _, name)| (*from, *name) == (newcomer, "row?")).count();
    assert!(asked >= 2, "{asked} rows");
    let node = &network.nodes[&newcomer];
    let dead = node.table.entries().filter(|(.., peer)| !network.nodes.contains_key(peer)).count();
    assert!(node.is_active() && dead == 0, "{dead} of {} are dead", node.table.len());
}
