//! The change request: `changes.csv`, and what is said of it on the terminal, in Markdown and JSON.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::words::yes;
use crate::output::tables::columns::{Column, Table, Value, columns, int, name, text};
use crate::output::words::{count, shorten, thousands};
use crate::results::changes::{ChangeRequest, ChangeRow, Order, Refused};
use crate::results::compared::{Against, Comparison};

/// Steps that are told one by one.
const FEW: usize = 12;

/// The file of the scenario after a step; `place` is the number of the other scenario.
#[must_use]
pub fn step_file(comparison: &Comparison, place: usize, step: u32) -> String {
    let steps =
        comparison.others.get(place).and_then(|against| against.changes.as_ref()).map_or(0, |of| of.steps);
    let width = steps.to_string().len().max(2);
    match comparison.others.len() {
        1 => format!("steps/{step:0width$}.toml"),
        _ => format!("steps/{}-{step:0width$}.toml", place + 1),
    }
}

#[derive(Debug)]
pub(super) struct Changes;

/// A row with where it stands.
#[derive(Debug)]
pub(in crate::output) struct Change<'r> {
    comparison: &'r Comparison,
    pub(in crate::output) place: usize,
    against: &'r Against,
    pub(in crate::output) row: &'r ChangeRow,
}

impl Change<'_> {
    /// The whole line of `casim explain`.
    pub(in crate::output) fn test(&self) -> Option<String> {
        let file = || step_file(self.comparison, self.place, self.row.asked_after);
        (!self.row.test.is_empty()).then(|| format!("casim explain {} {}", file(), self.row.test))
    }
}

/// Every row of every other.
pub(in crate::output) fn rows(comparison: &Comparison) -> impl Iterator<Item = Change<'_>> {
    comparison.others.iter().enumerate().flat_map(move |(place, against)| {
        let rows = against.changes.iter().flat_map(|request| &request.rows);
        rows.map(move |row| Change { comparison, place, against, row })
    })
}

pub(in crate::output) fn refused(of: &Refused) -> String {
    let clients = thousands((of.clients + 0.5) as u64);
    format!("{} of {} ({clients} clients)", of.protocol.title(), of.population)
}

fn all_refused(row: &ChangeRow) -> String {
    row.refused.iter().map(refused).collect::<Vec<_>>().join("; ")
}

/// A text of ours or of the user's; blank where it is empty.
fn filled(text: &str) -> Value<'_> {
    if text.is_empty() { Value::Blank } else { name(text) }
}

impl Table for Changes {
    type Row<'r> = Change<'r>;
    const NAME: &'static str = "changes";
    const ROW: &'static str = "a setting, DNS record, name of a certificate, rule of a firewall, line, server, or fact about users that comes, goes or changes, in the order of the steps to make it. After each step everybody is served who was served in the base, unless `refused` says who is not: every step was laid on those before it, and the rules were asked for each population and protocol. `steps/00.toml` is the base, `steps/NN.toml` the scenario after step NN (with several others `steps/2-07.toml`: the second of them after step 7)";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "step" Count "from 1; rows of one step are made at once" => |row| int(row.row.step),
        "kind" Word "`dns`, `certificate`, `firewall`, `network` (sites, lines), `servers`, `setting` (of Exchange), `users` or `assumption` (what casim is asked; nothing of the organisation)" => |row| text(row.row.kind.token()),
        "what" Word "as administrators call it" => |row| name(row.row.what.as_str()),
        "path" Word "key of the scenario, as `--set` takes it; blank where none states it (a port, a name that a certificate needs)" => |row| filled(&row.row.path),
        "base" Word "before; blank where there is nothing" => |row| filled(&row.row.base),
        "other" Word "after; blank where there is nothing" => |row| filled(&row.row.other),
        "command" Word "the command of the Exchange Management Shell, or in words what is to be done" => |row| filled(&row.row.command),
        "undo" Word "what takes it back" => |row| filled(&row.row.undo),
        "shell" Word "`yes` where `command` and `undo` are commands" => |row| yes(row.row.is_shell),
        "test" Word "a question that is answered otherwise after the step than before it (to be asked in this folder; ask the step before for the difference), or, of something that is only needed at another step, one that needs it; what no answer depends on has one that has to stay the same; blank for figures of the question" => |row| row.test().map_or(Value::Blank, name),
        "before" Word "what that is answered before the step" => |row| filled(&row.row.before),
        "after" Word "what it is answered after it" => |row| filled(&row.row.after),
        "refused" Word "who is refused after the step and was served in the base, joined by semicolons; blank: nobody" => |row| match row.row.refused.as_slice() {
            [] => Value::Blank,
            _ => name(all_refused(row.row)),
        },
        "scenario" Word "the other scenario" => |row| name(row.against.other.name.as_str()),
    }];
}

