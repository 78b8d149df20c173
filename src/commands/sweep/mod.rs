//! `casim sweep`: one scenario with some values varied.

mod asked;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use self::asked::{Asked, FIRST, MOST, Plan};
use super::common::Common;
use super::decided;
use super::error::Error;
use super::form::{self, Form, Printed};
use super::kept::{self, ITEMS, Unfinished};
use super::load::load;
use super::progress::Bar;
use super::ranks::Ranks;
use super::resolved;
use super::signals::Signals;
use super::spread::{Round, Shard, Spread};
use crate::decide::items::{ItemError, Items, Missing, Share};
use crate::decide::sweep::SweepError;
use crate::decide::sweep::until::Values;
use crate::output::folder::MANIFEST;
use crate::output::swept::{self, tables, text};
use crate::output::{Decision, Inputs, RunFolder, terminal};
use crate::results::RESULTS;
use crate::results::swept::Swept;
use crate::scenario::Scenario;
use crate::study::Workers;

/// Arguments of `casim sweep`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Values of --vary:\n  \
    2,10,50 Mbps        a list; the last unit holds for those without one\n  \
    1..8                whole numbers\n  \
    1000..5000:1000     with a step\n  \
    10..1000 Mbps:log5  five values, evenly on a logarithmic scale (lin5: on a straight one)\n  \
    x0.5..x2:log5       factors of what the scenario has\n  \
    80%..160%:20%       the same in per cent; of a share the share itself\n  \
    A * in the path varies all that it stands for together: population.*.mailboxes=x1,x2\n\n\
    How many users fit?\n  \
    casim sweep my.toml --vary 'population.*.mailboxes=x0.5..x4:log5' --until slo\n\n\
    Exit codes:\n  \
    0    the sweep is written, or with --shard the items of one machine\n  \
    2    bad usage, faults in the scenario or at a point, or an unfinished sweep of another scenario\n  \
    3    the system failed, or a check inside a run\n  \
    130  interrupted (SIGINT), 143 terminated (SIGTERM); finished items are kept, and the same command\n       \
    goes on with them")]
