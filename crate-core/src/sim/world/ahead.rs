//! Reading ahead: in a large world an event costs little but its ways to memory, so those of many are made together,
//! before any is handled. Nothing follows from it but speed.

use std::hint::black_box;

use super::World;
use super::flying::{Flying, Pending};
use crate::protocol::{Host, Output, Peer};
use crate::sim::systems::Inhabitant;

/// Events whose ways to memory are made to overlap.
const GROUP: usize = 16;
/// Worlds smaller than this are in the caches anyway.
pub(in crate::sim) const TOUCHED_NODES_MIN: usize = 2_048;

/// So many messages at once are a burst.
const BURST: usize = 8;
/// With more messages than this on their way, what was read for one is out of the caches when it arrives.
const NEAR: usize = 4_096;

impl<N: Inhabitant> World<N> {
    /// Reads what the next events will need, all of them before any is handled: in a large world an event costs little
    /// but its ways to memory.
    pub(super) fn touch_next(&mut self) {
        if self.nodes.len() < TOUCHED_NODES_MIN {
            return;
        }
        let host = Host { peers: &self.peers, config: &self.config, proximity: &self.plane };
        let mut group = [None; GROUP];
        for (place, pending) in group.iter_mut().zip(self.queue.next_group(GROUP)) {
            if let Pending::Arrival(Flying { from, to, message, .. }) = pending {
                // What is not routed mostly concerns whoever sent it.
                *place = Some((*to, N::routed_key(message).unwrap_or_else(|| self.peers.id(*from))));
            }
        }
        for touch in 0..N::TOUCHES {
            for (to, key) in group.iter().flatten() {
                black_box(self.nodes[to.index()].touch(host, *key, touch));
            }
        }
    }

    /// The same for a node that tells many others something, as a newcomer does. They hear of it soon, one by one and
    /// with little else on the way, so that what is read here is still at hand then.
    pub(super) fn touch_receivers(&self, from: Peer, outputs: &[Output<N>]) {
        if outputs.len() < BURST || self.nodes.len() < TOUCHED_NODES_MIN || self.messages_in_flight() > NEAR {
            return;
        }
        let (host, sender) = (self.host(), self.peers.id(from));
        for touch in 0..N::TOUCHES {
            for output in outputs {
                if let Output::Send { to, message } = output {
                    let key = N::routed_key(message).unwrap_or(sender);
                    black_box(self.nodes[to.index()].touch(host, key, touch));
                }
            }
        }
    }
}
