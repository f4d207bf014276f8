//! Runs named steps, says how long each took, and counts.

use crate::Outcome;
use std::time::{Duration, Instant};

/// How one step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Passed,
    Failed(String),
    Skipped(String),
}

/// The steps run so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    steps: Vec<(String, Duration, End)>,
}

impl Report {
    /// Runs one step and prints its name, its end and its duration; true if it passed.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Outcome<()>) -> bool {
        println!("\n── {name}");
        let start = Instant::now();
        let end = match work() {
            Ok(()) => End::Passed,
            Err(sentence) => End::Failed(sentence),
        };
        self.record(name, start.elapsed(), end)
    }

    /// Counts a step that could not be run.
    pub(crate) fn skip(&mut self, name: &str, why: &str) {
        println!("\n── {name}");
        self.record(name, Duration::ZERO, End::Skipped(why.to_owned()));
    }

    fn record(&mut self, name: &str, took: Duration, end: End) -> bool {
        let passed = end == End::Passed;
        println!("{}", line(name, took, &end));
        self.steps.push((name.to_owned(), took, end));
        passed
    }

    /// All steps again in one table, and the closing line.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::new();
        for (name, took, end) in &self.steps {
            text.push_str(&line(name, *took, end));
            text.push('\n');
        }
        let count = |wanted: fn(&End) -> bool| self.steps.iter().filter(|s| wanted(&s.2)).count();
        let passed = count(|end| *end == End::Passed);
        let failed = count(|end| matches!(end, End::Failed(_)));
        let skipped = count(|end| matches!(end, End::Skipped(_)));
        text.push_str(&format!("\n{passed} passed, {failed} failed"));
        if skipped > 0 {
            text.push_str(&format!(", {skipped} skipped"));
        }
        text
    }

    /// True if no step failed or was skipped.
    pub(crate) fn all_passed(&self) -> bool {
        self.steps.iter().all(|(_, _, end)| *end == End::Passed)
    }
}

fn line(name: &str, took: Duration, end: &End) -> String {
    let seconds = took.as_secs_f64();
    match end {
        End::Passed => format!("ok      {name:<12} {seconds:>7.1} s"),
        End::Failed(why) => format!("FAILED  {name:<12} {seconds:>7.1} s   {why}"),
        End::Skipped(why) => format!("skipped {name:<12}             {why}"),
    }
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn the_closing_line_counts() {
        let mut report = Report::default();
        assert!(report.step("one", || Ok(())));
        assert_eq!(report.summary().lines().last(), Some("1 passed, 0 failed"));
        assert!(report.all_passed());
        assert!(!report.step("two", || Err("it broke".into())));
        report.skip("three", "two failed");
        let summary = report.summary();
        assert!(summary.contains("it broke") && summary.contains("two failed"));
        let last = summary.lines().last();
        assert_eq!(last, Some("1 passed, 1 failed, 1 skipped"));
        assert!(!report.all_passed());
    }
}
