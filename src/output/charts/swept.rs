//! The picture of a sweep: along one quantity a plot for each goal, over two a matrix, over
//! more a matrix for each combination of the others.

use std::cmp::Reverse;

use super::chart::Drawn;
use super::heat::{self, BY_GOAL, BY_SIZE, Cell, Grid, Heat};
use super::looks::title;
use super::panels::{Look, Panel, Panels, Point};
use super::scene::{Head, Scene};
use super::varied::Varied;
use crate::output::swept::words::{metric, told};
use crate::output::swept::{tables, text};
use crate::output::words::{count, percent};
use crate::results::compared::{About, Metric};
use crate::results::swept::{Swept, SweptMetric, SweptPoint, SweptRow};
use crate::stats::verdict::Word;

/// Plots of one picture, and of these what is no goal.
const PLOTS: usize = 6;
const WITHOUT_GOAL: usize = 2;
/// Matrices of one picture.
const GRIDS: usize = 6;
/// Goals that hold everywhere and are drawn all the same.
const HOLDING: usize = 2;
/// Use that changes less is not worth a plot.
const CHANGES: f64 = 0.02;

/// The picture, with the values that it shows in the columns of `sweep.csv`.
pub(super) fn drawn(swept: &Swept) -> Drawn {
    let subjects = subjects(swept);
    let varied: Vec<usize> = (0..swept.parameters.len()).filter(|&at| swept.values(at).len() > 1).collect();
    let (scene, shown) = match varied.as_slice() {
        [down, across, others @ ..] if swept.is_grid() => {
            over_two(swept, &subjects, (*down, *across), others)
        }
        _ => along(swept, &subjects, varied.first().copied().unwrap_or(0)),
    };
    let points = swept.points.iter().map(|point| SweptPoint {
        values: point.values.clone(),
        rows: shown.iter().filter_map(|of| point.row(of).cloned()).collect(),
    });
    let shown = Swept { points: points.collect(), ..swept.clone() };
    Drawn::drawing("sweep", scene, tables::file(&shown))
}

/// How important a subject is: goals that turn along the values first, then those that are missed
/// everywhere, then those open, then those that hold; each by the worst value over its goal.
fn subjects(swept: &Swept) -> Vec<&SweptRow> {
    let rows = |of: &SweptRow| swept.points.iter().filter_map(|point| point.row(of)).collect::<Vec<_>>();
    let class = |of: &SweptRow| {
        let word = |row: &&SweptRow| row.goal.map(|goal| goal.1);
        let all = rows(of);
        let met = all.iter().filter(|row| word(row) == Some(Word::Met)).count();
        let missed = all.iter().filter(|row| word(row).is_some_and(Word::is_missed)).count();
        match (met, missed) {
            (0, 0) => 2,
            (0, _) => 1,
            (met, _) if met == all.len() => 3,
            _ => 0,
        }
    };
    let worst = |of: &SweptRow| {
        let excess = rows(of).into_iter().filter_map(SweptRow::excess);
        excess.map(|excess| if excess.is_finite() { excess } else { 1e9 }).fold(0.0, f64::max)
    };
    let mut goals: Vec<&SweptRow> = swept.subjects().into_iter().filter(|row| row.goal.is_some()).collect();
    // What saw too few requests everywhere has nothing to be drawn.
    let drawn = |row: &SweptRow| row.value.is_some() || row.goal.is_some_and(|goal| goal.1 == Word::Never);
    goals.retain(|of| rows(of).into_iter().any(drawn));
    goals.sort_by(|a, b| class(a).cmp(&class(b)).then(worst(b).total_cmp(&worst(a))));
    let turning = goals.iter().filter(|of| class(of) < 3).count();
    goals.truncate(turning.max(HOLDING));
    goals
}

/// What is no goal and worth a plot: without goals the slowest users, then what is used most
/// differently.
fn without_goals(swept: &Swept, most: usize, goals: bool) -> Vec<&SweptRow> {
    let span = |of: &SweptRow| {
        let values = swept.points.iter().filter_map(|point| point.row(of)?.value);
        values.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)))
    };
    let all = || swept.subjects().into_iter().filter(|row| row.goal.is_none());
    let mut found: Vec<&SweptRow> = Vec::new();
    if !goals {
        let mut slow: Vec<&SweptRow> =
            all().filter(|row| row.metric == SweptMetric::Of(Metric::P95)).collect();
        slow.sort_by(|a, b| span(b).1.total_cmp(&span(a).1));
        found.extend(slow.into_iter().take(PLOTS - WITHOUT_GOAL));
    }
    let mut used: Vec<&SweptRow> =
        all().filter(|row| row.metric == SweptMetric::Of(Metric::BusiestHour)).collect();
    let change = |of: &SweptRow| {
        let (low, high) = span(of);
        if high.is_finite() && low.is_finite() { high - low } else { 0.0 }
    };
    used.retain(|of| change(of) > CHANGES);
    used.sort_by_key(|of| Reverse((change(of) * 1e6) as u64));
    found.extend(used.into_iter().take(WITHOUT_GOAL));
    found.truncate(most);
    found
}

