//! Cost of a request, memory and depth of the event list as a day grows from 1,000
//! to 1,000,000 mailboxes.
//!
//! Two sites on one name; the first serves the Internet and proxies for the second.
//! Every protocol is in use, inside and outside. Servers and lines are scaled with
//! the mailboxes, so that utilisation is alike at every size (its mean over all servers
//! and the peak of the busiest one are printed). Each run is a process of its own, since peak
//! memory is a process's. Goal: a request at 100,000 mailboxes costs at most 2.5
//! times what it costs at 1,000, in the median of five interleaved runs over ten
//! hours on one core.
//!
//! `cargo bench --bench scale` does that; `-- 10000 1` plays 10,000 mailboxes for one
//! hour, once; `-- million` plays a million for ten hours and for twelve minutes, and says what a
//! request costs in the time between, beside one of 1,000 (five minutes). Linux only: processor
//! time and memory are read from `/proc`.

#![allow(clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use casim::results::NoSessions;
use casim::scenario::load_text;
use casim::sim::measured::IntervalSample;
use casim::study::{System, Workers, replicate};

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];
const HOURS: u32 = 10;
const ROUNDS: usize = 5;
const CORES: f64 = 4.0;

/// Half of the mailboxes at each site; servers and lines in proportion.
fn scenario(mailboxes: u32, minutes: u32) -> String {
    let servers = mailboxes.div_ceil(1_000);
    let megabits = mailboxes.div_ceil(20);
    let mut text = format!(
        r#"
name = "a day at scale"
exchange = "2007"
[run]
window = "{minutes} min"
start = "08:00"
warmup = "6 min"
clock = "+01:00"
[[link]]
between = ["A", "B"]
bandwidth = "{megabits} Mbps"
latency = "20 ms"
[[namespace]]
name = "mail.contoso.com"
internet = ["A"]
inside = ["A"]
[[namespace]]
name = "cas.b.contoso.com"
inside = ["B"]
[[namespace]]
name = "pop.contoso.com"
internet = ["B"]
inside = ["B"]
"#
    );
    for site in ["A", "B"] {
        let internet = format!("internet = {{ bandwidth = \"{} Mbps\", latency = \"4 ms\" }}", 2 * megabits);
        // Devices are proxied to the one server that the URL names: without a name for all it is the first.
        let (auth, url, eas) = if site == "A" {
            ("forms", "external_url = \"https://mail.contoso.com/owa\", ", "")
        } else {
            let eas = "eas = { internal_url = \"https://cas.b.contoso.com/Microsoft-Server-ActiveSync\" }";
            ("integrated", "", eas)
        };
        let _ = write!(
            text,
            r#"
[[site]]
name = "{site}"
pop_imap = true
time_zone = "+01:00"
{internet}
cas = {{ servers = {servers}, cores = 4, mhz = "2.66 GHz" }}
mailbox = {{ servers = {servers}, cores = 4, mhz = "2.66 GHz" }}
owa = {{ {url}auth = ["{auth}"] }}
{eas}
[[population]]
name = "{site} outside"
home = "{site}"
mailboxes = {}
from = "Internet"
namespace = {{ default = "mail.contoso.com", pop = "pop.contoso.com", imap = "pop.contoso.com" }}
profile = "heavy"
clients = {{ owa = 0.3, eas = 0.5, outlook-anywhere = 0.3, ews = 0.05, pop = 0.02, imap = 0.02 }}
[[population]]
name = "{site} inside"
home = "{site}"
mailboxes = {}
from = "{site}"
namespace = "mail.contoso.com"
profile = "medium"
clients = {{ outlook-cached = 0.8, outlook-online = 0.1, autodiscover = 1.0, oab = 0.8, owa = 0.05 }}
"#,
            mailboxes * 3 / 10,
            mailboxes / 5,
        );
    }
    text
}

