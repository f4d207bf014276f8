//! Checkers that see a whole ring: what must hold after every event, and what once nothing more happens.
//!
//! Chord after every event: Zave, "Reasoning about identifier spaces: how to make Chord correct", IEEE TSE 43(12), 2017
//! (see [`chord`]). Pastry after every event: no two members deliver the same key (Castro, Costa, Rowstron, DSN 2004).
//! At rest, both: every member's neighbours are its true ones, and every key is delivered by its owner alone. Only
//! tests, experiments and pictures ask; no protocol does.
//!
//! # Implementation notes
//! - A **member** runs and has come in. Nodes that are still on their way in, and dead ones, are none.
//! - [`after_event`] needs no history. [`Watch`] remembers whether the ring has ever been complete, so it can also hold
//!   a ring to what only a complete one promises: Chord's number of principals.

pub mod chord;
mod pastry;
#[cfg(test)]
mod tests;

use std::fmt;

use rand::SeedableRng;

use super::systems::System;
use super::world::{Flight, World};
use crate::dht::{DhtMessage, DhtNode};
use crate::id::RingId;
use crate::protocol::{Host, Peer, Rng, Step};

/// How many random keys are looked up at rest, besides every member's own.
const SAMPLE_KEYS: usize = 32;
/// Digits of an identifier in a sentence.
const DIGITS: usize = 8;

/// What was found broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Invariant {
    /// Chord: every member has a live node in its successor list.
    OneLiveSuccessor,
    /// Chord: at least r + 1 members that nobody's successor list skips.
    SufficientPrincipals,
    /// Chord: following first live successors leads into one circle, the same from everywhere.
    OneRing,
    /// Chord: that circle goes round the identifiers once.
    OrderedRing,
    /// Pastry: no two members deliver the same key.
    OneDeliverer,
    /// At rest: neighbours are the true ones.
    TrueNeighbours,
    /// At rest: a key is delivered, by its owner.
    OwnerDelivers,
}

/// A state that must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// What does not hold.
    pub invariant: Invariant,
    /// The nodes it is about.
    pub nodes: Vec<Peer>,
    /// What is wrong, in a sentence that names them.
    pub sentence: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// An answer under way that will become the receiver's list of successors: whose, and which peers it names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promise {
    /// Who asked.
    pub asker: Peer,
    /// The answering node and the list it sent.
    pub list: Vec<Peer>,
}

/// All that a checker sees of a ring.
pub struct View<'a, N: System> {
    /// Directory and configuration.
    pub host: Host<'a, N>,
    /// By peer: the nodes that run and are members.
    nodes: Vec<Option<&'a N>>,
    /// In ring order.
    members: Vec<(N::Id, Peer)>,
    promises: Vec<Promise>,
}

impl<'a, N: Checked> View<'a, N> {
    /// What a world shows.
    #[must_use]
    pub fn of(world: &'a World<N>) -> Self {
        let alive = world.nodes().iter().filter(|node| world.is_alive(node.me()));
        let to_the_living = world.in_flight().filter(|flight| !flight.lost && world.is_alive(flight.to));
        Self::new(world.host(), alive, to_the_living)
    }

    /// A view of the nodes that run, with the messages that will reach one of them.
    #[must_use]
    pub fn new<'b>(
        host: Host<'a, N>,
        alive: impl IntoIterator<Item = &'a N>,
        on_the_way: impl IntoIterator<Item = Flight<'b, N::Message>>,
    ) -> Self
    where
        N::Message: 'b,
    {
        let mut nodes = vec![None; host.peers.len()];
        for node in alive.into_iter().filter(|node| node.is_active()) {
            nodes[node.me().index()] = Some(node);
        }
        let members = host.peers.in_ring_order().filter(|(_, peer)| nodes[peer.index()].is_some()).collect();
        let promises = on_the_way.into_iter().filter_map(|flight| N::promise(&flight)).collect();
        Self { host, nodes, members, promises }
    }

    /// The same ring after a member has stopped.
    #[must_use]
    pub fn without(&self, peer: Peer) -> Self {
        let mut nodes = self.nodes.clone();
        nodes[peer.index()] = None;
        let members = self.members.iter().copied().filter(|(_, member)| *member != peer).collect();
        let promises = self.promises.iter().filter(|promise| promise.asker != peer).cloned().collect();
        Self { host: self.host, nodes, members, promises }
    }
}

