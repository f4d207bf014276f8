//! The page: form, two pictures, time, and places that the worker fills.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{HtmlCanvasElement, HtmlInputElement};
use yew::prelude::*;

use super::link::{Heard, Link, News};
use super::plan::{Entry, NODES_LEAST, Plan};
use super::talk::{Control, Mode};
use crate::charts;
use crate::dom;
use crate::icon::{Icon, icon};
use crate::player::SPEEDS;
use crate::router::{Route, use_hash_route};
use crate::widgets::Field;

const SPEED_AT_FIRST: usize = 5;
/// Steps of the nodes' slider: 1, 2 and 5 times the powers of ten from 10 to 100,000.
const NODE_STEPS: u32 = 12;
/// Why nothing runs here.
const NO_WORKER: &str = "This browser cannot run the comparison in the background; a current one can.";

const fn nodes_at(step: u32) -> u32 {
    [1, 2, 5][step as usize % 3] * NODES_LEAST.pow(1 + step / 3)
}

/// What the page shows of the run.
#[derive(Clone, PartialEq, Default)]
struct Run {
    /// Counts runs: each has canvases of its own. 0: none was started.
    number: u32,
    query: String,
    heard: Option<Heard>,
    fault: Option<String>,
}

type Line = Rc<RefCell<Option<Link>>>;

