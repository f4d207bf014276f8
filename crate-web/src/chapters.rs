//! The way through the deck: its chapters in order, and the page after a scene.

use overlay_core::lecture::Chapter;
use overlay_core::lecture::deck::{COMPARISON, beside};
use yew::prelude::*;

use crate::dom;
use crate::router::Route;

/// Links to all chapters; `here` is the name of the present one.
pub fn chapters(here: &str) -> Html {
    let entry = |name: &'static str, title: &'static str| {
        let current = (name == here).then_some("page");
        html! { <li key={name}><a href={format!("#/lecture/{name}")} aria-current={current}><span>{ title }</span></a></li> }
    };
    let (before, after) = Chapter::ALL.split_at(Chapter::ALL.len() - 1);
    html! {
        <nav aria-label="Chapters" class="group">
            <h2 class="label">{ "The lecture" }</h2>
            <ul class="scenes">
                { for before.iter().map(|chapter| entry(chapter.name(), chapter.title())) }
                { entry(COMPARISON, "The table, measured") }
                { for after.iter().map(|chapter| entry(chapter.name(), chapter.title())) }
                { entry("checks", "The slides, checked") }
            </ul>
        </nav>
    }
}

/// Goes to the page after a scene, or before it; whether there is one.
pub fn turn_page(scene: &str, back: bool) -> bool {
    let Some((chapter, next)) = beside(scene, back) else { return false };
    let next = (!next.is_empty()).then(|| next.to_string());
    let target = Route::Scene { chapter: chapter.into(), scene: next };
    dom::window().location().set_hash(&target.href()).is_ok()
}
