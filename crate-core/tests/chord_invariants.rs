//! Zave's invariant after every single event of random Chord worlds, and true tables and lookups after quiet time.
//!
//! Failures are those that her assumption allows: none that takes a member's last live successor, nor one principal too
//! many. Where messages get lost, a live node may be taken for dead, and where one comes back at once, it is still
//! remembered as dead; both she assumes away. What must hold even then is said beside the tests.
#![cfg(not(target_arch = "wasm32"))]

use overlay_core::chord::{ChordNode, Config};
use overlay_core::id::{IdBits, RingId as _};
use overlay_core::protocol::{Node, Peer};
use overlay_core::sim::check::{self, Invariant, Violation, Watch};
use overlay_core::sim::plane::Place;
use overlay_core::sim::spec::Spec;
use overlay_core::sim::workload::{Target, Workload};
use overlay_core::sim::world::{Unobserved, World};
use overlay_core::time::Duration;
use proptest::prelude::*;

/// What happens; a number stands for a node, counted round the ring.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Join(u64, Place),
    Fail(usize),
    /// A node that failed comes back, under its old identifier.
    Return(usize),
}

/// When a failed node may come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Returns {
    AtOnce,
    /// When no member knows it any more, nor remembers its death.
    Forgotten,
}

fn course() -> impl Strategy<Value = Vec<(Happening, u64)>> {
    let place = (0..Place::SIDE, 0..Place::SIDE).prop_map(|(x, y)| Place { x, y });
    let happening = prop_oneof![
        3 => (any::<u64>(), place).prop_map(|(name, place)| Happening::Join(name, place)),
        3 => any::<usize>().prop_map(Happening::Fail),
        1 => any::<usize>().prop_map(Happening::Return),
    ];
    let pause = prop_oneof![Just(0), 1_u64..200, 200_u64..3_000];
    prop::collection::vec((happening, pause), 1..40)
}

fn config(r: u8) -> Config {
    Config { successor_list: r, maintenance: Some(Duration::from_secs(2)), ..Config::default() }
}

struct Ring {
    world: World<ChordNode>,
    watch: Watch,
}

impl Ring {
    fn new(nodes: u32, seed: u64, r: u8, loss_per_million: u32) -> Self {
        let spec = Spec { loss_per_million, ..Spec::random(nodes, seed, config(r)) };
        Self { world: spec.world().expect("a world of random nodes can be"), watch: Watch::default() }
    }

    /// Lets something happen; a failure only if every member then has `spare` live successors besides the one it needs.
    fn happen(&mut self, what: Happening, returns: Returns, spare: usize) {
        let world = &mut self.world;
        let come_in = |world: &mut World<ChordNode>, peer| {
            let command = world.entrance(peer);
            world.command(peer, command.into(), &mut Unobserved);
        };
        match what {
            Happening::Join(name, place) => {
                let id = <ChordNode as Node>::Id::of_name(IdBits::SHA1, &name.to_string());
                if let Some(peer) = world.place(id, place) {
                    come_in(world, peer);
                }
            }
            Happening::Fail(which) => {
                let running: Vec<Peer> =
                    (0..world.peers().len() as u32).map(Peer).filter(|p| world.is_alive(*p)).collect();
                let peer = running[which % running.len()];
                if check::may_fail(world, peer) && has_live_successors(world, peer, spare) {
                    world.crash(peer);
                }
            }
            Happening::Return(which) => {
                let may_return =
                    |p: &Peer| !world.is_alive(*p) && (returns == Returns::AtOnce || is_forgotten(world, *p));
                let dead: Vec<Peer> = (0..world.peers().len() as u32).map(Peer).filter(may_return).collect();
                if let Some(at) = which.checked_rem(dead.len()) {
                    world.revive(dead[at]);
                    come_in(world, dead[at]);
                }
            }
        }
    }

    /// Lets everything happen, and looks at the ring after every event.
    fn run(
        &mut self,
        span: Duration,
        holds: impl Fn(Violation) -> Result<(), TestCaseError>,
    ) -> Result<(), TestCaseError> {
        let end = self.world.now() + span;
        loop {
            self.watch.after_event(&self.world).map_or(Ok(()), &holds)?;
            if self.world.next_at().is_none_or(|at| at > end) {
                break;
            }
            self.world.step(&mut Unobserved);
        }
        self.world.wait_until(end);
        Ok(())
    }

