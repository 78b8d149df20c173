//! A sweep for people: a row a point, or of two parameters a grid, and a sentence a goal.

use std::io::{self, Write};

use super::until;
use super::words::{blame, excess, goal, metric, padded, subject, told, with_interval};
use crate::output::terminal::lists::wrapped;
use crate::output::words::{columns, shorten};
use crate::results::swept::{Swept, SweptPoint, SweptRow};
use crate::stats::verdict::Word;

/// Sentences at most; goals that hold at every point are told together.
const SENTENCES: usize = 20;

/// How a point stands.
pub(in crate::output) fn standing(point: &SweptPoint) -> String {
    let with = |words: &[Word]| {
        point.rows.iter().filter(|row| row.goal.is_some_and(|(_, word)| words.contains(&word))).count()
    };
    let (met, missed, open) = (with(&[Word::Met]), with(&[Word::Missed, Word::Never]), with(&[Word::Open]));
    match (met, missed, open) {
        (0, 0, 0) => "no goal".to_owned(),
        (_, 0, 0) => "met".to_owned(),
        (_, 0, open) => format!("{open} open"),
        (_, missed, 0) => format!("{missed} missed"),
        (_, missed, open) => format!("{missed} missed, {open} open"),
    }
}

/// What is farthest from its goal.
pub(in crate::output) fn worst(point: &SweptPoint) -> String {
    let farthest = point
        .rows
        .iter()
        .filter(|row| excess(row) > f64::NEG_INFINITY)
        .max_by(|a, b| excess(a).total_cmp(&excess(b)));
    farthest.map_or_else(String::new, |row| {
        let what = format!("{} of {}", metric(row), subject(&row.about));
        let value = row.value.map_or_else(|| "no value".to_owned(), |value| told(row, value));
        row.goal.map_or_else(String::new, |(goal, _)| format!("{value} (goal {}): {what}", told(row, goal)))
    })
}

/// What is printed on a terminal of this width.
///
/// # Errors
/// Those of `out`.
pub fn summary(out: &mut dyn Write, swept: &Swept, width: usize) -> io::Result<()> {
    let how = if swept.law_only { "by the utilisation law and limits, without a run" } else { "simulated" };
    writeln!(out, "{}: {} points, {how}", swept.scenario, swept.points.len())?;
    writeln!(out)?;
    match swept.parameters.as_slice() {
        _ if swept.until.is_some() => until::list(out, swept, width)?,
        [rows, across] if swept.is_grid() => grid(out, swept, (rows, across), width)?,
        _ => list(out, swept, width)?,
    }
    writeln!(out)?;
    let mut text: Vec<u8> = Vec::new();
    if let Some(until) = &swept.until {
        for sentence in until::sentences(swept, until) {
            writeln!(text, "{sentence}")?;
        }
        writeln!(text)?;
    }
    for sentence in sentences(swept) {
        writeln!(text, "{sentence}")?;
    }
    out.write_all(wrapped(&String::from_utf8_lossy(&text), width).as_bytes())
}

/// The same to paste.
///
/// # Errors
/// Those of `out`.
pub fn markdown(out: &mut dyn Write, swept: &Swept) -> io::Result<()> {
    writeln!(out, "# {}: {} points", swept.scenario, swept.points.len())?;
    writeln!(out)?;
    let cell = |text: &str| text.replace('|', "\\|");
    if let Some(until) = &swept.until {
        for sentence in until::sentences(swept, until) {
            writeln!(out, "{sentence}\n")?;
        }
    }
    writeln!(
        out,
        "| {} | goals | farthest from its goal |",
        swept.parameters.iter().map(|path| cell(path)).collect::<Vec<_>>().join(" | ")
    )?;
    writeln!(out, "|{}", "---|".repeat(swept.parameters.len() + 2))?;
    for point in &swept.points {
        let values: Vec<String> = point.values.iter().map(|value| cell(value)).collect();
        writeln!(out, "| {} | {} | {} |", values.join(" | "), standing(point), cell(&worst(point)))?;
    }
    writeln!(out)?;
    for sentence in sentences(swept) {
        writeln!(out, "- {sentence}")?;
    }
    Ok(())
}

