//! The form's texts, the address that says the same, and the settings that come of them.

use overlay_core::experiment::compare::{LOOKUPS_MAX, SUCCESSORS_MAX, Settings};
use overlay_core::id::Digits;
use overlay_core::pastry::LeafSetSize;
use overlay_core::time::Duration;

use crate::numbers::{percent, whole};

/// The fewest nodes of the page.
pub const NODES_LEAST: u32 = 10;
/// The most: two such worlds are what a tab holds at ease.
const NODES_MOST: u32 = 100_000;
/// The most that may be killed, and lost, in millionths.
const KILLED_MOST: u32 = 900_000;
const LOST_MOST: u32 = 500_000;

/// A field to type in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// Nodes of each ring.
    Nodes,
    /// What all randomness comes from.
    Seed,
    /// Lookups of a stage.
    Lookups,
    /// Share of the nodes to be killed.
    Kill,
    /// Share of the messages that gets lost.
    Loss,
    /// Pastry's b.
    Bits,
    /// Pastry's |L|.
    LeafSet,
    /// Chord's r.
    Successors,
    /// Seconds between two rounds of upkeep.
    Upkeep,
}

impl Entry {
    /// All, in the order of the form.
    pub const ALL: [Self; 9] = [
        Self::Nodes,
        Self::Seed,
        Self::Lookups,
        Self::Kill,
        Self::Loss,
        Self::Bits,
        Self::LeafSet,
        Self::Successors,
        Self::Upkeep,
    ];

    /// Its name in the address, and in its element's id.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ["nodes", "seed", "lookups", "kill", "loss", "b", "leaf-set", "successors", "upkeep"][self as usize]
    }

    /// Its label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        [
            "Nodes",
            "Seed",
            "Lookups",
            "Kill, % of the nodes",
            "Loss, %",
            "Bits a digit, b",
            "Leaf set, 2l",
            "Successors, r",
            "Upkeep every, s",
        ][self as usize]
    }
}

/// What is wrong, by field.
pub type Faults = Vec<(Entry, String)>;

/// The form: texts as typed, by [`Entry`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    texts: [String; Entry::ALL.len()],
}

impl Default for Plan {
    /// A thousand nodes, of which a fifth is killed.
    fn default() -> Self {
        Self { texts: ["1000", "1", "1000", "20", "0", "4", "16", "16", "30"].map(String::from) }
    }
}

impl Plan {
    /// What a field holds.
    #[must_use]
    pub fn text(&self, entry: Entry) -> &str {
        &self.texts[entry as usize]
    }

    /// The same plan with another text in a field.
    #[must_use]
    pub fn with(&self, entry: Entry, text: String) -> Self {
        let mut plan = self.clone();
        plan.texts[entry as usize] = text;
        plan
    }

