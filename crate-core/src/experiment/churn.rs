//! Lookups while nodes come and go: what MSPastry measures (Castro, Costa, Rowstron, DSN 2004).
//!
//! # The run
//! A world of `nodes` members is built in its converged state. Newcomers arrive as a Poisson process with a mean of
//! `nodes` a session mean, each under a new identifier at a random place, and come in by real messages through the
//! nearest of 64 members drawn at random (one that cannot get in tries again through others, as its user would).
//! Sessions are exponential, counted from the arrival, and end in a crash without a word, so the population stays about
//! `nodes`. Running members look up uniformly random keys, each as a Poisson process of `lookup_rate`. The first half
//! session mean, and at least five minutes, is not measured: by then the tables show wear. After the measured time no
//! lookup starts any more, but churn goes on for another minute, in which the last lookups may still arrive.
//!
//! # What is counted
//! - **lookups**: those started in the measured time, without the withdrawn ones. Withdrawn is a lookup that did not
//!   arrive and whose origin crashed within the minute after it: nobody waits for it any more. A lookup carried by
//!   *another* node at the moment that node crashes counts in full.
//! - **lost**: not delivered anywhere within at least a minute.
//! - **incorrect**: delivered by a node that was not the key's root among the nodes that were running and full members
//!   at that moment; or delivered a second time by another node while the first that delivered it still ran. (Once the
//!   first has crashed, a second delivery is the recovery of a message whose acknowledgement died with a node on its
//!   path; nobody can tell the two apart.)
//! - **timeouts per lookup**: messages carrying lookups that found nobody, or got lost, for each lookup.
//! - **control messages** per running node and second: everything that would not be sent in a ring where nothing ever
//!   fails and every lookup is one message a hop. That is all sent for membership (joins), repair (probes and their
//!   answers, tables) and regular upkeep (heartbeats, exchanged rows), every acknowledgement of a hop, custody's among
//!   them, and every message of a lookup that was sent in vain, since another had to be sent for it. Divided by all
//!   nodes running, not only members. MSPastry counts acknowledgements and retransmissions as well, as far as we
//!   remember its breakdown; it has no custody.
//! - **stretch**: sum of the times from start to delivery over sum of the one-way latencies from origin to root, over
//!   all delivered lookups whose origin is not itself the root. Time-outs on the way count in full.
//!
//! # Implementation notes
//! All processes are memoryless, so arrivals, crashes and lookups are one process of the summed rate, whose next moment
//! and kind are drawn afresh each time. Exponentials come from `libm::log`, the same natively and in wasm.

use std::collections::BTreeMap;

use rand::{Rng as _, RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::id::RingId as _;
use crate::protocol::{Command, Envelope, Event, Message as _, Node, Note, Peer, Purpose, Request, Rng};
use crate::sim::spec::{Spec, SpecError};
use crate::sim::systems::System;
use crate::sim::world::{Counters, Observer, Occasion, World};
use crate::time::{Duration, Time};

/// How long a lookup may take before it counts as lost.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// The least time before anything is measured, in seconds.
const WARM_UP_MIN_S: f64 = 300.0;
/// Members that a newcomer looks among for the nearest.
const MET: usize = 64;
/// How many times progress is told.
const REPORTS: u32 = 200;

/// What is run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Settings<C> {
    /// Rule switches of all nodes; they need acknowledgements and regular upkeep to stand any churn.
    pub config: C,
    /// Mean population.
    pub nodes: u32,
    /// Mean of the exponential sessions, in seconds; at least 1.
    pub session_mean_s: u32,
    /// Measured time, in simulated seconds.
    pub duration_s: u32,
    /// Messages lost on the way, in millionths.
    pub loss_per_million: u32,
    /// Lookups that each member starts in a second, on average; 0.01 in the paper.
    pub lookup_rate: f64,
    /// What all randomness comes from.
    pub seed: u64,
}

impl<C> Settings<C> {
    /// An hour with the paper's lookup rate and no loss.
    #[must_use]
    pub const fn new(config: C, nodes: u32, session_mean_s: u32, seed: u64) -> Self {
        let (duration_s, loss_per_million, lookup_rate) = (3_600, 0, 0.01);
        Self { config, nodes, session_mean_s, duration_s, loss_per_million, lookup_rate, seed }
    }
}

/// What came of it; see the module for each number's definition.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Mean population asked for.
    pub nodes: u32,
    /// Mean session, in seconds.
    pub session_mean_s: u32,
    /// Lookups counted.
    pub lookups: u64,
    /// Of them not delivered.
    pub lost: u64,
    /// Deliveries by a node that was not responsible, and second ones.
    pub incorrect: u64,
    /// Messages of lookups sent in vain, for each lookup.
    pub timeouts_per_lookup: f64,
    /// All messages but those that carried a lookup on.
    pub control_msgs_per_node_s: f64,
    /// Of them acknowledgements of lookups.
    pub ack_msgs_per_node_s: f64,
    /// Time taken over the direct latency, sum over sum.
    pub stretch: f64,
}

