//! `[[host]]`: what virtual machines stand on, and which server stands where.

use super::super::super::amounts::{Count, Number};
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use super::super::super::kinds::{List, Name, Text};
use super::super::elements::named;
use crate::diagnostics::Span;
use crate::kernel::Id;
use crate::model::topology::{Host, Topology, host_of};

/// Reads every `[[host]]`.
pub(super) fn hosts(cx: &mut Cx, root: &mut Fields<'_>) -> Vec<Host> {
    let mut hosts = Vec::new();
    for (table, span) in root.elements(cx, ("host", "what virtual machines stand on")) {
        cx.section("[[host]]");
        let mut fields = named(cx, "host", table, span);
        let name = fields.require(cx, ("name", "what it is called"), &Name).unwrap_or_default();
        let cores = fields.require(
            cx,
            ("cores", "physical cores, which its machines share: work there needs a core of its machine and one of these"),
            &Count::CORES,
        );
        let overcommitment = fields.or(
            cx,
            (
                "overcommitment",
                "cores of its machines that may stand on one of its own before `check` objects; changes nothing in a run",
            ),
            &Number { min: 1.0, closed: true, max: 100.0 },
            2.0,
            "at most two virtual processors on a logical one are supported, one is recommended (Exchange 2010 to 2019, \
             virtualization)",
        );
        fields.finish(cx);
        hosts.push(Host {
            name,
            cores: cores.and_then(|cores| u32::try_from(cores).ok()).unwrap_or(1),
            overcommitment,
        });
    }
    hosts
}

/// The hosts on which servers stand, one after the other in turn; none where that is not said.
pub(super) fn stands_on(cx: &mut Cx, fields: &mut Fields<'_>, hosts: &[Host]) -> Vec<Id<Host>> {
    const KEY: Key = (
        "host",
        "`[[host]]` on which they stand as virtual machines; of several each server has the next in turn; left out, \
         each has hardware of its own",
    );
    let names = fields.read(cx, KEY, &List(Text)).unwrap_or_default();
    let span = fields.entry("host").map_or(fields.span, |entry| entry.node.span);
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        match hosts.iter().position(|host| host.name == name) {
            Some(at) => found.push(Id::new(at)),
            None => cx.unknown("[[host]]", &name, span, hosts.iter().map(|host| host.name.as_str())),
        }
    }
    found
}

/// A machine has no more cores than its host.
pub(super) fn fits(
    cx: &mut Cx,
    (path, span): (&str, Span),
    (hosts, servers, cores): (&[Id<Host>], u32, u32),
    topology: &Topology,
) {
    let small = (0..servers.min(hosts.len() as u32)).filter_map(|number| host_of(hosts, number));
    let small = small.map(|id| &topology.hosts[id.index()]).find(|host| host.cores < cores);
    if let Some(host) = small {
        cx.fault_help(
            "out-of-range",
            format!("`{path}` has more cores than its host `{}`", host.name),
            span,
            format!("{cores} cores on {}", host.cores),
            "no hypervisor starts such a machine",
        );
    }
}
