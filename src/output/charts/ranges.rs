//! Ranges on a logarithmic axis, a row each: median, a percentile that is judged, a far one.

use super::axis;
use super::letters::{fit_apart, text_width, widest};
use super::looks::{BAD, BLUE, cross, tick, whisker};
use super::percentiles::{ordinal, words};
use super::scene::{Anchor, Colour, GRID, Head, INK, MARGIN, MUTED, SMALL, Scene, Step, TEXT, WHITE};

/// Distance of rows.
const PITCH: f64 = 44.0;
/// From the median to the far percentile.
const RANGE: Colour = [0xa9, 0xcb, 0xe0];

/// How a row stands to its goal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// There is none, or nothing can be said.
    None,
    /// It is met.
    Good,
    /// It is not.
    Bad,
}

/// A row. Values are ns; a percentile that there is not, since too much failed, is infinite.
#[derive(Clone, PartialEq, Debug)]
pub struct Range {
    /// Its name.
    pub name: String,
    /// Words below it, in grey.
    pub words: String,
    /// The median.
    pub median: Option<f64>,
    /// The percentile that is judged.
    pub judged: Option<f64>,
    /// A far one.
    pub far: Option<f64>,
    /// Half-widths of the 95 % intervals of the three.
    pub half_widths: [Option<f64>; 3],
    /// Goal on the percentile that is judged.
    pub goal: Option<f64>,
    /// How it stands to that.
    pub mark: Mark,
    /// What the judged percentile is, in words.
    pub note: String,
    /// What else there is to say, below that.
    pub more: String,
    /// Whether `more` is bad.
    pub more_is_bad: bool,
}

/// Rows from the top.
#[derive(Clone, PartialEq, Debug)]
pub struct Ranges {
    /// What stands above it.
    pub head: Head,
    /// Which percentiles the three are, 0 to 100.
    pub percentiles: [f64; 3],
    /// Rows.
    pub rows: Vec<Range>,
    /// What to say when there is nothing.
    pub empty: String,
}

impl Range {
    /// Every finite value that is drawn.
    fn values(&self) -> impl Iterator<Item = f64> {
        [self.median, self.judged, self.far, self.goal]
            .into_iter()
            .flatten()
            .filter(|value| value.is_finite() && *value > 0.0)
    }
}

impl Ranges {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        if self.rows.is_empty() {
            return Scene::nothing(&self.head, &self.empty);
        }
        let mut scene = Scene::new(0.0, &self.head);
        self.key(&mut scene);
        let top = scene.top + 4.0;
        let bottom = top + self.rows.len() as f64 * PITCH;
        scene.set_height(bottom + 50.0);
        let names: Vec<&str> = self.rows.iter().map(|row| row.name.as_str()).collect();
        let names = fit_apart(&names, 200.0, TEXT, true);
        let words = widest(self.rows.iter().map(|row| row.words.as_str()), SMALL, false);
        let left = MARGIN + widest(names.iter().map(String::as_str), TEXT, true).max(words) + 16.0;
        let notes = widest(self.rows.iter().map(|row| row.note.as_str()), TEXT, true) + 18.0;
        let more = widest(self.rows.iter().map(|row| row.more.as_str()), SMALL, false);
        let right = scene.width - MARGIN - notes.max(more) - 26.0;
        let values = || self.rows.iter().flat_map(Range::values);
        let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let (scale, ticks) = axis::log_time(low, high, 7);
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
        for (index, (row, name)) in self.rows.iter().zip(&names).enumerate() {
            let y = top + (index as f64 + 0.5) * PITCH;
            say(&mut scene, row, &self.percentiles);
            let group = format!("{}, {}", row.name, row.words);
            scene.group(&group, |scene| draw(scene, row, name, y, right, along));
        }
        scene
    }

    /// What the marks are.
    fn key(&self, scene: &mut Scene) {
        let y = scene.top + 4.0;
        let mut x = MARGIN;
        let mut entry = |scene: &mut Scene, wide: f64, text: &str, mark: &dyn Fn(&mut Scene, f64)| {
            mark(scene, x);
            scene.label(x + wide + 6.0, y, Anchor::Start, INK, text);
            x += wide + 24.0 + text_width(text, TEXT, false);
        };
        let middle = y - 4.5;
        // What no row has is not explained.
        let any = |is: &dyn Fn(&Range) -> bool| self.rows.iter().any(is);
        let finite = |value: Option<f64>| value.is_some_and(f64::is_finite);
        let [low, judged, far_words] = self.percentiles.map(words);
        if any(&|row| finite(row.median)) {
            entry(scene, 8.0, &low, &|scene, x| median(scene, x + 4.0, middle));
        }
        if any(&|row| finite(row.judged)) {
            entry(scene, 10.0, &judged, &|scene, x| spot(scene, x + 5.0, middle, BLUE));
        }
        let near = any(&|row| finite(row.median) && finite(row.judged) && row.far.is_none());
        let far = any(&|row| finite(row.median) && finite(row.far));
        let [_, middle_th, far_th] = self.percentiles.map(ordinal);
        let low = if low == "median" { low } else { ordinal(self.percentiles[0]) };
        let bar = match (far, near) {
            (true, true) => {
                Some(format!("from the {low} to the {far_th}, of few requests to the {middle_th}"))
            }
            (true, false) => Some(format!("from the {low} to the {far_th}")),
            (false, true) => Some(format!("from the {low} to the {middle_th}, of few requests")),
            (false, false) => None,
        };
        if let Some(text) = bar {
            entry(scene, 26.0, &text, &|scene, x| scene.rect(x, middle - 4.0, 26.0, 8.0, RANGE));
        }
        if any(&|row| row.goal.is_some()) {
            entry(scene, 6.0, "goal for the 95th", &|scene, x| goal(scene, x + 3.0, middle, 7.0));
        }
        if any(&|row| row.half_widths.iter().any(Option::is_some)) {
            entry(scene, 20.0, "95 % interval", &|scene, x| whisker(scene, x, x + 20.0, middle));
        }
        // None where every row has too few requests for a percentile.
        scene.top += if x > MARGIN { 20.0 } else { 0.0 };
        if self.rows.iter().any(|row| finite(row.median) && row.far.is_some_and(f64::is_infinite)) {
            let y = scene.top + 4.0;
            open_bar(scene, MARGIN, MARGIN + 26.0, y - 4.5);
            let text = self.lost(2, &far_words);
            scene.label(MARGIN + 32.0, y, Anchor::Start, INK, &text);
            scene.top += 20.0;
        }
        if self.rows.iter().any(|row| row.judged.is_some_and(f64::is_infinite)) {
            let y = scene.top + 4.0;
            triangle(scene, MARGIN + 10.0, y - 4.5);
            let text = self.lost(1, &judged);
            scene.label(MARGIN + 18.0, y, Anchor::Start, INK, &text);
            scene.top += 20.0;
        }
    }

    /// That there is none, and why.
    fn lost(&self, which: usize, words: &str) -> String {
        let left_over = crate::output::format::real(100.0 - self.percentiles[which], 3);
        format!("more than {left_over} % failed: there is no {words}")
    }
}

