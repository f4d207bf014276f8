//! What nodes say to each other, with identifiers instead of the peer indexes of one process, and back.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::message::{Hop, MOST_HOPS};
use super::{Bytes, List};
use crate::dht::{DhtMessage, Item, MOST_VALUE_BYTES, Version};
use crate::id::Guid;
use crate::pastry::{Join, JoinState, LeafSetSize, Leaves, Message};
use crate::protocol::{Directory, Envelope, Peer, Request};
use crate::time::{Duration, Time};

/// What an application may send along a route: a value and what goes with it.
const MOST_PAYLOAD_BYTES: usize = MOST_VALUE_BYTES + 64;
/// Most members of a leaf set.
const MOST_LEAVES: usize = LeafSetSize::MAX.total();
/// Most entries of a routing table, neighbourhood set or whole state that are told at once.
const MOST_ROW: usize = 255;
const MOST_ROWS: usize = 1024;
const MOST_NEAR: usize = 255;
const MOST_STATE: usize = 1024;
/// Most values of one message, and most holders of one value.
const MOST_ITEMS: usize = 64;
const MOST_COPIES: usize = 32;
/// Most nodes that a search is left to.
const MOST_OTHERS: usize = 255;

/// A node's message and the way that brought it about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Carried {
    /// Hops of the request it belongs to; empty if nobody wants to know.
    pub path: List<Hop, MOST_HOPS>,
    /// What is said.
    pub message: NodeMessage,
}

/// [`Envelope`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WireEnvelope {
    ack: u32,
    request: Request,
    answer: bool,
    hops: u16,
    origin: Guid,
    key: Guid,
    payload: Option<Bytes<MOST_PAYLOAD_BYTES>>,
}

/// [`Leaves`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WireLeaves {
    whole: bool,
    larger: u8,
    peers: List<Guid, MOST_LEAVES>,
}

/// [`JoinState`]; only the cells of its rows that hold somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WireJoinState {
    attempt: u8,
    hop: u8,
    first_row: u8,
    cells: u16,
    rows: List<Guid, MOST_ROWS>,
    neighbourhood: List<Guid, MOST_NEAR>,
    leaves: Option<WireLeaves>,
}

/// [`Version`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WireVersion {
    time: Time,
    by: Guid,
}

/// [`Item`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WireItem {
    key: Guid,
    version: WireVersion,
    value: Option<Bytes<MOST_VALUE_BYTES>>,
    copies: List<Guid, MOST_COPIES>,
}

/// Keys and versions.
type Versions = List<(Guid, WireVersion), MOST_ITEMS>;

/// [`DhtMessage`] and [`Message`]. Variants are only added at the end.
#[expect(missing_docs, reason = "each stands for the variant of the same name, which has the words")]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum NodeMessage {
    Route(WireEnvelope),
    Join { ack: u32, newcomer: Guid, back: Option<Guid>, attempt: u8, hops: u8, next_row: u8 },
    Ack { ack: u32 },
    Done { ack: u32 },
    Answer { request: Request, hops: u16 },
    Direct(Bytes<MOST_PAYLOAD_BYTES>),
    JoinState(WireJoinState),
    Announce { leaves: WireLeaves, answer: bool },
    Welcome { leaves: Option<WireLeaves> },
    Leave { leaves: WireLeaves },
    Heartbeat { digest: u32, period: Duration },
    Fault { peer: Guid },
    Probe,
    ProbeAnswer,
    LeafSetRequest,
    LeafSet(WireLeaves),
    EntryRequest { row: u8, column: u8 },
    Entry { row: u8, column: u8, peer: Option<Guid> },
    NeighbourhoodRequest,
    Neighbourhood(List<Guid, MOST_NEAR>),
    StateRequest,
    State(List<Guid, MOST_STATE>),
    Copy { items: List<WireItem, MOST_ITEMS> },
    HandOver { items: List<WireItem, MOST_ITEMS>, passes: u8 },
    Copied { items: Versions, handed_over: bool },
    Drop { items: Versions },
    Ask { request: Request, origin: Guid, key: Guid, others: List<Guid, MOST_OTHERS> },
    Stored { request: Request, copies: u8 },
    Found { request: Request, value: Option<Bytes<MOST_VALUE_BYTES>> },
    Deleted { request: Request, existed: bool },
    RowRequest { row: u8 },
    Row { row: u8, peers: List<Guid, MOST_ROW> },
}

/// Gives identifiers of the wire their index in this process.
pub trait Intern {
    /// The index of an identifier; `None` if there is no room for a new one.
    fn intern(&mut self, id: Guid) -> Option<Peer>;

