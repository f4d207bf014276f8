//! What the swarm has to know of each system that searches by words.

use std::collections::BTreeSet;

use rand::RngExt;

use crate::fasttrack::{self, FastTrackNode};
use crate::gnutella::{self, GnutellaNode, Method, Satisfied, Topology, TtlRule};
use crate::napster::{self, NapsterNode};
use crate::protocol::{Node as _, Peer, Rng};
use crate::replication::{self, ReplicaNode};
use crate::search::Shelf;
use crate::sim::systems::Searching;
use crate::sim::world::World;
use crate::time::Duration;

/// A TTL that no network of the swarm is wider than.
const FAR: u8 = 31;

/// A system under the swarm's eyes.
pub(super) trait Subject: Searching {
    const NAME: &'static str;
    /// Switches drawn at random; all with upkeep.
    fn draw(rng: &mut Rng) -> Self::Config;
    /// Time between two rounds of upkeep.
    fn period(config: &Self::Config) -> Duration;
    /// The files that it shares.
    fn files(&self) -> &Shelf;
    /// Whether it keeps no more than it may, at any moment.
    fn is_bounded(&self, config: &Self::Config) -> Result<(), String>;
    /// Whether, at rest, what this member keeps of others fits what they keep of it.
    fn is_sound(world: &World<Self>, member: Peer) -> Result<(), String>;
    /// Whose files a search of `from` for this name finds at rest. `None` where only chance decides.
    fn reach(world: &World<Self>, from: Peer, name: &str) -> Option<BTreeSet<Peer>>;
}

fn period(rng: &mut Rng) -> Option<Duration> {
    Some(Duration::from_millis(rng.random_range(2_000..=20_000)))
}

/// Everybody that a flood from `from` comes to, where those for whom `stops` holds do not pass it on.
fn flooded(from: Peer, links: impl Fn(Peer) -> Vec<Peer>, stops: impl Fn(Peer) -> bool) -> BTreeSet<Peer> {
    let mut reached = BTreeSet::from([from]);
    let mut next = vec![from];
    while let Some(node) = next.pop() {
        if node == from || !stops(node) {
            next.extend(links(node).into_iter().filter(|peer| reached.insert(*peer)));
        }
    }
    reached
}

fn is_member<N: Subject>(world: &World<N>, peer: Peer) -> bool {
    world.is_alive(peer) && world.node(peer).is_active()
}

impl Subject for GnutellaNode {
    const NAME: &'static str = "Gnutella";

    fn draw(rng: &mut Rng) -> gnutella::Config {
        let connections = rng.random_range(2..=5);
        gnutella::Config {
            connections,
            accepts: u16::from(connections) * rng.random_range(1..=3),
            ttl: if rng.random_range(0..3_u32) == 0 { 3 } else { FAR },
            ttl_rule: if rng.random() { TtlRule::Slide } else { TtlRule::Published },
            satisfied: if rng.random() { Satisfied::Stops } else { Satisfied::PassesOn },
            method: match rng.random_range(0..5_u32) {
                0 => Method::RING,
                1 => Method::RandomWalk { walkers: 4, steps: 30, check_every: 4, keep_state: rng.random() },
                _ => Method::Flood,
            },
            keepalive: period(rng),
            host_caches: rng.random_range(0..3),
            topology: if rng.random() { Topology::Grown } else { Topology::Random { degree: connections } },
            topology_seed: rng.random(),
            ..gnutella::Config::default()
        }
    }

    fn period(config: &gnutella::Config) -> Duration {
        config.keepalive.unwrap_or_default()
    }

    fn files(&self) -> &Shelf {
        self.shelf()
    }

    fn is_bounded(&self, config: &gnutella::Config) -> Result<(), String> {
        // A random graph that a world begins with gives some nodes more than they would accept.
        let at_first = if config.topology == Topology::Grown { 0 } else { 4 * usize::from(config.connections) };
        let most = at_first.max(usize::from(config.accepts) + usize::from(config.connections));
        let has = self.links().len();
        if has <= most { Ok(()) } else { Err(format!("{:?} has {has} links.", self.me())) }
    }

    fn is_sound(world: &World<Self>, member: Peer) -> Result<(), String> {
        for other in world.node(member).links() {
            if !is_member(world, other) {
                return Err(format!("{member:?} is linked with {other:?}, which is not there."));
            }
            if !world.node(other).links().any(|back| back == member) {
                return Err(format!("{member:?} is linked with {other:?}, but not the other way round."));
            }
        }
        Ok(())
    }

    fn reach(world: &World<Self>, from: Peer, name: &str) -> Option<BTreeSet<Peer>> {
        let config = world.config();
        if config.method != Method::Flood || config.ttl < FAR {
            return None;
        }
        let stops = |peer: Peer| config.satisfied == Satisfied::Stops && world.node(peer).shelf().has(name);
        Some(flooded(from, |peer| world.node(peer).links().collect(), stops))
    }
}

