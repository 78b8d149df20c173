//! Alternatives of a client's way in the course of a run: after each change, for each
//! site that its name may lead to, with its databases at home or on their copy.
//!
//! [`Alternatives`] are a block of cohorts, one for each of them, compiled before the
//! run (`play` looks up which is in force). What a change does not touch keeps its
//! cohort, so that nobody moves who has no reason to.
//!
//! Must not know what a cohort's programs say. Next:
//! [`super`].

use super::addresses::{addresses, list};
use super::arrivals::{arrival_turns, arrives};
use super::blocks::{Alike, Ways, block, lay_detours, targets};
use super::copies::{Copies, by_name_of_web};
use super::inputs::{ClientTraits, Inputs, Users};
use super::redirects::turns_to;
use super::registry::Registry;
use super::turns::{lowest_common_multiple, mailbox_servers};
use crate::clients::roster::{Alternatives, NameView, Roster};
use crate::clients::steps::{ProtocolFacts, Transport};
use crate::clients::stores::Stored;
use crate::itinerary::{LinkDirection, Network};
use crate::kernel::Id;
use crate::model::topology::{MailboxGroup, Namespace, Site, Topology};
use crate::model::workload::{Target, Workload};
use crate::results::NONE;

/// Whether an outage may make a site look down to a name service.
fn may_fail(workload: &Workload, topology: &Topology, site: Id<Site>, inside: bool) -> bool {
    workload.outages.iter().any(|outage| match &outage.target {
        Target::Site(struck) | Target::Cas(struck, _) | Target::Balancer(struck) => *struck == site,
        Target::Pipe(struck) => *struck == site && !inside,
        Target::Server { cas: Some(cas), .. } => topology.cas[cas.index()].site == site,
        Target::Host(host) => {
            topology.machines_on(*host).cas.iter().any(|(cas, _)| topology.cas[cas.index()].site == site)
        }
        _ => false,
    })
}

/// The sites of a name that can come into question: each as long as all before it may
/// fail; `None` where it does not resolve.
fn in_question(
    workload: &Workload,
    topology: &Topology,
    name: &Namespace,
    inside: bool,
) -> Vec<Option<Id<Site>>> {
    let sites = if inside && !name.inside.is_empty() { &name.inside } else { &name.internet };
    let doubtful = sites.iter().take_while(|&&site| may_fail(workload, topology, site, inside)).count();
    let mut kept: Vec<_> = sites.iter().take(doubtful + 1).copied().map(Some).collect();
    if kept.is_empty() {
        kept.push(None);
    }
    kept
}

/// Whether the name of a client may decide where it arrives as sites fail: not for Outlook
/// inside, whose profile names the endpoint of its database, unless the database has a
/// copy elsewhere, to which its name leads it then; and not where it has several addresses.
pub(super) fn by_name(inputs: &Inputs<'_>, users: &Users<'_>, mailbox: Id<MailboxGroup>) -> bool {
    let several = inputs.stages.iter().any(|topology| !addresses(topology, users, mailbox).is_empty());
    !several
        && (ProtocolFacts::of(users.protocol).transport != Transport::Rpc
            || by_name_of_web(inputs.topology(), mailbox))
}

/// The view of a name, if it may lead to more than one site; else [`NONE`].
pub(super) fn name_view(
    inputs: &Inputs<'_>,
    network: &Network,
    workload: &Workload,
    (name, inside): (Id<Namespace>, bool),
    roster: &mut Roster,
) -> u32 {
    let host = &inputs.stages[0].namespaces[name.index()].name;
    let known = roster.name_views.iter().position(|view| view.host == *host && view.inside == inside);
    if let Some(known) = known {
        return known as u32;
    }
    let lists: Vec<Vec<Option<Id<Site>>>> = inputs
        .stages
        .iter()
        .map(|topology| in_question(workload, topology, &topology.namespaces[name.index()], inside))
        .collect();
    let mut sites: Vec<Option<Id<Site>>> = Vec::new();
    for site in lists.iter().flatten() {
        if !sites.contains(site) {
            sites.push(*site);
        }
    }
    if sites.len() == 1 {
        return NONE;
    }
    let place = |site: &Option<Id<Site>>| sites.iter().position(|s| s == site).unwrap_or(0) as u32;
    let order = lists.iter().map(|list| list.iter().map(place).collect()).collect();
    let namespaces = inputs.stages.iter().map(|topology| &topology.namespaces[name.index()]);
    let ttl = namespaces.map(|name| name.ttl).collect();
    let topology = &inputs.stages[0];
    let needs = sites
        .iter()
        .map(|site| {
            let Some(site) = site else { return (Vec::new(), Vec::new()) };
            let name = &topology.namespaces[name.index()];
            let stations = name.groups_in(&topology.sites[site.index()]).flat_map(|cas| {
                let group = &network.groups[inputs.placement.cas[cas.index()].index()];
                group.first..group.first + group.count
            });
            let pipe: Vec<Id<LinkDirection>> = match inputs.placement.pipes[site.index()] {
                Some(pipe) if !inside => pipe.to_vec(),
                _ => Vec::new(),
            };
            (stations.collect(), pipe)
        })
        .collect();
    let balancers = sites.iter().map(|site| {
        let may_fail = site.filter(|site| inputs.placement.failing_balancers.contains(site));
        let groups = may_fail.map_or_else(Vec::new, |site| inputs.placement.behind_balancer(topology, site));
        let stations = groups.into_iter().map(|group| &network.groups[group.index()]);
        stations.flat_map(|group| group.first..group.first + group.count).collect()
    });
    let balancers = balancers.collect();
    roster.name_views.push(NameView {
        host: host.clone(),
        inside,
        sites: sites.iter().map(|site| site.map_or(NONE, |site| site.index() as u32)).collect(),
        names: sites.iter().map(|site| named(topology, *site)).collect(),
        order,
        ttl,
        check: topology.namespaces[name.index()].health_check,
        needs,
        balancers,
    });
    roster.name_views.len() as u32 - 1
}

