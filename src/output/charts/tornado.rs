//! What moves one value most: a row a figure, bars from the value as it is to those at both ends of it,
//! the widest on top.
//!
//! Knows no study; `charts::sensitive` makes the rows.

use super::axis::{Scale, Tick, round_up};
use super::called::Called;
use super::letters::{text_width, widest, wrap};
use super::looks::{BLUE, GREY, VERMILION, whisker};
use super::scene::{Anchor, Colour, GRID, Head, INK, MARGIN, MUTED, SMALL, Scene, Step, TEXT, WHITE};

/// Distance of rows, and height of a bar.
const PITCH: f64 = 40.0;
const THICK: f64 = 18.0;
/// Room between a bar's end and its label.
const GAP: f64 = 6.0;

/// Where a figure's end leads.
#[derive(Clone, PartialEq, Debug)]
pub struct End {
    /// The value there; `None`: it has none, which is worse than any.
    pub value: Option<f64>,
    /// Half-width of its 95 % interval.
    pub half_width: Option<f64>,
    /// It differs by noise alone.
    pub noise: bool,
    /// The value in words.
    pub label: String,
}

/// A row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The figure.
    pub name: String,
    /// From where it goes where, in grey.
    pub words: String,
    /// At its lower end and at its higher one.
    pub ends: [Option<End>; 2],
}

/// Rows from the top.
#[derive(Clone, Debug)]
pub struct Tornado {
    /// What stands above it.
    pub head: Head,
    /// The value as it is.
    pub base: f64,
    /// Its goal, with what it is called.
    pub goal: Option<(f64, String)>,
    /// More is better: what has no value stands at the left.
    pub more_is_better: bool,
    /// Rows.
    pub rows: Vec<Row>,
    /// What the ends are called.
    pub ends: [String; 2],
    /// How a value stands on the axis.
    pub label: fn(f64) -> String,
    /// Sentences at the foot.
    pub foot: Vec<String>,
    /// What to say when there is no row.
    pub empty: String,
}

/// Where things stand.
struct Place {
    scale: Scale,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Place {
    fn x(&self, value: f64) -> f64 {
        self.left + self.scale.share(value).clamp(0.0, 1.0) * (self.right - self.left)
    }
}

impl Tornado {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        if self.rows.is_empty() {
            return Scene::nothing(&self.head, &self.empty);
        }
        let mut scene = Scene::new(0.0, &self.head);
        self.key(&mut scene);
        let rows = self.rows.iter().map(|row| (row.name.as_str(), row.words.as_str()));
        let called = Called::of(rows, (300.0, 300.0));
        let labels = self.rows.iter().flat_map(|row| row.ends.iter().flatten());
        let label = widest(labels.map(|end| end.label.as_str()), TEXT, true) + 2.0 * GAP;
        let left = MARGIN + called.wide + 14.0;
        let (scale, ticks) = self.axis(((scene.width - MARGIN - left) / 90.0) as usize);
        let top = scene.top + if self.goal.is_some() { 22.0 } else { 6.0 };
        let bottom = top + self.rows.len() as f64 * PITCH;
        let place = Place { scale, left: left + label, right: scene.width - MARGIN - label, top, bottom };
        self.axes(&mut scene, &place, &ticks);
        for (index, row) in self.rows.iter().enumerate() {
            let y = top + (index as f64 + 0.5) * PITCH;
            let told = row.ends.iter().flatten().map(|end| end.label.as_str());
            scene.say(&format!("{}, {}: {}", row.name, row.words, told.collect::<Vec<_>>().join(", ")));
            scene.group(&row.name, |scene| {
                called.write(scene, index, y);
                self.draw(scene, row, y, &place);
            });
        }
        let x = place.x(self.base);
        scene.line(vec![(x, top), (x, bottom)], 1.8, INK, &[]);
        self.foot(&mut scene, bottom + 46.0);
        scene
    }

