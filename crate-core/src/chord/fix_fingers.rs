//! fix_fingers: one finger looked up each round, and a newcomer's first guesses.

use super::calls::{About, Call};
use super::lookup::{Goal, Walk};
use super::{ChordId, ChordNode, Note, Peer};

type Context<'a> = super::Context<'a, ChordNode>;

impl ChordNode {
    /// A newcomer without periodic upkeep looks up one finger after the other.
    pub(super) fn fill_next_finger(&mut self, cx: &mut Context<'_>) {
        if self.filling && self.next_finger <= self.fingers.len() {
            self.fix_next_finger(cx);
        } else {
            self.filling = false;
        }
    }

    /// Looks up the next finger in turn. Fingers that are the successor by definition have no turn.
    pub(super) fn fix_next_finger(&mut self, cx: &mut Context<'_>) {
        if self.fingers.low() >= self.fingers.len() || self.is_alone() {
            return;
        }
        let busy = |call: &Call| matches!(&call.about, About::Step(walk) if matches!(walk.goal, Goal::Finger(_)));
        if self.calls.values().any(busy) {
            return;
        }
        let i = self.next_finger;
        let i = if i > self.fingers.low() && i <= self.fingers.len() { i } else { self.fingers.low() + 1 };
        self.next_finger = i + 1;
        let start = self.id.plus_power(i - 1, cx.host.config.bits);
        self.decide_here(cx, Box::new(Walk::new(start, Goal::Finger(i))));
    }

    /// The lookup for finger `i` ended at `peer`, which is also the finger of every later start before it.
    pub(super) fn finger_found(&mut self, cx: &mut Context<'_>, i: u8, peer: Peer) {
        if i > self.fingers.low() && i <= self.fingers.len() {
            self.apply_finger(cx, i, peer);
        }
        self.fill_next_finger(cx);
    }

    fn apply_finger(&mut self, cx: &mut Context<'_>, i: u8, peer: Peer) {
        let bits = cx.host.config.bits;
        let gap = self.id.clockwise_to(cx.host.id(peer), bits);
        let reached = if peer == self.me { self.fingers.len() } else { gap.bit_length() };
        if reached < i {
            return; // lies before its start: no successor of it
        }
        for j in i..=reached {
            self.set_finger(cx, j, peer);
        }
        self.next_finger = reached + 1;
        for j in (self.fingers.low() + 1..i).rev() {
            let lower = self.fingers.stored(j);
            if lower.is_some() && self.reaches_beyond(cx, lower, peer) {
                self.set_finger(cx, j, peer);
            }
        }
    }

    /// Whether `a` lies farther clockwise than `b`; the node itself lies a whole turn away.
    fn reaches_beyond(&self, cx: &Context<'_>, a: Peer, b: Peer) -> bool {
        if a == self.me || b == self.me {
            return a == self.me && b != self.me;
        }
        let way = |p| self.id.clockwise_to(cx.host.id(p), cx.host.config.bits);
        way(a) > way(b)
    }

    fn set_finger(&mut self, cx: &mut Context<'_>, i: u8, peer: Peer) {
        if !self.fingers.set(i, peer) {
            return;
        }
        self.compass.spoil();
        if peer.is_some() {
            cx.note(|| Note::EntrySet { row: i, column: 0, peer });
        }
    }

    /// First fingers of a newcomer: among the successor's fingers and the own list, the first at or behind each start.
    /// They may lie too far; fix_fingers corrects them.
    pub(super) fn take_fingers(&mut self, cx: &mut Context<'_>, fingers: &[Peer]) {
        let bits = cx.host.config.bits;
        let mut ways: Vec<(ChordId, Peer)> = fingers
            .iter()
            .chain(&self.successors)
            .take(512)
            .map(|peer| (self.id.clockwise_to(cx.host.id(*peer), bits), *peer))
            .filter(|(way, peer)| *way != ChordId::ZERO && !self.is_dead(cx, *peer))
            .collect();
        crate::small_sort::sort(&mut ways);
        let mut at = 0;
        for i in self.fingers.low() + 1..=self.fingers.len() {
            while at < ways.len() && ways[at].0.bit_length() < i {
                at += 1;
            }
            if let Some((_, peer)) = ways.get(at) {
                self.set_finger(cx, i, *peer);
            }
        }
    }
}
