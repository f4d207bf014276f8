//! A swarm of random worlds: each seed is a world of either system and minutes of crashes, joins, goodbyes, loss, delay
//! and short cuts, with checkers that look at every event.
//!
//! A run whose checkers object is a [`Course`] with a [`Failure`]; its log is that of a session, so that the page and the
//! terminal can replay it.
//!
//! # What is asked of the systems
//! - After every event, while the network has been sound for a while (who loses messages takes the living for dead):
//!   what [`Watch::after_event`] asks.
//! - Pastry, while the network has been sound for a while: a message is delivered by the member closest to its key, and
//!   by one node only.
//! - A message whose origin runs is answered, unless the network was not sound or more than one node was lost meanwhile.
//! - After some quiet: what [`check::at_rest`] asks, and messages from anywhere end at the node responsible.
//!
//! # What is not asked
//! Both papers promise something only while not too many neighbours are lost at once (Pastry §2.4: unless ⌊|L|/2⌋ nodes
//! with adjacent identifiers fail together; Chord §IV-E3: unless all r successors do). Losses that go beyond are not
//! made. Cuts are short: two parts that hear nothing of each other for long are two rings, and only once the cut is over
//! and there was some quiet must they be one again.

mod ledger;
mod plan;
pub mod searching;
mod shrink;

use ledger::{Ledger, Wish};
use plan::Deeds;
use rand::SeedableRng;

use super::act::{apply, check as may_do};
use super::check::{self, Checked, Watch};
use super::lab::{ChordMember, Lab, PastryMember, Setup};
use super::share::{Situation, View};
use super::spec::{Action, LogEntry, Spec};
use super::weather::Weather;
use super::world::{Stepped, World};
use crate::protocol::{Peer, Request, Rng};
use crate::time::{Duration, Time};

/// What happened to one seed's world.
#[derive(Clone, Debug)]
pub struct Course {
    /// What the world was made from.
    pub setup: Setup,
    /// What was done to it.
    pub log: Vec<LogEntry>,
    /// Events handled.
    pub events: u64,
    /// What a checker objected to.
    pub failure: Option<Failure>,
}

/// What a checker objected to, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The moment.
    pub at: Time,
    /// Records until then.
    pub position: u32,
    /// What is wrong, in a sentence.
    pub what: String,
}

/// What the swarm has to know of a system.
trait Subject: Checked {
    /// Whether a sound network means that no message is delivered anywhere but at the node responsible.
    const DELIVERS_STRICTLY: bool;
    /// How many nodes side by side must not be lost at once.
    fn neighbours(config: &Self::Config) -> usize;
    /// Time between two rounds of upkeep.
    fn period(config: &Self::Config) -> Duration;
}

impl Subject for PastryMember {
    const DELIVERS_STRICTLY: bool = true;

    fn neighbours(config: &Self::Config) -> usize {
        config.overlay.leaf_set.half()
    }

    fn period(config: &Self::Config) -> Duration {
        config.overlay.heartbeat_period.unwrap_or_default()
    }
}

impl Subject for ChordMember {
    /// Between a join and the next stabilisation Chord's pointers are behind (§IV-E1): lookups may end at the node
    /// that was responsible before.
    const DELIVERS_STRICTLY: bool = false;

    fn neighbours(config: &Self::Config) -> usize {
        usize::from(config.overlay.successor_list.max(1))
    }

    fn period(config: &Self::Config) -> Duration {
        config.overlay.maintenance.unwrap_or_default()
    }
}

/// Lets a seed's world run for `span`, and then come to rest.
#[must_use]
pub fn run(seed: u64, span: Duration) -> Course {
    let mut rng = Rng::seed_from_u64(seed ^ 0x73_7761_726D);
    let setup = plan::setup(seed, &mut rng);
    play(setup, Script::Drawn { deeds: Box::new(Deeds::new(rng)), span })
}

