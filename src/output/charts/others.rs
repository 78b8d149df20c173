//! What users feel by other percentiles than the usual ones: from the histograms of the whole window.

use std::collections::BTreeMap;

use super::chart::Drawn;
use super::layout::Layout;
use super::letters::fit_name;
use super::looks::title;
use super::percentiles::words;
use super::ranges::{Mark, Range, Ranges};
use super::scene::Head;
use crate::model::protocol::Protocol;
use crate::output::lookup::{name as named, protocol};
use crate::output::tables::columns::{Column, Table, columns, mean_millis, name, per_run, real, text};
use crate::output::tables::csv_table;
use crate::output::words::{duration, percent};
use crate::results::{RunResult, Users};
use crate::stats::histogram::Histogram;
use crate::stats::percentile_with_lost;

/// Rows of the chart.
const ROWS: usize = 24;

/// The table.
struct Percentiles;

/// A percentile of a protocol's users in a population.
struct Row<'r> {
    run: &'r RunResult,
    users: &'r Users,
    requests: u64,
    failed: u64,
    /// 0 to 100.
    percentile: f64,
    /// ns; infinite where more failed than it leaves over.
    value: Option<f64>,
}

impl Table for Percentiles {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "latency";
    const ROW: &'static str = "a percentile of a protocol of a population, of all requests; one that failed counts as later than any";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "population" Word "as in sessions.csv" => |row| name(named(&row.run.names.populations, row.users.population)),
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.users.protocol)),
        "requests" Count "requests, mean over the replications" => |row| per_run(row.requests, row.run.replications),
        "failed_share" Share "of these, failed, 0 to 1" => |row| real(row.failed as f64 / row.requests.max(1) as f64),
        "percentile" Percent "which" => |row| real(row.percentile),
        "value_ms" Ms "its value; blank where more failed than it leaves over, and of too few requests" => |row| mean_millis(row.value.filter(|ns| ns.is_finite())),
    }];
}

/// The picture, the middle one of three percentiles as its judged one.
#[must_use]
pub fn drawn(run: &RunResult, percentiles: [f64; 3]) -> Drawn {
    let (ranges, rows) = laid_out(run, percentiles);
    let layout = Layout::Ranges(ranges);
    Drawn {
        name: "latency".into(),
        scene: layout.scene(),
        layout,
        data: csv_table::file::<Percentiles>(rows),
    }
}

/// The picture by other percentiles, the middle one as that which is judged, and rows of its CSV. A goal
/// is on the 95th: it stands beside no other.
fn laid_out(run: &RunResult, of: [f64; 3]) -> (Ranges, Vec<Row<'_>>) {
    let mut answered: BTreeMap<(Option<Protocol>, u32), Histogram> = BTreeMap::new();
    for cell in &run.cells {
        answered.entry((cell.key.protocol, cell.key.population)).or_default().merge(&cell.latency);
    }
    let mut shown: Vec<(Range, f64)> = Vec::new();
    let mut table = Vec::new();
    for users in &run.users {
        let sum = |count: fn(&crate::results::UserReplication) -> u64| -> u64 {
            users.replications.iter().map(count).sum()
        };
        let (requests, failed) = (sum(|r| r.requests), sum(|r| r.failed));
        let Some(answered) = answered.get(&(users.protocol, users.population)).filter(|_| requests > 0)
        else {
            continue;
        };
        let values = of.map(|p| percentile_with_lost(answered, p / 100.0, failed, requests));
        for (percentile, value) in of.into_iter().zip(values) {
            table.push(Row { run, users, requests, failed, percentile, value });
        }
        let note = match values[1] {
            None => "too few requests".to_owned(),
            Some(value) if value.is_infinite() => "never".to_owned(),
            Some(value) => duration(value),
        };
        let range = Range {
            name: fit_name(named(&run.names.populations, users.population), 320.0, 13.0, true),
            words: title(users.protocol).to_owned(),
            median: values[0],
            judged: values[1],
            far: values[2],
            half_widths: [None; 3],
            goal: None,
            mark: Mark::None,
            note,
            more: if failed > 0 {
                format!("{} failed", percent(failed as f64 / requests as f64))
            } else {
                String::new()
            },
            more_is_bad: false,
        };
        shown.push((range, values[1].unwrap_or(0.0)));
    }
    shown.sort_by(|a, b| b.1.total_cmp(&a.1));
    let finding = shown.first().map_or_else(String::new, |(row, value)| title_of(row, of[1], *value));
    let mut how = String::from(
        "Time until a request is answered, logarithmic; one that failed counts as later than any answer",
    );
    if shown.len() > 1 {
        how += "; slowest first";
    }
    if shown.len() > ROWS {
        how += &format!("; {} more in the CSV", shown.len() - ROWS);
        shown.truncate(ROWS);
    }
    let head = Head { topic: "What users feel".to_owned(), finding, how };
    let rows = shown.into_iter().map(|(row, _)| row).collect();
    (Ranges { head, percentiles: of, rows, empty: "No request was made".to_owned() }, table)
}

/// Of the slowest row, what its percentile is.
fn title_of(row: &Range, percentile: f64, value: f64) -> String {
    let which = words(percentile);
    match value {
        value if value.is_infinite() => format!(
            "{}, {}: more than {} % failed, so there is no {which}",
            row.name,
            row.words,
            crate::output::format::real(100.0 - percentile, 3)
        ),
        value if value > 0.0 => format!("{}, {}: the {which} is {}", row.name, row.words, duration(value)),
        _ => format!("Too few requests for a {which}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;

    /// Of 200 latencies of 10 to 2,000 ms and two that failed, the 90th is the 182nd.
    #[test]
    fn other_percentiles_come_from_the_histograms() {
        let run = sample::small();
        let text = String::from_utf8(drawn(&run, [50.0, 90.0, 99.0]).data).unwrap();
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("HQ staff,owa")).collect();
        assert_eq!(rows.len(), 3, "{text}");
        assert!(rows[1].contains(",90,18"), "{rows:?}");
    }
}
