//! How many OWA sessions begin, act, poll and end at which time of the day, for one user in
//! the mean.
//!
//! Users want sessions as a Poisson process along the day curve, but have one at a time: a
//! logon that falls into a session waits for its end (an M(t)/G/1 queue with one user for a
//! server). What a session asks for follows over its half hour, so that the load lags the
//! curve that opens it. Both are followed on a grid of [`STEP`], from the day before the run.
//! What is left out: the answers' own time (a second beside a minute of thought), the spread
//! of a session's length by its thinking times.
//!
//! Must not know what a request costs. Next: [`super::rates`].

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::clients::compile::request_specs::owa_actions;
use crate::clients::day::DayClock;
use crate::clients::roster::Behaviour;

/// Grid, ns.
const STEP: f64 = 180e9;
/// Sessions of the day before are looked at too.
const LOOK_BACK: f64 = 24.0 * 3_600e9;
/// Longest wait for the own session to end that is followed, in steps.
const LONGEST: usize = 160;
/// Points at which the law of a session's number of actions is taken.
const POINTS: u32 = 32;

/// What one user does in a span, in the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct OwaSpan {
    pub(super) logons: f64,
    pub(super) actions: f64,
    pub(super) polls: f64,
    pub(super) logoffs: f64,
}

/// Sessions of one user over the run, summed up from the beginning of the grid.
#[derive(Debug)]
pub(super) struct OwaSessions {
    logons: Vec<f64>,
    actions: Vec<f64>,
    polls: Vec<f64>,
    logoffs: Vec<f64>,
}

/// Sessions that have been followed, by all that they depend on.
type Followed = VecDeque<(Vec<f64>, Habits, Rc<OwaSessions>)>;

/// Those kept at most, 30 kB each.
const KEPT: usize = 64;

/// All that the course of a session depends on; times in ns.
#[derive(Clone, Copy, PartialEq)]
struct Habits {
    /// Mean number of actions, and the share of it by which it varies.
    actions: (f64, f64),
    think: f64,
    poll: f64,
    /// Share of sessions that end by a logoff.
    leaves: f64,
    idle_timeout: f64,
}

impl Habits {
    fn of(behaviour: &Behaviour) -> Self {
        let settings = &behaviour.settings;
        Self {
            actions: (owa_actions(&behaviour.profile, settings), settings.owa_session_spread),
            think: behaviour.owa_think_mean.max(1.0),
            poll: settings.owa_poll.0.max(1) as f64,
            leaves: settings.owa_logoff_share,
            idle_timeout: settings.owa_idle_timeout.0 as f64,
        }
    }
}

/// What follows a session's beginning, by steps since.
#[derive(Default)]
struct Course {
    actions: Vec<f64>,
    polls: Vec<f64>,
    logoffs: Vec<f64>,
    /// Law of the time until the user wants the next one.
    taken: Vec<f64>,
}

impl OwaSessions {
    /// Sessions until `until` ns after the run's beginning. Following them takes longer than the rest of an
    /// offered load; populations, the runs of a plan and the fixes that a check tries have the same ones, so that
    /// the latest are kept, thread by thread.
    pub(super) fn until(behaviour: &Behaviour, clock: &DayClock, until: f64) -> Rc<Self> {
        thread_local!(static FOLLOWED: RefCell<Followed> = const { RefCell::new(VecDeque::new()) });
        let steps = libm::ceil((LOOK_BACK + until.max(0.0)) / STEP) as usize + 1;
        let wanted: Vec<f64> = (0..steps)
            .map(|step| {
                let from = step as f64 * STEP - LOOK_BACK;
                let (begin, end) = (clock.work(from), clock.work(from + STEP));
                behaviour.profile.owa_logons * (end - begin) * clock.factor(libm::floor(begin))
            })
            .collect();
        let habits = Habits::of(behaviour);
        FOLLOWED.with_borrow_mut(|followed| {
            let known = followed.iter().find(|(other, of, _)| *of == habits && *other == wanted);
            if let Some((_, _, known)) = known {
                return Rc::clone(known);
            }
            let found = Rc::new(Self::of(&wanted, &course(&habits)));
            followed.truncate(KEPT - 1);
            followed.push_front((wanted, habits, Rc::clone(&found)));
            found
        })
    }

