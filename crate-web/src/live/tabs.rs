//! Tabs of one browser find each other: a common BroadcastChannel on which each says that it is here.
//!
//! | message | says |
//! |---|---|
//! | `here` | a tab is here, and whether it is a member; whoever hears it the first time answers in kind |
//! | `gone` | it is no longer |
//! | `offer`, `answer` | an invitation, and what it is answered with, to one tab |
//! | `handed` | an answer that came with a link opened in another tab, to whichever tab made the invitation |

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use overlay_core::live::Map;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use super::secret;

const CHANNEL: &str = "overlay-lab/tabs/1";
/// Tabs that are remembered.
const TABS_MAX: usize = 64;
/// Longest text of a message.
const TEXT_CHARACTERS_MAX: usize = 2_000;

/// What came from another tab.
pub enum Heard {
    /// Somebody came, went, or became a member.
    Changed,
    /// An invitation of a tab.
    Offer {
        /// The tab.
        from: String,
        /// The invitation.
        text: String,
    },
    /// The answer to an own invitation.
    Answer(String),
    /// An answer that a link brought into another tab.
    Handed(String),
}

/// The other tabs, as far as they have been heard.
pub struct Tabs {
    channel: BroadcastChannel,
    me: String,
    member: Rc<RefCell<bool>>,
    others: Rc<RefCell<Map<String, bool>>>,
    _hear: Closure<dyn FnMut(MessageEvent)>,
}

fn post(channel: &BroadcastChannel, kind: &str, from: &str, to: &str, text: &str) {
    let message: Array = [kind, from, to, text].into_iter().map(JsValue::from).collect();
    let _ = channel.post_message(&message);
}

const fn standing(member: bool) -> &'static str {
    if member { "member" } else { "outside" }
}

impl Tabs {
    /// Says that this tab is here, and listens. `None` if the browser has no such channels.
    #[must_use]
    pub fn open(tell: impl Fn(Heard) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(CHANNEL).ok()?;
        let me = secret::id();
        let member = Rc::new(RefCell::new(false));
        let others: Rc<RefCell<Map<String, bool>>> = Rc::default();
        let hear = {
            let (channel, me, member, others) = (channel.clone(), me.clone(), member.clone(), others.clone());
            Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
                let Some([kind, from, to, text]) = read(&event.data()) else { return };
                if !(to.is_empty() || to == me) || from == me {
                    return;
                }
                match kind.as_str() {
                    "here" => {
                        let is_member = text == standing(true);
                        let (known, full) = (others.borrow().get(&from).copied(), others.borrow().len() >= TABS_MAX);
                        if known.is_none() && full {
                            return;
                        }
                        others.borrow_mut().insert(from.clone(), is_member);
                        if to.is_empty() && known.is_none() {
                            post(&channel, "here", &me, &from, standing(*member.borrow()));
                        }
                        if known != Some(is_member) {
                            tell(Heard::Changed);
                        }
                    }
                    "gone" if others.borrow_mut().remove(&from).is_some() => tell(Heard::Changed),
                    "offer" if to == me => tell(Heard::Offer { from, text }),
                    "answer" if to == me => tell(Heard::Answer(text)),
                    "handed" => tell(Heard::Handed(text)),
                    _ => {}
                }
            })
        };
        channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        post(&channel, "here", &me, "", standing(false));
        Some(Self { channel, me, member, others, _hear: hear })
    }

    /// Tells the others whether this tab is a member, if that is news.
    pub fn set_member(&self, member: bool) {
        if self.member.replace(member) != member {
            post(&self.channel, "here", &self.me, "", standing(member));
        }
    }

    /// A tab that is a member.
    #[must_use]
    pub fn member(&self) -> Option<String> {
        self.others.borrow().iter().find(|(_, member)| **member).map(|(tab, _)| tab.clone())
    }

    /// Other tabs that are here.
    #[must_use]
    pub fn count(&self) -> usize {
        self.others.borrow().len()
    }

    /// Whether this tab is the one to begin, where none is a member: exactly one of those that know each other is.
    #[must_use]
    pub fn begins(&self) -> bool {
        let others = self.others.borrow();
        !others.is_empty() && others.keys().all(|other| *other > self.me)
    }

    /// Sends an invitation to a tab.
    pub fn offer(&self, to: &str, text: &str) {
        post(&self.channel, "offer", &self.me, to, text);
    }

    /// Answers a tab's invitation.
    pub fn answer(&self, to: &str, text: &str) {
        post(&self.channel, "answer", &self.me, to, text);
    }

    /// Hands an answer to whichever tab made the invitation.
    pub fn hand(&self, text: &str) {
        post(&self.channel, "handed", &self.me, "", text);
    }
}

fn read(data: &JsValue) -> Option<[String; 4]> {
    let parts = data.dyn_ref::<Array>().filter(|parts| parts.length() == 4)?;
    let text = |at| parts.get(at).as_string().filter(|text| text.len() <= TEXT_CHARACTERS_MAX);
    Some([text(0)?, text(1)?, text(2)?, text(3)?])
}

impl Drop for Tabs {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        post(&self.channel, "gone", &self.me, "", "");
        self.channel.close();
    }
}
