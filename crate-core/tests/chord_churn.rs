//! Chord while nodes come and go all the time: lookups of live members are delivered, nearly all by the node responsible.
#![cfg(not(target_arch = "wasm32"))]

use overlay_core::chord::{ChordNode, Config, Lookup};
use overlay_core::id::{ChordId, RingId as _};
use overlay_core::protocol::{Command, Envelope, Event, Node, Note, Peer, Request, Rng};
use overlay_core::sim::check;
use overlay_core::sim::spec::Spec;
use overlay_core::sim::systems::System as _;
use overlay_core::sim::world::{Observer, Occasion, Unobserved, World};
use overlay_core::time::{Duration, Time};
use rand::{RngExt, SeedableRng};

#[derive(Clone, Copy)]
struct Churn {
    nodes: u32,
    r: u8,
    lookup: Lookup,
    session_mean_s: f64,
    minutes: u64,
    lookups_per_s: f64,
    loss_per_million: u32,
    seed: u64,
}

#[derive(Debug, Default)]
struct Count {
    lookups: u32,
    /// Of a member that still runs, and never delivered.
    lost: u32,
    /// Delivered by a node that is not the first at or behind the key at that moment.
    incorrect: u32,
    timeouts: u32,
    joins: u32,
}

/// What a lookup came to; by request.
#[derive(Clone, Copy)]
struct Wish {
    origin: Peer,
    since: Time,
    is_over: bool,
}

#[derive(Default)]
struct Watcher {
    wishes: Vec<Wish>,
    delivered: Vec<(ChordId, Peer)>,
    timeouts: u32,
}

impl Observer<ChordNode> for Watcher {
    fn wants_notes(&self) -> bool {
        true
    }

    fn begin(&mut self, _: Time, _: Peer, cause: u32, _: Occasion<'_, <ChordNode as Node>::Message>) -> u32 {
        cause
    }

    fn event(&mut self, _: Time, node: Peer, event: &Event<ChordId>) {
        if let Event::Delivered(envelope) = event {
            self.wishes[envelope.request.0 as usize].is_over = true;
            self.delivered.push((envelope.key, node));
        }
    }

    fn note(&mut self, _: Peer, note: Note) {
        self.timeouts += u32::from(matches!(note, Note::TimedOut { .. }));
    }
}

fn exponential(rng: &mut Rng, mean_s: f64) -> Duration {
    let share = (f64::from(rng.random::<u32>()) + 1.0) / 4_294_967_297.0;
    Duration((-mean_s * libm::log(share) * 1e6) as u64)
}

/// Every node stays for an exponential time, and another comes in as it goes; it stops without a word.
fn run(churn: Churn) -> (Count, World<ChordNode>) {
    let config = Config { successor_list: churn.r, lookup: churn.lookup, ..Config::default() };
    let spec = Spec { loss_per_million: churn.loss_per_million, ..Spec::random(churn.nodes, churn.seed, config) };
    let mut world: World<ChordNode> = spec.world().expect("can be");
    let mut rng = Rng::seed_from_u64(churn.seed);
    let mut watcher = Watcher::default();
    let mut count = Count::default();
    let mut goes: Vec<(Time, Peer)> =
        (0..churn.nodes).map(|n| (Time::ZERO + exponential(&mut rng, churn.session_mean_s), Peer(n))).collect();
    let end = Time::ZERO + Duration::from_secs(churn.minutes * 60);
    let mut next_lookup = Time::ZERO;
    while world.now() < end {
        let (at, leaver) = *goes.iter().min().expect("somebody runs");
        let moment = at.min(next_lookup).min(end);
        while world.next_at().is_some_and(|next| next <= moment) {
            world.step(&mut watcher);
            for (key, node) in std::mem::take(&mut watcher.delivered) {
                let ring: Vec<_> = world.members().collect();
                count.incorrect += u32::from(ChordNode::owner(world.config(), &ring, key) != node);
            }
        }
        world.wait_until(moment);
        if at == moment {
            world.crash(leaver);
            goes.retain(|(_, peer)| *peer != leaver);
            let id = ChordId::of_name(world.config().bits, &format!("newcomer {}", count.joins));
            let place = world.random_place();
            let newcomer = world.place(id, place).expect("another identifier");
            let command = world.entrance(newcomer);
            world.command(newcomer, command.into(), &mut watcher);
            goes.push((moment + exponential(&mut rng, churn.session_mean_s), newcomer));
            count.joins += 1;
        } else if next_lookup == moment {
            next_lookup = moment + exponential(&mut rng, 1.0 / churn.lookups_per_s);
            let members: Vec<Peer> = world.members().map(|(_, peer)| peer).collect();
            let origin = members[rng.random_range(0..members.len() as u32) as usize];
            let key = ChordId::random(world.config().bits, &mut rng);
            let request = Request(watcher.wishes.len() as u32);
            watcher.wishes.push(Wish { origin, since: moment, is_over: false });
            let envelope = Envelope::lookup(request, origin, key);
            world.command(origin, Command::Route(envelope), &mut watcher);
        }
    }
    let settled = |wish: &&Wish| wish.since + Duration::from_secs(60) <= end && world.is_alive(wish.origin);
    let counted: Vec<&Wish> = watcher.wishes.iter().filter(settled).collect();
    count.lookups = counted.len() as u32;
    count.lost = counted.iter().filter(|wish| !wish.is_over).count() as u32;
    count.timeouts = watcher.timeouts;
    (count, world)
}

const QUARTER: Churn = Churn {
    nodes: 200,
    r: 8,
    lookup: Lookup::Iterative,
    session_mean_s: 900.0,
    minutes: 30,
    lookups_per_s: 5.0,
    loss_per_million: 0,
    seed: 1,
};

#[test]
fn hardly_any_lookup_is_lost_where_nodes_stay_a_quarter_of_an_hour() {
    for churn in [QUARTER, Churn { lookup: Lookup::Recursive, r: 16, seed: 2, ..QUARTER }] {
        let (count, mut world) = run(churn);
        println!("{count:?}");
        assert!(count.joins > 300, "{count:?}");
        assert!(count.lost * 1_000 <= count.lookups, "{count:?}");
        assert!(count.incorrect * 200 <= count.lookups, "{count:?}");
        world.run_for(Duration::from_secs(900), &mut Unobserved);
        assert_eq!(check::at_rest(&world).map(|violation| violation.sentence), None);
    }
}

#[test]
#[ignore = "a table of figures, for the record"]
fn figures_under_churn() {
    for session_mean_s in [3_600.0, 900.0] {
        for lookup in [Lookup::Iterative, Lookup::Recursive] {
            for (r, loss_per_million) in [(8, 0), (20, 0), (8, 50_000), (20, 50_000)] {
                let churn = Churn { nodes: 500, r, lookup, session_mean_s, loss_per_million, minutes: 60, ..QUARTER };
                let (count, mut world) = run(churn);
                world.set_loss(0);
                world.run_for(Duration::from_secs(1_200), &mut Unobserved);
                let rest = check::at_rest(&world).map_or("whole".to_owned(), |violation| violation.sentence);
                println!("{session_mean_s} s {lookup:?} r = {r}, loss {loss_per_million}: {count:?}; then {rest}");
            }
        }
    }
}