pub struct Args {
    /// The scenario file.
    scenario: PathBuf,
    /// A path and the values that it takes; given several times, every combination is played.
    #[arg(long, value_name = "PATH=VALUES", required = true)]
    vary: Vec<String>,
    /// The first values of all together, then the second ones ..., in place of every combination.
    #[arg(long)]
    zip: bool,
    /// Runs of each point [default: those of the scenario]; with --until those of its first look
    /// [default: 10].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    replications: Option<u32>,
    /// Find the last value that holds: `slo`, or a condition as 'link.A-B <= 70 %', 'server.GROUP <= 60 %',
    /// 'owa.POPULATION.p95 <= 2 s'; the values of --vary are tried first.
    #[arg(long, value_name = "CONDITION", conflicts_with = "zip")]
    until: Option<String>,
    /// Look no closer than this, in the unit of the values [default: 2 %, or 1 of whole numbers].
    #[arg(long, value_name = "STEP", requires = "until")]
    step: Option<String>,
    /// Runs of a value at most, while it is open [default: 160].
    #[arg(long, value_name = "N", requires = "until", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_replications: Option<u32>,
    /// Only what the utilisation law and the limits say of every point, without a run.
    #[arg(long)]
    law_only: bool,
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

/// Plays a share of the items of each round that rank 0 decides on; a grid is one round.
fn follow(args: &Args, ranks: &Ranks) -> Result<(), Error> {
    let signals = Signals::install()?;
    let base = load(&args.scenario, &args.common.overrides([]), &mut std::io::sink())?;
    let asked = args.asked(&base);
    let maker = Maker::of(&base, &asked, (args.common.threads(), true), signals)?;
    let target = args.target();
    let items = Items::of(vec![Unfinished::of(&target).folder, target.join(ITEMS)]);
    ranks.follow(|round, share| {
        let Round::Values(values) = round else { return Ok(()) };
        maker.play_share(&values, share, &items).map(drop)
    })
}

fn lead(args: &Args, ranks: &Ranks, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    let signals = Signals::install()?;
    let base = load(&args.scenario, &args.common.overrides([]), err)?;
    let asked = args.asked(&base);
    let maker = Maker::of(&base, &asked, (args.common.threads(), args.common.quiet), signals)?;
    let target = args.target();
    if let Some(shard) = args.shard(&target, &base)? {
        let values = shard.values(maker.first_round())?;
        let played = maker.play_share(&values, shard.share, &shard.items())?;
        maker.bar.finish();
        return if args.common.quiet { Ok(()) } else { shard.tell(played, out) };
    }
    let folder = RunFolder::create(&target, args.common.force, &Inputs::of(base.files()))?;
    for note in folder.notes() {
        let _ = writeln!(err, "note: {note}");
    }
    let unfinished = Unfinished::of(folder.target());
    let finished = folder.target().join(ITEMS);
    let merged = args.spread.items(&[&base], Some(finished.clone()))?;
    let keeps = !asked.law_only && merged.is_none();
    if keeps {
        unfinished.begin(&mark(&base), args.common.force, "sweep")?;
    }
    let items = merged.unwrap_or_else(|| Items::of(vec![unfinished.folder.clone(), finished]));
    let missing = &mut |missing: &Missing, round: Option<(usize, &Round)>| {
        args.spread.unfinished(missing, &target, round, out)
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
    Ok(())
}

/// Makes the folder of a sweep again, in `folder`, from the scenario and what the first one keeps in its
/// `run.json`. `None` where that says not enough.
pub(super) fn again(
    base: &Scenario,
    manifest: &Value,
    folder: &RunFolder,
    (jobs, quiet): (usize, bool),
) -> Result<Option<()>, Error> {
    let Some(asked) = Asked::of_manifest(manifest) else { return Ok(None) };
    let signals = Signals::install()?;
    let unfinished = Unfinished::of(folder.target());
    unfinished.begin(&mark(base), false, "sweep")?;
    let items = Items::of(vec![unfinished.folder.clone()]);
    let missing = &mut |missing: &Missing, _: Option<(usize, &Round)>| {
        signals.paused(ItemError::Missing(missing.clone()), (0, 0))
    };
    Maker::of(base, &asked, (jobs, quiet), signals)?.make(folder, (&items, None), missing)?;
    Ok(Some(()))
}

/// Whose items they are.
fn mark(base: &Scenario) -> Value {
    json!({ "results": RESULTS, "scenario_digest": base.digest })
}

/// What a sweep gave, in every form.
struct Made {
    swept: Swept,
    document: Value,
    pasted: Vec<u8>,
}

/// What is made of items that are missing, with the number of their round and its list where there are rounds.
type Tell<'t> = dyn FnMut(&Missing, Option<(usize, &Round)>) -> Error + 't;

/// Plays a sweep into a folder in the making.
struct Maker<'s> {
    base: &'s Scenario,
    asked: &'s Asked,
    plan: Plan<'s>,
    workers: Workers<'static>,
    bar: Arc<Bar>,
    signals: &'static Signals,
}

impl<'s> Maker<'s> {
    /// With every point read, so that none is found wrong when others were played.
    fn of(
        base: &'s Scenario,
        asked: &'s Asked,
        (jobs, quiet): (usize, bool),
        signals: &'static Signals,
    ) -> Result<Self, Error> {
        let plan = asked.plan(base)?;
        let bar = Arc::new(Bar::new(quiet));
        let workers = Workers::watched(jobs, signals.stop(), Arc::clone(&bar));
        let workers = workers.map_err(|error| signals.told(error))?;
        plan.check(&workers).map_err(|error| told(error, signals, (0, 0)))?;
        Ok(Self { base, asked, plan, workers, bar, signals })
    }

    /// The values of the first round; of a grid, which has one round of all its points, none.
    fn first_round(&self) -> Vec<(f64, u32)> {
        match &self.plan {
            Plan::Grid(_) => Vec::new(),
            Plan::Until(looking) => looking.first_round(),
        }
    }

