//! FastTrack's slides: three types of peers, two floors.

use super::{Chapter, Deed, Form, Stand, Story};
use crate::fasttrack::{Config, FastTrackNode};
use crate::sim::spec::SpecError;
use crate::time::Duration;

const FILES: [(u32, &str); 9] = [
    (3, "thammasat song"),
    (6, "rangsit lecture"),
    (9, "recipe"),
    (14, "thammasat lecture"),
    (17, "song"),
    (21, "recipe som tam"),
    (23, "thammasat song"),
    (24, "lecture chord"),
    (12, "map"),
];

fn floors(peers: u32, config: Config) -> Result<Vec<Stand>, SpecError> {
    let config = Config { hop_wait: Duration::from_millis(60), ..config };
    Ok(vec![Stand::searching::<FastTrackNode>(Form::Floors, peers, config, &FILES)?])
}

pub(super) const SEARCH: Story = Story {
    name: "fasttrack-search",
    chapter: Chapter::FastTrack,
    title: "Two floors: children ask their super-peer",
    slide: "Super-Peer Architecture",
    why: &[
        "An ordinary peer tells its super-peer what it shares, and asks it, as it would ask Napster's server. The super-peer looks at its \
         index of its own children, and asks the other super-peers, as Gnutella's peers do.",
        "So a question floods only the C super-peers, not all n; and when one of them fails, only its children have to look for another.",
    ],
    checks: &["fasttrack-messages", "fasttrack-storage-n-c", "fasttrack-storage-c"],
    switches: &[],
    words: "thammasat",
    stands: |_| floors(36, Config { children: 5, links: 3, ..Config::default() }),
    deeds: |_| vec![Deed::Fetch(9, "thammasat"), Deed::Done],
    focus: 9,
};

pub(super) const PROMOTION: Story = Story {
    name: "fasttrack-promotion",
    chapter: Chapter::FastTrack,
    title: "Peers rise, super-peers fall",
    slide: "Super-Peer Architecture: client software can dynamically change node from peer to super-peer",
    why: &[
        "Newcomers ask the starter (super-super-peer) for super-peers, and become children of one. When a super-peer has too many, it \
         makes the most powerful of them a super-peer, and gives it half of the others.",
        "Then a super-peer stops without a word. Its children notice when it answers no more, look for another one, and tell it what \
         they share: nothing is lost but time.",
    ],
    checks: &[],
    switches: &[],
    words: "recipe",
    stands: |_| {
        floors(24, Config { children: 5, links: 3, keepalive: Some(Duration::from_secs(2)), ..Config::default() })
    },
    deeds: |_| {
        vec![
            Deed::Add("newcomer"),
            Deed::Done,
            Deed::Wait(Duration::from_secs(1)),
            Deed::Kill(first_super(24)),
            Deed::Wait(Duration::from_secs(10)),
            Deed::Search(9, "recipe"),
            Deed::Done,
        ]
    },
    focus: 9,
};

/// The most powerful peer of the hall, which is a super-peer from the beginning.
fn first_super(peers: u32) -> u32 {
    use crate::id::{Guid, RingId as _};
    let capacity = |number: &u32| FastTrackNode::capacity_of(Guid::of_name((), &format!("hall {number}")));
    // Node 0 is the starter, so node i is the story's peer i.
    (1..=peers).max_by_key(|number| (capacity(number), std::cmp::Reverse(*number))).unwrap_or(1)
}
