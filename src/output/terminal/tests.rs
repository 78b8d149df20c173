//! What the summary says of small results made by hand.

use super::grid::{FAILS, worst_first};
use super::limits::simulated_headroom;
use super::lists::counts_within;
use super::outages::requests_lost;
use super::*;
use crate::model::protocol::Protocol;
use crate::output::tables::mean::Mean;
use crate::output::words::load_factor;
use crate::results::{Headroom, LimitKind, LimitUse};

/// A pool that was full and made clients wait is named beside the law; one that nobody met is not.
#[test]
fn limits_that_make_wait_are_named() {
    let mut result = crate::output::sample::small();
    let some = result.servers[0].limits[0].clone();
    let limit = |kind, mean, waited| LimitUse {
        kind,
        limit: Some(4),
        mean,
        peak: 4,
        peak_mean: 4.0,
        busiest_hour: None,
        refused: 0,
        waited,
        ..some.clone()
    };
    let shown = |result: &RunResult| {
        let mut out = Vec::new();
        summary(&mut out, result, &Slo::default(), Look::PLAIN).unwrap();
        String::from_utf8(out).unwrap()
    };
    result.servers[0].limits = vec![limit(LimitKind::InWork, 2.0, 0)];
    assert!(!shown(&result).contains("limits"), "{}", shown(&result));
    result.servers[0].limits.push(limit(LimitKind::Proxy, 3.0, 1200));
    let text = shown(&result);
    let said = "Limits that made clients wait: Amsterdam CAS proxy 75 % of 4 in use: 600\n";
    assert!(text.contains(said), "{text}");
}

#[test]
fn factors_close_together_differ() {
    assert_eq!(
        [0.0156, 0.0412, 0.123, 1.5, 12.4].map(load_factor),
        ["0.0156", "0.0412", "0.123", "1.5", "12.4"]
    );
    let mut found = Headroom {
        met: Some(0.0412),
        unclear: false,
        missed: Some(0.0431),
        falls: None,
        unjudged: 0,
        open: 0,
        others: 0,
        at_any_load: Vec::new(),
        runs: 9,
    };
    assert_eq!(simulated_headroom(&found), "goals met at x0.0412, missed at x0.0431");
    found.open = 2;
    let told = "no goal missed at x0.0412 (2 open there: too few runs to tell), one missed at x0.0431";
    assert_eq!(simulated_headroom(&found), told);
    (found.met, found.unclear) = (None, true);
    assert_eq!(simulated_headroom(&found), "missed at every load that can be judged, down to x0.0431");
    found.unclear = false;
    assert_eq!(simulated_headroom(&found), "missed at every load tried, down to x0.0431");
}

/// Three of three requests of one row fail among 203 of their population: 1.5 %, which
/// meets its goals of 2 % and of a p95; the row does not.
#[test]
fn a_row_of_failures_is_never_met() {
    use crate::kernel::SimSpan;
    use crate::model::workload::Objective;
    let goals = Objective { p95: Some(SimSpan(u64::MAX)), failures: Some(0.02), ..Objective::default() };
    let standings = |goals: Objective, word: Word| {
        let mut result = crate::output::sample::small();
        result.cells.retain(|cell| cell.key.protocol == Some(Protocol::Owa));
        let [big, small] = &mut result.cells[..] else { panic!("two cells of OWA") };
        (big.counts.requests, big.counts.failed, big.counts.late) = (200, 0, [0; 3]);
        (small.counts.requests, small.counts.failed, small.counts.late) = (3, 3, [3; 3]);
        small.key.population = big.key.population;
        result.users = crate::output::sample::users_of(&result.cells, 1);
        let slo = Slo { protocols: vec![(Protocol::Owa, goals)], ..Slo::default() };
        let mut verdict = Verdict::of(&result, &slo);
        assert!(verdict.is_met());
        if word != Word::Met {
            verdict.findings.iter_mut().for_each(|finding| finding.verdict = word);
        }
        worst_first(&result, &verdict).iter().map(|row| row.standing).collect::<Vec<_>>()
    };
    assert_eq!(standings(goals.clone(), Word::Met), [FAILS, "met"]);
    // Of a goal that is open nothing is shown for the row either.
    assert_eq!(standings(goals.clone(), Word::Open), ["open", "open"]);
    assert_eq!(standings(Objective { failures: None, ..goals.clone() }, Word::Met), [FAILS, "met"]);
    assert_eq!(standings(Objective { p95: None, ..goals.clone() }, Word::Met), [FAILS, "met"]);
    assert_eq!(standings(Objective { p95: None, failures: Some(1.0), ..goals }, Word::Met), ["met", "met"]);
}

