//! Gnutella's slides: how a peer comes in, how a question spreads, what that costs, and how to ask more cheaply.

use super::{Chapter, Deed, Form, Stand, Story, Switch};
use crate::gnutella::{Config, GnutellaNode, Method, Satisfied, Topology, TtlRule};
use crate::protocol::Peer;
use crate::sim::spec::SpecError;
use crate::time::Duration;

const CHAPTER: Chapter = Chapter::Gnutella;

/// Waits are short, since a hop takes 20 ms in these figures.
const HOP_WAIT: Duration = Duration::from_millis(45);

fn base() -> Config {
    Config { hop_wait: HOP_WAIT, ..Config::published() }
}

/// A random graph; what is searched for lies far from the asker, and at a few others.
fn mesh(peers: u32, config: Config) -> Result<Vec<Stand>, SpecError> {
    let files: Vec<(u32, &str)> = [7, 19, 28].into_iter().map(|holder| (holder, "thammasat song")).collect();
    Ok(vec![Stand::searching::<GnutellaNode>(Form::Waves, peers, config, &files)?])
}

pub(super) const JOIN: Story = Story {
    name: "gnutella-join",
    chapter: CHAPTER,
    title: "A peer comes in",
    slide: "Gnutella Protocol: joining the Gnutella network",
    why: &[
        "A new peer asks a server that lists known peers, and sends one of them a Ping. The Ping is passed on, and everybody whom it \
         reaches answers with a Pong: its address, and how much it shares.",
        "Of those who answered, the newcomer chooses C = 4 and connects to them for good. If one of them is gone later, it remembers \
         others to try.",
    ],
    checks: &[],
    switches: &[],
    words: "thammasat",
    stands: |_| {
        let config = Config {
            host_caches: 1,
            accepts: 6,
            topology: Topology::Random { degree: 3 },
            topology_seed: 2,
            keepalive: None,
            ..base()
        };
        mesh_with(12, config)
    },
    deeds: |_| {
        vec![Deed::Add("newcomer"), Deed::Wait(Duration::from_millis(1_200)), Deed::Search(13, "thammasat"), Deed::Done]
    },
    focus: 13,
};

fn mesh_with(peers: u32, config: Config) -> Result<Vec<Stand>, SpecError> {
    Ok(vec![Stand::searching::<GnutellaNode>(Form::Waves, peers, config, &[(3, "thammasat song"), (9, "recipe")])?])
}

pub(super) const SEARCH: Story = Story {
    name: "gnutella-search",
    chapter: CHAPTER,
    title: "Ask the neighbours, who ask theirs",
    slide: "Gnutella Protocol: locating files",
    why: &[
        "P1 sends a Query to its permanent neighbours. Each looks at its own files; who has a match answers with a QueryHit, and the \
         Query goes on to the neighbours of the neighbours, with a time to live (TTL) smaller by one at each hop.",
        "A QueryHit goes back the way the Query came, neighbour by neighbour: nobody on the way needs to know who asked. The file is \
         then fetched directly.",
    ],
    checks: &["gnutella-latency"],
    switches: &[
        Switch { label: "Who has a match", options: &["answers and passes on (0.4)", "only answers (slide)"] },
        Switch { label: "TTL", options: &["4", "1", "2", "3", "7"] },
    ],
    words: "thammasat",
    stands: |chosen| {
        let satisfied = if chosen[0] == 1 { Satisfied::Stops } else { Satisfied::PassesOn };
        let ttl = [4, 1, 2, 3, 7][chosen[1]];
        mesh(30, Config { satisfied, ttl, topology: Topology::Random { degree: 3 }, topology_seed: 79, ..base() })
    },
    deeds: |_| vec![Deed::Fetch(1, "thammasat"), Deed::Done],
    focus: 1,
};

pub(super) const COUNT: Story = Story {
    name: "gnutella-26240",
    chapter: CHAPTER,
    title: "26,240 messages for one search",
    slide: "Issues with Gnutella: if TTL is 7, and C is 4, a single Gnutella message may generate 26,240 messages",
    why: &[
        "On a tree with C = 4 neighbours each, wave i has 4·3^(i−1) queries. If every peer has the file and answers once, queries and \
         answers make 2·(4 + 12 + 36 + …).",
        "The slide's number is the sum of **eight** waves: by its rule, a query that arrives with TTL > 0 goes on, so TTL 7 makes 8 \
         hops: 13,120 queries and as many answers. Version 0.4 counts the TTL down first: 7 hops, 4,372 queries, 8,744 messages. Switch \
         the rule and see.",
        "An answer is counted once here, as on the slide, though it goes back over as many links as the query came. Counted link by \
         link it is far more.",
    ],
    checks: &["gnutella-26240"],
    switches: &[
        Switch { label: "TTL rule", options: &["Slide: 8 hops", "Version 0.4: 7 hops"] },
        Switch { label: "TTL", options: &["7", "2", "3", "4", "5", "6"] },
    ],
    words: "song",
    stands: |chosen| {
        let (ttl_rule, more) = if chosen[0] == 0 { (TtlRule::Slide, 1) } else { (TtlRule::Published, 0) };
        let ttl = [7, 2, 3, 4, 5, 6][chosen[1]];
        let config = Config { ttl, ttl_rule, topology: Topology::Tree { degree: 4 }, memory: 4, ..base() };
        let peers = crate::sim::topology::tree_nodes(4, ttl + more).expect("TTLs of these switches are small");
        let files: Vec<(u32, &str)> = (2..=peers).map(|holder| (holder, "song")).collect();
        let mut stand = Stand::searching::<GnutellaNode>(Form::Waves, peers, config, &files)?;
        stand.title = "A tree with four neighbours each";
        Ok(vec![stand])
    },
    deeds: |_| vec![Deed::Search(1, "song"), Deed::Done],
    focus: 1,
};

