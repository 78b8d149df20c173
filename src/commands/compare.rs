//! `casim compare`: is another scenario better, for whom, and does that matter?

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::common::Common;
use super::comparing::{Stage, of_kept};
use super::error::{Answer, Error};
use super::form::{Form, Printed};
use super::kept::Unfinished;
use super::load::load;
use super::ranks::Ranks;
use super::recorded::{Named, Recorded};
use super::signals::Signals;
use super::spread::{Round, Shard, Spread};
use super::stage::RESULT;
use crate::decide::compare::{Asked, matching};
use crate::decide::items::{ItemError, Items};
use crate::output::compared::{tables, text};
use crate::output::{Inputs, RunFolder, terminal};
use crate::quantity::{self, Dimension};
use crate::results::RunResult;
use crate::results::compared::{ComparedRow, Comparison, Said};
use crate::scenario::Scenario;
use crate::store;

/// Arguments of `casim compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes:\n  \
    0    the comparison is written, or with --shard the runs of one machine\n  \
    1    what --fail-on names is so, or --precision was asked for and rows are open at the end\n  \
    2    bad usage, faults in a scenario, or sides that are no pairs (see --unpaired)\n  \
    3    the system failed, or a check inside a run\n  \
    130  interrupted (SIGINT), 143 terminated (SIGTERM); finished runs are kept, and the same command\n       \
         goes on with them\n\n\
    A what-if is a file of a few lines with the present scenario as its `base`.")]
pub struct Args {
    /// What the others are compared with: a scenario file, or an output folder of `casim run`.
    base: PathBuf,
    /// The others, of the same kind.
    #[arg(required = true)]
    others: Vec<PathBuf>,
    /// Pairs of runs [default: 10]; with --precision those of the first look.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    replications: Option<u32>,
    /// Add pairs (10, 20, 40 ...) until every goal's difference (without goals, every row's) is
    /// shown, or known to this share of the base, as in 2%.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    precision: Option<f64>,
    /// Pairs at most with --precision.
    #[arg(long, value_name = "N", default_value_t = 160, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    max_replications: u32,
    /// A difference below this share of the base is nothing.
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = share)]
    floor: f64,
    /// Compare also what is not paired (other seeds, windows, intervals), by Welch.
    #[arg(long)]
    unpaired: bool,
    /// The others are steps of a migration, in their order: each is also compared with the one before,
    /// the change request leads from one to the next, and it is told how long old servers are needed.
    #[arg(long)]
    in_order: bool,
    /// Exit with 1 when a row is worse, or a goal newly missed.
    #[arg(long, value_name = "WHAT")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    pub(super) spread: Spread,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    pub(super) printed: Printed,
}

/// What `--fail-on` names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum FailOn {
    /// A goal's difference is worse (without goals, any row's).
    Worse,
    /// A goal is missed that the base does not miss.
    NewlyMissed,
}

fn share(text: &str) -> Result<f64, String> {
    let share = quantity::parse(text, Dimension::Share).map_err(|error| error.message)?;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err("expected a share such as 2%".to_owned()) }
}

pub(super) fn exec(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    Ranks::together(&args.spread, err, |ranks, err| lead(args, ranks, out, err), |ranks| follow(args, ranks))
}

/// Plays a share of the runs of each round that rank 0 judges.
fn follow(args: &Args, ranks: &Ranks) -> Result<(), Error> {
    let paths = args.paths();
    if paths.iter().any(|path| path.is_dir()) {
        return Ok(());
    }
    let sides = args.sides(&paths, false, &mut std::io::sink())?;
    let stage = Stage::of(args.common.threads(), true, Signals::install()?)?;
    let compare = stage.begin((args.asked(), args.in_order), &sides)?;
    let items = Items::of(vec![Unfinished::of(&args.target(&paths)).folder]);
    ranks.follow(|round, share| {
        let Round::Runs(runs) = round else { return Ok(()) };
        let played = compare.play_share(runs, share, &items, &stage.workers, &|| ());
        played.map(drop).map_err(|error| stage.signals.paused(error, (0, 0)))
    })
}

