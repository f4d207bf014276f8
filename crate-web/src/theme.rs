//! Light and dark: as the system says, unless the person chose.

use crate::dom;

const KEY: &str = "overlay-lab-theme";

/// Which colours are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    /// As the system says.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The choice of an earlier visit.
    #[must_use]
    pub fn recalled() -> Self {
        match dom::recall(KEY).as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    const fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// Shows these colours and remembers the choice.
    pub fn apply(self) {
        dom::set_root("data-theme", self.name());
        dom::remember(KEY, self.name());
    }

    /// The other one of light and dark, from what is seen now.
    #[must_use]
    pub fn toggled(self) -> Self {
        if self.is_dark() { Self::Light } else { Self::Dark }
    }

    /// Whether dark colours are seen.
    #[must_use]
    pub fn is_dark(self) -> bool {
        match self {
            Self::System => dom::media("(prefers-color-scheme: dark)"),
            Self::Light => false,
            Self::Dark => true,
        }
    }
}
