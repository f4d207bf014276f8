//! How the systems of a chart are told apart: by colour, dashes and marks.

/// The ink of a system; the same in every chart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Ink {
    Pastry,
    Chord,
    Gnutella,
    Napster,
    Replication,
    FastTrack,
}

/// What a chart shows of a system.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Series<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its ink.
    pub ink: Ink,
}

impl Ink {
    const ALL: [Self; 6] =
        [Self::Pastry, Self::Chord, Self::Gnutella, Self::Napster, Self::Replication, Self::FastTrack];

    /// The ink of a series by its place, where there are two.
    pub(super) fn of(place: usize) -> Self {
        Self::ALL[place.min(Self::ALL.len() - 1)]
    }

    /// Its colour where no page says otherwise.
    pub(super) const fn colour(self) -> &'static str {
        ["#1d4f9e", "#a3246f", "#3a7d1e", "#96610a", "#57534b", "#0b7285"][self as usize]
    }

    /// Attributes of its lines.
    pub(super) const fn dash(self) -> &'static str {
        [
            " stroke-width=\"3\"",
            " stroke-width=\"3\" stroke-dasharray=\"8 4\"",
            " stroke-width=\"3\" stroke-dasharray=\"2 4\"",
            " stroke-width=\"3\" stroke-dasharray=\"12 4 2 4\"",
            " stroke-width=\"3\" stroke-dasharray=\"4 3\"",
            " stroke-width=\"3\" stroke-dasharray=\"16 6\"",
        ][self as usize]
    }

    /// The outline of its mark around the origin.
    pub(super) const fn mark(self) -> &'static str {
        [
            "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
            "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
            "m0-6l6 11h-12z",
            "m-5-5h10v10h-10z",
            "m0-7l7 7l-7 7l-7-7z",
            "m0 6l6-11h-12z",
        ][self as usize]
    }

    /// Whether its mark is outlined only: Chord's is Pastry's, hollow.
    pub(super) const fn is_hollow(self) -> bool {
        matches!(self, Self::Chord)
    }
}
