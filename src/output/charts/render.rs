//! Paints a [`Scene`] as SVG or PNG. The only file that uses plotters; no type of it
//! leaves here.
//!
//! PNG is painted at three times its size and averaged down, which hides that
//! plotters places letters on whole pixels. SVG is written on a grid four times as
//! fine as its view box, because plotters has whole coordinates only.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle};

use super::scene::{Anchor, Colour, Mark, Scene};

/// Font families of the SVG, best first; the name under which the PNG's font is known.
const FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";

/// Grid of the SVG a logical pixel.
const SVG_GRID: f64 = 4.0;

/// How a backend counts: pixels a logical pixel, its size of a font of one em, and
/// where its "top" of a text lies above the baseline, in em.
struct Metric {
    scale: f64,
    em: f64,
    rise: f64,
}

/// The text of an SVG file.
///
/// # Errors
/// The words of the drawing library.
pub fn svg(scene: &Scene) -> Result<String, String> {
    let mut text = String::new();
    let size = ((scene.width * SVG_GRID) as u32, (scene.height * SVG_GRID) as u32);
    {
        // plotters writes size / 1.24 as the size of an em and 0.76 em as the rise of "top".
        let metric = Metric { scale: SVG_GRID, em: 1.24, rise: 0.76 };
        let mut backend = SVGBackend::with_string(&mut text, size);
        paint(scene, &mut backend, &metric)?;
        backend.present().map_err(|e| e.to_string())?;
    }
    // The finer grid is an inner matter: outwards the drawing has its logical size.
    let inner = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let outer = format!("width=\"{}\" height=\"{}\" role=\"img\"", scene.width, scene.height);
    let text = text.replacen(&inner, &outer, 1);
    let title = format!("<title>{}</title>\n", escape(&scene.title));
    let at = text.find(">\n").map_or(text.len(), |at| at + 2);
    Ok(format!("{}{title}{}", &text[..at], &text[at..]))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The bytes of a PNG file, 16/9 pixels a logical pixel.
///
/// # Errors
/// The words of the drawing library.
#[cfg(feature = "png")]
pub fn png(scene: &Scene) -> Result<Vec<u8>, String> {
    use plotters::backend::BitMapBackend;

    const FINER: usize = 3;
    const SCALE: f64 = 16.0 / 9.0;
    register_fonts()?;
    let (width, height) = ((scene.width * SCALE) as usize, (scene.height * SCALE) as usize);
    let (wide, high) = (width * FINER, height * FINER);
    let mut fine = vec![0xff_u8; wide * high * 3];
    {
        // An em of plotters' bitmap fonts is 1 / 1.2102 of its size (ascent plus descent
        // of Inter), "top" lies half a size above the baseline.
        let metric = Metric { scale: SCALE * FINER as f64, em: 1.2102, rise: 1.2102 / 2.0 };
        let mut backend = BitMapBackend::with_buffer(&mut fine, (wide as u32, high as u32));
        paint(scene, &mut backend, &metric)?;
        backend.present().map_err(|e| e.to_string())?;
    }
    let mut pixels = vec![0_u8; width * height * 3];
    for (y, row) in pixels.chunks_exact_mut(width * 3).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let mut sum = [0_u32; 3];
            for fine_y in 0..FINER {
                let from = ((y * FINER + fine_y) * wide + x * FINER) * 3;
                for sample in fine[from..from + FINER * 3].chunks_exact(3) {
                    for (sum, &value) in sum.iter_mut().zip(sample) {
                        *sum += u32::from(value);
                    }
                }
            }
            for (value, sum) in pixel.iter_mut().zip(sum) {
                *value = ((sum + 4) / (FINER * FINER) as u32) as u8;
            }
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
    writer.write_image_data(&pixels).map_err(|e| e.to_string())?;
    writer.finish().map_err(|e| e.to_string())?;
    Ok(bytes)
}

#[cfg(feature = "png")]
fn register_fonts() -> Result<(), String> {
    use std::sync::OnceLock;

    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    DONE.get_or_init(|| {
        let fonts: [(FontStyle, &'static [u8]); 2] = [
            (FontStyle::Normal, include_bytes!("../assets/Inter-Regular.otf")),
            (FontStyle::Bold, include_bytes!("../assets/Inter-SemiBold.otf")),
        ];
        for (style, bytes) in fonts {
            plotters::style::register_font(FAMILY, style, bytes)
                .map_err(|_| "the font is broken".to_owned())?;
        }
        Ok(())
    })
    .clone()
}

fn paint<B: DrawingBackend>(scene: &Scene, backend: &mut B, metric: &Metric) -> Result<(), String> {
    let place = |(x, y): (f64, f64)| ((x * metric.scale).round() as i32, (y * metric.scale).round() as i32);
    for mark in &scene.marks {
        match mark {
            Mark::Line { points, width, colour, dash } => {
                let style = ShapeStyle {
                    color: solid(*colour),
                    filled: false,
                    stroke_width: (width * metric.scale).round().max(1.0) as u32,
                };
                if dash.is_empty() {
                    backend
                        .draw_path(points.iter().copied().map(place), &style)
                        .map_err(|e| e.to_string())?;
                } else {
                    for stroke in strokes(points, dash) {
                        backend
                            .draw_path(stroke.into_iter().map(place), &style)
                            .map_err(|e| e.to_string())?;
                    }
                }
            }
            Mark::Rect { x, y, w, h, colour } => {
                let style = ShapeStyle { color: solid(*colour), filled: true, stroke_width: 0 };
                let corners = [(*x, *y), (x + w, *y), (x + w, y + h), (*x, y + h)].map(place);
                backend.fill_polygon(corners, &style).map_err(|e| e.to_string())?;
            }
            Mark::Dot { x, y, r, colour } => {
                let style = ShapeStyle { color: solid(*colour), filled: true, stroke_width: 0 };
                let radius = (r * metric.scale).round() as u32;
                backend.draw_circle(place((*x, *y)), radius, &style, true).map_err(|e| e.to_string())?;
            }
            Mark::Text(text) => {
                let weight = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
                let horizontal = match text.anchor {
                    Anchor::Start => HPos::Left,
                    Anchor::Middle => HPos::Center,
                    Anchor::End => HPos::Right,
                };
                // The weight goes through the tuple: a style set later does not reach the bitmap.
                let font = (FAMILY, text.size * metric.scale * metric.em, weight).into_font();
                let colour = RGBColor(text.colour[0], text.colour[1], text.colour[2]);
                let style = TextStyle::from(font).color(&colour).pos(Pos::new(horizontal, VPos::Top));
                let at = place((text.x, text.y - metric.rise * text.size));
                backend.draw_text(&text.text, &style, at).map_err(|e| e.to_string())?;
            }
        }
    }
    Ok(())
}

fn solid(colour: Colour) -> plotters::style::RGBAColor {
    plotters::style::RGBAColor(colour[0], colour[1], colour[2], 1.0)
}

/// Cuts a line into the strokes of a dash pattern.
fn strokes(points: &[(f64, f64)], dash: &[f64]) -> Vec<Vec<(f64, f64)>> {
    let mut strokes = Vec::new();
    let (mut which, mut left) = (0, dash[0]);
    let mut stroke = vec![points[0]];
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = libm::hypot(to.0 - from.0, to.1 - from.1);
            if length < left {
                left -= length;
                stroke.push(to);
                break;
            }
            let share = left / length.max(f64::MIN_POSITIVE);
            from = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            stroke.push(from);
            if which % 2 == 0 {
                strokes.push(std::mem::take(&mut stroke));
            }
            stroke = vec![from];
            which = (which + 1) % dash.len();
            left = dash[which];
        }
    }
    if which % 2 == 0 && stroke.len() > 1 {
        strokes.push(stroke);
    }
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of 20 with strokes of 6 and gaps of 2: 0-6, 8-14, 16-20; a corner inside
    /// a stroke stays in it.
    #[test]
    fn dashes_by_hand() {
        let cut = strokes(&[(0.0, 0.0), (3.0, 0.0), (20.0, 0.0)], &[6.0, 2.0]);
        assert_eq!(cut.len(), 3);
        assert_eq!(cut[0], [(0.0, 0.0), (3.0, 0.0), (6.0, 0.0)]);
        assert_eq!(cut[2], [(16.0, 0.0), (20.0, 0.0)]);
    }

    #[test]
    fn svg_keeps_text_as_text_and_names_itself() {
        let scene = Scene::new(300.0, 100.0, "A < B & C", "ms");
        let text = svg(&scene).unwrap();
        assert!(
            text.starts_with("<svg width=\"300\" height=\"100\" role=\"img\" viewBox=\"0 0 1200 400\""),
            "{text}"
        );
        assert!(text.contains("<title>A &lt; B &amp; C</title>"));
        assert!(text.contains("A &lt; B &amp; C\n</text>"), "{text}");
        assert!(text.trim_end().ends_with("</svg>"));
    }
}
