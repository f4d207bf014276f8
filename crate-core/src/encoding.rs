//! Bytes as text: base64 (RFC 4648) without padding, and hexadecimal digits.
//!
//! A page needs four of the forms that `data-encoding` has, for a hundred bytes at a time; its unrolled code took 9 KB of a
//! module that may have 350. Tests hold the two equal.

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// How sixty-four values are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alphabet {
    /// With `+` and `/`.
    Standard,
    /// With `-` and `_`, for addresses.
    Url,
}

/// Why a text is not base64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base64Error {
    /// It has other characters.
    Character,
    /// It is cut short, or says more than its bytes.
    Length,
}

impl Alphabet {
    fn write(self, value: u32) -> char {
        match (self, value & 63) {
            (Self::Url, 62) => '-',
            (Self::Url, 63) => '_',
            (_, value) => char::from(STANDARD[value as usize]),
        }
    }

    fn read(self, character: u8) -> Option<u32> {
        let (last, but_one) = if self == Self::Url { (b'_', b'-') } else { (b'/', b'+') };
        Some(match character {
            b'A'..=b'Z' => u32::from(character - b'A'),
            b'a'..=b'z' => u32::from(character - b'a') + 26,
            b'0'..=b'9' => u32::from(character - b'0') + 52,
            _ if character == but_one => 62,
            _ if character == last => 63,
            _ => return None,
        })
    }
}

/// Bytes as base64.
#[must_use]
pub fn to_base64(bytes: &[u8], alphabet: Alphabet) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let value = group.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        text.extend((0..=group.len()).map(|at| alphabet.write(value >> (18 - 6 * at))));
    }
    text
}

/// Bytes from base64. Every text stands for bytes of its own: what does not come out of [`to_base64`] is refused.
///
/// # Errors
/// If it is not base64.
pub fn from_base64(text: &[u8], alphabet: Alphabet) -> Result<Vec<u8>, Base64Error> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut value = 0;
        for character in group {
            value = value << 6 | alphabet.read(*character).ok_or(Base64Error::Character)?;
        }
        let all = (value << (6 * (4 - group.len()))).to_be_bytes();
        let (whole, rest) = all[1..].split_at(group.len() - 1);
        if group.len() == 1 || rest.iter().any(|byte| *byte != 0) {
            return Err(Base64Error::Length);
        }
        bytes.extend(whole);
    }
    Ok(bytes)
}

/// Bytes from hexadecimal digits of either case; `None` for anything else.
#[must_use]
pub fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |character: u8| char::from(character).to_digit(16);
    let pairs = text.chunks(2).map(|pair| match pair {
        // Below 256.
        [high, low] => Some((digit(*high)? << 4 | digit(*low)?) as u8),
        _ => None,
    });
    pairs.collect()
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, DecodeKind, HEXLOWER, HEXLOWER_PERMISSIVE};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_are_written_as_the_standard_says(bytes: Vec<u8>) {
            prop_assert_eq!(to_base64(&bytes, Alphabet::Standard), BASE64_NOPAD.encode(&bytes));
            prop_assert_eq!(to_base64(&bytes, Alphabet::Url), BASE64URL_NOPAD.encode(&bytes));
            prop_assert_eq!(to_hex(&bytes), HEXLOWER.encode(&bytes));
        }

        #[test]
        fn texts_are_read_or_refused_as_the_standard_says(text in "[-A-Za-z0-9+/_]{0,12}[=é]?") {
            let text = text.as_bytes();
            let pairs = [(Alphabet::Standard, BASE64_NOPAD), (Alphabet::Url, BASE64URL_NOPAD)];
            for (alphabet, standard) in pairs {
                let (ours, theirs) = (from_base64(text, alphabet), standard.decode(text));
                prop_assert_eq!(ours.clone().ok(), theirs.clone().ok());
                if let (Err(error), Err(theirs)) = (ours, theirs) {
                    let is_character = theirs.kind == DecodeKind::Symbol;
                    prop_assert!(is_character || error == Base64Error::Length || text.len() % 4 == 1);
                }
            }
            prop_assert_eq!(from_hex(text), HEXLOWER_PERMISSIVE.decode(text).ok());
        }

        #[test]
        fn hexadecimal_digits_are_read_back(bytes: Vec<u8>) {
            prop_assert_eq!(from_hex(to_hex(&bytes).to_uppercase().as_bytes()), Some(bytes));
        }
    }
}
