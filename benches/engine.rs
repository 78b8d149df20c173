//! Speed of the engine on workload W2, beside a hand-tuned loop of the same model.
//!
//! W2: Poisson arrivals (rate 2.8/s), exponential delay (mean 1 s), station A
//! (4 cores, mean 1 s), with probability 0.3 a delay (mean 2 s) and station B
//! (4 cores, mean 1/0.3 s), station C (8 cores, mean 2 s), delay (mean 1 s); mean
//! and 95th percentile of each job's sojourn recorded. Exact mean sojourn:
//! 2 + S(4, 2.8, 1) + 0.3 (2 + S(4, 0.84, 0.3)) + S(8, 2.8, 0.5).
//!
//! `cargo bench --bench engine` prints jobs/s and events/s of both by processor
//! time, interleaved, and the median of the pairs' ratios; about ten seconds.

#![allow(clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Instant;

use casim::itinerary::Balancing;
use casim::itinerary::{Amount, Leg, LegPlace, Network, Part, Program};
use casim::kernel::SimSpan;
use casim::kernel::SimTime;
use casim::kernel::distribution::{Distribution, Sampler};
use casim::kernel::random::{Key, Role};
use casim::sim::{self, Driver, Ended, Engine, Horizon, Opening, UNBOUND, Unwatched};
use casim::stats::histogram::Histogram;

const JOBS: u64 = 1_000_000;
const RATE: f64 = 2.8;

/// The real engine: itinerary, stations, delays, named draws, in-run checks.
mod general {
    use super::*;

    pub(crate) fn network() -> (Network, Program) {
        let mut network = Network::default();
        let mut group =
            |name: &str, cores| network.add_group(name, 1, cores, None, None, Balancing::RoundRobin);
        let (a, b, c) = (group("A", 4), group("B", 4), group("C", 8));
        let drawn = |name: &'static str, mean: f64| Amount::Drawn {
            sampler: Distribution::Exponential { mean: mean * 1e9 }.sampler(),
            role: Role::new(name),
            scale: 1.0,
        };
        let delay = |name, mean| Leg::Delay { amount: drawn(name, mean), part: Part::Other };
        let serve = |slot, group, name, mean| Leg::Serve {
            place: LegPlace::Slot { slot, group },
            amount: drawn(name, mean),
            queue_part: Part::Other,
        };
        let program = network.add_program(vec![
            delay("in", 1.0),
            serve(0, a, "A", 1.0),
            Leg::Branch { role: Role::new("branch"), targets: vec![(0.3, 3), (1.0, 5)] },
            delay("wan", 2.0),
            serve(1, b, "B", 1.0 / 0.3),
            serve(2, c, "C", 2.0),
            delay("out", 1.0),
            Leg::End,
        ]);
        (network, program)
    }

    pub(crate) struct W2 {
        program: Program,
        root: Key,
        gap: Sampler,
        opened: u64,
        pub(crate) sojourn: Histogram,
        pub(crate) sum: u128,
        pub(crate) done: u64,
    }

    impl Driver for W2 {
        fn start(&mut self, engine: &mut Engine<'_>) {
            engine.timer(SimTime::ZERO, 0);
        }
        fn timer(&mut self, engine: &mut Engine<'_>, _: u32) {
            let key = self.root.child(self.opened);
            self.opened += 1;
            engine.open(&Opening {
                program: self.program,
                key,
                owner: 0,
                tag: 0,
                class: 0,
                params: [0; 3],
                slots: [UNBOUND; casim::itinerary::SLOTS],
                patience: SimSpan::ZERO,
            });
            if self.opened < JOBS {
                let gap = self.gap.draw(&mut key.stream(Role::new("gap"), 0));
                engine.timer(SimTime(engine.now().0 + gap as u64), 0);
            }
        }
        fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
            let sojourn = (engine.now() - ended.opened_at).0;
            self.sojourn.record(sojourn);
            self.sum += u128::from(sojourn);
            self.done += 1;
        }
    }

    pub(crate) fn run(network: &Network, program: Program, seed: u64) -> (W2, u64) {
        let mut driver = W2 {
            program,
            root: Key::root(seed, 0),
            gap: Distribution::Exponential { mean: 1e9 / RATE }.sampler(),
            opened: 0,
            sojourn: Histogram::new(),
            sum: 0,
            done: 0,
        };
        let horizon = Horizon {
            measured_from: SimTime::ZERO,
            ends_at: SimTime((JOBS as f64 / RATE * 1.1e9) as u64),
            interval: SimSpan::from_secs(3600),
            most_in_flight: u32::MAX,
            run_off: true,
        };
        let report = sim::run(network, &mut driver, horizon, &mut Unwatched).expect("nobody stops it");
        assert!(report.violations.is_empty(), "{:?}", report.violations);
        (driver, report.events)
    }
}

