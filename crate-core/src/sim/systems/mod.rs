//! What the simulator knows of a system beyond a node's own state: the converged state, what a wish means to a node, and,
//! where keys have one, who owns a key.

mod chord;
mod dht;
mod pastry;

use std::sync::Arc;

use super::plane::Plane;
use super::spec::Key;
use super::trace::Told;

use crate::protocol::{Envelope, Host, Node, Overlay, Peer, Request};

/// What somebody wants of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wish {
    /// A message to the node responsible for it.
    Route,
    /// Store this.
    Insert(Arc<[u8]>),
    /// Look it up.
    Search,
    /// Remove it.
    Delete,
}

/// A node that worlds can be made of.
pub trait Inhabitant: Node<Event: Told> {
    /// All nodes of the directory, in peer order, in the state that joining leads to.
    fn converged(host: Host<'_, Self>, plane: &Plane) -> Vec<Self>;

    /// The command for a wish about a key, which is given as it was said and as it lies on the ring. Where nodes store
    /// nothing, each wish sends a message to the key.
    fn command(request: Request, said: &Key, key: Self::Id, wish: Wish) -> Self::Command;
}

/// A structured overlay that worlds can be made of.
pub trait System: Inhabitant + Overlay {
    /// Who is responsible for a key when `ring` (in ring order, not empty) are the members. For checkers only.
    fn owner(config: &Self::Config, ring: &[(Self::Id, Peer)], key: Self::Id) -> Peer;
}

/// A message to a key whose arrival the origin is told of.
fn answered<I>(request: Request, key: I) -> Envelope<I> {
    Envelope { answer: true, ..Envelope::lookup(request, Peer::NONE, key) }
}