/// Something that should not have happened, told at the end of the event in which it did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding<I> {
    /// `node` delivered a lookup for which `root` was responsible.
    WrongRoot {
        /// The lookup.
        lookup: Request,
        /// Its key.
        key: I,
        /// Who delivered it.
        node: Peer,
        /// Who should have.
        root: Peer,
    },
    /// `node` delivered a lookup that `first`, still running, had delivered before.
    Twice {
        /// The lookup.
        lookup: Request,
        /// Its key.
        key: I,
        /// Who delivered it first.
        first: Peer,
        /// Who delivered it again.
        node: Peer,
    },
    /// A lookup never arrived.
    Lost {
        /// The lookup.
        lookup: Request,
        /// Its key.
        key: I,
        /// Who started it.
        origin: Peer,
        /// When.
        sent: Time,
    },
}

/// Who is told of findings, with the world in which they were made.
pub type Tell<'a, N> = &'a mut dyn FnMut(&World<N>, Finding<<N as Node>::Id>);

/// Runs the experiment. `progress` is told the share of the simulated time that has passed, 0 to 1.
///
/// # Errors
/// If no such world can be.
pub fn run<N: System>(settings: &Settings<N::Config>, progress: &mut dyn FnMut(f64)) -> Result<Row, SpecError> {
    run_and_tell::<N>(settings, progress, &mut |_, _| {})
}

/// The same, telling each finding and the world in which it was made.
///
/// # Errors
/// If no such world can be.
pub fn run_and_tell<N: System>(
    settings: &Settings<N::Config>,
    progress: &mut dyn FnMut(f64),
    tell: Tell<'_, N>,
) -> Result<Row, SpecError> {
    let mut churn = Churn::<N>::new(settings)?;
    let warm_up = Duration(seconds((f64::from(settings.session_mean_s.max(1)) / 2.0).max(WARM_UP_MIN_S)));
    let measured = Duration::from_secs(settings.duration_s.into());
    let whole = (warm_up.0 + measured.0 + PATIENCE.0) as f64;
    let mut report = |now: Time| progress((now.0 as f64 / whole).min(1.0));
    churn.run_until(Time::ZERO + warm_up, tell, &mut report);
    let before = churn.start_measuring();
    churn.run_until(Time::ZERO + warm_up + measured, tell, &mut report);
    let after = churn.stop_measuring();
    churn.run_until(Time::ZERO + warm_up + measured + PATIENCE, tell, &mut report);
    Ok(churn.row(settings, &before, &after, tell))
}

/// Whole microseconds.
fn seconds(s: f64) -> u64 {
    (s * 1e6) as u64
}

/// A lookup under way or done.
#[derive(Clone, Copy, Debug)]
struct Lookup<I> {
    key: I,
    origin: Peer,
    sent: Time,
    /// Whether it was started in the measured time.
    counts: bool,
    /// Who delivered it, and when.
    delivered: Option<(Peer, Time)>,
    /// Whether its origin crashed within [`PATIENCE`].
    withdrawn: bool,
}

/// What is seen of the world while it runs.
struct Watch<N: System> {
    config: N::Config,
    /// Running nodes that are full members.
    members: BTreeMap<N::Id, Peer>,
    ids: Vec<N::Id>,
    lookups: Vec<Lookup<N::Id>>,
    /// Newcomers that gave up.
    turned_away: Vec<Peer>,
    findings: Vec<Finding<N::Id>>,
    incorrect: u64,
    /// Messages of lookups that found nobody.
    in_vain: u64,
}

impl<N: System> Watch<N> {
    /// The node responsible for a key among the members: one of the two beside it.
    fn root(&self, key: N::Id) -> Option<Peer> {
        let entry = |(id, peer): (&N::Id, &Peer)| (*id, *peer);
        let after = self.members.range(key..).next().or_else(|| self.members.first_key_value()).map(entry)?;
        let before = self.members.range(..key).next_back().or_else(|| self.members.last_key_value()).map(entry)?;
        let mut beside = [before, after];
        beside.sort_unstable();
        Some(N::owner(&self.config, &beside, key))
    }

    fn is_running(&self, peer: Peer) -> bool {
        self.members.get(&self.ids[peer.index()]) == Some(&peer)
    }

