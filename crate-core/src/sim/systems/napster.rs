//! Napster in the converged state: everybody is logged in.

use std::sync::Arc;

use super::{Inhabitant, Searching, Wish, searched};
use crate::id::Guid;
use crate::napster::{Config, NapsterNode};
use crate::protocol::{Host, Peer, Request};
use crate::search::SearchCommand;
use crate::sim::plane::Plane;
use crate::sim::spec::Key;

impl Inhabitant for NapsterNode {
    fn converged(host: Host<'_, Self>, _: &Plane) -> Vec<Self> {
        let mut nodes: Vec<Self> = (0..host.peers.len() as u32).map(|me| Self::member(Peer(me), host)).collect();
        for peer in (Self::servers(host.config)..nodes.len() as u32).map(Peer) {
            let home = nodes[peer.index()].home();
            nodes[home.index()].enter(peer);
        }
        nodes
    }

    fn command(request: Request, said: &Key, _: Guid, wish: Wish) -> SearchCommand {
        searched(request, said, wish)
    }
}

impl Searching for NapsterNode {
    fn servers(config: &Config) -> u32 {
        config.servers.max(1).into()
    }

    fn stock(nodes: &mut [Self], _: Host<'_, Self>, files: &[(Peer, Arc<str>)]) {
        for (holder, name) in files {
            let node = &mut nodes[holder.index()];
            if !node.is_server() && node.stock(name.clone()) {
                let home = node.home();
                nodes[home.index()].register(name.clone(), *holder);
            }
        }
    }

    fn entries(&self, _: &Config) -> usize {
        // A peer knows its server.
        if self.is_server() { self.indexed() } else { 1 }
    }
}
