//! A world of nodes that store values is a world of the overlay below, with empty stores.

use super::{DataWish, System};
use crate::dht::{DhtCommand, DhtConfig, DhtNode};
use crate::protocol::{Host, Peer, Request};
use crate::sim::plane::Plane;

impl<O: System> System for DhtNode<O> {
    fn converged(host: Host<'_, Self>, plane: &Plane) -> Vec<Self> {
        O::converged(Self::inner_host(&host), plane).into_iter().map(Self::over).collect()
    }

    fn data_command(request: Request, key: O::Id, wish: DataWish) -> Option<Self::Command> {
        Some(match wish {
            DataWish::Insert(value) => DhtCommand::Insert { request, key, value },
            DataWish::Search => DhtCommand::Search { request, key },
            DataWish::Delete => DhtCommand::Delete { request, key },
        })
    }

    fn owner(config: &DhtConfig<O::Config>, ring: &[(O::Id, Peer)], key: O::Id) -> Peer {
        O::owner(&config.overlay, ring, key)
    }
}
