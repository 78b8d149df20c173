use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::model::access::{Decision, Mechanism};
use crate::results::NONE;

const SECOND: u64 = 1_000_000_000;

fn key() -> CellKey {
    CellKey {
        protocol: Some(Protocol::Owa),
        population: 0,
        entry_site: 0,
        mailbox_site: 1,
        decision: Decision::Proxy,
        class: 0,
    }
}

fn row(start: u64, end: u64, requests: u32, outcome: SessionOutcome) -> SessionRecord {
    SessionRecord {
        session_id: start ^ (end << 20),
        replication: 0,
        protocol: Some(Protocol::Owa),
        population: 0,
        client_location: 0,
        mailbox_site: 1,
        entry_site: 0,
        serving_site: 1,
        entry_server: 0,
        serving_server: 0,
        namespace: 0,
        decision: Decision::Proxy,
        mechanism: Mechanism::Proxy,
        rule: "",
        requests,
        failed_requests: 0,
        held_requests: 0,
        held_failed_requests: 0,
        redirects: 0,
        server_hops: 2,
        wan_hops: 1,
        client_wan_hops: 0,
        start: SimTime(start),
        carried_in: false,
        before_run: SimSpan::ZERO,
        end: SimTime(end),
        logon_latency: None,
        logon_human: SimSpan::ZERO,
        latency_sum: 0,
        latency_count: 0,
        latency_max: SimSpan::ZERO,
        retries: 0,
        outcome,
        failure: None,
    }
}

fn recorder() -> Recorder<'static> {
    with_rows(Rc::default())
}

fn with_rows(rows: Rc<RefCell<Vec<SessionRecord>>>) -> Recorder<'static> {
    Recorder::new(Box::new(rows), SimTime(10 * SECOND), SimTime(20 * SECOND), SimSpan(3 * SECOND))
}

fn request(cell: u32, started: u64, ended: u64, failure: Option<Failure>, part: u64) -> Recorder<'static> {
    let mut recorder = recorder();
    let handle = recorder.cell(key(), "");
    assert_eq!(handle, cell);
    let mut parts = [0; PARTS];
    parts[3] = part;
    recorder.request(&RequestRecord {
        incident: crate::results::NONE,
        cell,
        session_id: 5,
        started_at: SimTime(started),
        ended_at: SimTime(ended),
        failure,
        logon: true,
        held: false,
        parts: &parts,
    });
    recorder
}

#[test]
fn a_session_counts_when_it_overlaps_the_window() {
    let rows = Rc::default();
    let mut recorder = with_rows(Rc::clone(&rows));
    let cell = recorder.cell(key(), "");
    let completed = SessionOutcome::Completed;
    recorder.session(cell, &row(1, 10 * SECOND, 0, completed));
    recorder.session(cell, &row(1, 10 * SECOND + 1, 0, completed));
    recorder.session(cell, &row(10 * SECOND, 10 * SECOND, 0, completed));
    recorder.session(cell, &row(19 * SECOND, 20 * SECOND, 0, SessionOutcome::Open));
    recorder.session(cell, &row(20 * SECOND, 21 * SECOND, 0, completed));
    let recorded = recorder.close();
    assert_eq!(rows.borrow().len(), 3);
    let counts = recorded.cells[0].counts;
    assert_eq!((counts.sessions, counts.carried_in, counts.completed, counts.open), (3, 1, 2, 1));
    assert_eq!((counts.server_hops, counts.wan_hops), (6, 3));
    assert!(recorded.violations.is_empty());
}

#[test]
fn a_request_counts_where_it_starts() {
    for (started, counted) in [(10 * SECOND - 1, 0), (10 * SECOND, 1), (20 * SECOND - 1, 1), (20 * SECOND, 0)]
    {
        let recorder = request(0, started, started + 5, None, 5);
        assert_eq!(recorder.counts_of(0).requests, counted, "started at {started}");
    }
}

