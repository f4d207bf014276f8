//! The bottom bar: going through time, and the line that says what happens.

use overlay_core::draw::fixed;
use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use crate::icon::{Icon, icon};
use crate::player::SPEEDS;
use crate::widgets::rich;

/// Something the bar can ask for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Control {
    /// To the beginning.
    Reset,
    /// One step back.
    StepBack,
    /// Play, or pause now.
    PlayPause,
    /// One step on.
    Step,
    /// To a moment, as a fraction of the time line.
    Seek(f64),
    /// A speed, by its index.
    Speed(usize),
}

/// A point of the time line at which a message arrived.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HopMark {
    /// Where, as a fraction of the time line.
    pub at: f64,
    /// Whether it has happened.
    pub done: bool,
}

/// The time line: all as fractions of its length, 0 to 1.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TimeLine {
    /// The moment shown.
    pub now: f64,
    /// Events, thinned to what can be seen.
    pub ticks: Vec<f64>,
    /// Hops of the request that is followed.
    pub hops: Vec<HopMark>,
}

/// What [`Transport`] needs.
#[derive(Properties, PartialEq)]
pub struct TransportProps {
    /// Whether time passes.
    pub playing: bool,
    /// Whether there is something before this moment.
    pub can_go_back: bool,
    /// Whether something comes after it.
    pub can_go_on: bool,
    /// What just happened, in a sentence.
    pub narration: AttrValue,
    /// The time line.
    pub line: TimeLine,
    /// The moment in words: "Time 71 ms · hop 3 of 4".
    pub moment: AttrValue,
    /// The index of the speed.
    pub speed: usize,
    /// What a step on is called: at a scene's end it may lead to the next one.
    #[prop_or(AttrValue::Static("Step"))]
    pub step: AttrValue,
    /// Whether the header is hidden, so that leaving needs a button here.
    pub presenter: bool,
    /// Leaves presenter mode.
    pub onleave: Callback<MouseEvent>,
    /// Called with what is asked for.
    pub oncontrol: Callback<Control>,
}

/// The bottom bar.
#[component]
pub fn Transport(props: &TransportProps) -> Html {
    let press = |control: Control| props.oncontrol.reform(move |_: MouseEvent| control);
    let (play_icon, play) = if props.playing { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
    html! {
        <section class="transport" aria-label="Time">
            <div class="buttons">
                <button type="button" id="page-reset" onclick={press(Control::Reset)} aria-disabled={off(!props.can_go_back)}>{ "Reset" }</button>
                <button type="button" id="page-back" onclick={press(Control::StepBack)} aria-disabled={off(!props.can_go_back)}
                    aria-label="Step back">{ icon(Icon::Back) }{ "Step" }</button>
                <button type="button" id="page-play" class="primary play" onclick={press(Control::PlayPause)}
                    aria-disabled={off(!props.can_go_on && !props.can_go_back)}>{ icon(play_icon) }{ play }</button>
                <button type="button" id="page-step" onclick={press(Control::Step)} aria-disabled={off(!props.can_go_on)}>
                    { props.step.clone() }{ icon(Icon::On) }</button>
            </div>
            <div class="line">
                <p class="narration" role="status" aria-live="polite"><span>{ rich(&props.narration) }</span></p>
                { time_slider(&props.line, &props.moment, &props.oncontrol) }
            </div>
            <div class="pace">
                <p class="moment">{ props.moment.clone() }</p>
                { speed_slider(props.speed, &props.oncontrol) }
                <button type="button" class="quiet leave" hidden={!props.presenter} onclick={props.onleave.clone()}>
                    { "Leave presenter mode" }</button>
            </div>
        </section>
    }
}

/// Said, not enforced: a button that is really disabled would lose the focus to nowhere at the end of a scene.
fn off(off: bool) -> Option<&'static str> {
    off.then_some("true")
}

/// Steps of the slider's own scale.
const SCALE: f64 = 10_000.0;

/// A native range input over a drawn track: ticks for events, dots for hops.
fn time_slider(line: &TimeLine, moment: &AttrValue, oncontrol: &Callback<Control>) -> Html {
    let percent = |at: f64| fixed(at.clamp(0.0, 1.0) * 100.0, 3) + "%";
    let oninput = oncontrol.reform(|event: InputEvent| {
        let value = event.target_unchecked_into::<HtmlInputElement>().value_as_number();
        Control::Seek(if value.is_finite() { value / SCALE } else { 0.0 })
    });
    // The slider's arrows go from event to event: a hundredth of the line means nothing here.
    let onkeydown = {
        let oncontrol = oncontrol.clone();
        Callback::from(move |event: KeyboardEvent| {
            let control = match event.key().as_str() {
                "ArrowRight" | "ArrowUp" => Control::Step,
                "ArrowLeft" | "ArrowDown" => Control::StepBack,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            oncontrol.emit(control);
        })
    };
    let ticks = line.ticks.iter().enumerate().map(|(index, at)| {
        html! { <line key={index} x1={percent(*at)} x2={percent(*at)} y1="30%" y2="70%" /> }
    });
    let hops = line.hops.iter().enumerate().map(|(index, hop)| {
        html! { <circle key={index} class={if hop.done { "done" } else { "next" }} cx={percent(hop.at)} cy="50%" r="5.5" /> }
    });
    html! {
        <div class="time">
            <svg aria-hidden="true" focusable="false">
                <line class="track" x1="0" x2="100%" y1="50%" y2="50%" />
                <g class="ticks">{ for ticks }</g>
                <line class="past" x1="0" x2={percent(line.now)} y1="50%" y2="50%" />
                <g class="hops">{ for hops }</g>
            </svg>
            <input type="range" aria-label="Time" min="0" max={fixed(SCALE, 0)} step="1"
                value={fixed(line.now * SCALE, 0)} aria-valuetext={moment.clone()} {oninput} {onkeydown} />
        </div>
    }
}

fn speed_slider(speed: usize, oncontrol: &Callback<Control>) -> Html {
    let oninput = oncontrol.reform(|event: InputEvent| {
        let value = event.target_unchecked_into::<HtmlInputElement>().value_as_number();
        Control::Speed(if value >= 0.0 { value as usize } else { 0 })
    });
    let label = SPEEDS[speed.min(SPEEDS.len() - 1)].1;
    html! {
        <div class="speed">
            <span aria-hidden="true">{ "Speed " }<output>{ label }</output></span>
            <input type="range" aria-label="Speed" min="0" max={(SPEEDS.len() - 1).to_string()} step="1"
                value={speed.to_string()} aria-valuetext={format!("{label} of real time")} {oninput} />
        </div>
    }
}
