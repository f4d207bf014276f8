//! The few pictograms of the page, as inline SVG.

use yew::prelude::*;

/// A pictogram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Icon {
    /// A triangle to the right.
    Play,
    /// Two bars.
    Pause,
    /// A triangle to the right with a bar.
    On,
    /// A triangle to the left with a bar.
    Back,
    /// The sun: to light colours.
    Sun,
    /// The moon: to dark colours.
    Moon,
}

/// The pictogram's picture; the words beside it say what it means.
pub fn icon(icon: Icon) -> Html {
    let path = match icon {
        Icon::Play => "M4 2.5 13 8l-9 5.5z",
        Icon::Pause => "M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z",
        Icon::On => "M3 2.5 10.5 8 3 13.5zM11.5 2.5h2v11h-2z",
        Icon::Back => "M13 2.5 5.5 8l7.5 5.5zM2.5 2.5h2v11h-2z",
        Icon::Sun => {
            "M8 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM7.3.5h1.4v2.5H7.3zM7.3 13h1.4v2.5H7.3z\
             M.5 7.3H3v1.4H.5zM13 7.3h2.5v1.4H13zM2.2 3.2l1-1 1.8 1.8-1 1zM11 12l1-1 1.8 1.8-1 1z\
             M3.2 13.8l-1-1L4 11l1 1zM12 5l-1-1 1.8-1.8 1 1z"
        }
        Icon::Moon => "M6.2 1.2a6.9 6.9 0 1 0 8.6 8.6A5.7 5.7 0 0 1 6.2 1.2z",
    };
    html! { <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d={path} /></svg> }
}
