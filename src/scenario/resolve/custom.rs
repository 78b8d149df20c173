//! Workloads of one's own: `[[station]]`, `[[pipe]]`, `[[delay]]` and `[[source]]`.
//!
//! With them any open or closed queueing network of first-come-first-served stations,
//! processor-sharing pipes and delays is a scenario.

use std::collections::BTreeMap;

use super::super::amounts::{Count, Limit, Number, Quantity, Share, Time};
use super::super::fields::{Cx, Fields, wrong_type};
use super::super::kinds::{Kind, Name, Text};
use super::super::law::Law;
use super::super::tree::{self, Node, Table, Value};
use super::named;
use super::timing::as_list;
use crate::diagnostics::Span;
use crate::kernel::distribution::Distribution;
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::workload::{
    Arrivals, CustomClass, CustomDelay, CustomLink, CustomSource, CustomStation, RouteNode, Visit,
};
use crate::quantity::Dimension;

/// Everything custom.
#[derive(Default)]
pub(super) struct Custom {
    /// Stations.
    pub(super) stations: Vec<CustomStation>,
    /// Pipes.
    pub(super) links: Vec<CustomLink>,
    /// Delays.
    pub(super) delays: Vec<CustomDelay>,
    /// Sources.
    pub(super) sources: Vec<CustomSource>,
}

type Stops = BTreeMap<String, Visit>;

/// Reads the custom part of a scenario.
pub(super) fn custom(cx: &mut Cx, root: &mut Fields<'_>) -> Custom {
    let mut custom = Custom::default();
    let mut stops = Stops::new();
    for (table, span) in root.elements(cx, "station") {
        cx.section("[[station]]");
        let mut fields = named(cx, "station", table, span);
        let (name, stream) = name(cx, &mut fields);
        let servers = fields.or(cx, "servers", &Count::SERVERS, 1, "one server");
        let cores = fields.or(cx, "cores", &Count::CORES, 1, "one core");
        let queue_limit = fields.or(cx, "queue_limit", &Limit, None, "no limit");
        let service = fields.require(cx, "service", &Law::TIME).unwrap_or(Distribution::Constant(0.0));
        fields.finish(cx);
        stop(cx, &mut stops, &name, Visit::Station(Id::new(custom.stations.len())), span);
        custom.stations.push(CustomStation {
            name,
            stream,
            servers: u32::try_from(servers).unwrap_or(1),
            cores: u32::try_from(cores).unwrap_or(1),
            queue_limit,
            service,
        });
    }
    for (table, span) in root.elements(cx, "pipe") {
        cx.section("[[pipe]]");
        let mut fields = named(cx, "pipe", table, span);
        let (name, stream) = name(cx, &mut fields);
        let bandwidth = fields.require(cx, "bandwidth", &Quantity::BANDWIDTH).unwrap_or(1e6);
        let law = Law { dimension: Dimension::Bits, zero: true };
        let volume = fields.require(cx, "volume", &law).unwrap_or(Distribution::Constant(0.0));
        fields.finish(cx);
        stop(cx, &mut stops, &name, Visit::Link(Id::new(custom.links.len())), span);
        custom.links.push(CustomLink { name, stream, bandwidth, volume });
    }
    for (table, span) in root.elements(cx, "delay") {
        cx.section("[[delay]]");
        let mut fields = named(cx, "delay", table, span);
        let (name, stream) = name(cx, &mut fields);
        let length = fields.require(cx, "span", &Law::TIME).unwrap_or(Distribution::Constant(0.0));
        fields.finish(cx);
        stop(cx, &mut stops, &name, Visit::Delay(Id::new(custom.delays.len()), 1), span);
        custom.delays.push(CustomDelay { name, stream, span: length });
    }
    for (table, span) in root.elements(cx, "source") {
        cx.section("[[source]]");
        let mut fields = named(cx, "source", table, span);
        if let Some(source) = source(cx, &mut fields, &stops) {
            custom.sources.push(source);
        }
        fields.finish(cx);
    }
    custom
}

fn name(cx: &mut Cx, fields: &mut Fields<'_>) -> (String, String) {
    let name = fields.require(cx, "name", &Name).unwrap_or_default();
    let stream = fields.or(cx, "stream", &Text, name.clone(), "the name");
    (name, stream)
}

fn stop(cx: &mut Cx, stops: &mut Stops, name: &str, visit: Visit, span: Span) {
    if stops.insert(name.to_owned(), visit).is_some() {
        cx.fault(
            "duplicate-name",
            format!("two stops are called `{name}`"),
            span,
            "a path could mean either",
        );
    }
}

