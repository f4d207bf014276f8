//! Ways in: other tabs, invitations, a room on trackers. Each carries the same invitation and answer.

use std::collections::BTreeMap;

use overlay_core::live::{LinkId, State};
use overlay_core::signalling::Invitation;
use overlay_core::time::{Duration, Time};

use super::super::clock::now;
use super::super::secret::{self, Room, random};
use super::super::settings::Entry;
use super::super::tabs::{self, Tabs};
use super::super::tracker::{self, Tracker};
use super::board::{Board, Rung};
use super::Hub;
use crate::dom;

/// Offers to strangers in a room at a time.
const OFFERS: usize = 3;
/// How long offers in a room are given before others are made, with up to half as much again.
const OFFER_AGAIN: Duration = Duration::from_secs(2);
/// How long a tab is given.
const TAB_AGAIN: Duration = Duration::from_secs(4);
/// How long no tab may have come, gone or become a member before one of them begins an overlay.
const TABS_STILL: Duration = Duration::from_millis(600);
/// How long a tracker that went down is left alone; doubled with every time up to 16 times.
const TRACKER_AGAIN: Duration = Duration::from_secs(4);
/// Strangers' offers that are answered a second, and at once.
const ANSWERS_A_SECOND: u32 = 8;

/// Where the offer or answer of a link goes.
pub(super) enum Plan {
    /// To be shown: an invitation, or the answer to one.
    Person,
    /// To another tab.
    Tab(String),
    /// To another member of this page.
    Seat(usize),
    /// To random others in the room.
    Strangers,
    /// Back to whoever offered: tracker, member, offer.
    Stranger(usize, String, String),
}

/// Where an answer that came with this page's address went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handed {
    /// To the member of this page.
    Here,
    /// To other tabs.
    Tabs,
}

struct Line {
    url: String,
    tracker: Option<Tracker>,
    up: bool,
    members: u32,
    why: Option<String>,
    failures: u32,
    again_at: Time,
    announce_at: Option<Time>,
}

/// A room, and the lines to trackers that lead to it.
pub(super) struct Meeting {
    name: String,
    room: Room,
    me: String,
    lines: Vec<Line>,
    /// Own offers that are out, and since when.
    offers: BTreeMap<LinkId, Time>,
    offer_at: Time,
    answered: (Time, u32),
}

impl Meeting {
    pub(super) fn rung(&self) -> (Rung, String) {
        let up = self.lines.iter().filter(|line| line.up).count();
        let members = self.lines.iter().map(|line| line.members).max().unwrap_or(0);
        let why = self.lines.iter().find_map(|line| line.why.clone());
        let name = &self.name;
        match (up, members) {
            (0, _) if self.lines.iter().any(|line| line.failures == 0) => (Rung::Trying, format!("Room “{name}”: asking trackers.")),
            (0, _) => {
                let why = why.unwrap_or_else(|| "none of them answers".into());
                (Rung::Failed, format!("Room “{name}”: {why}. An invitation or another tab works without."))
            }
            (_, 0 | 1) => (Rung::Trying, format!("Room “{name}”: nobody else is there yet.")),
            (_, n) => (Rung::On, format!("Room “{name}”: {n} are there.")),
        }
    }
}

impl Board {
    /// The room that was entered, if one was.
    #[must_use]
    pub fn room(&self) -> Option<&str> {
        self.meeting.as_ref().map(|meeting| meeting.name.as_str())
    }

    /// A link that leads others to the room.
    #[must_use]
    pub fn room_link(&self) -> Option<String> {
        let room = js_sys::encode_uri_component(self.room()?);
        let trackers = if self.settings.has_first_trackers() {
            String::new()
        } else {
            format!("&t={}", js_sys::encode_uri_component(&self.settings.text(Entry::Trackers).replace('\n', ",")))
        };
        Some(format!("{}#/live?room={room}{trackers}", dom::page_address()))
    }

    /// Whether other tabs are looked for.
    #[must_use]
    pub fn meets_tabs(&self) -> bool {
        self.tabs.is_some()
    }
}

impl Hub {
    // Beginning.

