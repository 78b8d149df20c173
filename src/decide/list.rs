//! Scenarios with runs of each, played as one list of items.
//!
//! The list follows from the scenarios and their runs alone: scenario by scenario, run by run; of
//! two that are one model those of the first. Scenarios are compiled a few at a time, so that memory
//! does not grow with their number. Next: [`super::items`], which keeps what is finished.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::items::{Claim, ItemError, Items, Missing, Share, Wanted};
use crate::model::Adaptive;
use crate::results::RunResult;
use crate::scenario::Scenario;
use crate::study::{RunError, Study, Workers};

/// Scenarios that are compiled at once; a multiple of the threads.
const ABREAST: usize = 8;

/// Scenarios by their places, each with the runs that are items here; those before are played already.
pub(super) struct List<'l, E> {
    /// By place.
    pub(super) runs: &'l [Range<u32>],
    /// The scenario at a place; `None` where there is nothing to be played.
    pub(super) scenario: &'l (dyn Fn(usize) -> Result<Option<Scenario>, E> + Sync),
}

impl<E: From<ItemError> + From<RunError> + Send> List<'_, E> {
    /// Items in all.
    fn items(&self) -> usize {
        self.runs.iter().map(ExactSizeIterator::len).sum()
    }

    /// Plays what is not there yet, and hands over each scenario that there is by its place with its
    /// result, in their order; `told` hears how many items are done of all, `files` gains those
    /// of the items behind it.
    pub(super) fn each(
        &self,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
        files: &mut BTreeSet<PathBuf>,
        mut hand: impl FnMut(usize, &Scenario, &RunResult),
    ) -> Result<(), E> {
        let done = AtomicUsize::new(0);
        let count = |more: usize| told(done.fetch_add(more, Ordering::Relaxed) + more, self.items());
        let (mut order, mut missing) = (Order::default(), Vec::new());
        for places in self.abreast(workers) {
            let laid = self.laid(&places, workers)?;
            let mut studies: Vec<Study<'_>> =
                workers.install(|| laid.par_iter().map(|(_, scenario)| study(scenario)).collect());
            for study in &mut studies {
                study.warm_up(workers)?;
            }
            let wanted = order.next(&laid, self.runs, |_| true);
            let all: Vec<&Study<'_>> = studies.iter().collect();
            let absent = items.missing(&all, &wanted);
            let planned: usize = self.runs[places].iter().map(ExactSizeIterator::len).sum();
            count(planned - absent.len());
            match items.play(&all, (&absent, wanted.len()), workers, &|| count(1)) {
                Err(ItemError::Missing(of)) => missing.extend(of.places),
                played => played?,
            }
            for ((place, scenario), study) in laid.iter().zip(&mut studies) {
                // All that is missing is told, of the scenarios behind too.
                if !missing.is_empty() {
                    break;
                }
                files.extend(items.add_to(study, self.runs[*place].end)?);
                hand(*place, scenario, &study.result());
            }
        }
        if !missing.is_empty() {
            return Err(ItemError::Missing(Missing { places: missing, all: order.items }).into());
        }
        Ok(())
    }

    /// Plays what is not there yet of a share of the items, and merges nothing; `told` hears how many
    /// are done of how many at most (scenarios of one model have one list). Gives how many there are.
    pub(super) fn play_share(
        &self,
        share: Share,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<usize, E> {
        let done = AtomicUsize::new(0);
        let most = share.count(self.items());
        let count = |more: usize| told(done.fetch_add(more, Ordering::Relaxed) + more, most);
        let (mut order, mut all, mut others) = (Order::default(), 0, Vec::new());
        for places in self.abreast(workers) {
            let laid = self.laid(&places, workers)?;
            let (own, rest) = share.own_first(order.next(&laid, self.runs, |_| true));
            all += own.len();
            others.extend(rest.into_iter().rev().map(|item| Other::of(&item, &laid)));
            // Scenarios of which nothing is in this share are not compiled.
            let at: BTreeSet<usize> = own.iter().map(|item| item.study).collect();
            let at: Vec<usize> = at.into_iter().collect();
            let mut studies: Vec<Study<'_>> =
                workers.install(|| at.par_iter().map(|&at| study(&laid[at].1)).collect());
            for study in &mut studies {
                study.warm_up(workers)?;
            }
            let compiled = |item: &Wanted| at.binary_search(&item.study).unwrap_or_default();
            let own: Vec<Wanted> = own.iter().map(|item| Wanted { study: compiled(item), ..*item }).collect();
            let studies: Vec<&Study<'_>> = studies.iter().collect();
            items.play_share(&studies, own, share, workers, &|| count(1))?;
        }
        self.take_over(others, items, workers)?;
        Ok(all)
    }

    /// Plays what others have not begun, from the end of the list, as many at once as there are threads.
    fn take_over(&self, mut others: Vec<Other>, items: &Items, workers: &Workers<'_>) -> Result<(), E> {
        loop {
            let mut taken: Vec<Other> = Vec::new();
            while taken.len() < workers.threads()
                && let Some(other) = others.pop()
            {
                if items.claim(&other.claim).map_err(ItemError::from)? {
                    taken.push(other);
                }
            }
            if taken.is_empty() {
                return Ok(());
            }
            let at: BTreeSet<usize> = taken.iter().map(|other| other.at).collect();
            let one = |at: &usize| Ok((self.scenario)(*at)?.map(|scenario| (*at, scenario)));
            let laid: Result<Vec<Option<(usize, Scenario)>>, E> = at.iter().map(one).collect();
            let laid: Vec<(usize, Scenario)> = laid?.into_iter().flatten().collect();
            let mut studies: Vec<Study<'_>> = laid.iter().map(|(_, scenario)| study(scenario)).collect();
            for study in &mut studies {
                study.warm_up(workers)?;
            }
            let item = |other: &Other| {
                let study = laid.iter().position(|(at, _)| *at == other.at)?;
                Some(Wanted { study, number: other.number, place: other.place })
            };
            let wanted: Vec<Wanted> = taken.iter().filter_map(item).collect();
            let studies: Vec<&Study<'_>> = studies.iter().collect();
            let missing = items.missing(&studies, &wanted);
            items.play(&studies, (&missing, wanted.len()), workers, &|| ())?;
        }
    }

    /// Places that are compiled at once, one such part after the other.
    fn abreast(&self, workers: &Workers<'_>) -> impl Iterator<Item = Range<usize>> {
        let (step, all) = (workers.threads() * ABREAST, self.runs.len());
        (0..all).step_by(step).map(move |from| from..(from + step).min(all))
    }

    /// The scenarios that there are at these places.
    fn laid(&self, places: &Range<usize>, workers: &Workers<'_>) -> Result<Vec<(usize, Scenario)>, E> {
        let one = |place: usize| Ok((self.scenario)(place)?.map(|scenario| (place, scenario)));
        let read: Vec<Result<Option<(usize, Scenario)>, E>> =
            workers.install(|| places.clone().into_par_iter().map(one).collect());
        let read: Result<Vec<Option<(usize, Scenario)>>, E> = read.into_iter().collect();
        Ok(read?.into_iter().flatten().collect())
    }
}

