//! `casim run`: one scenario to one output folder and a summary on the terminal.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::common::Common;
use super::error::{Answer, Error, Usage};
use super::form::{self, Form, Printed};
use super::load::load;
use super::ranks::Ranks;
use super::spread::Spread;
use super::stage::{self, Origin, Played, Stage, Wanted};
use crate::model::workload::Slo;
use crate::output::folder::MANIFEST;
#[cfg(feature = "charts")]
use crate::output::{Inputs, NewFile};
use crate::output::{SessionPolicy, terminal, words};
use crate::scenario::{self, Override, Scenario};
use crate::stats::verdict::Word;

/// Arguments of `casim run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes:\n  \
    0    results are written (with --shard the runs of one machine); whether the objectives are met stands in the summary and in run.json\n  \
    1    they are missed (--enforce-slo, =strict: or not shown to be met), or not known as precisely as --precision asks\n  \
    2    bad usage, or faults in the scenario; nothing is written\n  \
    3    the system failed, or a check inside the run\n  \
    130  interrupted (SIGINT), 143 terminated (SIGTERM); nothing is written\n\n\
    --format prints the table: json is run.json, csv is summary.csv, markdown some of its columns.")]
pub struct Args {
    /// Scenario file (TOML).
    scenario: PathBuf,
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
    /// Rows of sessions.csv: all, none or sample=0.01.
    #[arg(long, value_name = "WHICH", default_value = "all", value_parser = SessionPolicy::parse)]
    sessions: SessionPolicy,
    /// Run again with more and more load (or less) until the first objective falls.
    #[arg(long)]
    headroom: bool,
    /// Leave out the twin of each replication, the same draws without any outage: half the
    /// time where there are outages, and no columns told beside it.
    #[arg(long)]
    no_twin: bool,
    /// Exit with 1 when a service level objective is missed; with =strict also when one is
    /// open or saw too few requests.
    #[arg(
        long,
        value_name = "HOW",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "missed"
    )]
    enforce_slo: Option<Enforce>,
    /// Write the objectives to this file too, as JUnit XML for a build server: a test case each,
    /// a failure where it is missed, skipped where it is open or saw too few requests.
    #[cfg(feature = "charts")]
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
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

/// Plays a share of the runs of each round that rank 0 merges.
fn follow(args: &Args, ranks: &Ranks) -> Result<(), Error> {
    let scenario = load(&args.scenario, &args.overrides(), &mut std::io::sink())?;
    args.check(&scenario, ranks)?;
    stage::follow(&scenario, &args.target(), args.wanted(), ranks)
}

fn lead(args: &Args, ranks: &Ranks, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    let scenario = load(&args.scenario, &args.overrides(), err)?;
    args.check(&scenario, ranks)?;
    let target = args.target();
    #[cfg(feature = "charts")]
    let junit = args.junit_file(&scenario)?;
    if let Some(shard) = args.spread.open(&target, &[&scenario], !args.no_twin, args.common.force)? {
        let runs = stage::play_share(&scenario, &shard, args.wanted())?;
        return if args.common.quiet { Ok(()) } else { shard.tell(runs, out) };
    }
    let merged = args.spread.items(&[&scenario], None)?;
    let stage = Stage::open(&scenario, &target, args.common.force, args.wanted(), err)?;
    let played = match merged {
        Some(items) => stage
            .merge(&items, |missing, round| args.spread.unfinished(missing, &target, Some(round), out))?,
        None if ranks.share().is_some() => stage.play_with(ranks, args.common.force)?,
        None => stage.play(err)?,
    };
    args.spread.finished(&target)?;
    stage.write(&played, args.origin(&scenario))?;
    #[cfg(feature = "charts")]
    if let Some(file) = junit {
        file.save(crate::output::junit::file(&played.result, &scenario.name).as_bytes())?;
    }
    args.summarise(&scenario, &played, stage.finish()?, out)?;
    args.judge(&played)
}

impl Args {
    /// What the command line lays on the scenario: `--set`, then the keys with options of
    /// their own.
    fn overrides(&self) -> Vec<Override> {
        self.common.overrides([
            ("run.replications", self.replications.map(|n| n.to_string())),
            ("run.precision", self.precision.clone()),
            ("run.max_replications", self.max_replications.map(|n| n.to_string())),
        ])
    }

