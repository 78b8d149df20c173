//! Outages and changes in pictures with a time axis: shaded, and named above the plot.

use super::letters::{fit_name, text_width};
use super::scene::{Anchor, Colour, MARGIN, MUTED, SMALL, Scene};
use crate::kernel::NANOS_PER_SEC;
use crate::results::RunResult;

/// A part of the day on which something was out.
const SHADE: Colour = [0xf9, 0xf0, 0xeb];
/// The edges of it, and instants.
const EDGE: Colour = [0xc9, 0xa5, 0x92];
/// Height of a row of names.
const ROW: f64 = 18.0;
/// Rows of names at most.
const ROWS: usize = 5;

/// An outage or a change, s from the begin of an axis; an instant where both are equal.
#[derive(Clone, PartialEq, Debug)]
pub struct Happening {
    /// When it begins.
    pub from: f64,
    /// When it ends.
    pub to: f64,
    /// What it is called.
    pub name: String,
}

impl Happening {
    fn is_instant(&self) -> bool {
        self.from == self.to
    }
}

/// Those of `run` between two instants, ns since the run began. Of a random outage, which
/// differs between replications, the first time in the first replication that has it.
#[must_use]
pub(super) fn between(run: &RunResult, from: u64, to: u64) -> Vec<Happening> {
    let (from, to) = (i128::from(from), i128::from(to));
    let second = |at: i128| (at - from) as f64 / NANOS_PER_SEC as f64;
    let mut found = Vec::new();
    for (incident, of_runs) in run.storms.incidents.iter().zip(&run.storms.spans) {
        let drawn = of_runs.iter().enumerate().find_map(|(number, span)| Some((number, (*span)?)));
        let (name, spans) = match drawn {
            _ if !incident.spans.is_empty() => (incident.name.clone(), incident.spans.clone()),
            Some((_, span)) if run.replications == 1 => (incident.name.clone(), vec![span]),
            Some((number, span)) => (format!("{} (run {})", incident.name, number + 1), vec![span]),
            None => continue,
        };
        for (begin, end) in spans {
            // Of the window, as results keep them; of the run, as axes need them.
            let [begin, end] = [begin, end].map(|at| i128::from(at) + i128::from(run.warmup.0));
            let outside = begin >= to || end < from || (begin < end && end == from);
            if !outside {
                let (begin, end) = (begin.max(from), end.min(to));
                found.push(Happening { from: second(begin), to: second(end), name: name.clone() });
            }
        }
    }
    found.sort_by(|a, b| a.from.total_cmp(&b.from));
    found
}

/// Where the names stand above a plot.
pub(super) struct Names {
    /// Position, row from the top, anchor and text.
    places: Vec<(f64, usize, Anchor, String)>,
    rows: usize,
}

impl Names {
    /// Finds places for the names of `happenings`, each once; `along` turns the axis' values
    /// into positions between `left` and `right`.
    pub(super) fn place(
        happenings: &[Happening],
        along: impl Fn(f64) -> f64,
        (left, right): (f64, f64),
    ) -> Self {
        // Of each row, the taken stretches.
        let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut places: Vec<(f64, usize, Anchor, String)> = Vec::new();
        let mut named: Vec<&str> = Vec::new();
        for happening in happenings {
            if named.contains(&happening.name.as_str()) {
                continue;
            }
            let x = along(happening.from);
            let text = fit_name(&happening.name, 0.6 * (right - left), SMALL, false);
            let wide = text_width(&text, SMALL, false);
            // To the right of its begin, or to the left where there is no room.
            let (from, anchor) = match x + 4.0 + wide <= right.max(x) {
                true => (x + 4.0, Anchor::Start),
                false => ((x - 4.0 - wide).max(left), Anchor::Start),
            };
            let free =
                |row: &Vec<(f64, f64)>| row.iter().all(|&(a, b)| from > b + 12.0 || from + wide < a - 12.0);
            let row = taken.iter().position(free).unwrap_or(taken.len());
            if row == ROWS {
                continue;
            }
            if row == taken.len() {
                taken.push(Vec::new());
            }
            taken[row].push((from, from + wide));
            named.push(&happening.name);
            places.push((from, row, anchor, text));
        }
        Self { places, rows: taken.len() }
    }

    /// What they need above the plot.
    pub(super) fn height(&self) -> f64 {
        ROW * self.rows as f64
    }

    /// Writes them above a plot that begins at `top`.
    pub(super) fn draw(&self, scene: &mut Scene, top: f64) {
        for (x, row, anchor, text) in &self.places {
            let y = top - self.height() + ROW * *row as f64 + 12.0;
            scene.text(*x, y, *anchor, SMALL, false, MUTED, text);
        }
    }
}

/// Shades them in a plot between `top` and `bottom`, and tells them in words.
pub(super) fn shade(
    scene: &mut Scene,
    happenings: &[Happening],
    along: impl Fn(f64) -> f64,
    (top, bottom): (f64, f64),
) {
    let place = |happening: &Happening| (along(happening.from), along(happening.to));
    for happening in happenings.iter().filter(|happening| !happening.is_instant()) {
        let (from, to) = place(happening);
        scene.group(&happening.name, |scene| {
            scene.rect(from, top, (to - from).max(1.0), bottom - top, SHADE);
        });
    }
    // Edges above all fills, so that those of one that overlaps stay.
    for happening in happenings {
        let (from, to) = place(happening);
        scene.line(vec![(from, top), (from, bottom)], 1.0, EDGE, &[]);
        if to - from > 2.0 {
            scene.line(vec![(to, top), (to, bottom)], 1.0, EDGE, &[]);
        }
    }
}

/// A line under the head that names them, for pictures of many plots.
pub(super) fn key(scene: &mut Scene, happenings: &[Happening]) {
    let mut names: Vec<&str> = Vec::new();
    for happening in happenings {
        if !names.contains(&happening.name.as_str()) {
            names.push(&happening.name);
        }
    }
    if names.is_empty() {
        return;
    }
    let y = scene.top + 4.0;
    scene.rect(MARGIN, y - 11.0, 14.0, 14.0, SHADE);
    scene.line(vec![(MARGIN, y - 11.0), (MARGIN, y + 3.0)], 1.0, EDGE, &[]);
    let room = scene.width - 2.0 * MARGIN - 20.0;
    // All look alike: what is what, is told by their order.
    let order = if names.len() > 1 { "from the left: " } else { "" };
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        let name = fit_name(name, 260.0, SMALL, false);
        let longer = if text.is_empty() { format!("{order}{name}") } else { format!("{text}; {name}") };
        if text_width(&longer, SMALL, false) > room - 90.0 && index > 0 {
            text = format!("{text} and {} more", names.len() - index);
            break;
        }
        text = longer;
    }
    scene.text(MARGIN + 20.0, y, Anchor::Start, SMALL, false, MUTED, &text);
    scene.top += 22.0;
}
