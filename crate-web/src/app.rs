//! The page: which part of it is shown, on which desk.

use std::cell::RefCell;
use std::rc::Rc;

use overlay_core::lecture::{Chapter, Scene};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::chapters::turn_page;
use crate::desk::Desk;
use crate::dom;
use crate::handle::Handle;
use crate::help::Help;
use crate::home::home;
use crate::keys::{self, Focus, Shortcut};
use crate::modules::Loaded;
use crate::router::{Route, use_hash_route};
use crate::share::Share;
use crate::shell::{Header, skip_link, use_page_title};
use crate::theme::Theme;
use crate::transport::Control;
use crate::workbench::{Workbench, run};
use crate::{lab_page, lecture};

/// Which dialog is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Share,
    Help,
}

/// What a page needs to be shown.
#[derive(Clone, PartialEq)]
enum Page {
    Home { notice: Option<String> },
    Lecture { handle: Handle, notice: Option<String> },
    Deck,
    Lab { handle: Handle },
    Compare,
    Comparison,
    Checks,
    Live,
}

impl Page {
    const fn handle(&self) -> Option<&Handle> {
        match self {
            Self::Lecture { handle, .. } | Self::Lab { handle } => Some(handle),
            _ => None,
        }
    }
}

/// The desks of this visit: one for the lab, one for the scene or link shown last.
#[derive(Default)]
struct Desks {
    lab: Option<Handle>,
    shown: Option<(Route, Result<Handle, String>)>,
}

impl Desks {
    /// What a route shows.
    fn page(&mut self, route: &Route) -> Page {
        match route {
            Route::Home => Page::Home { notice: None },
            Route::Unknown(address) => {
                Page::Home { notice: Some(format!("There is no page at “{address}”. Here is what there is.")) }
            }
            Route::Lab => {
                let handle = self.lab.get_or_insert_with(|| Handle::new(lab_page::first_desk()));
                Page::Lab { handle: handle.clone() }
            }
            Route::Compare(_) => Page::Compare,
            Route::Comparison(_) => Page::Comparison,
            Route::Checks(_) => Page::Checks,
            Route::Live(_) => Page::Live,
            Route::Scene { chapter, scene } => self.scene(chapter, scene.as_deref()),
            Route::Shared(code) => self.shared(route, code),
        }
    }

    fn scene(&mut self, chapter: &str, name: Option<&str>) -> Page {
        let Some(chapter) = Chapter::find(chapter) else {
            return Page::Home { notice: Some(format!("There is no chapter “{chapter}”. Here is what there is.")) };
        };
        if !Chapter::RINGS.contains(&chapter) {
            return Page::Deck;
        }
        let found = name.map(|name| chapter.scenes().find(|scene| scene.name == name));
        let notice = match (found, name) {
            (Some(None), Some(name)) => Some(format!("There is no scene “{name}”; this is the chapter's first.")),
            _ => None,
        };
        let Some(scene) = found.flatten().or_else(|| chapter.scenes().next()) else {
            return Page::Home { notice: Some("This chapter has no scenes yet.".into()) };
        };
        match self.desk(scene_route(scene), || Desk::scene(scene, scene.setup()).map_err(|error| error.to_string())) {
            Ok(handle) => Page::Lecture { handle, notice },
            Err(error) => Page::Home { notice: Some(error) },
        }
    }

    fn shared(&mut self, route: &Route, code: &str) -> Page {
        match self.desk(route.clone(), || Desk::shared(code).map_err(|error| error.to_string())) {
            Ok(handle) if handle.with(|desk| desk.scene.is_some()) => Page::Lecture { handle, notice: None },
            Ok(handle) => {
                // What was shared is the lab from now on: it can be gone on with.
                self.lab = Some(handle.clone());
                Page::Lab { handle }
            }
            Err(error) => Page::Home { notice: Some(error) },
        }
    }

    fn desk(&mut self, route: Route, make: impl FnOnce() -> Result<Desk, String>) -> Result<Handle, String> {
        match &self.shown {
            Some((shown, handle)) if *shown == route => handle.clone(),
            _ => {
                let handle = make().map(Handle::new);
                self.shown = Some((route, handle.clone()));
                handle
            }
        }
    }