    fn delivered(&mut self, at: Time, node: Peer, envelope: &Envelope<N::Id>) {
        let Some(lookup) = self.lookups.get(envelope.request.0 as usize).copied() else { return };
        let finding = match lookup.delivered {
            None => {
                self.lookups[envelope.request.0 as usize].delivered = Some((node, at));
                let root = self.root(lookup.key).filter(|root| *root != node);
                root.map(|root| Finding::WrongRoot { lookup: envelope.request, key: lookup.key, node, root })
            }
            Some((first, _)) if first != node && self.is_running(first) => {
                Some(Finding::Twice { lookup: envelope.request, key: lookup.key, first, node })
            }
            Some(_) => None,
        };
        if let Some(finding) = finding {
            self.incorrect += u64::from(lookup.counts);
            self.findings.push(finding);
        }
    }
}

impl<N: System> Observer<N> for Watch<N> {
    fn wants_notes(&self) -> bool {
        false
    }

    fn begin(&mut self, _: Time, _: Peer, cause: u32, occasion: Occasion<'_, N::Message>) -> u32 {
        if let Occasion::Loss(flight) = occasion {
            self.in_vain += u64::from(flight.message.purpose() == Purpose::Route);
        }
        cause
    }

    fn event(&mut self, at: Time, node: Peer, event: &Event<N::Id>) {
        match event {
            Event::Joined => _ = self.members.insert(self.ids[node.index()], node),
            Event::JoinFailed => self.turned_away.push(node),
            Event::Delivered(envelope) => self.delivered(at, node, envelope),
            _ => {}
        }
    }

    fn note(&mut self, _: Peer, _: Note) {}
}

/// Sums at the beginning and at the end of the measured time.
#[derive(Clone, Copy)]
struct Sums {
    counters: Counters,
    in_vain: u64,
    node_seconds: f64,
}

/// A world whose nodes come and go.
struct Churn<N: System> {
    world: World<N>,
    watch: Watch<N>,
    /// Everybody who runs, member or not.
    running: Vec<Peer>,
    /// Arrivals, crashes of one node, and lookups of one node, per second.
    rates: [f64; 3],
    measuring: bool,
    node_seconds: f64,
    rng: Rng,
    /// The share of the run that was last told, in [`REPORTS`] parts.
    told: u32,
}

impl<N: System> Churn<N> {
    fn new(settings: &Settings<N::Config>) -> Result<Self, SpecError> {
        let spec = Spec {
            loss_per_million: settings.loss_per_million,
            ..Spec::random(settings.nodes, settings.seed, settings.config.clone())
        };
        let world: World<N> = spec.world()?;
        let session = f64::from(settings.session_mean_s.max(1));
        let ids = (0..settings.nodes).map(|index| world.peers().id(Peer(index))).collect();
        let watch = Watch {
            config: settings.config.clone(),
            members: world.members().collect(),
            ids,
            lookups: Vec::new(),
            turned_away: Vec::new(),
            findings: Vec::new(),
            incorrect: 0,
            in_vain: 0,
        };
        Ok(Self {
            world,
            watch,
            running: (0..settings.nodes).map(Peer).collect(),
            rates: [f64::from(settings.nodes) / session, 1.0 / session, settings.lookup_rate.max(0.0)],
            measuring: false,
            node_seconds: 0.0,
            rng: Rng::seed_from_u64(settings.seed ^ 0x0063_6875_726E),
            told: 0,
        })
    }

