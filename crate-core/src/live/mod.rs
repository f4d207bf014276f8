//! One real node: a member of an overlay whose links are data channels between browsers.
//!
//! The same `PastryNode` that the simulator runs, with a hash table over it, and around it what real links need: making
//! them, proving who is at their other end, noticing that they are gone. Sans-IO like the node itself: the page tells a
//! [`Member`] what its browser reports, and carries out its [`Output`]s.
//!
//! # Driving a member
//! 1. Call a method: something happened, or the user wants something. All take the moment, in microseconds since 1970,
//!    by a clock that never goes back.
//! 2. Call [`Member::poll`] until it gives nothing more, and carry out what it gives, in order.
//! 3. Call [`Member::on_deadline`] at [`Member::next_deadline`]. Late is fine: a member notices that its timer stalled.
//!
//! | file | holds |
//! |---|---|
//! | `link` | one link: its greeting, its frames, what it may cost |
//! | `dial` | links wanted, offered, answered, refused; glare |
//! | `parcel` | what travels over the links of others: signals, and messages between nodes without a link |
//! | `drive` | the node: its inputs and outputs, and paths for display |
//! | `ask` | requests of the user |
//! | `roster` | who is there, by what they announce |
//! | `rendezvous` | coming in by a meeting place, and rings that meet there |
//! | `tend` | timers: pings, silence, idle links, coming in, stalls |
//! | `limits` | periods and bounds |
//!
//! # Implementation notes
//! - **Which links are made.** A message to a node without a link makes one where the two will have more to say: routed
//!   messages, joins, announcements to a leaf set, values. One-time messages (answers, rows for newcomers, probes of
//!   table entries) travel as parcels over the links that there are. Links to the leaf set are always wanted. So
//!   nothing is opened on speculation; browsers count connections that are long closed.
//! - **Parcels** go to the linked member nearest to their receiver, and strictly nearer each hop; everybody has links to
//!   its leaf set, so they arrive. They are signed, so nobody speaks for another. A newcomer's go by way of its contact,
//!   which the answers name. A pair that cannot connect directly makes do with parcels for a while.
//! - **A broken link is no dead node.** A new one is tried through the overlay first. Only if nobody answers is the node
//!   told; Pastry's own probes find out the rest.
//! - **Time-outs of the node are fixed**, where [`pastry::Config::dependable`] adapts them to the round trips measured: a
//!   page's main thread is busy for longer than a link's round trip any time, and four probes unanswered within a few
//!   milliseconds would be a verdict.
//! - **A stalled timer** means that the page slept. Nobody is declared dead for being silent meanwhile; after a long stall,
//!   when others may have done so to this node, it comes in anew with all it stores.
//! - **Two rings that meet become one.** A single node goes over. Else each of the two members that got a link from outside
//!   asks the other for the way to its own place in the other's ring, and learns who stands there (see `pastry::join`). What a
//!   neighbour names is reached by way of it, for in the other ring nobody else has links there.

mod ask;
mod dial;
mod drive;
mod limits;
mod link;
mod map;
mod output;
mod parcel;
mod rendezvous;
mod roster;
mod stats;
mod tend;

use std::collections::VecDeque;

use rand::{Rng as _, SeedableRng};

pub use ask::{AskError, MOST_CHAT_BYTES};
pub use dial::OfferError;
pub use output::{Event, LinkId, LinkReason, LinkView, MemberView, NoAnswer, Output, RequestId, Stage, State};
pub use rendezvous::{Rendezvous, Round};
pub use stats::Stats;

use crate::dht::{DhtConfig, DhtNode};
use crate::id::{Digits, Guid};
use crate::identity::KeyPair;
use crate::pastry::{self, LeafSetSize, PastryNode};
use crate::protocol::{Decision, Directory, Host, Node as _, Overlay as _, Peer, Proximity, Rng};
use crate::time::{Duration, Time};
use crate::wire::Standing;

use ask::Asks;
use dial::Dial;
use drive::Paths;
use limits::{Bucket, bounds};
use link::Link;
pub use map::Map;
use parcel::Post;
use roster::Roster;

/// The node inside a member.
pub type Node = DhtNode<PastryNode>;

/// What a member may be set to; all members of an overlay should have the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// |L|: members next to a node on the ring that it keeps links to.
    pub leaf_set: LeafSetSize,
    /// k: nodes that hold a value.
    pub replicas: u8,
    /// Links beyond which unneeded ones are closed and fewer are made.
    pub most_links: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { leaf_set: LeafSetSize::SIXTEEN, replicas: 3, most_links: 64 }
    }
}

impl Settings {
    /// The node's configuration. See the module for where it departs from [`pastry::Config::dependable`].
    fn config(&self) -> DhtConfig<pastry::Config> {
        let dependable = pastry::Config::dependable();
        let dependability = pastry::Dependability { adaptive_timeouts: false, ..dependable.dependability };
        let overlay = pastry::Config {
            digits: Digits::Bits4,
            leaf_set: self.leaf_set,
            ack_timeout: Duration::from_secs(2),
            probe_timeout: Duration::from_secs(3),
            heartbeat_period: Some(Duration::from_secs(10)),
            join_timeout: Duration::from_secs(8),
            dependability,
            ..dependable
        };
        DhtConfig { overlay, replicas: self.replicas }
    }
}

/// Round trips measured on links.
#[derive(Clone, Debug, Default)]
struct Distances(Map<Peer, Duration>);

/// What is assumed of a node without a link: farther than any that has one.
const UNMEASURED: Duration = Duration::from_secs(1);

