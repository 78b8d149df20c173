//! Requests of one step, at instants of one's own, through rules, compiler and engine.

use casim::clients::{self, Cohort};
use casim::itinerary::{Network, PARTS, Program};
use casim::kernel::random::Key;
use casim::kernel::{SimSpan, SimTime};
use casim::model::Model;
use casim::model::access::Rules;
use casim::model::protocol::Protocol;
use casim::sim::{self, Driver, Ended, Engine, Horizon, Opening, Outcome, UNBOUND, Unwatched};

const MS: u64 = 1_000_000;

/// Opens a program of the first cohort of `protocol` at each instant (ms), with these parameters; in the order of
/// their ends: latency (ns), outcome, parts.
pub(crate) fn played_once(
    model: &Model,
    protocol: Protocol,
    params: [u64; 3],
    at: &[u64],
    program: impl Fn(&Cohort) -> Program,
) -> (Cohort, Vec<(u64, Outcome, [u64; PARTS])>) {
    let rules = Rules::new(&model.topology);
    let mut network = Network::default();
    let plan = clients::compile(model, &mut network, |ask| rules.decide(ask));
    let cohort = plan.cohorts.iter().find(|c| c.protocol == protocol).expect("the protocol is in use");
    let mut script = Script { program: program(cohort), params, at: at.to_vec(), ends: Vec::new() };
    let horizon = Horizon {
        measured_from: SimTime::ZERO,
        ends_at: SimTime(3_600_000_000_000),
        interval: SimSpan::from_secs(3600),
        most_in_flight: u32::MAX,
        run_off: false,
    };
    let report = sim::run(&network, &mut script, horizon, &mut Unwatched).expect("nobody stops it");
    assert_eq!(report.violations, Vec::<String>::new());
    (cohort.clone(), script.ends)
}

struct Script {
    program: Program,
    params: [u64; 3],
    at: Vec<u64>,
    ends: Vec<(u64, Outcome, [u64; PARTS])>,
}

impl Driver for Script {
    fn start(&mut self, engine: &mut Engine<'_>) {
        for (i, at) in self.at.iter().enumerate() {
            engine.timer(SimTime(at * MS), i as u32);
        }
    }
    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        engine.open(&Opening {
            program: self.program,
            key: Key::root(1, 0).child(u64::from(token)),
            owner: token,
            tag: 0,
            class: 0,
            params: self.params,
            slots: [UNBOUND; casim::itinerary::SLOTS],
            patience: SimSpan::ZERO,
        });
    }
    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
        let latency = (engine.now() - ended.opened_at).0;
        assert_eq!(ended.parts.iter().sum::<u64>(), latency, "promise E4");
        self.ends.push((latency, ended.outcome, ended.parts));
    }
}
