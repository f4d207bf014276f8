//! What the application wants: asked of the super-peer, asked again of another, and what comes of it.

use super::{Context, FastTrackNode, Message, PATIENCE, Role, WISHES_MAX, Waiting, Wish, published};
use crate::protocol::{Note, Peer, Request};
use crate::search::{Entry, HITS_MAX, SearchError, SearchEvent, Transfer};
use crate::time::{Duration, Time};

impl FastTrackNode {
    pub(super) fn patience(&self, cx: &Context<'_>, wish: &Wish) -> Duration {
        match wish {
            Wish::Search { .. } => {
                PATIENCE + Duration(cx.host.config.hop_wait.0.saturating_mul(u64::from(cx.host.config.ttl) + 1))
            }
            _ => PATIENCE,
        }
    }

    pub(super) fn wish(&mut self, cx: &mut Context<'_>, wish: Wish) {
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

    pub(super) fn tell_parent(&self, cx: &mut Context<'_>, parent: Peer, wish: &Wish) {
        let message = match wish {
            Wish::Publish(request, name) => Message::Share { request: *request, name: name.clone() },
            Wish::Withdraw(request, name) => Message::Unshare { request: *request, name: name.clone() },
            Wish::Search { request, words, .. } => Message::Ask { request: *request, words: words.clone() },
        };
        cx.send(parent, message);
    }

    pub(super) fn done(&mut self, is_it: impl Fn(&Wish) -> bool) -> bool {
        let at = self.waiting.iter().position(|waiting| is_it(&waiting.wish));
        at.map(|at| self.waiting.remove(at)).is_some()
    }

    /// Files found for an own search.
    pub(super) fn take_in(&mut self, cx: &mut Context<'_>, request: Request, hops: u8, entries: &[Entry]) {
        let (me, known) = (self.me, cx.host.peers.len());
        let open = self.waiting.iter_mut().find_map(|waiting| match &mut waiting.wish {
            Wish::Search { request: open, fetch, found, .. } if *open == request => Some((*fetch, found)),
            _ => None,
        });
        let Some((fetch, found)) = open else { return };
        let sound = entries.iter().take(HITS_MAX).filter(|entry| entry.holder.index() < known && entry.holder != me);
        for Entry { name, holder } in found.take_in(sound.cloned().collect()) {
            cx.event(SearchEvent::Hit { request, holder, hops, name: name.clone() });
            if fetch {
                self.fetches.fetch(cx, request, holder, 0, &name);
            }
        }
    }

    pub(super) fn end_search(&mut self, cx: &mut Context<'_>, over: Request) {
        let mine = |waiting: &Waiting| matches!(&waiting.wish, Wish::Search { request, .. } if *request == over);
        let Some(at) = self.waiting.iter().position(mine) else { return };
        if let Wish::Search { request, found, .. } = self.waiting.remove(at).wish {
            self.fetches.end_search(cx, request, found.len());
        }
    }

    pub(super) fn on_transfer(&mut self, cx: &mut Context<'_>, from: Peer, transfer: Transfer) {
        let Some((request, name)) = self.fetches.on_transfer(cx, &mut self.shelf, from, transfer) else { return };
        match &mut self.role {
            Role::Super(state) => _ = state.index.add(name, self.me),
            // Nobody waits for that.
            Role::Child { parent } => cx.send(*parent, Message::Share { request, name }),
            _ => {}
        }
    }

    /// The super-peer has not answered: another, and if that does not answer either, failure.
    pub(super) fn on_wishes_due(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let (overdue, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|waiting| waiting.due <= now);
        self.waiting = rest;
        let mut parent = self.parent();
        for waiting in overdue {
            let (request, again) = (waiting.wish.request(), waiting.again);
            match waiting.wish {
                Wish::Search { ref found, .. } if !found.is_empty() => {
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
}
