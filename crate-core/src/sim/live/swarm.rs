//! A swarm of random worlds of simulated browsers: each seed is a ring of real members and minutes of joins, goodbyes,
//! crashes, sleep, cut links and failing connections, and then of rest, after which everything has to be right.
//!
//! # What is asked
//! - At rest every living page is a member of one ring, knows who stands next to it, and everybody's messages end at the
//!   node responsible.
//! - A value that was stored, and of whose k = 3 holders never more than two were lost within the time that copying
//!   takes, is found at rest. So crashes come singly or in twos, with pauses between.
//! - No message of a sound page is ever unreadable, forged or too large for another, and no counter of that says so.
//!
//! # Implementation notes
//! Isolated pages meet others by a meeting place, as they do on the web; while everybody sleeps nobody is met. In a third of the
//! worlds all pages are in one room, and some begin a ring there though there is one: at rest there has to be one ring.

use rand::{RngExt, SeedableRng};

use super::{BEGINNING, LiveWorld, Network};
use crate::id::Guid;
use crate::live::{Event, RequestId, Settings, State};
use crate::pastry::LeafSetSize;
use crate::protocol::Rng;
use crate::time::{Duration, Time};

/// The most pages that there are at once, and the fewest that deeds leave.
const PAGES: usize = 16;
const FEWEST: usize = 4;
/// The pause between two deeds that may cost copies.
const HEALING: Duration = Duration::from_secs(75);
/// How long a world rests before it is looked at.
const REST: Duration = Duration::from_secs(240);
/// How long a question may take, with everything tried three times.
const PATIENCE: Duration = Duration::from_secs(45);

/// What a seed came to.
#[derive(Clone, Debug, Default)]
pub struct LiveCourse {
    /// What was done, in words, and when, counted from the beginning.
    pub deeds: Vec<(Time, String)>,
    /// Events handled.
    pub events: u64,
    /// Links that pages proved, together.
    pub links: u64,
    /// What is wrong, if anything.
    pub failure: Option<String>,
    /// The living pages at the end, in ring order, if something is.
    pub pages: Vec<String>,
}

/// A world under way.
struct Run {
    world: LiveWorld,
    rng: Rng,
    course: LiveCourse,
    /// Names and values stored, with the request and who made it.
    stored: Vec<(String, usize, RequestId)>,
    /// When the last deed that may cost copies was done.
    cost: Time,
    names: u32,
    leaf_set: Option<LeafSetSize>,
    /// Whether pages come in by a room that all enter, and some begin rings of their own there; else by invitations.
    by_room: bool,
}

/// Plays a seed: deeds for `span`, then rest and questions.
#[must_use]
pub fn run(seed: u64, span: Duration) -> LiveCourse {
    let mut rng = Rng::seed_from_u64(seed ^ 0x6C69_7665);
    let by_room = rng.random_range(0..3_u32) == 0;
    let network = Network { rendezvous: !by_room, ..network(&mut rng) };
    let total = [4, 8, 16][rng.random_range(0..3_usize)];
    let leaf_set = LeafSetSize::new(total).expect("even, from 2 to 64");
    let world = LiveWorld::new(seed, network, Settings { leaf_set, ..Settings::default() });
    let course = LiveCourse::default();
    let (stored, leaf_set) = (Vec::new(), Some(leaf_set));
    let mut run = Run { world, rng, course, stored, cost: Time::ZERO, names: 0, leaf_set, by_room };
    let first = run.world.open_page();
    run.world.act(first, |member, now| member.start(now));
    if by_room {
        run.world.enter_room(first);
    }
    for _ in 0..run.rng.random_range(3..10_u32) {
        run.open();
        let pause = run.millis(0, 4_000);
        run.world.run(pause);
    }
    run.world.run(Duration::from_secs(60));
    let end = run.world.now() + span;
    while run.world.now() < end {
        run.deed();
        let pause = run.pause();
        run.world.run(pause);
    }
    run.rest();
    run.course.failure = run.judge();
    if run.course.failure.is_some() {
        run.course.pages = run.world.ring().into_iter().map(|(_, seat)| run.world.words(seat)).collect();
    }
    run.course.events = run.world.handled();
    run.course.links = (0..run.world.len()).map(|seat| run.world.member(seat).stats().links_proven).sum();
    run.course
}

