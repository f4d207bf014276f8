use super::*;
use crate::draw::{Rect, Size, TypicalFonts, point};
use crate::lecture::story::{STORIES, Story};

fn composed(name: &str, step: u32) -> (GraphFrame, GraphComposition) {
    let story = Story::find(name).expect("a story");
    let stand = &mut story.start(&[])[0];
    let places = places(stand, stand.peer(story.focus));
    for _ in 0..step {
        stand.show.step();
    }
    let frame = frame(stand, &places, Look { selected: Some(Peer(1)), ..Look::default() });
    let composition = frame.compose(Size { width: 900.0, height: 700.0 }, &TypicalFonts);
    (frame, composition)
}

#[test]
fn everything_of_every_story_is_inside_the_picture_and_nobody_lies_on_somebody() {
    for story in STORIES {
        for stand in &mut story.start(&[]) {
            let places = places(stand, stand.peer(story.focus));
            let end = stand.show.trace().len();
            stand.show.seek(end);
            let frame = frame(stand, &places, Look::default());
            let composition = frame.compose(Size { width: 640.0, height: 480.0 }, &TypicalFonts);
            let whole = Rect { min: Point::default(), max: point(640.0, 480.0) };
            assert!(composition.points.iter().all(|p| whole.holds(Rect::of([*p]).grown(4.0))), "{}", story.name);
            assert!(composition.still.iter().all(|shape| whole.holds(shape.bounds())), "{}", story.name);
            if frame.nodes.len() <= 60 {
                for (i, a) in composition.points.iter().enumerate() {
                    for b in &composition.points[..i] {
                        assert!(a.distance(*b) > 6.0, "{}: two nodes at {a:?}", story.name);
                    }
                }
            }
        }
    }
}

#[test]
fn a_wave_reaches_the_circle_of_its_number() {
    let (frame, _) = composed("gnutella-26240", 4);
    let captions: Vec<&str> = frame.circles.iter().map(|circle| &*circle.caption).collect();
    assert_eq!(captions, ["4 peers", "12 peers", "36 peers", "", "", "", "", ""]);
}

#[test]
fn places_stay_while_a_course_goes_on() {
    let (before, _) = composed("fasttrack-promotion", 0);
    let (after, _) = composed("fasttrack-promotion", 12);
    assert!(before.nodes.iter().zip(after.nodes.iter()).all(|(a, b)| a.at == b.at));
    assert_ne!(before.edges, after.edges);
}

#[test]
fn who_has_what_is_searched_for_is_marked_from_the_beginning_of_the_search() {
    let (frame, _) = composed("gnutella-search", 1);
    let holders: Vec<&str> = frame.nodes.iter().filter(|node| node.has).map(|node| &*node.name).collect();
    assert_eq!(holders, ["P7", "P19", "P28"]);
    assert_eq!(frame.nodes.iter().filter(|node| node.mark == Mark::Asker).count(), 1);
}
