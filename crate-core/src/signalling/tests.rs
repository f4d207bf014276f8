use proptest::prelude::*;

use super::*;
use crate::id::Guid;

/// In the shape of Chromium's offers: session-level lines of its own, two candidates under mDNS names, one over TCP.
const CHROMIUM: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\nm=application 61342 UDP/DTLS/SCTP webrtc-datachannel\r\n\
c=IN IP4 0.0.0.0\r\n\
a=candidate:3868341862 1 udp 2113937151 6f2e1f0c-8a4b-4c52-9e2f-0a1b2c3d4e5f.local 61342 typ host generation 0 network-cost 999\r\n\
a=candidate:1510613869 1 udp 2113939711 00112233-4455-6677-8899-aabbccddeeff.local 50211 typ host generation 0 network-cost 999\r\n\
a=candidate:2999745851 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active generation 0\r\n\
a=ice-ufrag:x+Yz\r\na=ice-pwd:AbCdEfGhIjKlMnOpQrStUv12\r\na=ice-options:trickle\r\n\
a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
a=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n";

/// In the shape of Firefox's answers: the fingerprint before the media line, hexadecimal credentials.
const FIREFOX: &str = "v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 8093347512387127345 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
a=sendrecv\r\n\
a=fingerprint:sha-256 FF:EE:DD:CC:BB:AA:99:88:77:66:55:44:33:22:11:00:FF:EE:DD:CC:BB:AA:99:88:77:66:55:44:33:22:11:00\r\n\
a=group:BUNDLE 0\r\na=ice-options:trickle\r\na=msid-semantic:WMS *\r\n\
m=application 39125 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 198.51.100.20\r\n\
a=candidate:0 1 UDP 2122187007 7c9e6679-7425-40de-944b-e07fc1f90ae7.local 39125 typ host\r\n\
a=candidate:2 1 UDP 1685987327 198.51.100.20 39125 typ srflx raddr 0.0.0.0 rport 0\r\n\
a=candidate:0 2 UDP 2122187006 7c9e6679-7425-40de-944b-e07fc1f90ae7.local 39126 typ host\r\n\
a=sendrecv\r\na=end-of-candidates\r\na=ice-pwd:0123456789abcdef0123456789abcdef\r\na=ice-ufrag:89abcdef\r\na=mid:0\r\n\
a=setup:active\r\na=sctp-port:5000\r\na=max-message-size:1073741823\r\n";

/// In the shape of aiortc's answers: three fingerprints, odd credentials, an IPv6 candidate, bare line feeds.
const AIORTC: &str = "v=0\no=- 3989462417 3989462417 IN IP4 0.0.0.0\ns=-\nt=0 0\na=group:BUNDLE 0\na=msid-semantic:WMS *\n\
m=application 44321 DTLS/SCTP webrtc-datachannel\nc=IN IP4 203.0.113.9\na=mid:0\na=sctp-port:5000\na=max-message-size:65536\n\
a=candidate:a1b2c3 1 udp 2130706431 203.0.113.9 44321 typ host\n\
a=candidate:d4e5f6 1 udp 2130706431 2001:db8::42 44322 typ host\na=end-of-candidates\n\
a=ice-ufrag:mXQ4\na=ice-pwd:N1o2P3q4R5s6T7u8V9w0Xy\n\
a=fingerprint:sha-512 00:11\n\
a=fingerprint:sha-256 01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F:20\n\
a=fingerprint:sha-384 00:22\na=setup:active\n";

fn chromium() -> Description {
    Description::from_sdp(Kind::Offer, CHROMIUM).expect("one data channel")
}