/// Whom it is about, and what was measured.
fn named(of: &SweptRow) -> (String, String) {
    let goal = match of.goal {
        Some((goal, _)) if of.is_least() => format!(", goal at least {}", told(of, goal)),
        Some((goal, _)) => format!(", goal {}", told(of, goal)),
        None => String::new(),
    };
    let words = metric(of);
    match &of.about {
        About::All(protocol) => ("Everyone".to_owned(), format!("{}, {words}{goal}", title(*protocol))),
        About::Users(protocol, population) => {
            (population.clone(), format!("{}, {words}{goal}", title(*protocol)))
        }
        About::Servers(name) => (name.clone(), format!("{words}{goal}")),
        About::Link(name) => (name.replacen('>', " \u{2192} ", 1), format!("{words}{goal}")),
    }
}

fn look(row: Option<&SweptRow>) -> Look {
    let Some(row) = row else { return Look::Unjudged };
    match row.goal {
        _ if row.rough => Look::Rough,
        Some((_, Word::Met)) => Look::Met,
        Some((_, Word::Missed)) => Look::Missed,
        Some((_, Word::Open)) => Look::Open,
        Some((_, Word::Never)) => Look::Never,
        Some((_, Word::Unjudged)) => Look::Unjudged,
        // More failed than a percentile leaves over.
        None if row.value.is_none() => Look::Never,
        None => Look::Plain,
    }
}

/// The value of a cell or point in words.
fn value_words(row: Option<&SweptRow>) -> String {
    match row {
        None => "\u{2013}".to_owned(),
        Some(row) => match (row.value, row.goal) {
            (Some(value), _) => told(row, value),
            (None, Some((_, Word::Unjudged))) => "\u{2013}".to_owned(),
            (None, _) => "never".to_owned(),
        },
    }
}

/// What stands above a picture: of its first goal what the sweep says.
fn head(swept: &Swept, subjects: &[&SweptRow], how: &str) -> Head {
    let runs = swept.points.iter().flat_map(|point| &point.rows).map(|row| row.replications).max();
    let runs = match (swept.law_only, runs.unwrap_or(0)) {
        (true, _) => "by the utilisation law and limits, without a run".to_owned(),
        (false, runs) => format!("{} a point", count(runs as usize, "run")),
    };
    let answer = text::answer(swept);
    let said = answer.or_else(|| subjects.iter().find_map(|of| text::sentence_about(swept, of)));
    let finding = said.unwrap_or_else(|| match subjects.first() {
        Some(of) if of.goal.is_some() => {
            let excess = swept.points.iter().filter_map(|point| point.row(of)?.excess()).fold(0.0, f64::max);
            let (name, words) = named(of);
            format!(
                "Every goal is met at every point; nearest to its goal, {}, is {name}, {words}",
                percent(excess)
            )
        }
        Some(of) => extremes(swept, of),
        None => "Nothing was measured that could be drawn".to_owned(),
    });
    Head {
        topic: format!("{}: {}", swept.scenario, swept.parameters.join(" with ")),
        finding: finding.trim_end_matches('.').to_owned(),
        how: format!("{}, {runs}{how}", count(swept.points.len(), "point")),
    }
}

/// Without goals: from where to where the first row goes.
fn extremes(swept: &Swept, of: &SweptRow) -> String {
    let values = swept.points.iter().filter_map(|point| Some((point.row(of)?.value?, point)));
    let values: Vec<(f64, &SweptPoint)> = values.collect();
    let least = values.iter().min_by(|a, b| a.0.total_cmp(&b.0));
    let most = values.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let (name, words) = named(of);
    match (least, most) {
        (Some((low, at)), Some((high, there))) => format!(
            "{name}, {words}: from {} at {} to {} at {}",
            told(of, *low),
            at.values.join(", "),
            told(of, *high),
            there.values.join(", ")
        ),
        _ => format!("{name}, {words}: no value at any point"),
    }
}

