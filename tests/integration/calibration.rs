//! The published figures, played: `scenarios/calibration` against `docs/calibration.md`.
//!
//! Each case runs a shipped scenario and yields [`Row`]s; a row is within its
//! tolerance of the published figure, and stands in the document with the figure that
//! the run gave (within 1 %, so that a change of draws elsewhere does not rewrite it).
//! `CASIM_BLESS=1 cargo test --test integration calibration` writes the table anew.
//!
//! Windows are short where the load is steady (half an hour of a flat day instead of
//! eight hours); each scenario says which. Seeds are fixed: a test passes or fails for
//! good. The tolerances are the ones demanded of the model; where sampling matters the
//! row says the standard deviation.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use casim::clients::expected::offered_load::offered_load;
use casim::clients::steps::{EasStep, OutlookStep, OwaStep, Step};
use casim::itinerary::Part;
use casim::model::access::Failure;
use casim::model::protocol::Protocol;
use casim::results::{Cell, LinkRow, RunResult};
use casim::scenario::Scenario;
use casim::sim::Outcome;

use crate::support::once::played_once;
use crate::support::{result, shipped};

/// One line of the table.
struct Row {
    /// What is compared.
    what: String,
    /// Published figure, and how far the run may be from it (share of it); none where
    /// the row reports.
    published: Option<(f64, f64)>,
    /// What the run gave.
    casim: f64,
    unit: &'static str,
    /// Whether it is evidence, or a check of consistency, and why it differs.
    remark: &'static str,
}

impl Row {
    fn new(
        what: impl Into<String>,
        published: f64,
        within: f64,
        casim: f64,
        unit: &'static str,
        remark: &'static str,
    ) -> Self {
        Self { what: what.into(), published: Some((published, within)), casim, unit, remark }
    }

    fn report(what: impl Into<String>, casim: f64, unit: &'static str, remark: &'static str) -> Self {
        Self { what: what.into(), published: None, casim, unit, remark }
    }

    fn line(&self) -> String {
        let number = |x: f64| {
            let digits = if x.abs() >= 1_000.0 { 0 } else { 2 };
            format!("{x:.digits$}")
        };
        let (published, difference) = match self.published {
            Some((published, _)) => {
                (number(published), format!("{:+.1} %", (self.casim / published - 1.0) * 100.0))
            }
            None => (String::new(), String::new()),
        };
        let Self { what, casim, unit, remark, .. } = self;
        format!("| {what} | {published} | {} | {unit} | {difference} | {remark} |", number(*casim))
    }
}

const CONSISTENCY: &str = "consistency";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/calibration")
}

fn load(name: &str, set: &[(&str, &str)]) -> Scenario {
    let scenario = shipped(&format!("scenarios/calibration/{name}"), set);
    assert!(scenario.warnings.is_empty(), "{name}: {:?}", scenario.warnings);
    scenario
}

fn play(name: &str, set: &[(&str, &str)]) -> RunResult {
    let scenario = load(name, set);
    result(&scenario.model, &scenario.experiment)
}

fn cpu(result: &RunResult, group: &str) -> f64 {
    result.servers.iter().find(|row| row.name == group).map(|row| row.utilisation_mean).unwrap() * 100.0
}

fn link<'r>(result: &'r RunResult, name: &str) -> &'r LinkRow {
    result.links.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no link {name}"))
}

fn cell<'r>(result: &'r RunResult, population: &str) -> &'r Cell {
    let of = |cell: &&Cell| result.names.populations[cell.key.population as usize] == population;
    let cells: Vec<&Cell> = result.cells.iter().filter(of).collect();
    assert_eq!(cells.len(), 1, "{population} has one kind of session");
    cells[0]
}

/// Mean latency of completed requests.
fn mean_ms(cell: &Cell) -> f64 {
    let sum: u128 = cell.replications.iter().map(|r| r.latency_sum).sum();
    sum as f64 / cell.latency.count() as f64 / 1e6
}

/// Bytes carried in both directions of the link between the datacentre and a site.
fn bytes(result: &RunResult, site: &str) -> f64 {
    let there = link(result, &format!("Datacentre>{site}"));
    (there.carried_bits + link(result, &format!("{site}>Datacentre")).carried_bits) / 8.0
}

