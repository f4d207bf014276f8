//! What a person does with the overlay: values, messages, lines; and the way that the last of them took.

use overlay_core::id::Guid;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::super::hub::{Ask, Board, digits};
use super::Scope;
use super::inspect::is_gone;
use crate::widgets::{nothing, rich};
use crate::words::marked;

/// The key of a name.
fn key_of(name: &str) -> Guid {
    Guid::of_bytes(name.trim().as_bytes())
}

/// Other members by GUID and name, in the order of the select.
fn others(board: &Board) -> Vec<(Guid, String)> {
    let member = &board.viewer().member;
    let others = member.roster().filter(|other| other.guid != member.guid() && !is_gone(other));
    others.map(|other| (other.guid, board.name_of(other.guid))).collect()
}

pub(super) fn act(scope: &Scope, board: &Board) -> Html {
    let desk = &scope.desk;
    let set = |set: fn(&mut super::Desk, String)| scope.typed(move |scope, text| scope.set(|desk| set(desk, text)));
    let ask = |make: fn(&super::Desk) -> Ask| {
        scope.press(move |scope| {
            let desk = scope.now();
            let name = desk.key.trim();
            scope.hub.ask(name, key_of(name), &make(&desk));
        })
    };
    let say = scope.press(|scope| {
        let desk = scope.now();
        let chosen = scope.hub.with(|board| others(board).into_iter().nth(desk.to.wrapping_sub(1)));
        let name = desk.key.trim().to_string();
        let (key, name) = chosen.unwrap_or_else(|| (key_of(&name), name));
        scope.hub.ask(&name, key, &Ask::Say(desk.line.trim().to_string()));
        scope.set(|desk| desk.line = String::new());
    });
    let onto = {
        let scope = scope.clone();
        Callback::from(move |event: Event| {
            let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index().max(0) as usize;
            scope.set(|desk| desk.to = index);
        })
    };
    let off = !board.is_member();
    let hint = if desk.key.trim().is_empty() {
        "Any name. Its SHA-1 is a place on the ring; the node nearest to it keeps the value.".to_string()
    } else {
        format!("SHA-1 puts it at {} on the ring.", digits(key_of(&desk.key)))
    };
    let options = others(board).into_iter().enumerate().map(|(index, (guid, name))| {
        html! { <option key={guid.to_string()} selected={desk.to == index + 1}>{ name }</option> }
    });
    html! {
        <>
            <form class="group" onsubmit={Callback::from(|event: SubmitEvent| event.prevent_default())}>
                <div class="field">
                    <label for="live-key">{ "Key" }</label>
                    <input id="live-key" type="text" maxlength="200" value={desk.key.clone()} oninput={set(|desk, text| desk.key = text)} autocomplete="off"
                        spellcheck="false" aria-describedby="live-key-hint" />
                    <p id="live-key-hint" class="hint">{ hint }</p>
                </div>
                <div class="field">
                    <label for="live-value">{ "Value" }</label>
                    <input id="live-value" type="text" maxlength="4000" value={desk.value.clone()} oninput={set(|desk, text| desk.value = text)} autocomplete="off" />
                </div>
                <div class="buttons">
                    <button type="button" disabled={off} onclick={ask(|desk| Ask::Put(desk.value.clone()))}>{ "Put" }</button>
                    <button type="button" disabled={off} onclick={ask(|_| Ask::Get)}>{ "Get" }</button>
                    <button type="button" disabled={off} onclick={ask(|_| Ask::Remove)}>{ "Remove" }</button>
                    <button type="button" disabled={off} onclick={ask(|_| Ask::Reach)}>{ "Route a message" }</button>
                </div>
            </form>
            <form class="group" onsubmit={Callback::from(|event: SubmitEvent| event.prevent_default())}>
                <div class="field">
                    <label for="live-to">{ "Line to" }</label>
                    <select id="live-to" onchange={onto}>
                        <option selected={desk.to == 0}>{ "whoever answers for the key" }</option>
                        { for options }
                    </select>
                </div>
                <div class="field">
                    <label for="live-line">{ "Line" }</label>
                    <input id="live-line" type="text" maxlength="200" value={desk.line.clone()} oninput={set(|desk, text| desk.line = text)} autocomplete="off" />
                </div>
                <div class="buttons"><button type="submit" disabled={off} onclick={say}>{ "Send line" }</button></div>
            </form>
            <p class="dim" hidden={!off}>{ "Come in first: then values can be put, and got back from any member." }</p>
        </>
    }
}

/// The ordered list labelled "Route": one item a hop.
pub(super) fn route(board: &Board) -> Html {
    let path = board.shown.as_ref().map(|shown| shown.path.as_slice()).unwrap_or_default();
    let items = path.iter().enumerate().map(|(index, hop)| html! { <li key={index}>{ board.hop_text(hop) }</li> });
    let end = match &board.wish {
        None => "Nothing was asked yet.".to_string(),
        Some(wish) => wish.outcome.clone().unwrap_or_else(|| "On its way.".into()),
    };
    html! {
        <section aria-labelledby="route">
            <h3 class="label" id="route">{ "Route" }</h3>
            <ol class="route" aria-label="Route">{ for items }</ol>
            <p data-asked={board.asks.to_string()}>{ rich(&marked(&end)) }</p>
        </section>
    }
}

/// Lines that came to this node.
pub(super) fn lines(board: &Board) -> Html {
    if board.lines.is_empty() {
        return nothing();
    }
    let items =
        board.lines.iter().rev().enumerate().map(|(index, line)| html! { <li key={index}>{ line.clone() }</li> });
    html! {
        <section aria-labelledby="lines">
            <h3 class="label" id="lines">{ "Lines for this node" }</h3>
            <ul class="lines" aria-label="Lines for this node, latest first">{ for items }</ul>
        </section>
    }
}
