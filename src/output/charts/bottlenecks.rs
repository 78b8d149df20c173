//! What is closest to its limit, the worst first.

use super::bars::{Category, Fill};
use super::chart::{Chart, Picture};
use super::looks::{BLUE, GREEN, VERMILION};
use super::ranked::{Ranked, RankedRow};
use super::{axis, letters};
use crate::kernel::NANOS_PER_SEC;
use crate::model::workload::Slo;
use crate::output::lookup::{self, local_time};
use crate::output::tables::columns::{Column, Table, columns, name, real, text};
use crate::output::words::{duration, percent, three_figures};
use crate::results::{Bottleneck, RunResult, Scarce};

/// The chart.
#[derive(Debug)]
pub(super) struct Bottlenecks;

/// A server group or link direction.
#[derive(Debug)]
pub(super) struct UseRow<'r> {
    run: &'r RunResult,
    kind: &'static str,
    name: &'r str,
    figures: &'r Bottleneck,
}

impl Table for Bottlenecks {
    type Row<'r> = UseRow<'r>;
    const NAME: &'static str = "bottlenecks";
    const ROW: &'static str =
        "a server group or link direction of the chart, worst first; all are in bottlenecks.csv";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "kind" Word "`server` or `link`" => |row| text(row.kind),
        "name" Word "as in servers.csv or links.csv" => |row| name(row.name),
        "utilisation_peak" Share "as simulated, in its busiest hour, 0 to 1" => |row| real(row.figures.utilisation_peak),
        "peak_at" Clock "when that hour began on the scenario's clock" => |row| text(local_time(row.run, row.figures.peak_at)),
        "law_peak" Share "by the utilisation law in its busiest hour; blank where the law has none" => |row| real(row.figures.law_peak),
        "limit" Share "the objective for it, 1 where there is none" => |row| real(row.figures.limit),
    }];
}

impl Chart for Bottlenecks {
    fn draw<'r>(run: &'r RunResult, _: &Slo) -> Picture<'r, Self> {
        draw(run)
    }
}

/// What is closest to its limit.
fn draw(result: &RunResult) -> Picture<'_, Bottlenecks> {
    const ROWS: usize = 20;
    /// Beyond so many times its capacity the bar shows no more.
    const MOST: f64 = 2.0;
    const HOUR: u64 = 3_600 * NANOS_PER_SEC;
    let mut table = Vec::new();
    let used: Vec<_> = result.bottlenecks.iter().filter(|row| row.strain() > 0.0).collect();
    let mut rows = Vec::new();
    for row in used.iter().take(ROWS) {
        let (kind, scarce, _) = lookup::scarce(result, row);
        let label = lookup::scarce_label(result, row);
        let at = local_time(result, row.peak_at);
        table.push(UseRow { run: result, kind, name: scarce, figures: row });
        let law = row.law_peak.map_or(String::new(), |law| format!(", law {}", percent(law)));
        // The last hour of a window may be a part of one.
        let part = result.window.0.saturating_sub(row.peak_at.0);
        let length = match part < HOUR && result.window.0 > HOUR {
            true => format!(" ({})", duration(part as f64)),
            false => String::new(),
        };
        rows.push(RankedRow {
            name: label,
            value: row.at_once.unwrap_or(row.utilisation_peak),
            mark: row.law_peak,
            limit: row.limit,
            category: match row.scarce {
                Scarce::Link(_) => 1,
                Scarce::Limit(..) => 2,
                _ => 0,
            },
            note: format!("{at}{length}  {}{law}", percent(row.at_once.unwrap_or(row.utilisation_peak))),
        });
    }
    let rest = used.len() - rows.len();
    // A window of an hour or less has no busiest one.
    let when = if result.window.0 > HOUR { "busiest hour" } else { "window" };
    let mut subtitle = format!("Busy share of cores or bandwidth in the {when}, highest share of limits");
    if rest > 0 {
        subtitle += &format!(", worst first; {rest} more are in bottlenecks.csv");
    } else if let Some((factor, first)) = lookup::headroom(result) {
        let first = letters::fit_name(&first, 240.0, 15.0, false);
        subtitle += &format!("; load x{}, then {first} is full", three_figures(factor));
    }
    let category = |name: &str, colour| Category { name: name.to_owned(), fill: Fill { colour, hatch: 0 } };
    // What there is none of is not explained.
    let all = [category("servers", BLUE), category("links", GREEN), category("limits", VERMILION)];
    let shown: Vec<usize> =
        (0..all.len()).filter(|&kind| rows.iter().any(|row: &RankedRow| row.category == kind)).collect();
    let categories: Vec<Category> = shown.iter().map(|&kind| all[kind].clone()).collect();
    for row in &mut rows {
        row.category = shown.iter().position(|&kind| kind == row.category).unwrap_or(0);
    }
    let chart = Ranked {
        title: "Bottlenecks".to_owned(),
        subtitle,
        categories,
        mark: "utilisation law".to_owned(),
        limit: "limit (objective, or 100 %)".to_owned(),
        rows,
        label: axis::percent_label,
        most: MOST,
        caption: when.to_owned(),
        empty: "Nothing was used".to_owned(),
    };
    Picture { scene: chart.scene(), rows: table }
}
