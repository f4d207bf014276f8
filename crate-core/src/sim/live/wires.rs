//! Descriptions, connections and what goes over them: a browser's part of a link.

use rand::{Rng as _, RngExt};

use super::{CLOSED_AFTER, End, FAILED_AFTER, HANDED_ON, Happening, LiveWorld, Network, Wire};
use crate::live::LinkId;
use crate::signalling::{Description, Invitation, Kind};
use crate::time::{Duration, Time};

impl LiveWorld {
    pub(super) fn describe(&mut self, at: usize, link: LinkId, kind: Kind) {
        if self.seats[at].exhausted {
            return self.later(Duration::ZERO, at, Happening::Closed { link });
        }
        let mut fingerprint = [0; 32];
        self.rng.fill_bytes(&mut fingerprint);
        self.certificates.insert(fingerprint, (at, link));
        let blob = Description::simulated(kind, fingerprint).to_bytes();
        let span = self.between((Duration::from_millis(3), Duration::from_millis(120)));
        self.later(span, at, Happening::Described { link, blob });
    }

    /// An end learns who its other end is.
    pub(super) fn pair(&mut self, end: End, description: &[u8]) {
        let description = Description::from_bytes(description).expect("members hand on what they checked");
        if let Some(other) = self.certificates.get(&description.fingerprint()) {
            self.wires.insert(end, Wire { other: *other, works: false, last: Time::ZERO });
        }
    }

    /// Both descriptions are known at both ends: the connection comes about, or does not.
    pub(super) fn connect(&mut self, end: End) {
        let Some(other) = self.wires.get(&end).map(|wire| wire.other) else { return };
        let meant = self.wires.get(&other).is_some_and(|wire| wire.other == end);
        let drawn = self.rng.random_range(0..1_000_000_u32);
        let Network { fails_per_million: fails, half_open_per_million: half, setup, .. } = self.network;
        if !meant || !self.seats[other.0].lives || drawn < fails {
            self.later(FAILED_AFTER, end.0, Happening::Closed { link: end.1 });
            return self.later(FAILED_AFTER, other.0, Happening::Closed { link: other.1 });
        }
        let span = self.between(setup);
        if drawn < fails + half {
            return self.later(span, end.0, Happening::Open { link: end.1 });
        }
        let more = self.between(self.network.latency);
        let spans = [span, Duration(span.0 + more.0)];
        for (end, span, others) in [(end, spans[0], spans[1]), (other, spans[1], spans[0])] {
            if let Some(wire) = self.wires.get_mut(&end) {
                // Nothing comes out of a channel before it is open.
                (wire.works, wire.last) = (true, self.now + others);
            }
            self.later(span, end.0, Happening::Open { link: end.1 });
        }
    }

    pub(super) fn hand_on(&mut self, end: End, invitation: Invitation) {
        if invitation.description.kind() == Kind::Offer {
            if let Some(guest) = self.guests.remove(&end) {
                self.later(HANDED_ON, guest, Happening::Invited { invitation });
            } else if let Some(room) = &mut self.seats[end.0].room {
                room.publish(end.1, &invitation);
                self.give_out(end.0, invitation);
            }
        } else if let Some(host) = self.hosts.remove(&end) {
            self.later(HANDED_ON, host, Happening::Answered { answer: invitation });
        }
    }

    pub(super) fn send(&mut self, end: End, bytes: Vec<u8>) {
        let span = self.between(self.network.latency);
        let Some(wire) = self.wires.get_mut(&end).filter(|wire| wire.works) else { return };
        let arrives = (self.now + span).max(wire.last + Duration(1));
        wire.last = arrives;
        let other = wire.other;
        self.queue.insert((arrives, self.next), (other.0, Happening::Bytes { link: other.1, bytes }));
        self.next += 1;
    }

    pub(super) fn close(&mut self, end: End) {
        let Some(wire) = self.wires.remove(&end) else { return };
        if wire.works {
            let told = (self.now + CLOSED_AFTER).max(wire.last + Duration(1));
            self.queue.insert((told, self.next), (wire.other.0, Happening::Closed { link: wire.other.1 }));
            self.next += 1;
        }
        if let Some(back) = self.wires.get_mut(&wire.other) {
            back.works = false;
        }
    }
}
