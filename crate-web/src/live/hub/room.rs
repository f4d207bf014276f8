//! A room on trackers: lines that are opened and opened again, and what goes over them. Whom to offer to, and what to answer, is
//! the core's business: see `Rendezvous`.

use overlay_core::id::Guid;
use overlay_core::live::{Rendezvous, State};
use overlay_core::signalling::Invitation;
use overlay_core::time::{Duration, Time};

use super::super::clock::now;
use super::super::secret::{self, Room, random};
use super::super::settings::Entry;
use super::super::tracker::{self, Tracker};
use super::Hub;
use super::board::Rung;
use super::coming_in::Plan;

/// How often a newcomer in an empty room asks whether somebody has come.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// How long a tracker that went down is left alone; doubled with every time up to 16 times.
const TRACKER_AGAIN: Duration = Duration::from_secs(4);

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
    pub(super) name: String,
    room: Room,
    me: String,
    lines: Vec<Line>,
    pub(super) rendezvous: Rendezvous,
    /// Offers given to trackers.
    given: usize,
    /// Whether anybody was met here: how many are there is told with an announcement only, every few minutes.
    met: bool,
    ask_at: Time,
}

impl Meeting {
    /// Gives an offer to one tracker, each in turn: it serves one answerer.
    pub(super) fn offer(&mut self, invitation: &Invitation) {
        self.given += 1;
        let lines = self.lines.iter().filter(|line| line.members > 1);
        let trackers: Vec<&Tracker> = lines.filter_map(|line| line.tracker.as_ref()).collect();
        if let Some(tracker) = trackers.get(self.given % trackers.len().max(1)) {
            tracker.announce(false, &[(secret::id(), self.room.seal(&invitation.to_bytes(), random()))]);
        }
    }

    /// Answers a stranger's offer where it came from.
    pub(super) fn answer(&self, line: usize, to: &str, offer: &str, invitation: &Invitation) {
        if let Some(tracker) = self.lines.get(line).and_then(|line| line.tracker.as_ref()) {
            tracker.answer(to, offer, &self.room.seal(&invitation.to_bytes(), random()));
        }
    }

    pub(super) fn rung(&self) -> (Rung, String) {
        let up = self.lines.iter().filter(|line| line.up).count();
        let members = self.lines.iter().map(|line| line.members).max().unwrap_or(0);
        let why = self.lines.iter().find_map(|line| line.why.clone());
        let name = &self.name;
        match (up, members) {
            (0, _) if self.lines.iter().any(|line| line.failures == 0) => {
                (Rung::Trying, format!("Room “{name}”: asking trackers."))
            }
            (0, _) => {
                let why = why.unwrap_or_else(|| "none of them answers".into());
                (Rung::Failed, format!("Room “{name}”: {why}. An invitation or another tab works without."))
            }
            (_, 0 | 1) if self.met => (Rung::On, format!("Room “{name}”: others have been met there.")),
            (_, 0 | 1) => (Rung::Trying, format!("Room “{name}”: nobody else is there yet.")),
            (_, n) => (Rung::On, format!("Room “{name}”: {n} are there.")),
        }
    }
}

impl Hub {
    /// Enters the room that is set: its trackers are asked from now on.
    pub fn enter_room(&self) {
        self.change(|board, now| {
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
                    let room = Room::new(&name);
                    board.meeting = Some(Meeting {
                        rendezvous: Rendezvous::new(now, Guid::of_bytes(room.place.as_bytes())),
                        room,
                        name,
                        me: secret::id(),
                        lines: urls.into_iter().map(line).collect(),
                        given: 0,
                        met: false,
                        ask_at: Time::ZERO,
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
                    line.members = members;
                    line.announce_at = Some(now + Duration((again_s * 1e6) as u64));
                }
                tracker::Heard::Refused(why) => {
                    line.why = Some(format!("{} says “{why}”", line.url));
                }
                tracker::Heard::Offer { from, offer, text } => {
                    let read = meeting.room.open(&text).and_then(|bytes| Invitation::from_bytes(&bytes).ok());
                    let link = read.and_then(|read| meeting.rendezvous.take_offer(now, member, &read));
                    if let Some(link) = link {
                        meeting.met = true;
                        board.seats[0].plan(now, link, Plan::Stranger(index, from, offer));
                    }
                }
                tracker::Heard::Answer(text) => {
                    let read = meeting.room.open(&text).and_then(|bytes| Invitation::from_bytes(&bytes).ok());
                    if let Some(read) = read {
                        meeting.rendezvous.take_answer(now, member, &read);
                    }
                }
            }
        });
        self.keep_house(now());
        self.settle();
    }

    /// Opens lines that are due, and does what the rendezvous wants done.
    pub(super) fn try_room(&self, moment: Time) {
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
        let mut board = self.0.board.borrow_mut();
        let board = &mut *board;
        let Some(meeting) = &mut board.meeting else { return };
        let member = &mut board.seats[0].member;
        let others = meeting.lines.iter().map(|line| line.members).max().unwrap_or(0).saturating_sub(1) as usize;
        // An announcement without offers tells whether somebody has come.
        let asks = board.wants_in && others == 0 && moment >= meeting.ask_at && member.state() == State::Outside;
        if asks {
            meeting.ask_at = moment + ASK_AGAIN;
        }
        for line in &mut meeting.lines {
            if asks || line.announce_at.is_some_and(|at| at <= moment) {
                line.announce_at = None;
                line.tracker.as_ref().inspect(|tracker| tracker.announce(false, &[]));
            }
        }
        let round = meeting.rendezvous.tend(moment, member, others, board.wants_in);
        round.again.iter().for_each(|offer| meeting.offer(offer));
        for link in round.begun {
            board.seats[0].plan(moment, link, Plan::Strangers);
        }
    }
}
