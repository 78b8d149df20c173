//! How an incident is judged at the end of a replication, from bins and counts.
//!
//! Next: [`super::counting`], where they are counted.

use super::counting::{Bin, FEWEST, Judged, NORMAL, Pair, SETTLED, STRETCH, Storm, Stormed};
use crate::kernel::{NANOS_PER_SEC, SimSpan, SimTime};
use crate::results::{NONE, STORM_REASONS, StormReplication};

/// How every incident went.
pub(crate) fn close(mut storm: Storm) -> Stormed {
    let mut stormed = Stormed::default();
    let interval = storm.interval;
    for pair in &mut storm.pairs {
        pair.turn(usize::MAX, interval);
    }
    storm.pairs.sort_by_key(|pair| (pair.protocol, pair.population));
    let horizon = |number: usize| {
        // Until something else begins, or the run ends.
        let span = &storm.spans[number];
        let after = span.end.or(span.begin).unwrap_or(storm.ends_at);
        let others = storm.spans.iter().filter_map(|other| other.begin).filter(|&begin| begin > after);
        others.min().unwrap_or(storm.ends_at)
    };
    for span in &storm.spans {
        let whole = span.begin.map(|begin| (begin, span.end.unwrap_or(storm.ends_at)));
        stormed.spans.push((whole, span.times));
    }
    for pair in &storm.pairs {
        let of = |number: usize| {
            let (begin, end) = stormed.spans[number].0?;
            let judged = judge(&storm, (&pair.bins, &pair.parts), begin, end, horizon(number));
            Some(account(pair, judged, number))
        };
        let rows = (0..storm.spans.len()).map(of).collect();
        stormed.pairs.push((Some(pair.protocol), pair.population, rows));
        for (number, cut) in pair.disruptions.iter().enumerate() {
            if cut.times != cut.restored + cut.gave_up + cut.still {
                stormed.violations.push(format!(
                    "S5: incident {number} cut {} {} clients off {} times, {} were served again, {} gave up and {} are still cut off",
                    pair.population, pair.protocol, cut.times, cut.restored, cut.gave_up, cut.still
                ));
            }
        }
    }
    let mut whole: Vec<Bin> = Vec::new();
    for pair in &storm.pairs {
        match stormed.series.last_mut() {
            Some((protocol, bins)) if *protocol == pair.protocol => add(bins, &pair.bins),
            _ => stormed.series.push((pair.protocol, pair.bins.clone())),
        }
        add(&mut whole, &pair.bins);
    }
    // The total: rates are those of all together; it is well served when all are.
    let of = |number: usize| {
        let (begin, end) = stormed.spans[number].0?;
        let rows = stormed.pairs.iter().filter_map(|pair| pair.2[number].as_ref());
        let mut total = judge(&storm, (&whole, &[]), begin, end, horizon(number));
        total.threshold = None;
        total.judged = false;
        total.recovery = Some(0);
        for row in rows {
            if row.judged {
                total.judged = true;
                total.recovery = match (total.recovery, row.recovery) {
                    (Some(a), Some(b)) => Some(a.max(b)),
                    _ => None,
                };
            }
            total.clients += row.clients;
            total.still += row.still;
            total.gave_up += row.gave_up;
            total.cut_span += row.cut_span;
            total.longest = total.longest.max(row.longest);
            for (sum, count) in total.reasons.iter_mut().zip(row.reasons) {
                *sum += count;
            }
            total.failed += row.failed;
        }
        if !total.judged {
            total.recovery = None;
        }
        Some(total)
    };
    let total = (0..storm.spans.len()).map(of).collect();
    stormed.pairs.push((None, NONE, total));
    stormed
}

