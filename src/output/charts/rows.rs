//! Stacked bars that lie: a row by name.

use super::axis;
use super::bars::{Category, key, segment};
use super::letters::{fit, fit_apart, text_width, widest};
use super::looks::readable_on;
use super::scene::{Anchor, GRID, Head, INK, MARGIN, MUTED, SMALL, Scene, TEXT, WHITE};

/// Height of a bar.
const HIGH: f64 = 24.0;

/// A row of a chart of rows.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Words below it, in grey.
    pub words: String,
    /// Its parts, in the order of the categories.
    pub parts: Vec<f64>,
    /// Text after its end.
    pub note: String,
}

/// Rows of stacked parts.
#[derive(Clone, Debug)]
pub struct Rows {
    /// What stands above it.
    pub head: Head,
    /// Parts, the first one left.
    pub categories: Vec<Category>,
    /// Rows from the top.
    pub rows: Vec<Row>,
    /// Label of a value on the axis and inside a segment.
    pub label: fn(f64) -> String,
    /// What the axis counts.
    pub caption: String,
    /// What to say when there is nothing.
    pub empty: String,
}

impl Rows {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        const PITCH: f64 = 42.0;
        let max = self.rows.iter().map(|row| row.parts.iter().sum::<f64>()).fold(0.0, f64::max);
        if max <= 0.0 {
            return Scene::nothing(&self.head, &self.empty);
        }
        let mut scene = Scene::new(0.0, &self.head);
        let lines = self.rows.len() as f64;
        let top = key(&mut scene, &self.categories) + 6.0;
        scene.set_height(top + lines * PITCH + 66.0);
        let bottom = top + lines * PITCH;
        let names: Vec<&str> = self.rows.iter().map(|row| row.name.as_str()).collect();
        let names = fit_apart(&names, 210.0, TEXT, true);
        let words = widest(self.rows.iter().map(|row| row.words.as_str()), SMALL, false);
        // The font in place of one that the reader does not have may be a tenth wider.
        let room = widest(names.iter().map(String::as_str), TEXT, true).max(words) * 1.1;
        let left = MARGIN + room + 12.0;
        let notes = widest(self.rows.iter().map(|row| row.note.as_str()), TEXT, false).min(200.0);
        let right = scene.width - MARGIN - notes - 12.0;
        let (scale, ticks) = axis::from_zero(max, self.label);
        let along = |value: f64| scale.share(value) * (right - left);
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in &ticks {
            let x = left + along(*value);
            scene.line(vec![(x, top), (x, bottom)], 1.0, GRID, &[]);
            let half = text_width(label, TEXT, false) / 2.0;
            if x - half > free_from {
                scene.label(x, bottom + 20.0, Anchor::Middle, MUTED, label);
                free_from = x + half + 8.0;
            }
        }
        for (index, (row, name)) in self.rows.iter().zip(&names).enumerate() {
            scene.say(&format!("{}, {}: {}", row.name, row.words, row.note));
            let y = top + index as f64 * PITCH + (PITCH - HIGH) / 2.0;
            let group = format!("{}, {}", row.name, row.words);
            scene.group(&group, |scene| self.row(scene, row, name, (left, y), along));
        }
        scene.line(vec![(left, top), (left, bottom)], 1.0, MUTED, &[]);
        scene.label(right, bottom + 42.0, Anchor::End, MUTED, &self.caption);
        scene
    }

    /// A bar, its parts with their values, its name and its note.
    fn row(
        &self,
        scene: &mut Scene,
        row: &Row,
        name: &str,
        (left, y): (f64, f64),
        along: impl Fn(f64) -> f64,
    ) {
        let middle = y + HIGH / 2.0;
        scene.text(MARGIN, middle - 3.0, Anchor::Start, TEXT, true, INK, name);
        scene.text(MARGIN, middle + 13.0, Anchor::Start, SMALL, false, MUTED, &row.words);
        let mut x = left;
        for (part, category) in row.parts.iter().zip(&self.categories) {
            let wide = along(*part);
            segment(scene, x, y, wide - if wide > 4.0 { 1.0 } else { 0.0 }, HIGH, category.fill);
            let label = (self.label)(*part);
            let needs = text_width(&label, SMALL, false);
            if wide > needs + 12.0 {
                let centre = x + wide / 2.0;
                // Between the lines of a hatching nothing can be read.
                let mut ink = readable_on(category.fill.colour);
                if category.fill.hatch > 0 {
                    let (left, top) = (centre - needs / 2.0 - 3.0, y + 4.0);
                    scene.rect(left, top, needs + 6.0, HIGH - 8.0, WHITE);
                    ink = INK;
                }
                scene.text(centre, middle + 4.5, Anchor::Middle, SMALL, false, ink, &label);
            }
            x += wide;
        }
        let note = fit(&row.note, 200.0, TEXT, false);
        let wide = text_width(&note, TEXT, false);
        scene.rect(x + 3.0, y + 2.0, wide + 6.0, HIGH - 4.0, WHITE);
        scene.label(x + 6.0, middle + 0.36 * TEXT, Anchor::Start, MUTED, &note);
    }
}
