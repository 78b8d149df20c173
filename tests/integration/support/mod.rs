//! What tests share: scenarios read from text or file, a model played on one thread, the
//! program from outside in a folder of its own.

pub(crate) mod killed;
pub(crate) mod once;
mod sandbox;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use casim::model::{Experiment, Model};
use casim::results::{NoSessions, RunResult, SessionRecord};
use casim::scenario::{self, Override, Scenario};
use casim::study::{self, Options, Quiet};

pub(crate) use sandbox::{Ran, Sandbox, assert_code, page_made_again, tree};

/// Two sites, every protocol, small enough for a second.
pub(crate) const SMALL: &str = r#"
name = "small"
exchange = "2007"
[run]
window = "09:00 - 09:30"
warmup = "5 min"
seed = 7
[[site]]
name = "Amsterdam"
pop_imap = true
outlook_anywhere = true
internet = { bandwidth = "100 Mbps", latency = "4 ms" }
cas = { servers = 2, cores = 2 }
mailbox = { servers = 1, cores = 4 }
owa = { external_url = "https://mail.contoso.com/owa", auth = ["forms"] }
[[site]]
name = "Boston"
published_from = "Amsterdam"
pop_imap = true
owa = { auth = ["integrated"] }
cas = { servers = 1, cores = 2 }
mailbox = { servers = 1, cores = 4 }
[[link]]
between = ["Amsterdam", "Boston"]
bandwidth = "10 Mbps"
latency = "45 ms"
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam"]
[[namespace]]
name = "pop.boston.contoso.com"
internet = ["Boston"]
[[population]]
name = "Boston staff"
home = "Boston"
mailboxes = 300
from = "Internet"
namespace = { default = "mail.contoso.com", pop = "pop.boston.contoso.com" }
profile = "heavy"
clients = { owa = 0.5, eas = 0.5, outlook-anywhere = 0.5, ews = 0.2, autodiscover = 0.5, oab = 0.5, pop = 0.3, imap = 0.3 }
"#;

/// One core at 5 a second, 100 ms each, in the mean.
pub(crate) const QUEUE: &str = r#"
name = "One core"

[run]
window = "200 s"
warmup = "20 s"
seed = 7

[[station]]
name = "cas"
cores = 1
service = { exponential = { mean = "100 ms" } }

[[source]]
name = "users"
arrivals = { poisson = "5 /s" }
path = ["cas"]
"#;

/// [`SMALL`] with a site, its servers, its link and a population that are only called otherwise, and draw
/// from the same streams.
pub(crate) fn small_renamed() -> String {
    let other = SMALL.replace("Boston", "Bangor");
    let site = other.replacen("name = \"Bangor\"", "name = \"Bangor\"\nstream = \"Boston\"", 1);
    site.replacen("name = \"Bangor staff\"", "name = \"Bangor staff\"\nstream = \"Boston staff\"", 1)
}

/// What `--set PATH=VALUE` gives, VALUE as TOML.
pub(crate) fn overrides(set: &[(&str, &str)]) -> Vec<Override> {
    set.iter()
        .map(|(path, value)| Override { path: (*path).to_owned(), value: (*value).to_owned() })
        .collect()
}

/// A scenario without faults.
pub(crate) fn read(text: &str) -> Scenario {
    read_with(text, &[])
}

pub(crate) fn read_with(text: &str, set: &[(&str, &str)]) -> Scenario {
    scenario::load_text("test.toml", text, Path::new("."), &overrides(set))
        .unwrap_or_else(|faults| panic!("{faults}"))
}

/// A scenario of the repository, by its path there.
pub(crate) fn shipped(name: &str, set: &[(&str, &str)]) -> Scenario {
    scenario::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name), &overrides(set))
        .unwrap_or_else(|faults| panic!("{name}: {faults}"))
}

/// The result and every session, replication by replication, on one thread.
pub(crate) fn play(model: &Model, experiment: &Experiment) -> (RunResult, Vec<SessionRecord>) {
    play_on(1, model, experiment)
}

/// The same on so many threads.
pub(crate) fn play_on(
    jobs: usize,
    model: &Model,
    experiment: &Experiment,
) -> (RunResult, Vec<SessionRecord>) {
    let stop = AtomicBool::new(false);
    let options = Options { jobs, stop: &stop, progress: &Quiet };
    let mut rows = Vec::new();
    let result = study::run(model, experiment, &options, |_| Vec::new(), |_, sink| rows.extend(sink))
        .unwrap_or_else(|error| panic!("{error}"));
    (result, rows)
}

/// The result alone, on one thread.
pub(crate) fn result(model: &Model, experiment: &Experiment) -> RunResult {
    result_on(1, model, experiment)
}

/// The result alone, on so many threads; 0 for as many as there are cores.
pub(crate) fn result_on(jobs: usize, model: &Model, experiment: &Experiment) -> RunResult {
    let stop = AtomicBool::new(false);
    let options = Options { jobs, stop: &stop, progress: &Quiet };
    study::run(model, experiment, &options, |_| NoSessions, |_, _| ())
        .unwrap_or_else(|error| panic!("{error}"))
}
