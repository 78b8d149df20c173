//! Idle clients cost little: their timers do not stand in the near event list.

use casim::clients::{Clients, compile};
use casim::itinerary::Network;
use casim::kernel::SimTime;
use casim::kernel::random::Key;
use casim::model::access::Rules;
use casim::recorder::Recorder;
use casim::results::NoSessions;
use casim::sim::{self, Driver, Ended, Engine, Horizon, Unwatched};

use crate::support::read;

/// Looks at the calendar at every timer after the first minute.
struct Spy<D> {
    inner: D,
    most_pending: usize,
    most_near: usize,
}

impl<D: Driver> Driver for Spy<D> {
    fn start(&mut self, engine: &mut Engine<'_>) {
        self.inner.start(engine);
    }
    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        if engine.now() > SimTime(60_000_000_000) {
            let (pending, near) = engine.pending();
            self.most_pending = self.most_pending.max(pending);
            self.most_near = self.most_near.max(near);
        }
        self.inner.timer(engine, token);
    }
    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
        self.inner.ended(engine, ended);
    }
    fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        self.inner.edge(engine, token);
    }
    fn window_ended(&mut self, engine: &mut Engine<'_>) {
        self.inner.window_ended(engine);
    }
}

/// 20,000 mailboxes, each with a device and a desktop: tens of thousands of timers
/// are pending, and the heap whose depth an event costs holds less than a fifth.
#[test]
fn the_near_event_list_holds_no_timer_for_every_idle_client() {
    let text = r#"
name = "idle"
exchange = "2007"
[run]
window = "10 min"
start = "10:00"
warmup = "0 s"
[[site]]
name = "A"
cas = { servers = 10, cores = 8 }
mailbox = { servers = 10, cores = 8 }
[[namespace]]
name = "mail.contoso.com"
inside = ["A"]
[[population]]
name = "A staff"
home = "A"
mailboxes = 20000
from = "A"
namespace = "mail.contoso.com"
profile = "medium"
clients = { eas = 1.0, outlook-cached = 1.0 }
"#;
    let scenario = read(text);
    let (model, experiment) = (&scenario.model, &scenario.experiment);
    let mut network = Network::default();
    let rules = Rules::new(&model.topology);
    let plan = compile(model, &mut network, |ask| rules.decide(ask));
    let horizon = Horizon {
        measured_from: experiment.measured_from(),
        ends_at: experiment.ends_at(),
        interval: experiment.series_interval(),
        run_off: false,
        most_in_flight: u32::MAX,
    };
    let recorder =
        Recorder::new(Box::new(NoSessions), horizon.measured_from, horizon.ends_at, horizon.interval);
    let inner = Clients::new(model, &plan, experiment, Key::root(1, 0), (0, false), recorder);
    let mut spy = Spy { inner, most_pending: 0, most_near: 0 };
    let report = sim::run(&network, &mut spy, horizon, &mut Unwatched).expect("nobody stops it");
    assert!(report.violations.is_empty(), "{:?}", report.violations);
    assert!(spy.most_pending > 20_000, "{} pending", spy.most_pending);
    assert!(spy.most_near < 4_096, "{} of {} in the near heap", spy.most_near, spy.most_pending);
}
