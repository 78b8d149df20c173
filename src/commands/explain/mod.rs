//! `casim explain`: why a client ends up where it does, and what would change that.
//!
//! Asks [`crate::model::access`] and renders; decides nothing itself. The figures
//! beside the hops are those of an idle network and idle servers
//! ([`crate::clients::expected::unloaded`]); what load makes of them is told by `casim run`.
//!
//! `question` looks the arguments up in the scenario; one file each renders the
//! answer as a tree, as JSON, in plain sentences, and all answers as a table.

mod json;
mod matrix;
mod plain;
mod question;
mod tree;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::Error;
use super::form::{self, Form, Printed};
use super::load::load_organisation;
use crate::model::access::{AccessQuery, Caller, Confidence, Explanation, Failure, explain, rules};
use crate::model::protocol::Protocol;
use crate::scenario::Override;
use question::Question;

/// Arguments of `casim explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenario file.
    #[arg(required_unless_present_any = ["list_failures", "list_rules"])]
    scenario: Option<PathBuf>,
    /// Protocol: owa, eas, outlook-anywhere, outlook-cached, outlook-online, mapi-http,
    /// ews, autodiscover, oab, pop or imap.
    #[arg(long)]
    protocol: Option<String>,
    /// Site that holds the mailbox, or its Mailbox server.
    #[arg(long)]
    mailbox: Option<String>,
    /// Site or Client Access server that the client reached.
    #[arg(long)]
    entry: Option<String>,
    /// What the user typed, instead of --entry and, for web services, --protocol.
    #[arg(long, conflicts_with = "entry")]
    url: Option<String>,
    /// Where the client sits: Internet or a site.
    #[arg(long)]
    from: Option<String>,
    /// Protocol version of an ActiveSync device, 1.0 to 16.1.
    #[arg(long, default_value = "12.1")]
    device: String,
    /// The device does not follow HTTP 451.
    #[arg(long)]
    no_451: bool,
    /// A Client Access server forwarded the request already.
    #[arg(long)]
    proxied: bool,
    /// A Client Access server that is down, or all those of a site; may be repeated.
    #[arg(long, value_name = "SERVER")]
    down: Vec<String>,
    /// Lay a value on the scenario, as in `run`.
    #[arg(long, value_name = "PATH=VALUE", value_parser = Override::parse)]
    set: Vec<Override>,
    #[command(flatten)]
    pub(super) printed: Printed,
    /// Two sentences for the help desk.
    #[arg(long, conflicts_with_all = ["json", "form"])]
    plain: bool,
    /// Every decision: protocol, entry, mailbox.
    #[arg(long, conflicts_with_all = ["entry", "url", "plain"])]
    matrix: bool,
    /// Every reason of failure, with a sentence.
    #[arg(long)]
    list_failures: bool,
    /// Every rule, as docs/rules.md.
    #[arg(long)]
    list_rules: bool,
}

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
    if let Some(form @ (Form::Json | Form::Csv | Form::Markdown)) = args.printed.asked() {
        let mut answer = json::answer(&ask, &found, workload);
        answer["moved"] = json!(question.moved);
        json::write(form, answer, out)?;
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

/// A question on which sources disagree or are silent, and that this decision met.
struct Open {
    key: String,
    /// Its value, where it is one of the organisation.
    value: Option<String>,
    default: &'static str,
    reason: &'static str,
}

fn questions(ask: &AccessQuery<'_>, found: &Explanation) -> Vec<Open> {
    let decided = |rules: &[&str]| rules.contains(&found.rule.id);
    let firm = matches!(found.rule.confidence, Confidence::Article | Confidence::Source);
    let contested = &ask.topology.switches.contested;
    let whole = rules::contested::CHOICES.iter().filter_map(|choice| {
        let key = format!("contested.{}", choice.key);
        // Where the other answer would change something, or the rule itself is open.
        let matters = found.counterfactuals.iter().any(|c| c.setting == key);
        (matters || (!firm && decided(choice.rules))).then(|| Open {
            key,
            value: Some(choice.value(contested)),
            default: choice.default,
            reason: choice.reason,
        })
    });
    let met = |rules: &[&str]| {
        let steps = &found.trace.steps;
        steps.iter().any(|step| (step.decided || !step.facts.is_empty()) && rules.contains(&step.rule))
    };
    let eas = ask.protocol == Protocol::Eas;
    let single = rules::contested::OF_SERVERS
        .iter()
        .filter(|(_, rules, ..)| eas && met(rules))
        .map(|(key, _, default, reason)| Open { key: (*key).to_owned(), value: None, default, reason });
    whole.chain(single).collect()
}