/// Rates and recovery of bins around an incident.
fn judge(
    storm: &Storm,
    (bins, parts): (&[Bin], &[Judged]),
    begin: SimTime,
    end: SimTime,
    horizon: SimTime,
) -> StormReplication {
    let bin = |at: SimTime| ((at.0 / storm.interval) as usize).min(bins.len());
    let seconds = storm.interval as f64 / NANOS_PER_SEC as f64;
    let first = bin(begin.max(storm.measured_from));
    let last = ((horizon.0.div_ceil(storm.interval)) as usize).min(bins.len());
    let from = begin.0.saturating_sub(NORMAL.0).max(storm.measured_from.0).div_ceil(storm.interval) as usize;
    let before = bins.get(from..first).unwrap_or_default();
    let mean = |count: fn(&Bin) -> u32| {
        let sum: u64 = before.iter().map(|b| u64::from(count(b))).sum();
        (!before.is_empty()).then(|| sum as f64 / (before.len() as f64 * seconds))
    };
    let around = bins.get(first..last).unwrap_or_default();
    let after = bins.get(bin(end)..last).unwrap_or_default();
    let mut peak = (0, 0);
    let (mut connections, mut retries) = (0, 0);
    for (place, b) in around.iter().enumerate() {
        if b.arrivals > peak.0 {
            peak = (b.arrivals, place);
        }
        connections = connections.max(b.connections);
        retries += u64::from(b.retries);
    }
    let peak_at = ((first + peak.1) as u64 * storm.interval).saturating_sub(begin.0);
    let until = ((horizon.0.div_ceil(storm.part)) as usize).min(parts.len());
    let (recovery, judged) = recovery(parts, until, (storm.part, storm.finer), end.0);
    StormReplication {
        begin: SimSpan(begin.0),
        end: SimSpan(end.0),
        normal_rate: mean(|b| b.arrivals),
        peak_rate: f64::from(peak.0) / seconds,
        peak_at: SimSpan(peak_at),
        peak_after_end: f64::from(after.iter().map(|b| b.arrivals).max().unwrap_or(0)) / seconds,
        normal_connections: mean(|b| b.connections),
        peak_connections: f64::from(connections) / seconds,
        threshold: None,
        recovery,
        judged,
        clients: 0,
        cut_span: 0,
        longest: 0,
        still: 0,
        gave_up: 0,
        retries,
        failed: 0,
        reasons: [0; STORM_REASONS],
    }
}

/// Nanoseconds from `end` until the first part of a bin from which on all is well, and
/// whether there was enough to judge by; `finer` parts of `length` make a bin.
pub(super) fn recovery(
    parts: &[Judged],
    last: usize,
    (length, finer): (u64, usize),
    end: u64,
) -> (Option<u64>, bool) {
    let first = ((end / length) as usize).min(last);
    let mut sums = vec![(0_u64, 0_u64)];
    let mut sum = (0, 0);
    for part in &parts[first..last] {
        sum = (sum.0 + u64::from(part.ended), sum.1 + u64::from(part.bad));
        sums.push(sum);
    }
    let whole = last - first;
    let good = |from: usize| {
        let (to, before) = (sums[(from + STRETCH * finer).min(whole)], sums[from]);
        let (ended, bad) = (to.0 - before.0, to.1 - before.1);
        (ended >= FEWEST).then_some(bad * 20 <= ended)
    };
    let judged = (0..whole).any(|from| good(from).is_some());
    if !judged {
        return (None, false);
    }
    let mut since = None;
    for from in 0..whole {
        match good(from) {
            Some(false) => since = None,
            Some(true) => since = since.or(Some(from)),
            // Too few to judge by: neither begins it nor ends it.
            None => {}
        }
        if let Some(begun) = since
            && (from - begun + 1 >= SETTLED * finer || from + 1 == whole)
        {
            return (Some(((first + begun) as u64 * length).saturating_sub(end)), true);
        }
    }
    (None, true)
}

/// Adds what the pair knows of an incident.
fn account(pair: &Pair, judged: StormReplication, number: usize) -> StormReplication {
    let cut = &pair.disruptions[number];
    let threshold = pair.thresholds[number];
    let known = threshold.is_some();
    StormReplication {
        threshold,
        judged: judged.judged && known,
        recovery: judged.recovery.filter(|_| known),
        clients: cut.clients,
        cut_span: cut.span,
        longest: cut.longest,
        still: cut.still,
        gave_up: cut.gave_up,
        failed: cut.reasons.iter().sum(),
        reasons: cut.reasons,
        ..judged
    }
}

fn add(sum: &mut Vec<Bin>, bins: &[Bin]) {
    if sum.is_empty() {
        *sum = bins.to_vec();
        return;
    }
    for (a, b) in sum.iter_mut().zip(bins) {
        a.arrivals += b.arrivals;
        a.connections += b.connections;
        a.retries += b.retries;
        a.completed += b.completed;
        a.failed += b.failed;
        // Of two populations the slower one is shown.
        a.p95 = a.p95.max(b.p95);
    }
}
