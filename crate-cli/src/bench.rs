//! `overlay bench`: how fast the core is on this machine, beside a flat-array bound.

use std::io::Write as _;

use clap::ValueEnum;
use overlay_bench::{Case, Plan, Systems};

use crate::Outcome;

#[derive(clap::Args, Debug)]
pub(crate) struct BenchArgs {
    /// Sizes of worlds, in nodes
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000", value_parser = clap::value_parser!(u32).range(17..=1_000_000))]
    nodes: Vec<u32>,
    /// Which overlay
    #[arg(long, value_enum, default_value_t = Which::Both)]
    system: Which,
    /// What is measured; everything if it is left out
    #[arg(long, value_delimiter = ',', value_parser = case)]
    case: Vec<Case>,
    /// How often each case is measured; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Lookups of one measurement
    #[arg(long, default_value_t = 400_000, value_parser = clap::value_parser!(u32).range(10_000..=100_000_000))]
    lookups: u32,
    /// Larger worlds are not filled by joins
    #[arg(long, default_value_t = 100_000)]
    joined_nodes_max: u32,
    /// What identifiers, places and keys come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How to write it
    #[arg(long, value_enum, default_value_t = BenchFormat::Table)]
    format: BenchFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Which {
    Pastry,
    Chord,
    Both,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum BenchFormat {
    /// Columns, for people
    Table,
    /// One object a row
    Json,
    /// One line a row
    Csv,
}

fn case(typed: &str) -> Result<Case, String> {
    let names = || Case::ALL.map(Case::key).join(", ");
    Case::ALL.into_iter().find(|case| case.key() == typed).ok_or_else(|| format!("the cases are {}", names()))
}

pub(crate) fn run(args: &BenchArgs) -> Outcome {
    let plan = Plan {
        systems: match args.system {
            Which::Pastry => Systems::Pastry,
            Which::Chord => Systems::Chord,
            Which::Both => Systems::Both,
        },
        nodes: args.nodes.clone(),
        seed: args.seed,
        cases: args.case.clone(),
        rounds: args.rounds,
        lookups: args.lookups,
        joined_nodes_max: args.joined_nodes_max,
    };
    let mut rows = Vec::new();
    overlay_bench::run(&plan, overlay_bench::thread_clock, |row| {
        // Nobody has to read how far it is.
        let _ = writeln!(std::io::stderr(), "{}, {} nodes: {}", row.system, row.nodes, row.case.name());
        rows.push(row);
    });
    Ok(match args.format {
        BenchFormat::Table => overlay_bench::table(&rows),
        BenchFormat::Json => overlay_bench::json(&rows),
        BenchFormat::Csv => overlay_bench::csv(&rows),
    })
}
