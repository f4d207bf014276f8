//! What a member lets everybody know of itself: its name, and whether it is here.
//!
//! Signed, so that members can pass it on; numbered by the moment of signing, so that an old one cannot be played again
//! after a new one.

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::{KeyPair, PublicKey, Signature};
use crate::id::Guid;
use crate::time::{Duration, Time};

/// Longest name, in bytes.
pub const MOST_NAME_BYTES: usize = 40;
/// How far clocks of two members may differ, and how old an announcement may be, before it counts as played again.
pub(crate) const FRESH: Duration = Duration::from_secs(15 * 60);
/// What the signature is for.
const WHAT: &str = "overlay lab announcement 1";

/// A name that a member chose: short, of one line.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum NameError {
    /// Too long.
    #[error("A name has at most {MOST_NAME_BYTES} bytes (about as many letters); this one has {0}.")]
    TooLong(usize),
    /// Line breaks, or characters that change what stands beside them.
    #[error("A name is one line of visible characters.")]
    Invisible,
}

impl Name {
    /// A name as typed, without blanks around it. An empty one is none, and allowed.
    ///
    /// # Errors
    /// If it is too long or has invisible characters.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if text.len() > MOST_NAME_BYTES {
            return Err(NameError::TooLong(text.len()));
        }
        if text.chars().any(is_invisible) {
            return Err(NameError::Invisible);
        }
        Ok(Self(text.into()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, and those that turn the direction of writing or hide.
fn is_invisible(c: char) -> bool {
    let code = u32::from(c);
    c.is_control() || matches!(code, 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF)
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <&'de str>::deserialize(from)?;
        let name = Self::new(text).map_err(serde::de::Error::custom)?;
        // What was signed is what was sent: nothing is trimmed on the way.
        if name.0 == text { Ok(name) } else { Err(serde::de::Error::custom("blanks around a name")) }
    }
}

/// Whether a member is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Presence {
    /// It is.
    Here,
    /// Its tab is hidden or asleep: it may not answer for a while.
    Away,
    /// It has left.
    Gone,
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Announcement {
    /// Of whom.
    pub key: PublicKey,
    /// When it was signed; a later one of the same key counts.
    pub at: Time,
    /// Whether it is there.
    pub presence: Presence,
    /// Its name.
    pub name: Name,
    /// By `key`.
    pub signature: Signature,
}

impl Announcement {
    /// Signs an announcement.
    #[must_use]
    pub fn new(keys: &KeyPair, at: Time, presence: Presence, name: Name) -> Self {
        let signature = keys.sign(WHAT, &[&at.0.to_be_bytes(), &[presence as u8], name.0.as_bytes()]);
        Self { key: keys.public(), at, presence, name, signature }
    }

    /// The member's GUID.
    #[must_use]
    pub fn guid(&self) -> Guid {
        self.key.guid()
    }

    /// Whether it was signed about now.
    #[must_use]
    pub fn is_fresh(&self, now: Time) -> bool {
        now.since(self.at) <= FRESH && self.at.since(now) <= FRESH
    }

    /// Whether the member itself signed it.
    #[must_use]
    pub fn is_genuine(&self) -> bool {
        let parts: [&[u8]; 3] = [&self.at.0.to_be_bytes(), &[self.presence as u8], self.name.0.as_bytes()];
        self.key.signed(WHAT, &parts, &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement() -> Announcement {
        let keys = KeyPair::from_secret(&[3; 32]);
        Announcement::new(&keys, Time(1_000_000), Presence::Here, Name::new("Ada").expect("a name"))
    }

    #[test]
    fn what_was_changed_after_signing_is_not_genuine() {
        let genuine = announcement();
        assert!(genuine.is_genuine());
        let name = Name::new("Eve").expect("a name");
        assert!(!Announcement { name, ..genuine.clone() }.is_genuine());
        assert!(!Announcement { at: Time(1_000_001), ..genuine.clone() }.is_genuine());
        assert!(!Announcement { presence: Presence::Gone, ..genuine.clone() }.is_genuine());
        assert!(!Announcement { key: KeyPair::from_secret(&[4; 32]).public(), ..genuine }.is_genuine());
    }

    #[test]
    fn an_announcement_of_another_hour_is_not_fresh() {
        let one = announcement();
        assert!(one.is_fresh(Time(2_000_000)) && one.is_fresh(Time::ZERO));
        assert!(!one.is_fresh(Time(1_000_000) + Duration::from_secs(3_600)));
        let ahead = Announcement { at: Time(7_200_000_000), ..one };
        assert!(!ahead.is_fresh(Time::ZERO));
    }

    #[test]
    fn a_name_is_one_short_visible_line() {
        assert_eq!(Name::new("  Grace Hopper ").map(|name| name.0), Ok("Grace Hopper".into()));
        assert_eq!(Name::new(""), Ok(Name::default()));
        assert_eq!(Name::new(&"x".repeat(41)), Err(NameError::TooLong(41)));
        for text in ["a\nb", "a\u{202E}b", "\u{0}", "zero\u{200B}width"] {
            assert_eq!(Name::new(text), Err(NameError::Invisible), "{text:?}");
        }
    }

    #[test]
    fn bytes_read_back_and_a_long_name_in_them_is_refused() {
        let one = announcement();
        let bytes = postcard::to_allocvec(&one).expect("encodes");
        assert_eq!(postcard::from_bytes(&bytes), Ok(one));
        let long = postcard::to_allocvec(&"x".repeat(41)).expect("encodes");
        assert!(postcard::from_bytes::<Name>(&long).is_err());
    }
}
