//! What two browsers have to tell each other before there is a link between them, as small as it gets.
//!
//! A session description of a data channel is 650 to 1,000 bytes of text, of which about 80 say anything. `Description`
//! keeps those; the text is rebuilt at the far side. So an offer fits into a link, a QR code, or one overlay message.
//! `Invitation` is an offer or answer with who it is from, for people and meeting places to hand on.
//!
//! # Layout of a description, version 1
//! Byte 0: version in bits 4–7, bit 3 set for an answer, setup in bits 0–2 (0 actpass, 1 active, 2 passive). Then the
//! SHA-256 fingerprint (32 bytes), the user fragment and the password (each with one byte before it: n < 64 for n groups
//! of four base64 characters in 3n bytes, 64 + n for n bytes of lower-case hexadecimal digits, 128 + n for n characters
//! as they are). Then, to the end, the candidates: one byte (type in bits 4–7, family in bits 0–3), the address (IPv4: 4
//! bytes, IPv6 and mDNS names: 16), the port in 2 bytes.
//!
//! # Implementation notes
//! - Priorities and foundations are made anew from type and order; candidates over TCP and related addresses are left
//!   out; the fingerprint is the SHA-256 one, whatever others there are.
//! - Everything here comes from outside: nothing panics, counts are bounded, and what does not follow the layout is
//!   refused with a sentence.

mod candidate;
mod description;
mod invitation;
#[cfg(test)]
mod tests;

pub use candidate::{Address, Candidate, CandidateError, CandidateType};
pub use description::{BlobError, Description, Kind, MOST_CANDIDATES, SdpError, Setup};
pub use invitation::{Invitation, InvitationError};
