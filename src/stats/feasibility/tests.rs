use rand::RngExt;

use super::*;
use crate::kernel::random::{Key, Role};

const LOOKS: Looks = Looks::USUAL;

fn at(runs: u32) -> Critical {
    Critical::at(LOOKS, runs, 1, 1)
}

fn edge(allowed: f64, counts: &[(u64, u64)]) -> Edge {
    let runs = counts.iter().map(|&(events, trials)| Share { events, trials }).collect();
    Edge { allowed, runs }
}

/// Late by a goal of which 5 % may be, and by the lower edge of its zone.
fn late(goal: &[(u64, u64)], lower: &[(u64, u64)]) -> Sample {
    Sample::Counts { upper: edge(0.05, goal), lower: edge(0.05, lower), fewest: 200 }
}

/// Failed, of which 1 % may.
fn failed(counts: &[(u64, u64)]) -> Sample {
    Sample::Counts { upper: edge(0.01, counts), lower: edge(0.005, counts), fewest: 200 }
}

fn answer(sample: &Sample, runs: u32) -> Answer {
    judge(sample, &at(runs)).answer
}

/// 10, 20, 40, 80 and 160 runs; of 50 at most 10, 20, 40 and 50.
#[test]
fn looks_double_up_to_the_most() {
    let all =
        |looks: Looks| std::iter::successors(looks.after(0), |&runs| looks.after(runs)).collect::<Vec<_>>();
    assert_eq!(all(LOOKS), [10, 20, 40, 80, 160]);
    assert_eq!(all(Looks::of(10, 50)), [10, 20, 40, 50]);
    assert_eq!(all(Looks::of(10, 4)), [4]);
    assert_eq!([10, 20, 160].map(|runs| LOOKS.before(runs)), [0, 10, 80]);
    assert_eq!((Looks::of(10, 50).before(50), Looks::of(0, 0).first()), (40, 2));
}

/// Ten runs of 0.69 and 0.71: variance 10 (0.01)^2 / 9, standard error 0.0033333, and with the
/// quantile of the first of five looks, 3.997, a half-width of 0.01332.
#[test]
fn a_value_is_accepted_or_refused_by_hand() {
    let runs: Vec<f64> = (0..10).map(|run| if run % 2 == 0 { 0.69 } else { 0.71 }).collect();
    let of = |upper, lower| judge(&Sample::Values { upper, lower, runs: runs.clone() }, &at(10));
    let kept = of(0.714, 0.70);
    assert_eq!((kept.answer, kept.holds), (Answer::Accepted, true));
    assert!((kept.half_width.unwrap() - 0.013_323).abs() < 1e-5, "{kept:?}");
    assert!((kept.spread.unwrap() - 0.010_541 / 0.007).abs() < 1e-3, "{kept:?}");
    assert_eq!(of(0.713, 0.69).answer, Answer::Open);
    assert_eq!((of(0.69, 0.686).answer, of(0.69, 0.687).answer), (Answer::Refused, Answer::Open));
    // Wide enough for both: the middle of the zone decides.
    assert_eq!((of(0.72, 0.68).answer, of(0.72, 0.679).answer), (Answer::Accepted, Answer::Refused));
    // Of a hundred candidates one has to be surer: t(1 - 0.0025 / 160, 9) = 7.9.
    let sample = Sample::Values { upper: 0.714, lower: 0.70, runs };
    let many = |candidates, goals| judge(&sample, &Critical::at(LOOKS, 10, candidates, goals)).answer;
    assert_eq!((many(100, 1), many(1, 100)), (Answer::Open, Answer::Accepted));
    assert!(!kept.wants_longer());
}

