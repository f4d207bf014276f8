//! Ways in, one below the other, and how far each is.

use yew::prelude::*;

use super::super::hub::{Board, Rung};
use super::super::settings::Entry;
use super::super::{preflight, qr, rtc};
use super::Scope;
use crate::widgets::nothing;

/// Shape and word of a rung's state.
const fn mark(rung: Rung) -> (&'static str, &'static str, &'static str) {
    match rung {
        Rung::Off => ("○", "not used", "off"),
        Rung::Trying => ("◐", "being tried", "trying"),
        Rung::On => ("●", "works", "on"),
        Rung::Failed => ("✕", "does not work", "failed"),
    }
}

pub(super) fn ladder(scope: &Scope, board: &Board) -> Html {
    let [tabs, invitation, room, overlay] = board.rungs();
    let rung = |title: &'static str, (state, text): (Rung, String), parts: Html| {
        let (shape, word, class) = mark(state);
        html! {
            <li class={classes!("rung", class)}>
                <span class="mark" aria-hidden="true">{ shape }</span>
                <div class="group">
                    <h3>{ title }<span class="sr-only">{ format!(", {word}") }</span></h3>
                    <p class="dim">{ text }</p>
                    { parts }
                </div>
            </li>
        }
    };
    html! {
        <>
            <section class="group" aria-labelledby="ways">
                <h2 class="label" id="ways">{ "Ways in" }</h2>
                <ol class="ladder">
                    { rung("Tabs of this browser", tabs, nothing()) }
                    { rung("Invitation", invitation, by_invitation(scope, board)) }
                    { rung("Room on public trackers", room, by_room(scope, board)) }
                    { rung("Through the overlay", overlay, nothing()) }
                </ol>
            </section>
            { servers(scope, board) }
        </>
    }
}

/// A text area: what is pasted into it, or to be copied from it.
fn area(
    label: &'static str,
    id: &'static str,
    value: String,
    read_only: bool,
    hint: &'static str,
    oninput: Callback<InputEvent>,
) -> Html {
    let hint_id = format!("{id}-hint");
    html! {
        <div class="field">
            <label for={id}>{ label }</label>
            <textarea {id} rows="3" {value} readonly={read_only} {oninput} autocomplete="off" spellcheck="false" aria-describedby={hint_id.clone()} />
            <p id={hint_id} class="hint">{ hint }</p>
        </div>
    }
}

fn by_invitation(scope: &Scope, board: &Board) -> Html {
    let member = board.is_member();
    let set_invitation = scope.typed(|scope, text| scope.set(|desk| desk.invitation = text));
    let set_answer = scope.typed(|scope, text| scope.set(|desk| desk.answer = text));
    let accept = scope.press(|scope| {
        scope.hub.take_answer(&scope.now().answer);
        scope.set(|desk| {
            desk.answer = String::new();
            desk.copied = String::new();
        });
    });
    let own = board.invitation.as_ref().map(|(_, link)| link.clone());
    if member {
        let code = own.as_deref().map_or_else(nothing, |link| code(link, "QR code of the invitation"));
        return html! {
            <>
                { area("Invitation", "live-invitation", own.unwrap_or_default(), true,
                    "“Copy invitation” makes one. It serves one person, for a few minutes.", Callback::noop()) }
                { code }
                { area("Answer", "live-answer", scope.desk.answer.clone(), false, "What the invited person sends back.", set_answer) }
                <div class="buttons"><button type="button" onclick={accept}>{ "Accept answer" }</button></div>
            </>
        };
    }
    let answer = board.answer.clone();
    let copy = {
        let link = answer.clone().unwrap_or_default();
        scope.press(move |scope| scope.copy(&link, "The answer is copied. Send it back to who invited you."))
    };
    let answered = answer.as_deref().map_or_else(nothing, |link| {
        html! {
            <>
                { area("Answer", "live-answer", link.to_string(), true, "Send this back to who invited you, and leave this page open.", Callback::noop()) }
                <div class="buttons"><button type="button" class="primary" onclick={copy}>{ "Copy answer" }</button></div>
                { code(link, "QR code of the answer") }
            </>
        }
    });
    html! {
        <>
            { area("Invitation", "live-invitation", scope.desk.invitation.clone(), false, "Paste a link or code, then press “Join overlay”.", set_invitation) }
            { answered }
        </>
    }
}

