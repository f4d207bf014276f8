//! The lecture's table "Performance Comparison of P2P Techniques" as it is printed: what it claims for each cell, and why what
//! comes out here is what it is.
//!
//! The slide stands in the deck twice, and its two copies contradict each other in one cell: the largest storage of a
//! super-peer is N/C in the first and C in the second, with C the number of super-peers. Both are kept.
//!
//! # Implementation notes
//! - The slide's one column "latency" is measured twice, in time and in hops; its one column "storage" as the largest and as the
//!   mean. Where the slide says neither "max" nor "avg", its claim stands beside the mean.
//! - The slide has one row for hash tables, "DHT (Chord)"; Pastry is held against the same claims.
//! - Reasons are worked out for a number of peers from the settings of `techniques`, not from what was measured.

use super::growth::Growth;
use super::techniques::{CHILDREN, DEGREE, Technique};
use crate::gnutella::TTL_MAX;

/// What is measured of a system.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Quantity {
    /// Milliseconds until the asker hears who has a file.
    LatencyMs,
    /// Links between the asker and whoever knew.
    Hops,
    /// Messages of a search.
    Messages,
    /// Messages that publish a file.
    UpdateMessages,
    /// Entries at the node that keeps most.
    StorageMax,
    /// Entries of a peer, on average.
    StorageMean,
}

impl Quantity {
    /// All, in the order of the slide.
    pub const ALL: [Self; 6] =
        [Self::LatencyMs, Self::Hops, Self::Messages, Self::UpdateMessages, Self::StorageMax, Self::StorageMean];

    /// Its key in rows.
    #[must_use]
    pub const fn key(self) -> &'static str {
        ["latency_ms", "hops", "messages", "update_messages", "storage_max", "storage_mean"][self as usize]
    }

    /// Its name, with its unit at the end.
    #[must_use]
    pub const fn title(self) -> &'static str {
        [
            "Latency, ms",
            "Latency, hops",
            "Messages a search",
            "Update cost, messages",
            "Storage, largest, entries",
            "Storage, mean, entries",
        ][self as usize]
    }
}

/// A cell of the slide.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Claim {
    /// Whose row.
    pub system: Technique,
    /// Which column.
    pub quantity: Quantity,
    /// What stands there.
    pub slide: &'static str,
    /// What that is in terms of n, as it is measured.
    pub growth: Growth,
}

const ONE: Growth = Growth::One;
const LOG: Growth = Growth::Log;
const N: Growth = Growth::Power(1.0);

const fn claim(system: Technique, quantity: Quantity, slide: &'static str, growth: Growth) -> Claim {
    Claim { system, quantity, slide, growth }
}

/// All cells of the slide, row by row.
pub const CLAIMS: &[Claim] = {
    use Quantity::{Hops, LatencyMs, Messages, StorageMax, StorageMean, UpdateMessages};
    use Technique::{Chord, FastTrack, Gnutella, Napster, Pastry, Replication};
    &[
        claim(Gnutella, LatencyMs, "log(n)", LOG),
        claim(Gnutella, Hops, "log(n)", LOG),
        claim(Gnutella, Messages, "N", N),
        claim(Gnutella, UpdateMessages, "1", ONE),
        claim(Gnutella, StorageMean, "1", ONE),
        claim(Napster, LatencyMs, "1", ONE),
        claim(Napster, Hops, "1", ONE),
        claim(Napster, Messages, "1", ONE),
        claim(Napster, UpdateMessages, "1", ONE),
        claim(Napster, StorageMax, "n (max)", N),
        claim(Napster, StorageMean, "1 (avg)", ONE),
        claim(Replication, LatencyMs, "1", ONE),
        claim(Replication, Hops, "1", ONE),
        claim(Replication, Messages, "1", ONE),
        claim(Replication, UpdateMessages, "n", N),
        claim(Replication, StorageMax, "n", N),
        claim(Replication, StorageMean, "n", N),
        claim(FastTrack, LatencyMs, "log(c)", LOG),
        claim(FastTrack, Hops, "log(c)", LOG),
        claim(FastTrack, Messages, "C", N),
        claim(FastTrack, UpdateMessages, "1", ONE),
        claim(FastTrack, StorageMax, "N/C (max), first version of the slide", ONE),
        claim(FastTrack, StorageMax, "C (max), second version of the slide", N),
        claim(FastTrack, StorageMean, "1 (avg)", ONE),
        claim(Chord, LatencyMs, "log(n)", LOG),
        claim(Chord, Hops, "log(n)", LOG),
        claim(Chord, Messages, "log(n)", LOG),
        claim(Chord, UpdateMessages, "log(n)", LOG),
        claim(Chord, StorageMean, "log(n)", LOG),
        claim(Pastry, LatencyMs, "log(n)", LOG),
        claim(Pastry, Hops, "log(n)", LOG),
        claim(Pastry, Messages, "log(n)", LOG),
        claim(Pastry, UpdateMessages, "log(n)", LOG),
        claim(Pastry, StorageMean, "log(n)", LOG),
    ]
};

