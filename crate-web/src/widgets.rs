//! Small parts that every page uses: choices, fields, dialogs, rich text.
//!
//! A component never renders nothing: Yew 0.23 may panic on an empty one between conditional siblings
//! (yewstack/yew#4092). [`nothing`] stands in.

use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Something that is not seen, in the place of nothing.
pub fn nothing() -> Html {
    html! { <span hidden=true /> }
}

/// Text in which `` `code` `` is set as an identifier and `**words**` are strong.
pub fn rich(text: &str) -> Html {
    let pieces = pieces(text);
    html! { <>{ for pieces.into_iter().map(|(style, words)| match style {
        Style::Plain => html! { <>{ words.to_string() }</> },
        Style::Code => html! { <code>{ words.to_string() }</code> },
        Style::Strong => html! { <strong>{ words.to_string() }</strong> },
    }) }</> }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    Plain,
    Code,
    Strong,
}

fn pieces(text: &str) -> Vec<(Style, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let next = [("`", Style::Code), ("**", Style::Strong)]
            .into_iter()
            .filter_map(|(mark, style)| rest.find(mark).map(|at| (at, mark, style)))
            .min_by_key(|(at, ..)| *at);
        let marked = next.and_then(|(at, mark, style)| {
            let inner = &rest[at + mark.len()..];
            inner.find(mark).map(|end| (at, style, &inner[..end], &inner[end + mark.len()..]))
        });
        let Some((at, style, inner, after)) = marked else {
            pieces.push((Style::Plain, rest));
            break;
        };
        if at > 0 {
            pieces.push((Style::Plain, &rest[..at]));
        }
        pieces.push((style, inner));
        rest = after;
    }
    pieces
}

/// What [`Segmented`] needs.
#[derive(Properties, PartialEq)]
pub struct SegmentedProps {
    /// What is chosen.
    pub label: AttrValue,
    /// Names the group of radio buttons; unique on the page.
    pub name: AttrValue,
    /// The choices, in order.
    pub options: Vec<AttrValue>,
    /// The index of the present one.
    pub chosen: usize,
    /// Called with the index of a new one.
    pub onchoose: Callback<usize>,
    /// Whether the label stands beside the choices (else only screen readers get it).
    #[prop_or(true)]
    pub labelled: bool,
}

/// A few choices side by side, of which one holds.
#[component]
pub fn Segmented(props: &SegmentedProps) -> Html {
    let SegmentedProps { label, name, options, chosen, onchoose, labelled } = props;
    let choices = options.iter().enumerate().map(|(index, option)| {
        let onchange = onchoose.reform(move |_: Event| index);
        html! {
            <label key={index}>
                <input type="radio" name={name.clone()} checked={index == *chosen} {onchange} />
                <span>{ option.clone() }</span>
            </label>
        }
    });
    html! {
        <fieldset class="segmented">
            <legend class={classes!((!labelled).then_some("sr-only"))}>{ label.clone() }</legend>
            <div class="segments">{ for choices }</div>
        </fieldset>
    }
}

/// What [`Field`] needs.
#[derive(Properties, PartialEq)]
pub struct FieldProps {
    /// Its name.
    pub label: AttrValue,
    /// Unique on the page.
    pub id: AttrValue,
    /// What it holds.
    pub value: AttrValue,
    /// Called with new text.
    pub oninput: Callback<String>,
    /// What is wrong with the value, if anything.
    #[prop_or_default]
    pub error: Option<AttrValue>,
    /// Help, or how the value is read.
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    /// Whether it holds a number.
    #[prop_or_default]
    pub number: bool,
    /// A list of proposals, by the id of its `datalist`.
    #[prop_or_default]
    pub list: Option<AttrValue>,
}

