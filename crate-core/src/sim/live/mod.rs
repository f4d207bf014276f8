//! Simulated browsers: real members of the live overlay over links that behave as WebRTC's do.
//!
//! Each seat has a [`Member`] as a page has one, and this module is its browser and its network: descriptions take a
//! while, connections may not come about, open at one end only, break without a word, and end with a word; pages are
//! killed, frozen and woken. The member does not know the difference.
//!
//! `swarm` draws whole courses of such a world from a seed and checks them.
//!
//! # Implementation notes
//! Figures are those measured with Chromium: host candidates after 3 ms, a channel 15 to 20 ms after the answer, a
//! vanished peer `failed` after 16 s, a closed channel told within 5 ms. There is no ICE: whether two ends connect is
//! drawn once for each attempt.

mod check;
pub mod swarm;
#[cfg(test)]
mod tests;
mod wires;

use std::collections::BTreeMap;

use rand::{Rng as _, RngExt, SeedableRng};

use crate::id::Guid;
use crate::live::{Event, LinkId, Member, Output, Rendezvous, Settings};
use crate::protocol::Rng;
use crate::signalling::{Invitation, Kind};
use crate::time::{Duration, Time};

/// How links behave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    /// One-way delay of a message, least and most.
    pub latency: (Duration, Duration),
    /// From the answer to the open channel, least and most.
    pub setup: (Duration, Duration),
    /// Attempts in a million that do not connect.
    pub fails_per_million: u32,
    /// Attempts in a million that open at one end only.
    pub half_open_per_million: u32,
    /// Whether a member that is isolated meets another one by a meeting place.
    pub rendezvous: bool,
}

impl Default for Network {
    fn default() -> Self {
        let millis = Duration::from_millis;
        Self {
            latency: (millis(1), millis(40)),
            setup: (millis(15), millis(300)),
            fails_per_million: 0,
            half_open_per_million: 0,
            rendezvous: true,
        }
    }
}

/// When a browser calls a connection failed whose other end has vanished.
const FAILED_AFTER: Duration = Duration::from_secs(16);
/// When it tells that the other end has closed it.
const CLOSED_AFTER: Duration = Duration::from_millis(5);
/// How long people or meeting places take to hand an invitation on.
const HANDED_ON: Duration = Duration::from_millis(200);
/// How often a page looks after the room that it is in.
const ROOM_PERIOD: Duration = Duration::from_secs(1);
/// Worlds begin at a moment of our days, as pages do.
const BEGINNING: Time = Time(1_790_000_000_000_000);

/// A browser tab.
#[derive(Debug)]
struct Seat {
    member: Member,
    /// The page is there.
    lives: bool,
    /// The page does not run now; what happens to it waits.
    frozen: bool,
    /// Its browser makes no more connections.
    exhausted: bool,
    missed: Vec<Happening>,
    /// The timer that was set last.
    timer: Option<Time>,
    events: Vec<(Time, Event)>,
    /// The room that it is in.
    room: Option<Rendezvous>,
}

/// One end of a connection.
type End = (usize, LinkId);

/// The other end of an end, and whether what is sent arrives.
#[derive(Clone, Copy, Debug)]
struct Wire {
    other: End,
    works: bool,
    /// When the last message arrives: channels keep the order.
    last: Time,
}

/// Something that will happen to a seat.
#[derive(Clone, Debug)]
enum Happening {
    Timer,
    Described {
        link: LinkId,
        blob: Vec<u8>,
    },
    Open {
        link: LinkId,
    },
    Bytes {
        link: LinkId,
        bytes: Vec<u8>,
    },
    Closed {
        link: LinkId,
    },
    Invited {
        invitation: Invitation,
    },
    Answered {
        answer: Invitation,
    },
    /// It is time to look after the room.
    Room,
    /// The meeting place handed on somebody's offer.
    Met {
        invitation: Invitation,
    },
}

