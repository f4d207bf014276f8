//! Failures noticed and mended: §2.4, "Node departure".
//!
//! - **Noticed** by a hop that is not acknowledged, by a right neighbour that sent no heartbeat, by a repair request that
//!   is not answered, by a link that breaks, or by a goodbye. Silence leads to a probe; three unanswered probes mean dead.
//!   Where there is regular upkeep, the rest of the leaf set is told, and looks for itself.
//! - **Leaf set**: the farthest live member of the failed side is asked for its leaf set; the candidates nearest beyond
//!   the gap are probed and taken in.
//! - **Routing table**: for R\[l, d\] the other entries of row l are asked for theirs, then those of row l + 1.
//! - **Neighbourhood**: the nearest member is asked for its set.
//!
//! # Implementation notes
//! - An empty side has no farthest member; the nearest of the other side, whose own set reaches across, is asked.
//! - A ring that has shrunk below |L| nodes is recognised when a member's set shows that nobody lives between this
//!   node's two extremes; see `leaf_set`.
//! - Every few heartbeats a node compares its leaf set with that of a neighbour, left and right in turn: so two nodes
//!   that missed each other's announcements, or took each other to be dead, meet again, and the dead are found out.
//! - A repair gives up after a bounded number of questions; the leaf set's is begun anew with each heartbeat.

use super::liveness::RoundTrip;
use super::{Config, Context, Extend, LeafSetSize, Leaves, Message, PastryNode, Side};
use crate::id::Guid;
use crate::protocol::{Event, Host, Note, Peer};
use crate::time::{Duration, Time};

/// Probes that may be under way at once.
const PROBE_LIMIT: usize = 256;
/// How often a peer is probed before it is taken to be dead; once more where time-outs are short, and less often if
/// another node has done so.
const PROBE_TRIES: u8 = 3;
const PROBE_TRIES_TOLD: u8 = 2;
/// Where a message waits for the verdict, so many questions are asked in the time that one of them is given.
const URGENCY: u64 = 4;
/// Questions of one leaf-set repair.
const LEAF_REPAIR_ROUNDS: u8 = 8;
/// Cells under repair at once.
const ENTRY_REPAIR_LIMIT: usize = 32;
/// Questions for one cell where there is regular upkeep: newcomers fill cells as well, and deep cells often have nobody.
const ENTRY_REPAIR_ROUNDS: u8 = 3;
/// Candidates for the neighbourhood set that are probed after one loss.
const NEIGHBOUR_CANDIDATES: usize = 2;

/// A question whether a peer is alive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    peer: Peer,
    sent: Time,
    pub(super) deadline: Time,
    tries: u8,
    /// Whether a message waits for the verdict, so that the questions follow each other quickly.
    urgent: bool,
    why: Why,
}

/// Why a peer is probed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Why {
    /// It was silent.
    Silence,
    /// Another node found it silent.
    Told,
    /// It stands next to this node: its leaf set is the answer.
    Compared,
    /// It was named for the routing table or the neighbourhood set.
    Named,
    /// It was named for the leaf set, which it may widen so far. It is probed by an announcement, so that it learns of
    /// this node as well.
    NamedLeaf(Extend),
}

impl Probe {
    /// Whether any message of `peer` answers it: it asked for nothing but a sign of life.
    pub(super) fn is_settled_by_word_of(&self, peer: Peer) -> bool {
        self.peer == peer && matches!(self.why, Why::Silence | Why::Told) && self.tries > 1
    }
}

/// A side of the leaf set being filled up.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeafRepair {
    side: Side,
    rounds: u8,
    asked: Peer,
    answered: bool,
    pub(super) deadline: Time,
}

/// A cell of the routing table being filled.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryRepair {
    row: u8,
    column: u8,
    /// How many were asked before.
    rounds: u8,
    asked: Peer,
    answered: bool,
    pub(super) deadline: Time,
}

