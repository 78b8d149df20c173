//! Lints of virtual machines: what one host takes with it.

use std::collections::BTreeMap;

use crate::check::finding::{Finding, Lint};
use crate::check::subject::Subject;
use crate::clients::expected::offered_load::{OfferedLoad, Resource};
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::Confidence;
use crate::model::topology::{CasGroup, Host, MailboxServer, host_of};
use crate::scenario::key;

/// Lints of hosts.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L110",
        severity: Severity::Warning,
        title: "servers that stand in for each other stand on one host",
        docs: "All Client Access servers of a site and release, two or more, stand on one host: that host takes the site \
               with it, however many machines there are. Anti-affinity rules of the hypervisor keep them apart.",
        source: "two servers on one host are not N+1",
        confidence: Confidence::Source,
        find: all_on_one,
    },
    Lint {
        id: "L111",
        severity: Severity::Warning,
        title: "a host has more virtual cores than it is meant to carry",
        docs: "The machines of a host have more cores together than its own times its `overcommitment`: two virtual \
               processors on a logical one are the most that is supported for Exchange, one is recommended. Work waits for \
               the host although its machine has a core free.",
        source: "Exchange virtualization (2010 to 2019): at most 2:1",
        confidence: Confidence::Memory,
        find: overcommitted,
    },
    Lint {
        id: "L112",
        severity: Severity::Warning,
        title: "a host takes more servers than there are to spare",
        docs: "Without any one of its Client Access servers the site carries its busiest hour; without one host, on which \
               several of them stand, what is left is asked for 100 % or more. N+1 has to be counted in hosts.",
        source: "utilisation law: arrival rate times mean demand over capacity",
        confidence: Confidence::Source,
        find: not_spare,
    },
    Lint {
        id: "L113",
        severity: Severity::Warning,
        title: "one host holds every copy of databases",
        docs: "All servers that hold a database are machines of one host: while that is down nobody has it, however many \
               copies there are. Copies have to be counted in hosts, as servers.",
        source: "two servers on one host are not N+1",
        confidence: Confidence::Source,
        find: every_copy,
    },
];

/// Databases of which one host holds every copy.
fn every_copy(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, host) in s.topology.hosts.iter().enumerate() {
        let machines = s.topology.machines_on(Id::new(number));
        let here = |server: &MailboxServer| {
            machines
                .mailbox
                .iter()
                .any(|(id, numbers)| *id == server.group && numbers.contains(&server.number))
        };
        for (id, numbers) in &machines.mailbox {
            let group = s.mailbox(*id);
            let Some(copies) = &group.copies else { continue };
            let own = |number: &u32| MailboxServer { group: *id, number: *number };
            let all = |server: MailboxServer| {
                (0..copies.databases)
                    .filter(move |database| copies.holders(server, *database).iter().all(here))
                    .count()
            };
            let lost: usize = numbers.iter().map(|number| all(own(number))).sum();
            if lost == 0 {
                continue;
            }
            let whole = group.servers * copies.databases;
            let message = format!(
                "{} holds every copy of {lost} of the {whole} databases of {}: nobody has them while it is down",
                host.name, group.name
            );
            let users = s.users(s.flows.iter().filter(|flow| flow.mailbox == *id));
            let path = format!("{}.mailbox.host", s.mailbox_path(*id));
            let shell = if s.topology.passive_nodes(*id).is_some() {
                "name several hosts in `host`: a passive node stands on the one behind that of its active node"
            } else {
                "place copies on servers of other hosts: `fails_over_to` names them in order of preference"
            };
            found.push(Finding::at(path, message).touching(users).fix("", shell));
        }
    }
    found
}

/// Cores that the machines of a host have together.
fn virtual_cores(s: &Subject<'_>, host: Id<Host>) -> u32 {
    let machines = s.topology.machines_on(host);
    let cas = machines.cas.iter().map(|(id, numbers)| s.cas(*id).cores * numbers.len() as u32);
    let stores = machines.mailbox.iter().map(|(id, numbers)| s.mailbox(*id).cores * numbers.len() as u32);
    cas.chain(stores).sum()
}

/// Client Access groups of a site and release together, two servers at least: servers that
/// stand in for each other.
fn pools(s: &Subject<'_>) -> Vec<Vec<Id<CasGroup>>> {
    let mut pools: Vec<Vec<Id<CasGroup>>> = Vec::new();
    let mut known = BTreeMap::new();
    for (id, cas) in s.groups() {
        let number = *known.entry((cas.site.index(), cas.generation.major())).or_insert(pools.len());
        if number == pools.len() {
            pools.push(Vec::new());
        }
        pools[number].push(id);
    }
    pools.retain(|pool| pool.iter().map(|id| s.cas(*id).servers).sum::<u32>() > 1);
    pools
}

