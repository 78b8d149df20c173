//! A comparison that is played, and written: what `compare` and `verify` share.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::decided;
use super::error::{Error, Usage};
use super::form;
use super::kept::Unfinished;
use super::progress::Bar;
use super::ranks::Ranks;
use super::recorded::{Named, Recorded, side_file};
use super::resolved;
use super::signals::Signals;
use super::spread::Round;
use crate::decide::compare::{Asked, Compare, CompareError, Side, changes, of_results, play_again};
use crate::decide::items::Items;
use crate::output::compared::{self, request, tables, text};
use crate::output::folder::MANIFEST;
use crate::output::{Decision, RunFolder};
use crate::results::compared::Comparison;
use crate::results::{Identity, RESULTS, RunResult};
use crate::scenario::{self, Scenario};
use crate::study::Workers;

/// Threads, a bar and a stop.
pub(super) struct Stage {
    pub(super) workers: Workers<'static>,
    pub(super) bar: Arc<Bar>,
    pub(super) signals: &'static Signals,
}

impl Stage {
    pub(super) fn of(jobs: usize, quiet: bool, signals: &'static Signals) -> Result<Self, Error> {
        let bar = Arc::new(Bar::new(quiet));
        let workers = Workers::watched(jobs, signals.stop(), Arc::clone(&bar));
        Ok(Self { workers: workers.map_err(|error| signals.told(error))?, bar, signals })
    }

    /// Studies with their warm-up found; `in_order` they are steps of a migration.
    pub(super) fn begin<'s>(
        &self,
        (asked, in_order): (Asked, bool),
        sides: &'s [Named],
    ) -> Result<Compare<'s>, Error> {
        let named = sides.iter().map(|side| (side.name.as_str(), &side.scenario));
        let mut compare = Compare::of(named, asked);
        if in_order {
            compare = compare.in_order();
        }
        let begun = compare.warm_up(&self.workers).map_err(|error| self.signals.told(error))?;
        begun.map_err(no_pairs)?;
        Ok(compare)
    }

    /// One more run of all is there; `why` says why they are played.
    pub(super) fn count(&self, done: &AtomicUsize, all: usize, why: &str) {
        let now = done.fetch_add(1, Ordering::Relaxed) + 1;
        self.bar.say(&format!("{now} of {all} runs{why}"));
    }

    /// Plays pairs in as many rounds as are asked for; each run is kept as it ends.
    pub(super) fn play(
        &self,
        asked: (Asked, bool),
        sides: &[Named],
        (unfinished, force): (&Unfinished, bool),
        ranks: Option<&Ranks>,
        err: &mut dyn Write,
    ) -> Result<Comparison, Error> {
        let mut compare = self.begin(asked, sides)?;
        // Where they are pairs something is kept.
        unfinished.begin(&mark(sides), force, "comparison")?;
        let items = &Items::of(vec![unfinished.folder.clone()]);
        while let Some(more) = compare.next_round() {
            let before = compare.pairs();
            let mut why = String::new();
            if before > 0 {
                let open = compare.result().open;
                why = format!(", {open} rows open after {before} pairs");
                let _ = writeln!(err, "{before} pairs: {open} rows open, {more} pairs more");
            }
            let (done, all) = (AtomicUsize::new(0), more as usize * sides.len());
            let count = || self.count(&done, all, &why);
            if let Some((ranks, share)) = ranks.and_then(|ranks| Some((ranks, ranks.share()?))) {
                ranks.agree(Some(&Round::Runs((before, more))));
                compare
                    .play_share((before, more), share, items, &self.workers, &|| ())
                    .map_err(|error| self.signals.paused(error, (0, all)))?;
                ranks.wait();
            }
            compare
                .add_kept(more, items, &self.workers, &count)
                .map_err(|error| self.signals.paused(error, (done.load(Ordering::Relaxed), all)))?;
        }
        if let Some(ranks) = ranks {
            ranks.agree(None);
        }
        self.bar.finish();
        Ok(compare.result())
    }

    /// Writes everything that a comparison gave; returns it as a document, and to paste.
    pub(super) fn write(
        &self,
        folder: &RunFolder,
        comparison: &mut Comparison,
        sides: &[Named],
        recorded: &Recorded,
    ) -> Result<(Value, Vec<u8>), Error> {
        ask_for_changes(recorded.in_order, comparison, sides, folder)?;
        let comparison = &*comparison;
        for (name, bytes) in tables::all(comparison) {
            folder.write(name, &bytes)?;
        }
        let mut pasted = Vec::new();
        text::markdown(&mut pasted, comparison)?;
        folder.write("comparison.md", &pasted)?;
        let document = form::document(compared::json::object(comparison));
        folder.write("comparison.json", format!("{document:#}\n").as_bytes())?;
        for (at, side) in sides.iter().enumerate() {
            resolved::write(folder, side_file(at), &side.scenario)?;
        }
        let manifest = recorded.manifest(sides);
        folder.write(MANIFEST, manifest.as_bytes())?;
        let decided = (comparison, Decision::Comparison(comparison));
        let of = (&sides[0].scenario, manifest.as_str());
        self.workers.install(|| decided::write(folder, decided, of, recorded.charts))?;
        Ok((document, pasted))
    }
}