    /// The first member of a new overlay.
    pub fn create(&self) {
        self.renew();
        self.meet_tabs();
        self.change(|board, now| {
            board.problem = None;
            board.wants_in = false;
            board.give_name(now);
            board.seats[0].member.start(now);
        });
    }

    /// Comes in: by the invitation, if there is one, else by the room, else by another tab.
    pub fn join(&self, invitation: &str) {
        self.renew();
        self.meet_tabs();
        self.change(|board, now| {
            board.problem = None;
            (board.wants_in, board.follows_tabs) = (true, true);
            board.give_name(now);
        });
        if !invitation.trim().is_empty() {
            self.accept(invitation);
        } else if !self.with(|board| board.settings.text(Entry::Room).trim().is_empty()) {
            self.enter_room();
        } else if self.with(|board| board.tabs.as_ref().is_none_or(|tabs| tabs.count() == 0)) {
            self.change(|board, _| {
                board.problem = Some(
                    "There is nobody to join yet: paste an invitation, enter a room, or open this page in another tab."
                        .into(),
                );
            });
        }
        self.keep_house(now());
        self.settle();
    }

    /// The person's member has come in: nothing more is asked for.
    pub(super) fn came_in(&self) {
        let open: Vec<LinkId> = {
            let mut board = self.0.board.borrow_mut();
            (board.wants_in, board.answer, board.problem) = (false, None, None);
            if let Some(tabs) = &board.tabs {
                tabs.set_member(true);
            }
            board.meeting.as_mut().map(|meeting| std::mem::take(&mut meeting.offers).into_keys().collect()).unwrap_or_default()
        };
        for link in open {
            let _ = self.say(0, |member, now| member.cancel(now, link));
        }
    }

    /// Closes every way of coming in; links stay.
    pub fn cut_signalling(&self) {
        let gone = self.change(|board, now| {
            let was_open = board.tabs.is_some() || board.meeting.is_some();
            if was_open && board.is_member() {
                board.narrate(now, "Signalling is cut: no tracker and no tab is asked any more. The links stay, and new ones are arranged through the overlay.".into());
            }
            board.cut = true;
            (board.tabs.take(), board.meeting.take())
        });
        drop(gone);
    }

    /// Lets other ways in be used again.
    pub fn allow_signalling(&self) {
        self.change(|board, _| board.cut = false);
        self.meet_tabs();
    }

    // Invitations.

    /// Makes an invitation for one person; `then` is given its link.
    pub fn invite(&self, then: impl FnOnce(&str) + 'static) {
        self.change(|board, now| {
            board.problem = None;
            match board.seats[0].member.offer(now) {
                Ok(link) => {
                    board.on_invitation = Some(Box::new(then));
                    board.seats[0].plans.insert(link, Plan::Person);
                }
                Err(error) => board.problem = Some(error.to_string()),
            }
        });
    }

    /// Takes an invitation as it was pasted, and makes the answer.
    fn accept(&self, text: &str) {
        self.change(|board, now| {
            board.answer = None;
            let read = Invitation::from_text(text).map_err(|error| error.to_string());
            let taken = read.and_then(|read| board.seats[0].member.on_offer(now, &read).map_err(|error| error.to_string()));
            match taken {
                Ok(link) => {
                    board.seats[0].plans.insert(link, Plan::Person);
                }
                Err(sentence) => board.problem = Some(sentence),
            }
        });
    }

    /// Takes the answer to an own invitation as it was pasted.
    pub fn take_answer(&self, text: &str) {
        self.change(|board, now| {
            board.problem = None;
            let read = Invitation::from_text(text).map_err(|error| error.to_string());
            let taken = read.and_then(|read| board.seats[0].member.on_answer(now, &read).map_err(|error| error.to_string()));
            match taken {
                Ok(_) => board.invitation = None,
                Err(sentence) => board.problem = Some(sentence),
            }
        });
    }

    /// An answer that came with this page's address: most likely the invitation was made in another tab.
    pub fn hand_answer(&self, text: &str) -> Handed {
        if self.with(|board| board.invitation.is_some()) {
            self.take_answer(text);
            return Handed::Here;
        }
        // This tab is a messenger, and about to be closed.
        self.change(|board, _| board.follows_tabs = false);
        self.meet_tabs();
        self.with(|board| board.tabs.as_ref().map(|tabs| tabs.hand(text)));
        Handed::Tabs
    }

