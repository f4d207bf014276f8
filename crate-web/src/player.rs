//! The one clock: how real time becomes simulated time. Plain state, without a screen.

/// Simulated seconds a real second, slowest first.
pub const SPEEDS: [(f64, &str); 19] = [
    (0.001, "1/1000"),
    (0.002, "1/500"),
    (0.005, "1/200"),
    (0.01, "1/100"),
    (0.02, "1/50"),
    (0.05, "1/20"),
    (0.1, "1/10"),
    (0.2, "1/5"),
    (0.5, "1/2"),
    (1.0, "1"),
    (2.0, "2"),
    (5.0, "5"),
    (10.0, "10"),
    (20.0, "20"),
    (50.0, "50"),
    (100.0, "100"),
    (200.0, "200"),
    (500.0, "500"),
    (1000.0, "1000"),
];
const SPEED_AT_FIRST: usize = 5;
/// A frame longer than this was a pause of the browser's, not of the clock's.
const FRAME_MS_MAX: f64 = 100.0;
/// With reduced motion: how long a step is left to be read, at the speed of the first choice.
const STEP_MS: f64 = 1_200.0;

/// What a frame asks of the simulation.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Beat {
    /// Nothing.
    Rest,
    /// Let this many microseconds pass.
    Pass(f64),
    /// Take one step.
    Step,
}

/// Whether and how fast time passes.
#[derive(Clone, PartialEq, Debug)]
pub struct Player {
    playing: bool,
    speed: usize,
    waited_ms: f64,
}

impl Default for Player {
    fn default() -> Self {
        Self { playing: false, speed: SPEED_AT_FIRST, waited_ms: 0.0 }
    }
}

impl Player {
    /// Whether time passes.
    #[must_use]
    pub const fn is_playing(&self) -> bool {
        self.playing
    }

    /// Lets time pass from the next frame on.
    pub const fn play(&mut self) {
        self.playing = true;
        // The first discrete step comes at once: pressing Play must show something.
        self.waited_ms = f64::INFINITY;
    }

    /// Stops time now.
    pub const fn pause(&mut self) {
        self.playing = false;
    }

    /// The index of the speed in [`SPEEDS`].
    #[must_use]
    pub const fn speed(&self) -> usize {
        self.speed
    }

    /// Chooses a speed by its index; the nearest if there is none.
    pub fn set_speed(&mut self, index: usize) {
        self.speed = index.min(SPEEDS.len() - 1);
    }

    /// The speed in words.
    #[must_use]
    pub fn speed_label(&self) -> &'static str {
        SPEEDS[self.speed].1
    }

    /// What a frame of `elapsed_ms` asks for; with `discrete` motion whole steps instead of a flow.
    pub fn beat(&mut self, elapsed_ms: f64, discrete: bool) -> Beat {
        if !self.playing {
            return Beat::Rest;
        }
        let elapsed_ms = elapsed_ms.clamp(0.0, FRAME_MS_MAX);
        if !discrete {
            return Beat::Pass(elapsed_ms * 1e3 * SPEEDS[self.speed].0);
        }
        self.waited_ms += elapsed_ms;
        // Steps are to be read: a choice of speed changes their pace, but gently.
        let choices = self.speed as f64 - SPEED_AT_FIRST as f64;
        let pace = (STEP_MS - 200.0 * choices).clamp(250.0, 3_000.0);
        if self.waited_ms < pace {
            return Beat::Rest;
        }
        self.waited_ms = 0.0;
        Beat::Step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_go_over_six_decades_upwards() {
        assert!(SPEEDS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!((SPEEDS[SPEEDS.len() - 1].0 / SPEEDS[0].0 - 1e6).abs() < 1e-3);
    }

    #[test]
    fn labels_say_the_speed() {
        for (speed, label) in SPEEDS {
            let (over, under) = label.split_once('/').unwrap_or((label, "1"));
            let said = over.parse::<f64>().unwrap() / under.parse::<f64>().unwrap();
            assert!((said - speed).abs() < 1e-9, "{label}");
        }
    }

    #[test]
    fn time_passes_at_the_chosen_speed() {
        let mut player = Player::default();
        player.play();
        assert_eq!(player.beat(16.0, false), Beat::Pass(800.0));
        player.set_speed(9);
        assert_eq!(player.beat(16.0, false), Beat::Pass(16_000.0));
    }

    #[test]
    fn pause_means_now() {
        let mut player = Player::default();
        player.play();
        player.pause();
        assert_eq!(player.beat(16.0, false), Beat::Rest);
    }

    #[test]
    fn a_hidden_tab_makes_no_leap() {
        let mut player = Player::default();
        player.play();
        player.set_speed(9);
        assert_eq!(player.beat(60_000.0, false), Beat::Pass(100_000.0));
    }

    #[test]
    fn reduced_motion_steps_and_waits_between_steps() {
        let mut player = Player::default();
        player.play();
        assert_eq!(player.beat(16.0, true), Beat::Step);
        let beats = (0..75).filter(|_| player.beat(16.0, true) == Beat::Step).count();
        assert_eq!(beats, 1);
    }
}
