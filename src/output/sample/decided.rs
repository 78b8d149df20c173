//! Comparisons and sweeps of every shape, made up: names short and long, one value and sixty, values that are
//! never, and those whose goals turn once, twice or not.

use crate::itinerary::Part;
use crate::model::access::Mechanism;
use crate::model::protocol::Protocol;
use crate::results::compared::{
    About, Affected, Against, ComparedRow, Comparison, GoalOf, KeyChange, Measure, Metric, Said, Sided,
};
use crate::results::purchase::{Bought, Cost, Purchase};
use crate::results::swept::{Holds, Swept, SweptMetric, SweptPoint, SweptRow, Try, Until};
use crate::stats::paired::Difference;
use crate::stats::verdict::Word;

const LONG: &str = "Regional headquarters and data centre of the north-western provinces, staff";

fn about(at: usize, long: bool) -> About {
    let name = |text: &str| if long { format!("{LONG} {text}") } else { text.to_owned() };
    match at % 4 {
        0 => About::Users(Some(Protocol::Owa), name(&format!("Boston {at}"))),
        1 => About::Users(Some(Protocol::OutlookAnywhere), name(&format!("Chennai {at}"))),
        2 => About::Servers(name(&format!("CAS {at}"))),
        _ => About::Link(format!("{}>{}", name("Amsterdam"), name(&format!("Boston {at}")))),
    }
}

/// A sweep of these values; `value` by point and row, above 1 beyond the goal.
fn swept(
    parameters: &[(&str, &[&str])],
    rows: usize,
    long: bool,
    value: impl Fn(&[usize], usize) -> Option<f64>,
) -> Swept {
    let mut places: Vec<Vec<usize>> = vec![Vec::new()];
    for (_, values) in parameters {
        places = places.iter().flat_map(|at| (0..values.len()).map(|n| [&at[..], &[n]].concat())).collect();
    }
    let row = |at: &[usize], row: usize| {
        let metric = match row % 4 {
            0 => Metric::Goal(Measure::P95),
            1 => Metric::Goal(Measure::Availability),
            _ => Metric::Goal(Measure::Utilisation),
        };
        let goal = match row % 4 {
            0 => 2e9,
            1 => 0.999,
            _ => 0.8,
        };
        let of = |excess: f64| if row % 4 == 1 { 1.0 - excess * (1.0 - goal) } else { excess * goal };
        let found = value(at, row);
        let word = match found {
            None => Word::Never,
            Some(excess) if excess < 0.95 => Word::Met,
            Some(excess) if excess > 1.05 => Word::Missed,
            Some(_) => Word::Open,
        };
        SweptRow {
            about: about(row, long),
            metric: SweptMetric::Of(metric),
            value: found.map(of),
            half_width: found.map(|_| 0.05 * goal * if row % 4 == 1 { 1e-3 } else { 1.0 }),
            failed: Some(0.0),
            goal: Some((goal, word)),
            rough: word == Word::Open && at[0] % 2 == 1,
            replications: 5,
            part: Some((Part::WanTransfer, 0.7)),
        }
    };
    let point = |at: &Vec<usize>| SweptPoint {
        values: at.iter().zip(parameters).map(|(&n, (_, values))| values[n].to_owned()).collect(),
        rows: (0..rows).map(|n| row(at, n)).collect(),
    };
    Swept {
        scenario: if long { LONG.to_owned() } else { "Single namespace".to_owned() },
        parameters: parameters.iter().map(|(path, _)| (*path).to_owned()).collect(),
        points: places.iter().map(point).collect(),
        law_only: false,
        until: None,
    }
}

fn numbers(many: usize, unit: &str) -> Vec<String> {
    (1..=many).map(|n| format!("{}{unit}", n * 250)).collect()
}

