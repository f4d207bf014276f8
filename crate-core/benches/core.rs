//! Speed of the core: next hop, joins, event loop, converged build. Rates are for one core.
//!
//! `cargo bench -p overlay-core` runs all; a name as argument runs those that contain it.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use overlay_core::chord::{self, ChordNode};
use overlay_core::id::Guid;
use overlay_core::pastry::{self, PastryNode};
use overlay_core::protocol::{Node as _, Peer};
use overlay_core::sim::plane::Place;
use overlay_core::sim::spec::Spec;
use overlay_core::sim::systems::System;
use overlay_core::sim::workload::{Target, Workload, walk};
use overlay_core::sim::world::{Unobserved, World};

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];

fn pastry(nodes: u32) -> World<PastryNode> {
    Spec::random(nodes, 1, pastry::Config::default()).world().expect("a world of random nodes can be")
}

fn chord(nodes: u32) -> World<ChordNode> {
    Spec::random(nodes, 1, chord::Config { acks: false, maintenance: None, ..chord::Config::default() })
        .world()
        .expect("a world of random nodes can be")
}

fn lookups<N: System>(c: &mut Criterion, system: &str, world: impl Fn(u32) -> World<N>) {
    let mut group = c.benchmark_group(format!("{system} lookups, one at a time"));
    for nodes in SIZES {
        let world = world(nodes);
        println!("{system}, {nodes} nodes: {} bytes a node", world.bytes() / nodes as usize);
        let mut workload = Workload::new(&world, Target::Key, 2);
        let drawn: Vec<(Peer, N::Id)> = (0..100_000).map(|_| workload.draw(&world)).collect();
        let mut next = drawn.iter().cycle();
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::from_parameter(nodes), |b| {
            b.iter(|| {
                let (from, key) = next.next().expect("a cycle has no end");
                black_box(walk(&world, *from, *key))
            });
        });
    }
    group.finish();
}

fn events<N: System>(c: &mut Criterion, system: &str, world: impl Fn(u32) -> World<N>) {
    const LOOKUPS: u32 = 20_000;
    let mut group = c.benchmark_group(format!("{system} lookups as timed events, 1,000 in flight"));
    group.sample_size(10).throughput(Throughput::Elements(u64::from(LOOKUPS)));
    for nodes in SIZES {
        let mut world = world(nodes);
        let mut workload = Workload::new(&world, Target::Key, 3);
        group.bench_function(BenchmarkId::from_parameter(nodes), |b| {
            b.iter(|| black_box(workload.send(&mut world, LOOKUPS, 1_000)));
        });
    }
    group.finish();
}

fn builds(c: &mut Criterion) {
    let mut group = c.benchmark_group("converged build");
    group.sample_size(10);
    for nodes in SIZES {
        group.throughput(Throughput::Elements(u64::from(nodes)));
        group.bench_function(BenchmarkId::new("pastry", nodes), |b| b.iter(|| black_box(pastry(nodes))));
        group.bench_function(BenchmarkId::new("chord", nodes), |b| b.iter(|| black_box(chord(nodes))));
    }
    group.finish();
}

fn joins(c: &mut Criterion) {
    const JOINS: u32 = 500;
    let mut group = c.benchmark_group("pastry joins by real messages");
    group.sample_size(10).throughput(Throughput::Elements(u64::from(JOINS)));
    for nodes in SIZES {
        let world = pastry(nodes);
        group.bench_function(BenchmarkId::from_parameter(nodes), |b| {
            b.iter_batched_ref(|| world.clone(), |world| join(world, JOINS), BatchSize::PerIteration);
        });
    }
    group.finish();
}

fn join(world: &mut World<PastryNode>, joins: u32) {
    for number in 0..joins {
        let id = Guid::of_bytes(&number.to_be_bytes());
        let place = Place { x: (number * 37 % 1_000) as u16, y: (number * 101 % 1_000) as u16 };
        let newcomer = world.place(id, place).expect("hashes differ");
        let command = world.entrance(newcomer);
        world.command(newcomer, command.into(), &mut Unobserved);
        while world.messages_in_flight() > 0 {
            world.step(&mut Unobserved);
        }
        assert!(world.node(newcomer).is_active(), "the newcomer came in");
    }
}

fn all(c: &mut Criterion) {
    lookups(c, "pastry", pastry);
    lookups(c, "chord", chord);
    events(c, "pastry", pastry);
    events(c, "chord", chord);
    builds(c);
    joins(c);
}

criterion_group!(benches, all);
criterion_main!(benches);
