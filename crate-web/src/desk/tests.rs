//! The desk without a screen: time, actions, sharing, and what panels and picture are told.

use overlay_core::draw::HopState;
use overlay_core::lecture::{SCENES, Scene};
use overlay_core::protocol::Peer;
use overlay_core::sim::spec::{Action, Key};

use super::*;

fn scene(name: &str) -> Desk {
    let scene = Scene::find(name).expect("a scene of the deck");
    Desk::scene(scene, scene.setup()).expect("its world can be")
}

fn route(desk: &Desk) -> Vec<String> {
    let bench = desk.bench();
    let name = |peer| bench.lab.text(peer, desk.digits());
    let hops = desk.sight(bench).hops;
    hops.iter().map(|hop| format!("{} → {} · {}", name(hop.from), name(hop.to), hop.place)).collect()
}

fn to_the_end(desk: &mut Desk) {
    for _ in 0..200 {
        if !desk.step(0.0) {
            return;
        }
    }
    panic!("a scene ends");
}

/// Everything that a person could tell two moments apart by. Pages of text: compare without printing.
fn seen(desk: &Desk) -> String {
    let bench = desk.bench();
    let sight = desk.sight(bench);
    let frame = desk.frame(bench, &sight, 1e9, true);
    let line = desk.line();
    format!("{} {} {:?} {:?} {:?} {frame:?}", desk.narration(), desk.moment(), line, sight.hops, sight.decision)
}

#[test]
fn the_slides_search_for_13_is_told_hop_by_hop() {
    let mut desk = scene("chord-search-13");
    assert!(route(&desk).is_empty());
    to_the_end(&mut desk);
    assert_eq!(route(&desk), ["0 → 9 · finger 4", "9 → 14 · finger 3"]);
    assert!(desk.moment().ends_with("2 hops, delivered"), "{}", desk.moment());
}

#[test]
fn every_scene_steps_to_its_end_and_back_to_its_beginning() {
    for scene in SCENES {
        let mut desk = Desk::scene(scene, scene.setup()).expect("can be");
        let first = seen(&desk);
        to_the_end(&mut desk);
        assert!(!desk.can_go_on(), "{}", scene.name);
        while desk.can_go_back() {
            assert!(desk.step_back(), "{}", scene.name);
        }
        assert!(seen(&desk) == first, "{}", scene.name);
    }
}

#[test]
fn step_back_restores_what_was_seen() {
    let mut desk = scene("pastry-failure");
    desk.step(0.0);
    desk.step(0.0);
    let before = seen(&desk);
    desk.step(0.0);
    assert!(seen(&desk) != before);
    desk.step_back();
    assert!(seen(&desk) == before);
}

#[test]
fn playing_stops_at_the_end_of_a_scene_and_then_begins_again() {
    let mut desk = scene("chord-search-13");
    desk.play_or_pause();
    for _ in 0..1_000 {
        desk.tick(16.0, 0.0, false, &mut || true);
    }
    assert!(!desk.player.is_playing());
    assert_eq!(desk.elapsed(), desk.known());
    assert_eq!(route(&desk).len(), 2);
    desk.play_or_pause();
    assert!(desk.player.is_playing());
    assert_eq!(desk.elapsed(), Duration::ZERO);
}

#[test]
fn played_in_discrete_steps_a_scene_ends_as_it_does_by_flow() {
    let (mut flow, mut steps) = (scene("chord-naive"), scene("chord-naive"));
    flow.play_or_pause();
    steps.play_or_pause();
    for _ in 0..3_000 {
        flow.tick(16.0, 0.0, false, &mut || true);
        steps.tick(16.0, 0.0, true, &mut || true);
    }
    assert_eq!(route(&flow), route(&steps));
    assert_eq!(flow.elapsed(), steps.elapsed());
}

#[test]
fn work_that_is_too_much_for_a_frame_is_left_for_the_next() {
    let mut desk = scene("chord-naive");
    desk.player.set_speed(18);
    desk.play_or_pause();
    let mut calls = 0;
    desk.tick(16.0, 0.0, false, &mut || {
        calls += 1;
        false
    });
    assert_eq!(calls, 1);
}

#[test]
fn a_link_brings_back_the_very_moment() {
    let mut desk = scene("pastry-example");
    desk.step(0.0);
    desk.step(0.0);
    desk.view = View::Ring;
    let again = Desk::shared(&desk.share()).expect("reads");
    assert_eq!(again.scene.map(|scene| scene.name), Some("pastry-example"));
    assert_eq!(seen(&again), seen(&desk));
}

#[test]
fn a_damaged_link_is_refused_with_a_sentence() {
    let text = scene("chord-fingers").share();
    for broken in ["", "1.", "2.AAAA", "nonsense", &text[..text.len() / 2]] {
        let error = Desk::shared(broken).err().expect("refused").to_string();
        assert!(error.ends_with('.') || error.ends_with(')'), "{error}");
    }
}

#[test]
fn an_action_in_the_past_keeps_the_other_future_as_a_branch() {
    let mut desk = scene("chord-search-13");
    to_the_end(&mut desk);
    let whole = route(&desk);
    desk.seek(0.0);
    desk.step(0.0);
    let nine = desk.bench().lab.find_digits("9").expect("on the ring");
    desk.act(&Action::Kill { node: nine }).expect("can be stopped");
    assert_eq!(desk.bench().lab.branches().len(), 1);
    desk.switch_branch(0);
    assert_eq!(route(&desk), whole);
}

#[test]
fn an_action_that_cannot_be_done_changes_nothing() {
    let mut desk = scene("chord-search-13");
    desk.step(0.0);
    let before = seen(&desk);
    assert!(desk.act(&Action::Kill { node: Peer(99) }).is_err());
    assert!(desk.act(&Action::Add { id: Key::Digits("9".into()) }).is_err());
    assert!(seen(&desk) == before);
}

#[test]
fn a_chosen_node_shows_what_it_would_do() {
    let mut desk = scene("chord-search-13");
    desk.step(0.0);
    let three = desk.bench().lab.find_digits("3").expect("on the ring");
    desk.select(Some(three));
    let sight = desk.sight(desk.bench());
    assert_eq!((sight.shown, sight.decided_hop), (Some(three), None));
    assert!(sight.decision.is_some_and(|decision| decision.at == three));
}

#[test]
fn after_a_step_the_hop_is_seen_moving_for_a_moment() {
    let mut desk = scene("chord-search-13");
    desk.step(0.0);
    desk.step(1_000.0);
    let moving = |now_ms, reduced| {
        let sight = desk.sight(desk.bench());
        let frame = desk.frame(desk.bench(), &sight, now_ms, reduced);
        matches!(frame.hops[0].state, HopState::Current { .. })
    };
    assert!(moving(1_100.0, false));
    assert!(!moving(1_000.0 + GLIDE_MS, false));
    assert!(!moving(1_100.0, true));
}