impl Proximity for Distances {
    fn round_trip(&self, _: Peer, to: Peer) -> Duration {
        self.0.get(&to).copied().unwrap_or(UNMEASURED)
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Member {
    keys: KeyPair,
    settings: Settings,
    config: DhtConfig<pastry::Config>,
    rng: Rng,
    /// The latest moment that was told.
    now: Time,
    outputs: VecDeque<Output>,
    stats: Stats,

    node: Node,
    peers: Directory<Guid>,
    distances: Distances,
    inputs: VecDeque<drive::NodeInput>,
    scratch: Vec<drive::NodeOutput>,
    paths: Paths,
    asks: Asks,

    state: State,
    /// When a ring is begun, if only newcomers have met.
    founding: Option<Time>,
    /// When coming in may be tried again, and how often it was.
    join_after: Time,
    joins_failed: u8,
    /// Whether it was ever a member.
    had_ring: bool,
    /// After a long stall: the next peer that answers is the way back in.
    returning: bool,

    links: Map<LinkId, Link>,
    /// Proven links, by who is at the other end.
    proven: Map<Guid, LinkId>,
    /// Whether there was one when the page last heard of it.
    is_linked: bool,
    next_link: u32,
    last_attempt: u64,
    begun: Bucket,
    dials: Map<Guid, Dial>,
    /// Until when pairs that cannot connect make do with parcels.
    apart: Map<Guid, Time>,
    /// Until when somebody is not spoken with.
    banned: Map<Guid, Time>,
    next_tending: Time,
    post: Post,
    roster: Roster,
}

impl Member {
    /// A node in no ring, with the key whose secret half is `secret` and random numbers from `seed`.
    #[must_use]
    pub fn new(now: Time, secret: &[u8; 32], seed: u64, settings: Settings) -> Self {
        let keys = KeyPair::from_secret(secret);
        let config = settings.config();
        let mut peers = Directory::new();
        let me = peers.intern(keys.guid());
        let distances = Distances::default();
        let node = Node::new(me, Host { peers: &peers, config: &config, proximity: &distances });
        let mut rng = Rng::seed_from_u64(seed);
        let asks = Asks::new(rng.next_u32());
        let (rate, burst) = bounds::BEGUN;
        Self {
            keys,
            settings,
            config,
            rng,
            now,
            outputs: VecDeque::new(),
            stats: Stats::default(),
            node,
            peers,
            distances,
            inputs: VecDeque::new(),
            scratch: Vec::new(),
            paths: Paths::default(),
            asks,
            state: State::Outside,
            founding: None,
            join_after: Time::ZERO,
            joins_failed: 0,
            had_ring: false,
            returning: false,
            links: Map::new(),
            proven: Map::new(),
            is_linked: false,
            next_link: 1,
            last_attempt: 0,
            begun: Bucket::new(now, rate, burst),
            dials: Map::new(),
            apart: Map::new(),
            banned: Map::new(),
            next_tending: now,
            post: Post::default(),
            roster: Roster::default(),
        }
    }

    /// The node's identifier.
    #[must_use]
    pub fn guid(&self) -> Guid {
        self.keys.guid()
    }

    /// What is to be done next; nothing, when all is done.
    #[must_use]
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Where the node stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// How many proven links there are.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.proven.len()
    }

    /// The node, for its tables. Its peers are indexes of [`Member::directory`].
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Everybody this node has heard of.
    #[must_use]
    pub fn directory(&self) -> &Directory<Guid> {
        &self.peers
    }

    /// The step that this node would take now for a key.
    #[must_use]
    pub fn explain(&self, key: Guid) -> Decision {
        self.node.explain(self.host(), key)
    }

    /// All links and attempts at links.
    pub fn links(&self) -> impl Iterator<Item = LinkView> + '_ {
        self.links.iter().map(|(id, link)| LinkView {
            link: *id,
            peer: link.peer,
            stage: link.stage,
            invited: link.invited,
            round_trip: link.round_trip,
            in_leaf_set: link.peer.is_some_and(|peer| self.is_leaf(peer)),
            bytes: link.counted,
        })
    }

    /// Counters.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    fn host(&self) -> Host<'_, Node> {
        Host { peers: &self.peers, config: &self.config, proximity: &self.distances }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn is_leaf(&self, guid: Guid) -> bool {
        self.peers.find(guid).is_some_and(|peer| self.node.overlay().leaf_set().contains(peer))
    }

    /// Whether the node knows a peer in any of its tables.
    fn is_in_tables(&self, guid: Guid) -> bool {
        self.peers.find(guid).is_some_and(|peer| self.node.known_peers().binary_search(&peer).is_ok())
    }

    fn is_banned(&self, guid: Guid) -> bool {
        self.banned.get(&guid).is_some_and(|until| *until > self.now)
    }

    /// How far the node has come in, as others are told.
    fn standing(&self) -> Standing {
        match self.state {
            State::Outside | State::Left => Standing::Outside,
            State::Joining => Standing::Joining,
            State::Member if self.node.overlay().leaf_set().is_empty() => Standing::Alone,
            State::Member => Standing::Member,
        }
    }

    /// A span of up to `most`, so that timers do not all ring at once.
    fn jitter(&mut self, most: Duration) -> Duration {
        Duration(self.rng.next_u64() % most.0.max(1))
    }
}

/// Keeps a map that others can fill within `most`: the entry that `key` makes smallest goes.
fn make_room<K: Ord + Copy, V>(map: &mut Map<K, V>, most: usize, key: impl Fn(&V) -> Time) {
    while map.len() >= most {
        let Some(oldest) = map.iter().min_by_key(|(_, value)| key(value)).map(|(key, _)| *key) else { return };
        map.remove(&oldest);
    }
}
