//! Chord's identifier of m bits, 1 ≤ m ≤ 160, and intervals on its ring.

use core::fmt;

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{HexError, RingId, hex, sha1};

/// m, the number of bits of a Chord ring: 1 to 160. The slide's ring has 4, SHA-1 gives 160.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct IdBits(u8);

impl IdBits {
    /// The ring of SHA-1 itself.
    pub const SHA1: Self = Self(160);

    /// A ring of `m` bits, if 1 ≤ m ≤ 160.
    #[must_use]
    pub const fn new(m: u8) -> Option<Self> {
        if m >= 1 && m <= 160 { Some(Self(m)) } else { None }
    }

    /// m.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Rings of at most 16 bits are written in decimal, as on the slide; larger ones in hexadecimal.
    #[must_use]
    pub const fn is_decimal(self) -> bool {
        self.0 <= 16
    }

    const fn hex_digits(self) -> usize {
        (self.0 as usize).div_ceil(4)
    }
}

impl<'de> Deserialize<'de> for IdBits {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(u8::deserialize(from)?).ok_or_else(|| serde::de::Error::custom("a ring has 1 to 160 bits"))
    }
}

/// An identifier of a ring of m bits: a number below 2^m, as five 32-bit words, most significant first.
///
/// Five words rather than two wide integers: 20 bytes instead of 32, and the derived order is the numeric one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct ChordId([u32; 5]);

impl ChordId {
    /// The identifier 0.
    pub const ZERO: Self = Self([0; 5]);

    /// A small number as an identifier, cut to the ring.
    #[must_use]
    pub const fn from_u128(value: u128, bits: IdBits) -> Self {
        Self::from_parts(0, value).masked(bits)
    }

    const fn from_parts(high: u32, low: u128) -> Self {
        Self([high, (low >> 96) as u32, (low >> 64) as u32, (low >> 32) as u32, low as u32])
    }

    const fn parts(self) -> (u32, u128) {
        let [high, a, b, c, d] = self.0;
        (high, (a as u128) << 96 | (b as u128) << 64 | (c as u128) << 32 | d as u128)
    }

    const fn masked(self, bits: IdBits) -> Self {
        let (high, low) = self.parts();
        let m = bits.0 as u32;
        if m >= 160 {
            self
        } else if m > 128 {
            Self::from_parts(high & ((1 << (m - 128)) - 1), low)
        } else if m == 128 {
            Self::from_parts(0, low)
        } else {
            Self::from_parts(0, low & ((1 << m) - 1))
        }
    }

    /// The low 128 bits: the whole number on rings of at most 128 bits.
    #[must_use]
    pub const fn low(self) -> u128 {
        self.parts().1
    }

    /// Where the identifier lies, as a fraction of the whole ring in units of 2^−128: its first 128 bits, left-aligned.
    #[must_use]
    pub const fn fraction(self, bits: IdBits) -> u128 {
        let (high, low) = self.parts();
        let m = bits.0 as u32;
        if m <= 128 { low << (128 - m) } else { (high as u128) << (256 - m) | low >> (m - 128) }
    }

    /// The first 64 bits of [`ChordId::fraction`].
    #[must_use]
    #[inline]
    pub const fn fraction_start(self, bits: IdBits) -> u64 {
        let [first, second, ..] = self.0;
        // The one that large rings have: no shifts by what is not known beforehand.
        if bits.0 == 160 { (first as u64) << 32 | second as u64 } else { (self.fraction(bits) >> 64) as u64 }
    }

    /// `self` + 2^`exponent` mod 2^m: with exponent i − 1 the start of the paper's finger i.
    #[must_use]
    pub const fn plus_power(self, exponent: u8, bits: IdBits) -> Self {
        let (high, low) = self.parts();
        let sum = if exponent >= 128 {
            (high.wrapping_add(1_u32.wrapping_shl(exponent as u32 - 128)), low)
        } else {
            let (low, carry) = low.overflowing_add(1 << exponent);
            (high.wrapping_add(carry as u32), low)
        };
        Self::from_parts(sum.0, sum.1).masked(bits)
    }

    /// The identifier one before this one.
    #[must_use]
    pub const fn before(self, bits: IdBits) -> Self {
        Self::from_parts(0, 1).clockwise_to(self, bits)
    }

