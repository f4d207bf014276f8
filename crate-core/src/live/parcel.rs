//! What travels over the links of others.
//!
//! # Implementation notes
//! - A parcel goes over the link to its receiver where there is one; else where one of the receiver's own came from just
//!   now, so that answers find back; else towards `via`, the contact of a receiver that is no member, or who named a member
//!   of another ring; else to the linked member nearest to the receiver. Where that is no nearer than this node, it is a step
//!   sideways, and few of those are made: two neighbours whose link broke have others that are linked with both.
//! - Where no way leads on, the sender is told.
//! - Everybody who passes a parcel on checks its signature, so nobody can divert what is for another; quotas bound what
//!   that costs.

use std::collections::VecDeque;

use super::limits::{Bucket, bounds};
use super::map::Map;
use super::{LinkId, LinkReason, Member, Stage, State, dial, make_room};
use crate::id::Guid;
use crate::time::{Duration, Time};
use crate::wire::{Bytes, Frame, Parcel, ParcelBody, Standing};

/// What the signature is for.
const WHAT: &str = "overlay lab parcel 1";
/// How long a newcomer counts as one after it was last heard of.
const NEWCOMER: Duration = Duration::from_secs(60);
/// What a step sideways counts beyond a hop.
const SIDEWAYS: u8 = 3;
/// How long answers may take the way that a parcel came.
const LEARNT: Duration = Duration::from_secs(30);
/// Numbers of parcels remembered for each sender.
const NUMBERS: usize = 32;
/// How far a parcel's number, which is a moment, may be from now.
const FRESH: Duration = Duration::from_secs(15 * 60);

/// What is known of one sender of parcels.
#[derive(Clone, Debug)]
struct Sender {
    heard: Time,
    /// Numbers seen, ascending.
    numbers: VecDeque<u64>,
    /// The link over which the last parcel came.
    came_by: LinkId,
    offers: Bucket,
    passed: Bucket,
}

/// What a member remembers for parcels.
#[derive(Clone, Debug, Default)]
pub(super) struct Post {
    /// The number of the last parcel sent.
    last: u64,
    senders: Map<Guid, Sender>,
    /// By way of whom newcomers are reached, and since when that is known.
    back: Map<Guid, (Guid, Time)>,
    /// Who named somebody of its leaf set to whom there is no link, and when.
    named: Map<Guid, (Guid, Time)>,
}

impl Post {
    /// By way of whom somebody is reached who is no member, as far as that was said lately.
    pub(super) fn back(&self, now: Time, guid: Guid) -> Option<Guid> {
        let back = self.back.get(&guid).filter(|(_, since)| now.since(*since) < NEWCOMER);
        back.map(|(back, _)| *back)
    }

    pub(super) fn reached_by(&mut self, now: Time, guid: Guid, back: Guid) {
        make_room(&mut self.back, bounds::REMEMBERED_PEERS, |(_, since)| *since);
        self.back.insert(guid, (back, now));
    }

    /// Somebody was named by a neighbour of its.
    pub(super) fn named_by(&mut self, now: Time, guid: Guid, by: Guid) {
        make_room(&mut self.named, bounds::REMEMBERED_PEERS, |(_, since)| *since);
        self.named.insert(guid, (by, now));
    }

    /// Somebody has a link, or is a member now.
    pub(super) fn forget_back(&mut self, guid: Guid) {
        self.back.remove(&guid);
    }

    /// The link by which a sender was heard of lately.
    fn learnt(&self, now: Time, guid: Guid) -> Option<LinkId> {
        let sender = self.senders.get(&guid).filter(|sender| now.since(sender.heard) < LEARNT);
        sender.map(|sender| sender.came_by)
    }

    fn sender(&mut self, now: Time, guid: Guid) -> &mut Sender {
        if !self.senders.contains_key(&guid) {
            make_room(&mut self.senders, bounds::REMEMBERED_PEERS, |sender| sender.heard);
        }
        let (rate, burst) = bounds::PARCELS;
        self.senders.get_or_insert_with(guid, || Sender {
            heard: Time::ZERO,
            came_by: LinkId(0),
            numbers: VecDeque::new(),
            offers: dial::offers(now),
            passed: Bucket::new(now, rate, burst),
        })
    }

    /// Whether an offer of this sender may be looked at.
    pub(super) fn may_offer(&mut self, now: Time, from: Guid) -> bool {
        self.sender(now, from).offers.take(now, 1)
    }

