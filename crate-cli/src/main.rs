//! The command `overlay`: the scenes of Overlay Lab, routes through worlds of any size, and the papers' experiments, in a
//! terminal.
//!
//! Results go to standard output, and only there. What cannot be done is one sentence on standard error and exit code 2.
#![forbid(unsafe_code)]

mod args;
mod bench;
mod check_papers;
mod experiment;
mod output;
mod progress;
mod route;
mod scene;
mod slide_check;
mod swarm;

use std::io::Write as _;
use std::process::ExitCode;

use args::{Args, Task};
use clap::Parser as _;
use output::Stopped;

/// What a task gives back: its output, or a sentence that says what went wrong.
type Outcome = Result<String, String>;

/// The exit code for whatever cannot be done.
const REFUSED: u8 = 2;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        // Help and the version are no errors, and go to standard output.
        Err(told) if !told.use_stderr() => return ended(print(Ok(told.to_string()))),
        Err(error) => return ended(Err(Stopped::Refused(args::sentence(&error)))),
    };
    ended(match args.task {
        Task::Scene { task } => print(scene::run(&task)),
        Task::Route(question) => print(route::run(&question)),
        Task::Swarm(args) => swarm::run(&args),
        Task::Bench(args) => print(bench::run(&args)),
        Task::Experiment { experiment } => experiment::run(&experiment).map(|()| ExitCode::SUCCESS),
        Task::Merge { files, format } => experiment::shard::merge(&files, format).map(|()| ExitCode::SUCCESS),
        Task::SlideCheck { format, only } => slide_check::run(format, only.as_deref()),
        Task::CheckPapers { threads, seed, format } => check_papers::run(threads, seed, format),
    })
}

fn print(outcome: Outcome) -> Result<ExitCode, Stopped> {
    output::write(&outcome.map_err(Stopped::Refused)?)?;
    Ok(ExitCode::SUCCESS)
}

fn ended(result: Result<ExitCode, Stopped>) -> ExitCode {
    match result {
        Ok(code) => code,
        // Whoever reads may stop reading, as `head` does: that is no error.
        Err(Stopped::NobodyReads) => ExitCode::SUCCESS,
        Err(Stopped::Refused(sentence)) => {
            // If even this cannot be written there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "{sentence}");
            ExitCode::from(REFUSED)
        }
    }
}