fn source(cx: &mut Cx, fields: &mut Fields<'_>, stops: &Stops) -> Option<CustomSource> {
    let (name, stream) = name(cx, fields);
    let arrivals = arrivals(cx, fields);
    let retries = fields.or(cx, "retries", &Count { min: 0, max: 100 }, 0, "a refusal is final");
    let retry_backoff =
        fields.or(cx, "retry_backoff", &Time::POSITIVE, SimSpan::from_secs(5), "ASSUMED; doubles each time");
    let elements = fields.elements(cx, "class");
    let mut classes = Vec::new();
    let written = ["path", "routing", "entry"].map(|key| fields.has(key));
    if elements.is_empty() {
        let (nodes, entry) = route(cx, fields, stops)?;
        classes.push(CustomClass { name: name.clone(), probability: 1.0, nodes, entry });
    } else {
        if written.contains(&true) {
            cx.fault(
                "out-of-range",
                format!("`{}` has both classes and a path of its own", fields.path),
                fields.span,
                "put the path into a class",
            );
        }
        for (table, span) in elements {
            let label = table.text("name").unwrap_or_default().to_owned();
            let path = format!("{}.class.{}", fields.path, tree::key(&label));
            cx.spans.note(path.clone(), span);
            cx.section("[[source.class]]");
            let mut own = Fields::new(table, span, path, "source.*.class.*".to_owned());
            let name = own.require(cx, "name", &Name).unwrap_or_default();
            let probability = own.require(cx, "share", &Share::WHOLE).unwrap_or(0.0);
            if let Some((nodes, entry)) = route(cx, &mut own, stops) {
                classes.push(CustomClass { name, probability, nodes, entry });
            }
            own.finish(cx);
        }
        let sum: f64 = classes.iter().map(|class| class.probability).sum();
        if (sum - 1.0).abs() > 1e-9 && cx.faults.is_empty() {
            cx.fault(
                "bad-sum",
                format!("the shares of `{}`'s classes must sum to 1", fields.path),
                fields.span,
                format!("they sum to {sum}"),
            );
        }
    }
    let retries = u32::try_from(retries).unwrap_or(0);
    Some(CustomSource { name, stream, arrivals: arrivals?, classes, retries, retry_backoff })
}

fn arrivals(cx: &mut Cx, fields: &mut Fields<'_>) -> Option<Arrivals> {
    const EXAMPLE: &str = "{ poisson = \"5 /s\" }, { varying = [{ from = \"0 s\", rate = \"5 /s\" }] }, { closed = { users = 20, think = \"10 s\" } } or { trace = { file = \"x.csv\", column = \"at\" } }";
    if !fields.has("arrivals") {
        fields.missing(cx, "arrivals", EXAMPLE);
        return None;
    }
    let node = fields.node(cx, "arrivals")?;
    let path = fields.at("arrivals");
    let comment = cx.given(node.span);
    let Value::Table(table) = &node.value else {
        wrong_type(cx, node, &path, EXAMPLE);
        return None;
    };
    let [entry] = table.entries.as_slice() else {
        cx.fault_help(
            "bad-arrivals",
            format!("`{path}` must name exactly one process"),
            node.span,
            format!("found {} keys", table.entries.len()),
            EXAMPLE,
        );
        return None;
    };
    let inner = format!("{path}.{}", entry.key);
    let (arrivals, shown) = match entry.key.as_str() {
        "poisson" => {
            let rate = Quantity::RATE.read(cx, &entry.node, &inner)?;
            (Arrivals::Poisson { rate }, Quantity::RATE.show(&rate))
        }
        "closed" => closed(cx, &entry.node, &inner)?,
        "varying" => varying(cx, &entry.node, &inner)?,
        "trace" => trace(cx, &entry.node, &inner)?,
        other => {
            let near = crate::diagnostics::nearest(other, ["poisson", "varying", "closed", "trace"]);
            let help = near.map_or_else(|| EXAMPLE.to_owned(), |near| format!("did you mean `{near}`?"));
            cx.fault_help(
                "bad-arrivals",
                format!("no arrival process is called `{other}`"),
                entry.key_span,
                "unknown",
                help,
            );
            return None;
        }
    };
    fields.write(cx, "arrivals", &format!("{{ {} = {shown} }}", entry.key), comment);
    Some(arrivals)
}

fn closed(cx: &mut Cx, node: &Node, path: &str) -> Option<(Arrivals, String)> {
    let Value::Table(table) = &node.value else {
        wrong_type(cx, node, path, "a table with `users` and `think`");
        return None;
    };
    let mark = cx.mark();
    let mut fields = Fields::new(table, node.span, path.to_owned(), "source.*.arrivals.closed".to_owned());
    let users = fields.require(cx, "users", &Count { min: 1, max: 10_000_000 });
    let think = fields.require(cx, "think", &Law::TIME);
    fields.finish(cx);
    cx.rewind(mark);
    let (users, think) = (users?, think?);
    let shown = format!("{{ users = {users}, think = {} }}", Law::TIME.show(&think));
    Some((Arrivals::Closed { users: u32::try_from(users).unwrap_or(1), think }, shown))
}

