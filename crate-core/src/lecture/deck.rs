//! The whole deck in its order, by name: where a clicker goes on at the end of a scene.
//!
//! Names only, so that a page that shows some of the scenes need not bring all of them.

/// The lecture's comparison, as a route names it.
pub const COMPARISON: &str = "comparison";

/// A page of the deck: its chapter and its scene, as routes name them. The comparison is a page without scenes.
pub const DECK: &[(&str, &str)] = &[
    ("overview", "client-server-vs-p2p"),
    ("overview", "locate-a-resource"),
    ("napster", "napster-search"),
    ("napster", "napster-server-down"),
    ("gnutella", "gnutella-join"),
    ("gnutella", "gnutella-search"),
    ("gnutella", "gnutella-26240"),
    ("gnutella", "gnutella-duplicates"),
    ("gnutella", "gnutella-expanding-ring"),
    ("gnutella", "gnutella-random-walk"),
    ("gnutella", "gnutella-push"),
    ("fasttrack", "fasttrack-search"),
    ("fasttrack", "fasttrack-promotion"),
    ("chord", "chord-fingers"),
    ("chord", "chord-search-13"),
    ("chord", "chord-naive"),
    ("chord", "chord-broken"),
    ("pastry", "pastry-leaf-set-only"),
    ("pastry", "pastry-routing-table"),
    ("pastry", "pastry-example"),
    ("pastry", "pastry-join"),
    ("pastry", "pastry-failure"),
    (COMPARISON, ""),
    ("dhts", "full-replication"),
    ("dhts", "search-any-words"),
    ("dhts", "replication-keeps-data"),
    ("dhts", "attack-false-routing"),
    ("dhts", "attack-flood"),
];

/// The page after this scene, or with `back` the one before it; `None` at the ends. The comparison's name is empty.
#[must_use]
pub fn beside(scene: &str, back: bool) -> Option<(&'static str, &'static str)> {
    let at = DECK.iter().position(|(_, name)| *name == scene)?;
    let next = if back { at.checked_sub(1)? } else { at + 1 };
    DECK.get(next).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lecture::story::STORIES;
    use crate::lecture::{Chapter, SCENES};

    #[test]
    fn every_scene_and_story_is_there_in_the_order_of_its_chapter() {
        let mut all: Vec<(&str, &str)> = Vec::new();
        for chapter in Chapter::ALL {
            if chapter == Chapter::Dhts {
                all.push((COMPARISON, ""));
            }
            let stories = STORIES.iter().filter(|story| story.chapter == chapter).map(|story| story.name);
            let scenes = SCENES.iter().filter(|scene| scene.chapter == chapter).map(|scene| scene.name);
            all.extend(stories.chain(scenes).map(|name| (chapter.name(), name)));
        }
        assert_eq!(all, DECK);
    }

    #[test]
    fn one_goes_on_and_back_and_not_beyond_the_ends() {
        assert_eq!(beside("pastry-failure", false), Some((COMPARISON, "")));
        assert_eq!(beside("", false), Some(("dhts", "full-replication")));
        assert_eq!(beside("napster-search", true), Some(("overview", "locate-a-resource")));
        assert_eq!((beside("client-server-vs-p2p", true), beside("attack-flood", false)), (None, None));
        assert_eq!(beside("nowhere", false), None);
    }
}
