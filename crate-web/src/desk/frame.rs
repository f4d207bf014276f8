//! The picture of a world at a moment.

use std::sync::Arc;

use overlay_core::draw::{FingerArc, Flight, Frame, HopState, NodeState, Space, StageHop, StageNode};
use overlay_core::protocol::{Peer, Purpose, Request};
use overlay_core::sim::lab::Lab;
use overlay_core::sim::route::Hop;
use overlay_core::sim::spec::Key;
use overlay_core::time::Time;

use super::sight::hop_numbers;
use super::{Bench, Desk, GLIDE_MS, Sight};
use crate::player::SPEEDS;

/// Messages drawn at the most: more are a cloud in which nothing can be followed.
const FLIGHTS_MAX: usize = 400;
/// Links drawn from one node.
const KNOWN_MAX: usize = 200;

/// The nodes of the last picture, kept while nobody comes or goes.
#[derive(Default)]
pub(super) struct NodeCache(std::cell::RefCell<Option<Arc<[StageNode]>>>);

impl NodeCache {
    fn get(&self, lab: &Lab) -> Arc<[StageNode]> {
        let nodes: Vec<StageNode> = (0..lab.node_count()).map(|peer| node(lab, Peer(peer))).collect();
        let mut kept = self.0.borrow_mut();
        match &*kept {
            Some(old) if **old == *nodes => old.clone(),
            _ => kept.insert(nodes.into()).clone(),
        }
    }
}

fn node(lab: &Lab, peer: Peer) -> StageNode {
    let state = match (lab.is_alive(peer), lab.is_member(peer)) {
        (false, _) => NodeState::Dead,
        (true, true) => NodeState::Active,
        (true, false) => NodeState::Joining,
    };
    match lab {
        Lab::Pastry(session) => StageNode::pastry(peer, session.world().peers().id(peer), state),
        Lab::Chord(session) => StageNode::chord(peer, session.world().peers().id(peer), session.world().space(), state),
    }
}

fn space(lab: &Lab, digits: usize) -> Space {
    let shown = digits.clamp(1, 32) as u8;
    match lab {
        Lab::Pastry(session) => Space::Pastry { digits: session.spec().config.overlay.digits, shown },
        Lab::Chord(session) => Space::Chord { bits: session.world().space(), shown },
    }
}

impl Desk {
    /// The picture of one world at the moment shown; `now_ms` is real time, for the motion after a step.
    #[must_use]
    pub fn frame(&self, bench: &Bench, sight: &Sight, now_ms: f64, reduced_motion: bool) -> Frame {
        let lab = &bench.lab;
        let mut frame = Frame::empty(space(lab, self.digits()));
        frame.view = self.view;
        frame.nodes = bench.nodes.get(lab);
        frame.reduced_motion = reduced_motion;
        frame.key = sight.key.as_ref().and_then(|key| place_of_key(lab, key));
        frame.hops = self.hops(bench, sight, now_ms, reduced_motion);
        frame.flights = self.flights(bench, sight, &frame.hops);
        frame.hovered = self.hovered.filter(|peer| lab.has_node(*peer));
        frame.selected = sight.shown;
        frame.deciding = sight.decided_hop.and(sight.shown);
        if let Some(shown) = sight.shown {
            let known = if sight.chosen { lab.known_peers(shown) } else { Vec::new() };
            frame.known = if known.len() > KNOWN_MAX { Vec::new() } else { known };
            (frame.leaves, frame.fingers) = neighbours(lab, shown);
        }
        frame
    }

    /// How much simulated time passes in a real second at this moment.
    fn pace(&self) -> f64 {
        if self.player.is_playing() { SPEEDS[self.player.speed()].0 } else { 0.0 }
    }

