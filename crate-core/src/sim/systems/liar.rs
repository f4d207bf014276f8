//! Nodes of an overlay of which some do not do what the protocol says.
//!
//! Draws the slide "Security": "false routing information in Chord can make the system useless (cannot find keys)". A liar takes
//! part like everybody, but what it should route it swallows or sends astray. Measured by Castro, Druschel, Ganesh, Rowstron,
//! Wallach, "Secure routing for structured peer-to-peer overlay networks", OSDI 2002, §4: with a share f of liars a message that
//! makes h hops arrives with probability (1 − f)^(h − 1).
//!
//! # Implementation notes
//! - Only routed messages are touched: joins, upkeep and stored copies pass. So tables stay right, and what is seen is routing.
//! - A liar answers for its own keys as it should; what it is asked to pass on it does not.
//! - Astray is to a node that the liar knows, at random; the message does not count that hop, so the hop limit alone ends a
//!   round between liars.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{Inhabitant, System, Wish};
use crate::id::RingId;
use crate::protocol::{Context, Decision, Host, Input, Node, Output, Overlay, Peer, Request, Step};
use crate::sim::plane::Plane;
use crate::sim::spec::Key;
use crate::time::Time;

/// What liars do with a message that they should pass on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Lie {
    /// They keep it.
    Swallow,
    /// They send it to anybody they know.
    Astray,
}

/// An overlay's switches, and who lies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LyingConfig<C> {
    /// The overlay's.
    pub overlay: C,
    /// Who lies.
    pub liars: Vec<Peer>,
    /// How.
    pub lie: Lie,
}

/// A node that may lie.
#[derive(Clone, Debug)]
pub struct LyingNode<O: Overlay> {
    inner: O,
    /// Where the overlay writes its outputs; empty between inputs.
    scratch: Vec<Output<O>>,
}

impl<O: Overlay> LyingNode<O> {
    /// The node as it would be if it were honest.
    #[must_use]
    pub const fn inner(&self) -> &O {
        &self.inner
    }

    const fn over(inner: O) -> Self {
        Self { inner, scratch: Vec::new() }
    }

    const fn host<'a>(host: &Host<'a, Self>) -> Host<'a, O> {
        Host { peers: host.peers, config: &host.config.overlay, proximity: host.proximity }
    }

    fn lies(&self, host: Host<'_, Self>, key: O::Id) -> bool {
        host.config.liars.contains(&self.inner.me())
            && matches!(self.inner.next_hop(Self::host(&host), key), Step::Forward(_))
    }
}

impl<O: Overlay> Node for LyingNode<O> {
    type Id = O::Id;
    type Config = LyingConfig<O::Config>;
    type Message = O::Message;
    type Command = O::Command;
    type Event = O::Event;

    fn space(config: &Self::Config) -> <O::Id as RingId>::Space {
        O::space(&config.overlay)
    }

    fn new(me: Peer, host: Host<'_, Self>) -> Self {
        Self::over(O::new(me, Self::host(&host)))
    }

    fn me(&self) -> Peer {
        self.inner.me()
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn handle(&mut self, cx: &mut Context<'_, Self>, input: Input<Self>) {
        let input = match input {
            Input::Message { from, message } => {
                if O::routed_key(&message).is_some_and(|key| self.lies(cx.host, key)) {
                    let known = self.inner.known_peers();
                    if cx.host.config.lie == Lie::Astray && !known.is_empty() {
                        let to = known[cx.rng.random_range(0..known.len() as u32) as usize];
                        cx.send(to, message);
                    }
                    return;
                }
                Input::Message { from, message }
            }
            Input::Deadline => Input::Deadline,
            Input::LinkDown(peer) => Input::LinkDown(peer),
            Input::Command(command) => Input::Command(command),
        };
        let mut outputs = std::mem::take(&mut self.scratch);
        let mut inner = Context {
            now: cx.now,
            host: Self::host(&cx.host),
            rng: &mut *cx.rng,
            tracing: cx.tracing,
            outputs: &mut outputs,
        };
        self.inner.handle(&mut inner, input);
        for output in outputs.drain(..) {
            cx.outputs.push(match output {
                Output::Send { to, message } => Output::Send { to, message },
                Output::Event(event) => Output::Event(event),
                Output::Note(note) => Output::Note(note),
            });
        }
        self.scratch = outputs;
    }

    fn next_deadline(&self) -> Option<Time> {
        self.inner.next_deadline()
    }

    fn routed_key(message: &O::Message) -> Option<O::Id> {
        O::routed_key(message)
    }

    fn known_peers(&self) -> Vec<Peer> {
        self.inner.known_peers()
    }

    fn heap_bytes(&self) -> usize {
        self.inner.heap_bytes()
    }
}

impl<O: Overlay> Overlay for LyingNode<O> {
    fn next_hop(&self, host: Host<'_, Self>, key: O::Id) -> Step {
        self.inner.next_hop(Self::host(&host), key)
    }

