//! A sweep as an object for programs.

use serde_json::{Value, json};

use super::words::{columns, token, unit};
use crate::results::swept::{Swept, SweptRow};

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
