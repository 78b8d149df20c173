//! `flows.csv`: who goes where.

use super::columns::{Column, Table, columns, name, per_run, text};
use super::run_table::RunTable;
use crate::output::lookup::{name as named, protocol};
use crate::results::{Flow, RunResult};

/// The table.
#[derive(Debug)]
pub(super) struct Flows;

/// A flow with the names of its run.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    flow: &'r Flow,
}

impl RunTable for Flows {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.flows.iter().map(move |flow| Row { run, flow })
    }
}

impl Table for Flows {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "flows";
    const ROW: &'static str = "a way through the organisation: what a session's columns of the same names say; counts are those of sessions.csv, also where that is not written, and add up to summary.csv but for clients, who count once in each way that they take";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.flow.key.cell.protocol)),
        "population" Word "as in sessions.csv" => |row| name(named(&row.run.names.populations, row.flow.key.cell.population)),
        "decision" Word "as in sessions.csv" => |row| text(row.flow.key.cell.decision.token()),
        "client_location" Word "as in sessions.csv" => |row| name(named(&row.run.names.locations, row.flow.key.client_location)),
        "namespace" Word "as in sessions.csv" => |row| name(named(&row.run.names.namespaces, row.flow.key.namespace)),
        "entry_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.flow.key.cell.entry_site)),
        "mechanism" Word "as in sessions.csv" => |row| text(row.flow.key.mechanism.token()),
        "serving_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.flow.key.serving_site)),
        "mailbox_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.flow.key.cell.mailbox_site)),
        "clients" Count "distinct clients with a session of this way" => |row| per_run(row.flow.counts.clients, row.run.replications),
        "clients_affected" Count "of these, with a failed session or request on it" => |row| per_run(row.flow.counts.clients_affected, row.run.replications),
        "sessions" Count "sessions that overlap the measured window" => |row| per_run(row.flow.counts.sessions, row.run.replications),
        "requests" Count "user-visible requests that started in the window" => |row| per_run(row.flow.counts.requests, row.run.replications),
        "failed" Count "of these, failed" => |row| per_run(row.flow.counts.failed, row.run.replications),
    }];
}
