//! The route of the request that is followed, hop by hop in words.

use yew::prelude::*;

use super::Actions;
use crate::desk::{Desk, Progress, Sight};
use crate::widgets::{nothing, rich};

/// The ordered list labelled "Route": one item a hop.
pub fn route(desk: &Desk, sight: &Sight, actions: &Actions) -> Html {
    let bench = desk.bench();
    let name = |peer| bench.lab.text(peer, desk.digits());
    let current = sight.decided_hop.and(sight.shown);
    let last = sight.hops.iter().rposition(|hop| Some(hop.from) == current);
    let items = sight.hops.iter().enumerate().map(|(index, hop)| {
        let class = classes!(hop.lost.then_some("lost"), (Some(index) == last && hop.under_way).then_some("now"));
        let (from, to) = (hop.from, hop.to);
        let enter = actions.hover.reform(move |_: PointerEvent| Some(to));
        let leave = actions.hover.reform(|_: PointerEvent| None);
        let tail = if hop.lost { " · no answer" } else { "" };
        html! {
            <li key={index} {class} onpointerenter={enter} onpointerleave={leave}>
                <code>{ name(from) }</code>{ " → " }<code>{ name(to) }</code>{ format!(" · {}{tail}", hop.place) }
            </li>
        }
    });
    let end = match sight.progress {
        Progress::Idle => "No message yet.".to_string(),
        Progress::Ahead if sight.hops.is_empty() => "The message has not left yet.".into(),
        Progress::Joining => "The newcomer's join is under way; each step is told under Events.".into(),
        Progress::Joined => "The newcomer is a member; how it came in is told under Events.".into(),
        Progress::Ahead | Progress::Going { .. } => String::new(),
        Progress::Delivered { hops: 0 } => "Delivered where it started: that node is responsible for the key.".into(),
        Progress::Delivered { hops: 1 } => "Delivered after **1** hop.".into(),
        Progress::Delivered { hops } => format!("Delivered after **{hops}** hops."),
        Progress::Failed => "The message could not be delivered.".into(),
    };
    html! {
        <section aria-labelledby="route">
            <h3 class="label" id="route">{ "Route" }</h3>
            <ol class="route" aria-label="Route">{ for items }</ol>
            { if end.is_empty() { nothing() } else { html! { <p class="dim">{ rich(&end) }</p> } } }
        </section>
    }
}
