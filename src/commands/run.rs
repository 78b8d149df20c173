//! `casim run`: one scenario to one output folder and a summary on the terminal.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use super::signals::Signals;
use super::{Error, load};
use crate::experiment::{self, Options, RunError};
use crate::kernel::SimTime;
use crate::model::workload::Slo;
use crate::output::charts;
use crate::output::progress::Progress;
use crate::output::{Manifest, OutputError, RunFolder, SessionPolicy, manifest, tables, terminal};
use crate::results::{Headroom, RunResult};
use crate::scenario::{Override, Scenario};
use crate::verdict::Verdict;

/// Arguments of `casim run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenario file (TOML).
    scenario: PathBuf,
    /// Output folder [default: output/ and the name of the scenario file].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Seed of every draw, instead of the scenario's.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Independent replications, instead of the scenario's.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    replications: Option<u32>,
    /// Change one value of the scenario, as in site.Boston.cas.servers=3.
    #[arg(long, value_name = "PATH=VALUE", value_parser = Override::parse)]
    set: Vec<Override>,
    /// Threads [default: one a core]; the results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Rows of sessions.csv: all, none or sample=0.01.
    #[arg(long, value_name = "WHICH", default_value = "all", value_parser = SessionPolicy::parse)]
    sessions: SessionPolicy,
    /// Replace a folder that casim did not write.
    #[arg(long)]
    force: bool,
    /// Run again with more and more load (or less) until the first objective falls.
    #[arg(long)]
    headroom: bool,
    /// Exit with 1 when the service level objectives are missed.
    #[arg(long)]
    enforce_slo: bool,
    /// No progress bar and no summary.
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn exec(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    let mut set = args.set.clone();
    set.extend(args.seed.map(|seed| Override { path: "run.seed".to_owned(), value: seed.to_string() }));
    set.extend(
        args.replications.map(|n| Override { path: "run.replications".to_owned(), value: n.to_string() }),
    );
    let scenario = load(&args.scenario, &set, err)?;
    let slo = &scenario.model.workload.slo;
    if args.headroom && *slo == Slo::default() {
        return Err(Error::Input(
            "--headroom asks when an objective falls, and the scenario has no [slo]".to_owned(),
        ));
    }
    let target = args.output.clone().unwrap_or_else(|| default_target(&args.scenario));
    let signals = Signals::install()?;
    let folder = RunFolder::create(&target, args.force)?;
    for note in folder.notes() {
        let _ = writeln!(err, "note: {note}");
    }

    let bar = Bar(Progress::new(
        scenario.experiment.replications,
        scenario.experiment.warmup + scenario.experiment.window,
        args.quiet,
    ));
    let simulated = simulate(args, &scenario, &folder, &signals, &bar);
    let (mut result, rows) = match simulated {
        Ok(done) => done,
        Err(error) => {
            bar.0.finish();
            return Err(error);
        }
    };
    result.bottlenecks = experiment::bottlenecks::rank(&scenario.model, &scenario.experiment, &result, slo);
    let verdict = Verdict::of(&result, slo);
    if args.headroom {
        match headroom(args, &scenario, &result, &verdict, &signals, &bar) {
            Ok(found) => result.headroom = Some(found),
            Err(error) => {
                bar.0.finish();
                return Err(error);
            }
        }
    }
    bar.0.say("writing charts");
    let written = write(args, &set, &scenario, &folder, &result, &verdict, rows);
    bar.0.finish();
    written?;
    if let Some(signal) = signals.received() {
        return Err(interrupted(signal));
    }
    let elapsed = bar.0.elapsed();
    let target = folder.finish()?;

    if !args.quiet {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        terminal::summary(out, &result, &scenario.model.workload.slo, colour)?;
        writeln!(
            out,
            "\n{} events in {:.1} s, {} rows of sessions; results in {}",
            terminal::thousands(result.events),
            elapsed.as_secs_f64(),
            terminal::thousands(rows),
            target.display()
        )?;
    }
    if args.enforce_slo && !verdict.is_met() {
        return Err(Error::No("the service level objectives are missed".to_owned()));
    }
    Ok(())
}

/// `output/<stem>` in the present folder.
fn default_target(scenario: &Path) -> PathBuf {
    Path::new("output").join(scenario.file_stem().unwrap_or(scenario.as_os_str()))
}

