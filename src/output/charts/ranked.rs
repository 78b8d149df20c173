//! Ranked bars: a share of a limit a row, with a mark for a second figure and an interval.

use super::axis::{self, Scale, Tick};
use super::letters::{fit_apart, text_width, widest};
use super::looks::{BAD, REACHED, class_of_use, cross, whisker};
use super::scene::{Anchor, GRID, Head, INK, MARGIN, MUTED, SMALL, Scene, TEXT, WHITE};
use crate::output::words::percent;

/// Height of a bar, and distance of rows.
const HIGH: f64 = 18.0;
const PITCH: f64 = 42.0;
/// Beyond so many times its limit the bar shows no more.
const MOST: f64 = 2.0;

/// A row.
#[derive(Clone, PartialEq, Debug)]
pub struct RankedRow {
    /// Its name.
    pub name: String,
    /// Words below it, in grey.
    pub words: String,
    /// Share of the limit in use.
    pub share: f64,
    /// Half-width of its 95 % interval.
    pub half_width: Option<f64>,
    /// The second figure, as a share of the limit.
    pub mark: Option<f64>,
    /// Text at the right, below the share.
    pub note: String,
}

/// Bars from the top, the worst first.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// What stands above it.
    pub head: Head,
    /// What the mark is.
    pub mark: String,
    /// Rows from the top.
    pub rows: Vec<RankedRow>,
    /// What to say when there is nothing.
    pub empty: String,
}

impl Ranked {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        if self.rows.is_empty() {
            return Scene::nothing(&self.head, &self.empty);
        }
        let mut scene = Scene::new(0.0, &self.head);
        self.key(&mut scene);
        let top = scene.top + 6.0;
        let bottom = top + self.rows.len() as f64 * PITCH;
        scene.set_height(bottom + 50.0);
        let names: Vec<&str> = self.rows.iter().map(|row| row.name.as_str()).collect();
        let names = fit_apart(&names, 260.0, TEXT, true);
        let words = widest(self.rows.iter().map(|row| row.words.as_str()), SMALL, false);
        let left = MARGIN + widest(names.iter().map(String::as_str), TEXT, true).max(words) + 14.0;
        let notes = widest(self.rows.iter().map(|row| row.note.as_str()), SMALL, false).max(90.0);
        let right = scene.width - MARGIN - notes - 18.0;
        let values = self
            .rows
            .iter()
            .flat_map(|row| [row.share + row.half_width.unwrap_or(0.0), row.mark.unwrap_or(0.0)]);
        let max = values.fold(1.0, f64::max).min(MOST);
        let scale = Scale::Linear { low: 0.0, high: max };
        let quarters = (0..=8).map(|n| f64::from(n) / 4.0).filter(|share| *share <= max);
        let ticks: Vec<Tick> = quarters.map(|share| (share, axis::percent_label(share))).collect();
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
        let limit = along(1.0);
        scene.line(vec![(limit, top - 4.0), (limit, bottom)], 2.0, INK, &[]);
        for (index, (row, name)) in self.rows.iter().zip(&names).enumerate() {
            scene.say(&format!(
                "{}, {}: {} of the limit, {}",
                row.name,
                row.words,
                percent(row.share),
                row.note
            ));
            let y = top + index as f64 * PITCH + PITCH / 2.0;
            let group = format!("{}, {}", row.name, row.words);
            scene.group(&group, |scene| draw(scene, row, name, (left, y), along));
        }
        scene.line(vec![(left, top), (left, bottom)], 1.0, MUTED, &[]);
        scene
    }

    /// What the marks are.
    fn key(&self, scene: &mut Scene) {
        let y = scene.top + 4.0;
        let mut x = MARGIN;
        let classes = [
            (0.1, "below 25 %"),
            (0.3, "25 to 50 %"),
            (0.6, "50 to 80 %"),
            (0.9, "80 to 100 %"),
            (1.0, "the limit or beyond"),
        ];
        for (share, words) in classes {
            let colour = class_of_use(share);
            if self.rows.iter().any(|row| class_of_use(row.share) == colour) {
                scene.rect(x, y - 11.0, 14.0, 14.0, colour);
                scene.label(x + 20.0, y, Anchor::Start, INK, words);
                x += 42.0 + text_width(words, TEXT, false);
            }
        }
        let mut entry = |scene: &mut Scene, wide: f64, text: &str, mark: &dyn Fn(&mut Scene, f64, f64)| {
            let all = wide + 6.0 + text_width(text, TEXT, false);
            if x + all > scene.width - MARGIN {
                x = MARGIN;
                scene.top += 20.0;
            }
            let y = scene.top + 4.0;
            mark(scene, x, y - 4.5);
            scene.label(x + wide + 6.0, y, Anchor::Start, INK, text);
            x += all + 22.0;
        };
        if self.rows.iter().any(|row| row.mark.is_some()) {
            entry(scene, 12.0, &self.mark, &|scene, x, y| spot(scene, x + 7.0, y));
        }
        if self.rows.iter().any(|row| row.half_width.is_some()) {
            entry(scene, 20.0, "95 % interval", &|scene, x, y| whisker(scene, x, x + 20.0, y));
        }
        scene.top += 22.0;
    }
}

/// A bar with its name, mark, interval and note.
fn draw(scene: &mut Scene, row: &RankedRow, name: &str, (left, y): (f64, f64), along: impl Fn(f64) -> f64) {
    scene.text(MARGIN, y - 3.0, Anchor::Start, TEXT, true, INK, name);
    scene.text(MARGIN, y + 13.0, Anchor::Start, SMALL, false, MUTED, &row.words);
    let end = along(row.share);
    scene.rect(left, y - HIGH / 2.0, end - left, HIGH, class_of_use(row.share));
    if let Some(half) = row.half_width {
        let (from, to) = (along((row.share - half).max(0.0)), along(row.share + half));
        whisker(scene, from, to, y);
    }
    if let Some(mark) = row.mark {
        spot(scene, along(mark), y);
    }
    let beyond = row.share >= REACHED;
    let share = percent(row.share);
    let ink = if beyond { BAD } else { INK };
    let x = scene.width - MARGIN;
    scene.text(x, y - 3.0, Anchor::End, TEXT, true, ink, &share);
    if beyond {
        cross(scene, x - text_width(&share, TEXT, true) - 11.0, y - 7.5);
    }
    scene.text(x, y + 13.0, Anchor::End, SMALL, false, MUTED, &row.note);
}

/// A ring that stands out from a bar of any colour.
fn spot(scene: &mut Scene, x: f64, y: f64) {
    scene.dot(x, y, 6.5, WHITE);
    scene.dot(x, y, 5.0, INK);
    scene.dot(x, y, 2.5, WHITE);
}
