//! What a world is made from, and what may be done to it: the two things a share link carries.

use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::plane::Place;
use super::systems::Inhabitant;
use super::weather::Weather;
use super::world::World;
use crate::id::{HexError, RingId};
use crate::protocol::{Directory, Peer, Rng};
use crate::time::{Duration, Time};

/// The largest world that may be asked for.
pub const NODES_MAX: u32 = 1_000_000;
/// The longest name or digits that may be typed or linked, in bytes.
pub const TEXT_BYTES_MAX: usize = 200;

/// How the tables of a world's first nodes come about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Build {
    /// Directly in the state that joining leads to.
    Converged,
    /// By real join messages, one newcomer after the other, and then some time to settle.
    Joined {
        /// Simulated seconds after the last join.
        settle_secs: u32,
    },
}

/// A node that a figure puts at a certain place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Placed {
    /// Its identifier, as digits.
    pub digits: String,
    /// Where it is on the latency plane.
    pub place: Place,
}

/// What a world is made from. Two equal ones give equal worlds, everywhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Spec<C> {
    /// What all randomness comes from.
    pub seed: u64,
    /// Nodes of a figure; they come first.
    pub placed: Vec<Placed>,
    /// How many more nodes there are, with identifiers hashed from the seed, at random places.
    pub random: u32,
    /// How tables come about.
    pub build: Build,
    /// Messages that get lost, in millionths.
    pub loss_per_million: u32,
    /// Rule switches and sizes of all nodes.
    pub config: C,
}

/// Why no world can be made from a specification.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SpecError {
    /// Nobody would be in it.
    #[error("A world needs at least one node.")]
    NoNodes,
    /// More nodes than this program takes on.
    #[error("{0} nodes are too many; a world here holds at most {NODES_MAX}.")]
    TooManyNodes(u64),
    /// More nodes than the ring has identifiers for.
    #[error("A ring of {bits} bits has only {most} identifiers.")]
    RingTooSmall {
        /// The ring's size.
        bits: u8,
        /// How many identifiers that is.
        most: u64,
    },
    /// A placed node's identifier does not read.
    #[error("“{digits}” is no identifier: {error}")]
    Identifier {
        /// What was given.
        digits: String,
        /// What is wrong.
        error: HexError,
    },
    /// An identifier is given twice.
    #[error("Two nodes have the identifier {0}.")]
    Twice(String),
    /// More loss than all messages.
    #[error("At most all messages can be lost.")]
    Loss,
}

impl<C: Clone> Spec<C> {
    /// A converged world of `nodes` random nodes without loss.
    #[must_use]
    pub const fn random(nodes: u32, seed: u64, config: C) -> Self {
        Self { seed, placed: Vec::new(), random: nodes, build: Build::Converged, loss_per_million: 0, config }
    }

    /// The world, at its beginning.
    ///
    /// # Errors
    /// If no such world can be.
    pub fn world<N: Inhabitant<Config = C>>(&self) -> Result<World<N>, SpecError> {
        let members = self.members::<N>()?;
        let mut world = World::new(self.config.clone(), self.seed);
        world.set_loss(self.loss_per_million);
        match self.build {
            Build::Converged => world.fill_converged(members),
            Build::Joined { settle_secs } => {
                world.fill_by_joins(members);
                world.run_for(Duration::from_secs(u64::from(settle_secs)), &mut super::world::Unobserved);
            }
        }
        Ok(world)
    }

    fn members<N: Inhabitant<Config = C>>(&self) -> Result<Vec<(N::Id, Place)>, SpecError> {
        let space = N::space(&self.config);
        let count = self.placed.len() as u64 + u64::from(self.random);
        if count == 0 {
            return Err(SpecError::NoNodes);
        }
        if count > u64::from(NODES_MAX) {
            return Err(SpecError::TooManyNodes(count));
        }
        if self.loss_per_million > 1_000_000 {
            return Err(SpecError::Loss);
        }
        let most = N::Id::room(space);
        if count > most {
            let bits = most.ilog2() as u8;
            return Err(SpecError::RingTooSmall { bits, most });
        }
        let mut taken = Directory::new();
        let mut members = Vec::with_capacity(count as usize);
        for placed in &self.placed {
            let id = N::Id::parse(space, &placed.digits)
                .map_err(|error| SpecError::Identifier { digits: placed.digits.clone(), error })?;
            if taken.find(id).is_some() {
                return Err(SpecError::Twice(placed.digits.clone()));
            }
            taken.intern(id);
            members.push((id, placed.place));
        }
        let mut rng = Rng::seed_from_u64(self.seed ^ 0x706C_6163_6573);
        let mut attempt = 0_u64;
        while (members.len() as u64) < count {
            // On a small ring hashes collide: the next attempt's hash then takes its turn.
            let id = N::Id::of_name(space, &format!("{}/{attempt}", self.seed));
            attempt += 1;
            if taken.find(id).is_none() {
                taken.intern(id);
                members.push((id, Place::random(&mut rng)));
            }
        }
        // Joining in hash order is random order already; a figure's nodes must not all come first.
        if self.build != Build::Converged {
            for i in (1..members.len()).rev() {
                members.swap(i, rng.random_range(0..=i as u32) as usize);
            }
        }
        Ok(members)
    }
}

