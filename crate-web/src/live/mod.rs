//! The live overlay: browsers as nodes of a Pastry ring, over links of their own.
//!
//! | module | holds |
//! |---|---|
//! | [`link`] | what a link is to the rest |
//! | [`rtc`], [`port`], [`wires`] | the three kinds: WebRTC, within one browser, and simulated within one page |
//! | [`tabs`], [`tracker`], [`secret`] | ways of meeting others: tabs, public trackers with sealed words |
//! | [`hub`] | this page's members, and all that joins them to the world |
//! | [`clock`], [`settings`], [`preflight`], [`qr`] | time, what may be set, what a network allows, codes |
//! | [`page`] | the page |
//!
//! The member itself, [`overlay_core::live::Member`], is the same node that the simulator runs; it knows links and no
//! browser.

pub mod clock;
pub mod hub;
pub mod link;
pub mod page;
pub mod port;
pub mod preflight;
pub mod qr;
pub mod rtc;
pub mod secret;
pub mod settings;
pub mod tabs;
pub mod tracker;
pub mod wires;
