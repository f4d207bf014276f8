//! The systems that search by words, as they are shown.

use super::{Cell, Role, Section, Shown, Tie};
use crate::fasttrack::FastTrackNode;
use crate::gnutella::GnutellaNode;
use crate::napster::NapsterNode;
use crate::protocol::{Node as _, Peer};
use crate::replication::ReplicaNode;
use crate::search::{Entry, Shelf, fits, normal};
use crate::sim::spec::Key;
use crate::sim::systems::Searching as _;
use crate::sim::world::World;

/// Entries of an index that a panel asks for.
const ENTRIES: usize = 200;

fn on_shelf(shelf: &Shelf, key: &Key) -> bool {
    let (Key::Name(text) | Key::Digits(text)) = key else { return false };
    normal(text).is_some_and(|words| shelf.files().iter().any(|file| fits(&file.name, &words)))
}

fn shelf(shelf: &Shelf) -> Section {
    Section::new(
        format!("Files shared: {}", shelf.files().len()),
        &[],
        shelf.files().iter().map(|file| vec![Cell::from(&*file.name)]),
    )
}

fn index(title: &str, count: usize, entries: Vec<Entry>) -> Section {
    let rows = entries.into_iter().map(|entry| vec![Cell::from(&*entry.name), Cell::from(entry.holder)]);
    let mut section = Section::new(format!("{title}: {count} entries"), &["File", "At"], rows);
    section.more = count.saturating_sub(section.rows.len());
    section
}

fn peers(title: &str, peers: &[Peer]) -> Section {
    Section::new(format!("{title}: {}", peers.len()), &[], peers.iter().map(|peer| vec![Cell::from(*peer)]))
}

impl Shown for NapsterNode {
    const NAME: &'static str = "Napster";

    fn role(world: &World<Self>, peer: Peer) -> Role {
        if world.node(peer).is_server() { Role::Server } else { Role::Peer }
    }

    fn ties(world: &World<Self>, peer: Peer) -> Vec<(Peer, Tie)> {
        let node = world.node(peer);
        if node.is_server() || !node.is_active() { Vec::new() } else { vec![(node.home(), Tie::Home)] }
    }

    fn has(world: &World<Self>, peer: Peer, key: &Key) -> bool {
        on_shelf(world.node(peer).shelf(), key)
    }

    fn panel(world: &World<Self>, peer: Peer) -> Vec<Section> {
        let node = world.node(peer);
        if node.is_server() {
            vec![index("Index of all files", node.indexed(), node.entries(ENTRIES))]
        } else {
            vec![shelf(node.shelf()), peers("Server", &[node.home()])]
        }
    }

    fn name(world: &World<Self>, peer: Peer) -> String {
        let servers = Self::servers(world.config());
        match peer.0 {
            0 if servers == 1 => "Server".into(),
            number if number < servers => format!("Server {}", number + 1),
            number => format!("P{}", number - servers + 1),
        }
    }
}

impl Shown for GnutellaNode {
    const NAME: &'static str = "Gnutella";
    const SHOWS_COMING_IN: bool = true;

    fn role(world: &World<Self>, peer: Peer) -> Role {
        let config = world.config();
        if peer.0 < Self::servers(config) {
            Role::Server
        } else if config.behind_firewall.contains(&peer) {
            Role::Walled
        } else {
            Role::Peer
        }
    }

    fn ties(world: &World<Self>, peer: Peer) -> Vec<(Peer, Tie)> {
        world.node(peer).links().map(|other| (other, Tie::Connection)).collect()
    }

    fn has(world: &World<Self>, peer: Peer, key: &Key) -> bool {
        on_shelf(world.node(peer).shelf(), key)
    }

    fn panel(world: &World<Self>, peer: Peer) -> Vec<Section> {
        let node = world.node(peer);
        let hosts: Vec<Peer> = node.hosts().collect();
        if peer.0 < Self::servers(world.config()) {
            return vec![peers("Peers that it can name", &hosts)];
        }
        let links: Vec<Peer> = node.links().collect();
        vec![shelf(node.shelf()), peers("Permanent connections", &links), peers("Peers heard of, for later", &hosts)]
    }

    fn name(world: &World<Self>, peer: Peer) -> String {
        let caches = Self::servers(world.config());
        match peer.0 {
            0 if caches == 1 => "Host list".into(),
            number if number < caches => format!("Host list {}", number + 1),
            number => format!("P{}", number - caches + 1),
        }
    }
}

impl Shown for FastTrackNode {
    const NAME: &'static str = "FastTrack";

    fn role(world: &World<Self>, peer: Peer) -> Role {
        let node = world.node(peer);
        if node.is_starter() {
            Role::Server
        } else if node.is_super() {
            Role::Super
        } else {
            Role::Peer
        }
    }

    fn ties(world: &World<Self>, peer: Peer) -> Vec<(Peer, Tie)> {
        let node = world.node(peer);
        let links = node.links().into_iter().map(|other| (other, Tie::Connection));
        links.chain(node.parent().map(|parent| (parent, Tie::Home))).collect()
    }

    fn has(world: &World<Self>, peer: Peer, key: &Key) -> bool {
        on_shelf(world.node(peer).shelf(), key)
    }

    fn panel(world: &World<Self>, peer: Peer) -> Vec<Section> {
        let node = world.node(peer);
        let capacity = Section::new(
            "Machine and line".into(),
            &[],
            [vec![Cell::from(format!("Capacity {} of 100", node.capacity()))]],
        );
        if node.is_starter() {
            vec![peers("Super-peers that it names", &node.named())]
        } else if node.is_super() {
            vec![
                index("Index of its children's files", node.indexed(), node.entries(ENTRIES)),
                peers("Children", &node.children()),
                peers("Other super-peers", &node.links()),
                shelf(node.shelf()),
                capacity,
            ]
        } else {
            let parent: Vec<Peer> = node.parent().into_iter().collect();
            vec![shelf(node.shelf()), peers("Super-peer", &parent), capacity]
        }
    }

    fn name(world: &World<Self>, peer: Peer) -> String {
        let starters = Self::servers(world.config());
        match peer.0 {
            0 if starters == 1 => "Starter".into(),
            number if number < starters => format!("Starter {}", number + 1),
            number => format!("P{}", number - starters + 1),
        }
    }
}

impl Shown for ReplicaNode {
    const NAME: &'static str = "Full replication";

    fn role(_: &World<Self>, _: Peer) -> Role {
        Role::Peer
    }

    fn ties(world: &World<Self>, peer: Peer) -> Vec<(Peer, Tie)> {
        // Everybody knows everybody; what is drawn is a selected node's.
        let members = world.node(peer).members();
        members.into_iter().filter(|other| *other != peer).map(|other| (other, Tie::Entry)).collect()
    }

    fn has(world: &World<Self>, peer: Peer, key: &Key) -> bool {
        on_shelf(world.node(peer).shelf(), key)
    }

    fn panel(world: &World<Self>, peer: Peer) -> Vec<Section> {
        let node = world.node(peer);
        vec![
            index("Its copy of the whole index", node.indexed(), node.entries(ENTRIES)),
            shelf(node.shelf()),
            peers("Members that it knows", &node.members()),
        ]
    }

    fn name(_: &World<Self>, peer: Peer) -> String {
        format!("P{}", peer.0 + 1)
    }
}
