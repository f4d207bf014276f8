//! A world: nodes, the plane between them, and the events to come. It knows everything; no node does.

use std::hint::black_box;

use rand::{RngExt, SeedableRng};

use super::plane::{Place, Plane};
use super::queue::EventQueue;
use super::systems::System;
use super::weather::Weather;
use crate::id::RingId;
use crate::protocol::{Command, Context, Directory, Event, Host, Input, Message, Note, Output, Peer, Purpose, Rng};
use crate::time::{Duration, Time};

/// What an observer is shown of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flight<'a, M> {
    /// Who sent it.
    pub from: Peer,
    /// Who is to receive it.
    pub to: Peer,
    /// When it was sent.
    pub sent: Time,
    /// When it arrives.
    pub arrives: Time,
    /// Whether it gets lost on the way.
    pub lost: bool,
    /// What it says.
    pub message: &'a M,
}

/// Why an event happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occasion<'a, M> {
    /// A message arrived.
    Arrival(Flight<'a, M>),
    /// A message was lost, or found nobody.
    Loss(Flight<'a, M>),
    /// A node's deadline came.
    Deadline,
    /// Somebody outside acted.
    Action,
}

/// Looks on while a world runs. What it does never changes what happens.
pub trait Observer<N: System> {
    /// Whether nodes should build [`Note`]s.
    fn wants_notes(&self) -> bool;
    /// An event begins at a node; messages sent during it have it as their cause.
    ///
    /// Returns the event's number, which comes back as `cause` of the events that it leads to.
    fn begin(&mut self, at: Time, node: Peer, cause: u32, occasion: Occasion<'_, N::Message>) -> u32;
    /// A node tells its application something.
    fn event(&mut self, at: Time, node: Peer, event: &Event<N::Id>);
    /// A node tells something about its work.
    fn note(&mut self, node: Peer, note: Note);
}

/// How long the next newcomer waits for one that does not get in.
const JOIN_SPAN_MAX: Duration = Duration::from_secs(60);

/// Events whose ways to memory are made to overlap.
const GROUP: usize = 16;
/// Worlds smaller than this are in the caches anyway.
pub(super) const TOUCHED_NODES_MIN: usize = 2_048;

/// So many messages at once are a burst.
const BURST: usize = 8;
/// With more messages than this on their way, what was read for one is out of the caches when it arrives.
const NEAR: usize = 4_096;

/// The cause of events that have none.
pub const NO_CAUSE: u32 = u32::MAX;

/// Nobody looks on.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl<N: System> Observer<N> for Unobserved {
    fn wants_notes(&self) -> bool {
        false
    }
    fn begin(&mut self, _: Time, _: Peer, _: u32, _: Occasion<'_, N::Message>) -> u32 {
        NO_CAUSE
    }
    fn event(&mut self, _: Time, _: Peer, _: &Event<N::Id>) {}
    fn note(&mut self, _: Peer, _: Note) {}
}

/// What one call of [`World::step`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepped {
    /// An event that an observer was told of.
    Event,
    /// A timer that had been moved meanwhile; nothing happened.
    Nothing,
    /// No event waits.
    Idle,
}

/// Messages since the world began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Messages sent, by [`Purpose`] in its order.
    pub sent: [u64; 7],
    /// Messages lost on the way or sent to a dead node.
    pub lost: u64,
    /// Events handled.
    pub events: u64,
}

impl Counters {
    /// Messages sent for one purpose.
    #[must_use]
    pub const fn sent_for(&self, purpose: Purpose) -> u64 {
        self.sent[purpose as usize]
    }

    /// All messages sent.
    #[must_use]
    pub fn sent_in_all(&self) -> u64 {
        self.sent.iter().sum()
    }
}

/// A message on its way. With one of Pastry's it fills a cache line, as nearly all events do.
#[derive(Clone, Debug)]
struct Flying<M> {
    from: Peer,
    to: Peer,
    cause: u32,
    fate: Fate,
    message: M,
}

/// How long a message takes, in microseconds, and in the lowest bit whether it gets lost.
#[derive(Clone, Copy, Debug)]
struct Fate(u32);

impl Fate {
    /// Spans of 2^31 µs (36 minutes) and more are remembered as that; the slowest weather has messages take 8 seconds.
    fn new(span: Duration, lost: bool) -> Self {
        Self((span.0.min(u64::from(u32::MAX >> 1)) as u32) << 1 | u32::from(lost))
    }

