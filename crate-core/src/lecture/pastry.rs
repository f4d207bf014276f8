//! The deck's Pastry figures (after Rowstron & Druschel 2001).
//!
//! # Implementation notes
//! The deck shows eight of its nodes' names; the others are dots. Here the named ones are placed, and the dots come from
//! a seed. The places on the latency plane are chosen so that the nearest candidate for each entry is the node that the
//! slide's route visits: proximity decides between candidates, in the figure as everywhere.

use super::{Chapter, Scene, Step};
use crate::dht::DhtConfig;
use crate::id::Digits;
use crate::pastry::{Config, LeafSetSize, RoutingRule};
use crate::sim::lab::Setup;
use crate::sim::plane::Place;
use crate::sim::spec::{Build, Placed, Spec};
use crate::time::Duration;

const CHAPTER: Chapter = Chapter::Pastry;
const DIGITS: usize = 6;
/// Of the seeds tried, one where the newcomer of [`JOIN`] happens to meet 65A1FC first, so that its join takes the way of
/// the slide's message.
const SEED: u64 = 835;

pub(super) const LEAF_SET_ONLY: Scene = Scene {
    name: "pastry-leaf-set-only",
    chapter: CHAPTER,
    title: "Round the ring, leaf by leaf",
    slide: "Circular routing alone is correct but inefficient",
    why: &[
        "Every node knows only the eight nodes next to it on the ring: its leaf set, l = 4 on either side.",
        "A message from 65A1FC to D46A1C is handed to the known node closest to the key, four places on at a time. It \
         always arrives, but the number of hops grows with the number of nodes: twice the nodes, twice the hops.",
    ],
    digits: DIGITS,
    focus: "65A1FC",
    setup: || ring(Config { leaf_set_only: true, hop_limit: u16::MAX, ..slide_config() }),
    actions: || vec![Step::Route { from: "65A1FC", key: "D46A1C" }],
};

pub(super) const ROUTING_TABLE: Scene = Scene {
    name: "pastry-routing-table",
    chapter: CHAPTER,
    title: "A table with a row for every digit",
    slide: "First four rows of a Pastry routing table",
    why: &[
        "Row p of the table of node 65A1FC holds nodes that share its first p digits and differ in the next: one column \
         for each value of that digit. Grey cells are the node's own digits; there the next row takes over.",
        "The further down, the closer the nodes: row 0 spans the whole ring, row 3 only one part in 4,096 of it. With N \
         nodes only about log₁₆ N rows hold anything.",
    ],
    digits: DIGITS,
    focus: "65A1FC",
    setup: four_rows,
    actions: || vec![Step::Route { from: "65A1FC", key: "65C000" }],
};

pub(super) const EXAMPLE: Scene = Scene {
    name: "pastry-example",
    chapter: CHAPTER,
    title: "One digit closer at every hop",
    slide: "Pastry routing example",
    why: &[
        "A message for D46A1C starts at 65A1FC. Each node looks only at its own table, and hands the message to a node \
         that shares one more digit with the key.",
        "16 columns a row, so about log₁₆ N hops. The ring is the one that took leaf sets alone many times as long.",
    ],
    digits: DIGITS,
    focus: "65A1FC",
    setup: || ring(slide_config()),
    actions: || vec![Step::Route { from: "65A1FC", key: "D46A1C" }],
};

pub(super) const JOIN: Scene = Scene {
    name: "pastry-join",
    chapter: CHAPTER,
    title: "A node joins",
    slide: "Network Management Protocol",
    why: &[
        "D46A1C is new. It knows one node nearby, 65A1FC, and asks it to route a join message with its own GUID as the \
         key. The message takes the way of any message for D46A1C.",
        "Each node on the way sends the rows of its table that fit, the last one, numerically closest, its leaf set. Then \
         the newcomer tells all of them that it is there. Nobody needs to know everybody.",
    ],
    digits: DIGITS,
    focus: "65A1FC",
    setup: || ring_without("D46A1C", slide_config()),
    actions: || vec![Step::Add { digits: "D46A1C" }],
};

