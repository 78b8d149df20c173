//! Merges what followed outages and changes over the replications, each beside its twin.

use crate::kernel::SimSpan;
use crate::model::Experiment;
use crate::model::protocol::Protocol;
use crate::model::topology::Topology;
use crate::model::workload::{Outage, OutageEffect, OutageTiming, Target, Workload};
use crate::recorder::storm::{Beside, NEVER, SETTLED, STRETCH, Stormed, add, bin_for, excess, judge};
use crate::results::{Incident, IncidentKind, NONE, StormReplication, StormRow, StormSeries, Storms};
use crate::stats::interval::student_t;

/// Sums over pairs of replications: how many, of a value, and of its square.
type Moments = (u32, f64, f64);

/// One protocol of one population, or all together.
#[derive(Debug)]
struct Pair {
    protocol: Option<Protocol>,
    population: u32,
    /// By incident one value a replication.
    rows: Vec<Vec<Option<StormReplication>>>,
    /// By bin: by how much the share late or failed of five of them exceeds the twin's.
    excess: Vec<Moments>,
}

/// Of a protocol in a bin.
#[derive(Clone, Debug, Default)]
struct Sums {
    arrivals: Moments,
    /// Attempts of the twins.
    twin: f64,
    p95: Moments,
}

/// Replications so far.
#[derive(Debug, Default)]
pub(super) struct StormMerger {
    incidents: Vec<Incident>,
    outages: usize,
    /// Of all replications alike: the calendar says when.
    fixed: Vec<bool>,
    interval: SimSpan,
    measured_from: i64,
    times: Vec<u64>,
    shared: Vec<Vec<u32>>,
    spans: Vec<Vec<Option<(i64, i64)>>>,
    pairs: Vec<Pair>,
    series: Vec<(Protocol, Vec<Sums>)>,
    replications: u32,
    twins: u32,
}

impl StormMerger {
    pub(super) fn new(topology: &Topology, workload: &Workload, experiment: &Experiment) -> Self {
        let outages = workload.outages.iter().map(|outage| of_outage(outage, topology, workload, experiment));
        let changes = workload.changes.iter().map(|change| {
            let at = change.begin() - experiment.warmup.0 as i64;
            Incident {
                name: change.name.clone(),
                kind: IncidentKind::Change,
                target: change.name.clone(),
                effect: String::new(),
                spans: if at < experiment.window.0 as i64 { vec![(at, at)] } else { Vec::new() },
            }
        });
        let incidents: Vec<Incident> = outages.chain(changes).collect();
        let random = |outage: &Outage| matches!(outage.timing, OutageTiming::Random { .. });
        Self {
            outages: workload.outages.len(),
            fixed: workload.outages.iter().map(|outage| !random(outage)).collect(),
            times: vec![0; incidents.len()],
            shared: vec![Vec::new(); incidents.len()],
            spans: vec![Vec::new(); incidents.len()],
            incidents,
            interval: bin_for(SimSpan(experiment.ends_at().0)),
            measured_from: experiment.warmup.0 as i64,
            ..Self::default()
        }
    }

    /// Adds a replication and its twin.
    pub(super) fn add(&mut self, stormed: Option<Stormed>, twin: Option<&Stormed>) {
        let Some(stormed) = stormed else { return };
        for (sum, (_, times)) in self.times.iter_mut().zip(&stormed.spans) {
            *sum += u64::from(*times);
        }
        let since = |at: crate::kernel::SimTime| at.0 as i64 - self.measured_from;
        for (spans, (span, _)) in self.spans.iter_mut().zip(&stormed.spans) {
            spans.push(span.map(|(begin, end)| (since(begin), since(end))));
        }
        for charge in stormed.charges.iter().filter(|charge| charge.incidents.len() > 1) {
            for &one in &charge.incidents {
                let others = &mut self.shared[one as usize];
                others.extend(charge.incidents.iter().filter(|&&other| other != one));
                others.sort_unstable();
                others.dedup();
            }
        }
        if self.pairs.is_empty() {
            let names = stormed.pairs.iter().map(|pair| (Some(pair.protocol), pair.population));
            let pair = |(protocol, population)| Pair {
                protocol,
                population,
                rows: vec![Vec::new(); self.incidents.len()],
                excess: Vec::new(),
            };
            self.pairs = names.chain([(None, NONE)]).map(pair).collect();
        }
        let beside = Beside { run: &stormed, twin, outages: self.outages };
        for number in 0..self.incidents.len() {
            let rows = judge(beside, number);
            for (place, pair) in self.pairs.iter_mut().enumerate() {
                pair.rows[number].push(rows.as_ref().map(|rows| rows[place].clone()));
            }
        }
        if let Some(twin) = twin {
            self.twins += 1;
            for (pair, (run, twin)) in self.pairs.iter_mut().zip(stormed.pairs.iter().zip(&twin.pairs)) {
                let excess = excess(run, twin);
                pair.excess.resize(excess.len(), (0, 0.0, 0.0));
                for (sum, by) in pair.excess.iter_mut().zip(excess) {
                    let by = by.map_or((0, 0.0), |by| (1, by));
                    *sum = (sum.0 + by.0, sum.1 + by.1, sum.2 + by.1 * by.1);
                }
            }
        }
        self.add_series(&stormed, twin);
        self.replications += 1;
    }

