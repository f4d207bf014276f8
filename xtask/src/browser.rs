//! Finds Chromium and the chromedriver that goes with it, and Firefox, or installs Debian's.

use crate::pins::{major, version_in};
use crate::process::{output, run};
use crate::{Outcome, paths};
use std::env;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A browser for the tests.
#[derive(Debug)]
pub(crate) struct Browser {
    /// The browser's program.
    pub(crate) chromium: PathBuf,
    /// The driver of the same major version.
    pub(crate) driver: PathBuf,
}

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

const FIREFOX_NAMES: [&str; 2] = ["firefox-esr", "firefox"];
const FIREFOX_MAC: &str = "/Applications/Firefox.app/Contents/MacOS/firefox";

/// Arguments that keep the browser quiet and let it run in a container.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// The browser and driver to test with, installed if they are missing.
pub(crate) fn ensure() -> Outcome<Browser> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    if paths::in_path("apt-get").is_none() {
        return Err("no Chromium with a chromedriver of the same version was found: install both, \
                    or set OVERLAY_CHROMIUM and CHROMEDRIVER to them"
            .into());
    }
    println!("Installing chromium and chromium-driver with apt-get (1 to 3 minutes).");
    apt(&["chromium", "chromium-driver", "fonts-liberation"])?;
    find().ok_or_else(|| "apt-get installed no Chromium that can be used".into())
}

/// Firefox, for the test in which it meets Chromium; installed if it is missing.
pub(crate) fn firefox() -> Outcome<PathBuf> {
    if let Some(firefox) = find_firefox() {
        return Ok(firefox);
    }
    if paths::in_path("apt-get").is_none() {
        return Err("no Firefox was found: install it, or set OVERLAY_FIREFOX to it".into());
    }
    println!("Installing firefox-esr with apt-get (about a minute).");
    apt(&["firefox-esr"])?;
    find_firefox().ok_or_else(|| "apt-get installed no Firefox that can be used".into())
}

/// The program that a variable of the environment names.
fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|path| path.is_file())
}

fn find_firefox() -> Option<PathBuf> {
    let runs = |path: &PathBuf| output(Command::new(path).arg("--version")).is_ok();
    set("OVERLAY_FIREFOX")
        .into_iter()
        .chain(FIREFOX_NAMES.iter().filter_map(|name| paths::in_path(name)))
        .chain([PathBuf::from(FIREFOX_MAC)])
        .find(runs)
}

fn find() -> Option<Browser> {
    let driver = set("CHROMEDRIVER").or_else(|| paths::in_path("chromedriver"))?;
    let wanted = major_of(&driver)?;
    let chromium = set("OVERLAY_CHROMIUM")
        .into_iter()
        .chain(NAMES.iter().filter_map(|name| paths::in_path(name)))
        .chain([PathBuf::from(MAC)])
        .find(|path| major_of(path) == Some(wanted))?;
    Some(Browser { chromium, driver })
}

fn major_of(program: &Path) -> Option<u32> {
    let printed = output(Command::new(program).arg("--version")).ok()?;
    major(version_in(&printed)?)
}

/// Installs packages of Debian.
fn apt(packages: &[&str]) -> Outcome<()> {
    apt_get(packages, &["update", "-qq"])?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    apt_get(packages, &[&install[..], packages].concat())
}

fn apt_get(packages: &[&str], args: &[&str]) -> Outcome<()> {
    let root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = if root {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        if env::var_os("CI").is_some() || !std::io::stdin().is_terminal() {
            sudo.arg("--non-interactive");
        }
        sudo.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    run(command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"])
        .args(args))
    .map_err(|why| format!("{why}; install {} by hand and try again", packages.join(", ")))
}

/// What the runner of the wasm tests asks of the driver, as JSON.
pub(crate) fn webdriver_json(browser: &Browser) -> String {
    let quoted: Vec<String> = ARGUMENTS.iter().map(|arg| json_text(arg)).collect();
    format!(
        "{{\"goog:chromeOptions\":{{\"binary\":{},\"args\":[{}]}}}}\n",
        json_text(&browser.chromium.to_string_lossy()),
        quoted.join(",")
    )
}

fn json_text(text: &str) -> String {
    let mut json = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            control if control.is_control() => {
                json.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            plain => json.push(plain),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn the_driver_is_told_the_browser() {
        let browser = Browser { chromium: PathBuf::from(r#"/opt/a "b"\c"#), driver: PathBuf::from("chromedriver") };
        let json = webdriver_json(&browser);
        assert!(json.contains(r#""binary":"/opt/a \"b\"\\c""#), "{json}");
        assert!(json.contains(r#"["--headless","--no-sandbox","#), "{json}");
    }
}
