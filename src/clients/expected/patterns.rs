//! What one client of each kind does, interval by interval of the measured window.
//!
//! Each interval is cut into pieces that are short beside the changes of a day. Must not know
//! what anything costs. Next: [`super::shares`].

use super::owa_sessions::{Followed, OwaSpan};
use super::rates::{Span, rates_of};
use crate::clients::day::DayClock;
use crate::clients::roster::{Cohort, IdleTimeout, Roster};
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

/// Clients that do the same.
type Alike = (u32, Protocol, i32, bool, (Option<IdleTimeout>, [SimSpan; 2]));

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
        let mut known: Vec<(Alike, usize)> = Vec::new();
        let (mut all, mut followed) = (Vec::new(), Followed::default());
        let of = roster.cohorts.iter().zip(clients).map(|(cohort, clients)| {
            if *clients <= 0.0 {
                return None;
            }
            let offset = cohort.utc_offset(&model.topology, &model.workload);
            let refused = cohort.refused.is_some();
            let ends = (cohort.idle_timeout, cohort.heartbeats);
            let alike = (cohort.population, cohort.protocol, offset, refused, ends);
            if let Some((_, place)) = known.iter().find(|(other, _)| *other == alike) {
                return Some(*place);
            }
            known.push((alike, all.len()));
            all.push(pattern(model, experiment, roster, (cohort, offset), (lengths, &mut followed)));
            Some(all.len() - 1)
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
    (lengths, followed): (&[u64], &mut Followed),
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
        .then(|| followed.sessions(behaviour, &clock, experiment.ends_at().0 as f64));
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
