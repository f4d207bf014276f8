//! Heartbeats, after MSPastry: each node tells its left neighbour that it is alive, and what it knows of their
//! surroundings.
//!
//! # Implementation notes
//! **The digest** is not the paper's. Two neighbours should list the same nodes, but for one at either end. A heartbeat
//! carries a sum over what its sender lists of those; if it is not the receiver's, both tell each other their leaf sets.
//! So whoever missed an announcement, of a newcomer or of a fault, learns so from the neighbour on that side, at no
//! message as long as there is nothing to learn. A heartbeat for which other traffic stands is sent all the same once in
//! [`DIGEST_PERIODS`].
//!
//! **The period** tunes itself (see `tuning`); a heartbeat says when the next sign of life is due.
//!
//! **A neighbour that owes a heartbeat** may be alive and owe it, as it believes, to somebody between the two. So it is
//! not only probed but told the leaf set of who misses it.

use rand::Rng as _;

use super::liveness::{Liveness, PERIOD_MIN};
use super::{Config, Context, Message, PastryNode, Side};
use crate::id::Guid;
use crate::protocol::{Host, Output, Peer};
use crate::time::{Duration, Time};

/// A heartbeat is sent at least once in so many periods, whatever else was sent.
const DIGEST_PERIODS: u64 = 2;

impl PastryNode {
    /// Begins the regular upkeep of a new member, at a moment of its own within the first period.
    pub(super) fn start_heartbeat(&mut self, cx: &mut Context<'_>) {
        if cx.host.config.heartbeat_period.is_some() {
            let drawn = cx.rng.next_u64();
            self.start_heartbeat_at(cx.host.config, cx.now, drawn);
        }
    }

    /// The same, with what was drawn.
    pub(super) fn start_heartbeat_at(&mut self, config: &Config, now: Time, drawn: u64) {
        let Some(period) = config.heartbeat_period else { return };
        let within = |span: Duration| now + Duration(1 + drawn % span.0.max(1));
        let probes = config.dependability.raw_loss_per_million > 0;
        let look = if probes { within(PERIOD_MIN) } else { Time::NEVER };
        let upkeep = self.upkeep_mut();
        upkeep.heartbeat = Some(within(period));
        upkeep.liveness = Some(Box::new(Liveness::new(now, look, period)));
    }

    /// Notes what was sent since `before`, and who stands next to this node now. A right neighbour of which nothing is
    /// known is asked at once: where one node died, the next may be dead as well.
    pub(super) fn watch_neighbours(&mut self, cx: &mut Context<'_>, before: usize) {
        let (left, right) = (self.leaves.clockwise().next_back(), self.leaves.clockwise().next());
        let (now, config) = (cx.now, cx.host.config);
        let Some(liveness) = self.liveness_mut() else { return };
        let (left, right) = (left.unwrap_or(Peer::NONE), right.unwrap_or(Peer::NONE));
        let is_unknown = liveness.set_neighbours(now, left, right, config);
        for output in cx.outputs.iter().skip(before) {
            if let Output::Send { to, .. } = output {
                liveness.sent_to(now, *to);
            }
        }
        if is_unknown {
            self.suspect(cx, right);
        }
    }

    /// Tells the left neighbour that this node is alive, unless something else told it lately.
    pub(super) fn on_heartbeat_due(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let left = self.leaves.clockwise().next_back().unwrap_or(Peer::NONE);
        let Some(liveness) = self.liveness_mut() else { return };
        let (known, due) = liveness.owed();
        let digest_is_due = now.since(liveness.beat).0 >= liveness.promised.0.saturating_mul(DIGEST_PERIODS);
        let is_owed = left != known || due <= now || digest_is_due;
        if is_owed {
            (liveness.beat, liveness.promised) = (now, liveness.heartbeat);
        }
        let period = liveness.promised;
        // A period of nothing would hang the driver.
        let next = if is_owed { now + period } else { due };
        self.upkeep_mut().heartbeat = (period > Duration::ZERO).then_some(next);
        if is_owed && left.is_some() {
            cx.send(left, Message::Heartbeat { digest: self.digest_for(cx.host, Side::Smaller), period });
        }
        self.mend_leaves(cx);
    }

    /// The sender takes this node to be its left neighbour. If there is somebody between, one of the two is mistaken:
    /// the sender is told, and who stands between is asked whether it is alive. If it knows others, both tell.
    pub(super) fn on_heartbeat(&mut self, cx: &mut Context<'_>, from: Peer, digest: u32, period: Duration) {
        let Some(id) = self.id_of(cx.host, from) else { return };
        if !self.leaves.contains(from) {
            self.revive(from);
            self.learn(cx, from, self.extend_towards(id));
        }
        let right = self.leaves.clockwise().next();
        if right != Some(from) {
            self.tell_leaves(cx, from);
            right.into_iter().for_each(|right| self.suspect(cx, right));
            return;
        }
        let (now, config) = (cx.now, cx.host.config);
        if let Some(liveness) = self.liveness_mut() {
            liveness.promised_by_right(now, period, config);
        }
        if self.active && digest != self.digest_for(cx.host, Side::Larger) {
            self.tell_leaves(cx, from);
            self.compare_with(cx, from);
        }
    }

    /// The right neighbour owes a heartbeat: it is dead, or takes somebody else to be its left neighbour.
    pub(super) fn on_silent_right(&mut self, cx: &mut Context<'_>, right: Peer) {
        self.suspect(cx, right);
        self.tell_leaves(cx, right);
    }

    fn tell_leaves(&self, cx: &mut Context<'_>, peer: Peer) {
        cx.send(peer, Message::LeafSet(self.leaves.to_message().into()));
    }

    /// A sum over what this node and its neighbour on the given side should both list, the two themselves among them:
    /// all on that side, and all but the farthest on the other.
    fn digest_for(&self, host: Host<'_, Self>, side: Side) -> u32 {
        let other = if side == Side::Larger { Side::Smaller } else { Side::Larger };
        let farthest =
            if self.leaves.is_complete() && !self.leaves.is_whole_ring() { self.leaves.extreme(other) } else { None };
        let listed = self.leaves.clockwise().filter(|peer| Some(*peer) != farthest).map(|peer| host.id(peer));
        listed.chain([self.id]).map(mixed).fold(0, u32::wrapping_add)
    }
}

/// 32 bits that depend on all of an identifier's, by the finaliser of Steele, Lea and Flood's SplitMix64. Its increment
/// comes first: nought must count in a sum as any other identifier does.
const fn mixed(id: Guid) -> u32 {
    let folded = (id.0 ^ (id.0 >> 64)) as u64;
    let z = folded.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifier_nought_counts_in_a_digest() {
        assert_ne!(mixed(Guid(0)), 0);
    }
}
