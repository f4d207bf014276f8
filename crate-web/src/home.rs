//! The first page: what this is, and ways in.

use overlay_core::lecture::Chapter;
use yew::prelude::*;

use crate::router::Route;

/// Chapters whose scenes are a module of their own.
const OTHERS: [(&str, &str, &str); 5] = [
    ("overview", "Client and server, or peers", "Where the deck begins: who keeps the index?"),
    ("napster", "Napster", "Ask a server, fetch from a peer; and then the server fails."),
    ("gnutella", "Gnutella", "Floods, 26,240 messages, expanding rings, random walkers, firewalls."),
    ("fasttrack", "FastTrack", "Two floors: super-peers and their children."),
    ("dhts", "DHTs and the others", "Any words or a key, copies, liars, floods."),
];

/// The first page, with a sentence about how one came here, if there is something to say.
pub fn home(notice: Option<&str>) -> Html {
    let chapters = Chapter::RINGS.into_iter().map(|chapter| {
        let cards = chapter.scenes().map(|scene| {
            let route = Route::Scene { chapter: chapter.name().into(), scene: Some(scene.name.into()) };
            html! {
                <li key={scene.name}><a class="card" href={route.href()}>
                    <strong>{ scene.title }</strong><span>{ scene.slide }</span>
                </a></li>
            }
        });
        let id = format!("chapter-{}", chapter.name());
        html! {
            <section key={chapter.name()} aria-labelledby={id.clone()}>
                <h2 {id}>{ chapter.title() }</h2>
                <ul class="cards">{ for cards }</ul>
            </section>
        }
    });
    html! {
        <div class="home">
            <p class="notice" role="alert" hidden={notice.is_none()}>{ notice.unwrap_or_default().to_string() }</p>
            <header>
                <h1 tabindex="-1">{ "Overlay Lab" }</h1>
                <p class="lead">{ "How do a million computers find a file when none of them is in charge? Here the protocols that \
                    answered the question run for real, in this page, and every hop says why it went where it went. Step \
                    through the lecture's figures, change a rule, stop a node, go back in time." }</p>
                <p><a class="begin" href="#/lecture/overview">{ "The whole lecture, in order" }</a></p>
            </header>
            { for chapters }
            <section aria-labelledby="deck-entry">
                <h2 id="deck-entry">{ "The other systems of the lecture" }</h2>
                <ul class="cards">{ for OTHERS.iter().map(|(chapter, title, about)| html! {
                    <li key={*chapter}><a class="card" href={format!("#/lecture/{chapter}")}>
                        <strong>{ *title }</strong><span>{ *about }</span>
                    </a></li>
                }) }</ul>
            </section>
            <section aria-labelledby="lab-entry">
                <h2 id="lab-entry">{ "Lab, comparison, live overlay" }</h2>
                <ul class="cards">
                    <li><a class="card" href={Route::Lab.href()}>
                        <strong>{ "A world of your own" }</strong>
                        <span>{ "Up to 10,000 nodes; Pastry, Chord, or both on the same key; joins, failures, losses and repair." }</span>
                    </a></li>
                    <li><a class="card" href="#/compare">
                        <strong>{ "Pastry and Chord, side by side" }</strong>
                        <span>{ "10 to 100,000 nodes, the same lookups in both: hops, latency, messages, state, and what a failure costs." }</span>
                    </a></li>
                    <li><a class="card" href="#/lecture/comparison">
                        <strong>{ "Six ways to find a file, measured" }</strong>
                        <span>{ "The lecture's table: each cell beside what comes out here." }</span>
                    </a></li>
                    <li><a class="card" href="#/lecture/checks">
                        <strong>{ "The slides, checked" }</strong>
                        <span>{ "Every number and formula of the deck, computed." }</span>
                    </a></li>
                    <li><a class="card" href="#/live">
                        <strong>{ "A live overlay of browsers" }</strong>
                        <span>{ "This browser and others become the ring, over links of their own, without a server." }</span>
                    </a></li>
                </ul>
            </section>
        </div>
    }
}
