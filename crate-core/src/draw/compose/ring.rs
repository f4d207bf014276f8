//! What both systems' rings are made of: the line, ticks, digits and arcs.

use super::super::picture::{Face, Ink, Run, Shape, solid};
use super::Composer;

impl Composer<'_> {
    /// The line of a ring.
    pub(super) fn ring_line(&mut self, ring: usize) {
        let edge = Some(solid(Ink::Line.solid(), self.px(2.0).max(1.5)));
        let radius = self.layout.rings[ring].radius;
        self.shapes.push(Shape::Disc { centre: self.layout.centre, radius, fill: None, edge });
    }

    /// A tick across a ring.
    pub(super) fn tick(&mut self, radius: f64, turn: f64, half: f64, ink: Ink) {
        let centre = self.layout.centre;
        let edge = solid(ink.solid(), self.px(1.8).max(1.2));
        self.shapes.push(Shape::line(centre.toward(turn, radius - half), centre.toward(turn, radius + half), edge));
    }

    /// A digit or a number at a ring, `out` pixels outside its line.
    pub(super) fn at_ring(&mut self, radius: f64, turn: f64, text: String, style: (f64, Ink, bool), rank: u8) {
        let (size, ink, bold) = style;
        let at = self.layout.centre.toward(turn, radius);
        self.centred(at, Run::new(text, ink, bold), size, Face::Mono, rank);
    }

    /// A thick arc of a ring.
    pub(super) fn band_arc(&mut self, radius: f64, from: f64, sweep: f64, style: (Ink, f64, f64)) {
        let (ink, alpha, width) = style;
        let edge = solid(ink.alpha(alpha), width);
        self.shapes.push(Shape::Arc { centre: self.layout.centre, radius, from, sweep, edge });
    }
}
