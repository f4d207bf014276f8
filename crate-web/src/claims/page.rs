//! Which of both pages is shown.

use overlay_core::lecture::checks::Verdict;
use yew::prelude::*;

use super::checks::Checks;
use super::table::Table;
use crate::router::{Route, use_hash_route};

/// The page that the address names. One of another module is none of this one's business: this page is being left.
#[component]
pub fn Page() -> Html {
    let route = use_hash_route();
    let latest = use_mut_ref(|| Route::Comparison(String::new()));
    if matches!(route, Route::Comparison(_) | Route::Checks(_)) {
        latest.replace(route);
    }
    match &*latest.borrow() {
        Route::Checks(query) => html! { <Checks query={query.clone()} /> },
        Route::Comparison(query) => html! { <Table query={query.clone()} /> },
        _ => crate::widgets::nothing(),
    }
}

/// A verdict's name in classes, and what it says in short.
#[must_use]
pub const fn short(verdict: &Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Holds => ("holds", "holds"),
        Verdict::HoldsIf(_) => ("partly", "holds if"),
        Verdict::Fails(_) => ("fails", "does not hold"),
    }
}

/// A verdict by shape, colour and words.
pub fn mark(verdict: &Verdict) -> Html {
    let (class, words) = short(verdict);
    let shape = match verdict {
        Verdict::Holds => "M2 8.5 6.2 13 14 3.5",
        Verdict::HoldsIf(_) => "M8 2a6 6 0 1 0 .01 0zM8 3v10",
        Verdict::Fails(_) => "M3 3 13 13M13 3 3 13",
    };
    html! {
        <span class={classes!("verdict", class)}>
            <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d={shape} /></svg>{ words }
        </span>
    }
}
