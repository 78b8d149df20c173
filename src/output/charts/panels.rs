//! What is found along a quantity that is varied: a plot each for what was measured, on one
//! horizontal axis, with the goal, the interval as a band, and a point by how the goal stands.

use super::axis::{self, Scale, Tick};
use super::letters::{fit, fit_apart, text_width, widest, wrap};
use super::looks::{BAD, BLUE, GOOD};
use super::plot::Plot;
use super::scene::{Anchor, Colour, GRID, Head, INK, MARGIN, MUTED, Mark, SMALL, Scene, Step, TEXT, WHITE};
use super::varied::Varied;
use crate::output::format::real;

/// Between two plots.
const GAP: f64 = 30.0;
/// What stands above a plot: its name, and below that what is measured.
const NAME: f64 = 46.0;
/// What stands below: numbers of the axis, and of the last row what they are.
const NUMBERS: f64 = 30.0;
/// Of more values those with a label alone have a tick.
const TICKS: usize = 25;

/// How a point looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// Its whole interval is within the goal.
    Met,
    /// Its whole interval is beyond.
    Missed,
    /// Its interval holds the goal.
    Open,
    /// Its interval is not to be trusted.
    Rough,
    /// It has no value: too much failed.
    Never,
    /// Too few were seen to judge.
    Unjudged,
    /// There is no goal.
    Plain,
}

impl Look {
    /// Every look that means something, with its words.
    const KEY: [(Self, &'static str); 6] = [
        (Self::Met, "met"),
        (Self::Missed, "missed"),
        (Self::Open, "open: the interval holds the goal"),
        (Self::Rough, "rough: too few independent requests"),
        (Self::Never, "never: too many failed for a value"),
        (Self::Unjudged, "too few requests"),
    ];

    fn colour(self) -> Colour {
        match self {
            Self::Met | Self::Open => GOOD,
            Self::Missed | Self::Never => BAD,
            Self::Rough | Self::Unjudged => MUTED,
            Self::Plain => BLUE,
        }
    }
}

/// What was found at a point.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// Which of the values.
    pub at: usize,
    /// The value (ns, or a share); `None` where there is none.
    pub value: Option<f64>,
    /// Half-width of its interval.
    pub half: Option<f64>,
    /// How it looks.
    pub look: Look,
    /// The value in words.
    pub told: String,
}

/// One plot.
#[derive(Clone, PartialEq, Debug)]
pub struct Panel {
    /// Whom it is about.
    pub name: String,
    /// What was measured.
    pub words: String,
    /// Values are times.
    pub is_time: bool,
    /// More of it is better: the axis ends at the whole.
    pub is_least: bool,
    /// The goal, and in words.
    pub goal: Option<(f64, String)>,
    /// In the order of the axis.
    pub points: Vec<Point>,
}

/// The whole picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Panels {
    /// What stands above it.
    pub head: Head,
    /// What is varied.
    pub x: Varied,
    /// Plots.
    pub panels: Vec<Panel>,
    /// Sentences at the foot.
    pub foot: Vec<String>,
    /// What to say where there is nothing.
    pub empty: String,
}

/// Boxes that are taken, by left, top, right and bottom.
#[derive(Default)]
pub(super) struct Taken(pub(super) Vec<[f64; 4]>);

impl Taken {
    pub(super) fn is_free(&self, [left, top, right, bottom]: [f64; 4]) -> bool {
        self.0.iter().all(|&[l, t, r, b]| right <= l || r <= left || bottom <= t || b <= top)
    }
}

impl Panel {
    fn values(&self) -> impl Iterator<Item = f64> {
        self.points.iter().filter_map(|point| point.value)
    }

