//! Coming in by a meeting place that hands what it is given to a random other of those who are there, as the trackers of
//! WebTorrent do; and finding, by the same way, that two rings have come about where one was meant.
//!
//! The driver has the lines to the meeting place. It calls [`Rendezvous::tend`] about once a second, gives each invitation
//! that it is told to the meeting place, and tells what comes from there.
//!
//! # Implementation notes
//! - **An offer is given to others again until it is answered**, since most of those who are there may be newcomers as
//!   well. It costs a browser one connection, however often it is given out. Should two answer, the first is taken.
//! - **An attempt that was answered is left to end by itself.** On a busy machine the making of a link takes longer than
//!   the pause between two rounds of offers.
//! - **If nobody answers, a newcomer begins a ring**, after a pause of its own that is longer the more are there. Who hears
//!   of a newcomer with a smaller GUID waits longer. So few begin one, and their rings become one:
//! - **Rings meet.** In each ring, the member that answers for the room's key goes on offering, less and less often. Whom the
//!   offer reaches in the same ring mostly knows its sender, and is silent; in another ring it answers, and the link makes
//!   one ring of two (see `tend`). A member that is alone offers like a newcomer.

use super::limits::{Bucket, bounds};
use super::map::Map;
use super::{LinkId, Member, Stage, State};
use crate::id::Guid;
use crate::protocol::{Overlay, Step};
use crate::signalling::Invitation;
use crate::time::{Duration, Time};
use crate::wire::Standing;

/// A newcomer's open offers.
const OFFERS: usize = 3;
/// The pause between two rounds of offers; with half as much again, drawn.
const AGAIN: Duration = Duration::from_secs(2);
/// The longest pause, of a member that looks for other rings.
const AGAIN_MOST: Duration = Duration::from_secs(64);
/// How long an offer is given out.
const OFFERED: Duration = Duration::from_secs(20);
/// How long a newcomer waits for an answer before it begins a ring, and how much more at most for each other newcomer.
const FOUNDING: Duration = Duration::from_secs(8);
const FOUNDING_EACH: Duration = Duration::from_millis(500);
/// So many others are counted for that.
const FOUNDING_OTHERS: u64 = 60;
/// Strangers' offers that are answered: a second, and at once.
const ANSWERS: (u32, u32) = (8, 8);

/// An offer that is given out.
#[derive(Clone, Debug)]
struct Offer {
    since: Time,
    invitation: Option<Invitation>,
}

/// What the driver is to do.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// Offers begun; [`super::Output::Publish`] of each is for the meeting place, too.
    pub begun: Vec<LinkId>,
    /// Offers to be given to others again.
    pub again: Vec<Invitation>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Rendezvous {
    key: Guid,
    offers: Map<LinkId, Offer>,
    next: Time,
    pause: Duration,
    found_at: Option<Time>,
    answers: Bucket,
}

impl Rendezvous {
    /// A room whose name is turned into `key`.
    #[must_use]
    pub fn new(now: Time, key: Guid) -> Self {
        let answers = Bucket::new(now, ANSWERS.0, ANSWERS.1);
        Self { key, offers: Map::new(), next: now, pause: AGAIN, found_at: None, answers }
    }

    /// What is to be done now, where `others` are there. A member that is outside comes in if it `wants_in`.
    #[must_use]
    pub fn tend(&mut self, now: Time, member: &mut Member, others: usize, wants_in: bool) -> Round {
        let is_outside = member.state == State::Outside && wants_in;
        let wanted = match member.standing() {
            _ if others == 0 => 0,
            Standing::Outside if is_outside => OFFERS,
            Standing::Alone => 1,
            Standing::Member if self.is_answered_by(member) => 1,
            _ => 0,
        };
        self.drop_offers(now, member, wanted);
        self.consider_founding(now, member, others, is_outside);
        if wanted == 0 || now < self.next {
            return Round::default();
        }
        self.pause = match member.standing() {
            Standing::Member => Duration(self.pause.0 * 2).min(AGAIN_MOST),
            _ => AGAIN,
        };
        self.next = now + self.pause + member.jitter(Duration(self.pause.0 / 2));
        let again = self.offers.iter().filter(|(id, _)| is_waiting(member, **id));
        let again = again.filter_map(|(_, offer)| offer.invitation.clone()).collect();
        let mut begun = Vec::new();
        while self.offers.len() < wanted.min(others)
            && let Ok(link) = member.offer(now)
        {
            self.offers.insert(link, Offer { since: now, invitation: None });
            begun.push(link);
        }
        Round { begun, again }
    }

    /// An offer of [`Round::begun`] can be given out now.
    pub fn publish(&mut self, link: LinkId, invitation: &Invitation) {
        if let Some(offer) = self.offers.get_mut(&link) {
            offer.invitation = Some(invitation.clone());
        }
    }

    /// Somebody's offer came. If it is to be answered, [`super::Output::Publish`] of the link has the answer.
    #[must_use]
    pub fn take_offer(&mut self, now: Time, member: &mut Member, offer: &Invitation) -> Option<LinkId> {
        if !self.answers.take(now, 1) {
            return None;
        }
        if let (State::Outside, Some(found_at)) = (member.state, self.found_at)
            && offer.from < member.guid()
        {
            self.found_at = Some(found_at.max(now + FOUNDING));
        }
        let is_repeated = |link: &super::Link| link.peer == Some(offer.from) && link.attempt == offer.attempt;
        let is_known = member.is_in_tables(offer.from) || member.links.values().any(is_repeated);
        if member.state != State::Member || is_known {
            return None;
        }
        member.on_offer(now, offer).ok()
    }

    /// Somebody's answer came.
    pub fn take_answer(&mut self, now: Time, member: &mut Member, answer: &Invitation) {
        // There is a ring.
        self.found_at = self.found_at.map(|found_at| found_at.max(now + bounds::CONNECTING + FOUNDING));
        if matches!(member.state, State::Outside | State::Member) {
            let _ = member.on_answer(now, answer);
        }
    }

    /// Whether this member answers for the room's key, as far as it knows.
    fn is_answered_by(&self, member: &Member) -> bool {
        member.node.next_hop(member.host(), self.key) == Step::Deliver
    }

    /// Takes back what waits for nothing any more.
    fn drop_offers(&mut self, now: Time, member: &mut Member, wanted: usize) {
        for link in self.offers.keys().copied().collect::<Vec<_>>() {
            let Some(offer) = self.offers.get(&link) else { continue };
            let is_over = wanted == 0 || (is_waiting(member, link) && now.since(offer.since) >= OFFERED);
            if is_over {
                member.cancel(now, link);
            }
        }
        let is_under_way = |link: &LinkId| member.links.get(link).is_some_and(|link| link.stage != Stage::Open);
        self.offers.retain(|link, _| is_under_way(link));
    }

    fn consider_founding(&mut self, now: Time, member: &mut Member, others: usize, is_outside: bool) {
        if !is_outside || others == 0 {
            self.found_at = None;
        } else if self.found_at.is_none() {
            let others = (others as u64).min(FOUNDING_OTHERS);
            self.found_at = Some(now + FOUNDING + member.jitter(Duration(FOUNDING_EACH.0 * others)));
        } else if self.found_at.is_some_and(|found_at| found_at <= now) {
            self.found_at = None;
            member.start(now);
        }
    }
}

/// Whether an offer has no answer yet.
fn is_waiting(member: &Member, link: LinkId) -> bool {
    member.links.get(&link).is_some_and(|link| matches!(link.stage, Stage::Describing | Stage::Offered))
}
