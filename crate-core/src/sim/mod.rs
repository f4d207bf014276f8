//! The simulator: worlds of nodes, what happens in them, and travel in time.
//!
//! The state at any moment is a function of a specification, its seed and the log of what the user did. Whatever sees
//! more than one node's state lives here, and no protocol asks it anything.

mod act;
pub mod check;
pub mod lab;
pub mod library;
pub mod live;
pub mod plane;
pub mod queue;
pub mod route;
pub mod searches;
pub mod session;
pub mod share;
pub mod show;
pub mod spec;
pub mod swarm;
pub mod systems;
pub mod topology;
pub mod trace;
pub mod weather;
pub mod words;
pub mod workload;
pub mod world;
