//! The page of the comparison: what is to be measured, the slide's table with what came out, charts, and how to repeat it.

use std::cell::RefCell;
use std::rc::Rc;

use overlay_core::draw::chart::number;
use overlay_core::experiment::Technique;
use overlay_core::experiment::claims::Quantity;
use yew::prelude::*;

use super::cells::{Cells, Chosen, Said};
use super::link::{Link, News};
use super::plan::{Entry, Plan, SIZES, World};
use super::results::Results;
use crate::charts;
use crate::dom;
use crate::router::Route;
use crate::widgets::{Field, Segmented};

/// Why nothing runs here.
const NO_WORKER: &str = "This browser cannot measure in the background; a current one can.";
const NO_SIZE: &str = "Choose at least one number of peers.";

/// What has been measured, and what is being measured.
#[derive(Default)]
struct Board {
    /// What the results are of.
    world: Option<World>,
    results: Results,
    link: Option<Link>,
    began: Option<(u32, Technique)>,
    /// Systems done and wanted of this run.
    done: usize,
    wanted: usize,
    /// What came of it, in a sentence.
    said: String,
    notice: Option<String>,
}

/// What [`Table`] needs.
#[derive(Properties, PartialEq)]
pub struct TableProps {
    /// The address's query.
    pub query: AttrValue,
}

type Shared = Rc<RefCell<Board>>;

impl Board {
    /// Takes in what the worker tells; whether it has done all it was asked for.
    fn hear(&mut self, news: News) -> bool {
        match news {
            News::Began(peers, system) => self.began = Some((peers, system)),
            News::Measured(peers, system, values) => {
                self.results.take(peers, system, values);
                self.done += 1;
            }
            News::Done => {
                self.said =
                    format!("Measured: {} systems at {}.", Technique::ALL.len(), sizes_in_words(&self.results.sizes()));
                return true;
            }
            News::Fault(sentence) => {
                self.notice = Some(sentence);
                return true;
            }
            News::Check(_) => {}
        }
        false
    }

    fn status(&self) -> String {
        match self.began {
            Some((peers, system)) if self.link.is_some() => {
                format!("N = {}: {} is being measured.", number(f64::from(peers)), system.title())
            }
            _ if self.link.is_some() => "The simulator is coming.".into(),
            _ => self.said.clone(),
        }
    }
}

fn sizes_in_words(sizes: &[u32]) -> String {
    let names: Vec<String> = sizes.iter().map(|size| number(f64::from(*size))).collect();
    match names.split_last() {
        Some((last, [])) => format!("{last} peers"),
        Some((last, before)) => format!("{} and {last} peers", before.join(", ")),
        None => "no size".into(),
    }
}

/// Begins to measure what a plan asks for and is not there yet.
fn begin(board: &Shared, plan: &Plan, update: &UseForceUpdateHandle) {
    let mut now = board.borrow_mut();
    now.link = None;
    now.began = None;
    now.notice = None;
    let world = match plan.world() {
        Ok(world) => world,
        Err((entry, _)) => return dom::focus(&format!("#claims-{}", entry.name())),
    };
    if now.world != Some(world) {
        now.results = Results::default();
        now.world = Some(world);
    }
    let sizes: Vec<u32> = plan.sizes().into_iter().filter(|size| !now.results.has(*size)).collect();
    (now.done, now.wanted) = (0, sizes.len() * Technique::ALL.len());
    if plan.sizes().is_empty() {
        now.notice = Some(NO_SIZE.into());
    } else if sizes.is_empty() {
        now.said = "This has been measured already: the same seed gives the same figures.".into();
    } else {
        let (heard, told) = (board.clone(), update.clone());
        now.link = Link::measure(world, &sizes, move |news| {
            if heard.borrow_mut().hear(news) {
                // Not from within its own message.
                let ended = heard.clone();
                let told = told.clone();
                dom::after(0, move || {
                    ended.borrow_mut().link = None;
                    told.force_update();
                });
            }
            told.force_update();
        });
        if now.link.is_none() {
            now.notice = Some(NO_WORKER.into());
        }
    }
    drop(now);
    update.force_update();
}

