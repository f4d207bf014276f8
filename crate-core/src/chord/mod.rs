//! Chord: a ring of identifiers, where each node knows its successors and, by fingers, nodes twice as far each time.
//!
//! Stoica, Morris, Liben-Nowell, Karger, Kaashoek, Dabek, Balakrishnan: "Chord: a scalable peer-to-peer lookup protocol
//! for Internet applications", IEEE/ACM ToN 11(1), 2003, §IV. Draws the slides "Chord: an example DHT", "Chord:
//! Routing" and "Chord: Routing Example": the ring of nodes 0, 1, 3, 7, 9, 11, 14 with m = 4.
//!
//! # Implementation notes
//! - **The slide's rule** sends a key to the finger in whose interval it lies, and takes that node to cover the key.
//!   The finger is the first node at or behind the interval's start. If it lies before the key, it is a step forward.
//!   If not, no node lies between start and finger, so the finger is the first node at or behind the key: it owns it.
//!   With true fingers the rule therefore never passes the owner and never loops, and takes at most m steps.
//!   A finger that is out of date (a node came in between) may lie behind the owner. Whoever is sent a key as its owner
//!   and sees it before its predecessor hands it back to the predecessor, with the same claim; every such step comes
//!   strictly nearer to the key from behind, so it ends, at the owner. The published rule uses the same mark for its
//!   last hop, which settles joins that the sender has not heard of.
//! - **A node with no predecessor** does not know its range. It delivers what it is sent as owner, and passes on the rest.
//! - **`next_hop` has no history**: it sees a key without that mark. On settled rings the two never differ.
//! - **The successor list in the published rule**: with r near N the closest preceding node is found in the list, and
//!   routes are shorter than the paper's; on the slide's ring r ≤ 3 gives its route 0 → 9 → 11 → 14.
//! - **Lookups for upkeep** (join, fix_fingers) are iterative and by the published rule, whatever is configured: the
//!   node that needs the answer then sees who is silent. They end at a node that says itself that it owns the key, so
//!   a finger or a successor is never taken on hearsay. The paper's own simulator is iterative too (§V.A).
//! - **Acknowledgements come back hop by hop**, and a message whose acknowledgement was lost is sent again another way:
//!   a message may arrive twice. Iterative lookups always wait for the acknowledgement of their last message.
//! - **One missed answer makes a peer suspect, three make it dead**, two of a predecessor that has not notified (the
//!   paper: one). It is then out of all tables, and a short list keeps it from coming back by hearsay for six periods;
//!   any message from itself takes it off that list, and has the questions that wait for its answer begin anew: it may
//!   have come back since. Who was taken for dead by mistake is found again: see `reunion`. Without periodic upkeep
//!   suspicions are not followed up, so tables stay as they are (ToN Table II is measured so).
//! - **Past a silent predecessor** a node delivers only after three tries: it would take over the predecessor's keys.
//!   Where a twentieth of all messages is lost, an exchange fails with 0.0975, so by calculation about one lookup in
//!   10,000 (0.0975^4) still ends there wrongly.
//! - **Repaired** ([`Correctness`]; Zave, "Reasoning about identifier spaces: how to make Chord correct", IEEE TSE
//!   43(12), 2017): a newcomer takes over its successor's whole list, and comes in only with that answer, and only behind
//!   a node that knows nobody between the two. stabilise asks a candidate before adopting it, and asks on from there
//!   until nobody nearer is named. Rectify: a node that is notified by one farther than its predecessor asks that one,
//!   and if it is silent takes the notifier. A node on its way in refuses questions. Zave keeps lists at length r with
//!   placeholders; here they get shorter until the next round. She starts from r + 1 members; here a ring may grow from
//!   one, lists end before their owner, and the number of principals is held from the moment that there were r + 1.
//! - **Published**: join takes one pointer on hearsay, stabilise adopts whom it is told of, notify doubts no predecessor.
//!   Both: a node whose predecessor changes tells the old one at once, as in the paper's simulator, so a join needs no
//!   timer to be seen. A predecessor that has notified since the last round is not pinged.
//! - **A newcomer** is given its successor's fingers as first guesses (SIGCOMM 2001, §4.4); fix_fingers makes them true.
//!   Without periodic upkeep the newcomer looks them all up once, one after the other; others do not learn of it.
//!   fix_fingers does not look up fingers that are the successor by definition, and one answer sets all fingers it fits.
//! - **Leaving**: both neighbours are told; the successor then learns its new predecessor by a notify from it.

