//! Forms that do something to the worlds on the desk: send, store, add; and the branches that result.

use overlay_core::protocol::Peer;
use overlay_core::sim::spec::{Action, Key};
use overlay_core::sim::words;
use yew::prelude::*;

use crate::desk::{Desk, millis};
use crate::handle::{Handle, use_desk};
use crate::reading::{self, Kind};
use crate::widgets::{Field, Segmented, nothing, rich};
use crate::words::marked;

/// Names of nodes that the From list proposes.
const PROPOSED: u32 = 40;

/// What a form needs.
#[derive(Properties, PartialEq)]
pub struct FormProps {
    /// What it acts on.
    pub handle: Handle,
    /// Sets its fields apart from those of other forms.
    pub id: AttrValue,
    /// Whether values can be stored and nodes be added, too.
    #[prop_or_default]
    pub full: bool,
}

/// A text with the kind the person wants it read as.
#[derive(Clone, PartialEq, Default)]
struct Typed {
    text: String,
    wish: Option<Kind>,
}

/// Fields "From" and "Key" with "Route a message"; in full, also values and newcomers.
#[component]
pub fn SendForm(props: &FormProps) -> Html {
    use_desk(&props.handle);
    let handle = &props.handle;
    let from = use_state_eq(|| Typed { text: first_node(handle), wish: None });
    let key = use_state_eq(|| Typed { text: first_key(handle), wish: None });
    let value = use_state_eq(|| "any text".to_string());
    let problem = use_state_eq(|| None::<String>);
    let tried = use_state_eq(|| false);
    let (start, goal) = handle.with(|desk| {
        let (lab, digits) = (&desk.bench().lab, desk.digits());
        (reading::start(lab, &from.text, from.wish, digits), reading::key(lab, &key.text, key.wish, digits))
    });
    let act = |make: fn(Peer, Key, String) -> Action| {
        let (handle, problem, tried) = (handle.clone(), problem.clone(), tried.clone());
        let (start, goal, value) = (start.clone(), goal.clone(), (*value).clone());
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            tried.set(true);
            let (Ok(start), Ok(goal)) = (&start, &goal) else { return };
            let done = handle.change(|desk| {
                let done = desk.act(&make(start.value, goal.value.clone(), value.clone()));
                if done.is_ok() {
                    desk.play_on();
                }
                done
            });
            problem.set(done.err().map(|error| error.to_string()));
        })
    };
    let onsubmit = Callback::from(|event: SubmitEvent| event.prevent_default());
    let id = &props.id;
    let nodes = format!("{id}-nodes");
    let proposals = handle.with(|desk| {
        let lab = &desk.bench().lab;
        let peers = (0..lab.node_count().min(PROPOSED)).map(Peer).filter(|peer| lab.is_alive(*peer));
        let options = peers.map(|peer| html! { <option key={peer.0} value={lab.text(peer, desk.digits())} /> });
        options.collect::<Vec<_>>()
    });
    let oninput = {
        let value = value.clone();
        Callback::from(move |text| value.set(text))
    };
    html! {
        <form class="group" {onsubmit}>
            <datalist id={nodes.clone()}>{ for proposals }</datalist>
            { typed_field("From", &format!("{id}-from"), &from, &start, Some(nodes)) }
            { typed_field("Key", &format!("{id}-key"), &key, &goal, None) }
            <div class="buttons">
                <button type="submit" class="primary" onclick={act(|from, key, _| Action::Route { from, key })}>{ "Route a message" }</button>
            </div>
            { if props.full {
                html! {
                    <div class="group values">
                        <Field label="Value" id={format!("{id}-value")} value={(*value).clone()} {oninput} />
                        <div class="buttons">
                            <button type="button" onclick={act(|from, key, value| Action::Insert { from, key, value })}>{ "Insert" }</button>
                            <button type="button" onclick={act(|from, key, _| Action::Search { from, key })}>{ "Search" }</button>
                            <button type="button" onclick={act(|from, key, _| Action::Delete { from, key })}>{ "Delete" }</button>
                        </div>
                    </div>
                }
            } else { nothing() } }
            <p class="error" role="alert" hidden={problem.is_none()}>{ problem.as_deref().unwrap_or_default() }</p>
        </form>
    }
}

