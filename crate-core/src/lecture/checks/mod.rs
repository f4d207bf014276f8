//! The slide checks: every claim of the deck that carries a number or a formula, beside what comes out here, and a verdict.
//!
//! What the slides print stands in [`Deck`], and nowhere else; everything beside it is computed from the protocols and formulas. So
//! a number that is changed in the deck changes its verdict, and a test changes each.
//!
//! # Implementation notes
//! - Worlds for these checks are small (256 to 1,024 nodes), so that all of them together take about a second.
//! - A claim in words alone ("loosely coupled") is not checked.

mod deck;
mod structured;
mod torrent;
mod unstructured;

use super::Chapter;
pub use deck::{Deck, FingerLine};

/// What comes of a claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// As the slide says.
    Holds,
    /// As the slide says, under a condition that it leaves out.
    HoldsIf(String),
    /// Otherwise.
    Fails(String),
}

impl Verdict {
    /// Whether the slide may stay as it is.
    #[must_use]
    pub const fn holds(&self) -> bool {
        matches!(self, Self::Holds)
    }

    /// As it is printed.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Holds => "holds".into(),
            Self::HoldsIf(condition) => format!("holds if {condition}"),
            Self::Fails(reason) => format!("does not hold: {reason}"),
        }
    }
}

/// A claim of the deck, computed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// A name that stays, for links and marks on scenes.
    pub name: &'static str,
    /// The slide's title.
    pub slide: &'static str,
    /// Its words in short, with its numbers.
    pub claim: String,
    /// What comes out here.
    pub ours: String,
    /// What that says of the claim.
    pub verdict: Verdict,
}

impl Check {
    /// `verdict` if the claim holds, the other one otherwise.
    fn new(name: &'static str, slide: &'static str, claim: String, ours: String, verdict: Verdict) -> Self {
        Self { name, slide, claim, ours, verdict }
    }

    /// The chapter and the name of the scene or story that shows what is claimed, if one does. By name: whoever lists checks is
    /// spared all figures.
    #[must_use]
    pub fn scene(&self) -> Option<(Chapter, &'static str)> {
        Some(match self.name {
            "napster-users" | "napster-storage" | "napster-messages" => (Chapter::Napster, "napster-search"),
            "gnutella-26240" => (Chapter::Gnutella, "gnutella-26240"),
            "gnutella-latency" => (Chapter::Gnutella, "gnutella-search"),
            "gnutella-messages" => (Chapter::Gnutella, "gnutella-duplicates"),
            "gnutella-ring" => (Chapter::Gnutella, "gnutella-expanding-ring"),
            "gnutella-walk" => (Chapter::Gnutella, "gnutella-random-walk"),
            "fasttrack-messages" | "fasttrack-storage-n-c" | "fasttrack-storage-c" => {
                (Chapter::FastTrack, "fasttrack-search")
            }
            "replication-messages" | "replication-update" | "replication-storage" => {
                (Chapter::Dhts, "full-replication")
            }
            "search-any-words" | "dht-equality" => (Chapter::Dhts, "search-any-words"),
            "chord-fingers-0" | "chord-fingers-9" | "chord-routes-0" | "chord-routes-1" | "chord-succeeds-by"
            | "chord-coverage-9" => (Chapter::Chord, "chord-fingers"),
            "chord-search-13" => (Chapter::Chord, "chord-search-13"),
            "chord-naive" => (Chapter::Chord, "chord-naive"),
            "pastry-example" | "pastry-hops" | "pastry-step-1" | "pastry-step-7" => (Chapter::Pastry, "pastry-example"),
            "pastry-grey" | "pastry-rows" | "pastry-filled-rows" => (Chapter::Pastry, "pastry-routing-table"),
            "pastry-circle" | "pastry-leaf-set" => (Chapter::Pastry, "pastry-leaf-set-only"),
            _ => return None,
        })
    }
}

/// Holds, or does not for this reason.
fn given(holds: bool, reason: impl FnOnce() -> String) -> Verdict {
    if holds { Verdict::Holds } else { Verdict::Fails(reason()) }
}

