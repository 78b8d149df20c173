//! `casim plan`: the cheapest of what can be bought that meets every goal.

mod answer;
mod asked;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use self::answer::{Answer, Rests, Studying, Tell, refused};
use self::asked::{Asked, design_file, numbered};
use super::common::Common;
use super::decided;
use super::error::{Answer as Told, Error};
use super::form::{self, Form, Printed};
use super::kept::{self, ITEMS, Unfinished};
use super::load::load;
use super::progress::Bar;
use super::ranks::Ranks;
use super::resolved;
use super::signals::Signals;
use super::spread::{Round, Spread};
use crate::decide::items::{ItemError, Items, Missing, Share};
use crate::decide::plan::grid::Grid;
use crate::decide::plan::play::{self, Piece, Planning, PlayError};
use crate::decide::plan::search::Why;
use crate::decide::plan::told;
use crate::decide::sensitivity::SensitivityError;
use crate::output::folder::MANIFEST;
use crate::output::planned::{self, tables, text};
use crate::output::{Decision, Inputs, RunFolder, terminal};
use crate::results::RESULTS;
use crate::results::planned::{Planned, Plans, ranked};
use crate::scenario::{self, Scenario};
use crate::study::Workers;

/// Runs of a candidate in a case at most, unless said otherwise.
const MOST: u32 = 160;

/// Arguments of `casim plan`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "What can be bought stands in [prices] of the scenario, what is asked in [plan]: years, growth, and\n\
    what has to be survived. Without [prices] the fewest servers and cores are looked for.\n\n  \
    casim plan my.toml --law-only        in seconds, by the utilisation law and limits\n  \
    casim plan my.toml                   by runs, with a confidence of 95 %\n  \
    casim plan one.toml other.toml       the cheapest of each design, ranked\n\n\
    Exit codes:\n  \
    0    the plan is written, or with --shard the items of one machine\n  \
    1    nothing that is on offer meets every goal (of several designs, for none); the folder says why\n  \
    2    bad usage, faults in a scenario, or an unfinished plan of another scenario\n  \
    3    the system failed, or a check inside a run\n  \
    130  interrupted (SIGINT), 143 terminated (SIGTERM); finished items are kept, and the same command\n       \
    goes on with them"
)]
pub struct Args {
    /// The scenario file; several are designs of one organisation.
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    /// Only what the utilisation law and the limits say, without a run.
    #[arg(long)]
    law_only: bool,
    /// Runs of a candidate in a case at most, while a goal is open [default: 160].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    max_replications: Option<u32>,
    /// Then move every figure that nobody measured, and say which of them the answer rests on.
    #[arg(long, conflicts_with = "law_only")]
    sensitivity: bool,
    #[command(flatten)]
    pub(super) spread: Spread,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    pub(super) printed: Printed,
}

pub(super) fn exec(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    Ranks::together(&args.spread, err, |ranks, err| lead(args, ranks, out, err), |ranks| follow(args, ranks))
}

/// Plays a share of the items of each round that rank 0 decides on.
fn follow(args: &Args, ranks: &Ranks) -> Result<(), Error> {
    let signals = Signals::install()?;
    let designs = args.designs(&mut std::io::sink())?;
    let asked = args.asked();
    let maker = Maker::of(&designs, &asked, (args.common.threads(), true), signals)?;
    let target = args.target();
    let items = Items::of(vec![Unfinished::of(&target).folder, target.join(ITEMS)]);
    ranks.follow(|round, share| match round {
        Round::Pieces(design, pieces) => maker.play_share(design, &pieces, share, &items).map(drop),
        Round::Moved(at, wanted) => maker.studying().play_moved((at, &wanted), share, &items).map(drop),
        _ => Ok(()),
    })
}

