//! One link: from the open channel to its end.

use std::collections::VecDeque;
use std::sync::Arc;

use rand::Rng as _;

use super::limits::{Bucket, bounds};
use super::{Event, LinkId, LinkReason, Member, Output, Stage, State, make_room};
use crate::dht::{DhtCommand, DhtMessage};
use crate::id::Guid;
use crate::identity::{Greeting, NONCE_BYTES, Nonce};
use crate::pastry::Message;
use crate::protocol::{Command, Input};
use crate::time::{Duration, Time};
use crate::wire::{ByeReason, Fragments, Frame, Hello, Ping, Proof, Refuse, Standing, VERSION, WireError, fragments};

/// The longest message of a data channel.
const MOST_CHANNEL_BYTES: usize = 16 * 1024;

/// A link, or the attempt at one.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// Who should be at the other end; known from the beginning but for invitations given out.
    pub(super) peer: Option<Guid>,
    /// Whether this node made the offer.
    pub(super) offerer: bool,
    /// Whether offer and answer travel outside the overlay.
    pub(super) invited: bool,
    /// The offerer's number for it.
    pub(super) attempt: u64,
    pub(super) stage: Stage,
    /// When the stage has lasted too long.
    pub(super) deadline: Time,
    /// Fingerprints of both ends' certificates, from their descriptions.
    pub(super) local: Option<[u8; 32]>,
    pub(super) remote: Option<[u8; 32]>,
    /// Candidates that came before the description that they belong to.
    pub(super) early: Vec<Vec<u8>>,
    pub(super) early_own: Vec<Vec<u8>>,
    nonce: Nonce,
    hello: Option<Hello>,
    fragments: Fragments,
    next_message: u32,
    /// When something last came in, when a ping is due, and when the link was last of use.
    pub(super) heard: Time,
    pub(super) next_ping: Time,
    pub(super) used: Time,
    pub(super) round_trip: Option<Duration>,
    /// What the other end last said of itself.
    pub(super) standing: Standing,
    pub(super) needed: bool,
    /// Whether the two ends, members both, have been asked into each other's rings.
    met: bool,
    messages: Bucket,
    bytes: Bucket,
    pub(super) parcels: Bucket,
    pub(super) new_ids: Bucket,
    strikes: u32,
    congested: bool,
    backlog: VecDeque<Vec<u8>>,
    backlog_bytes: usize,
    /// Bytes received and sent.
    pub(super) counted: (u64, u64),
    /// When the other end was last told the roster.
    pub(super) told: Time,
}

impl Member {
    /// A new link in its first stage.
    pub(super) fn new_link(&mut self, peer: Option<Guid>, offerer: bool, invited: bool, attempt: u64) -> LinkId {
        let id = LinkId(self.next_link);
        self.next_link += 1;
        let mut nonce = [0; NONCE_BYTES];
        self.rng.fill_bytes(&mut nonce);
        let bucket = |(rate, burst)| Bucket::new(self.now, rate, burst);
        let link = Link {
            peer,
            offerer,
            invited,
            attempt,
            stage: Stage::Describing,
            deadline: self.now + bounds::DESCRIBING,
            local: None,
            remote: None,
            early: Vec::new(),
            early_own: Vec::new(),
            nonce: Nonce(nonce),
            hello: None,
            fragments: Fragments::default(),
            next_message: 0,
            heard: self.now,
            next_ping: Time::NEVER,
            used: self.now,
            round_trip: None,
            standing: Standing::Outside,
            needed: true,
            met: false,
            messages: bucket(bounds::MESSAGES),
            bytes: bucket(bounds::BYTES),
            parcels: bucket(bounds::PARCELS),
            new_ids: bucket(bounds::NEW_IDS),
            strikes: 0,
            congested: false,
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            counted: (0, 0),
            told: Time::ZERO,
        };
        self.links.insert(id, link);
        id
    }

    /// The data channel of a link is open.
    pub fn on_open(&mut self, now: Time, link: LinkId) {
        self.advance(now);
        let key = self.keys.public();
        let Some(open) = self.links.get_mut(&link) else { return };
        if open.local.is_none() || open.remote.is_none() || matches!(open.stage, Stage::Greeting | Stage::Open) {
            return;
        }
        (open.stage, open.deadline) = (Stage::Greeting, now + bounds::GREETING);
        let hello = Hello { oldest: VERSION, newest: VERSION, key, nonce: open.nonce };
        self.send_frame(link, &Frame::Hello(hello));
        self.settle();
    }

