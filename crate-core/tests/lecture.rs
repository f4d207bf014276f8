//! The deck's figures, exactly, and the course of the scenes as their texts tell it.
#![cfg(not(target_arch = "wasm32"))]

use overlay_core::chord;
use overlay_core::id::{RingId as _, sha1};
use overlay_core::lecture::{SCENES, Scene};
use overlay_core::protocol::{Note, Peer, Place, Request, Rule, Step};
use overlay_core::sim::lab::{Lab, PastryMember, Setup};
use overlay_core::sim::route::{Route, RouteEnd};
use overlay_core::sim::session::Session;
use overlay_core::sim::spec::Action;
use overlay_core::sim::trace::{Outcome, What};
use overlay_core::sim::words::sentences;
use overlay_core::time::Duration;

const EXAMPLE: [&str; 5] = ["65A1FC", "D13DA3", "D4213F", "D462BA", "D46A1C"];

fn scene(name: &str) -> &'static Scene {
    Scene::find(name).expect("a scene of the lecture")
}

/// A scene, played to its end.
fn played(name: &str) -> Lab {
    let mut lab = scene(name).start();
    while lab.step() {}
    lab
}

fn path(lab: &Lab, request: u32) -> Vec<String> {
    let digits = if lab.pastry().is_some() { 6 } else { 2 };
    route(lab, request).path().into_iter().map(|peer| lab.text(peer, digits)).collect()
}

fn route(lab: &Lab, request: u32) -> Route<'_> {
    lab.route(Request(request)).expect("the scene's request")
}

fn rules(lab: &Lab, request: u32) -> Vec<Rule> {
    route(lab, request).hops.iter().map(|hop| hop.decision.rule).collect()
}

fn end_at(lab: &Lab, request: u32) -> (String, u16) {
    match route(lab, request).end {
        Some(RouteEnd::Delivered { owner, hops, .. }) => (lab.text(owner, 6), hops),
        other => panic!("not delivered: {other:?}"),
    }
}

fn pastry(lab: &Lab) -> &Session<PastryMember> {
    lab.pastry().expect("a scene of Pastry")
}

/// The four nearest members on either side, by everybody's identifiers.
fn true_leaves(lab: &Lab, of: Peer) -> Vec<Peer> {
    let ring: Vec<Peer> = pastry(lab).world().members().map(|(_, peer)| peer).collect();
    let here = ring.iter().position(|peer| *peer == of).expect("a member");
    let mut leaves: Vec<Peer> = (1..=4)
        .flat_map(|step| [ring[(here + step) % ring.len()], ring[(here + ring.len() - step) % ring.len()]])
        .collect();
    leaves.sort();
    leaves
}

fn leaves(lab: &Lab, of: Peer) -> Vec<Peer> {
    let mut leaves: Vec<Peer> = pastry(lab).world().node(of).overlay().leaf_set().clockwise().collect();
    leaves.sort();
    leaves
}

#[test]
fn the_example_gains_a_digit_at_every_hop() {
    let lab = played("pastry-example");
    assert_eq!(path(&lab, 0), EXAMPLE);
    let by_table = |row, column| Rule::RoutingTable { row, column };
    assert_eq!(rules(&lab, 0), [by_table(0, 0xD), by_table(1, 0x4), by_table(2, 0x6), Rule::LeafSet]);
    let shared: Vec<(u8, u8)> =
        route(&lab, 0).hops.iter().map(|hop| (hop.decision.shared, hop.decision.shared_next)).take(3).collect();
    assert_eq!(shared, [(0, 1), (1, 2), (2, 3)]);
    assert_eq!(end_at(&lab, 0), ("D46A1C".into(), 4));
}

#[test]
fn the_nodes_of_the_example_found_each_other_by_their_own_tables() {
    let lab = scene("pastry-example").start();
    for (row, pair) in EXAMPLE[..4].windows(2).enumerate() {
        let [from, to] = [pair[0], pair[1]].map(|digits| lab.find_digits(digits).expect("in the world"));
        let column = u32::from_str_radix(&EXAMPLE[4][row..=row], 16).expect("a digit") as usize;
        let node = pastry(&lab).world().node(from).overlay();
        assert_eq!(node.routing_table().cell(row, column), Some(to));
        // Nobody else who fits there is as near: that is why it stands there.
        let plane = pastry(&lab).world().plane();
        let prefix = &EXAMPLE[4][..=row];
        let rivals = (0..lab.node_count()).map(Peer).filter(|peer| lab.text(*peer, 6).starts_with(prefix));
        let nearest = rivals.min_by_key(|peer| plane.one_way(from, *peer));
        assert_eq!(nearest, Some(to), "row {row}");
    }
}

