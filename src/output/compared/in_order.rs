//! A migration: `steps.csv`, `old_servers.csv`, and what is said of both.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::request::{losses, refused};
use super::words::{goals, metric, subject};
use crate::output::tables::columns::{Column, Table, Value, columns, int, name, text, whole};
use crate::output::words::{count, thousands};
use crate::results::changes::{Order, Refused};
use crate::results::compared::{Against, ComparedRow, Comparison, InOrder, OldServers, Stage};

/// A step with all that is known of it.
#[derive(Debug)]
pub(in crate::output) struct Step<'r> {
    pub(in crate::output) number: u32,
    /// Against the base.
    pub(in crate::output) against: &'r Against,
    pub(in crate::output) stage: &'r Stage,
}

/// The steps of a comparison, if it has such.
pub(in crate::output) fn steps(comparison: &Comparison) -> impl Iterator<Item = Step<'_>> {
    let stages = comparison.in_order.iter().flat_map(|in_order| &in_order.stages);
    let numbered = (1..).zip(&comparison.others).zip(stages);
    numbered.map(|((number, against), stage)| Step { number, against, stage })
}

/// Rows that are wanted, in words.
pub(in crate::output) fn told(against: &Against, wanted: fn(&ComparedRow) -> bool) -> String {
    let rows = against.rows.iter().filter(|row| wanted(row));
    rows.map(|row| format!("{} {}", subject(&row.about), metric(row))).collect::<Vec<_>>().join("; ")
}

fn filled<'r>(text: String) -> Value<'r> {
    if text.is_empty() { Value::Blank } else { name(text) }
}

impl Step<'_> {
    pub(in crate::output) fn refused(&self) -> String {
        self.stage.refused.iter().map(refused).collect::<Vec<_>>().join("; ")
    }

    /// Findings that the base has not.
    fn findings(&self) -> String {
        let new = self.against.findings.iter().filter(|of| of.new);
        new.map(|of| format!("{} {}: {}", of.severity, of.lint, of.message)).collect::<Vec<_>>().join("; ")
    }

    fn noticing(&self) -> f64 {
        self.stage.before.affected.iter().map(|of| of.clients).sum()
    }
}

#[derive(Debug)]
pub(super) struct Steps;

impl Table for Steps {
    type Row<'r> = Step<'r>;
    const NAME: &'static str = "steps";
    const ROW: &'static str = "a step of a migration (`--in-order`), beside the base and beside the step before; without `--in-order` there is no such file";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "step" Count "from 1" => |row| int(row.number),
        "scenario" Word "its scenario" => |row| name(row.against.other.name.as_str()),
        "goals_met" Count "goals with this verdict" => |row| int(row.against.other.goals[0] as u64),
        "goals_missed" Count "likewise" => |row| int(row.against.other.goals[1] as u64),
        "goals_open" Count "likewise" => |row| int(row.against.other.goals[2] as u64),
        "goals_unjudged" Count "likewise" => |row| int(row.against.other.goals[3] as u64),
        "newly_missed" Word "goals that are missed and are not in the base, joined by semicolons" => |row| filled(told(row.against, ComparedRow::newly_missed)),
        "newly_missed_since" Word "and are not in the step before" => |row| filled(told(&row.stage.before, ComparedRow::newly_missed)),
        "newly_met_since" Word "goals that are met and are missed in the step before" => |row| filled(told(&row.stage.before, ComparedRow::newly_met)),
        "refused" Word "who is refused and was served in the base, joined by semicolons" => |row| filled(row.refused()),
        "new_findings" Word "findings of check that the base has not, joined by semicolons" => |row| filled(row.findings()),
        "affected_users" Count "clients who are served in another way than in the step before (affected.csv)" => |row| Value::Real(row.noticing()),
        "changes" Count "steps of the change request from the scenario before (changes.csv)" => |row| whole(row.against.changes.as_ref().map(|of| of.steps)),
        "changes_refuse" Word "`yes` where on the way from the scenario before somebody is refused in between, whatever the order" => |row| match row.against.changes.as_ref().is_some_and(|of| of.order != Order::Serves) {
            true => text("yes"),
            false => Value::Blank,
        },
    }];
}

#[derive(Debug)]
pub(super) struct Old;

impl Table for Old {
    type Row<'r> = &'r OldServers;
    const NAME: &'static str = "old_servers";
    const ROW: &'static str = "servers of the base in a migration (`--in-order`): how long requests that are served reach them, by way of a name, a redirect or another server, as the rules decide while nothing fails; without `--in-order` there is no such file";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "servers" Word "server group" => |row| name(row.name.as_str()),
        "site" Word "its site" => |row| name(row.site.as_str()),
        "last_step" Count "the last step in which a request reaches them, 0 for the base: so long they have to stay; blank where none ever does" => |row| whole(row.last),
        "protocols" Word "whose requests those are in that step, joined by semicolons" => |row| filled(row.reached.iter().map(|(protocol, _)| protocol.token()).collect::<Vec<_>>().join(";")),
        "users" Count "their clients in that step" => |row| Value::Real(row.reached.iter().map(|of| of.1).sum()),
        "gone_at_step" Count "the first step whose scenario has them no more; blank where the last has them" => |row| whole(row.gone),
    }];
}

/// How long servers stay, in a sentence.
pub(in crate::output) fn stays(of: &OldServers, last: u32) -> String {
    let clients = thousands((of.reached.iter().map(|of| of.1).sum::<f64>() + 0.5) as u64);
    let protocols: Vec<&str> = of.reached.iter().map(|(protocol, _)| protocol.title()).collect();
    let who = format!("{clients} clients of {}", protocols.join(", "));
    let needed = match of.last {
        None => "no request reaches them".to_owned(),
        Some(step) if step >= last => format!("still reached in the last step ({who})"),
        Some(0) => format!("reached in the base alone ({who}): not needed from step 1 on"),
        Some(step) => format!("needed until step {step} ({who}), and not from step {} on", step + 1),
    };
    let gone = of.gone.map_or_else(String::new, |step| format!("; gone at step {step}"));
    format!("{}: {needed}{gone}", of.name)
}

