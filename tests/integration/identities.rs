//! What one file of a folder says, the others say too: sums over sessions.csv are the rows
//! of summary.csv and flows.csv, what ended in timeline.csv is what was asked less what
//! was unanswered, who fills a link is all that was offered to it.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{SMALL, Sandbox, assert_code};

const REPLICATIONS: f64 = 2.0;

/// A row by its columns.
type Row = BTreeMap<String, String>;

fn table(sandbox: &Sandbox, name: &str) -> Vec<Row> {
    let bytes = fs::read(sandbox.path().join("out").join(name)).unwrap();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row =
        |record: csv::StringRecord| head.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// The number in a column; a blank is nothing.
fn number(row: &Row, column: &str) -> Option<f64> {
    let text = row.get(column).unwrap_or_else(|| panic!("no column {column}"));
    (!text.is_empty()).then(|| text.parse().unwrap_or_else(|_| panic!("{column}: {text}")))
}

fn sum<'r>(rows: impl IntoIterator<Item = &'r Row>, column: &str) -> f64 {
    rows.into_iter().filter_map(|row| number(row, column)).sum()
}

/// Rows by what stands in these columns.
fn by<'r>(rows: &'r [Row], columns: &[&str]) -> BTreeMap<Vec<&'r str>, Vec<&'r Row>> {
    let mut groups: BTreeMap<Vec<&str>, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(columns.iter().map(|column| row[*column].as_str()).collect()).or_default().push(row);
    }
    groups
}

/// The number of rows behind a count per run.
fn in_all(row: &Row, column: &str) -> f64 {
    (number(row, column).unwrap() * REPLICATIONS).round()
}

const CELL: [&str; 5] = ["protocol", "population", "entry_site", "mailbox_site", "decision"];

const WAY: [&str; 9] = [
    "protocol",
    "population",
    "decision",
    "client_location",
    "namespace",
    "entry_site",
    "mechanism",
    "serving_site",
    "mailbox_site",
];

/// Columns of summary.csv with those of sessions.csv that add up to them.
const SUMS: [(&str, &str); 13] = [
    ("requests", "requests"),
    ("failed", "failed_requests"),
    ("completed_requests", "completed_requests"),
    ("held_requests", "held_requests"),
    ("held_failed_requests", "held_failed_requests"),
    ("redirects", "redirects"),
    ("retries", "retries"),
    ("server_hops", "server_hops"),
    ("wan_hops", "wan_hops"),
    ("carried_in", "carried_in"),
    ("completed", "completed"),
    ("failed_sessions", "failed"),
    ("open", "open"),
];

/// The smallest value of which at least this share is not above it.
fn percentile(values: &mut [f64], p: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(p * values.len() as f64).ceil() as usize - 1]
}

fn close(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * a.abs().max(b.abs()) + 1e-6
}

/// Every count, sum and mean of summary.csv, and the logon percentiles, from sessions.csv.
fn summary_is_of_sessions(name: &str, summary: &[Row], sessions: &[Row]) {
    let cells = by(sessions, &CELL);
    assert_eq!(cells.len(), summary.len(), "{name}");
    for row in summary {
        let key: Vec<&str> = CELL.iter().map(|column| row[*column].as_str()).collect();
        let of = &cells[&key];
        assert_eq!(in_all(row, "sessions"), of.len() as f64, "{name} {key:?}");
        for (column, session_column) in SUMS {
            let all = match column {
                "completed" | "failed_sessions" | "open" => {
                    of.iter().filter(|session| session["outcome"] == session_column).count() as f64
                }
                _ => sum(of.iter().copied(), session_column),
            };
            assert_eq!(in_all(row, column), all, "{name} {key:?} {column}");
        }
        let answered = sum(of.iter().copied(), "completed_requests");
        let weighted: f64 = of
            .iter()
            .filter_map(|s| Some(number(s, "mean_latency_ms")? * number(s, "completed_requests")?))
            .sum();
        if let Some(mean) = number(row, "mean_ms") {
            assert!(close(mean, weighted / answered, 1e-6), "{name} {key:?} {mean} {}", weighted / answered);
        }
        let hops = sum(of.iter().copied(), "server_hops") / of.len() as f64;
        assert!(close(number(row, "mean_server_hops").unwrap(), hops, 1e-5), "{name} {key:?}");
        let highest = of.iter().filter_map(|s| number(s, "max_latency_ms")).fold(0.0, f64::max);
        assert!(close(number(row, "max_ms_highest").unwrap_or(0.0), highest, 1e-9), "{name} {key:?}");
        if let Some(p95) = number(row, "logon_p95_ms") {
            let seen = of.iter().filter(|session| session["carried_in"] == "0");
            let mut logons: Vec<f64> = seen.filter_map(|s| number(s, "logon_latency_ms")).collect();
            let exact = percentile(&mut logons, 0.95);
            assert!(close(p95, exact, 5e-4), "{name} {key:?}: logon p95 {p95}, from sessions {exact}");
        }
    }
}