    /// A data channel, or its connection, is closed or has failed, or could not be made.
    pub fn on_closed(&mut self, now: Time, link: LinkId) {
        self.advance(now);
        match self.links.get(&link).map(|link| link.stage) {
            None => {}
            Some(Stage::Open) => self.on_broken(link, LinkReason::Failed),
            Some(_) => self.on_attempt_failed(link, LinkReason::Failed),
        }
        self.settle();
    }

    /// More is waiting to be sent on a link than is good, or that is over.
    pub fn on_congested(&mut self, now: Time, link: LinkId, congested: bool) {
        self.advance(now);
        let Some(held) = self.links.get_mut(&link) else { return };
        held.congested = congested;
        if !congested {
            held.backlog_bytes = 0;
            let backlog = std::mem::take(&mut held.backlog);
            self.outputs.extend(backlog.into_iter().map(|bytes| Output::Send { link, bytes }));
        }
        self.settle();
    }

    /// One message came in over a data channel.
    pub fn on_bytes(&mut self, now: Time, link: LinkId, bytes: &[u8]) {
        self.advance(now);
        self.take_bytes(link, bytes);
        if self.next_deadline().is_some_and(|due| due <= now) {
            self.do_what_is_due();
        }
        self.settle();
    }

    fn take_bytes(&mut self, id: LinkId, bytes: &[u8]) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&id) else { return };
        if !matches!(link.stage, Stage::Greeting | Stage::Open) {
            return;
        }
        link.heard = now;
        link.counted.0 += bytes.len() as u64;
        self.stats.received += 1;
        self.stats.bytes_received += bytes.len() as u64;
        // At most 16 KiB are let through, which fits.
        if !link.messages.take(now, 1) || !link.bytes.take(now, bytes.len().min(MOST_CHANNEL_BYTES) as u32) {
            self.stats.flooded += 1;
            return;
        }
        if bytes.len() > MOST_CHANNEL_BYTES {
            self.stats.oversized += 1;
            return self.strike(id);
        }
        let frame = match Frame::decode(bytes) {
            Ok(Frame::Fragment(part)) if link.stage == Stage::Open => match link.fragments.take(&part) {
                Ok(None) => return,
                Ok(Some(whole)) => Frame::decode(&whole),
                Err(_) => Err(WireError::Body),
            },
            frame => frame,
        };
        match frame {
            Ok(frame) => self.on_frame(id, frame),
            Err(WireError::Version(_)) => self.on_other_version(id),
            Err(_) => {
                self.stats.malformed += 1;
                self.strike(id);
            }
        }
    }

    fn on_frame(&mut self, id: LinkId, frame: Frame) {
        let Some(link) = self.links.get_mut(&id) else { return };
        match (link.stage, frame) {
            (Stage::Greeting, Frame::Hello(hello)) if link.hello.is_none() => self.on_hello(id, hello),
            (Stage::Greeting, Frame::Proof(proof)) => self.on_proof(id, &proof),
            (Stage::Greeting, Frame::Refuse(_)) => self.on_attempt_failed(id, LinkReason::OtherVersion),
            (Stage::Greeting, Frame::Bye(reason)) => {
                let reason = if reason == ByeReason::Doubled { LinkReason::Doubled } else { LinkReason::Refused };
                self.on_attempt_failed(id, reason);
            }
            (Stage::Open, Frame::Ping(ping)) => {
                let pong = Frame::Pong(Ping { at: ping.at, ..self.ping(id) });
                self.send_frame(id, &pong);
                self.on_standing(id, ping);
            }
            (Stage::Open, Frame::Pong(pong)) => self.on_pong(id, pong),
            (Stage::Open, Frame::Bye(reason)) => self.on_bye(id, reason),
            (Stage::Open, Frame::Node(carried)) => {
                link.used = self.now;
                let peer = link.peer;
                if let Some(peer) = peer {
                    self.on_carried(peer, id, carried);
                }
            }
            (Stage::Open, Frame::Parcel(parcel)) => self.on_parcel(id, parcel),
            (Stage::Open, Frame::Announce(list)) => self.on_announcements(id, &list),
            (Stage::Open, Frame::Roster) => self.tell_roster(id),
            _ => {
                self.stats.malformed += 1;
                self.strike(id);
            }
        }
    }

    /// Something came that a sound peer does not send. Too often, and the link is closed.
    pub(super) fn strike(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.strikes += 1;
        if link.strikes < bounds::STRIKES {
            return;
        }
        if link.stage != Stage::Open {
            return self.on_attempt_failed(id, LinkReason::Garbage);
        }
        let peer = link.peer;
        self.close(id, Some(ByeReason::Garbage), LinkReason::Garbage);
        if let Some(peer) = peer {
            make_room(&mut self.banned, bounds::REMEMBERED_PEERS, |until| *until);
            self.banned.insert(peer, self.now + bounds::BANNED);
            self.give_up(peer);
        }
    }

    fn on_other_version(&mut self, id: LinkId) {
        self.stats.other_version += 1;
        let Some(link) = self.links.get(&id) else { return };
        if link.stage == Stage::Greeting {
            self.send_frame(id, &Frame::Refuse(Refuse { oldest: VERSION, newest: VERSION }));
            self.on_attempt_failed(id, LinkReason::OtherVersion);
        } else {
            self.strike(id);
        }
    }

    /// The other end names its key; this end proves its own.
    fn on_hello(&mut self, id: LinkId, hello: Hello) {
        if hello.oldest > VERSION || hello.newest < VERSION {
            return self.on_other_version(id);
        }
        let guid = hello.key.guid();
        let banned = self.is_banned(guid);
        let Some(link) = self.links.get_mut(&id) else { return };
        let refusal = if hello.key == self.keys.public() {
            Some(LinkReason::SameKey)
        } else if link.peer.is_some_and(|peer| peer != guid) {
            Some(LinkReason::WrongNode)
        } else {
            banned.then_some(LinkReason::Garbage)
        };
        if let Some(reason) = refusal {
            return self.on_attempt_failed(id, reason);
        }
        link.hello = Some(hello);
        if let Some((mine, theirs)) = self.ends(id) {
            let signature = mine.prove(&self.keys, &theirs, VERSION);
            self.send_frame(id, &Frame::Proof(Proof { signature }));
        }
    }

    /// This end and the other, as both sign them.
    fn ends(&self, id: LinkId) -> Option<(Greeting, Greeting)> {
        let link = self.links.get(&id)?;
        let hello = link.hello?;
        let mine = Greeting { key: self.keys.public(), nonce: link.nonce, fingerprint: link.local? };
        Some((mine, Greeting { key: hello.key, nonce: hello.nonce, fingerprint: link.remote? }))
    }

    fn on_proof(&mut self, id: LinkId, proof: &Proof) {
        let proven = self.ends(id).filter(|(mine, theirs)| theirs.is_proven(mine, VERSION, &proof.signature));
        match proven {
            Some((_, theirs)) => self.on_proven(id, theirs.key.guid()),
            None => {
                self.stats.forged += 1;
                self.on_attempt_failed(id, LinkReason::NoProof);
            }
        }
    }

    /// It is settled who is at the other end.
    fn on_proven(&mut self, id: LinkId, guid: Guid) {
        let Some(link) = self.links.get(&id) else { return };
        if let Some(other) = self.proven.get(&guid).copied() {
            // Attempts are numbered by their moment, so both ends choose the same.
            if self.links.get(&other).is_some_and(|other| other.attempt > link.attempt) {
                self.send_frame(id, &Frame::Bye(ByeReason::Doubled));
                return self.on_attempt_failed(id, LinkReason::Doubled);
            }
            self.close(other, Some(ByeReason::Doubled), LinkReason::Doubled);
        }
        if self.intern(guid, id).is_none() {
            return self.on_attempt_failed(id, LinkReason::Refused);
        }
        let ping_after = self.jitter(bounds::PING_PERIOD);
        let Some(link) = self.links.get_mut(&id) else { return };
        link.peer = Some(guid);
        (link.stage, link.deadline) = (Stage::Open, Time::NEVER);
        link.next_ping = self.now + ping_after;
        (link.heard, link.used) = (self.now, self.now);
        self.proven.insert(guid, id);
        self.is_linked = true;
        self.stats.links_proven += 1;
        self.apart.remove(&guid);
        self.post.forget_back(guid);
        self.roster.found(guid);
        self.event(Event::LinkUp { link: id, peer: guid });
        let ping = self.ping(id);
        self.send_frame(id, &Frame::Ping(ping));
        self.introduce(id);
        if let Some(dial) = self.dials.remove(&guid) {
            // An attempt of this node's at the same peer is the loser.
            if let Some(loser) = dial.link.filter(|loser| *loser != id) {
                self.close(loser, None, LinkReason::Doubled);
            }
            for frame in dial.waiting {
                self.send_frame(id, &frame);
            }
        }
    }

    /// What a ping says.
    pub(super) fn ping(&self, id: LinkId) -> Ping {
        let peer = self.links.get(&id).and_then(|link| link.peer);
        let needed = self.state != State::Member || peer.is_some_and(|peer| self.is_leaf(peer));
        Ping { at: self.now.0, standing: self.standing(), needed }
    }

    fn on_pong(&mut self, id: LinkId, pong: Ping) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&id) else { return };
        // A moment of this node's own, if the other end is honest.
        let round_trip = Duration(now.0.saturating_sub(pong.at)).max(Duration(1));
        if pong.at <= now.0 && round_trip <= bounds::SILENCE {
            link.round_trip = Some(round_trip);
            if let Some(peer) = link.peer.and_then(|guid| self.peers.find(guid)) {
                self.distances.0.insert(peer, round_trip);
            }
        }
        self.on_standing(id, pong);
    }

    /// The other end says how far it has come in, and whether it has this node in its leaf set.
    fn on_standing(&mut self, id: LinkId, ping: Ping) {
        let Some(link) = self.links.get_mut(&id) else { return };
        (link.standing, link.needed) = (ping.standing, ping.needed);
        // Of two neighbours each has the other in its leaf set. If not, the one that knows tells the other.
        let peer = link.peer.filter(|peer| !ping.needed && self.is_leaf(*peer));
        if self.state == State::Member
            && ping.standing == Standing::Member
            && let Some(peer) = peer.and_then(|guid| self.peers.find(guid))
        {
            let leaves = Arc::new(self.node.overlay().leaf_set().to_message());
            self.dispatch(peer, DhtMessage::Overlay(Message::Announce { leaves, answer: true }));
        }
        self.consider_meeting(id);
        self.consider_joining();
    }

    /// Two members that were linked from outside may be of two rings, which are to become one.
    fn consider_meeting(&mut self, id: LinkId) {
        let is_member = self.standing() == Standing::Member;
        let Some(link) = self.links.get_mut(&id) else { return };
        if !is_member || link.standing != Standing::Member || !link.invited || link.met {
            return;
        }
        link.met = true;
        if let Some(contact) = link.peer.and_then(|peer| self.peers.find(peer)) {
            self.inputs.push_back(Input::Command(DhtCommand::Overlay(Command::Join { contact })));
        }
    }

    fn on_bye(&mut self, id: LinkId, reason: ByeReason) {
        let Some(peer) = self.links.get(&id).and_then(|link| link.peer) else { return };
        match reason {
            ByeReason::Leaving => {
                self.close(id, None, LinkReason::Left);
                self.give_up(peer);
            }
            ByeReason::Idle => self.close(id, None, LinkReason::Idle),
            ByeReason::Full => self.close(id, None, LinkReason::Refused),
            ByeReason::Doubled => self.close(id, None, LinkReason::Doubled),
            ByeReason::Silent => self.on_broken(id, LinkReason::Silent),
            ByeReason::Garbage => {
                self.close(id, None, LinkReason::Garbage);
                self.give_up(peer);
            }
        }
    }

    /// A proven link is gone, and nobody said why: a new one is tried before anybody is taken to be dead.
    pub(super) fn on_broken(&mut self, id: LinkId, reason: LinkReason) {
        self.stats.links_broken += 1;
        let peer = self.links.get(&id).and_then(|link| link.peer);
        let bye = (reason == LinkReason::Silent).then_some(ByeReason::Silent);
        self.close(id, bye, reason);
        if let Some(peer) = peer
            && self.state != State::Left
            && self.is_in_tables(peer)
        {
            self.want(peer, None, true);
        }
    }

    /// Takes a link out, and has its connection closed.
    pub(super) fn close(&mut self, id: LinkId, bye: Option<ByeReason>, reason: LinkReason) {
        if let Some(bye) = bye {
            self.send_frame(id, &Frame::Bye(bye));
        }
        let Some(link) = self.links.remove(&id) else { return };
        self.outputs.push_back(Output::Close { link: id });
        let Some(peer) = link.peer.filter(|_| link.stage == Stage::Open) else { return };
        if self.proven.get(&peer) == Some(&id) {
            self.proven.remove(&peer);
        }
        self.event(Event::LinkDown { link: id, peer, reason });
    }

    /// Sends a frame, in parts if it is long; keeps it while the link is congested.
    pub(super) fn send_frame(&mut self, id: LinkId, frame: &Frame) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.next_message = link.next_message.wrapping_add(1);
        let bytes = frame.encode();
        let size = bytes.len();
        if link.congested && link.backlog_bytes + size > bounds::BACKLOG_BYTES {
            self.stats.overflowed += 1;
            return;
        }
        for bytes in fragments(bytes, link.next_message) {
            link.counted.1 += bytes.len() as u64;
            self.stats.sent += 1;
            self.stats.bytes_sent += bytes.len() as u64;
            if link.congested {
                link.backlog_bytes += bytes.len();
                link.backlog.push_back(bytes);
            } else {
                self.outputs.push_back(Output::Send { link: id, bytes });
            }
        }
    }
}
