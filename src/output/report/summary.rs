//! `summary.md`, to be pasted into a ticket, and `summary.json`, for a script: verdict, objectives,
//! failures, findings and capacity in a few lines.

use std::fmt::Write;

use serde_json::{Value, json};

use super::bits::Section;
use super::objectives::Count;
use super::shown::{Shown, requests, subtitle};
use crate::output::format::turns_direction;
use crate::output::words::{percent, thousands};
use crate::output::{lookup, sentences};
use crate::results::objectives::Finding;
use crate::results::setup::{Found, Gravity};
use crate::results::{Bottleneck, RunResult};
use crate::stats::verdict::Word;

/// Names of the files in a folder.
pub const MARKDOWN: &str = "summary.md";
/// The same for scripts.
pub const JSON: &str = "summary.json";

/// Number of the layout of `summary.json`: within one number keys are only added.
const FORMAT: u32 = 1;

/// Lines of each kind.
const GOALS: usize = 8;
const FINDINGS: usize = 5;
const CAPACITIES: usize = 3;

/// `summary.md`: `sections` are those of the page, whose headlines it repeats.
pub(super) fn markdown(shown: Shown<'_>, sections: &[Section]) -> String {
    let Shown { run, setup, about, .. } = shown;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# {}: {}\n", plain(&about.title), plain(&Count::of(run).sentence()));
    let _ = writeln!(text, "{}\n", plain(&subtitle(run, setup)));
    let finding = |id: &str| sections.iter().find(|section| section.id == id).map(|of| of.finding.as_str());
    let mut list = |head: &str, found: Option<&str>, lines: &[String], all: usize| {
        let _ = writeln!(text, "**{head}.** {}\n", plain(found.unwrap_or("Nothing to tell")));
        for line in lines {
            let _ = writeln!(text, "- {line}");
        }
        if all > lines.len() && !lines.is_empty() {
            let _ = writeln!(text, "- and {} more", all - lines.len());
        }
        if !lines.is_empty() {
            text.push('\n');
        }
    };
    let goals: Vec<&Finding> = not_met(run);
    let lines: Vec<String> = goals
        .iter()
        .take(GOALS)
        .map(|goal| format!("{}: {}", goal.verdict.token(), plain(&sentences::sentence(run, goal))))
        .collect();
    list("Objectives", finding("objectives"), &lines, goals.len());
    list("Failures", finding("failures"), &[], 0);
    let lines: Vec<String> = setup.findings.iter().take(FINDINGS).map(found_line).collect();
    list("Findings", finding("findings"), &lines, setup.findings.len());
    let lines: Vec<String> = capacities(run)
        .map(|row| {
            let (name, of) = lookup::strained(run, row);
            format!("{}: {} of {of}", plain(&name), percent(row.strain()))
        })
        .collect();
    list("Capacity", finding("capacity"), &lines, 0);
    let _ = writeln!(
        text,
        "casim {}, scenario {}, seed {}; report.html has the rest.",
        plain(&about.played_by.0),
        about.digest.get(..12).unwrap_or(&about.digest),
        about.seed
    );
    text
}

/// Goals that are not met, those that are missed by most first.
fn not_met(run: &RunResult) -> Vec<&Finding> {
    let mut goals: Vec<&Finding> = run.objectives.iter().filter(|goal| goal.verdict != Word::Met).collect();
    goals.sort_by(|a, b| {
        (b.is_missed(), b.excess()).partial_cmp(&(a.is_missed(), a.excess())).expect("no NaN")
    });
    goals
}

/// What is closest to its limit.
fn capacities(run: &RunResult) -> impl Iterator<Item = &Bottleneck> {
    run.bottlenecks.iter().filter(|row| row.strain() > 0.0).take(CAPACITIES)
}

fn found_line(found: &Found) -> String {
    let fix = match found.fix.as_str() {
        "" => String::new(),
        fix => format!("; fix: {}", plain(fix)),
    };
    let more = match found.others.len() {
        0 => String::new(),
        others => format!(" (and {} of its kind)", thousands(others as u64)),
    };
    format!("{} {}: {}{more}{fix}", found.gravity.words(), found.lint, plain(&found.message))
}

/// Text that Markdown takes as it stands, in one line: names may hold anything.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            // Of a quotation the marks are not needed, and unpaired ones would swallow what follows.
            '`' => out.push('\''),
            '\\' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(letter);
            }
            letter if turns_direction(letter) => {}
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// `summary.json`.
pub(super) fn json(shown: Shown<'_>) -> String {
    let Shown { run, setup, about, .. } = shown;
    let runs = u64::from(run.replications.max(1));
    let (all, failed) = requests(run);
    let with = |gravity: Gravity| setup.findings.iter().filter(|of| of.gravity == gravity).count();
    let goal = |goal: &Finding| {
        json!({
            "subject": sentences::subject(run, goal),
            "measure": crate::output::tokens::measure(goal),
            "verdict": goal.verdict.token(),
            "words": sentences::sentence(run, goal),
        })
    };
    let mut reasons: Vec<(&str, u64)> = Vec::new();
    for row in run.failures.iter().filter(|row| row.count > 0) {
        match reasons.iter_mut().find(|(token, _)| *token == row.failure.token()) {
            Some((_, count)) => *count += row.count,
            None => reasons.push((row.failure.token(), row.count)),
        }
    }
    reasons.sort_by_key(|(token, count)| (std::cmp::Reverse(*count), *token));
    let per_run = |count: u64| if runs == 1 { json!(count) } else { json!(count as f64 / runs as f64) };
    let found = |of: &Found| {
        json!({
            "gravity": of.gravity.words(), "lint": of.lint, "message": of.message, "path": of.path, "fix": of.fix,
            "others": of.others.len(),
        })
    };
    let counted = Count::of(run);
    let verdict = match counted {
        Count { all: 0, .. } => "none",
        Count { missed, .. } if missed > 0 => Word::Missed.token(),
        Count { open, .. } if open > 0 => Word::Open.token(),
        _ => Word::Met.token(),
    };
    let object: Value = json!({
        "format": FORMAT,
        "casim_version": about.played_by.0,
        "results": about.played_by.1,
        "scenario": about.title,
        "scenario_digest": about.digest,
        "seed": about.seed,
        "replications": run.replications,
        "verdict": verdict,
        "objectives": {
            "goals": counted.all, "missed": counted.missed, "open": counted.open, "unjudged": counted.unjudged,
            "not_met": not_met(run).into_iter().map(goal).collect::<Vec<_>>(),
        },
        "requests": per_run(all),
        "failed_requests": per_run(failed),
        "failures": reasons.iter().map(|(token, count)| json!({ "failure": token, "requests": per_run(*count) })).collect::<Vec<_>>(),
        "findings": {
            "errors": with(Gravity::Error), "warnings": with(Gravity::Warning), "notes": with(Gravity::Note),
            "gravest": setup.findings.iter().take(FINDINGS).map(found).collect::<Vec<_>>(),
        },
        "capacity": capacities(run).map(|row| json!({ "name": lookup::scarce_label(run, row), "share_of_limit": (row.strain() * 1e6).round() / 1e6 })).collect::<Vec<_>>(),
    });
    format!("{object:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Markdown would take as a tag, a link, a table or a heading.
    #[test]
    fn names_stay_text() {
        assert_eq!(plain("<b>*x*</b>\n# [a](b) | c"), r"&lt;b&gt;\*x\*&lt;/b&gt; \# \[a\](b) \| c");
    }
}
