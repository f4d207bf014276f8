//! Flooding, the expanding ring, and answers on their way back.
//!
//! Draws "Message distribution" and "Locating files" (Gnutella Protocol), and "Expanding ring search" (Issues with Gnutella).

use std::sync::Arc;

use super::links::{Phase, send_back};
use super::{
    Body, Context, Descriptor, DescriptorId, GnutellaNode, Message, Method, PUSH_WAYS_MAX, QueryHit, Satisfied,
    TTL_MAX, TtlRule,
};
use crate::protocol::{Note, Peer, Request};
use crate::search::{HITS_MAX, SearchError, SearchEvent, normal};
use crate::time::{Duration, Time};

/// Searches of one node at one time.
const OPEN_MAX: usize = 256;

/// One of this node's own searches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Open {
    pub(super) id: DescriptorId,
    pub(super) request: Request,
    pub(super) words: Arc<str>,
    pub(super) hits: u32,
    pub(super) fetch: bool,
    /// TTL of the present attempt.
    ttl: u8,
    attempt: u8,
    /// When no more answers are waited for.
    pub(super) due: Time,
}

impl GnutellaNode {
    pub(super) fn search(&mut self, cx: &mut Context<'_>, request: Request, words: &str, fetch: bool) {
        let failed = |reason| SearchEvent::Failed { request, reason };
        if self.phase != Phase::In {
            return cx.event(failed(SearchError::NotAMember));
        }
        let Some(words) = normal(words) else { return cx.event(failed(SearchError::Name)) };
        if self.work().open.len() >= OPEN_MAX {
            return cx.event(failed(SearchError::Full));
        }
        let ttl = cx.host.config.ttl.clamp(1, TTL_MAX);
        let ttl = match cx.host.config.method {
            Method::ExpandingRing { start, .. } => start.clamp(1, ttl),
            Method::Flood | Method::RandomWalk { .. } => ttl,
        };
        let id = Self::name(cx, 0, Some(request));
        let open = Open { id, request, words, hits: 0, fetch, ttl, attempt: 0, due: Time::NEVER };
        self.work().open.push(open);
        if let Method::RandomWalk { walkers, steps, .. } = cx.host.config.method {
            let patience = Duration(cx.host.config.hop_wait.0.saturating_mul(2 * (u64::from(steps) + 1)));
            self.set_due(id, cx.now + patience);
            self.send_walkers(cx, id, walkers, steps);
        } else {
            self.flood(cx, id);
        }
    }

    fn set_due(&mut self, id: DescriptorId, due: Time) {
        if let Some(open) = self.work().open.iter_mut().find(|open| open.id == id) {
            open.due = due;
        }
    }

    pub(super) fn open(&self, id: DescriptorId) -> Option<&Open> {
        self.work.as_ref()?.open.iter().find(|open| open.id == id)
    }

    /// Sends an own query to all neighbours.
    fn flood(&mut self, cx: &mut Context<'_>, id: DescriptorId) {
        let Some(Open { words, ttl, .. }) = self.open(id) else { return };
        let (words, ttl) = (words.clone(), *ttl);
        self.seen.insert(id.value(), self.me);
        // Out and back, and one hop more by the slide's rule.
        let wait = Duration(cx.host.config.hop_wait.0.saturating_mul(u64::from(ttl) + 1));
        self.set_due(id, cx.now + wait);
        let copies = self.links.len() as u32;
        cx.note(|| Note::PassedOn { request: id.request(), copies, ttl });
        let query = Descriptor { id, ttl, hops: 0, body: Body::Query { words } };
        for peer in self.links() {
            cx.send(peer, Message::Descriptor(query.clone()));
        }
    }

