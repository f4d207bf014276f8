//! The same measurements as wasm, in Node and in a browser: `cargo xtask bench-wasm`.
#![cfg(target_arch = "wasm32")]

use overlay_bench::{Plan, run, table};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// The host's clock: a program in wasm is not told its CPU time.
fn clock() -> f64 {
    now() / 1_000.0
}

#[wasm_bindgen_test]
fn measures() {
    let mut rows = Vec::new();
    run(&Plan { rounds: 3, joined_nodes_max: 10_000, ..Plan::default() }, clock, |row| rows.push(row));
    console_log!("{}", table(&rows));
}
