//! What members tell, in plain sentences, and what of it is kept on the board.

use overlay_core::id::Guid;
use overlay_core::live::{Event, RequestId};
use overlay_core::protocol::Rule;
use overlay_core::time::Time;
use overlay_core::wire::Hop;

use super::super::clock::now;
use super::Hub;
use super::board::{Board, Shown, Wish, digits};
use crate::dom;
use crate::words::count;

/// Characters of a value or a line that are told.
const TEXT_MAX: usize = 120;

impl Board {
    /// Keeps what a member told.
    pub(super) fn note(&mut self, seat: usize, event: Event) {
        let at = now();
        let whose =
            if seat == 0 { String::new() } else { format!("[{}] ", self.name_of(self.seats[seat].member.guid())) };
        match event {
            Event::Joined if seat == 0 => {
                let text = match self.seats[0].member.connected() {
                    0 => "The overlay begins with this node. Invite others.".into(),
                    _ => format!("This node, {}, is a member now.", self.name_of(self.seats[0].member.guid())),
                };
                self.narrate(at, text);
            }
            Event::Joined => self.log(at, format!("{whose}Is a member now.")),
            Event::JoinFailed => self.trouble(at, &whose, "Nobody in the overlay answered. Try again, or ask for another invitation."),
            Event::Left => self.narrate(at, format!("{whose}Goodbye was said; this node has left.")),
            Event::Isolated => self.trouble(
                at,
                &whose,
                "No link is left. Come back by an invitation, a room, or another tab; what this node stores is kept meanwhile.",
            ),
            // Links of dozens of virtual nodes would leave nothing else to be read.
            Event::LinkUp { .. } | Event::LinkDown { .. } | Event::OfferFailed { .. } if seat > 0 => {}
            Event::LinkUp { peer, .. } => self.log(at, format!("{whose}Linked with {}.", self.name_of(peer))),
            Event::LinkDown { peer, reason, .. } => {
                let who = self.name_of(peer);
                self.log(at, format!("{whose}The link to {who} is gone: {reason}"));
            }
            Event::OfferFailed { reason, .. } => {
                self.log(at, format!("{whose}An offer came to nothing: {reason}"));
                if self.invitation.is_some() {
                    self.problem = Some(format!("The invitation came to nothing. {reason} Make a new one."));
                }
            }
            Event::RosterChanged | Event::NeighboursChanged | Event::Routed { .. } => {}
            Event::Chat { from, text, path, .. } => {
                let hops = count(made(&path), "hop");
                let who = self.name_of(from);
                let text = cut(&text);
                self.keep_line(format!("{who}: {text}"));
                self.narrate(at, format!("{whose}{who} says “{text}” ({hops})."));
            }
            Event::WasAway { span } => {
                self.log(at, format!("{whose}This page had stood still for {} s; the node catches up.", span.0.div_ceil(1_000_000)));
            }
            other => self.answered(seat, at, other),
        }
    }

    fn trouble(&mut self, at: Time, whose: &str, text: &str) {
        self.narrate(at, format!("{whose}{text}"));
        if whose.is_empty() {
            self.problem = Some(text.into());
        }
    }

