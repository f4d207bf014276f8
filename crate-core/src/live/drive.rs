//! The node inside a member: what it is told, what becomes of what it wants, and the paths of requests.
//!
//! # Implementation notes
//! A request whose origin wants to see its path carries the hops made so far; each node on the way adds its own, and the
//! answer brings them home. They are what those nodes say, and for display alone.

use super::limits::{Bucket, bounds};
use super::map::Map;
use super::{Event, LinkId, Member, Node, State, make_room};
use crate::dht::DhtMessage;
use crate::id::Guid;
use crate::pastry::Message;
use crate::protocol::{
    self, Context, Decision, Directory, Host, Input, Message as _, Node as _, Note, Peer, Request, Step,
};
use crate::time::{Duration, Time};
use crate::wire::{Carried, Frame, Hop, Intern, List, MOST_HOPS, ParcelBody, from_wire, to_wire};

pub(super) type NodeInput = Input<Node>;
pub(super) type NodeOutput = protocol::Output<Node>;
type NodeMessage = DhtMessage<Message, Guid>;

/// Requests whose paths are remembered.
const PATHS: usize = 256;
/// Inputs handled at once; more would keep a page from drawing.
const INPUTS: usize = 4_096;

/// The way of one request, as far as this node knows it.
#[derive(Clone, Debug)]
struct Path {
    since: Time,
    key: Option<Guid>,
    hops: Vec<Hop>,
}

/// The ways of requests that tell them.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths(Map<Request, Path>);

impl Paths {
    pub(super) fn begin(&mut self, now: Time, request: Request, key: Option<Guid>, hops: Vec<Hop>) {
        make_room(&mut self.0, PATHS, |path| path.since);
        self.0.insert(request, Path { since: now, key, hops });
    }

    pub(super) fn hops(&self, request: Request) -> Vec<Hop> {
        self.0.get(&request).map(|path| path.hops.clone()).unwrap_or_default()
    }

    pub(super) fn take(&mut self, request: Request) -> Vec<Hop> {
        self.0.remove(&request).map(|path| path.hops).unwrap_or_default()
    }
}

/// Gives identifiers that came over a link their index, within bounds.
struct Interning<'a> {
    now: Time,
    peers: &'a mut Directory<Guid>,
    budget: Option<&'a mut Bucket>,
    back: Vec<(Guid, Guid)>,
}

impl Intern for Interning<'_> {
    fn intern(&mut self, id: Guid) -> Option<Peer> {
        if let Some(peer) = self.peers.find(id) {
            return Some(peer);
        }
        let is_room = self.peers.len() < bounds::KNOWN;
        let may = is_room && self.budget.as_mut().is_some_and(|budget| budget.take(self.now, 1));
        may.then(|| self.peers.intern(id))
    }

    fn reached_by(&mut self, newcomer: Guid, back: Guid) {
        self.back.push((newcomer, back));
    }
}

/// Whether the two nodes will have more to say to each other, so that a link is worth making.
fn is_worth_a_link(message: &NodeMessage) -> bool {
    matches!(
        message,
        DhtMessage::Copy { .. }
            | DhtMessage::HandOver { .. }
            | DhtMessage::Overlay(
                Message::Route(_)
                    | Message::Join { .. }
                    | Message::Announce { answer: true, .. }
                    | Message::Heartbeat { .. }
            )
    )
}

impl Member {
    /// The index of an identifier that came over a link.
    pub(super) fn intern(&mut self, guid: Guid, link: LinkId) -> Option<Peer> {
        let budget = self.links.get_mut(&link).map(|link| &mut link.new_ids);
        Interning { now: self.now, peers: &mut self.peers, budget, back: Vec::new() }.intern(guid)
    }

    /// Lets the node handle all that has come up, begins the links that are wanted, and tells the page what changed.
    pub(super) fn settle(&mut self) {
        for _ in 0..INPUTS {
            let Some(input) = self.inputs.pop_front() else {
                self.begin_attempts();
                if self.inputs.is_empty() {
                    break;
                }
                continue;
            };
            self.drive(input);
        }
        if self.is_linked && self.proven.is_empty() && self.state != State::Left {
            self.event(Event::Isolated);
        }
        self.is_linked = !self.proven.is_empty();
    }

    fn drive(&mut self, input: NodeInput) {
        let mut outputs = std::mem::take(&mut self.scratch);
        let host = Host { peers: &self.peers, config: &self.config, proximity: &self.distances };
        let rng = &mut self.rng;
        let mut context = Context { now: self.now, host, rng, tracing: true, outputs: &mut outputs };
        self.node.handle(&mut context, input);
        let mut changed = false;
        for output in outputs.drain(..) {
            match output {
                NodeOutput::Send { to, message } => self.dispatch(to, message),
                NodeOutput::Event(protocol::Event::NeighboursChanged) => changed = true,
                NodeOutput::Event(event) => self.on_node_event(event),
                NodeOutput::Note(Note::Routed { request, hops, decision }) => self.on_step(request, hops, decision),
                NodeOutput::Note(_) => {}
            }
        }
        self.scratch = outputs;
        if changed {
            self.next_tending = self.now;
            self.event(Event::NeighboursChanged);
        }
    }

