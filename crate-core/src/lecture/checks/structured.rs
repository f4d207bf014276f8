//! Chord's and Pastry's slides.

use crate::chord::{self, ChordNode, RoutingRule};
use crate::dht::DhtConfig;
use crate::id::{ChordId, Digits, Guid, IdBits, RingId as _};
use crate::lecture::Scene;
use crate::pastry::{self, PastryNode};
use crate::protocol::{Peer, Request};
use crate::sim::lab::Setup;
use crate::sim::spec::Spec;
use crate::sim::systems::System as _;
use crate::sim::workload::{Target, Workload};
use crate::sim::world::World;

use super::{Check, Deck, Verdict, given};

/// Nodes of the worlds that formulas are held against.
const NODES: u32 = 1_000;

pub(super) fn check(deck: &Deck, all: &mut Vec<Check>) {
    chord_ring(deck, all);
    chord_growth(deck, all);
    pastry_figures(deck, all);
    pastry_formulas(deck, all);
}

fn bits() -> IdBits {
    IdBits::new(4).expect("a ring may have 4 bits")
}

fn id(value: u64) -> ChordId {
    ChordId::from_u128(value.into(), bits())
}

/// A member of the slide's ring as a number.
fn number(world: &World<ChordNode>, peer: Peer) -> u64 {
    world.peers().id(peer).low() as u64
}

/// The slide's ring of these nodes, converged.
fn ring(deck: &Deck) -> World<ChordNode> {
    let config =
        chord::Config { bits: bits(), successor_list: 2, acks: false, maintenance: None, ..chord::Config::default() };
    let mut world = World::new(config, 1);
    world.fill_converged(deck.ring.iter().map(|node| (id(*node), crate::sim::plane::Place::default())));
    world
}

fn table(world: &World<ChordNode>, node: u64) -> Vec<(u64, u64, u64)> {
    let Some(peer) = world.peers().find(id(node)) else { return Vec::new() };
    let rows = world.node(peer).fingers(bits());
    rows.iter().map(|row| (row.start.low() as u64, row.end.low() as u64, number(world, row.peer))).collect()
}

fn shown(table: &[(u64, u64, u64)]) -> String {
    table.iter().map(|(start, end, successor)| format!("{start}–{end}: {successor}")).collect::<Vec<_>>().join(", ")
}

fn chord_ring(deck: &Deck, all: &mut Vec<Check>) {
    let world = ring(deck);
    for (name, node, printed) in [("chord-fingers-0", 0, deck.fingers_0), ("chord-fingers-9", 9, deck.fingers_9)] {
        let ours = table(&world, node);
        all.push(Check::new(
            name,
            "Chord: Routing Example",
            format!("node {node}'s finger table is {}", shown(&printed)),
            shown(&ours),
            given(ours == printed, || "another table comes out".into()),
        ));
    }
    for (name, node, printed) in [("chord-routes-0", 0_u64, deck.routes_0), ("chord-routes-1", 1, deck.routes_1)] {
        let starts: Vec<u64> = table(&world, node).iter().map(|row| row.0).collect();
        let nodes: Vec<u64> = table(&world, node).iter().map(|row| row.2).collect();
        all.push(Check::new(
            name,
            "Chord: Routing",
            format!("node {node} knows routes to {printed:?} or the next node"),
            format!("the fingers start at {starts:?} and are {nodes:?}"),
            given(starts == printed, || "they start elsewhere".into()),
        ));
    }
    let exact = table(&world, 0).iter().filter(|row| row.0 == row.2).count();
    all.push(Check::new(
        "chord-succeeds-by",
        "Chord: Routing",
        "each node has a route to the first node that succeeds it by 2^(i−1)".into(),
        format!("of node 0's four fingers {exact} are exactly so far"),
        if exact == 4 { Verdict::Holds } else { Verdict::HoldsIf("“by at least 2^(i−1)” is read".into()) },
    ));
    let members: Vec<(ChordId, Peer)> = world.members().collect();
    let owner = |key: u64| number(&world, ChordNode::owner(world.config(), &members, id(key)));
    let owned: Vec<u64> = (0..16).filter(|key| owner(*key) == 9).collect();
    let (from, to) = deck.coverage_9;
    all.push(Check::new(
        "chord-coverage-9",
        "Chord: Routing Example",
        format!("node 9 has coverage of the keys from {from} to {to}"),
        format!("node 9 owns {owned:?}; it is the first node from {from} on"),
        if (from..=to).collect::<Vec<_>>() == owned {
            Verdict::Holds
        } else if owned.contains(&from) {
            Verdict::HoldsIf("coverage means that node 0 asks node 9 first; it owns fewer".into())
        } else {
            Verdict::Fails(format!("key {from} is node {}'s", owner(from)))
        },
    ));
    let highest = deck.ring.iter().max().copied().unwrap_or(0);
    let beyond: Vec<String> = (highest + 1..16).map(|key| format!("{key} at {}", owner(key))).collect();
    all.push(Check::new(
        "chord-next-highest",
        "Chord: an example DHT",
        "a key without a node of its own is stored at the node with the next highest ID".into(),
        format!("keys above {highest}: {}", beyond.join(", ")),
        if beyond.is_empty() {
            Verdict::Holds
        } else {
            Verdict::HoldsIf("after the highest ID comes the lowest".into())
        },
    ));
    let way = |rule| way("chord-fingers", Some(rule), deck.search_key);
    let (slide, published) = (way(RoutingRule::Slide), way(RoutingRule::Published));
    all.push(Check::new(
        "chord-search-13",
        "Chord: Routing Example",
        format!("search({}) goes {:?}", deck.search_key, deck.search_13),
        format!("{slide:?} by the slide's intervals, {published:?} as published"),
        match deck.search_13 == slide {
            _ if deck.search_13 == published => Verdict::Holds,
            true => Verdict::HoldsIf(
                "the finger of the key's interval is asked; the paper's rule asks the closest node before the key"
                    .into(),
            ),
            false => Verdict::Fails("the message goes another way".into()),
        },
    ));
    let naive = way(RoutingRule::Naive).len();
    all.push(Check::new(
        "chord-naive",
        "Chord: Routing, simple routing",
        "may have to traverse all nodes to find a key".into(),
        format!("{naive} of {} nodes for key {}", deck.ring.len(), deck.search_key),
        given(naive == deck.ring.len(), || "it ends before".into()),
    ));
}