/// What the slide says of a cell: nothing, one thing, or two that contradict each other.
pub fn of(system: Technique, quantity: Quantity) -> impl Iterator<Item = &'static Claim> {
    CLAIMS.iter().filter(move |claim| claim.system == system && claim.quantity == quantity)
}

fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

/// A whole number, with commas between thousands.
fn whole(value: f64) -> String {
    let digits = format!("{value:.0}");
    let parts: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|part| str::from_utf8(part).ok()).collect();
    parts.join(",")
}

/// Why a cell is what it is, worked out for so many peers.
#[must_use]
pub fn reason(system: Technique, quantity: Quantity, peers: u32) -> String {
    let n = f64::from(peers.max(2));
    match system {
        Technique::Gnutella => gnutella(quantity, n),
        Technique::Napster => napster(quantity, n),
        Technique::Replication => replication(quantity, n),
        Technique::FastTrack => fasttrack(quantity, n),
        Technique::Chord => chord(quantity, n),
        Technique::Pastry => pastry(quantity, n),
    }
}

fn gnutella(quantity: Quantity, n: f64) -> String {
    let degree = f64::from(DEGREE);
    match quantity {
        Quantity::LatencyMs | Quantity::Hops => format!(
            "A random graph of {degree} links a peer is about log n / log {} = {} links across, and a popular file is nearer than \
             that. The latency is bounded by the TTL in any case: {TTL_MAX} here, so that everybody is reached; with the usual 7 a \
             search ends there, found or not.",
            degree - 1.0,
            tenths(libm::log2(n) / libm::log2(degree - 1.0)),
        ),
        Quantity::Messages => format!(
            "A flood goes over every link, and over most of them from both sides: twice the {} links less N − 1 is {}, about \
             (C − 1)·N with C = {degree}. Answers come on top of that, so it is more than N, and grows as N.",
            whole(n * degree / 2.0),
            whole(n * degree - (n - 1.0)),
        ),
        Quantity::UpdateMessages => {
            "Nobody is told of a new file: the peer puts it on its own shelf. The slide's 1 is what it does at home."
                .into()
        }
        Quantity::StorageMax | Quantity::StorageMean => format!(
            "A peer keeps its neighbours, {degree} on average, whatever the number of peers. In a random graph the largest \
             number of neighbours creeps up with n."
        ),
    }
}

fn napster(quantity: Quantity, n: f64) -> String {
    match quantity {
        Quantity::LatencyMs | Quantity::Hops => {
            "The asker asks the server, which knows; one message there, one back.".into()
        }
        Quantity::Messages => {
            "The slide counts a question and its answer as one; here each is a message, which makes two.".into()
        }
        Quantity::UpdateMessages => {
            "A file's name goes to the server, which acknowledges it: two messages, one for the slide.".into()
        }
        Quantity::StorageMax => format!(
            "The server keeps an entry for each file, and each of the {} peers shares one on average. It is the server that has \
             to grow, and that everything fails with.",
            whole(n)
        ),
        Quantity::StorageMean => "A peer keeps the server's address and nothing of others.".into(),
    }
}

fn replication(quantity: Quantity, n: f64) -> String {
    match quantity {
        Quantity::LatencyMs | Quantity::Hops | Quantity::Messages => {
            "The whole index is at home, so a search asks nobody: 0, where the slide says 1.".into()
        }
        Quantity::UpdateMessages => {
            format!(
                "Each of the {} others has to be told. This is the price of a search that costs nothing.",
                whole(n - 1.0)
            )
        }
        Quantity::StorageMax | Quantity::StorageMean => {
            format!("Everybody keeps an entry for each file, one a peer here: about {}.", whole(n))
        }
    }
}

