//! What moves over the still picture: the message, other messages, and the marks of pointer and keyboard.

use super::super::frame::{Flight, Frame, HopState};
use super::super::geometry::{Point, Rect, Track, point};
use super::super::picture::{Face, Ink, Run, Shape, Text, TextMeasure, dashed, solid};
use super::super::route::link;
use super::{Composition, cross};
use crate::protocol::{Peer, Purpose};

/// Messages drawn at once.
const MOST_FLIGHTS: usize = 3_000;

impl Composition {
    /// What moves, `seconds` after the frame was made, and the marks of the node under the pointer (the stage's own, else
    /// the frame's) and of the keyboard.
    #[must_use]
    pub fn moving(&self, frame: &Frame, seconds: f64, pointed: Option<Peer>, measure: &dyn TextMeasure) -> Vec<Shape> {
        let mut shapes = Vec::new();
        for ((hop, track), number) in frame.hops.iter().zip(&self.tracks).zip(&self.numbers) {
            if let HopState::Current { progress, rate } = hop.state {
                self.message(&mut shapes, track, frame.progress_after(progress, rate, seconds));
                shapes.extend(number.iter().cloned());
            }
        }
        for flight in frame.flights.iter().take(MOST_FLIGHTS) {
            self.flight(&mut shapes, frame, flight, seconds);
        }
        if let Some(spot) = frame.focused.and_then(|p| self.layout.spot(p)) {
            let radius = self.layout.dot.max(6.0) + self.px(11.0).max(8.0);
            let edge = Some(dashed(Ink::Ink.solid(), self.px(2.6).max(2.0)));
            shapes.push(Shape::Disc { centre: spot.point, radius, fill: None, edge });
            self.tag(&mut shapes, frame, frame.focused, measure);
        }
        if let Some(spot) = pointed.or(frame.hovered).and_then(|p| self.layout.spot(p)) {
            let radius = self.layout.dot.max(4.0) + self.px(5.0).max(4.0);
            let edge = Some(solid(Ink::Ink.solid(), self.px(2.2).max(1.6)));
            shapes.push(Shape::Disc { centre: spot.point, radius, fill: None, edge });
            self.tag(&mut shapes, frame, pointed.or(frame.hovered), measure);
        }
        shapes
    }

    fn px(&self, length: f64) -> f64 {
        length * self.layout.scale
    }

    fn message(&self, shapes: &mut Vec<Shape>, track: &Track, progress: f64) {
        let Some(centre) = track.at(progress) else { return };
        if progress > 0.0 {
            let edge = solid(Ink::Accent.solid(), self.px(4.0).max(3.0));
            let made = track.until(progress);
            let hidden = self.px(10.0).max(6.5) / made.length().max(1.0); // behind the sender's dot
            if hidden < 1.0 {
                shapes.push(Shape::Way { track: made.after(hidden), edge });
            }
        }
        let halo = Some(Ink::Accent.alpha(0.22));
        shapes.push(Shape::Disc { centre, radius: self.px(16.0).max(10.0), fill: halo, edge: None });
        let edge = Some(solid(Ink::Ground.solid(), self.px(2.5).max(2.0)));
        let radius = self.px(9.0).max(6.0);
        shapes.push(Shape::Disc { centre, radius, fill: Some(Ink::Accent.solid()), edge });
    }

    fn flight(&self, shapes: &mut Vec<Shape>, frame: &Frame, flight: &Flight, seconds: f64) {
        let Some((from, to)) = self.layout.spot(flight.from).zip(self.layout.spot(flight.to)) else { return };
        let progress = frame.progress_after(flight.progress, flight.rate, seconds);
        if progress >= 1.0 && !flight.lost {
            return; // arrived
        }
        let Some(at) = link(&self.layout, from, to).at(progress) else { return };
        let size = self.px(6.0).max(4.0);
        if flight.lost && progress >= 0.5 {
            return cross(shapes, at, size, self.px(2.4).max(1.6));
        }
        symbol(shapes, at, size, flight.purpose);
    }

    /// The name of a node on a plate, over everything else.
    fn tag(&self, shapes: &mut Vec<Shape>, frame: &Frame, peer: Option<Peer>, measure: &dyn TextMeasure) {
        let Some((i, spot)) = peer.and_then(|p| self.layout.index(p)).map(|i| (i, &self.layout.spots[i])) else {
            return;
        };
        let size = self.px(18.0).max(14.0);
        let runs = vec![Run::new(frame.space.text(frame.nodes[i].at), Ink::Ink, true)];
        let width = measure.width(&runs[0].text, size, Face::Mono, true);
        let plate = point(width + size, size * 1.6);
        let room = self.layout.bounds().grown(-2.0);
        let side = if spot.point.y - plate.y * 1.6 > room.min.y { -1.0 } else { 1.0 };
        let away = self.layout.dot.max(4.0) + self.px(9.0) + plate.y / 2.0;
        let half = point(plate.x / 2.0, plate.y / 2.0);
        let inside = Rect { min: room.min.plus(half, 1.0), max: room.max.plus(half, -1.0) };
        let centre = inside.clamp(spot.point.plus(point(0.0, side * away), 1.0));
        let place = Rect::around(centre, plate.x, plate.y);
        let corners = vec![place.min, point(place.max.x, place.min.y), place.max, point(place.min.x, place.max.y)];
        shapes.push(Shape::Area { corners: corners.clone(), fill: Ink::Ground.alpha(0.94) });
        for (a, b) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            shapes.push(Shape::line(*a, *b, solid(Ink::Ink.solid(), 1.5)));
        }
        let place = Rect::around(centre, width, size * 1.2);
        shapes.push(Shape::Text(Text { place, runs, size, face: Face::Mono, halo: false }));
    }
}

/// A message by its purpose, told apart by shape as well as colour.
fn symbol(shapes: &mut Vec<Shape>, centre: Point, size: f64, purpose: Purpose) {
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
