//! Line charts: one plot with direct labels, or, beyond seven lines, a plot for each
//! with the others in grey behind it.

use std::collections::BTreeMap;

use super::axes::{SPILL, XAxis, YAxis};
use super::axis::{Scale, Tick};
use super::happenings::{self, Happening, Names};
use super::letters::{fit_apart, text_width, widest};
use super::line::{Line, Style};
use super::plot::Plot;
use super::scene::{Anchor, Colour, FAINT, FAINTER, Head, INK, MARGIN, MUTED, SMALL, Scene, TEXT};

/// Lines told apart in one plot.
pub const TOGETHER: usize = 7;
/// Thickness of a line that is shown.
const LINE: f64 = 2.5;
/// Length of the sample of a line before its name.
const SAMPLE: f64 = 26.0;
/// What is for orientation alone.
const ORIENTATION: Colour = [0x80, 0x80, 0x80];
/// Height of a bar that says that a line has no value, and of its row.
const BROKEN: f64 = 5.0;
const BROKEN_ROW: f64 = 7.0;
/// Widest name at the end of a line.
const NAME: f64 = 240.0;

/// A line chart.
#[derive(Clone, PartialEq, Debug)]
pub struct LineChart {
    /// What stands above it.
    pub head: Head,
    /// Horizontal axis.
    pub x: XAxis,
    /// Vertical axis.
    pub y: YAxis,
    /// The lines that are told apart.
    pub lines: Vec<Line>,
    /// Lines in grey behind them, in a single plot.
    pub behind: Vec<Line>,
    /// Outages and changes.
    pub happenings: Vec<Happening>,
    /// What to say when there is no line.
    pub empty: String,
}