    /// Keeps a desk from a file, and says where it is shown.
    fn keep(&mut self, handle: Handle) -> Route {
        match handle.with(|desk| desk.scene) {
            Some(scene) => {
                let route = scene_route(scene);
                self.shown = Some((route.clone(), Ok(handle)));
                route
            }
            None => {
                self.lab = Some(handle);
                Route::Lab
            }
        }
    }
}

fn scene_route(scene: &Scene) -> Route {
    Route::Scene { chapter: scene.chapter.name().into(), scene: Some(scene.name.into()) }
}

fn title(page: &Page) -> String {
    match page {
        Page::Home { .. } => "Overlay Lab".into(),
        Page::Lecture { handle, .. } => {
            let title = handle.with(|desk| desk.scene.map_or("Lecture", |scene| scene.title));
            format!("{title} · Overlay Lab")
        }
        Page::Lab { .. } => "Lab · Overlay Lab".into(),
        // The page names itself once it is there.
        Page::Deck => "Lecture · Overlay Lab".into(),
        Page::Compare => "Compare · Overlay Lab".into(),
        Page::Comparison => "Comparison · Overlay Lab".into(),
        Page::Checks => "Slide checks · Overlay Lab".into(),
        Page::Live => "Live · Overlay Lab".into(),
    }
}

/// The whole page.
#[component]
pub fn App() -> Html {
    let route = use_hash_route();
    let theme = use_state_eq(Theme::recalled);
    let presenter = use_state_eq(|| false);
    let open = use_state_eq(|| Open::Nothing);
    let desks = use_mut_ref(Desks::default);
    let page = desks.borrow_mut().page(&route);
    use_page_title(title(&page), route.clone());
    use_effect_with(*theme, |theme| theme.apply());
    use_effect_with(*presenter, |on| dom::set_root("data-presenter", on.then_some("")));
    {
        // A page that is left stands still.
        use_effect_with(page.handle().cloned(), |handle| {
            let handle = handle.clone();
            move || {
                if let Some(handle) = handle {
                    handle.change(|desk| desk.player.pause());
                }
            }
        });
    }
    let obey = {
        let (page, presenter, open) = (page.clone(), presenter.clone(), open.clone());
        Rc::new(move |shortcut: Shortcut| {
            let Some(handle) = page.handle() else {
                let id = match shortcut {
                    Shortcut::Help => {
                        open.set(Open::Help);
                        return true;
                    }
                    Shortcut::Presenter if page == Page::Deck => {
                        presenter.set(!*presenter);
                        return true;
                    }
                    // The comparison is a page of the deck without scenes.
                    Shortcut::Step if page == Page::Comparison => return turn_page("", false),
                    Shortcut::StepBack if page == Page::Comparison => return turn_page("", true),
                    Shortcut::Presenter => return false,
                    Shortcut::PlayPause => "page-play",
                    Shortcut::Step => "page-step",
                    Shortcut::StepBack => "page-back",
                    Shortcut::Reset => "page-reset",
                    Shortcut::Share => "page-share",
                };
                return dom::click(id);
            };
            match shortcut {
                Shortcut::PlayPause => run(handle, Control::PlayPause),
                // At a scene's end a clicker goes on to the next one, and back from its beginning.
                Shortcut::Step if is_over(handle, false) && turned(handle, false) => {}
                Shortcut::StepBack if is_over(handle, true) && turned(handle, true) => {}
                Shortcut::Step => run(handle, Control::Step),
                Shortcut::StepBack => run(handle, Control::StepBack),
                Shortcut::Reset => run(handle, Control::Reset),
                Shortcut::Presenter => presenter.set(!*presenter),
                Shortcut::Share => open.set(Open::Share),
                Shortcut::Help => open.set(Open::Help),
            }
            true
        })
    };
    use_shortcuts(obey.clone());
    let press = |shortcut: Shortcut| {
        let obey = obey.clone();
        Callback::from(move |_: MouseEvent| {
            let _ = obey(shortcut);
        })
    };
    let close = {
        let open = open.clone();
        Callback::from(move |()| open.set(Open::Nothing))
    };
    let onopen = {
        let (desks, open) = (desks.clone(), open.clone());
        let update = use_force_update();
        Callback::from(move |handle: Handle| {
            let target = desks.borrow_mut().keep(handle);
            open.set(Open::Nothing);
            let _ = dom::window().location().set_hash(&target.href());
            update.force_update();
        })
    };
    let ontheme = {
        let theme = theme.clone();
        Callback::from(move |choice| theme.set(choice))
    };
    let content = match &page {
        Page::Home { notice } => home(notice.as_deref()),
        Page::Lecture { handle, notice } => html! {
            <Workbench handle={handle.clone()} presenter={*presenter} onleave={press(Shortcut::Presenter)}>
                <lecture::Rail handle={handle.clone()} notice={notice.clone().map(AttrValue::from)} />
            </Workbench>
        },
        Page::Lab { handle } => html! {
            <Workbench handle={handle.clone()} presenter={*presenter} onleave={press(Shortcut::Presenter)}>
                <lab_page::Rail handle={handle.clone()} />
            </Workbench>
        },
        Page::Deck => html! { <Loaded name="deck" title="Lecture" /> },
        Page::Compare => html! { <Loaded name="compare" title="Pastry and Chord, side by side" /> },
        Page::Comparison => html! { <Loaded name="comparison" title="Six ways to find a file, measured" /> },
        Page::Checks => html! { <Loaded name="comparison" title="The slides, checked" /> },
        Page::Live => html! { <Loaded name="live" title="Live overlay" /> },
    };
    let shown = match &page {
        Page::Home { .. } => Route::Home,
        Page::Lecture { .. } | Page::Deck | Page::Comparison | Page::Checks => {
            Route::Scene { chapter: String::new(), scene: None }
        }
        Page::Lab { .. } => Route::Lab,
        Page::Compare => Route::Compare(String::new()),
        Page::Live => Route::Live(String::new()),
    };
    html! {
        <div class="app">
            { skip_link() }
            <Header route={shown} theme={*theme} has_stage={page.handle().is_some()} has_presenter={page.handle().is_some() || page == Page::Deck} {ontheme}
                onpresenter={press(Shortcut::Presenter)} onshare={press(Shortcut::Share)} onhelp={press(Shortcut::Help)} />
            <main id="main" key={page_key(&page)}>{ content }</main>
            <div class="dialogs">
                <Share open={*open == Open::Share} handle={page.handle().cloned()} onclose={close.clone()} {onopen} />
                <Help open={*open == Open::Help} onclose={close} />
            </div>
        </div>
    }
}

