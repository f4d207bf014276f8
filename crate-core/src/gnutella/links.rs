//! Coming in, and the permanent connections.
//!
//! Draws "Joining the Gnutella network": a host cache names peers, a Ping finds more, and C of those who answered become
//! permanent connections; "if connections to these C peers are lost, P can find new peers to permanently connect to".

use std::sync::Arc;

use rand::RngExt;

use super::{Body, Config, Context, Descriptor, DescriptorId, GnutellaNode, HOSTS_MAX, LINKS_MAX, Message, TTL_MAX};
use crate::protocol::{Note, Peer};
use crate::search::SearchEvent;
use crate::time::{Duration, Time};

/// How long a newcomer collects Pongs.
const COLLECT: Duration = Duration::from_secs(1);
/// How often it asks before it gives up.
const ATTEMPTS_MAX: u8 = 3;
/// How long an answer to Connect is waited for.
const ASKED_WITHIN: Duration = Duration::from_secs(1);
/// Peers that a host cache names at once.
const NAMED_MAX: usize = 10;
/// Peers of a host cache's answer that a newcomer pings.
const PINGED_MAX: usize = 2;

/// Whether the node is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    Out,
    Joining(Joining),
    In,
}

/// A newcomer that collects Pongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Joining {
    contact: Peer,
    attempts: u8,
    pub(super) due: Time,
}

/// A permanent connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Link {
    pub(super) peer: Peer,
    /// When it was last heard of.
    pub(super) heard: Time,
}

impl Link {
    pub(super) const fn new(peer: Peer, heard: Time) -> Self {
        Self { peer, heard }
    }
}

impl GnutellaNode {
    /// Is a member, with or without connections.
    pub(super) fn enter(&mut self, cx: &mut Context<'_>) {
        if self.phase == Phase::In {
            return;
        }
        self.phase = Phase::In;
        if let Some(period) = cx.host.config.keepalive {
            self.next_round = cx.now + Duration(cx.rng.random_range(1..=period.0.max(1)));
        }
        cx.event(SearchEvent::Joined);
    }

    pub(super) fn join(&mut self, cx: &mut Context<'_>, contact: Peer) {
        if self.phase != Phase::Out {
            return;
        }
        let caches = u32::from(cx.host.config.host_caches);
        let contact = if caches > 0 { Peer(cx.rng.random_range(0..caches)) } else { contact };
        self.phase = Phase::Joining(Joining { contact, attempts: 1, due: cx.now + COLLECT });
        self.ask_contact(cx, contact, 0);
    }

    /// Asks further round at every attempt: whoever is near may have enough connections.
    fn ask_contact(&mut self, cx: &mut Context<'_>, contact: Peer, attempt: u8) {
        if contact.0 < u32::from(cx.host.config.host_caches) {
            cx.send(contact, Message::AskHosts);
        } else {
            let ttl = cx.host.config.ping_ttl.saturating_add(2 * attempt);
            self.ping(cx, &[contact], ttl);
        }
    }

    /// Asks these peers, and those behind them, who is there.
    fn ping(&mut self, cx: &mut Context<'_>, to: &[Peer], ttl: u8) {
        let id = Self::name(cx, 0, None);
        self.seen.insert(id.value(), self.me);
        let ttl = ttl.clamp(1, TTL_MAX);
        for peer in to {
            cx.send(*peer, Message::Probe(Descriptor { id, ttl, hops: 0, body: Body::Ping }));
        }
    }

    /// A server that only names peers.
    pub(super) fn as_host_cache(&mut self, cx: &mut Context<'_>, from: Peer, message: &Message) {
        if *message != Message::AskHosts {
            return;
        }
        let mut known: Vec<Peer> = self.hosts.iter().copied().filter(|peer| *peer != from).collect();
        let most = known.len().min(NAMED_MAX);
        for i in 0..most {
            let other = cx.rng.random_range(i as u32..known.len() as u32) as usize;
            known.swap(i, other);
        }
        known.truncate(most);
        cx.send(from, Message::Hosts(known.into()));
        self.remember(from);
    }

