//! The ways that clients take: population, protocol, entry, mailbox, and what the
//! access rules say to each.
//!
//! A name leads to the first site of its list, as in a run; servers take turns, so
//! that mailboxes split over groups by their number of servers. Must not judge.

use std::sync::Arc;

use crate::kernel::Id;
use crate::model::access::{
    AccessQuery, After, Caller, ClientPlace, Decision, Device, Failure, Mechanism, OwaPath, Route, Rules,
    Stop, dismounted, lost_with, outlook_entries,
};
use crate::model::protocol::Protocol;
use crate::model::topology::{
    Address, CasGroup, Loss, MailboxGroup, MailboxServer, Namespace, Site, SiteLink, Topology,
};
use crate::model::workload::{Location, Population, Workload};

/// What is down while ways are looked at.
#[derive(Clone, Debug, Default)]
pub struct Lost {
    /// Groups of servers, by role.
    pub groups: Vec<Stop>,
    /// Services of Client Access servers that are up.
    pub services: Vec<(Id<CasGroup>, Protocol)>,
    /// Groups whose balancer is down: no client enters there, and other servers reach them.
    pub behind: Vec<Id<CasGroup>>,
    /// Mailbox servers of groups of which others are up.
    pub servers: Vec<MailboxServer>,
    /// Site links.
    pub links: Vec<Id<SiteLink>>,
}

impl Lost {
    /// Whether no client enters at a group.
    #[must_use]
    pub fn closes(&self, id: Id<CasGroup>) -> bool {
        self.groups.contains(&Stop::Cas(id)) || self.behind.contains(&id)
    }

    /// Somebody who asks while it is down.
    #[must_use]
    pub fn caller(&self) -> Caller<'_> {
        Caller {
            down: &self.groups,
            stopped: &self.services,
            behind: &self.behind,
            cut: &self.links,
            ..Caller::default()
        }
    }

    /// All of it, with what is lost with it.
    #[must_use]
    pub fn loss(&self, topology: &Topology) -> Loss {
        let mut loss = lost_with(topology, &self.groups);
        loss.servers.extend(&self.servers);
        loss.links.extend(&self.links);
        loss
    }
}

/// Clients of one population and protocol that take the same way.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Index of the population.
    pub population: usize,
    /// Protocol.
    pub protocol: Protocol,
    /// Where they sit.
    pub location: Location,
    /// The name that they use.
    pub namespace: Id<Namespace>,
    /// They use a wrong name.
    pub misdirected: bool,
    /// The path that they type, where they are browsers.
    pub path: OwaPath,
    /// What they are, where they are devices.
    pub device: Device,
    /// Site that the name leads to.
    pub site: Option<Id<Site>>,
    /// Servers that they reach.
    pub entry: Option<Id<CasGroup>>,
    /// Servers that hold their mailboxes.
    pub mailbox: Id<MailboxGroup>,
    /// How many failures lead here: 0 is the first site of the name's list and the
    /// mailboxes' own servers.
    pub failures: usize,
    /// Mailboxes.
    pub mailboxes: f64,
    /// Clients: above the mailboxes where a user has several.
    pub clients: f64,
    /// What is down.
    pub down: Arc<Lost>,
    /// What the rules say; `None` where the name leads nowhere.
    pub route: Option<Route>,
}

