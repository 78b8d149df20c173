//! Line charts: one plot with direct labels, or, beyond seven lines, a plot for each
//! with the others in grey behind it.

use super::axis::{self, Scale, Tick};
use super::letters::{fit_name, text_width};
use super::scene::{Anchor, Colour, FAINT, FAINTER, GRID, HEAD, INK, MARGIN, MUTED, Scene, TEXT};
use crate::kernel::SimSpan;
use crate::output::clock::zone;
use crate::output::words::{duration, percent};

/// Lines told apart in one plot.
pub const TOGETHER: usize = 7;
/// Thickness of a line that is shown.
const LINE: f64 = 2.5;
/// Length of the sample of a line before its name.
const SAMPLE: f64 = 26.0;
/// Size of the names of uprights, their colour, and rows of names at most.
const UPRIGHT: f64 = 11.5;
const UPRIGHTS: Colour = [0x9a, 0x9a, 0x9a];
const UPRIGHT_ROWS: usize = 4;
/// Widest name at the end of a line.
const NAME: f64 = 168.0;

/// Colour and dash pattern; both differ between the lines of one plot, so that it can
/// be read in grey.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Style {
    /// Colour.
    pub colour: Colour,
    /// Strokes and gaps, empty for solid.
    pub dash: &'static [f64],
}

/// Horizontal axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum XAxis {
    /// Seconds since the window began, shown as time of day.
    Clock {
        /// Length.
        window: SimSpan,
        /// Local time at which it begins, s since midnight.
        starts_at: i64,
        /// Local time minus UTC, minutes.
        offset_minutes: i32,
    },
    /// Percentiles up to this one, 0 to 1.
    Percentile(f64),
}

impl XAxis {
    pub(super) fn ticks(self, width: f64) -> (Scale, Vec<Tick>) {
        match self {
            Self::Percentile(high) => axis::percentiles(high, width < 400.0),
            Self::Clock { window, starts_at, .. } => {
                // Fewer ticks until every label has its room.
                for most in (2..=12).rev() {
                    let (scale, ticks) = axis::clock(window, starts_at, most);
                    let widest = ticks.iter().map(|t| text_width(&t.1, TEXT, false)).fold(0.0, f64::max);
                    let apart = match &ticks[..] {
                        [a, b, ..] => (scale.share(b.0) - scale.share(a.0)) * width,
                        _ => f64::INFINITY,
                    };
                    if apart >= widest + 16.0 || most == 2 {
                        return (scale, ticks);
                    }
                }
                (Scale::Linear { low: 0.0, high: 1.0 }, Vec::new())
            }
        }
    }

    /// What its values are.
    pub(super) fn caption(self) -> String {
        match self {
            Self::Clock { offset_minutes, .. } => zone(offset_minutes),
            Self::Percentile(_) => "share of requests answered within the time".to_owned(),
        }
    }
}

/// Vertical axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum YAxis {
    /// Nanoseconds by logarithm.
    LogTime,
    /// Shares from 0 to 100 %.
    Share,
    /// A rate or a count, from zero.
    Rate,
}

impl YAxis {
    /// Scale and at most about `most` ticks.
    fn ticks(self, values: impl Iterator<Item = f64>, most: usize) -> (Scale, Vec<Tick>) {
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        match self {
            Self::LogTime => axis::log_time(low, high, most),
            // The whole, so that half-used looks half-used, unless hardly anything is.
            Self::Share if high < 0.35 => axis::from_zero(high.max(0.05), axis::percent_label),
            Self::Share => axis::from_zero(1.0, axis::percent_label),
            Self::Rate => axis::from_zero(high, axis::count_label),
        }
    }

    /// A value in a sentence.
    fn words(self, value: f64) -> String {
        match self {
            Self::LogTime => duration(value),
            Self::Share => percent(value),
            Self::Rate => axis::count_label(value),
        }
    }

    fn label(self, value: f64) -> String {
        match self {
            Self::LogTime => axis::time_label(value),
            Self::Share => axis::percent_label(value),
            Self::Rate => axis::count_label(value),
        }
    }
}

/// One line.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its look.
    pub style: Style,
    /// Its runs of neighbouring points; a gap is where a value is missing.
    pub runs: Vec<Vec<(f64, f64)>>,
    /// The highest value that meets its objective.
    pub goal: Option<f64>,
}