    pub(super) fn on_hosts(&mut self, cx: &mut Context<'_>, peers: &Arc<[Peer]>) {
        if self.phase == Phase::Out || !self.links.is_empty() {
            return;
        }
        let known = cx.host.peers.len();
        let named = peers.iter().copied().filter(|peer| peer.index() < known && *peer != self.me).take(NAMED_MAX);
        let named: Vec<Peer> = named.collect();
        if named.is_empty() {
            // Nobody has been here before.
            return self.enter(cx);
        }
        named.iter().for_each(|peer| self.remember(*peer));
        let Phase::Joining(Joining { attempts: attempt, .. }) = self.phase else { return self.seek(cx) };
        let ttl = cx.host.config.ping_ttl.saturating_add(2 * (attempt - 1));
        self.ping(cx, &named[..named.len().min(PINGED_MAX)], ttl);
    }

    /// Keeps a peer for later connections.
    pub(super) fn remember(&mut self, peer: Peer) {
        if peer == self.me {
            return;
        }
        self.hosts.retain(|other| *other != peer);
        if self.hosts.len() >= HOSTS_MAX {
            self.hosts.pop_front();
        }
        self.hosts.push_back(peer);
    }

    pub(super) fn on_ping(&mut self, cx: &mut Context<'_>, from: Peer, id: DescriptorId, ttl: u8, hops: u8) {
        if !self.seen.insert(id.value(), from) {
            return;
        }
        if hops == 0 {
            self.remember(from);
        }
        let files = self.shelf.files().len() as u32;
        let body = Body::Pong { peer: self.me, files, kilobytes: 0 };
        cx.send(from, Message::Descriptor(Descriptor { id, ttl: hops.saturating_add(1), hops: 0, body }));
        // Version 0.4's count: one less on receipt.
        if ttl > 1 {
            let on = Descriptor { id, ttl: ttl - 1, hops: hops + 1, body: Body::Ping };
            for peer in self.links().filter(|peer| *peer != from) {
                cx.send(peer, Message::Descriptor(on.clone()));
            }
        }
    }

    pub(super) fn on_pong(&mut self, cx: &mut Context<'_>, pong: Descriptor, peer: Peer) {
        match self.seen.from(pong.id.value()) {
            Some(origin) if origin == self.me => self.remember(peer),
            Some(back) => {
                self.remember(peer);
                send_back(cx, back, pong);
            }
            None => {}
        }
    }

    pub(super) fn on_join_due(&mut self, cx: &mut Context<'_>) {
        let Phase::Joining(joining) = &mut self.phase else { return };
        if joining.due > cx.now {
            return;
        }
        joining.due = cx.now + COLLECT;
        let (contact, attempts) = (joining.contact, joining.attempts);
        joining.attempts += 1;
        if !self.hosts.is_empty() {
            self.seek(cx);
        } else if attempts < ATTEMPTS_MAX {
            return self.ask_contact(cx, contact, attempts);
        }
        if attempts >= 2 * ATTEMPTS_MAX || (self.hosts.is_empty() && attempts >= ATTEMPTS_MAX) {
            self.phase = Phase::Out;
            self.work = None;
            cx.event(SearchEvent::JoinFailed);
        }
    }

    /// Asks peers heard of for connections, as many as are missing.
    fn seek(&mut self, cx: &mut Context<'_>) {
        let wanted = usize::from(cx.host.config.connections);
        let asked = self.work.as_ref().map_or(0, |work| work.asked.len());
        let missing = wanted.saturating_sub(self.links.len() + asked);
        for _ in 0..missing {
            let free: Vec<Peer> = self.hosts.iter().copied().filter(|peer| !self.is_linked(*peer)).collect();
            let is_asked =
                |peer: &Peer| self.work.as_ref().is_some_and(|work| work.asked.iter().any(|(who, _)| who == peer));
            let free: Vec<Peer> = free.into_iter().filter(|peer| !is_asked(peer)).collect();
            if free.is_empty() {
                break;
            }
            let peer = free[cx.rng.random_range(0..free.len() as u32) as usize];
            let due = cx.now + ASKED_WITHIN;
            self.work().asked.push((peer, due));
            cx.send(peer, Message::Connect);
        }
    }

    pub(super) fn on_connect(&mut self, cx: &mut Context<'_>, from: Peer) {
        self.remember(from);
        if self.is_linked(from) {
            return cx.send(from, Message::Accept);
        }
        let config: &Config = cx.host.config;
        let full = self.links.len() >= usize::from(config.accepts).min(LINKS_MAX);
        if self.phase != Phase::In || full || config.behind_firewall.contains(&self.me) {
            return cx.send(from, Message::Busy);
        }
        cx.send(from, Message::Accept);
        self.add_link(cx, from);
    }

