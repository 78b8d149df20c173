//! `[[outage]]`: what fails, when, and what becomes of the work there.

use super::super::amounts::Time;
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::kinds::{Kind, Name, Text, Token};
use super::super::law::Law;
use super::super::path::split_path;
use super::super::tree::{Node, key};
use super::instants::{INSTANT, instant, never, split, written};
use super::timing::Run;
use crate::diagnostics::{Diagnostic, Span, nearest};
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::protocol::Protocol;
use crate::model::topology::{Site, Topology};
use crate::model::workload::{Outage, OutageEffect, OutageTiming, Target, Workload};
use crate::quantity::Dimension;

const EFFECT: Token<OutageEffect> = Token {
    words: &[(OutageEffect::Kill, "kill"), (OutageEffect::Drain, "drain"), (OutageEffect::Hold, "hold")],
};

/// Reads every `[[outage]]`; overlapping ones of one target are merged.
pub(super) fn outages(
    cx: &mut Cx,
    root: &mut Fields<'_>,
    run: &Run,
    topology: &Topology,
    workload: &Workload,
) -> Vec<Outage> {
    let mut outages: Vec<(Outage, Span)> = Vec::new();
    for (number, (table, span)) in root.elements(cx, ("outage", "something fails")).into_iter().enumerate() {
        cx.section("[[outage]]");
        let name = table.text("name").map_or_else(|| (number + 1).to_string(), str::to_owned);
        let path = format!("outage.{}", key(&name));
        cx.spans.note(path.clone(), span);
        let mut fields = Fields::new(table, span, path, "outage.*".to_owned());
        if let Some(outage) = outage(cx, &mut fields, run, topology, workload) {
            outages.push((outage, span));
        }
        fields.finish(cx);
    }
    merge(cx, outages)
}

fn outage(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    run: &Run,
    topology: &Topology,
    workload: &Workload,
) -> Option<Outage> {
    let name = fields.read(cx, ("name", "a name to address it by"), &Name);
    let what = fields.require(
        cx,
        (
            "what",
            "`link.NAME` (both directions), `site.NAME` (its servers, its Internet pipe and the \
             links that end there; nothing of it answers), `site.NAME.internet` (the pipe alone), \
             `site.NAME.cas`, `site.NAME.mailbox`, one server by number from 1 \
             (`site.NAME.cas.2`) or by name (`server.Boston-CAS-2`, or that of a \
             `[[site.server]]`), a service on the Client Access servers of a site \
             (`site.NAME.owa`, or any other protocol) or of servers by name (`server.NAME.pop`), \
             `host.NAME` (all machines on it), `balancer.SITE` (the one before its Client Access \
             servers), `station.NAME`",
        ),
        &Text,
    );
    let place = fields.entry("what").map_or(fields.span, |entry| entry.node.span);
    let target = what.as_deref().and_then(|what| target(cx, what, place, topology, workload));
    let effect = fields.or(
        cx,
        (
            "effect",
            "`kill`: what is present fails at once, arrivals are refused; `drain`: arrivals are \
             refused, what is present is served on; `hold`: service stops, the queue stays, work \
             resumes",
        ),
        &EFFECT,
        OutageEffect::Kill,
        "what is present fails at once",
    );
    if effect == OutageEffect::Hold
        && matches!(target, Some(Target::Service(..) | Target::ServerService { .. } | Target::Balancer(_)))
    {
        let place = fields.entry("effect").map_or(fields.span, |entry| entry.node.span);
        cx.fault_help(
            "out-of-range",
            "a service or a balancer cannot be held",
            place,
            "expected \"kill\" or \"drain\"",
            "a server that hangs is held as a whole: what = \"site.NAME.cas\"",
        );
    }
    let stream = fields.or(
        cx,
        ("stream", "the name by which its random draws are opened"),
        &Text,
        what.clone().unwrap_or_default(),
        "what it strikes",
    );
    let (timing, before_run) = if fields.has("mtbf") || fields.has("mttr") {
        let positive = Law { dimension: Dimension::Time, zero: false };
        let up = fields.require(cx, ("mtbf", "time to failure"), &positive);
        let down = fields.require(cx, ("mttr", "time to repair"), &positive);
        (OutageTiming::Random { up: up?, down: down? }, SimSpan::ZERO)
    } else {
        fixed(cx, fields, run)?
    };
    let name = name.or(what).unwrap_or_default();
    Some(Outage { name, stream, target: target?, timing, before_run, effect })
}

