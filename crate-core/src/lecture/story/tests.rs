use super::*;
use crate::sim::show::{Tally, words};

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
    let asked = stand.show.log().iter().enumerate().filter(|(_, entry)| entry.action.is_request());
    let request = asked.map(|(at, _)| crate::protocol::Request(at as u32)).nth(number).expect("so many requests");
    Tally::of(&*stand.show, request, stand.show.trace().len())
}

#[test]
#[ignore]
fn print() {
    for story in STORIES {
        println!("=== {}", story.name);
        for stand in story.start(&[]).iter_mut() {
            println!(
                "--- {} {:?} records {} end {}",
                stand.title,
                stand.form,
                stand.show.trace().len(),
                (stand.show.end() - stand.show.origin()).0 / 1000
            );
            let mut n = 0;
            while stand.show.step() {
                n += 1;
                let t = stand.show.last_request().map(|(r, _)| Tally::of(&*stand.show, r, stand.show.position()));
                let t = t
                    .map(|t| format!("q{} a{} d{} v{} h{}", t.questions, t.answers, t.duplicates, t.visited(), t.hits));
                println!(
                    "{n} {}ms {} | {}",
                    (stand.show.clock() - stand.show.origin()).0 / 1000,
                    words::moment(&*stand.show),
                    t.unwrap_or_default()
                );
                if n > 60 {
                    break;
                }
            }
        }
    }
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
