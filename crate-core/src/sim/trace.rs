//! What happened in a world, event by event, with the cause of each.
//!
//! # Implementation notes
//! A record is one event: an action from outside, a message's arrival or loss, or a deadline. What the node noted and
//! told its application meanwhile hangs on it. Records hold no identifiers, only peers, so one type serves all systems.

use std::fmt::Write as _;

use super::systems::Inhabitant;
use super::world::{Flight, NO_CAUSE, Observer, Occasion};
use crate::id::sha1;
use crate::protocol::{Decision, Event, Message, Note, Peer, Purpose, Request, RouteError, Step};
use crate::search::SearchEvent;
use crate::time::Time;

/// Why a record was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Somebody outside acted.
    Action,
    /// A message arrived.
    Arrival(Letter),
    /// A message was lost, or found nobody.
    Loss(Letter),
    /// The node's deadline came.
    Deadline,
}

/// A message as a record keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Letter {
    /// Who sent it.
    pub from: Peer,
    /// When.
    pub sent: Time,
    /// Its name in the field's terms.
    pub name: &'static str,
    /// What it is for.
    pub purpose: Purpose,
    /// The request it belongs to.
    pub request: Option<Request>,
}

/// What a node told its application: [`Event`] without identifiers and payloads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The node is a full member.
    Joined,
    /// Nobody answered its wish to join.
    JoinFailed,
    /// It said goodbye.
    Left,
    /// It is responsible for the key, and the message is there.
    Delivered {
        /// The request.
        request: Request,
        /// Hops made.
        hops: u16,
    },
    /// The origin knows who is responsible.
    Answered {
        /// The request.
        request: Request,
        /// Who.
        owner: Peer,
        /// Hops made.
        hops: u16,
    },
    /// The message cannot go on.
    Undeliverable {
        /// The request.
        request: Request,
        /// Why.
        reason: RouteError,
    },
    /// The nodes next to this one changed.
    NeighboursChanged,
    /// At the origin: a value was stored.
    Stored {
        /// The request.
        request: Request,
        /// Nodes that hold it or were sent a copy; 0 if it was refused.
        copies: u8,
    },
    /// At the origin: what is stored under a key.
    Found {
        /// The request.
        request: Request,
        /// The node that answered.
        holder: Peer,
        /// The value, if there is one, as text.
        value: Option<String>,
    },
    /// At the origin: a key is empty now.
    Deleted {
        /// The request.
        request: Request,
        /// Whether there was a value.
        existed: bool,
    },
    /// What a system that searches by words tells besides.
    Search(SearchEvent),
}

impl Outcome {
    /// Whether the way of this request ends with it, well or badly.
    #[must_use]
    pub fn ends(&self, over: Request) -> bool {
        match self {
            Self::Delivered { request, .. }
            | Self::Undeliverable { request, .. }
            | Self::Stored { request, .. }
            | Self::Found { request, .. }
            | Self::Deleted { request, .. } => *request == over,
            Self::Search(event) => event.ends(over),
            _ => false,
        }
    }
}

/// What a node tells its application, as a trace keeps it.
pub trait Told {
    /// `None` if it is not kept.
    fn outcome(&self) -> Option<Outcome>;
}

impl<I> Told for Event<I> {
    fn outcome(&self) -> Option<Outcome> {
        Some(match self {
            Self::Joined => Outcome::Joined,
            Self::JoinFailed => Outcome::JoinFailed,
            Self::Left => Outcome::Left,
            Self::Delivered(envelope) => Outcome::Delivered { request: envelope.request, hops: envelope.hops },
            Self::Answered { request, owner, hops } => {
                Outcome::Answered { request: *request, owner: *owner, hops: *hops }
            }
            Self::Undeliverable { request, reason } => Outcome::Undeliverable { request: *request, reason: *reason },
            Self::NeighboursChanged => Outcome::NeighboursChanged,
            Self::Stored { request, copies } => Outcome::Stored { request: *request, copies: *copies },
            Self::Found { request, holder, value } => {
                let value = value.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                Outcome::Found { request: *request, holder: *holder, value }
            }
            Self::Deleted { request, existed } => Outcome::Deleted { request: *request, existed: *existed },
            Self::Direct { .. } => return None,
        })
    }
}

