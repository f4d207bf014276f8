//! Super-peers: children and their index, links to other super-peers, searches between them, promotion and demotion.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Config, Context, FastTrackNode, Message, Role, SearchId};
use crate::protocol::{Note, Peer, Request};
use crate::search::{Entry, HITS_MAX, Index, NAME_BYTES_MAX, SearchEvent, Seen};
use crate::time::{Duration, Time};

/// Files that one child registers at once.
const FILES_MAX: usize = 10_000;
/// Searches of children at one time.
const OPEN_MAX: usize = 4_096;
/// The largest TTL that is passed on.
const TTL_MAX: u8 = 32;

#[derive(Clone, Copy, Debug)]
struct Child {
    capacity: u8,
    since: Time,
    heard: Time,
}

/// A search of a child (or of the super-peer itself).
#[derive(Clone, Copy, Debug)]
struct Open {
    id: SearchId,
    child: Peer,
    due: Time,
}

/// Links from which on a super-peer refuses those of others.
fn links_max(config: &Config) -> usize {
    2 * usize::from(config.links.max(1))
}

/// Tells a peer that counts on this one that it should not: it has to come anew.
fn give_up(cx: &mut Context<'_>, peer: Peer) {
    cx.send(peer, Message::Unlink);
    cx.send(peer, Message::Moved { to: peer });
}

/// What a super-peer keeps.
#[derive(Clone, Debug)]
pub(super) struct Super {
    pub(super) index: Index,
    children: BTreeMap<Peer, Child>,
    /// When each was last heard of.
    links: BTreeMap<Peer, Time>,
    /// Super-peers that were asked for a link in this round and have not answered.
    asked: Vec<Peer>,
    seen: Seen,
    open: Vec<Open>,
    /// Rounds in a row with too few children.
    idle_rounds: u8,
    /// Who was told to become a super-peer, until it says that it has.
    promoted: Option<(Peer, Time)>,
}

impl Super {
    pub(super) fn with(
        config: &Config,
        links: impl IntoIterator<Item = Peer>,
        children: impl IntoIterator<Item = (Peer, u8)>,
    ) -> Self {
        let child = |capacity| Child { capacity, since: Time::ZERO, heard: Time::ZERO };
        Self {
            index: Index::default(),
            children: children.into_iter().map(|(peer, capacity)| (peer, child(capacity))).collect(),
            links: links.into_iter().map(|peer| (peer, Time::ZERO)).collect(),
            asked: Vec::new(),
            seen: Seen::new(config.memory.into()),
            open: Vec::new(),
            idle_rounds: 0,
            promoted: None,
        }
    }

    pub(super) fn children(&self) -> impl Iterator<Item = Peer> {
        self.children.keys().copied()
    }

    pub(super) fn links(&self) -> impl Iterator<Item = Peer> {
        self.links.keys().copied()
    }

    pub(super) fn due(&self) -> Time {
        self.open.iter().map(|open| open.due).min().unwrap_or(Time::NEVER)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.index.heap_bytes()
            + self.children.len() * size_of::<(Peer, Child)>()
            + self.links.len() * size_of::<(Peer, Time)>()
            + self.asked.capacity() * size_of::<Peer>()
            + self.seen.heap_bytes()
            + self.open.capacity() * size_of::<Open>()
    }

    /// Asks these for links, as many as are missing.
    pub(super) fn on_supers(&mut self, cx: &mut Context<'_>, me: Peer, peers: &[Peer]) {
        let known = cx.host.peers.len();
        let missing = usize::from(cx.host.config.links).saturating_sub(self.links.len());
        let fresh = peers.iter().filter(|peer| peer.index() < known && **peer != me && !self.links.contains_key(peer));
        let fresh: Vec<Peer> = fresh.take(missing).copied().collect();
        self.ask_for_links(cx, &fresh);
    }

    /// Asks these for links.
    pub(super) fn ask_for_links(&mut self, cx: &mut Context<'_>, peers: &[Peer]) {
        for peer in peers {
            self.asked.push(*peer);
            cx.send(*peer, Message::Link);
        }
    }

