//! The cases, one after the other, ours and the bound's in turn.

use overlay_core::chord::{self, ChordNode};
use overlay_core::id::{ChordId, Guid, IdBits, RingId};
use overlay_core::pastry::{self, PastryNode};
use overlay_core::protocol::{Node, Peer, Rng};
use overlay_core::sim::plane::Place;
use overlay_core::sim::systems::System;
use overlay_core::sim::world::World;
use rand::{RngExt as _, SeedableRng as _};

use crate::Clock;
use crate::bound::chord::FlatChord;
use crate::bound::events::{self, Places};
use crate::bound::pastry::FlatPastry;
use crate::bound::{self, Flat};
use crate::ours::{self, Lookup, Members};
use crate::report::{Case, Row};

/// Which systems are measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Systems {
    /// Pastry alone.
    Pastry,
    /// Chord alone.
    Chord,
    /// One after the other.
    Both,
}

/// What is to be measured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Which systems.
    pub systems: Systems,
    /// Sizes of worlds, in nodes; more than 16 each.
    pub nodes: Vec<u32>,
    /// What identifiers, places and keys come from.
    pub seed: u64,
    /// How often each case is measured; the median counts.
    pub rounds: u32,
    /// Lookups of one measurement.
    pub lookups: u32,
    /// What is measured; empty for everything.
    pub cases: Vec<Case>,
    /// Worlds larger than this are not filled by joins.
    pub joined_nodes_max: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            systems: Systems::Both,
            nodes: vec![1_000, 10_000, 100_000],
            seed: 1,
            rounds: 5,
            lookups: 400_000,
            cases: Vec::new(),
            joined_nodes_max: 100_000,
        }
    }
}

impl Plan {
    fn measures(&self, case: Case) -> bool {
        self.cases.is_empty() || self.cases.contains(&case)
    }
}

/// Measures, and hands over each row as it is known.
pub fn run(plan: &Plan, clock: Clock, mut row: impl FnMut(Row)) {
    for nodes in &plan.nodes {
        let work = Work::new(plan, *nodes, clock);
        if plan.systems != Systems::Chord {
            pastry(&work, &mut row);
        }
        if plan.systems != Systems::Pastry {
            chord(&work, &mut row);
        }
    }
}

/// What both sides are given.
struct Work {
    nodes: u32,
    ids: Vec<u128>,
    places: Places,
    sorted: Vec<(u128, u32)>,
    lookups: Vec<(u32, u128)>,
    rounds: u32,
    cases: Vec<Case>,
    clock: Clock,
}

impl Work {
    fn new(plan: &Plan, nodes: u32, clock: Clock) -> Self {
        let mut rng = Rng::seed_from_u64(plan.seed);
        let mut wide = || u128::from(rng.random::<u64>()) << 64 | u128::from(rng.random::<u64>());
        let ids: Vec<u128> = (0..nodes).map(|_| wide()).collect();
        let mut sorted: Vec<_> = ids.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let keys: Vec<u128> = (0..plan.lookups).map(|_| wide()).collect();
        let lookups = keys.into_iter().map(|key| (rng.random_range(0..nodes), key)).collect();
        let places = (0..nodes).map(|_| Place::random(&mut rng)).map(|place| (place.x, place.y)).collect();
        let mut cases: Vec<_> = Case::ALL.into_iter().filter(|case| plan.measures(*case)).collect();
        cases.retain(|case| *case != Case::Joins || nodes <= plan.joined_nodes_max);
        Self { nodes, ids, places: Places(places), sorted, lookups, rounds: plan.rounds, cases, clock }
    }

    fn members<N: Node>(&self, id: impl Fn(u128) -> N::Id) -> Members<N> {
        let places = self.places.0.iter().map(|(x, y)| Place { x: *x, y: *y });
        self.ids.iter().map(|wide| id(*wide)).zip(places).collect()
    }

    /// The seconds that something takes.
    fn time<T>(&self, what: impl FnOnce() -> T) -> (f64, T) {
        let start = (self.clock)();
        let result = what();
        ((self.clock)() - start, result)
    }

    /// Pieces of work a second: `pass` does `count` of them, and is repeated for a twentieth of a second at least.
    fn rate(&self, count: usize, mut pass: impl FnMut()) -> f64 {
        let (start, mut passes) = ((self.clock)(), 0.0);
        loop {
            pass();
            passes += 1.0;
            let seconds = (self.clock)() - start;
            if seconds > 0.05 {
                return count as f64 * passes / seconds;
            }
        }
    }

    fn measures(&self, case: Case) -> bool {
        self.cases.contains(&case)
    }

    /// Whether anything needs converged tables.
    fn measures_lookups(&self) -> bool {
        self.cases.iter().any(|case| !matches!(case, Case::Build | Case::Joins))
    }

    /// Rates a second of ours and the bound's, medians of all rounds.
    fn alternate(&self, mut ours: impl FnMut() -> f64, mut bound: impl FnMut() -> f64) -> (Option<f64>, Option<f64>) {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            a.push(ours());
            b.push(bound());
        }
        (median(a), median(b))
    }

    fn check(&self, owner: Owner, lookups: &[(u32, u128)], arrived: &[u32], who: &str) {
        let wrong = lookups.iter().zip(arrived).filter(|((_, key), at)| owner(&self.sorted, *key) != **at).count();
        assert_eq!(wrong, 0, "{who} delivers each of {} lookups to the node responsible", lookups.len());
    }
}

fn median(mut rates: Vec<f64>) -> Option<f64> {
    rates.sort_unstable_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied()
}

