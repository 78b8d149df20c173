//! Values that are played in rounds until a condition's end is found.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::condition::Condition;
use super::search::{Found, Next, Search, Seen, Stand};
use crate::decide::items::{Items, Share};
use crate::decide::sweep::grid::Point;
use crate::decide::sweep::play::{Sweep, SweepError};
use crate::decide::sweep::rows;
use crate::decide::sweep::vary::{Parameter, Quantity};
use crate::results::swept::{Swept, SweptPoint, SweptRow, Try, Until};
use crate::scenario::Scenario;
use crate::stats::verdict::{Word, look_level};
use crate::study::Workers;

/// Values of a round, each to be played until there are so many runs of it.
pub type Values = [(f64, u32)];

/// A condition whose end is looked for along one quantity.
#[derive(Debug)]
pub struct Looking<'s> {
    base: &'s Scenario,
    quantity: Quantity,
    condition: Condition,
    search: Search,
}

/// A value that was tried, with all that was found there.
struct Tried {
    seen: Seen,
    point: SweptPoint,
    asked: usize,
}

impl<'s> Looking<'s> {
    /// Along `quantity`, whose values are the first to be tried; ends that are `step` apart are near
    /// enough; each value is looked at with `first` runs, and with twice as many until it is decided
    /// or there are `most`.
    #[must_use]
    pub fn of(
        base: &'s Scenario,
        quantity: Quantity,
        condition: Condition,
        step: Option<f64>,
        (first, most): (u32, u32),
    ) -> Self {
        let most = most.max(1);
        let (coarse, whole) = (quantity.numbers.clone(), quantity.whole);
        let search = Search { coarse, whole, step, first: first.clamp(1, most), most };
        Self { base, quantity, condition, search }
    }

    /// Reads the values that are tried first, so that none is found wrong when others were played.
    ///
    /// # Errors
    /// [`SweepError::Point`], of the first.
    pub fn check(&self, workers: &Workers<'_>) -> Result<(), SweepError> {
        let first: Vec<(f64, u32)> = self.search.coarse.iter().map(|&number| (number, 1)).collect();
        self.sweep(&first)?.check(workers)
    }

    /// The values of the first round, which follow from nothing.
    #[must_use]
    pub fn first_round(&self) -> Vec<(f64, u32)> {
        match self.search.next(&[]) {
            Next::Play(values) => values,
            Next::Done(_) => Vec::new(),
        }
    }

