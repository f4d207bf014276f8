//! Peer-to-peer overlays as pure state machines, and the simulator that runs them.
//!
//! Nothing here reads a clock, a global random generator or the order of a hash map, and nothing knows of a screen: the
//! same code runs in a browser tab, in a terminal and, over real links, between browsers. A module uses only what
//! stands above it in this list.
#![forbid(unsafe_code)]

pub mod plain;

pub mod small_sort;

pub mod id;

pub mod time;

pub mod protocol;

pub mod pastry;

pub mod chord;

pub mod dht;

pub mod search;

pub mod napster;

pub mod gnutella;

pub mod fasttrack;

pub mod replication;

pub mod identity;

pub mod signalling;

pub mod wire;

pub mod live;

pub mod sim;

pub mod lecture;

pub mod experiment;

pub mod draw;
