//! A world of 300 nodes that came in by real messages, a fiftieth of which gets lost, and what is done to it: its trace
//! has the same hash natively and in wasm.

use overlay_core::chord;
use overlay_core::dht::DhtConfig;
use overlay_core::experiment::compare::{Comparison, Settings};
use overlay_core::experiment::{self, Point, Value, What};
use overlay_core::lecture::SCENES;
use overlay_core::lecture::story::STORIES;
use overlay_core::pastry;
use overlay_core::protocol::Peer;
use overlay_core::sim::lab::{Lab, Setup};
use overlay_core::sim::spec::{Action, Build, Key, Spec};
use overlay_core::time::Duration;

/// Each scene's golden file, by the scene's name.
pub(crate) const SCENE_FILES: [(&str, &str); 9] = [
    ("pastry-leaf-set-only", include_str!("../golden/pastry-leaf-set-only.txt")),
    ("pastry-routing-table", include_str!("../golden/pastry-routing-table.txt")),
    ("pastry-example", include_str!("../golden/pastry-example.txt")),
    ("pastry-join", include_str!("../golden/pastry-join.txt")),
    ("pastry-failure", include_str!("../golden/pastry-failure.txt")),
    ("chord-fingers", include_str!("../golden/chord-fingers.txt")),
    ("chord-search-13", include_str!("../golden/chord-search-13.txt")),
    ("chord-naive", include_str!("../golden/chord-naive.txt")),
    ("chord-broken", include_str!("../golden/chord-broken.txt")),
];

/// Every world of every story: its trace's length and hash at the story's end.
pub(crate) fn stories() -> String {
    let mut text = String::new();
    for story in STORIES {
        for stand in story.start(&[]) {
            let (len, hash) = (stand.show.trace().len(), stand.show.trace_hash());
            text += &format!("{} | {} | {len} records | {hash}\n", story.name, stand.title);
        }
    }
    text
}

/// Every scene's name and its course as text, the trace's hash in the last line.
pub(crate) fn courses() -> impl Iterator<Item = (&'static str, String)> {
    SCENES.iter().map(|scene| {
        let mut lab = scene.start();
        while lab.step() {}
        (scene.name, format!("{}{}\n", lab.trace_text(scene.digits), lab.trace_hash()))
    })
}

fn spec<C: Clone>(overlay: C) -> Spec<DhtConfig<C>> {
    let config = DhtConfig { overlay, replicas: 3 };
    Spec { build: Build::Joined { settle_secs: 20 }, loss_per_million: 20_000, ..Spec::random(300, 11, config) }
}

/// The worlds, by the name of their system.
pub(crate) fn setups() -> [(&'static str, Setup); 2] {
    let period = Duration::from_secs(5);
    // All mechanisms on, so that floats of the self-tuning are compared as well.
    let pastry = pastry::Config { heartbeat_period: Some(period), ..pastry::Config::dependable() };
    let chord = chord::Config { acks: true, maintenance: Some(period), ..chord::Config::default() };
    [("pastry", Setup::Pastry(spec(pastry))), ("chord", Setup::Chord(spec(chord)))]
}

/// Everything that may be done to a world, a second or so apart.
pub(crate) fn run(setup: Setup) -> Lab {
    let mut lab = Lab::new(setup).expect("a world of 300 nodes can be");
    let name = |n: u32| Key::Name(format!("song {n}"));
    for n in 0..16 {
        // A few of the peers named here are dead or gone by then; that is refused in the same way everywhere.
        let peer = Peer(n * 37 % 300);
        let (early, late) = (Peer(n * 11 % 300), Peer(n * 53 % 300));
        let actions = [
            Action::Insert { from: peer, key: name(n), value: format!("value {n}") },
            Action::Kill { node: late },
            Action::Route { from: early, key: name(n + 100) },
            Action::Add { id: Key::Name(format!("newcomer {n}")) },
            Action::Search { from: early, key: name(n / 2) },
            Action::Leave { node: Peer(n * 71 % 300) },
            Action::Restart { node: Peer(n / 2 * 53 % 300) },
            Action::Delete { from: peer, key: name(n / 3) },
        ];
        for action in actions {
            let _ = lab.act(action);
            let next = lab.clock() + Duration::from_millis(130);
            assert!(lab.run_until(next), "not too much for one call");
        }
    }
    let end = lab.clock() + Duration::from_secs(10);
    assert!(lab.run_until(end), "not too much for one call");
    lab
}

/// Pastry and Chord compared on 100 nodes of which a fifth is killed: a line for each, as kept in `golden/compared.rows`.
pub(crate) fn compared() -> String {
    let settings = Settings { nodes: 100, lookups: 100, fail_per_million: 200_000, ..Settings::default() };
    let rows = Comparison::new(settings).expect("good settings").finish().map(|result| result.row());
    rows.iter().map(|row| format!("{row:?}\n")).collect()
}

/// The lecture's six systems on 256 peers: a line for each, as kept in `golden/techniques.rows`.
pub(crate) fn techniques() -> String {
    let point = Point { nodes: 256, seed: 1, lookups: 20, what: What::Techniques };
    let (rows, _) = experiment::run(&point).expect("good settings");
    let cell = |(key, value): &(&str, Value)| match value {
        Value::Text(text) => format!("{key}: {text:?}"),
        Value::Count(count) => format!("{key}: {count}"),
        Value::Real(number) => format!("{key}: {number:?}"),
        other => format!("{key}: {other:?}"),
    };
    rows.iter().map(|row| row.cells().iter().map(cell).collect::<Vec<_>>().join(", ") + "\n").collect()
}

/// A line `system hash` for each, as kept in `golden/churned-worlds.hashes`.
pub(crate) fn hashes() -> String {
    setups().into_iter().map(|(system, setup)| format!("{system} {}\n", run(setup).trace_hash())).collect()
}
