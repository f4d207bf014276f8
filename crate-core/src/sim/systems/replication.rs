//! Full replication in the converged state: everybody shares one index.

use std::sync::Arc;

use super::{Inhabitant, Searching, Wish, searched};
use crate::id::Guid;
use crate::protocol::{Host, Peer, Request};
use crate::replication::{Config, ReplicaNode, Whole};
use crate::search::{Index, SearchCommand};
use crate::sim::plane::Plane;
use crate::sim::spec::Key;

impl Inhabitant for ReplicaNode {
    fn converged(host: Host<'_, Self>, _: &Plane) -> Vec<Self> {
        let members: Vec<Peer> = (0..host.peers.len() as u32).map(Peer).collect();
        let whole = Arc::new(Whole { members: members.clone(), index: Index::default() });
        members.into_iter().map(|me| Self::from_whole(me, host, whole.clone())).collect()
    }

    fn command(request: Request, said: &Key, _: Guid, wish: Wish) -> SearchCommand {
        searched(request, said, wish)
    }
}

impl Searching for ReplicaNode {
    fn servers(_: &Config) -> u32 {
        0
    }

    fn stock(nodes: &mut [Self], _: Host<'_, Self>, files: &[(Peer, Arc<str>)]) {
        let mut index = Index::default();
        for (holder, name) in files {
            if nodes[holder.index()].stock(name.clone()) {
                index.add(name.clone(), *holder);
            }
        }
        let members = (0..nodes.len() as u32).map(Peer).collect();
        let whole = Arc::new(Whole { members, index });
        nodes.iter_mut().for_each(|node| node.learn(whole.clone()));
    }

    fn entries(&self, _: &Config) -> usize {
        self.indexed()
    }
}
