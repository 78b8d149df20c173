//! `link_users.csv`: who fills a link.

use super::columns::{Column, Table, columns, name, real, text};
use super::run_table::RunTable;
use crate::output::lookup::{name as named, protocol};
use crate::results::{LinkUse, RunResult};

/// The table.
#[derive(Debug)]
pub(super) struct LinkUsers;

/// What the users of a protocol in a population asked of a link direction.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    asked: &'r LinkUse,
    /// Bits that all asked of the link.
    whole: f64,
}

impl RunTable for LinkUsers {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.link_users.iter().map(move |asked| {
            let of_link = run.link_users.iter().filter(|other| other.link == asked.link);
            Row { run, asked, whole: of_link.map(|other| other.bits as f64).sum() }
        })
    }
}

impl Table for LinkUsers {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "link_users";
    const ROW: &'static str =
        "a link direction x protocol x population that asked something of it; measured in the run";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "link" Word "as in links.csv" => |row| name(row.run.links.get(row.asked.link as usize).map_or("", |link| link.name.as_str())),
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.asked.protocol)),
        "population" Word "as in sessions.csv" => |row| name(named(&row.run.names.populations, row.asked.population)),
        "bytes" Bytes "bytes of transfers that began in the window, per run" => |row| real(row.asked.bits as f64 / 8.0 / f64::from(row.run.replications.max(1))),
        "share" Share "of all bytes asked of the link, 0 to 1" => |row| real((row.whole > 0.0).then(|| row.asked.bits as f64 / row.whole)),
    }];
}
