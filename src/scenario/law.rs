//! Distributions: `"20 ms"`, `{ exponential = { mean = "20 ms" } }` and their like.
//!
//! Observed values may stand in a CSV file; the resolved scenario carries the values
//! themselves, so that it needs no other file.

use std::sync::Arc;

use serde_json::json;

use super::amounts::{LONGEST, Number, Quantity, in_units};
use super::beside;
use super::context::{Cx, wrong_type};
use super::csv;
use super::fields::Fields;
use super::kinds::{Kind, Text};
use super::reader::Reader;
use super::shape::{Definitions, Shape};
use super::tree::{Column, Node, Table, Value, float, quote};
use crate::diagnostics::Span;
use crate::kernel::distribution::Distribution;
use crate::quantity::{self, Dimension};

/// The most values of an empirical distribution or a trace.
const MOST_VALUES: usize = 5_000_000;
/// 95 % quantile of the standard normal law.
const Z95: f64 = 1.644_853_626_951_472_7;

/// Standard deviation over mean.
const CV: Number = Number { min: 0.0, closed: false, max: 100.0 };

/// A distribution of a quantity.
pub(super) struct Law {
    /// What the quantity measures.
    pub(super) dimension: Dimension,
    /// Whether the value may be zero.
    pub(super) zero: bool,
}

impl Law {
    /// Lengths of time, zero included.
    pub(super) const TIME: Self = Self { dimension: Dimension::Time, zero: true };
    /// Bandwidths.
    pub(super) const BANDWIDTH: Self = Self { dimension: Dimension::Bandwidth, zero: false };

    fn quantity(&self, zero: bool) -> Quantity {
        let max = if self.dimension == Dimension::Time { LONGEST } else { 1e15 };
        Quantity { dimension: self.dimension, min: 0.0, closed: zero, max }
    }

    fn law(&self, cx: &mut Cx, table: &Table, span: Span, path: &str) -> Option<Distribution> {
        const KINDS: [&str; 6] = ["constant", "exponential", "lognormal", "gamma", "uniform", "empirical"];
        let [entry] = table.entries.as_slice() else {
            let title = format!("`{path}` must name exactly one distribution");
            cx.fault_help(
                "bad-distribution",
                title,
                span,
                format!("found {} keys", table.entries.len()),
                EXAMPLE,
            );
            return None;
        };
        let path = format!("{path}.{}", entry.key);
        let positive = self.quantity(false);
        if entry.key == "constant" {
            return self.quantity(self.zero).read(cx, &entry.node, &path).map(Distribution::Constant);
        }
        if !KINDS.contains(&entry.key.as_str()) {
            let near = crate::diagnostics::nearest(&entry.key, KINDS);
            let help = near.map_or_else(
                || format!("known ones: {}", KINDS.join(", ")),
                |n| format!("did you mean `{n}`?"),
            );
            cx.fault_help(
                "bad-distribution",
                format!("no distribution is called `{}`", entry.key),
                entry.key_span,
                "unknown",
                help,
            );
            return None;
        }
        let Value::Table(inner) = &entry.node.value else {
            wrong_type(cx, &entry.node, &path, "a table of its parameters");
            return None;
        };
        let mut fields = Fields::new(inner, entry.node.span, path.clone(), String::new());
        // The parameters are written out as a whole, by `show`.
        let mark = cx.mark();
        let law = match entry.key.as_str() {
            "exponential" => {
                fields.require(cx, ("mean", ""), &positive).map(|mean| Distribution::Exponential { mean })
            }
            "gamma" => {
                let mean = fields.require(cx, ("mean", ""), &positive);
                let cv = fields.require(cx, ("cv", ""), &CV);
                mean.zip(cv).map(|(mean, cv)| Distribution::Gamma { mean, cv })
            }
            "lognormal" => lognormal(cx, &mut fields, &positive),
            "uniform" => self.uniform(cx, &mut fields),
            _ => self.values(cx, &mut fields).map(|values| Distribution::Empirical(values.into())),
        };
        cx.rewind(mark);
        fields.finish(cx);
        law
    }

    fn uniform(&self, cx: &mut Cx, fields: &mut Fields<'_>) -> Option<Distribution> {
        let low = fields.require(cx, ("low", ""), &self.quantity(self.zero));
        let high = fields.require(cx, ("high", ""), &self.quantity(false));
        low.zip(high).and_then(|(low, high)| {
            if high < low {
                cx.fault(
                    "out-of-range",
                    format!("`{}.high` is below `low`", fields.path),
                    fields.span,
                    "here",
                );
                return None;
            }
            Some(Distribution::Uniform { low, high })
        })
    }

