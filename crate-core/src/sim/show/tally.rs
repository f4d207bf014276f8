//! What a request has cost so far, counted from the trace.

use super::Show;
use crate::protocol::{Note, Peer, Purpose, Request};
use crate::search::SearchEvent;
use crate::sim::spec::Action;
use crate::sim::trace::{Outcome, What};

/// What is known of a request at a moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Messages that carried the question and arrived.
    pub questions: u64,
    /// Messages that carried answers.
    pub answers: u64,
    /// Other messages of the request.
    pub others: u64,
    /// Messages that were lost.
    pub lost: u64,
    /// Questions that came to somebody who had them already.
    pub duplicates: u64,
    /// Who was asked, by peer; `Some(from)` is who asked first.
    pub asked_by: Vec<Option<Peer>>,
    /// Who has answered that it has something.
    pub matched: Vec<Peer>,
    /// The links that answers came over, as sender and receiver.
    pub answered_over: Vec<(Peer, Peer)>,
    /// Hops from the asker to each who was asked, by peer; 0 where nobody asked.
    pub depth: Vec<u16>,
    /// Answers that have reached the asker.
    pub hits: u64,
    /// Whether nothing more is waited for.
    pub ended: bool,
}

impl Tally {
    /// Counts what had happened of a request in the first `until` records.
    #[must_use]
    pub fn of(show: &dyn Show, request: Request, until: u32) -> Self {
        let nodes = show.node_count() as usize;
        let mut tally = Self { asked_by: vec![None; nodes], depth: vec![0; nodes], ..Self::default() };
        for (_, record) in show.trace().of_request(request).take_while(|(number, _)| *number < until) {
            match record.what {
                What::Arrival(letter) if letter.request == Some(request) => match letter.purpose {
                    Purpose::Route => {
                        tally.questions += 1;
                        tally.ask(letter.from, record.node);
                    }
                    Purpose::Answer => {
                        tally.answers += 1;
                        tally.answered_over.push((letter.from, record.node));
                    }
                    _ => tally.others += 1,
                },
                What::Loss(letter) if letter.request == Some(request) => tally.lost += 1,
                _ => {}
            }
            for note in &record.notes {
                match note {
                    Note::Duplicate { request: of, .. } if *of == Some(request) => tally.duplicates += 1,
                    Note::Matched { request: of, files } if *of == Some(request) && *files > 0 => {
                        tally.matched.push(record.node);
                    }
                    _ => {}
                }
            }
            for outcome in &record.outcomes {
                tally.ended |= outcome.ends(request);
                match outcome {
                    Outcome::Search(SearchEvent::Hit { request: of, .. }) if *of == request => tally.hits += 1,
                    Outcome::Found { request: of, value: Some(_), .. } if *of == request => tally.hits += 1,
                    _ => {}
                }
            }
        }
        tally
    }

    fn ask(&mut self, from: Peer, node: Peer) {
        if self.asked_by.get(node.index()).is_some_and(Option::is_none) {
            let depth = self.depth.get(from.index()).copied().unwrap_or(0);
            self.asked_by[node.index()] = Some(from);
            self.depth[node.index()] = depth.saturating_add(1);
        }
    }

    /// How many different nodes were asked.
    #[must_use]
    pub fn visited(&self) -> usize {
        self.asked_by.iter().flatten().count()
    }

    /// All messages.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.questions + self.answers + self.others + self.lost
    }
}

/// How many requests had begun at the moment shown, and how many of them had found what they asked for.
#[must_use]
pub fn score(show: &dyn Show) -> (u64, u64) {
    let (mut asked, mut answered) = (0, 0);
    for (number, entry) in (0..).zip(show.log()).take_while(|(_, entry)| entry.position < show.position()) {
        if !matches!(entry.action, Action::Search { .. } | Action::Route { .. }) {
            continue;
        }
        asked += 1;
        let records = show.trace().of_request(Request(number)).take_while(|(at, _)| *at < show.position());
        let found = records.flat_map(|(_, record)| &record.outcomes).any(|outcome| match outcome {
            Outcome::Search(SearchEvent::Hit { request, .. }) | Outcome::Found { request, value: Some(_), .. } => {
                request.0 == number
            }
            _ => false,
        });
        answered += u64::from(found);
    }
    (asked, answered)
}