impl Told for SearchEvent {
    fn outcome(&self) -> Option<Outcome> {
        Some(match self {
            Self::Joined => Outcome::Joined,
            Self::JoinFailed => Outcome::JoinFailed,
            Self::Left => Outcome::Left,
            Self::NeighboursChanged => Outcome::NeighboursChanged,
            other => Outcome::Search(other.clone()),
        })
    }
}

impl Outcome {
    /// The request it concludes.
    #[must_use]
    pub const fn request(&self) -> Option<Request> {
        match self {
            Self::Delivered { request, .. }
            | Self::Answered { request, .. }
            | Self::Undeliverable { request, .. }
            | Self::Stored { request, .. }
            | Self::Found { request, .. }
            | Self::Deleted { request, .. } => Some(*request),
            Self::Search(event) => event.request(),
            Self::Joined | Self::JoinFailed | Self::Left | Self::NeighboursChanged => None,
        }
    }
}

/// One event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// When.
    pub at: Time,
    /// Where.
    pub node: Peer,
    /// The record during which its message was sent.
    pub cause: Option<u32>,
    /// Why.
    pub what: What,
    /// What the node noted.
    pub notes: Vec<Note>,
    /// What it told its application.
    pub outcomes: Vec<Outcome>,
}

impl Record {
    /// Whether a person stepping through wants to stop here: something was decided, noticed or reached.
    #[must_use]
    pub fn is_major(&self) -> bool {
        // Whoever hears of a newcomer from itself and takes it in only takes note: dozens do for each join.
        let hearsay = match self.what {
            What::Arrival(letter) if letter.purpose == Purpose::Membership && letter.name == "announce" => letter.from,
            _ => Peer::NONE,
        };
        let greets = self.notes.contains(&Note::NeighbourAdded { peer: hearsay });
        let noted = |note: &Note| match note {
            Note::EntrySet { .. } => self.is_repair(),
            Note::NeighbourAdded { .. } | Note::NeighbourRemoved { .. } => !greets,
            _ => true,
        };
        matches!(self.what, What::Action)
            || matches!(self.what, What::Loss(letter) if letter.request.is_some())
            || self.notes.iter().any(noted)
            || self.outcomes.iter().any(|outcome| *outcome != Outcome::NeighboursChanged)
    }
}

impl Record {
    /// Whether it is an answer that mends a gap in somebody's tables.
    pub(super) fn is_repair(&self) -> bool {
        matches!(self.what, What::Arrival(letter) if letter.purpose == Purpose::Repair)
    }
}

/// All records of a run.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    records: Vec<Record>,
    /// Where each request shows up, by its number.
    requests: Vec<Vec<u32>>,
}

impl Trace {
    /// All records.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.records.len() as u32
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records that have to do with a request, by number.
    pub fn of_request(&self, request: Request) -> impl Iterator<Item = (u32, &Record)> {
        let numbers = self.requests.get(request.0 as usize).map_or(&[][..], Vec::as_slice);
        numbers.iter().map(|number| (*number, &self.records[*number as usize]))
    }

    /// Forgets everything from record `len` on.
    pub fn truncate(&mut self, len: u32) {
        self.records.truncate(len as usize);
        for numbers in &mut self.requests {
            numbers.truncate(numbers.partition_point(|number| *number < len));
        }
    }

    fn index(&mut self, request: Request) {
        let Some(number) = self.len().checked_sub(1) else { return };
        let index = request.0 as usize;
        if self.requests.len() <= index {
            self.requests.resize_with(index + 1, Vec::new);
        }
        let numbers = &mut self.requests[index];
        if numbers.last() != Some(&number) {
            numbers.push(number);
        }
    }

