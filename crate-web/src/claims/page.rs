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

/// What a verdict says beside its mark: a condition, a reason, or nothing.
#[must_use]
pub fn why(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Holds => "",
        Verdict::HoldsIf(why) | Verdict::Fails(why) => why,
    }
}

/// A verdict by shape, colour and words.
pub fn mark(verdict: &Verdict) -> Html {
    let (class, words, shape) = match verdict {
        Verdict::Holds => ("holds", "holds", "M2 8.5 6.2 13 14 3.5"),
        Verdict::HoldsIf(_) => ("partly", "holds if", "M8 2a6 6 0 1 0 .01 0zM8 3v10"),
        Verdict::Fails(_) => ("fails", "does not hold", "M3 3 13 13M13 3 3 13"),
    };
    html! {
        <span class={classes!("verdict", class)}>
            <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d={shape} /></svg>{ words }
        </span>
    }
}
