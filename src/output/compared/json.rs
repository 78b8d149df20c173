//! A comparison as JSON: the rows of its tables and the figures above them.

use serde_json::{Value, json};

use super::words::{Unit, change, columns, token};
use super::{cost, in_order, request};
use crate::results::compared::{ComparedRow, Comparison, Said, Sided};

/// The object, without `format`.
#[must_use]
pub fn object(comparison: &Comparison) -> Value {
    json!({
        "base": sided(&comparison.base),
        "pairs": comparison.pairs,
        "paired": comparison.paired,
        "looks": comparison.looks,
        "level": round(comparison.level),
        "floor": comparison.floor,
        "precision": comparison.precision,
        "open": comparison.open,
        "in_order": in_order::object(comparison),
        "others": (0..comparison.others.len()).map(|place| against(comparison, place)).collect::<Vec<_>>(),
    })
}

fn sided(side: &Sided) -> Value {
    let [met, missed, open, unjudged] = side.goals;
    json!({ "scenario": side.name, "goals": { "met": met, "missed": missed, "open": open, "unjudged": unjudged } })
}

fn against(comparison: &Comparison, place: usize) -> Value {
    let against = &comparison.others[place];
    let count = |said| against.count(said);
    let alone = |all: &[(String, u64)]| {
        all.iter().map(|(name, users)| json!({ "population": name, "mailboxes": users })).collect::<Vec<_>>()
    };
    json!({
        "scenario": sided(&against.other),
        "settings": against.keys.iter().map(|key| json!({ "path": key.path, "base": key.base, "other": key.other })).collect::<Vec<_>>(),
        "affected": against.affected.iter().map(|of| json!({
            "population": of.population,
            "protocol": of.protocol.token(),
            "old_mechanism": of.old.token(),
            "new_mechanism": of.new.token(),
            "users": round(of.clients),
            "second_logon": of.second_logon,
            "retype": of.retype,
            "provision": of.provision,
        })).collect::<Vec<_>>(),
        "changes": request::object(comparison, place),
        "cost": cost::object(against),
        "findings": against.findings.iter().map(|of| json!({
            "change": change(of.new),
            "severity": of.severity,
            "lint": of.lint,
            "title": of.title,
            "message": of.message,
            "path": of.path,
            "mailboxes": of.users.iter().map(|(population, of)| json!({ "population": population, "mailboxes": of })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "unmatched": { "base": alone(&against.base_alone), "other": alone(&against.other_alone) },
        "words": { "better": count(Said::Better), "worse": count(Said::Worse), "same": count(Said::Same),
            "no_difference_shown": count(Said::NotShown), "too_few_replications": count(Said::TooFew),
            "higher": count(Said::Higher), "lower": count(Said::Lower) },
        "newly_missed": against.rows.iter().filter(|row| row.newly_missed()).map(short).collect::<Vec<_>>(),
        "newly_met": against.rows.iter().filter(|row| row.newly_met()).map(short).collect::<Vec<_>>(),
        "variance_ratio": against.variance_ratio().map(round),
        "rows": against.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn short(row: &ComparedRow) -> Value {
    let (protocol, population, name) = columns(&row.about);
    json!({ "metric": token(row), "protocol": protocol, "population": population, "name": name })
}

fn row(row: &ComparedRow) -> Value {
    let (protocol, population, name) = columns(&row.about);
    let own = |value: Option<f64>| value.map(|value| round(Unit::of(row).in_own(value)));
    let goal = row.goal;
    json!({
        "metric": token(row),
        "protocol": protocol,
        "population": population,
        "name": name,
        "unit": Unit::of(row).token(),
        "base": own(row.base),
        "other": own(row.other),
        "difference": own(row.difference.as_ref().map(|d| d.estimate)),
        "ci95": own(row.half_width),
        "ci95_corrected": own(row.corrected),
        "ratio": row.ratio.map(|of| round(of.0)),
        "ratio_ci95": row.ratio.map(|of| round(of.1)),
        "goal": own(goal.map(|goal| goal.goal).filter(|_| !row.by_late_share)),
        "verdict_base": goal.and_then(|goal| goal.base).map(|word| word.token()),
        "verdict_other": goal.and_then(|goal| goal.other).map(|word| word.token()),
        "word": row.said.words(),
        "variance_ratio": row.difference.as_ref().and_then(|d| d.variance_ratio).map(round),
        "rough": row.rough,
        "pairs_to_settle": row.pairs_to_settle,
    })
}

/// To six decimals, as tables have it.
fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