/// One server of a pool: its host, if it is a machine, and its cores.
struct Server {
    host: Option<Id<Host>>,
    cores: f64,
}

fn servers_of(s: &Subject<'_>, pool: &[Id<CasGroup>]) -> Vec<Server> {
    let of_group = |id: &Id<CasGroup>| {
        let cas = s.cas(*id);
        let one = |number| Server { host: host_of(&cas.hosts, number), cores: f64::from(cas.cores) };
        (0..cas.servers).map(one)
    };
    pool.iter().flat_map(of_group).collect()
}

fn hosts(s: &Subject<'_>) -> impl Iterator<Item = Id<Host>> {
    (0..s.topology.hosts.len()).map(Id::new)
}

/// The names of a pool's servers.
fn names(s: &Subject<'_>, pool: &[Id<CasGroup>]) -> String {
    let names: Vec<String> = pool
        .iter()
        .map(|id| s.cas(*id))
        .map(|cas| if cas.servers > 1 { format!("{} x {}", cas.servers, cas.name) } else { cas.name.clone() })
        .collect();
    names.join(", ")
}

fn all_on_one(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pool in pools(s) {
        let servers = servers_of(s, &pool);
        let Some(host) =
            servers[0].host.filter(|host| servers.iter().all(|server| server.host == Some(*host)))
        else {
            continue;
        };
        let name = &s.topology.hosts[host.index()].name;
        let site = s.site_of(pool[0]);
        let message =
            format!("{name} takes all Client Access servers of {site} with it: {}", names(s, &pool));
        let users =
            s.users(s.flows.iter().filter(|flow| flow.entry.is_some_and(|entry| pool.contains(&entry))));
        let command = "put them on different hosts, and keep them apart by an anti-affinity rule";
        found.push(Finding::at(format!("host.{}", key(name)), message).touching(users).fix("", command));
    }
    found
}

fn overcommitted(s: &Subject<'_>) -> Vec<Finding> {
    let of_host = |id: Id<Host>| {
        let host = &s.topology.hosts[id.index()];
        let all = virtual_cores(s, id);
        let ratio = f64::from(all) / f64::from(host.cores);
        if ratio <= host.overcommitment {
            return None;
        }
        let path = format!("host.{}", key(&host.name));
        let message = format!(
            "{}: {all} virtual on {} physical cores, {ratio:.1} to 1, where {} to 1 are allowed",
            host.name, host.cores, host.overcommitment
        );
        let enough = (f64::from(all) / host.overcommitment).ceil();
        Some(
            Finding::at(path.clone(), message)
                .fix(format!("{path}.cores={enough:.0}"), "fewer machines, or fewer cores each"),
        )
    };
    hosts(s).filter_map(of_host).collect()
}

/// Cores that clients ask for in the busiest hour of a pool's groups together, whatever is down.
fn demand(s: &Subject<'_>, pool: &[Id<CasGroup>]) -> f64 {
    let of_pool = |resource: Resource| matches!(resource, Resource::Cas(id) if pool.contains(&id));
    let mean = |load: &OfferedLoad| {
        load.by_population.iter().map(|(_, own)| own).sum::<f64>() / load.length.0.max(1) as f64
    };
    s.offered().iter().filter(|load| of_pool(load.resource)).map(mean).sum()
}

fn not_spare(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pool in pools(s) {
        let servers = servers_of(s, &pool);
        let all: f64 = servers.iter().map(|server| server.cores).sum();
        let largest = servers.iter().map(|server| server.cores).fold(0.0, f64::max);
        let asked = demand(s, &pool);
        if asked >= all - largest {
            continue;
        }
        for host in hosts(s) {
            let lost = servers.iter().filter(|server| server.host == Some(host));
            let (count, cores) = lost.fold((0, 0.0), |(n, sum), server| (n + 1, sum + server.cores));
            let left = all - cores;
            if count < 2 || count == servers.len() || asked < left {
                continue;
            }
            let name = &s.topology.hosts[host.index()].name;
            let message = format!(
                "{name} takes {count} of {} Client Access servers of {}: {asked:.1} cores are asked for, {left:.1} are left",
                servers.len(),
                s.site_of(pool[0])
            );
            let flows = s.flows.iter().filter(|flow| flow.entry.is_some_and(|entry| pool.contains(&entry)));
            let command = "spread them over more hosts, or let each carry more";
            found.push(
                Finding::at(format!("host.{}", key(name)), message).touching(s.users(flows)).fix("", command),
            );
        }
    }
    found
}
