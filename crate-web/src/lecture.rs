//! A scene of the lecture: what it is about, the other scenes, its switches.

use std::cell::RefCell;

use overlay_core::chord;
use overlay_core::id::Digits;
use overlay_core::lecture::{SCENES, Scene};
use overlay_core::pastry;
use overlay_core::sim::lab::Setup;
use yew::prelude::*;

use crate::chapters::chapters;
use crate::desk::Desk;
use crate::dom;
use crate::forms::{Branches, SendForm};
use crate::handle::{Handle, use_desk};
use crate::router::Route;
use crate::widgets::{Segmented, rich};
use crate::words::{count, marked};

/// What [`Rail`] needs.
#[derive(Properties, PartialEq)]
pub struct RailProps {
    /// The scene's desk.
    pub handle: Handle,
    /// A sentence about how the page came about, if there is something to say.
    #[prop_or_default]
    pub notice: Option<AttrValue>,
}

thread_local! {
    /// Hops of each scene as the deck has it, found once by running it.
    static HOPS: RefCell<Vec<Option<usize>>> = const { RefCell::new(Vec::new()) };
}

fn count_hops() {
    let found = SCENES.iter().map(|scene| {
        let desk = Desk::scene(scene, scene.setup()).ok()?;
        desk.bench().hops_known()
    });
    let found = found.collect();
    HOPS.with(|hops| *hops.borrow_mut() = found);
}