#[test]
fn what_has_no_room_is_counted() {
    let items: Vec<(u64, String)> = [30, 20, 4, 3].map(|count| (count, format!("reason {count}"))).to_vec();
    let line = |width| counts_within("Failures:", &items, width);
    assert_eq!(line(100), "Failures: reason 30, reason 20, reason 4, reason 3");
    assert_eq!(line(49), "Failures: reason 30, reason 20 and 2 others 7");
    assert_eq!(line(30), "Failures: rea\u{2026} and 3 others 27");
    assert_eq!(counts_within("F:", &items[..1], 40), "F: reason 30");
    assert_eq!(count(1, "goal") + &count(1234, "goal"), "1 goal1,234 goals");
}

/// Lines go on further in; colours take no room; what fits stays.
#[test]
fn long_lines_are_wrapped() {
    use super::lists::wrapped;
    assert_eq!(wrapped("  one two three four\nok\n", 12), "  one two\n    three\n    four\nok\n");
    let coloured = format!("{RED}one two{RED:#} three\n");
    assert_eq!(wrapped(&coloured, 13), coloured);
    assert_eq!(wrapped("late 5 %, goal 10 s\n", 7), "late\n  5 %,\n  goal\n  10 s\n");
    assert_eq!(wrapped("a-word-too-long-for-it\n", 10), "a-word-too-long-for-it\n");
}

/// Nothing is wider than asked, and more columns appear where there is room; with
/// replications the half-width is there at 80 already.
#[test]
fn the_summary_fits_its_width() {
    let shown = |result: &RunResult, width: usize| {
        let mut out = Vec::new();
        summary(&mut out, result, &crate::output::sample::slo(), Look { colour: false, width }).unwrap();
        String::from_utf8(out).unwrap()
    };
    let mut result = crate::output::sample::small();
    result.names.sites.iter_mut().for_each(|name| name.push_str(" of a very long and winding name"));
    for width in [80, 100, 160] {
        let text = shown(&result, width);
        for line in text.lines() {
            assert!(crate::output::words::columns(line) <= width, "{width}: {line}");
        }
        let head = text.lines().next().unwrap();
        assert!(head.contains("p95") && head.contains(HALF) && head.contains("SLO"), "{head}");
        assert_eq!(head.contains("Requests") && head.contains("Mean"), width > 80, "{head}");
    }
    result.percentiles = vec![50.0, 90.0, 99.0];
    let head = shown(&result, 160).lines().next().unwrap().to_owned();
    assert!(["p50", "p90", "p99"].iter().all(|p| head.contains(p)) && !head.contains("p95"), "{head}");
}

/// Of forty links that are busy three are named.
#[test]
fn warnings_of_one_kind_are_counted() {
    let mut result = crate::output::sample::small();
    result.warnings =
        (0..40).map(|n| Warning::BusyLink { name: format!("Link {n}"), utilisation: 0.99 }).collect();
    let mut out = Vec::new();
    warnings(&mut out, &result).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.ends_with("warning: ... and 37 like these in run.json\n"), "{text}");
}

/// Who connects anew logs on again and fetches what waited: more may be answered than without an outage.
#[test]
fn no_negative_number_of_requests_is_lost() {
    let lost = |estimate, half_width| requests_lost(Mean { estimate: Some(estimate), half_width });
    assert_eq!(
        lost(-249.67, Some(59.0)),
        "250 \u{b1} 59 requests more are answered than without it: who connects anew asks for more"
    );
    assert_eq!(lost(12.0, None), "12 requests lost: answered without it, and not with it");
    assert_eq!(lost(-0.3, None), "0 requests lost: answered without it, and not with it");
}
