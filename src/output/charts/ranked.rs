//! Ranked bars: one value a row with a mark for a second figure and a tick for a limit.

use super::axis;
use super::bars::{Category, Fill, key, segment};
use super::letters::{fit, fit_name, text_width};
use super::looks::VERMILION;
use super::scene::{Anchor, GRID, HEAD, INK, MARGIN, MUTED, Scene, TEXT, WHITE};

/// Height of a bar.
const HIGH: f64 = 16.0;

/// A row.
#[derive(Clone, PartialEq, Debug)]
pub struct RankedRow {
    /// Its name.
    pub name: String,
    /// Length of the bar.
    pub value: f64,
    /// The second figure.
    pub mark: Option<f64>,
    /// The limit.
    pub limit: f64,
    /// Which of the categories.
    pub category: usize,
    /// Text at the right.
    pub note: String,
}

/// Bars from the top, the worst first.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// What is shown.
    pub title: String,
    /// Unit and what a row is.
    pub subtitle: String,
    /// Looks of the bars.
    pub categories: Vec<Category>,
    /// What the mark is.
    pub mark: String,
    /// What the tick is.
    pub limit: String,
    /// Rows from the top.
    pub rows: Vec<RankedRow>,
    /// Label of a value on the axis.
    pub label: fn(f64) -> String,
    /// Values beyond this are drawn at the edge.
    pub most: f64,
    /// What the axis counts.
    pub caption: String,
    /// What to say when there is nothing.
    pub empty: String,
}

impl Ranked {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        const PITCH: f64 = 26.0;
        let lines = self.rows.len().max(4) as f64;
        let mut scene = Scene::new(900.0, HEAD + 60.0 + lines * PITCH + 66.0, &self.title, &self.subtitle);
        let top = self.legend(&mut scene) + 6.0;
        scene.set_height(top + lines * PITCH + 66.0);
        let bottom = top + lines * PITCH;
        let widest = |texts: &mut dyn Iterator<Item = &str>, most: f64| {
            texts.map(|text| text_width(text, TEXT, false)).fold(0.0, f64::max).min(most)
        };
        let left = MARGIN + widest(&mut self.rows.iter().map(|row| row.name.as_str()), 240.0) + 10.0;
        let notes = widest(&mut self.rows.iter().map(|row| row.note.as_str()), 230.0);
        let right = scene.width - MARGIN - notes - 16.0;
        let values = self.rows.iter().flat_map(|row| [row.value, row.mark.unwrap_or(0.0), row.limit]);
        let max = values.fold(0.0, f64::max).min(self.most);
        let (scale, ticks) = axis::from_zero(max, self.label);
        let along = |value: f64| left + scale.share(value).clamp(0.0, 1.0) * (right - left);
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in &ticks {
            let x = along(*value);
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
        if self.rows.is_empty() {
            scene.nothing(left, top, right, bottom, &self.empty);
        }
        scene
    }

    /// A bar with its name, mark, limit and note.
    fn row(&self, scene: &mut Scene, row: &RankedRow, (left, y): (f64, f64), along: impl Fn(f64) -> f64) {
        let middle = y + HIGH / 2.0;
        let baseline = middle + 0.36 * TEXT;
        let name = fit_name(&row.name, left - MARGIN - 10.0, TEXT, false);
        scene.label(left - 10.0, baseline, Anchor::End, INK, &name);
        let fill = self.categories.get(row.category).map(|category| category.fill);
        let fill = fill.unwrap_or(Fill { colour: INK, hatch: 0 });
        segment(scene, left, y, along(row.value) - left, HIGH, fill);
        let x = along(row.limit);
        scene.line(vec![(x, y - 3.0), (x, y + HIGH + 3.0)], 2.0, INK, &[]);
        if let Some(mark) = row.mark {
            spot(scene, along(mark), middle);
        }
        let note = fit(&row.note, 230.0, TEXT, false);
        scene.label(scene.width - MARGIN, baseline, Anchor::End, MUTED, &note);
    }

    /// The key: bars, mark, tick; returns where the drawing may begin.
    fn legend(&self, scene: &mut Scene) -> f64 {
        let top = key(scene, &self.categories);
        if self.categories.is_empty() {
            return top;
        }
        let y = top + 4.0;
        spot(scene, MARGIN + 7.0, y - 4.0);
        scene.label(MARGIN + 20.0, y, Anchor::Start, INK, &self.mark);
        let x = MARGIN + 42.0 + text_width(&self.mark, TEXT, false);
        scene.line(vec![(x + 7.0, y - 13.0), (x + 7.0, y + 5.0)], 2.0, INK, &[]);
        scene.label(x + 20.0, y, Anchor::Start, INK, &self.limit);
        y + 18.0
    }
}

/// A dot that stands out from a bar of any colour.
fn spot(scene: &mut Scene, x: f64, y: f64) {
    scene.dot(x, y, 6.0, WHITE);
    scene.dot(x, y, 4.5, VERMILION);
}
