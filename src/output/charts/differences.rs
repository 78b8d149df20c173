//! Differences between two systems, a row each: before and after on one axis, after divided by
//! before with its interval on another.
//!
//! Knows no comparison; `charts::decided` makes the rows.

use super::axis::{self, Scale, Tick};
use super::called::Called;
use super::letters::{fit, text_width, widest, wrap};
use super::looks::{BAD, GOOD, cross, tick};
use super::scene::{Anchor, Colour, FAINT, GRID, Head, INK, MARGIN, MUTED, SMALL, Scene, Step, TEXT, WHITE};
use crate::output::format::real;

/// Distance of rows.
const PITCH: f64 = 42.0;
/// Of a named ratio of the strip.
const LINE: f64 = 17.0;
/// Between the two axes.
const GAP: f64 = 30.0;
/// Ratios of the strip that are named: the farthest from no difference.
const NAMED: usize = 3;
/// Runs of one pair.
const PAIR: Colour = [0x8a, 0x8a, 0x8a];

/// What a difference means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// For the better.
    Good,
    /// For the worse.
    Bad,
    /// Neither, or not shown.
    None,
}

impl Meaning {
    fn colour(self) -> Colour {
        match self {
            Self::Good => GOOD,
            Self::Bad => BAD,
            Self::None => MUTED,
        }
    }

    /// From before to after.
    fn faded(self) -> Colour {
        match self {
            Self::Good => [0x7f, 0xb0, 0xcd],
            Self::Bad => [0xdc, 0x9f, 0x7f],
            Self::None => FAINT,
        }
    }
}

/// A value before and after.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// Times, ns, above 0, with the goal where there is one.
    Times {
        /// Before.
        before: f64,
        /// After.
        after: f64,
        /// Of both.
        goal: Option<f64>,
    },
    /// Anything else, in words.
    Told(String),
}

/// A row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// About whom.
    pub name: String,
    /// Of what, in grey.
    pub words: String,
    /// Before and after.
    pub change: Change,
    /// After divided by before, and the ends of its interval.
    pub ratio: Option<(f64, f64, f64)>,
    /// The same of each pair of runs.
    pub pairs: Vec<f64>,
    /// What it means.
    pub meaning: Meaning,
    /// The ratio in words.
    pub note: String,
    /// What is said of it, below that.
    pub more: String,
}

/// Rows from the top.
#[derive(Clone, PartialEq, Debug)]
pub struct Differences {
    /// What stands above it.
    pub head: Head,
    /// Rows.
    pub rows: Vec<Row>,
    /// Behind so many of them a line: what stands below shows no difference.
    pub shown: usize,
    /// Ratios that have no row of their own, with whose they are, and what they are together.
    pub strip: (Vec<(f64, String)>, String),
    /// Sentences at the foot.
    pub foot: Vec<String>,
    /// What to say when there is no row.
    pub empty: String,
}

/// Where things stand.
struct Place {
    top: f64,
    bottom: f64,
    times: (Scale, f64, f64),
    ratios: Ratios,
}

impl Place {
    fn time(&self, ns: f64) -> f64 {
        let (scale, left, right) = self.times;
        left + scale.share(ns).clamp(0.0, 1.0) * (right - left)
    }
}

/// The axis of ratios, by their logarithm to the base 2.
struct Ratios {
    low: f64,
    high: f64,
    left: f64,
    right: f64,
}

impl Ratios {
    /// Holds every ratio; of intervals and single pairs what lies not far beyond.
    fn of(chart: &Differences, left: f64, right: f64) -> Self {
        let estimates = || {
            let rows = chart.rows.iter().filter_map(|row| row.ratio.map(|ratio| ratio.0));
            rows.filter(|ratio| *ratio > 0.0).map(libm::log2)
        };
        let furthest = estimates().fold(0.0, |most: f64, ratio| most.max(ratio.abs()));
        let room = (1.5 * furthest).max(0.02);
        let ends = chart.rows.iter().filter_map(|row| row.ratio);
        let ends = ends.flat_map(|(_, low, high)| [low, high]).filter(|end| *end > 0.0);
        let ends = ends.map(|end| libm::log2(end).clamp(-room, room));
        let (low, high) =
            estimates().chain(ends).fold((0.0, 0.0), |(a, b): (f64, f64), v| (a.min(v), b.max(v)));
        // Neither side is so narrow that it has no label.
        let whole = (high - low).max(0.02) * 1.08;
        Self {
            low: low.min(-0.3 * whole) - 0.02 * whole,
            high: high.max(0.3 * whole) + 0.02 * whole,
            left,
            right,
        }
    }

