//! Routing steps in plain English. Everything is said from the [`Decision`] alone, so a recorded one reads the same.
//!
//! `names` gives a peer's name as the screen shows it (on the slide's ring "9"), `key` is the key as the screen shows it.

use super::{Candidate, ChordId, Config, Decision, Peer, Place, RoutingRule, Rule, Step, Verdict};
use crate::id::RingId;
use crate::protocol::RuleLine;

/// Digits of an identifier of a large ring in a sentence.
const DIGITS: usize = 6;

/// The keys of finger `index` of the node with identifier `at`: "8 to 15", or one key alone.
#[must_use]
pub fn interval(config: &Config, at: ChordId, index: u8) -> String {
    let bits = config.bits;
    let index = index.clamp(1, bits.get());
    let start = at.plus_power(index - 1, bits);
    let end = if index == bits.get() { at } else { at.plus_power(index, bits) }.before(bits);
    let (first, last) = (start.text(bits, DIGITS), end.text(bits, DIGITS));
    if first == last { first } else { format!("{first} to {last}") }
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "Yes." } else { "No." }
}

/// The rule of the configuration line by line, each with its answer here. `at` is the identifier of the deciding node.
#[must_use]
pub fn rule_lines(
    decision: &Decision,
    config: &Config,
    at: ChordId,
    names: &dyn Fn(Peer) -> String,
    key: &str,
) -> Vec<RuleLine> {
    let me = names(decision.at);
    let next = match decision.next {
        Step::Forward(next) => names(next),
        Step::Deliver => me.clone(),
    };
    let line = |number, fired: bool, text: String| RuleLine { number, text, fired };
    let rule = decision.rule;
    let own = rule == Rule::OwnKey;
    let question = format!("Does key {key} lie behind the predecessor of node {me} and not behind node {me} itself?");
    let answer = if rule == Rule::Predecessor {
        format!("No: it was sent here as to its owner, but predecessor {next} comes first. Back to node {next}.")
    } else if own {
        "Yes: deliver it here.".to_owned()
    } else {
        "No.".to_owned()
    };
    let mut lines = vec![line("1", own || rule == Rule::Predecessor, format!("{question} {answer}"))];
    if matches!(rule, Rule::OwnKey | Rule::Predecessor) {
        return lines;
    }
    match config.rule {
        RoutingRule::Published => {
            let last = rule == Rule::Successor;
            let successor = if last { format!("node {next}") } else { "its successor".to_owned() };
            let sent = if last { format!(" Send it to {successor}, which owns it.") } else { String::new() };
            let asked = format!("Does key {key} lie between node {me} and {successor}?");
            lines.push(line("2", last, format!("{asked} {}{sent}", yes_or_no(last))));
            if !last {
                let text = format!("The closest node known before key {key} is node {next}: send it there.");
                lines.push(line("3", true, text));
            }
        }
        RoutingRule::Slide => {
            let fired = rule == Rule::FingerInterval;
            if let (true, Some(Place::Finger { index })) = (fired, decision.chosen().map(|c| c.place)) {
                let keys = interval(config, at, index);
                let text = format!("Key {key} is in the interval {keys} of finger {index}: send it to node {next}.");
                lines.push(line("2", true, text));
            } else {
                lines.push(line("2", false, format!("The finger whose interval holds key {key} cannot be used.")));
                lines.push(line("3", true, format!("The best node known otherwise is node {next}: send it there.")));
            }
        }
        RoutingRule::Naive => lines.push(line("2", true, format!("On to the next successor, node {next}."))),
    }
    lines
}

/// One sentence about the step: hop number `hop`, from 1, or for a delivery the hops it took.
#[must_use]
pub fn narration(
    decision: &Decision,
    hop: u16,
    config: &Config,
    at: ChordId,
    names: &dyn Fn(Peer) -> String,
    key: &str,
) -> String {
    let me = names(decision.at);
    let Step::Forward(next) = decision.next else {
        let hops = if hop == 1 { "1 hop".to_owned() } else { format!("{hop} hops") };
        return format!("After {hops}: node {me} is responsible for key {key} and delivers the message.");
    };
    let next = names(next);
    let reason = match (decision.rule, decision.chosen().map(|c| c.place)) {
        (Rule::FingerInterval, Some(Place::Finger { index })) => {
            format!("knows node {next} covers the keys {}", interval(config, at, index))
        }
        (Rule::Successor, _) => format!("sees that key {key} lies before its successor {next}, which owns it"),
        (Rule::NaiveSuccessor, _) => format!("knows nothing better than its successor {next}"),
        (Rule::Predecessor, _) => format!("was sent key {key} as its owner, but its predecessor {next} comes first"),
        _ => format!("knows no node nearer before key {key} than node {next}"),
    };
    format!("Hop {hop}: node {me} {reason}, and sends the message to node {next}.")
}

