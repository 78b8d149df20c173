//! Other colours and another paper for a drawing that is made.

use super::looks::readable_on;
use super::scene::{Colour, FAINT, FAINTER, GRID, INK, MUTED, Mark, Scene, WHITE};

/// Which colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// On white, as charts are written.
    #[default]
    Light,
    /// For a dark screen.
    Dark,
    /// On white, with black letters and darker lines.
    Print,
}

/// Colours on a dark screen; those of the page's own dark setting.
const DARK: &[(Colour, Colour)] = &[
    (WHITE, [0x14, 0x17, 0x1a]),
    (INK, [0xec, 0xef, 0xf1]),
    (MUTED, [0xa7, 0xb0, 0xb8]),
    (GRID, [0x34, 0x3a, 0x40]),
    (FAINT, [0x5d, 0x66, 0x6e]),
    (FAINTER, [0x45, 0x4d, 0x54]),
    ([0x00, 0x72, 0xb2], [0x56, 0xa9, 0xe9]),
    ([0xd5, 0x5e, 0x00], [0xf0, 0x81, 0x3a]),
    ([0x00, 0x9e, 0x73], [0x35, 0xc3, 0x97]),
    ([0xe6, 0x9f, 0x00], [0xe9, 0xb4, 0x4c]),
    ([0x56, 0xb4, 0xe9], [0x8f, 0xd0, 0xf5]),
    ([0xcc, 0x79, 0xa7], [0xe0, 0x9a, 0xc4]),
    ([0x00, 0x00, 0x00], [0xc8, 0xcd, 0xd2]),
    ([0x33, 0x22, 0x88], [0xa9, 0x9c, 0xf0]),
    ([0x88, 0x22, 0x55], [0xdd, 0x7f, 0xb0]),
    ([0x99, 0x99, 0x33], [0xc9, 0xc9, 0x6a]),
    ([0x8c, 0x51, 0x0a], [0xcf, 0x9a, 0x5a]),
    ([0xb9, 0x3f, 0x00], [0xff, 0x7a, 0x45]),
    ([0x00, 0x62, 0x9c], [0x6b, 0xb8, 0xee]),
    ([0x8f, 0x1d, 0x00], [0xff, 0x5a, 0x3c]),
    ([0xf9, 0xf0, 0xeb], [0x33, 0x23, 0x1a]),
    ([0xc9, 0xa5, 0x92], [0x8a, 0x62, 0x4c]),
    ([0xa9, 0xcb, 0xe0], [0x2f, 0x5a, 0x75]),
];

/// Colours on paper.
const PRINT: &[(Colour, Colour)] = &[
    (INK, [0x00, 0x00, 0x00]),
    (MUTED, [0x33, 0x33, 0x33]),
    (GRID, [0xc8, 0xc8, 0xc8]),
    (FAINT, [0x99, 0x99, 0x99]),
    (FAINTER, [0xbb, 0xbb, 0xbb]),
];

impl Theme {
    /// Every one with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Light, "light"), (Self::Dark, "dark"), (Self::Print, "print")];

    /// The colour of the paper.
    #[must_use]
    pub fn paper(self) -> Colour {
        self.of(WHITE)
    }

    fn of(self, colour: Colour) -> Colour {
        let table = match self {
            Self::Light => return colour,
            Self::Dark => DARK,
            Self::Print => PRINT,
        };
        table.iter().find(|(from, _)| *from == colour).map_or(colour, |(_, to)| *to)
    }

