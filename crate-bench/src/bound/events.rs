//! Lookups as timed events over flat arrays, on a timing wheel of one millisecond a slot.

use super::Flat;

/// Slots of the wheel, one a millisecond; the longest delay is 73 ms.
const SLOTS: usize = 128;
/// How far ahead the wheel fetches what its events will read.
const AHEAD: usize = 8;

/// Where nodes are, and so how long messages take: as on the simulator's plane.
#[derive(Clone)]
pub(crate) struct Places(pub(crate) Vec<(u16, u16)>);

impl Places {
    #[inline(always)]
    pub(crate) fn squared(&self, a: u32, b: u32) -> u32 {
        let ((ax, ay), (bx, by)) = (self.0[a as usize], self.0[b as usize]);
        let (dx, dy) = (u32::from(ax.abs_diff(bx)), u32::from(ay.abs_diff(by)));
        dx * dx + dy * dy
    }

    /// Microseconds one way.
    #[inline(always)]
    fn delay(&self, a: u32, b: u32) -> u64 {
        2_000 + (f64::from(self.squared(a, b)) * 2_500.0).sqrt() as u64
    }
}

#[derive(Clone, Copy)]
struct Event {
    time: u64,
    key: u128,
    at: u32,
    number: u32,
}

/// A timing wheel; the sum of hops. Events of one millisecond come in the order they were sent.
pub(crate) fn wheel<const PREFETCH: bool>(
    flat: &impl Flat,
    places: &Places,
    lookups: &[(u32, u128)],
    in_flight: usize,
    mut arrived: impl FnMut(usize, u32),
) -> u64 {
    let mut slots: Vec<Vec<Event>> = vec![Vec::new(); SLOTS];
    let mut started = in_flight.min(lookups.len());
    for (number, (at, key)) in lookups[..started].iter().enumerate() {
        let time = number as u64 % 50_000;
        slots[(time / 1_000) as usize % SLOTS].push(Event { time, key: *key, at: *at, number: number as u32 });
    }
    let (mut open, mut tick, mut hops) = (started, 0_usize, 0);
    while open > 0 {
        let mut events = std::mem::take(&mut slots[tick % SLOTS]);
        let mut place = 0;
        while place < events.len() {
            if PREFETCH {
                if let Some(ahead) = events.get(place + 2 * AHEAD) {
                    flat.fetch_node(ahead.at);
                }
                if let Some(ahead) = events.get(place + AHEAD) {
                    flat.fetch_row(ahead.at, ahead.key);
                }
            }
            let now = events[place];
            place += 1;
            match flat.next(now.at, now.key) {
                Some(next) => {
                    hops += 1;
                    let time = now.time + places.delay(now.at, next);
                    slots[(time / 1_000) as usize % SLOTS].push(Event { time, at: next, ..now });
                }
                None => {
                    arrived(now.number as usize, now.at);
                    if started < lookups.len() {
                        let (at, key) = lookups[started];
                        events.push(Event { time: now.time, key, at, number: started as u32 });
                        started += 1;
                    } else {
                        open -= 1;
                    }
                }
            }
        }
        events.clear();
        slots[tick % SLOTS] = events;
        tick += 1;
    }
    hops
}
