//! `overlay slide-check`: the lecture's claims, computed.

use std::process::ExitCode;

use overlay_core::experiment::Row;
use overlay_core::lecture::checks::{Deck, checks};

use crate::args::RowFormat;
use crate::output::{self, Rows, Stopped};

pub(crate) fn run(format: RowFormat, only: Option<&str>) -> Result<ExitCode, Stopped> {
    let wanted = only.unwrap_or_default().to_lowercase();
    let all = checks(&Deck::printed());
    let shown: Vec<_> = all
        .into_iter()
        .filter(|check| check.name.contains(&wanted) || check.slide.to_lowercase().contains(&wanted))
        .collect();
    if shown.is_empty() {
        return Err(Stopped::Refused(format!("No slide and no check has “{wanted}” in its name.")));
    }
    let mut rows = Rows::new(format);
    let holding = shown.iter().filter(|check| check.verdict.holds()).count();
    for check in &shown {
        rows.push(
            &Row::default()
                .with("name", check.name)
                .with("slide", check.slide)
                .with("claim", check.claim.clone())
                .with("ours", check.ours.clone())
                .with("verdict", check.verdict.text()),
        )?;
    }
    rows.end()?;
    if format == RowFormat::Table {
        output::write(&format!("{holding} of {} claims hold as they stand.\n", shown.len()))?;
    }
    Ok(ExitCode::SUCCESS)
}
