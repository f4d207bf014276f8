//! The event queue: a ring of buckets, popped in the order (time, push).
//!
//! # Implementation notes
//! A binary heap costs more than routing once many messages are in flight. Nearly all events lie a few milliseconds
//! ahead, so they go into the bucket of their tick (about one millisecond) unsorted; a bucket is sorted when its turn
//! comes. Timers beyond the ring's reach wait in a heap.
//!
//! Events stay where they were put, in a slab; what is sorted are 8-byte tickets. A ticket holds the microsecond within
//! its tick and the event's place in the slab. Events of one bucket were pushed in the order in which they stand there,
//! so a stable sort by microsecond, two passes of 32 counters, gives the order (time, push).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Time;

/// A tick is 2^10 µs.
const TICK_BITS: u32 = 10;
/// The ring reaches about two seconds ahead.
const SLOTS: usize = 2_048;
/// Bits that one pass of the sort looks at; two passes see all of [`TICK_BITS`].
const DIGIT_BITS: u32 = TICK_BITS / 2;

/// An event's microsecond within its tick, above its place in the slab.
#[derive(Clone, Copy, Debug)]
struct Ticket(u64);

impl Ticket {
    const fn new(at: Time, place: u32) -> Self {
        Self((at.0 & ((1 << TICK_BITS) - 1)) << 32 | place as u64)
    }

    const fn place(self) -> usize {
        self.0 as u32 as usize
    }
}

/// Events by time; those of one moment come in the order they were pushed.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    events: Vec<Option<(Time, E)>>,
    /// Empty places of the slab.
    free: Vec<u32>,
    /// Events of the current tick and earlier, in order; those before `next` have been taken.
    current: Vec<Ticket>,
    next: usize,
    /// The tick `current` belongs to.
    tick: u64,
    /// Events of the ticks after the current one, by tick modulo the number of slots, as pushed.
    slots: Vec<Vec<Ticket>>,
    /// One bit a slot: whether it holds anything.
    filled: [u64; SLOTS / 64],
    /// Events further ahead than the ring reaches, by time and push; earliest at the top.
    far: BinaryHeap<Reverse<(Time, u64, u32)>>,
    /// Pushes to `far`.
    pushes: u64,
    /// What sorting moves tickets through.
    scratch: Vec<Ticket>,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            free: Vec::new(),
            current: Vec::new(),
            next: 0,
            tick: 0,
            slots: std::iter::repeat_with(Vec::new).take(SLOTS).collect(),
            filled: [0; SLOTS / 64],
            far: BinaryHeap::new(),
            pushes: 0,
            scratch: Vec::new(),
        }
    }
}

impl<E> EventQueue<E> {
    /// How many events wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len() - self.free.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an event. One in the past comes next.
    ///
    /// # Panics
    /// If 2^32 events wait: memory ends long before.
    #[inline]
    pub fn push(&mut self, at: Time, event: E) {
        let place = match self.free.pop() {
            Some(place) => {
                self.events[place as usize] = Some((at, event));
                place
            }
            None => {
                self.events.push(Some((at, event)));
                u32::try_from(self.events.len() - 1).expect("fewer than 2^32 events wait")
            }
        };
        let (ticket, tick) = (Ticket::new(at, place), at.0 >> TICK_BITS);
        if tick <= self.tick {
            self.push_now(at, ticket);
        } else if tick - self.tick < SLOTS as u64 {
            let slot = tick as usize % SLOTS;
            self.filled[slot / 64] |= 1 << (slot % 64);
            self.slots[slot].push(ticket);
        } else {
            self.far.push(Reverse((at, self.pushes, place)));
            self.pushes += 1;
        }
    }

    /// Puts a ticket among those of the current tick, behind all that are not later.
    fn push_now(&mut self, at: Time, ticket: Ticket) {
        let earlier = |other: &Ticket| self.events[other.place()].as_ref().is_some_and(|(time, _)| *time <= at);
        let place = self.next + self.current[self.next..].partition_point(earlier);
        self.current.insert(place, ticket);
    }

    /// The moment of the next event.
    #[inline]
    pub fn next_at(&mut self) -> Option<Time> {
        self.fill_current();
        let ticket = self.current.get(self.next)?;
        self.events[ticket.place()].as_ref().map(|(at, _)| *at)
    }

    /// Takes the next event.
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.fill_current();
        let ticket = self.current.get(self.next)?;
        self.next += 1;
        self.free.push(ticket.0 as u32);
        self.events[ticket.place()].take()
    }

    /// The next events of the present tick, at most `count`, if nothing was taken since a multiple of `count`.
    #[inline]
    pub fn next_group(&self, count: usize) -> impl Iterator<Item = &E> {
        let starts = self.next.is_multiple_of(count);
        let group = self.current[self.next..].iter().take(if starts { count } else { 0 });
        group.filter_map(|ticket| self.events[ticket.place()].as_ref().map(|(_, event)| event))
    }

    /// All waiting events, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &E)> {
        self.events.iter().flatten().map(|(at, event)| (*at, event))
    }

    /// Moves to the next tick that holds anything, if the current one is used up.
    #[inline]
    fn fill_current(&mut self) {
        if self.next == self.current.len() && !self.is_empty() {
            self.advance();
        }
    }

    fn advance(&mut self) {
        self.current.clear();
        self.next = 0;
        let near = self.next_filled();
        let far = self.far.peek().map(|Reverse((at, ..))| at.0 >> TICK_BITS);
        let tick = near.into_iter().chain(far).min().expect("a queue that is not empty holds a next tick");
        self.tick = tick;
        // Whatever waits in the heap for this tick was pushed before the tick came within the ring's reach.
        while let Some(Reverse((at, _, place))) = self.far.peek().filter(|Reverse((at, ..))| at.0 >> TICK_BITS == tick)
        {
            self.current.push(Ticket::new(*at, *place));
            self.far.pop();
        }
        if near == Some(tick) {
            let slot = tick as usize % SLOTS;
            self.filled[slot / 64] &= !(1 << (slot % 64));
            if self.current.is_empty() {
                // Swapping keeps both allocations in use.
                std::mem::swap(&mut self.current, &mut self.slots[slot]);
            } else {
                self.current.append(&mut self.slots[slot]);
            }
        }
        sort(&mut self.current, &mut self.scratch);
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

/// Sorts tickets of one tick by microsecond; those of one microsecond keep their order.
fn sort(tickets: &mut Vec<Ticket>, scratch: &mut Vec<Ticket>) {
    if tickets.len() < 2 {
        return;
    }
    scratch.resize(tickets.len(), Ticket(0));
    for shift in [32, 32 + DIGIT_BITS] {
        let digit = |ticket: Ticket| (ticket.0 >> shift) as usize & ((1 << DIGIT_BITS) - 1);
        let mut ends = [0_u32; 1 << DIGIT_BITS];
        for ticket in &*tickets {
            ends[digit(*ticket)] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            (*end, sum) = (sum, sum + *end);
        }
        for ticket in &*tickets {
            let end = &mut ends[digit(*ticket)];
            scratch[*end as usize] = *ticket;
            *end += 1;
        }
        std::mem::swap(tickets, scratch);
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
