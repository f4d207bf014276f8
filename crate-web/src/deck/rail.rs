//! What a story is about, the other stories, its switches, and things to try.

use overlay_core::lecture::story::{STORIES, Stand, Story};
use overlay_core::protocol::Peer;
use overlay_core::sim::spec::{Action, Key};
use yew::prelude::*;

use super::board::Board;
use super::link::Moment;
use crate::chapters::chapters;
use crate::dom;
use crate::handle::{Handle, use_desk};
use crate::router::Route;
use crate::widgets::{Field, Segmented, rich};

#[derive(Properties, PartialEq)]
pub(super) struct RailProps {
    pub(super) handle: Handle<Board>,
    /// A sentence about how the page came about, if there is something to say.
    pub(super) notice: Option<AttrValue>,
}

#[component]
pub(super) fn Rail(props: &RailProps) -> Html {
    use_desk(&props.handle);
    let handle = &props.handle;
    let (story, chosen) = handle.with(|board| (board.story, board.chosen.clone()));
    let chapter = story.chapter;
    let stories: Vec<&'static Story> = STORIES.iter().filter(|other| other.chapter == chapter).collect();
    let number = stories.iter().position(|other| other.name == story.name).map_or(1, |index| index + 1);
    let why = story.why.iter().enumerate().map(|(index, text)| html! { <p key={index}>{ rich(text) }</p> });
    let entries = stories.iter().map(|other| {
        let route = Route::Scene { chapter: chapter.name().into(), scene: Some(other.name.into()) };
        let current = (other.name == story.name).then_some("page");
        html! { <li key={other.name}><a href={route.href()} aria-current={current}><span>{ other.title }</span></a></li> }
    });
    let switches = story.switches.iter().enumerate().map(|(at, switch)| {
        let onchoose = {
            let (handle, chosen) = (handle.clone(), chosen.clone());
            Callback::from(move |option| choose(&handle, &chosen, at, option))
        };
        let options: Vec<AttrValue> = switch.options.iter().map(|option| AttrValue::from(*option)).collect();
        html! { <Segmented key={at} label={switch.label} name={format!("switch-{at}")} {options} chosen={chosen[at]} {onchoose} /> }
    });
    let checks = story.checks.iter().map(|name| {
        html! { <li key={*name}><a href={format!("#/lecture/checks?check={name}")}>{ name.replace('-', " ") }</a></li> }
    });
    let notice = props.notice.clone();
    html! {
        <>
            <div class="rail-head">
                <p class="notice" role="alert" hidden={notice.is_none()}>{ notice.unwrap_or_default() }</p>
                <p class="label accent">{ format!("{} · scene {number} of {}", chapter.title(), stories.len()) }</p>
                <h1 tabindex="-1">{ story.title }</h1>
            </div>
            <div class="rail-body">
                <div class="why">{ for why }<p class="slide">{ format!("Slide: {}", story.slide) }</p></div>
                <div class="switches" hidden={story.switches.is_empty()}>{ for switches }</div>
                <nav aria-label={format!("Scenes of {}", chapter.title())}><ul class="scenes">{ for entries }</ul></nav>
                <details class="group">
                    <summary>{ "Try it yourself" }</summary>
                    <Try handle={handle.clone()} key={story.name} />
                </details>
                <ShareLink handle={handle.clone()} />
                <div class="slide-checks" hidden={story.checks.is_empty()}>
                    <h2 class="label">{ "This slide's numbers, checked" }</h2>
                    <ul>{ for checks }</ul>
                </div>
                { chapters(chapter.name()) }
            </div>
        </>
    }
}

/// Starts the story anew with another choice, which the address then names.
fn choose(handle: &Handle<Board>, chosen: &[usize], at: usize, option: usize) {
    let mut chosen = chosen.to_vec();
    chosen[at] = option;
    handle.change(|board| {
        let mut new = Board::new(board.story, &chosen);
        new.player.set_speed(board.player.speed());
        *board = new;
    });
    let (chapter, name) = handle.with(|board| (board.story.chapter.name(), board.story.name));
    dom::replace_hash(&address(chapter, name, &chosen, None));
}

/// The address of a story.
fn address(chapter: &str, name: &str, chosen: &[usize], moment: Option<String>) -> String {
    let mut address = format!("#/lecture/{chapter}?scene={name}");
    if chosen.iter().any(|option| *option > 0) {
        let options: Vec<String> = chosen.iter().map(ToString::to_string).collect();
        address += &format!("&choose={}", options.join("."));
    }
    moment.map_or_else(|| address.clone(), |moment| format!("{address}&at={moment}"))
}

#[derive(Properties, PartialEq)]
struct PartProps {
    handle: Handle<Board>,
}

