//! `[run]`, `[slo]` and `[[outage]]`: when, how long, how well.

use super::super::fields::{Cx, Fields, wrong_type};
use super::super::kinds::{Count, Flag, Kind, Name, Offset, Share, Text, Time, Token, clock_minutes};
use super::super::law::Law;
use super::super::reader::split_path;
use super::super::tree::{Node, Value};
use crate::diagnostics::{Diagnostic, Span, nearest};
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::Experiment;
use crate::model::topology::{Protocol, Topology};
use crate::model::workload::{Objective, Outage, OutageEffect, OutageTiming, Slo, Target, Workload};
use crate::quantity::{self, Dimension};

const MINUTE: u64 = 60_000_000_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// The most intervals of a time series.
const MOST_INTERVALS: u64 = 100_000;

/// What the rest needs to know of `[run]`.
pub(super) struct Run {
    /// How the model is run.
    pub(super) experiment: Experiment,
    /// UTC offset of the scenario's clock, minutes.
    pub(super) clock: i32,
    /// Time of day at which the window begins, minutes.
    starts_at: u32,
}

/// A window of the day, or a length.
#[derive(Clone, Copy)]
enum Window {
    Clock { from: u32, span: SimSpan },
    Length(SimSpan),
}

struct WindowKind;

impl Kind for WindowKind {
    type Out = Window;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Window> {
        let text = node.as_text().unwrap_or("");
        if text.contains(':') {
            let ends = text
                .split_once(['-', '\u{2013}'])
                .and_then(|(a, b)| Some((clock_minutes(a)?, clock_minutes(b)?)));
            let Some((from, to)) = ends else {
                cx.fault_help(
                    "bad-clock",
                    format!("`{path}` cannot be read"),
                    node.span,
                    "expected two times of day or a length",
                    "for example \"08:00 - 18:00\" or \"10 h\"",
                );
                return None;
            };
            // The same time twice is a whole day; an earlier end is on the next day.
            let minutes = if to > from { to - from } else { 24 * 60 - from + to };
            return Some(Window::Clock {
                from: from % (24 * 60),
                span: SimSpan(u64::from(minutes) * MINUTE),
            });
        }
        Time::POSITIVE.read(cx, node, path).map(Window::Length)
    }
    fn show(&self, value: &Window) -> String {
        match value {
            Window::Clock { from, span } => {
                let to = (u64::from(*from) + span.0 / MINUTE - 1) % (24 * 60) + 1;
                format!("\"{:02}:{:02} - {:02}:{:02}\"", from / 60, from % 60, to / 60, to % 60)
            }
            Window::Length(span) => Time::POSITIVE.show(span),
        }
    }
    fn expected(&self) -> String {
        "two times of day such as \"08:00 - 18:00\", or a length".to_owned()
    }
}

struct Clock;

impl Kind for Clock {
    type Out = u32;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<u32> {
        let minutes =
            Text.read(cx, node, path).and_then(|text| clock_minutes(&text)).filter(|m| *m < 24 * 60);
        if minutes.is_none() {
            cx.fault_help(
                "bad-clock",
                format!("`{path}` is no time of day"),
                node.span,
                "expected hours and minutes",
                "for example \"09:00\"",
            );
        }
        minutes
    }
    fn show(&self, value: &u32) -> String {
        format!("\"{:02}:{:02}\"", value / 60, value % 60)
    }
    fn expected(&self) -> String {
        "a time of day such as \"09:00\"".to_owned()
    }
}