    /// Whether a peer was asked for a link and has not answered; it has now.
    fn was_asked(&mut self, peer: Peer) -> bool {
        let before = self.asked.len();
        self.asked.retain(|asked| *asked != peer);
        self.asked.len() < before
    }

    pub(super) fn say_goodbye(&self, cx: &mut Context<'_>) {
        for starter in (0..cx.host.config.starter_count()).map(Peer) {
            cx.send(starter, Message::NoSuper);
        }
        self.links.keys().for_each(|link| cx.send(*link, Message::Unlink));
        let others: Vec<Peer> = self.links().collect();
        for (at, child) in self.children().enumerate() {
            // Spread over the other super-peers.
            let to = if others.is_empty() { child } else { others[at % others.len()] };
            cx.send(child, Message::Moved { to });
        }
    }

    fn forget_child(&mut self, peer: Peer) {
        if self.children.remove(&peer).is_some() {
            self.index.remove_holder(peer);
        }
    }

    /// Looks who is still there; the super-peer to go to if this one is hardly needed.
    pub(super) fn on_round(&mut self, cx: &mut Context<'_>, me: Peer) -> Option<Peer> {
        let period = cx.host.config.keepalive?;
        let patience = Duration(period.0.saturating_mul(3));
        self.asked.clear();
        let silent_links: Vec<Peer> =
            self.links.iter().filter(|(_, heard)| cx.now - **heard > patience).map(|(peer, _)| *peer).collect();
        for peer in silent_links {
            cx.note(|| Note::Forgotten { peer });
            self.links.remove(&peer);
            cx.event(SearchEvent::NeighboursChanged);
        }
        let silent_children: Vec<Peer> =
            self.children.iter().filter(|(_, child)| cx.now - child.heard > patience).map(|(peer, _)| *peer).collect();
        for peer in silent_children {
            cx.note(|| Note::Forgotten { peer });
            self.forget_child(peer);
        }
        self.links.keys().for_each(|link| cx.send(*link, Message::Alive { digest: 0 }));
        if self.links.len() < usize::from(cx.host.config.links) {
            let starter = FastTrackNode::any_starter(cx);
            cx.send(starter, Message::AskSupers);
        }
        for starter in (0..cx.host.config.starter_count()).map(Peer) {
            cx.send(starter, Message::IAmSuper);
        }
        let few = self.children.len() < usize::from(cx.host.config.children / 4);
        self.idle_rounds = if few { self.idle_rounds.saturating_add(1) } else { 0 };
        // Of two that are hardly needed only the one with the larger number goes, so that not both do.
        self.links().find(|link| *link < me).filter(|_| self.idle_rounds >= 2)
    }

    /// The best child to become a super-peer: capacity, and a point for every minute it has been there.
    fn best_child(&self, cx: &Context<'_>) -> Option<Peer> {
        let worth = |child: &Child| u64::from(child.capacity) + (cx.now - child.since).0 / 60_000_000;
        let able = self.children.iter().filter(|(_, child)| child.capacity >= cx.host.config.capacity_needed);
        able.max_by_key(|(peer, child)| (worth(child), std::cmp::Reverse(**peer))).map(|(peer, _)| *peer)
    }
}

