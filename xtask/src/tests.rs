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
pub(crate) const STEP_NAMES: [&str; 11] = [
    "format",
    "clippy",
    "clippy-wasm",
    "test",
    "doctest",
    "doc",
    "wasm",
    "build",
    "check-dist",
    "browser",
    "bench",
];

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
    if report.all_passed() {
        Ok(())
    } else {
        Err("not every step passed".into())
    }
}

fn step(name: &str) -> Outcome<()> {
    match name {
        "format" => cargo_run(&["fmt", "--all", "--check"]),
        "clippy" => cargo_run(&[
            "clippy",
            "--locked",
            "--workspace",
            "--exclude",
            "overlay-web",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
        "clippy-wasm" => {
            wasm_target()?;
            cargo_run(&[
                "clippy",
                "--locked",
                "--target",
                WASM,
                "--package",
                "overlay-web",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ])
        }
        "test" => native_tests(),
        "doctest" => cargo_run(&[
            "test",
            "--locked",
            "--doc",
            "--package",
            "overlay-core",
            "--package",
            "overlay-web",
        ]),
        "doc" => process::run(
            in_root(cargo())
                .args(["doc", "--locked", "--workspace", "--no-deps"])
                .env("RUSTDOCFLAGS", "-D warnings"),
        ),
        "wasm" => wasm_tests(),
        "build" => site::build(),
        "check-dist" => dist::check_and_print(),
        "browser" => browser_tests(),
        "bench" => bench_smoke(),
        other => Err(format!("there is no step `{other}`")),
    }
}

fn cargo_run(args: &[&str]) -> Outcome<()> {
    process::run(in_root(cargo()).args(args))
}

fn in_root(mut command: Command) -> Command {
    command.current_dir(paths::root());
    command
}

fn native_tests() -> Outcome<()> {
    if paths::in_path("cargo-nextest").is_some() {
        cargo_run(&[
            "nextest",
            "run",
            "--locked",
            "--workspace",
            "--no-tests=pass",
        ])
    } else {
        println!("cargo-nextest is not in PATH: using `cargo test`.");
        cargo_run(&[
            "test",
            "--locked",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
        ])
    }
}

/// The tests that run as wasm: all of overlay-web, and those of overlay-core named `wasm…`.
fn wasm_tests() -> Outcome<()> {
    wasm_target()?;
    let folders = tools(&[&WASM_BINDGEN])?;
    let browser = browser::ensure()?;
    wasm_test_run(
        &folders,
        &browser,
        "overlay-web",
        &["--lib".into(), "--tests".into()],
    )?;
    let mut core = Vec::new();
    for name in targets("crate-core/tests", "wasm") {
        core.extend(["--test".to_owned(), name]);
    }
    if core.is_empty() {
        println!("overlay-core has no file tests/wasm….rs.");
        return Ok(());
    }
    wasm_test_run(&folders, &browser, "overlay-core", &core)
}

fn wasm_test_run(
    folders: &[PathBuf],
    browser: &Browser,
    package: &str,
    which: &[String],
) -> Outcome<()> {
    let settings = paths::root().join("target").join("webdriver.json");
    fs::create_dir_all(paths::root().join("target"))
        .and_then(|()| fs::write(&settings, browser::webdriver_json(browser)))
        .map_err(|e| format!("{}: {e}", settings.display()))?;
    process::run(
        in_root(cargo())
            .args(["test", "--locked", "--target", WASM, "--package", package])
            .args(which)
            .env("PATH", paths::path_with(folders)?)
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
                "wasm-bindgen-test-runner",
            )
            .env("CHROMEDRIVER", &browser.driver)
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &settings)
            .env("WASM_BINDGEN_TEST_TIMEOUT", "120"),
    )
}

/// The Rust files of a folder whose names begin with `prefix`, without their ending, in order.
fn targets(folder: &str, prefix: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(paths::root().join(folder)) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort();
    names
}

/// Playwright on the site in `dist/`, served under a sub-path.
fn browser_tests() -> Outcome<()> {
    npm::packages()?;
    let browser = browser::ensure()?;
    let tests = paths::root().join("tests-browser");
    process::run(
        Command::new("node")
            .args(["node_modules/@playwright/test/cli.js", "test"])
            .current_dir(tests)
            .env("OVERLAY_CHROMIUM", &browser.chromium),
    )
}

/// Runs every benchmark once, to see that it still works; nothing is measured.
fn bench_smoke() -> Outcome<()> {
    let benches = targets("crate-core/benches", "");
    if benches.is_empty() {
        println!("There are no benchmarks.");
        return Ok(());
    }
    let mut args = vec!["test", "--locked", "--package", "overlay-core"];
    for bench in &benches {
        args.extend(["--bench", bench]);
    }
    cargo_run(&args)
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
    println!(
        "{}\n{}",
        browser.chromium.display(),
        browser.driver.display()
    );
    Ok(())
}
