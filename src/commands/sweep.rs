//! `casim sweep`: one scenario with some values varied.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::common::Common;
use super::error::Error;
use super::form::{self, Form, Printed};
use super::kept::{self, ITEMS, Unfinished};
use super::load::load;
use super::progress::Bar;
use super::ranks::Ranks;
use super::signals::Signals;
use super::spread::{Shard, Spread};
use crate::decide::items::{ItemError, Items};
use crate::decide::sweep::{self, Sweep, SweepError, parameter};
use crate::output::folder::MANIFEST;
use crate::output::swept::{json, tables, text};
use crate::output::{RunFolder, manifest, terminal};
use crate::results::RESULTS;
use crate::results::swept::Swept;
use crate::scenario::Scenario;
use crate::study::{Quiet, Workers};

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
    /// Runs of each point [default: those of the scenario].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    replications: Option<u32>,
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
    let ranks = Ranks::join(&args.spread)?;
    let done = if ranks.leads() { lead(args, &ranks, out, err) } else { follow(args, &ranks) };
    ranks.leave(done, err)
}

/// Plays a share of the items of a sweep that rank 0 merges.
fn follow(args: &Args, ranks: &Ranks) -> Result<(), Error> {
    let signals = Signals::install()?;
    let base = load(&args.scenario, &args.common.overrides([]), &mut std::io::sink())?;
    let sweep = args.sweep(&base)?;
    let workers = Workers::watched(args.common.threads(), signals.stop(), Quiet);
    let workers = workers.map_err(|error| signals.told(error))?;
    let target = args.target();
    let items = Items::of(vec![Unfinished::of(&target).folder, target.join(ITEMS)]);
    if let Some(share) = ranks.share().filter(|_| !args.law_only) {
        // Before it the folder is not there, after it rank 0 merges.
        ranks.wait();
        let played = sweep.play_share(share, &items, &workers, &|_, _| ());
        played.map_err(|error| told(error, signals, (0, 0)))?;
        ranks.wait();
    }
    Ok(())
}

fn lead(args: &Args, ranks: &Ranks, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    let signals = Signals::install()?;
    let base = load(&args.scenario, &args.common.overrides([]), err)?;
    let sweep = args.sweep(&base)?;
    let bar = Arc::new(Bar::new(args.common.quiet));
    let workers = Workers::watched(args.common.threads(), signals.stop(), Arc::clone(&bar))
        .map_err(|error| signals.told(error))?;
    sweep.check(&workers).map_err(|error| told(error, signals, (0, 0)))?;
    let target = args.target();
    let done = AtomicUsize::new(0);
    let count = |now: usize, all: usize| {
        done.fetch_max(now, Ordering::Relaxed);
        bar.say(&format!("{now} of {all} items"));
    };
    if let Some(shard) = args.shard(&target, &base)? {
        let played = sweep.play_share(shard.share, &shard.items(), &workers, &count);
        let all = shard.share.count(sweep.items());
        let played = played.map_err(|error| told(error, signals, (done.load(Ordering::Relaxed), all)))?;
        bar.finish();
        return if args.common.quiet { Ok(()) } else { shard.tell(played, out) };
    }
    let folder = RunFolder::create(&target, args.common.force)?;
    for note in folder.notes() {
        let _ = writeln!(err, "note: {note}");
    }
    let unfinished = Unfinished::of(folder.target());
    let finished = folder.target().join(ITEMS);
    let merged = args.spread.items(&[&base], Some(finished.clone()))?;
    let keeps = !args.law_only && merged.is_none();
    let (swept, played) = if args.law_only {
        (sweep.law(&workers).map_err(|error| told(error, signals, (0, 0)))?, BTreeSet::new())
    } else {
        if keeps {
            let own = json!({ "results": RESULTS, "scenario_digest": base.digest });
            unfinished.begin(&own, args.common.force, "sweep")?;
        }
        let items = merged.unwrap_or_else(|| Items::of(vec![unfinished.folder.clone(), finished]));
        if let Some(share) = ranks.share() {
            ranks.wait();
            let played = sweep.play_share(share, &items, &workers, &count);
            played.map_err(|error| told(error, signals, (done.swap(0, Ordering::Relaxed), sweep.items())))?;
            ranks.wait();
        }
        sweep.play(&items, &workers, &count).map_err(|error| match error {
            SweepError::Missing(missing) => args.spread.unfinished(&missing, &target, None, out),
            error => told(error, signals, (done.load(Ordering::Relaxed), sweep.items())),
        })?
    };
    bar.finish();
    folder.write("sweep.csv", &tables::file(&swept))?;
    let mut pasted = Vec::new();
    text::markdown(&mut pasted, &swept)?;
    folder.write("sweep.md", &pasted)?;
    let document = form::document(json::object(&swept));
    folder.write("sweep.json", format!("{document:#}\n").as_bytes())?;
    workers.install(|| args.common.charts.write_swept(&folder, &swept))?;
    folder.write("scenario.toml", base.resolved.as_bytes())?;
    folder.write(MANIFEST, format!("{:#}\n", args.manifest(&base)).as_bytes())?;
    if !args.law_only {
        kept::lay_into(folder.part(), &played)?;
    }
    let target = folder.finish()?;
    if keeps {
        unfinished.forget()?;
    }
    if !args.common.quiet {
        print(args.printed.form(), (&swept, &document, &pasted), &target, out)?;
    }
    Ok(())
}

fn print(
    form: Form,
    (swept, document, pasted): (&Swept, &Value, &[u8]),
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
        SweepError::Point { .. } => Error::question(error.to_string()),
        SweepError::Run(error) => signals.paused(ItemError::Run(error), done),
        SweepError::Store(error) => error.into(),
        SweepError::Missing(missing) => signals.paused(ItemError::Missing(missing), done),
    }
}

impl Args {
    fn sweep<'s>(&self, base: &'s Scenario) -> Result<Sweep<'s>, Error> {
        let read = self.vary.iter().map(|text| parameter(base, text));
        let parameters = read.collect::<Result<Vec<_>, String>>().map_err(Error::question)?;
        let points = if self.zip { sweep::zip(&parameters) } else { sweep::grid(&parameters) };
        let replications = self.replications.unwrap_or(base.experiment.replications);
        Ok(Sweep::of(base, parameters, points.map_err(Error::question)?, replications))
    }

    /// The shard that is to be played, where it is one.
    fn shard(&self, target: &Path, base: &Scenario) -> Result<Option<Shard>, Error> {
        if self.law_only && self.spread.is_shard() {
            return Err(Error::question("--law-only plays nothing that could be shared"));
        }
        self.spread.open(target, &[base], false, self.common.force)
    }

    fn target(&self) -> PathBuf {
        let stem = self.scenario.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = format!("sweep-{}", stem.unwrap_or_else(|| "scenario".to_owned()));
        self.common.output.clone().unwrap_or_else(|| Path::new("output").join(name))
    }

    /// By which the folder is known.
    fn manifest(&self, base: &Scenario) -> Value {
        json!({
            "format": manifest::FORMAT,
            "results": RESULTS,
            "casim_version": env!("CARGO_PKG_VERSION"),
            "command": "sweep",
            "scenario_digest": base.digest,
            "vary": self.vary,
            "zip": self.zip,
            "replications": self.replications.unwrap_or(base.experiment.replications),
            "law_only": self.law_only,
        })
    }
}
