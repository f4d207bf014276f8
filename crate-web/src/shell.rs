//! What stands around every page: header, navigation, skip link.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::dom;
use crate::icon::{Icon, icon};
use crate::router::Route;
use crate::theme::Theme;

/// What [`Header`] needs.
#[derive(Properties, PartialEq)]
pub struct HeaderProps {
    /// The page shown.
    pub route: Route,
    /// The colours.
    pub theme: Theme,
    /// Whether the page has a moment to share.
    pub has_stage: bool,
    /// Whether the page can be presented.
    pub has_presenter: bool,
    /// Another choice of colours.
    pub ontheme: Callback<Theme>,
    /// Presenter mode on or off.
    pub onpresenter: Callback<MouseEvent>,
    /// Opens the link.
    pub onshare: Callback<MouseEvent>,
    /// Opens help.
    pub onhelp: Callback<MouseEvent>,
}

/// The header with the way to every page.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let update = use_force_update();
    use_effect_with((), move |()| {
        // The toggle names the other colours, also after the system has changed its own.
        let scheme = dom::window().match_media("(prefers-color-scheme: dark)").ok().flatten();
        let listener = scheme.map(|list| dom::listen(&list, "change", move |_| update.force_update()));
        move || drop(listener)
    });
    let entry = |name: &'static str, target: Route, here: bool| {
        html! { <li><a href={target.href()} aria-current={here.then_some("page")}>{ name }</a></li> }
    };
    let lecture = Route::Scene { chapter: "pastry".into(), scene: None };
    let theme = props.theme;
    let dark = theme.is_dark();
    let toggle = props.ontheme.reform(move |_: MouseEvent| theme.toggled());
    let toggle_label = if dark { "Light colours" } else { "Dark colours" };
    html! {
        <header class="header">
            <a class="brand" href="#/">{ "Overlay Lab" }</a>
            <nav aria-label="Pages">
                <ul>
                    { entry("Lecture", lecture, matches!(props.route, Route::Scene { .. })) }
                    { entry("Lab", Route::Lab, props.route == Route::Lab) }
                    { entry("Compare", Route::Compare(String::new()), matches!(props.route, Route::Compare(_))) }
                    { entry("Live", Route::Live(String::new()), matches!(props.route, Route::Live(_))) }
                </ul>
            </nav>
            <div class="tools">
                <button type="button" class="toggle" onclick={toggle} aria-label={toggle_label} title={toggle_label}>
                    { icon(if dark { Icon::Sun } else { Icon::Moon }) }</button>
                <button type="button" id="presenter-toggle" class="wide-only" hidden={!props.has_presenter} onclick={props.onpresenter.clone()}>
                    { "Presenter" }<kbd aria-hidden="true">{ "P" }</kbd></button>
                <button type="button" hidden={!props.has_stage} onclick={props.onshare.clone()}>
                    { "Share" }<kbd aria-hidden="true">{ "S" }</kbd></button>
                <button type="button" onclick={props.onhelp.clone()}>
                    { "Help" }<kbd aria-hidden="true">{ "?" }</kbd></button>
            </div>
        </header>
    }
}

/// The way past the header for keyboards. Not a plain fragment link: with a relative base it would leave the page.
pub fn skip_link() -> Html {
    let skip = Callback::from(|event: MouseEvent| {
        event.prevent_default();
        dom::focus("main h1");
    });
    html! { <a class="skip" href="#main" onclick={skip}>{ "Skip to the content" }</a> }
}

/// Names the page in the title bar and, after a change of page, moves the focus to its heading.
#[hook]
pub fn use_page_title(title: String, route: Route) {
    let first = use_mut_ref(|| true);
    use_effect_with(title, |title| dom::document().set_title(title));
    use_effect_with(route, move |_| {
        if std::mem::replace(&mut *first.borrow_mut(), false) {
            return;
        }
        // The old page's scroll position is not the new one's.
        dom::window().scroll_to_with_x_and_y(0.0, 0.0);
        let heading = dom::document().query_selector("main h1").ok().flatten();
        if let Some(heading) = heading.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            // On a phone the heading may stand below the picture: the page is to be seen from its top.
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = heading.focus_with_options(&options);
        }
    });
}
