//! The stage's colours and fonts, from CSS custom properties of its element.
//!
//! | property | meaning |
//! |---|---|
//! | `--stage-bg` | ground |
//! | `--ink`, `--ink-dim` | text and nodes; text that stands back |
//! | `--line` | rings and ticks |
//! | `--accent` | the message and its route |
//! | `--match` | matched digits |
//! | `--leaf` | leaf sets and successor lists |
//! | `--dead` | dead nodes, lost messages |
//! | `--font-mono`, `--font-sans` | identifiers; words |

use overlay_core::draw::{Face, Ink, Paint, fixed};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement};

/// Property, fallback on a light page, fallback on a dark one; in the order of [`Ink`].
const COLOURS: [(&str, &str, &str); 8] = [
    ("--stage-bg", "#fbfaf6", "#16171a"),
    ("--ink", "#1b1b19", "#eceae4"),
    ("--ink-dim", "#66645e", "#a2a09a"),
    ("--line", "#cfccc3", "#3b3c41"),
    ("--accent", "#d9480f", "#ff922b"),
    ("--match", "#0b7285", "#3bc9db"),
    ("--leaf", "#6741d9", "#b197fc"),
    ("--dead", "#8d8a84", "#7d7b78"),
];
const MONO: &str = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
const SANS: &str = "system-ui, 'DejaVu Sans', sans-serif";

/// Resolved colours and font families.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Theme {
    colours: [[u8; 4]; 8],
    mono: String,
    sans: String,
}

impl Theme {
    /// Reads the theme that holds for an element. `probe` is a canvas of its own, of one pixel.
    pub(super) fn read(element: &HtmlElement, probe: &CanvasRenderingContext2d) -> Option<Self> {
        let window = web_sys::window()?;
        let computed = window.get_computed_style(element).ok()??;
        let dark = is_dark(&window);
        let style = element.style();
        let before = style.get_property_value("color").unwrap_or_default();
        let mut colours = [[0; 4]; 8];
        for (colour, (name, on_light, on_dark)) in colours.iter_mut().zip(COLOURS) {
            // By way of `color`, so that light-dark(), oklch() and the like come out as what they are here.
            style.set_property("color", &format!("var({name}, {})", if dark { on_dark } else { on_light })).ok()?;
            *colour = resolve(probe, &computed.get_property_value("color").ok()?)?;
        }
        style.set_property("color", &before).ok()?;
        let family = |name: &str, fallback: &str| {
            let value = computed.get_property_value(name).unwrap_or_default();
            if value.trim().is_empty() { fallback.to_owned() } else { value.trim().to_owned() }
        };
        Some(Self { colours, mono: family("--font-mono", MONO), sans: family("--font-sans", SANS) })
    }

    /// A colour as red, green, blue and opacity, 0 to 255.
    pub(super) fn rgba(&self, paint: Paint) -> [u8; 4] {
        let index = match paint.ink {
            Ink::Ground => 0,
            Ink::Ink => 1,
            Ink::Dim => 2,
            Ink::Line => 3,
            Ink::Accent => 4,
            Ink::Match => 5,
            Ink::Leaf => 6,
            Ink::Dead => 7,
        };
        let [r, g, b, a] = self.colours[index];
        [r, g, b, (f64::from(a) * paint.alpha).round() as u8]
    }

    /// A colour as CSS.
    pub(super) fn css(&self, paint: Paint) -> String {
        let [r, g, b, a] = self.rgba(paint);
        format!("#{r:02x}{g:02x}{b:02x}{a:02x}")
    }

    /// A font as CSS.
    pub(super) fn font(&self, size: f64, face: Face, bold: bool) -> String {
        let family = match face {
            Face::Mono => &self.mono,
            Face::Sans => &self.sans,
        };
        format!("{}{}px {family}", if bold { "700 " } else { "" }, fixed(size, 2))
    }
}

/// Whether the page is dark: by `data-theme` on the root element, else as the system has it.
fn is_dark(window: &web_sys::Window) -> bool {
    let chosen = window.document().and_then(|d| d.document_element()).and_then(|e| e.get_attribute("data-theme"));
    match chosen.as_deref() {
        Some("dark") => true,
        Some("light") => false,
        _ => window.match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|m| m.matches()),
    }
}

/// The bytes of any CSS colour: whatever the browser paints.
fn resolve(probe: &CanvasRenderingContext2d, colour: &str) -> Option<[u8; 4]> {
    probe.clear_rect(0.0, 0.0, 1.0, 1.0);
    probe.set_fill_style_str(colour);
    probe.fill_rect(0.0, 0.0, 1.0, 1.0);
    let data = probe.get_image_data(0.0, 0.0, 1.0, 1.0).ok()?.data();
    data.0.get(..4)?.try_into().ok()
}

/// The drawing context of a canvas; `often_read` keeps it in main memory.
pub(super) fn context(canvas: &HtmlCanvasElement, often_read: bool) -> Option<CanvasRenderingContext2d> {
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &JsValue::from_str("willReadFrequently"), &JsValue::from_bool(often_read)).ok()?;
    canvas.get_context_with_context_options("2d", &options).ok()??.dyn_into().ok()
}
