//! The members of this page and all that joins them to the world: links, alarm, ways of coming in. What happens is kept on a
//! [`Board`], which panels and picture read.
//!
//! # Implementation notes
//! One member is the person's; further ones may be added to the same page, and link up as any others do. Every event of
//! the browser enters through `Hub::tell` or `Hub::heard`, goes to a member, and the member's outputs are carried out
//! before anything else: so nothing runs inside anything else.

mod board;
mod coming_in;
mod room;
mod seats;
mod told;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use overlay_core::live::{Event, LinkId, Member, Output, State};
use overlay_core::signalling::{Candidate, Description};
use overlay_core::time::{Duration, Time};
use yew::prelude::*;

use super::clock::{Alarm, now};
use super::link::{Heard, Link, Sent, Tell};
use super::port::{self, Port};
use super::rtc::{self, RtcLink};
use super::wires::{WireLink, Wires};
use crate::dom::{self, Listener};

pub use board::{Board, Line, Rung, Shown, Wish};
pub(crate) use board::{DIGITS, HOP_MS, digits};
pub use coming_in::Handed;
pub use seats::{Seat, VIRTUAL_MAX};
pub use told::Ask;

/// How often what is not a member's own business is looked after.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// Panels are not drawn anew sooner than this after the last time,
const PANELS_MS: f64 = 200.0;
/// nor sooner than so many times as long as drawing took: a slow or busy machine has something else to do.
const PANELS_SHARE: f64 = 5.0;
/// But no later than this, also where nobody is looking.
const PANELS_MS_MAX: f64 = 1_500.0;
/// How long messages over simulated links are handed out at once: then the page may draw, and be used.
const SLICE_MS: f64 = 8.0;

struct Inner {
    board: RefCell<Board>,
    wires: Rc<RefCell<Wires>>,
    alarm: RefCell<Option<Alarm>>,
    housekeeping: Cell<Time>,
    listeners: RefCell<Vec<(u32, Callback<()>)>>,
    next_listener: Cell<u32>,
    telling: Cell<bool>,
    told_ms: Cell<f64>,
    /// What drawing took the last time.
    drawing_ms: Cell<f64>,
    _page: RefCell<Vec<Listener>>,
}

/// The members of this page, held by all who show or change them.
#[derive(Clone)]
pub struct Hub(Rc<Inner>);

impl PartialEq for Hub {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

thread_local! {
    static HUB: Hub = Hub::open();
}

impl Hub {
    /// The members of this page. They stay while other pages of the site are looked at.
    #[must_use]
    pub fn of_page() -> Self {
        HUB.with(Clone::clone)
    }

    fn open() -> Self {
        let hub = Self(Rc::new(Inner {
            board: RefCell::new(Board::new(Seat::new())),
            wires: Rc::default(),
            alarm: RefCell::default(),
            housekeeping: Cell::new(now() + HOUSEKEEPING),
            listeners: RefCell::default(),
            next_listener: Cell::default(),
            telling: Cell::default(),
            told_ms: Cell::default(),
            drawing_ms: Cell::default(),
            _page: RefCell::default(),
        }));
        *hub.0.alarm.borrow_mut() = Some(Alarm::new(hub.weakly(|hub, ()| hub.rang()).into_ringer()));
        hub.watch_page();
        hub.set_alarm();
        hub
    }

    /// A callback that does nothing once the hub is gone.
    fn weakly<T: 'static>(&self, act: impl Fn(&Self, T) + 'static) -> Weakly<T> {
        let hub = Rc::downgrade(&self.0);
        Weakly(Box::new(move |value| {
            if let Some(inner) = Weak::upgrade(&hub) {
                act(&Self(inner), value);
            }
        }))
    }

    /// Looks at the board.
    pub fn with<T>(&self, look: impl FnOnce(&Board) -> T) -> T {
        look(&self.0.board.borrow())
    }

    /// Changes what is on the board, and lets its members have their way.
    pub fn change<T>(&self, change: impl FnOnce(&mut Board, Time) -> T) -> T {
        let result = change(&mut self.0.board.borrow_mut(), now());
        self.settle();
        self.show();
        result
    }

    /// Tells a member something; what it wants done waits for [`Hub::settle`].
    fn say<T>(&self, seat: usize, say: impl FnOnce(&mut Member, Time) -> T) -> Option<T> {
        let mut board = self.0.board.borrow_mut();
        board.seats.get_mut(seat).map(|seat| say(&mut seat.member, now()))
    }

