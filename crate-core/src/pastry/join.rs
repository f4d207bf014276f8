//! Coming in and going: §2.4, "Node arrival" and "Node departure".
//!
//! The newcomer X asks a member A near to it in proximity to route a join to X's own identifier. Every node of the path
//! A … Z sends X rows of its table: those that it and X have in common and that no node before it has sent. A adds its
//! neighbourhood set, Z its leaf set. When all have come, X announces itself to everybody it now knows; when all of its
//! leaf set have answered, it is a member.
//!
//! # Implementation notes
//! - A hop may gain more than one digit, so "row i from the i-th node" would leave rows out: a node sends all rows from
//!   the first that nobody sent to the one that ends its own shared prefix.
//! - X knows that the path is complete from Z's place on it. Rows that got lost on the way are not waited for longer
//!   than one probe time-out after Z's message.
//! - A goodbye carries the leaf set of who goes, which knows better than anybody who is to stand in its place.
//! - [`JoinMethod`]: in the paper's ways the whole state travels as well. It is taken unprobed, which only experiments
//!   without failures can afford; the default believes no second-hand news.
//! - **Two rings become one** (not in the paper) when a member of one asks a member of the other to join. It keeps what it
//!   knows. Z of the other ring sends its leaf set as to any newcomer, and is told the member's own: so each of the two learns
//!   the other ring around itself, and what neighbours tell each other anyway takes that round both rings.
//! - Nodes pass a join by X's own identifier if that still stands in their tables from an earlier life.

use std::sync::Arc;

use super::deliver::{Routed, Upstream};
use super::leaf_set::{LeafRange, Reach};
use super::probe::Why;
use super::upkeep::Upkeep;
use super::{
    Context, Extend, Join, JoinMethod, JoinState, LeafSet, Leaves, Message, Neighbourhood, PastryNode, RoutingTable,
    Side,
};
use crate::id::Guid;
use crate::protocol::{Event, Note, Peer, RouteError, Step};
use crate::time::{Duration, Time};

/// How often a newcomer asks before it gives up.
const ATTEMPTS: u8 = 3;
/// The attempt of a member that asks for another ring's nodes next to it.
const MEETING: u8 = u8::MAX;
/// How often an announcement is made to a member that does not answer, before it is taken to be dead; with short
/// time-outs more often, since all of some 32 members have to answer.
const ANNOUNCEMENTS: u8 = 3;
const ANNOUNCEMENTS_ADAPTIVE: u8 = 5;
/// Nodes on a join's path at most; far above what sound tables need.
const PATH_LIMIT: u8 = 128;
/// Answers that a newcomer waits for at once, at most.
const WAITING_LIMIT: usize = 256;
/// Peers of another node's state that are looked at, at most: far more than its tables hold.
const STATE_LIMIT: usize = 1024;

/// A join under way, on the newcomer's side.
#[derive(Clone, Debug)]
pub(super) struct Joining {
    contact: Peer,
    attempt: u8,
    pub(super) deadline: Time,
    phase: Phase,
    /// Leaf-set members whose answer to the announcement is still to come.
    pub(super) waiting: Vec<Peer>,
}

/// How far a join has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Rows and the leaf set are coming in: bit h of `heard` stands for node h of the path, which has `length` nodes
    /// once that is known.
    Gathering { heard: u128, length: Option<u8> },
    /// Announced this often.
    Announcing { times: u8 },
    /// The nodes of R and M are asked for their state; those in `waiting` have not answered.
    Asking,
}

impl PastryNode {
    /// The first node of a new ring is a member at once.
    pub(super) fn start(&mut self, cx: &mut Context<'_>) {
        if self.active || self.is_joining() {
            return;
        }
        self.clear(cx);
        self.leaves.close_gap();
        self.range = self.leaves.range(self.id, cx.host.peers);
        self.become_member(cx);
    }