    /// Reads an address's query (`nodes=1000&kill=10`); what it does not name is as usual.
    ///
    /// # Errors
    /// A sentence if it names something unknown or holds what cannot be run.
    pub fn of_query(query: &str) -> Result<Self, String> {
        let mut plan = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()).take(32) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(entry) = Entry::ALL.into_iter().find(|entry| entry.name() == name) else {
                let shown: String = name.chars().take(24).collect();
                return Err(format!("This link asks for “{shown}”, which this version does not know."));
            };
            plan.texts[entry as usize] = value.chars().take(24).collect();
        }
        match plan.settings() {
            Ok(_) => Ok(plan),
            Err(faults) => {
                let (entry, sentence) = &faults[0];
                Err(format!("This link cannot be run ({}): {sentence}", entry.label()))
            }
        }
    }

    /// The query that brings this plan back; empty if all is as usual. Plain numbers only.
    #[must_use]
    pub fn query(&self) -> String {
        let usual = Self::default();
        let differing = Entry::ALL.into_iter().filter(|entry| self.text(*entry) != usual.text(*entry));
        let pairs = differing.map(|entry| {
            let plain = |c: &char| c.is_ascii_digit() || *c == '.';
            let value: String = self.text(entry).replace(',', if is_share(entry) { "." } else { "" });
            format!("{}={}", entry.name(), value.chars().filter(plain).collect::<String>())
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// What is to be run, or what stands against it.
    ///
    /// # Errors
    /// A sentence for each field that cannot be used.
    pub fn settings(&self) -> Result<Settings, Faults> {
        let mut faults = Faults::new();
        let mut read = |entry: Entry, least: u64, most: u64, what: &str| {
            whole(self.text(entry), least, most, what).unwrap_or_else(|sentence| {
                faults.push((entry, sentence));
                least
            })
        };
        let nodes = read(Entry::Nodes, u64::from(NODES_LEAST), u64::from(NODES_MOST), "nodes") as u32;
        let seed = read(Entry::Seed, 0, u64::MAX, "");
        let lookups = read(Entry::Lookups, 1, u64::from(LOOKUPS_MAX), "lookups") as u32;
        let bits = read(Entry::Bits, 1, 4, "bits") as u8;
        let leaves = read(Entry::LeafSet, 2, 64, "leaves") as u8;
        let successor_list = read(Entry::Successors, 1, u64::from(SUCCESSORS_MAX), "successors") as u8;
        let upkeep = read(Entry::Upkeep, 1, 600, "seconds");
        let mut share = |entry: Entry, most: u32| {
            let read = percent(self.text(entry)).and_then(|value| match value {
                value if value <= most => Ok(value),
                _ => Err(format!("At most {} % here.", most / 10_000)),
            });
            read.unwrap_or_else(|sentence| {
                faults.push((entry, sentence));
                0
            })
        };
        let fail_per_million = share(Entry::Kill, KILLED_MOST);
        let loss_per_million = share(Entry::Loss, LOST_MOST);
        let leaf_set = LeafSetSize::new(leaves).unwrap_or_else(|| {
            faults.push((Entry::LeafSet, "Half of the leaf set lies on either side, so its size is even.".into()));
            LeafSetSize::SIXTEEN
        });
        let digits = Digits::from_bits(bits).unwrap_or_else(|| {
            faults.push((Entry::Bits, "A digit has 1, 2 or 4 bits.".into()));
            Digits::Bits4
        });
        if !faults.is_empty() {
            return Err(faults);
        }
        let upkeep = Duration::from_secs(upkeep);
        Ok(Settings {
            nodes,
            seed,
            lookups,
            fail_per_million,
            loss_per_million,
            digits,
            leaf_set,
            successor_list,
            upkeep,
        })
    }
}

const fn is_share(entry: Entry) -> bool {
    matches!(entry, Entry::Kill | Entry::Loss)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_plan_can_be_run_and_has_an_empty_query() {
        let plan = Plan::default();
        let settings = plan.settings().expect("sound");
        assert_eq!((settings.nodes, settings.fail_per_million), (1_000, 200_000));
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(plan.query(), "");
        assert_eq!(Plan::of_query(""), Ok(plan));
    }

    #[test]
    fn a_plan_is_found_again_in_its_query() {
        let plan = Plan::default().with(Entry::Nodes, "10,000".into()).with(Entry::Kill, "2,5".into());
        assert_eq!(plan.query(), "nodes=10000&kill=2.5");
        let again = Plan::of_query(&plan.query()).expect("sound");
        assert_eq!(again.settings(), plan.settings());
    }

    #[test]
    fn links_that_cannot_be_run_are_refused_with_a_sentence() {
        for query in ["nodes=5", "nodes=1000000", "b=3", "leaf-set=7", "colour=red", "kill=95", "nodes", "seed=x"] {
            let sentence = Plan::of_query(query).unwrap_err();
            assert!(sentence.starts_with("This link"), "{sentence}");
        }
        assert!(Plan::of_query(&format!("{}=1", "x".repeat(10_000))).unwrap_err().len() < 200);
    }

    #[test]
    fn whatever_can_be_read_can_be_run() {
        let plan = Plan::default().with(Entry::Nodes, "100000".into()).with(Entry::Loss, "50".into());
        assert_eq!(plan.settings().expect("sound").check(), Ok(()));
    }

    #[test]
    fn every_fault_stands_at_its_field() {
        let plan = Plan::default().with(Entry::Nodes, "9".into()).with(Entry::Loss, "51".into());
        let at: Vec<Entry> = plan.settings().unwrap_err().into_iter().map(|(entry, _)| entry).collect();
        assert_eq!(at, [Entry::Nodes, Entry::Loss]);
    }
}
