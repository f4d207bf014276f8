//! What holds of a Chord ring: Zave's invariant, and what it implies.
//!
//! Zave, "Reasoning about identifier spaces: how to make Chord correct", IEEE TSE 43(12), 2017, §5:
//! 1. *OneLiveSuccessor*: every member has a live node in its successor list.
//! 2. *SufficientPrincipals*: at least r + 1 members are principals. A principal is a member that nobody skips: no
//!    member n has neighbours j, k in the list "n, then its successors" with the principal strictly between j and k.
//!
//! Together they imply one ring, in the order of identifiers, that every other member (an *appendage*) leads into.
//! All of it is looked at, also on rings that have never had r + 1 members.
//!
//! # Implementation notes
//! - **Rings of fewer than r + 1 members.** Here successor lists never wrap: they end before their owner, so on a ring of
//!   n ≤ r members they hold n − 1. A member with an empty list stands for a list of itself alone: it is its own
//!   successor, and it skips everybody. The number of principals is asked for from the moment that there were r + 1.
//! - **Answers under way.** Zave's operations read a neighbour's list and adopt it in one step. Here an answer travels,
//!   and what it says is adopted when it comes. So the assumption on failures counts an answer under way as adopted:
//!   no failure may leave its receiver without a live successor either, nor skip so many that too few are principals.

use super::{Checked, Invariant, Memory, Promise, View, Violation};
use crate::chord::{ChordMessage, ChordNode, Config};
use crate::id::ChordId;
use crate::protocol::Peer;
use crate::sim::world::Flight;

type Ring<'a> = View<'a, ChordNode>;

impl Checked for ChordNode {
    fn invariant(view: &Ring<'_>, memory: &mut Memory) -> Option<Violation> {
        if let Some(violation) = no_live_successor(view).or_else(|| ring(view)) {
            return Some(violation);
        }
        let (found, needed) = (principals(view), needed(view.host.config));
        memory.had_principals |= found.len() >= needed;
        (memory.had_principals && found.len() < needed).then(|| {
            let names = view.names(&found);
            let sentence = format!("only {} principals ({names}) where {needed} are needed", found.len());
            Violation { invariant: Invariant::SufficientPrincipals, nodes: found, sentence }
        })
    }

    fn tables_at_rest(view: &Ring<'_>) -> Option<Violation> {
        let wrong = |peer: Peer, what: &str, found: &[Peer], truth: &[Peer]| {
            let (name, found, truth) = (view.name(peer), view.names(found), view.names(truth));
            let sentence = format!("node {name} has {what} {found} instead of {truth}");
            Some(Violation { invariant: Invariant::TrueNeighbours, nodes: vec![peer], sentence })
        };
        let most = usize::from(view.host.config.successor_list.max(1));
        for (place, (_, me)) in view.members().iter().enumerate() {
            let Some(node) = view.member(*me) else { continue };
            let truth = view.around(place, most, true);
            if node.successors() != truth {
                return wrong(*me, "the successors", node.successors(), &truth);
            }
            let truth = view.around(place, 1, false);
            let found: Vec<Peer> = node.predecessor().into_iter().filter(|peer| peer != me).collect();
            if found != truth {
                return wrong(*me, "the predecessor", &found, &truth);
            }
        }
        None
    }

    fn may_fail(view: &Ring<'_>, peer: Peer) -> bool {
        if view.members().len() < 2 {
            return false;
        }
        let after = view.without(peer);
        let keeps_one = |list: &[Peer]| list.is_empty() || list.iter().any(|peer| after.member(*peer).is_some());
        let kept = after.members().iter().filter_map(|(_, member)| after.member(*member));
        let needed = needed(view.host.config);
        let adopted = |list: &[Peer]| keeps_one(&list[..list.len().min(needed - 1)]);
        kept.map(Self::successors).all(keeps_one)
            && after.promises().iter().all(|promise| adopted(&promise.list))
            && (principals(view).len() < needed || unskipped(&after, after.promises()).len() >= needed)
    }