fn lead(args: &Args, ranks: &Ranks, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    let paths = args.paths();
    let folders = paths.iter().filter(|path| path.is_dir()).count();
    if folders > 0 && folders < paths.len() {
        if let Some(absent) = paths.iter().find(|path| !path.exists()) {
            return Err(Error::question(format!("`{}` is not there", absent.display())));
        }
        return Err(Error::question(
            "compare scenario files with scenario files, or output folders with output folders",
        ));
    }
    if let Some(other) = paths.iter().find(|path| path.is_dir() && !path.join(RESULT).is_file()) {
        return Err(Error::question(format!(
            "`{}` is no output folder of `casim run`: it has no {RESULT}",
            other.display()
        )));
    }
    args.check(folders > 0)?;
    let signals = Signals::install()?;
    let sides = args.sides(&paths, folders > 0, err)?;
    if args.in_order {
        in_step(&sides)?;
    }
    let target = args.target(&paths);
    let scenarios: Vec<&Scenario> = sides.iter().map(|side| &side.scenario).collect();
    if let Some(shard) = args.spread.open(&target, &scenarios, false, args.common.force)? {
        let stage = Stage::of(args.common.threads(), args.common.quiet, signals)?;
        let runs = args.play_share(&sides, &shard, &stage)?;
        return if args.common.quiet { Ok(()) } else { shard.tell(runs, out) };
    }
    let merged = args.spread.items(&scenarios, None)?;
    let read = scenarios.iter().flat_map(|scenario| scenario.files()).chain(paths.iter().copied());
    let folder = RunFolder::create(&target, args.common.force, &Inputs::of(read))?;
    for note in folder.notes() {
        let _ = writeln!(err, "note: {note}");
    }
    let unfinished = Unfinished::of(folder.target());
    let stage = Stage::of(args.common.threads(), args.common.quiet, signals)?;
    let plays = merged.is_none() && folders == 0;
    let (mut comparison, runs) = match merged {
        Some(items) => (args.merge(&sides, &items, &stage, &target, out)?, None),
        None if folders > 0 => args.kept(&paths, &sides)?,
        None => (
            stage.play(
                (args.asked(), args.in_order),
                &sides,
                (&unfinished, args.common.force),
                Some(ranks),
                err,
            )?,
            None,
        ),
    };
    let recorded =
        Recorded { asked: args.asked(), charts: args.common.charts, runs, in_order: args.in_order };
    let (document, pasted) = stage.write(&folder, &mut comparison, &sides, &recorded)?;
    if let Some(signal) = signals.received() {
        return Err(Error::Interrupted(signal));
    }
    args.spread.finished(&target)?;
    let target = folder.finish()?;
    if plays {
        unfinished.forget()?;
    }
    match args.printed.unless(args.common.quiet) {
        None => {}
        Some(Form::Text) => {
            text::summary(out, &comparison, terminal::Look::of_stdout().width)?;
            writeln!(out, "\nAll rows, pairs and settings are in {}", target.display())?;
        }
        Some(Form::Json) => writeln!(out, "{document:#}")?,
        Some(Form::Csv) => out.write_all(&tables::all(&comparison)[0].1)?,
        Some(Form::Markdown) => out.write_all(&pasted)?,
    }
    args.judge(&comparison)
}

impl Args {
    fn paths(&self) -> Vec<&PathBuf> {
        std::iter::once(&self.base).chain(&self.others).collect()
    }

    fn check(&self, folders: bool) -> Result<(), Error> {
        if self.in_order && folders {
            return Err(Error::question(
                "--in-order takes scenario files, the present one and then each step; output folders are compared without it",
            ));
        }
        let played = [
            ("--replications", self.replications.is_some()),
            ("--precision", self.precision.is_some()),
            ("--shard", self.spread.is_shard()),
        ];
        match played.into_iter().chain(self.common.of_play()).find(|(_, given)| *given && folders) {
            Some((option, _)) => Err(Error::question(format!(
                "{option} is for scenario files; the runs of output folders are played already"
            ))),
            None => Ok(()),
        }
    }

    fn asked(&self) -> Asked {
        Asked {
            pairs: self.replications.unwrap_or(Asked::default().pairs),
            precision: self.precision,
            most: self.max_replications,
            floor: self.floor,
            unpaired: self.unpaired,
        }
    }

    /// Every side's scenario, with a name that no other has.
    fn sides(&self, paths: &[&PathBuf], folders: bool, err: &mut dyn Write) -> Result<Vec<Named>, Error> {
        let overrides = self.common.overrides([]);
        let mut sides: Vec<Named> = Vec::new();
        for path in paths {
            let file = if folders { path.join("scenario.toml") } else { (*path).clone() };
            let scenario = load(&file, &overrides, err)?;
            sides.push(Named { name: scenario.name.clone(), scenario });
        }
        let alike = |name: &str| sides.iter().filter(|side| side.name == name).count() > 1;
        let twice: Vec<bool> = sides.iter().map(|side| alike(&side.name)).collect();
        for ((side, path), _) in sides.iter_mut().zip(paths).zip(twice).filter(|(_, twice)| *twice) {
            side.name = format!("{} ({})", side.name, stem(path));
        }
        Ok(sides)
    }