    /// The vertical axis. An interval may not press the values flat.
    fn y(&self, most: usize) -> (Scale, Vec<Tick>) {
        let goal = self.goal.as_ref().map(|goal| goal.0);
        let all = || self.values().chain(goal);
        let (low, high) = all().fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), v| (a.min(v), b.max(v)));
        let upper = self.points.iter().filter_map(|p| Some(p.value? + p.half?)).fold(high, f64::max);
        let high = upper.min(1.25 * high);
        if self.is_least {
            let room = (1.0 - low).max(1e-4) * 1.1;
            let step = axis::round_up(room / 5.0);
            let many = (room / step - 1e-9).ceil().max(1.0);
            let label = |share: f64| format!("{} %", real(share * 100.0, 4));
            let ticks = (0..=many as u32).map(|n| 1.0 - f64::from(n) * step).filter(|at| *at >= -1e-9);
            let scale = Scale::Linear { low: (1.0 - many * step).max(0.0), high: 1.0 };
            return (scale, ticks.map(|at| (at, label(at))).collect());
        }
        match self.is_time {
            true if low > 0.0 && high > 5.0 * low => axis::log_time(low, high, most),
            true => {
                let label = |ns: f64| if ns > 0.0 { axis::time_label(ns) } else { "0".to_owned() };
                axis::from_zero(high, label)
            }
            false => axis::from_zero(high.max(0.01), axis::percent_label),
        }
    }

    fn say(&self, scene: &mut Scene, x: &Varied) {
        let told = self.points.iter().map(|point| format!("{} at {}", point.told, x.labels[point.at]));
        scene.say(&format!("{}, {}: {}", self.name, self.words, told.collect::<Vec<_>>().join(", ")));
    }

    /// Where the goal turns from one verdict to the other, if it does so once: the points before
    /// and after, and whether it is met behind.
    fn turn(&self) -> Option<(usize, usize, bool)> {
        let sides: Vec<(usize, bool)> = (0..)
            .zip(&self.points)
            .filter_map(|(at, point)| match point.look {
                Look::Met => Some((at, true)),
                Look::Missed | Look::Never => Some((at, false)),
                _ => None,
            })
            .collect();
        let mut turns = sides.windows(2).filter(|pair| pair[0].1 != pair[1].1);
        let turn = turns.next()?;
        turns.next().is_none().then_some((turn[0].0, turn[1].0, turn[1].1))
    }
}

