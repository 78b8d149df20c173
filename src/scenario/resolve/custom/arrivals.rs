//! When sessions come.

use super::super::super::amounts::{Count, Quantity, Time};
use super::super::super::beside;
use super::super::super::context::{Cx, as_list, wrong_type};
use super::super::super::fields::{Fields, Way};
use super::super::super::keys::Key;
use super::super::super::kinds::Kind as _;
use super::super::super::law::{Law, Observed};
use super::super::super::tree::{Node, Value};
use crate::kernel::SimTime;
use crate::model::workload::Arrivals;
use crate::quantity::{self, Dimension};

const ARRIVALS: Key = ("arrivals", "when they come: one of the following");

/// Exactly one of these says how sessions arrive.
const PROCESSES: [(Key, Way<'_>); 4] = [
    (("poisson", "Poisson process"), Way::Value(&Quantity::RATE)),
    (("varying", "Poisson process, constant on pieces, 0 before the first"), Way::Tables),
    (("closed", "so many users who think first, ask, and think again"), Way::Table),
    (
        ("trace", "at these instants of the run, not going back"),
        Way::Value(&Observed { list: "times", of: Dimension::Time }),
    ),
];

pub(super) fn arrivals(cx: &mut Cx, fields: &mut Fields<'_>) -> Option<Arrivals> {
    const EXAMPLE: &str = "{ poisson = \"5 /s\" }, { varying = [{ from = \"0 s\", rate = \"5 /s\" }] }, { \
                           closed = { users = 20, think = \"10 s\" } } or { trace = { file = \"x.csv\", column \
                           = \"at\" } }";
    if !fields.has("arrivals") {
        fields.missing(cx, "arrivals", EXAMPLE);
        return None;
    }
    let node = fields.choice(cx, ARRIVALS, &PROCESSES)?;
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
    let users = fields.require(cx, ("users", "how many"), &Count { min: 1, max: 10_000_000 });
    let think = fields.require(cx, ("think", "time that a user thinks"), &Law::TIME);
    fields.finish(cx);
    cx.rewind(mark);
    let (users, think) = (users?, think?);
    let shown = format!("{{ users = {users}, think = {} }}", Law::TIME.written(cx, &think));
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
        let from =
            fields.require(cx, ("from", "begins at this time after the beginning of the run"), &Time::ANY);
        let rate = fields.require(cx, ("rate", "arrivals until the next piece"), &rate_kind);
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
    let Some(items) = times.node.items() else {
        wrong_type(cx, &times.node, path, "a list of lengths of time");
        return None;
    };
    let mut instants = Vec::new();
    for item in items {
        let at = SimTime(Time::ANY.read(cx, &item, path)?.0);
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
    let texts = instants.iter().map(|at| quantity::print(at.0 as f64, Dimension::Time));
    let (shown, file) = beside::list("times", instants.len(), texts);
    cx.beside.extend(file);
    Some((Arrivals::Trace(instants), shown))
}
