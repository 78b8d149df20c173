//! Plays every model of a file of exact results and judges casim by them.
//!
//! `cargo run --profile dist --example oracles -- FILE.json [--only ID] [--cap SESSIONS]
//! [--jobs N] [--seed N] [--brief] [--scenarios]`
//!
//! Each model becomes a scenario (`--scenarios` prints them), which casim's reader
//! reads. A stochastic one runs in replications of at least 100,000 completed
//! sessions (1,000,000 for a utilisation of 0.9 and above, a lognormal law with cv
//! 2, or a 99th percentile), at least 10 of them and so many that the standard
//! error of every mean is at most 0.25 % of it, or until `--cap` sessions have been
//! offered in all (default 300 million). Then
//!
//! 1. a model holds when the intervals (Student t) of all its figures hold the exact values;
//!    they come from the same runs and are not independent, so that each of m has the
//!    confidence 1 - 1 % / m (Bonferroni), and a right model is outside in at most 1 %;
//! 2. of n models no more may be outside than the 99.9 % limit of the binomial
//!    distribution at 1 %: models have seeds of their own. So the rule calls a right
//!    program broken in at most one of a thousand sets;
//! 3. none may be further off than 5 standard errors, or 1 % (medians and 95th
//!    percentiles 2 %, 99th 3 %), or have a half-width above 2 % of a mean;
//! 4. deterministic models agree within 1e-9 or 10 ns, the larger, in one run.
//!
//! Standard deviations of models with a heavy tail are printed and not judged.
//! Exit 1 when the rule is broken, 2 when the file cannot be used.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub
)]

mod judge;
mod measure;
mod schema;
mod translate;

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use casim::kernel::SimSpan;
use casim::kernel::random::Key;
use casim::model::Experiment;
use casim::results::{NoSessions, RunResult};
use casim::study::{Options, Quiet, Study, Workers, run};
use clap::Parser;
use judge::{Figure, Line, Verdict};
use schema::{Kind, Oracle};
use translate::{Translated, translate};

/// Judges casim by a file of exact results.
#[derive(Parser)]
struct Arguments {
    /// File of the schema `client-access-oracles/1`.
    file: std::path::PathBuf,
    /// Only the oracles whose id contains this.
    #[arg(long)]
    only: Option<String>,
    /// Sessions offered to a model at most.
    #[arg(long, default_value_t = 300_000_000)]
    cap: u64,
    /// Threads; 0 is one a core.
    #[arg(long, default_value_t = 0)]
    jobs: usize,
    /// Seed of every run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One run of the least length: no search for a small standard error.
    #[arg(long)]
    brief: bool,
    /// Print the scenarios instead of running them.
    #[arg(long)]
    scenarios: bool,
}

