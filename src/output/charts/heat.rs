//! What is found over two quantities that are varied: a matrix of cells, coloured by the value
//! over its goal, with a thick line between what meets it and what misses it.

use super::letters::{fit, fit_apart, text_width, widest, wrap};
use super::looks::readable_on;
use super::scene::{Anchor, Colour, Head, INK, MARGIN, MUTED, SMALL, Scene, TEXT};

/// Values of one quantity beyond which a value stands in the cells along the line alone.
const CROWDED: usize = 12;
/// A cell at its largest.
const WIDE: f64 = 92.0;
const HIGH: f64 = 46.0;
/// Between two matrices.
const GAP: f64 = 34.0;

/// Colours of cells: within the goal from far to near, beyond it from near to far.
pub const BY_GOAL: [Colour; 6] = [
    [0x1f, 0x5f, 0x8e],
    [0x5b, 0x94, 0xbe],
    [0xa8, 0xcb, 0xe0],
    [0xf5, 0xc9, 0xaa],
    [0xe3, 0x8a, 0x4e],
    [0xb9, 0x3f, 0x00],
];
/// Without a goal, from little to much.
pub const BY_SIZE: [Colour; 6] = [
    [0xe4, 0xee, 0xf5],
    [0xc3, 0xda, 0xe9],
    [0x9a, 0xbf, 0xd8],
    [0x6b, 0x9e, 0xc2],
    [0x3c, 0x7a, 0xa6],
    [0x1b, 0x52, 0x7c],
];
/// Nothing can be said.
const UNKNOWN: Colour = [0xe3, 0xe3, 0xe3];

/// The class of a value over its goal.
#[must_use]
pub fn class_of(excess: f64) -> usize {
    [0.75, 0.9, 1.0, 1.5, 4.0].into_iter().position(|most| excess <= most).unwrap_or(5)
}

/// A cell.
#[derive(Clone, PartialEq, Debug)]
pub struct Cell {
    /// What stands in it.
    pub text: String,
    /// Its class, as the colours count them.
    pub class: Option<usize>,
    /// Whether the value is within the goal, where there is one.
    pub within: Option<bool>,
}

/// A matrix.
#[derive(Clone, PartialEq, Debug)]
pub struct Grid {
    /// Whom it is about.
    pub name: String,
    /// What was measured, and the goal.
    pub words: String,
    /// By row from the top, then column.
    pub cells: Vec<Vec<Cell>>,
}

/// The whole picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Heat {
    /// What stands above it.
    pub head: Head,
    /// Labels of rows from the top, and what they are.
    pub down: (Vec<String>, String),
    /// Labels of columns, and what they are.
    pub across: (Vec<String>, String),
    /// Matrices.
    pub grids: Vec<Grid>,
    /// Colours with their words.
    pub key: Vec<(Colour, String)>,
    /// Sentences at the foot.
    pub foot: Vec<String>,
}

