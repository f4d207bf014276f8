//! The page: a story's worlds, its rail, its inspector and its clock.

use std::rc::Rc;

use overlay_core::draw::graph::GraphFrame;
use overlay_core::lecture::deck::beside;
use overlay_core::lecture::story::{STORIES, Story};

use overlay_core::plain::{counted, grouped};
use overlay_core::protocol::Peer;
use overlay_core::sim::show::{Role, Show, Tally, score};
use yew::prelude::*;

use super::board::Board;
use super::inspector::{Inspector, select};
use super::link::Moment;
use super::rail::Rail;
use crate::chapters::turn_page;
use crate::desk::millis;
use crate::dom;
use crate::handle::{Handle, use_desk};
use crate::router::Route;
use crate::stage::Stage;
use crate::transport::{Control, Transport};

/// A story that is shown, and a sentence about how it came about.
type Shown = (String, Handle<Board>, Option<AttrValue>);

/// The value of a name in an address.
fn query(hash: &str, name: &str) -> Option<String> {
    let (_, query) = hash.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_string()).next()
}

/// The story that an address names, or the chapter's first.
fn open(hash: &str, chapter: &str, scene: Option<&str>) -> Option<(Handle<Board>, Option<AttrValue>)> {
    let of_chapter = |story: &&Story| story.chapter.name() == chapter;
    let found = scene.and_then(|name| STORIES.iter().filter(of_chapter).find(|story| story.name == name));
    let mut notice = match (scene, found) {
        (Some(name), None) => Some(format!("There is no scene “{name}”; this is the chapter's first.")),
        _ => None,
    };
    let story = found.or_else(|| STORIES.iter().find(of_chapter))?;
    let chosen: Vec<usize> = query(hash, "choose")
        .iter()
        .flat_map(|text| text.split('.'))
        .map(|option| option.parse().unwrap_or(0))
        .take(8)
        .collect();
    let moment = query(hash, "at").map(|text| Moment::decode(&text));
    let board = match moment {
        Some(Ok(moment)) => {
            let chosen: Vec<usize> = moment.chosen.iter().map(|option| usize::from(*option)).collect();
            Board::restored(story, &chosen, &moment.worlds).unwrap_or_else(|error| {
                notice = Some(format!("{error} This is the scene's beginning."));
                Board::new(story, &chosen)
            })
        }
        Some(Err(sentence)) => {
            notice = Some(sentence.into());
            Board::new(story, &chosen)
        }
        None => Board::new(story, &chosen),
    };
    Some((Handle::new(board), notice.map(AttrValue::from)))
}

/// The scenes of the systems that are no rings.
#[component]
pub fn Page() -> Html {
    // The whole address: another moment of the same scene is another page.
    let hash = use_state_eq(dom::hash);
    {
        let hash = hash.clone();
        use_effect_with((), move |()| {
            let listener = dom::listen(&dom::window(), "hashchange", move |_| hash.set(dom::hash()));
            move || drop(listener)
        });
    }
    let shown = use_mut_ref(|| None::<Shown>);
    let mut turned = false;
    // While the page is left, the address is already another page's.
    if let Some(Route::Scene { chapter, scene }) = Route::parse(&hash) {
        let same = shown.borrow().as_ref().is_some_and(|(known, ..)| *known == *hash);
        if !same && let Some((handle, notice)) = open(&hash, &chapter, scene.as_deref()) {
            turned = shown.replace(Some(((*hash).clone(), handle, notice))).is_some();
        }
    }
    use_effect(move || {
        if turned {
            // The heading is another element than the one that the app has found.
            dom::after(0, || dom::focus("main h1"));
        }
    });
    let Some((key, handle, notice)) = shown.borrow().clone() else {
        return html! { <h1 tabindex="-1">{ "Lecture" }</h1> };
    };
    html! { <Bench key={key} {handle} {notice} /> }
}

#[derive(Properties, PartialEq)]
struct BenchProps {
    handle: Handle<Board>,
    notice: Option<AttrValue>,
}

#[component]
fn Bench(props: &BenchProps) -> Html {
    use_desk(&props.handle);
    let handle = &props.handle;
    use_effect_with(handle.clone(), |handle| {
        let handle = handle.clone();
        dom::document().set_title(&format!("{} · Overlay Lab", handle.with(|board| board.story.title)));
        move || handle.change(|board| board.player.pause())
    });
    let oncontrol = {
        let handle = handle.clone();
        Callback::from(move |control| run(&handle, control))
    };
    // Presenter mode is the app's: its button is pressed, and the style shows the way out of it only while it is on.
    let onleave = Callback::from(|_: MouseEvent| _ = dom::click("presenter-toggle"));
    let transport = handle.with(|board| {
        let ended = !board.can_go_on();
        let step = if ended && beside(board.story.name, false).is_some() { "Next scene" } else { "Step" };
        let moment = format!("Time {} of {}", millis(board.elapsed()), millis(board.known()));
        html! {
            <Transport playing={board.player.is_playing()} can_go_back={board.can_go_back()} can_go_on={!ended || step != "Step"} {step}
                narration={board.narration()} line={board.line()} {moment}
                speed={board.player.speed()} presenter={true} {onleave} {oncontrol} />
        }
    });
    html! {
        <div class="bench deck">
            <div class="rail"><Rail handle={handle.clone()} notice={props.notice.clone()} /></div>
            { handle.with(|board| arena(handle, board)) }
            <Inspector handle={handle.clone()} />
            { transport }
        </div>
    }
}