    /// The same, and carries it out.
    fn tell(&self, seat: usize, tell: impl FnOnce(&mut Member, Time)) {
        let _ = self.say(seat, tell);
        self.settle();
    }

    /// Carries out what members want, until they want nothing more.
    fn settle(&self) {
        let next = || {
            let mut board = self.0.board.borrow_mut();
            let mut seats = board.seats.iter_mut().enumerate();
            seats.find_map(|(index, seat)| Some((index, seat.member.poll()?)))
        };
        let mut is_news = false;
        while let Some((seat, output)) = next() {
            // Dozens of pings a second are nothing to see.
            is_news |= !matches!(output, Output::Send { .. });
            self.carry_out(seat, output);
        }
        self.set_alarm();
        if is_news {
            self.show();
        }
    }

    fn carry_out(&self, seat: usize, output: Output) {
        match output {
            Output::Offer { link } => self.open_link(seat, link, None),
            Output::Answer { link, offer } => match Description::from_bytes(&offer) {
                Ok(offer) => self.open_link(seat, link, Some(&offer)),
                Err(_) => self.closed(seat, link),
            },
            Output::Accept { link, answer } => match Description::from_bytes(&answer) {
                Ok(answer) => self.with_link(seat, link, |link| link.accept(&answer)),
                Err(_) => self.closed(seat, link),
            },
            Output::Candidate { link, candidate } => {
                if let Some(candidate) = Candidate::from_bytes(&candidate) {
                    self.with_link(seat, link, |link| link.candidate(candidate.to_line(0)));
                }
            }
            Output::Publish { link, invitation } => self.publish(seat, link, &invitation),
            Output::Send { link, bytes } => self.send(seat, link, &bytes),
            Output::Close { link } => self.drop_link(seat, link),
            Output::Event(event) => self.happened(seat, event),
        }
    }

    fn open_link(&self, seat: usize, id: LinkId, offer: Option<&Description>) {
        // Of two offers that cross, one is given up, and maybe before its turn.
        if !self.with(|board| board.is_wanted(seat, id)) {
            return;
        }
        let tell: Tell = {
            let heard = self.weakly(move |hub, heard| hub.heard(seat, id, heard));
            Rc::new(move |what| heard.call(what))
        };
        let link: Option<Box<dyn Link>> = {
            let mut board = self.0.board.borrow_mut();
            let is_in_page = board.stays_in_page(seat, id);
            let is_in_browser = match offer {
                Some(offer) => port::name_in(offer).is_some(),
                None => board.stays_near(seat, id) || !rtc::exists(),
            };
            match offer {
                _ if is_in_page => {
                    WireLink::begin(&self.0.wires, (seat, id), offer).map(|wire| Box::new(wire) as Box<dyn Link>)
                }
                Some(offer) if is_in_browser => Port::answer(offer, tell).map(|port| Box::new(port) as Box<dyn Link>),
                None if is_in_browser => Port::offer(tell).map(|port| Box::new(port) as Box<dyn Link>),
                _ if !rtc::exists() || !board.may_connect() => None,
                _ => {
                    board.connections_made += 1;
                    // A mistaken server is said where it was typed; links do without it.
                    let servers = board.settings.servers().unwrap_or_default();
                    Some(Box::new(RtcLink::start(offer, &servers, tell)))
                }
            }
        };
        match link {
            Some(link) => {
                if let Some(seat) = self.0.board.borrow_mut().seats.get_mut(seat) {
                    seat.links.insert(id, link);
                }
            }
            None => self.closed(seat, id),
        }
    }

    fn with_link(&self, seat: usize, link: LinkId, act: impl FnOnce(&dyn Link)) {
        if let Some(link) = self.0.board.borrow().seats.get(seat).and_then(|seat| seat.links.get(&link)) {
            act(&**link);
        }
    }

    fn send(&self, seat: usize, link: LinkId, bytes: &[u8]) {
        let mut sent = Sent::Not;
        self.with_link(seat, link, |link| sent = link.send(bytes));
        match sent {
            Sent::Well => {}
            Sent::Congested => drop(self.say(seat, |member, now| member.on_congested(now, link, true))),
            Sent::Not => self.closed(seat, link),
        }
    }

