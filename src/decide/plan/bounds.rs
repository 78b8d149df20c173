//! Which choices no run has to refuse: work beyond what a goal allows, sessions beyond a limit.
//!
//! What a place is asked for depends on its own number of servers and, by the law, hardly on the other
//! places; those are as able as they can be here, so that the least is asked of each. Work is cycles
//! and bits: faster cores, more of them and faster lines divide it. Each figure has to be beyond its
//! goal by the margin by which law and run may differ. Queueing formulas refuse nothing. Next:
//! [`super::grid`].

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::candidate::{Bound, PrunedBy};
use super::cases::{Cases, Lost};
use super::error::PlanError;
use super::loads::{Asked, asked};
use super::paths::{self, PathBound, beyond};
use super::places::{Choice, Of, Place};
use crate::scenario::Override;

/// Work that differs by less between few servers and many is the same.
const SAME_WORK: f64 = 0.01;

/// What the law says of every choice in every case.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// By case: of what nothing is chosen.
    pub(super) fixed: Vec<f64>,
    /// By place, choice and case.
    pub(super) ratios: Vec<Vec<Vec<f64>>>,
    /// By place and choice: what refuses it.
    pub(super) bounds: Vec<Vec<Option<Bound>>>,
    /// What refuses every candidate.
    pub(super) always: Option<Bound>,
}

/// What the most able choice of each place sets.
pub(super) fn most_able(places: &[Place]) -> Vec<&[Override]> {
    places.iter().map(|place| place.choices[top(place)].sets.as_slice()).collect()
}

/// The most able choice: the most servers of the most cores and the highest speed.
pub(super) fn top(place: &Place) -> usize {
    let able = |at: &usize| {
        let choice = &place.choices[*at];
        (u64::from(choice.servers.max(1)), choice.ability)
    };
    let places = 0..place.choices.len();
    let most = places.max_by(|a, b| {
        let ((a, x), (b, y)) = (able(a), able(b));
        a.cmp(&b).then(x.total_cmp(&y))
    });
    most.unwrap_or_default()
}

impl Table {
    /// Asks the law about every case with everything at its most able, with each line at each speed,
    /// and with the fewest servers of each place; about the numbers between those alone where the work
    /// does not stay the same. `together`: the fewest of all places are asked about at once, and place by place
    /// only where what is asked of one is not what it is beside the most able ones. On as many threads as the pool
    /// has that it is called in.
    pub(super) fn of(cases: &Cases<'_>, places: &[Place], together: bool) -> Result<Self, PlanError> {
        let count = cases.all.len();
        let blank = |place: &Place| vec![vec![0.0; count]; place.choices.len()];
        let mut table = Self {
            fixed: vec![0.0; count],
            ratios: places.iter().map(blank).collect(),
            bounds: places.iter().map(|place| vec![None; place.choices.len()]).collect(),
            always: None,
        };
        let mut most: Vec<Vec<Asked>> = vec![Vec::new(); count];
        let mut wave = if together { joint(cases, places) } else { questions(cases, places) };
        while !wave.is_empty() {
            let answers = ask(cases, places, &wave)?;
            let mut next = Vec::new();
            for (question, found) in wave.iter().zip(answers) {
                match question.with.as_slice() {
                    [] => {
                        table.answer(places, question, &found);
                        most[question.case] = found;
                    }
                    [one] => {
                        table.answer(places, question, &found);
                        if !question.last {
                            table.follow(cases, places, (question.case, *one), (&found, &most), &mut next);
                        }
                    }
                    all => {
                        let most = &most[question.case];
                        let cut = |all: &[Asked]| all.iter().any(Asked::is_unserved);
                        let apart = cut(&found) && !cut(most);
                        for &one in all {
                            if apart || !table.beside(cases, places, (question.case, one), (&found, most)) {
                                next.push(Question { case: question.case, with: vec![one], last: false });
                            }
                        }
                    }
                }
            }
            wave = next;
        }
        Ok(table)
    }

