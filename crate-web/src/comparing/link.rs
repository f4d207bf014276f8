//! The page's end of the line: starts the worker, hands over the canvases, and puts what comes where it belongs.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Float64Array};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlCanvasElement, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::talk::{Ask, COLOURS, Control, FRAME_LEN, Mode, PROTOCOL, Tell};
use crate::{charts, dom};

/// Trunk's name for the worker; resolved against the page's base.
const WORKER: &str = "./worker_loader.js";
const VERSIONS: &str = "This page and its simulator are of different versions; reload the page.";
const FAULT: &str = "The simulator could not be loaded, or has stopped. Run it again, or reload the page.";

/// How far the worker is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Heard {
    /// How time passes.
    pub mode: Mode,
    /// Whether nothing more happens.
    pub done: bool,
    /// How much has passed, in percent.
    pub percent: u8,
}

/// Something the page has to show.
pub enum News {
    /// How far it is.
    Heard(Heard),
    /// It cannot go on; a sentence.
    Fault(String),
}

/// A running worker; it ends when this is dropped.
pub struct Link {
    worker: Worker,
    pictures: [HtmlCanvasElement; 2],
    _hear: Closure<dyn FnMut(MessageEvent)>,
    _fail: Closure<dyn FnMut()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn message(kind: Ask, items: impl IntoIterator<Item = JsValue>) -> Array {
    let message = Array::of1(&f64::from(kind as u8).into());
    for item in items {
        message.push(&item);
    }
    message
}

impl Link {
    /// Starts a worker on a query; its pictures appear on these canvases, which must be new.
    /// `None` if the browser has no workers, or does not let one paint.
    pub fn start(query: &str, pictures: [HtmlCanvasElement; 2], tell: impl Fn(News) + 'static) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(WORKER, &options).ok()?;
        let [a, b] = &pictures;
        let canvases = [a.transfer_control_to_offscreen().ok()?, b.transfer_control_to_offscreen().ok()?];
        let begin = message(Ask::Start, [query.into(), canvases[0].clone().into(), canvases[1].clone().into()]);
        let transfer = Array::of2(&canvases[0], &canvases[1]);
        let tell = Rc::new(tell);
        let ready = Rc::new(Cell::new(false));
        let hear = {
            let (worker, tell, pictures) = (worker.clone(), tell.clone(), pictures.clone());
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let Ok(heard) = event.data().dyn_into::<Array>() else { return };
                match Tell::read(heard.get(0).as_f64().unwrap_or(-1.0)) {
                    Some(Tell::Ready) if heard.get(1).as_f64() != Some(PROTOCOL) => tell(News::Fault(VERSIONS.into())),
                    Some(Tell::Ready) if !ready.replace(true) => {
                        let _ = worker.post_message(&view(&pictures));
                        let _ = worker.post_message_with_transfer(&begin, &transfer);
                    }
                    Some(kind) => take(kind, &heard, &*tell),
                    None => {}
                }
            })
        };
        let fail = Closure::<dyn FnMut()>::new(move || tell(News::Fault(FAULT.into())));
        worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        worker.set_onerror(Some(fail.as_ref().unchecked_ref()));
        Some(Self { worker, pictures, _hear: hear, _fail: fail })
    }

    /// Asks something of the comparison.
    pub fn control(&self, control: Control, value: f64) {
        self.post(Ask::Control, [f64::from(control as u8).into(), value.into()]);
    }

    /// Asks for a file; it is given to the person when it comes.
    pub fn export(&self, of: &str, format: &str) {
        self.post(Ask::Export, [of.into(), format.into()]);
    }

    /// Tells the worker of sizes and colours as they are now.
    pub fn look(&self) {
        let _ = self.worker.post_message(&view(&self.pictures));
    }

    fn post<const N: usize>(&self, kind: Ask, items: [JsValue; N]) {
        let _ = self.worker.post_message(&message(kind, items));
    }
}

fn view(pictures: &[HtmlCanvasElement; 2]) -> Array {
    let sizes = pictures.iter().flat_map(|canvas| [canvas.client_width(), canvas.client_height()]);
    let style = dom::document().document_element().and_then(|root| dom::window().get_computed_style(&root).ok()?);
    let property = |name: &str| {
        let value = style.as_ref().and_then(|style| style.get_property_value(name).ok()).unwrap_or_default();
        JsValue::from_str(value.trim())
    };
    let numbers = sizes.map(f64::from).chain([dom::window().device_pixel_ratio(), f64::from(dom::reduced_motion())]);
    let words = COLOURS.iter().chain(&["--font-sans"]).map(|name| property(name));
    message(Ask::View, numbers.map(JsValue::from).chain(words))
}

fn take(kind: Tell, heard: &Array, tell: &dyn Fn(News)) {
    let text = |at: u32| heard.get(at).as_string().unwrap_or_default();
    match kind {
        Tell::Html => {
            if let Some(element) = dom::document().get_element_by_id(&text(1)) {
                element.set_inner_html(&text(2));
            }
        }
        Tell::Frame => {
            if let Ok(frame) = heard.get(1).dyn_into::<Float64Array>()
                && frame.length() as usize == FRAME_LEN
                && let Some(mode) = Mode::read(frame.get_index(0))
            {
                let percent = (frame.get_index(2) * 100.0) as u8;
                tell(News::Heard(Heard { mode, done: percent >= 100 && mode == Mode::Paused, percent }));
            }
        }
        Tell::File => dom::download(&text(1), &text(3)),
        Tell::Image => charts::save_png(text(1), &text(2)),
        Tell::Refused => tell(News::Fault(text(1))),
        Tell::Ready => {}
    }
}
