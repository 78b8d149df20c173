//! `casim explain`: why a client ends up where it does, and what would change that.
//!
//! Asks [`crate::model::access`] and renders; decides nothing itself. The figures
//! beside the hops are those of an idle network and idle servers
//! ([`crate::clients::expected::unloaded`]); what load makes of them is told by `casim run`.
//!
//! `args` are the arguments; `question` looks them up in the scenario; `open` has what
//! sources leave open; `mounted` tells which copies of databases were tried; `promises` re-asks what would change an answer; one file each renders
//! the answer as a tree, as JSON, in plain sentences, and all answers as a table.

mod args;
mod json;
mod matrix;
mod mounted;
mod open;
mod plain;
mod promises;
mod question;
mod tree;

use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::error::Error;
use super::form::{self, Form};
use super::load::load_organisation;
use crate::model::access::{Failure, explain, rules};
pub use args::Args;
use question::Question;

pub(super) fn exec(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    if args.list_failures {
        return list_failures(args.printed.form(), out);
    }
    if args.list_rules {
        return list_rules(args.printed.asked().unwrap_or(Form::Markdown), out);
    }
    let path: &Path = args.scenario.as_deref().unwrap_or(Path::new(""));
    let scenario = load_organisation(path, &args.set, err)?;
    let (topology, workload) = (&scenario.model.topology, &scenario.model.workload);
    if args.matrix {
        // Standard output goes out line by line; the table has hundreds of thousands.
        let mut out = BufWriter::with_capacity(1 << 16, out);
        matrix::write(args, topology, &mut out)?;
        return Ok(out.flush()?);
    }
    let question = Question::read(args, topology)?;
    let ask = promises::query(args, topology, &question);
    let mut found = explain(&ask);
    let promises = promises::kept(args, &scenario, &mut found);
    if let Some(form @ (Form::Json | Form::Csv | Form::Markdown)) = args.printed.asked() {
        let mut answer = json::answer(&ask, &found, workload, &promises);
        answer["moved"] = json!(question.moved);
        answer["down_notes"] = json!(question.down.notes);
        json::write(form, answer, out)?;
    } else if args.plain {
        let moved = question.down.notes.iter().chain(&question.moved).map(|text| format!("{text}. "));
        writeln!(out, "{}{}", moved.collect::<String>(), plain::sentences(&ask, &found))?;
    } else {
        for line in question.down.notes.iter().chain(&question.moved).chain(&question::others(
            &ask,
            &found,
            &question.others,
        )) {
            writeln!(out, "{line}.")?;
        }
        tree::write(&ask, &found, workload, &promises, out)?;
    }
    Ok(())
}

fn list_failures(form: Form, out: &mut dyn Write) -> Result<(), Error> {
    match form {
        Form::Json => {
            let all: Vec<Value> = Failure::ALL
                .iter()
                .map(|(_, token, sentence)| json!({ "failure": token, "meaning": sentence }))
                .collect();
            writeln!(out, "{:#}", form::document(json!({ "failures": all })))?;
        }
        Form::Text => {
            let width = Failure::ALL.iter().map(|(_, token, _)| token.len()).max().unwrap_or(0);
            for (_, token, sentence) in &Failure::ALL {
                writeln!(out, "{token:width$}  {sentence}")?;
            }
        }
        form => {
            let all = Failure::ALL.iter().map(|(_, token, sentence)| [*token, *sentence]);
            form::rows(form, &["failure", "meaning"], all, out)?;
        }
    }
    Ok(())
}

/// Every rule.
fn list_rules(form: Form, out: &mut dyn Write) -> Result<(), Error> {
    let row = |rule: &rules::Rule| [rule.id, rule.title, rule.source, rule.confidence.token()];
    match form {
        Form::Markdown | Form::Text => out.write_all(rules::document().as_bytes())?,
        Form::Csv => {
            form::rows(
                form,
                &["rule", "title", "source", "confidence"],
                rules::all().into_iter().map(row),
                out,
            )?;
        }
        Form::Json => {
            let all: Vec<Value> = rules::all()
                .into_iter()
                .map(row)
                .map(|[id, title, source, confidence]| {
                    json!({ "rule": id, "title": title, "source": source, "confidence": confidence })
                })
                .collect();
            writeln!(out, "{:#}", form::document(json!({ "rules": all })))?;
        }
    }
    Ok(())
}