/// Everything known in advance: one float clock, one 4-ary heap, one generator.
mod tuned {
    use super::*;
    #[expect(clippy::disallowed_types, reason = "what is quickest, whatever its last digits")]
    use rand_distr::{Distribution as _, Exp1};
    use rand_pcg::Pcg64Mcg;

    struct Heap(Vec<(f64, u32)>);

    impl Heap {
        #[inline]
        fn push(&mut self, at: f64, what: u32) {
            let mut hole = self.0.len();
            self.0.push((at, what));
            while hole > 0 {
                let parent = (hole - 1) / 4;
                if self.0[parent].0 <= at {
                    break;
                }
                self.0[hole] = self.0[parent];
                hole = parent;
            }
            self.0[hole] = (at, what);
        }
        #[inline]
        fn pop(&mut self) -> Option<(f64, u32)> {
            let last = self.0.pop()?;
            let Some(&top) = self.0.first() else { return Some(last) };
            let heap = self.0.as_mut_slice();
            let mut hole = 0;
            loop {
                let first = 4 * hole + 1;
                if first >= heap.len() {
                    break;
                }
                let mut child = first;
                for other in first + 1..(first + 4).min(heap.len()) {
                    if heap[other].0 < heap[child].0 {
                        child = other;
                    }
                }
                if heap[child].0 >= last.0 {
                    break;
                }
                heap[hole] = heap[child];
                hole = child;
            }
            heap[hole] = last;
            Some(top)
        }
    }

    struct Station {
        free: u32,
        mean: f64,
        queue: std::collections::VecDeque<u32>,
    }

    #[expect(clippy::too_many_lines, reason = "the tuned loop is one piece, with nothing to call")]
    pub(crate) fn run(seed: u64) -> (Histogram, f64, u64, u64) {
        let mut rng = Pcg64Mcg::new(u128::from(seed) << 64 | 1);
        let mut exp = move |mean: f64| -> f64 {
            let unit: f64 = Exp1.sample(&mut rng);
            unit * mean
        };
        let mut coin = Pcg64Mcg::new(u128::from(seed) << 64 | 77);
        let station = |cores, mean| Station { free: cores, mean, queue: std::collections::VecDeque::new() };
        let mut stations = [station(4, 1.0), station(4, 1.0 / 0.3), station(8, 2.0)];
        let mut heap = Heap(Vec::with_capacity(1024));
        let mut born: Vec<f64> = Vec::new();
        let mut free: Vec<u32> = Vec::new();
        let mut sojourns = Histogram::new();
        let (mut opened, mut done, mut events, mut sum) = (0_u64, 0_u64, 0_u64, 0.0_f64);
        // The low three bits say which event: 0 arrival, 1 in, 2 A, 3 wan, 4 B, 5 C, 6 out.
        heap.push(0.0, 0);
        while let Some((now, what)) = heap.pop() {
            events += 1;
            let job = what >> 3;
            macro_rules! enter {
                ($station:expr, $job:expr, $event:expr) => {
                    let station = &mut stations[$station];
                    if station.free > 0 {
                        station.free -= 1;
                        heap.push(now + exp(station.mean), $job << 3 | $event);
                    } else {
                        station.queue.push_back($job);
                    }
                };
            }
            macro_rules! leave {
                ($station:expr, $event:expr) => {
                    let station = &mut stations[$station];
                    if let Some(next) = station.queue.pop_front() {
                        heap.push(now + exp(station.mean), next << 3 | $event);
                    } else {
                        station.free += 1;
                    }
                };
            }
            match what & 7 {
                0 => {
                    let job = free.pop().unwrap_or_else(|| {
                        born.push(0.0);
                        born.len() as u32 - 1
                    });
                    born[job as usize] = now;
                    heap.push(now + exp(1.0), job << 3 | 1);
                    opened += 1;
                    if opened < JOBS {
                        heap.push(now + exp(1.0 / RATE), 0);
                    }
                }
                1 => {
                    enter!(0, job, 2);
                }
                2 => {
                    leave!(0, 2);
                    if rand::RngExt::random::<f64>(&mut coin) < 0.3 {
                        heap.push(now + exp(2.0), job << 3 | 3);
                    } else {
                        enter!(2, job, 5);
                    }
                }
                3 => {
                    enter!(1, job, 4);
                }
                4 => {
                    leave!(1, 4);
                    enter!(2, job, 5);
                }
                5 => {
                    leave!(2, 5);
                    heap.push(now + exp(1.0), job << 3 | 6);
                }
                _ => {
                    let sojourn = now - born[job as usize];
                    sojourns.record((sojourn * 1e9) as u64);
                    sum += sojourn;
                    done += 1;
                    free.push(job);
                }
            }
        }
        (sojourns, sum / done as f64, done, events)
    }
}

