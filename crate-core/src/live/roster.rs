//! Who is there, by what members announce of themselves.
//!
//! An announcement is told to every linked member. To whom it is news, tells it on to those next to it on the ring and to linked
//! newcomers: so everybody hears of everybody, with or without a link. It is repeated every two minutes; who has not been heard
//! of for three times as long is forgotten.
//!
//! # Implementation notes
//! - A new link is told the last announcement, not a new one, which would be news to all: with n members and l links a
//!   member, one newcomer's links would be some n·l² messages and n·l signatures to check.
//! - Among those next to a node [`TOLD_ON`] a side are told, since a link may just be broken.

use super::limits::{Bucket, bounds};
use super::map::Map;
use super::{Event, LinkId, Member, MemberView, State, make_room};
use crate::id::Guid;
use crate::identity::{Announcement, Name, NameError, Presence};
use crate::time::{Duration, Time};
use crate::wire::{Frame, List, Standing};

/// Announcements of one member that are passed on: a second, and at once.
const RATE: (u32, u32) = (1, 6);
/// An announcement that is older than the last by less than this took a longer way.
const OVERTAKEN: Duration = Duration::from_secs(10);
/// The shortest time between two tellings of the whole roster over one link.
const TELLING: Duration = Duration::from_secs(10);
/// Linked members on either side that news is told on to.
const TOLD_ON: usize = 3;
/// Announcements of one message.
const TOLD_AT_ONCE: usize = 32;

#[derive(Clone, Debug)]
struct Entry {
    announcement: Announcement,
    heard: Time,
    lost: bool,
    budget: Bucket,
}

/// What is known of members, this one included.
#[derive(Clone, Debug)]
pub(super) struct Roster {
    members: Map<Guid, Entry>,
    name: Name,
    presence: Presence,
    pub(super) away_since: Time,
    last: u64,
    /// This node's last announcement, and when the next is due.
    own: Option<Announcement>,
    pub(super) next: Time,
}

impl Default for Roster {
    fn default() -> Self {
        Self {
            members: Map::new(),
            name: Name::default(),
            presence: Presence::Here,
            away_since: Time::NEVER,
            last: 0,
            own: None,
            next: Time::NEVER,
        }
    }
}

impl Roster {
    /// A link to a member is there: whatever was thought, it is alive.
    pub(super) fn found(&mut self, guid: Guid) {
        if let Some(entry) = self.members.get_mut(&guid) {
            entry.lost = false;
        }
    }

    /// A member is probably dead; whether that is news.
    pub(super) fn lose(&mut self, guid: Guid) -> bool {
        self.members.get_mut(&guid).is_some_and(|entry| !std::mem::replace(&mut entry.lost, true))
    }

    /// Whether a member has said that it is away.
    pub(super) fn is_away(&self, guid: Guid) -> bool {
        self.members.get(&guid).is_some_and(|entry| entry.announcement.presence == Presence::Away)
    }
}

