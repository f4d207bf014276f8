//! Routed messages from hop to hop: carrying, delivering, acknowledging, resending.
//!
//! # Implementation notes
//! **Resending.** A hop that is not acknowledged in time is routed anew without the silent peer, which is probed at the
//! same time. If the only way left would be to deliver here, the silent peer may well be the one responsible; then the
//! hop is repeated to it until it answers or is known to be dead. So a lost acknowledgement cannot make the wrong node
//! deliver.
//!
//! **Custody.** A node may crash with a message that it has acknowledged. So a node keeps what it sent on until the next
//! one says that it has handed it over in turn ([`Message::Done`]), or that it has delivered it: then two nodes have it at
//! any moment. If the next one is found dead before, the message is routed anew. A `Done` that stays away for two
//! seconds leads to a probe; a peer that answers it is trusted to go on. (MSPastry's paper says nothing of this case.)
//!
//! **Doubles.** A lost acknowledgement makes a message travel twice. A repeated hop is recognised by sender and number,
//! and a repeated delivery by origin and request; each node remembers its last 64 of both. A double is thus suppressed
//! unless 64 others came between, and only where hops are acknowledged at all.

use rand::Rng as _;

use super::{Context, Join, Message, PastryNode};
use crate::id::Guid;
use crate::protocol::{Envelope, Event, Note, Peer, RouteError, Step};
use crate::time::{Duration, Time};

/// How many messages a newcomer holds until it is a member.
const HELD_LIMIT: usize = 64;
/// How many hops may be unacknowledged at once; beyond, messages go unprotected.
const UNACKED_LIMIT: usize = 4096;
/// How often one node sends a message on before it gives up.
const TRIES_LIMIT: u8 = 16;
/// How long a node that acknowledged a message is given to hand it over.
const CUSTODY_SPAN: Duration = Duration::from_secs(2);

/// What travels by routing.
#[derive(Clone, Debug)]
pub(super) enum Routed {
    Envelope(Envelope<Guid>),
    Join(Join),
}

impl Routed {
    fn into_message(self, ack: u32) -> Message {
        match self {
            Self::Envelope(envelope) => Message::Route(Envelope { ack, ..envelope }),
            Self::Join(join) => Message::Join { ack, join },
        }
    }
}

/// Who handed a message over and keeps it until it is told that it has gone on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Upstream {
    peer: Peer,
    /// The number of its hop.
    ack: u32,
}

impl Upstream {
    pub(super) const NOBODY: Self = Self { peer: Peer::NONE, ack: 0 };
}

/// A message that waits for the node to become a member.
pub(super) type Held = (Routed, Upstream);

/// How far a hop has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Progress {
    /// No acknowledgement yet.
    Sent,
    /// Acknowledged; kept until the other node has handed the message over.
    Acknowledged,
    /// That takes long, and the other node is being probed.
    Checked,
}

/// A hop that was not acknowledged yet.
#[derive(Clone, Debug)]
pub(super) struct Unacked {
    ack: u32,
    to: Peer,
    sent: Time,
    pub(super) deadline: Time,
    tries: u8,
    progress: Progress,
    upstream: Upstream,
    /// Peers that did not acknowledge this message.
    tried: Vec<Peer>,
    /// The message as it was before this hop.
    pub(super) what: Routed,
}

impl Unacked {
    /// Whether another node has the message as well.
    pub(super) fn is_acked(&self) -> bool {
        self.progress != Progress::Sent
    }
}

impl PastryNode {
    /// A routed message came in.
    pub(super) fn on_route(&mut self, cx: &mut Context<'_>, from: Peer, envelope: Envelope<Guid>) {
        let ack = envelope.ack;
        if !cx.host.config.dependability.custody || ack == 0 {
            if self.acknowledge(cx, from, ack) {
                self.carry(cx, envelope, Upstream::NOBODY, &[]);
            }
            return;
        }
        let is_new = self.upkeep_mut().hops_seen.is_new((from, ack));
        let upstream = Upstream { peer: from, ack };
        if is_new && self.carry(cx, envelope, upstream, &[]) {
            self.release(cx, upstream);
        } else {
            cx.send(from, Message::Ack { ack });
        }
    }

    /// Takes a message one step on that was acknowledged before.
    pub(super) fn carry_on(
        &mut self,
        cx: &mut Context<'_>,
        envelope: Envelope<Guid>,
        upstream: Upstream,
        tried: &[Peer],
    ) {
        if self.carry(cx, envelope, upstream, tried) {
            self.release(cx, upstream);
        }
    }

    /// Tells who handed a message over that it is safe now.
    fn release(&self, cx: &mut Context<'_>, upstream: Upstream) {
        if upstream.peer.is_some() {
            cx.send(upstream.peer, Message::Done { ack: upstream.ack });
        }
    }

