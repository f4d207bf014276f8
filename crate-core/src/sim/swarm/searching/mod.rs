//! The swarm of the systems that search by words: each seed is a world of one of them and minutes of shared files, searches,
//! crashes, goodbyes, newcomers, loss, delay and cuts.
//!
//! # What is asked
//! - At any moment: what is found was shared by whom it is said to be at, once; a request ends once, and nothing is found for it
//!   afterwards; no node has more links or children than its switches allow.
//! - Every request of a node that neither crashed nor went away ends.
//! - At rest: each node's state fits that of those it is linked with, and a search finds exactly the
//!   files that the holders within its reach share then. Files of the dead, of those who left, and what is shared
//!   no longer, are found no more.
//!
//! # What is not asked
//! That everybody reaches everybody: a network of random links can fall apart, and no paper promises that it does not.

mod ledger;
mod subjects;

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};

use self::ledger::Ledger;
use self::subjects::Subject;
use super::shrink::fewest;
use crate::fasttrack::FastTrackNode;
use crate::gnutella::GnutellaNode;
use crate::napster::NapsterNode;
use crate::protocol::{Peer, Request, Rng};
use crate::replication::ReplicaNode;
use crate::sim::act::{apply, check as may_do};
use crate::sim::plane::Place;
use crate::sim::spec::{Action, Build, Key, Spec};
use crate::sim::weather::Weather;
use crate::sim::world::{Stepped, World};
use crate::time::{Duration, Time};

/// The most nodes that a world begins with, and the fewest that run.
const NODES_MAX: u32 = 30;
const RUNNING_MIN: usize = 3;
/// Names that files have.
const NAMES: u32 = 12;
/// The longest spell of bad weather.
const SPELL_MAX: Duration = Duration::from_secs(30);
/// Searches at rest.
const LAST_SEARCHES: u32 = 16;
/// How long a request may be under way: the longest search, and files asked of holders that do not answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// What happened to one seed's world.
#[derive(Clone, Debug)]
pub struct SearchCourse {
    /// The seed.
    pub seed: u64,
    /// The system and its switches, in words for who mends it.
    pub world: String,
    /// What was done, and when.
    pub log: Vec<(Time, Action)>,
    /// Events handled.
    pub events: u64,
    /// When something was wrong, and what.
    pub failure: Option<(Time, String)>,
}

/// Lets a seed's world run for `span`, and then come to rest.
#[must_use]
pub fn run(seed: u64, span: Duration) -> SearchCourse {
    play(seed, Script::Drawn(span))
}

/// The same failure, or another, from fewer deeds. `tries` bounds the work, in runs.
#[must_use]
pub fn shrink(course: &SearchCourse, tries: u32) -> SearchCourse {
    fewest(
        course.clone(),
        tries,
        |course| course.log.len(),
        |course, left_out| {
            let kept = course.log.iter().enumerate().filter(|(at, _)| !left_out.contains(at));
            let script = kept.map(|(_, deed)| deed.clone()).collect();
            Some(play(course.seed, Script::Given(script))).filter(|shorter| shorter.failure.is_some())
        },
    )
}

/// Where deeds come from.
enum Script {
    Drawn(Duration),
    Given(Vec<(Time, Action)>),
}

fn play(seed: u64, script: Script) -> SearchCourse {
    let mut rng = Rng::seed_from_u64(seed ^ 0x0073_6561_7263_6865);
    match rng.random_range(0..4_u32) {
        0 => Run::<GnutellaNode>::new(seed, rng).play(script),
        1 => Run::<NapsterNode>::new(seed, rng).play(script),
        2 => Run::<FastTrackNode>::new(seed, rng).play(script),
        _ => Run::<ReplicaNode>::new(seed, rng).play(script),
    }
}

struct Run<N: Subject> {
    world: World<N>,
    ledger: Ledger,
    rng: Rng,
    /// When the present weather clears, if it is bad.
    clears: Option<Time>,
    newcomers: u32,
    course: SearchCourse,
}

