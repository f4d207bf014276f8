//! Pictures of rings as geometry: layouts, labels, routes, scales and a point rasteriser; and charts as SVG. No screen
//! and no web type.
//!
//! A [`Frame`] says what is shown, a [`Composition`] where everything goes, as [`Shape`]s in painting order. Whoever
//! paints (a canvas, a test, a file) walks the list. Draws the slides "Pastry" and "Chord: an example DHT":
//! - Pastry, unfolded: rings are rows. The sector of each ring that matches the key's next digit opens into the next
//!   ring inwards, so a hop that matches one digit more goes one ring inwards.
//! - Chord, unfolded: the remaining distance halves. Each hop is an arc on its own ring inside the identifier ring, from
//!   the node clockwise towards the key, with a tick at half of what remained. Up to m = 6 all angles are those of the
//!   identifier ring; on larger rings each inner ring is all that remained before its hop.
//! - Ring: everything on one ring, for both.
//!
//! Systems without a ring of their own are drawn as graphs ([`graph`]): Gnutella in waves, FastTrack on two floors. Whatever is
//! [`Pictured`] can be put on a stage.
//!
//! # Implementation notes
//! Trigonometry is libm's, so that positions are the same natively and in wasm. Text widths come from a
//! [`TextMeasure`], because only a screen knows its fonts.

pub mod chart;
mod compose;
mod frame;
mod geometry;
pub mod graph;
mod label;
mod layout;
mod marks;
mod picture;
mod pictured;
mod raster;
mod route;
mod scale;

pub use compose::Composition;
pub use frame::{FingerArc, Flight, Frame, HopState, NodeState, Space, StageHop, StageNode, View};
pub use geometry::{Curve, Point, Rect, Track, point, shortest_way, wrap};
pub use label::{Choice, Obstacle, Request, place};
pub use layout::{Layout, MOST_ROWS, Ring, Size, Spot, turn_of, unfolded_place, useful_rows};
pub use picture::{Dash, Face, Ink, Paint, Run, Shape, Stroke, Text, TextMeasure, TypicalFonts, dashed, solid};
pub use pictured::Pictured;
pub use raster::{Raster, Stamp};
pub use route::{Badge, badges, hop_share, hop_tracks, link};
pub use scale::{Linear, fixed, log_ticks, nice_ticks};