    /// The drawing in these colours.
    pub fn paint(self, scene: &mut Scene) {
        if self == Self::Light {
            return;
        }
        // Rectangles so far, in their new colours: what a text stands upon.
        let mut fields: Vec<([f64; 4], Colour)> = Vec::new();
        for mark in &mut scene.marks {
            match mark {
                Mark::Open { .. } | Mark::Close => {}
                Mark::Line { colour, .. } | Mark::Dot { colour, .. } | Mark::Shape { colour, .. } => {
                    *colour = self.of(*colour);
                }
                Mark::Rect { x, y, w, h, colour } => {
                    *colour = self.of(*colour);
                    fields.push(([*x, *y, *x + *w, *y + *h], *colour));
                }
                Mark::Text(text) => {
                    text.halo = text.halo.map(|paper| self.of(paper));
                    let middle = (text.bounds()[0] + text.bounds()[2]) / 2.0;
                    let below = fields.iter().rev().find(|([left, top, right, bottom], _)| {
                        (*left..=*right).contains(&middle) && (*top..=*bottom).contains(&(text.y - 3.0))
                    });
                    text.colour = match below {
                        Some((_, field)) if *field != self.paper() && text.halo.is_none() => {
                            self.letters_on(*field)
                        }
                        _ => self.of(text.colour),
                    };
                }
            }
        }
    }

    /// The colour of letters on a field.
    fn letters_on(self, field: Colour) -> Colour {
        match (self, readable_on(field)) {
            (Self::Dark, WHITE) => self.of(INK),
            (Self::Dark, _) => self.paper(),
            (_, colour) => self.of(colour),
        }
    }
}

/// The drawing on a sheet of another shape, in its middle: `wide` to `high`.
pub fn on_sheet(scene: &mut Scene, wide: f64, high: f64) {
    let (width, height) = (scene.width, scene.height);
    let (new_width, new_height) = if width / height < wide / high {
        (height * wide / high, height)
    } else {
        (width, width * high / wide)
    };
    let (right, down) = ((new_width - width) / 2.0, (new_height - height) / 2.0);
    scene.shift(right, down);
    (scene.width, scene.height) = (new_width, new_height);
    // The paper is the first mark.
    if let Some(Mark::Rect { x, y, w, h, .. }) = scene.marks.first_mut() {
        (*x, *y, *w, *h) = (0.0, 0.0, new_width, new_height);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::charts::scene::{Anchor, Head};

    fn begins(mark: &Mark) -> Option<f64> {
        match mark {
            Mark::Text(text) if text.anchor == Anchor::Start => Some(text.x),
            _ => None,
        }
    }

    fn drawing() -> Scene {
        let head = Head { finding: "A is first".to_owned(), ..Head::default() };
        let mut scene = Scene::new(100.0, &head);
        scene.rect(10.0, 60.0, 100.0, 20.0, [0x00, 0x72, 0xb2]);
        scene.label(20.0, 75.0, Anchor::Start, WHITE, "on it");
        scene
    }

    /// What was white on blue is dark on the lighter blue of a dark screen, and stands out.
    #[test]
    fn letters_stand_out_in_every_theme() {
        for (theme, _) in Theme::ALL {
            let mut scene = drawing();
            theme.paint(&mut scene);
            let letters = scene.marks.iter().find_map(|mark| match mark {
                Mark::Text(text) if text.text == "on it" => Some(text.colour),
                _ => None,
            });
            let dark = theme == Theme::Dark;
            assert_eq!(letters, Some(if dark { [0x14, 0x17, 0x1a] } else { WHITE }), "{theme:?}");
            let first = scene.marks.first();
            assert!(
                matches!(first, Some(Mark::Rect { colour, .. }) if *colour == theme.paper()),
                "{theme:?}"
            );
        }
    }

    #[test]
    fn a_sheet_of_another_shape_has_the_drawing_in_its_middle() {
        let mut scene = drawing();
        let left = scene.marks.iter().find_map(begins).unwrap();
        on_sheet(&mut scene, 1800.0, 100.0);
        assert_eq!((scene.width, scene.height), (1800.0, 100.0));
        assert_eq!(scene.marks.iter().find_map(begins), Some(left + 450.0));
        on_sheet(&mut scene, 900.0, 900.0);
        assert_eq!((scene.width, scene.height), (1800.0, 1800.0));
    }
}
