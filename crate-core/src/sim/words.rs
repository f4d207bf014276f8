//! What happened, in plain sentences: for narration, event lists and logs.

use super::lab::{ChordMember, KeyView, Lab, PastryMember};
use super::session::Session;
use super::spec::{Action, Key};
use super::trace::{Letter, Outcome, What};
use super::weather::Weather;
use crate::chord;
use crate::id::ChordId;
use crate::pastry;
use crate::protocol::{Candidate, Decision, Note, Peer, Place, Purpose, Request, RuleLine, Step};

/// Everything record `number` says, in sentences; empty if it is upkeep without consequence or there is none.
///
/// `digits` is how many digits of identifiers are shown.
#[must_use]
pub fn sentences(lab: &Lab, number: u32, digits: usize) -> Vec<String> {
    let Some(record) = lab.trace().records().get(number as usize) else { return Vec::new() };
    let name = |peer: Peer| lab.text(peer, digits);
    let node = name(record.node);
    let mut said = Vec::new();
    match record.what {
        What::Action => said.extend(action(lab, number, digits)),
        What::Loss(letter) => said.push(loss(&letter, &node, &name)),
        What::Arrival(_) | What::Deadline => {}
    }
    let mut delivered = false;
    for note in &record.notes {
        match note {
            Note::Routed { request, hops, decision } => {
                delivered = true;
                if let Some(key) = key_of(lab, *request).and_then(|key| lab.key(&key).ok()) {
                    said.push(lab.narration(decision, *hops, &key, digits));
                }
            }
            Note::JoinRouted { newcomer, hops, decision } => {
                said.extend(lab.key(&Key::Node(*newcomer)).map(|key| lab.narration(decision, *hops, &key, digits)));
            }
            Note::EntrySet { row, column, peer } if record.is_repair() => said.push(format!(
                "{node} fills the gap in row {row}, column {column:X} of its routing table with {}.",
                name(*peer)
            )),
            other => said.extend(noted(other, &node, &name)),
        }
    }
    said.extend(record.outcomes.iter().filter_map(|outcome| told(outcome, &node, delivered, &name)));
    said.dedup();
    said
}

/// The key of a request, from the log.
#[must_use]
pub fn key_of(lab: &Lab, request: Request) -> Option<Key> {
    match &lab.log().get(request.0 as usize)?.action {
        Action::Add { id } => Some(id.clone()),
        other => other.request().map(|(_, key)| key.clone()),
    }
}

/// An action, as somebody does it.
#[must_use]
pub fn action_sentence(lab: &Lab, action: &Action, digits: usize) -> String {
    let name = |peer: &Peer| lab.text(*peer, digits);
    let key = |key: &Key| key_text(lab, key, digits);
    match action {
        Action::Route { from, key: to } => format!("{} sends a message for {}.", name(from), key(to)),
        Action::Add { id } => format!("A new node comes in: {}.", key(id)),
        Action::Kill { node } => format!("{} stops without a word.", name(node)),
        Action::Leave { node } => format!("{} says goodbye.", name(node)),
        Action::Restart { node } => format!("{} runs again, with empty tables.", name(node)),
        Action::Insert { from, key: to, value } => {
            format!("{} stores “{value}” under {}.", name(from), key(to))
        }
        Action::Search { from, key: to } => format!("{} looks for {}.", name(from), key(to)),
        Action::Delete { from, key: to } => format!("{} removes {}.", name(from), key(to)),
        Action::Weather(Weather::CLEAR) => "The network is sound again.".into(),
        Action::Weather(Weather { loss_per_million, latency_percent, cut_x }) => format!(
            "The network changes: {} of 1,000 messages get lost, the others take {latency_percent}% of the usual time{}.",
            loss_per_million / 1_000,
            if *cut_x == 0 { "" } else { ", and nothing passes between its western and its eastern part" }
        ),
    }
}

fn key_text(lab: &Lab, key: &Key, digits: usize) -> String {
    let text = lab.key(key).map(|view| view.text.chars().take(digits).collect::<String>());
    match (key, text) {
        (Key::Name(name), Ok(text)) => format!("“{name}” ({text})"),
        (_, Ok(text)) => text,
        (_, Err(_)) => "a key".into(),
    }
}

fn action(lab: &Lab, number: u32, digits: usize) -> Option<String> {
    let entry = lab.log().iter().find(|entry| entry.position == number)?;
    Some(action_sentence(lab, &entry.action, digits))
}

pub(super) fn loss(letter: &Letter, node: &str, name: &dyn Fn(Peer) -> String) -> String {
    let kind = match letter.purpose {
        Purpose::Route => "The message",
        Purpose::Answer => "The answer",
        Purpose::Acknowledgement => "The acknowledgement",
        _ => "A message",
    };
    format!("{kind} from {} to {node} is lost ({}).", name(letter.from), letter.name)
}

