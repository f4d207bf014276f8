use super::*;

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