/// One that begins at stated times, and how long before the run it did.
fn fixed(cx: &mut Cx, fields: &mut Fields<'_>, run: &Run) -> Option<(OutageTiming, SimSpan)> {
    let every = fields.read(
        cx,
        ("every", "from begin to begin, longer than `for`; `at` is then the first begin"),
        &Time::POSITIVE,
    );
    let _ = (fields.has("mtbf"), fields.has("mttr"));
    let at_node = fields.node(
        cx,
        (
            "at",
            "a time of day, or a length from the beginning of the run (warm-up included); needed \
             for a single one",
        ),
        &INSTANT,
    );
    let at_path = fields.at("at");
    let at = at_node.and_then(|node| instant(cx, node, &at_path, run));
    let until_node = fields.node(cx, ("until", "instant of the end"), &INSTANT);
    let span = if let Some(node) = until_node {
        until(cx, fields, node, at, run)?
    } else {
        fields.require(cx, ("for", "how long; or `until`"), &Time::ANY)?
    };
    if let (Some(node), Some(at)) = (at_node, at) {
        let comment = format!("{}, from the beginning of the run", cx.given(node.span));
        fields.write(cx, "at", &written(node, at), comment);
    }
    if span == SimSpan::ZERO {
        cx.warnings.push(
            Diagnostic::warning("no-effect", "an outage of no length does nothing")
                .at(fields.span, "this outage"),
        );
    }
    let Some(period) = every else {
        if at_node.is_none() {
            fields.missing(
                cx,
                "at",
                "a time of day such as \"11:00\", or a length from the beginning of the run",
            );
        }
        let begin = at?;
        let end = begin.saturating_add_unsigned(span.0);
        if let (Some(node), true) = (at_node, begin >= run.experiment.ends_at().0 as i64) {
            never(cx, "the outage begins", node);
        }
        if let (Some(node), true) = (at_node, begin < 0 && end <= 0 && span > SimSpan::ZERO) {
            cx.warnings.push(
                Diagnostic::warning("no-effect", "the outage is over before the run begins")
                    .at(node.span, "a time of day before the run, warm-up included"),
            );
        }
        let (at, before_run) = split(begin);
        return Some((OutageTiming::Once { at, span }, before_run));
    };
    if span >= period {
        let place = fields.entry("for").map_or(fields.span, |entry| entry.node.span);
        cx.fault(
            "out-of-range",
            "a periodic outage must end before it begins again",
            place,
            "as long as `every`, or longer",
        );
        return None;
    }
    let (first, before_run) = if at_node.is_some() {
        split(at?)
    } else {
        let first = SimTime(period.0 - span.0);
        fields.write_default(cx, "at", &Time::ANY.show(&SimSpan(first.0)), "`every` less `for`");
        (first, SimSpan::ZERO)
    };
    Some((OutageTiming::Periodic { first, span, period }, before_run))
}

/// The length of an outage whose end is given.
fn until(cx: &mut Cx, fields: &mut Fields<'_>, node: &Node, at: Option<i64>, run: &Run) -> Option<SimSpan> {
    if let Some(entry) = fields.entry("for") {
        cx.fault("out-of-range", "an outage has `for` or `until`, not both", entry.key_span, "take one away");
    }
    let path = fields.at("until");
    let until = instant(cx, node, &path, run)?;
    let begin = at?;
    if until < begin {
        cx.fault_help(
            "out-of-range",
            "the outage ends before it begins",
            node.span,
            "earlier than `at`",
            "an outage past midnight is written with `for`",
        );
        return None;
    }
    let span = SimSpan(until.abs_diff(begin));
    fields.write(cx, "for", &Time::ANY.show(&span), format!("{} as `until`", cx.given(node.span)));
    Some(span)
}

/// The forms of what an outage strikes.
const FORMS: [&str; 12] = [
    "link.NAME",
    "site.NAME",
    "site.NAME.internet",
    "site.NAME.cas",
    "site.NAME.mailbox",
    "site.NAME.cas.2",
    "site.NAME.owa",
    "server.NAME",
    "server.NAME.pop",
    "host.NAME",
    "balancer.SITE",
    "station.NAME",
];

