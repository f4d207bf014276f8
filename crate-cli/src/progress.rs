//! A progress bar on standard error, for people who wait.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is over sooner shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counts blocks of work; draws only on a terminal, and only for work that lasts.
pub(crate) struct Progress {
    started: Instant,
    total: u64,
    done: u64,
    message: String,
    bar: Option<ProgressBar>,
    is_watched: bool,
}

impl Progress {
    pub(crate) fn new(total: u64) -> Self {
        let is_watched = io::stderr().is_terminal();
        Self { started: Instant::now(), total, done: 0, message: String::new(), bar: None, is_watched }
    }

    /// What is being done now.
    pub(crate) fn say(&mut self, message: String) {
        self.message = message;
        self.tick();
    }

    /// A block is done.
    pub(crate) fn advance(&mut self) {
        self.done += 1;
        self.tick();
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self) {
        if !self.is_watched || self.started.elapsed() < PATIENCE {
            return;
        }
        let (total, message) = (self.total, &self.message);
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} {msg}");
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar
        });
        bar.set_message(message.clone());
        bar.set_position(self.done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
