//! The same measurements as wasm, in Node and in a browser: `cargo xtask bench-wasm`.
#![cfg(target_arch = "wasm32")]

use js_sys::Function;
use overlay_bench::{Plan, run, table};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

/// The CPU time of the process in Node; a browser has only a clock.
const SECONDS: &str = "
    if (typeof process === 'undefined' || !process.cpuUsage) { return performance.now() / 1e3; }
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;";

thread_local! {
    static CLOCK: Function = Function::new_no_args(SECONDS);
}

fn clock() -> f64 {
    let seconds = CLOCK.with(|clock| clock.call0(&JsValue::NULL));
    seconds.ok().and_then(|seconds| seconds.as_f64()).expect("every host has a clock")
}

#[wasm_bindgen_test]
fn measures() {
    for nodes in [1_000, 10_000, 100_000] {
        let plan = Plan { nodes: vec![nodes], rounds: 3, joined_nodes_max: 10_000, ..Plan::default() };
        let mut rows = Vec::new();
        run(&plan, clock, |row| rows.push(row));
        console_log!("{}", table(&rows));
    }
}