/// Erlang-C wait plus service: `c` cores, arrival rate, service rate.
fn sojourn(c: u32, arrivals: f64, service_rate: f64) -> f64 {
    let load = arrivals / service_rate;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..c {
        term *= load / f64::from(k);
        sum += term;
    }
    term *= load / f64::from(c);
    let last = term / (1.0 - load / f64::from(c));
    let wait = last / (sum + last) / (f64::from(c) * service_rate - arrivals);
    wait + 1.0 / service_rate
}

/// Processor time of this process so far, s; on a busy machine wall time would tell of
/// the others' work. Where there is no `/proc`, wall time.
fn processor_time() -> f64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let began = BEGAN.get_or_init(Instant::now);
    let stat = std::fs::read_to_string("/proc/self/schedstat").ok();
    let spent = stat.and_then(|stat| stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()));
    spent.map_or_else(|| began.elapsed().as_secs_f64(), |ns| ns / 1e9)
}

fn main() {
    // `cargo test` runs benches with --test: nothing to measure then.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let rounds = 7;
    let (network, program) = general::network();
    let exact = 2.0 + sojourn(4, 2.8, 1.0) + 0.3 * (2.0 + sojourn(4, 0.84, 0.3)) + sojourn(8, 2.8, 0.5);
    let mut speeds = [Vec::new(), Vec::new()];
    let mut events = [0.0, 0.0];
    for round in 0..rounds + 1 {
        let began = processor_time();
        let (driver, played) = black_box(general::run(&network, program, round + 1));
        let general = driver.done as f64 / (processor_time() - began);
        let mean = driver.sum as f64 / 1e9 / driver.done as f64;
        assert!((mean / exact - 1.0).abs() < 0.02, "engine: mean sojourn {mean}, exact {exact}");
        let began = processor_time();
        let (histogram, tuned_mean, done, tuned_events) = black_box(tuned::run(round + 1));
        let tuned = done as f64 / (processor_time() - began);
        assert!((tuned_mean / exact - 1.0).abs() < 0.02, "tuned: mean sojourn {tuned_mean}, exact {exact}");
        if round == 0 {
            println!(
                "W2, {JOBS} jobs; exact mean {exact:.4} s; engine {mean:.4} s, p95 {:.3} s; tuned {tuned_mean:.4} s, p95 {:.3} s",
                driver.sojourn.percentile(0.95).unwrap_or(0) as f64 / 1e9,
                histogram.percentile(0.95).unwrap_or(0) as f64 / 1e9
            );
            continue;
        }
        speeds[0].push(general);
        speeds[1].push(tuned);
        events = [played as f64 / driver.done as f64, tuned_events as f64 / done as f64];
    }
    let mut ratios: Vec<f64> = speeds[0].iter().zip(&speeds[1]).map(|(a, b)| a / b).collect();
    for (name, (speeds, events)) in ["engine", "tuned"].iter().zip(speeds.iter_mut().zip(events)) {
        speeds.sort_by(f64::total_cmp);
        let median = speeds[speeds.len() / 2];
        println!(
            "{name:>7}: {:.2} M jobs/s (min {:.2}, max {:.2}), {:.1} M events/s",
            median / 1e6,
            speeds[0] / 1e6,
            speeds[speeds.len() - 1] / 1e6,
            median * events / 1e6
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("engine / tuned, median of {rounds} pairs: {:.2}", ratios[ratios.len() / 2]);
}
