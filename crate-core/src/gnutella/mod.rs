//! Gnutella: search by asking the neighbours, who ask theirs.
//!
//! "The Gnutella Protocol Specification v0.4" (Clip2); Ripeanu, Foster, Iamnitchi 2001–02; Lv, Cao, Cohen, Li, Shenker, "Search
//! and replication in unstructured peer-to-peer networks", ICS 2002 (expanding ring, random walkers). Draws the slides
//! "Gnutella", "Gnutella Protocol" and "Issues with Gnutella".
//!
//! | file | holds |
//! |---|---|
//! | `links` | coming in by host caches and Pings, C permanent connections, their replacement |
//! | `query` | flooding and expanding ring, answers on the way back |
//! | `walk` | random walkers |
//! | `download` | fetching, and Push through a firewall |
//! | `binary` | the bytes of version 0.4 |
//!
//! # Implementation notes
//! - **The slide and version 0.4 differ twice**, and both are switches. The slide passes on what it *receives* with TTL > 0, so
//!   TTL 7 makes 8 hops; 0.4 counts down first ([`TtlRule`]). On the slide a peer that can answer does, and "otherwise"
//!   passes the query on; in 0.4 it does both ([`Satisfied`]). Neither sends it back where it came from.
//! - A connection is known to both ends; TCP's handshake is Connect and Accept, its end is Close. A crash is silent, so with
//!   keepalive a neighbour that answers no Ping for two rounds is given up, and another looked for. Whoever gets something
//!   over a connection that it does not know answers Close, as TCP's reset would, so that none stays open at one end.
//! - A node accepts connections of others up to a number of its own ([`Config::accepts`]), else Busy; 0.4 leaves that open.
//! - Pongs are sent by those who hear the Ping, none on behalf of others. Pings go further than a neighbour only when a
//!   node looks for peers: 0.4's flooding of all Pings was more than half of all traffic (Ripeanu 2001).
//! - Answers and Pongs go back the way of what they answer while that is remembered; without a way back they are dropped.
//! - Random walkers are no part of 0.4. A walker carries its origin's address, which it asks whether to go on (Lv et al. §4),
//!   and which hears straight what it finds. So Push, which goes the way of an answer, does not follow a walker.
//! - Peers that are named in messages are looked at only if this process knows them.

mod binary;
mod config;
mod download;
mod links;
mod message;
mod query;
mod walk;

use std::collections::VecDeque;
use std::sync::Arc;

pub use binary::{BinaryError, FileResult, HEADER_BYTES, PAYLOAD_BYTES_MAX, Packet, Payload};
pub use config::{Config, LINKS_MAX, Method, Satisfied, TTL_MAX, Topology, TtlRule};
pub use message::{Body, Descriptor, DescriptorId, Message, QueryHit, Walk};

use crate::id::Guid;
use crate::protocol::{self, Host, Input, Membership, Node, Peer, Request};
use crate::search::{Fetches, SearchCommand, SearchError, SearchEvent, Seen, Shelf};
use crate::time::Time;

use links::{Link, Phase};
use query::Open;
use walk::{Held, Walked};

type Context<'a> = protocol::Context<'a, GnutellaNode>;

/// Peers that a node remembers for later connections.
const HOSTS_MAX: usize = 64;
/// Holders of files that a node remembers the way to, for Push.
const PUSH_WAYS_MAX: usize = 256;

/// A node of Gnutella, or one of its host caches.
#[derive(Clone, Debug)]
pub struct GnutellaNode {
    me: Peer,
    phase: Phase,
    links: Vec<Link>,
    seen: Seen,
    shelf: Shelf,
    /// Peers heard of, the latest last.
    hosts: VecDeque<Peer>,
    /// When the connections are looked at next.
    next_round: Time,
    /// What is only there while there is something to do.
    work: Option<Box<Work>>,
}

/// What a node has under way.
#[derive(Clone, Debug, Default)]
struct Work {
    /// Peers that were asked for a connection, and until when.
    asked: Vec<(Peer, Time)>,
    /// This node's own searches.
    open: Vec<Open>,
    /// Walkers that wait here for a word of their origin.
    held: Vec<Held>,
    /// Where walkers were sent.
    walked: VecDeque<Walked>,
    /// Neighbours by which the holder of a file is reached, the latest last.
    push_ways: VecDeque<(Peer, Peer)>,
    fetches: Fetches,
}