    /// What follows from one choice of a place for the numbers of servers above it; asks about these
    /// where nothing does.
    fn follow(
        &mut self,
        cases: &Cases<'_>,
        places: &[Place],
        (case, (at, with)): (usize, (usize, usize)),
        (found, most): (&[Asked], &[Vec<Asked>]),
        next: &mut Vec<Question>,
    ) {
        let place = &places[at];
        let Of::Pool(pool) = place.of else { return };
        let dead = u32::from(cases.all[case].lost == Some(Lost::Server(pool)));
        let low = place.choices[with].serving;
        let between: Vec<(u32, usize)> =
            numbers(place).into_iter().filter(|(serving, _)| *serving > low).collect();
        if low == dead && !between.is_empty() {
            return;
        }
        match same_work(place, (found, with), &most[case], dead) {
            Some(work) => self.scale(place, (case, (at, with)), (&work, dead), &between),
            None => next.extend(between.into_iter().map(|(_, choice)| Question {
                case,
                with: vec![(at, choice)],
                last: true,
            })),
        }
    }

    /// Notes of other numbers of servers what the work of one says.
    fn scale(
        &mut self,
        place: &Place,
        (case, (at, with)): (usize, (usize, usize)),
        (work, dead): (&[(&Asked, f64)], u32),
        numbers: &[(u32, usize)],
    ) {
        let low = place.choices[with].serving;
        for &(serving, choice) in numbers {
            let fewer = f64::from(low - dead) / f64::from(serving - dead);
            let able = place.choices[with].ability / place.choices[choice].ability;
            for (found, share) in work {
                let able = if found.limit { 1.0 } else { able };
                let found = found.times(fewer * share * able);
                let alike = |other: usize| place.choices[other].serving == serving;
                self.note(at, place, (&found, choice, case), &alike);
            }
        }
    }

    /// Notes what was found of one choice while all other places had few as well. Whether that is what
    /// is asked of it beside the most able ones.
    fn beside(
        &mut self,
        cases: &Cases<'_>,
        places: &[Place],
        (case, (at, with)): (usize, (usize, usize)),
        (found, most): (&[Asked], &[Asked]),
    ) -> bool {
        let place = &places[at];
        let dead = match place.of {
            Of::Pool(pool) => u32::from(cases.all[case].lost == Some(Lost::Server(pool))),
            Of::Line(_) => 0,
        };
        let Some(work) = same_work(place, (found, with), most, dead) else { return false };
        if matches!(place.of, Of::Line(_)) {
            for (found, share) in work {
                self.note(at, place, (&found.times(share), with, case), &|choice| choice == with);
            }
            return true;
        }
        let low = place.choices[with].serving;
        let from: Vec<(u32, usize)> =
            numbers(place).into_iter().filter(|(serving, _)| *serving >= low).collect();
        self.scale(place, (case, (at, with)), (&work, dead), &from);
        true
    }

    fn answer(&mut self, places: &[Place], question: &Question, all: &[Asked]) {
        let case = question.case;
        if let Some(&(at, with)) = question.with.first() {
            let place = &places[at];
            let serving = place.choices[with].serving;
            let line = matches!(place.of, Of::Line(_));
            let alike = |choice: usize| {
                if line { choice == with } else { place.choices[choice].serving == serving }
            };
            for found in all.iter().filter(|found| found.of == Some(place.of)) {
                self.note(at, place, (found, with, case), &alike);
            }
            return;
        }
        for found in all {
            if found.of.is_none_or(|of| places.iter().all(|place| place.of != of)) {
                self.fixed[case] = self.fixed[case].max(found.ratio);
                let beyond = found.bound.is_some_and(|over| over > 1.0);
                if beyond && self.always.is_none() {
                    self.always = Some(bound(found, case, 1.0));
                }
            }
        }
    }