    /// Uniform in (0, 1].
    fn uniform(&mut self) -> f64 {
        ((self.rng.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    fn run_until(&mut self, end: Time, tell: Tell<'_, N>, report: &mut dyn FnMut(Time)) {
        loop {
            let running = self.running.len() as f64;
            let rates = [self.rates[0], self.rates[1] * running, self.rates[2] * running];
            let whole: f64 = rates.iter().sum();
            let pause = Duration(seconds(-libm::log(self.uniform()) / whole));
            let next = (self.world.now() + pause).min(end);
            self.node_seconds += running * next.since(self.world.now()).0 as f64 / 1e6;
            self.pass(next, tell);
            let part = (next.0 as f64 / end.0 as f64 * f64::from(REPORTS)) as u32;
            if part != self.told {
                self.told = part;
                report(next);
            }
            if next == end {
                return;
            }
            let which = self.uniform() * whole;
            match () {
                () if which <= rates[0] => self.arrive(),
                () if which <= rates[0] + rates[1] => self.crash(),
                () => self.look_up(),
            }
            self.tell(tell);
        }
    }

    /// Lets the world run to a moment.
    fn pass(&mut self, moment: Time, tell: Tell<'_, N>) {
        while self.world.next_at().is_some_and(|at| at <= moment) {
            self.world.step(&mut self.watch);
            self.tell(tell);
            while let Some(newcomer) = self.watch.turned_away.pop() {
                if self.world.is_alive(newcomer) {
                    self.enter(newcomer);
                }
            }
        }
        self.world.wait_until(moment);
    }

    fn tell(&mut self, tell: Tell<'_, N>) {
        for finding in self.watch.findings.drain(..) {
            tell(&self.world, finding);
        }
    }

    fn somebody(&mut self) -> Option<usize> {
        let count = self.running.len() as u32;
        (count > 0).then(|| self.rng.random_range(0..count) as usize)
    }

    fn arrive(&mut self) {
        let id = N::Id::random(self.world.space(), &mut self.rng);
        let place = self.world.random_place();
        // An identifier that is taken (on a tiny ring) lets nobody in.
        let Some(newcomer) = self.world.place(id, place) else { return };
        self.watch.ids.push(id);
        self.running.push(newcomer);
        self.enter(newcomer);
    }

    /// Sends a newcomer to the nearest of the members it meets.
    fn enter(&mut self, newcomer: Peer) {
        let met: Vec<Peer> = (0..MET).filter_map(|_| self.somebody().map(|at| self.running[at])).collect();
        let member = |peer: &Peer| *peer != newcomer && self.world.node(*peer).is_active();
        let plane = self.world.plane();
        let nearest = met.into_iter().filter(member).min_by_key(|p| (plane.squared_distance(newcomer, *p), *p));
        let contact = nearest.or_else(|| self.watch.members.values().next().copied());
        let command = contact.map_or(Command::Start, |contact| Command::Join { contact });
        self.world.command(newcomer, command.into(), &mut self.watch);
    }

    fn crash(&mut self) {
        let Some(at) = self.somebody() else { return };
        let peer = self.running.swap_remove(at);
        self.world.crash(peer);
        if self.watch.is_running(peer) {
            self.watch.members.remove(&self.watch.ids[peer.index()]);
        }
        let now = self.world.now();
        let recent = self.watch.lookups.iter_mut().rev().take_while(|lookup| now.since(lookup.sent) <= PATIENCE);
        for lookup in recent.filter(|lookup| lookup.origin == peer) {
            lookup.withdrawn = true;
        }
    }

    fn look_up(&mut self) {
        let Some(at) = self.somebody() else { return };
        let origin = self.running[at];
        let key = N::Id::random(self.world.space(), &mut self.rng);
        if !self.world.node(origin).is_active() {
            return;
        }
        let request = Request(self.watch.lookups.len() as u32);
        let (sent, counts) = (self.world.now(), self.measuring);
        self.watch.lookups.push(Lookup { key, origin, sent, counts, delivered: None, withdrawn: false });
        let envelope = Envelope::lookup(request, origin, key);
        self.world.command(origin, Command::Route(envelope).into(), &mut self.watch);
    }

    fn sums(&self) -> Sums {
        let (counters, node_seconds) = (*self.world.counters(), self.node_seconds);
        Sums { counters, in_vain: self.watch.in_vain, node_seconds }
    }

    fn start_measuring(&mut self) -> Sums {
        self.measuring = true;
        self.sums()
    }

    fn stop_measuring(&mut self) -> Sums {
        self.measuring = false;
        self.rates[2] = 0.0;
        self.sums()
    }

    fn row(&self, settings: &Settings<N::Config>, before: &Sums, after: &Sums, tell: Tell<'_, N>) -> Row {
        let (mut lookups, mut lost, mut taken, mut direct) = (0, 0, 0, 0);
        for (number, lookup) in (0..).zip(&self.watch.lookups).filter(|(_, lookup)| lookup.counts) {
            let Lookup { key, origin, sent, delivered, withdrawn, .. } = *lookup;
            match delivered {
                Some((node, at)) if node != origin => {
                    taken += at.since(sent).0;
                    direct += self.world.plane().one_way(origin, node).0;
                }
                Some(_) => {}
                None if withdrawn => continue,
                None => {
                    lost += 1;
                    tell(&self.world, Finding::Lost { lookup: Request(number), key, origin, sent });
                }
            }
            lookups += 1;
        }
        let node_seconds = after.node_seconds - before.node_seconds;
        let sent = |purpose| after.counters.sent_for(purpose) - before.counters.sent_for(purpose);
        let in_vain = after.in_vain - before.in_vain;
        let upkeep = [Purpose::Membership, Purpose::Repair, Purpose::Maintenance].map(sent).iter().sum::<u64>();
        let acks = sent(Purpose::Acknowledgement);
        Row {
            nodes: settings.nodes,
            session_mean_s: settings.session_mean_s,
            lookups,
            lost,
            incorrect: self.watch.incorrect,
            timeouts_per_lookup: in_vain as f64 / lookups as f64,
            control_msgs_per_node_s: (upkeep + acks + in_vain) as f64 / node_seconds,
            ack_msgs_per_node_s: acks as f64 / node_seconds,
            stretch: taken as f64 / direct as f64,
        }
    }
}
