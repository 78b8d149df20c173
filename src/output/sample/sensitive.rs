//! Studies of sensitivity of every shape, made up: names short and long, one figure and sixty, ends on one side,
//! values that there are none of, intervals far wider than what they are about, and goals that are turned or far away.

use crate::model::protocol::Protocol;
use crate::results::compared::{About, Measure, Metric};
use crate::results::sensitive::{
    By, Cost, Effect, End, Group, Moved, Nature, Objective, Rests, Sensitivity, Side,
};
use crate::stats::verdict::Word;

const LONG: &str = "Regional headquarters and data centre of the north-western provinces, staff";

/// By figure the values at its ends, as factors of the base, and half of their intervals.
type Ends<'e> = &'e [([Option<f64>; 2], f64)];

fn study(ends: Ends<'_>, goal: f64, metric: Metric, long: bool) -> Sensitivity {
    let base = if metric.is_time() { 2.5e9 } else { 0.5 };
    let figure = |at: usize| Moved {
        path: match (long, at % 3) {
            (true, _) => format!("population.\"{LONG} {at}\".clients.outlook-anywhere"),
            (false, 0) => format!("clients.message_size.lognormal.mean{at}"),
            (false, 1) => format!("costs.proxy{at}"),
            (false, _) => format!("population.*.day{at}"),
        },
        nature: if at % 3 == 2 { Nature::Day } else { Nature::Number },
        rests: [Rests::Assumed, Rests::Memory, Rests::Given][at % 3],
        base: "50 KB".to_owned(),
        ends: [("25 KB", false), ("75 KB", at == 1)]
            .map(|(shown, bounded)| Some(End { shown: shown.to_owned(), bounded })),
        runs: 3,
    };
    let beyond = |value: f64| value > goal * base;
    let effect = |(at, (ends, half)): (usize, &([Option<f64>; 2], f64))| {
        let side = |factor: Option<f64>| Side {
            value: factor.map(|factor| factor * base),
            half_width: factor.map(|_| half * base),
            within_noise: factor.is_some_and(|factor| (factor - 1.0).abs() <= *half),
            crosses: factor
                .is_some_and(|factor| (factor - 1.0).abs() > *half && beyond(factor * base) != beyond(base)),
        };
        Effect {
            figure: at,
            objective: 0,
            base: Some(base),
            ends: ends.map(|end| Some(side(end))),
            by: if at % 5 == 4 { By::Law } else { By::Simulated },
            rank: at as u32 + 1,
        }
    };
    let name = if long { LONG } else { "Boston staff" };
    let objective = Objective {
        about: About::Users(Some(Protocol::Owa), name.to_owned()),
        metric,
        goal: Some(goal * base),
        base: Some(base),
        word: Some(if beyond(base) { Word::Missed } else { Word::Met }),
        beyond: Some(beyond(base)),
        all: [None, None],
        sums: [0.3 * base, -0.2 * base],
    };
    Sensitivity {
        scenario: if long { LONG.to_owned() } else { "Single namespace".to_owned() },
        range: [0.5, 1.5],
        figures: (0..ends.len()).map(figure).collect(),
        objectives: vec![objective],
        effects: ends.iter().enumerate().map(effect).collect(),
        groups: vec![Group { figures: vec![0; 31], most: Some((0, 0.004)), is_idle: true }],
        idle_switches: Vec::new(),
        order: (0..ends.len()).collect(),
        cost: Cost { runs: 60, events: 66_000, base_events: 1_000 },
    }
}

/// Studies with the name of their shape.
pub(crate) fn studies() -> Vec<(&'static str, Sensitivity)> {
    let p95 = Metric::Goal(Measure::P95);
    let usual: Vec<([Option<f64>; 2], f64)> = (0..9)
        .map(|at| ([Some(1.0 - 0.4 / f64::from(at + 1)), Some(1.0 + 0.6 / f64::from(at + 1))], 0.05))
        .collect();
    let many: Vec<([Option<f64>; 2], f64)> =
        (0..60).map(|at| ([Some(1.0 - 0.3 / f64::from(at + 1)), Some(1.0)], 0.02)).collect();
    vec![
        ("usual", study(&usual, 0.8, p95, false)),
        ("long_names", study(&many, 1.4, p95, true)),
        (
            "one_side",
            study(&[([Some(1.2), Some(1.5)], 0.01), ([Some(0.9), Some(0.7)], 0.01)], 9.0, p95, false),
        ),
        ("never", study(&[([Some(0.9), None], 0.01), ([None, None], 0.0)], 1.1, p95, false)),
        ("wide", study(&[([Some(0.9), Some(1.1)], 5.0), ([Some(0.99), Some(1.01)], 9.0)], 1.05, p95, false)),
        ("flat", study(&[([Some(1.0), Some(1.0)], 0.0)], 1.1, p95, false)),
        ("share", study(&usual, 1.2, Metric::Goal(Measure::Utilisation), false)),
        ("nothing", study(&[], 1.2, p95, false)),
    ]
}
