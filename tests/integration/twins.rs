//! Outages beside the twin without them: what began before the run, whom an outage touches,
//! what it costs, and books that agree to the unit.

use std::collections::BTreeSet;

use casim::model::access::Failure;
use casim::model::protocol::Protocol;
use casim::results::{NONE, RunResult, SessionRecord, StormReplication, StormRow};
use casim::scenario::Scenario;
use casim::store;
use casim::study::{Replication, Study, Workers};

use crate::outages::{STORE, outage, staff, two_sites};
use crate::support::{self, read};

const MINUTE: u64 = 60_000_000_000;

/// Runs a scenario on one thread; the run begins at 09:00, the window at 09:30.
fn play(text: &str) -> (RunResult, Vec<SessionRecord>) {
    let scenario = read(text);
    support::play(&scenario.model, &scenario.experiment)
}

/// A scenario of the folder of outages.
fn scenario(name: &str, set: &[(&str, &str)]) -> Scenario {
    support::shipped(&format!("tests/scenarios/outages/{name}"), set)
}

fn name_of(result: &RunResult, population: u32) -> &str {
    &result.names.populations[population as usize]
}

/// The row of all together of each incident, in order.
fn totals(result: &RunResult) -> impl Iterator<Item = &StormRow> {
    result.storms.rows.iter().filter(|row| row.population == NONE)
}

/// Differences from the twin.
fn differences(row: &StormReplication) -> (Option<i64>, Option<i128>, Option<i64>) {
    (row.users, row.lost, row.requests_lost)
}

/// Frankfurt's servers stop an hour before the window and half an hour before the run. All
/// who enter there fail all day, from the run's first instant on, and the others as ever.
#[test]
fn what_began_before_the_run_is_in_effect_from_its_first_instant() {
    let day = scenario("dead-all-day.toml", &[("run.window", "\"08:00 - 09:00\"")]);
    let result = support::play(&day.model, &day.experiment).0;
    let frankfurt = result.names.sites.iter().position(|name| name == "Frankfurt").expect("a site") as u32;
    for cell in &result.cells {
        let counts = &cell.counts;
        if cell.key.entry_site == frankfurt {
            assert!(cell.latency.count() * 1_000 <= counts.requests * 5, "{:?}: {counts:?}", cell.key);
        } else {
            assert!(counts.failed * 100 <= counts.requests, "{:?}: {counts:?}", cell.key);
        }
    }
    // Whoever asks at all times loses all the time.
    for users in result.users.iter().filter(|users| users.protocol == Some(Protocol::Eas)) {
        let name = name_of(&result, users.population);
        let share = users.replications[0].lost as f64 / (users.clients as f64 * result.window.0 as f64);
        let down = ["Frankfurt", "Madrid", "Warsaw"].iter().any(|site| name.starts_with(site));
        assert!(if down { share > 0.99 } else { share < 0.001 }, "{name}: {share}");
    }
    let total = totals(&result).next().and_then(|row| row.replications[0].clone()).expect("it is told");
    let failed: u64 = result.failures.iter().filter(|row| row.incident == 0).map(|row| row.count).sum();
    assert_eq!(total.failed, failed);
    assert_eq!(result.storms.incidents[0].spans, [(-60 * MINUTE as i64, 14 * 60 * MINUTE as i64)]);
}

/// A line that is cut every hour for ten minutes since before the run goes on by the same
/// calendar; a change of before the run holds from the beginning.
#[test]
fn the_calendar_of_before_the_run_goes_on_in_it() {
    let people = staff("London", "pop = 1.0");
    let every =
        "[[outage]]\nwhat = \"link.Amsterdam-London\"\nat = \"08:55\"\nevery = \"1 h\"\nfor = \"10 min\"\n";
    let (_, rows) = play(&two_sites("2010 SP2", STORE, &format!("{people}{every}")));
    // The run begins at 09:00: the line is cut until 09:05, and from 09:55 to 10:05.
    let cut = |r: &SessionRecord| (r.start.0 / MINUTE + 5) % 60 < 10;
    for row in &rows {
        if row.failure.is_some() {
            assert!(cut(row) || (row.start.0 / MINUTE + 6) % 60 < 10, "{row:?}");
        } else if (row.start.0 / MINUTE + 5) % 60 < 9 {
            panic!("served over a line that is cut: {row:?}");
        }
    }
    assert!(rows.iter().filter(|row| row.failure.is_some()).count() > 400);
    let change = "[[change]]\nat = \"07:00\"\nset = { \"site.London.eas.external_url\" = \"https://mail.contoso.com/x\" }\n";
    let phones = staff("London", "eas = 1.0");
    let (_, changed) = play(&two_sites("2010 SP2", STORE, &format!("{phones}{change}")));
    let (_, before) = play(&two_sites("2010 SP2", STORE, &phones));
    assert!(changed != before, "it is in force");
}