/// The first step at which something is so, and what.
pub(in crate::output) type First = Option<(u32, String)>;

/// Where something is so for the first time.
fn first(comparison: &Comparison, what: fn(&Step<'_>) -> String) -> First {
    steps(comparison).map(|step| (step.number, what(&step))).find(|(_, told)| !told.is_empty())
}

fn fallen(step: &Step<'_>) -> String {
    told(step.against, ComparedRow::newly_missed)
}

/// The three things that may go wrong, with the step at which each does first.
pub(in crate::output) fn firsts(comparison: &Comparison) -> [(&'static str, &'static str, First); 3] {
    [
        ("goal", "a goal falls", first(comparison, fallen)),
        ("refused", "somebody is refused", first(comparison, |step| step.refused())),
        ("finding", "a finding of check appears", first(comparison, |step| step.findings())),
    ]
}

/// Number of the last step.
pub(in crate::output) fn last(in_order: &InOrder) -> u32 {
    u32::try_from(in_order.stages.len()).unwrap_or(u32::MAX)
}

/// A step in a line.
fn line(step: &Step<'_>) -> String {
    let mut parts = vec![goals(&step.against.other)];
    let since = told(&step.stage.before, ComparedRow::newly_missed);
    if !since.is_empty() {
        parts.push(format!("newly missed: {since}"));
    }
    let met = told(&step.stage.before, ComparedRow::newly_met);
    if !met.is_empty() {
        parts.push(format!("newly met: {met}"));
    }
    match step.refused() {
        none if none.is_empty() => parts.push("nobody refused".to_owned()),
        refused => parts.push(format!("refused: {refused}")),
    }
    let new = step.against.findings.iter().filter(|of| of.new).count();
    parts.push(if new == 0 { "no new finding".to_owned() } else { count(new, "new finding") });
    if let Some(request) = &step.against.changes {
        parts.push(match request.rows.is_empty() {
            true => "nothing to do".to_owned(),
            false => format!("{} to make", count(request.steps as usize, "change")),
        });
        parts.extend(losses(request).into_iter().map(|loss| format!("in between {loss}")));
    }
    parts.join("; ")
}

/// Writes the migration for a terminal.
pub(super) fn summary(out: &mut dyn Write, comparison: &Comparison) -> io::Result<()> {
    let Some(in_order) = &comparison.in_order else { return Ok(()) };
    writeln!(out)?;
    for step in steps(comparison) {
        writeln!(out, "Step {}: {}: {}", step.number, step.against.other.name, line(&step))?;
    }
    writeln!(out)?;
    for (_, what, at) in firsts(comparison) {
        match at {
            Some((step, told)) => writeln!(out, "First step at which {what}: {step} ({told})")?,
            None => writeln!(out, "First step at which {what}: none")?,
        }
    }
    writeln!(out, "\nServers of the base:")?;
    for of in &in_order.servers {
        writeln!(out, "  {}", stays(of, last(in_order)))?;
    }
    Ok(())
}

/// Writes the migration as Markdown.
pub(super) fn markdown(out: &mut dyn Write, comparison: &Comparison) -> io::Result<()> {
    let Some(in_order) = &comparison.in_order else { return Ok(()) };
    let safe = |text: &str| text.replace('|', "\\|");
    writeln!(out, "\n| step | scenario | what happens |\n|---|---|---|")?;
    for step in steps(comparison) {
        writeln!(out, "| {} | {} | {} |", step.number, safe(&step.against.other.name), safe(&line(&step)))?;
    }
    writeln!(out)?;
    for (_, what, at) in firsts(comparison) {
        let told = at.map_or_else(|| "none".to_owned(), |(step, told)| format!("{step} ({})", safe(&told)));
        writeln!(out, "- First step at which {what}: {told}")?;
    }
    for of in &in_order.servers {
        writeln!(out, "- {}", safe(&stays(of, last(in_order))))?;
    }
    Ok(())
}

/// The migration as JSON.
pub(super) fn object(comparison: &Comparison) -> Json {
    let Some(in_order) = &comparison.in_order else { return Json::Null };
    let round = |value: f64| (value * 1e6).round() / 1e6;
    let refused = |of: &Refused| json!({ "population": of.population, "protocol": of.protocol.token(), "users": round(of.clients) });
    let first: serde_json::Map<String, Json> = firsts(comparison)
        .into_iter()
        .map(|(key, _, at)| {
            let at = at.map_or(Json::Null, |(step, what)| json!({ "step": step, "what": what }));
            (key.to_owned(), at)
        })
        .collect();
    json!({
        "first": first,
        "steps": steps(comparison).map(|step| json!({
            "step": step.number,
            "scenario": step.against.other.name,
            "newly_missed_since": told(&step.stage.before, ComparedRow::newly_missed),
            "newly_met_since": told(&step.stage.before, ComparedRow::newly_met),
            "refused": step.stage.refused.iter().map(refused).collect::<Vec<_>>(),
            "affected_users": round(step.noticing()),
        })).collect::<Vec<_>>(),
        "servers": in_order.servers.iter().map(|of| json!({
            "servers": of.name,
            "site": of.site,
            "last_step": of.last,
            "reached": of.reached.iter().map(|(protocol, clients)| json!({ "protocol": protocol.token(), "users": round(*clients) })).collect::<Vec<_>>(),
            "gone_at_step": of.gone,
        })).collect::<Vec<_>>(),
    })
}
