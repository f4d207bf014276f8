//! The page's end of the line: starts the worker on one piece of work and hands over what comes.

use std::cell::Cell;

use js_sys::{Array, Float64Array};
use overlay_core::experiment::Technique;
use overlay_core::experiment::claims::Quantity;
use overlay_core::lecture::checks::Verdict;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use super::plan::World;
use super::talk::{Ask, Kind, PROTOCOL, Tell};

/// Trunk's name for the worker; resolved against the page's base.
const WORKER: &str = "./worker-comparison_loader.js";
const VERSIONS: &str = "This page and its simulator are of different versions; reload the page.";
const FAULT: &str = "The simulator could not be loaded, or has stopped. Try again, or reload the page.";

/// A slide check, as the worker tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// Its name in addresses.
    pub name: String,
    /// The slide's title.
    pub slide: String,
    /// Its words in short.
    pub claim: String,
    /// What comes out here.
    pub ours: String,
    /// What that says of the claim.
    pub verdict: Verdict,
    /// Where it is shown, if a scene does.
    pub scene: Option<String>,
}

/// Something the page has to show.
pub enum News {
    /// A size and a system are being measured.
    Began(u32, Technique),
    /// They have been: values in the order of [`Quantity::ALL`].
    Measured(u32, Technique, [f64; Quantity::ALL.len()]),
    /// A check was computed.
    Check(Check),
    /// Everything that was asked for is done.
    Done,
    /// It cannot go on; a sentence.
    Fault(String),
}

/// A running worker; it ends when this is dropped.
pub struct Link {
    worker: Worker,
    _hear: Closure<dyn FnMut(MessageEvent)>,
    _fail: Closure<dyn FnMut()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Link {
    /// Measures all systems at these sizes. `None` if the browser has no workers.
    pub fn measure(world: World, sizes: &[u32], tell: impl Fn(News) + 'static) -> Option<Self> {
        let ask =
            Array::of3(&f64::from(Ask::Measure as u8).into(), &world.seed.to_string().into(), &world.searches.into());
        sizes.iter().for_each(|size| _ = ask.push(&(*size).into()));
        Self::start(ask, tell)
    }

    /// Computes the slide checks. `None` if the browser has no workers.
    pub fn check(tell: impl Fn(News) + 'static) -> Option<Self> {
        Self::start(Array::of1(&f64::from(Ask::Check as u8).into()), tell)
    }

    fn start(ask: Array, tell: impl Fn(News) + 'static) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(WORKER, &options).ok()?;
        let tell = std::rc::Rc::new(tell);
        let ready = Cell::new(false);
        let hear = {
            let (worker, tell) = (worker.clone(), tell.clone());
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let Ok(heard) = event.data().dyn_into::<Array>() else { return };
                match Tell::read(heard.get(0).as_f64().unwrap_or(-1.0)) {
                    Some(Tell::Ready) if heard.get(1).as_f64() != Some(PROTOCOL) => tell(News::Fault(VERSIONS.into())),
                    Some(Tell::Ready) if !ready.replace(true) => drop(worker.post_message(&ask)),
                    Some(kind) => read(kind, &heard).into_iter().for_each(&*tell),
                    None => {}
                }
            })
        };
        let fail = Closure::<dyn FnMut()>::new(move || tell(News::Fault(FAULT.into())));
        worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        worker.set_onerror(Some(fail.as_ref().unchecked_ref()));
        Some(Self { worker, _hear: hear, _fail: fail })
    }
}

fn read(kind: Tell, heard: &Array) -> Option<News> {
    let number = |at: u32| heard.get(at).as_f64().unwrap_or(f64::NAN);
    let text = |at: u32| heard.get(at).as_string().unwrap_or_default();
    let cell = || Some((number(1) as u32, *Technique::ALL.get(number(2) as usize)?));
    Some(match kind {
        Tell::Ready => return None,
        Tell::Began => {
            let (size, system) = cell()?;
            News::Began(size, system)
        }
        Tell::Measured => {
            let (size, system) = cell()?;
            let numbers = heard.get(3).dyn_into::<Float64Array>().ok()?;
            News::Measured(size, system, numbers.to_vec().try_into().ok()?)
        }
        Tell::Check => {
            let verdict = match Kind::read(number(5))? {
                Kind::Holds => Verdict::Holds,
                Kind::HoldsIf => Verdict::HoldsIf(text(6)),
                Kind::Fails => Verdict::Fails(text(6)),
            };
            News::Check(Check {
                name: text(1),
                slide: text(2),
                claim: text(3),
                ours: text(4),
                verdict,
                scene: Some(text(7)).filter(|scene| !scene.is_empty()),
            })
        }
        Tell::Done => News::Done,
        Tell::Refused => News::Fault(text(1)),
    })
}
