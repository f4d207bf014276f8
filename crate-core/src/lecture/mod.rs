//! The deck's figures as scenes: a world, what happens in it, and why it matters.
//!
//! A scene holds no route and no number of its own: everything shown comes from running it.

pub mod checks;
mod chord;
pub mod deck;
mod pastry;
pub mod story;

use crate::sim::lab::{Lab, Setup};
use crate::sim::spec::{Action, Key, SpecError};
use crate::time::Duration;

/// A part of the lecture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Chapter {
    /// "Client/Server versus P2P", "Resource Location in P2P Systems".
    Overview,
    /// "Napster", "Napster Protocol".
    Napster,
    /// "Gnutella", "Gnutella Protocol", "Issues with Gnutella".
    Gnutella,
    /// "Fasttrack", "Super-Peer Architecture".
    FastTrack,
    /// "Chord: an example DHT", "Chord: Routing" and their figures.
    Chord,
    /// "Pastry", "Pastry's routing algorithm" and their figures.
    Pastry,
    /// "Comparison of P2P Techniques", "P2P Issues".
    Dhts,
}

impl Chapter {
    /// All chapters, in the order of the deck.
    pub const ALL: [Self; 7] =
        [Self::Overview, Self::Napster, Self::Gnutella, Self::FastTrack, Self::Chord, Self::Pastry, Self::Dhts];
    /// The rings, whose figures are [`Scene`]s: Pastry is the heart. Those of the others are [`story::Story`]s.
    pub const RINGS: [Self; 2] = [Self::Pastry, Self::Chord];

    /// Its name in routes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Napster => "napster",
            Self::Gnutella => "gnutella",
            Self::FastTrack => "fasttrack",
            Self::Chord => "chord",
            Self::Pastry => "pastry",
            Self::Dhts => "dhts",
        }
    }

    /// Its title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Peer-to-peer",
            Self::Napster => "Napster",
            Self::Gnutella => "Gnutella",
            Self::FastTrack => "FastTrack",
            Self::Chord => "Chord",
            Self::Pastry => "Pastry",
            Self::Dhts => "DHTs and the others",
        }
    }

    /// The chapter of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|chapter| chapter.name() == name)
    }

    /// Its scenes, in order.
    pub fn scenes(self) -> impl Iterator<Item = &'static Scene> {
        SCENES.iter().filter(move |scene| scene.chapter == self)
    }
}

/// A figure of the deck that runs.
pub struct Scene {
    /// Its name in routes; stable.
    pub name: &'static str,
    /// Where it belongs.
    pub chapter: Chapter,
    /// A title of a few words.
    pub title: &'static str,
    /// The slide it draws.
    pub slide: &'static str,
    /// Why it matters: short paragraphs.
    pub why: &'static [&'static str],
    /// Digits of an identifier that are shown.
    pub digits: usize,
    /// The digits of the node whose tables are shown first.
    pub focus: &'static str,
    setup: fn() -> Setup,
    actions: fn() -> Vec<Step>,
}

/// An action of a scene; nodes are named by their digits.
enum Step {
    Route {
        from: &'static str,
        key: &'static str,
    },
    Add {
        digits: &'static str,
    },
    Kill {
        node: &'static str,
    },
    /// Time passes.
    Wait {
        secs: u64,
    },
}

/// All scenes, by chapter and in order.
pub static SCENES: &[Scene] = &[
    pastry::LEAF_SET_ONLY,
    pastry::ROUTING_TABLE,
    pastry::EXAMPLE,
    pastry::JOIN,
    pastry::FAILURE,
    chord::FINGERS,
    chord::SEARCH_13,
    chord::NAIVE,
    chord::BROKEN,
];

/// How far ahead a scene is recorded, so that its timeline is known from the start.
const LOOK_AHEAD: Duration = Duration::from_secs(60);

