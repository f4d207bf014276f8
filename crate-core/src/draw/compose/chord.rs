//! Chord's ring: identifiers, finger intervals, and the remaining distance of each hop.

use super::super::frame::{HopState, Space, View};
use super::super::geometry::wrap;
use super::super::layout::turn_of;
use super::super::picture::{Dash, Face, Ink, Run, Shape, Stroke, solid};
use super::super::route::{link, remaining_radii};
use super::{Composer, rank};
use crate::id::IdBits;

impl Composer<'_> {
    pub(super) fn chord_ground(&mut self, bits: IdBits) {
        self.ring_line(0);
        if self.frame.space.shows_all_identifiers() {
            self.identifiers(bits);
        } else {
            self.quarters();
        }
        self.fingers();
        if self.frame.view == View::Unfolded {
            self.remaining();
        }
    }

    /// Every identifier of a small ring with its tick; those of nodes stand out.
    fn identifiers(&mut self, bits: IdBits) {
        let count = 1_u32 << bits.get();
        let ring = self.layout.rings[0];
        let size = self.type_size(if count <= 16 { 22.0 } else { 17.0 }, 13.0);
        let out = ring.radius + self.px(16.0).max(12.0) + size * 0.75;
        let room = std::f64::consts::TAU * out / f64::from(count);
        let every = (size * 1.6 / room).ceil().max(1.0) as u32;
        let on_route: Vec<_> = self.route_nodes().into_iter().map(|(peer, _)| peer).collect();
        for i in 0..count {
            let at = u128::from(i) << (128 - u32::from(bits.get()));
            let turn = turn_of(at);
            self.tick(ring.radius, turn, self.px(7.0).max(4.0), Ink::Line);
            let node = self.frame.nodes.iter().find(|n| n.at == at);
            let key = self.frame.key == Some(at);
            let route = node.is_some_and(|n| on_route.contains(&n.peer));
            let (ink, bold, rank) = match (route || key, node.is_some()) {
                (true, _) => (Ink::Accent, true, rank::CHOSEN),
                (false, true) => (Ink::Ink, true, rank::ROUTE),
                (false, false) => (Ink::Dim, false, rank::DIGIT),
            };
            if rank < rank::DIGIT || i.is_multiple_of(every) {
                self.at_ring(out, turn, i.to_string(), (size, ink, bold), rank);
            }
        }
    }

    /// The quarters of a large ring.
    fn quarters(&mut self) {
        let ring = self.layout.rings[0];
        let size = self.type_size(17.0, 13.0);
        let out = ring.radius + ring.band + self.px(14.0).max(9.0) + size * 0.6;
        for i in 0..16_u32 {
            let half = if i.is_multiple_of(4) { 9.0 } else { 5.0 };
            self.tick(ring.radius, f64::from(i) / 16.0, self.px(half).max(3.0), Ink::Line);
        }
        for (i, text) in ["0", "¼", "½", "¾"].into_iter().enumerate() {
            self.at_ring(out, i as f64 / 4.0, text.to_owned(), (size, Ink::Dim, false), rank::DIGIT);
        }
    }

    /// Intervals of a finger table, just inside the ring; the one that holds the key stands out.
    fn fingers(&mut self) {
        let ring = self.layout.rings[0];
        let radius = ring.radius - ring.band - self.px(22.0).max(13.0);
        let size = self.type_size(14.0, 12.0);
        let owner = self.frame.selected.or(self.frame.deciding).and_then(|p| self.layout.spot(p)).copied();
        for finger in &self.frame.fingers {
            let way = finger.end.wrapping_sub(finger.start);
            let (from, sweep) = (turn_of(finger.start), turn_of(way));
            let length = sweep * std::f64::consts::TAU * radius;
            let holds_key = self.frame.key.is_some_and(|key| key.wrapping_sub(finger.start) < way);
            let (ink, alpha) = if holds_key { (Ink::Match, 1.0) } else { (Ink::Dim, 0.45) };
            if length > 3.0 {
                let gap = (2.5 / (std::f64::consts::TAU * radius)).min(sweep / 4.0);
                let width = self.px(if holds_key { 7.0 } else { 5.0 }).max(3.5);
                self.band_arc(radius, from + gap, sweep - 2.0 * gap, (ink, alpha, width));
            }
            if length > size * 1.6 {
                let turn = wrap(from + sweep / 2.0);
                let style = (size, if holds_key { Ink::Match } else { Ink::Dim }, holds_key);
                self.at_ring(radius - size * 0.95, turn, format!("F{}", finger.index), style, rank::LEAF);
            }
            let target = self.layout.spot(finger.peer).filter(|_| self.frame.view == View::Ring);
            if let Some((from, to)) = owner.as_ref().zip(target) {
                let edge = solid(ink.alpha(if holds_key { 0.9 } else { 0.4 }), self.px(1.8).max(1.3));
                self.shapes.push(Shape::Way { track: link(self.layout, from, to), edge });
            }
        }
    }

    /// The remaining distance of each hop, on its own ring: from the node clockwise to the key, with a tick at half.
    fn remaining(&mut self) {
        let Some(key) = self.frame.key.filter(|_| !self.frame.hops.is_empty()) else { return };
        let (centre, key_turn) = (self.layout.centre, turn_of(key));
        let radii = remaining_radii(self.frame, self.layout);
        let ring = self.layout.rings[0].radius;
        let end = radii[radii.len() - 2];
        let edge = Stroke { paint: Ink::Accent.alpha(0.8), width: self.px(2.0).max(1.5), dash: Dash::Dotted };
        self.shapes.push(Shape::line(
            centre.toward(key_turn, ring - self.px(18.0)),
            centre.toward(key_turn, (end - self.px(16.0)).max(2.0)),
            edge,
        ));
        let step = radii[0] - radii[1];
        let size = self.type_size(15.0, 12.0).min((step * 0.9).max(10.0));
        for (hop, radius) in self.frame.hops.iter().zip(&radii) {
            let Some(i) = self.layout.index(hop.from) else { continue };
            let way = key.wrapping_sub(self.frame.nodes[i].at);
            let (from, sweep) = (self.layout.spots[i].turn, turn_of(way));
            let alpha = if hop.state == HopState::Next { 0.14 } else { 0.24 };
            self.band_arc(*radius, from, sweep, (Ink::Accent, alpha, self.px(9.0).max(5.0)));
            if sweep * std::f64::consts::TAU * radius > self.px(24.0) {
                self.tick(*radius, from + sweep / 2.0, self.px(9.0).max(6.0), Ink::Dim);
            }
            let outer = self.layout.spots[i].point;
            let edge = Stroke { paint: Ink::Accent.alpha(0.4), width: self.px(1.6).max(1.2), dash: Dash::Dotted };
            self.shapes.push(Shape::line(outer, centre.toward(from, *radius), edge));
            if step >= 9.0 {
                let text = format!("{} to go", self.distance(way));
                let width = self.measure.width(&text, size, Face::Sans, false);
                // Beside the key's line, on its clockwise side.
                let at = centre.toward(key_turn, *radius);
                let side = centre.toward(key_turn, 1.0).minus(centre).quarter();
                let at = at.plus(side, width * 0.5 * side.x.abs() + size * (0.7 + 0.5 * side.y.abs()));
                self.centred(at, Run::new(text, Ink::Ink, false), size, Face::Sans, rank::CAPTION);
            }
        }
    }

    /// A distance on the ring: a number on small rings, a share of the ring on large ones.
    fn distance(&self, way: u128) -> String {
        if let Space::Chord { bits, .. } = self.frame.space
            && bits.is_decimal()
        {
            return (way >> (128 - u32::from(bits.get()))).to_string();
        }
        let percent = turn_of(way) * 100.0;
        match percent {
            p if p >= 10.0 => format!("{p:.0} %"),
            p if p >= 0.1 => format!("{p:.1} %"),
            p if p >= 0.001 => format!("{p:.3} %"),
            _ => "< 0.001 %".to_owned(),
        }
    }
}
