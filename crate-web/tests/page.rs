//! The page in a real browser: what only a DOM can show.
#![cfg(target_arch = "wasm32")]

use overlay_web::dom;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::platform::time::sleep;

wasm_bindgen_test_configure!(run_in_browser);

/// A page at an address, and its root element.
async fn open(hash: &str) -> Element {
    let document = dom::document();
    if let Ok(Some(old)) = document.query_selector("#page-under-test") {
        old.remove();
    }
    dom::window().location().set_hash(hash).expect("a hash can be set");
    let root = document.create_element("div").expect("an element");
    root.set_id("page-under-test");
    document.body().expect("a body").append_child(&root).expect("appended");
    yew::Renderer::<overlay_web::app::App>::with_root(root.clone()).render();
    settle().await;
    root
}

async fn settle() {
    sleep(std::time::Duration::from_millis(150)).await;
}

fn find(root: &Element, selector: &str) -> Element {
    root.query_selector(selector).expect("a selector").unwrap_or_else(|| panic!("{selector} is on the page"))
}

fn button(root: &Element, name: &str) -> HtmlElement {
    let buttons = root.query_selector_all("button").expect("a selector");
    let buttons = (0..buttons.length()).filter_map(|index| buttons.get(index)?.dyn_into::<HtmlElement>().ok());
    let named = |button: &HtmlElement| {
        button.get_attribute("aria-label").or_else(|| button.text_content()).is_some_and(|text| text.trim() == name)
    };
    buttons.into_iter().find(named).unwrap_or_else(|| panic!("there is a button “{name}”"))
}

fn route(root: &Element) -> Vec<String> {
    let items = root.query_selector_all("ol[aria-label=Route] > li").expect("a selector");
    (0..items.length()).filter_map(|index| items.get(index)?.text_content()).collect()
}

#[wasm_bindgen_test]
async fn stepping_tells_the_route_and_keeps_the_canvas() {
    let root = open("#/lecture/chord?scene=chord-search-13").await;
    let canvas = find(&root, "canvas");
    for _ in 0..6 {
        button(&root, "Step").click();
        settle().await;
    }
    assert_eq!(route(&root), ["0 → 9 · finger 4", "9 → 14 · finger 3"]);
    assert!(find(&root, "canvas").is_same_node(Some(&canvas)), "the canvas is the one of before");
}

#[wasm_bindgen_test]
async fn a_field_keeps_its_text_and_focus_while_the_world_changes() {
    let root = open("#/lab").await;
    let field = find(&root, "#lab-key").dyn_into::<HtmlInputElement>().expect("a field");
    field.set_value("some thing");
    let event = web_sys::InputEvent::new("input").expect("an event");
    field.dispatch_event(&event).expect("dispatched");
    field.focus().expect("focused");
    button(&root, "Step").click();
    settle().await;
    let after = find(&root, "#lab-key").dyn_into::<HtmlInputElement>().expect("a field");
    assert!(after.is_same_node(Some(&field)), "the field is the one of before");
    assert_eq!(after.value(), "some thing");
}

#[wasm_bindgen_test]
async fn a_broken_link_is_answered_with_a_sentence() {
    let root = open("#/s/1.not-a-situation").await;
    let notice = find(&root, ".notice").text_content().unwrap_or_default();
    assert!(notice.contains("link"), "{notice}");
    assert!(!find(&root, "h1").text_content().unwrap_or_default().is_empty());
}

#[wasm_bindgen_test]
async fn going_through_all_pages_and_back_never_fails() {
    let root = open("#/").await;
    for hash in ["#/lab", "#/", "#/lecture/pastry?scene=pastry-join", "#/nowhere", "#/lecture/chord", "#/lab", "#/"] {
        dom::window().location().set_hash(hash).expect("a hash can be set");
        settle().await;
        assert!(root.query_selector("main h1").expect("a selector").is_some(), "{hash}");
    }
}
