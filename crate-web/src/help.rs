//! Help: the keys, and what shapes and colours mean.

use yew::prelude::*;

use crate::widgets::Dialog;

/// What [`Help`] needs.
#[derive(Properties, PartialEq)]
pub struct HelpProps {
    /// Whether it is open.
    pub open: bool,
    /// Called when the person closes it.
    pub onclose: Callback<()>,
}

const KEYS: [(&[&str], &str); 7] = [
    (&["Space"], "Play, or pause at once"),
    (
        &[".", "→", "Page Down"],
        "One step on: the next thing that is decided, noticed or reached (a clicker sends this)",
    ),
    (&[",", "←", "Page Up"], "One step back"),
    (&["Home"], "Back to the beginning"),
    (&["P"], "Presenter mode: large type, nothing but picture, decision and time"),
    (&["S"], "Share this very moment as a link"),
    (&["?"], "This help"),
];

/// The help dialog.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    let keys = KEYS.iter().map(|(keys, meaning)| {
        let keys = keys.iter().map(|key| html! { <kbd key={*key} class="key">{ *key }</kbd> });
        html! { <><dt>{ for keys }</dt><dd>{ *meaning }</dd></> }
    });
    html! {
        <Dialog title="Help" id="help" open={props.open} onclose={props.onclose.clone()}>
            <section>
                <h3>{ "Keys" }</h3>
                <dl class="keys">{ for keys }</dl>
                <p class="dim">{ "Keys rest while you type in a field. In a routing table arrow keys go from entry to \
                    entry, on the time slider from event to event. The buttons ‹ and › beside a node's tables lead from node \
                    to node round the ring." }</p>
            </section>
            <section>
                <h3>{ "Shapes and colours" }</h3>
                { legend() }
            </section>
            <section>
                <h3>{ "What you see" }</h3>
                <p>{ "Every node here runs the real protocol and decides from its own tables alone; nothing is scripted. \
                    Time is simulated: a message takes as long as its nodes are apart on a plane of about 75 ms. The same \
                    seed and the same actions give the same run everywhere, so you may go back, change the past, and \
                    return: the other future is kept as a branch." }</p>
                <p>{ "In Pastry's unfolded picture rings are rows of the routing table: the sector that matches the key's \
                    next digit opens into the next ring, and each hop leads one ring inwards. In Chord's, each hop starts \
                    a ring of its own and the way that remains gets shorter." }</p>
            </section>
        </Dialog>
    }
}

fn legend() -> Html {
    let entries: [(Html, &str); 9] = [
        (html! { <circle class="g-node" cx="21" cy="12" r="5" /> }, "A node"),
        (
            html! { <><line class="g-route" x1="3" x2="39" y1="12" y2="12" /><circle class="g-route" cx="21" cy="12" r="7" /></> },
            "The message, its route and the nodes it visited",
        ),
        (html! { <line class="g-route-next" x1="3" x2="39" y1="12" y2="12" /> }, "A hop that is still to come"),
        (
            html! { <circle class="g-target" cx="21" cy="12" r="7" /> },
            "A node on the route that is still to be visited",
        ),
        (html! { <path class="g-key" d="M21 4 29 12 21 20 13 12z" /> }, "Where the key lies on the ring"),
        (
            html! { <line class="g-match" x1="3" x2="39" y1="12" y2="12" /> },
            "Digits that match the key; the sector they reach",
        ),
        (html! { <rect class="g-leaf" x="9" y="4" width="24" height="16" rx="4" /> }, "Leaf set, or successor list"),
        (html! { <circle class="g-joining" cx="21" cy="12" r="7" /> }, "A node that is coming in"),
        (html! { <path class="g-dead" d="M15 6 27 18M27 6 15 18" /> }, "A node that has stopped"),
    ];
    let entries = entries.into_iter().map(|(shape, meaning)| {
        html! { <><dt><svg viewBox="0 0 42 24" aria-hidden="true" focusable="false">{ shape }</svg></dt><dd>{ meaning }</dd></> }
    });
    html! { <dl class="legend">{ for entries }</dl> }
}
