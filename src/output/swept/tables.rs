//! `sweep.csv`: its first columns are the parameters, so that it is no table of fixed columns.

use super::words::{columns, own, token, unit};
use crate::output::format;
use crate::results::swept::Swept;

/// What the README says of the columns, in order; the parameters stand behind the first.
pub const COLUMNS: [(&str, &str); 14] = [
    ("item", "number of the point, from 1"),
    ("protocol", "as in sessions.csv; blank for servers and links"),
    ("population", "blank for servers and links"),
    ("name", "server group or link direction; blank for users"),
    (
        "metric",
        "goals as in objectives.csv; `p95` and `failed_share` of users without such a goal, `utilisation_busiest_hour` of servers and links, `limit:` and its kind the share of a limit that is held in its busiest hour",
    ),
    ("unit", "of value, ci95 and goal: `ms` or `share`"),
    (
        "value",
        "over all runs; blank where too little was seen, or where more failed than a percentile leaves over; with `--law-only` what the law says of the busiest hour",
    ),
    ("ci95", "half-width of its 95 % interval; blank for one run and for the law"),
    ("failed_share", "share of the requests that failed, of users"),
    ("goal", "blank where there is none"),
    ("verdict", "`met`, `missed`, `open`, `never` or `unjudged`, as in objectives.csv"),
    ("replications", "runs behind it; 0 for the law"),
    ("part", "of a goal on latency that is missed: the part of it that is largest, as in summary.csv"),
    (
        "rough",
        "`yes` where the goal is open because those beyond the percentile are worth too few independent requests",
    ),
];

/// The bytes of the file.
#[must_use]
pub fn file(swept: &Swept) -> Vec<u8> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    let (item, rest) = COLUMNS.split_first().expect("there are columns");
    let head = std::iter::once(item.0)
        .chain(swept.parameters.iter().map(String::as_str))
        .chain(rest.iter().map(|(name, _)| *name));
    let mut rows = vec![head.map(str::to_owned).collect::<Vec<_>>()];
    for (number, point) in (1..).zip(&swept.points) {
        for row in &point.rows {
            let (protocol, population, name) = columns(&row.about);
            let mut cells = vec![number.to_string()];
            cells.extend(point.values.iter().map(|value| format::safe(value).into_owned()));
            cells.extend([
                protocol.to_owned(),
                format::safe(population).into_owned(),
                format::safe(name).into_owned(),
                token(row),
                unit(row).to_owned(),
                own(row, row.value),
                own(row, row.half_width),
                row.failed.map_or_else(String::new, |share| format::real(share, 6)),
                own(row, row.goal.map(|(goal, _)| goal)),
                row.goal.map_or("", |(_, word)| word.token()).to_owned(),
                row.replications.to_string(),
                row.part.map_or("", |(part, _)| part.token()).to_owned(),
                if row.rough { "yes" } else { "" }.to_owned(),
            ]);
            rows.push(cells);
        }
    }
    for row in rows {
        table.write_record(&row).expect("a vector takes every byte");
    }
    table.into_inner().expect("a vector takes every byte")
}