    fn of(wanted: &[f64], course: &Course) -> Self {
        let logons = beginnings(wanted, &course.taken);
        let follow = |kernel: &[f64]| running(&convolved(&logons, kernel));
        Self {
            actions: follow(&course.actions),
            polls: follow(&course.polls),
            logoffs: follow(&course.logoffs),
            logons: running(&logons),
        }
    }

    /// From `from` to `to`, ns after the run's beginning.
    pub(super) fn within(&self, from: f64, to: f64) -> OwaSpan {
        let between = |sums: &[f64]| at(sums, to) - at(sums, from);
        OwaSpan {
            logons: between(&self.logons),
            actions: between(&self.actions),
            polls: between(&self.polls),
            logoffs: between(&self.logoffs),
        }
    }
}

/// A running sum at an instant, linear between the steps.
fn at(sums: &[f64], ns: f64) -> f64 {
    let place = ((ns + LOOK_BACK) / STEP).clamp(0.0, (sums.len() - 1) as f64);
    let step = (place as usize).min(sums.len() - 2);
    sums[step] + (sums[step + 1] - sums[step]) * (place - step as f64)
}

/// Sums until the beginning of each step, and the whole.
fn running(values: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let sums = values.iter().map(|value| {
        sum += value;
        sum
    });
    std::iter::once(0.0).chain(sums).collect()
}

fn convolved(values: &[f64], kernel: &[f64]) -> Vec<f64> {
    let mut found = vec![0.0; values.len()];
    for (place, &value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        for (sum, weight) in found[place..].iter_mut().zip(kernel) {
            *sum += value * weight;
        }
    }
    found
}

/// Adds `weight` at an age, shared between the two steps beside it so that its mean stays.
fn add(kernel: &mut Vec<f64>, age: f64, weight: f64) {
    let place = (age / STEP).max(0.0);
    let step = place as usize;
    if kernel.len() < step + 2 {
        kernel.resize(step + 2, 0.0);
    }
    kernel[step] += weight * (1.0 - (place - step as f64));
    kernel[step + 1] += weight * (place - step as f64);
}

/// Adds what comes every `gap` from `from` to `to`.
fn add_range(kernel: &mut Vec<f64>, (from, to): (f64, f64), gap: f64, weight: f64) {
    if to <= from {
        return;
    }
    let pieces = libm::ceil((to - from) / STEP * 2.0).max(1.0);
    let each = (to - from) / gap / pieces * weight;
    for piece in 0..pieces as u32 {
        add(kernel, from + (to - from) * (f64::from(piece) + 0.5) / pieces, each);
    }
}

fn course(habits: &Habits) -> Course {
    let Habits { actions: (mean, spread), think, poll, leaves, idle_timeout } = *habits;
    let weight = 1.0 / f64::from(POINTS);
    let mut course = Course::default();
    for point in 0..POINTS {
        let uniform = (f64::from(point) + 0.5) * weight;
        let actions = (mean * (1.0 + spread * (2.0 * uniform - 1.0))).max(1.0);
        let acting = actions * think;
        // The k-th action comes k thoughts after the logon.
        add_range(&mut course.actions, (think / 2.0, acting + think / 2.0), think, weight);
        // The k-th poll k intervals after it.
        let polls = &mut course.polls;
        add_range(polls, (poll / 2.0, acting + think), poll, weight * leaves);
        add_range(polls, (poll / 2.0, acting), poll, weight * (1.0 - leaves));
        add(&mut course.logoffs, acting + think, weight * leaves);
        add(&mut course.taken, acting + think, weight * leaves);
        let lingers = acting + idle_timeout;
        add(&mut course.taken, lingers, weight * (1.0 - leaves));
    }
    course
}

/// When the sessions begin that are `wanted` by step: at once, or when the one before is over.
fn beginnings(wanted: &[f64], taken: &[f64]) -> Vec<f64> {
    // Few ages have any weight: most of what is asked of the law goes by here.
    let taken: Vec<(usize, f64)> = taken.iter().copied().enumerate().filter(|(_, w)| *w > 0.0).collect();
    let mut begin = vec![0.0; wanted.len()];
    // Law of the time, in steps, until the user is free; beyond `last` nothing.
    let (mut busy, mut next, mut last) = ([0.0; LONGEST], [0.0; LONGEST], 0);
    busy[0] = 1.0;
    for (step, &wanted) in wanted.iter().enumerate() {
        // Several wishes in one step follow each other.
        let parts = libm::ceil(wanted / 0.25);
        for _ in 0..parts as u32 {
            let chance = wanted / parts;
            for (begun, probability) in begin[step..].iter_mut().zip(&busy[..=last]) {
                *begun += chance * probability;
            }
            for (next, probability) in next.iter_mut().zip(&busy) {
                *next = probability * (1.0 - chance);
            }
            last = follow_on(&mut next, &busy[..=last], chance, &taken);
            std::mem::swap(&mut busy, &mut next);
        }
        let free = busy[0];
        busy.copy_within(1.., 0);
        busy[LONGEST - 1] = 0.0;
        busy[0] += free;
        last = last.saturating_sub(1);
    }
    begin
}

