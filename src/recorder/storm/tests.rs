use super::counting::Judged;
use super::judge::recovery;
use super::*;
use crate::kernel::{NANOS_PER_SEC, SimSpan, SimTime};
use crate::model::access::Failure;
use crate::model::protocol::Protocol;

const SEC: u64 = NANOS_PER_SEC;
const MINUTE: u64 = 60 * SEC;

/// Ten requests a minute at 100 ms; an outage from minute 40 to 45 in which all
/// fail; 100 arrive in minute 45 and take 5 s, 50 in minute 46 and take 3 s; then
/// all is as before. The goal is 2 s.
fn played() -> Stormed {
    let mut storm = Storm::new(1, 1, (SimTime(0), SimTime(90 * MINUTE)), SimSpan(MINUTE));
    let pair = storm.pair(Protocol::Eas, 0, Some(SimSpan(2 * SEC)));
    for minute in 0..90 {
        let at = SimTime(minute * MINUTE);
        match minute {
            40 => {
                storm.begins(0, at);
                storm.cut_off(pair, 0, true);
            }
            45 => {
                storm.ends(0, at);
                storm.cut_ends(pair, 0, SimSpan(5 * MINUTE), CutEnds::Served);
            }
            _ => {}
        }
        let (count, latency, failure) = match minute {
            40..45 => (10, 0, Some(Failure::LinkDown)),
            45 => (100, 5 * SEC, None),
            46 => (50, 3 * SEC, None),
            _ => (10, SEC / 10, None),
        };
        for n in 0..count {
            let at = SimTime(at.0 + n * SEC / 2);
            storm.arrives(pair, at, 1, (40..45).contains(&minute));
            storm.ended(pair, at, latency, failure, failure.map(|_| 0));
        }
    }
    close(storm)
}

#[test]
fn a_storm_by_hand() {
    let stormed = played();
    assert_eq!(stormed.violations, Vec::<String>::new());
    let row = stormed.pairs[0].2[0].as_ref().unwrap();
    assert_eq!(row.normal_rate, Some(10.0 / 60.0));
    assert_eq!(row.peak_rate, 100.0 / 60.0);
    assert_eq!(row.peak_at, SimSpan(5 * MINUTE));
    assert_eq!((row.retries, row.failed, row.reasons[1]), (50, 50, 50));
    assert_eq!((row.clients, row.longest, row.still), (1, 5 * MINUTE, 0));
    assert_eq!(row.threshold, Some(2 * SEC));
    // Late are minute 45 and the first 25 s of minute 46. Of the five minutes from 46:20
    // on 10 of 60 are late; from 46:30 on all is well.
    assert_eq!((row.recovery, row.judged), (Some(90 * SEC), true));
    let total = stormed.pairs[1].2[0].as_ref().unwrap();
    assert_eq!(total.recovery, Some(90 * SEC));
    assert_eq!(stormed.pairs[1].0, None);
}

/// The window begins at minute 30. What began in the warm-up and fails in the
/// outage is no failure of the window, as in every other table.
#[test]
fn failures_count_where_their_request_began() {
    let mut storm = Storm::new(1, 1, (SimTime(30 * MINUTE), SimTime(90 * MINUTE)), SimSpan(MINUTE));
    let pair = storm.pair(Protocol::Eas, 0, None);
    storm.begins(0, SimTime(40 * MINUTE));
    for began in [29, 30, 35] {
        let latency = (41 - began) * MINUTE;
        storm.ended(pair, SimTime(41 * MINUTE), latency, Some(Failure::IdleTimeout), Some(0));
    }
    storm.ends(0, SimTime(45 * MINUTE));
    for (_, _, rows) in close(storm).pairs {
        let row = rows[0].as_ref().unwrap();
        assert_eq!((row.failed, row.reasons.iter().sum::<u64>()), (2, 2));
    }
}

/// The window begins at minute 30. An outage from 10 to 20 is over by then; another,
/// from 20 to 40, is not, and half of it counts.
#[test]
fn an_outage_from_before_the_window_counts_from_its_begin_on() {
    let mut storm = Storm::new(2, 1, (SimTime(30 * MINUTE), SimTime(90 * MINUTE)), SimSpan(MINUTE));
    let pair = storm.pair(Protocol::Eas, 0, Some(SimSpan(2 * SEC)));
    storm.begins(0, SimTime(10 * MINUTE));
    storm.cut_off(pair, 0, true);
    storm.uncut(pair, 0);
    storm.ends(0, SimTime(20 * MINUTE));
    assert_eq!(storm.blamed(|_| true), None);
    storm.begins(1, SimTime(20 * MINUTE));
    for minute in 20..90 {
        if minute == 40 {
            storm.ends(1, SimTime(40 * MINUTE));
        }
        let failure = (minute < 40).then_some(Failure::LinkDown);
        for n in 0..10 {
            let at = SimTime(minute * MINUTE + n * SEC);
            storm.arrives(pair, at, 1, false);
            let blamed = storm.blamed(|_| true);
            storm.ended(pair, at, 0, failure, blamed);
        }
    }
    let stormed = close(storm);
    assert_eq!(stormed.violations, Vec::<String>::new());
    let whole = (SimTime(20 * MINUTE), SimTime(40 * MINUTE));
    assert_eq!(stormed.spans, [(None, 0), (Some(whole), 1)]);
    assert!(stormed.pairs[0].2[0].is_none());
    for (_, _, rows) in &stormed.pairs {
        let row = rows[1].as_ref().unwrap();
        assert_eq!((row.normal_rate, row.peak_at), (None, SimSpan(10 * MINUTE)));
        assert_eq!((row.failed, row.reasons[1], row.recovery), (100, 100, Some(0)));
    }
}

