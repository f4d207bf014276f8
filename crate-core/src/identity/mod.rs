//! Who a real node is: an ed25519 key pair, the GUID that follows from it, and what it signs.
//!
//! Draws the slide "Pastry": a node's GUID is a hash of its public key, here the first 128 bits of its SHA-1. So nobody
//! can choose where on the ring it lives, and nobody can speak for another: whoever claims a GUID shows the key and
//! proves to hold its secret half.
//!
//! # Implementation notes
//! - Every signature begins with the name of what is signed, so one can never be passed off as another.
//! - Keys are free, so proofs do not stop anybody from coming in under many names. Quotas and limits do what can be done.
//! - Verification is the strict one: keys of small order and malleable signatures are refused.

mod announcement;
mod hello;

use core::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use announcement::{Announcement, MOST_NAME_BYTES, Name, NameError, Presence};
pub use hello::{Greeting, NONCE_BYTES, Nonce};

use crate::id::Guid;

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// The public half of a node's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// The GUID of the node that holds the secret half.
    #[must_use]
    pub fn guid(&self) -> Guid {
        Guid::of_bytes(&self.0)
    }

    /// Whether the holder of the secret half signed `parts`, one behind the other, as something called `what`.
    #[must_use]
    pub fn signed(&self, what: &str, parts: &[&[u8]], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        let key = VerifyingKey::from_bytes(&self.0);
        key.is_ok_and(|key| key.verify_strict(&statement(what, parts), &signature).is_ok())
    }
}

/// A signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature(pub [u8; SIGNATURE_BYTES]);

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut tuple = to.serialize_tuple(SIGNATURE_BYTES)?;
        for byte in &self.0 {
            tuple.serialize_element(byte)?;
        }
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl<'de> Visitor<'de> for Bytes {
            type Value = Signature;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 bytes")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Signature, A::Error> {
                let mut signature = [0; SIGNATURE_BYTES];
                for byte in &mut signature {
                    *byte = bytes.next_element()?.ok_or_else(|| A::Error::custom("a signature has 64 bytes"))?;
                }
                Ok(Signature(signature))
            }
        }

        from.deserialize_tuple(SIGNATURE_BYTES, Bytes)
    }
}

/// A node's key pair.
#[derive(Clone)]
pub struct KeyPair {
    signing: SigningKey,
    guid: Guid,
}

impl KeyPair {
    /// The pair whose secret half is these random bytes.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(secret);
        let guid = PublicKey(signing.verifying_key().to_bytes()).guid();
        Self { signing, guid }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.signing.verifying_key().to_bytes())
    }

    /// The node's identifier.
    #[must_use]
    pub const fn guid(&self) -> Guid {
        self.guid
    }

    /// Signs `parts`, one behind the other, as something called `what`. Parts of changing length must say how long they
    /// are, or stand last.
    #[must_use]
    pub fn sign(&self, what: &str, parts: &[&[u8]]) -> Signature {
        Signature(self.signing.sign(&statement(what, parts)).to_bytes())
    }
}

impl fmt::Debug for KeyPair {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("guid", &self.guid).finish_non_exhaustive()
    }
}

/// What is signed: the name of the kind of statement, a zero byte, and the parts.
fn statement(what: &str, parts: &[&[u8]]) -> Vec<u8> {
    let head = [what.as_bytes(), &[0]].concat();
    [&head, &*parts.concat()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_the_first_half_of_the_hash_of_the_public_key() {
        let keys = KeyPair::from_secret(&[7; 32]);
        let hash = crate::id::sha1(&keys.public().0);
        assert_eq!(keys.guid().0.to_be_bytes(), hash[..16]);
    }

    #[test]
    fn keys_are_those_of_the_standard() {
        // RFC 8032, section 7.1, test 1: the public key of this secret.
        let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let bytes = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).expect("hexadecimal digits");
        let secret: [u8; 32] = bytes(secret).try_into().expect("32 bytes");
        assert_eq!(KeyPair::from_secret(&secret).public().0.to_vec(), bytes(public));
    }

    #[test]
    fn a_signature_holds_for_its_statement_its_kind_and_its_key_alone() {
        let (keys, other) = (KeyPair::from_secret(&[1; 32]), KeyPair::from_secret(&[2; 32]));
        let signature = keys.sign("greeting", &[b"one", b"two"]);
        assert!(keys.public().signed("greeting", &[b"one", b"two"], &signature));
        assert!(!keys.public().signed("greeting", &[b"one", b"too"], &signature));
        assert!(!keys.public().signed("announcement", &[b"one", b"two"], &signature));
        assert!(!other.public().signed("greeting", &[b"one", b"two"], &signature));
    }

    #[test]
    fn a_key_that_is_no_point_or_of_small_order_signs_nothing() {
        let signature = Signature([0; SIGNATURE_BYTES]);
        for key in [[0; 32], [0xFF; 32], core::array::from_fn(|i| u8::from(i == 0))] {
            assert!(!PublicKey(key).signed("greeting", &[], &signature));
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert!(!format!("{:?}", KeyPair::from_secret(&[0xAB; 32])).to_lowercase().contains("abab"));
    }
}
