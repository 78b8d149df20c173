//! A drawing as a list of marks: what layouts make and [`super::render`] paints.
//!
//! Lengths are logical pixels, y downwards. Knows the widths of the font's letters,
//! so that a layout can keep texts apart (and a test can prove it) without any
//! drawing library.

/// Red, green, blue.
pub type Colour = [u8; 3];

/// Text.
pub const INK: Colour = [0x22, 0x22, 0x22];
/// Subtitles, axes and their numbers.
pub const MUTED: Colour = [0x59, 0x59, 0x59];
/// Grid.
pub const GRID: Colour = [0xe3, 0xe3, 0xe3];
/// Series that stand behind, and leaders.
pub const FAINT: Colour = [0xc4, 0xc4, 0xc4];
/// Series that stand behind in crowds.
pub const FAINTER: Colour = [0xdc, 0xdc, 0xdc];
/// Paper.
pub const WHITE: Colour = [0xff, 0xff, 0xff];

/// Size of ordinary text: labels of lines, numbers on axes.
pub const TEXT: f64 = 13.0;

/// Which side of a text its position is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Anchor {
    /// The text begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// A line of text.
#[derive(Clone, PartialEq, Debug)]
pub struct Text {
    /// Horizontal position of the anchor.
    pub x: f64,
    /// Baseline.
    pub y: f64,
    /// Height of an em.
    pub size: f64,
    /// SemiBold.
    pub bold: bool,
    /// Side.
    pub anchor: Anchor,
    /// Colour.
    pub colour: Colour,
    /// The text.
    pub text: String,
}

impl Text {
    /// Left, top, right and bottom of the letters, by the font's advances, its
    /// ascenders (0.75 em) and descenders (0.2 em).
    #[must_use]
    pub fn bounds(&self) -> [f64; 4] {
        let width = text_width(&self.text, self.size, self.bold);
        let left = match self.anchor {
            Anchor::Start => self.x,
            Anchor::Middle => self.x - width / 2.0,
            Anchor::End => self.x - width,
        };
        [left, self.y - 0.75 * self.size, left + width, self.y + 0.2 * self.size]
    }
}

/// One thing to paint.
#[derive(Clone, PartialEq, Debug)]
pub enum Mark {
    /// A line through points.
    Line {
        /// Corners.
        points: Vec<(f64, f64)>,
        /// Thickness.
        width: f64,
        /// Colour.
        colour: Colour,
        /// Lengths of strokes and gaps in turn; empty is solid.
        dash: &'static [f64],
    },
    /// A filled rectangle.
    Rect {
        /// Left.
        x: f64,
        /// Top.
        y: f64,
        /// Width.
        w: f64,
        /// Height.
        h: f64,
        /// Colour.
        colour: Colour,
    },
    /// A filled circle.
    Dot {
        /// Centre.
        x: f64,
        /// Centre.
        y: f64,
        /// Radius.
        r: f64,
        /// Colour.
        colour: Colour,
    },
    /// Text.
    Text(Text),
}

/// A whole drawing, painted in order.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// What it says, for readers who cannot see it.
    pub title: String,
    /// Marks, the first one lowest.
    pub marks: Vec<Mark>,
}

/// Left and right margin of every drawing.
pub const MARGIN: f64 = 24.0;
/// Size of the subtitle.
pub const SUBTITLE: f64 = 15.0;
/// Width of charts.
const WIDTH: f64 = 900.0;

/// What `subtitle` leaves free of its line in a chart of the common width; negative when it does not fit.
#[must_use]
pub fn subtitle_room(subtitle: &str) -> f64 {
    WIDTH - 2.0 * MARGIN - text_width(subtitle, SUBTITLE, false)
}

/// Where the drawing proper may begin below title and subtitle.
pub const HEAD: f64 = 84.0;

impl Scene {
    /// A drawing with its title and, in grey, what is measured in which unit.
    #[must_use]
    pub fn new(width: f64, height: f64, title: &str, subtitle: &str) -> Self {
        let mut scene = Self { width, height, title: title.to_owned(), marks: Vec::new() };
        scene.rect(0.0, 0.0, width, height, WHITE);
        let fitted = fit(title, width - 2.0 * MARGIN, 21.0, true);
        scene.text(MARGIN, 38.0, Anchor::Start, 21.0, true, INK, &fitted);
        let fitted = fit(subtitle, width - 2.0 * MARGIN, SUBTITLE, false);
        scene.text(MARGIN, 62.0, Anchor::Start, SUBTITLE, false, MUTED, &fitted);
        scene
    }

    /// Adds a line.
    pub fn line(&mut self, points: Vec<(f64, f64)>, width: f64, colour: Colour, dash: &'static [f64]) {
        if points.len() > 1 {
            self.marks.push(Mark::Line { points, width, colour, dash });
        }
    }

