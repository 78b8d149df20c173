//! `bottlenecks.csv`: what is closest to its limit, and how far the load could grow.

use super::columns::{Column, Table, Value, columns, name, real, text, whole};
use super::run_table::RunTable;
use crate::kernel::SimSpan;
use crate::output::lookup::{headroom, local_time, scarce};
use crate::output::sentences::sentence;
use crate::results::{Bottleneck, Headroom, RunResult};

/// The table.
#[derive(Debug)]
pub(super) struct Bottlenecks;

/// A server group or link direction, or the whole.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    /// Nothing for the whole.
    one: Option<One<'r>>,
    /// What a search found, for the whole.
    found: Option<&'r Headroom>,
}

/// A server group or link direction.
#[derive(Clone, Copy, Debug)]
struct One<'r> {
    rank: u64,
    kind: &'static str,
    name: &'r str,
    site: &'r str,
    figures: &'r Bottleneck,
}

impl<'r> Row<'r> {
    fn at(&self, when: impl Fn(&One<'r>) -> Option<SimSpan>) -> Value<'r> {
        let at = self.one.as_ref().and_then(when);
        at.map_or(Value::Blank, |at| text(local_time(self.run, at)))
    }

    fn headroom(&self) -> Option<f64> {
        match self.one {
            Some(one) => one.figures.headroom(),
            None => headroom(self.run).map(|(factor, _)| factor),
        }
    }
}

impl RunTable for Bottlenecks {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        let ones = (1..).zip(&run.bottlenecks).map(move |(rank, figures)| {
            let (kind, name, site) = scarce(run, figures);
            Row { run, one: Some(One { rank, kind, name, site, figures }), found: None }
        });
        let whole = Row { run, one: None, found: run.headroom.as_ref() };
        ones.chain((!run.bottlenecks.is_empty()).then_some(whole))
    }
}

impl Table for Bottlenecks {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "bottlenecks";
    const ROW: &'static str = "a server group or a link direction, worst first: the one first whose busiest hour, as simulated or by the utilisation law, comes closest to its limit; a last row `scenario` for the whole";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "rank" Count "from 1; blank for the whole" => |row| whole(row.one.map(|one| one.rank)),
        "kind" Word "`server`, `link` or `scenario`" => |row| text(row.one.map_or("scenario", |one| one.kind)),
        "name" Word "as in servers.csv or links.csv; blank for the whole" => |row| name(row.one.map_or("", |one| one.name)),
        "site" Word "its site; blank for links" => |row| name(row.one.map_or("", |one| one.site)),
        "utilisation_mean" Share "as simulated, over the window, 0 to 1" => |row| real(row.one.map(|one| one.figures.utilisation_mean)),
        "utilisation_peak" Share "as simulated, in its busiest hour; hours count from the window's beginning" => |row| real(row.one.map(|one| one.figures.utilisation_peak)),
        "peak_at" Clock "when that hour began on the scenario's clock" => |row| row.at(|one| Some(one.figures.peak_at)),
        "law_mean" Share "demand / capacity by the utilisation law, over the window; above 1 where more is asked for than there is; blank where the law has none (closed sources). The law knows the organisation as it begins: what fails over, or changes in time, it leaves where it was" => |row| real(row.one.and_then(|one| one.figures.law_mean)),
        "law_peak" Share "the same in its busiest hour" => |row| real(row.one.and_then(|one| one.figures.law_peak)),
        "law_peak_at" Clock "when that hour begins" => |row| row.at(|one| one.figures.law_peak_at),
        "limit" Share "the objective for CPU or links, 1 where there is none" => |row| real(row.one.map(|one| one.figures.limit)),
        "headroom" Ratio "limit / law_peak: by what factor the load could grow until the busiest hour reaches the limit; for the whole the lowest of all" => |row| real(row.headroom()),
        "headroom_met" Ratio "for the whole, with `--headroom`: highest factor of the load at which every objective was met as simulated; blank when none was found, or when what is missed above it sees too few requests there to be judged" => |row| real(row.found.and_then(|found| found.met)),
        "headroom_missed" Ratio "lowest factor at which one was missed; blank when none was found" => |row| real(row.found.and_then(|found| found.missed)),
        "falls_first" Word "the objective that was missed by most at that factor, in words" => |row| name(row.found.and_then(|found| found.falls).map_or_else(String::new, |falls| sentence(row.run, &falls))),
    }];
}