    /// Takes a message of the application one step on; whether it was delivered here.
    pub(super) fn carry(
        &mut self,
        cx: &mut Context<'_>,
        envelope: Envelope<Guid>,
        upstream: Upstream,
        tried: &[Peer],
    ) -> bool {
        let request = envelope.request;
        if !self.active && !self.is_joining() {
            cx.event(Event::Undeliverable { request, reason: RouteError::NotAMember });
            return false;
        }
        let step = self.route(cx.host, envelope.key, tried);
        if step == Step::Deliver && !self.active {
            self.hold(cx, Routed::Envelope(envelope), upstream);
            return false;
        }
        let host = cx.host;
        cx.note(|| Note::Routed {
            request,
            hops: envelope.hops,
            decision: Box::new(self.explain_without(host, envelope.key, tried)),
        });
        match step {
            Step::Deliver => self.deliver(cx, envelope),
            Step::Forward(_) if envelope.hops >= cx.host.config.hop_limit => {
                cx.event(Event::Undeliverable { request, reason: RouteError::TooManyHops });
            }
            Step::Forward(to) => self.send_hop(cx, to, Routed::Envelope(envelope), upstream, tried, 0),
        }
        step == Step::Deliver
    }

    fn deliver(&mut self, cx: &mut Context<'_>, envelope: Envelope<Guid>) {
        if cx.host.config.acks && !self.upkeep_mut().delivered.is_new((envelope.origin, envelope.request)) {
            return;
        }
        let (request, hops) = (envelope.request, envelope.hops);
        match (envelope.answer, envelope.origin == self.me) {
            (true, true) => {
                cx.event(Event::Delivered(envelope));
                cx.event(Event::Answered { request, owner: self.me, hops });
            }
            (true, false) => {
                cx.send(envelope.origin, Message::Answer { request, hops });
                cx.event(Event::Delivered(envelope));
            }
            (false, _) => cx.event(Event::Delivered(envelope)),
        }
    }

    /// Keeps a message until this node is a member.
    pub(super) fn hold(&mut self, cx: &mut Context<'_>, what: Routed, upstream: Upstream) {
        let held = &mut self.upkeep_mut().held;
        if held.len() < HELD_LIMIT {
            held.push((what, upstream));
        } else if let Routed::Envelope(envelope) = what {
            cx.event(Event::Undeliverable { request: envelope.request, reason: RouteError::NotAMember });
        }
    }

    /// Sends a message on, and remembers it until it is acknowledged.
    pub(super) fn send_hop(
        &mut self,
        cx: &mut Context<'_>,
        to: Peer,
        what: Routed,
        upstream: Upstream,
        tried: &[Peer],
        tries: u8,
    ) {
        let mut ack = 0;
        let config = cx.host.config;
        if config.acks && self.upkeep.as_ref().is_none_or(|upkeep| upkeep.unacked.len() < UNACKED_LIMIT) {
            // Numbers are drawn, not counted, so that nothing has to be kept between messages; 0 means none.
            ack = cx.rng.next_u32() | 1;
            let (sent, deadline) = (cx.now, cx.now + self.timeout(cx.host, to, config.ack_timeout));
            let (tries, tried, progress, what) = (tries + 1, tried.to_vec(), Progress::Sent, what.clone());
            self.upkeep_mut().unacked.push(Unacked { ack, to, sent, deadline, tries, progress, upstream, tried, what });
        } else {
            self.release(cx, upstream);
        }
        let mut what = what;
        match &mut what {
            Routed::Envelope(envelope) => envelope.hops = envelope.hops.saturating_add(1),
            Routed::Join(join) => join.hops = join.hops.saturating_add(1),
        }
        cx.send(to, what.into_message(ack));
    }

    /// Acknowledges a hop; whether it is new and should be acted on.
    pub(super) fn acknowledge(&mut self, cx: &mut Context<'_>, from: Peer, ack: u32) -> bool {
        if ack == 0 {
            return true;
        }
        cx.send(from, Message::Ack { ack });
        self.upkeep_mut().hops_seen.is_new((from, ack))
    }

    /// A hop was acknowledged; `done` if its message is out of the other node's hands as well.
    pub(super) fn on_ack(&mut self, cx: &mut Context<'_>, from: Peer, ack: u32, done: bool) {
        let custody = cx.host.config.dependability.custody;
        let Some(upkeep) = &mut self.upkeep else { return };
        let Some(at) = upkeep.unacked.iter().position(|hop| hop.ack == ack && hop.to == from) else { return };
        let hop = &mut upkeep.unacked[at];
        let sample = (!hop.is_acked()).then(|| cx.now.since(hop.sent));
        let upstream = std::mem::replace(&mut hop.upstream, Upstream::NOBODY);
        if custody && !done && matches!(hop.what, Routed::Envelope(_)) {
            (hop.progress, hop.deadline) = (Progress::Acknowledged, cx.now + CUSTODY_SPAN);
        } else {
            upkeep.unacked.remove(at);
        }
        if let Some(sample) = sample {
            self.measured(cx.host, from, sample);
        }
        self.release(cx, upstream);
    }