impl Panels {
    /// Lays the picture out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        if self.panels.is_empty() {
            return Scene::nothing(&self.head, &self.empty);
        }
        let mut scene = Scene::new(0.0, &self.head);
        self.key(&mut scene);
        let columns = if self.panels.len() == 1 { 1 } else { 2 };
        let rows = self.panels.len().div_ceil(columns);
        let high: f64 = match rows {
            1 if columns == 1 => 300.0,
            1 | 2 => 200.0,
            _ => 160.0,
        };
        let axes: Vec<(Scale, Vec<Tick>)> =
            self.panels.iter().map(|panel| panel.y((high / 34.0) as usize)).collect();
        let room =
            widest(axes.iter().flat_map(|axis| &axis.1).map(|tick| tick.1.as_str()), TEXT, false) + 10.0;
        let wide = (scene.width - 2.0 * MARGIN - GAP * (columns - 1) as f64) / columns as f64;
        let names: Vec<&str> = self.panels.iter().map(|panel| panel.name.as_str()).collect();
        let names = fit_apart(&names, wide - 10.0, 14.0, true);
        let top = scene.top + 6.0;
        let pitch = NAME + high + NUMBERS;
        let bottom = top + rows as f64 * pitch;
        scene.set_height(bottom + 30.0);
        for (index, panel) in self.panels.iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            let left = MARGIN + column as f64 * (wide + GAP);
            let from = top + row as f64 * pitch;
            let (y, ticks) = &axes[index];
            let plot = Plot {
                left: left + room,
                right: left + wide - 14.0,
                top: from + NAME,
                bottom: from + NAME + high,
                x: self.x.scale(),
                y: *y,
            };
            scene.text(left, from + 12.0, Anchor::Start, 14.0, true, INK, &names[index]);
            let words = fit(&panel.words, wide - 10.0, SMALL, false);
            scene.text(left, from + 28.0, Anchor::Start, SMALL, false, MUTED, &words);
            panel.say(&mut scene, &self.x);
            plot.grid(&mut scene, ticks, true);
            let group = format!("{}, {}", panel.name, panel.words);
            scene.group(&group, |scene| self.panel(scene, panel, &plot));
            self.base(&mut scene, &plot);
        }
        let caption = fit(&self.x.caption, scene.width - 2.0 * MARGIN, TEXT, false);
        scene.label(scene.width - MARGIN - 14.0, bottom + 14.0, Anchor::End, MUTED, &caption);
        let mut y = bottom + 40.0;
        let whole = scene.width - 2.0 * MARGIN;
        for line in self.foot.iter().flat_map(|text| wrap(text, whole, TEXT, false, 3)) {
            scene.label(MARGIN, y, Anchor::Start, MUTED, &line);
            y += 18.0;
        }
        scene.set_height(y - 8.0);
        scene
    }

    /// The horizontal axis: as many values as have room.
    fn base(&self, scene: &mut Scene, plot: &Plot) {
        scene.line(vec![(plot.left, plot.bottom), (plot.right, plot.bottom)], 1.0, MUTED, &[]);
        let mut free_from = f64::NEG_INFINITY;
        let order = self.x.order();
        for (index, &at) in order.iter().enumerate() {
            let x = plot.along(self.x.places[at]);
            let tick = |scene: &mut Scene| {
                scene.line(vec![(x, plot.bottom), (x, plot.bottom + 5.0)], 1.0, MUTED, &[]);
            };
            if order.len() <= TICKS {
                tick(scene);
            }
            let label = fit(&self.x.labels[at], 120.0, TEXT, false);
            let half = text_width(&label, TEXT, false) / 2.0;
            let last = order.last().filter(|_| index + 1 < order.len()).map_or(f64::INFINITY, |&last| {
                let label = fit(&self.x.labels[last], 120.0, TEXT, false);
                plot.right + 14.0 - text_width(&label, TEXT, false)
            });
            let middle = x.min(plot.right + 14.0 - half).max(plot.left - 20.0 + half);
            // The last one has a label, whatever its neighbours.
            if middle - half > free_from && middle + half + 8.0 < last {
                tick(scene);
                scene.label(middle, plot.bottom + 20.0, Anchor::Middle, MUTED, &label);
                free_from = middle + half + 8.0;
            }
        }
    }

    fn panel(&self, scene: &mut Scene, panel: &Panel, plot: &Plot) {
        let mut taken = Taken::default();
        let place = |point: &Point| plot.along(self.x.places[point.at]);
        let runs: Vec<Vec<(f64, f64)>> = panel
            .points
            .split(|point| point.value.is_none())
            .map(|run| run.iter().map(|p| (self.x.places[p.at], p.value.unwrap_or(0.0))).collect())
            .collect();
        for run in panel.points.split(|point| point.value.is_none() || point.half.is_none()) {
            let ends = |point: &Point| {
                let (value, half) = (point.value.unwrap_or(0.0), point.half.unwrap_or(0.0));
                (self.x.places[point.at], value - half, value + half)
            };
            // Words side by side are no course, and a single point has no width to be a band.
            if self.x.is_number && run.len() > 1 {
                plot.band(scene, &run.iter().map(ends).collect::<Vec<_>>(), BLUE);
                continue;
            }
            for (x, low, high) in run.iter().map(ends) {
                let (x, from) = plot.at((x, high));
                let to = plot.at((0.0, low)).1;
                scene.line(vec![(x, from), (x, to)], 1.6, MUTED, &[]);
            }
        }
        for run in &runs {
            let points: Vec<(f64, f64)> = run.iter().map(|&point| plot.at(point)).collect();
            if self.x.is_number {
                scene.line(points, 2.2, BLUE, &[]);
            }
        }
        for point in &panel.points {
            let y = point.value.map_or(plot.top, |value| plot.at((0.0, value)).1);
            taken.0.push([place(point) - 6.0, y - 6.0, place(point) + 6.0, y + 6.0]);
        }
        self.goal(scene, panel, plot, (&runs, &mut taken));
        self.turn(scene, panel, plot, &mut taken);
        for point in &panel.points {
            let y = point.value.map_or(plot.top, |value| plot.at((0.0, value)).1);
            spot(scene, place(point), y, point.look);
        }
        self.values(scene, panel, plot, (&runs, &mut taken));
    }

    /// The line of the goal with its label, where it covers no line.
    fn goal(
        &self,
        scene: &mut Scene,
        panel: &Panel,
        plot: &Plot,
        (runs, taken): (&[Vec<(f64, f64)>], &mut Taken),
    ) {
        let Some((value, words)) = &panel.goal else { return };
        let y = plot.at((0.0, *value)).1;
        scene.line(vec![(plot.left, y), (plot.right, y)], 1.6, INK, &[6.0, 4.0]);
        let width = text_width(words, SMALL, true);
        let free = plot.right - plot.left - width - 8.0;
        let places = (0..=8).map(|n| plot.left + 4.0 + free * f64::from(n) / 8.0);
        let places: Vec<(f64, f64)> = places
            .flat_map(|x| [(x, y - 5.0), (x, y + SMALL + 3.0)])
            .filter(|place| place.1 - SMALL > plot.top - 6.0 && place.1 < plot.bottom - 2.0)
            .collect();
        let around =
            |&(x, baseline): &(f64, f64)| [x - 2.0, baseline - SMALL, x + width + 2.0, baseline + 3.0];
        let clear = |place: &&(f64, f64)| {
            taken.is_free(around(place)) && !runs.iter().any(|run| plot.enters(run, around(place)))
        };
        let best = places.iter().find(clear).or_else(|| places.iter().find(|at| taken.is_free(around(at))));
        if let Some(&(x, baseline)) = best {
            scene.text(x, baseline, Anchor::Start, SMALL, true, INK, words);
            taken.0.push(around(&(x, baseline)));
        }
    }

    /// The line between what misses the goal and what meets it.
    fn turn(&self, scene: &mut Scene, panel: &Panel, plot: &Plot, taken: &mut Taken) {
        let Some((before, after, met_behind)) = panel.turn().filter(|_| self.x.is_number) else { return };
        let x = |at: usize| plot.along(self.x.places[panel.points[at].at]);
        let ends = match after == before + 1 {
            true => [(x(before) + x(after)) / 2.0; 2],
            // What is open lies between.
            false => [(x(before) + x(before + 1)) / 2.0, (x(after - 1) + x(after)) / 2.0],
        };
        for x in if ends[0] == ends[1] { &ends[..1] } else { &ends[..] } {
            scene.line(vec![(*x, plot.top), (*x, plot.bottom)], 1.2, MUTED, &[2.0, 3.0]);
        }
        let (missed, met) = (("missed", BAD), ("met", GOOD));
        let (left, right) = if met_behind { (missed, met) } else { (met, missed) };
        let right_words = format!("{} from here on", right.0);
        let (narrow, wide) = (text_width(left.0, SMALL, true), text_width(&right_words, SMALL, true));
        let words = [
            (ends[0] - 6.0 - narrow, narrow, left.0.to_owned(), left.1),
            (ends[1] + 6.0, wide, right_words, right.1),
        ];
        for (from, width, text, colour) in words {
            // Below the top edge, else above the bottom, where nothing else stands.
            let rows = [plot.top + 14.0, plot.bottom - 6.0, plot.top + 32.0, plot.bottom - 24.0];
            let around = |y: f64| [from - 2.0, y - SMALL, from + width + 2.0, y + 4.0];
            let fits = from >= plot.left && from + width <= plot.right + 12.0;
            if let Some(y) = rows.into_iter().find(|&y| fits && taken.is_free(around(y))) {
                scene.text(from, y, Anchor::Start, SMALL, true, colour, &text);
                taken.0.push(around(y));
            }
        }
    }

    /// Values beside their points: of all where there is room, first those next to the turn
    /// and at the ends.
    fn values(
        &self,
        scene: &mut Scene,
        panel: &Panel,
        plot: &Plot,
        (runs, taken): (&[Vec<(f64, f64)>], &mut Taken),
    ) {
        // No letter lies on the line of the goal.
        let goal = panel.goal.as_ref().map(|goal| plot.at((0.0, goal.0)).1);
        taken.0.extend(goal.map(|y| [plot.left, y - 1.0, plot.right, y + 1.0]));
        let last = panel.points.len().saturating_sub(1);
        let mut order: Vec<usize> =
            panel.turn().map_or_else(Vec::new, |(before, after, _)| vec![before, after]);
        order.extend([0, last]);
        order.extend(0..=last);
        let mut told = std::collections::BTreeSet::new();
        for at in order {
            let Some(point) = panel.points.get(at).filter(|_| told.insert(at)) else { continue };
            let (x, y) = (
                plot.along(self.x.places[point.at]),
                point.value.map_or(plot.top, |value| plot.at((0.0, value)).1),
            );
            let half = text_width(&point.told, SMALL, true) / 2.0;
            let middle = x.min(plot.right + 12.0 - half).max(plot.left + 2.0 + half);
            let rows = match goal {
                Some(goal) if y > goal => [y + 20.0, y - 10.0],
                _ => [y - 10.0, y + 20.0],
            };
            let around = |y: f64| [middle - half - 3.0, y - SMALL + 1.0, middle + half + 3.0, y + 3.0];
            let inside = |y: &f64| *y - SMALL > plot.top - 16.0 && *y + 3.0 < plot.bottom;
            let clear = |y: f64| {
                let [left, top, right, bottom] = around(y);
                let letters = [left + 3.0, top + 2.0, right - 3.0, bottom - 3.0];
                taken.is_free(around(y))
                    && !(self.x.is_number && runs.iter().any(|run| plot.enters(run, letters)))
            };
            if let Some(y) = rows.into_iter().filter(inside).find(|&y| clear(y)) {
                scene.text(middle, y, Anchor::Middle, SMALL, true, ink(point.look), &point.told);
                taken.0.push(around(y));
            }
        }
    }

    /// What the marks are; what no plot has is not explained.
    fn key(&self, scene: &mut Scene) {
        let (mut x, mut y) = (MARGIN, scene.top + 4.0);
        let mut entry = |scene: &mut Scene, wide: f64, text: &str, mark: &dyn Fn(&mut Scene, f64, f64)| {
            let all = wide + 6.0 + text_width(text, TEXT, false);
            if x + all > scene.width - MARGIN {
                x = MARGIN;
                y += 20.0;
            }
            mark(scene, x, y - 4.5);
            scene.label(x + wide + 6.0, y, Anchor::Start, INK, text);
            x += all + 20.0;
        };
        let points = || self.panels.iter().flat_map(|panel| &panel.points);
        for (look, words) in Look::KEY.into_iter().filter(|(look, _)| points().any(|p| p.look == *look)) {
            entry(scene, 12.0, words, &|scene, x, y| spot(scene, x + 6.0, y, look));
        }
        if points().any(|point| point.half.is_some()) {
            entry(scene, 20.0, "95 % interval", &|scene, x, y| {
                let corners = [(x, y - 5.0), (x + 20.0, y - 5.0), (x + 20.0, y + 5.0), (x, y + 5.0)];
                let [first, rest @ ..] = corners;
                let steps = std::iter::once(Step::Move(first)).chain(rest.map(Step::Line));
                scene.shape(steps.chain([Step::Close]).collect(), BLUE, 0.18);
            });
        }
        if x > MARGIN {
            scene.top = y + 22.0;
        }
    }
}

