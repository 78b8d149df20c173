//! `moves.csv`: mailboxes that are copied over the lines before a change moves them.

use super::columns::{Column, Table, Value, columns, int, name, real};
use super::run_table::RunTable;
use crate::kernel::NANOS_PER_SEC;
use crate::output::lookup::name as named;
use crate::results::{CopiedRow, IncidentKind, RunResult};

/// The table.
#[derive(Debug)]
pub(super) struct Moves;

/// A population's mailboxes that a change moves from one site to another.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    row: &'r CopiedRow,
}

impl<'r> Row<'r> {
    /// The name of the change that moves them.
    fn change(&self) -> &'r str {
        let changes = self.run.storms.incidents.iter().filter(|of| of.kind == IncidentKind::Change);
        changes.skip(self.row.first.change as usize).map(|of| of.name.as_str()).next().unwrap_or("")
    }

    fn site(&self, end: usize) -> &'r str {
        named(&self.run.names.sites, self.row.first.between[end])
    }

    fn since_window(&self, at: i128) -> Value<'static> {
        Value::Seconds(at - i128::from(self.run.warmup.0))
    }

    /// Mean rate from its begin until all was there, Mbit/s; of one that began before the run none.
    fn rate(&self) -> Option<f64> {
        let first = &self.row.first;
        let lasts = (self.row.finished()? - first.begin as f64) / NANOS_PER_SEC as f64;
        (first.begin >= 0 && lasts > 0.0).then(|| first.bits as f64 / 1e6 / lasts)
    }
}

impl RunTable for Moves {
    /// Only where mailboxes that move are copied over lines.
    fn is_written(run: &RunResult) -> bool {
        !run.copied.is_empty()
    }

    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.copied.iter().map(move |row| Row { run, row })
    }
}

impl Table for Moves {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "moves";
    const ROW: &'static str = "a change x population x pair of sites between which it moves mailboxes; only where `traffic` of `moved` has them copied over the lines between these";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "change" Word "name of the change" => |row| name(row.change()),
        "population" Word "whose mailboxes" => |row| name(named(&row.run.names.populations, row.row.first.population)),
        "from" Word "site in which they are" => |row| name(row.site(0)),
        "to" Word "site to which they move" => |row| name(row.site(1)),
        "mailboxes" Count "how many" => |row| int(row.row.first.mailboxes),
        "bytes" Bytes "what they hold in all" => |row| real(row.row.first.bits as f64 / 8.0),
        "begin_s" S "begin of the copying, s since the window began; before it negative" => |row| row.since_window(row.row.first.begin.into()),
        "copied_by_change" Share "share that had been copied as the change took effect, 0 to 1, mean over replications; below 1 it could not have been completed then" => |row| real(row.row.share_at_change()),
        "end_s" S "when all had been copied, s since the window began, mean over replications; blank where it had not been in all" => |row| row.row.finished().map_or(Value::Blank, |at| row.since_window(at as i128)),
        "mean_mbps" Mbps "rate in the mean from begin to end; blank without, and where it began before the run" => |row| real(row.rate()),
    }];
}
