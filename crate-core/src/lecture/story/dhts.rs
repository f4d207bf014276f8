//! The slides after the rings: what hash tables can and cannot do beside the others, copies, and attacks.

use super::{Chapter, Deed, Form, Number, Stand, Story, Switch, hall};
use crate::chord::{self, ChordNode};
use crate::dht::{DhtCommand, DhtConfig, DhtNode};
use crate::gnutella::{self, GnutellaNode, Topology};
use crate::id::RingId as _;
use crate::napster::{self, NapsterNode};
use crate::pastry::{self, PastryNode};
use crate::protocol::{Peer, Request};
use crate::replication::{self, ReplicaNode};
use crate::sim::show::hashing::Tables;
use crate::sim::spec::SpecError;
use crate::sim::systems::System;
use crate::sim::systems::liar::{Lie, LyingConfig, LyingNode};
use crate::sim::world::Unobserved;
use crate::time::Duration;

const CHAPTER: Chapter = Chapter::Dhts;

/// A hash table in which files' holders were entered under the key of the file's name, each at the node responsible for it, so
/// that nobody could get in the way.
///
/// All rings of the stories may have liars, so that a page brings each system once.
pub(super) fn stored<O: Tables + 'static>(
    nodes: u32,
    overlay: O::Config,
    replicas: u8,
    (liars, lie): (Vec<Peer>, Lie),
    files: &[(Number, &str)],
) -> Result<Stand, SpecError> {
    let config = DhtConfig { overlay: LyingConfig { overlay, liars, lie }, replicas };
    let spec = hall::<DhtNode<LyingNode<O>>>(nodes, config);
    Stand::new::<DhtNode<LyingNode<O>>>(Form::Ring, <O as Tables>::NAME, spec, 0, |world| {
        for (number, (holder, name)) in (0..).zip(files) {
            let key = O::Id::of_name(world.space(), name);
            let ring: Vec<_> = world.members().collect();
            let owner = <DhtNode<LyingNode<O>> as System>::owner(world.config(), &ring, key);
            let value = format!("{} has it", world.text(Peer(holder - 1), 4)).into_bytes().into();
            let request = Request(1_000_000_000 + number);
            world.command(owner, DhtCommand::Insert { request, key, value }, &mut Unobserved);
            world.run_for(Duration::from_secs(2), &mut Unobserved);
        }
    })
}

/// Nobody lies.
pub(super) const HONEST: (Vec<Peer>, Lie) = (Vec::new(), Lie::Swallow);

pub(super) fn pastry_config() -> pastry::Config {
    pastry::Config { acks: false, heartbeat_period: None, ..pastry::Config::default() }
}

fn chord_config() -> chord::Config {
    chord::Config { acks: false, maintenance: None, ..chord::Config::default() }
}

pub(super) const FULL_REPLICATION: Story = Story {
    name: "full-replication",
    chapter: CHAPTER,
    title: "Everybody knows everything",
    slide: "Performance Comparison of P2P Techniques: full replication",
    why: &[
        "Every peer has the whole index. A search asks nobody, so it takes no message at all; the 1 of the table is the fetch that \
         follows.",
        "But whoever shares one more file tells all n − 1 others, and every peer keeps n entries. With peers that come and go all the \
         time, that is what it costs.",
    ],
    checks: &["replication-storage", "replication-messages", "replication-update"],
    switches: &[],
    words: "song",
    stands: |_| {
        let files = [(2, "lecture"), (5, "song"), (11, "recipe"), (17, "map")];
        Ok(vec![Stand::searching::<ReplicaNode>(Form::Star, 20, replication::Config::default(), &files)?])
    },
    deeds: |_| {
        vec![
            Deed::Fetch(1, "song"),
            Deed::Done,
            Deed::Publish(8, "news", ""),
            Deed::Done,
            Deed::Add("newcomer"),
            Deed::Done,
        ]
    },
    focus: 1,
};

pub(super) const ANY_WORDS: Story = Story {
    name: "search-any-words",
    chapter: CHAPTER,
    title: "Search for any words, or for a key",
    slide: "Comparison of P2P Techniques: search capabilities",
    why: &[
        "The same three files in each system, and somebody searches for “thammasat”. Napster's server and Gnutella's peers look at the \
         names they have, and find what contains the word.",
        "The hash table looks at the node responsible for the hash of “thammasat”; but what was stored lies at the hash of “thammasat \
         song”, which is somewhere else altogether. Only the exact name finds it.",
    ],
    checks: &["search-any-words", "dht-equality"],
    switches: &[],
    words: "thammasat song",
    stands: |_| {
        let files = [(4, "thammasat song"), (7, "lecture of thammasat"), (10, "recipe")];
        let napster = Stand::searching::<NapsterNode>(Form::Star, 12, napster::Config::default(), &files)?;
        let config = gnutella::Config {
            topology: Topology::Random { degree: 3 },
            topology_seed: 5,
            hop_wait: Duration::from_millis(60),
            ..gnutella::Config::published()
        };
        let gnutella = Stand::searching::<GnutellaNode>(Form::Waves, 12, config, &files)?;
        let table = stored::<PastryNode>(12, pastry_config(), 1, HONEST, &files)?;
        Ok(vec![napster, gnutella, table])
    },
    deeds: |_| vec![Deed::Search(1, "thammasat"), Deed::Done, Deed::Search(1, "thammasat song"), Deed::Done],
    focus: 1,
};