    fn hops(&self, bench: &Bench, sight: &Sight, now_ms: f64, reduced_motion: bool) -> Vec<StageHop> {
        let lab = &bench.lab;
        let Some(route) = sight.request.as_ref().and_then(|(request, _)| lab.route(*request)) else {
            return Vec::new();
        };
        let position = lab.position();
        let since_ms = now_ms - self.stepped_ms;
        let gliding = since_ms < GLIDE_MS && !reduced_motion;
        let made = |hop: &Hop<'_>| gliding && hop.arrival.is_some_and(|(record, _)| record >= bench.glided_from);
        let glides = route.hops.iter().filter(|hop| hop.is_done(position)).rfind(|hop| made(hop)).map(|hop| hop.record);
        let state = |hop: &Hop<'_>| match hop.arrival {
            _ if hop.record >= position => HopState::Next,
            Some(_) if Some(hop.record) == glides => {
                HopState::Current { progress: (since_ms / GLIDE_MS).clamp(0.0, 1.0), rate: 1e3 / GLIDE_MS }
            }
            Some((record, _)) if record < position => HopState::Done,
            Some((_, at)) => {
                let (progress, rate) = self.way(hop.sent, at, lab.clock());
                HopState::Current { progress, rate }
            }
            None => HopState::Current { progress: 0.0, rate: 0.0 },
        };
        let numbers = hop_numbers(&route);
        let lines = route.hops.iter().zip(numbers);
        // An attempt that found nobody is not part of the way once another was made.
        let last = route.hops.last().map(|hop| hop.record);
        let shown = lines.filter(|(hop, _)| hop.arrival.is_some() || Some(hop.record) == last);
        shown
            .map(|(hop, number)| StageHop { from: hop.from, to: hop.to, number: number as u16, state: state(hop) })
            .collect()
    }

    fn way(&self, sent: Time, arrives: Time, clock: Time) -> (f64, f64) {
        let whole = ((arrives - sent).0 as f64 / 1e6).max(1e-6);
        let progress = (clock - sent).0 as f64 / 1e6 / whole;
        (progress.clamp(0.0, 1.0), self.pace() / whole)
    }

    fn flights(&self, bench: &Bench, sight: &Sight, hops: &[StageHop]) -> Vec<Flight> {
        let lab = &bench.lab;
        let request = sight.request.as_ref().map(|(request, _)| *request);
        let drawn = |from: Peer, to: Peer, asked: Option<Request>, purpose: Purpose| {
            let under_way =
                |hop: &StageHop| (hop.from, hop.to) == (from, to) && matches!(hop.state, HopState::Current { .. });
            asked == request && purpose == Purpose::Route && hops.iter().any(under_way)
        };
        let seen = |purpose: Purpose| purpose != Purpose::Acknowledgement;
        let all = lab.in_flight().into_iter().filter(|m| seen(m.purpose) && !drawn(m.from, m.to, m.request, m.purpose));
        let flights = all.map(|message| {
            let (progress, rate) = self.way(message.sent, message.arrives, lab.clock());
            Flight { from: message.from, to: message.to, progress, rate, purpose: message.purpose, lost: message.lost }
        });
        flights.take(FLIGHTS_MAX).collect()
    }
}

/// Where a key lies on its ring, in the picture's units.
fn place_of_key(lab: &Lab, key: &Key) -> Option<u128> {
    match lab {
        Lab::Pastry(session) => Some(key.resolve((), session.world().peers()).ok()?.0),
        Lab::Chord(session) => {
            let bits = session.world().space();
            Some(key.resolve(bits, session.world().peers()).ok()?.fraction(bits))
        }
    }
}

/// The nodes next to a node, and the intervals of its fingers.
fn neighbours(lab: &Lab, peer: Peer) -> (Vec<Peer>, Vec<FingerArc>) {
    match lab {
        Lab::Pastry(session) => {
            let leaves = session.world().node(peer).overlay().leaf_set();
            (leaves.clockwise().collect(), Vec::new())
        }
        Lab::Chord(session) => {
            let bits = session.world().space();
            let node = session.world().node(peer).overlay();
            let rows = node.fingers(bits).into_iter().filter(|row| row.peer.is_some());
            let arc = |row: overlay_core::chord::FingerRow| FingerArc {
                index: row.index,
                start: row.start.fraction(bits),
                end: row.end.plus_power(0, bits).fraction(bits),
                peer: row.peer,
            };
            (node.successors().to_vec(), rows.map(arc).collect())
        }
    }
}
