//! The course of every lecture scene, record by record, against the text kept in `tests/golden/`; and the trace hashes
//! of two larger worlds.
//!
//! A change that is meant is taken over with `OVERLAY_BLESS=1 cargo test -p overlay-core --test golden`; what it did
//! to the scenes is then seen in the difference between the files. `wasm_golden.rs` holds the same files against wasm.
#![cfg(not(target_arch = "wasm32"))]

mod churned;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Compares with the file kept under this name, or writes it if asked to.
fn compare(name: &str, now: &str) -> Result<(), String> {
    if std::env::var_os("OVERLAY_BLESS").is_some_and(|value| value == "1") {
        fs::write(file(name), now).expect("the folder of golden files can be written");
        return Ok(());
    }
    let kept = fs::read_to_string(file(name)).unwrap_or_default();
    if kept == now { Ok(()) } else { Err(format!("{name}: {}", difference(&kept, now))) }
}

/// The first place where two texts part, with the lines around it.
fn difference(kept: &str, now: &str) -> String {
    const BEFORE: usize = 3;
    const AFTER: usize = 6;
    let (kept, now): (Vec<_>, Vec<_>) = (kept.lines().collect(), now.lines().collect());
    let parting = kept.iter().zip(&now).take_while(|(a, b)| a == b).count();
    let mut text = format!("they part at line {} of {} kept and {} now:\n", parting + 1, kept.len(), now.len());
    for line in &kept[parting.saturating_sub(BEFORE)..parting] {
        let _ = writeln!(text, "  {line}");
    }
    for (sign, lines) in [('-', &kept), ('+', &now)] {
        for line in lines.iter().skip(parting).take(AFTER) {
            let _ = writeln!(text, "{sign} {line}");
        }
    }
    text
}

#[test]
fn every_scene_takes_the_course_that_was_kept() {
    let complaints: String =
        churned::courses().filter_map(|(name, now)| compare(&format!("{name}.txt"), &now).err()).collect();
    assert!(complaints.is_empty(), "{complaints}If this is meant: OVERLAY_BLESS=1.");
}

#[test]
fn every_scene_is_also_compared_in_wasm() {
    let scenes: Vec<_> = overlay_core::lecture::SCENES.iter().map(|scene| scene.name).collect();
    assert_eq!(churned::SCENE_FILES.map(|(name, _)| name).to_vec(), scenes);
}

#[test]
fn two_churned_worlds_have_the_traces_that_were_kept() {
    if let Err(complaint) = compare("churned-worlds.hashes", &churned::hashes()) {
        panic!("{complaint}If this is meant: OVERLAY_BLESS=1.");
    }
}

#[test]
fn every_story_takes_the_course_that_was_kept() {
    if let Err(complaint) = compare("stories.hashes", &churned::stories()) {
        panic!("{complaint}If this is meant: OVERLAY_BLESS=1.");
    }
}

#[test]
fn a_comparison_has_the_rows_that_were_kept() {
    if let Err(complaint) = compare("compared.rows", &churned::compared()) {
        panic!("{complaint}If this is meant: OVERLAY_BLESS=1.");
    }
}

#[test]
fn the_lectures_systems_have_the_rows_that_were_kept() {
    if let Err(complaint) = compare("techniques.rows", &churned::techniques()) {
        panic!("{complaint}If this is meant: OVERLAY_BLESS=1.");
    }
}

/// Two of the same must not pass because nothing happens in them.
#[test]
fn the_churned_worlds_have_seen_something() {
    for (system, setup) in churned::setups() {
        let lab = churned::run(setup);
        let members = (0..lab.node_count()).filter(|peer| lab.is_member(overlay_core::protocol::Peer(*peer))).count();
        assert!((260..300).contains(&members), "{system}: {members} members");
        assert!(lab.log().len() > 100, "{system}: {} actions", lab.log().len());
        assert!(lab.trace().len() > 10_000, "{system}: {} records", lab.trace().len());
        assert!(lab.counters().lost > 300, "{system}: {} messages lost", lab.counters().lost);
    }
}

#[test]
fn a_difference_is_shown_with_the_lines_around_it() {
    let said = difference("a\nb\nc\n", "a\nx\nc\n");
    assert_eq!(said, "they part at line 2 of 3 kept and 3 now:\n  a\n- b\n- c\n+ x\n+ c\n");
}
