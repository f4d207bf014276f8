//! Random bytes, and what a room's name is turned into: where members meet, and the key of what they say there.
//!
//! # Implementation notes
//! A tracker sees only the meeting place and ciphertext. The key is as good as the room's name is hard to guess; hashing
//! it many times makes guessing dear, no more. Whoever knows the name may come in, which is its purpose.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha512};

/// How often a room's name is hashed.
const ROUNDS: u32 = 20_000;
const NONCE_BYTES: usize = 12;
/// Longest sealed text that is looked at.
const SEALED_CHARACTERS_MAX: usize = 1_000;

/// Random bytes from the browser's own source.
///
/// # Panics
/// Where there is no such source: then no key could be trusted.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let source = crate::dom::window().crypto().expect("a browser has a source of random bytes");
    source.get_random_values_with_u8_array(&mut bytes).expect("it gives some bytes at a time");
    bytes
}

/// Bytes of a cipher's key: as many of its hash.
const KEY_BYTES: usize = 32;

/// A room: whoever knows its name finds the others there.
#[derive(Clone)]
pub struct Room {
    /// Twenty plain characters, the tracker's name for it.
    pub place: String,
    cipher: ChaCha20Poly1305,
}

impl Room {
    /// The room of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut hash = Sha512::digest(format!("overlay-lab/room/1/{name}"));
        for _ in 0..ROUNDS {
            hash = Sha512::digest(hash);
        }
        let derived = |what: &str| Sha512::new().chain_update(hash).chain_update(what).finalize();
        let place = BASE64URL_NOPAD.encode(&derived("place")).chars().take(20).collect();
        let key = derived("key");
        let (key, _) = key.split_at(KEY_BYTES);
        Self { place, cipher: ChaCha20Poly1305::new_from_slice(key).expect("a key of the right length") }
    }

    /// Text that only those can read who know the room.
    #[must_use]
    pub fn seal(&self, bytes: &[u8], nonce: [u8; NONCE_BYTES]) -> String {
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), bytes).unwrap_or_default();
        BASE64URL_NOPAD.encode(&[nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed; `None` for anything else.
    #[must_use]
    pub fn open(&self, text: &str) -> Option<Vec<u8>> {
        if text.len() > SEALED_CHARACTERS_MAX {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        self.cipher.decrypt(&Nonce::from(*nonce), sealed).ok()
    }
}

/// Twenty random characters that every tracker takes for an id.
#[must_use]
pub fn id() -> String {
    BASE64URL_NOPAD.encode(&random::<15>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_in_a_room_is_read_in_that_room_alone() {
        let (room, other) = (Room::new("class of 2026"), Room::new("class of 2027"));
        let text = room.seal(b"an offer", [7; 12]);
        assert_eq!(room.open(&text).as_deref(), Some(b"an offer".as_slice()));
        assert_eq!(other.open(&text), None);
        assert_ne!(room.place, other.place);
        assert!(room.place.len() == 20 && room.place.is_ascii());
    }

    #[test]
    fn what_was_not_sealed_is_nothing() {
        let room = Room::new("a room");
        let text = room.seal(b"an offer", [7; 12]);
        let mut forged = text.clone().into_bytes();
        forged[20] ^= 1;
        for bad in ["", "hello", "%%%", &"A".repeat(100_000), &String::from_utf8_lossy(&forged), &text[..20]] {
            assert_eq!(room.open(bad), None);
        }
    }
}
