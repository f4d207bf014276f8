//! A session description, reduced to what it says.

use core::fmt::Write;

use data_encoding::{BASE64_NOPAD, HEXLOWER, HEXUPPER_PERMISSIVE};
use thiserror::Error;

use super::{Candidate, CandidateError};

/// Most candidates of one description.
pub const MOST_CANDIDATES: usize = 16;
/// The layout that this program writes and reads.
const VERSION: u8 = 1;
/// The longest session description that is read, in bytes.
const MOST_SDP_BYTES: usize = 16 * 1024;
/// Lengths of user fragment and password (RFC 8839 asks for at least 4 and 22; nobody sends more than these).
const USER_CHARS: (usize, usize) = (4, 64);
const PASSWORD_CHARS: (usize, usize) = (22, 120);
/// The SCTP port that all browsers use.
const SCTP_PORT: &str = "5000";

/// Offer or answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Offer.
    Offer,
    /// Answer.
    Answer,
}

/// Who opens the DTLS handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setup {
    /// Either; offers only.
    ActPass,
    /// The describing side.
    Active,
    /// The other side.
    Passive,
}

impl Setup {
    const ALL: [Self; 3] = [Self::ActPass, Self::Active, Self::Passive];

    const fn name(self) -> &'static str {
        match self {
            Self::ActPass => "actpass",
            Self::Active => "active",
            Self::Passive => "passive",
        }
    }

    fn fits(self, kind: Kind) -> bool {
        kind == Kind::Offer || self != Self::ActPass
    }
}

/// Why a text is no session description that can be reduced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum SdpError {
    /// Too long.
    #[error("The browser's description is longer than any for a data channel.")]
    TooLong,
    /// No data channel, or something beside it.
    #[error("The browser's description is not for one data channel.")]
    NotOneDataChannel,
    /// No SHA-256 fingerprint.
    #[error("The browser's description has no SHA-256 fingerprint.")]
    NoFingerprint,
    /// No usable user fragment and password.
    #[error("The browser's description has no usable ICE credentials.")]
    NoCredentials,
    /// No usable DTLS role.
    #[error("The browser's description has no usable DTLS role.")]
    NoSetup,
    /// Another SCTP port than everybody's.
    #[error("The browser's description asks for an unusual SCTP port.")]
    SctpPort,
    /// A bad candidate.
    #[error(transparent)]
    Candidate(#[from] CandidateError),
}

/// Why bytes are no description.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum BlobError {
    /// Another version.
    #[error("It was made by another version of Overlay Lab (format {0}); this one reads format {VERSION}.")]
    Version(u8),
    /// Cut off or altered.
    #[error("It is damaged: part of it is missing or changed.")]
    Damaged,
    /// More candidates than any description has.
    #[error("It names more than {MOST_CANDIDATES} network addresses.")]
    TooManyCandidates,
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Description {
    kind: Kind,
    setup: Setup,
    fingerprint: [u8; 32],
    user: String,
    password: String,
    candidates: Vec<Candidate>,
}

impl Description {
    /// Offer or answer.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// SHA-256 fingerprint of the describing side's DTLS certificate.
    #[must_use]
    pub const fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// Where the describing side may be reached.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// A description that was not made by a browser, for links that are simulated.
    #[must_use]
    pub fn simulated(kind: Kind, fingerprint: [u8; 32]) -> Self {
        let setup = if kind == Kind::Offer { Setup::ActPass } else { Setup::Active };
        let (user, password) = ("sim0".into(), "simulated0simulated0sim".into());
        Self { kind, setup, fingerprint, user, password, candidates: Vec::new() }
    }

    /// Reads what a browser made.
    ///
    /// # Errors
    /// If it is not the description of one data channel, or lacks what a connection needs.
    pub fn from_sdp(kind: Kind, sdp: &str) -> Result<Self, SdpError> {
        if sdp.len() > MOST_SDP_BYTES {
            return Err(SdpError::TooLong);
        }
        let lines = || sdp.lines().map(str::trim_end);
        let mut media = lines().filter_map(|line| line.strip_prefix("m="));
        let is_channel = |line: &str| line.starts_with("application ") && line.ends_with(" webrtc-datachannel");
        if !media.next().is_some_and(is_channel) || media.next().is_some() {
            return Err(SdpError::NotOneDataChannel);
        }
        let all = |name: &'static str| lines().filter_map(move |line| line.strip_prefix("a=")?.strip_prefix(name));
        let fingerprint = all("fingerprint:").find_map(read_fingerprint).ok_or(SdpError::NoFingerprint)?;
        let [user, password] = [all("ice-ufrag:").next(), all("ice-pwd:").next()];
        let (user, password) = user.zip(password).ok_or(SdpError::NoCredentials)?;
        if !is_token(user, USER_CHARS) || !is_token(password, PASSWORD_CHARS) {
            return Err(SdpError::NoCredentials);
        }
        let setup = all("setup:").next().and_then(|name| Setup::ALL.into_iter().find(|setup| setup.name() == name));
        let setup = setup.filter(|setup| setup.fits(kind)).ok_or(SdpError::NoSetup)?;
        if all("sctp-port:").any(|port| port != SCTP_PORT) {
            return Err(SdpError::SctpPort);
        }
        let mut candidates = Vec::new();
        for line in lines().filter(|line| line.starts_with("a=candidate:")) {
            let candidate = Candidate::from_line(line)?;
            candidates.extend(candidate.filter(|one| candidates.len() < MOST_CANDIDATES && !candidates.contains(one)));
        }
        Ok(Self { kind, setup, fingerprint, user: user.into(), password: password.into(), candidates })
    }