/// An item that is another's, by what is known of it before its scenario is compiled.
#[derive(Debug)]
struct Other {
    /// Place of the scenario.
    at: usize,
    number: u32,
    /// Place in the list.
    place: usize,
    claim: Claim,
}

impl Other {
    fn of(item: &Wanted, laid: &[(usize, Scenario)]) -> Self {
        let (at, scenario) = &laid[item.study];
        let claim = Claim::new(&scenario.digest, scenario.experiment.seed, item.number);
        Self { at: *at, number: item.number, place: item.place, claim }
    }
}

/// The list of all items: place by place, of those of one model those of the first alone.
#[derive(Debug, Default)]
struct Order {
    models: BTreeSet<(String, u64, u32, u32)>,
    items: usize,
}

impl Order {
    /// The items of the next scenarios, each with its runs, whose places in the list are `wanted`.
    fn next(
        &mut self,
        laid: &[(usize, Scenario)],
        runs: &[Range<u32>],
        wanted: impl Fn(usize) -> bool,
    ) -> Vec<Wanted> {
        let mut next = Vec::new();
        for (study, (place, scenario)) in laid.iter().enumerate() {
            let runs = &runs[*place];
            let model = (scenario.digest.clone(), scenario.experiment.seed, runs.start, runs.end);
            if self.models.insert(model) {
                let items = runs.clone().zip(self.items..);
                let items = items.map(|(number, place)| Wanted { study, number, place });
                next.extend(items.filter(|item| wanted(item.place)));
                self.items += runs.len();
            }
        }
        next
    }
}

/// A scenario's own number of replications and precision are not asked.
fn study(scenario: &Scenario) -> Study<'_> {
    let adaptive = Adaptive { precision: None, ..scenario.adaptive };
    Study::from(scenario).adaptive(adaptive).without_twins()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::{Override, load_text};

    const QUEUE: &str = r#"
[run]
window = "10 s"
warmup = "1 s"
[[station]]
name = "cas"
service = { exponential = { mean = "100 ms" } }
[[source]]
name = "users"
arrivals = { poisson = "5 /s" }
path = ["cas"]
"#;

    /// Of 3 scenarios with 2 runs each: who is through with its own three plays what the other has not begun,
    /// from the end, but not what it is playing; what is finished is played by nobody.
    #[test]
    fn who_is_through_plays_what_others_have_not_begun() {
        let base = load_text("queue.toml", QUEUE, Path::new("queue.toml"), &[]).unwrap();
        let scenario = |at: usize| {
            let set = Override { path: "run.load".into(), value: format!("1.{at}") };
            Ok(Some(base.with(&[set]).expect("a load")))
        };
        let runs = vec![0..2; 3];
        let list = List::<ItemError> { runs: &runs, scenario: &scenario };
        let workers = Workers::new(1).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let items = || Items::of(vec![folder.path().to_owned()]);
        let kept = || {
            let files = || std::fs::read_dir(folder.path()).unwrap().flatten().map(|file| file.file_name());
            let named = |of: &str| files().filter(|name| name.to_string_lossy().ends_with(of)).count();
            (named(".item"), named(".taken"))
        };
        let play = |share: Share| {
            let heard = AtomicUsize::new(0);
            let own = list.play_share(share, &items(), &workers, &|done, _| {
                heard.fetch_max(done, Ordering::Relaxed);
            });
            (own.unwrap(), heard.into_inner())
        };

        // The second run of the middle scenario is being played by the other.
        let middle = scenario(1).unwrap().unwrap();
        let busy = Claim::new(&middle.digest, middle.experiment.seed, 1);
        assert!(items().claim(&busy).unwrap() && !items().claim(&busy).unwrap());
        let share = |number| Share::of(number, 2).unwrap();
        assert_eq!((play(share(1).taking_over()), kept()), ((3, 3), (5, 6)));
        // All is taken: whoever comes late plays nothing, and hears of what is there.
        assert_eq!((play(share(2).taking_over()), kept()), ((3, 2), (5, 6)));
        // Who takes over from nobody asks nobody.
        assert_eq!((play(share(2)), kept()), ((3, 3), (6, 6)));
    }
}