/// Letters in the colour of a point.
fn ink(look: Look) -> Colour {
    match look {
        Look::Plain => INK,
        look => look.colour(),
    }
}

/// A point by its look: filled where its whole interval lies on one side, hollow where not.
fn spot(scene: &mut Scene, x: f64, y: f64, look: Look) {
    let colour = look.colour();
    let corners = |points: &[(f64, f64)]| {
        let mut steps = vec![Step::Move(points[0])];
        steps.extend(points[1..].iter().map(|&point| Step::Line(point)));
        steps.push(Step::Close);
        steps
    };
    let diamond = |r: f64| corners(&[(x, y - r), (x + r, y), (x, y + r), (x - r, y)]);
    match look {
        Look::Met | Look::Plain => scene.dot(x, y, 5.0, colour),
        // Told apart without colour too.
        Look::Missed => scene.rect(x - 4.5, y - 4.5, 9.0, 9.0, colour),
        Look::Open => {
            scene.dot(x, y, 5.5, colour);
            scene.dot(x, y, 3.4, WHITE);
        }
        Look::Rough => {
            scene.marks.push(Mark::Shape { steps: diamond(7.0), colour, opacity: 1.0 });
            scene.marks.push(Mark::Shape { steps: diamond(4.2), colour: WHITE, opacity: 1.0 });
        }
        Look::Never => {
            scene.shape(corners(&[(x, y - 7.0), (x + 6.5, y + 4.5), (x - 6.5, y + 4.5)]), colour, 1.0);
        }
        Look::Unjudged => {
            scene.dot(x, y, 4.0, GRID);
            scene.dot(x, y, 2.0, MUTED);
        }
    }
}
