//! `plan.growth`: how load grows from year to year.

use std::borrow::Cow;

use super::super::amounts::plain_number;
use super::super::context::{Cx, wrong_type};
use super::super::fields::Fields;
use super::super::keys::Key;
use super::super::path::split_path;
use super::super::shape::{AnyOf, Form, Items, Named};
use super::super::tree::{self, Node, Value};
use crate::diagnostics::{Span, nearest};
use crate::model::purchase::{Growing, Growth};
use crate::model::workload::Workload;
use crate::quantity::{self, Dimension};

const GROWTH: Key = (
    "growth",
    "how load grows: `\"10 % a year\"` for the mailboxes of every population, or by path (`*` is any \
     name, `\"*\"` alone all mailboxes; of several paths the one with fewer `*` counts): a share a year; a \
     list of values in year 1, 2 ...; a list of factors (`[\"x1.2\", \"x1.5\"]` or `[\"120 %\", \"150 %\"]`); \
     `\"to 0 in year 2\"`, evenly. The last value of a list stays",
);

/// What each path has.
const EACH: AnyOf<'_> = AnyOf(&[
    &Form {
        words: "`\"10 % a year\"`, `\"to 0 in year 2\"`",
        pattern: "^\\s*([+-]?[0-9.]+\\s*%\\s*a year|to\\s+[0-9.]+\\s+in year\\s+[0-9]+)\\s*$",
    },
    &Items(&AnyOf(&[&Plain, &FACTOR]), None),
]);

const FACTOR: Form = Form { words: "factor", pattern: "^\\s*(x[0-9.]+|[0-9.]+\\s*%)\\s*$" };

/// A value in a year.
struct Plain;

impl super::super::shape::Shape for Plain {
    fn words(&self) -> String {
        "number".to_owned()
    }
    fn schema(&self, _: &mut super::super::shape::Definitions) -> serde_json::Value {
        serde_json::json!({ "type": "number", "minimum": 0 })
    }
}

/// Values of a list at most, and the last year of a `to`.
const YEARS: u32 = 20;

/// The highest factor.
const MOST: f64 = 1000.0;

/// Tables of a scenario that say how much is asked.
const HEADS: [&str; 3] = ["population", "source", "clients"];

/// Reads `plan.growth`.
pub(super) fn growth(cx: &mut Cx, fields: &mut Fields<'_>, workload: &Workload) -> Vec<Growth> {
    let shape = AnyOf(&[&EACH, &Named { what: "PATH", names: &[], each: &EACH }]);
    let Some(node) = fields.node(cx, GROWTH, &shape) else { return Vec::new() };
    let comment = cx.given(node.span);
    fields.write(cx, "growth", &node.to_toml(), comment);
    let path = fields.at("growth");
    let mut all = Vec::new();
    if let Value::Table(table) = &node.value {
        let mut leaves = Vec::new();
        flatten(table, &mut Vec::new(), &mut leaves);
        for (parts, span, node) in leaves {
            let inner = format!("{path}.{}", tree::key(&parts.join(".")));
            known(cx, &parts, span, workload);
            let path =
                parts.iter().map(|part| if part == "*" { Cow::Borrowed("*") } else { tree::key(part) });
            let path = path.collect::<Vec<_>>().join(".");
            all.extend(growing(cx, node, &inner).map(|how| Growth { path, how }));
        }
    } else {
        all.extend(growing(cx, node, &path).map(|how| Growth { path: "*".to_owned(), how }));
    }
    // The wider path is laid on first.
    let stars = |path: &str| (path != "*", std::cmp::Reverse(path.matches('*').count()));
    all.sort_by_key(|growth| stars(&growth.path));
    all
}

/// Paths, quoted as a whole or dotted, with what each has.
fn flatten<'t>(
    table: &'t tree::Table,
    before: &mut Vec<String>,
    leaves: &mut Vec<(Vec<String>, Span, &'t Node)>,
) {
    for entry in &table.entries {
        let depth = before.len();
        before.extend(split_path(&entry.key));
        match &entry.node.value {
            Value::Table(inner) => flatten(inner, before, leaves),
            _ => leaves.push((before.clone(), entry.key_span, &entry.node)),
        }
        before.truncate(depth);
    }
}

