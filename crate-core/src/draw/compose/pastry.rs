//! Pastry's rings: rows with their columns, and the matched sector that opens into the next row.

use super::super::frame::View;
use super::super::layout::turn_of;
use super::super::picture::{Face, Ink, Run, Shape, solid};
use super::super::route::lens;
use super::{Composer, rank};
use crate::id::{Digits, Guid};

impl Composer<'_> {
    pub(super) fn pastry_ground(&mut self, digits: Digits) {
        let rows = self.layout.rings.len();
        for ring in 0..rows.saturating_sub(1) {
            self.unfolding(ring, digits);
        }
        for ring in 0..rows {
            self.ring_line(ring);
            self.columns(ring, digits);
            if self.frame.view == View::Unfolded {
                self.caption(ring, digits);
            }
        }
        self.leaf_arc();
    }

    /// The key's digit in a row, if there is a key.
    fn matched(&self, ring: usize, digits: Digits) -> Option<usize> {
        self.frame.key.map(|key| Guid(key).digit(ring, digits))
    }

    /// The lens from the matched sector to the ring it opens into.
    fn unfolding(&mut self, ring: usize, digits: Digits) {
        let Some(digit) = self.matched(ring, digits) else { return };
        let sweep = 1.0 / digits.base() as f64;
        let (outer, inner) = (self.layout.rings[ring].radius, self.layout.rings[ring + 1].radius);
        let corners = lens(self.layout.centre, outer, inner, sweep * digit as f64, sweep);
        let edge = solid(Ink::Match.alpha(0.45), self.px(1.5).max(1.0));
        // 25 points along the sector, then 25 back along the inner ring: the edges join their ends.
        self.shapes.push(Shape::line(corners[0], corners[49], edge));
        self.shapes.push(Shape::line(corners[24], corners[25], edge));
        self.shapes.push(Shape::Area { corners, fill: Ink::Match.alpha(0.07) });
    }

    fn columns(&mut self, ring: usize, digits: Digits) {
        let (base, row) = (digits.base(), self.layout.rings[ring]);
        let size = if ring == 0 { self.type_size(17.0, 13.0) } else { self.type_size(15.0, 12.0) };
        let matched = self.matched(ring, digits);
        let sweep = 1.0 / base as f64;
        if let Some(digit) = matched {
            let width = (self.px(10.0) + row.band).max(7.0);
            self.band_arc(row.radius, sweep * digit as f64, sweep, (Ink::Match, 0.38, width));
        }
        let out = row.radius + row.band + self.layout.dot.max(self.px(4.0)) + size * 0.75;
        // Narrow gaps between rings keep their room for captions and names.
        let gap = if ring == 0 { f64::INFINITY } else { self.layout.rings[ring - 1].radius - row.radius };
        let roomy = std::f64::consts::TAU * out * sweep > size * 1.5 && (gap > size * 3.6 || ring < 2);
        for column in 0..base {
            self.tick(row.radius, sweep * column as f64, self.px(6.0).max(4.0), Ink::Line);
            let is_matched = matched == Some(column);
            if !roomy && !is_matched {
                continue;
            }
            let style = if is_matched { (size, Ink::Match, true) } else { (size, Ink::Dim, false) };
            let rank = if is_matched { rank::MATCHED } else { rank::DIGIT };
            self.at_ring(out, sweep * (column as f64 + 0.5), format!("{column:X}"), style, rank);
        }
    }

    fn caption(&mut self, ring: usize, digits: Digits) {
        let text = match self.frame.key {
            Some(key) if ring > 0 => {
                let prefix: String = (0..ring).map(|i| format!("{:X}", Guid(key).digit(i, digits))).collect();
                format!("row {ring} · {prefix}…")
            }
            _ => "row 0 · all GUIDs".to_owned(),
        };
        let size = self.type_size(15.0, 12.0);
        let row = self.layout.rings[ring];
        let at = self.layout.centre.toward(0.5, row.radius - row.band - size * 1.15);
        self.centred(at, Run::new(text, Ink::Dim, false), size, Face::Sans, rank::CAPTION);
    }

    /// The stretch of the plain ring that the selected node's leaf set covers.
    fn leaf_arc(&mut self) {
        let Some(me) = self.frame.selected.and_then(|p| self.layout.index(p)).map(|i| self.frame.nodes[i].at) else {
            return;
        };
        if self.layout.rings.len() > 1 || self.frame.leaves.is_empty() {
            return;
        }
        let leaves = self.frame.leaves.iter().filter_map(|p| self.layout.index(*p)).map(|i| self.frame.nodes[i].at);
        let (mut back, mut ahead) = (0, 0);
        for at in leaves {
            let (there, here) = (at.wrapping_sub(me), me.wrapping_sub(at));
            if there < here { ahead = ahead.max(there) } else { back = back.max(here) }
        }
        let sweep = turn_of(back) + turn_of(ahead);
        let style = (Ink::Leaf, 0.28, (self.px(16.0) + self.layout.rings[0].band).max(10.0));
        self.band_arc(self.layout.rings[0].radius, turn_of(me.wrapping_sub(back)), sweep.min(1.0), style);
    }
}
