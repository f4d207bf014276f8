//! Pastry: prefix routing on a ring of 128-bit identifiers.
//!
//! After A. Rowstron and P. Druschel, "Pastry: Scalable, decentralized object location and routing for large-scale
//! peer-to-peer systems", Middleware 2001. Draws the slides "Pastry", "Circular routing alone is correct but
//! inefficient", "First four rows of a Pastry routing table", "Pastry routing example" and "Pastry's routing
//! algorithm".
//!
//! | file | holds | paper |
//! |---|---|---|
//! | `config` | rule switches and sizes | §2.1 |
//! | `table`, `leaf_set`, `neighbourhood` | a node's state R, L, M | §2.1 |
//! | `route` | the routing step, fast and explained | §2.2, Table 1 |
//! | `deliver` | routed messages from hop to hop | §2.2 |
//! | `join` | coming in and going | §2.4 |
//! | `probe`, `repair` | failures noticed and mended | §2.4 |
//! | `heartbeat` | signs of life between neighbours | MSPastry |
//! | `liveness`, `tuning` | adaptive time-outs, table probes and how often | MSPastry |
//! | `exchange` | rows asked of others, so that tables stay near | MSPastry |
//! | `upkeep` | what a node remembers for a while, and its timers | |
//! | `words` | decisions in plain English | |
//!
//! # Implementation notes
//! - **Acknowledgements and heartbeats** are not of the 2001 paper, which says only that a node is presumed failed when
//!   its immediate neighbours can no longer communicate with it. They follow MSPastry (Castro, Costa, Rowstron, "Performance
//!   and dependability of structured peer-to-peer overlays", DSN 2004) and are switches of [`Config`];
//!   [`Config::dependable`] has all of them on, and `experiment::churn` measures what they achieve.
//! - **Second-hand news is not believed.** A node named by a third one answers a probe before a repair takes it in, and
//!   nodes that did not answer are remembered for a while, so that the dead do not come back from stale tables. The
//!   rows and the leaf set that a newcomer copies are the exception: it announces itself to all of them anyway, and
//!   waits for the leaf set's answers.
//! - **Announcements carry the newcomer's leaf set, not its whole state** (§2.4 has R and M travel too): what a receiver
//!   could learn from rows and M improves proximity only, and costs each of some 80 receivers 80 comparisons. The
//!   second stage of §2.5, asking R and M for their state, is left out for the same reason. [`JoinMethod`] switches to
//!   the paper's three ways, for its Fig. 7.
//! - **A newcomer delivers nothing before all members of its leaf set have answered** its announcement (MSPastry's rule;
//!   the 2001 paper has optimistic time stamps). Until then it holds what it would deliver; what comes before its
//!   announcement means a former life of its, and is passed over. So of two nodes that come in side by side each hears
//!   of the other, from whichever neighbour heard of both. (With |L| = 2 there is one neighbour a side and no
//!   redundancy: many simultaneous newcomers may then need a heartbeat to settle.)
//! - **Size.** A node is 128 bytes (two cache lines, of which the first decides most hops) plus its leaf set
//!   (12 bytes a member), its table rows (4 bytes a cell) and M. What only lasts a while is boxed and given back.

mod config;
mod deliver;
mod exchange;
mod heartbeat;
mod join;
mod leaf_set;
mod liveness;
mod message;
mod neighbourhood;
mod probe;
mod repair;
mod route;
mod table;
#[cfg(test)]
mod tests;
mod tuning;
mod upkeep;
pub mod words;

pub use config::{Config, Dependability, JoinMethod, LeafSetSize, LeafSetSizeError, RoutingRule};
pub use leaf_set::{LeafSet, Side};
pub use message::{Join, JoinState, Leaves, Message};
pub use table::RoutingTable;

use deliver::Upstream;
use leaf_set::{Extend, Inserted, LeafRange, Reach};
use neighbourhood::Neighbourhood;
use upkeep::Upkeep;

use crate::id::Guid;
use crate::protocol::{self, Command, Decision, Event, Host, Input, Node, Note, Overlay, Peer, Step};
use crate::time::{Duration, Time};

/// What a Pastry node may use while it handles one input.
type Context<'a> = protocol::Context<'a, PastryNode>;