    /// Plays a share of the items of a round, and gives how many there are in it.
    fn play_share(&self, values: &Values, share: Share, items: &Items) -> Result<usize, Error> {
        let (done, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let played = self.share_of(values, share, items, (&done, &most));
        let counted = (done.load(Ordering::Relaxed), most.load(Ordering::Relaxed));
        played.map_err(|error| told(error, self.signals, counted))
    }

    fn share_of(
        &self,
        values: &Values,
        share: Share,
        items: &Items,
        (done, most): (&AtomicUsize, &AtomicUsize),
    ) -> Result<usize, SweepError> {
        let count = |now: usize, all: usize| {
            done.fetch_max(now, Ordering::Relaxed);
            most.store(all, Ordering::Relaxed);
            self.bar.say(&format!("{now} of {all} items"));
        };
        self.plan.play_share(values, share, items, &self.workers, &count)
    }

    /// Plays what is missing among `items`, with other ranks where there are any, and writes everything;
    /// `missing` tells what is, and in which round, where nothing is to be played.
    fn make(
        &self,
        folder: &RunFolder,
        (items, ranks): (&Items, Option<&Ranks>),
        missing: &mut Tell<'_>,
    ) -> Result<Made, Error> {
        let (swept, played) = if self.asked.law_only {
            let swept = self.plan.law(&self.workers).map_err(|error| told(error, self.signals, (0, 0)))?;
            (swept, BTreeSet::new())
        } else {
            self.play((items, ranks), missing)?
        };
        if let Some(ranks) = ranks {
            ranks.agree(None);
        }
        self.bar.finish();
        folder.write("sweep.csv", &tables::file(&swept))?;
        let mut pasted = Vec::new();
        text::markdown(&mut pasted, &swept)?;
        folder.write("sweep.md", &pasted)?;
        let document = form::document(swept::json::object(&swept));
        folder.write("sweep.json", format!("{document:#}\n").as_bytes())?;
        resolved::write(folder, "scenario.toml", self.base)?;
        let manifest = self.asked.manifest(self.base);
        folder.write(MANIFEST, manifest.as_bytes())?;
        let decided = (&swept, Decision::Sweep(&swept));
        let of = (self.base, manifest.as_str());
        self.workers.install(|| decided::write(folder, decided, of, self.asked.charts))?;
        if !self.asked.law_only {
            kept::lay_into(folder.part(), &played)?;
        }
        Ok(Made { swept, document, pasted })
    }

    fn play(
        &self,
        (items, ranks): (&Items, Option<&Ranks>),
        missing: &mut Tell<'_>,
    ) -> Result<(Swept, BTreeSet<PathBuf>), Error> {
        let (done, all) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let count = |round: Option<usize>, now: usize, of: usize| {
            done.store(now, Ordering::Relaxed);
            all.store(of, Ordering::Relaxed);
            let round = round.map_or_else(String::new, |round| format!("round {round}: "));
            self.bar.say(&format!("{round}{now} of {of} items"));
        };
        let begins = &mut |values: &Values| {
            if let Some((ranks, share)) = ranks.and_then(|ranks| Some((ranks, ranks.share()?))) {
                ranks.agree(Some(&Round::Values(values.to_vec())));
                self.share_of(values, share, items, (&done, &all))?;
                ranks.wait();
            }
            Ok(())
        };
        self.plan.play(items, &self.workers, begins, &count).map_err(|error| match error {
            SweepError::Missing(of) => missing(&of, None),
            SweepError::Round { number, values, missing: of } => {
                missing(&of, Some((number, &Round::Values(values))))
            }
            error => told(error, self.signals, (done.load(Ordering::Relaxed), all.load(Ordering::Relaxed))),
        })
    }
}

fn print(
    form: Form,
    Made { swept, document, pasted }: &Made,
    target: &Path,
    out: &mut dyn Write,
) -> Result<(), Error> {
    match form {
        Form::Text => {
            text::summary(out, swept, terminal::Look::of_stdout().width)?;
            writeln!(out, "\nAll rows are in {}", target.display())?;
        }
        Form::Json => writeln!(out, "{document:#}")?,
        Form::Csv => out.write_all(&tables::file(swept))?,
        Form::Markdown => out.write_all(pasted)?,
    }
    Ok(())
}

fn told(error: SweepError, signals: &'static Signals, done: (usize, usize)) -> Error {
    match error {
        SweepError::Point { .. } | SweepError::Until(_) => Error::question(error.to_string()),
        SweepError::Run(error) => signals.paused(ItemError::Run(error), done),
        SweepError::Store(error) => error.into(),
        SweepError::Missing(missing) | SweepError::Round { missing, .. } => {
            signals.paused(ItemError::Missing(missing), done)
        }
    }
}

impl Args {
    fn asked(&self, base: &Scenario) -> Asked {
        let default = if self.until.is_some() { FIRST } else { base.experiment.replications };
        Asked {
            vary: self.vary.clone(),
            zip: self.zip,
            replications: self.replications.unwrap_or(default),
            law_only: self.law_only,
            until: self.until.clone(),
            step: self.step.clone(),
            most: self.max_replications.unwrap_or(MOST),
            charts: self.common.charts,
        }
    }

    /// The shard that is to be played, where it is one.
    fn shard(&self, target: &Path, base: &Scenario) -> Result<Option<Shard>, Error> {
        if self.law_only && self.spread.is_shard() {
            return Err(Error::question("--law-only plays nothing that could be shared"));
        }
        self.spread.open(target, &[base], false, self.common.force)
    }

    fn target(&self) -> PathBuf {
        let stem = crate::scenario::stem(&self.scenario).map(|stem| stem.to_string_lossy().into_owned());
        let name = format!("sweep-{}", stem.unwrap_or_else(|| "scenario".to_owned()));
        self.common.output.clone().unwrap_or_else(|| Path::new("output").join(name))
    }
}
