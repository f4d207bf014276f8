//! FastTrack: super-peers keep the index of their children, and search among each other as Gnutella's peers do.
//!
//! The protocol of Kazaa is closed; what is known of it is Liang, Kumar, Ross, "Understanding KaZaA" (2004) and "The FastTrack
//! overlay" (2005). Draws the slides "Fasttrack", "Super-Peer Architecture" and "FastTrack" (ON, SN).
//!
//! # Implementation notes
//! - **Three types of peers**, as on the slide. Super-super-peers are the first nodes of a world: they name super-peers and do
//!   nothing else. A newcomer asks one, gets up to 200 names, and tries them in random order (Kazaa: five at a time).
//! - A super-peer indexes its children's files only; a search goes to it, and from it, TTL-limited, over its links to other
//!   super-peers. Answers go back the same way.
//! - **Promotion**: "client software can dynamically change node from peer to super-peer; depends on computer and network speed". A
//!   node's capacity is drawn from its identifier (0 to 99); uptime counts with it, capacity point by minute. A super-peer with
//!   more children than [`Config::children`] promotes the best of them above [`Config::capacity_needed`] and sends it half of the
//!   others; the real rule is unknown.
//! - **Demotion**: a super-peer with fewer than a quarter of that, that knows another one, becomes an ordinary peer when keepalive
//!   finds it so twice; its children move to the others.
//! - Crashes are silent: with keepalive, children and super-peers ask each other for signs of life, and who is silent for two
//!   rounds is given up. A child whose wish is not answered in time looks for another super-peer at once, and asks again. A
//!   child's sign of life says what it shares, by a digest; if the super-peer's index says otherwise, the child comes anew.

mod joining;
mod message;
mod supers;
mod wishes;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use message::{Message, SearchId};

use crate::id::Guid;
use crate::protocol::{self, Host, Input, Membership, Node, Note, Peer, Request};
use crate::search::{Entry, Fetches, Found, SearchCommand, SearchError, SearchEvent, Shelf, normal};
use crate::time::{Duration, Time};

use joining::as_starter;
use supers::Super;

type Context<'a> = protocol::Context<'a, FastTrackNode>;

/// How long an answer of one peer is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// Super-peers that a super-super-peer names at once.
const NAMED_MAX: usize = 200;
/// Super-peers that a super-super-peer remembers.
const SUPERS_MAX: usize = 100_000;
/// How often a node asks for super-peers before it gives up.
const ATTEMPTS_MAX: u8 = 4;
/// Wishes of one peer at one time.
const WISHES_MAX: usize = 256;

/// Rule switches and sizes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// So many first nodes of a world are super-super-peers; at least one.
    pub starters: u16,
    /// Children from which on a super-peer takes no more, and has one of them promoted.
    pub children: u16,
    /// Links that a super-peer looks for; it accepts twice as many.
    pub links: u8,
    /// TTL of a search between super-peers.
    pub ttl: u8,
    /// The least capacity, 0 to 99, of a super-peer.
    pub capacity_needed: u8,
    /// Searches that a super-peer remembers.
    pub memory: u16,
    /// Time between two looks at others; `None`: who is gone is noticed only when it does not answer.
    pub keepalive: Option<Duration>,
    /// How long an answer may take for each hop of a search's TTL.
    pub hop_wait: Duration,
}

impl Default for Config {
    /// One super-super-peer, 100 children (Kazaa: 60 to 150), TTL 7.
    fn default() -> Self {
        Self {
            starters: 1,
            children: 100,
            links: 4,
            ttl: 7,
            capacity_needed: 50,
            memory: 1_024,
            keepalive: None,
            hop_wait: Duration::from_millis(150),
        }
    }
}

impl Config {
    fn starter_count(&self) -> u32 {
        u32::from(self.starters.max(1))
    }
}

/// What a node is.
#[derive(Clone, Debug)]
enum Role {
    Out,
    /// Knows super-peers, in the order in which they came.
    Starter(Vec<Peer>),
    /// Looks for a super-peer.
    Seeking {
        named: Vec<Peer>,
        asked: Peer,
        attempts: u8,
        due: Time,
    },
    /// An ordinary peer.
    Child {
        parent: Peer,
    },
    Super(Box<Super>),
}

