//! A link over WebRTC: a peer connection with one data channel, ordered and reliable, agreed on beforehand (id 0).
//!
//! # Implementation notes
//! - Gathering never has to be complete: with a dead STUN server it never is. The description leaves once host candidates
//!   are in, with STUN after the first reflexive and with TURN after the first relayed candidate, and after a second at
//!   the latest; what is found later is told as a candidate.
//! - Chromium counts closed peer connections towards its limit of 500 until they are collected. Where the constructor
//!   refuses, one large untouched buffer makes the collector run, and the constructor is asked again.
//! - A channel that was open is closed before its connection, which follows a moment later: a goodbye gets out.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Array, ArrayBuffer, Function, Reflect, Uint8Array};
use overlay_core::signalling::{Candidate, Description, Kind};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MessageEvent, RtcConfiguration, RtcDataChannel, RtcDataChannelInit, RtcDataChannelState, RtcDataChannelType,
    RtcIceCandidateInit, RtcIceServer, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState,
    RtcSdpType, RtcSessionDescriptionInit,
};

use super::clock::sleep_ms;
use super::link::{Heard, Link, Sent, Tell};
use crate::dom;

/// How long the description waits for a reflexive or relayed candidate.
const GATHER_MS: i32 = 1_000;
/// How long it waits for more of the kind that it waited for.
const SETTLE_MS: i32 = 30;
/// What may wait to be sent, in bytes, before the sender has to wait.
const HIGH_BYTES: u32 = 1 << 20;
/// And below which it may go on.
const LOW_BYTES: u32 = 256 << 10;
/// How often a refused connection is asked for again.
const NUDGES: u32 = 4;
/// How long a nudged collector gets.
const NUDGE_MS: i32 = 40;
/// How long a channel gets to say its last words.
const GOODBYE_MS: i32 = 150;

/// A server that helps with finding ways: STUN, or TURN with its user and password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// `stun:…`, `turn:…` or `turns:…`.
    pub url: String,
    /// TURN's user and password.
    pub credentials: Option<(String, String)>,
}

impl Server {
    fn is_turn(&self) -> bool {
        self.url.starts_with("turn")
    }
}

/// Candidates of this type let the description leave.
fn awaited(servers: &[Server]) -> &'static str {
    match () {
        () if servers.iter().any(Server::is_turn) => " typ relay",
        () if !servers.is_empty() => " typ srflx",
        () => " typ host",
    }
}

type Handlers = (
    Closure<dyn FnMut(RtcPeerConnectionIceEvent)>,
    Closure<dyn FnMut()>,
    Closure<dyn FnMut()>,
    Closure<dyn FnMut(MessageEvent)>,
    Closure<dyn FnMut()>,
    Closure<dyn FnMut()>,
);

struct Parts {
    connection: RtcPeerConnection,
    channel: RtcDataChannel,
    _handlers: Handlers,
}

struct Shared {
    kind: Kind,
    awaited: &'static str,
    tell: Tell,
    parts: RefCell<Option<Parts>>,
    described: Cell<bool>,
    /// Whether the other end's half is known; until then its candidates wait.
    agreed: Cell<bool>,
    early: RefCell<Vec<String>>,
    dropped: Cell<bool>,
}

/// One end of a WebRTC link.
pub struct RtcLink(Rc<Shared>);

/// Whether this browser has WebRTC at all.
#[must_use]
pub fn exists() -> bool {
    Reflect::has(&js_sys::global(), &"RTCPeerConnection".into()).unwrap_or(false)
}

impl RtcLink {
    /// Starts an end: without an offer it makes one, else the answer.
    #[must_use]
    pub fn start(offer: Option<&Description>, servers: &[Server], tell: Tell) -> Self {
        let shared = Rc::new(Shared {
            kind: if offer.is_some() { Kind::Answer } else { Kind::Offer },
            awaited: awaited(servers),
            tell,
            parts: RefCell::default(),
            described: Cell::new(false),
            agreed: Cell::new(false),
            early: RefCell::default(),
            dropped: Cell::new(false),
        });
        let configuration = configuration(servers);
        let offer = offer.map(Description::to_sdp);
        let task = shared.clone();
        spawn_local(async move {
            if task.open(&configuration, offer).await.is_err() {
                task.tell(Heard::Closed);
            }
        });
        Self(shared)
    }
}