    /// A newcomer that is no member can be reached by way of this one.
    fn reached_by(&mut self, newcomer: Guid, back: Guid);
}

/// The wire's form of a message. `back` says by way of whom a newcomer can be reached. `None` if the message has more
/// in it than a sound node sends.
#[must_use]
pub fn to_wire(
    message: &DhtMessage<Message, Guid>,
    peers: &Directory<Guid>,
    back: impl Fn(Guid) -> Option<Guid>,
) -> Option<NodeMessage> {
    let id = |peer: Peer| peers.id(peer);
    Some(match message {
        DhtMessage::Overlay(message) => pastry_to_wire(message, peers, back)?,
        DhtMessage::Copy { items } => NodeMessage::Copy { items: items_to_wire(items, peers)? },
        DhtMessage::HandOver { items, passes } => {
            NodeMessage::HandOver { items: items_to_wire(items, peers)?, passes: *passes }
        }
        DhtMessage::Copied { items, handed_over } => {
            NodeMessage::Copied { items: versions_to_wire(items), handed_over: *handed_over }
        }
        DhtMessage::Drop { items } => NodeMessage::Drop { items: versions_to_wire(items) },
        DhtMessage::Ask { request, origin, key, others } => {
            let others = List::new(others.iter().map(|peer| id(*peer)));
            NodeMessage::Ask { request: *request, origin: id(*origin), key: *key, others }
        }
        DhtMessage::Stored { request, copies } => NodeMessage::Stored { request: *request, copies: *copies },
        DhtMessage::Found { request, value } => NodeMessage::Found { request: *request, value: bytes(value.as_ref())? },
        DhtMessage::Deleted { request, existed } => NodeMessage::Deleted { request: *request, existed: *existed },
    })
}

fn pastry_to_wire(
    message: &Message,
    peers: &Directory<Guid>,
    back: impl Fn(Guid) -> Option<Guid>,
) -> Option<NodeMessage> {
    let id = |peer: Peer| peers.id(peer);
    let leaves = |leaves: &Leaves| leaves_to_wire(leaves, peers);
    Some(match message {
        Message::Route(Envelope { request, answer, hops, ack, origin, key, payload }) => {
            let (origin, payload) = (id(*origin), bytes(payload.as_ref())?);
            let (ack, request, answer, hops, key) = (*ack, *request, *answer, *hops, *key);
            NodeMessage::Route(WireEnvelope { ack, request, answer, hops, origin, key, payload })
        }
        Message::Join { ack, join: Join { newcomer, attempt, hops, next_row } } => {
            let (newcomer, attempt, hops, next_row) = (id(*newcomer), *attempt, *hops, *next_row);
            NodeMessage::Join { ack: *ack, newcomer, back: back(newcomer), attempt, hops, next_row }
        }
        Message::Ack { ack } => NodeMessage::Ack { ack: *ack },
        Message::Done { ack } => NodeMessage::Done { ack: *ack },
        Message::Answer { request, hops } => NodeMessage::Answer { request: *request, hops: *hops },
        Message::Direct(payload) => NodeMessage::Direct(Bytes::new(Arc::clone(payload))?),
        Message::JoinState(state) => NodeMessage::JoinState(join_state_to_wire(state, peers)),
        Message::Announce { leaves: theirs, answer } => {
            NodeMessage::Announce { leaves: leaves(theirs), answer: *answer }
        }
        Message::Welcome { leaves: theirs } => NodeMessage::Welcome { leaves: theirs.as_deref().map(leaves) },
        Message::Leave { leaves: theirs } => NodeMessage::Leave { leaves: leaves(theirs) },
        Message::Heartbeat { digest, period } => NodeMessage::Heartbeat { digest: *digest, period: *period },
        Message::Fault { peer } => NodeMessage::Fault { peer: id(*peer) },
        Message::Probe => NodeMessage::Probe,
        Message::ProbeAnswer => NodeMessage::ProbeAnswer,
        Message::LeafSetRequest => NodeMessage::LeafSetRequest,
        Message::LeafSet(theirs) => NodeMessage::LeafSet(leaves(theirs)),
        Message::EntryRequest { row, column } => NodeMessage::EntryRequest { row: *row, column: *column },
        Message::Entry { row, column, peer } => {
            NodeMessage::Entry { row: *row, column: *column, peer: peer.some().map(id) }
        }
        Message::RowRequest { row } => NodeMessage::RowRequest { row: *row },
        Message::Row { row, peers: entries } => NodeMessage::Row { row: *row, peers: ids(entries, peers) },
        Message::NeighbourhoodRequest => NodeMessage::NeighbourhoodRequest,
        Message::Neighbourhood(near) => NodeMessage::Neighbourhood(ids(near, peers)),
        Message::StateRequest => NodeMessage::StateRequest,
        Message::State(all) => NodeMessage::State(ids(all, peers)),
    })
}

