//! The slide's table with what was measured in its cells, and what is said of one cell.

use std::rc::Rc;

use overlay_core::draw::chart::number;
use overlay_core::experiment::Technique;
use overlay_core::experiment::claims::{Quantity, of, reason};
use yew::prelude::*;

use super::page::{mark, why};
use super::results::{Results, shown, told};
use crate::charts::within;
use crate::dom;

/// Peers that reasons are worked out for before anything is measured.
const USUAL: u32 = 1_024;

/// A cell by its row and column.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Chosen {
    row: usize,
    column: usize,
}

impl Chosen {
    fn system(self) -> Technique {
        Technique::ALL[self.row.min(Technique::ALL.len() - 1)]
    }

    fn quantity(self) -> Quantity {
        Quantity::ALL[self.column.min(Quantity::ALL.len() - 1)]
    }

    fn id(self) -> String {
        format!("cell-{}-{}", self.row, self.column)
    }

    /// The cell of an element within it.
    fn of(event: &Event) -> Option<Self> {
        let cell = within(event, "[data-cell]")?.get_attribute("data-cell")?;
        let (row, column) = cell.split_once(' ')?;
        Some(Self { row: row.parse().ok()?, column: column.parse().ok()? })
    }

    /// Where a key leads from here.
    fn after(self, key: &str) -> Option<Self> {
        let last = Self { row: Technique::ALL.len() - 1, column: Quantity::ALL.len() - 1 };
        let Self { row, column } = self;
        Some(match key {
            "ArrowLeft" => Self { row, column: column.saturating_sub(1) },
            "ArrowRight" => Self { row, column: (column + 1).min(last.column) },
            "ArrowUp" => Self { row: row.saturating_sub(1), column },
            "ArrowDown" => Self { row: (row + 1).min(last.row), column },
            "Home" => Self { row, column: 0 },
            "End" => Self { row, column: last.column },
            _ => return None,
        })
    }
}

/// What [`Cells`] needs.
#[derive(Properties, PartialEq)]
pub struct CellsProps {
    /// What was measured.
    pub results: Rc<Results>,
    /// The number of peers whose values are shown.
    pub peers: Option<u32>,
    /// The cell that more is said of.
    pub chosen: Chosen,
    /// Called when another is chosen.
    pub onchoose: Callback<Chosen>,
}

/// The table. One of its cells is reached by Tab, the others from it by arrow keys.
#[component]
pub fn Cells(props: &CellsProps) -> Html {
    let CellsProps { results, peers, chosen, onchoose } = props;
    let choose = |event: &Event, onchoose: &Callback<Chosen>| {
        if let Some(cell) = Chosen::of(event) {
            onchoose.emit(cell);
        }
    };
    let onclick = {
        let onchoose = onchoose.clone();
        Callback::from(move |event: MouseEvent| choose(&event, &onchoose))
    };
    let onfocusin = {
        let onchoose = onchoose.clone();
        Callback::from(move |event: FocusEvent| choose(&event, &onchoose))
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if let Some(next) = Chosen::of(&event).and_then(|cell| cell.after(&event.key())) {
            event.prevent_default();
            dom::focus(&format!("#{}", next.id()));
        }
    });
    let body = Technique::ALL.into_iter().enumerate().map(|(row, system)| {
        let cells = Quantity::ALL.into_iter().enumerate().map(|(column, quantity)| {
            let here = Chosen { row, column };
            cell(results, *peers, system, quantity, here, here == *chosen)
        });
        html! { <tr key={row}><th scope="row">{ system.slide() }</th>{ for cells }</tr> }
    });
    let caption = peers.map_or_else(
        || "What the slide claims; nothing is measured yet".to_string(),
        |peers| format!("Measured at N = {}, beside the slide’s claims", number(f64::from(peers))),
    );
    html! {
        <div class="scroll-x" role="region" tabindex="0" aria-label="The lecture’s table">
            <table class="cells" {onclick} {onfocusin} {onkeydown}>
                <caption class={classes!((results.sizes().len() > 1).then_some("sr-only"))}>{ caption }</caption>
                <thead>
                    <tr>
                        <th rowspan="2" scope="col">{ "Approach" }</th><th colspan="2" scope="colgroup">{ "Latency" }</th>
                        <th rowspan="2" scope="col">{ "Messages" }<small>{ "a search" }</small></th>
                        <th rowspan="2" scope="col">{ "Update cost" }<small>{ "messages" }</small></th>
                        <th colspan="2" scope="colgroup">{ "Storage, entries" }</th>
                    </tr>
                    <tr>
                        <th scope="col">{ "ms" }</th><th scope="col">{ "hops" }</th>
                        <th scope="col">{ "largest" }</th><th scope="col">{ "mean" }</th>
                    </tr>
                </thead>
                <tbody>{ for body }</tbody>
            </table>
        </div>
    }
}