/// Mbit/s carried.
fn mbps(result: &RunResult, link: &LinkRow) -> f64 {
    link.carried_bits / result.window.as_secs_f64() / f64::from(result.replications) / 1e6
}

fn outlook_anywhere() -> Vec<Row> {
    let r2 = "outlook-anywhere-2008-r2.toml";
    let full = play(r2, &[]);
    let megahertz = cpu(&full, "Datacentre-MBX") / 100.0 * 8.0 * 12.0 * 2_000.0 / 14_000.0;
    let idle = play(r2, &[("population.Staff.mailboxes", "300")]);
    let tasks = cell(&idle, "Staff");
    let store = tasks.parts[Part::MailboxService as usize] as f64 / tasks.latency.count() as f64 / 10.0 / 1e6;
    let more = play(r2, &[("population.Staff.mailboxes", "15000")]);
    vec![
        Row::new(
            "Outlook Anywhere, 8 x 2 GHz, 14,000 users, 2008 R2: CPU",
            75.0,
            0.10,
            cpu(&full, "Datacentre-CAS"),
            "%",
            CONSISTENCY,
        ),
        Row::new(
            "the same, 6,500 users, 2008 SP2: CPU",
            75.0,
            0.10,
            cpu(&play("outlook-anywhere-2008-sp2.toml", &[]), "Datacentre-CAS"),
            "%",
            CONSISTENCY,
        ),
        Row::new(
            "the same, 2008 R2, at the 15,000 users that a talk calls full: CPU",
            75.0,
            0.15,
            cpu(&more, "Datacentre-CAS"),
            "%",
            "evidence: the line of the costs has 13,996 users at 75 %, 7 % below the talk's number",
        ),
        Row::new(
            "the same at 14,000 users: the Mailbox role's clock for a user",
            0.6,
            2.6,
            megahertz,
            "MHz",
            "evidence against: the lab measured 0.6 (eightwone.com), the sizing that casim goes by has 2 for a mailbox of this \
             profile, whatever it is used by",
        ),
        Row::new(
            "a store call of Outlook without load",
            6.6,
            0.4,
            store,
            "ms",
            "tuned: `mailbox_foreground` is assumed so that this lies between the 3.8 and 6.6 ms that were measured in \
             production (RPC averaged latency, samdrey 2014-06-13); the alarm is at 25",
        ),
    ]
}

fn activesync() -> Vec<Row> {
    let nine = play("activesync-9000.toml", &[]);
    let five = play("activesync-5000.toml", &[]);
    let below = play("activesync-5000.toml", &[("population.Devices.mailboxes", "4900")]);
    let group =
        |result: &RunResult| result.servers.iter().find(|row| row.name == "Datacentre-CAS").cloned().unwrap();
    let (full, free) = (group(&five), group(&below));
    assert_eq!(full.connections_peak, 5_000, "never more are held");
    assert!(full.connections_mean > 4_950.0, "{}", full.connections_mean);
    assert!(full.rejected_connections > 1_000 && free.rejected_connections == 0);
    assert!(five.failures.iter().all(|row| row.failure == Failure::ConnectionLimit));
    assert!(Failure::ConnectionLimit.sentence().contains("503"));
    vec![
        Row::new(
            "ActiveSync, 7,500 devices, limit 9,000, heartbeat 480 s: CPU",
            75.0,
            0.05,
            cpu(&nine, "Datacentre-CAS"),
            "%",
            "consistency of cycles; a device is played as 109 Pings, 120 Syncs and 20 sends a day",
        ),
        Row::new(
            "ActiveSync, 6,000 devices, limit 5,000: requests held at most",
            5_000.0,
            0.0,
            full.connections_peak as f64,
            "",
            "evidence of mechanism: refused with 503 from there on; 4,900 devices meet no refusal",
        ),
        Row::new(
            "the same: CPU",
            50.0,
            0.10,
            cpu(&five, "Datacentre-CAS"),
            "%",
            "consistency; refused devices try again, whose mail then waits",
        ),
    ]
}