impl<'a, N: System> View<'a, N> {
    /// A member's state; `None` for everybody else.
    #[must_use]
    pub fn member(&self, peer: Peer) -> Option<&'a N> {
        self.nodes.get(peer.index()).copied().flatten()
    }

    /// The members in ring order.
    #[must_use]
    pub fn members(&self) -> &[(N::Id, Peer)] {
        &self.members
    }

    /// Answers on their way.
    #[must_use]
    pub fn promises(&self) -> &[Promise] {
        &self.promises
    }

    /// A node's name in a sentence.
    #[must_use]
    pub fn name(&self, peer: Peer) -> String {
        self.host.id(peer).text(N::space(self.host.config), DIGITS)
    }

    /// Several, with commas.
    #[must_use]
    pub fn names(&self, peers: &[Peer]) -> String {
        if peers.is_empty() {
            return "nobody".to_owned();
        }
        peers.iter().map(|peer| self.name(*peer)).collect::<Vec<_>>().join(", ")
    }

    /// The next `count` members after the one at `place` in ring order, clockwise or not, each once and without itself.
    #[must_use]
    pub fn around(&self, place: usize, count: usize, clockwise: bool) -> Vec<Peer> {
        let ring = self.members.len();
        let at = |step: usize| if clockwise { place + step } else { place + ring - step };
        (1..=count.min(ring - 1)).map(|step| self.members[at(step) % ring].1).collect()
    }
}

/// What [`Watch`] remembers from event to event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    /// Chord: whether the ring has had its r + 1 principals.
    pub had_principals: bool,
}