/// Sessions that begin with `chance` behind those that a user is `busy` with: adds when he is free after
/// them to `next`; the last step of all that has any weight.
fn follow_on(next: &mut [f64; LONGEST], busy: &[f64], chance: f64, taken: &[(usize, f64)]) -> usize {
    const LEAST: f64 = 1e-12;
    let mut begins = [0.0; LONGEST];
    for (begins, &busy) in begins.iter_mut().zip(busy).filter(|(_, busy)| **busy > LEAST) {
        *begins = chance * busy;
    }
    let begins = &begins[..busy.len()];
    let (Some(latest), Some(&(oldest, _))) = (busy.iter().rposition(|&busy| busy > LEAST), taken.last())
    else {
        return busy.len() - 1;
    };
    // Age by age, which goes through memory in a row; from the oldest, as every sum is made in the order
    // of what the user was busy with.
    for &(age, weight) in taken.iter().rev().filter(|(age, _)| *age < LONGEST - 1) {
        let before = LONGEST - 1 - age;
        for (free, begins) in next[age..LONGEST - 1].iter_mut().zip(&begins[..before.min(busy.len())]) {
            *free += begins * weight;
        }
    }
    // Whatever is longer than is followed.
    for (place, begins) in begins.iter().enumerate().skip((LONGEST - 1).saturating_sub(oldest)) {
        let longer = taken.partition_point(|(age, _)| place + age < LONGEST - 1);
        for (_, weight) in &taken[longer..] {
            next[LONGEST - 1] += begins * weight;
        }
    }
    (busy.len() - 1).max((latest + oldest).min(LONGEST - 1))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clients::day::DayBound;
    use crate::model::workload::{ClientSettings, DayCurve, Moments, Profile};

    /// One wish of 0.1 in step 0, sessions of exactly two steps: it begins at once. A second in
    /// step 1 finds the user busy with probability 0.1, for one more step.
    #[test]
    fn a_wish_waits_for_the_session_before() {
        let begin = beginnings(&[0.1, 0.1, 0.0, 0.0], &[0.0, 0.0, 1.0]);
        let expected = [0.1, 0.09, 0.01, 0.0];
        for (found, expected) in begin.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{begin:?}");
        }
    }

    /// A quarter logs off, one thought after its last action; the others linger.
    #[test]
    fn who_leaves_logs_off_once() {
        let settings = ClientSettings { owa_logoff_share: 0.25, ..ClientSettings::default() };
        let bound = || DayBound::new(Moments::Work(0.0, 1.0), &DayCurve::parse("flat24h").unwrap());
        let course = course(&Habits::of(&Behaviour {
            stream: String::new(),
            owa_think: settings.owa_think.sampler(),
            owa_think_mean: settings.owa_think.mean(),
            settings: Arc::new(settings),
            profile: Profile::parse("heavy").unwrap(),
            always_connected: true,
            day_bounds: [bound(), bound()],
        }));
        let sums = [&course.logoffs, &course.taken].map(|kernel| kernel.iter().sum::<f64>());
        assert!((sums[0] - 0.25).abs() < 1e-9 && (sums[1] - 1.0).abs() < 1e-9, "{sums:?}");
    }

    /// A range keeps its number and its mean, to the half step that carries it.
    #[test]
    fn a_range_keeps_number_and_mean() {
        let mut kernel = Vec::new();
        add_range(&mut kernel, (0.5 * STEP, 10.5 * STEP), STEP, 2.0);
        let whole: f64 = kernel.iter().sum();
        let mean = kernel.iter().enumerate().map(|(at, w)| at as f64 * w).sum::<f64>() / whole;
        assert!((whole - 20.0).abs() < 1e-9 && (mean - 5.5).abs() < 1e-9, "{whole} {mean}");
    }
}