    /// Whether anybody can know of it: before, who sends it something means a former life of its.
    pub(super) fn has_announced(&self) -> bool {
        let joining = self.upkeep.as_ref().and_then(|upkeep| upkeep.joining.as_ref());
        self.active || joining.is_some_and(|joining| matches!(joining.phase, Phase::Announcing { .. }))
    }

    /// Asks `contact` for the way in; a member of another ring asks it for that ring's nodes next to itself.
    pub(super) fn join(&mut self, cx: &mut Context<'_>, contact: Peer) {
        if self.is_joining() {
            return;
        }
        let is_known = self.id_of(cx.host, contact).is_some();
        if self.active {
            let join = Join { newcomer: self.me, attempt: MEETING, hops: 0, next_row: 0 };
            is_known.then(|| cx.send(contact, Message::Join { ack: 0, join }));
            return;
        }
        if !is_known {
            cx.event(Event::JoinFailed);
            return;
        }
        self.clear(cx);
        self.ask_for_the_way_in(cx, contact, 0);
    }

    fn clear(&mut self, cx: &mut Context<'_>) {
        let config = cx.host.config;
        self.active = false;
        self.range = LeafRange::nothing(self.id);
        self.leaves = LeafSet::new(config.leaf_set.total());
        self.table = RoutingTable::new(config.digits);
        self.neighbourhood = Neighbourhood::new(config.neighbourhood);
        self.upkeep = None;
    }

    fn ask_for_the_way_in(&mut self, cx: &mut Context<'_>, contact: Peer, attempt: u8) {
        let (deadline, phase) = (cx.now + cx.host.config.join_timeout, Phase::Gathering { heard: 0, length: None });
        self.upkeep_mut().joining = Some(Box::new(Joining { contact, attempt, deadline, phase, waiting: Vec::new() }));
        cx.send(contact, Message::Join { ack: 0, join: Join { newcomer: self.me, attempt, hops: 0, next_row: 0 } });
    }

    /// On the path of somebody's join: tells the newcomer its rows, and sends the join on.
    pub(super) fn on_join(&mut self, cx: &mut Context<'_>, join: Join) {
        let Some(id) = self.id_of(cx.host, join.newcomer) else { return };
        if join.hops >= PATH_LIMIT {
            return;
        }
        let step = self.route(cx.host, id, &[join.newcomer]);
        if step == Step::Deliver && !self.active {
            self.hold(cx, Routed::Join(join), Upstream::NOBODY);
            return;
        }
        let host = cx.host;
        cx.note(|| Note::JoinRouted {
            newcomer: join.newcomer,
            hops: u16::from(join.hops),
            decision: Box::new(self.explain_without(host, id, &[join.newcomer])),
        });
        let shared = self.id.shared_prefix(id, cx.host.config.digits);
        // At most 128 rows.
        let is_whole = cx.host.config.join_method >= JoinMethod::WholeStates;
        let first_row = if is_whole { 0 } else { join.next_row.min(shared as u8) };
        let rows =
            if is_whole { self.everybody().into() } else { self.table.rows_between(first_row.into(), shared).into() };
        let is_contact = join.hops == 0 || is_whole;
        let state = JoinState {
            attempt: join.attempt,
            hop: join.hops,
            first_row,
            rows,
            neighbourhood: if is_contact { self.neighbourhood.peers().into() } else { Box::default() },
            leaves: (step == Step::Deliver).then(|| self.leaves.to_message()),
        };
        cx.send(join.newcomer, Message::JoinState(Box::new(state)));
        if let Step::Forward(next) = step {
            let on = Join { next_row: join.next_row.max(shared as u8 + 1), ..join };
            self.send_hop(cx, next, Routed::Join(on), Upstream::NOBODY, &[], 0);
        }
    }

