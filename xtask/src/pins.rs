//! The tools at the versions that are known to work together.

/// A program from the Rust world, fetched as a binary or built from source.
#[derive(Debug)]
pub(crate) struct Pin {
    /// The crate that `cargo install` builds.
    pub(crate) krate: &'static str,
    /// The exact version.
    pub(crate) version: &'static str,
    /// The programs it brings; each prints `name version` for `--version`.
    pub(crate) programs: &'static [&'static str],
    /// Where released archives are; the file name is added to it.
    pub(crate) releases: &'static str,
    /// Archives by system: operating system, architecture, file name, SHA-256.
    pub(crate) archives: &'static [Archive],
    /// How long building it from source takes on two cores.
    pub(crate) build_time: &'static str,
}

/// A released archive for one system.
#[derive(Debug)]
pub(crate) struct Archive {
    /// As `std::env::consts::OS` has it.
    pub(crate) os: &'static str,
    /// As `std::env::consts::ARCH` has it.
    pub(crate) arch: &'static str,
    /// The file name.
    pub(crate) file: &'static str,
    /// The digest it must have, or it is thrown away.
    pub(crate) sha256: &'static str,
}

const fn archive(os: &'static str, arch: &'static str, file: &'static str, sha256: &'static str) -> Archive {
    Archive { os, arch, file, sha256 }
}

/// The bundler. 0.22 needs a newer Rust than the one this project builds with.
pub(crate) const TRUNK: Pin = Pin {
    krate: "trunk",
    version: "0.21.14",
    programs: &["trunk"],
    releases: "https://github.com/trunk-rs/trunk/releases/download/v0.21.14/",
    archives: &[
        archive(
            "linux",
            "x86_64",
            "trunk-x86_64-unknown-linux-gnu.tar.gz",
            "f2b4680cd239693a646a2795e4633c625328d7b2a044fbe749fa3a2fe9e7036b",
        ),
        archive(
            "linux",
            "aarch64",
            "trunk-aarch64-unknown-linux-gnu.tar.gz",
            "b1d8e60e454f7fc182d9a4d95d1506ffbae947d8ba90f8f6f02da93b60f980f9",
        ),
        archive(
            "macos",
            "x86_64",
            "trunk-x86_64-apple-darwin.tar.gz",
            "f1ba0e3bbe24e0ae219c6d22c33e24e2825c1608dd27c2556e323495110f1a95",
        ),
        archive(
            "macos",
            "aarch64",
            "trunk-aarch64-apple-darwin.tar.gz",
            "764e299dd50d89442a4e96a236349f57961984b701e74d3dbdb39cd1c9f5101e",
        ),
    ],
    build_time: "4 to 5 minutes",
};

/// The glue maker and the test runner; the version must equal the crate's to the last digit.
pub(crate) const WASM_BINDGEN: Pin = Pin {
    krate: "wasm-bindgen-cli",
    version: "0.2.129",
    programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
    releases: "https://github.com/wasm-bindgen/wasm-bindgen/releases/download/0.2.129/",
    archives: &[
        archive(
            "linux",
            "x86_64",
            "wasm-bindgen-0.2.129-x86_64-unknown-linux-musl.tar.gz",
            "82d12bb940e2d4e72e0d5605387fc1b8ca179044e012b620f0ce4e7440e8320e",
        ),
        archive(
            "linux",
            "aarch64",
            "wasm-bindgen-0.2.129-aarch64-unknown-linux-musl.tar.gz",
            "2ed4351c35dd9440308bbb02767d47ea278efe851a52465300f3c94f5b6c2a87",
        ),
        archive(
            "macos",
            "x86_64",
            "wasm-bindgen-0.2.129-x86_64-apple-darwin.tar.gz",
            "7e028879a68ec53dae14048b55cc5215f6df75b17a9c1426fac8fa086d3202fd",
        ),
        archive(
            "macos",
            "aarch64",
            "wasm-bindgen-0.2.129-aarch64-apple-darwin.tar.gz",
            "81d4a23d56b3c3eb8187658329116d50e0b228a93b343825fb71f70179051cd1",
        ),
    ],
    build_time: "1 to 2 minutes",
};

/// What `wasm-opt --version` of the npm package `binaryen` says after its name.
pub(crate) const WASM_OPT: &str = "132";

/// The version in the first line of what a tool prints for `--version`.
///
/// Tools print `trunk 0.21.14`, `wasm-bindgen 0.2.129 (hash)`, `Chromium 156.0.8078.79 built on …`
/// or `wasm-opt version 132 (version_132)`: it is the first word that begins with a digit.
pub(crate) fn version_in(printed: &str) -> Option<&str> {
    printed.lines().next()?.split_whitespace().find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// The number before the first dot of a version.
pub(crate) fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        assert_eq!(version_in("trunk 0.21.14\n"), Some("0.21.14"));
        assert_eq!(version_in("wasm-bindgen 0.2.129 (ab12)"), Some("0.2.129"));
        assert_eq!(version_in("wasm-opt version 132 (version_132)"), Some("132"));
        let chromium = version_in("Chromium 156.0.8078.79 built on Debian GNU/Linux 12");
        assert_eq!(chromium, Some("156.0.8078.79"));
        assert_eq!(chromium.and_then(major), Some(156));
        assert_eq!(version_in(""), None);
        assert_eq!(version_in("command not found"), None);
        assert_eq!(major("next"), None);
    }

    /// The tool and the crate work together only when equal: read both from where they are set.
    #[test]
    fn wasm_bindgen_is_the_same_everywhere() {
        let workspace = include_str!("../../Cargo.toml");
        let line = format!("wasm-bindgen = \"={}\"", WASM_BINDGEN.version);
        assert!(workspace.contains(&line), "Cargo.toml lacks `{line}`");
        let trunk = include_str!("../../Trunk.toml");
        let line = format!("wasm_bindgen = \"{}\"", WASM_BINDGEN.version);
        assert!(trunk.contains(&line), "Trunk.toml lacks `{line}`");
        let line = format!("wasm_opt = \"version_{WASM_OPT}\"");
        assert!(trunk.contains(&line), "Trunk.toml lacks `{line}`");
    }

    #[test]
    fn archives_are_named_after_their_version_and_fully_pinned() {
        for pin in [&TRUNK, &WASM_BINDGEN] {
            assert!(pin.releases.contains(pin.version));
            for archive in pin.archives {
                assert!(archive.file.contains(archive.arch));
                assert_eq!(archive.sha256.len(), 64);
                assert!(archive.sha256.bytes().all(|b| b.is_ascii_hexdigit()));
            }
        }
    }
}