impl Member {
    /// Everybody heard of, in ring order, this node included.
    pub fn roster(&self) -> impl Iterator<Item = MemberView> + '_ {
        let me = MemberView {
            guid: self.guid(),
            name: self.roster.name.as_str().into(),
            presence: if self.state == State::Left { Presence::Gone } else { self.roster.presence },
            lost: false,
        };
        let view = |(guid, entry): (&Guid, &Entry)| MemberView {
            guid: *guid,
            name: entry.announcement.name.as_str().into(),
            presence: entry.announcement.presence,
            lost: entry.lost,
        };
        let guid = self.guid();
        let before = self.roster.members.iter().take_while(move |(other, _)| **other < guid).map(view);
        let behind = self.roster.members.iter().skip_while(move |(other, _)| **other < guid).map(view);
        before.chain([me]).chain(behind)
    }

    /// Chooses a name that everybody is told.
    ///
    /// # Errors
    /// If the text is too long for a name, or no visible line.
    pub fn set_name(&mut self, now: Time, name: &str) -> Result<(), NameError> {
        self.advance(now);
        let name = Name::new(name)?;
        if name != self.roster.name {
            self.roster.name = name;
            self.announce();
            self.event(Event::RosterChanged);
        }
        self.settle();
        Ok(())
    }

    /// The page is being hidden or put to sleep, or is back.
    pub fn set_away(&mut self, now: Time, away: bool) {
        self.advance(now);
        let presence = if away { Presence::Away } else { Presence::Here };
        if self.state != State::Left && presence != self.roster.presence {
            self.roster.presence = presence;
            self.announce();
            self.event(Event::RosterChanged);
            if away {
                self.roster.away_since = now;
            }
        }
        self.settle();
    }

    /// Tells everybody of this node.
    pub(super) fn announce(&mut self) {
        self.roster.next = self.now + bounds::ANNOUNCING;
        self.announce_as(self.roster.presence);
    }

    /// Tells everybody that this node leaves.
    pub(super) fn announce_leaving(&mut self) {
        self.announce_as(Presence::Gone);
    }

    fn announce_as(&mut self, presence: Presence) {
        let announcement = self.new_announcement(presence);
        let frame = Frame::Announce(List::new([announcement]));
        for link in self.proven.values().copied().collect::<Vec<_>>() {
            self.send_frame(link, &frame);
        }
    }

    fn new_announcement(&mut self, presence: Presence) -> Announcement {
        self.roster.last = self.now.0.max(self.roster.last + 1);
        let own = Announcement::new(&self.keys, Time(self.roster.last), presence, self.roster.name.clone());
        self.roster.own = Some(own.clone());
        own
    }

    /// Tells news on that came over the link `but`.
    fn tell_on(&mut self, news: Vec<Announcement>, but: LinkId) {
        let me = self.guid();
        let after = self.proven.iter().skip_while(|(guid, _)| **guid < me);
        let around: Vec<LinkId> =
            after.chain(self.proven.iter()).map(|(_, link)| *link).take(self.proven.len()).collect();
        let is_near = |at: usize| at < TOLD_ON || at + TOLD_ON >= around.len();
        let is_newcomer = |link| self.links.get(link).is_some_and(|link| link.standing != Standing::Member);
        let told = around.iter().enumerate().filter(|(at, link)| is_near(*at) || is_newcomer(*link));
        let told: Vec<LinkId> = told.map(|(_, link)| *link).filter(|link| *link != but).collect();
        let frame = Frame::Announce(List::new(news));
        for link in told {
            self.send_frame(link, &frame);
        }
    }

    /// The first words on a proven link: who this is and, from a newcomer, who else there is.
    pub(super) fn introduce(&mut self, link: LinkId) {
        let own = match self.roster.own.clone().filter(|own| own.is_fresh(self.now)) {
            Some(own) => own,
            None => self.new_announcement(self.roster.presence),
        };
        self.send_frame(link, &Frame::Announce(List::new([own])));
        if self.roster.next == Time::NEVER {
            self.roster.next = self.now + bounds::ANNOUNCING;
        }
        if self.standing() != Standing::Member {
            self.send_frame(link, &Frame::Roster);
        }
    }

    /// Tells one member of all others.
    pub(super) fn tell_roster(&mut self, id: LinkId) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.told > Time::ZERO && now.since(link.told) < TELLING {
            self.stats.flooded += 1;
            return;
        }
        link.told = now;
        let current = self.roster.members.values().map(|entry| &entry.announcement);
        let current = current.filter(|one| one.presence != Presence::Gone && one.is_fresh(now));
        let all: Vec<Announcement> = current.cloned().collect();
        for some in all.chunks(TOLD_AT_ONCE) {
            self.send_frame(id, &Frame::Announce(List::new(some.iter().cloned())));
        }
    }

    /// Members were announced, by themselves or by others.
    pub(super) fn on_announcements(&mut self, id: LinkId, list: &[Announcement]) {
        let now = self.now;
        let mut news = Vec::new();
        for one in list {
            let guid = one.guid();
            let known = self.roster.members.get_mut(&guid);
            let last = known.as_ref().map_or(Time::ZERO, |known| known.announcement.at);
            if guid == self.keys.guid() || (last >= one.at && last.since(one.at) < OVERTAKEN) {
                continue;
            }
            if !one.is_fresh(now) || last > one.at {
                self.stats.replayed += 1;
                continue;
            }
            let mut budget = known.map_or_else(|| Bucket::new(now, RATE.0, RATE.1), |known| known.budget);
            // A goodbye is never too early.
            if !budget.take(now, 1) && one.presence != Presence::Gone {
                self.stats.flooded += 1;
                continue;
            }
            if !one.is_genuine() {
                self.stats.forged += 1;
                self.strike(id);
                continue;
            }
            if last == Time::ZERO {
                make_room(&mut self.roster.members, bounds::ROSTER, |entry| entry.heard);
            }
            let is_linked = self.proven.contains_key(&guid);
            self.roster.members.insert(guid, Entry { announcement: one.clone(), heard: now, lost: false, budget });
            if one.presence == Presence::Gone && !is_linked && self.is_in_tables(guid) {
                self.lose(guid);
            }
            news.push(one.clone());
        }
        if !news.is_empty() {
            self.event(Event::RosterChanged);
            self.tell_on(news, id);
        }
    }

    /// Repeats the own announcement, and forgets who has long been silent.
    pub(super) fn on_roster_deadline(&mut self) {
        let now = self.now;
        if self.roster.next <= now {
            let spread = self.jitter(Duration(bounds::ANNOUNCING.0 / 4));
            self.announce();
            self.roster.next += spread;
        }
        let before = self.roster.members.len();
        self.roster.members.retain(|_, entry| now.since(entry.heard) < bounds::REMEMBERED);
        if self.roster.members.len() < before {
            self.event(Event::RosterChanged);
        }
    }
}
