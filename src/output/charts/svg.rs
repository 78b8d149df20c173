//! A drawing backend of plotters that writes SVG: groups with ids, dashes, curves and, for
//! a page, colours as CSS variables. plotters' own writes whole pixels and none of these.
//!
//! Knows no scene; [`super::render`] drives it. What plotters' trait has no word for is
//! said by methods of its own ([`Svg::open`], [`Svg::dashed`], [`Svg::curve`]).

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write;

use super::letters::text_width;
use super::scene::{self, Step};
use crate::output::format::turns_direction;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};

/// Steps of the backend's whole coordinates to a logical pixel: one decimal in the file.
pub(super) const GRID: f64 = 10.0;

/// Where an SVG is to stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place<'a> {
    /// A file: plain colours on a white card, its own size.
    File,
    /// A file so many pixels wide and high.
    Sheet(u32, u32),
    /// A page that holds several: colours are variables that it may set, ids begin with this
    /// word, the size is the page's affair.
    Page(&'a str),
}

/// How letters are written.
pub(super) trait Letters {
    /// The path of a text that begins at `(x, baseline)`, in em of `size`; `None` to write
    /// the text as text.
    fn outline(&self, text: &str, anchor: HPos, at: (f64, f64), size: f64, bold: bool) -> Option<String>;
}

/// Text stays text.
#[derive(Debug)]
pub(super) struct AsText;

impl Letters for AsText {
    fn outline(&self, _: &str, _: HPos, _: (f64, f64), _: f64, _: bool) -> Option<String> {
        None
    }
}

/// What nothing here ever gives.
type Done = Result<(), DrawingErrorKind<Infallible>>;

/// The backend.
pub(super) struct Svg<'a, L> {
    out: String,
    width: f64,
    height: f64,
    place: Place<'a>,
    letters: &'a L,
    dash: Vec<f64>,
    halo: Option<BackendColor>,
    ids: BTreeMap<String, u32>,
}

