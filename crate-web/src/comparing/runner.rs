//! How a comparison goes on: played, stepped or run to its end, in pieces short enough to stay interruptible. Plain
//! state without a screen.

use overlay_core::experiment::compare::{Comparison, Fate, Settings, SettingsError, Stage};
use overlay_core::sim::lab::SystemKind;

use super::talk::{Control, Mode};
use crate::player::SPEEDS;

/// The longest piece of work, in milliseconds.
const SLICE_MS: f64 = 12.0;
/// Events between two looks at the clock.
const EVENTS: u64 = 500;
/// A step that takes more events than this is not worth waiting for.
const STEP_EVENTS: u64 = 5_000_000;
/// How long a lookup that has ended stays on the picture while others go on, in milliseconds.
const LINGER_MS: f64 = 1_200.0;
/// With less motion: time between two steps.
const STEP_MS: f64 = 1_200.0;
/// The longest frame that counts as one: a hidden tab makes no leap.
const FRAME_MS: f64 = 100.0;

/// A comparison and how it goes on.
pub struct Runner {
    comparison: Comparison,
    mode: Mode,
    /// What comes when both worlds are built.
    then: Mode,
    speed: usize,
    waited_ms: f64,
}

impl Runner {
    /// A comparison that is to be run to its end.
    ///
    /// # Errors
    /// If a setting lies outside its range.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let comparison = Comparison::new(settings)?;
        Ok(Self { comparison, mode: Mode::Building, then: Mode::Finishing, speed: 5, waited_ms: 0.0 })
    }

    /// What is run.
    #[must_use]
    pub const fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    /// How time passes.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Does what the person wants.
    pub fn control(&mut self, control: Control, value: f64) {
        match (control, self.mode) {
            (Control::Speed, _) => self.speed = (value.max(0.0) as usize).min(SPEEDS.len() - 1),
            (Control::Reset, _) => self.restart(Mode::Paused),
            (_, Mode::Building) => {}
            (Control::PlayPause, Mode::Paused) if self.is_done() => self.restart(Mode::Playing),
            (Control::PlayPause, Mode::Paused) => {
                self.mode = Mode::Playing;
                self.waited_ms = f64::INFINITY;
            }
            (Control::PlayPause, _) => self.mode = Mode::Paused,
            (Control::Step, _) if self.is_done() => self.restart(Mode::Paused),
            (Control::Step, _) => {
                self.mode = Mode::Paused;
                self.comparison.step(STEP_EVENTS);
            }
            (Control::Finish, _) if !self.is_done() => self.mode = Mode::Finishing,
            (Control::Finish, _) => {}
        }
    }

    fn restart(&mut self, then: Mode) {
        let settings = self.comparison.settings().clone();
        if let Ok(comparison) = Comparison::new(settings) {
            // The old worlds go first: two pairs may be more than there is room for.
            self.comparison = comparison;
            (self.mode, self.then) = (Mode::Building, then);
            self.waited_ms = f64::INFINITY;
        }
    }

    /// Whether nothing more happens.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.comparison.progress().stage == Stage::Done
    }

    /// One piece of work, `elapsed_ms` after the one before; `clock` gives milliseconds.
    pub fn tick(&mut self, elapsed_ms: f64, discrete: bool, clock: impl Fn() -> f64) {
        let elapsed_ms = elapsed_ms.clamp(0.0, FRAME_MS);
        match self.mode {
            Mode::Paused => {}
            Mode::Building => {
                // One world a piece, so that the page hears which one is being built.
                if self.comparison.advance(1).stage >= Stage::Before {
                    self.mode = self.then;
                }
            }
            Mode::Playing if discrete => {
                self.waited_ms += elapsed_ms;
                if self.waited_ms >= STEP_MS {
                    self.waited_ms = 0.0;
                    self.comparison.step(STEP_EVENTS);
                }
            }
            Mode::Playing => {
                let micros = (elapsed_ms * 1e3 * SPEEDS[self.speed].0) as u64;
                let target = self.comparison.progress().now + overlay_core::time::Duration(micros);
                self.work(&clock, |comparison| comparison.advance_to(target, EVENTS).now < target);
                self.look_on(elapsed_ms);
            }
            Mode::Finishing => {
                self.work(&clock, |comparison| {
                    comparison.advance(EVENTS);
                    true
                });
                self.waited_ms = f64::INFINITY;
                self.look_on(0.0);
            }
        }
        if self.is_done() {
            self.mode = Mode::Paused;
        }
    }

    /// Takes pieces until `piece` says that it is enough, the slice is over, or nothing more happens.
    fn work(&mut self, clock: impl Fn() -> f64, mut piece: impl FnMut(&mut Comparison) -> bool) {
        let until = clock() + SLICE_MS;
        while piece(&mut self.comparison) && clock() < until && !self.is_done() {}
    }

    /// Follows a later lookup when the present one has ended and been looked at.
    fn look_on(&mut self, elapsed_ms: f64) {
        let (followed, started) = (self.comparison.followed(), self.comparison.started());
        if !self.comparison.has_ended(followed) {
            self.waited_ms = self.waited_ms.min(LINGER_MS).min(0.0);
            return;
        }
        self.waited_ms += elapsed_ms;
        if self.waited_ms >= LINGER_MS && started > followed + 1 {
            self.waited_ms = 0.0;
            self.comparison.follow(started - 1);
        }
    }

    /// What happens at this moment, in a sentence.
    #[must_use]
    pub fn narration(&self) -> String {
        let progress = self.comparison.progress();
        let settings = self.comparison.settings();
        let nodes = overlay_core::draw::chart::number(f64::from(settings.nodes));
        match progress.stage {
            Stage::BuildingPastry => format!("Pastry’s {nodes} nodes get their tables."),
            Stage::BuildingChord => format!("Chord’s {nodes} nodes get their fingers."),
            Stage::Settling => "The last lookups arrive; then nodes are killed.".into(),
            Stage::Done => "Both are done. Play shows it from the beginning.".into(),
            _ if self.comparison.started() == 0 => "Both rings stand ready: the same nodes, the same lookups.".into(),
            stage => {
                let followed = self.comparison.followed();
                let when = match stage {
                    Stage::Repairing => {
                        format!("{} nodes are dead. ", overlay_core::draw::chart::number(f64::from(settings.killed())))
                    }
                    Stage::After => "The time for repair is over. ".into(),
                    _ => String::new(),
                };
                format!("{when}Lookup {}, the same in both.", followed + 1)
            }
        }
    }

    /// How the lookup that is followed stands in a system.
    #[must_use]
    pub fn caption(&self, system: SystemKind) -> String {
        let followed = self.comparison.followed();
        if followed >= self.comparison.started() {
            return "No lookup yet".into();
        }
        let hops = self.comparison.path(system, followed).len().saturating_sub(1);
        let plural = |hops: usize| if hops == 1 { "1 hop".to_string() } else { format!("{hops} hops") };
        match self.comparison.fate(system, followed) {
            Fate::UnderWay => format!("{} so far", plural(hops)),
            Fate::Delivered { hops, took } => {
                format!("{}, {} ms", plural(usize::from(hops)), (took.0 + 500) / 1_000)
            }
            Fate::Wrong => "at a node that is not responsible".into(),
            Fate::Failed => "given up".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn runner() -> Runner {
        Runner::new(Settings { nodes: 50, lookups: 40, fail_per_million: 100_000, ..Settings::default() })
            .expect("sound")
    }

    fn run_out(runner: &mut Runner) {
        let clock = Cell::new(0.0);
        for _ in 0..100_000 {
            if runner.mode() == Mode::Paused {
                return;
            }
            runner.tick(16.0, false, || {
                clock.set(clock.get() + 5.0);
                clock.get()
            });
        }
        panic!("it comes to an end");
    }

    #[test]
    fn a_new_comparison_runs_to_its_end_and_stands() {
        let mut runner = runner();
        run_out(&mut runner);
        assert!(runner.is_done());
        assert!(runner.narration().contains("done"));
    }

    #[test]
    fn play_at_the_end_begins_anew_and_gives_the_same_result() {
        let mut runner = runner();
        run_out(&mut runner);
        let first = runner.comparison().results();
        runner.control(Control::PlayPause, 0.0);
        runner.tick(16.0, false, || 0.0);
        runner.tick(16.0, false, || 0.0);
        assert_eq!(runner.mode(), Mode::Playing);
        assert!(runner.comparison().progress().now.0 < 1_000_000);
        runner.control(Control::Finish, 0.0);
        run_out(&mut runner);
        assert_eq!(runner.comparison().results(), first);
    }

    #[test]
    fn steps_pause_and_tell_of_one_lookup() {
        let mut runner = runner();
        run_out(&mut runner);
        runner.control(Control::Reset, 0.0);
        run_out(&mut runner);
        assert_eq!(runner.caption(SystemKind::Pastry), "No lookup yet");
        runner.control(Control::Step, 0.0);
        assert_eq!((runner.mode(), runner.caption(SystemKind::Chord).as_str()), (Mode::Paused, "0 hops so far"));
        for _ in 0..30 {
            runner.control(Control::Step, 0.0);
        }
        assert!(runner.comparison().started() > 1);
    }

    #[test]
    fn a_speed_that_is_none_is_the_last() {
        let mut runner = runner();
        runner.control(Control::Speed, 1e9);
        assert_eq!(runner.speed, SPEEDS.len() - 1);
        runner.control(Control::Speed, -3.0);
        assert_eq!(runner.speed, 0);
    }
}