/// A node of a Pastry ring.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct PastryNode {
    // The first cache line: enough to decide by leaf range and to find the table's cell.
    id: Guid,
    range: LeafRange,
    table: RoutingTable,
    leaves: LeafSet,
    neighbourhood: Neighbourhood,
    /// Joins, probes, repairs, pending acknowledgements: nothing, most of the time.
    upkeep: Option<Box<Upkeep>>,
    me: Peer,
    active: bool,
}

impl PastryNode {
    /// A full member with the given tables, for worlds that are built in their converged state: `leaves` in any order
    /// (of more than |L| the nearest are kept; fewer than |L| are taken for the whole ring), cells of the routing table
    /// as (row, column, peer), and M nearest first.
    #[must_use]
    pub fn from_tables(
        me: Peer,
        host: Host<'_, Self>,
        leaves: impl IntoIterator<Item = Peer>,
        cells: impl IntoIterator<Item = (u8, u8, Peer)>,
        neighbourhood: impl IntoIterator<Item = Peer>,
    ) -> Self {
        let id = host.id(me);
        let leaves = LeafSet::from_members(host.config.leaf_set.total(), id, leaves, host.peers);
        let mut node = Self {
            id,
            range: leaves.range(id, host.peers),
            table: RoutingTable::from_cells(host.config.digits, cells),
            leaves,
            neighbourhood: Neighbourhood::from_peers(host.config.neighbourhood, me, neighbourhood, host.proximity),
            upkeep: None,
            me,
            active: true,
        };
        // The low bits of identifiers spread the first heartbeats over a period.
        node.start_heartbeat_at(host.config, Time::ZERO, id.0 as u64);
        node
    }

    /// Its identifier.
    #[must_use]
    #[inline]
    pub fn id(&self) -> Guid {
        self.id
    }

    /// Its leaf set L.
    #[must_use]
    pub fn leaf_set(&self) -> &LeafSet {
        &self.leaves
    }

    /// Its routing table R.
    #[must_use]
    pub fn routing_table(&self) -> &RoutingTable {
        &self.table
    }

    /// Its neighbourhood set M, nearest first.
    #[must_use]
    pub fn neighbourhood(&self) -> &[Peer] {
        self.neighbourhood.peers()
    }

    /// Whether it is on its way in: asked to join, and not yet a member.
    #[must_use]
    pub fn is_joining(&self) -> bool {
        self.upkeep.as_ref().is_some_and(|upkeep| upkeep.joining.is_some())
    }

