//! Both rings, light: all nodes, lookups under way as dots, and the one that is followed with its way.
//!
//! Painted in the worker on canvases that the page has handed over; shapes and colours are those of the stage.

use overlay_core::draw::{Curve, Point, Raster, Stamp, point, shortest_way};
use overlay_core::experiment::compare::{Comparison, Fate};
use overlay_core::protocol::Peer;
use overlay_core::sim::lab::SystemKind;
use std::f64::consts::{PI, TAU};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{ImageData, OffscreenCanvas, OffscreenCanvasRenderingContext2d as Context};

/// Above so many nodes the ring is a band of dots, painted into a buffer.
const MANY: usize = 1_500;
/// Most lookups under way that are painted.
const FLIGHTS_MAX: usize = 600;
/// Width of the band, in CSS pixels.
const BAND: f64 = 16.0;

/// Sizes and colours, as the page has them.
#[derive(Clone, PartialEq, Default)]
pub(super) struct Look {
    /// Width and height of both pictures, in CSS pixels.
    pub(super) sizes: [(f64, f64); 2],
    pub(super) ratio: f64,
    /// In the order of `talk::COLOURS`.
    pub(super) colours: Vec<String>,
    pub(super) font: String,
    /// Whether nothing may move by itself.
    pub(super) still: bool,
}

impl Look {
    fn colour(&self, index: usize) -> &str {
        self.colours.get(index).map_or("#000", String::as_str)
    }
}

const GROUND: usize = 0;
const INK: usize = 1;
const DIM: usize = 2;
const LINE: usize = 3;
const ACCENT: usize = 4;
const DEAD: usize = 5;

/// One ring.
pub(super) struct Picture {
    system: SystemKind,
    canvas: OffscreenCanvas,
    context: Context,
    /// Ring and nodes, painted anew only when they change.
    base: (OffscreenCanvas, Context),
    turns: Vec<f64>,
    /// How many were dead when the base was painted; `None`: it has to be.
    painted: Option<usize>,
}

fn context(canvas: &OffscreenCanvas) -> Option<Context> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

impl Picture {
    pub(super) fn new(system: SystemKind, canvas: OffscreenCanvas) -> Option<Self> {
        let base = OffscreenCanvas::new(1, 1).ok()?;
        let (context, below) = (context(&canvas)?, context(&base)?);
        Some(Self { system, canvas, context, base: (base, below), turns: Vec::new(), painted: None })
    }

    /// Sizes, colours or nodes are others than before.
    pub(super) fn renew(&mut self, comparison: &Comparison) {
        self.turns = comparison.turns(self.system);
        self.painted = None;
    }

