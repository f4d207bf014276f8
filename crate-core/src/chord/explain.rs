//! The routing step with its reasons, worked out from all candidates at once rather than by the short cuts of
//! [`routing`](super::routing), so that the test that compares the two means something.

use super::routing::Query;
use super::{
    Candidate, ChordId, ChordNode, Decision, Directory, IdBits, Peer, Place, RoutingRule, Rule, Step, Verdict,
};

/// A candidate before the verdict: who, where, how far clockwise.
type Seen = (Peer, Place, ChordId);

impl ChordNode {
    /// The step of [`ChordNode::decide`] as a value; `None` if every way on is to be avoided.
    pub(super) fn explain_query(
        &self,
        peers: &Directory<ChordId>,
        bits: IdBits,
        query: &Query<'_>,
    ) -> Option<Decision> {
        let Query { key, avoid, .. } = *query;
        let way = self.id.clockwise_to(key, bits);
        let mut seen = self.seen(peers, bits, way.bit_length(), query.rule);
        let usable = |peer: &Peer| !avoid.contains(peer);
        if query.rule == RoutingRule::Naive && seen.iter().all(|one| !usable(&one.0)) {
            // The successor is silent: the next peer known clockwise, and nothing behind it.
            seen = self.seen(peers, bits, way.bit_length(), RoutingRule::Published);
            let next = seen.iter().filter(|one| usable(&one.0)).map(|one| one.2).min();
            seen.retain(|one| next.is_none_or(|gap| one.2 <= gap));
        }
        let predecessor = self.predecessor.some().filter(usable);
        let owns = key == self.id
            || predecessor.map_or(seen.is_empty(), |p| key.between_or_at_end(peers.id(p), self.id, bits));

        let (rule, chosen, step) = if owns || (query.covering && predecessor.is_none()) {
            (Rule::OwnKey, Place::Myself, Step::Deliver)
        } else if query.covering {
            (Rule::Predecessor, Place::Predecessor, Step::Forward(self.predecessor))
        } else {
            let (rule, (peer, place, _)) = self.choose(way, &seen, query, predecessor, peers, bits)?;
            (rule, place, Step::Forward(peer))
        };
        let verdict = |(peer, place, gap): &Seen| {
            if *place == chosen {
                Verdict::Chosen
            } else if avoid.contains(peer) {
                Verdict::NoAnswer
            } else if rule == Rule::FingerInterval {
                Verdict::OtherInterval
            } else if *gap >= way {
                Verdict::BeyondKey
            } else {
                Verdict::LessProgress
            }
        };
        let mut candidates = Vec::with_capacity(seen.len() + 1);
        let mut add = |peer, place, verdict| candidates.push(Candidate { peer, place, verdict });
        match chosen {
            Place::Myself => add(self.me, Place::Myself, Verdict::Chosen),
            Place::Predecessor => add(self.predecessor, Place::Predecessor, Verdict::Chosen),
            _ => {}
        }
        // A node that has the key, or hands it back, looks no further.
        if !matches!(rule, Rule::OwnKey | Rule::Predecessor) {
            for one in &seen {
                add(one.0, one.1, verdict(one));
            }
        }
        Some(Decision { at: self.me, rule, shared: 0, shared_next: 0, next: step, candidates })
    }

    /// Every distinct peer of fingers and successor list, each once: the highest finger first, then the list. A peer in
    /// several fingers stands in the highest, or by the slide's rule in `index`, the finger in whose interval the key
    /// lies. The successor stands among the fingers by the slide's rule, which knows no list, else in the list.
    fn seen(&self, peers: &Directory<ChordId>, bits: IdBits, index: u8, rule: RoutingRule) -> Vec<Seen> {
        let mut seen: Vec<Seen> = Vec::new();
        let mut add = |peer: Peer, place| {
            if peer.is_some() && peer != self.me && !seen.iter().any(|one| one.0 == peer) {
                seen.push((peer, place, self.id.clockwise_to(peers.id(peer), bits)));
            }
        };
        let lowest = match rule {
            RoutingRule::Naive => self.fingers.len() + 1,
            RoutingRule::Published => self.fingers.low() + 1,
            RoutingRule::Slide => 1,
        };
        let finger = |i| self.fingers.get(i, self.successor());
        let at_key = if rule == RoutingRule::Slide && index > 0 { finger(index) } else { Peer::NONE };
        for i in (lowest..=self.fingers.len()).rev() {
            let peer = finger(i);
            add(peer, Place::Finger { index: if peer == at_key { index } else { i } });
        }
        let most = if rule == RoutingRule::Naive { 1 } else { usize::MAX };
        for (at, peer) in self.successors.iter().take(most).enumerate() {
            add(*peer, Place::SuccessorList { index: at as u8 });
        }
        seen
    }

    /// Which candidate the rule takes.
    fn choose(
        &self,
        way: ChordId,
        seen: &[Seen],
        query: &Query<'_>,
        predecessor: Option<Peer>,
        peers: &Directory<ChordId>,
        bits: IdBits,
    ) -> Option<(Rule, Seen)> {
        let usable = |one: &&Seen| !query.avoid.contains(&one.0);
        let last_resort = || predecessor.map(|p| (p, Place::Predecessor, self.id.clockwise_to(peers.id(p), bits)));
        let successor = seen.iter().filter(usable).min_by_key(|one| one.2).copied().or_else(last_resort)?;
        if query.rule == RoutingRule::Naive {
            return Some((Rule::NaiveSuccessor, successor));
        }
        if query.rule == RoutingRule::Slide {
            let at = Place::Finger { index: way.bit_length() };
            let finger = seen.iter().filter(usable).find(|one| one.1 == at);
            if let Some(finger) = finger.filter(|one| successor.2 < way || one.2 == successor.2) {
                return Some((Rule::FingerInterval, *finger));
            }
        }
        if successor.2 >= way {
            return Some((Rule::Successor, successor));
        }
        let closest = seen.iter().filter(usable).filter(|one| one.2 < way).max_by_key(|one| one.2);
        Some((Rule::ClosestPreceding, closest.copied().unwrap_or(successor)))
    }
}
