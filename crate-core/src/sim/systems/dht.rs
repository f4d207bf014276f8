//! A world of nodes that store values is a world of the overlay below, with empty stores.

use super::{DataWish, System};
use crate::dht::{DhtConfig, DhtNode};
use crate::protocol::{Host, Peer, Request};
use crate::sim::plane::Plane;

impl<O: System> System for DhtNode<O> {
    fn converged(host: Host<'_, Self>, plane: &Plane) -> Vec<Self> {
        let below = Host { peers: host.peers, config: &host.config.overlay, proximity: host.proximity };
        O::converged(below, plane).into_iter().map(|overlay| Self { overlay }).collect()
    }

    fn data_command(_: Request, _: O::Id, _: DataWish) -> Option<Self::Command> {
        None
    }

    fn owner(config: &DhtConfig<O::Config>, ring: &[(O::Id, Peer)], key: O::Id) -> Peer {
        O::owner(&config.overlay, ring, key)
    }
}