/// What is known of the order, in a sentence.
pub(in crate::output) fn order(request: &ChangeRequest) -> String {
    let steps = count(request.steps as usize, "step");
    match request.order {
        Order::Serves => {
            let (after, each) =
                if request.steps == 1 { ("after which", "") } else { ("after each of which", " each time") };
            format!(
                "{steps}, {after} everybody is served who was served before ({} asked{each})",
                kinds(request.asked)
            )
        }
        Order::None => format!("{steps}; no order of them serves everybody all the time"),
        Order::NotFound => {
            format!(
                "{steps}; no order that serves everybody was found in {} trials",
                thousands(request.trials as u64)
            )
        }
    }
}

fn kinds(asked: usize) -> String {
    match asked {
        1 => "1 kind of clients".to_owned(),
        n => format!("{n} kinds of clients"),
    }
}

/// Who is refused, and after which steps.
pub(in crate::output) fn losses(request: &ChangeRequest) -> Vec<String> {
    let told = |(first, last, of): (u32, u32, Refused)| {
        let steps = if first == last { format!("step {first}") } else { format!("steps {first} to {last}") };
        let end = if last == request.steps { ", and so in the end" } else { "" };
        format!("{} refused after {steps}{end}", refused(&of))
    };
    request.refused().into_iter().map(told).collect()
}

/// From what to what, in a line.
pub(in crate::output) fn change(row: &ChangeRow) -> String {
    let told = |value: &str| if value.is_empty() { "-".to_owned() } else { value.to_owned() };
    format!("{}: {} -> {}", row.what, told(&row.base), told(&row.other))
}

/// Writes the first steps to a terminal.
pub(super) fn summary(out: &mut dyn Write, against: &Against, width: usize) -> io::Result<()> {
    let Some(request) = &against.changes else { return Ok(()) };
    if request.rows.is_empty() {
        return writeln!(out, "Change request: nothing has to be done.");
    }
    writeln!(out, "Change request: {}:", order(request))?;
    for loss in losses(request) {
        writeln!(out, "  {loss}")?;
    }
    let digits = request.steps.to_string().len();
    for row in request.rows.iter().take(FEW) {
        let line = format!("  {:>digits$}  {:<11}  {}", row.step, row.kind.token(), change(row));
        writeln!(out, "{}", shorten(&line, width))?;
    }
    let more = request.rows.len().saturating_sub(FEW);
    if more > 0 {
        writeln!(out, "  and {more} more; commands, undo and tests are in changes.csv")?;
    } else {
        writeln!(out, "  Commands, undo and tests are in changes.csv")?;
    }
    Ok(())
}

/// Writes the whole as Markdown.
pub(super) fn markdown(out: &mut dyn Write, comparison: &Comparison, place: usize) -> io::Result<()> {
    let against = &comparison.others[place];
    let Some(request) = against.changes.as_ref().filter(|request| !request.rows.is_empty()) else {
        return Ok(());
    };
    let safe = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let code = |text: &str| if text.is_empty() { String::new() } else { format!("`{}`", safe(text)) };
    writeln!(out, "\n### Change request\n\n{}.\n", order(request))?;
    for loss in losses(request) {
        writeln!(out, "- {}", safe(&loss))?;
    }
    if request.order != Order::Serves {
        writeln!(out)?;
    }
    writeln!(out, "| step | what | command | undo | test | answer |\n|---|---|---|---|---|---|")?;
    for change_row in rows(comparison).filter(|row| row.place == place) {
        let row = change_row.row;
        let shell = |text: &str| if row.is_shell { code(text) } else { safe(text) };
        let answer = match (row.before.as_str(), row.after.as_str()) {
            ("", one) | (one, "") => one.to_owned(),
            (before, after) if before == after => before.to_owned(),
            (before, after) => format!("{before} \u{2192} {after}"),
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            row.step,
            safe(&change(row)),
            shell(&row.command),
            shell(&row.undo),
            code(&change_row.test().unwrap_or_default()),
            safe(&answer)
        )?;
    }
    Ok(())
}

/// The whole as JSON.
pub(super) fn object(comparison: &Comparison, place: usize) -> Json {
    let Some(request) = &comparison.others[place].changes else { return Json::Null };
    let told = |of: &Refused| json!({ "population": of.population, "protocol": of.protocol.token(), "users": (of.clients * 1e6).round() / 1e6 });
    let own = rows(comparison).filter(|row| row.place == place);
    json!({
        "steps": request.steps,
        "order": match request.order {
            Order::Serves => "serves",
            Order::None => "none",
            Order::NotFound => "not_found",
        },
        "trials": request.trials,
        "kinds_asked": request.asked,
        "rows": own.map(|of| json!({
            "step": of.row.step,
            "kind": of.row.kind.token(),
            "what": of.row.what,
            "path": of.row.path,
            "base": of.row.base,
            "other": of.row.other,
            "command": of.row.command,
            "undo": of.row.undo,
            "shell": of.row.is_shell,
            "test": of.test(),
            "before": of.row.before,
            "after": of.row.after,
            "refused": of.row.refused.iter().map(told).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}
