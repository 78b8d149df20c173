//! A sweep as an object for programs.

use serde_json::{Value, json};

use super::words::{columns, token, unit};
use crate::results::swept::{Holds, Swept, SweptRow, Until};

/// The sweep as a JSON object.
#[must_use]
pub fn object(swept: &Swept) -> Value {
    let points: Vec<Value> = (1..)
        .zip(&swept.points)
        .map(|(number, point)| {
            json!({
                "item": number,
                "values": point.values,
                "rows": point.rows.iter().map(row).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "scenario": swept.scenario,
        "parameters": swept.parameters,
        "law_only": swept.law_only,
        "points": points,
        "until": swept.until.as_ref().map(until),
    })
}

fn until(until: &Until) -> Value {
    let value = |at: usize| until.tries[at].value.as_str();
    let (holds, answer) = match until.holds {
        Holds::UpTo(at) => ("up_to", Some(value(at))),
        Holds::From(at) => ("from", Some(value(at))),
        Holds::Everywhere => ("everywhere", None),
        Holds::Nowhere => ("nowhere", None),
        Holds::Between => ("between", None),
    };
    let tries = until.tries.iter().map(|tried| {
        json!({ "value": tried.value, "replications": tried.runs, "verdict": tried.word.token(), "holds": tried.holds })
    });
    json!({
        "condition": until.condition,
        "holds": holds,
        "answer": answer,
        "last_met": until.shown.0.map(value),
        "first_missed": until.shown.1.map(value),
        "rough": until.rough,
        "alternates": until.alternates,
        "tries": tries.collect::<Vec<_>>(),
    })
}

fn row(row: &SweptRow) -> Value {
    let (protocol, population, name) = columns(&row.about);
    let own = |value: Option<f64>| value.map(|value| if row.is_time() { value / 1e6 } else { value });
    json!({
        "protocol": protocol,
        "population": population,
        "name": name,
        "metric": token(row),
        "unit": unit(row),
        "value": own(row.value),
        "ci95": own(row.half_width),
        "failed_share": row.failed,
        "goal": own(row.goal.map(|(goal, _)| goal)),
        "verdict": row.goal.map(|(_, word)| word.token()),
        "replications": row.replications,
        "rough": row.rough,
    })
}
