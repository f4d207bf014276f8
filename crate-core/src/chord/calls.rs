//! Questions that wait for their answers.

use super::lookup::Walk;
use super::{ChordId, Envelope, Peer, Time, Token};

/// A question that waits for an answer.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) to: Peer,
    pub(super) due: Time,
    pub(super) about: About,
}

/// What the question was.
#[derive(Clone, Debug)]
pub(super) enum About {
    /// A message handed on, to be acknowledged; as it was before that hop.
    Hop { envelope: Envelope<ChordId>, covering: bool, attempt: u8, silent: Vec<Peer> },
    /// A step of an iterative lookup.
    Step(Box<Walk>),
    /// The message itself, sent to the node that the lookup found.
    Last(Box<Walk>),
    /// Neighbours of the successor, or of a node that may become it.
    Neighbours { joining: bool, again: bool, chain: u8 },
    /// A sign of life; if there is none, `heir` becomes the predecessor in its place.
    Ping { again: bool, heir: Peer },
}

/// The questions of one node, oldest first: tokens grow, and every answer has the same time.
///
/// A plain vector, given back when empty: an ordered map would keep more than a kilobyte for its first entry, at every
/// node that ever passed a message on.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    waiting: Vec<(Token, Call)>,
}

impl Calls {
    pub(super) const fn new() -> Self {
        Self { waiting: Vec::new() }
    }

    /// Adds a question with the next token.
    pub(super) fn push(&mut self, token: Token, call: Call) {
        self.waiting.push((token, call));
    }

    fn position(&self, token: Token) -> Option<usize> {
        // Counted from the oldest, so that the order holds when tokens wrap.
        let oldest = self.waiting.first()?.0;
        self.waiting.binary_search_by_key(&token.wrapping_sub(oldest), |(t, _)| t.wrapping_sub(oldest)).ok()
    }

    pub(super) fn get(&self, token: Token) -> Option<&Call> {
        self.position(token).map(|at| &self.waiting[at].1)
    }

    pub(super) fn remove(&mut self, token: Token) -> Option<Call> {
        let at = self.position(token)?;
        let (_, call) = self.waiting.remove(at);
        if self.waiting.is_empty() {
            self.waiting = Vec::new();
        }
        Some(call)
    }

    /// The oldest question, if its time is up.
    pub(super) fn take_overdue(&mut self, now: Time) -> Option<Call> {
        let (token, _) = self.waiting.first().filter(|(_, call)| call.due <= now)?;
        self.remove(*token)
    }

    /// When the first answer is overdue.
    pub(super) fn first_due(&self) -> Time {
        self.waiting.first().map_or(Time::NEVER, |(_, call)| call.due)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Call> {
        self.waiting.iter().map(|(_, call)| call)
    }

    /// All of them with their tokens, oldest first.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (Token, &Call)> {
        self.waiting.iter().map(|(token, call)| (*token, call))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Call> {
        self.waiting.iter_mut().map(|(_, call)| call)
    }

    /// A peer has said something: silence before that is no sign of its death any more, and the questions that wait for it
    /// count as asked for the first time.
    pub(super) fn heard_from(&mut self, peer: Peer) {
        for (_, call) in self.waiting.iter_mut().filter(|(_, call)| call.to == peer) {
            if let About::Neighbours { again, .. } | About::Ping { again, .. } = &mut call.about {
                *again = false;
            }
        }
    }

    /// Tokens of the questions to one peer.
    pub(super) fn tokens_to(&self, peer: Peer) -> Vec<Token> {
        self.waiting.iter().filter(|(_, call)| call.to == peer).map(|(token, _)| *token).collect()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.waiting.capacity() * size_of::<(Token, Call)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ping(to: u32, due: u64) -> Call {
        Call { to: Peer(to), due: Time(due), about: About::Ping { again: false, heir: Peer::NONE } }
    }

    #[test]
    fn questions_are_found_by_token_also_when_tokens_wrap() {
        let mut calls = Calls::new();
        for (token, to) in [(u32::MAX - 1, 1), (u32::MAX, 2), (1, 3)] {
            calls.push(token, ping(to, 5));
        }
        assert_eq!(calls.get(1).map(|call| call.to), Some(Peer(3)));
        assert_eq!(calls.remove(u32::MAX).map(|call| call.to), Some(Peer(2)));
        assert!(calls.remove(u32::MAX).is_none() && calls.get(7).is_none());
        assert_eq!(calls.tokens_to(Peer(3)), [1]);
    }

    #[test]
    fn a_word_from_a_peer_begins_its_questions_anew_and_nobody_elses() {
        let again = |to: u32| Call { about: About::Ping { again: true, heir: Peer::NONE }, ..ping(to, 5) };
        let neighbours = About::Neighbours { joining: false, again: true, chain: 0 };
        let mut calls = Calls::new();
        calls.push(1, again(1));
        calls.push(2, again(2));
        calls.push(3, Call { about: neighbours, ..ping(1, 5) });
        calls.heard_from(Peer(1));
        let is_repeated = |token| match calls.get(token).map(|call| &call.about) {
            Some(About::Ping { again, .. } | About::Neighbours { again, .. }) => *again,
            other => panic!("{other:?}"),
        };
        assert_eq!([1, 2, 3].map(is_repeated), [false, true, false]);
    }

    #[test]
    fn overdue_questions_come_out_oldest_first_and_leave_nothing_behind() {
        let mut calls = Calls::new();
        calls.push(1, ping(1, 5));
        calls.push(2, ping(2, 6));
        assert_eq!(calls.first_due(), Time(5));
        assert!(calls.take_overdue(Time(4)).is_none());
        assert_eq!(calls.take_overdue(Time(6)).map(|call| call.to), Some(Peer(1)));
        assert_eq!(calls.take_overdue(Time(6)).map(|call| call.to), Some(Peer(2)));
        assert_eq!((calls.first_due(), calls.heap_bytes()), (Time::NEVER, 0));
    }
}