/// Makes the folder of a comparison again, in `folder`, from the scenarios that the first one (`source`)
/// keeps and what its `run.json` says. `None` where that says not enough.
pub(super) fn again(
    source: &Path,
    manifest: &Value,
    folder: &RunFolder,
    (jobs, quiet): (usize, bool),
) -> Result<Option<()>, Error> {
    let Some((recorded, names)) = Recorded::of_manifest(manifest) else { return Ok(None) };
    let mut sides = Vec::with_capacity(names.len());
    for (at, name) in names.into_iter().enumerate() {
        let path = source.join(side_file(at));
        let resolved = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
        let mut scenario = scenario::load(&path, &[]).map_err(|faults| Error::Scenario(Box::new(faults)))?;
        // It was written with the origin of each value, which it does not have itself.
        scenario.resolved = resolved;
        sides.push(Named { name, scenario });
    }
    let stage = Stage::of(jobs, quiet, Signals::install()?)?;
    let mut comparison = match &recorded.runs {
        None => {
            let unfinished = Unfinished::of(folder.target());
            stage.play(
                (recorded.asked, recorded.in_order),
                &sides,
                (&unfinished, false),
                None,
                &mut std::io::sink(),
            )?
        }
        Some(runs) => {
            let all: Vec<(&Scenario, u32)> =
                sides.iter().map(|side| &side.scenario).zip(runs.iter().copied()).collect();
            let results = play_again(&all, &stage.workers).map_err(|error| stage.signals.told(error))?;
            of_kept(&sides, &results, recorded.asked)?
        }
    };
    stage.write(folder, &mut comparison, &sides, &recorded)?;
    Ok(Some(()))
}

/// Compares results that were kept.
pub(super) fn of_kept(
    sides: &[Named],
    results: &[(Identity, RunResult)],
    asked: Asked,
) -> Result<Comparison, Error> {
    let all: Vec<_> = sides
        .iter()
        .zip(results)
        .map(|(side, (identity, result))| {
            (Side { name: &side.name, scenario: &side.scenario, result }, identity.clone())
        })
        .collect();
    of_results(&all, asked).map_err(no_pairs)
}

/// Finds how one gets from the base, or of a migration from the step before, to each other, and
/// writes the scenarios on the way.
fn ask_for_changes(
    in_order: bool,
    comparison: &mut Comparison,
    sides: &[Named],
    folder: &RunFolder,
) -> Result<(), Error> {
    let mut left = Vec::new();
    for place in 0..comparison.others.len() {
        let from = if in_order { place } else { 0 };
        let found = changes::request_after(&left, &sides[from].scenario, &sides[place + 1].scenario);
        if in_order {
            left.clone_from(&found.left);
        }
        comparison.others[place].changes = Some(found.request);
        for (step, scenario) in (0..).zip(&found.scenarios) {
            let file = request::step_file(comparison, place, step);
            folder.write(&file, scenario.as_bytes())?;
            let within = Path::new(&file).parent().unwrap_or(Path::new(""));
            for side in [from, place + 1] {
                resolved::write_beside(folder, within, &sides[side].scenario)?;
            }
        }
    }
    Ok(())
}

/// Whose runs are kept: of all sides together.
fn mark(sides: &[Named]) -> Value {
    let digests: Vec<&str> = sides.iter().map(|side| side.scenario.digest.as_str()).collect();
    json!({ "results": RESULTS, "scenarios": digests })
}

fn no_pairs(error: CompareError) -> Error {
    Usage::NoPairs(error).into()
}
