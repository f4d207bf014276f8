//! The lab: worlds of one's own.

mod plan;

use yew::prelude::*;

use crate::desk::Desk;
use crate::dom;
use crate::forms::{AddForm, Branches, SendForm};
use crate::handle::{Handle, use_desk};
use crate::widgets::{Field, Segmented, nothing, select};
use plan::{Entry, Plan, Systems};

/// What [`Rail`] needs.
#[derive(Properties, PartialEq)]
pub struct RailProps {
    /// The lab's desk.
    pub handle: Handle,
}

/// The first world: small enough to see every node.
///
/// # Panics
/// Never: a test builds it.
#[must_use]
pub fn first_desk() -> Desk {
    let setups = Plan::default().setups().expect("the first plan is sound");
    Desk::lab(setups).expect("the first world can be")
}

/// The left rail of the lab.
#[component]
pub fn Rail(props: &RailProps) -> Html {
    let handle = props.handle.clone();
    html! {
        <>
            <div class="rail-head">
                <p class="label accent">{ "Lab" }</p>
                <h1 tabindex="-1">{ "A world of your own" }</h1>
            </div>
            <div class="rail-body">
                <details class="group" open=true>
                    <summary>{ "Send" }</summary>
                    <SendForm handle={handle.clone()} id="lab" full=true />
                </details>
                <details class="group">
                    <summary>{ "Newcomers" }</summary>
                    <AddForm handle={handle.clone()} id="lab" />
                </details>
                <details class="group" open=true>
                    <summary>{ "Build a new world" }</summary>
                    <BuildForm handle={handle.clone()} />
                </details>
                <Branches {handle} />
            </div>
        </>
    }
}

#[component]
fn BuildForm(props: &RailProps) -> Html {
    use_desk(&props.handle);
    let plan = use_state_eq(|| props.handle.with(Plan::of));
    let building = use_state_eq(|| false);
    let problem = use_state_eq(|| None::<String>);
    let edit = |change: fn(&mut Plan, usize)| {
        let plan = plan.clone();
        Callback::from(move |index| {
            let mut new = (*plan).clone();
            change(&mut new, index);
            plan.set(new);
        })
    };
    let faults = plan.setups().err().unwrap_or_default();
    let field = |entry: Entry| {
        let error = faults.iter().find(|(at, _)| *at == entry).map(|(_, sentence)| AttrValue::from(sentence.clone()));
        let oninput = {
            let plan = plan.clone();
            Callback::from(move |text: String| {
                let mut new = (*plan).clone();
                *new.entry_mut(entry) = text;
                plan.set(new);
            })
        };
        html! { <Field label={entry.label()} id={entry.id()} value={plan.entry(entry).to_string()} {oninput} {error} number=true /> }
    };
    let onsubmit = {
        let (handle, plan, building, problem) = (props.handle.clone(), plan.clone(), building.clone(), problem.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let setups = match plan.setups() {
                Ok(setups) => setups,
                Err(faults) => {
                    if let Some((entry, _)) = faults.first() {
                        dom::focus(&format!("#{}", entry.id()));
                    }
                    return;
                }
            };
            building.set(true);
            let (handle, building, problem) = (handle.clone(), building.clone(), problem.clone());
            // Two frames later, so that the button has said what goes on.
            dom::after(40, move || {
                match Desk::lab(setups) {
                    Ok(new) => {
                        handle.change(|desk| desk.replace(new));
                        problem.set(None);
                    }
                    Err(error) => problem.set(Some(error.to_string())),
                }
                building.set(false);
            });
        })
    };
    let pastry = plan.systems != Systems::Chord;
    let chord = plan.systems != Systems::Pastry;
    let both = plan.systems == Systems::Both;
    html! {
        <form class="group" {onsubmit} novalidate=true>
            { select("System", "system", &Systems::ALL.map(Systems::label),
                Systems::ALL.iter().position(|systems| *systems == plan.systems).unwrap_or(0),
                &edit(|plan, index| plan.systems = Systems::ALL[index.min(2)])) }
            <div class="fields">{ field(Entry::Nodes) }{ field(Entry::Seed) }</div>
            <fieldset class="group system" hidden={!pastry}>
                <legend class="label">{ "Pastry" }</legend>
                <Segmented label="Bits a digit, b" name="plan-bits" options={vec!["1".into(), "2".into(), "4".into()]}
                    chosen={plan.bits} onchoose={edit(|plan, index| plan.bits = index)} />
                <Segmented label="Rule" name="plan-pastry-rule" options={vec!["Paper".into(), "Slide".into()]}
                    chosen={plan.pastry_rule} onchoose={edit(|plan, index| plan.pastry_rule = index)} />
                <Segmented label="Use" name="plan-use" options={vec!["Table".into(), "Leaf set only".into()]}
                    chosen={plan.leaf_set_only} onchoose={edit(|plan, index| plan.leaf_set_only = index)} />
                <div class="fields">{ field(Entry::LeafSet) }</div>
            </fieldset>
            <fieldset class="group system" hidden={!chord}>
                <legend class="label">{ "Chord" }</legend>
                <Segmented label="Rule" name="plan-chord-rule" options={vec!["Published".into(), "Slide".into(), "Naive".into()]}
                    chosen={plan.chord_rule} onchoose={edit(|plan, index| plan.chord_rule = index)} />
                <Segmented label="Lookup" name="plan-lookup" options={vec!["Recursive".into(), "Iterative".into()]}
                    chosen={plan.lookup} onchoose={edit(|plan, index| plan.lookup = index)} />
                <div class="fields">
                    { if both { nothing() } else { field(Entry::RingBits) } }
                    { field(Entry::Successors) }
                </div>
                <p class="hint" hidden={!both}>{ "Beside Pastry, Chord has m = 160: the same nodes at the same places." }</p>
            </fieldset>
            <Segmented label="Tables" name="plan-build" options={vec!["Converged".into(), "Real joins".into()]}
                chosen={plan.build} onchoose={edit(|plan, index| plan.build = index)} />
            <Segmented label="Upkeep" name="plan-upkeep" options={vec!["On".into(), "Off".into()]}
                chosen={plan.upkeep} onchoose={edit(|plan, index| plan.upkeep = index)} />
            <div class="fields">{ field(Entry::Replicas) }{ field(Entry::Loss) }</div>
            <p class="error" role="alert" hidden={problem.is_none()}>{ problem.as_deref().unwrap_or_default() }</p>
            <div class="buttons">
                <button type="submit" class="primary" aria-disabled={building.then_some("true")}>
                    { if *building { "Building…" } else { "Build" } }</button>
            </div>
        </form>
    }
}
