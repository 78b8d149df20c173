//! `casim sensitivity`: which of the figures that nobody measured matters.

mod asked;
mod rounds;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use self::asked::Asked;
pub(super) use self::rounds::{Rounds, told};
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
use super::spread::{Round, Spread};
use crate::decide::items::{ItemError, Items, Missing, Share};
use crate::decide::sensitivity::{self, SensitivityError, Study, Wanted};
use crate::output::folder::MANIFEST;
use crate::output::sensitive::{json, tables, text};
use crate::output::{Decision, Inputs, RunFolder, terminal};
use crate::results::RESULTS;
use crate::results::sensitive::Sensitivity;
use crate::scenario::Scenario;
use crate::study::Workers;

/// Arguments of `casim sensitivity`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Every number marked assumed or from memory (assumptions.csv of a run) is moved by half \
    down and up, alone or in groups; profiles, day curves and disputed rules are swapped.\n\n\
    Which guess should be measured first?\n  \
    casim sensitivity my.toml\n\
    And how many use which protocol, is that a guess too?\n  \
    casim sensitivity my.toml --also 'population.*.clients.*'\n\n\
    Exit codes:\n  \
    0    the study is written, or with --shard the items of one machine\n  \
    2    bad usage, faults in the scenario, or an unfinished study of another scenario\n  \
    3    the system failed, or a check inside a run\n  \
    130  interrupted (SIGINT), 143 terminated (SIGTERM); finished items are kept, and the same command\n       \
    goes on with them"
)]
pub struct Args {
    /// The scenario file.
    scenario: PathBuf,
    /// How far numbers are moved: 50% down and up, or factors as in x0.5..x2.
    #[arg(long, value_name = "RANGE", default_value = "50%", value_parser = range)]
    range: [f64; 2],
    /// Move given numbers as well, each by itself, as in 'population.*.clients.*'; `*` is any name.
    #[arg(long, value_name = "PATH")]
    also: Vec<String>,
    /// Of the figures that rest on assumptions only these, as in 'costs.*'.
    #[arg(long, value_name = "PATH")]
    only: Vec<String>,
    /// Simulated events to be spent, in runs of the scenario as it is.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    budget: u32,
    /// Runs of each variant at first; what is left of the budget goes to those that matter most.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..=1000))]
    replications: u32,
    #[command(flatten)]
    pub(super) spread: Spread,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    pub(super) printed: Printed,
}

fn range(text: &str) -> Result<[f64; 2], String> {
    asked::range(text)
}

pub(super) fn exec(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    Ranks::together(&args.spread, err, |ranks, err| lead(args, ranks, out, err), |ranks| follow(args, ranks))
}

/// Plays a share of the items of each round that rank 0 decides on.
fn follow(args: &Args, ranks: &Ranks) -> Result<(), Error> {
    let signals = Signals::install()?;
    let base = load(&args.scenario, &args.common.overrides([]), &mut std::io::sink())?;
    let asked = args.asked();
    let maker = Maker::of(&base, &asked, (args.common.threads(), true), signals)?;
    let target = args.target();
    let items = Items::of(vec![Unfinished::of(&target).folder, target.join(ITEMS)]);
    ranks.follow(|round, share| {
        let Round::Variants(wanted) = round else { return Ok(()) };
        maker.play_share(&wanted, share, &items).map(drop)
    })
}