/// Goals of 2 s with a zone of 5 % to either side of its middle: more than 2 s is late, more than
/// 1.8 s by the lower edge, and what fails by both; a logon of which its user took 0.3 s is late as a whole alone.
#[test]
fn what_is_late_is_counted_at_both_edges() {
    use crate::model::workload::{Objective, Zone};
    let goal = Some(SimSpan(2 * SECOND));
    let goals = Objective { p95: goal, logon_p95: goal, logon_with_human_p95: goal, ..Objective::default() };
    let counted = |zone| {
        let slo = Slo { protocols: vec![(Protocol::Owa, goals.clone())], zone, ..Slo::default() };
        let mut recorder = recorder().with_goals(&slo);
        let cell = recorder.cell(key(), "");
        for (took, failure, logon) in [
            (1_800_000_000, None, false),
            (1_800_000_001, None, false),
            (2_000_000_000, None, false),
            (2_000_000_001, None, false),
            (1, Some(Failure::QueueFull), false),
            (2_100_000_000, None, true),
        ] {
            let mut parts = [0; PARTS];
            parts[Part::Human as usize] = if logon { 300_000_000 } else { 0 };
            parts[3] += took - parts[Part::Human as usize];
            let (started_at, ended_at) = (SimTime(11 * SECOND), SimTime(11 * SECOND + took));
            let (incident, session_id, held, parts) = (crate::results::NONE, 5, false, &parts);
            recorder.request(&RequestRecord {
                cell,
                session_id,
                started_at,
                ended_at,
                failure,
                incident,
                logon,
                held,
                parts,
            });
        }
        let waited = SimTime(18_100_000_000);
        recorder.unfinished(cell, waited, false);
        let counts = *recorder.counts_of(cell);
        (counts.late, counts.late_by_lower_edge)
    };
    assert_eq!(counted(Zone::of(0.05)), ([3, 0, 1], [6, 0, 1]));
    assert_eq!(counted(None), ([3, 0, 1], [1, 0, 0]));
}

#[test]
fn torn_latencies_are_found() {
    let recorded = request(0, 11 * SECOND, 12 * SECOND, None, SECOND - 1).close();
    assert!(recorded.violations.iter().any(|v| v.starts_with("C3")), "{:?}", recorded.violations);
}

#[test]
fn requests_without_a_session_are_found() {
    let recorded = request(0, 11 * SECOND, 12 * SECOND, None, SECOND).close();
    assert!(recorded.violations.iter().any(|v| v.starts_with("C2")), "{:?}", recorded.violations);
    let mut whole = request(0, 11 * SECOND, 12 * SECOND, None, SECOND);
    whole.session(0, &row(11 * SECOND, 12 * SECOND, 1, SessionOutcome::Completed));
    assert!(whole.close().violations.is_empty());
}

#[test]
fn failures_are_tabled_by_reason_and_interval() {
    let recorder = request(0, 13 * SECOND, 17 * SECOND, Some(Failure::QueueFull), 0);
    let recorded = recorder.close();
    let totals = recorded.failures[&(Failure::QueueFull, Some(Protocol::Owa), 0, 1, NONE)];
    assert_eq!((totals.count, totals.example), (1, 5));
    // Intervals of 3 s from 10 s: it began in the second and failed in the third.
    assert_eq!(recorded.failure_series[Failure::QueueFull as usize], [0, 0, 1, 0]);
    let series = recorded.series.values().next().unwrap();
    let offered: Vec<u64> = series.points.iter().map(|p| p.offered).collect();
    let failed: Vec<u64> = series.points.iter().map(|p| p.failed).collect();
    assert_eq!((offered, failed), (vec![0, 1, 0, 0], vec![0, 0, 1, 0]));
}

#[test]
fn the_outcome_hash_does_not_depend_on_order() {
    let play = |order: [u64; 3]| {
        let mut recorder = recorder();
        let cell = recorder.cell(key(), "");
        for n in order {
            recorder.session(cell, &row(11 * SECOND + n, 12 * SECOND, 0, SessionOutcome::Completed));
        }
        recorder.close().outcome_hash
    };
    assert_eq!(play([1, 2, 3]), play([3, 1, 2]));
    assert_ne!(play([1, 2, 3]), play([1, 2, 4]));
}

/// The 95th percentile of an interval is that of what completed in it, and is
/// left out below 20 of them.
#[test]
fn intervals_have_percentiles_of_their_own() {
    let mut recorder = recorder();
    let cell = recorder.cell(CellKey { protocol: None, entry_site: NONE, mailbox_site: NONE, ..key() }, "a");
    let mut ask = |ended: u64, latency: u64| {
        let mut parts = [0; PARTS];
        parts[0] = latency;
        recorder.request(&RequestRecord {
            incident: crate::results::NONE,
            cell,
            session_id: 0,
            started_at: SimTime(ended - latency),
            ended_at: SimTime(ended),
            failure: None,
            logon: false,
            held: false,
            parts: &parts,
        });
    };
    (0..20).for_each(|n| ask(11 * SECOND + n, 100 + n));
    (0..19).for_each(|n| ask(14 * SECOND + n, 100));
    (0..40).for_each(|n| ask(17 * SECOND + n, 1000 - n));
    let recorded = recorder.close();
    let points = &recorded.series.values().next().unwrap().points;
    let p95: Vec<Option<u64>> = points.iter().map(Interval::p95).collect();
    assert_eq!(p95, [Some(118), None, Some(998), None]);
    assert_eq!(points[1].completed, 19);
}