/// A field, how its text is read, and the choice of another reading.
fn typed_field<T>(
    label: &'static str,
    id: &str,
    typed: &UseStateHandle<Typed>,
    read: &Result<reading::Reading<T>, String>,
    list: Option<String>,
) -> Html {
    let oninput = {
        let typed = typed.clone();
        Callback::from(move |text: String| {
            // A new text starts with a new guess.
            let wish = typed.wish.filter(|_| !text.trim().is_empty());
            typed.set(Typed { text, wish });
        })
    };
    let onchoose = {
        let typed = typed.clone();
        Callback::from(move |index: usize| {
            typed.set(Typed { text: typed.text.clone(), wish: Kind::ALL.get(index).copied() });
        })
    };
    let (error, hint, kind) = match read {
        Ok(read) => (None, Some(AttrValue::from(read.explained.clone())), Some(read.kind)),
        Err(sentence) => (Some(AttrValue::from(sentence.clone())), None, typed.wish),
    };
    let chosen = kind.and_then(|kind| Kind::ALL.iter().position(|other| *other == kind));
    let options: Vec<AttrValue> = Kind::ALL.iter().map(|kind| kind.label().into()).collect();
    html! {
        <div class="typed">
            <Field {label} id={id.to_string()} value={typed.text.clone()} {oninput} {error} {hint} list={list.map(AttrValue::from)} />
            <Segmented label={format!("{label} is a")} labelled=false name={format!("{id}-kind")} {options}
                chosen={chosen.unwrap_or(usize::MAX)} {onchoose} />
        </div>
    }
}

fn first_node(handle: &Handle) -> String {
    handle.with(|desk| {
        let focus = desk.scene.map(|scene| scene.focus.to_string());
        focus.unwrap_or_else(|| desk.bench().lab.text(Peer(0), desk.digits()))
    })
}

fn first_key(handle: &Handle) -> String {
    handle.with(|desk| {
        let followed = desk.sight(desk.bench()).key;
        match followed {
            Some(Key::Digits(text) | Key::Name(text)) => text,
            _ => "hello.txt".into(),
        }
    })
}

/// "Add node", by name or by digits.
#[component]
pub fn AddForm(props: &FormProps) -> Html {
    use_desk(&props.handle);
    let handle = &props.handle;
    let name = use_state_eq(String::new);
    let problem = use_state_eq(|| None::<String>);
    let hint = handle.with(|desk| {
        let lab = &desk.bench().lab;
        let text = name.trim();
        let text = if text.is_empty() { next_name(desk) } else { text.to_string() };
        let read = reading::key(lab, &text, Some(Kind::Name), desk.digits());
        read.map_or_else(
            |error| error,
            |read| read.explained.replace("Read as a name. Its SHA-1", "The identifier is its SHA-1, which"),
        )
    });
    let onsubmit = {
        let (handle, name, problem) = (handle.clone(), name.clone(), problem.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let done = handle.change(|desk| {
                let text = name.trim();
                let text = if text.is_empty() { next_name(desk) } else { text.to_string() };
                let newcomer = Peer(desk.bench().lab.node_count());
                let done = desk.act(&Action::Add { id: Key::Name(text) });
                if done.is_ok() {
                    desk.play_on();
                    desk.select(Some(newcomer));
                }
                done
            });
            if done.is_ok() {
                name.set(String::new());
            }
            problem.set(done.err().map(|error| error.to_string()));
        })
    };
    let oninput = {
        let name = name.clone();
        Callback::from(move |text| name.set(text))
    };
    let error = (*problem).clone().map(AttrValue::from);
    html! {
        <form class="group" {onsubmit}>
            <Field label="Name of the newcomer (optional)" id={format!("{}-newcomer", props.id)} value={(*name).clone()} {oninput}
                {error} hint={Some(AttrValue::from(hint))} />
            <div class="buttons"><button type="submit">{ "Add node" }</button></div>
        </form>
    }
}

fn next_name(desk: &Desk) -> String {
    format!("newcomer {}", desk.bench().lab.node_count() + 1)
}

/// What [`Branches`] needs.
#[derive(Properties, PartialEq)]
pub struct BranchesProps {
    /// Whose branches.
    pub handle: Handle,
}

/// The futures that were left for others.
#[component]
pub fn Branches(props: &BranchesProps) -> Html {
    use_desk(&props.handle);
    let handle = &props.handle;
    let entries = handle.with(|desk| {
        let lab = &desk.bench().lab;
        let now = lab.log();
        let entries = lab.branches().iter().enumerate().map(|(index, branch)| {
            let same = now.iter().zip(&branch.log).take_while(|(a, b)| a == b).count();
            // What sets the branch apart is its first own action.
            let said = branch.log.get(same).map_or_else(
                || "without what was done later".to_string(),
                |entry| {
                    let at = millis(entry.at - lab.origin());
                    format!("{at}: {}", words::action_sentence(lab, &entry.action, desk.digits()))
                },
            );
            let handle = handle.clone();
            let onclick = Callback::from(move |_: MouseEvent| handle.change(|desk| desk.switch_branch(index)));
            html! { <li key={index}><button type="button" {onclick}>{ "Go there" }</button><span>{ rich(&marked(&said)) }</span></li> }
        });
        entries.collect::<Vec<_>>()
    });
    html! {
        <section class="branches" aria-labelledby="branches" hidden={entries.is_empty()}>
            <h2 class="label" id="branches">{ "Branches" }</h2>
            <p class="dim">{ "The past was changed. The other futures are kept:" }</p>
            <ul>{ for entries }</ul>
        </section>
    }
}
