//! A link that stays within the browser: between tabs. It needs no network, so it is there when all else fails.
//!
//! # Implementation notes
//! A BroadcastChannel of their own, named by the end that offers, joins two ends. To the member it is a link like any
//! other: the agreement is a description without a way for UDP, whose user name fragment holds the channel's name, and
//! random bytes stand where WebRTC has the fingerprint that hellos sign.

use std::cell::Cell;
use std::rc::Rc;

use data_encoding::BASE64;
use js_sys::Uint8Array;
use overlay_core::signalling::{Description, Kind};
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use super::link::{Heard, Link, Sent, Tell};
use super::secret::random;

/// How the user name fragment of such a description begins: of characters that ICE allows, in a whole group of four.
const MARK: &str = "tab+";
const OPEN: &str = "open";
const CLOSE: &str = "close";

/// The channel's name in a description, if it is one of this kind.
#[must_use]
pub fn name_in(description: &Description) -> Option<String> {
    let sdp = description.to_sdp();
    let fragment = sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:"))?;
    fragment.strip_prefix(MARK).map(String::from)
}

fn description(kind: Kind, name: &str) -> Option<Description> {
    let fingerprint = random::<32>().map(|byte| format!("{byte:02X}")).join(":");
    let password = BASE64.encode(&random::<18>());
    let setup = if kind == Kind::Offer { "actpass" } else { "active" };
    let sdp = format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:{MARK}{name}\r\n\
         a=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\na=setup:{setup}\r\na=mid:0\r\n\
         a=sctp-port:5000\r\na=max-message-size:262144\r\n"
    );
    Description::from_sdp(kind, &sdp).ok()
}

/// One end.
pub struct Port {
    channel: BroadcastChannel,
    tell: Tell,
    open: Rc<Cell<bool>>,
    _hear: Closure<dyn FnMut(MessageEvent)>,
}

impl Port {
    /// An end that offers; `None` if the browser has no such channels.
    #[must_use]
    pub fn offer(tell: Tell) -> Option<Self> {
        Self::start(Kind::Offer, &BASE64.encode(&random::<6>()), tell)
    }

    /// The end that answers an offer.
    #[must_use]
    pub fn answer(offer: &Description, tell: Tell) -> Option<Self> {
        Self::start(Kind::Answer, &name_in(offer)?, tell)
    }

    fn start(kind: Kind, name: &str, tell: Tell) -> Option<Self> {
        let channel = BroadcastChannel::new(&format!("overlay-lab/link/{name}")).ok()?;
        let open = Rc::new(Cell::new(false));
        let hear = {
            let (tell, open) = (tell.clone(), open.clone());
            Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
                let data = event.data();
                if let Some(bytes) = data.dyn_ref::<Uint8Array>() {
                    tell(Heard::Bytes(bytes.to_vec()));
                } else if data.as_string().as_deref() == Some(OPEN) && !open.replace(true) {
                    tell(Heard::Open);
                } else if data.as_string().as_deref() == Some(CLOSE) {
                    open.set(false);
                    tell(Heard::Closed);
                }
            })
        };
        channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        later(&tell, Heard::Described(description(kind, name)?));
        Some(Self { channel, tell, open, _hear: hear })
    }
}

/// Tells something after the present call: a link never tells anything from within one.
fn later(tell: &Tell, heard: Heard) {
    let tell = tell.clone();
    wasm_bindgen_futures::spawn_local(async move { tell(heard) });
}

impl Link for Port {
    fn accept(&self, _: &Description) {
        let _ = self.channel.post_message(&OPEN.into());
        self.open.set(true);
        later(&self.tell, Heard::Open);
    }

    fn candidate(&self, _: String) {}

    fn send(&self, bytes: &[u8]) -> Sent {
        let sent = self.open.get() && self.channel.post_message(&Uint8Array::from(bytes)).is_ok();
        if sent { Sent::Well } else { Sent::Not }
    }

    fn kind(&self) -> &'static str {
        "this browser"
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        let _ = self.channel.post_message(&CLOSE.into());
        self.channel.close();
    }
}
