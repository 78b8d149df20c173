//! `casim check`: what is wrong with a scenario's organisation.
//!
//! Asks [`crate::check`] and renders; judges nothing itself.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::{Answer, Error};
use super::form::{self, Form, Printed};
use super::load::{few_of_each, load_organisation};
use crate::check::{self, Report, document, word};
use crate::diagnostics::{self, Severity};
use crate::scenario::{Override, Scenario};

/// Arguments of `casim check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code: 0 clean or only warnings and notes, 1 errors found, 2 bad input.\n\
                        docs/lints.md tells what each lint looks for and why.")]
pub struct Args {
    /// Scenario file.
    #[arg(required_unless_present = "list_lints")]
    scenario: Option<PathBuf>,
    /// Lay a value on the scenario, as in `run`.
    #[arg(long, value_name = "PATH=VALUE", value_parser = Override::parse)]
    set: Vec<Override>,
    #[command(flatten)]
    pub(super) printed: Printed,
    /// Every lint, as docs/lints.md.
    #[arg(long)]
    list_lints: bool,
}

pub(super) fn exec(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    if args.list_lints {
        return list(args.printed.asked().unwrap_or(Form::Markdown), out);
    }
    let path: &Path = args.scenario.as_deref().unwrap_or(Path::new(""));
    let scenario = load_organisation(path, &args.set, err)?;
    let reports = check::check(&scenario);
    match args.printed.form() {
        Form::Json => writeln!(out, "{:#}", as_json(&scenario, &reports))?,
        Form::Text => {
            let shown =
                few_of_each(reports.iter().map(Report::diagnostic).collect(), "casim check --format csv");
            out.write_all(diagnostics::render(&shown, &scenario.sources, false).as_bytes())?;
            if !shown.is_empty() {
                writeln!(out)?;
            }
            writeln!(out, "{}", summary(&scenario, &reports))?;
        }
        form => form::rows(form, &COLUMNS, reports.iter().map(|report| row(&scenario, report)), out)?,
    }
    let errors = count(&reports, Severity::Error);
    if errors > 0 {
        return Err(Answer::Faults { errors }.into());
    }
    Ok(())
}

/// Columns of the findings as CSV and Markdown.
const COLUMNS: [&str; 10] =
    ["severity", "lint", "title", "message", "path", "file", "line", "column", "set", "shell"];

fn row(scenario: &Scenario, report: &Report) -> [String; 10] {
    let finding = &report.finding;
    let place = report.span.and_then(|span| scenario.sources.locate(span));
    let (file, at) = place.map_or((String::new(), None), |(file, at)| (file.to_owned(), Some(at)));
    [
        word(report.severity).to_owned(),
        report.lint.id.to_owned(),
        report.lint.title.to_owned(),
        finding.message.clone(),
        finding.path.clone(),
        file,
        at.map_or_else(String::new, |at| at.line.to_string()),
        at.map_or_else(String::new, |at| at.column.to_string()),
        finding.fix.line(),
        finding.fix.command.clone(),
    ]
}

/// Every lint.
fn list(form: Form, out: &mut dyn Write) -> Result<(), Error> {
    let all = || check::lints::all().map(|lint| [lint.id, word(lint.severity), lint.title, lint.source]);
    match form {
        Form::Markdown | Form::Text => out.write_all(document::document().as_bytes())?,
        Form::Csv => form::rows(form, &["lint", "severity", "title", "source"], all(), out)?,
        Form::Json => {
            let lints: Vec<Value> = all()
                .map(|[id, severity, title, source]| {
                    json!({ "lint": id, "severity": severity, "title": title, "source": source })
                })
                .collect();
            writeln!(out, "{:#}", form::document(json!({ "lints": lints })))?;
        }
    }
    Ok(())
}

fn count(reports: &[Report], severity: Severity) -> usize {
    reports.iter().filter(|report| report.severity == severity).count()
}

fn plural(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

fn summary(scenario: &Scenario, reports: &[Report]) -> String {
    if reports.is_empty() {
        return format!("{}: nothing found", scenario.name);
    }
    format!(
        "{}: {}, {}, {}",
        scenario.name,
        plural(count(reports, Severity::Error), "error"),
        plural(count(reports, Severity::Warning), "warning"),
        plural(count(reports, Severity::Note), "note")
    )
}

fn as_json(scenario: &Scenario, reports: &[Report]) -> Value {
    let findings: Vec<Value> = reports
        .iter()
        .map(|report| {
            let finding = &report.finding;
            let place = report.span.and_then(|span| scenario.sources.locate(span));
            let users: Vec<Value> = finding
                .users
                .iter()
                .map(|users| json!({ "population": users.population, "mailboxes": users.mailboxes }))
                .collect();
            json!({
                "lint": report.lint.id,
                "severity": word(report.severity),
                "title": report.lint.title,
                "message": finding.message,
                "path": finding.path,
                "file": place.as_ref().map(|(file, _)| *file),
                "line": place.as_ref().map(|(_, at)| at.line),
                "column": place.as_ref().map(|(_, at)| at.column),
                "users": users,
                "fix": {
                    "set": finding.fix.line(), "sets": finding.fix.sets(), "shell": finding.fix.command,
                    "untried": finding.fix.untried,
                },
                "source": report.lint.source,
                "confidence": report.lint.confidence.token(),
            })
        })
        .collect();
    form::document(json!({
        "scenario": scenario.name,
        "errors": count(reports, Severity::Error),
        "warnings": count(reports, Severity::Warning),
        "notes": count(reports, Severity::Note),
        "findings": findings,
    }))
}
