//! The greeting on a new link: each end proves its key to the other.
//!
//! Both ends tell their key and a fresh nonce, then sign both nonces, both keys, and the fingerprints of both DTLS
//! certificates. Nonces make a recorded greeting worthless; fingerprints bind the key to this very connection, so that
//! whoever passed the descriptions on cannot stand between the two.

use serde::{Deserialize, Serialize};

use super::{KeyPair, PublicKey, Signature};

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 16;
/// What the signature is for.
const WHAT: &str = "overlay lab greeting 1";

/// Random bytes, fresh for each link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Nonce(pub [u8; NONCE_BYTES]);

/// One end of a link, as both ends know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Greeting {
    /// Its key.
    pub key: PublicKey,
    /// Its nonce.
    pub nonce: Nonce,
    /// SHA-256 fingerprint of its DTLS certificate, from its description.
    pub fingerprint: [u8; 32],
}

impl Greeting {
    fn parts<'a>(signer: &'a Self, verifier: &'a Self, version: &'a [u8; 1]) -> [&'a [u8]; 7] {
        let [a, b] = [signer, verifier].map(|end| [&end.key.0[..], &end.nonce.0[..], &end.fingerprint[..]]);
        [version, a[0], a[1], a[2], b[0], b[1], b[2]]
    }

    /// This end's proof to `verifier`, for a version of the wire format.
    #[must_use]
    pub fn prove(&self, keys: &KeyPair, verifier: &Self, version: u8) -> Signature {
        keys.sign(WHAT, &Self::parts(self, verifier, &[version]))
    }

    /// Whether `proof` is this end's to `verifier`.
    #[must_use]
    pub fn is_proven(&self, verifier: &Self, version: u8, proof: &Signature) -> bool {
        self.key != verifier.key && self.key.signed(WHAT, &Self::parts(self, verifier, &[version]), proof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(secret: u8, nonce: u8, fingerprint: u8) -> (KeyPair, Greeting) {
        let keys = KeyPair::from_secret(&[secret; 32]);
        let key = keys.public();
        (keys, Greeting { key, nonce: Nonce([nonce; NONCE_BYTES]), fingerprint: [fingerprint; 32] })
    }

    #[test]
    fn each_end_proves_its_key_to_the_other() {
        let ((alice_keys, alice), (bob_keys, bob)) = (end(1, 10, 20), end(2, 11, 21));
        assert!(alice.is_proven(&bob, 1, &alice.prove(&alice_keys, &bob, 1)));
        assert!(bob.is_proven(&alice, 1, &bob.prove(&bob_keys, &alice, 1)));
    }

    #[test]
    fn a_recorded_proof_is_worthless_on_another_link() {
        let ((keys, alice), (_, bob)) = (end(1, 10, 20), end(2, 11, 21));
        let recorded = alice.prove(&keys, &bob, 1);
        let later = Greeting { nonce: Nonce([12; NONCE_BYTES]), ..bob };
        assert!(!alice.is_proven(&later, 1, &recorded), "another nonce");
        assert!(!alice.is_proven(&bob, 2, &recorded), "another version");
    }

    #[test]
    fn nobody_stands_between_two_ends() {
        // Mallory gave each of them a description with its own certificate, and passes their proofs on.
        let ((keys, alice), (_, bob)) = (end(1, 10, 20), end(2, 11, 21));
        let mallory_as_bob = Greeting { fingerprint: [66; 32], ..bob };
        let proof = alice.prove(&keys, &mallory_as_bob, 1);
        assert!(!alice.is_proven(&bob, 1, &proof));
    }

    #[test]
    fn an_echo_of_the_own_proof_proves_nothing() {
        let (keys, alice) = end(1, 10, 20);
        let echo = Greeting { ..alice };
        assert!(!echo.is_proven(&alice, 1, &alice.prove(&keys, &echo, 1)));
    }
}
