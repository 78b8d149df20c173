//! Paints a [`Scene`] as SVG: for a file, or to be inlined in a page.
//!
//! The only user of plotters beside `svg.rs`, the backend it paints on; no type of
//! plotters leaves here.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, IntoFont, RGBAColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendStyle, DrawingBackend};

use super::scene::{Anchor, Colour, MARGIN, Mark, Scene};
use super::svg::{AsText, FAMILY, GRID, Letters, Place, Svg};

/// The text of an SVG file.
///
/// # Errors
/// The words of the drawing library.
pub fn svg(scene: &Scene) -> Result<String, String> {
    paint(scene, Place::File, &AsText)
}

/// The same, so many pixels wide and high.
///
/// # Errors
/// The words of the drawing library.
pub fn sheet(scene: &Scene, (wide, high): (u32, u32)) -> Result<String, String> {
    paint(scene, Place::Sheet(wide, high), &AsText)
}

/// An SVG to be inlined in a page: its colours are CSS variables (`--ink`, `--card`,
/// `--c-0072b2` ...), each with its plain colour as fallback; its ids begin with `name`. What stands
/// above a drawing, and its paper, are the page's.
///
/// # Errors
/// The words of the drawing library.
pub fn inline(scene: &Scene, name: &str) -> Result<String, String> {
    paint(scene, Place::Page(name), &AsText)
}

/// What of the margin at either side a page leaves out; marks may be a little beyond the rest.
const SIDE: f64 = MARGIN - 6.0;

/// Paints every mark on a backend of our own.
pub(super) fn paint(scene: &Scene, place: Place<'_>, letters: &impl Letters) -> Result<String, String> {
    // A page has margins of its own.
    let (above, [left, top]) = match place {
        Place::Page(_) if scene.above.0 > 0 => (scene.above.0, [SIDE, scene.above.1]),
        _ => (0, [0.0; 2]),
    };
    let size = [left, top, scene.width - 2.0 * left, scene.height - top];
    let mut svg = Svg::new(size, &scene.title, &scene.description, place, letters);
    for mark in scene.marks.iter().skip(above) {
        paint_mark(&mut svg, mark).map_err(|e| e.to_string())?;
    }
    Ok(svg.finish())
}

fn paint_mark<L: Letters>(
    svg: &mut Svg<'_, L>,
    mark: &Mark,
) -> Result<(), plotters_backend::DrawingErrorKind<std::convert::Infallible>> {
    let place = |x: f64, y: f64| ((x * GRID).round() as i32, (y * GRID).round() as i32);
    match mark {
        Mark::Open { name } => svg.open(name),
        Mark::Close => svg.close(),
        Mark::Line { points, width, colour, dash } => {
            let stroke_width = (width * GRID).round().max(1.0) as u32;
            let style = ShapeStyle { color: solid(*colour, 1.0), filled: false, stroke_width };
            svg.dashed(dash);
            svg.draw_path(points.iter().map(|&(x, y)| place(x, y)), &style)?;
        }
        Mark::Rect { x, y, w, h, colour } => {
            let style = ShapeStyle::from(&solid(*colour, 1.0)).filled();
            svg.draw_rect(place(*x, *y), place(x + w, y + h), &style, true)?;
        }
        Mark::Dot { x, y, r, colour } => {
            let style = ShapeStyle::from(&solid(*colour, 1.0)).filled();
            svg.draw_circle(place(*x, *y), (r * GRID).round() as u32, &style, true)?;
        }
        Mark::Shape { steps, colour, opacity } => svg.curve(steps, &solid(*colour, *opacity)),
        Mark::Text(text) => {
            let weight = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
            let side = match text.anchor {
                Anchor::Start => HPos::Left,
                Anchor::Middle => HPos::Center,
                Anchor::End => HPos::Right,
            };
            let font = (FAMILY, text.size * GRID, weight).into_font();
            let colour = solid(text.colour, 1.0);
            let style = TextStyle::from(font).color(&colour).pos(Pos::new(side, VPos::Bottom));
            svg.haloed(text.halo.map(|colour| BackendStyle::color(&solid(colour, 1.0))));
            svg.draw_text(&text.text, &style, place(text.x, text.y))?;
            svg.haloed(None);
        }
    }
    Ok(())
}

fn solid(colour: Colour, opacity: f64) -> RGBAColor {
    RGBAColor(colour[0], colour[1], colour[2], opacity)
}

#[cfg(test)]
mod tests {
    use super::super::scene::{Head, INK, MUTED, Step};
    use super::*;

    /// Every kind of mark, as it stands in a file.
    #[test]
    fn marks_by_hand() {
        let head = Head { finding: "A < B & C".to_owned(), ..Head::default() };
        let mut scene = Scene::new(100.0, &head);
        scene.description = "A is below B".to_owned();
        scene.marks.clear();
        scene.above = (0, 0.0);
        scene.group("East > West", |scene| {
            scene.line(vec![(0.0, 0.0), (3.25, 4.0)], 2.5, [0, 114, 178], &[9.0, 4.0]);
            scene.dot(3.25, 4.0, 4.5, MUTED);
        });
        scene.group("East = West", |scene| scene.rect(1.0, 2.0, 10.5, 4.0, INK));
        let bend = Step::Curve((5.0, 0.0), (5.0, 9.0), (10.0, 9.0));
        scene.shape(vec![Step::Move((0.0, 0.0)), bend, Step::Line((0.0, 9.0)), Step::Close], INK, 0.5);
        scene.text(8.0, 9.0, Anchor::End, 13.0, true, INK, "x < y \u{7}");
        let expected = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 100\" width=\"900\" height=\"100\" \
role=\"img\" font-family=\"Inter, Helvetica, Arial, sans-serif\">
<title>A &lt; B &amp; C</title>
<desc>A is below B</desc>
<g id=\"east-west\">
<title>East &gt; West</title>
<polyline points=\"0,0 3.3,4\" fill=\"none\" stroke=\"#0072b2\" stroke-width=\"2.5\" stroke-dasharray=\"9 4\" \
stroke-linejoin=\"round\"/>
<circle cx=\"3.3\" cy=\"4\" r=\"4.5\" fill=\"#595959\"/>
</g>
<g id=\"east-west-2\">
<title>East = West</title>
<rect x=\"1\" y=\"2\" width=\"10.5\" height=\"4\" fill=\"#222222\"/>
</g>
<path d=\"M0 0C5 0 5 9 10 9L0 9Z\" fill=\"#222222\" fill-opacity=\"0.5\"/>
<text x=\"8\" y=\"9\" font-size=\"13\" text-anchor=\"end\" font-weight=\"600\" fill=\"#222222\">x &lt; y  </text>
</svg>
";
        assert_eq!(svg(&scene).unwrap(), expected);
        let inlined = inline(&scene, "map").unwrap();
        assert!(inlined.contains("<g id=\"map-east-west\">"), "{inlined}");
        assert!(inlined.contains("style=\"stroke:var(--c-0072b2,#0072b2)\""), "{inlined}");
        assert!(inlined.contains("style=\"fill:var(--ink,#222222)\" fill-opacity=\"0.5\""), "{inlined}");
        assert!(!inlined.contains("width=\"900\""), "{inlined}");
        // A page has the head in words of its own.
        scene.above = (3, 40.0);
        let inlined = inline(&scene, "map").unwrap();
        assert!(inlined.contains("viewBox=\"18 40 864 60\"") && !inlined.contains("<polyline"), "{inlined}");
    }
}
