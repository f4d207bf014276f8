//! What FastTrack's peers say to each other.

use std::sync::Arc;

use crate::protocol::{self, Peer, Purpose, Request};
use crate::search::{Entry, Transfer};

/// Names a search between super-peers; its last four bytes are the number of the application's request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SearchId(pub [u64; 2]);

impl SearchId {
    pub(super) fn new(random: u64, request: Request) -> Self {
        Self([random, request.0.into()])
    }

    pub(super) const fn value(self) -> u128 {
        (self.0[0] as u128) << 64 | self.0[1] as u128
    }

    /// The request.
    #[must_use]
    pub const fn request(self) -> Request {
        Request(self.0[1] as u32)
    }
}

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// To a super-super-peer: who are the super-peers?
    AskSupers,
    /// These.
    Supers(Arc<[Peer]>),
    /// To a super-super-peer: I am one.
    IAmSuper,
    /// I am one no longer.
    NoSuper,
    /// Be my super-peer.
    Adopt {
        /// How powerful the asker is, 0 to 99.
        capacity: u8,
        /// What it shares.
        files: Arc<[Arc<str>]>,
    },
    /// I am.
    Adopted,
    /// No: I have enough children, or am no super-peer.
    Full,
    /// Be a super-peer: I have too many children.
    Promote {
        /// Super-peers to link with.
        links: Arc<[Peer]>,
    },
    /// I am no longer your super-peer; this may be.
    Moved {
        /// Who; nobody in particular if it is you, and if it is me, come anew.
        to: Peer,
    },
    /// Let us be linked, super-peer.
    Link,
    /// We are.
    Linked,
    /// We are no longer.
    Unlink,
    /// Index this.
    Share {
        /// The request.
        request: Request,
        /// The file's name.
        name: Arc<str>,
    },
    /// It can be found.
    Shared {
        /// The request.
        request: Request,
        /// Whether there was room for it.
        fits: bool,
    },
    /// Forget this.
    Unshare {
        /// The request.
        request: Request,
        /// The file's name.
        name: Arc<str>,
    },
    /// It can be found no more.
    Unshared {
        /// The request.
        request: Request,
        /// Whether it was there.
        existed: bool,
    },
    /// Of a child: who has this?
    Ask {
        /// The request.
        request: Request,
        /// The terms.
        words: Arc<str>,
    },
    /// To a child: these.
    Hits {
        /// The request.
        request: Request,
        /// Links between the child and whoever knew.
        hops: u8,
        /// The best first.
        entries: Arc<[Entry]>,
    },
    /// To a child: no more.
    Over {
        /// The request.
        request: Request,
    },
    /// Between super-peers: who has this?
    Query {
        /// Names the search.
        id: SearchId,
        /// How often it may still be passed on.
        ttl: u8,
        /// How often it was.
        hops: u8,
        /// The terms.
        words: Arc<str>,
    },
    /// Between super-peers, on the way back: these.
    Found {
        /// Names the search.
        id: SearchId,
        /// Links back so far.
        hops: u8,
        /// The best first.
        entries: Arc<[Entry]>,
    },
    /// Are you there?
    Alive {
        /// Of a child: stands for what it shares ([`Shelf::digest`](crate::search::Shelf::digest)).
        digest: u64,
    },
    /// I am.
    AliveToo,
    /// Goodbye.
    Bye,
    /// Straight between two peers.
    Transfer(Transfer),
}

impl From<Transfer> for Message {
    fn from(transfer: Transfer) -> Self {
        Self::Transfer(transfer)
    }
}

impl protocol::Message for Message {
    fn name(&self) -> &'static str {
        match self {
            Self::AskSupers => "ask for super-peers",
            Self::Supers(_) => "super-peers",
            Self::IAmSuper => "super-peer here",
            Self::NoSuper => "no super-peer here",
            Self::Adopt { .. } => "adopt",
            Self::Adopted => "adopted",
            Self::Full => "full",
            Self::Promote { .. } => "promote",
            Self::Moved { .. } => "moved",
            Self::Link => "link",
            Self::Linked => "linked",
            Self::Unlink => "unlink",
            Self::Share { .. } => "share",
            Self::Shared { .. } => "shared",
            Self::Unshare { .. } => "unshare",
            Self::Unshared { .. } => "unshared",
            Self::Ask { .. } => "ask",
            Self::Hits { .. } => "hits",
            Self::Over { .. } => "over",
            Self::Query { .. } => "query",
            Self::Found { .. } => "found",
            Self::Alive { .. } => "alive",
            Self::AliveToo => "alive too",
            Self::Bye => "bye",
            Self::Transfer(transfer) => transfer.name(),
        }
    }

    fn purpose(&self) -> Purpose {
        match self {
            Self::AskSupers
            | Self::Supers(_)
            | Self::IAmSuper
            | Self::NoSuper
            | Self::Adopt { .. }
            | Self::Adopted
            | Self::Full
            | Self::Promote { .. }
            | Self::Moved { .. }
            | Self::Link
            | Self::Linked
            | Self::Unlink
            | Self::Bye => Purpose::Membership,
            Self::Share { .. } | Self::Shared { .. } | Self::Unshare { .. } | Self::Unshared { .. } => Purpose::Data,
            Self::Ask { .. } | Self::Query { .. } => Purpose::Route,
            Self::Hits { .. } | Self::Over { .. } | Self::Found { .. } => Purpose::Answer,
            Self::Alive { .. } | Self::AliveToo => Purpose::Maintenance,
            Self::Transfer(transfer) => transfer.purpose(),
        }
    }

    fn request(&self) -> Option<Request> {
        match self {
            Self::Share { request, .. }
            | Self::Shared { request, .. }
            | Self::Unshare { request, .. }
            | Self::Unshared { request, .. }
            | Self::Ask { request, .. }
            | Self::Hits { request, .. }
            | Self::Over { request } => Some(*request),
            Self::Query { id, .. } | Self::Found { id, .. } => Some(id.request()),
            Self::Transfer(transfer) => Some(transfer.request()),
            _ => None,
        }
    }
}