    /// The trace as text, one line a record, for golden files and for reading:
    /// `number time node what; notes; outcomes (cause)`.
    #[must_use]
    pub fn text(&self, name: &dyn Fn(Peer) -> String) -> String {
        let mut text = String::new();
        for (number, record) in self.records.iter().enumerate() {
            let _ = write!(text, "{number} {}us {} ", record.at.0, name(record.node));
            let _ = match &record.what {
                What::Action => write!(text, "action"),
                What::Deadline => write!(text, "deadline"),
                What::Arrival(letter) => write!(text, "<- {} {}", name(letter.from), letter.name),
                What::Loss(letter) => write!(text, "never got {} {}", name(letter.from), letter.name),
            };
            for note in &record.notes {
                let _ = write!(text, "; {}", note_text(note, name));
            }
            for outcome in &record.outcomes {
                let _ = write!(text, "; {outcome:?}");
            }
            if let Some(cause) = record.cause {
                let _ = write!(text, " (cause {cause})");
            }
            text.push('\n');
        }
        text
    }

    /// SHA-1 of [`Trace::text`]: equal natively and in wasm.
    #[must_use]
    pub fn hash(&self, name: &dyn Fn(Peer) -> String) -> String {
        sha1(self.text(name).as_bytes()).iter().fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        })
    }
}

fn decision_text(decision: &Decision, name: &dyn Fn(Peer) -> String) -> String {
    let next = match decision.next {
        Step::Deliver => "deliver".to_string(),
        Step::Forward(peer) => format!("-> {}", name(peer)),
    };
    format!("{:?} {next} of {}", decision.rule, decision.candidates.len())
}

fn note_text(note: &Note, name: &dyn Fn(Peer) -> String) -> String {
    match note {
        Note::Routed { request, hops, decision } => {
            format!("#{} hop {hops} {}", request.0, decision_text(decision, name))
        }
        Note::JoinRouted { newcomer, hops, decision } => {
            format!("join of {} hop {hops} {}", name(*newcomer), decision_text(decision, name))
        }
        Note::TimedOut { peer } => format!("{} silent", name(*peer)),
        Note::Forgotten { peer } => format!("forgets {}", name(*peer)),
        Note::NeighbourAdded { peer } => format!("neighbour + {}", name(*peer)),
        Note::NeighbourRemoved { peer } => format!("neighbour - {}", name(*peer)),
        Note::EntrySet { row, column, peer } => format!("entry {row},{column} {}", name(*peer)),
        Note::RowsReceived { from, first, count } => format!("{count} rows from {first} of {}", name(*from)),
        Note::NeighboursReceived { from } => format!("neighbours of {}", name(*from)),
        Note::KeysHandedOver { to, count } => format!("{count} values to {}", name(*to)),
        Note::Matched { files, .. } => format!("{files} files fit"),
        Note::PassedOn { copies, ttl, .. } => format!("to {copies}, ttl {ttl}"),
        Note::Duplicate { from, .. } => format!("again from {}", name(*from)),
    }
}

impl<N: Inhabitant> Observer<N> for Trace {
    fn wants_notes(&self) -> bool {
        true
    }

    fn begin(&mut self, at: Time, node: Peer, cause: u32, occasion: Occasion<'_, N::Message>) -> u32 {
        let letter = |flight: Flight<'_, N::Message>| Letter {
            from: flight.from,
            sent: flight.sent,
            name: flight.message.name(),
            purpose: flight.message.purpose(),
            request: flight.message.request(),
        };
        let what = match occasion {
            Occasion::Arrival(flight) => What::Arrival(letter(flight)),
            Occasion::Loss(flight) => What::Loss(letter(flight)),
            Occasion::Deadline => What::Deadline,
            Occasion::Action => What::Action,
        };
        let number = self.len();
        let cause = (cause != NO_CAUSE).then_some(cause);
        self.records.push(Record { at, node, cause, what, notes: Vec::new(), outcomes: Vec::new() });
        if let What::Arrival(Letter { request: Some(request), .. })
        | What::Loss(Letter { request: Some(request), .. }) = what
        {
            self.index(request);
        }
        number
    }

    fn event(&mut self, _: Time, _: Peer, event: &N::Event) {
        let Some(outcome) = event.outcome() else { return };
        if let Some(request) = outcome.request() {
            self.index(request);
        }
        self.records.last_mut().expect("events come while a record is open").outcomes.push(outcome);
    }

    fn note(&mut self, _: Peer, note: Note) {
        if let Note::Routed { request, .. } = note {
            self.index(request);
        }
        self.records.last_mut().expect("notes come while a record is open").notes.push(note);
    }
}
