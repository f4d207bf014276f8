use super::*;
use crate::protocol::Request;
use crate::search::SearchEvent;
use crate::sim::show::{Tally, score};
use crate::sim::trace::Outcome;

/// A story at its end, with the deck's choices.
fn at_end(name: &str, chosen: &[usize]) -> Vec<Stand> {
    let story = Story::find(name).expect("a story of the deck");
    let mut stands = story.start(chosen);
    for stand in &mut stands {
        let len = stand.show.trace().len();
        stand.show.seek(len);
    }
    stands
}

/// What was counted of the request number `number` of those that ask for something.
fn tally(stand: &Stand, number: usize) -> Tally {
    let asked = stand.show.log().iter().enumerate().filter(|(_, entry)| entry.action.request().is_some());
    let request = asked.map(|(at, _)| Request(at as u32)).nth(number).expect("so many requests");
    Tally::of(&*stand.show, request, stand.show.trace().len())
}

#[test]
fn every_story_starts_with_every_choice_and_has_something_to_stop_at() {
    for story in STORIES {
        let choices = story.switches.iter().enumerate().flat_map(|(at, switch)| {
            (0..switch.options.len())
                .map(move |option| (0..=at).map(|i| if i == at { option } else { 0 }).collect::<Vec<_>>())
        });
        for chosen in std::iter::once(Vec::new()).chain(choices) {
            for stand in &mut story.start(&chosen) {
                let asked = stand.show.trace().records().iter().filter(|record| record.is_major()).count();
                assert!(asked > 1, "{} {chosen:?} {}", story.name, stand.title);
                assert_eq!(stand.show.position(), 0);
            }
        }
    }
}

