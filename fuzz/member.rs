//! A member of a ring of two, and a neighbour that has proven who it is and then sends anything: the input is a list of
//! messages, each behind its length and, in two bits, how long after the last it comes. The member must neither panic nor
//! forget the sound one.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use overlay_core::live::{LinkId, Member, Output, Settings, State};
use overlay_core::signalling::{Description, Invitation, Kind};
use overlay_core::time::{Duration, Time};

const NOW: Time = Time(1_790_000_000_000_000);

/// Three members, the first of which has a link to each other; the last is the one whose messages are drawn.
#[derive(Clone)]
struct Trio {
    now: Time,
    members: [Member; 3],
}

impl Trio {
    fn new() -> Self {
        let member = |n: u8| Member::new(NOW, &[n + 1; 32], n.into(), Settings::default());
        let mut trio = Self { now: NOW, members: [member(0), member(1), member(2)] };
        trio.members[0].start(NOW);
        for guest in [1, 2] {
            let _ = trio.members[0].offer(NOW);
            trio.carry_out(guest);
        }
        for _ in 0..20 {
            trio.pass(Duration::from_millis(500));
        }
        trio
    }

    /// Carries out what the members want; links of the first are numbered 1 to the second and 2 to the third.
    fn carry_out(&mut self, guest: usize) {
        let now = self.now;
        for _ in 0..200 {
            let next = (0..3).find_map(|at| Some((at, self.members[at].poll()?)));
            let Some((at, output)) = next else { return };
            let other = |link: LinkId| if at == 0 { (link.0 as usize).min(2) } else { 0 };
            let theirs = if at == 0 { LinkId(1) } else { LinkId(at as u32) };
            match output {
                Output::Offer { link } if at == 0 && link.0 <= 2 => {
                    let own = Description::simulated(Kind::Offer, [link.0 as u8; 32]);
                    self.members[0].on_description(now, link, &own.to_bytes());
                }
                Output::Answer { link, .. } if at > 0 => {
                    let own = Description::simulated(Kind::Answer, [at as u8 + 10; 32]);
                    self.members[at].on_description(now, link, &own.to_bytes());
                }
                Output::Publish { invitation, .. } => self.hand_on(at, guest, &invitation),
                Output::Send { link, bytes } if at == 0 || link == LinkId(1) => {
                    // The third's own messages count until the drawn ones take their place.
                    self.members[other(link)].on_bytes(now, theirs, &bytes);
                }
                // Further links are not to be had.
                Output::Offer { link } | Output::Answer { link, .. } => self.members[at].on_closed(now, link),
                _ => {}
            }
        }
    }

    fn hand_on(&mut self, from: usize, guest: usize, invitation: &Invitation) {
        let now = self.now;
        if from == 0 {
            let _ = self.members[guest].on_offer(now, invitation);
        } else if self.members[0].on_answer(now, invitation).is_ok() {
            self.members[0].on_open(now, LinkId(from as u32));
            self.members[from].on_open(now, LinkId(1));
        }
    }

    fn pass(&mut self, span: Duration) {
        self.now = self.now + span;
        for at in 0..3 {
            if self.members[at].next_deadline().is_some_and(|due| due <= self.now) {
                self.members[at].on_deadline(self.now);
            }
        }
        self.carry_out(0);
    }
}

/// Made once: proofs and announcements are signed and checked in it, which takes longer than all that is drawn.
static TRIO: LazyLock<Trio> = LazyLock::new(|| {
    let trio = Trio::new();
    assert_eq!(trio.members[0].connected(), 2);
    trio
});

fuzz_target!(|input: &[u8]| {
    let mut trio = TRIO.clone();
    let mut rest = input;
    while let Some(([low, high], behind)) = rest.split_first_chunk::<2>() {
        let size = usize::from(*low) | usize::from(high & 0x3F) << 8;
        let (bytes, behind) = behind.split_at(size.min(behind.len()));
        rest = behind;
        trio.members[0].on_bytes(trio.now, LinkId(2), bytes);
        trio.carry_out(0);
        trio.pass(Duration([0, 1_000, 300_000, 2_000_000][usize::from(high >> 6)]));
    }
    trio.pass(Duration::from_secs(1));
    assert_eq!(trio.members[0].state(), State::Member);
    let sound = trio.members[1].guid();
    assert!(trio.members[0].links().any(|link| link.peer == Some(sound)), "the sound neighbour is linked");
    // What cannot be proven by a panic can be seen in a number: nothing may be taken in without bound.
    assert!(trio.members[0].directory().len() < 1 << 17);
});