/// A row in words.
fn say(scene: &mut Scene, row: &Range, percentiles: &[f64; 3]) {
    let [low, judged, _] = percentiles.map(words);
    let goal = row.goal.map_or(String::new(), |goal| format!(", goal {}", axis::time_label(goal)));
    let median = row.median.filter(|value| value.is_finite());
    let median = median.map_or(String::new(), |value| format!("{low} {}, ", axis::time_label(value)));
    let more = if row.more.is_empty() { String::new() } else { format!(", {}", row.more) };
    scene.say(&format!("{}, {}: {median}{judged} {}{goal}{more}", row.name, row.words, row.note));
}

fn draw(scene: &mut Scene, row: &Range, name: &str, y: f64, right: f64, along: impl Fn(f64) -> f64) {
    scene.text(MARGIN, y - 3.0, Anchor::Start, TEXT, true, INK, name);
    scene.text(MARGIN, y + 13.0, Anchor::Start, SMALL, false, MUTED, &row.words);
    let place =
        |value: Option<f64>| value.map(|value| if value.is_finite() { along(value.max(1.0)) } else { right });
    if let (Some(from), Some(to)) = (place(row.median), place(row.far.or(row.judged))) {
        if row.far.is_some_and(f64::is_infinite) {
            open_bar(scene, from, to, y);
        } else {
            scene.rect(from, y - 4.0, (to - from).max(0.0), 8.0, RANGE);
        }
    }
    if let Some(value) = row.goal {
        goal(scene, along(value), y, 14.0);
    }
    for (value, half) in [row.median, row.judged, row.far].into_iter().zip(row.half_widths) {
        if let (Some(value), Some(half)) = (value.filter(|value| value.is_finite()), half) {
            whisker(scene, along((value - half).max(1.0)), along(value + half), y);
        }
    }
    if let Some(at) = row.median.filter(|value| value.is_finite()) {
        median(scene, along(at), y);
    }
    match row.judged {
        Some(value) if value.is_finite() => spot(scene, along(value), y, BLUE),
        Some(_) => triangle(scene, right + 12.0, y),
        None => {}
    }
    let x = scene.width - MARGIN;
    let ink = if row.mark == Mark::Bad { BAD } else { INK };
    scene.text(x, y - 3.0, Anchor::End, TEXT, true, ink, &row.note);
    let at = x - text_width(&row.note, TEXT, true) - 11.0;
    match row.mark {
        Mark::Bad => cross(scene, at, y - 7.5),
        Mark::Good => tick(scene, at, y - 7.5),
        Mark::None => {}
    }
    let ink = if row.more_is_bad { BAD } else { MUTED };
    scene.text(x, y + 13.0, Anchor::End, SMALL, false, ink, &row.more);
}

/// A bar that does not end where the plot does.
fn open_bar(scene: &mut Scene, from: f64, to: f64, y: f64) {
    let tip = (to - 8.0).max(from);
    scene.rect(from, y - 4.0, tip - from, 8.0, RANGE);
    let corners = [Step::Move((tip, y - 7.5)), Step::Line((to, y)), Step::Line((tip, y + 7.5)), Step::Close];
    scene.shape(corners.to_vec(), RANGE, 1.0);
}

fn median(scene: &mut Scene, x: f64, y: f64) {
    scene.rect(x - 2.0, y - 8.0, 4.0, 16.0, WHITE);
    scene.rect(x - 1.25, y - 7.0, 2.5, 14.0, BLUE);
}

fn spot(scene: &mut Scene, x: f64, y: f64, colour: Colour) {
    scene.dot(x, y, 6.5, WHITE);
    scene.dot(x, y, 5.0, colour);
}

fn goal(scene: &mut Scene, x: f64, y: f64, half: f64) {
    scene.line(vec![(x, y - half), (x, y + half)], 2.0, INK, &[4.0, 3.0]);
}

/// Beyond the axis.
fn triangle(scene: &mut Scene, x: f64, y: f64) {
    let corners = [(x - 10.0, y - 7.0), (x, y), (x - 10.0, y + 7.0)];
    let steps = [Step::Move(corners[0]), Step::Line(corners[1]), Step::Line(corners[2]), Step::Close];
    scene.shape(steps.to_vec(), BAD, 1.0);
}
