//! The lecture's scenes of the systems that are no rings, a module of its own: worlds side by side as graphs, their clock, what
//! a node keeps, what a search costs.
//!
//! The rings' scenes belong to the app ([`crate::workbench`]); stage, transport and keys are the same.

mod board;
mod inspector;
mod link;
mod page;
mod rail;

pub use page::Page;