/// Two lines are cut, one after the other. Only those behind them are touched; nobody else
/// has anything to recover from. What outages.csv books is what failures.csv charges.
#[test]
fn only_those_behind_a_cut_line_are_touched() {
    let set = [("run.window", "\"15:30 - 19:30\""), ("run.replications", "2"), ("run.load", "0.25")];
    let cut = scenario("two-lines-cut.toml", &set);
    let result = support::play(&cut.model, &cut.experiment).0;
    let rows = || result.storms.rows.iter().filter(|row| row.population != NONE);
    let touched: BTreeSet<&str> =
        rows().filter(|row| row.touched == Some(true)).map(|row| name_of(&result, row.population)).collect();
    assert_eq!(touched, BTreeSet::from(["Madrid office", "Toronto staff"]));
    for row in totals(&result) {
        let booked: u64 = row.replications.iter().flatten().map(|r| r.failed).sum();
        let held: u64 = row.replications.iter().flatten().map(|r| r.held_failed).sum();
        let mine = || result.failures.iter().filter(|failure| failure.incident == row.incident);
        assert_eq!(booked, mine().map(|failure| failure.count).sum::<u64>());
        assert_eq!(held, mine().map(|failure| failure.held).sum::<u64>());
        let pairs = rows().filter(|pair| pair.incident == row.incident).flat_map(|pair| &pair.replications);
        assert_eq!(booked, pairs.flatten().map(|r| r.failed).sum::<u64>(), "no row is left out that counts");
        for replication in row.replications.iter().flatten() {
            assert!(replication.users.is_some_and(|users| users > 50), "{replication:?}");
            assert!(replication.recovery.is_some_and(|ns| ns < 20 * MINUTE), "{replication:?}");
        }
    }
    let charged = |row: &&casim::results::FailureRow| row.incident != NONE;
    assert!(result.failures.iter().any(|row| row.failure == Failure::LinkDown && charged(&row)));
}

/// A line that nobody crosses is cut: every difference is exactly zero, and no row of a
/// population is written.
#[test]
fn an_outage_that_touches_nobody_differs_in_nothing() {
    let rest = [
        staff("Amsterdam", "owa = 1.0, eas = 1.0, pop = 0.5"),
        outage("link.Amsterdam-London", "10:00", "20 min"),
    ];
    let (result, _) = play(&two_sites("2007", STORE, &rest.concat()));
    assert_eq!(result.storms.rows.len(), 1, "{:?}", result.storms.rows);
    let row = totals(&result).next().expect("the row of all together");
    assert_eq!(row.touched, Some(false));
    let storm = row.replications[0].as_ref().expect("it happens");
    assert_eq!(differences(storm), (Some(0), Some(0), Some(0)));
    assert_eq!(storm.twin_rate, Some(storm.peak_rate));
    assert_eq!((storm.failed, storm.recovery), (0, None));
}

