//! Resident memory in the course of a run: flat through a storm, and per live client
//! in an overload with retries.
//!
//! `cargo bench --bench memory -- storm` plays `scenarios/wan-cut-at-eleven.toml` with
//! twenty times the mailboxes, servers and lines, and prints resident memory against
//! simulated time, before, during and after the cut; `-- overload` plays web service
//! clients that ask for ten times what the servers can do and try again, once with
//! 200,000 clients and once with 800,000 at the same offered load, and divides the
//! difference of memory (peak, and resident in the second half) by the difference of clients. All of them have a session
//! open nearly all the time. Linux only: memory is read from `/proc`.

#![allow(clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use casim::kernel::{SimSpan, SimTime};
use casim::results::NoSessions;
use casim::scenario::load_text;
use casim::study::{Progress, System, Workers, replicate};

const CLIENTS: [u32; 2] = [200_000, 800_000];

/// A figure of this process in kB, from `/proc`.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|l| l.split_whitespace().next()).and_then(|k| k.parse().ok()).unwrap_or(0)
}

/// Resident memory by simulated time, as often as the run tells how far it is.
#[derive(Debug, Default)]
struct Samples(Mutex<(SimTime, Vec<(SimTime, u64)>)>);

impl Progress for Samples {
    fn advanced(&self, simulated: SimSpan, _: u64) {
        if let Ok(mut samples) = self.0.lock() {
            samples.0 = samples.0 + simulated;
            let now = samples.0;
            samples.1.push((now, memory("VmRSS:")));
        }
    }
}

/// Plays one replication; memory before it, and in its course.
fn play(text: &str) -> (u64, Vec<(SimTime, u64)>) {
    let scenario = match load_text("memory.toml", text, Path::new("."), &[]) {
        Ok(scenario) => scenario,
        Err(faults) => panic!("{}", faults.render(false)),
    };
    let stop = AtomicBool::new(false);
    let samples = Samples::default();
    let workers = Workers::watched(1, &stop, &samples).unwrap_or_else(|error| panic!("{error}"));
    let before = memory("VmRSS:");
    let system = System::compile(&scenario.model);
    let (played, _) = replicate(&system, &scenario.experiment, &workers, 0, NoSessions)
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(played.report.violations.is_empty(), "{:?}", played.report.violations);
    drop(workers);
    (before, samples.0.into_inner().unwrap_or_default().1)
}

fn storm() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/wan-cut-at-eleven.toml");
    let mut text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let scaled = [
        ("mailboxes = 3000", "mailboxes = 60000"),
        ("servers = 2,", "servers = 40,"),
        ("\"300 Mbps\"", "\"6000 Mbps\""),
        ("\"20 Mbps\"", "\"400 Mbps\""),
    ];
    for (old, new) in scaled {
        assert!(text.contains(old), "{old} stands in {path}");
        text = text.replace(old, new);
    }
    let (before, samples) = play(&text);
    println!("before the run {:.1} MiB", before as f64 / 1024.0);
    // The run begins at 09:10.
    let mut next = 0.0;
    for (at, kb) in samples {
        let minutes = at.as_secs_f64() / 60.0;
        if minutes >= next {
            let clock = 9.0 * 60.0 + 10.0 + minutes;
            println!(
                "{:02.0}:{:02.0}  {:.1} MiB",
                (clock / 60.0).floor(),
                (clock % 60.0).floor(),
                kb as f64 / 1024.0
            );
            next = minutes + 5.0;
        }
    }
    println!("peak {:.1} MiB", memory("VmHWM:") as f64 / 1024.0);
}

/// Ten times what the servers can do: each client asks every `clients / 10,000` seconds.
fn overload(clients: u32) {
    let a_day = 864_000_000 / clients;
    let (before, samples) = play(&format!(
        r#"
name = "Ten times more web service calls than the servers can do"
exchange = "2010 SP3"
[run]
window = "9 min"
start = "09:00"
warmup = "1 min"
[clients]
retries = 5
[[site]]
name = "Hub"
internet = {{ bandwidth = "10 Gbps" }}
cas = {{ servers = 5, cores = 10 }}
mailbox = {{ servers = 40, cores = 8 }}
ews = {{ external_url = "https://mail.contoso.com/EWS/Exchange.asmx" }}
[[namespace]]
name = "mail.contoso.com"
internet = ["Hub"]
[[population]]
name = "everyone"
home = "Hub"
mailboxes = {clients}
concurrent = 1.0
day = "flat24h"
namespace = "mail.contoso.com"
clients = {{ ews = 1.0 }}
settings = {{ ews_requests_per_day = {a_day} }}
"#
    ));
    // What is resident in the second half of the run, by its median.
    let mut half: Vec<u64> = samples[samples.len() / 2..].iter().map(|(_, kb)| *kb).collect();
    half.sort_unstable();
    println!("{before} {} {}", memory("VmHWM:"), half[half.len() / 2]);
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        // `cargo test` runs benches with --test: nothing to measure then.
        words if words.contains(&"--test") => {}
        ["storm"] => storm(),
        ["one", clients] => overload(clients.parse().unwrap_or_else(|error| panic!("{clients}: {error}"))),
        _ => {
            let me = std::env::current_exe().unwrap_or_else(|error| panic!("{error}"));
            let peaks = CLIENTS.map(|clients| {
                let output = Command::new(&me).args(["one", &clients.to_string()]).output();
                let output = output.unwrap_or_else(|error| panic!("{error}"));
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let figures: Vec<f64> = text.split_whitespace().filter_map(|n| n.parse().ok()).collect();
                let [before, peak, half] = [figures[0], figures[1], figures[2]].map(|kb| kb / 1024.0);
                println!(
                    "{clients} clients: {before:.1} MiB before, peak {peak:.1}, second half {half:.1} MiB"
                );
                [figures[1] * 1024.0, figures[2] * 1024.0]
            });
            let each = |n: usize| (peaks[1][n] - peaks[0][n]) / f64::from(CLIENTS[1] - CLIENTS[0]);
            println!("{:.0} bytes a live client by peak, {:.0} in the second half", each(0), each(1));
        }
    }
}