fn flows_are_of_sessions(name: &str, flows: &[Row], summary: &[Row], sessions: &[Row]) {
    let ways = by(sessions, &WAY);
    assert_eq!(
        ways.len(),
        flows.iter().filter(|flow| number(flow, "sessions") > Some(0.0)).count(),
        "{name}"
    );
    for flow in flows {
        let key: Vec<&str> = WAY.iter().map(|column| flow[*column].as_str()).collect();
        let of = &ways[&key];
        assert_eq!(in_all(flow, "sessions"), of.len() as f64, "{name} {key:?}");
        for (column, session_column) in [("requests", "requests"), ("failed", "failed_requests")] {
            assert_eq!(
                in_all(flow, column),
                sum(of.iter().copied(), session_column),
                "{name} {key:?} {column}"
            );
        }
        assert!(number(flow, "clients") >= number(flow, "clients_affected"), "{name} {key:?}");
        assert!(number(flow, "clients") <= number(flow, "sessions"), "{name} {key:?}");
    }
    for column in ["sessions", "requests", "failed"] {
        assert!(close(sum(flows, column), sum(summary, column), 1e-9), "{name} {column}");
    }
}

/// What ended is what completed and what failed, whether by protocol, population or both.
fn timeline_adds_up(name: &str, timeline: &[Row], summary: &[Row]) {
    let ended = sum(summary, "completed_requests") + sum(summary, "failed");
    for kind in ["protocol", "population", "users"] {
        let of: Vec<&Row> = timeline.iter().filter(|row| row["kind"] == kind).collect();
        assert!(close(sum(of.iter().copied(), "ended"), ended, 1e-6), "{name} {kind}");
        assert!(close(sum(of.iter().copied(), "offered"), sum(summary, "requests"), 1e-6), "{name} {kind}");
        for row in of {
            let (ended, failed) = (number(row, "ended").unwrap(), number(row, "failed").unwrap());
            assert!(failed <= ended, "{name}");
            let late = number(row, "late");
            assert!(
                late.is_none_or(|late| (failed..=ended + 1e-6).contains(&(late + 1e-9))),
                "{name} {row:?}"
            );
            assert!(failed * 20.0 <= ended || number(row, "p95_all_ms").is_none(), "{name} {row:?}");
            assert!(
                number(row, "p95_all_ms") >= number(row, "p95_ms").filter(|_| failed * 20.0 <= ended),
                "{name} {row:?}"
            );
        }
    }
    let protocols = by(timeline, &["kind", "protocol"]);
    for (key, rows) in by(summary, &["protocol"]) {
        let of = &protocols[&vec!["protocol", key[0]]];
        let ended = sum(rows.iter().copied(), "completed_requests") + sum(rows, "failed");
        assert!(close(sum(of.iter().copied(), "ended"), ended, 1e-6), "{name} {key:?}");
    }
}

/// A link's users asked together for what was offered to it.
fn links_are_filled_by_their_users(name: &str, links: &[Row], users: &[Row], seconds: f64) {
    let of = by(users, &["link"]);
    for link in links {
        let bytes =
            of.get(&vec![link["link"].as_str()]).map_or(0.0, |rows| sum(rows.iter().copied(), "bytes"));
        let offered = number(link, "offered_mbps").unwrap() * 1e6 / 8.0 * seconds;
        assert!(
            close(bytes, offered, 1e-6) || (bytes - offered).abs() < seconds,
            "{name} {}: {bytes} {offered}",
            link["link"]
        );
        assert!(link["kind"] == "custom" || number(link, "latency_ms").is_some(), "{name} {}", link["link"]);
        assert!(link["kind"] == "custom" || !link["from"].is_empty() && !link["to"].is_empty(), "{name}");
    }
    for rows in of.values() {
        assert!(close(sum(rows.iter().copied(), "share"), 1.0, 1e-5), "{name}");
    }
}

