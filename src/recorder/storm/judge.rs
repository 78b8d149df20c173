//! How an incident is judged: a replication beside its twin.
//!
//! Next: [`super::counted`], what both have counted.

use super::counted::{Bin, Charged, Judged, PairStormed, Stormed};
use super::counting::{FEWEST_JUDGED, NORMAL, SETTLED, STRETCH};
use crate::kernel::{NANOS_PER_SEC, SimSpan, SimTime};
use crate::results::{STORM_REASONS, StormReplication};

/// By so much the share that is late or failed has to exceed the twin's in one run.
const POINTS: f64 = 0.05;
/// The share that may be late where a goal for the 95th percentile is met.
const ALLOWED: f64 = 0.05;

/// A replication and its twin, if it has one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beside<'a> {
    pub(crate) run: &'a Stormed,
    pub(crate) twin: Option<&'a Stormed>,
    /// The first so many incidents are outages.
    pub(crate) outages: usize,
}

/// When an incident began and ended, and until when it is charged.
#[derive(Clone, Copy, Debug)]
struct Span {
    begin: SimTime,
    end: SimTime,
    /// End of the last of those that overlap.
    over: SimTime,
    until: SimTime,
}

/// Bins and parts of one pair, or of all together.
#[derive(Clone, Copy, Debug)]
struct Counts<'a> {
    bins: &'a [Bin],
    twin: Option<&'a [Bin]>,
}

/// How incident `number` went: by pair, and all together last. `None` where it did not
/// happen in the window.
pub(crate) fn judge(beside: Beside<'_>, number: usize) -> Option<Vec<StormReplication>> {
    let span = beside.span(number)?;
    let twin = beside.twin.filter(|_| number < beside.outages);
    let mut rows = Vec::new();
    let (mut all, mut twins): (Vec<Bin>, Vec<Bin>) = (Vec::new(), Vec::new());
    for (place, pair) in beside.run.pairs.iter().enumerate() {
        let other = twin.map(|twin| &twin.pairs[place]);
        add(&mut all, &pair.bins);
        if let Some(other) = other {
            add(&mut twins, &other.bins);
        }
        rows.push(beside.pair(number, span, pair, other));
    }
    let counts = Counts { bins: &all, twin: twin.map(|_| &twins[..]) };
    let total = rates(beside.run, counts, span);
    let total = rows.iter().fold(total, together);
    rows.push(total);
    Some(rows)
}

impl Beside<'_> {
    fn span(&self, number: usize) -> Option<Span> {
        let (begin, end) = self.run.spans.get(number)?.0?;
        let charges = &self.run.charges;
        let at = charges.iter().position(|charge| charge.incidents.contains(&(number as u32)));
        if let Some(at) = at.filter(|_| number < self.outages) {
            let until = charges.get(at + 1).map_or(self.run.ends_at, |next| next.begin);
            let ends = charges[at].incidents.iter();
            let ends = ends.filter_map(|&other| Some(self.run.spans[other as usize].0?.1));
            // One that comes again has ended for the first time by then.
            let over = ends.filter(|&end| end <= until).max().unwrap_or(end);
            return Some(Span { begin, end, over: over.max(end), until });
        }
        let begins = self.run.spans.iter().filter_map(|span| Some(span.0?.0));
        let until = begins.filter(|&other| other > end).min().unwrap_or(self.run.ends_at);
        Some(Span { begin, end, over: end, until })
    }

    /// How one pair came through it.
    fn pair(
        &self,
        number: usize,
        span: Span,
        pair: &PairStormed,
        twin: Option<&PairStormed>,
    ) -> StormReplication {
        let counts = Counts { bins: &pair.bins, twin: twin.map(|twin| &twin.bins[..]) };
        let mut row = rates(self.run, counts, span);
        let booked = &pair.booked[number];
        row.threshold = pair.threshold;
        row.reasons = booked.reasons;
        row.failed = booked.reasons.iter().sum();
        row.held_failed = booked.held_failed;
        row.gave_up = booked.gave_up;
        row.still = booked.still;
        row.longest = booked.longest;
        let Some(twin) = twin else { return row };
        let sum = |pair: &PairStormed| {
            let mut sum = Charged::default();
            let mine = |n: usize| self.run.charges[n].incidents.contains(&(number as u32));
            for (_, charged) in pair.charged.iter().enumerate().filter(|&(n, _)| mine(n)) {
                sum.users += charged.users;
                sum.lost += charged.lost;
                sum.completed += charged.completed;
                sum.turned += charged.turned;
            }
            sum
        };
        let (mine, other) = (sum(pair), sum(twin));
        row.users = Some(mine.users as i64 - other.users as i64);
        row.lost = Some(mine.lost as i128 - other.lost as i128);
        row.requests_lost = Some(other.completed as i64 - mine.completed as i64);
        let stretches = Stretches::of(pair, twin);
        let part = |at: SimTime| (at.0 / self.run.part) as usize;
        let first = part(span.begin.max(self.run.measured_from));
        let last = (span.until.0.div_ceil(self.run.part)) as usize;
        let exceeds = (first..last).any(|from| stretches.excess(from, last).is_some_and(|by| by > POINTS));
        row.reached = booked.struck > 0 || mine.turned > other.turned;
        row.touched = Some(row.reached || exceeds);
        let goal = pair.threshold.is_some();
        (row.recovery, row.judged) =
            stretches.recovery((part(span.over), last), self.run.part, span.over, goal);
        row
    }
}

