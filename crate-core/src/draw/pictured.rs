//! What a stage needs of whatever it shows.

use super::geometry::Point;
use super::picture::{Shape, TextMeasure};
use super::{Composition, Frame, Size};
use crate::protocol::Peer;

/// Something that can be put on a stage: a still picture, what moves over it, and nodes that can be pointed at.
pub trait Pictured {
    /// The picture laid out.
    type Composition;

    /// Lays it out for a picture of this size.
    fn compose(&self, size: Size, measure: &dyn TextMeasure) -> Self::Composition;

    /// The still picture, in painting order.
    fn still(composition: &Self::Composition) -> &[Shape];

    /// What moves, `seconds` after it was made, with the mark of the node under the pointer.
    fn moving(
        &self,
        composition: &Self::Composition,
        seconds: f64,
        pointed: Option<Peer>,
        measure: &dyn TextMeasure,
    ) -> Vec<Shape>;

    /// Whether a still picture of `other` is the same.
    fn same_still_picture(&self, other: &Self) -> bool;

    /// Whether something moves by itself `seconds` after it was made.
    fn moves_after(&self, seconds: f64) -> bool;

    /// The node nearest to a point, at most `reach` away.
    fn nearest(&self, composition: &Self::Composition, at: Point, reach: f64) -> Option<Peer>;

    /// How many nodes there are.
    fn node_count(&self) -> usize;
}

impl Pictured for Frame {
    type Composition = Composition;

    fn compose(&self, size: Size, measure: &dyn TextMeasure) -> Composition {
        Composition::new(self, size, measure)
    }

    fn still(composition: &Composition) -> &[Shape] {
        &composition.still
    }

    fn moving(
        &self,
        composition: &Composition,
        seconds: f64,
        pointed: Option<Peer>,
        measure: &dyn TextMeasure,
    ) -> Vec<Shape> {
        composition.moving(self, seconds, pointed, measure)
    }

    fn same_still_picture(&self, other: &Self) -> bool {
        Self::same_still_picture(self, other)
    }

    fn moves_after(&self, seconds: f64) -> bool {
        Self::moves_after(self, seconds)
    }

    fn nearest(&self, composition: &Composition, at: Point, reach: f64) -> Option<Peer> {
        composition.layout.nearest(at, reach).map(|index| self.nodes[index].peer)
    }

    fn node_count(&self) -> usize {
        self.nodes.len()
    }
}
