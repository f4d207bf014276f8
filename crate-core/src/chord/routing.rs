//! The routing step itself: three rules over one node's own state. Allocates nothing.

use super::compass::Course;
use super::{ChordId, ChordNode, Config, Directory, IdBits, Peer, RoutingRule, Rule, Step};

/// What a routing step is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a> {
    pub(super) key: ChordId,
    /// Whether whoever sent the key here takes this node to be responsible for it.
    pub(super) covering: bool,
    /// Peers that did not answer for this key.
    pub(super) avoid: &'a [Peer],
    pub(super) rule: RoutingRule,
}

impl Query<'_> {
    pub(super) const fn plain(key: ChordId, config: &Config) -> Self {
        Self { key, covering: false, avoid: &[], rule: config.rule }
    }
}

/// What a routing step comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Choice {
    pub(super) step: Step,
    /// Whether the next node is taken to be responsible.
    pub(super) covering: bool,
    pub(super) rule: Rule,
}

impl Choice {
    const fn deliver(rule: Rule) -> Self {
        Self { step: Step::Deliver, covering: true, rule }
    }

    const fn forward(to: Peer, covering: bool, rule: Rule) -> Self {
        Self { step: Step::Forward(to), covering, rule }
    }
}

/// The nearest peer clockwise that may be asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Successor {
    pub(super) peer: Peer,
    /// The way to it.
    pub(super) gap: ChordId,
}

impl ChordNode {
    /// Whether the key lies in (predecessor, this node]. Without a predecessor the range is not known, and only the
    /// node's own identifier is surely its own; a node that knows nobody owns the whole ring.
    #[inline]
    pub(super) fn owns_key(&self, peers: &Directory<ChordId>, bits: IdBits, key: ChordId, avoid: &[Peer]) -> bool {
        if key == self.id {
            return true;
        }
        if self.predecessor.is_some() && !avoid.contains(&self.predecessor) {
            key.clockwise_to(self.id, bits) < peers.id(self.predecessor).clockwise_to(self.id, bits)
        } else {
            self.is_alone()
        }
    }

    /// The step where the compass can tell it.
    #[inline]
    pub(super) fn by_compass(&self, bits: IdBits, query: &Query<'_>) -> Option<Choice> {
        if !query.avoid.is_empty() || query.rule != RoutingRule::Published {
            return None;
        }
        match self.compass.course(query.key, bits) {
            Course::Own => Some(Choice::deliver(Rule::OwnKey)),
            _ if query.covering => None,
            Course::Successor(peer) => Some(Choice::forward(peer, true, Rule::Successor)),
            Course::Preceding(peer) => Some(Choice::forward(peer, false, Rule::ClosestPreceding)),
            Course::Unclear => None,
        }
    }

    /// One routing step; `None` if every way on is to be avoided.
    #[inline]
    pub(super) fn decide(&self, peers: &Directory<ChordId>, bits: IdBits, query: &Query<'_>) -> Option<Choice> {
        if let Some(choice) = self.by_compass(bits, query) {
            return Some(choice);
        }
        let Query { key, avoid, .. } = *query;
        if self.owns_key(peers, bits, key, avoid) {
            return Some(Choice::deliver(Rule::OwnKey));
        }
        if query.covering {
            // Not in (predecessor, me], so the predecessor lies in [key, me): strictly nearer to the key from behind.
            return Some(if self.predecessor.is_some() && !avoid.contains(&self.predecessor) {
                Choice::forward(self.predecessor, true, Rule::Predecessor)
            } else {
                Choice::deliver(Rule::OwnKey)
            });
        }
        let way = self.id.clockwise_to(key, bits);
        let successor = self.successor_avoiding(peers, bits, avoid)?;
        match query.rule {
            RoutingRule::Naive => {
                let covering = way <= successor.gap;
                Some(Choice::forward(successor.peer, covering, Rule::NaiveSuccessor))
            }
            RoutingRule::Published => Some(self.published(peers, bits, way, &successor, avoid)),
            RoutingRule::Slide => {
                let i = way.bit_length();
                let finger = self.fingers.get(i, self.successor());
                if finger.is_some() && finger != self.me && !avoid.contains(&finger) {
                    let gap = self.id.clockwise_to(peers.id(finger), bits);
                    if way > successor.gap || gap == successor.gap {
                        return Some(Choice::forward(finger, gap >= way, Rule::FingerInterval));
                    }
                }
                Some(self.published(peers, bits, way, &successor, avoid))
            }
        }
    }

    /// The rule of the paper: the successor if it is responsible, else the closest preceding node.
    #[inline]
    fn published(
        &self,
        peers: &Directory<ChordId>,
        bits: IdBits,
        way: ChordId,
        successor: &Successor,
        avoid: &[Peer],
    ) -> Choice {
        if way <= successor.gap {
            return Choice::forward(successor.peer, true, Rule::Successor);
        }
        let mut best = (successor.gap, successor.peer);
        let fingers = self.fingers.iter().map(|(_, peer)| peer).filter(|peer| peer.is_some() && *peer != self.me);
        for peer in fingers.chain(self.successors.iter().copied()) {
            let gap = self.id.clockwise_to(peers.id(peer), bits);
            if gap < way && gap > best.0 && !avoid.contains(&peer) {
                best = (gap, peer);
            }
        }
        Choice::forward(best.1, false, Rule::ClosestPreceding)
    }

    /// The successor, or if it is to be avoided the next one known clockwise of successor list and fingers, else the
    /// predecessor.
    #[inline]
    pub(super) fn successor_avoiding(
        &self,
        peers: &Directory<ChordId>,
        bits: IdBits,
        avoid: &[Peer],
    ) -> Option<Successor> {
        if avoid.is_empty() {
            let gap = self.successor_gap(peers, bits)?;
            return Some(Successor { peer: self.successor(), gap });
        }
        let usable = |peer: &Peer| peer.is_some() && *peer != self.me && !avoid.contains(peer);
        let with_gap = |peer: Peer| Successor { peer, gap: self.id.clockwise_to(peers.id(peer), bits) };
        let listed = self.successors.iter().copied().find(usable).map(with_gap);
        let finger = self.fingers.iter().map(|(_, peer)| peer).find(usable).map(with_gap);
        let nearest = listed.into_iter().chain(finger).min_by_key(|one| one.gap);
        nearest.or_else(|| Some(self.predecessor).filter(usable).map(with_gap))
    }
}
