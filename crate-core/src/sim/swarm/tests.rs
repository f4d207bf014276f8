use super::*;
use crate::chord::Correctness;

const SPAN: Duration = Duration::from_secs(90);

#[test]
fn a_seed_always_stands_for_the_same_course() {
    let [first, again] = [7, 7].map(|seed| run(seed, SPAN));
    assert_eq!((first.log, first.events), (again.log, again.events));
}

#[test]
fn a_course_replays_in_a_session_record_by_record() {
    for seed in 0..8 {
        let course = run(seed, SPAN);
        assert!(!course.log.is_empty(), "seed {seed}");
        let end = course.log.last().map_or(0, |entry| entry.position);
        let lab = Lab::restore(course.setup.clone(), &course.log, end);
        assert!(lab.is_ok_and(|lab| lab.log() == course.log), "seed {seed}");
    }
}

#[test]
fn no_checker_objects_to_three_hundred_random_worlds() {
    for seed in 0..300 {
        let course = run(seed, SPAN);
        assert_eq!(course.failure, None, "seed {seed}");
    }
}

#[test]
fn a_failure_is_shrunk_to_deeds_that_still_lead_to_one() {
    // A ring of the published Chord, which is known to break.
    let found = (0..400).map(published).find(|course| course.failure.is_some()).expect("the published version breaks");
    let shortest = shrink(&found, 200);
    assert!(shortest.failure.is_some() && shortest.log.len() <= found.log.len());
    let end = shortest.failure.as_ref().map_or(0, |failure| failure.position);
    assert!(Lab::restore(shortest.setup.clone(), &shortest.log, end).is_ok(), "its history replays");
}

/// The course of a seed with the published version of Chord, if its world is one of Chord.
fn published(seed: u64) -> Course {
    let mut rng = Rng::seed_from_u64(seed ^ 0x0073_7761_726D);
    let mut setup = plan::setup(seed, &mut rng);
    if let Setup::Chord(spec) = &mut setup {
        spec.config.overlay.correctness = Correctness::Published;
    }
    play(setup, Script::Drawn { deeds: Box::new(Deeds::new(rng)), span: SPAN })
}