/// Two outages that overlap and a change.
#[test]
fn a_failure_is_booked_to_what_struck_what_failed() {
    let mut storm = Storm::new(3, 1, (SimTime(0), SimTime(90 * MINUTE)), SimSpan(MINUTE));
    assert_eq!(storm.blamed(|_| true), None);
    storm.begins(0, SimTime(40 * MINUTE));
    storm.begins(1, SimTime(50 * MINUTE));
    assert_eq!(storm.blamed(|number| number == 0), Some(0));
    assert_eq!(storm.blamed(|_| true), Some(1), "of two that struck it the last");
    assert_eq!(storm.blamed(|_| false), Some(1), "the last of those that are on");
    storm.begins(2, SimTime(55 * MINUTE));
    storm.ends(2, SimTime(55 * MINUTE));
    assert_eq!(storm.blamed(|_| false), Some(1), "a change is an instant");
    storm.ends(1, SimTime(60 * MINUTE));
    assert_eq!(storm.blamed(|number| number == 1), Some(0), "it is over");
    storm.ends(0, SimTime(70 * MINUTE));
    assert_eq!(storm.blamed(|_| false), Some(2), "nothing is on");
}

/// Without an objective the time before is the measure: 100 ms normally, 150 ms at most.
#[test]
fn without_an_objective_the_time_before_is_the_measure() {
    let mut storm = Storm::new(1, 1, (SimTime(0), SimTime(90 * MINUTE)), SimSpan(MINUTE));
    let pair = storm.pair(Protocol::Owa, 0, None);
    for minute in 0..90 {
        let at = SimTime(minute * MINUTE);
        if minute == 40 {
            storm.begins(0, at);
            storm.ends(0, at);
        }
        let latency = if (40..50).contains(&minute) { 160 } else { 100 };
        for n in 0..10 {
            storm.ended(pair, SimTime(at.0 + n * SEC), latency * SEC / 1_000, None, None);
        }
    }
    let stormed = close(storm);
    let row = stormed.pairs[0].2[0].as_ref().unwrap();
    let threshold = row.threshold.unwrap();
    assert!(threshold.abs_diff(150 * SEC / 1_000) < SEC / 1_000, "{threshold}");
    // The last late answers are those of the first ten seconds of minute 49.
    assert_eq!(row.recovery, Some(9 * MINUTE + 10 * SEC));
}

/// What never gets better is judged and not recovered; what is too little is not judged.
#[test]
fn no_recovery_and_no_judgement() {
    let parts = vec![Judged { ended: 10, bad: 10 }; 30];
    assert_eq!(recovery(&parts, 30, (1, 1), 5), (None, true));
    let parts = vec![Judged { ended: 1, bad: 0 }; 30];
    assert_eq!(recovery(&parts, 30, (1, 1), 5), (None, false));
}

/// Who gives up is told apart; the books add up with all three ends.
#[test]
fn who_gives_up_is_not_cut_off_any_more() {
    let books = |why: &[CutEnds]| {
        let mut storm = Storm::new(1, 1, (SimTime(0), SimTime(90 * MINUTE)), SimSpan(MINUTE));
        let pair = storm.pair(Protocol::Owa, 0, None);
        storm.begins(0, SimTime(40 * MINUTE));
        for _ in 0..3 {
            storm.cut_off(pair, 0, true);
        }
        for (n, &why) in (1..).zip(why) {
            storm.cut_ends(pair, 0, SimSpan(n * MINUTE), why);
        }
        close(storm)
    };
    let stormed = books(&[CutEnds::Served, CutEnds::GaveUp, CutEnds::RunOver]);
    assert_eq!(stormed.violations, Vec::<String>::new());
    let row = stormed.pairs[0].2[0].as_ref().unwrap();
    assert_eq!((row.clients, row.gave_up, row.still), (3, 1, 1));
    assert_eq!((row.cut_span, row.longest), (6 * u128::from(MINUTE), 3 * MINUTE));
    assert_eq!(books(&[CutEnds::GaveUp; 2]).violations.len(), 1, "one is missing");
}
