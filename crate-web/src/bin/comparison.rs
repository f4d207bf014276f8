//! The lecture's claims, measured: a module that the app loads when one of its two pages is opened.

use wasm_bindgen::prelude::*;

/// Shows the page in an element.
#[wasm_bindgen]
pub fn mount(root: web_sys::Element) {
    overlay_web::modules::show::<overlay_web::claims::page::Page>(root);
}

/// Takes the page away.
#[wasm_bindgen]
pub fn unmount() {
    overlay_web::modules::leave();
}

fn main() {
    overlay_web::crash::install();
}