    pub(super) fn on_query(
        &mut self,
        cx: &mut Context<'_>,
        from: Peer,
        id: DescriptorId,
        ttl: u8,
        hops: u8,
        words: Arc<str>,
    ) {
        if !self.seen.insert(id.value(), from) {
            cx.note(|| Note::Duplicate { request: id.request(), from });
            return;
        }
        let hops = hops.saturating_add(1);
        let files = self.answer(cx, from, id, &words, (hops, 0));
        let goes_on = match cx.host.config.ttl_rule {
            TtlRule::Slide => ttl > 0,
            TtlRule::Published => ttl > 1,
        };
        let satisfied = files > 0 && cx.host.config.satisfied == Satisfied::Stops;
        if !goes_on || satisfied {
            return;
        }
        let ttl = ttl - 1;
        let copies = (self.links.len() - 1) as u32;
        cx.note(|| Note::PassedOn { request: id.request(), copies, ttl });
        let query = Descriptor { id, ttl, hops, body: Body::Query { words } };
        for peer in self.links().filter(|peer| *peer != from) {
            cx.send(peer, Message::Descriptor(query.clone()));
        }
    }

    /// Answers with the files that fit, if there are any; how many. The answer has this TTL, and counts so many hops already.
    pub(super) fn answer(
        &self,
        cx: &mut Context<'_>,
        back: Peer,
        id: DescriptorId,
        words: &str,
        (ttl, hops): (u8, u8),
    ) -> usize {
        let files: Box<[(u32, Arc<str>)]> =
            self.shelf.matching(words).map(|file| (file.index, file.name.clone())).collect();
        let count = files.len();
        if count > 0 {
            cx.note(|| Note::Matched { request: id.request(), files: count as u32 });
            let body = Body::QueryHit(Arc::new(QueryHit { holder: self.me, files }));
            cx.send(back, Message::Descriptor(Descriptor { id, ttl: ttl.max(1), hops, body }));
        }
        count
    }

    pub(super) fn on_query_hit(&mut self, cx: &mut Context<'_>, from: Peer, answer: Descriptor, hit: &Arc<QueryHit>) {
        let Some(back) = self.seen.from(answer.id.value()) else { return };
        self.remember_push_way(hit.holder, from);
        self.remember(hit.holder);
        if back == self.me {
            self.take_in(cx, answer.id, answer.hops.saturating_add(1), hit);
        } else {
            send_back(cx, back, answer);
        }
    }

    fn remember_push_way(&mut self, holder: Peer, by: Peer) {
        let ways = &mut self.work().push_ways;
        ways.retain(|(known, _)| *known != holder);
        if ways.len() >= PUSH_WAYS_MAX {
            ways.pop_front();
        }
        ways.push_back((holder, by));
    }

    fn take_in(&mut self, cx: &mut Context<'_>, id: DescriptorId, hops: u8, hit: &QueryHit) {
        let Some(open) = self.work().open.iter_mut().find(|open| open.id == id) else { return };
        let (request, fetch) = (open.request, open.fetch);
        let files = &hit.files[..hit.files.len().min(HITS_MAX)];
        open.hits = open.hits.saturating_add(files.len() as u32);
        for (index, name) in files {
            cx.event(SearchEvent::Hit { request, holder: hit.holder, hops, name: name.clone() });
            if fetch {
                self.work().fetches.fetch(cx, request, hit.holder, *index, name);
            }
        }
    }

    pub(super) fn on_search_due(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let due = |open: &Open| open.due <= now;
        while let Some(at) = self.work.as_ref().and_then(|work| work.open.iter().position(due)) {
            let most = cx.host.config.ttl.clamp(1, TTL_MAX);
            let open = &mut self.work().open[at];
            if let Method::ExpandingRing { step, .. } = cx.host.config.method
                && open.hits == 0
                && open.ttl < most
            {
                // Under the old name those who have heard it would not listen again.
                open.ttl = open.ttl.saturating_add(step.max(1)).min(most);
                open.attempt = open.attempt.saturating_add(1);
                let (attempt, request) = (open.attempt, open.request);
                let id = Self::name(cx, attempt, Some(request));
                self.work().open[at].id = id;
                self.flood(cx, id);
            } else {
                let Open { request, hits, .. } = self.work().open.remove(at);
                self.work().fetches.end_search(cx, request, hits);
            }
        }
    }
}
