//! Lints of copies of databases and of the groups that keep them.

use crate::check::finding::{Finding, Lint};
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::Confidence;
use crate::model::topology::{Dag, LooksAt, Loss, MailboxGroup, MailboxServer, Site, Stopped};
use crate::scenario::key;

/// Lints of copies of databases.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L95",
        severity: Severity::Warning,
        title: "the loss of a site or a line stops healthy databases",
        docs: "A database availability group mounts databases where more than half of all votes see each other. A side \
               without them dismounts, though its servers run: its databases stop unless the other side holds copies, \
               and if the lost site had the majority they stop until somebody switches over. A witness in a third \
               site, with lines of its own to both, leaves the majority to whoever is left.",
        source: "failover clustering: majority of votes is floor(votes / 2) + 1",
        confidence: Confidence::Memory,
        find: healthy_stop,
    },
    Lint {
        id: "L96",
        severity: Severity::Warning,
        title: "databases without copies beside others with copies",
        docs: "Some Mailbox servers have copies of their databases on others and these have none: who is on them is cut \
               off while their server is down. In 2007 the copy is on a passive node (`cluster`).",
        source: "what a lost server takes with it",
        confidence: Confidence::Source,
        find: without_copies,
    },
    Lint {
        id: "L97",
        severity: Severity::Warning,
        title: "witness beside the smaller part of the mailboxes",
        docs: "Where a line is cut between equal halves of a database availability group the side with the witness goes \
               on and the other dismounts. The witness belongs to the side with most mailboxes, or to a third site.",
        source: "failover clustering: the witness votes where the number of members is even",
        confidence: Confidence::Memory,
        find: witness_beside_the_few,
    },
    Lint {
        id: "L98",
        severity: Severity::Warning,
        title: "Windows NLB where it is not supported or does not see what it is told to look at",
        docs: "Windows NLB and failover clustering, on which database availability groups stand, exclude each other on one \
               machine: a server with both roles that is a member needs a balancer apart from it. NLB spreads over 8 \
               servers at most as it is supported for Exchange, and it sees whether a server answers, no port and no page.",
        source: "Exchange 2010: load balancing of Client Access servers; failover clustering and NLB on one server are not \
                 supported",
        confidence: Confidence::Memory,
        find: nlb,
    },
];

/// Most servers of one NLB cluster with Exchange.
const NLB_SERVERS: u32 = 8;

/// What may be lost: the words for it, and what goes.
fn losses(s: &Subject<'_>) -> Vec<(String, Loss)> {
    let sites = s.topology.sites.iter().enumerate().map(|(at, site)| {
        (format!("without site {}", site.name), Loss { sites: vec![Id::new(at)], ..Loss::default() })
    });
    let links = s.topology.links.iter().enumerate().map(|(at, link)| {
        (format!("with the line {} cut", link.name), Loss { links: vec![Id::new(at)], ..Loss::default() })
    });
    sites.chain(links).collect()
}

/// Mailboxes at home on a group.
fn mailboxes(s: &Subject<'_>, group: Id<MailboxGroup>) -> f64 {
    let own = &s.topology.mailbox[group.index()];
    let populations = s.scenario.model.workload.populations.iter();
    let held = populations.filter_map(|population| {
        let stores = match population.server {
            Some(server) => vec![server],
            None => s.topology.sites[population.home.index()].mailbox.clone(),
        };
        let all: u32 = stores.iter().map(|id| s.topology.mailbox[id.index()].servers).sum();
        let share = f64::from(own.servers) / f64::from(all.max(1));
        stores.contains(&group).then(|| f64::from(population.mailboxes) * share)
    });
    held.sum()
}

/// A site without members, to which every member's site has a way.
fn third_site(s: &Subject<'_>, dag: &Dag) -> Option<Id<Site>> {
    let sites = (0..s.topology.sites.len()).map(Id::new);
    let member = |site: Id<Site>| dag.members.iter().any(|server| s.topology.site_of_store(*server) == site);
    let reached = |site: Id<Site>| {
        dag.members.iter().all(|server| s.topology.path(s.topology.site_of_store(*server), site).is_some())
    };
    sites.into_iter().find(|site| !member(*site) && reached(*site))
}

