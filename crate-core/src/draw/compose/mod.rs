//! A frame as shapes: the still picture once a change, what moves once an animation frame.

mod chord;
mod moving;
mod pastry;
mod ring;
#[cfg(test)]
mod tests;

use super::frame::{Frame, HopState, NodeState, Space, View};
use super::geometry::{Point, Rect, Track, point};
use super::label::{Choice, Obstacle, Request, place};
use super::layout::{Layout, Size, Spot};
use super::marks::{cross, square};
use super::picture::{Face, Ink, Run, Shape, Text, TextMeasure, dashed, solid};
use super::route::{arrowhead, badges, hop_tracks, link};
use crate::id::Guid;
use crate::protocol::Peer;

/// Links drawn from the selected node at most.
const MOST_LINKS: usize = 400;
/// Pictures with more nodes name only those that matter.
const MOST_NAMED: usize = 100;

/// A frame laid out.
#[derive(Clone, PartialEq, Debug)]
pub struct Composition {
    /// Where everything lies.
    pub layout: Layout,
    /// The still picture, in painting order.
    pub still: Vec<Shape>,
    /// The way of each hop, in the frame's order.
    pub tracks: Vec<Track>,
    /// The number of each hop as shapes, to be painted again over what moves; empty where it has no place.
    numbers: Vec<Vec<Shape>>,
}

impl Composition {
    /// Lays out a frame for a picture of this size.
    #[must_use]
    pub fn new(frame: &Frame, size: Size, measure: &dyn TextMeasure) -> Self {
        let layout = Layout::new(frame, size);
        let tracks = hop_tracks(frame, &layout);
        let mut composer = Composer {
            frame,
            layout: &layout,
            measure,
            shapes: Vec::new(),
            labels: Vec::new(),
            obstacles: Vec::new(),
            taken: Vec::new(),
            numbers: Vec::new(),
        };
        composer.ground();
        composer.links();
        composer.dots();
        composer.route(&tracks);
        composer.names();
        composer.write();
        Self { still: composer.shapes, numbers: composer.numbers, tracks, layout }
    }
}

/// A label and where it wants to be.
struct Label {
    request: Request,
    runs: Vec<Run>,
    size: f64,
    face: Face,
}

/// The most important labels get their places first.
mod rank {
    pub(super) const CHOSEN: u8 = 0;
    pub(super) const ROUTE: u8 = 1;
    pub(super) const MATCHED: u8 = 2;
    pub(super) const CAPTION: u8 = 3;
    pub(super) const DIGIT: u8 = 4;
    pub(super) const LEAF: u8 = 5;
    pub(super) const OTHER: u8 = 6;
}

struct Composer<'a> {
    frame: &'a Frame,
    layout: &'a Layout,
    measure: &'a dyn TextMeasure,
    shapes: Vec<Shape>,
    labels: Vec<Label>,
    obstacles: Vec<Obstacle>,
    /// Where no label may stand.
    taken: Vec<Rect>,
    numbers: Vec<Vec<Shape>>,
}

