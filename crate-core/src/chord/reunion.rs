//! Finding again those who were taken for dead by mistake.
//!
//! Zave's proof, like the papers before it, takes it that only the dead are taken for dead. A network that loses messages
//! for a while breaks that: two nodes may each take the other for dead, and then one ring has become two, each of them
//! sound. No version of Chord says how they become one again.
//!
//! # Implementation notes
//! A node remembers whom it took for dead, and once a round, or as soon as it hears of one, asks one of them, by an
//! ordinary lookup that begins there, for its own successor. If somebody answers, the successor found is adopted as any nearer one, or notified as by any
//! newcomer. From that one place the ordinary rules interleave the two rings: each adopted predecessor sends the former
//! one to look. The dead cost one message a round until they are forgotten.

use super::lookup::{Goal, Walk};
use super::maintenance::remembered_for;
use super::{ChordMessage, ChordNode, Duration, Peer, Phase};

type Context<'a> = super::Context<'a, ChordNode>;

/// How long somebody taken for dead is asked again, in periods of upkeep.
const ASKED_FOR_PERIODS: u64 = 60;

impl ChordNode {
    /// Asks one of those taken for dead, who are believed in again by now, for the way to the own place.
    pub(super) fn seek_reunion(&mut self, cx: &mut Context<'_>) {
        let Some(period) = cx.host.config.maintenance else { return };
        let longest = Duration(period.0 * ASKED_FOR_PERIODS);
        self.dead.retain(|(_, since)| cx.now.since(*since) < longest);
        let due = self.dead.iter().position(|(_, since)| cx.now.since(*since) >= remembered_for(cx));
        let Some(due) = due.filter(|_| Self::is_repaired(cx)) else { return };
        // Each in its turn.
        let asked = self.dead.remove(due);
        self.dead.push(asked);
        self.reunite_by_way_of(cx, asked.0);
    }

    /// Somebody taken for dead has spoken: each may be of a ring of its own.
    pub(super) fn heard_of_the_dead(&mut self, cx: &mut Context<'_>, peer: Peer) {
        let Some(at) = self.dead.iter().position(|(dead, _)| *dead == peer) else { return };
        self.dead.remove(at);
        if self.phase == Phase::Active && Self::is_repaired(cx) && cx.host.config.maintenance.is_some() {
            self.reunite_by_way_of(cx, peer);
        }
    }

    fn reunite_by_way_of(&mut self, cx: &mut Context<'_>, peer: Peer) {
        let mut walk = Walk::new(self.id, Goal::Reunion);
        walk.silent.push(self.me);
        self.ask(cx, peer, Box::new(walk));
    }

    /// The lookup for the own place ended at `successor`, which may be of another ring.
    pub(super) fn reunite(&mut self, cx: &mut Context<'_>, successor: Peer) {
        if self.is_alone() || self.is_nearer_successor(cx, successor) {
            self.ask_neighbours(cx, successor, false, 0);
        } else if successor != self.successor() {
            cx.send(successor, ChordMessage::Notify);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::chord::{ChordNode, Config};
    use crate::id::IdBits;
    use crate::sim::check;
    use crate::sim::spec::Spec;
    use crate::sim::weather::Weather;
    use crate::sim::world::{Unobserved, World};
    use crate::time::Duration;

    /// A ring cut in two for long enough that each half takes the other for dead.
    fn halves(nodes: u32, seed: u64) -> World<ChordNode> {
        let period = Some(Duration::from_secs(5));
        let config = Config { bits: IdBits::new(32).expect("1 to 160"), maintenance: period, ..Config::default() };
        let mut world: World<ChordNode> = Spec::random(nodes, seed, config).world().expect("can be");
        world.set_weather(Weather { cut_x: 500, ..Weather::CLEAR });
        world.run_for(Duration::from_secs(60), &mut Unobserved);
        assert!(check::at_rest(&world).is_some(), "the halves have parted");
        world.set_weather(Weather::CLEAR);
        world
    }

    #[test]
    fn two_rings_that_took_each_other_for_dead_become_one() {
        for seed in 0..12 {
            let mut world = halves(8 + 4 * seed as u32, seed);
            world.run_for(Duration::from_secs(240), &mut Unobserved);
            assert_eq!(check::at_rest(&world), None, "seed {seed}");
        }
    }
}
