//! What the stage is told: plain data, the same that the core's pictures are made of.
//!
//! - A [`Frame`] is one moment. Its nodes are shared ([`std::sync::Arc`]), so frames are cheap while nobody comes or goes.
//! - What moves carries `progress` (0 to 1, when the frame was made) and `rate` (share of the way a second of real
//!   time): the stage moves it on by itself until the next frame, without the virtual DOM. With rate 0 it stands still.
//! - Identifiers are fractions of the ring in units of 2^−128: a GUID as it is, a Chord identifier by
//!   [`overlay_core::id::ChordId::fraction`]. [`StageNode::pastry`] and [`StageNode::chord`] do it for nodes.

pub use overlay_core::draw::{FingerArc, Flight, Frame, HopState, NodeState, Space, StageHop, StageNode, View};