    const fn is_lost(self) -> bool {
        self.0 & 1 == 1
    }

    const fn span(self) -> Duration {
        Duration((self.0 >> 1) as u64)
    }
}

impl<M> Flying<M> {
    fn flight(&self, arrives: Time) -> Flight<'_, M> {
        let sent = Time(arrives.0.saturating_sub(self.fate.span().0));
        Flight { from: self.from, to: self.to, sent, arrives, lost: self.fate.is_lost(), message: &self.message }
    }
}

#[derive(Clone, Debug)]
enum Pending<M> {
    Arrival(Flying<M>),
    Deadline { node: Peer },
}

/// Nodes of one system and everything between them.
#[derive(Clone, Debug)]
pub struct World<N: System> {
    config: N::Config,
    peers: Directory<N::Id>,
    plane: Plane,
    nodes: Vec<N>,
    alive: Vec<bool>,
    /// When each node's earliest waiting deadline event comes.
    armed: Vec<Time>,
    queue: EventQueue<Pending<N::Message>>,
    /// Messages on their way, by purpose.
    in_flight: [usize; 7],
    now: Time,
    weather: Weather,
    /// What nodes draw from.
    rng: Rng,
    /// What losses, places and meetings are drawn from, so that they do not shift with what nodes draw.
    nature: Rng,
    counters: Counters,
    outputs: Vec<Output<N>>,
}

impl<N: System> World<N> {
    /// A world without nodes.
    #[must_use]
    pub fn new(config: N::Config, seed: u64) -> Self {
        Self {
            config,
            peers: Directory::new(),
            plane: Plane::default(),
            nodes: Vec::new(),
            alive: Vec::new(),
            armed: Vec::new(),
            queue: EventQueue::default(),
            in_flight: [0; 7],
            now: Time::ZERO,
            weather: Weather::CLEAR,
            rng: Rng::seed_from_u64(seed),
            nature: Rng::seed_from_u64(seed ^ 0x6E61_7475_7265),
            counters: Counters::default(),
            outputs: Vec::new(),
        }
    }

    /// Puts a node that is not yet a member into the world; `None` if the identifier is taken.
    pub fn place(&mut self, id: N::Id, place: Place) -> Option<Peer> {
        if self.peers.find(id).is_some() {
            return None;
        }
        let peer = self.intern(id, place);
        let node = N::new(peer, self.host());
        self.nodes.push(node);
        Some(peer)
    }

    fn intern(&mut self, id: N::Id, place: Place) -> Peer {
        let peer = self.peers.intern(id);
        self.plane.push(place);
        self.alive.push(true);
        self.armed.push(Time::NEVER);
        peer
    }

    /// Fills an empty world with members whose tables are in the converged state.
    ///
    /// # Panics
    /// If the world already has nodes or an identifier comes twice.
    pub fn fill_converged(&mut self, members: impl IntoIterator<Item = (N::Id, Place)>) {
        assert!(self.nodes.is_empty(), "a world is filled once, at its beginning");
        let mut count = 0;
        for (id, place) in members {
            self.intern(id, place);
            count += 1;
        }
        assert_eq!(self.peers.len(), count, "members have different identifiers");
        self.nodes = N::converged(self.host(), &self.plane);
        for index in 0..count {
            self.arm(Peer(index as u32));
        }
    }

    /// Fills an empty world by real join messages, one newcomer after the other.
    /// Returns how many came in.
    ///
    /// # Panics
    /// If the world already has nodes or an identifier comes twice.
    pub fn fill_by_joins(&mut self, members: impl IntoIterator<Item = (N::Id, Place)>) -> usize {
        assert!(self.nodes.is_empty(), "a world is filled once, at its beginning");
        let mut joined = 0;
        for (id, place) in members {
            let peer = self.place(id, place).expect("members have different identifiers");
            let command = self.entrance(peer);
            self.command(peer, command.into(), &mut Unobserved);
            let limit = self.now + JOIN_SPAN_MAX;
            while (self.is_busy() || !self.node(peer).is_active()) && self.next_at().is_some_and(|at| at <= limit) {
                self.step(&mut Unobserved);
            }
            joined += usize::from(self.node(peer).is_active());
        }
        joined
    }

    /// How a node comes in: by a near member (paper §2.4 assumes that the newcomer knows one), or as the first.
    pub fn entrance(&mut self, newcomer: Peer) -> Command<N::Id> {
        match self.near_member(newcomer) {
            Some(contact) => Command::Join { contact },
            None => Command::Start,
        }
    }

