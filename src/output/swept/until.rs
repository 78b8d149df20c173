//! Up to which value a condition holds, for people: what was tried, the answer, what binds there.

use std::io::{self, Write};

use super::words::{blame, excess, goal, padded, with_interval};
use crate::output::words::{columns, shorten, thousands};
use crate::results::swept::{Holds, Swept, SweptRow, Until};
use crate::stats::verdict::Word;

/// A value that was tried: runs, how the condition stands, what is nearest to its limit or beyond.
pub(in crate::output) fn cells(swept: &Swept, until: &Until, at: usize) -> [String; 4] {
    let tried = &until.tries[at];
    let stands = match (tried.word, tried.holds) {
        (Word::Open, true) => "open, holds by value".to_owned(),
        (Word::Open, false) => "open, fails by value".to_owned(),
        (word, _) => word.token().to_owned(),
    };
    let runs = match tried.runs {
        0 => "law".to_owned(),
        runs => thousands(u64::from(runs)),
    };
    let asked = swept.points.get(at).map_or(&[][..], |point| &point.rows[..tried.asked]);
    let nearest =
        binding(asked).map_or_else(String::new, |row| format!("{}: {}", with_interval(row), goal(row)));
    [tried.value.clone(), runs, stands, nearest]
}

/// A row a value.
pub(super) fn list(out: &mut dyn Write, swept: &Swept, width: usize) -> io::Result<()> {
    let Some(until) = &swept.until else { return Ok(()) };
    let path = swept.parameters.first().map_or("", String::as_str);
    let all: Vec<[String; 4]> = (0..until.tries.len()).map(|at| cells(swept, until, at)).collect();
    let widest =
        |head: &str, of: usize| all.iter().map(|row| columns(&row[of])).max().unwrap_or(0).max(columns(head));
    let widths = [widest(path, 0), widest("runs", 1), widest("condition", 2)];
    let mut line = |cells: [&str; 3], last: &str| {
        let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| padded(cell, width)).collect();
        let text = cells.join("  ") + "  ";
        let room = width.saturating_sub(columns(&text)).max(20);
        writeln!(out, "{}", (text + &shorten(last, room)).trim_end())
    };
    line([path, "runs", "condition"], "nearest to its limit, or beyond")?;
    for [value, runs, stands, nearest] in all.iter().take(swept.points.len()) {
        line([value, runs, stands], nearest)?;
    }
    Ok(())
}

/// The goal that is farthest beyond its limit, or nearest to it.
fn binding(asked: &[SweptRow]) -> Option<&SweptRow> {
    let known = asked.iter().filter(|row| row.excess().is_some());
    let rank = |row: &SweptRow| (excess(row) > 1.0, row.excess().unwrap_or(0.0));
    known.max_by(|a, b| {
        let (a, b) = (rank(a), rank(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    })
}

/// The answer, what binds, and what does not help.
pub(in crate::output) fn sentences(swept: &Swept, until: &Until) -> Vec<String> {
    let mut said = vec![answer(swept, until)];
    let beyond = match until.holds {
        Holds::UpTo(at) => Some(at + 1),
        Holds::From(at) => at.checked_sub(1),
        Holds::Nowhere | Holds::Between => Some(0),
        Holds::Everywhere => None,
    };
    let point = beyond.and_then(|at| Some((swept.points.get(at)?, until.tries.get(at)?.asked)));
    let row = point.and_then(|(point, asked)| {
        let row = binding(&point.rows[..asked])?;
        (excess(row) > f64::NEG_INFINITY).then_some((point, row))
    });
    if let Some((point, row)) = row {
        let part = blame(row);
        said.push(format!(
            "What binds at {}: {}, and it is {}{}.",
            point.values.join(", "),
            goal(row),
            with_interval(row),
            part.unwrap_or_default()
        ));
    }
    said
}

/// Up to where, or from where on; what is shown on either side.
pub(in crate::output) fn answer(swept: &Swept, until: &Until) -> String {
    let path = swept.parameters.first().map_or("", String::as_str);
    let value = |at: usize| until.tries[at].value.as_str();
    let ends = || (value(0), value(until.tries.len() - 1));
    let condition = if until.condition == "slo" { "Every goal" } else { until.condition.as_str() };
    let shown = || {
        let told = |at: Option<usize>, word: &str| match at {
            Some(at) => format!("{word} at {}", value(at)),
            None => format!("{word} nowhere"),
        };
        let rough =
            if until.rough { "; these are far apart: the answer is rough, more runs narrow it" } else { "" };
        format!("last {}, first {}{rough}", told(until.shown.0, "met"), told(until.shown.1, "missed"))
    };
    let alternates = match (until.alternates, until.holds) {
        (true, Holds::UpTo(_)) => " Above it met and missed alternate: below it all hold.",
        (true, Holds::From(_)) => " Below it met and missed alternate: above it all hold.",
        _ => "",
    };
    match until.holds {
        Holds::UpTo(at) => {
            format!("{condition}: holds up to {path} = {} ({}).{alternates}", value(at), shown())
        }
        Holds::From(at) => {
            format!("{condition}: holds from {path} = {} on ({}).{alternates}", value(at), shown())
        }
        Holds::Everywhere => {
            let (low, high) = ends();
            format!(
                "{condition}: holds at every value from {path} = {low} to {high}; its end lies beyond these."
            )
        }
        Holds::Nowhere => {
            let (low, high) = ends();
            format!(
                "{condition}: holds at no value from {path} = {low} to {high}: {path} does not mend it here."
            )
        }
        Holds::Between => {
            let first = until.tries.iter().position(|tried| tried.holds).unwrap_or(0);
            let (low, high) = ends();
            format!(
                "{condition}: holds neither at {path} = {low} nor at {high}, but at {} in between: met and missed alternate.",
                value(first)
            )
        }
    }
}
