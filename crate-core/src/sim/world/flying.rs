//! What waits in a world's queue: messages on their way, and deadlines.

use super::observer::Flight;
use crate::protocol::Peer;
use crate::time::{Duration, Time};

/// A message on its way. With one of Pastry's it fills a cache line, as nearly all events do.
#[derive(Clone, Debug)]
pub(super) struct Flying<M> {
    pub(super) from: Peer,
    pub(super) to: Peer,
    /// The number of the event that it was sent in.
    pub(super) cause: u32,
    pub(super) fate: Fate,
    pub(super) message: M,
}

/// How long a message takes, in microseconds, and in the lowest bit whether it gets lost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fate(u32);

impl Fate {
    /// Not yet decided.
    pub(super) const OPEN: Self = Self(0);

    /// Spans of 2^31 µs (36 minutes) and more are remembered as that; the slowest weather has messages take 8 seconds.
    pub(super) fn new(span: Duration, lost: bool) -> Self {
        Self((span.0.min(u64::from(u32::MAX >> 1)) as u32) << 1 | u32::from(lost))
    }

    pub(super) const fn is_lost(self) -> bool {
        self.0 & 1 == 1
    }

    const fn span(self) -> Duration {
        Duration((self.0 >> 1) as u64)
    }
}

impl<M> Flying<M> {
    pub(super) fn flight(&self, arrives: Time) -> Flight<'_, M> {
        let sent = Time(arrives.0.saturating_sub(self.fate.span().0));
        Flight { from: self.from, to: self.to, sent, arrives, lost: self.fate.is_lost(), message: &self.message }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Pending<M> {
    Arrival(Flying<M>),
    Deadline { node: Peer },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pastry;

    #[test]
    fn an_event_with_a_message_of_pastry_fills_a_cache_line() {
        assert_eq!(size_of::<Option<Pending<pastry::Message>>>(), 64);
    }

    #[test]
    fn a_fate_is_how_long_and_whether_lost() {
        for (span, lost) in [(0, true), (73_000, false), (7_300_000, true)] {
            let fate = Fate::new(Duration(span), lost);
            assert_eq!((fate.span(), fate.is_lost()), (Duration(span), lost));
        }
    }
}
