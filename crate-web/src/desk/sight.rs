//! What the panels show at a moment: the request that is followed, its route so far, and one node's decision.

use overlay_core::plain::grouped;
use overlay_core::protocol::{Decision, Peer, Request};
use overlay_core::sim::lab::KeyView;
use overlay_core::sim::route::{Route, RouteEnd};
use overlay_core::sim::spec::{Action, Key};
use overlay_core::sim::words;
use overlay_core::time::{Duration, Time};

use super::{Bench, Desk};
use crate::transport::{HopMark, TimeLine};

/// Ticks of the time line that are drawn at the most.
const TICKS_MAX: usize = 240;
/// Time after which it is said that nothing else has happened.
const UPKEEP_WORTH_SAYING: Duration = Duration::from_millis(800);
/// Records that are looked back over for the last thing that can be told.
const LOOK_BACK: usize = 20_000;

/// A hop of the route, made or under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HopLine {
    /// Who decided.
    pub from: Peer,
    /// Where the message went.
    pub to: Peer,
    /// Where the deciding node held it, in words.
    pub place: String,
    /// Whether it is on its way at this moment.
    pub under_way: bool,
    /// Whether it never arrived.
    pub lost: bool,
}

/// How far a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Nothing has been asked.
    Idle,
    /// Asked next, not yet.
    Ahead,
    /// On its way: hops decided so far, and of how many if that is known.
    Going {
        /// The hop that is under way or was made last.
        hop: usize,
        /// How many it will have been.
        of: Option<usize>,
    },
    /// A node's coming in, which is told by events.
    Joining,
    /// The newcomer is a member.
    Joined,
    /// Arrived.
    Delivered {
        /// Hops it took.
        hops: usize,
    },
    /// Given up.
    Failed,
}

/// What the panels show at a moment.
pub struct Sight {
    /// The request that is followed, with its key.
    pub request: Option<(Request, KeyView)>,
    /// The key as it was given.
    pub key: Option<Key>,
    /// How far the request is.
    pub progress: Progress,
    /// Its hops so far.
    pub hops: Vec<HopLine>,
    /// The node whose tables are shown.
    pub shown: Option<Peer>,
    /// What that node decided, or would.
    pub decision: Option<Decision>,
    /// The number of the hop it decided, from 1; `None` if it only would.
    pub decided_hop: Option<usize>,
    /// Whether the person chose the node.
    pub chosen: bool,
}

impl Bench {
    /// The request that is followed: the last that has begun, or the first to come.
    pub(super) fn followed(&self) -> Option<(Request, Key)> {
        self.lab.last_request().or_else(|| {
            let requests = (0..self.lab.log().len() as u32).map(Request);
            requests.filter_map(|request| Some((request, words::key_of(&self.lab, request)?))).next()
        })
    }

    /// The node that comes in, if that is what is followed: its tables are what fills.
    fn newcomer(&self) -> Option<Peer> {
        let (request, key) = self.followed()?;
        let entry = self.lab.log().get(request.0 as usize)?;
        let joins = matches!(entry.action, Action::Add { .. });
        let text = self.lab.key(&key).ok().filter(|_| joins)?.text;
        self.lab.find_digits(&text).ok()
    }

    /// Whether the followed request is a node's coming in rather than a message of somebody's.
    fn follows_join(&self) -> bool {
        let entry = self.followed().and_then(|(request, _)| self.lab.log().get(request.0 as usize));
        entry.is_some_and(|entry| matches!(entry.action, Action::Add { .. }))
    }

    /// How the followed request ended, if it has at the moment shown.
    #[must_use]
    pub fn delivered(&self) -> Option<(RouteEnd, Route<'_>)> {
        let (request, _) = self.followed()?;
        let route = self.lab.route(request)?;
        let end = route.end?;
        let (RouteEnd::Delivered { record, .. } | RouteEnd::Failed { record, .. }) = end;
        (record < self.lab.position()).then_some((end, route))
    }

    /// How many hops the followed request takes in all, if its whole course is known.
    #[must_use]
    pub fn hops_known(&self) -> Option<usize> {
        let (request, _) = self.followed()?;
        match self.lab.route(request)?.end? {
            RouteEnd::Delivered { hops, .. } => Some(usize::from(hops)),
            RouteEnd::Failed { .. } => None,
        }
    }
}