    /// The nearest of a few dozen randomly met members.
    fn near_member(&mut self, newcomer: Peer) -> Option<Peer> {
        let count = self.nodes.len() as u32;
        let met: Vec<Peer> =
            if count <= 64 { Vec::new() } else { (0..64).map(|_| Peer(self.nature.random_range(0..count))).collect() };
        let usable = |peer: &Peer| *peer != newcomer && self.is_alive(*peer) && self.node(*peer).is_active();
        let nearness = |peer: &Peer| (self.plane.squared_distance(newcomer, *peer), *peer);
        // The nearest of all is a member nearly always; asking only it spares the way to the other nodes.
        if let Some(nearest) = met.iter().copied().min_by_key(nearness).filter(usable) {
            return Some(nearest);
        }
        let nearest = met.into_iter().filter(usable).min_by_key(nearness);
        nearest.or_else(|| (0..count).map(Peer).filter(usable).min_by_key(nearness))
    }

    /// What nodes find on their machine.
    #[must_use]
    pub fn host(&self) -> Host<'_, N> {
        Host { peers: &self.peers, config: &self.config, proximity: &self.plane }
    }

    /// The ring that identifiers live on.
    #[must_use]
    pub fn space(&self) -> <N::Id as RingId>::Space {
        N::space(&self.config)
    }

    /// Where a node lies on the ring, as a fraction of a turn.
    #[must_use]
    pub fn turn(&self, peer: Peer) -> f64 {
        self.peers.id(peer).turn(self.space())
    }

    /// A node's identifier, cut to `digits` digits where the notation allows it.
    #[must_use]
    pub fn text(&self, peer: Peer, digits: usize) -> String {
        self.peers.id(peer).text(self.space(), digits)
    }

    /// The rule switches and sizes of all nodes.
    #[must_use]
    pub const fn config(&self) -> &N::Config {
        &self.config
    }

    /// Everybody who was ever in the world.
    #[must_use]
    pub const fn peers(&self) -> &Directory<N::Id> {
        &self.peers
    }

    /// Where everybody is.
    #[must_use]
    pub const fn plane(&self) -> &Plane {
        &self.plane
    }

    /// A node's state.
    ///
    /// # Panics
    /// If the peer is not of this world.
    #[must_use]
    pub fn node(&self, peer: Peer) -> &N {
        &self.nodes[peer.index()]
    }

    /// All nodes, dead ones included, in peer order.
    #[must_use]
    pub fn nodes(&self) -> &[N] {
        &self.nodes
    }

    /// Whether a node runs.
    #[must_use]
    pub fn is_alive(&self, peer: Peer) -> bool {
        self.alive[peer.index()]
    }

    /// All nodes that run and are full members, in ring order.
    pub fn members(&self) -> impl DoubleEndedIterator<Item = (N::Id, Peer)> + '_ {
        self.peers.in_ring_order().filter(|(_, peer)| self.is_alive(*peer) && self.node(*peer).is_active())
    }

    /// The moment of the last event, or the one set by [`World::wait_until`].
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// Messages so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Messages on their way.
    pub fn in_flight(&self) -> impl Iterator<Item = Flight<'_, N::Message>> {
        self.queue.iter().filter_map(|(arrives, pending)| match pending {
            Pending::Arrival(flying) => Some(flying.flight(arrives)),
            Pending::Deadline { .. } => None,
        })
    }

    /// How many messages are on their way.
    #[must_use]
    pub fn messages_in_flight(&self) -> usize {
        self.in_flight.iter().sum()
    }

    /// How many messages for one purpose are on their way.
    #[must_use]
    pub const fn in_flight_for(&self, purpose: Purpose) -> usize {
        self.in_flight[purpose as usize]
    }

    /// Whether anything but regular upkeep is on its way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        const UPKEEP: [Purpose; 2] = [Purpose::Maintenance, Purpose::Acknowledgement];
        let upkeep: usize = UPKEEP.iter().map(|purpose| self.in_flight_for(*purpose)).sum();
        self.messages_in_flight() > upkeep
    }

    /// What the network does to messages now.
    #[must_use]
    pub const fn weather(&self) -> Weather {
        self.weather
    }

    /// Lets each message sent from now on get lost with this probability, in millionths.
    pub const fn set_loss(&mut self, per_million: u32) {
        self.weather.loss_per_million = per_million;
    }

    /// Changes what the network does to messages sent from now on.
    pub const fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
    }

    /// A place that a newcomer of this world gets.
    pub fn random_place(&mut self) -> Place {
        Place::random(&mut self.nature)
    }

    /// Stops a node without a word.
    pub fn crash(&mut self, peer: Peer) {
        self.alive[peer.index()] = false;
    }

    /// Lets a stopped node run again with empty tables; it then has to join.
    pub fn revive(&mut self, peer: Peer) {
        self.alive[peer.index()] = true;
        self.armed[peer.index()] = Time::NEVER;
        self.nodes[peer.index()] = N::new(peer, self.host());
    }

    /// The moment of the next event.
    pub fn next_at(&mut self) -> Option<Time> {
        self.queue.next_at()
    }

    /// Lets time pass to `moment`, up to which no event waits.
    ///
    /// # Panics
    /// If one does, or the moment is past.
    pub fn wait_until(&mut self, moment: Time) {
        // Timers that were moved meanwhile are no events, but they stand in the queue.
        while self.next_at().is_some_and(|at| at < moment) {
            assert_eq!(self.step(&mut Unobserved), Stepped::Nothing, "time passes without skipping events");
        }
        assert!(moment >= self.now, "time does not go back");
        self.now = moment;
    }

    /// Hands a node a command, now. A node that does not run hears nothing.
    pub fn command(&mut self, node: Peer, command: N::Command, observer: &mut impl Observer<N>) {
        let number = observer.begin(self.now, node, NO_CAUSE, Occasion::Action);
        if self.is_alive(node) {
            self.handle(node, Input::Command(command), number, observer);
        }
    }

    /// Handles the next event.
    pub fn step(&mut self, observer: &mut impl Observer<N>) -> Stepped {
        if self.nodes.len() >= TOUCHED_NODES_MIN {
            self.touch_next();
        }
        let Some((at, pending)) = self.queue.pop() else { return Stepped::Idle };
        match pending {
            Pending::Arrival(flying) => {
                self.now = at;
                self.counters.events += 1;
                self.arrive(flying, observer);
                Stepped::Event
            }
            Pending::Deadline { node } => self.deadline(node, at, observer),
        }
    }

    fn arrive(&mut self, mut flying: Flying<N::Message>, observer: &mut impl Observer<N>) {
        let to = flying.to;
        self.in_flight[flying.message.purpose() as usize] -= 1;
        if flying.fate.is_lost() || !self.is_alive(to) {
            self.counters.lost += 1;
            observer.begin(self.now, to, flying.cause, Occasion::Loss(flying.flight(self.now)));
            return;
        }
        let number = observer.begin(self.now, to, flying.cause, Occasion::Arrival(flying.flight(self.now)));
        if !observer.wants_notes() {
            let host = Host { peers: &self.peers, config: &self.config, proximity: &self.plane };
            if let Some(next) = self.nodes[to.index()].send_on(host, flying.from, &mut flying.message) {
                (flying.from, flying.to, flying.cause) = (to, next, number);
                return self.send(flying);
            }
        }
        let Flying { from, message, .. } = flying;
        self.handle(to, Input::Message { from, message }, number, observer);
    }

    /// Reads what the next events will need, all of them before any is handled: in a large world an event costs little
    /// but its ways to memory.
    fn touch_next(&mut self) {
        let host = Host { peers: &self.peers, config: &self.config, proximity: &self.plane };
        let mut group = [None; GROUP];
        for (place, pending) in group.iter_mut().zip(self.queue.next_group(GROUP)) {
            if let Pending::Arrival(Flying { from, to, message, .. }) = pending {
                // What is not routed mostly concerns whoever sent it.
                *place = Some((*to, N::routed_key(message).unwrap_or_else(|| self.peers.id(*from))));
            }
        }
        for touch in 0..N::TOUCHES {
            for (to, key) in group.iter().flatten() {
                black_box(self.nodes[to.index()].touch(host, *key, touch));
            }
        }
    }

    /// The same for a node that tells many others something, as a newcomer does. They hear of it soon, one by one and
    /// with little else on the way, so that what is read here is still at hand then.
    fn touch_receivers(&self, from: Peer, outputs: &[Output<N>]) {
        if self.messages_in_flight() > NEAR {
            return;
        }
        let (host, sender) = (self.host(), self.peers.id(from));
        for touch in 0..N::TOUCHES {
            for output in outputs {
                if let Output::Send { to, message } = output {
                    let key = N::routed_key(message).unwrap_or(sender);
                    black_box(self.nodes[to.index()].touch(host, key, touch));
                }
            }
        }
    }

    fn deadline(&mut self, node: Peer, at: Time, observer: &mut impl Observer<N>) -> Stepped {
        if self.armed[node.index()] != at || !self.is_alive(node) {
            return Stepped::Nothing;
        }
        self.armed[node.index()] = Time::NEVER;
        if self.node(node).next_deadline().is_none_or(|deadline| deadline > at) {
            self.arm(node);
            return Stepped::Nothing;
        }
        self.now = at;
        self.counters.events += 1;
        let number = observer.begin(self.now, node, NO_CAUSE, Occasion::Deadline);
        self.handle(node, Input::Deadline, number, observer);
        Stepped::Event
    }

    fn handle(&mut self, peer: Peer, input: Input<N>, number: u32, observer: &mut impl Observer<N>) {
        let mut outputs = std::mem::take(&mut self.outputs);
        let host = Host { peers: &self.peers, config: &self.config, proximity: &self.plane };
        let tracing = observer.wants_notes();
        let mut cx = Context { now: self.now, host, rng: &mut self.rng, tracing, outputs: &mut outputs };
        self.nodes[peer.index()].handle(&mut cx, input);
        if outputs.len() >= BURST && self.nodes.len() >= TOUCHED_NODES_MIN {
            self.touch_receivers(peer, &outputs);
        }
        for output in outputs.drain(..) {
            match output {
                Output::Send { to, message } => {
                    self.send(Flying { from: peer, to, cause: number, fate: Fate(0), message });
                }
                Output::Event(event) => observer.event(self.now, peer, &event),
                Output::Note(note) => observer.note(peer, note),
            }
        }
        self.outputs = outputs;
        self.arm(peer);
    }

    /// Lets a message set out; its fate is decided here.
    #[inline]
    fn send(&mut self, mut flying: Flying<N::Message>) {
        let Flying { from, to, .. } = flying;
        debug_assert!(to.is_some(), "a node sends to somebody");
        let purpose = flying.message.purpose() as usize;
        self.counters.sent[purpose] += 1;
        self.in_flight[purpose] += 1;
        let Weather { loss_per_million: loss, .. } = self.weather;
        let lost = self.weather.separates(self.plane.place(from), self.plane.place(to))
            || (loss > 0 && self.nature.random_range(0..1_000_000) < loss);
        let span = self.weather.slowed(self.plane.one_way(from, to));
        flying.fate = Fate::new(span, lost);
        self.queue.push(self.now + span, Pending::Arrival(flying));
    }

    /// Makes sure that an event waits for the node's next deadline.
    fn arm(&mut self, peer: Peer) {
        let Some(deadline) = self.nodes[peer.index()].next_deadline() else { return };
        let deadline = deadline.max(self.now);
        let armed = &mut self.armed[peer.index()];
        if deadline < *armed {
            *armed = deadline;
            self.queue.push(deadline, Pending::Deadline { node: peer });
        }
    }

    /// Handles all events up to and at `moment`, then lets time pass to it.
    pub fn run_until(&mut self, moment: Time, observer: &mut impl Observer<N>) {
        while self.next_at().is_some_and(|at| at <= moment) {
            self.step(observer);
        }
        self.now = self.now.max(moment);
    }

    /// Lets time pass as [`World::run_until`] does.
    pub fn run_for(&mut self, span: Duration, observer: &mut impl Observer<N>) {
        self.run_until(self.now + span, observer);
    }

    /// Bytes of tables and bookkeeping, all nodes together, without what events hold.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let each = size_of::<N>() + size_of::<Place>() + size_of::<Time>() + 1;
        let directory = self.peers.len() * (2 * size_of::<N::Id>() + size_of::<Peer>());
        self.nodes.iter().map(|node| each + node.heap_bytes()).sum::<usize>() + directory
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pastry;

    #[test]
    fn an_event_with_a_message_of_pastry_fills_a_cache_line() {
        assert_eq!(size_of::<Option<Pending<pastry::Message>>>(), 64);
    }

    #[test]
    fn a_fate_is_how_long_and_whether_lost() {
        for (span, lost) in [(0, true), (73_000, false), (7_300_000, true)] {
            let fate = Fate::new(Duration(span), lost);
            assert_eq!((fate.span(), fate.is_lost()), (Duration(span), lost));
        }
    }
}
