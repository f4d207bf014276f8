//! Finds the pinned programs, or installs them into the user's cache.
//!
//! A program in PATH at the right version is used as it is. Otherwise the released binary is
//! fetched, and where that is not to be had, the program is built from source with settings that
//! build quickly. Everything is put together in a temporary folder that is renamed when complete,
//! under a lock: two runs at once, or one that is cut short, leave no half-installed tool.

use crate::pins::{Archive, Pin, version_in};
use crate::process::{output, run};
use crate::{Outcome, digest, paths};
use std::env::consts;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Makes sure that cargo can build for the browser.
pub(crate) fn wasm_target() -> Outcome<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let libdir = output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(libdir.trim()).is_dir() {
        return Ok(());
    }
    println!("Adding the Rust target {TARGET} (some seconds).");
    run(Command::new("rustup").args(["target", "add", TARGET]))
        .map_err(|why| format!("{why}; without rustup, install the standard library for {TARGET} by other means"))
}

/// Finds or installs some tools, those to build at the same time; gives back folders for PATH.
pub(crate) fn tools(pins: &[&Pin]) -> Outcome<Vec<PathBuf>> {
    let found: Vec<Outcome<Option<PathBuf>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = pins.iter().map(|pin| scope.spawn(move || tool(pin))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("an installation panicked".into())))
            .collect()
    });
    let mut folders = Vec::new();
    for folder in found {
        folders.extend(folder?);
    }
    Ok(folders)
}

/// One tool: nothing if PATH has it, else the folder that has it.
fn tool(pin: &Pin) -> Outcome<Option<PathBuf>> {
    if pin.programs.iter().all(|name| paths::in_path(name).is_some_and(|path| fits(pin, &path))) {
        return Ok(None);
    }
    let cache = paths::cache()?;
    let name = format!("{}-{}-{}-{}", pin.programs[0], pin.version, consts::ARCH, consts::OS);
    let home = cache.join(&name);
    if complete(pin, &home) {
        return Ok(Some(home.join("bin")));
    }
    let _lock = lock(&cache, &name)?;
    if complete(pin, &home) {
        return Ok(Some(home.join("bin")));
    }
    let work = cache.join(format!("{name}.part"));
    remove(&work)?;
    let start = Instant::now();
    if let Err(why) = fetch(pin, &work) {
        println!(
            "{} {}: no released binary ({why}). Building it from source: {} on two cores.",
            pin.programs[0], pin.version, pin.build_time
        );
        remove(&work)?;
        build(pin, &work)?;
    }
    if !complete(pin, &work) {
        return Err(format!("{} was installed but does not run as {}", pin.krate, pin.version));
    }
    remove(&home)?;
    fs::rename(&work, &home).map_err(|e| format!("cannot move {}: {e}", work.display()))?;
    println!("{} {} is installed after {:.0} s.", pin.programs[0], pin.version, start.elapsed().as_secs_f64());
    Ok(Some(home.join("bin")))
}

/// True if the program runs and is of the pinned version.
fn fits(pin: &Pin, path: &Path) -> bool {
    output(Command::new(path).arg("--version")).is_ok_and(|printed| version_in(&printed) == Some(pin.version))
}

fn complete(pin: &Pin, home: &Path) -> bool {
    let bin = home.join("bin");
    pin.programs.iter().all(|name| fits(pin, &bin.join(paths::program(name))))
}

/// Waits for other runs that install the same thing. The lock ends with the file's handle.
pub(crate) fn lock(cache: &Path, name: &str) -> Outcome<File> {
    let path = cache.join(format!("{name}.lock"));
    let file = File::create(&path).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    if file.try_lock().is_err() {
        println!("Another run is installing {name}: waiting for it.");
        file.lock().map_err(|e| format!("cannot lock {}: {e}", path.display()))?;
    }
    Ok(file)
}

/// Removes a folder that may not be there.
pub(crate) fn remove(dir: &Path) -> Outcome<()> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(format!("cannot remove {}: {e}", dir.display())),
        _ => Ok(()),
    }
}

/// Fetches the released archive, checks its digest and unpacks the programs into `work/bin`.
fn fetch(pin: &Pin, work: &Path) -> Outcome<()> {
    let Archive { file, sha256, .. } = pin
        .archives
        .iter()
        .find(|archive| archive.os == consts::OS && archive.arch == consts::ARCH)
        .ok_or("none is pinned for this system")?;
    let bin = work.join("bin");
    fs::create_dir_all(&bin).map_err(|e| format!("cannot make {}: {e}", bin.display()))?;
    let path = work.join(file);
    output(
        Command::new("curl")
            .args(["--proto", "=https", "--fail", "--silent", "--show-error", "--location"])
            .args(["--connect-timeout", "5", "--max-time", "180", "--output"])
            .arg(&path)
            .arg(format!("{}{file}", pin.releases)),
    )
    .map_err(|_| "it could not be downloaded".to_owned())?;
    let bytes = fs::read(&path).map_err(|e| format!("the download is unreadable: {e}"))?;
    if digest::sha256_hex(&bytes) != *sha256 {
        return Err("the download is not the file that was pinned".into());
    }
    output(Command::new("tar").arg("-xzf").arg(&path).arg("-C").arg(work))
        .map_err(|_| "the archive could not be unpacked".to_owned())?;
    // Archives hold the programs at the top or in one folder named after the archive.
    let inner = work.join(file.trim_end_matches(".tar.gz"));
    for name in pin.programs {
        let name = paths::program(name);
        let from = [work.join(&name), inner.join(&name)]
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(|| format!("{name} is not in the archive"))?;
        fs::rename(&from, bin.join(&name)).map_err(|e| format!("cannot move {name}: {e}"))?;
    }
    if !complete(pin, work) {
        return Err("the binary does not run on this system".into());
    }
    Ok(())
}

/// Builds the crate from source: unoptimised, in many pieces, without what only downloads need.
fn build(pin: &Pin, work: &Path) -> Outcome<()> {
    fs::create_dir_all(work).map_err(|e| format!("cannot make {}: {e}", work.display()))?;
    let target = work.join("target");
    let log = work.with_extension("log");
    let file = File::create(&log).map_err(|e| format!("cannot write {}: {e}", log.display()))?;
    let copy = file.try_clone().map_err(|e| format!("cannot write {}: {e}", log.display()))?;
    let mut command = crate::process::cargo();
    command
        .args(["install", "--locked", "--no-default-features", "--root"])
        .arg(work)
        .arg(format!("{}@{}", pin.krate, pin.version))
        // Away from the repository, whose cargo configuration is not meant for tools.
        .current_dir(work)
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo")
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .env_remove("CARGO_BUILD_BUILD_DIR")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS")
        .stdin(Stdio::null())
        .stdout(copy)
        .stderr(file);
    let mut child = command.spawn().map_err(|e| format!("cargo could not be started: {e}"))?;
    let start = Instant::now();
    let mut told = start;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| format!("cargo was lost: {e}"))? {
            break status;
        }
        if told.elapsed() >= Duration::from_secs(30) {
            told = Instant::now();
            let text = fs::read_to_string(&log).unwrap_or_default();
            let crates = text.lines().filter(|line| line.contains(" Compiling ")).count();
            let seconds = start.elapsed().as_secs();
            println!("  {}: {crates} crates after {seconds} s", pin.programs[0]);
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    if !status.success() {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(15)..].join("\n");
        return Err(format!("building {} failed:\n{tail}", pin.krate));
    }
    remove(&target)?;
    let _ = fs::remove_file(&log);
    Ok(())
}
