//! The event queue: a ring of buckets, popped in the order (time, push).
//!
//! # Implementation notes
//! A binary heap costs more than routing once many messages are in flight. Nearly all events lie a few milliseconds
//! ahead, so they go into the bucket of their tick (about one millisecond) unsorted; a bucket is sorted when its turn
//! comes. Timers beyond the ring's reach wait in a heap.
//!
//! The events of a bucket stay in the order in which they were pushed; what is sorted are 8-byte tickets, of the
//! microsecond within the tick and the event's place in the bucket. So a stable sort by microsecond, two passes of 32
//! counters, gives the order (time, push). Buckets that are used up lend their memory to the next ones.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Time;

/// A tick is 2^10 µs.
const TICK_BITS: u32 = 10;
/// The ring reaches about two seconds ahead.
const SLOTS: usize = 2_048;
/// Bits that one pass of the sort looks at; two passes see all of [`TICK_BITS`].
const DIGIT_BITS: u32 = TICK_BITS / 2;

/// An event's microsecond within its tick, above its place in its bucket.
#[derive(Clone, Copy, Debug)]
struct Ticket(u64);

impl Ticket {
    const fn new(at: Time, place: usize) -> Self {
        Self((at.0 & ((1 << TICK_BITS) - 1)) << 32 | place as u64)
    }

    const fn micros(self) -> u64 {
        self.0 >> 32
    }

    const fn place(self) -> usize {
        self.0 as u32 as usize
    }
}

/// Events of one tick.
#[derive(Clone, Debug)]
struct Bucket<E> {
    /// In the order in which they were pushed; `None` once taken.
    events: Vec<Option<E>>,
    tickets: Vec<Ticket>,
}

impl<E> Default for Bucket<E> {
    fn default() -> Self {
        Self { events: Vec::new(), tickets: Vec::new() }
    }
}

impl<E> Bucket<E> {
    fn push(&mut self, at: Time, event: E) {
        self.tickets.push(Ticket::new(at, self.events.len()));
        self.events.push(Some(event));
    }
}