#[test]
fn what_browsers_say_fits_into_about_ninety_bytes_and_comes_back() {
    for (kind, sdp, bytes, candidates) in
        [(Kind::Offer, CHROMIUM, 94, 2), (Kind::Answer, FIREFOX, 81, 2), (Kind::Answer, AIORTC, 86, 2)]
    {
        let description = Description::from_sdp(kind, sdp).expect("one data channel");
        let blob = description.to_bytes();
        assert_eq!((blob.len(), description.candidates().len()), (bytes, candidates), "{sdp}");
        assert_eq!(Description::from_bytes(&blob), Ok(description.clone()));
        assert_eq!(Description::from_sdp(kind, &description.to_sdp()), Ok(description));
    }
}

#[test]
fn the_rebuilt_text_has_the_lines_that_browsers_ask_for() {
    let sdp = Description::from_sdp(Kind::Answer, FIREFOX).expect("one data channel").to_sdp();
    for line in [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "a=candidate:0 1 udp 2130706431 7c9e6679-7425-40de-944b-e07fc1f90ae7.local 39125 typ host",
        "a=candidate:1 1 udp 1694498559 198.51.100.20 39125 typ srflx raddr 0.0.0.0 rport 0",
        "a=ice-ufrag:89abcdef",
        "a=ice-pwd:0123456789abcdef0123456789abcdef",
        "a=setup:active",
        "a=mid:0",
        "a=sctp-port:5000",
    ] {
        assert!(sdp.split("\r\n").any(|one| one == line), "{line} in {sdp}");
    }
    assert!(sdp.ends_with("\r\n"));
}

#[test]
fn the_first_byte_holds_version_kind_and_role() {
    let answer = Description::from_sdp(Kind::Answer, FIREFOX).expect("one data channel");
    assert_eq!((chromium().to_bytes()[0], answer.to_bytes()[0]), (0x10, 0x19));
}

#[test]
fn what_is_no_data_channel_is_refused_with_its_reason() {
    let read = |sdp: &str| Description::from_sdp(Kind::Offer, sdp);
    let without = |what: &str| read(&CHROMIUM.replace(what, "x"));
    assert_eq!(read(""), Err(SdpError::NotOneDataChannel));
    assert_eq!(read(&format!("{CHROMIUM}m=audio 9 RTP/SAVPF 0\r\n")), Err(SdpError::NotOneDataChannel));
    assert_eq!(without("a=fingerprint"), Err(SdpError::NoFingerprint));
    assert_eq!(read(&CHROMIUM.replace("sha-256 00:", "sha-256 0:")), Err(SdpError::NoFingerprint));
    assert_eq!(without("a=ice-ufrag"), Err(SdpError::NoCredentials));
    assert_eq!(read(&CHROMIUM.replace("a=ice-ufrag:x+Yz", "a=ice-ufrag:x Yz")), Err(SdpError::NoCredentials));
    assert_eq!(without("a=setup"), Err(SdpError::NoSetup));
    assert_eq!(Description::from_sdp(Kind::Answer, CHROMIUM), Err(SdpError::NoSetup), "an answer decides");
    assert_eq!(read(&CHROMIUM.replace("port:5000", "port:5001")), Err(SdpError::SctpPort));
    assert_eq!(read(&CHROMIUM.replace(" typ host", " host")), Err(CandidateError::Malformed.into()));
    assert_eq!(read(&"x".repeat(20_000)), Err(SdpError::TooLong));
}

#[test]
fn candidates_beyond_the_limit_are_left_out_of_a_text_and_refused_in_bytes() {
    let more: String = (1..=40).map(|n| format!("a=candidate:1 1 udp 1 192.0.2.{n} 5 typ host\r\n")).collect();
    let description = Description::from_sdp(Kind::Offer, &format!("{CHROMIUM}{more}")).expect("one data channel");
    assert_eq!(description.candidates().len(), MOST_CANDIDATES);
    let mut bytes = description.to_bytes();
    bytes.extend(description.candidates()[0].to_bytes());
    assert_eq!(Description::from_bytes(&bytes), Err(BlobError::TooManyCandidates));
}

