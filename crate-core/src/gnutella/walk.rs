//! Random walkers: Lv et al. 2002, §4. Draws "Random walker search" (Issues with Gnutella).

use rand::RngExt;

use super::{Context, DescriptorId, GnutellaNode, Message, Method, Walk};
use crate::protocol::{Note, Peer};
use crate::time::{Duration, Time};

/// Walkers that wait at one node.
const HELD_MAX: usize = 256;
/// Queries of which a node remembers where their walkers went.
const WALKED_MAX: usize = 64;
/// Most steps of a walker that a node lets through.
const STEPS_MAX: u16 = 16_384;
/// How long a walker waits for a word of its origin.
const WORD_WITHIN: Duration = Duration::from_secs(1);

/// A walker that waits for a word of its origin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Held {
    walk: Walk,
    /// Where it came from.
    from: Peer,
    pub(super) due: Time,
}

/// Where the walkers of one query were sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Walked {
    id: DescriptorId,
    to: Vec<Peer>,
}

impl GnutellaNode {
    pub(super) fn send_walkers(&mut self, cx: &mut Context<'_>, id: DescriptorId, walkers: u8, steps: u16) {
        let Some(words) = self.open(id).map(|open| open.words.clone()) else { return };
        self.seen.insert(id.value(), self.me);
        let left = steps.clamp(1, STEPS_MAX);
        for walker in 0..walkers.max(1) {
            let walk = Walk { id, origin: self.me, words: words.clone(), walker, left, steps: 0 };
            self.send_walker(cx, self.me, walk, true);
        }
    }

    /// Sends a walker one step on, to a neighbour other than the one that it came from if there is another.
    fn send_walker(&mut self, cx: &mut Context<'_>, from: Peer, mut walk: Walk, keep_state: bool) {
        if walk.left == 0 || self.links.is_empty() {
            return;
        }
        walk.left -= 1;
        walk.steps += 1;
        let mut ways: Vec<Peer> = self.links().filter(|peer| *peer != from).collect();
        if ways.is_empty() {
            ways.push(from);
        }
        let to = if keep_state { self.fresh_way(cx, walk.id, &ways) } else { any(cx, &ways) };
        cx.note(|| Note::PassedOn {
            request: walk.id.request(),
            copies: 1,
            ttl: u8::try_from(walk.left).unwrap_or(u8::MAX),
        });
        cx.send(to, Message::Walk(Box::new(walk)));
    }

    /// One of these ways that no walker of the query has taken from here; when all are taken, they begin anew.
    fn fresh_way(&mut self, cx: &mut Context<'_>, id: DescriptorId, ways: &[Peer]) -> Peer {
        let walked = &mut self.work().walked;
        let at = walked.iter().position(|walked| walked.id == id).unwrap_or_else(|| {
            if walked.len() >= WALKED_MAX {
                walked.pop_front();
            }
            walked.push_back(Walked { id, to: Vec::new() });
            walked.len() - 1
        });
        let taken = &mut walked[at].to;
        let mut fresh: Vec<Peer> = ways.iter().copied().filter(|way| !taken.contains(way)).collect();
        if fresh.is_empty() {
            taken.clear();
            fresh = ways.to_vec();
        }
        let way = any(cx, &fresh);
        taken.push(way);
        way
    }

    pub(super) fn on_walk(&mut self, cx: &mut Context<'_>, from: Peer, walk: Walk) {
        let Method::RandomWalk { check_every, keep_state, .. } = cx.host.config.method else { return };
        if !self.is_linked(from) || walk.origin.index() >= cx.host.peers.len() || walk.left > STEPS_MAX {
            return;
        }
        if self.seen.insert(walk.id.value(), from) {
            // The origin counts one hop more. Walkers cross each other's ways, so the way back would be none of theirs.
            let hops = u8::try_from(walk.steps.saturating_sub(1)).unwrap_or(u8::MAX);
            if self.answer(cx, walk.origin, walk.id, &walk.words, (1, hops)) > 0 {
                // It has found something, and goes no further.
                return;
            }
        } else {
            cx.note(|| Note::Duplicate { request: walk.id.request(), from });
        }
        if check_every == 0 || walk.origin == self.me || !walk.steps.is_multiple_of(check_every.into()) {
            return self.send_walker(cx, from, walk, keep_state);
        }
        let due = cx.now + WORD_WITHIN;
        let held = &mut self.work().held;
        if held.len() < HELD_MAX {
            cx.send(walk.origin, Message::Check { id: walk.id, walker: walk.walker });
            held.push(Held { walk, from, due });
        }
    }

    pub(super) fn on_check(&mut self, cx: &mut Context<'_>, from: Peer, id: DescriptorId, walker: u8) {
        let go_on = self.open(id).is_some_and(|open| open.hits == 0);
        cx.send(from, Message::Verdict { id, walker, go_on });
    }

    pub(super) fn on_verdict(&mut self, cx: &mut Context<'_>, id: DescriptorId, walker: u8, go_on: bool) {
        let Method::RandomWalk { keep_state, .. } = cx.host.config.method else { return };
        let Some(work) = &mut self.work else { return };
        let mine = |held: &Held| held.walk.id == id && held.walk.walker == walker;
        let Some(at) = work.held.iter().position(mine) else { return };
        let Held { walk, from, .. } = work.held.remove(at);
        if go_on {
            self.send_walker(cx, from, walk, keep_state);
        }
    }

    /// Without a word of its origin a walker is lost.
    pub(super) fn on_held_due(&mut self, cx: &mut Context<'_>) {
        if let Some(work) = &mut self.work {
            work.held.retain(|held| held.due > cx.now);
        }
    }
}

fn any(cx: &mut Context<'_>, ways: &[Peer]) -> Peer {
    ways[cx.rng.random_range(0..ways.len() as u32) as usize]
}
