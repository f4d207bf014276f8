//! What the nodes of a distributed hash table say to each other, and how a request travels to its key.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Message, Payload, Peer, Purpose, Request, Version};

/// Longest value, in bytes.
pub const MOST_VALUE_BYTES: usize = 64 * 1024;
/// Marks a routed payload as a request to the hash table; other payloads are the application's own.
const TAG: &[u8; 4] = b"DHT1";
/// Tag, kind and length of a value.
const MOST_OVERHEAD_BYTES: usize = 16;

/// A request on its way to the node responsible for its key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Operation<'a> {
    Insert {
        #[serde(borrow)]
        value: &'a [u8],
    },
    Search,
    Delete,
}

impl<'a> Operation<'a> {
    pub(super) fn encode(&self) -> Arc<[u8]> {
        let bytes = postcard::to_extend(self, TAG.to_vec()).expect("a vector takes any number of bytes");
        bytes.into()
    }

    /// `None` if the bytes are no request: too long, of another kind, cut short, or followed by something.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() > MOST_VALUE_BYTES + MOST_OVERHEAD_BYTES {
            return None;
        }
        let rest = bytes.strip_prefix(TAG)?;
        let (operation, rest) = postcard::take_from_bytes::<Operation<'a>>(rest).ok()?;
        let fits = !matches!(operation, Operation::Insert { value } if value.len() > MOST_VALUE_BYTES);
        (rest.is_empty() && fits).then_some(operation)
    }
}

/// A stored value on its way to another node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item<I> {
    /// Its key.
    pub key: I,
    /// Its version.
    pub version: Version<I>,
    /// The value, or `None` if it was deleted.
    pub value: Payload,
    /// Nodes known to hold this version; only with a hand-over.
    pub copies: Vec<Peer>,
}

/// A message of a hash table over an overlay whose messages are `M` and identifiers `I`.
#[derive(Clone, Debug)]
pub enum DhtMessage<M, I> {
    /// The overlay's own.
    Overlay(M),
    /// Hold copies of these.
    Copy {
        /// The values.
        items: Vec<Item<I>>,
    },
    /// You are to answer for these.
    HandOver {
        /// The values.
        items: Vec<Item<I>>,
        /// Times that they were handed on already.
        passes: u8,
    },
    /// I hold these.
    Copied {
        /// Key and version of each.
        items: Vec<(I, Version<I>)>,
        /// Whether they were handed over.
        handed_over: bool,
    },
    /// Copies of these are held elsewhere now, unless they are newer.
    Drop {
        /// Key and version of each.
        items: Vec<(I, Version<I>)>,
    },
    /// The node responsible has nothing under this key yet; if you have, tell the origin.
    Ask {
        /// The request.
        request: Request,
        /// Who wants to know.
        origin: Peer,
        /// The key.
        key: I,
        /// Whom to ask if you have nothing either.
        others: Vec<Peer>,
    },
    /// To the origin: stored.
    Stored {
        /// The request.
        request: Request,
        /// Nodes that hold it or were sent a copy.
        copies: u8,
    },
    /// To the origin: found, or not.
    Found {
        /// The request.
        request: Request,
        /// The value, if there is one.
        value: Payload,
    },
    /// To the origin: deleted.
    Deleted {
        /// The request.
        request: Request,
        /// Whether there was a value.
        existed: bool,
    },
}

impl<M: Message, I: Clone + std::fmt::Debug> Message for DhtMessage<M, I> {
    fn name(&self) -> &'static str {
        match self {
            Self::Overlay(message) => message.name(),
            Self::Copy { .. } => "copy",
            Self::HandOver { .. } => "hand_over",
            Self::Copied { .. } => "copied",
            Self::Drop { .. } => "drop",
            Self::Ask { .. } => "ask",
            Self::Stored { .. } => "stored",
            Self::Found { .. } => "found",
            Self::Deleted { .. } => "deleted",
        }
    }

    fn purpose(&self) -> Purpose {
        match self {
            Self::Overlay(message) => message.purpose(),
            Self::Copy { .. } | Self::HandOver { .. } | Self::Drop { .. } => Purpose::Data,
            Self::Copied { .. } => Purpose::Acknowledgement,
            Self::Ask { .. } => Purpose::Route,
            Self::Stored { .. } | Self::Found { .. } | Self::Deleted { .. } => Purpose::Answer,
        }
    }

    fn request(&self) -> Option<Request> {
        match self {
            Self::Overlay(message) => message.request(),
            Self::Ask { request, .. }
            | Self::Stored { request, .. }
            | Self::Found { request, .. }
            | Self::Deleted { request, .. } => Some(*request),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_read_back() {
        for operation in [Operation::Insert { value: b"a song" }, Operation::Search, Operation::Delete] {
            assert_eq!(Operation::decode(&operation.encode()), Some(operation));
        }
    }

    #[test]
    fn a_request_with_bytes_behind_it_or_too_long_is_none() {
        let mut bytes = Operation::Search.encode().to_vec();
        bytes.push(0);
        assert_eq!(Operation::decode(&bytes), None);
        let long = vec![0; MOST_VALUE_BYTES + 1];
        assert_eq!(Operation::decode(&Operation::Insert { value: &long }.encode()), None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_no_request_or_one_that_writes_back(bytes: Vec<u8>) {
            let tagged = [TAG.as_slice(), &bytes].concat();
            for bytes in [bytes.as_slice(), &tagged] {
                if let Some(operation) = Operation::decode(bytes) {
                    let again = operation.encode();
                    prop_assert_eq!(Operation::decode(&again), Some(operation));
                }
            }
        }
    }
}
