//! Pastry and Chord on the same nodes, the same latency plane and the same lookups, in step by simulated time.
//!
//! The comparison of the lecture's table "latency, messages, updates, storage", measured. Both systems have the same
//! nodes (node i is the SHA-1 of one name, cut to each ring), at the same places, and are given the same lookups: the
//! same origins, names and starting times. If nodes are to be killed, the same ones stop at the same moment.
//!
//! | stage | simulated time | what happens |
//! |---|---|---|
//! | before | one upkeep period | lookups, evenly spread |
//! | settling | 5 s | the last lookups arrive; then nodes are killed, silently |
//! | repairing | two upkeep periods | lookups from survivors, while tables are being repaired |
//! | after | one upkeep period | lookups from survivors |
//! | ending | up to 30 s | lookups still under way |
//!
//! Without a kill only the first and the last take place.
//!
//! # Definitions
//! - **Hops**: from origin to the node responsible, the last hop to the owner counted, in both systems.
//! - **Latency**: simulated time from the origin's decision to the delivery at the owner, time-outs on the way included.
//! - **Stretch**: the sum of those latencies over the sum of the direct ways from origin to owner (sum over sum).
//! - **Wrong**: delivered by a node that is not responsible among those alive at that moment. **Lost**: by none.
//! - **Update messages**: upkeep, repair and membership. What **repair** cost is what they exceed the rate before the kill.
//!
//! # Implementation notes
//! - Tables begin in the converged state. Both systems acknowledge every hop with a time-out of 500 ms and have the same
//!   upkeep period, so that neither is favoured by its timers; what a round of upkeep does is each system's own.
//! - The next event of the two worlds together is always handled first, so both clocks show the same moment at any time.
//! - After the kill the tables of up to 1,000 survivors, drawn once, are looked at 24 times: all would take longer than
//!   the simulation.

mod result;
mod settings;
mod side;
#[cfg(test)]
mod tests;

use rand::{RngExt, SeedableRng};

pub use result::{Lookups, Messages, Row, StageResult, Stale, State, SystemResult};
pub use settings::{FAIL_MAX, LOOKUPS_MAX, LOSS_MAX, NODES_MIN, SUCCESSORS_MAX, Settings, SettingsError};
pub use side::{Fate, LookupFlight};

use crate::chord::ChordNode;
use crate::pastry::PastryNode;
use crate::protocol::{Peer, Rng};
use crate::sim::lab::SystemKind;
use crate::sim::plane::Place;
use crate::time::{Duration, Time};
use side::Side;
pub(super) use side::entries_of;

/// Time between the last lookup before the kill and the kill.
const SETTLE: Duration = Duration::from_secs(5);
/// How long the last lookups are waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often tables are looked at while repairing.
const INSPECTIONS: u64 = 24;

/// Where a comparison stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// Pastry's world is to be built.
    BuildingPastry,
    /// Chord's world is to be built.
    BuildingChord,
    /// Lookups while nothing fails.
    Before,
    /// Nobody looks anything up.
    Settling,
    /// Nodes were killed.
    Repairing,
    /// Lookups when the time for repair is over.
    After,
    /// The last lookups are waited for.
    Ending,
    /// Nothing more happens.
    Done,
}

/// How far a comparison is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// Where it stands.
    pub stage: Stage,
    /// The moment, the same in both systems.
    pub now: Time,
    /// How much of all simulated time has passed, 0 to 1.
    pub share: f64,
}

/// What comes next besides the worlds' own events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Task {
    Start,
    Inspect,
    EndStage,
}

/// A comparison that can be taken on bit by bit.
pub struct Comparison {
    settings: Settings,
    places: Vec<Place>,
    pastry: Option<Box<Side<PastryNode>>>,
    chord: Option<Box<Side<ChordNode>>>,
    stage: Stage,
    now: Time,
    /// When the present stage began.
    since: Time,
    killed: Vec<Peer>,
    alive: Vec<bool>,
    /// Lookups started, of all stages.
    started: u32,
    inspected: u64,
    workload: Rng,
    /// Messages at the ends of stages: before, at the kill, repairing, after; by system.
    marks: [[Messages; 2]; 4],
}

