//! Links between the members of one page: in memory, with delays as between computers.
//!
//! # Implementation notes
//! - Members have places on a square. A message takes a base time and one that grows with the distance, so that a round
//!   trip between two members is always the same, and a node that prefers near ones has something to prefer.
//! - An agreement is a description as any, with random bytes where WebRTC has a certificate's fingerprint: by them an end
//!   of this page is known from all others.
//! - Nothing here knows a browser: what is due is asked for, and an alarm is set for what comes next.

use std::cell::RefCell;
use std::rc::Rc;

use overlay_core::live::{LinkId, Map};
use overlay_core::signalling::{Description, Kind};
use overlay_core::time::{Duration, Time};

use super::clock::now;
use super::link::{Heard, Link, Sent};
use super::secret::random;

/// What a message takes between two members at one place.
const BASE: Duration = Duration::from_millis(5);
/// And how much more for each of 256 steps along the square's side.
const STEP: Duration = Duration(125);
/// What making a description takes.
const DESCRIBING: Duration = Duration::from_millis(3);
/// Ways from end to end until a channel is open: two handshakes need them.
const WAYS_TO_OPEN: u64 = 3;
/// What may be on its way, in bytes, before the sender has to wait.
const HIGH_BYTES: usize = 1 << 20;
/// And below which it may go on.
const LOW_BYTES: usize = 256 << 10;

/// One end: which member of the page, and its number for the link.
pub type End = (usize, LinkId);

#[derive(Debug)]
struct Wire {
    /// Tells this end from an earlier one of the same member and number.
    serial: u64,
    fingerprint: [u8; 32],
    other: Option<End>,
    open: bool,
    /// When the last thing arrives that is on its way here: channels keep the order.
    last: Time,
    /// Bytes on their way here, and whether the sender was told to wait.
    coming: usize,
    congested: bool,
}

/// All links between members of this page.
#[derive(Default)]
pub struct Wires {
    ends: Map<End, Wire>,
    /// What is on its way, by its moment, and to which end by member, number and serial.
    queue: Map<(Time, u64), (End, u64, Heard)>,
    next: u64,
}

/// How long a message takes between two members.
#[must_use]
pub fn delay(a: usize, b: usize) -> Duration {
    // Multiples of two irrational numbers modulo 1: places that spread evenly however many there are.
    let place = |seat: usize, by: u32| i64::from((seat as u32).wrapping_mul(by) >> 24);
    let across = [3_242_174_889, 2_447_445_414].map(|by| place(a, by) - place(b, by));
    let distance = across.iter().map(|side| (side * side) as u64).sum::<u64>().isqrt();
    Duration(BASE.0 + STEP.0 * distance)
}

