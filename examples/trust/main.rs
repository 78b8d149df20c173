//! Are casim's intervals honest, is the warm-up gone, does the precision stop keep
//! its word? Measured on models with exact results.
//!
//! `cargo run --profile dist --example trust -- coverage [--experiments N] [--only MODEL]`:
//! how often the 95 % interval over 10 replications of 20,000 sessions (and over
//! the first 5 of them) holds the exact mean and 95th percentile; how often a plain
//! Student t interval would, and one of 1.96 standard errors.
//!
//! `... -- warmup [--runs N]`: bias of the mean of 5,000 sessions of an M/M/1 at
//! 0.9 that begins empty: as it is, after the cut that MSER-5 makes of each run by
//! itself, and after the cut that casim's pilots find.
//!
//! `... -- precision [--runs N]`: asked for 2 %, how often the answer is within 2 %.
//!
//! Exit 1 when a figure misses what is asked of it.

#![allow(clippy::print_stdout, missing_docs)]

mod models;

use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use casim::kernel::SimSpan;
use casim::kernel::random::Key;
use casim::model::{Adaptive, Experiment, Model, Precision};
use casim::results::{NoSessions, Reached, SessionRecord, UserReplication};
use casim::stats::interval::Interval;
use casim::stats::mser::mser5;
use casim::study::{Options, Quiet, Study, System, Workers, run, warmup};
use clap::{Parser, Subcommand};
use models::Case;

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
        /// Experiments of 10 replications a model.
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
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let stop = AtomicBool::new(false);
    let options = Options { jobs: arguments.jobs, stop: &stop, progress: &Quiet };
    let holds = match arguments.what {
        What::Coverage { experiments, only } => {
            coverage(experiments, only.as_deref().unwrap_or(""), arguments.seed, &options)
        }
        What::Warmup { runs } => warm_up(runs, arguments.seed, &options),
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

/// An estimate and its standard error, unwidened, beside what casim says.
struct Estimate {
    casim: Interval,
    error: f64,
}

impl Estimate {
    /// From the values (or, of a ratio, numerators and denominators) of replications.
    fn new(casim: Option<Interval>, above: &[f64], below: &[f64]) -> Self {
        let casim = casim.expect("replications with sessions");
        let n = above.len() as f64;
        let squares: f64 = above.iter().zip(below).map(|(y, x)| libm::pow(y - casim.estimate * x, 2.0)).sum();
        let error = (squares / (n - 1.0) / n).sqrt() / (below.iter().sum::<f64>() / n);
        Self { casim, error }
    }
}

/// Share of intervals that hold `exact`, in percent: casim's, those of `t` standard
/// errors, and those of 1.96.
fn covered(estimates: &[Estimate], exact: f64, t: f64) -> [f64; 3] {
    let share = |half: &dyn Fn(&Estimate) -> f64| {
        let holds = |e: &&Estimate| (e.casim.estimate - exact).abs() <= half(e);
        100.0 * estimates.iter().filter(holds).count() as f64 / estimates.len() as f64
    };
    [
        share(&|e| e.casim.half_width.unwrap_or(f64::INFINITY)),
        share(&|e| t * e.error),
        share(&|e| 1.959_964 * e.error),
    ]
}

fn coverage(experiments: u32, only: &str, seed: u64, options: &Options<'_>) -> bool {
    const REPLICATIONS: usize = 10;
    println!(
        "| model | figure | 10 replications | first 5 | plain t, 10 | first 5 | 1.96, 10 | first 5 | asked |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut all = true;
    for case in models::all().into_iter().filter(|case| case.name.contains(only)) {
        // All experiments are one run of very many replications, ten at a time.
        let many = experiments * REPLICATIONS as u32;
        let seed = Key(seed).named(&case.name).0;
        let experiment = experiment(seed, case.rate, case.warmup, 20_000.0, many);
        let result = run(&case.model, &experiment, options, |_| NoSessions, |_, _| ()).expect("a sound run");
        let replications = &result.users[0].replications;
        let mean = |group: &[UserReplication]| {
            let sums: Vec<f64> = group.iter().map(|r| r.latency_sum as f64 / 1e9).collect();
            let counts: Vec<f64> = group.iter().map(|r| r.completed as f64).collect();
            Estimate::new(Interval::of_ratio(&sums, &counts), &sums, &counts)
        };
        let p95 = |group: &[UserReplication]| {
            let values: Vec<f64> =
                group.iter().map(|r| r.percentiles[1].expect("a large sample") as f64 / 1e9).collect();
            Estimate::new(Interval::of_mean(&values), &values, &vec![1.0; values.len()])
        };
        let mut line = |figure: &str,
                        exact: f64,
                        (low, high): (f64, f64),
                        estimate: &dyn Fn(&[UserReplication]) -> Estimate| {
            let ten: Vec<Estimate> = replications.chunks(REPLICATIONS).map(estimate).collect();
            let five: Vec<Estimate> =
                replications.chunks(REPLICATIONS).map(|group| estimate(&group[..5])).collect();
            // Student t at 97.5 % with 9 and 4 degrees of freedom.
            let (ten, five) = (covered(&ten, exact, 2.262_157), covered(&five, exact, 2.776_445));
            let holds = [ten[0], five[0]].iter().all(|share| (low..=high).contains(share));
            all &= holds;
            print!("| {} | {figure} |", case.name);
            for (ten, five) in ten.into_iter().zip(five) {
                print!(" {ten:.1} % | {five:.1} % |");
            }
            println!(" {low:.0} to {high:.0} % {}|", if holds { "" } else { "MISSED " });
        };
        line("mean", case.mean, (93.0, 97.0), &mean);
        if let Some(exact) = case.p95 {
            line("p95", exact, (92.0, 98.0), &p95);
        }
    }
    all
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