/// The comparison page.
#[component]
pub fn Table(props: &TableProps) -> Html {
    let plan = use_state_eq(Plan::default);
    let board: Shared = use_mut_ref(Board::default);
    let update = use_force_update();
    let shown = use_state_eq(|| None::<u32>);
    let chosen = use_state_eq(Chosen::default);
    {
        let (plan, board, update) = (plan.clone(), board.clone(), update.clone());
        use_effect_with(props.query.clone(), move |query| {
            match Plan::of_query(query) {
                Ok(read) => plan.set(read),
                Err(sentence) => board.borrow_mut().notice = Some(sentence),
            }
            update.force_update();
        });
    }
    {
        let board = board.clone();
        use_effect_with((), move |()| move || drop(board.borrow_mut().link.take()));
    }
    let measure = |wanted: Plan| {
        let (plan, board, update) = (plan.clone(), board.clone(), update.clone());
        move || {
            plan.set(wanted.clone());
            if wanted.world().is_ok() {
                // The address follows without an entry in the history: nothing was left.
                dom::replace_hash(&Route::Comparison(wanted.query()).href());
            }
            begin(&board, &wanted, &update);
        }
    };
    let onsubmit = {
        let measure = measure((*plan).clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            measure();
        })
    };
    let ongrowth = {
        let measure = measure((*plan).clone().growing());
        Callback::from(move |_: MouseEvent| measure())
    };
    let cancel = {
        let (board, update) = (board.clone(), update.clone());
        Callback::from(move |_: MouseEvent| {
            let mut now = board.borrow_mut();
            now.link = None;
            now.said = "Cancelled; what was measured stays.".into();
            update.force_update();
        })
    };
    let board = board.borrow();
    let busy = board.link.is_some();
    let sizes = board.results.sizes();
    let usual = sizes.iter().copied().find(|size| *size == 1_024).or_else(|| sizes.last().copied());
    let peers = shown.filter(|size| sizes.contains(size)).or(usual);
    let onshow = {
        let (shown, sizes) = (shown.clone(), sizes.clone());
        Callback::from(move |place: usize| shown.set(sizes.get(place).copied()))
    };
    let options: Vec<AttrValue> = sizes.iter().map(|size| number(f64::from(*size)).into()).collect();
    let place = sizes.iter().position(|size| Some(*size) == peers).unwrap_or(0);
    let results = Rc::new(board.results.clone());
    let onchoose = {
        let chosen = chosen.clone();
        Callback::from(move |cell| chosen.set(cell))
    };
    html! {
        <div class="claims">
            <header class="claims-head">
                <p class="label accent">{ "Lecture · comparison" }</p>
                <h1 tabindex="-1">{ "Six ways to find a file, measured" }</h1>
                <p class="lead">{ "The lecture's “Performance Comparison of P2P Techniques”, cell by cell. All six systems run here on the same \
                    peers, files, popularity, latencies and searches; beside what comes out stands what the slide claims. " }
                    <a href={Route::Checks(String::new()).href()}>{ "All claims of the slides, checked" }</a></p>
            </header>
            <div class="claims-top">
            <form class="claims-form" {onsubmit} novalidate=true>
                { size_choice(&plan) }
                { field(&plan, Entry::Searches) }
                { field(&plan, Entry::Seed) }
                <div class="buttons">
                    <button type="submit" class="primary">{ "Measure" }</button>
                    <button type="button" onclick={ongrowth}>{ "Growth" }</button>
                    <button type="button" hidden={!busy} onclick={cancel}>{ "Cancel" }</button>
                </div>
            </form>
            <div class="claims-state">
                <p class="notice" role="alert" hidden={board.notice.is_none()}>{ board.notice.clone().unwrap_or_default() }</p>
                <p role="status" class="narration" aria-live={if busy { "off" } else { "polite" }}>{ board.status() }</p>
                <progress class={classes!((!busy).then_some("idle"))} aria-label="Progress" max={board.wanted.max(1).to_string()} value={board.done.to_string()}></progress>
            </div>
            </div>
            <div class="claims-table" aria-busy={busy.then_some("true")}>
                <div class="claims-cells">
                    <div hidden={sizes.len() < 2}>
                        <Segmented label="Measured, beside the slide’s claims, at N =" name="claims-shown" {options} chosen={place} onchoose={onshow} />
                    </div>
                    <Cells results={results.clone()} {peers} chosen={*chosen} {onchoose} />
                </div>
                <Said results={results.clone()} {peers} chosen={*chosen} />
            </div>
            <Charts {results} world={board.world} />
        </div>
    }
}

fn size_choice(plan: &UseStateHandle<Plan>) -> Html {
    let choices = SIZES.into_iter().enumerate().map(|(place, size)| {
        let change = plan.clone();
        let onchange = Callback::from(move |_: Event| change.set((*change).clone().toggled(place)));
        html! {
            <label key={size}>
                <input type="checkbox" checked={plan.wanted[place]} {onchange} /><span>{ number(f64::from(size)) }</span>
            </label>
        }
    });
    html! {
        <fieldset class="sizes">
            <legend>{ "Peers, N" }</legend>
            <div class="segments">{ for choices }</div>
        </fieldset>
    }
}

fn field(plan: &UseStateHandle<Plan>, entry: Entry) -> Html {
    let error = plan.number(entry).err().map(AttrValue::from);
    let change = plan.clone();
    let oninput = Callback::from(move |text: String| change.set((*change).clone().with(entry, text)));
    let id = format!("claims-{}", entry.name());
    html! { <Field label={entry.label()} {id} value={plan.text(entry).to_string()} {oninput} {error} number=true /> }
}

