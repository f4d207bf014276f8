//! `cargo xtask test`: every check, in the order in which failures are cheapest to find.

use crate::browser::{self, Browser};
use crate::install::{tools, wasm_target};
use crate::pins::{TRUNK, WASM_BINDGEN};
use crate::process::{self, cargo};
use crate::report::Report;
use crate::{Outcome, dist, npm, paths, site};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The steps, in order, by the names that `--only` takes.
pub(crate) const STEP_NAMES: [&str; 11] =
    ["format", "clippy", "clippy-wasm", "test", "doctest", "doc", "wasm", "build", "check-dist", "browser", "bench"];

const WASM: &str = "wasm32-unknown-unknown";

/// Runs the named steps, or all; fails if one of them does.
pub(crate) fn run(only: &[String]) -> Outcome<()> {
    let mut report = Report::default();
    let mut built = true;
    for name in STEP_NAMES {
        if !only.is_empty() && !only.iter().any(|step| step == name) {
            continue;
        }
        if !built && ["check-dist", "browser"].contains(&name) {
            report.skip(name, "there is no site to look at");
            continue;
        }
        let passed = report.step(name, || step(name));
        built &= passed || name != "build";
    }
    println!("\n{}", report.summary());
    if report.all_passed() { Ok(()) } else { Err("not every step passed".into()) }
}

/// One step. Native steps name the whole workspace, so that all of them share compiled dependencies:
/// cargo chooses features by the packages that are asked for.
fn step(name: &str) -> Outcome<()> {
    match name {
        "format" => cargo_run("fmt --all --check"),
        "clippy" => cargo_run("clippy --locked --workspace --all-targets -- -D warnings"),
        "clippy-wasm" => {
            wasm_target()?;
            cargo_run(&format!("clippy --locked --target {WASM} --package overlay-web --all-targets -- -D warnings"))
        }
        "test" => native_tests(),
        "doctest" => cargo_run("test --locked --workspace --doc"),
        "doc" => {
            let mut command = cargo_words("doc --locked --workspace --no-deps");
            process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
        }
        "wasm" => wasm_tests(),
        "build" => site::build(),
        "check-dist" => dist::check_and_print(),
        "browser" => browser_tests(),
        "bench" => bench_smoke(),
        other => Err(format!("there is no step `{other}`")),
    }
}

fn cargo_run(words: &str) -> Outcome<()> {
    process::run(&mut cargo_words(words))
}

/// Cargo in the root of the repository, with arguments that hold no spaces.
fn cargo_words(words: &str) -> Command {
    let mut command = cargo();
    command.current_dir(paths::root()).args(words.split(' '));
    command
}

/// The properties' random worlds are the same in every run, so that what one commit passes it passes everywhere. New ones
/// are looked for on purpose: see "Tests" in docs/contributing.md.
const WORLDS: (&str, &str) = ("PROPTEST_RNG_SEED", "20011112");

fn native_tests() -> Outcome<()> {
    let mut command = if paths::in_path("cargo-nextest").is_some() {
        cargo_words("nextest run --locked --workspace --no-tests=pass")
    } else {
        println!("cargo-nextest is not in PATH: using `cargo test`.");
        cargo_words("test --locked --workspace --lib --bins --tests")
    };
    if std::env::var_os(WORLDS.0).is_none() {
        command.env(WORLDS.0, WORLDS.1);
    }
    process::run(&mut command)
}

/// The tests that run as wasm: those of overlay-web in Chromium, and those of overlay-core in files
/// named `wasm…` both in Chromium and in Node, since the same run must give the same trace anywhere.
fn wasm_tests() -> Outcome<()> {
    wasm_target()?;
    let folders = tools(&[&WASM_BINDGEN])?;
    let browser = browser::ensure()?;
    let web = format!("overlay-web --lib{}", named("--test", "crate-web/tests", ""));
    process::run(in_browser(&mut wasm_test(&folders, &web)?, &browser)?)?;
    let core = named("--test", "crate-core/tests", "wasm");
    if core.is_empty() {
        println!("overlay-core has no file tests/wasm….rs.");
        return Ok(());
    }
    let core = format!("overlay-core{core}");
    process::run(in_browser(&mut wasm_test(&folders, &core)?, &browser)?)?;
    process::run(&mut wasm_test(&folders, &core)?)
}

