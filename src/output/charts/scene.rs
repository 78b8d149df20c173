//! A drawing as a list of marks: what layouts make and [`super::render`] paints.
//!
//! Lengths are logical pixels, y downwards. Knows the widths of the font's letters,
//! so that a layout can keep texts apart (and a test can prove it) without any
//! drawing library.

use super::letters::{fit, text_width, wrap};

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
/// The least size: 11 pixels where a PNG, 1,600 wide, is shown at half its size.
pub const SMALL: f64 = 12.5;

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
    /// Paper of this colour around the letters, where they stand upon marks.
    pub halo: Option<Colour>,
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

/// A part of a curved outline.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Step {
    /// Lifts the pen to a point.
    Move((f64, f64)),
    /// A straight line to a point.
    Line((f64, f64)),
    /// A cubic curve by two control points to a third.
    Curve((f64, f64), (f64, f64), (f64, f64)),
    /// Back to where the pen was put down.
    Close,
}

/// One thing to paint, or the begin or end of a group of them.
#[derive(Clone, PartialEq, Debug)]
pub enum Mark {
    /// Begins a group: a series, a row, whatever a reader would point at.
    Open {
        /// Its name, of which its id is made.
        name: String,
    },
    /// Ends the group begun last.
    Close,
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
    /// A filled outline with curves.
    Shape {
        /// The outline.
        steps: Vec<Step>,
        /// Colour.
        colour: Colour,
        /// 0 to 1.
        opacity: f64,
    },
    /// Text.
    Text(Text),
}

/// What stands above a drawing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Head {
    /// What the picture is about, in a few words.
    pub topic: String,
    /// What was found: a sentence with a number.
    pub finding: String,
    /// What is measured, in which unit, and how it is drawn.
    pub how: String,
}

/// A whole drawing, painted in order.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// What was found, for readers who cannot see it.
    pub title: String,
    /// Its values in words, for them too.
    pub description: String,
    /// Marks, the first one lowest.
    pub marks: Vec<Mark>,
    /// Where the drawing proper may begin, below its head.
    pub top: f64,
    /// What stands above it, for a page that says it itself.
    pub head: Head,
    /// So many of the first marks are the paper and the head, which ends at this height.
    pub above: (usize, f64),
}

/// Left and right margin of every drawing.
pub const MARGIN: f64 = 24.0;
/// Width of every drawing, so that a document has them in one size.
pub const WIDTH: f64 = 900.0;
/// Size of the finding, and the least distance of its lines.
const FINDING: f64 = 20.0;
const FINDING_LINE: f64 = 26.0;
/// Size of what is said below it.
const HOW: f64 = 14.0;
const HOW_LINE: f64 = 19.0;

impl Scene {
    /// A drawing with its head, as many lines of it as are needed.
    #[must_use]
    pub fn new(height: f64, head: &Head) -> Self {
        let mut scene = Self {
            width: WIDTH,
            height,
            title: head.finding.clone(),
            description: head.topic.clone(),
            marks: Vec::new(),
            top: 0.0,
            head: head.clone(),
            above: (0, 0.0),
        };
        scene.say(&head.how);
        scene.rect(0.0, 0.0, WIDTH, height, WHITE);
        let room = WIDTH - 2.0 * MARGIN;
        let mut y = 28.0;
        scene.label(MARGIN, y, Anchor::Start, MUTED, &fit(&head.topic, room, TEXT, false));
        for line in wrap(&head.finding, room, FINDING, true, 3) {
            y += FINDING_LINE;
            scene.text(MARGIN, y, Anchor::Start, FINDING, true, INK, &line);
        }
        y += 4.0;
        for line in wrap(&head.how, room, HOW, false, 3) {
            y += HOW_LINE;
            scene.text(MARGIN, y, Anchor::Start, HOW, false, MUTED, &line);
        }
        scene.top = y + 18.0;
        scene.above = (scene.marks.len(), scene.top - 12.0);
        scene
    }

    /// A drawing without a head, for a page that has its own: only what stands in `title` and is said
    /// later for those who cannot see it.
    #[must_use]
    pub fn bare(title: &str) -> Self {
        let mut scene = Self {
            width: WIDTH,
            height: 0.0,
            title: title.to_owned(),
            description: String::new(),
            marks: Vec::new(),
            top: 0.0,
            head: Head { finding: title.to_owned(), ..Head::default() },
            above: (0, 0.0),
        };
        scene.rect(0.0, 0.0, WIDTH, 0.0, WHITE);
        scene
    }

    /// The sentence of a picture about the topic of `head` that has nothing to show: no frame,
    /// no axes.
    #[must_use]
    pub fn nothing(head: &Head, sentence: &str) -> Self {
        let head = Head { topic: head.topic.clone(), finding: sentence.to_owned(), how: String::new() };
        let mut scene = Self::new(0.0, &head);
        scene.set_height(scene.top + 6.0);
        scene
    }

    /// Adds what `draw` adds, as a group of this name.
    pub fn group(&mut self, name: &str, draw: impl FnOnce(&mut Self)) {
        self.marks.push(Mark::Open { name: name.to_owned() });
        draw(self);
        self.marks.push(Mark::Close);
    }

    /// Adds a sentence to the description.
    pub fn say(&mut self, sentence: &str) {
        if !self.description.is_empty() {
            self.description.push_str(". ");
        }
        self.description.push_str(sentence);
    }

    /// Moves every mark.
    pub fn shift(&mut self, right: f64, down: f64) {
        let to = |(x, y): (f64, f64)| (x + right, y + down);
        for mark in &mut self.marks {
            match mark {
                Mark::Open { .. } | Mark::Close => {}
                Mark::Line { points, .. } => points.iter_mut().for_each(|point| *point = to(*point)),
                Mark::Rect { x, y, .. } | Mark::Dot { x, y, .. } => (*x, *y) = to((*x, *y)),
                Mark::Text(text) => (text.x, text.y) = to((text.x, text.y)),
                Mark::Shape { steps, .. } => {
                    for step in steps {
                        *step = match *step {
                            Step::Move(point) => Step::Move(to(point)),
                            Step::Line(point) => Step::Line(to(point)),
                            Step::Curve(a, b, point) => Step::Curve(to(a), to(b), to(point)),
                            Step::Close => Step::Close,
                        };
                    }
                }
            }
        }
    }

    /// Gives the drawing the height that its content turned out to need.
    pub fn set_height(&mut self, height: f64) {
        self.height = height;
        if let Some(Mark::Rect { h, .. }) = self.marks.first_mut() {
            *h = height;
        }
    }

    /// Adds a filled outline with curves.
    pub fn shape(&mut self, steps: Vec<Step>, colour: Colour, opacity: f64) {
        self.marks.push(Mark::Shape { steps, colour, opacity });
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
            self.marks.push(Mark::Text(Text {
                x,
                y,
                size,
                bold,
                anchor,
                colour,
                halo: None,
                text: text.to_owned(),
            }));
        }
    }

    /// Adds a text that may stand upon other marks: paper is left around its letters.
    pub fn upon(&mut self, (x, y): (f64, f64), size: f64, bold: bool, colour: Colour, text: &str) {
        if !text.is_empty() {
            let (anchor, text) = (Anchor::Start, text.to_owned());
            self.marks.push(Mark::Text(Text { x, y, size, bold, anchor, colour, halo: Some(WHITE), text }));
        }
    }

    /// Adds an ordinary text.
    pub fn label(&mut self, x: f64, y: f64, anchor: Anchor, colour: Colour, text: &str) {
        self.text(x, y, anchor, TEXT, false, colour, text);
    }
}