impl Heat {
    /// Lays the picture out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        let mut scene = Scene::new(0.0, &self.head);
        self.legend(&mut scene);
        let names: Vec<&str> = self.down.0.iter().map(String::as_str).collect();
        let rows = fit_apart(&names, 110.0, TEXT, false);
        let room = widest(rows.iter().map(String::as_str), TEXT, false) + 12.0;
        let (many, tall) = (self.across.0.len().max(1), self.down.0.len().max(1));
        let whole = scene.width - 2.0 * MARGIN;
        // Two abreast where values keep their room.
        let half = (whole - GAP) / 2.0;
        let abreast = if self.grids.len() > 1 && (half - room) / many as f64 >= 54.0 { 2 } else { 1 };
        let each = if abreast == 2 { half } else { whole };
        let wide = ((each - room) / many as f64).min(WIDE);
        let high = (560.0 / tall as f64).clamp(9.0, if abreast == 2 { 36.0 } else { HIGH });
        let mut top = scene.top;
        for some in self.grids.chunks(abreast) {
            for (place, grid) in some.iter().enumerate() {
                let left = MARGIN + place as f64 * (each + GAP);
                self.grid(&mut scene, grid, &rows, [left, top, room, each, wide, high]);
            }
            top += 52.0 + high * tall as f64 + 50.0;
        }
        top += 12.0;
        scene.set_height(top);
        for line in self.foot.iter().flat_map(|text| wrap(text, whole, TEXT, false, 3)) {
            scene.label(MARGIN, top, Anchor::Start, MUTED, &line);
            top += 18.0;
            scene.set_height(top);
        }
        scene
    }

    fn grid(
        &self,
        scene: &mut Scene,
        grid: &Grid,
        rows: &[String],
        [left, top, room, each, wide, high]: [f64; 6],
    ) {
        let name = fit(&grid.name, each - 6.0, 14.0, true);
        scene.text(left, top + 14.0, Anchor::Start, 14.0, true, INK, &name);
        let words = fit(&grid.words, each - 6.0, SMALL, false);
        scene.text(left, top + 31.0, Anchor::Start, SMALL, false, MUTED, &words);
        let down = fit(&format!("down: {}", self.down.1), each - 6.0, SMALL, false);
        scene.text(left, top + 47.0, Anchor::Start, SMALL, false, MUTED, &down);
        let (x0, y0) = (left + room, top + 54.0);
        let many = self.across.0.len();
        let crowded = rows.len() > CROWDED || many > CROWDED;
        scene.group(&grid.name, |scene| {
            for (row, cells) in grid.cells.iter().enumerate() {
                for (column, cell) in cells.iter().enumerate() {
                    let (x, y) = (x0 + column as f64 * wide, y0 + row as f64 * high);
                    let colour = self.colour(cell);
                    scene.rect(x + 0.75, y + 0.75, (wide - 1.5).max(1.0), (high - 1.5).max(1.0), colour);
                    let shown = !crowded || grid.is_on_line(row, column);
                    let fits = text_width(&cell.text, SMALL, true) <= wide - 6.0 && high >= 17.0;
                    if shown && fits {
                        let (x, y) = (x + wide / 2.0, y + high / 2.0 + 0.36 * SMALL);
                        scene.text(x, y, Anchor::Middle, SMALL, true, readable_on(colour), &cell.text);
                    }
                }
            }
            grid.boundary(scene, (x0, y0), (wide, high));
        });
        let every = (17.0 / high).ceil().max(1.0) as usize;
        for (row, label) in rows.iter().enumerate().filter(|(row, _)| row % every == 0) {
            let y = y0 + (row as f64 + 0.5) * high + 0.36 * TEXT;
            scene.label(x0 - 8.0, y, Anchor::End, INK, label);
        }
        let bottom = y0 + high * rows.len() as f64;
        let mut free_from = left;
        for (column, label) in self.across.0.iter().enumerate() {
            let label = fit(label, 120.0, TEXT, false);
            let half = text_width(&label, TEXT, false) / 2.0;
            let middle = x0 + (column as f64 + 0.5) * wide;
            if middle - half > free_from && middle + half <= left + each + 10.0 {
                scene.label(middle, bottom + 17.0, Anchor::Middle, INK, &label);
                free_from = middle + half + 6.0;
            }
        }
        let across = fit(&format!("across: {}", self.across.1), each - 6.0, SMALL, false);
        scene.text(left, bottom + 36.0, Anchor::Start, SMALL, false, MUTED, &across);
        self.say(scene, grid);
    }

    fn say(&self, scene: &mut Scene, grid: &Grid) {
        for (label, cells) in self.down.0.iter().zip(&grid.cells) {
            let cells: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
            scene.say(&format!("{}, {label}: {}", grid.name, cells.join(", ")));
        }
    }

    fn colour(&self, cell: &Cell) -> Colour {
        let by_goal = cell.within.is_some();
        cell.class.map_or(UNKNOWN, |class| if by_goal { BY_GOAL[class] } else { BY_SIZE[class] })
    }

    fn legend(&self, scene: &mut Scene) {
        let (mut x, mut y) = (MARGIN, scene.top + 4.0);
        for (colour, words) in &self.key {
            let all = 20.0 + text_width(words, TEXT, false);
            if x + all > scene.width - MARGIN {
                x = MARGIN;
                y += 20.0;
            }
            scene.rect(x, y - 11.0, 14.0, 14.0, *colour);
            scene.label(x + 20.0, y, Anchor::Start, INK, words);
            x += all + 18.0;
        }
        scene.top = y + 14.0;
    }
}

impl Grid {
    fn within(&self, row: usize, column: usize) -> Option<bool> {
        self.cells.get(row)?.get(column)?.within
    }

    /// Whether a neighbour stands on the other side of the goal.
    fn is_on_line(&self, row: usize, column: usize) -> bool {
        let own = self.within(row, column);
        let other = |there: Option<bool>| own.is_some() && there.is_some() && own != there;
        let before = |at: usize| at.checked_sub(1);
        before(row).is_some_and(|row| other(self.within(row, column)))
            || before(column).is_some_and(|column| other(self.within(row, column)))
            || other(self.within(row + 1, column))
            || other(self.within(row, column + 1))
    }

    /// The thick line.
    fn boundary(&self, scene: &mut Scene, (x0, y0): (f64, f64), (wide, high): (f64, f64)) {
        let differ = |a: Option<bool>, b: Option<bool>| a.is_some() && b.is_some() && a != b;
        for (row, cells) in self.cells.iter().enumerate() {
            for column in 0..cells.len() {
                let (x, y) = (x0 + column as f64 * wide, y0 + row as f64 * high);
                let own = self.within(row, column);
                if differ(own, self.within(row, column + 1)) {
                    scene.line(vec![(x + wide, y - 1.5), (x + wide, y + high + 1.5)], 3.0, INK, &[]);
                }
                if differ(own, self.within(row + 1, column)) {
                    scene.line(vec![(x - 1.5, y + high), (x + wide + 1.5, y + high)], 3.0, INK, &[]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_by_the_goal() {
        assert_eq!(
            [0.0, 0.75, 0.8, 1.0, 1.01, 1.5, 3.9, 4.1, f64::INFINITY].map(class_of),
            [0, 0, 1, 2, 3, 3, 4, 5, 5]
        );
    }
}
