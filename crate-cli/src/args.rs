//! What may be typed.

use std::num::NonZeroUsize;

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};

use crate::experiment::args::Experiment;
use crate::swarm::SwarmArgs;

/// Peer-to-peer overlays, run for real in a terminal.
#[derive(Parser, Debug)]
#[command(name = "overlay", version, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Task {
    /// The lecture's figures as scenes
    Scene {
        #[command(subcommand)]
        task: SceneTask,
    },
    /// Sends one message through a world of random nodes, hop by hop
    Route(Question),
    /// Random worlds by the thousand, with crashes, loss and delay, and checkers that look at every event; exit code 1 if
    /// one of them objects
    Swarm(SwarmArgs),
    /// Measures the core on this machine, beside a plain flat-array bound
    Bench(crate::bench::BenchArgs),
    /// The papers' experiments, at any size, each row repeatable from its seed
    Experiment {
        #[command(subcommand)]
        experiment: Experiment,
    },
    /// Adds up what `overlay experiment … --shard i/n` wrote: exactly the rows of the unsharded run
    Merge {
        /// The output of every shard, 0 to n − 1, in any order
        #[arg(required = true)]
        files: Vec<std::path::PathBuf>,
        /// How to write rows
        #[arg(long, value_enum, default_value_t = RowFormat::Table)]
        format: RowFormat,
    },
    /// Every claim of the lecture that carries a number or a formula, computed here, with a verdict
    SlideCheck {
        /// How to write rows
        #[arg(long, value_enum, default_value_t = RowFormat::Table)]
        format: RowFormat,
        /// Only those whose name or slide contains this
        #[arg(long)]
        only: Option<String>,
    },
    /// Runs every published figure and prints ours beside theirs; exit code 1 if one lies outside its band
    CheckPapers {
        /// Threads to work on; as many as the machine has cores, if not said
        #[arg(long)]
        threads: Option<NonZeroUsize>,
        /// What all randomness comes from
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How to write rows
        #[arg(long, value_enum, default_value_t = RowFormat::Table)]
        format: RowFormat,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum SceneTask {
    /// Names and titles of all scenes
    List,
    /// Runs a scene to its end: its trace, then the trace's hash
    Run {
        /// A name from `overlay scene list`
        name: String,
        /// How to write it
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// One line a record
    Text,
    /// One object, for programs
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum RowFormat {
    /// Columns for people, rounded
    Table,
    /// JSON Lines: one object a row
    Json,
    /// Comma-separated values with a header
    Csv,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum SystemName {
    Pastry,
    Chord,
}

#[derive(clap::Args, Debug)]
#[command(group(ArgGroup::new("target").required(true).args(["key", "name"])))]
pub(crate) struct Question {
    /// Which overlay
    #[arg(long, value_enum)]
    pub(crate) system: SystemName,
    /// How many nodes the world has
    #[arg(long, default_value_t = 1_000)]
    pub(crate) nodes: u32,
    /// What identifiers and places come from
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Where the message starts: a node's number from 0 if it is a decimal below --nodes, else the first digits of its
    /// identifier (0x before them excludes a number)
    #[arg(long, default_value = "0")]
    pub(crate) from: String,
    /// Where it goes: the digits of an identifier
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// Where it goes: a name, hashed by SHA-1
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Also says at each hop which line of the algorithm fired, and why the others lost
    #[arg(long)]
    pub(crate) explain: bool,
}

/// What is wrong with what was typed, in one line.
pub(crate) fn sentence(error: &clap::Error) -> String {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).take_while(|line| !line.is_empty() && !line.starts_with("Usage"));
    let first = lines.next().unwrap_or_default().trim_start_matches("error: ").to_string();
    let all = lines.fold(first, |all, line| format!("{all} {line}"));
    // Asked for nothing, clap answers with its help: its first line says what this is, not what is missing.
    if all.is_empty() || error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "Say what to do: `overlay --help` lists it.".into();
    }
    format!("{all}; `overlay --help` says what may be typed.")
}
