//! Pastry's joins over flat arrays: direct calls, one newcomer after the other, nothing else.
//!
//! The contact is the nearest of a few random members. Each node on the way to the newcomer's identifier gives its rows
//! up to the digit it shares, the last its leaf set; the newcomer then tells everybody it knows. A cell is kept by the
//! nearer on the plane.

use super::events::Places;
use super::pastry::{FlatPastry, HALF, LEAVES, digit, shared};
use super::{Flat as _, NONE};

/// An overlay that grows.
pub(crate) struct Grown {
    pub(crate) flat: FlatPastry,
    /// Messages that would have been sent.
    pub(crate) messages: u64,
}

/// Lets the nodes join in the order of their indexes.
pub(crate) fn grow(ids: &[u128], places: &Places) -> Grown {
    let rows = (ids.len().ilog2() / 4 + 5) as usize;
    let mut grown = Grown { flat: FlatPastry::empty(ids.len(), rows), messages: 0 };
    let mut seed = 1_u64;
    let mut known = Vec::new();
    for (me, id) in (0..).zip(ids) {
        grown.flat.set_id(me, *id);
        if me == 0 {
            grown.flat.set_leaves(0, *id, &[]);
            continue;
        }
        let contact = (0..8).map(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed % u64::from(me)) as u32
        });
        let contact = contact.min_by_key(|peer| places.squared(me, *peer)).expect("eight were drawn");
        grown.join(me, *id, contact, places, &mut known);
    }
    grown
}

impl Grown {
    fn join(&mut self, me: u32, id: u128, contact: u32, places: &Places, known: &mut Vec<u32>) {
        let (mut at, mut first_row) = (contact, 0);
        known.clear();
        loop {
            known.push(at);
            let row = shared(self.flat.id(at), id).min(self.flat.rows - 1);
            for row in first_row..=row {
                known.extend((0..16).map(|column| self.flat.cell(at, row, column)).filter(|peer| *peer != NONE));
            }
            first_row = first_row.max(row + 1);
            self.messages += 2;
            match self.flat.next(at, id) {
                Some(next) => at = next,
                None => break,
            }
        }
        let mut leaves: Vec<(u128, u32)> = self.flat.leaves(at).chain([at]).map(|p| (self.flat.id(p), p)).collect();
        leaves.sort_unstable_by_key(|(other, _)| other.wrapping_sub(id));
        if leaves.len() > LEAVES {
            leaves.drain(HALF..leaves.len() - HALF);
        }
        self.flat.set_leaves(me, id, &leaves);
        known.extend(leaves.iter().map(|(_, peer)| *peer));
        known.sort_unstable();
        known.dedup();
        self.messages += known.len() as u64;
        for peer in known.iter() {
            let other = self.flat.id(*peer);
            let row = self.take(me, id, *peer, other, places);
            self.take_at(*peer, row, me, id, places);
            if self.flat.is_in_range(*peer, id) {
                self.take_leaf(*peer, other, me, id);
            }
        }
    }

    fn take(&mut self, me: u32, id: u128, peer: u32, other: u128, places: &Places) -> usize {
        let row = shared(id, other);
        self.take_at(me, row, peer, other, places);
        row
    }

    fn take_at(&mut self, me: u32, row: usize, peer: u32, other: u128, places: &Places) {
        if row >= self.flat.rows {
            return;
        }
        let column = digit(other, row);
        let there = self.flat.cell(me, row, column);
        if there == NONE || places.squared(me, peer) < places.squared(me, there) {
            self.flat.set_cell(me, row, column, peer);
        }
    }

    fn take_leaf(&mut self, at: u32, own: u128, me: u32, id: u128) {
        let mut leaves: Vec<(u128, u32)> = self.flat.leaves(at).map(|p| (self.flat.id(p), p)).collect();
        let place = leaves.partition_point(|(other, _)| other.wrapping_sub(own) < id.wrapping_sub(own));
        leaves.insert(place, (id, me));
        if leaves.len() > LEAVES {
            // Nine on one side now: its farthest stands at the same place, whichever side it is.
            leaves.remove(HALF);
        }
        self.flat.set_leaves(at, own, &leaves);
    }
}
