//! What one search costs in an unstructured network: the lecture's 26,240 messages, Lv et al., ICS 2002, Table 2, and what
//! Cohen and Shenker, SIGCOMM 2002, say of how many copies there should be of what.
//!
//! Draws "Issues with Gnutella": "if TTL is 7, and C is 4, a single Gnutella message may generate 26,240 messages in network". That
//! is 2·Σ C·(C−1)^i for i = 0 … 7, eight levels of a tree without a circle, with one reply for each query.
//!
//! # Implementation notes
//! - A reply counts once, however many links it goes back over, as in the lecture's sum; so do the origin's answers to
//!   walkers that ask whether to go on, and their questions, which are messages without being queries.
//! - On the tree the root asks and every peer has the file; elsewhere a random peer asks for one of 100 objects, each at the share
//!   of peers that the replication ratio says.
//! - Cohen and Shenker, SIGCOMM 2002, reckon with probes of random peers. A single walker that asks at each step is near to that on a
//!   random graph: its queries are the probes.
//! - Every search begins when the one before is over.

use std::sync::Arc;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::counts::ratio;
use super::{Counts, Point, Ready, Refusal, Row, Value};
use crate::gnutella::{Body, Config, GnutellaNode, Message, Method, Satisfied, TTL_MAX, Topology, TtlRule};
use crate::protocol::{Note, Peer, Request};
use crate::search::{SearchCommand, SearchEvent};
use crate::sim::library::{Allocation, Library, LibrarySpec};
use crate::sim::spec::Spec;
use crate::sim::world::{Observer, Occasion, World};
use crate::time::Time;

/// Searches of one block.
pub(super) const SEARCHES_PER_BLOCK: u32 = 64;
/// Different objects, where not everybody has the one.
pub(super) const OBJECTS: u32 = 100;
const ORIGINS: u64 = 11;

/// A network and how it is searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Flooded {
    /// C.
    pub degree: u8,
    /// TTL of a query.
    pub ttl: u8,
    /// The links.
    pub topology: Topology,
    /// How a search goes on.
    pub method: Method,
    /// Who passes on what.
    pub ttl_rule: TtlRule,
    /// Whether who answers passes on.
    pub satisfied: Satisfied,
    /// Share of peers that have an object, on average of all objects, in millionths.
    pub replicas_per_million: u32,
    /// α of the Zipf law of searches, in hundredths.
    pub zipf_percent: u16,
    /// How the copies are shared out among the objects.
    pub allocation: Allocation,
}

impl Flooded {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let range = |what, given: u32, most: u32| {
            if (1..=most).contains(&given) { Ok(()) } else { Err(Refusal::Range { what, given, most }) }
        };
        range("TTL", self.ttl.into(), TTL_MAX.into())?;
        range("Degree less 1", u32::from(self.degree).saturating_sub(1), 99)?;
        range("Replicas in millionths", self.replicas_per_million, 1_000_000)?;
        range("1 + 100 times the exponent of Zipf's law", u32::from(self.zipf_percent) + 1, 301)
    }

    const fn is_tree(&self) -> bool {
        matches!(self.topology, Topology::Tree { .. })
    }
}

struct Prepared {
    point: Point,
    flooded: Flooded,
    world: World<GnutellaNode>,
    library: Library,
}

pub(super) fn prepare(point: &Point, flooded: &Flooded) -> Result<Box<dyn Ready>, Refusal> {
    let config = Config {
        connections: flooded.degree,
        accepts: u16::from(flooded.degree) * 2,
        ttl: flooded.ttl,
        ttl_rule: flooded.ttl_rule,
        satisfied: flooded.satisfied,
        method: flooded.method,
        memory: 64,
        topology: flooded.topology,
        topology_seed: point.seed,
        ..Config::default()
    };
    let mut world: World<GnutellaNode> = Spec::random(point.nodes, point.seed, config).world()?;
    let objects = if flooded.is_tree() { 1 } else { OBJECTS };
    let zipf = f64::from(flooded.zipf_percent) / 100.0;
    let each = u64::from(point.nodes) * u64::from(flooded.replicas_per_million) / 1_000_000;
    let spec = LibrarySpec {
        objects,
        copies: each * u64::from(objects),
        zipf,
        allocation: flooded.allocation,
        seed: point.seed,
    };
    let library = Library::new(spec, 0..point.nodes);
    world.stock(library.placed());
    Ok(Box::new(Prepared { point: *point, flooded: *flooded, world, library }))
}

/// Counts what one search sends.
struct Meter {
    /// The last search that each node has seen.
    visited: Vec<u32>,
    /// Whether answers go straight to the asker.
    straight: bool,
    search: u32,
    ended: bool,
    found: Option<u64>,
    queries: u64,
    replies: u64,
    others: u64,
    duplicates: u64,
    nodes: u64,
}

