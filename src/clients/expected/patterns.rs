//! What one client of each kind does, interval by interval of the measured window.
//!
//! Each interval is cut into pieces that are short beside the changes of a day. Must not know
//! what anything costs. Next: [`super::shares`].

use std::collections::BTreeMap;

use super::owa_sessions::{OwaSessions, OwaSpan};
use super::rates::{Span, rates_of};
use crate::clients::day::DayClock;
use crate::clients::roster::{Behaviour, Cohort, IdleTimeout, Roster};
use crate::clients::steps::{Machine, Step};
use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;
use crate::model::{Experiment, Model};

/// Longest piece of an interval, ns.
const PIECE: f64 = 300e9;

/// Lengths of the intervals of the measured window, ns.
pub(super) fn lengths(experiment: &Experiment) -> Vec<u64> {
    let (window, interval) = (experiment.window.0, experiment.series_interval().0);
    (0..window.div_ceil(interval)).map(|n| interval.min(window - n * interval)).collect()
}

/// What one client does.
#[derive(Debug)]
pub(super) struct Pattern {
    /// How often it takes each step, by interval.
    pub(super) steps: Vec<(Step, Vec<f64>)>,
    /// Ns of each interval in which it is at work.
    pub(super) present: Vec<f64>,
}

/// Clients that do the same: of which kind of population, by what protocol, minutes ahead of UTC, whether
/// they are refused, and what ends their connections.
type Alike = (u32, Protocol, i32, bool, (Option<IdleTimeout>, [SimSpan; 2]));

/// By population the first one whose users have the same habits: an organisation has thousands of
/// populations and few kinds of them.
fn kinds(model: &Model, behaviours: &[Behaviour]) -> Vec<u32> {
    let day = |population: usize| &model.workload.populations[population].day.hours;
    // Few that differ have all of these in common.
    let head = |population: usize| {
        let own = &behaviours[population];
        [own.profile.received, own.profile.owa_logons, own.owa_think_mean, day(population)[9]]
            .map(f64::to_bits)
    };
    let mut firsts: BTreeMap<[u64; 4], Vec<usize>> = BTreeMap::new();
    (0..behaviours.len())
        .map(|population| {
            let own = &behaviours[population];
            let firsts = firsts.entry(head(population)).or_default();
            let same = |other: &usize| behaviours[*other].same_habits(own) && day(*other) == day(population);
            let first = firsts.iter().copied().find(same).unwrap_or_else(|| {
                firsts.push(population);
                population
            });
            first as u32
        })
        .collect()
}

/// The patterns of a roster, each once.
pub(super) struct Patterns {
    pub(super) all: Vec<Pattern>,
    /// By cohort; nothing for those without clients.
    of: Vec<Option<usize>>,
}

impl Patterns {
    /// Of the cohorts that have clients.
    pub(super) fn new(
        model: &Model,
        experiment: &Experiment,
        roster: &Roster,
        clients: &[f64],
        lengths: &[u64],
    ) -> Self {
        let kinds = kinds(model, &roster.behaviours);
        let mut known: BTreeMap<Alike, usize> = BTreeMap::new();
        let mut all = Vec::new();
        let of = roster.cohorts.iter().zip(clients).map(|(cohort, clients)| {
            if *clients <= 0.0 {
                return None;
            }
            let offset = cohort.utc_offset(&model.topology, &model.workload);
            let refused = cohort.refused.is_some();
            let ends = (cohort.idle_timeout, cohort.heartbeats);
            let alike = (kinds[cohort.population as usize], cohort.protocol, offset, refused, ends);
            Some(*known.entry(alike).or_insert_with(|| {
                all.push(pattern(model, experiment, roster, (cohort, offset), lengths));
                all.len() - 1
            }))
        });
        let of = of.collect();
        Self { all, of }
    }

    /// That of a cohort.
    pub(super) fn of(&self, cohort: usize) -> Option<(usize, &Pattern)> {
        let place = self.of[cohort]?;
        Some((place, &self.all[place]))
    }
}

fn pattern(
    model: &Model,
    experiment: &Experiment,
    roster: &Roster,
    (cohort, offset): (&Cohort, i32),
    lengths: &[u64],
) -> Pattern {
    let population = cohort.population as usize;
    let behaviour = &roster.behaviours[population];
    let begins_at = experiment.window_starts_at_utc.0 as i64 - experiment.warmup.0 as i64;
    let begins_at = begins_at + i64::from(offset) * 60_000_000_000;
    let clock = DayClock::new(&model.workload.populations[population].day, begins_at).with_week(
        behaviour.settings.week,
        model.workload.weekday_utc,
        begins_at,
    );
    let sessions = (cohort.machine == Machine::Owa)
        .then(|| OwaSessions::until(behaviour, &clock, experiment.ends_at().0 as f64));
    let mut found = Pattern { steps: Vec::new(), present: vec![0.0; lengths.len()] };
    let mut from = experiment.measured_from().0 as f64;
    for (interval, &length) in lengths.iter().enumerate() {
        let pieces = libm::ceil(length as f64 / PIECE).max(1.0);
        let ns = length as f64 / pieces;
        for _ in 0..pieces as u32 {
            let work = (clock.work(from), clock.work(from + ns));
            let factor = clock.factor(libm::floor(work.0));
            let owa = sessions.as_ref().map_or(OwaSpan::default(), |s| s.within(from, from + ns));
            let span = Span { behaviour, work, factor, ns, owa, since: from };
            found.present[interval] += span.present() * ns;
            for (step, count) in rates_of(cohort, behaviour, &span) {
                let place = found.steps.iter().position(|(known, _)| *known == step);
                let place = place.unwrap_or_else(|| {
                    found.steps.push((step, vec![0.0; lengths.len()]));
                    found.steps.len() - 1
                });
                found.steps[place].1[interval] += count;
            }
            from += ns;
        }
    }
    found
}
