//! Leaving out whatever a failure does not need.

use std::ops::Range;

/// The failure with the fewest deeds that leaving out leads to, in `tries` runs at most. `deeds` counts them; `without` runs
/// anew with some left out, and gives back what came of it if that is a failure too.
pub(super) fn fewest<C>(
    failed: C,
    tries: u32,
    deeds: impl Fn(&C) -> usize,
    without: impl Fn(&C, &Range<usize>) -> Option<C>,
) -> C {
    let mut best = failed;
    let mut left = tries;
    let mut size = deeds(&best).div_ceil(2);
    while size > 0 {
        let mut start = 0;
        while start < deeds(&best) {
            if left == 0 {
                return best;
            }
            left -= 1;
            let left_out = start..(start + size).min(deeds(&best));
            match without(&best, &left_out).filter(|shorter| deeds(shorter) < deeds(&best)) {
                Some(shorter) => best = shorter,
                None => start += size,
            }
        }
        size /= 2;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_deeds_that_the_failure_needs_remain() {
        let needed = |deeds: &Vec<u32>| [3, 17].iter().all(|deed| deeds.contains(deed));
        let without = |deeds: &Vec<u32>, left_out: &Range<usize>| {
            let kept = deeds.iter().enumerate().filter(|(at, _)| !left_out.contains(at)).map(|(_, deed)| *deed);
            Some(kept.collect()).filter(needed)
        };
        assert_eq!(fewest((0..40).collect(), 1_000, Vec::len, without), [3, 17]);
        assert_eq!(fewest((0..40).collect(), 0, Vec::len, without).len(), 40, "no run, nothing left out");
    }
}
