//! Paints shapes on a canvas: nothing but canvas calls.

use std::cell::RefCell;
use std::f64::consts::{PI, TAU};

use overlay_core::draw::{Dash, Face, Ink, Paint, Point, Raster, Shape, Size, Stamp, Stroke, Text, TextMeasure, Track};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::theme::{Theme, context};

/// Above so many dots they are rasterised by the core rather than drawn one by one.
const RASTER_FROM: usize = 1_500;
/// Width of the ground-coloured edge around text, in CSS pixels on each side.
const HALO: f64 = 2.5;

/// A canvas of its own in memory.
pub(super) fn detached() -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let canvas: HtmlCanvasElement = web_sys::window()?.document()?.create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(1);
    canvas.set_height(1);
    let context = context(&canvas, true)?;
    Some((canvas, context))
}

/// Text widths of the browser's fonts.
pub(super) struct Measure {
    context: CanvasRenderingContext2d,
    theme: Theme,
    /// Advance of a typewriter character at size 1, plain and bold.
    advances: RefCell<[Option<f64>; 2]>,
}

impl Measure {
    pub(super) fn new(context: CanvasRenderingContext2d, theme: Theme) -> Self {
        Self { context, theme, advances: RefCell::new([None; 2]) }
    }

    fn measured(&self, text: &str, size: f64, face: Face, bold: bool) -> f64 {
        self.context.set_font(&self.theme.font(size, face, bold));
        self.context.measure_text(text).map_or(0.0, |m| m.width())
    }
}

impl TextMeasure for Measure {
    fn width(&self, text: &str, size: f64, face: Face, bold: bool) -> f64 {
        if face == Face::Sans || !text.is_ascii() {
            return self.measured(text, size, face, bold);
        }
        let known = self.advances.borrow()[usize::from(bold)];
        let advance = known.unwrap_or_else(|| self.measured("0", 100.0, face, bold) / 100.0);
        self.advances.borrow_mut()[usize::from(bold)] = Some(advance);
        advance * size * text.len() as f64
    }
}

/// One canvas and how it is painted.
pub(super) struct Painter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    /// Where rasterised dots wait to be drawn.
    store: (HtmlCanvasElement, CanvasRenderingContext2d),
    raster: Raster,
    ratio: f64,
}

impl Painter {
    pub(super) fn new(canvas: HtmlCanvasElement) -> Option<Self> {
        let context = context(&canvas, false)?;
        Some(Self { canvas, context, store: detached()?, raster: Raster::new(0, 0), ratio: 1.0 })
    }

    /// Gives the canvas its size in CSS pixels and its device pixels a CSS pixel.
    pub(super) fn resize(&mut self, size: Size, ratio: f64) {
        let (width, height) = ((size.width * ratio).round() as u32, (size.height * ratio).round() as u32);
        self.ratio = ratio;
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
    }

    /// Replaces what the canvas shows.
    pub(super) fn paint(&mut self, shapes: &[Shape], theme: &Theme, measure: &Measure, ground: bool) {
        let (width, height) = (f64::from(self.canvas.width()), f64::from(self.canvas.height()));
        let _ = self.context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        if ground {
            self.context.set_fill_style_str(&theme.css(Ink::Ground.solid()));
            self.context.fill_rect(0.0, 0.0, width, height);
        } else {
            self.context.clear_rect(0.0, 0.0, width, height);
        }
        let _ = self.context.set_transform(self.ratio, 0.0, 0.0, self.ratio, 0.0, 0.0);
        self.context.set_line_join("round");
        self.context.set_text_baseline("middle");
        for shape in shapes {
            self.shape(shape, theme, measure);
        }
    }

