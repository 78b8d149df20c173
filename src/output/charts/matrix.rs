//! A table of coloured cells: what happens to each protocol between each pair of sites.

use super::bars::{Category, key, segment};
use super::letters::{fit, fit_apart, text_width, widest};
use super::looks::readable_on;
use super::scene::{Anchor, GRID, Head, INK, MARGIN, MUTED, SMALL, Scene, TEXT};
use crate::output::words::three_figures;

/// Distance of the lines in a cell.
const LINE: f64 = 16.0;
/// Columns that stand side by side; more go below.
const ABREAST: usize = 7;

/// A cell.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cell {
    /// An amount for each category.
    pub amounts: Vec<f64>,
    /// Lines below the name and the amount of each.
    pub notes: Vec<Vec<String>>,
    /// Of these, what is told of it even where it is too narrow for words.
    pub urgent: Vec<Option<String>>,
}

/// A row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What else it stands for, below that.
    pub words: String,
    /// A cell for each column.
    pub cells: Vec<Cell>,
}

/// A matrix of cells, each divided by category.
#[derive(Clone, PartialEq, Debug)]
pub struct Matrix {
    /// What stands above it.
    pub head: Head,
    /// What a cell can be.
    pub categories: Vec<Category>,
    /// Heads of columns.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<Row>,
    /// Head of the row names.
    pub corner: String,
    /// What to say when there is nothing.
    pub empty: String,
}

impl Cell {
    fn sum(&self) -> f64 {
        self.amounts.iter().sum()
    }

    /// Lines that it may need in `wide`: a name, an amount, and one for each other amount and note, or
    /// two where that does not fit into the largest part.
    fn lines(&self, wide: f64) -> usize {
        let largest = self.amounts.iter().copied().fold(0.0, f64::max);
        let room = (wide - 3.0) * largest / self.sum().max(f64::MIN_POSITIVE) - 4.0;
        let count = |texts: &[String]| texts.iter().map(|text| broken(text, room).len()).sum::<usize>();
        let notes = self.notes.iter().map(|notes| count(notes)).max().unwrap_or(0);
        // That of the largest is among its notes.
        let others = self.amounts.iter().zip(&self.urgent).filter(|(amount, _)| **amount < largest);
        let urgent: Vec<String> = others.filter_map(|(_, urgent)| urgent.clone()).collect();
        let urgent = if self.is_divided() { count(&urgent) } else { 0 };
        self.amounts.iter().filter(|amount| **amount > 0.0).count() + 1 + notes + urgent
    }

    /// Whether it has more than one category.
    pub(super) fn is_divided(&self) -> bool {
        self.amounts.iter().filter(|amount| **amount > 0.0).count() > 1
    }
}