impl<'a, L: Letters> Svg<'a, L> {
    /// An empty drawing from `left` and `top` on, of this width and height. `title` says what it shows, `description`
    /// its values in words, for readers who cannot see it.
    pub(super) fn new(
        [left, top, width, height]: [f64; 4],
        title: &str,
        description: &str,
        place: Place<'a>,
        letters: &'a L,
    ) -> Self {
        let mut svg = Self {
            out: String::with_capacity(1 << 14),
            width,
            height,
            place,
            letters,
            dash: Vec::new(),
            halo: None,
            ids: BTreeMap::new(),
        };
        let size = match place {
            Place::File => format!(" width=\"{}\" height=\"{}\"", short(width), short(height)),
            Place::Sheet(wide, high) => format!(" width=\"{wide}\" height=\"{high}\""),
            Place::Page(_) => String::new(),
        };
        let (x, y, w, h) = (short(left), short(top), short(width), short(height));
        svg.push(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{x} {y} {w} {h}\"{size} role=\"img\" font-family=\"{FAMILY}\">\n<title>{}</title>\n",
            escape(title)
        ));
        if !description.is_empty() {
            svg.push(format_args!("<desc>{}</desc>\n", escape(description)));
        }
        svg
    }

    /// The text of the file.
    pub(super) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }

    fn push(&mut self, words: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(words);
    }

    /// Begins a group whose id is made from `name`.
    pub(super) fn open(&mut self, name: &str) {
        let mut id: String = match self.place {
            Place::File | Place::Sheet(..) => String::new(),
            Place::Page(prefix) => format!("{prefix}-"),
        };
        for c in name.chars() {
            if c.is_alphanumeric() {
                id.extend(c.to_lowercase());
            } else if !id.ends_with('-') && !id.is_empty() {
                id.push('-');
            }
        }
        let mut id = id.trim_end_matches('-').to_owned();
        // An id must not begin with a digit, to be of use in a style sheet.
        if !id.starts_with(char::is_alphabetic) {
            id.insert_str(0, "s-");
        }
        let times = self.ids.entry(id.clone()).or_default();
        *times += 1;
        if *times > 1 {
            id = format!("{id}-{times}");
        }
        self.push(format_args!("<g id=\"{id}\">\n<title>{}</title>\n", escape(name)));
    }

    /// Ends the group opened last.
    pub(super) fn close(&mut self) {
        self.out.push_str("</g>\n");
    }

    /// Lines from now on have these strokes and gaps, in logical pixels; empty is solid.
    pub(super) fn dashed(&mut self, dash: &[f64]) {
        dash.clone_into(&mut self.dash);
    }

    /// Texts from now on have paper around their letters.
    pub(super) fn haloed(&mut self, halo: Option<BackendColor>) {
        self.halo = halo;
    }

    /// An outline with curves, filled.
    pub(super) fn curve<S: BackendStyle>(&mut self, steps: &[Step], style: &S) {
        let mut path = String::new();
        let point = |(x, y): (f64, f64)| format!("{} {}", short(x), short(y));
        for step in steps {
            // Writing to a string cannot fail.
            let _ = match *step {
                Step::Move(to) => write!(path, "M{}", point(to)),
                Step::Line(to) => write!(path, "L{}", point(to)),
                Step::Curve(a, b, to) => write!(path, "C{} {} {}", point(a), point(b), point(to)),
                Step::Close => write!(path, "Z"),
            };
        }
        let paint = self.paint("fill", style.color());
        self.push(format_args!("<path d=\"{path}\"{paint}/>\n"));
    }

    /// A colour as an attribute: plain in a file, a variable of the page with the plain one
    /// behind it.
    fn paint(&self, what: &str, colour: BackendColor) -> String {
        let (r, g, b) = colour.rgb;
        let plain = format!("#{r:02x}{g:02x}{b:02x}");
        let opacity = if colour.alpha < 1.0 {
            format!(" {what}-opacity=\"{}\"", short(colour.alpha))
        } else {
            String::new()
        };
        match self.place {
            Place::File | Place::Sheet(..) => format!(" {what}=\"{plain}\"{opacity}"),
            Place::Page(_) => {
                let name = VARIABLES.iter().find(|(rgb, _)| *rgb == [r, g, b]);
                let name = name.map_or_else(|| format!("c-{}", &plain[1..]), |(_, name)| (*name).to_owned());
                format!(" style=\"{what}:var(--{name},{plain})\"{opacity}")
            }
        }
    }

    /// How paper around letters is painted.
    fn around(&self, colour: BackendColor) -> String {
        let stroke = self.paint("stroke", colour);
        format!("{stroke} fill=\"none\" stroke-width=\"3.5\" stroke-linejoin=\"round\" aria-hidden=\"true\"")
    }

    fn stroke<S: BackendStyle>(&self, style: &S) -> String {
        let mut stroke = self.paint("stroke", style.color());
        let _ = write!(stroke, " stroke-width=\"{}\"", on_grid(style.stroke_width() as i32));
        if !self.dash.is_empty() {
            let dash: Vec<String> = self.dash.iter().map(|length| short(*length)).collect();
            let _ = write!(stroke, " stroke-dasharray=\"{}\"", dash.join(" "));
        }
        stroke
    }

    fn points(&mut self, path: impl IntoIterator<Item = BackendCoord>) {
        for (n, (x, y)) in path.into_iter().enumerate() {
            let blank = if n > 0 { " " } else { "" };
            self.push(format_args!("{blank}{},{}", on_grid(x), on_grid(y)));
        }
    }
}

