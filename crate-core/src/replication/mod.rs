//! Full replication: every peer has the whole index, and tells everybody what changes.
//!
//! Draws the row "Full replication" of the slide "Performance Comparison of P2P Techniques": latency 1, messages 1, update cost n,
//! storage n. No paper is its source: it is the other extreme beside a network without an index.
//!
//! # Implementation notes
//! - A search is answered from the node's own index. So it takes no message and no time, where the slide says 1 of each: that 1 is
//!   the fetch that follows.
//! - A newcomer gets the index and the list of members from its contact, and tells all members of itself and its files. A change
//!   goes to all members at once, without acknowledgement: nobody mends what gets lost, and two who come in at one moment may
//!   not hear of each other.
//! - Who crashes says nothing, so its entries stay; a peer that waits in vain for a file strikes the holder from its own index.
//! - A world of n nodes would hold n² entries. Nodes share the index that they began with (one copy a process) and keep what
//!   changed since of their own; [`ReplicaNode::indexed`] counts what a node of its own would hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::Guid;
use crate::protocol::{self, Host, Input, Membership, Node, Note, Peer, Purpose, Request};
use crate::search::{
    Entry, Fetches, HITS_MAX, Index, NAME_BYTES_MAX, SearchCommand, SearchError, SearchEvent, Shelf, Transfer, normal,
};
use crate::time::{Duration, Time};

type Context<'a> = protocol::Context<'a, ReplicaNode>;

/// How long a newcomer waits for its contact.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it asks.
const ATTEMPTS_MAX: u8 = 3;
/// Files that a newcomer brings at most.
const FILES_MAX: usize = 10_000;

/// There is nothing to choose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Config {}

/// Who is there and who has what.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Whole {
    /// All members, in ascending order.
    pub members: Vec<Peer>,
    /// All files.
    pub index: Index,
}

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// Of a newcomer to a member: what do you know?
    AskWhole,
    /// All this.
    WholeIs(Arc<Whole>),
    /// I am a member now, with these files.
    Hello(Arc<[Arc<str>]>),
    /// I share one more.
    Add {
        /// The request of the application that shares it.
        request: Request,
        /// Its name.
        name: Arc<str>,
    },
    /// I share one no longer.
    Remove {
        /// The request.
        request: Request,
        /// Its name.
        name: Arc<str>,
    },
    /// Goodbye.
    Bye,
    /// Straight between two peers.
    Transfer(Transfer),
}

impl From<Transfer> for Message {
    fn from(transfer: Transfer) -> Self {
        Self::Transfer(transfer)
    }
}