impl PastryNode {
    /// How often a peer is probed.
    fn probe_tries(&self, config: &Config, probe: &Probe) -> u8 {
        let concerns_leaves = !matches!(probe.why, Why::Silence | Why::Named) || self.leaves.contains(probe.peer);
        match probe.why {
            Why::Told => PROBE_TRIES_TOLD,
            _ => PROBE_TRIES + u8::from(config.dependability.adaptive_timeouts && concerns_leaves),
        }
    }

    /// A message waits for the verdict on a peer that is being probed.
    pub(super) fn hurry_verdict(&mut self, cx: &Context<'_>, peer: Peer) {
        let wait = Duration(self.answer_timeout(cx.host, peer).0 / URGENCY);
        if cx.host.config.dependability.adaptive_timeouts
            && let Some(probe) = self.upkeep_mut().probes.iter_mut().find(|probe| probe.peer == peer)
        {
            (probe.urgent, probe.deadline) = (true, probe.deadline.min(cx.now + wait));
        }
    }

    /// The identifier of a peer of this directory, this node among them.
    pub(super) fn checked_id(&self, host: Host<'_, Self>, peer: Peer) -> Option<Guid> {
        (peer.index() < host.peers.len()).then(|| host.id(peer))
    }

    fn probe(&mut self, cx: &mut Context<'_>, peer: Peer, why: Why) {
        let (is_dead, deadline) = (self.is_dead(peer), cx.now + self.answer_timeout(cx.host, peer));
        let probes = &mut self.upkeep_mut().probes;
        if is_dead || probes.len() >= PROBE_LIMIT || probes.iter().any(|probe| probe.peer == peer) {
            return;
        }
        probes.push(Probe { peer, sent: cx.now, deadline, tries: 1, urgent: false, why });
        self.send_probe(cx, peer, why);
    }

    fn send_probe(&self, cx: &mut Context<'_>, peer: Peer, why: Why) {
        let message = match why {
            Why::Silence | Why::Told | Why::Named => Message::Probe,
            Why::Compared => Message::LeafSetRequest,
            Why::NamedLeaf(_) => Message::Announce { leaves: self.leaves.to_message().into(), answer: true },
        };
        cx.send(peer, message);
    }

    /// A peer was silent when it should have spoken: asks it whether it is alive.
    pub(super) fn suspect(&mut self, cx: &mut Context<'_>, peer: Peer) {
        self.probe(cx, peer, Why::Silence);
    }

    /// A peer was named for the routing table: asks it whether it is alive.
    pub(super) fn consider_entry(&mut self, cx: &mut Context<'_>, peer: Peer) {
        self.probe(cx, peer, Why::Named);
    }

    /// Asks a neighbour for its leaf set, to compare it with the own one; if it does not answer it is dead.
    pub(super) fn compare_with(&mut self, cx: &mut Context<'_>, neighbour: Peer) {
        self.probe(cx, neighbour, Why::Compared);
    }

    /// A neighbour does not hear of a peer any more: looks for itself.
    pub(super) fn on_fault(&mut self, cx: &mut Context<'_>, peer: Peer) {
        if self.leaves.contains(peer) {
            self.probe(cx, peer, Why::Told);
        }
    }

    pub(super) fn on_probe(&mut self, cx: &mut Context<'_>, from: Peer) {
        cx.send(from, Message::ProbeAnswer);
        if self.revive(from) {
            self.learn(cx, from, Extend::No);
        } else if cx.host.config.dependability.raw_loss_per_million > 0
            && let Some(id) = self.id_of(cx.host, from)
        {
            // It has this node in its table, so it is often near; and two that probe each other share the probes.
            self.learn_entry(cx, from, id);
        }
    }

    pub(super) fn on_probe_answer(&mut self, cx: &mut Context<'_>, from: Peer) {
        let was_dead = self.revive(from);
        let Some(upkeep) = &mut self.upkeep else { return };
        let Some(at) = upkeep.probes.iter().position(|probe| probe.peer == from) else {
            // Too late an answer, but an answer.
            if was_dead {
                self.learn(cx, from, Extend::No);
            }
            return;
        };
        let probe = upkeep.probes.swap_remove(at);
        if probe.tries == 1 {
            self.measured(cx.host, from, cx.now.since(probe.sent));
        }
        match probe.why {
            Why::Silence | Why::Told | Why::Compared => {}
            Why::Named => self.learn(cx, from, Extend::No),
            Why::NamedLeaf(extend) => self.learn(cx, from, extend),
        }
        self.hurry_leaf_repairs(cx.now);
        self.mend_leaves(cx);
    }

