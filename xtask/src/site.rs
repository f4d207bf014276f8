//! Builds and serves the page with Trunk.

use crate::install::{tools, wasm_target};
use crate::pins::{TRUNK, WASM_BINDGEN};
use crate::process::{cargo, run};
use crate::{Outcome, csp, dist, modules, npm, offline, paths};
use std::env;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Serves the page on 127.0.0.1 until it is stopped; builds again when a file changes.
pub(crate) fn serve(port: u16) -> Outcome<()> {
    let start = Instant::now();
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|_| format!("port {port} is in use; choose another one with `serve --port {}`", next(port)))?;
    wasm_target()?;
    let folders = std::thread::scope(|scope| {
        // The page is compiled while the tools are: one often waits for what the other can use.
        let page = scope.spawn(compile_page);
        let folders = tools(&[&TRUNK, &WASM_BINDGEN]);
        // An error in the page is shown again by Trunk, which goes on when it is mended.
        let _ = page.join();
        folders
    })?;
    std::thread::spawn(move || announce(port, start));
    run(trunk(&folders)?
        .args(["serve", "--address", "127.0.0.1", "--port", &port.to_string()])
        .args(["--dist", "target/serve"]))
}

fn next(port: u16) -> u16 {
    port.checked_add(1).unwrap_or(8080)
}

/// Compiles what Trunk is going to compile, with the same options, so that Trunk finds it done.
fn compile_page() {
    println!("Compiling the page (the first time takes 1 to 2 minutes on two cores).");
    let mut command = cargo();
    command
        .args(["build", "--locked", "--target", "wasm32-unknown-unknown"])
        .args(["--package", "overlay-web", "--bins"])
        .current_dir(paths::root());
    if let Err(why) = run(&mut command) {
        println!("{why}");
    }
}

/// Says when the page can be opened.
fn announce(port: u16, start: Instant) {
    // Trunk listens once its first build is done; an hour is enough for the slowest machine.
    while start.elapsed() < Duration::from_secs(3600) {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            let seconds = start.elapsed().as_secs_f64();
            println!("\nOverlay Lab is ready after {seconds:.0} s: http://127.0.0.1:{port}/");
            println!("Ctrl+C stops it.\n");
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Builds the site into `dist/`.
pub(crate) fn build() -> Outcome<()> {
    wasm_target()?;
    let mut folders = tools(&[&TRUNK, &WASM_BINDGEN])?;
    folders.extend(npm::wasm_opt()?);
    let mut command = trunk(&folders)?;
    if let Some(flags) = no_machine_paths() {
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    }
    run(command.args(["build", "--release"]))
}

/// Panic messages name source files: without the folder that this machine keeps crates in, they are the same and
/// shorter everywhere.
fn no_machine_paths() -> Option<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")))?;
    let home = home.to_str().filter(|path| !path.contains(char::is_whitespace))?;
    Some(format!("--remap-path-prefix={home}/registry/src=crates"))
}

/// Trunk, told to find the tools in these folders.
fn trunk(folders: &[PathBuf]) -> Outcome<Command> {
    let own = folders.iter().map(|dir| dir.join(paths::program("trunk"))).find(|path| path.is_file());
    let mut command = Command::new(own.unwrap_or_else(|| "trunk".into()));
    command.arg("--skip-version-check").current_dir(paths::root()).env("PATH", paths::path_with(folders)?);
    // Trunk reads NO_COLOR as a truth value and stops at the usual `NO_COLOR=1`.
    if env::var_os("NO_COLOR").is_some() {
        command.env("NO_COLOR", "true");
    }
    Ok(command)
}

/// Trunk's hook: finishes the files in the folder where Trunk puts them together. Every page gets
/// its policy and learns its modules; a release also gets a service worker that knows its build.
pub(crate) fn post_build() -> Outcome<()> {
    let dir = env::var_os("TRUNK_STAGING_DIR")
        .map(PathBuf::from)
        .ok_or("post-build is run by Trunk, which sets TRUNK_STAGING_DIR")?;
    let mut site = dist::load(&dir)?;
    let pages: Vec<String> = site.keys().filter(|path| path.ends_with(".html")).cloned().collect();
    for path in pages {
        let page = modules::fill(text(&path, &site[&path])?, &site);
        let page = csp::insert(&page).map_err(|why| format!("{path}: {why}"))?;
        write(&dir, &path, &page)?;
        site.insert(path, page.into_bytes());
    }
    if env::var_os("TRUNK_PROFILE").is_some_and(|profile| profile == "release")
        && let Some(worker) = site.get(offline::WORKER)
    {
        let filled = offline::fill(text(offline::WORKER, worker)?, &site)?;
        write(&dir, offline::WORKER, &filled)?;
    }
    Ok(())
}

fn text<'a>(path: &str, bytes: &'a [u8]) -> Outcome<&'a str> {
    std::str::from_utf8(bytes).map_err(|e| format!("{path}: {e}"))
}

fn write(dir: &Path, path: &str, text: &str) -> Outcome<()> {
    fs::write(dir.join(path), text).map_err(|e| format!("{path} cannot be written: {e}"))
}