    /// The way round from here to `other`, clockwise: (other − self) mod 2^m.
    #[must_use]
    #[inline]
    pub const fn clockwise_to(self, other: Self, bits: IdBits) -> Self {
        let ((here_high, here_low), (high, low)) = (self.parts(), other.parts());
        let (low, borrow) = low.overflowing_sub(here_low);
        let high = high.wrapping_sub(here_high).wrapping_sub(borrow as u32);
        Self::from_parts(high, low).masked(bits)
    }

    /// Bits needed to write this number: 0 for 0, else ⌊log2⌋ + 1.
    #[must_use]
    pub const fn bit_length(self) -> u8 {
        let (high, low) = self.parts();
        if high != 0 { 160 - high.leading_zeros() as u8 } else { 128 - low.leading_zeros() as u8 }
    }

    /// Whether going clockwise from `after` one meets `self` before `until`: self ∈ (after, until).
    /// If both ends are equal this is the whole ring but for them.
    #[must_use]
    #[inline]
    pub fn between(self, after: Self, until: Self, bits: IdBits) -> bool {
        if after == until {
            return self != after;
        }
        self != after && after.clockwise_to(self, bits) < after.clockwise_to(until, bits)
    }

    /// self ∈ (after, until]. If both ends are equal this is the whole ring.
    #[must_use]
    #[inline]
    pub fn between_or_at_end(self, after: Self, until: Self, bits: IdBits) -> bool {
        self == until || self.between(after, until, bits)
    }
}

impl RingId for ChordId {
    type Space = IdBits;

