//! Pictures of systems whose nodes lie on no ring of their own: who is linked with whom, and what a question does there.
//!
//! Draws the slides "Napster Protocol" (a server and peers around it), "Gnutella Protocol" (a graph of peers; here in waves around
//! who asks) and "FastTrack" (ON, SN: two floors). A hash table beside them stands on one plain ring.
//!
//! # Implementation notes
//! - Where a node lies is decided once for a whole course, from everybody who is ever there and every link that is there at the
//!   beginning or the end: so nothing moves but messages.
//! - What a node is shows in its shape: a square is a server, a hexagon a super-peer, a circle a peer, with a broken circle around
//!   it behind a firewall; a triangle lies. What has happened to it shows in its colour and filling.

mod compose;
mod layout;
mod moving;
mod sight;

pub use compose::GraphComposition;
pub use layout::{Places, places};
pub use sight::{Look, frame};

use std::sync::Arc;

use super::frame::{Flight, NodeState};
use super::geometry::Point;
use super::picture::{Shape, TextMeasure};
use super::{Pictured, Size};
use crate::protocol::Peer;
use crate::sim::show::Role;

/// What has happened to a node in the search that is followed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Mark {
    /// Nothing.
    #[default]
    None,
    /// It was asked.
    Asked,
    /// It asks.
    Asker,
}

/// A node of the picture.
#[derive(Clone, PartialEq, Debug)]
pub struct GraphNode {
    /// Who it is.
    pub peer: Peer,
    /// Where it lies: the middle is (0, 0), the edge 1 away.
    pub at: Point,
    /// What it is.
    pub role: Role,
    /// What it is at this moment.
    pub state: NodeState,
    /// What has happened to it.
    pub mark: Mark,
    /// Whether it has what is searched for.
    pub has: bool,
    /// What it is called.
    pub name: Arc<str>,
}

/// What has come over a link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EdgeState {
    /// Nothing.
    Idle,
    /// The question, for the first time at its end.
    Asked,
    /// An answer.
    Answered,
}

/// A link of the picture, by places in the list of nodes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edge {
    /// One end; of a question or an answer, who sent it.
    pub from: u32,
    /// The other end.
    pub to: u32,
    /// What has come over it.
    pub state: EdgeState,
}

/// A circle that nodes lie on.
#[derive(Clone, PartialEq, Debug)]
pub struct Circle {
    /// How far from the middle, 0 to 1.
    pub radius: f64,
    /// What stands at it; empty for nothing.
    pub caption: String,
}

/// Everything a picture shows at one moment.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GraphFrame {
    /// All nodes, in ascending order of peers.
    pub nodes: Arc<[GraphNode]>,
    /// All links.
    pub edges: Vec<Edge>,
    /// Circles beneath.
    pub circles: Vec<Circle>,
    /// Messages under way.
    pub flights: Vec<Flight>,
    /// The node that is looked into.
    pub selected: Option<Peer>,
    /// The node that a panel points at.
    pub hovered: Option<Peer>,
    /// Nothing moves by itself.
    pub reduced_motion: bool,
}

impl Pictured for GraphFrame {
    type Composition = GraphComposition;

    fn compose(&self, size: Size, measure: &dyn TextMeasure) -> GraphComposition {
        GraphComposition::new(self, size, measure)
    }

    fn still(composition: &GraphComposition) -> &[Shape] {
        &composition.still
    }

    fn moving(
        &self,
        composition: &GraphComposition,
        seconds: f64,
        pointed: Option<Peer>,
        measure: &dyn TextMeasure,
    ) -> Vec<Shape> {
        composition.moving(self, seconds, pointed, measure)
    }

    fn same_still_picture(&self, other: &Self) -> bool {
        self.nodes == other.nodes
            && self.edges == other.edges
            && self.circles == other.circles
            && self.selected == other.selected
    }

    fn moves_after(&self, seconds: f64) -> bool {
        !self.reduced_motion && self.flights.iter().any(|f| f.rate > 0.0 && f.progress + f.rate * seconds < 1.0)
    }

    fn nearest(&self, composition: &GraphComposition, at: Point, reach: f64) -> Option<Peer> {
        let away =
            composition.points.iter().zip(self.nodes.iter()).map(|(point, node)| (point.distance(at), node.peer));
        let near = away.filter(|(distance, _)| *distance <= reach);
        near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, peer)| peer)
    }

    fn node_count(&self) -> usize {
        self.nodes.len()
    }
}

#[cfg(test)]
mod tests;