fn interrupted(signal: i32) -> Error {
    Error::Interrupted(
        signal,
        "interrupted; nothing was written: the same command starts the run again".to_owned(),
    )
}

fn simulate(
    args: &Args,
    scenario: &Scenario,
    folder: &RunFolder,
    signals: &Signals,
    bar: &Bar,
) -> Result<(RunResult, u64), Error> {
    let options = Options { jobs: args.jobs.map_or(0, usize::from), stop: signals.stop(), progress: bar };
    let system = experiment::System::compile(&scenario.model);
    let mut merger = experiment::Merger::new(&system, &scenario.experiment);
    // Every part file is made before the first event: a full disk fails at once.
    let open = |n| folder.sessions(n, args.sessions, &system.names);
    let mut fault = std::sync::Mutex::new(None);
    experiment::extend(
        &system,
        &scenario.experiment,
        &options,
        &mut merger,
        scenario.experiment.replications,
        |n| match open(n) {
            Ok(writer) => Some(writer),
            Err(error) => {
                signals.stop().store(true, Ordering::Relaxed);
                if let Ok(mut fault) = fault.lock() {
                    *fault = Some(error);
                }
                None
            }
        },
        |_, writer| drop(writer),
    )
    .map_err(|error| match (error, fault.get_mut()) {
        (RunError::Interrupted, Ok(fault)) if fault.is_some() => {
            Error::System(fault.take().map_or_else(String::new, |f: OutputError| f.to_string()))
        }
        (RunError::Interrupted, _) => interrupted(signals.received().unwrap_or(2)),
        (error, _) => Error::System(error.to_string()),
    })?;
    let mut result = merger.result();
    result.clock_offset_minutes = scenario.clock_offset_minutes;
    let rows = folder.join_sessions(scenario.experiment.replications)?;
    Ok((result, rows))
}

/// Runs the scenario again with other loads.
fn headroom(
    args: &Args,
    scenario: &Scenario,
    result: &RunResult,
    verdict: &Verdict,
    signals: &Signals,
    bar: &Bar,
) -> Result<Headroom, Error> {
    let options = Options {
        jobs: args.jobs.map_or(0, usize::from),
        stop: signals.stop(),
        progress: &experiment::Quiet,
    };
    let found = experiment::headroom::search(
        &scenario.model,
        &scenario.experiment,
        &options,
        &scenario.model.workload.slo,
        verdict,
        tables::headroom(result).map(|(factor, _)| factor),
        |factor| bar.0.say(&format!("load x{}", terminal::load_factor(factor))),
    )
    .map_err(|error| match error {
        RunError::Interrupted => interrupted(signals.received().unwrap_or(2)),
        error => Error::System(error.to_string()),
    })?;
    Ok(Headroom {
        met: found.met,
        unclear: found.unclear.is_some(),
        missed: found.missed,
        falls: found.falls.first().map(|finding| manifest::sentence(result, finding)),
        unjudged: found.unjudged,
        others: found.falls.len().saturating_sub(1),
        runs: found.runs,
    })
}

fn write(
    args: &Args,
    set: &[Override],
    scenario: &Scenario,
    folder: &RunFolder,
    result: &RunResult,
    verdict: &Verdict,
    rows: u64,
) -> Result<(), Error> {
    for (name, bytes) in tables::all(result) {
        folder.write(name, &bytes)?;
    }
    charts::write(folder, result, &scenario.model.workload.slo)?;
    folder.write("scenario.toml", scenario.resolved.as_bytes())?;
    let manifest = Manifest {
        command: "run".to_owned(),
        scenario: scenario.name.clone(),
        scenario_digest: scenario.digest.clone(),
        arguments: set.iter().map(|o| format!("{}={}", o.path, o.value)).collect(),
        seed: scenario.experiment.seed,
        sessions: args.sessions,
        session_rows: rows,
        assumed_defaults: scenario.assumed.clone(),
    };
    folder.write("run.json", manifest.to_json(result, Some(verdict)).as_bytes())?;
    Ok(())
}

/// The progress bar as the experiment sees it.
#[derive(Debug)]
struct Bar(Progress);

impl experiment::Progress for Bar {
    fn advanced(&self, replication: u32, now: SimTime, events: u64) {
        self.0.advance(replication, now, events);
    }
}

impl From<OutputError> for Error {
    fn from(error: OutputError) -> Self {
        if error.is_usage() { Self::Input(error.to_string()) } else { Self::System(error.to_string()) }
    }
}
