use super::counted::{Charged, Judged, PairStormed};
use super::judge::Stretches;
use super::*;
use crate::kernel::{NANOS_PER_SEC, SimSpan, SimTime};
use crate::model::access::Failure;
use crate::model::protocol::Protocol;
use crate::results::StormReplication;

const SEC: u64 = NANOS_PER_SEC;
const MINUTE: u64 = 60 * SEC;

fn storm(outages: usize, from: u64, goal: Option<u64>) -> (Storm, u32) {
    let mut storm = Storm::new((outages, 0), 1, (SimTime(from), SimTime(90 * MINUTE)), SimSpan(MINUTE));
    let pair = storm.pair(Protocol::Eas, 0, goal.map(SimSpan));
    (storm, pair)
}

/// Ten requests a minute at 100 ms; an outage from minute 40 to 45 in which all
/// fail; 100 arrive in minute 45 and take 5 s, 50 in minute 46 and take 3 s; then
/// all is as before. The goal is 2 s. In the twin nothing happens.
fn played(twin: bool) -> Stormed {
    let (mut storm, pair) = storm(1, 0, Some(2 * SEC));
    for minute in 0..90 {
        let at = SimTime(minute * MINUTE);
        match minute {
            40 => {
                storm.begins(0, at);
                if !twin {
                    storm.struck(pair, 0);
                    storm.cut_off(pair, 0);
                }
            }
            45 => {
                storm.ends(0, at);
                if !twin {
                    assert_eq!(storm.loses(pair, (SimTime(40 * MINUTE), at), (1, 0)), 1);
                    storm.cut_ends(pair, 0, SimSpan(5 * MINUTE), CutEnds::Served);
                }
            }
            _ => {}
        }
        let (count, latency, failure) = match minute {
            40..45 if !twin => (10, 0, Some(Failure::LinkDown)),
            45 if !twin => (100, 5 * SEC, None),
            46 if !twin => (50, 3 * SEC, None),
            _ => (10, SEC / 10, None),
        };
        for n in 0..count {
            let at = SimTime(at.0 + n * SEC / 2);
            storm.arrives(pair, at, 1, !twin && (40..45).contains(&minute));
            storm.ended(pair, at, (latency, false), failure, failure.map(|_| 0));
        }
    }
    close(storm)
}

fn rows(run: &Stormed, twin: Option<&Stormed>, number: usize) -> Vec<StormReplication> {
    let outages = run.spans.len();
    judge(Beside { run, twin, outages }, number).expect("it happens")
}

#[test]
fn a_storm_by_hand() {
    let (run, twin) = (played(false), played(true));
    assert_eq!(run.violations, Vec::<String>::new());
    let both = rows(&run, Some(&twin), 0);
    let row = &both[0];
    assert_eq!(row.before_rate, Some(10.0 / 60.0));
    assert_eq!((row.peak_rate, row.twin_rate), (100.0 / 60.0, Some(10.0 / 60.0)));
    assert_eq!(row.peak_at, SimSpan(5 * MINUTE));
    assert_eq!((row.retries, row.failed, row.reasons[1]), (50, 50, 50));
    assert_eq!((row.users, row.longest, row.still), (Some(1), 5 * MINUTE, 0));
    assert_eq!((row.begin.0, row.end.0), (40 * MINUTE, 45 * MINUTE));
    assert_eq!((both[1].longest, both[1].end, both[1].begin), (row.longest, row.end, row.begin));
    assert_eq!(row.lost, Some(5 * i128::from(MINUTE)));
    // Fifty that failed are not answered; 90 and 40 more are in minutes 45 and 46.
    assert_eq!(row.requests_lost, Some(50 - 90 - 40));
    assert_eq!((row.threshold, row.touched), (Some(2 * SEC), Some(true)));
    // Late are minute 45 and the first 25 s of minute 46. Of the five minutes from 46:20
    // on 10 of 60 are late; from 46:30 on all is well.
    assert_eq!((row.recovery, row.judged), (Some(90 * SEC), true));
    assert_eq!((both[1].recovery, both[1].users, both[1].touched), (Some(90 * SEC), Some(1), Some(true)));
    // Without a twin nothing is told beside it, and the rest is the same.
    let alone = rows(&run, None, 0);
    assert_eq!((alone[0].users, alone[0].touched, alone[0].recovery), (None, None, None));
    assert_eq!((alone[0].failed, alone[0].peak_rate), (row.failed, row.peak_rate));
}

/// In five minutes from 39:00 on 40 of 50 fail, from 45:00 on 150 of 180 are late, from 46:00 on 50
/// of 90, from 47:00 on none; in the twin none ever.
#[test]
fn the_excess_is_of_the_stretch_that_begins_with_a_bin() {
    let (run, twin) = (played(false), played(true));
    let by = excess(&run.pairs[0], &twin.pairs[0]);
    assert_eq!([39, 45, 46, 47].map(|bin| by[bin]), [40.0 / 50.0, 150.0 / 180.0, 50.0 / 90.0, 0.0].map(Some));
}