impl Flow {
    /// Why it fails in the end, if it does.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match &self.route {
            Some(route) => route.final_failure(),
            None if self.site.is_some() => Some(Failure::NoTarget),
            None => Some(Failure::NameNotResolved),
        }
    }

    /// Clients that get what they ask for: sessions that land on a server that fails them do not.
    #[must_use]
    pub fn served(&self) -> f64 {
        if self.failure().is_some() {
            return 0.0;
        }
        let spread =
            self.last().1.map(|route| (route.targets.len().max(1) as f64, route.failing.len() as f64));
        let (good, bad) = spread.unwrap_or((1.0, 0.0));
        self.clients * good / (good + bad)
    }

    /// The first decision's mechanism.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.route.as_ref().map_or(Mechanism::Refuse, |route| route.mechanism)
    }

    /// Whether it is redirected.
    #[must_use]
    pub fn redirected(&self) -> bool {
        self.mechanism().decision() == Decision::Redirect
    }

    /// Every decision on the way, redirects followed.
    #[must_use]
    pub fn routes(&self) -> Vec<&Route> {
        let mut all = Vec::new();
        let mut next = self.route.as_ref();
        while let Some(route) = next {
            all.push(route);
            next = match &route.after {
                Some(After::Arrives(after)) => Some(after),
                _ => None,
            };
        }
        all
    }

    /// What its clients ask at a server.
    #[must_use]
    pub fn ask<'t>(&'t self, topology: &'t Topology, entry: Id<CasGroup>) -> AccessQuery<'t> {
        let place = match self.location {
            Location::Site(site) => ClientPlace::Inside(site),
            Location::Internet(_) => ClientPlace::Internet,
        };
        let caller = Caller {
            place: Some(place),
            host: Some(topology.host_asked(self.namespace)),
            path: self.path,
            device: self.device,
            ..self.down.caller()
        };
        AccessQuery { caller, ..AccessQuery::new(topology, self.protocol, entry, self.mailbox) }
    }

    /// The server that forwards or refuses in the end, and where it forwards to.
    #[must_use]
    pub fn last(&self) -> (Option<Id<CasGroup>>, Option<&Route>) {
        let routes = self.routes();
        let arrived = routes.last().filter(|_| routes.len() > 1).and_then(|route| route.stops.first());
        let entry = match arrived {
            Some(&Stop::Cas(id)) => Some(id),
            _ => self.entry,
        };
        (entry, routes.last().copied())
    }

    /// Site of the mailboxes.
    #[must_use]
    pub fn home(&self, topology: &Topology) -> Id<Site> {
        topology.mailbox[self.mailbox.index()].site
    }

    /// The request leaves the entry's site for the mailbox's.
    #[must_use]
    pub fn crosses(&self, topology: &Topology) -> bool {
        self.entry.is_some_and(|entry| topology.cas[entry.index()].site != self.home(topology))
    }
}

/// Every flow while nothing fails, in order of population, protocol, place, name and groups.
#[must_use]
pub fn of(topology: &Topology, workload: &Workload) -> Vec<Flow> {
    while_down(topology, workload, &Lost::default())
}

/// As [`of`], while some servers are down and that has been found out: names lead on to the
/// next site, balancers to other servers, databases are mounted on their copies.
#[must_use]
pub fn while_down(topology: &Topology, workload: &Workload, down: &Lost) -> Vec<Flow> {
    all(topology, workload, false, down)
}

/// As [`of`], and the ways that remain when sites fail: each later site of a name's
/// list, and each group that databases fail over to.
#[must_use]
pub fn with_fail_over(topology: &Topology, workload: &Workload) -> Vec<Flow> {
    all(topology, workload, true, &Lost::default())
}