/// A cut line, three replications: with twins on one thread and on four, without, one by
/// one through a file. The run itself is the same in all; what is told beside the twin is there
/// with it and blank without.
#[test]
fn a_twin_leaves_no_trace_in_the_run() {
    let rest = [
        staff("London", "outlook-anywhere = 1.0, eas = 0.5"),
        outage("link.Amsterdam-London", "10:30", "20 min"),
    ];
    let text = two_sites("2007", STORE, &rest.concat()).replace("[run]\n", "[run]\nreplications = 3\n");
    let scenario = read(&text);
    let run = |jobs: usize, twins: bool| {
        let workers = Workers::new(jobs).expect("threads");
        let study = Study::from(&scenario);
        let mut study = if twins { study } else { study.without_twins() };
        study.run(&workers).expect("a sound run")
    };
    let (one, four, alone) = (run(1, true), run(4, true), run(2, false));
    assert!(one == four, "threads have left a trace");
    assert_eq!(one.trajectory_hash, alone.trajectory_hash);
    assert!(one.cells == alone.cells && one.users == alone.users && one.failures == alone.failures);
    assert!(one.storms.twins && !alone.storms.twins);
    for row in alone.storms.rows.iter().flat_map(|row| row.replications.iter().flatten()) {
        assert_eq!((differences(row), row.twin_rate), ((None, None, None), None));
    }
    let booked = |result: &RunResult| -> Vec<_> {
        let rows = totals(result).flat_map(|row| row.replications.iter().flatten());
        rows.map(|r| (r.failed, r.reasons, r.longest, r.retries, r.peak_rate.to_bits())).collect()
    };
    assert_eq!(booked(&one), booked(&alone));
    let workers = Workers::new(2).expect("threads");
    let (mut study, mut again) = (Study::from(&scenario), Study::from(&scenario));
    for number in 0..3 {
        let bytes =
            store::to_bytes(&study.identity(), &study.replication(number, &workers).expect("a sound run"));
        let (identity, replication) = store::from_bytes::<Replication>(&bytes).expect("what was written");
        again.merge(&identity, replication).expect("the next one");
    }
    assert!(again.result() == one, "a figure was lost on the way");
}

/// The shipped cut line: recovery has an interval over replications, and so has all that is
/// told beside the twin.
#[test]
fn recovery_has_an_interval() {
    let set = [
        ("run.window", "\"10:45 - 12:00\""),
        ("run.warmup", "\"5 min\""),
        ("run.load", "0.25"),
        ("run.replications", "3"),
    ];
    let cut = support::shipped("scenarios/wan-cut-at-eleven.toml", &set);
    let result = support::result(&cut.model, &cut.experiment);
    let row = totals(&result).next().expect("the row of all together");
    let of = |value: fn(&StormReplication) -> Option<f64>| -> Vec<f64> {
        row.replications.iter().flatten().filter_map(value).collect()
    };
    let recoveries = of(|r| r.recovery.map(|ns| ns as f64 / 1e9));
    assert_eq!(recoveries.len(), 3);
    assert!(recoveries.iter().all(|&s| s < 600.0), "{recoveries:?}");
    let users = of(|r| r.users.map(|users| users as f64));
    let interval = casim::stats::interval::Interval::of_mean(&users).expect("three values");
    assert!(interval.estimate > 1_000.0 && interval.half_width.is_some_and(|half| half < interval.estimate));
    assert!(of(|r| Some(r.peak_rate - r.twin_rate?)).iter().all(|&storm| storm > 0.0));
}

/// A station of one's own that is down from an hour before the window until half an hour
/// into it refuses everybody from the run's first instant on.
#[test]
fn a_station_of_ones_own_is_down_since_before_the_run() {
    let text = r#"
[run]
window = "10:00 - 11:00"
warmup = "10 min"
[[station]]
name = "desk"
service = { exponential = { mean = "1 s" } }
[[source]]
name = "calls"
arrivals = { poisson = "0.5 /s" }
path = ["desk"]
[[outage]]
what = "station.desk"
at = "09:00"
for = "90 min"
"#;
    let (result, rows) = play(text);
    let opens = 40 * MINUTE;
    for row in rows.iter().filter(|row| row.start.0 + MINUTE < opens || row.start.0 > opens) {
        assert_eq!(row.failure.is_some(), row.start.0 < opens, "{row:?}");
    }
    assert!(rows.iter().any(|row| row.start.0 < 11 * MINUTE) && !result.storms.twins);
}