/// A goal of 2 s is met by what takes 2 s, and missed by a nanosecond more.
#[test]
fn what_takes_as_long_as_it_may_is_not_late() {
    let (mut storm, pair) = storm(1, 0, Some(2 * SEC));
    for (minute, latency) in [(0, 2 * SEC), (1, 2 * SEC + 1)] {
        storm.ended(pair, SimTime(minute * MINUTE), (latency, false), None, None);
    }
    let pairs = close(storm).pairs;
    let bad: Vec<u32> = pairs[0].parts.iter().filter(|part| part.ended > 0).map(|part| part.bad).collect();
    assert_eq!(bad, [0, 1]);
}

/// In minute 0 one of 20 fails, in minute 1 two, in minute 2 one of 19: the 19th of 20 is the
/// slowest that was answered, of the others there is none, and too few.
#[test]
fn the_percentile_of_a_bin_counts_what_failed_as_late() {
    let (mut storm, pair) = storm(1, 0, None);
    for (minute, all, failed) in [(0, 20, 1), (1, 20, 2), (2, 19, 1)] {
        for n in 0..all {
            let failure = (n < failed).then_some(Failure::TimedOut);
            let at = SimTime(minute * MINUTE + (n + 1) * SEC);
            storm.ended(pair, at, ((n + 1) * SEC, false), failure, None);
        }
    }
    let p95: Vec<u64> = close(storm).pairs[0].bins[..3].iter().map(|bin| bin.p95).collect();
    assert!((20 * SEC).abs_diff(p95[0]) < SEC / 10, "{p95:?}");
    assert_eq!(p95[1..], [NEVER, 0]);
}

/// Bins of a window of a millisecond are short, and half an hour has a hundred million of them.
#[test]
fn the_time_before_takes_no_room_where_nothing_was() {
    let mut storm = Storm::new((1, 0), 1, (SimTime(0), SimTime(1_000_000)), bin_for(SimSpan(1_000_000)));
    let pair = storm.pair(Protocol::Owa, 0, None);
    for at in [0, 500_000, 900_000] {
        storm.ended(pair, SimTime(at), (100, false), None, None);
    }
    let own = &mut storm.pairs[pair as usize];
    own.turn(usize::MAX, 16_666);
    assert!(own.before.len() <= 3);
}

/// Beside itself nothing is touched, and every difference is zero.
#[test]
fn nothing_differs_from_itself() {
    let twin = played(true);
    for row in rows(&twin, Some(&twin), 0) {
        assert_eq!((row.users, row.lost, row.requests_lost), (Some(0), Some(0), Some(0)));
        assert_eq!((row.touched, row.twin_rate), (Some(false), Some(row.peak_rate)));
    }
}

/// The window begins at minute 30. What began in the warm-up and fails in the
/// outage is no failure of the window, as in every other table; one held open is
/// counted apart.
#[test]
fn failures_count_where_their_request_began() {
    let (mut storm, pair) = storm(1, 30 * MINUTE, None);
    storm.begins(0, SimTime(40 * MINUTE));
    for (began, held) in [(29, false), (30, false), (35, false), (35, true)] {
        let latency = (41 - began) * MINUTE;
        storm.ended(pair, SimTime(41 * MINUTE), (latency, held), Some(Failure::TimedOut), Some(0));
    }
    storm.ends(0, SimTime(45 * MINUTE));
    for row in rows(&close(storm), None, 0) {
        assert_eq!((row.failed, row.reasons.iter().sum::<u64>(), row.held_failed), (2, 2, 1));
    }
}

/// The window begins at minute 30. An outage from 10 to 20 is over by then; another,
/// from 20 to 40, is not, and half of it counts.
#[test]
fn an_outage_from_before_the_window_counts_from_its_begin_on() {
    let (mut storm, pair) = storm(2, 30 * MINUTE, Some(2 * SEC));
    storm.begins(0, SimTime(10 * MINUTE));
    storm.cut_off(pair, 0);
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
            storm.ended(pair, at, (0, false), failure, blamed);
        }
    }
    let stormed = close(storm);
    assert_eq!(stormed.violations, Vec::<String>::new());
    let whole = (SimTime(20 * MINUTE), SimTime(40 * MINUTE));
    assert_eq!(stormed.spans, [(None, 0), (Some(whole), 1)]);
    assert!(judge(Beside { run: &stormed, twin: None, outages: 2 }, 0).is_none());
    for row in rows(&stormed, None, 1) {
        assert_eq!((row.before_rate, row.peak_at), (None, SimSpan(10 * MINUTE)));
        assert_eq!((row.failed, row.reasons[1]), (100, 100));
    }
}

