//! The inspector: one node's decision and state, as the slides draw them.
//!
//! Plain functions from the desk to markup: they are called while the desk is looked at, and hold no state.

mod chord;
mod events;
pub(crate) mod pastry;
mod route;

use std::ops::Deref;

use overlay_core::chord::ChordNode;
use overlay_core::dht::Entry;
use overlay_core::id::{Guid, RingId};
use overlay_core::pastry::PastryNode;
use overlay_core::protocol::{Candidate, Decision, Overlay, Peer, Place, RuleLine, Step, Verdict};
use overlay_core::sim::lab::{KeyView, Lab};
use yew::prelude::*;

use crate::desk::{Desk, Progress, Sight};
use crate::widgets::{nothing, rich};
use crate::words::marked;

pub use events::events;
pub use route::route;

/// Losing candidates that are shown at once.
const OTHERS_SHOWN: usize = 6;
/// Losing candidates that are shown at all.
const OTHERS_MAX: usize = 40;

/// What cells and chips do.
#[derive(Clone, PartialEq)]
pub struct Actions {
    /// A node is chosen.
    pub select: Callback<Option<Peer>>,
    /// A node is pointed at.
    pub hover: Callback<Option<Peer>>,
}

/// What tables and buttons need to know of nodes, wherever they run.
pub(crate) trait Nodes {
    /// What a node is called.
    fn name(&self, peer: Peer) -> String;
    /// Its GUID, on Pastry's ring.
    fn guid(&self, peer: Peer) -> Option<Guid>;
    /// Whether it runs.
    fn is_alive(&self, peer: Peer) -> bool;
}

/// How one node's tables and decision are looked at.
pub(crate) struct Look<'a> {
    pub(crate) nodes: &'a dyn Nodes,
    /// What the node decided, or would.
    pub(crate) decision: Option<&'a Decision>,
    /// The key of the decision, on Pastry's ring.
    pub(crate) guid: Option<Guid>,
    pub(crate) hovered: Option<Peer>,
    pub(crate) digits: usize,
    pub(crate) actions: &'a Actions,
}

impl Look<'_> {
    pub(crate) fn name(&self, peer: Peer) -> String {
        self.nodes.name(peer)
    }

    /// The peer that the shown decision leads to.
    pub(crate) fn next(&self) -> Option<Peer> {
        match self.decision?.next {
            Step::Forward(peer) => Some(peer),
            Step::Deliver => None,
        }
    }

    /// Where the shown node holds the chosen peer.
    pub(crate) fn used(&self) -> Option<Place> {
        self.decision.and_then(Decision::chosen).map(|candidate| candidate.place)
    }

    /// A button that stands for a peer: pointing at it marks the peer on the stage, pressing it chooses the peer.
    pub(crate) fn peer_button(
        &self,
        peer: Peer,
        class: Classes,
        label: String,
        content: Html,
        tab: Option<bool>,
    ) -> Html {
        let select = self.actions.select.reform(move |_: MouseEvent| Some(peer));
        let enter = self.actions.hover.reform(move |_: PointerEvent| Some(peer));
        let focus = self.actions.hover.reform(move |_: FocusEvent| Some(peer));
        let leave = self.actions.hover.reform(|_: PointerEvent| None);
        let blur = self.actions.hover.reform(|_: FocusEvent| None);
        let class = classes!(
            class,
            (self.hovered == Some(peer)).then_some("hot"),
            (!self.nodes.is_alive(peer)).then_some("dead")
        );
        html! {
            <button type="button" {class} title={label.clone()} aria-label={label} onclick={select} onpointerenter={enter}
                onpointerleave={leave} onfocus={focus} onblur={blur}
                tabindex={tab.map(|here| if here { "0" } else { "-1" })}>{ content }</button>
        }
    }
}

/// The nodes of a simulated world.
struct LabNodes<'a> {
    lab: &'a Lab,
    digits: usize,
}

impl Nodes for LabNodes<'_> {
    fn name(&self, peer: Peer) -> String {
        self.lab.text(peer, self.digits)
    }

    fn guid(&self, peer: Peer) -> Option<Guid> {
        self.lab.guid(peer)
    }

    fn is_alive(&self, peer: Peer) -> bool {
        self.lab.is_alive(peer)
    }
}