impl<L: Letters> DrawingBackend for Svg<'_, L> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        ((self.width * GRID) as u32, (self.height * GRID) as u32)
    }

    fn ensure_prepared(&mut self) -> Done {
        Ok(())
    }

    fn present(&mut self) -> Done {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Done {
        let paint = self.paint("fill", colour);
        let side = short(1.0 / GRID);
        self.push(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{side}\" height=\"{side}\"{paint}/>\n",
            on_grid(x),
            on_grid(y)
        ));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Done {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Done {
        let paint = if fill {
            self.paint("fill", style.color())
        } else {
            " fill=\"none\"".to_owned() + &self.stroke(style)
        };
        self.push(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{paint}/>\n",
            on_grid(a.0),
            on_grid(a.1),
            on_grid(b.0 - a.0),
            on_grid(b.1 - a.1)
        ));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Done {
        let stroke = self.stroke(style);
        self.out.push_str("<polyline points=\"");
        self.points(path);
        self.push(format_args!("\" fill=\"none\"{stroke} stroke-linejoin=\"round\"/>\n"));
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, at: BackendCoord, radius: u32, style: &S, fill: bool) -> Done {
        let paint = if fill {
            self.paint("fill", style.color())
        } else {
            " fill=\"none\"".to_owned() + &self.stroke(style)
        };
        let (x, y, r) = (on_grid(at.0), on_grid(at.1), on_grid(radius as i32));
        self.push(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{paint}/>\n"));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Done {
        let paint = self.paint("fill", style.color());
        self.out.push_str("<polygon points=\"");
        self.points(corners);
        self.push(format_args!("\"{paint}/>\n"));
        Ok(())
    }

    /// A text stands on its baseline where plotters says `Bottom`.
    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, (x, y): BackendCoord) -> Done {
        let bold = matches!(style.style(), FontStyle::Bold);
        let size = style.size() / GRID;
        let down = match style.anchor().v_pos {
            VPos::Bottom => 0.0,
            VPos::Center => 0.36 * size,
            VPos::Top => 0.76 * size,
        };
        let (x, y) = (f64::from(x) / GRID, f64::from(y) / GRID + down);
        let anchor = style.anchor().h_pos;
        let outline = self.letters.outline(text, anchor, (x, y), size, bold);
        let anchor = match anchor {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        let weight = if bold { " font-weight=\"600\"" } else { "" };
        // The paper around letters is a second text below them: not every reader knows `paint-order`.
        let around = self.halo.map(|colour| self.around(colour));
        for paint in around.into_iter().chain([self.paint("fill", style.color())]) {
            match &outline {
                Some(path) => self.push(format_args!("<path d=\"{path}\"{paint}/>\n")),
                None => self.push(format_args!(
                    "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{anchor}{weight}{paint}>{}</text>\n",
                    short(x),
                    short(y),
                    short(size),
                    escape(text)
                )),
            }
        }
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let bold = matches!(style.style(), FontStyle::Bold);
        Ok((text_width(text, style.size(), bold) as u32, style.size() as u32))
    }
}

/// Font families, best first.
pub(super) const FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";

/// Names of the colours that a page may set, for a dark one above all; any other colour is
/// `c-` and its hexadecimal digits.
const VARIABLES: [([u8; 3], &str); 6] = [
    (scene::INK, "ink"),
    (scene::MUTED, "muted"),
    (scene::GRID, "grid"),
    (scene::FAINT, "faint"),
    (scene::FAINTER, "fainter"),
    (scene::WHITE, "card"),
];

/// A grid coordinate as logical pixels.
fn on_grid(value: i32) -> String {
    short(f64::from(value) / GRID)
}

/// A length to two decimals at most.
fn short(value: f64) -> String {
    crate::output::format::real(value, 2)
}

/// Text for XML; what XML cannot hold becomes a blank. A mark of direction stands behind letters
/// that run from right to left: between two such names, the arrow of `A \u{2192} B` and any figure would
/// take their direction, and the picture would show B to the left of an arrow that leads to A.
fn escape(text: &str) -> String {
    const LEFT_TO_RIGHT: char = '\u{200e}';
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut backwards = false;
    while let Some(c) = letters.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if turns_direction(c) => {}
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
        // Blanks between the words of a name, and what a shortened one leaves out, are its own.
        backwards = runs_backwards(c) || backwards && (c == ' ' || c == '\u{2026}');
        let more =
            letters.peek().is_some_and(|&next| runs_backwards(next) || next == ' ' || next == '\u{2026}');
        if backwards && !more {
            out.push(LEFT_TO_RIGHT);
            backwards = false;
        }
    }
    out
}

/// Whether a letter is of a script that is written from right to left: Hebrew, Arabic, Syriac,
/// Thaana, N'Ko and their kin (the ranges that Unicode keeps for them).
fn runs_backwards(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn names_from_right_to_left_keep_what_is_between_them_in_order() {
        assert_eq!(
            escape("Boston \u{2192} <Z\u{fc}rich> \u{6771}\u{4eac}"),
            "Boston \u{2192} &lt;Z\u{fc}rich&gt; \u{6771}\u{4eac}"
        );
        assert_eq!(
            escape("\u{627}\u{644} \u{645}\u{2026}\u{643} 7 \u{2192} \u{5d0}: 3 ms"),
            "\u{627}\u{644} \u{645}\u{2026}\u{643} \u{200e}7 \u{2192} \u{5d0}\u{200e}: 3 ms"
        );
        assert_eq!(escape("\u{5d0}\u{2026}"), "\u{5d0}\u{2026}\u{200e}");
    }
}