/// Does the same to both systems.
macro_rules! both {
    ($self:ident, $side:ident => $what:expr) => {{
        if let Some($side) = &mut $self.pastry {
            $what;
        }
        if let Some($side) = &mut $self.chord {
            $what;
        }
    }};
}

/// Asks one of the systems; `$none` if it is not built.
macro_rules! of {
    ($self:ident, $system:expr, $side:ident => $what:expr, $none:expr) => {
        match $system {
            SystemKind::Pastry => $self.pastry.as_ref().map_or($none, |$side| $what),
            SystemKind::Chord => $self.chord.as_ref().map_or($none, |$side| $what),
        }
    };
}

impl Comparison {
    /// A comparison whose worlds are still to be built.
    ///
    /// # Errors
    /// If a setting lies outside its range.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let mut rng = Rng::seed_from_u64(settings.seed ^ 0x706C_6163_6573);
        let places = (0..settings.nodes).map(|_| Place::random(&mut rng)).collect();
        let alive = vec![true; settings.nodes as usize];
        let workload = Rng::seed_from_u64(settings.seed ^ 0x6C6F_6F6B_7570);
        Ok(Self {
            settings,
            places,
            pastry: None,
            chord: None,
            stage: Stage::BuildingPastry,
            now: Time::ZERO,
            since: Time::ZERO,
            killed: Vec::new(),
            alive,
            started: 0,
            inspected: 0,
            workload,
            marks: Default::default(),
        })
    }

    /// What it is made from.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let whole = self.end_of_lookups().0 as f64;
        let share = if self.stage == Stage::Done { 1.0 } else { (self.now.0 as f64 / whole).min(1.0) };
        Progress { stage: self.stage, now: self.now, share }
    }

    /// When the last lookup has been started.
    fn end_of_lookups(&self) -> Time {
        let period = self.settings.upkeep.0;
        Time(if self.settings.killed() > 0 { 4 * period + SETTLE.0 } else { period })
    }

    /// Takes the comparison on by at most about `budget` events (building a world counts as one).
    pub fn advance(&mut self, budget: u64) -> Progress {
        self.advance_to(Time::NEVER, budget)
    }

    /// The same, but not beyond a moment.
    pub fn advance_to(&mut self, moment: Time, budget: u64) -> Progress {
        self.run(moment, budget, false);
        self.progress()
    }

    /// Takes the comparison on to the next thing that happens to the lookup that is followed, in either system; if it
    /// has ended in both, to the start of the next lookup, which is followed from then on. Says whether that was
    /// reached within `budget` events.
    pub fn step(&mut self, budget: u64) -> bool {
        both!(self, side => side.book.news = false);
        let number = self.followed();
        if self.started > 0 && (number >= self.started || !self.has_ended(number)) {
            return self.run(Time::NEVER, budget, true);
        }
        let started = self.started;
        let mut left = budget;
        while self.started == started && self.stage != Stage::Done && left > 0 {
            // One event or task at a time, so that it stops right at the start.
            self.run(Time::NEVER, 1, false);
            left -= 1;
        }
        self.follow(self.started.saturating_sub(1));
        self.started > started
    }

    /// Runs to the end.
    pub fn finish(&mut self) -> [SystemResult; 2] {
        while self.stage != Stage::Done {
            self.advance(1 << 20);
        }
        self.results()
    }

    fn run(&mut self, until: Time, budget: u64, stop_at_news: bool) -> bool {
        let mut left = budget;
        while left > 0 && self.stage != Stage::Done {
            left -= 1;
            if self.stage < Stage::Before {
                self.build();
                continue;
            }
            let (due, task) = self.upcoming();
            let (Some(pastry), Some(chord)) = (&mut self.pastry, &mut self.chord) else { return false };
            let (a, b) = (pastry.next_at(), chord.next_at());
            let first = a.min(b);
            if first > until && due > until {
                self.now = self.now.max(until);
                both!(self, side => side.world.wait_until(self.now));
                return false;
            }
            if due <= first {
                self.now = due;
                both!(self, side => side.world.wait_until(due));
                self.carry_out(task);
                continue;
            }
            if a <= b {
                pastry.step();
            } else {
                chord.step();
            }
            self.now = self.now.max(first);
            if stop_at_news && (pastry.book.news || chord.book.news) {
                return true;
            }
        }
        false
    }

    fn build(&mut self) {
        if self.stage == Stage::BuildingPastry {
            let config = self.settings.pastry();
            self.pastry = Some(Box::new(Side::new(&self.settings, config, &self.places)));
            self.stage = Stage::BuildingChord;
        } else {
            let config = self.settings.chord();
            self.chord = Some(Box::new(Side::new(&self.settings, config, &self.places)));
            self.stage = Stage::Before;
        }
    }

    /// The stage's place among those with lookups, and how long it lasts.
    fn span(&self) -> (Option<u32>, Duration) {
        let period = self.settings.upkeep;
        match self.stage {
            Stage::Before => (Some(0), period),
            Stage::Settling => (None, SETTLE),
            Stage::Repairing => (Some(1), Duration(2 * period.0)),
            Stage::After => (Some(2), period),
            _ => (None, PATIENCE),
        }
    }

    fn upcoming(&self) -> (Time, Task) {
        let (place, span) = self.span();
        let lookups = self.settings.lookups;
        let mut next = (self.since + span, Task::EndStage);
        if self.stage == Stage::Ending && self.open() == 0 {
            next.0 = self.now;
        }
        let started = place.map_or(lookups, |place| self.started.saturating_sub(place * lookups));
        if started < lookups {
            let at = self.since + Duration(span.0 * u64::from(started) / u64::from(lookups));
            next = next.min_by_time((at, Task::Start));
        }
        if self.stage == Stage::Repairing && self.inspected < INSPECTIONS {
            let at = self.since + Duration(span.0 * self.inspected / INSPECTIONS);
            next = next.min_by_time((at, Task::Inspect));
        }
        next
    }

    fn carry_out(&mut self, task: Task) {
        match task {
            Task::Start => self.start_lookup(),
            Task::Inspect => self.inspect(),
            Task::EndStage => self.end_stage(),
        }
    }

    fn start_lookup(&mut self) {
        let mut from = Peer(self.workload.random_range(0..self.settings.nodes));
        while !self.alive[from.index()] {
            from = Peer(self.workload.random_range(0..self.settings.nodes));
        }
        let name = format!("{}/lookup/{}", self.settings.seed, self.started);
        both!(self, side => side.start(from, &name));
        self.started += 1;
    }

    fn inspect(&mut self) {
        let after = self.now - self.since;
        both!(self, side => side.inspect(after));
        self.inspected += 1;
    }

    fn end_stage(&mut self) {
        let mark = match self.stage {
            Stage::Before => Some(0),
            Stage::Settling => Some(1),
            Stage::Repairing => Some(2),
            Stage::After => Some(3),
            _ => None,
        };
        if let Some(mark) = mark {
            self.marks[mark] = self.messages();
        }
        self.stage = match self.stage {
            Stage::Before if self.settings.killed() > 0 => Stage::Settling,
            Stage::Settling => {
                self.kill();
                Stage::Repairing
            }
            Stage::Repairing => {
                self.inspect();
                Stage::After
            }
            Stage::Before | Stage::After => Stage::Ending,
            _ => Stage::Done,
        };
        self.since = self.now;
    }

    fn kill(&mut self) {
        let nodes = self.settings.nodes;
        let mut all: Vec<Peer> = (0..nodes).map(Peer).collect();
        let mut rng = Rng::seed_from_u64(self.settings.seed ^ 0x6B69_6C6C);
        let count = self.settings.killed();
        for i in 0..count {
            all.swap(i as usize, rng.random_range(i..nodes) as usize);
        }
        all.truncate(count as usize);
        all.iter().for_each(|peer| self.alive[peer.index()] = false);
        let seed = self.settings.seed;
        both!(self, side => side.kill(&all, seed));
        self.killed = all;
    }

    fn messages(&self) -> [Messages; 2] {
        let of = |system| of!(self, system, side => side.messages(), Messages::default());
        [of(SystemKind::Pastry), of(SystemKind::Chord)]
    }

    /// Lookups under way, both systems together.
    fn open(&self) -> u64 {
        let of = |system| of!(self, system, side => side.book.open, 0);
        of(SystemKind::Pastry) + of(SystemKind::Chord)
    }

    /// Both systems as far as they have come: Pastry, Chord.
    #[must_use]
    pub fn results(&self) -> [SystemResult; 2] {
        [self.result(SystemKind::Pastry), self.result(SystemKind::Chord)]
    }

    fn result(&self, system: SystemKind) -> SystemResult {
        let stages = of!(self, system, side => side.book.stages.clone(), Default::default());
        let [before, repairing, after] = stages;
        let place = usize::from(system == SystemKind::Chord);
        let now = self.messages()[place];
        // Where a stage has not ended, what was sent so far.
        let mark = |stage: Stage, at: usize| if self.stage > stage { self.marks[at][place] } else { now };
        let [first, kill, repaired, last] =
            [(Stage::Before, 0), (Stage::Settling, 1), (Stage::Repairing, 2), (Stage::After, 3)]
                .map(|(stage, at)| mark(stage, at));
        let period = self.settings.upkeep.0;
        let spent = |from: u64, most: u64| Duration(self.now.0.saturating_sub(from).min(most));
        let kill_at = period + SETTLE.0;
        SystemResult {
            system,
            nodes: self.settings.nodes,
            killed: self.killed.len() as u32,
            state: of!(self, system, side => side.state, State::default()),
            before: StageResult { lookups: before, messages: first, span: spent(0, period) },
            repairing: StageResult {
                lookups: repairing,
                messages: repaired.since(kill),
                span: spent(kill_at, if self.killed.is_empty() { 0 } else { 2 * period }),
            },
            after: StageResult {
                lookups: after,
                messages: last.since(repaired),
                span: spent(kill_at + 2 * period, if self.killed.is_empty() { 0 } else { period }),
            },
            stale: of!(self, system, side => side.stale.clone(), Vec::new()),
        }
    }

    // For a picture.

    /// Lookups started so far.
    #[must_use]
    pub const fn started(&self) -> u32 {
        self.started
    }

    /// Nodes killed so far.
    #[must_use]
    pub fn killed(&self) -> &[Peer] {
        &self.killed
    }

    /// Where the nodes lie on a system's ring, as fractions of a turn, in peer order; empty until it is built.
    #[must_use]
    pub fn turns(&self, system: SystemKind) -> Vec<f64> {
        let nodes = || (0..self.settings.nodes).map(Peer);
        of!(self, system, side => nodes().map(|peer| side.world.turn(peer)).collect(), Vec::new())
    }

    /// The lookup that is followed, by its number.
    #[must_use]
    pub fn followed(&self) -> u32 {
        self.pastry.as_ref().map_or(0, |side| side.book.followed)
    }

    /// Follows another lookup; the ways of earlier ones are forgotten.
    pub fn follow(&mut self, number: u32) {
        both!(self, side => {
            side.book.followed = number;
            side.forget_before(number as usize);
        });
    }

    /// Whether a lookup that was started has ended in both systems.
    #[must_use]
    pub fn has_ended(&self, number: u32) -> bool {
        [SystemKind::Pastry, SystemKind::Chord].into_iter().all(|system| self.fate(system, number) != Fate::UnderWay)
    }

    /// How a lookup stands in a system.
    #[must_use]
    pub fn fate(&self, system: SystemKind, number: u32) -> Fate {
        of!(self, system, side => side.fate(number), Fate::UnderWay)
    }

    /// The nodes that a lookup came to, from its origin; empty if that is not remembered any more.
    #[must_use]
    pub fn path(&self, system: SystemKind, number: u32) -> &[Peer] {
        of!(self, system, side => side.path(number), &[])
    }

    /// Where the key of a lookup lies on a system's ring, as a fraction of a turn.
    #[must_use]
    pub fn key_turn(&self, system: SystemKind, number: u32) -> f64 {
        let name = format!("{}/lookup/{number}", self.settings.seed);
        of!(self, system, side => side.turn_of(&name), 0.0)
    }

    /// Messages of lookups under way in a system.
    #[must_use]
    pub fn flights(&self, system: SystemKind) -> Vec<LookupFlight> {
        of!(self, system, side => side.flights(), Vec::new())
    }
}

/// The earlier of two; the first if they come at one moment.
trait Earlier {
    fn min_by_time(self, other: Self) -> Self;
}

impl Earlier for (Time, Task) {
    fn min_by_time(self, other: Self) -> Self {
        // What belongs to a stage comes before its end.
        if other.0 <= self.0 { other } else { self }
    }
}
