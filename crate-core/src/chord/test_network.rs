//! A few nodes and a queue: as much of a network as the tests of one protocol need.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::protocol::{
    Command, Context, Directory, Envelope, Event, Host, Input, Message, Node, Note, Output, Overlay, Payload, Peer,
    Proximity, Purpose, Request,
};
use crate::time::{Duration, Time};

/// Everybody is 20 ms away from everybody.
struct Flat;

impl Proximity for Flat {
    fn round_trip(&self, _: Peer, _: Peer) -> Duration {
        Duration::from_millis(20)
    }
}

pub(crate) struct TestNetwork<O: Overlay> {
    pub(crate) peers: Directory<O::Id>,
    pub(crate) config: O::Config,
    pub(crate) nodes: BTreeMap<Peer, O>,
    pub(crate) now: Time,
    pub(crate) events: Vec<(Peer, Event<O::Id>)>,
    pub(crate) notes: Vec<(Peer, Note)>,
    pub(crate) tracing: bool,
    /// Messages lost, of 1,000.
    pub(crate) loss: u32,
    pub(crate) sent: BTreeMap<Purpose, u32>,
    queue: BTreeMap<(Time, u64), (Peer, Peer, O::Message)>,
    deadlines: BTreeSet<(Time, Peer)>,
    sequence: u64,
    next_request: u32,
    rng: Xoshiro256PlusPlus,
}

impl<O: Overlay> TestNetwork<O> {
    pub(crate) fn new(config: O::Config, ids: impl IntoIterator<Item = O::Id>, seed: u64) -> Self {
        let mut peers = Directory::new();
        for id in ids {
            peers.intern(id);
        }
        Self {
            peers,
            config,
            nodes: BTreeMap::new(),
            now: Time::ZERO,
            events: Vec::new(),
            notes: Vec::new(),
            tracing: false,
            loss: 0,
            sent: BTreeMap::new(),
            queue: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            sequence: 0,
            next_request: 0,
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
        }
    }

    pub(crate) fn host(&self) -> Host<'_, O> {
        Host { peers: &self.peers, config: &self.config, proximity: &Flat }
    }

    /// A new node, not yet a member.
    pub(crate) fn boot(&mut self, peer: Peer) {
        let node = O::new(peer, self.host());
        self.nodes.insert(peer, node);
    }

    /// A node with given tables.
    pub(crate) fn place(&mut self, node: O) {
        let me = node.me();
        self.nodes.insert(me, node);
        self.plan(me);
    }

    pub(crate) fn crash(&mut self, peer: Peer) {
        self.nodes.remove(&peer);
    }

    pub(crate) fn command(&mut self, peer: Peer, command: impl Into<O::Command>) {
        self.tell(peer, Input::Command(command.into()));
    }

    /// The first of the directory starts a ring, the others come in one after the other by way of it.
    pub(crate) fn join_all(&mut self, between: Duration) {
        let all: Vec<Peer> = (0..self.peers.len() as u32).map(Peer).collect();
        for peer in all {
            self.boot(peer);
            if peer == Peer(0) {
                self.command(peer, Command::Start);
            } else {
                self.command(peer, Command::Join { contact: Peer(0) });
            }
            self.run(between);
        }
    }

    /// Sends a message of the application and returns its request.
    pub(crate) fn route(&mut self, from: Peer, key: O::Id, payload: Payload) -> Request {
        let request = self.new_request();
        self.command(from, Command::Route(Envelope { answer: true, payload, ..Envelope::lookup(request, from, key) }));
        request
    }

    pub(crate) fn new_request(&mut self) -> Request {
        self.next_request += 1;
        Request(self.next_request)
    }

    pub(crate) fn tell(&mut self, peer: Peer, input: Input<O>) {
        let Some(node) = self.nodes.get_mut(&peer) else { return };
        let mut outputs = Vec::new();
        let mut cx = Context {
            now: self.now,
            host: Host { peers: &self.peers, config: &self.config, proximity: &Flat },
            rng: &mut self.rng,
            tracing: self.tracing,
            outputs: &mut outputs,
        };
        node.handle(&mut cx, input);
        for output in outputs {
            match output {
                Output::Send { to, message } => {
                    *self.sent.entry(message.purpose()).or_default() += 1;
                    if self.rng.random_range(0..1_000) < self.loss {
                        continue;
                    }
                    self.sequence += 1;
                    let when = self.now + Duration(self.rng.random_range(5_000..20_000));
                    self.queue.insert((when, self.sequence), (peer, to, message));
                }
                Output::Event(event) => self.events.push((peer, event)),
                Output::Note(note) => self.notes.push((peer, note)),
            }
        }
        self.plan(peer);
    }

    fn plan(&mut self, peer: Peer) {
        if let Some(deadline) = self.nodes.get(&peer).and_then(Node::next_deadline) {
            self.deadlines.insert((deadline, peer));
        }
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let message = self.queue.first_key_value().map_or(Time::NEVER, |(key, _)| key.0);
            let deadline = self.deadlines.first().map_or(Time::NEVER, |key| key.0);
            let next = message.min(deadline);
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            if deadline <= message {
                let (_, peer) = self.deadlines.pop_first().expect("just seen");
                if self.nodes.get(&peer).and_then(Node::next_deadline).is_some_and(|due| due <= self.now) {
                    self.tell(peer, Input::Deadline);
                    let next = self.nodes.get(&peer).and_then(Node::next_deadline);
                    assert!(next.is_none_or(|due| due > self.now), "a deadline is dealt with when it comes");
                }
            } else {
                let (_, (from, to, message)) = self.queue.pop_first().expect("just seen");
                self.tell(to, Input::Message { from, message });
            }
        }
        self.now = end;
    }

    /// Live members, in ring order.
    pub(crate) fn ring(&self) -> Vec<Peer> {
        let live = |peer: &Peer| self.nodes.get(peer).is_some_and(Node::is_active);
        self.peers.in_ring_order().map(|(_, peer)| peer).filter(live).collect()
    }

    /// Where the message of a request was delivered, and after how many hops.
    pub(crate) fn delivered(&self, request: Request) -> Vec<(Peer, u16)> {
        let at = |(peer, event): &(Peer, Event<O::Id>)| match event {
            Event::Delivered(envelope) if envelope.request == request => Some((*peer, envelope.hops)),
            _ => None,
        };
        self.events.iter().filter_map(at).collect()
    }

    /// What the origin of a request learnt: the owner.
    pub(crate) fn answered(&self, request: Request) -> Option<Peer> {
        self.events.iter().find_map(|(_, event)| match event {
            Event::Answered { request: r, owner, .. } if *r == request => Some(*owner),
            _ => None,
        })
    }
}