fn varying(cx: &mut Cx, node: &Node, path: &str) -> Option<(Arrivals, String)> {
    let items = as_list(cx, node, path, "a list of { from = \"0 s\", rate = \"5 /s\" }")?;
    let rate_kind = Quantity { closed: true, ..Quantity::RATE };
    let mut pieces: Vec<(SimTime, f64)> = Vec::new();
    let mut shown = Vec::new();
    for item in items {
        let Value::Table(table) = &item.value else {
            wrong_type(cx, item, path, "a table with `from` and `rate`");
            return None;
        };
        let mark = cx.mark();
        let mut fields =
            Fields::new(table, item.span, path.to_owned(), "source.*.arrivals.varying".to_owned());
        let from = fields.require(cx, "from", &Time::ANY);
        let rate = fields.require(cx, "rate", &rate_kind);
        fields.finish(cx);
        cx.rewind(mark);
        let (from, rate) = (from?, rate?);
        if pieces.last().is_some_and(|(before, _)| before.0 >= from.0) {
            cx.fault(
                "out-of-range",
                "the pieces of a varying rate must follow each other",
                item.span,
                "not later than the one before",
            );
            return None;
        }
        shown.push(format!("{{ from = {}, rate = {} }}", Time::ANY.show(&from), rate_kind.show(&rate)));
        pieces.push((SimTime(from.0), rate));
    }
    if pieces.iter().all(|(_, rate)| *rate == 0.0) {
        cx.fault("no-load", "a varying rate is above 0 somewhere", node.span, "nobody ever arrives");
        return None;
    }
    Some((Arrivals::Varying(pieces), format!("[{}]", shown.join(", "))))
}

fn trace(cx: &mut Cx, node: &Node, path: &str) -> Option<(Arrivals, String)> {
    let Value::Table(table) = &node.value else {
        wrong_type(cx, node, path, "a table with `file` and `column`");
        return None;
    };
    let mut fields = Fields::new(table, node.span, path.to_owned(), String::new());
    let _ = (fields.has("file"), fields.has("column"), fields.has("unit"));
    let Some(times) = fields.entry("times") else {
        fields.missing(cx, "file", "a CSV file with the instants, beside `column`");
        fields.finish(cx);
        return None;
    };
    fields.finish(cx);
    let items = as_list(cx, &times.node, path, "a list of lengths of time")?;
    let mut instants = Vec::with_capacity(items.len());
    for item in items {
        let at = SimTime(Time::ANY.read(cx, item, path)?.0);
        if instants.last().is_some_and(|before| *before > at) {
            cx.fault(
                "out-of-range",
                "the instants of a trace must not go back",
                item.span,
                "earlier than the one before",
            );
            return None;
        }
        instants.push(at);
    }
    if instants.is_empty() {
        cx.fault("no-load", "the trace is empty", times.node.span, "nobody ever arrives");
        return None;
    }
    let shown: Vec<String> =
        instants.iter().map(|at| Time::ANY.show(&crate::kernel::SimSpan(at.0))).collect();
    Some((Arrivals::Trace(instants), format!("{{ times = [{}] }}", shown.join(", "))))
}

/// The stops of a source or class: a `path`, or an `entry` with `routing`.
fn route(cx: &mut Cx, fields: &mut Fields<'_>, stops: &Stops) -> Option<(Vec<RouteNode>, usize)> {
    if fields.has("routing") {
        if fields.has("path") {
            cx.fault(
                "out-of-range",
                format!("`{}` has both `path` and `routing`", fields.path),
                fields.span,
                "take one away",
            );
        }
        return routing(cx, fields, stops);
    }
    fields.has("entry");
    let Some(node) = fields.node(cx, "path") else {
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

fn routing(cx: &mut Cx, fields: &mut Fields<'_>, stops: &Stops) -> Option<(Vec<RouteNode>, usize)> {
    let entry = fields.require(cx, "entry", &Text)?;
    let entry_span = fields.entry("entry").map_or(fields.span, |e| e.node.span);
    let node = fields.node(cx, "routing")?;
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
    let kind = Number { min: 0.0, closed: true, max: 1.0 };
    let mut next = Next::new();
    let mut shown = Vec::new();
    let mut sum = 0.0;
    for target in &table.entries {
        let probability = kind.read(cx, &target.node, &format!("{path}.{}", tree::key(&target.key)))?;
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
