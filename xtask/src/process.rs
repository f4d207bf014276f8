//! Runs other programs.

use crate::Outcome;
use std::process::{Command, Stdio};

/// Runs a program to its end, its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    let name = describe(command);
    let status = command.stdin(Stdio::null()).status().map_err(|e| format!("`{name}` could not be started: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{name}` failed ({status})")) }
}

/// Runs a program to its end without showing what it prints; gives back its standard output.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let name = describe(command);
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("`{name}` could not be started: {e}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let words = String::from_utf8_lossy(&output.stderr);
        let last = words.lines().rfind(|line| !line.trim().is_empty());
        Err(format!("`{name}` failed: {}", last.unwrap_or("it did not say why").trim()))
    }
}

/// The command line in short: the program's name and its arguments.
fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut text = program.file_stem().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}

/// A cargo command. The one that started us, so that `cargo +version xtask` keeps its version.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