impl GnutellaNode {
    /// A member with these links, and files to come: the converged state.
    #[must_use]
    pub fn from_links(me: Peer, host: Host<'_, Self>, links: impl IntoIterator<Item = Peer>, hosts: &[Peer]) -> Self {
        let mut node = Self::new(me, host);
        node.phase = Phase::In;
        node.links = links.into_iter().map(|peer| Link::new(peer, Time::ZERO)).collect();
        node.links.sort_by_key(|link| link.peer);
        node.hosts = hosts.iter().copied().take(HOSTS_MAX).collect();
        if let Some(period) = host.config.keepalive.filter(|_| !node.is_host_cache(host.config)) {
            // Spread over a period, so that not all look at the same moment.
            node.next_round = Time(period.0 * (u64::from(me.0) % 64 + 1) / 64);
        }
        node
    }

    /// The peers that this node is permanently connected with, in ascending order.
    pub fn links(&self) -> impl ExactSizeIterator<Item = Peer> {
        self.links.iter().map(|link| link.peer)
    }

    /// The files that it shares.
    #[must_use]
    pub const fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Puts a file there without a command: what a world is filled with.
    pub fn stock(&mut self, name: Arc<str>) -> bool {
        self.shelf.add(name)
    }

    /// Peers that it remembers for later connections, the latest last.
    pub fn hosts(&self) -> impl Iterator<Item = Peer> {
        self.hosts.iter().copied()
    }

    /// Whether this is one of the servers that only name peers.
    fn is_host_cache(&self, config: &Config) -> bool {
        self.me.0 < u32::from(config.host_caches)
    }

    fn work(&mut self) -> &mut Work {
        self.work.get_or_insert_default()
    }

    fn is_linked(&self, peer: Peer) -> bool {
        self.links.binary_search_by_key(&peer, |link| link.peer).is_ok()
    }

    fn on_command(&mut self, cx: &mut Context<'_>, command: SearchCommand) {
        if self.is_host_cache(cx.host.config) {
            // It is there, and no peer.
            if let Some(request) = command.request() {
                cx.event(SearchEvent::Failed { request, reason: SearchError::NotAMember });
            }
            return;
        }
        match command {
            SearchCommand::Member(Membership::Start) => self.enter(cx),
            SearchCommand::Member(Membership::Join { contact }) => self.join(cx, contact),
            SearchCommand::Member(Membership::Leave) => self.leave(cx),
            SearchCommand::Publish { request, name } => cx.event(match self.shelf.share(&name) {
                Ok(_) => SearchEvent::Published { request },
                Err(reason) => SearchEvent::Failed { request, reason },
            }),
            SearchCommand::Withdraw { request, name } => {
                let existed = self.shelf.withdraw(&name).is_some();
                cx.event(SearchEvent::Withdrawn { request, existed });
            }
            SearchCommand::Search { request, words, fetch } => self.search(cx, request, &words, fetch),
        }
    }

    fn on_message(&mut self, cx: &mut Context<'_>, from: Peer, message: Message) {
        if self.phase == Phase::Out {
            return;
        }
        if self.is_host_cache(cx.host.config) {
            return self.as_host_cache(cx, from, &message);
        }
        if let Ok(at) = self.links.binary_search_by_key(&from, |link| link.peer) {
            self.links[at].heard = cx.now;
        }
        match message {
            Message::Descriptor(descriptor) => self.on_descriptor(cx, from, descriptor),
            Message::Probe(Descriptor { id, ttl, hops: 0, body: Body::Ping }) => {
                self.on_ping(cx, from, id, ttl.min(TTL_MAX), 0);
            }
            Message::Probe(_) => {}
            Message::AskHosts => {}
            Message::Hosts(peers) => self.on_hosts(cx, &peers),
            Message::Connect => self.on_connect(cx, from),
            Message::Accept => self.on_accept(cx, from),
            Message::Busy => self.on_busy(cx, from),
            Message::Close => self.drop_link(cx, from),
            Message::Walk(walk) => self.on_walk(cx, from, *walk),
            Message::Check { id, walker } => self.on_check(cx, from, id, walker),
            Message::Verdict { id, walker, go_on } => self.on_verdict(cx, id, walker, go_on),
            Message::Transfer(transfer) => self.on_transfer(cx, from, transfer),
        }
    }