/// None of ten runs of 20 is late: independent requests at 5 % vary by 0.05 0.95 / 20 a run,
/// 3.997 standard errors are 6.2 %, and 5 % is not shown; of twenty runs 3.383 are 3.7 %.
#[test]
fn few_requests_prove_nothing() {
    let none = |runs: usize, requests| {
        let counts = vec![(0, requests); runs];
        late(&counts, &counts)
    };
    assert_eq!((answer(&none(10, 20), 10), answer(&none(20, 20), 20)), (Answer::Open, Answer::Accepted));
    assert_eq!(answer(&none(10, 2_000), 10), Answer::Accepted);
    // 190 requests are fewer than 200, and more runs will bring them; 10 in all will not be 200 of 160.
    assert_eq!((answer(&none(10, 19), 10), answer(&none(10, 1), 10)), (Answer::Open, Answer::Unjudged));
    assert_eq!((answer(&none(10, 0), 10), answer(&none(160, 1), 160)), (Answer::Unjudged, Answer::Unjudged));
    // So many failed that nobody has to wait for more.
    assert_eq!(answer(&late(&[(1, 1); 10], &[(1, 1); 10]), 10), Answer::Refused);
}

/// 2.5 % late by the goal on the average. In every run about as many: shown. All in one run of
/// ten: requests late together are worth few. None late there, and 15 % late by the lower edge: refused.
#[test]
fn both_edges_are_asked() {
    let alike: Vec<_> = (0..10).map(|run| (45 + run, 2_000)).collect();
    let mut together = vec![(0, 2_000); 10];
    together[3] = (500, 2_000);
    assert_eq!(answer(&late(&alike, &alike), 10), Answer::Accepted);
    assert_eq!(answer(&late(&together, &together), 10), Answer::Open);
    let beyond: Vec<_> = (0..10).map(|run| (295 + run, 2_000)).collect();
    assert_eq!(answer(&late(&[(0, 2_000); 10], &beyond), 10), Answer::Refused, "the nearer to the edge");
    let between: Vec<_> = (0..10).map(|run| (105 + run, 2_000)).collect();
    let open = judge(&late(&alike, &between), &at(10));
    assert_eq!((open.answer, open.value), (Answer::Accepted, 0.024_75));
    // 0.2 % failed, or 2 %, where 1 % may; nothing may fail and nothing does, or something does.
    assert_eq!(answer(&failed(&[(1, 200); 10]), 10), Answer::Open);
    assert_eq!(answer(&failed(&[(4, 20_000); 10]), 10), Answer::Accepted);
    assert_eq!(answer(&failed(&[(400, 20_000); 10]), 10), Answer::Refused);
    let never = |counts: &[(u64, u64)]| {
        let sample = Sample::Counts { upper: edge(0.0, counts), lower: edge(0.0, counts), fewest: 200 };
        let last = judge(&sample, &at(10));
        (last.answer, last.holds, last.spread)
    };
    assert_eq!(never(&[(0, 500); 10]), (Answer::Accepted, true, None));
    assert_eq!(never(&[(1, 500); 10]), (Answer::Refused, false, None));
}

/// Ten runs in which nobody, or everybody a little, lost time: 0.1 % may be.
#[test]
fn lost_time_is_judged_by_the_requests_behind_it() {
    let of = |lost: f64, requests: u64| {
        let (runs, trials) = (vec![lost; 10], vec![requests; 10]);
        answer(&Sample::Times { allowed: 0.001, lower: 0.0005, runs, trials, fewest: 200 }, 10)
    };
    // sqrt(0.001 0.999 / m / 10) 3.997 is 0.126 % of 1,000 requests a run, 0.04 % of 10,000.
    assert_eq!((of(0.0, 1_000), of(0.0, 10_000)), (Answer::Open, Answer::Accepted));
    assert_eq!((of(0.002, 10_000), of(0.0009, 100)), (Answer::Refused, Answer::Open));
}

/// As much lost in all, 0.01 % where 0.1 % may be. Everybody a little: 3.997 sqrt(0.001 0.999 /
/// 10,000 / 10) is 0.04 %, less than the 0.09 % of room. All in one run of ten: that run varies ten
/// times as requests one by one would (10 0.0001^2 against 0.0001 / 10,000), and so may others by
/// the goal: sqrt(10) times 0.04 %.
#[test]
fn time_that_is_lost_together_is_worth_few_requests() {
    let of = |runs: Vec<f64>| {
        let trials = vec![10_000; 10];
        answer(&Sample::Times { allowed: 0.001, lower: 0.0005, runs, trials, fewest: 200 }, 10)
    };
    let mut together = vec![0.0; 10];
    together[3] = 0.001;
    assert_eq!((of(vec![0.0001; 10]), of(together)), (Answer::Accepted, Answer::Open));
}

