//! Rings that come about by joins, lose members, and mend themselves.

use proptest::prelude::*;

use super::*;

fn many_ids(net_bits: u8, count: usize) -> impl Strategy<Value = (IdBits, Vec<ChordId>)> {
    let bits = IdBits::new(net_bits).expect("1 to 160 bits");
    let ids = prop::collection::btree_set(any::<u64>(), 2..=count).prop_map(move |seeds| {
        let mut ids: Vec<ChordId> = seeds.iter().map(|s| ChordId::of_name(bits, &s.to_string())).collect();
        let mut seen = std::collections::BTreeSet::new();
        ids.retain(|id| seen.insert(*id));
        ids
    });
    ids.prop_map(move |ids| (bits, ids))
}

pub(super) fn any_ring(count: usize) -> impl Strategy<Value = (IdBits, Vec<ChordId>)> {
    prop_oneof![3_u8..=24, 24_u8..=160, Just(160_u8)].prop_flat_map(move |m| many_ids(m, count))
}

pub(super) fn live_config(bits: IdBits, r: u8) -> Config {
    Config { bits, successor_list: r, maintenance: Some(Duration::from_secs(1)), ..Config::default() }
}

/// Long enough for every finger to be looked up twice.
fn settle(net: &mut Ring) {
    let rounds = 2 * u64::from(net.config.bits.get()) + 20;
    net.run(Duration::from_secs(rounds.min(60)));
    for _ in 0..8 {
        let live = net.ring();
        let stale = |p: &Peer| {
            let fingers: Vec<Peer> = net.nodes[p].fingers(net.config.bits).iter().map(|row| row.peer).collect();
            fingers != true_tables(net, &live, *p).2
        };
        if !live.iter().any(stale) {
            break;
        }
        net.run(Duration::from_secs(60));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn joins_and_stabilisation_lead_to_the_true_tables((bits, ids) in any_ring(24), seed: u64, together: bool) {
        let mut net = Ring::new(live_config(bits, 4), ids, seed);
        net.join_all(Duration::from_millis(if together { 1 } else { 300 }));
        settle(&mut net);
        prop_assert_eq!(net.ring().len(), net.peers.len());
        assert_converged(&net);
    }

    #[test]
    fn lookups_end_at_the_true_successor_by_every_rule_and_mode((bits, ids) in any_ring(32), words: [u64; 8], seed: u64) {
        for rule in [RoutingRule::Published, RoutingRule::Slide, RoutingRule::Naive] {
            for lookup in [Lookup::Recursive, Lookup::Iterative] {
                let mut net = converged(Config { rule, lookup, ..live_config(bits, 3) }, &ids);
                let live = net.ring();
                for (i, word) in words.iter().enumerate() {
                    let key = ChordId::of_name(bits, &format!("{seed} {word}"));
                    let from = live[i % live.len()];
                    let request = net.route(from, key, None);
                    net.run(Duration::from_millis(2_500));
                    let owner = owner(&net, &live, key);
                    let at = net.delivered(request);
                    prop_assert_eq!((at.len(), at[0].0), (1, owner), "{:?} {:?}", rule, lookup);
                    prop_assert_eq!(net.answered(request), Some(owner));
                }
            }
        }
    }

    #[test]
    fn the_loss_of_r_less_one_neighbours_is_repaired((bits, ids) in any_ring(20), seed: u64, first: usize) {
        prop_assume!(ids.len() >= 6);
        let mut net = converged(live_config(bits, 4), &ids);
        let ring = net.ring();
        let _ = seed;
        for at in 0..3 {
            net.crash(ring[(first % ring.len() + at) % ring.len()]);
        }
        settle(&mut net);
        prop_assert_eq!(net.ring().len(), ids.len() - 3);
        assert_converged(&net);
    }

    #[test]
    fn who_leaves_is_missed_by_nobody((bits, ids) in any_ring(16), r in 1_u8..5, which: usize) {
        prop_assume!(ids.len() >= 3);
        let mut net = converged(live_config(bits, r), &ids);
        let ring = net.ring();
        let goes = ring[which % ring.len()];
        net.command(goes, Command::Leave);
        prop_assert!(net.events.contains(&(goes, Event::Left)));
        settle(&mut net);
        prop_assert_eq!(net.ring().len(), ids.len() - 1);
        assert_converged(&net);
    }

    #[test]
    fn a_node_that_crashed_comes_back_into_its_place((bits, ids) in any_ring(16), which: usize, wait in 0_u64..4_000) {
        prop_assume!(ids.len() >= 3);
        let mut net = converged(live_config(bits, 4), &ids);
        let ring = net.ring();
        let (goes, contact) = (ring[which % ring.len()], ring[(which % ring.len() + 1) % ring.len()]);
        net.crash(goes);
        net.run(Duration::from_millis(wait));
        net.boot(goes);
        net.command(goes, Command::Join { contact });
        settle(&mut net);
        prop_assert_eq!(net.ring().len(), ids.len());
        assert_converged(&net);
    }
}

#[test]
fn lost_messages_neither_break_the_ring_nor_the_lookups() {
    let bits = IdBits::SHA1;
    let mut net =
        converged(live_config(bits, 6), &(0..20).map(|i| ChordId::of_name(bits, &i.to_string())).collect::<Vec<_>>());
    net.loss = 50;
    let live = net.ring();
    let mut found = 0;
    for i in 0..100 {
        let key = ChordId::of_name(bits, &format!("key {i}"));
        let request = net.route(live[i % live.len()], key, None);
        net.run(Duration::from_secs(2));
        let at = net.delivered(request);
        found += u32::from(!at.is_empty());
        assert!(at.iter().all(|(p, _)| *p == owner(&net, &live, key)), "never at a wrong node");
    }
    assert_eq!(found, 100);
    net.loss = 0;
    settle(&mut net);
    assert_converged(&net);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn while_nodes_join_and_leave_every_message_ends_at_an_owner_of_its_time(
        (bits, ids) in many_ids(160, 30), seed: u64, moves in prop::collection::vec((any::<bool>(), any::<usize>()), 20)
    ) {
        prop_assume!(ids.len() >= 16);
        let (first, later) = ids.split_at(ids.len() / 2);
        let mut net = converged(live_config(bits, 5), first);
        let mut newcomers: Vec<Peer> = later.iter().map(|id| net.peers.intern(*id)).collect();
        for (i, (join, which)) in moves.iter().enumerate() {
            let ring = net.ring();
            let mut possible = ring.clone();
            match newcomers.pop().filter(|_| *join) {
                Some(newcomer) => {
                    net.boot(newcomer);
                    net.command(newcomer, Command::Join { contact: ring[which % ring.len()] });
                    possible.push(newcomer);
                }
                None if ring.len() > 4 => net.command(ring[which % ring.len()], Command::Leave),
                None => {}
            }
            // Sent in the middle of it, to be delivered by whoever owns the key before, meanwhile or after.
            net.run(Duration::from_millis(40));
            let key = ChordId::of_name(bits, &format!("{seed} {i}"));
            let after = net.ring();
            let request = net.route(after[(which / 7) % after.len()], key, None);
            net.run(Duration::from_secs(8));
            let owners: Vec<Peer> = [&ring, &possible, &after].iter().map(|live| owner(&net, live, key)).collect();
            let at = net.delivered(request);
            prop_assert!(!at.is_empty(), "lost");
            prop_assert!(at.iter().all(|(p, _)| owners.contains(p)), "{:?} not of {:?}", at, owners);
        }
    }
}