impl Link for RtcLink {
    fn accept(&self, answer: &Description) {
        let (shared, sdp) = (self.0.clone(), answer.to_sdp());
        spawn_local(async move {
            if shared.agree(RtcSdpType::Answer, &sdp).await.is_err() {
                shared.tell(Heard::Closed);
            }
        });
    }

    fn candidate(&self, line: String) {
        self.0.add(line);
    }

    fn send(&self, bytes: &[u8]) -> Sent {
        let parts = self.0.parts.borrow();
        let Some(Parts { channel, .. }) = &*parts else { return Sent::Not };
        if channel.ready_state() != RtcDataChannelState::Open || channel.send_with_u8_array(bytes).is_err() {
            return Sent::Not;
        }
        if channel.buffered_amount() > HIGH_BYTES { Sent::Congested } else { Sent::Well }
    }

    fn kind(&self) -> &'static str {
        "WebRTC"
    }

    fn is_connection(&self) -> bool {
        true
    }
}

impl Drop for RtcLink {
    fn drop(&mut self) {
        self.0.dropped.set(true);
        let Some(Parts { connection, channel, _handlers }) = self.0.parts.borrow_mut().take() else { return };
        connection.set_onicecandidate(None);
        connection.set_onconnectionstatechange(None);
        channel.set_onopen(None);
        channel.set_onmessage(None);
        channel.set_onclose(None);
        channel.set_onbufferedamountlow(None);
        if channel.ready_state() == RtcDataChannelState::Open {
            channel.close();
            dom::after(GOODBYE_MS, move || connection.close());
        } else {
            connection.close();
        }
    }
}

impl Shared {
    fn tell(&self, heard: Heard) {
        if !self.dropped.get() {
            (self.tell)(heard);
        }
    }

    fn connection(&self) -> Result<RtcPeerConnection, JsValue> {
        let parts = self.parts.borrow();
        parts.as_ref().map(|parts| parts.connection.clone()).ok_or(JsValue::NULL)
    }

    async fn open(self: &Rc<Self>, configuration: &RtcConfiguration, offer: Option<String>) -> Result<(), JsValue> {
        let connection = connection(configuration).await?;
        if self.dropped.get() {
            connection.close();
            return Ok(());
        }
        self.keep(connection);
        let own = match offer {
            Some(sdp) => {
                self.agree(RtcSdpType::Offer, &sdp).await?;
                JsFuture::from(self.connection()?.create_answer()).await?
            }
            None => JsFuture::from(self.connection()?.create_offer()).await?,
        };
        JsFuture::from(self.connection()?.set_local_description(own.unchecked_ref())).await?;
        sleep_ms(GATHER_MS).await;
        self.describe();
        Ok(())
    }