mod calls;
mod compass;
mod config;
mod explain;
mod fingers;
mod fix_fingers;
mod lookup;
mod maintenance;
mod membership;
mod message;
mod reunion;
mod routing;
#[cfg(test)]
pub(crate) mod test_network;
#[cfg(test)]
mod tests;
pub mod words;

pub use config::{Config, Correctness, Lookup, RoutingRule};
pub use message::{Cause, ChordMessage, Token};

use crate::id::{ChordId, IdBits};
use crate::protocol::{
    Candidate, Command, Context, Decision, Directory, Envelope, Event, Host, Input, Message, Node, Note, Overlay, Peer,
    Place, Purpose, Request, RouteError, Rule, Step, Verdict,
};
use crate::time::{Duration, Time};

use calls::{About, Calls};
use compass::Compass;
use fingers::Fingers;
use lookup::Question;
use maintenance::Told;
use routing::Query;

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle,
    Joining { contact: Peer, attempt: u8 },
    Active,
}

/// A row of the finger table, as on the slide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FingerRow {
    /// i, from 1.
    pub index: u8,
    /// n + 2^(i−1).
    pub start: ChordId,
    /// Last identifier of the interval, itself in it; the interval may pass 0.
    pub end: ChordId,
    /// successor(start) as far as the node knows, or [`Peer::NONE`].
    pub peer: Peer,
}

/// A node of a Chord ring.
///
/// In the order of use: on large rings a routing step costs what it has to fetch, and this way that is the first cache
/// line of the node and mostly one more, of its compass.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct ChordNode {
    me: Peer,
    predecessor: Peer,
    phase: Phase,
    compass: Compass,
    id: ChordId,
    fingers: Fingers,
    /// Nearest first. Empty only if the node knows nobody at all.
    successors: Vec<Peer>,
    next_finger: u8,
    /// Whether a newcomer is still looking up its first fingers.
    filling: bool,
    /// Whether the predecessor gave a sign of life since the last round.
    predecessor_heard: bool,
    /// Whether to say so when the present input is dealt with.
    neighbours_changed: bool,
    last_token: Token,
    /// Time 0: not yet set.
    next_round: Time,
    calls: Calls,
    /// Peers taken to be dead and since when, latest last; not to be adopted by hearsay.
    dead: Vec<(Peer, Time)>,
}

impl ChordNode {
    /// A full member with the tables of a converged ring. `fingers` are finger 1 to m; those that lie before their start
    /// or behind a higher one are no successors of it and are mended or left out, as are successors out of ring order.
    #[must_use]
    pub fn from_tables(
        me: Peer,
        host: Host<'_, Self>,
        predecessor: Option<Peer>,
        successors: &[Peer],
        fingers: &[Peer],
    ) -> Self {
        let bits = host.config.bits;
        let mut node = Self::new(me, host);
        node.phase = Phase::Active;
        node.next_round = if host.config.maintenance.is_some() { Time::ZERO } else { Time::NEVER };
        let most = usize::from(host.config.successor_list.max(1));
        let mut last = ChordId::ZERO;
        node.successors.reserve_exact(most.min(successors.len()));
        for peer in successors.iter().filter(|p| p.is_some()).take(most) {
            let gap = node.id.clockwise_to(host.id(*peer), bits);
            if gap <= last {
                break;
            }
            last = gap;
            node.successors.push(*peer);
        }
        if node.successors.is_empty() {
            return node;
        }
        node.predecessor = predecessor.filter(|p| *p != me).unwrap_or(Peer::NONE);
        node.fit_fingers(host.peers, bits, Peer::NONE);
        let mut nearest: Option<(Peer, ChordId)> = None;
        for i in (node.fingers.low() + 1..=node.fingers.len()).rev() {
            let Some(peer) = fingers.get(usize::from(i) - 1).copied().filter(|p| p.is_some()) else { continue };
            let gap = node.id.clockwise_to(host.id(peer), bits);
            if peer != me && gap.bit_length() < i {
                continue;
            }
            if nearest.is_none_or(|(_, higher)| higher == ChordId::ZERO || (peer != me && gap < higher)) {
                nearest = Some((peer, gap));
            }
            node.fingers.set(i, nearest.expect("just set or set before").0);
        }
        node.take_bearings(host.peers, bits);
        node
    }

