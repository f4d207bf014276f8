//! The binary form of version 0.4's descriptors ("The Gnutella Protocol Specification v0.4", Clip2): a header of 23 bytes,
//! then the payload.
//!
//! | bytes | header | | bytes | payload |
//! |---|---|---|---|---|
//! | 0–15 | descriptor id | | Ping | nothing |
//! | 16 | type: 00 Ping, 01 Pong, 40 Push, 80 Query, 81 QueryHit | | Pong | port, IPv4, files, kilobytes |
//! | 17 | TTL | | Query | minimum speed, terms, 00 |
//! | 18 | hops | | QueryHit | count, port, IPv4, speed, results, servent id |
//! | 19–22 | payload length | | Push | servent id, file index, IPv4, port |
//!
//! Numbers are little-endian, IPv4 addresses as they are written. A result is index, size, name, 00 00.
//!
//! # Implementation notes
//! - TTL + hops above 255, strings that are no UTF-8, a second 00 in terms and bytes behind a payload's end are refused. Later
//!   extensions (GGEP, the bytes between the two zeros of a result) are none of version 0.4, so they are refused too.
//! - Speeds and sizes are written as 0: simulated files have none.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use thiserror::Error;

use super::message::{Body, Descriptor};
use crate::id::Guid;
use crate::protocol::{Directory, Peer};
use crate::search::NAME_BYTES_MAX;

/// Bytes of the header.
pub const HEADER_BYTES: usize = 23;
/// The longest payload that is read: a QueryHit of 255 names of 200 bytes fits.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// The port of every simulated peer.
const PORT: u16 = 6_346;
/// The first of their addresses: 10.0.0.0.
const NETWORK: u32 = 0x0A00_0000;

/// A descriptor as it stands on the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// Its name.
    pub id: [u8; 16],
    /// How often it may still be passed on.
    pub ttl: u8,
    /// How often it was.
    pub hops: u8,
    /// What it says.
    pub payload: Payload,
}

/// What a descriptor says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    /// Who is there?
    Ping,
    /// I am.
    Pong {
        /// Where connections are accepted.
        address: SocketAddrV4,
        /// Files shared.
        files: u32,
        /// Their size.
        kilobytes: u32,
    },
    /// Who has this?
    Query {
        /// In kilobytes a second: slower peers need not answer.
        minimum_speed: u16,
        /// The terms.
        words: Arc<str>,
    },
    /// I have these.
    QueryHit {
        /// Where they can be fetched.
        address: SocketAddrV4,
        /// In kilobytes a second.
        speed: u32,
        /// At most 255.
        results: Vec<FileResult>,
        /// Names the answering peer.
        servent: [u8; 16],
    },
    /// Bring me a file.
    Push {
        /// Names the peer that has it.
        servent: [u8; 16],
        /// The file's number there.
        index: u32,
        /// Where to.
        address: SocketAddrV4,
    },
}

/// One file of a QueryHit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileResult {
    /// Its number.
    pub index: u32,
    /// Its size in bytes.
    pub size: u32,
    /// Its name.
    pub name: Arc<str>,
}

/// Why bytes are no descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum BinaryError {
    /// They end too early.
    #[error("a descriptor is cut short")]
    Short,
    /// The header's length is larger than any payload.
    #[error("a payload of {0} bytes is too long")]
    Long(u32),
    /// No such type.
    #[error("there is no descriptor of type {0:#04x}")]
    Type(u8),
    /// TTL and hops together exceed what they may.
    #[error("TTL and hops are more than 255 together")]
    Hops,
    /// The payload has bytes left over.
    #[error("a payload is longer than what it holds")]
    Rest,
    /// Not text, or too long.
    #[error("a name or terms are no text of at most {NAME_BYTES_MAX} bytes")]
    Text,
}

impl Payload {
    const fn kind(&self) -> u8 {
        match self {
            Self::Ping => 0x00,
            Self::Pong { .. } => 0x01,
            Self::Push { .. } => 0x40,
            Self::Query { .. } => 0x80,
            Self::QueryHit { .. } => 0x81,
        }
    }

    fn write(&self, to: &mut Vec<u8>) {
        match self {
            Self::Ping => {}
            Self::Pong { address, files, kilobytes } => {
                write_port_first(to, *address);
                to.extend(files.to_le_bytes());
                to.extend(kilobytes.to_le_bytes());
            }
            Self::Query { minimum_speed, words } => {
                to.extend(minimum_speed.to_le_bytes());
                to.extend(words.bytes());
                to.push(0);
            }
            Self::QueryHit { address, speed, results, servent } => {
                let results = &results[..results.len().min(255)];
                to.push(results.len() as u8);
                write_port_first(to, *address);
                to.extend(speed.to_le_bytes());
                for result in results {
                    to.extend(result.index.to_le_bytes());
                    to.extend(result.size.to_le_bytes());
                    to.extend(result.name.bytes());
                    to.extend([0, 0]);
                }
                to.extend(servent);
            }
            Self::Push { servent, index, address } => {
                to.extend(servent);
                to.extend(index.to_le_bytes());
                to.extend(address.ip().octets());
                to.extend(address.port().to_le_bytes());
            }
        }
    }