    fn size<'a>(&self, look: &'a Look) -> &'a (f64, f64) {
        &look.sizes[usize::from(self.system == SystemKind::Chord)]
    }

    pub(super) fn paint(&mut self, comparison: &Comparison, look: &Look) {
        let (width, height) = *self.size(look);
        if width < 40.0 || height < 40.0 {
            return;
        }
        let pixels = |css: f64| (css * look.ratio).round().clamp(1.0, 8_192.0) as u32;
        let (columns, rows) = (pixels(width), pixels(height));
        if (self.canvas.width(), self.canvas.height()) != (columns, rows) {
            for canvas in [&self.canvas, &self.base.0] {
                canvas.set_width(columns);
                canvas.set_height(rows);
            }
            self.painted = None;
        }
        let ring = Ring { centre: point(width / 2.0, height / 2.0), radius: width.min(height) / 2.0 - 30.0 };
        if self.painted != Some(comparison.killed().len()) {
            self.paint_base(comparison, look, &ring);
            self.painted = Some(comparison.killed().len());
        }
        let _ = self.context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        let _ = self.context.draw_image_with_offscreen_canvas(&self.base.0, 0.0, 0.0);
        let _ = self.context.set_transform(look.ratio, 0.0, 0.0, look.ratio, 0.0, 0.0);
        self.paint_flights(comparison, look, &ring);
        self.paint_followed(comparison, look, &ring);
    }

    fn paint_base(&mut self, comparison: &Comparison, look: &Look, ring: &Ring) {
        let mut alive = vec![true; self.turns.len()];
        comparison.killed().iter().for_each(|peer| alive[peer.index()] = false);
        let context = &self.base.1;
        let (columns, rows) = (self.base.0.width(), self.base.0.height());
        let _ = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        context.set_fill_style_str(look.colour(GROUND));
        context.fill_rect(0.0, 0.0, f64::from(columns), f64::from(rows));
        let _ = context.set_transform(look.ratio, 0.0, 0.0, look.ratio, 0.0, 0.0);
        context.set_line_width(2.0);
        context.set_stroke_style_str(look.colour(LINE));
        circle(context, ring.centre, ring.radius);
        context.stroke();
        if self.turns.len() > MANY {
            self.paint_band(&alive, look, ring);
            return;
        }
        let size = (110.0 / (self.turns.len() as f64).sqrt()).clamp(2.2, 6.0);
        for (turn, alive) in self.turns.iter().zip(&alive) {
            let at = ring.at(*turn);
            if *alive {
                context.set_fill_style_str(look.colour(DIM));
                circle(context, at, size);
                context.fill();
            } else {
                context.set_line_width((size / 2.0).max(1.4));
                context.set_stroke_style_str(look.colour(DEAD));
                cross(context, at, size * 0.9);
            }
        }
    }

    /// Many nodes: a band, in which those of one place lie side by side; the dead inside it, the living outside.
    fn paint_band(&self, alive: &[bool], look: &Look, ring: &Ring) {
        let (columns, rows) = (self.base.0.width() as usize, self.base.0.height() as usize);
        let mut raster = Raster::new(columns, rows);
        let stamp = Stamp::dot(0.9 * look.ratio);
        let [ink, dead] = [INK, DEAD].map(|index| rgb(look.colour(index)));
        for (place, (turn, alive)) in self.turns.iter().zip(alive).enumerate() {
            // A golden-ratio sequence spreads neighbours evenly over the width.
            let spread = (place as f64 * 0.618_033_988_749_895).fract();
            let radius = ring.radius - BAND * if *alive { spread } else { 1.3 + spread * 0.6 };
            let at = ring.centre.toward(*turn, radius);
            let [r, g, b] = if *alive { ink } else { dead };
            raster.stamp(&stamp, at.x * look.ratio, at.y * look.ratio, [r, g, b, if *alive { 70 } else { 130 }]);
        }
        let bytes = Clamped(raster.bytes());
        let Ok(image) = ImageData::new_with_u8_clamped_array_and_sh(bytes, columns as u32, rows as u32) else { return };
        // Image data replaces what is below; so it goes by way of a canvas of its own.
        let Some((store, below)) = OffscreenCanvas::new(columns as u32, rows as u32).ok().and_then(|canvas| {
            let below = context(&canvas)?;
            Some((canvas, below))
        }) else {
            return;
        };
        let _ = below.put_image_data(&image, 0.0, 0.0);
        let _ = self.base.1.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        let _ = self.base.1.draw_image_with_offscreen_canvas(&store, 0.0, 0.0);
    }

    fn paint_flights(&self, comparison: &Comparison, look: &Look, ring: &Ring) {
        let context = &self.context;
        context.set_fill_style_str(look.colour(ACCENT));
        context.set_global_alpha(0.55);
        for flight in comparison.flights(self.system).iter().take(FLIGHTS_MAX) {
            if flight.number != comparison.followed() {
                circle(context, self.link(ring, flight.from, flight.to).at(flight.progress), 3.0);
                context.fill();
            }
        }
        context.set_global_alpha(1.0);
    }

    fn link(&self, ring: &Ring, from: Peer, to: Peer) -> Curve {
        let turn = |peer: Peer| self.turns.get(peer.index()).copied().unwrap_or(0.0);
        ring.link(turn(from), turn(to))
    }

    fn paint_followed(&self, comparison: &Comparison, look: &Look, ring: &Ring) {
        let followed = comparison.followed();
        if followed >= comparison.started() || self.turns.is_empty() {
            return;
        }
        let context = &self.context;
        let path = comparison.path(self.system, followed);
        let fate = comparison.fate(self.system, followed);
        context.set_stroke_style_str(look.colour(ACCENT));
        context.set_line_width(3.0);
        let links: Vec<Curve> = path.windows(2).map(|hop| self.link(ring, hop[0], hop[1])).collect();
        links.iter().for_each(|link| stroke(context, link));
        let flights = comparison.flights(self.system);
        for flight in flights.iter().filter(|flight| flight.number == followed) {
            let link = self.link(ring, flight.from, flight.to);
            context.set_line_width(2.0);
            dashes(context, &[5.0, 4.0]);
            stroke(context, &link);
            dashes(context, &[]);
            context.set_line_width(3.0);
            stroke(context, &link.split(flight.progress).0);
            context.set_fill_style_str(look.colour(ACCENT));
            circle(context, link.at(flight.progress), 7.0);
            context.fill();
        }
        self.paint_key(comparison.key_turn(self.system, followed), look, ring);
        for (place, peer) in path.iter().enumerate() {
            let last = place + 1 == path.len() && fate != Fate::UnderWay;
            context.set_fill_style_str(look.colour(if last { GROUND } else { ACCENT }));
            let turn = self.turns.get(peer.index()).copied().unwrap_or(0.0);
            circle(context, ring.at(turn), if last { 8.0 } else { 6.0 });
            context.fill();
            context.set_line_width(if last { 4.0 } else { 2.0 });
            context.stroke();
        }
        for (place, link) in links.iter().enumerate() {
            self.badge(&(place + 1).to_string(), link.at(0.5), look);
        }
    }

    /// The key: a diamond outside the ring.
    fn paint_key(&self, turn: f64, look: &Look, ring: &Ring) {
        let at = ring.centre.toward(turn, ring.radius + 16.0);
        let context = &self.context;
        context.begin_path();
        for (place, (dx, dy)) in [(0.0, -7.0), (7.0, 0.0), (0.0, 7.0), (-7.0, 0.0)].into_iter().enumerate() {
            if place == 0 { context.move_to(at.x + dx, at.y + dy) } else { context.line_to(at.x + dx, at.y + dy) }
        }
        context.close_path();
        context.set_stroke_style_str(look.colour(ACCENT));
        context.set_line_width(2.5);
        context.stroke();
    }

    fn badge(&self, text: &str, at: Point, look: &Look) {
        let context = &self.context;
        context.set_font(&format!("700 13px {}", look.font));
        context.set_text_align("center");
        context.set_text_baseline("middle");
        context.set_fill_style_str(look.colour(GROUND));
        circle(context, at, 10.0);
        context.fill();
        context.set_line_width(1.5);
        context.set_stroke_style_str(look.colour(ACCENT));
        context.stroke();
        context.set_fill_style_str(look.colour(INK));
        let _ = context.fill_text(text, at.x, at.y + 0.5);
    }
}

