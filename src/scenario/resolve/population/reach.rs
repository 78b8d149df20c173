//! Whether every population reaches somebody.

use super::super::super::context::Cx;
use super::super::super::tree;
use crate::kernel::Id;
use crate::model::protocol::Protocol;
use crate::model::topology::{Namespace, Site, Topology};
use crate::model::workload::{Location, Workload};

/// Reports mailboxes that the entries of some protocol in use cannot reach over site
/// links, and clients in a site that reach no entry.
pub(in super::super) fn reachable(cx: &mut Cx, topology: &Topology, workload: &Workload) {
    let component = components(topology);
    for population in &workload.populations {
        let sites = |id: Id<Namespace>, inside: bool| {
            let name = &topology.namespaces[id.index()];
            if inside && !name.inside.is_empty() { &name.inside } else { &name.internet }
        };
        let inside = matches!(population.from, Location::Site(_));
        let uses: Vec<(Protocol, &[Id<Site>])> = population
            .clients
            .iter()
            .map(|used| (used.protocol, sites(used.name_at(population.from), inside).as_slice()))
            .filter(|(_, entries)| !entries.is_empty())
            .collect();
        if uses.is_empty() || population.mailboxes == 0 {
            continue;
        }
        let home = component[population.home.index()];
        let path = format!("population.{}", tree::key(&population.name));
        let apart = |entries: &[Id<Site>]| entries.iter().all(|entry| component[entry.index()] != home);
        let cut_off: Vec<&(Protocol, &[Id<Site>])> =
            uses.iter().filter(|(_, entries)| apart(entries)).collect();
        if let Some((_, first)) = cut_off.first() {
            let span = cx.spans.find(&format!("{path}.home")).unwrap_or_default();
            let name = &topology.sites[population.home.index()].name;
            let protocols: Vec<&str> = cut_off.iter().map(|(protocol, _)| protocol.token()).collect();
            let reached: Vec<&str> = first.iter().map(|e| topology.sites[e.index()].name.as_str()).collect();
            cx.fault_help(
                "unreachable-site",
                format!("no chain of site links joins `{name}` to an entry that `{}` uses", population.name),
                span,
                format!("its {} clients enter at {}", protocols.join(", "), reached.join(", ")),
                format!("add a [[link]] with between = [\"{}\", \"{name}\"]", reached.first().unwrap_or(&"")),
            );
        } else if let Location::Site(from) = population.from
            && uses
                .iter()
                .flat_map(|(_, entries)| entries.iter())
                .all(|entry| component[entry.index()] != component[from.index()])
        {
            let span = cx.spans.find(&format!("{path}.from")).unwrap_or_default();
            let name = &topology.sites[from.index()].name;
            cx.fault_help(
                "unreachable-site",
                format!(
                    "no chain of site links joins `{name}`, where `{}` sits, to an entry that it uses",
                    population.name
                ),
                span,
                "its clients reach nobody",
                "add a [[link]] from there",
            );
        }
    }
}

/// Reports clients of other protocols under a name that leads Autodiscover alone.
pub(in super::super) fn autodiscover_alone(cx: &mut Cx, topology: &Topology, workload: &Workload) {
    for population in &workload.populations {
        for used in population.clients.iter().filter(|used| used.protocol != Protocol::Autodiscover) {
            let name = &topology.namespaces[used.name_at(population.from).index()];
            if !name.leads_to.is_some_and(|(way, _)| way.renames()) {
                continue;
            }
            let path = format!("population.{}.namespace", tree::key(&population.name));
            let span = cx.spans.find(&format!("{path}.{}", used.protocol.token())).unwrap_or_default();
            cx.fault_help(
                "bad-way",
                format!("`{}` leads Autodiscover alone, and {} uses it", name.name, used.protocol.token()),
                span,
                "these clients find nobody there",
                "give them a name that leads to sites, and this one as `autodiscover`",
            );
        }
    }
}

/// The connected component of each site.
fn components(topology: &Topology) -> Vec<usize> {
    let mut of: Vec<usize> = (0..topology.sites.len()).collect();
    fn root(of: &mut [usize], mut at: usize) -> usize {
        while of[at] != at {
            of[at] = of[of[at]];
            at = of[at];
        }
        at
    }
    for link in &topology.links {
        let [a, b] = link.between.map(|id| root(&mut of, id.index()));
        of[a.max(b)] = a.min(b);
    }
    (0..of.len()).map(|site| root(&mut of, site)).collect()
}
