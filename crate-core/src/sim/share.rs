//! A whole situation as text: what a share link or a file carries.
//!
//! Format, version 2: `2.` and then, in URL-safe base64 without padding, the postcard encoding of [`Situation`].

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::lab::{Lab, Setup};
use super::session::RestoreError;
use super::spec::{Build, LogEntry};
use crate::protocol::Peer;
use crate::time::Duration;

/// The longest text that is read, in characters. A file may be longer than a link, but not without bound.
pub const TEXT_MAX: usize = 1 << 20;
/// The longest link that programs pass on unharmed, in characters.
pub const LINK_MAX: usize = 8_000;
/// The longest history that is replayed, in actions and in records.
const LOG_MAX: usize = 10_000;
const RECORDS_MAX: u32 = 1_000_000;
/// The largest world that a situation from elsewhere may ask for.
const LINKED_NODES_MAX: usize = 100_000;
/// The most that a situation from elsewhere may ask for while its world is filled by joins.
const JOINED_NODES_MAX: usize = 2_000;
const SETTLE_SECS_MAX: u32 = 600;
/// The shortest upkeep period and time-out that a situation from elsewhere may ask for.
const PERIOD_MIN: Duration = Duration::from_secs(1);
const TIMEOUT_MIN: Duration = Duration::from_millis(10);

/// A moment of a world, with everything that led to it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Situation {
    /// The scene's name, if it is one.
    pub scene: Option<String>,
    /// What the world is made from.
    pub setup: Setup,
    /// The other system's world, if two run side by side on the same log.
    pub companion: Option<Setup>,
    /// What was done.
    pub log: Vec<LogEntry>,
    /// What was done in the companion's world.
    pub companion_log: Vec<LogEntry>,
    /// Records that had happened.
    pub position: u32,
    /// Records that had happened in the companion's world.
    pub companion_position: u32,
    /// Time since the last of them.
    pub since: Duration,
    /// How it was looked at.
    pub view: View,
}

/// How a situation was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct View {
    /// The plain ring instead of the system's own picture.
    pub plain_ring: bool,
    /// The node whose tables were shown.
    pub selected: Option<Peer>,
}

/// Why a text is no situation.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ShareError {
    /// Nothing is there.
    #[error("The link carries nothing to show.")]
    Empty,
    /// Another version.
    #[error("The link was made by another version of Overlay Lab ({0}); this one reads version 2.")]
    Version(String),
    /// Too much text.
    #[error("The link is too long to be one of ours.")]
    TooLong,
    /// Cut off or altered.
    #[error("The link is damaged: part of it is missing or changed.")]
    Damaged,
    /// It reads, but would keep this machine busy for ever.
    #[error("The link asks for more work than this page takes on: a larger world, a longer history or faster timers.")]
    TooMuch,
    /// The parts do not fit.
    #[error("The link's history does not fit: {0}")]
    Restore(#[from] RestoreError),
}

impl Situation {
    /// The moment a lab shows.
    #[must_use]
    pub fn of(lab: &Lab, scene: Option<&str>, companion: Option<&Lab>, view: View) -> Self {
        let last = lab.position().checked_sub(1).map_or(lab.origin(), |last| lab.trace().records()[last as usize].at);
        // What lies after the moment shown is part of the situation only where it was done by the user.
        Self {
            scene: scene.map(Into::into),
            setup: lab.setup(),
            companion: companion.map(Lab::setup),
            log: lab.log().to_vec(),
            companion_log: companion.map(|lab| lab.log().to_vec()).unwrap_or_default(),
            position: lab.position(),
            companion_position: companion.map_or(0, Lab::position),
            since: lab.clock() - last,
            view,
        }
    }

    /// As text.
    ///
    /// # Panics
    /// Never: plain data always encodes.
    #[must_use]
    pub fn encode(&self) -> String {
        let bytes = postcard::to_allocvec(self).expect("plain data encodes");
        format!("2.{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// From text.
    ///
    /// # Errors
    /// If the text is empty, too long, damaged, or of another version.
    pub fn decode(text: &str) -> Result<Self, ShareError> {
        let text = text.trim();
        if text.len() > TEXT_MAX {
            return Err(ShareError::TooLong);
        }
        let Some((version, body)) = text.split_once('.') else {
            return Err(if text.is_empty() { ShareError::Empty } else { ShareError::Damaged });
        };
        if version != "2" {
            return Err(ShareError::Version(version.chars().take(20).collect()));
        }
        let bytes = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| ShareError::Damaged)?;
        let (situation, rest) = postcard::take_from_bytes::<Self>(&bytes).map_err(|_| ShareError::Damaged)?;
        let logs = situation.log.len().max(situation.companion_log.len());
        if rest.is_empty() && logs <= LOG_MAX { Ok(situation) } else { Err(ShareError::Damaged) }
    }

    /// The worlds at the moment the situation shows.
    ///
    /// # Errors
    /// If the history does not fit its world.
    pub fn restore(&self) -> Result<(Lab, Option<Lab>), ShareError> {
        let logged = self.log.iter().chain(&self.companion_log).map(|entry| entry.position);
        let furthest = logged.chain([self.position, self.companion_position]).max();
        let bounded = std::iter::once(&self.setup).chain(&self.companion).all(is_bounded);
        if !bounded || furthest > Some(RECORDS_MAX) {
            return Err(ShareError::TooMuch);
        }
        let mut lab = Lab::restore(self.setup.clone(), &self.log, self.position)?;
        if self.since > Duration::ZERO {
            let moment = lab.clock() + self.since;
            lab.run_until(moment);
        }
        let companion = self.companion.clone();
        let mut companion =
            companion.map(|setup| Lab::restore(setup, &self.companion_log, self.companion_position)).transpose()?;
        if let Some(other) = &mut companion {
            // One clock for both, as far as nothing more happens by it.
            let moment = other.origin() + (lab.clock() - lab.origin());
            if moment > other.clock() {
                other.run_until(moment);
            }
            if other.position() != self.companion_position {
                other.seek(self.companion_position);
            }
        }
        Ok((lab, companion))
    }
}

/// Whether a world can be filled, and its upkeep simulated, with a bounded amount of work.
fn is_bounded(setup: &Setup) -> bool {
    let (build, nodes, timeouts, period) = match setup {
        Setup::Pastry(spec) => {
            let config = &spec.config.overlay;
            let shortest = config.ack_timeout.min(config.probe_timeout).min(config.join_timeout);
            (spec.build, spec.placed.len() + spec.random as usize, shortest, config.heartbeat_period)
        }
        Setup::Chord(spec) => {
            let config = &spec.config.overlay;
            (spec.build, spec.placed.len() + spec.random as usize, config.ack_timeout, config.maintenance)
        }
    };
    let built = match build {
        Build::Converged => true,
        Build::Joined { settle_secs } => nodes <= JOINED_NODES_MAX && settle_secs <= SETTLE_SECS_MAX,
    };
    built && nodes <= LINKED_NODES_MAX && timeouts >= TIMEOUT_MIN && period.is_none_or(|period| period >= PERIOD_MIN)
}