    fn values(&self, cx: &mut Cx, fields: &mut Fields<'_>) -> Option<Vec<f64>> {
        let node = fields.entry("values").map(|entry| &entry.node);
        let _ = (fields.has("file"), fields.has("column"), fields.has("unit"));
        let Some(node) = node else {
            fields.missing(cx, "file", "a CSV file with the observed values, beside `column`");
            return None;
        };
        let Some(items) = node.items() else {
            wrong_type(cx, node, &fields.at("values"), "a list of quantities");
            return None;
        };
        let mut items = items.peekable();
        if items.peek().is_none() {
            cx.fault(
                "out-of-range",
                "an empirical distribution needs at least one value",
                node.span,
                "empty",
            );
            return None;
        }
        let quantity = self.quantity(self.zero);
        let path = fields.at("values");
        let mut values = Vec::with_capacity(items.size_hint().0);
        for item in items {
            values.push(quantity.read(cx, &item, &path)?);
        }
        Some(values)
    }
}

/// By mean and coefficient of variation, or by median and 95 % quantile.
fn lognormal(cx: &mut Cx, fields: &mut Fields<'_>, positive: &Quantity) -> Option<Distribution> {
    if fields.has("median") || fields.has("p95") {
        let median = fields.require(cx, ("median", ""), positive);
        let p95 = fields.require(cx, ("p95", ""), positive);
        median.zip(p95).and_then(|(median, p95)| {
            if p95 <= median {
                cx.fault(
                    "out-of-range",
                    format!("`{}.p95` must be above the median", fields.path),
                    fields.span,
                    "here",
                );
                return None;
            }
            let sigma = libm::log(p95 / median) / Z95;
            let mean = median * libm::exp(sigma * sigma / 2.0);
            let cv = libm::expm1(sigma * sigma).sqrt();
            // What is written of it has these two, and is read again. The mean is below p95 then.
            if cv > CV.max {
                cx.fault_help(
                    "out-of-range",
                    format!("`{}.p95` is too far above the median", fields.path),
                    fields.span,
                    format!("{:.0} times it", p95 / median),
                    format!(
                        "expected a coefficient of variation of at most {}: p95 at some 147 times the median",
                        CV.max
                    ),
                );
                return None;
            }
            Some(Distribution::LogNormal { mean, cv })
        })
    } else {
        let mean = fields.require(cx, ("mean", ""), positive);
        let cv = fields.require(cx, ("cv", ""), &CV);
        mean.zip(cv).map(|(mean, cv)| Distribution::LogNormal { mean, cv })
    }
}

const EXAMPLE: &str =
    "for example { exponential = { mean = \"20 ms\" } } or { lognormal = { mean = \"20 ms\", cv = 1.5 } }";

impl Shape for Law {
    fn words(&self) -> String {
        format!("law of {}", self.dimension.word())
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        let quantity = self.quantity(false).schema(definitions);
        let cv = CV.schema(definitions);
        let name = format!("law_of_{}", self.dimension.word().replace(' ', "_"));
        definitions.named(&name, |definitions| {
            let two = |a: &str, b: &str, second: &serde_json::Value| {
                json!({
                    "type": "object", "properties": { a: quantity, b: second },
                    "required": [a, b], "additionalProperties": false,
                })
            };
            let mean = json!({
                "type": "object", "properties": { "mean": quantity },
                "required": ["mean"], "additionalProperties": false,
            });
            let laws = json!({
                "constant": quantity,
                "exponential": mean,
                "lognormal": { "anyOf": [two("mean", "cv", &cv), two("median", "p95", &quantity)] },
                "gamma": two("mean", "cv", &cv),
                "uniform": two("low", "high", &quantity),
                "empirical": Observed { list: "values", of: self.dimension }.schema(definitions),
            });
            json!({
                "anyOf": [quantity, {
                    "type": "object", "properties": laws,
                    "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
                }],
                "description": "A quantity, which is a constant, or a distribution: \
                                { exponential = { mean = \"20 ms\" } }, { lognormal = { mean, cv } } or { median, p95 }, \
                                { gamma = { mean, cv } }, { uniform = { low, high } }, { empirical = { values } } or a column \
                                of a CSV file.",
            })
        })
    }
}

/// Values in a list, or in a column of a CSV table.
pub(super) struct Observed {
    /// Key of the list.
    pub(super) list: &'static str,
    /// What each measures.
    pub(super) of: Dimension,
}

impl Shape for Observed {
    fn words(&self) -> String {
        format!("`{{ {} = [...] }}`, or `{{ file, column, unit }}`", self.list)
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        let item = in_units(self.of, definitions);
        json!({
            "anyOf": [
                {
                    "type": "object",
                    "properties": { self.list: { "type": "array", "minItems": 1, "items": item } },
                    "required": [self.list], "additionalProperties": false,
                },
                {
                    "type": "object",
                    "properties": {
                        "file": { "type": "string", "description": "A CSV file, sought beside the scenario." },
                        "column": { "type": "string", "description": "Its column." },
                        "unit": { "type": "string", "description": "What plain numbers in the column mean." },
                    },
                    "required": ["file", "column"], "additionalProperties": false,
                },
            ],
        })
    }
}