/// Reads `[run]`.
pub(super) fn run(cx: &mut Cx, root: &mut Fields<'_>) -> Run {
    cx.section("[run]");
    let mut fields = root.table_or_empty(cx, "run").as_section();
    let office = Window::Clock { from: 8 * 60, span: SimSpan(600 * MINUTE) };
    let window = fields.or(cx, "window", &WindowKind, office, "ASSUMED office day");
    let (starts_at, span) = match window {
        Window::Clock { from, span } => {
            if let Some(entry) = fields.entry("start") {
                cx.fault(
                    "out-of-range",
                    "`run.start` goes with a window that is a length",
                    entry.key_span,
                    "the window says when it begins",
                );
            }
            (from, span)
        }
        Window::Length(span) => (fields.or(cx, "start", &Clock, 9 * 60, "ASSUMED"), span),
    };
    let short = SimSpan((30 * MINUTE).min(span.0 / 10));
    let warmup =
        fields.or(cx, "warmup", &Time::ANY, short, "30 min, or a tenth of the window if that is less");
    if warmup >= span {
        let place = fields.entry("warmup").map_or(fields.span, |entry| entry.node.span);
        cx.fault_help(
            "out-of-range",
            "the warm-up is as long as the measured window, or longer",
            place,
            format!("the window is {}", quantity::print(span.0 as f64, Dimension::Time)),
            "the warm-up comes before the window; shorten it or lengthen the window",
        );
    }
    let seed =
        fields.or(cx, "seed", &Count { min: 0, max: i64::MAX as u64 }, 1, "fixed, so that runs repeat");
    let replications = fields.or(cx, "replications", &Count { min: 1, max: 100_000 }, 1, "one run");
    let interval = fields.or(
        cx,
        "interval",
        &Time::POSITIVE,
        interval_for(span),
        "15 min, or about a fortieth of the window",
    );
    if span.0 / interval.0.max(1) > MOST_INTERVALS {
        let place = fields.entry("interval").map_or(fields.span, |entry| entry.node.span);
        cx.fault(
            "out-of-range",
            "the time series would have too many intervals",
            place,
            format!("at most {MOST_INTERVALS} fit into the window"),
        );
    }
    let run_off = fields.or(cx, "run_off", &Flag, false, "what is unfinished at the end is reported as open");
    let clock = fields.or(cx, "clock", &Offset, 0, "UTC");
    fields.finish(cx);
    let utc = (i64::from(starts_at) - i64::from(clock)).rem_euclid(24 * 60);
    let experiment = Experiment {
        seed,
        replications: u32::try_from(replications).unwrap_or(1),
        warmup,
        window: span,
        window_starts_at_utc: SimSpan(utc.unsigned_abs() * MINUTE),
        interval,
        run_off,
    };
    Run { experiment, clock, starts_at }
}

/// A round interval of which about forty, at least ten, fill the window.
fn interval_for(window: SimSpan) -> SimSpan {
    const STEPS: [u64; 12] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 3600];
    let fortieth = window.0 / 40;
    if fortieth >= 10 * MINUTE && fortieth <= 60 * MINUTE {
        return SimSpan(15 * MINUTE);
    }
    let step = STEPS.iter().map(|s| s * 1_000_000_000).find(|step| *step >= fortieth);
    SimSpan(step.unwrap_or(fortieth).min(window.0).max(1))
}

/// Reads `[slo]`.
pub(super) fn slo(cx: &mut Cx, root: &mut Fields<'_>) -> Slo {
    if !root.has("slo") {
        return Slo::default();
    }
    cx.section("[slo]");
    let mut fields = root.table_or_empty(cx, "slo").as_section();
    let cpu = fields.read(cx, "cpu", &Share::WHOLE);
    let link = fields.read(cx, "link", &Share::WHOLE);
    let mut protocols = Vec::new();
    for protocol in Protocol::ALL {
        if !fields.has(protocol.token()) {
            continue;
        }
        let Some(mut own) = fields.table(cx, protocol.token()) else { continue };
        let objective = Objective {
            logon_p95: own.read(cx, "logon_p95", &Time::POSITIVE),
            p95: own.read(cx, "p95", &Time::POSITIVE),
            failures: own.read(cx, "failures", &Share::WHOLE),
        };
        own.finish(cx);
        protocols.push((protocol, objective));
    }
    fields.finish(cx);
    Slo { protocols, cpu, link }
}

