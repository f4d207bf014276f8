//! What lies on the table: one world or two side by side, the moment shown, and what is looked at.
//!
//! Plain state without a screen; [`crate::handle::Handle`] puts it on one.

mod frame;
mod sight;
#[cfg(test)]
mod tests;

use overlay_core::draw::View;
use overlay_core::lecture::Scene;
use overlay_core::protocol::Peer;
use overlay_core::sim::lab::{Lab, Setup};
use overlay_core::sim::share::{self, ShareError, Situation};
use overlay_core::sim::spec::{Action, ActionError, SpecError};
use overlay_core::sim::trace::Record;
use overlay_core::time::Duration;

use crate::courses::{self, Course};
use crate::player::{Beat, Player};

pub use sight::{HopLine, Progress, Sight, millis};

/// How long the last hop is seen moving after a step, in milliseconds of real time.
pub const GLIDE_MS: f64 = 350.0;
/// How far ahead the course of an action is recorded, so that its time line is known.
const LOOK_AHEAD: Duration = Duration::from_secs(30);
/// Events that one step of an idle world passes over at the most: upkeep of thousands of nodes is a lot.
const EVENTS_A_STEP: u32 = 60_000;
/// And the time that it passes over at the most.
const SPAN_A_STEP: Duration = Duration::from_secs(5);
/// Digits of a GUID shown outside the deck's figures.
const DIGITS: usize = 6;

/// A world on the table and what is looked at in it.
pub struct Bench {
    /// The world and its history.
    pub lab: Lab,
    /// The node that the person chose; without one, the node that decides is shown.
    pub selected: Option<Peer>,
    /// Records before the last step, while its hop is seen moving.
    glided_from: u32,
    nodes: frame::NodeCache,
}

impl Bench {
    fn new(lab: Lab) -> Self {
        let glided_from = lab.position();
        Self { lab, selected: None, glided_from, nodes: frame::NodeCache::default() }
    }

    /// Whether something worth stopping at is known to come.
    fn has_stop_ahead(&self) -> bool {
        self.lab.trace().records()[self.lab.position() as usize..].iter().any(Record::is_major)
    }
}

impl Course for Bench {
    fn elapsed(&self) -> Duration {
        self.lab.clock() - self.lab.origin()
    }

    fn known(&self) -> Duration {
        self.lab.end() - self.lab.origin()
    }

    fn position(&self) -> u32 {
        self.lab.position()
    }

    fn go_to(&mut self, moment: Duration) {
        let moment = self.lab.origin() + moment;
        self.lab.seek_time(moment);
    }

    fn rewind(&mut self) {
        self.lab.seek(0);
    }

    fn step_back(&mut self) -> bool {
        self.lab.step_back()
    }

    fn show_since(&mut self, position: u32) {
        self.glided_from = position;
    }
}

/// Everything the page is about.
pub struct Desk {
    benches: Vec<Bench>,
    /// The scene, if it is one of the lecture's.
    pub scene: Option<&'static Scene>,
    /// The one clock.
    pub player: Player,
    /// Which world the inspector looks into.
    active: usize,
    /// The node that a panel points at.
    pub hovered: Option<Peer>,
    /// Which picture is drawn.
    pub view: View,
    /// When the last step was taken, in real milliseconds.
    stepped_ms: f64,
    /// Whether time goes on when nothing is left to happen.
    run_on: bool,
    /// The course of time up to which playing goes.
    horizon: Duration,
}

impl Desk {
    /// A table with these worlds, one or two.
    fn with(labs: Vec<Lab>, scene: Option<&'static Scene>) -> Self {
        let mut desk = Self {
            benches: labs.into_iter().map(Bench::new).collect(),
            scene,
            player: Player::default(),
            active: 0,
            hovered: None,
            view: View::default(),
            stepped_ms: f64::NEG_INFINITY,
            run_on: false,
            horizon: Duration::ZERO,
        };
        desk.horizon = desk.known();
        desk
    }

    /// A scene at its beginning; `setup` may hold other switches than its own.
    ///
    /// # Errors
    /// If no such world can be.
    pub fn scene(scene: &'static Scene, setup: Setup) -> Result<Self, SpecError> {
        Ok(Self::with(vec![scene.start_with(setup)?], Some(scene)))
    }