/// Sweeps with the name of their shape.
pub(crate) fn sweeps() -> Vec<(&'static str, Swept)> {
    let of = |all: &'static [&'static str]| all;
    let lines = of(&["1 Mbps", "1.544 Mbps", "2 Mbps", "3 Mbps", "4 Mbps", "6 Mbps", "8 Mbps", "10 Mbps"]);
    let path = "link.Datacentre-Branch.bandwidth";
    let falling = |at: &[usize], row: usize| match at[0] {
        0 if row == 0 => None,
        n => Some(6.0 / (n as f64 + 1.0) * (1.0 + 0.1 * row as f64)),
    };
    let many = numbers(60, "");
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let wide = numbers(16, " Mbps");
    let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
    let users = of(&["100", "200", "300", "400", "600", "800"]);
    let grid = |at: &[usize], _: usize| match 0.7 * (at[1] + 2) as f64 / (at[0] + 1) as f64 {
        excess if excess > 4.5 => None,
        excess => Some(excess),
    };
    let policies = of(&["round robin", "source address", "least connections"]);
    let mut none = swept(&[(path, lines)], 3, false, falling);
    none.points.iter_mut().flat_map(|point| &mut point.rows).for_each(|row| {
        row.goal = None;
        row.metric = SweptMetric::Of(if row.is_time() { Metric::P95 } else { Metric::BusiestHour });
    });
    let mut zip = swept(&[(path, lines)], 2, false, falling);
    zip.parameters.push("population.Boston staff.mailboxes".to_owned());
    zip.points.iter_mut().zip(&many).for_each(|(point, value)| point.values.push((*value).to_owned()));
    let mut letters = swept(&[(path, lines)], 3, false, falling);
    for row in letters.points.iter_mut().flat_map(|point| &mut point.rows) {
        row.about = About::Servers(format!("東京{:?}", row.metric));
    }
    let empty = Swept { points: Vec::new(), ..swept(&[(path, lines)], 0, false, falling) };
    vec![
        ("one", swept(&[(path, lines)], 1, false, falling)),
        ("several", swept(&[(path, lines)], 5, false, falling)),
        ("many_goals", swept(&[(path, lines)], 40, true, falling)),
        ("one_point", swept(&[(path, &lines[3..4])], 3, false, falling)),
        ("two_points", swept(&[(path, &lines[3..5])], 2, false, falling)),
        (
            "sixty",
            swept(&[("population.*.mailboxes", &many)], 2, false, |at, row| {
                Some(0.3 + (at[0] + row) as f64 / 40.0)
            }),
        ),
        (
            "alternating",
            swept(&[(path, lines)], 1, false, |at, _| Some(if at[0] % 2 == 0 { 0.5 } else { 1.5 })),
        ),
        ("words", swept(&[("site.Boston.balancing", policies)], 3, true, falling)),
        ("no_goals", none),
        ("never", swept(&[(path, lines)], 2, false, |_, _| None)),
        ("all_met", swept(&[(path, lines)], 3, false, |at, _| Some(0.1 * (at[0] + 1) as f64))),
        ("zip", zip),
        ("letters", letters),
        ("empty", empty),
        ("grid", swept(&[(path, lines), ("population.North.mailboxes", users)], 1, false, grid)),
        ("grid_goals", swept(&[(path, lines), ("population.North.mailboxes", users)], 4, true, grid)),
        (
            "grid_wide",
            swept(&[(path, &wide), ("population.North.mailboxes", &many)], 1, true, |at, _| {
                Some(3.0 * (at[1] + 1) as f64 / (at[0] + 1) as f64 / 10.0)
            }),
        ),
        (
            "grid_three",
            swept(&[(path, lines), ("run.load", &["1", "2", "3"]), ("balancing", policies)], 2, false, grid),
        ),
    ]
}

fn row(at: usize, long: bool, pairs: usize, ratio: Option<f64>, said: Said) -> ComparedRow {
    let (metric, base) = match at % 4 {
        0 => (Metric::Goal(Measure::P95), 1.2e9),
        1 => (Metric::LogonP95, 2e8),
        2 => (Metric::Goal(Measure::Utilisation), 0.4),
        _ => (Metric::BusiestHour, 0.02),
    };
    let goal = matches!(metric, Metric::Goal(_)).then(|| GoalOf {
        goal: base * 1.5,
        base: Some(Word::Met),
        other: Some(if ratio.is_some_and(|ratio| ratio > 1.5) { Word::Missed } else { Word::Met }),
    });
    let base = if ratio.is_none() { 0.0 } else { base };
    let other = ratio.map_or(0.3, |ratio| base * ratio);
    let spread = |n: usize| 1.0 + 0.05 * (n as f64 - pairs as f64 / 2.0) / pairs as f64;
    let runs = (0..pairs).map(|n| (Some(base), Some(other * spread(n)))).collect();
    let of: Vec<(f64, f64)> = (0..pairs).map(|n| (base, other * spread(n))).collect();
    ComparedRow {
        about: about(at, long),
        metric,
        goal,
        by_late_share: false,
        base: Some(base),
        other: Some(other),
        difference: Difference::sectioned(base, other, &of),
        half_width: Some(0.1 * base),
        corrected: Some(0.2 * base),
        ratio: ratio.map(|ratio| (ratio, 0.1 * ratio)),
        said,
        rough: at % 7 == 3,
        pairs_to_settle: None,
        runs,
    }
}

fn purchase(site: &str) -> Purchase {
    let bought = |what: &str, site: &str, (once, a_year)| Bought {
        what: what.to_owned(),
        site: site.to_owned(),
        cost: Cost::money(once, a_year, 3),
    };
    Purchase {
        currency: "EUR".to_owned(),
        years: 3,
        items: vec![
            bought("2 more Client Access servers, R650", site, (1_640_000, 180_000)),
            bought("Amsterdam-Boston with 20 Mbps", "", (0, 1_400_050)),
        ],
        unpriced: vec![format!("{site}: Internet with 200 Mbps")],
        left: vec![format!("{site}: 1 Mailbox server")],
    }
}

