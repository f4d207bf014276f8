//! What happened, latest first, in plain sentences.

use overlay_core::sim::words;
use yew::prelude::*;

use crate::desk::{Desk, millis};
use crate::widgets::rich;
use crate::words::marked;

/// Events that are listed.
const LISTED_MAX: usize = 60;
/// Records that are looked through for them.
const LOOK_BACK: u32 = 100_000;

/// The events up to the moment shown that hold `filter` (empty: all).
pub fn events(desk: &Desk, filter: &str) -> Html {
    let lab = &desk.bench().lab;
    let records = lab.trace().records();
    let wanted = filter.trim().to_ascii_lowercase();
    let position = lab.position();
    let told = (position.saturating_sub(LOOK_BACK)..position)
        .rev()
        .filter(|number| records[*number as usize].is_major())
        .flat_map(|number| words::sentences(lab, number, desk.digits()).into_iter().map(move |said| (number, said)))
        .filter(|(_, said)| wanted.is_empty() || said.to_ascii_lowercase().contains(&wanted))
        .take(LISTED_MAX);
    let items: Vec<Html> = told
        .enumerate()
        .map(|(index, (number, said))| {
            let at = millis(records[number as usize].at - lab.origin());
            html! { <li key={format!("{number}/{index}")}><time>{ at }</time><span>{ rich(&marked(&said)) }</span></li> }
        })
        .collect();
    if items.is_empty() {
        let why =
            if wanted.is_empty() { "Nothing has happened yet." } else { "Nothing that has happened lately says that." };
        return html! { <p class="dim">{ why }</p> };
    }
    html! { <ol class="events" aria-label="Events, latest first">{ for items }</ol> }
}