/// A text field with its label, help and, beside it, a sentence on what is wrong.
#[component]
pub fn Field(props: &FieldProps) -> Html {
    let FieldProps { label, id, value, oninput, error, hint, number, list } = props;
    let changed = oninput.reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = match (hint, error) {
        (_, Some(_)) => Some(format!("{error_id} {hint_id}")),
        (Some(_), None) => Some(hint_id.clone()),
        (None, None) => None,
    };
    html! {
        <div class={classes!("field", number.then_some("narrow"))}>
            <label for={id.clone()}>{ label.clone() }</label>
            <input id={id.clone()} type="text" value={value.clone()} oninput={changed} list={list.clone()}
                inputmode={number.then_some("decimal")} autocomplete="off" spellcheck="false"
                aria-invalid={error.is_some().then_some("true")} aria-describedby={described} />
            <p id={error_id} class="error" hidden={error.is_none()}>{ error.clone().unwrap_or_default() }</p>
            <p id={hint_id} class="hint" hidden={hint.is_none()}>{ rich(hint.as_deref().unwrap_or_default()) }</p>
        </div>
    }
}

/// A list to choose one of: its label, its id on the page, the choices, the index of the present one, and what is called
/// with the index of a new one.
pub fn select(
    label: &'static str,
    id: &'static str,
    options: &[&'static str],
    chosen: usize,
    onchoose: &Callback<usize>,
) -> Html {
    let onchange = onchoose
        .reform(|event: Event| event.target_unchecked_into::<HtmlSelectElement>().selected_index().max(0) as usize);
    let choices = options.iter().enumerate().map(|(index, option)| {
        html! { <option key={index} selected={index == chosen}>{ *option }</option> }
    });
    html! {
        <div class="field">
            <label for={id}>{ label }</label>
            <select {id} {onchange}>{ for choices }</select>
        </div>
    }
}

/// What [`Dialog`] needs.
#[derive(Properties, PartialEq)]
pub struct DialogProps {
    /// Its heading.
    pub title: AttrValue,
    /// Unique on the page.
    pub id: AttrValue,
    /// Whether it is open.
    pub open: bool,
    /// Called when the person closes it.
    pub onclose: Callback<()>,
    /// What it holds.
    pub children: Html,
}

/// A modal dialog: the browser's own, so that Escape, focus and the rest of the page behave.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(props.open, move |open| {
            if let Some(dialog) = node.cast::<HtmlDialogElement>() {
                match (*open, dialog.open()) {
                    (true, false) => drop(dialog.show_modal()),
                    (false, true) => dialog.close(),
                    _ => (),
                }
            }
        });
    }
    let closed = props.onclose.reform(|_: Event| ());
    let close = props.onclose.reform(|_: MouseEvent| ());
    // A click on the dialog itself, not on what it holds, is one on its backdrop.
    let outside = {
        let (node, onclose) = (node.clone(), props.onclose.clone());
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<HtmlDialogElement>().ok());
            if target.is_some() && target == node.cast::<HtmlDialogElement>() {
                onclose.emit(());
            }
        })
    };
    let heading = format!("{}-title", props.id);
    html! {
        <dialog ref={node} id={props.id.clone()} aria-labelledby={heading.clone()} onclose={closed} onclick={outside}>
            <div class="dialog">
                <div class="dialog-head">
                    <h2 id={heading}>{ props.title.clone() }</h2>
                    <button type="button" class="quiet" onclick={close}>{ "Close" }</button>
                </div>
                <div class="dialog-body">{ props.children.clone() }</div>
            </div>
        </dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_styles() {
        let expected = vec![
            (Style::Plain, "from "),
            (Style::Code, "65A1FC"),
            (Style::Plain, " by "),
            (Style::Strong, "one"),
            (Style::Plain, " digit"),
        ];
        assert_eq!(pieces("from `65A1FC` by **one** digit"), expected);
    }

    #[test]
    fn a_mark_without_its_other_half_is_only_text() {
        assert_eq!(pieces("2 ** 3 ` 4"), vec![(Style::Plain, "2 ** 3 ` 4")]);
    }
}
