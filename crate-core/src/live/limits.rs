//! How much of anything is taken in.

use crate::time::{Duration, Time};

/// Parts of a token: one a microsecond at one token a second.
const PARTS: u64 = 1_000_000;

/// A bucket of tokens that fills at a steady rate; what finds it empty is dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    rate: u32,
    burst: u32,
    parts: u64,
    filled: Time,
}

impl Bucket {
    /// A full bucket of `burst` tokens that gets `rate` of them a second.
    pub(super) const fn new(now: Time, rate: u32, burst: u32) -> Self {
        Self { rate, burst, parts: burst as u64 * PARTS, filled: now }
    }

    /// Takes some tokens out, if there are as many.
    pub(super) fn take(&mut self, now: Time, tokens: u32) -> bool {
        let more = now.since(self.filled).0.saturating_mul(self.rate.into());
        self.parts = self.parts.saturating_add(more).min(u64::from(self.burst) * PARTS);
        self.filled = self.filled.max(now);
        let price = u64::from(tokens) * PARTS;
        let fits = self.parts >= price;
        if fits {
            self.parts -= price;
        }
        fits
    }
}

/// Periods, patience and bounds of a member. One place, so that they can be read against each other.
pub(super) mod bounds {
    use super::Duration;

    /// How often a link is pinged.
    pub(in crate::live) const PING_PERIOD: Duration = Duration::from_secs(4);
    /// The silence after which a link is given up: three missed pings.
    pub(in crate::live) const SILENCE: Duration = Duration::from_secs(13);
    /// The same for a member that said that it is away.
    pub(in crate::live) const SILENCE_AWAY: Duration = Duration::from_secs(180);
    /// Lateness of the own timer from which on it counts as a stall.
    pub(in crate::live) const STALL: Duration = Duration::from_secs(6);
    /// A stall after which others may have taken this node for dead.
    pub(in crate::live) const LONG_STALL: Duration = Duration::from_secs(15);
    /// From the open channel to the proof.
    pub(in crate::live) const GREETING: Duration = Duration::from_secs(6);
    /// From the wish for a link to the browser's description.
    pub(in crate::live) const DESCRIBING: Duration = Duration::from_secs(8);
    /// From the offer to its answer.
    pub(in crate::live) const ANSWERING: Duration = Duration::from_secs(6);
    /// From both descriptions to the open channel.
    pub(in crate::live) const CONNECTING: Duration = Duration::from_secs(12);
    /// How long an offer outside the overlay waits for its answer, or an answer for being taken: people are slow.
    pub(in crate::live) const INVITING: Duration = Duration::from_secs(15 * 60);
    /// The first pause between two attempts at one peer, doubled each time.
    pub(in crate::live) const BACKOFF: Duration = Duration::from_secs(1);
    /// Attempts at one peer.
    pub(in crate::live) const ATTEMPTS: u8 = 2;
    /// How long a pair that could not connect makes do with parcels.
    pub(in crate::live) const APART: Duration = Duration::from_secs(5 * 60);
    /// How long somebody who sent garbage is not spoken with.
    pub(in crate::live) const BANNED: Duration = Duration::from_secs(5 * 60);
    /// How often links are looked over.
    pub(in crate::live) const TENDING: Duration = Duration::from_secs(2);
    /// A link that nobody needs is kept so long after it was last used.
    pub(in crate::live) const IDLE: Duration = Duration::from_secs(120);
    /// How often a member announces itself, and how long it is remembered without.
    pub(in crate::live) const ANNOUNCING: Duration = Duration::from_secs(120);
    pub(in crate::live) const REMEMBERED: Duration = Duration::from_secs(420);
    /// How long a request may stay unanswered before it is made again, and how often it is made.
    pub(in crate::live) const ASKING: Duration = Duration::from_secs(8);
    pub(in crate::live) const ASKED_TIMES: u8 = 3;
    /// How long newcomers that only know each other wait for a member.
    pub(in crate::live) const FOUNDING: Duration = Duration::from_secs(5);
    /// The pause before a failed join is tried again.
    pub(in crate::live) const REJOINING: Duration = Duration::from_secs(3);

    /// Attempts that are made at once.
    pub(in crate::live) const IN_FLIGHT: usize = 8;
    /// Offers of others that are answered at once.
    pub(in crate::live) const ANSWERED: usize = 24;
    /// Offers and answers outside the overlay that are open at once.
    pub(in crate::live) const INVITATIONS: usize = 16;
    /// Hops of a parcel.
    pub(in crate::live) const PARCEL_HOPS: u8 = 12;
    /// Messages, and bytes, that wait for one link.
    pub(in crate::live) const WAITING: usize = 64;
    pub(in crate::live) const WAITING_BYTES: usize = 256 * 1024;
    /// Peers that links are wanted to, at once.
    pub(in crate::live) const DIALS: usize = 128;
    /// Bytes that wait while a link is congested.
    pub(in crate::live) const BACKLOG_BYTES: usize = 512 * 1024;
    /// Candidates that wait for the other side's description.
    pub(in crate::live) const EARLY_CANDIDATES: usize = 16;
    /// Unreadable messages that a link may bring.
    pub(in crate::live) const STRIKES: u32 = 16;
    /// Identifiers that a member hears of in its life.
    pub(in crate::live) const KNOWN: usize = 1 << 16;
    /// Members of the roster.
    pub(in crate::live) const ROSTER: usize = 512;
    /// Senders of parcels, newcomers' contacts, paths and so on that are remembered.
    pub(in crate::live) const REMEMBERED_PEERS: usize = 512;
    /// Requests of the user that wait for an answer.
    pub(in crate::live) const ASKS: usize = 64;
    /// How far another clock may be ahead where values are written.
    pub(in crate::live) const CLOCK_AHEAD: Duration = Duration::from_secs(24 * 3_600);

    /// Rates a second and bursts, of one link or one sender.
    pub(in crate::live) const MESSAGES: (u32, u32) = (400, 1_200);
    pub(in crate::live) const BYTES: (u32, u32) = (4 << 20, 16 << 20);
    pub(in crate::live) const PARCELS: (u32, u32) = (60, 240);
    pub(in crate::live) const OFFERS: (u32, u32) = (1, 12);
    pub(in crate::live) const NEW_IDS: (u32, u32) = (16, 2_048);
    /// Links begun: browsers count those that are long closed.
    pub(in crate::live) const BEGUN: (u32, u32) = (1, 96);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(Time::ZERO, 2, 3);
        let taken = (0..5).filter(|_| bucket.take(Time::ZERO, 1)).count();
        assert_eq!(taken, 3);
        assert!(!bucket.take(Time(499_999), 1));
        assert!(bucket.take(Time(500_000), 1));
        assert!(!bucket.take(Time(500_000), 1));
        assert!(bucket.take(Time(u64::MAX), 3), "full again, and not fuller");
        assert!(!bucket.take(Time(u64::MAX), 1));
    }
}
