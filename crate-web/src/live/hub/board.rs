//! What the page shows of its members: plain state.

use std::collections::VecDeque;

use overlay_core::id::Guid;
use overlay_core::live::{LinkId, Map, RequestId, State};
use overlay_core::time::Time;
use overlay_core::wire::Hop;

use super::super::settings::{Entry, Settings};
use super::super::tabs::Tabs;
use super::Seat;
use super::coming_in::Plan;
use super::room::Meeting;

/// Lines of the log that are kept.
const LINES_MAX: usize = 300;
/// Lines for members of this page that are kept.
const MESSAGES_MAX: usize = 50;
/// How long a hop is seen moving, in milliseconds.
pub(crate) const HOP_MS: f64 = 700.0;
/// Digits of a GUID that are shown.
pub(crate) const DIGITS: usize = 6;

/// Something that happened, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// When.
    pub at: Time,
    /// What.
    pub text: String,
}

/// What a person asked for last, and how it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// The name or digits as typed.
    pub name: String,
    /// Its key.
    pub key: Guid,
    /// What came of it, once that is known.
    pub outcome: Option<String>,
}

/// The way of a message, as those who carried it report it.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    /// Where it went.
    pub key: Guid,
    /// Its hops; the last is who delivered.
    pub path: Vec<Hop>,
    /// When it became known, by the page's clock.
    pub since_ms: f64,
}

/// A rung of the ladder of ways in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rung {
    /// Not used.
    Off,
    /// Tried at the moment.
    Trying,
    /// Works.
    On,
    /// Was tried in vain.
    Failed,
}

/// Takes the link of an invitation.
pub(super) type OnInvitation = Box<dyn FnOnce(&str)>;

/// See the module.
pub struct Board {
    /// The person's member, and virtual ones of this page.
    pub seats: Vec<Seat>,
    /// Virtual ones that will come in when others have.
    pub(super) seats_wanted: usize,
    /// What the person has set.
    pub settings: Settings,
    /// Whose tables are shown.
    pub active: usize,
    /// What happened, latest last.
    pub log: VecDeque<Line>,
    /// The latest of it that concerns the person.
    pub narration: String,
    /// What went wrong, with a way on.
    pub problem: Option<String>,
    /// What was asked for last.
    pub wish: Option<Wish>,
    /// How often something was asked.
    pub asks: u32,
    /// The way that is drawn.
    pub shown: Option<Shown>,
    /// Lines that came for members of this page, latest last.
    pub lines: VecDeque<String>,
    /// The member that the person chose.
    pub selected: Option<Guid>,
    /// The member that the person points at.
    pub hovered: Option<Guid>,
    /// What is done with the next invitation that is ready.
    pub(super) on_invitation: Option<OnInvitation>,
    /// The invitation to be given to somebody, as a link.
    pub invitation: Option<(LinkId, String)>,
    /// The answer to be sent back to who invited, as a link.
    pub answer: Option<String>,
    /// Peer connections that this page has made.
    pub connections_made: u32,
    /// Whether every way of coming in was closed on purpose.
    pub cut: bool,
    /// Whether other tabs of this browser are met.
    pub(super) tabs: Option<Tabs>,
    /// The room where others are met.
    pub(super) meeting: Option<Meeting>,
    /// Whether the person wants to come in.
    pub(super) wants_in: bool,
    /// Whether another tab may let this one in without being asked.
    pub(super) follows_tabs: bool,
    /// When the next tab is asked, and since when nothing is new among them.
    pub(super) ask_tab_at: Time,
    pub(super) tabs_still_since: Time,
    pub(super) asked: Map<(usize, RequestId), Wish>,
}

impl Board {
    pub(super) fn new(seat: Seat) -> Self {
        Self {
            seats: vec![seat],
            seats_wanted: 0,
            settings: Settings::recalled(),
            active: 0,
            log: VecDeque::new(),
            narration: "This node is in no overlay yet. Create one, or join one by invitation, room or another tab."
                .into(),
            problem: None,
            wish: None,
            asks: 0,
            shown: None,
            lines: VecDeque::new(),
            selected: None,
            hovered: None,
            on_invitation: None,
            invitation: None,
            answer: None,
            connections_made: 0,
            cut: false,
            tabs: None,
            meeting: None,
            wants_in: false,
            follows_tabs: true,
            ask_tab_at: Time::ZERO,
            tabs_still_since: Time::ZERO,
            asked: Map::new(),
        }
    }

