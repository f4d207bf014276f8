//! The scenes of the systems that are no rings, a module that the app loads when one of them is opened.

use wasm_bindgen::prelude::*;

/// Shows the page in an element.
#[wasm_bindgen]
pub fn mount(root: web_sys::Element) {
    overlay_web::modules::show::<overlay_web::deck::Page>(root);
}

/// Takes the page away.
#[wasm_bindgen]
pub fn unmount() {
    overlay_web::modules::leave();
}

fn main() {
    overlay_web::crash::install();
}
