//! What writing costs: rows of `sessions.csv` (the only file that grows with the
//! load) and one chart as PNG. A run of a minute or two; `cargo bench --bench output`.
//!
//! A row is formatted and goes to the page cache; the sync at the end of a run is not
//! part of it.

use casim::kernel::{SimSpan, SimTime};
use casim::model::access::{Decision, Mechanism};
use casim::model::protocol::Protocol;
#[cfg(feature = "png")]
use casim::output::charts::scene::Head;
use casim::output::charts::{Scene, png};
use casim::output::{Inputs, RunFolder, SessionPolicy};
use casim::results::{Names, SessionOutcome, SessionRecord, SessionSink};

fn main() {
    divan::main();
}

const ROWS: usize = 100_000;

fn names() -> Names {
    let strings = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    Names {
        populations: strings(&["Boston staff", "Chennai staff"]),
        sites: strings(&["Amsterdam", "Boston", "Chennai"]),
        locations: strings(&["Amsterdam", "Boston", "Chennai", "Internet"]),
        namespaces: strings(&["mail.contoso.com"]),
        servers: strings(&["Amsterdam-CAS-1", "Boston-MBX-1"]),
        mailboxes: vec![4000, 3000],
    }
}

fn row(n: u64) -> SessionRecord {
    SessionRecord {
        session_id: n.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        replication: 0,
        protocol: Some(Protocol::ALL[n as usize % 11]),
        population: (n % 2) as u32,
        client_location: 3,
        mailbox_site: 1,
        entry_site: 0,
        serving_site: 1,
        entry_server: 0,
        serving_server: 1,
        namespace: 0,
        decision: Decision::Proxy,
        mechanism: Mechanism::Proxy,
        rule: "proxy-to-mailbox-site",
        requests: 40,
        failed_requests: 0,
        held_requests: 3,
        held_failed_requests: 0,
        redirects: 0,
        server_hops: 2,
        wan_hops: 1,
        client_wan_hops: 0,
        start: SimTime(1_800_000_000_000 + n * 1_234_567),
        carried_in: false,
        before_run: SimSpan::ZERO,
        end: SimTime(1_900_000_000_000 + n * 1_234_567),
        logon_latency: Some(SimSpan(812_345_678)),
        logon_human: casim::kernel::SimSpan::ZERO,
        latency_sum: 12_345_678_901 + n,
        latency_count: 40,
        latency_max: SimSpan(2_345_678_901),
        retries: 0,
        outcome: SessionOutcome::Completed,
        failure: None,
    }
}

#[divan::bench]
fn session_rows(bencher: divan::Bencher<'_, '_>) {
    let target = std::env::temp_dir().join(format!("casim-bench-{}", std::process::id()));
    let rows: Vec<SessionRecord> = (0..ROWS as u64).map(row).collect();
    bencher.counter(divan::counter::ItemsCount::new(ROWS)).bench_local(|| {
        let folder = RunFolder::create(&target, false, &Inputs::default())
            .expect("the system's temporary folder can be written");
        let mut writer = folder
            .sessions(0, SessionPolicy::All, &names(), casim::output::Clock::default())
            .expect("and a file made in it");
        rows.iter().for_each(|row| writer.session(row));
        drop(writer);
        folder.join_sessions(1).expect("and its rows be joined")
    });
}

#[cfg(feature = "png")]
#[divan::bench(sample_count = 10)]
fn png_of_a_chart() -> usize {
    let head = Head { finding: "A chart of the usual size with 7 lines".to_owned(), ..Head::default() };
    let mut scene = Scene::new(540.0, &head);
    for series in 0..7 {
        let height = |x: u32| 300.0 + 80.0 * f64::from((x * (series + 3)) % 17) / 17.0;
        scene.line(
            (0..200).map(|x| (80.0 + 3.0 * f64::from(x), height(x))).collect(),
            2.5,
            [0, 114, 178],
            &[],
        );
    }
    png::png(&scene).expect("it can be drawn").len()
}
