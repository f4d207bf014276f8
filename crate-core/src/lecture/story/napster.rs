//! Napster's slides: a directory server, and what becomes of the rest when it stops.

use super::{Chapter, Deed, Form, Stand, Story, Switch};
use crate::napster::{Config, NapsterNode};

const FILES: [(u32, &str); 10] = [
    (1, "thammasat song"),
    (2, "rangsit lecture"),
    (3, "recipe green curry"),
    (4, "thammasat lecture 1"),
    (5, "song of siam"),
    (6, "lecture chord"),
    (7, "thammasat song"),
    (8, "recipe som tam"),
    (9, "lecture pastry"),
    (10, "song of rangsit"),
];

fn stand(config: Config) -> Result<Vec<Stand>, crate::sim::spec::SpecError> {
    Ok(vec![Stand::searching::<NapsterNode>(Form::Star, 10, config, &FILES)?])
}

pub(super) const SEARCH: Story = Story {
    name: "napster-search",
    chapter: Chapter::Napster,
    title: "Ask the server, fetch from the peer",
    slide: "Napster Protocol",
    why: &[
        "Every peer tells the server which files it shares. A search is one question to the server and one answer: it looks at its \
         index, by whatever words.",
        "The file itself goes from peer to peer. Only that half is peer-to-peer; for the other, the server must be there, and keeps \
         an entry for every file of everybody.",
    ],
    checks: &["napster-users", "napster-storage", "napster-messages"],
    switches: &[],
    words: "thammasat",
    stands: |_| stand(Config::default()),
    deeds: |_| {
        vec![
            Deed::Publish(9, "thammasat map", ""),
            Deed::Done,
            Deed::Search(3, "thammasat"),
            Deed::Done,
            Deed::Fetch(3, "thammasat song"),
            Deed::Done,
        ]
    },
    focus: 0,
};

pub(super) const DOWN: Story = Story {
    name: "napster-server-down",
    chapter: Chapter::Napster,
    title: "The server fails, and everything stops",
    slide: "Napster: efficient, but lacks scalability and fault-tolerance",
    why: &[
        "All peers run, and all files are still there. But nobody knows where, since the one machine that knew has stopped: “if server \
         fails, the entire service is unusable”.",
        "With two servers, peers turn to the other one and register there anew; until all have, it finds only part of the files.",
    ],
    checks: &[],
    switches: &[Switch { label: "Servers", options: &["1", "2"] }],
    words: "recipe",
    stands: |chosen| stand(Config { servers: 1 + chosen[0] as u16, linked: chosen[0] == 1, ..Config::default() }),
    deeds: |_| {
        vec![
            Deed::Search(4, "recipe"),
            Deed::Done,
            Deed::Kill(0),
            Deed::Search(3, "recipe"),
            Deed::Done,
            Deed::Search(6, "recipe"),
            Deed::Done,
        ]
    },
    focus: 0,
};