fn witness_path(dag: &Dag) -> String {
    format!("dag.{}.witness", key(&dag.name))
}

/// The finding with the witness at a site.
fn move_witness(s: &Subject<'_>, finding: Finding, dag: &Dag, to: Id<Site>) -> Finding {
    let site = &s.topology.sites[to.index()].name;
    finding.fix(
        format!("{}=\"{site}\"", witness_path(dag)),
        format!(
            "Set-DatabaseAvailabilityGroup -Identity \"{}\" -WitnessServer <a server in {site}>",
            dag.name
        ),
    )
}

fn healthy_stop(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if s.topology.dags.is_empty() {
        return found;
    }
    for (words, loss) in losses(s) {
        let stopped = s.topology.stopped(&loss);
        for dag in &s.topology.dags {
            let minority = |server: MailboxServer| {
                let own = dag.members.contains(&server);
                stopped.iter().find_map(|(other, why)| match why {
                    Stopped::Minority { votes, of } if own && *other == server => Some((*votes, *of)),
                    _ => None,
                })
            };
            let groups: Vec<Id<MailboxGroup>> = (0..s.topology.mailbox.len()).map(Id::new).collect();
            let stops = |group: &Id<MailboxGroup>| {
                let healthy = minority(MailboxServer { group: *group, number: 0 }).is_some();
                let mounted =
                    s.topology.mounted(*group, |server| stopped.iter().any(|(other, _)| *other == server));
                healthy && mounted.iter().any(|(at, _)| at == group) && mailboxes(s, *group) > 0.0
            };
            let groups: Vec<Id<MailboxGroup>> = groups.into_iter().filter(|group| stops(group)).collect();
            let Some(first) = groups.first() else { continue };
            let (votes, of) = minority(MailboxServer { group: *first, number: 0 }).unwrap_or_default();
            let names: Vec<&str> =
                groups.iter().map(|id| s.topology.mailbox[id.index()].name.as_str()).collect();
            let users = s.users(s.flows.iter().filter(|flow| groups.contains(&flow.mailbox)));
            let message = format!(
                "{words}, {} of {} would be up with {votes} of {of} votes and dismount; databases without a copy on a \
                 side with the majority stop, until it is back or somebody has switched over ({:.0} min)",
                names.join(", "),
                dag.name,
                dag.switchover.0 as f64 / 60e9
            );
            let finding = Finding::at(witness_path(dag), message).touching(users);
            found.push(
                match third_site(s, dag).filter(|site| s.topology.site_of_witness(dag.witness) != *site) {
                    Some(site) => move_witness(s, finding, dag, site),
                    None => finding.fix(
                        "",
                        "place the witness in a third site with lines of its own, or copies on either side",
                    ),
                },
            );
        }
    }
    found
}

fn without_copies(s: &Subject<'_>) -> Vec<Finding> {
    let stores = || s.topology.mailbox.iter();
    let some = stores().any(|group| group.copies.is_some() && group.generation.major() >= 2010);
    let clusters = stores().any(|group| group.passive_of.is_some());
    let groups = stores().enumerate().filter(|(_, group)| group.copies.is_none());
    let mut found = Vec::new();
    for (at, group) in groups {
        let id = Id::new(at);
        let major = group.generation.major();
        // Who holds nothing is asked of few: it is a look at every population.
        let passive = major == 2007 && clusters;
        if !passive && (major < 2010 || !some) || mailboxes(s, id) <= 0.0 {
            continue;
        }
        if major == 2007 && clusters {
            found.push(without_passive_node(s, id));
        }
        if major < 2010 || !some {
            continue;
        }
        let path = format!("{}.mailbox.copies", s.mailbox_path(id));
        let message = format!("databases of {} have no copies, those of other servers have", group.name);
        let users = s.users(s.flows.iter().filter(|flow| flow.mailbox == id));
        let alike = s.topology.sites[group.site.index()]
            .mailbox
            .iter()
            .filter(|other| s.topology.mailbox[other.index()].generation.major() == group.generation.major());
        let servers: u32 = alike.map(|other| s.topology.mailbox[other.index()].servers).sum();
        let set = if servers >= 2 { format!("{path}=2") } else { String::new() };
        let finding = Finding::at(s.mailbox_path(id), message).touching(users);
        found.push(finding.fix(set, "Add-MailboxDatabaseCopy -Identity DATABASE -MailboxServer SERVER"));
    }
    found
}