/// What [`Charts`] needs.
#[derive(Properties, PartialEq)]
struct ChartsProps {
    results: Rc<Results>,
    world: Option<World>,
}

/// Charts on log axes with their files; and how to repeat it.
#[component]
fn Charts(props: &ChartsProps) -> Html {
    let copied = use_state_eq(String::new);
    let results = &props.results;
    let sizes = results.sizes();
    let command = props.world.filter(|_| !sizes.is_empty()).map(|world| world.command(&sizes)).unwrap_or_default();
    let copy = |text: String, done: &'static str| {
        let copied = copied.clone();
        Callback::from(move |_: MouseEvent| {
            let copied = copied.clone();
            dom::copy(&text, move |worked| {
                copied.set(if worked { done } else { "The browser would not copy; select and copy by hand." }.into());
            });
        })
    };
    let all = {
        let (results, command) = (results.clone(), command.clone());
        Callback::from(move |_: MouseEvent| {
            dom::download("six-systems.csv", &charts::csv(&results.all_rows(), &command))
        })
    };
    let figures =
        Quantity::ALL.into_iter().filter(|_| sizes.len() > 1).map(|quantity| figure(results, quantity, &command));
    html! {
        <>
            <section class="claims-charts" aria-labelledby="claims-growth">
                <h2 id="claims-growth">{ "How it grows" }</h2>
                <p class="dim" hidden={sizes.len() > 1}>{ "With several numbers of peers there are charts, and each cell says which law fits its values. \
                    Growth measures five, from 16 to 4,096." }</p>
                <p class="dim" hidden={sizes.len() < 2}>{ "Both axes are logarithmic: n is a straight line that rises as steeply as the axes do, 1 is a level one." }</p>
                <div class="charts" onpointermove={Callback::from(charts::point)} onkeydown={Callback::from(charts::press)}>{ for figures }</div>
            </section>
            <section class="repeat" aria-labelledby="claims-repeat" hidden={command.is_empty()}>
                <h2 id="claims-repeat">{ "Repeat it" }</h2>
                <p class="scroll-x" tabindex="0" role="region" aria-label="Command"><code id="claims-command">{ &command }</code></p>
                <p class="dim" hidden={sizes.len() < 3}>{ "With --growth at its end it prints the fits and verdicts." }</p>
                <div class="buttons">
                    <button type="button" onclick={copy(command.clone(), "The command is copied.")}>{ "Copy command" }</button>
                    <button type="button" onclick={copy(dom::address(), "The link is copied.")}>{ "Copy link" }</button>
                    <button type="button" onclick={all} aria-label="All figures as CSV">{ "All figures (CSV)" }</button>
                </div>
                <p role="status" class="dim">{ (*copied).clone() }</p>
            </section>
        </>
    }
}

fn figure(results: &Rc<Results>, quantity: Quantity, command: &str) -> Html {
    let title = quantity.title();
    let id = quantity.key();
    let export = |format: &'static str| {
        let (results, command) = (results.clone(), command.to_string());
        let onclick = Callback::from(move |_: MouseEvent| {
            let name = |end: &str| format!("six-systems-{id}.{end}");
            match format {
                "CSV" => dom::download(&name("csv"), &charts::csv(&results.rows(quantity), &command)),
                "SVG" => dom::download(&name("svg"), &charts::svg_file(&results.chart(quantity))),
                _ => charts::save_png(name("png"), &results.chart(quantity)),
            }
        });
        html! { <button type="button" {onclick} aria-label={format!("{title} as {format}")}>{ format }</button> }
    };
    let rows = results.rows(quantity);
    let heads = rows.first().into_iter().flatten().map(|head| html! { <th scope="col">{ head }</th> });
    let body = rows.iter().skip(1).map(|row| {
        let cells = row.iter().skip(1).map(|cell| html! { <td>{ cell }</td> });
        html! { <tr><th scope="row">{ &row[0] }</th>{ for cells }</tr> }
    });
    let picture = Html::from_html_unchecked(results.chart(quantity).into());
    html! {
        <figure class="figure" key={id} id={format!("figure-{id}")}>
            <figcaption><h3>{ title }</h3><div class="exports">{ for ["SVG", "PNG", "CSV"].map(export) }</div></figcaption>
            <div class="chart" role="slider" tabindex="0" aria-label={format!("Values of the chart {title}")} aria-valuemin="0"
                aria-valuemax="1" aria-valuenow="0" aria-valuetext="Arrow keys read the values">
                <div aria-hidden="true">{ picture }</div>
            </div>
            <output class="reading" aria-hidden="true"></output>
            <details>
                <summary>{ "Values" }</summary>
                <div class="scroll-x" tabindex="0" role="region" aria-label={format!("Values of {title}")}>
                    <table class="values"><thead><tr>{ for heads }</tr></thead><tbody>{ for body }</tbody></table>
                </div>
            </details>
        </figure>
    }
}
