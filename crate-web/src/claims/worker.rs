//! The worker: measures the six systems size after size, or computes the slide checks, and tells each result at once.
//!
//! It does one thing after the other and hears nothing meanwhile; whoever wants to stop it ends it.

use js_sys::{Array, Float64Array};
use overlay_core::experiment::claims::Quantity;
use overlay_core::experiment::{Counts, Point, Refusal, Technique, What};
use overlay_core::lecture::checks::{Deck, Verdict, checks};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::talk::{Ask, Kind, PROTOCOL, Tell};
use crate::router::Route;

/// Starts to listen; called once by the `worker-comparison` binary.
pub fn start() {
    console_error_panic_hook::set_once();
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let worker = Worker { scope: scope.clone() };
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Ok(message) = event.data().dyn_into::<Array>() {
            worker.hear(&message);
        }
    });
    scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    hear.forget();
    Worker { scope }.tell(Tell::Ready, [PROTOCOL.into()]);
}

struct Worker {
    scope: DedicatedWorkerGlobalScope,
}

impl Worker {
    fn tell<const COUNT: usize>(&self, kind: Tell, items: [JsValue; COUNT]) {
        let message = Array::of1(&f64::from(kind as u8).into());
        for item in items {
            message.push(&item);
        }
        let _ = self.scope.post_message(&message);
    }

    fn hear(&self, message: &Array) {
        let number = |at: u32| message.get(at).as_f64().unwrap_or(f64::NAN);
        match Ask::read(number(0)) {
            Some(Ask::Measure) => {
                let seed = message.get(1).as_string().and_then(|text| text.parse().ok()).unwrap_or(0);
                let point =
                    |nodes: f64| Point { nodes: nodes as u32, seed, lookups: number(2) as u32, what: What::Techniques };
                for point in (3..message.length()).map(number).map(point) {
                    if let Err(refusal) = self.measure(&point) {
                        return self.tell(Tell::Refused, [refusal.to_string().into()]);
                    }
                }
                self.tell(Tell::Done, []);
            }
            Some(Ask::Check) => {
                self.check();
                self.tell(Tell::Done, []);
            }
            None => {}
        }
    }

    /// One size: each system is told when it begins and when it is done.
    fn measure(&self, point: &Point) -> Result<(), Refusal> {
        let ready = point.prepare()?;
        for (place, _) in (0..).zip(Technique::ALL) {
            let at = [f64::from(point.nodes), f64::from(place)].map(JsValue::from);
            self.tell(Tell::Began, at.clone());
            let counts: Counts = ready.run(place);
            let [nodes, system] = at;
            for row in point.rows(&counts)? {
                let numbers = Quantity::ALL.map(|quantity| row.number(quantity.key()).unwrap_or(0.0));
                let numbers = Float64Array::from(numbers.as_slice()).into();
                self.tell(Tell::Measured, [nodes.clone(), system.clone(), numbers]);
            }
        }
        Ok(())
    }

    fn check(&self) {
        for check in checks(&Deck::printed()) {
            let scene = check.scene().map_or_else(String::new, |(chapter, scene)| {
                Route::Scene { chapter: chapter.name().into(), scene: Some(scene.into()) }.href()
            });
            let (kind, why) = match check.verdict {
                Verdict::Holds => (Kind::Holds, String::new()),
                Verdict::HoldsIf(condition) => (Kind::HoldsIf, condition),
                Verdict::Fails(reason) => (Kind::Fails, reason),
            };
            let [name, slide, claim, ours, why] = [check.name.into(), check.slide.into(), check.claim, check.ours, why]
                .map(|text: String| JsValue::from_str(&text));
            self.tell(Tell::Check, [name, slide, claim, ours, f64::from(kind as u8).into(), why, scene.into()]);
        }
    }
}