/// The number of each hop: attempts that found nobody share the number of the one that did.
pub(super) fn hop_numbers(route: &Route<'_>) -> Vec<usize> {
    let mut arrived = 0;
    let number = |hop: &overlay_core::sim::route::Hop<'_>| {
        let number = arrived + 1;
        arrived += usize::from(hop.arrival.is_some());
        number
    };
    route.hops.iter().map(number).collect()
}

impl Desk {
    /// What the panels show of one world now.
    #[must_use]
    pub fn sight(&self, bench: &Bench) -> Sight {
        let lab = &bench.lab;
        let followed = bench.followed();
        let request = followed.as_ref().and_then(|(request, key)| Some((*request, lab.key(key).ok()?)));
        let route = request.as_ref().and_then(|(request, _)| lab.route(*request));
        let position = lab.position();
        let made = |record: u32| record < position;
        let mut sight = Sight {
            request,
            key: followed.map(|(_, key)| key),
            progress: Progress::Idle,
            hops: Vec::new(),
            shown: None,
            decision: None,
            decided_hop: None,
            chosen: bench.selected.is_some(),
        };
        let mut last: Option<(Decision, usize)> = None;
        if let Some(route) = &route {
            let numbers = hop_numbers(route);
            sight.progress = progress(route, position, &numbers);
            let decided = route.hops.iter().zip(&numbers).filter(|(hop, _)| made(hop.record));
            for (hop, number) in decided {
                let place = hop.decision.chosen().map(|candidate| lab.place(&candidate.place));
                let under_way = !hop.is_done(position);
                let lost = hop.arrival.is_none() && route.hops.last().is_some_and(|end| end.record > hop.record);
                let place = place.unwrap_or_default();
                sight.hops.push(HopLine { from: hop.from, to: hop.to, place, under_way: under_way && !lost, lost });
                last = Some((hop.decision.clone(), *number));
            }
            if let Some((_, decision)) = route.delivery.filter(|(record, _)| made(*record)) {
                last = Some((decision.clone(), numbers.last().map_or(0, |number| *number) + 1));
            }
        }
        if position > 0 && bench.follows_join() && matches!(sight.progress, Progress::Idle | Progress::Ahead) {
            let inside = bench.newcomer().is_some_and(|peer| lab.is_member(peer));
            sight.progress = if inside { Progress::Joined } else { Progress::Joining };
        }
        let decider = last.as_ref().map(|(decision, _)| decision.at);
        // In the lab the first node stands for any: empty panels teach nothing.
        let focus = self.scene.map_or(Some(Peer(0)), |scene| lab.find_digits(scene.focus).ok());
        sight.shown = bench.selected.or(decider).or_else(|| bench.newcomer()).or(focus);
        self.decide(bench, &mut sight, route.as_ref(), last);
        sight
    }

    /// What the shown node decided, or would decide.
    fn decide(&self, bench: &Bench, sight: &mut Sight, route: Option<&Route<'_>>, last: Option<(Decision, usize)>) {
        let Some(shown) = sight.shown else { return };
        if let Some((decision, hop)) = last.filter(|(decision, _)| decision.at == shown) {
            (sight.decision, sight.decided_hop) = (Some(decision), Some(hop));
            return;
        }
        let position = bench.lab.position();
        let earlier = route.and_then(|route| {
            let numbers = hop_numbers(route);
            let hops = route.hops.iter().zip(numbers).rev();
            hops.filter(|(hop, _)| hop.record < position && hop.from == shown)
                .map(|(hop, number)| (hop.decision.clone(), number))
                .next()
        });
        if let Some((decision, hop)) = earlier {
            (sight.decision, sight.decided_hop) = (Some(decision), Some(hop));
        } else if bench.lab.is_member(shown) && !matches!(sight.progress, Progress::Joining | Progress::Joined) {
            sight.decision = sight.key.as_ref().and_then(|key| bench.lab.explain(shown, key));
        }
    }

    /// What just happened, in words.
    #[must_use]
    pub fn narration(&self) -> String {
        if self.benches.len() == 2 {
            let lines =
                self.benches.iter().map(|bench| format!("**{}** {}", bench.lab.system().name(), self.told(bench)));
            return lines.collect::<Vec<_>>().join(" ");
        }
        self.told(&self.benches[0])
    }

