//! FastTrack in the converged state: the most powerful nodes are super-peers, the others their children.

use std::sync::Arc;

use super::{Inhabitant, Searching, Wish, searched};
use crate::fasttrack::{Config, FastTrackNode};
use crate::gnutella::Topology;
use crate::id::Guid;
use crate::protocol::{Host, Peer, Request};
use crate::search::SearchCommand;
use crate::sim::plane::Plane;
use crate::sim::spec::Key;
use crate::sim::topology::graph;

impl Inhabitant for FastTrackNode {
    fn converged(host: Host<'_, Self>, _: &Plane) -> Vec<Self> {
        let (count, config) = (host.peers.len() as u32, host.config);
        let starters = Self::servers(config).min(count);
        let capacity = |peer: Peer| Self::capacity_of(host.id(peer));
        let mut ranked: Vec<Peer> = (starters..count).map(Peer).collect();
        ranked.sort_by_key(|peer| (std::cmp::Reverse(capacity(*peer)), *peer));
        // With itself, a super-peer is there for one more than its children.
        let each = u32::from(config.children.max(1)) + 1;
        let supers = (count - starters).div_ceil(each);
        let links =
            graph(Topology::Random { degree: config.links }, supers, config.links, 2 * u16::from(config.links), 1);
        let (supers, others) = ranked.split_at(supers as usize);
        let mut nodes: Vec<Option<Self>> = vec![None; count as usize];
        for (at, me) in supers.iter().enumerate() {
            let children = others.iter().skip(at).step_by(supers.len()).map(|child| (*child, capacity(*child)));
            let links = links[at].iter().map(|link| supers[*link as usize]);
            nodes[me.index()] = Some(Self::super_peer(*me, host, links, children));
        }
        for (at, me) in others.iter().enumerate() {
            nodes[me.index()] = Some(Self::child(*me, host, supers[at % supers.len()]));
        }
        for me in (0..starters).map(Peer) {
            nodes[me.index()] = Some(Self::starter(me, host, supers));
        }
        nodes.into_iter().flatten().collect()
    }

    fn command(request: Request, said: &Key, _: Guid, wish: Wish) -> SearchCommand {
        searched(request, said, wish)
    }
}

impl Searching for FastTrackNode {
    fn servers(config: &Config) -> u32 {
        config.starters.max(1).into()
    }

    fn stock(nodes: &mut [Self], _: Host<'_, Self>, files: &[(Peer, Arc<str>)]) {
        for (holder, name) in files {
            let node = &mut nodes[holder.index()];
            if !node.is_starter() && node.stock(name.clone()) {
                let index = node.parent().unwrap_or(*holder);
                nodes[index.index()].register(name.clone(), *holder);
            }
        }
    }

    fn entries(&self, _: &Config) -> usize {
        // A child knows its super-peer.
        if self.is_super() { self.indexed() } else { 1 }
    }
}
