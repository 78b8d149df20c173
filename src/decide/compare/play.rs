//! Studies that are compared while they are played, and results that were kept.

use super::in_order;
use super::judge::{Family, Look};
use super::side::{Asked, CompareError, Side, paired};
use crate::decide::items::{ItemError, Items, Share, Wanted};
use crate::kernel::SimSpan;
use crate::model::Adaptive;
use crate::results::compared::Comparison;
use crate::results::{Identity, RunResult};
use crate::scenario::Scenario;
use crate::stats::interval::LEVEL;
use crate::stats::verdict::look_level;
use crate::study::{RunError, Study, Workers, add_to_all};

/// Studies that are compared while they are played.
#[derive(Debug)]
pub struct Compare<'s> {
    sides: Vec<(&'s str, &'s Scenario, Study<'s>)>,
    asked: Asked,
    paired: bool,
    family: Family,
    /// Of each against the one before, where the sides are steps of a migration.
    steps: Option<Vec<Family>>,
    looks: Vec<u32>,
    last: Option<Comparison>,
}

impl<'s> Compare<'s> {
    /// Of scenarios with the names they are called by, the base first; their own numbers of
    /// replications and precisions are not asked.
    #[must_use]
    pub fn of(scenarios: impl IntoIterator<Item = (&'s str, &'s Scenario)>, asked: Asked) -> Self {
        let side = |(name, scenario): (&'s str, &'s Scenario)| (name, scenario, study(scenario));
        Self {
            sides: scenarios.into_iter().map(side).collect(),
            asked,
            paired: !asked.unpaired,
            family: Family::default(),
            steps: None,
            looks: Vec::new(),
            last: None,
        }
    }

    /// Takes the others for steps of a migration, each compared with the one before as well.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.steps = Some(Vec::new());
        self
    }

    /// Finds the warm-ups that are to be found; all of these begin their window behind the
    /// longest. Call it once, first.
    ///
    /// # Errors
    /// [`RunError`] of a pilot; [`CompareError`] within where the sides are no pairs.
    pub fn warm_up(&mut self, workers: &Workers<'_>) -> Result<Result<(), CompareError>, RunError> {
        for (_, _, study) in &mut self.sides {
            study.warm_up(workers)?;
        }
        let found = |side: &&mut (&str, &Scenario, Study<'_>)| side.1.adaptive.warmup;
        let longest = self.sides.iter_mut().filter(found).map(|side| side.2.experiment().warmup).max();
        let longest = longest.unwrap_or(SimSpan::ZERO);
        for (_, _, study) in self.sides.iter_mut().filter(found) {
            study.begin_window_after(longest);
        }
        let identities: Vec<(&str, Identity)> =
            self.sides.iter().map(|(name, _, study)| (*name, study.identity())).collect();
        Ok(paired(&identities, self.asked.unpaired).map(|paired| self.paired = paired))
    }

    /// How many pairs are to be added next; `None` when that is all. It follows from the pairs
    /// so far alone.
    pub fn next_round(&mut self) -> Option<u32> {
        let played = self.pairs();
        let most = self.asked.most.max(1);
        let first = self.asked.pairs.max(1);
        if self.asked.precision.is_none() {
            return first.checked_sub(played).filter(|more| *more > 0);
        }
        if played == 0 {
            return Some(first.min(most));
        }
        let open = self.result().open;
        (open > 0 && played < most).then(|| played.min(most - played))
    }

    /// Pairs played so far.
    #[must_use]
    pub fn pairs(&self) -> u32 {
        self.sides.iter().map(|side| side.2.replications()).min().unwrap_or(0)
    }

    /// Plays so many more pairs.
    ///
    /// # Errors
    /// As [`add_to_all`].
    pub fn add(&mut self, pairs: u32, workers: &Workers<'_>) -> Result<(), RunError> {
        let mut studies: Vec<(&mut Study<'_>, u32)> =
            self.sides.iter_mut().map(|(_, _, study)| (study, pairs)).collect();
        add_to_all(&mut studies, workers)?;
        self.last = None;
        Ok(())
    }

    /// Adds so many more pairs that are kept; what is missing is played, where `items` are not to be
    /// complete; `told` hears of each run that is there.
    ///
    /// # Errors
    /// [`ItemError`]; pairs added before stay.
    pub fn add_kept(
        &mut self,
        pairs: u32,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn() + Sync),
    ) -> Result<(), ItemError> {
        let wanted = self.wanted(self.pairs(), pairs);
        let studies: Vec<&Study<'_>> = self.sides.iter().map(|side| &side.2).collect();
        let missing = items.missing(&studies, &wanted);
        (missing.len()..wanted.len()).for_each(|_| told());
        items.play(&studies, (&missing, wanted.len()), workers, told)?;
        for (_, _, study) in &mut self.sides {
            items.add_to(study, pairs)?;
        }
        self.last = None;
        Ok(())
    }

    /// Plays a share of the runs of `pairs` pairs from `first` on, and adds none; `told` hears of each
    /// that is there. Gives how many runs there are in it.
    ///
    /// # Errors
    /// [`ItemError`]; those that ended before are kept.
    pub fn play_share(
        &self,
        (first, pairs): (u32, u32),
        share: Share,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn() + Sync),
    ) -> Result<usize, ItemError> {
        let studies: Vec<&Study<'_>> = self.sides.iter().map(|side| &side.2).collect();
        items.play_share(&studies, self.wanted(first, pairs), share, workers, told)
    }

    /// The runs of so many pairs from `first` on, side by side, so that shares have runs of all.
    fn wanted(&self, first: u32, pairs: u32) -> Vec<Wanted> {
        let of = |study| (first..first.saturating_add(pairs)).map(move |number| (study, number));
        let all = (0..self.sides.len()).flat_map(of).zip(0..);
        all.map(|((study, number), place)| Wanted { study, number, place }).collect()
    }

    /// Judges the pairs that are there: each number of pairs is looked at once.
    pub fn result(&mut self) -> Comparison {
        if let Some(last) = &self.last {
            return last.clone();
        }
        let before = self.looks.last().copied().unwrap_or(0);
        let now = self.pairs();
        self.looks.push(now);
        let single = self.asked.precision.is_none();
        let level = if single { LEVEL } else { look_level(before, now, self.asked.most) };
        let look = Look { asked: self.asked, level, paired: self.paired, looks: self.looks.clone() };
        let results: Vec<RunResult> = self.sides.iter().map(|side| side.2.result()).collect();
        let sides: Vec<Side<'_>> = self
            .sides
            .iter()
            .zip(&results)
            .map(|(&(name, scenario, _), result)| Side { name, scenario, result })
            .collect();
        let mut compared = self.family.look(&sides, &look);
        if let Some(families) = &mut self.steps {
            compared.in_order = Some(in_order::stages(&sides, &compared, &look, families));
        }
        self.last = Some(compared.clone());
        compared
    }
}