fn lead(args: &Args, ranks: &Ranks, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    let signals = Signals::install()?;
    let base = load(&args.scenario, &args.common.overrides([]), err)?;
    let asked = args.asked();
    let maker = Maker::of(&base, &asked, (args.common.threads(), args.common.quiet), signals)?;
    let target = args.target();
    if let Some(shard) = args.spread.open(&target, &[&base], false, args.common.force)? {
        let wanted = shard.variants(maker.study.first_round(), |wanted| maker.study.knows(wanted))?;
        let played = maker.play_share(&wanted, shard.share, &shard.items())?;
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
    let keeps = merged.is_none();
    if keeps {
        unfinished.begin(&mark(&base), args.common.force, "study of sensitivity")?;
    }
    let items = merged.unwrap_or_else(|| Items::of(vec![unfinished.folder.clone(), finished]));
    let missing = &mut |missing: &Missing, round: Option<(usize, &Round)>| {
        args.spread.unfinished(missing, &target, round, out)
    };
    let made = maker.make(&folder, (&items, Some(ranks)), missing);
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

/// Makes the folder of a study again, in `folder`, from the scenario and what the first one keeps in its
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
    unfinished.begin(&mark(base), false, "study of sensitivity")?;
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

/// What a study gave, in every form.
struct Made {
    found: Sensitivity,
    document: Value,
    pasted: Vec<u8>,
}

/// What is made of items that are missing, with the number of their round and its list.
type Tell<'t> = dyn FnMut(&Missing, Option<(usize, &Round)>) -> Error + 't;

/// Plays a study into a folder in the making.
struct Maker<'s> {
    base: &'s Scenario,
    asked: &'s Asked,
    study: Study,
    workers: Workers<'static>,
    bar: Arc<Bar>,
    signals: &'static Signals,
}

impl<'s> Maker<'s> {
    fn of(
        base: &'s Scenario,
        asked: &'s Asked,
        (jobs, quiet): (usize, bool),
        signals: &'static Signals,
    ) -> Result<Self, Error> {
        let bar = Arc::new(Bar::new(quiet));
        let workers = Workers::watched(jobs, signals.stop(), Arc::clone(&bar));
        let workers = workers.map_err(|error| signals.told(error))?;
        bar.say("asking the law about every figure");
        let study = signals.ending_at_once(|| Study::of(base, &asked.study, &workers));
        let study = study.map_err(|error| told(error, signals, (0, 0)))?;
        Ok(Self { base, asked, study, workers, bar, signals })
    }

    /// Plays a share of the items of a round, and gives how many there are in it.
    fn play_share(&self, wanted: &Wanted, share: Share, items: &Items) -> Result<usize, Error> {
        let (done, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let played = self.share_of(wanted, share, items, (&done, &most));
        let counted = (done.load(Ordering::Relaxed), most.load(Ordering::Relaxed));
        played.map_err(|error| told(error, self.signals, counted))
    }

    fn share_of(
        &self,
        wanted: &Wanted,
        share: Share,
        items: &Items,
        (done, most): (&AtomicUsize, &AtomicUsize),
    ) -> Result<usize, SensitivityError> {
        let count = |now: usize, all: usize| {
            done.fetch_max(now, Ordering::Relaxed);
            most.store(all, Ordering::Relaxed);
            self.bar.say(&format!("{now} of {all} items"));
        };
        self.study.play_share(wanted, share, items, &self.workers, &count)
    }

    /// Plays what is missing among `items`, with other ranks where there are any, and writes everything;
    /// `missing` tells what is, and in which round, where nothing is to be played.
    fn make(
        &self,
        folder: &RunFolder,
        (items, ranks): (&Items, Option<&Ranks>),
        missing: &mut Tell<'_>,
    ) -> Result<Made, Error> {
        let rounds =
            Rounds { workers: &self.workers, bar: &self.bar, signals: self.signals, before: 0, what: "" };
        let missing = &mut |of: &Missing, number: usize, round: &Round| missing(of, Some((number, round)));
        let (found, played) = rounds.play(&self.study, (items, ranks), Round::Variants, missing)?;
        if let Some(ranks) = ranks {
            ranks.agree(None);
        }
        self.bar.finish();
        folder.write("sensitivity.csv", &tables::file(&found))?;
        let mut pasted = Vec::new();
        text::markdown(&mut pasted, &found)?;
        folder.write("sensitivity.md", &pasted)?;
        let document = form::document(json::object(&found));
        folder.write("sensitivity.json", format!("{document:#}\n").as_bytes())?;
        resolved::write(folder, "scenario.toml", self.base)?;
        let manifest = self.asked.manifest(self.base);
        folder.write(MANIFEST, manifest.as_bytes())?;
        let decided = (&found, Decision::Sensitivity(&found));
        let of = (self.base, manifest.as_str());
        self.workers.install(|| decided::write(folder, decided, of, self.asked.charts))?;
        kept::lay_into(folder.part(), &played)?;
        Ok(Made { found, document, pasted })
    }
}

fn print(
    form: Form,
    Made { found, document, pasted }: &Made,
    target: &Path,
    out: &mut dyn Write,
) -> Result<(), Error> {
    match form {
        Form::Text => {
            text::summary(out, found, terminal::Look::of_stdout().width)?;
            writeln!(out, "\nAll rows are in {}", target.display())?;
        }
        Form::Json => writeln!(out, "{document:#}")?,
        Form::Csv => out.write_all(&tables::file(found))?,
        Form::Markdown => out.write_all(pasted)?,
    }
    Ok(())
}

impl Args {
    fn asked(&self) -> Asked {
        let study = sensitivity::Asked {
            range: self.range,
            also: self.also.clone(),
            only: self.only.clone(),
            budget: self.budget,
            runs: self.replications,
        };
        Asked { study, charts: self.common.charts }
    }

    fn target(&self) -> PathBuf {
        let stem = crate::scenario::stem(&self.scenario).map(|stem| stem.to_string_lossy().into_owned());
        let name = format!("sensitivity-{}", stem.unwrap_or_else(|| "scenario".to_owned()));
        self.common.output.clone().unwrap_or_else(|| Path::new("output").join(name))
    }
}
