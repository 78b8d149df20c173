//! Counts around outages and changes, bin by bin, while a replication is played.
//!
//! Next: [`super::counted`], what is known of them at its end.

use std::collections::VecDeque;

use super::counted::{Bin, Booked, Charge, Charged, Judged, NEVER, PairStormed, Stormed};
use crate::kernel::{NANOS_PER_SEC, SimSpan, SimTime};
use crate::model::access::Failure;
use crate::model::protocol::Protocol;
use crate::results::NONE;
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
pub(super) const FINER: usize = 6;
/// Parts of bins that are kept of a pair at most, so that memory is bounded: in a long
/// run a bin has fewer parts.
pub(super) const MOST_PARTS: usize = 8_000;
/// Fewer requests than this have no percentile.
pub(crate) const FEWEST: u64 = 20;
/// Fewer requests than this in a stretch are not judged: 5 points of them are one or two
/// requests, which may be chance. ASSUMED.
pub(crate) const FEWEST_JUDGED: u64 = 50;

/// One protocol of one population.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) protocol: Protocol,
    pub(super) population: u32,
    pub(super) bins: Vec<Bin>,
    pub(super) parts: Vec<Judged>,
    pub(super) current: usize,
    pub(super) filling: Histogram,
    /// Number and non-empty buckets of the bins of the last [`NORMAL`] in which something completed: where bins
    /// are short, most of the many that it has are empty.
    pub(super) before: VecDeque<(usize, Vec<(u64, u64)>)>,
    pub(super) objective: Option<u64>,
    /// Beyond this an answer is late.
    pub(super) threshold: Option<u64>,
    /// By incident.
    pub(super) booked: Vec<Booked>,
    /// By charge.
    pub(super) charged: Vec<Charged>,
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
pub(super) struct Span {
    pub(super) begin: Option<SimTime>,
    pub(super) end: Option<SimTime>,
    pub(super) times: u32,
    /// Which begin of an incident its last one was, from 1; 0 before.
    pub(super) order: u32,
    pub(super) on: bool,
}

/// Everything counted around the incidents of one replication.
#[derive(Debug)]
pub struct Storm {
    pub(super) interval: u64,
    /// Length of a part of a bin, and how many a bin has.
    pub(super) part: u64,
    pub(super) finer: usize,
    pub(super) ends_at: SimTime,
    pub(super) measured_from: SimTime,
    pub(super) spans: Vec<Span>,
    /// The first so many incidents are outages, the others changes.
    outages: usize,
    charges: Vec<Charge>,
    /// Begins of incidents so far.
    pub(super) begun: u32,
    pub(super) pairs: Vec<Pair>,
    /// By population and protocol: place in `pairs`.
    pub(super) places: Vec<u32>,
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

/// Closes the counts of a replication.
pub(crate) fn close(mut storm: Storm) -> Stormed {
    let interval = storm.interval;
    for pair in &mut storm.pairs {
        pair.turn(usize::MAX, interval);
    }
    storm.pairs.sort_by_key(|pair| (pair.protocol, pair.population));
    let mut violations = Vec::new();
    for pair in &storm.pairs {
        for (number, cut) in pair.booked.iter().enumerate() {
            if cut.times != cut.restored + cut.gave_up + cut.still {
                violations.push(format!(
                    "S5: incident {number} cut {} {} clients off {} times, {} were served again, {} gave up and {} are still cut off",
                    pair.population, pair.protocol, cut.times, cut.restored, cut.gave_up, cut.still
                ));
            }
        }
    }
    let whole = |span: &Span| span.begin.map(|begin| (begin, span.end.unwrap_or(storm.ends_at)));
    let charges = storm.charges.len();
    Stormed {
        interval,
        part: storm.part,
        measured_from: storm.measured_from,
        ends_at: storm.ends_at,
        spans: storm.spans.iter().map(|span| (whole(span), span.times)).collect(),
        pairs: storm
            .pairs
            .into_iter()
            .map(|mut pair| {
                pair.charged.resize(charges, Charged::default());
                PairStormed {
                    protocol: pair.protocol,
                    population: pair.population,
                    threshold: pair.threshold,
                    bins: pair.bins,
                    parts: pair.parts,
                    booked: pair.booked,
                    charged: pair.charged,
                }
            })
            .collect(),
        charges: storm.charges,
        violations,
    }
}

impl Storm {
    /// Watches so many outages and changes in a run that ends at `ends_at` and is measured
    /// from `measured_from` on, in bins of `interval`, for so many populations.
    #[must_use]
    pub fn new(
        (outages, changes): (usize, usize),
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
            spans: vec![Span::default(); outages + changes],
            outages,
            charges: Vec::new(),
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
                booked: vec![Booked::default(); self.spans.len()],
                charged: Vec::new(),
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
        if number < self.outages {
            self.charge(number as u32, now);
        }
        self.begun += 1;
        if self.begun == 1 {
            let interval = self.interval;
            for pair in self.pairs.iter_mut().filter(|pair| pair.objective.is_none()) {
                pair.turn((now.0 / interval) as usize, interval);
                pair.threshold = pair.normal_p95().map(|p95| (p95 as f64 * FACTOR) as u64);
                pair.before.clear();
            }
        }
        let span = &mut self.spans[number];
        span.times += 1;
        span.order = self.begun;
        span.on = true;
        // Of one that comes again the first time is told.
        span.begin = span.begin.or(Some(now));
    }

