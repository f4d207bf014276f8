//! BitTorrent's slides: sums over what they print (BEP 3, Cohen 2003).

use std::net::{IpAddr, Ipv6Addr};

use super::{Check, Deck, Verdict, given};

/// Bytes of a SHA-1.
const HASH: u64 = 20;
/// Bytes of a peer in the compact form (BEP 23).
const COMPACT: u64 = 6;
/// Peers unchoked by default (Cohen 2003).
const UNCHOKED: u32 = 4;

pub(super) fn check(deck: &Deck, all: &mut Vec<Check>) {
    file(deck, all);
    exchange(deck, all);
    let (kb, block) = deck.piece_kb;
    let blocks: Vec<String> = kb.iter().map(|kb| (kb / block).to_string()).collect();
    all.push(Check::new(
        "piece-sizes",
        "Torrent, Pieces and Blocks",
        format!("pieces of {}, {} or {} KB, blocks of {block} KB", kb[0], kb[1], kb[2]),
        format!("{} blocks a piece; this file's pieces have {} KB", blocks.join(", "), deck.piece_length >> 10),
        given(kb.contains(&(deck.piece_length >> 10)) && kb.iter().all(|kb| kb % block == 0), || {
            "this file's pieces are of none of these sizes".into()
        }),
    ));
    availability(deck, all);
    let (ours, theirs) = deck.connections;
    let share = f64::from(ours) / f64::from(ours + theirs);
    all.push(Check::new(
        "fairness",
        "Performance Issues",
        format!("{ours} connections beside {theirs}: extreme unfairness"),
        format!("{:.0}% of the link, if TCP shares it fairly among connections", share * 100.0),
        given(share > 0.75, || "that is no extreme share".into()),
    ));
    let (from, to) = deck.unchoked;
    all.push(Check::new(
        "unchoked",
        "Peer Exchange Protocol",
        format!("generally {from} to {to} peers are unchoked"),
        format!("{UNCHOKED}: three by rate and an optimistic one (Cohen 2003)"),
        if from == UNCHOKED && to == UNCHOKED {
            Verdict::Holds
        } else if (from..=to).contains(&UNCHOKED) {
            Verdict::HoldsIf(format!("{UNCHOKED}, the default, is meant"))
        } else {
            Verdict::Fails(format!("the default is {UNCHOKED}"))
        },
    ));
}

fn file(deck: &Deck, all: &mut Vec<Check>) {
    const SLIDE: &str = "Example .torrent File";
    let hashes = deck.pieces_bytes / HASH;
    let pieces = deck.torrent_length.div_ceil(deck.piece_length);
    all.push(Check::new(
        "torrent-pieces",
        SLIDE,
        format!("hash values of all {} pieces", deck.pieces_said),
        format!("{} bytes of hashes are {hashes} pieces", deck.pieces_bytes),
        given(deck.pieces_said == hashes, || {
            format!("{} is the length of the field in bytes; there are {hashes} pieces", deck.pieces_said)
        }),
    ));
    let last = deck.torrent_length - (pieces - 1) * deck.piece_length;
    all.push(Check::new(
        "torrent-sum",
        SLIDE,
        format!("a file of {} bytes in pieces of {}", deck.torrent_length, deck.piece_length),
        format!("{pieces} pieces, the last one of {last} bytes"),
        given(pieces == hashes, || format!("the field holds hashes of {hashes} pieces")),
    ));
    let wrong: Vec<&str> =
        deck.torrent_texts.iter().filter(|(length, text)| text.len() != *length).map(|(_, text)| *text).collect();
    all.push(Check::new(
        "torrent-lengths",
        SLIDE,
        format!(
            "strings of {}, {} and {} bytes",
            deck.torrent_texts[0].0, deck.torrent_texts[1].0, deck.torrent_texts[2].0
        ),
        deck.torrent_texts.map(|(_, text)| text.len().to_string()).join(", "),
        given(wrong.is_empty(), || format!("{} has another length", wrong.join(", "))),
    ));
    let date = date(deck.created);
    all.push(Check::new(
        "torrent-date",
        SLIDE,
        format!("Ubuntu 8.10, created at {}", deck.created),
        format!("{date}: Ubuntu 8.10 came out on 2008-10-30"),
        given(date.starts_with("2008-10-30"), || "that is another day".into()),
    ));
}