pub(super) fn noted(note: &Note, node: &str, name: &dyn Fn(Peer) -> String) -> Option<String> {
    Some(match note {
        Note::Routed { .. } | Note::JoinRouted { .. } | Note::EntrySet { .. } => return None,
        // Systems that search by words have sentences of their own.
        Note::Matched { .. } | Note::PassedOn { .. } | Note::Duplicate { .. } => return None,
        Note::TimedOut { peer } => format!("{node} waits in vain for an answer of {}.", name(*peer)),
        Note::Forgotten { peer } => format!("{node} takes {} for dead and removes it from its tables.", name(*peer)),
        Note::NeighbourAdded { peer } => format!("{node} takes {} in as a neighbour.", name(*peer)),
        Note::NeighbourRemoved { peer } => format!("{node} no longer keeps {} as a neighbour.", name(*peer)),
        Note::RowsReceived { from, first, count } if *count == 1 => {
            format!("{node} receives row {first} of the routing table of {}.", name(*from))
        }
        Note::RowsReceived { from, first, count } => {
            let last = first.saturating_add(count.saturating_sub(1));
            format!("{node} receives rows {first} to {last} of the routing table of {}.", name(*from))
        }
        Note::NeighboursReceived { from } => format!("{node} receives its neighbours from {}.", name(*from)),
        Note::KeysHandedOver { to, count: 1 } => format!("{node} hands a value over to {}.", name(*to)),
        Note::KeysHandedOver { to, count } => format!("{node} hands {count} values over to {}.", name(*to)),
    })
}

pub(super) fn told(outcome: &Outcome, node: &str, delivered: bool, name: &dyn Fn(Peer) -> String) -> Option<String> {
    let hops = |count: u16| if count == 1 { "1 hop".to_string() } else { format!("{count} hops") };
    Some(match outcome {
        Outcome::Joined => format!("{node} is a member now."),
        Outcome::JoinFailed => format!("{node} could not come in: nobody answered."),
        Outcome::Left => format!("{node} has gone."),
        // The decision to deliver has said it already.
        Outcome::Delivered { .. } if delivered => return None,
        Outcome::Delivered { hops: count, .. } => format!("The message is delivered at {node} after {}.", hops(*count)),
        Outcome::Answered { owner, hops: count, .. } => {
            format!("{node} has its answer: {} is responsible, {} away.", name(*owner), hops(*count))
        }
        Outcome::Undeliverable { reason, .. } => format!("The message cannot go on from {node}: {reason}."),
        Outcome::Stored { copies: 0, .. } => format!("{node} hears that the value was refused: it is too large."),
        Outcome::Stored { copies: 1, .. } => format!("{node} hears that the value is stored, on one node."),
        Outcome::Stored { copies, .. } => format!("{node} hears that the value is stored, on {copies} nodes."),
        Outcome::Found { holder, value: Some(value), .. } => {
            format!("{node} gets the value “{value}” from {}.", name(*holder))
        }
        Outcome::Found { holder, value: None, .. } => {
            format!("{node} hears from {} that nothing is stored under the key.", name(*holder))
        }
        Outcome::Deleted { existed: true, .. } => format!("{node} hears that the value is deleted."),
        Outcome::Deleted { existed: false, .. } => format!("{node} hears that there was no value to delete."),
        Outcome::NeighboursChanged | Outcome::Search(_) => return None,
    })
}

impl Lab {
    /// The algorithm's lines with the answers of one decision.
    #[must_use]
    pub fn rule_lines(&self, decision: &Decision, key: &KeyView, digits: usize) -> Vec<RuleLine> {
        let names = |peer: Peer| self.text(peer, digits);
        match self {
            Self::Pastry(session) => {
                let leaves = session.world().node(decision.at).overlay().leaf_set();
                pastry_wording(session, key, digits, &names, |words| words.rule_lines(decision, leaves))
            }
            Self::Chord(session) => {
                let (config, at) = chord_node(session, decision.at);
                chord::words::rule_lines(decision, config, at, &names, &key.shown(digits))
            }
        }
    }

    /// A decision in one sentence; `hops` were made before it.
    #[must_use]
    pub fn narration(&self, decision: &Decision, hops: u16, key: &KeyView, digits: usize) -> String {
        let names = |peer: Peer| self.text(peer, digits);
        match self {
            Self::Pastry(session) => {
                pastry_wording(session, key, digits, &names, |words| words.narration(decision, hops))
            }
            Self::Chord(session) => {
                let (config, at) = chord_node(session, decision.at);
                let hop = if decision.next == Step::Deliver { hops } else { hops + 1 };
                chord::words::narration(decision, hop, config, at, &names, &key.shown(digits))
            }
        }
    }

    /// A place in a node's state, in words.
    #[must_use]
    pub fn place(&self, place: &Place) -> String {
        match self {
            Self::Pastry(_) => pastry::words::place(place),
            Self::Chord(_) => chord::words::place(place),
        }
    }

    /// Why a candidate was taken or not, in a clause.
    #[must_use]
    pub fn verdict(&self, candidate: &Candidate, decision: &Decision, key: &KeyView, digits: usize) -> String {
        let names = |peer: Peer| self.text(peer, digits);
        match self {
            Self::Pastry(session) => {
                pastry_wording(session, key, digits, &names, |words| words.verdict(candidate, decision))
            }
            Self::Chord(session) => {
                let (config, at) = chord_node(session, decision.at);
                chord::words::verdict(candidate, decision, config, at, &names, &key.shown(digits))
            }
        }
    }
}

fn pastry_wording<T>(
    session: &Session<PastryMember>,
    key: &KeyView,
    digits: usize,
    names: &dyn Fn(Peer) -> String,
    say: impl FnOnce(pastry::words::Wording<'_>) -> T,
) -> T {
    let config = &session.spec().config.overlay;
    let guid = key.guid.unwrap_or_default();
    say(pastry::words::Wording { config, names, key: guid, key_name: &key.shown(digits) })
}

fn chord_node(session: &Session<ChordMember>, peer: Peer) -> (&chord::Config, ChordId) {
    (&session.spec().config.overlay, session.world().peers().id(peer))
}
