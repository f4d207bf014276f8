//! Pastry nodes on a small network of their own: messages arrive in order of their moments, and some do not arrive.

mod failing;
mod joining;
mod routing;
mod upkeep;

use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::SeedableRng as _;

use super::*;
use crate::id::Digits;
use crate::protocol::{Directory, Envelope, Output, Proximity, Request, Rng, Rule};

/// Distances that differ from pair to pair, the same in both directions: 10 to 50 ms.
pub(super) struct Plane;

impl Proximity for Plane {
    fn round_trip(&self, from: Peer, to: Peer) -> Duration {
        let (a, b) = (from.0.min(to.0), from.0.max(to.0));
        Duration(10_000 + u64::from(a.wrapping_mul(0x9E37_79B1) ^ b.wrapping_mul(0x85EB_CA6B)) % 40_000)
    }
}

/// A network of Pastry nodes.
pub(super) struct Network {
    pub(super) config: Config,
    pub(super) peers: Directory<Guid>,
    pub(super) nodes: BTreeMap<Peer, PastryNode>,
    pub(super) now: Time,
    rng: Rng,
    /// By moment and order of sending: sender, receiver, input.
    queue: BTreeMap<(Time, u64), (Peer, Input<PastryNode>)>,
    sent: u64,
    requests: u32,
    /// Which messages are lost, by their number.
    pub(super) is_lost: fn(u64, &Message) -> bool,
    pub(super) events: Vec<(Peer, Event<Guid>)>,
    pub(super) notes: Vec<(Peer, Note)>,
    /// Whether to keep who sent what to whom.
    pub(super) log_sent: bool,
    pub(super) sent_log: Vec<(Peer, Peer, &'static str)>,
}

impl Network {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            peers: Directory::new(),
            nodes: BTreeMap::new(),
            now: Time::ZERO,
            rng: Rng::seed_from_u64(1),
            queue: BTreeMap::new(),
            sent: 0,
            requests: 1_000,
            is_lost: |_, _| false,
            events: Vec::new(),
            notes: Vec::new(),
            log_sent: false,
            sent_log: Vec::new(),
        }
    }

    pub(super) fn host(&self) -> Host<'_, PastryNode> {
        Host { peers: &self.peers, config: &self.config, proximity: &Plane }
    }

    pub(super) fn tell(&mut self, to: Peer, input: Input<PastryNode>) {
        let Some(node) = self.nodes.get_mut(&to) else { return };
        let mut outputs = Vec::new();
        let host = Host { peers: &self.peers, config: &self.config, proximity: &Plane };
        let (now, rng) = (self.now, &mut self.rng);
        node.handle(&mut Context { now, host, rng, tracing: true, outputs: &mut outputs }, input);
        for output in outputs {
            match output {
                Output::Send { to: receiver, message } => {
                    self.sent += 1;
                    if self.log_sent {
                        self.sent_log.push((to, receiver, protocol::Message::name(&message)));
                    }
                    if (self.is_lost)(self.sent, &message) {
                        continue;
                    }
                    let one_way = Duration(Plane.round_trip(to, receiver).0 / 2);
                    let arrival = (self.now + one_way, self.sent);
                    self.queue.insert(arrival, (receiver, Input::Message { from: to, message }));
                }
                Output::Event(event) => self.events.push((to, event)),
                Output::Note(note) => self.notes.push((to, note)),
            }
        }
    }

    /// Handles everything up to `end`, or until nothing is left to do.
    pub(super) fn run_until(&mut self, end: Time) {
        for _ in 0..5_000_000 {
            let timer = self.nodes.iter().filter_map(|(peer, node)| Some((node.next_deadline()?, *peer))).min();
            let message = self.queue.first_key_value().map(|(at, _)| at.0);
            match (timer, message) {
                (Some((due, peer)), message) if message.is_none_or(|at| due < at) && due <= end => {
                    self.now = self.now.max(due);
                    self.tell(peer, Input::Deadline);
                }
                (_, Some(at)) if at <= end => {
                    let ((at, _), (peer, input)) = self.queue.pop_first().expect("there is a first message");
                    self.now = self.now.max(at);
                    self.tell(peer, input);
                }
                _ => {
                    self.now = if end == Time::NEVER { self.now } else { end };
                    return;
                }
            }
        }
        panic!("the network does not come to rest");
    }

    pub(super) fn run(&mut self) {
        self.run_until(Time::NEVER);
    }

    pub(super) fn add(&mut self, id: Guid) -> Peer {
        let peer = self.peers.intern(id);
        let node = PastryNode::new(peer, self.host());
        self.nodes.insert(peer, node);
        peer
    }

    pub(super) fn command(&mut self, peer: Peer, command: Command<Guid>) {
        self.tell(peer, Input::Command(command));
    }

    /// A ring of the given identifiers, joined one after the other by way of the first.
    pub(super) fn joined(config: Config, ids: &[Guid]) -> Self {
        let mut network = Self::new(config);
        let mut first = None;
        for id in ids {
            let peer = network.add(*id);
            match first {
                None => {
                    first = Some(peer);
                    network.command(peer, Command::Start);
                }
                Some(contact) => network.command(peer, Command::Join { contact }),
            }
            network.settle();
        }
        network
    }

    /// Runs until at rest, or with heartbeats for five periods.
    pub(super) fn settle(&mut self) {
        match self.config.heartbeat_period {
            None => self.run(),
            Some(period) => self.run_until(self.now + Duration(5 * period.0)),
        }
    }

    /// A ring in its converged state, from global knowledge: every cell holds the first node that fits.
    pub(super) fn converged(config: Config, ids: &[Guid]) -> Self {
        let mut network = Self::new(config);
        let all: Vec<_> = ids.iter().map(|id| network.peers.intern(*id)).collect();
        for me in all.iter().copied() {
            let host = network.host();
            let id = host.id(me);
            let others = || all.iter().copied().filter(move |peer| *peer != me);
            let cells = others().rev().map(|peer| {
                let row = id.shared_prefix(host.id(peer), host.config.digits);
                (row as u8, host.id(peer).digit(row, host.config.digits) as u8, peer)
            });
            let node = PastryNode::from_tables(me, host, others(), cells, others());
            network.nodes.insert(me, node);
        }
        network
    }

    pub(super) fn truth(&self, me: Peer) -> LeafSet {
        let members = self.nodes.keys().copied().filter(|peer| *peer != me);
        LeafSet::from_members(self.config.leaf_set.total(), self.peers.id(me), members, &self.peers)
    }

    /// The node that is numerically closest to a key.
    pub(super) fn owner(&self, key: Guid) -> Peer {
        let all = self.nodes.keys().copied();
        all.min_by_key(|peer| key.closeness(self.peers.id(*peer))).expect("there is a node")
    }

    pub(super) fn check_leaf_sets(&self) {
        for (peer, node) in &self.nodes {
            assert!(node.is_active(), "{peer:?} is no member");
            assert_eq!(node.leaf_set(), &self.truth(*peer), "leaf set of {peer:?}");
            assert_eq!(node.range, node.leaves.range(node.id, &self.peers), "range of {peer:?}");
            assert!(node.table.is_sound(node.id, &self.peers, self.config.digits), "table of {peer:?}");
        }
    }

    /// Follows a key from node to node; every hop must go on by the rules.
    pub(super) fn path(&self, from: Peer, key: Guid) -> Vec<Peer> {
        let host = self.host();
        let mut path = vec![from];
        loop {
            let at = *path.last().expect("a path has a start");
            let node = &self.nodes[&at];
            let decision = node.explain(host, key);
            assert_eq!(decision.next, node.next_hop(host, key));
            let Step::Forward(next) = decision.next else { return path };
            let (here, there) = (host.id(at), host.id(next));
            let nearer = key.closeness(there) < key.closeness(here);
            match decision.rule {
                Rule::LeafSet | Rule::LeafSetAlone => assert!(nearer),
                _ => {
                    assert!(decision.shared_next > decision.shared || decision.shared_next == decision.shared && nearer)
                }
            }
            path.push(next);
            assert!(path.len() <= 1 + usize::from(host.config.hop_limit), "no end of {path:?}");
        }
    }

    pub(super) fn check_routes(&self, keys: &[Guid]) {
        for from in self.nodes.keys() {
            for key in keys {
                assert_eq!(self.path(*from, *key).last(), Some(&self.owner(*key)), "{key:?} from {from:?}");
            }
        }
    }

    pub(super) fn route(&mut self, from: Peer, key: Guid, request: u32) {
        let envelope = Envelope { answer: true, ..Envelope::lookup(Request(request), from, key) };
        self.command(from, Command::Route(envelope));
    }

    /// Sends a message to each key from some node; each must be delivered once, to the node closest to its key.
    pub(super) fn check_deliveries(&mut self, keys: &[Guid]) {
        // Request numbers are used once.
        let first = self.requests;
        self.requests += keys.len() as u32;
        let senders: Vec<_> = self.nodes.keys().copied().collect();
        for (request, key) in (first..).zip(keys) {
            self.route(senders[request as usize % senders.len()], *key, request);
        }
        self.settle();
        for (request, key) in (first..).zip(keys) {
            let what = || self.about(request);
            assert_eq!(self.delivered(request), [self.owner(*key)], "{key:?}: {:#?}", what());
        }
    }

    /// What happened to a request, for a test that fails.
    fn about(&self, request: u32) -> Vec<String> {
        let notes = self.notes.iter().filter_map(|(peer, note)| match note {
            Note::Routed { request: r, hops, decision } if r.0 == request => {
                Some(format!("{peer:?} {hops} {:?} {:?}", decision.rule, decision.next))
            }
            _ => None,
        });
        let gone = self
            .events
            .iter()
            .filter(|(_, event)| matches!(event, Event::Undeliverable { request: r, .. } if r.0 == request));
        notes.chain(gone.map(|(peer, event)| format!("{peer:?} {event:?}"))).collect()
    }

    /// Where the message of a request was delivered.
    pub(super) fn delivered(&self, request: u32) -> Vec<Peer> {
        let is_it = |event: &Event<Guid>| matches!(event, Event::Delivered(e) if e.request == Request(request));
        self.events.iter().filter(|(_, event)| is_it(event)).map(|(peer, _)| *peer).collect()
    }
}

