//! Napster: a directory server knows who has what; peers fetch from each other.
//!
//! Draws the slides "Napster" ("directory based architecture: clients send requests to central server to locate resources (not
//! P2P); clients then access other peers directly (P2P)") and "Napster Protocol". The protocol was never published; what is known
//! of it is the OpenNap description of messages, of which this keeps login, share, unshare, search and fetch.
//!
//! # Implementation notes
//! - The first nodes of a world are the servers. Peers know their addresses from the beginning, as the client program did.
//! - A file is registered when the server says so. A search is answered once, best matches first, with at most
//!   [`HITS_MAX`] entries (the historical server had a limit too).
//! - With several servers a peer is at home at one. Historically a search reached only the peers of one's own server; with
//!   [`Config::linked`] it is passed on to the other servers, which answer the asker directly.
//! - When a server does not answer within three seconds the peer turns to the next one and registers all its files there;
//!   when none answers, its wish fails: "if server fails, the entire service is unusable".
//! - TCP would tell a server that a peer is gone. Crashes here are silent, so with [`Config::alive`] peers say that they are
//!   there, and a server forgets who has been silent for three periods. A sign of life says what is shared, by a digest, and is
//!   answered: a peer whose server is gone notices, and one that the server knows otherwise logs in anew.

mod message;
mod server;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use message::Message;

use crate::id::Guid;
use crate::protocol::{self, Host, Input, Membership, Node, Note, Peer, Request};
use crate::search::{
    Entry, Fetches, Found, HITS_MAX, SearchCommand, SearchError, SearchEvent, Shelf, Transfer, normal,
};
use crate::time::{Duration, Time};

use server::Server;

type Context<'a> = protocol::Context<'a, NapsterNode>;

/// How long a server is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// Wishes of one peer at one time.
const WISHES_MAX: usize = 256;

/// Rule switches and sizes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// So many first nodes of a world are servers; at least one.
    pub servers: u16,
    /// Whether servers pass searches on to each other.
    pub linked: bool,
    /// Time between two signs of life of a peer; `None`: servers trust that peers say goodbye.
    pub alive: Option<Duration>,
}

impl Default for Config {
    /// The slide: one server.
    fn default() -> Self {
        Self { servers: 1, linked: false, alive: None }
    }
}

impl Config {
    fn server_count(&self) -> u32 {
        u32::from(self.servers.max(1))
    }
}

/// What a peer waits for a server to answer.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Wish {
    Login,
    Alive,
    Publish(Request, Arc<str>),
    Withdraw(Request, Arc<str>),
    Search { request: Request, words: Arc<str>, fetch: bool, answers: u32, found: Found },
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Waiting {
    wish: Wish,
    /// Servers that were asked.
    asked: u32,
    due: Time,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Out,
    LoggingIn,
    In,
}

/// A peer, or a directory server.
#[derive(Clone, Debug)]
pub struct NapsterNode {
    me: Peer,
    phase: Phase,
    /// The server that this peer turns to.
    home: Peer,
    shelf: Shelf,
    waiting: Vec<Waiting>,
    fetches: Fetches,
    /// When the next sign of life is due, or the next look at those of others.
    next_round: Time,
    server: Option<Box<Server>>,
}

impl NapsterNode {
    /// A member with nothing shared: the converged state.
    #[must_use]
    pub fn member(me: Peer, host: Host<'_, Self>) -> Self {
        let mut node = Self::new(me, host);
        node.phase = Phase::In;
        if let Some(period) = host.config.alive {
            node.next_round = Time(period.0 * (u64::from(me.0) % 64 + 1) / 64);
        }
        node
    }

    /// Whether this is a directory server.
    #[must_use]
    pub const fn is_server(&self) -> bool {
        self.server.is_some()
    }

    /// The files that a peer shares.
    #[must_use]
    pub const fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// The server that a peer turns to.
    #[must_use]
    pub const fn home(&self) -> Peer {
        self.home
    }

