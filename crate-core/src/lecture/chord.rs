//! The deck's Chord figures: the ring of seven nodes with identifiers of m = 4 bits.

use super::{Chapter, Scene, Step};
use crate::chord::{Config, Correctness, RoutingRule};
use crate::dht::DhtConfig;
use crate::id::IdBits;
use crate::sim::lab::Setup;
use crate::sim::plane::Place;
use crate::sim::spec::{Build, Placed, Spec};

const CHAPTER: Chapter = Chapter::Chord;

pub(super) const FINGERS: Scene = Scene {
    name: "chord-fingers",
    chapter: CHAPTER,
    title: "Fingers reach twice as far each time",
    slide: "Chord: Routing Example",
    why: &[
        "Finger i of a node is the first node at or after its own identifier + 2^(i−1): on this ring of 16 identifiers \
         1, 2, 4 and 8 places on. Four entries are enough to reach any of the 16.",
        "Read a row as: to find a key of this interval, ask this successor. The message for key 6 follows row 3 of node \
         0: keys 4 to 7 are found at node 7. Select node 9 to see its table.",
    ],
    digits: 2,
    focus: "0",
    setup: || ring(RoutingRule::Slide),
    actions: || vec![Step::Route { from: "0", key: "6" }],
};

pub(super) const SEARCH_13: Scene = Scene {
    name: "chord-search-13",
    chapter: CHAPTER,
    title: "Search for key 13",
    slide: "Chord: Routing Example, search(k = 13)",
    why: &[
        "Node 0 looks for key 13. Its finger for 8 to 15 is node 9; node 9's finger for 13 to 0 is node 14, and 14 holds \
         the key. It answers node 0 directly.",
        "Switch to the published rule and the way is 0 → 9 → 11 → 14. The slide sends the message to the node that its \
         interval names, which may be the owner itself. The paper sends it to the closest node before the key: 11. Only \
         that node can tell from its own successor that 14 is responsible.",
    ],
    digits: 2,
    focus: "0",
    setup: || ring(RoutingRule::Slide),
    actions: || vec![Step::Route { from: "0", key: "13" }],
};

pub(super) const NAIVE: Scene = Scene {
    name: "chord-naive",
    chapter: CHAPTER,
    title: "From successor to successor",
    slide: "Chord: Routing, simple routing",
    why: &[
        "A node that knows only its successor can still find every key: hand the question on until it has passed the key.",
        "But the message may have to visit all nodes. Fingers cut the way from N to about log₂ N, for a table of m \
         entries: that is the whole idea of Chord.",
    ],
    digits: 2,
    focus: "0",
    setup: || ring(RoutingRule::Naive),
    actions: || vec![Step::Route { from: "0", key: "13" }],
};

pub(super) const BROKEN: Scene = Scene {
    name: "chord-broken",
    chapter: CHAPTER,
    title: "A ring that splits",
    slide: "Chord: an example DHT; the paper's join, and what Zave found",
    why: &[
        "Chord's paper says that its ring always mends. Zave showed in 2012 that no published version does. This is the \
         shortest course of events that an exhaustive search of small rings finds: one node stops, one comes in.",
        "Node 7 stops. Before anybody notices, 5 asks for its place. Node 3 names its successor, 7, and 5 takes that over \
         unasked: one pointer, to a dead node. 5 then waits in vain, and has nobody left.",
        "Now there are two rings. 5 believes that it is alone and answers for every key, also for 12; node 0 finds key 5 \
         elsewhere. Nobody in the ring knows 5, so no upkeep ever brings the two together.",
        "Repaired: a newcomer asks its successor, takes over its whole list, and comes in only with an answer.",
    ],
    digits: 2,
    focus: "5",
    setup: || ring_with(Config { correctness: Correctness::Published, ..config(RoutingRule::Published) }),
    actions: || {
        vec![
            Step::Kill { node: "7" },
            Step::Add { digits: "5" },
            Step::Wait { secs: 5 },
            Step::Route { from: "5", key: "12" },
            Step::Route { from: "0", key: "5" },
        ]
    },
};

/// The slide's ring.
fn ring(rule: RoutingRule) -> Setup {
    ring_with(config(rule))
}

fn config(rule: RoutingRule) -> Config {
    let bits = IdBits::new(4).expect("a ring may have 4 bits");
    Config { bits, successor_list: 2, rule, acks: true, maintenance: None, ..Config::default() }
}

fn ring_with(overlay: Config) -> Setup {
    const NODES: [(&str, u16, u16); 7] = [
        ("0", 500, 80),
        ("1", 700, 160),
        ("3", 880, 380),
        ("7", 800, 760),
        ("9", 420, 900),
        ("11", 160, 700),
        ("14", 220, 240),
    ];
    let placed = NODES.map(|(digits, x, y)| Placed { digits: digits.into(), place: Place { x, y } });
    let config = DhtConfig { overlay, replicas: 1 };
    Setup::Chord(Spec {
        seed: 4,
        placed: placed.to_vec(),
        random: 0,
        build: Build::Converged,
        loss_per_million: 0,
        config,
    })
}