impl FastTrackNode {
    /// What only a super-peer answers.
    pub(super) fn as_super(&mut self, cx: &mut Context<'_>, from: Peer, message: Message) {
        let Role::Super(state) = &mut self.role else {
            return match message {
                Message::Adopt { .. } => cx.send(from, Message::Full),
                Message::Link => cx.send(from, Message::Unlink),
                Message::Alive { .. } => give_up(cx, from),
                _ => {}
            };
        };
        if let Some(heard) = state.links.get_mut(&from) {
            *heard = cx.now;
        }
        if let Some(child) = state.children.get_mut(&from) {
            child.heard = cx.now;
        }
        if matches!(message, Message::Link | Message::Linked) {
            // It is a super-peer by now.
            state.forget_child(from);
        }
        match message {
            Message::Alive { digest } if state.children.contains_key(&from) => {
                let agrees = state.index.digest(from) == digest;
                cx.send(from, if agrees { Message::AliveToo } else { Message::Moved { to: self.me } });
            }
            Message::Alive { .. } if state.links.contains_key(&from) => cx.send(from, Message::AliveToo),
            Message::Alive { .. } => give_up(cx, from),
            Message::Adopt { capacity, files } => self.on_adopt(cx, from, capacity, &files),
            Message::Link => {
                if state.links.contains_key(&from) || state.links.len() < links_max(cx.host.config) {
                    state.links.insert(from, cx.now);
                    cx.send(from, Message::Linked);
                    cx.note(|| Note::NeighbourAdded { peer: from });
                } else {
                    cx.send(from, Message::Unlink);
                }
            }
            Message::Linked if state.links.contains_key(&from) => {}
            // Not asked for, or enough others were quicker.
            Message::Linked if !state.was_asked(from) || state.links.len() >= links_max(cx.host.config) => {
                cx.send(from, Message::Unlink);
            }
            Message::Linked => _ = state.links.insert(from, cx.now),
            Message::Unlink => {
                state.was_asked(from);
                state.links.remove(&from);
            }
            Message::Bye => {
                state.forget_child(from);
                self.on_promoted(cx, from);
            }
            Message::Share { request, name } if state.children.contains_key(&from) => {
                let fits = is_name(&name) && state.index.add(name, from);
                cx.send(from, Message::Shared { request, fits });
            }
            Message::Unshare { request, name } if state.children.contains_key(&from) => {
                let existed = state.index.remove(&name, from);
                cx.send(from, Message::Unshared { request, existed });
            }
            Message::Ask { request, words } if state.children.contains_key(&from) => {
                self.search_for(cx, from, request, &words);
            }
            Message::Query { id, ttl, hops, words } if state.links.contains_key(&from) => {
                state.on_query(cx, from, id, ttl.min(TTL_MAX.saturating_sub(hops)), hops, words);
            }
            Message::Found { id, hops, entries } => self.on_found(cx, id, hops.saturating_add(1), entries),
            _ => {}
        }
    }

    fn on_adopt(&mut self, cx: &mut Context<'_>, from: Peer, capacity: u8, files: &[Arc<str>]) {
        let Role::Super(state) = &mut self.role else { return };
        let most = usize::from(cx.host.config.children.max(1));
        // Half as many again while a child is being promoted.
        if !state.children.contains_key(&from) && state.children.len() >= most + most / 2 {
            return cx.send(from, Message::Full);
        }
        state.links.remove(&from);
        state.index.remove_holder(from);
        for name in files.iter().take(FILES_MAX).filter(|name| is_name(name)) {
            state.index.add(name.clone(), from);
        }
        state.children.insert(from, Child { capacity, since: cx.now, heard: cx.now });
        cx.send(from, Message::Adopted);
        cx.note(|| Note::NeighbourAdded { peer: from });
        let waits = state.promoted.is_some_and(|(_, due)| due > cx.now);
        if state.children.len() > most
            && !waits
            && let Some(best) = state.best_child(cx)
        {
            state.promoted = Some((best, cx.now + super::PATIENCE));
            let links: Arc<[Peer]> = state.links().take(usize::from(cx.host.config.links)).chain([self.me]).collect();
            cx.send(best, Message::Promote { links });
        }
    }

    /// A child became a super-peer: half of the others go to it.
    fn on_promoted(&mut self, cx: &mut Context<'_>, peer: Peer) {
        let Role::Super(state) = &mut self.role else { return };
        if state.promoted.is_none_or(|(promoted, _)| promoted != peer) {
            return;
        }
        state.promoted = None;
        let movers: Vec<Peer> = state.children().step_by(2).collect();
        for child in movers {
            state.forget_child(child);
            cx.send(child, Message::Moved { to: peer });
        }
    }

    /// Becomes an ordinary peer.
    pub(super) fn demote(&mut self, cx: &mut Context<'_>, to: Peer) {
        if let Role::Super(state) = &self.role {
            state.say_goodbye(cx);
        }
        cx.event(SearchEvent::Demoted);
        self.look_elsewhere(cx, Some(to));
    }

    pub(super) fn on_link_down(&mut self, cx: &mut Context<'_>, peer: Peer) {
        if self.parent() == Some(peer) {
            return self.look_elsewhere(cx, None);
        }
        if let Role::Super(state) = &mut self.role {
            state.links.remove(&peer);
            state.forget_child(peer);
        }
    }

