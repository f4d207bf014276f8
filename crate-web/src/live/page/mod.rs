//! The page `#/live`: ways in on the left, the ring in the middle, use and node on the right, one line of narration below.

mod act;
mod hall;
mod inspect;
mod ladder;
mod picture;

use overlay_core::draw::View;
use overlay_core::live::State;
use overlay_core::protocol::Peer;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::hub::{Board, Handed, Hub, use_hub};
use super::settings::Entry;
use crate::dom;
use crate::router::{Route, use_hash_route};
use crate::stage::Stage;
use crate::widgets::{Segmented, nothing, rich};
use crate::words::{count, marked};

/// What stands on the page besides the board: texts being typed, and what is open.
#[derive(Clone, PartialEq, Default)]
pub(super) struct Desk {
    /// The invitation as pasted.
    pub(super) invitation: String,
    /// The answer as pasted.
    pub(super) answer: String,
    /// Key, value and line as typed.
    pub(super) key: String,
    pub(super) value: String,
    pub(super) line: String,
    /// For whom the line is: 0 is whoever answers for the key, others are members in order.
    pub(super) to: usize,
    /// How many virtual nodes to add, as typed.
    pub(super) more: String,
    /// Which panel is shown.
    pub(super) panel: usize,
    /// Whether everything lies on one ring.
    pub(super) plain: bool,
    /// The lecturer's view, and whether it shows names.
    pub(super) hall: bool,
    pub(super) names: bool,
    /// What became of copying.
    pub(super) copied: String,
    /// What the check of the network found.
    pub(super) network: Vec<String>,
    /// What came with the address.
    pub(super) notice: String,
}

/// Everything that parts of the page change.
#[derive(Clone, PartialEq)]
pub(super) struct Scope {
    pub(super) hub: Hub,
    pub(super) desk: UseStateHandle<Desk>,
    latest: std::rc::Rc<std::cell::RefCell<Desk>>,
}

impl Scope {
    /// Changes what is being typed; several changes within one event add up.
    pub(super) fn set(&self, change: impl FnOnce(&mut Desk)) {
        let desk = {
            let mut latest = self.latest.borrow_mut();
            change(&mut latest);
            latest.clone()
        };
        self.desk.set(desk);
    }

    /// What stands there now, also if it has not been drawn yet.
    pub(super) fn now(&self) -> Desk {
        self.latest.borrow().clone()
    }

    /// A callback of a button.
    pub(super) fn press(&self, act: impl Fn(&Self) + 'static) -> Callback<MouseEvent> {
        let scope = self.clone();
        Callback::from(move |_| act(&scope))
    }

    /// A callback of a text field or area.
    pub(super) fn typed(&self, set: impl Fn(&Self, String) + 'static) -> Callback<InputEvent> {
        let scope = self.clone();
        Callback::from(move |event: InputEvent| {
            let target = event.target();
            let text =
                target.clone().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()).map(|field| field.value());
            let area = target.and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok()).map(|area| area.value());
            set(&scope, text.or(area).unwrap_or_default());
        })
    }

    /// Copies a text, and says what became of it.
    pub(super) fn copy(&self, text: &str, done: &'static str) {
        let scope = self.clone();
        dom::copy(text, move |worked| {
            let said = if worked { done } else { "The browser would not copy; select the text and copy it by hand." };
            scope.set(|desk| desk.copied = said.into());
        });
    }
}

/// What an address asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Wanted {
    invitation: Option<String>,
    answer: Option<String>,
    room: Option<String>,
    trackers: Option<String>,
}

impl Wanted {
    fn of_query(query: &str) -> Self {
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()?;
            Some(decoded(value)).filter(|value| !value.is_empty())
        };
        Self { invitation: value("i"), answer: value("a"), room: value("room"), trackers: value("t") }
    }
}

fn decoded(text: &str) -> String {
    js_sys::decode_uri_component(text).map_or_else(|_| text.to_string(), String::from)
}

