//! One world of any structured system, as a page or a terminal uses it.
//!
//! Everything that does not depend on the system goes through [`Lab`]; tables are read from the typed sessions behind
//! [`Lab::pastry`] and [`Lab::chord`].

use serde::{Deserialize, Serialize};

use super::route::Route;
use super::session::{Branch, RestoreError, Session};
use super::spec::{Action, ActionError, Key, LogEntry, Spec, SpecError};
use super::trace::Trace;
use super::world::{Counters, Travelling};
use crate::chord::{self, ChordNode};
use crate::dht::{DhtConfig, DhtNode};
use crate::id::{Guid, HexError, RingId};
use crate::pastry::{self, PastryNode};
use crate::protocol::{Decision, Node as _, Overlay as _, Peer, Request};
use crate::sim::systems::System;
use crate::time::{Duration, Time};

/// A node of Pastry that stores values.
pub type PastryMember = DhtNode<PastryNode>;
/// A node of Chord that stores values.
pub type ChordMember = DhtNode<ChordNode>;

/// What a world of either system is made from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Setup {
    /// A world of Pastry nodes.
    Pastry(Spec<DhtConfig<pastry::Config>>),
    /// A world of Chord nodes.
    Chord(Spec<DhtConfig<chord::Config>>),
}

/// Which system a world runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum SystemKind {
    /// Pastry.
    Pastry,
    /// Chord.
    Chord,
}

impl SystemKind {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pastry => "Pastry",
            Self::Chord => "Chord",
        }
    }
}

/// A world of either system, with its history.
pub enum Lab {
    /// A world of Pastry nodes.
    Pastry(Box<Session<PastryMember>>),
    /// A world of Chord nodes.
    Chord(Box<Session<ChordMember>>),
}

/// A key on the ring.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyView {
    /// All its digits.
    pub text: String,
    /// Where it lies, as a fraction of a turn.
    pub turn: f64,
    /// Its GUID, on Pastry's ring.
    pub guid: Option<Guid>,
    /// The member responsible for it at the moment shown: for checkers and pictures.
    pub owner: Option<Peer>,
}

/// Why no node is meant by what was typed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FindError {
    /// The text is no identifier.
    #[error("{0}")]
    Digits(#[from] HexError),
    /// No node has these first digits.
    #[error("No node begins with {0}.")]
    Nobody(String),
    /// Several nodes have these first digits.
    #[error("{count} nodes begin with {digits}; type more digits.")]
    Several {
        /// What was typed.
        digits: String,
        /// How many nodes that fits.
        count: usize,
    },
    /// No node came in under this name.
    #[error("No node has the name “{0}”.")]
    NoName(String),
}

/// The same call on whichever session there is.
macro_rules! each {
    ($lab:expr, $session:ident => $body:expr) => {
        match $lab {
            Lab::Pastry($session) => $body,
            Lab::Chord($session) => $body,
        }
    };
}

impl KeyView {
    /// The digits that are shown.
    #[must_use]
    pub fn shown(&self, digits: usize) -> String {
        self.text.chars().take(digits).collect()
    }
}

impl Setup {
    /// Which system it is for.
    #[must_use]
    pub const fn system(&self) -> SystemKind {
        match self {
            Self::Pastry(_) => SystemKind::Pastry,
            Self::Chord(_) => SystemKind::Chord,
        }
    }
}

impl Lab {
    /// The beginning of a world.
    ///
    /// # Errors
    /// If no such world can be.
    pub fn new(setup: Setup) -> Result<Self, SpecError> {
        Ok(match setup {
            Setup::Pastry(spec) => Self::Pastry(Box::new(Session::new(spec)?)),
            Setup::Chord(spec) => Self::Chord(Box::new(Session::new(spec)?)),
        })
    }

    /// A world with a history from elsewhere, shown at record `position`.
    ///
    /// # Errors
    /// If the parts do not fit each other.
    pub fn restore(setup: Setup, log: &[LogEntry], position: u32) -> Result<Self, RestoreError> {
        Ok(match setup {
            Setup::Pastry(spec) => Self::Pastry(Box::new(Session::restore(spec, log, position)?)),
            Setup::Chord(spec) => Self::Chord(Box::new(Session::restore(spec, log, position)?)),
        })
    }

    /// What the world was made from.
    #[must_use]
    pub fn setup(&self) -> Setup {
        match self {
            Self::Pastry(session) => Setup::Pastry(session.spec().clone()),
            Self::Chord(session) => Setup::Chord(session.spec().clone()),
        }
    }

    /// Which system runs.
    #[must_use]
    pub const fn system(&self) -> SystemKind {
        match self {
            Self::Pastry(_) => SystemKind::Pastry,
            Self::Chord(_) => SystemKind::Chord,
        }
    }

    /// The session, if the nodes are Pastry's.
    #[must_use]
    pub fn pastry(&self) -> Option<&Session<PastryMember>> {
        if let Self::Pastry(session) = self { Some(session) } else { None }
    }