    /// At the newcomer: a node of the path told its state.
    pub(super) fn on_join_state(&mut self, cx: &mut Context<'_>, from: Peer, state: JoinState) {
        let Some(joining) = self.upkeep.as_ref().and_then(|upkeep| upkeep.joining.as_ref()) else {
            return self.on_met(cx, from, &state);
        };
        let (attempt, phase) = (joining.attempt, joining.phase);
        if state.attempt != attempt || state.hop >= PATH_LIMIT {
            return;
        }
        let Some(sender) = self.id_of(cx.host, from) else { return };
        self.revive(from);
        self.learn_entry(cx, from, sender);
        self.copy_rows(cx, from, &state);
        let known = state.neighbourhood.iter().copied().filter(|peer| self.id_of(cx.host, *peer).is_some());
        let mut near = Vec::with_capacity(state.neighbourhood.len() + 1);
        near.extend(known.take(usize::from(u8::MAX)).chain([from]));
        self.neighbourhood.insert_all(self.me, &near, cx.host.proximity);
        let Phase::Gathering { mut heard, mut length } = phase else { return };
        heard |= 1 << state.hop;
        let mut deadline = None;
        if let Some(leaves) = &state.leaves {
            self.copy_leaves(cx, from, leaves);
            length = Some(state.hop + 1);
            deadline = Some(cx.now + cx.host.config.probe_timeout);
        }
        let is_complete = length.is_some_and(|length| heard.count_ones() >= u32::from(length));
        let Some(joining) = self.upkeep_mut().joining.as_mut() else { return };
        joining.phase = Phase::Gathering { heard, length };
        joining.deadline = deadline.map_or(joining.deadline, |sooner| sooner.min(joining.deadline));
        if is_complete {
            self.ask_for_states(cx);
        }
    }

    /// At a member that asked a contact of another ring: `from` stands next to this node there, if it sends its leaf set.
    /// They exchange announcements, and with them their surroundings; the neighbours of both follow.
    fn on_met(&mut self, cx: &mut Context<'_>, from: Peer, state: &JoinState) {
        if self.active && state.attempt == MEETING && state.leaves.is_some() && self.id_of(cx.host, from).is_some() {
            self.probe(cx, from, Why::NamedLeaf(Extend::No));
        }
    }

    /// The second stage of §2.5, where it is wanted; else straight to the announcement.
    fn ask_for_states(&mut self, cx: &mut Context<'_>) {
        if cx.host.config.join_method != JoinMethod::WholeStatesTwice {
            return self.announce(cx);
        }
        let mut asked: Vec<_> = self.table.entries().map(|(_, _, peer)| peer).collect();
        asked.extend(self.neighbourhood.peers());
        crate::small_sort::sort(&mut asked);
        asked.dedup();
        asked.truncate(WAITING_LIMIT);
        if asked.is_empty() {
            return self.announce(cx);
        }
        for peer in &asked {
            cx.send(*peer, Message::StateRequest);
        }
        let deadline = cx.now + cx.host.config.probe_timeout;
        if let Some(joining) = self.upkeep_mut().joining.as_mut() {
            (joining.phase, joining.deadline, joining.waiting) = (Phase::Asking, deadline, asked);
        }
    }

    /// Somebody tells whom it knows: whoever is nearer than the present entry of its cell takes its place.
    pub(super) fn on_state(&mut self, cx: &mut Context<'_>, from: Peer, peers: &[Peer]) {
        let named: Vec<_> = peers.iter().copied().take(STATE_LIMIT).collect();
        self.learn_near(cx, &named);
        let Some(joining) = self.upkeep.as_mut().and_then(|upkeep| upkeep.joining.as_mut()) else { return };
        if joining.phase == Phase::Asking {
            joining.waiting.retain(|peer| *peer != from);
            if joining.waiting.is_empty() {
                self.announce(cx);
            }
        }
    }

    /// Takes peers into R and M wherever they are nearer than who stands there.
    fn learn_near(&mut self, cx: &mut Context<'_>, peers: &[Peer]) {
        for peer in peers {
            if let Some(id) = self.id_of(cx.host, *peer).filter(|_| !self.is_dead(*peer)) {
                let distance = cx.host.proximity.round_trip(self.me, *peer);
                self.learn_entry_at(cx, *peer, id, Some(distance));
                self.neighbourhood.insert(self.me, *peer, distance, cx.host.proximity);
            }
        }
    }