/// What a child waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Wish {
    Publish(Request, Arc<str>),
    Withdraw(Request, Arc<str>),
    Search { request: Request, words: Arc<str>, fetch: bool, found: Found },
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Waiting {
    wish: Wish,
    /// Whether another super-peer was asked before.
    again: bool,
    due: Time,
}

/// A peer of any of the three types.
#[derive(Clone, Debug)]
pub struct FastTrackNode {
    me: Peer,
    role: Role,
    /// Whether it was told to come in, and has not gone.
    joined: bool,
    since: Time,
    capacity: u8,
    shelf: Shelf,
    waiting: Vec<Waiting>,
    fetches: Fetches,
    next_round: Time,
    /// Whether the parent has been asked for a sign of life, and how often in vain.
    parent_silent: u8,
}

impl FastTrackNode {
    /// An ordinary peer: the converged state.
    #[must_use]
    pub fn child(me: Peer, host: Host<'_, Self>, parent: Peer) -> Self {
        Self::new(me, host).begun(host, Role::Child { parent })
    }

    /// A super-peer with these links and children: the converged state.
    #[must_use]
    pub fn super_peer(
        me: Peer,
        host: Host<'_, Self>,
        links: impl IntoIterator<Item = Peer>,
        children: impl IntoIterator<Item = (Peer, u8)>,
    ) -> Self {
        let role = Role::Super(Box::new(Super::with(host.config, links, children)));
        Self::new(me, host).begun(host, role)
    }

    /// A super-super-peer that knows these: the converged state.
    #[must_use]
    pub fn starter(me: Peer, host: Host<'_, Self>, supers: &[Peer]) -> Self {
        Self { role: Role::Starter(supers.to_vec()), ..Self::new(me, host) }
    }

    fn begun(mut self, host: Host<'_, Self>, role: Role) -> Self {
        self.role = role;
        self.joined = true;
        if let Some(period) = host.config.keepalive {
            self.next_round = Time(period.0 * (u64::from(self.me.0) % 64 + 1) / 64);
        }
        self
    }