/// Plots along one quantity; where several go together, along the points.
fn along<'r>(swept: &'r Swept, goals: &[&'r SweptRow], parameter: usize) -> (Scene, Vec<&'r SweptRow>) {
    let room = PLOTS.saturating_sub(goals.len());
    let mut shown: Vec<&SweptRow> = goals.iter().copied().take(PLOTS).collect();
    shown.extend(without_goals(swept, room, !goals.is_empty()));
    let together = swept.parameters.len() > 1;
    let values: Vec<&str> = swept.points.iter().map(|point| point.values[parameter].as_str()).collect();
    let mut x = Varied::of(swept.parameters.get(parameter).map_or("", String::as_str), &values);
    // Other quantities go with it: one place a point, whatever comes twice.
    let alone = swept.values(parameter).len() == values.len();
    if !alone {
        let labels: Vec<String> = swept.points.iter().map(|point| point.values.join(", ")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        x = Varied {
            is_number: false,
            places: (0..values.len()).map(|at| at as f64).collect(),
            ..Varied::of("", &labels)
        };
        x.labels = labels.iter().map(|label| (*label).to_owned()).collect();
        x.caption = swept.parameters.join(", ");
    }
    let mut foot = Vec::new();
    if together && alone {
        let others: Vec<&str> = (0..swept.parameters.len())
            .filter(|at| *at != parameter && swept.values(*at).len() > 1)
            .map(|at| swept.parameters[at].as_str())
            .collect();
        if !others.is_empty() {
            foot.push(format!("{} goes with it, value by value.", others.join(", ")));
        }
    }
    let left = goals.len().saturating_sub(PLOTS);
    if left > 0 {
        foot.push(format!("{} more, missed or open somewhere, in sweep.csv.", count(left, "goal")));
    }
    let order = x.order();
    let panels = shown.iter().map(|of| panel(swept, of, &order)).collect();
    let scale = if x.is_logarithmic() { "; the axis is logarithmic" } else { "" };
    let empty = "Nothing was measured that could be drawn".to_owned();
    (Panels { head: head(swept, &shown, scale), x, panels, foot, empty }.scene(), shown)
}

fn panel(swept: &Swept, of: &SweptRow, order: &[usize]) -> Panel {
    let point = |&at: &usize| {
        let row = swept.points[at].row(of);
        Point {
            at,
            value: row.and_then(|row| row.value),
            half: row.and_then(|row| row.half_width),
            look: look(row),
            told: value_words(row),
        }
    };
    let (name, words) = named(of);
    Panel {
        name,
        words,
        is_time: of.is_time(),
        is_least: of.is_least(),
        goal: of.goal.map(|(goal, _)| (goal, format!("goal {}", told(of, goal)))),
        points: order.iter().map(point).collect(),
    }
}

/// A matrix over two quantities for each goal; with others varied too, for each combination of
/// these, of the first goal.
fn over_two<'r>(
    swept: &'r Swept,
    goals: &[&'r SweptRow],
    (down, across): (usize, usize),
    others: &[usize],
) -> (Scene, Vec<&'r SweptRow>) {
    let mut shown: Vec<&SweptRow> = goals.iter().copied().take(GRIDS).collect();
    if shown.is_empty() {
        shown = without_goals(swept, GRIDS, false);
    }
    if !others.is_empty() {
        shown.truncate(1);
    }
    let axis = |parameter: usize| Varied::of(&swept.parameters[parameter], &swept.values(parameter));
    let (rows, columns) = (axis(down), axis(across));
    // Numbers grow upwards, words stand as they were given.
    let mut order = rows.order();
    if rows.is_number {
        order.reverse();
    }
    let (order, right) = (order, columns.order());
    let label = |of: &Varied, order: &[usize]| order.iter().map(|&at| of.labels[at].clone()).collect();
    let mut combinations: Vec<Vec<&str>> = Vec::new();
    for point in &swept.points {
        let values: Vec<&str> = others.iter().map(|&at| point.values[at].as_str()).collect();
        if !combinations.contains(&values) {
            combinations.push(values);
        }
    }
    let mut foot = Vec::new();
    if goals.len() > shown.len() && !shown.is_empty() {
        let left = goals.len() - shown.len();
        foot.push(format!("{} more, missed or open somewhere, in sweep.csv.", count(left, "goal")));
    }
    let fit = if shown.len() > 1 { 1 } else { GRIDS };
    if combinations.len() > fit {
        foot.push(format!(
            "{} combinations of {} more are in sweep.csv.",
            combinations.len() - fit,
            others.iter().map(|&at| swept.parameters[at].as_str()).collect::<Vec<_>>().join(", ")
        ));
    }
    let mut grids = Vec::new();
    for of in &shown {
        for values in combinations.iter().take(fit) {
            let place = Place { swept, of, down, across, others, values };
            grids.push(place.grid((&order, &right)));
        }
    }
    let key = key(swept, &shown);
    let how = if shown.iter().any(|of| of.goal.is_some()) {
        "; thick line: between what is within the goal and what is not, by value; ?: its interval holds the goal; \u{2013}: too few requests"
    } else {
        "; no goal"
    };
    let heat = Heat {
        head: head(swept, &shown, how),
        down: (label(&rows, &order), rows.caption.clone()),
        across: (label(&columns, &right), columns.caption.clone()),
        grids,
        key,
        foot,
    };
    (heat.scene(), shown)
}

/// Which matrix.
struct Place<'r> {
    swept: &'r Swept,
    of: &'r SweptRow,
    down: usize,
    across: usize,
    others: &'r [usize],
    values: &'r [&'r str],
}