/// The nodes on the way of a message for a key from node 0 of the slide's ring.
fn way(scene: &str, rule: Option<RoutingRule>, key: u64) -> Vec<u64> {
    use crate::sim::lab::Lab;
    use crate::sim::spec::{Action, Key};
    let Some(Setup::Chord(mut spec)) = Scene::find(scene).map(Scene::setup) else { return Vec::new() };
    if let Some(rule) = rule {
        spec.config.overlay.rule = rule;
    }
    let Ok(mut lab) = Lab::new(Setup::Chord(spec)) else { return Vec::new() };
    let Ok(from) = lab.find_digits("0") else { return Vec::new() };
    if lab.act(Action::Route { from, key: Key::Digits(key.to_string()) }).is_err() {
        return Vec::new();
    }
    lab.look_ahead(crate::time::Duration::from_secs(60));
    let path = lab.route(Request(0)).map(|route| route.path()).unwrap_or_default();
    path.into_iter().filter_map(|peer| lab.text(peer, 2).parse().ok()).collect()
}

fn chord_growth(deck: &Deck, all: &mut Vec<Check>) {
    // With one successor each, the owner is one hop behind the key's predecessor, always.
    let config = chord::Config { successor_list: 1, acks: false, maintenance: None, ..chord::Config::default() };
    let world: World<ChordNode> = Spec::random(NODES, 1, config).world().expect("a world can be");
    let mut distinct = 0;
    for node in world.nodes() {
        let mut fingers: Vec<Peer> = node.fingers(IdBits::SHA1).iter().map(|row| row.peer).collect();
        fingers.dedup();
        distinct += fingers.len();
    }
    let mean = distinct as f64 / f64::from(NODES);
    let bits = u32::from(IdBits::SHA1.get());
    all.push(Check::new(
        "chord-sha1",
        "Chord: an example DHT",
        format!("SHA-1 produces {}-bit IDs", deck.chord_bits),
        format!("{bits} bits"),
        given(bits == deck.chord_bits, || "SHA-1 has another length".into()),
    ));
    all.push(Check::new(
        "chord-routes-m",
        "Chord: Routing Example",
        "a node has routes to m nodes, if there are up to 2^m nodes".into(),
        format!("m = {bits} fingers, of which {mean:.1} are different nodes among {NODES}"),
        if mean > f64::from(bits) - 0.5 {
            Verdict::Holds
        } else {
            Verdict::HoldsIf("fingers are counted; the nodes they name are about log₂ N".into())
        },
    ));
    let hops = Workload::new(&world, Target::Key, 1).walk(&world, 4_000).mean_hops() - 1.0;
    let expected = libm::log2(f64::from(NODES)) / 2.0;
    all.push(Check::new(
        "chord-log-n",
        "Performance Comparison of P2P Techniques",
        "DHT (Chord): latency log(n)".into(),
        format!("{hops:.2} hops to the key's predecessor among {NODES}; ½·log₂ N = {expected:.2}"),
        given((hops - expected).abs() < 0.5, || "the hops are far from ½·log₂ N".into()),
    ));
}

