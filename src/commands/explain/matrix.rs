//! `--matrix`: every decision, as a grid where few mailboxes allow it, else as CSV or JSON.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::super::error::Error;
use super::super::form::{self, Form};
use super::args::Args;
use super::question::{mailbox_group, protocol};
use crate::kernel::Id;
use crate::model::access::{Failure, RouteTable};
use crate::model::protocol::Protocol;
use crate::model::topology::{MailboxGroup, Topology};

/// With more mailboxes than this the decisions are listed, one a line.
const GRID: usize = 6;

/// The columns of the CSV and the keys of the JSON.
const COLUMNS: [&str; 9] = [
    "protocol",
    "entry",
    "entry_site",
    "mailbox",
    "mailbox_site",
    "decision",
    "mechanism",
    "failure",
    "rule",
];

pub(super) fn write(args: &Args, topology: &Topology, out: &mut dyn Write) -> Result<(), Error> {
    let only = args.protocol.as_deref().map(protocol).transpose()?;
    let home = args.mailbox.as_deref().map(|name| mailbox_group(topology, name)).transpose()?;
    let protocols: Vec<Protocol> =
        Protocol::ALL.into_iter().filter(|p| only.is_none_or(|o| o == *p)).collect();
    let mailboxes: Vec<Id<MailboxGroup>> =
        topology.homes().map(|(id, _)| id).filter(|id| home.is_none_or(|h| h == *id)).collect();
    let table = RouteTable::build(topology);
    let few = if mailboxes.len() <= GRID { Form::Text } else { Form::Csv };
    let rows = rows(topology, &table, &protocols, &mailboxes);
    match args.printed.asked().unwrap_or(few) {
        Form::Text => grid(topology, &table, &protocols, &mailboxes, out),
        // Row by row: there may be hundreds of thousands.
        Form::Json => {
            let head = form::document(json!({ "decisions": [] })).to_string();
            let mut comma = "";
            writeln!(out, "{}", head.trim_end_matches("]}"))?;
            for row in rows {
                let row: Map<String, Value> = COLUMNS
                    .iter()
                    .zip(row)
                    .map(|(key, value)| ((*key).to_owned(), Value::from(value)))
                    .collect();
                write!(out, "{comma}{}", Value::from(row))?;
                comma = ",\n";
            }
            Ok(writeln!(out, "\n]}}")?)
        }
        form => form::rows(form, &COLUMNS, rows, out),
    }
}

/// One decision each, in the order of [`COLUMNS`].
fn rows<'a>(
    topology: &'a Topology,
    table: &'a RouteTable,
    protocols: &'a [Protocol],
    mailboxes: &'a [Id<MailboxGroup>],
) -> impl Iterator<Item = [&'a str; 9]> {
    let row = move |protocol: Protocol, at: usize, id: Id<MailboxGroup>| {
        let (group, store) = (&topology.cas[at], &topology.mailbox[id.index()]);
        let route = table.get(protocol, Id::new(at), id);
        [
            protocol.token(),
            &group.name,
            &topology.sites[group.site.index()].name,
            &store.name,
            &topology.sites[store.site.index()].name,
            route.mechanism.decision().token(),
            route.mechanism.token(),
            route.final_failure().map_or("", Failure::token),
            route.rule,
        ]
    };
    protocols.iter().flat_map(move |&protocol| {
        (0..topology.cas.len())
            .flat_map(move |at| mailboxes.iter().map(move |&mailbox| row(protocol, at, mailbox)))
    })
}

fn grid(
    topology: &Topology,
    table: &RouteTable,
    protocols: &[Protocol],
    mailboxes: &[Id<MailboxGroup>],
    out: &mut dyn Write,
) -> Result<(), Error> {
    let width = topology.cas.iter().map(|g| g.name.chars().count()).max().unwrap_or(0).max(8);
    for &protocol in protocols {
        writeln!(out, "{}", protocol.title())?;
        write!(out, "  {:width$}", "entry")?;
        for id in mailboxes {
            write!(out, "  {:24}", topology.mailbox[id.index()].name)?;
        }
        writeln!(out)?;
        for (at, group) in topology.cas.iter().enumerate() {
            write!(out, "  {:width$}", group.name)?;
            for id in mailboxes {
                let route = table.get(protocol, Id::new(at), *id);
                let cell = match route.final_failure() {
                    Some(failure) => format!("!{}", failure.token()),
                    None => route.mechanism.token().to_owned(),
                };
                write!(out, "  {cell:24}")?;
            }
            writeln!(out)?;
        }
        writeln!(out)?;
    }
    writeln!(out, "! the client does not get what it asks for; see casim explain --list-failures")?;
    Ok(())
}