    pub(super) fn on_probe_deadlines(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let Some(upkeep) = &mut self.upkeep else { return };
        let (late, waiting) = std::mem::take(&mut upkeep.probes).into_iter().partition(|probe| probe.deadline <= now);
        upkeep.probes = waiting;
        let late: Vec<Probe> = late;
        let is_over = |probe: &Probe| probe.tries >= self.probe_tries(cx.host.config, probe);
        let (over, again): (Vec<Probe>, Vec<Probe>) = late.into_iter().partition(is_over);
        for probe in again {
            let (peer, why, tries) = (probe.peer, probe.why, probe.tries + 1);
            let whole = self.answer_timeout(cx.host, peer);
            let is_last = tries >= self.probe_tries(cx.host.config, &probe);
            let wait = if probe.urgent && !is_last { Duration(whole.0 / URGENCY) } else { whole };
            self.upkeep_mut().probes.push(Probe { deadline: now + wait, tries, ..probe });
            self.send_probe(cx, peer, why);
        }
        for Probe { peer, why, .. } in over {
            cx.note(|| Note::TimedOut { peer });
            let (is_leaf, is_left) = (self.leaves.contains(peer), self.leaves.clockwise().next_back() == Some(peer));
            self.forget(cx, peer);
            self.hurry_entry_repairs(cx, peer);
            if is_leaf && (why != Why::Told || is_left) {
                self.tell_of_fault(cx, peer, why == Why::Told);
            }
        }
    }

    /// Tells the leaf set that one of it is dead. The dead node's left neighbour, which notices first, does not know the
    /// farthest of those that have the dead node in their sets: its right neighbour tells those `beyond`.
    fn tell_of_fault(&self, cx: &mut Context<'_>, peer: Peer, beyond: bool) {
        if self.active && cx.host.config.heartbeat_period.is_some() {
            let count = if beyond { self.leaves.larger().len() } else { self.leaves.len() };
            self.leaves.clockwise().take(count).for_each(|member| cx.send(member, Message::Fault { peer }));
        }
    }

    /// Asks those of this node's leaf set whether they are alive that another node should list and does not.
    fn doubt_unlisted(&mut self, cx: &mut Context<'_>, from: Peer, leaves: &Leaves) {
        let end = |peer: Option<&Peer>| peer.and_then(|peer| self.checked_id(cx.host, *peer));
        let ends = end(leaves.smaller().first()).zip(end(leaves.larger().last()));
        let is_within = |peer: Peer| match ends {
            _ if leaves.is_whole_ring() => true,
            Some((low, high)) => low.clockwise_to(cx.host.id(peer)) < low.clockwise_to(high),
            None => false,
        };
        let unlisted = |peer: &Peer| *peer != from && !leaves.peers().contains(peer) && is_within(*peer);
        for peer in self.leaves.clockwise().filter(unlisted).collect::<Vec<_>>() {
            self.probe(cx, peer, Why::Told);
        }
    }

    /// How long a peer may take for an answer, and at most `most`.
    pub(super) fn timeout(&self, host: Host<'_, Self>, peer: Peer, most: Duration) -> Duration {
        if !host.config.dependability.adaptive_timeouts {
            return most;
        }
        let known = self.upkeep.as_ref().and_then(|upkeep| upkeep.liveness.as_ref()?.round_trip(peer));
        known.unwrap_or_else(|| RoundTrip::guess(host.proximity.round_trip(self.me, peer))).timeout().min(most)
    }

    /// How long to wait for the answer to a direct question.
    pub(super) fn answer_timeout(&self, host: Host<'_, Self>, peer: Peer) -> Duration {
        self.timeout(host, peer, host.config.probe_timeout)
    }