    /// A scale that holds every value with its interval, and the goal unless it is far away.
    fn axis(&self, most: usize) -> (Scale, Vec<Tick>) {
        let ends = || self.rows.iter().flat_map(|row| row.ends.iter().flatten());
        let values = ends().filter_map(|end| end.value).chain([self.base]);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (f64::min(a, v), f64::max(b, v)));
        let room = (high - low).max(0.02 * self.base.abs()).max(f64::MIN_POSITIVE);
        // A wide interval of one does not make all others small.
        let whiskers = ends().filter_map(|end| Some((end.value?, end.half_width?)));
        let whiskers = whiskers.flat_map(|(value, half)| [value - half, value + half]);
        let whiskers = whiskers.map(|v| v.clamp(low - 0.5 * room, high + 0.5 * room));
        let goal = self.goal.iter().map(|(goal, _)| *goal);
        let goal = goal.filter(|goal| *goal > low - 1.5 * room && *goal < high + 1.5 * room);
        let (low, high) = whiskers.chain(goal).fold((low, high), |(a, b), v| (a.min(v), b.max(v)));
        let step = round_up((high - low).max(room) / most.clamp(2, 8) as f64);
        let (first, last) = ((low / step).floor(), (high / step).ceil().max((low / step).floor() + 1.0));
        let first = if self.base >= 0.0 { first.max(0.0) } else { first };
        let count = (last - first).round().max(1.0) as u32;
        let ticks = (0..=count).map(|n| (first + f64::from(n)) * step);
        let label = |value: f64| if value == 0.0 { "0".to_owned() } else { (self.label)(value) };
        let ticks = ticks.map(|value| (value, label(value))).collect();
        (Scale::Linear { low: first * step, high: last * step }, ticks)
    }

    fn axes(&self, scene: &mut Scene, place: &Place, ticks: &[Tick]) {
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in ticks {
            let x = place.x(*value);
            scene.line(vec![(x, place.top), (x, place.bottom)], 1.0, GRID, &[]);
            let half = text_width(label, TEXT, false) / 2.0;
            if x - half > free_from {
                scene.label(x, place.bottom + 20.0, Anchor::Middle, MUTED, label);
                free_from = x + half + 10.0;
            }
        }
        let Some((goal, called)) = &self.goal else { return };
        let share = place.scale.share(*goal);
        if (0.0..=1.0).contains(&share) {
            let x = place.x(*goal);
            scene.line(vec![(x, place.top - 6.0), (x, place.bottom)], 1.6, INK, &[6.0, 4.0]);
            let half = text_width(called, TEXT, true) / 2.0;
            let x = x.clamp(MARGIN + half, scene.width - MARGIN - half);
            scene.text(x, place.top - 11.0, Anchor::Middle, TEXT, true, INK, called);
        }
    }

    fn draw(&self, scene: &mut Scene, row: &Row, y: f64, place: &Place) {
        let base = place.x(self.base);
        let worst = if self.more_is_better { place.left } else { place.right };
        let at = |end: &End| end.value.map_or(worst, |value| place.x(value));
        let spots = [0, 1].map(|end| row.ends[end].as_ref().map(at));
        // Two ends on one side stand one above the other.
        let shared = matches!(spots, [Some(low), Some(high)] if (low - base) * (high - base) > 0.0);
        let colours: [Colour; 2] = [BLUE, VERMILION];
        for (end, colour) in (0..2).zip(colours) {
            let (Some(of), Some(x)) = (&row.ends[end], spots[end]) else { continue };
            let colour = if of.noise { GREY } else { colour };
            let (top, thick) = match (shared, end) {
                (false, _) => (y - THICK / 2.0, THICK),
                (true, 0) => (y - THICK / 2.0, THICK / 2.0 - 0.5),
                (true, _) => (y + 0.5, THICK / 2.0 - 0.5),
            };
            scene.rect(x.min(base), top, (x - base).abs().max(0.5), thick, colour);
            if of.value.is_none() {
                let way = if self.more_is_better { -1.0 } else { 1.0 };
                let middle = top + thick / 2.0;
                let tip = [(x, middle - 6.0), (x + 9.0 * way, middle), (x, middle + 6.0)];
                let steps = vec![Step::Move(tip[0]), Step::Line(tip[1]), Step::Line(tip[2]), Step::Close];
                scene.shape(steps, colour, 1.0);
            }
        }
        self.label_ends(scene, (row, spots, shared), y, place);
    }

    fn label_ends(
        &self,
        scene: &mut Scene,
        (row, spots, shared): (&Row, [Option<f64>; 2], bool),
        y: f64,
        place: &Place,
    ) {
        let base = place.x(self.base);
        let whiskers = [0, 1].map(|end| {
            let of = row.ends[end].as_ref()?;
            let (value, half) = (of.value?, of.half_width?);
            Some((place.x(value - half), place.x(value + half))).filter(|(from, to)| to - from > 1.0)
        });
        for (end, whiskers) in whiskers.iter().enumerate() {
            let middle = match (shared, end) {
                (false, _) => y,
                (true, 0) => y - THICK / 4.0,
                (true, _) => y + THICK / 4.0,
            };
            if let Some((from, to)) = whiskers {
                whisker(scene, *from, *to, middle);
            }
        }
        // Labels stand outside of everything that is drawn of the row.
        let all = || {
            whiskers.iter().flatten().flat_map(|(from, to)| [*from, *to]).chain(spots.into_iter().flatten())
        };
        let (from, to) = all().fold((base, base), |(a, b), x| (a.min(x), b.max(x)));
        for end in 0..2 {
            let (Some(of), Some(x)) = (&row.ends[end], spots[end]) else { continue };
            // Of two on one side the farther one is told.
            let nearer = spots[1 - end].is_some_and(|other| {
                let (own, other) = ((x - base).abs(), (other - base).abs());
                own < other || own == other && end == 0
            });
            if of.noise || shared && nearer {
                continue;
            }
            let tip = if of.value.is_none() { 10.0 } else { 0.0 };
            let wide = text_width(&of.label, TEXT, true);
            let (left, anchor) = if x < base || (x == base && end == 0) {
                (from - GAP - tip - wide, Anchor::End)
            } else {
                (to + GAP + tip, Anchor::Start)
            };
            // A line of the axis or of the goal does not go through it.
            scene.rect(left - 2.0, y - 8.0, wide + 4.0, 16.0, WHITE);
            let x = if anchor == Anchor::End { left + wide } else { left };
            scene.text(x, y + 4.5, anchor, TEXT, true, INK, &of.label);
        }
    }

    /// What the colours are.
    fn key(&self, scene: &mut Scene) {
        let (y, mut x) = (scene.top + 4.0, MARGIN);
        let noise = "within the noise".to_owned();
        let ends = || self.rows.iter().flat_map(|row| row.ends.iter().enumerate());
        let drawn = |at: usize, noise: bool| {
            ends().any(|(end, of)| of.as_ref().is_some_and(|of| of.noise == noise && (noise || end == at)))
        };
        let all = [(BLUE, &self.ends[0], drawn(0, false)), (VERMILION, &self.ends[1], drawn(1, false))];
        for (colour, text, is_drawn) in all.into_iter().chain([(GREY, &noise, drawn(0, true))]) {
            if is_drawn {
                scene.rect(x, y - 10.5, 14.0, 12.0, colour);
                scene.label(x + 20.0, y, Anchor::Start, INK, text);
                x += 44.0 + text_width(text, TEXT, false);
            }
        }
        scene.top += if x > MARGIN { 26.0 } else { 0.0 };
    }

    fn foot(&self, scene: &mut Scene, mut y: f64) {
        for sentence in &self.foot {
            scene.say(sentence);
            for line in wrap(sentence, scene.width - 2.0 * MARGIN, SMALL, false, 3) {
                scene.text(MARGIN, y, Anchor::Start, SMALL, false, MUTED, &line);
                y += 17.0;
            }
        }
        scene.set_height(y - 2.0);
    }
}