    /// Adds a rectangle.
    pub fn rect(&mut self, x: f64, y: f64, w: f64, h: f64, colour: Colour) {
        self.marks.push(Mark::Rect { x, y, w, h, colour });
    }

    /// Adds a dot.
    pub fn dot(&mut self, x: f64, y: f64, r: f64, colour: Colour) {
        self.marks.push(Mark::Dot { x, y, r, colour });
    }

    /// Adds a text.
    #[expect(clippy::too_many_arguments, reason = "the seven properties of a text")]
    pub fn text(
        &mut self,
        x: f64,
        y: f64,
        anchor: Anchor,
        size: f64,
        bold: bool,
        colour: Colour,
        text: &str,
    ) {
        if !text.is_empty() {
            self.marks.push(Mark::Text(Text { x, y, size, bold, anchor, colour, text: text.to_owned() }));
        }
    }

    /// Adds an ordinary text.
    pub fn label(&mut self, x: f64, y: f64, anchor: Anchor, colour: Colour, text: &str) {
        self.text(x, y, anchor, TEXT, false, colour, text);
    }

    /// The sentence for a chart that has nothing to show, in the middle of a box.
    pub fn nothing(&mut self, left: f64, top: f64, right: f64, bottom: f64, text: &str) {
        let (x, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        let width = text_width(text, 15.0, false) + 24.0;
        self.rect(x - width / 2.0, y - 20.0, width, 32.0, WHITE);
        self.text(x, y, Anchor::Middle, 15.0, false, MUTED, text);
    }
}

/// Advances of the letters from blank to tilde in thousandths of an em: Inter Regular.
#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357,
    625, 464, 605, 636, 642, 608, 624, 571, 616, 624, 276, 280, 659, 659, 659, 507,
    936, 676, 651, 727, 719, 598, 587, 743, 740, 264, 543, 652, 562, 889, 753, 761,
    635, 761, 639, 638, 642, 741, 676, 949, 642, 665, 625, 362, 357, 362, 469, 452,
    497, 564, 621, 558, 621, 582, 361, 609, 591, 237, 237, 544, 237, 869, 585, 597,
    609, 609, 372, 523, 364, 581, 557, 812, 540, 557, 541, 362, 327, 362, 659,
];

/// The same of Inter SemiBold.
#[rustfmt::skip]
const SEMIBOLD: [u16; 95] = [
    248, 309, 396, 643, 649, 844, 663, 213, 393, 393, 543, 673, 295, 466, 290, 379,
    667, 481, 621, 652, 666, 632, 648, 587, 646, 648, 290, 295, 673, 673, 673, 544,
    999, 724, 657, 744, 724, 608, 586, 755, 744, 275, 561, 677, 566, 906, 741, 775,
    643, 776, 651, 649, 660, 734, 724, 1007, 690, 705, 653, 393, 379, 393, 481, 468,
    497, 575, 630, 577, 630, 593, 377, 625, 613, 261, 261, 569, 261, 898, 610, 608,
    625, 625, 397, 549, 380, 608, 576, 837, 562, 576, 562, 393, 358, 393, 673,
];

/// Width of a text; letters beyond ASCII count as a wide one.
#[must_use]
pub fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    let table = if bold { &SEMIBOLD } else { &REGULAR };
    let thousandths: u32 = text
        .chars()
        .map(|c| match (c as u32).checked_sub(32).and_then(|i| table.get(i as usize)) {
            Some(&advance) => u32::from(advance),
            None => 960,
        })
        .sum();
    f64::from(thousandths) / 1000.0 * size
}

/// `text`, shortened by an ellipsis at its end where it is wider than `width`.
#[must_use]
pub fn fit(text: &str, width: f64, size: f64, bold: bool) -> String {
    shorten(text, width, size, bold, 1.0)
}

/// A name, shortened by an ellipsis inside: what tells names apart is often their end.
#[must_use]
pub fn fit_name(name: &str, width: f64, size: f64, bold: bool) -> String {
    shorten(name, width, size, bold, 0.6)
}

fn shorten(text: &str, width: f64, size: f64, bold: bool, head: f64) -> String {
    // A width that was measured from this very text must hold it, whatever the last bit says.
    if text_width(text, size, bold) <= width + 0.01 {
        return text.to_owned();
    }
    let room = width - text_width("\u{2026}", size, bold);
    let advance = |c: char| text_width(c.encode_utf8(&mut [0; 4]), size, bold);
    let take = |chars: &mut dyn Iterator<Item = char>, room: f64| -> Vec<char> {
        let mut left = room;
        chars
            .take_while(|&c| {
                left -= advance(c);
                left >= 0.0
            })
            .collect()
    };
    let front: String = take(&mut text.chars(), room * head).into_iter().collect();
    let back: String = take(&mut text.chars().rev(), room * (1.0 - head)).into_iter().rev().collect();
    format!("{}\u{2026}{}", front.trim_end(), back.trim_start())
}