    /// Peers taken to be dead, most recent last. They are not believed to be alive before they say so themselves.
    pub fn presumed_dead(&self) -> impl Iterator<Item = Peer> + '_ {
        self.upkeep.iter().flat_map(|upkeep| upkeep.dead.iter().map(|dead| dead.peer))
    }

    fn upkeep_mut(&mut self) -> &mut Upkeep {
        self.upkeep.get_or_insert_default()
    }

    fn is_dead(&self, peer: Peer) -> bool {
        self.upkeep.as_ref().is_some_and(|upkeep| upkeep.dead.iter().any(|dead| dead.peer == peer))
    }

    /// The identifier of another node; `None` for nobody, oneself, or an index that this process never gave.
    fn id_of(&self, host: Host<'_, Self>, peer: Peer) -> Option<Guid> {
        (peer != self.me && peer.index() < host.peers.len()).then(|| host.id(peer))
    }

    /// Everybody it knows, in ascending order.
    fn everybody(&self) -> Vec<Peer> {
        let mut all: Vec<_> = self.leaves.clockwise().collect();
        all.extend(self.table.entries().map(|(_, _, peer)| peer));
        all.extend(self.neighbourhood.peers());
        crate::small_sort::sort(&mut all);
        all.dedup();
        all
    }

    /// A peer was heard of: takes it wherever it improves this node's state. The caller vouches that it is alive.
    fn learn(&mut self, cx: &mut Context<'_>, peer: Peer, extend: Extend) {
        let Some(id) = self.id_of(cx.host, peer) else { return };
        self.learn_leaf(cx, peer, id, extend);
        let distance = cx.host.proximity.round_trip(self.me, peer);
        self.learn_entry_at(cx, peer, id, Some(distance));
        self.neighbourhood.insert(self.me, peer, distance, cx.host.proximity);
    }

    /// Takes a peer into the leaf set if it belongs there; says whether it did.
    fn learn_leaf(&mut self, cx: &mut Context<'_>, peer: Peer, id: Guid, extend: Extend) -> bool {
        // Most newcomers live far away: a full leaf set takes none of them, and needs no look at its members for that.
        if self.range.reach(self.id, id) == Reach::Beyond && self.leaves.is_complete() {
            return false;
        }
        let Inserted::Yes(dropped) = self.leaves.insert(self.id, peer, id, extend, cx.host.peers) else { return false };
        self.range = self.leaves.range(self.id, cx.host.peers);
        cx.note(|| Note::NeighbourAdded { peer });
        if let Some(peer) = dropped {
            cx.note(|| Note::NeighbourRemoved { peer });
        }
        if self.active {
            cx.event(Event::NeighboursChanged);
        }
        true
    }

    /// Takes a peer into its cell of the routing table if that is empty, or the peer nearer than who stands there.
    fn learn_entry(&mut self, cx: &mut Context<'_>, peer: Peer, id: Guid) {
        self.learn_entry_at(cx, peer, id, None);
    }

    /// The same, with the peer's round-trip time if that is known already.
    fn learn_entry_at(&mut self, cx: &mut Context<'_>, peer: Peer, id: Guid, distance: Option<Duration>) {
        let digits = cx.host.config.digits;
        let row = self.id.shared_prefix(id, digits);
        if row >= digits.rows() {
            return;
        }
        let column = id.digit(row, digits);
        let there = self.table.slot(row, column, digits.bits());
        let round_trip = |to| cx.host.proximity.round_trip(self.me, to);
        let is_nearer = || distance.unwrap_or_else(|| round_trip(peer)) < round_trip(there);
        if !there.is_some() || (there != peer && is_nearer()) {
            self.table.set(row, column, peer);
            // At most 128 rows of 16 columns.
            cx.note(|| Note::EntrySet { row: row as u8, column: column as u8, peer });
        }
    }

    fn on_command(&mut self, cx: &mut Context<'_>, command: Command<Guid>) {
        match command {
            Command::Start => self.start(cx),
            Command::Join { contact } => self.join(cx, contact),
            Command::Leave => self.leave(cx),
            Command::Route(mut envelope) => {
                (envelope.origin, envelope.hops, envelope.ack) = (self.me, 0, 0);
                self.carry(cx, envelope, Upstream::NOBODY, &[]);
            }
            Command::Direct { to, payload } => cx.send(to, Message::Direct(payload)),
        }
    }

    fn on_message(&mut self, cx: &mut Context<'_>, from: Peer, message: Message) {
        if !self.active && !self.is_joining() {
            return;
        }
        if self.upkeep.is_some() {
            self.heard_from(cx.now, from);
        }
        match message {
            Message::Route(envelope) if self.has_announced() => self.on_route(cx, from, envelope),
            // Not acknowledged, so that it finds another way; who took this node for dead has delivered it perhaps.
            Message::Route(_) => {}
            Message::Join { ack, join } => {
                if self.acknowledge(cx, from, ack) {
                    self.on_join(cx, join);
                }
            }
            Message::Ack { ack } => self.on_ack(cx, from, ack, false),
            Message::Done { ack } => self.on_ack(cx, from, ack, true),
            Message::Answer { request, hops } => cx.event(Event::Answered { request, owner: from, hops }),
            Message::Direct(payload) => cx.event(Event::Direct { from, payload }),
            Message::JoinState(state) => self.on_join_state(cx, from, *state),
            Message::Announce { leaves, answer } => self.on_announce(cx, from, &leaves, answer),
            Message::Welcome { leaves } => self.on_welcome(cx, from, leaves.as_deref()),
            Message::Leave { leaves } => self.remove(cx, from, Some(&leaves)),
            Message::Heartbeat { digest, period } => self.on_heartbeat(cx, from, digest, period),
            Message::Fault { peer } => self.on_fault(cx, peer),
            Message::Probe => self.on_probe(cx, from),
            Message::ProbeAnswer => self.on_probe_answer(cx, from),
            Message::LeafSetRequest => cx.send(from, Message::LeafSet(self.leaves.to_message().into())),
            Message::LeafSet(leaves) => self.on_leaf_set(cx, from, &leaves),
            Message::EntryRequest { row, column } => {
                let peer = self.table.cell(row.into(), column.into()).unwrap_or(Peer::NONE);
                cx.send(from, Message::Entry { row, column, peer });
            }
            Message::Entry { row, column, peer } => self.on_entry(cx, from, row, column, peer),
            Message::RowRequest { row } => self.on_row_request(cx, from, row),
            Message::Row { row, peers } => self.on_row(cx, from, row, &peers),
            Message::NeighbourhoodRequest => {
                cx.send(from, Message::Neighbourhood(self.neighbourhood.peers().into()));
            }
            Message::Neighbourhood(peers) => self.on_neighbourhood(cx, &peers),
            Message::StateRequest => cx.send(from, Message::State(self.everybody().into())),
            Message::State(peers) => self.on_state(cx, from, &peers),
        }
    }
}

