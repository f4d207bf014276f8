//! Reading numbers that a person typed; what is wrong comes back as a sentence.

use overlay_core::plain::grouped;

/// A whole number from `least` to `most`, of `what` ("nodes").
///
/// # Errors
/// A sentence for beside the field.
pub fn whole(text: &str, least: u64, most: u64, what: &str) -> Result<u64, String> {
    let range = format!("a whole number from {} to {}", grouped(least), grouped(most));
    let typed: String = text.trim().chars().filter(|c| !matches!(c, ',' | ' ' | '_' | '\u{202f}' | '\'')).collect();
    if typed.is_empty() {
        return Err(format!("Type {range}."));
    }
    let digits = typed.strip_prefix('-').unwrap_or(&typed);
    if !digits.bytes().all(|c| c.is_ascii_digit()) || digits.is_empty() {
        let shown: String = text.trim().chars().take(24).collect();
        return Err(format!("“{shown}” is not a whole number; type {range}."));
    }
    if typed.starts_with('-') {
        return Err(format!("That is less than nothing; type {range}."));
    }
    match typed.parse::<u64>() {
        Ok(number) if number < least => Err(format!("{} {what} are too few; type {range}.", grouped(number))),
        Ok(number) if number <= most => Ok(number),
        Ok(number) => Err(format!("{} {what} are too many here; type {range}.", grouped(number))),
        Err(_) => Err(format!("That many {what} are too many here; type {range}.")),
    }
}

/// A percentage from 0 to 100, in millionths.
///
/// # Errors
/// A sentence for beside the field.
pub fn percent(text: &str) -> Result<u32, String> {
    let typed = text.trim().trim_end_matches('%').trim_end().replace(',', ".");
    if typed.is_empty() {
        return Err("Type a percentage from 0 to 100.".into());
    }
    let shown: String = text.trim().chars().take(24).collect();
    let no_number = || format!("“{shown}” is not a number; type a percentage from 0 to 100.");
    let (whole, part) = typed.split_once('.').unwrap_or((&typed, ""));
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    if !digits(whole.strip_prefix('-').unwrap_or(whole)) || !digits(part) || typed == "." {
        return Err(no_number());
    }
    // Millionths have four digits behind the point of a percentage; what lies behind them does not matter.
    let millionths = format!("0{whole}{:0<4.4}", part);
    match millionths.parse::<u32>() {
        Ok(value) if value <= 1_000_000 => Ok(value),
        _ => Err("A percentage lies between 0 and 100.".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_numbers_are_read_with_or_without_commas() {
        assert_eq!(whole("64", 1, 10_000, "nodes"), Ok(64));
        assert_eq!(whole(" 10,000 ", 1, 10_000, "nodes"), Ok(10_000));
    }

    #[test]
    fn each_bad_number_gets_its_own_sentence() {
        let said = |text| whole(text, 1, 10_000, "nodes").unwrap_err();
        assert_eq!(said(""), "Type a whole number from 1 to 10,000.");
        assert!(said("0").starts_with("0 nodes are too few"));
        assert!(said("many").starts_with("“many” is not a whole number"));
        assert!(said("3.5").starts_with("“3.5” is not a whole number"));
        assert!(said("10000000").starts_with("10,000,000 nodes are too many here"));
        assert!(said("99999999999999999999999999").starts_with("That many nodes are too many"));
        assert!(said("-5").starts_with("That is less than nothing"));
    }

    #[test]
    fn long_nonsense_is_cut_in_the_sentence() {
        assert!(whole(&"x".repeat(5_000), 1, 2, "nodes").unwrap_err().len() < 120);
    }

    #[test]
    fn percentages_are_read_in_millionths() {
        assert_eq!(percent("0"), Ok(0));
        assert_eq!(percent("2.5 %"), Ok(25_000));
        assert_eq!(percent("2,5"), Ok(25_000));
        assert_eq!(percent("100"), Ok(1_000_000));
    }

    #[test]
    fn what_is_no_percentage_is_refused() {
        for text in ["", "101", "-1", "inf", "nan", "a lot", "1e2"] {
            assert!(percent(text).is_err(), "{text}");
        }
    }
}