/// How often one is accepted, and refused, over all looks.
fn rates(experiments: u64, sample: impl Fn(u64, u32) -> Sample) -> (f64, f64, u64) {
    let criticals: Vec<(u32, Critical)> = std::iter::successors(LOOKS.after(0), |&runs| LOOKS.after(runs))
        .map(|runs| (runs, at(runs)))
        .collect();
    let (mut accepted, mut refused, mut runs) = (0, 0, 0);
    for experiment in 0..experiments {
        for (size, critical) in &criticals {
            let answer = judge(&sample(experiment, *size), critical).answer;
            accepted += u64::from(answer == Answer::Accepted);
            refused += u64::from(answer == Answer::Refused);
            if answer != Answer::Open || *size == LOOKS.most() {
                runs += u64::from(*size);
                break;
            }
        }
    }
    let share = |count: u64| count as f64 / experiments as f64;
    (share(accepted), share(refused), runs)
}

/// A standard normal value, of run `run` of an experiment.
fn normal(experiment: u64, run: u32) -> f64 {
    let mut rng = Key::root(1, run).child(experiment).stream(Role::new("feasibility"), 0);
    let (a, b): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * libm::log(1.0 - a)).sqrt() * libm::cos(std::f64::consts::TAU * b)
}

/// 1,000 experiments of five looks. At the goal itself one is accepted wrongly in at most 2.5 %, at the lower
/// edge refused wrongly in at most 2.5 % (a standard error above: 3 %), however wide the zone; far
/// from both in hardly any, and at the first look.
#[test]
fn errors_are_those_that_may_be_made() {
    let values = |mean: f64| {
        rates(1_000, move |experiment, runs| Sample::Values {
            upper: 1.0,
            lower: 0.9,
            runs: (0..runs).map(|run| mean + 0.2 * normal(experiment, run)).collect(),
        })
    };
    let (accepted, refused, _) = values(1.0);
    assert!(accepted <= 0.03 && refused > 0.9, "{accepted} {refused}");
    let (accepted, refused, _) = values(0.9);
    assert!(refused <= 0.03 && accepted > 0.9, "{accepted} {refused}");
    let (accepted, refused, runs) = values(0.5);
    assert!((accepted, refused) == (1.0, 0.0) && runs < 11_000, "{accepted} {refused} {runs}");
}

/// The same of shares: 400 requests a run, late by the goal with the probability that is allowed (5 %), or
/// by the lower edge; which runs share, so that they come together: its probability varies by a fifth.
#[test]
fn errors_of_shares_are_those_that_may_be_made() {
    let share = |experiment: u64, run: u32, p: f64, together: f64| {
        let mut rng = Key::root(2, run).child(experiment).stream(Role::new("feasibility"), 0);
        let p = p * (1.0 + together * normal(experiment, run)).max(0.0);
        // A normal value for the number of late ones of 400, rounded: 20 of them are enough.
        let (a, b): (f64, f64) = (rng.random(), rng.random());
        let one = (-2.0 * libm::log(1.0 - a)).sqrt() * libm::cos(std::f64::consts::TAU * b);
        let count = (400.0 * p + one * (400.0 * p * (1.0 - p)).sqrt()).round().max(0.0);
        (count as u64, 400)
    };
    let of = |goal: f64, lower: f64, together: f64| {
        rates(500, move |experiment, runs| {
            let counts = |p| (0..runs).map(|run| share(experiment, run, p, together)).collect::<Vec<_>>();
            late(&counts(goal), &counts(lower))
        })
    };
    for together in [0.0, 0.2] {
        let (accepted, _, _) = of(0.05, 0.07, together);
        let (_, refused, _) = of(0.035, 0.05, together);
        assert!(accepted <= 0.035 && refused <= 0.035, "{together}: {accepted} {refused}");
    }
    // Well within, and well beyond.
    let (within, beyond) = (of(0.01, 0.015, 0.2), of(0.08, 0.1, 0.2));
    assert!(within.0 > 0.99 && beyond.1 > 0.99, "{within:?} {beyond:?}");
    assert!(within.2 < 12_000 && beyond.2 < 8_000, "{within:?} {beyond:?}");
}
