//! What happened at a moment, in plain sentences.
//!
//! # Implementation notes
//! A flood does the same thing at hundreds of peers at once. So a moment with few records is told record by record, and one with
//! many by how many there were of each kind.

use std::collections::{BTreeMap, BTreeSet};

use super::{Role, Show};
use crate::plain::{counted, grouped};
use crate::protocol::{Note, Peer, Purpose, Step};
use crate::search::SearchEvent;
use crate::sim::spec::{Action, Key};
use crate::sim::trace::{Letter, Outcome, Record, What};
use crate::sim::words;

/// Sentences of a moment that are told one by one.
const SENTENCES_MAX: usize = 3;

/// What happened at the moment shown.
#[must_use]
pub fn moment(show: &dyn Show) -> String {
    let moment = show.moment();
    for all in [false, true] {
        let mut said = Vec::new();
        let mut has_numbers = true;
        for number in moment.clone() {
            said.extend(sentences(show, number, all));
            if has_numbers && said.len() > SENTENCES_MAX {
                let numbers = summary(show, moment.clone());
                has_numbers = !numbers.is_empty();
                if has_numbers {
                    return numbers.join(" ");
                }
            }
        }
        said.dedup();
        if !said.is_empty() {
            return some(said).join(" ");
        }
    }
    // Nothing but timers.
    let due = |number: &u32| show.trace().records().get(*number as usize).is_some_and(|it| it.what == What::Deadline);
    let nodes: Vec<String> =
        moment.filter(due).map(|number| show.name(show.trace().records()[number as usize].node)).collect();
    match &nodes[..] {
        [] => String::new(),
        [node] => format!("{node} looks after its neighbours: it is time to."),
        nodes => format!("{} nodes look after their neighbours: it is time to.", nodes.len()),
    }
}

/// Everything a record says; with `all`, also that a message came about which there is nothing to say.
#[must_use]
pub fn sentences(show: &dyn Show, number: u32, all: bool) -> Vec<String> {
    let Some(record) = show.trace().records().get(number as usize) else { return Vec::new() };
    let name = |peer: Peer| show.name(peer);
    let node = name(record.node);
    let mut said = Vec::new();
    match record.what {
        What::Action => said.extend(action_at(show, number, record.node)),
        What::Loss(letter) => said.push(words::loss(&letter, &node, &name)),
        What::Arrival(letter) if letter.purpose == Purpose::Route && show.role(record.node) == Role::Liar => {
            // A node that is responsible itself notes that it is.
            if record.notes.is_empty() {
                said.push(format!(
                    "{node} lies: it does not do with the message of {} what it should.",
                    name(letter.from)
                ));
            }
        }
        What::Arrival(_) | What::Deadline => {}
    }
    let from = if let What::Arrival(letter) = record.what { Some(letter) } else { None };
    for note in &record.notes {
        said.extend(noted(note, &node, from, &name));
    }
    said.extend(record.outcomes.iter().filter_map(|outcome| told(outcome, &node, &name)));
    if let (true, true, Some(letter)) = (all, said.is_empty(), from) {
        said.push(format!("{node} gets “{}” from {}.", letter.name, name(letter.from)));
    }
    said
}

