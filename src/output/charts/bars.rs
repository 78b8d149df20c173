//! Stacked bars: columns over the day, and rows by name.

use super::axis::{self, Tick};
use super::lines::XAxis;
use super::scene::{
    Anchor, Colour, GRID, HEAD, INK, MARGIN, MUTED, Scene, TEXT, WHITE, fit, fit_name, text_width,
};

/// How a segment is filled; hatching tells neighbours apart in grey.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fill {
    /// Colour.
    pub colour: Colour,
    /// White lines across it: 0 none, 1 rising, 2 falling, 3 level.
    pub hatch: u8,
}

/// A stack's part, the same in every bar.
#[derive(Clone, PartialEq, Debug)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// Its look.
    pub fill: Fill,
}

/// Columns over the day.
#[derive(Clone, PartialEq, Debug)]
pub struct Columns {
    /// What is shown.
    pub title: String,
    /// Unit and what a column is.
    pub subtitle: String,
    /// Time axis.
    pub x: XAxis,
    /// Parts, the lowest first.
    pub categories: Vec<Category>,
    /// Begin and end of each column (values of the axis) and its parts.
    pub columns: Vec<(f64, f64, Vec<f64>)>,
    /// What to say when there is nothing.
    pub empty: String,
}

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

/// Paints a segment with its hatching and a white edge.
pub(super) fn segment(scene: &mut Scene, x: f64, y: f64, w: f64, h: f64, fill: Fill) {
    if w <= 0.0 || h <= 0.0 {
        return;
    }
    scene.rect(x, y, w, h, fill.colour);
    const STEP: f64 = 6.0;
    let mut hatch = |points: Vec<(f64, f64)>| scene.line(points, 1.0, WHITE, &[]);
    match fill.hatch {
        1 | 2 => {
            // The diagonal through (x + t, y), cut to the rectangle.
            let mut t = STEP - h;
            while t < w {
                let (from, to) = (t.max(0.0), (t + h).min(w));
                let (a, b) = ((from, from - t), (to, to - t));
                let place = |(along, down): (f64, f64)| match fill.hatch {
                    1 => (x + along, y + h - down),
                    _ => (x + along, y + down),
                };
                if to > from {
                    hatch(vec![place(a), place(b)]);
                }
                t += STEP;
            }
        }
        3 => {
            let mut down = STEP / 2.0;
            while down < h {
                hatch(vec![(x, y + down), (x + w, y + down)]);
                down += STEP;
            }
        }
        _ => {}
    }
}

/// The key in stack order, in as many lines as it needs; returns where the drawing may begin.
pub(super) fn key(scene: &mut Scene, categories: &[Category]) -> f64 {
    let (mut x, mut y) = (MARGIN, HEAD + 8.0);
    for category in categories {
        let name = fit_name(&category.name, 320.0, TEXT, false);
        let width = 20.0 + text_width(&name, TEXT, false);
        if x > MARGIN && x + width > scene.width - MARGIN {
            (x, y) = (MARGIN, y + 22.0);
        }
        segment(scene, x, y - 11.0, 14.0, 14.0, category.fill);
        scene.label(x + 20.0, y, Anchor::Start, INK, &name);
        x += width + 22.0;
    }
    if categories.is_empty() { HEAD } else { y + 18.0 }
}

/// White on dark fills, ink on light ones (relative luminance by Rec. 709).
pub(super) fn readable_on(colour: Colour) -> Colour {
    let [r, g, b] = colour.map(f64::from);
    if 0.2126 * r + 0.7152 * g + 0.0722 * b < 118.0 { WHITE } else { INK }
}

impl Columns {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        let mut scene = Scene::new(900.0, 540.0, &self.title, &self.subtitle);
        let top = key(&mut scene, &self.categories) + 8.0;
        let max = self.columns.iter().map(|column| column.2.iter().sum::<f64>()).fold(0.0, f64::max);
        let (y, y_ticks): (_, Vec<Tick>) = axis::from_zero(max, axis::count_label);
        let room = y_ticks.iter().map(|t| text_width(&t.1, TEXT, false)).fold(0.0, f64::max);
        let (left, right) = (MARGIN + room + 8.0, scene.width - MARGIN - 16.0);
        let bottom = scene.height - 66.0;
        let (x, x_ticks) = self.x.ticks(right - left);
        let up = |value: f64| y.share(value) * (bottom - top);
        for (value, label) in y_ticks.iter().filter(|_| max > 0.0) {
            let y = bottom - up(*value);
            scene.line(vec![(left, y), (right, y)], 1.0, GRID, &[]);
            scene.label(left - 8.0, y + 0.36 * TEXT, Anchor::End, MUTED, label);
        }
        for (from, to, parts) in &self.columns {
            let (from, to) = (x.share(*from).max(0.0), x.share(*to).min(1.0));
            let (from, to) = (left + from * (right - left), left + to * (right - left));
            let gap = if to - from > 6.0 { 1.0 } else { 0.0 };
            let mut base = bottom;
            for (part, category) in parts.iter().zip(&self.categories) {
                let high = up(*part);
                // A white pixel between parts that can spare it.
                let edge = if high > 4.0 { 1.0 } else { 0.0 };
                segment(&mut scene, from, base - high, to - from - gap, high - edge, category.fill);
                base -= high;
            }
        }
        scene.line(vec![(left, bottom), (right, bottom)], 1.0, MUTED, &[]);
        for (value, label) in &x_ticks {
            let at = left + x.share(*value) * (right - left);
            scene.line(vec![(at, bottom), (at, bottom + 5.0)], 1.0, MUTED, &[]);
            scene.label(at, bottom + 20.0, Anchor::Middle, MUTED, label);
        }
        scene.label(right, bottom + 42.0, Anchor::End, MUTED, "local time");
        if max <= 0.0 {
            scene.nothing(left, top, right, bottom, &self.empty);
        }
        scene
    }
}

impl Rows {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        const PITCH: f64 = 34.0;
        const HIGH: f64 = 24.0;
        let lines = self.rows.len().max(4) as f64;
        // The key may take two lines; what is not needed stays white.
        let mut scene = Scene::new(900.0, HEAD + 60.0 + lines * PITCH + 66.0, &self.title, &self.subtitle);
        let top = key(&mut scene, &self.categories) + 6.0;
        scene.height = top + lines * PITCH + 66.0;
        if let Some(super::scene::Mark::Rect { h, .. }) = scene.marks.first_mut() {
            *h = scene.height;
        }
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
            let y = top + index as f64 * PITCH + (PITCH - HIGH) / 2.0;
            let baseline = y + HIGH / 2.0 + 0.36 * TEXT;
            let name = fit_name(&row.name, left - MARGIN - 10.0, TEXT, false);
            scene.label(left - 10.0, baseline, Anchor::End, INK, &name);
            let mut x = left;
            for (part, category) in row.parts.iter().zip(&self.categories) {
                let wide = along(*part);
                segment(&mut scene, x, y, wide - if wide > 4.0 { 1.0 } else { 0.0 }, HIGH, category.fill);
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
        scene.line(vec![(left, top), (left, bottom)], 1.0, MUTED, &[]);
        scene.label(right, bottom + 42.0, Anchor::End, MUTED, &self.caption);
        if self.rows.is_empty() || max <= 0.0 {
            scene.nothing(left, top, right, bottom, &self.empty);
        }
        scene
    }
}
