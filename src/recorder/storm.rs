//! What follows an outage or a change: who is cut off, and the storm of those who come back.
//!
//! Time is cut into bins of one length over the whole run, for each protocol of each
//! population (`Pair`). A bin counts what arrives at the servers (attempts, retries
//! among them, and connections), what ends, and how many of that end late; the 95th
//! percentile of a bin is taken when the bin is full, so that nothing is kept for a
//! request. At the end of a replication each incident is judged (`Storm::close`).
//!
//! *Normal* is the mean rate over [`NORMAL`] before the incident begins; *late* is
//! beyond the objective of the protocol, or where it has none beyond [`FACTOR`] times
//! the 95th percentile of that time. Users are well served again from the first instant
//! on from which, for [`SETTLED`] bins, no stretch of [`STRETCH`] bins has more than 5 %
//! that end late or fail; stretches begin every sixth of a bin (`FINER`).
//!
//! A client is cut off from the first attempt that reaches nobody until the first that
//! is answered, or until the last one when it gives up: who does not ask is not cut off.
//!
//! A failure is booked to one incident ([`Storm::blamed`]). Of one that was on before the
//! window began everything counts from the window's begin on; one that was over by then
//! did not happen.
//!
//! Must not know why anything failed beyond its reason. Next: [`crate::results::Storms`].

use std::collections::VecDeque;

use crate::kernel::{NANOS_PER_SEC, SimSpan, SimTime};
use crate::model::access::Failure;
use crate::model::protocol::Protocol;
use crate::results::{NONE, STORM_REASONS, StormReplication};
use crate::stats::histogram::Histogram;

/// The time before an incident that its storm is compared with, ASSUMED.
pub const NORMAL: SimSpan = SimSpan(1_800 * NANOS_PER_SEC);
/// Where there is no objective: how much above normal a 95th percentile may be, ASSUMED.
pub const FACTOR: f64 = 1.5;
/// Bins that are judged together.
pub const STRETCH: usize = 5;
/// Bins for which it has to stay good, ASSUMED.
pub const SETTLED: usize = 10;
/// Parts of a bin at which stretches begin.
const FINER: usize = 6;
/// Parts of bins that are kept of a pair at most, so that memory is bounded: in a long
/// run a bin has fewer parts.
const MOST_PARTS: usize = 8_000;
/// Fewer requests than this in a stretch are not judged.
const FEWEST: u64 = 20;

/// One bin of one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bin {
    pub(crate) arrivals: u32,
    pub(crate) connections: u32,
    pub(crate) retries: u32,
    pub(crate) completed: u32,
    pub(crate) failed: u32,
    /// 95th percentile of the latency of what completed in it, ns; 0 below 20.
    pub(crate) p95: u64,
}

/// What ended in a part of a bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Judged {
    /// Completed and failed.
    ended: u32,
    /// Late and failed.
    bad: u32,
}

/// Clients of a pair that one incident cut off.
#[derive(Clone, Copy, Debug, Default)]
struct Cut {
    clients: u64,
    times: u64,
    restored: u64,
    gave_up: u64,
    still: u64,
    span: u128,
    longest: u64,
    /// Failed requests by reason, from its beginning on.
    reasons: [u64; STORM_REASONS],
}

/// One protocol of one population.
#[derive(Debug)]
struct Pair {
    protocol: Protocol,
    population: u32,
    bins: Vec<Bin>,
    parts: Vec<Judged>,
    current: usize,
    filling: Histogram,
    /// Non-empty buckets of the last bins before [`NORMAL`] is over.
    before: VecDeque<Vec<(u64, u64)>>,
    objective: Option<u64>,
    /// Beyond this an answer is late.
    threshold: Option<u64>,
    /// By incident: the threshold then, and who was cut off.
    thresholds: Vec<Option<u64>>,
    cuts: Vec<Cut>,
}

