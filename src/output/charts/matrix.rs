//! A table of coloured cells: what happens to each protocol between each pair of sites.

use super::bars::{Category, key, readable_on, segment};
use super::letters::{fit, fit_name, text_width};
use super::scene::{Anchor, GRID, INK, MARGIN, MUTED, Scene, TEXT};
use crate::output::words::three_figures;

/// Size of the words in a cell.
const SMALL: f64 = 12.0;

/// A matrix of cells, each divided by category.
#[derive(Clone, PartialEq, Debug)]
pub struct Matrix {
    /// What is shown.
    pub title: String,
    /// What a cell is.
    pub subtitle: String,
    /// What a cell can be.
    pub categories: Vec<Category>,
    /// Heads of columns.
    pub columns: Vec<String>,
    /// Name and cells of each row; a cell has an amount for each category.
    pub rows: Vec<(String, Vec<Vec<u64>>)>,
    /// Head of the row names.
    pub corner: String,
    /// What to say when there is nothing.
    pub empty: String,
}

impl Matrix {
    /// Lays the chart out; the more columns, the wider.
    #[must_use]
    pub fn scene(&self) -> Scene {
        const HIGH: f64 = 38.0;
        let names = self.rows.iter().map(|row| text_width(&row.0, TEXT, false)).fold(0.0, f64::max);
        let names = names.max(text_width(&self.corner, TEXT, true)).min(270.0) + 12.0;
        let count = self.columns.len().max(1) as f64;
        let words = self.columns.iter().flat_map(|head| head.split(' '));
        let least = words.map(|word| text_width(word, TEXT, true)).fold(72.0, f64::max) + 8.0;
        let wide = ((900.0 - 2.0 * MARGIN - names) / count).clamp(least, least.max(150.0));
        let width = (2.0 * MARGIN + names + count * wide).max(900.0);
        let lines = self.rows.len().max(3) as f64;
        let mut scene = Scene::new(width, 200.0 + lines * HIGH, &self.title, &self.subtitle);
        let top = key(&mut scene, &self.categories) + 44.0;
        scene.set_height(top + lines * HIGH + 28.0);
        let left = MARGIN + names;
        scene.text(MARGIN, top - 10.0, Anchor::Start, TEXT, true, INK, &self.corner);
        for (column, head) in self.columns.iter().enumerate() {
            let x = left + (column as f64 + 0.5) * wide;
            let (upper, lower) = two_lines(head, wide - 8.0);
            if !lower.is_empty() {
                scene.text(x, top - 27.0, Anchor::Middle, TEXT, true, INK, &upper);
            }
            let last = if lower.is_empty() { &upper } else { &lower };
            scene.text(x, top - 10.0, Anchor::Middle, TEXT, true, INK, last);
        }
        for (row, (row_name, cells)) in self.rows.iter().enumerate() {
            let y = top + row as f64 * HIGH;
            scene.line(vec![(MARGIN, y), (left + count * wide, y)], 1.0, GRID, &[]);
            let name = fit_name(row_name, names - 12.0, TEXT, false);
            scene.label(MARGIN, y + HIGH / 2.0 + 0.36 * TEXT, Anchor::Start, INK, &name);
            for (column, (cell, head)) in cells.iter().zip(&self.columns).enumerate() {
                self.say(&mut scene, row_name, head, cell);
                let name = format!("{row_name}, {head}");
                let x = left + column as f64 * wide;
                scene.group(&name, |scene| self.cell(scene, x, y, wide, HIGH, cell));
            }
        }
        if self.rows.is_empty() {
            scene.nothing(MARGIN, top, width - MARGIN, top + lines * HIGH, &self.empty);
        }
        scene
    }

    /// A cell in words.
    fn say(&self, scene: &mut Scene, row: &str, head: &str, cell: &[u64]) {
        let parts = cell.iter().zip(&self.categories).filter(|(count, _)| **count > 0);
        let parts: Vec<String> =
            parts.map(|(count, c)| format!("{} {}", c.name, short_count(*count))).collect();
        if !parts.is_empty() {
            scene.say(&format!("{row}, {head}: {}", parts.join(", ")));
        }
    }

    fn cell(&self, scene: &mut Scene, x: f64, y: f64, wide: f64, high: f64, cell: &[u64]) {
        let sum: u64 = cell.iter().sum();
        if sum == 0 {
            scene.label(x + wide / 2.0, y + high / 2.0 + 0.36 * TEXT, Anchor::Middle, MUTED, "\u{2013}");
            return;
        }
        let (x, y, wide, high) = (x + 1.5, y + 2.0, wide - 3.0, high - 4.0);
        let mut from = x;
        let largest = (0..cell.len()).rev().max_by_key(|&i| cell[i]).unwrap_or(0);
        let mut slices = Vec::new();
        for (index, (&part, category)) in cell.iter().zip(&self.categories).enumerate() {
            let share = wide * part as f64 / sum as f64;
            // What happens at all must be seen.
            let share = if part > 0 { share.max(3.0).min(x + wide - from) } else { 0.0 };
            segment(scene, from, y, share, high, category.fill);
            if part > 0 {
                slices.push((index, from, share));
            }
            from += share;
        }
        // A slice too narrow for its words is told in the largest one, if there is room.
        let words = |index: usize| [self.categories[index].name.clone(), short_count(cell[index])];
        let fits = |index: usize, share: f64| {
            words(index).iter().all(|text| text_width(text, SMALL, false) <= share - 4.0)
        };
        let narrow = slices.iter().filter(|&&(index, _, share)| index != largest && !fits(index, share));
        let narrow: Vec<String> =
            narrow.map(|&(index, ..)| words(index)).map(|[a, b]| format!("{a} {b}")).collect();
        for (index, from, share) in slices {
            let [name, mut count] = words(index);
            if index == largest {
                for more in &narrow {
                    let longer = format!("{count}, {more}");
                    if text_width(&longer, SMALL, false) <= share - 4.0 {
                        count = longer;
                    }
                }
            } else if !fits(index, share) {
                continue;
            }
            let fill = self.categories[index].fill;
            let ink = readable_on(fill.colour);
            let middle = from + share / 2.0;
            for (text, baseline) in [(name, 14.5), (count, 28.5)] {
                let text = fit(&text, share - 4.0, SMALL, false);
                let needs = text_width(&text, SMALL, false);
                if fill.hatch > 0 {
                    scene.rect(
                        middle - needs / 2.0 - 2.0,
                        y + baseline - 11.0,
                        needs + 4.0,
                        14.0,
                        fill.colour,
                    );
                }
                scene.text(middle, y + baseline, Anchor::Middle, SMALL, false, ink, &text);
            }
        }
    }
}

/// `950`, `12.3 k`, `4.5 M`.
fn short_count(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{} k", three_figures(count as f64 / 1e3)),
        _ => format!("{} M", three_figures(count as f64 / 1e6)),
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
