//! Coming in, going, and keeping the tables true: join, stabilise, notify, fix_fingers, check_predecessor.

use rand::RngExt;

use super::calls::{About, Call};
use super::lookup::{Goal, Walk};
use super::{ChordId, ChordMessage, ChordNode, Duration, Event, Note, Overlay, Peer, Phase, Time, Token};

type Context<'a> = super::Context<'a, ChordNode>;

/// Attempts to come in before the node says that it could not.
const JOIN_ATTEMPTS: u8 = 3;
/// Most peers that are remembered as dead.
const MOST_DEAD: usize = 16;
/// How long they are, in periods of upkeep.
const DEAD_FOR_PERIODS: u8 = 6;
/// Most steps from a successor to the predecessor it names, and on, in one round.
const LONGEST_CHAIN: u8 = 16;
/// Most signs of life waited for at a time; other suspicions have to come up again.
const MOST_PINGS: usize = 8;

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

    /// The lookup for the own place ended at `successor`.
    pub(super) fn place_found(&mut self, cx: &mut Context<'_>, successor: Peer) {
        self.ask_neighbours(cx, successor, true, 0);
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

    /// One round of upkeep, once a period.
    pub(super) fn round(&mut self, cx: &mut Context<'_>) {
        let Some(period) = cx.host.config.maintenance else {
            self.next_round = Time::NEVER;
            return;
        };
        let first = self.next_round == Time::ZERO;
        self.next_round = if first { first_round(cx) } else { cx.now + spread(cx, period) };
        if first || self.phase != Phase::Active {
            return;
        }
        self.stabilise(cx);
        self.check_predecessor(cx);
        self.fix_next_finger(cx);
    }

    /// Asks the successor who its predecessor is.
    pub(super) fn stabilise(&mut self, cx: &mut Context<'_>) {
        let successor = self.successor();
        if successor != self.me {
            self.ask_neighbours(cx, successor, false, 0);
        }
    }

    fn ask_neighbours(&mut self, cx: &mut Context<'_>, to: Peer, joining: bool, chain: u8) {
        let asked = |call: &Call| call.to == to && matches!(call.about, About::Neighbours { .. });
        if self.calls.values().filter(|call| asked(call)).count() >= 2 {
            return;
        }
        let token = self.expect_answer(cx, to, About::Neighbours { joining, again: false, chain });
        cx.send(to, ChordMessage::GetNeighbours { token, joining });
    }

    pub(super) fn on_get_neighbours(&self, cx: &mut Context<'_>, from: Peer, token: Token, joining: bool) {
        let mut fingers: Vec<Peer> = Vec::new();
        if joining {
            for (_, peer) in self.fingers.iter() {
                if peer.is_some() && peer != self.me && fingers.last() != Some(&peer) {
                    fingers.push(peer);
                }
            }
        }
        let (predecessor, successors) = (self.predecessor, self.successors.clone());
        cx.send(from, ChordMessage::Neighbours { token, predecessor, successors, fingers, joining });
    }

    /// A node has told its neighbours: the successor, or one that is nearer than the successor and has just proved to
    /// be alive.
    pub(super) fn on_neighbours(&mut self, cx: &mut Context<'_>, from: Peer, message: Told, joining: bool, chain: u8) {
        let Told { predecessor, successors, fingers } = message;
        let bits = cx.host.config.bits;
        if joining && matches!(self.phase, Phase::Joining { .. }) {
            self.follow(cx, from, &successors);
            cx.note(|| Note::NeighboursReceived { from });
            self.become_member(cx);
            self.take_fingers(cx, &fingers);
            if cx.host.config.maintenance.is_none() {
                // No round will ever mend them, so look them all up now.
                self.filling = true;
                self.next_finger = self.fingers.low() + 1;
            }
        } else if self.is_alone() || from == self.successor() || self.is_nearer_successor(cx, from) {
            self.follow(cx, from, &successors);
        } else {
            return;
        }
        let nearer = predecessor.is_some()
            && predecessor != self.me
            && cx.host.id(predecessor).between(self.id, cx.host.id(from), bits)
            && !self.is_dead(cx, predecessor);
        if nearer && chain < LONGEST_CHAIN {
            self.ask_neighbours(cx, predecessor, false, chain + 1);
        } else {
            cx.send(from, ChordMessage::Notify);
            self.fill_next_finger(cx);
        }
    }

    /// A newcomer without periodic upkeep looks up one finger after the other.
    pub(super) fn fill_next_finger(&mut self, cx: &mut Context<'_>) {
        if self.filling && self.next_finger <= self.fingers.len() {
            self.fix_next_finger(cx);
        } else {
            self.filling = false;
        }
    }

    fn is_nearer_successor(&self, cx: &Context<'_>, peer: Peer) -> bool {
        let gap = self.id.clockwise_to(cx.host.id(peer), cx.host.config.bits);
        gap != ChordId::ZERO && gap < self.successor_gap
    }

    /// Makes `first` the successor and the rest of the list its list, without its last if there are too many.
    fn follow(&mut self, cx: &mut Context<'_>, first: Peer, rest: &[Peer]) {
        let bits = cx.host.config.bits;
        let most = usize::from(cx.host.config.successor_list.max(1));
        let mut list = Vec::with_capacity(most.min(rest.len() + 1));
        list.push(first);
        let mut gap = self.id.clockwise_to(cx.host.id(first), bits);
        for peer in rest {
            let next = self.id.clockwise_to(cx.host.id(*peer), bits);
            // Once round, or out of order: what follows is of no use here.
            if next <= gap || list.len() == most {
                break;
            }
            gap = next;
            if !self.is_dead(cx, *peer) {
                list.push(*peer);
            }
        }
        self.set_successors(cx, list);
    }

    /// A node thinks that it is the predecessor.
    pub(super) fn on_notify(&mut self, cx: &mut Context<'_>, from: Peer) {
        let bits = cx.host.config.bits;
        let old = self.predecessor;
        if self.is_alone() {
            self.set_predecessor(cx, from);
            self.set_successors(cx, vec![from]);
            return self.stabilise(cx);
        }
        if old == from {
            self.predecessor_heard = true;
        } else if !old.is_some() {
            self.set_predecessor(cx, from);
        } else if cx.host.id(from).between(cx.host.id(old), self.id, bits) {
            self.set_predecessor(cx, from);
            cx.send(old, ChordMessage::Changed);
        } else {
            // It may know better: the predecessor may be gone.
            self.ping(cx, old, false);
        }
    }

    /// The successor, or a node nearer than it, says that its predecessor changed.
    pub(super) fn on_changed(&mut self, cx: &mut Context<'_>, from: Peer) {
        if from == self.successor() || self.is_nearer_successor(cx, from) {
            self.ask_neighbours(cx, from, false, 0);
        }
    }

    /// Asks the predecessor for a sign of life, unless it gave one since the last round.
    fn check_predecessor(&mut self, cx: &mut Context<'_>) {
        if self.predecessor.is_some() && !self.predecessor_heard {
            self.ping(cx, self.predecessor, false);
        }
        self.predecessor_heard = false;
    }

    /// Looks up the next finger in turn. Fingers that are the successor by definition have no turn.
    fn fix_next_finger(&mut self, cx: &mut Context<'_>) {
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
        if self.fingers.set(i, peer) && peer.is_some() {
            cx.note(|| Note::EntrySet { row: i, column: 0, peer });
        }
    }

    /// First fingers of a newcomer: among the successor's fingers and the own list, the first at or behind each start.
    /// They may lie too far; fix_fingers corrects them.
    fn take_fingers(&mut self, cx: &mut Context<'_>, fingers: &[Peer]) {
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

    /// Peers of which another node says that they are silent: find out, if they are of any use here.
    pub(super) fn check_reports(&mut self, cx: &mut Context<'_>, silent: &[Peer]) {
        for peer in silent {
            if *peer != self.me && self.holds(*peer) {
                self.probe(cx, *peer);
            }
        }
    }

    /// A peer is suspected, one answer having been missed: ask it, if tables are kept at all.
    pub(super) fn probe(&mut self, cx: &mut Context<'_>, peer: Peer) {
        if cx.host.config.maintenance.is_some() {
            self.ping(cx, peer, true);
        }
    }

    fn ping(&mut self, cx: &mut Context<'_>, peer: Peer, again: bool) {
        let pinged = |call: &&Call| matches!(call.about, About::Ping { .. });
        if self.calls.values().any(|call| pinged(&call) && call.to == peer)
            || self.calls.values().filter(pinged).count() >= MOST_PINGS
        {
            return;
        }
        let token = self.expect_answer(cx, peer, About::Ping { again });
        cx.send(peer, ChordMessage::Ping { token });
    }

    /// A question was not answered in time.
    pub(super) fn on_silence(&mut self, cx: &mut Context<'_>, call: Call) {
        let peer = call.to;
        cx.note(|| Note::TimedOut { peer });
        match call.about {
            About::Hop { envelope, covering, attempt, silent } => {
                self.suspect(cx, peer);
                self.hop_failed(cx, peer, envelope, covering, attempt, silent);
            }
            About::Step(walk) | About::Last(walk) => {
                self.suspect(cx, peer);
                self.go_around(cx, peer, walk);
            }
            About::Neighbours { joining, again: false, chain } => {
                // Messages get lost: once more before a neighbour is given up.
                let token = self.expect_answer(cx, peer, About::Neighbours { joining, again: true, chain });
                cx.send(peer, ChordMessage::GetNeighbours { token, joining });
            }
            About::Neighbours { joining, again: true, chain } => {
                self.forget(cx, peer);
                if joining {
                    self.join_again(cx);
                } else if chain > 0 && !self.is_alone() {
                    // The predecessor that the successor named is gone: the successor should know its true one.
                    cx.send(self.successor(), ChordMessage::Notify);
                }
            }
            About::Ping { again: false } => self.ping(cx, peer, true),
            About::Ping { again: true } => self.forget(cx, peer),
        }
    }

    fn suspect(&mut self, cx: &mut Context<'_>, peer: Peer) {
        if self.phase == Phase::Active && self.holds(peer) {
            self.probe(cx, peer);
        }
    }

    fn holds(&self, peer: Peer) -> bool {
        self.predecessor == peer || self.successors.contains(&peer) || self.fingers.iter().any(|(_, p)| p == peer)
    }

    /// Whether a peer has lately been taken to be dead. What others say is believed again some rounds later, when no
    /// list that is older than its death is still about: it may have come back elsewhere than next to this node.
    fn is_dead(&self, cx: &Context<'_>, peer: Peer) -> bool {
        let config = cx.host.config;
        let memory = config.maintenance.unwrap_or(config.ack_timeout).0.saturating_mul(u64::from(DEAD_FOR_PERIODS));
        self.dead.iter().any(|(dead, since)| *dead == peer && cx.now.since(*since) < Duration(memory))
    }

    /// Takes a peer to be dead, out of all tables.
    pub(super) fn forget(&mut self, cx: &mut Context<'_>, peer: Peer) {
        self.dead.retain(|(dead, _)| *dead != peer);
        if self.dead.len() >= MOST_DEAD {
            self.dead.remove(0);
        }
        self.dead.push((peer, cx.now));
        let mut found = self.fingers.forget(peer);
        if self.predecessor == peer {
            found = true;
            self.set_predecessor(cx, Peer::NONE);
        }
        if self.successors.contains(&peer) {
            found = true;
            let was_first = self.successor() == peer;
            let mut list: Vec<Peer> = self.successors.iter().copied().filter(|p| *p != peer).collect();
            if list.is_empty() {
                // The nearest peer that is known otherwise; stabilisation walks back from it.
                let fingers = self.fingers.iter().map(|(_, p)| p);
                let other = fingers.chain([self.predecessor]).find(|p| p.is_some() && *p != self.me);
                list.extend(other);
            }
            self.set_successors(cx, list);
            if was_first && self.phase == Phase::Active {
                self.stabilise(cx);
            }
        }
        if found {
            cx.note(|| Note::Forgotten { peer });
        }
    }

    pub(super) fn set_predecessor(&mut self, cx: &mut Context<'_>, peer: Peer) {
        if peer == self.predecessor {
            return;
        }
        let old = std::mem::replace(&mut self.predecessor, peer);
        self.predecessor_heard = true;
        self.measure(cx.host.peers, cx.host.config.bits);
        self.neighbours_changed = true;
        if old.is_some() && !self.successors.contains(&old) {
            cx.note(|| Note::NeighbourRemoved { peer: old });
        }
        if peer.is_some() && !self.successors.contains(&peer) {
            cx.note(|| Note::NeighbourAdded { peer });
        }
    }

    fn set_successors(&mut self, cx: &mut Context<'_>, list: Vec<Peer>) {
        if list == self.successors {
            return;
        }
        let before = self.successors.first().copied().unwrap_or(Peer::NONE);
        let old = std::mem::replace(&mut self.successors, list);
        self.measure(cx.host.peers, cx.host.config.bits);
        self.fit_fingers(cx.host.config.bits, before);
        self.neighbours_changed = true;
        if cx.tracing {
            let changes = |from: &[Peer], to: &[Peer], predecessor: Peer| -> Vec<Peer> {
                from.iter().copied().filter(|p| !to.contains(p) && *p != predecessor).collect()
            };
            for peer in changes(&old, &self.successors, self.predecessor) {
                cx.note(|| Note::NeighbourRemoved { peer });
            }
            for peer in changes(&self.successors, &old, self.predecessor) {
                cx.note(|| Note::NeighbourAdded { peer });
            }
        }
    }
}

/// The fields of [`ChordMessage::Neighbours`].
pub(super) struct Told {
    pub(super) predecessor: Peer,
    pub(super) successors: Vec<Peer>,
    pub(super) fingers: Vec<Peer>,
}

/// Half a period to one and a half, as in the paper's experiments (15 to 45 s around 30 s).
fn spread(cx: &mut Context<'_>, period: Duration) -> Duration {
    Duration(period.0 / 2 + cx.rng.random_range(0..=period.0))
}

/// The first round comes within one period, so that nodes that began together do not stay in step.
fn first_round(cx: &mut Context<'_>) -> Time {
    match cx.host.config.maintenance {
        // Time 0 means "not yet set", so at least one microsecond.
        Some(period) => cx.now + Duration(1 + cx.rng.random_range(0..=period.0)),
        None => Time::NEVER,
    }
}
