//! Chord's side of the inspector: the way that remains, finger table and successor list.

use overlay_core::chord::FingerRow;
use overlay_core::id::{ChordId, IdBits, RingId};
use overlay_core::protocol::{Peer, Place};
use overlay_core::sim::lab::ChordMember;
use overlay_core::sim::session::Session;
use yew::prelude::*;

use super::Scope;
use crate::widgets::nothing;

/// Fingers that are drawn one by one; longer tables fold rows of equal successors.
const FINGERS_UNFOLDED_MAX: usize = 16;

/// Key, node and next hop with the clockwise way that remains from each.
pub(super) fn distances(scope: &Scope<'_>, session: &Session<ChordMember>) -> Html {
    let (Some(key), Some(decision)) = (scope.sight.key.as_ref(), &scope.sight.decision) else { return nothing() };
    let bits = session.world().space();
    let Ok(key) = key.resolve(bits, session.world().peers()) else { return nothing() };
    let id = |peer: Peer| session.world().peers().id(peer);
    let text = |id: ChordId| id.text(bits, scope.digits);
    let line = |name: &'static str, id: ChordId, left: Option<ChordId>| {
        let left = left.map_or_else(nothing, |left| {
            let said = way_text(left, bits);
            let share = overlay_core::draw::fixed(left.fraction(bits) as f64 / 2_f64.powi(128) * 100.0, 2) + "%";
            html! {
                <>
                    <svg aria-hidden="true" focusable="false">
                        <line class="whole" x1="0" x2="100%" y1="50%" y2="50%" />
                        <line class="left" x1="0" x2={share} y1="50%" y2="50%" />
                    </svg>
                    <span class="dim">{ said }</span>
                </>
            }
        });
        html! { <><dt class="dim">{ name }</dt><dd class="number">{ text(id) }</dd><dd>{ left }</dd></> }
    };
    let me = id(decision.at);
    let next = scope.next().map(id);
    html! {
        <dl class="way">
            { line("Key", key, None) }
            { line("This node", me, Some(if next.is_none() { ChordId::ZERO } else { me.clockwise_to(key, bits) })) }
            { next.map_or_else(nothing, |next| {
                // Beyond the key: the owner, there is no way left.
                let there = me.clockwise_to(next, bits) >= me.clockwise_to(key, bits);
                line("Next hop", next, Some(if there { ChordId::ZERO } else { next.clockwise_to(key, bits) }))
            }) }
        </dl>
    }
}

/// The way that remains: a number on small rings, a power of two on large ones.
fn way_text(left: ChordId, bits: IdBits) -> String {
    match (left.bit_length(), bits.is_decimal()) {
        (0, _) => "no way left".into(),
        (_, true) => format!("{} to go", left.low()),
        (length, false) => format!("less than 2^{length} to go"),
    }
}

/// Finger table, successor list and predecessor.
pub(super) fn tables(scope: &Scope<'_>, shown: Peer) -> Html {
    let Some(session) = scope.lab.chord() else { return nothing() };
    let bits = session.world().space();
    let node = &session.world().node(shown).overlay();
    html! {
        <>
            <section>{ finger_table(scope, shown, &node.fingers(bits), bits) }</section>
            <section>{ successors(scope, shown, node.successors(), node.predecessor()) }</section>
        </>
    }
}

/// Neighbouring rows with the same successor, as index ranges.
fn folded(rows: &[FingerRow], fold: bool) -> Vec<(usize, usize)> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match ranges.last_mut() {
            Some((first, last)) if fold && rows[*first].peer == row.peer => *last = index,
            _ => ranges.push((index, index)),
        }
    }
    ranges
}

fn finger_table(scope: &Scope<'_>, shown: Peer, rows: &[FingerRow], bits: IdBits) -> Html {
    let used = match scope.used() {
        Some(Place::Finger { index }) => Some(index),
        _ => None,
    };
    let text = |id: ChordId| id.text(bits, scope.digits);
    let body = folded(rows, rows.len() > FINGERS_UNFOLDED_MAX).into_iter().map(|(first, last)| {
        let (top, bottom) = (&rows[first], &rows[last]);
        let hit = used.is_some_and(|index| (top.index..=bottom.index).contains(&index));
        let successor = match top.peer.some() {
            Some(peer) => {
                let name = scope.name(peer);
                scope.peer_button(peer, classes!("linkish"), format!("Successor {name}"), html! { <>{ name }</> }, None)
            }
            None => html! { <span class="dim">{ "unknown" }</span> },
        };
        let index = if first == last { top.index.to_string() } else { format!("{}–{}", top.index, bottom.index) };
        html! {
            <tr key={top.index} class={classes!(hit.then_some("hit"))}>
                <td>{ index }</td><td>{ text(top.start) }</td>
                <td>{ format!("{} → {}", text(top.start), text(bottom.end)) }</td><td>{ successor }</td>
            </tr>
        }
    });
    html! {
        <div class="scroll-x">
            <table class="fingers">
                <caption class="label">{ format!("Finger table of {}", scope.name(shown)) }</caption>
                <thead><tr>
                    <th scope="col"><abbr title="finger">{ "i" }</abbr></th><th scope="col">{ "Start" }</th>
                    <th scope="col">{ "Interval" }</th><th scope="col">{ "Successor" }</th>
                </tr></thead>
                <tbody>{ for body }</tbody>
            </table>
        </div>
    }
}

fn successors(scope: &Scope<'_>, shown: Peer, list: &[Peer], predecessor: Option<Peer>) -> Html {
    let chip = |peer: Peer, what: String, hit: bool| {
        let name = scope.name(peer);
        let label = format!("{name}, {what}");
        scope.peer_button(peer, classes!("chip", hit.then_some("hit")), label, html! { <>{ name }</> }, None)
    };
    let used = match scope.used() {
        Some(Place::SuccessorList { index }) => Some(usize::from(index)),
        _ => None,
    };
    let cells = list.iter().enumerate().map(|(index, peer)| {
        html! { <td key={index} role="cell">{ chip(*peer, format!("successor {}", index + 1), used == Some(index)) }</td> }
    });
    let before = match predecessor {
        Some(peer) => chip(peer, "predecessor".into(), scope.used() == Some(Place::Predecessor)),
        None => html! { <span class="dim">{ "unknown" }</span> },
    };
    html! {
        <table class="leaves" role="table">
            <caption class="label">{ format!("Neighbours of {}", scope.name(shown)) }</caption>
            <tbody role="rowgroup">
                <tr role="row"><th scope="row" role="rowheader">{ "Predecessor" }</th><td role="cell">{ before }</td></tr>
                <tr role="row"><th scope="row" role="rowheader">{ "Successors" }</th>{ for cells }</tr>
            </tbody>
        </table>
    }
}
