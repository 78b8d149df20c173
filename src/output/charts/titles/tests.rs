//! Each template with the words that it gives.

use super::*;

fn felt<'a>(population: &'a str, p95_s: f64, goal_s: Option<f64>) -> Felt<'a> {
    let goal = goal_s.map(|s| s * 1e9);
    let missed = goal_s.is_some_and(|goal| p95_s > goal);
    Felt { population, protocol: "OWA", p95: Some(p95_s * 1e9), goal, missed, ..Felt::default() }
}

#[test]
fn failures_come_before_slowness() {
    let never = Felt { failed: 0.237, ..felt("Boston staff", f64::INFINITY, Some(2.0)) };
    assert_eq!(
        latency(&[felt("Paris staff", 9.0, Some(2.0)), never]),
        "Boston staff: 23.7 % of OWA requests failed, so there is no 95th percentile"
    );
}

#[test]
fn a_missed_goal_is_told_with_how_many() {
    let rows = [felt("A", 1.0, Some(2.0)), felt("B", 3.2, Some(2.0)), felt("C", 5.0, None)];
    assert_eq!(
        latency(&rows),
        "B: 3.2 s for 95 % of OWA requests, more than the goal of 2 s; 1 of 2 such goals missed"
    );
    assert_eq!(latency(&rows[1..2]), "B: 3.2 s for 95 % of OWA requests, more than the goal of 2 s");
}

#[test]
fn what_is_open_is_not_called_met() {
    let open = Felt { open: true, ..felt("A", 1.99, Some(2.0)) };
    assert_eq!(
        latency(&[open, felt("B", 1.0, Some(2.0))]),
        "A: 1.99 s for 95 % of OWA requests, too close to the goal of 2 s to tell"
    );
}

#[test]
fn goals_are_met_only_where_all_were_judged() {
    let rows = [felt("A", 1.0, Some(2.0)), felt("B", 1.5, Some(2.0))];
    assert_eq!(latency(&rows), "All 2 goals are met: closest is B, 1.5 s for 95 % of OWA requests, goal 2 s");
    assert_eq!(latency(&rows[..1]), "The goal is met: A, 1 s for 95 % of OWA requests, goal 2 s");
    let unjudged = Felt { unjudged: true, p95: None, ..felt("C", 0.0, Some(2.0)) };
    assert_eq!(latency(&[rows[0].clone(), unjudged]), "A, 1 s for 95 % of OWA requests");
}

#[test]
fn without_goals_the_slowest_is_told() {
    let rows = [felt("A", 1.0, None), felt("B", 1.5, None)];
    assert_eq!(latency(&rows), "B, the slowest, 1.5 s for 95 % of OWA requests");
    assert_eq!(latency(&[]), "Too few requests for a 95th percentile: none has 200 of them");
}

#[test]
fn a_day_tells_failures_then_what_slows_down() {
    let swing = |protocol, highest: f64, usual: f64, intervals| Swing {
        protocol,
        at: "11:15".to_owned(),
        highest: highest * 1e9,
        usual: usual * 1e9,
        intervals,
    };
    let broken =
        Stretch { protocol: "OWA", from: "11:00".to_owned(), to: "11:20".to_owned(), failed: 0.8, others: 0 };
    let (slow, even) = (swing("EAS", 3.0, 1.0, 40), swing("OWA", 1.4, 1.0, 40));
    assert_eq!(
        day(Some(&broken), std::slice::from_ref(&slow)),
        "11:00 to 11:20: up to 80 % of OWA requests failed in an interval, which has no 95th percentile"
    );
    let more = Stretch { others: 3, ..broken };
    assert_eq!(
        day(Some(&more), &[]),
        "11:00 to 11:20: up to 80 % of OWA requests failed in an interval, which has no 95th percentile; 3 more such stretches"
    );
    assert_eq!(
        day(None, &[even.clone(), slow.clone()]),
        "EAS slows down most: 3 s for 95 % of its requests at 11:15, 3 times as much as in the median interval"
    );
    assert_eq!(
        day(None, &[even.clone(), swing("EAS", 1.2, 1.0, 9)]),
        "No protocol's 95th percentile rises by half; the highest is OWA, 1.4 s at 11:15"
    );
    assert_eq!(
        day(None, std::slice::from_ref(&even)),
        "The 95th percentile never rises by half; the highest is 1.4 s at 11:15"
    );
    // Of one interval nothing can be said about a rise.
    assert_eq!(day(None, &[swing("OWA", 1.4, 1.4, 1)]), "The highest 95th percentile is 1.4 s, OWA at 11:15");
    assert_eq!(day(None, &[]), "No interval had 20 requests of a protocol");
}