    fn target(&self, paths: &[&PathBuf]) -> PathBuf {
        let names: Vec<String> = paths.iter().map(|path| stem(path)).collect();
        let name = match names.as_slice() {
            [base, other] => format!("compare-{base}-{other}"),
            [base, first, rest @ ..] => format!("compare-{base}-{first}-and-{}", rest.len()),
            _ => "compare".to_owned(),
        };
        self.common.output.clone().unwrap_or_else(|| Path::new("output").join(name))
    }

    /// Plays the runs of one shard, of the first round where it was not told another.
    fn play_share(&self, sides: &[Named], shard: &Shard, stage: &Stage) -> Result<usize, Error> {
        let mut compare = stage.begin((self.asked(), self.in_order), sides)?;
        let first = compare.next_round().unwrap_or(0);
        let runs = shard.runs(first)?;
        let all = shard.share.count(runs.1 as usize * sides.len());
        let done = AtomicUsize::new(0);
        let count = || stage.count(&done, all, "");
        let played = compare.play_share(runs, shard.share, &shard.items(), &stage.workers, &count);
        stage.bar.finish();
        played.map_err(|error| stage.signals.paused(error, (done.load(Ordering::Relaxed), all)))
    }

    /// What the runs of all shards say, or which are still to be played.
    fn merge(
        &self,
        sides: &[Named],
        items: &Items,
        stage: &Stage,
        target: &Path,
        out: &mut dyn Write,
    ) -> Result<Comparison, Error> {
        let mut compare = stage.begin((self.asked(), self.in_order), sides)?;
        let mut round = 0;
        while let Some(more) = compare.next_round() {
            round += 1;
            let list = Round::Runs((compare.pairs(), more));
            compare.add_kept(more, items, &stage.workers, &|| ()).map_err(|error| match error {
                ItemError::Missing(missing) => {
                    self.spread.unfinished(&missing, target, Some((round, &list)), out)
                }
                error => stage.signals.paused(error, (0, 0)),
            })?;
        }
        Ok(compare.result())
    }

    /// Of results that were kept, with how many runs each side has.
    fn kept(&self, paths: &[&PathBuf], sides: &[Named]) -> Result<(Comparison, Option<Vec<u32>>), Error> {
        let mut results = Vec::with_capacity(paths.len());
        for path in paths {
            let read = store::read::<RunResult>(&path.join(RESULT));
            results.push(read.map_err(|error| Error::question(error.to_string()))?);
        }
        let runs = results.iter().map(|(_, result)| result.replications).collect();
        Ok((of_kept(sides, &results, self.asked())?, Some(runs)))
    }

    fn judge(&self, comparison: &Comparison) -> Result<(), Error> {
        let goals = comparison.any(|row| row.goal.is_some());
        let worse = |row: &ComparedRow| row.said == Said::Worse && (!goals || row.goal.is_some());
        match self.fail_on {
            Some(FailOn::Worse) if comparison.any(worse) => Err(Answer::Worse.into()),
            Some(FailOn::NewlyMissed) if comparison.any(ComparedRow::newly_missed) => {
                Err(Answer::NewlyMissed.into())
            }
            _ if self.precision.is_some() && comparison.open > 0 => {
                Err(Answer::Open { rows: comparison.open, pairs: comparison.pairs }.into())
            }
            _ => Ok(()),
        }
    }
}

/// Every population of a migration stands for one of the step before.
fn in_step(sides: &[Named]) -> Result<(), Error> {
    for pair in sides.windows(2) {
        let [gone, new] = matching::alone(&pair[0].scenario, &pair[1].scenario);
        let (before, now) = (&pair[0].name, &pair[1].name);
        let alone = match (gone.first(), new.first()) {
            (None, None) => continue,
            (Some(name), _) => format!("`{name}` of `{before}` is nobody in `{now}`"),
            (None, Some(name)) => format!("`{name}` of `{now}` is nobody in `{before}`"),
        };
        return Err(Error::question(format!(
            "{alone}: with --in-order every population stands for one of the step before; one that was called \
             otherwise, was split or merged says so: was = [\"...\"]"
        )));
    }
    Ok(())
}

fn stem(path: &Path) -> String {
    // A folder may be called `v1.2`.
    let name = if path.is_dir() { path.file_name() } else { crate::scenario::stem(path) };
    let name = name.map(|name| name.to_string_lossy().into_owned());
    name.or_else(|| Some(fs::canonicalize(path).ok()?.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "scenario".to_owned())
}