impl Kind for Law {
    type Out = Distribution;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Distribution> {
        match &node.value {
            Value::Table(table) => self.law(cx, table, node.span, path),
            _ => self.quantity(self.zero).read(cx, node, path).map(Distribution::Constant),
        }
    }
    fn show(&self, value: &Distribution) -> String {
        let q = |x: f64| quote(&quantity::print(x, self.dimension));
        match value {
            Distribution::Constant(x) => q(*x),
            Distribution::Exponential { mean } => format!("{{ exponential = {{ mean = {} }} }}", q(*mean)),
            Distribution::LogNormal { mean, cv } => {
                format!("{{ lognormal = {{ mean = {}, cv = {} }} }}", q(*mean), float(*cv))
            }
            Distribution::Gamma { mean, cv } => {
                format!("{{ gamma = {{ mean = {}, cv = {} }} }}", q(*mean), float(*cv))
            }
            Distribution::Uniform { low, high } => {
                format!("{{ uniform = {{ low = {}, high = {} }} }}", q(*low), q(*high))
            }
            Distribution::Empirical(values) => {
                let values: Vec<String> = values.iter().map(|value| q(*value)).collect();
                format!("{{ empirical = {{ values = [{}] }} }}", values.join(", "))
            }
            // No scenario writes these: they are made of a law and a key of its own.
            Distribution::AtMost(law, _) | Distribution::Plus(law, _) => self.show(law),
        }
    }
    fn written(&self, cx: &mut Cx, value: &Distribution) -> String {
        let Distribution::Empirical(values) = value else { return self.show(value) };
        let texts = values.iter().map(|value| quantity::print(*value, self.dimension));
        let (list, file) = beside::list("values", values.len(), texts);
        cx.beside.extend(file);
        format!("{{ empirical = {list} }}")
    }
    fn expected(&self) -> String {
        format!("{}, or a distribution of it", self.quantity(self.zero).expected())
    }
}

/// Replaces every `{ file = "x.csv", column = "c" }` of the tree by the values in that
/// column, so that what follows needs no file. `unit` says what plain numbers mean.
pub(super) fn load_columns(reader: &mut Reader, table: &mut Table) {
    for entry in &mut table.entries {
        let choice = matches!(entry.key.as_str(), "empirical" | "trace");
        match &mut entry.node.value {
            Value::Table(inner) if choice && inner.get("file").is_some() => {
                let target = if entry.key == "trace" { "times" } else { "values" };
                load_column(reader, inner, target, entry.node.span);
            }
            Value::Table(inner) => load_columns(reader, inner),
            Value::List(items) => {
                for item in items {
                    if let Value::Table(inner) = &mut item.value {
                        load_columns(reader, inner);
                    }
                }
            }
            _ => {}
        }
    }
}

fn load_column(reader: &mut Reader, table: &mut Table, target: &str, span: Span) {
    let mut cx = Cx::default();
    let mut fields = Fields::new(table, span, "file".to_owned(), String::new());
    let file = fields.require(&mut cx, ("file", ""), &Text);
    let place = fields.entry("file").map_or(span, |entry| entry.node.span);
    let column = fields.require(&mut cx, ("column", ""), &Text);
    let column_place = fields.entry("column").map_or(span, |entry| entry.node.span);
    let unit = fields.read(&mut cx, ("unit", ""), &Text);
    fields.finish(&mut cx);
    reader.faults.append(&mut cx.faults);
    table.entries.clear();
    let mut values = Value::Bad;
    if let (Some(file), Some(column)) = (file, column)
        && let Some(source) = reader.table(&file, place)
    {
        let Some(text) = reader.sources.shared(source) else { return };
        match csv::column(&text.text, source, &column) {
            Err(csv::NoColumn::Faults(faults)) => reader.faults.extend(faults),
            Err(csv::NoColumn::Unknown(header)) => {
                cx.unknown("column", &column, column_place, header.iter().map(String::as_str));
            }
            Ok(places) if places.len() > MOST_VALUES => {
                let title = format!("`{file}` has more than {MOST_VALUES} values");
                cx.fault("too-many", title, place, "named here");
            }
            Ok(places) => values = Value::Column(Arc::new(Column { text, source, places, unit })),
        }
    }
    reader.faults.append(&mut cx.faults);
    let node = Node { value: values, span: place };
    table.entries.push(super::tree::Entry { key: target.to_owned(), key_span: place, node });
}
