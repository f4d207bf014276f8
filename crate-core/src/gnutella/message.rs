//! What Gnutella's nodes say to each other.
//!
//! # Implementation notes
//! - Descriptors hold peers where the wire holds addresses; [`Packet`](super::Packet) is the binary form.
//! - An identifier's last four bytes are the number that the origin's application gave its request, so that whoever looks
//!   on can tell what belongs together. No node reads them but the origin.
//! - Everything long stands behind a pointer: with what the simulator adds, a message is one cache line.

use std::sync::Arc;

use crate::protocol::{self, Peer, Purpose, Request};
use crate::search::Transfer;

/// Names a descriptor in the whole network: 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DescriptorId(pub [u64; 2]);

impl DescriptorId {
    /// A new one, of the application's request or of nobody's.
    pub(super) fn new(random: u64, attempt: u8, request: Option<Request>) -> Self {
        let number = request.map_or(u32::MAX, |request| request.0);
        Self([random, u64::from(attempt) << 32 | u64::from(number)])
    }

    /// As one number.
    #[must_use]
    pub const fn value(self) -> u128 {
        (self.0[0] as u128) << 64 | self.0[1] as u128
    }

    /// The request of the origin's application.
    #[must_use]
    pub const fn request(self) -> Option<Request> {
        match self.0[1] as u32 {
            u32::MAX => None,
            number => Some(Request(number)),
        }
    }
}

/// A descriptor on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// Its name.
    pub id: DescriptorId,
    /// How often it may still be passed on.
    pub ttl: u8,
    /// How often it was.
    pub hops: u8,
    /// What it says.
    pub body: Body,
}

/// The five descriptors of version 0.4.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// Who is there?
    Ping,
    /// I am.
    Pong {
        /// Who.
        peer: Peer,
        /// Files it shares.
        files: u32,
        /// Their size in kilobytes.
        kilobytes: u32,
    },
    /// Who has this?
    Query {
        /// The terms.
        words: Arc<str>,
    },
    /// I have these.
    QueryHit(Arc<QueryHit>),
    /// Bring me a file, since I cannot reach you.
    Push {
        /// Who has it.
        holder: Peer,
        /// Its number there.
        index: u32,
        /// Who wants it.
        requester: Peer,
    },
}

/// The files of one peer that fit a query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueryHit {
    /// Who has them.
    pub holder: Peer,
    /// Number at the holder and name of each.
    pub files: Box<[(u32, Arc<str>)]>,
}

/// A query that goes one way at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Walk {
    /// The query's descriptor.
    pub id: DescriptorId,
    /// Who asks.
    pub origin: Peer,
    /// The terms.
    pub words: Arc<str>,
    /// Which of the K walkers this is.
    pub walker: u8,
    /// Steps left.
    pub left: u16,
    /// Steps made.
    pub steps: u16,
}

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A descriptor of version 0.4, over a permanent connection or on its way back to who asked.
    Descriptor(Descriptor),
    /// A Ping of a peer that looks for connections, to one that it has none with.
    Probe(Descriptor),
    /// Of a newcomer to a host cache: whom do you know?
    AskHosts,
    /// These.
    Hosts(Arc<[Peer]>),
    /// Let us be permanently connected.
    Connect,
    /// We are.
    Accept,
    /// No: I have enough.
    Busy,
    /// Our connection is over.
    Close,
    /// A query as a random walker.
    Walk(Box<Walk>),
    /// A walker to its origin: shall it go on?
    Check {
        /// The query's descriptor.
        id: DescriptorId,
        /// Which walker.
        walker: u8,
    },
    /// The origin's answer.
    Verdict {
        /// The query's descriptor.
        id: DescriptorId,
        /// Which walker.
        walker: u8,
        /// Whether it goes on.
        go_on: bool,
    },
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
            Self::Descriptor(descriptor) => match descriptor.body {
                Body::Ping => "ping",
                Body::Pong { .. } => "pong",
                Body::Query { .. } => "query",
                Body::QueryHit(_) => "query hit",
                Body::Push { .. } => "push",
            },
            Self::Probe(_) => "ping",
            Self::AskHosts => "ask for hosts",
            Self::Hosts(_) => "hosts",
            Self::Connect => "connect",
            Self::Accept => "accept",
            Self::Busy => "busy",
            Self::Close => "close",
            Self::Walk(_) => "walk",
            Self::Check { .. } => "check",
            Self::Verdict { go_on: true, .. } => "go on",
            Self::Verdict { go_on: false, .. } => "stop",
            Self::Transfer(transfer) => transfer.name(),
        }
    }

    fn purpose(&self) -> Purpose {
        match self {
            Self::Descriptor(Descriptor { body, .. }) => match body {
                Body::Ping | Body::Pong { .. } => Purpose::Membership,
                Body::Query { .. } | Body::Push { .. } => Purpose::Route,
                Body::QueryHit(_) => Purpose::Answer,
            },
            Self::Probe(_)
            | Self::AskHosts
            | Self::Hosts(_)
            | Self::Connect
            | Self::Accept
            | Self::Busy
            | Self::Close => Purpose::Membership,
            Self::Walk(_) | Self::Check { .. } => Purpose::Route,
            Self::Verdict { .. } => Purpose::Answer,
            Self::Transfer(transfer) => transfer.purpose(),
        }
    }

    fn request(&self) -> Option<Request> {
        match self {
            Self::Descriptor(descriptor) | Self::Probe(descriptor) => descriptor.id.request(),
            Self::Walk(walk) => walk.id.request(),
            Self::Check { id, .. } | Self::Verdict { id, .. } => id.request(),
            Self::Transfer(transfer) => Some(transfer.request()),
            _ => None,
        }
    }
}