/// A key as a person gives it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Key {
    /// A name, hashed by SHA-1.
    Name(String),
    /// Digits of an identifier.
    Digits(String),
    /// The identifier of a node.
    Node(Peer),
}

impl Key {
    /// The key on a system's ring.
    ///
    /// # Errors
    /// If it names no node or is no identifier.
    pub fn resolve<I: RingId>(&self, space: I::Space, peers: &Directory<I>) -> Result<I, ActionError> {
        match self {
            Self::Name(name) if name.len() > TEXT_BYTES_MAX => Err(ActionError::TextTooLong),
            Self::Name(name) if name.trim().is_empty() => Err(ActionError::Key(HexError::Empty)),
            Self::Name(name) => Ok(I::of_name(space, name)),
            Self::Digits(digits) => I::parse(space, digits).map_err(ActionError::Key),
            Self::Node(peer) if peer.index() < peers.len() => Ok(peers.id(*peer)),
            Self::Node(_) => Err(ActionError::NoSuchNode),
        }
    }
}

/// Something a person does to a world.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Action {
    /// Send a message from a node to whoever is responsible for a key.
    Route {
        /// Where it starts.
        from: Peer,
        /// Where it goes.
        key: Key,
    },
    /// A new node comes in.
    Add {
        /// What its identifier comes from.
        id: Key,
    },
    /// A node stops without a word.
    Kill {
        /// Which.
        node: Peer,
    },
    /// A node says goodbye.
    Leave {
        /// Which.
        node: Peer,
    },
    /// A stopped node comes back, with empty tables.
    Restart {
        /// Which.
        node: Peer,
    },
    /// Store a value under a key.
    Insert {
        /// Where the wish starts.
        from: Peer,
        /// Under which key.
        key: Key,
        /// What.
        value: String,
    },
    /// Look for the value under a key.
    Search {
        /// Where the wish starts.
        from: Peer,
        /// Under which key.
        key: Key,
    },
    /// Remove the value under a key.
    Delete {
        /// Where the wish starts.
        from: Peer,
        /// Under which key.
        key: Key,
    },
    /// The network changes.
    Weather(Weather),
}

impl Action {
    /// Who asks for what, if it sends a message on its way to a key or a search on its way to whoever has something: somebody waits for
    /// how that ends.
    #[must_use]
    pub const fn request(&self) -> Option<(Peer, &Key)> {
        match self {
            Self::Route { from, key }
            | Self::Insert { from, key, .. }
            | Self::Search { from, key }
            | Self::Delete { from, key } => Some((*from, key)),
            Self::Add { .. } | Self::Kill { .. } | Self::Leave { .. } | Self::Restart { .. } | Self::Weather(_) => None,
        }
    }
}

/// Why something cannot be done.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ActionError {
    /// The node is not of this world.
    #[error("There is no such node.")]
    NoSuchNode,
    /// The node does not run.
    #[error("That node is not running; restart it first.")]
    NotRunning,
    /// The node runs.
    #[error("That node is running already.")]
    Running,
    /// A node has this identifier.
    #[error("A node with this identifier is already there.")]
    Taken,
    /// The world is full.
    #[error("This world is full: it holds at most {NODES_MAX} nodes.")]
    Full,
    /// The last running node stays.
    #[error("This is the last running node; add another before you stop it.")]
    LastNode,
    /// Too much text.
    #[error("That is too long; names and values may have {TEXT_BYTES_MAX} bytes.")]
    TextTooLong,
    /// No such network.
    #[error("A network loses at most all messages, and takes at most a hundred times as long.")]
    Weather,
    /// The key does not read.
    #[error("{0}")]
    Key(#[from] HexError),
}

/// An action and when it was taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogEntry {
    /// How many records there were before it.
    pub position: u32,
    /// The moment.
    pub at: Time,
    /// What was done.
    pub action: Action,
}