    fn at(&self, ratio: f64) -> f64 {
        let value = if ratio > 0.0 { libm::log2(ratio) } else { f64::NEG_INFINITY };
        self.left + ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) * (self.right - self.left)
    }

    fn holds(&self, ratio: f64) -> bool {
        ratio > 0.0 && (self.low..=self.high).contains(&libm::log2(ratio))
    }

    /// Small ratios as per cent, large ones as factors.
    fn ticks(&self) -> Vec<Tick> {
        let half = self.high.max(-self.low);
        let steps = [0.01, 0.02, 0.05, 0.1, 0.2];
        if let Some(step) = steps.into_iter().find(|step| libm::log2(1.0 + 3.0 * step) > half) {
            let at = |n: i32| (1.0 + f64::from(n) * step, f64::from(n) * step * 100.0);
            let ticks = (-4..=4).map(at).filter(|(ratio, _)| self.holds(*ratio));
            return ticks
                .map(|(ratio, percent)| match percent {
                    0.0 => (ratio, "same".to_owned()),
                    p if p < 0.0 => (ratio, format!("\u{2212}{} %", real(-p, 0))),
                    p => (ratio, format!("+{} %", real(p, 0))),
                })
                .collect();
        }
        let step = [1, 2, 3, 4, 5, 8, 10, 20, 30].into_iter().find(|step| f64::from(4 * step) >= half);
        let step = step.unwrap_or(60);
        let powers = (-4..=4).map(|n| n * step);
        let ticks = powers.map(|power: i32| (libm::exp2(f64::from(power)), power));
        ticks
            .filter(|(ratio, _)| self.holds(*ratio))
            .map(|(ratio, power)| {
                let factor = axis::count_label(libm::exp2(f64::from(power.abs())));
                match power {
                    0 => (ratio, "same".to_owned()),
                    p if p < 0 => (ratio, format!("\u{f7} {factor}")),
                    _ => (ratio, format!("\u{d7} {factor}")),
                }
            })
            .collect()
    }
}

