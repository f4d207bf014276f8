//! Requests of the user: values under names, chat lines, bare lookups.
//!
//! # Implementation notes
//! - The hash table does not repeat a request whose message or answer was lost; here it is made again, as a new one, a few
//!   times. An answer to an earlier one counts as well.
//! - A chat line is signed by who wrote it, since those on its way only vouch for each other.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::limits::bounds;
use super::map::Map;
use super::{Event, Member, NoAnswer, RequestId, State};
use crate::dht::{DhtCommand, MOST_VALUE_BYTES};
use crate::id::Guid;
use crate::identity::{PublicKey, Signature};
use crate::protocol::{Command, Envelope, Input, Node as _, Payload, Request};
use crate::time::{Duration, Time};
use crate::wire::Hop;

/// Longest chat line, in bytes.
pub const MOST_CHAT_BYTES: usize = 1_000;
/// Marks a routed payload as a chat line.
const TAG: &[u8; 4] = b"CHT1";
/// What the signature of a chat line is for.
const WHAT: &str = "overlay lab chat line 1";
/// How old a chat line may be, and how many are remembered against doubles.
const FRESH: Duration = Duration::from_secs(15 * 60);
const REMEMBERED: usize = 128;

/// Why a request cannot be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum AskError {
    /// Not in a ring.
    #[error("This node is not a member of an overlay yet.")]
    NotAMember,
    /// The value is too long.
    #[error("A value has at most {MOST_VALUE_BYTES} bytes; this one has {0}.")]
    ValueTooLong(usize),
    /// The chat line is too long.
    #[error("A chat line has at most {MOST_CHAT_BYTES} bytes; this one has {0}.")]
    LineTooLong(usize),
    /// Too many are waiting.
    #[error("Too many requests are waiting for their answers.")]
    TooMany,
}

/// What is asked.
#[derive(Clone, Debug)]
enum Wish {
    Put(Arc<[u8]>),
    Get,
    Delete,
    Reach(Payload),
}

#[derive(Clone, Debug)]
struct Ask {
    key: Guid,
    wish: Wish,
    /// One for each time that it was made.
    requests: Vec<Request>,
    deadline: Time,
}

/// Requests under way.
#[derive(Clone, Debug)]
pub(super) struct Asks {
    next: u32,
    next_request: u32,
    open: Map<RequestId, Ask>,
    /// Chat lines that came lately: who and when.
    lines: VecDeque<(PublicKey, u64)>,
}

impl Asks {
    /// Numbers of requests begin at a random one, so that a page loaded anew does not repeat its old ones.
    pub(super) const fn new(first: u32) -> Self {
        Self { next: 1, next_request: first, open: Map::new(), lines: VecDeque::new() }
    }

    fn find(&self, request: Request) -> Option<RequestId> {
        self.open.iter().find(|(_, ask)| ask.requests.contains(&request)).map(|(id, _)| *id)
    }

    pub(super) fn is_open(&self, request: Request) -> bool {
        self.find(request).is_some()
    }

    /// A request cannot go on: it is made again at `at`.
    pub(super) fn hurry(&mut self, request: Request, at: Time) {
        let ask = self.find(request).and_then(|id| self.open.get_mut(&id));
        if let Some(ask) = ask.filter(|ask| ask.requests.last() == Some(&request)) {
            ask.deadline = ask.deadline.min(at);
        }
    }

    /// The page slept for so long: nobody is late for that.
    pub(super) fn postpone(&mut self, span: Duration) {
        self.open.values_mut().for_each(|ask| ask.deadline += span);
    }

    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.open.values().map(|ask| ask.deadline).min()
    }
}

/// A chat line as it travels.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Line<'a> {
    key: PublicKey,
    at: u64,
    signature: Signature,
    #[serde(borrow)]
    text: &'a str,
}

impl Line<'_> {
    fn is_genuine(&self, to: Guid) -> bool {
        let parts: [&[u8]; 3] = [&self.at.to_be_bytes(), &to.0.to_be_bytes(), self.text.as_bytes()];
        self.key.signed(WHAT, &parts, &self.signature)
    }
}

impl Member {
    /// Stores a value under a name. [`Event::Stored`] follows, or [`Event::NoAnswer`].
    ///
    /// # Errors
    /// If it is too long, or the node is no member.
    pub fn put(&mut self, now: Time, name: &str, value: &[u8]) -> Result<RequestId, AskError> {
        if value.len() > MOST_VALUE_BYTES {
            return Err(AskError::ValueTooLong(value.len()));
        }
        self.ask(now, Guid::of_bytes(name.as_bytes()), Wish::Put(value.into()))
    }

    /// Finds the value under a name. [`Event::Found`] follows, or [`Event::NoAnswer`].
    ///
    /// # Errors
    /// If the node is no member.
    pub fn get(&mut self, now: Time, name: &str) -> Result<RequestId, AskError> {
        self.ask(now, Guid::of_bytes(name.as_bytes()), Wish::Get)
    }

    /// Removes the value under a name. [`Event::Deleted`] follows, or [`Event::NoAnswer`].
    ///
    /// # Errors
    /// If the node is no member.
    pub fn delete(&mut self, now: Time, name: &str) -> Result<RequestId, AskError> {
        self.ask(now, Guid::of_bytes(name.as_bytes()), Wish::Delete)
    }