/// What an outage strikes: `link.NAME`, `site.NAME`, `site.NAME.internet`,
/// `site.NAME.cas`, `site.NAME.mailbox`, one server by its number from 1
/// (`site.NAME.cas.2`) or by its name (`server.NAME`), a service of a site
/// (`site.NAME.owa`) or of a server (`server.NAME.owa`), or `station.NAME`.
pub(super) fn target(
    cx: &mut Cx,
    what: &str,
    span: Span,
    topology: &Topology,
    workload: &Workload,
) -> Option<Target> {
    let parts = split_path(what);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let site = |cx: &mut Cx, name: &str| {
        let found = topology.site(name);
        if found.is_none() {
            cx.unknown("[[site]]", name, span, topology.sites.iter().map(|s| s.name.as_str()));
        }
        found
    };
    match parts.as_slice() {
        ["link", name] => {
            let found = topology.link(name);
            if found.is_none() {
                cx.unknown("[[link]]", name, span, topology.links.iter().map(|l| l.name.as_str()));
            }
            found.map(Target::Link)
        }
        ["station", name] => {
            let found = workload.stations.iter().position(|station| station.name == *name);
            if found.is_none() {
                cx.unknown("[[station]]", name, span, workload.stations.iter().map(|s| s.name.as_str()));
            }
            found.map(|at| Target::Station(Id::new(at)))
        }
        ["site", name] => site(cx, name).map(Target::Site),
        ["site", name, role @ ("cas" | "mailbox"), number @ ..] if number.len() <= 1 => {
            let id = site(cx, name)?;
            let server = of_role(cx, (id, name), role, number.first().copied(), span, topology)?;
            Some(if *role == "cas" { Target::Cas(id, server) } else { Target::Mailbox(id, server) })
        }
        ["site", name, "internet"] => {
            let id = site(cx, name)?;
            if topology.sites[id.index()].internet.is_none() {
                cx.fault("unknown-name", format!("`{name}` has no `internet`"), span, "nothing to strike");
                return None;
            }
            Some(Target::Pipe(id))
        }
        ["site", name, service] if Protocol::of_service(service).is_some() => {
            let id = site(cx, name)?;
            if topology.sites[id.index()].cas.is_empty() {
                cx.fault("unknown-name", format!("`{name}` has no `cas`"), span, "nothing to strike");
                return None;
            }
            Protocol::of_service(service).map(|protocol| Target::Service(id, protocol))
        }
        ["server", name] => server(cx, name, span, topology),
        ["host", name] => host(cx, name, span, topology),
        ["balancer", name] => {
            let id = site(cx, name)?;
            if topology.sites[id.index()].cas.is_empty() {
                cx.fault("unknown-name", format!("`{name}` has no `cas`"), span, "nothing to strike");
                return None;
            }
            Some(Target::Balancer(id))
        }
        ["server", name, service] if Protocol::of_service(service).is_some() => {
            let protocol = Protocol::of_service(service)?;
            service_of_server(cx, (name, protocol), span, topology)
        }
        _ => {
            let first = parts.first().copied().unwrap_or("");
            let near = nearest(first, ["link", "server", "site", "host", "balancer", "station"])
                .filter(|near| *near != first);
            let help = near.map_or_else(
                || format!("forms: {}", FORMS.join(", ")),
                |n| format!("did you mean `{n}`? forms: {}", FORMS.join(", ")),
            );
            cx.fault_help(
                "unknown-name",
                format!("nothing to strike is called `{what}`"),
                span,
                "expected the path of a link, site, server, host, balancer or station",
                help,
            );
            None
        }
    }
}

/// A host on which something stands.
fn host(cx: &mut Cx, name: &str, span: Span, topology: &Topology) -> Option<Target> {
    let found = topology.hosts.iter().position(|host| host.name == *name).map(Id::new);
    match found {
        None => cx.unknown("[[host]]", name, span, topology.hosts.iter().map(|host| host.name.as_str())),
        Some(id) if topology.machines_on(id).is_empty() => {
            cx.fault("unknown-name", format!("no server stands on `{name}`"), span, "nothing to strike");
            return None;
        }
        Some(_) => {}
    }
    found.map(Target::Host)
}

/// The servers of a site that have a role: all of them, or the one of this number from 1.
fn of_role(
    cx: &mut Cx,
    (id, name): (Id<Site>, &str),
    role: &str,
    number: Option<&str>,
    span: Span,
    topology: &Topology,
) -> Option<Option<u32>> {
    let groups = &topology.sites[id.index()];
    let servers: u32 = if role == "cas" {
        groups.cas.iter().map(|group| topology.cas[group.index()].servers).sum()
    } else {
        topology.stores_in(id).into_iter().map(|group| topology.mailbox[group.index()].servers).sum()
    };
    if servers == 0 {
        cx.fault("unknown-name", format!("`{name}` has no `{role}`"), span, "nothing to strike");
        return None;
    }
    match number {
        None => Some(None),
        Some(number) => match number.parse::<u32>() {
            Ok(n) if (1..=servers).contains(&n) => Some(Some(n - 1)),
            _ => {
                cx.fault(
                    "unknown-name",
                    format!("`{name}` has no `{role}` server number {number}"),
                    span,
                    format!("expected 1 to {servers}"),
                );
                None
            }
        },
    }
}