    fn may_pass(&mut self, now: Time, from: Guid) -> bool {
        self.sender(now, from).passed.take(now, 1)
    }

    /// Whether a parcel's number is new; remembers it if so.
    fn is_new(&mut self, now: Time, from: Guid, number: u64) -> bool {
        let is_fresh = Time(number).since(now) <= FRESH && now.since(Time(number)) <= FRESH;
        let numbers = &mut self.sender(now, from).numbers;
        let at = numbers.partition_point(|seen| *seen < number);
        let is_old = at == 0 && numbers.len() == NUMBERS;
        if !is_fresh || is_old || numbers.get(at) == Some(&number) {
            return false;
        }
        numbers.insert(at, number);
        if numbers.len() > NUMBERS {
            numbers.pop_front();
        }
        true
    }
}

/// What is signed before the body; always as long.
fn head(at: u64, to: Guid, back: Option<Guid>) -> [u8; 41] {
    let mut head = [0; 41];
    head[..8].copy_from_slice(&at.to_be_bytes());
    head[8..24].copy_from_slice(&to.0.to_be_bytes());
    if let Some(back) = back {
        head[24] = 1;
        head[25..].copy_from_slice(&back.0.to_be_bytes());
    }
    head
}

impl Member {
    /// Sends something to a node without a link.
    pub(super) fn send_parcel(&mut self, to: Guid, body: &ParcelBody) {
        let via = self.post.back(self.now, to).or_else(|| self.namer(to));
        if !self.send_by_way(to, via, body) {
            self.stats.parcels_lost += 1;
            self.on_unreachable(to);
        }
    }

    /// Who named somebody lately, if there is a way to it that is sure: in another ring, only who named somebody knows one.
    fn namer(&self, to: Guid) -> Option<Guid> {
        let (namer, since) = self.post.named.get(&to)?;
        let is_near = self.proven.contains_key(namer) || self.post.learnt(self.now, *namer).is_some();
        let is_of_use = self.state == State::Member && self.now.since(*since) < NEWCOMER && is_near;
        is_of_use.then_some(*namer)
    }

    /// The same, with the contact of a receiver that is no member; whether there is a way.
    fn send_by_way(&mut self, to: Guid, via: Option<Guid>, body: &ParcelBody) -> bool {
        let bytes = postcard::to_allocvec(body).expect("plain data encodes");
        let Some(body) = Bytes::new(bytes.into()) else {
            self.stats.overflowed += 1;
            return true;
        };
        let at = self.now.0.max(self.post.last + 1);
        self.post.last = at;
        let back = if self.state == State::Member { None } else { self.contact() };
        let signature = self.keys.sign(WHAT, &[&head(at, to, back), &body]);
        self.stats.parcels_sent += 1;
        self.pass_on(Parcel { key: self.keys.public(), at, to, back, body, signature, via, hops: 0 }, None)
    }

    /// A parcel came over a link.
    pub(super) fn on_parcel(&mut self, id: LinkId, mut parcel: Parcel) {
        let now = self.now;
        let from = parcel.key.guid();
        let Some(link) = self.links.get_mut(&id) else { return };
        // A neighbour passes on the parcels of many; of each no more than it may send itself.
        if !link.parcels.take(now, 1) || !self.post.may_pass(now, from) {
            self.stats.flooded += 1;
            return;
        }
        if from == self.keys.guid() || self.is_banned(from) {
            return;
        }
        let signed = [&head(parcel.at, parcel.to, parcel.back)[..], &parcel.body];
        if !parcel.key.signed(WHAT, &signed, &parcel.signature) {
            self.stats.forged += 1;
            return self.strike(id);
        }
        let sender = self.post.sender(now, from);
        (sender.heard, sender.came_by) = (now, id);
        if parcel.to == self.guid() {
            return self.open(id, &parcel);
        }
        parcel.hops = parcel.hops.saturating_add(1);
        let (to, back) = (parcel.to, parcel.back);
        let is_notice = matches!(read(&parcel.body), None | Some(ParcelBody::Unreachable(_)));
        self.stats.parcels_relayed += 1;
        if !self.pass_on(parcel, Some(id)) {
            self.stats.parcels_lost += 1;
            if !is_notice {
                let via = back.or_else(|| self.post.back(now, from));
                self.send_by_way(from, via, &ParcelBody::Unreachable(to));
            }
        }
    }