    // What a member's offers and answers are for.

    pub(super) fn publish(&self, seat: usize, link: LinkId, invitation: &Invitation) {
        let text = invitation.to_text();
        let is_offer = invitation.description.kind() == overlay_core::signalling::Kind::Offer;
        let mut board = self.0.board.borrow_mut();
        let board = &mut *board;
        let Some(plan) = board.seats.get(seat).and_then(|seat| seat.plans.get(&link)) else { return };
        match plan {
            Plan::Person if is_offer => {
                let address = format!("{}#/live?i={text}", dom::page_address());
                if let Some(then) = board.on_invitation.take() {
                    // Not from within: whoever asked may look at the board.
                    let address = address.clone();
                    dom::after(0, move || then(&address));
                }
                board.invitation = Some((link, address));
            }
            Plan::Person => board.answer = Some(format!("{}#/live?a={text}", dom::page_address())),
            Plan::Tab(to) => {
                if let Some(tabs) = &board.tabs {
                    if is_offer { tabs.offer(to, &text) } else { tabs.answer(to, &text) }
                }
            }
            Plan::Strangers => {
                if let Some(meeting) = &board.meeting {
                    let sealed = meeting.room.seal(&invitation.to_bytes(), random());
                    // An offer serves one answerer, so one tracker gets it, each in turn.
                    let lines: Vec<&Tracker> =
                        meeting.lines.iter().filter(|line| line.members > 1).filter_map(|line| line.tracker.as_ref()).collect();
                    if let Some(tracker) = lines.get(link.0 as usize % lines.len().max(1)) {
                        tracker.announce(false, &[(secret::id(), sealed)]);
                    }
                }
            }
            Plan::Stranger(line, to, offer) => {
                if let Some(meeting) = &board.meeting {
                    let sealed = meeting.room.seal(&invitation.to_bytes(), random());
                    let tracker = meeting.lines.get(*line).and_then(|line| line.tracker.as_ref());
                    tracker.inspect(|tracker| tracker.answer(to, offer, &sealed));
                }
            }
            Plan::Seat(other) => {
                let other = *other;
                let moment = now();
                let Some(target) = board.seats.get_mut(other) else { return };
                if is_offer {
                    if let Ok(link) = target.member.on_offer(moment, invitation) {
                        target.plans.insert(link, Plan::Seat(seat));
                    }
                } else {
                    let _ = target.member.on_answer(moment, invitation);
                }
            }
        }
    }

    pub(super) fn offer_failed(&self, seat: usize, link: LinkId) {
        let mut board = self.0.board.borrow_mut();
        if seat == 0 && board.invitation.as_ref().is_some_and(|(open, _)| *open == link) {
            board.invitation = None;
        }
        if let Some(meeting) = &mut board.meeting {
            meeting.offers.remove(&link);
        }
    }

    pub(super) fn invite_seat(&self, seat: usize) {
        self.change(|board, now| match board.seats[0].member.offer(now) {
            Ok(link) => drop(board.seats[0].plans.insert(link, Plan::Seat(seat))),
            Err(error) => board.problem = Some(error.to_string()),
        });
    }

    // Tabs.

    /// Looks for other tabs of this browser.
    pub fn meet_tabs(&self) {
        if self.with(|board| board.tabs.is_some() || board.cut) {
            return;
        }
        let heard = self.weakly(|hub, heard| hub.heard_tab(heard));
        let tabs = Tabs::open(move |what| heard.call(what));
        self.change(|board, _| {
            if let Some(tabs) = &tabs {
                tabs.set_member(board.is_member());
            }
            board.tabs = tabs;
        });
    }