    fn copy_rows(&mut self, cx: &mut Context<'_>, from: Peer, state: &JoinState) {
        let digits = cx.host.config.digits;
        for peer in state.rows.iter().take(digits.rows() * digits.base()) {
            // Where an entry belongs is judged by its identifier, whatever the sender says.
            if let Some(id) = self.id_of(cx.host, *peer).filter(|_| !self.is_dead(*peer)) {
                self.learn_entry(cx, *peer, id);
            }
        }
        let count = (state.rows.len() / digits.base()).min(digits.rows()) as u8;
        cx.note(|| Note::RowsReceived { from, first: state.first_row, count });
    }

    /// Takes over the leaf set of Z, which stands next to this node, and Z itself.
    fn copy_leaves(&mut self, cx: &mut Context<'_>, from: Peer, leaves: &Leaves) {
        let members = leaves.peers().iter().copied().chain([from]);
        let members = members.filter(|peer| self.id_of(cx.host, *peer).is_some() && !self.is_dead(*peer));
        let total = cx.host.config.leaf_set.total();
        self.leaves = LeafSet::from_members(total, self.id, members, cx.host.peers);
        if !leaves.is_whole_ring() {
            self.leaves.open_gap(self.id, cx.host.peers);
        }
        self.range = self.leaves.range(self.id, cx.host.peers);
        cx.note(|| Note::NeighboursReceived { from });
        for peer in self.leaves.clockwise().collect::<Vec<_>>() {
            cx.note(|| Note::NeighbourAdded { peer });
            self.learn_entry(cx, peer, cx.host.id(peer));
        }
    }

    /// Tells everybody it knows that it is here.
    fn announce(&mut self, cx: &mut Context<'_>) {
        let leaves = Arc::new(self.leaves.to_message());
        let mut waiting: Vec<_> = self.leaves.clockwise().collect();
        crate::small_sort::sort(&mut waiting);
        let deadline = cx.now + self.welcome_timeout(cx, &waiting);
        let everybody = self.everybody();
        let state: Option<Arc<[Peer]>> =
            (cx.host.config.join_method != JoinMethod::Lean).then(|| everybody.as_slice().into());
        for peer in everybody {
            // Where entries are probed, the answer to the announcement stands for a first probe.
            let answer = self.maintains_table(cx) || waiting.binary_search(&peer).is_ok();
            cx.send(peer, Message::Announce { leaves: Arc::clone(&leaves), answer });
            if let Some(state) = &state {
                cx.send(peer, Message::State(Arc::clone(state)));
            }
        }
        if let Some(joining) = self.upkeep_mut().joining.as_mut() {
            (joining.phase, joining.deadline, joining.waiting) = (Phase::Announcing { times: 1 }, deadline, waiting);
        }
        self.check_welcomed(cx);
    }

    /// Somebody is here now: takes it in, and tells it what it should have known.
    pub(super) fn on_announce(&mut self, cx: &mut Context<'_>, from: Peer, leaves: &Leaves, answer: bool) {
        let Some(id) = self.id_of(cx.host, from) else { return };
        self.revive(from);
        // Most newcomers live far away and want no answer: no leaf set has to be looked at for them.
        if !answer && self.leaves.is_complete() && self.range.reach(self.id, id) == Reach::Beyond {
            return self.learn(cx, from, Extend::No);
        }
        // A node that counts this one among its nearest knows that nobody lives between.
        let extend = if leaves.peers().contains(&self.me) { self.extend_towards(id) } else { Extend::No };
        // What it should have known may be just what it pushes out here: of two newcomers side by side, for example.
        let news = (answer && self.knows_more_than(cx, id, leaves)).then(|| Arc::new(self.leaves.to_message()));
        self.learn(cx, from, extend);
        if answer {
            cx.send(from, Message::Welcome { leaves: news });
        }
        if self.leaves.contains(from) {
            self.consider_leaves(cx, from, leaves);
        }
    }

