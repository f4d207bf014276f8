//! What the simulator knows of a system beyond a node's own state: the converged tables and who owns a key.

mod chord;
mod dht;
mod pastry;

use std::sync::Arc;

use super::plane::Plane;

use crate::protocol::{Host, Overlay, Peer, Request};

/// A wish about stored values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DataWish {
    /// Store this.
    Insert(Arc<[u8]>),
    /// Look it up.
    Search,
    /// Remove it.
    Delete,
}

/// A system that worlds can be made of.
pub trait System: Overlay {
    /// All nodes of the directory, in peer order, with the tables that joining leads to.
    fn converged(host: Host<'_, Self>, plane: &Plane) -> Vec<Self>;

    /// The command for a wish about stored values; `None` if the nodes store nothing.
    fn data_command(request: Request, key: Self::Id, wish: DataWish) -> Option<Self::Command>;

    /// Who is responsible for a key when `ring` (in ring order, not empty) are the members. For checkers only.
    fn owner(config: &Self::Config, ring: &[(Self::Id, Peer)], key: Self::Id) -> Peer;
}