/// The same failure, or another, from fewer deeds: leaves out whatever is not needed for one.
/// `tries` bounds the work, in runs.
#[must_use]
pub fn shrink(course: &Course, tries: u32) -> Course {
    shrink::fewest(
        course.clone(),
        tries,
        |course| course.log.len(),
        |course, left_out| {
            let kept = course.log.iter().enumerate().filter(|(at, _)| !left_out.contains(at));
            let script = kept.map(|(_, entry)| (entry.at, entry.action.clone())).collect();
            Some(play(course.setup.clone(), Script::Given(script))).filter(|shorter| shorter.failure.is_some())
        },
    )
}

impl Course {
    /// The moment of the failure, or the end, as a page shows it. `None` if the history does not replay, which would be a
    /// fault of its own.
    #[must_use]
    pub fn situation(&self) -> Option<Situation> {
        let position = self.failure.as_ref().map_or(0, |failure| failure.position);
        let lab = Lab::restore(self.setup.clone(), &self.log, position).ok()?;
        Some(Situation::of(&lab, None, None, View::default()))
    }
}

/// Where deeds come from.
enum Script {
    Drawn { deeds: Box<Deeds>, span: Duration },
    Given(Vec<(Time, Action)>),
}

fn play(setup: Setup, script: Script) -> Course {
    match setup.clone() {
        Setup::Pastry(spec) => Run::<PastryMember>::new(&spec).play(setup, script),
        Setup::Chord(spec) => Run::<ChordMember>::new(&spec).play(setup, script),
    }
}

/// How long messages may be under way before they are missed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Routes tried at the end.
const LAST_ROUTES: u32 = 12;

struct Run<N: Subject> {
    world: World<N>,
    ledger: Ledger,
    watch: Watch,
    log: Vec<LogEntry>,
    /// Nodes lost, and when.
    lost: Vec<(Peer, Time)>,
    /// The last moment at which the network was not sound.
    unsound: Option<Time>,
    period: Duration,
}

impl<N: Subject> Run<N> {
    fn new(spec: &Spec<N::Config>) -> Self {
        let world = spec.world::<N>().expect("plans are of worlds that can be");
        let period = N::period(world.config());
        Self {
            world,
            ledger: Ledger::default(),
            watch: Watch::default(),
            log: Vec::new(),
            lost: Vec::new(),
            unsound: None,
            period,
        }
    }

    fn play(mut self, setup: Setup, script: Script) -> Course {
        let failure =
            self.follow(script).err().map(|what| Failure { at: self.world.now(), position: self.ledger.records, what });
        Course { setup, log: self.log, events: self.world.counters().events, failure }
    }

    fn follow(&mut self, script: Script) -> Result<(), String> {
        match script {
            Script::Drawn { mut deeds, span } => {
                let end = self.world.now() + span;
                loop {
                    let at = deeds.next_at(self.world.now());
                    if at > end {
                        break;
                    }
                    self.pass_to(at)?;
                    let action = deeds.draw(&self.world, at);
                    self.act(action)?;
                }
                if let Some(action) = deeds.end_of_spell() {
                    self.act(action)?;
                }
                self.rest()?;
                for _ in 0..LAST_ROUTES {
                    let members: Vec<Peer> = self.world.members().map(|(_, peer)| peer).collect();
                    if !members.is_empty() {
                        self.act(deeds.last_route(&members))?;
                    }
                }
                self.pass_to(self.world.now() + PATIENCE)?;
            }
            Script::Given(script) => {
                for (at, action) in script {
                    // Bad weather lasts no longer because the deed that ended it was left out.
                    if let Some(end) = self.end_of_spell().filter(|end| *end < at) {
                        self.pass_to(end.max(self.world.now()))?;
                        self.act(Action::Weather(Weather::CLEAR))?;
                    }
                    self.pass_to(at.max(self.world.now()))?;
                    self.act(action)?;
                }
                if let Some(end) = self.end_of_spell() {
                    self.pass_to(end.max(self.world.now()))?;
                    self.act(Action::Weather(Weather::CLEAR))?;
                }
                self.rest()?;
            }
        }
        self.audit()
    }