fn exchange(deck: &Deck, all: &mut Vec<Check>) {
    const SLIDE: &str = "Example Peer/Tracker Exchange";
    let lengths = deck.announce_ids.map(decoded);
    all.push(Check::new(
        "announce-ids",
        SLIDE,
        "info_hash and peer_id, each of 20 bytes".into(),
        format!("{} and {} bytes", lengths[0], lengths[1]),
        given(lengths == [HASH as usize; 2], || "they decode to another length".into()),
    ));
    let address: Option<IpAddr> = deck.announce_address.parse().ok();
    all.push(Check::new(
        "announce-ipv6",
        SLIDE,
        format!("ipv6={}", deck.announce_address),
        match address {
            Some(IpAddr::V4(_)) => "an IPv4 address".into(),
            Some(IpAddr::V6(Ipv6Addr { .. })) => "an IPv6 address".into(),
            None => "no address".into(),
        },
        given(matches!(address, Some(IpAddr::V6(_))), || "it belongs under ip, or an IPv6 address here".into()),
    ));
    let length = deck.reply_begin.len() as u64 + deck.reply_peers + 1;
    all.push(Check::new(
        "reply-length",
        SLIDE,
        format!("Content-Length: {}", deck.reply_length),
        format!("{} + {} + 1 = {length} bytes", deck.reply_begin.len(), deck.reply_peers),
        given(length == deck.reply_length, || "the body has another length".into()),
    ));
    let peers = deck.reply_peers / COMPACT;
    all.push(Check::new(
        "reply-peers",
        SLIDE,
        format!("{} bytes of peers; {} were wanted", deck.reply_peers, deck.numwant),
        format!("{peers} peers of {COMPACT} bytes, without peer id"),
        if !deck.reply_peers.is_multiple_of(COMPACT) {
            Verdict::Fails("that is no whole number of peers".into())
        } else if peers < deck.numwant {
            Verdict::HoldsIf("the tracker sends fewer than it is asked for, as it may".into())
        } else {
            Verdict::Holds
        },
    ));
}

/// Copies of the rarest piece, and the share of pieces that there are more of.
fn availability_of(copies: &[u32]) -> f64 {
    let least = copies.iter().min().copied().unwrap_or(0);
    let more = copies.iter().filter(|count| **count > least).count();
    f64::from(least) + more as f64 / copies.len().max(1) as f64
}

fn availability(deck: &Deck, all: &mut Vec<Check>) {
    let half: Vec<u32> = (0..100).map(|piece| piece % 2).collect();
    let ours = [availability_of(&[1; 100]), availability_of(&half), availability_of(&[20; 100])];
    all.push(Check::new(
        "availability",
        "Torrent, Pieces and Blocks",
        format!(
            "availability {} with every piece once, {} with half of the pieces, {} with twenty copies",
            deck.availability[0], deck.availability[1], deck.availability[2]
        ),
        format!("{}, {}, {} (copies of the rarest piece, and the share of the others)", ours[0], ours[1], ours[2]),
        given(ours.iter().zip(deck.availability).all(|(a, b)| (a - b).abs() < 1e-9), || {
            "another number comes out".into()
        }),
    ));
}

/// Bytes that a percent-encoded text stands for.
fn decoded(text: &str) -> usize {
    text.len() - 2 * text.matches('%').count()
}

/// Seconds since 1970 as a date of the Gregorian calendar.
fn date(seconds: u64) -> String {
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1_970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02} {:02}:{:02}:{:02}", days + 1, rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_of_the_gregorian_calendar() {
        assert_eq!(date(1_225_365_524), "2008-10-30 11:18:44");
        assert_eq!(date(951_782_400), "2000-02-29 00:00:00");
        assert_eq!(date(0), "1970-01-01 00:00:00");
    }

    #[test]
    fn availability_counts_the_rarest_piece() {
        assert!((availability_of(&[3, 2, 2, 5]) - 2.5).abs() < 1e-9);
    }
}
