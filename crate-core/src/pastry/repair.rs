//! Failures noticed and mended: §2.4, "Node departure".
//!
//! - **Noticed** by a hop that is not acknowledged, by a right neighbour that sent no heartbeat, by a repair request that
//!   is not answered, by a link that breaks, or by a goodbye. Silence leads to probes: see `probe`.
//! - **Leaf set**: the farthest live member of the failed side is asked for its leaf set; the candidates nearest beyond
//!   the gap are probed and taken in.
//! - **Routing table**: for R\[l, d\] the other entries of row l are asked for theirs, then those of row l + 1.
//! - **Neighbourhood**: the nearest member is asked for its set.
//!
//! # Implementation notes
//! - An empty side has no farthest member; the nearest of the other side, whose own set reaches across, is asked.
//! - A ring that has shrunk below |L| nodes is recognised when a member's set shows that nobody lives between this
//!   node's two extremes; see `leaf_set`.
//! - Two nodes that missed each other's announcements, or took each other to be dead, meet again since heartbeats carry a
//!   digest of what neighbours should both know: see `heartbeat`.
//! - Where table entries are probed, an empty cell is filled from the leaf set if somebody there fits: those are watched.
//! - A repair gives up after a bounded number of questions; the leaf set's is begun anew with each heartbeat.

use super::probe::{Probe, Why};
use super::{Context, Extend, LeafSetSize, Leaves, Message, PastryNode, Side};
use crate::id::Guid;
use crate::protocol::{Event, Note, Peer};
use crate::time::{Duration, Time};

/// Questions of one leaf-set repair.
const LEAF_REPAIR_ROUNDS: u8 = 8;
/// Cells under repair at once.
const ENTRY_REPAIR_LIMIT: usize = 32;
/// Questions for one cell where there is regular upkeep: newcomers fill cells as well, and deep cells often have nobody.
const ENTRY_REPAIR_ROUNDS: u8 = 3;
/// Candidates for the neighbourhood set that are probed after one loss.
const NEIGHBOUR_CANDIDATES: usize = 2;

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
    pub(super) fn hurry_leaf_repairs(&mut self, now: Time) {
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
    pub(super) fn hurry_entry_repairs(&mut self, cx: &Context<'_>, dead: Peer) {
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
