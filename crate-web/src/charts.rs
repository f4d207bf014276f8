//! Charts on the page: their values by pointer and keys, and their files.

use wasm_bindgen::prelude::*;
use web_sys::{
    CanvasRenderingContext2d, Element, Event, HtmlCanvasElement, HtmlImageElement, KeyboardEvent, PointerEvent,
};

use crate::dom;

/// Pixels of an exported picture for each of its units.
const PNG_SCALE: f64 = 3.0;

/// Paints an SVG on a canvas and gives the picture to the person.
pub fn save_png(name: String, svg: &str) {
    let Ok(image) = HtmlImageElement::new() else { return };
    let Some(url) = dom::blob_url(svg, "image/svg+xml") else { return };
    let loaded = {
        let (image, url) = (image.clone(), url.clone());
        Closure::once_into_js(move || {
            let _ = web_sys::Url::revoke_object_url(&url);
            if let Some(data) = painted(&image) {
                dom::save(&name, &data);
            }
        })
    };
    image.set_onload(Some(loaded.unchecked_ref()));
    image.set_src(&url);
}

fn painted(image: &HtmlImageElement) -> Option<String> {
    let canvas: HtmlCanvasElement = dom::document().create_element("canvas").ok()?.dyn_into().ok()?;
    let (width, height) = (f64::from(image.natural_width()) * PNG_SCALE, f64::from(image.natural_height()) * PNG_SCALE);
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.draw_image_with_html_image_element_and_dw_and_dh(image, 0.0, 0.0, width, height).ok()?;
    canvas.to_data_url().ok()
}

/// What an event happened in, by a selector.
#[must_use]
pub fn within(event: &Event, selector: &str) -> Option<Element> {
    event.target().and_then(|target| target.dyn_into::<Element>().ok())?.closest(selector).ok().flatten()
}

/// The pointer moves over charts: what it is over is read.
pub fn point(event: PointerEvent) {
    let (Some(stop), Some(chart)) = (within(&event, ".c-stop"), within(&event, ".chart")) else { return };
    let Ok(stops) = chart.query_selector_all(".c-stop") else { return };
    let place = (0..stops.length()).find(|at| stops.get(*at).is_some_and(|other| other.is_same_node(Some(&stop))));
    read_chart(&chart, |now, _| place.map_or(now, |place| place as i32));
}

/// A key is pressed on a chart: arrows go from value to value.
pub fn press(event: KeyboardEvent) {
    let Some(chart) = within(&event, ".chart") else { return };
    let key = event.key();
    if !matches!(key.as_str(), "ArrowRight" | "ArrowUp" | "ArrowLeft" | "ArrowDown" | "Home" | "End") {
        return;
    }
    event.prevent_default();
    let fresh = chart.query_selector(".c-stop.on").ok().flatten().is_none();
    read_chart(&chart, |now, count| match key.as_str() {
        "Home" => 0,
        "End" => count - 1,
        _ if fresh => now,
        "ArrowRight" | "ArrowUp" => now + 1,
        _ => now - 1,
    });
}

/// Reads a value off a chart: marks its stop and says its sentence. `choose` picks a stop from the present one and how
/// many there are.
fn read_chart(chart: &Element, choose: impl FnOnce(i32, i32) -> i32) {
    let Ok(stops) = chart.query_selector_all(".c-stop") else { return };
    let count = stops.length() as i32;
    if count == 0 {
        return;
    }
    let now = chart.get_attribute("aria-valuenow").and_then(|text| text.parse().ok()).unwrap_or(0);
    let chosen = choose(now, count).clamp(0, count - 1);
    for place in 0..count {
        if let Some(stop) = stops.get(place as u32).and_then(|stop| stop.dyn_into::<Element>().ok()) {
            let _ = stop.class_list().toggle_with_force("on", place == chosen);
            if place == chosen {
                let reading = stop.get_attribute("data-v").unwrap_or_default();
                let _ = chart.set_attribute("aria-valuemax", &(count - 1).to_string());
                let _ = chart.set_attribute("aria-valuenow", &chosen.to_string());
                let _ = chart.set_attribute("aria-valuetext", &reading);
                if let Some(output) = chart.next_element_sibling() {
                    output.set_text_content(Some(&reading));
                }
            }
        }
    }
}

/// Rows as CSV (RFC 4180), below a comment with the command that repeats them.
#[must_use]
pub fn csv(rows: &[Vec<String>], command: &str) -> String {
    let cell = |cell: &String| {
        // Commas between thousands are for people.
        let plain = cell.replace(',', "");
        let digits = plain.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
        let text = if digits { plain } else { cell.clone() };
        if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let mut text = format!("# {command}\r\n");
    for row in rows {
        text.push_str(&row.iter().map(cell).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}

/// A chart as a file of its own.
#[must_use]
pub fn svg_file(svg: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{svg}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_says_how_to_repeat_it_and_quotes_what_must_be() {
        let rows = [vec!["a, b".to_string(), "c".into()], vec!["1,234.5".into(), "say \"x\"".into()]];
        let text = csv(&rows, "overlay experiment");
        assert_eq!(text, "# overlay experiment\r\n\"a, b\",c\r\n1234.5,\"say \"\"x\"\"\"\r\n");
    }
}
