//! Pages that are wasm modules of their own, loaded when they are opened for the first time: the app's module is all
//! that a first visit needs.
//!
//! The app shows [`Loaded`]: it fetches the module through `www/modules.js` and gives it an element of the page. In the
//! module, a bin of this package, [`show`] mounts the page there and [`leave`] takes it away again. The two share
//! nothing but the document: a module hears of a new address by `hashchange`, of other colours by the root's
//! `data-theme`, and keys reach it as clicks on its buttons.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Element;
use yew::prelude::*;

use crate::dom;

#[wasm_bindgen]
extern "C" {
    /// What a page's bin exports.
    type Module;
    #[wasm_bindgen(method, catch)]
    fn mount(this: &Module, root: &Element) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn unmount(this: &Module) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = overlayModule)]
    fn load(name: &str) -> Result<js_sys::Promise, JsValue>;
}

/// What [`Loaded`] needs.
#[derive(Properties, PartialEq)]
pub struct LoadedProps {
    /// The module's bin.
    pub name: &'static str,
    /// The page's heading, until the page brings its own.
    pub title: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Coming,
    Here,
    Failed,
}

/// A page of another module, and what stands there until it has come.
#[component]
pub fn Loaded(props: &LoadedProps) -> Html {
    let state = use_state_eq(|| State::Coming);
    let tries = use_state_eq(|| 0_u32);
    let root = use_node_ref();
    {
        let (state, root) = (state.setter(), root.clone());
        use_effect_with((props.name, *tries), move |(name, _)| {
            let name = *name;
            let kept = Rc::new(RefCell::new(None::<Module>));
            let wanted = Rc::new(Cell::new(true));
            let (keep, still_wanted) = (kept.clone(), wanted.clone());
            spawn_local(async move {
                let module = fetch(name).await;
                let Some(root) = root.cast::<Element>().filter(|_| still_wanted.get()) else { return };
                match module.and_then(|module| module.mount(&root).map(|()| module)) {
                    Ok(module) => {
                        keep.replace(Some(module));
                        hand_over_focus();
                        state.set(State::Here);
                    }
                    Err(_) => state.set(State::Failed),
                }
            });
            move || {
                wanted.set(false);
                if let Some(module) = kept.borrow_mut().take() {
                    let _ = module.unmount();
                }
            }
        });
    }
    let again = {
        let state = state.clone();
        Callback::from(move |_: MouseEvent| {
            state.set(State::Coming);
            tries.set(*tries + 1);
        })
    };
    html! {
        <>
            <div class="coming" hidden={*state == State::Here}>
                if *state != State::Here {
                    <h1 tabindex="-1">{ props.title }</h1>
                }
                <p role="status" class="dim">{ if *state == State::Coming { "This page is being loaded." } else { "" } }</p>
                <p role="alert" class="notice" hidden={*state != State::Failed}>{ if *state == State::Failed { FAILED } else { "" } }</p>
                <div class="buttons">
                    <button type="button" class="primary" hidden={*state != State::Failed} onclick={again}>{ "Try again" }</button>
                </div>
            </div>
            <div ref={root}></div>
        </>
    }
}

const FAILED: &str = "This page could not be loaded. Is there a connection to the network?";

async fn fetch(name: &str) -> Result<Module, JsValue> {
    JsFuture::from(load(name)?).await.map(JsCast::unchecked_into)
}

/// Whoever was at the heading of what stood here comes to the page's own.
fn hand_over_focus() {
    if dom::document().query_selector(".coming :focus").ok().flatten().is_some() {
        dom::after(0, || dom::focus("main h1"));
    }
}

thread_local! {
    /// Takes away the page that is shown.
    static END: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
    static NUMBERED: Cell<bool> = const { Cell::new(false) };
}

#[component]
fn Nobody() -> Html {
    crate::widgets::nothing()
}

/// Mounts a page in an element of the app's; for the bin of its module.
pub fn show<C>(root: Element)
where
    C: BaseComponent,
    C::Properties: Default,
{
    leave();
    // Yew numbers its roots from 1 in each module and knows by that number whether an event is its own. The app's root
    // is number 1; so a module gives that number to one that nobody sees.
    if !NUMBERED.replace(true)
        && let Ok(unseen) = dom::document().create_element("div")
    {
        yew::Renderer::<Nobody>::with_root(unseen).render().destroy();
    }
    let app = yew::Renderer::<C>::with_root(root).render();
    END.with(|end| end.borrow_mut().replace(Box::new(move || app.destroy())));
}

/// Takes away the page that [`show`] mounted, with its listeners, frames and workers.
pub fn leave() {
    if let Some(end) = END.with(|end| end.borrow_mut().take()) {
        end();
    }
}
