//! Travel in time: a world, what was done to it, and any moment of its history.
//!
//! The state after k records is a function of the specification and the log, so going back is replaying from the
//! nearest checkpoint. The trace is kept when the session goes back: the same records come again. An action in the past
//! opens a branch; the former future stays as a branch of its own.

mod recorder;

use recorder::Recorder;

use super::act::{apply, check};
use super::spec::{Action, ActionError, Key, LogEntry, Spec, SpecError};
use super::systems::Inhabitant;
use super::trace::{Record, Trace};
use super::world::World;
use crate::protocol::{Purpose, Request};
use crate::time::{Duration, Time};

/// Memory that checkpoints may take, in bytes.
const CHECKPOINT_BYTES_MAX: usize = 64 << 20;
/// Records between checkpoints, at first; doubled whenever the checkpoints become too many.
const CHECKPOINT_SPACING_MIN: u32 = 256;
/// How far ahead a step looks for something that a person wants to stop at.
const STEP_SPAN_MAX: Duration = Duration::from_secs(120);
/// Events that a step works through at the most.
const STEP_EVENTS_MAX: u32 = 100_000;
/// The longest way of one message across the plane in clear weather, rounded up.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_millis(80);
/// Events that one call works through at the most, so that no call takes seconds.
const EVENTS_A_CALL_MAX: u32 = 400_000;

/// A future that was left for another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// What had been done in it.
    pub log: Vec<LogEntry>,
    /// How far it had been followed, in records.
    pub visited: u32,
}

struct Checkpoint<N: Inhabitant> {
    position: u32,
    applied: usize,
    world: World<N>,
}

/// A world with its history.
pub struct Session<N: Inhabitant> {
    spec: Spec<N::Config>,
    world: World<N>,
    /// The moment shown: between the last record's and the next event's.
    clock: Time,
    /// Records that have happened at the moment shown.
    position: u32,
    /// Log entries that have happened at the moment shown.
    applied: usize,
    /// The furthest position a person has been shown.
    visited: u32,
    trace: Trace,
    log: Vec<LogEntry>,
    checkpoints: Vec<Checkpoint<N>>,
    spacing: u32,
    origin: Time,
    branches: Vec<Branch>,
}

impl<N: Inhabitant> Session<N> {
    /// The beginning of a world.
    ///
    /// # Errors
    /// If no such world can be.
    pub fn new(spec: Spec<N::Config>) -> Result<Self, SpecError> {
        Self::prepared(spec, |_| {})
    }

    /// The beginning of a world in which something was done before anybody looked.
    ///
    /// # Errors
    /// If no such world can be.
    pub fn prepared(spec: Spec<N::Config>, prepare: impl FnOnce(&mut World<N>)) -> Result<Self, SpecError> {
        let mut world = spec.world::<N>()?;
        prepare(&mut world);
        let origin = world.now();
        let first = Checkpoint { position: 0, applied: 0, world: world.clone() };
        Ok(Self {
            spec,
            world,
            clock: origin,
            position: 0,
            applied: 0,
            visited: 0,
            trace: Trace::default(),
            log: Vec::new(),
            checkpoints: vec![first],
            spacing: CHECKPOINT_SPACING_MIN,
            origin,
            branches: Vec::new(),
        })
    }

    /// A world with a log from elsewhere, shown at `position`.
    ///
    /// # Errors
    /// If no such world can be; entries of the log that cannot be carried out are refused with [`RestoreError`].
    pub fn restore(spec: Spec<N::Config>, log: &[LogEntry], position: u32) -> Result<Self, RestoreError> {
        let mut session = Self::new(spec).map_err(RestoreError::Spec)?;
        session.replay(log, position)?;
        Ok(session)
    }