impl<N: Subject> Run<N> {
    fn new(seed: u64, mut rng: Rng) -> Self {
        let config = N::draw(&mut rng);
        let servers = N::servers(&config);
        let nodes = servers + rng.random_range(RUNNING_MIN as u32..=NODES_MAX);
        let joined = rng.random_range(0..3_u32) == 0;
        let build = if joined { Build::Joined { settle_secs: 30 } } else { Build::Converged };
        let spec = Spec { build, ..Spec::random(nodes, seed, config) };
        let mut world: World<N> = spec.world().expect("plans are of worlds that can be");
        let mut ledger = Ledger::default();
        let mut files: Vec<(Peer, Arc<str>)> = Vec::new();
        for peer in (servers..nodes).map(Peer).filter(|peer| world.node(*peer).is_active()) {
            for _ in 0..rng.random_range(0..3_u32) {
                let name: Arc<str> = name(rng.random_range(0..NAMES)).as_str().into();
                ledger.shares(peer, &name);
                files.push((peer, name));
            }
        }
        world.stock(&files);
        let words = format!("{}, {nodes} nodes, {build:?}, {:?}", N::NAME, world.config());
        let course = SearchCourse { seed, world: words, log: Vec::new(), events: 0, failure: None };
        Self { world, ledger, rng, clears: None, newcomers: 0, course }
    }

    fn play(mut self, script: Script) -> SearchCourse {
        let outcome = self.follow(script).and_then(|()| self.judge());
        self.course.failure = outcome.err().map(|what| (self.world.now(), what));
        self.course.events = self.world.counters().events;
        self.course
    }

    fn follow(&mut self, script: Script) -> Result<(), String> {
        match script {
            Script::Drawn(span) => {
                let end = self.world.now() + span;
                loop {
                    let next = self.world.now() + self.pause();
                    let at = self.clears.map_or(next, |clears| next.min(clears.max(self.world.now())));
                    if at > end {
                        break;
                    }
                    self.pass_to(at)?;
                    let action = self.draw();
                    self.act(action)?;
                }
            }
            Script::Given(script) => {
                for (at, action) in script {
                    // Bad weather lasts no longer because the deed that ended it was left out.
                    if let Some(clears) = self.clears.filter(|clears| *clears < at) {
                        self.pass_to(clears.max(self.world.now()))?;
                        self.act(Action::Weather(Weather::CLEAR))?;
                    }
                    self.pass_to(at.max(self.world.now()))?;
                    self.act(action)?;
                }
            }
        }
        if self.clears.is_some() {
            self.act(Action::Weather(Weather::CLEAR))?;
        }
        let period = N::period(self.world.config());
        self.pass_to(self.world.now() + PATIENCE + Duration(period.0 * 20))
    }

    fn pause(&mut self) -> Duration {
        let millis = match self.rng.random_range(0..10_u32) {
            0..4 => self.rng.random_range(0..=60),
            4..8 => self.rng.random_range(60..=3_000),
            _ => self.rng.random_range(3_000..=30_000),
        };
        Duration::from_millis(millis)
    }

    /// What is done now. It may be impossible; then nothing is.
    fn draw(&mut self) -> Action {
        if self.clears.is_some_and(|clears| clears <= self.world.now()) {
            return Action::Weather(Weather::CLEAR);
        }
        let node = Peer(self.rng.random_range(0..self.world.peers().len() as u32));
        let key = Key::Name(name(self.rng.random_range(0..NAMES)));
        match self.rng.random_range(0..24_u32) {
            0..4 => Action::Insert { from: node, key, value: String::new() },
            4..6 => Action::Delete { from: node, key },
            6..9 => Action::Route { from: node, key },
            9..12 => Action::Search { from: node, key },
            12..15 => {
                self.newcomers += 1;
                Action::Add { id: Key::Name(format!("newcomer {}", self.newcomers)) }
            }
            15..18 => Action::Kill { node },
            18..20 => Action::Leave { node },
            20..22 => Action::Restart { node },
            _ if self.clears.is_some() => Action::Search { from: node, key: Key::Node(node) },
            _ => self.spell(),
        }
    }

    fn spell(&mut self) -> Action {
        Action::Weather(match self.rng.random_range(0..4_u32) {
            0 | 1 => Weather { loss_per_million: self.rng.random_range(1_000..=300_000), ..Weather::CLEAR },
            2 => Weather { latency_percent: self.rng.random_range(50..=400), ..Weather::CLEAR },
            _ => Weather { cut_x: self.rng.random_range(1..Place::SIDE), ..Weather::CLEAR },
        })
    }