    fn add_series(&mut self, stormed: &Stormed, twin: Option<&Stormed>) {
        let by_protocol = |stormed: &Stormed| {
            let mut all = Vec::new();
            for pair in &stormed.pairs {
                if all.last().is_none_or(|(protocol, _)| *protocol != pair.protocol) {
                    all.push((pair.protocol, Vec::new()));
                }
                if let Some((_, bins)) = all.last_mut() {
                    add(bins, &pair.bins);
                }
            }
            all
        };
        let twin = twin.map(by_protocol);
        for (place, (protocol, bins)) in by_protocol(stormed).into_iter().enumerate() {
            if place == self.series.len() {
                self.series.push((protocol, vec![Sums::default(); bins.len()]));
            }
            let other = twin.as_ref().map(|twin| &twin[place].1);
            for (n, (sum, bin)) in self.series[place].1.iter_mut().zip(bins).enumerate() {
                add_to(&mut sum.arrivals, f64::from(bin.arrivals));
                sum.twin += other.map_or(0.0, |bins| f64::from(bins[n].arrivals));
                match bin.p95 {
                    0 => {}
                    NEVER => add_to(&mut sum.p95, f64::INFINITY),
                    ns => add_to(&mut sum.p95, ns as f64),
                }
            }
        }
    }

    /// Whether an outage reached those of a pair: in one run by the run's own judgement; in
    /// several where a request met it or a client turned, or where the share late or failed of
    /// a stretch exceeds the twins' beyond the interval of the pairs.
    fn touched(&self, pair: &Pair, incident: usize) -> Option<bool> {
        if self.twins == 0 || incident >= self.outages {
            return None;
        }
        let rows = || pair.rows[incident].iter().flatten();
        let any = rows().any(|row| row.touched == Some(true));
        if self.replications == 1 || pair.excess.is_empty() || !self.fixed[incident] {
            return Some(any);
        }
        let met = rows().any(|row| row.reached);
        let first = rows().next().map_or(0, |row| row.begin.0.max(self.measured_from.unsigned_abs()));
        Some(met || self.stretches(pair, incident, first / self.interval.0).any(|(_, sums)| is_above(sums)))
    }