#[test]
fn leaf_sets_alone_need_many_times_the_hops_on_the_same_ring() {
    let alone = played("pastry-leaf-set-only");
    let with_table = scene("pastry-example").start();
    let ring = |lab: &Lab| (0..lab.node_count()).map(|peer| lab.text(Peer(peer), 32)).collect::<Vec<_>>();
    assert_eq!(ring(&alone), ring(&with_table));
    for hop in &route(&alone, 0).hops {
        let chosen = hop.decision.chosen().expect("somebody was chosen");
        assert!(matches!(chosen.place, Place::LeafSet { .. }), "{chosen:?}");
    }
    let (owner, hops) = end_at(&alone, 0);
    assert_eq!(owner, "D46A1C");
    assert!(hops >= 4 * end_at(&with_table, 0).1, "{hops} hops");
    // Four places on at a time, along the shorter side.
    let between = (0..alone.node_count()).map(|peer| alone.text(Peer(peer), 6));
    let between = between.filter(|id| "65A1FC" < id.as_str() && id.as_str() <= "D46A1C").count();
    assert_eq!(usize::from(hops), between.div_ceil(4));
}

#[test]
fn the_first_four_rows_hold_a_node_for_every_digit_but_the_own() {
    let lab = played("pastry-routing-table");
    let me = lab.find_digits("65A1FC").expect("in the world");
    let table = pastry(&lab).world().node(me).overlay().routing_table().clone();
    for (row, own) in [0x6, 0x5, 0xA, 0x1].into_iter().enumerate() {
        for column in 0..16 {
            let entry = table.cell(row, column).map(|peer| lab.text(peer, row + 1));
            let fits = (column != own).then(|| format!("{}{column:X}", &"65A1"[..row]));
            assert_eq!(entry, fits, "row {row}, column {column:X}");
        }
    }
    assert_eq!(table.entries().filter(|(row, ..)| *row >= 4).count(), 0);
    assert_eq!(rules(&lab, 0), [Rule::RoutingTable { row: 2, column: 0xC }]);
}

#[test]
fn a_newcomer_is_led_along_the_way_of_its_own_digits() {
    let lab = played("pastry-join");
    assert_eq!(path(&lab, 0), ["65A1FC", "D13DA3", "D4213F", "D462BA", "D467C4"]);
    let newcomer = lab.find_digits("D46A1C").expect("it came in");
    assert!(lab.is_member(newcomer));
    assert_eq!(leaves(&lab, newcomer), true_leaves(&lab, newcomer));
    for peer in true_leaves(&lab, newcomer) {
        assert!(leaves(&lab, peer).contains(&newcomer), "{} knows it", lab.text(peer, 6));
    }
    // Row i comes from the i-th node of the way.
    let rows: Vec<(String, u8)> = lab
        .trace()
        .records()
        .iter()
        .flat_map(|record| &record.notes)
        .filter_map(|note| match note {
            Note::RowsReceived { from, first, .. } => Some((lab.text(*from, 6), *first)),
            _ => None,
        })
        .collect();
    for (row, from) in ["65A1FC", "D13DA3", "D4213F", "D462BA"].into_iter().enumerate() {
        assert!(rows.contains(&(from.to_string(), row as u8)), "{rows:?}");
    }
    let set_by = |wanted: &str| {
        lab.trace().records().iter().any(|record| {
            record
                .notes
                .iter()
                .any(|note| matches!(note, Note::NeighboursReceived { from } if lab.text(*from, 6) == wanted))
        })
    };
    assert!(set_by("D467C4"), "the leaf set is that of the numerically closest node");
}

#[test]
fn a_message_gets_past_a_dead_node_and_its_neighbours_repair_their_leaf_sets() {
    let lab = played("pastry-failure");
    let dead = (0..lab.node_count()).map(Peer).find(|peer| lab.text(*peer, 6) == "D462BA").expect("was there");
    assert!(!lab.is_alive(dead));
    let taken = route(&lab, 1);
    assert!(taken.hops.iter().any(|hop| hop.to == dead && hop.arrival.is_none()), "its usual way leads to D462BA");
    assert!(!taken.path().contains(&dead));
    assert_eq!(end_at(&lab, 1).0, "D46A1C");
    let silent = |note: &Note| *note == Note::TimedOut { peer: dead };
    let noticed = lab.trace().records().iter().find(|record| record.notes.iter().any(silent));
    assert_eq!(noticed.map(|record| lab.text(record.node, 6)).as_deref(), Some("D4213F"));
    // Whoever was told, or noticed, has a leaf set without it and without a gap.
    let forgot: Vec<Peer> = (0..lab.node_count())
        .map(Peer)
        .filter(|peer| {
            let forgets = |note: &Note| *note == Note::Forgotten { peer: dead };
            lab.trace().records().iter().any(|record| record.node == *peer && record.notes.iter().any(forgets))
        })
        .collect();
    assert!(!forgot.is_empty());
    for peer in forgot {
        assert!(!lab.known_peers(peer).contains(&dead));
        assert_eq!(leaves(&lab, peer), true_leaves(&lab, peer), "{}", lab.text(peer, 6));
    }
}