/// Those that are somebody.
fn ids<const MOST: usize>(list: &[Peer], peers: &Directory<Guid>) -> List<Guid, MOST> {
    List::new(list.iter().filter(|peer| peer.is_some()).map(|peer| peers.id(*peer)))
}

fn bytes<const MOST: usize>(payload: Option<&Arc<[u8]>>) -> Option<Option<Bytes<MOST>>> {
    match payload {
        None => Some(None),
        Some(payload) => Bytes::new(Arc::clone(payload)).map(Some),
    }
}

fn leaves_to_wire(leaves: &Leaves, peers: &Directory<Guid>) -> WireLeaves {
    WireLeaves { whole: leaves.is_whole_ring(), larger: leaves.larger_count(), peers: ids(leaves.peers(), peers) }
}

fn join_state_to_wire(state: &JoinState, peers: &Directory<Guid>) -> WireJoinState {
    WireJoinState {
        attempt: state.attempt,
        hop: state.hop,
        first_row: state.first_row,
        cells: state.rows.len().min(MOST_ROWS) as u16,
        rows: ids(&state.rows, peers),
        neighbourhood: ids(&state.neighbourhood, peers),
        leaves: state.leaves.as_ref().map(|leaves| leaves_to_wire(leaves, peers)),
    }
}

fn version_to_wire(version: &Version<Guid>) -> WireVersion {
    WireVersion { time: version.time, by: version.by }
}

fn versions_to_wire(items: &[(Guid, Version<Guid>)]) -> Versions {
    List::new(items.iter().map(|(key, version)| (*key, version_to_wire(version))))
}

fn items_to_wire(items: &[Item<Guid>], peers: &Directory<Guid>) -> Option<List<WireItem, MOST_ITEMS>> {
    let item = |item: &Item<Guid>| {
        let (version, value, copies) =
            (version_to_wire(&item.version), bytes(item.value.as_ref())?, ids(&item.copies, peers));
        Some(WireItem { key: item.key, version, value, copies })
    };
    items.iter().map(item).collect::<Option<Vec<_>>>().map(List::new)
}

/// The message that a wire's form stands for; `None` if there is no room for an identifier that it cannot do without.
#[must_use]
pub fn from_wire(message: NodeMessage, intern: &mut impl Intern) -> Option<DhtMessage<Message, Guid>> {
    let pastry = match message {
        NodeMessage::Copy { items } => return Some(DhtMessage::Copy { items: items_from_wire(items, intern) }),
        NodeMessage::HandOver { items, passes } => {
            return Some(DhtMessage::HandOver { items: items_from_wire(items, intern), passes });
        }
        NodeMessage::Copied { items, handed_over } => {
            return Some(DhtMessage::Copied { items: versions_from_wire(items), handed_over });
        }
        NodeMessage::Drop { items } => return Some(DhtMessage::Drop { items: versions_from_wire(items) }),
        NodeMessage::Ask { request, origin, key, others } => {
            let (origin, others) = (intern.intern(origin)?, peers_from_wire(&others, intern));
            return Some(DhtMessage::Ask { request, origin, key, others });
        }
        NodeMessage::Stored { request, copies } => return Some(DhtMessage::Stored { request, copies }),
        NodeMessage::Found { request, value } => {
            return Some(DhtMessage::Found { request, value: value.map(Bytes::into_arc) });
        }
        NodeMessage::Deleted { request, existed } => return Some(DhtMessage::Deleted { request, existed }),
        NodeMessage::Route(WireEnvelope { ack, request, answer, hops, origin, key, payload }) => {
            let (origin, payload) = (intern.intern(origin)?, payload.map(Bytes::into_arc));
            Message::Route(Envelope { request, answer, hops, ack, origin, key, payload })
        }
        NodeMessage::Join { ack, newcomer, back, attempt, hops, next_row } => {
            if let Some(back) = back {
                intern.reached_by(newcomer, back);
            }
            let newcomer = intern.intern(newcomer)?;
            Message::Join { ack, join: Join { newcomer, attempt, hops, next_row } }
        }
        NodeMessage::Ack { ack } => Message::Ack { ack },
        NodeMessage::Done { ack } => Message::Done { ack },
        NodeMessage::Answer { request, hops } => Message::Answer { request, hops },
        NodeMessage::Direct(payload) => Message::Direct(payload.into_arc()),
        NodeMessage::JoinState(state) => Message::JoinState(Box::new(join_state_from_wire(state, intern)?)),
        NodeMessage::Announce { leaves, answer } => {
            Message::Announce { leaves: Arc::new(leaves_from_wire(&leaves, intern)?), answer }
        }
        NodeMessage::Welcome { leaves: None } => Message::Welcome { leaves: None },
        NodeMessage::Welcome { leaves: Some(leaves) } => {
            Message::Welcome { leaves: Some(Arc::new(leaves_from_wire(&leaves, intern)?)) }
        }
        NodeMessage::Leave { leaves } => Message::Leave { leaves: Arc::new(leaves_from_wire(&leaves, intern)?) },
        NodeMessage::Heartbeat { digest, period } => Message::Heartbeat { digest, period },
        NodeMessage::Fault { peer } => Message::Fault { peer: intern.intern(peer)? },
        NodeMessage::Probe => Message::Probe,
        NodeMessage::ProbeAnswer => Message::ProbeAnswer,
        NodeMessage::LeafSetRequest => Message::LeafSetRequest,
        NodeMessage::LeafSet(leaves) => Message::LeafSet(Arc::new(leaves_from_wire(&leaves, intern)?)),
        NodeMessage::EntryRequest { row, column } => Message::EntryRequest { row, column },
        NodeMessage::Entry { row, column, peer: None } => Message::Entry { row, column, peer: Peer::NONE },
        NodeMessage::Entry { row, column, peer: Some(peer) } => {
            Message::Entry { row, column, peer: intern.intern(peer)? }
        }
        NodeMessage::RowRequest { row } => Message::RowRequest { row },
        NodeMessage::Row { row, peers } => Message::Row { row, peers: peers_from_wire(&peers, intern).into() },
        NodeMessage::NeighbourhoodRequest => Message::NeighbourhoodRequest,
        NodeMessage::Neighbourhood(near) => Message::Neighbourhood(peers_from_wire(&near, intern).into()),
        NodeMessage::StateRequest => Message::StateRequest,
        NodeMessage::State(all) => Message::State(peers_from_wire(&all, intern).into()),
    };
    Some(DhtMessage::Overlay(pastry))
}