    /// The stretches of a pair from a bin on that are over before the next outage begins, each
    /// with the number of its first bin.
    fn stretches<'a>(
        &self,
        pair: &'a Pair,
        incident: usize,
        first: u64,
    ) -> impl Iterator<Item = (u64, Moments)> + use<'a> {
        let until = pair.rows[incident].iter().flatten().map(|row| row.until.0).max().unwrap_or(0);
        let whole = ((until / self.interval.0) as usize).saturating_sub(STRETCH - 1);
        let stretches = (0..).zip(pair.excess.iter().copied()).take(whole);
        stretches.skip(first as usize)
    }

    /// Time from the end until all runs together are served as well as their twins, ns.
    fn recovery(&self, pair: &Pair, incident: usize) -> Option<u64> {
        if self.replications < 2 || !*self.fixed.get(incident)? {
            return None;
        }
        let over = pair.rows[incident].iter().flatten().map(|row| row.over.0).max()?;
        let first = over.div_ceil(self.interval.0);
        let (mut since, mut judged, mut last) = (Some(first), false, first);
        for (bin, sums) in self.stretches(pair, incident, first) {
            judged |= sums.0 > 1;
            since = if is_above(sums) { None } else { since.or(Some(bin)) };
            last = bin;
            if since.is_some_and(|since| bin - since + 1 >= SETTLED as u64) {
                break;
            }
        }
        let since = since.filter(|&since| judged && since <= last)?;
        Some((since * self.interval.0).saturating_sub(over))
    }

    pub(super) fn result(&self) -> Storms {
        if self.replications == 0 {
            return Storms { incidents: self.incidents.clone(), ..Storms::default() };
        }
        let replications = f64::from(self.replications);
        let mut rows = Vec::new();
        for incident in 0..self.incidents.len() {
            let first = rows.len();
            let (all, pairs) =
                self.pairs.split_last().map_or((None, &[][..]), |(all, pairs)| (Some(all), pairs));
            for pair in pairs.iter().chain(all) {
                let of = &pair.rows[incident];
                let booked = |row: &StormReplication| row.failed + row.held_failed + row.gave_up + row.still;
                if of.iter().all(Option::is_none) {
                    continue;
                }
                let mut touched = self.touched(pair, incident);
                if pair.protocol.is_none() {
                    touched = rows[first..].iter().map(|row: &StormRow| row.touched).max().unwrap_or(touched);
                } else if touched == Some(false) && of.iter().flatten().all(|row| booked(row) == 0) {
                    // It has nothing to do with them.
                    continue;
                }
                let mut recovery = self.recovery(pair, incident).filter(|_| touched == Some(true));
                if pair.protocol.is_none() {
                    let mine = || rows[first..].iter().filter(|row: &&StormRow| row.touched == Some(true));
                    let known = mine().all(|row| row.recovery.is_some());
                    recovery = mine().filter_map(|row| row.recovery).max().filter(|_| known);
                }
                rows.push(StormRow {
                    recovery,
                    incident: incident as u32,
                    protocol: pair.protocol,
                    population: pair.population,
                    touched,
                    replications: of.clone(),
                });
            }
        }
        let seconds = self.interval.as_secs_f64() * replications;
        let twins = self.twins > 0;
        let bin_seconds = self.interval.as_secs_f64();
        let series = self.series.iter().map(|(protocol, bins)| StormSeries {
            protocol: *protocol,
            arrivals: bins.iter().map(|bin| bin.arrivals.1 / seconds).collect(),
            arrivals_half: bins
                .iter()
                .map(|bin| half_width(bin.arrivals).map(|half| half / bin_seconds))
                .collect(),
            twin_arrivals: bins.iter().filter(|_| twins).map(|bin| bin.twin / seconds).collect(),
            p95: bins.iter().map(|bin| mean(bin.p95)).collect(),
            p95_half: bins
                .iter()
                .map(|bin| half_width(bin.p95).filter(|_| bin.p95.0 == self.replications))
                .collect(),
        });
        Storms {
            interval: self.interval,
            incidents: self.incidents.clone(),
            times: self.times.iter().map(|&times| times as f64 / replications).collect(),
            twins,
            shared: self.shared.clone(),
            spans: self.spans.clone(),
            rows,
            series: series.collect(),
        }
    }
}

/// Whether the mean of differences is above zero beyond its 95 % interval.
fn is_above(of: Moments) -> bool {
    mean(of).zip(half_width(of)).is_some_and(|(mean, half)| mean > half)
}

fn add_to(sum: &mut Moments, value: f64) {
    *sum = (sum.0 + 1, sum.1 + value, sum.2 + value * value);
}

/// Nothing of no value.
fn mean((n, sum, _): Moments) -> Option<f64> {
    (n > 0).then(|| sum / f64::from(n))
}

/// Half-width of the mean's 95 % interval; nothing of one value, or where it is infinite.
fn half_width((n, sum, squares): Moments) -> Option<f64> {
    if n < 2 || !sum.is_finite() {
        return None;
    }
    let count = f64::from(n);
    let mean = sum / count;
    let variance = ((squares - sum * mean) / (count - 1.0)).max(0.0);
    Some(student_t(0.975, count - 1.0) * (variance / count).sqrt())
}

