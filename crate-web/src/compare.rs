//! Two systems on the same nodes and the same key: what each needed.

use overlay_core::sim::route::RouteEnd;
use yew::prelude::*;

use crate::desk::{Bench, Desk, millis};

/// A row of the table for one world.
type Measure = fn(&Bench) -> String;

/// Hops, time and messages of the request that is followed, as far as it has come.
pub fn comparison(desk: &Desk) -> Html {
    let heads = desk.benches().iter().map(|bench| {
        let name = bench.lab.system().name();
        html! { <th key={name} scope="col">{ name }</th> }
    });
    let rows: [(&str, Measure); 3] = [("Hops", hops), ("Time to delivery", latency), ("Messages", messages)];
    let rows = rows.into_iter().map(|(name, value)| {
        let cells =
            desk.benches().iter().enumerate().map(|(index, bench)| html! { <td key={index}>{ value(bench) }</td> });
        html! { <tr key={name}><th scope="row">{ name }</th>{ for cells }</tr> }
    });
    html! {
        <section>
            <table class="compare">
                <caption class="label">{ "The same key in both" }</caption>
                <thead><tr><th><span class="sr-only">{ "Measure" }</span></th>{ for heads }</tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </section>
    }
}

fn hops(bench: &Bench) -> String {
    match bench.delivered() {
        Some((RouteEnd::Delivered { hops, .. }, _)) => hops.to_string(),
        Some((RouteEnd::Failed { .. }, _)) => "failed".into(),
        None => "·".into(),
    }
}

fn latency(bench: &Bench) -> String {
    match bench.delivered() {
        Some((RouteEnd::Delivered { at, .. }, route)) => millis(at - route.started),
        _ => "·".into(),
    }
}

fn messages(bench: &Bench) -> String {
    bench.delivered().map_or_else(|| "·".into(), |(_, route)| route.messages.to_string())
}
