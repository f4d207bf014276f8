//! The routing step of §2.2 (Table 1) and of the slide "Pastry's routing algorithm".
//!
//! # Implementation notes
//! **The published rule** is Table 1 of the paper. "Closest" is by ring distance, and of two nodes equally far from a
//! key the one with the smaller identifier is closest, so that all nodes agree.
//!
//! **The slide's rule**, and how its words are read here:
//! - Line 1 says `L₋₁ < D < L₁`: the index is the letter l, half the leaf set, and the comparison stays strict. A
//!   destination equal to an extreme leaf therefore misses line 2 and goes on to the table. It still arrives: either
//!   R[p, i] shares more digits with it, or line 7 finds the leaf itself. The comment "or is the current node" is kept:
//!   a node's own identifier is always its own.
//! - Line 4 finds p, the digits shared, and i, the next digit; line 7 then asks for "a common prefix of length i". Read
//!   literally that would compare a length with a digit's value; it is read as length p, and as *at least* p, since the
//!   extreme leaf above shares all digits with D and must not be excluded.
//! - "any node" is the numerically closest such node. Line 7 names L and R only, so M is not searched.
//! - When line 7 finds nobody the slide says nothing. The node delivers, as in the paper.
//!
//! **Leaf sets alone** (the slide "Circular routing alone …"): out of range, the message goes to the leaf nearest to the
//! key.
//!
//! Nodes tried for a message without an answer are left out of each rule.

use super::leaf_set::Reach;
use super::{PastryNode, RoutingRule};
use crate::id::Guid;
use crate::protocol::{Candidate, Decision, Host, Peer, Place, Rule, Step, Verdict};

impl PastryNode {
    /// Line 1: whether the key lies within the leaf set.
    pub(super) fn is_in_leaf_range(&self, host: Host<'_, Self>, key: Guid) -> bool {
        let strictly = host.config.rule == RoutingRule::Slide;
        self.leaves.covers(self.id, key, strictly, host.peers) || (strictly && key == self.id)
    }

    /// The keys between the extremes of the leaf set: the first and the last of them, clockwise; `None` if the leaf set
    /// is the whole ring.
    #[must_use]
    pub fn leaf_range(&self, host: Host<'_, Self>) -> Option<(Guid, Guid)> {
        self.leaves.ends(self.id, host.peers)
    }

    /// The routing step, without those of `tried`.
    #[inline]
    pub(super) fn route(&self, host: Host<'_, Self>, key: Guid, tried: &[Peer]) -> Step {
        let config = host.config;
        let within = match self.range.reach(self.id, key) {
            Reach::Own => return Step::Deliver,
            Reach::Within => true,
            Reach::Beyond => config.leaf_set_only,
            Reach::Unclear => config.leaf_set_only || self.is_in_leaf_range(host, key),
        };
        if within {
            let closest = self.leaves.closest(key, self.id, tried, host.peers);
            return closest.map_or(Step::Deliver, Step::Forward);
        }
        // A node's own identifier is within its leaf range, so a next digit exists.
        let row = self.id.shared_prefix(key, config.digits);
        let entry = self.table.slot(row, key.digit(row, config.digits), config.digits.bits());
        if entry.is_some() && !tried.contains(&entry) {
            return Step::Forward(entry);
        }
        self.rare_case(host, key, row, tried)
    }

    /// Reads what a step for this key needs of the tables.
    #[inline]
    pub(super) fn touch_tables(&self, host: Host<'_, Self>, key: Guid) -> u32 {
        match self.range.reach(self.id, key) {
            Reach::Own => 0,
            Reach::Within => self.leaves.touch(),
            Reach::Beyond | Reach::Unclear => {
                let digits = host.config.digits;
                let row = self.id.shared_prefix(key, digits).min(digits.rows() - 1);
                self.table.slot(row, key.digit(row, digits), digits.bits()).0
            }
        }
    }