pub(super) const FAILURE: Scene = Scene {
    name: "pastry-failure",
    chapter: CHAPTER,
    title: "A node fails, a message gets through",
    slide: "Network Management Protocol",
    why: &[
        "D462BA stops without a word, and nobody is told. The message for D46A1C takes its usual way until a node waits \
         in vain for an answer.",
        "That node sends the message by another entry. Once D462BA has not answered its questions either, it goes out \
         of the table, and other nodes of the same row are asked who could fill the gap.",
        "What is not used is not mended: nobody else has noticed yet. Repair of tables is lazy.",
    ],
    digits: DIGITS,
    focus: "D4213F",
    setup: || ring(slide_config()),
    actions: || vec![Step::Kill { node: "D462BA" }, Step::Route { from: "65A1FC", key: "D46A1C" }],
};

/// Leaf sets of eight, hexadecimal digits, and no upkeep that would go on after the message has arrived. Hops are
/// acknowledged, so that any node of a figure may be stopped.
fn slide_config() -> Config {
    Config {
        digits: Digits::Bits4,
        leaf_set: LeafSetSize::EIGHT,
        neighbourhood: 8,
        rule: RoutingRule::Published,
        acks: true,
        ack_timeout: Duration::from_millis(300),
        ..Config::default()
    }
}

fn spec(placed: Vec<Placed>, random: u32, config: Config) -> Setup {
    let config = DhtConfig { overlay: config, replicas: 1 };
    Setup::Pastry(Spec { seed: SEED, placed, random, build: Build::Converged, loss_per_million: 0, config })
}

/// Named nodes of the figures, and those around D4 that keep the key out of D4213F's leaf set.
const NAMED: [(&str, u16, u16); 14] = [
    ("65A1FC", 480, 500),
    ("D13DA3", 486, 505),
    ("D3F0A2", 905, 130),
    ("D3FF61", 120, 840),
    ("D40B70", 860, 300),
    ("D41D02", 90, 240),
    ("D4213F", 560, 560),
    ("D4299E", 950, 720),
    ("D43C15", 60, 620),
    ("D44A80", 820, 60),
    ("D4553B", 210, 950),
    ("D462BA", 620, 610),
    ("D467C4", 930, 910),
    ("D46A1C", 240, 120),
];

const OTHERS: u32 = 186;

fn named(without: &str) -> Vec<Placed> {
    let kept = NAMED.iter().filter(|(digits, ..)| *digits != without);
    kept.map(|(digits, x, y)| Placed { digits: (*digits).into(), place: Place { x: *x, y: *y } }).collect()
}

fn ring(config: Config) -> Setup {
    ring_without("", config)
}

fn ring_without(digits: &str, config: Config) -> Setup {
    spec(named(digits), OTHERS, config)
}

/// Node 65A1FC and one node for every other cell of its first four rows.
fn four_rows() -> Setup {
    const OWN: &str = "65A1FC";
    let mut placed = vec![Placed { digits: OWN.into(), place: Place { x: 500, y: 500 } }];
    for row in 0..4_u16 {
        let (prefix, own) = (&OWN[..usize::from(row)], u32::from_str_radix(&OWN[usize::from(row)..][..1], 16));
        for column in (0..16_u32).filter(|column| Ok(*column) != own) {
            // Any digits may follow; these differ from cell to cell.
            let rest = (column * 0x9_1F3B + u32::from(row) * 0x3_57D1) & 0xF_FFFF;
            let digits = format!("{prefix}{column:X}{rest:05X}");
            let place = Place { x: (column * 61 + 20) as u16, y: row * 240 + 60 };
            placed.push(Placed { digits: digits[..DIGITS].into(), place });
        }
    }
    spec(placed, 0, slide_config())
}
