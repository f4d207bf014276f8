//! Pastry's 128-bit GUID, its digits in base 2^b, and distances on its ring.

use core::fmt;

use rand::Rng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{HexError, RingId, hex, sha1};

/// A 128-bit globally unique identifier on the ring 0 … 2^128 − 1.
///
/// Slide identifiers such as `65A1FC` are the first digits of one: the value is left-aligned and padded with zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Guid(pub u128);

/// How a GUID is cut into digits: b bits each, most significant first (the paper's b; the slides use 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Digits {
    /// b = 1: 128 binary digits.
    Bits1,
    /// b = 2: 64 digits of base 4.
    Bits2,
    /// b = 4: 32 hexadecimal digits.
    Bits4,
}

impl Digits {
    /// The digits of b bits; only 1, 2 and 4 divide a GUID as the paper uses it.
    #[must_use]
    pub const fn from_bits(b: u8) -> Option<Self> {
        match b {
            1 => Some(Self::Bits1),
            2 => Some(Self::Bits2),
            4 => Some(Self::Bits4),
            _ => None,
        }
    }

    /// log2 b: digits are cut by shifts, which cost less than a division by a number not known beforehand.
    const fn log(self) -> u32 {
        match self {
            Self::Bits1 => 0,
            Self::Bits2 => 1,
            Self::Bits4 => 2,
        }
    }

    /// b, the bits of one digit.
    #[must_use]
    #[inline]
    pub const fn bits(self) -> u32 {
        1 << self.log()
    }

    /// 2^b: columns of a routing table.
    #[must_use]
    pub const fn base(self) -> usize {
        1 << self.bits()
    }

    /// 128 / b: rows of a routing table.
    #[must_use]
    pub const fn rows(self) -> usize {
        128 / self.bits() as usize
    }
}

impl Guid {
    /// The GUID of a name or a public key: the first 128 bits of its SHA-1.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let hash = sha1(bytes);
        let mut first = [0; 16];
        first.copy_from_slice(&hash[..16]);
        Self(u128::from_be_bytes(first))
    }

    /// Digit `i`, counted from the most significant; 0 ≤ i < `digits.rows()`.
    #[must_use]
    #[inline]
    pub const fn digit(self, i: usize, digits: Digits) -> usize {
        // One 64-bit half at a time: variable shifts of a u128 are several times slower in wasm.
        let bits = digits.bits();
        let at = (i as u32) << digits.log();
        let half = if at < 64 { (self.0 >> 64) as u64 } else { self.0 as u64 };
        ((half >> (64 - bits - at % 64)) as usize) & (digits.base() - 1)
    }

    /// How many leading digits two GUIDs share (the paper's shl); `digits.rows()` if they are equal.
    #[must_use]
    #[inline]
    pub const fn shared_prefix(self, other: Self, digits: Digits) -> usize {
        ((self.0 ^ other.0).leading_zeros() >> digits.log()) as usize
    }

    /// The way round from here to `other`, clockwise (towards larger identifiers).
    #[must_use]
    #[inline]
    pub const fn clockwise_to(self, other: Self) -> u128 {
        other.0.wrapping_sub(self.0)
    }

    /// The shorter way round between two GUIDs.
    #[must_use]
    #[inline]
    pub const fn ring_distance(self, other: Self) -> u128 {
        let there = other.0.wrapping_sub(self.0);
        let back = self.0.wrapping_sub(other.0);
        if there < back { there } else { back }
    }

    /// Orders candidates for being numerically closest to `self`: by distance, then by the smaller GUID, so that all
    /// nodes agree on a tie.
    #[must_use]
    #[inline]
    pub const fn closeness(self, candidate: Self) -> (u128, u128) {
        (self.ring_distance(candidate), candidate.0)
    }
}

impl RingId for Guid {
    type Space = ();

    fn of_name((): (), name: &str) -> Self {
        Self::of_bytes(name.as_bytes())
    }

    fn parse((): (), text: &str) -> Result<Self, HexError> {
        text.parse()
    }

    fn random<R: Rng>((): (), rng: &mut R) -> Self {
        Self(u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64()))
    }

    fn room((): ()) -> u64 {
        u64::MAX
    }

    fn turn(self, (): ()) -> f64 {
        // 53 bits are exact in an f64.
        (self.0 >> 75) as f64 / (1_u64 << 53) as f64
    }

    fn text(self, (): (), digits: usize) -> String {
        let digits = digits.min(32);
        format!("{self:.digits$}")
    }
}