    /// New worlds, one or two.
    ///
    /// # Errors
    /// If one cannot be.
    pub fn lab(setups: Vec<Setup>) -> Result<Self, SpecError> {
        let labs = setups.into_iter().map(Lab::new).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::with(labs, None))
    }

    /// What somebody shared.
    ///
    /// # Errors
    /// If the text does not read or does not fit.
    pub fn shared(text: &str) -> Result<Self, ShareError> {
        let situation = Situation::decode(text)?;
        let (lab, companion) = situation.restore()?;
        let scene = situation.scene.as_deref().and_then(Scene::find);
        let selected = situation.view.selected.filter(|peer| lab.has_node(*peer));
        let mut desk = Self::with(std::iter::once(lab).chain(companion).collect(), scene);
        for bench in &mut desk.benches {
            bench.selected = selected;
            bench.lab.look_ahead(LOOK_AHEAD);
        }
        desk.horizon = desk.known();
        desk.view = if situation.view.plain_ring { View::Ring } else { View::Unfolded };
        Ok(desk)
    }

    /// This very moment as text.
    #[must_use]
    pub fn share(&self) -> String {
        let view = share::View { plain_ring: self.view == View::Ring, selected: self.bench().selected };
        let companion = self.benches.get(1).map(|bench| &bench.lab);
        Situation::of(&self.benches[0].lab, self.scene.map(|scene| scene.name), companion, view).encode()
    }

    /// The worlds, one or two.
    #[must_use]
    pub fn benches(&self) -> &[Bench] {
        &self.benches
    }

    /// The world that the inspector looks into.
    #[must_use]
    pub fn bench(&self) -> &Bench {
        &self.benches[self.active]
    }

    /// Which world that is.
    #[must_use]
    pub const fn active(&self) -> usize {
        self.active
    }

    /// Lets the inspector look into another world.
    pub fn activate(&mut self, index: usize) {
        self.active = index.min(self.benches.len() - 1);
    }

    /// Digits of identifiers that are shown.
    #[must_use]
    pub fn digits(&self) -> usize {
        self.scene.map_or(DIGITS, |scene| scene.digits)
    }

    /// Chooses a node, or none to follow the message again. Worlds side by side have the same nodes.
    pub fn select(&mut self, peer: Option<Peer>) {
        for bench in &mut self.benches {
            bench.selected = peer.filter(|peer| bench.lab.has_node(*peer));
        }
    }

    // Time.

    /// Time since the worlds were ready.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        courses::elapsed(&self.benches)
    }

    /// Time from the beginning to the last thing known in any world.
    #[must_use]
    pub fn known(&self) -> Duration {
        courses::known(&self.benches)
    }

    /// Whether there is something before this moment.
    #[must_use]
    pub fn can_go_back(&self) -> bool {
        self.benches.iter().any(|bench| bench.lab.position() > 0 || bench.elapsed() > Duration::ZERO)
    }

    /// Whether something is known to come, or may.
    #[must_use]
    pub fn can_go_on(&self) -> bool {
        self.scene.is_none() || self.elapsed() < self.known() || self.has_records_ahead()
    }

    fn has_records_ahead(&self) -> bool {
        self.benches.iter().any(|bench| bench.lab.position() < bench.lab.trace().len())
    }

    /// Goes to the beginning.
    pub fn reset(&mut self) {
        self.player.pause();
        self.follow();
        self.benches.iter_mut().for_each(Course::rewind);
        self.settle();
    }

    /// Goes to where something happens next; of two worlds, to the earlier. Whether anything does.
    pub fn step(&mut self, now_ms: f64) -> bool {
        self.player.pause();
        self.advance(now_ms)
    }

    fn advance(&mut self, now_ms: f64) -> bool {
        self.follow();
        let before: Vec<Duration> = self.benches.iter().map(Course::elapsed).collect();
        let on_and_on = self.scene.is_none();
        // The course of a scene is recorded: beyond it nothing is sought.
        let step = |bench: &mut Bench| {
            if on_and_on {
                bench.lab.step_or_pass(EVENTS_A_STEP, SPAN_A_STEP)
            } else {
                bench.has_stop_ahead() && bench.lab.step()
            }
        };
        if courses::step(&mut self.benches, step).is_none() {
            // Nothing waits, yet time may still have to pass: to the end that is known, or to where upkeep has led.
            let end = if on_and_on { self.elapsed() } else { self.known() };
            self.horizon = self.horizon.max(self.known());
            if on_and_on {
                self.benches.iter_mut().for_each(|bench| bench.go_to(end));
                self.settle();
                return before.iter().any(|elapsed| *elapsed < end);
            }
            let moved = self.elapsed() < end;
            self.benches.iter_mut().filter(|_| moved).for_each(|bench| bench.go_to(end));
            return moved;
        }
        self.stepped_ms = now_ms;
        self.horizon = self.horizon.max(self.known());
        true
    }

    /// Goes back to where something happened before; of two worlds, to the later.
    pub fn step_back(&mut self) -> bool {
        self.player.pause();
        self.follow();
        let moved = courses::step_back(&mut self.benches);
        self.settle();
        moved
    }

    /// Goes to a moment, given as a fraction of the time line.
    pub fn seek(&mut self, fraction: f64) {
        self.player.pause();
        courses::seek(&mut self.benches, fraction);
        self.settle();
    }

    /// Lets time pass, or stops it. At the end of a scene, playing begins again.
    pub fn play_or_pause(&mut self) {
        if self.player.is_playing() {
            self.player.pause();
            return;
        }
        let at_end = self.elapsed() >= self.known() && !self.has_records_ahead();
        if at_end && self.scene.is_some() {
            self.reset();
        }
        self.run_on = at_end && self.scene.is_none();
        self.horizon = self.known();
        self.follow();
        self.settle();
        self.player.play();
    }

    /// Shows the course of what was just done.
    pub fn play_on(&mut self) {
        self.run_on = false;
        self.horizon = self.known();
        self.player.play();
    }

    /// Puts other worlds on the table; how they are looked at stays.
    pub fn replace(&mut self, mut new: Self) {
        new.view = self.view;
        new.player.set_speed(self.player.speed());
        *self = new;
    }

    /// What a frame of `elapsed_ms` does to the worlds; `more` says whether there is time left for work.
    pub fn tick(&mut self, elapsed_ms: f64, now_ms: f64, discrete: bool, more: &mut dyn FnMut() -> bool) {
        match self.player.beat(elapsed_ms, discrete) {
            Beat::Rest => {}
            Beat::Step => {
                // As with motion: playing shows the course of what was done, not all the upkeep after it.
                let over = !self.run_on && self.elapsed() >= self.horizon && !self.has_records_ahead();
                if over || !self.advance(now_ms) {
                    self.player.pause();
                }
            }
            Beat::Pass(micros) => self.pass(micros, more),
        }
    }

    fn pass(&mut self, micros: f64, more: &mut dyn FnMut() -> bool) {
        let now = self.elapsed();
        let mut target = now + Duration(micros.max(1.0) as u64);
        if !self.run_on {
            target = target.min(self.horizon.max(now));
        }
        // In slices, so that a busy world costs smoothness of time, not of the page.
        let slices = 1 + (micros / 1e4) as u64;
        for slice in 1..=slices {
            let moment = Duration(now.0 + (target.0 - now.0) * slice / slices);
            for bench in &mut self.benches {
                let moment = bench.lab.origin() + moment;
                bench.lab.run_until(moment);
            }
            if !more() {
                break;
            }
        }
        if !self.run_on && self.elapsed() >= self.horizon {
            self.player.pause();
        }
    }

    /// The picture follows the message again.
    fn follow(&mut self) {
        self.benches.iter_mut().for_each(|bench| bench.selected = None);
    }

    /// Nothing is seen moving any more.
    fn settle(&mut self) {
        self.stepped_ms = f64::NEG_INFINITY;
        courses::settle(&mut self.benches);
    }

    // Actions.

    /// Does something in all worlds, now.
    ///
    /// # Errors
    /// If it cannot be done in one of them; nothing has changed then.
    pub fn act(&mut self, action: &Action) -> Result<(), ActionError> {
        for bench in &self.benches {
            bench.lab.check(action)?;
        }
        for bench in &mut self.benches {
            bench.lab.act(action.clone())?;
            bench.lab.look_ahead(LOOK_AHEAD);
        }
        self.run_on = false;
        self.horizon = self.known();
        self.settle();
        Ok(())
    }

    /// Goes over to another branch of the world that is looked into.
    pub fn switch_branch(&mut self, index: usize) {
        self.player.pause();
        self.follow();
        self.benches[self.active].lab.switch_branch(index);
        self.settle();
        self.horizon = self.known();
    }
}
