//! Where things are: the repository, the user's cache, the programs in PATH.

use crate::Outcome;
use std::env;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    match Path::new(&manifest).parent() {
        Some(root) if root.join("Trunk.toml").is_file() => root.to_path_buf(),
        _ => env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
    }
}

/// The folder of the user that holds installed tools; made if it is missing.
pub(crate) fn cache() -> Outcome<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let dir = set("OVERLAY_LAB_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|dir| dir.join("overlay-lab")))
        .or_else(|| set("LOCALAPPDATA").map(|dir| dir.join("overlay-lab")))
        .or_else(|| set("HOME").map(|dir| dir.join(".cache").join("overlay-lab")))
        .ok_or("no folder for tools: set OVERLAY_LAB_CACHE")?;
    std::fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    // Tools are found through PATH and run from other folders, so the name must be absolute.
    std::path::absolute(&dir).map_err(|e| format!("cannot use {}: {e}", dir.display()))
}

/// The file name of a program on this system.
pub(crate) fn program(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}

/// The first program of this name in PATH.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let file = program(name);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&file)).find(|path| path.is_file())
}

/// PATH with these folders before all others.
pub(crate) fn path_with(first: &[PathBuf]) -> Outcome<std::ffi::OsString> {
    let old = env::var_os("PATH").unwrap_or_default();
    env::join_paths(first.iter().cloned().chain(env::split_paths(&old)))
        .map_err(|e| format!("PATH cannot hold a tool's folder: {e}"))
}
