//! `[plan]`: what is asked of a plan.

use super::super::amounts::{Count, Share};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::keys::Key;
use super::super::kinds::{Flag, List, Text};
use super::super::tree::{Node, Table, Value};
use super::growth::growth;
use super::outage::target;
use crate::diagnostics::{Span, nearest};
use crate::model::purchase::{CountBound, PlanAsked, Survive};
use crate::model::topology::Topology;
use crate::model::workload::{Target, Workload};

const SURVIVE: Key = (
    "survive",
    "losses in each of which every goal holds too, one at a time, from the beginning of the window and found out: \
     `any server`, `any host`, `any link`, `any site`, or what an `[[outage]]` can strike (`site.Boston`, \
     `server.MBX-1`, `host.H1`, `link.Boston-Paris`)",
);

const ANY: [(&str, Survive); 4] = [
    ("any server", Survive::AnyServer),
    ("any host", Survive::AnyHost),
    ("any link", Survive::AnyLink),
    ("any site", Survive::AnySite),
];

/// Reads `[plan]`.
pub(super) fn plan(
    cx: &mut Cx,
    root: &mut Fields<'_>,
    topology: &Topology,
    workload: &Workload,
) -> PlanAsked {
    let Some(fields) = root.table(cx, ("plan", "what is asked of `casim plan`")) else {
        return PlanAsked::default();
    };
    cx.section("[plan]");
    let mut fields = fields.into_section();
    let default = PlanAsked::default();
    let years = fields.or(
        cx,
        ("years", "over which costs are added up; with `growth` every goal holds now and in each of them"),
        &Count { min: 1, max: 20 },
        u64::from(default.years),
        "ASSUMED",
    );
    let growth = growth(cx, &mut fields, workload);
    let survive = survive(cx, &mut fields, topology, workload);
    let zone = fields.or(
        cx,
        (
            "zone",
            "half of the zone below a goal in which either answer is right, as a share of the goal; a narrower one \
             takes more runs",
        ),
        &Share { max: 0.25 },
        default.zone,
        "5 % of the goal: as near as runs can tell at a bearable price",
    );
    let all_served = fields.or(
        cx,
        (
            "all_served",
            "a plan by which somebody has no way in one of the losses is none; else they are told as damage",
        ),
        &Flag,
        default.all_served,
        "who has no way at all is no question of size",
    );
    let one_model = fields.or(
        cx,
        ("one_model", "all servers that are bought are of one model"),
        &Flag,
        default.one_model,
        "each place may have its own",
    );
    let mut bounds = Vec::new();
    let elements = fields.elements(cx, ("bound", "how many servers there may be"));
    for (number, (table, span)) in elements.into_iter().enumerate() {
        bounds.extend(bound(cx, (number + 1, table, span), topology, workload));
    }
    fields.finish(cx);
    let years = u32::try_from(years).unwrap_or(default.years);
    PlanAsked { years, growth, survive, zone, all_served, one_model, bounds }
}

fn survive(cx: &mut Cx, fields: &mut Fields<'_>, topology: &Topology, workload: &Workload) -> Vec<Survive> {
    let names = fields.read(cx, SURVIVE, &List(Text)).unwrap_or_default();
    let items: Vec<Span> = match fields.entry("survive").map(|entry| &entry.node) {
        Some(Node { value: Value::List(items), .. }) => items.iter().map(|item| item.span).collect(),
        Some(node) => vec![node.span],
        None => Vec::new(),
    };
    let mut found = Vec::new();
    for (what, span) in names.into_iter().zip(items) {
        let word = what.trim().to_ascii_lowercase();
        if let Some((_, any)) = ANY.iter().find(|(known, _)| *known == word) {
            found.push(any.clone());
        } else if word.starts_with("any") {
            let near = nearest(&word, ANY.iter().map(|(known, _)| *known));
            let help = near.map_or_else(String::new, |near| format!("did you mean \"{near}\"? "));
            let words = ANY.map(|(word, _)| format!("\"{word}\"")).join(", ");
            cx.fault_help(
                "unknown-word",
                format!("`plan.survive` cannot be \"{what}\""),
                span,
                "not one of the words",
                format!("{help}expected {words}, or one thing such as \"site.Boston\""),
            );
        } else if let Some(target) = target(cx, &what, span, topology, workload) {
            if matches!(target, Target::Station(_)) {
                cx.fault(
                    "unknown-name",
                    format!("`plan.survive` cannot be \"{what}\""),
                    span,
                    "expected a server, host, link or site",
                );
                continue;
            }
            found.push(Survive::One { what, target });
        }
    }
    found
}