/// Adds the row of a pair to that of all together.
fn together(mut total: StormReplication, row: &StormReplication) -> StormReplication {
    if row.touched == Some(true) && row.judged {
        total.recovery = match (total.judged, total.recovery, row.recovery) {
            (false, _, recovery) => recovery,
            (true, Some(a), Some(b)) => Some(a.max(b)),
            _ => None,
        };
        total.judged = true;
    }
    total.touched = total.touched.max(row.touched);
    total.reached |= row.reached;
    for (sum, count) in total.reasons.iter_mut().zip(row.reasons) {
        *sum += count;
    }
    total.failed += row.failed;
    total.held_failed += row.held_failed;
    total.gave_up += row.gave_up;
    total.still += row.still;
    total.longest = total.longest.max(row.longest);
    total.users = row.users.map(|users| users + total.users.unwrap_or(0));
    total.lost = row.lost.map(|lost| lost + total.lost.unwrap_or(0));
    total.requests_lost = row.requests_lost.map(|lost| lost + total.requests_lost.unwrap_or(0));
    total
}

/// Rates of bins around an incident.
fn rates(storm: &Stormed, counts: Counts<'_>, span: Span) -> StormReplication {
    let Counts { bins, twin } = counts;
    let bin = |at: SimTime| ((at.0 / storm.interval) as usize).min(bins.len());
    let seconds = storm.interval as f64 / NANOS_PER_SEC as f64;
    let first = bin(span.begin.max(storm.measured_from));
    let last = ((span.until.0.div_ceil(storm.interval)) as usize).min(bins.len());
    let from =
        span.begin.0.saturating_sub(NORMAL.0).max(storm.measured_from.0).div_ceil(storm.interval) as usize;
    let before = bins.get(from..first).unwrap_or_default();
    let mean = |count: fn(&Bin) -> u32| {
        let sum: u64 = before.iter().map(|b| u64::from(count(b))).sum();
        (!before.is_empty()).then(|| sum as f64 / (before.len() as f64 * seconds))
    };
    let around = bins.get(first..last).unwrap_or_default();
    let after = bins.get(bin(span.end)..last).unwrap_or_default();
    let highest = |count: fn(&Bin) -> u32| {
        // Of several as busy the first.
        let most = around.iter().map(count).enumerate().rev().max_by_key(|&(_, count)| count);
        most.unwrap_or((0, 0))
    };
    let (peak, connections) = (highest(|b| b.arrivals), highest(|b| b.connections));
    let beside =
        |place: usize, count: fn(&Bin) -> u32| Some(f64::from(count(twin?.get(first + place)?)) / seconds);
    StormReplication {
        begin: SimSpan(span.begin.0),
        end: SimSpan(span.end.0),
        before_rate: mean(|b| b.arrivals),
        peak_rate: f64::from(peak.1) / seconds,
        peak_at: SimSpan(((first + peak.0) as u64 * storm.interval).saturating_sub(span.begin.0)),
        twin_rate: beside(peak.0, |b| b.arrivals),
        peak_after_end: f64::from(after.iter().map(|b| b.arrivals).max().unwrap_or(0)) / seconds,
        before_connections: mean(|b| b.connections),
        peak_connections: f64::from(connections.1) / seconds,
        twin_connections: beside(connections.0, |b| b.connections),
        threshold: None,
        touched: None,
        reached: false,
        over: SimSpan(span.over.0),
        until: SimSpan(span.until.0),
        recovery: None,
        judged: false,
        users: None,
        lost: None,
        requests_lost: None,
        longest: 0,
        still: 0,
        gave_up: 0,
        retries: around.iter().map(|b| u64::from(b.retries)).sum(),
        failed: 0,
        held_failed: 0,
        reasons: [0; STORM_REASONS],
    }
}