struct Ring {
    centre: Point,
    radius: f64,
}

impl Ring {
    fn at(&self, turn: f64) -> Point {
        self.centre.toward(turn, self.radius)
    }

    /// A way between two places, bent inwards: the nearer they are, the less.
    fn link(&self, from: f64, to: f64) -> Curve {
        let (a, b) = (self.at(from), self.at(to));
        let way = shortest_way(from, to).abs();
        let pull = 0.03 + 0.3 * (1.0 - way) * (way * 6.0).min(1.0);
        Curve::bent(a, a.mix(b, 0.5).mix(self.centre, pull), b)
    }
}

fn circle(context: &Context, at: Point, radius: f64) {
    context.begin_path();
    let _ = context.arc(at.x, at.y, radius.max(0.0), -PI / 2.0, TAU - PI / 2.0);
}

fn cross(context: &Context, at: Point, reach: f64) {
    context.begin_path();
    for side in [-1.0, 1.0] {
        context.move_to(at.x - reach, at.y - reach * side);
        context.line_to(at.x + reach, at.y + reach * side);
    }
    context.stroke();
}

fn stroke(context: &Context, curve: &Curve) {
    let [a, b, c, d] = curve.0;
    context.begin_path();
    context.move_to(a.x, a.y);
    context.bezier_curve_to(b.x, b.y, c.x, c.y, d.x, d.y);
    context.stroke();
}

fn dashes(context: &Context, pieces: &[f64]) {
    let _ = context.set_line_dash(&pieces.iter().copied().map(JsValue::from_f64).collect::<js_sys::Array>());
}

/// Bytes of a colour written as #rrggbb; black if it is not.
fn rgb(colour: &str) -> [u8; 3] {
    let digits = colour.trim().trim_start_matches('#');
    let byte = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
    [byte(0), byte(2), byte(4)]
}