/// See the module.
#[derive(Debug)]
pub struct LiveWorld {
    now: Time,
    rng: Rng,
    network: Network,
    settings: Settings,
    seats: Vec<Seat>,
    queue: BTreeMap<(Time, u64), (usize, Happening)>,
    next: u64,
    /// Whose certificate has which fingerprint.
    certificates: BTreeMap<[u8; 32], End>,
    wires: BTreeMap<End, Wire>,
    /// Where invitations given out go.
    guests: BTreeMap<End, usize>,
    /// Who invited by an offer that was answered.
    hosts: BTreeMap<End, usize>,
    handled: u64,
}

impl LiveWorld {
    /// A world without anybody.
    #[must_use]
    pub fn new(seed: u64, network: Network, settings: Settings) -> Self {
        Self {
            now: BEGINNING,
            rng: Rng::seed_from_u64(seed),
            network,
            settings,
            seats: Vec::new(),
            queue: BTreeMap::new(),
            next: 0,
            certificates: BTreeMap::new(),
            wires: BTreeMap::new(),
            guests: BTreeMap::new(),
            hosts: BTreeMap::new(),
            handled: 0,
        }
    }

    /// The moment.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// Events handled so far.
    #[must_use]
    pub const fn handled(&self) -> u64 {
        self.handled
    }

