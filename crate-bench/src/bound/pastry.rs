//! Pastry as flat arrays: b = 4, |L| = 16.
//!
//! A node is a line of identifier, leaf range and row count, two lines of leaf prefixes, one of leaf indexes, and a line
//! for each row of its table.

use super::prefetch::prefetch;
use super::{Flat, Line, NONE};

pub(crate) const LEAVES: usize = 16;
pub(crate) const HALF: usize = LEAVES / 2;
const PREFIXES: usize = 1;
const INDEXES: usize = 3;
const ROWS: usize = 4;

// Words of the first line.
const ID: usize = 0;
const LOW: usize = 2;
const SPAN: usize = 4;

/// All nodes, in the order of their indexes.
#[derive(Clone)]
pub(crate) struct FlatPastry {
    pub(crate) lines: Vec<Line>,
    pub(crate) rows: usize,
}

pub(crate) fn digit(id: u128, row: usize) -> usize {
    let half = if row < 16 { (id >> 64) as u64 } else { id as u64 };
    (half >> (60 - 4 * (row & 15))) as usize & 15
}

pub(crate) fn shared(a: u128, b: u128) -> usize {
    ((a ^ b).leading_zeros() / 4) as usize
}

/// The one of a sorted ring that is numerically closest to a key: what each lookup is checked against.
pub(crate) fn closest(sorted: &[(u128, u32)], key: u128) -> u32 {
    let after = sorted.partition_point(|(id, _)| *id < key);
    let sides = [sorted[after % sorted.len()], sorted[(after + sorted.len() - 1) % sorted.len()]];
    let distance = |id: u128| id.wrapping_sub(key).min(key.wrapping_sub(id));
    sides.into_iter().min_by_key(|(id, _)| (distance(*id), *id)).expect("two sides").1
}

impl FlatPastry {
    /// Room for `nodes` nodes with tables of `rows` rows.
    pub(crate) fn empty(nodes: usize, rows: usize) -> Self {
        let mut lines = vec![Line::default(); nodes * (ROWS + rows)];
        for node in lines.chunks_exact_mut(ROWS + rows) {
            node[INDEXES..].iter_mut().for_each(|line| line.0 = [u64::MAX; 8]);
        }
        Self { lines, rows }
    }

    /// Tables from knowledge of the whole ring; more than 16 nodes.
    pub(crate) fn oracle(ids: &[u128]) -> Self {
        let mut sorted: Vec<(u128, u32)> = ids.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let neighbours = sorted.windows(2).map(|pair| shared(pair[0].0, pair[1].0)).max().unwrap_or(0);
        let mut flat = Self::empty(ids.len(), neighbours + 1);
        let count = sorted.len();
        for (place, (id, me)) in sorted.iter().enumerate() {
            let around = |step: usize| sorted[(place + step) % count];
            let leaves = (1..=HALF).map(around).chain((1..=HALF).rev().map(|step| around(count - step)));
            flat.set_id(*me, *id);
            let leaves: Vec<_> = leaves.collect();
            flat.set_leaves(*me, *id, &leaves);
        }
        flat.fill_rows(&sorted, 0);
        flat
    }

    fn fill_rows(&mut self, range: &[(u128, u32)], row: usize) {
        if range.len() < 2 {
            return;
        }
        let mut bounds = [0; 17];
        for column in 0..16 {
            let start = bounds[column];
            bounds[column + 1] = start + range[start..].partition_point(|(id, _)| digit(*id, row) <= column);
        }
        for own in 0..16 {
            for (_, me) in &range[bounds[own]..bounds[own + 1]] {
                let at = self.base(*me) + ROWS + row;
                for column in (0..16).filter(|column| *column != own) {
                    let candidates = &range[bounds[column]..bounds[column + 1]];
                    if !candidates.is_empty() {
                        let pick = (*me as usize).wrapping_mul(0x9E37_79B9) % candidates.len();
                        self.lines[at].set_half(column, candidates[pick].1);
                    }
                }
            }
        }
        for own in 0..16 {
            self.fill_rows(&range[bounds[own]..bounds[own + 1]], row + 1);
        }
    }

    #[inline(always)]
    pub(crate) fn base(&self, at: u32) -> usize {
        at as usize * (ROWS + self.rows)
    }

    #[inline(always)]
    pub(crate) fn id(&self, at: u32) -> u128 {
        self.lines[self.base(at)].wide(ID)
    }

    pub(crate) fn set_id(&mut self, at: u32, id: u128) {
        let base = self.base(at);
        self.lines[base].set_wide(ID, id);
        self.lines[base].set_wide(LOW, id);
    }

