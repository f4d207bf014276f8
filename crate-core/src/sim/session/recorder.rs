//! Keeping what happens.

use crate::protocol::{Note, Peer};
use crate::sim::systems::Inhabitant;
use crate::sim::trace::Trace;
use crate::sim::world::{Observer, Occasion};
use crate::time::Time;

/// Puts new records into the trace and counts those that come again.
pub(super) struct Recorder<'a> {
    /// Records so far.
    pub(super) position: u32,
    /// Whether the record that is open is a new one.
    pub(super) new: bool,
    pub(super) trace: &'a mut Trace,
}

impl<N: Inhabitant> Observer<N> for Recorder<'_> {
    fn wants_notes(&self) -> bool {
        self.new
    }

    fn begin(&mut self, at: Time, node: Peer, cause: u32, occasion: Occasion<'_, N::Message>) -> u32 {
        let number = self.position;
        self.position += 1;
        self.new = number == self.trace.len();
        if self.new {
            Observer::<N>::begin(self.trace, at, node, cause, occasion);
        } else {
            let known = &self.trace.records()[number as usize];
            debug_assert_eq!((known.at, known.node), (at, node), "history repeats itself");
        }
        number
    }

    fn event(&mut self, at: Time, node: Peer, event: &N::Event) {
        if self.new {
            Observer::<N>::event(self.trace, at, node, event);
        }
    }

    fn note(&mut self, node: Peer, note: Note) {
        if self.new {
            Observer::<N>::note(self.trace, node, note);
        }
    }
}
