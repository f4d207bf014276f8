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
//!   rounds is given up. A child whose wish is not answered in time looks for another super-peer at once, and asks again.

mod message;
mod supers;

use std::sync::Arc;

use rand::RngExt;
use serde::{Deserialize, Serialize};

pub use message::{Message, SearchId};

use crate::id::Guid;
use crate::protocol::{self, Host, Input, Membership, Node, Note, Peer, Request};
use crate::search::{
    Entry, Fetch, Fetches, HITS_MAX, SearchCommand, SearchError, SearchEvent, Shelf, Transfer, normal,
};
use crate::time::{Duration, Time};

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
    Search { request: Request, words: Arc<str>, fetch: bool, hits: u32 },
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

    fn any_starter(cx: &mut Context<'_>) -> Peer {
        Peer(cx.rng.random_range(0..cx.host.config.starter_count()))
    }

    /// Asks a super-super-peer for super-peers.
    fn seek(&mut self, cx: &mut Context<'_>, attempts: u8) {
        self.role = Role::Seeking { named: Vec::new(), asked: Peer::NONE, attempts, due: cx.now + PATIENCE };
        let starter = Self::any_starter(cx);
        cx.send(starter, Message::AskSupers);
    }

    fn on_supers(&mut self, cx: &mut Context<'_>, peers: &[Peer]) {
        let (me, known) = (self.me, cx.host.peers.len());
        match &mut self.role {
            Role::Seeking { named, asked, .. } if named.is_empty() && !asked.is_some() => {
                let sound = peers.iter().copied().filter(|peer| peer.index() < known && *peer != me);
                named.extend(sound.take(NAMED_MAX));
                if named.is_empty() {
                    // Nobody is there yet: somebody has to begin.
                    return self.become_super(cx, &[]);
                }
                self.ask_next(cx);
            }
            Role::Super(state) => state.on_supers(cx, me, peers),
            _ => {}
        }
    }

    /// Asks another of the named super-peers; none left: begins anew.
    fn ask_next(&mut self, cx: &mut Context<'_>) {
        let (capacity, files) = (self.capacity, self.file_names());
        let Role::Seeking { named, asked, attempts, due } = &mut self.role else { return };
        if named.is_empty() {
            let attempts = *attempts + 1;
            if attempts <= ATTEMPTS_MAX {
                return self.seek(cx, attempts);
            }
            return self.give_up(cx);
        }
        let at = cx.rng.random_range(0..named.len() as u32) as usize;
        *asked = named.swap_remove(at);
        *due = cx.now + PATIENCE;
        cx.send(*asked, Message::Adopt { capacity, files });
    }

    /// No super-peer takes it: it becomes one if it may, else it stays outside.
    fn give_up(&mut self, cx: &mut Context<'_>) {
        if self.capacity >= cx.host.config.capacity_needed {
            return self.become_super(cx, &[]);
        }
        self.role = Role::Out;
        self.fail_all(cx);
        if !std::mem::take(&mut self.joined) {
            cx.event(SearchEvent::JoinFailed);
        }
    }

    fn fail_all(&mut self, cx: &mut Context<'_>) {
        for waiting in std::mem::take(&mut self.waiting) {
            let (request, reason) = (waiting.wish.request(), SearchError::NobodyAnswered);
            cx.event(SearchEvent::Failed { request, reason });
        }
    }

    fn on_adopted(&mut self, cx: &mut Context<'_>, from: Peer) {
        match self.role {
            Role::Seeking { asked, .. } if asked == from => {}
            // Nobody was asked, or somebody else by now.
            _ => return cx.send(from, Message::Bye),
        }
        self.role = Role::Child { parent: from };
        self.parent_silent = 0;
        cx.note(|| Note::NeighbourAdded { peer: from });
        self.is_in(cx);
        for at in 0..self.waiting.len() {
            self.waiting[at].due = cx.now + self.patience(cx, &self.waiting[at].wish);
            self.tell_parent(cx, from, &self.waiting[at].wish);
        }
    }

    fn is_in(&mut self, cx: &mut Context<'_>) {
        if let Some(period) = cx.host.config.keepalive
            && self.next_round == Time::NEVER
        {
            self.next_round = cx.now + Duration(cx.rng.random_range(1..=period.0.max(1)));
        }
        if std::mem::replace(&mut self.joined, true) {
            cx.event(SearchEvent::NeighboursChanged);
        } else {
            self.since = cx.now;
            cx.event(SearchEvent::Joined);
        }
    }

    fn become_super(&mut self, cx: &mut Context<'_>, links: &[Peer]) {
        let mut state = Super::with(cx.host.config, [], []);
        self.shelf.files().iter().for_each(|file| _ = state.index.add(file.name.clone(), self.me));
        for link in links.iter().filter(|link| **link != self.me) {
            cx.send(*link, Message::Link);
        }
        self.role = Role::Super(Box::new(state));
        for starter in (0..cx.host.config.starter_count()).map(Peer) {
            cx.send(starter, Message::IAmSuper);
        }
        let starter = Self::any_starter(cx);
        cx.send(starter, Message::AskSupers);
        cx.event(SearchEvent::Promoted);
        self.is_in(cx);
        for waiting in std::mem::take(&mut self.waiting) {
            self.wish(cx, waiting.wish);
        }
    }

    fn on_command(&mut self, cx: &mut Context<'_>, command: SearchCommand) {
        if self.is_starter() {
            return;
        }
        match command {
            SearchCommand::Member(Membership::Start | Membership::Join { .. }) => {
                if matches!(self.role, Role::Out) {
                    self.seek(cx, 1);
                }
            }
            SearchCommand::Member(Membership::Leave) => self.leave(cx),
            SearchCommand::Publish { request, name } => {
                match normal(&name).map(|name| (self.shelf.add(name.clone()), name)) {
                    Some((true, name)) => self.wish(cx, Wish::Publish(request, name)),
                    Some((false, _)) => cx.event(SearchEvent::Failed { request, reason: SearchError::Full }),
                    None => cx.event(SearchEvent::Failed { request, reason: SearchError::Name }),
                }
            }
            SearchCommand::Withdraw { request, name } => match normal(&name) {
                Some(name) if self.shelf.remove(&name) => self.wish(cx, Wish::Withdraw(request, name)),
                _ => cx.event(SearchEvent::Withdrawn { request, existed: false }),
            },
            SearchCommand::Search { request, words, fetch } => match normal(&words) {
                Some(words) => self.wish(cx, Wish::Search { request, words, fetch, hits: 0 }),
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

    fn patience(&self, cx: &Context<'_>, wish: &Wish) -> Duration {
        match wish {
            Wish::Search { .. } => {
                PATIENCE + Duration(cx.host.config.hop_wait.0.saturating_mul(u64::from(cx.host.config.ttl) + 1))
            }
            _ => PATIENCE,
        }
    }

    fn wish(&mut self, cx: &mut Context<'_>, wish: Wish) {
        let failed = |reason| SearchEvent::Failed { request: wish.request(), reason };
        if !self.joined {
            return cx.event(failed(SearchError::NotAMember));
        }
        if self.waiting.len() >= WISHES_MAX {
            return cx.event(failed(SearchError::Full));
        }
        let due = cx.now + self.patience(cx, &wish);
        match &mut self.role {
            Role::Super(state) => match &wish {
                Wish::Publish(request, name) => {
                    let fits = state.index.add(name.clone(), self.me);
                    return cx.event(published(*request, fits));
                }
                Wish::Withdraw(request, name) => {
                    let existed = state.index.remove(name, self.me);
                    return cx.event(SearchEvent::Withdrawn { request: *request, existed });
                }
                Wish::Search { request, words, .. } => {
                    let (request, words) = (*request, words.clone());
                    self.waiting.push(Waiting { wish, again: true, due: Time::NEVER });
                    self.search_for(cx, self.me, request, &words);
                    return;
                }
            },
            Role::Child { parent } => {
                let parent = *parent;
                self.tell_parent(cx, parent, &wish);
            }
            // As soon as it has a super-peer.
            _ => {}
        }
        self.waiting.push(Waiting { wish, again: false, due });
    }

    fn tell_parent(&self, cx: &mut Context<'_>, parent: Peer, wish: &Wish) {
        let message = match wish {
            Wish::Publish(request, name) => Message::Share { request: *request, name: name.clone() },
            Wish::Withdraw(request, name) => Message::Unshare { request: *request, name: name.clone() },
            Wish::Search { request, words, .. } => Message::Ask { request: *request, words: words.clone() },
        };
        cx.send(parent, message);
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

    fn done(&mut self, is_it: impl Fn(&Wish) -> bool) -> bool {
        let at = self.waiting.iter().position(|waiting| is_it(&waiting.wish));
        at.map(|at| self.waiting.remove(at)).is_some()
    }

    /// Files found for an own search.
    fn take_in(&mut self, cx: &mut Context<'_>, request: Request, hops: u8, entries: &[Entry]) {
        let (me, known) = (self.me, cx.host.peers.len());
        let open = self.waiting.iter_mut().find_map(|waiting| match &mut waiting.wish {
            Wish::Search { request: open, fetch, hits, .. } if *open == request => Some((fetch, hits)),
            _ => None,
        });
        let Some((fetch, hits)) = open else { return };
        let sound = entries.iter().take(HITS_MAX).filter(|entry| entry.holder.index() < known && entry.holder != me);
        let entries: Vec<Entry> = sound.cloned().collect();
        *hits = hits.saturating_add(entries.len() as u32);
        let fetch = *fetch;
        for Entry { name, holder } in entries {
            cx.event(SearchEvent::Hit { request, holder, hops, name: name.clone() });
            if fetch && self.fetches.found(cx.now, request, holder, 0, &name) {
                cx.send(holder, Message::Transfer(Transfer::Get { request, name }));
            }
        }
    }

    fn end_search(&mut self, cx: &mut Context<'_>, over: Request) {
        let mine = |waiting: &Waiting| matches!(&waiting.wish, Wish::Search { request, .. } if *request == over);
        let Some(at) = self.waiting.iter().position(mine) else { return };
        if let Wish::Search { request, hits, .. } = self.waiting.remove(at).wish {
            cx.event(SearchEvent::Ended { request, hits });
        }
    }

    fn on_transfer(&mut self, cx: &mut Context<'_>, from: Peer, transfer: Transfer) {
        match transfer {
            Transfer::Get { request, name } => {
                let has = self.shelf.has(&name);
                let answer = if has { Transfer::File { request, name } } else { Transfer::Gone { request } };
                cx.send(from, Message::Transfer(answer));
            }
            Transfer::File { request, name } => {
                if self.fetches.end(request, from).is_some() {
                    cx.event(SearchEvent::Fetched { request, holder: from, name: name.clone() });
                    // What was fetched is shared in turn; nobody waits for that.
                    if self.shelf.add(name.clone()) {
                        match &mut self.role {
                            Role::Super(state) => _ = state.index.add(name, self.me),
                            Role::Child { parent } => cx.send(*parent, Message::Share { request, name }),
                            _ => {}
                        }
                    }
                }
            }
            Transfer::Gone { request } => self.fetch_elsewhere(cx, request, from),
        }
    }

    fn fetch_elsewhere(&mut self, cx: &mut Context<'_>, request: Request, holder: Peer) {
        match self.fetches.next(cx.now, request, holder) {
            Some(Fetch { holder, name, .. }) => {
                cx.send(*holder, Message::Transfer(Transfer::Get { request, name: name.clone() }));
            }
            None => cx.event(SearchEvent::Failed { request, reason: SearchError::NotSent }),
        }
    }

    /// Leaves its super-peer for another.
    fn look_elsewhere(&mut self, cx: &mut Context<'_>, to: Option<Peer>) {
        match to {
            Some(to) => {
                let named = vec![to];
                self.role = Role::Seeking { named, asked: Peer::NONE, attempts: 1, due: cx.now + PATIENCE };
                self.ask_next(cx);
            }
            None => self.seek(cx, 1),
        }
    }

    fn on_deadline(&mut self, cx: &mut Context<'_>) {
        while let Some(Fetch { request, holder, .. }) = self.fetches.overdue(cx.now).map(|fetch| fetch.clone()) {
            cx.note(|| Note::TimedOut { peer: holder });
            self.fetch_elsewhere(cx, request, holder);
        }
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

    /// The super-peer has not answered: another, and if that does not answer either, failure.
    fn on_wishes_due(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let (overdue, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|waiting| waiting.due <= now);
        self.waiting = rest;
        let mut parent = self.parent();
        for waiting in overdue {
            let (request, again) = (waiting.wish.request(), waiting.again);
            match waiting.wish {
                Wish::Search { hits: 1.., .. } => {
                    self.waiting.push(waiting);
                    self.end_search(cx, request);
                }
                _ if again => cx.event(SearchEvent::Failed { request, reason: SearchError::NobodyAnswered }),
                wish => {
                    // Time enough to be refused a few times.
                    let due = now + Duration(PATIENCE.0 * 8);
                    self.waiting.push(Waiting { wish, again: true, due });
                    if let Some(silent) = parent.take() {
                        cx.note(|| Note::Forgotten { peer: silent });
                        self.look_elsewhere(cx, None);
                    }
                }
            }
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
                    cx.send(parent, Message::Alive);
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

/// A server that only names super-peers.
fn as_starter(cx: &mut Context<'_>, supers: &mut Vec<Peer>, from: Peer, message: &Message) {
    match message {
        Message::AskSupers => {
            let mut named: Vec<Peer> = supers.iter().copied().filter(|peer| *peer != from).collect();
            let most = named.len().min(NAMED_MAX);
            for i in 0..most {
                let other = cx.rng.random_range(i as u32..named.len() as u32) as usize;
                named.swap(i, other);
            }
            named.truncate(most);
            cx.send(from, Message::Supers(named.into()));
        }
        Message::IAmSuper => {
            supers.retain(|peer| *peer != from);
            if supers.len() >= SUPERS_MAX {
                supers.remove(0);
            }
            supers.push(from);
        }
        Message::NoSuper => supers.retain(|peer| *peer != from),
        _ => {}
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
