//! `events.csv`: the outages and changes of a run, with their begins and ends.

use super::columns::{Column, Table, Value, columns, int, name, text};
use super::run_table::RunTable;
use crate::output::clock::{Clock, Local};
use crate::results::{Incident, IncidentKind, RunResult};

/// The table.
#[derive(Debug)]
pub(super) struct Events;

/// One time that an incident happens.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    incident: &'r Incident,
    /// Of a random outage the run, from 0.
    replication: Option<u32>,
    /// Begin and end, ns since the window began.
    span: (i64, i64),
}

impl Row<'_> {
    fn local(&self, since_window: i64) -> Local {
        Clock::of(self.run).at(i128::from(self.run.warmup.0) + i128::from(since_window))
    }

    /// When it ends, if it does; a change does not.
    fn end(&self) -> Option<i64> {
        (self.incident.kind == IncidentKind::Outage).then_some(self.span.1)
    }
}

impl RunTable for Events {
    /// Only where there are any.
    fn is_written(run: &RunResult) -> bool {
        !run.storms.incidents.is_empty()
    }

    /// In order of begin; random ones, each run's first, last.
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        let mut rows = Vec::new();
        for incident in &run.storms.incidents {
            rows.extend(incident.spans.iter().map(|&span| Row { run, incident, replication: None, span }));
        }
        rows.sort_by_key(|row| row.span);
        for (incident, spans) in run.storms.incidents.iter().zip(&run.storms.spans) {
            if incident.spans.is_empty() && incident.kind == IncidentKind::Outage {
                let of = |(replication, span): (u32, &Option<(i64, i64)>)| {
                    Some(Row { run, incident, replication: Some(replication), span: (*span)? })
                };
                rows.extend((0..).zip(spans).filter_map(of));
            }
        }
        rows.into_iter()
    }
}

impl Table for Events {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "events";
    const ROW: &'static str = "a time that an outage is on or a change takes effect in the run, warm-up included; only where there are any. Of a random outage its first time in the window in each replication, as it was drawn";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "name" Word "its name, else what it strikes or sets" => |row| name(&row.incident.name),
        "kind" Word "`outage` or `change`" => |row| text(row.incident.kind.token()),
        "target" Word "what it strikes, as the scenario writes it; of a change the first key that it sets" => |row| name(&row.incident.target),
        "effect" Word "`kill`, `drain` or `hold`; of a change what it sets" => |row| name(&row.incident.effect),
        "replication" Count "of a random outage the replication, from 0; blank where it is the same in all" => |row| row.replication.map_or(Value::Blank, int),
        "begin_s" S "begin, s since the window began; before it negative" => |row| Value::Seconds(row.span.0.into()),
        "end_s" S "end; blank for a change, which stays" => |row| row.end().map_or(Value::Blank, |end| Value::Seconds(end.into())),
        "day" Count "day of its begin, counted from 1, on which the window begins" => |row| Value::Signed(row.local(row.span.0).day),
        "begin_local" Iso "begin on the scenario's clock, with its offset from UTC" => |row| Value::Local(row.local(row.span.0)),
        "end_local" Iso "end likewise; blank for a change" => |row| row.end().map_or(Value::Blank, |end| Value::Local(row.local(end))),
    }];
}
