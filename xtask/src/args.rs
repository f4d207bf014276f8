//! Reads the command line.

use crate::tests::STEP_NAMES;

/// What is printed for `--help` and after a command line that cannot be read.
pub(crate) const USAGE: &str = "\
usage: cargo xtask <task>

  serve [--port 8080]   build the page and serve it on http://127.0.0.1:8080/
  test [--only STEP]…   run every check, or only the named steps:
                        format, clippy, clippy-wasm, test, doctest, doc, wasm,
                        build, check-dist, browser, bench
  build                 build the site into dist/, ready for any static host
  check-dist            check the built site: sizes, policy, links
  bench-wasm            measure the core as wasm, in Node and in Chromium
  tools                 install what all of these need, and nothing more
  help                  print this

Missing tools are installed into $OVERLAY_LAB_CACHE, or overlay-lab in the user's cache folder.";

/// One task of the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Print the usage.
    Help,
    /// Serve the page while developing.
    Serve {
        /// The port on 127.0.0.1.
        port: u16,
    },
    /// Build the site into `dist/`.
    Build,
    /// Check what `build` wrote.
    CheckDist,
    /// Trunk's hook: finish the files in the staging folder.
    PostBuild,
    /// Measure the core as wasm.
    BenchWasm,
    /// Install every tool.
    Tools,
    /// Run the checks.
    Test {
        /// The steps to run; empty means all.
        only: Vec<String>,
    },
}

/// Reads the arguments after `cargo xtask`.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Task, String> {
    let mut args = args.into_iter();
    let Some(name) = args.next() else {
        return Err("No task was named.".into());
    };
    let rest: Vec<String> = args.collect();
    if rest.iter().any(|arg| arg == "--help" || arg == "-h") {
        return Ok(Task::Help);
    }
    match name.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        "serve" => parse_serve(&rest),
        "test" => parse_test(&rest),
        "build" => alone(&name, &rest, Task::Build),
        "check-dist" => alone(&name, &rest, Task::CheckDist),
        "post-build" => alone(&name, &rest, Task::PostBuild),
        "bench-wasm" => alone(&name, &rest, Task::BenchWasm),
        "tools" => alone(&name, &rest, Task::Tools),
        other => Err(format!("There is no task named `{other}`.")),
    }
}

fn alone(name: &str, rest: &[String], task: Task) -> Result<Task, String> {
    match rest.first() {
        None => Ok(task),
        Some(arg) => Err(format!("`{name}` takes no argument, but got `{arg}`.")),
    }
}

fn parse_serve(rest: &[String]) -> Result<Task, String> {
    let mut port = 8080;
    for (option, value) in options(rest)? {
        match option {
            "--port" => {
                port = value
                    .parse()
                    .ok()
                    .filter(|port| *port > 0)
                    .ok_or_else(|| format!("`{value}` is not a port: give a number from 1 to 65535."))?;
            }
            other => return Err(format!("`serve` has no option `{other}`.")),
        }
    }
    Ok(Task::Serve { port })
}

fn parse_test(rest: &[String]) -> Result<Task, String> {
    let mut only = Vec::new();
    for (option, value) in options(rest)? {
        if option != "--only" {
            return Err(format!("`test` has no option `{option}`."));
        }
        for step in value.split(',') {
            if !STEP_NAMES.contains(&step) {
                return Err(format!("There is no step named `{step}`."));
            }
            only.push(step.to_owned());
        }
    }
    Ok(Task::Test { only })
}

/// Splits `--name value` and `--name=value` into pairs.
fn options(rest: &[String]) -> Result<Vec<(&str, &str)>, String> {
    let mut pairs = Vec::new();
    let mut rest = rest.iter();
    while let Some(arg) = rest.next() {
        if !arg.starts_with("--") {
            return Err(format!("`{arg}` was not expected."));
        }
        let pair = match arg.split_once('=') {
            Some(pair) => pair,
            None => match rest.next() {
                Some(value) => (arg.as_str(), value.as_str()),
                None => return Err(format!("`{arg}` needs a value.")),
            },
        };
        pairs.push(pair);
    }
    Ok(pairs)
}

#[cfg(test)]
mod checks {
    use super::*;

    fn read(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn tasks_are_read() {
        assert_eq!(read("serve"), Ok(Task::Serve { port: 8080 }));
        assert_eq!(read("serve --port 9000"), Ok(Task::Serve { port: 9000 }));
        assert_eq!(read("serve --port=9001"), Ok(Task::Serve { port: 9001 }));
        assert_eq!(read("build"), Ok(Task::Build));
        assert_eq!(read("serve --help"), Ok(Task::Help));
        let only = vec!["wasm".to_owned(), "build".to_owned(), "doc".to_owned()];
        assert_eq!(read("test --only wasm,build --only doc"), Ok(Task::Test { only }));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (line, word) in [
            ("", "No task"),
            ("srve", "`srve`"),
            ("serve 9000", "`9000`"),
            ("serve --port", "needs a value"),
            ("serve --port 99999", "`99999`"),
            ("serve --port 0", "`0`"),
            ("serve --release yes", "`--release`"),
            ("build dist", "`dist`"),
            ("test --only nonsense", "`nonsense`"),
        ] {
            let sentence = read(line).unwrap_err();
            assert!(sentence.contains(word), "{line}: {sentence}");
        }
    }

    #[test]
    fn the_usage_names_every_step() {
        for step in STEP_NAMES {
            assert!(USAGE.contains(step), "{step}");
        }
    }
}