impl Matrix {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        if self.rows.is_empty() {
            return Scene::nothing(&self.head, &self.empty);
        }
        let mut scene = Scene::new(0.0, &self.head);
        let mut y = key(&mut scene, &self.categories);
        let names: Vec<&str> = self.rows.iter().map(|row| row.name.as_str()).collect();
        let names = fit_apart(&names, 230.0, TEXT, false);
        let left = widest(names.iter().map(String::as_str), TEXT, false);
        let words = widest(self.rows.iter().map(|row| row.words.as_str()), SMALL, false);
        let left = MARGIN + left.max(words).max(text_width(&self.corner, TEXT, true)) + 12.0;
        let blocks = self.columns.len().div_ceil(ABREAST).max(1);
        let abreast = self.columns.len().div_ceil(blocks).max(1);
        let wide = ((scene.width - MARGIN - left) / abreast as f64).min(150.0);
        for first in (0..self.columns.len()).step_by(abreast) {
            let columns = first..(first + abreast).min(self.columns.len());
            y = self.block(&mut scene, columns, (left, y, wide), &names);
        }
        scene.set_height(y + 14.0);
        scene
    }

    /// Columns side by side, from `y` on; returns where they end.
    fn block(
        &self,
        scene: &mut Scene,
        columns: std::ops::Range<usize>,
        (left, y, wide): (f64, f64, f64),
        names: &[String],
    ) -> f64 {
        let mut y = y + 36.0;
        scene.text(MARGIN, y - 10.0, Anchor::Start, TEXT, true, INK, &self.corner);
        for (place, head) in self.columns[columns.clone()].iter().enumerate() {
            let x = left + (place as f64 + 0.5) * wide;
            let (upper, lower) = two_lines(head, wide - 8.0);
            if !lower.is_empty() {
                scene.text(x, y - 26.0, Anchor::Middle, TEXT, true, INK, &upper);
            }
            let last = if lower.is_empty() { &upper } else { &lower };
            scene.text(x, y - 10.0, Anchor::Middle, TEXT, true, INK, last);
        }
        for (row, name) in self.rows.iter().zip(names) {
            let cells = &row.cells[columns.clone()];
            if cells.iter().all(|cell| cell.sum() <= 0.0) {
                continue;
            }
            let lines = cells.iter().map(|cell| cell.lines(wide)).max().unwrap_or(0);
            let high = LINE * lines as f64 + 10.0;
            scene.line(vec![(MARGIN, y), (left + cells.len() as f64 * wide, y)], 1.0, GRID, &[]);
            let middle = y + high / 2.0 + 0.36 * TEXT;
            let up = if row.words.is_empty() { 0.0 } else { 8.0 };
            scene.label(MARGIN, middle - up, Anchor::Start, INK, name);
            scene.text(MARGIN, middle + 8.5, Anchor::Start, SMALL, false, MUTED, &row.words);
            for (place, (cell, head)) in cells.iter().zip(&self.columns[columns.clone()]).enumerate() {
                self.say(scene, &row.name, head, cell);
                let x = left + place as f64 * wide;
                let name = format!("{}, {head}", row.name);
                scene.group(&name, |scene| self.cell(scene, [x, y, wide, high], cell));
            }
            y += high;
        }
        y
    }

    /// A cell in words.
    fn say(&self, scene: &mut Scene, row: &str, head: &str, cell: &Cell) {
        let parts = cell.amounts.iter().zip(&self.categories).zip(&cell.notes);
        let parts = parts.filter(|((amount, _), _)| **amount > 0.0).flat_map(|((amount, c), notes)| {
            std::iter::once(format!("{} {}", c.name, short_count(*amount))).chain(notes.iter().cloned())
        });
        let parts: Vec<String> = parts.collect();
        if !parts.is_empty() {
            scene.say(&format!("{row}, {head}: {}", parts.join(", ")));
        }
    }

    fn cell(&self, scene: &mut Scene, [x, y, wide, high]: [f64; 4], cell: &Cell) {
        let sum = cell.sum();
        if sum <= 0.0 {
            let middle = y + high / 2.0 + 0.36 * TEXT;
            return scene.label(x + wide / 2.0, middle, Anchor::Middle, MUTED, "\u{2013}");
        }
        let (x, y, wide, high) = (x + 1.5, y + 2.0, wide - 3.0, high - 4.0);
        let amounts = &cell.amounts;
        let largest =
            (0..amounts.len()).rev().max_by(|&a, &b| amounts[a].total_cmp(&amounts[b])).unwrap_or(0);
        let mut from = x;
        let mut slices = Vec::new();
        for (index, (&part, category)) in amounts.iter().zip(&self.categories).enumerate() {
            // What happens at all must be seen.
            let share = if part > 0.0 { (wide * part / sum).max(3.0).min(x + wide - from) } else { 0.0 };
            segment(scene, from, y, share, high, category.fill);
            if part > 0.0 {
                slices.push((index, from, share));
            }
            from += share;
        }
        // A slice too narrow for its words is told in the largest one, if there is room.
        let words = |index: usize| [self.categories[index].name.clone(), short_count(amounts[index])];
        let fits = |index: usize, share: f64| {
            let all = words(index);
            let mut all = all.iter().chain(&cell.notes[index]);
            all.all(|text| text_width(text, SMALL, false) <= share - 4.0)
        };
        let narrow: Vec<(String, Option<&String>)> = slices
            .iter()
            .filter(|&&(index, _, share)| index != largest && !fits(index, share))
            .map(|&(index, ..)| (words(index).join(" "), cell.urgent[index].as_ref()))
            .collect();
        for (index, from, share) in slices {
            let [name, mut amount] = words(index);
            if index != largest && !fits(index, share) {
                continue;
            }
            let mut lines = vec![name];
            let mut below = Vec::new();
            if index == largest {
                for (more, urgent) in &narrow {
                    let longer = format!("{amount}, {more}");
                    if urgent.is_none() && text_width(&longer, SMALL, false) <= share - 4.0 {
                        amount = longer;
                    } else {
                        below.push(more.clone());
                        below.extend(urgent.cloned());
                    }
                }
            }
            lines.push(amount);
            lines.extend(cell.notes[index].iter().flat_map(|note| broken(note, share - 4.0)));
            lines.extend(below.iter().flat_map(|note| broken(note, share - 4.0)));
            let ink = readable_on(self.categories[index].fill.colour);
            let first = y + (high - LINE * lines.len() as f64) / 2.0 + 12.0;
            for (line, text) in lines.iter().enumerate() {
                let text = fit(text, share - 4.0, SMALL, false);
                let baseline = first + LINE * line as f64;
                scene.text(from + share / 2.0, baseline, Anchor::Middle, SMALL, false, ink, &text);
            }
        }
    }
}

/// `950`, `12.3 k`, `4.5 M`.
fn short_count(count: f64) -> String {
    match count {
        count if count < 999.5 => three_figures(count),
        count if count < 999.5e3 => format!("{} k", three_figures(count / 1e3)),
        count => format!("{} M", three_figures(count / 1e6)),
    }
}

/// A line of a cell, in two where it has a blank and is too long: the last word below the others.
fn broken(text: &str, width: f64) -> Vec<String> {
    match text.rsplit_once(' ') {
        Some((upper, lower)) if text_width(text, SMALL, false) > width => {
            vec![upper.to_owned(), lower.to_owned()]
        }
        _ => vec![text.to_owned()],
    }
}

/// A head in one line, or in two where it has a blank and one is too short.
fn two_lines(text: &str, width: f64) -> (String, String) {
    if text_width(text, TEXT, true) <= width {
        return (text.to_owned(), String::new());
    }
    match text.split_once(' ') {
        Some((upper, lower)) => (fit(upper, width, TEXT, true), fit(lower, width, TEXT, true)),
        None => (fit(text, width, TEXT, true), String::new()),
    }
}
