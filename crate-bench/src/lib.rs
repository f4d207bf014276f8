//! How fast the core is, beside a plain flat-array bound measured in the same run.
//!
//! Each case is measured several times, ours and the bound's in turn, so that whatever else the machine does meets both;
//! medians are reported, and the ratio of medians. Time is the CPU time of the thread where the system tells it, and the
//! clock of the host in wasm. Every lookup of either side is checked against the sorted list of identifiers.
//!
//! `docs/speed.md` says what the cases are and what the distance to the bound is made of.

mod bound;
mod ours;
mod report;
mod run;

pub use report::{Case, Row, csv, json, table};
pub use run::{Plan, Systems, run};

/// Seconds that the work of this thread has taken, from any beginning.
pub type Clock = fn() -> f64;

/// The CPU time of the calling thread.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn thread_clock() -> f64 {
    cpu_time::ThreadTime::now().as_duration().as_secs_f64()
}