    fn explain(&self, host: Host<'_, Self>, key: O::Id) -> Decision {
        self.inner.explain(Self::host(&host), key)
    }

    fn replica_holders(&self, host: Host<'_, Self>, key: O::Id, count: usize) -> Vec<Peer> {
        self.inner.replica_holders(Self::host(&host), key, count)
    }

    fn heir(&self, host: Host<'_, Self>, key: O::Id) -> Option<Peer> {
        self.inner.heir(Self::host(&host), key)
    }
}

impl<O: System> Inhabitant for LyingNode<O> {
    fn converged(host: Host<'_, Self>, plane: &Plane) -> Vec<Self> {
        O::converged(Self::host(&host), plane).into_iter().map(Self::over).collect()
    }

    fn command(request: Request, said: &Key, key: O::Id, wish: Wish) -> O::Command {
        O::command(request, said, key, wish)
    }
}

impl<O: System> System for LyingNode<O> {
    fn owner(config: &Self::Config, ring: &[(O::Id, Peer)], key: O::Id) -> Peer {
        O::owner(&config.overlay, ring, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chord::{self, ChordNode};
    use crate::pastry::{self, PastryNode};
    use crate::protocol::Note;
    use crate::sim::spec::Spec;
    use crate::sim::trace::Told;
    use crate::sim::world::{Observer, Occasion, World};

    /// Counts what was delivered, and where nobody lied how many hops it took.
    #[derive(Default)]
    struct Arrivals {
        delivered: u32,
        hops: u32,
    }

    impl<O: System> Observer<O> for Arrivals {
        fn wants_notes(&self) -> bool {
            false
        }
        fn begin(&mut self, _: Time, _: Peer, cause: u32, _: Occasion<'_, O::Message>) -> u32 {
            cause
        }
        fn event(&mut self, _: Time, _: Peer, event: &O::Event) {
            if let Some(crate::sim::trace::Outcome::Delivered { hops, .. }) = event.outcome() {
                self.delivered += 1;
                self.hops += u32::from(hops);
            }
        }
        fn note(&mut self, _: Peer, _: Note) {}
    }

    /// Of 200 messages between honest nodes so many arrive, with so many hops altogether.
    fn routed<O: System>(config: O::Config, liars: u32, lie: Lie) -> Arrivals {
        let liars = (0..liars).map(|liar| Peer(liar * 4)).collect();
        let spec = Spec::random(256, 9, LyingConfig { overlay: config, liars, lie });
        let mut world: World<LyingNode<O>> = spec.world().expect("can be");
        let mut arrivals = Arrivals::default();
        for number in 0..200 {
            let from = Peer((number * 7 % 64) * 4 + 1);
            let key = O::Id::of_name(world.space(), &format!("key {number}"));
            let command = O::command(Request(number), &Key::Node(from), key, Wish::Route);
            world.command(from, command, &mut arrivals);
            world.run_for(crate::time::Duration::from_secs(2), &mut arrivals);
        }
        arrivals
    }

    fn pastry_config() -> pastry::Config {
        pastry::Config { acks: false, heartbeat_period: None, ..pastry::Config::default() }
    }

    fn chord_config() -> chord::Config {
        chord::Config { acks: false, maintenance: None, ..chord::Config::default() }
    }

    #[test]
    fn where_nobody_lies_everything_arrives() {
        for lie in [Lie::Swallow, Lie::Astray] {
            assert_eq!(routed::<PastryNode>(pastry_config(), 0, lie).delivered, 200);
            assert_eq!(routed::<ChordNode>(chord_config(), 0, lie).delivered, 200);
        }
    }

    #[test]
    fn a_fifth_of_liars_swallows_as_much_as_the_formula_says() {
        // Liars are 51 of 256; what ends at one of them arrives, so of h hops the last one does no harm.
        for (honest, lying) in [
            (
                routed::<PastryNode>(pastry_config(), 0, Lie::Swallow),
                routed::<PastryNode>(pastry_config(), 51, Lie::Swallow),
            ),
            (
                routed::<ChordNode>(chord_config(), 0, Lie::Swallow),
                routed::<ChordNode>(chord_config(), 51, Lie::Swallow),
            ),
        ] {
            let hops = f64::from(honest.hops) / 200.0;
            let expected = 200.0 * libm::pow(1.0 - 51.0 / 256.0, hops - 1.0);
            assert!((f64::from(lying.delivered) - expected).abs() < 20.0, "{} of {expected}", lying.delivered);
        }
    }

    #[test]
    fn what_is_sent_astray_may_still_arrive() {
        let swallowed = routed::<PastryNode>(pastry_config(), 51, Lie::Swallow).delivered;
        let astray = routed::<PastryNode>(pastry_config(), 51, Lie::Astray).delivered;
        assert!(astray > swallowed, "{astray} and {swallowed}");
    }
}
