//! `casim run`: one scenario to one output folder and a summary on the terminal.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::play::{self, Bar, Origin, Stage};
use super::signals::Signals;
use super::{Error, load};
use crate::model::workload::Slo;
use crate::output::{RunFolder, SessionPolicy, sentences, terminal, words};
use crate::results::objectives::Verdict;
use crate::scenario::Override;

/// Arguments of `casim run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes:\n  \
    0    results are written; whether the objectives are met stands in the summary and in run.json\n  \
    1    they are missed (--enforce-slo), or not known as precisely as --precision asks\n  \
    2    bad usage, or faults in the scenario; nothing is written\n  \
    3    the system failed, or a check inside the run\n  \
    130  interrupted (SIGINT), 143 terminated (SIGTERM); nothing is written")]
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
    /// Add replications (10, 20, 40 ...) until every objective's metric is known to this
    /// share of itself at 95 %, as in 2%; exit with 1 when that is not reached.
    #[arg(long, value_name = "SHARE")]
    precision: Option<String>,
    /// Replications at most with --precision [default: 640].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    max_replications: Option<u32>,
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
    set.extend(
        args.precision.as_ref().map(|p| Override { path: "run.precision".to_owned(), value: p.clone() }),
    );
    set.extend(
        args.max_replications
            .map(|n| Override { path: "run.max_replications".to_owned(), value: n.to_string() }),
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

    let bar = Bar::new(&scenario, args.quiet);
    let stage =
        Stage { jobs: args.jobs.map_or(0, usize::from), folder: &folder, signals: &signals, bar: &bar };
    let (mut result, rows) =
        play::simulate(&scenario, args.sessions, &stage, err).inspect_err(|_| bar.0.finish())?;
    let verdict = Verdict::of(&result, slo);
    if args.headroom {
        let found = play::headroom(&scenario, &result, &verdict, &stage).inspect_err(|_| bar.0.finish())?;
        result.headroom = Some(found);
    }
    bar.0.say("writing charts");
    let origin = Origin {
        arguments: set.iter().map(|o| format!("{}={}", o.path, o.value)).collect(),
        sessions: args.sessions,
        rows,
        assumed: scenario.assumed.clone(),
    };
    let written = play::write(&folder, &scenario, &result, &verdict, origin);
    bar.0.finish();
    written?;
    if let Some(signal) = signals.received() {
        return Err(play::interrupted(signal));
    }
    let elapsed = bar.0.elapsed();
    let target = folder.finish()?;

    if !args.quiet {
        terminal::summary(out, &result, &scenario.model.workload.slo, terminal::Look::of_stdout())?;
        writeln!(
            out,
            "\n{} events in {:.1} s, {} rows of sessions; results in {}",
            words::thousands(result.events),
            elapsed.as_secs_f64(),
            words::thousands(rows),
            target.display()
        )?;
    }
    if let Some(missed) = result.precision.as_ref().filter(|precision| !precision.reached) {
        return Err(Error::No(format!("precision not reached: {}", sentences::precision_sentence(missed))));
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