/// The comparison page.
#[component]
pub fn Page() -> Html {
    let query = use_query();
    let plan = use_state_eq(Plan::default);
    let notice = use_state_eq(|| None::<String>);
    let speed = use_state_eq(|| SPEED_AT_FIRST);
    let copied = use_state_eq(String::new);
    let run = use_state_eq(Run::default);
    let line: Line = use_mut_ref(|| None);
    let canvases = [use_node_ref(), use_node_ref()];
    // Always the latest count, also within one render.
    let count = use_mut_ref(|| 0_u32);
    let begin = {
        let (run, count) = (run.clone(), count.clone());
        Rc::new(move |query: String| {
            *count.borrow_mut() += 1;
            run.set(Run { number: *count.borrow(), query, heard: None, fault: None });
        })
    };
    {
        let (plan, notice, begin) = (plan.clone(), notice.clone(), begin.clone());
        use_effect_with(query, move |query| match Plan::of_query(query) {
            Ok(read) => {
                notice.set(None);
                begin(read.query());
                plan.set(read);
            }
            Err(sentence) => notice.set(Some(sentence)),
        });
    }
    use_worker(&run, &line, &canvases, *speed);
    {
        let line = line.clone();
        use_effect_with((), move |()| {
            let look = move || {
                if let Some(link) = &*line.borrow() {
                    link.look();
                }
            };
            let watched = (dom::watch_colours(look.clone()), dom::listen(&dom::window(), "resize", move |_| look()));
            move || drop(watched)
        });
    }
    let faults = plan.settings().err().unwrap_or_default();
    let field = |entry: Entry| {
        let error = faults.iter().find(|(at, _)| *at == entry).map(|(_, sentence)| AttrValue::from(sentence.clone()));
        let plan = plan.clone();
        let value = plan.text(entry).to_string();
        let oninput = Callback::from(move |text: String| plan.set(plan.with(entry, text)));
        let id = format!("compare-{}", entry.name());
        html! { <Field label={entry.label()} {id} {value} {oninput} {error} number=true /> }
    };
    let onsubmit = {
        let (plan, begin, notice) = (plan.clone(), begin.clone(), notice.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match plan.settings() {
                Ok(_) => {
                    let query = plan.query();
                    // The address follows without an entry in the history: nothing was left.
                    dom::replace_hash(&Route::Compare(query.clone()).href());
                    notice.set(None);
                    begin(query);
                }
                Err(faults) => dom::focus(&format!("#compare-{}", faults[0].0.name())),
            }
        })
    };
    let slide = {
        let plan = plan.clone();
        Callback::from(move |event: InputEvent| {
            let step = event.target_unchecked_into::<HtmlInputElement>().value_as_number();
            plan.set(plan.with(Entry::Nodes, nodes_at((step.max(0.0) as u32).min(NODE_STEPS)).to_string()));
        })
    };
    let nodes = plan.settings().map_or(1_000, |settings| settings.nodes);
    let step = (0..=NODE_STEPS).rev().find(|step| nodes_at(*step) <= nodes).unwrap_or(0);
    let heard = run.heard;
    let mode = heard.map(|heard| heard.mode);
    let busy = run.number > 0 && run.fault.is_none() && matches!(mode, None | Some(Mode::Building | Mode::Finishing));
    let ask = |control: Control| {
        let line = line.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(link) = &*line.borrow() {
                link.control(control, 0.0);
            }
        })
    };
    let cancel = {
        let (line, run) = (line.clone(), run.clone());
        Callback::from(move |_: MouseEvent| {
            line.borrow_mut().take();
            run.set(Run { fault: Some("Cancelled. Run it again when you like.".into()), ..(*run).clone() });
        })
    };
    let onspeed = {
        let (line, speed) = (line.clone(), speed.clone());
        Callback::from(move |event: InputEvent| {
            let value = event.target_unchecked_into::<HtmlInputElement>().value_as_number().max(0.0);
            speed.set(value as usize);
            if let Some(link) = &*line.borrow() {
                link.control(Control::Speed, value);
            }
        })
    };
    let copy = |text: fn() -> String, done: &'static str| {
        let copied = copied.clone();
        Callback::from(move |_: MouseEvent| {
            let copied = copied.clone();
            dom::copy(&text(), move |worked| {
                copied.set(if worked { done } else { "The browser would not copy; select and copy by hand." }.into());
            });
        })
    };
    let off = (mode.is_none() || run.fault.is_some()).then_some("true");
    let playing = mode == Some(Mode::Playing);
    let done = heard.is_some_and(|heard| heard.done);
    let percent = heard.map_or(0, |heard| heard.percent);
    let picture = |name: &'static str, said: &'static str, canvas: &NodeRef| {
        html! {
            <section class="world" aria-label={name}>
                <h2>{ name }<span id={said} class="dim"></span></h2>
                <div class="picture" key={run.number}>
                    <canvas ref={canvas} role="img" aria-label={format!("The ring of {name}, and lookups on it")}></canvas>
                </div>
            </section>
        }
    };
    let fault = notice.as_ref().or(run.fault.as_ref());
    let label = SPEEDS[(*speed).min(SPEEDS.len() - 1)].1;
    html! {
        <div class="duel">
            <div class="duel-top">
                <form class="rail" {onsubmit} novalidate=true>
                    <p class="label accent">{ "Compare" }</p>
                    <h1 tabindex="-1">{ "Pastry and Chord, side by side" }</h1>
                    <p class="dim">{ "The same nodes at the same places, the same lookups, one clock." }</p>
                    { field(Entry::Nodes) }
                    <input type="range" class="ruled" aria-label="Nodes, from 10 to 100,000" min="0" max={NODE_STEPS.to_string()}
                        step="1" value={step.to_string()} aria-valuetext={nodes.to_string()} oninput={slide} />
                    { field(Entry::Kill) }
                    <div class="fields">{ field(Entry::Lookups) }{ field(Entry::Seed) }</div>
                    <details class="group">
                        <summary>{ "Advanced" }</summary>
                        <div class="fields">
                            { for [Entry::Loss, Entry::Upkeep, Entry::Bits, Entry::LeafSet, Entry::Successors].map(field) }
                        </div>
                    </details>
                    <div class="start">
                        <p class="notice" role="alert" hidden={fault.is_none()}>{ fault.cloned().unwrap_or_default() }</p>
                        <div class="buttons">
                            <button type="submit" class="primary">{ "Run" }</button>
                            <button type="button" hidden={!busy} onclick={cancel}>{ "Cancel" }</button>
                        </div>
                    </div>
                </form>
                <div class="duel-stage">
                    <div class="worlds two">
                        { picture("Pastry", "compare-pastry-said", &canvases[0]) }
                        { picture("Chord", "compare-chord-said", &canvases[1]) }
                    </div>
                    <section class="transport" aria-label="Time">
                        <div class="buttons">
                            <button type="button" id="page-reset" aria-disabled={off} onclick={ask(Control::Reset)}>{ "Reset" }</button>
                            <button type="button" id="page-play" class="primary play" aria-disabled={off} onclick={ask(Control::PlayPause)}>
                                { icon(if playing { Icon::Pause } else { Icon::Play }) }{ if playing { "Pause" } else { "Play" } }</button>
                            <button type="button" id="page-step" aria-disabled={off} onclick={ask(Control::Step)}>{ "Step" }{ icon(Icon::On) }</button>
                            <button type="button" aria-disabled={off} onclick={ask(Control::Finish)}>{ "Run to the end" }</button>
                        </div>
                        <div class="line">
                            <p class="narration" role="status" aria-live={if busy || playing { "off" } else { "polite" }}><span id="compare-said"></span></p>
                            <progress aria-label="Progress" max="100" value={percent.to_string()}></progress>
                        </div>
                        <div class="pace">
                            <p class="moment" id="compare-moment"></p>
                            <div class="speed">
                                <span aria-hidden="true">{ "Speed " }<output>{ label }</output></span>
                                <input type="range" aria-label="Speed" min="0" max={(SPEEDS.len() - 1).to_string()} step="1"
                                    value={speed.to_string()} aria-valuetext={format!("{label} of real time")} oninput={onspeed} />
                            </div>
                        </div>
                    </section>
                </div>
            </div>
            <section class="duel-results" aria-labelledby="compare-learnt" aria-busy={busy.then_some("true")}>
                <h2 id="compare-learnt">{ if done || mode.is_none() { "What one learns" } else { "What one learns so far" } }</h2>
                <div id="compare-lessons" class="lessons"></div>
                { results(&line) }
                <div class="repeat">
                    <h2>{ "Repeat it" }</h2>
                    <p class="scroll-x" tabindex="0" role="region" aria-label="Command"><code id="compare-command"></code></p>
                    <div class="buttons">
                        <button type="button" onclick={copy(command, "The command is copied.")}>{ "Copy command" }</button>
                        <button type="button" onclick={copy(dom::address, "The link is copied.")}>{ "Copy link" }</button>
                    </div>
                    <p role="status" class="dim">{ (*copied).clone() }</p>
                </div>
            </section>
        </div>
    }
}

