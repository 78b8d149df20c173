//! `--format json`: the whole answer; and what of it fits into a table.

use std::io::Write;

use serde_json::{Value, json};

use super::super::error::Error;
use super::super::form::{self, Form};
use super::open::questions;
use super::promises::Promise;
use super::question::certificate_warning;
use super::tree::lost_logon;
use crate::clients::expected::unloaded::{HopTime, typical, unloaded};
use crate::model::access::explain::Move;
use crate::model::access::{AccessQuery, Explanation, Failure, Stop, rules};
use crate::model::workload::Workload;

/// Keys of the answer that are a row of CSV; as Markdown they stand one below the other.
const ROW: [&str; 17] = [
    "protocol",
    "entry",
    "entry_site",
    "mailbox",
    "mailbox_site",
    "decision",
    "mechanism",
    "hops",
    "redirect_host",
    "client_sees",
    "client_sees_at_last",
    "failure",
    "event_id",
    "event_source",
    "rule",
    "title",
    "moved",
];

/// Writes an answer: whole as JSON, else what can stand in a cell.
pub(super) fn write(form: Form, answer: Value, out: &mut dyn Write) -> Result<(), Error> {
    let cell = |key: &str| match &answer[key] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    };
    match form {
        Form::Json => Ok(writeln!(out, "{:#}", form::document(answer))?),
        Form::Csv => form::rows(form, &ROW, [ROW.map(cell)], out),
        form => form::rows(form, &["", "answer"], ROW.map(|key| [key.to_owned(), cell(key)]), out),
    }
}

pub(super) fn answer(
    ask: &AccessQuery<'_>,
    found: &Explanation,
    workload: &Workload,
    promises: &[Promise],
) -> Value {
    let topology = ask.topology;
    let entry = &topology.cas[ask.entry.index()];
    let mailbox = &topology.mailbox[ask.mailbox.index()];
    let times = unloaded(ask, found, workload);
    let servers = |stop: Stop| match stop {
        Stop::Cas(id) => topology.cas[id.index()].name.as_str(),
        Stop::Mailbox(id) => topology.mailbox[id.index()].name.as_str(),
    };
    let step = |(m, time): (&Move, &HopTime)| {
        json!({
            "from": m.from, "to": m.to, "servers": servers(m.end), "by": m.by, "host": m.host,
            "ports": m.ports, "links": m.links,
            "round_trip_ms": m.round_trip.map(|span| span.as_millis_f64()),
            "network_ms": m.round_trip.map(|_| time.network.as_millis_f64()),
            "server_ms": time.server.as_millis_f64(),
        })
    };
    let moves: Vec<Vec<Value>> = found
        .moves
        .iter()
        .zip(&times)
        .map(|(leg, times)| leg.iter().zip(times).map(step).collect())
        .collect();
    let settings: Vec<Value> = questions(ask, found)
        .into_iter()
        .map(|q| json!({ "key": q.key, "value": q.value, "default": q.default, "reason": q.reason }))
        .collect();
    let trace: Vec<Value> = found
        .trace
        .steps
        .iter()
        .filter(|s| s.decided || !s.facts.is_empty())
        .map(|s| {
            let facts: Vec<Value> =
                s.facts.iter().map(|f| json!({ "question": f.question, "answer": f.answer })).collect();
            let source = rules::find(s.rule).map_or("", |rule| rule.source);
            json!({ "rule": s.rule, "decided": s.decided, "facts": facts, "source": source })
        })
        .collect();
    json!({
        "protocol": ask.protocol.token(),
        "entry": entry.name,
        "entry_site": topology.sites[entry.site.index()].name,
        "mailbox": mailbox.name,
        "mailbox_site": topology.sites[mailbox.site.index()].name,
        "decision": found.decision.token(),
        "mechanism": found.mechanism.token(),
        "hops": found.hops(),
        "legs": found.legs,
        "moves": moves,
        "typical_request": typical(ask.protocol),
        "redirect_host": found.redirect_host,
        "single_sign_on": found.single_sign_on,
        "client_sees": found.client_sees.token(),
        "client_sees_at_last": found.then_sees.token(),
        "failure": found.failure.map_or("", Failure::token),
        "certificate_warning": certificate_warning(ask, found),
        "logs_on_again": found.unreadable_cookie.as_ref().map(|cookie| lost_logon(ask, cookie)),
        "event_id": found.event.map(|e| e.id),
        "event_source": found.event.map(|e| e.source),
        "rule": found.rule.id,
        "title": found.rule.title,
        "source": found.rule.source,
        "confidence": found.rule.confidence.token(),
        "settings": settings,
        "trace": trace,
        "counterfactuals": counterfactuals(found, promises),
        "second_logon": found.second_logon(),
    })
}

/// What would change the answer, and how to ask so.
fn counterfactuals(found: &Explanation, promises: &[Promise]) -> Vec<Value> {
    found
        .counterfactuals
        .iter()
        .zip(promises)
        .map(|(c, promise)| {
            json!({
                "setting": c.setting, "from": c.from, "to": c.to,
                "decision": c.mechanism.decision().token(), "mechanism": c.mechanism.token(),
                "hops": c.legs.concat(), "client_sees": c.client_sees.token(),
                "failure": c.failure.map_or("", Failure::token),
                "redirect_host": c.redirect_host, "shell": c.shell, "set": promise.set(), "ask": promise.ask(),
            })
        })
        .collect()
}
