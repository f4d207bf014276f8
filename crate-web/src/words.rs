//! Words of the page: identifiers set apart, counts in good English.

use overlay_core::plain::counted;

/// Text with its hexadecimal identifiers in `` ` `` marks, unless it has marks already.
#[must_use]
pub fn marked(text: &str) -> String {
    if text.contains('`') {
        return text.to_string();
    }
    let mut marked = String::with_capacity(text.len() + 16);
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let hex = word.chars().all(|c| c.is_ascii_digit() || ('A'..='F').contains(&c));
        // Four digits and more, and either a letter or no thousands of something else.
        if hex && word.len() >= 4 && (digits < word.len() || word.len() >= 6) {
            marked.extend(['`']);
            marked.push_str(&word);
            marked.extend(['`']);
        } else {
            marked.push_str(&word);
        }
        word.clear();
        marked.push(c);
    }
    marked.pop();
    marked
}

/// `1 hop`, `2 hops`.
#[must_use]
pub fn count(number: usize, one: &str) -> String {
    counted(number as u64, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_in_a_sentence_are_marked() {
        assert_eq!(marked("from 65A1FC to D46A1C, row 2"), "from `65A1FC` to `D46A1C`, row 2");
        assert_eq!(marked("FACE it: 1,024 nodes, 1024 more"), "`FACE` it: 1,024 nodes, 1024 more");
    }

    #[test]
    fn marked_text_stays_as_it_is() {
        assert_eq!(marked("node `9` and D46A1C"), "node `9` and D46A1C");
    }

    #[test]
    fn one_is_not_a_plural() {
        assert_eq!(count(1, "hop"), "1 hop");
        assert_eq!(count(0, "hop"), "0 hops");
    }
}