/// A system whose rings can be checked.
pub trait Checked: System {
    /// What must hold after every event.
    fn invariant(view: &View<'_, Self>, memory: &mut Memory) -> Option<Violation>;

    /// What must hold of every member's tables once nothing more happens.
    fn tables_at_rest(view: &View<'_, Self>) -> Option<Violation>;

    /// Whether the system promises anything if this member stops now.
    fn may_fail(view: &View<'_, Self>, peer: Peer) -> bool;

    /// What a message under way will make of the receiver's neighbours, where that counts.
    fn promise(flight: &Flight<'_, Self::Message>) -> Option<Promise>;
}

/// What must hold after every event of a ring of which nothing else is known. `None` if it holds.
#[must_use]
pub fn after_event<N: Checked>(world: &World<N>) -> Option<Violation> {
    Watch::default().after_event(world)
}

/// What must hold of a ring in which nothing has happened for a while: every member has its true neighbours, and a
/// sample of keys is each delivered by its owner alone, from wherever it starts. `None` if it holds.
#[must_use]
pub fn at_rest<N: Checked>(world: &World<N>) -> Option<Violation> {
    let view = View::of(world);
    N::tables_at_rest(&view).or_else(|| keys_at_rest(&view))
}

/// Whether a member may stop now: whether the failures that the system's authors allow for include this one. For Chord
/// that no failure leaves a member without a live successor, nor a ring that had r + 1 principals with fewer; for Pastry
/// that no member loses a whole side of its leaf set.
#[must_use]
pub fn may_fail<N: Checked>(world: &World<N>, peer: Peer) -> bool {
    let view = View::of(world);
    view.member(peer).is_none() || N::may_fail(&view, peer)
}

/// Looks at one ring after event upon event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    memory: Memory,
}

impl Watch {
    /// Looks at a ring that had its r + 1 principals before.
    #[must_use]
    pub const fn after_principals() -> Self {
        Self { memory: Memory { had_principals: true } }
    }

    /// What must hold now, knowing how the ring has been. `None` if it holds.
    pub fn after_event<N: Checked>(&mut self, world: &World<N>) -> Option<Violation> {
        self.look(&View::of(world))
    }

    /// The same, of a view.
    pub fn look<N: Checked>(&mut self, view: &View<'_, N>) -> Option<Violation> {
        if view.members.is_empty() { None } else { N::invariant(view, &mut self.memory) }
    }
}

/// Keys that are worth looking at: each member's own, and some at random, the same ones for the same members.
fn sample<N: System>(view: &View<'_, N>) -> Vec<N::Id> {
    let mut rng = Rng::seed_from_u64(view.members.len() as u64);
    let space = N::space(view.host.config);
    let own = view.members.iter().map(|(id, _)| *id);
    own.chain((0..SAMPLE_KEYS).map(|_| N::Id::random(space, &mut rng))).collect()
}

/// Members that would deliver a key themselves.
fn deliverers<N: System>(view: &View<'_, N>, key: N::Id) -> Vec<Peer> {
    let delivers = |peer: &Peer| view.member(*peer).is_some_and(|node| node.next_hop(view.host, key) == Step::Deliver);
    view.members.iter().map(|(_, peer)| *peer).filter(delivers).collect()
}

/// Every key is delivered by its owner and by nobody else, and the next hops lead there.
pub fn keys_at_rest<N: System>(view: &View<'_, N>) -> Option<Violation> {
    for (at, key) in sample(view).into_iter().enumerate() {
        let owner = N::owner(view.host.config, &view.members, key);
        let text = key.text(N::space(view.host.config), DIGITS);
        let by = deliverers(view, key);
        if by != [owner] {
            let sentence =
                format!("key {text} is node {}'s, but it is delivered by {}", view.name(owner), view.names(&by));
            return Some(Violation { invariant: Invariant::OwnerDelivers, nodes: by, sentence });
        }
        let from = view.members[at * 7_919 % view.members.len()].1;
        if !arrives(view, from, key) {
            let sentence = format!("key {text} from node {} goes round in circles", view.name(from));
            return Some(Violation { invariant: Invariant::OwnerDelivers, nodes: vec![from], sentence });
        }
    }
    None
}

/// Whether next hops end. A table that is mended only when used may name a dead node; what happens then is for messages
/// to find out, so a way that meets one counts as well.
fn arrives<N: System>(view: &View<'_, N>, from: Peer, key: N::Id) -> bool {
    let mut at = from;
    for _ in 0..=view.members.len() {
        match view.member(at).map(|node| node.next_hop(view.host, key)) {
            Some(Step::Forward(next)) => at = next,
            Some(Step::Deliver) | None => return true,
        }
    }
    false
}

impl<O: Checked> Checked for DhtNode<O> {
    fn invariant(view: &View<'_, Self>, memory: &mut Memory) -> Option<Violation> {
        O::invariant(&below(view), memory)
    }

    fn tables_at_rest(view: &View<'_, Self>) -> Option<Violation> {
        O::tables_at_rest(&below(view))
    }

    fn may_fail(view: &View<'_, Self>, peer: Peer) -> bool {
        O::may_fail(&below(view), peer)
    }

    fn promise(flight: &Flight<'_, Self::Message>) -> Option<Promise> {
        let DhtMessage::Overlay(message) = flight.message else { return None };
        let Flight { from, to, sent, arrives, lost, .. } = *flight;
        O::promise(&Flight { from, to, sent, arrives, lost, message })
    }
}

/// The overlay under a hash table.
fn below<'a, O: Checked>(view: &View<'a, DhtNode<O>>) -> View<'a, O> {
    View {
        host: DhtNode::inner_host(&view.host),
        nodes: view.nodes.iter().map(|node| node.map(DhtNode::overlay)).collect(),
        members: view.members.clone(),
        promises: view.promises.clone(),
    }
}
