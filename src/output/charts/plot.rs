//! A plot: a frame with two scales, its grid, its base, and lines in it.

use super::axis::{Scale, Tick, is_day};
use super::letters::text_width;
use super::line::{Line, Style};
use super::scene::{Anchor, Colour, FAINT, GRID, MUTED, Scene, Step, TEXT};

/// A plot's frame and scales.
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) x: Scale,
    pub(super) y: Scale,
}

impl Plot {
    pub(super) fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let up = self.y.share(y).clamp(0.0, 1.0);
        (self.left + self.x.share(x) * (self.right - self.left), self.bottom - up * (self.bottom - self.top))
    }

    pub(super) fn grid(&self, scene: &mut Scene, ticks: &[Tick], labels: bool) {
        for (value, label) in ticks {
            let y = self.at((0.0, *value)).1;
            scene.line(vec![(self.left, y), (self.right, y)], 1.0, GRID, &[]);
            if labels {
                scene.label(self.left - 8.0, y + 0.36 * TEXT, Anchor::End, MUTED, label);
            }
        }
    }

    pub(super) fn base(&self, scene: &mut Scene, ticks: &[Tick], labels: bool, spill: f64) {
        scene.line(vec![(self.left, self.bottom), (self.right, self.bottom)], 1.0, MUTED, &[]);
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in ticks {
            let x = self.left + self.x.share(*value) * (self.right - self.left);
            scene.line(vec![(x, self.bottom), (x, self.bottom + 5.0)], 1.0, MUTED, &[]);
            // Midnight.
            if is_day(label) {
                scene.line(vec![(x, self.top), (x, self.bottom)], 1.0, FAINT, &[]);
            }
            let half = text_width(label, TEXT, false) / 2.0;
            // A neighbouring panel's numbers begin beyond `spill`.
            let x = x.min(self.right + spill - half).max(self.left - spill + half);
            if labels && !label.is_empty() && x - half > free_from {
                scene.label(x, self.bottom + 20.0, Anchor::Middle, MUTED, label);
                free_from = x + half + 8.0;
            }
        }
    }

    /// Whether a run of points enters a box (left, top, right, bottom).
    pub(super) fn enters(&self, run: &[(f64, f64)], [left, top, right, bottom]: [f64; 4]) -> bool {
        let inside = |x: f64, y: f64| x >= left && x <= right && y >= top && y <= bottom;
        let points: Vec<(f64, f64)> = run.iter().map(|&point| self.at(point)).collect();
        points.iter().any(|&(x, y)| inside(x, y))
            || points.windows(2).any(|pair| {
                let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
                // Steps of three pixels are finer than any label.
                let steps = (libm::hypot(x1 - x0, y1 - y0) / 3.0).ceil().max(1.0);
                (0..=steps as u32).any(|n| {
                    let share = f64::from(n) / steps;
                    inside(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
                })
            })
    }

    /// Where a value of the horizontal axis stands.
    pub(super) fn along(&self, x: f64) -> f64 {
        self.left + self.x.share(x).clamp(0.0, 1.0) * (self.right - self.left)
    }

    /// Around a line, where its true value may be: from and to at each point.
    pub(super) fn band(&self, scene: &mut Scene, band: &[(f64, f64, f64)], colour: Colour) {
        let edge =
            |high: bool| band.iter().map(move |&(x, from, to)| self.at((x, if high { to } else { from })));
        let mut around = edge(true).chain(edge(false).rev());
        let Some(first) = around.next().filter(|_| band.len() > 1) else { return };
        let steps = std::iter::once(Step::Move(first)).chain(around.map(Step::Line));
        scene.shape(steps.chain([Step::Close]).collect(), colour, 0.18);
    }

    pub(super) fn draw(&self, scene: &mut Scene, line: &Line, style: Style, width: f64) {
        for run in &line.runs {
            let points: Vec<(f64, f64)> = run.iter().map(|&point| self.at(point)).collect();
            match points[..] {
                [] => {}
                // A value between two gaps would be no line.
                [(x, y)] => scene.dot(x, y, width, style.colour),
                _ => scene.line(points, width, style.colour, style.dash),
            }
        }
    }
}
