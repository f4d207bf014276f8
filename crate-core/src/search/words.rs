//! Names of files and what is searched for in them.

use std::sync::Arc;

use super::NAME_BYTES_MAX;

/// A name or phrase as it is kept and compared: lower case, single spaces; `None` if it is empty or too long.
#[must_use]
pub fn normal(text: &str) -> Option<Arc<str>> {
    if text.len() > NAME_BYTES_MAX {
        return None;
    }
    let mut words = String::with_capacity(text.len());
    // What ends a name on the wire is no part of one.
    for word in text.split(|c: char| c.is_whitespace() || c == '\0').filter(|word| !word.is_empty()) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.extend(word.chars().flat_map(char::to_lowercase));
    }
    (!words.is_empty() && words.len() <= NAME_BYTES_MAX).then(|| words.into())
}

/// Whether every term of `words` occurs in `name`; both as [`normal`] leaves them.
#[must_use]
pub fn fits(name: &str, words: &str) -> bool {
    words.split(' ').all(|term| name.contains(term))
}

/// How good a match is: terms that are whole words of the name.
#[must_use]
pub fn rank(name: &str, words: &str) -> u32 {
    let is_word = |term: &&str| name.split(|c: char| !c.is_alphanumeric()).any(|word| word == *term);
    words.split(' ').filter(is_word).count() as u32
}

/// A number that stands for a name; that of several is their sum by exclusive or, in any order. FNV-1a, mixed by SplitMix64's
/// finaliser.
#[must_use]
pub fn digest(name: &str) -> u64 {
    let fnv = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    let mut sum = name.bytes().fold(0xCBF2_9CE4_8422_2325, fnv);
    sum = (sum ^ sum >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    sum = (sum ^ sum >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    sum ^ sum >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_in_lower_case_with_single_spaces() {
        assert_eq!(normal("  Sirindhorn   at\tThammasat ").as_deref(), Some("sirindhorn at thammasat"));
        assert_eq!(normal(" \n\0"), None);
        assert_eq!(normal(&"x".repeat(NAME_BYTES_MAX + 1)), None);
        // A letter may grow when it is made small.
        assert_eq!(normal(&"İ".repeat(100)), None);
    }

    #[test]
    fn all_terms_have_to_occur_anywhere_in_the_name() {
        let name = "sirindhorn-thammasat-2009.pdf";
        assert!(fits(name, "thammasat") && fits(name, "masat 2009") && fits(name, "pdf sirin"));
        assert!(!fits(name, "thammasat 2010"));
    }

    #[test]
    fn whole_words_rank_above_parts_of_words() {
        let (whole, part) = ("thammasat rangsit.pdf", "thammasatrangsit.pdf");
        assert_eq!((rank(whole, "thammasat rangsit"), rank(part, "thammasat rangsit")), (2, 0));
    }
}