fn all(topology: &Topology, workload: &Workload, fail_over: bool, down: &Lost) -> Vec<Flow> {
    let mut down = down.clone();
    down.groups.extend(dismounted(topology, &down.loss(topology)));
    let down = Arc::new(down);
    let rules = Rules::new(topology);
    let mut flows = Vec::new();
    for (population, group) in workload.populations.iter().enumerate() {
        let places: Vec<(Location, f64)> = match group.roaming {
            Some((share, elsewhere)) => vec![(group.from, 1.0 - share), (elsewhere, share)],
            None => vec![(group.from, 1.0)],
        };
        for usage in &group.clients {
            for &(location, of_place) in &places {
                let right = usage.name_at(location);
                let names: Vec<(Id<Namespace>, f64, bool)> = match &usage.misdirected {
                    Some(lost) => vec![(right, 1.0 - lost.share, false), (lost.namespace, lost.share, true)],
                    None => vec![(right, 1.0, false)],
                };
                for &(namespace, of_name, misdirected) in &names {
                    for (path, device, of_kind) in kinds(group, usage.protocol) {
                        let share = of_place * of_name * of_kind;
                        let clients = f64::from(group.mailboxes) * usage.share * share;
                        if clients <= 0.0 {
                            continue;
                        }
                        let mailboxes = f64::from(group.mailboxes) * usage.share.min(1.0) * share;
                        let blank = Flow {
                            population,
                            protocol: usage.protocol,
                            location,
                            namespace,
                            misdirected,
                            path,
                            device,
                            site: None,
                            entry: None,
                            mailbox: Id::new(0),
                            failures: 0,
                            mailboxes,
                            clients,
                            down: Arc::clone(&down),
                            route: None,
                        };
                        let told = told(topology, &blank);
                        for &(site, only, part) in &told {
                            let (mailboxes, clients) = (mailboxes * part, clients * part);
                            let here = Flow { site: Some(site), mailboxes, clients, ..blank.clone() };
                            spread(topology, &rules, group, &here, (fail_over, only), &mut flows);
                        }
                        if !told.is_empty() {
                            continue;
                        }
                        let sites = resolve(topology, namespace, location);
                        let live = |site: &&Id<Site>| {
                            let mut groups = topology.namespaces[namespace.index()]
                                .groups_in(&topology.sites[site.index()]);
                            groups.any(|id| !down.closes(id))
                        };
                        let closed = !(down.groups.is_empty() && down.behind.is_empty());
                        let next = sites.iter().find(live).filter(|_| closed);
                        let first = Flow { site: next.or(sites.first()).copied(), ..blank };
                        spread(topology, &rules, group, &first, (fail_over, None), &mut flows);
                        for (failures, &site) in sites.iter().enumerate().skip(1).filter(|_| fail_over) {
                            let next = Flow { site: Some(site), failures, ..first.clone() };
                            spread(topology, &rules, group, &next, (fail_over, None), &mut flows);
                        }
                    }
                }
            }
        }
    }
    flows
}

/// Clients of one protocol by what decides their way: the path of a browser, the
/// abilities of a device; with their shares.
fn kinds(population: &Population, protocol: Protocol) -> Vec<(OwaPath, Device, f64)> {
    let settings = &population.settings;
    let device = Device { version: settings.eas_version, follows_451: None };
    match protocol {
        Protocol::Owa => vec![
            (OwaPath::Owa, device, 1.0 - settings.owa_exchange),
            (OwaPath::Exchange, device, settings.owa_exchange),
        ],
        Protocol::Eas => vec![
            (OwaPath::Owa, device, 1.0 - settings.eas_without_451),
            (OwaPath::Owa, Device { follows_451: Some(false), ..device }, settings.eas_without_451),
        ],
        Protocol::OutlookAnywhere
        | Protocol::OutlookCached
        | Protocol::OutlookOnline
        | Protocol::MapiHttp
        | Protocol::Ews
        | Protocol::Autodiscover
        | Protocol::Oab
        | Protocol::Pop
        | Protocol::Imap => vec![(OwaPath::Owa, device, 1.0)],
    }
}

/// The sites that a name leads a client to, in order of fail-over.
fn resolve(topology: &Topology, name: Id<Namespace>, from: Location) -> &[Id<Site>] {
    let name = &topology.namespaces[name.index()];
    let inside = matches!(from, Location::Site(_)) && !name.inside.is_empty();
    if inside { &name.inside } else { &name.internet }
}

/// Where clients begin whose name has several addresses: site, group where it is a server's
/// address, and share. Empty for other names, and for Outlook inside, which its endpoint leads.
fn told(topology: &Topology, flow: &Flow) -> Vec<(Id<Site>, Option<Id<CasGroup>>, f64)> {
    if flow.protocol.is_outlook_inside() {
        return Vec::new();
    }
    let inside = matches!(flow.location, Location::Site(_));
    let all = topology.addresses(&topology.namespaces[flow.namespace.index()], inside);
    let mut told: Vec<(Id<Site>, Option<Id<CasGroup>>, f64)> = Vec::new();
    for &address in &all {
        let (site, part) = (topology.site_of_address(address), 1.0 / all.len() as f64);
        let group = match address {
            Address::Server(group, _) => Some(group),
            Address::Site(_) => None,
        };
        match told.iter_mut().find(|known| (known.0, known.1) == (site, group)) {
            Some(known) => known.2 += part,
            None => told.push((site, group, part)),
        }
    }
    // Whoever began at a dead address has gone on to another.
    let up = |&(site, only, _): &(Id<Site>, Option<Id<CasGroup>>, f64)| {
        let mut groups = topology.sites[site.index()].cas.iter();
        groups.any(|id| only.is_none_or(|only| only == *id) && !flow.down.closes(*id))
    };
    let closed = !(flow.down.groups.is_empty() && flow.down.behind.is_empty());
    if closed && told.iter().any(up) {
        told.retain(up);
        let whole: f64 = told.iter().map(|(.., part)| part).sum();
        told.iter_mut().for_each(|(.., part)| *part /= whole);
    }
    told
}

