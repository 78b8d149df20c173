//! `casim check`: what is wrong with a scenario's organisation.
//!
//! Asks [`crate::check`] and renders; judges nothing itself.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::down::Down;
use super::error::{Answer, Error};
use super::form::{self, Form, Printed};
use super::load::load_organisation;
use crate::check::cores::{Core, cores};
use crate::check::{self, Group, Report, document, word};
use crate::diagnostics::{self, Diagnostic, Severity};
use crate::model::topology::Topology;
use crate::output::terminal::Look;
use crate::quantity::{self, Dimension};
use crate::scenario::{Override, Scenario};

/// Arguments of `casim check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code: 0 clean or only warnings and notes, 1 errors found, 2 bad input.\n\
                        docs/lints.md tells what each lint looks for and why. Where more than three findings say the\n\
                        same of different servers or sites they are one, with a count; --each tells them one by one.")]
pub struct Args {
    /// Scenario file.
    #[arg(required_unless_present = "list_lints")]
    scenario: Option<PathBuf>,
    /// Lay a value on the scenario, as in `run`.
    #[arg(long, value_name = "PATH=VALUE", value_parser = Override::parse)]
    set: Vec<Override>,
    /// What is down, as in `explain`; may be repeated: a server with all its roles, a site with
    /// all its servers and the lines at it or its servers with one role, one service of either. Names, balancers and databases have
    /// moved on.
    #[arg(long, value_name = "WHAT")]
    down: Vec<String>,
    /// Every finding by itself.
    #[arg(long)]
    each: bool,
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
    let topology = &scenario.model.topology;
    Down::read(&args.down, topology)?;
    let down = |topology: &Topology| Down::read(&args.down, topology).unwrap_or_default().lost;
    let reports = check::check_while(&scenario, &down);
    let groups: Vec<Group<'_>> = if args.each {
        reports.iter().map(|first| Group { first, others: Vec::new() }).collect()
    } else {
        check::grouped(topology, &reports)
    };
    match args.printed.form() {
        Form::Json => writeln!(out, "{:#}", as_json(&scenario, &args.down, &reports, &groups))?,
        Form::Text => {
            let shown: Vec<Diagnostic> = groups.iter().map(diagnostic).collect();
            out.write_all(
                diagnostics::render(&shown, &scenario.sources, Look::of_stdout().colour).as_bytes(),
            )?;
            if !shown.is_empty() {
                writeln!(out)?;
            }
            writeln!(out, "{}", summary(&scenario, &args.down, &reports))?;
            for core in cores(topology) {
                writeln!(out, "{}", clocked(&core))?;
            }
        }
        form => form::rows(form, &COLUMNS, groups.iter().map(|group| row(&scenario, group)), out)?,
    }
    let errors = count(&reports, Severity::Error);
    if errors > 0 {
        return Err(Answer::Faults { errors }.into());
    }
    Ok(())
}

/// Columns of the findings as CSV and Markdown.
const COLUMNS: [&str; 12] = [
    "severity", "lint", "title", "message", "path", "file", "line", "column", "set", "shell", "count",
    "others",
];

/// Findings of a group that are named in a line each beside the first.
const NAMED: usize = 20;

/// A group for people: its first finding, and what differs in the others.
fn diagnostic(group: &Group<'_>) -> Diagnostic {
    let shown = group.first.diagnostic();
    if group.others.is_empty() {
        return shown;
    }
    let shown = shown.help(format!("{} like this, the others:", group.count()));
    let lines = group.others.iter().take(NAMED).map(|other| {
        let fix = other.finding.fix.options();
        let fix = if fix.is_empty() { fix } else { format!(" (scenario: {fix})") };
        format!("{}{fix}", other.finding.message)
    });
    let shown = lines.fold(shown, Diagnostic::help);
    let more = group.others.len().saturating_sub(NAMED);
    if more > 0 { shown.help(format!("... and {more} more: casim check --each")) } else { shown }
}

fn row(scenario: &Scenario, group: &Group<'_>) -> [String; 12] {
    let report = group.first;
    let finding = &report.finding;
    let others: Vec<&str> = group.others.iter().map(|other| other.finding.path.as_str()).collect();
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
        group.count().to_string(),
        others.join(";"),
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

fn summary(scenario: &Scenario, down: &[String], reports: &[Report]) -> String {
    let down = if down.is_empty() { String::new() } else { format!(" with {} down", down.join(", ")) };
    if reports.is_empty() {
        return format!("{}{down}: nothing found", scenario.name);
    }
    format!(
        "{}{down}: {}, {}, {}",
        scenario.name,
        plural(count(reports, Severity::Error), "error"),
        plural(count(reports, Severity::Warning), "warning"),
        plural(count(reports, Severity::Note), "note")
    )
}

/// Sites that are named beside a core.
const SITES: usize = 6;

/// What the clock of a core means, for people.
fn clocked(core: &Core) -> String {
    let named = core.sites.iter().take(SITES).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = core.sites.len().saturating_sub(SITES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "a core of {} counts as SPECint_rate2006 {:.1} (sizing tables {}): {named}{more}",
        quantity::print(core.mhz, Dimension::Frequency),
        core.specint_rate(),
        core.tables(),
    )
}

/// A finding; `lint` and what is of every one of its kind once.
fn finding_json(scenario: &Scenario, report: &Report) -> Value {
    let finding = &report.finding;
    let place = report.span.and_then(|span| scenario.sources.locate(span));
    let users: Vec<Value> = finding
        .users
        .iter()
        .map(|users| json!({ "population": users.population, "mailboxes": users.mailboxes }))
        .collect();
    json!({
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
    })
}

fn group_json(scenario: &Scenario, group: &Group<'_>) -> Value {
    let report = group.first;
    let mut whole = json!({
        "lint": report.lint.id,
        "severity": word(report.severity),
        "title": report.lint.title,
    });
    let last = json!({
        "source": report.lint.source,
        "confidence": report.lint.confidence.token(),
        "count": group.count(),
        "others": group.others.iter().map(|other| finding_json(scenario, other)).collect::<Vec<_>>(),
    });
    if let Value::Object(keys) = &mut whole {
        for part in [finding_json(scenario, report), last] {
            keys.extend(part.as_object().cloned().unwrap_or_default());
        }
    }
    whole
}

fn core_json(core: &Core) -> Value {
    json!({
        "mhz": core.mhz,
        "specint_rate": core.specint_rate(),
        "tables": core.tables(),
        "sites": core.sites,
    })
}

fn as_json(scenario: &Scenario, down: &[String], reports: &[Report], groups: &[Group<'_>]) -> Value {
    let findings: Vec<Value> = groups.iter().map(|group| group_json(scenario, group)).collect();
    form::document(json!({
        "scenario": scenario.name,
        "errors": count(reports, Severity::Error),
        "warnings": count(reports, Severity::Warning),
        "notes": count(reports, Severity::Note),
        "findings": findings,
        "down": down,
        "cores": cores(&scenario.model.topology).iter().map(core_json).collect::<Vec<_>>(),
    }))
}
