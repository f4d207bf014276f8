//! Zave's invariant after every single event of random Chord worlds, and true tables and lookups after quiet time.
//!
//! Failures are those that her assumption allows: none that takes a member's last live successor, nor one principal too
//! many. Where messages get lost, a live node may be taken for dead, which she assumes away; what must hold even then is
//! said beside the test.
#![cfg(not(target_arch = "wasm32"))]

use overlay_core::chord::{ChordNode, Config};
use overlay_core::id::{IdBits, RingId as _};
use overlay_core::protocol::{Overlay, Peer};
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
    Return(usize),
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

    fn happen(&mut self, what: Happening) {
        let world = &mut self.world;
        let come_in = |world: &mut World<ChordNode>, peer| {
            let command = world.entrance(peer);
            world.command(peer, command, &mut Unobserved);
        };
        match what {
            Happening::Join(name, place) => {
                let id = <ChordNode as Overlay>::Id::of_name(IdBits::SHA1, &name.to_string());
                if let Some(peer) = world.place(id, place) {
                    come_in(world, peer);
                }
            }
            Happening::Fail(which) => {
                let running: Vec<Peer> =
                    (0..world.peers().len() as u32).map(Peer).filter(|p| world.is_alive(*p)).collect();
                let peer = running[which % running.len()];
                if check::may_fail(world, peer) {
                    world.crash(peer);
                }
            }
            Happening::Return(which) => {
                let dead: Vec<Peer> =
                    (0..world.peers().len() as u32).map(Peer).filter(|p| !world.is_alive(*p)).collect();
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

fn never(violation: Violation) -> Result<(), TestCaseError> {
    Err(TestCaseError::fail(format!("{:?}: {violation}", violation.invariant)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_invariant_holds_after_every_event(extra in 0_u32..24, seed: u64, r in 2_u8..5, course in course()) {
        let mut ring = Ring::new(u32::from(r) + 1 + extra, seed, r, 0);
        for (what, pause) in course {
            ring.happen(what);
            ring.run(Duration::from_millis(pause), never)?;
        }
        ring.run(Duration::from_secs(30), never)?;
        ring.is_right_at_rest(seed)?;
    }

    #[test]
    fn a_ring_that_grows_from_one_node_is_one_ring_after_every_event(seed: u64, r in 2_u8..5, course in course()) {
        let mut ring = Ring::new(1, seed, r, 0);
        for (what, pause) in course {
            ring.happen(what);
            ring.run(Duration::from_millis(pause), never)?;
        }
        ring.run(Duration::from_secs(30), never)?;
        ring.is_right_at_rest(seed)?;
    }

    /// A twentieth of all messages is lost. A live node may then be skipped by one that takes it for dead, so principals
    /// are not counted; but no member ever loses the ring, and the ring never splits or goes out of order.
    #[test]
    fn lost_messages_split_no_ring(extra in 8_u32..24, seed: u64, r in 4_u8..6, course in course()) {
        let but_for_principals = |violation: Violation| match violation.invariant {
            Invariant::SufficientPrincipals => Ok(()),
            _ => never(violation),
        };
        let mut ring = Ring::new(u32::from(r) + 1 + extra, seed, r, 50_000);
        for (what, pause) in course {
            ring.happen(what);
            ring.run(Duration::from_millis(pause), but_for_principals)?;
        }
        ring.run(Duration::from_secs(60), but_for_principals)?;
        ring.is_right_at_rest(seed)?;
    }
}
