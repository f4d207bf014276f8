//! Fetching files, and Push.
//!
//! Draws "Firewalls" (Gnutella Protocol): "if server peer is behind a firewall, requesting peer may not download file with HTTP;
//! requesting peer sends Push message to server peer, indicating where the server peer can 'push' the file to".

use super::links::send_back;
use super::{Body, Context, Descriptor, GnutellaNode, Message, TTL_MAX};
use crate::protocol::{Note, Peer};
use crate::search::{Fetches, Transfer};

impl GnutellaNode {
    pub(super) fn on_transfer(&mut self, cx: &mut Context<'_>, from: Peer, transfer: Transfer) {
        // A connection from outside is what a firewall lets nobody open.
        let is_outside = matches!(transfer, Transfer::Get { .. });
        if is_outside && cx.host.config.behind_firewall.contains(&self.me) {
            return;
        }
        let mut none = Fetches::default();
        let fetches = self.work.as_mut().map_or(&mut none, |work| &mut work.fetches);
        // Whoever asks looks at the shelf: there is nobody to tell of what came.
        let _ = fetches.on_transfer(cx, &mut self.shelf, from, transfer);
    }

    pub(super) fn on_fetch_due(&mut self, cx: &mut Context<'_>) {
        while let Some(fetch) = self.work.as_mut().and_then(|work| work.fetches.overdue(cx.now)) {
            let (request, holder, index) = (fetch.request, fetch.holder, fetch.index);
            if fetch.pushed {
                self.work().fetches.elsewhere(cx, request, holder);
                continue;
            }
            fetch.wait_for_push(cx.now);
            cx.note(|| Note::TimedOut { peer: holder });
            let id = Self::name(cx, 0, Some(request));
            let body = Body::Push { holder, index, requester: self.me };
            let push = Descriptor { id, ttl: TTL_MAX, hops: 0, body };
            match self.push_way(holder) {
                Some(by) => cx.send(by, Message::Descriptor(push)),
                None => self.work().fetches.elsewhere(cx, request, holder),
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
