//! What the machine allows: the same overlays as nothing but flat arrays.
//!
//! No statistics, no failures, no repairs, no messages with an owner, no configuration: identifiers of 128 bits, b = 4
//! and |L| = 16 for Pastry, 32 fingers for Chord, a fixed stride of cache lines a node. What the simulator costs beyond
//! this is what its generality costs; `docs/speed.md` says what that is made of.

pub(crate) mod chord;
pub(crate) mod events;
pub(crate) mod joins;
pub(crate) mod pastry;
mod prefetch;

/// One cache line.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
pub(crate) struct Line(pub(crate) [u64; 8]);

impl Line {
    /// The line as 16 halves.
    #[inline(always)]
    fn half(&self, at: usize) -> u32 {
        (self.0[(at >> 1) & 7] >> (32 * (at & 1))) as u32
    }

    fn set_half(&mut self, at: usize, value: u32) {
        let shift = 32 * (at & 1);
        let word = &mut self.0[at >> 1];
        *word = *word & !(0xFFFF_FFFF << shift) | u64::from(value) << shift;
    }

    #[inline(always)]
    fn wide(&self, at: usize) -> u128 {
        u128::from(self.0[at]) << 64 | u128::from(self.0[at + 1])
    }

    fn set_wide(&mut self, at: usize, value: u128) {
        (self.0[at], self.0[at + 1]) = ((value >> 64) as u64, value as u64);
    }
}

/// Nobody.
pub(crate) const NONE: u32 = u32::MAX;

/// An overlay of flat arrays.
pub(crate) trait Flat {
    /// The next hop; `None` to deliver here.
    fn next(&self, at: u32, key: u128) -> Option<u32>;
    /// Fetches what `next` reads first.
    fn fetch_node(&self, at: u32);
    /// Fetches what `next` reads after that, once the first is there.
    fn fetch_row(&self, at: u32, key: u128);

    /// Lookups one at a time; the sum of hops.
    fn walk(&self, lookups: &[(u32, u128)], mut arrived: impl FnMut(usize, u32)) -> u64 {
        let mut hops = 0;
        for (number, (from, key)) in lookups.iter().enumerate() {
            let mut at = *from;
            while let Some(next) = self.next(at, *key) {
                at = next;
                hops += 1;
            }
            arrived(number, at);
        }
        hops
    }

    /// Lookups interleaved, `WIDTH` at a time, each stage of a hop one round after the fetch it needs.
    fn walk_interleaved<const WIDTH: usize>(
        &self,
        lookups: &[(u32, u128)],
        mut arrived: impl FnMut(usize, u32),
    ) -> u64 {
        let mut open: Vec<(usize, u32, u128)> = Vec::with_capacity(WIDTH);
        let (mut hops, mut started) = (0, 0);
        loop {
            while open.len() < WIDTH && started < lookups.len() {
                let (from, key) = lookups[started];
                self.fetch_node(from);
                open.push((started, from, key));
                started += 1;
            }
            if open.is_empty() {
                return hops;
            }
            for (_, at, key) in &open {
                self.fetch_row(*at, *key);
            }
            let mut place = 0;
            while place < open.len() {
                let (number, at, key) = open[place];
                match self.next(at, key) {
                    Some(next) => {
                        self.fetch_node(next);
                        open[place].1 = next;
                        hops += 1;
                        place += 1;
                    }
                    None => {
                        arrived(number, at);
                        if started < lookups.len() {
                            let (from, key) = lookups[started];
                            self.fetch_node(from);
                            open[place] = (started, from, key);
                            started += 1;
                            place += 1;
                        } else {
                            open.swap_remove(place);
                        }
                    }
                }
            }
        }
    }
}