fn lead(args: &Args, ranks: &Ranks, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    let signals = Signals::install()?;
    let designs = args.designs(err)?;
    let asked = args.asked();
    let maker = Maker::of(&designs, &asked, (args.common.threads(), args.common.quiet), signals)?;
    let target = args.target();
    let sides: Vec<&Scenario> = designs.iter().collect();
    if args.law_only && args.spread.is_shard() {
        return Err(Error::question("--law-only plays nothing that could be shared"));
    }
    if let Some(shard) = args.spread.open(&target, &sides, false, args.common.force)? {
        let played = match shard.moved() {
            Some(moved) => maker.studying().play_moved(moved, shard.share, &shard.items())?,
            None => {
                let (design, pieces) = shard.pieces(maker.first_round()?)?;
                maker.play_share(design, &pieces, shard.share, &shard.items())?
            }
        };
        maker.bar.finish();
        return if args.common.quiet { Ok(()) } else { shard.tell(played, out) };
    }
    let folder =
        RunFolder::create(&target, args.common.force, &Inputs::of(designs.iter().flat_map(Scenario::files)))?;
    for note in folder.notes() {
        let _ = writeln!(err, "note: {note}");
    }
    let unfinished = Unfinished::of(folder.target());
    let finished = folder.target().join(ITEMS);
    let merged = args.spread.items(&sides, Some(finished.clone()))?;
    let keeps = !asked.law_only && merged.is_none();
    if keeps {
        unfinished.begin(&mark(&designs), args.common.force, "plan")?;
    }
    let items = merged.unwrap_or_else(|| Items::of(vec![unfinished.folder.clone(), finished]));
    let missing = &mut |missing: &Missing, number: usize, round: &Round| {
        args.spread.unfinished(missing, &target, Some((number, round)), out)
    };
    let made = maker.make(&folder, (&items, Some(ranks)), missing);
    // What is interrupted says itself how to go on.
    if keeps && matches!(&made, Err(Error::Usage(_))) {
        unfinished.leave(err);
    }
    let made = made?;
    args.spread.finished(&target)?;
    let target = folder.finish()?;
    if keeps {
        unfinished.forget()?;
    }
    if let Some(form) = args.printed.unless(args.common.quiet) {
        print(form, &made, &target, out)?;
    }
    match made.plans.iter().any(|planned| planned.chosen.is_some()) {
        true => Ok(()),
        false => Err(Told::Infeasible.into()),
    }
}

/// Makes the folder of a plan again, in `folder`, from the scenarios that the first one (`source`) keeps and
/// what its `run.json` says. `None` where that says not enough.
pub(super) fn again(
    source: &Path,
    manifest: &Value,
    folder: &RunFolder,
    (jobs, quiet): (usize, bool),
) -> Result<Option<()>, Error> {
    let Some((asked, count)) = Asked::of_manifest(manifest) else { return Ok(None) };
    let basis = decided::basis(manifest, RESULTS);
    let mut designs = Vec::with_capacity(count);
    for at in 0..count {
        let path = source.join(design_file(at));
        let resolved = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
        let mut scenario = scenario::load(&path, &[]).map_err(|faults| Error::Scenario(Box::new(faults)))?;
        // It was written with the origin of each value, which it does not have itself.
        scenario.resolved = resolved;
        scenario.assumed = basis.assumed.get(at).cloned().unwrap_or_default();
        designs.push(scenario);
    }
    let signals = Signals::install()?;
    let unfinished = Unfinished::of(folder.target());
    unfinished.begin(&mark(&designs), false, "plan")?;
    let items = Items::of(vec![unfinished.folder.clone()]);
    let missing = &mut |missing: &Missing, _: usize, _: &Round| {
        signals.paused(ItemError::Missing(missing.clone()), (0, 0))
    };
    Maker::of(&designs, &asked, (jobs, quiet), signals)?.make(folder, (&items, None), missing)?;
    Ok(Some(()))
}

/// Whose items they are.
fn mark(designs: &[Scenario]) -> Value {
    let digests: Vec<&str> = designs.iter().map(|design| design.digest.as_str()).collect();
    json!({ "results": RESULTS, "scenarios": digests })
}

/// What a plan gave, in every form.
struct Made {
    /// The cheapest design first.
    plans: Vec<Planned>,
    /// Of the cheapest, where that was asked.
    rests: Option<Rests>,
    document: Value,
    pasted: Vec<u8>,
}

/// Plays a plan into a folder in the making.
struct Maker<'s> {
    designs: &'s [Scenario],
    asked: &'s Asked,
    grids: Vec<Grid<'s>>,
    /// Once it is known.
    answer: OnceLock<Result<Answer, SensitivityError>>,
    workers: Workers<'static>,
    bar: Arc<Bar>,
    signals: &'static Signals,
}

impl<'s> Maker<'s> {
    /// With every candidate listed, so that nothing is found wrong when others were played.
    fn of(
        designs: &'s [Scenario],
        asked: &'s Asked,
        (jobs, quiet): (usize, bool),
        signals: &'static Signals,
    ) -> Result<Self, Error> {
        let bar = Arc::new(Bar::new(quiet));
        let workers = Workers::watched(jobs, signals.stop(), Arc::clone(&bar));
        let workers = workers.map_err(|error| signals.told(error))?;
        bar.say("asking the law about every candidate");
        let ask = || workers.install(|| designs.iter().map(Grid::of).collect::<Result<Vec<_>, _>>());
        let grids = signals.ending_at_once(ask);
        let grids = grids.map_err(refused)?;
        Ok(Self { designs, asked, grids, answer: OnceLock::new(), workers, bar, signals })
    }