    /// Does at the beginning of a world what somebody did elsewhere, and shows record `position`.
    ///
    /// # Errors
    /// If the log does not fit the world; what fits has been done then.
    pub fn replay(&mut self, log: &[LogEntry], position: u32) -> Result<(), RestoreError> {
        for (number, entry) in log.iter().enumerate() {
            self.seek(entry.position);
            if self.position != entry.position || entry.at < self.clock {
                return Err(RestoreError::Log(number));
            }
            if entry.at > self.clock {
                // Time was let pass to the action; at the very moment of a record, events of that moment may still wait.
                self.run_until(entry.at);
            }
            if self.position != entry.position || self.clock != entry.at {
                return Err(RestoreError::Log(number));
            }
            self.act(entry.action.clone()).map_err(|_| RestoreError::Log(number))?;
        }
        self.seek(position);
        if self.position == position { Ok(()) } else { Err(RestoreError::Position) }
    }

    /// What the world was made from.
    #[must_use]
    pub const fn spec(&self) -> &Spec<N::Config> {
        &self.spec
    }

    /// The world at the moment shown.
    #[must_use]
    pub const fn world(&self) -> &World<N> {
        &self.world
    }

    /// A key on this world's ring.
    ///
    /// # Errors
    /// If it names no node or is no identifier.
    pub fn resolve(&self, key: &Key) -> Result<N::Id, ActionError> {
        key.resolve(self.world.space(), self.world.peers())
    }

    /// What happened, also after the moment shown if the session went back or looked ahead.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What was done, also after the moment shown.
    #[must_use]
    pub fn log(&self) -> &[LogEntry] {
        &self.log
    }

    /// Futures that were left for others.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Records that have happened at the moment shown.
    #[must_use]
    pub const fn position(&self) -> u32 {
        self.position
    }

    /// The moment shown.
    #[must_use]
    pub const fn clock(&self) -> Time {
        self.clock
    }

    /// When the world was ready; the moment of position 0.
    #[must_use]
    pub const fn origin(&self) -> Time {
        self.origin
    }

    /// The moment of the last known record.
    #[must_use]
    pub fn end(&self) -> Time {
        self.trace.records().last().map_or(self.clock, |record| record.at.max(self.clock))
    }

    /// Does something now. What had been done later, if anything, is kept as a branch.
    ///
    /// # Errors
    /// If it cannot be done; nothing has changed then.
    pub fn act(&mut self, action: Action) -> Result<Request, ActionError> {
        self.check(&action)?;
        self.fork();
        self.log.push(LogEntry { position: self.position, at: self.clock, action });
        self.apply_next();
        self.visited = self.position;
        Ok(Request(self.log.len() as u32 - 1))
    }

    /// Goes on by one record, if it happens at or before `limit`.
    ///
    /// Returns whether one did.
    fn advance(&mut self, limit: Time) -> bool {
        if let Some(entry) = self.log.get(self.applied).filter(|entry| entry.position == self.position) {
            let due = entry.at <= limit;
            if due {
                self.apply_next();
            }
            return due;
        }
        let before = self.position;
        while self.position == before {
            if self.world.next_at().is_none_or(|at| at > limit) {
                return false;
            }
            self.observed(|world, recorder| world.step(recorder));
        }
        self.clock = self.clock.max(self.world.now());
        true
    }

    /// Goes on to the next record that a person wants to stop at.
    ///
    /// Returns whether there was one; if not, the session is where it was.
    pub fn step(&mut self) -> bool {
        self.step_to(Record::is_major)
    }

    /// Goes on to the next record of this kind.
    ///
    /// Returns whether there was one; if not, the session is where it was.
    pub fn step_to(&mut self, wanted: impl Fn(&Record) -> bool) -> bool {
        let (start, clock) = (self.position, self.clock);
        for _ in 0..STEP_EVENTS_MAX {
            if !self.advance(clock + STEP_SPAN_MAX) {
                break;
            }
            if wanted(&self.trace.records()[self.position as usize - 1]) {
                self.visited = self.visited.max(self.position);
                return true;
            }
        }
        self.seek(start);
        self.clock = clock;
        false
    }

    /// Goes on to the next record that a person wants to stop at, but by at most `events` events and `span`.
    ///
    /// Returns whether there was such a record; if not, time has passed all the same.
    pub fn step_or_pass(&mut self, events: u32, span: Duration) -> bool {
        let limit = self.clock + span;
        for _ in 0..events.min(EVENTS_A_CALL_MAX) {
            if !self.advance(limit) {
                self.clock = limit;
                break;
            }
            if self.trace.records()[self.position as usize - 1].is_major() {
                self.visited = self.visited.max(self.position);
                return true;
            }
        }
        self.visited = self.visited.max(self.position);
        false
    }

