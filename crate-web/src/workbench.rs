//! Stage, inspector and transport around one desk: what a lecture scene and the lab have in common.

use std::rc::Rc;

use overlay_core::draw::{Frame, View};
use overlay_core::plain::grouped;
use overlay_core::protocol::Peer;
use overlay_core::sim::spec::Action;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::compare::comparison;
use crate::desk::{Bench, Desk};
use crate::dom;
use crate::handle::{Handle, use_desk};
use crate::inspector::{self, Actions};
use crate::stage::Stage;
use crate::transport::{Control, Transport};
use crate::widgets::{Segmented, nothing};
use crate::words::marked;

/// What [`Workbench`] needs.
#[derive(Properties, PartialEq)]
pub struct WorkbenchProps {
    /// What is shown.
    pub handle: Handle,
    /// Whether the header is hidden.
    pub presenter: bool,
    /// Leaves presenter mode.
    pub onleave: Callback<MouseEvent>,
    /// The left rail.
    pub children: Html,
}

/// Stage, inspector and transport.
#[component]
pub fn Workbench(props: &WorkbenchProps) -> Html {
    use_desk(&props.handle);
    let handle = &props.handle;
    let oncontrol = {
        let handle = handle.clone();
        Callback::from(move |control| run(&handle, control))
    };
    let transport = handle.with(|desk| {
        html! {
            <Transport playing={desk.player.is_playing()} can_go_back={desk.can_go_back()} can_go_on={desk.can_go_on()}
                narration={marked(&desk.narration())} line={desk.line()} moment={desk.moment()}
                speed={desk.player.speed()} presenter={props.presenter} onleave={props.onleave.clone()} {oncontrol} />
        }
    });
    html! {
        <div class="bench">
            <div class="rail">{ props.children.clone() }</div>
            { handle.with(|desk| arena(handle, desk)) }
            <Inspector handle={handle.clone()} />
            { transport }
        </div>
    }
}

/// Does what the transport asks.
pub fn run(handle: &Handle, control: Control) {
    match control {
        Control::Reset => handle.change(Desk::reset),
        Control::StepBack => {
            let _ = handle.change(Desk::step_back);
        }
        Control::PlayPause => handle.change(Desk::play_or_pause),
        Control::Step => handle.step(),
        Control::Seek(fraction) => handle.change(|desk| desk.seek(fraction)),
        Control::Speed(index) => handle.change(|desk| desk.player.set_speed(index)),
    }
}

fn arena(handle: &Handle, desk: &Desk) -> Html {
    let onchoose = {
        let handle = handle.clone();
        Callback::from(move |index| {
            handle.change(|desk| desk.view = if index == 0 { View::Unfolded } else { View::Ring })
        })
    };
    let two = desk.benches().len() == 2;
    let worlds = desk.benches().iter().enumerate().map(|(index, bench)| {
        let name = bench.lab.system().name();
        html! {
            <section key={index} class="world" aria-label={name}>
                <h2 hidden={!two}>{ name }</h2>
                <div class="picture">{ picture(handle, desk, bench, index) }</div>
            </section>
        }
    });
    let chosen = if desk.view == View::Unfolded { 0 } else { 1 };
    html! {
        <div class="arena">
            <div class="arena-head">
                <Segmented label="View" name="view" options={vec!["Unfolded".into(), "Ring".into()]} {chosen} {onchoose} />
                <p class="figures">{ figures(desk.bench()) }</p>
            </div>
            <div class={classes!("worlds", two.then_some("two"))}>{ for worlds }</div>
        </div>
    }
}

/// How many nodes run, how many messages were sent.
fn figures(bench: &Bench) -> String {
    let lab = &bench.lab;
    let alive = (0..lab.node_count()).filter(|peer| lab.is_alive(Peer(*peer))).count() as u64;
    let stopped = u64::from(lab.node_count()) - alive;
    let sent = lab.counters().sent_in_all();
    let stopped = if stopped > 0 { format!(" · {} stopped", grouped(stopped)) } else { String::new() };
    let plural = |number: u64, one: &str| format!("{} {one}{}", grouped(number), if number == 1 { "" } else { "s" });
    format!("{}{stopped} · {} sent", plural(alive, "node"), plural(sent, "message"))
}

fn picture(handle: &Handle, desk: &Desk, bench: &Bench, index: usize) -> Html {
    let sight = desk.sight(bench);
    let frame = desk.frame(bench, &sight, dom::now_ms(), dom::reduced_motion());
    let label = format!(
        "{}: {} nodes on a ring. {}",
        bench.lab.system().name(),
        bench.lab.node_count(),
        "The panel beside it shows one node's tables; the list labelled Route shows the way."
    );
    let on_select = {
        let handle = handle.clone();
        Callback::from(move |peer| {
            handle.change(|desk| {
                desk.activate(index);
                desk.select(peer);
            });
        })
    };
    html! { <Stage<Frame> frame={Rc::new(frame)} {label} {on_select} on_hover={hover(handle)} /> }
}

