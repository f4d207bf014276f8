//! What a comparison is made from, and the command that repeats it.

use std::fmt::Write as _;

use thiserror::Error;

use crate::chord;
use crate::id::Digits;
use crate::pastry::{self, LeafSetSize};
use crate::sim::spec::NODES_MAX;
use crate::time::Duration;

/// The fewest nodes that are compared.
pub const NODES_MIN: u32 = 2;
/// The most lookups of one stage.
pub const LOOKUPS_MAX: u32 = 100_000;
/// The largest share of nodes that is killed, in millionths.
pub const FAIL_MAX: u32 = 900_000;
/// The largest share of messages that gets lost, in millionths.
pub const LOSS_MAX: u32 = 500_000;
/// The longest successor list.
pub const SUCCESSORS_MAX: u8 = 64;

/// What is compared. Two equal ones give equal results, byte for byte, everywhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Nodes, [`NODES_MIN`] to [`NODES_MAX`]; the same ones in both systems.
    pub nodes: u32,
    /// What all randomness comes from.
    pub seed: u64,
    /// Lookups of each stage, 1 to [`LOOKUPS_MAX`].
    pub lookups: u32,
    /// Nodes killed at one moment, in millionths, at most [`FAIL_MAX`]; 0 leaves out the stages that follow the kill.
    pub fail_per_million: u32,
    /// Messages that get lost, in millionths, at most [`LOSS_MAX`].
    pub loss_per_million: u32,
    /// Pastry's b.
    pub digits: Digits,
    /// Pastry's |L|.
    pub leaf_set: LeafSetSize,
    /// Chord's r, 1 to [`SUCCESSORS_MAX`].
    pub successor_list: u8,
    /// Time between two rounds of regular upkeep, in both systems.
    pub upkeep: Duration,
}

impl Default for Settings {
    /// 1,000 nodes, 1,000 lookups a stage, nobody killed, nothing lost; b = 4, |L| = 16, r = 16, upkeep every 30 s.
    fn default() -> Self {
        Self {
            nodes: 1_000,
            seed: 1,
            lookups: 1_000,
            fail_per_million: 0,
            loss_per_million: 0,
            digits: Digits::Bits4,
            leaf_set: LeafSetSize::SIXTEEN,
            successor_list: 16,
            upkeep: Duration::from_secs(30),
        }
    }
}

/// Why nothing can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum SettingsError {
    /// Too few or too many nodes.
    #[error("A comparison takes {NODES_MIN} to {NODES_MAX} nodes.")]
    Nodes,
    /// No lookups or too many.
    #[error("A comparison takes 1 to {LOOKUPS_MAX} lookups.")]
    Lookups,
    /// Too many would be killed.
    #[error("At most nine tenths of the nodes can be killed.")]
    Fail,
    /// Too much loss.
    #[error("At most half of the messages can be lost.")]
    Loss,
    /// No successor list, or one too long.
    #[error("A successor list has 1 to {SUCCESSORS_MAX} entries.")]
    Successors,
    /// Upkeep too often or too seldom.
    #[error("The time between two rounds of upkeep is 1 second to 10 minutes.")]
    Upkeep,
}

impl Settings {
    /// Says whether the comparison can be run.
    ///
    /// # Errors
    /// The first setting that lies outside its range.
    pub fn check(&self) -> Result<(), SettingsError> {
        let all = [
            ((NODES_MIN..=NODES_MAX).contains(&self.nodes), SettingsError::Nodes),
            ((1..=LOOKUPS_MAX).contains(&self.lookups), SettingsError::Lookups),
            (self.fail_per_million <= FAIL_MAX, SettingsError::Fail),
            (self.loss_per_million <= LOSS_MAX, SettingsError::Loss),
            ((1..=SUCCESSORS_MAX).contains(&self.successor_list), SettingsError::Successors),
            ((Duration::from_secs(1)..=Duration::from_secs(600)).contains(&self.upkeep), SettingsError::Upkeep),
        ];
        all.into_iter().find(|(good, _)| !good).map_or(Ok(()), |(_, error)| Err(error))
    }

    /// How many nodes are killed.
    #[must_use]
    pub const fn killed(&self) -> u32 {
        // At most nine tenths, so that somebody is left.
        (self.nodes as u64 * self.fail_per_million as u64 / 1_000_000) as u32
    }

    pub(super) fn pastry(&self) -> pastry::Config {
        pastry::Config {
            digits: self.digits,
            leaf_set: self.leaf_set,
            heartbeat_period: Some(self.upkeep),
            ..pastry::Config::live()
        }
    }

    pub(super) fn chord(&self) -> chord::Config {
        chord::Config {
            successor_list: self.successor_list,
            maintenance: Some(self.upkeep),
            ..chord::Config::default()
        }
    }

    /// The command that repeats the comparison in a terminal; what is as usual is left out.
    #[must_use]
    pub fn command(&self) -> String {
        let usual = Self::default();
        let mut text = format!(
            "overlay experiment compare --systems pastry,chord --nodes {} --seed {} --lookups {}",
            self.nodes, self.seed, self.lookups
        );
        if self.fail_per_million > 0 {
            let _ = write!(text, " --fail {}", fraction(self.fail_per_million));
        }
        if self.loss_per_million > 0 {
            let _ = write!(text, " --loss {}", fraction(self.loss_per_million));
        }
        if self.digits != usual.digits {
            let _ = write!(text, " --b {}", self.digits.bits());
        }
        if self.leaf_set != usual.leaf_set {
            let _ = write!(text, " --leaf-set {}", self.leaf_set.total());
        }
        if self.successor_list != usual.successor_list {
            let _ = write!(text, " --successors {}", self.successor_list);
        }
        if self.upkeep != usual.upkeep {
            let _ = write!(text, " --upkeep-s {}", self.upkeep.0 / 1_000_000);
        }
        text
    }
}

/// Millionths as a decimal fraction: 0.25.
fn fraction(millionths: u32) -> String {
    let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_what_differs_from_the_usual() {
        let settings = Settings { nodes: 64, fail_per_million: 250_000, successor_list: 8, ..Settings::default() };
        assert_eq!(
            settings.command(),
            "overlay experiment compare --systems pastry,chord --nodes 64 --seed 1 --lookups 1000 --fail 0.25 --successors 8"
        );
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let refused = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.check().is_err()
        };
        assert!(Settings::default().check().is_ok());
        assert!(refused(|s| s.nodes = 1) && refused(|s| s.nodes = NODES_MAX + 1));
        assert!(refused(|s| s.lookups = 0) && refused(|s| s.lookups = LOOKUPS_MAX + 1));
        assert!(refused(|s| s.fail_per_million = FAIL_MAX + 1) && refused(|s| s.loss_per_million = LOSS_MAX + 1));
        assert!(refused(|s| s.successor_list = 0) && refused(|s| s.upkeep = Duration::ZERO));
    }
}