    /// Goes back to just after the previous record that a person wants to stop at, or to the beginning.
    ///
    /// Returns whether that is another moment.
    pub fn step_back(&mut self) -> bool {
        if self.position == 0 && self.clock == self.origin {
            return false;
        }
        let records = &self.trace.records()[..self.position as usize];
        // Standing between two stops, back means to the earlier of them.
        let at_stop = records.last().is_some_and(|r| r.is_major() && r.at == self.clock);
        let skip = usize::from(at_stop);
        let stop = records.iter().enumerate().rev().filter(|(_, record)| record.is_major()).nth(skip);
        let target = stop.map_or(0, |(number, _)| number as u32 + 1);
        self.seek(target);
        true
    }

    /// Goes to the moment of record `position` (0 is the beginning); at most to where nothing more happens.
    pub fn seek(&mut self, position: u32) {
        if position < self.position || position == 0 {
            self.return_to(position);
        }
        let mut budget = EVENTS_A_CALL_MAX;
        while self.position < position && budget > 0 && self.advance(Time::NEVER) {
            budget -= 1;
        }
        self.clock = match self.position.checked_sub(1) {
            Some(last) => self.trace.records()[last as usize].at,
            None => self.origin,
        };
        self.visited = self.visited.max(self.position);
    }

    /// Goes to the beginning, as if nobody had yet seen anything.
    pub fn begin(&mut self) {
        self.seek(0);
        self.visited = 0;
    }

    /// Lets everything up to and at `moment` happen.
    ///
    /// Returns whether the moment was reached; if not, there was too much for one call.
    pub fn run_until(&mut self, moment: Time) -> bool {
        for _ in 0..EVENTS_A_CALL_MAX {
            if !self.advance(moment) {
                self.clock = self.clock.max(moment);
                self.visited = self.visited.max(self.position);
                return true;
            }
        }
        self.visited = self.visited.max(self.position);
        false
    }

    /// Goes to a moment, forward or back.
    pub fn seek_time(&mut self, moment: Time) {
        if moment < self.clock {
            let position = self.trace.records().partition_point(|record| record.at <= moment);
            self.seek(position as u32);
        }
        self.run_until(moment.max(self.origin));
    }

    /// Records the future without going there: until requests are answered and nodes are in, or `span` has passed.
    pub fn look_ahead(&mut self, span: Duration) {
        let (position, clock, visited) = (self.position, self.clock, self.visited);
        let limit = clock + span;
        let mut open = self.open_requests(span);
        let mut budget = EVENTS_A_CALL_MAX;
        // A node that waits in vain for an answer sends nothing meanwhile; the request is not over for that.
        while budget > 0 && (self.is_busy() || !open.is_empty()) {
            let before = self.position;
            if !self.advance(limit) {
                break;
            }
            for record in &self.trace.records()[before as usize..self.position as usize] {
                open.retain(|request| !record.outcomes.iter().any(|outcome| outcome.ends(*request)));
            }
            budget -= 1;
        }
        // The last acknowledgements too, so that the course is as long from wherever it is looked at.
        let limit = self.clock + self.world.weather().slowed(ACKNOWLEDGED_WITHIN);
        while self.world.in_flight_for(Purpose::Acknowledgement) > 0 && self.advance(limit) {}
        self.seek(position);
        self.clock = clock;
        self.visited = visited;
    }

    /// Requests to come, and those of the last `span` whose end lies after this moment.
    fn open_requests(&self, span: Duration) -> Vec<Request> {
        let past = &self.trace.records()[..self.position as usize];
        let lately = self.log.iter().enumerate().rev().take_while(|(_, entry)| entry.at + span >= self.clock);
        lately
            .filter(|(_, entry)| entry.action.request().is_some())
            .map(|(number, entry)| (Request(number as u32), past.get(entry.position as usize..).unwrap_or_default()))
            .filter(|(request, since)| !since.iter().any(|r| r.outcomes.iter().any(|outcome| outcome.ends(*request))))
            .map(|(request, _)| request)
            .collect()
    }