    fn shape(&mut self, shape: &Shape, theme: &Theme, measure: &Measure) {
        let context = &self.context;
        match shape {
            Shape::Disc { centre, radius, fill, edge } => {
                context.begin_path();
                circle(context, *centre, *radius);
                self.finish(*fill, *edge, theme);
            }
            Shape::Arc { centre, radius, from, sweep, edge } => {
                context.begin_path();
                let start = from * TAU - PI / 2.0;
                let _ = context.arc(centre.x, centre.y, *radius, start, start + sweep * TAU);
                self.finish(None, Some(*edge), theme);
            }
            Shape::Way { track, edge } => {
                context.begin_path();
                way(context, track);
                self.finish(None, Some(*edge), theme);
            }
            Shape::Lines { ends, edge } => {
                context.begin_path();
                for [from, to] in ends {
                    context.move_to(from.x, from.y);
                    context.line_to(to.x, to.y);
                }
                self.finish(None, Some(*edge), theme);
            }
            Shape::Area { corners, fill } => {
                context.begin_path();
                corners.iter().for_each(|p| context.line_to(p.x, p.y));
                context.close_path();
                self.finish(Some(*fill), None, theme);
            }
            Shape::Dots { centres, radius, fill, edge: None } if centres.len() > RASTER_FROM => {
                self.rasterise(centres, *radius, theme.rgba(*fill));
            }
            Shape::Dots { centres, radius, fill, edge } => {
                context.begin_path();
                for centre in centres {
                    context.move_to(centre.x + radius, centre.y);
                    circle(context, *centre, *radius);
                }
                self.finish(Some(*fill), *edge, theme);
            }
            Shape::Text(text) => self.text(text, theme, measure),
        }
    }

    /// Fills and strokes the current path.
    fn finish(&self, fill: Option<Paint>, edge: Option<Stroke>, theme: &Theme) {
        if let Some(paint) = fill {
            self.context.set_fill_style_str(&theme.css(paint));
            self.context.fill();
        }
        let Some(Stroke { paint, width, dash }) = edge else { return };
        let (pieces, cap): (&[f64], _) = match dash {
            Dash::Solid => (&[], "butt"),
            Dash::Dashed => (&[2.2 * width, 1.6 * width], "butt"),
            Dash::Dotted => (&[0.1, 2.4 * width], "round"),
        };
        let _ = self.context.set_line_dash(&pieces.iter().copied().map(JsValue::from_f64).collect::<js_sys::Array>());
        self.context.set_line_cap(cap);
        self.context.set_line_width(width);
        self.context.set_stroke_style_str(&theme.css(paint));
        self.context.stroke();
    }

    fn text(&self, text: &Text, theme: &Theme, measure: &Measure) {
        let y = text.place.centre().y + text.size * 0.04;
        for halo in [true, false] {
            let mut x = text.place.min.x;
            for run in &text.runs {
                self.context.set_font(&theme.font(text.size, text.face, run.bold));
                if !halo {
                    self.context.set_fill_style_str(&theme.css(run.ink.solid()));
                    let _ = self.context.fill_text(&run.text, x, y);
                } else if text.halo {
                    let _ = self.context.set_line_dash(&js_sys::Array::new());
                    self.context.set_line_width(HALO * 2.0);
                    self.context.set_stroke_style_str(&theme.css(Ink::Ground.alpha(0.85)));
                    let _ = self.context.stroke_text(&run.text, x, y);
                }
                x += measure.width(&run.text, text.size, text.face, run.bold);
            }
        }
    }

    fn rasterise(&mut self, centres: &[Point], radius: f64, colour: [u8; 4]) {
        let (width, height) = (self.canvas.width(), self.canvas.height());
        if (self.raster.width(), self.raster.height()) == (width as usize, height as usize) {
            self.raster.clear();
        } else {
            self.raster = Raster::new(width as usize, height as usize);
            self.store.0.set_width(width);
            self.store.0.set_height(height);
        }
        let stamp = Stamp::dot(radius * self.ratio);
        for centre in centres {
            self.raster.stamp(&stamp, centre.x * self.ratio, centre.y * self.ratio, colour);
        }
        let (columns, rows) = (self.raster.width() as u32, self.raster.height() as u32);
        let Ok(image) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(self.raster.bytes()), columns, rows) else {
            return; // a canvas without area has no pixels
        };
        let _ = self.store.1.put_image_data(&image, 0.0, 0.0);
        let (width, height) = (f64::from(width) / self.ratio, f64::from(height) / self.ratio);
        let _ = self.context.draw_image_with_html_canvas_element_and_dw_and_dh(&self.store.0, 0.0, 0.0, width, height);
    }
}

fn circle(context: &CanvasRenderingContext2d, centre: Point, radius: f64) {
    let _ = context.arc(centre.x, centre.y, radius.max(0.0), 0.0, TAU);
}

fn way(context: &CanvasRenderingContext2d, track: &Track) {
    for (i, curve) in track.curves().iter().enumerate() {
        let [a, b, c, d] = curve.0;
        if i == 0 {
            context.move_to(a.x, a.y);
        }
        context.bezier_curve_to(b.x, b.y, c.x, c.y, d.x, d.y);
    }
}
