//! The core, put to the same work as the bound.

use overlay_core::protocol::{Command, Envelope, Event, Note, Peer, Request};
use overlay_core::sim::plane::Place;
use overlay_core::sim::systems::System;
use overlay_core::sim::workload::{walk, walk_many};
use overlay_core::sim::world::{Observer, Occasion, World};
use overlay_core::time::Time;

/// Members as the simulator takes them.
pub(crate) type Members<N> = Vec<(<N as overlay_core::protocol::Node>::Id, Place)>;

/// A lookup: where it starts and its key.
pub(crate) type Lookup<N> = (Peer, <N as overlay_core::protocol::Node>::Id);

pub(crate) fn converged<N: System>(config: &N::Config, members: &Members<N>) -> World<N> {
    let mut world = World::new(config.clone(), 1);
    world.fill_converged(members.iter().copied());
    world
}

pub(crate) fn joined<N: System>(config: &N::Config, members: &Members<N>) -> World<N> {
    let mut world = World::new(config.clone(), 1);
    let joined = world.fill_by_joins(members.iter().copied());
    assert_eq!(joined, members.len(), "everybody comes in where no message is lost");
    world
}

pub(crate) fn walk_all<N: System>(world: &World<N>, lookups: &[Lookup<N>], arrived: &mut [u32]) {
    for ((from, key), arrived) in lookups.iter().zip(arrived) {
        *arrived = walk(world, *from, *key).map_or(u32::MAX, |(owner, _)| owner.0);
    }
}

pub(crate) fn batch_all<N: System>(world: &World<N>, lookups: &[Lookup<N>], arrived: &mut [u32]) {
    walk_many(world, lookups, |number, end| arrived[number] = end.map_or(u32::MAX, |(owner, _)| owner.0));
}

/// Sends lookups as messages, `in_flight` of them under way at any time, until all have arrived.
pub(crate) fn send_all<N: System>(
    world: &mut World<N>,
    lookups: &[Lookup<N>],
    in_flight: usize,
    arrived: &mut Vec<u32>,
) {
    let send = |world: &mut World<N>, number: usize, arrivals: &mut Arrivals| {
        let (from, key) = lookups[number];
        let request = Request(number as u32);
        let envelope = Envelope::lookup(request, from, key);
        world.command(from, Command::Route(envelope).into(), arrivals);
    };
    arrived.clear();
    arrived.resize(lookups.len(), u32::MAX);
    let mut arrivals = Arrivals { at: std::mem::take(arrived), landed: 0 };
    let mut started = 0;
    loop {
        while started < lookups.len() && started < arrivals.landed + in_flight {
            send(world, started, &mut arrivals);
            started += 1;
        }
        if arrivals.landed == lookups.len() {
            break;
        }
        if world.next_at().is_none() {
            break;
        }
        world.step(&mut arrivals);
    }
    *arrived = arrivals.at;
}

struct Arrivals {
    at: Vec<u32>,
    landed: usize,
}

impl<N: System> Observer<N> for Arrivals {
    fn wants_notes(&self) -> bool {
        false
    }

    fn begin(&mut self, _: Time, _: Peer, cause: u32, _: Occasion<'_, N::Message>) -> u32 {
        cause
    }

    fn event(&mut self, _: Time, node: Peer, event: &Event<N::Id>) {
        if let Event::Delivered(envelope) = event {
            self.at[envelope.request.0 as usize] = node.0;
            self.landed += 1;
        }
    }

    fn note(&mut self, _: Peer, _: Note) {}
}
