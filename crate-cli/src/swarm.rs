//! `overlay swarm`: random worlds by the thousand, each watched by checkers at every event.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use overlay_core::sim::lab::{Lab, Setup};
use overlay_core::sim::live::swarm as live;
use overlay_core::sim::share::LINK_MAX;
use overlay_core::sim::spec::{Action, Key};
use overlay_core::sim::swarm::searching::{self, SearchCourse};
use overlay_core::sim::swarm::{self, Course, Failure};
use overlay_core::sim::words::action_sentence;
use overlay_core::time::Duration;

use crate::experiment::drive;
use crate::output::{self, Stopped};
use crate::progress::Progress;

/// Runs that shrinking one failure may take.
const SHRINK_TRIES: u32 = 400;
/// Digits of an identifier in a story.
const DIGITS: usize = 6;

#[derive(clap::Args, Debug)]
pub(crate) struct SwarmArgs {
    /// Which worlds: from A up to, not with, B
    #[arg(long, value_name = "A..B", default_value = "0..200", value_parser = seeds)]
    seeds: (u64, u64),
    /// Simulated minutes in which things are done to each world
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=600))]
    minutes: u32,
    /// Failures after which the search ends
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    failures: u32,
    /// Worlds run at a time; as many as there are processors if not given
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// What nodes are linked by
    #[arg(long, value_enum, default_value_t = Links::Plane)]
    links: Links,
    /// Which systems
    #[arg(long, value_enum, default_value_t = Systems::Routing, conflicts_with = "links")]
    systems: Systems,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Systems {
    /// Pastry and Chord
    Routing,
    /// Gnutella, Napster, FastTrack and full replication
    Searching,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Links {
    /// Messages travel by distance; nodes of Pastry or Chord
    Plane,
    /// Connections as browsers make them, which fail, open at one end only, break and are made anew; members of the
    /// live overlay
    Webrtc,
}

fn seeds(text: &str) -> Result<(u64, u64), String> {
    let read = |part: &str| part.parse::<u64>().map_err(|_| format!("“{part}” is no seed"));
    let (first, end) = text.split_once("..").ok_or("two seeds with two dots between them, as in 0..200")?;
    let (first, end) = (read(first)?, read(end)?);
    if first < end { Ok((first, end)) } else { Err(format!("there is no seed from {first} up to {end}")) }
}

/// What one seed came to: events, and the story of its failure if it failed.
struct Played {
    events: u64,
    story: Option<String>,
}

pub(crate) fn run(args: &SwarmArgs) -> Result<ExitCode, Stopped> {
    let (text, nothing) = search(args);
    output::write(&text)?;
    Ok(if nothing { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was found, and whether that is nothing.
fn search(args: &SwarmArgs) -> (String, bool) {
    let (first, end) = args.seeds;
    let (next, events, stop) = (AtomicU64::new(first), AtomicU64::new(0), AtomicBool::new(false));
    let found: Mutex<Vec<(u64, String)>> = Mutex::default();
    let threads = drive::threads(args.threads);
    let progress = Mutex::new(Progress::new(end - first));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    let played = play(seed, args);
                    events.fetch_add(played.events, Ordering::Relaxed);
                    progress.lock().expect("nobody panics while holding it").advance();
                    if let Some(story) = played.story {
                        let mut found = found.lock().expect("nobody panics while holding it");
                        found.push((seed, story));
                        if found.len() >= args.failures as usize {
                            stop.store(true, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    drop(progress);
    let mut found = found.into_inner().expect("nobody panicked while holding it");
    // Which seeds were reached first depends on the threads; which failures are told, should as little as possible.
    found.sort_by_key(|(seed, _)| *seed);
    let ran = next.into_inner().min(end) - first;
    let mut text: String = found.iter().map(|(_, story)| story.as_str()).collect();
    let events = events.into_inner();
    text.push_str(&match found.len() {
        0 => format!("{ran} worlds, {events} events: nothing found.\n"),
        count => format!("{ran} worlds, {events} events: {count} failed.\n"),
    });
    (text, found.is_empty())
}

fn play(seed: u64, args: &SwarmArgs) -> Played {
    let span = Duration::from_secs(60 * u64::from(args.minutes));
    match args.links {
        Links::Plane if args.systems == Systems::Searching => {
            let course = searching::run(seed, span);
            let story = course.failure.is_some().then(|| {
                let shortest = searching::shrink(&course, SHRINK_TRIES);
                searching_story(&course, &shortest, args.minutes)
            });
            Played { events: course.events, story }
        }
        Links::Plane => {
            let course = swarm::run(seed, span);
            let story = course.failure.is_some().then(|| {
                let shortest = swarm::shrink(&course, SHRINK_TRIES);
                story(seed, &course, &shortest, args.minutes)
            });
            Played { events: course.events, story }
        }
        Links::Webrtc => {
            let course = live::run(seed, span);
            Played { events: course.events, story: live_story(seed, &course, args.minutes) }
        }
    }
}

/// The story of a failed world of a system that searches by words.
fn searching_story(course: &SearchCourse, shortest: &SearchCourse, minutes: u32) -> String {
    let what = |course: &SearchCourse| match &course.failure {
        Some((at, what)) => format!("at {:.3} s, {what}", seconds(at.0)),
        None => "nothing".into(),
    };
    let seed = course.seed;
    let mut text = format!("seed {seed}: {}\n  the world: {}\n", what(course), course.world);
    text.push_str(&format!("  of {} deeds these are enough: {}\n", course.log.len(), what(shortest)));
    for (at, action) in &shortest.log {
        text.push_str(&format!("    {:>10.3} s  {}\n", seconds(at.0), deed(action)));
    }
    let end = seed + 1;
    text.push_str(&format!("  again: overlay swarm --systems searching --seeds {seed}..{end} --minutes {minutes}\n"));
    text
}

/// A deed in a world that searches by words, in a few words.
fn deed(action: &Action) -> String {
    let words = |key: &Key| match key {
        Key::Name(name) => format!("“{name}”"),
        Key::Digits(_) | Key::Node(_) => "nothing".into(),
    };
    match action {
        Action::Insert { from, key, .. } => format!("{} shares {}", from.0, words(key)),
        Action::Delete { from, key } => format!("{} shares {} no longer", from.0, words(key)),
        Action::Search { from, key } => format!("{} searches for {}", from.0, words(key)),
        Action::Route { from, key } => format!("{} searches for {} and fetches it", from.0, words(key)),
        Action::Add { id } => format!("{} comes in", words(id)),
        Action::Kill { node } => format!("{} stops without a word", node.0),
        Action::Leave { node } => format!("{} says goodbye", node.0),
        Action::Restart { node } => format!("{} runs again", node.0),
        Action::Weather(weather) => format!("{weather:?}"),
    }
}

/// The story of a failed world of browsers.
fn live_story(seed: u64, course: &live::LiveCourse, minutes: u32) -> Option<String> {
    let failure = course.failure.as_ref()?;
    let mut text = format!("seed {seed}: {failure}\n");
    for (at, deed) in &course.deeds {
        text.push_str(&format!("    {:>10.3} s  {deed}\n", seconds(at.0)));
    }
    for page in &course.pages {
        text.push_str(&format!("  {page}\n"));
    }
    text.push_str(&format!("  again: overlay swarm --links webrtc --seeds {seed}..{} --minutes {minutes}\n", seed + 1));
    Some(text)
}

fn story(seed: u64, course: &Course, shortest: &Course, minutes: u32) -> String {
    let mut text = format!("seed {seed}: {}\n", what(course));
    text.push_str(&format!("  the world: {}\n", world(&course.setup)));
    text.push_str(&format!("  of {} deeds these are enough: {}\n", course.log.len(), what(shortest)));
    let end = shortest.failure.as_ref().map_or(0, |failure| failure.position);
    match Lab::restore(shortest.setup.clone(), &shortest.log, end) {
        Ok(lab) => {
            for entry in &shortest.log {
                let sentence = action_sentence(&lab, &entry.action, DIGITS);
                text.push_str(&format!("    {:>10.3} s  {sentence}\n", seconds(entry.at.0)));
            }
        }
        Err(error) => text.push_str(&format!("    the history does not replay: {error}\n")),
    }
    text.push_str(&format!("  again: overlay swarm --seeds {seed}..{} --minutes {minutes}\n", seed + 1));
    let code = shortest.situation().map(|situation| situation.encode());
    match code {
        Some(code) if code.len() <= LINK_MAX => text.push_str(&format!("  on the page: #/lab?s={code}\n")),
        Some(code) => text.push_str(&format!("  on the page, by Share, from a file with this text: {code}\n")),
        None => {}
    }
    text
}

fn what(course: &Course) -> String {
    let Some(Failure { at, what, .. }) = &course.failure else { return "nothing".into() };
    format!("at {:.3} s, {what}", seconds(at.0))
}

fn world(setup: &Setup) -> String {
    match setup {
        Setup::Pastry(spec) => format!("{} nodes, {:?}, {:?}", spec.random, spec.build, spec.config),
        Setup::Chord(spec) => format!("{} nodes, {:?}, {:?}", spec.random, spec.build, spec.config),
    }
}

fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_with_somebody_in_it() {
        assert_eq!(seeds("3..9"), Ok((3, 9)));
        assert!(seeds("9..9").is_err() && seeds("9").is_err() && seeds("a..b").is_err() && seeds("5..-1").is_err());
    }
}
