//! A meeting place on a WebTorrent tracker: the part of its protocol that all servers understand alike.
//!
//! A tracker hands offers to random others in the same room, and answers back. What it relays here is no session
//! description but a sealed invitation, so it learns who meets, and nothing else.
//!
//! # Implementation notes
//! Ids are 20 plain characters, offers at most [`OFFERS_MAX`] at a time and of the form `{type, sdp}`, `numwant` is a
//! number, and `event` is `started`, `stopped` or left out: other servers refuse what one of them takes. Everything that
//! comes is read as hostile.

use std::rc::Rc;

use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, WebSocket};

/// Offers of one announcement at most.
pub const OFFERS_MAX: usize = 5;
/// Longest message that is read.
const MESSAGE_CHARACTERS_MAX: usize = 16_000;
/// Bounds of the span after which a tracker wants to hear from its members again, in seconds.
const INTERVAL_S: (f64, f64) = (15.0, 120.0);

/// What a tracker said.
pub enum Heard {
    /// The line is up.
    Up,
    /// The line is down, or never came up.
    Down,
    /// Who is in the room.
    Room {
        /// How many, this member included.
        members: u32,
        /// After how many seconds it wants to hear again.
        again_s: f64,
    },
    /// Somebody's offer.
    Offer {
        /// Whose.
        from: String,
        /// Its id.
        offer: String,
        /// What is sealed in it.
        text: String,
    },
    /// What is sealed in the answer to an own offer.
    Answer(String),
    /// It will not.
    Refused(String),
}

type Handlers = (Closure<dyn FnMut(MessageEvent)>, Closure<dyn FnMut()>, Closure<dyn FnMut()>);

/// A line to a tracker; dropping it leaves the room.
pub struct Tracker {
    socket: WebSocket,
    place: String,
    me: String,
    _handlers: Handlers,
}

fn get(from: &JsValue, name: &str) -> JsValue {
    Reflect::get(from, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn object<const N: usize>(pairs: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in pairs {
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object.into()
}

fn read(text: &str, place: &str, me: &str) -> Option<Heard> {
    let message = JSON::parse(text).ok().filter(JsValue::is_object)?;
    let word = |name| get(&message, name).as_string();
    if let Some(reason) = word("failure reason") {
        return Some(Heard::Refused(reason.chars().take(120).collect()));
    }
    if word("action").as_deref() != Some("announce") || word("info_hash").as_deref() != Some(place) {
        return None;
    }
    let id = |name| word(name).filter(|id| id.chars().count() == 20);
    let sealed = |name| get(&get(&message, name), "sdp").as_string();
    if let Some(text) = sealed("offer") {
        let from = id("peer_id").filter(|from| from != me)?;
        return Some(Heard::Offer { from, offer: id("offer_id")?, text });
    }
    if let Some(text) = sealed("answer") {
        return Some(Heard::Answer(text));
    }
    let members = get(&message, "incomplete").as_f64()? + get(&message, "complete").as_f64().unwrap_or(0.0);
    let again_s = get(&message, "interval").as_f64().unwrap_or(INTERVAL_S.1);
    Some(Heard::Room { members: members.clamp(0.0, 1e6) as u32, again_s: again_s.clamp(INTERVAL_S.0, INTERVAL_S.1) })
}

impl Tracker {
    /// Opens a line to a tracker's room. `None` if there can be no such line.
    #[must_use]
    pub fn open(url: &str, place: &str, me: &str, tell: impl Fn(Heard) + 'static) -> Option<Self> {
        let socket = WebSocket::new(url).ok()?;
        let tell = Rc::new(tell);
        let hear = {
            let (tell, place, me) = (tell.clone(), place.to_string(), me.to_string());
            Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
                let text = event.data().as_string().filter(|text| text.len() <= MESSAGE_CHARACTERS_MAX);
                if let Some(heard) = text.and_then(|text| read(&text, &place, &me)) {
                    tell(heard);
                }
            })
        };
        let up = {
            let tell = tell.clone();
            Closure::<dyn FnMut()>::new(move || tell(Heard::Up))
        };
        let down = Closure::<dyn FnMut()>::new(move || tell(Heard::Down));
        socket.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        socket.set_onopen(Some(up.as_ref().unchecked_ref()));
        socket.set_onclose(Some(down.as_ref().unchecked_ref()));
        Some(Self { socket, place: place.into(), me: me.into(), _handlers: (hear, up, down) })
    }

    /// Says that this member is in the room, with sealed offers for random others; `first` on a new line.
    pub fn announce(&self, first: bool, offers: &[(String, String)]) {
        let offers = offers.iter().take(OFFERS_MAX).map(|(id, text)| {
            object([("offer_id", id.into()), ("offer", object([("type", "offer".into()), ("sdp", text.into())]))])
        });
        let offers: Array = offers.collect();
        let wanted = offers.length();
        let message = self.message([
            ("numwant", wanted.into()),
            ("uploaded", 0.into()),
            ("downloaded", 0.into()),
            ("left", 1.into()),
            ("offers", offers.into()),
        ]);
        if first {
            let _ = Reflect::set(&message, &"event".into(), &"started".into());
        }
        self.send(&message);
    }

    /// Answers somebody's offer with sealed text.
    pub fn answer(&self, to: &str, offer: &str, text: &str) {
        self.send(&self.message([
            ("to_peer_id", to.into()),
            ("offer_id", offer.into()),
            ("answer", object([("type", "answer".into()), ("sdp", text.into())])),
        ]));
    }

    fn message<const N: usize>(&self, pairs: [(&str, JsValue); N]) -> JsValue {
        let message = object(pairs);
        for (name, value) in [("action", "announce"), ("info_hash", &self.place), ("peer_id", &self.me)] {
            let _ = Reflect::set(&message, &name.into(), &value.into());
        }
        message
    }

    fn send(&self, message: &JsValue) {
        if self.socket.ready_state() == WebSocket::OPEN
            && let Ok(text) = JSON::stringify(message)
        {
            let _ = self.socket.send_with_str(&String::from(text));
        }
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        self.socket.set_onmessage(None);
        self.socket.set_onopen(None);
        self.socket.set_onclose(None);
        self.send(&self.message([("event", "stopped".into()), ("numwant", 0.into()), ("left", 1.into())]));
        let _ = self.socket.close();
    }
}