    /// From now on time is charged to this outage; where another is on, to both.
    fn charge(&mut self, outage: u32, now: SimTime) {
        let on = self.spans[..self.outages].iter().any(|span| span.on);
        match self.charges.last_mut() {
            Some(charge) if on => {
                if !charge.incidents.contains(&outage) {
                    charge.incidents.push(outage);
                }
            }
            _ => self.charges.push(Charge { begin: now, incidents: vec![outage] }),
        }
    }

    /// What the charge in force counts of a pair.
    fn charged(&mut self, place: u32) -> Option<&mut Charged> {
        let last = self.charges.len().checked_sub(1)?;
        let charged = &mut self.pairs[place as usize].charged;
        if charged.len() <= last {
            charged.resize(last + 1, Charged::default());
        }
        charged.get_mut(last)
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

    /// A request completed after `latency` ns, or failed. It counts, as everywhere, where it
    /// began: one that was under way before the window is left out. A failure is booked to
    /// `incident`; of one that was `held` nothing else counts.
    #[inline]
    pub fn ended(
        &mut self,
        place: u32,
        now: SimTime,
        (latency, held): (u64, bool),
        failure: Option<Failure>,
        incident: Option<u32>,
    ) {
        if now.0.saturating_sub(latency) < self.measured_from.0 && failure.is_some() {
            return;
        }
        if let (Some(failure), Some(incident)) = (failure, incident) {
            let booked = &mut self.pairs[place as usize].booked[incident as usize];
            booked.reasons[reason(failure)] += u64::from(!held);
            booked.held_failed += u64::from(held);
        }
        if held {
            return;
        }
        if failure.is_none()
            && now.0.saturating_sub(latency) >= self.measured_from.0
            && let Some(charged) = self.charged(place)
        {
            charged.completed += 1;
        }
        let (number, interval) = ((now.0 / self.interval) as usize, self.interval);
        let pair = &mut self.pairs[place as usize];
        if number != pair.current {
            pair.turn(number, interval);
        }
        let late = pair.threshold.is_some_and(|threshold| latency > threshold);
        let Some(bin) = pair.bins.get_mut(number) else { return };
        let part = &mut pair.parts[(now.0 / self.part) as usize];
        part.ended += 1;
        part.bad += u32::from(late || failure.is_some());
        match failure {
            None => {
                bin.completed += 1;
                pair.filling.record(latency);
            }
            Some(_) => bin.failed += 1,
        }
    }

    /// An attempt or a connection of the pair met what `incident` struck.
    pub fn struck(&mut self, place: u32, incident: u32) {
        self.pairs[place as usize].booked[incident as usize].struck += 1;
    }

    /// A client of the pair turns another way.
    pub fn turned(&mut self, place: u32) {
        if let Some(charged) = self.charged(place) {
            charged.turned += 1;
        }
    }

    /// A client of the pair is cut off by `incident`.
    pub fn cut_off(&mut self, place: u32, incident: u32) {
        self.pairs[place as usize].booked[incident as usize].times += 1;
    }

    /// It is so no longer, before anything is measured: it never was.
    pub fn uncut(&mut self, place: u32, incident: u32) {
        self.pairs[place as usize].booked[incident as usize].times -= 1;
    }

    /// It is so no longer after `span`, for this reason.
    pub fn cut_ends(&mut self, place: u32, incident: u32, span: SimSpan, why: CutEnds) {
        let booked = &mut self.pairs[place as usize].booked[incident as usize];
        match why {
            CutEnds::Served => booked.restored += 1,
            CutEnds::GaveUp => booked.gave_up += 1,
            CutEnds::RunOver => booked.still += 1,
        }
        booked.longest = booked.longest.max(span.0);
    }

    /// Charges so far.
    #[must_use]
    pub fn charges(&self) -> u32 {
        self.charges.len() as u32
    }

    /// A client of the pair asked in vain from `since` to `until`, and noticed after so many
    /// charges `began`. It was `counted` in all charges before that one; gives the next that
    /// it is to be counted in.
    pub fn loses(
        &mut self,
        place: u32,
        (since, until): (SimTime, SimTime),
        (began, counted): (u32, u32),
    ) -> u32 {
        let since = since.max(self.measured_from);
        let first = began.saturating_sub(1) as usize;
        let charged = &mut self.pairs[place as usize].charged;
        charged.resize(self.charges.len(), Charged::default());
        let mut next = counted;
        for (n, charge) in self.charges.iter().enumerate().skip(first) {
            let end = self.charges.get(n + 1).map_or(SimTime::MAX, |next| next.begin);
            // An attempt that was under way when the outage began is charged whole.
            let own = n as u32 + 1 == began;
            let (from, to) = (if own { since } else { charge.begin.max(since) }, end.min(until));
            if from >= to {
                continue;
            }
            charged[n].lost += u128::from(to.0 - from.0);
            if n as u32 >= next {
                charged[n].users += 1;
                next = n as u32 + 1;
            }
        }
        next
    }
}

impl Pair {
    /// Goes on to another bin: the one before is full.
    #[cold]
    pub(super) fn turn(&mut self, to: usize, interval: u64) {
        if to == self.current {
            return;
        }
        let most = (NORMAL.0 / interval) as usize;
        if let Some(bin) = self.bins.get_mut(self.current) {
            let ended = self.filling.count() + u64::from(bin.failed);
            if ended >= FEWEST {
                // The least whole number that is not below 0.95 of them.
                let rank = (ended * 19).div_ceil(20);
                let answered = self.filling.ranked(rank).filter(|_| rank <= self.filling.count());
                bin.p95 = answered.unwrap_or(NEVER);
            }
        }
        if self.objective.is_none() {
            if self.filling.count() > 0 {
                self.before.push_back((self.current, self.filling.buckets().collect()));
            }
            while self.before.front().is_some_and(|(bin, _)| to - bin > most) {
                self.before.pop_front();
            }
        }
        self.filling.clear();
        self.current = to;
    }

    /// 95th percentile of the last bins; `None` when there were too few.
    fn normal_p95(&self) -> Option<u64> {
        let mut all = Histogram::new();
        for (value, n) in self.before.iter().flat_map(|(_, buckets)| buckets) {
            all.record_many(*value, *n);
        }
        (all.count() >= FEWEST).then(|| all.percentile(0.95)).flatten()
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