/// A scenario's own number of replications and precision are not asked.
fn study(scenario: &Scenario) -> Study<'_> {
    let adaptive = Adaptive { precision: None, ..scenario.adaptive };
    Study::from(scenario).adaptive(adaptive).without_twins()
}

/// Plays the runs of kept results again: each scenario so often, to be compared by [`of_results`].
///
/// # Errors
/// [`RunError`].
pub fn play_again(
    scenarios: &[(&Scenario, u32)],
    workers: &Workers<'_>,
) -> Result<Vec<(Identity, RunResult)>, RunError> {
    let mut studies: Vec<(Study<'_>, u32)> =
        scenarios.iter().map(|(scenario, runs)| (study(scenario), *runs)).collect();
    let mut wanted: Vec<(&mut Study<'_>, u32)> =
        studies.iter_mut().map(|(study, runs)| (study, *runs)).collect();
    add_to_all(&mut wanted, workers)?;
    Ok(studies.iter().map(|(study, _)| (study.identity(), study.result())).collect())
}

/// Compares results that were kept, the base first, at one look.
///
/// # Errors
/// Where they are no pairs, and `asked` does not allow that.
pub fn of_results(sides: &[(Side<'_>, Identity)], asked: Asked) -> Result<Comparison, CompareError> {
    let identities: Vec<(&str, Identity)> =
        sides.iter().map(|(side, identity)| (side.name, identity.clone())).collect();
    let paired = paired(&identities, asked.unpaired)?;
    let pairs = sides.iter().map(|(side, _)| side.result.replications).min().unwrap_or(0);
    let look = Look { asked, level: LEVEL, paired, looks: vec![pairs] };
    let sides: Vec<Side<'_>> = sides.iter().map(|(side, _)| *side).collect();
    Ok(Family::default().look(&sides, &look))
}