impl Composer<'_> {
    /// A length for a stage of 900 pixels, as large as it is here.
    fn px(&self, length: f64) -> f64 {
        length * self.layout.scale
    }

    /// A type size, never below what can be read.
    fn type_size(&self, size: f64, least: f64) -> f64 {
        (size * self.layout.scale).max(least)
    }

    /// Everything beneath the nodes.
    fn ground(&mut self) {
        match self.frame.space {
            Space::Pastry { digits, .. } => self.pastry_ground(digits),
            Space::Chord { bits, .. } => self.chord_ground(bits),
        }
    }

    fn links(&mut self) {
        let Some(from) = self.frame.selected.and_then(|p| self.layout.spot(p)) else { return };
        let edge = solid(Ink::Dim.alpha(0.38), self.px(1.3).max(1.0));
        for to in self.frame.known.iter().take(MOST_LINKS).filter_map(|p| self.layout.spot(*p)) {
            self.shapes.push(Shape::Way { track: link(self.layout, from, to), edge });
        }
        for spot in self.frame.leaves.iter().filter_map(|p| self.layout.spot(*p)) {
            let edge = Some(solid(Ink::Leaf.solid(), self.px(2.4).max(1.6)));
            let radius = self.layout.dot + self.px(4.0);
            self.shapes.push(Shape::Disc { centre: spot.point, radius, fill: None, edge });
        }
    }

    /// Ordinary nodes: a hollow dot is a member, a broken circle is coming in, a square is away, a cross is dead.
    fn dots(&mut self) {
        let dot = self.layout.dot;
        let all = self.frame.nodes.iter().zip(&self.layout.spots);
        let centres = all.clone().filter(|(n, _)| n.state == NodeState::Active).map(|(_, s)| s.point).collect();
        let hollow = dot > 3.0;
        let edge = hollow.then(|| solid(Ink::Dim.solid(), self.px(2.0).max(1.5)));
        let fill = if hollow { Ink::Ground.solid() } else { Ink::Dim.alpha(0.65) };
        self.shapes.push(Shape::Dots { centres, radius: dot, fill, edge });
        for (node, spot) in all {
            match node.state {
                NodeState::Active => {}
                NodeState::Joining => {
                    let edge = Some(dashed(Ink::Ink.solid(), self.px(2.0).max(1.5)));
                    let radius = dot.max(self.px(5.0)) + self.px(2.0);
                    self.shapes.push(Shape::Disc { centre: spot.point, radius, fill: Some(Ink::Ground.solid()), edge });
                }
                NodeState::Away => {
                    let reach = dot.max(self.px(5.0)) + self.px(2.0);
                    let edge = dashed(Ink::Dim.solid(), self.px(2.0).max(1.5));
                    square(&mut self.shapes, spot.point, reach, edge);
                }
                NodeState::Dead => {
                    let (reach, width) = (dot.max(self.px(2.6)), self.px(2.4).max(1.6));
                    cross(&mut self.shapes, spot.point, reach, width);
                }
            }
        }
        if self.layout.spots.len() <= 300 {
            let places = self.layout.spots.iter().map(|s| Rect::around(s.point, dot * 2.0, dot * 2.0));
            self.obstacles.extend(places.map(|place| Obstacle { place, cost: 0.7 }));
        }
    }

    /// Hops, their nodes, the key's mark and the numbers.
    fn route(&mut self, tracks: &[Track]) {
        let node = self.route_radius();
        for (hop, track) in self.frame.hops.iter().zip(tracks).filter(|(_, t)| !t.is_empty()) {
            let done = hop.state == HopState::Done;
            let edge = if done {
                solid(Ink::Accent.solid(), self.px(4.0).max(3.0))
            } else {
                dashed(Ink::Accent.alpha(0.8), self.px(3.0).max(2.2))
            };
            self.shapes.push(Shape::Way { track: track.clone(), edge });
            if let Some(corners) = arrowhead(track, node + self.px(2.0), self.px(13.0).max(9.0)) {
                self.shapes.push(Shape::Area { corners, fill: Ink::Accent.alpha(if done { 1.0 } else { 0.8 }) });
            }
            let step = self.px(14.0).max(8.0);
            let places = track.sampled(step).into_iter().map(|p| Rect::around(p, step * 0.8, step * 0.8));
            self.obstacles.extend(places.map(|place| Obstacle { place, cost: 1.2 }));
        }
        let mut keep_free = Vec::new();
        for (peer, reached) in self.route_nodes() {
            let Some(spot) = self.layout.spot(peer) else { continue };
            let radius = if Some(peer) == self.frame.deciding { node * 1.3 } else { node };
            keep_free.push((spot.point, radius));
            self.taken.push(Rect::around(spot.point, radius * 1.8, radius * 1.8));
            let dead = self.frame.nodes[self.layout.index(peer).unwrap_or(0)].state == NodeState::Dead;
            self.route_node(spot.point, radius, reached, dead);
        }
        self.key_mark(&mut keep_free);
        self.select_mark();
        self.numbers(tracks, &keep_free);
    }

    fn route_radius(&self) -> f64 {
        self.px(10.0).max(6.5)
    }

    fn route_node(&mut self, centre: Point, radius: f64, reached: bool, dead: bool) {
        let ground = Some(solid(Ink::Ground.solid(), self.px(2.5)));
        if dead {
            self.shapes.push(Shape::Disc { centre, radius, fill: Some(Ink::Ground.solid()), edge: ground });
            let width = self.px(3.4).max(2.4);
            return cross(&mut self.shapes, centre, radius * 0.6, width);
        }
        let edge = solid(Ink::Accent.solid(), self.px(3.6).max(2.6));
        let (fill, edge) = if reached { (Ink::Accent, ground) } else { (Ink::Ground, Some(edge)) };
        self.shapes.push(Shape::Disc { centre, radius, fill: Some(fill.solid()), edge });
    }

    /// Nodes of the route in its order, and whether the message has been there.
    fn route_nodes(&self) -> Vec<(Peer, bool)> {
        let mut nodes: Vec<(Peer, bool)> = Vec::new();
        let mut add = |peer: Peer, reached: bool| match nodes.iter_mut().find(|(p, _)| *p == peer) {
            Some(known) => known.1 |= reached,
            None => nodes.push((peer, reached)),
        };
        for hop in &self.frame.hops {
            add(hop.from, hop.state != HopState::Next);
            add(hop.to, hop.state == HopState::Done);
        }
        if let Some(peer) = self.frame.deciding {
            add(peer, true);
        }
        nodes
    }

    /// The key: a diamond frame around its place, so that it is told from a node by its shape.
    fn key_mark(&mut self, keep_free: &mut Vec<(Point, f64)>) {
        let Some(key) = self.frame.key else { return };
        let spot = self.layout.place(self.frame, key);
        let reach = self.route_radius() * 1.75;
        let corners = [0.0, 0.25, 0.5, 0.75, 0.0].map(|t| spot.point.toward(t, reach));
        let edge = solid(Ink::Accent.solid(), self.px(2.6).max(2.0));
        let curves = corners.windows(2).map(|w| super::geometry::Curve::line(w[0], w[1])).collect();
        self.shapes.push(Shape::Way { track: Track::new(curves), edge });
        keep_free.push((spot.point, reach));
        self.taken.push(Rect::around(spot.point, reach * 1.5, reach * 1.5));
        let named =
            self.route_nodes().iter().filter_map(|(p, _)| self.layout.index(*p)).any(|i| self.frame.nodes[i].at == key);
        if !named && !self.frame.space.shows_all_identifiers() {
            let runs = self.name(key, true, true);
            self.beside(&spot, reach, runs, self.type_size(18.0, 13.0), rank::CHOSEN, 99.0);
        }
    }

    fn select_mark(&mut self) {
        let Some(spot) = self.frame.selected.and_then(|p| self.layout.spot(p)) else { return };
        let radius = self.layout.dot.max(self.px(4.0)) + self.px(7.0);
        let edge = Some(solid(Ink::Ink.solid(), self.px(2.6).max(2.0)));
        self.shapes.push(Shape::Disc { centre: spot.point, radius, fill: None, edge });
    }

    fn numbers(&mut self, tracks: &[Track], keep_free: &[(Point, f64)]) {
        let radius = self.px(14.0).max(10.5);
        let size = self.type_size(17.0, 13.0);
        for (hop, badge) in self.frame.hops.iter().zip(badges(tracks, radius, keep_free, self.layout.bounds())) {
            let mut number = Vec::new();
            if let Some(badge) = badge {
                if badge.foot.distance(badge.centre) > radius {
                    let edge = solid(Ink::Accent.alpha(0.7), self.px(1.5).max(1.2));
                    number.push(Shape::line(badge.foot, badge.centre, edge));
                }
                let fill = Some(Ink::Ground.solid());
                let edge = Some(solid(Ink::Accent.solid(), self.px(2.4).max(1.8)));
                number.push(Shape::Disc { centre: badge.centre, radius, fill, edge });
                let runs = vec![Run::new(hop.number.to_string(), Ink::Accent, true)];
                let place = Rect::around(badge.centre, self.width(&runs, size, Face::Sans), size * 1.2);
                number.push(Shape::Text(Text { place, runs, size, face: Face::Sans, halo: false }));
                self.taken.push(Rect::around(badge.centre, radius * 2.0, radius * 2.0));
            }
            self.shapes.extend(number.iter().cloned());
            self.numbers.push(number);
        }
    }

    /// Labels of nodes.
    fn names(&mut self) {
        if self.frame.space.shows_all_identifiers() {
            return; // each identifier is written at its tick
        }
        let route = self.route_nodes();
        let reach = self.route_radius() + self.px(5.0);
        let size = self.type_size(18.0, 13.0);
        for (peer, _) in &route {
            let rank = if Some(*peer) == self.frame.deciding { rank::CHOSEN } else { rank::ROUTE };
            self.node_name(*peer, reach, size, rank, 99.0, Ink::Ink);
        }
        let on_route = |peer: Peer| route.iter().any(|(p, _)| *p == peer);
        if let Some(peer) = self.frame.selected.filter(|p| !on_route(*p)) {
            self.node_name(peer, reach + self.px(3.0), size, rank::CHOSEN, 99.0, Ink::Ink);
        }
        let small = self.type_size(15.0, 12.0);
        let leaves: Vec<Peer> = self.frame.leaves.iter().copied().filter(|p| !on_route(*p)).take(64).collect();
        for peer in leaves {
            self.node_name(peer, self.layout.dot + self.px(6.0), small, rank::LEAF, 3.0, Ink::Leaf);
        }
        if self.frame.nodes.len() > MOST_NAMED || (self.frame.view == View::Unfolded && !route.is_empty()) {
            return; // with a route, the others stand back
        }
        for node in self.frame.nodes.iter().filter(|n| !on_route(n.peer)) {
            if Some(node.peer) != self.frame.selected && !self.frame.leaves.contains(&node.peer) {
                self.node_name(node.peer, self.layout.dot + self.px(4.0), small, rank::OTHER, 1.9, Ink::Dim);
            }
        }
    }

    fn node_name(&mut self, peer: Peer, reach: f64, size: f64, rank: u8, limit: f64, ink: Ink) {
        let Some((i, spot)) = self.layout.index(peer).zip(self.layout.spot(peer)) else { return };
        let chosen = rank == rank::CHOSEN;
        let mut runs = self.name(self.frame.nodes[i].at, rank <= rank::ROUTE, chosen);
        if let Some((_, called)) = self.frame.called.iter().find(|(other, _)| *other == peer) {
            runs.insert(0, Run::new(format!("{called} "), Ink::Ink, chosen));
        }
        if rank > rank::ROUTE {
            runs.iter_mut().for_each(|run| run.ink = ink);
        }
        self.beside(spot, reach, runs, size, rank, limit);
    }

    /// An identifier; the digits it shares with the key stand out.
    fn name(&self, at: u128, matched: bool, bold: bool) -> Vec<Run> {
        let text = self.frame.space.text(at);
        let shared = match (self.frame.space, self.frame.key) {
            (Space::Pastry { digits, .. }, Some(key)) if matched => {
                Guid(at).shared_prefix(Guid(key), digits) * digits.bits() as usize / 4
            }
            _ => 0,
        };
        let (first, rest) = text.split_at(shared.min(text.len()));
        let runs = [Run::new(first, Ink::Match, true), Run::new(rest, Ink::Ink, bold)];
        runs.into_iter().filter(|run| !run.text.is_empty()).collect()
    }

    fn width(&self, runs: &[Run], size: f64, face: Face) -> f64 {
        runs.iter().map(|run| self.measure.width(&run.text, size, face, run.bold)).sum()
    }

    /// Asks for a label beside a spot, best on the side away from the centre.
    fn beside(&mut self, spot: &Spot, clearance: f64, runs: Vec<Run>, size: f64, rank: u8, limit: f64) {
        let out = spot.point.minus(self.layout.centre).unit();
        // Text is wide, so left or right reads better than above or below.
        let best = if self.frame.view == View::Unfolded { point(out.x.signum() * 1.6, out.y) } else { out };
        let request = Request {
            anchor: spot.point,
            clearance,
            width: self.width(&runs, size, Face::Mono),
            height: size * 1.15,
            rank,
            choice: Choice::Around { best, limit },
        };
        self.labels.push(Label { request, runs, size, face: Face::Mono });
    }

    /// Asks for a label centred on a point; others would rather not cover it.
    fn centred(&mut self, at: Point, run: Run, size: f64, face: Face, rank: u8) {
        let runs = vec![run];
        let width = self.width(&runs, size, face);
        let request = Request { anchor: at, clearance: 0.0, width, height: size * 1.1, rank, choice: Choice::Centred };
        self.obstacles.push(Obstacle { place: Rect::around(at, width, size), cost: 2.0 });
        self.labels.push(Label { request, runs, size, face });
    }

    fn write(&mut self) {
        let requests: Vec<Request> = self.labels.iter().map(|l| l.request.clone()).collect();
        let places = place(&requests, self.layout.bounds().grown(-3.0), &self.taken, &self.obstacles);
        for (label, found) in self.labels.drain(..).zip(places) {
            let Some(place) = found else { continue };
            let text = Text { place, runs: label.runs, size: label.size, face: label.face, halo: true };
            self.shapes.push(Shape::Text(text));
        }
    }
}
