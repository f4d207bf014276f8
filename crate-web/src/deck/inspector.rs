//! What a node keeps, what the search that is followed has cost, and what happened.

use overlay_core::plain::grouped;
use overlay_core::protocol::Peer;
use overlay_core::sim::show::{Cell, Role, Section, Show, Tally, words};
use overlay_core::sim::spec::Action;
use yew::prelude::*;

use super::board::Board;
use crate::desk::millis;
use crate::handle::{Handle, use_desk};
use crate::widgets::{Segmented, nothing, rich};

/// Events that are listed.
const LISTED_MAX: usize = 60;

#[derive(Properties, PartialEq)]
pub(super) struct InspectorProps {
    pub(super) handle: Handle<Board>,
}

#[component]
pub(super) fn Inspector(props: &InspectorProps) -> Html {
    use_desk(&props.handle);
    let handle = &props.handle;
    let shown = use_state_eq(|| 0_usize);
    let problem = use_state_eq(|| None::<String>);
    let onshow = {
        let shown = shown.clone();
        Callback::from(move |index| shown.set(index))
    };
    let onactivate = {
        let handle = handle.clone();
        Callback::from(move |index| handle.change(|board| board.active = index))
    };
    handle.with(|board| {
        let titles: Vec<AttrValue> = board.worlds.iter().map(|world| world.stand.title.into()).collect();
        let several = titles.len() > 1;
        let body = if *shown == 0 { node(handle, board) } else { events(&*board.world().stand.show) };
        html! {
            <aside class="inspector" aria-label="Inspector">
                <div class="node-head inspector-head">
                    <Segmented label="Show" labelled=false name="inspect" options={vec!["Node".into(), "Events".into()]}
                        chosen={*shown} onchoose={onshow} />
                    <div class="node-tools">{ tools(handle, board, &problem) }</div>
                    { if several {
                        html! { <Segmented label="World inspected" labelled=false name="inspected" options={titles}
                            chosen={board.active} onchoose={onactivate} /> }
                    } else { nothing() } }
                </div>
                <p class="error" role="alert" hidden={problem.is_none()}>{ problem.as_deref().unwrap_or_default() }</p>
                <div class="inspector-body">{ body }</div>
            </aside>
        }
    })
}

/// Chooses a node by its place in the world that is looked into.
pub(super) fn select(handle: &Handle<Board>, peer: Option<Peer>) {
    handle.change(|board| {
        let number = peer.map(|peer| board.world().stand.number(peer));
        board.select(number);
        // A server is no peer of the other worlds, and one of several is not the first.
        let active = board.active;
        board.worlds[active].selected = peer;
    });
}

fn tools(handle: &Handle<Board>, board: &Board, problem: &UseStateHandle<Option<String>>) -> Html {
    let show = &*board.world().stand.show;
    let shown = board.shown();
    let number = board.world().stand.number(shown);
    let act = |make: fn(Peer) -> Action| {
        let (handle, problem) = (handle.clone(), problem.clone());
        Callback::from(move |_: MouseEvent| {
            let done = handle.change(|board| board.act(|stand| make(stand.peer(number))));
            problem.set(done.err().map(|error| error.to_string()));
        })
    };
    let go = |by: u32| {
        let (handle, count) = (handle.clone(), show.node_count().max(1));
        Callback::from(move |_: MouseEvent| select(&handle, Some(Peer((shown.0 + by) % count))))
    };
    let follow = {
        let handle = handle.clone();
        Callback::from(move |_: MouseEvent| select(&handle, None))
    };
    let alive = show.is_alive(shown);
    html! {
        <>
            <button type="button" hidden={board.world().selected.is_none()} onclick={follow}>{ "Follow" }</button>
            <button type="button" onclick={go(show.node_count().saturating_sub(1))} aria-label="Previous node" title="Previous node">{ "‹" }</button>
            <button type="button" onclick={go(1)} aria-label="Next node" title="Next node">{ "›" }</button>
            <button type="button" hidden={alive} onclick={act(|node| Action::Restart { node })}>{ "Restart node" }</button>
            <button type="button" hidden={!alive} onclick={act(|node| Action::Leave { node })} title="The node says goodbye first">{ "Leave" }</button>
            <button type="button" class="danger" hidden={!alive} onclick={act(|node| Action::Kill { node })}
                title="The node stops without a word">{ "Kill node" }</button>
        </>
    }
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Peer => "peer",
        Role::Server => "server",
        Role::Super => "super-peer",
        Role::Walled => "peer behind a firewall",
        Role::Liar => "a liar",
    }
}

