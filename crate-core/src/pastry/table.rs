//! The routing table R of §2.1 and of the slide "First four rows of a Pastry routing table".
//!
//! R\[p, i\] holds a node that shares the first p digits with this one and has i as its next digit. The cell of a
//! node's own digit is grey on the slide: the next row or the leaf set stands behind it, so nothing is kept there.
//!
//! # Implementation notes
//! One flat vector of 4-byte peers, 2^b a row, with rows only down to the deepest used one: a cell is one load away,
//! and a node of a large ring pays for about log N rows rather than for the 128 / b that identifiers allow. b itself is
//! the vector's first number, so that the whole table is one pointer and one length in the node's first cache line.

use crate::id::{Digits, Guid};
use crate::protocol::Peer;

/// A routing table; see the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoutingTable {
    /// b, and then the rows.
    cells: Box<[Peer]>,
}

impl RoutingTable {
    pub(super) fn new(digits: Digits) -> Self {
        Self { cells: Box::new([Peer(digits.bits())]) }
    }

    /// A table of the given cells; later ones win. Cells beyond what identifiers of 128 bits allow are passed over.
    pub(super) fn from_cells(digits: Digits, cells: impl IntoIterator<Item = (u8, u8, Peer)>) -> Self {
        let (base, rows) = (digits.base(), digits.rows());
        let mut all = vec![Peer(digits.bits())];
        for (row, column, peer) in cells {
            let (row, column) = (usize::from(row), usize::from(column));
            if row >= rows || column >= base || !peer.is_some() {
                continue;
            }
            if all.len() <= (row + 1) * base {
                all.resize(1 + (row + 1) * base, Peer::NONE);
            }
            all[1 + row * base + column] = peer;
        }
        Self { cells: all.into_boxed_slice() }
    }

    const fn bits(&self) -> u32 {
        self.cells[0].0
    }

    /// Cells a row: 2^b.
    #[must_use]
    pub fn columns(&self) -> usize {
        1 << self.bits()
    }

    /// Rows down to the deepest with an entry.
    #[must_use]
    pub fn rows(&self) -> usize {
        (self.cells.len() - 1) >> self.bits()
    }

    /// R\[row, column\], if somebody stands there.
    #[must_use]
    #[inline]
    pub fn cell(&self, row: usize, column: usize) -> Option<Peer> {
        if column < self.columns() { self.slot(row, column, self.bits()).some() } else { None }
    }

    /// R\[row, column\] when b is at hand already; `column` must be below 2^b.
    #[inline]
    pub(super) fn slot(&self, row: usize, column: usize, bits: u32) -> Peer {
        self.cells.get(1 + (row << bits | column)).copied().unwrap_or(Peer::NONE)
    }

    /// One row with its empty cells as [`Peer::NONE`]; empty beyond the deepest used row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[Peer] {
        let base = self.columns();
        self.cells.get(1 + row * base..1 + (row + 1) * base).unwrap_or_default()
    }

    /// The rows from `first` to `last`, as far as there are any, one after the other.
    pub(super) fn rows_between(&self, first: usize, last: usize) -> &[Peer] {
        let base = self.columns();
        let end = (last + 1).min(self.rows());
        self.cells.get(1 + first * base..1 + end * base).unwrap_or_default()
    }

    /// All entries as (row, column, peer), in that order, from `first` down.
    pub fn entries_from(&self, first: usize) -> impl Iterator<Item = (u8, u8, Peer)> + '_ {
        let (base, start) = (self.columns(), first.saturating_mul(self.columns()));
        self.cells[1..].iter().enumerate().skip(start).filter(|(_, peer)| peer.is_some()).map(move |(i, peer)| {
            // At most 128 rows of 16 columns.
            ((i / base) as u8, (i % base) as u8, *peer)
        })
    }

    /// All entries as (row, column, peer), in that order.
    pub fn entries(&self) -> impl Iterator<Item = (u8, u8, Peer)> + '_ {
        self.entries_from(0)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells[1..].iter().filter(|peer| peer.is_some()).count()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.len() == 1
    }

    pub(super) fn set(&mut self, row: usize, column: usize, peer: Peer) {
        let base = self.columns();
        let needed = 1 + (row + 1) * base;
        if self.cells.len() < needed {
            let mut cells = std::mem::take(&mut self.cells).into_vec();
            cells.reserve_exact(needed - cells.len());
            cells.resize(needed, Peer::NONE);
            self.cells = cells.into_boxed_slice();
        }
        self.cells[1 + row * base + column] = peer;
    }

    /// Empties the cell of `peer`, whose identifier is `id`, and says which it was.
    pub(super) fn remove(&mut self, me: Guid, peer: Peer, id: Guid, digits: Digits) -> Option<(u8, u8)> {
        let row = me.shared_prefix(id, digits);
        let column = if row < digits.rows() { id.digit(row, digits) } else { return None };
        let base = self.columns();
        let cell = self.cells.get_mut(1 + row * base + column).filter(|cell| **cell == peer)?;
        *cell = Peer::NONE;
        let mut used = self.rows();
        while used > 0 && self.row(used - 1).iter().all(|peer| !peer.is_some()) {
            used -= 1;
        }
        if used < self.rows() {
            let mut cells = std::mem::take(&mut self.cells).into_vec();
            cells.truncate(1 + used * base);
            self.cells = cells.into_boxed_slice();
        }
        Some((row as u8, column as u8))
    }

    /// Whether every entry stands where its identifier belongs.
    #[cfg(test)]
    pub(super) fn is_sound(&self, me: Guid, peers: &crate::protocol::Directory<Guid>, digits: Digits) -> bool {
        self.entries().all(|(row, column, peer)| {
            let id = peers.id(peer);
            me.shared_prefix(id, digits) == usize::from(row) && id.digit(row.into(), digits) == usize::from(column)
        })
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_reach_down_to_the_deepest_entry_only() {
        let digits = Digits::Bits4;
        let me: Guid = "65A1FC".parse().expect("digits");
        let (far, near): (Guid, Guid) = ("D13DA3".parse().expect("digits"), "65A0".parse().expect("digits"));
        let mut table = RoutingTable::new(digits);
        table.set(0, 0xD, Peer(1));
        table.set(3, 0, Peer(2));
        assert_eq!((table.rows(), table.len(), table.cell(0, 0xD)), (4, 2, Some(Peer(1))));
        assert_eq!(table.remove(me, Peer(2), near, digits), Some((3, 0)));
        assert_eq!((table.rows(), table.heap_bytes()), (1, 68));
        assert_eq!(table.remove(me, Peer(7), far, digits), None, "another peer stands there");
    }

    #[test]
    fn cells_outside_the_table_are_empty() {
        let table = RoutingTable::from_cells(Digits::Bits2, [(0, 3, Peer(1)), (200, 0, Peer(2)), (0, 4, Peer(3))]);
        assert_eq!((table.rows(), table.cell(0, 3), table.cell(0, 4)), (1, Some(Peer(1)), None));
        assert_eq!(table.cell(usize::from(u8::MAX), 0), None);
        assert!(table.row(9).is_empty());
    }
}