#[test]
fn an_address_that_stands_twice_in_a_text_is_kept_once_and_in_a_blob_is_damage() {
    let candidate = "a=candidate:1 1 udp 1677729535 203.0.113.5 46154 typ srflx raddr 0.0.0.0 rport 0\r\n";
    let sdp = Description::simulated(Kind::Offer, [7; 32]).to_sdp() + candidate + candidate;
    let description = Description::from_sdp(Kind::Offer, &sdp).expect("a description");
    assert_eq!(description.candidates().len(), 1);
    let mut bytes = description.to_bytes();
    bytes.extend(description.candidates()[0].to_bytes());
    assert_eq!(Description::from_bytes(&bytes), Err(BlobError::Damaged));
}

#[test]
fn a_trickled_candidate_reads_back_and_the_end_of_them_is_none() {
    let line = "candidate:842163049 1 udp 1677729535 203.0.113.5 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0";
    let candidate = Candidate::from_line(line).expect("a candidate").expect("over UDP");
    assert_eq!(Candidate::from_bytes(&candidate.to_bytes()), Some(candidate));
    assert_eq!(candidate.to_line(3), "candidate:3 1 udp 1694498047 203.0.113.5 46154 typ srflx raddr 0.0.0.0 rport 0");
    assert_eq!(Candidate::from_line(""), Ok(None));
    assert_eq!(Candidate::from_line("candidate:1 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active"), Ok(None));
    assert_eq!(Candidate::from_line("candidate:1 1 udp 1 printer.example 99 typ host"), Ok(None));
    assert_eq!(Candidate::from_line("hello"), Err(CandidateError::Malformed));
    assert_eq!(Candidate::from_bytes(&[0, 1, 2, 3, 4, 0, 0]), None, "port 0 is no port");
}

#[test]
fn an_invitation_is_about_a_hundred_and_fifty_characters_and_reads_back_from_a_link() {
    let invitation = Invitation { attempt: 0x0190_1234_5678, from: Guid(42), description: chromium() };
    let text = invitation.to_text();
    assert_eq!(text.len(), 155);
    assert_eq!(Invitation::from_text(&text), Ok(invitation.clone()));
    let (start, end) = text.split_at(70);
    let pasted = format!(" https://example.org/overlay/#/live?i={start}\n  {end} ");
    assert_eq!(Invitation::from_text(&pasted), Ok(invitation));
}

#[test]
fn a_text_that_is_no_invitation_is_refused_with_its_reason() {
    let text = Invitation { attempt: 1, from: Guid(42), description: chromium() }.to_text();
    let read = Invitation::from_text;
    assert_eq!(read(" \n"), Err(InvitationError::Empty));
    assert_eq!(read("https://example.org/"), Err(InvitationError::Empty));
    assert_eq!(read("äöü"), Err(InvitationError::Characters));
    assert_eq!(read(&text[..60]), Err(BlobError::Damaged.into()));
    assert_eq!(read(&text[..text.len() - 1]), Err(BlobError::Damaged.into()));
    assert_eq!(read(&"A".repeat(5_000)), Err(InvitationError::TooLong));
    assert_eq!(read(&"A".repeat(1_100)), Err(InvitationError::TooLong));
    assert_eq!(read(&format!("I{}", &text[1..])), Err(BlobError::Version(2).into()));
    let sentence = read(&format!("I{}", &text[1..])).expect_err("another version").to_string();
    assert!(sentence.starts_with("This invitation cannot be read. It was made by another version"), "{sentence}");
}

#[test]
fn bytes_that_were_written_once_are_read_for_ever() {
    let golden = "10ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB01B229B4\
                  9773696D756C617465643073696D756C617465643073696D";
    let bytes = data_encoding::HEXUPPER.decode(golden.as_bytes()).expect("digits");
    let description = Description::simulated(Kind::Offer, [0xAB; 32]);
    assert_eq!(Description::from_bytes(&bytes), Ok(description.clone()));
    assert_eq!(description.to_bytes(), bytes);
}