/// Two outages that overlap and a third that does not. Time is charged to both of the
/// first two until the third begins; a client that asks in vain all along counts once in each.
#[test]
fn time_is_charged_until_the_next_begins() {
    let (mut storm, pair) = storm(3, 0, None);
    for (number, begin, end) in [(0, 10, 30), (1, 20, 40), (2, 60, 70)] {
        // In order of time: the end of the first lies behind the begin of the second.
        if number == 1 {
            storm.begins(1, SimTime(begin * MINUTE));
            storm.ends(0, SimTime(30 * MINUTE));
            storm.ends(1, SimTime(end * MINUTE));
        } else {
            storm.begins(number, SimTime(begin * MINUTE));
        }
    }
    let next = storm.loses(pair, (SimTime(5 * MINUTE), SimTime(15 * MINUTE)), (0, 0));
    let next = storm.loses(pair, (SimTime(50 * MINUTE), SimTime(65 * MINUTE)), (1, next));
    assert_eq!(storm.loses(pair, (SimTime(80 * MINUTE), SimTime(85 * MINUTE)), (2, next)), 2);
    storm.ends(2, SimTime(70 * MINUTE));
    let run = close(storm);
    let twin = {
        let (mut storm, _) = super::tests::storm(3, 0, None);
        storm.begins(0, SimTime(10 * MINUTE));
        close(storm)
    };
    let twin = Stormed { charges: run.charges.clone(), pairs: vec![charged_nothing(&run, &twin)], ..twin };
    let of = |number| {
        let row = &rows(&run, Some(&twin), number)[0];
        (row.users, row.lost.map(|lost| lost / i128::from(MINUTE)), row.until)
    };
    assert_eq!(of(0), (Some(1), Some(5 + 10), SimSpan(60 * MINUTE)));
    assert_eq!(of(1), of(0));
    assert_eq!(of(2), (Some(1), Some(5 + 5), SimSpan(90 * MINUTE)));
}

/// The pair of a twin with as many charges as a run has.
fn charged_nothing(run: &Stormed, twin: &Stormed) -> PairStormed {
    let mut pair = twin.pairs[0].clone();
    pair.charged.resize(run.charges.len(), Charged::default());
    pair
}

/// Two outages that overlap and a change.
#[test]
fn a_failure_is_booked_to_what_struck_what_failed() {
    let mut storm = Storm::new((2, 1), 1, (SimTime(0), SimTime(90 * MINUTE)), SimSpan(MINUTE));
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
/// In the twin it stays as it was.
#[test]
fn without_an_objective_the_time_before_is_the_measure() {
    let played = |slow: u64| {
        let (mut storm, pair) = storm(1, 0, None);
        for minute in 0..90 {
            let at = SimTime(minute * MINUTE);
            if minute == 40 {
                storm.begins(0, at);
                storm.ends(0, at);
            }
            let latency = if (40..50).contains(&minute) { slow } else { 100 };
            for n in 0..10 {
                storm.ended(pair, SimTime(at.0 + n * SEC), (latency * SEC / 1_000, false), None, None);
            }
        }
        close(storm)
    };
    let row = &rows(&played(160), Some(&played(100)), 0)[0];
    let threshold = row.threshold.unwrap();
    assert!(threshold.abs_diff(150 * SEC / 1_000) < SEC / 1_000, "{threshold}");
    // The last late answers are those of the first ten seconds of minute 49.
    assert_eq!((row.recovery, row.touched), (Some(9 * MINUTE + 10 * SEC), Some(true)));
    // Who misses the goal all day and in the twin too has nothing to recover from.
    let late = &rows(&played(160), Some(&played(160)), 0)[0];
    assert_eq!((late.recovery, late.touched), (Some(0), Some(false)));
}

/// What never gets better is judged and not recovered; what is too little is not judged.
#[test]
fn no_recovery_and_no_judgement() {
    let of = |run: Judged, twin: Judged| {
        Stretches::new(&[run; 30], &[twin; 30], 1).recovery((0, 30), 1, SimTime(0), true)
    };
    let well = Judged { ended: 10, bad: 0 };
    assert_eq!(of(Judged { ended: 10, bad: 10 }, well), (None, true));
    assert_eq!(of(Judged { ended: 1, bad: 0 }, well), (None, false));
    assert_eq!(of(Judged { ended: 50, bad: 2 }, well), (Some(0), true), "4 points");
    let (run, twin) = (Judged { ended: 50, bad: 3 }, Judged { ended: 50, bad: 2 });
    assert_eq!(of(run, twin), (None, true), "it misses a goal that the twin meets");
    let (run, twin) = (Judged { ended: 50, bad: 6 }, Judged { ended: 50, bad: 4 });
    assert_eq!(of(run, twin), (Some(0), true), "both miss it");
}

/// Who gives up is told apart; the books add up with all three ends.
#[test]
fn who_gives_up_is_not_cut_off_any_more() {
    let books = |why: &[CutEnds]| {
        let (mut storm, pair) = storm(1, 0, None);
        storm.begins(0, SimTime(40 * MINUTE));
        for _ in 0..3 {
            storm.cut_off(pair, 0);
        }
        for (n, &why) in (1..).zip(why) {
            storm.cut_ends(pair, 0, SimSpan(n * MINUTE), why);
        }
        close(storm)
    };
    let stormed = books(&[CutEnds::Served, CutEnds::GaveUp, CutEnds::RunOver]);
    assert_eq!(stormed.violations, Vec::<String>::new());
    let row = &rows(&stormed, None, 0)[0];
    assert_eq!((row.gave_up, row.still, row.longest), (1, 1, 3 * MINUTE));
    assert_eq!(books(&[CutEnds::GaveUp; 2]).violations.len(), 1, "one is missing");
}
