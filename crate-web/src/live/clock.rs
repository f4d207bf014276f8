//! Time for members: microseconds since 1970 that never go back, and an alarm that rings also while the page is hidden.
//!
//! # Implementation notes
//! Browsers slow down the timers of hidden pages to one a second or one a minute, but not those of workers; so the alarm
//! is a worker of three lines. Without one it is a plain timer, and a node may oversleep: it then says it was away.

use js_sys::Promise;
use overlay_core::time::Time;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Worker;

use crate::dom;

/// The worker's file, beside the page.
const WORKER: &str = "./clock.js";
/// The longest span that is asked for at once: nothing is lost by waking up once a minute.
const SPAN_MS_MAX: f64 = 60_000.0;

/// This moment.
#[must_use]
pub fn now() -> Time {
    let clock = dom::window().performance();
    Time(clock.map_or(0.0, |clock| (clock.time_origin() + clock.now()) * 1e3) as u64)
}

/// Waits.
pub async fn sleep_ms(span_ms: i32) {
    let promise = Promise::new(&mut |done, _| {
        let _ = dom::window().set_timeout_with_callback_and_timeout_and_arguments_0(&done, span_ms);
    });
    let _ = JsFuture::from(promise).await;
}

/// One alarm, set again and again.
pub struct Alarm {
    worker: Option<Worker>,
    ring: Closure<dyn FnMut()>,
    timer: Option<i32>,
}

impl Alarm {
    /// An alarm that calls `ring` when it is due.
    #[must_use]
    pub fn new(ring: impl FnMut() + 'static) -> Self {
        let ring = Closure::<dyn FnMut()>::new(ring);
        let worker = Worker::new(WORKER).ok();
        if let Some(worker) = &worker {
            worker.set_onmessage(Some(ring.as_ref().unchecked_ref()));
        }
        Self { worker, ring, timer: None }
    }

    /// Rings at this moment instead of any other; never, if there is none.
    pub fn set(&mut self, due: Option<Time>) {
        if let Some(timer) = self.timer.take() {
            dom::window().clear_timeout_with_handle(timer);
        }
        let span_ms = due.map(|due| (due.0.saturating_sub(now().0) as f64 / 1e3).ceil().min(SPAN_MS_MAX));
        // A plain timer stands by, for the case that the worker could not be loaded.
        if let Some(worker) = &self.worker {
            let _ = worker.post_message(&span_ms.unwrap_or(-1.0).into());
        }
        if let Some(span_ms) = span_ms {
            let late_ms = if self.worker.is_some() { 250 } else { 0 };
            let callback = self.ring.as_ref().unchecked_ref();
            let timer = dom::window().set_timeout_with_callback_and_timeout_and_arguments_0(callback, span_ms as i32 + late_ms);
            self.timer = timer.ok();
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            dom::window().clear_timeout_with_handle(timer);
        }
        if let Some(worker) = &self.worker {
            worker.terminate();
        }
    }
}
