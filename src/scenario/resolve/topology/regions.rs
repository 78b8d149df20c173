//! `[[region]]`: where clients on the Internet sit.

use std::collections::BTreeMap;

use super::super::super::amounts::{Count, Limit, Time};
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use super::super::super::kinds::{Kind, Name, Offset};
use super::super::super::law::Law;
use super::super::super::shape::Named;
use super::super::super::tree::Table;
use super::super::elements::{Names, named};
use crate::kernel::distribution::Distribution;
use crate::kernel::{Id, SimSpan};
use crate::model::topology::{Region, Site, Topology};

const NAME: Key = ("name", "what it is called; no site has the same name");

pub(super) fn regions(cx: &mut Cx, root: &mut Fields<'_>, names: &Names, topology: &mut Topology) {
    const NOWHERE: &Table = &Table { entries: Vec::new() };
    let mut elements = root.elements(cx, ("region", "where on the Internet clients sit"));
    let internet = elements.iter().position(|(table, _)| table.text("name") == Some("Internet"));
    let first = internet.map_or((NOWHERE, root.span), |at| elements.remove(at));
    for (number, (table, span)) in std::iter::once(first).chain(elements).enumerate() {
        cx.section("[[region]]");
        let mut fields = named(cx, "region", table, span);
        let name = if number == 0 {
            fields.path = "region.Internet".to_owned();
            fields.demand(cx, NAME);
            fields.write(cx, "name", "\"Internet\"", "the region that is always there".to_owned());
            "Internet".to_owned()
        } else {
            fields.require(cx, NAME, &Name).unwrap_or_default()
        };
        if names.contains_key(&name) {
            cx.fault(
                "duplicate-name",
                format!("a site and a region are both called `{name}`"),
                span,
                "clients could sit in either",
            );
        }
        let rtt = fields.or(
            cx,
            ("rtt", "round trip from a client to the exchange point near a site; drawn once a client"),
            &Law::TIME,
            Distribution::Uniform { low: 15e6, high: 40e6 },
            "broadband last mile 15 to 40 ms, from memory",
        );
        let bandwidth = fields.or(
            cx,
            ("bandwidth", "last mile of a client; drawn once a client"),
            &Law::BANDWIDTH,
            Distribution::Constant(20e6),
            "ASSUMED last-mile bandwidth",
        );
        let utc_offset_minutes = fields.read(
            cx,
            (
                "time_zone",
                "UTC offset of those who sit there; left out, each lives by the time zone of the \
                 home site, wherever the region is",
            ),
            &Offset,
        );
        let addresses = addresses(cx, &mut fields);
        let ports = ports(cx, &mut fields, addresses);
        let idle_timeout = idle_timeout(cx, &mut fields);
        let site_rtt = site_rtt(cx, &mut fields, names);
        fields.finish(cx);
        topology.regions.push(Region {
            name,
            rtt,
            bandwidth,
            site_rtt,
            utc_offset_minutes,
            addresses,
            ports,
            idle_timeout,
        });
    }
}

/// Extra round trips to sites, ns.
fn site_rtt(cx: &mut Cx, fields: &mut Fields<'_>, names: &Names) -> BTreeMap<Id<Site>, f64> {
    let mut found = BTreeMap::new();
    if let Some(extra) = fields.map(
        cx,
        ("site_rtt", "extra round trip to a site"),
        &Named { what: "SITE", names: &[], each: &Time::ANY },
    ) {
        for entry in extra.named_entries() {
            let span = Time::ANY.read(cx, &entry.node, &extra.at(&entry.key));
            match (names.get(&entry.key), span) {
                (None, _) => {
                    cx.unknown("[[site]]", &entry.key, entry.key_span, names.keys().map(String::as_str))
                }
                (Some(_), None) => {}
                (Some(site), Some(span)) => {
                    extra.write(cx, &entry.key, &Time::ANY.show(&span), cx.given(entry.node.span));
                    found.insert(Id::new(*site), span.0 as f64);
                }
            }
        }
    }
    found
}

/// When the network of a region forgets an idle connection.
fn idle_timeout(cx: &mut Cx, fields: &mut Fields<'_>) -> Option<SimSpan> {
    fields.read(
        cx,
        (
            "idle_timeout",
            "after so long the network there (a carrier) silently forgets a connection on which nothing is \
             sent; left out, never",
        ),
        &Time::POSITIVE,
    )
}

/// Addresses that clients show to servers, where translation hides their own.
pub(in super::super) fn addresses(cx: &mut Cx, fields: &mut Fields<'_>) -> Option<u32> {
    let count = fields.read(
        cx,
        (
            "addresses",
            "its clients stand behind so many addresses (address translation); left out, each \
             mailbox has its own, or as in its region",
        ),
        &Count { min: 1, max: 1_000_000 },
    )?;
    u32::try_from(count).ok()
}

/// Connections at once from one address of a translation: 65,536 ports, less the well-known
/// ones and a reserve.
const PORTS: u32 = 64_000;

/// Connections that each of `addresses` has ports for.
pub(in super::super) fn ports(cx: &mut Cx, fields: &mut Fields<'_>, addresses: Option<u32>) -> Option<u32> {
    const KEY: Key = (
        "ports",
        "connections at once from each of its `addresses`, beyond which nobody behind that address \
         opens another; 64000 with `addresses`",
    );
    if addresses.is_some() {
        let origin = "65,536 ports less the well-known ones and a reserve, from memory";
        return fields.or(cx, KEY, &Limit, Some(PORTS), origin);
    }
    let ports = fields.read(cx, KEY, &Limit);
    if let (Some(_), Some(entry), false) = (ports, fields.entry("ports"), fields.has("addresses")) {
        cx.fault_help(
            "contradiction",
            format!("`{}` has `ports` but no `addresses`", fields.path),
            entry.key_span,
            "of which addresses is not said",
            "say how many addresses its clients share: addresses = 1",
        );
    }
    None
}