pub(super) const KEEPS_DATA: Story = Story {
    name: "replication-keeps-data",
    chapter: CHAPTER,
    title: "Copies keep a value alive",
    slide: "Comparison of P2P Techniques: replication",
    why: &[
        "A value is stored on the k nodes nearest to its key. Then those who hold it stop, one after the other, without a word. Each time \
         the neighbours notice, and copy it to the next nearest: it stays k times.",
        "With k = 1 the first failure loses it. With k = 3 it survives as long as not all three stop before one of them has been missed.",
    ],
    checks: &[],
    switches: &[Switch { label: "Copies k", options: &["3", "1", "2"] }],
    words: "news",
    stands: |chosen| {
        let overlay = pastry::Config { heartbeat_period: Some(Duration::from_secs(5)), ..pastry::Config::default() };
        Ok(vec![stored::<PastryNode>(16, overlay, [3, 1, 2][chosen[0]], HONEST, &[])?])
    },
    deeds: |_| {
        let holders = nearest("news", 3);
        let mut deeds = vec![Deed::Publish(asker(&holders), "news", "hello"), Deed::Done];
        for holder in &holders {
            deeds.extend([
                Deed::Kill(*holder),
                Deed::Wait(Duration::from_secs(25)),
                Deed::Search(asker(&holders), "news"),
                Deed::Done,
            ]);
        }
        deeds
    },
    focus: 1,
};

/// The story's peers nearest to a name's key in a hall of 16, nearest first: whom to stop, in the order that hurts.
fn nearest(name: &str, count: usize) -> Vec<Number> {
    use crate::id::Guid;
    let key = Guid::of_name((), name);
    let mut peers: Vec<Number> = (1..=16).collect();
    peers.sort_by_key(|number| {
        let away = Guid::of_name((), &format!("hall {}", number - 1)).0.wrapping_sub(key.0);
        away.min(away.wrapping_neg())
    });
    peers.truncate(count);
    peers
}

/// Somebody who is not stopped.
fn asker(stopped: &[Number]) -> Number {
    (1..).find(|number| !stopped.contains(number)).unwrap_or(1)
}

/// Nodes of the world with liars.
const HALL: u32 = 150;

pub(super) const FALSE_ROUTING: Story = Story {
    name: "attack-false-routing",
    chapter: CHAPTER,
    title: "Liars swallow what they should pass on",
    slide: "P2P Issues: false routing information can make the system useless",
    why: &[
        "One node in five lies: it takes part like the others, but keeps what it should pass on. A message of h hops meets h − 1 nodes on \
         the way, so it arrives with probability (1 − f)^(h−1): at f = 0.2 and four hops about half the time.",
        "In this ring of 150 Chord makes about four hops and Pastry, with b = 4, about two: so it loses more. Nobody can tell a liar from a lost message; a way out is to ask \
         again by other ways, and to have copies.",
    ],
    checks: &[],
    switches: &[
        Switch { label: "Liars", options: &["1 in 5", "none", "1 in 3"] },
        Switch { label: "They", options: &["swallow messages", "send them astray"] },
    ],
    words: "map",
    stands: |chosen| {
        // Who asks is peer 1, 6, 11 …, and honest.
        let every = [5, HALL, 3][chosen[0]];
        let liars: Vec<Peer> = (0..HALL).filter(|peer| peer % every == every - 1 && peer % 5 > 0).map(Peer).collect();
        let lie = [Lie::Swallow, Lie::Astray][chosen[1]];
        let files = [(1, "news"), (3, "map"), (5, "song"), (6, "recipe"), (9, "lecture"), (10, "poem")];
        let pastry = stored::<PastryNode>(HALL, pastry_config(), 1, (liars.clone(), lie), &files)?;
        let chord = stored::<ChordNode>(HALL, chord_config(), 1, (liars, lie), &files)?;
        Ok(vec![pastry, chord])
    },
    deeds: |_| {
        let searches = [
            (1, "news"),
            (1, "map"),
            (6, "song"),
            (11, "recipe"),
            (16, "lecture"),
            (21, "poem"),
            (26, "news"),
            (31, "map"),
        ];
        searches
            .into_iter()
            .flat_map(|(from, words)| [Deed::Search(from, words), Deed::Wait(Duration::from_secs(1))])
            .collect()
    },
    focus: 1,
};

pub(super) const FLOOD: Story = Story {
    name: "attack-flood",
    chapter: CHAPTER,
    title: "One peer floods the network",
    slide: "P2P Issues: easy to flood a Gnutella network",
    why: &[
        "P1 asks five times in a row for something that nobody has. In Gnutella each of its questions becomes one message on every link \
         that it reaches, and every peer looks through its files for it. In a ring each becomes a few messages.",
        "Nothing in the protocol tells an attacker from somebody who asks a lot. What helps is to limit how much a peer passes on for \
         each neighbour.",
    ],
    checks: &[],
    switches: &[],
    words: "nothing",
    stands: |_| {
        let config = gnutella::Config {
            topology: Topology::Random { degree: 4 },
            topology_seed: 7,
            hop_wait: Duration::from_millis(60),
            ..gnutella::Config::published()
        };
        let gnutella = Stand::searching::<GnutellaNode>(Form::Waves, 60, config, &[])?;
        let pastry = stored::<PastryNode>(60, pastry_config(), 1, HONEST, &[])?;
        Ok(vec![gnutella, pastry])
    },
    deeds: |_| {
        const NOTHING: [&str; 5] = ["nothing", "nowhere", "nobody", "never", "none"];
        NOTHING
            .into_iter()
            .flat_map(|words| [Deed::Search(1, words), Deed::Wait(Duration::from_millis(20))])
            .chain([Deed::Done])
            .collect()
    },
    focus: 1,
};