    /// A search of a child, or of this super-peer itself.
    pub(super) fn search_for(&mut self, cx: &mut Context<'_>, child: Peer, request: Request, words: &Arc<str>) {
        let me = self.me;
        let Role::Super(state) = &mut self.role else { return };
        if words.len() > NAME_BYTES_MAX || state.open.len() >= OPEN_MAX {
            return self.tell_over(cx, child, request);
        }
        let id = SearchId::new(rand::Rng::next_u64(cx.rng), request);
        state.seen.insert(id.value(), me);
        let entries: Arc<[Entry]> = state.index.search(words, HITS_MAX).into();
        let (ttl, copies) = (cx.host.config.ttl.min(TTL_MAX), state.links.len() as u32);
        cx.note(|| Note::Matched { request: Some(request), files: entries.len() as u32 });
        if ttl > 0 && copies > 0 {
            let due = cx.now + Duration(cx.host.config.hop_wait.0.saturating_mul(u64::from(ttl) + 1));
            state.open.push(Open { id, child, due });
            cx.note(|| Note::PassedOn { request: Some(request), copies, ttl });
            for link in state.links.keys() {
                cx.send(*link, Message::Query { id, ttl, hops: 0, words: words.clone() });
            }
        }
        if !entries.is_empty() {
            self.tell_hits(cx, child, request, 1, entries);
        }
        if ttl == 0 || copies == 0 {
            self.tell_over(cx, child, request);
        }
    }

    fn tell_hits(&mut self, cx: &mut Context<'_>, child: Peer, request: Request, hops: u8, entries: Arc<[Entry]>) {
        if child == self.me {
            self.take_in(cx, request, hops.saturating_sub(1), &entries);
        } else {
            cx.send(child, Message::Hits { request, hops, entries });
        }
    }

    fn tell_over(&mut self, cx: &mut Context<'_>, child: Peer, request: Request) {
        if child == self.me {
            self.end_search(cx, request);
        } else {
            cx.send(child, Message::Over { request });
        }
    }

    /// An answer on its way back.
    fn on_found(&mut self, cx: &mut Context<'_>, id: SearchId, hops: u8, entries: Arc<[Entry]>) {
        let me = self.me;
        let Role::Super(state) = &mut self.role else { return };
        match state.seen.from(id.value()) {
            Some(back) if back == me => {
                if let Some(open) = state.open.iter().find(|open| open.id == id) {
                    let child = open.child;
                    self.tell_hits(cx, child, id.request(), hops.saturating_add(1), entries);
                }
            }
            Some(back) if hops < TTL_MAX => cx.send(back, Message::Found { id, hops, entries }),
            _ => {}
        }
    }

    pub(super) fn on_searches_due(&mut self, cx: &mut Context<'_>) {
        let Role::Super(state) = &mut self.role else { return };
        let now = cx.now;
        let over: Vec<Open> = state.open.iter().filter(|open| open.due <= now).copied().collect();
        state.open.retain(|open| open.due > now);
        for Open { id, child, .. } in over {
            self.tell_over(cx, child, id.request());
        }
    }
}

impl Super {
    fn on_query(&mut self, cx: &mut Context<'_>, from: Peer, id: SearchId, ttl: u8, hops: u8, words: Arc<str>) {
        let request = Some(id.request());
        if !self.seen.insert(id.value(), from) {
            cx.note(|| Note::Duplicate { request, from });
            return;
        }
        let entries: Arc<[Entry]> = self.index.search(&words, HITS_MAX).into();
        if !entries.is_empty() {
            cx.note(|| Note::Matched { request, files: entries.len() as u32 });
            cx.send(from, Message::Found { id, hops: 0, entries });
        }
        if ttl > 1 {
            let copies = self.links.len() as u32 - 1;
            cx.note(|| Note::PassedOn { request, copies, ttl: ttl - 1 });
            for link in self.links.keys().filter(|link| **link != from) {
                cx.send(*link, Message::Query { id, ttl: ttl - 1, hops: hops.saturating_add(1), words: words.clone() });
            }
        }
    }
}

const fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX
}