/// A link to this very moment.
#[component]
fn ShareLink(props: &PartProps) -> Html {
    let link = use_state_eq(|| None::<String>);
    let copied = use_state_eq(|| false);
    let onclick = {
        let (handle, link, copied) = (props.handle.clone(), link.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            let made = handle.with(|board| {
                let chosen = board.chosen.iter().map(|option| *option as u8).collect();
                let moment = Moment { chosen, worlds: board.logs() };
                let hash = address(board.story.chapter.name(), board.story.name, &board.chosen, Some(moment.encode()));
                format!("{}{hash}", dom::page_address())
            });
            let copied = copied.clone();
            dom::copy(&made, move |done| copied.set(done));
            link.set(Some(made));
        })
    };
    html! {
        <div class="group">
            <div class="buttons"><button type="button" id="page-share" {onclick}>{ "Copy a link to this moment" }</button></div>
            <p role="status">{ if *copied { "The link is copied." } else { "" } }</p>
            <p hidden={link.is_none()}><a class="share-link" href={(*link).clone().unwrap_or_default()}>{ "The link" }</a></p>
        </div>
    }
}

/// Searching, sharing and coming in, by the viewer.
#[component]
fn Try(props: &PartProps) -> Html {
    use_desk(&props.handle);
    let handle = &props.handle;
    let words = use_state_eq(|| handle.with(|board| board.story.words.to_string()));
    let from = use_state_eq(|| None::<String>);
    let problem = use_state_eq(|| None::<String>);
    let names: Vec<String> = handle.with(|board| {
        let show = &*board.world().stand.show;
        let peers = (0..show.node_count().min(60)).map(Peer);
        peers
            .filter(|peer| show.is_member(*peer) && board.world().stand.number(*peer) > 0)
            .map(|peer| show.name(peer))
            .collect()
    });
    let asker = (*from).clone().unwrap_or_else(|| handle.with(|board| board.world().stand.show.name(board.shown())));
    let act = |make: fn(&Stand, u32, Key) -> Action| {
        let (handle, problem, words, asker) = (handle.clone(), problem.clone(), (*words).clone(), asker.clone());
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            let done = handle.change(|board| {
                let number = number_of(board, &asker).ok_or_else(|| format!("No peer is called “{asker}”."))?;
                let key = Key::Name(words.clone());
                board.act(|stand| make(stand, number, key.clone())).map_err(|error| error.to_string())
            });
            problem.set(done.err());
        })
    };
    let add = {
        let (handle, problem) = (handle.clone(), problem.clone());
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            let done = handle.change(|board| {
                // A name that nobody has yet; what it is only decides where on a ring the newcomer lies.
                let name = format!("newcomer {}", board.world().stand.show.node_count());
                board.act(|_| Action::Add { id: Key::Name(name.clone()) })
            });
            problem.set(done.err().map(|error| error.to_string()));
        })
    };
    let onwords = {
        let words = words.clone();
        Callback::from(move |text| words.set(text))
    };
    let onfrom = {
        let from = from.clone();
        Callback::from(move |text: String| from.set(Some(text)))
    };
    let onsubmit = Callback::from(|event: SubmitEvent| event.prevent_default());
    let options = names.iter().map(|name| html! { <option key={name.clone()} value={name.clone()} /> });
    html! {
        <form class="group" {onsubmit}>
            <datalist id="deck-nodes">{ for options }</datalist>
            <Field label="From" id="deck-from" value={asker.clone()} oninput={onfrom} list="deck-nodes" />
            <Field label="Words" id="deck-words" value={(*words).clone()} oninput={onwords} />
            <div class="buttons">
                <button type="submit" class="primary" onclick={act(|stand, from, key| Action::Search { from: stand.peer(from), key })}>{ "Search" }</button>
                <button type="button" onclick={act(|stand, from, key| Action::Route { from: stand.peer(from), key })}>{ "Search and fetch" }</button>
                <button type="button" onclick={act(|stand, from, key| Action::Insert { from: stand.peer(from), key, value: "here".into() })}>{ "Share" }</button>
                <button type="button" onclick={act(|stand, from, key| Action::Delete { from: stand.peer(from), key })}>{ "Withdraw" }</button>
                <button type="button" onclick={add}>{ "Add node" }</button>
            </div>
            <p class="error" role="alert" hidden={problem.is_none()}>{ problem.as_deref().unwrap_or_default() }</p>
        </form>
    }
}

/// The number of the peer of this name in the world that is looked into.
fn number_of(board: &Board, name: &str) -> Option<u32> {
    let stand = &board.world().stand;
    let wanted = name.trim();
    let all = (0..stand.show.node_count()).map(Peer);
    let mut fitting = all.filter(|peer| stand.show.name(*peer).eq_ignore_ascii_case(wanted));
    fitting.next().map(|peer| stand.number(peer)).filter(|number| *number > 0)
}