    /// The first entries of a server's index, by name.
    #[must_use]
    pub fn entries(&self, most: usize) -> Vec<Entry> {
        self.server.as_ref().map_or_else(Vec::new, |server| server.index.first(most))
    }

    /// Entries of a server's index.
    #[must_use]
    pub fn indexed(&self) -> usize {
        self.server.as_ref().map_or(0, |server| server.index.len())
    }

    /// Puts a file onto a peer without a command: what a world is filled with.
    pub fn stock(&mut self, name: Arc<str>) -> bool {
        self.shelf.add(name)
    }

    /// Enters a file into a server's index without a message: what a world is filled with.
    pub fn register(&mut self, name: Arc<str>, holder: Peer) -> bool {
        self.server.as_mut().is_some_and(|server| server.index.add(name, holder))
    }

    /// Enters a peer at a server without a message: what a world is filled with.
    pub fn enter(&mut self, peer: Peer) {
        if let Some(server) = &mut self.server {
            server.enter(peer);
        }
    }

    fn on_command(&mut self, cx: &mut Context<'_>, command: SearchCommand) {
        if self.is_server() {
            if let Some(request) = command.request() {
                cx.event(SearchEvent::Failed { request, reason: SearchError::NotAMember });
            }
            return;
        }
        match command {
            SearchCommand::Member(Membership::Start | Membership::Join { .. }) if self.phase == Phase::Out => {
                self.phase = Phase::LoggingIn;
                self.wish(cx, Wish::Login);
            }
            SearchCommand::Member(Membership::Leave) => {
                cx.send(self.home, Message::Logout);
                let shelf = std::mem::take(&mut self.shelf);
                *self = Self { shelf, ..Self::new(self.me, cx.host) };
                cx.event(SearchEvent::Left);
            }
            SearchCommand::Member(_) => {}
            SearchCommand::Publish { request, name } => match self.shelf.share(&name) {
                Ok(name) => self.wish(cx, Wish::Publish(request, name)),
                Err(reason) => cx.event(SearchEvent::Failed { request, reason }),
            },
            SearchCommand::Withdraw { request, name } => match self.shelf.withdraw(&name) {
                Some(name) => self.wish(cx, Wish::Withdraw(request, name)),
                None => cx.event(SearchEvent::Withdrawn { request, existed: false }),
            },
            SearchCommand::Search { request, words, fetch } => match normal(&words) {
                Some(words) => {
                    self.wish(cx, Wish::Search { request, words, fetch, answers: 0, found: Found::default() })
                }
                None => cx.event(SearchEvent::Failed { request, reason: SearchError::Name }),
            },
        }
    }

    /// Asks the server for something.
    fn wish(&mut self, cx: &mut Context<'_>, wish: Wish) {
        let refused = match () {
            () if self.phase == Phase::Out => Some(SearchError::NotAMember),
            () if self.waiting.len() >= WISHES_MAX => Some(SearchError::Full),
            () => None,
        };
        if let Some(reason) = refused {
            if let Some(request) = wish.request() {
                cx.event(SearchEvent::Failed { request, reason });
            }
            return;
        }
        self.ask(cx, &wish);
        self.waiting.push(Waiting { wish, asked: 1, due: cx.now + PATIENCE });
    }

    fn ask(&self, cx: &mut Context<'_>, wish: &Wish) {
        let message = match wish {
            Wish::Login => Message::Login { files: self.shelf.files().iter().map(|file| file.name.clone()).collect() },
            Wish::Alive => Message::Alive { digest: self.shelf.digest() },
            Wish::Publish(request, name) => Message::Share { request: *request, name: name.clone() },
            Wish::Withdraw(request, name) => Message::Unshare { request: *request, name: name.clone() },
            Wish::Search { request, words, .. } => {
                Message::Search { request: *request, asker: self.me, words: words.clone(), passed_on: false }
            }
        };
        cx.send(self.home, message);
    }

