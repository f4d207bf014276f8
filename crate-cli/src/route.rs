//! `overlay route`: one message through a world of random nodes, in the words that the page uses.

use std::fmt::Write as _;

use overlay_core::chord;
use overlay_core::dht::DhtConfig;
use overlay_core::pastry;
use overlay_core::protocol::{Decision, Peer};
use overlay_core::sim::lab::{KeyView, Lab, Setup};
use overlay_core::sim::route::{Route, RouteEnd};
use overlay_core::sim::spec::{Action, Key, Spec};
use overlay_core::time::Duration;

use crate::Outcome;
use crate::args::{Question, SystemName};

/// Digits of an identifier that are shown.
const DIGITS: usize = 6;
/// How long a message may take, in simulated time; far more than any does.
const PATIENCE: Duration = Duration::from_secs(600);

pub(crate) fn run(question: &Question) -> Outcome {
    let mut lab = Lab::new(setup(question)).map_err(|error| error.to_string())?;
    let from = origin(&lab, &question.from)?;
    let key = match (&question.key, &question.name) {
        (Some(digits), _) => Key::Digits(digits.clone()),
        (None, Some(name)) => Key::Name(name.clone()),
        (None, None) => return Err("Say where the message goes: --key or --name.".into()),
    };
    let view = lab.key(&key).map_err(|error| error.to_string())?;
    let request = lab.act(Action::Route { from, key }).map_err(|error| error.to_string())?;
    lab.look_ahead(PATIENCE);
    let route = lab.route(request).ok_or("The message left no trace.")?;
    Ok(told(&lab, &route, &view, question))
}

fn setup(question: &Question) -> Setup {
    // One message in a quiet world: nothing needs upkeep while it is on its way.
    match question.system {
        SystemName::Pastry => {
            let config = DhtConfig { overlay: pastry::Config::default(), replicas: 1 };
            Setup::Pastry(Spec::random(question.nodes, question.seed, config))
        }
        SystemName::Chord => {
            let overlay = chord::Config { maintenance: None, acks: false, ..chord::Config::default() };
            Setup::Chord(Spec::random(question.nodes, question.seed, DhtConfig { overlay, replicas: 1 }))
        }
    }
}

/// The node that was meant: by number, or by digits.
fn origin(lab: &Lab, typed: &str) -> Result<Peer, String> {
    let number = typed.parse().ok().map(Peer).filter(|peer| lab.has_node(*peer));
    number.map_or_else(|| lab.find_digits(typed).map_err(|error| error.to_string()), Ok)
}

fn told(lab: &Lab, route: &Route<'_>, key: &KeyView, question: &Question) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}, {} nodes with converged tables, seed {}: a message for {}",
        lab.system().name(),
        lab.node_count(),
        question.seed,
        key.text
    );
    for (made, hop) in (0_u16..).zip(&route.hops) {
        let place = hop.decision.chosen().map_or_else(String::new, |chosen| lab.place(&chosen.place));
        let [from, to] = [hop.from, hop.to].map(|peer| lab.text(peer, DIGITS));
        let _ = writeln!(text, "{:>3}  {from} → {to} · {place}", made + 1);
        let _ = writeln!(text, "     {}", lab.narration(hop.decision, made, key, DIGITS));
        if question.explain {
            explain(&mut text, lab, hop.decision, key);
        }
    }
    if let Some((_, decision)) = route.delivery {
        let made = route.hops.len() as u16;
        let _ = writeln!(text, "     {}", lab.narration(decision, made, key, DIGITS));
        if question.explain {
            explain(&mut text, lab, decision, key);
        }
    }
    let _ = match route.end {
        Some(RouteEnd::Delivered { owner, hops, at, .. }) => {
            let millis = (at - route.started).as_millis_f64();
            writeln!(text, "Delivered at {} · hops: {hops} · {millis:.1} ms", lab.text(owner, usize::MAX))
        }
        Some(RouteEnd::Failed { node, reason, .. }) => {
            writeln!(text, "Not delivered: it ended at {}: {reason}", lab.text(node, DIGITS))
        }
        None => writeln!(text, "Not delivered."),
    };
    text
}

/// The algorithm's lines, the one that fired marked, and every candidate with why it lost.
fn explain(text: &mut String, lab: &Lab, decision: &Decision, key: &KeyView) {
    for line in lab.rule_lines(decision, key, DIGITS) {
        let mark = if line.fired { '>' } else { ' ' };
        let _ = writeln!(text, "       {mark} {} {}", line.number, line.text);
    }
    for candidate in &decision.candidates {
        let (name, place) = (lab.text(candidate.peer, DIGITS), lab.place(&candidate.place));
        let verdict = lab.verdict(candidate, decision, key, DIGITS);
        let _ = writeln!(text, "         {name} · {place}: {verdict}");
    }
}