impl Subject for NapsterNode {
    const NAME: &'static str = "Napster";

    fn draw(rng: &mut Rng) -> napster::Config {
        napster::Config { servers: rng.random_range(1..=3), linked: rng.random(), alive: period(rng) }
    }

    fn period(config: &napster::Config) -> Duration {
        config.alive.unwrap_or_default()
    }

    fn files(&self) -> &Shelf {
        self.shelf()
    }

    fn is_bounded(&self, _: &napster::Config) -> Result<(), String> {
        Ok(())
    }

    fn is_sound(world: &World<Self>, member: Peer) -> Result<(), String> {
        let node = world.node(member);
        let servers = Self::servers(world.config());
        if member.0 < servers {
            let gone = node.known_peers().into_iter().find(|peer| !is_member(world, *peer));
            return gone.map_or(Ok(()), |gone| Err(format!("{member:?} counts on {gone:?}, which is not there.")));
        }
        let some_run = (0..servers).any(|server| world.is_alive(Peer(server)));
        let home = node.home();
        if some_run && !(world.is_alive(home) && world.node(home).known_peers().contains(&member)) {
            return Err(format!("{member:?} turns to {home:?}, which does not know it."));
        }
        Ok(())
    }

    fn reach(world: &World<Self>, from: Peer, _: &str) -> Option<BTreeSet<Peer>> {
        let home = world.node(from).home();
        if !world.is_alive(home) {
            return Some(BTreeSet::new());
        }
        let servers = Self::servers(world.config());
        let asked = |server: Peer| world.is_alive(server) && (world.config().linked || server == home);
        Some(
            world
                .members()
                .map(|(_, peer)| peer)
                .filter(|peer| peer.0 >= servers && asked(world.node(*peer).home()))
                .collect(),
        )
    }
}

impl Subject for FastTrackNode {
    const NAME: &'static str = "FastTrack";

    fn draw(rng: &mut Rng) -> fasttrack::Config {
        fasttrack::Config {
            starters: rng.random_range(1..=2),
            children: rng.random_range(2..=8),
            links: rng.random_range(2..=4),
            ttl: if rng.random_range(0..3_u32) == 0 { 2 } else { FAR },
            capacity_needed: rng.random_range(0..=60),
            keepalive: period(rng),
            ..fasttrack::Config::default()
        }
    }

    fn period(config: &fasttrack::Config) -> Duration {
        config.keepalive.unwrap_or_default()
    }

    fn files(&self) -> &Shelf {
        self.shelf()
    }

    fn is_bounded(&self, config: &fasttrack::Config) -> Result<(), String> {
        let most = usize::from(config.children) + usize::from(config.children / 2);
        let (children, links) = (self.children().len(), self.links().len());
        if children > most {
            return Err(format!("{:?} has {children} children.", self.me()));
        }
        // A graph that a world begins with may give some nodes a few more.
        let most = 2 * usize::from(config.links) + 2;
        if links > most { Err(format!("{:?} has {links} links.", self.me())) } else { Ok(()) }
    }

    fn is_sound(world: &World<Self>, member: Peer) -> Result<(), String> {
        let node = world.node(member);
        if let Some(parent) = node.parent()
            && !(is_member(world, parent) && world.node(parent).children().contains(&member))
        {
            return Err(format!("{member:?} is at {parent:?}, which does not know it."));
        }
        for child in node.children() {
            if !(is_member(world, child) && world.node(child).parent() == Some(member)) {
                return Err(format!("{member:?} counts on {child:?}, which is not its child."));
            }
        }
        for other in node.links() {
            if !(is_member(world, other) && world.node(other).links().contains(&member)) {
                return Err(format!("{member:?} is linked with {other:?}, but not the other way round."));
            }
        }
        Ok(())
    }

    fn reach(world: &World<Self>, from: Peer, _: &str) -> Option<BTreeSet<Peer>> {
        if world.config().ttl < FAR {
            return None;
        }
        let node = world.node(from);
        let first = if node.is_super() { from } else { node.parent()? };
        let supers = flooded(first, |peer| world.node(peer).links(), |_| false);
        let children = supers.iter().flat_map(|peer| world.node(*peer).children());
        Some(supers.iter().copied().chain(children).collect())
    }
}

impl Subject for ReplicaNode {
    const NAME: &'static str = "full replication";

    fn draw(_: &mut Rng) -> replication::Config {
        replication::Config::default()
    }

    fn period(_: &replication::Config) -> Duration {
        Duration::ZERO
    }

    fn files(&self) -> &Shelf {
        self.shelf()
    }

    fn is_bounded(&self, _: &replication::Config) -> Result<(), String> {
        Ok(())
    }

    fn is_sound(_: &World<Self>, _: Peer) -> Result<(), String> {
        Ok(())
    }

    /// What a change tells everybody may get lost, and nobody mends that.
    fn reach(_: &World<Self>, _: Peer, _: &str) -> Option<BTreeSet<Peer>> {
        None
    }
}
