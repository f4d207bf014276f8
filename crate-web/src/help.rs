//! Help: the keys, and what shapes and colours mean.
//!
//! # Implementation notes
//! The text never changes, so it stands in `www/index.html` and is no code to load.

use yew::prelude::*;

use crate::dom;
use crate::widgets::Dialog;

/// What [`Help`] needs.
#[derive(Properties, PartialEq)]
pub struct HelpProps {
    /// Whether it is open.
    pub open: bool,
    /// Called when the person closes it.
    pub onclose: Callback<()>,
}

/// The help dialog.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    let text = dom::document().get_element_by_id("help-text").map(|template| template.inner_html());
    html! {
        <Dialog title="Help" id="help" open={props.open} onclose={props.onclose.clone()}>
            { Html::from_html_unchecked(text.unwrap_or_default().into()) }
        </Dialog>
    }
}