    /// Sends a parcel one hop on; whether there is a way.
    fn pass_on(&mut self, mut parcel: Parcel, came_by: Option<LinkId>) -> bool {
        let Some((next, is_nearer)) = self.way(&parcel, came_by) else { return false };
        if !is_nearer {
            parcel.hops = parcel.hops.saturating_add(SIDEWAYS);
        }
        if let Some(link) = self.links.get_mut(&next) {
            link.used = self.now;
        }
        self.send_frame(next, &Frame::Parcel(parcel));
        true
    }

    /// The next link, and whether it leads nearer.
    fn way(&self, parcel: &Parcel, came_by: Option<LinkId>) -> Option<(LinkId, bool)> {
        let linked = |guid: Guid| self.proven.get(&guid).copied().filter(|link| Some(*link) != came_by);
        if let Some(link) = linked(parcel.to) {
            return Some((link, true));
        }
        if parcel.hops >= bounds::PARCEL_HOPS {
            return None;
        }
        let learnt = |guid: Guid| {
            let link = self.post.learnt(self.now, guid).filter(|link| Some(*link) != came_by);
            link.filter(|link| self.links.get(link).is_some_and(|link| link.stage == Stage::Open))
        };
        if let Some(link) = learnt(parcel.to) {
            return Some((link, true));
        }
        if self.state != State::Member {
            // A newcomer knows no ways, and is none.
            let contact = self.contact().filter(|_| came_by.is_none());
            return contact.and_then(linked).map(|link| (link, true));
        }
        match parcel.via.filter(|via| *via != self.guid()) {
            Some(via) => {
                let link = linked(via).or_else(|| learnt(via));
                link.map(|link| (link, true)).or_else(|| self.towards(via, came_by))
            }
            None => self.towards(parcel.to, came_by),
        }
    }

    /// The link to the member that is nearest to `goal`, and whether it is nearer than this node.
    fn towards(&self, goal: Guid, came_by: Option<LinkId>) -> Option<(LinkId, bool)> {
        let members = self.proven.iter().filter(|(_, link)| Some(**link) != came_by && self.is_member(**link));
        let (nearest, link) = members.min_by_key(|(guid, _)| goal.closeness(**guid))?;
        Some((*link, goal.closeness(*nearest) < goal.closeness(self.guid())))
    }

    /// Whether the other end of a link has said that it is a member.
    fn is_member(&self, link: LinkId) -> bool {
        self.links.get(&link).is_some_and(|link| matches!(link.standing, Standing::Alone | Standing::Member))
    }

    /// The member by way of which this node is reached while it is none itself: the nearest by its round trip.
    pub(super) fn contact(&self) -> Option<Guid> {
        let members = self.proven.iter().filter(|(_, link)| self.is_member(**link));
        let distance =
            |link: &LinkId| self.links.get(link).and_then(|link| link.round_trip).unwrap_or(super::UNMEASURED);
        members.min_by_key(|(guid, link)| (distance(link), **guid)).map(|(guid, _)| *guid)
    }

    /// A parcel for this node.
    fn open(&mut self, id: LinkId, parcel: &Parcel) {
        let from = parcel.key.guid();
        if !self.post.is_new(self.now, from, parcel.at) {
            self.stats.replayed += 1;
            return;
        }
        match parcel.back.filter(|back| *back != self.guid()) {
            Some(back) => self.post.reached_by(self.now, from, back),
            None => self.post.forget_back(from),
        }
        self.stats.parcels_received += 1;
        match read(&parcel.body) {
            Some(ParcelBody::Signal(signal)) => self.on_signal(from, &signal),
            Some(ParcelBody::Node(carried)) => self.on_carried(from, id, carried),
            Some(ParcelBody::Unreachable(peer)) => self.on_unreachable(peer),
            None => self.stats.malformed += 1,
        }
    }

    /// There is no way to a peer.
    fn on_unreachable(&mut self, peer: Guid) {
        let attempt = self.dials.get(&peer).and_then(|dial| dial.link);
        let waits = |id: &LinkId| {
            self.links.get(id).is_some_and(|link| matches!(link.stage, Stage::Describing | Stage::Offered))
        };
        if let Some(attempt) = attempt.filter(waits) {
            self.on_attempt_failed(attempt, LinkReason::Unreachable);
        } else if attempt.is_none() && self.apart.contains_key(&peer) {
            self.lose(peer);
        }
    }
}

/// What is in a parcel, if it reads.
fn read(body: &[u8]) -> Option<ParcelBody> {
    match postcard::take_from_bytes(body) {
        Ok((body, [])) => Some(body),
        _ => None,
    }
}
