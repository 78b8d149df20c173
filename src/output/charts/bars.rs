//! Stacked columns over the day, and what stacked bars share: categories, segments, the key.

use super::axes::XAxis;
use super::axis::{self, Tick};
use super::happenings::{self, Happening, Names};
use super::letters::{fit_name, text_width, widest};
use super::scene::{Anchor, Colour, FAINT, GRID, Head, INK, MARGIN, MUTED, Scene, TEXT, WHITE};

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
    /// What stands above it.
    pub head: Head,
    /// Time axis.
    pub x: XAxis,
    /// Outages and changes.
    pub happenings: Vec<Happening>,
    /// Parts, the lowest first.
    pub categories: Vec<Category>,
    /// Begin and end of each column (values of the axis) and its parts.
    pub columns: Vec<(f64, f64, Vec<f64>)>,
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
    let (mut x, mut y) = (MARGIN, scene.top + 6.0);
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
    if categories.is_empty() { scene.top } else { y + 18.0 }
}

impl Columns {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        let max = self.columns.iter().map(|column| column.2.iter().sum::<f64>()).fold(0.0, f64::max);
        if max <= 0.0 {
            return Scene::nothing(&self.head, &self.empty);
        }
        let mut scene = Scene::new(540.0, &self.head);
        let key_end = key(&mut scene, &self.categories) + 6.0;
        let (y, y_ticks): (_, Vec<Tick>) = axis::counts(max);
        let room = widest(y_ticks.iter().map(|t| t.1.as_str()), TEXT, false);
        let (left, right) = (MARGIN + room + 8.0, scene.width - MARGIN - 16.0);
        let (x, x_ticks) = self.x.ticks(right - left);
        let along = |value: f64| left + x.share(value).clamp(0.0, 1.0) * (right - left);
        let above = Names::place(&self.happenings, along, (left, scene.width - MARGIN));
        let top = key_end + above.height();
        let bottom = top + 360.0;
        scene.set_height(bottom + 66.0);
        happenings::shade(&mut scene, &self.happenings, along, (top, bottom));
        above.draw(&mut scene, top - 4.0);
        let up = |value: f64| y.share(value) * (bottom - top);
        for (value, label) in &y_ticks {
            let y = bottom - up(*value);
            scene.line(vec![(left, y), (right, y)], 1.0, GRID, &[]);
            scene.label(left - 8.0, y + 0.36 * TEXT, Anchor::End, MUTED, label);
        }
        for (index, category) in self.categories.iter().enumerate() {
            scene.say(&category.name);
            scene.group(&category.name, |scene| {
                for (from, to, parts) in &self.columns {
                    let (from, to) = (along(*from), along(*to));
                    let gap = if to - from > 6.0 { 1.0 } else { 0.0 };
                    let base = bottom - parts[..index].iter().map(|part| up(*part)).sum::<f64>();
                    let high = up(parts[index]);
                    // A white pixel between parts that can spare it.
                    let edge = if high > 4.0 { 1.0 } else { 0.0 };
                    segment(scene, from, base - high, to - from - gap, high - edge, category.fill);
                }
            });
        }
        scene.line(vec![(left, bottom), (right, bottom)], 1.0, MUTED, &[]);
        for (value, label) in &x_ticks {
            let at = along(*value);
            scene.line(vec![(at, bottom), (at, bottom + 5.0)], 1.0, MUTED, &[]);
            if axis::is_day(label) {
                scene.line(vec![(at, top), (at, bottom)], 1.0, FAINT, &[]);
            }
            scene.label(at, bottom + 20.0, Anchor::Middle, MUTED, label);
        }
        scene.label(right, bottom + 42.0, Anchor::End, MUTED, &self.x.caption());
        scene
    }
}
