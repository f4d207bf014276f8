//! Decisions in plain English.