/// Does what the address asks for, once, and forgets it: an invitation that was answered is of no use to a reload.
#[hook]
fn use_address(scope: &Scope) {
    let route = use_hash_route();
    let scope = scope.clone();
    use_effect_with(route, move |route| {
        let Route::Live(query) = route else { return };
        let wanted = Wanted::of_query(query);
        if wanted.answer.is_none() {
            scope.hub.meet_tabs();
        }
        if query.is_empty() {
            return;
        }
        dom::replace_hash(&Route::Live(String::new()).href());
        if let Some(room) = wanted.room {
            scope.hub.change(|board, _| {
                board.settings.set(Entry::Room, room.clone());
                if let Some(trackers) = wanted.trackers {
                    board.settings.set(Entry::Trackers, trackers.replace(',', "\n"));
                }
            });
            let servers = scope.hub.with(|board| board.settings.trackers());
            let notice = match servers {
                Ok(urls) => format!(
                    "You are invited to the room “{room}”. Press “Join overlay” to ask for it at {}.",
                    urls.join(", ")
                ),
                Err(sentence) => sentence,
            };
            scope.set(|desk| desk.notice = notice);
        }
        if let Some(answer) = wanted.answer {
            let notice = match scope.hub.hand_answer(&answer) {
                Handed::Here => "The answer was taken.",
                Handed::Tabs => {
                    "The answer was handed to the tab that made the invitation. If that is another browser, paste this page's \
                     address there under Answer. This tab may be closed."
                }
            };
            scope.set(|desk| {
                desk.notice = notice.into();
                desk.answer = answer;
            });
        } else if let Some(invitation) = wanted.invitation {
            scope.set(|desk| desk.invitation.clone_from(&invitation));
            if scope.hub.with(|board| board.is_member()) {
                scope.set(|desk| {
                    desk.notice = "This tab is in an overlay already; leave it to take another invitation.".into()
                });
            } else {
                scope.hub.join(&invitation);
            }
        }
    });
}

/// The page.
#[component]
pub fn Page() -> Html {
    let hub = (*use_memo((), |()| Hub::of_page())).clone();
    use_hub(&hub);
    let desk = use_state_eq(Desk::default);
    let latest = use_mut_ref(Desk::default);
    let scope = Scope { hub, desk, latest };
    use_address(&scope);
    let hall = scope.desk.hall;
    use_effect_with(hall, |on| dom::set_root("data-hall", on.then_some("")));
    use_effect_with((), |()| || dom::set_root("data-hall", None));
    scope.hub.with(|board| {
        if hall {
            return hall::hall(&scope, board);
        }
        html! {
            <div class="bench live">
                <div class="rail">
                    <div class="rail-head">{ head(&scope, board) }</div>
                    <div class="rail-body">{ ladder::ladder(&scope, board) }</div>
                </div>
                { arena(&scope, board) }
                { panels(&scope, board) }
                { foot(board) }
            </div>
        }
    })
}

fn head(scope: &Scope, board: &Board) -> Html {
    let name = board.settings.text(Entry::Name).to_string();
    let rename = scope.typed(|scope, text| scope.hub.change(|board, _| board.settings.set(Entry::Name, text)));
    let keep = {
        let scope = scope.clone();
        Callback::from(move |_: Event| scope.hub.rename())
    };
    let inside = matches!(board.state(), State::Joining | State::Member);
    let create = scope.press(|scope| scope.hub.create());
    let join = scope.press(|scope| scope.hub.join(&scope.now().invitation));
    let leave = scope.press(|scope| scope.hub.leave());
    let invite = scope.press(|scope| {
        scope.set(|desk| desk.copied = String::new());
        let copy = scope.clone();
        scope.hub.invite(move |link| copy.copy(link, "The invitation is copied. Send it to one person."));
    });
    let cut = scope.press(|scope| scope.hub.cut_signalling());
    let allow = scope.press(|scope| scope.hub.allow_signalling());
    let show_hall = scope.press(|scope| scope.set(|desk| desk.hall = true));
    let closed = board.cut && board.is_member();
    html! {
        <>
            <h1 tabindex="-1">{ "Live overlay" }</h1>
            <p class="dim">{ "This browser becomes a node of a Pastry ring. Links go from browser to browser; no server of ours is involved." }</p>
            <p class="notice" role="status" hidden={scope.desk.notice.is_empty()}>{ scope.desk.notice.clone() }</p>
            <div class="field">
                <label for="live-name">{ "Name" }</label>
                <input id="live-name" type="text" maxlength="40" value={name} oninput={rename} onchange={keep} autocomplete="nickname"
                    spellcheck="false" aria-describedby="live-name-hint" />
                <p id="live-name-hint" class="hint">{ "Optional; the others see it." }</p>
            </div>
            <div class="buttons">
                <button type="button" class="primary" hidden={inside} onclick={create}>{ "Create overlay" }</button>
                <button type="button" hidden={inside} onclick={join}>{ "Join overlay" }</button>
                <button type="button" class="primary" hidden={!board.is_member()} onclick={invite}>{ "Copy invitation" }</button>
                <button type="button" hidden={!board.is_member() || closed} onclick={cut}
                    title="Closes every way in that needs a third party">{ "Cut signalling" }</button>
                <button type="button" hidden={!closed} onclick={allow}>{ "Allow signalling" }</button>
                <button type="button" hidden={!board.is_member()} onclick={show_hall}>{ "Lecturer's view" }</button>
                <button type="button" class="danger" hidden={!inside} onclick={leave}>{ "Leave" }</button>
            </div>
            <p role="status" class="dim" hidden={scope.desk.copied.is_empty()}>{ scope.desk.copied.clone() }</p>
            <p class="error" role="alert" hidden={board.problem.is_none()}>{ board.problem.clone().unwrap_or_default() }</p>
        </>
    }
}