impl LineChart {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        if self.lines.iter().chain(&self.behind).all(Line::is_empty) {
            return Scene::nothing(&self.head, &self.empty);
        }
        // Nothing but bars: an axis would be made up.
        if self.lines.iter().chain(&self.behind).all(|line| line.runs.is_empty()) {
            return Scene::nothing(&self.head, &self.head.finding);
        }
        let apart = self.lines.len() > TOGETHER || self.orientations_differ() || self.bands_cover();
        if apart { self.panels() } else { self.single() }
    }

    /// Whether more than a third of what lines show would lie under the bands of others.
    fn bands_cover(&self) -> bool {
        let bands: Vec<BTreeMap<u64, (f64, f64)>> = self
            .lines
            .iter()
            .map(|line| line.band.iter().flatten().map(|&(x, from, to)| (x.to_bits(), (from, to))).collect())
            .collect();
        let (mut all, mut covered) = (0_usize, 0_usize);
        for (index, line) in self.lines.iter().enumerate() {
            for (x, y) in line.runs.iter().flatten() {
                let others = bands.iter().enumerate().filter(|(other, _)| *other != index);
                let within = |band: &BTreeMap<u64, (f64, f64)>| {
                    band.get(&x.to_bits()).is_some_and(|(from, to)| (from..=to).contains(&y))
                };
                all += 1;
                covered += usize::from(others.into_iter().any(|(_, band)| within(band)));
            }
        }
        3 * covered > all
    }

    /// What differs from line to line needs a plot each to be told apart.
    fn orientations_differ(&self) -> bool {
        self.lines.iter().any(|line| line.orientation != self.lines[0].orientation)
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        let of = |line: &'_ Line| line.runs.iter().flatten().map(|point| point.1).fold(0.0, f64::max);
        // Of few replications an interval is wide: it may not press the lines flat.
        let most = 1.5 * self.lines.iter().chain(&self.behind).map(of).fold(0.0, f64::max);
        self.lines.iter().chain(&self.behind).flat_map(move |line| {
            let upper = line
                .band
                .iter()
                .flatten()
                .map(move |&(_, from, to)| to.min(from + 0.75 * (to - from)).min(most));
            line.runs.iter().flatten().map(|point| point.1).chain(upper)
        })
    }

    /// The vertical axis; what is for orientation alone is on it where that costs little room.
    fn y_axis(&self, most: usize) -> (Scale, Vec<Tick>) {
        let high = self.values().fold(0.0, f64::max);
        let near = |value: &f64| self.y == YAxis::LogTime && (*value <= 3.0 * high || high == 0.0);
        let orientations = self.lines.iter().filter_map(|line| line.orientation).filter(near);
        self.y.ticks(self.values().chain(orientations), most)
    }

    /// A line in words.
    fn say(&self, scene: &mut Scene, line: &Line) {
        let values = || line.runs.iter().flatten().map(|point| point.1);
        let broken = match line.broken.len() {
            0 => String::new(),
            _ => ", in between none since too many requests failed".to_owned(),
        };
        let Some(last) = values().next_back() else {
            return scene.say(&format!("{}: no value, too many requests failed", line.name));
        };
        let (low, high) = (values().fold(last, f64::min), values().fold(last, f64::max));
        let [low, high, last] = [low, high, last].map(|value| self.y.words(value));
        scene.say(&format!("{}: {low} to {high}, {last} at the end{broken}", line.name));
    }

    fn single(&self) -> Scene {
        let (y, y_ticks) = self.y_axis(13);
        let mut scene = Scene::new(540.0, &self.head(y));
        let left = MARGIN + widest(y_ticks.iter().map(|t| t.1.as_str()), TEXT, false).min(120.0) + 8.0;
        let names: Vec<&str> = self.lines.iter().map(|line| line.name.as_str()).collect();
        let names = fit_apart(&names, NAME, TEXT, false);
        let room = widest(names.iter().map(String::as_str), TEXT, false);
        let labels = if self.lines.is_empty() { 0.0 } else { 14.0 + SAMPLE + 6.0 + room };
        let right = scene.width - MARGIN - labels.max(16.0);
        let (x, x_ticks) = self.x.ticks(right - left);
        let along = |value: f64| left + x.share(value).clamp(0.0, 1.0) * (right - left);
        let above = Names::place(&self.happenings, along, (left, scene.width - MARGIN));
        let broken = self.lines.iter().filter(|line| !line.broken.is_empty()).count();
        let top = scene.top + above.height() + BROKEN_ROW * broken as f64 + 4.0;
        scene.set_height(top + 386.0 + 66.0);
        let plot = Plot { left, right, top, bottom: scene.height - 66.0, x, y };
        let strip = top - BROKEN_ROW * broken as f64;
        happenings::shade(&mut scene, &self.happenings, |value| plot.along(value), (strip, plot.bottom));
        above.draw(&mut scene, strip - 4.0);
        plot.grid(&mut scene, &y_ticks, true);
        let faint = if self.behind.len() > 20 { FAINTER } else { FAINT };
        for line in &self.behind {
            plot.draw(&mut scene, line, Style { colour: faint, dash: &[] }, 1.0);
        }
        let mut row = 0;
        // Below every line, so that none is under another's.
        for line in self.lines.iter().filter(|line| !line.band.is_empty()) {
            scene.group(&format!("{}, interval", line.name), |scene| {
                line.band.iter().for_each(|band| plot.band(scene, band, line.style.colour));
            });
        }
        for line in &self.lines {
            self.say(&mut scene, line);
            scene.group(&line.name, |scene| {
                plot.draw(scene, line, line.style, LINE);
                bars(scene, &plot, line, strip + BROKEN_ROW * row as f64);
            });
            row += usize::from(!line.broken.is_empty());
        }
        plot.base(&mut scene, &x_ticks, true, MARGIN);
        scene.label(right, plot.bottom + 42.0, Anchor::End, MUTED, &self.x.caption());
        if let Some(value) = self.lines.first().and_then(|line| line.orientation) {
            let text = format!("{} for orientation", self.y.label(value));
            self.orientation(&mut scene, &plot, value, (&self.lines, &text));
        }
        self.end_labels(&mut scene, &plot, &names);
        scene
    }

    /// What stands above it; an interval that goes on beyond the axis is not to be read off it.
    fn head(&self, y: Scale) -> Head {
        let mut bands = self.lines.iter().flat_map(|line| line.band.iter().flatten());
        let leaves = |&(_, from, to): &(f64, f64, f64)| y.share(to) > 1.0 + 1e-9 || y.share(from) < -1e-9;
        let cut = if bands.any(leaves) { "; bands are cut at the edge" } else { "" };
        Head { how: format!("{}{cut}", self.head.how), ..self.head.clone() }
    }

    /// What the dashed lines of panels are, told once, for panels have little room.
    fn orientation_key(&self, scene: &mut Scene, y: Scale) {
        let mut values = self.lines.iter().filter_map(|line| line.orientation);
        if values.all(|value| y.share(value) > 1.0) {
            return;
        }
        let baseline = scene.top + 4.0;
        let middle = baseline - 4.5;
        scene.line(vec![(MARGIN, middle), (MARGIN + SAMPLE, middle)], 1.2, ORIENTATION, &[5.0, 4.0]);
        let text = "goal, for orientation: it is not judged by interval";
        scene.text(MARGIN + SAMPLE + 6.0, baseline, Anchor::Start, SMALL, false, MUTED, text);
        scene.top += 22.0;
    }

    /// A line for orientation with its label, where it covers none of `lines` if there is such
    /// a place.
    fn orientation(&self, scene: &mut Scene, plot: &Plot, value: f64, (lines, text): (&[Line], &str)) {
        if plot.y.share(value) > 1.0 {
            return;
        }
        let y = plot.at((0.0, value)).1;
        scene.line(vec![(plot.left, y), (plot.right, y)], 1.2, ORIENTATION, &[5.0, 4.0]);
        let width = text_width(text, SMALL, false);
        let (above, below) = (y - 5.0, y + SMALL + 2.0);
        // From the right to the left.
        let free = plot.right - plot.left - width - 6.0;
        let places = (0..=8)
            .map(|n| plot.right - width - 2.0 - free * f64::from(n) / 8.0)
            .flat_map(|x| [(x, above), (x, below)])
            .filter(|place| place.1 - SMALL > plot.top - 4.0 && place.1 < plot.bottom - 2.0);
        let covers = |&(x, baseline): &(f64, f64), lines: &mut dyn Iterator<Item = &Line>| {
            let (top, bottom) = (baseline - SMALL - 1.0, baseline + 4.0);
            lines
                .flat_map(|line| &line.runs)
                .any(|run| plot.enters(run, [x - 3.0, top, x + width + 3.0, bottom]))
        };
        let any = |place: &(f64, f64)| covers(place, &mut self.lines.iter().chain(&self.behind));
        let own = |place: &(f64, f64)| covers(place, &mut lines.iter());
        let places: Vec<(f64, f64)> = places.collect();
        let best = places.iter().find(|place| !any(place));
        let best = best.or_else(|| places.iter().find(|place| !own(place))).or(places.first());
        let Some(&(x, baseline)) = best else { return };
        if any(&(x, baseline)) {
            scene.rect(x - 2.0, baseline - 0.8 * SMALL, width + 4.0, SMALL, super::scene::WHITE);
        }
        scene.text(x, baseline, Anchor::Start, SMALL, false, MUTED, text);
    }

    /// Names at the ends of lines, pushed apart, with a thin leader where they moved.
    fn end_labels(&self, scene: &mut Scene, plot: &Plot, names: &[String]) {
        const APART: f64 = 1.35 * TEXT;
        let end = |line: &Line| {
            let end = line.runs.last().and_then(|run| run.last()).map(|&end| plot.at(end));
            // Of a line that is nothing but bars, where these are.
            end.or_else(|| line.broken.last().map(|&(_, to)| (plot.along(to), plot.top)))
        };
        let mut ends: Vec<(f64, f64, &Line, &String)> = self
            .lines
            .iter()
            .zip(names)
            .filter_map(|(line, name)| end(line).map(|(x, y)| (x, y, line, name)))
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
        for ((end_x, end_y, line, name), y) in ends.into_iter().zip(places) {
            if (end_y - y).abs() > 2.0 || plot.right - end_x > 2.0 {
                scene.line(vec![(end_x + 2.0, end_y), (plot.right + 2.0, end_y), (x, y)], 0.8, FAINT, &[]);
            }
            scene.line(vec![(x, y), (x + SAMPLE, y)], LINE, line.style.colour, line.style.dash);
            scene.label(x + SAMPLE + 6.0, y + 0.36 * TEXT, Anchor::Start, INK, name);
        }
    }

    fn panels(&self) -> Scene {
        let count = self.lines.len();
        let columns = match count {
            ..=3 => count.max(1),
            4 => 2,
            5 | 6 => 3,
            _ => 4,
        };
        let rows = count.div_ceil(columns);
        const GAP: f64 = 18.0;
        const NAME_ROW: f64 = 38.0;
        const FOOT: f64 = 66.0;
        let high: f64 = match rows {
            1 => 300.0,
            2 => 190.0,
            _ => 138.0,
        };
        let (y, y_ticks) = self.y_axis(7);
        let mut scene = Scene::new(480.0, &self.head(y));
        happenings::key(&mut scene, &self.happenings);
        self.orientation_key(&mut scene, y);
        let head = scene.top;
        scene.set_height(head + rows as f64 * (high + NAME_ROW + GAP) + FOOT - GAP);
        let room = widest(y_ticks.iter().map(|t| t.1.as_str()), TEXT, false) + 8.0;
        let wide = (scene.width - 2.0 * MARGIN - room - GAP * (columns - 1) as f64) / columns as f64;
        let names: Vec<&str> = self.lines.iter().map(|line| line.name.as_str()).collect();
        let names = fit_apart(&names, wide - 16.0, 14.0, true);
        let (x, x_ticks) = self.x.ticks(wide);
        for (index, (line, name)) in self.lines.iter().zip(names).enumerate() {
            let (row, column) = (index / columns, index % columns);
            let left = MARGIN + room + column as f64 * (wide + GAP);
            let top = head + row as f64 * (high + NAME_ROW + GAP) + NAME_ROW;
            let plot = Plot { left, right: left + wide, top, bottom: top + high, x, y };
            happenings::shade(&mut scene, &self.happenings, |value| plot.along(value), (top, plot.bottom));
            plot.grid(&mut scene, &y_ticks, column == 0);
            for other in self.lines.iter().chain(&self.behind).filter(|other| other.name != line.name) {
                plot.draw(&mut scene, other, Style { colour: FAINT, dash: &[] }, 0.8);
            }
            self.say(&mut scene, line);
            let style = Style { dash: &[], ..line.style };
            scene.group(&line.name, |scene| {
                line.band.iter().for_each(|band| plot.band(scene, band, line.style.colour));
                plot.draw(scene, line, style, LINE);
                bars(scene, &plot, line, top - BROKEN_ROW);
            });
            if let Some(value) = line.orientation {
                let text = self.y.label(value);
                self.orientation(&mut scene, &plot, value, (std::slice::from_ref(line), &text));
            }
            // The last panel of each column stands on the numbers.
            plot.base(&mut scene, &x_ticks, index + columns >= count, SPILL);
            scene.rect(left, top - 26.0, 10.0, 10.0, line.style.colour);
            // A shortened name may be a little wider than its panel, to differ from another.
            scene.text(left + 16.0, top - 16.0, Anchor::Start, 14.0, true, INK, &name);
        }
        let baseline = scene.height - FOOT + 42.0;
        scene.label(scene.width - MARGIN, baseline, Anchor::End, MUTED, &self.x.caption());
        scene
    }
}