/// What all parts of a simulated node's inspector look at.
pub(crate) struct Scope<'a> {
    pub(crate) lab: &'a Lab,
    pub(crate) sight: &'a Sight,
    look: Look<'a>,
}

impl<'a> Deref for Scope<'a> {
    type Target = Look<'a>;

    fn deref(&self) -> &Look<'a> {
        &self.look
    }
}

impl Scope<'_> {
    fn key(&self) -> Option<&KeyView> {
        self.sight.request.as_ref().map(|(_, key)| key)
    }
}

/// The node that is shown, its decision and its tables.
pub fn node(desk: &Desk, sight: &Sight, actions: &Actions) -> Html {
    let bench = desk.bench();
    let nodes = LabNodes { lab: &bench.lab, digits: desk.digits() };
    let look = Look {
        nodes: &nodes,
        decision: sight.decision.as_ref(),
        guid: sight.request.as_ref().and_then(|(_, key)| key.guid),
        hovered: desk.hovered,
        digits: desk.digits(),
        actions,
    };
    let scope = Scope { lab: &bench.lab, sight, look };
    let Some(shown) = sight.shown else {
        return html! {
            <section><p class="dim">{ "Choose a node on the picture, or send a message: its tables and decisions appear here." }</p></section>
        };
    };
    let tables = match scope.lab {
        Lab::Pastry(session) => {
            pastry::tables(&scope, shown, session.world().node(shown).overlay(), &session.spec().config.overlay)
        }
        Lab::Chord(_) => chord::tables(&scope, shown),
    };
    html! {
        <>
            <section aria-label="Decision">
                <h2 class="label">{ heading(&scope, shown) }</h2>
                { comparison(&scope) }
            </section>
            { rules(&scope) }
            { tables }
            { others(&scope) }
            { held(&scope, shown) }
        </>
    }
}

/// Values listed of one node.
const HELD_MAX: usize = 12;
/// Characters of a value that are shown.
const VALUE_SHOWN: usize = 60;

