//! `bottlenecks.csv`: what is closest to its limit, and how far the load could grow.

use super::columns::{Column, Table, Value, columns, name, real, text, whole};
use super::run_table::RunTable;
use crate::kernel::SimSpan;
use crate::output::lookup::{local_time, scarce, scarce_limit};
use crate::output::sentences::sentence;
use crate::results::{Bottleneck, Headroom, LimitUse, RunResult};

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

    /// Its figures; for the whole those of what is full first.
    fn figures(&self) -> Option<&'r Bottleneck> {
        match self.one {
            Some(one) => Some(one.figures),
            None => self.run.law_headroom().map(|(_, row)| row),
        }
    }

    fn headroom(&self) -> Option<f64> {
        self.figures().and_then(Bottleneck::headroom)
    }

    fn headroom_half_width(&self) -> Option<f64> {
        self.figures().and_then(Bottleneck::headroom_half_width)
    }

    fn limit(&self) -> Option<&'r LimitUse> {
        self.one.and_then(|one| scarce_limit(self.run, one.figures))
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
    const ROW: &'static str = "a server group, a link direction or a limit of servers, worst first: the one first whose busiest hour, as simulated or by the utilisation law, or of a limit the highest number at once, comes closest to its limit; a last row `scenario` for the whole";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "rank" Count "from 1; blank for the whole" => |row| whole(row.one.map(|one| one.rank)),
        "kind" Word "`server`, `link`, `limit` or `scenario`" => |row| text(row.one.map_or("scenario", |one| one.kind)),
        "name" Word "as in servers.csv or links.csv, of a limit its servers; blank for the whole" => |row| name(row.one.map_or("", |one| one.name)),
        "limited" Word "of a limit, as `limit` in limits.csv" => |row| text(row.limit().map_or("", |met| met.kind.token())),
        "apart" Word "of a limit, as `apart` in limits.csv" => |row| name(row.limit().map_or("", |met| met.apart.as_str())),
        "site" Word "its site; blank for links" => |row| name(row.one.map_or("", |one| one.site)),
        "utilisation_mean" Share "as simulated, over the window, 0 to 1; of servers between which work is spread unevenly by rule that of the busiest; of a limit the share of its units in use, at the server that comes closest to it" => |row| real(row.one.map(|one| one.figures.utilisation_mean)),
        "utilisation_busiest_hour" Share "as simulated, in the busiest hour, which is defined as in servers.csv; of the busiest server where clients hash to servers (affinity by source address)" => |row| real(row.one.map(|one| one.figures.utilisation_peak)),
        "utilisation_busiest_hour_ci95" Share "half-width of its 95 % interval over replications; blank for one" => |row| real(row.one.and_then(|one| one.figures.peak_half_width)),
        "busiest_hour_at" Clock "when that hour begins on the scenario's clock" => |row| row.at(|one| Some(one.figures.peak_at)),
        "share_at_peak" Share "of a limit, the highest share in use at once, mean over the runs" => |row| real(row.one.and_then(|one| one.figures.at_once)),
        "refused" Count "of a limit, attempts in vain, per run" => |row| real(row.limit().map(|met| met.refused as f64 / f64::from(row.run.replications.max(1)))),
        "law_mean" Share "demand / capacity by the utilisation law, over the window; of a limit mean units by Little's law, of a queue by Erlang's formula; above 1 where more is asked for than there is; blank where the law has none (closed sources, whose demand depends on the answers, and queues of custom stations). The law knows which servers of a group and which links are down; what fails over to other sites, or changes in time, it leaves where it was, and it counts no attempt after a failure" => |row| real(row.one.and_then(|one| one.figures.law_mean)),
        "law_busiest_hour" Share "the same in the hour of `busiest_hour_at`" => |row| real(row.one.and_then(|one| one.figures.law_same_hour)),
        "law_peak" Share "the same in the busiest hour by the law: another one where more is asked for than can be done" => |row| real(row.one.and_then(|one| one.figures.law_peak)),
        "law_peak_at" Clock "when that hour begins" => |row| row.at(|one| one.figures.law_peak_at),
        "limit" Share "the objective for CPU or links, 1 where there is none and for limits" => |row| real(row.one.map(|one| one.figures.limit)),
        "headroom" Ratio "by what factor the load could grow until it is reached: limit / law_peak, and no more than the limit over what was simulated; of limits that requests hold, until a burst (three standard deviations of a Poisson number, or a full queue in 0.1 % of the time) reaches it; for the whole the lowest of all" => |row| real(row.headroom()),
        "headroom_ci95" Ratio "half-width of its 95 % interval, as far as the busiest hour differs between replications; blank for one, and where they differ so much that it has no upper end" => |row| real(row.headroom_half_width()),
        "headroom_met" Ratio "for the whole, with `--headroom`: highest factor of the load at which every objective was met as simulated; blank when none was found, or when what is missed above it sees too few requests there to be judged" => |row| real(row.found.and_then(|found| found.met)),
        "headroom_missed" Ratio "lowest factor at which one was missed; blank when none was found" => |row| real(row.found.and_then(|found| found.missed)),
        "falls_first" Word "the objective that was missed by most at that factor, in words" => |row| name(row.found.and_then(|found| found.falls).map_or_else(String::new, |falls| sentence(row.run, &falls))),
    }];
}
