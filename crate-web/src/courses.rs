//! Worlds side by side on one clock: what going through time does to all of them.

use overlay_core::time::Duration;

/// A world with a history, as a table of several sees it. Moments are counted from when the world was ready.
pub trait Course {
    /// The moment shown.
    fn elapsed(&self) -> Duration;
    /// The moment of the last thing known.
    fn known(&self) -> Duration;
    /// Records that have happened.
    fn position(&self) -> u32;
    /// Goes to a moment, forward or back.
    fn go_to(&mut self, moment: Duration);
    /// Goes to before the first record.
    fn rewind(&mut self);
    /// Goes back to where something happened before; whether that is another moment.
    fn step_back(&mut self) -> bool;
    /// What happened since this record is seen on its way for a moment.
    fn show_since(&mut self, position: u32);
}

/// The moment shown: of the furthest.
#[must_use]
pub fn elapsed<C: Course>(courses: &[C]) -> Duration {
    courses.iter().map(C::elapsed).max().unwrap_or_default()
}

/// The moment of the last thing known in any world.
#[must_use]
pub fn known<C: Course>(courses: &[C]) -> Duration {
    courses.iter().map(C::known).max().unwrap_or_default()
}

/// Steps every world by itself and then goes with all to the earliest moment that one has reached, which is returned.
pub fn step<C: Course>(courses: &mut [C], step: impl FnMut(&mut C) -> bool) -> Option<Duration> {
    let before: Vec<(u32, Duration)> = courses.iter().map(|course| (course.position(), course.elapsed())).collect();
    let stepped: Vec<bool> = courses.iter_mut().map(step).collect();
    let reached = courses.iter().zip(&stepped).filter(|(_, stepped)| **stepped).map(|(course, _)| course.elapsed());
    let moment = reached.min()?;
    for ((course, stepped), (position, elapsed)) in courses.iter_mut().zip(stepped).zip(before) {
        if !stepped || course.elapsed() > moment {
            course.go_to(moment.max(elapsed));
        }
        course.show_since(position);
    }
    Some(moment)
}

/// Goes back to where something happened before; of several worlds, to the latest. Whether that is another moment.
pub fn step_back<C: Course>(courses: &mut [C]) -> bool {
    let moved = courses.iter_mut().fold(false, |moved, course| course.step_back() | moved);
    let moment = elapsed(courses);
    courses.iter_mut().filter(|course| course.elapsed() < moment).for_each(|course| course.go_to(moment));
    moved
}

/// Goes to a moment, given as a fraction of what is known; 0 is before everything.
pub fn seek<C: Course>(courses: &mut [C], fraction: f64) {
    let moment = Duration((fraction.clamp(0.0, 1.0) * known(courses).0 as f64).round() as u64);
    for course in courses {
        if fraction > 0.0 { course.go_to(moment) } else { course.rewind() }
    }
}

/// Nothing is seen on its way any more.
pub fn settle<C: Course>(courses: &mut [C]) {
    for course in courses {
        let position = course.position();
        course.show_since(position);
    }
}