fn network(rng: &mut Rng) -> Network {
    let slow = Duration::from_millis(rng.random_range(2..150));
    let (fails, half_open) = match rng.random_range(0..4_u32) {
        0 => (0, 0),
        1 => (rng.random_range(0..200_000), 0),
        2 => (0, rng.random_range(0..150_000)),
        _ => (rng.random_range(0..150_000), rng.random_range(0..100_000)),
    };
    Network {
        latency: (Duration::from_millis(1), slow),
        setup: (Duration::from_millis(15), Duration::from_millis(rng.random_range(20..1_500))),
        fails_per_million: fails,
        half_open_per_million: half_open,
        rendezvous: true,
    }
}

impl Run {
    fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.rng.random_range(least..=most))
    }

    fn pause(&mut self) -> Duration {
        match self.rng.random_range(0..10_u32) {
            0..3 => self.millis(0, 100),
            3..7 => self.millis(100, 5_000),
            _ => self.millis(5_000, 30_000),
        }
    }

    fn note(&mut self, deed: String) {
        self.course.deeds.push((Time(self.world.now().since(BEGINNING).0), deed));
    }

    fn one_living(&mut self) -> usize {
        let living: Vec<usize> = self.world.living().collect();
        living[self.rng.random_range(0..living.len())]
    }

    fn one_member(&mut self) -> Option<usize> {
        let is_member = |seat: &usize| self.world.member(*seat).state() == State::Member;
        let members: Vec<usize> = self.world.living().filter(is_member).collect();
        (!members.is_empty()).then(|| members[self.rng.random_range(0..members.len())])
    }

    /// Opens a page, which comes in by way of any member, or of the room.
    fn open(&mut self) {
        if self.by_room {
            let (guest, begins) = (self.world.open_page(), self.rng.random_range(0..4_u32) == 0);
            self.note(format!(
                "page {guest} opens, enters the room{}",
                if begins { ", and begins a ring" } else { "" }
            ));
            if begins {
                self.world.act(guest, |member, now| member.start(now));
            }
            return self.world.enter_room(guest);
        }
        let Some(host) = self.one_member() else { return };
        let guest = self.world.open_page();
        self.note(format!("page {guest} opens, invited by {host}"));
        self.world.invite(host, guest);
    }

    fn deed(&mut self) {
        let room = self.world.living().count();
        let may_cost = self.world.now() > self.cost + HEALING && room > FEWEST && self.world.flaw().is_none();
        match self.rng.random_range(0..16_u32) {
            0..3 if room < PAGES => self.open(),
            3..6 => self.put(),
            6 | 7 if may_cost => self.kill(),
            8 if may_cost => {
                let seat = self.one_living();
                self.note(format!("page {seat} says goodbye"));
                self.world.act(seat, |member, now| member.leave(now));
                self.world.kill(seat);
                self.cost = self.world.now();
            }
            9 if may_cost => self.sleep(),
            10 | 11 => {
                let [one, other] = [self.one_living(), self.one_living()];
                self.note(format!("nothing comes through any more between {one} and {other}"));
                self.world.cut(one, other);
            }
            12 => {
                let seat = self.one_living();
                let away = self.rng.random();
                self.world.act(seat, |member, now| member.set_away(now, away));
            }
            13 => {
                let (seat, key) = (self.one_living(), Guid(self.rng.random()));
                let _ = self.world.act(seat, |member, now| member.reach(now, key));
            }
            _ => {
                self.invite_again();
            }
        }
    }

    /// One or two pages are gone at once.
    fn kill(&mut self) {
        // Pastry mends what |L| / 2 neighbours who fail together leave; with small leaf sets, that is two.
        let most = if self.leaf_set > LeafSetSize::new(4) { 2 } else { 1 };
        for _ in 0..self.rng.random_range(1..=most) {
            let seat = self.one_living();
            self.note(format!("page {seat} is killed"));
            self.world.kill(seat);
        }
        self.cost = self.world.now();
    }

    /// A page sleeps for a while, with or without a word before.
    fn sleep(&mut self) {
        let (seat, span) = (self.one_living(), self.millis(5_000, 60_000));
        let says_so: bool = self.rng.random();
        self.note(format!("page {seat} sleeps for {:.0} s", span.as_millis_f64() / 1e3));
        if says_so {
            self.world.act(seat, |member, now| member.set_away(now, true));
        }
        self.world.freeze(seat);
        self.world.run(span);
        self.world.thaw(seat);
        if says_so {
            self.world.act(seat, |member, now| member.set_away(now, false));
        }
        self.cost = self.world.now();
    }

    fn put(&mut self) {
        self.names += 1;
        let (seat, name) = (self.one_living(), format!("name {}", self.names));
        let request = self.world.act(seat, |member, now| member.put(now, &name, name.as_bytes()));
        if let Ok(request) = request {
            self.note(format!("page {seat} stores {name}"));
            self.stored.push((name, seat, request));
        }
    }

    /// Nothing is done any more; whoever is not in is invited until it is, by connections that come about.
    fn rest(&mut self) {
        let sound = Network { rendezvous: !self.by_room, ..Network::default() };
        self.world.set_network(sound);
        let end = self.world.now() + REST;
        while self.world.now() < end {
            self.world.run(Duration::from_secs(20));
            self.invite_again();
        }
    }

    /// Pages that could not come in, or have lost everybody, are invited again.
    fn invite_again(&mut self) {
        if self.by_room {
            return;
        }
        let is_linked = |seat: usize| self.world.member(seat).connected() > 0;
        let (linked, lonely): (Vec<usize>, Vec<usize>) = self.world.living().partition(|seat| is_linked(*seat));
        for guest in lonely {
            if !linked.is_empty() {
                let host = linked[self.rng.random_range(0..linked.len())];
                self.world.invite(host, guest);
            }
        }
    }

    fn judge(&mut self) -> Option<String> {
        if let Some(flaw) = self.world.flaw() {
            return Some(format!("At rest, {flaw}."));
        }
        for seat in 0..self.world.len() {
            let stats = self.world.member(seat).stats();
            if let Some((what, count)) = [
                ("malformed", stats.malformed),
                ("forged", stats.forged),
                ("oversized", stats.oversized),
                ("other_version", stats.other_version),
            ]
            .into_iter()
            .find(|(_, count)| *count > 0)
            {
                return Some(format!("Page {seat} counts {count} {what} messages of sound pages."));
            }
        }
        let seats: Vec<usize> = self.world.living().collect();
        for from in &seats {
            let key = Guid(self.rng.random());
            let request = self.world.act(*from, |member, now| member.reach(now, key));
            let owner = self.world.owner(key).map(|seat| self.world.member(seat).guid());
            match request.map(|request| self.outcome(*from, request)) {
                Ok(Some(Event::Reached { owner: found, .. })) if Some(found) == owner => {}
                outcome => return Some(format!("At rest, page {from} asked who answers for {key:.6}: {outcome:?}.")),
            }
        }
        for (name, by, request) in std::mem::take(&mut self.stored) {
            // Whether it was stored, its page has to know: one that was killed before does not.
            if !matches!(self.outcome_now(by, request), Some(Event::Stored { .. })) {
                continue;
            }
            let from = seats[self.rng.random_range(0..seats.len())];
            let search = self.world.act(from, |member, now| member.get(now, &name));
            match search.map(|request| self.outcome(from, request)) {
                Ok(Some(Event::Found { value: Some(value), .. })) if value == name.as_bytes() => {}
                outcome => return Some(format!("At rest, page {from} looked for {name}: {outcome:?}.")),
            }
        }
        None
    }

    fn outcome(&mut self, seat: usize, request: RequestId) -> Option<Event> {
        self.world.run_until(PATIENCE, |world| answer(world, seat, request).is_some());
        self.outcome_now(seat, request)
    }

    fn outcome_now(&self, seat: usize, request: RequestId) -> Option<Event> {
        answer(&self.world, seat, request)
    }
}

/// What came of a page's request, if anything has.
#[must_use]
pub fn answer(world: &LiveWorld, seat: usize, request: RequestId) -> Option<Event> {
    let of = |event: &&Event| match event {
        Event::Stored { request: id, .. }
        | Event::Found { request: id, .. }
        | Event::Deleted { request: id, .. }
        | Event::Reached { request: id, .. }
        | Event::NoAnswer { request: id, .. } => *id == request,
        _ => false,
    };
    world.events(seat).iter().rev().map(|(_, event)| event).find(of).cloned()
}