/// Devices fetch mail while a Ping of theirs is held, and lose both when the line is cut: each
/// failure is charged to the cut, whichever is told first.
#[test]
fn every_failure_of_a_cut_line_is_charged_to_it() {
    let path = "scenarios/wan-cut-at-eleven.toml";
    let set = [("run.window", "\"10:50 - 11:15\""), ("run.replications", "1")];
    let scenario = support::shipped(path, &set);
    let result = support::result(&scenario.model, &scenario.experiment);
    let cut = result.failures.iter().filter(|row| row.failure == Failure::LinkDown);
    let (charged, free): (Vec<_>, Vec<_>) = cut.partition(|row| row.incident != NONE);
    let sum = |rows: &[&casim::results::FailureRow]| rows.iter().map(|row| row.count + row.held).sum::<u64>();
    assert!(sum(&charged) > 1_000, "{}", sum(&charged));
    assert_eq!(sum(&free), 0, "failures that nobody is charged with");
}

/// A Mailbox server with half of 2,000 mailboxes is lost at 10:30, its databases are on the other one 30 s
/// later. Of each Outlook that is connected there the connection ends: 2,000 mailboxes, half of them with it, four
/// fifths at work, half of these on the server make 400, in every run. Of 600 devices a good two fifths are cut off, more the longer
/// they have a Ping held, and some users of OWA. In all runs everybody is served
/// as well as in the twin once the server is back, at home again, too.
#[test]
#[ignore = "half a minute; a step of .ci/long"]
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn a_database_fail_over_of_two_thousand_mailboxes() {
    let day = scenario("database-fail-over.toml", &[]);
    let result = support::play(&day.model, &day.experiment).0;
    let of = |protocol: Option<Protocol>| {
        result
            .storms
            .rows
            .iter()
            .find(|row| row.protocol == protocol)
            .expect("a row")
            .replications
            .iter()
            .flatten()
    };
    assert_eq!(of(None).count(), 10);
    assert!(of(Some(Protocol::OutlookAnywhere)).all(|run| run.users == Some(400)));
    for protocol in [Protocol::Owa, Protocol::Eas, Protocol::OutlookAnywhere] {
        assert!(of(Some(protocol)).all(|run| run.judged && run.recovery == Some(0)), "{protocol}");
    }
    let interval = |value: fn(&StormReplication) -> f64| {
        let values: Vec<f64> = of(None).map(value).collect();
        let found = casim::stats::interval::Interval::of_mean(&values).expect("ten values");
        (found.estimate, found.half_width.expect("an interval"))
    };
    let users = interval(|run| run.users.unwrap_or(0) as f64);
    let each = interval(|run| run.lost.unwrap_or(0) as f64 / 1e9 / run.users.unwrap_or(1) as f64);
    let peak = interval(|run| run.peak_rate / run.twin_rate.unwrap_or(1.0));
    println!("{users:?} users cut off, {each:?} s each, {peak:?} times the attempts of the twin");
    assert!((640.0..730.0).contains(&users.0) && users.1 < 20.0, "{users:?}");
    // Not before the 30 s of the activation, and within the second or third attempt.
    assert!(each.0 > 30.0 && each.0 < 150.0, "{each:?}");
    assert!(peak.0 > 2.0 && peak.0 < 5.0, "{peak:?}");
}

/// Four seconds without a server, twenty minutes before the window ends: each phone asks again five
/// seconds after it lost its Ping. That the new one is held until after the window is no time lost.
#[test]
fn what_is_held_as_the_window_ends_is_not_lost() {
    let people = [
        staff("Amsterdam", "eas = 1.0"),
        "profile = { sent = 0, received = 0, read = 0, deleted = 0, owa_logons = 0 }\n".to_owned(),
        "settings = { eas_heartbeat = \"50 min\" }\n".to_owned(),
    ];
    let rest = [people.concat(), outage("site.Amsterdam.cas", "12:10", "4 s")].concat();
    let text = two_sites("2007", STORE, &rest);
    let (result, _) = play(&text.replace("[\"Amsterdam\", \"London\"]\nttl", "[\"Amsterdam\"]\nttl"));
    let users = &result.users[0];
    let lost = users.replications[0].lost / u128::from(users.clients);
    assert!((5_000_000_000..10_000_000_000).contains(&lost), "{lost}");
}
