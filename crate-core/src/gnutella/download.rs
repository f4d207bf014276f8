//! Fetching files, and Push.
//!
//! Draws "Firewalls" (Gnutella Protocol): "if server peer is behind a firewall, requesting peer may not download file with HTTP;
//! requesting peer sends Push message to server peer, indicating where the server peer can 'push' the file to".

use std::sync::Arc;

use super::links::send_back;
use super::{Body, Context, Descriptor, GnutellaNode, Message, TTL_MAX};
use crate::protocol::{Note, Peer, Request};
use crate::search::{Fetch, SearchError, SearchEvent, Transfer};

impl GnutellaNode {
    /// A file was found for a request that wants it.
    pub(super) fn fetch(&mut self, cx: &mut Context<'_>, request: Request, holder: Peer, index: u32, name: &Arc<str>) {
        if self.work().fetches.found(cx.now, request, holder, index, name) {
            cx.send(holder, Message::Transfer(Transfer::Get { request, name: name.clone() }));
        }
    }

    pub(super) fn on_transfer(&mut self, cx: &mut Context<'_>, from: Peer, transfer: Transfer) {
        match transfer {
            // A connection from outside, which a firewall lets nobody open.
            Transfer::Get { .. } if cx.host.config.behind_firewall.contains(&self.me) => {}
            Transfer::Get { request, name } => {
                let answer =
                    if self.shelf.has(&name) { Transfer::File { request, name } } else { Transfer::Gone { request } };
                cx.send(from, Message::Transfer(answer));
            }
            Transfer::File { request, name } => {
                if self.work().fetches.end(request, from).is_some() {
                    // What was fetched is shared in turn: "natural replication".
                    self.shelf.add(name.clone());
                    cx.event(SearchEvent::Fetched { request, holder: from, name });
                }
            }
            Transfer::Gone { request } => self.fetch_elsewhere(cx, request, from),
        }
    }

    fn fetch_elsewhere(&mut self, cx: &mut Context<'_>, request: Request, holder: Peer) {
        let now = cx.now;
        match self.work().fetches.next(now, request, holder) {
            Some(Fetch { holder, name, .. }) => {
                cx.send(*holder, Message::Transfer(Transfer::Get { request, name: name.clone() }));
            }
            None => cx.event(SearchEvent::Failed { request, reason: SearchError::NotSent }),
        }
    }

    pub(super) fn on_fetch_due(&mut self, cx: &mut Context<'_>) {
        while let Some(fetch) = self.work.as_mut().and_then(|work| work.fetches.overdue(cx.now)) {
            let (request, holder, index) = (fetch.request, fetch.holder, fetch.index);
            if fetch.pushed {
                self.fetch_elsewhere(cx, request, holder);
                continue;
            }
            fetch.wait_for_push(cx.now);
            cx.note(|| Note::TimedOut { peer: holder });
            let id = Self::name(cx, 0, Some(request));
            let body = Body::Push { holder, index, requester: self.me };
            let push = Descriptor { id, ttl: TTL_MAX, hops: 0, body };
            match self.push_way(holder) {
                Some(by) => cx.send(by, Message::Descriptor(push)),
                None => self.fetch_elsewhere(cx, request, holder),
            }
        }
    }

    fn push_way(&self, holder: Peer) -> Option<Peer> {
        let ways = &self.work.as_ref()?.push_ways;
        ways.iter().find(|(known, _)| *known == holder).map(|(_, by)| *by)
    }

    /// A Push goes the way that the holder's answer came.
    pub(super) fn on_push(&mut self, cx: &mut Context<'_>, push: Descriptor) {
        let Body::Push { holder, index, requester } = push.body else { return };
        if holder == self.me {
            // The holder opens the connection.
            if let (Some(file), Some(request)) = (self.shelf.at(index), push.id.request()) {
                let name = file.name.clone();
                cx.send(requester, Message::Transfer(Transfer::File { request, name }));
            }
        } else if let Some(by) = self.push_way(holder) {
            send_back(cx, by, push);
        }
    }
}
