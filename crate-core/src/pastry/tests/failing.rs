//! Going, falling silent, coming back, and messages that no sound node sends.

use super::*;

/// Which of a ring's nodes to take away: never half a leaf set or more in a row, which the paper excludes.
fn without_long_runs(network: &Network, gone: &[bool]) -> Vec<Peer> {
    let half = network.config.leaf_set.half();
    let ring: Vec<_> = network.peers.in_ring_order().map(|(_, peer)| peer).collect();
    let mut taken: Vec<Peer> = Vec::new();
    let mut run = 0;
    // The first stays, so that no run goes round the end.
    for (peer, gone) in ring.iter().zip(gone).skip(1) {
        run = if *gone && run + 1 < half { run + 1 } else { 0 };
        if run > 0 {
            taken.push(*peer);
        }
    }
    taken
}

fn nobody_knows(network: &Network, gone: &[Peer]) {
    for node in network.nodes.values() {
        assert!(node.leaf_set().clockwise().all(|peer| !gone.contains(&peer)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn goodbyes_leave_exact_leaf_sets(ids in some_ids(2..40), config in some_config(), gone in proptest::collection::vec(any::<bool>(), 40)) {
        let mut network = Network::joined(Config { acks: true, ..config }, &ids);
        for (peer, _) in (0..).map(Peer).zip(gone).take(ids.len()).filter(|(_, gone)| *gone) {
            if network.nodes.len() == 1 {
                break;
            }
            network.command(peer, Command::Leave);
            network.run();
            prop_assert!(!network.nodes[&peer].is_active() && network.nodes[&peer].known_peers().is_empty());
            network.nodes.remove(&peer);
            nobody_knows(&network, &[peer]);
            network.check_leaf_sets();
        }
        network.check_deliveries(&ids);
    }

    #[test]
    fn silent_failures_are_noticed_and_leaf_sets_mended(
        ids in some_ids(4..40),
        half in 2_u8..6,
        gone in proptest::collection::vec(prop::bool::weighted(0.3), 40),
        keys: [u128; 4],
    ) {
        let leaf_set = LeafSetSize::new(2 * half).expect("even and small");
        let mut network = Network::joined(Config { leaf_set, ..Config::live() }, &ids);
        let taken = without_long_runs(&network, &gone);
        for peer in &taken {
            network.nodes.remove(peer);
        }
        network.run_until(network.now + Duration::from_secs(120));
        network.check_leaf_sets();
        network.check_deliveries(&keys.map(Guid));
        network.check_deliveries(&ids);
    }

    #[test]
    fn with_acknowledgements_every_message_finds_its_way_past_silent_nodes(
        ids in some_ids(4..40),
        gone in proptest::collection::vec(prop::bool::weighted(0.2), 40),
        keys in proptest::collection::vec(any::<u128>(), 6),
    ) {
        let config = Config { acks: true, leaf_set: LeafSetSize::EIGHT, ..Config::default() };
        let mut network = Network::joined(config, &ids);
        for peer in without_long_runs(&network, &gone) {
            network.nodes.remove(&peer);
        }
        network.check_deliveries(&keys.into_iter().map(Guid).chain(ids).collect::<Vec<_>>());
    }

    #[test]
    fn messages_travel_twice_but_arrive_once_if_acknowledgements_are_lost(ids in some_ids(2..40), keys: [u128; 4]) {
        let mut network = Network::joined(Config { acks: true, leaf_set: LeafSetSize::EIGHT, ..Config::default() }, &ids);
        network.is_lost = |n, message| matches!(message, Message::Ack { .. }) && picks(n, 5);
        network.check_deliveries(&keys.map(Guid));
        network.check_deliveries(&ids);
    }

    #[test]
    fn lost_hops_are_made_good(ids in some_ids(2..40), keys: [u128; 4]) {
        let mut network = Network::joined(Config { acks: true, leaf_set: LeafSetSize::EIGHT, ..Config::default() }, &ids);
        network.is_lost = |n, message| matches!(message, Message::Route(_)) && picks(n, 3);
        network.check_deliveries(&keys.map(Guid));
        network.check_deliveries(&ids);
    }

    #[test]
    fn messages_that_no_sound_node_sends_do_no_harm(
        ids in some_ids(2..20),
        messages in proptest::collection::vec((0_u32..24, some_message()), 1..60),
        join_under_way: bool,
    ) {
        let mut network = Network::joined(Config { leaf_set: LeafSetSize::EIGHT, ..Config::live() }, &ids);
        let victim = if join_under_way {
            let peer = network.add(Guid(0x1234));
            network.command(peer, Command::Join { contact: Peer(0) });
            peer
        } else {
            Peer(0)
        };
        for (from, message) in messages {
            // A transport hands over senders that it knows, and never the node itself.
            let from = Peer(from % network.peers.len() as u32);
            if from != victim {
                network.tell(victim, Input::Message { from, message });
            }
        }
        network.run_until(network.now + Duration::from_secs(30));
        let node = &network.nodes[&victim];
        prop_assert!(node.heap_bytes() < 64_000);
        prop_assert!(node.table.is_sound(node.id, &network.peers, network.config.digits));
        prop_assert!(!node.known_peers().contains(&victim));
        prop_assert!(node.known_peers().iter().all(|peer| peer.index() < network.peers.len()));
    }
}

/// Any message, with indexes that may stand for nobody.
fn some_message() -> impl Strategy<Value = Message> {
    let peer = || prop_oneof![4 => (0_u32..24).prop_map(Peer), 1 => any::<u32>().prop_map(Peer), 1 => Just(Peer::NONE)];
    let peers = move || proptest::collection::vec(peer(), 0..80);
    let leaves =
        move || (any::<bool>(), any::<u8>(), peers()).prop_map(|(whole, larger, p)| Leaves::new(whole, larger, p));
    let join = (peer(), any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(newcomer, attempt, hops, next_row)| Join {
        newcomer,
        attempt,
        hops,
        next_row,
    });
    let state = (0_u8..2, any::<u8>(), any::<u8>(), peers(), peers(), proptest::option::of(leaves()));
    let state = state.prop_map(|(attempt, hop, first_row, rows, near, leaves)| JoinState {
        attempt,
        hop,
        first_row,
        rows: rows.into(),
        neighbourhood: near.into(),
        leaves,
    });
    let route = (any::<u32>(), any::<u128>(), any::<u16>()).prop_map(|(ack, key, hops)| {
        Message::Route(Envelope { answer: true, ack, hops, ..Envelope::lookup(Request(1), Peer(1), Guid(key)) })
    });
    prop_oneof![
        route,
        (any::<u32>(), join).prop_map(|(ack, join)| Message::Join { ack, join }),
        any::<u32>().prop_map(|ack| Message::Ack { ack }),
        state.prop_map(|state| Message::JoinState(Box::new(state))),
        (leaves(), any::<bool>()).prop_map(|(l, answer)| Message::Announce { leaves: l.into(), answer }),
        proptest::option::of(leaves()).prop_map(|l| Message::Welcome { leaves: l.map(Into::into) }),
        leaves().prop_map(|l| Message::Leave { leaves: l.into() }),
        Just(Message::Heartbeat),
        Just(Message::Probe),
        Just(Message::ProbeAnswer),
        Just(Message::LeafSetRequest),
        leaves().prop_map(|l| Message::LeafSet(l.into())),
        (any::<u8>(), any::<u8>()).prop_map(|(row, column)| Message::EntryRequest { row, column }),
        (any::<u8>(), any::<u8>(), peer()).prop_map(|(row, column, peer)| Message::Entry { row, column, peer }),
        Just(Message::NeighbourhoodRequest),
        peers().prop_map(|p| Message::Neighbourhood(p.into())),
    ]
}

fn ring_of(config: Config, count: u128) -> Network {
    let ids: Vec<_> = (0..count).map(|i| Guid::of_bytes(&i.to_be_bytes())).collect();
    Network::joined(config, &ids)
}

#[test]
fn a_dead_node_named_by_others_does_not_come_back() {
    let mut network = ring_of(Config { leaf_set: LeafSetSize::EIGHT, ..Config::live() }, 30);
    let (gone, witness) = (Peer(3), network.nodes[&Peer(3)].leaf_set().larger().next().expect("a neighbour"));
    let stale = std::sync::Arc::new(network.nodes[&witness].leaves.to_message());
    network.nodes.remove(&gone);
    network.run_until(network.now + Duration::from_secs(30));
    assert!(network.nodes[&witness].presumed_dead().any(|peer| peer == gone));
    let from = network.nodes[&witness].leaf_set().larger().next().expect("a neighbour");
    network.tell(witness, Input::Message { from, message: Message::LeafSet(stale) });
    network.run_until(network.now + Duration::from_secs(30));
    network.check_leaf_sets();
}

#[test]
fn a_node_that_comes_back_under_its_old_identifier_is_taken_in_again() {
    let mut network = ring_of(Config { leaf_set: LeafSetSize::EIGHT, ..Config::live() }, 30);
    let id = network.peers.id(Peer(3));
    network.nodes.remove(&Peer(3));
    network.run_until(network.now + Duration::from_secs(20));
    assert_eq!(network.add(id), Peer(3));
    network.command(Peer(3), Command::Join { contact: Peer(0) });
    network.run_until(network.now + Duration::from_secs(20));
    network.check_leaf_sets();
}

#[test]
fn a_node_that_comes_back_before_anybody_noticed_is_a_member_again() {
    let mut network = ring_of(Config { leaf_set: LeafSetSize::EIGHT, ..Config::live() }, 30);
    network.add(network.peers.id(Peer(3)));
    network.command(Peer(3), Command::Join { contact: Peer(0) });
    network.run_until(network.now + Duration::from_secs(40));
    network.check_leaf_sets();
}

#[test]
fn an_empty_cell_is_filled_from_others_of_its_row() {
    let mut network = ring_of(Config::default(), 200);
    let node = &network.nodes[&Peer(0)];
    let (row, column, gone) = node.routing_table().entries().next().expect("an entry");
    network.nodes.remove(&gone);
    network.tell(Peer(0), Input::LinkDown(gone));
    network.run();
    let entry = network.nodes[&Peer(0)].routing_table().cell(row.into(), column.into());
    assert!(entry.is_some_and(|peer| peer != gone), "200 nodes leave several for each cell of row 0");
    assert!(network.notes.contains(&(Peer(0), Note::Forgotten { peer: gone })));
}

#[test]
fn a_neighbourhood_set_is_filled_up_after_a_loss() {
    let mut network = ring_of(Config { neighbourhood: 8, ..Config::default() }, 60);
    let gone = network.nodes[&Peer(0)].neighbourhood()[2];
    network.nodes.remove(&gone);
    network.tell(Peer(0), Input::LinkDown(gone));
    network.run();
    let near = network.nodes[&Peer(0)].neighbourhood();
    assert!(near.len() == 8 && !near.contains(&gone));
}

#[test]
fn without_heartbeats_a_quiet_ring_has_no_timers() {
    let network = ring_of(Config { acks: true, ..Config::default() }, 20);
    assert!(network.nodes.values().all(|node| node.next_deadline().is_none()));
}

#[test]
fn the_last_node_of_a_ring_is_the_ring() {
    let mut network = ring_of(Config::live(), 12);
    network.nodes.retain(|peer, _| *peer == Peer(5));
    network.run_until(network.now + Duration::from_secs(120));
    assert!(network.nodes[&Peer(5)].leaf_set().is_whole_ring());
    network.check_leaf_sets();
}
