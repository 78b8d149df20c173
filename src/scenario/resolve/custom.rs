//! Workloads of one's own: `[[station]]`, `[[pipe]]`, `[[delay]]` and `[[source]]`.
//!
//! With them any open or closed queueing network of first-come-first-served stations,
//! processor-sharing pipes and delays is a scenario.

mod arrivals;
mod route;
mod standstill;

use super::super::amounts::{Count, Limit, Quantity, Share, Time};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::kinds::{Name, Text};
use super::super::law::Law;
use super::super::tree::{self};
use super::elements::named;
use crate::diagnostics::Span;
use crate::kernel::distribution::Distribution;
use crate::kernel::{Id, SimSpan};
use crate::model::workload::{CustomClass, CustomDelay, CustomLink, CustomSource, CustomStation, Visit};
use crate::quantity::Dimension;

use arrivals::arrivals;
use route::{Stops, route};

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

/// Reads the custom part of a scenario.
pub(super) fn custom(cx: &mut Cx, root: &mut Fields<'_>) -> Custom {
    let mut custom = Custom::default();
    let mut stops = Stops::new();
    for (table, span) in root.elements(cx, ("station", "first come, first served")) {
        cx.section("[[station]]");
        let mut fields = named(cx, "station", table, span);
        let (name, stream) = name(cx, &mut fields);
        let servers = fields.or(
            cx,
            ("servers", "that share the work in turn, each with its own queue"),
            &Count::SERVERS,
            1,
            "one server",
        );
        let cores = fields.or(cx, ("cores", "of each server"), &Count::CORES, 1, "one core");
        let queue_limit =
            fields.or(cx, ("queue_limit", "places to wait at each server"), &Limit, None, "no limit");
        let service = fields
            .require(cx, ("service", "time of service"), &Law::TIME)
            .unwrap_or(Distribution::Constant(0.0));
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
    for (table, span) in root.elements(cx, ("pipe", "processor sharing, one direction")) {
        cx.section("[[pipe]]");
        let mut fields = named(cx, "pipe", table, span);
        let (name, stream) = name(cx, &mut fields);
        let bandwidth = fields
            .require(cx, ("bandwidth", "shared by all who use it"), &Quantity::BANDWIDTH)
            .unwrap_or(1e6);
        let law = Law { dimension: Dimension::Bits, zero: true };
        let volume = fields
            .require(cx, ("volume", "drawn anew for every transfer"), &law)
            .unwrap_or(Distribution::Constant(0.0));
        fields.finish(cx);
        stop(cx, &mut stops, &name, Visit::Link(Id::new(custom.links.len())), span);
        custom.links.push(CustomLink { name, stream, bandwidth, volume });
    }
    for (table, span) in root.elements(cx, ("delay", "no contention")) {
        cx.section("[[delay]]");
        let mut fields = named(cx, "delay", table, span);
        let (name, stream) = name(cx, &mut fields);
        let length =
            fields.require(cx, ("span", "how long"), &Law::TIME).unwrap_or(Distribution::Constant(0.0));
        fields.finish(cx);
        stop(cx, &mut stops, &name, Visit::Delay(Id::new(custom.delays.len()), 1), span);
        custom.delays.push(CustomDelay { name, stream, span: length });
    }
    for (table, span) in root.elements(cx, ("source", "who asks")) {
        cx.section("[[source]]");
        let mut fields = named(cx, "source", table, span);
        if let Some(source) = source(cx, &mut fields, &stops) {
            let stops = (&custom.stations[..], &custom.links[..], &custom.delays[..]);
            standstill::standstill(cx, &fields, &source, stops);
            custom.sources.push(source);
        }
        fields.finish(cx);
    }
    custom
}

fn name(cx: &mut Cx, fields: &mut Fields<'_>) -> (String, String) {
    let name = fields.require(cx, ("name", "what it is called"), &Name).unwrap_or_default();
    let stream = fields.or(
        cx,
        ("stream", "the name by which its random draws are opened"),
        &Text,
        name.clone(),
        "the name",
    );
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
    let retries = fields.or(
        cx,
        ("retries", "attempts after the first when a session is refused or cut off"),
        &Count { min: 0, max: 100 },
        0,
        "a refusal is final",
    );
    let retry_backoff = fields.or(
        cx,
        ("retry_backoff", "wait before the first of them, doubled each time"),
        &Time::POSITIVE,
        SimSpan::from_secs(5),
        "ASSUMED; doubles each time",
    );
    let elements = fields.elements(cx, ("class", "a kind of session, chosen anew for each"));
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
            let name = own.require(cx, ("name", "what it is called"), &Name).unwrap_or_default();
            let probability =
                own.require(cx, ("share", "share of the sessions"), &Share::WHOLE).unwrap_or(0.0);
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
