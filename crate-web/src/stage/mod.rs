//! The stage: the picture of an overlay on two canvases, one above the other, painted outside the virtual DOM.
//!
//! What is shown is whatever is [`Pictured`]; where everything goes is computed by [`overlay_core::draw`]; here are canvas calls,
//! the frame loop and the pointer. The canvases live alone in their own `<section>` with a fixed list of children, so
//! that Yew never re-creates them (yew #3262).

mod engine;
pub mod frame;
mod painter;
mod theme;

use std::cell::RefCell;
use std::rc::Rc;

use overlay_core::draw::Pictured;
use overlay_core::protocol::Peer;
use web_sys::{HtmlCanvasElement, HtmlElement};
use yew::prelude::*;

use engine::Engine;

/// What a [`Stage`] is given.
#[derive(Properties, Clone)]
pub struct StageProps<F: Pictured + 'static> {
    /// What it shows; compared by pointer, so every change is a new `Rc`.
    pub frame: Rc<F>,
    /// What a screen reader says of the picture.
    pub label: AttrValue,
    /// A node was clicked or tapped; `None`: the ground was.
    #[prop_or_default]
    pub on_select: Callback<Option<Peer>>,
    /// The pointer came to a node, or left it.
    #[prop_or_default]
    pub on_hover: Callback<Option<Peer>>,
    /// A way to show frames without rendering: for whoever has a clock of its own.
    #[prop_or_default]
    pub link: StageLink<F>,
}

impl<F: Pictured + 'static> PartialEq for StageProps<F> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.frame, &other.frame)
            && self.label == other.label
            && self.on_select == other.on_select
            && self.on_hover == other.on_hover
            && self.link == other.link
    }
}

/// Shows frames on a mounted [`Stage`] without going through the virtual DOM. Cheap to clone.
pub struct StageLink<F: Pictured + 'static>(Mounted<F>);

impl<F: Pictured + 'static> Clone for StageLink<F> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<F: Pictured + 'static> Default for StageLink<F> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<F: Pictured + 'static> PartialEq for StageLink<F> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<F: Pictured + 'static> StageLink<F> {
    /// Shows a frame; nothing happens while no stage is mounted.
    pub fn show(&self, frame: Rc<F>) {
        if let Some(engine) = &*self.0.borrow() {
            engine.borrow_mut().show(frame);
        }
    }
}

/// The stage's element and the two canvases in it.
#[derive(Clone, Default)]
struct Elements {
    host: NodeRef,
    still: NodeRef,
    moving: NodeRef,
}

type Mounted<F> = Rc<RefCell<Option<Rc<RefCell<Engine<F>>>>>>;

/// A frame as an effect's dependency.
struct ByPointer<F>(Rc<F>);

impl<F> PartialEq for ByPointer<F> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// The engine of the mounted canvases; it shows the frame of the properties whenever that is another one.
#[hook]
fn use_engine<F: Pictured + 'static>(elements: &Elements, frame: &Rc<F>, link: &StageLink<F>) -> Mounted<F> {
    let engine = use_mut_ref(|| None::<Rc<RefCell<Engine<F>>>>);
    {
        let (engine, elements, frame) = (engine.clone(), elements.clone(), frame.clone());
        use_effect_with((), move |()| {
            let canvas = |node: &NodeRef| node.cast::<HtmlCanvasElement>();
            let found = elements.host.cast::<HtmlElement>().zip(canvas(&elements.still)).zip(canvas(&elements.moving));
            *engine.borrow_mut() = found.and_then(|((host, still), moving)| Engine::mount(host, still, moving, frame));
            move || {
                if let Some(engine) = engine.borrow_mut().take() {
                    engine.borrow_mut().unmount();
                }
            }
        });
    }
    {
        let engine = engine.clone();
        use_effect_with(link.clone(), move |link| {
            link.0.replace(engine.borrow().clone());
            let link = link.clone();
            move || drop(link.0.take())
        });
    }
    {
        let engine = engine.clone();
        use_effect_with(ByPointer(frame.clone()), move |frame| {
            if let Some(engine) = &*engine.borrow() {
                engine.borrow_mut().show(frame.0.clone());
            }
        });
    }
    engine
}

/// The picture. It fills its parent, which gives it a height.
#[component]
pub fn Stage<F: Pictured + 'static>(props: &StageProps<F>) -> Html {
    let elements = (*use_memo((), |()| Elements::default())).clone();
    let engine = use_engine(&elements, &props.frame, &props.link);
    let point_at = {
        let (engine, on_hover) = (engine.clone(), props.on_hover.clone());
        move |find: &dyn Fn(&Engine<F>) -> Option<Peer>| {
            let Some(engine) = engine.borrow().clone() else { return };
            let found = find(&engine.borrow());
            let changed = engine.borrow_mut().point_at(found);
            if changed {
                on_hover.emit(found);
            }
        }
    };
    let onpointermove = {
        let point_at = point_at.clone();
        Callback::from(move |e: PointerEvent| {
            if e.pointer_type() != "touch" {
                point_at(&|engine| engine.node_at(e.client_x(), e.client_y(), false));
            }
        })
    };
    let onpointerleave = Callback::from(move |_: PointerEvent| point_at(&|_| None));
    // A click does not tell what kind of pointer it came from; the press before it does.
    let touch = use_mut_ref(|| false);
    let onpointerdown = {
        let touch = touch.clone();
        Callback::from(move |e: PointerEvent| *touch.borrow_mut() = e.pointer_type() == "touch")
    };
    let onclick = {
        let on_select = props.on_select.clone();
        Callback::from(move |e: MouseEvent| {
            let Some(engine) = engine.borrow().clone() else { return };
            let found = engine.borrow().node_at(e.client_x(), e.client_y(), *touch.borrow());
            on_select.emit(found);
        })
    };
    html! {
        <div class="stage" role="img" aria-label={props.label.clone()} ref={elements.host}
            {onpointermove} {onpointerleave} {onpointerdown} {onclick}>
            <canvas class="stage-still" ref={elements.still} />
            <canvas class="stage-moving" ref={elements.moving} />
        </div>
    }
}
