//! `links.csv`: what each direction of a link carried.

use super::columns::{Column, Table, columns, int, mean_millis, millis, name, per_run, real, text};
use super::mean::Mean;
use super::run_table::RunTable;
use crate::output::format;
use crate::output::lookup::local_time;
use crate::output::lookup::name as named;
use crate::results::{LinkKind, LinkReplication, LinkRow, NONE, RunResult};

/// The table.
#[derive(Debug)]
pub(super) struct Links;

/// A direction of a link with its means over replications.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    link: &'r LinkRow,
    utilisation: Mean,
    transfer: Mean,
    most_at_once: Mean,
}

impl Row<'_> {
    /// The measured time of all replications.
    fn seconds(&self) -> f64 {
        self.run.window.as_secs_f64() * f64::from(self.run.replications)
    }

    /// A site at an end of it, or the Internet.
    fn end(&self, site: u32) -> &str {
        match (self.link.ends.kind, site) {
            (LinkKind::Internet, NONE) => "Internet",
            (_, site) => named(&self.run.names.sites, site),
        }
    }

    fn mbps(&self, bits: f64) -> Option<f64> {
        (self.seconds() > 0.0).then(|| bits / self.seconds() / 1e6)
    }

    /// Means that grow with the window are none.
    fn level(&self, mean: f64) -> Option<f64> {
        (!self.link.growing).then_some(mean)
    }

    /// As [`Self::level`], and nothing where nothing was carried.
    fn used(&self, mean: f64) -> Option<f64> {
        self.level(mean).filter(|_| self.link.transfers > 0)
    }

    /// Carried load of both directions over the raw bandwidth of one.
    fn both_over_one(&self) -> Option<f64> {
        let reverse = self.run.links.get(self.link.reverse? as usize)?;
        let carried = self.link.carried_bits + reverse.carried_bits;
        (self.seconds() > 0.0).then(|| carried / self.seconds() / self.link.raw_bandwidth)
    }
}

fn kind(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Wan => "wan",
        LinkKind::Internet => "internet",
        LinkKind::Custom => "custom",
    }
}

fn slowdown(link: &LinkRow) -> Option<f64> {
    let used = link.replications.iter().filter(|r| r.completed > 0);
    Mean::of_values(used.map(|r| r.slowdown_mean)).estimate
}

impl RunTable for Links {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.links.iter().map(move |link| {
            let mean =
                |value: fn(&LinkReplication) -> f64| Mean::of_values(link.replications.iter().map(value));
            Row {
                run,
                link,
                utilisation: mean(|r| r.utilisation),
                transfer: mean(|r| r.sojourn_mean),
                most_at_once: mean(|r| r.number_max as f64),
            }
        })
    }
}

impl Table for Links {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "links";
    const ROW: &'static str = "one direction of a link or of an Internet pipe; means of transfers are blank for a custom pipe that is offered its bandwidth or more over the whole window";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "link" Word "`Amsterdam>Boston`, `Internet>Amsterdam`, or the name of a custom link" => |row| name(&row.link.name),
        "bandwidth_mbps" Mbps "Mbit/s available to this traffic" => |row| real(row.link.bandwidth / 1e6),
        "raw_bandwidth_mbps" Mbps "Mbit/s of the direction as bought" => |row| real(row.link.raw_bandwidth / 1e6),
        "utilisation_mean" Share "busy share of the available bandwidth, mean over the window, 0 to 1" => |row| real(row.link.utilisation_mean),
        "utilisation_mean_ci95" Share "half-width of its 95 % interval over replications; blank for one" => |row| real(row.utilisation.half_width),
        "utilisation_busiest_interval" Share "highest mean over one interval, 0 to 1" => |row| real(row.link.utilisation_busiest_interval),
        "utilisation_busiest_hour" Share "the same in the busiest hour, which is defined as in servers.csv" => |row| real(row.link.busiest_hour.mean),
        "utilisation_busiest_hour_ci95" Share "half-width of its 95 % interval over replications; blank for one" => |row| real(row.link.busiest_hour.half_width),
        "busiest_hour_at" Clock "when that hour begins" => |row| text(local_time(row.run, row.link.busiest_hour.begins_at)),
        "offered_mbps" Mbps "Mbit/s asked for by transfers that began in the window" => |row| real(row.mbps(row.link.offered_bits)),
        "carried_mbps" Mbps "Mbit/s carried in the window" => |row| real(row.mbps(row.link.carried_bits)),
        "carried_bytes" Bytes "bytes carried in the window" => |row| text(format::real(row.link.carried_bits / 8.0 / f64::from(row.run.replications.max(1)), 0)),
        "transfers" Count "transfers begun in the window" => |row| per_run(row.link.transfers, row.run.replications),
        "queue_mean" Count "mean number of concurrent transfers" => |row| real(row.level(row.link.number_mean)),
        "queue_max" Count "highest number of concurrent transfers, mean of the replications" => |row| real(row.most_at_once.estimate),
        "transfer_mean_ms" Ms "mean time of a transfer" => |row| mean_millis(row.used(row.link.transfer_mean)),
        "transfer_mean_ms_ci95" Ms "half-width of its 95 % interval over replications; blank for one" => |row| mean_millis(row.transfer.half_width.and_then(|half| row.used(half))),
        "slowdown_mean" Ratio "mean of transfer time / time alone on the link, 1 and up" => |row| real(slowdown(row.link).and_then(|mean| row.level(mean))),
        "both_over_one" Share "the planner's convention: Mbit/s carried in both directions over the raw bandwidth of this one; blank for a link of one direction" => |row| real(row.both_over_one()),
        "queue_max_highest" Count "highest number of concurrent transfers of all replications" => |row| int(row.link.number_max),
        "from" Word "site where the direction begins, or `Internet`; blank for a custom link" => |row| name(row.end(row.link.ends.from)),
        "to" Word "site where it ends, or `Internet`" => |row| name(row.end(row.link.ends.to)),
        "kind" Word "`wan`, `internet` or `custom`" => |row| text(kind(row.link.ends.kind)),
        "latency_ms" Ms "latency one way; blank for a custom link" => |row| millis(row.link.ends.latency),
    }];
}
