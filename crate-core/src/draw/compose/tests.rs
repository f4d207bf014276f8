//! Properties of whole pictures.

use proptest::prelude::*;

use super::super::frame::{FingerArc, Flight, Frame, HopState, NodeState, Space, StageHop, StageNode, View};
use super::super::geometry::{Rect, point};
use super::super::layout::Size;
use super::super::picture::{Ink, Shape, Text, TypicalFonts};
use super::super::route::hop_share;
use super::Composition;
use crate::id::{Digits, IdBits};
use crate::protocol::{Peer, Purpose};

const HALL: Size = Size { width: 970.0, height: 900.0 };
const PHONE: Size = Size { width: 390.0, height: 420.0 };

/// The slide's route among 40 nodes.
fn slide(view: View) -> Frame {
    let mut ids: Vec<u128> = [0x65A1FC, 0xD13DA3, 0xD4213F, 0xD462BA, 0xD46A1C, 0xD467C4].map(|id| id << 104).to_vec();
    ids.extend((1..35_u128).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834)));
    let mut frame = with_nodes(Space::Pastry { digits: Digits::Bits4, shown: 6 }, view, &ids);
    frame.key = Some(0xD46A1C << 104);
    frame.hops = hops(&[0, 1, 2, 3, 4]);
    frame.deciding = Some(Peer(2));
    frame
}

fn with_nodes(space: Space, view: View, ids: &[u128]) -> Frame {
    let mut frame = Frame::empty(space);
    let state = |i: u32| match i % 11 {
        9 => NodeState::Dead,
        8 => NodeState::Away,
        _ => NodeState::Active,
    };
    frame.nodes = ids.iter().zip(0..).map(|(at, i)| StageNode { peer: Peer(i), at: *at, state: state(i) }).collect();
    frame.view = view;
    frame
}

fn hops(route: &[u32]) -> Vec<StageHop> {
    let state = |i: usize| match i {
        0 => HopState::Done,
        1 => HopState::Current { progress: 0.4, rate: 0.5 },
        _ => HopState::Next,
    };
    let hop =
        |(i, w): (usize, &[u32])| StageHop { from: Peer(w[0]), to: Peer(w[1]), number: i as u16 + 1, state: state(i) };
    route.windows(2).enumerate().map(hop).collect()
}

fn texts(shapes: &[Shape]) -> Vec<&Text> {
    shapes.iter().filter_map(|s| if let Shape::Text(text) = s { Some(text) } else { None }).collect()
}

fn written(text: &Text) -> String {
    text.runs.iter().map(|run| run.text.as_str()).collect()
}

#[test]
fn every_node_of_the_slides_route_is_named_in_both_views_and_on_a_phone() {
    for (view, size) in [(View::Unfolded, HALL), (View::Ring, HALL), (View::Unfolded, PHONE), (View::Ring, PHONE)] {
        let picture = Composition::new(&slide(view), size, &TypicalFonts);
        let written: Vec<String> = texts(&picture.still).into_iter().map(written).collect();
        for name in ["65A1FC", "D13DA3", "D4213F", "D462BA", "D46A1C"] {
            assert_eq!(written.iter().filter(|w| *w == name).count(), 1, "{name}: {view:?} {size:?} {written:?}");
        }
    }
}

#[test]
fn all_hop_numbers_are_there_even_where_the_route_stays_in_one_sixteenth_of_the_ring() {
    let picture = Composition::new(&slide(View::Ring), HALL, &TypicalFonts);
    let numbers: Vec<String> =
        texts(&picture.still).into_iter().filter(|t| t.runs[0].ink == Ink::Accent).map(written).collect();
    assert_eq!(numbers, ["1", "2", "3", "4"]);
}

#[test]
fn the_digits_that_a_node_shares_with_the_key_stand_out() {
    let picture = Composition::new(&slide(View::Unfolded), HALL, &TypicalFonts);
    let texts = texts(&picture.still);
    let name = texts.iter().find(|t| written(t) == "D4213F").expect("the node is named");
    assert_eq!((name.runs[0].text.as_str(), name.runs[0].ink), ("D4", Ink::Match));
}

