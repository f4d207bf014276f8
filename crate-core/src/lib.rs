//! Peer-to-peer overlays as pure state machines, and the simulator that runs them.
#![forbid(unsafe_code)]
