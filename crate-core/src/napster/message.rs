//! What Napster's peers and servers say to each other.

use std::sync::Arc;

use crate::protocol::{self, Peer, Purpose, Request};
use crate::search::{Entry, Transfer};

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// Here I am, with these files.
    Login {
        /// Their names.
        files: Arc<[Arc<str>]>,
    },
    /// You are registered.
    Welcome,
    /// I share one more.
    Share {
        /// The request.
        request: Request,
        /// Its name.
        name: Arc<str>,
    },
    /// It can be found.
    Shared {
        /// The request.
        request: Request,
    },
    /// It cannot: the index is full, or that is no name.
    NoRoom {
        /// The request.
        request: Request,
    },
    /// I share one no longer.
    Unshare {
        /// The request.
        request: Request,
        /// Its name.
        name: Arc<str>,
    },
    /// It can be found no more.
    Unshared {
        /// The request.
        request: Request,
        /// Whether it could.
        existed: bool,
    },
    /// Who has this?
    Search {
        /// The request.
        request: Request,
        /// Who wants to know.
        asker: Peer,
        /// The terms.
        words: Arc<str>,
        /// Whether another server passed it on.
        passed_on: bool,
    },
    /// These do.
    Results {
        /// The request.
        request: Request,
        /// The best first.
        entries: Arc<[Entry]>,
    },
    /// I am still here.
    Alive {
        /// Stands for what I share: [`Shelf::digest`](crate::search::Shelf::digest).
        digest: u64,
    },
    /// I know.
    AliveToo,
    /// I do not know you, or share other files of yours: log in anew.
    Stranger,
    /// Goodbye.
    Logout,
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
            Self::Login { .. } => "login",
            Self::Welcome => "welcome",
            Self::Share { .. } => "share",
            Self::Shared { .. } => "shared",
            Self::NoRoom { .. } => "no room",
            Self::Unshare { .. } => "unshare",
            Self::Unshared { .. } => "unshared",
            Self::Search { .. } => "search",
            Self::Results { .. } => "results",
            Self::Alive { .. } => "alive",
            Self::AliveToo => "alive too",
            Self::Stranger => "stranger",
            Self::Logout => "logout",
            Self::Transfer(transfer) => transfer.name(),
        }
    }

    fn purpose(&self) -> Purpose {
        match self {
            Self::Login { .. } | Self::Welcome | Self::Stranger | Self::Logout => Purpose::Membership,
            Self::Share { .. }
            | Self::Unshare { .. }
            | Self::Shared { .. }
            | Self::Unshared { .. }
            | Self::NoRoom { .. } => Purpose::Data,
            Self::Search { .. } => Purpose::Route,
            Self::Results { .. } => Purpose::Answer,
            Self::Alive { .. } | Self::AliveToo => Purpose::Maintenance,
            Self::Transfer(transfer) => transfer.purpose(),
        }
    }

    fn request(&self) -> Option<Request> {
        match self {
            Self::Share { request, .. }
            | Self::Shared { request }
            | Self::NoRoom { request }
            | Self::Unshare { request, .. }
            | Self::Unshared { request, .. }
            | Self::Search { request, .. }
            | Self::Results { request, .. } => Some(*request),
            Self::Transfer(transfer) => Some(transfer.request()),
            Self::Login { .. }
            | Self::Welcome
            | Self::Alive { .. }
            | Self::AliveToo
            | Self::Stranger
            | Self::Logout => None,
        }
    }
}
