//! Random worlds of simulated browsers.
