//! Heartbeats: one for all devices, or a list of shares of them.

use serde_json::json;

use super::amounts::{Share, Time};
use super::context::{Cx, wrong_type};
use super::fields::Fields;
use super::kinds::Kind;
use super::shape::{Definitions, Shape};
use super::tree::{Node, Value};
use crate::model::workload::Heartbeats;

/// The word for heartbeats that grow as far as the way lets them.
const ADAPTIVE: &str = "adaptive";

/// A time, or a list of times with shares.
pub(super) struct HeartbeatsKind;

impl Shape for HeartbeatsKind {
    fn words(&self) -> String {
        format!("`{ADAPTIVE}`, {}, or list of `{{ share, value }}`", Time::POSITIVE.words())
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        let (share, value) = (Share::WHOLE.schema(definitions), Time::POSITIVE.schema(definitions));
        json!({ "anyOf": [{ "const": ADAPTIVE }, value, {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": { "share": share, "value": value },
                "required": ["share", "value"],
                "additionalProperties": false,
            },
        }] })
    }
}

impl Kind for HeartbeatsKind {
    type Out = Heartbeats;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Heartbeats> {
        if node.as_text().is_some_and(|word| word.trim() == ADAPTIVE) {
            return Some(Heartbeats::adaptive());
        }
        if node.as_text().is_some_and(|word| !word.is_empty() && word.chars().all(char::is_alphabetic)) {
            wrong_type(cx, node, path, &self.expected());
            return None;
        }
        let Value::List(items) = &node.value else {
            return Time::POSITIVE.read(cx, node, path).map(Heartbeats::one);
        };
        let mut shares = Vec::new();
        for (number, item) in items.iter().enumerate() {
            let path = format!("{path}.{}", number + 1);
            let Value::Table(table) = &item.value else {
                wrong_type(cx, item, &path, "a table of `share` and `value`");
                return None;
            };
            let mut fields = Fields::new(table, item.span, path, String::new());
            // Written out as a whole, by `show`.
            let mark = cx.mark();
            let share = fields.require(cx, ("share", "of the devices"), &Share::WHOLE);
            let value = fields.require(cx, ("value", "their heartbeat"), &Time::POSITIVE);
            cx.rewind(mark);
            fields.finish(cx);
            shares.push(share.zip(value)?);
        }
        let sum: f64 = shares.iter().map(|(share, _)| share).sum();
        if (sum - 1.0).abs() > 1e-9 {
            cx.fault_help(
                "bad-sum",
                format!("the shares of `{path}` must sum to 100 %"),
                node.span,
                format!("they sum to {:.4} %", sum * 100.0),
                "every device has a heartbeat",
            );
            return None;
        }
        Some(Heartbeats::by_share(shares))
    }
    fn show(&self, value: &Heartbeats) -> String {
        if value.adapt() {
            return format!("\"{ADAPTIVE}\"");
        }
        if let [(_, only)] = value.shares() {
            return Time::POSITIVE.show(only);
        }
        let each = value.shares().iter().map(|(share, span)| {
            format!("{{ share = {}, value = {} }}", Share::WHOLE.show(share), Time::POSITIVE.show(span))
        });
        format!("[{}]", each.collect::<Vec<_>>().join(", "))
    }
    fn expected(&self) -> String {
        format!("\"{ADAPTIVE}\", a time, or a list of tables of `share` and `value`")
    }
}
