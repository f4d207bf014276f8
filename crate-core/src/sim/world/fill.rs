//! How a world is filled: in the converged state, or by real joins.

use std::sync::Arc;

use rand::RngExt;

use super::{Unobserved, World};
use crate::protocol::{Host, Membership, Peer};
use crate::sim::plane::Place;
use crate::sim::systems::{Inhabitant, Searching};
use crate::time::Duration;

/// How long the next newcomer waits for one that does not get in.
const JOIN_SPAN_MAX: Duration = Duration::from_secs(60);

impl<N: Inhabitant> World<N> {
    /// Fills an empty world with members whose tables are in the converged state.
    ///
    /// # Panics
    /// If the world already has nodes or an identifier comes twice.
    pub fn fill_converged(&mut self, members: impl IntoIterator<Item = (N::Id, Place)>) {
        assert!(self.nodes.is_empty(), "a world is filled once, at its beginning");
        let mut count = 0;
        for (id, place) in members {
            self.intern(id, place);
            count += 1;
        }
        assert_eq!(self.peers.len(), count, "members have different identifiers");
        self.nodes = N::converged(self.host(), &self.plane);
        for index in 0..count {
            self.arm(Peer(index as u32));
        }
    }

    /// Puts files onto the peers of a filled world, as publishing them by messages would leave it. Names are in the form that
    /// [`normal`](crate::search::normal) gives them.
    ///
    /// # Panics
    /// If a holder is not of this world.
    pub fn stock(&mut self, files: &[(Peer, Arc<str>)])
    where
        N: Searching,
    {
        let host = Host { peers: &self.peers, config: &self.config, proximity: &self.plane };
        N::stock(&mut self.nodes, host, files);
    }

    /// Fills an empty world by real join messages, one newcomer after the other.
    /// Returns how many came in.
    ///
    /// # Panics
    /// If the world already has nodes or an identifier comes twice.
    pub fn fill_by_joins(&mut self, members: impl IntoIterator<Item = (N::Id, Place)>) -> usize {
        assert!(self.nodes.is_empty(), "a world is filled once, at its beginning");
        let mut joined = 0;
        for (id, place) in members {
            let peer = self.place(id, place).expect("members have different identifiers");
            let command = self.entrance(peer);
            self.command(peer, command.into(), &mut Unobserved);
            let limit = self.now + JOIN_SPAN_MAX;
            while (self.is_busy() || !self.node(peer).is_active()) && self.next_at().is_some_and(|at| at <= limit) {
                self.step(&mut Unobserved);
            }
            joined += usize::from(self.node(peer).is_active());
        }
        joined
    }

    /// How a node comes in: by a near member (paper §2.4 assumes that the newcomer knows one), or as the first.
    pub fn entrance(&mut self, newcomer: Peer) -> Membership {
        match self.near_member(newcomer) {
            Some(contact) => Membership::Join { contact },
            None => Membership::Start,
        }
    }

    /// The nearest of a few dozen randomly met members.
    fn near_member(&mut self, newcomer: Peer) -> Option<Peer> {
        let count = self.nodes.len() as u32;
        let met: Vec<Peer> =
            if count <= 64 { Vec::new() } else { (0..64).map(|_| Peer(self.nature.random_range(0..count))).collect() };
        let usable = |peer: &Peer| *peer != newcomer && self.is_alive(*peer) && self.node(*peer).is_active();
        let nearness = |peer: &Peer| (self.plane.squared_distance(newcomer, *peer), *peer);
        // The nearest of all is a member nearly always; asking only it spares the way to the other nodes.
        if let Some(nearest) = met.iter().copied().min_by_key(nearness).filter(usable) {
            return Some(nearest);
        }
        let nearest = met.into_iter().filter(usable).min_by_key(nearness);
        nearest.or_else(|| (0..count).map(Peer).filter(usable).min_by_key(nearness))
    }
}
