//! A world of nodes that store values is a world of the overlay below, with empty stores.

use super::{Inhabitant, System, Wish, answered};
use crate::dht::{DhtCommand, DhtConfig, DhtNode};
use crate::protocol::{Command, Host, Peer, Request};
use crate::sim::plane::Plane;
use crate::sim::spec::Key;

impl<O: System> Inhabitant for DhtNode<O> {
    fn converged(host: Host<'_, Self>, plane: &Plane) -> Vec<Self> {
        O::converged(Self::inner_host(&host), plane).into_iter().map(Self::over).collect()
    }

    fn command(request: Request, _: &Key, key: O::Id, wish: Wish) -> Self::Command {
        match wish {
            Wish::Route => Command::Route(answered(request, key)).into(),
            Wish::Insert(value) => DhtCommand::Insert { request, key, value },
            Wish::Search => DhtCommand::Search { request, key },
            Wish::Delete => DhtCommand::Delete { request, key },
        }
    }
}

impl<O: System> System for DhtNode<O> {
    fn owner(config: &DhtConfig<O::Config>, ring: &[(O::Id, Peer)], key: O::Id) -> Peer {
        O::owner(&config.overlay, ring, key)
    }
}