/// The left rail of a lecture page.
#[component]
pub fn Rail(props: &RailProps) -> Html {
    use_desk(&props.handle);
    let update = use_force_update();
    use_effect_with((), move |()| {
        if HOPS.with(|hops| hops.borrow().is_empty()) {
            // After the first picture: the list can do without for a moment.
            dom::after(60, move || {
                count_hops();
                update.force_update();
            });
        }
    });
    let handle = &props.handle;
    let Some(scene) = handle.with(|desk| desk.scene) else { return html! { <div class="rail-head" /> } };
    let chapter = scene.chapter;
    let scenes: Vec<&'static Scene> = chapter.scenes().collect();
    let number = scenes.iter().position(|other| other.name == scene.name).map_or(1, |index| index + 1);
    let why = scene.why.iter().enumerate().map(|(index, text)| html! { <p key={index}>{ rich(&marked(text)) }</p> });
    let here = handle.with(|desk| desk.benches()[0].hops_known());
    let entries = scenes.iter().map(|other| {
        let current = other.name == scene.name;
        let known = SCENES.iter().position(|one| one.name == other.name);
        let known = known.and_then(|index| HOPS.with(|hops| hops.borrow().get(index).copied().flatten()));
        let hops = if current { here } else { known };
        let route = Route::Scene { chapter: chapter.name().into(), scene: Some(other.name.into()) };
        html! {
            <li key={other.name}><a href={route.href()} aria-current={current.then_some("page")}>
                <span>{ other.title }</span>
                <span class="count">{ hops.map_or_else(|| "·".to_string(), |hops| count(hops, "hop")) }</span>
            </a></li>
        }
    });
    let notice = props.notice.clone();
    html! {
        <>
            <div class="rail-head">
                <p class="notice" hidden={notice.is_none()}>{ notice.unwrap_or_default() }</p>
                <p class="label accent">{ format!("{} · scene {number} of {}", chapter.title(), scenes.len()) }</p>
                <h1 tabindex="-1">{ scene.title }</h1>
            </div>
            <div class="rail-body">
                <div class="why">{ for why }<p class="slide">{ format!("Slide: {}", scene.slide) }</p></div>
                <nav aria-label={format!("Scenes of {}", chapter.title())}><ul class="scenes">{ for entries }</ul></nav>
                <Switches handle={handle.clone()} />
                <details class="group">
                    <summary>{ "Try it yourself" }</summary>
                    <SendForm handle={handle.clone()} id="scene" />
                </details>
                <Branches handle={handle.clone()} />
                { chapters(chapter.name()) }
            </div>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct SwitchesProps {
    handle: Handle,
}

/// Starts the scene anew with a changed setup.
fn change(handle: &Handle, change: impl FnOnce(&mut Setup)) {
    handle.change(|desk| {
        let Some(scene) = desk.scene else { return };
        let mut setup = desk.benches()[0].lab.setup();
        change(&mut setup);
        // A scene's nodes stay, whatever the switches say; so its world can be.
        if let Ok(mut new) = Desk::scene(scene, setup) {
            new.view = desk.view;
            new.player.set_speed(desk.player.speed());
            *desk = new;
        }
    });
}

#[component]
fn Switches(props: &SwitchesProps) -> Html {
    let handle = &props.handle;
    let setup = handle.with(|desk| desk.benches()[0].lab.setup());
    let content = match &setup {
        Setup::Pastry(spec) => pastry_switches(handle, &spec.config.overlay),
        Setup::Chord(spec) => chord_switches(handle, &spec.config.overlay),
    };
    html! { <div class="switches">{ content }</div> }
}

const BITS: [Digits; 3] = [Digits::Bits1, Digits::Bits2, Digits::Bits4];
const CHORD_RULES: [chord::RoutingRule; 3] =
    [chord::RoutingRule::Published, chord::RoutingRule::Slide, chord::RoutingRule::Naive];

fn pastry_switches(handle: &Handle, config: &pastry::Config) -> Html {
    let with = |edit: fn(&mut pastry::Config, usize)| {
        let handle = handle.clone();
        Callback::from(move |index| {
            change(&handle, |setup| {
                if let Setup::Pastry(spec) = setup {
                    edit(&mut spec.config.overlay, index);
                }
            });
        })
    };
    let rule = with(|config, index| {
        config.rule = if index == 0 { pastry::RoutingRule::Published } else { pastry::RoutingRule::Slide };
    });
    let used = with(|config, index| {
        config.leaf_set_only = index == 1;
        config.hop_limit = if config.leaf_set_only { u16::MAX } else { pastry::Config::default().hop_limit };
    });
    let bits = with(|config, index| config.digits = BITS[index.min(2)]);
    let chosen_bits = BITS.iter().position(|digits| *digits == config.digits).unwrap_or(2);
    html! {
        <>
            <Segmented label="Rule" name="rule" options={vec!["Paper".into(), "Slide".into()]}
                chosen={usize::from(config.rule == pastry::RoutingRule::Slide)} onchoose={rule} />
            <Segmented label="Use" name="use" options={vec!["Table".into(), "Leaf set only".into()]}
                chosen={usize::from(config.leaf_set_only)} onchoose={used} />
            <Segmented label="Bits a digit, b" name="bits" options={vec!["1".into(), "2".into(), "4".into()]}
                chosen={chosen_bits} onchoose={bits} />
        </>
    }
}

fn chord_switches(handle: &Handle, config: &chord::Config) -> Html {
    let with = |edit: fn(&mut chord::Config, usize)| {
        let handle = handle.clone();
        Callback::from(move |index| {
            change(&handle, |setup| {
                if let Setup::Chord(spec) = setup {
                    edit(&mut spec.config.overlay, index);
                }
            });
        })
    };
    let rule = with(|config, index| config.rule = CHORD_RULES[index.min(2)]);
    let lookup = with(|config, index| {
        config.lookup = if index == 0 { chord::Lookup::Recursive } else { chord::Lookup::Iterative };
    });
    let chosen_rule = CHORD_RULES.iter().position(|rule| *rule == config.rule).unwrap_or(0);
    html! {
        <>
            <Segmented label="Rule" name="rule" options={vec!["Published".into(), "Slide".into(), "Naive walk".into()]}
                chosen={chosen_rule} onchoose={rule} />
            <Segmented label="Lookup" name="lookup" options={vec!["Recursive".into(), "Iterative".into()]}
                chosen={usize::from(config.lookup == chord::Lookup::Iterative)} onchoose={lookup} />
        </>
    }
}
