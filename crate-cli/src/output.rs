//! Rows on standard output, in three forms.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};

use overlay_core::experiment::{Row, Value};

use crate::args::RowFormat;

/// Why a task ended before its end.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// It cannot be done; a sentence says why.
    Refused(String),
    /// Nobody reads the output any more.
    NobodyReads,
}

impl<E: std::error::Error> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Writes text to standard output.
pub(crate) fn write(text: &str) -> Result<(), Stopped> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Stopped::NobodyReads),
        Err(error) => Err(Stopped::Refused(format!("The output cannot be written: {error}."))),
    }
}

/// Takes rows and writes them: JSON and CSV at once, a table when all have come.
pub(crate) struct Rows {
    format: RowFormat,
    lines: Vec<Vec<Cell>>,
}

/// A cell of a table: what stands in it, and whether it is a number.
struct Cell {
    text: String,
    is_number: bool,
}

impl Rows {
    pub(crate) const fn new(format: RowFormat) -> Self {
        Self { format, lines: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: &Row) -> Result<(), Stopped> {
        match self.format {
            RowFormat::Json => {
                let line = serde_json::to_string(row)?;
                write(&format!("{line}\n"))
            }
            RowFormat::Csv => {
                let is_first = self.lines.is_empty();
                let flat = flatten(row);
                let mut text = String::new();
                if let Some(first) = flat.first().filter(|_| is_first) {
                    let _ = writeln!(text, "{}", joined(first.iter().map(|(key, _)| (*key).to_string())));
                    self.lines.push(Vec::new());
                }
                for line in flat {
                    let _ = writeln!(text, "{}", joined(line.into_iter().map(|(_, value)| exact(value))));
                }
                write(&text)
            }
            RowFormat::Table => {
                for line in flatten(row) {
                    if self.lines.is_empty() {
                        let head = |(key, value): &(&str, &Value)| cell((*key).into(), value);
                        self.lines.push(line.iter().map(head).collect());
                    }
                    self.lines.push(line.into_iter().map(|(_, value)| cell(rounded(value), value)).collect());
                }
                Ok(())
            }
        }
    }

    pub(crate) fn end(self) -> Result<(), Stopped> {
        if self.format != RowFormat::Table {
            return Ok(());
        }
        let columns = self.lines.iter().map(Vec::len).max().unwrap_or(0);
        let wide =
            |at: usize| self.lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.text.chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|at| wide(at).unwrap_or(0)).collect();
        let mut text = String::new();
        for line in &self.lines {
            let mut out = String::new();
            for (cell, width) in line.iter().zip(&widths) {
                let gap = if out.is_empty() { "" } else { "  " };
                let _ = if cell.is_number {
                    write!(out, "{gap}{:>width$}", cell.text)
                } else {
                    write!(out, "{gap}{:<width$}", cell.text)
                };
            }
            let _ = writeln!(text, "{}", out.trim_end());
        }
        write(&text)
    }
}

fn cell(text: String, value: &Value) -> Cell {
    let is_number = matches!(value, Value::Count(_) | Value::Real(_) | Value::Nothing);
    Cell { text, is_number }
}

/// One line for each row within the row, with what stands outside repeated; one line if there is none.
fn flatten(row: &Row) -> Vec<Vec<(&'static str, &Value)>> {
    let inner = row.cells().iter().find_map(|(_, value)| match value {
        Value::Rows(rows) => Some(rows),
        _ => None,
    });
    let Some(inner) = inner else { return vec![row.cells().iter().map(|(key, value)| (*key, value)).collect()] };
    inner
        .iter()
        .map(|inner| {
            let mut cells: Vec<(&'static str, &Value)> = Vec::new();
            for (key, value) in row.cells() {
                if matches!(value, Value::Rows(_)) {
                    cells.extend(inner.cells().iter().map(|(key, value)| (*key, value)));
                } else {
                    cells.push((key, value));
                }
            }
            cells
        })
        .collect()
}

fn list(values: &[u64]) -> String {
    values.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
}

fn exact(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone().into_owned(),
        Value::Count(count) => count.to_string(),
        Value::Real(number) => number.to_string(),
        Value::List(values) => list(values),
        Value::Nothing | Value::Rows(_) => String::new(),
    }
}

fn rounded(value: &Value) -> String {
    match value {
        Value::Real(number) => format!("{number:.4}"),
        other => exact(other),
    }
}

/// A line of CSV: what holds a comma, a quote or a line break is quoted.
pub(crate) fn joined(cells: impl Iterator<Item = String>) -> String {
    let quoted = cells.map(|cell| {
        if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
    });
    quoted.collect::<Vec<_>>().join(",")
}