    /// Line 7: the numerically closest of all known nodes that share at least as many digits and are closer than this
    /// one.
    #[cold]
    fn rare_case(&self, host: Host<'_, Self>, key: Guid, shared: usize, tried: &[Peer]) -> Step {
        let digits = host.config.digits;
        let mut best = (key.closeness(self.id), None);
        let mut consider = |peer: Peer| {
            let id = host.id(peer);
            let closeness = key.closeness(id);
            if closeness < best.0 && id.shared_prefix(key, digits) >= shared && !tried.contains(&peer) {
                best = (closeness, Some(peer));
            }
        };
        self.leaves.clockwise().for_each(&mut consider);
        // Entries of rows above differ from the key in a digit that this node shares with it.
        self.table.entries_from(shared).for_each(|(_, _, peer)| consider(peer));
        if host.config.rule == RoutingRule::Published {
            self.neighbourhood.peers().iter().copied().for_each(consider);
        }
        best.1.map_or(Step::Deliver, Step::Forward)
    }

    /// The routing step with every candidate, without those of `tried`. Works on identifiers alone, apart from the fast
    /// path, so that a test of their agreement says something.
    pub(super) fn explain_without(&self, host: Host<'_, Self>, key: Guid, tried: &[Peer]) -> Decision {
        let config = host.config;
        let within = self.is_in_leaf_range(host, key);
        let shared = self.id.shared_prefix(key, config.digits);
        let mut explanation = Explanation { node: self, host, key, tried, shared, candidates: Vec::new() };
        let rule = if within || config.leaf_set_only {
            explanation.by_leaf_set(if within { Rule::LeafSet } else { Rule::LeafSetAlone })
        } else {
            explanation.by_table().unwrap_or_else(|| explanation.by_rare_case())
        };
        let candidates = explanation.candidates;
        let chosen = candidates.iter().find(|c| c.verdict == Verdict::Chosen && c.place != Place::Myself);
        let next = chosen.map_or(Step::Deliver, |c| Step::Forward(c.peer));
        let shared_next = chosen.map_or(shared, |c| host.id(c.peer).shared_prefix(key, config.digits));
        // At most 128 digits.
        Decision { at: self.me, rule, shared: shared as u8, shared_next: shared_next as u8, next, candidates }
    }
}

/// A decision being written down.
struct Explanation<'a> {
    node: &'a PastryNode,
    host: Host<'a, PastryNode>,
    key: Guid,
    tried: &'a [Peer],
    /// Digits that the node shares with the key.
    shared: usize,
    candidates: Vec<Candidate>,
}