    /// How long it takes to find out that a peer is dead.
    pub(super) fn verdict_time(&self, host: Host<'_, Self>, peer: Peer) -> Duration {
        Duration(self.answer_timeout(host, peer).0.saturating_mul(u64::from(PROBE_TRIES) + 2))
    }

    /// Notes how long a peer took to answer.
    pub(super) fn measured(&mut self, host: Host<'_, Self>, peer: Peer, sample: Duration) {
        let me = self.me;
        if host.config.dependability.adaptive_timeouts
            && let Some(liveness) = self.upkeep.as_mut().and_then(|upkeep| upkeep.liveness.as_mut())
        {
            liveness.measured(peer, sample, || host.proximity.round_trip(me, peer));
        }
    }

    /// Takes a peer that is presumed dead out of all tables, and mends them.
    pub(super) fn forget(&mut self, cx: &mut Context<'_>, peer: Peer) {
        self.remove(cx, peer, None);
    }

    /// Takes a peer out of all tables, and mends them, if possible with the leaf set that it has left behind.
    pub(super) fn remove(&mut self, cx: &mut Context<'_>, peer: Peer, heritage: Option<&Leaves>) {
        let Some(id) = self.id_of(cx.host, peer) else { return };
        if !self.active && !self.is_joining() {
            return;
        }
        let now = cx.now;
        let upkeep = self.upkeep_mut();
        upkeep.remember_dead(now, peer);
        upkeep.probes.retain(|probe| probe.peer != peer);
        if let Some(joining) = &mut upkeep.joining {
            joining.waiting.retain(|waiting| *waiting != peer);
        }
        let side = self.leaves.side_of(peer);
        self.leaves.remove(peer);
        let cell = self.table.remove(self.id, peer, id, cx.host.config.digits);
        let neighbour = self.neighbourhood.remove(peer);
        if let Some(liveness) = self.upkeep.as_mut().and_then(|upkeep| upkeep.liveness.as_mut()) {
            liveness.forget(peer);
            if heritage.is_none() && (side.is_some() || cell.is_some()) {
                liveness.failed(now);
            }
        }
        if side.is_some() || cell.is_some() || neighbour {
            cx.note(|| Note::Forgotten { peer });
        }
        if side.is_some() {
            self.range = self.leaves.range(self.id, cx.host.peers);
            if self.active {
                cx.event(Event::NeighboursChanged);
            }
        }
        if let (Some(side), Some(leaves)) = (side, heritage) {
            self.consider_arc(cx, side, peer, leaves);
        }
        self.check_welcomed(cx);
        self.hurry_repairs_asking(now, peer);
        self.mend_leaves(cx);
        if let Some((row, column)) = cell {
            self.mend_entry(cx, row, column);
        }
        if let Some(nearest) = self.neighbourhood.peers().first().copied().filter(|_| neighbour) {
            cx.send(nearest, Message::NeighbourhoodRequest);
        }
        self.resend_all_from(cx, peer);
    }

    /// Repairs that wait for `peer` go on with the next.
    fn hurry_repairs_asking(&mut self, now: Time, peer: Peer) {
        let upkeep = self.upkeep_mut();
        for repair in upkeep.leaf_repairs.iter_mut().filter(|repair| repair.asked == peer && !repair.answered) {
            (repair.answered, repair.deadline) = (true, now);
        }
        for repair in upkeep.entry_repairs.iter_mut().filter(|repair| repair.asked == peer && !repair.answered) {
            (repair.answered, repair.deadline) = (true, now);
        }
    }

    /// Begins to fill up the sides of the leaf set that lack members, unless candidates are being probed already.
    pub(super) fn mend_leaves(&mut self, cx: &mut Context<'_>) {
        let is_candidate = |probe: &Probe| matches!(probe.why, Why::NamedLeaf(Extend::Side(_)));
        let wait = self.upkeep.as_ref().is_some_and(|upkeep| upkeep.probes.iter().any(is_candidate));
        if !self.active || self.leaves.is_complete() || wait {
            return;
        }
        for side in [Side::Larger, Side::Smaller] {
            let under_way = self.upkeep.as_ref().is_some_and(|u| u.leaf_repairs.iter().any(|r| r.side == side));
            if self.leaves.missing(side) > 0 && !under_way {
                self.ask_for_leaves(cx, side, 0);
            }
        }
    }