    /// Beyond which of its extremes this node may take in somebody that counts it among its own nearest.
    pub(super) fn extend_towards(&self, id: Guid) -> Extend {
        Extend::Side(if self.id.clockwise_to(id) < 1 << 127 { Side::Larger } else { Side::Smaller })
    }

    /// Whether this node knows a node that should stand in the leaf set of another one, and does not.
    fn knows_more_than(&self, cx: &Context<'_>, theirs: Guid, leaves: &Leaves) -> bool {
        let listed = leaves.peers();
        let end = |peer: Option<&Peer>| peer.and_then(|peer| self.checked_id(cx.host, *peer));
        let ends = if leaves.is_whole_ring() || listed.len() < cx.host.config.leaf_set.total() {
            None
        } else {
            end(leaves.smaller().first()).zip(end(leaves.larger().last()))
        };
        let is_nearer = |peer: Peer| {
            let id = cx.host.id(peer);
            id != theirs && ends.is_none_or(|(low, high)| low.clockwise_to(id) < low.clockwise_to(high))
        };
        self.leaves.clockwise().any(|peer| !listed.contains(&peer) && is_nearer(peer))
    }

    /// At the newcomer: a member of its leaf set has taken note, and may have named others.
    pub(super) fn on_welcome(&mut self, cx: &mut Context<'_>, from: Peer, leaves: Option<&Leaves>) {
        // Another newcomer may have named it meanwhile.
        self.on_probe_answer(cx, from);
        if !self.is_joining() {
            if let Some(leaves) = leaves {
                self.consider_leaves(cx, from, leaves);
            }
            return;
        }
        self.revive(from);
        let extend = self.leaves.side_of(from).map_or(Extend::No, Extend::Side);
        let mut heard_of = Vec::new();
        for peer in leaves.map_or(&[][..], Leaves::peers) {
            let Some(id) = self.id_of(cx.host, *peer).filter(|_| !self.is_dead(*peer)) else { continue };
            // Its answer to the announcement shows whether it is alive.
            if self.learn_leaf(cx, *peer, id, extend) {
                self.learn_entry(cx, *peer, id);
                heard_of.push(*peer);
            }
        }
        let announcement = (!heard_of.is_empty()).then(|| Arc::new(self.leaves.to_message()));
        let Some(joining) = self.upkeep_mut().joining.as_mut() else { return };
        joining.waiting.retain(|peer| *peer != from);
        heard_of.truncate(WAITING_LIMIT.saturating_sub(joining.waiting.len()));
        joining.waiting.extend(&heard_of);
        if let Some(leaves) = announcement {
            for peer in heard_of {
                cx.send(peer, Message::Announce { leaves: Arc::clone(&leaves), answer: true });
            }
        }
        self.check_welcomed(cx);
    }

    /// A newcomer becomes a member once nobody's answer is missing.
    pub(super) fn check_welcomed(&mut self, cx: &mut Context<'_>) {
        let Some(joining) = self.upkeep.as_ref().and_then(|upkeep| upkeep.joining.as_ref()) else { return };
        if !matches!(joining.phase, Phase::Announcing { .. }) || !joining.waiting.is_empty() {
            return;
        }
        if self.leaves.clockwise().next().is_some() {
            self.become_member(cx);
        } else {
            // Nobody answered. That is no reason to be a ring of its own.
            self.ask_again(cx);
        }
    }