impl Wires {
    fn serial(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn put(&mut self, at: Time, end: End, heard: Heard) {
        let number = self.serial();
        let Some(wire) = self.ends.get_mut(&end) else { return };
        wire.last = at.max(wire.last);
        self.queue.insert((wire.last, number), (end, wire.serial, heard));
    }

    fn end_of(&self, fingerprint: [u8; 32]) -> Option<End> {
        self.ends.iter().find(|(_, wire)| wire.fingerprint == fingerprint).map(|(end, _)| *end)
    }

    /// Begins an end, which offers, or answers an offer; the random bytes stand for its certificate. False if the end that
    /// offered is no more.
    pub fn begin(&mut self, now: Time, end: End, offer: Option<&Description>, fingerprint: [u8; 32]) -> bool {
        let kind = if offer.is_some() { Kind::Answer } else { Kind::Offer };
        let other = offer.and_then(|offer| self.end_of(offer.fingerprint()));
        if offer.is_some() && other.is_none() {
            return false;
        }
        let serial = self.serial();
        let wire = Wire { serial, fingerprint, other, open: false, last: now, coming: 0, congested: false };
        self.ends.insert(end, wire);
        self.put(now + DESCRIBING, end, Heard::Described(Description::simulated(kind, fingerprint)));
        true
    }

    /// The end that offered takes the answer: the channel opens, or it does not.
    pub fn accept(&mut self, now: Time, end: End, answer: &Description) {
        let other = self.end_of(answer.fingerprint());
        let other = other.filter(|other| self.ends.get(other).is_some_and(|wire| wire.other == Some(end)));
        let Some(other) = other else {
            return self.put(now + BASE, end, Heard::Closed);
        };
        if let Some(wire) = self.ends.get_mut(&end) {
            wire.other = Some(other);
            let opens = now + Duration(delay(end.0, other.0).0 * WAYS_TO_OPEN);
            self.put(opens, end, Heard::Open);
            self.put(opens, other, Heard::Open);
        }
    }

    /// Sends a message.
    pub fn send(&mut self, now: Time, end: End, bytes: &[u8]) -> Sent {
        let Some(other) = self.ends.get(&end).filter(|wire| wire.open).and_then(|wire| wire.other) else {
            return Sent::Not;
        };
        // Nobody may be there any more: word of it is on its way.
        let Some(wire) = self.ends.get_mut(&other) else { return Sent::Well };
        wire.coming += bytes.len();
        wire.congested |= wire.coming > HIGH_BYTES;
        let sent = if wire.congested { Sent::Congested } else { Sent::Well };
        self.put(now + delay(end.0, other.0), other, Heard::Bytes(bytes.to_vec()));
        sent
    }

    /// Ends it at one end; the other is told after all that was sent.
    pub fn close(&mut self, now: Time, end: End) {
        let other = self.ends.remove(&end).and_then(|wire| wire.other);
        if let Some(other) = other
            && self.ends.get(&other).is_some_and(|wire| wire.other == Some(end))
        {
            self.put(now + delay(end.0, other.0), other, Heard::Closed);
        }
    }

    /// When the next thing arrives.
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    /// Something that has arrived by now, and where.
    pub fn due(&mut self, now: Time) -> Option<(End, Heard)> {
        while self.next_due().is_some_and(|at| at <= now) {
            let (_, (end, serial, heard)) = self.queue.pop_first()?;
            let Some(wire) = self.ends.get_mut(&end).filter(|wire| wire.serial == serial) else { continue };
            let mut drained = None;
            match &heard {
                Heard::Open => wire.open = true,
                Heard::Closed => wire.open = false,
                Heard::Bytes(bytes) => {
                    wire.coming -= bytes.len();
                    if wire.congested && wire.coming < LOW_BYTES {
                        wire.congested = false;
                        drained = wire.other;
                    }
                }
                _ => {}
            }
            if let Some(sender) = drained {
                self.put(now, sender, Heard::Drained);
            }
            return Some((end, heard));
        }
        None
    }
}

/// One end of such a link.
pub struct WireLink {
    wires: Rc<RefCell<Wires>>,
    end: End,
}

impl WireLink {
    /// Begins an end: without an offer it makes one, else the answer; `None` if the end that offered is no more.
    #[must_use]
    pub fn begin(wires: &Rc<RefCell<Wires>>, end: End, offer: Option<&Description>) -> Option<Self> {
        let begun = wires.borrow_mut().begin(now(), end, offer, random());
        begun.then(|| Self { wires: wires.clone(), end })
    }
}

impl Link for WireLink {
    fn accept(&self, answer: &Description) {
        self.wires.borrow_mut().accept(now(), self.end, answer);
    }

    fn candidate(&self, _: String) {}

    fn send(&self, bytes: &[u8]) -> Sent {
        self.wires.borrow_mut().send(now(), self.end, bytes)
    }

    fn kind(&self) -> &'static str {
        "simulated"
    }
}