fn code(link: &str, label: &'static str) -> Html {
    html! {
        <details>
            <summary>{ "As a QR code" }</summary>
            { qr::qr(link, label) }
        </details>
    }
}

/// A setting's field.
fn setting(
    scope: &Scope,
    board: &Board,
    entry: Entry,
    label: &'static str,
    id: &'static str,
    kind: &'static str,
) -> Html {
    let oninput = scope.typed(move |scope, text| scope.hub.change(|board, _| board.settings.set(entry, text)));
    let onchange = {
        let hub = scope.hub.clone();
        Callback::from(move |_: Event| hub.with(|board| board.settings.keep(entry)))
    };
    let value = board.settings.text(entry).to_string();
    let field = if kind == "lines" {
        html! { <textarea {id} rows="3" {value} {oninput} {onchange} autocomplete="off" spellcheck="false" /> }
    } else {
        html! { <input {id} type={kind} {value} {oninput} {onchange} autocomplete="off" spellcheck="false" /> }
    };
    html! { <div class="field"><label for={id}>{ label }</label>{ field }</div> }
}

fn by_room(scope: &Scope, board: &Board) -> Html {
    let entered = board.room().is_some();
    let enter = scope.press(|scope| scope.hub.enter_room());
    let leave = scope.press(|scope| scope.hub.leave_room());
    let copy = scope.press(|scope| {
        let link = scope.hub.with(Board::room_link).unwrap_or_default();
        scope.copy(&link, "The room's link is copied. Whoever opens it may come in.");
    });
    html! {
        <>
            { setting(scope, board, Entry::Room, "Room", "live-room", "text") }
            <div class="buttons">
                <button type="button" hidden={entered} onclick={enter}>{ "Enter room" }</button>
                <button type="button" hidden={!entered} onclick={copy}>{ "Copy room link" }</button>
                <button type="button" hidden={!entered} onclick={leave}>{ "Leave room" }</button>
            </div>
            <details>
                <summary>{ "Trackers, and what they see" }</summary>
                <div class="group">
                    { setting(scope, board, Entry::Trackers, "Trackers, one a line", "live-trackers", "lines") }
                    <p class="hint">{ "Public servers of others, who promise nothing. They see your address and that you are in some room; what passes through them is \
                        sealed with the room's name, so choose one that strangers do not guess." }</p>
                </div>
            </details>
        </>
    }
}

/// Servers that help with finding ways, and what this network allows.
fn servers(scope: &Scope, board: &Board) -> Html {
    let wrong = board.settings.servers().err();
    let check = scope.press(|scope| {
        let servers = scope.hub.with(|board| board.settings.servers());
        match servers {
            Err(sentence) => scope.set(|desk| desk.network = vec![sentence]),
            Ok(servers) => {
                scope.set(|desk| desk.network = vec!["Looking …".into()]);
                let scope = scope.clone();
                let stun = servers.iter().any(|server| server.url.starts_with("stun"));
                let turn = servers.iter().any(|server| server.url.starts_with("turn"));
                wasm_bindgen_futures::spawn_local(async move {
                    let reach = rtc::check(&servers).await;
                    scope.set(|desk| desk.network = preflight::told(&reach, stun, turn));
                });
            }
        }
    });
    let found =
        scope.desk.network.iter().enumerate().map(|(index, text)| html! { <li key={index}>{ text.clone() }</li> });
    html! {
        <details class="group">
            <summary>{ "Servers and network" }</summary>
            <div class="group">
                { setting(scope, board, Entry::Stun, "STUN servers, one a line", "live-stun", "lines") }
                <p class="hint">{ "They tell this browser its public address, which computers in other networks need. The address becomes part of \
                    your invitations. Empty: the local network only." }</p>
                { setting(scope, board, Entry::Turn, "TURN server", "live-turn", "text") }
                <div class="fields">
                    { setting(scope, board, Entry::User, "User", "live-turn-user", "text") }
                    { setting(scope, board, Entry::Password, "Password", "live-turn-password", "password") }
                </div>
                <p class="hint">{ "A relay of yours, for networks that let nothing through directly. It is kept in this browser." }</p>
                <p class="error" hidden={wrong.is_none()}>{ wrong.unwrap_or_default() }</p>
                <div class="buttons"><button type="button" onclick={check}>{ "Check this network" }</button></div>
                <ul class="network" role="status" aria-label="What this network allows">{ for found }</ul>
            </div>
        </details>
    }
}
