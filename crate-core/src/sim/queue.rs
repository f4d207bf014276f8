//! The event queue: a ring of buckets, popped in the order (time, push).
//!
//! # Implementation notes
//! A binary heap costs more than routing once many messages are in flight. Nearly all events lie a few milliseconds
//! ahead, so they go into the bucket of their tick (about one millisecond) unsorted; a bucket is sorted when its turn
//! comes. Timers beyond the ring's reach wait in a heap.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::time::Time;

/// A tick is 2^10 µs.
const TICK_BITS: u32 = 10;
/// The ring reaches about two seconds ahead.
const SLOTS: usize = 2_048;

#[derive(Clone, Debug)]
struct Item<E> {
    at: Time,
    push: u64,
    event: E,
}

impl<E> Item<E> {
    const fn tick(&self) -> u64 {
        self.at.0 >> TICK_BITS
    }
}

// The order of a heap of events: the earliest is the greatest.
impl<E> Ord for Item<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.push).cmp(&(self.at, self.push))
    }
}

impl<E> PartialOrd for Item<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Item<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Item<E> {}

/// Events by time; those of one moment come in the order they were pushed.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    /// Events of the current tick and earlier, latest first.
    current: Vec<Item<E>>,
    /// The tick `current` belongs to.
    tick: u64,
    /// Events of the ticks after the current one, by tick modulo the number of slots.
    slots: Vec<Vec<Item<E>>>,
    /// One bit a slot: whether it holds anything.
    filled: [u64; SLOTS / 64],
    /// Events further ahead than the ring reaches, earliest at the top.
    far: BinaryHeap<Item<E>>,
    pushes: u64,
    len: usize,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self {
            current: Vec::new(),
            tick: 0,
            slots: std::iter::repeat_with(Vec::new).take(SLOTS).collect(),
            filled: [0; SLOTS / 64],
            far: BinaryHeap::new(),
            pushes: 0,
            len: 0,
        }
    }
}

impl<E> EventQueue<E> {
    /// How many events wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an event. One in the past comes next.
    #[inline]
    pub fn push(&mut self, at: Time, event: E) {
        let item = Item { at, push: self.pushes, event };
        self.pushes += 1;
        self.len += 1;
        let tick = item.tick();
        if tick <= self.tick {
            let place = self.current.partition_point(|waiting| *waiting < item);
            self.current.insert(place, item);
        } else if tick - self.tick < SLOTS as u64 {
            let slot = tick as usize % SLOTS;
            self.filled[slot / 64] |= 1 << (slot % 64);
            self.slots[slot].push(item);
        } else {
            self.far.push(item);
        }
    }

    /// The moment of the next event.
    pub fn next_at(&mut self) -> Option<Time> {
        self.fill_current();
        self.current.last().map(|item| item.at)
    }

    /// Takes the next event.
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.fill_current();
        let item = self.current.pop()?;
        self.len -= 1;
        Some((item.at, item.event))
    }

    /// All waiting events, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &E)> {
        let ring = self.slots.iter().flatten();
        self.current.iter().chain(ring).chain(&self.far).map(|item| (item.at, &item.event))
    }

    /// Moves to the next tick that holds anything, if the current one is used up.
    #[inline]
    fn fill_current(&mut self) {
        if self.current.is_empty() && self.len > 0 {
            self.advance();
        }
    }

    fn advance(&mut self) {
        let near = self.next_filled();
        let far = self.far.peek().map(Item::tick);
        let tick = near.into_iter().chain(far).min().expect("a queue that is not empty holds a next tick");
        self.tick = tick;
        if near == Some(tick) {
            let slot = tick as usize % SLOTS;
            self.filled[slot / 64] &= !(1 << (slot % 64));
            // Swapping keeps both allocations in use.
            std::mem::swap(&mut self.current, &mut self.slots[slot]);
        }
        while self.far.peek().is_some_and(|item| item.tick() == tick) {
            self.current.extend(self.far.pop());
        }
        self.current.sort_unstable();
    }

    /// The first tick after the current one whose slot holds anything.
    fn next_filled(&self) -> Option<u64> {
        let start = (self.tick as usize + 1) % SLOTS;
        for step in 0..=SLOTS / 64 {
            let word = (start / 64 + step) % (SLOTS / 64);
            let mut bits = self.filled[word];
            if step == 0 {
                bits &= u64::MAX << (start % 64);
            } else if step == SLOTS / 64 {
                bits &= !(u64::MAX << (start % 64));
            }
            if bits != 0 {
                let slot = word * 64 + bits.trailing_zeros() as usize;
                let ahead = (slot + SLOTS - start) % SLOTS;
                return Some(self.tick + 1 + ahead as u64);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_come_in_the_order_of_time_then_push(
            rounds in prop::collection::vec((prop::collection::vec(0_u64..5_000_000, 0..20), 0_usize..25), 1..12),
        ) {
            let mut queue = EventQueue::default();
            let mut model = std::collections::BTreeSet::new();
            let (mut pushed, mut now) = (0_u64, Time::ZERO);
            for (spans, pops) in rounds {
                for span in spans {
                    let at = Time(now.0 + span);
                    queue.push(at, pushed);
                    model.insert((at, pushed));
                    pushed += 1;
                }
                for _ in 0..pops {
                    let expected = model.pop_first();
                    prop_assert_eq!(queue.next_at(), expected.map(|(at, _)| at));
                    prop_assert_eq!(queue.pop(), expected);
                    now = expected.map_or(now, |(at, _)| at);
                }
                prop_assert_eq!(queue.len(), model.len());
            }
        }
    }

    #[test]
    fn events_of_one_moment_keep_their_order() {
        let mut queue = EventQueue::default();
        for event in 0..100 {
            queue.push(Time(7), event);
        }
        assert!((0..100).all(|event| queue.pop() == Some((Time(7), event))));
    }
}