    /// Asks what the network takes without load: with every line at its highest speed, which is
    /// given, and with each line at each other speed.
    pub(super) fn paths(&mut self, cases: &Cases<'_>, places: &[Place]) -> Result<Vec<PathBound>, PlanError> {
        let able = most_able(places);
        let Some(best) = cases.scenario(&able.concat(), 0)?.scenario else { return Ok(Vec::new()) };
        let always = beyond(&best, true);
        if let Some(path) = always.first() {
            // It comes first, being what no money mends.
            self.always = Some(paths::bound(path));
            return Ok(always);
        }
        // Where all at their slowest are fast enough, each is.
        let mut slow = able.clone();
        let slowest = |place: &Place| {
            (0..place.choices.len())
                .min_by(|&a, &b| place.choices[a].ability.total_cmp(&place.choices[b].ability))
        };
        for (at, place) in lines(places) {
            slow[at] = slowest(place).map_or(slow[at], |choice| place.choices[choice].sets.as_slice());
        }
        let found = cases.scenario(&slow.concat(), 0)?.scenario;
        if found.is_none_or(|scenario| beyond(&scenario, false).is_empty()) {
            return Ok(always);
        }
        for (at, place) in lines(places) {
            for (number, choice) in
                place.choices.iter().enumerate().filter(|(number, _)| *number != top(place))
            {
                let mut sets = able.clone();
                sets[at] = choice.sets.as_slice();
                let found = cases.scenario(&sets.concat(), 0)?.scenario;
                let path = found.and_then(|scenario| beyond(&scenario, false).into_iter().next());
                if let (None, Some(path)) = (&self.bounds[at][number], path) {
                    self.bounds[at][number] = Some(paths::bound(&path));
                }
            }
        }
        Ok(always)
    }

    /// Notes what was found with one choice for all choices that it tells of.
    fn note(
        &mut self,
        at: usize,
        place: &Place,
        (found, with, case): (&Asked, usize, usize),
        alike: &dyn Fn(usize) -> bool,
    ) {
        for choice in (0..place.choices.len()).filter(|choice| alike(*choice)) {
            let factor =
                if found.limit { 1.0 } else { place.choices[with].ability / place.choices[choice].ability };
            let ratio = &mut self.ratios[at][choice][case];
            *ratio = ratio.max(found.ratio * factor);
            let beyond = found.bound.is_some_and(|over| over * factor > 1.0);
            if beyond && self.bounds[at][choice].is_none() {
                self.bounds[at][choice] = Some(bound(found, case, factor));
            }
        }
    }
}

/// A question to the law: a case, with these choices, by place, in place of the most able ones.
struct Question {
    case: usize,
    with: Vec<(usize, usize)>,
    /// Nothing follows from the answer for other numbers of servers.
    last: bool,
}

/// Of a place the numbers of servers, each with its most able choice: what the kinds are able to do
/// tells the rest.
fn numbers(place: &Place) -> BTreeMap<u32, usize> {
    let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
    for (at, choice) in place.choices.iter().enumerate() {
        let known = numbers.entry(choice.serving).or_insert(at);
        if choice.ability > place.choices[*known].ability {
            *known = at;
        }
    }
    numbers
}

/// Of each case the one with everything at its most able comes first, then each speed of a line, whose
/// directions may differ, and the fewest servers: where one of them is lost, one by itself, and two.
fn questions(cases: &Cases<'_>, places: &[Place]) -> Vec<Question> {
    let mut all = Vec::new();
    for (case, of) in cases.all.iter().enumerate() {
        all.push(Question { case, with: Vec::new(), last: false });
        for (at, place) in places.iter().enumerate() {
            let with = |choice: usize| Question { case, with: vec![(at, choice)], last: false };
            match place.of {
                Of::Line(_) => all.extend((0..place.choices.len()).map(with)),
                Of::Pool(pool) => {
                    let lost = of.lost == Some(Lost::Server(pool));
                    let numbers = numbers(place);
                    let alone = numbers.first_key_value().is_some_and(|(serving, _)| *serving == 1);
                    // The last of them is the one from which others follow.
                    let asked = if lost && alone { 2 } else { 1 };
                    all.extend(numbers.into_values().take(asked).map(with));
                }
            }
        }
    }
    all
}

