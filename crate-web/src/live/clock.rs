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
/// How much later than the worker the timer rings that stands by.
const LATE_MS: i32 = 250;
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
    due: Option<Time>,
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
        Self { worker, ring, timer: None, due: None }
    }

    /// It rang: whatever moment is set next is a new one.
    pub fn rung(&mut self) {
        self.due = None;
    }

    /// Rings at this moment instead of any other.
    pub fn set(&mut self, due: Time) {
        if self.due.replace(due) == Some(due) {
            return;
        }
        if let Some(timer) = self.timer.take() {
            dom::window().clear_timeout_with_handle(timer);
        }
        let span_ms = (due.0.saturating_sub(now().0) as f64 / 1e3).ceil().min(SPAN_MS_MAX);
        if let Some(worker) = &self.worker {
            let _ = worker.post_message(&span_ms.into());
        }
        // A plain timer stands by, for the case that the worker could not be loaded.
        let late_ms = if self.worker.is_some() { LATE_MS } else { 0 };
        let (window, callback) = (dom::window(), self.ring.as_ref().unchecked_ref());
        self.timer =
            window.set_timeout_with_callback_and_timeout_and_arguments_0(callback, span_ms as i32 + late_ms).ok();
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