/// An instant of the run: a time of day, or a length counted from the run's beginning.
/// Times of day before the warm-up are on the next day; `None` is reported.
pub(super) fn instant(cx: &mut Cx, node: &Node, path: &str, run: &Run) -> Option<SimTime> {
    let text = node.as_text().unwrap_or("");
    if !text.contains(':') {
        return Time::ANY.read(cx, node, path).map(|span| SimTime(span.0));
    }
    let Some(minutes) = clock_minutes(text) else {
        cx.fault_help(
            "bad-clock",
            format!("`{path}` cannot be read"),
            node.span,
            "expected a time of day or a length",
            "for example \"13:00\", or \"5 h\" from the beginning of the run",
        );
        return None;
    };
    let minutes = (minutes + 24 * 60 - run.starts_at) % (24 * 60);
    let after = u64::from(minutes) * MINUTE;
    let warmup = run.experiment.warmup.0;
    // Shortly before the window is within the warm-up.
    if after >= run.experiment.window.0 && DAY - after <= warmup {
        return Some(SimTime(warmup - (DAY - after)));
    }
    Some(SimTime(warmup + after))
}

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
    for (number, (table, span)) in root.elements(cx, "outage").into_iter().enumerate() {
        cx.section("[[outage]]");
        let name = table.text("name").map_or_else(|| (number + 1).to_string(), str::to_owned);
        let path = format!("outage.{}", super::super::tree::key(&name));
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
    fields.read(cx, "name", &Name);
    let what = fields.require(cx, "what", &Text);
    let place = fields.entry("what").map_or(fields.span, |entry| entry.node.span);
    let target = what.as_deref().and_then(|what| target(cx, what, place, topology, workload));
    let effect = fields.or(cx, "effect", &EFFECT, OutageEffect::Kill, "what is present fails at once");
    let stream = fields.or(cx, "stream", &Text, what.clone().unwrap_or_default(), "what it strikes");
    let timing = if fields.has("mtbf") || fields.has("mttr") {
        let positive = Law { dimension: Dimension::Time, zero: false };
        let up = fields.require(cx, "mtbf", &positive);
        let down = fields.require(cx, "mttr", &positive);
        OutageTiming::Random { up: up?, down: down? }
    } else {
        fixed(cx, fields, run)?
    };
    Some(Outage { stream, target: target?, timing, effect })
}