impl core::str::FromStr for Guid {
    type Err = HexError;

    /// Reads 1 to 32 hexadecimal digits, left-aligned.
    fn from_str(text: &str) -> Result<Self, HexError> {
        let values = hex::digits(text, 32)?;
        let value = values.iter().fold(0_u128, |sum, v| sum << 4 | u128::from(*v));
        Ok(Self(value << (4 * (32 - values.len()))))
    }
}

impl fmt::Display for Guid {
    /// Upper-case hexadecimal; a precision cuts it: `{:.6}` gives `65A1FC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = format!("{:032X}", self.0);
        f.pad(&all[..f.precision().unwrap_or(32).min(32)])
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guid({self:.8}…)")
    }
}

impl Serialize for Guid {
    /// 32 digits for people, 16 big-endian bytes for machines (a varint would take 19).
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { self.0.to_be_bytes().serialize(to) }
    }
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
            text.parse().map_err(de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(from).map(|bytes| Self(u128::from_be_bytes(bytes)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn guid(text: &str) -> Guid {
        text.parse().expect("digits written in a test")
    }

    #[test]
    fn slide_identifiers_are_left_aligned() {
        assert_eq!(guid("65A1FC").0 >> 104, 0x65_A1FC);
        assert_eq!(format!("{:.6}", guid("65A1FC")), "65A1FC");
    }

    #[test]
    fn slide_nodes_share_the_digits_the_slide_shows() {
        let key = guid("D46A1C");
        let shared = ["65A1FC", "D13DA3", "D4213F", "D462BA"].map(|n| guid(n).shared_prefix(key, Digits::Bits4));
        assert_eq!(shared, [0, 1, 2, 3]);
    }

    #[test]
    fn a_name_hashes_to_the_first_sixteen_bytes_of_its_sha1() {
        // SHA-1("abc") = a9993e36 4706816a ba3e2571 7850c26c 9cd0d89d (FIPS 180).
        assert_eq!(Guid::of_bytes(b"abc").to_string(), "A9993E364706816ABA3E25717850C26C");
    }

    #[test]
    fn text_that_is_no_guid_is_refused_with_its_reason() {
        assert_eq!("".parse::<Guid>(), Err(HexError::Empty));
        assert_eq!("12G4".parse::<Guid>(), Err(HexError::NotHex('G')));
        assert_eq!("1".repeat(33).parse::<Guid>(), Err(HexError::TooLong { found: 33, most: 32 }));
    }

    proptest! {
        #[test]
        fn digits_put_together_give_the_guid(value: u128) {
            for digits in [Digits::Bits1, Digits::Bits2, Digits::Bits4] {
                let sum = (0..digits.rows()).fold(0_u128, |sum, i| sum << digits.bits() | Guid(value).digit(i, digits) as u128);
                prop_assert_eq!(sum, value);
            }
        }

        #[test]
        fn distance_is_the_same_both_ways_and_at_most_half_the_ring(a: u128, b: u128) {
            prop_assert_eq!(Guid(a).ring_distance(Guid(b)), Guid(b).ring_distance(Guid(a)));
            prop_assert!(Guid(a).ring_distance(Guid(b)) <= 1 << 127);
        }

        #[test]
        fn the_first_unshared_digit_differs(a: u128, b: u128) {
            prop_assume!(a != b);
            let p = Guid(a).shared_prefix(Guid(b), Digits::Bits4);
            prop_assert_ne!(Guid(a).digit(p, Digits::Bits4), Guid(b).digit(p, Digits::Bits4));
        }

        #[test]
        fn text_reads_back(value: u128) {
            prop_assert_eq!(guid(&Guid(value).to_string()), Guid(value));
        }

        #[test]
        fn bytes_read_back(value: u128) {
            let bytes = postcard::to_allocvec(&Guid(value)).expect("encodes");
            prop_assert_eq!(bytes.len(), 16);
            prop_assert_eq!(postcard::from_bytes::<Guid>(&bytes), Ok(Guid(value)));
        }
    }
}