    /// How many seats there ever were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seats.len()
    }

    /// Whether there never was anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// How links behave from now on.
    pub fn set_network(&mut self, network: Network) {
        self.network = network;
    }

    /// The member of a seat.
    ///
    /// # Panics
    /// If there is no such seat.
    #[must_use]
    pub fn member(&self, seat: usize) -> &Member {
        &self.seats[seat].member
    }

    /// What a seat's page was told, and when.
    #[must_use]
    pub fn events(&self, seat: usize) -> &[(Time, Event)] {
        &self.seats[seat].events
    }

    /// Seats whose page is there and runs.
    pub fn living(&self) -> impl Iterator<Item = usize> + '_ {
        self.seats.iter().enumerate().filter(|(_, seat)| seat.lives && !seat.frozen).map(|(at, _)| at)
    }

    /// Whether a seat's page is there and runs.
    #[must_use]
    pub fn lives(&self, seat: usize) -> bool {
        self.seats.get(seat).is_some_and(|seat| seat.lives && !seat.frozen)
    }

    /// A new page, with a key of its own, in no ring.
    pub fn open_page(&mut self) -> usize {
        let mut secret = [0; 32];
        self.rng.fill_bytes(&mut secret);
        let member = Member::new(self.now, &secret, self.rng.next_u64(), self.settings.clone());
        let (timer, missed, events, room) = (None, Vec::new(), Vec::new(), None);
        self.seats.push(Seat { member, lives: true, frozen: false, exhausted: false, missed, timer, events, room });
        self.seats.len() - 1
    }

    /// The page is gone, without a word.
    pub fn kill(&mut self, seat: usize) {
        self.seats[seat].lives = false;
        let now = self.now;
        for (end, wire) in self.wires.iter_mut().filter(|(end, wire)| end.0 == seat || wire.other.0 == seat) {
            wire.works = false;
            if end.0 != seat {
                let at = (now + FAILED_AFTER, self.next);
                self.next += 1;
                self.queue.insert(at, (end.0, Happening::Closed { link: end.1 }));
            }
        }
    }

    /// The page stops running; what happens to it waits.
    pub fn freeze(&mut self, seat: usize) {
        self.seats[seat].frozen = true;
    }

    /// The page's browser makes no more connections; those that it has go on.
    pub fn exhaust(&mut self, seat: usize) {
        self.seats[seat].exhausted = true;
    }

    /// A frozen page runs again.
    pub fn thaw(&mut self, seat: usize) {
        if !std::mem::replace(&mut self.seats[seat].frozen, false) {
            return;
        }
        for happening in std::mem::take(&mut self.seats[seat].missed) {
            self.happen(seat, happening);
        }
        self.happen(seat, Happening::Timer);
    }

    /// Something on the way between two seats breaks: nothing arrives any more over the links that they have now.
    pub fn cut(&mut self, one: usize, other: usize) {
        let between =
            |end: &End, wire: &Wire| (end.0 == one && wire.other.0 == other) || (end.0 == other && wire.other.0 == one);
        let ends: Vec<End> = self.wires.iter().filter(|(end, wire)| between(end, wire)).map(|(end, _)| *end).collect();
        for end in ends {
            if let Some(wire) = self.wires.get_mut(&end) {
                wire.works = false;
            }
            self.later(FAILED_AFTER, end.0, Happening::Closed { link: end.1 });
        }
    }

    /// `host` invites `guest`, and somebody hands offer and answer on.
    pub fn invite(&mut self, host: usize, guest: usize) {
        let offered = self.act(host, |member, now| member.offer(now));
        if let Ok(link) = offered {
            self.guests.insert((host, link), guest);
        }
    }

    /// A page enters the room, of which there is one: it comes in by it if it is outside.
    pub fn enter_room(&mut self, seat: usize) {
        self.seats[seat].room = Some(Rendezvous::new(self.now, Guid::of_bytes(b"the room")));
        let span = self.between((Duration::ZERO, ROOM_PERIOD));
        self.later(span, seat, Happening::Room);
    }

    /// Does something with a member, and what it wants done then.
    pub fn act<T>(&mut self, seat: usize, action: impl FnOnce(&mut Member, Time) -> T) -> T {
        let result = action(&mut self.seats[seat].member, self.now);
        self.carry_out(seat);
        result
    }

    /// Another living page of the room, any; there is a way to it, or was a moment ago.
    fn somebody_else(&mut self, seat: usize) -> Option<usize> {
        let others: Vec<usize> = self.others_in_room(seat).collect();
        (!others.is_empty()).then(|| others[self.rng.random_range(0..others.len())])
    }

    fn others_in_room(&self, seat: usize) -> impl Iterator<Item = usize> + '_ {
        let seats = self.seats.iter().enumerate();
        seats.filter(move |(at, other)| *at != seat && other.lives && other.room.is_some()).map(|(at, _)| at)
    }

    /// A page looks after the room that it is in.
    fn tend_room(&mut self, at: usize) {
        let others = self.others_in_room(at).count();
        let seat = &mut self.seats[at];
        let Some(room) = &mut seat.room else { return };
        let round = room.tend(self.now, &mut seat.member, others, true);
        for invitation in round.again {
            self.give_out(at, invitation);
        }
        self.later(ROOM_PERIOD, at, Happening::Room);
    }

    /// Gives an offer to the meeting place, which hands it to somebody.
    fn give_out(&mut self, at: usize, invitation: Invitation) {
        if let Some(other) = self.somebody_else(at) {
            self.later(HANDED_ON, other, Happening::Met { invitation });
        }
    }

    /// Brings bytes to a member as if the other end of its link with `from` had sent them.
    pub fn inject(&mut self, from: usize, to: usize, bytes: &[u8]) {
        let between = |(end, wire): (&End, &Wire)| (end.0 == to && wire.other.0 == from && wire.works).then_some(end.1);
        if let Some(link) = self.wires.iter().rev().find_map(between) {
            self.happen(to, Happening::Bytes { link, bytes: bytes.to_vec() });
        }
    }

    /// Runs for a while.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= end) {
            let ((at, _), (seat, happening)) = entry.remove_entry();
            self.now = self.now.max(at);
            self.happen(seat, happening);
        }
        self.now = end;
    }

    /// Runs until something holds, at most for `span`; whether it does.
    pub fn run_until(&mut self, span: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + span;
        while self.now < end {
            if holds(self) {
                return true;
            }
            self.run(Duration::from_millis(50));
        }
        holds(self)
    }

    fn later(&mut self, span: Duration, seat: usize, happening: Happening) {
        self.queue.insert((self.now + span, self.next), (seat, happening));
        self.next += 1;
    }

    fn between(&mut self, (least, most): (Duration, Duration)) -> Duration {
        Duration(self.rng.random_range(least.0..=most.0.max(least.0)))
    }

    fn happen(&mut self, at: usize, happening: Happening) {
        let (now, seat) = (self.now, &mut self.seats[at]);
        if !seat.lives {
            return;
        }
        if seat.frozen {
            if !matches!(happening, Happening::Timer) {
                seat.missed.push(happening);
            }
            return;
        }
        self.handled += 1;
        let member = &mut seat.member;
        match happening {
            Happening::Timer => {
                if seat.timer.is_some_and(|due| due <= now) {
                    seat.timer = None;
                    member.on_deadline(now);
                }
            }
            Happening::Described { link, blob } => member.on_description(now, link, &blob),
            Happening::Open { link } => member.on_open(now, link),
            Happening::Bytes { link, bytes } => member.on_bytes(now, link, &bytes),
            Happening::Closed { link } => member.on_closed(now, link),
            Happening::Invited { invitation } => {
                let link = member.on_offer(now, &invitation).ok();
                self.note_host(at, link, &invitation);
            }
            Happening::Met { invitation } => {
                let link = seat.room.as_mut().and_then(|room| room.take_offer(now, member, &invitation));
                self.note_host(at, link, &invitation);
            }
            Happening::Answered { answer } => match &mut seat.room {
                Some(room) => room.take_answer(now, member, &answer),
                None => drop(member.on_answer(now, &answer)),
            },
            Happening::Room => self.tend_room(at),
        }
        self.carry_out(at);
    }

    /// Whose offer a link answers.
    fn note_host(&mut self, at: usize, link: Option<LinkId>, invitation: &Invitation) {
        let host = self.certificates.get(&invitation.description.fingerprint()).map(|end| end.0);
        if let (Some(link), Some(host)) = (link, host) {
            self.hosts.insert((at, link), host);
        }
    }

    /// Does what a member wants done, as a browser would, and sets its timer.
    fn carry_out(&mut self, at: usize) {
        let mut isolated = false;
        while let Some(output) = self.seats[at].member.poll() {
            match output {
                Output::Offer { link } => self.describe(at, link, Kind::Offer),
                Output::Answer { link, offer } => {
                    self.pair((at, link), &offer);
                    self.describe(at, link, Kind::Answer);
                }
                Output::Accept { link, answer } => {
                    self.pair((at, link), &answer);
                    self.connect((at, link));
                }
                Output::Candidate { .. } => {}
                Output::Publish { link, invitation } => self.hand_on((at, link), invitation),
                Output::Send { link, bytes } => self.send((at, link), bytes),
                Output::Close { link } => self.close((at, link)),
                Output::Event(event) => {
                    isolated |= event == Event::Isolated;
                    self.seats[at].events.push((self.now, event));
                }
            }
        }
        if isolated && self.network.rendezvous {
            self.meet(at);
        }
        let seat = &mut self.seats[at];
        // Browsers' timers come late, never early.
        let soonest = self.now + Duration::from_millis(1);
        let due = seat.member.next_deadline().map(|due| due.max(soonest));
        if let Some(due) = due.filter(|due| seat.timer.is_none_or(|timer| *due < timer)) {
            seat.timer = Some(due);
            self.queue.insert((due, self.next), (at, Happening::Timer));
            self.next += 1;
        }
    }

    /// An isolated page finds another one by a meeting place, if there is one.
    fn meet(&mut self, at: usize) {
        let others: Vec<usize> = self.living().filter(|other| *other != at).collect();
        if !others.is_empty() {
            let host = others[self.rng.random_range(0..others.len() as u32) as usize];
            self.invite(host, at);
        }
    }
}
