//! Sharing this very moment: a link if it fits, a file if not; and opening such a file.

use overlay_core::sim::share::LINK_MAX;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::desk::Desk;
use crate::dom;
use crate::handle::Handle;
use crate::router::Route;
use crate::widgets::Dialog;

/// What [`Share`] needs.
#[derive(Properties, PartialEq)]
pub struct ShareProps {
    /// Whether it is open.
    pub open: bool,
    /// What is shared.
    pub handle: Option<Handle>,
    /// Called when the person closes it.
    pub onclose: Callback<()>,
    /// Called with what a file held.
    pub onopen: Callback<Handle>,
}

/// The share dialog.
#[component]
pub fn Share(props: &ShareProps) -> Html {
    let said = use_state_eq(String::new);
    {
        let said = said.clone();
        use_effect_with(props.open, move |_| said.set(String::new()));
    }
    let code = match &props.handle {
        Some(handle) if props.open => handle.with(Desk::share),
        _ => String::new(),
    };
    let link = format!("{}{}", dom::page_address(), Route::Shared(code.clone()).href());
    let fits = link.len() <= LINK_MAX;
    let copy = {
        let (link, said) = (link.clone(), said.clone());
        Callback::from(move |_: MouseEvent| {
            let said = said.clone();
            dom::copy(&link, move |done| {
                let sentence = if done {
                    "The link is copied."
                } else {
                    "The browser would not copy; select the link and copy it by hand."
                };
                said.set(sentence.into());
            });
        })
    };
    let save = {
        let (code, said) = (code, said.clone());
        Callback::from(move |_: MouseEvent| {
            dom::download("overlay-lab.txt", &code);
            said.set("Saved as overlay-lab.txt.".into());
        })
    };
    let open = {
        let (said, onopen) = (said.clone(), props.onopen.clone());
        Callback::from(move |event: Event| {
            let input = event.target_unchecked_into::<HtmlInputElement>();
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            let (said, onopen) = (said.clone(), onopen.clone());
            dom::read_file(&file, move |text| {
                // The same file may be chosen again.
                input.set_value("");
                match text.map(|text| Desk::shared(&text)) {
                    Some(Ok(desk)) => onopen.emit(Handle::new(desk)),
                    Some(Err(error)) => said.set(error.to_string().replace("link", "file")),
                    None => said.set("The file could not be read.".into()),
                }
            });
        })
    };
    html! {
        <Dialog title="Share this moment" id="share" open={props.open} onclose={props.onclose.clone()}>
            <p>{ "The link brings everything back in any browser: the world and its seed, all that was done, the moment \
                shown and how you look at it. Nothing is stored anywhere else." }</p>
            <div class="field" hidden={!fits}>
                <label for="share-link">{ "Link" }</label>
                <textarea id="share-link" class="linkbox" readonly=true value={if fits { link } else { String::new() }} />
            </div>
            <p class="notice" hidden={fits}>{ "So much was done here that a link would be too long for many programs to pass on. \
                Save it as a file instead; whoever opens it here sees the same." }</p>
            <div class="buttons">
                <button type="button" class="primary" hidden={!fits} onclick={copy}>{ "Copy link" }</button>
                <button type="button" onclick={save}>{ "Save as file" }</button>
            </div>
            <p role="status" class="dim">{ (*said).clone() }</p>
            <div class="field">
                <label for="share-file">{ "Open a saved file" }</label>
                <input id="share-file" type="file" accept=".txt,text/plain" onchange={open} />
            </div>
        </Dialog>
    }
}