    pub(super) fn on_unacked_deadlines(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let Some(upkeep) = &mut self.upkeep else { return };
        let (late, waiting) = std::mem::take(&mut upkeep.unacked).into_iter().partition(|hop| hop.deadline <= now);
        upkeep.unacked = waiting;
        let late: Vec<Unacked> = late;
        for mut hop in late {
            let peer = hop.to;
            match hop.progress {
                Progress::Sent => {
                    cx.note(|| Note::TimedOut { peer });
                    self.suspect(cx, peer);
                    self.resend(cx, hop);
                }
                Progress::Acknowledged => {
                    self.suspect(cx, peer);
                    (hop.progress, hop.deadline) = (Progress::Checked, now + self.verdict_time(cx.host, peer));
                    self.upkeep_mut().unacked.push(hop);
                }
                // It is alive, or would have been forgotten by now.
                Progress::Checked => {}
            }
        }
    }

    /// Sends on again what waits for a peer that is now known to be dead, and is in no table any more.
    pub(super) fn resend_all_from(&mut self, cx: &mut Context<'_>, dead: Peer) {
        let Some(upkeep) = &mut self.upkeep else { return };
        if upkeep.unacked.iter().all(|hop| hop.to != dead) {
            return;
        }
        let (lost, waiting) = std::mem::take(&mut upkeep.unacked).into_iter().partition(|hop| hop.to == dead);
        upkeep.unacked = waiting;
        let lost: Vec<Unacked> = lost;
        for hop in lost {
            self.resend(cx, hop);
        }
    }

    /// Routes a message anew without the peers that did not acknowledge it.
    fn resend(&mut self, cx: &mut Context<'_>, hop: Unacked) {
        let Unacked { to, tries, upstream, mut tried, what, .. } = hop;
        if tries >= TRIES_LIMIT {
            if let Routed::Envelope(envelope) = what {
                cx.event(Event::Undeliverable { request: envelope.request, reason: RouteError::NobodyAnswered });
            }
            return;
        }
        if !tried.contains(&to) {
            tried.push(to);
        }
        let (key, passed) = match &what {
            Routed::Envelope(envelope) => (Some(envelope.key), Peer::NONE),
            Routed::Join(join) => (self.id_of(cx.host, join.newcomer), join.newcomer),
        };
        let Some(key) = key else { return };
        let config = cx.host.config;
        let alive = self.perhaps_alive(cx, key, &tried);
        if passed.is_some() && !tried.contains(&passed) {
            tried.push(passed);
        }
        match self.route(cx.host, key, &tried) {
            Step::Forward(next) => {
                let host = cx.host;
                let explain = || Box::new(self.explain_without(host, key, &tried));
                cx.note(|| match &what {
                    Routed::Envelope(Envelope { request, hops, .. }) => {
                        Note::Routed { request: *request, hops: *hops, decision: explain() }
                    }
                    Routed::Join(Join { newcomer, hops, .. }) => {
                        Note::JoinRouted { newcomer: *newcomer, hops: u16::from(*hops), decision: explain() }
                    }
                });
                self.send_hop(cx, next, what, upstream, &tried, tries);
            }
            // Perhaps only the acknowledgement was lost: as long as a silent peer is not known to be dead, a node that
            // was not closest before does not deliver in its place.
            Step::Deliver => match alive.filter(|peer| *peer != passed) {
                Some(peer) => {
                    tried.retain(|other| *other != peer);
                    let pause = self.answer_timeout(cx.host, peer);
                    self.send_hop(cx, peer, what, upstream, &tried, tries);
                    // The probe decides; there is no hurry before.
                    let deadline = cx.now + config.ack_timeout.max(pause);
                    self.upkeep_mut().unacked.iter_mut().last().into_iter().for_each(|hop| hop.deadline = deadline);
                }
                None => match what {
                    Routed::Envelope(envelope) => self.carry_on(cx, envelope, upstream, &tried),
                    Routed::Join(join) => self.on_join(cx, join),
                },
            },
        }
    }

    /// Of the peers that were tried, the one closest to the key that is not known to be dead.
    fn perhaps_alive(&self, cx: &Context<'_>, key: Guid, tried: &[Peer]) -> Option<Peer> {
        let alive = tried.iter().copied().filter(|peer| self.leaves.contains(*peer) && !self.is_dead(*peer));
        alive.min_by_key(|peer| key.closeness(cx.host.id(*peer)))
    }
}