/// Does what the transport asks. At the end of a scene a step leads to the next one: a clicker goes through the whole deck.
fn run(handle: &Handle<Board>, control: Control) {
    let turn = |back| {
        let name = handle.with(|board| board.story.name);
        turn_page(name, back);
    };
    match control {
        Control::Reset => handle.change(Board::reset),
        Control::StepBack if handle.with(Board::can_go_back) => _ = handle.change(Board::step_back),
        Control::StepBack => turn(true),
        Control::PlayPause => handle.change(Board::play_or_pause),
        Control::Step if handle.with(Board::can_go_on) => handle.step(),
        Control::Step => turn(false),
        Control::Seek(fraction) => handle.change(|board| board.seek(fraction)),
        Control::Speed(index) => handle.change(|board| board.player.set_speed(index)),
    }
}

fn arena(handle: &Handle<Board>, board: &Board) -> Html {
    let several = board.worlds.len() > 1;
    let worlds = board.worlds.iter().enumerate().map(|(index, world)| {
        let title = world.stand.title;
        let show = &*world.stand.show;
        html! {
            <section key={index} class="world" aria-label={title}>
                <h2>{ title }</h2>
                <p class="tally">{ figures(show) }</p>
                <div class="picture">{ picture(handle, board, index) }</div>
            </section>
        }
    });
    html! {
        <div class="arena">
            <div class="arena-head">{ legend(board) }</div>
            <div class={classes!("worlds", several.then_some("two"))}>{ for worlds }</div>
        </div>
    }
}

/// What the marks of the picture mean: as many as there are.
fn legend(board: &Board) -> Html {
    let roles = |wanted| {
        board.worlds.iter().any(|world| {
            let show = &*world.stand.show;
            (0..show.node_count()).any(|peer| show.role(Peer(peer)) == wanted)
        })
    };
    let mut entries = vec![("asker", "asks"), ("asked", "was asked"), ("has", "has it")];
    for (role, entry) in [
        (Role::Server, ("server", "server")),
        (Role::Super, ("super", "super-peer")),
        (Role::Walled, ("walled", "behind a firewall")),
        (Role::Liar, ("liar", "liar")),
    ] {
        if roles(role) {
            entries.push(entry);
        }
    }
    let entries = entries.into_iter().map(|(class, name)| html! { <li key={class}><span class={classes!("mark", class)} aria-hidden="true" />{ name }</li> });
    html! { <ul class="marks" aria-label="Marks in the picture">{ for entries }</ul> }
}

/// What a world has cost, in a line.
fn figures(show: &dyn Show) -> String {
    let count = show.node_count();
    let alive = (0..count).filter(|peer| show.is_alive(Peer(*peer))).count() as u64;
    let mut said = vec![counted(alive, "node")];
    if alive < u64::from(count) {
        said.push(format!("{} stopped", grouped(u64::from(count) - alive)));
    }
    if let Some((request, ..)) = show.last_request() {
        let tally = Tally::of(show, request, show.position());
        said.push(format!("this search: {}", counted(tally.messages(), "message")));
    }
    let (asked, answered) = score(show);
    if asked > 1 {
        said.push(format!("answered {answered} of {asked}"));
    }
    said.push(format!("{} sent in all", grouped(show.counters().sent_in_all())));
    said.join(" · ")
}

fn picture(handle: &Handle<Board>, board: &Board, index: usize) -> Html {
    let frame = board.frame(index, dom::now_ms(), dom::reduced_motion());
    let world = &board.worlds[index];
    let label = format!(
        "{}: {} nodes and their links. The panel beside it shows what a node keeps and what the search costs.",
        world.stand.title,
        world.stand.show.node_count()
    );
    let on_select = {
        let handle = handle.clone();
        Callback::from(move |peer| {
            handle.change(|board| board.active = index);
            select(&handle, peer);
        })
    };
    let on_hover = {
        let handle = handle.clone();
        Callback::from(move |peer| {
            if handle.with(|board| board.hovered != peer) {
                handle.change(|board| board.hovered = peer);
            }
        })
    };
    html! { <Stage<GraphFrame> frame={Rc::new(frame)} {label} {on_select} {on_hover} /> }
}
