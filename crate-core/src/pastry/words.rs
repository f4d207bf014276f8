//! Pastry's decisions in plain English, made from values: what the inspector, the narration line and the route list say.
//!
//! # Implementation notes
//! Lines carry the numbers of the slide "Pastry's routing algorithm" for both rules; the paper's Table 1 has the same
//! three cases in the same order. Rows and columns count from 0, columns are digits.

use super::{Config, LeafSet, RoutingRule};
use crate::id::{Digits, Guid};
use crate::protocol::{Candidate, Decision, Peer, Place, Rule, RuleLine, Step, Verdict};

/// What sentences about one key need to know.
#[derive(Clone, Copy)]
pub struct Wording<'a> {
    /// The switches that the nodes follow.
    pub config: &'a Config,
    /// What a peer is called, for example the first six digits of its identifier.
    pub names: &'a dyn Fn(Peer) -> String,
    /// The key.
    pub key: Guid,
    /// What the key is called: as many of its digits as are shown.
    pub key_name: &'a str,
}

/// Where a peer stands: `routing table, row 0, column D`.
#[must_use]
pub fn place(place: &Place) -> String {
    match place {
        Place::Myself => "the node itself".into(),
        Place::LeafSet { .. } => "leaf set".into(),
        Place::RoutingTable { row, column } => format!("routing table, row {row}, column {column:X}"),
        Place::Neighbourhood { .. } => "neighbourhood set".into(),
        Place::Finger { index } => format!("finger {index}"),
        Place::SuccessorList { index } => format!("successor list, place {index}"),
        Place::Predecessor => "predecessor".into(),
    }
}

/// `no digit`, `1 digit`, `2 digits`.
fn digits(count: u8) -> String {
    match count {
        0 => "no digit".into(),
        1 => "1 digit".into(),
        n => format!("{n} digits"),
    }
}