/// One flow for each pair of groups, by their number of servers, or with that group alone;
/// with `fail_over` also for each group that databases are mounted on after a loss.
fn spread(
    topology: &Topology,
    rules: &Rules,
    population: &Population,
    blank: &Flow,
    (fail_over, only): (bool, Option<Id<CasGroup>>),
    flows: &mut Vec<Flow>,
) {
    let stores = population.stores(topology);
    let lost = |id: Id<MailboxGroup>| blank.down.groups.contains(&Stop::Mailbox(id));
    let mounted = stores.iter().flat_map(|&(owner, part)| {
        let now = topology.mounted(owner, |server| lost(server.group));
        // Of all that may come true, each group that holds a copy.
        let copies = topology.mailbox[owner.index()].copies.as_ref().filter(|_| fail_over);
        let later = copies.map_or_else(Vec::new, |copies| copies.groups(owner));
        let later = later.into_iter().map(|group| (group, 1.0));
        now.into_iter().chain(later).map(move |(mailbox, share)| (owner, mailbox, share * part))
    });
    for (owner, mailbox, part) in mounted {
        let failures = blank.failures + usize::from(owner != mailbox);
        let by_name = |site: Id<Site>| {
            let groups =
                topology.namespaces[blank.namespace.index()].groups_in(&topology.sites[site.index()]);
            groups.filter(|id| only.is_none_or(|only| only == *id)).collect()
        };
        let entries: Vec<Id<CasGroup>> = blank.site.map_or_else(Vec::new, by_name);
        // Outlook inside goes by its profile, not by a name of the web; on 2007 the rules
        // are asked at the home.
        let inside = blank.protocol.is_outlook_inside();
        let named = if inside { outlook_entries(topology, owner) } else { Vec::new() };
        let mut entries = if named.is_empty() { entries } else { named };
        let up = |id: &Id<CasGroup>| {
            let check = topology.cas[id.index()].health_check;
            let mut stopped = blank.down.services.iter().filter(|(of, _)| of == id);
            !blank.down.closes(*id) && !stopped.any(|(_, stopped)| check.leads_past(blank.protocol, *stopped))
        };
        if entries.iter().any(up) {
            entries.retain(up);
        }
        // Up to 2007 it needs no Client Access server: whichever there is, is asked.
        let itself = inside && topology.mailbox[mailbox.index()].generation.major() <= 2007;
        let any = (itself && entries.is_empty() && !topology.cas.is_empty()).then(|| Id::new(0));
        let entries: Vec<Id<CasGroup>> = entries.into_iter().chain(any).collect();
        let whole: u32 = entries.iter().map(|id| topology.cas[id.index()].servers).sum();
        if entries.is_empty() {
            let (mailboxes, clients) = (blank.mailboxes * part, blank.clients * part);
            flows.push(Flow { mailbox, failures, mailboxes, clients, ..blank.clone() });
        }
        for entry in entries {
            let part = part * f64::from(topology.cas[entry.index()].servers) / f64::from(whole.max(1));
            let route = rules.decide(&Flow { mailbox, ..blank.clone() }.ask(topology, entry));
            flows.push(Flow {
                entry: Some(entry),
                mailbox,
                failures,
                mailboxes: blank.mailboxes * part,
                clients: blank.clients * part,
                route: Some(route),
                ..blank.clone()
            });
        }
    }
}