    /// The node's identifier.
    #[must_use]
    pub const fn id(&self) -> ChordId {
        self.id
    }

    /// The predecessor, if one is known.
    #[must_use]
    pub const fn predecessor(&self) -> Option<Peer> {
        self.predecessor.some()
    }

    /// Peers taken to be dead, latest last.
    pub fn presumed_dead(&self) -> impl Iterator<Item = Peer> + '_ {
        self.dead.iter().map(|(peer, _)| *peer)
    }

    /// The successor list, nearest first; empty if the node is alone.
    #[must_use]
    pub fn successors(&self) -> &[Peer] {
        &self.successors
    }

    /// The finger table, one row for each of the m fingers.
    #[must_use]
    pub fn fingers(&self, bits: IdBits) -> Vec<FingerRow> {
        let row = |index: u8| {
            let start = self.id.plus_power(index - 1, bits);
            let next = if index == bits.get() { self.id } else { self.id.plus_power(index, bits) };
            FingerRow { index, start, end: next.before(bits), peer: self.fingers.get(index, self.successor()) }
        };
        (1..=bits.get()).map(row).collect()
    }

    /// Whether the node is responsible for a key, as far as it knows: the key lies in (predecessor, this node].
    #[must_use]
    pub fn owns(&self, host: Host<'_, Self>, key: ChordId) -> bool {
        self.owns_key(host.peers, host.config.bits, key, &[])
    }

    fn is_alone(&self) -> bool {
        self.successors.is_empty()
    }

    /// The successor; the node itself if it is alone.
    fn successor(&self) -> Peer {
        self.successors.first().copied().unwrap_or(self.me)
    }

    /// The way to the successor, unless the node is alone.
    fn successor_gap(&self, peers: &Directory<ChordId>, bits: IdBits) -> Option<ChordId> {
        self.successors.first().map(|peer| self.id.clockwise_to(peers.id(*peer), bits))
    }

    /// Works the compass out from the tables.
    fn take_bearings(&mut self, peers: &Directory<ChordId>, bits: IdBits) {
        let fingers = self.fingers.iter().map(|(_, peer)| peer).filter(|peer| peer.is_some() && *peer != self.me);
        let known = fingers.chain(self.successors.iter().copied());
        self.compass = Compass::new(self.id, self.predecessor.some(), known, peers, bits);
    }

    /// Lets the fingers follow a change of the successor.
    fn fit_fingers(&mut self, peers: &Directory<ChordId>, bits: IdBits, before: Peer) {
        let low = self.successor_gap(peers, bits).map_or(bits.get(), ChordId::bit_length);
        if low != self.fingers.low() {
            self.fingers.successor_moved(low, before);
        }
    }

    fn on_message(&mut self, cx: &mut Context<'_, Self>, from: Peer, message: ChordMessage) {
        if from == self.me || !names_known_peers(&message, from, cx.host.peers.len()) {
            return;
        }
        self.calls.heard_from(from);
        self.heard_of_the_dead(cx, from);
        if self.phase != Phase::Active
            && let Some(token) = question_token(&message)
        {
            if token != 0 {
                cx.send(from, ChordMessage::Refused { token });
            }
            return;
        }
        match message {
            ChordMessage::Route { envelope, covering } => self.on_route(cx, from, envelope, covering),
            ChordMessage::Ack { token } => {
                self.take_call(from, token, |about| matches!(about, About::Hop { .. } | About::Last(_)));
            }
            ChordMessage::Refused { token } => self.on_refused(cx, from, token),
            ChordMessage::Answer { request, hops } => cx.event(Event::Answered { request, owner: from, hops }),
            ChordMessage::Direct { payload } => cx.event(Event::Direct { from, payload }),
            ChordMessage::FindNext { token, key, covering, hops, cause, avoid } => {
                self.on_find_next(cx, from, Question { token, key, covering, hops, cause, avoid });
            }
            ChordMessage::Next { token, peer, .. } => {
                if let Some(About::Step(walk)) = self.take_call(from, token, |about| matches!(about, About::Step(_))) {
                    self.on_next(cx, from, walk, peer);
                }
            }
            ChordMessage::Owner { token, peer, .. } => {
                if let Some(About::Step(walk)) = self.take_call(from, token, |about| matches!(about, About::Step(_))) {
                    self.on_owner(cx, from, walk, peer);
                }
            }
            ChordMessage::GetNeighbours { token, joining } => self.on_get_neighbours(cx, from, token, joining),
            ChordMessage::Neighbours { token, predecessor, successors, fingers, .. } => {
                let fits = |about: &About| matches!(about, About::Neighbours { .. });
                if let Some(About::Neighbours { joining, chain, .. }) = self.take_call(from, token, fits) {
                    self.on_neighbours(cx, from, Told { predecessor, successors, fingers }, joining, chain);
                }
            }
            ChordMessage::Notify if self.phase == Phase::Active => self.on_notify(cx, from),
            ChordMessage::Changed if self.phase == Phase::Active => self.on_changed(cx, from),
            ChordMessage::Leave { successors, .. } if self.phase == Phase::Active => {
                self.on_leave(cx, from, &successors);
            }
            ChordMessage::Notify | ChordMessage::Changed | ChordMessage::Leave { .. } => {}
            ChordMessage::Ping { token } => cx.send(from, ChordMessage::Pong { token }),
            ChordMessage::Pong { token } => {
                if self.take_call(from, token, |about| matches!(about, About::Ping { .. })).is_some()
                    && from == self.predecessor
                {
                    self.predecessor_heard = true;
                }
            }
        }
    }

    fn on_command(&mut self, cx: &mut Context<'_, Self>, command: Command<ChordId>) {
        match command {
            Command::Start => self.start(cx),
            Command::Join { contact } => self.join(cx, contact),
            Command::Leave => self.leave(cx),
            Command::Route(envelope) if self.phase != Phase::Active => {
                cx.event(Event::Undeliverable { request: envelope.request, reason: RouteError::NotAMember });
            }
            Command::Route(envelope) => self.set_out(cx, Envelope { hops: 0, ack: 0, origin: self.me, ..envelope }),
            Command::Direct { to, payload } if to == self.me => cx.event(Event::Direct { from: self.me, payload }),
            Command::Direct { to, payload } => cx.send(to, ChordMessage::Direct { payload }),
        }
    }

    fn on_deadline(&mut self, cx: &mut Context<'_, Self>) {
        while let Some(call) = self.calls.take_overdue(cx.now) {
            self.on_silence(cx, call);
        }
        if self.next_round <= cx.now {
            self.round(cx);
        }
    }

    fn on_link_down(&mut self, cx: &mut Context<'_, Self>, peer: Peer) {
        self.forget(cx, peer);
        for token in self.calls.tokens_to(peer) {
            let Some(mut call) = self.calls.remove(token) else { continue };
            if let About::Neighbours { again, .. } = &mut call.about {
                *again = true;
            }
            self.on_silence(cx, call);
        }
    }
}

