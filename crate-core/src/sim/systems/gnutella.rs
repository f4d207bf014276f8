//! Gnutella's links in the converged state, from knowledge of everybody.

use super::{Inhabitant, Searching, Wish, searched};
use crate::gnutella::GnutellaNode;
use crate::id::Guid;
use crate::protocol::{Host, Peer, Request};
use crate::search::SearchCommand;
use crate::sim::plane::Plane;
use crate::sim::spec::Key;
use crate::sim::topology::graph;

use std::sync::Arc;

/// Peers that a node has heard of in the converged state.
const HEARD_OF: usize = 16;
/// Peers that a host cache knows then.
const CACHED: u32 = 64;

impl Inhabitant for GnutellaNode {
    fn converged(host: Host<'_, Self>, _: &Plane) -> Vec<Self> {
        let config = host.config;
        let count = host.peers.len() as u32;
        let caches = u32::from(config.host_caches).min(count);
        let servents = count - caches;
        let graph = graph(config.topology, servents, config.connections, config.accepts, config.topology_seed);
        let peer = |node: u32| Peer(caches + node);
        let cached: Vec<Peer> = (0..servents.min(CACHED)).map(|i| peer(servents - 1 - i)).collect();
        let caches = (0..caches).map(|cache| Self::from_links(Peer(cache), host, [], &cached));
        let servents = (0..servents).map(|node| {
            let links = &graph[node as usize];
            let behind = links.iter().flat_map(|next| &graph[*next as usize]).filter(|other| **other != node);
            let heard: Vec<Peer> = behind.map(|other| peer(*other)).take(HEARD_OF).collect();
            Self::from_links(peer(node), host, links.iter().map(|next| peer(*next)), &heard)
        });
        caches.chain(servents).collect()
    }

    fn command(request: Request, said: &Key, _: Guid, wish: Wish) -> SearchCommand {
        searched(request, said, wish)
    }
}

impl Searching for GnutellaNode {
    fn servers(config: &Self::Config) -> u32 {
        config.host_caches.into()
    }

    fn stock(nodes: &mut [Self], _: Host<'_, Self>, files: &[(Peer, Arc<str>)]) {
        for (holder, name) in files {
            nodes[holder.index()].stock(name.clone());
        }
    }

    fn entries(&self, _: &Self::Config) -> usize {
        // Neighbours; what is shared is the user's.
        self.links().len()
    }
}