    fn heard_tab(&self, heard: tabs::Heard) {
        match heard {
            tabs::Heard::Changed => {
                self.change(|board, now| board.tabs_still_since = now);
                self.keep_house(now());
            }
            tabs::Heard::Offer { from, text } => self.change(|board, now| {
                let is_member = board.is_member();
                let member = &mut board.seats[0].member;
                if let (true, Ok(invitation)) = (is_member, Invitation::from_text(&text))
                    && let Ok(link) = member.on_offer(now, &invitation)
                {
                    board.seats[0].plans.insert(link, Plan::Tab(from));
                }
            }),
            tabs::Heard::Answer { text } => self.change(|board, now| {
                if let Ok(answer) = Invitation::from_text(&text) {
                    let _ = board.seats[0].member.on_answer(now, &answer);
                }
            }),
            tabs::Heard::Handed { text } => {
                if self.with(|board| board.invitation.is_some()) {
                    self.take_answer(&text);
                }
            }
        }
        self.settle();
    }

    /// Asks a tab that is a member to let this one in, or begins where none is.
    fn try_tabs(&self, moment: Time) {
        let mut board = self.0.board.borrow_mut();
        let board = &mut *board;
        let Some(tabs) = &board.tabs else { return };
        tabs.set_member(matches!(board.seats[0].member.state(), State::Member));
        let outside = matches!(board.seats[0].member.state(), State::Outside);
        if !outside || !board.follows_tabs || moment < board.ask_tab_at {
            return;
        }
        let member = &mut board.seats[0].member;
        match tabs.member() {
            Some(tab) => {
                board.ask_tab_at = moment + TAB_AGAIN;
                let _ = member.set_name(moment, board.settings.text(Entry::Name).trim());
                if let Ok(link) = member.offer(moment) {
                    board.seats[0].plans.insert(link, Plan::Tab(tab));
                }
            }
            None if tabs.begins() && board.answer.is_none() && moment >= board.tabs_still_since + TABS_STILL => {
                let _ = member.set_name(moment, board.settings.text(Entry::Name).trim());
                member.start(moment);
            }
            None => {}
        }
    }

    // Rooms.

    /// Enters the room that is set: its trackers are asked from now on.
    pub fn enter_room(&self) {
        self.change(|board, _| {
            let chosen = board.settings.room().and_then(|room| Ok((room, board.settings.trackers()?)));
            match chosen {
                Err(sentence) => board.problem = Some(sentence),
                Ok((name, urls)) => {
                    for entry in [Entry::Room, Entry::Trackers] {
                        board.settings.keep(entry);
                    }
                    let line = |url| Line {
                        url,
                        tracker: None,
                        up: false,
                        members: 0,
                        why: None,
                        failures: 0,
                        again_at: Time::ZERO,
                        announce_at: None,
                    };
                    board.cut = false;
                    board.meeting = Some(Meeting {
                        room: Room::new(&name),
                        name,
                        me: secret::id(),
                        lines: urls.into_iter().map(line).collect(),
                        offers: BTreeMap::new(),
                        offer_at: Time::ZERO,
                        answered: (Time::ZERO, 0),
                    });
                }
            }
        });
        self.keep_house(now());
        self.settle();
    }

    /// Leaves the room; links stay.
    pub fn leave_room(&self) {
        let gone = self.change(|board, _| board.meeting.take());
        drop(gone);
    }

