//! The directory server.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Context, Message};
use crate::protocol::{Note, Peer};
use crate::search::{HITS_MAX, Index, NAME_BYTES_MAX};
use crate::time::{Duration, Time};

/// Files that one peer registers at once.
const FILES_MAX: usize = 10_000;
/// Most peers at home at one server.
const USERS_MAX: usize = 1_000_000;

/// Who is there, and who has what.
#[derive(Clone, Debug, Default)]
pub(super) struct Server {
    pub(super) index: Index,
    /// When each peer was last heard of.
    users: BTreeMap<Peer, Time>,
}

impl Server {
    pub(super) fn users(&self) -> impl Iterator<Item = Peer> {
        self.users.keys().copied()
    }

    pub(super) fn on_message(&mut self, cx: &mut Context<'_>, me: Peer, from: Peer, message: Message) {
        if let Message::Alive { digest } = message
            && !(self.users.contains_key(&from) && self.index.digest(from) == digest)
        {
            return cx.send(from, Message::Stranger);
        }
        if self.users.len() < USERS_MAX && !matches!(message, Message::Search { .. } | Message::Logout) {
            self.users.insert(from, cx.now);
        }
        match message {
            Message::Login { files } => {
                self.index.remove_holder(from);
                for name in files.iter().take(FILES_MAX).filter(|name| is_name(name)) {
                    self.index.add(name.clone(), from);
                }
                cx.send(from, Message::Welcome);
            }
            Message::Share { request, name } => {
                let is_added = is_name(&name) && self.index.add(name, from);
                cx.send(from, if is_added { Message::Shared { request } } else { Message::NoRoom { request } });
            }
            Message::Unshare { request, name } => {
                let existed = self.index.remove(&name, from);
                cx.send(from, Message::Unshared { request, existed });
            }
            Message::Search { request, asker, words, passed_on } if asker.index() < cx.host.peers.len() => {
                let entries: Arc<[_]> = self.index.search(&words, HITS_MAX).into();
                cx.note(|| Note::Matched { request: Some(request), files: entries.len() as u32 });
                cx.send(asker, Message::Results { request, entries });
                let others = cx.host.config.server_count() - 1;
                if cx.host.config.linked && !passed_on && others > 0 {
                    cx.note(|| Note::PassedOn { request: Some(request), copies: others, ttl: 0 });
                    for other in (0..=others).map(Peer).filter(|other| *other != me) {
                        cx.send(other, Message::Search { request, asker, words: words.clone(), passed_on: true });
                    }
                }
            }
            Message::Alive { .. } => cx.send(from, Message::AliveToo),
            Message::Logout => self.forget(from),
            _ => {}
        }
    }

    pub(super) fn forget(&mut self, peer: Peer) {
        self.users.remove(&peer);
        self.index.remove_holder(peer);
    }

    /// Forgets who has been silent for three periods.
    pub(super) fn forget_silent(&mut self, cx: &mut Context<'_>, period: Duration) {
        let patience = Duration(period.0.saturating_mul(3));
        let silent: Vec<Peer> =
            self.users.iter().filter(|(_, heard)| cx.now - **heard > patience).map(|(peer, _)| *peer).collect();
        for peer in silent {
            cx.note(|| Note::Forgotten { peer });
            self.forget(peer);
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.index.heap_bytes() + self.users.len() * size_of::<(Peer, Time)>()
    }

    /// Enters a peer without a message: what a world is filled with.
    pub(super) fn enter(&mut self, peer: Peer) {
        self.users.insert(peer, Time::ZERO);
    }
}

const fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX
}