    fn ask_for_leaves(&mut self, cx: &mut Context<'_>, side: Side, rounds: u8) {
        let other = if side == Side::Larger { Side::Smaller } else { Side::Larger };
        let known = self.leaves.extreme(side).or_else(|| self.leaves.nearest(other));
        let asked = known.or_else(|| {
            let all = self.everybody().into_iter();
            all.min_by_key(|peer| self.id.closeness(cx.host.id(*peer)))
        });
        let Some(asked) = asked else {
            // Nobody is left: alone, this node is the ring.
            self.leaves.close_gap();
            self.range = self.leaves.range(self.id, cx.host.peers);
            self.upkeep_mut().leaf_repairs.clear();
            return;
        };
        let deadline = cx.now + cx.host.config.probe_timeout;
        self.upkeep_mut().leaf_repairs.push(LeafRepair { side, rounds, asked, answered: false, deadline });
        cx.send(asked, Message::LeafSetRequest);
    }

    pub(super) fn on_leaf_set(&mut self, cx: &mut Context<'_>, from: Peer, leaves: &Leaves) {
        let Some(id) = self.id_of(cx.host, from) else { return };
        self.on_probe_answer(cx, from);
        let extend = if leaves.peers().contains(&self.me) { self.extend_towards(id) } else { Extend::No };
        self.learn(cx, from, extend);
        self.consider_leaves(cx, from, leaves);
        if self.active && cx.host.config.heartbeat_period.is_some() {
            self.doubt_unlisted(cx, from, leaves);
        }
        // Candidates get time to answer their probes; without any, whoever was asked gets time to mend its own set.
        let deadline = cx.now + cx.host.config.probe_timeout;
        let Some(upkeep) = &mut self.upkeep else { return };
        for repair in upkeep.leaf_repairs.iter_mut().filter(|repair| repair.asked == from && !repair.answered) {
            (repair.answered, repair.deadline) = (true, deadline);
        }
    }

    /// Looks through another node's leaf set for nodes that belong in this one's, and probes them.
    pub(super) fn consider_leaves(&mut self, cx: &mut Context<'_>, from: Peer, leaves: &Leaves) {
        if let Some(side) = self.leaves.side_of(from) {
            self.consider_arc(cx, side, from, leaves);
        }
    }

    /// The same for a node that stands, or stood, on the given side.
    fn consider_arc(&mut self, cx: &mut Context<'_>, side: Side, from: Peer, leaves: &Leaves) {
        let arc: Vec<_> = leaves.arc(from).take(2 * LeafSetSize::MAX.total() + 1).collect();
        match arc.iter().position(|peer| *peer == self.me) {
            // The list goes on without a gap on both sides of this node. Once a whole side has no place for one, it has
            // none for those behind it.
            Some(here) => {
                let ends = self.leaves.is_complete();
                self.consider_way(cx, Side::Larger, ends, arc[here + 1..].iter());
                self.consider_way(cx, Side::Smaller, ends, arc[..here].iter().rev());
            }
            None => self.consider_way(cx, side, false, arc.iter()),
        }
        if !self.leaves.is_complete() && self.leaves.gap_is_empty(self.me, from, leaves, |peer| self.is_dead(peer)) {
            self.leaves.close_gap();
            self.range = self.leaves.range(self.id, cx.host.peers);
            self.upkeep_mut().leaf_repairs.clear();
        }
    }

