//! Are casim's intervals honest, is the warm-up gone, does the precision stop keep
//! its word? Measured on models with exact results.
//!
//! `cargo run --profile dist --example trust -- coverage [--experiments N] [--only MODEL]`:
//! how often the 95 % intervals over 5, 10 and 40 replications hold the exact mean, 95th
//! and 99th percentile and the exact share that is late; 99th percentiles marked rough, and the others, stand apart too.
//!
//! `... -- warmup [--runs N]`: bias of the mean of 5,000 sessions of an M/M/1 at
//! 0.9 that begins empty: as it is, after the cut that MSER-5 makes of each run by
//! itself, and after the cut that casim's pilots find.
//!
//! `... -- precision [--runs N]`: asked for 2 %, how often the answer is within 2 %.
//!
//! `... -- pairs [--experiments N] [--only alarms|coverage]`: how often `compare` calls equal
//! systems different, and holds the exact difference under common random numbers.
//!
//! `... -- plan [--repetitions N] [--only NAME] [--bank FOLDER]`: whether `plan` finds what brute force over the full grid
//! does, in seven scenarios, by how much less, and how often with fresh seeds; the runs of all as CSV.
//!
//! Exit 1 when a figure misses what is asked of it.

#![allow(clippy::print_stdout, missing_docs)]

mod models;
mod pairs;
mod plans;

use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use casim::kernel::SimSpan;
use casim::kernel::random::Key;
use casim::model::{Adaptive, Experiment, Model, Precision};
use casim::results::{
    NoSessions, Percentile, Reached, SessionRecord, SessionSink, Sessions, SinkError, UserReplication,
};
use casim::stats::interval::Interval;
use casim::stats::late::{ROUGH_BELOW, Share, late_share};
use casim::stats::mser::mser5;
use casim::study::{Options, Quiet, Study, System, Workers, run, warmup};
use clap::{Parser, Subcommand};
use models::{Case, Covered};

/// Measures what casim promises of its statistics.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
    /// Seed of every run.
    #[arg(long, default_value_t = 1, global = true)]
    seed: u64,
    /// Threads; 0 is one a core.
    #[arg(long, default_value_t = 0, global = true)]
    jobs: usize,
}