    fn studying(&self) -> Studying<'_> {
        let Self { grids, answer, workers, bar, signals, .. } = self;
        Studying { grids, made: answer, workers, bar, signals }
    }

    fn planning(&self, design: usize) -> Result<Planning<'_>, Error> {
        let asked = self.asked.search(&self.designs[design])?;
        Ok(Planning::of(&self.grids[design], asked))
    }

    /// What is played first: of the first design that is played at all.
    fn first_round(&self) -> Result<(usize, Vec<Piece>), Error> {
        for design in 0..self.designs.len() {
            let pieces = self.planning(design)?.first_round();
            if !pieces.is_empty() {
                return Ok((design, pieces));
            }
        }
        Ok((0, Vec::new()))
    }

    /// Plays a share of the items of a round, and gives how many there are in it.
    fn play_share(
        &self,
        design: usize,
        pieces: &[Piece],
        share: Share,
        items: &Items,
    ) -> Result<usize, Error> {
        if design >= self.designs.len() {
            return Err(Error::question("the list of --round is one of another command"));
        }
        let (done, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let count = |now: usize, all: usize| {
            done.fetch_max(now, Ordering::Relaxed);
            most.store(all, Ordering::Relaxed);
            self.bar.say(&format!("{now} of {all} items"));
        };
        let played = self.planning(design)?.play_share(pieces, share, items, &self.workers, &count);
        played.map_err(|error| self.told(error, (done.load(Ordering::Relaxed), most.load(Ordering::Relaxed))))
    }

    /// Plays what is missing among `items`, with other ranks where there are any, and writes everything;
    /// `missing` tells what is, and in which round, where nothing is to be played.
    fn make(
        &self,
        folder: &RunFolder,
        (items, ranks): (&Items, Option<&Ranks>),
        missing: &mut Tell<'_>,
    ) -> Result<Made, Error> {
        let (mut plans, mut files, mut rounds) = (Vec::new(), BTreeSet::new(), 0);
        let mut answers = Vec::new();
        for (design, grid) in self.grids.iter().enumerate() {
            let planned = if self.asked.law_only {
                self.workers.install(|| told::by_law(grid))
            } else {
                let found = self.play(design, (items, ranks), (&mut rounds, missing), &mut files)?;
                answers.extend(answer::place(design, &found));
                self.workers.install(|| told::by_runs(grid, &found))
            };
            plans.push((design, planned.map_err(refused)?));
        }
        let in_order: Vec<Planned> = plans.iter().map(|(_, planned)| planned.clone()).collect();
        let places = ranked(&in_order);
        plans.sort_by_key(|(design, _)| places.iter().position(|at| at == design));
        let cheapest = plans.first().map(|(design, _)| *design).filter(|_| self.asked.sensitivity);
        let rests = match answers.into_iter().find(|at| Some(at.design) == cheapest) {
            Some(at) => self.studying().rests(at, (items, ranks), (rounds, missing), &mut files)?,
            None => None,
        };
        if let Some(ranks) = ranks {
            ranks.agree(None);
        }
        self.bar.finish();
        for (design, planned) in &plans {
            folder.write(numbered("plan.csv", *design), &tables::file(planned))?;
            folder.write(numbered("plan_groups.csv", *design), &tables::groups(planned))?;
            folder.write(numbered("plan_damages.csv", *design), &tables::damages(planned))?;
            resolved::write(folder, design_file(*design), &self.designs[*design])?;
        }
        let whole = Plans { designs: in_order, rests: rests.as_ref().and_then(Rests::kept) };
        let manifest = self.asked.manifest(self.designs);
        folder.write(MANIFEST, manifest.as_bytes())?;
        let decided = (&whole, Decision::Plans(&whole));
        let of = (&self.designs[0], manifest.as_str());
        self.workers.install(|| decided::write(folder, decided, of, self.asked.charts))?;
        let plans: Vec<Planned> = plans.into_iter().map(|(_, planned)| planned).collect();
        let mut pasted = Vec::new();
        text::markdown(&mut pasted, &plans)?;
        let mut object = planned::json::object(&plans);
        if let Some(rests) = &rests {
            rests.write(folder)?;
            rests.markdown(&mut pasted)?;
            object["sensitivity"] = rests.object();
        }
        folder.write("plan.md", &pasted)?;
        let document = form::document(object);
        folder.write("plan.json", format!("{document:#}\n").as_bytes())?;
        if !self.asked.law_only {
            kept::lay_into(folder.part(), &files)?;
        }
        Ok(Made { plans, rests, document, pasted })
    }

    /// Searches one design; `rounds` counts those of all.
    fn play(
        &self,
        design: usize,
        (items, ranks): (&Items, Option<&Ranks>),
        (rounds, missing): (&mut usize, &mut Tell<'_>),
        files: &mut BTreeSet<PathBuf>,
    ) -> Result<play::Found, Error> {
        let (done, all) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let why = std::sync::Mutex::new(String::new());
        let planning = self.planning(design)?;
        let before = *rounds;
        let count = |round: usize, now: usize, of: usize| {
            done.store(now, Ordering::Relaxed);
            all.store(of, Ordering::Relaxed);
            let why = why.lock().map(|why| why.clone()).unwrap_or_default();
            self.bar.say(&format!("round {}{why}: {now} of {of} items", before + round));
        };
        let begins = &mut |round: &play::Round| {
            if let Ok(mut why) = why.lock() {
                *why = format!(", {}", self.why(design, round));
            }
            if let Some((ranks, share)) = ranks.and_then(|ranks| Some((ranks, ranks.share()?))) {
                ranks.agree(Some(&Round::Pieces(design, round.pieces.clone())));
                planning.play_share(&round.pieces, share, items, &self.workers, &|now, of| {
                    count(round.number, now, of);
                })?;
                ranks.wait();
            }
            Ok(())
        };
        match planning.play(items, &self.workers, begins, &count) {
            Ok((found, played)) => {
                *rounds += found.rounds;
                files.extend(played);
                Ok(found)
            }
            Err(PlayError::Round { round, missing: of }) => {
                Err(missing(&of, before + round.number, &Round::Pieces(design, round.pieces)))
            }
            Err(error) => Err(self.told(error, (done.load(Ordering::Relaxed), all.load(Ordering::Relaxed)))),
        }
    }

    /// Why a round is played.
    fn why(&self, design: usize, round: &play::Round) -> String {
        let best = round.best.map_or_else(String::new, |best| {
            let grid = &self.grids[design];
            format!(", best so far: {}", grid.label(&grid.candidates[best]))
        });
        let why = match round.why {
            Why::Largest => "whether the largest is enough",
            Why::Hoped => "the cheapest that the law expects to hold",
            Why::Below => "whether anything cheaper holds",
            Why::Open => "what is open",
            Why::Confirmation => "confirming the answer with fresh runs",
        };
        format!("{why}{best}")
    }

    fn told(&self, error: PlayError, done: (usize, usize)) -> Error {
        match error {
            PlayError::Plan(error) => refused(error),
            PlayError::Run(error) => self.signals.paused(ItemError::Run(error), done),
            PlayError::Store(error) => error.into(),
            PlayError::Missing(missing) | PlayError::Round { missing, .. } => {
                self.signals.paused(ItemError::Missing(missing), done)
            }
            error @ PlayError::Foreign { .. } => Error::question(error.to_string()),
        }
    }
}

fn print(
    form: Form,
    Made { plans, rests, document, pasted }: &Made,
    target: &Path,
    out: &mut dyn Write,
) -> Result<(), Error> {
    match form {
        Form::Text => {
            let width = terminal::Look::of_stdout().width;
            text::summary(out, plans, width)?;
            rests.iter().try_for_each(|rests| rests.summary(out, width))?;
            writeln!(out, "\nAll rows are in {}", target.display())?;
        }
        Form::Json => writeln!(out, "{document:#}")?,
        Form::Csv => {
            for planned in plans {
                out.write_all(&tables::file(planned))?;
            }
        }
        Form::Markdown => out.write_all(pasted)?,
    }
    Ok(())
}

impl Args {
    fn asked(&self) -> Asked {
        let most = self.max_replications.unwrap_or(MOST);
        Asked { law_only: self.law_only, most, sensitivity: self.sensitivity, charts: self.common.charts }
    }

    fn designs(&self, err: &mut dyn Write) -> Result<Vec<Scenario>, Error> {
        let designs: Vec<Scenario> = self
            .scenarios
            .iter()
            .map(|path| load(path, &self.common.overrides([]), err))
            .collect::<Result<_, _>>()?;
        let words =
            designs.iter().map(|design| design.purchase.prices.as_ref().map(|prices| &prices.currency));
        let words: BTreeSet<_> = words.collect();
        match words.len() {
            0 | 1 => Ok(designs),
            _ => Err(Error::question(
                "designs that are ranked by cost have prices in one currency, or none has any",
            )),
        }
    }

    fn target(&self) -> PathBuf {
        let stem = crate::scenario::stem(&self.scenarios[0]).map(|stem| stem.to_string_lossy().into_owned());
        let name = format!("plan-{}", stem.unwrap_or_else(|| "scenario".to_owned()));
        self.common.output.clone().unwrap_or_else(|| Path::new("output").join(name))
    }
}
