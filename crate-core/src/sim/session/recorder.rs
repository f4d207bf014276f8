//! Carrying out actions, and keeping what happens.

use crate::protocol::{Command, Envelope, Event, Note, Peer, Request};
use crate::sim::spec::{Action, Key};
use crate::sim::systems::{DataWish, System};
use crate::sim::trace::Trace;
use crate::sim::world::{NO_CAUSE, Observer, Occasion, World};
use crate::time::Time;

/// Does what a checked action says.
pub(in crate::sim) fn apply<N: System>(
    world: &mut World<N>,
    action: Action,
    request: Request,
    observer: &mut impl Observer<N>,
) {
    let key = |world: &World<N>, key: &Key| {
        key.resolve(world.space(), world.peers()).expect("actions are checked before they are logged")
    };
    let wish = |key, wish| {
        N::data_command(request, key, wish).unwrap_or_else(|| Command::Route(envelope(request, key)).into())
    };
    let (node, command) = match action {
        Action::Route { from, key: to } => (from, Command::Route(envelope(request, key(world, &to))).into()),
        Action::Insert { from, key: to, value } => {
            (from, wish(key(world, &to), DataWish::Insert(value.into_bytes().into())))
        }
        Action::Search { from, key: to } => (from, wish(key(world, &to), DataWish::Search)),
        Action::Delete { from, key: to } => (from, wish(key(world, &to), DataWish::Delete)),
        Action::Leave { node } => (node, Command::Leave.into()),
        Action::Kill { node } => {
            world.crash(node);
            observer.begin(world.now(), node, NO_CAUSE, Occasion::Action);
            return;
        }
        Action::Weather(weather) => {
            world.set_weather(weather);
            // It is everybody's: the record needs some node to stand at.
            observer.begin(world.now(), Peer(0), NO_CAUSE, Occasion::Action);
            return;
        }
        Action::Restart { node } => {
            world.revive(node);
            (node, world.entrance(node).into())
        }
        Action::Add { id } => {
            let id = key(world, &id);
            let place = world.random_place();
            let node = world.place(id, place).expect("actions are checked before they are logged");
            (node, world.entrance(node).into())
        }
    };
    world.command(node, command, observer);
}

fn envelope<I>(request: Request, key: I) -> Envelope<I> {
    Envelope { request, answer: true, hops: 0, origin: Peer::NONE, key, payload: None }
}

/// Puts new records into the trace and counts those that come again.
pub(super) struct Recorder<'a> {
    /// Records so far.
    pub(super) position: u32,
    /// Whether the record that is open is a new one.
    pub(super) new: bool,
    pub(super) trace: &'a mut Trace,
}

impl<N: System> Observer<N> for Recorder<'_> {
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

    fn event(&mut self, at: Time, node: Peer, event: &Event<N::Id>) {
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