    /// Nodes that may widen one side; `ends` with the first that has no place.
    fn consider_way<'a>(&mut self, cx: &mut Context<'_>, side: Side, ends: bool, way: impl Iterator<Item = &'a Peer>) {
        let mut beyond = Vec::new();
        for peer in way {
            if !self.consider_named(cx, side, *peer, &mut beyond) && ends {
                break;
            }
        }
        crate::small_sort::sort(&mut beyond);
        beyond.dedup();
        for (_, peer) in beyond.into_iter().take(self.leaves.missing(side)) {
            self.probe(cx, peer, Why::NamedLeaf(Extend::Side(side)));
        }
    }

    /// Whether a node that was named has its place in the leaf set: then it is probed, if it is not there already. One
    /// that would widen the given side is put `beyond`, with its distance.
    fn consider_named(&mut self, cx: &mut Context<'_>, side: Side, peer: Peer, beyond: &mut Vec<(u128, Peer)>) -> bool {
        if self.leaves.contains(peer) || self.is_dead(peer) {
            return true;
        }
        let Some(id) = self.id_of(cx.host, peer) else { return true };
        if self.leaves.accepts(self.id, id, Extend::No, cx.host.peers) {
            self.probe(cx, peer, Why::NamedLeaf(Extend::No));
            return true;
        }
        let is_beyond = self.leaves.accepts(self.id, id, Extend::Side(side), cx.host.peers);
        if is_beyond {
            let clockwise = self.id.clockwise_to(id);
            beyond.push((if side == Side::Larger { clockwise } else { clockwise.wrapping_neg() }, peer));
        }
        is_beyond
    }

    /// When all candidates have answered, a repair that is not done need not wait.
    fn hurry_leaf_repairs(&mut self, now: Time) {
        let Some(upkeep) = &mut self.upkeep else { return };
        if upkeep.probes.iter().all(|probe| !matches!(probe.why, Why::NamedLeaf(_))) {
            upkeep.leaf_repairs.iter_mut().filter(|repair| repair.answered).for_each(|repair| repair.deadline = now);
        }
    }

    pub(super) fn on_leaf_repair_deadlines(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let Some(upkeep) = &mut self.upkeep else { return };
        let (due, waiting): (Vec<LeafRepair>, _) =
            std::mem::take(&mut upkeep.leaf_repairs).into_iter().partition(|repair| repair.deadline <= now);
        upkeep.leaf_repairs = waiting;
        for repair in due {
            if self.leaves.missing(repair.side) == 0 {
                continue;
            }
            if !repair.answered {
                let peer = repair.asked;
                cx.note(|| Note::TimedOut { peer });
                self.suspect(cx, peer);
            }
            if repair.rounds + 1 < LEAF_REPAIR_ROUNDS {
                self.ask_for_leaves(cx, repair.side, repair.rounds + 1);
            }
        }
    }

    /// The repair that was named a peer, and waits for it, goes on: it is dead.
    fn hurry_entry_repairs(&mut self, cx: &Context<'_>, dead: Peer) {
        let Some(id) = self.id_of(cx.host, dead) else { return };
        let digits = cx.host.config.digits;
        let row = self.id.shared_prefix(id, digits);
        let cell = (row, id.digit(row, digits));
        let now = cx.now;
        let is_waiting =
            |repair: &&mut EntryRepair| repair.answered && (repair.row.into(), repair.column.into()) == cell;
        self.upkeep_mut().entry_repairs.iter_mut().filter(is_waiting).for_each(|repair| repair.deadline = now);
    }

    fn mend_entry(&mut self, cx: &mut Context<'_>, row: u8, column: u8) {
        if self.maintains_table(cx) && self.fill_from_leaves(cx, row, column) {
            return;
        }
        let repairs = &self.upkeep_mut().entry_repairs;
        let under_way = repairs.iter().any(|repair| (repair.row, repair.column) == (row, column));
        let is_room = repairs.len() < ENTRY_REPAIR_LIMIT;
        if self.active && !under_way && is_room {
            self.ask_for_entry(cx, row, column, 0);
        }
    }

    /// Fills a cell with the nearest member of the leaf set that fits, if there is one.
    fn fill_from_leaves(&mut self, cx: &mut Context<'_>, row: u8, column: u8) -> bool {
        let digits = cx.host.config.digits;
        let fits = |peer: &Peer| {
            let id = cx.host.id(*peer);
            self.id.shared_prefix(id, digits) == usize::from(row) && id.digit(row.into(), digits) == usize::from(column)
        };
        let fitting = self.leaves.clockwise().filter(fits);
        let nearest = fitting.min_by_key(|peer| (cx.host.proximity.round_trip(self.me, *peer), *peer));
        if let Some(peer) = nearest {
            self.learn_entry(cx, peer, cx.host.id(peer));
        }
        nearest.is_some()
    }

    /// Asks the next of row `row`, then of the row below it, for its entry of a cell.
    fn ask_for_entry(&mut self, cx: &mut Context<'_>, row: u8, column: u8, rounds: u8) {
        if rounds >= ENTRY_REPAIR_ROUNDS && cx.host.config.heartbeat_period.is_some() {
            return;
        }
        let both = [usize::from(row), usize::from(row) + 1].into_iter().flat_map(|row| self.table.row(row));
        let Some(asked) = both.copied().filter(|peer| peer.is_some()).nth(rounds.into()) else { return };
        let deadline = cx.now + cx.host.config.probe_timeout;
        let repair = EntryRepair { row, column, rounds, asked, answered: false, deadline };
        self.upkeep_mut().entry_repairs.push(repair);
        cx.send(asked, Message::EntryRequest { row, column });
    }

    pub(super) fn on_entry(&mut self, cx: &mut Context<'_>, from: Peer, row: u8, column: u8, peer: Peer) {
        let is_asked = |repair: &EntryRepair| {
            (repair.row, repair.column, repair.asked, repair.answered) == (row, column, from, false)
        };
        let Some(upkeep) = &self.upkeep else { return };
        let Some(at) = upkeep.entry_repairs.iter().position(is_asked) else { return };
        let digits = cx.host.config.digits;
        let fits = |id: Guid| {
            let shared = self.id.shared_prefix(id, digits);
            shared == usize::from(row) && id.digit(shared, digits) == usize::from(column)
        };
        let is_candidate = !self.is_dead(peer) && self.id_of(cx.host, peer).is_some_and(fits);
        // Time for every try of the probe.
        let wait = if is_candidate { cx.host.config.probe_timeout.0.saturating_mul(3) } else { 0 };
        let repair = &mut self.upkeep_mut().entry_repairs[at];
        (repair.answered, repair.deadline) = (true, cx.now + Duration(wait));
        if is_candidate {
            self.probe(cx, peer, Why::Named);
        } else {
            self.on_entry_repair_deadlines(cx);
        }
    }

    pub(super) fn on_entry_repair_deadlines(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let Some(upkeep) = &mut self.upkeep else { return };
        let (due, waiting): (Vec<EntryRepair>, _) =
            std::mem::take(&mut upkeep.entry_repairs).into_iter().partition(|repair| repair.deadline <= now);
        upkeep.entry_repairs = waiting;
        for EntryRepair { row, column, rounds, asked: peer, answered, .. } in due {
            if self.table.cell(row.into(), column.into()).is_some() {
                continue;
            }
            if !answered {
                cx.note(|| Note::TimedOut { peer });
                self.suspect(cx, peer);
            }
            self.ask_for_entry(cx, row, column, rounds.saturating_add(1));
        }
    }

    /// Candidates for the neighbourhood set: the nearest unknown ones are probed.
    pub(super) fn on_neighbourhood(&mut self, cx: &mut Context<'_>, peers: &[Peer]) {
        if self.neighbourhood.peers().len() >= cx.host.config.neighbourhood.into() {
            return;
        }
        let named = peers.iter().copied().take(usize::from(u8::MAX));
        let unknown = named.filter(|peer| {
            self.id_of(cx.host, *peer).is_some() && !self.is_dead(*peer) && !self.neighbourhood.peers().contains(peer)
        });
        let proximity = cx.host.proximity;
        let mut unknown: Vec<_> = unknown.map(|peer| (proximity.round_trip(self.me, peer), peer)).collect();
        crate::small_sort::sort(&mut unknown);
        for (_, peer) in unknown.into_iter().take(NEIGHBOUR_CANDIDATES) {
            self.probe(cx, peer, Why::Named);
        }
    }
}