impl Node for PastryNode {
    type Id = Guid;
    type Config = Config;
    type Message = Message;
    type Command = Command<Guid>;
    type Event = Event<Guid>;

    fn space(_: &Config) {}

    fn new(me: Peer, host: Host<'_, Self>) -> Self {
        let id = host.id(me);
        Self {
            id,
            range: LeafRange::nothing(id),
            table: RoutingTable::new(host.config.digits),
            leaves: LeafSet::new(host.config.leaf_set.total()),
            neighbourhood: Neighbourhood::new(host.config.neighbourhood),
            upkeep: None,
            me,
            active: false,
        }
    }

    #[inline]
    fn me(&self) -> Peer {
        self.me
    }

    #[inline]
    fn is_active(&self) -> bool {
        self.active
    }

    fn handle(&mut self, cx: &mut protocol::Context<'_, Self>, input: Input<Self>) {
        let before = cx.outputs.len();
        match input {
            Input::Message { from, message } => self.on_message(cx, from, message),
            Input::Deadline => self.on_deadline(cx),
            Input::LinkDown(peer) => self.forget(cx, peer),
            Input::Command(command) => self.on_command(cx, command),
        }
        if let Some(upkeep) = &self.upkeep {
            if upkeep.liveness.is_some() {
                self.watch_neighbours(cx, before);
            } else if upkeep.is_idle(cx.now) {
                self.upkeep = None;
            }
        }
    }

    #[inline]
    fn next_deadline(&self) -> Option<Time> {
        self.upkeep.as_ref().and_then(|upkeep| upkeep.next_deadline())
    }

    const TOUCHES: u8 = 2;

    #[inline]
    fn touch(&self, host: Host<'_, Self>, key: Guid, touch: u8) -> u32 {
        if touch == 0 { self.me.0 ^ self.id.0 as u32 } else { self.touch_tables(host, key) }
    }

    #[inline]
    fn routed_key(message: &Message) -> Option<Guid> {
        match message {
            Message::Route(envelope) => Some(envelope.key),
            _ => None,
        }
    }

    /// A routed message that needs no acknowledgement, while nothing is remembered that it could bear on.
    #[inline]
    fn send_on(&self, host: Host<'_, Self>, _: Peer, message: &mut Message) -> Option<Peer> {
        let Message::Route(envelope) = message else { return None };
        let is_plain = envelope.ack == 0 && self.active && self.upkeep.is_none() && !host.config.acks;
        if !is_plain || envelope.hops >= host.config.hop_limit {
            return None;
        }
        let Step::Forward(next) = self.route(host, envelope.key, &[]) else { return None };
        envelope.hops += 1;
        Some(next)
    }

    fn known_peers(&self) -> Vec<Peer> {
        self.everybody()
    }

    fn heap_bytes(&self) -> usize {
        self.table.heap_bytes()
            + self.leaves.heap_bytes()
            + self.neighbourhood.heap_bytes()
            + self.upkeep.as_ref().map_or(0, |upkeep| upkeep.bytes())
    }
}

impl Overlay for PastryNode {
    #[inline]
    fn next_hop(&self, host: Host<'_, Self>, key: Guid) -> Step {
        self.route(host, key, &[])
    }

    fn explain(&self, host: Host<'_, Self>, key: Guid) -> Decision {
        self.explain_without(host, key, &[])
    }

    fn replica_holders(&self, host: Host<'_, Self>, key: Guid, count: usize) -> Vec<Peer> {
        let mut holders: Vec<_> = self.leaves.clockwise().collect();
        crate::small_sort::sort_by_key(&mut holders, |peer| key.closeness(host.id(*peer)));
        holders.truncate(count);
        holders
    }
}