/// Members, links and messages in a line.
fn figures(board: &Board) -> String {
    let member = &board.viewer().member;
    let here = picture::here(board);
    format!("{} · {}", count(here, "member"), count(member.connected(), "link"))
}

fn arena(scope: &Scope, board: &Board) -> Html {
    let onchoose = {
        let scope = scope.clone();
        Callback::from(move |index| scope.set(|desk| desk.plain = index == 1))
    };
    html! {
        <div class="arena">
            <div class="arena-head">
                <Segmented label="View" name="view" options={vec!["Unfolded".into(), "Ring".into()]}
                    chosen={usize::from(scope.desk.plain)} {onchoose} />
                <p class="figures">{ figures(board) }</p>
            </div>
            <div class="worlds"><section class="world" aria-label="Ring"><div class="picture">{ stage(scope, board, true) }</div></section></div>
        </div>
    }
}

/// The picture; with names, or with digits alone.
fn stage(scope: &Scope, board: &Board, names: bool) -> Html {
    let view = if scope.desk.plain { View::Ring } else { View::Unfolded };
    let frame = picture::frame(board, view, names, dom::now_ms(), dom::reduced_motion());
    let choose = |set: fn(&mut Board, Option<overlay_core::id::Guid>)| {
        let hub = scope.hub.clone();
        Callback::from(move |peer: Option<Peer>| {
            hub.change(|board, _| {
                let guid = peer.filter(|peer| peer.index() < board.viewer().member.directory().len());
                let guid = guid.map(|peer| board.viewer().member.directory().id(peer));
                set(board, guid);
            });
        })
    };
    let label = format!(
        "{} on a ring, as far as this node has heard of them. The list of members and the list labelled Route say the same in words.",
        count(picture::here(board), "member")
    );
    html! {
        <Stage<overlay_core::draw::Frame> frame={std::rc::Rc::new(frame)} {label} on_select={choose(|board, guid| board.selected = guid)}
            on_hover={choose(|board, guid| board.hovered = guid)} />
    }
}

fn panels(scope: &Scope, board: &Board) -> Html {
    let onchoose = {
        let scope = scope.clone();
        Callback::from(move |index| scope.set(|desk| desk.panel = index))
    };
    let options = ["Use", "Node", "Members", "Events"].map(AttrValue::from).to_vec();
    let body = match scope.desk.panel {
        0 => html! { <>{ act::act(scope, board) }{ act::route(board) }{ act::lines(board) }</> },
        1 => inspect::node(scope, board),
        2 => inspect::members(board),
        _ => html! { <>{ inspect::events(board) }{ inspect::counters(board) }</> },
    };
    html! {
        <aside class="inspector" aria-label="Inspector">
            <div class="node-head inspector-head">
                <Segmented label="Show" labelled=false name="inspect" {options} chosen={scope.desk.panel} {onchoose} />
                { seats(scope, board) }
            </div>
            <div class="inspector-body">{ body }</div>
        </aside>
    }
}

/// Which of this page's nodes is looked at.
fn seats(scope: &Scope, board: &Board) -> Html {
    let onchange = {
        let hub = scope.hub.clone();
        Callback::from(move |event: Event| {
            let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index().max(0) as usize;
            hub.change(|board, _| board.active = index);
        })
    };
    if board.seats.len() < 2 {
        return nothing();
    }
    let options = (0..board.seats.len()).map(|seat| {
        let name = if seat == 0 { "You".into() } else { format!("Virtual {seat}") };
        html! { <option key={seat} selected={seat == board.active}>{ name }</option> }
    });
    html! {
        <div class="field">
            <label class="sr-only" for="live-seat">{ "Node of this page" }</label>
            <select id="live-seat" {onchange}>{ for options }</select>
        </div>
    }
}

/// Narration, and how many are connected.
fn foot(board: &Board) -> Html {
    html! {
        <div class="transport">
            <p class="narration" role="status" aria-label="Narration">{ rich(&marked(&board.narration)) }</p>
            <p class="peers" role="status">{ format!("Connected peers: {}", board.seats[0].member.connected()) }</p>
        </div>
    }
}
