//! Cost of a transfer over several links: as one flow (`sim::flows`) and as the engine carries it,
//! link by link.
//!
//! Clients think and transfer for ever over paths, under caps and with sizes of their own; the
//! loads differ in what binds. Printed are processor nanoseconds a transfer, the median of three
//! rounds, interleaved, and how much of the trunk is in use. The engine's figure holds what it
//! takes to open a request and to report its end. Above 24 different caps on a link it rounds
//! them; flows are exact.
//!
//! `cargo bench --bench flows`; about a minute.

#![allow(clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use std::sync::OnceLock;
use std::time::Instant;

use casim::itinerary::{Amount, Leg, Network, Program, SLOTS};
use casim::kernel::calendar::{Calendar, Class};
use casim::kernel::random::Key;
use casim::kernel::{SimSpan, SimTime};
use casim::sim::flows::Flows;
use casim::sim::{self, Driver, Ended, Engine, Horizon, Opening, UNBOUND, Unwatched};

const TRANSFERS: u64 = 200_000;
const ROUNDS: u64 = 3;
const MEGA: f64 = 1e6;

/// A generator of whole numbers (splitmix64).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Above 0, below 1.
    fn part(&mut self) -> f64 {
        (self.number() >> 11) as f64 / 9_007_199_254_740_992.0 + 1e-17
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.part().ln()
    }
}

struct Client {
    path: usize,
    /// bit/s.
    cap: f64,
    /// Mean bits of a transfer.
    bits: f64,
    /// Mean ns between two transfers.
    think: f64,
}

struct Load {
    name: &'static str,
    /// bit/s; the first is the trunk.
    links: Vec<f64>,
    paths: Vec<Vec<u32>>,
    clients: Vec<Client>,
}

/// `sites` sites of `site` bit/s on a trunk.
fn star(sites: u32, site: f64, trunk: f64) -> (Vec<f64>, Vec<Vec<u32>>) {
    let links = std::iter::once(trunk).chain((0..sites).map(|_| site)).collect();
    (links, (1..=sites).map(|link| vec![link, 0]).collect())
}

/// Clients spread over paths; `cap` by a number above 0 and below 1, thinking as long as a
/// transfer at the cap `rate` takes, times `idle`.
fn clients(count: usize, paths: usize, cap: impl Fn(f64) -> f64, rate: f64, idle: f64) -> Vec<Client> {
    let mut dice = Dice(7);
    let bits = 400_000.0;
    let client = |number: usize| Client {
        path: number % paths,
        cap: cap(dice.part()),
        bits,
        think: idle * bits / rate * 1e9,
    };
    (0..count).map(client).collect()
}

fn loads() -> Vec<Load> {
    let mega = MEGA;
    let four = |u: f64| mega * (0.55 + 0.3 * (4.0 * u).floor());
    let all = |u: f64| mega * (0.5 + u);
    let mut loads = Vec::new();
    let mut star_of = |name, sites: u32, (site, trunk): (f64, f64), clients: Vec<Client>| {
        let (links, paths) = star(sites, site, trunk);
        loads.push(Load { name, links, paths, clients });
    };
    let quiet = (100.0 * mega, 10_000.0 * mega);
    star_of("nothing binds, 60 sites, caps all different", 60, quiet, clients(1000, 60, all, mega, 1.0));
    star_of("the same with 4 caps", 60, quiet, clients(1000, 60, four, mega, 1.0));
    let busy = (100.0 * mega, 526.0 * mega);
    star_of("trunk at 95 %, 500 flows, caps all different", 60, busy, clients(1000, 60, all, mega, 1.0));
    star_of("the same with 4 caps", 60, busy, clients(1000, 60, four, mega, 1.0));
    let full = (100.0 * mega, 400.0 * mega);
    star_of("trunk always full, 500 flows", 60, full, clients(500, 60, all, mega, 0.0));
    let half = (4.0 * mega, 108.0 * mega);
    star_of("30 sites and their trunk full at times", 30, half, clients(300, 30, |_| 1e12, mega, 2.0));
    let near = |u: f64| mega * (1.0 + u * 1e-6);
    let (links, _) = star(6, 70.0 * mega, 300.0 * mega);
    let links = links.into_iter().chain((0..60).map(|_| 9.0 * mega)).collect();
    let paths = (0..60).map(|site| vec![7 + site, 1 + site % 6, 0]).collect();
    let name = "sites, 6 regions and trunk full";
    loads.push(Load { name, links, paths, clients: clients(600, 60, |_| 1e12, mega, 0.2) });
    let (links, paths) = star(1, 1_000.0 * mega, 500.0 * mega);
    let name = "500 nearly equal caps";
    loads.push(Load { name, links, paths, clients: clients(500, 1, near, mega, 0.000_001) });
    let mut dice = Dice(11);
    let links: Vec<f64> = (0..40).map(|_| mega * (10.0 + 20.0 * dice.part())).collect();
    let path = |_| {
        let mut path = Vec::new();
        while path.len() < 4 {
            let link = (dice.number() % 40) as u32;
            if !path.contains(&link) {
                path.push(link);
            }
        }
        path
    };
    let paths = (0..100).map(path).collect();
    let name = "mesh of 40 links, 100 paths of 4";
    loads.push(Load {
        name,
        links,
        paths,
        clients: clients(400, 100, |u| mega * (1.0 + 4.0 * u), mega, 1.0),
    });
    loads
}

/// Flows and a calendar.
mod flows {
    use super::*;

