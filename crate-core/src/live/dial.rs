//! How links come about: wanted, offered, answered, refused.
//!
//! # Implementation notes
//! - **Glare.** If two nodes offer to each other at once, the offer of the one with the smaller GUID stands: the other
//!   drops its own and answers. If two links come to be proven all the same, the later attempt stays.
//! - Attempts are numbered by the millisecond in which they began, each later than the one before, so that those of a
//!   page that was loaded anew with the same key are later than its old ones.

use std::collections::VecDeque;

use thiserror::Error;

use super::limits::{Bucket, bounds};
use super::{Event, LinkId, LinkReason, Member, Output, Stage, State, make_room};
use crate::id::Guid;
use crate::protocol::Input;
use crate::signalling::{Candidate, Description, Invitation, Kind};
use crate::time::Time;
use crate::wire::{ByeReason, Bytes, Frame, ParcelBody, Signal, SignalKind};

/// How many numbers of attempts there are in a millisecond.
const OWN_BITS: u64 = 64;

/// The link that is wanted to a peer.
#[derive(Clone, Debug, Default)]
pub(super) struct Dial {
    /// What is to be sent once it is there.
    pub(super) waiting: VecDeque<Frame>,
    waiting_bytes: usize,
    tries: u8,
    /// When the next attempt may begin.
    pub(super) next: Time,
    /// The attempt under way.
    pub(super) link: Option<LinkId>,
    /// Whether a link to the peer broke, and it may be dead.
    suspect: bool,
    /// Whether the peer has ever answered, or was never asked: then it is alive as far as anybody here can tell, whatever becomes of
    /// the connection.
    answered: bool,
}

/// Why an offer outside the overlay cannot be made or taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum OfferError {
    /// This node has left.
    #[error("This node has left the overlay.")]
    Left,
    /// Too many are open.
    #[error("Too many invitations are open at once.")]
    TooMany,
    /// The own invitation came back.
    #[error("This is this page's own invitation: it is for another browser.")]
    Own,
    /// An answer where an invitation was asked for.
    #[error("This is an answer to an invitation, not an invitation.")]
    NotAnOffer,
    /// An invitation where an answer was asked for.
    #[error("This is an invitation, not the answer to one.")]
    NotAnAnswer,
    /// The invitation that it answers is not open (any more).
    #[error("This answers no invitation that is open here: it may have been used already, or be too old.")]
    Unknown,
    /// There is a link already.
    #[error("This browser is already linked with that one.")]
    Linked,
}

impl Member {
    /// A number for an attempt, later than all before: the millisecond, and some bits of the node's own, for others begin
    /// attempts in the same millisecond.
    fn next_attempt(&mut self) -> u64 {
        // Invitations have room for 48 bits, which last to the year 2109.
        let own = self.guid().0 as u64 % OWN_BITS;
        let moment = (self.now.0 / 1_000).max(self.last_attempt / OWN_BITS + 1);
        self.last_attempt = (moment * OWN_BITS + own) & ((1 << 48) - 1);
        self.last_attempt
    }

    /// Makes an offer to hand on outside the overlay: an invitation. [`Output::Publish`] follows.
    ///
    /// # Errors
    /// If too many are open.
    pub fn offer(&mut self, now: Time) -> Result<LinkId, OfferError> {
        self.advance(now);
        self.may_invite()?;
        let attempt = self.next_attempt();
        let link = self.new_link(None, true, true, attempt);
        self.stats.links_begun += 1;
        self.outputs.push_back(Output::Offer { link });
        self.settle();
        Ok(link)
    }

    fn may_invite(&self) -> Result<(), OfferError> {
        if self.state == State::Left {
            return Err(OfferError::Left);
        }
        let open = self.links.values().filter(|link| link.invited && link.stage != Stage::Open).count();
        if open < bounds::INVITATIONS { Ok(()) } else { Err(OfferError::TooMany) }
    }