#[test]
fn names_are_there_once_and_belong_to_no_other_scene() {
    let mut names: Vec<_> = STORIES.iter().map(|story| story.name).collect();
    names.extend(super::super::SCENES.iter().map(|scene| scene.name));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// What every node told in a world's course.
fn told(stand: &Stand) -> impl Iterator<Item = (Peer, &Outcome)> {
    stand.show.trace().records().iter().flat_map(|record| record.outcomes.iter().map(|outcome| (record.node, outcome)))
}

#[test]
fn the_tree_has_the_slides_26240_messages_and_seven_hops_have_8744() {
    for (rule, queries) in [(0, 13_120), (1, 4_372)] {
        let tally = tally(&at_end("gnutella-26240", &[rule])[0], 0);
        assert_eq!((tally.questions, tally.matched.len()), (queries, queries as usize));
        assert_eq!(tally.duplicates, 0, "a tree has no circle");
    }
}

#[test]
fn a_real_network_has_duplicates_and_its_tree_has_none() {
    let duplicates = |topology| tally(&at_end("gnutella-duplicates", &[topology])[0], 0).duplicates;
    assert!(duplicates(0) > 100 && duplicates(1) > 100 && duplicates(2) > 10);
    assert_eq!(duplicates(3), 0);
}

#[test]
fn without_its_server_napster_finds_nothing_and_with_a_second_one_something() {
    let hits = |servers: usize| {
        let stands = at_end("napster-server-down", &[servers]);
        [0, 1, 2].map(|number| tally(&stands[0], number).hits)
    };
    let (one, two) = (hits(0), hits(1));
    assert!(one[0] > 0 && one[1..] == [0, 0], "{one:?}");
    assert!(two[0] > 0 && two[2] > 0, "{two:?}");
}

#[test]
fn expanding_rings_and_walkers_find_the_file_with_fewer_messages_than_a_flood() {
    let flood = tally(&at_end("gnutella-expanding-ring", &[1])[0], 0);
    let ring = tally(&at_end("gnutella-expanding-ring", &[0])[0], 0);
    let walk = tally(&at_end("gnutella-random-walk", &[])[0], 0);
    assert!(flood.hits > 0 && ring.hits > 0 && walk.hits > 0);
    assert!(ring.questions < flood.questions && walk.questions < flood.questions);
}

#[test]
fn a_file_comes_out_from_behind_the_firewall_by_push() {
    let stands = at_end("gnutella-push", &[]);
    let letters = stands[0].show.trace().records();
    assert!(letters.iter().any(|record| {
        matches!(record.what, crate::sim::trace::What::Arrival(letter) if letter.name == "push" && record.node == Peer(6))
    }));
    let fetched = |outcome: &Outcome| matches!(outcome, Outcome::Search(SearchEvent::Fetched { holder, .. }) if *holder == Peer(6));
    assert!(told(&stands[0]).any(|(node, outcome)| node == Peer(0) && fetched(outcome)));
}

#[test]
fn a_newcomer_links_to_four_peers_and_finds_files_through_them() {
    let stands = at_end("gnutella-join", &[]);
    let newcomer = stands[0].peer(13);
    assert_eq!(stands[0].show.ties(newcomer).len(), 4);
    assert!(tally(&stands[0], 0).hits > 0);
}

#[test]
fn super_peers_rise_and_one_that_stops_loses_no_file() {
    let stands = at_end("fasttrack-promotion", &[]);
    assert!(told(&stands[0]).any(|(_, outcome)| *outcome == Outcome::Search(SearchEvent::Promoted)));
    assert!(tally(&stands[0], 0).hits > 0);
}

#[test]
fn full_replication_asks_nobody_and_tells_everybody() {
    let stands = at_end("full-replication", &[]);
    let (search, publish) = (tally(&stands[0], 0), tally(&stands[0], 1));
    assert_eq!((search.questions, search.hits), (0, 1));
    assert_eq!(publish.others, 19, "all others hear of the new file");
}

#[test]
fn words_find_files_where_names_are_looked_at_and_not_in_a_hash_table() {
    let stands = at_end("search-any-words", &[]);
    let hits = |number| stands.iter().map(|stand| tally(stand, number).hits).collect::<Vec<_>>();
    assert_eq!(hits(0), [2, 2, 0], "one word");
    assert_eq!(hits(1), [1, 1, 1], "the whole name");
}

#[test]
fn three_copies_outlive_their_holders_one_by_one_and_one_copy_does_not() {
    let score = |copies| score(&*at_end("replication-keeps-data", &[copies])[0].show);
    assert_eq!(score(0), (3, 3));
    assert_eq!(score(1), (3, 0));
}

#[test]
fn liars_make_searches_fail_and_without_them_none_does() {
    let scores =
        |liars| at_end("attack-false-routing", &[liars]).iter().map(|stand| score(&*stand.show)).collect::<Vec<_>>();
    assert_eq!(scores(1), [(8, 8), (8, 8)]);
    let lied_to = scores(0);
    assert!(lied_to[1].1 < 8 && lied_to[0].1 >= lied_to[1].1, "more hops, more liars: {lied_to:?}");
}

#[test]
fn the_same_questions_cost_a_flooded_network_many_times_as_much_as_a_ring() {
    let stands = at_end("attack-flood", &[]);
    let sent = |stand: &Stand| stand.show.counters().sent_in_all();
    assert!(sent(&stands[0]) > 20 * sent(&stands[1]), "{} and {}", sent(&stands[0]), sent(&stands[1]));
}

#[test]
fn without_the_server_clients_get_nothing_and_peers_go_on() {
    let stands = at_end("client-server-vs-p2p", &[]);
    assert!(tally(&stands[0], 0).hits > 0 && tally(&stands[1], 0).hits > 0);
    assert_eq!(tally(&stands[0], 1).hits, 0);
    assert!(tally(&stands[1], 1).hits > 0);
}

#[test]
fn who_keeps_the_whole_index_asks_nobody_and_who_keeps_none_of_it_asks_most() {
    let stands = at_end("locate-a-resource", &[]);
    let asked: Vec<u64> = stands.iter().map(|stand| tally(stand, 0).questions).collect();
    assert!(asked[0] == 0 && asked[1] > asked[2] && asked[2] > 0, "{asked:?}");
    assert!(stands.iter().all(|stand| tally(stand, 0).hits == 1));
}

#[test]
fn what_was_done_to_a_story_comes_back_the_same() {
    for story in STORIES {
        let mut stands = story.start(&[]);
        let mut worlds: Vec<&mut Stand> = stands.iter_mut().collect();
        for stand in &mut worlds {
            let len = stand.show.trace().len();
            stand.show.seek(len);
        }
        act(&mut worlds, |stand| Action::Search { from: stand.peer(2), key: Key::Name("song".into()) })
            .expect("P2 runs");
        let logs: Vec<_> = stands.iter().map(|stand| (stand.show.log().to_vec(), stand.show.position())).collect();
        let again = story.restore(&[], &logs).expect("its own history");
        for (one, other) in stands.iter().zip(&again) {
            assert_eq!(one.show.trace_hash(), other.show.trace_hash(), "{}", story.name);
        }
    }
}
