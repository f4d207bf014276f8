//! Overlay Lab in a browser tab: panels in Yew, the stage on a canvas.
//!
//! | module | holds |
//! |---|---|
//! | [`app`] | which page is shown, on which desk; keys |
//! | [`router`], [`shell`], [`home`], [`help`], [`share`], [`theme`] | what stands around the pages |
//! | [`desk`] | worlds, the moment shown, what panels and picture see: plain state, tested natively |
//! | [`handle`] | the desk on the page, with the frame loop |
//! | [`workbench`] | stage, inspector and transport |
//! | [`lecture`], [`lab_page`] | the two kinds of page with a stage |
//! | [`modules`] | pages that are loaded when they are opened |
//! | [`comparing`] | the first of them, the comparison, and its worker |
//! | [`live`] | the second, the live overlay: browsers as nodes |
//! | [`claims`] | the third, the lecture's claims beside what comes out here, and its worker |
//! | [`deck`] | the fourth, the lecture's scenes of the systems that are no rings |
//! | [`stage`] | the picture |
//! | the rest | parts and readers that these use |

pub mod app;
pub mod chapters;
pub mod charts;
pub mod claims;
pub mod compare;
pub mod comparing;
pub mod courses;
pub mod crash;
pub mod deck;
pub mod desk;
pub mod dom;
pub mod forms;
pub mod handle;
pub mod help;
pub mod home;
pub mod icon;
pub mod inspector;
pub mod keys;
pub mod lab_page;
pub mod lecture;
pub mod live;
pub mod modules;
pub mod numbers;
pub mod player;
pub mod reading;
pub mod router;
pub mod share;
pub mod shell;
pub mod stage;
pub mod theme;
pub mod transport;
pub mod widgets;
pub mod words;
pub mod workbench;

/// Mounts the page; called once by the `app` binary.
pub fn start() {
    crash::install();
    yew::Renderer::<app::App>::new().render();
}
