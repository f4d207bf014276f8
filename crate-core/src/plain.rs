//! Numbers and counts as people read them.

/// With commas between thousands: `10,000`.
#[must_use]
pub fn grouped(number: u64) -> String {
    grouped_digits(&number.to_string())
}

/// The same for digits that are written already.
pub(crate) fn grouped_digits(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 query`, `12 queries`, `8,748 queries`.
#[must_use]
pub fn counted(count: u64, one: &str) -> String {
    let many = match one.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if one.ends_with('h') || one.ends_with('s') => format!("{one}es"),
        _ => format!("{one}s"),
    };
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(count)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(10_000), "10,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn counts_are_good_english() {
        assert_eq!(counted(1, "query"), "1 query");
        assert_eq!(counted(0, "hop"), "0 hops");
        assert_eq!(counted(8_748, "query"), "8,748 queries");
        assert_eq!(counted(2, "push"), "2 pushes");
        assert_eq!(counted(3, "query hit"), "3 query hits");
        assert_eq!(counted(1_234_567, "neighbour"), "1,234,567 neighbours");
    }
}