fn online_latency() -> Vec<Row> {
    let result = play("online-latency.toml", &[]);
    [(0, 15.0), (71, 85.0), (121, 131.0), (170, 215.0), (222, 244.0), (319, 350.0), (425, 430.0)]
        .into_iter()
        .map(|(rtt, response)| {
            let mean = mean_ms(cell(&result, &format!("{rtt} ms"))) / 10.0;
            let remark = if rtt == 0 {
                "given"
            } else {
                "evidence of one round trip an RPC; the 1.05 was fitted to the measured points, which scatter by 10 %"
            };
            Row::new(format!("online Outlook, response of an RPC at {rtt} ms"), response, 0.15, mean, "ms", remark)
        })
        .collect()
}

const PROFILES: [&str; 4] = ["light", "medium", "heavy", "very heavy"];

fn bytes_of_outlook() -> Vec<Row> {
    let result = play("bytes-outlook.toml", &[]);
    let table = [
        ("outlook-online", [4_050.0, 8_115.0, 16_215.0, 24_315.0]),
        ("outlook-cached", [1_950.0, 3_900.0, 7_800.0, 11_700.0]),
        ("outlook-anywhere", [2_310.0, 4_635.0, 9_255.0, 13_875.0]),
    ];
    let mut rows = Vec::new();
    for (client, published) in table {
        for (profile, published) in PROFILES.iter().zip(published) {
            let name = format!("{client} {profile}");
            let users = cell(&result, &name).counts.users as f64;
            rows.push(Row::new(
                format!("{client}, {profile}"),
                published,
                0.01,
                bytes(&result, &name) / users / 1_000.0,
                "KB a user and day",
                "consistency; 70,000 messages, standard deviation 0.4 %",
            ));
        }
    }
    rows
}

fn bytes_of_owa() -> Vec<Row> {
    let result = play("bytes-owa.toml", &[]);
    PROFILES
        .iter()
        .zip([9_285.0, 18_330.0, 36_405.0, 54_495.0])
        .map(|(profile, published)| {
            let name = format!("owa {profile}");
            let logons = cell(&result, &name).counts.sessions as f64;
            Row::new(
                format!("OWA, {profile}"),
                published,
                0.01,
                bytes(&result, &name) / logons * 2.0 / 1_000.0,
                "KB a user and day",
                "consistency; by logons played, two a day",
            )
        })
        .collect()
}

fn mean_rates() -> Vec<Row> {
    let day = play("mean-rates.toml", &[]);
    let owa = play("mean-rates.toml", &[("run.window", "05:00 - 05:00")]);
    let outlook = bytes(&day, "Outlook") / f64::from(day.replications) / 28_800.0 / 1_000.0;
    let logons = cell(&owa, "OWA").counts.sessions as f64;
    let owa = bytes(&owa, "OWA") / logons * 200.0 / 28_800.0 / 1_000.0;
    vec![
        Row::new(
            "100 heavy Outlook users, cached, 50 KB a message",
            18.06,
            0.01,
            outlook,
            "KB/s",
            "consistency; that the model scales with the message size is evidence. The guidance itself says 18.5",
        ),
        Row::new(
            "100 medium OWA users, 50 KB a message",
            42.4,
            0.01,
            owa,
            "KB/s",
            "as above; by logons played",
        ),
    ]
}

fn proxy_decomposition() -> Vec<Row> {
    let rows: [(&str, f64, f64, f64); 6] = [
        ("MAPI Connect", 4.0, 12.0, 16.0),
        ("MAPI Execute", 3.0, 9.0, 12.0),
        ("MAPI Disconnect", 2.0, 4.0, 6.0),
        ("MAPI Execute across forests", 7.0, 4.0, 10.0),
        ("Autodiscover POST", 1.0, 11.0, 13.0),
        ("ActiveSync OPTIONS, cold", 40.0, 19_028.0, 19_068.0),
    ];
    rows.into_iter()
        .map(|(what, overhead, backend, total)| {
            let set = [
                ("costs.proxy_overhead", format!("\"{overhead} ms\"")),
                ("site.Datacentre.mailbox.store_latency", format!("\"{backend} ms\"")),
            ];
            let set: Vec<(&str, &str)> = set.iter().map(|(path, value)| (*path, value.as_str())).collect();
            let result = play("proxy-decomposition.toml", &set);
            let cell = cell(&result, "Staff");
            let (mean, count) = (mean_ms(cell), cell.latency.count());
            let parts: u128 = cell.parts.iter().sum();
            let sum = parts as f64 / count as f64 / 1e6;
            assert!((sum - mean).abs() < 1e-3, "{what}: parts {sum}, whole {mean}");
            assert!((mean - total).abs() <= 1.0 + 1e-6, "{what}: {mean} for {total}");
            Row::new(
                format!("{what}: {overhead} ms + {backend} ms"),
                total,
                1.0 / total + 1e-9,
                mean,
                "ms",
                "consistency of the decomposition, within 1 ms: played as a request with these two parts",
            )
        })
        .collect()
}

