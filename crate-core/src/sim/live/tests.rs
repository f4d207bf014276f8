use super::*;
use crate::live::{NoAnswer, RequestId};

const SECOND: Duration = Duration::from_secs(1);

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A ring of `count` members that came in one after the other, by invitations of the first alone.
fn ring_of(seed: u64, count: usize) -> LiveWorld {
    ring_on(seed, count, Network::default())
}

fn ring_on(seed: u64, count: usize, network: Network) -> LiveWorld {
    let mut world = LiveWorld::new(seed, network, Settings::default());
    let first = world.open_page();
    world.act(first, |member, now| member.start(now));
    for _ in 1..count {
        join(&mut world, first);
    }
    let settled = world.run_until(seconds(60), |world| world.flaw().is_none() && world.missing_link().is_none());
    assert!(settled, "seed {seed}: {:?} {:?}", world.flaw(), world.missing_link());
    world
}

/// A new page comes in by way of `host`.
fn join(world: &mut LiveWorld, host: usize) -> usize {
    let guest = world.open_page();
    world.invite(host, guest);
    let joined = world.run_until(seconds(90), |world| world.member(guest).state() == State::Member);
    assert!(joined, "{guest} is {:?}: {:?}", world.member(guest).state(), world.events(guest));
    guest
}

/// What came of a request.
fn outcome(world: &LiveWorld, seat: usize, request: RequestId) -> Option<Event> {
    let events = world.events(seat).iter().map(|(_, event)| event);
    let of = |event: &&Event| match event {
        Event::Stored { request: id, .. }
        | Event::Found { request: id, .. }
        | Event::Deleted { request: id, .. }
        | Event::Reached { request: id, .. }
        | Event::NoAnswer { request: id, .. } => *id == request,
        _ => false,
    };
    events.rev().find(of).cloned()
}

fn ask(world: &mut LiveWorld, seat: usize, wish: impl FnOnce(&mut Member, Time) -> RequestId) -> Event {
    let request = world.act(seat, wish);
    world.run_until(seconds(40), |world| outcome(world, seat, request).is_some());
    outcome(world, seat, request).unwrap_or(Event::NoAnswer { request, reason: NoAnswer::Silence })
}

fn everyone_reaches_everyone(world: &mut LiveWorld) {
    let ring = world.ring();
    for (_, from) in &ring {
        for (guid, _) in &ring {
            let event = ask(world, *from, |member, now| member.reach(now, *guid).expect("a member"));
            assert!(matches!(event, Event::Reached { owner, .. } if owner == *guid), "{from} to {guid:.6}: {event:?}");
        }
    }
}

fn put(world: &mut LiveWorld, seat: usize, name: &str) {
    let event = ask(world, seat, |member, now| member.put(now, name, name.as_bytes()).expect("a member"));
    assert!(matches!(event, Event::Stored { .. }), "{name}: {event:?}");
}

fn value(world: &mut LiveWorld, seat: usize, name: &str) -> Option<Vec<u8>> {
    match ask(world, seat, |member, now| member.get(now, name).expect("a member")) {
        Event::Found { value, .. } => value,
        event => panic!("{name}: {event:?}"),
    }
}

#[test]
fn members_that_came_in_one_after_the_other_reach_each_other() {
    let mut world = ring_of(1, 8);
    everyone_reaches_everyone(&mut world);
    assert!(world.living().all(|seat| world.member(seat).connected() == 7));
}

#[test]
fn zz_debug() {
    let mut world = LiveWorld::new(1, Network::default(), Settings::default());
    let first = world.open_page();
    world.act(first, |member, now| member.start(now));
    for _ in 0..40 {
        if world.len() < 3 && world.flaw().is_none() {
            let guest = world.open_page();
            world.invite(first, guest);
        }
        world.run(Duration::from_millis(500));
        eprintln!("{} handled {} {:?}", world.now().0, world.handled(), world.flaw());
        for seat in 0..world.len() {
            eprintln!(
                "  {seat} {:?} next {:?} {:?} {:?}",
                world.member(seat).state(),
                world.member(seat).next_deadline(),
                world.member(seat).links().collect::<Vec<_>>(),
                world.member(seat).stats().all().filter(|s| s.1 > 0).collect::<Vec<_>>()
            );
            eprintln!("    {:?}", world.events(seat));
        }
    }
}
