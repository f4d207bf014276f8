//! The lecturer's view: a code that a whole class can scan, members appearing, and a switch that cuts all signalling.

use yew::prelude::*;

use super::super::hub::Board;
use super::super::qr;
use super::{Scope, picture, stage};
use crate::widgets::{nothing, rich};
use crate::words::{count, marked};

pub(super) fn hall(scope: &Scope, board: &Board) -> Html {
    let back = scope.press(|scope| scope.set(|desk| desk.hall = false));
    let cut = scope.press(|scope| scope.hub.cut_signalling());
    let allow = scope.press(|scope| scope.hub.allow_signalling());
    let names = {
        let scope = scope.clone();
        Callback::from(move |_: Event| scope.set(|desk| desk.names = !desk.names))
    };
    let room = board.room_link();
    let door = match (&room, board.cut) {
        (_, true) => html! {
            <p class="door">{ "Signalling is cut. No tracker and no tab is asked any more, and the overlay goes on: its members arrange further links by \
                messages through the ring." }</p>
        },
        (Some(link), false) => html! {
            <>
                { qr::qr(link, "QR code of the room's link") }
                <p class="door-link">{ link.clone() }</p>
                <p>{ "Scan, then press “Join overlay”." }</p>
            </>
        },
        (None, false) => html! {
            <p class="door">{ "Go back and enter a room: then its code stands here, and a whole class can scan it." }</p>
        },
    };
    html! {
        <div class="hall">
            <section class="hall-door" aria-label="Way in">
                <h1 tabindex="-1">{ "Join this overlay" }</h1>
                { door }
                <div class="buttons">
                    <button type="button" class="danger" hidden={board.cut} onclick={cut}>{ "Cut signalling" }</button>
                    <button type="button" hidden={!board.cut} onclick={allow}>{ "Allow signalling" }</button>
                    <label class="check"><input type="checkbox" checked={scope.desk.names} onchange={names} />{ "Show names" }</label>
                    <button type="button" onclick={back}>{ "Leave lecturer's view" }</button>
                </div>
            </section>
            <section class="hall-ring" aria-label="Ring">
                <p class="hall-count" role="status">{ count(picture::here(board), "member") }</p>
                <div class="picture">{ stage(scope, board, scope.desk.names) }</div>
                <p class="narration" role="status" aria-label="Narration">{ if scope.desk.names { rich(&marked(&board.narration)) } else { nothing() } }</p>
                <p class="peers" role="status">{ format!("Connected peers: {}", board.seats[0].member.connected()) }</p>
            </section>
        </div>
    }
}