impl Observer<GnutellaNode> for Meter {
    fn wants_notes(&self) -> bool {
        false
    }

    fn begin(&mut self, _: Time, node: Peer, cause: u32, occasion: Occasion<'_, Message>) -> u32 {
        if let Occasion::Arrival(flight) = occasion {
            match flight.message {
                Message::Descriptor(descriptor) => match descriptor.body {
                    Body::Query { .. } => self.query(node),
                    Body::QueryHit(_) => self.replies += u64::from(self.straight || descriptor.hops == 0),
                    _ => {}
                },
                Message::Walk(_) => self.query(node),
                Message::Check { .. } | Message::Verdict { .. } => self.others += 1,
                _ => {}
            }
        }
        cause
    }

    fn event(&mut self, _: Time, _: Peer, event: &SearchEvent) {
        match event {
            SearchEvent::Hit { request, hops, .. } if request.0 == self.search => {
                self.found.get_or_insert(u64::from(*hops));
            }
            SearchEvent::Ended { request, .. } => self.ended |= request.0 == self.search,
            SearchEvent::Failed { .. } => self.ended = true,
            _ => {}
        }
    }

    fn note(&mut self, _: Peer, _: Note) {}
}

impl Meter {
    fn query(&mut self, node: Peer) {
        self.queries += 1;
        // The asker has seen its own search.
        let is_new = std::mem::replace(&mut self.visited[node.index()], self.search) != self.search;
        self.duplicates += u64::from(!is_new);
        self.nodes += u64::from(is_new);
    }
}

impl Ready for Prepared {
    fn run(&self, block: u32) -> Counts {
        let mut world = self.world.clone();
        let mut rng = self.point.rng(ORIGINS, block);
        let first = block * SEARCHES_PER_BLOCK;
        let mut counts = Counts::default();
        let mut visited = vec![u32::MAX; self.point.nodes as usize];
        for search in first..self.point.lookups.min(first.saturating_add(SEARCHES_PER_BLOCK)) {
            let origin = if self.flooded.is_tree() { Peer(0) } else { Peer(rng.random_range(0..self.point.nodes)) };
            let words: Arc<str> = self.library.draw(&mut rng).clone();
            visited[origin.index()] = search;
            let mut meter = Meter {
                visited: std::mem::take(&mut visited),
                straight: matches!(self.flooded.method, Method::RandomWalk { .. }),
                search,
                ended: false,
                found: None,
                queries: 0,
                replies: 0,
                others: 0,
                duplicates: 0,
                nodes: 0,
            };
            let command = SearchCommand::Search { request: Request(search), words, fetch: false };
            world.command(origin, command, &mut meter);
            while (!meter.ended || world.is_busy()) && world.next_at().is_some() {
                world.step(&mut meter);
            }
            let Meter { queries, replies, others, duplicates, nodes, found, .. } = meter;
            let found_hops = [u64::from(found.is_some()), found.unwrap_or(0)];
            counts.add_all("flood", &[1, queries, replies, queries + replies + others, duplicates, nodes]);
            counts.add_all("found", &found_hops);
            visited = meter.visited;
        }
        counts
    }
}

/// A topology's name in rows.
const fn topology_name(topology: Topology) -> &'static str {
    match topology {
        Topology::Tree { .. } => "tree",
        Topology::Random { .. } => "random",
        Topology::PowerLaw { .. } => "power-law",
        Topology::Grid => "grid",
        Topology::Grown => "grown",
    }
}

/// A method's name in rows.
const fn method_name(method: Method) -> &'static str {
    match method {
        Method::Flood => "flood",
        Method::ExpandingRing { .. } => "ring",
        Method::PROBE => "probe",
        Method::RandomWalk { .. } => "walk",
    }
}

/// An allocation's name in rows.
const fn allocation_name(allocation: Allocation) -> &'static str {
    match allocation {
        Allocation::Uniform => "uniform",
        Allocation::Proportional => "proportional",
        Allocation::SquareRoot => "square-root",
    }
}

/// A mean; a whole number where it is one.
fn mean(sum: u64, of: u64) -> Value {
    if of > 0 && sum.is_multiple_of(of) { Value::Count(sum / of) } else { Value::Real(ratio(sum, of)) }
}