impl Place<'_> {
    fn grid(&self, (rows, columns): (&[usize], &[usize])) -> Grid {
        let (down, across) = (self.swept.values(self.down), self.swept.values(self.across));
        let (low, high) = self.ends();
        let cell = |row: usize, column: usize| {
            let at = |point: &&SweptPoint| {
                let others =
                    self.others.iter().zip(self.values).all(|(&at, &value)| point.values[at] == value);
                point.values[self.down] == down[row] && point.values[self.across] == across[column] && others
            };
            self.cell(self.swept.points.iter().find(at).and_then(|point| point.row(self.of)), (low, high))
        };
        let cells = rows.iter().map(|&row| columns.iter().map(|&column| cell(row, column)).collect());
        let (name, words) = named(self.of);
        let values = self.others.iter().zip(self.values);
        let values: Vec<String> =
            values.map(|(&at, value)| format!("{} {value}", self.swept.parameters[at])).collect();
        let name = if values.is_empty() { name } else { values.join(", ") };
        let words = if values.is_empty() { words } else { format!("{}, {words}", named(self.of).0) };
        Grid { name, words, cells: cells.collect() }
    }

    /// The least and the most value, of what has no goal.
    fn ends(&self) -> (f64, f64) {
        let values = self.swept.points.iter().filter_map(|point| point.row(self.of)?.value);
        values.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)))
    }

    fn cell(&self, row: Option<&SweptRow>, (low, high): (f64, f64)) -> Cell {
        let words = value_words(row);
        let Some(row) = row else { return Cell { text: words, class: None, within: None } };
        if row.goal.is_some() {
            let excess = row.excess();
            let open = matches!(row.goal, Some((_, Word::Open)));
            let text = if open { format!("{words} ?") } else { words };
            return Cell {
                text,
                class: excess.map(heat::class_of),
                within: excess.map(|excess| excess <= 1.0),
            };
        }
        let class = row.value.map(|value| match high > low {
            true => (((value - low) / (high - low) * 6.0) as usize).min(5),
            false => 0,
        });
        Cell { text: words, class, within: None }
    }
}

/// Colours that occur, with their words.
fn key(swept: &Swept, shown: &[&SweptRow]) -> Vec<([u8; 3], String)> {
    let rows = || swept.points.iter().flat_map(|point| shown.iter().filter_map(|of| point.row(of)));
    if shown.iter().all(|of| of.goal.is_none()) {
        let words = ["least", "", "", "", "", "most"];
        return BY_SIZE.into_iter().zip(words).map(|(colour, word)| (colour, word.to_owned())).collect();
    }
    let words = [
        "up to 75 % of the goal",
        "to 90 %",
        "to 100 %",
        "to 1.5 times the goal",
        "to 4 times",
        "beyond, or never",
    ];
    let seen: Vec<usize> = rows().filter_map(SweptRow::excess).map(heat::class_of).collect();
    let all = (0..).zip(BY_GOAL.into_iter().zip(words));
    all.filter(|(class, _)| seen.contains(class))
        .map(|(_, (colour, word))| (colour, word.to_owned()))
        .collect()
}