/// A Mailbox server of 2007 that is not clustered while others are.
fn without_passive_node(s: &Subject<'_>, id: Id<MailboxGroup>) -> Finding {
    let name = &s.mailbox(id).name;
    let message = format!("{name} has no passive node, other Mailbox servers of 2007 have");
    let users = s.users(s.flows.iter().filter(|flow| flow.mailbox == id));
    // A clustered one has no other role.
    let alone = s.groups().all(|(_, cas)| cas.name != *name);
    let set = if alone { format!("{}.mailbox.cluster=true", s.mailbox_path(id)) } else { String::new() };
    Finding::at(s.mailbox_path(id), message).touching(users).fix(
        set,
        "set up a clustered Mailbox server with cluster continuous replication, and move mailboxes to it",
    )
}

fn nlb(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for site in s.topology.sites.iter().filter(|site| site.balancer.nlb) {
        let path = format!("site.{}.balancer.nlb", key(&site.name));
        let mut tell = |message: String, severity: Severity| {
            let finding = Finding::at(path.clone(), message);
            let shell = "put a balancer apart from the servers before them";
            found.push(Finding { severity: Some(severity), ..finding.fix(format!("{path}=false"), shell) });
        };
        let groups = || site.cas.iter().map(|id| s.cas(*id));
        for cas in groups() {
            let own = s.topology.mailbox.iter().position(|group| group.name == cas.name);
            let dag = own.and_then(|at| s.topology.dag_of(MailboxServer { group: Id::new(at), number: 0 }));
            if let Some(dag) = dag {
                let message = format!(
                    "{} is a member of {} and cannot have Windows NLB: failover clustering and NLB exclude each other",
                    cas.name, dag.name
                );
                tell(message, Severity::Error);
            }
            if cas.health_check.looks_at != LooksAt::Server {
                let message = format!(
                    "Windows NLB before {} sees whether a server answers, not whether a port or a page does",
                    cas.name
                );
                tell(message, Severity::Warning);
            }
        }
        let servers: u32 = groups().map(|cas| cas.servers).sum();
        if servers > NLB_SERVERS {
            let message =
                format!("{servers} servers of {} stand behind Windows NLB, {NLB_SERVERS} at most", site.name);
            tell(message, Severity::Warning);
        }
    }
    found
}

fn witness_beside_the_few(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for dag in s.topology.dags.iter().filter(|dag| dag.witness_votes()) {
        for (at, link) in s.topology.links.iter().enumerate() {
            let loss = Loss { links: vec![Id::new(at)], ..Loss::default() };
            let stopped = s.topology.stopped(&loss);
            let dismounts = |group: Id<MailboxGroup>| {
                let server = MailboxServer { group, number: 0 };
                dag.members.contains(&server).then(|| stopped.iter().any(|(other, _)| *other == server))
            };
            let groups: Vec<(Id<MailboxGroup>, bool)> = (0..s.topology.mailbox.len())
                .map(Id::new)
                .filter_map(|group| Some((group, dismounts(group)?)))
                .collect();
            let sum = |stops: bool| -> f64 {
                groups
                    .iter()
                    .filter(|(_, other)| *other == stops)
                    .map(|(group, _)| mailboxes(s, *group))
                    .sum()
            };
            let (stop, go_on) = (sum(true), sum(false));
            // Where nobody has the majority the place of the witness is not what is wrong.
            if stop <= go_on || go_on <= 0.0 {
                continue;
            }
            let message = format!(
                "with the line {} cut, the side with {stop:.0} mailboxes of {} dismounts and that with {go_on:.0} goes on: \
                 the witness is beside the few",
                link.name, dag.name
            );
            let users = s.users(s.flows.iter().filter(|flow| dismounts(flow.mailbox) == Some(true)));
            let finding = Finding::at(witness_path(dag), message).touching(users);
            let side = groups.iter().find(|(_, stops)| *stops);
            found.push(match side {
                Some((group, _)) => move_witness(s, finding, dag, s.topology.mailbox[group.index()].site),
                None => finding,
            });
        }
    }
    found
}
