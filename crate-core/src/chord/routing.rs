//! The routing step itself: three rules over one node's own state. Allocates nothing.

use super::{ChordId, ChordNode, Config, Directory, IdBits, Peer, Place, RoutingRule, Rule, Step};

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
    pub(super) place: Place,
}

impl Choice {
    const fn deliver(rule: Rule) -> Self {
        Self { step: Step::Deliver, covering: true, rule, place: Place::Myself }
    }

    const fn forward(to: Peer, covering: bool, rule: Rule, place: Place) -> Self {
        Self { step: Step::Forward(to), covering, rule, place }
    }
}

/// The nearest peer clockwise that may be asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Successor {
    pub(super) peer: Peer,
    /// The way to it.
    pub(super) gap: ChordId,
    pub(super) place: Place,
}

impl ChordNode {
    /// Whether the key lies in (predecessor, this node]. Without a predecessor the range is not known, and only the
    /// node's own identifier is surely its own; a node that knows nobody owns the whole ring.
    #[inline]
    pub(super) fn owns_key(&self, bits: IdBits, key: ChordId, avoid: &[Peer]) -> bool {
        if key == self.id {
            return true;
        }
        if self.predecessor.is_some() && !avoid.contains(&self.predecessor) {
            key.clockwise_to(self.id, bits) < self.predecessor_gap
        } else {
            self.is_alone()
        }
    }

    /// One routing step; `None` if every way on is to be avoided.
    #[inline]
    pub(super) fn decide(&self, peers: &Directory<ChordId>, bits: IdBits, query: &Query<'_>) -> Option<Choice> {
        let Query { key, avoid, .. } = *query;
        if self.owns_key(bits, key, avoid) {
            return Some(Choice::deliver(Rule::OwnKey));
        }
        if query.covering {
            // Not in (predecessor, me], so the predecessor lies in [key, me): strictly nearer to the key from behind.
            return Some(if self.predecessor.is_some() && !avoid.contains(&self.predecessor) {
                Choice::forward(self.predecessor, true, Rule::Predecessor, Place::Predecessor)
            } else {
                Choice::deliver(Rule::OwnKey)
            });
        }
        let way = self.id.clockwise_to(key, bits);
        let successor = self.successor_avoiding(peers, bits, avoid)?;
        match query.rule {
            RoutingRule::Naive => {
                let covering = way <= successor.gap;
                Some(Choice::forward(successor.peer, covering, Rule::NaiveSuccessor, successor.place))
            }
            RoutingRule::Published => Some(self.published(peers, bits, way, &successor, avoid)),
            RoutingRule::Slide => {
                let i = way.bit_length();
                let finger = self.fingers.get(i, self.successor());
                if finger.is_some() && finger != self.me && !avoid.contains(&finger) {
                    let gap = self.id.clockwise_to(peers.id(finger), bits);
                    if way > successor.gap || gap == successor.gap {
                        let place = Place::Finger { index: i };
                        return Some(Choice::forward(finger, gap >= way, Rule::FingerInterval, place));
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
            return Choice::forward(successor.peer, true, Rule::Successor, successor.place);
        }
        // Higher fingers start beyond the key.
        let mut best = (successor.gap, successor.peer, successor.place);
        for i in (self.fingers.low() + 1..=way.bit_length()).rev() {
            let finger = self.fingers.stored(i);
            if !finger.is_some() || finger == self.me || avoid.contains(&finger) {
                continue;
            }
            let gap = self.id.clockwise_to(peers.id(finger), bits);
            if gap < way {
                best = (gap, finger, Place::Finger { index: i });
                if i > self.reach {
                    // Lies at 2^(i−1) or beyond, and the whole successor list before 2^reach.
                    return Choice::forward(finger, false, Rule::ClosestPreceding, best.2);
                }
                break;
            }
        }
        for (at, peer) in self.successors.iter().enumerate().rev() {
            let gap = self.id.clockwise_to(peers.id(*peer), bits);
            if gap <= best.0 {
                break;
            }
            if gap < way && !avoid.contains(peer) {
                best = (gap, *peer, Place::SuccessorList { index: at as u8 });
                break;
            }
        }
        Choice::forward(best.1, false, Rule::ClosestPreceding, best.2)
    }

    /// The successor, or if it is to be avoided the next one known clockwise: of the successor list, else the lowest
    /// finger, else the predecessor.
    #[inline]
    pub(super) fn successor_avoiding(
        &self,
        peers: &Directory<ChordId>,
        bits: IdBits,
        avoid: &[Peer],
    ) -> Option<Successor> {
        if avoid.is_empty() {
            let place = Place::SuccessorList { index: 0 };
            return self.successors.first().map(|peer| Successor { peer: *peer, gap: self.successor_gap, place });
        }
        let usable = |peer: Peer| peer.is_some() && peer != self.me && !avoid.contains(&peer);
        let listed = self.successors.iter().enumerate();
        let listed = listed.map(|(at, peer)| (*peer, Place::SuccessorList { index: at as u8 }));
        let fingers = self.fingers.iter().map(|(index, peer)| (peer, Place::Finger { index }));
        let (peer, place) =
            listed.chain(fingers).chain([(self.predecessor, Place::Predecessor)]).find(|(peer, _)| usable(*peer))?;
        Some(Successor { peer, gap: self.id.clockwise_to(peers.id(peer), bits), place })
    }
}
