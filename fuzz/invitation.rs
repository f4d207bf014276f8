//! What people paste and meeting places hand on: invitations as text and as bytes, descriptions, candidates.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overlay_core::signalling::{Candidate, Description, Invitation, Kind};

fn holds(description: &Description) {
    assert_eq!(Description::from_bytes(&description.to_bytes()).as_ref(), Ok(description));
    let again = Description::from_sdp(description.kind(), &description.to_sdp());
    assert_eq!(again.as_ref(), Ok(description));
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(invitation) = Invitation::from_bytes(bytes) {
        holds(&invitation.description);
        let link = format!("https://example.org/#/live?i={}", invitation.to_text());
        assert_eq!(Invitation::from_text(&link), Ok(invitation));
    }
    if let Some(candidate) = Candidate::from_bytes(bytes) {
        assert_eq!(Candidate::from_line(&candidate.to_line(3)), Ok(Some(candidate)));
    }
    let text = String::from_utf8_lossy(bytes);
    if let Ok(invitation) = Invitation::from_text(&text) {
        holds(&invitation.description);
    }
    for kind in [Kind::Offer, Kind::Answer] {
        if let Ok(description) = Description::from_sdp(kind, &text) {
            holds(&description);
        }
    }
    if let Ok(Some(candidate)) = Candidate::from_line(&text) {
        assert_eq!(Candidate::from_bytes(&candidate.to_bytes()), Some(candidate));
    }
});
