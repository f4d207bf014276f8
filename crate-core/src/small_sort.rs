//! Sorting of short lists in little code.
//!
//! # Implementation notes
//! The standard sort is made for long lists; each type that it is used on adds some four kilobytes to the page's module.
//! Lists of a node's neighbours are short: here each type adds a tenth of that. Binary insertion for what is short, heap
//! sort beyond, so that no list from elsewhere makes it slow. Equal items may change places.

/// Up to so many items are sorted by insertion: the places to compare with are few, and moving a kilobyte or two is one
/// copy.
const INSERTION: usize = 192;

/// Sorts in ascending order.
pub fn sort<T: Ord + Copy>(items: &mut [T]) {
    sort_by_key(items, |item| *item);
}

/// Sorts by a key, in ascending order.
pub fn sort_by_key<T: Copy, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    if items.len() > INSERTION {
        return heap_sort(items, key);
    }
    for sorted in 1..items.len() {
        let item = items[sorted];
        let place = key(&item);
        // What comes in order already, as most of it does where two lists were put together, stays where it is.
        if key(&items[sorted - 1]) <= place {
            continue;
        }
        let at = items[..sorted].partition_point(|other| key(other) <= place);
        items.copy_within(at..sorted, at + 1);
        items[at] = item;
    }
}

fn heap_sort<T: Copy, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    let len = items.len();
    // The first half of the rounds builds the heap, the second takes the greatest from its top.
    for round in (0..len + len / 2).rev() {
        let (mut at, end) = if round >= len {
            (round - len, len)
        } else {
            items.swap(0, round);
            (0, round)
        };
        loop {
            let mut child = 2 * at + 1;
            if child >= end {
                break;
            }
            if child + 1 < end && key(&items[child]) < key(&items[child + 1]) {
                child += 1;
            }
            if key(&items[at]) >= key(&items[child]) {
                break;
            }
            items.swap(at, child);
            at = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lists_of_any_length_are_sorted_as_the_standard_sort_does(mut items in prop::collection::vec(0..500_u32, 0..600)) {
            let mut expected = items.clone();
            expected.sort_unstable();
            sort(&mut items);
            prop_assert_eq!(items, expected);
        }

        #[test]
        fn a_key_decides_the_order(mut items in prop::collection::vec(any::<i64>(), 0..400)) {
            sort_by_key(&mut items, |item| std::cmp::Reverse(*item));
            prop_assert!(items.windows(2).all(|pair| pair[0] >= pair[1]));
        }
    }
}
