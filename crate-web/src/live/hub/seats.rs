//! The members of this page: the person's, and virtual ones that come in by way of it and of each other.

use overlay_core::live::{LinkId, Map, Member, Settings, State};
use overlay_core::time::{Duration, Time};

use super::super::clock::now;
use super::super::link::Link;
use super::super::secret::random;
use super::super::settings::Entry;
use super::Hub;
use super::board::Board;
use super::coming_in::Plan;

/// Virtual nodes of one page at most: each adds some thirty links, and a page has one thread.
pub const VIRTUAL_MAX: usize = 32;
/// How many come in at once.
const AT_ONCE: usize = 4;
/// When one that has no link yet is invited again.
const AGAIN: Duration = Duration::from_secs(5);
/// WebRTC connections of one page at most. Chromium has 500, and counts closed ones for a while.
const CONNECTIONS_MAX: usize = 400;
/// Characters of the person's name that virtual nodes take on: the number behind it is still to be seen in the picture.
const NAME_CHARACTERS_MAX: usize = 12;

/// A member of this page, and its links.
pub struct Seat {
    /// The member.
    pub member: Member,
    pub(super) links: Map<LinkId, Box<dyn Link>>,
    /// What links are for that began outside the overlay, and since when.
    pub(super) plans: Map<LinkId, (Plan, Time)>,
    /// When it was invited last.
    invited: Time,
}

impl Seat {
    pub(super) fn new() -> Self {
        let seed = u64::from_le_bytes(random());
        let member = Member::new(now(), &random(), seed, Settings::default());
        Self { member, links: Map::new(), plans: Map::new(), invited: Time::ZERO }
    }

    pub(super) fn plan(&mut self, now: Time, link: LinkId, plan: Plan) {
        self.plans.insert(link, (plan, now));
    }

    /// What a link is, in a word or two.
    #[must_use]
    pub fn kind(&self, link: LinkId) -> &'static str {
        self.links.get(&link).map_or("closed", |link| link.kind())
    }

    fn is_member(&self) -> bool {
        self.member.state() == State::Member
    }
}

impl Board {
    /// How many virtual nodes this page has, those that will come in next included.
    #[must_use]
    pub fn virtual_nodes(&self) -> usize {
        self.seats.len() - 1 + self.seats_wanted
    }

    /// Whether a member still wants a link that it began.
    pub(super) fn is_wanted(&self, seat: usize, link: LinkId) -> bool {
        self.seats.get(seat).is_some_and(|seat| seat.member.links().any(|other| other.link == link))
    }

    /// Whether a link is to another member of this page.
    pub(super) fn stays_in_page(&self, seat: usize, link: LinkId) -> bool {
        let Some(seat) = self.seats.get(seat) else { return false };
        let to = seat.member.links().find(|other| other.link == link).and_then(|link| link.peer);
        let is_own = to.is_some_and(|peer| self.seats.iter().any(|seat| seat.member.guid() == peer));
        is_own || matches!(seat.plans.get(&link), Some((Plan::Seat(_), _)))
    }

    /// Whether this page may make another WebRTC connection.
    pub(super) fn may_connect(&self) -> bool {
        let far = self.seats.iter().flat_map(|seat| seat.links.values()).filter(|link| link.is_connection());
        far.count() < CONNECTIONS_MAX
    }

    /// A member that is in already offers to a virtual node: each lets in two, so that none gets a link to all.
    fn invite_seat(&mut self, now: Time, seat: usize) {
        let host = (seat - 1) / 2;
        let host = if self.seats[host].is_member() { host } else { 0 };
        self.seats[seat].invited = now;
        match self.seats[host].member.offer(now) {
            Ok(link) => self.seats[host].plan(now, link, Plan::Seat(seat)),
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    fn new_seat(&mut self, now: Time) -> usize {
        let number = self.seats.len();
        let mut seat = Seat::new();
        let base: String = self.settings.text(Entry::Name).trim().chars().take(NAME_CHARACTERS_MAX).collect();
        let name = if base.is_empty() { format!("virtual {number}") } else { format!("{base} #{number}") };
        let _ = seat.member.set_name(now, &name);
        self.seats.push(seat);
        number
    }
}

impl Hub {
    /// So many more members in this page, which come in some at a time.
    pub fn add_seats(&self, count: usize) {
        self.change(|board, _| {
            let room = VIRTUAL_MAX - board.virtual_nodes();
            board.seats_wanted += if board.is_member() { count.min(room) } else { 0 };
        });
        self.fill_seats();
        self.settle();
    }

    /// Lets the next virtual nodes in, and those again that came to nothing.
    pub(super) fn fill_seats(&self) {
        let mut board = self.0.board.borrow_mut();
        let board = &mut *board;
        if !board.is_member() {
            return;
        }
        let moment = now();
        let coming: Vec<usize> = (1..board.seats.len()).filter(|seat| !board.seats[*seat].is_member()).collect();
        for seat in &coming {
            let lost =
                board.seats[*seat].member.state() == State::Outside && board.seats[*seat].invited + AGAIN < moment;
            if lost && board.seats[*seat].member.links().next().is_none() {
                board.invite_seat(moment, *seat);
            }
        }
        for _ in coming.len()..AT_ONCE.min(coming.len() + board.seats_wanted) {
            board.seats_wanted -= 1;
            let seat = board.new_seat(moment);
            board.invite_seat(moment, seat);
        }
    }
}
