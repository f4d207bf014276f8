//! An offer or answer that people or a meeting place hand on.

use data_encoding::{BASE64URL_NOPAD, DecodeKind};
use thiserror::Error;

use super::{BlobError, Description};
use crate::id::Guid;

/// The longest text that is looked at, in bytes: a link with an invitation in it.
const MOST_TEXT_BYTES: usize = 4_096;
/// The longest invitation, in bytes.
const MOST_BYTES: usize = 768;
/// Bytes of the attempt's number.
const ATTEMPT_BYTES: usize = 6;

/// Why a text is no invitation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum InvitationError {
    /// Nothing is there.
    #[error("There is no invitation in this text.")]
    Empty,
    /// Too much text.
    #[error("This text is too long to be an invitation.")]
    TooLong,
    /// Characters that no invitation has.
    #[error("This is no invitation: it has characters that none of ours has.")]
    Characters,
    /// It does not read.
    #[error("This invitation cannot be read. {0}")]
    Content(#[from] BlobError),
}

/// See the module. In bytes: the first byte of the description, the attempt (6), the GUID (16), the rest of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invitation {
    /// The number of the inviter's attempt; its answer carries the same. Below 2^48.
    pub attempt: u64,
    /// Who offers or answers. The link's greeting proves it.
    pub from: Guid,
    /// How to reach it.
    pub description: Description,
}

impl Invitation {
    /// As bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.description.to_bytes();
        let attempt = self.attempt.to_be_bytes();
        let from = self.from.0.to_be_bytes();
        bytes.splice(1..1, attempt[8 - ATTEMPT_BYTES..].iter().chain(&from).copied());
        bytes
    }

    /// From bytes.
    ///
    /// # Errors
    /// If they are too many, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvitationError> {
        let Some((head, rest)) = bytes.split_first() else { return Err(InvitationError::Empty) };
        if bytes.len() > MOST_BYTES {
            return Err(InvitationError::TooLong);
        }
        let cut = rest.split_first_chunk::<ATTEMPT_BYTES>();
        let cut = cut.and_then(|(attempt, rest)| Some((attempt, rest.split_first_chunk::<16>()?)));
        let Some((attempt, (from, rest))) = cut else { return Err(BlobError::Damaged.into()) };
        let description = Description::from_bytes(&[&[*head], rest].concat())?;
        let attempt = attempt.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Ok(Self { attempt, from: Guid(u128::from_be_bytes(*from)), description })
    }

    /// As text for a link or a QR code: URL-safe base64.
    #[must_use]
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.to_bytes())
    }

    /// From text, or from a whole link that ends with it. Blanks and line breaks, which chat programs put in, are
    /// passed over.
    ///
    /// # Errors
    /// If there is none in the text.
    pub fn from_text(text: &str) -> Result<Self, InvitationError> {
        if text.len() > MOST_TEXT_BYTES {
            return Err(InvitationError::TooLong);
        }
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let last = text.rsplit(['=', '/', '#', '?', '&']).next().unwrap_or_default();
        if last.is_empty() {
            return Err(InvitationError::Empty);
        }
        let bytes = BASE64URL_NOPAD.decode(last.as_bytes()).map_err(|error| match error.kind {
            DecodeKind::Symbol => InvitationError::Characters,
            _ => BlobError::Damaged.into(),
        })?;
        Self::from_bytes(&bytes)
    }
}