#[derive(Subcommand)]
enum What {
    /// Coverage of the 95 % intervals (R3, R4).
    Coverage {
        /// Experiments a model and number of replications.
        #[arg(long, default_value_t = 2000)]
        experiments: u32,
        /// Only the models whose name contains this.
        #[arg(long)]
        only: Option<String>,
    },
    /// Bias before and after the warm-up is cut (R12).
    Warmup {
        /// Runs.
        #[arg(long, default_value_t = 20_000)]
        runs: u32,
    },
    /// The stop by precision (R13).
    Precision {
        /// Runs a model.
        #[arg(long, default_value_t = 2000)]
        runs: u32,
    },
    /// False alarms and coverage of comparisons.
    Pairs {
        /// Comparisons of equal systems, and experiments of 40 pairs.
        #[arg(long, default_value_t = 2000)]
        experiments: u32,
        /// Only what contains this: alarms, coverage.
        #[arg(long)]
        only: Option<String>,
    },
    /// Plans beside brute force, and with fresh seeds.
    Plan {
        /// How often each plan is found again.
        #[arg(long, default_value_t = 200)]
        repetitions: u32,
        /// Only the scenarios whose name contains this.
        #[arg(long)]
        only: Option<String>,
        /// A folder for what each run misses, as CSV.
        #[arg(long)]
        bank: Option<std::path::PathBuf>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let stop = AtomicBool::new(false);
    let options = Options { jobs: arguments.jobs, stop: &stop, progress: &Quiet };
    let holds = match arguments.what {
        What::Coverage { experiments, only } => {
            coverage(experiments, only.as_deref().unwrap_or(""), arguments.seed, arguments.jobs)
        }
        What::Warmup { runs } => warm_up(runs, arguments.seed, &options),
        What::Pairs { experiments, only } => {
            pairs::run(experiments, only.as_deref().unwrap_or(""), arguments.seed, arguments.jobs)
        }
        What::Plan { repetitions, only, bank } => plans::run(
            repetitions,
            only.as_deref().unwrap_or(""),
            bank.as_deref(),
            arguments.seed,
            arguments.jobs,
        ),
        What::Precision { runs } => precision(runs, arguments.seed, arguments.jobs),
    };
    println!("{}", if holds { "all as asked" } else { "NOT AS ASKED" });
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `sessions` sessions after a warm-up of `warm`, at `rate` a second.
fn experiment(seed: u64, rate: f64, warm: f64, sessions: f64, replications: u32) -> Experiment {
    Experiment {
        seed,
        replications,
        warmup: SimSpan::from_secs_f64(warm / rate),
        window: SimSpan::from_secs_f64(sessions / rate),
        window_starts_at_utc: SimSpan::ZERO,
        interval: SimSpan::ZERO,
        run_off: true,
        most_in_flight: u32::MAX,
    }
}

/// Counts in each replication the sessions (of one request each) that took longer.
struct LateSink {
    beyond: SimSpan,
    share: Share,
}

impl SessionSink for LateSink {
    fn session(&mut self, record: &SessionRecord) {
        self.share.trials += u64::from(record.latency_count);
        self.share.events += u64::from(record.latency_max > self.beyond);
    }
}

/// What one experiment says: each figure's interval, and whether it is called rough.
struct Said {
    mean: Interval,
    percentiles: [Percentile; 2],
    late: Interval,
}

/// What the studies' replications are looked at after: 5, 10 and 40, of the same runs.
const STAGES: [u32; 3] = [5, 10, 40];

/// The late sessions of every replication so far.
struct LateShares {
    beyond: SimSpan,
    shares: Vec<Share>,
}

impl Sessions for LateShares {
    type Sink = LateSink;

    fn open(&self, _: u32) -> Result<LateSink, SinkError> {
        Ok(LateSink { beyond: self.beyond, share: Share::default() })
    }

    fn close(&mut self, _: u32, sink: LateSink) {
        self.shares.push(sink.share);
    }
}

/// One experiment of the whole program: a study, looked at after each of [`STAGES`].
fn said(case: &Case, sessions: f64, seed: u64, workers: &Workers<'_>) -> [Said; STAGES.len()] {
    let experiment = experiment(seed, case.rate, case.warmup, sessions, STAGES[0]);
    let beyond = SimSpan::from_secs_f64(case.p95.unwrap_or(case.mean));
    let mut late = LateShares { beyond, shares: Vec::new() };
    let mut study = Study::of(&case.model, &experiment);
    STAGES.map(|runs| {
        study.add_with(runs - study.replications(), workers, &mut late).expect("a sound run");
        let result = study.result();
        let column = |of: fn(&UserReplication) -> f64| -> Vec<f64> {
            result.users[0].replications.iter().map(of).collect()
        };
        let (sums, counts) = (column(|r| r.latency_sum as f64), column(|r| r.completed as f64));
        let percentile = |p| *result.cells[0].percentile(p).expect("a large sample");
        Said {
            mean: Interval::of_ratio(&sums, &counts).expect("sessions"),
            percentiles: [percentile(0.95), percentile(0.99)],
            late: late_share(0.95, 0.05, &late.shares).expect("sessions"),
        }
    })
}

/// Share, in percent, of intervals that hold `exact`; nothing where there are none.
fn covered(intervals: &[(f64, Option<f64>)], exact: f64) -> Option<f64> {
    let holds =
        |(estimate, half): &&(f64, Option<f64>)| (estimate - exact).abs() <= half.unwrap_or(f64::INFINITY);
    let share = 100.0 * intervals.iter().filter(holds).count() as f64 / intervals.len() as f64;
    (!intervals.is_empty()).then_some(share)
}

/// Figures of one model with one number of replications.
struct Coverage {
    all: bool,
}

impl Coverage {
    /// A cell of the table, and whether it is as asked.
    fn cell(&mut self, share: Option<f64>, asked: Option<(f64, f64)>) {
        let Some(share) = share else { return print!(" - |") };
        let holds = asked.is_none_or(|(low, high)| (low..=high).contains(&share));
        self.all &= holds;
        print!(" {share:.1} %{} |", if holds { "" } else { " MISSED" });
    }

    /// The figures of one model with one number of replications.
    fn line(&mut self, case: &Case, said: &[&Said], asked: bool) {
        let interval = |of: &Interval| (of.estimate, of.half_width);
        let of_mean: Vec<_> = said.iter().map(|said| interval(&said.mean)).collect();
        self.cell(covered(&of_mean, case.mean * 1e9), asked.then_some((93.0, 97.0)));
        let of = |which: usize, rough: Option<bool>| -> Vec<(f64, Option<f64>)> {
            let all = said.iter().map(|said| &said.percentiles[which]);
            let wanted = all.filter(|p| rough.is_none_or(|rough| p.is_rough() == rough));
            wanted.map(|p| (p.value, p.half_width)).collect()
        };
        let exact = |seconds: Option<f64>| seconds.map(|seconds| seconds * 1e9);
        let p95 = exact(case.p95).and_then(|exact| covered(&of(0, None), exact));
        self.cell(p95, asked.then_some((92.0, 98.0)));
        let late: Vec<_> = said.iter().map(|said| interval(&said.late)).collect();
        self.cell(case.p95.and_then(|_| covered(&late, 0.05)), None);
        let p99 = |rough| exact(case.p99).and_then(|exact| covered(&of(1, rough), exact));
        let mut worth: Vec<f64> = said.iter().filter_map(|said| said.percentiles[1].exceedances).collect();
        worth.sort_by(f64::total_cmp);
        let median = worth.get(worth.len() / 2).copied().unwrap_or(0.0);
        // A mark is made of the same runs as the interval: of what few it leaves out, or lets through, the
        // spread is small by chance. So a line is judged whole, by what its experiments are worth.
        self.cell(p99(None), (asked && median >= ROUGH_BELOW).then_some((90.0, 98.0)));
        print!(" {median:.0} | {:.1} % |", 100.0 * of(1, Some(true)).len() as f64 / said.len() as f64);
        self.cell(p99(Some(true)), None);
        self.cell(p99(Some(false)), None);
    }
}

fn coverage(experiments: u32, only: &str, seed: u64, jobs: usize) -> bool {
    println!(
        "95 % intervals that hold the exact figure, {experiments} experiments a line (5, 10 and 40 runs of the same seeds)"
    );
    println!("p99 is asked for where an experiment has 30 independent exceedances or more (median)");
    println!(
        "| model | requests a run | runs | mean | p95 | late share (5 %) | p99 | exceedances | marked rough | p99 of these | of the others |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let workers = Workers::new(jobs).expect("threads");
    let mut table = Coverage { all: true };
    for Covered { case, sessions, asked } in
        models::covered().into_iter().filter(|c| c.case.name.contains(only))
    {
        let key = Key(seed).named(&case.name).child(sessions as u64);
        let all: Vec<_> =
            (0..experiments).map(|n| said(&case, sessions, key.child(u64::from(n)).0, &workers)).collect();
        for (stage, runs) in STAGES.into_iter().enumerate() {
            let said: Vec<&Said> = all.iter().map(|stages| &stages[stage]).collect();
            print!("| {} | {sessions} | {runs} |", case.name);
            table.line(&case, &said, asked);
            println!();
        }
    }
    table.all
}

/// Mean, and twice its standard error, of relative errors in percent.
fn bias(values: &[f64], exact: f64) -> (f64, f64) {
    let n = values.len() as f64;
    let errors: Vec<f64> = values.iter().map(|v| 100.0 * (v / exact - 1.0)).collect();
    let mean = errors.iter().sum::<f64>() / n;
    let variance = errors.iter().map(|e| (e - mean) * (e - mean)).sum::<f64>() / (n - 1.0);
    (mean, 2.0 * (variance / n).sqrt())
}

fn warm_up(runs: u32, seed: u64, options: &Options<'_>) -> bool {
    const SESSIONS: usize = 5000;
    let case = models::mm1(0.9);
    let average = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mut uncut, mut cut, mut steady_cut, mut at) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // A little longer, so that almost every run has its 5,000 sessions.
    let from_empty = experiment(seed, case.rate, 0.0, SESSIONS as f64 * 1.08, runs);
    run(
        &case.model,
        &from_empty,
        options,
        |_| Vec::<SessionRecord>::new(),
        |_, mut rows| {
            rows.sort_by_key(|row| (row.start, row.session_id));
            rows.truncate(SESSIONS);
            let series: Vec<f64> = rows.iter().map(|row| row.end.since(row.start).as_secs_f64()).collect();
            let found = mser5(&series).expect("5,000 sessions");
            uncut.push(found.before);
            cut.push(found.after);
            at.push(found.at as f64);
            if found.steady {
                steady_cut.push(found.after);
            }
        },
    )
    .expect("a sound run");

    // What casim does by itself: pilots find the cut, other runs are judged.
    let system = System::compile(&case.model);
    let workers = Workers::new(options.jobs).expect("threads");
    let found = warmup::find(&system, &from_empty, &workers).expect("a sound run").expect("sessions");
    let cut_sessions = found.span.as_secs_f64() * case.rate;
    let piloted = experiment(seed, case.rate, cut_sessions, SESSIONS as f64 - cut_sessions, runs);
    let result = run(&case.model, &piloted, options, |_| NoSessions, |_, _| ()).expect("a sound run");
    let by_pilots: Vec<f64> = result.users[0]
        .replications
        .iter()
        .map(|r| r.latency_sum as f64 / r.completed as f64 / 1e9)
        .collect();

    println!("M/M/1 at 0.9 from empty, {runs} runs of {SESSIONS} sessions; mean response {} s", case.mean);
    println!("| mean of | bias | + 2 standard errors | runs |");
    println!("|---|---|---|---|");
    let line = |name: &str, values: &[f64]| {
        let (mean, error) = bias(values, case.mean);
        println!("| {name} | {mean:+.2} % | {error:.2} % | {} |", values.len());
        mean.abs() + error
    };
    line("the whole run", &uncut);
    let by_each = line("what MSER-5 leaves of each run", &cut);
    line("the same, runs called steady", &steady_cut);
    let pilots = line("what the pilots' cut leaves", &by_pilots);
    println!(
        "MSER-5 cuts {:.0} sessions a run; {:.1} % of the runs are called not steady; {} pilots cut {cut_sessions:.0} sessions and call the run {}",
        average(&at),
        100.0 * (1.0 - steady_cut.len() as f64 / cut.len() as f64),
        found.pilots,
        if found.steady { "steady" } else { "not steady" }
    );
    println!(
        "asked: bias and 2 standard errors below 1 % after the automatic cut ({by_each:.2} %, {pilots:.2} %)"
    );
    pilots < 1.0
}

const ASKED: f64 = 0.02;

/// How far a study of `model` comes towards [`ASKED`] with at most `limit` replications.
fn precise(model: &Model, experiment: &Experiment, limit: u32, workers: &Workers<'_>) -> Reached {
    let precision = Some(Precision { relative: ASKED, limit });
    let mut study = Study::of(model, experiment).adaptive(Adaptive { warmup: false, precision });
    study.run(workers).expect("a sound run").precision.expect("it was asked for")
}

fn precision(runs: u32, seed: u64, jobs: usize) -> bool {
    const LIMIT: u32 = 320;
    let workers = Workers::new(jobs).expect("threads");
    println!("| model | within 2 % | mean replications | not reached | asked |");
    println!("|---|---|---|---|---|");
    let mut all = true;
    for case in [models::mm1(0.5), models::mmc(4, 0.7), models::ps_link()] {
        let Case { name, model, rate, warmup, mean, .. } = &case;
        let (mut within, mut spent, mut missed) = (0_u32, 0_u64, 0_u32);
        for n in 0..runs {
            let seed = Key(seed).named(name).child(u64::from(n)).0;
            let experiment = experiment(seed, *rate, *warmup, 5_000.0, 1);
            let reached = precise(model, &experiment, LIMIT, &workers);
            let goal = reached.hardest.expect("sessions");
            within += u32::from((goal.estimate / 1e9 / mean - 1.0).abs() <= ASKED);
            spent += u64::from(reached.replications);
            missed += u32::from(!reached.reached);
        }
        let share = 100.0 * f64::from(within) / f64::from(runs);
        let holds = share >= 93.0;
        all &= holds;
        println!(
            "| {name} | {share:.1} % | {:.1} | {missed} | 93 % {}|",
            spent as f64 / f64::from(runs),
            if holds { "" } else { "MISSED " }
        );
    }
    // What it looks like when it gives up.
    let case = models::mm1(0.9);
    let experiment = experiment(seed, case.rate, case.warmup, 1_000.0, 1);
    let reached = precise(&case.model, &experiment, 20, &workers);
    let goal = reached.hardest.expect("sessions");
    println!(
        "M/M/1 at 0.9, at most 20 replications of 1,000 sessions: reached {}, {} is known to {:.1} %",
        reached.reached,
        goal.name,
        goal.relative * 100.0
    );
    all && !reached.reached
}