    /// As the engine watches a link: an event that is pending earlier is left.
    fn watch(calendar: &mut Calendar, flows: &mut Flows, pending: &mut Option<(SimTime, u64)>) {
        if let Some(due) = flows.next_due()
            && pending.is_none_or(|(at, _)| due < at)
        {
            *pending = Some((due, calendar.schedule(due, Class::Release, 0)));
        }
    }

    /// Bits that crossed the first link, and ns.
    pub(crate) fn run(load: &Load, transfers: u64, seed: u64) -> (f64, f64) {
        let mut flows = Flows::new(&load.links, 0.0, &load.paths);
        let mut calendar = Calendar::new();
        let mut dice = Dice(seed);
        for (client, spec) in (0..).zip(&load.clients) {
            let at = SimTime(dice.exponential(spec.think + 1e6) as u64);
            calendar.schedule(at, Class::Arrival, client);
        }
        let (mut over, mut done, mut now, mut pending) = (Vec::new(), 0, SimTime::ZERO, None);
        while let Some(popped) = calendar.pop() {
            now = popped.at;
            let index = popped.payload as u32;
            if popped.class == Class::Arrival {
                let spec = &load.clients[index as usize];
                let bits = dice.exponential(spec.bits) as u64 + 1;
                flows.begin(now, spec.path as u32, bits, spec.cap, index);
            } else if pending.is_some_and(|(_, sequence)| sequence == popped.sequence) {
                pending = None;
                flows.advance(now, &mut over);
            } else {
                continue;
            }
            for flow in over.drain(..) {
                let owner = flows.take(flow).owner;
                done += 1;
                let think = dice.exponential(load.clients[owner as usize].think) as u64;
                calendar.schedule(SimTime(now.0 + think), Class::Arrival, u64::from(owner));
            }
            watch(&mut calendar, &mut flows, &mut pending);
            if done >= transfers {
                break;
            }
        }
        assert_eq!(flows.check(now), [""; 0]);
        (flows.crossed(now, 0).bits, now.0 as f64)
    }
}

/// The same in the engine.
mod legs {
    use super::*;

    pub(crate) fn network(load: &Load) -> (Network, Vec<Program>) {
        let mut network = Network::default();
        let links: Vec<_> =
            load.links.iter().map(|&bits_per_s| network.add_link("link", bits_per_s)).collect();
        let program = |client: &Client| {
            let path: Vec<_> = load.paths[client.path].iter().map(|&link| links[link as usize]).collect();
            let amount = Amount::Param { index: 0, factor: 1.0 };
            network.add_program(vec![Leg::transfer(&path, amount, client.cap), Leg::End])
        };
        let programs = load.clients.iter().map(program).collect();
        (network, programs)
    }

    struct Clients<'l> {
        load: &'l Load,
        programs: &'l [Program],
        dice: Dice,
        done: u64,
        transfers: u64,
    }

    impl Driver for Clients<'_> {
        fn start(&mut self, engine: &mut Engine<'_>) {
            for (client, spec) in (0..).zip(&self.load.clients) {
                engine.timer(SimTime(self.dice.exponential(spec.think + 1e6) as u64), client);
            }
        }

        fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
            if self.done >= self.transfers {
                return;
            }
            let bits = self.dice.exponential(self.load.clients[token as usize].bits) as u64 + 1;
            engine.open(&Opening {
                program: self.programs[token as usize],
                key: Key(u64::from(token)),
                owner: token,
                tag: 0,
                class: 0,
                params: [bits, 0, 0],
                slots: [UNBOUND; SLOTS],
                patience: SimSpan::ZERO,
            });
        }

        fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
            self.done += 1;
            let think = self.dice.exponential(self.load.clients[ended.owner as usize].think) as u64;
            engine.timer(SimTime(engine.now().0 + think), ended.owner);
        }
    }

    pub(crate) fn run(
        load: &Load,
        network: &Network,
        programs: &[Program],
        transfers: u64,
        seed: u64,
    ) -> u64 {
        let mut driver = Clients { load, programs, dice: Dice(seed), done: 0, transfers };
        let horizon = Horizon {
            measured_from: SimTime::ZERO,
            ends_at: SimTime::MAX,
            interval: SimSpan(1 << 56),
            most_in_flight: u32::MAX,
            run_off: false,
        };
        let report = sim::run(network, &mut driver, horizon, &mut Unwatched).expect("nobody stops it");
        assert!(report.violations.is_empty(), "{:?}", report.violations);
        driver.done
    }
}

/// Processor time of this process so far, ns. Where there is no `/proc`, wall time.
fn processor_time() -> f64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let began = BEGAN.get_or_init(Instant::now);
    let stat = std::fs::read_to_string("/proc/self/schedstat").ok();
    let spent = stat.and_then(|stat| stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()));
    spent.unwrap_or_else(|| began.elapsed().as_secs_f64() * 1e9)
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

fn main() {
    // `cargo test` runs benches with --test: nothing to measure then.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    println!("{:<48} {:>8} {:>8} {:>12}", "CPU ns a transfer", "flows", "legs", "trunk in use");
    for load in loads() {
        let (network, programs) = legs::network(&load);
        let (mut one, mut other, mut used) = (Vec::new(), Vec::new(), 0.0);
        for round in 0..ROUNDS {
            let began = processor_time();
            let (bits, ns) = flows::run(&load, TRANSFERS, round);
            one.push((processor_time() - began) / TRANSFERS as f64);
            used = bits / ns * 1e9 / load.links[0];
            let began = processor_time();
            let done = legs::run(&load, &network, &programs, TRANSFERS, round);
            other.push((processor_time() - began) / done as f64);
        }
        println!("{:<48} {:>8.0} {:>8.0} {:>11.1}%", load.name, median(one), median(other), 100.0 * used);
    }
}