    /// Takes an offer that came outside the overlay. [`Output::Publish`] with the answer follows.
    ///
    /// # Errors
    /// If it is none, the own one, or from somebody already linked.
    pub fn on_offer(&mut self, now: Time, invitation: &Invitation) -> Result<LinkId, OfferError> {
        self.advance(now);
        self.may_invite()?;
        if invitation.description.kind() != Kind::Offer {
            return Err(OfferError::NotAnOffer);
        }
        if invitation.from == self.guid() {
            return Err(OfferError::Own);
        }
        if self.proven.contains_key(&invitation.from) {
            return Err(OfferError::Linked);
        }
        let id = self.new_link(Some(invitation.from), false, true, invitation.attempt);
        if let Some(link) = self.links.get_mut(&id) {
            link.remote = Some(invitation.description.fingerprint());
        }
        self.stats.links_answered += 1;
        self.outputs.push_back(Output::Answer { link: id, offer: invitation.description.to_bytes() });
        self.settle();
        Ok(id)
    }

    /// Takes the answer to an offer made with [`Member::offer`].
    ///
    /// # Errors
    /// If it is none, or answers nothing that is open.
    pub fn on_answer(&mut self, now: Time, answer: &Invitation) -> Result<LinkId, OfferError> {
        self.advance(now);
        if answer.description.kind() != Kind::Answer {
            return Err(OfferError::NotAnAnswer);
        }
        if answer.from == self.guid() {
            return Err(OfferError::Own);
        }
        let open = self.links.iter_mut().find(|(_, link)| {
            (link.offerer, link.invited, link.stage, link.attempt) == (true, true, Stage::Offered, answer.attempt)
        });
        let Some((id, link)) = open else { return Err(OfferError::Unknown) };
        let id = *id;
        link.peer = Some(answer.from);
        link.remote = Some(answer.description.fingerprint());
        (link.stage, link.deadline) = (Stage::Connecting, now + bounds::CONNECTING);
        self.outputs.push_back(Output::Accept { link: id, answer: answer.description.to_bytes() });
        self.settle();
        Ok(id)
    }

    /// An offer or answer outside the overlay is not needed any more.
    pub fn cancel(&mut self, now: Time, link: LinkId) {
        self.advance(now);
        if self.links.get(&link).is_some_and(|link| link.stage != Stage::Open) {
            self.on_attempt_failed(link, LinkReason::Cancelled);
        }
        self.settle();
    }

    /// The browser's own description of a link is ready.
    pub fn on_description(&mut self, now: Time, link: LinkId, blob: &[u8]) {
        self.advance(now);
        self.describe(link, blob);
        self.settle();
    }