/// Name of a site, empty where a name does not resolve.
fn named(topology: &Topology, site: Option<Id<Site>>) -> String {
    site.map_or_else(String::new, |site| topology.sites[site.index()].stream.clone())
}

/// Place of the addresses of such clients among those of the roster, or [`NONE`].
fn address_list(
    inputs: &Inputs<'_>,
    network: &Network,
    (users, mailbox): (&Users<'_>, Id<MailboxGroup>),
    roster: &mut Roster,
) -> u32 {
    let Some(list) = list(inputs, network, users, mailbox) else { return NONE };
    let known = roster.address_lists.iter().position(|known| *known == list);
    known.unwrap_or_else(|| {
        roster.address_lists.push(list);
        roster.address_lists.len() - 1
    }) as u32
}

/// Sites that a name may lead to for those who see it so; `None` is wherever the
/// list says first.
pub(super) fn sites_of(roster: &Roster, view: u32) -> Vec<Option<Option<Id<Site>>>> {
    if view == NONE {
        return vec![None];
    }
    let site = |&site: &u32| Some((site != NONE).then(|| Id::new(site as usize)));
    roster.name_views[view as usize].sites.iter().map(site).collect()
}

/// Compiles the alternatives of clients that have not been seen yet: one set for each
/// group over which the server that serves in the end spreads sessions, with its weight.
pub(super) fn alternatives(
    inputs: &mut Inputs<'_>,
    (network, registry): (&mut Network, &mut Registry),
    copies: &Copies,
    alike: &Alike<'_>,
    roster: &mut Roster,
) -> Vec<(u32, u32)> {
    let Alike { users, number, view, traits } = *alike;
    let home = traits.mailbox;
    let (stored, first_database) = copies.places(home);
    let sites = sites_of(roster, view);
    // How things stand at the beginning decides how many there are.
    let begin = if view == NONE { 0 } else { roster.name_views[view as usize].order[0][0] as usize };
    inputs.stage = 0;
    let (site, entry) = arrives(inputs, 0, (&users, home), (view, sites[begin]), number);
    let combination = inputs.combination(&users, traits);
    let entry = turns_to(inputs, &combination, site, entry).1;
    let targets = targets(inputs, &combination, entry);
    let mut found = Vec::new();
    let addresses = address_list(inputs, network, (&users, home), roster);
    for pick in 0..targets.len().max(1) {
        let first = roster.cohort_of.len();
        let copied = first_database != NONE;
        let ways = Ways { alike, pick, sites: &sites, stored, copied };
        block(inputs, (network, registry), &ways, None, roster);
        let detours = lay_detours(inputs, (network, registry), &ways, first, roster);
        let group = &network.groups[inputs.placement.mailbox[home.index()].index()];
        let held = inputs.topology().mailbox[home.index()].copies.as_ref();
        roster.alternatives.push(Alternatives {
            first: first as u32,
            sites: sites.len() as u32,
            places: stored.len() as u32,
            view,
            stored: Stored {
                first: first_database,
                home: group.first,
                each: held.map_or(1, |copies| copies.databases),
                servers: mailbox_servers(inputs.topology(), users.population).max(1),
            },
            standbys: NONE,
            addresses,
            detours,
        });
        let weight = targets.get(pick).map_or(1, |id| inputs.stages[0].cas[id.index()].servers);
        found.push((roster.alternatives.len() as u32 - 1, weight));
    }
    found
}

/// The `number`-th client of a kind, with the groups that it enters at the beginning, after
/// changes and as its name fails over.
pub(super) fn entering(
    inputs: &Inputs<'_>,
    users: &Users<'_>,
    kind: &ClientTraits,
    (view, number): (u32, u32),
    roster: &Roster,
) -> ClientTraits {
    let sites = sites_of(roster, view);
    let entry = |stage: usize, site: Option<Option<Id<Site>>>| {
        arrives(inputs, stage, (users, kind.mailbox), (view, site), number).1
    };
    let mut entries = Vec::new();
    if inputs.stages.len() * sites.len() > 1 {
        for stage in 0..inputs.stages.len() {
            entries.extend(sites.iter().map(|&site| entry(stage, site)));
        }
    }
    ClientTraits { entry: entry(0, sites[0]), entries, ..kind.clone() }
}

/// After so many clients of a kind [`entering`] begins anew.
pub(super) fn turns(
    inputs: &Inputs<'_>,
    users: &Users<'_>,
    mailbox: Id<MailboxGroup>,
    view: u32,
    roster: &Roster,
) -> u64 {
    let sites = sites_of(roster, view);
    let stages = 0..inputs.stages.len();
    let all = stages.flat_map(|stage| sites.iter().map(move |&site| (stage, site)));
    let of = |(stage, site)| arrival_turns(inputs, stage, (users, mailbox), (view, site));
    all.map(of).fold(1, lowest_common_multiple)
}
