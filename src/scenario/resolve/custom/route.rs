//! The stops of a session: a path, or routing by chance.

use std::collections::BTreeMap;

use super::super::super::amounts::Number;
use super::super::super::context::{Cx, as_list, wrong_type};
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use super::super::super::kinds::{Kind as _, Text};
use super::super::super::shape::{Items, Named};
use super::super::super::tree::{self, Node, Table, Value};
use crate::diagnostics::Span;
use crate::model::workload::{RouteNode, Visit};

pub(super) type Stops = BTreeMap<String, Visit>;

const ENTRY: Key = ("entry", "the first stop, with `routing`");
const STOPS: Items<'_> = Items(&Text, None);
const PATH: Key = ("path", "the stops in order; `\"rtt x3\"` makes a stop three times");

const ROUTING: Key = ("routing", "the probabilities to go on from each stop; what is left of 1 leaves");

const PROBABILITY: Number = Number { min: 0.0, closed: true, max: 1.0 };

/// The stops of a source or class: a `path`, or an `entry` with `routing`.
pub(super) fn route(cx: &mut Cx, fields: &mut Fields<'_>, stops: &Stops) -> Option<(Vec<RouteNode>, usize)> {
    let next = Named { what: "STOP", names: &[], each: &PROBABILITY };
    let rows = fields.node(cx, ROUTING, &Named { what: "STOP", names: &[], each: &next });
    if let Some(rows) = rows {
        if fields.node(cx, PATH, &STOPS).is_some() {
            cx.fault(
                "out-of-range",
                format!("`{}` has both `path` and `routing`", fields.path),
                fields.span,
                "take one away",
            );
        }
        return routing(cx, fields, rows, stops);
    }
    fields.node(cx, ENTRY, &Text);
    let Some(node) = fields.node(cx, PATH, &STOPS) else {
        fields.missing(cx, "path", "the list of stops in order, such as [\"rtt x3\", \"cas\"]");
        return None;
    };
    let path = fields.at("path");
    let items = as_list(cx, node, &path, "a list of stops")?;
    let mut nodes: Vec<RouteNode> = Vec::new();
    for item in items {
        let Some(text) = item.as_text() else {
            wrong_type(cx, item, &path, "the name of a stop");
            continue;
        };
        let (name, times) = match text.rsplit_once(" x") {
            Some((name, times)) if !stops.contains_key(text) => (name.trim(), times.parse::<u32>().ok()),
            _ => (text, Some(1)),
        };
        let Some(times) = times.filter(|n| (1..=1000).contains(n)) else {
            cx.fault(
                "out-of-range",
                "a stop is made 1 to 1000 times",
                item.span,
                "expected a name and a number, such as \"rtt x3\"",
            );
            continue;
        };
        let Some(visit) = stops.get(name) else {
            cx.unknown(
                "[[station]], [[pipe]] or [[delay]]",
                name,
                item.span,
                stops.keys().map(String::as_str),
            );
            continue;
        };
        match visit {
            Visit::Delay(id, _) => {
                nodes.push(RouteNode { visit: Visit::Delay(*id, times), next: Vec::new() })
            }
            visit => nodes.extend((0..times).map(|_| RouteNode { visit: *visit, next: Vec::new() })),
        }
    }
    let count = nodes.len();
    for (at, node) in nodes.iter_mut().enumerate() {
        node.next = vec![(1.0, (at + 1 < count).then_some(at + 1))];
    }
    fields.write(cx, "path", &node.to_toml(), cx.given(node.span));
    Some((nodes, 0))
}