fn pastry(work: &Work, row: &mut impl FnMut(Row)) {
    let config = pastry::Config::default();
    let members = work.members::<PastryNode>(Guid);
    let mut put = |case, (ours, bound)| row(Row::new("pastry", work.nodes, case, ours, bound));
    if work.measures(Case::Build) {
        put(Case::Build, builds::<PastryNode, _>(work, &config, &members, || FlatPastry::oracle(&work.ids)));
    }
    if work.measures_lookups() {
        let flat = FlatPastry::oracle(&work.ids);
        let bytes = flat.lines.len() * 64 / work.ids.len();
        let mut world = ours::converged::<PastryNode>(&config, &members);
        lookups(work, &mut world, (&flat, bytes, bound::pastry::closest), Guid, &mut put);
    }
    if work.measures(Case::Joins) {
        let count = f64::from(work.nodes);
        let rates = work.alternate(
            || count / work.time(|| ours::joined::<PastryNode>(&config, &members)).0,
            || {
                let (seconds, grown) = work.time(|| bound::joins::grow(&work.ids, &work.places));
                let mut arrived = vec![u32::MAX; 10_000];
                grown.flat.walk(&work.lookups[..10_000], |number, at| arrived[number] = at);
                work.check(bound::pastry::closest, &work.lookups[..10_000], &arrived, "the grown bound");
                count / seconds
            },
        );
        put(Case::Joins, rates);
    }
}

fn chord(work: &Work, row: &mut impl FnMut(Row)) {
    let config = chord::Config { acks: false, maintenance: None, ..chord::Config::default() };
    let members = work.members::<ChordNode>(chord_id);
    let mut put = |case, (ours, bound)| row(Row::new("chord", work.nodes, case, ours, bound));
    if work.measures(Case::Build) {
        put(Case::Build, builds::<ChordNode, _>(work, &config, &members, || FlatChord::oracle(&work.ids)));
    }
    if !work.measures_lookups() {
        return;
    }
    let flat = FlatChord::oracle(&work.ids);
    let bytes = FlatChord::bytes_per_node();
    let mut world = ours::converged::<ChordNode>(&config, &members);
    lookups(work, &mut world, (&flat, bytes, bound::chord::successor), chord_id, &mut put);
}

/// The first 128 of 160 bits, the rest 0.
fn chord_id(wide: u128) -> ChordId {
    ChordId::parse(IdBits::SHA1, &format!("{wide:032X}")).expect("32 digits")
}

fn builds<N: System, T>(
    work: &Work,
    config: &N::Config,
    members: &Members<N>,
    flat: impl Fn() -> T,
) -> (Option<f64>, Option<f64>) {
    let count = f64::from(work.nodes);
    work.alternate(|| count / work.time(|| ours::converged::<N>(config, members)).0, || count / work.time(&flat).0)
}

/// The owner of a key by the sorted list.
type Owner = fn(&[(u128, u32)], u128) -> u32;

/// All cases of lookups over converged tables, and memory.
fn lookups<N: System>(
    work: &Work,
    ours: &mut World<N>,
    (flat, flat_bytes, owner): (&impl Flat, usize, Owner),
    id: impl Fn(u128) -> N::Id,
    put: &mut impl FnMut(Case, (Option<f64>, Option<f64>)),
) {
    if work.measures(Case::Bytes) {
        let bytes = ours.bytes() / work.ids.len();
        put(Case::Bytes, (Some(bytes as f64), Some(flat_bytes as f64)));
    }
    let theirs = &work.lookups[..];
    let mine: Vec<Lookup<N>> = theirs.iter().map(|(from, key)| (Peer(*from), id(*key))).collect();
    let mut arrived = vec![u32::MAX; theirs.len()];
    let mut arrived_flat = arrived.clone();

    if work.measures(Case::Walk) {
        let walks = work.alternate(
            || work.rate(mine.len(), || ours::walk_all(ours, &mine, &mut arrived)),
            || work.rate(theirs.len(), || _ = flat.walk(theirs, |number, at| arrived_flat[number] = at)),
        );
        work.check(owner, theirs, &arrived, "the core");
        work.check(owner, theirs, &arrived_flat, "the bound");
        put(Case::Walk, walks);
    }

    if work.measures(Case::Batch) {
        let batches = work.alternate(
            || work.rate(mine.len(), || ours::batch_all(ours, &mine, &mut arrived)),
            || {
                work.rate(theirs.len(), || {
                    _ = flat.walk_interleaved::<32>(theirs, |number, at| arrived_flat[number] = at)
                })
            },
        );
        work.check(owner, theirs, &arrived, "the core, interleaved,");
        work.check(owner, theirs, &arrived_flat, "the bound, interleaved,");
        put(Case::Batch, batches);
    }

    for (case, in_flight) in [(Case::Events1k, 1_000), (Case::Events100k, 100_000)] {
        if !work.measures(case) {
            continue;
        }
        let rates = work.alternate(
            || work.rate(mine.len(), || ours::send_all(ours, &mine, in_flight, &mut arrived)),
            || {
                work.rate(theirs.len(), || {
                    let land = |number: usize, at| arrived_flat[number] = at;
                    _ = if in_flight < 10_000 {
                        events::wheel::<false>(flat, &work.places, theirs, in_flight, land)
                    } else {
                        events::wheel::<true>(flat, &work.places, theirs, in_flight, land)
                    };
                })
            },
        );
        work.check(owner, theirs, &arrived, "the core, by events,");
        work.check(owner, theirs, &arrived_flat, "the bound, by events,");
        put(case, rates);
    }
}