    /// Whether anything but regular upkeep is going on: a message of a request, of a join or of repair is on its way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.log.len() > self.applied || self.world.is_busy()
    }

    /// Goes over to another branch; the present one is kept in its place.
    pub fn switch_branch(&mut self, index: usize) {
        let Some(branch) = self.branches.get_mut(index) else { return };
        let same = self.log.iter().zip(&branch.log).take_while(|(a, b)| a == b).count();
        let parting = |log: &[LogEntry]| log.get(same).map_or(u32::MAX, |entry| entry.position);
        let keep = parting(&self.log).min(parting(&branch.log));
        let visited = branch.visited;
        std::mem::swap(&mut self.log, &mut branch.log);
        branch.visited = self.visited;
        self.forget_from(keep);
        self.visited = visited;
        self.return_to(keep.min(self.position));
        self.seek(visited);
    }

    /// Whether something could be done now.
    ///
    /// # Errors
    /// What stands against it.
    pub fn check(&self, action: &Action) -> Result<(), ActionError> {
        check(&self.world, action)
    }

    /// Leaves what lies ahead, keeping it as a branch if somebody has been there.
    fn fork(&mut self) {
        if self.log.len() > self.applied || self.visited > self.position {
            self.branches.push(Branch { log: self.log.clone(), visited: self.visited });
        }
        self.log.truncate(self.applied);
        self.forget_from(self.position);
    }

    fn forget_from(&mut self, position: u32) {
        self.trace.truncate(position);
        self.checkpoints.retain(|checkpoint| checkpoint.position <= position);
    }

    fn return_to(&mut self, position: u32) {
        let index = self.checkpoints.partition_point(|checkpoint| checkpoint.position <= position) - 1;
        let checkpoint = &self.checkpoints[index];
        self.world = checkpoint.world.clone();
        self.position = checkpoint.position;
        self.applied = checkpoint.applied;
        self.clock = self.world.now();
    }

    /// Runs something that may add records: into the trace if they are new, else only counting them.
    fn observed<T>(&mut self, run: impl FnOnce(&mut World<N>, &mut Recorder<'_>) -> T) -> T {
        let mut recorder = Recorder { position: self.position, new: false, trace: &mut self.trace };
        let result = run(&mut self.world, &mut recorder);
        self.position = recorder.position;
        self.keep_checkpoint();
        result
    }

    fn apply_next(&mut self) {
        let entry = self.log[self.applied].clone();
        let request = Request(self.applied as u32);
        self.applied += 1;
        self.clock = entry.at;
        // After going back, time has to pass to the action's moment again, also past timers that were moved meanwhile,
        // at which nothing happens.
        while self.world.next_at().is_some_and(|at| at < entry.at) {
            self.observed(|world, recorder| world.step(recorder));
        }
        self.world.wait_until(entry.at.max(self.world.now()));
        self.observed(|world, recorder| apply(world, entry.action, request, recorder));
    }

    fn keep_checkpoint(&mut self) {
        let last = self.checkpoints.last().map_or(0, |checkpoint| checkpoint.position);
        if self.position < last.saturating_add(self.spacing) {
            return;
        }
        let most = (CHECKPOINT_BYTES_MAX / self.world.bytes().max(1)).clamp(4, 64);
        if self.checkpoints.len() >= most {
            // Every other one goes; the first stays.
            let mut index = 0;
            self.checkpoints.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.spacing *= 2;
        }
        self.checkpoints.push(Checkpoint { position: self.position, applied: self.applied, world: self.world.clone() });
    }
}

/// Why a linked or loaded history cannot be shown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RestoreError {
    /// No such world can be.
    #[error("{0}")]
    Spec(SpecError),
    /// An entry of the log does not fit the world.
    #[error("Step {} of the recorded history does not fit its world.", .0 + 1)]
    Log(usize),
    /// The history is shorter than the moment to show.
    #[error("The recorded history ends before the moment it should show.")]
    Position,
}
