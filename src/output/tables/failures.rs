//! `failures.csv`: what failed, why, where, and one session to look at.

use super::columns::{Column, Table, Value, columns, name, per_run, text};
use super::run_table::RunTable;
use crate::kernel::SimSpan;
use crate::output::lookup::{name as named, protocol};
use crate::results::{Explanation, FailureRow, RunResult};

/// The table.
#[derive(Debug)]
pub(super) struct Failures;

/// A reason at a pair of sites.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    failure: &'r FailureRow,
}

impl<'r> Row<'r> {
    fn outage(&self) -> &'r str {
        self.run.storms.incidents.get(self.failure.incident as usize).map_or("", |i| i.name.as_str())
    }

    /// Ns since the run began.
    fn since_run(&self, since_window: SimSpan) -> i128 {
        i128::from(self.run.warmup.0) + i128::from(since_window.0)
    }
}

impl Row<'_> {
    /// What the linter knows of it.
    fn explained(&self) -> Option<&Explanation> {
        let key = |of: &Explanation| (of.failure, of.protocol, of.entry_site, of.mailbox_site);
        let own = self.failure;
        let own = (own.failure, own.protocol, own.entry_site, own.mailbox_site);
        self.run.explanations.iter().find(|found| key(found) == own)
    }
}

impl RunTable for Failures {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.failures.iter().map(move |failure| Row { run, failure })
    }
}

impl Table for Failures {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "failures";
    const ROW: &'static str =
        "a reason x protocol x entry site x mailbox site x outage or change that it is booked to";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "failure" Word "the reason, as in sessions.csv" => |row| text(row.failure.failure.token()),
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.failure.protocol)),
        "entry_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.failure.entry_site)),
        "mailbox_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.failure.mailbox_site)),
        "count" Count "failed requests, per run" => |row| per_run(row.failure.count, row.run.replications),
        "first_s" S "first of them, s since the run began" => |row| Value::Seconds(row.since_run(row.failure.first)),
        "last_s" S "last of them, s since the run began" => |row| Value::Seconds(row.since_run(row.failure.last)),
        "example_session" Word "session_id of one to look at" => |row| Value::Hash(row.failure.example),
        "meaning" Word "the reason in a sentence" => |row| text(row.failure.failure.sentence()),
        "lint" Word "id of the finding of `casim check` that explains it; blank where there is none, as for an outage" => |row| text(row.explained().map_or("", |found| &found.lint)),
        "fix" Word "what mends it, as `--set` takes it; blank where that is a matter of design" => |row| text(row.explained().map_or("", |found| &found.fix)),
        "command" Word "command of the administration shell that does the same" => |row| text(row.explained().map_or("", |found| &found.command)),
        "outage" Word "the outage or change that they are booked to, as in outages.csv; blank before the first begins" => |row| name(row.outage()),
        "held_failed" Count "requests held open (Ping, IDLE) that failed likewise, per run; not among `count`" => |row| per_run(row.failure.held, row.run.replications),
    }];
}