/// The same of all places at once: of each case everything at its most able, then all lines at their first
/// speed and all places at their fewest servers, and all lines at each other speed. Where one server of a place is
/// lost, that one by itself is asked about alone: whoever is at it burdens nobody else.
fn joint(cases: &Cases<'_>, places: &[Place]) -> Vec<Question> {
    let mut all = Vec::new();
    for (case, of) in cases.all.iter().enumerate() {
        all.push(Question { case, with: Vec::new(), last: false });
        let (mut few, mut alone) = (Vec::new(), Vec::new());
        for (at, place) in places.iter().enumerate() {
            let Of::Pool(pool) = place.of else { continue };
            let numbers = numbers(place);
            let mut fewest = numbers.iter();
            let Some((&serving, &choice)) = fewest.next() else { continue };
            if of.lost == Some(Lost::Server(pool)) && serving == 1 {
                alone.push(Question { case, with: vec![(at, choice)], last: false });
                few.extend(fewest.next().map(|(_, &second)| (at, second)));
            } else {
                few.push((at, choice));
            }
        }
        let speeds = lines(places).map(|(_, place)| place.choices.len()).max().unwrap_or(0);
        for speed in 0..speeds.max(1) {
            let slower = lines(places).filter(|(_, place)| speed < place.choices.len());
            let mut with: Vec<(usize, usize)> = slower.map(|(at, _)| (at, speed)).collect();
            with.append(&mut few);
            all.push(Question { case, with, last: false });
        }
        all.append(&mut alone);
    }
    all
}

/// What the law answers to each question.
fn ask(cases: &Cases<'_>, places: &[Place], questions: &[Question]) -> Result<Vec<Vec<Asked>>, PlanError> {
    let able = most_able(places);
    let answers: Vec<Result<Vec<Asked>, PlanError>> = questions
        .par_iter()
        .map(|of| {
            let mut sets = able.clone();
            for &(at, choice) in &of.with {
                sets[at] = places[at].choices[choice].sets.as_slice();
            }
            let mut found = law(cases, &sets.concat(), of.case)?;
            if let [(at, _)] = of.with[..] {
                let cut = found.iter_mut().filter(|found| found.is_unserved());
                cut.for_each(|found| found.of = Some(places[at].of));
            }
            Ok(found)
        })
        .collect();
    answers.into_iter().collect()
}

/// What is asked of a place with the fewest servers, each with the share of it that is sure to be
/// asked of more of them too; `None` where the work depends on their number, or one is none.
fn same_work<'a>(
    place: &Place,
    (few, with): (&'a [Asked], usize),
    most: &[Asked],
    dead: u32,
) -> Option<Vec<(&'a Asked, f64)>> {
    let (low, high) = (&place.choices[with], &place.choices[top(place)]);
    let is_line = matches!(place.of, Of::Line(_));
    let up = |choice: &Choice| {
        if is_line { Some(1.0) } else { choice.serving.checked_sub(dead).filter(|up| *up > 0).map(f64::from) }
    };
    let (low_up, high_up) = (up(low)?, up(high)?);
    let here = |all: &'a [Asked]| all.iter().filter(|found| found.of == Some(place.of));
    if here(few).count() != most.iter().filter(|found| found.of == Some(place.of)).count() {
        return None;
    }
    here(few)
        .map(|found| {
            let other = most.iter().find(|other| other.of == found.of && other.what == found.what)?;
            let able = |choice: &Choice| if found.limit { 1.0 } else { choice.ability };
            let (a, b) = (found.whole * low_up * able(low), other.whole * high_up * able(high));
            let most = a.max(b);
            if most <= 0.0 {
                return Some((found, 1.0));
            }
            ((a - b).abs() <= SAME_WORK * most).then(|| (found, a.min(b) / a))
        })
        .collect()
}

fn lines(places: &[Place]) -> impl Iterator<Item = (usize, &Place)> {
    places.iter().enumerate().filter(|(_, place)| matches!(place.of, Of::Line(_)))
}

fn bound(found: &Asked, case: usize, factor: f64) -> Bound {
    let by = if found.limit { PrunedBy::Limit } else { PrunedBy::Law };
    Bound { by, case: case as u32, reason: found.reason(factor) }
}

/// What the law says of a case; nothing where nobody is left in it. Where everybody has to have a way,
/// who has none is a bound.
pub(super) fn law(cases: &Cases<'_>, sets: &[Override], case: usize) -> Result<Vec<Asked>, PlanError> {
    let found = cases.scenario(sets, case)?;
    let loss = cases.all[case].lost.is_some();
    let scenario = found.scenario.as_ref();
    let mut asked = scenario.map_or_else(Vec::new, |scenario| asked(&found, scenario, &cases.pools, loss));
    if cases.base.purchase.plan.all_served {
        asked.extend(found.damages.first().map(Asked::unserved));
    }
    Ok(asked)
}