impl Drop for WireLink {
    fn drop(&mut self) {
        self.wires.borrow_mut().close(now(), self.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_000_000);
    const ANN: End = (0, LinkId(1));
    const BEN: End = (1, LinkId(7));

    fn description(kind: Kind, byte: u8) -> Description {
        Description::simulated(kind, [byte; 32])
    }

    /// Everything that arrives up to a moment, in a word each, with the moment.
    fn arrivals(wires: &mut Wires, until: Time) -> Vec<(Time, End, String)> {
        let mut all = Vec::new();
        while let Some(at) = wires.next_due().filter(|at| *at <= until) {
            let Some((end, heard)) = wires.due(at) else { continue };
            let word = match heard {
                Heard::Described(_) => "described".into(),
                Heard::Candidate(_) => "candidate".into(),
                Heard::Open => "open".into(),
                Heard::Bytes(bytes) => format!("{} bytes", bytes.len()),
                Heard::Drained => "drained".into(),
                Heard::Closed => "closed".into(),
            };
            all.push((at, end, word));
        }
        all
    }

    /// A channel between two members, open, and the moment of it.
    fn opened() -> (Wires, Time) {
        let mut wires = Wires::default();
        assert!(wires.begin(NOW, ANN, None, [1; 32]));
        assert!(wires.begin(NOW, BEN, Some(&description(Kind::Offer, 1)), [2; 32]));
        wires.accept(NOW, ANN, &description(Kind::Answer, 2));
        let words = arrivals(&mut wires, Time::NEVER);
        let last = words.last().expect("it opens").0;
        assert_eq!(words.iter().filter(|(_, _, word)| word == "open").count(), 2);
        (wires, last)
    }

    #[test]
    fn messages_arrive_in_order_after_the_delay_between_two_places() {
        let (mut wires, now) = opened();
        assert_eq!(wires.send(now, ANN, &[0; 3]), Sent::Well);
        assert_eq!(wires.send(now, ANN, &[0; 5]), Sent::Well);
        let at = now + delay(0, 1);
        let expected = [(at, BEN, "3 bytes".into()), (at, BEN, "5 bytes".into())];
        assert_eq!(arrivals(&mut wires, Time::NEVER), expected);
    }

    #[test]
    fn delays_are_those_of_real_links_and_the_same_both_ways() {
        let pairs = || (0..33).flat_map(|a| (0..a).map(move |b| (a, b)));
        for (a, b) in pairs() {
            let one = delay(a, b);
            assert_eq!(one, delay(b, a));
            assert!((BASE..=Duration::from_millis(51)).contains(&one), "{one:?} between {a} and {b}");
        }
        let least = pairs().map(|(a, b)| delay(a, b)).min();
        let most = pairs().map(|(a, b)| delay(a, b)).max();
        assert!(least < Some(Duration::from_millis(12)) && most > Some(Duration::from_millis(30)), "near and far");
    }

    #[test]
    fn an_end_that_closes_is_heard_of_after_all_that_it_sent() {
        let (mut wires, now) = opened();
        let _ = wires.send(now, ANN, &[0; 3]);
        wires.close(now, ANN);
        let words: Vec<String> = arrivals(&mut wires, Time::NEVER).into_iter().map(|(_, _, word)| word).collect();
        assert_eq!(words, ["3 bytes", "closed"]);
        assert_eq!(wires.send(now, BEN, &[0; 3]), Sent::Not);
    }

    #[test]
    fn what_was_sent_to_an_end_does_not_reach_a_later_one_of_the_same_number() {
        let (mut wires, now) = opened();
        let _ = wires.send(now, ANN, &[0; 3]);
        wires.close(now, BEN);
        assert!(wires.begin(now, BEN, None, [3; 32]));
        let words = arrivals(&mut wires, Time::NEVER);
        assert_eq!(words.len(), 2, "the new end's description, and that the old one closed: {words:?}");
        assert!(!words.iter().any(|(_, _, word)| word == "3 bytes"));
    }

    #[test]
    fn an_answer_to_something_else_opens_nothing() {
        let mut wires = Wires::default();
        let cat = (2, LinkId(1));
        assert!(wires.begin(NOW, ANN, None, [1; 32]));
        assert!(wires.begin(NOW, cat, None, [9; 32]));
        assert!(wires.begin(NOW, BEN, Some(&description(Kind::Offer, 9)), [2; 32]));
        wires.accept(NOW, ANN, &description(Kind::Answer, 2));
        let words = arrivals(&mut wires, Time::NEVER);
        assert!(words.iter().any(|(_, end, word)| (*end, word.as_str()) == (ANN, "closed")));
        assert!(!words.iter().any(|(_, _, word)| word == "open"));
    }

    #[test]
    fn an_offer_of_an_end_that_is_no_more_is_not_answered() {
        let mut wires = Wires::default();
        assert!(wires.begin(NOW, ANN, None, [1; 32]));
        wires.close(NOW, ANN);
        assert!(!wires.begin(NOW, BEN, Some(&description(Kind::Offer, 1)), [2; 32]));
        assert!(arrivals(&mut wires, Time::NEVER).is_empty());
    }

    #[test]
    fn a_sender_waits_while_much_is_on_its_way() {
        let (mut wires, now) = opened();
        let part = vec![0; HIGH_BYTES / 2];
        assert_eq!(wires.send(now, ANN, &part), Sent::Well);
        assert_eq!(wires.send(now, ANN, &part), Sent::Well);
        assert_eq!(wires.send(now, ANN, &part), Sent::Congested);
        let words = arrivals(&mut wires, Time::NEVER);
        assert_eq!(words.iter().filter(|(_, end, word)| (*end, word.as_str()) == (ANN, "drained")).count(), 1);
        assert_eq!(wires.send(now + Duration::from_secs(1), ANN, &part), Sent::Well);
    }
}
