//! What the simulator knows of a system beyond a node's own state: the converged state, what a wish means to a node, and,
//! where keys have one, who owns a key.

mod chord;
mod dht;
mod fasttrack;
mod gnutella;
pub mod liar;
mod napster;
mod pastry;
mod replication;

use std::sync::Arc;

use super::plane::Plane;
use super::spec::Key;
use super::trace::Told;
use crate::id::Guid;

use crate::protocol::{Envelope, Host, Node, Overlay, Peer, Request};
use crate::search::{SearchCommand, SearchEvent};

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

/// A system that searches by words.
pub trait Searching: Inhabitant<Id = Guid, Command = SearchCommand, Event = SearchEvent> {
    /// So many first nodes of a world are servers and no peers.
    fn servers(config: &Self::Config) -> u32;

    /// Files that peers share from the beginning, as publishing them by messages would leave it.
    fn stock(nodes: &mut [Self], host: Host<'_, Self>, files: &[(Peer, Arc<str>)]);

    /// What a node has to remember for the system, one entry a file of others or a peer: the lecture's "storage".
    fn entries(&self, config: &Self::Config) -> usize;
}

/// What a wish means where keys are words: the name as it was said. A message "to the key" is a search that fetches the file.
fn searched(request: Request, said: &Key, wish: Wish) -> SearchCommand {
    let words: Arc<str> = match said {
        Key::Name(text) | Key::Digits(text) => text.as_str().into(),
        // Nobody searches for a peer; an empty phrase is refused.
        Key::Node(_) => "".into(),
    };
    match wish {
        Wish::Route => SearchCommand::Search { request, words, fetch: true },
        Wish::Search => SearchCommand::Search { request, words, fetch: false },
        // A file is its name: the value is what it stands for.
        Wish::Insert(_) => SearchCommand::Publish { request, name: words },
        Wish::Delete => SearchCommand::Withdraw { request, name: words },
    }
}

/// A message to a key whose arrival the origin is told of.
fn answered<I>(request: Request, key: I) -> Envelope<I> {
    Envelope { answer: true, ..Envelope::lookup(request, Peer::NONE, key) }
}