    /// Puts a new member in the place of one that has left.
    pub(super) fn renew(&mut self, seat: Seat) {
        self.seats = vec![seat];
        (self.active, self.seats_wanted) = (0, 0);
        (self.wish, self.shown, self.selected, self.invitation, self.answer) = (None, None, None, None, None);
        self.asked.clear();
        self.cut = false;
    }

    /// Tells the member what it is called.
    pub(super) fn give_name(&mut self, now: Time) {
        let name = self.settings.text(Entry::Name).trim().to_string();
        let given = self.seats[0].member.set_name(now, &name);
        if let Err(error) = given {
            self.problem = Some(error.to_string());
        }
    }

    /// How far the person's member is.
    #[must_use]
    pub fn state(&self) -> State {
        self.seats[0].member.state()
    }

    /// Whether it is in an overlay.
    #[must_use]
    pub fn is_member(&self) -> bool {
        matches!(self.state(), State::Member)
    }

    /// Whether an offer of ours stays within the browser.
    pub(super) fn stays_near(&self, seat: usize, link: LinkId) -> bool {
        let plan = self.seats.get(seat).and_then(|seat| seat.plans.get(&link));
        matches!(plan, Some((Plan::Tab(_), _)))
    }

    /// What a member is called on the ring: its name, or the first digits of its GUID.
    #[must_use]
    pub fn name_of(&self, guid: Guid) -> String {
        let short = digits(guid);
        match self.chosen_name(guid) {
            Some(name) => format!("{name} ({short})"),
            None => short,
        }
    }

    /// The name that a member chose, if it chose one.
    #[must_use]
    pub fn chosen_name(&self, guid: Guid) -> Option<String> {
        let member = self.seats[0].member.roster().find(|member| member.guid == guid)?;
        Some(member.name).filter(|name| !name.is_empty())
    }

    /// The member whose tables are shown, and its links.
    #[must_use]
    pub fn viewer(&self) -> &Seat {
        &self.seats[self.active.min(self.seats.len() - 1)]
    }

    pub(super) fn keep_line(&mut self, text: String) {
        if self.lines.len() >= MESSAGES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(text);
    }

    pub(super) fn log(&mut self, at: Time, text: String) {
        if self.log.len() >= LINES_MAX {
            self.log.pop_front();
        }
        self.log.push_back(Line { at, text });
    }

    /// Logs something that the person is told at once, too.
    pub(super) fn narrate(&mut self, at: Time, text: String) {
        self.narration.clone_from(&text);
        self.log(at, text);
    }

    /// The ways in and how far each is, in order.
    #[must_use]
    pub fn rungs(&self) -> [(Rung, String); 4] {
        let counted = |number: usize, one: &str| crate::words::count(number, one);
        let tabs = match &self.tabs {
            None if self.cut => (Rung::Off, "Cut.".into()),
            None => (Rung::Off, "This browser has no channel between tabs.".into()),
            Some(tabs) if tabs.count() == 0 => {
                (Rung::Off, "No other tab of this browser is here; one finds the other by itself.".into())
            }
            Some(tabs) => (Rung::On, format!("{} of this browser found.", counted(tabs.count(), "other tab"))),
        };
        let invitation = match (&self.invitation, &self.answer) {
            (Some(_), _) => (Rung::Trying, "Waiting for the answer to your invitation.".into()),
            (None, Some(_)) if !self.is_member() => (Rung::Trying, "Send the answer back to who invited you.".into()),
            _ => (Rung::Off, "A link or code to one person; works with no service at all.".into()),
        };
        let room = self.meeting.as_ref().map_or_else(
            || {
                (
                    Rung::Off,
                    if self.cut { "Cut.".into() } else { "No tracker is asked before you enter a room.".into() },
                )
            },
            Meeting::rung,
        );
        let connected = self.seats[0].member.connected();
        let overlay = match (self.is_member(), connected) {
            (true, 0) => (Rung::Trying, "You are alone so far. Invite somebody.".into()),
            (true, n) => (
                Rung::On,
                format!("{}: further links are arranged by messages of the overlay itself.", counted(n, "link")),
            ),
            (false, _) => (Rung::Off, "Begins with the first link; needs none of the above from then on.".into()),
        };
        [tabs, invitation, room, overlay]
    }
}

/// The first digits of a GUID.
#[must_use]
pub(crate) fn digits(guid: Guid) -> String {
    format!("{guid:.DIGITS$}")
}
