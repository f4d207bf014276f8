//! The slides on Napster, Gnutella, FastTrack and full replication, and their rows of the comparison.

use std::sync::Arc;

use crate::fasttrack::{self, FastTrackNode};
use crate::gnutella::{self, GnutellaNode, Method, TTL_MAX};
use crate::napster::{self, NapsterNode};
use crate::protocol::{Peer, Request};
use crate::replication::{self, ReplicaNode};
use crate::search::SearchCommand;
use crate::sim::library::{Allocation, Library, LibrarySpec};
use crate::sim::searches::{Told, ask, search};
use crate::sim::spec::Spec;
use crate::sim::systems::Searching;
use crate::sim::world::World;
use crate::time::Duration;

use super::{Check, Deck, Verdict, given};

/// Peers of the worlds that formulas are held against.
const PEERS: u32 = 512;
/// Children of a super-peer.
const CHILDREN: u16 = 7;
const TABLE: &str = "Performance Comparison of P2P Techniques";
const ISSUES: &str = "Issues with Gnutella";
const LONG: Duration = Duration::from_secs(30);
/// Millions of measured users at Napster's peak, February 2001.
const NAPSTER_PEAK: f64 = 26.4;

pub(super) fn check(deck: &Deck, all: &mut Vec<Check>) {
    let (from, to) = deck.napster_users;
    all.push(Check::new(
        "napster-users",
        "Napster",
        format!("between {from} and {to} million users in 2000/2001"),
        format!("{NAPSTER_PEAK} million were measured at the peak"),
        given((from..=to).contains(&NAPSTER_PEAK), || "the measured peak lies outside".into()),
    ));
    flood(deck, all);
    methods(all);
    table(all);
}

/// C·(C − 1)^i summed over so many levels.
fn queries(degree: u64, levels: u32) -> u64 {
    (0..levels)
        .map(|level| degree.saturating_mul(degree.saturating_sub(1).saturating_pow(level)))
        .fold(0, u64::saturating_add)
}

fn flood(deck: &Deck, all: &mut Vec<Check>) {
    let (seven, eight) =
        (queries(deck.flood_degree, deck.flood_ttl), queries(deck.flood_degree, deck.flood_ttl.saturating_add(1)));
    let (ttl, said) = (deck.flood_ttl, deck.flood_messages);
    all.push(Check::new(
        "gnutella-26240",
        ISSUES,
        format!("TTL {ttl} and C = {}: {said} messages", deck.flood_degree),
        format!("{ttl} hops: {seven} queries, {} messages; one hop more: {eight} and {}", 2 * seven, 2 * eight),
        if said == 2 * seven {
            Verdict::Holds
        } else if said == 2 * eight {
            Verdict::HoldsIf(format!(
                "a message with TTL {ttl} makes {} hops, over a tree without circles, each with one reply",
                ttl + 1
            ))
        } else {
            Verdict::Fails("neither sum is that number".into())
        },
    ));
}

/// A world of peers that share one file each, and these files.
fn world<N: Searching>(config: N::Config) -> World<N> {
    let servers = N::servers(&config);
    let mut world: World<N> = Spec::random(PEERS + servers, 1, config).world().expect("a world can be");
    let spec = LibrarySpec {
        objects: PEERS / 4,
        copies: PEERS.into(),
        zipf: 1.0,
        allocation: Allocation::Proportional,
        seed: 1,
    };
    let library = Library::new(spec, servers..servers + PEERS);
    world.stock(library.placed());
    world
}

fn gnutella(method: Method) -> gnutella::Config {
    gnutella::Config { ttl: TTL_MAX, memory: 64, method, ..gnutella::Config::published() }
}

/// What one thing asked of a world's last peer sends, and what is told.
fn cost<N: Searching>(world: &mut World<N>, command: SearchCommand, span: Duration) -> (u64, Told) {
    let before = world.counters().sent_in_all();
    let asker = Peer(world.peers().len() as u32 - 1);
    let told = ask(world, asker, command, span);
    (world.counters().sent_in_all() - before, told)
}

fn publish() -> SearchCommand {
    SearchCommand::Publish { request: Request(7), name: Arc::from("news") }
}