/// Events by time; those of one moment come in the order they were pushed.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    /// Events of the current tick, their tickets in order; those before `next` have been taken.
    current: Bucket<E>,
    next: usize,
    /// The tick that `current` belongs to.
    tick: u64,
    /// Events of the ticks after the current one, by tick modulo the number of slots.
    slots: Vec<Bucket<E>>,
    /// One bit a slot: whether it holds anything.
    filled: [u64; SLOTS / 64],
    /// Events further ahead than the ring reaches, by time and push, earliest at the top; and where they are.
    far: BinaryHeap<Reverse<(Time, u64, usize)>>,
    far_events: Vec<Option<E>>,
    /// Empty places among them.
    far_free: Vec<usize>,
    /// Pushes to `far`.
    far_pushes: u64,
    /// Empty buckets with memory.
    spare: Vec<Bucket<E>>,
    /// What sorting moves tickets through.
    scratch: Vec<Ticket>,
    len: usize,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self {
            current: Bucket::default(),
            next: 0,
            tick: 0,
            slots: std::iter::repeat_with(Bucket::default).take(SLOTS).collect(),
            filled: [0; SLOTS / 64],
            far: BinaryHeap::new(),
            far_events: Vec::new(),
            far_free: Vec::new(),
            far_pushes: 0,
            spare: Vec::new(),
            scratch: Vec::new(),
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

    /// Adds an event. One before the tick of the event taken last counts as of that tick's beginning.
    #[inline]
    pub fn push(&mut self, at: Time, event: E) {
        self.len += 1;
        let tick = at.0 >> TICK_BITS;
        if tick <= self.tick {
            self.push_now(at.max(Time(self.tick << TICK_BITS)), event);
        } else if tick - self.tick < SLOTS as u64 {
            let slot = tick as usize % SLOTS;
            let (word, bit) = (&mut self.filled[slot / 64], 1 << (slot % 64));
            if *word & bit == 0 {
                *word |= bit;
                self.slots[slot] = self.spare.pop().unwrap_or_default();
            }
            self.slots[slot].push(at, event);
        } else {
            self.push_far(at, event);
        }
    }

    /// Puts an event among those of the current tick, behind all that are not later.
    fn push_now(&mut self, at: Time, event: E) {
        let ticket = Ticket::new(at, self.current.events.len());
        let later = self.current.tickets[self.next..].partition_point(|other| other.micros() <= ticket.micros());
        self.current.tickets.insert(self.next + later, ticket);
        self.current.events.push(Some(event));
    }

    fn push_far(&mut self, at: Time, event: E) {
        let place = self.far_free.pop().unwrap_or(self.far_events.len());
        if place == self.far_events.len() {
            self.far_events.push(None);
        }
        self.far_events[place] = Some(event);
        self.far.push(Reverse((at, self.far_pushes, place)));
        self.far_pushes += 1;
    }

    /// The moment of the next event. The current tick stays, as what is pushed next may come before.
    #[must_use]
    #[inline]
    pub fn next_at(&self) -> Option<Time> {
        let start = |tick: u64| tick << TICK_BITS;
        match self.current.tickets.get(self.next) {
            Some(ticket) => Some(Time(start(self.tick) | ticket.micros())),
            None if self.is_empty() => None,
            None => {
                let near = self.next_filled().and_then(|tick| {
                    let tickets = &self.slots[tick as usize % SLOTS].tickets;
                    tickets.iter().map(|ticket| Time(start(tick) | ticket.micros())).min()
                });
                near.into_iter().chain(self.far.peek().map(|first| first.0.0)).min()
            }
        }
    }

    /// Takes the next event.
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.fill_current();
        let ticket = self.current.tickets.get(self.next)?;
        let event = self.current.events[ticket.place()].take();
        self.next += 1;
        self.len -= 1;
        event.map(|event| (Time(self.tick << TICK_BITS | ticket.micros()), event))
    }

    /// The next events of the current tick, at most `count`, if nothing was taken since a multiple of `count`; of a tick
    /// that holds but a few, none.
    #[inline]
    pub fn next_group(&mut self, count: usize) -> impl Iterator<Item = &E> {
        self.fill_current();
        let is_turn = self.next.is_multiple_of(count) && self.current.tickets.len() >= count / 4;
        let group = self.current.tickets[self.next..].iter().take(if is_turn { count } else { 0 });
        group.filter_map(|ticket| self.current.events[ticket.place()].as_ref())
    }

    /// All waiting events, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &E)> {
        let ahead = self.slots.iter().enumerate().flat_map(|(slot, bucket)| {
            let tick = self.tick + (slot.wrapping_sub(self.tick as usize) % SLOTS) as u64;
            bucket.tickets.iter().map(move |ticket| (tick, ticket, bucket))
        });
        let now = self.current.tickets[self.next..].iter().map(|ticket| (self.tick, ticket, &self.current));
        let near = now.chain(ahead).filter_map(|(tick, ticket, bucket)| {
            let event = bucket.events[ticket.place()].as_ref()?;
            Some((Time(tick << TICK_BITS | ticket.micros()), event))
        });
        near.chain(self.far.iter().filter_map(|Reverse((at, _, place))| Some((*at, self.far_events[*place].as_ref()?))))
    }

    /// Moves to the next tick that holds anything, if the current one is used up.
    #[inline]
    fn fill_current(&mut self) {
        if self.next == self.current.tickets.len() && self.len > 0 {
            self.advance();
        }
    }

    fn advance(&mut self) {
        self.current.tickets.clear();
        self.current.events.clear();
        self.next = 0;
        let near = self.next_filled();
        let far = self.far.peek().map(|Reverse((at, ..))| at.0 >> TICK_BITS);
        let tick = near.into_iter().chain(far).min().expect("a queue that is not empty holds a next tick");
        self.tick = tick;
        if far == Some(tick) {
            self.take_far(tick);
        }
        if near == Some(tick) {
            let slot = tick as usize % SLOTS;
            self.filled[slot / 64] &= !(1 << (slot % 64));
            let bucket = std::mem::take(&mut self.slots[slot]);
            if far == Some(tick) {
                // Whatever waited in the heap was pushed before the tick came within the ring's reach.
                for (ticket, event) in bucket.tickets.into_iter().zip(bucket.events) {
                    let at = Time(tick << TICK_BITS | ticket.micros());
                    event.into_iter().for_each(|event| self.current.push(at, event));
                }
            } else {
                self.spare.push(std::mem::replace(&mut self.current, bucket));
            }
        }
        sort(&mut self.current.tickets, &mut self.scratch);
    }

    fn take_far(&mut self, tick: u64) {
        while let Some(Reverse((at, _, place))) =
            self.far.peek().copied().filter(|first| first.0.0.0 >> TICK_BITS == tick)
        {
            self.far.pop();
            self.far_free.push(place);
            if let Some(event) = self.far_events[place].take() {
                self.current.push(at, event);
            }
        }
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
    fn asking_for_the_next_moment_leaves_room_before_it() {
        let mut queue = EventQueue::default();
        queue.push(Time(9_000_000), 'c');
        queue.push(Time(900_000), 'b');
        assert_eq!(queue.next_at(), Some(Time(900_000)));
        queue.push(Time(5_000), 'a');
        let all: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(all, [(Time(5_000), 'a'), (Time(900_000), 'b'), (Time(9_000_000), 'c')]);
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