    fn on_message(&mut self, cx: &mut Context<'_>, from: Peer, message: Message) {
        if let Some(server) = &mut self.server {
            return server.on_message(cx, self.me, from, message);
        }
        match message {
            Message::Welcome => self.on_welcome(cx, from),
            Message::Shared { request } => {
                if self.done(|wish| matches!(wish, Wish::Publish(open, _) if *open == request)) {
                    cx.event(SearchEvent::Published { request });
                }
            }
            Message::Unshared { request, existed } => {
                if self.done(|wish| matches!(wish, Wish::Withdraw(open, _) if *open == request)) {
                    cx.event(SearchEvent::Withdrawn { request, existed });
                }
            }
            Message::NoRoom { request } => {
                if self.done(|wish| wish.request() == Some(request)) {
                    cx.event(SearchEvent::Failed { request, reason: SearchError::Full });
                }
            }
            Message::Results { request, entries } => self.on_results(cx, request, &entries),
            Message::Transfer(transfer) => self.on_transfer(cx, from, transfer),
            Message::AliveToo => _ = self.done(|wish| *wish == Wish::Alive),
            Message::Stranger => {
                if self.done(|wish| *wish == Wish::Alive) && from == self.home {
                    self.wish(cx, Wish::Login);
                }
            }
            Message::Login { .. }
            | Message::Share { .. }
            | Message::Unshare { .. }
            | Message::Search { .. }
            | Message::Alive { .. }
            | Message::Logout => {}
        }
    }

    /// Ends the wait for something, if it was waited for.
    fn done(&mut self, is_it: impl Fn(&Wish) -> bool) -> bool {
        let at = self.waiting.iter().position(|waiting| is_it(&waiting.wish));
        at.map(|at| self.waiting.remove(at)).is_some()
    }

    fn on_welcome(&mut self, cx: &mut Context<'_>, from: Peer) {
        if from == self.home && self.done(|wish| *wish == Wish::Login) && self.phase == Phase::LoggingIn {
            self.phase = Phase::In;
            if let Some(period) = cx.host.config.alive {
                self.next_round = cx.now + period;
            }
            cx.event(SearchEvent::Joined);
        }
    }

    fn on_results(&mut self, cx: &mut Context<'_>, request: Request, entries: &Arc<[Entry]>) {
        let config = cx.host.config;
        let expected = if config.linked { config.server_count() } else { 1 };
        let mine = |waiting: &Waiting| matches!(&waiting.wish, Wish::Search { request: open, .. } if *open == request);
        let Some(at) = self.waiting.iter().position(mine) else { return };
        let Wish::Search { fetch, answers, found, .. } = &mut self.waiting[at].wish else { return };
        let known = cx.host.peers.len();
        let sound = entries.iter().take(HITS_MAX).filter(|entry| entry.holder.index() < known);
        let entries = found.take_in(sound.filter(|entry| entry.holder != self.me).cloned().collect());
        *answers += 1;
        let (fetch, hits, is_over) = (*fetch, found.len(), *answers >= expected);
        for Entry { name, holder } in entries {
            cx.event(SearchEvent::Hit { request, holder, hops: 1, name: name.clone() });
            if fetch {
                self.fetches.fetch(cx, request, holder, 0, &name);
            }
        }
        if is_over {
            self.waiting.remove(at);
            self.fetches.end_search(cx, request, hits);
        }
    }

    fn on_transfer(&mut self, cx: &mut Context<'_>, from: Peer, transfer: Transfer) {
        if let Some((request, name)) = self.fetches.on_transfer(cx, &mut self.shelf, from, transfer) {
            // Nobody waits for that.
            cx.send(self.home, Message::Share { request, name });
        }
    }

