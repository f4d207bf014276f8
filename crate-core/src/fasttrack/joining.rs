//! Coming in: super-super-peers name super-peers, a newcomer tries them one by one, and may become one itself.

use rand::RngExt;

use super::supers::Super;
use super::{ATTEMPTS_MAX, Context, FastTrackNode, Message, NAMED_MAX, PATIENCE, Role, SUPERS_MAX, Waiting, Wish};
use crate::protocol::{Note, Peer};
use crate::search::{SearchError, SearchEvent};
use crate::time::{Duration, Time};

impl FastTrackNode {
    pub(super) fn any_starter(cx: &mut Context<'_>) -> Peer {
        Peer(cx.rng.random_range(0..cx.host.config.starter_count()))
    }

    /// Asks a super-super-peer for super-peers.
    pub(super) fn seek(&mut self, cx: &mut Context<'_>, attempts: u8) {
        self.role = Role::Seeking { named: Vec::new(), asked: Peer::NONE, attempts, due: cx.now + PATIENCE };
        let starter = Self::any_starter(cx);
        cx.send(starter, Message::AskSupers);
    }

    pub(super) fn on_supers(&mut self, cx: &mut Context<'_>, peers: &[Peer]) {
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
    pub(super) fn ask_next(&mut self, cx: &mut Context<'_>) {
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

    /// No super-peer takes it: it becomes one if it may, else it stays outside, or, if it was in, tries again later.
    pub(super) fn give_up(&mut self, cx: &mut Context<'_>) {
        if self.capacity >= cx.host.config.capacity_needed {
            return self.become_super(cx, &[]);
        }
        self.fail_all(cx);
        if let Some(period) = cx.host.config.keepalive.filter(|_| self.joined) {
            self.role = Role::Seeking { named: Vec::new(), asked: Peer::NONE, attempts: 0, due: cx.now + period };
            return;
        }
        self.role = Role::Out;
        self.joined = false;
        cx.event(SearchEvent::JoinFailed);
    }

    pub(super) fn fail_all(&mut self, cx: &mut Context<'_>) {
        for Waiting { wish, .. } in std::mem::take(&mut self.waiting) {
            match wish {
                Wish::Search { request, found, .. } if !found.is_empty() => {
                    self.fetches.end_search(cx, request, found.len());
                }
                wish => {
                    cx.event(SearchEvent::Failed { request: wish.request(), reason: SearchError::NobodyAnswered });
                }
            }
        }
    }

    pub(super) fn on_adopted(&mut self, cx: &mut Context<'_>, from: Peer) {
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

    pub(super) fn is_in(&mut self, cx: &mut Context<'_>) {
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

    pub(super) fn become_super(&mut self, cx: &mut Context<'_>, links: &[Peer]) {
        let mut state = Super::with(cx.host.config, [], []);
        self.shelf.files().iter().for_each(|file| _ = state.index.add(file.name.clone(), self.me));
        let links: Vec<Peer> = links.iter().copied().filter(|link| *link != self.me).collect();
        state.ask_for_links(cx, &links);
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

    /// Leaves its super-peer for another.
    pub(super) fn look_elsewhere(&mut self, cx: &mut Context<'_>, to: Option<Peer>) {
        match to {
            Some(to) => {
                let named = vec![to];
                self.role = Role::Seeking { named, asked: Peer::NONE, attempts: 1, due: cx.now + PATIENCE };
                self.ask_next(cx);
            }
            None => self.seek(cx, 1),
        }
    }
}

/// A server that only names super-peers.
pub(super) fn as_starter(cx: &mut Context<'_>, supers: &mut Vec<Peer>, from: Peer, message: &Message) {
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