impl Scene {
    /// The scene of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        SCENES.iter().find(|scene| scene.name == name)
    }

    /// What its world is made from; switches may be changed before [`Scene::start_with`].
    #[must_use]
    pub fn setup(&self) -> Setup {
        (self.setup)()
    }

    /// The scene at its beginning, with its whole course recorded.
    ///
    /// # Panics
    /// Never: a test starts every scene.
    #[must_use]
    pub fn start(&self) -> Lab {
        self.start_with(self.setup()).expect("a scene's own world can be")
    }

    /// The scene with other switches.
    ///
    /// # Errors
    /// If no such world can be.
    ///
    /// # Panics
    /// If `setup` lacks the scene's nodes.
    pub fn start_with(&self, setup: Setup) -> Result<Lab, SpecError> {
        let mut lab = Lab::new(setup)?;
        for step in (self.actions)() {
            let peer = |digits: &str| lab.find_digits(digits).expect("a scene's nodes are in its world");
            let action = match step {
                Step::Wait { secs } => {
                    lab.run_until(lab.clock() + Duration::from_secs(secs));
                    continue;
                }
                Step::Route { from, key } => Action::Route { from: peer(from), key: Key::Digits(key.into()) },
                Step::Add { digits } => Action::Add { id: Key::Digits(digits.into()) },
                Step::Kill { node } => Action::Kill { node: peer(node) },
            };
            lab.act(action).expect("a scene's actions fit its world");
        }
        lab.look_ahead(LOOK_AHEAD);
        // Where somebody waits in vain nothing is on its way, and yet the course goes on.
        while lab.clock().0 < LOOK_AHEAD.0 && lab.step() {}
        lab.begin();
        Ok(lab)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chord::{self, Correctness};
    use crate::protocol::Request;
    use crate::sim::check;
    use crate::sim::route::RouteEnd;

    /// The names on the way of a scene's request, with the attempts that found nobody.
    fn way(scene: &str, request: u32) -> (Vec<String>, Vec<String>) {
        let scene = Scene::find(scene).expect("a scene of the deck");
        let lab = scene.start();
        let route = lab.route(Request(request)).expect("its course is known from the start");
        assert!(route.end.is_some(), "{}: known to its end", scene.name);
        let name = |peer| lab.text(peer, scene.digits);
        let mut nodes = vec![name(route.hops[0].from)];
        let mut lost = Vec::new();
        for hop in &route.hops {
            let list = if hop.arrival.is_some() { &mut nodes } else { &mut lost };
            list.push(name(hop.to));
        }
        (nodes, lost)
    }

    #[test]
    fn the_example_goes_the_way_of_the_slide() {
        assert_eq!(way("pastry-example", 0).0, ["65A1FC", "D13DA3", "D4213F", "D462BA", "D46A1C"]);
    }

    #[test]
    fn leaf_sets_alone_take_many_hops_on_the_same_ring() {
        let (nodes, _) = way("pastry-leaf-set-only", 0);
        assert!(nodes.len() > 15, "{nodes:?}");
        assert!(nodes.is_sorted(), "clockwise: {nodes:?}");
    }

    #[test]
    fn the_failed_node_is_asked_in_vain_and_the_message_arrives() {
        let (nodes, lost) = way("pastry-failure", 1);
        assert_eq!(lost, ["D462BA"]);
        assert_eq!(nodes.last().map(String::as_str), Some("D46A1C"));
    }

    #[test]
    fn the_chord_scenes_go_the_ways_of_the_slides() {
        assert_eq!(way("chord-fingers", 0).0, ["0", "7"]);
        assert_eq!(way("chord-search-13", 0).0, ["0", "9", "14"]);
        assert_eq!(way("chord-naive", 0).0, ["0", "1", "3", "7", "9", "11", "14"]);
    }

    /// The broken ring's course, with upkeep or without, by the published version or the repaired one.
    fn broken(correctness: Correctness, maintenance: Option<Duration>) -> Lab {
        let scene = Scene::find("chord-broken").expect("a scene of the deck");
        let Setup::Chord(mut spec) = scene.setup() else { panic!("a ring of Chord") };
        assert_eq!(spec.config.overlay.correctness, Correctness::Published);
        spec.config.overlay = chord::Config { correctness, maintenance, ..spec.config.overlay };
        let mut lab = scene.start_with(Setup::Chord(spec)).expect("can be");
        while lab.step() {}
        lab.run_until(lab.clock() + Duration::from_secs(600));
        lab
    }

    /// Where the two requests of that course were delivered: the newcomer's for 12, and that of node 0 for 5.
    fn owners(lab: &Lab) -> [String; 2] {
        [Request(2), Request(3)].map(|request| match lab.route(request).and_then(|route| route.end) {
            Some(RouteEnd::Delivered { owner, .. }) => lab.text(owner, 2),
            other => panic!("{request:?}: {other:?}"),
        })
    }

    #[test]
    fn the_published_version_splits_the_ring_and_no_upkeep_mends_it() {
        for maintenance in [None, Some(Duration::from_secs(10))] {
            let lab = broken(Correctness::Published, maintenance);
            let world = lab.chord().expect("a ring of Chord").world();
            let violation = check::after_event(world).expect("broken");
            assert_eq!(violation.to_string(), "two rings: 0, 1, 3, 9, 11, 14 and 5");
            assert_eq!(owners(&lab), ["5", "9"], "key 12 is 14's, and key 5 is 5's");
        }
    }

    #[test]
    fn the_same_course_leaves_the_repaired_ring_whole() {
        let lab = broken(Correctness::Repaired, None);
        assert_eq!(check::after_event(lab.chord().expect("a ring of Chord").world()), None);
        let lab = broken(Correctness::Repaired, Some(Duration::from_secs(10)));
        assert_eq!(check::at_rest(lab.chord().expect("a ring of Chord").world()), None);
        assert_eq!(owners(&lab), ["14", "5"]);
    }

    #[test]
    fn from_the_middle_on_too_the_course_is_known_to_its_end() {
        let lab = Scene::find("pastry-failure").expect("a scene of the deck").start();
        for position in 0..=lab.trace().len() {
            let mut again = Lab::restore(lab.setup(), lab.log(), position).expect("its own history");
            again.look_ahead(LOOK_AHEAD);
            assert!(again.route(Request(1)).is_some_and(|route| route.end.is_some()), "from record {position} on");
            assert_eq!(again.position(), position);
        }
    }
}
