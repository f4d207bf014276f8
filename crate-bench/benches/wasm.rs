//! The same measurements as wasm, in Node and in a browser: `cargo xtask bench-wasm`.
#![cfg(target_arch = "wasm32")]

use js_sys::{Function, Promise};
use overlay_bench::{Case, Plan, Systems, run, table};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

/// The CPU time of the process in Node; a browser has only a clock.
const SECONDS: &str = "
    if (typeof process === 'undefined' || !process.cpuUsage) { return performance.now() / 1e3; }
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;";

/// A pause: a page that never rests is given up by whoever drives the browser.
const REST: &str = "return new Promise((done) => setTimeout(done, 0));";

thread_local! {
    static CLOCK: Function = Function::new_no_args(SECONDS);
}

fn clock() -> f64 {
    let seconds = CLOCK.with(|clock| clock.call0(&JsValue::NULL));
    seconds.ok().and_then(|seconds| seconds.as_f64()).expect("every host has a clock")
}

async fn rest() {
    let pause = Function::new_no_args(REST).call0(&JsValue::NULL).expect("every host has timers");
    let _ = JsFuture::from(pause.unchecked_into::<Promise>()).await;
}

#[wasm_bindgen_test]
async fn measures() {
    let mut rows = Vec::new();
    for nodes in [1_000, 10_000, 100_000] {
        for systems in [Systems::Pastry, Systems::Chord] {
            for case in Case::ALL {
                let plan = Plan {
                    systems,
                    nodes: vec![nodes],
                    rounds: 3,
                    cases: vec![case],
                    joined_nodes_max: 10_000,
                    ..Plan::default()
                };
                run(&plan, clock, |row| rows.push(row));
                rest().await;
            }
        }
    }
    console_log!("{}", table(&rows));
}