/// Where a node holds another.
#[must_use]
pub fn place(place: &Place) -> String {
    match place {
        Place::Myself => "itself".to_owned(),
        Place::Finger { index } => format!("finger {index}"),
        Place::SuccessorList { index: 0 } => "successor".to_owned(),
        Place::SuccessorList { index } => format!("successor list, place {}", u16::from(*index) + 1),
        Place::Predecessor => "predecessor".to_owned(),
        // Places of other systems never come up here; said plainly all the same.
        Place::LeafSet { offset } => format!("leaf set, place {offset}"),
        Place::RoutingTable { row, column } => format!("routing table, row {row}, column {column:X}"),
        Place::Neighbourhood { index } => format!("neighbourhood set, place {}", u16::from(*index) + 1),
    }
}

/// Why a candidate was taken or not, for the step of which it is part.
#[must_use]
pub fn verdict(
    candidate: &Candidate,
    decision: &Decision,
    config: &Config,
    at: ChordId,
    names: &dyn Fn(Peer) -> String,
    key: &str,
) -> String {
    let name = names(candidate.peer);
    let chosen = || decision.chosen().map_or_else(|| "none".to_owned(), |c| names(c.peer));
    match candidate.verdict {
        Verdict::Chosen if decision.next == Step::Deliver => format!("Node {name} owns key {key}."),
        Verdict::Chosen => format!("Node {name} is the next hop."),
        Verdict::BeyondKey => format!("Node {name} lies at or beyond key {key}."),
        Verdict::LessProgress => format!("Node {name} lies before key {key}, but node {} is nearer to it.", chosen()),
        Verdict::OtherInterval => match candidate.place {
            Place::Finger { index } => {
                format!("Key {key} is not in its interval, {}.", interval(config, at, index))
            }
            _ => format!("Node {name} is in no finger, so it has no interval."),
        },
        Verdict::NoAnswer => format!("Node {name} did not answer."),
        Verdict::Farther | Verdict::NotCloser => format!("Node {name} is no closer to key {key}."),
        Verdict::SharesTooFew { .. } | Verdict::RuleNotReached { .. } => "An earlier rule decided.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{id, named, slide_ring};
    use super::*;
    use crate::protocol::Overlay;

    fn told(rule: RoutingRule, node: u128, key: u128, hop: u16) -> (String, Vec<RuleLine>, Vec<String>) {
        let net = slide_ring(rule);
        let node = &net.nodes[&named(&net, node)];
        let decision = node.explain(net.host(), id(key, &net.config));
        let names = |peer: Peer| net.peers.id(peer).low().to_string();
        let key = key.to_string();
        let why = |c: &Candidate| {
            format!("{}: {}", place(&c.place), verdict(c, &decision, &net.config, node.id(), &names, &key))
        };
        (
            narration(&decision, hop, &net.config, node.id(), &names, &key),
            rule_lines(&decision, &net.config, node.id(), &names, &key),
            decision.candidates.iter().map(why).collect(),
        )
    }

    #[test]
    fn the_slides_search_reads_as_on_the_slide() {
        let (first, lines, why) = told(RoutingRule::Slide, 0, 13, 1);
        assert_eq!(first, "Hop 1: node 0 knows node 9 covers the keys 8 to 15, and sends the message to node 9.");
        assert_eq!(lines[1].text, "Key 13 is in the interval 8 to 15 of finger 4: send it to node 9.");
        assert_eq!(lines.iter().filter(|l| l.fired).count(), 1);
        assert_eq!(
            why,
            [
                "finger 4: Node 9 is the next hop.",
                "finger 3: Key 13 is not in its interval, 4 to 7.",
                "finger 2: Key 13 is not in its interval, 2 to 3.",
                "finger 1: Key 13 is not in its interval, 1.",
            ]
        );
        let (second, ..) = told(RoutingRule::Slide, 9, 13, 2);
        assert_eq!(second, "Hop 2: node 9 knows node 14 covers the keys 13 to 0, and sends the message to node 14.");
        let (last, lines, _) = told(RoutingRule::Slide, 14, 13, 2);
        assert_eq!(last, "After 2 hops: node 14 is responsible for key 13 and delivers the message.");
        assert!(lines[0].fired && lines.len() == 1);
    }

    #[test]
    fn the_published_rule_names_the_closest_preceding_node_and_then_the_successor() {
        let (second, lines, why) = told(RoutingRule::Published, 9, 13, 2);
        assert_eq!(
            second,
            "Hop 2: node 9 knows no node nearer before key 13 than node 11, and sends the message to node 11."
        );
        assert!(!lines[1].fired && lines[2].fired);
        assert!(why.contains(&"finger 3: Node 14 lies at or beyond key 13.".to_owned()));
        let (third, ..) = told(RoutingRule::Published, 11, 13, 3);
        assert!(third.starts_with("Hop 3: node 11 sees that key 13 lies before its successor 14"));
    }
}