pub(super) const DUPLICATES: Story = Story {
    name: "gnutella-duplicates",
    chapter: CHAPTER,
    title: "The same on a real network",
    slide: "Issues with Gnutella: simple broadcast of messages is inefficient",
    why: &[
        "A tree has no circles, but a network of random links has: the same query comes to a peer by several ways. It drops all but \
         the first, since it remembers the query's name; yet each of them was sent.",
        "So fewer peers are reached than on the tree, and more and more of the messages are for nothing. On a power law a few peers \
         with many links pass on most of the traffic.",
    ],
    checks: &[],
    switches: &[
        Switch { label: "Links", options: &["random", "power law", "grid", "tree"] },
        Switch { label: "Neighbours C", options: &["4", "6", "8"] },
    ],
    words: "thammasat",
    stands: |chosen| {
        let degree = [4, 6, 8][chosen[1]];
        let topology =
            [Topology::Random { degree }, Topology::PowerLaw { degree }, Topology::Grid, Topology::Tree { degree }]
                [chosen[0]];
        mesh(150, Config { topology, topology_seed: 7, ttl: 7, ..base() })
    },
    deeds: |_| vec![Deed::Search(1, "thammasat"), Deed::Done],
    focus: 1,
};

/// The graph of the two cheaper methods: the file is two hops and more away.
fn far(method: Method, ttl: u8) -> Result<Vec<Stand>, SpecError> {
    let config = Config { method, ttl, topology: Topology::Random { degree: 4 }, topology_seed: 36, ..base() };
    mesh(80, config)
}

pub(super) const RING: Story = Story {
    name: "gnutella-expanding-ring",
    chapter: CHAPTER,
    title: "Expanding ring: further only if needed",
    slide: "Issues with Gnutella: expanding ring search",
    why: &[
        "Start with TTL 1. If nothing was found after a while, try TTL 2, then 3, and so on. What is popular lies near, so most \
         searches end early and never reach the far circles, where most peers are.",
        "The price is waiting, and asking the near ones again each time.",
    ],
    checks: &["gnutella-ring"],
    switches: &[Switch { label: "Search", options: &["expanding ring: 1, 2, 3 …", "flood with TTL 7"] }],
    words: "thammasat",
    stands: |chosen| far(if chosen[0] == 0 { Method::RING } else { Method::Flood }, 7),
    deeds: |_| vec![Deed::Search(1, "thammasat"), Deed::Done],
    focus: 1,
};

pub(super) const WALK: Story = Story {
    name: "gnutella-random-walk",
    chapter: CHAPTER,
    title: "Random walkers: one way at a time",
    slide: "Issues with Gnutella: random walker search",
    why: &[
        "K walkers set out. Each peer passes a walker on to one neighbour only, chosen at random, for many steps. That costs one \
         message a step instead of one a link, and takes longer.",
        "Every fourth step a walker asks P1 whether it should go on: so they stop soon after one of them has found the file. Peers that \
         remember where they sent a walker send the next one elsewhere.",
    ],
    checks: &["gnutella-walk"],
    switches: &[
        Switch { label: "Walkers K", options: &["4", "1", "16", "32"] },
        Switch { label: "Peers", options: &["remember where walkers went", "do not"] },
    ],
    words: "thammasat",
    stands: |chosen| {
        let walkers = [4, 1, 16, 32][chosen[0]];
        far(Method::RandomWalk { walkers, steps: 25, check_every: 4, keep_state: chosen[1] == 0 }, 7)
    },
    deeds: |_| vec![Deed::Search(1, "thammasat"), Deed::Done],
    focus: 1,
};

pub(super) const PUSH: Story = Story {
    name: "gnutella-push",
    chapter: CHAPTER,
    title: "Push: a file from behind a firewall",
    slide: "Gnutella Protocol: firewalls",
    why: &[
        "P7 has the file, but sits behind a firewall: nobody can open a connection to it. P1 tries to fetch the file, and waits in vain.",
        "So P1 sends a Push along the way that the QueryHit came. P7 itself then opens the connection, from within, and sends the file. If \
         both sit behind firewalls, there is no way.",
    ],
    checks: &[],
    switches: &[],
    words: "thammasat",
    stands: |_| {
        let config = Config {
            behind_firewall: vec![Peer(6)],
            topology: Topology::Random { degree: 3 },
            topology_seed: 70,
            ttl: 5,
            ..base()
        };
        Ok(vec![Stand::searching::<GnutellaNode>(Form::Waves, 14, config, &[(7, "thammasat song")])?])
    },
    // P1 waits three seconds for the file before it asks for a Push.
    deeds: |_| vec![Deed::Fetch(1, "thammasat"), Deed::Wait(Duration::from_millis(3_400))],
    focus: 1,
};