fn fixed(cx: &mut Cx, fields: &mut Fields<'_>, run: &Run) -> Option<OutageTiming> {
    let every = fields.read(cx, "every", &Time::POSITIVE);
    let _ = (fields.has("mtbf"), fields.has("mttr"));
    let at_node = fields.node(cx, "at");
    let at_path = fields.at("at");
    let at = at_node.and_then(|node| instant(cx, node, &at_path, run));
    let until_node = fields.node(cx, "until");
    let span = if let Some(node) = until_node {
        if let Some(entry) = fields.entry("for") {
            cx.fault(
                "out-of-range",
                "an outage has `for` or `until`, not both",
                entry.key_span,
                "take one away",
            );
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
        let span = until.since(begin);
        fields.write(cx, "for", &Time::ANY.show(&span), format!("{} as `until`", cx.given(node.span)));
        span
    } else {
        fields.require(cx, "for", &Time::ANY)?
    };
    if let (Some(node), Some(at)) = (at_node, at) {
        let comment = format!("{}, from the beginning of the run", cx.given(node.span));
        fields.write(cx, "at", &Time::ANY.show(&SimSpan(at.0)), comment);
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
        let at = at?;
        if at >= run.experiment.ends_at() {
            cx.warnings.push(
                Diagnostic::warning("no-effect", "the outage begins after the end of the run")
                    .at(at_node.map_or(fields.span, |n| n.span), "beyond the window"),
            );
        }
        return Some(OutageTiming::Once { at, span });
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
    let first = if at_node.is_some() {
        at?
    } else {
        let first = SimTime(period.0 - span.0);
        fields.write_default(cx, "at", &Time::ANY.show(&SimSpan(first.0)), "`every` less `for`");
        first
    };
    Some(OutageTiming::Periodic { first, span, period })
}

/// What an outage strikes: `link.NAME`, `site.NAME`, `site.NAME.cas`,
/// `site.NAME.mailbox`, one server by its number from 1 (`site.NAME.cas.2`), or
/// `station.NAME`.
fn target(cx: &mut Cx, what: &str, span: Span, topology: &Topology, workload: &Workload) -> Option<Target> {
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
            let found = topology.links.iter().position(|link| link.name == *name);
            if found.is_none() {
                cx.unknown("[[link]]", name, span, topology.links.iter().map(|l| l.name.as_str()));
            }
            found.map(|at| Target::Link(Id::new(at)))
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
            let groups = &topology.sites[id.index()];
            let servers = if *role == "cas" {
                groups.cas.first().map(|group| topology.cas[group.index()].servers)
            } else {
                groups.mailbox.first().map(|group| topology.mailbox[group.index()].servers)
            };
            let Some(servers) = servers else {
                cx.fault("unknown-name", format!("`{name}` has no `{role}`"), span, "nothing to strike");
                return None;
            };
            let server = match number.first() {
                None => None,
                Some(number) => match number.parse::<u32>() {
                    Ok(n) if (1..=servers).contains(&n) => Some(n - 1),
                    _ => {
                        cx.fault(
                            "unknown-name",
                            format!("`{name}` has no `{role}` server number {number}"),
                            span,
                            format!("expected 1 to {servers}"),
                        );
                        return None;
                    }
                },
            };
            Some(if *role == "cas" { Target::Cas(id, server) } else { Target::Mailbox(id, server) })
        }
        _ => {
            let forms = [
                "link.NAME",
                "site.NAME",
                "site.NAME.cas",
                "site.NAME.mailbox",
                "site.NAME.cas.2",
                "station.NAME",
            ];
            let first = parts.first().copied().unwrap_or("");
            let near = nearest(first, ["link", "site", "station"]).filter(|near| *near != first);
            let help = near.map_or_else(
                || format!("forms: {}", forms.join(", ")),
                |n| format!("did you mean `{n}`? forms: {}", forms.join(", ")),
            );
            cx.fault_help(
                "unknown-name",
                format!("nothing to strike is called `{what}`"),
                span,
                "expected the path of a link, site, server or station",
                help,
            );
            None
        }
    }
}

/// Merges single outages of one target and effect that overlap, and says so;
/// overlapping ones of different effects are a fault.
fn merge(cx: &mut Cx, outages: Vec<(Outage, Span)>) -> Vec<Outage> {
    let mut kept: Vec<(Outage, Span)> = Vec::new();
    for (outage, place) in outages {
        let OutageTiming::Once { at, span } = outage.timing else {
            kept.push((outage, place));
            continue;
        };
        let (mut from, mut to) = (at, at + span);
        let mut merged = false;
        for (known, known_place) in &mut kept {
            let OutageTiming::Once { at: first, span: length } = known.timing else { continue };
            if known.target != outage.target || first > to || from > first + length || span == SimSpan::ZERO {
                continue;
            }
            if known.effect != outage.effect {
                if first < to && from < first + length {
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
            to = to.max(first + length);
            known.timing = OutageTiming::Once { at: from, span: to.since(from) };
            merged = true;
            break;
        }
        if !merged {
            kept.push((outage, place));
        }
    }
    kept.into_iter().map(|(outage, _)| outage).collect()
}

/// The items of a list, or a fault that says what else it is.
pub(super) fn as_list<'t>(cx: &mut Cx, node: &'t Node, path: &str, expected: &str) -> Option<&'t [Node]> {
    match &node.value {
        Value::List(items) => Some(items),
        _ => {
            wrong_type(cx, node, path, expected);
            None
        }
    }
}