/// Bars where a line has no value since too much failed.
fn bars(scene: &mut Scene, plot: &Plot, line: &Line, y: f64) {
    for &(from, to) in &line.broken {
        let (from, to) = (plot.along(from), plot.along(to));
        scene.rect(from, y, (to - from).max(2.0), BROKEN, line.style.colour);
    }
}

#[cfg(test)]
mod tests {
    use super::super::looks::STYLES;
    use super::super::scene::Mark;
    use super::*;
    use crate::kernel::{NANOS_PER_SEC, SimSpan};

    fn chart(half: f64) -> LineChart {
        let line = |at: usize| {
            let value = 0.2 + 0.1 * at as f64;
            let points: Vec<(f64, f64)> = (0..10).map(|n| (f64::from(n) * 60.0, value)).collect();
            let band = points.iter().map(|&(x, y)| (x, y - half, y + half)).collect();
            Line { band: vec![band], ..Line::new(&format!("line {at}"), STYLES[at], vec![points]) }
        };
        let window = SimSpan(600 * NANOS_PER_SEC);
        LineChart {
            head: Head::default(),
            x: XAxis::Clock { window, starts_at: 0, offset_minutes: 0, weekday: Some(0) },
            y: YAxis::Share,
            lines: (0..3).map(line).collect(),
            behind: Vec::new(),
            happenings: Vec::new(),
            empty: String::new(),
        }
    }