/// Whether every peer that a message names is in the directory, so that its identifier can be asked for.
fn names_known_peers(message: &ChordMessage, from: Peer, known: usize) -> bool {
    let is_known = |peer: &Peer| peer.index() < known;
    let is_known_or_none = |peer: &Peer| !peer.is_some() || is_known(peer);
    is_known(&from)
        && match message {
            ChordMessage::Route { envelope, .. } => is_known(&envelope.origin),
            ChordMessage::Next { peer, .. } | ChordMessage::Owner { peer, .. } => is_known(peer),
            ChordMessage::Neighbours { predecessor, successors, fingers, .. } => {
                is_known_or_none(predecessor) && successors.iter().chain(fingers).all(is_known)
            }
            ChordMessage::Leave { predecessor, successors } => {
                is_known_or_none(predecessor) && successors.iter().all(is_known)
            }
            _ => true,
        }
}

/// The token of a message that only a member can do something with.
const fn question_token(message: &ChordMessage) -> Option<Token> {
    match message {
        ChordMessage::Route { envelope, .. } => Some(envelope.ack),
        ChordMessage::FindNext { token, .. }
        | ChordMessage::GetNeighbours { token, .. }
        | ChordMessage::Ping { token } => Some(*token),
        _ => None,
    }
}

impl Node for ChordNode {
    type Id = ChordId;
    type Config = Config;
    type Message = ChordMessage;
    type Command = Command<ChordId>;
    type Event = Event<ChordId>;

    fn space(config: &Config) -> IdBits {
        config.bits
    }

