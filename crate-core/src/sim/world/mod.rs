//! A world: nodes, the plane between them, and the events to come. It knows everything; no node does.

mod ahead;
mod fill;
mod flying;
mod observer;

use rand::{RngExt, SeedableRng};

pub(super) use ahead::TOUCHED_NODES_MIN;
pub use observer::{Counters, Flight, NO_CAUSE, Observer, Occasion, Travelling, Unobserved};

use flying::{Fate, Flying, Pending};

use super::plane::{Place, Plane};
use super::queue::EventQueue;
use super::systems::Inhabitant;
use super::weather::Weather;
use crate::id::RingId;
use crate::protocol::{Context, Directory, Host, Input, Message, Output, Peer, Purpose, Rng};
use crate::time::{Duration, Time};

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

/// Nodes of one system and everything between them.
#[derive(Clone, Debug)]
pub struct World<N: Inhabitant> {
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
    /// Where newcomers come to, if it is one place.
    newcomers_at: Option<Place>,
    /// What nodes draw from.
    rng: Rng,
    /// What losses, places and meetings are drawn from, so that they do not shift with what nodes draw.
    nature: Rng,
    counters: Counters,
    outputs: Vec<Output<N>>,
}

impl<N: Inhabitant> World<N> {
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
            newcomers_at: None,
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

    /// Newcomers come to this place instead of a random one.
    pub const fn gather(&mut self, place: Place) {
        self.newcomers_at = Some(place);
    }

    /// A place that a newcomer of this world gets.
    pub fn random_place(&mut self) -> Place {
        let drawn = Place::random(&mut self.nature);
        self.newcomers_at.unwrap_or(drawn)
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
        self.touch_next();
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
        self.touch_receivers(peer, &outputs);
        for output in outputs.drain(..) {
            match output {
                Output::Send { to, message } => {
                    self.send(Flying { from: peer, to, cause: number, fate: Fate::OPEN, message });
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