    /// The node wants something sent.
    pub(super) fn dispatch(&mut self, to: Peer, message: NodeMessage) {
        let (me, guid) = (self.guid(), self.peers.id(to));
        if guid == me {
            self.inputs.push_back(Input::Message { from: to, message });
            return;
        }
        let path = message.request().and_then(|request| self.paths.0.get(&request));
        let path: List<Hop, MOST_HOPS> = path.map(|path| List::new(path.hops.iter().copied())).unwrap_or_default();
        let back = |newcomer: Guid| match self.proven.get(&newcomer) {
            Some(_) => Some(me),
            None if newcomer == me => None,
            None => self.post.back(self.now, newcomer),
        };
        let Some(wire) = to_wire(&message, &self.peers, back) else {
            self.stats.oversized += 1;
            return;
        };
        let carried = Carried { path, message: wire };
        if let Some(link) = self.proven.get(&guid).copied() {
            if let Some(link) = self.links.get_mut(&link) {
                link.used = self.now;
            }
            self.send_frame(link, &Frame::Node(carried));
        } else if !is_worth_a_link(&message) || self.apart.contains_key(&guid) {
            self.send_parcel(guid, &ParcelBody::Node(carried));
        } else {
            self.want(guid, Some(Frame::Node(carried)), false);
        }
    }

    /// A node said something, over the link `id` or by a parcel that came over it.
    pub(super) fn on_carried(&mut self, from: Guid, id: LinkId, carried: Carried) {
        let now = self.now;
        if carried.message.latest_write().since(now) > bounds::CLOCK_AHEAD {
            self.stats.ahead_of_time += 1;
            return;
        }
        let budget = self.links.get_mut(&id).map(|link| &mut link.new_ids);
        let mut interning = Interning { now, peers: &mut self.peers, budget, back: Vec::new() };
        let peer = interning.intern(from);
        let message = peer.and_then(|_| from_wire(carried.message, &mut interning));
        let back = interning.back;
        let Some((from, message)) = peer.zip(message) else {
            self.stats.overflowed += 1;
            return;
        };
        for (newcomer, back) in back {
            if back != self.guid() && !self.proven.contains_key(&newcomer) {
                self.post.reached_by(now, newcomer, back);
            }
        }
        self.note_named(from, &message);
        if let Some(request) = message.request().filter(|_| !carried.path.is_empty()) {
            let key = match &message {
                DhtMessage::Overlay(Message::Route(envelope)) => Some(envelope.key),
                DhtMessage::Ask { key, .. } => Some(*key),
                _ => None,
            };
            if key.is_some() || self.asks.is_open(request) {
                self.paths.begin(now, request, key, carried.path.into_vec());
            }
        }
        self.inputs.push_back(Input::Message { from, message });
    }

    /// Who names its neighbours knows a way to them.
    fn note_named(&mut self, from: Peer, message: &NodeMessage) {
        let DhtMessage::Overlay(message) = message else { return };
        let leaves = match message {
            Message::Announce { leaves, .. } => leaves,
            Message::Welcome { leaves: Some(leaves) } | Message::LeafSet(leaves) => leaves,
            Message::JoinState(state) => match &state.leaves {
                Some(leaves) => leaves,
                None => return,
            },
            _ => return,
        };
        let by = self.peers.id(from);
        for guid in leaves.peers().iter().map(|peer| self.peers.id(*peer)) {
            if !self.proven.contains_key(&guid) {
                self.post.named_by(self.now, guid, by);
            }
        }
    }

    /// The node took a step for a routed message.
    fn on_step(&mut self, request: Request, hops: u16, decision: Box<Decision>) {
        let me = self.guid();
        let Some(path) = self.paths.0.get_mut(&request) else { return };
        let next = match decision.next {
            Step::Deliver => me,
            Step::Forward(peer) => self.peers.id(peer),
        };
        let candidates = u16::try_from(decision.candidates.len()).unwrap_or(u16::MAX);
        if path.hops.len() < MOST_HOPS {
            path.hops.push(Hop { at: me, next, rule: decision.rule, shared: decision.shared, candidates });
        }
        let key = path.key;
        self.event(Event::Routed { key, hops, decision });
    }

    fn on_node_event(&mut self, event: protocol::Event<Guid>) {
        use protocol::Event as NodeEvent;
        match event {
            NodeEvent::Joined => self.on_joined(),
            NodeEvent::JoinFailed => self.on_join_failed(),
            NodeEvent::Delivered(envelope) => self.on_delivered(&envelope),
            NodeEvent::Answered { request, owner, hops } => {
                let owner = self.peers.id(owner);
                self.on_answered_request(request, |request, path| Event::Reached { request, owner, hops, path });
            }
            NodeEvent::Stored { request, copies } => self.on_stored(request, copies),
            NodeEvent::Found { request, holder, value } => {
                let (holder, value) = (self.peers.id(holder), value.map(|value| value.to_vec()));
                self.on_answered_request(request, |request, path| Event::Found { request, holder, value, path });
            }
            NodeEvent::Deleted { request, existed } => {
                self.on_answered_request(request, |request, path| Event::Deleted { request, existed, path });
            }
            NodeEvent::Undeliverable { request, .. } => self.asks.hurry(request, self.now + Duration::from_secs(1)),
            // Nobody here sends anything straight.
            NodeEvent::Direct { .. } | NodeEvent::Left | NodeEvent::NeighboursChanged => {}
        }
    }
}