impl protocol::Message for Message {
    fn name(&self) -> &'static str {
        match self {
            Self::AskWhole => "ask for the index",
            Self::WholeIs(_) => "the index",
            Self::Hello(_) => "hello",
            Self::Add { .. } => "add",
            Self::Remove { .. } => "remove",
            Self::Bye => "bye",
            Self::Transfer(transfer) => transfer.name(),
        }
    }

    fn purpose(&self) -> Purpose {
        match self {
            Self::AskWhole | Self::WholeIs(_) | Self::Hello(_) | Self::Bye => Purpose::Membership,
            Self::Add { .. } | Self::Remove { .. } => Purpose::Data,
            Self::Transfer(transfer) => transfer.purpose(),
        }
    }

    fn request(&self) -> Option<Request> {
        match self {
            Self::Add { request, .. } | Self::Remove { request, .. } => Some(*request),
            Self::Transfer(transfer) => Some(transfer.request()),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Out,
    Joining { contact: Peer, attempts: u8, due: Time },
    In,
}

/// A peer that knows everything.
#[derive(Clone, Debug)]
pub struct ReplicaNode {
    me: Peer,
    phase: Phase,
    shelf: Shelf,
    /// What it began with.
    base: Arc<Whole>,
    /// What came since.
    joined: BTreeSet<Peer>,
    added: Index,
    /// What went since of what it began with.
    left: BTreeSet<Peer>,
    removed: Index,
    fetches: Fetches,
}

impl ReplicaNode {
    /// A member that knows all this, its own files among it: the converged state.
    #[must_use]
    pub fn from_whole(me: Peer, host: Host<'_, Self>, whole: Arc<Whole>) -> Self {
        Self { phase: Phase::In, base: whole, ..Self::new(me, host) }
    }

    /// Begins anew with all this.
    pub fn learn(&mut self, whole: Arc<Whole>) {
        self.base = whole;
        (self.joined, self.left) = Default::default();
        (self.added, self.removed) = Default::default();
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

    /// The first entries of its index, by name.
    #[must_use]
    pub fn entries(&self, most: usize) -> Vec<Entry> {
        self.whole().index.first(most)
    }

    /// Entries of its index.
    #[must_use]
    pub fn indexed(&self) -> usize {
        self.base.index.len() + self.added.len() - self.removed.len()
    }

    /// All members that it knows, itself among them, in ascending order.
    #[must_use]
    pub fn members(&self) -> Vec<Peer> {
        let mut members: Vec<Peer> =
            self.base.members.iter().copied().filter(|peer| !self.left.contains(peer)).collect();
        members.extend(self.joined.iter().copied());
        crate::small_sort::sort(&mut members);
        members.dedup();
        members
    }

    fn whole(&self) -> Whole {
        let mut index = Index::default();
        let kept = self.base.index.entries().filter(|(name, holder)| !self.removed.has(name, *holder));
        for (name, holder) in kept.chain(self.added.entries()) {
            index.add(name.clone(), holder);
        }
        Whole { members: self.members(), index }
    }

    fn add(&mut self, name: Arc<str>, holder: Peer) {
        if !self.removed.remove(&name, holder) && !self.base.index.has(&name, holder) {
            self.added.add(name, holder);
        }
    }

    fn remove(&mut self, name: &Arc<str>, holder: Peer) {
        if !self.added.remove(name, holder) && self.base.index.has(name, holder) {
            self.removed.add(name.clone(), holder);
        }
    }

    fn forget(&mut self, peer: Peer) {
        self.joined.remove(&peer);
        if self.base.members.binary_search(&peer).is_ok() {
            self.left.insert(peer);
        }
        self.added.remove_holder(peer);
        let base = Arc::clone(&self.base);
        for (name, _) in base.index.entries().filter(|(_, holder)| *holder == peer) {
            self.removed.add(name.clone(), peer);
        }
    }

    fn meet(&mut self, peer: Peer) {
        self.left.remove(&peer);
        if self.base.members.binary_search(&peer).is_err() {
            self.joined.insert(peer);
        }
    }

    /// The entries that fit, best first.
    #[must_use]
    pub fn find(&self, words: &str) -> Vec<Entry> {
        let kept = self.base.index.search(words, usize::MAX).into_iter();
        let mut found: Vec<Entry> = kept.filter(|entry| !self.removed.has(&entry.name, entry.holder)).collect();
        found.extend(self.added.search(words, HITS_MAX));
        found.retain(|entry| entry.holder != self.me);
        found.truncate(HITS_MAX);
        found
    }

    fn tell_all(&self, cx: &mut Context<'_>, message: &Message) {
        for peer in self.members().into_iter().filter(|peer| *peer != self.me) {
            cx.send(peer, message.clone());
        }
    }

    fn enter(&mut self, cx: &mut Context<'_>) {
        self.phase = Phase::In;
        self.meet(self.me);
        let files: Arc<[Arc<str>]> = self.shelf.files().iter().map(|file| file.name.clone()).collect();
        files.iter().for_each(|name| self.add(name.clone(), self.me));
        self.tell_all(cx, &Message::Hello(files));
        cx.event(SearchEvent::Joined);
    }

    fn on_command(&mut self, cx: &mut Context<'_>, command: SearchCommand) {
        let is_in = self.phase == Phase::In;
        match command {
            SearchCommand::Member(Membership::Start) if self.phase == Phase::Out => self.enter(cx),
            SearchCommand::Member(Membership::Join { contact }) if self.phase == Phase::Out => {
                self.phase = Phase::Joining { contact, attempts: 1, due: cx.now + PATIENCE };
                cx.send(contact, Message::AskWhole);
            }
            SearchCommand::Member(Membership::Leave) => {
                if is_in {
                    self.tell_all(cx, &Message::Bye);
                }
                let shelf = std::mem::take(&mut self.shelf);
                *self = Self { shelf, ..Self::new(self.me, cx.host) };
                cx.event(SearchEvent::Left);
            }
            SearchCommand::Member(_) => {}
            SearchCommand::Publish { request, .. }
            | SearchCommand::Withdraw { request, .. }
            | SearchCommand::Search { request, .. }
                if !is_in =>
            {
                cx.event(SearchEvent::Failed { request, reason: SearchError::NotAMember });
            }
            SearchCommand::Publish { request, name } => match self.shelf.share(&name) {
                Ok(name) => self.publish(cx, request, name),
                Err(reason) => cx.event(SearchEvent::Failed { request, reason }),
            },
            SearchCommand::Withdraw { request, name } => {
                let name = self.shelf.withdraw(&name);
                let existed = name.is_some();
                if let Some(name) = name {
                    self.remove(&name, self.me);
                    self.tell_all(cx, &Message::Remove { request, name });
                }
                cx.event(SearchEvent::Withdrawn { request, existed });
            }
            SearchCommand::Search { request, words, fetch } => match normal(&words) {
                Some(words) => self.search(cx, request, &words, fetch),
                None => cx.event(SearchEvent::Failed { request, reason: SearchError::Name }),
            },
        }
    }

    fn publish(&mut self, cx: &mut Context<'_>, request: Request, name: Arc<str>) {
        self.add(name.clone(), self.me);
        self.tell_all(cx, &Message::Add { request, name });
        cx.event(SearchEvent::Published { request });
    }

    fn search(&mut self, cx: &mut Context<'_>, request: Request, words: &str, fetch: bool) {
        let found = self.find(words);
        let hits = found.len() as u32;
        cx.note(|| Note::Matched { request: Some(request), files: hits });
        for Entry { name, holder } in found {
            cx.event(SearchEvent::Hit { request, holder, hops: 0, name: name.clone() });
            if fetch {
                self.fetches.fetch(cx, request, holder, 0, &name);
            }
        }
        self.fetches.end_search(cx, request, hits);
    }

    fn on_message(&mut self, cx: &mut Context<'_>, from: Peer, message: Message) {
        match message {
            Message::WholeIs(whole) => {
                let known = cx.host.peers.len();
                let sound = whole.members.is_sorted() && whole.members.iter().all(|peer| peer.index() < known);
                if matches!(self.phase, Phase::Joining { contact, .. } if contact == from) && sound {
                    self.learn(whole);
                    self.enter(cx);
                }
            }
            _ if self.phase != Phase::In => {}
            Message::AskWhole => cx.send(from, Message::WholeIs(Arc::new(self.whole()))),
            Message::Hello(files) => {
                self.meet(from);
                for name in files.iter().take(FILES_MAX).filter(|name| is_name(name)) {
                    self.add(name.clone(), from);
                }
            }
            Message::Add { name, .. } if is_name(&name) => self.add(name, from),
            Message::Add { .. } => {}
            Message::Remove { name, .. } => self.remove(&name, from),
            Message::Bye => self.forget(from),
            Message::Transfer(transfer) => self.on_transfer(cx, from, transfer),
        }
    }

    fn on_transfer(&mut self, cx: &mut Context<'_>, from: Peer, transfer: Transfer) {
        if let Some((request, name)) = self.fetches.on_transfer(cx, &mut self.shelf, from, transfer) {
            self.add(name.clone(), self.me);
            self.tell_all(cx, &Message::Add { request, name });
        }
    }

    fn on_deadline(&mut self, cx: &mut Context<'_>) {
        for holder in self.fetches.on_silence(cx) {
            self.forget(holder);
        }
        let Phase::Joining { contact, attempts, due } = self.phase else { return };
        if due > cx.now {
            return;
        }
        if attempts < ATTEMPTS_MAX {
            self.phase = Phase::Joining { contact, attempts: attempts + 1, due: cx.now + PATIENCE };
            cx.send(contact, Message::AskWhole);
        } else {
            self.phase = Phase::Out;
            cx.event(SearchEvent::JoinFailed);
        }
    }
}

const fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX
}

impl Node for ReplicaNode {
    type Id = Guid;
    type Config = Config;
    type Message = Message;
    type Command = SearchCommand;
    type Event = SearchEvent;

    fn space(_: &Config) {}

    fn new(me: Peer, _: Host<'_, Self>) -> Self {
        Self {
            me,
            phase: Phase::Out,
            shelf: Shelf::default(),
            base: Arc::default(),
            joined: BTreeSet::new(),
            added: Index::default(),
            left: BTreeSet::new(),
            removed: Index::default(),
            fetches: Fetches::default(),
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
            Input::LinkDown(peer) => self.forget(peer),
            Input::Command(command) => self.on_command(cx, command),
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        let joining = if let Phase::Joining { due, .. } = self.phase { due } else { Time::NEVER };
        Some(joining.min(self.fetches.due())).filter(|moment| *moment != Time::NEVER)
    }

    fn known_peers(&self) -> Vec<Peer> {
        let mut members = self.members();
        members.retain(|peer| *peer != self.me);
        members
    }

    fn heap_bytes(&self) -> usize {
        // What is shared by all is nobody's own.
        self.shelf.heap_bytes()
            + self.added.heap_bytes()
            + self.removed.heap_bytes()
            + (self.joined.len() + self.left.len()) * size_of::<Peer>()
            + self.fetches.heap_bytes()
    }
}
