//! Overlay Lab in a browser tab: panels in Yew, the stage on a canvas.

pub mod stage;

use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <main id="main"><h1>{ "Overlay Lab" }</h1></main> }
}

/// Mounts the page; called once by the `app` binary.
pub fn start() {
    console_error_panic_hook::set_once();
    yew::Renderer::<App>::new().render();
}