#[test]
fn files_of_a_folder_agree() {
    let scenarios = [
        ("small", "09:00 - 09:12"),
        ("wan-cut-at-eleven", "10:57 - 11:03"),
        ("missing-integrated-auth", "10:00 - 10:03"),
        ("regional-2010-silent", "10:00 - 10:03"),
    ];
    for (name, window) in scenarios {
        let sandbox = Sandbox::new();
        sandbox.write("small.toml", SMALL);
        let path = match name {
            "small" => "small.toml".to_owned(),
            shipped => format!("{}/scenarios/{shipped}.toml", env!("CARGO_MANIFEST_DIR")),
        };
        let window = format!("run.window={window}");
        let args = ["run", &path, "-o", "out", "--charts", "none", "--quiet", "--replications", "2"];
        let ran = sandbox.run(&[&args[..], &["--set", &window, "--set", "run.warmup=1 min"]].concat());
        assert_code(&ran, 0);
        let [sessions, summary, flows, timeline, links, users] =
            ["sessions", "summary", "flows", "timeline", "links", "link_users"]
                .map(|file| table(&sandbox, &format!("{file}.csv")));
        assert!(sum(&summary, "requests") > 100.0, "{name} asks for something");
        summary_is_of_sessions(name, &summary, &sessions);
        flows_are_of_sessions(name, &flows, &summary, &sessions);
        timeline_adds_up(name, &timeline, &summary);
        let text = fs::read_to_string(sandbox.path().join("out/run.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        links_are_filled_by_their_users(name, &links, &users, json["window_s"].as_f64().unwrap());
        let total = json["totals"]["requests"].as_f64().unwrap();
        assert!(close(total, sum(&summary, "requests"), 1e-6), "{name}");
        assert_eq!(json["session_rows"].as_f64(), Some(sessions.len() as f64), "{name}");
    }
}

/// A clock an hour ahead of UTC, a run across midnight: sessions and intervals tell day and
/// time with the offset.
#[test]
fn times_are_told_with_day_and_offset() {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", SMALL);
    let set =
        ["--set", "run.clock=+01:00", "--set", "run.window=23:45 - 00:15", "--set", "run.interval=5 min"];
    let args = ["run", "scenario.toml", "-o", "out", "--charts", "none", "--quiet"];
    assert_code(&sandbox.run(&[&args[..], &set[..], &["--set", "population.1.day=flat24h"]].concat()), 0);
    let timeline = table(&sandbox, "timeline.csv");
    let times: Vec<(&str, &str)> =
        by(&timeline, &["day", "local_time"]).keys().map(|key| (key[0], key[1])).collect();
    assert_eq!(
        times,
        [
            ("1", "23:45:00+01:00"),
            ("1", "23:50:00+01:00"),
            ("1", "23:55:00+01:00"),
            ("2", "00:00:00+01:00"),
            ("2", "00:05:00+01:00"),
            ("2", "00:10:00+01:00"),
        ]
    );
    for session in table(&sandbox, "sessions.csv") {
        // 23:45 less the warm-up of five minutes is where the run began.
        let began = number(&session, "start_s").unwrap() + 23.0 * 3600.0 + 40.0 * 60.0;
        let local = session["start_local"].strip_suffix("+01:00").unwrap();
        let parts: Vec<f64> = local.split(':').map(|part| part.parse().unwrap()).collect();
        let day = number(&session, "start_day").unwrap() - 1.0;
        let told = day * 86_400.0 + parts[0] * 3600.0 + parts[1] * 60.0 + parts[2];
        assert!((told - began).abs() < 0.001_001, "{session:?}");
        assert!(session["end_local"].ends_with("+01:00"), "{session:?}");
    }
}

/// Failures name the finding that explains them, and what mends them; what casim took for
/// itself is told with its kind.
#[test]
fn failures_and_assumptions_say_where_they_come_from() {
    let sandbox = Sandbox::new();
    let path = format!("{}/scenarios/missing-integrated-auth.toml", env!("CARGO_MANIFEST_DIR"));
    let args = ["run", &path, "-o", "out", "--charts", "none", "--quiet", "--set", "run.warmup=1 min"];
    assert_code(&sandbox.run(&[&args[..], &["--set", "run.window=10:00 - 10:10"]].concat()), 0);
    let failures = table(&sandbox, "failures.csv");
    let off: Vec<&Row> = failures.iter().filter(|row| row["failure"] == "no_integrated_auth").collect();
    assert!(!off.is_empty(), "{failures:?}");
    for row in off {
        assert!(["L03", "L04"].contains(&row["lint"].as_str()), "{row:?}");
        assert!(row["fix"].starts_with("site.") && row["command"].contains("Set-"), "{row:?}");
    }
    let text = fs::read_to_string(sandbox.path().join("out/run.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let assumed = json["assumed_defaults"].as_array().unwrap();
    let assumptions = table(&sandbox, "assumptions.csv");
    assert_eq!(assumptions.len(), assumed.len());
    for (row, line) in assumptions.iter().zip(assumed) {
        assert!(["published", "memory", "assumed"].contains(&row["kind"].as_str()), "{row:?}");
        let told = format!("{} = {} ({})", row["path"], row["value"], row["source"]);
        assert_eq!(told.trim_start_matches('\''), line.as_str().unwrap().trim_start_matches('\''));
    }
    // It can be played again.
    assert_code(&sandbox.run(&["verify", "out"]), 0);
}

/// What is printed fits 80 columns, with replications and outages too, and uses more where
/// it may.
#[test]
fn the_summary_fits_80_columns() {
    let sandbox = Sandbox::new();
    let path = format!("{}/scenarios/wan-cut-at-eleven.toml", env!("CARGO_MANIFEST_DIR"));
    let run = |columns: Option<&str>| {
        let mut casim = sandbox.casim();
        casim.args(["run", &path, "-o", "out", "--charts", "none", "--sessions", "none"]);
        casim.args(["--replications", "2", "--set", "run.window=10:57 - 11:03", "--set", "run.warmup=1 min"]);
        match columns {
            Some(columns) => casim.env("COLUMNS", columns),
            None => casim.env_remove("COLUMNS"),
        };
        let output = casim.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for (columns, width) in [(None, 80), (Some("120"), 120)] {
        let text = run(columns);
        for line in text.lines().filter(|line| !line.contains("results in")) {
            assert!(line.chars().count() <= width, "{width}: {line}");
            // Names of the table may be shortened; nothing that is said is cut.
            assert!(!line.ends_with('\u{2026}'), "{width}: {line}");
        }
        let head = text.lines().next().unwrap();
        assert!(head.contains('\u{b1}'), "{head}");
        assert_eq!(head.contains("Requests"), width > 80, "{head}");
    }
}

/// Forty rows of a table with the same fault are told once, with a count.
#[test]
fn faults_that_repeat_in_a_table_are_told_once() {
    let sandbox = Sandbox::new();
    let (head, _) = SMALL.split_once("[[population]]").unwrap();
    sandbox.write("scenario.toml", format!("populations = \"people.csv\"\n{head}"));
    let rows: String = (1..=40).map(|n| format!("People {n},Bostn,100,mail.contoso.com,0.5\n")).collect();
    sandbox.write("people.csv", format!("name,home,mailboxes,namespace,clients.owa\n{rows}"));
    let ran = sandbox.run(&["check", "scenario.toml"]);
    assert_code(&ran, 2);
    let text = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(text.matches("error[unknown-name]").count(), 1, "{text}");
    assert!(text.contains("the same in 39 more rows of this table"), "{text}");
}

/// Of forty populations that nobody can serve alike, `check` tells three and counts the rest;
/// as data it has all of them.
#[test]
fn findings_of_one_kind_are_counted() {
    let sandbox = Sandbox::new();
    let (head, tail) = SMALL.split_once("[[population]]").unwrap();
    let people: String = (1..=12)
        .map(|n| format!("[[population]]{}", tail.replace("Boston staff", &format!("Staff {n}"))))
        .collect();
    sandbox.write("scenario.toml", format!("{head}{people}"));
    let ran = sandbox.run(&["check", "scenario.toml"]);
    let csv = sandbox.run(&["check", "scenario.toml", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.stdout.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in &rows {
        *counts.entry(row[1].to_owned()).or_default() += 1;
    }
    for (lint, count) in counts {
        let told = ran.stdout.matches(&format!("[{lint}]")).count();
        assert_eq!(told, if count <= 4 { count } else { 3 }, "{lint} of {count}:\n{}", ran.stdout);
    }
}