    /// What became of a wish.
    fn answered(&mut self, seat: usize, at: Time, event: Event) {
        let (request, path) = match &event {
            Event::Stored { request, path, .. }
            | Event::Found { request, path, .. }
            | Event::Deleted { request, path, .. }
            | Event::Reached { request, path, .. } => (*request, path.clone()),
            Event::NoAnswer { request, .. } => (*request, Vec::new()),
            _ => return,
        };
        let Some(wish) = self.asked.remove(&(seat, request)) else { return };
        let name = &wish.name;
        let hops = count(made(&path), "hop");
        let text = match event {
            Event::Stored { copies: 0, .. } => {
                format!("“{name}” was refused: the value is too large, or there is no room for it.")
            }
            Event::Stored { copies, .. } => format!(
                "“{name}” ({}) is stored on {} after {hops}.",
                digits(wish.key),
                count(usize::from(copies), "node")
            ),
            Event::Found { value: Some(value), holder, .. } => {
                let value = String::from_utf8_lossy(&value).into_owned();
                format!("“{name}” is “{}”, from {} after {hops}.", cut(&value), self.name_of(holder))
            }
            Event::Found { value: None, holder, .. } => {
                format!("Nothing is stored under “{name}”, says {} after {hops}.", self.name_of(holder))
            }
            Event::Deleted { existed: true, .. } => format!("“{name}” is removed, after {hops}."),
            Event::Deleted { .. } => format!("There was nothing under “{name}” to remove, after {hops}."),
            Event::Reached { owner, .. } => format!(
                "The message for “{name}” ({}) reached {}, which answers for that key, after {hops}.",
                digits(wish.key),
                self.name_of(owner)
            ),
            Event::NoAnswer { reason, .. } => format!("No answer about “{name}”: {reason}"),
            _ => String::new(),
        };
        if !path.is_empty() {
            self.shown = Some(Shown { key: wish.key, path, since_ms: dom::now_ms() });
        }
        if self.wish.as_ref().is_some_and(|last| last.key == wish.key) {
            self.wish = Some(Wish { outcome: Some(text.clone()), ..wish });
        }
        self.narrate(at, text);
    }

    /// A hop as the list "Route" has it.
    #[must_use]
    pub fn hop_text(&self, hop: &Hop) -> String {
        let (from, to) = (self.name_of(hop.at), self.name_of(hop.next));
        if hop.at == hop.next {
            let why = match hop.rule {
                Rule::NobodyCloser => "it knows nobody closer to the key",
                _ => "it is numerically closest to the key",
            };
            return format!("{from} · delivers: {why}");
        }
        format!("{from} → {to} · {}", place(hop.rule))
    }
}

/// Hops that a path made: the last entry is whoever delivered.
pub(super) fn made(path: &[Hop]) -> usize {
    path.iter().filter(|hop| hop.at != hop.next).count()
}

fn cut(text: &str) -> String {
    let short: String = text.chars().take(TEXT_MAX).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// Where the node that decided found the next one.
fn place(rule: Rule) -> String {
    match rule {
        Rule::RoutingTable { row, column } => format!("routing table, row {row}, column {column:X}"),
        Rule::LeafSet | Rule::LeafSetAlone => "leaf set".into(),
        Rule::RareCase => "any known node that is closer".into(),
        _ => "its own tables".into(),
    }
}

/// What is asked of the overlay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// Store a value.
    Put(String),
    /// Get it back.
    Get,
    /// Remove it.
    Remove,
    /// Find who answers for the key.
    Reach,
    /// Say something to who answers for the key.
    Say(String),
}

impl Hub {
    /// Asks something about a name, as the member whose tables are shown.
    pub fn ask(&self, name: &str, key: Guid, ask: &Ask) {
        self.change(|board, now| {
            let missing = match ask {
                _ if name.is_empty() => Some("Type a key first: any name will do."),
                Ask::Say(text) if text.is_empty() => Some("Type a line first."),
                _ => None,
            };
            if let Some(sentence) = missing {
                board.problem = Some(sentence.into());
                return;
            }
            let seat = board.active.min(board.seats.len() - 1);
            let member = &mut board.seats[seat].member;
            let asked = match ask {
                Ask::Put(value) => member.put(now, name, value.as_bytes()),
                Ask::Get => member.get(now, name),
                Ask::Remove => member.delete(now, name),
                Ask::Reach => member.reach(now, key),
                Ask::Say(text) => member.chat(now, key, text),
            };
            match asked {
                Ok(request) => board.wished(seat, request, name, key),
                Err(error) => board.problem = Some(error.to_string()),
            }
        });
    }
}

impl Board {
    fn wished(&mut self, seat: usize, request: RequestId, name: &str, key: Guid) {
        let wish = Wish { name: name.into(), key, outcome: None };
        (self.problem, self.shown) = (None, None);
        self.narration = format!("Asking the overlay for “{name}” ({}).", digits(key));
        self.asks += 1;
        self.wish = Some(wish.clone());
        self.asked.insert((seat, request), wish);
    }
}