/// All checks of a deck, in its order.
#[must_use]
pub fn checks(deck: &Deck) -> Vec<Check> {
    let mut all = Vec::new();
    unstructured::check(deck, &mut all);
    structured::check(deck, &mut all);
    torrent::check(deck, &mut all);
    all
}

#[cfg(test)]
mod tests {
    use super::super::Scene;
    use super::super::story::{STORIES, Story};
    use super::*;

    fn verdict(change: impl FnOnce(&mut Deck), name: &str) -> Verdict {
        let mut deck = Deck::printed();
        change(&mut deck);
        checks(&deck).into_iter().find(|check| check.name == name).expect("a check of this name").verdict
    }

    #[test]
    fn names_are_there_once_and_every_check_says_something() {
        let all = checks(&Deck::printed());
        let names: std::collections::BTreeSet<_> = all.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.len() >= 40, "{}", all.len());
        assert!(all.iter().all(|check| !check.ours.is_empty() && !check.claim.is_empty()));
    }

    #[test]
    fn checks_lead_to_scenes_that_there_are_and_stories_lead_back() {
        let all = checks(&Deck::printed());
        for check in &all {
            let Some((chapter, name)) = check.scene() else { continue };
            let known = Scene::find(name).map(|scene| scene.chapter).or(Story::find(name).map(|story| story.chapter));
            assert_eq!(known, Some(chapter), "{}: {name}", check.name);
        }
        for story in STORIES {
            for name in story.checks {
                let check = all.iter().find(|check| check.name == *name).expect("a check of this name");
                assert_eq!(check.scene(), Some((story.chapter, story.name)), "{name}");
            }
        }
        assert!(all.iter().any(|check| check.scene().is_none()), "no figure shows a .torrent file");
    }

    #[test]
    fn what_is_known_to_be_wrong_is_found_wrong_and_the_rest_is_not() {
        let failing: Vec<_> = checks(&Deck::printed())
            .into_iter()
            .filter(|check| matches!(check.verdict, Verdict::Fails(_)))
            .map(|check| check.name)
            .collect();
        for wrong in
            ["torrent-pieces", "announce-ipv6", "pastry-circle", "pastry-rows", "pastry-filled-rows", "pastry-hops"]
        {
            assert!(failing.contains(&wrong), "{wrong} is an error of the deck: {failing:?}");
        }
        for right in [
            "chord-fingers-0",
            "chord-fingers-9",
            "pastry-example",
            "torrent-lengths",
            "reply-length",
            "napster-storage",
        ] {
            assert!(!failing.contains(&right), "{right} is no error");
        }
    }

    #[test]
    fn another_number_on_a_slide_has_another_verdict() {
        assert!(matches!(verdict(|_| {}, "gnutella-26240"), Verdict::HoldsIf(_)));
        assert!(matches!(verdict(|deck| deck.flood_messages = 8_744, "gnutella-26240"), Verdict::Holds));
        assert!(matches!(verdict(|deck| deck.flood_messages = 26_241, "gnutella-26240"), Verdict::Fails(_)));
        assert!(matches!(verdict(|deck| deck.flood_ttl = 6, "gnutella-26240"), Verdict::Fails(_)));
        assert!(verdict(|deck| deck.pieces_said = 1_398, "torrent-pieces").holds());
        assert!(verdict(|deck| deck.circle_bits = 128, "pastry-circle").holds());
        assert!(verdict(|deck| deck.pastry_rows = 32, "pastry-rows").holds());
        assert!(verdict(|deck| deck.pastry_hops_base = 16, "pastry-hops").holds());
        assert!(verdict(|deck| deck.pastry_rows_base = 16, "pastry-filled-rows").holds());
        assert!(verdict(|deck| deck.reply_length = 363, "reply-length") != Verdict::Holds);
        assert!(verdict(|deck| deck.fingers_0[3].2 = 11, "chord-fingers-0") != Verdict::Holds);
        assert!(verdict(|deck| deck.pastry_route[1] = "D4213E", "pastry-example") != Verdict::Holds);
        assert!(
            verdict(|deck| deck.search_13 = vec![0, 9, 11, 14], "chord-search-13")
                != verdict(|_| {}, "chord-search-13")
        );
        assert!(verdict(|deck| deck.announce_address = "2001:db8::1", "announce-ipv6").holds());
    }
}
