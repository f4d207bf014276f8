//! What moves over the picture of a graph: messages, and the mark of the pointer.

use super::super::marks::{cross, plate, symbol};
use super::super::picture::{Face, Ink, Shape, TextMeasure, solid};
use super::{GraphComposition, GraphFrame};
use crate::protocol::Peer;

/// Pictures with more messages at once show them as plain dots.
const SYMBOLS_MAX: usize = 400;

impl GraphComposition {
    /// What moves, `seconds` after the frame was made.
    pub(super) fn moving(
        &self,
        frame: &GraphFrame,
        seconds: f64,
        pointed: Option<Peer>,
        measure: &dyn TextMeasure,
    ) -> Vec<Shape> {
        let mut shapes = Vec::new();
        let point_of =
            |peer: Peer| frame.nodes.binary_search_by_key(&peer, |node| node.peer).ok().map(|i| self.points[i]);
        let many = frame.flights.len() > SYMBOLS_MAX;
        let mut dots = Vec::new();
        let size = self.px(6.5).max(4.5);
        for flight in &frame.flights {
            let Some((from, to)) = point_of(flight.from).zip(point_of(flight.to)) else { continue };
            let still = frame.reduced_motion;
            let progress = if still { flight.progress } else { flight.progress + flight.rate * seconds };
            if progress >= 1.0 && !flight.lost {
                continue; // arrived
            }
            let at = from.mix(to, progress.clamp(0.0, if flight.lost { 0.5 } else { 1.0 }));
            if many {
                dots.push(at);
            } else if flight.lost && progress >= 0.5 {
                cross(&mut shapes, at, size, self.px(2.4).max(1.6));
            } else {
                symbol(&mut shapes, at, size, flight.purpose);
            }
        }
        if many {
            shapes.push(Shape::Dots {
                centres: dots,
                radius: self.px(2.2).max(1.6),
                fill: Ink::Match.solid(),
                edge: None,
            });
        }
        let marked = pointed.or(frame.hovered);
        if let Some((peer, centre)) = marked.and_then(|peer| point_of(peer).map(|at| (peer, at))) {
            let radius = self.dot.max(5.0) + self.px(5.0).max(4.0);
            shapes.push(Shape::Disc {
                centre,
                radius,
                fill: None,
                edge: Some(solid(Ink::Ink.solid(), self.px(2.2).max(1.6))),
            });
            let name = frame
                .nodes
                .iter()
                .find(|node| node.peer == peer)
                .map_or_else(String::new, |node| node.name.to_string());
            let size = self.px(17.0).max(14.0);
            plate(&mut shapes, (centre, radius + 4.0), name, (size, Face::Sans), self.bounds(), measure);
        }
        shapes
    }
}
