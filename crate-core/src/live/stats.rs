//! What a member counts.

macro_rules! stats {
    ($($(#[$words:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// Counters since the member was made.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        #[non_exhaustive]
        pub struct Stats {
            $($(#[$words])* pub $name: u64,)*
        }

        impl Stats {
            /// Every counter with what it counts, in a fixed order.
            pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$(($text, self.$name)),*].into_iter()
            }
        }
    };
}

stats! {
    /// Messages received.
    received = "messages received",
    /// Bytes received.
    bytes_received = "bytes received",
    /// Messages sent.
    sent = "messages sent",
    /// Bytes sent.
    bytes_sent = "bytes sent",
    /// Links begun by this node.
    links_begun = "links begun",
    /// Links answered.
    links_answered = "links answered",
    /// Links that were proven.
    links_proven = "links proven",
    /// Attempts that came to nothing.
    attempts_failed = "attempts failed",
    /// Attempts given up for the other side's at the same time.
    glare = "attempts given up for the other side's",
    /// Proven links that broke.
    links_broken = "links broken",
    /// Links closed because nobody needed them.
    links_idle = "idle links closed",
    /// Links that were not begun, or were refused, for there were too many.
    links_capped = "links not made for want of room",
    /// Parcels of others passed on.
    parcels_relayed = "parcels passed on",
    /// Parcels sent.
    parcels_sent = "parcels sent",
    /// Parcels received.
    parcels_received = "parcels received",
    /// Parcels for which there was no way.
    parcels_lost = "parcels without a way on",
    /// Messages that could not be read.
    malformed = "unreadable messages dropped",
    /// Messages of another version.
    other_version = "messages of another version",
    /// Signatures that do not hold.
    forged = "forged messages dropped",
    /// Messages that were played again.
    replayed = "replayed messages dropped",
    /// Messages longer than allowed.
    oversized = "oversized messages dropped",
    /// Messages beyond a peer's rate.
    flooded = "messages dropped for coming too fast",
    /// Messages dropped because a queue was full.
    overflowed = "messages dropped from full queues",
    /// Messages of values written in the far future.
    ahead_of_time = "values from the future dropped",
    /// Times that the own timer stalled.
    stalls = "times this page was asleep",
    /// Peers taken to be dead.
    peers_lost = "peers lost",
}