/// Sums of what ended, up to each part of a bin.
#[derive(Debug)]
pub(super) struct Stretches {
    run: Vec<(u64, u64)>,
    twin: Vec<(u64, u64)>,
    /// Parts in a stretch and until it is settled.
    stretch: usize,
    settled: usize,
}

impl Stretches {
    fn of(run: &PairStormed, twin: &PairStormed) -> Self {
        let finer = run.parts.len() / run.bins.len().max(1);
        Self::new(&run.parts, &twin.parts, finer.max(1))
    }

    pub(super) fn new(run: &[Judged], twin: &[Judged], finer: usize) -> Self {
        let sums = |parts: &[Judged]| {
            let mut sum = (0, 0);
            let step = |part: &Judged| {
                sum = (sum.0 + u64::from(part.ended), sum.1 + u64::from(part.bad));
                sum
            };
            std::iter::once((0, 0)).chain(parts.iter().map(step).collect::<Vec<_>>()).collect()
        };
        Self { run: sums(run), twin: sums(twin), stretch: STRETCH * finer, settled: SETTLED * finer }
    }

    /// What of the run and of the twin ended, and was late or failed, in the stretch from this
    /// part on, within those before `last`; `None` where that is too little to judge by.
    fn at(&self, from: usize, last: usize) -> Option<[(u64, u64); 2]> {
        let to = (from + self.stretch).min(last).min(self.run.len() - 1).min(self.twin.len() - 1);
        let of = |sums: &[(u64, u64)]| {
            let (before, after) = (sums.get(from)?, sums[to]);
            Some((after.0.checked_sub(before.0)?, after.1.checked_sub(before.1)?))
        };
        let (run, twin) = (of(&self.run)?, of(&self.twin)?);
        (run.0 >= FEWEST_JUDGED && twin.0 >= FEWEST_JUDGED).then_some([run, twin])
    }

    /// By how much the share exceeds the twin's.
    fn excess(&self, from: usize, last: usize) -> Option<f64> {
        let [run, twin] = self.at(from, last)?;
        Some(share(run) - share(twin))
    }

    /// Nanoseconds from the end until the first part of a bin from which on, for ten bins, all
    /// is as well as in the twin, and whether there was enough to judge by.
    pub(super) fn recovery(
        &self,
        (first, last): (usize, usize),
        part: u64,
        end: SimTime,
        goal: bool,
    ) -> (Option<u64>, bool) {
        let last = last.min(self.run.len() - 1);
        let is_bad = |from: usize| {
            let [run, twin] = self.at(from, last)?;
            let missed = goal && share(twin) <= ALLOWED && share(run) > ALLOWED;
            Some(missed || share(run) - share(twin) > POINTS)
        };
        let mut judged = false;
        let mut since = Some(first);
        for from in first..last {
            // Too few to judge by exceed nothing, and mend nothing.
            if let Some(bad) = is_bad(from) {
                judged = true;
                since = if bad { None } else { since.or(Some(from)) };
            }
            if let Some(begun) = since
                && judged
                && (from - begun + 1 >= self.settled || from + 1 == last)
            {
                return (Some((begun as u64 * part).saturating_sub(end.0)), true);
            }
        }
        (None, judged)
    }
}

fn share((ended, bad): (u64, u64)) -> f64 {
    bad as f64 / ended as f64
}

/// By how much the share of a pair that is late or failed exceeds the twin's in the stretch
/// that begins with each bin; `None` where there is too little to judge by.
pub(crate) fn excess(run: &PairStormed, twin: &PairStormed) -> Vec<Option<f64>> {
    let stretches = Stretches::of(run, twin);
    let finer = (run.parts.len() / run.bins.len().max(1)).max(1);
    (0..run.bins.len()).map(|bin| stretches.excess(bin * finer, run.parts.len())).collect()
}

/// Adds bins to bins.
pub(crate) fn add(sum: &mut Vec<Bin>, bins: &[Bin]) {
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
        // Of two populations the slower one is shown; `NEVER` is slower than any.
        a.p95 = a.p95.max(b.p95);
    }
}