    fn on_deadline(&mut self, cx: &mut Context<'_>) {
        if let Some(server) = &mut self.server {
            if let Some(period) = cx.host.config.alive.filter(|_| self.next_round <= cx.now) {
                server.forget_silent(cx, period);
                self.next_round = cx.now + period;
            }
            return;
        }
        self.fetches.on_silence(cx);
        if self.next_round <= cx.now {
            self.next_round = cx.host.config.alive.map_or(Time::NEVER, |period| cx.now + period);
            if !self.waiting.iter().any(|waiting| waiting.wish.request().is_none()) {
                self.wish(cx, Wish::Alive);
            }
        }
        if self.waiting.iter().any(|waiting| waiting.due <= cx.now) {
            self.on_silent_server(cx);
        }
    }

    /// The server has not answered: the next one, or failure.
    fn on_silent_server(&mut self, cx: &mut Context<'_>) {
        let silent = self.home;
        cx.note(|| Note::TimedOut { peer: silent });
        let servers = cx.host.config.server_count();
        let (mut overdue, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|waiting| waiting.due <= cx.now);
        self.waiting = rest;
        if servers > 1 {
            self.home = Peer((self.home.0 + 1) % servers);
        }
        let mut registers = servers > 1 && self.phase == Phase::In;
        for waiting in &mut overdue {
            // With linked servers some answers may have come.
            if let Wish::Search { request, answers: 1.., found, .. } = &waiting.wish {
                self.fetches.end_search(cx, *request, found.len());
            } else if waiting.asked >= servers {
                registers = false;
                match waiting.wish.request() {
                    Some(request) => {
                        cx.event(SearchEvent::Failed { request, reason: SearchError::NobodyAnswered });
                    }
                    None if self.phase == Phase::LoggingIn => {
                        self.phase = Phase::Out;
                        cx.event(SearchEvent::JoinFailed);
                    }
                    None => {}
                }
            } else {
                if std::mem::take(&mut registers) && waiting.wish != Wish::Login {
                    self.ask(cx, &Wish::Login);
                }
                self.ask(cx, &waiting.wish);
                let (wish, asked) = (waiting.wish.clone(), waiting.asked + 1);
                self.waiting.push(Waiting { wish, asked, due: cx.now + PATIENCE });
            }
        }
    }
}

impl Wish {
    const fn request(&self) -> Option<Request> {
        match self {
            Self::Login | Self::Alive => None,
            Self::Publish(request, _) | Self::Withdraw(request, _) | Self::Search { request, .. } => Some(*request),
        }
    }
}

impl Node for NapsterNode {
    type Id = Guid;
    type Config = Config;
    type Message = Message;
    type Command = SearchCommand;
    type Event = SearchEvent;

    fn space(_: &Config) {}

    fn new(me: Peer, host: Host<'_, Self>) -> Self {
        let servers = host.config.server_count();
        let is_server = me.0 < servers;
        Self {
            me,
            phase: if is_server { Phase::In } else { Phase::Out },
            home: Peer(me.0 % servers),
            shelf: Shelf::default(),
            waiting: Vec::new(),
            fetches: Fetches::default(),
            next_round: host.config.alive.filter(|_| is_server).map_or(Time::NEVER, |_| Time::ZERO),
            server: is_server.then(Box::default),
        }
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
            Input::LinkDown(peer) => {
                if let Some(server) = &mut self.server {
                    server.forget(peer);
                }
            }
            Input::Command(command) => self.on_command(cx, command),
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        let waiting = self.waiting.iter().map(|waiting| waiting.due);
        let next = waiting.fold(self.next_round.min(self.fetches.due()), Time::min);
        Some(next).filter(|moment| *moment != Time::NEVER)
    }

    fn known_peers(&self) -> Vec<Peer> {
        match &self.server {
            Some(server) => server.users().collect(),
            None => vec![self.home],
        }
    }

    fn heap_bytes(&self) -> usize {
        self.shelf.heap_bytes()
            + self.waiting.capacity() * size_of::<Waiting>()
            + self.fetches.heap_bytes()
            + self.server.as_ref().map_or(0, |server| server.heap_bytes())
    }
}
