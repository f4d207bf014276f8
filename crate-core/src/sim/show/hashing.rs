//! Hash tables over a ring, as they are shown beside the other systems.

use super::{Cell, Role, Section, Shown, Tie};
use crate::chord::ChordNode;
use crate::dht::DhtNode;
use crate::id::RingId;
use crate::pastry::PastryNode;
use crate::protocol::{Node as _, Peer};
use crate::sim::spec::Key;
use crate::sim::systems::System;
use crate::sim::systems::liar::LyingNode;
use crate::sim::world::World;

/// Digits of an identifier that are shown.
const DIGITS: usize = 4;

/// A ring's tables, as they are shown.
pub trait Tables: System {
    /// The system's name.
    const NAME: &'static str;

    /// Tables of a node.
    fn tables(&self, config: &Self::Config) -> Vec<Section>;

    /// Whether a node does what the protocol says.
    fn is_honest(&self, config: &Self::Config) -> bool {
        let _ = config;
        true
    }
}

impl Tables for PastryNode {
    const NAME: &'static str = "Pastry";

    fn tables(&self, _: &Self::Config) -> Vec<Section> {
        let leaves: Vec<Peer> = self.leaf_set().clockwise().collect();
        let table = self.routing_table();
        let cells = (0..table.rows()).flat_map(|row| table.row(row).iter().enumerate().map(move |cell| (row, cell)));
        let entries = cells.filter(|(_, (_, peer))| peer.is_some()).map(|(row, (column, peer))| {
            vec![Cell::from(format!("{row}")), Cell::from(format!("{column:X}")), Cell::from(*peer)]
        });
        vec![
            Section::new(format!("Leaf set: {}", leaves.len()), &[], leaves.iter().map(|peer| vec![Cell::from(*peer)])),
            Section::new("Routing table".into(), &["Row", "Column", "Node"], entries),
        ]
    }
}

impl Tables for ChordNode {
    const NAME: &'static str = "Chord";

    fn tables(&self, config: &Self::Config) -> Vec<Section> {
        let successors = self.successors();
        let fingers = self.fingers(config.bits);
        let rows = fingers.iter().filter(|row| row.peer.is_some());
        vec![
            Section::new(
                format!("Successors: {}", successors.len()),
                &[],
                successors.iter().map(|peer| vec![Cell::from(*peer)]),
            ),
            Section::new(
                "Finger table".into(),
                &["Finger", "Node"],
                rows.map(|row| vec![Cell::from(format!("{}", row.index)), Cell::from(row.peer)]),
            ),
        ]
    }
}

impl<O: Tables> Tables for LyingNode<O> {
    const NAME: &'static str = O::NAME;

    fn tables(&self, config: &Self::Config) -> Vec<Section> {
        self.inner().tables(&config.overlay)
    }

    fn is_honest(&self, config: &Self::Config) -> bool {
        !config.liars.contains(&self.me())
    }
}

impl<O: Tables> Shown for DhtNode<O> {
    const NAME: &'static str = O::NAME;
    const ON_RING: bool = true;

    fn role(world: &World<Self>, peer: Peer) -> Role {
        let honest = world.node(peer).overlay().is_honest(&world.config().overlay);
        if honest { Role::Peer } else { Role::Liar }
    }

    fn ties(world: &World<Self>, peer: Peer) -> Vec<(Peer, Tie)> {
        world.node(peer).known_peers().into_iter().map(|other| (other, Tie::Entry)).collect()
    }

    fn has(world: &World<Self>, peer: Peer, key: &Key) -> bool {
        let Ok(id) = key.resolve(world.space(), world.peers()) else { return false };
        world.node(peer).store().any(|(key, _)| key == id)
    }

    fn panel(world: &World<Self>, peer: Peer) -> Vec<Section> {
        let node = world.node(peer);
        let stored = node.store().map(|(key, entry)| {
            let value = String::from_utf8_lossy(entry.value().unwrap_or_default()).into_owned();
            vec![Cell::from(key.text(world.space(), DIGITS)), Cell::from(value)]
        });
        let values = Section::new(format!("Values stored: {}", node.store().len()), &["Key", "Value"], stored);
        let tables = node.overlay().tables(&world.config().overlay);
        std::iter::once(values).chain(tables).collect()
    }

    fn name(world: &World<Self>, peer: Peer) -> String {
        world.text(peer, DIGITS)
    }
}