    /// Sends a line to the node responsible for a key. [`Event::Reached`] follows, or [`Event::NoAnswer`].
    ///
    /// # Errors
    /// If it is too long, or the node is no member.
    pub fn chat(&mut self, now: Time, key: Guid, text: &str) -> Result<RequestId, AskError> {
        if text.len() > MOST_CHAT_BYTES {
            return Err(AskError::LineTooLong(text.len()));
        }
        let signature = self.keys.sign(WHAT, &[&now.0.to_be_bytes(), &key.0.to_be_bytes(), text.as_bytes()]);
        let line = Line { key: self.keys.public(), at: now.0, signature, text };
        let bytes = postcard::to_extend(&line, TAG.to_vec()).expect("a vector takes any number of bytes");
        self.ask(now, key, Wish::Reach(Some(bytes.into())))
    }

    /// Finds out who is responsible for a key, and by which hops it is reached. [`Event::Reached`] follows, or
    /// [`Event::NoAnswer`].
    ///
    /// # Errors
    /// If the node is no member.
    pub fn reach(&mut self, now: Time, key: Guid) -> Result<RequestId, AskError> {
        self.ask(now, key, Wish::Reach(None))
    }

    fn ask(&mut self, now: Time, key: Guid, wish: Wish) -> Result<RequestId, AskError> {
        self.advance(now);
        if self.state == State::Left || !self.node.is_active() {
            return Err(AskError::NotAMember);
        }
        if self.asks.open.len() >= bounds::ASKS {
            return Err(AskError::TooMany);
        }
        let id = RequestId(self.asks.next);
        self.asks.next = self.asks.next.wrapping_add(1);
        self.asks.open.insert(id, Ask { key, wish, requests: Vec::new(), deadline: Time::NEVER });
        self.make_request(id);
        self.settle();
        Ok(id)
    }

    fn make_request(&mut self, id: RequestId) {
        let me = self.node.me();
        let Some(ask) = self.asks.open.get_mut(&id) else { return };
        let (request, key) = (Request(self.asks.next_request), ask.key);
        self.asks.next_request = self.asks.next_request.wrapping_add(1);
        ask.requests.push(request);
        ask.deadline = self.now + bounds::ASKING;
        let command = match &ask.wish {
            Wish::Put(value) => DhtCommand::Insert { request, key, value: Arc::clone(value) },
            Wish::Get => DhtCommand::Search { request, key },
            Wish::Delete => DhtCommand::Delete { request, key },
            Wish::Reach(payload) => {
                let payload = payload.clone();
                Command::Route(Envelope { answer: true, payload, ..Envelope::lookup(request, me, key) }).into()
            }
        };
        self.paths.begin(self.now, request, Some(key), Vec::new());
        self.inputs.push_back(Input::Command(command));
    }

    /// Requests that were not answered in time are made again, or given up.
    pub(super) fn on_ask_deadlines(&mut self) {
        let now = self.now;
        let late = self.asks.open.iter().filter(|(_, ask)| ask.deadline <= now);
        for id in late.map(|(id, _)| *id).collect::<Vec<_>>() {
            let tries = self.asks.open.get(&id).map_or(0, |ask| ask.requests.len());
            if tries < usize::from(bounds::ASKED_TIMES) {
                self.make_request(id);
            } else {
                self.asks.open.remove(&id);
                self.event(Event::NoAnswer { request: id, reason: NoAnswer::Silence });
            }
        }
    }

    /// A request was answered.
    pub(super) fn on_answered_request(&mut self, request: Request, tell: impl FnOnce(RequestId, Vec<Hop>) -> Event) {
        let path = self.paths.take(request);
        let Some(id) = self.asks.find(request) else { return };
        self.asks.open.remove(&id);
        self.event(tell(id, path));
    }

    pub(super) fn on_stored(&mut self, request: Request, copies: u8) {
        self.on_answered_request(request, |request, path| match copies {
            0 => Event::NoAnswer { request, reason: NoAnswer::NoRoom },
            copies => Event::Stored { request, copies, path },
        });
    }

    /// Nobody will answer any more.
    pub(super) fn drop_asks(&mut self) {
        for id in std::mem::take(&mut self.asks.open).into_keys() {
            self.event(Event::NoAnswer { request: id, reason: NoAnswer::Left });
        }
    }

    /// A message for this node's application.
    pub(super) fn on_delivered(&mut self, envelope: &Envelope<Guid>) {
        let payload = envelope.payload.as_deref().and_then(|payload| payload.strip_prefix(TAG));
        let Some(payload) = payload else { return };
        let line = match postcard::take_from_bytes::<Line<'_>>(payload) {
            Ok((line, [])) if line.text.len() <= MOST_CHAT_BYTES => line,
            _ => {
                self.stats.malformed += 1;
                return;
            }
        };
        let at = Time(line.at);
        if self.now.since(at) > FRESH || at.since(self.now) > FRESH || self.asks.lines.contains(&(line.key, line.at)) {
            self.stats.replayed += 1;
            return;
        }
        if !line.is_genuine(envelope.key) {
            self.stats.forged += 1;
            return;
        }
        if self.asks.lines.len() == REMEMBERED {
            self.asks.lines.pop_front();
        }
        self.asks.lines.push_back((line.key, line.at));
        let path = self.paths.hops(envelope.request);
        self.event(Event::Chat { from: line.key.guid(), key: envelope.key, text: line.text.into(), path });
    }
}