fn fasttrack(quantity: Quantity, n: f64) -> String {
    let children = f64::from(CHILDREN);
    let supers = n / (children + 1.0);
    match quantity {
        Quantity::LatencyMs | Quantity::Hops => format!(
            "A search goes up to a super-peer and floods among C = n/{} = {} of them, which are log c links across.",
            children + 1.0,
            tenths(supers)
        ),
        Quantity::Messages => format!(
            "Among C = {} super-peers the query goes over every link, as in Gnutella: about (L − 1)·C with L links of a \
             super-peer, more than C. With {CHILDREN} children each, C grows as n.",
            tenths(supers)
        ),
        Quantity::UpdateMessages => {
            "A file's name goes to the own super-peer, which acknowledges it: two messages from a child, none from a super-peer.".into()
        }
        Quantity::StorageMax => format!(
            "A super-peer keeps the files of its children, n/C = {} with its own at each size, and its links; the largest of more \
             super-peers is a little larger. The slide's other copy says C, which is {} here and grows as n: with C the number of \
             super-peers only N/C can be right. The two are alike only where C is about √n.",
            children + 1.0,
            tenths(supers)
        ),
        Quantity::StorageMean => {
            "Most peers keep the address of their super-peer alone; the few super-peers keep everybody's files.".into()
        }
    }
}

fn chord(quantity: Quantity, n: f64) -> String {
    let log = libm::log2(n);
    match quantity {
        Quantity::LatencyMs | Quantity::Hops => format!(
            "Each hop halves the way that remains; on average half of the log₂ n = {} steps are needed, and one more to the node \
             that owns the key: {}. A hop is as long as any way between two peers, so the time grows alike.",
            tenths(log),
            tenths(log / 2.0 + 1.0)
        ),
        Quantity::Messages => {
            format!("Each of the {} hops is a message, and the answer, straight to the asker, is one more.", tenths(log / 2.0 + 1.0))
        }
        Quantity::UpdateMessages => {
            "To insert a key is to route to its owner, as a search does: log n. The slide leaves out what a node costs that joins: \
             log² n."
                .into()
        }
        Quantity::StorageMax | Quantity::StorageMean => format!(
            "Of 160 fingers about log₂ n = {} are different nodes; the successor list and the keys of its own do not grow with n. \
             What the slide counts is routing state; the files' entries are spread, few a node.",
            tenths(log)
        ),
    }
}

fn pastry(quantity: Quantity, n: f64) -> String {
    let log = libm::log2(n) / 4.0;
    match quantity {
        Quantity::LatencyMs | Quantity::Hops => format!(
            "Each hop fixes a hexadecimal digit: log₁₆ n = {}. The slide's base does not matter to the law. Entries near by are \
             preferred, so first hops are short, and the time grows less than the hops do.",
            tenths(log)
        ),
        Quantity::Messages => format!(
            "Each of about log₁₆ n = {} hops is a message, and the answer, straight to the asker, is one more.",
            tenths(log)
        ),
        Quantity::UpdateMessages => "To insert a key is to route to the node nearest to it: log n hops.".into(),
        Quantity::StorageMax | Quantity::StorageMean => format!(
            "About log₁₆ n = {} rows of the routing table are filled, with up to 15 entries each, beside a leaf set of one size.",
            tenths(log)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_of_the_slide_stands_there_once_but_the_one_that_the_deck_has_twice() {
        for system in Technique::ALL {
            for quantity in Quantity::ALL {
                let count = of(system, quantity).count();
                let twice = (system, quantity) == (Technique::FastTrack, Quantity::StorageMax);
                let silent = quantity == Quantity::StorageMax
                    && matches!(system, Technique::Gnutella | Technique::Chord | Technique::Pastry);
                assert_eq!(count, if twice { 2 } else { usize::from(!silent) }, "{system:?} {quantity:?}");
            }
        }
    }

    #[test]
    fn reasons_are_worked_out_for_the_number_of_peers() {
        assert!(reason(Technique::Gnutella, Quantity::Messages, 1_024).contains("is 3,073,"));
        assert!(reason(Technique::Chord, Quantity::Hops, 1_024).contains("log₂ n = 10.0"));
        assert!(reason(Technique::FastTrack, Quantity::StorageMax, 1_700).contains("which is 100.0 here"));
        for system in Technique::ALL {
            for quantity in Quantity::ALL {
                let said = reason(system, quantity, 0);
                assert!(said.ends_with('.') && !said.contains("NaN") && !said.contains("inf"), "{said}");
            }
        }
    }
}
