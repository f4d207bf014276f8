//! Coming in and going.

use super::lookup::{Goal, Walk};
use super::maintenance::{Told, first_round};
use super::{ChordMessage, ChordNode, Event, Node, Note, Peer, Phase};

type Context<'a> = super::Context<'a, ChordNode>;

/// Attempts to come in before the node says that it could not.
const JOIN_ATTEMPTS: u8 = 3;

impl ChordNode {
    /// Be the only node of a ring.
    pub(super) fn start(&mut self, cx: &mut Context<'_>) {
        if self.phase != Phase::Active {
            self.forget_everything(cx);
            self.become_member(cx);
        }
    }

    fn become_member(&mut self, cx: &mut Context<'_>) {
        self.phase = Phase::Active;
        self.next_round = first_round(cx);
        cx.event(Event::Joined);
    }

    /// Come in by way of `contact`.
    pub(super) fn join(&mut self, cx: &mut Context<'_>, contact: Peer) {
        if self.phase == Phase::Active || contact == self.me || !contact.is_some() {
            return;
        }
        self.forget_everything(cx);
        self.find_place(cx, contact, 1);
    }

    fn find_place(&mut self, cx: &mut Context<'_>, contact: Peer, attempt: u8) {
        self.phase = Phase::Joining { contact, attempt };
        let mut walk = Walk::new(self.id, Goal::Join);
        // Tables may still hold this node from before it was restarted: the place is behind it.
        walk.silent.push(self.me);
        walk.silent.extend(self.dead.iter().map(|(peer, _)| *peer));
        self.ask(cx, contact, Box::new(walk));
    }

    /// An attempt to come in failed.
    pub(super) fn join_again(&mut self, cx: &mut Context<'_>) {
        let Phase::Joining { contact, attempt } = self.phase else { return };
        if attempt < JOIN_ATTEMPTS {
            return self.find_place(cx, contact, attempt + 1);
        }
        self.phase = Phase::Idle;
        cx.event(Event::JoinFailed);
    }

    fn forget_everything(&mut self, cx: &Context<'_>) {
        let fresh = Self::new(self.me, cx.host);
        *self = Self { last_token: self.last_token, ..fresh };
    }

    /// The lookup for the own place ended at `successor`. In the paper that pointer is all a newcomer starts with, taken
    /// on the word of the node that names it; the rest comes with the first stabilisation.
    pub(super) fn place_found(&mut self, cx: &mut Context<'_>, successor: Peer) {
        if !Self::is_repaired(cx) {
            self.follow(cx, successor, &[]);
            self.become_member(cx);
        }
        self.ask_neighbours(cx, successor, true, 0);
    }

    /// A node that answered is the successor: be a member, with its list.
    pub(super) fn come_in(&mut self, cx: &mut Context<'_>, successor: Peer, told: &Told) {
        self.follow(cx, successor, &told.successors);
        cx.note(|| Note::NeighboursReceived { from: successor });
        self.become_member(cx);
        self.take_fingers(cx, &told.fingers);
        if cx.host.config.maintenance.is_none() {
            // No round will ever mend them, so look them all up now.
            self.filling = true;
            self.next_finger = self.fingers.low() + 1;
        }
    }

    /// Say goodbye to both sides.
    pub(super) fn leave(&mut self, cx: &mut Context<'_>) {
        if self.phase == Phase::Active {
            let (predecessor, successor) = (self.predecessor, self.successor());
            for (at, to) in [predecessor, successor].into_iter().enumerate() {
                if to.is_some() && to != self.me && !(at == 1 && to == predecessor) {
                    let successors = self.successors.clone();
                    cx.send(to, ChordMessage::Leave { predecessor, successors });
                }
            }
        }
        self.forget_everything(cx);
        cx.event(Event::Left);
    }

    /// A neighbour goes: close the gap, and look at once whether the other side knows.
    pub(super) fn on_leave(&mut self, cx: &mut Context<'_>, from: Peer, successors: &[Peer]) {
        if self.successors == [from] {
            // Nobody else behind it is known: its list is the only way on, believed until stabilisation has asked.
            let mut rest = successors.iter().copied().filter(|p| *p != self.me && *p != from && !self.is_dead(cx, *p));
            if let Some(next) = rest.next() {
                self.follow(cx, next, &[]);
                self.stabilise(cx);
            }
        }
        self.forget(cx, from);
    }
}
