//! A study of sensitivity for people: a table an objective, the widest first, and sentences.

use std::io::{self, Write};

use super::sentences::sentences;
use super::words::{goal, moved, named, side, told_or_none};
use crate::output::swept::words::padded;
use crate::output::terminal::lists::wrapped;
use crate::output::words::{columns, count, shorten, shorten_name};
use crate::results::sensitive::{By, Effect, Nature, Sensitivity};

/// Rows of a table.
const ROWS: usize = 8;
/// Columns of a path, and of its values.
const PATH: usize = 42;
const VALUES: usize = 40;

/// What is moved, in a sentence.
pub(in crate::output) fn head(found: &Sensitivity) -> String {
    let of = |nature: Nature| found.figures.iter().filter(|figure| figure.nature == nature).count();
    let alone = found.figures.iter().filter(|figure| figure.runs > 0).count();
    let [low, high] = found.range;
    format!(
        "{}: {} moved to {} and {} times their values, {} swapped; {alone} by themselves, numbers in groups too",
        found.scenario,
        count(of(Nature::Number), "number"),
        crate::output::format::real(low, 2),
        crate::output::format::real(high, 2),
        count(of(Nature::Profile) + of(Nature::Day) + of(Nature::Contested), "word"),
    )
}

/// The effects of a table: those that say something, the widest first.
fn rows(found: &Sensitivity, objective: usize) -> impl Iterator<Item = &Effect> {
    let simulated = |effect: &&Effect| effect.by == By::Simulated || effect.crosses();
    found.of(objective).filter(simulated).filter(|effect| effect.swing() > 0.0).take(ROWS)
}

/// Above a table: the objective, its value and its goal.
fn above(found: &Sensitivity, at: usize) -> String {
    let objective = &found.objectives[at];
    let word = objective.word.map_or_else(String::new, |word| format!(", {}", word.token()));
    let goal = goal(objective).map_or_else(String::new, |goal| format!(", goal {goal}"));
    format!("{}: {}{goal}{word}", named(objective), told_or_none(objective, objective.base))
}

const KEY: &str = "(in brackets: within the noise; !: on the other side of the goal)";

/// What is printed on a terminal of this width.
///
/// # Errors
/// Those of `out`.
pub fn summary(out: &mut dyn Write, found: &Sensitivity, width: usize) -> io::Result<()> {
    out.write_all(wrapped(&format!("{}\n", head(found)), width).as_bytes())?;
    for at in found.told_first() {
        writeln!(out)?;
        out.write_all(wrapped(&format!("{}\n", above(found, at)), width).as_bytes())?;
        let objective = &found.objectives[at];
        let lines: Vec<[String; 4]> = rows(found, at)
            .map(|effect| {
                let figure = &found.figures[effect.figure];
                let [low, high] = [0, 1].map(|end| side(objective, effect.ends[end].as_ref()));
                [shorten_name(&figure.path, PATH), shorten(&moved(figure), VALUES), low, high]
            })
            .collect();
        let head = ["figure", "value: low / high", "low", "high"].map(str::to_owned);
        let wide = |column: usize| {
            let cells = std::iter::once(&head).chain(&lines).map(|line| columns(&line[column]));
            cells.max().unwrap_or(0)
        };
        for line in std::iter::once(&head).chain(&lines) {
            let text: Vec<String> =
                line.iter().enumerate().map(|(column, cell)| padded(cell, wide(column))).collect();
            writeln!(out, "  {}", text.join("  ").trim_end())?;
        }
    }
    writeln!(out, "\n{KEY}\n")?;
    let mut text = Vec::new();
    for sentence in sentences(found) {
        writeln!(text, "{sentence}")?;
    }
    out.write_all(wrapped(&String::from_utf8_lossy(&text), width).as_bytes())
}

/// The same to paste.
///
/// # Errors
/// Those of `out`.
pub fn markdown(out: &mut dyn Write, found: &Sensitivity) -> io::Result<()> {
    writeln!(out, "# Which figures matter: {}\n", found.scenario)?;
    writeln!(out, "{}.\n", head(found))?;
    for sentence in sentences(found) {
        // The numbers make a list of their own.
        let numbered = sentence.starts_with(|c: char| c.is_ascii_digit());
        let is_item = numbered && sentence.split_once(". `").is_some_and(|(number, _)| number.len() == 1);
        writeln!(out, "{sentence}{}", if is_item { "" } else { "\n" })?;
    }
    let cell = |text: &str| text.replace('|', "\\|");
    for at in found.told_first() {
        let objective = &found.objectives[at];
        writeln!(out, "\n## {}\n", above(found, at))?;
        writeln!(out, "| figure | value: low / high | rests on | low | high |\n|---|---|---|---|---|")?;
        for effect in rows(found, at) {
            let figure = &found.figures[effect.figure];
            let [low, high] = [0, 1].map(|end| side(objective, effect.ends[end].as_ref()));
            writeln!(
                out,
                "| `{}` | {} | {} | {low} | {high} |",
                cell(&figure.path),
                cell(&moved(figure)),
                figure.rests.token()
            )?;
        }
    }
    writeln!(out, "\n{KEY}\n")?;
    writeln!(out, "## Everything at once\n")?;
    writeln!(
        out,
        "| objective | as it is | all bad | single effects added | all good | single effects added |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for objective in &found.objectives {
        let value = |at: usize| {
            objective.all[at].map_or_else(String::new, |side| told_or_none(objective, side.value))
        };
        let sum = |at: usize| {
            let sum = objective.base.map(|base| (base + objective.sums[at]).max(0.0));
            told_or_none(objective, sum)
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            cell(&named(objective)),
            told_or_none(objective, objective.base),
            value(0),
            sum(0),
            value(1),
            sum(1)
        )?;
    }
    Ok(())
}
