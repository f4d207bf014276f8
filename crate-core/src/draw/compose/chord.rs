//! Chord's ring: identifiers, finger intervals, and the remaining distance of each hop.

use std::collections::BTreeSet;

use super::super::frame::{FingerArc, HopState, Space, View};
use super::super::geometry::wrap;
use super::super::label::{Choice, Request};
use super::super::layout::turn_of;
use super::super::picture::{Dash, Face, Ink, Run, Shape, Stroke, solid};
use super::super::route::{hop_share, lens, link, remaining_radii};
use super::super::scale::fixed;
use super::{Composer, Label, rank};
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
        if self.frame.view == View::Unfolded && !self.frame.hops.is_empty() {
            if self.frame.space.shows_all_identifiers() { self.remaining() } else { self.remaining_unfolded() }
        }
    }

    /// On a large ring what remains is soon too short to be seen; so each hop's ring is all that remained before it, from
    /// the node (12 o'clock) clockwise to the key (12 o'clock again), and what remains after it opens into the next.
    fn remaining_unfolded(&mut self) {
        let Some(key) = self.frame.key else { return };
        let centre = self.layout.centre;
        let radii = remaining_radii(self.frame, self.layout);
        let hops = self.frame.hops.len();
        let step = radii[0] - radii[1];
        let size = self.type_size(15.0, 12.0).min((step * 0.8).max(10.0));
        let (top, low) = (radii[0] + self.px(10.0), radii[hops - 1] - self.px(10.0));
        let edge = Stroke { paint: Ink::Dim.alpha(0.8), width: self.px(1.6).max(1.2), dash: Dash::Dashed };
        self.shapes.push(Shape::line(centre.toward(0.5, low.max(2.0)), centre.toward(0.5, top), edge));
        let text = "half of what remains".to_owned();
        let at = centre.toward(0.5, top + size * 0.7);
        self.centred(at, Run::new(text, Ink::Dim, false), size, Face::Sans, rank::CAPTION);
        for (i, radius) in radii.iter().copied().enumerate().take(hops) {
            let hop = self.frame.hops[i];
            let Some(node) = self.layout.index(hop.from) else { continue };
            let Some(share) = hop_share(self.frame, self.layout, i) else { continue };
            let alpha = if hop.state == HopState::Next { 0.14 } else { 0.24 };
            self.band_arc(radius, 0.0, 1.0, (Ink::Accent, alpha, self.px(7.0).max(4.0)));
            if i + 1 < hops && share < 1.0 {
                let edge = solid(Ink::Accent.alpha(0.35), self.px(1.5).max(1.0));
                let corners = lens(centre, radius, radii[i + 1], share, 1.0 - share);
                self.shapes.push(Shape::line(corners[0], corners[49], edge));
                self.shapes.push(Shape::line(corners[24], corners[25], edge));
                self.shapes.push(Shape::Area { corners, fill: Ink::Accent.alpha(0.05) });
            }
            self.tick(radius, 0.0, self.px(8.0).max(5.0), Ink::Accent);
            if step >= 9.0 {
                let at = self.frame.nodes[node].at;
                let text = format!("{} · {} to go", self.frame.space.text(at), self.distance(key.wrapping_sub(at)));
                self.remaining_label(radius, 0.0, text, size);
            }
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
            self.at_ring(
                out,
                i as f64 / 4.0,
                text.to_owned(),
                (if i == 0 { size } else { size * 1.35 }, Ink::Dim, false),
                rank::DIGIT,
            );
        }
    }

    /// Intervals of a finger table, just inside the ring; the one that holds the key stands out.
    fn fingers(&mut self) {
        let ring = self.layout.rings[0];
        let radius = ring.radius - ring.band - self.px(22.0).max(13.0);
        let size = self.type_size(14.0, 12.0);
        let owner_peer = self.frame.selected.or(self.frame.deciding);
        let owner = owner_peer.and_then(|p| self.layout.spot(p)).copied();
        let hops_inside = self.frame.view == View::Unfolded && !self.frame.hops.is_empty();
        let room = if hops_inside { radius - remaining_radii(self.frame, self.layout)[0] } else { f64::INFINITY };
        let mut linked = BTreeSet::new();
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
            let text = self.interval(finger);
            let width = self.measure.width(&text, size, Face::Mono, holds_key);
            let turn = wrap(from + sweep / 2.0);
            let out = self.layout.centre.toward(turn, 1.0).minus(self.layout.centre);
            let depth = out.x.abs() * width / 2.0 + out.y.abs() * size / 2.0 + self.px(7.0);
            if length > width.max(size * 1.6) && depth * 2.0 < room {
                let style = (size, if holds_key { Ink::Match } else { Ink::Dim }, holds_key);
                self.at_ring(radius - depth, turn, text, style, rank::LEAF);
            }
            // Many fingers of a large ring point to the same node, and a hop is drawn already.
            let is_hop = self.frame.hops.iter().any(|h| Some(h.from) == owner_peer && h.to == finger.peer);
            let again = !linked.insert(finger.peer);
            let target = self.layout.spot(finger.peer).filter(|_| self.frame.view == View::Ring && !is_hop && !again);
            if let Some((from, to)) = owner.as_ref().zip(target) {
                let edge = solid(ink.alpha(if holds_key { 0.9 } else { 0.4 }), self.px(1.8).max(1.3));
                self.shapes.push(Shape::Way { track: link(self.layout, from, to), edge });
            }
        }
    }

    /// A finger's interval as the slide writes it; its index on a large ring.
    fn interval(&self, finger: &FingerArc) -> String {
        let Space::Chord { bits, .. } = self.frame.space else { return String::new() };
        if !self.frame.space.shows_all_identifiers() {
            return format!("F{}", finger.index);
        }
        let last = finger.end.wrapping_sub(1 << (128 - u32::from(bits.get())));
        let (first, last) = (self.frame.space.text(finger.start), self.frame.space.text(last));
        if first == last { first } else { format!("{first} → {last}") }
    }

    /// The remaining distance of each hop, on its own ring: from the node clockwise to the key, with a tick at half.
    fn remaining(&mut self) {
        let Some(key) = self.frame.key else { return };
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
                let half = from + sweep / 2.0;
                self.tick(*radius, half, self.px(9.0).max(6.0), Ink::Dim);
                self.at_ring(
                    radius - self.px(20.0).max(14.0),
                    half,
                    "½".to_owned(),
                    (size * 1.3, Ink::Dim, false),
                    rank::DIGIT,
                );
            }
            let outer = self.layout.spots[i].point;
            let edge = Stroke { paint: Ink::Accent.alpha(0.4), width: self.px(1.6).max(1.2), dash: Dash::Dotted };
            self.shapes.push(Shape::line(outer, centre.toward(from, *radius), edge));
            if step >= 9.0 {
                self.remaining_label(*radius, from, format!("{} to go", self.distance(way)), size);
            }
        }
    }

    /// The remaining distance as a number, just before the arc's start, where its ring is free.
    fn remaining_label(&mut self, radius: f64, from: f64, text: String, size: f64) {
        let runs = vec![Run::new(text, Ink::Ink, false)];
        let anchor = self.layout.centre.toward(from, radius);
        let request = Request {
            anchor,
            clearance: self.px(9.0),
            width: self.width(&runs, size, Face::Sans),
            height: size * 1.1,
            rank: rank::MATCHED,
            choice: Choice::Around { best: self.layout.centre.minus(anchor).quarter().unit(), limit: 6.0 },
        };
        self.labels.push(Label { request, runs, size, face: Face::Sans });
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
            p if p >= 10.0 => fixed(p, 0) + " %",
            p if p >= 0.1 => fixed(p, 1) + " %",
            p if p >= 0.001 => fixed(p, 3) + " %",
            _ => "< 0.001 %".to_owned(),
        }
    }
}