    /// When bad weather has lasted as long as it ever does.
    fn end_of_spell(&self) -> Option<Time> {
        let weather = self.world.weather();
        (weather != Weather::CLEAR).then(|| self.unsound.unwrap_or_default() + plan::longest_spell(weather))
    }

    /// Lets the world come to rest and looks at its tables.
    fn rest(&mut self) -> Result<(), String> {
        self.pass_to(self.world.now() + self.resting())?;
        check::at_rest(&self.world).map_or(Ok(()), |violation| Err(violation.to_string()))
    }

    /// How long after bad weather, in which the living are taken for dead, a ring may take to be whole again.
    fn resting(&self) -> Duration {
        Duration::from_secs(60) + Duration(self.period.0 * 20)
    }

    /// How long after a loss the rest may not know of it.
    fn healing(&self) -> Duration {
        Duration::from_secs(20) + Duration(self.period.0 * 4)
    }

    fn pass_to(&mut self, moment: Time) -> Result<(), String> {
        while self.world.next_at().is_some_and(|at| at <= moment) {
            if self.world.step(&mut self.ledger) == Stepped::Event {
                self.look()?;
            }
        }
        self.world.wait_until(moment);
        Ok(())
    }

    /// Does something, if it can be done and the systems promise to bear it.
    fn act(&mut self, action: Action) -> Result<(), String> {
        if may_do(&self.world, &action).is_err() || !self.is_bearable(&action) {
            return Ok(());
        }
        let now = self.world.now();
        let request = Request(self.log.len() as u32);
        match &action {
            Action::Kill { node } | Action::Leave { node } => self.lost.push((*node, now)),
            Action::Weather(_) => self.unsound = Some(now),
            Action::Route { from, .. }
            | Action::Insert { from, .. }
            | Action::Search { from, .. }
            | Action::Delete { from, .. } => self.ledger.open(request, *from, now),
            Action::Add { .. } | Action::Restart { .. } => {}
        }
        self.log.push(LogEntry { position: self.ledger.records, at: now, action: action.clone() });
        apply(&mut self.world, action, request, &mut self.ledger);
        self.ledger.changed = true;
        self.look()
    }

    /// Whether so many neighbours remain that the papers promise repair.
    fn is_bearable(&self, action: &Action) -> bool {
        let (Action::Kill { node } | Action::Leave { node }) = action else { return true };
        let most = N::neighbours(self.world.config());
        let healing = self.healing();
        let now = self.world.now();
        let runs = |peer: Peer| self.world.is_alive(peer) && self.world.node(peer).is_active() && peer != *node;
        let lately =
            |peer: Peer| peer == *node || self.lost.iter().any(|(lost, at)| *lost == peer && *at + healing > now);
        // Those that remain, and holes where somebody was lost and nobody may have noticed yet.
        let ring: Vec<bool> = self
            .world
            .peers()
            .in_ring_order()
            .map(|(_, peer)| (runs(peer), lately(peer)))
            .filter(|(r, l)| *r || *l)
            .map(|(r, _)| r)
            .collect();
        let remaining = ring.iter().filter(|runs| **runs).count();
        let Some(first) = ring.iter().position(|runs| *runs) else { return false };
        let (mut gap, mut widest) = (0, 0);
        for runs in ring[first..].iter().chain(&ring[..first]) {
            gap = if *runs { 0 } else { gap + 1 };
            widest = widest.max(gap);
        }
        remaining > most && widest < most && check::may_fail(&self.world, *node)
    }

    /// Whether the network is sound, and has been for long enough to have healed.
    fn is_calm(&self) -> bool {
        self.world.weather() == Weather::CLEAR
            && self.unsound.is_none_or(|unsound| unsound + self.resting() < self.world.now())
    }