    /// Sets handlers, and makes the channel: both ends make the same one, so nobody has to wait for the other's.
    fn keep(self: &Rc<Self>, connection: RtcPeerConnection) {
        let agreed = RtcDataChannelInit::new();
        agreed.set_negotiated(true);
        agreed.set_id(0);
        agreed.set_ordered(true);
        let channel = connection.create_data_channel_with_data_channel_dict("overlay", &agreed);
        channel.set_binary_type(RtcDataChannelType::Arraybuffer);
        channel.set_buffered_amount_low_threshold(LOW_BYTES);
        let found = {
            let shared = Rc::downgrade(self);
            Closure::<dyn FnMut(_)>::new(move |event: RtcPeerConnectionIceEvent| {
                if let Some(shared) = shared.upgrade() {
                    shared.found(event.candidate().map(|candidate| candidate.candidate()));
                }
            })
        };
        let changed = {
            let shared = Rc::downgrade(self);
            Closure::<dyn FnMut()>::new(move || {
                let Some(shared) = shared.upgrade() else { return };
                let state = shared.connection().map(|connection| connection.connection_state());
                if matches!(state, Ok(RtcPeerConnectionState::Failed | RtcPeerConnectionState::Closed)) {
                    shared.tell(Heard::Closed);
                }
            })
        };
        let came = {
            let shared = Rc::downgrade(self);
            Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
                if let Some(shared) = shared.upgrade() {
                    shared.tell(Heard::Bytes(bytes_of(&event.data())));
                }
            })
        };
        let says = |heard: fn() -> Heard| {
            let shared: Weak<Self> = Rc::downgrade(self);
            Closure::<dyn FnMut()>::new(move || {
                if let Some(shared) = shared.upgrade() {
                    shared.tell(heard());
                }
            })
        };
        let handlers: Handlers =
            (found, changed, says(|| Heard::Open), came, says(|| Heard::Closed), says(|| Heard::Drained));
        connection.set_onicecandidate(Some(handlers.0.as_ref().unchecked_ref()));
        connection.set_onconnectionstatechange(Some(handlers.1.as_ref().unchecked_ref()));
        channel.set_onopen(Some(handlers.2.as_ref().unchecked_ref()));
        channel.set_onmessage(Some(handlers.3.as_ref().unchecked_ref()));
        channel.set_onclose(Some(handlers.4.as_ref().unchecked_ref()));
        channel.set_onbufferedamountlow(Some(handlers.5.as_ref().unchecked_ref()));
        *self.parts.borrow_mut() = Some(Parts { connection, channel, _handlers: handlers });
    }

    /// Takes the other end's half of the agreement.
    async fn agree(self: &Rc<Self>, kind: RtcSdpType, sdp: &str) -> Result<(), JsValue> {
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(sdp);
        JsFuture::from(self.connection()?.set_remote_description(&description)).await?;
        self.agreed.set(true);
        for line in self.early.take() {
            self.add(line);
        }
        Ok(())
    }

    fn add(self: &Rc<Self>, line: String) {
        let Ok(connection) = self.connection() else { return };
        if !self.agreed.get() {
            self.early.borrow_mut().push(line);
            return;
        }
        let candidate = RtcIceCandidateInit::new(&line);
        candidate.set_sdp_mid(Some("0"));
        candidate.set_sdp_m_line_index(Some(0));
        let added = connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&candidate));
        // One way less is no reason to give up the others.
        spawn_local(async move { drop(JsFuture::from(added).await) });
    }

    /// A candidate was found, or none is left to be.
    fn found(self: &Rc<Self>, line: Option<String>) {
        match line.filter(|line| !line.is_empty()) {
            None => self.describe(),
            Some(line) if self.described.get() => {
                if let Ok(Some(candidate)) = Candidate::from_line(&line) {
                    self.tell(Heard::Candidate(candidate.to_bytes()));
                }
            }
            Some(line) if line.contains(self.awaited) => {
                let shared = Rc::downgrade(self);
                dom::after(SETTLE_MS, move || {
                    if let Some(shared) = shared.upgrade() {
                        shared.describe();
                    }
                });
            }
            Some(_) => {}
        }
    }

    /// Tells the own half of the agreement as it is now, once.
    fn describe(&self) {
        if self.described.replace(true) {
            return;
        }
        let Ok(connection) = self.connection() else { return };
        let sdp = connection.local_description().map(|description| description.sdp()).unwrap_or_default();
        match Description::from_sdp(self.kind, &sdp) {
            Ok(description) => self.tell(Heard::Described(description)),
            Err(_) => self.tell(Heard::Closed),
        }
    }
}

fn bytes_of(data: &JsValue) -> Vec<u8> {
    match data.dyn_ref::<ArrayBuffer>() {
        Some(buffer) => Uint8Array::new(buffer).to_vec(),
        // Text is nothing that a member sends: it is counted as what it is.
        None => data.as_string().unwrap_or_default().into_bytes(),
    }
}

fn configuration(servers: &[Server]) -> RtcConfiguration {
    let list: Array = servers
        .iter()
        .map(|server| {
            let entry = RtcIceServer::new();
            entry.set_urls_str(&server.url);
            if let Some((user, password)) = &server.credentials {
                entry.set_username(user);
                entry.set_credential(password);
            }
            entry
        })
        .collect();
    let configuration = RtcConfiguration::new();
    configuration.set_ice_servers(&list);
    configuration
}

