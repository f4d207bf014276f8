//! The still picture of a graph.

use super::super::geometry::{Point, Rect, point};
use super::super::label::{Choice, Obstacle, Request, place};
use super::super::marks::cross;
use super::super::picture::{Face, Ink, Run, Shape, Stroke, Text, TextMeasure, dashed, solid};
use super::super::{NodeState, Size};
use super::{EdgeState, GraphFrame, GraphNode, Mark};
use crate::sim::show::Role;

/// Pictures with more nodes name only those that matter.
const NAMED_MAX: usize = 45;
/// Pictures with more nodes show the many as plain dots.
const DRAWN_MAX: usize = 400;
/// Names of nodes that have what is searched for, at most.
const HOLDERS_NAMED_MAX: usize = 40;

/// A graph laid out for a picture.
#[derive(Clone, PartialEq, Debug)]
pub struct GraphComposition {
    /// The size of the picture.
    pub size: Size,
    /// Where each node lies, in the frame's order.
    pub points: Vec<Point>,
    /// The still picture, in painting order.
    pub still: Vec<Shape>,
    /// The radius of an ordinary node.
    pub dot: f64,
    /// How much larger than on a stage of 900 pixels things are drawn.
    pub scale: f64,
}

impl GraphComposition {
    /// Lays a frame out.
    #[must_use]
    pub fn new(frame: &GraphFrame, size: Size, measure: &dyn TextMeasure) -> Self {
        let size = Size { width: size.width.max(120.0), height: size.height.max(120.0) };
        let side = size.width.min(size.height);
        let scale = (side / 900.0).clamp(0.7, 1.8);
        let margin = (44.0 * scale).max(30.0);
        // Names stand beside nodes; where there is little room, above and below them.
        let beside = (margin * 1.3).min(size.width * 0.13);
        let (across, down) = (size.width / 2.0 - beside, size.height / 2.0 - margin);
        // A wide stage is used up to one and a half times its height, a narrow one up to twice its width.
        let (rx, ry) = (across.min(down * 1.5), down.min(across * 2.0));
        let centre = point(size.width / 2.0, size.height / 2.0);
        let points =
            frame.nodes.iter().map(|node| point(centre.x + node.at.x * rx, centre.y + node.at.y * ry)).collect();
        let dot = match frame.nodes.len() {
            0..=45 => 8.0,
            46..=160 => 6.0,
            161..=400 => 4.5,
            401..=2_000 => 3.0,
            _ => 1.6,
        } * scale.max(0.85);
        let mut composition = Self { size, points, still: Vec::new(), dot, scale };
        let mut composer = Composer { frame, measure, to: &mut composition, centre, radius: point(rx, ry) };
        composer.circles();
        composer.edges();
        composer.nodes();
        composer.names();
        composition
    }

    /// A length for a stage of 900 pixels, as large as it is here.
    pub(super) fn px(&self, length: f64) -> f64 {
        length * self.scale
    }

    /// The whole picture.
    pub(super) fn bounds(&self) -> Rect {
        Rect { min: Point::default(), max: point(self.size.width, self.size.height) }
    }
}

struct Composer<'a> {
    frame: &'a GraphFrame,
    measure: &'a dyn TextMeasure,
    to: &'a mut GraphComposition,
    centre: Point,
    radius: Point,
}

