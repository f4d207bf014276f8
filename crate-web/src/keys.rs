//! What a key press means, by what has the focus.

/// Something a key can ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shortcut {
    /// Play, or pause now.
    PlayPause,
    /// One step on.
    Step,
    /// One step back.
    StepBack,
    /// To the beginning.
    Reset,
    /// Large type for a projector, on or off.
    Presenter,
    /// The link to this moment.
    Share,
    /// What the keys and colours mean.
    Help,
}

/// What has the focus, as far as keys are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Focus {
    /// Nothing that wants keys of its own.
    Page,
    /// A button or link: Space and Enter are its own.
    Button,
    /// A slider or radio button: arrows, Home, End and Space are its own.
    Arrows,
    /// A field or list to type in: every key is its own.
    Typing,
}

impl Focus {
    /// From an element's tag and, for inputs, its type.
    #[must_use]
    pub fn of(tag: &str, kind: Option<&str>, editable: bool) -> Self {
        match (tag.to_ascii_lowercase().as_str(), kind) {
            ("input", Some("range" | "radio")) => Self::Arrows,
            ("input", Some("checkbox" | "button" | "submit" | "reset" | "file")) => Self::Button,
            ("input" | "textarea" | "select", _) => Self::Typing,
            _ if editable => Self::Typing,
            ("button" | "a" | "summary", _) => Self::Button,
            _ => Self::Page,
        }
    }
}

/// The meaning of a key by its `KeyboardEvent.key`; `None` leaves it to the browser.
#[must_use]
pub fn read(key: &str, focus: Focus) -> Option<Shortcut> {
    if focus == Focus::Typing {
        return None;
    }
    let shortcut = match key {
        " " => Shortcut::PlayPause,
        "." | "PageDown" | "ArrowRight" => Shortcut::Step,
        "," | "PageUp" | "ArrowLeft" => Shortcut::StepBack,
        "Home" => Shortcut::Reset,
        "p" | "P" => Shortcut::Presenter,
        "s" | "S" => Shortcut::Share,
        "?" => Shortcut::Help,
        _ => return None,
    };
    let taken = match focus {
        Focus::Button => key == " ",
        Focus::Arrows => matches!(key, " " | "ArrowRight" | "ArrowLeft" | "Home"),
        Focus::Page | Focus::Typing => false,
    };
    (!taken).then_some(shortcut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clicker_steps_whatever_has_the_focus_but_a_field() {
        for focus in [Focus::Page, Focus::Button, Focus::Arrows] {
            assert_eq!(read("PageDown", focus), Some(Shortcut::Step));
            assert_eq!(read("PageUp", focus), Some(Shortcut::StepBack));
            assert_eq!(read(".", focus), Some(Shortcut::Step));
        }
        assert_eq!(read("PageDown", Focus::Typing), None);
    }

    #[test]
    fn arrows_belong_to_a_slider_that_has_the_focus() {
        assert_eq!(read("ArrowRight", Focus::Page), Some(Shortcut::Step));
        assert_eq!(read("ArrowRight", Focus::Arrows), None);
        assert_eq!(read("ArrowLeft", Focus::of("INPUT", Some("radio"), false)), None);
        assert_eq!(read("ArrowLeft", Focus::of("SELECT", None, false)), None);
    }

    #[test]
    fn space_presses_the_button_that_has_the_focus() {
        assert_eq!(read(" ", Focus::Page), Some(Shortcut::PlayPause));
        assert_eq!(read(" ", Focus::of("BUTTON", None, false)), None);
    }

    #[test]
    fn typing_a_letter_does_nothing_else() {
        for key in ["p", "s", "?", " ", "Home", ","] {
            assert_eq!(read(key, Focus::of("INPUT", Some("text"), false)), None);
            assert_eq!(read(key, Focus::of("DIV", None, true)), None);
        }
        assert_eq!(read("p", Focus::of("CANVAS", None, false)), Some(Shortcut::Presenter));
    }
}
