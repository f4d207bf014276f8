//! Messages longer than a data channel carries well, in parts.

use thiserror::Error;

use super::{Bytes, Fragment, Frame};

/// Longest message, in bytes: a batch of stored values and what goes with it.
pub const MOST_MESSAGE_BYTES: usize = 128 * 1024;
/// Longest part, in bytes; with its head it stays below 16 KiB.
pub const MOST_CHUNK_BYTES: usize = 16_000;
/// Head and numbers of a fragment, at most.
const HEAD_BYTES: usize = 4 + 5 + 3 + 3 + 3;
const _: () = assert!(MOST_CHUNK_BYTES + HEAD_BYTES < 16 * 1024);

/// Cuts the bytes of a message into what a data channel takes: one piece if it is short. `message` names it.
#[must_use]
pub fn fragments(bytes: Vec<u8>, message: u32) -> Vec<Vec<u8>> {
    if bytes.len() <= MOST_CHUNK_BYTES {
        return vec![bytes];
    }
    let chunks = bytes.chunks(MOST_CHUNK_BYTES);
    // A message has at most 128 KiB.
    let count = chunks.len() as u16;
    let part = |(index, chunk): (u16, &[u8])| {
        let bytes = Bytes::new(chunk.into()).expect("cut to size above");
        Frame::Fragment(Fragment { message, index, count, bytes }).encode()
    };
    (0..count).zip(chunks).map(part).collect()
}

/// Why a fragment was dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ReassemblyError {
    /// More parts than the longest message has, or none.
    #[error("a message in more parts than any has")]
    TooMany,
    /// A part that does not follow the one before.
    #[error("a part of a message out of order")]
    OutOfOrder,
}

/// Puts the parts of one link together. Channels keep the order, so there is one message at a time.
#[derive(Clone, Debug, Default)]
pub struct Fragments {
    message: u32,
    /// The part that comes next; 0 if none was begun.
    next: u16,
    count: u16,
    bytes: Vec<u8>,
}

impl Fragments {
    /// Takes a part in. The whole message's bytes with the last one.
    ///
    /// # Errors
    /// If it does not fit to those before; all of them are dropped then.
    pub fn take(&mut self, part: &Fragment) -> Result<Option<Vec<u8>>, ReassemblyError> {
        let begun = std::mem::take(self);
        if part.count < 2 || usize::from(part.count) > MOST_MESSAGE_BYTES.div_ceil(MOST_CHUNK_BYTES) {
            return Err(ReassemblyError::TooMany);
        }
        let expected =
            if begun.next == 0 { (part.message, 0, part.count) } else { (begun.message, begun.next, begun.count) };
        if (part.message, part.index, part.count) != expected {
            return Err(ReassemblyError::OutOfOrder);
        }
        let mut bytes = begun.bytes;
        bytes.extend_from_slice(&part.bytes);
        if part.index + 1 == part.count {
            return Ok(Some(bytes));
        }
        *self = Self { message: part.message, next: part.index + 1, count: part.count, bytes };
        Ok(None)
    }
}