    /// A link is no more: for the member, too.
    fn closed(&self, seat: usize, link: LinkId) {
        let _ = self.say(seat, |member, now| member.on_closed(now, link));
        self.drop_link(seat, link);
    }

    fn drop_link(&self, seat: usize, link: LinkId) {
        let gone = self.0.board.borrow_mut().seats.get_mut(seat).and_then(|seat| {
            seat.plans.remove(&link);
            seat.links.remove(&link)
        });
        // Outside the borrow: closing may take its time.
        drop(gone);
    }

    /// A link told something.
    fn heard(&self, seat: usize, link: LinkId, heard: Heard) {
        self.hear(seat, link, heard);
        self.settle();
    }

    /// The same, without what comes of it.
    fn hear(&self, seat: usize, link: LinkId, heard: Heard) {
        let known = self.with(|board| board.seats.get(seat).is_some_and(|seat| seat.links.contains_key(&link)));
        if !known {
            return;
        }
        match heard {
            Heard::Closed => self.closed(seat, link),
            heard => drop(self.say(seat, |member, now| match heard {
                Heard::Described(own) => member.on_description(now, link, &own.to_bytes()),
                Heard::Candidate(bytes) => member.on_candidate(now, link, &bytes),
                Heard::Open => member.on_open(now, link),
                Heard::Bytes(bytes) => member.on_bytes(now, link, &bytes),
                Heard::Drained => member.on_congested(now, link, false),
                Heard::Closed => {}
            })),
        }
    }

    /// Hands out what has arrived over simulated links, as much as takes no longer than a moment.
    fn hand_out(&self) {
        let (moment, began_ms) = (now(), dom::now_ms());
        while dom::now_ms() - began_ms < SLICE_MS {
            let next = self.0.wires.borrow_mut().due(moment);
            let Some(((seat, link), heard)) = next else { return };
            self.hear(seat, link, heard);
        }
    }

    fn happened(&self, seat: usize, event: Event) {
        let came_in = seat == 0 && matches!(event, Event::Joined);
        let failed = match &event {
            Event::OfferFailed { link, .. } => Some(*link),
            _ => None,
        };
        let hops = {
            let mut board = self.0.board.borrow_mut();
            let before = board.shown.as_ref().map(|shown| shown.since_ms);
            board.note(seat, event);
            let shown = board.shown.as_ref().filter(|shown| Some(shown.since_ms) != before);
            shown.map_or(0, |shown| shown.path.len())
        };
        // Each hop of a new way is seen moving after the one before.
        for hop in 1..=hops {
            let show = self.weakly(|hub, ()| hub.show());
            dom::after((hop as f64 * HOP_MS) as i32, move || show.call(()));
        }
        if let Some(link) = failed {
            self.offer_failed(seat, link);
        }
        if came_in {
            self.came_in();
        } else if seat > 0 {
            self.fill_seats();
        }
    }

    // Time.

    fn set_alarm(&self) {
        let due = self.with(|board| board.seats.iter().filter_map(|seat| seat.member.next_deadline()).min());
        let arrives = self.0.wires.borrow().next_due();
        let due = due.into_iter().chain(arrives).fold(self.0.housekeeping.get(), Time::min);
        if let Some(alarm) = &mut *self.0.alarm.borrow_mut() {
            alarm.set(due);
        }
    }

    fn rang(&self) {
        if let Some(alarm) = &mut *self.0.alarm.borrow_mut() {
            alarm.rung();
        }
        self.hand_out();
        let moment = now();
        let seats = self.with(|board| board.seats.len());
        for seat in 0..seats {
            let due = self.with(|board| board.seats.get(seat).and_then(|seat| seat.member.next_deadline()));
            if due.is_some_and(|due| due <= moment) {
                self.tell(seat, |member, now| member.on_deadline(now));
            }
        }
        if self.0.housekeeping.get() <= moment {
            self.0.housekeeping.set(moment + HOUSEKEEPING);
            self.keep_house(moment);
            // Counters and round trips.
            self.show();
        }
        self.settle();
    }

