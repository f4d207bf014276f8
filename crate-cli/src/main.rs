//! The command `overlay`: the scenes of Overlay Lab, and routes through worlds of any size, in a terminal.
//!
//! Results go to standard output, and only there. What cannot be done is one sentence on standard error and exit code 2.
#![forbid(unsafe_code)]

mod args;
mod bench;
mod route;
mod scene;

use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

use args::{Args, Task};
use clap::Parser as _;

/// What a task gives back: its output, or a sentence that says what went wrong.
type Outcome = Result<String, String>;

/// The exit code for whatever cannot be done.
const REFUSED: u8 = 2;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        // Help and the version are no errors, and go to standard output.
        Err(told) if !told.use_stderr() => return print(&told.to_string()),
        Err(error) => return refuse(&args::sentence(&error)),
    };
    let outcome = match args.task {
        Task::Scene { task } => scene::run(&task),
        Task::Route(question) => route::run(&question),
        Task::Bench(args) => bench::run(&args),
    };
    match outcome {
        Ok(text) => print(&text),
        Err(sentence) => refuse(&sentence),
    }
}

/// Whoever reads may stop reading, as `head` does: that is no error.
fn print(text: &str) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            refuse(&format!("The output cannot be written: {error}."))
        }
        _ => ExitCode::SUCCESS,
    }
}

fn refuse(sentence: &str) -> ExitCode {
    // If even this cannot be written there is nobody to tell.
    let _ = writeln!(io::stderr(), "{sentence}");
    ExitCode::from(REFUSED)
}