fn tokens(least: usize, most: usize) -> impl Strategy<Value = String> {
    let [any, hexadecimal] = ["[A-Za-z0-9+/]", "[0-9a-f]"].map(|class| {
        proptest::string::string_regex(&format!("{class}{{{least},{most}}}")).expect("an expression of this file")
    });
    prop_oneof![any, hexadecimal]
}

fn candidates() -> impl Strategy<Value = Candidate> {
    let address = prop_oneof![
        any::<[u8; 4]>().prop_map(|octets| Address::V4(octets.into())),
        any::<[u8; 16]>().prop_map(|octets| Address::V6(octets.into())),
        any::<[u8; 16]>().prop_map(Address::Mdns),
    ];
    let kind = prop_oneof![
        Just(CandidateType::Host),
        Just(CandidateType::ServerReflexive),
        Just(CandidateType::PeerReflexive),
        Just(CandidateType::Relay)
    ];
    (kind, address, 1..=u16::MAX).prop_map(|(kind, address, port)| Candidate { kind, address, port })
}

/// A browser's text of any description.
fn texts() -> impl Strategy<Value = (Kind, String)> {
    let head = (any::<bool>(), 0..3_usize, any::<[u8; 32]>(), tokens(4, 64), tokens(22, 120));
    (head, prop::collection::vec(candidates(), 0..=20)).prop_map(
        |((is_answer, setup, fingerprint, user, password), all)| {
            let kind = if is_answer { Kind::Answer } else { Kind::Offer };
            let setup =
                if is_answer { ["active", "passive"][setup % 2] } else { ["actpass", "active", "passive"][setup] };
            let digits: Vec<String> = fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
            let lines: String = all.iter().enumerate().map(|(at, one)| format!("a={}\r\n", one.to_line(at))).collect();
            let sdp = format!(
                "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n{lines}a=ice-ufrag:{user}\r\n\
                 a=ice-pwd:{password}\r\na=fingerprint:sha-256 {}\r\na=setup:{setup}\r\n",
                digits.join(":")
            );
            (kind, sdp)
        },
    )
}

proptest! {
    #[test]
    fn any_description_survives_both_ways((kind, sdp) in texts(), attempt in 0..1_u64 << 48, from: u128) {
        let description = Description::from_sdp(kind, &sdp);
        prop_assert!(description.is_ok(), "{description:?} of {sdp}");
        let Ok(description) = description else { return Ok(()) };
        prop_assert_eq!(&Description::from_bytes(&description.to_bytes()), &Ok(description.clone()));
        prop_assert_eq!(&Description::from_sdp(kind, &description.to_sdp()), &Ok(description.clone()));
        let invitation = Invitation { attempt, from: Guid(from), description };
        prop_assert_eq!(Invitation::from_text(&invitation.to_text()), Ok(invitation));
    }

    #[test]
    fn arbitrary_input_is_refused_or_reads_back(bytes: Vec<u8>, text: String) {
        if let Ok(description) = Description::from_bytes(&bytes) {
            prop_assert_eq!(Description::from_bytes(&description.to_bytes()), Ok(description));
        }
        let _ = Invitation::from_bytes(&bytes);
        let _ = Invitation::from_text(&text);
        let _ = Description::from_sdp(Kind::Offer, &text);
        let _ = Candidate::from_line(&text);
        let _ = Candidate::from_bytes(&bytes);
    }

    #[test]
    fn a_damaged_description_is_refused_or_reads_back((kind, sdp) in texts(), at: prop::sample::Index, byte: u8) {
        let mut bytes = Description::from_sdp(kind, &sdp).map(|one| one.to_bytes()).unwrap_or_default();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        for bytes in [&bytes[..], &bytes[..at]] {
            if let Ok(description) = Description::from_bytes(bytes) {
                prop_assert_eq!(Description::from_bytes(&description.to_bytes()), Ok(description));
            }
        }
    }
}