    /// One attempt failed: makes the next, as if nothing had been learnt, or gives up.
    fn ask_again(&mut self, cx: &mut Context<'_>) {
        let Some(joining) = self.upkeep.as_ref().and_then(|upkeep| upkeep.joining.as_ref()) else { return };
        let (contact, attempt) = (joining.contact, joining.attempt + 1);
        if attempt < ATTEMPTS {
            self.upkeep_mut().dead.clear();
            self.ask_for_the_way_in(cx, contact, attempt);
        } else {
            self.give_up(cx, Event::JoinFailed);
        }
    }

    fn become_member(&mut self, cx: &mut Context<'_>) {
        self.active = true;
        let held = match &mut self.upkeep {
            Some(upkeep) => {
                upkeep.joining = None;
                std::mem::take(&mut upkeep.held)
            }
            None => Vec::new(),
        };
        cx.event(Event::Joined);
        self.start_heartbeat(cx);
        self.begin_table_upkeep(cx);
        self.mend_leaves(cx);
        for (what, upstream) in held {
            match what {
                Routed::Envelope(envelope) => self.carry_on(cx, envelope, upstream, &[]),
                Routed::Join(join) => self.on_join(cx, join),
            }
        }
    }

    /// How long to wait for the answers to an announcement.
    fn welcome_timeout(&self, cx: &Context<'_>, waiting: &[Peer]) -> Duration {
        let each = waiting.iter().map(|peer| self.answer_timeout(cx.host, *peer));
        each.max().unwrap_or(cx.host.config.probe_timeout)
    }

    /// An answer to the join or to the announcement is late.
    pub(super) fn on_join_deadline(&mut self, cx: &mut Context<'_>) {
        let Some(joining) = self.upkeep.as_mut().and_then(|upkeep| upkeep.joining.as_mut()) else { return };
        let adaptive = cx.host.config.dependability.adaptive_timeouts;
        let most = if adaptive { ANNOUNCEMENTS_ADAPTIVE } else { ANNOUNCEMENTS };
        match &mut joining.phase {
            Phase::Gathering { length: Some(_), .. } => self.ask_for_states(cx),
            Phase::Asking => self.announce(cx),
            Phase::Gathering { length: None, .. } => {
                let peer = joining.contact;
                cx.note(|| Note::TimedOut { peer });
                self.ask_again(cx);
            }
            Phase::Announcing { times } if *times < most => {
                *times += 1;
                let waiting = joining.waiting.clone();
                let deadline = cx.now + self.welcome_timeout(cx, &waiting);
                self.upkeep_mut().joining.iter_mut().for_each(|joining| joining.deadline = deadline);
                let leaves = Arc::new(self.leaves.to_message());
                for peer in waiting {
                    cx.send(peer, Message::Announce { leaves: Arc::clone(&leaves), answer: true });
                }
            }
            Phase::Announcing { .. } => {
                joining.deadline = cx.now + cx.host.config.probe_timeout;
                for peer in joining.waiting.clone() {
                    cx.note(|| Note::TimedOut { peer });
                    self.forget(cx, peer);
                }
            }
        }
    }

    /// Says goodbye to everybody it knows.
    pub(super) fn leave(&mut self, cx: &mut Context<'_>) {
        if !self.active && !self.is_joining() {
            return;
        }
        let leaves = Arc::new(self.leaves.to_message());
        for peer in self.everybody() {
            cx.send(peer, Message::Leave { leaves: Arc::clone(&leaves) });
        }
        self.give_up(cx, Event::Left);
    }

    /// Is no member, and forgets everything.
    fn give_up(&mut self, cx: &mut Context<'_>, event: Event<Guid>) {
        let Upkeep { held, unacked, .. } = self.upkeep.take().map_or_else(Upkeep::default, |upkeep| *upkeep);
        self.clear(cx);
        let unacked = unacked.into_iter().filter(|hop| !hop.is_acked()).map(|hop| hop.what);
        for what in held.into_iter().map(|(what, _)| what).chain(unacked) {
            if let Routed::Envelope(envelope) = what {
                cx.event(Event::Undeliverable { request: envelope.request, reason: RouteError::NotAMember });
            }
        }
        cx.event(event);
    }
}