/// How being cut off ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CutEnds {
    /// An answer.
    Served,
    /// The client asks no more until it would have asked anyway.
    GaveUp,
    /// The run ends, and it is still trying.
    RunOver,
}

/// When an incident was on, in one replication: its first time that reaches into the window.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    begin: Option<SimTime>,
    end: Option<SimTime>,
    times: u32,
    /// Which begin of an incident its last one was, from 1; 0 before.
    order: u32,
    on: bool,
}

/// Everything counted around the incidents of one replication.
#[derive(Debug)]
pub struct Storm {
    interval: u64,
    /// Length of a part of a bin, and how many a bin has.
    part: u64,
    finer: usize,
    ends_at: SimTime,
    measured_from: SimTime,
    spans: Vec<Span>,
    /// Begins of incidents so far.
    begun: u32,
    pairs: Vec<Pair>,
    /// By population and protocol: place in `pairs`.
    places: Vec<u32>,
}

/// Length of a bin for a run of this length: a minute; a sixtieth of a run shorter
/// than an hour, and no more than 2,000 in a long one.
#[must_use]
pub fn bin_for(run: SimSpan) -> SimSpan {
    const MINUTE: u64 = 60 * NANOS_PER_SEC;
    if run.0 < 60 * MINUTE {
        return SimSpan((run.0 / 60).max(1));
    }
    SimSpan(run.0.div_ceil(2_000 * MINUTE).max(1) * MINUTE)
}

/// What is known of all pairs at the end of a replication.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stormed {
    /// By incident: begin and end, if it happened in the window, and how often it did.
    pub(crate) spans: Vec<(Option<(SimTime, SimTime)>, u32)>,
    /// Protocol, population, and by incident how it went.
    pub(crate) pairs: Vec<(Option<Protocol>, u32, Vec<Option<StormReplication>>)>,
    /// By protocol: its bins.
    pub(crate) series: Vec<(Protocol, Vec<Bin>)>,
    /// Breaches of the books, in words.
    pub(crate) violations: Vec<String>,
}

impl Storm {
    /// Watches so many incidents in a run that ends at `ends_at` and is measured from
    /// `measured_from` on, in bins of `interval`, for so many populations.
    #[must_use]
    pub fn new(
        incidents: usize,
        populations: usize,
        (measured_from, ends_at): (SimTime, SimTime),
        interval: SimSpan,
    ) -> Self {
        let interval = interval.0.max(1);
        let bins = (ends_at.0 / interval + 1) as usize;
        let finer = (MOST_PARTS / bins).clamp(1, FINER);
        // A bin has a whole number of them.
        let finer = if interval.is_multiple_of(finer as u64) { finer } else { 1 };
        Self {
            interval,
            part: interval / finer as u64,
            finer,
            ends_at,
            measured_from,
            spans: vec![Span::default(); incidents],
            begun: 0,
            pairs: Vec::new(),
            places: vec![NONE; populations * Protocol::ALL.len()],
        }
    }

    /// The place of a pair, made on first use.
    pub fn pair(&mut self, protocol: Protocol, population: u32, objective: Option<SimSpan>) -> u32 {
        let at = population as usize * Protocol::ALL.len() + protocol.index();
        if self.places[at] == NONE {
            self.places[at] = self.pairs.len() as u32;
            let bins = (self.ends_at.0 / self.interval + 1) as usize;
            let objective = objective.map(|span| span.0);
            self.pairs.push(Pair {
                protocol,
                population,
                bins: vec![Bin::default(); bins],
                parts: vec![Judged::default(); bins * self.finer],
                current: 0,
                filling: Histogram::new(),
                before: VecDeque::new(),
                objective,
                threshold: objective,
                thresholds: vec![objective; self.spans.len()],
                cuts: vec![Cut::default(); self.spans.len()],
            });
        }
        self.places[at]
    }

    /// The place of a pair that exists.
    #[inline]
    #[must_use]
    pub fn place(&self, protocol: Protocol, population: u32) -> Option<u32> {
        let at = population as usize * Protocol::ALL.len() + protocol.index();
        self.places.get(at).copied().filter(|&place| place != NONE)
    }

