//! Chord's converged tables and the owner of a key, from knowledge of the whole ring.

use super::{Inhabitant, System, Wish, answered};
use crate::chord::{ChordNode, Config};
use crate::id::ChordId;
use crate::protocol::{Command, Host, Peer, Request};
use crate::sim::plane::Plane;
use crate::sim::spec::Key;

impl Inhabitant for ChordNode {
    fn converged(host: Host<'_, Self>, _: &Plane) -> Vec<Self> {
        let bits = host.config.bits;
        let ring: Vec<(ChordId, Peer)> = host.peers.in_ring_order().collect();
        let mut nodes = vec![None; ring.len()];
        let mut fingers = vec![Peer::NONE; usize::from(bits.get())];
        for (place, (id, me)) in ring.iter().enumerate() {
            let after = |step: usize| ring[(place + step) % ring.len()].1;
            let length = usize::from(host.config.successor_list.max(1)).min(ring.len() - 1);
            let successors: Vec<Peer> = (1..=length).map(after).collect();
            // Fingers that start at or before the successor are the successor; only the others need a search.
            let gap = id.clockwise_to(host.id(after(1)), bits).bit_length();
            for (i, finger) in (1..).zip(&mut fingers) {
                *finger = if i <= gap { after(1) } else { successor(&ring, id.plus_power(i - 1, bits)) };
            }
            let predecessor = Some(after(ring.len() - 1));
            nodes[me.index()] = Some(Self::from_tables(*me, host, predecessor, &successors, &fingers));
        }
        nodes.into_iter().flatten().collect()
    }

    fn command(request: Request, _: &Key, key: ChordId, _: Wish) -> Command<ChordId> {
        Command::Route(answered(request, key))
    }
}

impl System for ChordNode {
    fn owner(_: &Config, ring: &[(ChordId, Peer)], key: ChordId) -> Peer {
        successor(ring, key)
    }
}

fn successor(ring: &[(ChordId, Peer)], key: ChordId) -> Peer {
    ring[ring.partition_point(|(id, _)| *id < key) % ring.len()].1
}