    fn read(kind: u8, from: &mut Reader<'_>) -> Result<Self, BinaryError> {
        Ok(match kind {
            0x00 => Self::Ping,
            0x01 => Self::Pong { address: from.address()?, files: from.u32()?, kilobytes: from.u32()? },
            0x40 => {
                let (servent, index, ip) = (from.array()?, from.u32()?, from.array::<4>()?);
                Self::Push { servent, index, address: SocketAddrV4::new(ip.into(), from.u16()?) }
            }
            0x80 => Self::Query { minimum_speed: from.u16()?, words: from.text()? },
            0x81 => {
                let count = from.array::<1>()?[0];
                let (address, speed) = (from.address()?, from.u32()?);
                let result = |from: &mut Reader<'_>| {
                    let (index, size, name) = (from.u32()?, from.u32()?, from.text()?);
                    if from.array()? == [0] { Ok(FileResult { index, size, name }) } else { Err(BinaryError::Text) }
                };
                let results = (0..count).map(|_| result(from)).collect::<Result<_, _>>()?;
                Self::QueryHit { address, speed, results, servent: from.array()? }
            }
            other => return Err(BinaryError::Type(other)),
        })
    }
}

impl Packet {
    /// Header and payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + 64);
        bytes.extend(self.id);
        bytes.extend([self.payload.kind(), self.ttl, self.hops, 0, 0, 0, 0]);
        self.payload.write(&mut bytes);
        let length = (bytes.len() - HEADER_BYTES) as u32;
        bytes[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
        bytes
    }

    /// Reads one descriptor from the beginning of `bytes`, and says how many bytes it took.
    ///
    /// # Errors
    /// If they are none; [`BinaryError::Short`] if more bytes may make one of them.
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), BinaryError> {
        let mut header = Reader(bytes);
        let (id, [kind, ttl, hops]) = (header.array()?, header.array()?);
        let length = header.u32()?;
        if length as usize > PAYLOAD_BYTES_MAX {
            return Err(BinaryError::Long(length));
        }
        if ttl.checked_add(hops).is_none() {
            return Err(BinaryError::Hops);
        }
        if !matches!(kind, 0x00 | 0x01 | 0x40 | 0x80 | 0x81) {
            return Err(BinaryError::Type(kind));
        }
        let mut payload = Reader(header.0.get(..length as usize).ok_or(BinaryError::Short)?);
        // What is cut short within its own length stays so.
        let inner = Payload::read(kind, &mut payload).map_err(|error| match error {
            BinaryError::Short => BinaryError::Rest,
            other => other,
        })?;
        if payload.0.is_empty() {
            Ok((Self { id, ttl, hops, payload: inner }, HEADER_BYTES + length as usize))
        } else {
            Err(BinaryError::Rest)
        }
    }

    /// The binary form of a simulated descriptor. Peer number n has the address 10.0.0.0 + n, port 6346; its servent id is
    /// its GUID.
    #[must_use]
    pub fn of(descriptor: &Descriptor, peers: &Directory<Guid>) -> Self {
        let servent = |peer: Peer| peers.id(peer).0.to_be_bytes();
        let payload = match &descriptor.body {
            Body::Ping => Payload::Ping,
            Body::Pong { peer, files, kilobytes } => {
                Payload::Pong { address: address(*peer), files: *files, kilobytes: *kilobytes }
            }
            Body::Query { words } => Payload::Query { minimum_speed: 0, words: words.clone() },
            Body::QueryHit(hit) => Payload::QueryHit {
                address: address(hit.holder),
                speed: 0,
                results: hit
                    .files
                    .iter()
                    .map(|(index, name)| FileResult { index: *index, size: 0, name: name.clone() })
                    .collect(),
                servent: servent(hit.holder),
            },
            Body::Push { holder, index, requester } => {
                Payload::Push { servent: servent(*holder), index: *index, address: address(*requester) }
            }
        };
        Self { id: descriptor.id.value().to_be_bytes(), ttl: descriptor.ttl, hops: descriptor.hops, payload }
    }
}

fn address(peer: Peer) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::from_bits(NETWORK.wrapping_add(peer.0)), PORT)
}

