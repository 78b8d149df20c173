//! `databases.csv`: which database was mounted where, and since when.

use super::columns::{Column, Table, Value, columns, int, name, text};
use super::run_table::RunTable;
use crate::output::clock::{Clock, Local};
use crate::output::lookup::name as named;
use crate::results::{RunResult, Stretch};

/// The table.
#[derive(Debug)]
pub(super) struct Databases;

/// Databases of one server that stood alike for a while.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    stretch: &'r Stretch,
}

impl Row<'_> {
    fn local(&self, since_window: i64) -> Local {
        Clock::of(self.run).at(i128::from(self.run.warmup.0) + i128::from(since_window))
    }
}

/// Numbers, those that follow each other as a range.
fn ranges(numbers: &[u32]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [first, .., last] => format!("{first}-{last}"),
        [only] => only.to_string(),
        [] => String::new(),
    });
    runs.collect::<Vec<_>>().join(" ")
}

impl RunTable for Databases {
    /// Only where any left its server.
    fn is_written(run: &RunResult) -> bool {
        !run.databases.is_empty()
    }

    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.databases.iter().map(move |stretch| Row { run, stretch })
    }
}

impl Table for Databases {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "databases";
    const ROW: &'static str = "databases of a Mailbox server that stand alike for a while, of servers whose databases have copies; only where any was mounted elsewhere or nowhere in the run, warm-up included";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "replication" Count "the replication, from 0; blank where it is the same in all" => |row| row.stretch.replication.map_or(Value::Blank, int),
        "home" Word "their Mailbox server" => |row| name(named(&row.run.names.servers, row.stretch.home)),
        "databases" Count "how many" => |row| int(row.stretch.databases.len() as u64),
        "numbers" Word "which of that server's, numbered from 1" => |row| text(ranges(&row.stretch.databases)),
        "mounted_on" Word "the server that they are mounted on; blank: nowhere" => |row| name(named(&row.run.names.servers, row.stretch.on)),
        "state" Word "`home`; `copy`: activated by itself; `switched_over`: by a person; mounted nowhere: `server_down`, or `no_majority` where the server is up" => |row| text(row.stretch.how.token()),
        "begin_s" S "begin, s since the window began; in the warm-up negative" => |row| Value::Seconds(row.stretch.begin.into()),
        "end_s" S "end; that of the window where they stand so to the end" => |row| Value::Seconds(row.stretch.end.into()),
        "begin_local" Iso "begin on the scenario's clock, with its offset from UTC" => |row| Value::Local(row.local(row.stretch.begin)),
        "end_local" Iso "end likewise" => |row| Value::Local(row.local(row.stretch.end)),
    }];
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn numbers_that_follow_each_other_are_a_range() {
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1-3 5 7-8");
        assert_eq!(ranges(&[4]), "4");
    }
}