#[test]
fn the_finger_tables_of_0_and_9_are_those_of_the_slide() {
    let lab = scene("chord-fingers").start();
    let bits = lab.chord().expect("Chord").spec().config.overlay.bits;
    let table = |digits: &str| -> Vec<(String, String, String)> {
        let node = lab.find_digits(digits).expect("in the world");
        let rows = lab.chord().expect("Chord").world().node(node).overlay().fingers(bits);
        let text = |id: overlay_core::id::ChordId| id.text(bits, 2);
        rows.iter()
            .map(|row| {
                let interval = format!("[{}, {})", text(row.start), text(row.end.plus_power(0, bits)));
                (text(row.start), interval, lab.text(row.peer, 2))
            })
            .collect()
    };
    let row = |start: &str, interval: &str, successor: &str| (start.into(), interval.into(), successor.into());
    assert_eq!(
        table("0"),
        [row("1", "[1, 2)", "1"), row("2", "[2, 4)", "3"), row("4", "[4, 8)", "7"), row("8", "[8, 0)", "9")]
    );
    assert_eq!(
        table("9"),
        [row("10", "[10, 11)", "11"), row("11", "[11, 13)", "11"), row("13", "[13, 1)", "14"), row("1", "[1, 9)", "1")]
    );
}

#[test]
fn the_search_for_13_goes_the_slides_way() {
    let lab = played("chord-search-13");
    assert_eq!(path(&lab, 0), ["0", "9", "14"]);
    assert_eq!(rules(&lab, 0), [Rule::FingerInterval, Rule::FingerInterval]);
    // 14 answers 0 directly.
    let (number, _) = route(&lab, 0).answered.expect("0 has its answer");
    let answer = &lab.trace().records()[number as usize];
    assert_eq!(lab.text(answer.node, 2), "0");
    assert!(matches!(answer.what, What::Arrival(letter) if lab.text(letter.from, 2) == "14"));
    assert!(matches!(answer.outcomes[..], [Outcome::Answered { hops: 2, .. }]));
}

#[test]
fn by_the_published_rule_the_search_for_13_also_visits_11() {
    let scene = scene("chord-search-13");
    let Setup::Chord(mut spec) = scene.setup() else { panic!("a scene of Chord") };
    spec.config.overlay.rule = chord::RoutingRule::Published;
    let lab = scene.start_with(Setup::Chord(spec)).expect("can be");
    assert_eq!(path(&lab, 0), ["0", "9", "11", "14"]);
    assert_eq!(rules(&lab, 0), [Rule::ClosestPreceding, Rule::ClosestPreceding, Rule::Successor]);
}

#[test]
fn the_naive_walk_visits_every_node_up_to_the_owner() {
    let lab = played("chord-naive");
    assert_eq!(path(&lab, 0), ["0", "1", "3", "7", "9", "11", "14"]);
    assert!(rules(&lab, 0).iter().all(|rule| *rule == Rule::NaiveSuccessor));
}

#[test]
fn every_scene_can_be_stepped_to_an_end_and_each_step_says_something() {
    for scene in SCENES {
        let mut lab = scene.start();
        let known = lab.trace().len();
        let mut stops = 0;
        while lab.step() {
            stops += 1;
            assert!(stops <= 40, "{} goes on and on", scene.name);
            let said = sentences(&lab, lab.position() - 1, scene.digits);
            assert!(!said.is_empty(), "{}: nothing to say at record {}", scene.name, lab.position() - 1);
        }
        assert!(stops >= 3, "{}: {stops} stops", scene.name);
        assert_eq!(lab.trace().len(), known, "{}: the whole course is known from the start", scene.name);
        assert!(lab.clock() <= lab.origin() + Duration::from_secs(60));
        for (number, entry) in lab.log().iter().enumerate() {
            // A newcomer by the paper's Chord asks nobody whether it may come in.
            let comes_in = matches!(entry.action, Action::Add { .. }) && scene.name != "chord-broken";
            if comes_in || matches!(entry.action, Action::Route { .. }) {
                let route = route(&lab, number as u32);
                assert!(route.end.is_some() && route.answered.is_some(), "{}: it comes to an end", scene.name);
                assert!(route.hops.iter().all(|hop| hop.decision.next == Step::Forward(hop.to)));
            }
        }
        assert!(!lab.is_busy());
    }
}

#[test]
fn a_scene_stepped_back_to_its_beginning_is_as_it_was() {
    let digest = |lab: &Lab| {
        let nodes = match lab {
            Lab::Pastry(session) => format!("{:?}", session.world().nodes()),
            Lab::Chord(session) => format!("{:?}", session.world().nodes()),
        };
        (lab.position(), lab.clock(), sha1(nodes.as_bytes()))
    };
    for scene in SCENES {
        let mut lab = scene.start();
        let mut seen = vec![digest(&lab)];
        while lab.step() {
            seen.push(digest(&lab));
        }
        for state in seen.iter().rev().skip(1) {
            assert!(lab.step_back());
            assert_eq!(digest(&lab), *state, "{}", scene.name);
        }
    }
}
