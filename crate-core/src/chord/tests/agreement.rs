//! `next_hop` and `explain` come to the same, whatever the tables.

use proptest::prelude::*;

use super::rings::{any_ring, live_config};
use super::*;

fn any_tables() -> impl Strategy<Value = (IdBits, Vec<ChordId>, Vec<usize>, Vec<usize>, usize)> {
    any_ring(24).prop_flat_map(|(bits, ids)| {
        let n = ids.len();
        let fingers = prop::collection::vec(0..n + 2, usize::from(bits.get()));
        (Just(bits), Just(ids), prop::collection::vec(0..n, 0..6), fingers, 0..n + 1)
    })
}

proptest! {
    #[test]
    fn the_explanation_agrees_with_the_step((bits, ids, successors, fingers, predecessor) in any_tables(), words: [u64; 4]) {
        for rule in [RoutingRule::Published, RoutingRule::Slide, RoutingRule::Naive] {
            let net = Ring::new(Config { rule, ..live_config(bits, 8) }, ids.iter().copied(), 1);
            let peer = |at: usize| if at < ids.len() { Peer(at as u32) } else { Peer::NONE };
            let fingers: Vec<Peer> = fingers.iter().map(|at| peer(*at)).collect();
            let mut successors: Vec<Peer> = successors.iter().map(|at| peer(*at)).collect();
            successors.sort_by_key(|p| ids[0].clockwise_to(ids[p.index()], bits));
            successors.retain(|p| *p != Peer(0));
            successors.dedup();
            let node = ChordNode::from_tables(Peer(0), net.host(), peer(predecessor).some(), &successors, &fingers);
            let keys = words.iter().map(|w| ChordId::of_name(bits, &w.to_string())).chain(ids.iter().copied());
            for key in keys {
                let decision = node.explain(net.host(), key);
                prop_assert_eq!(decision.next, node.next_hop(net.host(), key));
                check_decision(&decision)?;
                // Also around silent peers, and for keys sent here as to their owner.
                for covering in [false, true] {
                    let avoid: Vec<Peer> = (1..ids.len() as u32).step_by(2).map(Peer).collect();
                    let query = Query { covering, avoid: &avoid, ..Query::plain(key, &net.config) };
                    let choice = node.decide(&net.peers, bits, &query);
                    let decision = node.explain_query(&net.peers, bits, &query);
                    prop_assert_eq!(choice.map(|c| (c.step, c.rule)), decision.as_ref().map(|d| (d.next, d.rule)));
                    if let Some(decision) = decision {
                        check_decision(&decision)?;
                    }
                }
            }
        }
    }
}

fn check_decision(decision: &Decision) -> Result<(), TestCaseError> {
    let chosen: Vec<&Candidate> = decision.candidates.iter().filter(|c| c.verdict == Verdict::Chosen).collect();
    prop_assert_eq!(chosen.len(), 1, "{:?}", decision);
    let expected = match decision.next {
        Step::Deliver => decision.at,
        Step::Forward(to) => to,
    };
    prop_assert_eq!(chosen[0].peer, expected);
    Ok(())
}