    fn told(&self, bench: &Bench) -> String {
        let (lab, digits) = (&bench.lab, self.digits());
        let position = lab.position();
        if position == 0 {
            return match lab.log().first() {
                Some(entry) => format!("Ready. Next: {}", words::action_sentence(lab, &entry.action, digits)),
                None => {
                    format!("Ready: {} nodes. Send a message, or let time pass.", grouped(u64::from(lab.node_count())))
                }
            };
        }
        let records = lab.trace().records();
        let back = (0..position).rev().take(LOOK_BACK).filter(|number| records[*number as usize].is_major());
        let told =
            back.map(|number| (number, words::sentences(lab, number, digits))).find(|(_, said)| !said.is_empty());
        let Some((number, said)) = told else { return "Only regular upkeep so far.".into() };
        // More than two sentences are not heard in time; the event list has them all.
        let mut line = said[said.len().saturating_sub(2)..].join(" ");
        if lab.clock() - records[number as usize].at > UPKEEP_WORTH_SAYING {
            line.push_str(" Since then, only regular upkeep.");
        }
        line
    }

    /// The moment in words.
    #[must_use]
    pub fn moment(&self) -> String {
        let time = format!("Time {}", millis(self.elapsed()));
        if self.benches.len() == 2 {
            return time;
        }
        match self.sight(&self.benches[0]).progress {
            Progress::Idle | Progress::Ahead | Progress::Joining | Progress::Joined => time,
            Progress::Going { hop, of: Some(of) } => format!("{time} · hop {hop} of {of}"),
            Progress::Going { hop, of: None } => format!("{time} · hop {hop}"),
            Progress::Delivered { hops: 1 } => format!("{time} · 1 hop, delivered"),
            Progress::Delivered { hops } => format!("{time} · {hops} hops, delivered"),
            Progress::Failed => format!("{time} · given up"),
        }
    }

    /// The time line.
    #[must_use]
    pub fn line(&self) -> TimeLine {
        let known = self.known().0.max(1) as f64;
        let bench = self.bench();
        let lab = &bench.lab;
        let fraction = |at: Time| (at - lab.origin()).0 as f64 / known;
        let records = lab.trace().records();
        let stride = records.len().div_ceil(TICKS_MAX).max(1);
        let ticks = records.iter().step_by(stride).map(|record| fraction(record.at)).collect();
        let position = lab.position();
        let route = bench.followed().and_then(|(request, _)| lab.route(request));
        let arrivals = route.iter().flat_map(|route| {
            let start = route.hops.first().map(|hop| (hop.record, hop.sent));
            start.into_iter().chain(route.hops.iter().filter_map(|hop| hop.arrival))
        });
        let hops = arrivals.map(|(record, at)| HopMark { at: fraction(at), done: record < position }).collect();
        TimeLine { now: self.elapsed().0 as f64 / known, ticks, hops }
    }
}

fn progress(route: &Route<'_>, position: u32, numbers: &[usize]) -> Progress {
    let of = match route.end {
        Some(RouteEnd::Delivered { hops, record, .. }) => {
            if record < position {
                return Progress::Delivered { hops: usize::from(hops) };
            }
            Some(usize::from(hops))
        }
        Some(RouteEnd::Failed { record, .. }) if record < position => return Progress::Failed,
        _ => None,
    };
    let decided = route.hops.iter().zip(numbers).filter(|(hop, _)| hop.record < position);
    match decided.map(|(_, number)| *number).next_back() {
        Some(hop) => Progress::Going { hop, of },
        None => Progress::Ahead,
    }
}

/// A span as people read it: `71 ms`, `1,250 ms`, `12.5 s`.
#[must_use]
pub fn millis(span: Duration) -> String {
    let ms = span.0.div_ceil(1_000);
    match ms {
        0..=9_999 => format!("{} ms", grouped(ms)),
        10_000..=599_999 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_read_them() {
        assert_eq!(millis(Duration::from_millis(71)), "71 ms");
        assert_eq!(millis(Duration::from_micros(71_250)), "72 ms");
        assert_eq!(millis(Duration::from_millis(1_250)), "1,250 ms");
        assert_eq!(millis(Duration::from_millis(12_540)), "12.5 s");
        assert_eq!(millis(Duration::from_secs(3_600)), "60 min 0 s");
    }
}
