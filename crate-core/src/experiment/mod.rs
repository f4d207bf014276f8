//! Experiments of the papers, run on the real protocols: sweeps, statistics, and published figures beside ours.

pub mod churn;
