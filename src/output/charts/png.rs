//! PNG from the SVG: the same drawing, with letters as outlines of the two bundled fonts
//! and never the system's, made into pixels by resvg.
//!
//! Without resvg's own feature `text`, which would add 68 CPU seconds to the first build
//! for shaping that labels of one line do not need: letters stand by their advances, by
//! which layouts measure them too. Knows no chart.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

use plotters_backend::text_anchor::HPos;
use resvg::{tiny_skia, usvg};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::render;
use super::scene::{Anchor, MARGIN, MUTED, Mark, SMALL, Scene};
use super::svg::{Letters, Place};

/// Pixels a logical pixel.
const SCALE: f32 = 16.0 / 9.0;

/// The bytes of a PNG file, 16/9 pixels a logical pixel. Letters that the fonts lack are
/// numbered, with a line at the foot that says so.
///
/// # Errors
/// The words of the drawing library.
pub fn png(scene: &Scene) -> Result<Vec<u8>, String> {
    let fonts = FONTS.as_ref().map_err(Clone::clone)?;
    let numbered = number_unknown(scene, fonts);
    let text = render::paint(numbered.as_ref().unwrap_or(scene), Place::File, fonts)?;
    let tree = usvg::Tree::from_str(&text, &usvg::Options::default()).map_err(|e| e.to_string())?;
    let (width, height) = ((scene.width as f32 * SCALE) as u32, (scene.height as f32 * SCALE) as u32);
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or("the drawing has no size")?;
    pixels.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    encode(width, height, pixels.data())
}

/// Opaque pixels of four bytes as a PNG of three.
fn encode(width: u32, height: u32, rgba: &[u8]) -> Result<Vec<u8>, String> {
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for pixel in rgba.chunks_exact(4) {
        rgb.extend_from_slice(&pixel[..3]);
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
    writer.write_image_data(&rgb).map_err(|e| e.to_string())?;
    writer.finish().map_err(|e| e.to_string())?;
    Ok(bytes)
}

static FONTS: LazyLock<Result<Fonts, String>> = LazyLock::new(|| {
    let face = |bytes: &'static [u8]| Face::parse(bytes, 0).map_err(|_| "the font is broken".to_owned());
    Ok(Fonts {
        regular: face(include_bytes!("../assets/Inter-Regular.otf"))?,
        semibold: face(include_bytes!("../assets/Inter-SemiBold.otf"))?,
    })
});

struct Fonts {
    regular: Face<'static>,
    semibold: Face<'static>,
}

impl Fonts {
    fn has(&self, letter: char) -> bool {
        // What has no shape needs none.
        letter.is_whitespace() || letter.is_control() || self.regular.glyph_index(letter).is_some()
    }
}

impl Letters for Fonts {
    fn outline(&self, text: &str, anchor: HPos, (x, y): (f64, f64), size: f64, bold: bool) -> Option<String> {
        let face = if bold { &self.semibold } else { &self.regular };
        let scale = size / f64::from(face.units_per_em());
        let glyphs: Vec<(GlyphId, f64)> = text
            .chars()
            .filter_map(|letter| face.glyph_index(letter))
            .map(|glyph| (glyph, f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale))
            .collect();
        let width: f64 = glyphs.iter().map(|(_, advance)| advance).sum();
        let mut pen = Pen { path: String::new(), x, y, scale };
        pen.x -= match anchor {
            HPos::Left => 0.0,
            HPos::Center => width / 2.0,
            HPos::Right => width,
        };
        for (glyph, advance) in glyphs {
            face.outline_glyph(glyph, &mut pen);
            pen.x += advance;
        }
        Some(pen.path)
    }
}

/// Writes outlines as the path of an SVG.
struct Pen {
    path: String,
    x: f64,
    y: f64,
    scale: f64,
}

impl Pen {
    fn add(&mut self, command: char, points: &[(f32, f32)]) {
        self.path.push(command);
        for (x, y) in points {
            let (x, y) = (self.x + f64::from(*x) * self.scale, self.y - f64::from(*y) * self.scale);
            // Writing to a string cannot fail.
            let _ = write!(self.path, "{x:.2} {y:.2} ");
        }
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.path.push('Z');
    }
}

/// The scene with every run of letters that the fonts lack replaced by a number, equal runs
/// by the same one; nothing where they have all.
fn number_unknown(scene: &Scene, fonts: &Fonts) -> Option<Scene> {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut numbered = scene.clone();
    for mark in &mut numbered.marks {
        let Mark::Text(text) = mark else { continue };
        if text.text.chars().all(|letter| fonts.has(letter)) {
            continue;
        }
        let mut known = String::new();
        let mut run = String::new();
        for letter in text.text.chars().map(Some).chain([None]) {
            match letter {
                Some(letter) if !fonts.has(letter) => run.push(letter),
                other => {
                    if !run.is_empty() {
                        let next = numbers.len() + 1;
                        let number = *numbers.entry(std::mem::take(&mut run)).or_insert(next);
                        let _ = write!(known, "#{number}");
                    }
                    known.extend(other);
                }
            }
        }
        text.text = known;
    }
    if numbers.is_empty() {
        return None;
    }
    let which = match numbers.len() {
        1 => "#1: a name".to_owned(),
        n => format!("#1 to #{n}: names"),
    };
    let words = format!("{which} in letters that this picture's font lacks; the SVG and the CSV have them");
    let y = scene.height - 8.0;
    numbered.text(MARGIN, y, Anchor::Start, SMALL, false, MUTED, &words);
    Some(numbered)
}

#[cfg(test)]
mod tests {
    use super::super::scene::Head;
    use super::*;

    fn texts(scene: &Scene) -> Vec<&str> {
        let marks = scene.marks.iter();
        marks
            .filter_map(|mark| if let Mark::Text(text) = mark { Some(text.text.as_str()) } else { None })
            .collect()
    }

    /// Equal names get equal numbers, others another one, and what the font has stays.
    #[test]
    fn letters_that_the_font_lacks_are_numbered() {
        let fonts = FONTS.as_ref().unwrap();
        let head = Head { finding: "Zürich \u{2026} µs".to_owned(), ..Head::default() };
        let mut scene = Scene::new(200.0, &head);
        assert!(number_unknown(&scene, fonts).is_none());
        for name in ["東京 CAS", "大阪", "東京"] {
            scene.label(10.0, 100.0, Anchor::Start, MUTED, name);
        }
        let numbered = number_unknown(&scene, fonts).unwrap();
        assert_eq!(texts(&numbered)[1..4], ["#1 CAS", "#2", "#1"]);
        assert!(texts(&numbered)[4].starts_with("#1 to #2: names in letters"));
        assert!(png(&scene).unwrap().starts_with(b"\x89PNG"));
    }

    /// Layouts measure by a table of the fonts' advances; a picture must be as wide.
    #[test]
    fn letters_are_as_wide_as_layouts_think() {
        let fonts = FONTS.as_ref().unwrap();
        for (face, bold) in [(&fonts.regular, false), (&fonts.semibold, true)] {
            for letter in ' '..='~' {
                let glyph = face.glyph_index(letter).unwrap();
                let em = f64::from(face.glyph_hor_advance(glyph).unwrap()) / f64::from(face.units_per_em());
                let thought = super::super::letters::text_width(letter.encode_utf8(&mut [0; 4]), 1.0, bold);
                assert!((em - thought).abs() < 0.0011, "`{letter}` bold {bold}: {em} against {thought}");
            }
        }
    }
}