#[test]
fn captions_name_the_rows_and_their_prefix() {
    let picture = Composition::new(&slide(View::Unfolded), HALL, &TypicalFonts);
    let written: Vec<String> = texts(&picture.still).into_iter().map(written).collect();
    for caption in ["row 0 · all GUIDs", "row 1 · D…", "row 2 · D4…", "row 3 · D46…"] {
        assert!(written.iter().any(|w| w == caption), "{caption}");
    }
}

#[test]
fn the_slides_chord_search_shows_what_remains_at_each_hop() {
    let bits = IdBits::new(4).expect("a ring of 4 bits");
    let ids = [0_u128, 1, 3, 7, 9, 11, 14].map(|id| id << 124);
    let mut frame = with_nodes(Space::Chord { bits, shown: 6 }, View::Unfolded, &ids);
    frame.key = Some(13 << 124);
    frame.hops = hops(&[0, 4, 6]);
    let picture = Composition::new(&frame, HALL, &TypicalFonts);
    let written: Vec<String> = texts(&picture.still).into_iter().map(written).collect();
    assert!(written.iter().any(|w| w == "13 to go") && written.iter().any(|w| w == "4 to go"), "{written:?}");
    assert!((0..16).all(|i| written.contains(&i.to_string())));
}

#[test]
fn on_a_large_ring_a_hop_that_passes_half_of_what_remained_passes_six_o_clock() {
    let ids = [0_u128, 5 << 124, 9 << 124, 14 << 124];
    let mut frame = with_nodes(Space::Chord { bits: IdBits::SHA1, shown: 6 }, View::Unfolded, &ids);
    frame.key = Some(12 << 124);
    frame.hops = hops(&[0, 1, 2, 3]);
    let picture = Composition::new(&frame, HALL, &TypicalFonts);
    let share = |i| hop_share(&frame, &picture.layout, i).expect("both ends are in the picture");
    assert!((share(0) - 5.0 / 12.0).abs() < 1e-9 && (share(1) - 4.0 / 7.0).abs() < 1e-9);
    assert!((share(2) - 1.0).abs() < 1e-9, "the last hop passes the key");
    let end = |i: usize| picture.tracks[i].at(1.0).expect("a way").turn_around(picture.layout.centre);
    assert!(end(0) < 0.5 && end(1) > 0.5);
}

#[test]
fn a_message_under_way_moves_along_its_hop() {
    let frame = slide(View::Unfolded);
    let picture = Composition::new(&frame, HALL, &TypicalFonts);
    let at = |seconds| {
        let shapes = picture.moving(&frame, seconds, None, &TypicalFonts);
        shapes.iter().rev().find_map(|s| match s {
            Shape::Disc { centre, fill: Some(paint), .. } if paint.ink == Ink::Accent => Some(*centre),
            _ => None,
        })
    };
    assert_eq!(at(0.0), picture.tracks[1].at(0.4));
    assert_eq!(at(0.6), picture.tracks[1].at(0.7));
}