fn cell(
    results: &Results,
    peers: Option<u32>,
    system: Technique,
    quantity: Quantity,
    here: Chosen,
    is_chosen: bool,
) -> Html {
    let value = peers.and_then(|peers| results.value(peers, system, quantity));
    let claims = results.judged(system, quantity).into_iter().map(|(claim, verdict)| {
        // Which copy of the slide says it stands beside the table.
        let words = claim.slide.split(", ").next().unwrap_or(claim.slide);
        html! { <span class="claim"><span><span class="dim">{ "slide " }</span>{ words }</span>{ for verdict.as_ref().map(mark) }</span> }
    });
    let measured = value.map_or_else(|| "·".to_string(), shown);
    html! {
        <td key={here.column}>
            <button type="button" id={here.id()} data-cell={format!("{} {}", here.row, here.column)}
                tabindex={if is_chosen { "0" } else { "-1" }} aria-pressed={if is_chosen { "true" } else { "false" }}>
                <span class="value">{ measured }</span>{ for claims }
            </button>
        </td>
    }
}

/// What [`Said`] needs.
#[derive(Properties, PartialEq)]
pub struct SaidProps {
    /// What was measured.
    pub results: Rc<Results>,
    /// The number of peers whose values are shown.
    pub peers: Option<u32>,
    /// The cell.
    pub chosen: Chosen,
}

/// What is said of a cell: the claim, our values, the law that fits them, and why it is so.
#[component]
pub fn Said(props: &SaidProps) -> Html {
    let SaidProps { results, peers, chosen } = props;
    let (system, quantity) = (chosen.system(), chosen.quantity());
    let claims = results.judged(system, quantity).into_iter().map(|(claim, verdict)| {
        let words =
            verdict.as_ref().map(|verdict| html! { <>{ mark(verdict) }<span>{ why(verdict).to_string() }</span></> });
        html! { <li><strong>{ claim.slide }</strong>{ for words }</li> }
    });
    let silent = of(system, quantity).next().is_none();
    let points = results.points(system, quantity);
    let fit = results.fit(system, quantity);
    let growth = fit
        .as_ref()
        .map_or_else(|| "Three sizes and more show how it grows.".to_string(), |fit| format!("It {}.", told(fit)));
    let values = points.iter().map(|(peers, value)| {
        html! { <tr><th scope="row">{ number(*peers) }</th><td>{ number(*value) }</td></tr> }
    });
    html! {
        <section class="cell-said" aria-live="polite" aria-labelledby="cell-said">
            <h2 id="cell-said">{ format!("{}: {}", system.title(), quantity.title()) }</h2>
            <h3 class="label">{ "The slide" }</h3>
            <ul hidden={silent}>{ for claims }</ul>
            <p hidden={!silent}>{ "The slide says neither “max” nor “avg” here; its claim stands beside the mean." }</p>
            <h3 class="label">{ "Here" }</h3>
            <p>{ growth }</p>
            <table class="values" hidden={points.is_empty()}>
                <thead><tr><th scope="col">{ "Peers" }</th><th scope="col">{ quantity.title() }</th></tr></thead>
                <tbody>{ for values }</tbody>
            </table>
            <h3 class="label">{ "Why" }</h3>
            <p>{ reason(system, quantity, peers.unwrap_or(USUAL)) }</p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_from_cell_to_cell_and_stay_in_the_table() {
        let first = Chosen::default();
        assert_eq!(first.after("ArrowLeft"), Some(first));
        assert_eq!(first.after("ArrowDown").and_then(|cell| cell.after("End")), Some(Chosen { row: 1, column: 5 }));
        let last = Chosen { row: 5, column: 5 };
        assert_eq!(
            (last.after("ArrowRight"), last.after("ArrowDown"), last.after("x")),
            (Some(last), Some(last), None)
        );
    }
}