fn pastry_figures(deck: &Deck, all: &mut Vec<Check>) {
    let scene = Scene::find("pastry-example").expect("a scene of the deck");
    let lab = scene.start();
    let route = lab.route(Request(0)).map(|route| route.path()).unwrap_or_default();
    let names: Vec<String> = route.into_iter().map(|peer| lab.text(peer, scene.digits)).collect();
    all.push(Check::new(
        "pastry-example",
        "Pastry routing example",
        format!("{} goes by {}", deck.pastry_route[0], deck.pastry_route[1..].join(", ")),
        names.join(", "),
        given(names == deck.pastry_route, || "the message goes another way".into()),
    ));
    let (digits, printed) = deck.grey;
    let ours: Vec<usize> = digits
        .parse::<Guid>()
        .map(|guid| (0..4).map(|row| guid.digit(row, Digits::Bits4)).collect())
        .unwrap_or_default();
    all.push(Check::new(
        "pastry-grey",
        "First four rows of a Pastry routing table",
        format!("in the table of {digits}… columns {printed:X?} are grey"),
        format!("the node's own digits are {ours:X?}"),
        given(ours == printed, || "other columns are its own".into()),
    ));
    let hash = 8 * crate::id::sha1(b"").len() as u32;
    all.push(Check::new(
        "pastry-guid",
        "Pastry",
        format!("0 ≤ GUID ≤ 2^{} − 1, by a hash function such as SHA-1", deck.guid_bits),
        format!("SHA-1 has {hash} bits"),
        if hash == deck.guid_bits {
            Verdict::Holds
        } else {
            Verdict::HoldsIf(format!("the hash is cut to {} bits", deck.guid_bits))
        },
    ));
    all.push(Check::new(
        "pastry-circle",
        "Circular routing alone is correct but inefficient",
        format!("node 0 is adjacent to node 2^{} − 1", deck.circle_bits),
        format!("identifiers have {} bits", u128::BITS),
        given(deck.circle_bits == u128::BITS, || format!("the circle ends at 2^{} − 1", u128::BITS)),
    ));
    let (size, l) = deck.leaf_set;
    let reach = size / 2;
    all.push(Check::new(
        "pastry-leaf-set",
        "Circular routing alone is correct but inefficient",
        format!("leaf sets of size {size} (l = {l})"),
        format!("{reach} nodes on either side; the paper's |L| counts both"),
        given(reach == l, || format!("then l is {reach}")),
    ));
    let Some((from, to)) = names.iter().rev().nth(1).zip(names.last()) else { return };
    let (Ok(from), Ok(to)) = (lab.find_digits(from), lab.find_digits(to)) else { return };
    let offset = lab.pastry().and_then(|session| {
        let leaves = session.world().node(from).overlay().leaf_set();
        leaves.with_offsets().find(|(_, peer)| *peer == to).map(|(offset, _)| offset)
    });
    let strict = offset.is_none_or(|offset| offset.abs() < 1);
    all.push(Check::new(
        "pastry-step-1",
        "Pastry's routing algorithm",
        "if L₋₁ < D < L₁ the destination is within the leaf set".into(),
        match offset {
            Some(offset) => format!("in the example the last node has D at L₍{offset}₎ of its leaf set"),
            None => "in the example the last node does not have D in its leaf set".into(),
        },
        given(offset.is_some() && strict, || "−l and l are meant, and ≤: L₁ itself does not lie below L₁".into()),
    ));
}

