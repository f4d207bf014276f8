//! What holds of a Pastry ring.

use super::{Checked, Invariant, Memory, Promise, View, Violation, deliverers};
use crate::pastry::{Message, PastryNode};
use crate::protocol::Peer;
use crate::sim::world::Flight;

type Ring<'a> = View<'a, PastryNode>;

impl Checked for PastryNode {
    fn invariant(view: &Ring<'_>, _: &mut Memory) -> Option<Violation> {
        let twice = |(id, peer): &(_, Peer)| {
            let by = deliverers(view, *id);
            (by.len() > 1).then_some((*peer, by))
        };
        let (peer, by) = view.members().iter().find_map(twice)?;
        let sentence = format!("node {}'s own key would be delivered by {}", view.name(peer), view.names(&by));
        Some(Violation { invariant: Invariant::OneDeliverer, nodes: by, sentence })
    }

    fn tables_at_rest(view: &Ring<'_>) -> Option<Violation> {
        let half = view.host.config.leaf_set.half();
        for (place, (_, me)) in view.members().iter().enumerate() {
            let Some(node) = view.member(*me) else { continue };
            let found = sorted(node.leaf_set().clockwise().collect());
            let truth = sorted([view.around(place, half, true), view.around(place, half, false)].concat());
            if found != truth {
                let (name, found, truth) = (view.name(*me), view.names(&found), view.names(&truth));
                let sentence = format!("node {name} has the leaf set {found} instead of {truth}");
                return Some(Violation { invariant: Invariant::TrueNeighbours, nodes: vec![*me], sentence });
            }
        }
        None
    }

    fn may_fail(view: &Ring<'_>, peer: Peer) -> bool {
        let after = view.without(peer);
        let lives = |peer: Peer| after.member(peer).is_some();
        let keeps_both = |member: Peer| {
            let leaves = after.member(member).map(Self::leaf_set);
            leaves.is_none_or(|l| l.len() < 2 || (l.larger().any(lives) && l.smaller().any(lives)))
        };
        !after.members().is_empty() && after.members().iter().all(|(_, member)| keeps_both(*member))
    }

    fn promise(_: &Flight<'_, Message>) -> Option<Promise> {
        None
    }
}

fn sorted(mut peers: Vec<Peer>) -> Vec<Peer> {
    peers.sort_unstable();
    peers.dedup();
    peers
}