fn methods(all: &mut Vec<Check>) {
    // A file of the middle of the list, so that it is neither everywhere nor at one peer.
    let words = "0000007";
    let by = |method| cost(&mut world::<GnutellaNode>(gnutella(method)), search(1, words), Duration::from_secs(1_000));
    let ((flooded, flood), (ringed, _), (walked, walk)) = (by(Method::Flood), by(Method::RING), by(Method::WALK));
    all.push(Check::new(
        "gnutella-ring",
        ISSUES,
        "expanding ring search improves on broadcasting".into(),
        format!("{ringed} messages instead of {flooded} among {PEERS} peers"),
        given(ringed < flooded, || "it takes more messages".into()),
    ));
    let first = |told: &Told| told.hits.iter().map(|hit| hit.0).min().map_or(f64::NAN, |at| at.as_millis_f64());
    let (fast, slow) = (first(&flood), first(&walk));
    all.push(Check::new(
        "gnutella-walk",
        ISSUES,
        "random walkers greatly reduce the message overhead, but increase the search time".into(),
        format!("{walked} messages instead of {flooded}; {slow:.0} ms instead of {fast:.0} ms"),
        given(walked < flooded / 2 && slow > fast, || "not so here".into()),
    ));
    let all_words =
        cost(&mut world::<GnutellaNode>(gnutella(Method::Flood)), search(1, "thammasat"), LONG).1.hits.len();
    all.push(Check::new(
        "search-any-words",
        "Comparison of P2P Techniques",
        "search(thammasat) can return all data that contains “thammasat”".into(),
        format!("Gnutella finds {all_words} files of several names"),
        given(all_words > 1, || "nothing of the kind is found".into()),
    ));
}

fn storage<N: Searching>(world: &World<N>) -> (usize, f64) {
    let servers = N::servers(world.config());
    let entries: Vec<usize> = world.nodes().iter().map(|node| node.entries(world.config())).collect();
    let most = entries.iter().max().copied().unwrap_or(0);
    let peers = &entries[servers as usize..];
    (most, peers.iter().sum::<usize>() as f64 / peers.len().max(1) as f64)
}

fn row(all: &mut Vec<Check>, name: &'static str, claim: &str, ours: String, verdict: Verdict) {
    all.push(Check::new(name, TABLE, claim.into(), ours, verdict));
}

/// The rows of the comparison's table, but for the hash table's.
fn table(all: &mut Vec<Check>) {
    gnutella_row(all);
    napster_row(all);
    replication_row(all);
    fasttrack_row(all);
}

fn gnutella_row(all: &mut Vec<Check>) {
    let n = f64::from(PEERS);
    let mut flat = world::<GnutellaNode>(gnutella(Method::Flood));
    let links: usize = flat.nodes().iter().map(|node| node.links().len()).sum();
    let searched = cost(&mut flat, search(1, "nothing of the kind"), LONG).0;
    let bound = links as u64 - u64::from(PEERS - 1);
    row(
        all,
        "gnutella-messages",
        "Unstructured (Gnutella): N messages",
        format!(
            "{searched} among {PEERS} peers of {:.1} links: twice the links less N − 1 = {bound}, about (C − 1)·N",
            links as f64 / n
        ),
        given(searched <= PEERS.into(), || "about (C − 1)·N, since duplicates are sent too".into()),
    );
    let hops = cost(&mut flat, search(2, "0000007"), LONG).1.hits.iter().map(|hit| hit.2).max().unwrap_or(0);
    row(
        all,
        "gnutella-latency",
        "Unstructured (Gnutella): latency log(n)",
        format!("the farthest answer comes from {hops} links away, log₂ n = {:.0}", libm::log2(n)),
        if f64::from(hops) <= 2.0 * libm::log2(n) {
            Verdict::HoldsIf("the TTL reaches so far; it bounds the latency".into())
        } else {
            Verdict::Fails("farther".into())
        },
    );
    let update = cost(&mut flat, publish(), LONG).0;
    row(
        all,
        "gnutella-update",
        "Unstructured (Gnutella): update cost 1",
        format!("{update} messages"),
        if update == 0 {
            Verdict::HoldsIf("what a peer does at home counts as 1: nobody is told".into())
        } else {
            Verdict::Fails("messages are sent".into())
        },
    );
}

