//! `cargo xtask serve | test | build | check-dist | tools`.
//!
//! One command takes a machine that has only Rust and Node to the running page, another to every
//! check passed. Both install the tools they miss, at pinned versions, into a folder of the user,
//! so that the next clone finds them there.

mod args;
mod browser;
mod csp;
mod digest;
mod dist;
mod html;
mod install;
mod modules;
mod npm;
mod offline;
mod paths;
mod pins;
mod process;
mod report;
mod site;
mod tests;

use args::Task;
use std::process::ExitCode;

/// What a task gives back: nothing, or a sentence that says what went wrong.
pub(crate) type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    let task = match args::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(sentence) => {
            eprintln!("{sentence}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Outcome<()> {
    match task {
        Task::Help => {
            println!("{}", args::USAGE);
            Ok(())
        }
        Task::Serve { port } => site::serve(*port),
        Task::Build => site::build().and_then(|()| dist::check_and_print()),
        Task::CheckDist => dist::check_and_print(),
        Task::PostBuild => site::post_build(),
        Task::BenchWasm => tests::bench_wasm(),
        Task::Tools => tests::install_everything(),
        Task::Test { only } => tests::run(only),
    }
}
