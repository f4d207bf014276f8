//! What moves over the still picture: the message, other messages, and the marks of pointer and keyboard.

use super::super::frame::{Flight, Frame, HopState};
use super::super::geometry::Track;
use super::super::marks::{cross, plate, symbol};
use super::super::picture::{Face, Ink, Shape, TextMeasure, dashed, solid};
use super::super::route::link;
use super::Composition;
use crate::protocol::Peer;

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
        let away = self.layout.dot.max(4.0) + self.px(9.0);
        let text = frame.space.text(frame.nodes[i].at);
        plate(shapes, (spot.point, away), text, (self.px(18.0).max(14.0), Face::Mono), self.layout.bounds(), measure);
    }
}
