//! Whether a silent peer is alive: probes, the verdict, and who is told of it.
//!
//! Three unanswered probes mean dead, four where time-outs are short and the peer stands in the leaf set. Where there is
//! regular upkeep, the rest of the leaf set is told, and looks for itself.
//!
//! # Implementation notes
//! **Urgency.** Past a silent root nobody delivers before it is known to be dead. So where a message waits for the
//! verdict, the questions overlap: they follow each other within one time-out, and the verdict falls one time-out after
//! the last. As many must stay unanswered as otherwise; only losses that come in bursts count for more.

use super::liveness::RoundTrip;
use super::{Config, Context, Extend, Leaves, Message, PastryNode};
use crate::id::Guid;
use crate::protocol::{Host, Note, Peer};
use crate::time::{Duration, Time};

/// Probes that may be under way at once.
const PROBE_LIMIT: usize = 256;
/// How often a peer is probed before it is taken to be dead; once more where time-outs are short, and less often if
/// another node has done so.
const PROBE_TRIES: u8 = 3;
const PROBE_TRIES_TOLD: u8 = 2;
/// Where a message waits for the verdict, so many questions are asked in the time that one of them is given.
const URGENCY: u64 = 4;

/// A question whether a peer is alive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    pub(super) peer: Peer,
    sent: Time,
    pub(super) deadline: Time,
    tries: u8,
    /// Whether a message waits for the verdict, so that the questions follow each other quickly.
    urgent: bool,
    pub(super) why: Why,
}

/// Why a peer is probed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
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

    pub(super) fn probe(&mut self, cx: &mut Context<'_>, peer: Peer, why: Why) {
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
    pub(super) fn doubt_unlisted(&mut self, cx: &mut Context<'_>, from: Peer, leaves: &Leaves) {
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
}
