//! What keeps the canvases up to date outside the virtual DOM: frame loop, size, theme, pointer.
//!
//! The still picture is painted when it changes; what moves, on a canvas above it, once an animation frame and only
//! while something moves.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use overlay_core::draw::{Pictured, Point, Size, point};
use overlay_core::protocol::Peer;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlCanvasElement, HtmlElement, ResizeObserver, Window};

use super::painter::{Measure, Painter, detached};
use super::theme::Theme;
use crate::dom::{self, Colours};

/// How near to a node a mouse must be, and a finger, in CSS pixels: targets are 28 and 44 wide.
const REACH_MOUSE: f64 = 14.0;
const REACH_TOUCH: f64 = 22.0;
/// Pictures with more nodes are painted with at most two device pixels a CSS pixel, others with three.
const MANY_NODES: usize = 1_500;

/// Everything the stage owns while it is on the page.
pub(super) struct Engine<F: Pictured> {
    window: Window,
    host: HtmlElement,
    still: Painter,
    moving: Painter,
    probe: web_sys::CanvasRenderingContext2d,
    theme: Theme,
    measure: Measure,
    frame: Rc<F>,
    /// When the frame was shown, in milliseconds of the page's clock.
    shown: f64,
    size: Size,
    composition: Option<F::Composition>,
    pointed: Option<Peer>,
    request: Option<i32>,
    watchers: Option<Watchers>,
}

struct Watchers {
    frame: Closure<dyn FnMut(f64)>,
    resize: ResizeObserver,
    _resized: Closure<dyn FnMut()>,
    _colours: Colours,
}

impl<F: Pictured + 'static> Engine<F> {
    /// Takes the element and its two canvases into use. `None` if the browser gives no drawing context.
    pub(super) fn mount(
        host: HtmlElement,
        still: HtmlCanvasElement,
        moving: HtmlCanvasElement,
        frame: Rc<F>,
    ) -> Option<Rc<RefCell<Self>>> {
        let window = web_sys::window()?;
        // By script rather than by attribute, which a strict content security policy would refuse.
        let set = |element: &HtmlElement, name: &str, value: &str| element.style().set_property(name, value).ok();
        let frame_style = [("position", "relative"), ("overflow", "hidden"), ("touch-action", "manipulation")];
        for (name, value) in frame_style.into_iter().chain([("width", "100%"), ("height", "100%")]) {
            set(&host, name, value)?;
        }
        for canvas in [&still, &moving] {
            let fill = [("position", "absolute"), ("inset", "0"), ("width", "100%"), ("height", "100%")];
            fill.iter().try_for_each(|(name, value)| set(canvas, name, value))?;
        }
        let probe = detached()?.1;
        let theme = Theme::read(&host, &probe)?;
        let measure = Measure::new(detached()?.1, theme.clone());
        let engine = Rc::new(RefCell::new(Self {
            still: Painter::new(still)?,
            moving: Painter::new(moving)?,
            shown: now(&window),
            window,
            host,
            probe,
            theme,
            measure,
            frame,
            size: Size { width: 0.0, height: 0.0 },
            composition: None,
            pointed: None,
            request: None,
            watchers: None,
        }));
        let watchers = Watchers::start(&engine)?;
        engine.borrow_mut().watchers = Some(watchers);
        engine.borrow_mut().resized();
        Some(engine)
    }

    /// Shows another frame.
    pub(super) fn show(&mut self, frame: Rc<F>) {
        if Rc::ptr_eq(&frame, &self.frame) {
            return;
        }
        if !frame.same_still_picture(&self.frame) {
            self.composition = None;
        }
        self.frame = frame;
        self.shown = now(&self.window);
        self.wake();
    }

    fn resized(&mut self) {
        let (width, height) = (f64::from(self.host.client_width()), f64::from(self.host.client_height()));
        self.size = Size { width, height };
        self.composition = None;
        // At once: the browser is about to paint, and would stretch the old picture.
        self.paint();
    }

    fn themed(&mut self) {
        if let Some(theme) = Theme::read(&self.host, &self.probe)
            && let Some((_, context)) = detached()
        {
            self.measure = Measure::new(context, theme.clone());
            self.theme = theme;
            self.composition = None;
            self.wake();
        }
    }

    /// Asks for an animation frame, once.
    fn wake(&mut self) {
        if self.request.is_none()
            && let Some(watchers) = &self.watchers
        {
            self.request = self.window.request_animation_frame(watchers.frame.as_ref().unchecked_ref()).ok();
        }
    }

    fn frame_came(&mut self) {
        self.request = None;
        self.paint();
    }

    fn paint(&mut self) {
        if self.size.width < 1.0 || self.size.height < 1.0 {
            return; // not on the page yet; the next resize paints
        }
        let still = self.composition.is_none();
        let composition = self.composition.get_or_insert_with(|| self.frame.compose(self.size, &self.measure));
        if still {
            let most = if self.frame.node_count() > MANY_NODES { 2.0 } else { 3.0 };
            let ratio = self.window.device_pixel_ratio().clamp(0.5, most);
            self.still.resize(self.size, ratio);
            self.moving.resize(self.size, ratio);
            self.still.paint(F::still(composition), &self.theme, &self.measure, true);
        }
        let seconds = (now(&self.window) - self.shown) / 1e3;
        let shapes = self.frame.moving(composition, seconds, self.pointed, &self.measure);
        self.moving.paint(&shapes, &self.theme, &self.measure, false);
        if self.frame.moves_after(seconds) {
            self.wake();
        }
    }

    /// The node at a place of the window, if one is near.
    pub(super) fn node_at(&self, client_x: i32, client_y: i32, touch: bool) -> Option<Peer> {
        let corner = self.host.get_bounding_client_rect();
        let at: Point = point(f64::from(client_x) - corner.left(), f64::from(client_y) - corner.top());
        let composition = self.composition.as_ref()?;
        self.frame.nearest(composition, at, if touch { REACH_TOUCH } else { REACH_MOUSE })
    }

    /// Marks the node under the pointer; whether that changed.
    pub(super) fn point_at(&mut self, peer: Option<Peer>) -> bool {
        let changed = self.pointed != peer;
        if changed {
            self.pointed = peer;
            let cursor = if peer.is_some() { "pointer" } else { "default" };
            let _ = self.host.style().set_property("cursor", cursor);
            self.wake();
        }
        changed
    }

    /// Stops everything; the element goes.
    pub(super) fn unmount(&mut self) {
        if let Some(request) = self.request.take() {
            let _ = self.window.cancel_animation_frame(request);
        }
        if let Some(watchers) = self.watchers.take() {
            watchers.resize.disconnect();
        }
    }
}

