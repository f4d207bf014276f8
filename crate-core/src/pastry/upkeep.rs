//! What a node remembers for a while: joins, probes, repairs, unacknowledged hops; and the timers that belong to them.
//!
//! # Implementation notes
//! Every list is bounded. Deadlines are looked up in the lists, which are short, rather than kept in a heap. When
//! nothing is left the whole box is given back, so that a quiet node of a large world pays eight bytes for all this.

use std::collections::VecDeque;

use super::deliver::{Held, Unacked};
use super::join::Joining;
use super::liveness::Liveness;
use super::probe::Probe;
use super::repair::{EntryRepair, LeafRepair};
use super::{Context, PastryNode};
use crate::protocol::{Peer, Request};
use crate::time::{Duration, Time};

/// How long a silent peer is remembered as dead.
const DEAD_SPAN: Duration = Duration::from_secs(60);
/// How many dead peers are remembered; the oldest go first.
const DEAD_LIMIT: usize = 64;
/// How many hops and deliveries are remembered against doubles.
const RECENT_LIMIT: usize = 64;

/// A peer that did not answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dead {
    pub(super) peer: Peer,
    until: Time,
}

/// A short memory of what was seen last.
#[derive(Clone, Debug)]
pub(super) struct Recent<T>(VecDeque<T>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: PartialEq> Recent<T> {
    /// Whether `value` is new; remembers it if so.
    pub(super) fn is_new(&mut self, value: T) -> bool {
        if self.0.contains(&value) {
            return false;
        }
        if self.0.len() == RECENT_LIMIT {
            self.0.pop_front();
        }
        self.0.push_back(value);
        true
    }
}

/// See the module.
#[derive(Clone, Default, Debug)]
pub(super) struct Upkeep {
    pub(super) joining: Option<Box<Joining>>,
    /// What waits for this node to become a member.
    pub(super) held: Vec<Held>,
    pub(super) unacked: Vec<Unacked>,
    /// Hops that were acknowledged, by sender.
    pub(super) hops_seen: Recent<(Peer, u32)>,
    /// Requests that were delivered, by origin.
    pub(super) delivered: Recent<(Peer, Request)>,
    pub(super) probes: Vec<Probe>,
    pub(super) leaf_repairs: Vec<LeafRepair>,
    pub(super) entry_repairs: Vec<EntryRepair>,
    pub(super) dead: VecDeque<Dead>,
    /// When the next heartbeat is due.
    pub(super) heartbeat: Option<Time>,
    /// Who was heard of when; with regular upkeep only.
    pub(super) liveness: Option<Box<Liveness>>,
}

impl Upkeep {
    pub(super) fn next_deadline(&self) -> Option<Time> {
        let joining = self.joining.as_ref().map(|joining| joining.deadline);
        let watched = self.liveness.iter().flat_map(|liveness| [liveness.right_due(), liveness.look]);
        let all = joining.into_iter().chain(self.heartbeat).chain(watched);
        let all = all.chain(self.unacked.iter().map(|hop| hop.deadline));
        let all = all.chain(self.probes.iter().map(|probe| probe.deadline));
        let all = all.chain(self.leaf_repairs.iter().map(|repair| repair.deadline));
        all.chain(self.entry_repairs.iter().map(|repair| repair.deadline)).min()
    }

    /// Whether there is nothing left to remember.
    pub(super) fn is_idle(&self, now: Time) -> bool {
        self.joining.is_none()
            && self.heartbeat.is_none()
            && self.held.is_empty()
            && self.unacked.is_empty()
            && self.hops_seen.0.is_empty()
            && self.delivered.0.is_empty()
            && self.probes.is_empty()
            && self.leaf_repairs.is_empty()
            && self.entry_repairs.is_empty()
            && self.dead.iter().all(|dead| dead.until <= now)
    }

    pub(super) fn remember_dead(&mut self, now: Time, peer: Peer) {
        self.dead.retain(|dead| dead.peer != peer && dead.until > now);
        if self.dead.len() == DEAD_LIMIT {
            self.dead.pop_front();
        }
        self.dead.push_back(Dead { peer, until: now + DEAD_SPAN });
    }

    pub(super) fn bytes(&self) -> usize {
        fn of<T>(capacity: usize) -> usize {
            capacity * size_of::<T>()
        }
        size_of::<Self>()
            + self.joining.as_ref().map_or(0, |joining| size_of::<Joining>() + of::<Peer>(joining.waiting.capacity()))
            + of::<Held>(self.held.capacity())
            + of::<Unacked>(self.unacked.capacity())
            + of::<(Peer, u32)>(self.hops_seen.0.capacity())
            + of::<(Peer, Request)>(self.delivered.0.capacity())
            + of::<Probe>(self.probes.capacity())
            + of::<LeafRepair>(self.leaf_repairs.capacity())
            + of::<EntryRepair>(self.entry_repairs.capacity())
            + of::<Dead>(self.dead.capacity())
            + self.liveness.as_ref().map_or(0, |liveness| liveness.heap_bytes())
    }
}

impl PastryNode {
    /// A peer said something itself: it is alive.
    pub(super) fn heard_from(&mut self, now: Time, peer: Peer) {
        let Some(upkeep) = &mut self.upkeep else { return };
        // One that was restarted speaks before it hears of the question.
        upkeep.probes.retain(|probe| !probe.is_settled_by_word_of(peer));
        if let Some(liveness) = &mut upkeep.liveness {
            liveness.heard(now, peer);
        }
    }

    /// A peer announced itself, or answered: whatever was thought of it, it is alive. Says whether it was thought dead.
    pub(super) fn revive(&mut self, peer: Peer) -> bool {
        let Some(upkeep) = &mut self.upkeep else { return false };
        let at = upkeep.dead.iter().position(|dead| dead.peer == peer);
        at.and_then(|at| upkeep.dead.remove(at)).is_some()
    }

    /// Everything whose moment has come.
    pub(super) fn on_deadline(&mut self, cx: &mut Context<'_>) {
        let Some(upkeep) = &mut self.upkeep else { return };
        let now = cx.now;
        upkeep.dead.retain(|dead| dead.until > now);
        if upkeep.joining.as_ref().is_some_and(|joining| joining.deadline <= now) {
            self.on_join_deadline(cx);
        }
        self.on_unacked_deadlines(cx);
        self.on_probe_deadlines(cx);
        self.on_leaf_repair_deadlines(cx);
        self.on_entry_repair_deadlines(cx);
        if self.upkeep.as_ref().and_then(|upkeep| upkeep.heartbeat).is_some_and(|due| due <= now) {
            self.on_heartbeat_due(cx);
        }
        self.on_liveness_deadlines(cx);
    }
}
