//! Stacked bars that lie: a row by name.

use super::axis;
use super::bars::{Category, key, readable_on, segment};
use super::letters::{fit, fit_name, text_width};
use super::scene::{Anchor, GRID, HEAD, INK, MARGIN, MUTED, Scene, TEXT, WHITE};

/// Height of a bar.
const HIGH: f64 = 24.0;

/// A row of a chart of rows.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its parts, in the order of the categories.
    pub parts: Vec<f64>,
    /// Text after its end.
    pub note: String,
}

/// Rows of stacked parts.
#[derive(Clone, Debug)]
pub struct Rows {
    /// What is shown.
    pub title: String,
    /// Unit and what a row is.
    pub subtitle: String,
    /// Parts, the first one left.
    pub categories: Vec<Category>,
    /// Rows from the top.
    pub rows: Vec<Row>,
    /// Label of a value on the axis and inside a segment.
    pub label: fn(f64) -> String,
    /// The axis' end, where it is fixed.
    pub full: Option<f64>,
    /// What the axis counts.
    pub caption: String,
    /// What to say when there is nothing.
    pub empty: String,
}

impl Rows {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        const PITCH: f64 = 34.0;
        let lines = self.rows.len().max(4) as f64;
        // The key may take two lines; what is not needed stays white.
        let mut scene = Scene::new(900.0, HEAD + 60.0 + lines * PITCH + 66.0, &self.title, &self.subtitle);
        let top = key(&mut scene, &self.categories) + 6.0;
        scene.set_height(top + lines * PITCH + 66.0);
        let bottom = top + lines * PITCH;
        let widest = |texts: &mut dyn Iterator<Item = &str>, most: f64| {
            texts.map(|text| text_width(text, TEXT, false)).fold(0.0, f64::max).min(most)
        };
        let left = MARGIN + widest(&mut self.rows.iter().map(|row| row.name.as_str()), 260.0) + 10.0;
        let notes = widest(&mut self.rows.iter().map(|row| row.note.as_str()), 200.0);
        let right = scene.width - MARGIN - notes - 12.0;
        let max = self.rows.iter().map(|row| row.parts.iter().sum::<f64>()).fold(0.0, f64::max);
        let (scale, ticks) = axis::from_zero(self.full.unwrap_or(max), self.label);
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
        for (index, row) in self.rows.iter().enumerate() {
            scene.say(&format!("{}: {}", row.name, row.note));
            let y = top + index as f64 * PITCH + (PITCH - HIGH) / 2.0;
            scene.group(&row.name, |scene| self.row(scene, row, (left, y), along));
        }
        scene.line(vec![(left, top), (left, bottom)], 1.0, MUTED, &[]);
        scene.label(right, bottom + 42.0, Anchor::End, MUTED, &self.caption);
        if self.rows.is_empty() || max <= 0.0 {
            scene.nothing(left, top, right, bottom, &self.empty);
        }
        scene
    }

    /// A bar, its parts with their values, its name and its note.
    fn row(&self, scene: &mut Scene, row: &Row, (left, y): (f64, f64), along: impl Fn(f64) -> f64) {
        let baseline = y + HIGH / 2.0 + 0.36 * TEXT;
        let name = fit_name(&row.name, left - MARGIN - 10.0, TEXT, false);
        scene.label(left - 10.0, baseline, Anchor::End, INK, &name);
        let mut x = left;
        for (part, category) in row.parts.iter().zip(&self.categories) {
            let wide = along(*part);
            segment(scene, x, y, wide - if wide > 4.0 { 1.0 } else { 0.0 }, HIGH, category.fill);
            let label = (self.label)(*part);
            let needs = text_width(&label, 12.0, false);
            if wide > needs + 12.0 {
                let middle = x + wide / 2.0;
                if category.fill.hatch > 0 {
                    scene.rect(
                        middle - needs / 2.0 - 3.0,
                        y + 4.0,
                        needs + 6.0,
                        HIGH - 8.0,
                        category.fill.colour,
                    );
                }
                let ink = readable_on(category.fill.colour);
                scene.text(middle, y + HIGH / 2.0 + 4.3, Anchor::Middle, 12.0, false, ink, &label);
            }
            x += wide;
        }
        let note = fit(&row.note, 200.0, TEXT, false);
        if self.full.is_some() {
            scene.label(scene.width - MARGIN, baseline, Anchor::End, MUTED, &note);
        } else {
            let wide = text_width(&note, TEXT, false);
            scene.rect(x + 3.0, y + 2.0, wide + 6.0, HIGH - 4.0, WHITE);
            scene.label(x + 6.0, baseline, Anchor::Start, MUTED, &note);
        }
    }
}
