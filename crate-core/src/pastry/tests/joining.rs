//! Coming in: one by one, side by side, over lossy links, and not at all.

use super::*;
use crate::protocol::Message as _;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn joining_one_by_one_leads_to_the_rings_true_leaf_sets(ids in some_ids(1..40), config in some_config(), keys: [u128; 4]) {
        let network = Network::joined(config, &ids);
        network.check_leaf_sets();
        network.check_routes(&keys.map(Guid));
        network.check_routes(&ids);
    }

    #[test]
    fn newcomers_at_the_same_moment_all_find_their_places(
        ids in some_ids(2..40),
        members in 1_usize..6,
        config in some_config(),
        spread in 0_u64..200_000,
    ) {
        // With one leaf a side there is no third node that could put two newcomers right; with two, there may be none
        // left when thirty come within one round trip.
        prop_assume!(config.leaf_set.half() > 2);
        let mut network = crowded(config, &ids, members, spread);
        network.run();
        network.check_leaf_sets();
        network.check_routes(&ids);
    }

    #[test]
    fn with_two_leaves_a_side_heartbeats_put_right_what_newcomers_at_the_same_moment_missed(
        ids in some_ids(2..40),
        members in 1_usize..6,
        spread in 0_u64..200_000,
    ) {
        let leaf_set = LeafSetSize::new(4).expect("even and small");
        let mut network = crowded(Config { leaf_set, ..Config::live() }, &ids, members, spread);
        network.run_until(network.now + Duration::from_secs(120));
        network.check_leaf_sets();
    }

    #[test]
    fn a_ring_joined_over_lossy_links_is_right_once_heartbeats_have_gone_round(ids in some_ids(2..24), often: bool) {
        let mut network = Network::new(Config { leaf_set: LeafSetSize::EIGHT, ..Config::live() });
        network.is_lost = if often { |n, _| picks(n, 2) } else { |n, _| picks(n, 1) };
        let all: Vec<_> = ids.iter().map(|id| network.add(*id)).collect();
        network.command(all[0], Command::Start);
        for peer in &all[1..] {
            // Three lost attempts are possible; then the application asks again.
            while !network.nodes[peer].is_active() {
                network.command(*peer, Command::Join { contact: all[0] });
                network.run_until(network.now + Duration::from_secs(30));
            }
        }
        network.is_lost = |_, _| false;
        network.run_until(network.now + Duration::from_secs(180));
        network.check_leaf_sets();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn two_rings_become_one_when_a_member_of_each_asks_one_of_the_other_to_join(
        ids in some_ids(2..90),
        share in 1_usize..90,
        small: bool,
    ) {
        let leaf_set = if small { LeafSetSize::EIGHT } else { LeafSetSize::SIXTEEN };
        let mut network = Network::new(Config { leaf_set, ..Config::live() });
        let all: Vec<_> = ids.iter().map(|id| network.add(*id)).collect();
        let (some, others) = all.split_at(share.min(all.len() - 1));
        for ring in [some, others] {
            network.command(ring[0], Command::Start);
            for peer in &ring[1..] {
                network.command(*peer, Command::Join { contact: ring[0] });
                network.run_until(network.now + Duration::from_secs(2));
            }
        }
        let [one, other] = [some[some.len() - 1], others[others.len() - 1]];
        network.command(one, Command::Join { contact: other });
        network.command(other, Command::Join { contact: one });
        network.run_until(network.now + Duration::from_secs(600));
        network.check_leaf_sets();
        network.check_routes(&ids);
    }
}

/// A ring of a few members which all others join within `spread` microseconds.
fn crowded(config: Config, ids: &[Guid], members: usize, spread: u64) -> Network {
    let (first, rest) = ids.split_at(members.min(ids.len() - 1));
    let mut network = Network::joined(config, first);
    for (id, i) in rest.iter().zip(0_u32..) {
        let peer = network.add(*id);
        let contact = Peer(i % first.len() as u32);
        network.run_until(network.now + Duration(spread / rest.len() as u64));
        network.command(peer, Command::Join { contact });
    }
    network
}

#[test]
fn a_message_for_a_former_life_is_neither_acknowledged_nor_delivered() {
    let ids = ["10", "50", "90"].map(|digits| digits.parse::<Guid>().expect("digits"));
    let mut network = Network::joined(Config::live(), &ids[..2]);
    let newcomer = network.add(ids[2]);
    network.log_sent = true;
    network.command(newcomer, Command::Join { contact: Peer(0) });
    let late = Envelope { ack: 7, hops: 1, ..Envelope::lookup(Request(1), Peer(1), ids[2]) };
    network.tell(newcomer, Input::Message { from: Peer(1), message: Message::Route(late) });
    network.run_until(network.now + Duration::from_secs(60));
    assert!(network.nodes[&newcomer].is_active());
    assert!(network.events.iter().all(|(_, event)| !matches!(event, Event::Delivered(_))));
    assert!(!network.sent_log.contains(&(newcomer, Peer(1), "ack")));
}