/// Tests of a package as wasm. They run in Node, unless a test file asks for a browser.
fn wasm_test(folders: &[PathBuf], which: &str) -> Outcome<Command> {
    wasm_command(folders, &format!("test --locked --target {WASM} --package {which}"))
}

/// Cargo with a runner for wasm.
fn wasm_command(folders: &[PathBuf], words: &str) -> Outcome<Command> {
    let mut command = cargo_words(words);
    command
        .env("PATH", paths::path_with(folders)?)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    Ok(command)
}

/// The same tests in headless Chromium. The time limits only end what hangs.
fn in_browser<'a>(command: &'a mut Command, browser: &Browser) -> Outcome<&'a mut Command> {
    let target = paths::root().join("target");
    let settings = target.join("webdriver.json");
    fs::create_dir_all(&target)
        .and_then(|()| fs::write(&settings, browser::webdriver_json(browser)))
        .map_err(|e| format!("{}: {e}", settings.display()))?;
    Ok(command
        .env("WASM_BINDGEN_USE_BROWSER", "1")
        .env("CHROMEDRIVER", &browser.driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &settings)
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "180"))
}

/// An option for each Rust file of a folder whose name begins with `prefix`, in order.
fn named(option: &str, folder: &str, prefix: &str) -> String {
    let Ok(entries) = fs::read_dir(paths::root().join(folder)) else {
        return String::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort();
    names.iter().map(|name| format!(" {option} {name}")).collect()
}

/// Playwright on the site in `dist/`, served under a sub-path.
fn browser_tests() -> Outcome<()> {
    npm::packages()?;
    let browser = browser::ensure()?;
    let firefox = browser::firefox()?;
    let tests = paths::root().join("tests-browser");
    process::run(
        Command::new("node")
            .args(["node_modules/@playwright/test/cli.js", "test"])
            .current_dir(tests)
            .env("OVERLAY_CHROMIUM", &browser.chromium)
            .env("OVERLAY_FIREFOX", firefox),
    )
}

/// Runs every benchmark once, to see that it still works; nothing is measured.
fn bench_smoke() -> Outcome<()> {
    let benches = named("--bench", "crate-core/benches", "");
    if benches.is_empty() {
        println!("There are no benchmarks.");
        return Ok(());
    }
    cargo_run(&format!("test --locked --workspace{benches}"))
}

/// `cargo xtask bench-wasm`: the core's speed as wasm, in Node and then in Chromium.
pub(crate) fn bench_wasm() -> Outcome<()> {
    wasm_target()?;
    let folders = tools(&[&WASM_BINDGEN])?;
    let browser = browser::ensure()?;
    let words = format!("test --release --locked --target {WASM} --package overlay-bench --bench wasm -- --nocapture");
    println!("In Node:");
    process::run(&mut wasm_command(&folders, &words)?)?;
    println!("In Chromium:");
    let mut command = wasm_command(&folders, &words)?;
    // In a worker: the driver gives up a page that answers nothing for half a minute.
    in_browser(&mut command, &browser)?
        .env_remove("WASM_BINDGEN_USE_BROWSER")
        .env("WASM_BINDGEN_USE_DEDICATED_WORKER", "1")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "1800");
    process::run(&mut command)
}

/// `cargo xtask tools`: everything that the other tasks would install when they need it.
pub(crate) fn install_everything() -> Outcome<()> {
    wasm_target()?;
    let mut folders = tools(&[&TRUNK, &WASM_BINDGEN])?;
    folders.extend(npm::wasm_opt()?);
    folders.push(npm::packages()?);
    let browser = browser::ensure()?;
    for folder in &folders {
        println!("{}", folder.display());
    }
    for program in [browser.chromium, browser.driver, browser::firefox()?] {
        println!("{}", program.display());
    }
    Ok(())
}
