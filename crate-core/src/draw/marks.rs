//! Marks that all pictures share: a message by its purpose, what is dead or away, a name on a plate.

use super::geometry::{Point, Rect, point};
use super::picture::{Face, Ink, Run, Shape, Stroke, Text, TextMeasure, solid};
use crate::protocol::Purpose;

/// A message by its purpose, told apart by shape as well as colour.
pub(super) fn symbol(shapes: &mut Vec<Shape>, centre: Point, size: f64, purpose: Purpose) {
    let disc = |radius: f64, fill: Ink, edge| Shape::Disc { centre, radius, fill: Some(fill.solid()), edge };
    let polygon = |turns: &[f64], reach: f64, ink: Ink| Shape::Area {
        corners: turns.iter().map(|t| centre.toward(*t, reach)).collect(),
        fill: ink.solid(),
    };
    shapes.push(match purpose {
        Purpose::Route => disc(size, Ink::Accent, Some(solid(Ink::Ground.solid(), 1.5))),
        Purpose::Answer => disc(size * 0.9, Ink::Ground, Some(solid(Ink::Accent.solid(), 2.2))),
        Purpose::Membership => polygon(&[0.0, 0.25, 0.5, 0.75], size * 1.25, Ink::Ink),
        Purpose::Data => polygon(&[0.125, 0.375, 0.625, 0.875], size * 1.2, Ink::Match),
        Purpose::Repair => polygon(&[0.0, 1.0 / 3.0, 2.0 / 3.0], size * 1.3, Ink::Leaf),
        Purpose::Maintenance => disc(size * 0.55, Ink::Dim, None),
        Purpose::Acknowledgement => disc(size * 0.55, Ink::Ground, Some(solid(Ink::Dim.solid(), 1.5))),
    });
}

/// A square: away.
pub(super) fn square(shapes: &mut Vec<Shape>, centre: Point, reach: f64, edge: Stroke) {
    let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(x, y)| centre.plus(point(x, y), reach));
    shapes.push(Shape::Area { corners: corners.to_vec(), fill: Ink::Ground.solid() });
    for side in 0..4 {
        shapes.push(Shape::line(corners[side], corners[(side + 1) % 4], edge));
    }
}

/// A cross: dead, or lost.
pub(super) fn cross(shapes: &mut Vec<Shape>, centre: Point, reach: f64, width: f64) {
    let edge = solid(Ink::Dead.solid(), width);
    for (x, y) in [(1.0, 1.0), (1.0, -1.0)] {
        let arm = point(x * reach, y * reach);
        shapes.push(Shape::line(centre.plus(arm, -1.0), centre.plus(arm, 1.0), edge));
    }
}

/// A name on a plate over everything else, `away` from a point and inside `room`.
pub(super) fn plate(
    shapes: &mut Vec<Shape>,
    (at, away): (Point, f64),
    text: String,
    (size, face): (f64, Face),
    room: Rect,
    measure: &dyn TextMeasure,
) {
    let runs = vec![Run::new(text, Ink::Ink, true)];
    let width = measure.width(&runs[0].text, size, face, true);
    let plate = point(width + size, size * 1.6);
    let room = room.grown(-2.0);
    let side = if at.y - plate.y * 1.6 > room.min.y { -1.0 } else { 1.0 };
    let half = point(plate.x / 2.0, plate.y / 2.0);
    let inside = Rect { min: room.min.plus(half, 1.0), max: room.max.plus(half, -1.0) };
    let centre = inside.clamp(at.plus(point(0.0, side * (away + half.y)), 1.0));
    let place = Rect::around(centre, plate.x, plate.y);
    let corners = vec![place.min, point(place.max.x, place.min.y), place.max, point(place.min.x, place.max.y)];
    shapes.push(Shape::Area { corners: corners.clone(), fill: Ink::Ground.alpha(0.94) });
    for (a, b) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        shapes.push(Shape::line(*a, *b, solid(Ink::Ink.solid(), 1.5)));
    }
    let place = Rect::around(centre, width, size * 1.2);
    shapes.push(Shape::Text(Text { place, runs, size, face, halo: false }));
}