    /// Rebuilds a text that browsers take.
    #[must_use]
    pub fn to_sdp(&self) -> String {
        let mut sdp = String::from("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n");
        sdp.push_str("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n");
        for (index, candidate) in self.candidates.iter().enumerate() {
            sdp.push_str("a=");
            sdp.push_str(&candidate.to_line(index));
            sdp.push_str("\r\n");
        }
        let (user, password, setup) = (&self.user, &self.password, self.setup.name());
        let bytes: Vec<String> = self.fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
        let fingerprint = bytes.join(":");
        // Writing to a string cannot fail.
        let _ = write!(
            sdp,
            "a=ice-ufrag:{user}\r\na=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\na=setup:{setup}\r\n\
             a=mid:0\r\na=sctp-port:{SCTP_PORT}\r\na=max-message-size:262144\r\n"
        );
        sdp
    }

    /// The layout of the module.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let answer = if self.kind == Kind::Answer { 8 } else { 0 };
        let mut bytes = vec![VERSION << 4 | answer | self.setup as u8];
        bytes.extend(self.fingerprint);
        write_token(&mut bytes, &self.user);
        write_token(&mut bytes, &self.password);
        self.candidates.iter().for_each(|candidate| candidate.write(&mut bytes));
        bytes
    }

    /// From the layout of the module.
    ///
    /// # Errors
    /// If the bytes do not follow it, or name an address twice.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlobError> {
        let (head, rest) = bytes.split_first().ok_or(BlobError::Damaged)?;
        if head >> 4 != VERSION {
            return Err(BlobError::Version(head >> 4));
        }
        let kind = if head & 8 == 0 { Kind::Offer } else { Kind::Answer };
        let setup = Setup::ALL.get(usize::from(head & 7)).copied().filter(|setup| setup.fits(kind));
        let setup = setup.ok_or(BlobError::Damaged)?;
        let (fingerprint, mut rest) = rest.split_first_chunk::<32>().ok_or(BlobError::Damaged)?;
        let user = read_token(&mut rest).filter(|user| is_token(user, USER_CHARS)).ok_or(BlobError::Damaged)?;
        let password = read_token(&mut rest).filter(|password| is_token(password, PASSWORD_CHARS));
        let password = password.ok_or(BlobError::Damaged)?;
        let mut candidates = Vec::new();
        while !rest.is_empty() {
            if candidates.len() == MOST_CANDIDATES {
                return Err(BlobError::TooManyCandidates);
            }
            let candidate = Candidate::read(&mut rest).filter(|one| !candidates.contains(one));
            candidates.push(candidate.ok_or(BlobError::Damaged)?);
        }
        Ok(Self { kind, setup, fingerprint: *fingerprint, user, password, candidates })
    }
}

/// `sha-256 AB:CD:…`; `None` for another hash or anything else.
fn read_fingerprint(value: &str) -> Option<[u8; 32]> {
    let (hash, digits) = value.split_once(' ')?;
    let is_form = digits.len() == 95 && digits.bytes().enumerate().all(|(at, c)| (at % 3 == 2) == (c == b':'));
    if !hash.eq_ignore_ascii_case("sha-256") || !is_form {
        return None;
    }
    let digits: Vec<u8> = digits.bytes().filter(|c| *c != b':').collect();
    HEXUPPER_PERMISSIVE.decode(&digits).ok()?.try_into().ok()
}

/// Whether a text is made of ICE characters (letters, digits, + and /), and of a sensible length.
fn is_token(text: &str, (least, most): (usize, usize)) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'+' || c == b'/')
}

/// In whichever of the three forms is shortest.
fn write_token(to: &mut Vec<u8>, token: &str) {
    // Lengths are bounded by `is_token`: 120 characters are 30 groups, or 60 bytes.
    let text = token.as_bytes();
    let hexadecimal = HEXLOWER.decode(text).ok().filter(|bytes| bytes.len() < 64);
    let groups = text.len() / 4;
    let base64 = BASE64_NOPAD.decode(text).ok().filter(|_| text.len().is_multiple_of(4) && groups < 64);
    let (head, bytes) = match (hexadecimal, base64) {
        (Some(bytes), _) => (64 + bytes.len(), bytes),
        (None, Some(bytes)) => (groups, bytes),
        (None, None) => (128 + text.len(), text.to_vec()),
    };
    to.push(head as u8);
    to.extend(bytes);
}

fn read_token(bytes: &mut &[u8]) -> Option<String> {
    let (head, rest) = bytes.split_first()?;
    let count = usize::from(head & 63);
    let length = match head >> 6 {
        0 => 3 * count,
        1 => count,
        _ => usize::from(head & 127),
    };
    let (token, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    match head >> 6 {
        0 => Some(BASE64_NOPAD.encode(token)),
        1 => Some(HEXLOWER.encode(token)),
        _ => String::from_utf8(token.to_vec()).ok(),
    }
}
