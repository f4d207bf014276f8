//! The worker: takes orders, runs the comparison in short pieces, paints both rings and tells the page.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Float64Array};
use overlay_core::experiment::compare::Stage;
use overlay_core::sim::lab::SystemKind;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, OffscreenCanvas};

use super::picture::{Look, Picture};
use super::plan::Plan;
use super::report;
use super::runner::Runner;
use super::talk::{Ask, Control, FRAME_LEN, Mode, PROTOCOL, Tell};
use crate::charts;

/// Time between two pieces of work while playing, in milliseconds.
const PACE_MS: i32 = 16;
/// Time between two pictures while running to the end.
const PICTURE_MS: f64 = 60.0;
/// Time between two looks at all charts.
const CHARTS_MS: f64 = 300.0;
/// Time between two changes of the words beside the rings.
const WORDS_MS: f64 = 90.0;

/// Everything the worker has.
struct Worker {
    scope: DedicatedWorkerGlobalScope,
    runner: Option<Runner>,
    pictures: Vec<Picture>,
    look: Look,
    last_tick_ms: f64,
    /// When pictures, charts and words were last brought up to date.
    done_ms: [f64; 3],
    /// What the page has heard last, by element.
    heard: Vec<(String, String)>,
    built: Stage,
    waiting: bool,
}

thread_local! {
    static TICK: RefCell<Option<Closure<dyn FnMut()>>> = const { RefCell::new(None) };
}

/// Starts to listen; called once by the `worker` binary.
pub fn start() {
    console_error_panic_hook::set_once();
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let worker = Rc::new(RefCell::new(Worker {
        scope: scope.clone(),
        runner: None,
        pictures: Vec::new(),
        look: Look::default(),
        last_tick_ms: 0.0,
        done_ms: [0.0; 3],
        heard: Vec::new(),
        built: Stage::BuildingPastry,
        waiting: false,
    }));
    let Ok(channel) = MessageChannel::new() else { return };
    let next = channel.port2();
    let tick = {
        let (worker, next) = (worker.clone(), next.clone());
        Closure::<dyn FnMut()>::new(move || go_on(&worker, &next))
    };
    channel.port1().set_onmessage(Some(tick.as_ref().unchecked_ref()));
    TICK.with(|kept| kept.borrow_mut().replace(tick));
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Ok(message) = event.data().dyn_into::<Array>() {
            worker.borrow_mut().hear(&message);
        }
        let waiting = std::mem::replace(&mut worker.borrow_mut().waiting, true);
        if !waiting {
            let _ = next.post_message(&JsValue::NULL);
        }
    });
    scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    hear.forget();
    let _ = scope.post_message(&Array::of2(&JsValue::from_f64(f64::from(Tell::Ready as u8)), &PROTOCOL.into()));
}

/// One piece of work; asks for the next if there is more to do.
fn go_on(worker: &Rc<RefCell<Worker>>, next: &web_sys::MessagePort) {
    let mode = worker.borrow_mut().tick();
    match mode {
        Some(Mode::Building | Mode::Finishing) => drop(next.post_message(&JsValue::NULL)),
        Some(Mode::Playing) => TICK.with(|tick| {
            if let Some(tick) = &*tick.borrow() {
                let scope = &worker.borrow().scope;
                let _ =
                    scope.set_timeout_with_callback_and_timeout_and_arguments_0(tick.as_ref().unchecked_ref(), PACE_MS);
            }
        }),
        _ => worker.borrow_mut().waiting = false,
    }
}

impl Worker {
    fn tell(&self, kind: Tell, items: &[JsValue]) {
        let message = Array::of1(&JsValue::from_f64(f64::from(kind as u8)));
        for item in items {
            message.push(item);
        }
        let _ = self.scope.post_message(&message);
    }

    fn hear(&mut self, message: &Array) {
        let number = |at: u32| message.get(at).as_f64().unwrap_or(f64::NAN);
        let text = |at: u32| message.get(at).as_string().unwrap_or_default();
        match Ask::read(number(0)) {
            Some(Ask::Start) => self.begin(&text(1), [message.get(2), message.get(3)]),
            Some(Ask::View) => {
                let sizes = [(number(1), number(2)), (number(3), number(4))];
                let colours = (7..14).map(text).collect();
                let look =
                    Look { sizes, ratio: number(5).clamp(0.5, 3.0), still: number(6) > 0.0, colours, font: text(14) };
                if look != self.look {
                    self.look = look;
                    self.renew();
                }
            }
            Some(Ask::Control) => {
                if let (Some(control), Some(runner)) = (Control::read(number(1)), &mut self.runner) {
                    runner.control(control, number(2));
                    self.done_ms = [0.0; 3];
                }
            }
            Some(Ask::Export) => self.export(&text(1), &text(2)),
            None => {}
        }
    }

    fn begin(&mut self, query: &str, canvases: [JsValue; 2]) {
        let settings = match Plan::of_query(query).map(|plan| plan.settings()) {
            Ok(Ok(settings)) => settings,
            Ok(Err(_)) => return self.tell(Tell::Refused, &["These settings cannot be run.".into()]),
            Err(sentence) => return self.tell(Tell::Refused, &[sentence.into()]),
        };
        let systems = [SystemKind::Pastry, SystemKind::Chord];
        let canvases = canvases
            .into_iter()
            .zip(systems)
            .filter_map(|(canvas, system)| Picture::new(system, canvas.dyn_into::<OffscreenCanvas>().ok()?));
        self.pictures = canvases.collect();
        self.html("compare-results", report::skeleton(&settings));
        self.html("compare-command", settings.command());
        match Runner::new(settings) {
            Ok(runner) => self.runner = Some(runner),
            Err(error) => self.tell(Tell::Refused, &[error.to_string().into()]),
        }
    }