    /// SHA-1 cut to its first m bits.
    fn of_name(bits: IdBits, name: &str) -> Self {
        let hash = sha1(name.as_bytes());
        let mut words = [0; 5];
        for (word, bytes) in words.iter_mut().zip(hash.chunks_exact(4)) {
            *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        let (high, low) = Self(words).parts();
        let drop = 160 - u32::from(bits.0);
        let (high, low) = match drop {
            0 => (high, low),
            1..=31 => (high >> drop, low >> drop | u128::from(high) << (128 - drop)),
            32 => (0, low >> 32 | u128::from(high) << 96),
            _ => (0, (low >> 32 | u128::from(high) << 96) >> (drop - 32)),
        };
        Self::from_parts(high, low)
    }

    /// Small rings (m ≤ 16) are read in decimal; larger ones in hexadecimal, where fewer digits than the identifier
    /// holds mean its first ones, as with a GUID.
    fn parse(bits: IdBits, text: &str) -> Result<Self, HexError> {
        if bits.is_decimal() {
            let text = text.trim();
            if text.is_empty() {
                return Err(HexError::Empty);
            }
            if let Some(c) = text.chars().find(|c| !c.is_ascii_digit()) {
                return Err(HexError::NotDecimal(c));
            }
            let value = text.parse::<u128>().map_err(|_| HexError::TooLarge { bits: bits.0 })?;
            return if value >> bits.0 == 0 {
                Ok(Self::from_parts(0, value))
            } else {
                Err(HexError::TooLarge { bits: bits.0 })
            };
        }
        let most = bits.hex_digits();
        let values = hex::digits(text, most)?;
        let mut words = [0_u32; 5];
        for (i, value) in values.iter().enumerate() {
            let shift = 4 * (most - 1 - i);
            words[4 - shift / 32] |= u32::from(*value) << (shift % 32);
        }
        let id = Self(words);
        if id.masked(bits) == id { Ok(id) } else { Err(HexError::TooLarge { bits: bits.0 }) }
    }

    fn random<R: Rng>(bits: IdBits, rng: &mut R) -> Self {
        let low = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
        Self::from_parts(rng.next_u64() as u32, low).masked(bits)
    }

    fn room(bits: IdBits) -> u64 {
        1_u64.checked_shl(u32::from(bits.0)).unwrap_or(u64::MAX)
    }

    fn turn(self, bits: IdBits) -> f64 {
        let (high, low) = self.parts();
        let value = f64::from(high) * 2_f64.powi(128) + low as f64;
        let turn = value / 2_f64.powi(i32::from(bits.0));
        if turn < 1.0 { turn } else { 0.0 }
    }

    fn text(self, bits: IdBits, digits: usize) -> String {
        let (high, low) = self.parts();
        if bits.is_decimal() {
            return low.to_string();
        }
        let all = format!("{high:08X}{low:032X}");
        let all = &all[40 - bits.hex_digits()..];
        all[..digits.min(all.len())].to_string()
    }
}

impl fmt::Debug for ChordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = self.parts();
        if high == 0 { write!(f, "ChordId({low})") } else { write!(f, "ChordId({high:X}{low:032X})") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const M4: IdBits = IdBits(4);

    fn small(value: u128) -> ChordId {
        ChordId::from_u128(value, M4)
    }

    #[test]
    fn finger_starts_of_node_9_on_the_slide_are_10_11_13_and_1() {
        let starts = [0, 1, 2, 3].map(|e| small(9).plus_power(e, M4).low());
        assert_eq!(starts, [10, 11, 13, 1]);
    }

    #[test]
    fn an_interval_may_pass_zero() {
        assert!(small(15).between(small(13), small(1), M4));
        assert!(small(0).between(small(13), small(1), M4));
        assert!(!small(1).between(small(13), small(1), M4));
        assert!(small(1).between_or_at_end(small(13), small(1), M4));
    }

    #[test]
    fn an_interval_with_equal_ends_is_the_whole_ring() {
        assert!(small(3).between(small(7), small(7), M4));
        assert!(!small(7).between(small(7), small(7), M4));
        assert!(small(7).between_or_at_end(small(7), small(7), M4));
    }

    #[test]
    fn a_name_hashes_to_its_sha1() {
        let id = ChordId::of_name(IdBits::SHA1, "abc");
        assert_eq!(id.text(IdBits::SHA1, 40), "A9993E364706816ABA3E25717850C26C9CD0D89D");
        assert_eq!(ChordId::of_name(M4, "abc").low(), 0xA);
        assert_eq!(ChordId::of_name(IdBits(136), "abc").text(IdBits(136), 40), "A9993E364706816ABA3E25717850C26C9C");
        assert_eq!(ChordId::of_name(IdBits(128), "abc").text(IdBits(128), 40), "A9993E364706816ABA3E25717850C26C");
    }

    #[test]
    fn text_that_is_no_identifier_is_refused_with_its_reason() {
        assert_eq!(ChordId::parse(M4, "16"), Err(HexError::TooLarge { bits: 4 }));
        assert_eq!(ChordId::parse(M4, "x"), Err(HexError::NotDecimal('x')));
        assert_eq!(ChordId::parse(IdBits(160), " "), Err(HexError::Empty));
        assert_eq!(ChordId::parse(IdBits(17), "FFFFF"), Err(HexError::TooLarge { bits: 17 }));
    }

    fn any_id() -> impl Strategy<Value = (ChordId, IdBits)> {
        (1_u8..=160, any::<[u32; 5]>()).prop_map(|(m, words)| (ChordId(words).masked(IdBits(m)), IdBits(m)))
    }

    proptest! {
        #[test]
        fn going_there_and_adding_up_is_the_whole_ring((a, bits) in any_id(), words: [u32; 5]) {
            let b = ChordId(words).masked(bits);
            let (there, back) = (a.clockwise_to(b, bits), b.clockwise_to(a, bits));
            prop_assert_eq!(back, there.clockwise_to(ChordId::ZERO, bits));
        }

        #[test]
        fn a_power_added_lies_that_far_clockwise((a, bits) in any_id(), e: u8) {
            let e = e % bits.get();
            let way = a.clockwise_to(a.plus_power(e, bits), bits);
            prop_assert_eq!(way.bit_length(), e + 1);
        }

        #[test]
        fn text_reads_back((a, bits) in any_id()) {
            prop_assert_eq!(ChordId::parse(bits, &a.text(bits, 40)), Ok(a));
        }

        #[test]
        fn the_fraction_of_the_ring_agrees_with_the_turn((a, bits) in any_id()) {
            let turn = a.fraction(bits) as f64 / 2_f64.powi(128);
            prop_assert!((turn - a.turn(bits)).abs() < 1e-9 || a.turn(bits) == 0.0);
            prop_assert_eq!(a.fraction_start(bits), (a.fraction(bits) >> 64) as u64);
            prop_assert_eq!(ChordId(a.0).fraction_start(IdBits(160)), (a.fraction(IdBits(160)) >> 64) as u64);
        }

        #[test]
        fn turn_is_within_the_ring((a, bits) in any_id()) {
            let turn = a.turn(bits);
            prop_assert!((0.0..1.0).contains(&turn));
        }
    }
}