fn napster_row(all: &mut Vec<Check>) {
    let n = f64::from(PEERS);
    let mut central = world::<NapsterNode>(napster::Config::default());
    let (most, mean) = storage(&central);
    row(
        all,
        "napster-storage",
        "Directory server (Napster): storage n (max), 1 (avg)",
        format!("{most} entries at the server, {mean:.1} at a peer, of {PEERS} peers"),
        given((most as f64 / n - 1.0).abs() < 0.25 && mean < 2.0, || "other numbers come out".into()),
    );
    let (searched, updated) = (cost(&mut central, search(1, "0000007"), LONG).0, cost(&mut central, publish(), LONG).0);
    row(
        all,
        "napster-messages",
        "Directory server (Napster): 1 message, update cost 1",
        format!("{searched} messages a search, {updated} an update"),
        if searched == 2 && updated == 2 {
            Verdict::HoldsIf("a question and its answer count as one".into())
        } else {
            Verdict::Fails("more is sent".into())
        },
    );
}

fn replication_row(all: &mut Vec<Check>) {
    let n = f64::from(PEERS);
    let mut whole = world::<ReplicaNode>(replication::Config::default());
    let (most, mean) = storage(&whole);
    row(
        all,
        "replication-storage",
        "Full replication: storage n",
        format!("{most} entries at most, {mean:.0} on average, of {PEERS} peers"),
        given((mean / n - 1.0).abs() < 0.25, || "another number comes out".into()),
    );
    let searched = cost(&mut whole, search(1, "0000007"), LONG).0;
    row(
        all,
        "replication-messages",
        "Full replication: latency 1, 1 message",
        format!("{searched} messages: the index is at home"),
        given(searched == 1, || "a search asks nobody".into()),
    );
    let updated = cost(&mut whole, publish(), LONG).0;
    row(
        all,
        "replication-update",
        "Full replication: update cost n",
        format!("{updated} messages among {PEERS} peers"),
        given((updated as f64 / n - 1.0).abs() < 0.05, || "another number comes out".into()),
    );
}

fn fasttrack_row(all: &mut Vec<Check>) {
    let n = f64::from(PEERS);
    let config = fasttrack::Config { children: CHILDREN, ttl: TTL_MAX, memory: 64, ..fasttrack::Config::default() };
    let mut tiers = world::<FastTrackNode>(config);
    let supers = tiers.nodes().iter().filter(|node| node.is_super()).count() as f64;
    let (most, mean) = storage(&tiers);
    let near = |claim: f64| (most as f64 / claim) < 2.0 && (most as f64 / claim) > 0.5;
    let measured =
        format!("at most {most} entries with C = {supers} and n/C = {:.1}; {mean:.1} on average", n / supers);
    row(
        all,
        "fasttrack-storage-n-c",
        "Super-peers (FastTrack): storage N/C (max); first version of the slide",
        measured.clone(),
        given(near(n / supers), || "it is not about N/C".into()),
    );
    row(
        all,
        "fasttrack-storage-c",
        "Super-peers (FastTrack): storage C (max); second version of the slide",
        measured,
        if near(supers) {
            Verdict::HoldsIf("C is about √n, so that C and n/C are alike".into())
        } else {
            Verdict::Fails("it is n/C, with C the number of super-peers".into())
        },
    );
    let searched = cost(&mut tiers, search(1, "nothing of the kind"), LONG).0;
    row(
        all,
        "fasttrack-messages",
        "Super-peers (FastTrack): C messages",
        format!("{searched} with C = {supers}"),
        given(searched as f64 <= 1.2 * supers, || {
            "about (L − 1)·C with L links of a super-peer, since duplicates are sent too".into()
        }),
    );
    let updated = cost(&mut tiers, publish(), LONG).0;
    row(
        all,
        "fasttrack-update",
        "Super-peers (FastTrack): update cost 1",
        format!("{updated} messages"),
        if updated <= 2 {
            Verdict::HoldsIf("a message and its acknowledgement count as one".into())
        } else {
            Verdict::Fails("more is sent".into())
        },
    );
}
