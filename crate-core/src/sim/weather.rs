//! What the network does to messages: loss, delay, and a line that cuts the plane in two.

use serde::{Deserialize, Serialize};

use super::plane::Place;
use crate::time::Duration;

/// The state of the network; the same for all messages sent while it lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Weather {
    /// Messages that get lost, in millionths; at most 1,000,000.
    pub loss_per_million: u32,
    /// How long messages take, in percent of what the plane says; 1 to [`Weather::LATENCY_PERCENT_MAX`].
    pub latency_percent: u16,
    /// Nodes left of this line of the plane and nodes at it or right of it do not reach each other. At 0 nobody is left.
    pub cut_x: u16,
}

impl Default for Weather {
    fn default() -> Self {
        Self::CLEAR
    }
}

impl Weather {
    /// Every message arrives, as soon as the plane lets it.
    pub const CLEAR: Self = Self { loss_per_million: 0, latency_percent: 100, cut_x: 0 };

    /// The slowest network: a hundred times the plane's latency.
    pub const LATENCY_PERCENT_MAX: u16 = 10_000;

    /// Whether its numbers are within their ranges.
    #[must_use]
    pub const fn is_sound(self) -> bool {
        let latency = self.latency_percent;
        self.loss_per_million <= 1_000_000 && 1 <= latency && latency <= Self::LATENCY_PERCENT_MAX
    }

    /// Whether the cut lies between two places.
    #[must_use]
    #[inline]
    pub const fn separates(self, from: Place, to: Place) -> bool {
        (from.x < self.cut_x) != (to.x < self.cut_x)
    }

    /// How long something takes that takes `span` in clear weather.
    #[must_use]
    #[inline]
    pub const fn slowed(self, span: Duration) -> Duration {
        if self.latency_percent == 100 { span } else { Duration(span.0 * self.latency_percent as u64 / 100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_separates_the_two_sides_and_nobody_else() {
        let cut = Weather { cut_x: 500, ..Weather::CLEAR };
        let [left, edge, right] = [499, 500, 999].map(|x| Place { x, y: 3 });
        assert!(cut.separates(left, edge) && cut.separates(right, left));
        assert!(!cut.separates(edge, right) && !cut.separates(left, left));
        assert!(!Weather::CLEAR.separates(Place { x: 0, y: 0 }, right));
    }

    #[test]
    fn slow_weather_stretches_spans() {
        assert_eq!(Weather::CLEAR.slowed(Duration(700)), Duration(700));
        assert_eq!(Weather { latency_percent: 250, ..Weather::CLEAR }.slowed(Duration(700)), Duration(1_750));
    }

    #[test]
    fn numbers_out_of_range_are_not_sound() {
        assert!(Weather::CLEAR.is_sound());
        assert!(!Weather { loss_per_million: 1_000_001, ..Weather::CLEAR }.is_sound());
        assert!(!Weather { latency_percent: 0, ..Weather::CLEAR }.is_sound());
        assert!(!Weather { latency_percent: 10_001, ..Weather::CLEAR }.is_sound());
    }
}