/// Reports a path that leads to nothing that is asked for.
fn known(cx: &mut Cx, parts: &[String], span: Span, workload: &Workload) {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["*"] | ["clients", _, ..] => {}
        ["population", name, _, ..] if *name != "*" => {
            if !workload.populations.iter().any(|of| of.name == *name) {
                cx.unknown(
                    "[[population]]",
                    name,
                    span,
                    workload.populations.iter().map(|of| of.name.as_str()),
                );
            }
        }
        ["source", name, _, ..] if *name != "*" => {
            if !workload.sources.iter().any(|of| of.name == *name) {
                cx.unknown("[[source]]", name, span, workload.sources.iter().map(|of| of.name.as_str()));
            }
        }
        ["population" | "source", _, _, ..] => {}
        _ => {
            let first = parts.first().copied().unwrap_or_default();
            let near = nearest(first, HEADS).filter(|near| *near != first);
            let form =
                "forms: \"*\", population.NAME.mailboxes, population.*.clients.PROTOCOL, source.NAME...";
            cx.fault_help(
                "unknown-name",
                format!("nothing that grows is called `{}`", parts.join(".")),
                span,
                "expected a value of a population, a source or the clients",
                near.map_or_else(|| form.to_owned(), |near| format!("did you mean `{near}`? {form}")),
            );
        }
    }
}

fn growing(cx: &mut Cx, node: &Node, path: &str) -> Option<Growing> {
    let found = match &node.value {
        Value::Text(text) | Value::Cell(text) => in_words(text),
        Value::List(items) if (1..=YEARS as usize).contains(&items.len()) => {
            let numbers: Option<Vec<f64>> = items.iter().map(plain).collect();
            let factors = || items.iter().map(|item| item.as_text().and_then(factor)).collect();
            numbers.map(Growing::Values).or_else(|| Option::<Vec<f64>>::map(factors(), Growing::Factors))
        }
        Value::List(_) => None,
        _ => {
            wrong_type(cx, node, path, "a text such as \"10 % a year\", or a list of a value for each year");
            return None;
        }
    };
    if found.is_none() {
        cx.fault_help(
            "bad-growth",
            format!("`{path}` is no growth"),
            node.span,
            format!("found {}", node.to_toml()),
            "write \"10 % a year\", \"to 0 in year 2\", or a list with a value ([0.4, 0.8]) or a factor \
             ([\"x1.2\", \"x1.5\"]) for each year, 20 at most",
        );
    }
    found
}

fn plain(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Integer(n) => Some(*n as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    }
    .filter(|value| *value >= 0.0)
}

fn factor(text: &str) -> Option<f64> {
    let text = text.trim();
    let factor = match text.strip_prefix('x') {
        Some(number) => plain_number(number)?,
        None => plain_number(text.strip_suffix('%')?.trim())? / 100.0,
    };
    (0.0..=MOST).contains(&factor).then_some(factor)
}

fn in_words(text: &str) -> Option<Growing> {
    let text = text.trim();
    if let Some(share) = text.strip_suffix("a year") {
        let share = share.trim();
        let (sign, share) = share.strip_prefix('-').map_or((1.0, share), |share| (-1.0, share));
        let share = quantity::parse(share.trim_start_matches('+'), Dimension::Share).ok()?;
        let factor = 1.0 + sign * share;
        return (0.0..=MOST).contains(&factor).then_some(Growing::EachYear(factor));
    }
    let (value, year) = text.strip_prefix("to ")?.split_once("in year")?;
    let year = year.trim().parse::<u32>().ok().filter(|year| (1..=YEARS).contains(year))?;
    let value = plain_number(value.trim()).filter(|value| *value >= 0.0)?;
    Some(Growing::To { value, year })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_in_words() {
        assert_eq!(in_words("10 % a year"), Some(Growing::EachYear(1.1)));
        assert_eq!(in_words("-50 % a year"), Some(Growing::EachYear(0.5)));
        assert_eq!(in_words("to 0 in year 2"), Some(Growing::To { value: 0.0, year: 2 }));
        for text in ["10 %", "ten % a year", "to 5", "to 5 in year 0", "-200 % a year", "a year"] {
            assert_eq!(in_words(text), None, "{text}");
        }
        assert_eq!([factor("x1.5"), factor("80 %"), factor("1.5")], [Some(1.5), Some(0.8), None]);
    }
}