    fn check(&self, scenario: &Scenario, ranks: &Ranks) -> Result<(), Usage> {
        let shared = self.spread.is_shard() || ranks.share().is_some();
        if shared && (self.headroom || self.sessions != SessionPolicy::None) {
            return Err(Usage::Question(
                "what several machines play has no rows of sessions and no search for headroom: add --sessions \
                 none, leave out --headroom"
                    .to_owned(),
            ));
        }
        let goals = scenario.model.workload.slo != Slo::default();
        if self.headroom && !goals { Err(Usage::NoObjectives) } else { Ok(()) }
    }

    /// The file of `--junit`, looked at before anything is played.
    #[cfg(feature = "charts")]
    fn junit_file(&self, scenario: &Scenario) -> Result<Option<NewFile>, Error> {
        let inputs = Inputs::of(scenario.files());
        let file = self.junit.as_ref().map(|path| NewFile::at(path, self.common.force, &inputs));
        Ok(file.transpose()?)
    }

    /// The folder to write: as asked, else `output/<stem>` in the present folder.
    fn target(&self) -> PathBuf {
        let stem = scenario::stem(&self.scenario).unwrap_or(self.scenario.as_os_str());
        self.common.output.clone().unwrap_or_else(|| Path::new("output").join(stem))
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            jobs: self.common.threads(),
            sessions: self.sessions,
            charts: self.common.charts,
            headroom: self.headroom,
            twins: !self.no_twin,
            quiet: self.common.quiet,
        }
    }

    fn origin(&self, scenario: &Scenario) -> Origin {
        let written = |o: &Override| format!("{}={}", o.path, o.value);
        Origin {
            arguments: self.overrides().iter().map(written).collect(),
            assumed: scenario.assumed.clone(),
        }
    }

    fn summarise(
        &self,
        scenario: &Scenario,
        played: &Played,
        (target, elapsed): (PathBuf, Duration),
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        match self.printed.unless(self.common.quiet) {
            None => {}
            Some(Form::Text) => {
                let slo = &scenario.model.workload.slo;
                terminal::summary(out, &played.result, slo, terminal::Look::of_stdout())?;
                writeln!(
                    out,
                    "\n{} events in {:.1} s, {} rows of sessions; results in {}",
                    words::thousands(played.result.events),
                    elapsed.as_secs_f64(),
                    words::thousands(played.rows),
                    target.display()
                )?;
            }
            Some(Form::Json) => out.write_all(&read(&target.join(MANIFEST))?)?,
            Some(Form::Csv) => out.write_all(&read(&target.join(SUMMARY))?)?,
            Some(Form::Markdown) => pasted(&read(&target.join(SUMMARY))?, out)?,
        }
        Ok(())
    }

    /// What was asked for and is not so: exit code 1, with the results written.
    fn judge(&self, played: &Played) -> Result<(), Error> {
        if let Some(missed) = played.result.precision.as_ref().filter(|precision| !precision.reached) {
            return Err(Answer::NotPrecise { reached: missed.clone() }.into());
        }
        let verdict = &played.verdict;
        match self.enforce_slo {
            Some(_) if !verdict.is_met() => Err(Answer::Missed.into()),
            Some(Enforce::Strict) if !verdict.is_shown() => {
                let goals = verdict.with(&[Word::Open, Word::Unjudged]).len();
                Err(Answer::NotShown { goals }.into())
            }
            _ => Ok(()),
        }
    }
}

/// What `--enforce-slo` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Enforce {
    /// No goal is missed.
    Missed,
    /// Every goal is met.
    Strict,
}

/// The table of a run.
const SUMMARY: &str = "summary.csv";

/// Columns of it that fit a page.
const PASTED: [&str; 11] = [
    "protocol",
    "population",
    "entry_site",
    "mailbox_site",
    "decision",
    "sessions",
    "requests",
    "failure_rate",
    "mean_ms",
    "p95_ms",
    "logon_p95_ms",
];

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(Error::file("read", path))
}

/// The table as Markdown.
fn pasted(table: &[u8], out: &mut dyn Write) -> Result<(), Error> {
    let mut reader = csv::Reader::from_reader(table);
    let head = reader.headers()?.clone();
    let places = PASTED.map(|column| head.iter().position(|name| name == column));
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    let cells =
        |row: &csv::StringRecord| places.map(|at| at.and_then(|at| row.get(at)).unwrap_or("").to_owned());
    form::rows(Form::Markdown, &PASTED, rows.iter().map(cells), out)
}