    pub(super) fn on_accept(&mut self, cx: &mut Context<'_>, from: Peer) {
        let Some(work) = &mut self.work else { return };
        let before = work.asked.len();
        work.asked.retain(|(peer, _)| *peer != from);
        if work.asked.len() == before {
            // Not asked, or no longer: the other end must not count on it.
            if !self.is_linked(from) {
                cx.send(from, Message::Close);
            }
            return;
        }
        self.add_link(cx, from);
        self.enter(cx);
    }

    fn add_link(&mut self, cx: &mut Context<'_>, peer: Peer) {
        if let Err(at) = self.links.binary_search_by_key(&peer, |link| link.peer) {
            self.links.insert(at, Link::new(peer, cx.now));
            cx.note(|| Note::NeighbourAdded { peer });
            cx.event(SearchEvent::NeighboursChanged);
        }
    }

    pub(super) fn on_busy(&mut self, cx: &mut Context<'_>, from: Peer) {
        if let Some(work) = &mut self.work {
            work.asked.retain(|(peer, _)| *peer != from);
        }
        self.hosts.retain(|peer| *peer != from);
        self.seek(cx);
    }

    pub(super) fn on_asked_due(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let Some(work) = &mut self.work else { return };
        let silent: Vec<Peer> = work.asked.iter().filter(|(_, due)| *due <= now).map(|(peer, _)| *peer).collect();
        if silent.is_empty() {
            return;
        }
        work.asked.retain(|(_, due)| *due > now);
        for peer in silent {
            cx.note(|| Note::TimedOut { peer });
            self.hosts.retain(|other| *other != peer);
        }
        self.seek(cx);
    }

    /// A connection is over: another takes its place.
    pub(super) fn drop_link(&mut self, cx: &mut Context<'_>, peer: Peer) {
        if let Ok(at) = self.links.binary_search_by_key(&peer, |link| link.peer) {
            self.links.remove(at);
            self.hosts.retain(|other| *other != peer);
            cx.note(|| Note::NeighbourRemoved { peer });
            cx.event(SearchEvent::NeighboursChanged);
            if self.phase == Phase::In {
                self.seek(cx);
            }
        }
    }

    pub(super) fn look_at_links(&mut self, cx: &mut Context<'_>) {
        self.next_round = Time::NEVER;
        let Some(period) = cx.host.config.keepalive.filter(|_| self.phase == Phase::In) else { return };
        self.next_round = cx.now + period;
        // Each was pinged in the round before, and would have been heard of since.
        let patience = Duration(period.0.saturating_mul(2));
        let silent: Vec<Peer> =
            self.links.iter().filter(|link| cx.now - link.heard >= patience).map(|link| link.peer).collect();
        for peer in silent {
            cx.note(|| Note::Forgotten { peer });
            self.drop_link(cx, peer);
        }
        let wanted = usize::from(cx.host.config.connections);
        let few = self.links.len() < wanted && self.hosts.iter().all(|peer| self.is_linked(*peer));
        let ttl = if few { cx.host.config.ping_ttl.max(1) } else { 1 };
        let id = Self::name(cx, 0, None);
        self.seen.insert(id.value(), self.me);
        for peer in self.links() {
            cx.send(peer, Message::Descriptor(Descriptor { id, ttl, hops: 0, body: Body::Ping }));
        }
        self.seek(cx);
        let caches = u32::from(cx.host.config.host_caches);
        if self.links.is_empty() && caches > 0 {
            let cache = Peer(cx.rng.random_range(0..caches));
            cx.send(cache, Message::AskHosts);
        }
    }

    pub(super) fn leave(&mut self, cx: &mut Context<'_>) {
        for peer in self.links() {
            cx.send(peer, Message::Close);
        }
        let shelf = std::mem::take(&mut self.shelf);
        *self = <Self as crate::protocol::Node>::new(self.me, cx.host);
        self.shelf = shelf;
        cx.event(SearchEvent::Left);
    }
}

/// Sends an answer one step further on the way back.
pub(super) fn send_back(cx: &mut Context<'_>, back: Peer, mut answer: Descriptor) {
    if answer.ttl > 1 {
        answer.ttl -= 1;
        answer.hops = answer.hops.saturating_add(1);
        cx.send(back, Message::Descriptor(answer));
    }
}
