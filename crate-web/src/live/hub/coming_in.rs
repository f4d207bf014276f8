//! Ways in: other tabs and invitations here, a room on trackers in `room`. Each carries the same invitation and answer.

use overlay_core::live::{LinkId, State};
use overlay_core::signalling::Invitation;
use overlay_core::time::{Duration, Time};

use super::super::clock::now;
use super::super::settings::Entry;
use super::super::tabs::{self, Tabs};
use super::Hub;
use super::board::Board;
use crate::dom;

/// How long a tab is given.
const TAB_AGAIN: Duration = Duration::from_secs(4);
/// How long an offer or answer that no person carries may go without becoming a link.
const STALE: Duration = Duration::from_secs(20);
/// How long no tab may have come, gone or become a member before one of them begins an overlay.
const TABS_STILL: Duration = Duration::from_millis(600);

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
        let mut board = self.0.board.borrow_mut();
        (board.wants_in, board.answer, board.problem) = (false, None, None);
        if let Some(tabs) = &board.tabs {
            tabs.set_member(true);
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
                    board.seats[0].plan(now, link, Plan::Person);
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
            let taken =
                read.and_then(|read| board.seats[0].member.on_offer(now, &read).map_err(|error| error.to_string()));
            match taken {
                Ok(link) => {
                    board.seats[0].plan(now, link, Plan::Person);
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
            let taken =
                read.and_then(|read| board.seats[0].member.on_answer(now, &read).map_err(|error| error.to_string()));
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
        let Some((plan, _)) = board.seats.get(seat).and_then(|seat| seat.plans.get(&link)) else { return };
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
                if let Some(meeting) = &mut board.meeting {
                    meeting.rendezvous.publish(link, invitation);
                    meeting.offer(invitation);
                }
            }
            Plan::Stranger(line, to, offer) => {
                if let Some(meeting) = &board.meeting {
                    meeting.answer(*line, to, offer, invitation);
                }
            }
            Plan::Seat(other) => {
                let other = *other;
                let moment = now();
                let Some(target) = board.seats.get_mut(other) else { return };
                if is_offer {
                    if let Ok(link) = target.member.on_offer(moment, invitation) {
                        target.plan(moment, link, Plan::Seat(seat));
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
                    board.seats[0].plan(now, link, Plan::Tab(from));
                }
            }),
            tabs::Heard::Answer(text) => self.change(|board, now| {
                if let Ok(answer) = Invitation::from_text(&text) {
                    let _ = board.seats[0].member.on_answer(now, &answer);
                }
            }),
            tabs::Heard::Handed(text) => {
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
                    board.seats[0].plan(moment, link, Plan::Tab(tab));
                }
            }
            None if tabs.begins() && board.answer.is_none() && moment >= board.tabs_still_since + TABS_STILL => {
                let _ = member.set_name(moment, board.settings.text(Entry::Name).trim());
                member.start(moment);
            }
            None => {}
        }
    }

    /// Machines answer at once: what none of them took does not stay in the way of others.
    fn drop_stale(&self, moment: Time) {
        let mut board = self.0.board.borrow_mut();
        for seat in &mut board.seats {
            // The rendezvous takes back its own.
            let is_timed = |plan: &Plan| !matches!(plan, Plan::Person | Plan::Strangers);
            let is_stale = |(plan, since): &(Plan, Time)| is_timed(plan) && *since + STALE < moment;
            let stale: Vec<LinkId> =
                seat.plans.iter().filter(|(_, plan)| is_stale(plan)).map(|(link, _)| *link).collect();
            for link in stale {
                seat.plans.remove(&link);
                // One that is open by now is left alone.
                seat.member.cancel(moment, link);
            }
        }
    }

    /// What is looked after once a second, and whenever somebody came or went.
    pub(super) fn keep_house(&self, moment: Time) {
        self.drop_stale(moment);
        self.try_tabs(moment);
        self.try_room(moment);
        self.fill_seats();
    }
}