fn bound(
    cx: &mut Cx,
    (number, table, span): (usize, &Table, Span),
    topology: &Topology,
    workload: &Workload,
) -> Option<CountBound> {
    cx.section("[[plan.bound]]");
    let path = format!("plan.bound.{number}");
    cx.spans.note(path.clone(), span);
    let mut fields = Fields::new(table, span, path, "plan.bound.*".to_owned());
    let name = fields.require(
        cx,
        (
            "of",
            "which servers: all of a site (`site.NAME`), of one role (`site.NAME.cas`, `site.NAME.mailbox`), or a \
             `[[site.server]]` (`server.NAME`)",
        ),
        &Text,
    );
    let place = fields.entry("of").map_or(span, |entry| entry.node.span);
    let of = name.as_deref().and_then(|name| target(cx, name, place, topology, workload));
    let whole = |of: &Target| {
        matches!(
            of,
            Target::Site(_)
                | Target::Cas(_, None)
                | Target::Mailbox(_, None)
                | Target::Server { number: None, .. }
        )
    };
    if of.as_ref().is_some_and(|of| !whole(of)) {
        cx.fault_help(
            "unknown-name",
            format!("`{}` is no kind of server", name.unwrap_or_default()),
            place,
            "expected a site, a role in it, or servers by name",
            "for example \"site.Boston\", \"site.Boston.cas\" or \"server.MBX-1\"",
        );
    }
    let least = fields.read(cx, ("least", "at least so many of each kind"), &Count::SERVERS);
    let most = fields.read(cx, ("most", "at most"), &Count::SERVERS);
    let step = fields.or(cx, ("step", "from `least` on in such steps"), &Count::SERVERS, 1, "one by one");
    let cores =
        fields.read(cx, ("cores", "cores that each may have, where no server models have prices"), &Numbers);
    if let (Some(low), Some(high)) = (least, most)
        && low > high
    {
        let place = fields.entry("most").map_or(span, |entry| entry.node.span);
        cx.fault("out-of-range", "`most` is less than `least`", place, format!("at least {low}"));
    }
    fields.finish(cx);
    let number = |n: u64| u32::try_from(n).unwrap_or(1);
    let mut cores: Vec<u32> = cores.unwrap_or_default().into_iter().map(number).collect();
    cores.sort_unstable();
    cores.dedup();
    Some(CountBound { of: of?, least: least.map(number), most: most.map(number), step: number(step), cores })
}

/// A list of numbers of cores, or one.
struct Numbers;

impl super::super::shape::Shape for Numbers {
    fn words(&self) -> String {
        List(Count::CORES).words()
    }
    fn schema(&self, definitions: &mut super::super::shape::Definitions) -> serde_json::Value {
        List(Count::CORES).schema(definitions)
    }
}

impl super::super::kinds::Kind for Numbers {
    type Out = Vec<u64>;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Vec<u64>> {
        match node.value {
            Value::Integer(_) => Count::CORES.read(cx, node, path).map(|n| vec![n]),
            _ => List(Count::CORES).read(cx, node, path),
        }
    }
    fn show(&self, value: &Vec<u64>) -> String {
        List(Count::CORES).show(value)
    }
    fn expected(&self) -> String {
        List(Count::CORES).expected()
    }
}