    /// Where bands stay clear of other lines one plot holds them, all below all lines.
    #[test]
    fn bands_lie_below_every_line() {
        let scene = chart(0.05).scene();
        assert!(!chart(0.05).bands_cover());
        let band = |mark: &Mark| matches!(mark, Mark::Shape { .. });
        let line = |mark: &Mark| matches!(mark, Mark::Line { width, .. } if *width == LINE);
        let last_band = scene.marks.iter().rposition(band).unwrap();
        let first_line = scene.marks.iter().position(line).unwrap();
        assert!(last_band < first_line);
    }

    /// Wide ones have a plot for each line.
    #[test]
    fn bands_over_lines_give_each_a_plot() {
        assert!(chart(0.15).bands_cover());
        let scene = chart(0.15).scene();
        let base = |mark: &&Mark| {
            matches!(mark, Mark::Line { points, colour, .. }
                if *colour == MUTED && points.len() == 2 && points[0].1 == points[1].1)
        };
        assert_eq!(scene.marks.iter().filter(base).count(), 3);
    }

    /// The label of what is for orientation lies on no line that is in colour, wherever that runs.
    #[test]
    fn labels_for_orientation_hide_no_line() {
        let at = |n: u32| if n < 30 { 2.4e9 - 1e7 * f64::from(n) } else { 2.1e9 - 1e7 * f64::from(n - 30) };
        let points: Vec<(f64, f64)> = (0..40).map(|n| (f64::from(n) * 15.0, at(n))).collect();
        let line = Line { orientation: Some(2e9), ..Line::new("OWA", STYLES[0], vec![points.clone()]) };
        let lines: Vec<Line> = std::iter::once(line)
            .chain((1..7).map(|n| Line::new(&format!("line {n}"), STYLES[n], vec![points.clone()])))
            .collect();
        let scene = LineChart { y: YAxis::LogTime, lines, ..chart(0.0) }.scene();
        let label =
            |mark: &Mark| matches!(mark, Mark::Text(text) if text.text == "2 s" && text.size == SMALL);
        assert!(scene.marks.iter().any(label));
        // What covers a line is cleared first.
        let cleared = |mark: &&Mark| {
            matches!(mark, Mark::Rect { w, colour, .. }
                if *colour == super::super::scene::WHITE && *w < scene.width)
        };
        assert_eq!(scene.marks.iter().filter(cleared).count(), 0);
        let key =
            |mark: &Mark| matches!(mark, Mark::Text(text) if text.text.starts_with("goal, for orientation"));
        assert_eq!(scene.marks.iter().filter(|mark| key(mark)).count(), 1);
    }

    /// Where too much failed all the time there is no value, and so no axis.
    #[test]
    fn bars_alone_are_a_sentence() {
        let mut chart = chart(0.05);
        chart.head.finding = "All requests failed".to_owned();
        for line in &mut chart.lines {
            (line.runs, line.band, line.broken) = (Vec::new(), Vec::new(), vec![(0.0, 600.0)]);
        }
        let scene = chart.scene();
        assert!(scene.marks.iter().all(|mark| !matches!(mark, Mark::Line { .. })));
        assert!(
            scene
                .marks
                .iter()
                .any(|mark| matches!(mark, Mark::Text(text) if text.text == "All requests failed"))
        );
    }
}