/// Servers by name: that of a group, of a `[[site.server]]` with both roles, or of
/// one server of a group, which has its number behind a hyphen.
fn server(cx: &mut Cx, name: &str, span: Span, topology: &Topology) -> Option<Target> {
    let cas = |wanted: &str| topology.cas.iter().position(|group| group.name == wanted).map(Id::new);
    let mailbox = |wanted: &str| topology.mailbox.iter().position(|group| group.name == wanted).map(Id::new);
    let whole = (cas(name), mailbox(name));
    let both = (cas(&format!("{name}-CAS")), mailbox(&format!("{name}-MBX")));
    // A site's own servers are called after the site, which is not the name of a server.
    let both = if topology.site(name).is_some() { (None, None) } else { both };
    for (cas, mailbox) in [whole, both] {
        if cas.is_some() || mailbox.is_some() {
            return Some(Target::Server { cas, mailbox, number: None });
        }
    }
    if let Some((group, number)) = name.rsplit_once('-')
        && let Ok(number @ 1..) = number.parse::<u32>()
    {
        let (cas, mailbox) = (cas(group), mailbox(group));
        let servers = cas.map(|id: Id<_>| topology.cas[id.index()].servers);
        let servers = servers.or(mailbox.map(|id: Id<_>| topology.mailbox[id.index()].servers));
        if servers.is_some_and(|servers| number <= servers) {
            return Some(Target::Server { cas, mailbox, number: Some(number - 1) });
        }
    }
    let groups = topology.cas.iter().map(|g| g.name.as_str());
    cx.unknown("server", name, span, groups.chain(topology.mailbox.iter().map(|g| g.name.as_str())));
    None
}

/// One service of servers by name.
fn service_of_server(
    cx: &mut Cx,
    (name, protocol): (&str, Protocol),
    span: Span,
    topology: &Topology,
) -> Option<Target> {
    let Target::Server { cas, number, .. } = server(cx, name, span, topology)? else { return None };
    if cas.is_none() {
        cx.fault("unknown-name", format!("`{name}` has no `cas`"), span, "nothing to strike");
    }
    cas.map(|cas| Target::ServerService { cas, number, protocol })
}

/// Merges single outages of one target and effect that overlap, and says so;
/// overlapping ones of different effects are a fault.
fn merge(cx: &mut Cx, outages: Vec<(Outage, Span)>) -> Vec<Outage> {
    let mut kept: Vec<(Outage, Span)> = Vec::new();
    for (outage, place) in outages {
        let (OutageTiming::Once { span, .. }, Some(at)) = (&outage.timing, outage.begin()) else {
            kept.push((outage, place));
            continue;
        };
        let span = *span;
        let (mut from, mut to) = (at, at.saturating_add_unsigned(span.0));
        let mut merged = false;
        for (known, known_place) in &mut kept {
            let (OutageTiming::Once { span: length, .. }, Some(first)) = (&known.timing, known.begin())
            else {
                continue;
            };
            let last = first.saturating_add_unsigned(length.0);
            if known.target != outage.target || first > to || from > last || span == SimSpan::ZERO {
                continue;
            }
            if known.effect != outage.effect {
                if first < to && from < last {
                    cx.faults.push(
                        Diagnostic::error(
                            "overlapping-outages",
                            "two outages of one target overlap with different effects",
                        )
                        .at(place, "second one")
                        .at(*known_place, "first one")
                        .help("let one end before the other begins"),
                    );
                }
                continue;
            }
            cx.warnings.push(
                Diagnostic::warning(
                    "overlapping-outages",
                    "two outages of one target overlap and count as one",
                )
                .at(place, "second one")
                .at(*known_place, "first one"),
            );
            from = from.min(first);
            to = to.max(last);
            let (at, before_run) = split(from);
            known.timing = OutageTiming::Once { at, span: SimSpan(to.abs_diff(from)) };
            known.before_run = before_run;
            merged = true;
            break;
        }
        if !merged {
            kept.push((outage, place));
        }
    }
    kept.into_iter().map(|(outage, _)| outage).collect()
}