/// Keys and values of a node's store, as far as they are shown.
pub(crate) fn read<'a, O: Overlay + 'a>(
    space: <O::Id as RingId>::Space,
    digits: usize,
    store: impl Iterator<Item = (O::Id, &'a Entry<O::Id>)>,
) -> Vec<(String, String)> {
    let living = store.filter_map(|(key, entry)| Some((key.text(space, digits), entry.value()?)));
    living.map(|(key, value)| (key, String::from_utf8_lossy(value).chars().take(VALUE_SHOWN).collect())).collect()
}

/// The values that a node holds, its own and copies.
fn held(scope: &Scope<'_>, shown: Peer) -> Html {
    let values = match scope.lab {
        Lab::Pastry(session) => read::<PastryNode>((), scope.digits, session.world().node(shown).store()),
        Lab::Chord(session) => {
            let world = session.world();
            read::<ChordNode>(world.space(), scope.digits, world.node(shown).store())
        }
    };
    values_held(values, &scope.name(shown))
}

/// A list of values by their keys, and whose they are.
pub(crate) fn values_held(values: Vec<(String, String)>, name: &str) -> Html {
    if values.is_empty() {
        return nothing();
    }
    let more = values.len().saturating_sub(HELD_MAX);
    let more = if more > 0 { format!("and {more} more") } else { String::new() };
    let entries = values
        .into_iter()
        .take(HELD_MAX)
        .map(|(key, value)| html! { <><dt>{ key }</dt><dd>{ format!("“{value}”") }</dd></> });
    html! {
        <section aria-labelledby="held">
            <h3 class="label" id="held">{ format!("Values held by {name}") }</h3>
            <dl class="others">{ for entries }</dl>
            <p class="dim" hidden={more.is_empty()}>{ more }</p>
        </section>
    }
}

fn heading(scope: &Scope<'_>, shown: Peer) -> String {
    let name = scope.name(shown);
    if !scope.lab.is_alive(shown) {
        return format!("Node {name} · stopped");
    }
    if !scope.lab.is_member(shown) {
        return format!("Node {name} · coming in");
    }
    let deliver = scope.sight.decision.as_ref().is_some_and(|decision| decision.next == Step::Deliver);
    match (scope.sight.decided_hop, scope.sight.progress, &scope.sight.decision) {
        (Some(_), _, _) if deliver => format!("Node {name} · delivers"),
        (Some(hop), Progress::Going { of: Some(of), .. } | Progress::Delivered { hops: of }, _) => {
            format!("Node {name} · decides hop {hop} of {of}")
        }
        (Some(hop), _, _) => format!("Node {name} · decides hop {hop}"),
        (None, _, Some(_)) => format!("Node {name} · what it would do"),
        (None, _, None) => format!("Node {name}"),
    }
}

fn comparison(scope: &Scope<'_>) -> Html {
    if scope.sight.decision.is_none() {
        return nothing();
    }
    match scope.lab {
        Lab::Pastry(session) => pastry::digits(scope, session.spec().config.overlay.digits),
        Lab::Chord(session) => chord::distances(scope, session),
    }
}

fn rules(scope: &Scope<'_>) -> Html {
    let (Some(decision), Some(key)) = (&scope.sight.decision, scope.key()) else { return nothing() };
    rule_list(scope.lab.rule_lines(decision, key, scope.digits))
}

/// The lines of an algorithm, with the one that fired.
pub(crate) fn rule_list(lines: Vec<RuleLine>) -> Html {
    let lines = lines.into_iter().enumerate().map(|(index, line)| {
        html! {
            <li key={index} class={classes!(line.fired.then_some("fired"))}>
                <span class="number">{ line.number }</span>
                <span>{ rich(&marked(&line.text)) }</span>
            </li>
        }
    });
    html! {
        <section aria-labelledby="rules">
            <h3 class="label" id="rules">{ "Rule that fired" }</h3>
            <ol class="rules">{ for lines }</ol>
        </section>
    }
}

fn others(scope: &Scope<'_>) -> Html {
    let (Some(decision), Some(key)) = (&scope.sight.decision, scope.key()) else { return nothing() };
    let place = |candidate: &Candidate| scope.lab.place(&candidate.place);
    let verdict = |candidate: &Candidate| scope.lab.verdict(candidate, decision, key, scope.digits);
    losers(scope, decision, &place, &verdict)
}

/// The candidates that were not chosen: where each stands, and why it lost.
pub(crate) fn losers(
    look: &Look<'_>,
    decision: &Decision,
    place: &dyn Fn(&Candidate) -> String,
    verdict: &dyn Fn(&Candidate) -> String,
) -> Html {
    let mut seen = Vec::new();
    let losers = decision
        .candidates
        .iter()
        .filter(|candidate| candidate.verdict != Verdict::Chosen && candidate.place != Place::Myself);
    let mut entries: Vec<Html> = Vec::new();
    let mut more = 0;
    for candidate in losers {
        // A peer may stand in several places; the first says enough.
        if seen.contains(&candidate.peer) || decision.chosen().is_some_and(|chosen| chosen.peer == candidate.peer) {
            continue;
        }
        seen.push(candidate.peer);
        if entries.len() >= OTHERS_MAX {
            more += 1;
            continue;
        }
        let name = look.name(candidate.peer);
        let button = look.peer_button(candidate.peer, Classes::new(), name.clone(), html! { <>{ name }</> }, None);
        entries.push(
            html! { <><dt title={place(candidate)}>{ button }</dt><dd>{ rich(&marked(&verdict(candidate))) }</dd></> },
        );
    }
    if entries.is_empty() {
        return nothing();
    }
    let rest = entries.split_off(entries.len().min(OTHERS_SHOWN));
    let count = rest.len() + more;
    let rest = if count == 0 {
        nothing()
    } else {
        html! {
            <details class="presenter-skip">
                <summary class="dim">{ format!("{count} more") }</summary>
                <dl class="others">{ for rest }</dl>
                { if more > 0 { html! { <p class="dim">{ format!("and {more} others") }</p> } } else { nothing() } }
            </details>
        }
    };
    html! {
        <section aria-labelledby="others">
            <h3 class="label" id="others">{ "Why not the others" }</h3>
            <dl class="others">{ for entries }</dl>
            { rest }
        </section>
    }
}
