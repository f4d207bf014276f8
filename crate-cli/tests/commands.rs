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
    let scenes = overlay_core::lecture::SCENES.iter().map(|scene| scene.name);
    let stories = overlay_core::lecture::story::STORIES.iter().map(|story| story.name);
    assert_eq!(names, scenes.chain(stories).collect::<Vec<_>>());
}

#[test]
fn a_scene_run_in_a_terminal_has_the_golden_trace() {
    let golden = include_str!("../../crate-core/tests/golden/pastry-example.txt");
    assert_eq!(told(&["scene", "run", "pastry-example"]), golden);
}

#[test]
fn a_story_in_a_terminal_tells_each_stop_and_the_hash_of_each_world() {
    let text = told(&["scene", "run", "search-any-words"]);
    let kept = include_str!("../../crate-core/tests/golden/stories.hashes");
    let hashes: Vec<_> = kept.lines().filter(|line| line.starts_with("search-any-words ")).collect();
    assert_eq!(hashes.len(), 3);
    for line in hashes {
        assert!(text.contains(line.rsplit(' ').next().expect("a hash")), "{line}");
    }
    assert!(text.contains("P1 searches for “thammasat”."));
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

/// Every experiment at a size that takes no time, with the keys of its rows.
const EXPERIMENTS: [(&[&str], &[&str]); 18] = [
    (&["hops", "--nodes", "50,300", "--lookups", "9000"], HOPS),
    (&["hops", "--system", "chord", "--nodes", "200", "--lookups", "9000", "--count", "owner"], HOPS),
    (&["table", "--nodes", "1500", "--b", "2", "--leaf-set", "8"], &["nodes", "rows", "total"]),
    (&["distance", "--nodes", "200", "--lookups", "9000"], &["system", "nodes", "relative_distance"]),
    (&["distance", "--system", "chord", "--nodes", "200"], &["system", "nodes", "relative_distance"]),
    (&["table-quality", "--nodes", "150", "--method", "sl"], &["method", "nodes", "rows"]),
    (&["table-quality", "--nodes", "150", "--method", "wt"], &["method", "nodes", "rows"]),
    (&["table-quality", "--nodes", "600", "--method", "wtf"], &["method", "nodes", "rows"]),
    (
        &["failures", "--nodes", "300", "--lookups", "5000", "--fail", "0.1,60"],
        &["system", "nodes", "failed", "mean_before", "mean_unrepaired", "mean_repaired", "rpcs_per_failure"],
    ),
    (
        &["failures", "--system", "chord", "--nodes", "200", "--lookups", "5000", "--fail", "0.3"],
        &["system", "nodes", "failed", "mean", "timeouts", "failed_lookups"],
    ),
    (
        &["load", "--nodes", "100", "--keys", "2000", "--virtual", "1,5"],
        &["nodes", "keys", "virtual", "mean", "p1", "p99", "max"],
    ),
    (&["malicious", "--nodes", "300", "--lookups", "9000", "--fraction", "0.1,0.3"], MALICIOUS),
    (&["malicious", "--system", "chord", "--nodes", "300", "--lookups", "9000"], MALICIOUS),
    (&["churn", "--nodes", "40", "--duration-s", "60", "--lookup-rate", "0.1", "--loss", "0.01"], CHURN),
    (&["churn", "--system", "chord", "--nodes", "30", "--session-mean-s", "900,1800", "--duration-s", "30"], CHURN),
    (
        &["compare", "--nodes", "40", "--lookups", "200", "--systems", "chord,pastry"],
        &["system", "nodes", "hops", "latency_ms", "messages", "update_messages", "storage_entries"],
    ),
    (
        &["compare", "--nodes", "60", "--lookups", "100", "--systems", "chord", "--fail", "0.25", "--b", "2"],
        COMPARED_WITH_FAILURES,
    ),
    (
        &["resilience", "--geometry", "hybrid", "--nodes", "1024", "--lookups", "9000"],
        &["geometry", "nodes", "fraction", "failed_paths"],
    ),
];
const HOPS: &[&str] = &["system", "nodes", "lookups", "mean", "p1", "p99", "max", "histogram"];
const COMPARED_WITH_FAILURES: &[&str] = &[
    "system",
    "nodes",
    "hops",
    "latency_ms",
    "messages",
    "update_messages",
    "storage_entries",
    "killed",
    "failed_before",
    "failed_repairing",
    "failed_after",
    "repair_messages",
];
const CHURN: &[&str] =
    &["system", "nodes", "lookups", "lost", "incorrect", "timeouts_per_lookup", "control_msgs_per_node_s", "stretch"];
const MALICIOUS: &[&str] = &["system", "nodes", "fraction", "success"];

fn experiment(words: &[&str], more: &[&str]) -> String {
    told(&[&["experiment"], words, &["--seed", "5"], more].concat())
}

fn objects(text: &str) -> Vec<serde_json::Map<String, serde_json::Value>> {
    text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

/// The keys of an object as they stand in its line, without those of objects within. No string here holds a brace.
fn keys(line: &str) -> Vec<String> {
    let mut depth = 0;
    let outer = line.chars().filter(|c| {
        depth += i32::from("{[".contains(*c)) - i32::from("}]".contains(*c));
        depth <= 1
    });
    let outer: String = outer.collect();
    outer.split('"').skip(1).step_by(2).filter(|word| outer.contains(&format!("\"{word}\":"))).map(Into::into).collect()
}

#[test]
fn rows_have_the_documented_keys_in_their_order() {
    for (words, expected) in EXPERIMENTS {
        let text = experiment(words, &["--format", "json"]);
        for (line, object) in text.lines().zip(objects(&text)) {
            assert_eq!(keys(line), expected, "{line}");
            assert_eq!(object.len(), expected.len(), "{line}");
        }
    }
}

#[test]
fn inner_rows_have_the_documented_keys() {
    let inner = |words: &[&str]| {
        let object = objects(&experiment(words, &["--format", "json"])).remove(0);
        let first = object["rows"][0].as_object().expect("an object").clone();
        first.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(inner(&["table", "--nodes", "60"]), ["filled", "row"], "in alphabetical order");
    assert_eq!(inner(&["table-quality", "--nodes", "60"]), ["missing", "optimal", "row", "suboptimal"]);
}

#[test]
fn the_output_is_the_same_on_any_number_of_threads() {
    for (words, _) in EXPERIMENTS {
        for format in ["table", "json", "csv"] {
            let [one, two, three] =
                ["1", "2", "3"].map(|threads| experiment(words, &["--format", format, "--threads", threads]));
            assert!(one == two && two == three, "{words:?}");
        }
    }
}

#[test]
fn another_seed_gives_other_numbers() {
    let words = ["hops", "--nodes", "200", "--lookups", "2000", "--format", "json"];
    let [a, b] = ["1", "2"].map(|seed| told(&[&["experiment"], &words[..], &["--seed", seed]].concat()));
    assert_ne!(a, b);
}

/// A folder of its own for the files of one test.
fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder for files");
    folder
}

fn file(folder: &std::path::Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path.to_str().expect("UTF-8").to_string()
}

#[test]
fn shards_merge_to_the_unsharded_result() {
    let folder = folder("shards");
    for (number, (words, _)) in EXPERIMENTS.into_iter().enumerate() {
        let part = |i: u32| {
            let text = experiment(words, &["--shard", &format!("{i}/3")]);
            file(&folder, &format!("{number}-{i}.json"), &text)
        };
        let files = [2, 0, 1].map(part);
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        for format in ["table", "json", "csv"] {
            let merged = told(&[&["merge"], &files[..], &["--format", format]].concat());
            assert_eq!(merged, experiment(words, &["--format", format]), "{words:?}");
        }
    }
}

#[test]
fn shards_that_do_not_belong_together_are_refused() {
    let folder = folder("strangers");
    let words: &[&str] = &["hops", "--nodes", "50", "--lookups", "9000"];
    let part = |words: &[&str], shard: &str, name: &str| file(&folder, name, &experiment(words, &["--shard", shard]));
    let (a, b) = (part(words, "0/2", "a"), part(words, "1/2", "b"));
    let other = part(&["hops", "--nodes", "60", "--lookups", "9000"], "1/2", "other");
    let thirds = part(words, "1/3", "thirds");
    told(&["merge", &a, &b]);
    assert!(refusal(&["merge", &a]).contains("Shard 1/2 is missing"));
    assert!(refusal(&["merge", &a, &a]).contains("repeats shard 0/2"));
    assert!(refusal(&["merge", &a, &other]).contains("another run"));
    assert!(refusal(&["merge", &a, &thirds]).contains("another run"));
    for (name, text) in [("empty", ""), ("rows", "{\"system\":\"pastry\"}\n"), ("noise", "\u{0}\u{1}[[[[")] {
        refusal(&["merge", &file(&folder, name, text)]);
    }
    refusal(&["merge", "/nowhere/at/all"]);
}

#[test]
fn counts_of_a_forged_shard_do_no_harm() {
    let folder = folder("forged");
    let honest = experiment(&["hops", "--nodes", "50", "--lookups", "10"], &["--shard", "0/1"]);
    let swap = |from: &str, to: &str| {
        assert!(honest.contains(from), "{honest}");
        honest.replace(from, to)
    };
    let nodes = file(&folder, "nodes", &swap("\"nodes\":50", "\"nodes\":4000000000"));
    assert!(refusal(&["merge", &nodes]).contains("too many"));
    let (start, _) = honest.split_once("\"counts\":").expect("counts");
    let counts = format!("{start}\"counts\":{{\"hops\":[{0},{0},{0}]}}}}\n", u64::MAX);
    told(&["merge", &file(&folder, "counts", &counts)]);
    told(&["merge", &file(&folder, "nothing", &format!("{start}\"counts\":{{}}}}\n"))]);
}

#[test]
fn a_csv_file_has_one_header_and_as_many_cells_a_line() {
    let text = experiment(&["table", "--nodes", "60,200"], &["--format", "csv"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "nodes,row,filled,total");
    assert!(
        lines.len() > 4 && lines[1..].iter().all(|line| line.split(',').count() == 4 && line.starts_with(['6', '2']))
    );
}

#[test]
fn timing_adds_three_keys_at_the_end() {
    let text = experiment(&["hops", "--nodes", "50", "--lookups", "100"], &["--timing", "--format", "json"]);
    assert_eq!(keys(text.trim_end())[HOPS.len()..], ["build_s", "lookups_per_s", "bytes_per_node"]);
}

#[test]
fn an_experiment_that_cannot_be_is_refused_in_one_sentence() {
    let refused = |words: &[&str]| refusal(&[&["experiment"], words].concat());
    assert_eq!(refused(&["hops", "--nodes", "0"]), "A world needs at least one node.");
    assert!(refused(&["hops", "--nodes", "4000000000"]).contains("too many"));
    assert!(refused(&["hops", "--lookups", "0"]).contains("outside 1 to"));
    assert!(refused(&["hops", "--b", "3"]).contains("1, 2 or 4 bits"));
    assert!(refused(&["hops", "--leaf-set", "7"]).contains("even number"));
    assert!(refused(&["hops", "--threads", "0"]).contains("--threads"));
    assert!(refused(&["hops", "--shard", "3/3"]).contains("i/n"));
    assert!(refused(&["hops", "--shard", "0/3", "--timing"]).contains("--timing"));
    assert!(refused(&["hops", "--nodes", "1,,2"]).contains("--nodes"));
    assert!(refused(&["malicious", "--fraction", "1.5"]).contains("between 0 and 1"));
    assert!(refused(&["failures", "--nodes", "100", "--fail", "99"]).contains("cannot fail"));
    assert!(refused(&["failures", "--fail", "many"]).contains("a fraction such as"));
    assert!(refused(&["resilience", "--geometry", "ring", "--nodes", "1000"]).contains("power of two"));
    assert!(refused(&["resilience"]).contains("--geometry"));
    assert!(refused(&["load", "--system", "pastry"]).contains("pastry"));
    assert!(refused(&["compare", "--nodes", "1"]).contains("2 to"));
    assert!(refused(&["compare", "--fail", "0.95"]).contains("nine tenths"));
    assert!(refused(&["churn", "--lookup-rate", "1000"]).contains("0 to 100"));
    assert!(refused(&["churn", "--session-mean-s", "0"]).contains("outside 1 to"));
    refused(&["compare", "--systems", "pastry,gnutella"]);
    refused(&["load", "--keys", "0"]);
    refused(&["load", "--virtual", "0"]);
    refused(&["gossip"]);
    refused(&[]);
    refusal(&["merge"]);
    refusal(&["check-papers", "--threads", "none"]);
}

#[test]
fn help_on_an_experiment_names_the_paper_and_the_row_keys() {
    for name in [
        "hops",
        "table",
        "distance",
        "table-quality",
        "failures",
        "load",
        "malicious",
        "resilience",
        "churn",
        "compare",
    ] {
        let help = told(&["experiment", name, "--help"]);
        assert!(help.contains("Published: ") && help.contains("Row keys: "), "{name}: {help}");
    }
}

#[test]
fn a_reader_that_stops_reading_rows_is_no_error() {
    let mut child = command(&["experiment", "hops", "--nodes", "20,30,40,50", "--lookups", "500", "--format", "json"])
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

/// The rows of a command's JSON Lines.
fn rows(words: &[&str]) -> Vec<serde_json::Value> {
    let words = [words, &["--format", "json"]].concat();
    told(&words).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_flood_of_ttl_7_and_c_4_sends_8744_messages_and_26240_by_the_slides_rule() {
    let flood = ["experiment", "flood", "--degree", "4", "--ttl", "7", "--topology", "tree", "--method", "flood"];
    let row = &rows(&flood)[0];
    let keys: Vec<_> = row.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut expected = [
        "degree",
        "ttl",
        "topology",
        "method",
        "queries",
        "replies",
        "messages",
        "duplicates",
        "visited",
        "found",
        "hops",
        "zipf",
        "allocation",
    ];
    assert_eq!((&row["queries"], &row["messages"]), (&4_372.into(), &8_744.into()));
    let slide = &rows(&[&flood[..], &["--ttl-rule", "slide"]].concat())[0];
    assert_eq!((&slide["queries"], &slide["messages"]), (&13_120.into(), &26_240.into()));
    // The parser sorts keys; the order is that of the header.
    expected.sort_unstable();
    let mut keys = keys;
    keys.sort_unstable();
    assert_eq!(keys, expected);
}

#[test]
fn a_flood_without_bounds_is_refused() {
    assert!(refusal(&["experiment", "flood", "--topology", "random", "--ttl", "33"]).contains("TTL"));
    assert!(refusal(&["experiment", "flood", "--ttl", "30"]).contains("too many"), "a tree of 30 levels");
    assert!(refusal(&["experiment", "flood", "--degree", "0"]).contains("Degree"));
}

#[test]
fn the_lectures_table_has_a_row_for_each_of_six_systems_and_a_verdict_for_each_cell() {
    let all = ["experiment", "compare", "--systems", "all", "--lookups", "20"];
    let measured = rows(&[&all[..], &["--nodes", "64"]].concat());
    let systems: Vec<_> = measured.iter().filter_map(|row| row["system"].as_str()).collect();
    assert_eq!(systems, ["gnutella", "napster", "replication", "fasttrack", "chord", "pastry"]);
    let growth = rows(&[&all[..], &["--nodes", "16,64,256,1024", "--growth"]].concat());
    let of = |system: &str, quantity: &str| {
        let row = growth.iter().find(|row| row["system"] == system && row["quantity"] == quantity).expect("a cell");
        (row["measured"].as_str().expect("text").to_string(), row["verdict"].as_str().expect("text").to_string())
    };
    assert_eq!(of("napster", "messages"), ("1".into(), "holds".into()));
    // At four sizes a small power and a logarithm are hardly told apart.
    assert!(of("chord", "hops").1.starts_with("holds"));
    assert_eq!(of("replication", "update_messages").1, "holds");
    assert!(of("replication", "messages").1.contains("nobody is asked"));
}

#[test]
fn slide_checks_name_the_slide_and_a_verdict() {
    let all = rows(&["slide-check"]);
    assert!(all.len() >= 40, "{}", all.len());
    let flood = rows(&["slide-check", "--only", "26240"]);
    assert_eq!(flood.len(), 1);
    assert!(flood[0]["verdict"].as_str().is_some_and(|verdict| verdict.starts_with("holds if")));
    assert!(refusal(&["slide-check", "--only", "no such slide"]).contains("no such slide"));
}
