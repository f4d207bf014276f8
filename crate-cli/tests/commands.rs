//! The command as somebody types it.

use std::io::Read as _;
use std::process::{Command, Output, Stdio};

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overlay"));
    command.args(words);
    command
}

fn output(words: &[&str]) -> Output {
    command(words).output().expect("the command runs")
}

fn told(words: &[&str]) -> String {
    let output = output(words);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{words:?}: {error}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// One sentence on standard error, nothing on standard output, exit code 2.
fn refusal(words: &[&str]) -> String {
    let output = output(words);
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{words:?}: {error}");
    assert!(output.stdout.is_empty(), "{words:?}");
    assert_eq!(error.lines().count(), 1, "{words:?}: {error}");
    error.trim_end().to_string()
}

#[test]
fn all_scenes_are_listed_by_name() {
    let list = told(&["scene", "list"]);
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, overlay_core::lecture::SCENES.iter().map(|scene| scene.name).collect::<Vec<_>>());
}

#[test]
fn a_scene_run_in_a_terminal_has_the_golden_trace() {
    let golden = include_str!("../../crate-core/tests/golden/pastry-example.txt");
    assert_eq!(told(&["scene", "run", "pastry-example"]), golden);
}

#[test]
fn a_scene_as_json_holds_the_same_records_and_hash() {
    let golden = include_str!("../../crate-core/tests/golden/pastry-join.txt");
    let json: serde_json::Value =
        serde_json::from_str(&told(&["scene", "run", "pastry-join", "--format", "json"])).expect("JSON");
    let records = json["records"].as_array().expect("a list");
    let lines: Vec<&str> = records.iter().filter_map(|record| record["text"].as_str()).collect();
    assert_eq!(lines, golden.lines().take(lines.len()).collect::<Vec<_>>());
    assert_eq!(json["hash"].as_str(), golden.lines().last());
}

#[test]
fn a_route_is_told_hop_by_hop_and_ends_where_it_says() {
    for system in ["pastry", "chord"] {
        let words =
            ["route", "--system", system, "--nodes", "500", "--seed", "3", "--from", "7", "--name", "thammasat"];
        let text = told(&words);
        let hops: Vec<&str> = text.lines().filter(|line| line.contains(" → ") && line.contains(" · ")).collect();
        let last = text.lines().last().expect("a last line");
        assert!(last.starts_with("Delivered at "), "{text}");
        assert!(last.contains(&format!("hops: {} ", hops.len())), "{text}");
        // Each hop begins where the one before ended.
        let ends: Vec<(&str, &str)> =
            hops.iter().filter_map(|hop| hop.split(" · ").next()?.split_once(" → ")).collect();
        for pair in ends.windows(2) {
            assert!(pair[1].0.ends_with(pair[0].1), "{text}");
        }
        assert_eq!(text, told(&words), "the same every time");
        assert!(told(&[&words[..], &["--explain"]].concat()).lines().count() > 2 * text.lines().count());
    }
}

#[test]
fn a_node_may_be_named_by_the_digits_of_its_identifier() {
    let by_number = told(&["route", "--system", "pastry", "--nodes", "50", "--from", "3", "--key", "ABCDEF"]);
    let first = by_number.lines().find_map(|line| line.split_once(" → ")).expect("a hop").0;
    let digits = format!("0x{}", first.split_whitespace().last().expect("digits"));
    assert_eq!(
        told(&["route", "--system", "pastry", "--nodes", "50", "--from", &digits, "--key", "ABCDEF"]),
        by_number
    );
}

#[test]
fn what_cannot_be_done_is_said_in_one_sentence() {
    assert!(refusal(&["scene", "run", "nowhere"]).contains("“nowhere”"));
    let route = |more: &[&str]| refusal(&[&["route", "--system", "pastry"], more].concat());
    assert_eq!(route(&["--nodes", "0", "--key", "A"]), "A world needs at least one node.");
    assert!(route(&["--nodes", "10000000", "--key", "A"]).contains("too many"));
    assert!(route(&["--nodes", "10", "--key", "XYZ"]).len() > 10);
    assert!(route(&["--nodes", "10", "--from", "ffffffffffff", "--key", "A"]).contains("No node begins with"));
    assert!(route(&["--nodes", "10"]).contains("--key"));
    assert!(refusal(&["route", "--system", "gnutella", "--key", "A"]).contains("gnutella"));
    assert!(refusal(&["route", "--system", "chord", "--nodes", "-1", "--key", "A"]).contains("-1"));
    refusal(&[]);
    refusal(&["scene"]);
    refusal(&["dance"]);
}

#[test]
fn help_and_version_are_no_errors() {
    assert!(told(&["--help"]).contains("scene"));
    assert!(told(&["--version"]).starts_with("overlay "));
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let mut child = command(&["scene", "run", "pastry-join", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command runs");
    drop(child.stdout.take());
    let mut error = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut error).expect("UTF-8");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(error, "");
}