impl Wording<'_> {
    fn name(&self, peer: Peer) -> String {
        (self.names)(peer)
    }

    /// The digits shared with the key, spelt out where they are shown: `D4`; else how many they are.
    fn shared(&self, count: u8) -> String {
        let spelt = match self.config.digits {
            Digits::Bits4 if count > 0 => self.key_name.get(..usize::from(count)),
            _ => None,
        };
        spelt.map_or_else(|| digits(count), Into::into)
    }

    /// R\[p, i\] for the key: the row and column that line 5 asks for.
    fn cell(&self, row: u8) -> Option<(u8, usize)> {
        let digits = self.config.digits;
        (usize::from(row) < digits.rows()).then(|| (row, self.key.digit(row.into(), digits)))
    }

    /// The routing algorithm's lines with their answers here. `leaves` is the deciding node's leaf set at the moment of
    /// the decision.
    #[must_use]
    pub fn rule_lines(&self, decision: &Decision, leaves: &LeafSet) -> Vec<RuleLine> {
        let mut lines = vec![self.leaf_line(decision, leaves)];
        if self.config.leaf_set_only {
            lines.push(self.alone_line(decision));
        } else {
            lines.push(self.table_line(decision));
            lines.push(self.rare_line(decision));
        }
        lines
    }

    fn leaf_line(&self, decision: &Decision, leaves: &LeafSet) -> RuleLine {
        let end = |peer: Option<Peer>| self.name(peer.unwrap_or(decision.at));
        let (low, high) = (end(leaves.smaller().next_back()), end(leaves.larger().next_back()));
        let arc = if leaves.is_whole_ring() { "it is the whole ring".into() } else { format!("{low} … {high}") };
        let fired = decision.rule == Rule::LeafSet;
        let end_leaf = [&low, &high].into_iter().find(|end| end.as_str() == self.key_name);
        let text = match (fired, decision.next) {
            (true, Step::Deliver) => {
                format!("Key within the leaf set? Yes ({arc}): this node is closest, deliver here")
            }
            (true, Step::Forward(peer)) => {
                format!("Key within the leaf set? Yes ({arc}): forward to the closest, {}", self.name(peer))
            }
            (false, _) => match end_leaf {
                Some(end) if self.config.rule == RoutingRule::Slide && !leaves.is_whole_ring() => {
                    format!("Key within the leaf set? No ({arc}): the slide's < leaves out {end}, the end itself")
                }
                _ => format!("Key within the leaf set? No ({arc})"),
            },
        };
        RuleLine { number: "1–2", text, fired }
    }

    fn alone_line(&self, decision: &Decision) -> RuleLine {
        let text = match (decision.rule, decision.next) {
            (Rule::LeafSet, _) => "Not reached".into(),
            (_, Step::Forward(peer)) => {
                format!("Leaf sets alone: on to the leaf nearest to the key, {}", self.name(peer))
            }
            (_, Step::Deliver) => "Leaf sets alone: no leaf is nearer to the key, deliver here".into(),
        };
        RuleLine { number: "2", text, fired: decision.rule != Rule::LeafSet }
    }

    fn table_line(&self, decision: &Decision) -> RuleLine {
        let cell = self.cell(decision.shared).map(|(row, column)| format!("R[{row}, {column:X}]"));
        let silent = decision.candidates.iter().any(|candidate| {
            let row = match candidate.place {
                Place::RoutingTable { row, column } => self.cell(row).filter(|cell| cell.1 == usize::from(column)),
                _ => None,
            };
            row.is_some_and(|(row, _)| row == decision.shared) && candidate.verdict == Verdict::NoAnswer
        });
        let text = match (decision.rule, decision.next, cell) {
            (Rule::RoutingTable { .. }, Step::Forward(peer), Some(cell)) => {
                let more = match decision.shared_next.saturating_sub(decision.shared) {
                    1 => "one more digit shared".into(),
                    more => format!("{more} more digits shared"),
                };
                format!("{cell} is filled: forward to {}, {more}", self.name(peer))
            }
            (Rule::RareCase | Rule::NobodyCloser, _, Some(cell)) if silent => format!("{cell} did not answer"),
            (Rule::RareCase | Rule::NobodyCloser, _, Some(cell)) => format!("{cell} is empty"),
            _ => "Not reached".into(),
        };
        RuleLine { number: "5", text, fired: matches!(decision.rule, Rule::RoutingTable { .. }) }
    }

    fn rare_line(&self, decision: &Decision) -> RuleLine {
        let sets = match self.config.rule {
            RoutingRule::Published => "L, R or M",
            RoutingRule::Slide => "L or R",
        };
        let shares = match decision.shared {
            0 => String::new(),
            shared => format!(" that shares {}", self.shared(shared)),
        };
        let text = match (decision.rule, decision.next) {
            (Rule::RareCase, Step::Forward(peer)) => {
                format!("A node of {sets}{shares} and is numerically closer? Yes: forward to {}", self.name(peer))
            }
            (Rule::NobodyCloser, _) => {
                format!("A node of {sets}{shares} and is numerically closer? No: deliver here")
            }
            _ => "Not reached".into(),
        };
        // Without a shared digit the sentence has only the second half of the question.
        let text = text.replace(&format!("{sets} and is"), &format!("{sets} that is"));
        RuleLine { number: "7", text, fired: matches!(decision.rule, Rule::RareCase | Rule::NobodyCloser) }
    }

    /// One sentence on a step; `hops` were made before it.
    #[must_use]
    pub fn narration(&self, decision: &Decision, hops: u16) -> String {
        let at = self.name(decision.at);
        let Step::Forward(next) = decision.next else { return self.arrival(decision, &at, hops) };
        let (hop, next) = (u32::from(hops) + 1, self.name(next));
        match decision.rule {
            Rule::RoutingTable { row, column } => {
                let (shared, more) = (self.shared(decision.shared), self.shared(decision.shared_next));
                format!(
                    "Hop {hop}: {at} shares {shared} with the key; its row {row}, column {column:X} holds {next}, which \
                     shares {more}."
                )
            }
            Rule::LeafSet => {
                format!("Hop {hop}: {at} finds the key within its leaf set; {next} is numerically closest.")
            }
            Rule::LeafSetAlone => {
                format!("Hop {hop}: {at} has only its leaf set; {next} is the leaf nearest to the key.")
            }
            _ => {
                let cell = self.cell(decision.shared).map_or_else(String::new, |(row, column)| {
                    format!("{at} has no one to ask in row {row}, column {column:X}; ")
                });
                format!("Hop {hop}: {cell}{next} shares as many digits as {at} and is numerically closer.")
            }
        }
    }

    fn arrival(&self, decision: &Decision, at: &str, hops: u16) -> String {
        let way = match hops {
            0 => "At once".into(),
            1 => "After 1 hop".into(),
            n => format!("After {n} hops"),
        };
        match decision.rule {
            Rule::NobodyCloser => format!("{way}: {at} knows nobody closer to the key and delivers the message."),
            _ => format!("{way}: {at} is numerically closest to the key; the message is delivered."),
        }
    }

    /// One short clause on why a candidate was taken or not.
    #[must_use]
    pub fn verdict(&self, candidate: &Candidate, decision: &Decision) -> String {
        match candidate.verdict {
            Verdict::Chosen if candidate.place == Place::Myself => "delivers here".into(),
            Verdict::Chosen => "chosen".into(),
            Verdict::Farther => "numerically farther from the key".into(),
            Verdict::SharesTooFew { shared: 0 } => "shares no digit with the key".into(),
            Verdict::SharesTooFew { shared } if shared < decision.shared => {
                format!("shares {}, fewer than this node", digits(shared))
            }
            Verdict::SharesTooFew { shared } => format!("shares {}, no more than this node", digits(shared)),
            Verdict::RuleNotReached { shared } => {
                format!("shares {} too, but the table's cell comes first", digits(shared))
            }
            Verdict::NotCloser => "no closer to the key than this node".into(),
            Verdict::NoAnswer => "did not answer".into(),
            // Chord's.
            Verdict::BeyondKey => "lies beyond the key".into(),
            Verdict::LessProgress => "makes less progress".into(),
            Verdict::OtherInterval => "answers for another interval".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Network, guid, slide_ring};
    use super::*;

    /// What is said on the step of `at` towards `key`.
    fn said<T>(network: &Network, at: &str, key: &str, say: impl Fn(Wording<'_>, Decision, &LeafSet) -> T) -> T {
        let names = |peer: Peer| format!("{:.6}", network.peers.id(peer));
        let node = &network.nodes[&network.peers.find(guid(at)).expect("a node of the test")];
        let decision = crate::protocol::Overlay::explain(node, network.host(), guid(key));
        let wording = Wording { config: &network.config, names: &names, key: guid(key), key_name: key };
        say(wording, decision, node.leaf_set())
    }

    fn narration(network: &Network, at: &str, key: &str, hops: u16) -> String {
        said(network, at, key, |wording, decision, _| wording.narration(&decision, hops))
    }

    fn lines(network: &Network, at: &str, key: &str) -> Vec<String> {
        said(network, at, key, |wording, decision, leaves| {
            let lines = wording.rule_lines(&decision, leaves);
            assert_eq!(lines.iter().filter(|line| line.fired).count(), 1);
            lines
                .iter()
                .map(|line| format!("{}{} {}", if line.fired { "*" } else { "" }, line.number, line.text))
                .collect()
        })
    }

    #[test]
    fn the_slides_route_is_told_hop_by_hop() {
        let network = slide_ring(Config::slide());
        let told = ["65A1FC", "D13DA3", "D4213F", "D462BA", "D46A1C"];
        let told: Vec<_> = told.iter().zip(0..).map(|(at, hops)| narration(&network, at, "D46A1C", hops)).collect();
        assert_eq!(
            told,
            [
                "Hop 1: 65A1FC shares no digit with the key; its row 0, column D holds D13DA3, which shares D.",
                "Hop 2: D13DA3 shares D with the key; its row 1, column 4 holds D4213F, which shares D4.",
                "Hop 3: D4213F shares D4 with the key; its row 2, column 6 holds D462BA, which shares D46.",
                "Hop 4: D462BA finds the key within its leaf set; D46A1C is numerically closest.",
                "After 4 hops: D46A1C is numerically closest to the key; the message is delivered.",
            ]
        );
    }

    #[test]
    fn the_slides_lines_carry_their_answers() {
        let network = slide_ring(Config::slide());
        assert_eq!(
            lines(&network, "D4213F", "D46A1C"),
            [
                "1–2 Key within the leaf set? No (D3F0A2 … D4553B)",
                "*5 R[2, 6] is filled: forward to D462BA, one more digit shared",
                "7 Not reached",
            ]
        );
        assert_eq!(
            lines(&network, "D462BA", "D46A1C")[0],
            "*1–2 Key within the leaf set? Yes (D4300A … D48000): forward to the closest, D46A1C"
        );
    }

    #[test]
    fn the_rare_case_names_what_it_searched() {
        let mut network = slide_ring(Config::slide());
        let at = network.peers.find(guid("D4213F")).expect("a node of the test");
        network.nodes.get_mut(&at).expect("a node of the test").table = super::super::RoutingTable::new(Digits::Bits4);
        assert_eq!(
            lines(&network, "D4213F", "D46A1C")[1..],
            [
                "5 R[2, 6] is empty",
                "*7 A node of L or R that shares D4 and is numerically closer? Yes: forward to D4553B"
            ]
        );
    }

    #[test]
    fn each_loser_has_its_reason() {
        let network = slide_ring(Config::slide());
        said(&network, "D4213F", "D46A1C", |wording, decision, _| {
            let nearest = network.peers.find(guid("D4553B")).expect("a node of the test");
            let loser = decision.candidates.iter().find(|c| c.peer == nearest).expect("the nearest leaf is listed");
            assert_eq!(wording.verdict(loser, &decision), "shares 2 digits, no more than this node");
            let chosen = decision.chosen().expect("somebody is chosen");
            assert_eq!(
                (place(&chosen.place), wording.verdict(chosen, &decision)),
                ("routing table, row 2, column 6".into(), "chosen".into())
            );
        });
    }

    #[test]
    fn the_slides_strict_comparison_is_told_at_the_leaf_sets_end() {
        let network = slide_ring(Config::slide());
        assert_eq!(
            lines(&network, "D4213F", "D4553B")[0],
            "1–2 Key within the leaf set? No (D3F0A2 … D4553B): the slide's < leaves out D4553B, the end itself"
        );
    }

    #[test]
    fn leaf_sets_alone_have_lines_of_their_own() {
        let network = slide_ring(Config::circular());
        assert_eq!(
            lines(&network, "D4213F", "D46A1C"),
            [
                "1–2 Key within the leaf set? No (D3F0A2 … D4553B)",
                "*2 Leaf sets alone: on to the leaf nearest to the key, D4553B",
            ]
        );
    }
}
