//! The way of one request through an overlay, read from the trace.

use super::trace::{Outcome, Record, Trace, What};
use crate::protocol::{Decision, Note, Peer, Purpose, Request, RouteError, Step};
use crate::time::Time;

/// One hop: a decision and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hop<'a> {
    /// The record in which it was decided.
    pub record: u32,
    /// The node that decided.
    pub from: Peer,
    /// Where the message went.
    pub to: Peer,
    /// When it was decided.
    pub sent: Time,
    /// The record in which it arrived, and when, if it did.
    pub arrival: Option<(u32, Time)>,
    /// Why it went there.
    pub decision: &'a Decision,
}

impl Hop<'_> {
    /// Whether the message had arrived when `position` records had happened.
    #[must_use]
    pub fn is_done(&self, position: u32) -> bool {
        self.arrival.is_some_and(|(record, _)| record < position)
    }
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RouteEnd {
    /// At the node responsible for the key.
    Delivered {
        /// That node.
        owner: Peer,
        /// Hops made.
        hops: u16,
        /// When.
        at: Time,
        /// The record.
        record: u32,
    },
    /// Nowhere.
    Failed {
        /// Where it ended.
        node: Peer,
        /// Why.
        reason: RouteError,
        /// The record.
        record: u32,
    },
}

/// Everything about one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route<'a> {
    /// The request.
    pub request: Request,
    /// When it began.
    pub started: Time,
    /// The decision to deliver, with its record, once it was made.
    pub delivery: Option<(u32, &'a Decision)>,
    /// All hops in order; one that found nobody has no arrival and is followed by another from the same node.
    pub hops: Vec<Hop<'a>>,
    /// How it ended, if it has.
    pub end: Option<RouteEnd>,
    /// When the origin had its answer, and in which record.
    pub answered: Option<(u32, Time)>,
    /// Messages that belong to the request: hops, questions and answers, without acknowledgements.
    pub messages: u32,
}

impl<'a> Route<'a> {
    /// Reads a request's way from a trace, future records included; `None` if the trace knows nothing of it.
    #[must_use]
    pub fn of(trace: &'a Trace, request: Request) -> Option<Self> {
        let mut records = trace.of_request(request).peekable();
        let started = records.peek()?.1.at;
        let mut route =
            Self { request, started, delivery: None, hops: Vec::new(), end: None, answered: None, messages: 0 };
        for (number, record) in records {
            route.take_in(number, record);
        }
        Some(route)
    }

    /// Reads the way of a newcomer's join, from its contact to the node closest to it; `action` is the record in which
    /// it was told to come in. `None` if the trace does not show the contact's decision.
    #[must_use]
    pub fn of_join(trace: &'a Trace, request: Request, action: u32) -> Option<Self> {
        let records = trace.records().get(action as usize..)?;
        let (first, later) = records.split_first()?;
        let newcomer = first.node;
        let mut route = Self {
            request,
            started: first.at,
            delivery: None,
            hops: Vec::new(),
            end: None,
            answered: None,
            messages: 0,
        };
        for (number, record) in (action + 1..).zip(later) {
            if record.node == newcomer && matches!(record.what, What::Action) {
                break;
            }
            route.take_in_join(number, record, newcomer);
            if record.node == newcomer && record.outcomes.iter().any(|o| matches!(o, Outcome::Joined)) {
                route.answered = Some((number, record.at));
                break;
            }
        }
        (route.delivery.is_some() || !route.hops.is_empty()).then_some(route)
    }

    fn take_in_join(&mut self, number: u32, record: &'a Record, newcomer: Peer) {
        let routed = |note: &'a Note| match note {
            Note::JoinRouted { newcomer: who, hops, decision } if *who == newcomer => Some((*hops, &**decision)),
            _ => None,
        };
        if let What::Arrival(letter) | What::Loss(letter) = record.what
            && letter.purpose == Purpose::Membership
            && (letter.from == newcomer || record.node == newcomer || record.notes.iter().any(|n| routed(n).is_some()))
        {
            self.messages += 1;
        }
        for (hops, decision) in record.notes.iter().filter_map(routed) {
            // A node decides when the join has come to it.
            if let Some(hop) = self.hops.last_mut().filter(|hop| hop.to == record.node && hop.arrival.is_none()) {
                hop.arrival = Some((number, record.at));
            }
            self.decide(number, record, hops, decision);
        }
    }

    fn take_in(&mut self, number: u32, record: &'a Record) {
        if let What::Arrival(letter) | What::Loss(letter) = record.what
            && letter.request == Some(self.request)
            && letter.purpose != Purpose::Acknowledgement
        {
            self.messages += 1;
            let here = |hop: &&mut Hop<'_>| hop.to == record.node && hop.arrival.is_none();
            if matches!(record.what, What::Arrival(_))
                && let Some(hop) = self.hops.last_mut().filter(here)
            {
                hop.arrival = Some((number, record.at));
            }
        }
        for note in &record.notes {
            let Note::Routed { request, decision, hops } = note else { continue };
            if *request == self.request {
                self.decide(number, record, *hops, decision);
            }
        }
        for outcome in &record.outcomes {
            self.conclude(number, record, outcome);
        }
    }

    fn decide(&mut self, number: u32, record: &Record, hops: u16, decision: &'a Decision) {
        match decision.next {
            Step::Deliver => {
                self.delivery = Some((number, decision));
                let owner = decision.at;
                self.end.get_or_insert(RouteEnd::Delivered { owner, hops, at: record.at, record: number });
            }
            Step::Forward(to) => {
                let hop = Hop { record: number, from: record.node, to, sent: record.at, arrival: None, decision };
                self.hops.push(hop);
            }
        }
    }

    fn conclude(&mut self, number: u32, record: &Record, outcome: &Outcome) {
        if outcome.request() != Some(self.request) {
            return;
        }
        match outcome {
            Outcome::Delivered { hops, .. } => {
                let owner = record.node;
                self.end.get_or_insert(RouteEnd::Delivered { owner, hops: *hops, at: record.at, record: number });
            }
            Outcome::Undeliverable { reason, .. } => {
                let node = record.node;
                self.end.get_or_insert(RouteEnd::Failed { node, reason: *reason, record: number });
            }
            _ => {
                self.answered.get_or_insert((number, record.at));
            }
        }
    }

    /// The nodes it visited that answered, in order, from its origin.
    #[must_use]
    pub fn path(&self) -> Vec<Peer> {
        let origin = self.hops.first().map(|hop| hop.from).or(self.delivery.map(|(_, decision)| decision.at));
        let arrived = self.hops.iter().filter(|hop| hop.arrival.is_some()).map(|hop| hop.to);
        origin.into_iter().chain(arrived).collect()
    }

    /// From the first decision to delivery.
    #[must_use]
    pub fn delivered_after(&self) -> Option<crate::time::Duration> {
        match self.end? {
            RouteEnd::Delivered { at, .. } => Some(at - self.started),
            RouteEnd::Failed { .. } => None,
        }
    }
}