/// A new peer connection; the browser is nudged to collect closed ones where it says that there are too many.
async fn connection(configuration: &RtcConfiguration) -> Result<RtcPeerConnection, JsValue> {
    let mut refused = JsValue::NULL;
    for _ in 0..NUDGES {
        match RtcPeerConnection::new_with_configuration(configuration) {
            Ok(connection) => return Ok(connection),
            Err(why) => refused = why,
        }
        let maker = Reflect::get(&js_sys::global(), &"ArrayBuffer".into())?;
        drop(Reflect::construct(maker.unchecked_ref::<Function>(), &Array::of1(&f64::from(256 << 20).into())));
        sleep_ms(NUDGE_MS).await;
    }
    Err(refused)
}

/// What the pre-flight check found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reach {
    /// Whether WebRTC exists and takes the servers.
    pub exists: bool,
    /// Candidate lines.
    pub lines: Vec<String>,
    /// Whether two ends within this page could speak to each other.
    pub loops: bool,
}

/// How long the check looks for candidates.
const CHECK_MS: i32 = 2_500;

/// Looks what this network allows: gathers candidates, and links this page with itself.
pub async fn check(servers: &[Server]) -> Reach {
    if !exists() {
        return Reach::default();
    }
    let loops = Rc::new(Cell::new(false));
    let ends = both_ends(&loops).await;
    let lines = gather(servers).await;
    drop(ends);
    Reach { exists: lines.is_some(), lines: lines.unwrap_or_default(), loops: loops.get() }
}

/// All candidates that come within a while, as the browser writes them.
async fn gather(servers: &[Server]) -> Option<Vec<String>> {
    let connection = RtcPeerConnection::new_with_configuration(&configuration(servers)).ok()?;
    let lines: Rc<RefCell<Vec<String>>> = Rc::default();
    let found = {
        let lines = lines.clone();
        Closure::<dyn FnMut(_)>::new(move |event: RtcPeerConnectionIceEvent| {
            lines
                .borrow_mut()
                .extend(event.candidate().map(|candidate| candidate.candidate()).filter(|line| !line.is_empty()));
        })
    };
    connection.set_onicecandidate(Some(found.as_ref().unchecked_ref()));
    let _ = connection.create_data_channel("check");
    if let Ok(offer) = JsFuture::from(connection.create_offer()).await {
        let _ = JsFuture::from(connection.set_local_description(offer.unchecked_ref())).await;
        let wanted = awaited(servers);
        let mut waited_ms = 0;
        while waited_ms < CHECK_MS && !lines.borrow().iter().any(|line| line.contains(wanted)) {
            sleep_ms(100).await;
            waited_ms += 100;
        }
        // Reflexive candidates of a second server tell how this network translates addresses.
        sleep_ms(400).await;
    }
    connection.set_onicecandidate(None);
    connection.close();
    Some(lines.take())
}

/// Two ends within this page; `open` becomes true when they can speak to each other.
async fn both_ends(open: &Rc<Cell<bool>>) -> [RtcLink; 2] {
    type Own = Rc<RefCell<Option<Description>>>;
    let (offered, answered): (Own, Own) = Default::default();
    let tell = |own: &Own| -> Tell {
        let (own, open) = (own.clone(), open.clone());
        Rc::new(move |heard| match heard {
            Heard::Described(description) => drop(own.borrow_mut().replace(description)),
            Heard::Open => open.set(true),
            _ => {}
        })
    };
    let a = RtcLink::start(None, &[], tell(&offered));
    let offer = wait_for(|| offered.take()).await;
    let b = RtcLink::start(offer.as_ref(), &[], tell(&answered));
    if let Some(answer) = wait_for(|| answered.take().filter(|answer| answer.kind() == Kind::Answer)).await {
        a.accept(&answer);
        let _ = wait_for(|| open.get().then_some(())).await;
    }
    [a, b]
}

/// Asks again and again, for two seconds.
async fn wait_for<T>(ask: impl Fn() -> Option<T>) -> Option<T> {
    for _ in 0..40 {
        sleep_ms(50).await;
        if let Some(found) = ask() {
            return Some(found);
        }
    }
    None
}