fn branch() -> Vec<Row> {
    let both = |result: &RunResult| {
        let there = link(result, "T1 Datacentre>Branch");
        let back = link(result, "T1 Branch>Datacentre");
        (mbps(result, there) + mbps(result, back)) * 1e6 / there.raw_bandwidth * 100.0
    };
    let down = |result: &RunResult| link(result, "T1 Datacentre>Branch").utilisation_mean * 100.0;
    let small = play("branch-t1.toml", &[]);
    let eight = ("population.Branch.mailboxes", "800");
    let large = play("branch-t1.toml", &[eight]);
    let tight = load("branch-t1.toml", &[eight, ("link.T1.available", "\"70 %\"")]);
    let loads = offered_load(&tight.model, &tight.experiment);
    let first = loads.iter().max_by(|a, b| a.utilisation().total_cmp(&b.utilisation())).unwrap();
    assert_eq!(first.name, "T1 Datacentre>Branch", "the first bottleneck");
    assert!(first.utilisation() > 1.0, "{}", first.utilisation());
    let remark = "consistency with the byte model";
    vec![
        Row::new(
            "400 users behind a T1 at the peak, both directions over one",
            56.0,
            0.03,
            both(&small),
            "%",
            remark,
        ),
        Row::new(
            "400 users, downward alone",
            45.0,
            0.03,
            down(&small),
            "%",
            "consistency: received messages count downward and sent ones upward, as planners do",
        ),
        Row::new("800 users, both directions over one", 112.0, 0.03, both(&large), "%", remark),
        Row::new("800 users, downward alone", 90.0, 0.03, down(&large), "%", remark),
        Row::new(
            "the same with 70 % available: the T1 by the utilisation law, first of all stations and links",
            90.0 / 0.7,
            0.03,
            first.utilisation() * 100.0,
            "%",
            "overloaded: `casim check` says so (L42)",
        ),
    ]
}

fn cached_mode() -> Vec<Row> {
    let result = play("online-to-cached.toml", &[]);
    let change = (bytes(&result, "Cached") / bytes(&result, "Online") - 1.0) * 100.0;
    vec![Row::new("200 medium users from online to cached mode", -52.0, 0.02, change, "% bytes", CONSISTENCY)]
}

fn seventy_sites() -> Vec<Row> {
    let peak = play("seventy-sites.toml", &[]);
    let out = mbps(&peak, link(&peak, "Datacentre>Cloud"));
    let into = mbps(&peak, link(&peak, "Cloud>Datacentre"));
    // The busiest hour of the day by the timeline of a whole day's run.
    let zones = play("seventy-sites-three-zones.toml", &[("run.window", "14:00 - 15:00")]);
    let one = play("seventy-sites-office.toml", &[]);
    let sum = |result: &RunResult| {
        mbps(result, link(result, "Datacentre>Cloud")) + mbps(result, link(result, "Cloud>Datacentre"))
    };
    vec![
        Row::new("24,000 users in 70 sites at the peak, out", 41.6, 0.03, out, "Mbit/s", CONSISTENCY),
        Row::new(
            "the same, in",
            10.4,
            0.03,
            into,
            "Mbit/s",
            "consistency; tasks that move no message go both ways and shift 0.2 Mbit/s",
        ),
        Row::new("the same, both", 52.0, 0.03, out + into, "Mbit/s", CONSISTENCY),
        Row::report(
            "office curve, one time zone, busiest hour, both",
            sum(&one),
            "Mbit/s",
            "reported; 24.5 by the curve alone, more because Outlook is connected for 84 % of the day's work and does all of it then",
        ),
        Row::report(
            "office curve, three time zones (-5, 0, +8 h), busiest hour 14:00, both",
            sum(&zones),
            "Mbit/s",
            "reported; what two zones have at the same time is the peak",
        ),
    ]
}