fn noted(note: &Note, node: &str, came: Option<Letter>, name: &dyn Fn(Peer) -> String) -> Option<String> {
    let thing = came.map_or("search", |letter| letter.name);
    Some(match note {
        Note::Matched { files: 0, .. } | Note::PassedOn { copies: 0, .. } => return None,
        Note::Matched { files: 1, .. } => format!("{node} has a file that fits, and answers."),
        Note::Matched { files, .. } => format!("{node} has {files} files that fit, and answers."),
        Note::PassedOn { copies, ttl, .. } => {
            let whom = if *copies == 1 { "one neighbour".to_string() } else { format!("{copies} neighbours") };
            let how = if came.is_some() { "passes it on to" } else { "asks" };
            format!("{node} {how} {whom} (TTL {ttl}).")
        }
        Note::Duplicate { from, .. } => format!("{node} gets the {thing} again, from {}, and drops it.", name(*from)),
        Note::Routed { decision, .. } | Note::JoinRouted { decision, .. } => match decision.next {
            Step::Deliver => format!("{node} is responsible for the key."),
            Step::Forward(next) => format!("{node} hands it on to {}, which is closer to the key.", name(next)),
        },
        // What a ring calls a neighbour is a connection here, or a super-peer and its child.
        Note::NeighbourAdded { peer } => format!("{node} is linked with {} now.", name(*peer)),
        Note::NeighbourRemoved { peer } => format!("{node} gives up its link with {}.", name(*peer)),
        Note::Forgotten { peer } => format!("{node} takes {} for dead.", name(*peer)),
        Note::EntrySet { peer, .. } => format!("{node} fills a gap in its table with {}.", name(*peer)),
        other => return words::noted(other, node, name),
    })
}

fn told(outcome: &Outcome, node: &str, name: &dyn Fn(Peer) -> String) -> Option<String> {
    let Outcome::Search(event) = outcome else { return words::told(outcome, node, true, name) };
    Some(match event {
        SearchEvent::Hit { holder, name: file, .. } => format!("{node} learns that {} has “{file}”.", name(*holder)),
        SearchEvent::Ended { hits: 0, .. } => format!("{node} waits no longer: nothing was found."),
        SearchEvent::Ended { hits: 1, .. } => format!("{node} waits no longer: one file was found."),
        SearchEvent::Ended { hits, .. } => format!("{node} waits no longer: {hits} files were found."),
        SearchEvent::Fetched { holder, name: file, .. } => {
            format!("{node} has fetched “{file}” from {}.", name(*holder))
        }
        SearchEvent::Published { .. } => format!("What {node} shares can be found from now on."),
        SearchEvent::Withdrawn { existed: true, .. } => format!("{node} shares the file no longer."),
        SearchEvent::Withdrawn { existed: false, .. } => format!("{node} had no such file."),
        SearchEvent::Failed { reason, .. } => format!("{node} does not get what it wants: {reason}."),
        SearchEvent::Promoted => format!("{node} becomes a super-peer."),
        SearchEvent::Demoted => format!("{node} is an ordinary peer again."),
        SearchEvent::Joined | SearchEvent::JoinFailed | SearchEvent::Left | SearchEvent::NeighboursChanged => {
            return None;
        }
    })
}

fn action_at(show: &dyn Show, number: u32, node: Peer) -> Option<String> {
    let entry = show.log().iter().find(|entry| entry.position == number)?;
    let name = |peer: &Peer| show.name(*peer);
    let about = |key: &Key| match key {
        Key::Name(text) | Key::Digits(text) => format!("“{text}”"),
        Key::Node(peer) => show.name(*peer),
    };
    let ring = show.on_ring();
    Some(match &entry.action {
        Action::Search { from, key } if ring => format!("{} looks up the key of {}.", name(from), about(key)),
        Action::Search { from, key } => format!("{} searches for {}.", name(from), about(key)),
        Action::Route { from, key } if ring => format!("{} sends a message to the key of {}.", name(from), about(key)),
        Action::Route { from, key } => format!("{} searches for {}, to fetch it.", name(from), about(key)),
        Action::Insert { from, key, value } if ring => {
            format!("{} stores “{value}” under the key of {}.", name(from), about(key))
        }
        Action::Insert { from, key, .. } => format!("{} shares {}.", name(from), about(key)),
        Action::Delete { from, key } => format!("{} withdraws {}.", name(from), about(key)),
        Action::Add { .. } => format!("A new peer comes in: {}.", show.name(node)),
        Action::Kill { node } => format!("{} stops without a word.", name(node)),
        Action::Leave { node } => format!("{} says goodbye.", name(node)),
        Action::Restart { node } => format!("{} runs again.", name(node)),
        Action::Weather(_) => "The network changes.".into(),
    })
}

