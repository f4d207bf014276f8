//! If the program fails: a page that says so, with a way on, instead of a frozen one.

use crate::dom;
use wasm_bindgen::prelude::*;

/// From now on, a panic shows an overlay with the reason and a button to reload.
pub fn install() {
    // Yew sets a hook of its own unless it was given one.
    yew::set_custom_panic_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let _ = show(&info.to_string());
    }));
}

fn show(reason: &str) -> Result<(), JsValue> {
    let document = dom::document();
    if document.get_element_by_id("crash").is_some() {
        return Ok(());
    }
    let overlay = document.create_element("div")?;
    overlay.set_id("crash");
    overlay.set_attribute("role", "alertdialog")?;
    overlay.set_attribute("aria-labelledby", "crash-title")?;
    let add = |tag: &str, text: &str| -> Result<web_sys::Element, JsValue> {
        let element = document.create_element(tag)?;
        element.set_text_content(Some(text));
        overlay.append_child(&element)?;
        Ok(element)
    };
    add("h2", "Overlay Lab has stopped")?.set_id("crash-title");
    add(
        "p",
        "This is a fault in the program, not something you did. Reload to go on; the address brings the page back.",
    )?;
    add("pre", reason)?;
    let button = add("button", "Reload")?;
    button.set_attribute("type", "button")?;
    let reload = Closure::<dyn FnMut()>::new(|| drop(dom::window().location().reload()));
    button.add_event_listener_with_callback("click", reload.as_ref().unchecked_ref())?;
    reload.forget();
    document.body().ok_or(JsValue::NULL)?.append_child(&overlay)?;
    dom::focus("#crash button");
    Ok(())
}