    /// How powerful the node of this identifier is, 0 to 99: what its user's machine and line are in reality.
    #[must_use]
    pub const fn capacity_of(id: Guid) -> u8 {
        let high = (id.0 >> 64) as u64;
        ((high.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % 100) as u8
    }

    /// Whether this is a super-peer.
    #[must_use]
    pub const fn is_super(&self) -> bool {
        matches!(self.role, Role::Super(_))
    }

    /// Whether this is a super-super-peer.
    #[must_use]
    pub const fn is_starter(&self) -> bool {
        matches!(self.role, Role::Starter(_))
    }

    /// An ordinary peer's super-peer.
    #[must_use]
    pub const fn parent(&self) -> Option<Peer> {
        if let Role::Child { parent } = self.role { Some(parent) } else { None }
    }

    /// A super-peer's children.
    #[must_use]
    pub fn children(&self) -> Vec<Peer> {
        if let Role::Super(state) = &self.role { state.children().collect() } else { Vec::new() }
    }

    /// A super-peer's links.
    #[must_use]
    pub fn links(&self) -> Vec<Peer> {
        if let Role::Super(state) = &self.role { state.links().collect() } else { Vec::new() }
    }

    /// How powerful it is, 0 to 99.
    #[must_use]
    pub const fn capacity(&self) -> u8 {
        self.capacity
    }

    /// Super-peers that a super-super-peer names.
    #[must_use]
    pub fn named(&self) -> Vec<Peer> {
        if let Role::Starter(supers) = &self.role { supers.clone() } else { Vec::new() }
    }

    /// The first entries of a super-peer's index, by name.
    #[must_use]
    pub fn entries(&self, most: usize) -> Vec<Entry> {
        if let Role::Super(state) = &self.role { state.index.first(most) } else { Vec::new() }
    }

    /// Entries of a super-peer's index.
    #[must_use]
    pub fn indexed(&self) -> usize {
        if let Role::Super(state) = &self.role { state.index.len() } else { 0 }
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

    /// Enters a file into a super-peer's index without a message: what a world is filled with.
    pub fn register(&mut self, name: Arc<str>, holder: Peer) -> bool {
        if let Role::Super(state) = &mut self.role { state.index.add(name, holder) } else { false }
    }

    fn file_names(&self) -> Arc<[Arc<str>]> {
        self.shelf.files().iter().map(|file| file.name.clone()).collect()
    }

    fn on_command(&mut self, cx: &mut Context<'_>, command: SearchCommand) {
        if self.is_starter() {
            if let Some(request) = command.request() {
                cx.event(SearchEvent::Failed { request, reason: SearchError::NotAMember });
            }
            return;
        }
        match command {
            SearchCommand::Member(Membership::Start | Membership::Join { .. }) => {
                if matches!(self.role, Role::Out) {
                    self.seek(cx, 1);
                }
            }
            SearchCommand::Member(Membership::Leave) => self.leave(cx),
            SearchCommand::Publish { request, name } => match self.shelf.share(&name) {
                Ok(name) => self.wish(cx, Wish::Publish(request, name)),
                Err(reason) => cx.event(SearchEvent::Failed { request, reason }),
            },
            SearchCommand::Withdraw { request, name } => match self.shelf.withdraw(&name) {
                Some(name) => self.wish(cx, Wish::Withdraw(request, name)),
                None => cx.event(SearchEvent::Withdrawn { request, existed: false }),
            },
            SearchCommand::Search { request, words, fetch } => match normal(&words) {
                Some(words) => self.wish(cx, Wish::Search { request, words, fetch, found: Found::default() }),
                None => cx.event(SearchEvent::Failed { request, reason: SearchError::Name }),
            },
        }
    }

    fn leave(&mut self, cx: &mut Context<'_>) {
        match &self.role {
            Role::Child { parent } => cx.send(*parent, Message::Bye),
            Role::Super(state) => state.say_goodbye(cx),
            _ => {}
        }
        let shelf = std::mem::take(&mut self.shelf);
        *self = Self { shelf, ..Self::new(self.me, cx.host) };
        cx.event(SearchEvent::Left);
    }

    fn on_message(&mut self, cx: &mut Context<'_>, from: Peer, message: Message) {
        if let Role::Starter(supers) = &mut self.role {
            return as_starter(cx, supers, from, &message);
        }
        if self.parent() == Some(from) {
            self.parent_silent = 0;
        }
        match message {
            Message::Supers(peers) => self.on_supers(cx, &peers),
            Message::Adopted => self.on_adopted(cx, from),
            Message::Full => {
                if matches!(self.role, Role::Seeking { asked, .. } if asked == from) {
                    self.ask_next(cx);
                }
            }
            Message::Promote { links } => {
                if self.parent() == Some(from) {
                    let known = cx.host.peers.len();
                    let links: Vec<Peer> =
                        links.iter().copied().filter(|peer| peer.index() < known).take(NAMED_MAX).collect();
                    cx.send(from, Message::Bye);
                    self.become_super(cx, &links);
                }
            }
            Message::Moved { to } => {
                if self.parent() == Some(from) {
                    self.look_elsewhere(cx, Some(to).filter(|to| to.index() < cx.host.peers.len() && *to != self.me));
                }
            }
            Message::Shared { request, fits } => {
                if self.done(|wish| matches!(wish, Wish::Publish(open, _) if *open == request)) {
                    cx.event(published(request, fits));
                }
            }
            Message::Unshared { request, existed } => {
                if self.done(|wish| matches!(wish, Wish::Withdraw(open, _) if *open == request)) {
                    cx.event(SearchEvent::Withdrawn { request, existed });
                }
            }
            Message::Hits { request, hops, entries } => self.take_in(cx, request, hops, &entries),
            Message::Over { request } => self.end_search(cx, request),
            Message::Transfer(transfer) => self.on_transfer(cx, from, transfer),
            Message::AliveToo if !self.is_super() => {}
            other => self.as_super(cx, from, other),
        }
    }

    fn on_deadline(&mut self, cx: &mut Context<'_>) {
        self.fetches.on_silence(cx);
        if let Role::Seeking { asked, due, attempts, .. } = self.role
            && due <= cx.now
        {
            if asked.is_some() {
                cx.note(|| Note::TimedOut { peer: asked });
                self.ask_next(cx);
            } else if attempts < ATTEMPTS_MAX {
                self.seek(cx, attempts + 1);
            } else {
                self.give_up(cx);
            }
        }
        self.on_searches_due(cx);
        self.on_wishes_due(cx);
        if self.next_round <= cx.now {
            self.next_round = cx.host.config.keepalive.map_or(Time::NEVER, |period| cx.now + period);
            self.on_round(cx);
        }
    }

    fn on_round(&mut self, cx: &mut Context<'_>) {
        match &mut self.role {
            Role::Child { parent } => {
                let parent = *parent;
                self.parent_silent += 1;
                if self.parent_silent > 2 {
                    cx.note(|| Note::Forgotten { peer: parent });
                    self.look_elsewhere(cx, None);
                } else {
                    cx.send(parent, Message::Alive { digest: self.shelf.digest() });
                }
            }
            Role::Super(state) => {
                if let Some(to) = state.on_round(cx, self.me) {
                    self.demote(cx, to);
                }
            }
            _ => {}
        }
    }
}

const fn published(request: Request, fits: bool) -> SearchEvent {
    if fits { SearchEvent::Published { request } } else { SearchEvent::Failed { request, reason: SearchError::Full } }
}

impl Wish {
    const fn request(&self) -> Request {
        match self {
            Self::Publish(request, _) | Self::Withdraw(request, _) | Self::Search { request, .. } => *request,
        }
    }
}

impl Node for FastTrackNode {
    type Id = Guid;
    type Config = Config;
    type Message = Message;
    type Command = SearchCommand;
    type Event = SearchEvent;

    fn space(_: &Config) {}

    fn new(me: Peer, host: Host<'_, Self>) -> Self {
        let is_starter = me.0 < host.config.starter_count();
        Self {
            me,
            role: if is_starter { Role::Starter(Vec::new()) } else { Role::Out },
            joined: false,
            since: Time::ZERO,
            capacity: Self::capacity_of(host.id(me)),
            shelf: Shelf::default(),
            waiting: Vec::new(),
            fetches: Fetches::default(),
            next_round: Time::NEVER,
            parent_silent: 0,
        }
    }

    fn me(&self) -> Peer {
        self.me
    }

    fn is_active(&self) -> bool {
        matches!(self.role, Role::Child { .. } | Role::Super(_) | Role::Starter(_))
    }

    fn handle(&mut self, cx: &mut Context<'_>, input: Input<Self>) {
        match input {
            Input::Message { from, message } => self.on_message(cx, from, message),
            Input::Deadline => self.on_deadline(cx),
            Input::LinkDown(peer) => self.on_link_down(cx, peer),
            Input::Command(command) => self.on_command(cx, command),
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        let waiting = self.waiting.iter().map(|waiting| waiting.due);
        let mut next = waiting.fold(self.next_round.min(self.fetches.due()), Time::min);
        match &self.role {
            Role::Seeking { due, .. } => next = next.min(*due),
            Role::Super(state) => next = next.min(state.due()),
            _ => {}
        }
        Some(next).filter(|moment| *moment != Time::NEVER)
    }

    fn known_peers(&self) -> Vec<Peer> {
        let mut known = match &self.role {
            Role::Out | Role::Seeking { .. } => Vec::new(),
            Role::Starter(supers) => supers.clone(),
            Role::Child { parent } => vec![*parent],
            Role::Super(state) => state.links().chain(state.children()).collect(),
        };
        crate::small_sort::sort(&mut known);
        known
    }

    fn heap_bytes(&self) -> usize {
        let role = match &self.role {
            Role::Starter(supers) => supers.capacity() * size_of::<Peer>(),
            Role::Super(state) => size_of::<Super>() + state.heap_bytes(),
            Role::Out | Role::Seeking { .. } | Role::Child { .. } => 0,
        };
        role + self.shelf.heap_bytes() + self.waiting.capacity() * size_of::<Waiting>() + self.fetches.heap_bytes()
    }
}
