//! `casim explain`: why a client ends up where it does, and what would change that.
//!
//! Asks [`crate::model::access`] and renders; decides nothing itself. The figures
//! beside the hops are those of an idle network and idle servers
//! ([`crate::clients::expected::unloaded`]); what load makes of them is told by `casim run`.
//!
//! `args` are the arguments; `question` looks them up in the scenario; `open` has what
//! sources leave open; one file each renders the answer as a tree, as JSON, in plain
//! sentences, and all answers as a table.

mod args;
mod json;
mod matrix;
mod open;
mod plain;
mod question;
mod tree;

use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::error::Error;
use super::load::load_organisation;
use crate::model::access::{AccessQuery, Caller, Failure, explain, rules};
pub use args::Args;
use question::Question;

pub(super) fn exec(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    if args.list_failures {
        return list_failures(args.json, out);
    }
    if args.list_rules {
        return Ok(out.write_all(rules::document().as_bytes())?);
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
    let ask = AccessQuery {
        caller: Caller {
            place: question.place,
            host: question.host.as_deref(),
            path: question.path,
            device: question.device,
            proxied: args.proxied,
            down: &question.down,
        },
        ..AccessQuery::new(topology, question.protocol, question.entry, question.mailbox)
    };
    let found = explain(&ask);
    if args.json {
        let mut answer = json::answer(&ask, &found, workload);
        answer["moved"] = json!(question.moved);
        let text = serde_json::to_string_pretty(&answer)?;
        writeln!(out, "{text}")?;
    } else if args.plain {
        let moved = question.moved.iter().map(|text| format!("{text}. "));
        writeln!(out, "{}{}", moved.collect::<String>(), plain::sentences(&ask, &found))?;
    } else {
        for line in question.moved.iter().chain(&question::others(&ask, &found, &question.others)) {
            writeln!(out, "{line}.")?;
        }
        tree::write(&ask, &found, workload, out)?;
    }
    Ok(())
}

fn list_failures(as_json: bool, out: &mut dyn Write) -> Result<(), Error> {
    if as_json {
        let all: Vec<Value> = Failure::ALL
            .iter()
            .map(|(_, token, sentence)| json!({ "failure": token, "meaning": sentence }))
            .collect();
        writeln!(out, "{:#}", Value::from(all))?;
        return Ok(());
    }
    let width = Failure::ALL.iter().map(|(_, token, _)| token.len()).max().unwrap_or(0);
    for (_, token, sentence) in &Failure::ALL {
        writeln!(out, "{token:width$}  {sentence}")?;
    }
    Ok(())
}