impl Differences {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        if self.rows.is_empty() {
            return Scene::nothing(&self.head, &self.empty);
        }
        let mut scene = Scene::new(0.0, &self.head);
        self.key(&mut scene);
        let rows = self.rows.iter().map(|row| (row.name.as_str(), row.words.as_str()));
        let called = Called::of(rows, (190.0, 200.0));
        let strip = fit(&self.strip.1, 200.0, SMALL, false);
        let left = MARGIN + called.wide.max(text_width(&strip, SMALL, false)) + 20.0;
        let notes = widest(self.rows.iter().map(|row| row.note.as_str()), TEXT, true) + 18.0;
        let more = widest(self.rows.iter().map(|row| row.more.as_str()), SMALL, false);
        let right = scene.width - MARGIN - notes.max(more) - 16.0;
        let middle = left + 0.45 * (right - left - GAP);
        let top = scene.top + 34.0;
        let named = self.outermost();
        let strip_row = if self.strip.0.is_empty() { 0.0 } else { 0.5 * PITCH + 7.0 };
        let names = LINE * named.len() as f64;
        let bottom = top + self.rows.len() as f64 * PITCH;
        let (scale, ticks) = self.times(((middle - left) / 60.0) as usize);
        let ratios = Ratios::of(self, middle + GAP, right);
        let place = Place { top, bottom: bottom + strip_row, times: (scale, left, middle), ratios };
        self.axes(&mut scene, &place, &ticks);
        for (index, row) in self.rows.iter().enumerate() {
            let y = top + (index as f64 + 0.5) * PITCH;
            scene.say(&format!("{}, {}: {}, {}", row.name, row.words, row.note, row.more));
            let group = format!("{}, {}", row.name, row.words);
            scene.group(&group, |scene| {
                called.write(scene, index, y);
                draw(scene, row, y, &place);
            });
        }
        if self.shown > 0 && self.shown < self.rows.len() {
            let y = top + self.shown as f64 * PITCH;
            scene.line(vec![(MARGIN, y), (scene.width - MARGIN, y)], 1.0, MUTED, &[]);
        }
        if strip_row > 0.0 {
            let y = bottom + 0.5 * PITCH;
            scene.line(vec![(MARGIN, bottom), (scene.width - MARGIN, bottom)], 1.0, GRID, &[]);
            scene.text(MARGIN, y + 4.5, Anchor::Start, SMALL, false, MUTED, &strip);
            scene.group(&self.strip.1, |scene| {
                for ratio in self.strip.0.iter().map(|one| one.0) {
                    match (place.ratios.holds(ratio), ratio < 1.0) {
                        (true, _) => scene.dot(place.ratios.at(ratio), y, 2.5, PAIR),
                        (false, true) => edge(scene, place.ratios.left, y, -1.0, PAIR),
                        (false, false) => edge(scene, place.ratios.right, y, 1.0, PAIR),
                    }
                }
                self.name_outermost(scene, &place, &named, y);
            });
        }
        // The lines of the axes end above the names, which they would cross out.
        self.foot(&mut scene, place.bottom + names + 28.0);
        scene
    }

    /// The ratios of the strip that lie farthest from no difference, the farthest first.
    fn outermost(&self) -> Vec<&(f64, String)> {
        let mut all: Vec<&(f64, String)> = self.strip.0.iter().filter(|one| one.0 != 1.0).collect();
        all.sort_by(|a, b| libm::log2(b.0).abs().total_cmp(&libm::log2(a.0).abs()));
        all.truncate(NAMED);
        all
    }

    /// Says whose they are, a line each below the strip, with a thin line up to the dot.
    fn name_outermost(&self, scene: &mut Scene, place: &Place, named: &[&(f64, String)], y: f64) {
        // The nearest first, so that no line to a dot farther out goes through a name.
        for (line, (ratio, whose)) in named.iter().rev().enumerate() {
            let (x, below) = (place.ratios.at(*ratio), y + LINE * (line as f64 + 1.0));
            let is_left = x < (place.ratios.left + place.ratios.right) / 2.0;
            let end = scene.width - MARGIN;
            let room = if is_left { end - x - 8.0 } else { x - 8.0 - MARGIN };
            let text = fit(whose, room, SMALL, false);
            scene.line(vec![(x, y + 3.0), (x, below + 4.0)], 1.0, FAINT, &[]);
            let (at, anchor) = if is_left { (x + 5.0, Anchor::Start) } else { (x - 5.0, Anchor::End) };
            scene.text(at, below + 4.5, anchor, SMALL, false, MUTED, &text);
        }
    }

    fn foot(&self, scene: &mut Scene, mut y: f64) {
        for sentence in &self.foot {
            scene.say(sentence);
            for line in wrap(sentence, scene.width - 2.0 * MARGIN, TEXT, false, 3) {
                scene.label(MARGIN, y, Anchor::Start, MUTED, &line);
                y += 18.0;
            }
        }
        scene.set_height(y + 2.0);
    }

    /// The axis of times; without any a scale that nothing stands on.
    fn times(&self, most: usize) -> (Scale, Vec<Tick>) {
        let times = self.rows.iter().flat_map(|row| match row.change {
            Change::Times { before, after, goal } => vec![before, after, goal.unwrap_or(after)],
            Change::Told(_) => Vec::new(),
        });
        let (low, high) = times
            .filter(|ns| *ns > 0.0)
            .fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), v| (a.min(v), b.max(v)));
        if high <= 0.0 {
            return (Scale::Linear { low: 0.0, high: 1.0 }, Vec::new());
        }
        axis::log_time(low, high, most.max(2))
    }

    fn axes(&self, scene: &mut Scene, place: &Place, ticks: &[Tick]) {
        let mut labels = |ticks: &[Tick], at: &dyn Fn(f64) -> f64, most: f64| {
            let mut free_from = f64::NEG_INFINITY;
            for (value, label) in ticks {
                let x = at(*value);
                scene.line(vec![(x, place.top - 2.0), (x, place.bottom)], 1.0, GRID, &[]);
                let half = text_width(label, TEXT, false) / 2.0;
                let middle = x.min(most - half);
                if middle - half > free_from {
                    scene.label(middle, place.top - 8.0, Anchor::Middle, MUTED, label);
                    free_from = middle + half + 6.0;
                }
            }
        };
        labels(ticks, &|ns| place.time(ns), place.times.2 + 12.0);
        labels(&place.ratios.ticks(), &|ratio| place.ratios.at(ratio), f64::INFINITY);
        let x = place.ratios.at(1.0);
        scene.line(vec![(x, place.top - 2.0), (x, place.bottom)], 1.6, INK, &[]);
        scene.text(x - 12.0, place.top - 26.0, Anchor::End, SMALL, false, MUTED, "\u{2190} less");
        scene.text(x + 12.0, place.top - 26.0, Anchor::Start, SMALL, false, MUTED, "more \u{2192}");
    }

    /// What the marks are.
    fn key(&self, scene: &mut Scene) {
        let (y, mut x) = (scene.top + 4.0, MARGIN);
        let middle = y - 4.5;
        let mut entry = |scene: &mut Scene, wide: f64, text: &str, mark: &dyn Fn(&mut Scene, f64)| {
            mark(scene, x);
            scene.label(x + wide + 6.0, y, Anchor::Start, INK, text);
            x += wide + 24.0 + text_width(text, TEXT, false);
        };
        let times = |row: &Row| matches!(row.change, Change::Times { .. });
        if self.rows.iter().any(times) {
            entry(scene, 11.0, "before", &|scene, x| ring(scene, x + 5.5, middle, MUTED));
            entry(scene, 5.0, "after", &|scene, x| bar(scene, x + 2.5, middle, MUTED));
        }
        if self.rows.iter().any(|row| matches!(row.change, Change::Times { goal: Some(_), .. })) {
            entry(scene, 6.0, "goal", &|scene, x| goal(scene, x + 3.0, middle, 7.0));
        }
        if self.rows.iter().any(|row| row.ratio.is_some()) {
            entry(scene, 24.0, "after divided by before, 95 % interval", &|scene, x| {
                whisker(scene, (x, x + 24.0), middle, MUTED);
                scene.rect(x + 9.5, middle - 5.5, 5.0, 11.0, MUTED);
            });
        }
        if self.rows.iter().any(|row| !row.pairs.is_empty()) {
            entry(scene, 10.0, "each pair of runs", &|scene, x| {
                for at in [1.0, 4.0, 9.0] {
                    scene.dot(x + at, middle, 1.8, PAIR);
                }
            });
        }
        scene.top += 30.0;
    }
}