pub(super) fn row(flooded: &Flooded, counts: &Counts) -> Row {
    let number = |at: usize| counts.list("flood").get(at).copied().unwrap_or(0);
    let found = |at: usize| counts.list("found").get(at).copied().unwrap_or(0);
    let searches = number(0);
    Row::default()
        .with("degree", u32::from(flooded.degree))
        .with("ttl", u32::from(flooded.ttl))
        .with("topology", topology_name(flooded.topology))
        .with("method", method_name(flooded.method))
        .with("queries", mean(number(1), searches))
        .with("replies", mean(number(2), searches))
        .with("messages", mean(number(3), searches))
        .with("duplicates", mean(number(4), searches))
        .with("visited", mean(number(5), searches))
        .with("found", ratio(found(0), searches))
        .with("hops", ratio(found(1), found(0)))
        .with("zipf", f64::from(flooded.zipf_percent) / 100.0)
        .with("allocation", allocation_name(flooded.allocation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{What, run};
    use crate::sim::topology::tree_nodes;

    fn flooded(degree: u8, ttl: u8) -> Flooded {
        Flooded {
            degree,
            ttl,
            topology: Topology::Tree { degree },
            method: Method::Flood,
            ttl_rule: TtlRule::Published,
            satisfied: Satisfied::PassesOn,
            replicas_per_million: 1_000_000,
            zipf_percent: 0,
            allocation: Allocation::Uniform,
        }
    }

    fn ran(flooded: Flooded, nodes: u32, lookups: u32) -> Row {
        run(&Point { nodes, seed: 1, lookups, what: What::Flood(flooded) }).expect("can be run").0.remove(0)
    }

    /// On a tree deeper than any message goes.
    fn on_the_tree(flooded: Flooded) -> [f64; 4] {
        let nodes = tree_nodes(flooded.degree, flooded.ttl + 2).expect("a small tree");
        let row = ran(flooded, nodes, 1);
        ["queries", "replies", "messages", "duplicates"].map(|key| row.number(key).expect("a number"))
    }

    #[test]
    fn ttl_7_and_c_4_make_4372_queries_and_8744_messages_in_seven_hops() {
        assert_eq!(on_the_tree(flooded(4, 7)), [4_372.0, 4_372.0, 8_744.0, 0.0]);
    }

    #[test]
    fn the_slides_rule_makes_one_hop_more_and_so_its_26240_messages() {
        let slide = Flooded { ttl_rule: TtlRule::Slide, ..flooded(4, 7) };
        assert_eq!(on_the_tree(slide), [13_120.0, 13_120.0, 26_240.0, 0.0]);
    }

    #[test]
    fn the_sum_of_the_slide_is_met_for_every_degree_and_ttl() {
        for (degree, ttl) in [(3_u8, 1_u8), (3, 4), (4, 2), (5, 3), (2, 6)] {
            let (c, slide) = (u64::from(degree), Flooded { ttl_rule: TtlRule::Slide, ..flooded(degree, ttl) });
            let sum: u64 = (0..=u32::from(ttl)).map(|level| c * (c - 1).pow(level)).sum();
            assert_eq!(on_the_tree(slide)[2], (2 * sum) as f64, "C = {degree}, TTL = {ttl}");
        }
    }

    #[test]
    fn a_peer_that_stops_when_it_can_answer_spares_everything_behind_it() {
        let stops = Flooded { satisfied: Satisfied::Stops, ..flooded(4, 7) };
        assert_eq!(on_the_tree(stops), [4.0, 4.0, 8.0, 0.0]);
    }

    #[test]
    fn a_flood_of_a_whole_network_sends_over_each_link_twice_but_once_to_each_node() {
        let random = Flooded {
            topology: Topology::Random { degree: 4 },
            ttl: 30,
            replicas_per_million: 10_000,
            ..flooded(4, 30)
        };
        let row = ran(random, 1_000, 20);
        let number = |key| row.number(key).expect("a number");
        assert_eq!((number("visited"), number("found")), (999.0, 1.0));
        // 2E − (N − 1), with a few links more than N·C/2 that connect what stood apart.
        let queries = number("queries");
        assert!((3_001.0..3_060.0).contains(&queries), "{queries}");
        assert_eq!(queries - number("duplicates"), 999.0);
    }

    #[test]
    fn ring_and_walkers_spare_messages_and_take_more_hops() {
        let by = |method| {
            let random = Topology::Random { degree: 4 };
            let row =
                ran(Flooded { topology: random, method, replicas_per_million: 10_000, ..flooded(4, 7) }, 5_000, 60);
            ["messages", "hops", "found"].map(|key| row.number(key).expect("a number"))
        };
        let (flood, ring, walk) = (by(Method::Flood), by(Method::RING), by(Method::WALK));
        assert!(ring[0] < flood[0] / 5.0 && walk[0] < flood[0] / 10.0, "{flood:?} {ring:?} {walk:?}");
        assert!(walk[1] > flood[1] * 1.1, "{flood:?} {walk:?}");
        assert!(flood[2] > 0.99 && ring[2] > 0.99 && walk[2] > 0.99, "{flood:?} {ring:?} {walk:?}");
    }
}