fn write_port_first(to: &mut Vec<u8>, address: SocketAddrV4) {
    to.extend(address.port().to_le_bytes());
    to.extend(address.ip().octets());
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], BinaryError> {
        let (first, rest) = self.0.split_first_chunk::<N>().ok_or(BinaryError::Short)?;
        self.0 = rest;
        Ok(*first)
    }

    fn u16(&mut self) -> Result<u16, BinaryError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, BinaryError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn address(&mut self) -> Result<SocketAddrV4, BinaryError> {
        let (port, ip) = (self.u16()?, self.array::<4>()?);
        Ok(SocketAddrV4::new(ip.into(), port))
    }

    /// Text up to a zero, which is taken too.
    fn text(&mut self) -> Result<Arc<str>, BinaryError> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or(BinaryError::Short)?;
        let (text, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        if text.len() > NAME_BYTES_MAX {
            return Err(BinaryError::Text);
        }
        str::from_utf8(text).map(Into::into).map_err(|_| BinaryError::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn addresses() -> impl Strategy<Value = SocketAddrV4> {
        (any::<u32>(), any::<u16>()).prop_map(|(ip, port)| SocketAddrV4::new(Ipv4Addr::from_bits(ip), port))
    }

    fn texts() -> impl Strategy<Value = Arc<str>> {
        "[^\0]{0,40}".prop_map(|text| text.as_str().into())
    }

    fn payloads() -> impl Strategy<Value = Payload> {
        let result =
            (any::<u32>(), any::<u32>(), texts()).prop_map(|(index, size, name)| FileResult { index, size, name });
        let results = prop::collection::vec(result, 0..20);
        prop_oneof![
            Just(Payload::Ping),
            (addresses(), any::<u32>(), any::<u32>()).prop_map(|(address, files, kilobytes)| Payload::Pong {
                address,
                files,
                kilobytes
            }),
            (any::<u16>(), texts()).prop_map(|(minimum_speed, words)| Payload::Query { minimum_speed, words }),
            (addresses(), any::<u32>(), results, any::<[u8; 16]>()).prop_map(|(address, speed, results, servent)| {
                Payload::QueryHit { address, speed, results, servent }
            }),
            (any::<[u8; 16]>(), any::<u32>(), addresses()).prop_map(|(servent, index, address)| Payload::Push {
                servent,
                index,
                address
            }),
        ]
    }

    fn packets() -> impl Strategy<Value = Packet> {
        (any::<[u8; 16]>(), any::<u8>(), any::<u8>(), payloads()).prop_map(|(id, ttl, hops, payload)| {
            let hops = hops.min(255 - ttl);
            Packet { id, ttl, hops, payload }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_what_follows_is_left(packet in packets(), behind in prop::collection::vec(any::<u8>(), 0..9)) {
            let bytes = packet.encode();
            let both = [bytes.clone(), behind].concat();
            prop_assert_eq!(Packet::decode(&both), Ok((packet, bytes.len())));
        }

        #[test]
        fn a_descriptor_cut_short_is_no_descriptor(packet in packets(), at in any::<prop::sample::Index>()) {
            let bytes = packet.encode();
            prop_assert_eq!(Packet::decode(&bytes[..at.index(bytes.len())]), Err(BinaryError::Short));
        }

        #[test]
        fn any_bytes_are_read_or_refused_and_what_is_read_is_written_again(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in prop::sample::select(vec![0x00_u8, 0x01, 0x40, 0x80, 0x81]), length in 0_u8..180) {
            let mut bytes = bytes;
            if bytes.len() >= HEADER_BYTES {
                // So that more than headers are looked at.
                (bytes[16], bytes[18]) = (kind, 0);
                bytes[19..23].copy_from_slice(&[length, 0, 0, 0]);
            }
            if let Ok((packet, length)) = Packet::decode(&bytes) {
                prop_assert_eq!(packet.encode(), &bytes[..length]);
            }
        }
    }

    #[test]
    fn the_header_has_23_bytes_in_the_order_of_the_specification() {
        let query = Payload::Query { minimum_speed: 0x0102, words: "ab".into() };
        let bytes = Packet { id: [7; 16], ttl: 7, hops: 1, payload: query }.encode();
        let header = [vec![7; 16], vec![0x80, 7, 1, 5, 0, 0, 0]].concat();
        assert_eq!(bytes, [header, vec![0x02, 0x01, b'a', b'b', 0]].concat());
    }

    #[test]
    fn hostile_bytes_are_refused_each_for_its_reason() {
        let sound =
            Packet { id: [1; 16], ttl: 1, hops: 0, payload: Payload::Query { minimum_speed: 0, words: "a".into() } };
        let refused = |change: fn(&mut Vec<u8>)| {
            let mut bytes = sound.encode();
            change(&mut bytes);
            Packet::decode(&bytes).expect_err("no descriptor")
        };
        assert_eq!(refused(|bytes| bytes[16] = 0x02), BinaryError::Type(2));
        assert_eq!(refused(|bytes| bytes[22] = 0xFF), BinaryError::Long(0xFF00_0004));
        assert_eq!(refused(|bytes| bytes[18] = 255), BinaryError::Hops);
        assert_eq!(refused(|bytes| bytes[25] = 0xFF), BinaryError::Text);
        assert_eq!(refused(|bytes| bytes[26] = b'b'), BinaryError::Rest, "terms without an end");
        assert_eq!(refused(|bytes| bytes[25] = 0), BinaryError::Rest, "something behind the end");
        assert_eq!(refused(Vec::clear), BinaryError::Short);
        let long = Payload::Query { minimum_speed: 0, words: "x".repeat(NAME_BYTES_MAX + 1).into() };
        assert_eq!(Packet::decode(&Packet { payload: long, ..sound }.encode()), Err(BinaryError::Text));
    }
}