fn draw(scene: &mut Scene, row: &Row, y: f64, place: &Place) {
    let colour = row.meaning.colour();
    match &row.change {
        Change::Times { before, after, goal: of } => {
            let (from, to) = (place.time(*before), place.time(*after));
            if let Some(value) = of {
                goal(scene, place.time(*value), y, 14.0);
            }
            scene.line(vec![(from, y), (to, y)], 2.4, row.meaning.faded(), &[]);
            ring(scene, from, y, colour);
            bar(scene, to, y, colour);
        }
        Change::Told(words) => {
            let (_, left, right) = place.times;
            let words = fit(words, right - left + 12.0, SMALL, false);
            scene.text(left, y + 4.5, Anchor::Start, SMALL, false, INK, &words);
        }
    }
    let ratios = &place.ratios;
    match row.ratio {
        Some((estimate, low, high)) if estimate > 0.0 => {
            whisker_within(scene, ratios, (low, high), y, colour);
            scene.rect(ratios.at(estimate) - 2.5, y - 5.5, 5.0, 11.0, colour);
            for pair in row.pairs.iter().filter(|pair| ratios.holds(**pair)) {
                scene.dot(ratios.at(*pair), y + 10.5, 1.8, PAIR);
            }
        }
        Some(_) => edge(scene, ratios.left, y, -1.0, colour),
        None => {}
    }
    let right = scene.width - MARGIN;
    let ink = if row.meaning == Meaning::None { INK } else { colour };
    scene.text(right, y - 3.0, Anchor::End, TEXT, true, ink, &row.note);
    let at = right - text_width(&row.note, TEXT, true) - 11.0;
    match row.meaning {
        Meaning::Good => tick(scene, at, y - 7.5),
        Meaning::Bad => cross(scene, at, y - 7.5),
        Meaning::None => {}
    }
    scene.text(right, y + 13.0, Anchor::End, SMALL, false, MUTED, &row.more);
}

/// An interval; where it goes on beyond the axis, an arrow.
fn whisker_within(scene: &mut Scene, ratios: &Ratios, (low, high): (f64, f64), y: f64, colour: Colour) {
    let (from, to) = (ratios.at(low), ratios.at(high));
    scene.line(vec![(from, y), (to, y)], 1.6, colour, &[]);
    for (end, x, way) in [(low, from, -1.0), (high, to, 1.0)] {
        if ratios.holds(end) {
            scene.line(vec![(x, y - 5.0), (x, y + 5.0)], 1.6, colour, &[]);
        } else {
            edge(scene, x, y, way, colour);
        }
    }
}

/// An arrow's head at the edge of an axis.
fn edge(scene: &mut Scene, x: f64, y: f64, way: f64, colour: Colour) {
    let steps = [
        Step::Move((x, y)),
        Step::Line((x - 7.0 * way, y - 5.0)),
        Step::Line((x - 7.0 * way, y + 5.0)),
        Step::Close,
    ];
    scene.shape(steps.to_vec(), colour, 1.0);
}

fn whisker(scene: &mut Scene, (from, to): (f64, f64), y: f64, colour: Colour) {
    scene.line(vec![(from, y), (to, y)], 1.6, colour, &[]);
    for x in [from, to] {
        scene.line(vec![(x, y - 5.0), (x, y + 5.0)], 1.6, colour, &[]);
    }
}

fn ring(scene: &mut Scene, x: f64, y: f64, colour: Colour) {
    scene.dot(x, y, 5.5, colour);
    scene.dot(x, y, 3.3, WHITE);
}

fn bar(scene: &mut Scene, x: f64, y: f64, colour: Colour) {
    scene.rect(x - 2.5, y - 8.0, 5.0, 16.0, colour);
}

fn goal(scene: &mut Scene, x: f64, y: f64, half: f64) {
    scene.line(vec![(x, y - half), (x, y + half)], 2.0, INK, &[4.0, 3.0]);
}