fn loadgen() -> Vec<Row> {
    let result = play("loadgen-tasks.toml", &[]);
    let tasks = cell(&result, "LoadGen").counts.requests as f64 / result.window.as_secs_f64();
    vec![Row::new(
        "5,000 heavy LoadGen users",
        22.9,
        0.01,
        tasks,
        "tasks/s",
        "consistency; 83,000 tasks, standard deviation 0.35 %",
    )]
}

fn mapi_http() -> Vec<Row> {
    let result = play("mapi-http.toml", &[]);
    let ratio = cpu(&result, "MAPI-CAS") / cpu(&result, "RPC-CAS");
    vec![Row::new(
        "MAPI/HTTP in place of RPC/HTTP on 2013 SP1: front end's CPU",
        50.0,
        0.05,
        (ratio - 1.0) * 100.0,
        "% more",
        "consistency; different draws in the two sites, standard deviation 1",
    )]
}

/// Bits of one connection over the time that they take.
fn one_window() -> Vec<Row> {
    let result = play("one-window.toml", &[]);
    let link = link(&result, "Far>Near");
    let taken: f64 = link.replications.iter().map(|run| run.sojourn_mean * run.completed as f64 / 1e9).sum();
    vec![Row::new(
        "one flow, 100 Mbit/s, round trip 80 ms, window 64,512 bytes",
        6.5,
        0.03,
        link.carried_bits / taken / 1e6,
        "Mbit/s",
        "evidence of the mechanism: the window is given, 6.45 by it alone; a transfer begins slowly",
    )]
}

/// Microsoft's own sizing of 2013: what two servers with all roles are asked for, in % of one.
fn multi_role() -> Vec<Row> {
    let file = "multi-role-2013.toml";
    let one = ("site.Lab.mailbox.copies", "1");
    let cpus = |set: &[(&str, &str)]| {
        let result = play(file, set);
        (cpu(&result, "Lab-CAS"), cpu(&result, "Lab-MBX"))
    };
    let all = |set: &[(&str, &str)]| {
        let (front, back) = cpus(set);
        front + back
    };
    let claimed = "consistency with the published arithmetic, which claims 5 to 10 % of what is measured";
    let row = |what: &str, published: f64, casim: f64| Row::new(what, published, 0.05, casim, "%", claimed);
    let four = [
        ("population.Users.mailboxes", "2000"),
        (
            "population.Users.profile",
            "{ sent = 40, received = 160, read = 160, deleted = 80, owa_logons = 2 }",
        ),
    ];
    let fifty = [one, ("population.Users.mailboxes", "10000"), ("population.Users.profile", "medium")];
    let core = |set: &[(&str, &str)]| load("outlook-anywhere-2008-r2.toml", set).model.topology.cas[0].mhz;
    let rated = [("site.Datacentre.cas.specint_rate", "240.96")];
    vec![
        row(
            "2013, all roles, 2,000 active and 2,000 passive mailboxes a server at 100 messages",
            84.9,
            all(&[]),
        ),
        row("the same, 1,000 and 1,000", 42.4, all(&[("population.Users.mailboxes", "2000")])),
        row("5,000 active at 50 messages, no copies", 86.2, all(&fifty)),
        row("1,000 and 1,000 at 200 messages", 85.0, all(&four)),
        row("the Mailbox role alone, 2,000 active at 100 messages", 50.0, cpus(&[one]).1),
        Row::new(
            "2010, a core of SPECint_rate2006 30.12 (8 cores X5550)",
            5_354.0,
            0.001,
            core(&rated),
            "megacycles/s",
            "consistency: the conversion is published (Exchange Team, 2010-09-14)",
        ),
    ]
}