    /// The session, if the nodes are Chord's.
    #[must_use]
    pub fn chord(&self) -> Option<&Session<ChordMember>> {
        if let Self::Chord(session) = self { Some(session) } else { None }
    }

    // Time.

    /// Records that have happened at the moment shown.
    #[must_use]
    pub fn position(&self) -> u32 {
        each!(self, session => session.position())
    }

    /// The moment shown.
    #[must_use]
    pub fn clock(&self) -> Time {
        each!(self, session => session.clock())
    }

    /// The moment of position 0.
    #[must_use]
    pub fn origin(&self) -> Time {
        each!(self, session => session.origin())
    }

    /// The moment of the last known record.
    #[must_use]
    pub fn end(&self) -> Time {
        each!(self, session => session.end())
    }

    /// What happened, also after the moment shown.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        each!(self, session => session.trace())
    }

    /// The trace as text, with identifiers cut to `digits` digits.
    #[must_use]
    pub fn trace_text(&self, digits: usize) -> String {
        self.trace().text(&|peer| self.text(peer, digits))
    }

    /// The trace's hash: equal natively and in wasm.
    #[must_use]
    pub fn trace_hash(&self) -> String {
        self.trace().hash(&|peer| self.text(peer, usize::MAX))
    }

    /// What was done, also after the moment shown.
    #[must_use]
    pub fn log(&self) -> &[LogEntry] {
        each!(self, session => session.log())
    }

    /// Futures that were left for others.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        each!(self, session => session.branches())
    }

    /// Goes over to another branch; the present one is kept in its place.
    pub fn switch_branch(&mut self, index: usize) {
        each!(self, session => session.switch_branch(index));
    }

    /// Does something now.
    ///
    /// # Errors
    /// If it cannot be done; nothing has changed then.
    pub fn act(&mut self, action: Action) -> Result<Request, ActionError> {
        each!(self, session => session.act(action))
    }

    /// Whether something could be done now.
    ///
    /// # Errors
    /// What stands against it.
    pub fn check(&self, action: &Action) -> Result<(), ActionError> {
        each!(self, session => session.check(action))
    }

    /// Goes on to the next record a person wants to stop at; whether there was one.
    pub fn step(&mut self) -> bool {
        each!(self, session => session.step())
    }

    /// The same, but by at most `events` events and `span`, which pass even if there was none.
    pub fn step_or_pass(&mut self, events: u32, span: Duration) -> bool {
        each!(self, session => session.step_or_pass(events, span))
    }

    /// Goes back to the previous such record, or to the beginning; whether that is another moment.
    pub fn step_back(&mut self) -> bool {
        each!(self, session => session.step_back())
    }

    /// Goes to just after record `position` − 1.
    pub fn seek(&mut self, position: u32) {
        each!(self, session => session.seek(position));
    }

    /// Goes to the beginning, as if nobody had yet seen anything.
    pub fn begin(&mut self) {
        each!(self, session => session.begin());
    }

    /// Goes to a moment, forward or back.
    pub fn seek_time(&mut self, moment: Time) {
        each!(self, session => session.seek_time(moment));
    }

    /// Lets everything up to `moment` happen; false if that is too much for one call.
    pub fn run_until(&mut self, moment: Time) -> bool {
        each!(self, session => session.run_until(moment))
    }

    /// Records the future without going there, until nothing but upkeep goes on or `span` has passed.
    pub fn look_ahead(&mut self, span: Duration) {
        each!(self, session => session.look_ahead(span));
    }

    /// Whether anything but regular upkeep is going on.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        each!(self, session => session.is_busy())
    }

    // Nodes.

    /// Everybody who was ever in the world, dead or alive: peers 0 to this number − 1.
    #[must_use]
    pub fn node_count(&self) -> u32 {
        each!(self, session => session.world().peers().len() as u32)
    }

    /// Whether there is such a node.
    #[must_use]
    pub fn has_node(&self, peer: Peer) -> bool {
        peer.0 < self.node_count()
    }

    /// Where a node lies on the ring, as a fraction of a turn.
    #[must_use]
    pub fn turn(&self, peer: Peer) -> f64 {
        each!(self, session => session.world().turn(peer))
    }

    /// A node's identifier, cut to `digits` digits where the notation allows it.
    #[must_use]
    pub fn text(&self, peer: Peer, digits: usize) -> String {
        each!(self, session => session.world().text(peer, digits))
    }

    /// A node's GUID, on Pastry's ring.
    #[must_use]
    pub fn guid(&self, peer: Peer) -> Option<Guid> {
        self.pastry().map(|session| session.world().peers().id(peer))
    }

    /// Whether a node runs.
    #[must_use]
    pub fn is_alive(&self, peer: Peer) -> bool {
        each!(self, session => session.world().is_alive(peer))
    }

    /// Whether a node is a full member.
    #[must_use]
    pub fn is_member(&self, peer: Peer) -> bool {
        each!(self, session => session.world().is_alive(peer) && session.world().node(peer).is_active())
    }

    /// Everybody a node knows.
    #[must_use]
    pub fn known_peers(&self, peer: Peer) -> Vec<Peer> {
        each!(self, session => session.world().node(peer).known_peers())
    }

    /// The peer next to this one, clockwise or counter-clockwise, dead ones included.
    #[must_use]
    pub fn beside(&self, peer: Peer, clockwise: bool) -> Peer {
        each!(self, session => {
            let peers = session.world().peers();
            let here = peers.id(peer);
            let mut ring = peers.in_ring_order();
            let beside = if clockwise {
                ring.find(|(id, _)| *id > here).or_else(|| peers.in_ring_order().next())
            } else {
                ring.rev().find(|(id, _)| *id < here).or_else(|| peers.in_ring_order().next_back())
            };
            beside.map_or(peer, |(_, peer)| peer)
        })
    }

    /// The running node whose identifier begins with these digits.
    ///
    /// # Errors
    /// If there is none, or more than one.
    pub fn find_digits(&self, digits: &str) -> Result<Peer, FindError> {
        each!(self, session => find_digits(session, digits))
    }

    /// The running node that came in under this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn find_name(&self, name: &str) -> Result<Peer, FindError> {
        let nobody = || FindError::NoName(name.to_string());
        each!(self, session => {
            let id = session.resolve(&Key::Name(name.into())).map_err(|_| nobody())?;
            session.world().peers().find(id).ok_or_else(nobody)
        })
    }

    /// A key on this ring.
    ///
    /// # Errors
    /// If it does not read.
    pub fn key(&self, key: &Key) -> Result<KeyView, ActionError> {
        let (text, turn, owner) = each!(self, session => key_view(session, key)?);
        let guid = match self {
            Self::Pastry(session) => Some(session.resolve(key)?),
            Self::Chord(_) => None,
        };
        Ok(KeyView { text, turn, guid, owner })
    }

    // Messages and routes.

    /// Messages on their way at the moment shown.
    #[must_use]
    pub fn in_flight(&self) -> Vec<Travelling> {
        each!(self, session => session.world().in_flight().map(|flight| Travelling::of(&flight)).collect())
    }

    /// How many messages were sent and lost since the world began.
    #[must_use]
    pub fn counters(&self) -> Counters {
        each!(self, session => *session.world().counters())
    }

    /// Everything about a request, also what lies after the moment shown. The request of a newcomer is its join.
    #[must_use]
    pub fn route(&self, request: Request) -> Option<Route<'_>> {
        match self.log().get(request.0 as usize)? {
            LogEntry { action: Action::Add { .. } | Action::Restart { .. }, position, .. } => {
                Route::of_join(self.trace(), request, *position)
            }
            _ => Route::of(self.trace(), request),
        }
    }

    /// The last request that had begun at the moment shown, with its key.
    #[must_use]
    pub fn last_request(&self) -> Option<(Request, Key)> {
        let applied = self.log().iter().take_while(|entry| entry.position < self.position());
        let key = |action: &Action| match action {
            Action::Add { id } => Some(id.clone()),
            other => other.request().map(|(_, key)| key.clone()),
        };
        let routed =
            applied.enumerate().filter_map(|(number, entry)| Some((Request(number as u32), key(&entry.action)?)));
        routed.last()
    }

    /// What a node would do with a key at the moment shown.
    #[must_use]
    pub fn explain(&self, peer: Peer, key: &Key) -> Option<Decision> {
        each!(self, session => {
            let world = session.world();
            let key = session.resolve(key).ok()?;
            Some(world.node(peer).explain(world.host(), key))
        })
    }
}

fn find_digits<N: System>(session: &Session<N>, digits: &str) -> Result<Peer, FindError> {
    let world = session.world();
    let space = world.space();
    let id = N::Id::parse(space, digits)?;
    if let Some(peer) = world.peers().find(id) {
        return Ok(peer);
    }
    let typed = digits.trim().trim_start_matches("0x").replace([' ', '_'], "").to_ascii_uppercase();
    let mut fitting = world.peers().in_ring_order().filter(|(id, _)| id.text(space, usize::MAX).starts_with(&typed));
    match (fitting.next(), fitting.count()) {
        (None, _) => Err(FindError::Nobody(typed)),
        (Some((_, peer)), 0) => Ok(peer),
        (Some(_), more) => Err(FindError::Several { digits: typed, count: more + 1 }),
    }
}

fn key_view<N: System>(session: &Session<N>, key: &Key) -> Result<(String, f64, Option<Peer>), ActionError> {
    let world = session.world();
    let space = world.space();
    let id = session.resolve(key)?;
    let ring: Vec<_> = world.members().collect();
    let owner = (!ring.is_empty()).then(|| N::owner(world.config(), &ring, id));
    Ok((id.text(space, usize::MAX), id.turn(space), owner))
}