fn list(out: &mut dyn Write, swept: &Swept, width: usize) -> io::Result<()> {
    let head = |at: usize| swept.parameters[at].as_str();
    let widths: Vec<usize> = (0..swept.parameters.len())
        .map(|at| {
            let cells = swept.points.iter().map(|point| columns(&point.values[at]));
            cells.max().unwrap_or(0).max(columns(head(at)))
        })
        .collect();
    let standings: Vec<String> = swept.points.iter().map(standing).collect();
    let of_goals = standings.iter().map(|text| columns(text)).max().unwrap_or(0).max("goals".len());
    let mut line = |values: &mut dyn Iterator<Item = &str>, goals: &str, worst: &str| {
        let mut text = String::new();
        for (value, &width) in values.zip(&widths) {
            text += &padded(value, width);
            text += "  ";
        }
        text += &padded(goals, of_goals);
        text += "  ";
        let room = width.saturating_sub(columns(&text)).max(20);
        text += &shorten(worst, room);
        writeln!(out, "{}", text.trim_end())
    };
    line(&mut (0..swept.parameters.len()).map(head), "goals", "farthest from its goal")?;
    for (point, standing) in swept.points.iter().zip(&standings) {
        line(&mut point.values.iter().map(String::as_str), standing, &worst(point))?;
    }
    Ok(())
}

fn grid(out: &mut dyn Write, swept: &Swept, (rows, across): (&str, &str), width: usize) -> io::Result<()> {
    let (down, right) = (swept.values(0), swept.values(1));
    let cell = |a: &str, b: &str| {
        let point = swept.points.iter().find(|point| point.values[0] == a && point.values[1] == b);
        point.map_or_else(String::new, standing)
    };
    let first = down.iter().map(|value| columns(value)).max().unwrap_or(0);
    let widest =
        down.iter().flat_map(|a| right.iter().map(move |b| columns(&cell(a, b)).max(columns(b)))).max();
    let each = widest.unwrap_or(0);
    let fit = ((width.saturating_sub(first)) / (each + 2)).max(1);
    writeln!(out, "down: {rows}; across: {across}")?;
    for some in right.chunks(fit) {
        let line = |head: &str, cells: &mut dyn Iterator<Item = String>| {
            let cells: Vec<String> = cells.map(|cell| padded(&cell, each)).collect();
            format!("{}  {}", padded(head, first), cells.join("  ")).trim_end().to_owned()
        };
        writeln!(out, "{}", line("", &mut some.iter().map(|value| (*value).to_owned())))?;
        for a in &down {
            writeln!(out, "{}", line(a, &mut some.iter().map(|b| cell(a, b))))?;
        }
    }
    Ok(())
}

/// What the sweep says of each goal.
#[must_use]
pub fn sentences(swept: &Swept) -> Vec<String> {
    let (mut found, mut held) = (Vec::new(), 0);
    for of in swept.subjects().into_iter().filter(|row| row.goal.is_some()) {
        match sentence_about(swept, of) {
            Some(sentence) => found.push(sentence),
            None => held += 1,
        }
    }
    let more = found.len().saturating_sub(SENTENCES);
    found.truncate(SENTENCES);
    if more > 0 {
        found.push(format!("{more} more goals are missed or open somewhere: sweep.csv has them."));
    }
    match (held, found.is_empty()) {
        (0, true) => found.push("No goal is judged: the scenario has no [slo].".to_owned()),
        (0, false) => {}
        (1, _) => found.push("One goal is met at every point.".to_owned()),
        (held, _) => found.push(format!("{held} goals are met at every point.")),
    }
    found
}

/// What was looked for, and up to where it holds.
#[must_use]
pub fn answer(swept: &Swept) -> Option<String> {
    swept.until.as_ref().map(|found| until::answer(swept, found))
}

/// What the sweep says of the goal that this row has; `None` where it is met at every point.
#[must_use]
pub fn sentence_about(swept: &Swept, of: &SweptRow) -> Option<String> {
    let rows = swept.points.iter().filter_map(|point| Some((point, point.row(of)?)));
    sentence(swept, &rows.collect::<Vec<_>>())
}