fn pastry_formulas(deck: &Deck, all: &mut Vec<Check>) {
    let rows = Digits::Bits4.rows() as u32;
    all.push(Check::new(
        "pastry-rows",
        "First four rows of a Pastry routing table",
        format!("at most {} rows, digits in hexadecimal", deck.pastry_rows),
        format!("128 bits are {rows} hexadecimal digits"),
        given(rows == deck.pastry_rows, || {
            format!("there are {rows} rows; {} only with digits of one bit", deck.guid_bits)
        }),
    ));
    let config = pastry::Config { acks: false, heartbeat_period: None, ..pastry::Config::default() };
    let world: World<PastryNode> = Spec::random(NODES, 1, config).world().expect("a world can be");
    let filled: usize = world
        .nodes()
        .iter()
        .map(|node| node.routing_table().entries().map(|(row, ..)| usize::from(row) + 1).max().unwrap_or(0))
        .sum();
    let filled = filled as f64 / f64::from(NODES);
    let log = |base: u32| libm::log2(f64::from(NODES)) / libm::log2(f64::from(base));
    all.push(Check::new(
        "pastry-filled-rows",
        "First four rows of a Pastry routing table",
        format!("only log_{} N rows are populated on average", deck.pastry_rows_base),
        format!("{filled:.2} rows among {NODES} nodes; log₁₆ N = {:.2}, log₂ N = {:.2}", log(16), log(2)),
        given((filled - log(deck.pastry_rows_base)).abs() < 1.0, || "it is log₁₆ N".into()),
    ));
    let hops = Workload::new(&world, Target::Node, 1).walk(&world, 4_000).mean_hops();
    all.push(Check::new(
        "pastry-hops",
        "Pastry routing example",
        format!("delivered in ~ log_{} (N) hops", deck.pastry_hops_base),
        format!("{hops:.2} hops among {NODES} nodes; log₁₆ N = {:.2}, log₆ N = {:.2}", log(16), log(6)),
        given((hops - log(deck.pastry_hops_base)).abs() < 0.4, || "it is log₁₆ N".into()),
    ));
    let columns = Digits::Bits4.base();
    let key: Guid = deck.pastry_route[4].parse().unwrap_or(Guid(0));
    let from: Guid = deck.pastry_route[0].parse().unwrap_or(Guid(0));
    let shared = from.shared_prefix(key, Digits::Bits4);
    let next = key.digit(shared, Digits::Bits4);
    all.push(Check::new(
        "pastry-step-7",
        "Pastry's routing algorithm",
        "step 7: any node with a common prefix of length i".into(),
        format!("at the first node p = {shared} and i = {next:X}: a digit of {columns}, no length"),
        given(next == shared, || format!("a prefix of length p = {shared} is meant, or longer")),
    ));
    all.push(Check::new(
        "dht-equality",
        "Comparison of P2P Techniques",
        "a DHT returns only data that has exactly key k".into(),
        format!(
            "“thammasat” has the key {:.6}, “thammasat map” {:.6}",
            Guid::of_name((), "thammasat"),
            Guid::of_name((), "thammasat map")
        ),
        given(Guid::of_name((), "thammasat") != Guid::of_name((), "thammasat map"), || "two names have one key".into()),
    ));
    let inserted = inserts(NODES);
    all.push(Check::new(
        "dht-update",
        "Performance Comparison of P2P Techniques",
        "DHT (Chord): update cost log(n)".into(),
        format!("{inserted:.1} messages to insert a key among {NODES}, log₂ N = {:.1}", log(2)),
        given(inserted < 2.0 * log(2), || "it takes more".into()),
    ));
}

/// Mean messages to insert a key into a hash table over Chord.
fn inserts(nodes: u32) -> f64 {
    use crate::dht::{DhtCommand, DhtNode};
    use crate::sim::world::Unobserved;
    const COUNT: u32 = 200;
    let overlay = chord::Config { acks: false, maintenance: None, ..chord::Config::default() };
    let spec = Spec::random(nodes, 1, DhtConfig { overlay, replicas: 1 });
    let mut world: World<DhtNode<ChordNode>> = spec.world().expect("a world can be");
    for number in 0..COUNT {
        let key = ChordId::of_name(IdBits::SHA1, &format!("song {number}"));
        let command = DhtCommand::Insert { request: Request(number), key, value: (*b"value").into() };
        world.command(Peer(number * 37 % nodes), command, &mut Unobserved);
    }
    while world.messages_in_flight() > 0 {
        world.step(&mut Unobserved);
    }
    world.counters().sent_in_all() as f64 / f64::from(COUNT)
}
