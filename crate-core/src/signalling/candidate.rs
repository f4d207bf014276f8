//! One address at which a browser may be reached.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

/// The longest candidate line that is read, in bytes.
const MOST_LINE_BYTES: usize = 512;
/// Bytes of a UUID in text: 8, 4, 4, 4 and 12 digits with dashes between.
const UUID_CHARS: usize = 36;

/// How an address was found (RFC 8445).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CandidateType {
    /// The machine's own.
    Host,
    /// What a STUN server saw.
    ServerReflexive,
    /// What the peer saw.
    PeerReflexive,
    /// Of a TURN server.
    Relay,
}

impl CandidateType {
    const ALL: [Self; 4] = [Self::Host, Self::ServerReflexive, Self::PeerReflexive, Self::Relay];

    const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::ServerReflexive => "srflx",
            Self::PeerReflexive => "prflx",
            Self::Relay => "relay",
        }
    }

    /// The type preference that RFC 8445 recommends.
    const fn preference(self) -> u32 {
        match self {
            Self::Host => 126,
            Self::PeerReflexive => 110,
            Self::ServerReflexive => 100,
            Self::Relay => 0,
        }
    }
}

/// Where: an IP address, or the name that hides one from pages (mDNS).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Address {
    /// IPv4.
    V4(Ipv4Addr),
    /// IPv6.
    V6(Ipv6Addr),
    /// The UUID before `.local`.
    Mdns([u8; 16]),
}

impl Address {
    /// `None` for a host name of any other form.
    fn read(text: &str) -> Option<Self> {
        if let Some(uuid) = text.strip_suffix(".local") {
            return read_uuid(uuid).map(Self::Mdns);
        }
        Some(match text.parse().ok()? {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => address.fmt(f),
            Self::Mdns(uuid) => {
                for (at, byte) in uuid.iter().enumerate() {
                    let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
                    write!(f, "{dash}{byte:02x}")?;
                }
                f.write_str(".local")
            }
        }
    }
}

fn read_uuid(text: &str) -> Option<[u8; 16]> {
    let at_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let fits = text.len() == UUID_CHARS && text.bytes().enumerate().all(|(at, c)| at_dash(at) == (c == b'-'));
    let digits: Vec<u8> = text.bytes().filter(|c| *c != b'-').collect();
    data_encoding::HEXLOWER_PERMISSIVE.decode(&digits).ok()?.try_into().ok().filter(|_| fits)
}

/// Why a line is no candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum CandidateError {
    /// Not of the form of RFC 8839.
    #[error("A line of the browser's description is no network address.")]
    Malformed,
}

/// See the module. UDP only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Candidate {
    /// How it was found.
    pub kind: CandidateType,
    /// Where.
    pub address: Address,
    /// The UDP port.
    pub port: u16,
}

impl Candidate {
    /// Reads `candidate:…` as browsers tell it, with or without `a=` before it. `None` if it says that there are no more
    /// candidates, or is of a kind that the reduced form leaves out: over TCP, or at a host name that is no mDNS one.
    ///
    /// # Errors
    /// If it is no candidate at all.
    pub fn from_line(line: &str) -> Result<Option<Self>, CandidateError> {
        let line = line.trim();
        let line = line.strip_prefix("a=").unwrap_or(line);
        if line.is_empty() {
            return Ok(None);
        }
        let rest = line.strip_prefix("candidate:").filter(|rest| rest.len() <= MOST_LINE_BYTES);
        let Some(rest) = rest else { return Err(CandidateError::Malformed) };
        let mut words = rest.split_ascii_whitespace();
        let mut next = || words.next().ok_or(CandidateError::Malformed);
        let (_foundation, component, transport, _priority) = (next()?, next()?, next()?, next()?);
        let (address, port) = (next()?, next()?.parse().map_err(|_| CandidateError::Malformed)?);
        let (typ, kind) = (next()?, next()?);
        let kind = CandidateType::ALL.into_iter().find(|one| one.name() == kind).filter(|_| typ == "typ");
        let kind = kind.ok_or(CandidateError::Malformed)?;
        // Port 9 with TCP, port 0 when there is none.
        if !transport.eq_ignore_ascii_case("udp") || component != "1" || port == 0 {
            return Ok(None);
        }
        Ok(Address::read(address).map(|address| Self { kind, address, port }))
    }

    /// As `addIceCandidate` and session descriptions take it; `index` is its place in the sender's list.
    #[must_use]
    pub fn to_line(&self, index: usize) -> String {
        let order = u32::try_from(index).unwrap_or(u32::MAX).min(0xFFFF);
        let priority = (self.kind.preference() << 24) + ((0xFFFF - order) << 8) + 255;
        let related = if self.kind == CandidateType::Host { "" } else { " raddr 0.0.0.0 rport 0" };
        let (address, port, kind) = (self.address, self.port, self.kind.name());
        format!("candidate:{index} 1 udp {priority} {address} {port} typ {kind}{related}")
    }

    /// Appends its bytes.
    pub(super) fn write(&self, to: &mut Vec<u8>) {
        let family = match self.address {
            Address::V4(_) => 0,
            Address::V6(_) => 1,
            Address::Mdns(_) => 2,
        };
        to.push((self.kind as u8) << 4 | family);
        match self.address {
            Address::V4(address) => to.extend(address.octets()),
            Address::V6(address) => to.extend(address.octets()),
            Address::Mdns(uuid) => to.extend(uuid),
        }
        to.extend(self.port.to_be_bytes());
    }

    /// Reads one from the front of `bytes`.
    pub(super) fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first()?;
        let kind = *CandidateType::ALL.get(usize::from(head >> 4))?;
        let (address, rest) = match head & 0xF {
            0 => rest.split_first_chunk::<4>().map(|(octets, rest)| (Address::V4((*octets).into()), rest))?,
            1 => rest.split_first_chunk::<16>().map(|(octets, rest)| (Address::V6((*octets).into()), rest))?,
            2 => rest.split_first_chunk::<16>().map(|(uuid, rest)| (Address::Mdns(*uuid), rest))?,
            _ => return None,
        };
        let (port, rest) = rest.split_first_chunk::<2>()?;
        *bytes = rest;
        let port = u16::from_be_bytes(*port);
        (port != 0).then_some(Self { kind, address, port })
    }

    /// Its bytes alone: what travels after the description.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// From its bytes alone.
    #[must_use]
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        Self::read(&mut bytes).filter(|_| bytes.is_empty())
    }
}