    /// After an event: are all things as they must be at any time?
    fn look(&mut self) -> Result<(), String> {
        for (request, node) in std::mem::take(&mut self.ledger.fresh) {
            self.judge(request, node)?;
        }
        if !self.is_calm() {
            // What a ring once had, it may have lost.
            self.watch = Watch::default();
            return Ok(());
        }
        if !std::mem::take(&mut self.ledger.changed) {
            return Ok(());
        }
        let violation = self.watch.after_event(&self.world);
        violation.map_or(Ok(()), |violation| Err(violation.to_string()))
    }

    fn judge(&mut self, request: Request, node: Peer) -> Result<(), String> {
        let calm = self.is_calm();
        let entry = self.log.get(request.0 as usize).map(|entry| entry.action.clone());
        let Some(Action::Route { key, .. }) = entry else { return Ok(()) };
        let Some(wish) = self.ledger.wish_mut(request) else { return Ok(()) };
        let before = wish.delivered_at.replace(node);
        if !N::DELIVERS_STRICTLY || !calm {
            return Ok(());
        }
        let text = |peer: Peer| self.world.text(peer, 8);
        if let Some(before) = before.filter(|before| *before != node) {
            return Err(format!(
                "Message {} was delivered twice, at {} and at {}.",
                request.0,
                text(before),
                text(node)
            ));
        }
        let owner = self.owner(&key);
        if owner.is_some_and(|owner| owner != node) {
            let owner = owner.map(text).unwrap_or_default();
            return Err(format!("Message {} was delivered at {}; {owner} is responsible.", request.0, text(node)));
        }
        Ok(())
    }

    /// Who of the members is responsible for a key.
    fn owner(&self, key: &super::spec::Key) -> Option<Peer> {
        let ring: Vec<(N::Id, Peer)> = self.world.members().collect();
        let key = key.resolve(self.world.space(), self.world.peers()).ok()?;
        (!ring.is_empty()).then(|| N::owner(self.world.config(), &ring, key))
    }

    /// At the end: was every message answered that should have been, and the last ones by the right node?
    fn audit(&self) -> Result<(), String> {
        let rested = self.lost.iter().map(|(_, at)| *at).chain(self.unsound).max();
        for wish in &self.ledger.wishes {
            let action = &self.log[wish.request.0 as usize].action;
            if !wish.is_over && !self.is_excused(wish) {
                return Err(format!(
                    "Message {} of {} was never answered.",
                    wish.request.0,
                    self.world.text(wish.origin, 8)
                ));
            }
            let Action::Route { key, .. } = action else { continue };
            if rested.is_some_and(|rested| wish.since < rested + self.healing()) || self.is_excused(wish) {
                continue;
            }
            // Those sent together at the end, after the last rest, have to end at the node responsible.
            let is_last = self.log.last().is_some_and(|last| last.at == wish.since);
            if is_last && wish.answered_by != self.owner(key) {
                let by = wish.answered_by.map_or("nobody".into(), |by| self.world.text(by, 8));
                return Err(format!("At rest, message {} was answered by {by}.", wish.request.0));
            }
        }
        Ok(())
    }

    /// Whether nobody promises an answer: the origin was lost, the network was not sound, or several nodes were lost
    /// while the message was under way (one that has it and the one before it, say).
    fn is_excused(&self, wish: &Wish) -> bool {
        let meanwhile = |at: Time| at + self.healing() >= wish.since && at <= wish.since + PATIENCE;
        let origin_lost = self.lost.iter().any(|(lost, at)| *lost == wish.origin && *at >= wish.since);
        let lost = self.lost.iter().filter(|(_, at)| meanwhile(*at)).count();
        let weather = self.log.iter().any(|entry| matches!(entry.action, Action::Weather(_)) && meanwhile(entry.at));
        // The node that answers for a key may ask one that holds a copy; that question is not repeated.
        let is_route = matches!(self.log[wish.request.0 as usize].action, Action::Route { .. });
        origin_lost || weather || lost > usize::from(N::DELIVERS_STRICTLY && is_route)
    }
}

#[cfg(test)]
mod tests;