fn hover(handle: &Handle) -> Callback<Option<Peer>> {
    let handle = handle.clone();
    Callback::from(move |peer| {
        if handle.with(|desk| desk.hovered != peer) {
            handle.change(|desk| desk.hovered = peer);
        }
    })
}

#[derive(Properties, PartialEq)]
struct InspectorProps {
    handle: Handle,
}

#[component]
fn Inspector(props: &InspectorProps) -> Html {
    use_desk(&props.handle);
    let handle = &props.handle;
    let shown = use_state_eq(|| 0_usize);
    let filter = use_state_eq(String::new);
    let problem = use_state_eq(|| None::<String>);
    let actions = Actions {
        select: {
            let handle = handle.clone();
            Callback::from(move |peer| handle.change(|desk| desk.select(peer)))
        },
        hover: hover(handle),
    };
    let onshow = {
        let shown = shown.clone();
        Callback::from(move |index| shown.set(index))
    };
    let onactivate = {
        let handle = handle.clone();
        Callback::from(move |index| handle.change(|desk| desk.activate(index)))
    };
    let onfilter = {
        let filter = filter.clone();
        Callback::from(move |event: InputEvent| filter.set(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    handle.with(|desk| {
        let sight = desk.sight(desk.bench());
        let tools = node_tools(handle, desk, sight.shown, sight.chosen, &problem);
        let systems: Vec<AttrValue> = desk.benches().iter().map(|bench| bench.lab.system().name().into()).collect();
        let two = systems.len() == 2;
        let body = if *shown == 0 {
            html! { <>{ inspector::node(desk, &sight, &actions) }{ inspector::route(desk, &sight, &actions) }</> }
        } else {
            html! {
                <section>
                    <div class="field">
                        <label for="event-filter">{ "Only events that say" }</label>
                        <input id="event-filter" type="text" value={(*filter).clone()} oninput={onfilter}
                            autocomplete="off" spellcheck="false" />
                    </div>
                    { inspector::events(desk, &filter) }
                </section>
            }
        };
        html! {
            <aside class="inspector" aria-label="Inspector">
                <div class="node-head inspector-head">
                    <Segmented label="Show" labelled=false name="inspect" options={vec!["Node".into(), "Events".into()]}
                        chosen={*shown} onchoose={onshow} />
                    <div class="node-tools">{ tools }</div>
                    { if two {
                        html! { <Segmented label="System inspected" labelled=false name="inspected" options={systems}
                            chosen={desk.active()} onchoose={onactivate} /> }
                    } else { nothing() } }
                </div>
                <p class="error" role="alert" hidden={problem.is_none()}>{ problem.as_deref().unwrap_or_default() }</p>
                { if two { comparison(desk) } else { nothing() } }
                <div class="inspector-body">{ body }</div>
            </aside>
        }
    })
}

/// What may be done with the shown node.
fn node_tools(
    handle: &Handle,
    desk: &Desk,
    shown: Option<Peer>,
    chosen: bool,
    problem: &UseStateHandle<Option<String>>,
) -> Html {
    let lab = &desk.bench().lab;
    let act = |make: fn(Peer) -> Action| {
        let (handle, problem) = (handle.clone(), problem.clone());
        Callback::from(move |_: MouseEvent| {
            let Some(node) = shown else { return };
            let done = handle.change(|desk| {
                let done = desk.act(&make(node));
                desk.select(Some(node));
                done
            });
            problem.set(done.err().map(|error| error.to_string()));
        })
    };
    let go = |clockwise: bool| {
        let handle = handle.clone();
        Callback::from(move |_: MouseEvent| {
            handle.change(|desk| {
                let lab = &desk.bench().lab;
                let next = shown.map_or(Peer(0), |peer| lab.beside(peer, clockwise));
                desk.select(Some(next));
            });
        })
    };
    let follow = {
        let handle = handle.clone();
        Callback::from(move |_: MouseEvent| handle.change(|desk| desk.select(None)))
    };
    let alive = shown.is_some_and(|peer| lab.is_alive(peer));
    html! {
        <>
            <button type="button" hidden={!chosen} onclick={follow}>{ "Follow" }</button>
            <button type="button" onclick={go(false)} aria-label="Previous node" title="Previous node on the ring">{ "‹" }</button>
            <button type="button" onclick={go(true)} aria-label="Next node" title="Next node on the ring">{ "›" }</button>
            <button type="button" hidden={shown.is_none() || alive} onclick={act(|node| Action::Restart { node })}>{ "Restart node" }</button>
            <button type="button" hidden={!alive} onclick={act(|node| Action::Leave { node })}
                title="The node says goodbye first">{ "Leave" }</button>
            <button type="button" class="danger" hidden={!alive} onclick={act(|node| Action::Kill { node })}
                title="The node stops without a word">{ "Kill node" }</button>
        </>
    }
}
