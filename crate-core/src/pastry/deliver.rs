//! Routed messages from hop to hop: carrying, delivering, acknowledging, resending.
//!
//! # Implementation notes
//! **Resending.** A hop that is not acknowledged in time is routed anew without the silent peer, which is probed at the
//! same time. If the only way left would be to deliver here, the silent peer may well be the one responsible; then the
//! hop is repeated to it until it answers or is known to be dead. So a lost acknowledgement cannot make the wrong node
//! deliver.
//!
//! **Doubles.** A lost acknowledgement makes a message travel twice. A repeated hop is recognised by sender and number,
//! and a repeated delivery by origin and request; each node remembers its last 64 of both. A double is thus suppressed
//! unless 64 others came between, and only where hops are acknowledged at all.

use rand::Rng as _;

use super::{Context, Join, Message, PastryNode};
use crate::id::Guid;
use crate::protocol::{Envelope, Event, Note, Peer, RouteError, Step};
use crate::time::Time;

/// How many messages a newcomer holds until it is a member.
const HELD_LIMIT: usize = 64;
/// How many hops may be unacknowledged at once; beyond, messages go unprotected.
const UNACKED_LIMIT: usize = 4096;
/// How often one node sends a message on before it gives up.
const TRIES_LIMIT: u8 = 16;

/// What travels by routing.
#[derive(Clone, Debug)]
pub(super) enum Routed {
    Envelope(Envelope<Guid>),
    Join(Join),
}

impl Routed {
    fn into_message(self, ack: u32) -> Message {
        match self {
            Self::Envelope(envelope) => Message::Route { ack, envelope },
            Self::Join(join) => Message::Join { ack, join },
        }
    }
}

/// A message that waits for the node to become a member.
pub(super) type Held = Routed;

/// A hop that was not acknowledged yet.
#[derive(Clone, Debug)]
pub(super) struct Unacked {
    ack: u32,
    to: Peer,
    pub(super) deadline: Time,
    tries: u8,
    /// Peers that did not acknowledge this message.
    tried: Vec<Peer>,
    /// The message as it was before this hop.
    pub(super) what: Routed,
}

impl PastryNode {
    /// Takes a message of the application one step on.
    pub(super) fn carry(&mut self, cx: &mut Context<'_>, envelope: Envelope<Guid>, tried: &[Peer]) {
        let request = envelope.request;
        if !self.active && !self.is_joining() {
            cx.event(Event::Undeliverable { request, reason: RouteError::NotAMember });
            return;
        }
        let step = self.route(cx.host, envelope.key, tried);
        if step == Step::Deliver && !self.active {
            self.hold(cx, Routed::Envelope(envelope));
            return;
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
            Step::Forward(to) => self.send_hop(cx, to, Routed::Envelope(envelope), tried, 0),
        }
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
    pub(super) fn hold(&mut self, cx: &mut Context<'_>, what: Routed) {
        let held = &mut self.upkeep_mut().held;
        if held.len() < HELD_LIMIT {
            held.push(what);
        } else if let Routed::Envelope(envelope) = what {
            cx.event(Event::Undeliverable { request: envelope.request, reason: RouteError::NotAMember });
        }
    }

    /// Sends a message on, and remembers it until it is acknowledged.
    pub(super) fn send_hop(&mut self, cx: &mut Context<'_>, to: Peer, what: Routed, tried: &[Peer], tries: u8) {
        let mut ack = 0;
        let config = cx.host.config;
        if config.acks && self.upkeep.as_ref().is_none_or(|upkeep| upkeep.unacked.len() < UNACKED_LIMIT) {
            // Numbers are drawn, not counted, so that nothing has to be kept between messages; 0 means none.
            ack = cx.rng.next_u32() | 1;
            let deadline = cx.now + config.ack_timeout;
            let hop = Unacked { ack, to, deadline, tries: tries + 1, tried: tried.to_vec(), what: what.clone() };
            self.upkeep_mut().unacked.push(hop);
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

    pub(super) fn on_ack(&mut self, from: Peer, ack: u32) {
        if let Some(upkeep) = &mut self.upkeep {
            upkeep.unacked.retain(|hop| hop.ack != ack || hop.to != from);
        }
    }

    pub(super) fn on_unacked_deadlines(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let Some(upkeep) = &mut self.upkeep else { return };
        let (late, waiting) = std::mem::take(&mut upkeep.unacked).into_iter().partition(|hop| hop.deadline <= now);
        upkeep.unacked = waiting;
        let late: Vec<Unacked> = late;
        for hop in late {
            let peer = hop.to;
            cx.note(|| Note::TimedOut { peer });
            self.suspect(cx, peer);
            self.resend(cx, hop);
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
        let Unacked { to, tries, mut tried, what, .. } = hop;
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
                self.send_hop(cx, next, what, &tried, tries);
            }
            // Perhaps only the acknowledgement was lost: as long as a silent peer is not known to be dead, a node that
            // was not closest before does not deliver in its place.
            Step::Deliver => match alive.filter(|peer| *peer != passed) {
                Some(peer) => {
                    tried.retain(|other| *other != peer);
                    self.send_hop(cx, peer, what, &tried, tries);
                    // The probe decides; there is no hurry before.
                    let deadline = cx.now + config.ack_timeout.max(config.probe_timeout);
                    self.upkeep_mut().unacked.iter_mut().last().into_iter().for_each(|hop| hop.deadline = deadline);
                }
                None => match what {
                    Routed::Envelope(envelope) => self.carry(cx, envelope, &tried),
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