/// Processor time of this process so far, s.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Peak resident memory of this process, MiB.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()).and_then(|k| k.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Plays one size once and prints in one line: requests, events, processor time of
/// the run and of getting ready (s), wall time (s), peak memory (MiB), utilisation of
/// the busiest server in its busiest interval, and of all servers in the mean.
fn one(mailboxes: u32, minutes: u32) {
    let text = scenario(mailboxes, minutes);
    let began = Instant::now();
    let scenario = match load_text("scale.toml", &text, Path::new("."), &[]) {
        Ok(scenario) => scenario,
        Err(faults) => panic!("{}", faults.render(false)),
    };
    let workers = Workers::new(1).unwrap_or_else(|error| panic!("{error}"));
    let system = System::compile(&scenario.model);
    let ready = processor_time();
    let (played, _) = replicate(&system, &scenario.experiment, &workers, 0, NoSessions)
        .unwrap_or_else(|error| panic!("{error}"));
    let spent = processor_time() - ready;
    let report = played.report;
    let requests = report.requests[1] + report.requests[2];
    let whole = scenario.experiment.interval.0 as f64;
    let busy =
        |sample: &IntervalSample| sample.stations.iter().map(|s| s[0]).fold(0.0, f64::max) / whole / CORES;
    let busiest = report.intervals.iter().map(busy).fold(0.0, f64::max);
    let core_time: f64 = report.stations.iter().map(|s| s.busy as f64).sum();
    let mean = core_time / scenario.experiment.window.0 as f64 / CORES / report.stations.len() as f64;
    println!(
        "{requests} {} {spent:.3} {ready:.3} {:.3} {:.1} {busiest:.3} {mean:.4}",
        report.events,
        began.elapsed().as_secs_f64(),
        peak_memory()
    );
}

/// Runs [`one`] in a process of its own.
fn apart(mailboxes: u32, minutes: u32) -> Vec<f64> {
    let me = std::env::current_exe().unwrap_or_else(|error| panic!("{error}"));
    let output = Command::new(me)
        .args(["one", &mailboxes.to_string(), &minutes.to_string()])
        .output()
        .unwrap_or_else(|error| panic!("{error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    text.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

fn show(mailboxes: u32, minutes: u32, figures: &[f64]) {
    let [requests, events, spent, ready, wall, memory, busiest, mean] = figures else {
        panic!("{figures:?}")
    };
    println!(
        "{mailboxes:>9} mailboxes, {minutes} min: {requests:.0} requests, {events:.0} events, {spent:.2} s \
         ({:.2} M events/s, {:.0} ns a request), {ready:.2} s to get ready, {wall:.1} s wall, {memory:.0} MiB, \
         servers {:.1} % busy, the busiest {:.0} % at its peak",
        events / spent / 1e6,
        spent / requests * 1e9,
        100.0 * mean,
        100.0 * busiest
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u32>().unwrap_or_else(|error| panic!("{text}: {error}"));
    match words.as_slice() {
        // `cargo test` runs benches with --test: nothing to measure then.
        words if words.contains(&"--test") => {}
        ["one", mailboxes, minutes] => one(number(mailboxes), number(minutes)),
        ["million"] => million(),
        [mailboxes, hours] => {
            let (mailboxes, minutes) = (number(mailboxes), 60 * number(hours));
            show(mailboxes, minutes, &apart(mailboxes, minutes));
        }
        _ => all(),
    }
}

/// What a request costs beyond the start, ns: a day less its first twelve minutes.
fn beyond_the_start(mailboxes: u32) -> f64 {
    let [short, long] = [12, 60 * HOURS].map(|minutes| {
        let figures = apart(mailboxes, minutes);
        show(mailboxes, minutes, &figures);
        figures
    });
    (long[2] - short[2]) / (long[0] - short[0]) * 1e9
}

/// A million mailboxes beside a thousand, the start taken off.
fn million() {
    let [few, many] = [1_000, 1_000_000].map(beyond_the_start);
    println!("beyond the start: {few:.0} and {many:.0} ns a request, {:.2} times", many / few);
}

/// Every size, in turn, and the ratios of the cost of a request in each round.
fn all() {
    let mut ratios = vec![Vec::new(); SIZES.len()];
    for _ in 0..ROUNDS {
        let mut first = 0.0;
        for (size, ratios) in SIZES.iter().zip(&mut ratios) {
            let figures = apart(*size, 60 * HOURS);
            show(*size, 60 * HOURS, &figures);
            let cost = figures[2] / figures[0];
            if first == 0.0 {
                first = cost;
            }
            ratios.push(cost / first);
        }
    }
    for (size, ratios) in SIZES.iter().zip(&mut ratios) {
        ratios.sort_by(f64::total_cmp);
        println!(
            "a request at {size} mailboxes costs {:.2} times one at {}, median of {ROUNDS}",
            ratios[ROUNDS / 2],
            SIZES[0]
        );
    }
}