    fn renew(&mut self) {
        if let Some(runner) = &self.runner {
            self.pictures.iter_mut().for_each(|picture| picture.renew(runner.comparison()));
        }
        self.done_ms[0] = 0.0;
    }

    /// One piece of work and what is to be seen of it; how time passes afterwards.
    fn tick(&mut self) -> Option<Mode> {
        let started = js_sys::Date::now();
        let elapsed = started - self.last_tick_ms;
        self.last_tick_ms = started;
        let stage = self.runner.as_ref()?.comparison().progress().stage;
        if stage < Stage::Before {
            // The page hears of it before the work, which cannot be interrupted.
            self.show(true);
        }
        let still = self.look.still;
        self.runner.as_mut()?.tick(elapsed, still, js_sys::Date::now);
        let now = self.runner.as_ref()?.comparison().progress().stage;
        if now != self.built && now.min(Stage::Before) != self.built.min(Stage::Before) {
            self.renew();
        }
        let ended = now != self.built;
        self.built = now;
        let mode = self.runner.as_ref()?.mode();
        self.show(ended || mode == Mode::Paused);
        Some(mode)
    }

    /// Brings up to date what is due, or everything.
    fn show(&mut self, all: bool) {
        let Some(runner) = &self.runner else { return };
        let now = js_sys::Date::now();
        let paces = [if runner.mode() == Mode::Finishing { PICTURE_MS } else { 0.0 }, CHARTS_MS, WORDS_MS];
        let due = [0, 1, 2].map(|what: usize| all || now - self.done_ms[what] >= paces[what]);
        if due[0] {
            let (runner, look) = (self.runner.as_ref().expect("looked at above"), &self.look);
            self.pictures.iter_mut().for_each(|picture| picture.paint(runner.comparison(), look));
        }
        if due[2] {
            self.tell_words();
        }
        if due[1] {
            self.tell_charts();
        }
        for (done, due) in self.done_ms.iter_mut().zip(due) {
            if due {
                // Work on charts is no time for other things.
                *done = js_sys::Date::now();
            }
        }
    }

    fn tell_words(&mut self) {
        let Some(runner) = &self.runner else { return };
        let progress = runner.comparison().progress();
        let frame: [f64; FRAME_LEN] = [
            f64::from(runner.mode() as u8),
            f64::from(progress.stage as u8),
            progress.share,
            f64::from(runner.comparison().settings().nodes),
        ];
        let seconds = progress.now.0 / 1_000;
        let moment = format!("Time {}.{:03} s", seconds / 1_000, seconds % 1_000);
        let words = [
            ("compare-moment", moment),
            ("compare-said", runner.narration()),
            ("compare-pastry-said", runner.caption(SystemKind::Pastry)),
            ("compare-chord-said", runner.caption(SystemKind::Chord)),
        ];
        self.tell(Tell::Frame, &[Float64Array::from(frame.as_slice()).into()]);
        for (id, text) in words {
            self.html(id, text);
        }
    }

    fn tell_charts(&mut self) {
        let Some(runner) = &self.runner else { return };
        let settings = runner.comparison().settings().clone();
        if runner.comparison().progress().stage < Stage::Before {
            return;
        }
        let both = runner.comparison().results();
        for figure in report::figures(&both, &settings) {
            self.html(&format!("chart-{}", figure.id), figure.svg);
            self.html(&format!("values-{}", figure.id), report::html_table(figure.title, &figure.rows));
        }
        let summary = report::summary(&both, &settings);
        self.html("values-summary", report::html_table("All figures", &summary));
        let lessons = report::lessons(&both, &settings);
        self.html("compare-lessons", lessons.iter().map(|said| format!("<p>{said}</p>")).collect());
    }

    /// Tells the page what an element holds, unless it knows.
    fn html(&mut self, id: &str, html: String) {
        match self.heard.iter_mut().find(|(known, _)| known == id) {
            Some((_, heard)) if *heard == html => return,
            Some((_, heard)) => heard.clone_from(&html),
            None => self.heard.push((id.into(), html.clone())),
        }
        self.tell(Tell::Html, &[id.into(), html.into()]);
    }

    fn export(&self, id: &str, format: &str) {
        let Some(runner) = &self.runner else { return };
        let (both, settings) = (runner.comparison().results(), runner.comparison().settings());
        let figure = report::figures(&both, settings).into_iter().find(|figure| figure.id == id);
        let name = format!("pastry-chord-{}-{id}", settings.nodes);
        let rows = figure.as_ref().map_or_else(|| report::summary(&both, settings), |figure| figure.rows.clone());
        match (format, figure) {
            ("CSV", _) => {
                let text = charts::csv(&rows, &settings.command());
                self.tell(Tell::File, &[format!("{name}.csv").into(), "text/csv".into(), text.into()]);
            }
            ("SVG", Some(figure)) => {
                let text = charts::svg_file(&figure.svg);
                self.tell(Tell::File, &[format!("{name}.svg").into(), "image/svg+xml".into(), text.into()]);
            }
            ("PNG", Some(figure)) => self.tell(Tell::Image, &[format!("{name}.png").into(), figure.svg.into()]),
            _ => {}
        }
    }
}
