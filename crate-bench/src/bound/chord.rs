//! Chord as flat arrays: the last 32 of 64 fingers over 64-bit prefixes, three cache lines a node.

use super::prefetch::prefetch;
use super::{Flat, Line};

/// Fingers kept: those that start half a ring, a quarter, … away.
const FINGERS: usize = 32;
const LINES: usize = 3;

/// All nodes, in the order of their indexes.
pub(crate) struct FlatChord {
    lines: Vec<Line>,
}

// Words of the first line.
const ID: usize = 0;
const PREDECESSOR_GAP: usize = 1;
const SUCCESSOR_GAP: usize = 2;
const SUCCESSOR: usize = 3;

/// The first of a sorted ring at or after a key.
pub(crate) fn successor(sorted: &[(u128, u32)], key: u128) -> u32 {
    sorted[sorted.partition_point(|(id, _)| *id < key) % sorted.len()].1
}

impl FlatChord {
    /// Tables from knowledge of the whole ring; at least two nodes, different in their first 64 bits.
    pub(crate) fn oracle(ids: &[u128]) -> Self {
        let mut sorted: Vec<(u64, u32)> = ids.iter().map(|id| (id >> 64) as u64).zip(0..).collect();
        sorted.sort_unstable();
        let count = sorted.len();
        let mut lines = vec![Line::default(); count * LINES];
        for (place, (id, me)) in sorted.iter().enumerate() {
            let base = *me as usize * LINES;
            let (after, before) = (sorted[(place + 1) % count], sorted[(place + count - 1) % count]);
            let first = &mut lines[base].0;
            first[ID] = *id;
            first[PREDECESSOR_GAP] = id.wrapping_sub(before.0);
            first[SUCCESSOR_GAP] = after.0.wrapping_sub(*id);
            first[SUCCESSOR] = u64::from(after.1);
            for finger in 0..FINGERS {
                let start = id.wrapping_add(1 << (63 - finger));
                let peer = if start.wrapping_sub(*id) <= after.0.wrapping_sub(*id) {
                    after.1
                } else {
                    sorted[sorted.partition_point(|(id, _)| *id < start) % count].1
                };
                lines[base + 1 + finger / 16].set_half(finger % 16, peer);
            }
        }
        Self { lines }
    }

    pub(crate) const fn bytes_per_node() -> usize {
        LINES * size_of::<Line>()
    }

    #[inline(always)]
    fn finger(&self, base: usize, finger: usize) -> u32 {
        self.lines[base + 1 + finger / 16].half(finger % 16)
    }
}

impl Flat for FlatChord {
    /// The successor if it is responsible, else the closest preceding finger.
    #[inline(always)]
    fn next(&self, at: u32, key: u128) -> Option<u32> {
        let base = at as usize * LINES;
        let first = &self.lines[base].0;
        let (id, key) = (first[ID], (key >> 64) as u64);
        if id.wrapping_sub(key) < first[PREDECESSOR_GAP] {
            return None;
        }
        let way = key.wrapping_sub(id);
        if way <= first[SUCCESSOR_GAP] {
            return Some(first[SUCCESSOR] as u32);
        }
        for finger in (way.leading_zeros() as usize)..FINGERS {
            let peer = self.finger(base, finger);
            if self.lines[peer as usize * LINES].0[ID].wrapping_sub(id) < way {
                return Some(peer);
            }
        }
        Some(first[SUCCESSOR] as u32)
    }

    #[inline(always)]
    fn fetch_node(&self, at: u32) {
        prefetch(&self.lines[at as usize * LINES]);
        prefetch(&self.lines[at as usize * LINES + 1]);
    }

    #[inline(always)]
    fn fetch_row(&self, at: u32, key: u128) {
        let base = at as usize * LINES;
        let way = ((key >> 64) as u64).wrapping_sub(self.lines[base].0[ID]);
        let finger = (way.leading_zeros() as usize).min(FINGERS - 1);
        prefetch(&self.lines[self.finger(base, finger) as usize * LINES]);
    }
}
