//! A picture as a list of shapes in painting order: what any screen, file or test can read.

use super::geometry::{Curve, Point, Rect, Track};

/// A colour by its meaning; the page says which colour that is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ink {
    /// The ground.
    Ground,
    /// Text and what matters.
    Ink,
    /// Text that may stand back.
    Dim,
    /// Rings and ticks.
    Line,
    /// The message and its route.
    Accent,
    /// Matched digits.
    Match,
    /// Leaf sets and successor lists.
    Leaf,
    /// Dead nodes.
    Dead,
}

/// A colour with its opacity, 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Paint {
    /// Which.
    pub ink: Ink,
    /// 1 covers.
    pub alpha: f64,
}

impl Ink {
    /// This colour, covering.
    #[must_use]
    pub const fn solid(self) -> Paint {
        Paint { ink: self, alpha: 1.0 }
    }

    /// This colour, letting the ground through.
    #[must_use]
    pub const fn alpha(self, alpha: f64) -> Paint {
        Paint { ink: self, alpha }
    }
}

/// How a line is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// Into pieces about twice as long as the line is wide.
    Dashed,
    /// Into dots.
    Dotted,
}

/// How a line is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stroke {
    /// Its colour.
    pub paint: Paint,
    /// Its width in CSS pixels.
    pub width: f64,
    /// How it is broken.
    pub dash: Dash,
}

/// An unbroken line.
#[must_use]
pub const fn solid(paint: Paint, width: f64) -> Stroke {
    Stroke { paint, width, dash: Dash::Solid }
}

/// A broken line.
#[must_use]
pub const fn dashed(paint: Paint, width: f64) -> Stroke {
    Stroke { paint, width, dash: Dash::Dashed }
}

/// Which family a text is set in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Face {
    /// Identifiers and digits.
    Mono,
    /// Words.
    Sans,
}

/// A piece of text in one colour and weight.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// What it says.
    pub text: String,
    /// Its colour.
    pub ink: Ink,
    /// Whether it is bold.
    pub bold: bool,
}

impl Run {
    /// A piece of text.
    #[must_use]
    pub fn new(text: impl Into<String>, ink: Ink, bold: bool) -> Self {
        Self { text: text.into(), ink, bold }
    }
}

/// A line of text.
#[derive(Clone, PartialEq, Debug)]
pub struct Text {
    /// The box it fills; it starts at the left edge and is centred between top and bottom.
    pub place: Rect,
    /// Its pieces, from left to right.
    pub runs: Vec<Run>,
    /// Its size in CSS pixels.
    pub size: f64,
    /// Its family.
    pub face: Face,
    /// Whether a ground-coloured edge sets it off from lines beneath.
    pub halo: bool,
}

/// Something to paint.
#[derive(Clone, PartialEq, Debug)]
pub enum Shape {
    /// A circle.
    Disc {
        /// Its centre.
        centre: Point,
        /// Its radius.
        radius: f64,
        /// Its inside.
        fill: Option<Paint>,
        /// Its edge.
        edge: Option<Stroke>,
    },
    /// A part of a circle's edge.
    Arc {
        /// The circle's centre.
        centre: Point,
        /// The circle's radius.
        radius: f64,
        /// Where it starts, in turns.
        from: f64,
        /// How far it goes clockwise, in turns, 0 to 1.
        sweep: f64,
        /// The line.
        edge: Stroke,
    },
    /// A line along curves.
    Way {
        /// The curves.
        track: Track,
        /// The line.
        edge: Stroke,
    },
    /// Many straight lines alike.
    Lines {
        /// Where each begins and ends.
        ends: Vec<[Point; 2]>,
        /// The line.
        edge: Stroke,
    },
    /// A closed area with straight edges.
    Area {
        /// Its corners.
        corners: Vec<Point>,
        /// Its inside.
        fill: Paint,
    },
    /// Many equal circles; above some number a screen may rasterise them.
    Dots {
        /// Their centres.
        centres: Vec<Point>,
        /// Their radius.
        radius: f64,
        /// Their inside.
        fill: Paint,
        /// Their edge; `None` for plain dots.
        edge: Option<Stroke>,
    },
    /// A line of text.
    Text(Text),
}

impl Shape {
    /// A straight line.
    #[must_use]
    pub fn line(from: Point, to: Point, edge: Stroke) -> Self {
        Self::Way { track: Track::new(vec![Curve::line(from, to)]), edge }
    }

    /// A box that holds everything the shape paints.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        let half = |edge: &Option<Stroke>| edge.map_or(0.0, |e| e.width / 2.0);
        match self {
            Self::Disc { centre, radius, edge, .. } => Rect::of([*centre]).grown(radius + half(edge)),
            Self::Arc { centre, radius, from, sweep, edge } => {
                let points = Track::arc(*centre, *radius, *from, *sweep).sampled(4.0);
                Rect::of(points).grown(edge.width / 2.0)
            }
            Self::Way { track, edge } => Rect::of(track.sampled(4.0)).grown(edge.width / 2.0),
            Self::Lines { ends, edge } => Rect::of(ends.iter().flatten().copied()).grown(edge.width / 2.0),
            Self::Area { corners, .. } => Rect::of(corners.iter().copied()),
            Self::Dots { centres, radius, edge, .. } => Rect::of(centres.iter().copied()).grown(radius + half(edge)),
            Self::Text(text) => text.place,
        }
    }
}

/// Tells how wide text is; a screen knows its fonts.
pub trait TextMeasure {
    /// The width of a text in CSS pixels.
    fn width(&self, text: &str, size: f64, face: Face, bold: bool) -> f64;
}

/// Widths of a typical typewriter and sans-serif face, where no screen is at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct TypicalFonts;

impl TextMeasure for TypicalFonts {
    fn width(&self, text: &str, size: f64, _face: Face, bold: bool) -> f64 {
        text.chars().count() as f64 * size * if bold { 0.64 } else { 0.61 }
    }
}