    /// Plays what is not there yet of a share of the items of a round, and decides nothing; `told` hears
    /// how many are done of how many. Gives how many there are in the share.
    ///
    /// # Errors
    /// As [`Self::play`].
    pub fn play_share(
        &self,
        values: &Values,
        share: Share,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<usize, SweepError> {
        self.sweep(values)?.play_share(share, items, workers, told)
    }

    /// Asks the utilisation law and the limits.
    ///
    /// # Errors
    /// [`SweepError`].
    pub fn law(&self) -> Result<Swept, SweepError> {
        self.look(true, |wanted, tried| {
            for &(number, _) in wanted {
                let sweep = self.sweep(&[(number, 1)])?;
                let point = Point { places: vec![0] };
                let scenario = sweep.scenario(&point)?;
                let asked = rows::of_law(&scenario, self.condition.slo(&scenario));
                let stand = self.stand(&asked, &self.quantity.shown(number))?;
                let all = rows::of_law(&scenario, &scenario.model.workload.slo);
                let (asked, found) = self.joined(asked, all);
                let point = sweep.found(&point, found);
                tried.push(Tried { seen: Seen { number, runs: 0, stand }, point, asked });
            }
            Ok(())
        })
    }

    /// Plays what is not there yet; `begins` hears the values of each round before it is played, `told` the
    /// round and how many of its items are done of all. Gives what was found, and the files of the
    /// items behind it.
    ///
    /// # Errors
    /// [`SweepError`], also that of `begins`; the items that ended before are kept. Where nothing is to be played, what is missing of a
    /// round is [`SweepError::Round`].
    pub fn play(
        &self,
        items: &Items,
        workers: &Workers<'_>,
        begins: &mut dyn FnMut(&Values) -> Result<(), SweepError>,
        told: &(dyn Fn(usize, usize, usize) + Sync),
    ) -> Result<(Swept, BTreeSet<PathBuf>), SweepError> {
        let (mut files, mut round) = (BTreeSet::new(), 0);
        let swept = self.look(false, |wanted, tried| {
            round += 1;
            begins(wanted)?;
            let count = |done: usize, all: usize| told(round, done, all);
            let sweep = self.sweep(wanted)?;
            let mut found = Vec::new();
            let played = sweep.each(items, workers, &count, &mut files, |point, scenario, result| {
                let (number, runs) = wanted[point.places[0]];
                let level = look_level(self.before(runs), runs, self.search.most);
                let asked =
                    rows::of_goals(result, self.condition.slo(scenario), &scenario.model.workload.slo, level);
                let stand = self.stand(&asked, &self.quantity.shown(number));
                let all = rows::of_result(result, &scenario.model.workload.slo);
                let (asked, rows) = self.joined(asked, all);
                let point = sweep.found(point, rows);
                found.push(stand.map(|stand| Tried { seen: Seen { number, runs, stand }, point, asked }));
            });
            played.map_err(|error| match error {
                SweepError::Missing(missing) => {
                    SweepError::Round { number: round, values: wanted.to_vec(), missing }
                }
                error => error,
            })?;
            for one in found {
                let one = one?;
                tried.retain(|known| known.seen.number != one.seen.number);
                tried.push(one);
            }
            Ok(())
        })?;
        Ok((swept, files))
    }

    /// How many runs there were at the look before; none before the first.
    fn before(&self, runs: u32) -> u32 {
        if runs <= self.search.first {
            return 0;
        }
        let mut before = self.search.first;
        while before.saturating_mul(2).min(self.search.most) < runs {
            before = before.saturating_mul(2);
        }
        before
    }

    /// Rounds until there is an answer.
    fn look(
        &self,
        law_only: bool,
        mut round: impl FnMut(&[(f64, u32)], &mut Vec<Tried>) -> Result<(), SweepError>,
    ) -> Result<Swept, SweepError> {
        let mut tried: Vec<Tried> = Vec::new();
        loop {
            let seen: Vec<Seen> = tried.iter().map(|one| one.seen).collect();
            match self.search.next(&seen) {
                Next::Play(wanted) => round(&wanted, &mut tried)?,
                Next::Done(found) => return Ok(self.answer(tried, found, law_only)),
            }
            tried.sort_by(|a, b| a.seen.number.total_cmp(&b.seen.number));
        }
    }

    fn answer(&self, tried: Vec<Tried>, found: Found, law_only: bool) -> Swept {
        let one = |tried: &Tried| Try {
            value: tried.point.values[0].clone(),
            number: tried.seen.number,
            runs: tried.seen.runs,
            word: match tried.seen.stand {
                Stand::Met => Word::Met,
                Stand::Missed => Word::Missed,
                Stand::Open(_) => Word::Open,
            },
            holds: tried.seen.stand.holds(),
            asked: tried.asked,
        };
        let until = Until {
            condition: self.condition.text.clone(),
            tries: tried.iter().map(one).collect(),
            holds: found.holds,
            shown: found.shown,
            rough: found.rough,
            alternates: found.alternates,
        };
        Swept {
            scenario: self.base.name.clone(),
            parameters: vec![self.quantity.path.clone()],
            points: tried.into_iter().map(|one| one.point).collect(),
            law_only,
            until: Some(until),
        }
    }

    /// These values, each to be played until there are so many runs of it, after those of the look before.
    fn sweep(&self, wanted: &Values) -> Result<Sweep<'s>, SweepError> {
        let values = wanted.iter().map(|(number, _)| self.quantity.setting(*number));
        let values = values.collect::<Result<Vec<_>, String>>().map_err(SweepError::Until)?;
        let points = (0..values.len()).map(|place| Point { places: vec![place] }).collect();
        let parameter = Parameter { path: self.quantity.path.clone(), values };
        let runs = wanted.iter().map(|&(_, runs)| self.before(runs)..runs).collect();
        Ok(Sweep::of(self.base, vec![parameter], points, 1).with_runs(runs))
    }

    /// What is asked first, with how much that is, then all else.
    fn joined(&self, asked: Vec<SweptRow>, all: Vec<SweptRow>) -> (usize, Vec<SweptRow>) {
        let mut rows: Vec<SweptRow> = asked.into_iter().filter(|row| self.condition.asks(row)).collect();
        let asked = rows.len();
        // What was asked stands in the place of what is told of the same.
        let same =
            |a: &SweptRow, b: &SweptRow| a.about == b.about && a.metric.measured() == b.metric.measured();
        let rest = all.into_iter().filter(|row| !rows.iter().any(|asked| same(asked, row)));
        let rest: Vec<SweptRow> = rest.collect();
        rows.extend(rest);
        (asked, rows)
    }

    /// How the condition stands at a value.
    fn stand(&self, rows: &[SweptRow], value: &str) -> Result<Stand, SweepError> {
        let text = &self.condition.text;
        let asked: Vec<&SweptRow> = rows.iter().filter(|row| self.condition.asks(row)).collect();
        if asked.is_empty() {
            return Err(SweepError::Until(format!("nothing at {value} is judged by `{text}`")));
        }
        let word = |row: &&SweptRow| row.goal.map_or(Word::Unjudged, |goal| goal.1);
        let judged: Vec<&SweptRow> = asked.into_iter().filter(|row| word(row) != Word::Unjudged).collect();
        if judged.is_empty() {
            return Err(SweepError::Until(format!(
                "too few requests at {value} to judge `{text}`: a longer window or more --replications"
            )));
        }
        Ok(match () {
            () if judged.iter().any(|row| word(row).is_missed()) => Stand::Missed,
            () if judged.iter().all(|row| word(row) == Word::Met) => Stand::Met,
            () => Stand::Open(judged.iter().all(|row| row.excess().is_none_or(|excess| excess <= 1.0))),
        })
    }
}