    /// When measuring begins.
    #[inline]
    #[must_use]
    pub fn measured_from(&self) -> SimTime {
        self.measured_from
    }

    /// The incident that a failure is booked to, if any has begun: of those that are on the
    /// one that began last, first among those that `strikes` says struck what failed; when
    /// none is on, the one that began last.
    #[must_use]
    pub fn blamed(&self, strikes: impl Fn(u32) -> bool) -> Option<u32> {
        let begun = || (0_u32..).zip(&self.spans).filter(|(_, span)| span.order > 0);
        let on = || begun().filter(|(_, span)| span.on);
        let struck = on().filter(|&(number, _)| strikes(number)).max_by_key(|(_, span)| span.order);
        let last = struck.or_else(|| on().max_by_key(|(_, span)| span.order));
        last.or_else(|| begun().max_by_key(|(_, span)| span.order)).map(|(number, _)| number)
    }

    /// Incident `number` begins.
    pub fn begins(&mut self, number: usize, now: SimTime) {
        if now >= self.ends_at {
            return;
        }
        self.begun += 1;
        let span = &mut self.spans[number];
        span.times += 1;
        span.order = self.begun;
        span.on = true;
        // Of one that comes again the first time is told.
        if span.begin.is_some() {
            return;
        }
        span.begin = Some(now);
        let interval = self.interval;
        for pair in &mut self.pairs {
            pair.turn((now.0 / interval) as usize, interval);
            if pair.objective.is_none() {
                pair.threshold = pair.normal_p95().map(|p95| (p95 as f64 * FACTOR) as u64);
            }
            pair.thresholds[number] = pair.threshold;
        }
    }

    /// It is over.
    pub fn ends(&mut self, number: usize, now: SimTime) {
        let from = self.measured_from;
        let span = &mut self.spans[number];
        span.on = false;
        if span.begin.is_some_and(|begin| begin < from && now <= from) {
            *span = Span::default();
        } else if span.begin.is_some() && span.end.is_none() {
            span.end = Some(now);
        }
    }

    #[inline]
    fn bin(&mut self, place: u32, at: SimTime) -> Option<&mut Bin> {
        let bin = (at.0 / self.interval) as usize;
        self.pairs[place as usize].bins.get_mut(bin)
    }

    /// An attempt goes out that opens so many connections.
    #[inline]
    pub fn arrives(&mut self, place: u32, now: SimTime, connections: u32, retry: bool) {
        if let Some(bin) = self.bin(place, now) {
            bin.arrivals += 1;
            bin.connections += connections;
            bin.retries += u32::from(retry);
        }
    }

    /// A request completed after `latency` ns, or failed. A failure counts, as everywhere,
    /// where its request began: one that was under way before the window is left out. It
    /// is booked to `incident`.
    #[inline]
    pub fn ended(
        &mut self,
        place: u32,
        now: SimTime,
        latency: u64,
        failure: Option<Failure>,
        incident: Option<u32>,
    ) {
        let (number, interval) = ((now.0 / self.interval) as usize, self.interval);
        let pair = &mut self.pairs[place as usize];
        if number != pair.current {
            pair.turn(number, interval);
        }
        let late = pair.threshold.is_some_and(|threshold| latency > threshold);
        let Some(bin) = pair.bins.get_mut(number) else { return };
        let part = &mut pair.parts[(now.0 / self.part) as usize];
        match failure {
            None => {
                bin.completed += 1;
                part.ended += 1;
                part.bad += u32::from(late);
                pair.filling.record(latency);
            }
            Some(_) if now.0.saturating_sub(latency) < self.measured_from.0 => {}
            Some(failure) => {
                bin.failed += 1;
                part.ended += 1;
                part.bad += 1;
                if let Some(incident) = incident {
                    pair.cuts[incident as usize].reasons[reason(failure)] += 1;
                }
            }
        }
    }