/// What the messages of a moment did, in numbers.
#[derive(Default)]
struct Sums {
    arrived: BTreeMap<&'static str, u32>,
    matched: BTreeSet<Peer>,
    passed: BTreeSet<Peer>,
    copies: u32,
    again: u32,
}

impl Sums {
    fn of(records: &[Record]) -> Self {
        let mut sums = Self::default();
        for record in records {
            if let What::Arrival(letter) = record.what {
                *sums.arrived.entry(letter.name).or_default() += 1;
            }
            for note in &record.notes {
                match note {
                    Note::Matched { files, .. } if *files > 0 => _ = sums.matched.insert(record.node),
                    Note::Duplicate { .. } => sums.again += 1,
                    Note::PassedOn { copies, .. } if *copies > 0 => {
                        sums.passed.insert(record.node);
                        sums.copies += copies;
                    }
                    _ => {}
                }
            }
        }
        sums
    }
}

/// A moment with many records, in numbers; what was reached for somebody who asked is told in words.
fn summary(show: &dyn Show, moment: std::ops::Range<u32>) -> Vec<String> {
    let records = &show.trace().records()[moment.start as usize..moment.end as usize];
    let sums = Sums::of(records);
    let actions = (moment.start..moment.end).zip(records).filter(|(_, record)| record.what == What::Action);
    let mut said: Vec<String> = actions.filter_map(|(number, record)| action_at(show, number, record.node)).collect();
    let came: Vec<String> = sums.arrived.iter().map(|(name, count)| messages((*count).into(), name)).collect();
    match (came.split_last(), sums.arrived.values().sum::<u32>()) {
        (None, _) => {}
        (Some((only, [])), 1) => said.push(format!("{only} arrives.")),
        (Some((only, [])), _) => said.push(format!("{only} arrive.")),
        (Some((last, others)), _) => said.push(format!("{} and {last} arrive.", others.join(", "))),
    }
    match sums.again {
        0 => {}
        1 => said.push("One comes to a peer that has had the search before, which drops it.".into()),
        many => said
            .push(format!("{} come to peers that have had the search before, and are dropped.", grouped(many.into()))),
    }
    if let Some(first) = sums.matched.first() {
        said.push(match sums.matched.len() {
            1 => format!("{} has what is searched for, and answers.", show.name(*first)),
            many => format!("{} peers have what is searched for, and answer.", grouped(many as u64)),
        });
    }
    if let Some(first) = sums.passed.first() {
        let who = match sums.passed.len() {
            1 => format!("{} passes", show.name(*first)),
            many => format!("{} peers pass", grouped(many as u64)),
        };
        let whom = if sums.copies == 1 { "one neighbour".into() } else { counted(sums.copies.into(), "neighbour") };
        said.push(format!("{who} it on to {whom}."));
    }
    let outcomes = records.iter().flat_map(|record| record.outcomes.iter().map(move |outcome| (record.node, outcome)));
    let reached = outcomes.filter(|(_, outcome)| outcome.request().is_some());
    let mut reached: Vec<String> =
        reached.filter_map(|(node, outcome)| told(outcome, &show.name(node), &|peer| show.name(peer))).collect();
    reached.dedup();
    said.extend(some(reached));
    said
}

/// The first of these sentences, and how many more there are.
fn some(mut sentences: Vec<String>) -> Vec<String> {
    let more = sentences.len().saturating_sub(SENTENCES_MAX);
    sentences.truncate(SENTENCES_MAX);
    if more > 0 {
        sentences.push(format!("And so on, {} more.", grouped(more as u64)));
    }
    sentences
}

/// So many messages of a name: some names are nouns of the field, others only names.
fn messages(count: u64, name: &str) -> String {
    match name {
        "query" | "query hit" | "ping" | "pong" | "answer" | "search" | "file" => counted(count, name),
        "walk" => counted(count, "walker"),
        "hits" | "results" | "found" => counted(count, "answer"),
        _ => format!("{} “{name}”", grouped(count)),
    }
}