/// Traffic of both directions through a server over the busy share of its one core.
fn tls_terminator() -> Vec<Row> {
    let result = play("tls-terminator.toml", &[]);
    let through = |site: &str| {
        let pipes = [format!("Internet>{site}"), format!("{site}>Internet")];
        let carried: f64 = pipes.iter().map(|pipe| mbps(&result, link(&result, pipe))).sum();
        carried / (cpu(&result, &format!("{site}-CAS")) / 100.0)
    };
    let rows = [
        ("TLS in, none out: OWA", "OWA", 21.0),
        ("TLS in, none out: web", "Web", 25.0),
        ("TLS in, none out: RPC/HTTP", "RPC", 28.0),
        ("TLS in and out: OWA, proxied", "OWA proxy", 16.0),
        ("TLS in and out: web, proxied", "Web proxy", 20.0),
    ];
    let why = "consistency: cycles a byte are derived from it and given";
    rows.map(|(what, site, published)| Row::new(what, published, 0.01, through(site), "Mbit/s", why)).into()
}

/// Heading and rows of each case.
type Case = (&'static str, fn() -> Vec<Row>);

const CASES: [Case; 15] = [
    ("Outlook Anywhere fills a server", outlook_anywhere),
    ("ActiveSync fills a server or its request limit", activesync),
    ("Online mode against the round trip", online_latency),
    ("Bytes of Outlook", bytes_of_outlook),
    ("Bytes of OWA", bytes_of_owa),
    ("Mean rates of 100 users", mean_rates),
    ("Proxied requests and their parts", proxy_decomposition),
    ("A branch behind a T1", branch),
    ("From online to cached mode", cached_mode),
    ("Seventy sites into one datacentre", seventy_sites),
    ("A server that ends TLS", tls_terminator),
    ("Servers with all roles of 2013, and a core", multi_role),
    ("One window over a long way", one_window),
    ("LoadGen's tasks, and MAPI/HTTP", || [loadgen(), mapi_http()].into_iter().flatten().collect()),
    ("Operations without load", by_operation),
];

const DOCUMENT: &str = "docs/calibration.md";
const BEGIN: &str = "<!-- cases -->\n";

/// Work and store calls of each step, without its network.
fn by_operation() -> Vec<Row> {
    let scenario = load("by-operation.toml", &[]);
    let model = &scenario.model;
    let lan = model.topology.sites[0].lan_rtt.0;
    let server = |protocol: Protocol, step: Step| {
        let (_, ends) = played_once(model, protocol, [lan, 1, 0], &[0], |cohort| cohort.steps[step]);
        let (_, outcome, parts) = ends[0];
        assert_eq!(outcome, Outcome::Completed);
        (parts[Part::EntryService as usize] + parts[Part::MailboxService as usize]) as f64 / 1e6
    };
    let mut rows = Vec::new();
    let profile = &model.workload.populations[0].profile;
    let settings = &model.workload.populations[0].settings;
    let owa = [
        ("logon", OwaStep::Logon, profile.owa_logons),
        ("a look into the inbox", OwaStep::Inbox, profile.read * settings.owa_inbox),
        ("opening a message", OwaStep::Read, profile.read),
        ("sending one", OwaStep::Send, profile.sent),
        ("deleting one", OwaStep::Delete, profile.deleted),
        ("a search", OwaStep::Search, profile.read * settings.owa_searches),
    ];
    let (mut sum, mut count) = (0.0, 0.0);
    for (what, step, times) in owa {
        let took = server(Protocol::Owa, step.into());
        (sum, count) = (sum + times * took, count + times);
        let told = match step {
            OwaStep::Search => {
                "reported; a monitor's alarm is at 100 ms in the mean (same source): that a search costs twice another action \
                 is assumed (`owa_search`)"
            }
            _ => "reported",
        };
        rows.push(Row::report(format!("OWA, {what}"), took, "ms", told));
    }
    let mean = sum / count;
    assert!(mean < 100.0, "{mean}");
    let alarm = "evidence: the alarm is at 100 ms in the mean (SearchExchange, 2009-06-25)";
    rows.push(Row::new("OWA, the mean of a heavy day's operations", 100.0, 1.0, mean, "ms", alarm));
    let none = "reported; no threshold is published";
    for (what, step) in [("a Sync", EasStep::Sync), ("SendMail", EasStep::Send)] {
        rows.push(Row::report(format!("ActiveSync, {what}"), server(Protocol::Eas, step.into()), "ms", none));
    }
    let tasks = [
        ("receiving a message", OutlookStep::Receive),
        ("sending one", OutlookStep::Send),
        ("any other task", OutlookStep::Task),
    ];
    for (what, step) in tasks {
        let took = server(Protocol::OutlookAnywhere, step.into());
        let told = "reported: ten calls one after another";
        rows.push(Row::report(format!("Outlook Anywhere, {what}"), took, "ms", told));
        let call = took / 10.0;
        assert!(call < 25.0, "{call}");
    }
    rows
}

fn document() -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// Writes the table anew when asked to.
#[test]
fn the_table_is_written() {
    if std::env::var_os("CASIM_BLESS").is_none() {
        return;
    }
    let (path, text) = document();
    let mut out = text[..text.find(BEGIN).unwrap() + BEGIN.len()].to_owned();
    for (heading, rows) in CASES {
        let _ = write!(
            out,
            "\n### {heading}\n\n| what | published | casim | unit | difference | what it shows |\n|---|---|---|---|---|---|\n"
        );
        for row in rows() {
            let _ = writeln!(out, "{}", row.line());
        }
    }
    std::fs::write(path, out).unwrap();
}

fn hold(case: usize) {
    if std::env::var_os("CASIM_BLESS").is_some() {
        return;
    }
    let (heading, rows) = CASES[case];
    let (_, text) = document();
    let section = text.split("\n### ").find(|part| part.starts_with(heading)).unwrap_or_default();
    let mut wrong = Vec::new();
    for row in rows() {
        if let Some((published, within)) = row.published
            && (row.casim / published - 1.0).abs() > within + 1e-9
        {
            wrong.push(format!("{}: {} for {published}, beyond {within}", row.what, row.casim));
        }
        let line = section.lines().find(|line| line.starts_with(&format!("| {} |", row.what)));
        let told = line.and_then(|line| line.split(" | ").nth(2)?.parse::<f64>().ok());
        if told.is_none_or(|told| (told - row.casim).abs() > 0.01 * row.casim.abs() + 0.005) {
            wrong.push(format!("{}: {DOCUMENT} says {told:?}, the run {}", row.what, row.casim));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn outlook_anywhere_fills_a_server() {
    hold(0);
}

#[test]
fn activesync_fills_a_server_or_its_limit() {
    hold(1);
}

#[test]
fn online_mode_answers_by_the_round_trip() {
    hold(2);
}

#[test]
fn outlook_moves_the_published_bytes() {
    hold(3);
}

#[test]
fn owa_moves_the_published_bytes() {
    hold(4);
}

#[test]
fn a_hundred_users_have_the_published_mean_rates() {
    hold(5);
}

#[test]
fn proxied_requests_are_the_sum_of_their_parts() {
    hold(6);
}

#[test]
fn a_branch_loads_its_t1_as_planned() {
    hold(7);
}

#[test]
fn cached_mode_halves_the_bytes() {
    hold(8);
}

#[test]
fn seventy_sites_load_one_datacentre() {
    hold(9);
}

#[test]
fn a_server_that_ends_tls_passes_on_what_was_measured() {
    hold(10);
}

#[test]
fn servers_with_all_roles_are_asked_for_what_is_published() {
    hold(11);
}

#[test]
fn a_small_window_holds_a_long_way_back() {
    hold(12);
}

#[test]
fn loadgen_and_mapi_http_are_as_published() {
    hold(13);
}

#[test]
fn operations_without_load_are_below_the_thresholds() {
    hold(14);
}

/// No case is left out by the tests above.
#[test]
fn every_case_has_its_test() {
    assert_eq!(CASES.len(), 15);
}

/// Each file's first comment asks its question, states what is expected and its source.
#[test]
fn scenarios_say_what_they_expect_and_from_whom() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let comment: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        let comment = comment.join(" ");
        let sourced =
            ["Published", "Measured", "No published figure"].iter().any(|word| comment.contains(word));
        assert!(comment.contains('?') && sourced, "{}", path.display());
    }
}
