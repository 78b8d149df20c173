//! Reports of stations and links added up, and what one replication of them says.
//!
//! Must not know names. Next: [`super::merger`].

use crate::kernel::SimSpan;
use crate::results::{LinkReplication, ServerReplication};
use crate::sim::measured::{LinkReport, StationReport};
use crate::stats::histogram::Histogram;
use crate::stats::percentiles;

/// Standard deviation of a variable from its moments' sums.
fn deviation(sum: f64, squares: f64, count: u64) -> f64 {
    let mean = ratio(sum, count);
    (ratio(squares, count) - mean * mean).max(0.0).sqrt()
}

pub(super) fn server_replication(
    sum: &StationReport,
    window: SimSpan,
    servers: f64,
    cores: f64,
) -> ServerReplication {
    let window = window.0 as f64;
    ServerReplication {
        utilisation: sum.busy as f64 / (window * servers * cores),
        wait_mean: ratio(sum.wait_sum as f64, sum.wait_count),
        wait_std: deviation(sum.wait_sum as f64, sum.wait_squares, sum.wait_count),
        prob_wait: ratio(sum.waited as f64, sum.wait_count),
        sojourn_mean: ratio(sum.sojourn_sum as f64, sum.wait_count),
        sojourn_std: deviation(sum.sojourn_sum as f64, sum.sojourn_squares, sum.wait_count),
        wait_percentiles: sum.wait.as_ref().map_or([None; 3], percentiles),
        sojourn_percentiles: sum.sojourn.as_ref().map_or([None; 3], percentiles),
        number_mean: sum.present as f64 / window,
        arrivals: sum.arrivals,
        rejected: sum.refused_queue,
        completed: sum.completed,
        killed: sum.killed + sum.killed_away,
        refused_down: sum.refused_down + sum.refused_away,
        availability: 1.0 - sum.down.0 as f64 / (window * servers),
    }
}

pub(super) fn link_replication(link: &LinkReport, window: SimSpan, bandwidth: f64) -> LinkReplication {
    let seconds = window.as_secs_f64();
    LinkReplication {
        utilisation: link.carried_bits / (bandwidth * seconds),
        sojourn_mean: ratio(link.sojourn_sum as f64, link.completed),
        sojourn_std: deviation(link.sojourn_sum as f64, link.sojourn_squares, link.completed),
        slowdown_mean: ratio(link.slowdown_sum, link.completed),
        number_mean: link.present as f64 / window.0 as f64,
        goodput: link.carried_bits / seconds,
        completed: link.completed,
        number_max: link.present_max,
    }
}

fn merge_kept(mine: &mut Option<Histogram>, theirs: Option<&Histogram>) {
    if let Some(theirs) = theirs {
        mine.get_or_insert_default().merge(theirs);
    }
}

pub(super) fn add_station(a: &mut StationReport, b: &StationReport) {
    a.busy += b.busy;
    a.waiting += b.waiting;
    a.present += b.present;
    a.waiting_max = a.waiting_max.max(b.waiting_max);
    a.units += b.units;
    a.units_max = a.units_max.max(b.units_max);
    a.arrivals += b.arrivals;
    a.refused_queue += b.refused_queue;
    a.refused_pool += b.refused_pool;
    a.refused_down += b.refused_down;
    a.refused_away += b.refused_away;
    a.killed += b.killed;
    a.killed_away += b.killed_away;
    a.aborted += b.aborted;
    a.completed += b.completed;
    a.waited += b.waited;
    a.wait_count += b.wait_count;
    a.wait_sum += b.wait_sum;
    a.wait_squares += b.wait_squares;
    a.sojourn_sum += b.sojourn_sum;
    a.sojourn_squares += b.sojourn_squares;
    a.service_sum += b.service_sum;
    a.down += b.down;
    merge_kept(&mut a.wait, b.wait.as_ref());
    merge_kept(&mut a.sojourn, b.sojourn.as_ref());
}

pub(super) fn add_link(a: &mut LinkReport, b: &LinkReport) {
    a.offered_bits += b.offered_bits;
    if a.asked_bits.len() < b.asked_bits.len() {
        a.asked_bits.resize(b.asked_bits.len(), 0);
    }
    for (mine, theirs) in a.asked_bits.iter_mut().zip(&b.asked_bits) {
        *mine += theirs;
    }
    a.carried_bits += b.carried_bits;
    a.transfers += b.transfers;
    a.completed += b.completed;
    a.killed += b.killed;
    a.sojourn_sum += b.sojourn_sum;
    a.sojourn_squares += b.sojourn_squares;
    a.slowdown_sum += b.slowdown_sum;
    a.present += b.present;
    a.present_max = a.present_max.max(b.present_max);
    a.down += b.down;
}

/// `sum / count`, 0 where nothing was counted.
pub(super) fn ratio(sum: f64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { sum / count as f64 }
}
