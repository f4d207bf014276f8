//! Reading hexadecimal digits that a person typed.

use thiserror::Error;

/// Why some text is not an identifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum HexError {
    /// Nothing was typed.
    #[error("Type at least one digit.")]
    Empty,
    /// More digits than the identifier holds.
    #[error("That is {found} digits; an identifier has at most {most}.")]
    TooLong {
        /// How many digits were typed.
        found: usize,
        /// How many the identifier holds.
        most: usize,
    },
    /// A character that is no digit.
    #[error("“{0}” is not a hexadecimal digit (0–9, A–F).")]
    NotHex(char),
    /// A number that the ring does not reach.
    #[error("That number does not fit into {bits} bits.")]
    TooLarge {
        /// The size of the ring in bits.
        bits: u8,
    },
    /// A character that is no decimal digit, on a ring written in decimal.
    #[error("“{0}” is not a decimal digit; this small ring is written in decimal.")]
    NotDecimal(char),
}

/// The values of hexadecimal digits; spaces, `_` and one leading `0x` are passed over. Holds at most 40 digits.
pub(super) fn digits(text: &str, most: usize) -> Result<Vec<u8>, HexError> {
    let text = text.trim();
    let text = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let mut found = 0;
    let mut values = Vec::new();
    for c in text.chars().filter(|c| *c != ' ' && *c != '_') {
        let value = c.to_digit(16).ok_or(HexError::NotHex(c))?;
        found += 1;
        if found <= most {
            values.push(value as u8);
        }
    }
    match found {
        0 => Err(HexError::Empty),
        n if n > most => Err(HexError::TooLong { found: n, most }),
        _ => Ok(values),
    }
}