    fn describe(&mut self, id: LinkId, blob: &[u8]) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&id).filter(|link| link.stage == Stage::Describing) else { return };
        let kind = if link.offerer { Kind::Offer } else { Kind::Answer };
        let description = Description::from_bytes(blob).ok().filter(|description| description.kind() == kind);
        let Some(description) = description else { return self.on_attempt_failed(id, LinkReason::Failed) };
        link.local = Some(description.fingerprint());
        let patience = match (link.invited, link.offerer) {
            (true, _) => bounds::INVITING,
            (false, true) => bounds::ANSWERING,
            (false, false) => bounds::CONNECTING,
        };
        link.stage = if link.offerer { Stage::Offered } else { Stage::Connecting };
        link.deadline = now + patience;
        let (attempt, peer, early) = (link.attempt, link.peer, std::mem::take(&mut link.early_own));
        if link.invited {
            let invitation = Invitation { attempt, from: self.guid(), description };
            self.outputs.push_back(Output::Publish { link: id, invitation });
            return;
        }
        let Some(peer) = peer else { return };
        let kind = if kind == Kind::Offer { SignalKind::Offer } else { SignalKind::Answer };
        self.signal(peer, attempt, kind, blob);
        for candidate in early {
            self.signal(peer, attempt, SignalKind::Candidate, &candidate);
        }
    }

    /// The browser found a further candidate of its own. Invitations cannot take it any more.
    pub fn on_candidate(&mut self, now: Time, link: LinkId, blob: &[u8]) {
        self.advance(now);
        let Some(found) = self.links.get_mut(&link).filter(|link| !link.invited) else { return };
        if found.stage == Stage::Describing {
            if found.early_own.len() < bounds::EARLY_CANDIDATES {
                found.early_own.push(blob.to_vec());
            }
        } else if let Some(peer) = found.peer.filter(|_| found.stage != Stage::Open) {
            let attempt = found.attempt;
            self.signal(peer, attempt, SignalKind::Candidate, blob);
        }
        self.settle();
    }

    fn signal(&mut self, to: Guid, attempt: u64, kind: SignalKind, blob: &[u8]) {
        let Some(blob) = Bytes::new(blob.into()) else { return };
        self.send_parcel(to, &ParcelBody::Signal(Signal { attempt, kind, blob }));
    }

    /// A link to `peer` is wanted, to send a frame over it. `suspect` if one broke: then nobody there means dead.
    pub(super) fn want(&mut self, peer: Guid, frame: Option<Frame>, suspect: bool) {
        if self.is_banned(peer) || peer == self.guid() {
            return;
        }
        if !self.dials.contains_key(&peer) && self.dials.len() >= bounds::DIALS {
            self.stats.overflowed += 1;
            return;
        }
        let dial = self.dials.get_or_insert_with(peer, Dial::default);
        dial.suspect |= suspect;
        if let Some(frame) = frame {
            let size = frame.encode().len();
            if dial.waiting.len() < bounds::WAITING && dial.waiting_bytes + size <= bounds::WAITING_BYTES {
                dial.waiting_bytes += size;
                dial.waiting.push_back(frame);
            } else {
                self.stats.overflowed += 1;
            }
        }
    }

    /// Begins attempts at the links that are wanted, those with something to say first.
    pub(super) fn begin_attempts(&mut self) {
        let begun = |link: &&super::Link| link.offerer && !link.invited && link.stage != Stage::Open;
        let mut in_flight = self.links.values().filter(begun).count();
        for urgent in [true, false] {
            let due = |dial: &Dial| dial.link.is_none() && dial.next <= self.now && dial.waiting.is_empty() != urgent;
            let due: Vec<Guid> = self.dials.iter().filter(|(_, dial)| due(dial)).map(|(peer, _)| *peer).collect();
            for peer in due {
                if self.proven.contains_key(&peer) {
                    self.dials.remove(&peer);
                } else if self.proven.is_empty() {
                    // No way for a signal.
                    self.give_up(peer);
                } else if in_flight < bounds::IN_FLIGHT {
                    in_flight += 1;
                    self.begin_attempt(peer);
                }
            }
        }
    }

    fn begin_attempt(&mut self, peer: Guid) {
        if self.links.len() >= self.settings.most_links + bounds::IN_FLIGHT || !self.begun.take(self.now, 1) {
            self.stats.links_capped += 1;
            let until = self.now + bounds::TENDING;
            if let Some(dial) = self.dials.get_mut(&peer) {
                dial.next = until;
            }
            return;
        }
        let attempt = self.next_attempt();
        let link = self.new_link(Some(peer), true, false, attempt);
        if let Some(dial) = self.dials.get_mut(&peer) {
            dial.link = Some(link);
        }
        self.stats.links_begun += 1;
        self.outputs.push_back(Output::Offer { link });
    }

    /// Part of the making of a link came through the overlay.
    pub(super) fn on_signal(&mut self, from: Guid, signal: &Signal) {
        if self.state == State::Left || self.is_banned(from) {
            return;
        }
        match signal.kind {
            SignalKind::Offer => self.on_offered(from, signal),
            SignalKind::Answer => self.on_answered(from, signal),
            SignalKind::Candidate => {
                let Some((id, link)) = self.attempt_mut(from, signal.attempt) else { return };
                if Candidate::from_bytes(&signal.blob).is_none() {
                    self.stats.malformed += 1;
                } else if link.remote.is_some() {
                    self.outputs.push_back(Output::Candidate { link: id, candidate: signal.blob.to_vec() });
                } else if link.early.len() < bounds::EARLY_CANDIDATES {
                    link.early.push(signal.blob.to_vec());
                }
            }
            SignalKind::Bye => {
                if let Some((id, _)) = self.attempt_mut(from, signal.attempt) {
                    self.on_attempt_failed(id, LinkReason::Refused);
                }
            }
        }
    }

    /// The attempt of that number with `peer`, as long as it is one.
    fn attempt_mut(&mut self, peer: Guid, attempt: u64) -> Option<(LinkId, &mut super::Link)> {
        let mut all = self.links.iter_mut();
        let found = all.find(|(_, link)| {
            link.peer == Some(peer) && link.attempt == attempt && !link.invited && link.stage != Stage::Open
        });
        found.map(|(id, link)| (*id, link))
    }

    fn on_offered(&mut self, from: Guid, signal: &Signal) {
        let description = Description::from_bytes(&signal.blob).ok().filter(|one| one.kind() == Kind::Offer);
        let Some(description) = description else {
            self.stats.malformed += 1;
            return;
        };
        if self.attempt_mut(from, signal.attempt).is_some_and(|(_, link)| !link.offerer) {
            self.stats.replayed += 1;
            return;
        }
        if !self.post.may_offer(self.now, from) {
            self.stats.flooded += 1;
            return;
        }
        if let Some(own) = self.dials.get(&from).and_then(|dial| dial.link) {
            if self.guid() < from {
                // The other side will drop this offer for ours.
                return;
            }
            self.stats.glare += 1;
            self.close(own, None, LinkReason::Doubled);
            let later = self.now + bounds::CONNECTING;
            if let Some(dial) = self.dials.get_mut(&from) {
                (dial.link, dial.next, dial.answered) = (None, later, true);
            }
        }
        if let Some(link) = self.proven.get(&from).copied() {
            if self.links.get(&link).is_some_and(|link| link.attempt >= signal.attempt) {
                return;
            }
            // The other side has lost the link: the answer must not go over it.
            self.stats.links_broken += 1;
            self.close(link, None, LinkReason::Failed);
        }
        // A peer that offers anew has given its earlier offer up.
        let stale =
            |link: &super::Link| link.peer == Some(from) && !link.offerer && !link.invited && link.stage != Stage::Open;
        let stale: Vec<LinkId> = self.links.iter().filter(|(_, link)| stale(link)).map(|(id, _)| *id).collect();
        stale.into_iter().for_each(|id| self.close(id, None, LinkReason::Doubled));
        let answering = |link: &&super::Link| !link.offerer && !link.invited && link.stage != Stage::Open;
        let full = self.links.values().filter(answering).count() >= bounds::ANSWERED
            || self.links.len() >= self.settings.most_links + bounds::ANSWERED;
        if full {
            self.stats.links_capped += 1;
            return self.signal(from, signal.attempt, SignalKind::Bye, &[]);
        }
        let id = self.new_link(Some(from), false, false, signal.attempt);
        if let Some(link) = self.links.get_mut(&id) {
            link.remote = Some(description.fingerprint());
        }
        self.stats.links_answered += 1;
        self.outputs.push_back(Output::Answer { link: id, offer: description.to_bytes() });
    }

    fn on_answered(&mut self, from: Guid, signal: &Signal) {
        let now = self.now;
        let description = Description::from_bytes(&signal.blob).ok().filter(|one| one.kind() == Kind::Answer);
        let Some(description) = description else {
            self.stats.malformed += 1;
            return;
        };
        let Some((id, link)) = self.attempt_mut(from, signal.attempt) else { return };
        if !link.offerer || link.stage != Stage::Offered {
            return;
        }
        link.remote = Some(description.fingerprint());
        (link.stage, link.deadline) = (Stage::Connecting, now + bounds::CONNECTING);
        let early = std::mem::take(&mut link.early);
        if let Some(dial) = self.dials.get_mut(&from) {
            dial.answered = true;
        }
        self.outputs.push_back(Output::Accept { link: id, answer: description.to_bytes() });
        for candidate in early {
            self.outputs.push_back(Output::Candidate { link: id, candidate });
        }
    }

    /// An attempt came to nothing: the next one is made after a pause, or the peer is given up.
    pub(super) fn on_attempt_failed(&mut self, id: LinkId, reason: LinkReason) {
        let Some(link) = self.links.get(&id) else { return };
        let (peer, attempt, invited, offerer) = (link.peer, link.attempt, link.invited, link.offerer);
        // That the own browser made nothing of it says nothing about the peer.
        let unmade = (link.stage, reason) == (Stage::Describing, LinkReason::Failed);
        self.stats.attempts_failed += u64::from(reason != LinkReason::Doubled);
        self.close(id, None, reason);
        if invited {
            return self.event(Event::OfferFailed { link: id, reason });
        }
        let Some(peer) = peer else { return };
        if unmade && !offerer {
            self.signal(peer, attempt, SignalKind::Bye, &[]);
        }
        let pause = self.jitter(bounds::BACKOFF);
        let (now, is_alone) = (self.now, self.proven.is_empty());
        let Some(dial) = self.dials.get_mut(&peer) else { return };
        if dial.link != Some(id) {
            // The other side's attempt, for which the own one was given up.
            if !offerer && dial.link.is_none() {
                dial.next = now + pause;
            }
            return;
        }
        dial.link = None;
        dial.tries += 1;
        dial.answered |= reason == LinkReason::Refused || unmade;
        dial.next = now + crate::time::Duration(bounds::BACKOFF.0 << dial.tries) + pause;
        let nobody = matches!(reason, LinkReason::NoAnswer | LinkReason::Unreachable) && dial.suspect;
        if dial.tries >= bounds::ATTEMPTS || nobody || is_alone {
            self.give_up(peer);
        }
    }

    /// No link can be made. If the peer is alive, parcels have to do; else the node is told that it is dead.
    pub(super) fn give_up(&mut self, peer: Guid) {
        let dial = self.dials.remove(&peer).unwrap_or_default();
        if let Some(link) = dial.link {
            self.close(link, None, LinkReason::Cancelled);
        }
        if dial.answered && !self.is_banned(peer) {
            make_room(&mut self.apart, bounds::REMEMBERED_PEERS, |until| *until);
            self.apart.insert(peer, self.now + bounds::APART);
            for frame in dial.waiting {
                if let Frame::Node(carried) = frame {
                    self.send_parcel(peer, &ParcelBody::Node(carried));
                }
            }
            return;
        }
        self.lose(peer);
    }

    /// A peer is taken to be dead.
    pub(super) fn lose(&mut self, peer: Guid) {
        self.apart.remove(&peer);
        if self.roster.lose(peer) {
            self.event(Event::RosterChanged);
        }
        if let Some(peer) = self.peers.find(peer) {
            self.stats.peers_lost += 1;
            self.inputs.push_back(Input::LinkDown(peer));
        }
    }

    /// Closes every link with a goodbye.
    pub(super) fn hang_up(&mut self) {
        for id in self.links.keys().copied().collect::<Vec<_>>() {
            let is_open = self.links.get(&id).is_some_and(|link| link.stage == Stage::Open);
            self.close(id, is_open.then_some(ByeReason::Leaving), LinkReason::Cancelled);
        }
        self.dials.clear();
    }
}

/// How many offers of one sender are taken.
pub(super) fn offers(now: Time) -> Bucket {
    let (rate, burst) = bounds::OFFERS;
    Bucket::new(now, rate, burst)
}