fn node(handle: &Handle<Board>, board: &Board) -> Html {
    let show = &*board.world().stand.show;
    let shown = board.shown();
    let state = match (show.is_alive(shown), show.is_member(shown)) {
        (false, _) => ", stopped",
        (true, false) => ", coming in",
        (true, true) => "",
    };
    let sections = show.panel(shown).into_iter().enumerate();
    let sections = sections.map(|(index, section)| table(handle, show, index, &section));
    html! {
        <>
            { cost(show) }
            <section aria-label="Node">
                <h2>{ format!("{}: {}{state}", show.name(shown), role_name(show.role(shown))) }</h2>
            </section>
            { for sections }
        </>
    }
}

fn table(handle: &Handle<Board>, show: &dyn Show, index: usize, section: &Section) -> Html {
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) => html! { { text.clone() } },
        Cell::Node(peer) => {
            let (peer, name) = (*peer, show.name(*peer));
            let onclick = {
                let handle = handle.clone();
                Callback::from(move |_: MouseEvent| select(&handle, Some(peer)))
            };
            let hover = |peer: Option<Peer>| {
                let handle = handle.clone();
                move || handle.change(|board| board.hovered = peer)
            };
            let (enter, leave) = (hover(Some(peer)), hover(None));
            html! {
                <button type="button" class={classes!("chip", (!show.is_alive(peer)).then_some("dead"))} {onclick}
                    onpointerenter={move |_: PointerEvent| enter()} onpointerleave={move |_: PointerEvent| leave()}>{ name }</button>
            }
        }
    };
    // Lists of nodes stand side by side, tables below each other.
    if section.columns.is_empty() && section.rows.iter().all(|row| matches!(row[..], [Cell::Node(_)])) {
        let chips = section.rows.iter().enumerate().map(|(i, row)| html! { <li key={i}>{ cell(&row[0]) }</li> });
        return html! {
            <section key={index}>
                <h3 class="label">{ &section.title }</h3>
                <ul class="chips" aria-label={section.title.clone()}>{ for chips }{ more(section) }</ul>
            </section>
        };
    }
    let rows = section.rows.iter().enumerate().map(|(i, row)| {
        html! { <tr key={i}>{ for row.iter().enumerate().map(|(j, one)| html! { <td key={j}>{ cell(one) }</td> }) }</tr> }
    });
    let head = section.columns.iter().map(|name| html! { <th key={*name} scope="col">{ *name }</th> });
    html! {
        <section key={index}>
            <table class="kept">
                <caption class="label">{ &section.title }</caption>
                <thead hidden={section.columns.is_empty() || section.rows.is_empty()}><tr>{ for head }</tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
            <p class="dim" hidden={section.more == 0}>{ format!("and {} more", section.more) }</p>
        </section>
    }
}

fn more(section: &Section) -> Html {
    if section.more > 0 {
        html! { <li class="dim">{ format!("and {} more", section.more) }</li> }
    } else {
        nothing()
    }
}

/// What the last search has cost so far.
fn cost(show: &dyn Show) -> Html {
    let Some((request, ..)) = show.last_request() else { return nothing() };
    let tally = Tally::of(show, request, show.position());
    let answered = tally.matched.len() as u64;
    let mut rows: Vec<(&str, String)> = vec![
        ("Questions that arrived", grouped(tally.questions)),
        ("Different nodes asked", grouped(tally.visited() as u64)),
    ];
    if tally.duplicates > 0 {
        rows.push(("Asked again, for nothing", grouped(tally.duplicates)));
    }
    rows.push(("Messages with answers", grouped(tally.answers)));
    if tally.others > 0 {
        rows.push(("Other messages", grouped(tally.others)));
    }
    if tally.lost > 0 {
        rows.push(("Messages lost", grouped(tally.lost)));
    }
    if answered > 0 && tally.questions > 0 {
        // As the slide counts: each answer once, however far it goes back.
        let sum =
            format!("{} + {} = {}", grouped(tally.questions), grouped(answered), grouped(tally.questions + answered));
        rows.push(("Questions + answers, each once", sum));
    }
    rows.push(("Found so far", grouped(tally.hits)));
    let rows = rows.into_iter().map(
        |(name, value)| html! { <tr key={name}><th scope="row">{ name }</th><td class="number">{ value }</td></tr> },
    );
    html! {
        <section>
            <table class="cost"><caption class="label">{ "What this search has cost" }</caption><tbody>{ for rows }</tbody></table>
        </section>
    }
}

fn events(show: &dyn Show) -> Html {
    let records = show.trace().records();
    let said = (0..show.position())
        .rev()
        .flat_map(|number| words::sentences(show, number, true).into_iter().map(move |said| (number, said)));
    let items = said.take(LISTED_MAX).enumerate().map(|(index, (number, said))| {
        let at = millis(records[number as usize].at - show.origin());
        html! { <li key={index}><time>{ at }</time><span>{ rich(&said) }</span></li> }
    });
    let items: Vec<Html> = items.collect();
    if items.is_empty() {
        return html! { <p class="dim">{ "Nothing has happened yet." }</p> };
    }
    html! { <ol class="events" aria-label="Events, latest first">{ for items }</ol> }
}
