//! What a node keeps, as plain tables.

use crate::protocol::Peer;

/// A cell of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A node, which can be gone to.
    Node(Peer),
}

/// A table with a title.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// What it is.
    pub title: String,
    /// Headings of the columns; none where each row says itself what it is.
    pub columns: &'static [&'static str],
    /// Rows, at most 48.
    pub rows: Vec<Vec<Cell>>,
    /// Rows that are not shown.
    pub more: usize,
}

/// Rows of one table that are shown.
pub(super) const ROWS_MAX: usize = 48;

impl Section {
    /// A table; of more than 48 rows the first.
    #[must_use]
    pub fn new(title: String, columns: &'static [&'static str], rows: impl IntoIterator<Item = Vec<Cell>>) -> Self {
        let mut rows = rows.into_iter();
        let shown: Vec<_> = rows.by_ref().take(ROWS_MAX).collect();
        Self { title, columns, rows: shown, more: rows.count() }
    }
}

impl From<Peer> for Cell {
    fn from(peer: Peer) -> Self {
        Self::Node(peer)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}
