//! What the simulator knows of a system beyond a node's own state: the converged tables and who owns a key.

use crate::protocol::{Host, Overlay, Peer};

/// A system that worlds can be made of.
pub trait System: Overlay {
    /// All nodes of the directory, in peer order, with the tables that joining leads to.
    fn converged(host: Host<'_, Self>) -> Vec<Self>;

    /// Who is responsible for a key when `ring` (in ring order, not empty) are the members. For checkers only.
    fn owner(config: &Self::Config, ring: &[(Self::Id, Peer)], key: Self::Id) -> Peer;
}
