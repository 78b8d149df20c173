//! `[[link]]`: WAN links between sites.

use std::collections::BTreeSet;

use super::super::super::amounts::{Count, Quantity, Share, Time};
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::kinds::{Flag, Kind, List, Name, Text};
use super::super::super::shape::{AnyOf, Named, Shape};
use super::super::super::tree::{self, Table, Value};
use super::super::elements::{Names, named};
use crate::diagnostics::Span;
use crate::kernel::Id;
use crate::model::topology::{SiteLink, Topology};

/// A bandwidth, or one for each direction of a link: `"A>B"`.
const EACH_WAY: AnyOf<'_> =
    AnyOf(&[&Quantity::BANDWIDTH, &Named { what: "\"A>B\"", names: &[], each: &Quantity::BANDWIDTH }]);

/// A bandwidth for both directions, or one for each by name; needed.
pub(super) fn pair(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    directions: [&str; 2],
    shape: &dyn Shape,
) -> [f64; 2] {
    const SAFE: [f64; 2] = [1e6, 1e6];
    let Some(node) = fields.needed(
        cx,
        ("bandwidth", "of both directions, or one for each; the two are separate resources"),
        shape,
    ) else {
        fields.missing(cx, "bandwidth", "a bandwidth such as \"10 Mbps\", or one for each direction");
        return SAFE;
    };
    let comment = cx.given(node.span);
    let path = fields.at("bandwidth");
    let Value::Table(table) = &node.value else {
        let value = Quantity::BANDWIDTH.read(cx, node, &path).unwrap_or(SAFE[0]);
        fields.write(cx, "bandwidth", &Quantity::BANDWIDTH.show(&value), comment);
        return [value, value];
    };
    let mut both = [None, None];
    for entry in &table.entries {
        let Some(at) = directions.iter().position(|d| *d == entry.key.replace(" > ", ">")) else {
            cx.fault_help(
                "unknown-key",
                format!("`{path}` has no direction `{}`", entry.key),
                entry.key_span,
                "unknown direction",
                format!("the directions are \"{}\" and \"{}\"", directions[0], directions[1]),
            );
            continue;
        };
        both[at] = Quantity::BANDWIDTH.read(cx, &entry.node, &format!("{path}.{}", tree::key(&entry.key)));
    }
    for (direction, value) in directions.iter().zip(&both) {
        if value.is_none() && !table.entries.iter().any(|e| e.key.replace(" > ", ">") == *direction) {
            cx.fault(
                "missing-key",
                format!("`{path}` has no \"{direction}\""),
                node.span,
                "both directions are needed",
            );
        }
    }
    let both = both.map(|value| value.unwrap_or(SAFE[0]));
    let show = |n: usize| format!("{} = {}", tree::key(directions[n]), Quantity::BANDWIDTH.show(&both[n]));
    fields.write(cx, "bandwidth", &format!("{{ {}, {} }}", show(0), show(1)), comment);
    both
}

pub(super) fn link(
    cx: &mut Cx,
    (table, span): (&Table, Span),
    (names, known): (&Names, &mut BTreeSet<String>),
    topology: &mut Topology,
) {
    cx.section("[[link]]");
    let mut fields = named(cx, "link", table, span);
    let between = fields.require(cx, ("between", "the two sites"), &List(Text));
    let ends = between.as_deref().unwrap_or_default();
    let place = fields.entry("between").map_or(span, |entry| entry.node.span);
    let mut ids = [Id::new(0); 2];
    if between.is_some() && ends.len() != 2 {
        cx.fault("out-of-range", "a link is between two sites", place, format!("found {}", ends.len()));
    }
    for (at, end) in ends.iter().take(2).enumerate() {
        match names.get(end) {
            Some(site) => ids[at] = Id::new(*site),
            None => {
                let item = match fields.entry("between").map(|entry| &entry.node.value) {
                    Some(Value::List(items)) => items.get(at).map_or(place, |item| item.span),
                    _ => place,
                };
                cx.unknown("[[site]]", end, item, names.keys().map(String::as_str));
            }
        }
    }
    if ends.len() == 2 && ends[0] == ends[1] {
        cx.fault("out-of-range", "a link joins two different sites", place, "both ends are the same");
    }
    let joined = ends.join("-");
    let name = fields.or(cx, ("name", "what it is called"), &Name, joined, "the two sites");
    if !known.insert(name.clone()) {
        cx.fault_help(
            "duplicate-name",
            format!("two links are called `{name}`"),
            span,
            "second one",
            "give parallel links a `name` each",
        );
    }
    let stream = fields.or(
        cx,
        ("stream", "the name by which its random draws are opened"),
        &Text,
        name.clone(),
        "the name",
    );
    let forward =
        format!("{}>{}", ends.first().map_or("", String::as_str), ends.get(1).map_or("", String::as_str));
    let back =
        format!("{}>{}", ends.get(1).map_or("", String::as_str), ends.first().map_or("", String::as_str));
    let bandwidth = pair(cx, &mut fields, [&forward, &back], &EACH_WAY);
    let latency = fields.require(cx, ("latency", "one way"), &Time::ANY).unwrap_or_default();
    let available = available(cx, &mut fields);
    let cost = fields.or(
        cx,
        ("cost", "AD site link cost"),
        &Count { min: 1, max: 99_999 },
        10,
        "the AD default of 100 scaled as in small sites, ASSUMED",
    );
    let (window_bytes, terminates) = tcp(cx, &mut fields);
    fields.finish(cx);
    topology.links.push(SiteLink {
        name,
        stream,
        between: ids,
        bandwidth,
        available,
        latency,
        cost: u32::try_from(cost).unwrap_or(10),
        window_bytes,
        terminates,
    });
}

/// What of a TCP connection it lets through, bytes, and whether it ends it.
fn tcp(cx: &mut Cx, fields: &mut Fields<'_>) -> (f64, bool) {
    let window_bytes = fields.or(
        cx,
        ("window", "largest TCP window that it lets through; those of the systems at the ends of a connection hold beside it"),
        &Quantity::BYTES,
        16_777_216.0,
        "the most that auto-tuning asks for",
    );
    let terminates = fields.or(
        cx,
        (
            "terminates",
            "line optimisers at its ends end TCP connections: windows hold on either side of it, and none over it",
        ),
        &Flag,
        false,
        "none",
    );
    (window_bytes, terminates)
}

/// The share of a link for this traffic: `available`, or what `background` leaves.
fn available(cx: &mut Cx, fields: &mut Fields<'_>) -> f64 {
    let mark = cx.mark();
    let background = fields.read(
        cx,
        ("background", "share that other traffic takes; another way to write `available`"),
        &Share::WHOLE,
    );
    let place = fields.entry("background").map_or(fields.span, |entry| entry.node.span);
    cx.rewind(mark);
    let rest = background.map(|share| 1.0 - share);
    let share = if let (Some(rest), false) = (rest, fields.has("available")) {
        fields.write(cx, "available", &Share::WHOLE.show(&rest), "what `background` leaves".to_owned());
        rest
    } else {
        fields.or(cx, ("available", "share for this traffic, above 0"), &Share::WHOLE, 1.0, "all of the link")
    };
    if rest.is_some_and(|rest| (rest - share).abs() > 1e-9) {
        cx.fault(
            "out-of-range",
            "`available` and `background` do not add up to 100 %",
            place,
            "one of them is enough",
        );
    }
    if share <= 0.0 {
        cx.fault_help(
            "out-of-range",
            "nothing of the link is available",
            place,
            "must leave more than 0 %",
            "to model one that is down, write an [[outage]]",
        );
        return 1.0;
    }
    share
}