    /// What the browser says of the page: it goes, it sleeps, it wakes.
    fn watch_page(&self) {
        let window = dom::window();
        let document = dom::document();
        // A phone stops a hidden page soon; on a desk it goes on.
        let sleeps_when_hidden = dom::media("(pointer: coarse)");
        let on = |target: &web_sys::EventTarget, name: &'static str, act: fn(&Self)| {
            let act = self.weakly(move |hub, ()| act(hub));
            dom::listen(target, name, move |_| act.call(()))
        };
        let mut listeners = vec![
            on(&window, "pagehide", Self::leave),
            on(&document, "freeze", |hub| hub.set_away(true)),
            on(&document, "resume", |hub| hub.set_away(false)),
        ];
        if sleeps_when_hidden {
            listeners.push(on(&document, "visibilitychange", |hub| hub.set_away(dom::document().hidden())));
        }
        *self.0._page.borrow_mut() = listeners;
    }

    /// The person's member takes the name that is set.
    pub fn rename(&self) {
        self.change(|board, now| {
            board.settings.keep(super::settings::Entry::Name);
            board.give_name(now);
        });
    }

    fn set_away(&self, away: bool) {
        self.change(|board, now| board.seats.iter_mut().for_each(|seat| seat.member.set_away(now, away)));
    }

    /// Says goodbye for all members of the page, and closes every way in.
    pub fn leave(&self) {
        self.cut_signalling();
        self.change(|board, now| board.seats.iter_mut().for_each(|seat| seat.member.leave(now)));
    }

    /// A new member in the place of one that has left.
    pub fn renew(&self) {
        self.change(|board, now| {
            if matches!(board.seats[0].member.state(), State::Left) {
                board.renew(Seat::new());
                board.give_name(now);
            }
        });
    }

    // Who is told.

    fn show(&self) {
        if self.0.telling.replace(true) {
            return;
        }
        let tell = self.weakly(|hub, ()| {
            hub.0.telling.set(false);
            let began_ms = dom::now_ms();
            hub.0.told_ms.set(began_ms);
            let listeners: Vec<Callback<()>> = hub.0.listeners.borrow().iter().map(|(_, tell)| tell.clone()).collect();
            listeners.iter().for_each(|tell| tell.emit(()));
            // Components are drawn right after this, and before a timer.
            let drawn = hub.weakly(move |hub, ()| hub.0.drawing_ms.set(dom::now_ms() - began_ms));
            dom::after(0, move || drawn.call(()));
        });
        let pause_ms = pause_ms(self.0.drawing_ms.get(), dom::document().hidden());
        let left_ms = pause_ms - (dom::now_ms() - self.0.told_ms.get());
        dom::after(left_ms.clamp(0.0, pause_ms) as i32, move || tell.call(()));
    }

    fn subscribe(&self, tell: Callback<()>) -> u32 {
        let number = self.0.next_listener.get();
        self.0.next_listener.set(number + 1);
        self.0.listeners.borrow_mut().push((number, tell));
        number
    }

    fn unsubscribe(&self, number: u32) {
        self.0.listeners.borrow_mut().retain(|(other, _)| *other != number);
    }
}

/// From one drawing of the panels to the next, at least.
fn pause_ms(drawing_ms: f64, hidden: bool) -> f64 {
    if hidden { PANELS_MS_MAX } else { (drawing_ms * PANELS_SHARE).clamp(PANELS_MS, PANELS_MS_MAX) }
}

/// See [`Hub::weakly`].
struct Weakly<T>(Box<dyn Fn(T)>);

impl<T> Weakly<T> {
    fn call(&self, value: T) {
        (self.0)(value);
    }
}

impl Weakly<()> {
    fn into_ringer(self) -> impl FnMut() + 'static {
        move || self.call(())
    }
}

/// Draws the component anew whenever something has changed.
#[hook]
pub fn use_hub(hub: &Hub) {
    let update = use_force_update();
    use_effect_with(hub.clone(), move |hub| {
        let number = hub.subscribe(Callback::from(move |()| update.force_update()));
        let hub = hub.clone();
        move || hub.unsubscribe(number)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_drawn_less_often_where_drawing_takes_long_or_nobody_looks() {
        assert_eq!(pause_ms(10.0, false), PANELS_MS);
        assert_eq!(pause_ms(100.0, false), 500.0);
        assert_eq!(pause_ms(2_000.0, false), PANELS_MS_MAX);
        assert_eq!(pause_ms(10.0, true), PANELS_MS_MAX);
    }
}
