//! What the systems that search by words have in common: what an application asks of them and hears from them, names and
//! words, the files a peer shares, an index of files, and the memory of what has come by.
//!
//! Draws the slides "Resource Location in P2P Systems", "Data Management Protocol" (search, insert, delete) and "Comparison
//! of P2P Techniques", search capabilities: "a search phrase is handled locally on a peer – it can use traditional database
//! and pattern matching techniques". Napster, Gnutella, FastTrack and full replication stand on it; none knows another.
//!
//! # Implementation notes
//! - These systems route no keys, so their nodes are [`Node`](crate::protocol::Node)s and not overlays. A request is a
//!   name or words; whoever is asked looks at text.
//! - Names are compared, and kept, in lower case. All terms of a search have to occur in a name, anywhere in it; how good a
//!   match is only orders the answers.
//! - A file is its name: no bytes move but one message that stands for the transfer.

mod fetch;
mod found;
mod index;
mod seen;
mod shelf;
mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use fetch::{Fetch, Fetches, Fetching, Transfer};
pub use found::Found;
pub use index::{Entry, Index};
pub use seen::Seen;
pub use shelf::{File, Shelf};
pub use words::{digest, fits, normal, rank};

use crate::protocol::{Membership, Peer, Request};

/// The longest name, and the longest phrase that is searched for, in bytes.
pub const NAME_BYTES_MAX: usize = 200;
/// Files that one answer names at the most; a QueryHit counts them in one byte.
pub const HITS_MAX: usize = 64;

/// What an application asks of a node that searches by words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SearchCommand {
    /// Come in or go.
    Member(Membership),
    /// Share a file; answered by [`SearchEvent::Published`].
    Publish {
        /// Names the request.
        request: Request,
        /// The file's name.
        name: Arc<str>,
    },
    /// Share a file no longer; answered by [`SearchEvent::Withdrawn`].
    Withdraw {
        /// Names the request.
        request: Request,
        /// The file's name.
        name: Arc<str>,
    },
    /// Find files; answered by [`SearchEvent::Hit`]s and one [`SearchEvent::Ended`].
    Search {
        /// Names the request.
        request: Request,
        /// The terms, all of which a name has to contain.
        words: Arc<str>,
        /// Whether the first file found is also fetched; answered by [`SearchEvent::Fetched`].
        fetch: bool,
    },
}

impl SearchCommand {
    /// The request that it names.
    #[must_use]
    pub const fn request(&self) -> Option<Request> {
        match self {
            Self::Publish { request, .. } | Self::Withdraw { request, .. } | Self::Search { request, .. } => {
                Some(*request)
            }
            Self::Member(_) => None,
        }
    }
}

impl From<Membership> for SearchCommand {
    fn from(wish: Membership) -> Self {
        Self::Member(wish)
    }
}

/// What a node that searches by words tells its application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SearchEvent {
    /// The node is a member.
    Joined,
    /// The node could not come in: nobody answered.
    JoinFailed,
    /// The node has said goodbye.
    Left,
    /// The peers that this node is linked with changed.
    NeighboursChanged,
    /// The node became a super-peer.
    Promoted,
    /// The node is a super-peer no longer.
    Demoted,
    /// A file can be found from now on.
    Published {
        /// The request.
        request: Request,
    },
    /// A file is gone from wherever it was announced.
    Withdrawn {
        /// The request.
        request: Request,
        /// Whether it was there.
        existed: bool,
    },
    /// A file that fits a search.
    Hit {
        /// The request.
        request: Request,
        /// Who has it.
        holder: Peer,
        /// Links from here to whoever answered.
        hops: u8,
        /// Its name.
        name: Arc<str>,
    },
    /// No more answers are waited for.
    Ended {
        /// The request.
        request: Request,
        /// Files found.
        hits: u32,
    },
    /// A file has come.
    Fetched {
        /// The request.
        request: Request,
        /// From whom.
        holder: Peer,
        /// Its name.
        name: Arc<str>,
    },
    /// Something cannot be done.
    Failed {
        /// The request.
        request: Request,
        /// Why.
        reason: SearchError,
    },
}

impl SearchEvent {
    /// Whether nothing more is waited for after it.
    #[must_use]
    pub fn ends(&self, over: Request) -> bool {
        !matches!(self, Self::Hit { .. }) && self.request() == Some(over)
    }

    /// The request it belongs to.
    #[must_use]
    pub const fn request(&self) -> Option<Request> {
        match self {
            Self::Published { request }
            | Self::Withdrawn { request, .. }
            | Self::Hit { request, .. }
            | Self::Ended { request, .. }
            | Self::Fetched { request, .. }
            | Self::Failed { request, .. } => Some(*request),
            _ => None,
        }
    }
}

/// Why a request came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Error)]
pub enum SearchError {
    /// The node is no member (yet, or any more).
    #[error("the node is not a member of the network")]
    NotAMember,
    /// Whoever should have answered did not.
    #[error("nobody answered")]
    NobodyAnswered,
    /// Not a name that a file can have, or nothing to search for.
    #[error("a name has 1 to {NAME_BYTES_MAX} bytes")]
    Name,
    /// No holder of the file sends it.
    #[error("no peer that has the file sends it")]
    NotSent,
    /// The node, or whoever keeps the index, has no room for more files.
    #[error("there is no room for more files")]
    Full,
}