impl Composer<'_> {
    /// A point of an ellipse around the middle.
    fn around(&self, turn: f64, share: f64) -> Point {
        let unit = Point::default().toward(turn, share);
        point(self.centre.x + unit.x * self.radius.x, self.centre.y + unit.y * self.radius.y)
    }

    fn circles(&mut self) {
        let edge = solid(Ink::Line.alpha(0.8), self.to.px(1.6).max(1.2));
        for circle in &self.frame.circles {
            const PARTS: u32 = 96;
            let at = |part: u32| self.around(f64::from(part) / f64::from(PARTS), circle.radius);
            let ends = (0..PARTS).map(|part| [at(part), at(part + 1)]).collect();
            self.to.still.push(Shape::Lines { ends, edge });
        }
    }

    fn edges(&mut self) {
        let many = self.frame.edges.len() > 2 * DRAWN_MAX;
        let width = |wide: f64| if many { 0.8 } else { self.to.px(wide).max(1.2) };
        let styles = [
            (EdgeState::Idle, solid(Ink::Dim.alpha(if many { 0.25 } else { 0.45 }), width(1.6))),
            (EdgeState::Asked, solid(Ink::Accent.alpha(0.85), width(3.0))),
            (EdgeState::Answered, solid(Ink::Match.alpha(0.9), width(3.6))),
        ];
        for (state, edge) in styles {
            let of_it = self.frame.edges.iter().filter(|e| e.state == state);
            let ends: Vec<[Point; 2]> =
                of_it.map(|e| [self.to.points[e.from as usize], self.to.points[e.to as usize]]).collect();
            if !ends.is_empty() {
                self.to.still.push(Shape::Lines { ends, edge });
            }
        }
    }

    fn nodes(&mut self) {
        let frame = self.frame;
        let all = || frame.nodes.iter().zip(self.to.points.clone());
        if frame.nodes.len() > DRAWN_MAX {
            let plain = |mark: Mark| -> Vec<Point> {
                let of_it = all().filter(|(n, _)| n.mark == mark && n.state == NodeState::Active);
                of_it.map(|(_, p)| p).collect()
            };
            let untouched =
                Shape::Dots { centres: plain(Mark::None), radius: self.to.dot, fill: Ink::Dim.alpha(0.5), edge: None };
            let asked =
                Shape::Dots { centres: plain(Mark::Asked), radius: self.to.dot, fill: Ink::Accent.solid(), edge: None };
            let there = |shape: &Shape| !matches!(shape, Shape::Dots { centres, .. } if centres.is_empty());
            self.to.still.extend([untouched, asked].into_iter().filter(there));
        }
        let matters = |node: &GraphNode| {
            frame.nodes.len() <= DRAWN_MAX || node.mark == Mark::Asker || node.state != NodeState::Active
        };
        for (node, at) in all().collect::<Vec<_>>() {
            if matters(node) {
                self.node(node, at);
            }
        }
        if let Some(at) = frame.selected.and_then(|peer| self.index(peer)).map(|index| self.to.points[index]) {
            let edge = Some(solid(Ink::Ink.solid(), self.to.px(2.6).max(2.0)));
            let radius = self.to.dot.max(6.0) + self.to.px(9.0);
            self.to.still.push(Shape::Disc { centre: at, radius, fill: None, edge });
        }
    }

    fn index(&self, peer: crate::protocol::Peer) -> Option<usize> {
        self.frame.nodes.binary_search_by_key(&peer, |node| node.peer).ok()
    }

    fn node(&mut self, node: &GraphNode, at: Point) {
        let line = self.to.px(2.4).max(1.8);
        if node.state == NodeState::Dead {
            let (reach, width) = (self.to.dot * 1.1, self.to.px(3.0).max(2.2));
            return cross(&mut self.to.still, at, reach, width);
        }
        let (fill, ink) = match node.mark {
            Mark::Asker => (Ink::Accent, Ink::Ink),
            Mark::Asked => (Ink::Accent, Ink::Accent),
            Mark::None => (Ink::Ground, Ink::Dim),
        };
        let edge =
            if node.state == NodeState::Joining { dashed(Ink::Ink.solid(), line) } else { solid(ink.solid(), line) };
        let reach = self.to.dot * if node.mark == Mark::Asker { 1.35 } else { 1.0 };
        match node.role {
            Role::Peer => self.disc(at, reach, fill, edge),
            Role::Walled => {
                self.disc(at, reach, fill, edge);
                let wall = dashed(Ink::Dead.solid(), line);
                let radius = reach + self.to.px(6.0).max(4.0);
                self.to.still.push(Shape::Disc { centre: at, radius, fill: None, edge: Some(wall) });
            }
            Role::Server => self.polygon(at, &[0.125, 0.375, 0.625, 0.875], reach * 2.1, fill, edge),
            Role::Super => {
                self.polygon(at, &[0.0, 1.0 / 6.0, 1.0 / 3.0, 0.5, 2.0 / 3.0, 5.0 / 6.0], reach * 1.6, fill, edge)
            }
            Role::Liar => {
                let edge = if node.mark == Mark::None { solid(Ink::Dead.solid(), line) } else { edge };
                self.polygon(
                    at,
                    &[0.0, 1.0 / 3.0, 2.0 / 3.0],
                    reach * 1.6,
                    if node.mark == Mark::None { Ink::Ground } else { Ink::Dead },
                    edge,
                );
            }
        }
        if node.has {
            // Green within: it has what is searched for.
            let corners = [0.0, 0.25, 0.5, 0.75].map(|turn| at.toward(turn, reach * 0.78)).to_vec();
            self.to.still.push(Shape::Area { corners, fill: Ink::Match.solid() });
            let radius = reach + self.to.px(4.0).max(3.0);
            let edge = Some(solid(Ink::Match.solid(), line));
            self.to.still.push(Shape::Disc { centre: at, radius, fill: None, edge });
        }
    }

    fn disc(&mut self, centre: Point, radius: f64, fill: Ink, edge: Stroke) {
        self.to.still.push(Shape::Disc { centre, radius, fill: Some(fill.solid()), edge: Some(edge) });
    }

    fn polygon(&mut self, at: Point, turns: &[f64], reach: f64, fill: Ink, edge: Stroke) {
        let corners: Vec<Point> = turns.iter().map(|turn| at.toward(*turn, reach)).collect();
        self.to.still.push(Shape::Area { corners: corners.clone(), fill: fill.solid() });
        let next = corners.iter().cycle().skip(1);
        let ends = corners.iter().zip(next).map(|(a, b)| [*a, *b]).collect();
        self.to.still.push(Shape::Lines { ends, edge });
    }

    /// Names of nodes, and what stands at the circles.
    fn names(&mut self) {
        let frame = self.frame;
        let size = (15.0 * self.to.scale).max(12.0);
        let few = frame.nodes.len() <= NAMED_MAX;
        let mut wanted: Vec<(Request, Vec<Run>, f64)> = Vec::new();
        let mut holders = 0;
        for (node, at) in frame.nodes.iter().zip(&self.to.points) {
            let chosen = node.mark == Mark::Asker || Some(node.peer) == frame.selected;
            holders += usize::from(node.has);
            let holder = node.has && holders <= HOLDERS_NAMED_MAX && frame.nodes.len() <= DRAWN_MAX;
            let special = matches!(node.role, Role::Server | Role::Walled);
            if !(few || chosen || holder || special) {
                continue;
            }
            let ink = if node.has {
                Ink::Match
            } else if chosen || special {
                Ink::Ink
            } else {
                Ink::Dim
            };
            let runs = vec![Run::new(&*node.name, ink, chosen || node.has || special)];
            let out = at.minus(self.centre);
            let best = if out.length() < 1.0 { point(0.0, 1.0) } else { out };
            let rank = if chosen {
                0
            } else if node.has || special {
                1
            } else {
                4
            };
            let clearance = self.to.dot * if node.role == Role::Peer { 1.35 } else { 1.9 } + self.to.px(6.0).max(4.0);
            wanted.push((
                self.request(*at, &runs, size, clearance, rank, Choice::Around { best, limit: 9.0 }),
                runs,
                size,
            ));
        }
        for circle in frame.circles.iter().filter(|circle| !circle.caption.is_empty()) {
            let runs = vec![Run::new(&*circle.caption, Ink::Accent, true)];
            let size = size * 1.1;
            let at = self.around(0.0, circle.radius);
            wanted.push((
                self.request(at, &runs, size, 0.0, 2, Choice::Around { best: point(0.0, -1.0), limit: 9.0 }),
                runs,
                size,
            ));
        }
        let requests: Vec<Request> = wanted.iter().map(|(request, ..)| request.clone()).collect();
        let reach = self.to.dot * 2.0 + 3.0;
        let obstacles: Vec<Obstacle> = if frame.nodes.len() <= DRAWN_MAX {
            self.to.points.iter().map(|p| Obstacle { place: Rect::around(*p, reach, reach), cost: 2.0 }).collect()
        } else {
            Vec::new()
        };
        let found = place(&requests, self.to.bounds().grown(-3.0), &[], &obstacles);
        for ((_, runs, size), place) in wanted.into_iter().zip(found) {
            if let Some(place) = place {
                self.to.still.push(Shape::Text(Text { place, runs, size, face: Face::Sans, halo: true }));
            }
        }
    }

    fn request(&self, anchor: Point, runs: &[Run], size: f64, clearance: f64, rank: u8, choice: Choice) -> Request {
        let width = runs.iter().map(|run| self.measure.width(&run.text, size, Face::Sans, run.bold)).sum();
        Request { anchor, clearance, width, height: size * 1.15, rank, choice }
    }
}