    fn on_descriptor(&mut self, cx: &mut Context<'_>, from: Peer, descriptor: Descriptor) {
        // A TTL beyond what sound peers send is cut, so that nothing goes round for ever.
        let ttl = descriptor.ttl.min(TTL_MAX.saturating_sub(descriptor.hops));
        let Descriptor { id, hops, body, .. } = descriptor;
        match body {
            Body::Ping | Body::Query { .. } | Body::Push { .. } if !self.is_linked(from) => {
                cx.send(from, Message::Close);
            }
            Body::Ping => self.on_ping(cx, from, id, ttl, hops),
            Body::Query { words } => self.on_query(cx, from, id, ttl, hops, words),
            Body::Pong { peer, files, kilobytes } if peer.index() < cx.host.peers.len() => {
                self.on_pong(cx, Descriptor { id, ttl, hops, body: Body::Pong { peer, files, kilobytes } }, peer);
            }
            Body::QueryHit(hit) if hit.holder.index() < cx.host.peers.len() => {
                self.on_query_hit(cx, from, Descriptor { id, ttl, hops, body: Body::QueryHit(hit.clone()) }, &hit);
            }
            Body::Push { holder, index, requester } if holder.max(requester).index() < cx.host.peers.len() => {
                self.on_push(cx, Descriptor { id, ttl, hops, body: Body::Push { holder, index, requester } });
            }
            _ => {}
        }
    }

    fn on_deadline(&mut self, cx: &mut Context<'_>) {
        self.on_join_due(cx);
        if self.work.is_some() {
            self.on_asked_due(cx);
            self.on_search_due(cx);
            self.on_held_due(cx);
            self.on_fetch_due(cx);
        }
        if self.next_round <= cx.now {
            self.look_at_links(cx);
        }
    }

    /// A new name for a descriptor.
    fn name(cx: &mut Context<'_>, attempt: u8, request: Option<Request>) -> DescriptorId {
        DescriptorId::new(rand::Rng::next_u64(cx.rng), attempt, request)
    }
}

impl Node for GnutellaNode {
    type Id = Guid;
    type Config = Config;
    type Message = Message;
    type Command = SearchCommand;
    type Event = SearchEvent;

    fn space(_: &Config) {}

    fn new(me: Peer, host: Host<'_, Self>) -> Self {
        let mut node = Self {
            me,
            phase: Phase::Out,
            links: Vec::new(),
            seen: Seen::new(host.config.memory.into()),
            shelf: Shelf::default(),
            hosts: VecDeque::new(),
            next_round: Time::NEVER,
            work: None,
        };
        if node.is_host_cache(host.config) {
            node.phase = Phase::In;
        }
        node
    }

    fn me(&self) -> Peer {
        self.me
    }

    fn is_active(&self) -> bool {
        self.phase == Phase::In
    }

    fn handle(&mut self, cx: &mut Context<'_>, input: Input<Self>) {
        match input {
            Input::Message { from, message } => self.on_message(cx, from, message),
            Input::Deadline => self.on_deadline(cx),
            Input::LinkDown(peer) => self.drop_link(cx, peer),
            Input::Command(command) => self.on_command(cx, command),
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        let mut next = self.next_round;
        if let Phase::Joining(joining) = &self.phase {
            next = next.min(joining.due);
        }
        if let Some(work) = &self.work {
            let asked = work.asked.iter().map(|(_, due)| *due);
            let open = work.open.iter().map(|open| open.due);
            let held = work.held.iter().map(|held| held.due);
            next = asked.chain(open).chain(held).fold(next.min(work.fetches.due()), Time::min);
        }
        Some(next).filter(|moment| *moment != Time::NEVER)
    }

    fn known_peers(&self) -> Vec<Peer> {
        self.links().collect()
    }

    fn heap_bytes(&self) -> usize {
        let work = self.work.as_ref().map_or(0, |work| {
            size_of::<Work>()
                + work.open.capacity() * size_of::<Open>()
                + work.held.capacity() * size_of::<Held>()
                + work.walked.capacity() * size_of::<Walked>()
                + work.push_ways.capacity() * size_of::<(Peer, Peer)>()
                + work.fetches.heap_bytes()
        });
        self.links.capacity() * size_of::<Link>()
            + self.hosts.capacity() * size_of::<Peer>()
            + self.seen.heap_bytes()
            + self.shelf.heap_bytes()
            + work
    }
}