    fn new(me: Peer, host: Host<'_, Self>) -> Self {
        Self {
            me,
            id: host.id(me),
            phase: Phase::Idle,
            compass: Compass::spoilt(),
            predecessor: Peer::NONE,
            successors: Vec::new(),
            fingers: Fingers::alone(host.config.bits.get()),
            next_finger: 0,
            filling: false,
            predecessor_heard: false,
            neighbours_changed: false,
            last_token: 0,
            next_round: Time::NEVER,
            calls: Calls::new(),
            dead: Vec::new(),
        }
    }

    #[inline]
    fn me(&self) -> Peer {
        self.me
    }

    #[inline]
    fn is_active(&self) -> bool {
        self.phase == Phase::Active
    }

    fn handle(&mut self, cx: &mut Context<'_, Self>, input: Input<Self>) {
        match input {
            Input::Message { from, message } => self.on_message(cx, from, message),
            Input::Deadline => self.on_deadline(cx),
            Input::LinkDown(peer) => self.on_link_down(cx, peer),
            Input::Command(command) => self.on_command(cx, command),
        }
        if self.compass.is_spoilt() && !self.is_alone() {
            self.take_bearings(cx.host.peers, cx.host.config.bits);
        }
        if std::mem::take(&mut self.neighbours_changed) {
            cx.event(Event::NeighboursChanged);
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        Some(self.calls.first_due().min(self.next_round)).filter(|moment| *moment != Time::NEVER)
    }

    const TOUCHES: u8 = 1;

    #[inline]
    fn touch(&self, _: Host<'_, Self>, _: ChordId, _: u8) -> u32 {
        self.compass.touch()
    }

    #[inline]
    fn routed_key(message: &ChordMessage) -> Option<ChordId> {
        match message {
            ChordMessage::Route { envelope, .. } => Some(envelope.key),
            _ => None,
        }
    }

    /// A routed message that needs no acknowledgement, of the published rule and not yet at its end.
    #[inline]
    fn send_on(&self, host: Host<'_, Self>, from: Peer, message: &mut ChordMessage) -> Option<Peer> {
        let ChordMessage::Route { envelope, covering } = message else { return None };
        let config = host.config;
        let is_plain = envelope.ack == 0 && !config.acks && self.phase == Phase::Active && self.dead.is_empty();
        let is_known = |peer: Peer| peer.index() < host.peers.len();
        if !is_plain || from == self.me || envelope.hops >= config.hop_limit || !is_known(from.max(envelope.origin)) {
            return None;
        }
        let query = Query { covering: *covering, ..Query::plain(envelope.key, config) };
        let choice = self.by_compass(config.bits, &query)?;
        let Step::Forward(next) = choice.step else { return None };
        (envelope.hops, *covering) = (envelope.hops + 1, choice.covering);
        Some(next)
    }

    fn known_peers(&self) -> Vec<Peer> {
        let mut known = self.successors.clone();
        known.extend(self.predecessor.some());
        known.extend(self.fingers.iter().map(|(_, peer)| peer).filter(|p| p.is_some() && *p != self.me));
        crate::small_sort::sort(&mut known);
        known.dedup();
        known
    }

    fn heap_bytes(&self) -> usize {
        let lists = self.successors.capacity() * size_of::<Peer>() + self.dead.capacity() * size_of::<(Peer, Time)>();
        lists + self.compass.heap_bytes() + self.fingers.heap_bytes() + self.calls.heap_bytes()
    }
}

impl Overlay for ChordNode {
    #[inline]
    fn next_hop(&self, host: Host<'_, Self>, key: ChordId) -> Step {
        let query = Query::plain(key, host.config);
        // Nothing is avoided, so there is always a way on: a node without a successor delivers.
        self.decide(host.peers, host.config.bits, &query).map_or(Step::Deliver, |choice| choice.step)
    }

    fn explain(&self, host: Host<'_, Self>, key: ChordId) -> Decision {
        let query = Query::plain(key, host.config);
        let decision = self.explain_query(host.peers, host.config.bits, &query);
        decision.expect("with nothing to avoid there is always a way on")
    }

    fn replica_holders(&self, _: Host<'_, Self>, _: ChordId, count: usize) -> Vec<Peer> {
        self.successors.iter().copied().take(count).collect()
    }

    /// The predecessor: keys that this node no longer answers for lie before it.
    fn heir(&self, host: Host<'_, Self>, key: ChordId) -> Option<Peer> {
        self.predecessor().filter(|_| !self.owns(host, key))
    }
}