fn page_key(page: &Page) -> &'static str {
    match page {
        Page::Home { .. } => "home",
        Page::Lecture { handle, .. } => handle.with(|desk| desk.scene.map_or("lecture", |scene| scene.name)),
        Page::Deck => "deck",
        Page::Lab { .. } => "lab",
        Page::Compare => "compare",
        Page::Comparison => "comparison",
        Page::Checks => "checks",
        Page::Live => "live",
    }
}

/// Whether nothing comes after the moment shown, or before it.
fn is_over(handle: &Handle, back: bool) -> bool {
    handle.with(|desk| if back { !desk.can_go_back() } else { !desk.can_go_on() })
}

/// Goes to the page of the deck beside the scene; whether there is one.
fn turned(handle: &Handle, back: bool) -> bool {
    handle.with(|desk| desk.scene).is_some_and(|scene| turn_page(scene.name, back))
}

/// Does what a key asks; says whether that was anything.
type Obey = Rc<dyn Fn(Shortcut) -> bool>;

/// Keys of the whole page, by what has the focus. `obey` says whether it did something.
#[hook]
fn use_shortcuts(obey: Obey) {
    let latest = use_mut_ref(|| obey.clone());
    latest.replace(obey);
    use_effect_with((), move |()| {
        let latest: Rc<RefCell<Obey>> = latest;
        let listener = dom::listen(&dom::document(), "keydown", move |event| {
            let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
            if event.ctrl_key() || event.alt_key() || event.meta_key() || event.default_prevented() {
                return;
            }
            let obey = latest.borrow().clone();
            if let Some(shortcut) = keys::read(&event.key(), focus_of(event))
                && !is_modal()
                && obey(shortcut)
            {
                event.prevent_default();
            }
        });
        move || drop(listener)
    });
}

fn focus_of(event: &KeyboardEvent) -> Focus {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return Focus::Page };
    let editable = element.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable);
    Focus::of(&element.tag_name(), element.get_attribute("type").as_deref(), editable)
}

/// Whether a dialog has the page to itself.
fn is_modal() -> bool {
    dom::document().query_selector("dialog[open]").ok().flatten().is_some()
}