    /// A client of the pair is cut off by `incident`, for the first time or again.
    pub fn cut_off(&mut self, place: u32, incident: u32, first: bool) {
        let cut = &mut self.pairs[place as usize].cuts[incident as usize];
        cut.clients += u64::from(first);
        cut.times += 1;
    }

    /// It is so no longer, before anything is measured: it never was.
    pub fn uncut(&mut self, place: u32, incident: u32) {
        let cut = &mut self.pairs[place as usize].cuts[incident as usize];
        cut.clients -= 1;
        cut.times -= 1;
    }

    /// It is so no longer after `span`, for this reason.
    pub fn cut_ends(&mut self, place: u32, incident: u32, span: SimSpan, why: CutEnds) {
        let cut = &mut self.pairs[place as usize].cuts[incident as usize];
        match why {
            CutEnds::Served => cut.restored += 1,
            CutEnds::GaveUp => cut.gave_up += 1,
            CutEnds::RunOver => cut.still += 1,
        }
        cut.span += u128::from(span.0);
        cut.longest = cut.longest.max(span.0);
    }

    /// How every incident went.
    pub(crate) fn close(mut self) -> Stormed {
        let mut stormed = Stormed::default();
        let interval = self.interval;
        for pair in &mut self.pairs {
            pair.turn(usize::MAX, interval);
        }
        self.pairs.sort_by_key(|pair| (pair.protocol, pair.population));
        let horizon = |number: usize| {
            // Until something else begins, or the run ends.
            let span = &self.spans[number];
            let after = span.end.or(span.begin).unwrap_or(self.ends_at);
            let others = self.spans.iter().filter_map(|other| other.begin).filter(|&begin| begin > after);
            others.min().unwrap_or(self.ends_at)
        };
        for span in &self.spans {
            let whole = span.begin.map(|begin| (begin, span.end.unwrap_or(self.ends_at)));
            stormed.spans.push((whole, span.times));
        }
        for pair in &self.pairs {
            let of = |number: usize| {
                let (begin, end) = stormed.spans[number].0?;
                let judged = self.judge((&pair.bins, &pair.parts), begin, end, horizon(number));
                Some(pair.account(judged, number))
            };
            let rows = (0..self.spans.len()).map(of).collect();
            stormed.pairs.push((Some(pair.protocol), pair.population, rows));
            for (number, cut) in pair.cuts.iter().enumerate() {
                if cut.times != cut.restored + cut.gave_up + cut.still {
                    stormed.violations.push(format!(
                        "S5: incident {number} cut {} {} clients off {} times, {} were served again, {} gave up and {} are still cut off",
                        pair.population, pair.protocol, cut.times, cut.restored, cut.gave_up, cut.still
                    ));
                }
            }
        }
        let mut whole: Vec<Bin> = Vec::new();
        for pair in &self.pairs {
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
            let mut total = self.judge((&whole, &[]), begin, end, horizon(number));
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
        let total = (0..self.spans.len()).map(of).collect();
        stormed.pairs.push((None, NONE, total));
        stormed
    }

    /// Rates and recovery of bins around an incident.
    fn judge(
        &self,
        (bins, parts): (&[Bin], &[Judged]),
        begin: SimTime,
        end: SimTime,
        horizon: SimTime,
    ) -> StormReplication {
        let bin = |at: SimTime| ((at.0 / self.interval) as usize).min(bins.len());
        let seconds = self.interval as f64 / NANOS_PER_SEC as f64;
        let first = bin(begin.max(self.measured_from));
        let last = ((horizon.0.div_ceil(self.interval)) as usize).min(bins.len());
        let from =
            begin.0.saturating_sub(NORMAL.0).max(self.measured_from.0).div_ceil(self.interval) as usize;
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
        let peak_at = ((first + peak.1) as u64 * self.interval).saturating_sub(begin.0);
        let until = ((horizon.0.div_ceil(self.part)) as usize).min(parts.len());
        let (recovery, judged) = recovery(parts, until, (self.part, self.finer), end.0);
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
}

/// Nanoseconds from `end` until the first part of a bin from which on all is well, and
/// whether there was enough to judge by; `finer` parts of `length` make a bin.
fn recovery(parts: &[Judged], last: usize, (length, finer): (u64, usize), end: u64) -> (Option<u64>, bool) {
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

impl Pair {
    /// Goes on to another bin: the one before is full.
    #[cold]
    fn turn(&mut self, to: usize, interval: u64) {
        if to == self.current {
            return;
        }
        let most = (NORMAL.0 / interval) as usize;
        if let Some(bin) = self.bins.get_mut(self.current)
            && self.filling.count() >= FEWEST
        {
            bin.p95 = self.filling.percentile(0.95).unwrap_or(0);
        }
        if self.objective.is_none() {
            let passed = to.saturating_sub(self.current).min(most + 1);
            self.before.push_back(self.filling.buckets().collect());
            self.before.extend(std::iter::repeat_n(Vec::new(), passed.saturating_sub(1)));
            while self.before.len() > most {
                self.before.pop_front();
            }
        }
        self.filling.clear();
        self.current = to;
    }

    /// 95th percentile of the last bins; `None` when there were too few.
    fn normal_p95(&self) -> Option<u64> {
        let mut all = Histogram::new();
        for (value, n) in self.before.iter().flatten() {
            all.record_many(*value, *n);
        }
        (all.count() >= FEWEST).then(|| all.percentile(0.95)).flatten()
    }

    /// Adds what the pair knows of an incident.
    fn account(&self, judged: StormReplication, number: usize) -> StormReplication {
        let cut = &self.cuts[number];
        let threshold = self.thresholds[number];
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

/// Place of a reason among those that are told apart.
fn reason(failure: Failure) -> usize {
    match failure {
        Failure::ServerDown => 0,
        Failure::LinkDown => 1,
        Failure::TimedOut => 2,
        Failure::QueueFull => 3,
        Failure::ConnectionLimit => 4,
        Failure::RedirectLoop => 5,
        _ => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEC: u64 = NANOS_PER_SEC;
    const MINUTE: u64 = 60 * SEC;

    /// Ten requests a minute at 100 ms; an outage from minute 40 to 45 in which all
    /// fail; 100 arrive in minute 45 and take 5 s, 50 in minute 46 and take 3 s; then
    /// all is as before. The goal is 2 s.
    fn played() -> Stormed {
        let mut storm = Storm::new(1, 1, (SimTime(0), SimTime(90 * MINUTE)), SimSpan(MINUTE));
        let pair = storm.pair(Protocol::Eas, 0, Some(SimSpan(2 * SEC)));
        for minute in 0..90 {
            let at = SimTime(minute * MINUTE);
            match minute {
                40 => {
                    storm.begins(0, at);
                    storm.cut_off(pair, 0, true);
                }
                45 => {
                    storm.ends(0, at);
                    storm.cut_ends(pair, 0, SimSpan(5 * MINUTE), CutEnds::Served);
                }
                _ => {}
            }
            let (count, latency, failure) = match minute {
                40..45 => (10, 0, Some(Failure::LinkDown)),
                45 => (100, 5 * SEC, None),
                46 => (50, 3 * SEC, None),
                _ => (10, SEC / 10, None),
            };
            for n in 0..count {
                let at = SimTime(at.0 + n * SEC / 2);
                storm.arrives(pair, at, 1, (40..45).contains(&minute));
                storm.ended(pair, at, latency, failure, failure.map(|_| 0));
            }
        }
        storm.close()
    }

    #[test]
    fn a_storm_by_hand() {
        let stormed = played();
        assert_eq!(stormed.violations, Vec::<String>::new());
        let row = stormed.pairs[0].2[0].as_ref().unwrap();
        assert_eq!(row.normal_rate, Some(10.0 / 60.0));
        assert_eq!(row.peak_rate, 100.0 / 60.0);
        assert_eq!(row.peak_at, SimSpan(5 * MINUTE));
        assert_eq!((row.retries, row.failed, row.reasons[1]), (50, 50, 50));
        assert_eq!((row.clients, row.longest, row.still), (1, 5 * MINUTE, 0));
        assert_eq!(row.threshold, Some(2 * SEC));
        // Late are minute 45 and the first 25 s of minute 46. Of the five minutes from 46:20
        // on 10 of 60 are late; from 46:30 on all is well.
        assert_eq!((row.recovery, row.judged), (Some(90 * SEC), true));
        let total = stormed.pairs[1].2[0].as_ref().unwrap();
        assert_eq!(total.recovery, Some(90 * SEC));
        assert_eq!(stormed.pairs[1].0, None);
    }

    /// The window begins at minute 30. What began in the warm-up and fails in the
    /// outage is no failure of the window, as in every other table.
    #[test]
    fn failures_count_where_their_request_began() {
        let mut storm = Storm::new(1, 1, (SimTime(30 * MINUTE), SimTime(90 * MINUTE)), SimSpan(MINUTE));
        let pair = storm.pair(Protocol::Eas, 0, None);
        storm.begins(0, SimTime(40 * MINUTE));
        for began in [29, 30, 35] {
            let latency = (41 - began) * MINUTE;
            storm.ended(pair, SimTime(41 * MINUTE), latency, Some(Failure::IdleTimeout), Some(0));
        }
        storm.ends(0, SimTime(45 * MINUTE));
        for (_, _, rows) in storm.close().pairs {
            let row = rows[0].as_ref().unwrap();
            assert_eq!((row.failed, row.reasons.iter().sum::<u64>()), (2, 2));
        }
    }

    /// The window begins at minute 30. An outage from 10 to 20 is over by then; another,
    /// from 20 to 40, is not, and half of it counts.
    #[test]
    fn an_outage_from_before_the_window_counts_from_its_begin_on() {
        let mut storm = Storm::new(2, 1, (SimTime(30 * MINUTE), SimTime(90 * MINUTE)), SimSpan(MINUTE));
        let pair = storm.pair(Protocol::Eas, 0, Some(SimSpan(2 * SEC)));
        storm.begins(0, SimTime(10 * MINUTE));
        storm.cut_off(pair, 0, true);
        storm.uncut(pair, 0);
        storm.ends(0, SimTime(20 * MINUTE));
        assert_eq!(storm.blamed(|_| true), None);
        storm.begins(1, SimTime(20 * MINUTE));
        for minute in 20..90 {
            if minute == 40 {
                storm.ends(1, SimTime(40 * MINUTE));
            }
            let failure = (minute < 40).then_some(Failure::LinkDown);
            for n in 0..10 {
                let at = SimTime(minute * MINUTE + n * SEC);
                storm.arrives(pair, at, 1, false);
                let blamed = storm.blamed(|_| true);
                storm.ended(pair, at, 0, failure, blamed);
            }
        }
        let stormed = storm.close();
        assert_eq!(stormed.violations, Vec::<String>::new());
        let whole = (SimTime(20 * MINUTE), SimTime(40 * MINUTE));
        assert_eq!(stormed.spans, [(None, 0), (Some(whole), 1)]);
        assert!(stormed.pairs[0].2[0].is_none());
        for (_, _, rows) in &stormed.pairs {
            let row = rows[1].as_ref().unwrap();
            assert_eq!((row.normal_rate, row.peak_at), (None, SimSpan(10 * MINUTE)));
            assert_eq!((row.failed, row.reasons[1], row.recovery), (100, 100, Some(0)));
        }
    }

    /// Two outages that overlap and a change.
    #[test]
    fn a_failure_is_booked_to_what_struck_what_failed() {
        let mut storm = Storm::new(3, 1, (SimTime(0), SimTime(90 * MINUTE)), SimSpan(MINUTE));
        assert_eq!(storm.blamed(|_| true), None);
        storm.begins(0, SimTime(40 * MINUTE));
        storm.begins(1, SimTime(50 * MINUTE));
        assert_eq!(storm.blamed(|number| number == 0), Some(0));
        assert_eq!(storm.blamed(|_| true), Some(1), "of two that struck it the last");
        assert_eq!(storm.blamed(|_| false), Some(1), "the last of those that are on");
        storm.begins(2, SimTime(55 * MINUTE));
        storm.ends(2, SimTime(55 * MINUTE));
        assert_eq!(storm.blamed(|_| false), Some(1), "a change is an instant");
        storm.ends(1, SimTime(60 * MINUTE));
        assert_eq!(storm.blamed(|number| number == 1), Some(0), "it is over");
        storm.ends(0, SimTime(70 * MINUTE));
        assert_eq!(storm.blamed(|_| false), Some(2), "nothing is on");
    }

    /// Without an objective the time before is the measure: 100 ms normally, 150 ms at most.
    #[test]
    fn without_an_objective_the_time_before_is_the_measure() {
        let mut storm = Storm::new(1, 1, (SimTime(0), SimTime(90 * MINUTE)), SimSpan(MINUTE));
        let pair = storm.pair(Protocol::Owa, 0, None);
        for minute in 0..90 {
            let at = SimTime(minute * MINUTE);
            if minute == 40 {
                storm.begins(0, at);
                storm.ends(0, at);
            }
            let latency = if (40..50).contains(&minute) { 160 } else { 100 };
            for n in 0..10 {
                storm.ended(pair, SimTime(at.0 + n * SEC), latency * SEC / 1_000, None, None);
            }
        }
        let stormed = storm.close();
        let row = stormed.pairs[0].2[0].as_ref().unwrap();
        let threshold = row.threshold.unwrap();
        assert!(threshold.abs_diff(150 * SEC / 1_000) < SEC / 1_000, "{threshold}");
        // The last late answers are those of the first ten seconds of minute 49.
        assert_eq!(row.recovery, Some(9 * MINUTE + 10 * SEC));
    }

    /// What never gets better is judged and not recovered; what is too little is not judged.
    #[test]
    fn no_recovery_and_no_judgement() {
        let parts = vec![Judged { ended: 10, bad: 10 }; 30];
        assert_eq!(recovery(&parts, 30, (1, 1), 5), (None, true));
        let parts = vec![Judged { ended: 1, bad: 0 }; 30];
        assert_eq!(recovery(&parts, 30, (1, 1), 5), (None, false));
    }

    /// Who gives up is told apart; the books add up with all three ends.
    #[test]
    fn who_gives_up_is_not_cut_off_any_more() {
        let books = |why: &[CutEnds]| {
            let mut storm = Storm::new(1, 1, (SimTime(0), SimTime(90 * MINUTE)), SimSpan(MINUTE));
            let pair = storm.pair(Protocol::Owa, 0, None);
            storm.begins(0, SimTime(40 * MINUTE));
            for _ in 0..3 {
                storm.cut_off(pair, 0, true);
            }
            for (n, &why) in (1..).zip(why) {
                storm.cut_ends(pair, 0, SimSpan(n * MINUTE), why);
            }
            storm.close()
        };
        let stormed = books(&[CutEnds::Served, CutEnds::GaveUp, CutEnds::RunOver]);
        assert_eq!(stormed.violations, Vec::<String>::new());
        let row = stormed.pairs[0].2[0].as_ref().unwrap();
        assert_eq!((row.clients, row.gave_up, row.still), (3, 1, 1));
        assert_eq!((row.cut_span, row.longest), (6 * u128::from(MINUTE), 3 * MINUTE));
        assert_eq!(books(&[CutEnds::GaveUp; 2]).violations.len(), 1, "one is missing");
    }
}