    fn promise(flight: &Flight<'_, ChordMessage>) -> Option<Promise> {
        let ChordMessage::Neighbours { successors, .. } = flight.message else { return None };
        let list = std::iter::once(flight.from).chain(successors.iter().copied().filter(|peer| *peer != flight.to));
        Some(Promise { asker: flight.to, list: list.collect() })
    }
}

/// r + 1.
fn needed(config: &Config) -> usize {
    usize::from(config.successor_list.max(1)) + 1
}

/// The first live entry of a member's list; of an empty list itself.
fn first_live(view: &Ring<'_>, peer: Peer) -> Option<Peer> {
    let successors = view.member(peer)?.successors();
    if successors.is_empty() {
        return Some(peer);
    }
    successors.iter().copied().find(|peer| view.member(*peer).is_some())
}

fn no_live_successor(view: &Ring<'_>) -> Option<Violation> {
    let (_, lost) = view.members().iter().find(|(_, peer)| first_live(view, *peer).is_none())?;
    let list = view.member(*lost).map_or(&[][..], |node| node.successors());
    let (name, dead) = (view.name(*lost), view.names(list));
    let sentence = format!("node {name} has no live successor: its list holds {dead}, and none of them runs");
    Some(Violation { invariant: Invariant::OneLiveSuccessor, nodes: vec![*lost], sentence })
}

/// At most one circle of first live successors, once round in the order of identifiers, and everybody leads into it.
/// Every member has a live successor.
fn ring(view: &Ring<'_>) -> Option<Violation> {
    let next = |peer: Peer| first_live(view, peer).expect("every member has a live successor");
    let mut circle_of = vec![None; view.host.peers.len()];
    let mut first: Option<Vec<Peer>> = None;
    for (start, (_, member)) in view.members().iter().enumerate() {
        let mut at = *member;
        while circle_of[at.index()].is_none() {
            circle_of[at.index()] = Some(start);
            at = next(at);
        }
        if circle_of[at.index()] != Some(start) {
            continue;
        }
        // A way that met itself: a circle not seen before.
        let mut circle = vec![at];
        while next(circle[circle.len() - 1]) != at {
            circle.push(next(circle[circle.len() - 1]));
        }
        if let Some(other) = &first {
            let sentence = format!("two rings: {} and {}", view.names(other), view.names(&circle));
            return Some(Violation { invariant: Invariant::OneRing, nodes: circle, sentence });
        }
        first = Some(circle);
    }
    let circle = first?;
    let ids: Vec<ChordId> = circle.iter().map(|peer| view.host.id(*peer)).collect();
    let falls = (0..ids.len()).filter(|at| ids[(at + 1) % ids.len()] <= ids[*at]).count();
    (falls != 1).then(|| {
        let sentence = format!("the ring is out of order: {}", view.names(&circle));
        Violation { invariant: Invariant::OrderedRing, nodes: circle, sentence }
    })
}

/// The members that nobody skips, in ring order.
#[must_use]
pub fn principals(view: &View<'_, ChordNode>) -> Vec<Peer> {
    unskipped(view, &[])
}

/// The members that nobody skips, now or once these answers have arrived.
fn unskipped(view: &Ring<'_>, promises: &[Promise]) -> Vec<Peer> {
    let members = view.members();
    let mut skipped = vec![false; members.len()];
    let bits = view.host.config.bits;
    let most = usize::from(view.host.config.successor_list.max(1));
    let lists = members.iter().filter_map(|(_, peer)| view.member(*peer).map(|node| (*peer, node.successors())));
    let promised = promises.iter().map(|promise| (promise.asker, &promise.list[..]));
    for (peer, list) in lists.chain(promised) {
        let mut from = view.host.id(peer);
        let owner_alone = list.is_empty().then_some(peer);
        for to in list.iter().take(most).copied().chain(owner_alone) {
            let until = view.host.id(to);
            // Nearly always nobody: a search costs less than asking them all.
            let mut at = members.partition_point(|(id, _)| *id <= from) % members.len();
            for _ in 0..members.len() {
                if !members[at].0.between(from, until, bits) {
                    break;
                }
                skipped[at] = true;
                at = (at + 1) % members.len();
            }
            from = until;
        }
    }
    members.iter().zip(skipped).filter(|(_, skipped)| !skipped).map(|((_, peer), _)| *peer).collect()
}