fn routing(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    node: &Node,
    stops: &Stops,
) -> Option<(Vec<RouteNode>, usize)> {
    let entry = fields.require(cx, ENTRY, &Text)?;
    let entry_span = fields.entry("entry").map_or(fields.span, |e| e.node.span);
    let path = fields.at("routing");
    let Value::Table(table) = &node.value else {
        wrong_type(cx, node, &path, "a table such as { n0 = { n1 = 0.6 }, n1 = { n0 = 0.25 } }");
        return None;
    };
    // Nodes in the order in which they are named: rows first, then who is only led to.
    let mut places: Vec<(&str, Span)> = Vec::new();
    let note = |name: &str, span: Span, places: &mut Vec<(String, Span)>| {
        if !places.iter().any(|(known, _)| known == name) {
            places.push((name.to_owned(), span));
        }
    };
    let mut order: Vec<(String, Span)> = Vec::new();
    note(&entry, entry_span, &mut order);
    for row in &table.entries {
        note(&row.key, row.key_span, &mut order);
    }
    for row in &table.entries {
        for target in row.node.as_table().map_or(&[][..], |t| &t.entries) {
            note(&target.key, target.key_span, &mut order);
        }
    }
    places.extend(order.iter().map(|(name, span)| (name.as_str(), *span)));
    let mut nodes = Vec::new();
    for (name, span) in &places {
        let Some(visit) = stops.get(*name) else {
            cx.unknown("[[station]], [[pipe]] or [[delay]]", name, *span, stops.keys().map(String::as_str));
            return None;
        };
        nodes.push(RouteNode { visit: *visit, next: vec![(1.0, None)] });
    }
    let position = |name: &str| places.iter().position(|(known, _)| *known == name);
    let mut shown = Vec::new();
    for row in &table.entries {
        let (next, text) = row_of(cx, &row.node, &format!("{path}.{}", tree::key(&row.key)), &position)?;
        if let Some(at) = position(&row.key) {
            nodes[at].next = next;
        }
        shown.push(format!("{} = {{ {text} }}", tree::key(&row.key)));
    }
    if !leaves(&nodes) {
        cx.fault("endless-route", "some stop is never left", node.span, "a session would go round for ever");
        return None;
    }
    fields.write(cx, "routing", &format!("{{ {} }}", shown.join(", ")), cx.given(node.span));
    Some((nodes, 0))
}

/// Where a stop leads: probability and node; what is left leaves.
type Next = Vec<(f64, Option<usize>)>;

fn row_of(
    cx: &mut Cx,
    node: &Node,
    path: &str,
    position: &dyn Fn(&str) -> Option<usize>,
) -> Option<(Next, String)> {
    let table: &Table = match &node.value {
        Value::Table(table) => table,
        _ => {
            wrong_type(cx, node, path, "a table of probabilities");
            return None;
        }
    };
    let mut next = Next::new();
    let mut shown = Vec::new();
    let mut sum = 0.0;
    for target in &table.entries {
        let probability =
            PROBABILITY.read(cx, &target.node, &format!("{path}.{}", tree::key(&target.key)))?;
        sum += probability;
        shown.push(format!("{} = {}", tree::key(&target.key), tree::float(probability)));
        if probability > 0.0 {
            next.push((probability, position(&target.key)));
        }
    }
    if sum > 1.0 + 1e-9 {
        cx.fault(
            "bad-sum",
            format!("the probabilities of `{path}` exceed 1"),
            node.span,
            format!("they sum to {sum}"),
        );
        return None;
    }
    if sum < 1.0 - 1e-9 {
        next.push((1.0 - sum, None));
    }
    Some((next, shown.join(", ")))
}

/// Whether a session leaves in the end from every stop that it can reach.
fn leaves(nodes: &[RouteNode]) -> bool {
    let mut out = vec![false; nodes.len()];
    // As many sweeps as there are stops carry the exit back along the longest way.
    for _ in 0..nodes.len() {
        for (at, node) in nodes.iter().enumerate() {
            out[at] = out[at] || node.next.iter().any(|(p, to)| *p > 0.0 && to.is_none_or(|to| out[to]));
        }
    }
    let mut reached = vec![false; nodes.len()];
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut reached[at], true) {
            continue;
        }
        open.extend(nodes[at].next.iter().filter_map(|(_, to)| *to));
    }
    reached.iter().zip(&out).all(|(reached, out)| !reached || *out)
}