/// What was spent on a model.
struct Effort {
    replications: u32,
    sessions: u64,
    /// Largest relative standard error of a mean.
    error: f64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let file = match std::fs::read_to_string(&arguments.file) {
        Ok(text) => serde_json::from_str::<schema::File>(&text).map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let file = match file {
        Ok(file) if file.schema == "client-access-oracles/1" => file,
        Ok(file) => {
            eprintln!("{}: unknown schema `{}`", arguments.file.display(), file.schema);
            return ExitCode::from(2);
        }
        Err(error) => {
            eprintln!("{}: {error}", arguments.file.display());
            return ExitCode::from(2);
        }
    };
    let began = Instant::now();
    let mut lines = Vec::new();
    let mut broken = Vec::new();
    let mut notes = Vec::new();
    if !arguments.scenarios {
        println!("| oracle | metric | exact | estimate | half-width | errors off | verdict |");
        println!("|---|---|---|---|---|---|---|");
    }
    for oracle in &file.oracles {
        if arguments.only.as_ref().is_some_and(|only| !oracle.id.contains(only.as_str())) {
            continue;
        }
        if arguments.scenarios {
            match translate(&oracle.model) {
                Ok(translated) => println!("# {}: {}\n{}", oracle.id, oracle.title, translated.text),
                Err(error) => broken.push(format!("{}: {error}", oracle.id)),
            }
            continue;
        }
        let start = Instant::now();
        match play(oracle, &arguments) {
            Ok((judged, effort)) => {
                judged.iter().for_each(print);
                lines.extend(judged);
                let seconds = start.elapsed().as_secs_f64();
                eprintln!(
                    "{} ({}): {} replications, {:.1} million sessions, {seconds:.1} s",
                    oracle.id,
                    oracle.title,
                    effort.replications,
                    effort.sessions as f64 / 1e6
                );
                if effort.error > judge::LONG_ENOUGH {
                    notes.push(format!(
                        "{}: stopped at the cap with a standard error of {:.2} % of a mean",
                        oracle.id,
                        effort.error * 100.0
                    ));
                }
            }
            Err(error) => broken.push(format!("{}: {error}", oracle.id)),
        }
    }
    if arguments.scenarios {
        broken.iter().for_each(|b| eprintln!("{b}"));
        return if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    notes.iter().for_each(|note| println!("\n{note}"));
    println!("\nset {}, {:.0} s", file.set, began.elapsed().as_secs_f64());
    if verdict(&lines, &broken) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(line: &Line) {
    let off = match line.kind {
        Kind::Stochastic => format!("{:+.2}", line.off),
        Kind::Deterministic => format!("{:.1e} relative", line.off),
    };
    println!(
        "| {} | {} | {:.9} | {:.9} | {:.3e} | {off} | {} |",
        line.oracle,
        line.metric,
        line.exact,
        line.estimate,
        line.half_width,
        line.verdict.word()
    );
}

/// The rule over the whole set; says what is broken.
fn verdict(lines: &[Line], broken: &[String]) -> bool {
    let count = |verdict| lines.iter().filter(|l| l.verdict == verdict).count();
    let judged: Vec<&Line> =
        lines.iter().filter(|l| l.kind == Kind::Stochastic && l.verdict != Verdict::Left).collect();
    let beyond = |l: &&&Line| (l.estimate - l.exact).abs() > l.half_width && l.off != 0.0;
    let models: BTreeSet<&str> = judged.iter().map(|l| l.oracle.as_str()).collect();
    let outside: BTreeSet<&str> = judged.iter().filter(beyond).map(|l| l.oracle.as_str()).collect();
    let allowed = judge::allowance(models.len());
    println!(
        "{} comparisons ({} exact), {} of {} models outside their intervals ({allowed} allowed), {} wrong, {} too wide, {} not judged",
        lines.len(),
        lines.iter().filter(|l| l.kind == Kind::Deterministic).count(),
        outside.len(),
        models.len(),
        count(Verdict::Wrong),
        count(Verdict::Wide),
        count(Verdict::Left)
    );
    broken.iter().for_each(|b| println!("could not be judged: {b}"));
    let holds = broken.is_empty()
        && outside.len() <= allowed
        && count(Verdict::Wrong) == 0
        && count(Verdict::Wide) == 0
        && !lines.is_empty();
    println!("{}", if holds { "the rule holds" } else { "THE RULE IS BROKEN" });
    holds
}

fn play(oracle: &Oracle, arguments: &Arguments) -> Result<(Vec<Line>, Effort), String> {
    let translated = translate(&oracle.model)?;
    match oracle.kind {
        Kind::Deterministic => deterministic(oracle, &translated, arguments),
        Kind::Stochastic => stochastic(oracle, &translated, arguments),
    }
}

/// A seed of its own for every oracle: under a common one, models that share names
/// would share draws, and all comparisons would err together.
fn experiment(oracle: &Oracle, arguments: &Arguments, warmup: f64, window: f64) -> Experiment {
    Experiment {
        seed: Key(arguments.seed).named(&oracle.id).0,
        replications: 1,
        warmup: SimSpan::from_secs_f64(warmup),
        window: SimSpan::from_secs_f64(window),
        window_starts_at_utc: SimSpan::ZERO,
        interval: SimSpan::ZERO,
        run_off: true,
        most_in_flight: u32::MAX,
    }
}

fn deterministic(
    oracle: &Oracle,
    translated: &Translated,
    arguments: &Arguments,
) -> Result<(Vec<Line>, Effort), String> {
    let stop = AtomicBool::new(false);
    let options = Options { jobs: arguments.jobs, stop: &stop, progress: &Quiet };
    // Long against every cycle, short enough to keep the rows of all sessions.
    let think = translated.shortest_think().max(1e-6);
    let many = 1e6 * think / f64::from(translated.users.max(1));
    let window = many.min(10_000.0).max(100.0 * think).max(2.0 * translated.lengths.last_end);
    let experiment = experiment(oracle, arguments, 0.0, window);
    let mut rows = Vec::new();
    let result =
        run(&translated.model, &experiment, &options, |_| Vec::new(), |_, mut sink| rows.append(&mut sink))
            .map_err(|e| e.to_string())?;
    let judge = |metric: &schema::Metric| {
        let value = measure::exact(metric, &result, &rows, translated)
            .map_err(|e| format!("{}: {e}", judge::label(metric)))?;
        Ok(judge::deterministic(&oracle.id, metric, value))
    };
    let lines = oracle.metrics.iter().map(judge).collect::<Result<_, String>>()?;
    Ok((lines, Effort { replications: 1, sessions: rows.len() as u64, error: 0.0 }))
}

fn stochastic(
    oracle: &Oracle,
    translated: &Translated,
    arguments: &Arguments,
) -> Result<(Vec<Line>, Effort), String> {
    let stop = AtomicBool::new(false);
    let options = Options { jobs: arguments.jobs, stop: &stop, progress: &Quiet };
    let long = translated.heavy_tail
        || oracle
            .metrics
            .iter()
            .any(|m| (m.name == "utilisation" && m.value >= 0.9) || Figure::of(&m.name) == Figure::P99);
    let sessions = if long { 1_000_000.0 } else { 100_000.0 };
    // A pilot tells how many sessions complete a second.
    let pilot_window = pilot_window(translated);
    let mut plan = experiment(oracle, arguments, pilot_window / 4.0, pilot_window);
    plan.seed = Key(plan.seed).named("pilot").0;
    let pilot =
        run(&translated.model, &plan, &options, |_| NoSessions, |_, _| ()).map_err(|e| e.to_string())?;
    let totals = |pick: fn(&casim::results::CellReplication) -> u64, result: &RunResult| {
        result.cells.iter().flat_map(|c| &c.replications).map(pick).sum::<u64>()
    };
    let rate = totals(|r| r.completed, &pilot) as f64 / pilot_window;
    if rate == 0.0 {
        return Err("no session completes".to_owned());
    }
    let busy = pilot
        .servers
        .iter()
        .map(|s| s.utilisation_mean)
        .chain(pilot.links.iter().map(|l| l.utilisation_mean));
    let sessions = if busy.fold(0.0, f64::max) >= 0.89 { f64::max(sessions, 1_000_000.0) } else { sessions };
    // Five percent more than asked for, because the pilot errs.
    let mut window = 1.05 * sessions / rate;
    let mut warmup = (0.05 * window).max(5_000.0 / rate);
    let lengths = &translated.lengths;
    warmup = warmup.max(20.0 * lengths.random_cycle).max(lengths.in_step);
    window = window.max(200.0 * lengths.random_cycle).max(500.0 * lengths.uneven_period).max(lengths.in_step);
    if let Some((first_end, period)) = translated.cycle {
        // Whole cycles, each from the end of an outage to the end of the next.
        window = (window / period).ceil() * period;
        warmup = first_end + (warmup / period).ceil() * period;
    }
    let experiment = experiment(oracle, arguments, warmup, window);
    let workers = Workers::new(arguments.jobs).map_err(|e| e.to_string())?;
    let mut study = Study::of(&translated.model, &experiment);
    let mut replications = 10;
    loop {
        study.add(replications - study.replications(), &workers).map_err(|e| e.to_string())?;
        let result = study.result();
        let mut lines = Vec::new();
        let mut error: f64 = 0.0;
        let left = |m: &&schema::Metric| Figure::of(&m.name) == Figure::Deviation && translated.heavy_tail;
        let comparisons = oracle.metrics.len() - oracle.metrics.iter().filter(left).count();
        for metric in &oracle.metrics {
            let values = measure::estimates(metric, &result, translated)
                .map_err(|e| format!("{}: {e}", judge::label(metric)))?;
            if Figure::of(&metric.name) == Figure::Mean {
                let (mean, standard) = judge::moments(&values);
                if mean != 0.0 {
                    error = error.max(standard / mean.abs());
                }
            }
            lines.push(judge::stochastic(&oracle.id, metric, &values, translated.heavy_tail, comparisons));
        }
        let offered = totals(|r| r.requests, &result);
        if std::io::stderr().is_terminal() {
            eprintln!(
                "{}: {replications} replications, {:.1} million sessions, largest standard error {:.2} % of a mean",
                oracle.id,
                offered as f64 / 1e6,
                error * 100.0
            );
        }
        let each = offered / u64::from(replications);
        let most = u32::try_from(arguments.cap / each.max(1)).unwrap_or(u32::MAX).max(10);
        if error <= judge::LONG_ENOUGH || replications >= most || arguments.brief {
            return Ok((lines, Effort { replications, sessions: offered, error }));
        }
        // The error falls with the square root; a tenth more, because it is itself estimated.
        let wanted = f64::from(replications) * libm::pow(error / judge::LONG_ENOUGH, 2.0) * 1.1;
        replications = (wanted.ceil() as u32).clamp(replications + 1, most);
    }
}

/// Seconds in which some thousands of sessions are offered.
fn pilot_window(translated: &Translated) -> f64 {
    use casim::model::workload::Arrivals;
    let rate: f64 = translated
        .model
        .workload
        .sources
        .iter()
        .map(|source| match &source.arrivals {
            Arrivals::Poisson { rate } => *rate,
            Arrivals::Closed { users, think } => f64::from(*users) / (think.mean() / 1e9).max(1e-6),
            Arrivals::Varying(_) | Arrivals::Trace(_) => 1.0,
        })
        .sum();
    let window = 20_000.0 / rate;
    translated.cycle.map_or(window, |(_, period)| (window / period).ceil() * period)
}