/// Picks `eighths` of eight messages, without a pattern.
pub(super) fn picks(n: u64, eighths: u64) -> bool {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61 < eighths
}

pub(super) fn guid(text: &str) -> Guid {
    text.parse().expect("digits written in a test")
}

/// Identifiers that lie anywhere, or close together so that prefixes are long and distances tie.
pub(super) fn some_ids(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Guid>> {
    let one = prop_oneof![
        4 => any::<u128>(),
        1 => (0_u128..16).prop_map(|low| 0xD46A_1C00 << 96 | low),
        1 => (0_u128..200).prop_map(|high| high << 120),
    ];
    proptest::collection::btree_set(one.prop_map(Guid), count)
        .prop_map(|ids| ids.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}

pub(super) fn some_config() -> impl Strategy<Value = Config> {
    let digits = prop_oneof![Just(Digits::Bits1), Just(Digits::Bits2), Just(Digits::Bits4)];
    let rule = prop_oneof![Just(RoutingRule::Published), Just(RoutingRule::Slide)];
    (digits, 1_u8..9, 0_u8..9, rule).prop_map(|(digits, half, neighbourhood, rule)| Config {
        digits,
        leaf_set: LeafSetSize::new(2 * half).expect("even and small"),
        neighbourhood,
        rule,
        ..Config::default()
    })
}

/// A ring on which the slide's route from 65A1FC to D46A1C goes the slide's way, in its converged state.
pub(super) fn slide_ring(config: Config) -> Network {
    let on_the_route = ["65A1FC", "D13DA3", "D4213F", "D462BA", "D46A1C"];
    let around_65a1fc = ["658000", "659000", "65A000", "65A100", "65A200", "65B000", "65C000", "65D000"];
    let around_d13da3 = ["D11000", "D12000", "D13000", "D13D00", "D13E00", "D14000", "D15000", "D16000"];
    let around_d4213f = ["D3F0A2", "D3FF00", "D4000B", "D4100A", "D4300A", "D4400B", "D4500C", "D4553B"];
    let around_d46a1c = ["D467C4", "D471F1", "D48000", "D49000"];
    let all = [&on_the_route[..], &around_65a1fc, &around_d13da3, &around_d4213f, &around_d46a1c].concat();
    Network::converged(config, &all.into_iter().map(guid).collect::<Vec<_>>())
}
