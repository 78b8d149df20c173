//! `objectives.csv`: each goal, what was seen of it, and the verdict.

use super::columns::{Column, Table, Value, columns, mean_millis, name, real, text};
use super::run_table::RunTable;
use crate::output::lookup::{name as named, protocol};
use crate::output::sentences::reason_words;
use crate::output::tokens::measure;
use crate::results::RunResult;
use crate::results::objectives::{Finding, Subject};

/// The table.
#[derive(Debug)]
pub(super) struct Objectives;

/// A goal of a run.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    finding: &'r Finding,
}

impl RunTable for Objectives {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.objectives.iter().map(move |finding| Row { run, finding })
    }

    fn is_written(run: &RunResult) -> bool {
        !run.objectives.is_empty()
    }
}

impl Row<'_> {
    fn resource(&self) -> &str {
        let found = match self.finding.subject {
            Subject::Users(..) => None,
            Subject::Servers(index) => self.run.servers.get(index as usize).map(|row| row.name.as_str()),
            Subject::Link(index) => self.run.links.get(index as usize).map(|row| row.name.as_str()),
        };
        found.unwrap_or("")
    }

    /// In milliseconds or as a share.
    fn value(&self, value: Option<f64>) -> Value<'_> {
        if self.finding.measure.is_time() { mean_millis(value) } else { real(value) }
    }

    fn minutes(&self, of: fn((f64, f64)) -> f64) -> Value<'_> {
        let runs = f64::from(self.run.replications.max(1));
        real(self.finding.user_time.map(|time| of(time) / runs / 60e9))
    }

    fn requests(&self) -> Value<'_> {
        let per_run = self.finding.requests as f64 / f64::from(self.run.replications.max(1));
        match self.finding.subject {
            Subject::Users(..) => real(per_run),
            Subject::Servers(_) | Subject::Link(_) => Value::Blank,
        }
    }
}

impl Table for Objectives {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "objectives";
    const ROW: &'static str = "a goal of `[slo]` and what it is about: a protocol of a population, a server group or a link direction. Not there for a scenario without goals";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "protocol" Word "as in sessions.csv; blank for servers and links" => |row| match row.finding.subject {
            Subject::Users(of, _) => text(protocol(Some(of))),
            Subject::Servers(_) | Subject::Link(_) => Value::Blank,
        },
        "population" Word "as in sessions.csv; blank for servers and links" => |row| match row.finding.subject {
            Subject::Users(_, population) => name(named(&row.run.names.populations, population)),
            Subject::Servers(_) | Subject::Link(_) => Value::Blank,
        },
        "name" Word "server group or link direction; blank for users" => |row| name(row.resource()),
        "metric" Word "`p95`, `logon_p95` (the system's share of logons), `logon_with_human_p95`, `failures`, `availability`, `cpu` or `link` (in the busiest hour), `cpu_mean` or `link_mean` (over the window)" => |row| text(measure(row.finding)),
        "goal" Own "the highest value that meets the goal; of `availability` the lowest" => |row| row.value(Some(row.finding.goal)),
        "value" Own "what was seen, over all replications together; requests that failed count as later than any answer; blank where too little was seen, and for `never`" => |row| row.value(row.finding.seen),
        "ci95" Own "half-width of its 95 % interval over replications; blank for one" => |row| row.value(row.finding.half_width),
        "late_share" Share "of a percentile: requests that took longer than the goal or failed, over all; the verdict compares it and its interval with the share that may be late (0.05 for p95)" => |row| real(row.finding.late),
        "failed_share" Share "requests that failed, over all; blank for servers and links" => |row| real(row.finding.failed),
        "requests" Count "requests (for the logon, logons), mean over the replications; blank for servers and links" => |row| row.requests(),
        "verdict" Word "`met`, `missed`, `open` (the interval holds the goal), `never` (more failed than the percentile leaves over: counts as missed) or `unjudged` (too few requests)" => |row| text(row.finding.verdict.token()),
        "reason" Word "why, in words" => |row| text(reason_words(row.finding)),
        "unit" Word "of `goal`, `value` and `ci95`: `ms` or `share`" => |row| text(if row.finding.measure.is_time() { "ms" } else { "share" }),
        "late_share_ci95" Share "half-width of the interval of late_share; blank for one replication" => |row| real(row.finding.late_half_width),
        "independent_exceedances" Count "how many independent requests beyond the percentile the replications are worth: below 30 its interval is rough; blank for one replication" => |row| real(row.finding.exceedances),
        "user_minutes_lost" Count "of `availability`: minutes that users of the population asked in vain, mean over the replications" => |row| row.minutes(|(lost, _)| lost),
        "user_minutes" Count "of `availability`: users times the minutes of the window" => |row| row.minutes(|(_, had)| had),
    }];
}
