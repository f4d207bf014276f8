//! Puts the packages of `tests-browser/package-lock.json` into the user's cache.

use crate::install::{lock, remove};
use crate::pins::{WASM_OPT, version_in};
use crate::process::{output, run};
use crate::{Outcome, digest, paths};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with the programs of the packages, for PATH.
///
/// The packages lie in the cache under the digest of the lock file, and `tests-browser` has a link
/// to them. A real `node_modules` there, from `npm ci` by hand, is used instead.
pub(crate) fn packages() -> Outcome<PathBuf> {
    let tests = paths::root().join("tests-browser");
    let link = tests.join("node_modules");
    if link.is_dir() && !link.is_symlink() {
        return Ok(link.join(".bin"));
    }
    let lock_file = tests.join("package-lock.json");
    let bytes = fs::read(&lock_file).map_err(|e| format!("{}: {e}", lock_file.display()))?;
    let cache = paths::cache()?;
    let name = format!("npm-{}", &digest::sha256_hex(&bytes)[..16]);
    let home = cache.join(&name);
    if !home.is_dir() {
        let _lock = lock(&cache, &name)?;
        if !home.is_dir() {
            install(&tests, &cache.join(format!("{name}.part")), &home)?;
        }
    }
    connect(&home.join("node_modules"), &link)?;
    Ok(home.join("node_modules").join(".bin"))
}

fn install(tests: &Path, work: &Path, home: &Path) -> Outcome<()> {
    println!("Installing wasm-opt, Playwright, Puppeteer, axe-core and a test tracker from npm (up to a minute).");
    remove(work)?;
    fs::create_dir_all(work).map_err(|e| format!("cannot make {}: {e}", work.display()))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(tests.join(file), work.join(file)).map_err(|e| format!("{file}: {e}"))?;
    }
    run(Command::new(npm())
        .args(["ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"])
        .args(["--loglevel", "error"])
        .current_dir(work)
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
    .map_err(|why| format!("{why}; Node 20 or newer with npm is needed"))?;
    fs::rename(work, home).map_err(|e| format!("cannot move {}: {e}", work.display()))
}

/// Makes `link` point at `target`, for the module search of Node.
fn connect(target: &Path, link: &Path) -> Outcome<()> {
    if fs::read_link(link).is_ok_and(|old| old == target) {
        return Ok(());
    }
    let _ = fs::remove_file(link);
    #[cfg(unix)]
    let made = std::os::unix::fs::symlink(target, link);
    #[cfg(windows)]
    let made = std::os::windows::fs::symlink_dir(target, link);
    match made {
        // Another run may have made the same link meanwhile.
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(format!("cannot link {}: {e}; run `npm ci` there", link.display()))
        }
        _ => Ok(()),
    }
}

/// The folder with the pinned `wasm-opt`, unless PATH has it.
pub(crate) fn wasm_opt() -> Outcome<Option<PathBuf>> {
    let right = |path: &Path| {
        output(Command::new(path).arg("--version")).is_ok_and(|printed| version_in(&printed) == Some(WASM_OPT))
    };
    if paths::in_path("wasm-opt").is_some_and(|path| right(&path)) {
        return Ok(None);
    }
    let bin = packages()?;
    if right(&bin.join("wasm-opt")) {
        Ok(Some(bin))
    } else {
        Err(format!("wasm-opt in {} is not version {WASM_OPT}", bin.display()))
    }
}

fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}
