//! Small helpers over the browser's own interfaces.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{Document, Event, EventTarget, HtmlElement, MutationObserver, MutationObserverInit, Window};

/// The window.
///
/// # Panics
/// Outside a page.
#[must_use]
pub fn window() -> Window {
    web_sys::window().expect("the app runs in a page")
}

/// The document.
///
/// # Panics
/// Outside a page.
#[must_use]
pub fn document() -> Document {
    window().document().expect("the app runs in a page")
}

/// The address's hash.
#[must_use]
pub fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

/// The page's address without its hash.
#[must_use]
pub fn page_address() -> String {
    let address = window().location().href().unwrap_or_default();
    address.split('#').next().unwrap_or_default().to_string()
}

/// The page's whole address.
#[must_use]
pub fn address() -> String {
    window().location().href().unwrap_or_default()
}

/// Changes the address's hash without an entry in the history, and without an event.
pub fn replace_hash(hash: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&(page_address() + hash)));
    }
}

/// Presses a button, if it is there.
pub fn click(id: &str) -> bool {
    let found = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    found.inspect(HtmlElement::click).is_some()
}

/// Milliseconds of a clock that never goes back.
#[must_use]
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// An event handler that is removed when this is dropped.
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    handler: Closure<dyn FnMut(Event)>,
}

/// Calls `handler` on every event of this name.
#[must_use]
pub fn listen(target: &EventTarget, name: &'static str, handler: impl FnMut(Event) + 'static) -> Listener {
    let handler = Closure::new(handler);
    let _ = target.add_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
    Listener { target: target.clone(), name, handler }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.name, self.handler.as_ref().unchecked_ref());
    }
}

/// A watch over the colours that ends when this is dropped.
pub struct Colours {
    attributes: Option<MutationObserver>,
    _handler: Closure<dyn FnMut()>,
    _system: Option<Listener>,
}

/// Calls `look` when other colours are chosen, by the person or by the system.
#[must_use]
pub fn watch_colours(look: impl Fn() + Clone + 'static) -> Colours {
    let system = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
    let again = look.clone();
    let system = system.map(|list| listen(&list, "change", move |_| again()));
    let handler = Closure::<dyn FnMut()>::new(look);
    let attributes = MutationObserver::new(handler.as_ref().unchecked_ref()).ok();
    let options = MutationObserverInit::new();
    options.set_attributes(true);
    options.set_attribute_filter(&js_sys::Array::of1(&"data-theme".into()));
    if let (Some(attributes), Some(root)) = (&attributes, document().document_element()) {
        let _ = attributes.observe_with_options(&root, &options);
    }
    Colours { attributes, _handler: handler, _system: system }
}

impl Drop for Colours {
    fn drop(&mut self) {
        if let Some(attributes) = &self.attributes {
            attributes.disconnect();
        }
    }
}

type FrameHandler = Closure<dyn FnMut(f64)>;

/// Calls a function before every repaint until this is dropped.
pub struct Frames {
    handle: Rc<RefCell<Option<i32>>>,
    _handler: Rc<RefCell<Option<FrameHandler>>>,
}

/// Calls `tick` with the milliseconds since the frame before, each frame.
#[must_use]
pub fn frames(mut tick: impl FnMut(f64) + 'static) -> Frames {
    let handle = Rc::new(RefCell::new(None));
    let handler: Rc<RefCell<Option<FrameHandler>>> = Rc::default();
    let mut last = None;
    let (next_handle, next_handler) = (handle.clone(), Rc::downgrade(&handler));
    *handler.borrow_mut() = Some(Closure::new(move |now: f64| {
        let Some(handler) = next_handler.upgrade() else { return };
        *next_handle.borrow_mut() = request(&handler);
        tick(last.map_or(0.0, |last| now - last));
        last = Some(now);
    }));
    *handle.borrow_mut() = request(&handler);
    Frames { handle, _handler: handler }
}

fn request(handler: &Rc<RefCell<Option<FrameHandler>>>) -> Option<i32> {
    let handler = handler.borrow();
    window().request_animation_frame(handler.as_ref()?.as_ref().unchecked_ref()).ok()
}

impl Drop for Frames {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.borrow_mut().take() {
            let _ = window().cancel_animation_frame(handle);
        }
    }
}

/// Calls `then` once, after `delay_ms`.
pub fn after(delay_ms: i32, then: impl FnOnce() + 'static) {
    let then = Closure::once_into_js(then);
    let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(then.unchecked_ref(), delay_ms);
}

/// Whether a media query holds.
#[must_use]
pub fn media(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Whether the person asked for less motion.
#[must_use]
pub fn reduced_motion() -> bool {
    media("(prefers-reduced-motion: reduce)")
}

/// Something remembered from an earlier visit, if the browser lets us.
#[must_use]
pub fn recall(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Remembers something, if the browser lets us.
pub fn remember(key: &str, value: Option<&str>) {
    let Some(storage) = window().local_storage().ok().flatten() else { return };
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// Sets or removes an attribute of the root element.
pub fn set_root(name: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Gives the focus to the first element that fits a selector.
pub fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Copies text to the clipboard and says whether that worked.
pub fn copy(text: &str, then: impl FnOnce(bool) + 'static) {
    let clipboard = window().navigator().clipboard();
    // Without a secure context there is no clipboard.
    if clipboard.is_undefined() {
        then(false);
        return;
    }
    let promise = clipboard.write_text(text);
    wasm_bindgen_futures::spawn_local(async move {
        then(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
    });
}

/// Lets the person keep some text as a file.
pub fn download(name: &str, text: &str) {
    let Some(url) = blob_url(text, "text/plain") else { return };
    save(name, &url);
    after(10_000, move || drop(web_sys::Url::revoke_object_url(&url)));
}

/// An address for some text; to be revoked when it is no longer needed.
pub fn blob_url(text: &str, kind: &str) -> Option<String> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&text.into());
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    web_sys::Url::create_object_url_with_blob(&blob).ok()
}

/// Lets the person keep what lies at an address of this page's own making.
pub fn save(name: &str, url: &str) {
    if let Ok(Ok(link)) = document().create_element("a").map(JsCast::dyn_into::<web_sys::HtmlAnchorElement>) {
        link.set_href(url);
        link.set_download(name);
        link.click();
    }
}

/// Reads a chosen file as text.
pub fn read_file(file: &web_sys::File, then: impl FnOnce(Option<String>) + 'static) {
    let promise = file.text();
    wasm_bindgen_futures::spawn_local(async move {
        let text = wasm_bindgen_futures::JsFuture::from(promise).await.ok();
        then(text.and_then(|text| text.as_string()));
    });
}