fn command() -> String {
    dom::document().get_element_by_id("compare-command").and_then(|element| element.text_content()).unwrap_or_default()
}

/// The settings of the address. The page of another address is none of this page's business: it is being left.
#[hook]
fn use_query() -> String {
    let route = use_hash_route();
    let latest = use_mut_ref(String::new);
    if let Route::Compare(query) = route {
        latest.replace(query);
    }
    latest.borrow().clone()
}

/// Starts a worker for every run, on that run's canvases, and ends it when another begins or the page is left.
#[hook]
fn use_worker(run: &UseStateHandle<Run>, line: &Line, canvases: &[NodeRef; 2], speed: usize) {
    let latest = use_mut_ref(|| (**run).clone());
    latest.replace((**run).clone());
    let (run, line, canvases) = (run.clone(), line.clone(), canvases.clone());
    use_effect_with(run.number, move |number| {
        let number = *number;
        let ended = line.clone();
        let canvas = |at: usize| canvases[at].cast::<HtmlCanvasElement>();
        if let (1.., Some(pastry), Some(chord)) = (number, canvas(0), canvas(1)) {
            let query = run.query.clone();
            let setter = run.setter();
            let told = latest.clone();
            let tell = move |news: News| {
                // What a worker that was ended had still to say is of no interest.
                let mut now = told.borrow_mut();
                if now.number != number || now.fault.is_some() {
                    return;
                }
                match news {
                    News::Heard(heard) => now.heard = Some(heard),
                    News::Fault(sentence) => now.fault = Some(sentence),
                }
                setter.set(now.clone());
            };
            // The old worker goes before the new one comes: its memory may be needed.
            line.borrow_mut().take();
            let link = Link::start(&query, [pastry, chord], tell);
            match link {
                Some(link) => {
                    link.control(Control::Speed, speed as f64);
                    line.replace(Some(link));
                }
                None => run.set(Run { fault: Some(NO_WORKER.into()), ..(*run).clone() }),
            }
        }
        move || drop(ended.borrow_mut().take())
    });
}

/// The place of charts and tables, which the worker fills; it hears of buttons, pointer and keys inside it.
fn results(line: &Line) -> Html {
    let onclick = {
        let line = line.clone();
        Callback::from(move |event: MouseEvent| {
            let Some(button) = charts::within(&event, "[data-export]") else { return };
            let attribute = |name: &str| button.get_attribute(name).unwrap_or_default();
            if let Some(link) = &*line.borrow() {
                link.export(&attribute("data-of"), &attribute("data-export"));
            }
        })
    };
    html! {
        <div id="compare-results" {onclick} onpointermove={Callback::from(charts::point)} onkeydown={Callback::from(charts::press)}></div>
    }
}