    /// Does something, if it can be done.
    fn act(&mut self, action: Action) -> Result<(), String> {
        if may_do(&self.world, &action).is_err() || !self.leaves_enough(&action) {
            return Ok(());
        }
        let now = self.world.now();
        let request = Request(self.course.log.len() as u32);
        match &action {
            Action::Kill { node } | Action::Leave { node } | Action::Restart { node } => self.ledger.lose(*node),
            Action::Insert { from, key: Key::Name(name), .. } => {
                self.ledger.shares(*from, &name.as_str().into());
                self.ledger.open(request, *from, false);
            }
            Action::Route { from, .. } => self.ledger.open(request, *from, true),
            Action::Insert { from, .. } | Action::Search { from, .. } | Action::Delete { from, .. } => {
                self.ledger.open(request, *from, false);
            }
            Action::Weather(Weather::CLEAR) => self.clears = None,
            Action::Weather(_) => {
                let most = SPELL_MAX.0;
                // The same for a deed whatever came before it: scripts are cut down.
                self.clears = Some(now + Duration(Rng::seed_from_u64(now.0).random_range(100_000..=most)));
            }
            Action::Add { .. } => {}
        }
        self.course.log.push((now, action.clone()));
        apply(&mut self.world, action, request, &mut self.ledger);
        self.look()
    }

    fn leaves_enough(&self, action: &Action) -> bool {
        let (Action::Kill { node } | Action::Leave { node }) = action else { return true };
        let servers = N::servers(self.world.config());
        let others = self.world.members().filter(|(_, peer)| peer != node && peer.0 >= servers);
        // Servers do not say goodbye.
        others.count() >= RUNNING_MIN && !(node.0 < servers && matches!(action, Action::Leave { .. }))
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

    /// After an event: did anybody say something that cannot be, and does nobody keep too much?
    fn look(&mut self) -> Result<(), String> {
        if let Some(what) = self.ledger.objection.take() {
            return Err(what);
        }
        for node in std::mem::take(&mut self.ledger.touched) {
            self.world.node(node).is_bounded(self.world.config())?;
        }
        Ok(())
    }

    /// At rest.
    fn judge(&mut self) -> Result<(), String> {
        if let Some((request, node)) = self.ledger.unanswered() {
            let (at, action) = &self.course.log[request.0 as usize];
            return Err(format!("What {node:?} asked at {:.3} s never ended: {action:?}.", at.0 as f64 / 1e6));
        }
        let members: Vec<Peer> = self.world.members().map(|(_, peer)| peer).collect();
        for peer in &members {
            N::is_sound(&self.world, *peer)?;
        }
        let servers = N::servers(self.world.config());
        let askers: Vec<Peer> = members.into_iter().filter(|peer| peer.0 >= servers).collect();
        for _ in 0..LAST_SEARCHES {
            let at = self.rng.random_range(0..askers.len().max(1) as u32) as usize;
            let Some(from) = askers.get(at).copied() else { break };
            let words = name(self.rng.random_range(0..NAMES));
            self.search_at_rest(from, words)?;
        }
        Ok(())
    }

    /// A search finds what there is within its reach.
    fn search_at_rest(&mut self, from: Peer, words: String) -> Result<(), String> {
        let request = Request(self.course.log.len() as u32);
        let action = Action::Search { from, key: Key::Name(words.clone()) };
        let reach = N::reach(&self.world, from, &words);
        self.act(action)?;
        self.pass_to(self.world.now() + PATIENCE)?;
        let Some(reach) = reach else { return Ok(()) };
        let has = |peer: &Peer| *peer != from && self.world.node(*peer).files().has(&words);
        let expected: BTreeSet<Peer> = reach.into_iter().filter(has).collect();
        let found: BTreeSet<Peer> = self.ledger.found(request).collect();
        if found == expected {
            return Ok(());
        }
        Err(format!("At rest {from:?} found “{words}” at {found:?}; within its reach it is at {expected:?}."))
    }
}

fn name(number: u32) -> String {
    // No name is within another.
    format!("song {number:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(90);

    #[test]
    fn a_seed_always_stands_for_the_same_course() {
        for seed in 0..8 {
            let [first, again] = [run(seed, SPAN), run(seed, SPAN)];
            assert_eq!((first.log, first.events), (again.log, again.events));
        }
    }

    #[test]
    fn a_course_runs_again_from_its_deeds() {
        for seed in 0..8 {
            let course = run(seed, SPAN);
            let again = play(seed, Script::Given(course.log.clone()));
            assert_eq!(
                again.log[..course.log.len() - LAST_SEARCHES as usize],
                course.log[..course.log.len() - LAST_SEARCHES as usize]
            );
        }
    }

    #[test]
    fn no_checker_objects_to_three_hundred_random_worlds() {
        for seed in 0..300 {
            let course = run(seed, SPAN);
            assert_eq!(course.failure, None, "seed {seed}: {}", course.world);
        }
    }
}