fn comparison(rows: Vec<ComparedRow>, affected: usize, others: usize, long: bool) -> Comparison {
    let name = |text: &str| if long { format!("{LONG}, {text}") } else { text.to_owned() };
    let way = |at: usize| Affected {
        population: if long { format!("{LONG} {at}") } else { format!("Boston staff {at}") },
        protocol: if at.is_multiple_of(2) { Protocol::Owa } else { Protocol::Eas },
        old: Mechanism::Proxy,
        new: if at % 3 == 1 { Mechanism::Refuse } else { Mechanism::RedirectManual },
        clients: 1200.0 / (at + 1) as f64,
        second_logon: at.is_multiple_of(3),
        retype: (at % 2 == 1).then(|| name("owa.boston.contoso.com")),
        provision: at % 2 == 1,
    };
    let against = |n: usize| Against {
        base: name("Single name"),
        other: Sided { name: name(&format!("Regional names {n}")), goals: [3, 1, 0, 0] },
        keys: vec![KeyChange {
            path: "site.Boston.cas.servers".to_owned(),
            base: Some("2".to_owned()),
            other: None,
        }],
        affected: (0..affected).map(way).collect(),
        purchase: (n == 0).then(|| purchase(&name("Boston"))),
        rows: rows.clone(),
        ..Against::default()
    };
    Comparison {
        base: Sided { name: name("Single name"), goals: [2, 2, 0, 0] },
        others: (0..others).map(against).collect(),
        pairs: 10,
        looks: vec![10],
        level: 0.95,
        paired: true,
        ..Comparison::default()
    }
}

/// Comparisons with the name of their shape.
pub(crate) fn comparisons() -> Vec<(&'static str, Comparison)> {
    let ratios = [Some(8.4), Some(0.33), Some(0.35), Some(0.51), Some(1.02), None, Some(0.9), Some(1.3)];
    let said = |ratio: Option<f64>| match ratio {
        Some(ratio) if ratio < 0.95 => Said::Better,
        Some(ratio) if ratio < 1.05 => Said::Same,
        _ => Said::Worse,
    };
    let some = |many: usize, long: bool| -> Vec<ComparedRow> {
        (0..many).map(|at| row(at, long, 10, ratios[at % 8], said(ratios[at % 8]))).collect()
    };
    let near = (0..9).map(|at| row(at, false, 40, Some(1.0 + 0.004 * at as f64), Said::Better)).collect();
    let huge = (0..9).map(|at| row(at, false, 10, Some(libm::pow(4.0, at as f64)), Said::Worse)).collect();
    let same = (0..9).map(|at| row(at, false, 10, Some(1.0), Said::Same)).collect();
    let few = (0..9).map(|at| row(at, false, 2, Some(1.4), Said::TooFew)).collect();
    let zero = (0..5).map(|at| row(at, false, 10, None, Said::Worse)).collect();
    vec![
        ("usual", comparison(some(8, false), 3, 1, false)),
        ("long_names", comparison(some(60, true), 30, 2, true)),
        ("one_row", comparison(some(1, false), 1, 1, false)),
        ("near", comparison(near, 0, 1, false)),
        ("huge", comparison(huge, 0, 1, false)),
        ("same", comparison(same, 0, 1, false)),
        ("few", comparison(few, 0, 1, false)),
        ("from_zero", comparison(zero, 0, 1, false)),
        ("nothing", comparison(Vec::new(), 0, 1, false)),
    ]
}

/// The sweep of this shape.
pub(crate) fn sweep_of(shape: &str) -> Swept {
    sweeps().into_iter().find(|(name, _)| *name == shape).expect("there is such a shape").1
}

/// The comparison of this shape.
pub(crate) fn comparison_of(shape: &str) -> Comparison {
    comparisons().into_iter().find(|(name, _)| *name == shape).expect("there is such a shape").1
}

/// A search along the values of the sweep `one`: open at 6 Mbps, met from 8 Mbps on.
pub(crate) fn searched() -> Swept {
    let mut swept = sweep_of("one");
    let tried = |(at, point): (usize, &SweptPoint)| Try {
        value: point.values[0].clone(),
        number: at as f64,
        runs: if at == 5 { 160 } else { 10 },
        word: match at {
            0..=4 => Word::Missed,
            5 => Word::Open,
            _ => Word::Met,
        },
        holds: at > 4,
        asked: 1,
    };
    swept.until = Some(Until {
        condition: "owa.Boston 0.p95 <= 2 s".to_owned(),
        tries: swept.points.iter().enumerate().map(tried).collect(),
        holds: Holds::From(5),
        shown: (Some(6), Some(4)),
        rough: true,
        alternates: false,
    });
    swept
}