#[test]
fn parts_and_failures() {
    assert_eq!(
        parts(Some(true), "Boston staff", "OWA", 1.45e9, ("WAN transfer", 0.489)),
        "Boston staff wait longest for OWA: 1.45 s in the mean, 48.9 % of it WAN transfer"
    );
    assert_eq!(
        failures(25_173.0, ("link down", 1.0), Some((0.999, "11:00", "11:20"))),
        "25,173 requests failed, all because of \u{201c}link down\u{201d}, 99.9 % of them between 11:00 and 11:20"
    );
    assert_eq!(
        failures(1.0, ("timed out", 1.0), Some((1.0, "04:00", "04:30"))),
        "1 request failed, because of \u{201c}timed out\u{201d}, between 04:00 and 04:30"
    );
    assert_eq!(
        failures(10_521.0, ("link down", 0.755), Some((0.952, "10:30", "10:40"))),
        "10,521 requests failed, 75.5 % of them because of \u{201c}link down\u{201d}, 95.2 % of all between 10:30 and 10:40"
    );
    assert_eq!(
        failures(0.4, ("timed out", 0.5), None),
        "0.4 requests failed, 50 % of them because of \u{201c}timed out\u{201d}"
    );
}

#[test]
fn decisions_tell_refusals_first() {
    let mut of = Decided {
        sessions: 1000.0,
        refused: 32.0,
        refused_pair: Some(("POP3", "A \u{2192} B".to_owned(), 17.0)),
        refused_protocol: Some(("POP3", 20.0)),
        elsewhere: 609.0,
        placed: 1000.0,
    };
    assert_eq!(decisions(&of), "3.2 % of all sessions are refused, most of them POP3, A \u{2192} B");
    // A pair of sites that has the most is not yet most of them.
    of.refused = 34.0;
    assert_eq!(decisions(&of), "3.4 % of all sessions are refused, most of them POP3");
    of.refused = 20.0;
    assert_eq!(decisions(&of), "2 % of all sessions are refused, most of them POP3, A \u{2192} B");
    of.refused = 17.0;
    assert_eq!(decisions(&of), "1.7 % of all sessions are refused, all of them POP3, A \u{2192} B");
    of.refused = 40.0;
    assert_eq!(decisions(&of), "4 % of all sessions are refused");
    of.refused = 0.0;
    assert_eq!(decisions(&of), "60.9 % of the sessions enter one site and have their mailbox in another");
    of.elsewhere = 0.0;
    assert_eq!(decisions(&of), "All 1,000 sessions enter the site of their mailbox");
    of.placed = 0.0;
    assert_eq!(decisions(&of), "1,000 sessions, none with a site to enter");
}

#[test]
fn use_and_limits() {
    let of = |share, many| utilisation(("server group", "cores"), (many, 1), ("A", share, "11:15"));
    assert_eq!(of(0.87, 3), "A is busiest: 87 % of its cores in the interval from 11:15");
    assert_eq!(of(0.082, 3), "No server group is used beyond 8.2 %, that of A in the interval from 11:15");
    assert_eq!(of(0.000_01, 3), "No server group is used beyond 0.01 %");
    assert_eq!(
        utilisation(("link", "bandwidth"), (5, 3), ("A", 1.0, "11:15")),
        "3 links are busiest: 100 % of their bandwidth, A in the interval from 11:15"
    );
    assert_eq!(of(0.082, 1), "A is used to 8.2 % of its cores in the interval from 11:15");
    assert_eq!(bottlenecks("A", "cores", 1.05, ""), "A is beyond its limit: cores at 105 % of it");
    assert_eq!(
        bottlenecks("A", "cores", 0.616, " in the hour from 10:00"),
        "A is closest to its limit: cores at 61.6 % of it in the hour from 10:00"
    );
}

#[test]
fn outages() {
    assert_eq!(
        storm("cut", 3, Some((37.0, "without any outage")), 120.0),
        "\u{201c}cut\u{201d}: attempts of all protocols rise to 120 a second, 3.24 times the 37 without any outage"
    );
    assert_eq!(
        storm("cut", 1, Some((37.0, "before")), 38.0),
        "\u{201c}cut\u{201d}: attempts hardly rise, to 38 a second from 37 before"
    );
    assert_eq!(storm("cut", 1, None, 38.0), "\u{201c}cut\u{201d}: up to 38 attempts a second");
    assert_eq!(
        outage("cut", 9.0, Some((4456.2, 1212e9)), Some(30e9), None),
        "\u{201c}cut\u{201d} cuts off 4,456 clients for 20.2 min each; 30 s after it ends no more are late or fail than without it"
    );
    assert_eq!(
        outage("cut", 9.0, None, Some(0.0), None),
        "\u{201c}cut\u{201d}: 9 requests failed; once it ends no more are late or fail than without it"
    );
    assert_eq!(outage("cut", 0.0, None, None, None), "\u{201c}cut\u{201d}: no request failed");
    assert_eq!(
        outage("new name", 0.0, None, None, Some(("OWA", 9.14e9, "13:21"))),
        "\u{201c}new name\u{201d}: no request failed; OWA is slowest, 9.14 s for 95 % of its requests at 13:21"
    );
}

#[test]
fn topologies() {
    assert_eq!(topology("A", 0.213, (0, 2)), "A is the fullest: it, or its line, is at 21.3 % of its limit");
    assert_eq!(
        topology("A", 1.2, (1, 2)),
        "A is the fullest: it, or its line, has reached its limit; a goal is missed at 1 of 2 sites"
    );
    assert_eq!(
        topology("A", 0.0, (3, 60)),
        "Nothing carries a load worth telling; goals are missed at 3 of 60 sites"
    );
}