fn any_frame() -> impl Strategy<Value = (Frame, Size)> {
    let ids = prop::collection::vec(any::<u128>(), 1..120);
    let kind = (0..5_usize, any::<bool>(), any::<bool>());
    let marks = (prop::collection::vec(0..120_u32, 0..9), any::<u128>(), 0..40_u32);
    (ids, kind, marks, (170.0..2000.0_f64, 170.0..1200.0_f64)).prop_map(|(ids, kind, marks, (width, height))| {
        let ((space, ring, has_key), (route, key, close)) = (kind, marks);
        let chord = |m| Space::Chord { bits: IdBits::new(m).expect("1 to 160 bits"), shown: 6 };
        let pastry = |digits| Space::Pastry { digits, shown: 6 };
        let space = [chord(5), chord(160), pastry(Digits::Bits1), pastry(Digits::Bits2), pastry(Digits::Bits4)][space];
        let fit = |id: u128| if space == chord(5) { id >> 123 << 123 } else { id };
        // Half of the nodes near the key.
        let near = |(i, id): (usize, &u128)| fit(if i % 2 == 0 { *id } else { key ^ (*id >> close) });
        let ids: Vec<u128> = ids.iter().enumerate().map(near).collect();
        let mut frame = with_nodes(space, if ring { View::Ring } else { View::Unfolded }, &ids);
        frame.key = has_key.then(|| fit(key));
        frame.hops = hops(&route);
        frame.deciding = route.first().map(|p| Peer(*p));
        (frame.selected, frame.focused) = (Some(Peer(1)), Some(Peer(0)));
        frame.known = (0..20).map(Peer).collect();
        frame.leaves = (2..8).map(Peer).collect();
        if let Space::Chord { .. } = space {
            let arc =
                |i: u8| FingerArc { index: i + 1, start: key, end: key ^ (1 << (i + 120)), peer: Peer(u32::from(i)) };
            frame.fingers = (0..6).map(arc).collect();
        }
        let purposes = [Purpose::Route, Purpose::Data, Purpose::Repair, Purpose::Membership];
        let flight = |(i, purpose): (u32, Purpose)| Flight {
            from: Peer(i),
            to: Peer(i + 1),
            progress: 0.5,
            rate: 1.0,
            purpose,
            lost: i == 2,
        };
        frame.flights = (0..).zip(purposes).map(flight).collect();
        (frame, Size { width, height })
    })
}

#[test]
fn a_node_with_a_name_of_its_own_is_written_with_it() {
    let mut frame =
        with_nodes(Space::Pastry { digits: Digits::Bits4, shown: 6 }, View::Ring, &[0x65A1FC << 104, 0xD1 << 120]);
    frame.called = [(Peer(1), "Ann".to_string())].into();
    let picture = Composition::new(&frame, HALL, &TypicalFonts);
    let written: Vec<String> = texts(&picture.still).into_iter().map(written).collect();
    assert!(written.contains(&"Ann D10000".into()) && written.contains(&"65A1FC".into()), "{written:?}");
}

#[test]
fn away_and_dead_are_told_apart_by_their_shapes() {
    let shapes = |state| {
        let mut frame = with_nodes(Space::Pastry { digits: Digits::Bits4, shown: 6 }, View::Ring, &[0]);
        frame.nodes = [StageNode { peer: Peer(0), at: 0, state }].into();
        let still = Composition::new(&frame, HALL, &TypicalFonts).still;
        still.iter().filter(|shape| matches!(shape, Shape::Way { .. })).count()
    };
    // A square has two sides more than a cross has bars.
    assert_eq!(shapes(NodeState::Away), shapes(NodeState::Dead) + 2);
    assert_eq!(shapes(NodeState::Dead), shapes(NodeState::Active) + 2);
}

proptest! {
    #[test]
    fn labels_never_overlap((frame, size) in any_frame()) {
        let picture = Composition::new(&frame, size, &TypicalFonts);
        let texts = texts(&picture.still);
        for (i, a) in texts.iter().enumerate() {
            for b in &texts[..i] {
                prop_assert!(!a.place.grown(-0.01).overlaps(b.place), "{} and {}", written(a), written(b));
            }
        }
    }

    #[test]
    fn everything_is_inside_the_picture((frame, size) in any_frame(), seconds in 0.0..2.0_f64) {
        let picture = Composition::new(&frame, size, &TypicalFonts);
        let canvas = Rect { min: point(0.0, 0.0), max: point(size.width, size.height) };
        let moving = picture.moving(&frame, seconds, Some(Peer(0)), &TypicalFonts);
        for shape in picture.still.iter().chain(&moving) {
            prop_assert!(canvas.holds(shape.bounds()), "{shape:?}");
        }
    }
}