#[test]
fn a_newcomer_whose_contact_is_silent_gives_up_after_three_attempts() {
    let mut network = Network::new(Config::default());
    let (newcomer, contact) = (network.add(guid("A")), network.peers.intern(guid("B")));
    network.command(newcomer, Command::Join { contact });
    network.run();
    assert_eq!(network.events, [(newcomer, Event::JoinFailed)]);
    assert_eq!(network.now, Time::ZERO + Duration::from_secs(15));
    assert!(!network.nodes[&newcomer].is_active() && network.nodes[&newcomer].upkeep.is_none());
}

#[test]
fn a_newcomer_copies_the_rows_of_its_path_and_says_so() {
    let mut network = slide_ring(Config::slide());
    let (contact, newcomer) = (network.peers.find(guid("65A1FC")).expect("a node"), network.add(guid("D46A2D")));
    network.command(newcomer, Command::Join { contact });
    network.run();
    let rows = network.notes.iter().filter_map(|(_, note)| match note {
        Note::RowsReceived { from, first, .. } => Some((format!("{:.6}", network.peers.id(*from)), *first)),
        _ => None,
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|(_, first)| *first);
    let path = ["65A1FC", "D13DA3", "D4213F", "D462BA", "D46A1C"];
    assert_eq!(rows.iter().map(|(from, _)| from.as_str()).collect::<Vec<_>>(), path);
    assert_eq!(rows.iter().map(|(_, first)| *first).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    network.check_leaf_sets();
    let table = network.nodes[&newcomer].routing_table();
    assert!(table.cell(0, 6).is_some() && table.cell(1, 1).is_some() && table.cell(2, 5).is_some());
}

#[test]
fn a_newcomer_delivers_nothing_before_its_leaf_set_has_answered() {
    let ids: Vec<_> = (1..12).map(|i| Guid(i << 124)).collect();
    let mut network = Network::joined(Config::default(), &ids);
    let newcomer = network.add(Guid(0x55 << 120));
    network.command(newcomer, Command::Join { contact: Peer(0) });
    // Run until some member counts the newcomer in, which is not a member yet.
    let knows = |network: &Network| network.nodes.values().any(|node| node.leaf_set().contains(newcomer));
    while !knows(&network) {
        network.run_until(network.now + Duration::from_millis(1));
    }
    assert!(!network.nodes[&newcomer].is_active());
    let who = network.nodes.iter().find(|(_, node)| node.leaf_set().contains(newcomer)).map(|(peer, _)| *peer);
    network.route(who.expect("somebody knows the newcomer"), Guid(0x55 << 120), 7);
    network.run();
    assert_eq!(network.delivered(7), [newcomer]);
    let at = |wanted: fn(&Event<Guid>) -> bool| network.events.iter().rposition(|(p, e)| *p == newcomer && wanted(e));
    let (joined, delivered) = (at(|e| *e == Event::Joined), at(|e| matches!(e, Event::Delivered(_))));
    assert!(joined.is_some() && joined < delivered);
}

#[test]
fn a_quiet_node_keeps_nothing_for_upkeep() {
    let ids: Vec<_> = (1..30_u128).map(|i| Guid((i * 0x0765_4321) << 96)).collect();
    let network = Network::joined(Config::default(), &ids);
    assert!(network.nodes.values().all(|node| node.upkeep.is_none() && node.next_deadline().is_none()));
}

#[test]
fn a_join_costs_as_many_messages_as_it_has_acquaintances_and_a_path() {
    let ids: Vec<_> = (1..200_u128).map(|i| Guid::of_bytes(&i.to_be_bytes())).collect();
    let mut network = Network::joined(Config::default(), &ids);
    let (newcomer, before) = (network.add(Guid::of_bytes(b"newcomer")), network.sent);
    network.command(newcomer, Command::Join { contact: Peer(0) });
    network.run();
    let known = network.nodes[&newcomer].known_peers().len() as u64;
    let spent = network.sent - before;
    assert!(spent <= known + 16 + 2 * 6, "{spent} messages for {known} acquaintances");
}

#[test]
fn the_names_of_messages_are_the_fields_terms() {
    assert_eq!(Message::Heartbeat { digest: 0, period: Duration::ZERO }.name(), "heartbeat");
    assert_eq!(Message::LeafSetRequest.purpose(), protocol::Purpose::Repair);
}