/// `None` where it is met at every point.
fn sentence(swept: &Swept, rows: &[(&SweptPoint, &SweptRow)]) -> Option<String> {
    let word = |row: &SweptRow| row.goal.map_or(Word::Unjudged, |(_, word)| word);
    let count = |of: &dyn Fn(Word) -> bool| rows.iter().filter(|(_, row)| of(word(row))).count();
    let (met, missed) = (count(&|word| word == Word::Met), count(&|word: Word| word.is_missed()));
    let about = goal(rows.first()?.1);
    if met == rows.len() {
        return None;
    }
    if missed == rows.len() {
        let best = rows.iter().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
        let at = best
            .1
            .value
            .map_or_else(String::new, |_| format!(" (best: {} at {})", with_interval(best.1), place(best.0)));
        let part = blame(best.1);
        return Some(format!(
            "{about}: missed at every point{at}: {} does not mend it{}.",
            swept.parameters.join(" with "),
            part.unwrap_or_default()
        ));
    }
    if swept.parameters.len() > 1 && rows.len() == swept.points.len() && swept.is_grid() {
        let rest = rows.len() - met - missed;
        let open = if rest > 0 { format!(", open or not judged at {rest}") } else { String::new() };
        return Some(format!("{about}: met at {met} of {} points, missed at {missed}{open}.", rows.len()));
    }
    Some(format!("{about}: {}.", course(rows)))
}

fn distance(row: &SweptRow) -> f64 {
    row.value.and(row.excess()).unwrap_or(f64::INFINITY)
}

fn place(point: &SweptPoint) -> String {
    point.values.join(", ")
}

/// Met, missed and open along the values: `met up to 3000, missed from 4000 on`.
fn course(rows: &[(&SweptPoint, &SweptRow)]) -> String {
    let word = |row: &SweptRow| match row.goal {
        Some((_, Word::Met)) => "met",
        Some((_, word)) if word.is_missed() => "missed",
        Some((_, Word::Open)) => "open",
        _ => "not judged",
    };
    let mut spans: Vec<(&str, usize, usize)> = Vec::new();
    for (at, (_, row)) in rows.iter().enumerate() {
        match spans.last_mut() {
            Some((last, _, to)) if *last == word(row) => *to = at,
            _ => spans.push((word(row), at, at)),
        }
    }
    let at = |place_of: usize| {
        let (point, row) = rows[place_of];
        let value = row.value.map_or_else(String::new, |value| format!(" ({})", told(row, value)));
        format!("{}{value}", place(point))
    };
    let last = rows.len() - 1;
    let alternates = alternate(spans.iter().map(|(word, ..)| *word));
    let told: Vec<String> = spans
        .iter()
        .map(|&(word, from, to)| match (from, to) {
            (0, to) if to == last && word == "not judged" => "not judged at any point".to_owned(),
            (0, to) if to == last && to > 0 => format!("{word} at every point"),
            (from, to) if from == to => format!("{word} at {}", at(from)),
            (0, to) => format!("{word} up to {}", at(to)),
            (from, to) if to == last => format!("{word} from {} on", at(from)),
            (from, to) => format!("{word} from {} to {}", at(from), at(to)),
        })
        .collect();
    let note = if alternates { "; met and missed alternate" } else { "" };
    format!("{}{note}", told.join(", "))
}

/// Whether a goal is met again after it was missed, or missed again after it was met; what is open or not
/// judged in between is neither.
fn alternate<'w>(words: impl Iterator<Item = &'w str>) -> bool {
    let mut sides: Vec<&str> = words.filter(|word| ["met", "missed"].contains(word)).collect();
    sides.dedup();
    sides.len() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_in_between_alternates_with_nothing() {
        let told = |words: &[&str]| alternate(words.iter().copied());
        assert!(!told(&["met", "open", "met"]) && !told(&["missed", "open", "met", "not judged", "met"]));
        assert!(told(&["met", "missed", "met"]) && told(&["missed", "open", "met", "open", "missed"]));
    }
}
