//! Pastry's side of the inspector: digits that match, routing table and leaf set.

use overlay_core::id::{Digits, Guid};
use overlay_core::pastry::{Config, PastryNode, RoutingTable};
use overlay_core::protocol::{Peer, Place, Rule};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

use super::Look;
use crate::dom;
use crate::widgets::nothing;

/// Digits of one line that are compared on the screen.
const DIGITS_MAX: usize = 24;
/// Rows of a routing table that are drawn at the most.
const ROWS_MAX: usize = 24;

/// Key, node and next hop, digit by digit.
pub(crate) fn digits(look: &Look<'_>, digits: Digits) -> Html {
    let (Some(key), Some(decision)) = (look.guid, look.decision) else { return nothing() };
    let shown = (look.digits * 4 / digits.bits() as usize).min(DIGITS_MAX);
    let shared = usize::from(decision.shared);
    let me = look.nodes.guid(decision.at);
    let next = look.next().and_then(|peer| look.nodes.guid(peer));
    let shares = |guid: Guid| guid.shared_prefix(key, digits);
    let line = |name: &'static str, guid: Guid, same: usize, mark: Option<usize>, said: Option<usize>| {
        let cells = (0..shown).map(|i| {
            let class = if i < same { Some("same") } else { (mark == Some(i)).then_some("next") };
            html! { <b key={i} {class}>{ digit_text(guid.digit(i, digits)) }</b> }
        });
        let said =
            said.map(|count| if count >= digits.rows() { "is the key".into() } else { format!("shares {count}") });
        let said = said.unwrap_or_default();
        let spoken: String = (0..shown).map(|i| digit_text(guid.digit(i, digits))).collect();
        html! {
            <>
                <dt>{ name }</dt>
                <dd class="run-box"><span class="sr-only">{ spoken }</span>
                    <span class={classes!("run", (shown > 8).then_some("long"))} aria-hidden="true">{ for cells }</span></dd>
                <dd class="shares">{ said }</dd>
            </>
        }
    };
    let same_in_key = next.map_or(shared, |_| shared);
    html! {
        <dl class="digits">
            { line("Key", key, same_in_key, next.map(|_| shared), None) }
            { me.map_or_else(nothing, |me| line("This node", me, shared, None, Some(shares(me)))) }
            { next.map_or_else(nothing, |next| line("Next hop", next, shares(next), None, Some(shares(next)))) }
        </dl>
    }
}

fn digit_text(digit: usize) -> String {
    format!("{digit:X}")
}

/// Routing table and leaf set.
pub(crate) fn tables(look: &Look<'_>, shown: Peer, node: &PastryNode, config: &Config) -> Html {
    let leaves: Vec<(i8, Peer)> = node.leaf_set().with_offsets().collect();
    html! {
        <>
            <section>{ routing_table(look, shown, node.routing_table(), config) }</section>
            <section>{ leaf_set(look, shown, &leaves) }</section>
        </>
    }
}

fn routing_table(look: &Look<'_>, shown: Peer, table: &RoutingTable, config: &Config) -> Html {
    let digits = config.digits;
    let own = look.nodes.guid(shown).unwrap_or_default();
    let hit = match look.used() {
        Some(Place::RoutingTable { row, column }) => Some((usize::from(row), usize::from(column))),
        _ => None,
    };
    // The cell that the rule looked at, also if it was empty.
    let asked = match (look.decision, look.guid) {
        (Some(decision), Some(key))
            if decision.rule == Rule::RareCase && usize::from(decision.shared) < digits.rows() =>
        {
            Some((usize::from(decision.shared), key.digit(usize::from(decision.shared), digits)))
        }
        _ => None,
    };
    let idle = config.leaf_set_only;
    let asked = asked.filter(|_| !idle);
    let filled = table.entries().map(|(row, _, _)| usize::from(row) + 1).max().unwrap_or(0);
    let reached = hit.or(asked.filter(|(row, _)| *row <= filled)).map_or(0, |(row, _)| row + 1);
    let rows = filled.max(reached).clamp(1, ROWS_MAX);
    let columns = (0..digits.base()).map(|column| html! { <th key={column} scope="col">{ digit_text(column) }</th> });
    let first = table.entries().next().map(|(row, column, _)| (usize::from(row), usize::from(column)));
    let body = (0..rows).map(|row| {
        let cells = (0..digits.base())
            .map(|column| cell(look, table, (row, column), own.digit(row, digits), hit.or(asked), hit.or(first)));
        html! { <tr key={row}><th scope="row">{ row }</th>{ for cells }</tr> }
    });
    let left_out = filled.saturating_sub(rows);
    let note = match left_out {
        _ if idle => "Leaf sets alone: the table is kept, but no message is routed by it.".into(),
        0 => format!("{} of {} rows hold entries; grey: the node's own digits.", filled, digits.rows()),
        more => format!("{more} more rows hold entries."),
    };
    html! {
        <>
            <div class="scroll-x">
                <table class={classes!("routing", (digits.base() < 8).then_some("narrow"), idle.then_some("idle"))} onkeydown={Callback::from(walk)}>
                    <caption class="label">{ format!("Routing table of {}", look.name(shown)) }</caption>
                    <thead><tr><th scope="col"><span class="sr-only">{ "Row" }</span></th>{ for columns }</tr></thead>
                    <tbody>{ for body }</tbody>
                </table>
            </div>
            <p class="grow">{ note }</p>
        </>
    }
}