impl Watchers {
    fn start<F: Pictured + 'static>(engine: &Rc<RefCell<Engine<F>>>) -> Option<Self> {
        let weak = Rc::downgrade(engine);
        let on = |weak: &Weak<RefCell<Engine<F>>>, what: fn(&mut Engine<F>)| {
            let weak = weak.clone();
            move || {
                if let Some(engine) = weak.upgrade() {
                    what(&mut engine.borrow_mut());
                }
            }
        };
        let paint = on(&weak, Engine::frame_came);
        let frame = Closure::<dyn FnMut(f64)>::new(move |_| paint());
        let resized = Closure::<dyn FnMut()>::new(on(&weak, Engine::resized));

        let engine = engine.borrow();
        let resize = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok()?;
        resize.observe(&engine.host);
        let colours = dom::watch_colours(on(&weak, Engine::themed));
        let document = engine.window.document()?;
        // A web font that arrives changes the widths of labels.
        if let Ok(fonts) = document.fonts().ready() {
            let fonts_ready = Closure::once(on(&weak, Engine::themed));
            let then: &js_sys::Function = fonts_ready.as_ref().unchecked_ref();
            let _ = js_sys::Reflect::get(&fonts, &"then".into())
                .and_then(|f| f.dyn_into::<js_sys::Function>())
                .and_then(|f| f.call1(&fonts, then));
            fonts_ready.forget();
        }
        Some(Self { frame, resize, _resized: resized, _colours: colours })
    }
}

/// Milliseconds of the page's clock.
fn now(window: &Window) -> f64 {
    window.performance().map_or(0.0, |p| p.now())
}
