//! What real nodes send each other over real links: versioned bytes.
//!
//! # Layout, version 1
//! `0xD7`, version, kind, flags (0), then the postcard encoding of the kind's body. Kinds and variants are only ever
//! added at the end; golden vectors in the tests hold the bytes. Identifiers are 16 bytes, big-endian: the 4-byte peer
//! indexes of tables and messages mean something in one process only, and are translated in `node`.
//!
//! A data channel takes messages of up to 16 KiB well; longer ones travel in fragments (`fragment`).
//!
//! # Implementation notes
//! - Lists and byte strings have limits that are checked before anything is allocated for them, and what is behind the
//!   body is an error.
//! - An unknown version is an error of its own, which carries it: the receiver answers with [`Frame::Refuse`], the one
//!   kind that keeps its layout in all versions.

mod bounded;
mod fragment;
mod message;
mod node;
#[cfg(test)]
mod tests;

pub use bounded::{Bytes, List};
pub use fragment::{Fragments, MOST_CHUNK_BYTES, MOST_MESSAGE_BYTES, ReassemblyError, fragments};
pub use message::{
    ByeReason, Fragment, Frame, Hello, Hop, MOST_HOPS, Parcel, ParcelBody, Ping, Proof, Refuse, Signal, SignalKind,
    Standing,
};
pub use node::{Carried, Intern, NodeMessage, from_wire, to_wire};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The first byte of everything.
pub const MAGIC: u8 = 0xD7;
/// The version of the format that this program speaks.
pub const VERSION: u8 = 1;

/// Why bytes are no message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum WireError {
    /// Fewer bytes than any message has.
    #[error("a message is cut short")]
    TooShort,
    /// More bytes than any message has.
    #[error("a message is longer than {MOST_MESSAGE_BYTES} bytes")]
    TooLong,
    /// Not of this program.
    #[error("bytes that are no message of an overlay")]
    Magic,
    /// Of another version.
    #[error("a message of version {0} of the format; this program speaks version {VERSION}")]
    Version(u8),
    /// A kind that this version does not have.
    #[error("a message of an unknown kind ({0})")]
    Kind(u8),
    /// Flags that this version does not have.
    #[error("a message with unknown flags ({0})")]
    Flags(u8),
    /// Its body does not read, or breaks a limit.
    #[error("a message whose body cannot be read")]
    Body,
}

/// Kinds, as they stand in the third byte.
mod kind {
    pub(super) const REFUSE: u8 = 0;
    pub(super) const HELLO: u8 = 1;
    pub(super) const PROOF: u8 = 2;
    pub(super) const PING: u8 = 3;
    pub(super) const PONG: u8 = 4;
    pub(super) const BYE: u8 = 5;
    pub(super) const NODE: u8 = 6;
    pub(super) const PARCEL: u8 = 7;
    pub(super) const ANNOUNCE: u8 = 8;
    pub(super) const ROSTER: u8 = 9;
    pub(super) const FRAGMENT: u8 = 10;
}

impl Frame {
    fn kind(&self) -> u8 {
        match self {
            Self::Refuse(_) => kind::REFUSE,
            Self::Hello(_) => kind::HELLO,
            Self::Proof(_) => kind::PROOF,
            Self::Ping(_) => kind::PING,
            Self::Pong(_) => kind::PONG,
            Self::Bye(_) => kind::BYE,
            Self::Node(_) => kind::NODE,
            Self::Parcel(_) => kind::PARCEL,
            Self::Announce(_) => kind::ANNOUNCE,
            Self::Roster => kind::ROSTER,
            Self::Fragment(_) => kind::FRAGMENT,
        }
    }

    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Refuse(body) => write(self.kind(), body),
            Self::Hello(body) => write(self.kind(), body),
            Self::Proof(body) => write(self.kind(), body),
            Self::Ping(body) | Self::Pong(body) => write(self.kind(), body),
            Self::Bye(body) => write(self.kind(), body),
            Self::Node(body) => write(self.kind(), body),
            Self::Parcel(body) => write(self.kind(), body),
            Self::Announce(body) => write(self.kind(), body),
            Self::Roster => write(self.kind(), &()),
            Self::Fragment(body) => write(self.kind(), body),
        }
    }

    /// From bytes that a peer sent.
    ///
    /// # Errors
    /// If they are no message of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MOST_MESSAGE_BYTES {
            return Err(WireError::TooLong);
        }
        let Some(([magic, version, kind, flags], body)) = bytes.split_first_chunk::<4>() else {
            return Err(if bytes.first().is_some_and(|first| *first != MAGIC) {
                WireError::Magic
            } else {
                WireError::TooShort
            });
        };
        match (*magic, *version, *kind) {
            (MAGIC, _, kind::REFUSE) => return read(body).map(Self::Refuse),
            (MAGIC, VERSION, _) => {}
            (MAGIC, version, _) => return Err(WireError::Version(version)),
            _ => return Err(WireError::Magic),
        }
        if *flags != 0 {
            return Err(WireError::Flags(*flags));
        }
        match *kind {
            kind::HELLO => read(body).map(Self::Hello),
            kind::PROOF => read(body).map(Self::Proof),
            kind::PING => read(body).map(Self::Ping),
            kind::PONG => read(body).map(Self::Pong),
            kind::BYE => read(body).map(Self::Bye),
            kind::NODE => read(body).map(Self::Node),
            kind::PARCEL => read(body).map(Self::Parcel),
            kind::ANNOUNCE => read(body).map(Self::Announce),
            kind::ROSTER => read(body).map(|()| Self::Roster),
            kind::FRAGMENT => read(body).map(Self::Fragment),
            unknown => Err(WireError::Kind(unknown)),
        }
    }
}

fn write<T: Serialize>(kind: u8, body: &T) -> Vec<u8> {
    postcard::to_extend(body, vec![MAGIC, VERSION, kind, 0]).expect("a vector takes any number of bytes")
}

/// Reads a body that nothing follows.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, WireError> {
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        _ => Err(WireError::Body),
    }
}