impl Explanation<'_> {
    fn shared_by(&self, peer: Peer) -> usize {
        self.host.id(peer).shared_prefix(self.key, self.host.config.digits)
    }

    fn closeness(&self, peer: Peer) -> (u128, u128) {
        self.key.closeness(self.host.id(peer))
    }

    fn leaves(&self) -> impl Iterator<Item = (Place, Peer)> + '_ {
        self.node.leaves.with_offsets().map(|(offset, peer)| (Place::LeafSet { offset }, peer))
    }

    /// All of L ∪ R, and of M where the rule searches it; each peer once, at its first place.
    fn known(&self) -> Vec<(Place, Peer)> {
        let entries = self.node.table.entries();
        let mut known: Vec<_> = self.leaves().collect();
        known.extend(entries.map(|(row, column, peer)| (Place::RoutingTable { row, column }, peer)));
        if self.host.config.rule == RoutingRule::Published {
            let near = self.node.neighbourhood.peers().iter().zip(0..=u8::MAX);
            known.extend(near.map(|(peer, index)| (Place::Neighbourhood { index }, *peer)));
        }
        let mut first = Vec::with_capacity(known.len());
        for (place, peer) in known {
            if first.iter().all(|(_, seen)| *seen != peer) {
                first.push((place, peer));
            }
        }
        first
    }

    fn push(&mut self, place: Place, peer: Peer, verdict: Verdict) {
        self.candidates.push(Candidate { peer, place, verdict });
    }

    /// Lines 1 and 2, or leaf sets alone: the closest of the leaf set and the node itself.
    fn by_leaf_set(&mut self, rule: Rule) -> Rule {
        let myself = (Place::Myself, self.node.me);
        let all: Vec<_> = std::iter::once(myself).chain(self.leaves()).collect();
        let open = all.iter().filter(|(_, peer)| !self.tried.contains(peer));
        let best = open.min_by_key(|(_, peer)| self.closeness(*peer)).map(|(_, peer)| *peer);
        for (place, peer) in all {
            let verdict = match () {
                () if Some(peer) == best => Verdict::Chosen,
                () if self.tried.contains(&peer) => Verdict::NoAnswer,
                () => Verdict::Farther,
            };
            self.push(place, peer, verdict);
        }
        if rule == Rule::LeafSetAlone && best == Some(self.node.me) { Rule::NobodyCloser } else { rule }
    }

    /// Lines 4 and 5: the table's cell, and who else shares as many digits or is nearest by number.
    fn by_table(&mut self) -> Option<Rule> {
        let column = self.key.digit(self.shared, self.host.config.digits);
        let chosen = self.node.table.cell(self.shared, column)?;
        // At most 128 rows of 16 columns.
        let (row, column) = (self.shared as u8, column as u8);
        let place = Place::RoutingTable { row, column };
        if self.tried.contains(&chosen) {
            self.push(place, chosen, Verdict::NoAnswer);
            return None;
        }
        self.push(place, chosen, Verdict::Chosen);
        let asked = self.shared_by(chosen).min(self.shared + 1);
        let known = self.known();
        let nearest = |is_kind: fn(&Place) -> bool| {
            let kind = known.iter().filter(|(place, peer)| is_kind(place) && *peer != chosen);
            kind.min_by_key(|(_, peer)| self.closeness(*peer)).map(|(_, peer)| *peer)
        };
        let nearest_leaf = nearest(|place| matches!(place, Place::LeafSet { .. }));
        let nearest_entry = nearest(|place| matches!(place, Place::RoutingTable { .. }));
        for (place, peer) in known {
            let shared = self.shared_by(peer);
            if peer == chosen || (shared < asked && Some(peer) != nearest_leaf && Some(peer) != nearest_entry) {
                continue;
            }
            let verdict = match () {
                () if self.tried.contains(&peer) => Verdict::NoAnswer,
                () if shared >= asked => Verdict::RuleNotReached { shared: shared as u8 },
                () => Verdict::SharesTooFew { shared: shared as u8 },
            };
            self.push(place, peer, verdict);
        }
        Some(Rule::RoutingTable { row, column })
    }

    /// Line 7: everybody known.
    fn by_rare_case(&mut self) -> Rule {
        let own = self.closeness(self.node.me);
        let known = self.known();
        let fits = |peer: Peer| {
            !self.tried.contains(&peer) && self.shared_by(peer) >= self.shared && self.closeness(peer) < own
        };
        let fitting = known.iter().filter(|(_, peer)| fits(*peer));
        let best = fitting.min_by_key(|(_, peer)| self.closeness(*peer)).map(|(_, peer)| *peer);
        for (place, peer) in known {
            let shared = self.shared_by(peer);
            let verdict = match () {
                () if Some(peer) == best => Verdict::Chosen,
                () if self.tried.contains(&peer) => Verdict::NoAnswer,
                () if shared < self.shared => Verdict::SharesTooFew { shared: shared as u8 },
                () if self.closeness(peer) > own => Verdict::NotCloser,
                () => Verdict::Farther,
            };
            if self.candidates.iter().all(|c| c.peer != peer) {
                self.push(place, peer, verdict);
            }
        }
        if best.is_some() {
            return Rule::RareCase;
        }
        self.push(Place::Myself, self.node.me, Verdict::Chosen);
        Rule::NobodyCloser
    }
}