    /// Sets the leaf set: clockwise order, all around the node; the whole ring if they are fewer than 16.
    pub(crate) fn set_leaves(&mut self, at: u32, id: u128, leaves: &[(u128, u32)]) {
        let base = self.base(at);
        let half = (id >> 64) as u64;
        for place in 0..LEAVES {
            // An empty place repeats the node itself, which changes no minimum.
            let (prefix, index) = leaves.get(place).map_or((half, NONE), |(id, index)| ((id >> 64) as u64, *index));
            self.lines[base + PREFIXES + place / 8].0[place % 8] = prefix;
            self.lines[base + INDEXES].set_half(place, index);
        }
        let (low, span) = if leaves.len() < LEAVES {
            (id, u128::MAX)
        } else {
            (leaves[HALF].0, leaves[HALF - 1].0.wrapping_sub(leaves[HALF].0))
        };
        self.lines[base].set_wide(LOW, low);
        self.lines[base].set_wide(SPAN, span);
    }

    /// The leaf set in clockwise order.
    pub(crate) fn leaves(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        let line = self.lines[self.base(at) + INDEXES];
        (0..LEAVES).map(move |place| line.half(place)).filter(|index| *index != NONE)
    }

    pub(crate) fn is_in_range(&self, at: u32, id: u128) -> bool {
        let first = &self.lines[self.base(at)];
        id.wrapping_sub(first.wide(LOW)) <= first.wide(SPAN)
    }

    pub(crate) fn cell(&self, at: u32, row: usize, column: usize) -> u32 {
        if row < self.rows { self.lines[self.base(at) + ROWS + row].half(column) } else { NONE }
    }

    pub(crate) fn set_cell(&mut self, at: u32, row: usize, column: usize, peer: u32) {
        let base = self.base(at);
        self.lines[base + ROWS + row].set_half(column, peer);
    }

    #[inline(always)]
    fn by_leaves(&self, base: usize, id: u128, key: u128) -> Option<u32> {
        let wanted = (key >> 64) as u64;
        let distance = |prefix: u64| {
            let there = prefix.wrapping_sub(wanted);
            there.min(there.wrapping_neg())
        };
        let (mut best, mut at) = (distance((id >> 64) as u64), LEAVES);
        for part in 0..2 {
            for (place, prefix) in self.lines[base + PREFIXES + part].0.iter().enumerate() {
                let d = distance(*prefix);
                at = if d < best { part * 8 + place } else { at };
                best = best.min(d);
            }
        }
        if at == LEAVES { None } else { Some(self.lines[base + INDEXES].half(at)) }
    }

    #[cold]
    fn rare(&self, at: u32, key: u128, row: usize) -> Option<u32> {
        let distance = |id: u128| id.wrapping_sub(key).min(key.wrapping_sub(id));
        let mut best = (distance(self.id(at)), None);
        let mut consider = |peer: u32| {
            let id = self.id(peer);
            if distance(id) < best.0 && shared(id, key) >= row {
                best = (distance(id), Some(peer));
            }
        };
        self.leaves(at).for_each(&mut consider);
        for row in row..self.rows {
            for column in 0..16 {
                let peer = self.cell(at, row, column);
                if peer != NONE {
                    consider(peer);
                }
            }
        }
        best.1
    }
}

impl Flat for FlatPastry {
    #[inline(always)]
    fn next(&self, at: u32, key: u128) -> Option<u32> {
        let base = self.base(at);
        let first = &self.lines[base];
        let id = first.wide(ID);
        if key.wrapping_sub(first.wide(LOW)) <= first.wide(SPAN) {
            return self.by_leaves(base, id, key);
        }
        let row = shared(id, key);
        if row < self.rows {
            let next = self.lines[base + ROWS + row].half(digit(key, row));
            if next != NONE {
                return Some(next);
            }
        }
        self.rare(at, key, row)
    }

    #[inline(always)]
    fn fetch_node(&self, at: u32) {
        prefetch(&self.lines[self.base(at)]);
    }

    #[inline(always)]
    fn fetch_row(&self, at: u32, key: u128) {
        let base = self.base(at);
        let first = &self.lines[base];
        if key.wrapping_sub(first.wide(LOW)) <= first.wide(SPAN) {
            for line in PREFIXES..=INDEXES {
                prefetch(&self.lines[base + line]);
            }
        } else {
            let row = shared(first.wide(ID), key).min(self.rows - 1);
            prefetch(&self.lines[base + ROWS + row]);
        }
    }
}