/// Whether a run of `experiment` differs from its twin: an outage that somebody's clients can
/// meet is on in it at some time.
pub(super) fn has_twin(workload: &Workload, experiment: &Experiment) -> bool {
    let ends_at = experiment.ends_at().0 as i64;
    let measured_from = experiment.measured_from().0 as i64;
    workload.outages.iter().any(|outage| {
        let happens = match &outage.timing {
            OutageTiming::Once { span, .. } => outage.begin().is_some_and(|begin| {
                *span > SimSpan::ZERO
                    && begin < ends_at
                    && begin.saturating_add_unsigned(span.0) > measured_from
            }),
            OutageTiming::Periodic { span, .. } => {
                *span > SimSpan::ZERO && outage.begin().is_some_and(|begin| begin < ends_at)
            }
            OutageTiming::Random { .. } => true,
        };
        happens && !workload.populations.is_empty() && !matches!(outage.target, Target::Station(_))
    })
}

/// What is known of an outage before the run.
fn of_outage(outage: &Outage, topology: &Topology, workload: &Workload, experiment: &Experiment) -> Incident {
    let (warmup, window) = (experiment.warmup.0 as i64, experiment.window.0 as i64);
    let mut spans = Vec::new();
    if let Some(begin) = outage.begin() {
        let (span, period) = match outage.timing {
            OutageTiming::Once { span, .. } => (span, 0),
            OutageTiming::Periodic { span, period, .. } => (span, period.0),
            OutageTiming::Random { .. } => (SimSpan::ZERO, 0),
        };
        let mut at = begin - warmup;
        while at < window && spans.len() < MOST_SPANS {
            let end = at.saturating_add_unsigned(span.0);
            if end > -warmup && span > SimSpan::ZERO {
                spans.push((at, end));
            }
            if period == 0 {
                break;
            }
            at = at.saturating_add_unsigned(period);
        }
    }
    Incident {
        name: outage.name.clone(),
        kind: IncidentKind::Outage,
        target: target_path(&outage.target, topology, workload),
        effect: match outage.effect {
            OutageEffect::Kill => "kill",
            OutageEffect::Drain => "drain",
            OutageEffect::Hold => "hold",
        }
        .to_owned(),
        spans,
    }
}

/// Times of a periodic outage that are listed at most.
const MOST_SPANS: usize = 10_000;

/// What an outage strikes, as the scenario writes it.
fn target_path(target: &Target, topology: &Topology, workload: &Workload) -> String {
    let site =
        |id: &crate::kernel::Id<crate::model::topology::Site>| topology.sites[id.index()].name.as_str();
    let numbered = |path: String, number: Option<u32>, joint: char| match number {
        Some(number) => format!("{path}{joint}{}", number + 1),
        None => path,
    };
    match target {
        Target::Station(id) => format!("station.{}", workload.stations[id.index()].name),
        Target::Link(id) => format!("link.{}", topology.links[id.index()].name),
        Target::Site(id) => format!("site.{}", site(id)),
        Target::Pipe(id) => format!("site.{}.internet", site(id)),
        Target::Service(id, protocol) => format!("site.{}.{}", site(id), protocol.token()),
        Target::ServerService { cas, number, protocol } => {
            let name = topology.cas[cas.index()].name.as_str();
            format!("{}.{}", numbered(format!("server.{name}"), *number, '-'), protocol.token())
        }
        Target::Balancer(id) => format!("balancer.{}", site(id)),
        Target::Host(id) => format!("host.{}", topology.hosts[id.index()].name),
        Target::Cas(id, number) => numbered(format!("site.{}.cas", site(id)), *number, '.'),
        Target::Mailbox(id, number) => numbered(format!("site.{}.mailbox", site(id)), *number, '.'),
        Target::Server { cas, mailbox, number } => {
            let cas = cas.map(|id| topology.cas[id.index()].name.as_str());
            let mailbox = mailbox.map(|id| topology.mailbox[id.index()].name.as_str());
            let name = match (cas, mailbox) {
                // A server with both roles.
                (Some(cas), Some(_)) => cas.strip_suffix("-CAS").unwrap_or(cas),
                (Some(name), None) | (None, Some(name)) => name,
                (None, None) => "",
            };
            numbered(format!("server.{name}"), *number, '-')
        }
    }
}
