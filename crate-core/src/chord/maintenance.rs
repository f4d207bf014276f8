//! Keeping the ring true: stabilise, notify, check_predecessor, and what to do about the silent.

use rand::RngExt;

use super::calls::{About, Call};
use super::{ChordId, ChordMessage, ChordNode, Correctness, Duration, Note, Peer, Phase, Time, Token};

type Context<'a> = super::Context<'a, ChordNode>;

/// Most peers that are remembered as dead.
const MOST_DEAD: usize = 16;
/// How long they are, in periods of upkeep.
const DEAD_FOR_PERIODS: u8 = 6;
/// Most steps from a successor to the predecessor it names, and on, in one round.
const LONGEST_CHAIN: u8 = 16;
/// Most signs of life waited for at a time; other suspicions have to come up again.
const MOST_PINGS: usize = 8;

impl ChordNode {
    /// Whether others are believed only about nodes that have answered.
    pub(super) fn is_repaired(cx: &Context<'_>) -> bool {
        cx.host.config.correctness == Correctness::Repaired
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
        self.seek_reunion(cx);
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

    pub(super) fn ask_neighbours(&mut self, cx: &mut Context<'_>, to: Peer, joining: bool, chain: u8) {
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
    pub(super) fn on_neighbours(&mut self, cx: &mut Context<'_>, from: Peer, told: Told, joining: bool, chain: u8) {
        let predecessor = told.predecessor;
        let nearer = predecessor.is_some()
            && predecessor != self.me
            && cx.host.id(predecessor).between(self.id, cx.host.id(from), cx.host.config.bits)
            && !self.is_dead(cx, predecessor);
        let ask_nearer = nearer && chain < LONGEST_CHAIN && Self::is_repaired(cx);
        if matches!(self.phase, Phase::Joining { .. }) {
            if joining && ask_nearer {
                // Whoever came in there meanwhile is the successor, and must not be skipped.
                self.ask_neighbours(cx, predecessor, true, chain + 1);
            } else if joining {
                self.come_in(cx, from, &told);
                cx.send(from, ChordMessage::Notify);
                self.fill_next_finger(cx);
            }
            return;
        }
        if !(self.is_alone() || from == self.successor() || self.is_nearer_successor(cx, from)) {
            return;
        }
        if nearer && !Self::is_repaired(cx) {
            // Taken on the word of the successor, as in the paper.
            let list: Vec<Peer> = std::iter::once(from).chain(told.successors).collect();
            self.follow(cx, predecessor, &list);
        } else {
            self.follow(cx, from, &told.successors);
        }
        if joining {
            self.take_fingers(cx, &told.fingers);
        }
        if ask_nearer {
            self.ask_neighbours(cx, predecessor, false, chain + 1);
        } else {
            cx.send(self.successor(), ChordMessage::Notify);
            self.fill_next_finger(cx);
        }
    }

    pub(super) fn is_nearer_successor(&self, cx: &Context<'_>, peer: Peer) -> bool {
        let gap = self.id.clockwise_to(cx.host.id(peer), cx.host.config.bits);
        let nearest = self.successor_gap(cx.host.peers, cx.host.config.bits);
        gap != ChordId::ZERO && nearest.is_some_and(|nearest| gap < nearest)
    }

    /// Makes `first` the successor and the rest of the list its list, without its last if there are too many. Entries
    /// known to be dead count as well: what stands behind the first r may skip nodes by the time that this is heard.
    pub(super) fn follow(&mut self, cx: &mut Context<'_>, first: Peer, rest: &[Peer]) {
        let bits = cx.host.config.bits;
        let most = usize::from(cx.host.config.successor_list.max(1));
        let mut list = Vec::with_capacity(most.min(rest.len() + 1));
        list.push(first);
        let mut gap = self.id.clockwise_to(cx.host.id(first), bits);
        for peer in rest.iter().take(most - 1) {
            let next = self.id.clockwise_to(cx.host.id(*peer), bits);
            // Once round, or out of order: what follows is of no use here.
            if next <= gap {
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
        } else if Self::is_repaired(cx) {
            // Rectify: it may know better, and takes the predecessor's place if that is gone.
            self.ping(cx, old, false, from);
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
            self.ping(cx, self.predecessor, false, Peer::NONE);
        }
        self.predecessor_heard = false;
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
            self.ping(cx, peer, false, Peer::NONE);
        }
    }

    /// Asks for a sign of life. If none comes, `heir` becomes the predecessor in the place of `peer`.
    fn ping(&mut self, cx: &mut Context<'_>, peer: Peer, again: bool, heir: Peer) {
        let mut waiting = 0;
        for call in self.calls.values_mut() {
            let About::Ping { heir: present, .. } = &mut call.about else { continue };
            if call.to == peer {
                *present = heir.some().unwrap_or(*present);
                return;
            }
            waiting += 1;
        }
        if waiting >= MOST_PINGS {
            return;
        }
        let token = self.expect_answer(cx, peer, About::Ping { again, heir });
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
                if chain == 0 && !joining && self.phase == Phase::Active {
                    // Ask a successor once more: to skip it by mistake costs more than another time-out.
                    return self.ping(cx, peer, true, Peer::NONE);
                }
                self.forget(cx, peer);
                if joining {
                    self.join_again(cx);
                } else if chain > 0 && !self.is_alone() {
                    // The predecessor that the successor named is gone: the successor should know its true one.
                    cx.send(self.successor(), ChordMessage::Notify);
                }
            }
            About::Ping { again: false, heir } => self.ping(cx, peer, true, heir),
            About::Ping { again: true, heir } => {
                self.forget(cx, peer);
                if heir.is_some() && !self.predecessor.is_some() && self.phase == Phase::Active {
                    self.set_predecessor(cx, heir);
                }
            }
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
    pub(super) fn is_dead(&self, cx: &Context<'_>, peer: Peer) -> bool {
        self.dead.iter().any(|(dead, since)| *dead == peer && cx.now.since(*since) < remembered_for(cx))
    }

    /// Takes a peer to be dead, out of all tables.
    pub(super) fn forget(&mut self, cx: &mut Context<'_>, peer: Peer) {
        self.dead.retain(|(dead, _)| *dead != peer);
        if self.dead.len() >= MOST_DEAD {
            self.dead.remove(0);
        }
        self.dead.push((peer, cx.now));
        let mut found = self.fingers.forget(peer);
        self.compass.spoil();
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
        self.compass.spoil();
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
        self.fit_fingers(cx.host.peers, cx.host.config.bits, before);
        self.compass.spoil();
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

/// How long a peer that was taken to be dead is not believed in.
pub(super) fn remembered_for(cx: &Context<'_>) -> Duration {
    let config = cx.host.config;
    Duration(config.maintenance.unwrap_or(config.ack_timeout).0.saturating_mul(u64::from(DEAD_FOR_PERIODS)))
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
pub(super) fn first_round(cx: &mut Context<'_>) -> Time {
    match cx.host.config.maintenance {
        // Time 0 means "not yet set", so at least one microsecond.
        Some(period) => cx.now + Duration(1 + cx.rng.random_range(0..=period.0)),
        None => Time::NEVER,
    }
}