    fn is_right_at_rest(&mut self, seed: u64) -> Result<(), TestCaseError> {
        self.world.set_loss(0);
        self.world.run_for(Duration::from_secs(200), &mut Unobserved);
        if let Some(violation) = check::at_rest(&self.world) {
            return Err(TestCaseError::fail(violation.sentence));
        }
        let tally = Workload::new(&self.world, Target::Key, seed).send(&mut self.world, 40, 4);
        prop_assert_eq!((tally.delivered(), tally.wrong), (40, 0));
        Ok(())
    }
}

/// Whether all members but `peer` have more than `spare` live successors without it.
fn has_live_successors(world: &World<ChordNode>, peer: Peer, spare: usize) -> bool {
    let lives = |p: &&Peer| **p != peer && world.is_alive(**p) && world.node(**p).is_active();
    let others = world.members().filter(|(_, member)| *member != peer);
    spare == 0 || others.into_iter().all(|(_, m)| world.node(m).successors().iter().filter(lives).count() > spare)
}

fn is_forgotten(world: &World<ChordNode>, peer: Peer) -> bool {
    let knows = |node: &ChordNode| node.known_peers().contains(&peer) || node.presumed_dead().any(|dead| dead == peer);
    (0..world.peers().len() as u32).map(Peer).all(|p| !world.is_alive(p) || !knows(world.node(p)))
}

/// Everything but the number of principals: no member ever loses the ring, and it never splits or goes out of order.
fn but_for_principals(violation: Violation) -> Result<(), TestCaseError> {
    if violation.invariant == Invariant::SufficientPrincipals { Ok(()) } else { never(violation) }
}

fn never(violation: Violation) -> Result<(), TestCaseError> {
    Err(TestCaseError::fail(format!("{:?}: {violation}", violation.invariant)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_invariant_holds_after_every_event(extra in 0_u32..24, seed: u64, r in 2_u8..5, course in course()) {
        let mut ring = Ring::new(u32::from(r) + 1 + extra, seed, r, 0);
        for (what, pause) in course {
            ring.happen(what, Returns::Forgotten, 0);
            ring.run(Duration::from_millis(pause), never)?;
        }
        ring.run(Duration::from_secs(30), never)?;
        ring.is_right_at_rest(seed)?;
    }

    #[test]
    fn a_ring_that_grows_from_one_node_is_one_ring_after_every_event(seed: u64, r in 2_u8..5, course in course()) {
        let mut ring = Ring::new(1, seed, r, 0);
        for (what, pause) in course {
            ring.happen(what, Returns::Forgotten, 0);
            ring.run(Duration::from_millis(pause), never)?;
        }
        ring.run(Duration::from_secs(30), never)?;
        ring.is_right_at_rest(seed)?;
    }

    /// Who comes back at once is skipped for a while by those who remember its death.
    #[test]
    fn nodes_that_come_back_at_once_split_no_ring(extra in 0_u32..24, seed: u64, r in 2_u8..5, course in course()) {
        let mut ring = Ring::new(1 + extra, seed, r, 0);
        for (what, pause) in course {
            ring.happen(what, Returns::AtOnce, 0);
            ring.run(Duration::from_millis(pause), but_for_principals)?;
        }
        ring.run(Duration::from_secs(30), but_for_principals)?;
        ring.is_right_at_rest(seed)?;
    }

    /// A twentieth of all messages is lost. A live node may then be skipped by one that takes it for dead; so nobody may
    /// come to depend on a single one.
    #[test]
    fn lost_messages_split_no_ring(extra in 8_u32..24, seed: u64, r in 4_u8..6, course in course()) {
        let mut ring = Ring::new(u32::from(r) + 1 + extra, seed, r, 50_000);
        for (what, pause) in course {
            ring.happen(what, Returns::AtOnce, 1);
            ring.run(Duration::from_millis(pause), but_for_principals)?;
        }
        ring.run(Duration::from_secs(60), but_for_principals)?;
        ring.is_right_at_rest(seed)?;
    }
}
