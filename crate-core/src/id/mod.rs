//! Identifiers on a ring: Pastry's 128-bit GUIDs and Chord's m-bit identifiers.
//!
//! Draws the slides "Pastry" (0 ≤ GUID ≤ 2^128 − 1, GUID = SHA-1 of a public key or of an object's name) and "Chord:
//! an example DHT" (SHA-1 of a node's address or of a file's name).

mod chord_id;
mod guid;
mod hex;

use core::fmt::Debug;

pub use chord_id::{ChordId, IdBits};
pub use guid::{Digits, Guid};
pub use hex::HexError;

use rand::Rng;
use sha1::{Digest, Sha1};

/// SHA-1 of some bytes: the hash of both slides.
#[must_use]
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    Sha1::digest(bytes).into()
}

/// What every identifier on a ring can do, whatever the system.
pub trait RingId: Copy + Ord + Debug + 'static {
    /// The ring an identifier lives on (for Chord its number of bits).
    type Space: Copy + Debug + PartialEq;

    /// The identifier of a name or of a public key, by SHA-1.
    fn of_name(space: Self::Space, name: &str) -> Self;

    /// Reads digits typed by a person.
    ///
    /// # Errors
    /// If they are none, too many, or not digits of this kind of identifier.
    fn parse(space: Self::Space, text: &str) -> Result<Self, HexError>;

    /// A uniformly random identifier.
    fn random<R: Rng>(space: Self::Space, rng: &mut R) -> Self;

    /// How many identifiers the ring has, or `u64::MAX` if that is more.
    fn room(space: Self::Space) -> u64;

    /// Where the identifier lies on its ring, as a fraction of a whole turn: 0 ≤ turn < 1, clockwise from 0.
    fn turn(self, space: Self::Space) -> f64;

    /// The identifier as text, cut to `digits` digits where the notation allows a cut.
    fn text(self, space: Self::Space, digits: usize) -> String;
}