fn cell(
    look: &Look<'_>,
    table: &RoutingTable,
    at: (usize, usize),
    own: usize,
    marked: Option<(usize, usize)>,
    tab: Option<(usize, usize)>,
) -> Html {
    let (row, column) = at;
    let key = column;
    if column == own {
        return html! { <td {key} class="own"><span class="sr-only">{ "own digit " }</span>{ digit_text(column) }</td> };
    }
    let hit = marked == Some(at);
    match table.cell(row, column) {
        Some(peer) => {
            let label = format!("Row {row}, column {}: {}", digit_text(column), look.name(peer));
            let dot = html! { <svg viewBox="0 0 10 10" aria-hidden="true" focusable="false"><circle cx="5" cy="5" r="4.5" /></svg> };
            let button = look.peer_button(peer, classes!("cell"), label, dot, Some(tab == Some(at)));
            html! { <td {key} class={classes!(hit.then_some("hit"))} data-at={format!("{row},{column}")}>{ button }</td> }
        }
        None => html! {
            <td {key} class={classes!(hit.then_some("hit empty"))}><span aria-hidden="true">{ "·" }</span><span class="sr-only">{ "empty" }</span></td>
        },
    }
}

/// Arrow keys go from filled cell to filled cell; the table is one stop of the Tab key.
fn walk(event: KeyboardEvent) {
    let (down, right) = match event.key().as_str() {
        "ArrowUp" => (-1_i32, 0_i32),
        "ArrowDown" => (1, 0),
        "ArrowLeft" => (0, -1),
        "ArrowRight" => (0, 1),
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let focused = dom::document().active_element().and_then(|button| button.parent_element());
    let Some((cell, table)) = focused.and_then(|cell| Some((cell.clone(), cell.closest("table").ok()??))) else {
        return;
    };
    let at = cell.get_attribute("data-at").unwrap_or_default();
    let Some((mut row, mut column)) =
        at.split_once(',').and_then(|(r, c)| Some((r.parse::<i32>().ok()?, c.parse::<i32>().ok()?)))
    else {
        return;
    };
    for _ in 0..ROWS_MAX {
        (row, column) = (row + down, column + right);
        let selector = format!("[data-at=\"{row},{column}\"] button");
        if let Ok(Some(found)) = table.query_selector(&selector)
            && let Ok(button) = found.dyn_into::<HtmlElement>()
        {
            let _ = button.focus();
            return;
        }
    }
}

/// The leaf set as a table of one row, in ring order with the node itself in the middle. The style sheet lets the row
/// wrap, which takes the native roles away; so they are written out.
fn leaf_set(look: &Look<'_>, shown: Peer, leaves: &[(i8, Peer)]) -> Html {
    let mut leaves = leaves.to_vec();
    overlay_core::small_sort::sort_by_key(&mut leaves, |(offset, _)| *offset);
    let (smaller, larger) = leaves.split_at(leaves.partition_point(|(offset, _)| *offset < 0));
    let me = html! { <td key="me" role="cell"><span class="chip me">{ look.name(shown) }</span></td> };
    let before = smaller.iter().map(|leaf| leaf_cell(look, *leaf));
    let after = larger.iter().map(|leaf| leaf_cell(look, *leaf));
    html! {
        <table class="leaves" role="table">
            <caption class="label">{ format!("Leaf set of {}", look.name(shown)) }</caption>
            <tbody role="rowgroup"><tr role="row">{ for before.chain([me]).chain(after) }</tr></tbody>
        </table>
    }
}

fn leaf_cell(look: &Look<'_>, (offset, peer): (i8, Peer)) -> Html {
    let name = look.name(peer);
    let hit = matches!(look.used(), Some(Place::LeafSet { .. })) && look.next() == Some(peer);
    let label = format!("{name}, place {offset:+} of the leaf set");
    let button = look.peer_button(peer, classes!("chip", hit.then_some("hit")), label, html! { <>{ name }</> }, None);
    html! { <td key={i32::from(offset)} role="cell">{ button }</td> }
}
