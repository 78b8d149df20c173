//! What a result rests on: `#assumptions`, and `#how` sure it is.

use maud::html;

use super::bits::{Section, Table};
use crate::output::clock;
use crate::output::lookup::local_time;
use crate::output::sentences::{precision_sentence, steady_sentence, warning_sentence};
use crate::output::words::{count, duration, thousands};
use crate::results::RunResult;
use crate::results::assumed::{self, Assumption, Kind};

/// Assumptions that are shown; all are in the table.
const SHOWN: usize = 8;

pub(super) fn assumptions(lines: &[String]) -> Section {
    let all = assumed::read(lines);
    let guessed: Vec<&Assumption<'_>> =
        all.iter().filter(|of| of.kind != Kind::Published && !of.is_own()).collect();
    let rows = all
        .iter()
        .map(|of| [of.path, of.value, of.kind.token(), of.source].map(str::to_owned).to_vec())
        .collect();
    let columns = [("path", false), ("value", false), ("rests on", false), ("source", false)];
    let table = Table { caption: "Settings that the scenario left to casim", columns: &columns, rows };
    let body = html! {
        @if !guessed.is_empty() {
            ul.as { @for of in guessed.iter().take(SHOWN) {
                li { code { (of.path) } " = " (of.value) " " span { (of.source) } }
            } }
        }
        (table.folded("All of them"))
    };
    let how = match guessed.is_empty() {
        true => "",
        false => "How much each of them moves a result, and which turn a verdict: casim sensitivity.",
    };
    Section {
        id: "assumptions",
        nav: "Assumptions",
        topic: "Assumptions".to_owned(),
        finding: title(all.len(), guessed.len()),
        how: how.to_owned(),
        body,
    }
}

fn title(all: usize, guessed: usize) -> String {
    let settings = count(all, "setting");
    let were = if all == 1 { "was" } else { "were" };
    match (all, guessed) {
        (0, _) => "The scenario states every setting itself".to_owned(),
        (_, 0) => format!("{settings} {were} left to casim, each with a published source"),
        _ => format!(
            "{settings} {were} left to casim; {guessed} of them {} on an assumption or on memory, not on a source",
            if guessed == 1 { "rests" } else { "rest" }
        ),
    }
}

/// What a page says of where its result comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'o> {
    pub(super) played_by: &'o (String, u64),
    pub(super) seed: u64,
    pub(super) digest: &'o str,
    pub(super) arguments: &'o [String],
}

pub(super) fn how(run: &RunResult, origin: &Origin<'_>) -> Section {
    let runs = run.replications;
    let finding = match runs {
        1 => "One replication: nothing here has an interval".to_owned(),
        runs => format!("Means over {} replications, with 95 % intervals", thousands(u64::from(runs))),
    };
    let end = crate::kernel::SimSpan(run.window.0);
    let mut rows = vec![
        ("Replications", thousands(u64::from(runs))),
        (
            "Measured window",
            format!(
                "{} from {} to {} ({}) after {} of warm-up",
                duration(run.window.0 as f64),
                local_time(run, crate::kernel::SimSpan::ZERO),
                local_time(run, end),
                clock::zone(run.clock_offset_minutes),
                duration(run.warmup.0 as f64)
            ),
        ),
        ("Seed", origin.seed.to_string()),
        ("Scenario digest", origin.digest.to_owned()),
        ("casim", format!("{}, results {}", origin.played_by.0, origin.played_by.1)),
    ];
    if let Some(found) = &run.steady {
        rows.push(("Warm-up", steady_sentence(found)));
    }
    if let Some(reached) = &run.precision {
        rows.push(("Precision", precision_sentence(reached)));
    }
    if !origin.arguments.is_empty() {
        rows.push(("Changed by", origin.arguments.join(", ")));
    }
    let warnings: Vec<String> = run.warnings.iter().map(warning_sentence).collect();
    rows.push(("Warnings", if warnings.is_empty() { "none".to_owned() } else { warnings.join("; ") }));
    let body = html! { dl { @for (name, value) in &rows { div { dt { (name) } dd { (value) } } } } };
    let how = "The same scenario, seed and version of casim give the same page, byte for byte.";
    Section {
        id: "how",
        nav: "How sure",
        topic: "How sure is this".to_owned(),
        finding,
        how: how.to_owned(),
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_assumptions() {
        assert_eq!(title(0, 0), "The scenario states every setting itself");
        assert_eq!(title(1, 0), "1 setting was left to casim, each with a published source");
        assert_eq!(
            title(227, 111),
            "227 settings were left to casim; 111 of them rest on an assumption or on memory, not on a source"
        );
    }
}