/// A line chart.
#[derive(Clone, PartialEq, Debug)]
pub struct LineChart {
    /// What is shown.
    pub title: String,
    /// Unit and what a line is.
    pub subtitle: String,
    /// Horizontal axis.
    pub x: XAxis,
    /// Vertical axis.
    pub y: YAxis,
    /// The lines that are told apart.
    pub lines: Vec<Line>,
    /// Lines in grey behind them, in a single plot.
    pub behind: Vec<Line>,
    /// Upright lines: where on the horizontal axis, and what is said at their top.
    pub uprights: Vec<(f64, String)>,
    /// What to say when there is no line.
    pub empty: String,
}

/// A plot's frame and scales.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Scale,
    y: Scale,
}

impl Plot {
    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let up = self.y.share(y).clamp(0.0, 1.0);
        (self.left + self.x.share(x) * (self.right - self.left), self.bottom - up * (self.bottom - self.top))
    }

    fn grid(&self, scene: &mut Scene, ticks: &[Tick], labels: bool) {
        for (value, label) in ticks {
            let y = self.at((0.0, *value)).1;
            scene.line(vec![(self.left, y), (self.right, y)], 1.0, GRID, &[]);
            if labels {
                scene.label(self.left - 8.0, y + 0.36 * TEXT, Anchor::End, MUTED, label);
            }
        }
    }

    fn base(&self, scene: &mut Scene, ticks: &[Tick], labels: bool, spill: f64) {
        scene.line(vec![(self.left, self.bottom), (self.right, self.bottom)], 1.0, MUTED, &[]);
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in ticks {
            let x = self.left + self.x.share(*value) * (self.right - self.left);
            scene.line(vec![(x, self.bottom), (x, self.bottom + 5.0)], 1.0, MUTED, &[]);
            let half = text_width(label, TEXT, false) / 2.0;
            // A neighbouring panel's numbers begin beyond `spill`.
            let x = x.min(self.right + spill - half).max(self.left - spill + half);
            if labels && x - half > free_from {
                scene.label(x, self.bottom + 20.0, Anchor::Middle, MUTED, label);
                free_from = x + half + 8.0;
            }
        }
    }

    /// Whether a run of points enters a box (left, top, right, bottom).
    fn enters(&self, run: &[(f64, f64)], [left, top, right, bottom]: [f64; 4]) -> bool {
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

    fn draw(&self, scene: &mut Scene, line: &Line, style: Style, width: f64) {
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

impl LineChart {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        if self.lines.len() > TOGETHER || self.goals_differ() { self.panels() } else { self.single() }
    }

    /// Goals that differ need a plot each to be told apart.
    fn goals_differ(&self) -> bool {
        self.lines.iter().any(|line| line.goal.is_some() && line.goal != self.lines[0].goal)
            || self.lines.iter().any(|line| line.goal.is_none() && self.lines[0].goal.is_some())
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.lines.iter().chain(&self.behind).flat_map(|line| {
            // A goal far above hardly used servers would press them flat.
            let goal = line.goal.filter(|_| self.y == YAxis::LogTime);
            line.runs.iter().flatten().map(|point| point.1).chain(goal)
        })
    }

    /// A line in words.
    fn say(&self, scene: &mut Scene, line: &Line) {
        let values = || line.runs.iter().flatten().map(|point| point.1);
        let Some(last) = values().next_back() else { return };
        let (low, high) = (values().fold(last, f64::min), values().fold(last, f64::max));
        let [low, high, last] = [low, high, last].map(|value| self.y.words(value));
        let goal = line.goal.map_or_else(String::new, |goal| format!(", goal {}", self.y.words(goal)));
        scene.say(&format!("{}: {low} to {high}, {last} at the end{goal}", line.name));
    }

    fn single(&self) -> Scene {
        let mut scene = Scene::new(900.0, 540.0, &self.title, &self.subtitle);
        let (y, y_ticks) = self.y.ticks(self.values(), 13);
        let widest = |texts: &mut dyn Iterator<Item = &str>, most: f64| {
            texts.map(|text| text_width(text, TEXT, false)).fold(0.0, f64::max).min(most)
        };
        let left = MARGIN + widest(&mut y_ticks.iter().map(|t| t.1.as_str()), 120.0) + 8.0;
        let names = widest(&mut self.lines.iter().map(|line| line.name.as_str()), NAME);
        let labels = if self.lines.is_empty() { 0.0 } else { 14.0 + SAMPLE + 6.0 + names };
        let right = scene.width - MARGIN - labels.max(16.0);
        let (x, x_ticks) = self.x.ticks(right - left);
        let top = HEAD + 8.0 + 16.0 * self.upright_rows(x, right - left) as f64;
        let plot = Plot { left, right, top, bottom: scene.height - 66.0, x, y };
        plot.grid(&mut scene, &y_ticks, true);
        self.draw_uprights(&mut scene, &plot, true);
        let faint = if self.behind.len() > 20 { FAINTER } else { FAINT };
        for line in &self.behind {
            plot.draw(&mut scene, line, Style { colour: faint, dash: &[] }, 1.0);
        }
        for line in &self.lines {
            self.say(&mut scene, line);
            scene.group(&line.name, |scene| plot.draw(scene, line, line.style, LINE));
        }
        plot.base(&mut scene, &x_ticks, true, MARGIN);
        scene.label(right, plot.bottom + 42.0, Anchor::End, MUTED, &self.x.caption());
        self.common_goal(&mut scene, &plot);
        self.end_labels(&mut scene, &plot);
        if self.lines.iter().chain(&self.behind).all(|line| line.runs.is_empty()) {
            scene.nothing(left, plot.top, right, plot.bottom, &self.empty);
        }
        scene
    }

    /// In which row above the plot each upright has its name, and how many rows there are.
    fn upright_places(&self, x: Scale, width: f64) -> (Vec<usize>, usize) {
        let mut free: Vec<f64> = Vec::new();
        let rows = self.uprights.iter().map(|(at, name)| {
            if name.is_empty() {
                return 0;
            }
            let from = x.share(*at) * width;
            let to = from + text_width(name, UPRIGHT, false) + 12.0;
            let row = free.iter().position(|&free| free <= from).unwrap_or(free.len());
            match free.get_mut(row) {
                Some(free) => *free = to,
                None => free.push(to),
            }
            row
        });
        let rows = rows.collect();
        (rows, free.len().min(UPRIGHT_ROWS))
    }

    fn upright_rows(&self, x: Scale, width: f64) -> usize {
        self.upright_places(x, width).1
    }

    /// Uprights from the names above the plot down to its base.
    fn draw_uprights(&self, scene: &mut Scene, plot: &Plot, names: bool) {
        let (rows, count) = self.upright_places(plot.x, plot.right - plot.left);
        for ((at, name), row) in self.uprights.iter().zip(rows) {
            let x = plot.left + plot.x.share(*at).clamp(0.0, 1.0) * (plot.right - plot.left);
            let named = names && !name.is_empty() && row < count;
            let top = if named { plot.top - 16.0 * (count - row) as f64 } else { plot.top };
            scene.line(vec![(x, top), (x, plot.bottom)], 1.0, UPRIGHTS, &[]);
            if named {
                let room = scene.width - MARGIN - x - 4.0;
                let text = fit_name(name, room, UPRIGHT, false);
                scene.text(x + 4.0, top + 11.0, Anchor::Start, UPRIGHT, false, MUTED, &text);
            }
        }
    }

    /// One goal for all lines is a line of its own; different ones would not be told apart.
    fn common_goal(&self, scene: &mut Scene, plot: &Plot) {
        let mut goals = self.lines.iter().map(|line| line.goal);
        let Some(Some(goal)) = goals.next() else { return };
        if goals.all(|other| other == Some(goal)) {
            self.goal(scene, plot, goal, TEXT, &self.lines);
        }
    }

    /// A goal's line with its label, where it covers none of `lines` if there is such a place.
    fn goal(&self, scene: &mut Scene, plot: &Plot, goal: f64, size: f64, lines: &[Line]) {
        if plot.y.share(goal) > 1.0 {
            return;
        }
        let y = plot.at((0.0, goal)).1;
        scene.line(vec![(plot.left, y), (plot.right, y)], 1.2, INK, &[5.0, 4.0]);
        let text = format!("goal {}", self.y.label(goal));
        let width = text_width(&text, size, false);
        let (above, below) = (y - 5.0, y + size + 2.0);
        let places =
            [plot.right - width - 2.0, plot.left + 4.0, f64::midpoint(plot.left, plot.right - width)]
                .into_iter()
                .flat_map(|x| [(x, above), (x, below)])
                .filter(|place| place.1 - size > plot.top - 4.0 && place.1 < plot.bottom - 2.0);
        let covers = |&(x, baseline): &(f64, f64)| {
            let (top, bottom) = (baseline - size - 1.0, baseline + 4.0);
            lines
                .iter()
                .flat_map(|line| &line.runs)
                .any(|run| plot.enters(run, [x - 3.0, top, x + width + 3.0, bottom]))
        };
        let mut places = places.peekable();
        let Some(&first) = places.peek() else { return };
        let (x, baseline) = places.find(|place| !covers(place)).unwrap_or(first);
        if !covers(&(x, baseline)) {
            scene.rect(x - 2.0, baseline - 0.8 * size, width + 4.0, size, super::scene::WHITE);
        }
        scene.text(x, baseline, Anchor::Start, size, false, INK, &text);
    }

    /// Names at the ends of lines, pushed apart, with a thin leader where they moved.
    fn end_labels(&self, scene: &mut Scene, plot: &Plot) {
        const APART: f64 = 1.35 * TEXT;
        let mut ends: Vec<(f64, f64, &Line)> = self
            .lines
            .iter()
            .filter_map(|line| line.runs.last()?.last().map(|&end| (plot.at(end), line)))
            .map(|((x, y), line)| (x, y, line))
            .collect();
        ends.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut places: Vec<f64> = ends.iter().map(|end| end.1).collect();
        for i in 1..places.len() {
            places[i] = places[i].max(places[i - 1] + APART);
        }
        // What was pushed out at the bottom pushes back.
        let mut limit = plot.bottom - 4.0;
        for place in places.iter_mut().rev() {
            *place = place.min(limit);
            limit = *place - APART;
        }
        let x = plot.right + 14.0;
        for ((end_x, end_y, line), y) in ends.into_iter().zip(places) {
            if (end_y - y).abs() > 2.0 || plot.right - end_x > 2.0 {
                scene.line(vec![(end_x + 2.0, end_y), (plot.right + 2.0, end_y), (x, y)], 0.8, FAINT, &[]);
            }
            scene.line(vec![(x, y), (x + SAMPLE, y)], LINE, line.style.colour, line.style.dash);
            let name = fit_name(&line.name, NAME, TEXT, false);
            scene.label(x + SAMPLE + 6.0, y + 0.36 * TEXT, Anchor::Start, INK, &name);
        }
    }

    fn panels(&self) -> Scene {
        let count = self.lines.len();
        let columns = if count >= 7 { 4 } else { count.min(3) };
        let rows = count.div_ceil(columns);
        const HIGH: f64 = 138.0;
        const GAP: f64 = 18.0;
        const NAME_ROW: f64 = 26.0;
        let foot = 66.0;
        let height = HEAD + rows as f64 * (HIGH + NAME_ROW + GAP) + foot - GAP;
        let mut scene = Scene::new(900.0, height.max(480.0), &self.title, &self.subtitle);
        let (y, y_ticks) = self.y.ticks(self.values(), 7);
        let room = y_ticks.iter().map(|t| text_width(&t.1, TEXT, false)).fold(0.0, f64::max) + 8.0;
        let wide = (scene.width - 2.0 * MARGIN - room - GAP * (columns - 1) as f64) / columns as f64;
        let high = (scene.height - HEAD - foot + GAP) / rows as f64 - NAME_ROW - GAP;
        let (x, x_ticks) = self.x.ticks(wide);
        for (index, line) in self.lines.iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            let left = MARGIN + room + column as f64 * (wide + GAP);
            let top = HEAD + row as f64 * (high + NAME_ROW + GAP) + NAME_ROW;
            let plot = Plot { left, right: left + wide, top, bottom: top + high, x, y };
            plot.grid(&mut scene, &y_ticks, column == 0);
            self.draw_uprights(&mut scene, &plot, false);
            for other in self.lines.iter().chain(&self.behind).filter(|other| other.name != line.name) {
                plot.draw(&mut scene, other, Style { colour: FAINT, dash: &[] }, 0.8);
            }
            self.say(&mut scene, line);
            let style = Style { dash: &[], ..line.style };
            scene.group(&line.name, |scene| plot.draw(scene, line, style, LINE));
            if let Some(goal) = line.goal {
                self.goal(&mut scene, &plot, goal, 11.0, std::slice::from_ref(line));
            }
            // The last panel of each column stands on the numbers.
            plot.base(&mut scene, &x_ticks, index + columns >= count, GAP / 2.0 - 3.0);
            scene.rect(left, top - 17.0, 10.0, 10.0, line.style.colour);
            let name = fit_name(&line.name, wide - 16.0, 14.0, true);
            scene.text(left + 16.0, top - 7.0, Anchor::Start, 14.0, true, INK, &name);
        }
        let baseline = scene.height - foot + 42.0;
        scene.label(scene.width - MARGIN, baseline, Anchor::End, MUTED, &self.x.caption());
        scene
    }
}
