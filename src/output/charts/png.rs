//! PNG from the SVG: the same drawing, with letters as outlines of the two bundled fonts
//! and never the system's, made into pixels by resvg.
//!
//! Without resvg's own feature `text`, which would add 68 CPU seconds to the first build
//! for shaping that labels of one line do not need: letters stand by their advances, by
//! which layouts measure them too. Knows no chart.

use std::fmt::Write;
use std::sync::LazyLock;

use plotters_backend::text_anchor::HPos;
use resvg::{tiny_skia, usvg};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::chart::Drawn;
use super::decided;
use super::numbered::Numbers;
use super::renamed::{
    names_of_comparison, names_of_plans, names_of_sensitivity, names_of_sweep, renamed_comparison,
    renamed_plans, renamed_sensitivity, renamed_sweep,
};
use super::render;
use super::scene::Scene;
use super::sensitive::of_sensitivity;
use super::svg::{Letters, Place};
use crate::results::RunResult;
use crate::results::compared::Comparison;
use crate::results::planned::Planned;
use crate::results::sensitive::Sensitivity;
use crate::results::swept::Swept;

/// Pixels a logical pixel.
const SCALE: f32 = 16.0 / 9.0;

/// The bytes of a PNG file, 16/9 pixels a logical pixel. A letter that the fonts lack is left
/// out: `numbers` says what to put in its place before a picture is laid out.
///
/// # Errors
/// The words of the drawing library.
pub fn png(scene: &Scene) -> Result<Vec<u8>, String> {
    pixels(scene, SCALE, ((scene.width as f32 * SCALE) as u32, (scene.height as f32 * SCALE) as u32))
}

/// The same, so many pixels wide and high: the drawing has that shape.
///
/// # Errors
/// The words of the drawing library.
pub fn sheet(scene: &Scene, (wide, high): (u32, u32)) -> Result<Vec<u8>, String> {
    pixels(scene, wide as f32 / scene.width as f32, (wide, high))
}

fn pixels(scene: &Scene, scale: f32, (width, height): (u32, u32)) -> Result<Vec<u8>, String> {
    let fonts = FONTS.as_ref().map_err(Clone::clone)?;
    let text = render::paint(scene, Place::File, fonts)?;
    let tree = usvg::Tree::from_str(&text, &usvg::Options::default()).map_err(|e| e.to_string())?;
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or("the drawing has no size")?;
    pixels.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    encode(width, height, pixels.data())
}

/// What stands in the place of names whose letters the fonts lack.
pub(super) fn numbers(run: &RunResult) -> Numbers {
    FONTS.as_ref().map_or_else(|_| Numbers::default(), |fonts| Numbers::of(run, |letter| fonts.has(letter)))
}

/// What PNG shows of a comparison: `drawn`, or laid out anew with numbers in the place of names.
pub(super) fn comparison(comparison: &Comparison, drawn: Vec<Drawn>) -> Vec<Drawn> {
    anew(&names_of_comparison(comparison), drawn, |write| {
        decided::of_comparison(&renamed_comparison(comparison, write))
    })
}

/// The same of a sweep.
pub(super) fn sweep(swept: &Swept, drawn: Vec<Drawn>) -> Vec<Drawn> {
    anew(&names_of_sweep(swept), drawn, |write| decided::of_sweep(&renamed_sweep(swept, write)))
}

/// The same of plans.
pub(super) fn plans(plans: &[Planned], drawn: Vec<Drawn>) -> Vec<Drawn> {
    anew(&names_of_plans(plans), drawn, |write| decided::of_plans(&renamed_plans(plans, write)))
}

/// The same of a study of sensitivity.
pub(super) fn sensitivity(found: &Sensitivity, drawn: Vec<Drawn>) -> Vec<Drawn> {
    anew(&names_of_sensitivity(found), drawn, |write| of_sensitivity(&renamed_sensitivity(found, write)))
}

fn anew(
    names: &[(&'static str, &str)],
    drawn: Vec<Drawn>,
    draw: impl FnOnce(&dyn Fn(&str) -> String) -> Vec<Drawn>,
) -> Vec<Drawn> {
    let Ok(fonts) = FONTS.as_ref() else { return drawn };
    let numbers = Numbers::of_names(names.iter().copied(), |letter| fonts.has(letter));
    if numbers.is_empty() {
        return drawn;
    }
    let mut drawn = draw(&|name| numbers.written(name));
    drawn.iter_mut().for_each(|chart| numbers.explain(&mut chart.scene));
    drawn
}

/// A warning for run.json that tells each of them; nothing where there are none.
#[must_use]
pub fn warning(run: &RunResult) -> Option<String> {
    let numbers = numbers(run);
    let names: Vec<String> =
        numbers.in_order().iter().map(|number| format!("#{} {}", number.number, number.name)).collect();
    (!numbers.is_empty()).then(|| {
        format!(
            "in charts as PNG a number stands for each name in letters that their font lacks: {}",
            names.join(", ")
        )
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of the sample are in letters that there are, Japanese ones are not.
    #[test]
    fn only_what_the_fonts_lack_is_numbered() {
        let mut run = crate::output::sample::small();
        assert_eq!(warning(&run), None);
        run.names.sites[0] = "大阪 Łódź".to_owned();
        assert!(warning(&run).unwrap().ends_with("lacks: #1 大阪 Łódź"), "{:?}", warning(&run));
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