/// Those for whom there is room.
fn peers_from_wire(ids: &[Guid], intern: &mut impl Intern) -> Vec<Peer> {
    ids.iter().filter_map(|id| intern.intern(*id)).collect()
}

/// All or nothing: a leaf set with somebody missing says that nobody is there.
fn leaves_from_wire(leaves: &WireLeaves, intern: &mut impl Intern) -> Option<Leaves> {
    let peers: Option<Vec<Peer>> = leaves.peers.iter().map(|id| intern.intern(*id)).collect();
    Some(Leaves::new(leaves.whole, leaves.larger, peers?))
}

fn join_state_from_wire(state: WireJoinState, intern: &mut impl Intern) -> Option<JoinState> {
    let leaves = match &state.leaves {
        None => None,
        Some(leaves) => Some(leaves_from_wire(leaves, intern)?),
    };
    // Where an entry belongs is judged by its identifier, so it does not matter where the empty cells are.
    let mut rows = peers_from_wire(&state.rows, intern);
    rows.resize(usize::from(state.cells).min(MOST_ROWS).max(rows.len()), Peer::NONE);
    let WireJoinState { attempt, hop, first_row, neighbourhood, .. } = state;
    let neighbourhood = peers_from_wire(&neighbourhood, intern).into();
    Some(JoinState { attempt, hop, first_row, rows: rows.into(), neighbourhood, leaves })
}

fn version_from_wire(version: WireVersion) -> Version<Guid> {
    Version { time: version.time, by: version.by }
}

fn versions_from_wire(items: Versions) -> Vec<(Guid, Version<Guid>)> {
    items.into_vec().into_iter().map(|(key, version)| (key, version_from_wire(version))).collect()
}

fn items_from_wire(items: List<WireItem, MOST_ITEMS>, intern: &mut impl Intern) -> Vec<Item<Guid>> {
    let mut item = |item: WireItem| {
        let (version, value) = (version_from_wire(item.version), item.value.map(Bytes::into_arc));
        Item { key: item.key, version, value, copies: peers_from_wire(&item.copies, intern) }
    };
    items.into_vec().into_iter().map(&mut item).collect()
}

impl NodeMessage {
    /// The latest moment at which a value in it says that it was written; [`Time::ZERO`] if there is none.
    #[must_use]
    pub fn latest_write(&self) -> Time {
        let latest = match self {
            Self::Copy { items } | Self::HandOver { items, .. } => items.iter().map(|item| item.version.time).max(),
            Self::Copied { items, .. } | Self::Drop { items } => items.iter().map(|(_, version)| version.time).max(),
            _ => None,
        };
        latest.unwrap_or(Time::ZERO)
    }
}
