//! The first slides: what a peer-to-peer system is, and the problem that all of them solve.

use super::dhts::{HONEST, pastry_config, stored};
use super::{Chapter, Deed, Form, Stand, Story};
use crate::gnutella::{self, GnutellaNode, Topology};
use crate::pastry::PastryNode;
use crate::replication::{self, ReplicaNode};

const PEERS: u32 = 12;

/// A file of every kind, at one peer each; the server of the first figure has them all.
const FILES: [&str; 4] = ["lecture 1", "lecture 2", "song", "recipe"];

pub(super) const CLIENT_SERVER: Story = Story {
    name: "client-server-vs-p2p",
    chapter: Chapter::Overview,
    title: "Client and server, or peers",
    slide: "Client/Server versus P2P",
    why: &[
        "Left, one machine has everything, and the others ask it: simple, quick, and easy to control. Right, the same files lie \
         with the peers, each both client and server, and a question goes from neighbour to neighbour.",
        "Then P1 stops. Left, nobody gets anything any more: a single point of failure. Right, a file that P1 had is gone with it, \
         but who has a copy goes on answering, at the price of more messages.",
    ],
    checks: &[],
    switches: &[],
    words: "song",
    stands: |_| {
        // A star is a tree of one level: its root has everything, and a question goes no further than to it.
        let star = gnutella::Config { ttl: 1, topology: Topology::Tree { degree: PEERS as u8 }, ..base() };
        let all: Vec<_> = FILES.iter().map(|name| (1, *name)).collect();
        let mut left = Stand::searching::<GnutellaNode>(Form::Star, PEERS + 1, star, &all)?;
        left.title = "Client and server";
        let spread = [(1, "lecture 1"), (4, "lecture 2"), (6, "song"), (9, "song"), (11, "recipe"), (1, "song")];
        let mesh = gnutella::Config { topology: Topology::Random { degree: 4 }, topology_seed: 3, ..base() };
        let mut right = Stand::searching::<GnutellaNode>(Form::Waves, PEERS + 1, mesh, &spread)?;
        right.title = "Peers";
        Ok(vec![left, right])
    },
    deeds: |_| vec![Deed::Fetch(3, "song"), Deed::Done, Deed::Kill(1), Deed::Fetch(8, "song"), Deed::Done],
    focus: 3,
};

fn base() -> gnutella::Config {
    gnutella::Config { ttl: 4, hop_wait: crate::time::Duration::from_millis(45), ..gnutella::Config::published() }
}

pub(super) const LOCATE: Story = Story {
    name: "locate-a-resource",
    chapter: Chapter::Overview,
    title: "Who keeps the index?",
    slide: "Resource Location in P2P Systems",
    why: &[
        "Given a key k, find the peer p that stores the resource. That takes an index from keys to peers, and the systems differ in \
         who keeps it: everybody all of it, nobody any of it, or everybody a part.",
        "Full replication asks nobody, but every change goes to all. Gnutella keeps nothing, and asks everybody. A hash table gives \
         each key to one node, and asks a few on the way there. Choose a node and look at what it keeps.",
    ],
    checks: &[],
    switches: &[],
    words: "recipe",
    stands: |_| {
        let files = [(2, "lecture 1"), (5, "lecture 2"), (7, "song"), (10, "recipe")];
        let everybody = Stand::searching::<ReplicaNode>(Form::Star, PEERS, replication::Config::default(), &files)?;
        let mesh = gnutella::Config { topology: Topology::Random { degree: 3 }, topology_seed: 5, ..base() };
        let nobody = Stand::searching::<GnutellaNode>(Form::Waves, PEERS, mesh, &files)?;
        let part = stored::<PastryNode>(PEERS, pastry_config(), 1, HONEST, &files)?;
        Ok(vec![everybody, nobody, part])
    },
    deeds: |_| vec![Deed::Search(1, "recipe"), Deed::Done, Deed::Publish(4, "news", "it is here"), Deed::Done],
    focus: 1,
};
