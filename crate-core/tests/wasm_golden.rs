//! What `golden.rs` compares natively, as wasm: in Node, and in Chromium where a browser is asked for.
#![cfg(target_arch = "wasm32")]

mod churned;

use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn every_scene_takes_the_same_course_as_natively() {
    for (name, now) in churned::courses() {
        let kept = churned::SCENE_FILES.iter().find(|(scene, _)| *scene == name).map_or("", |(_, text)| *text);
        for (number, (kept, now)) in kept.lines().zip(now.lines()).enumerate() {
            assert_eq!(now, kept, "{name}, line {}", number + 1);
        }
        assert_eq!(now.len(), kept.len(), "{name}: one ends before the other");
    }
}

#[wasm_bindgen_test]
fn two_churned_worlds_have_the_same_traces_as_natively() {
    assert_eq!(churned::hashes(), include_str!("golden/churned-worlds.hashes"));
}

#[wasm_bindgen_test]
fn every_story_takes_the_same_course_as_natively() {
    assert_eq!(churned::stories(), include_str!("golden/stories.hashes"));
}

#[wasm_bindgen_test]
fn a_comparison_has_the_same_rows_as_natively() {
    assert_eq!(churned::compared(), include_str!("golden/compared.rows"));
}

#[wasm_bindgen_test]
fn the_lectures_systems_have_the_same_rows_as_natively() {
    assert_eq!(churned::techniques(), include_str!("golden/techniques.rows"));
}