    fn heard_tracker(&self, index: usize, heard: tracker::Heard) {
        self.change(|board, now| {
            let outside = matches!(board.seats[0].member.state(), State::Outside);
            let is_member = board.is_member();
            let Some(meeting) = &mut board.meeting else { return };
            let Some(line) = meeting.lines.get_mut(index) else { return };
            let member = &mut board.seats[0].member;
            match heard {
                tracker::Heard::Up => {
                    (line.up, line.why, line.failures, line.announce_at) = (true, None, 0, None);
                    line.tracker.as_ref().inspect(|tracker| tracker.announce(true, &[]));
                }
                tracker::Heard::Down => {
                    (line.up, line.members) = (false, 0);
                    line.tracker = None;
                    line.failures = (line.failures + 1).min(5);
                    line.again_at = now + Duration(TRACKER_AGAIN.0 << (line.failures - 1));
                }
                tracker::Heard::Room { members, again_s } => {
                    if line.members < 2 && members > 1 {
                        meeting.offer_at = now;
                    }
                    line.members = members;
                    line.announce_at = Some(now + Duration((again_s * 1e6) as u64));
                }
                tracker::Heard::Refused(why) => {
                    line.why = Some(format!("{} says “{why}”", line.url));
                }
                tracker::Heard::Offer { from, offer, text } => {
                    if now.0.saturating_sub(meeting.answered.0.0) >= 1_000_000 {
                        meeting.answered = (now, 0);
                    }
                    meeting.answered.1 += 1;
                    if !is_member || meeting.answered.1 > ANSWERS_A_SECOND {
                        return;
                    }
                    let read = meeting.room.open(&text).and_then(|bytes| Invitation::from_bytes(&bytes).ok());
                    if let Some(Ok(link)) = read.map(|read| member.on_offer(now, &read)) {
                        board.seats[0].plans.insert(link, Plan::Stranger(index, from, offer));
                    }
                }
                tracker::Heard::Answer { text } => {
                    let read = meeting.room.open(&text).and_then(|bytes| Invitation::from_bytes(&bytes).ok());
                    if let Some(read) = read.filter(|_| outside) {
                        let _ = member.on_answer(now, &read);
                    }
                }
            }
        });
        self.keep_house(now());
        self.settle();
    }

    /// Opens lines that are due, and makes offers while this member is outside.
    fn try_room(&self, moment: Time) {
        let due: Vec<(usize, String, String, String)> = {
            let board = self.0.board.borrow();
            let Some(meeting) = &board.meeting else { return };
            let lines = meeting.lines.iter().enumerate();
            let due = lines.filter(|(_, line)| line.tracker.is_none() && line.again_at <= moment);
            due.map(|(index, line)| (index, line.url.clone(), meeting.room.place.clone(), meeting.me.clone())).collect()
        };
        for (index, url, place, me) in due {
            let heard = self.weakly(move |hub, heard| hub.heard_tracker(index, heard));
            let tracker = Tracker::open(&url, &place, &me, move |what| heard.call(what));
            let mut board = self.0.board.borrow_mut();
            if let Some(line) = board.meeting.as_mut().and_then(|meeting| meeting.lines.get_mut(index)) {
                // A line that cannot be is tried again as one that went down.
                line.again_at = moment + Duration(TRACKER_AGAIN.0 << 4);
                line.failures += u32::from(tracker.is_none());
                line.tracker = tracker;
            }
        }
        let stale: Vec<LinkId> = {
            let mut board = self.0.board.borrow_mut();
            let board = &mut *board;
            let outside = board.wants_in && matches!(board.seats[0].member.state(), State::Outside);
            let Some(meeting) = &mut board.meeting else { return };
            for line in meeting.lines.iter_mut().filter(|line| line.announce_at.is_some_and(|at| at <= moment)) {
                line.announce_at = None;
                line.tracker.as_ref().inspect(|tracker| tracker.announce(false, &[]));
            }
            let others = meeting.lines.iter().map(|line| line.members).max().unwrap_or(0).saturating_sub(1) as usize;
            if !outside || moment < meeting.offer_at || !meeting.lines.iter().any(|line| line.up) {
                return;
            }
            // With nobody there an announcement without offers tells whether somebody has come.
            meeting.offer_at = moment + Duration(OFFER_AGAIN.0 + u64::from(random::<1>()[0]) * (OFFER_AGAIN.0 >> 9));
            if others == 0 {
                meeting.lines.iter().filter_map(|line| line.tracker.as_ref()).for_each(|tracker| tracker.announce(false, &[]));
                return;
            }
            let stale = std::mem::take(&mut meeting.offers).into_keys().collect();
            for _ in 0..others.min(OFFERS) {
                if let Ok(link) = board.seats[0].member.offer(moment) {
                    board.seats[0].plans.insert(link, Plan::Strangers);
                    meeting.offers.insert(link, moment);
                }
            }
            stale
        };
        for link in stale {
            let _ = self.say(0, |member, now| member.cancel(now, link));
        }
    }

    /// What is looked after once a second, and whenever somebody came or went.
    pub(super) fn keep_house(&self, moment: Time) {
        self.try_tabs(moment);
        self.try_room(moment);
    }
}
