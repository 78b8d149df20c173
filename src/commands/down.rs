//! What `--down` names: servers with all their roles, one role of a site, or one service.
//!
//! The words are those of `what` of an `[[outage]]`, or a bare name. Must not know what follows
//! from it.

use super::error::Error;
use crate::check::flows::Lost;
use crate::kernel::Id;
use crate::model::access::Stop;
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, MailboxGroup, MailboxServer, Site, SiteLink, Topology};
use crate::scenario::split_path;

/// Client Access and Mailbox groups.
type Groups = (Vec<Id<CasGroup>>, Vec<Id<MailboxGroup>>);

/// What is down.
#[derive(Debug, Default)]
pub(super) struct Down {
    pub(super) lost: Lost,
    /// Client Access servers of groups of which others may be up, by group and number.
    fronts: Vec<(Id<CasGroup>, u32)>,
    /// What there is to say about it, a sentence without its full stop each.
    pub(super) notes: Vec<String>,
}

/// Which part of what a name stands for.
#[derive(Clone, Copy)]
enum Part {
    All,
    Cas,
    Mailbox,
    Service(Protocol),
}

impl Part {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "cas" => Some(Self::Cas),
            "mailbox" => Some(Self::Mailbox),
            service => Protocol::of_service(service).map(Self::Service),
        }
    }
}

impl Down {
    /// Looks up every `--down`.
    pub(super) fn read(names: &[String], topology: &Topology) -> Result<Self, Error> {
        let mut down = Self::default();
        if names.is_empty() {
            return Ok(down);
        }
        for name in names {
            down.add(name, topology)?;
        }
        down.settle(topology);
        Ok(down)
    }

    /// Groups of which every server was named are down; of the others it is told who goes on.
    fn settle(&mut self, topology: &Topology) {
        self.lost.servers.sort_unstable_by_key(|server| (server.group.index(), server.number));
        self.lost.servers.dedup();
        self.fronts.sort_unstable_by_key(|(group, number)| (group.index(), *number));
        self.fronts.dedup();
        for (number, group) in topology.cas.iter().enumerate() {
            let id = Id::new(number);
            let lost = self.fronts.iter().filter(|(of, _)| *of == id).count() as u32;
            self.part(Stop::Cas(id), (&group.name, group.servers), lost, "");
        }
        for (number, group) in topology.mailbox.iter().enumerate() {
            let id = Id::new(number);
            let lost = self.lost.servers.iter().filter(|server| server.group == id).count() as u32;
            let clustered = topology.passive_nodes(id).is_some();
            let cut = match &group.copies {
                _ if group.passive_of.is_some() => {
                    ", and nobody notices while the active nodes of the others are up"
                }
                Some(_) if clustered => ", with the databases of the others on their passive nodes",
                Some(_) => ", with the databases of the others mounted on their copies",
                None => ", and mailboxes on the others have nobody",
            };
            self.part(Stop::Mailbox(id), (&group.name, group.servers), lost, cut);
        }
        let whole: Vec<Stop> = self.lost.groups.clone();
        self.lost.servers.retain(|server| !whole.contains(&Stop::Mailbox(server.group)));
    }

    /// `lost` servers of a group are down.
    fn part(&mut self, stop: Stop, (name, servers): (&str, u32), lost: u32, cut: &str) {
        if lost == 0 || self.lost.groups.contains(&stop) {
            return;
        }
        if lost == servers {
            self.lost.groups.push(stop);
            return;
        }
        let up = servers - lost;
        let verb = if up == 1 { "goes" } else { "go" };
        self.notes.push(format!("{up} of the {servers} servers of {name} {verb} on{cut}"));
    }

    /// Whether a Client Access group is down as a whole.
    pub(super) fn has(&self, id: Id<CasGroup>) -> bool {
        self.lost.groups.contains(&Stop::Cas(id))
    }

    fn add(&mut self, what: &str, topology: &Topology) -> Result<(), Error> {
        if let Some((cas, mailbox)) = named(topology, what, true, true) {
            let groups = (cas, mailbox);
            return match site(topology, what).filter(|_| named(topology, what, false, true).is_none()) {
                Some(site) => self.site(topology, what, (site, groups)),
                None => self.strike(topology, what, groups, Part::All),
            };
        }
        let parts = split_path(what);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (kind, name, part) = match parts.as_slice() {
            ["balancer", name] => {
                return self.balancer(topology, name).ok_or_else(|| unknown(topology, what));
            }
            ["link", name] => {
                let link = topology.link(name).ok_or_else(|| unknown(topology, what))?;
                self.lost.links.push(link);
                return Ok(());
            }
            ["host", name] => return self.host(topology, name).ok_or_else(|| unknown(topology, what)),
            [kind @ ("server" | "site"), name] => (*kind, *name, Part::All),
            [kind @ ("server" | "site"), name, part] => {
                (*kind, *name, Part::parse(part).ok_or_else(|| unknown(topology, what))?)
            }
            [name, part] => ("", *name, Part::parse(part).ok_or_else(|| unknown(topology, what))?),
            [name] => ("", *name, Part::All),
            _ => return Err(unknown(topology, what)),
        };
        if let Some(groups) = named(topology, name, kind != "server", kind != "site") {
            return match site(topology, name) {
                Some(site) if kind == "site" && matches!(part, Part::All) => {
                    self.site(topology, what, (site, groups))
                }
                _ => self.strike(topology, what, groups, part),
            };
        }
        self.one_of_several(topology, what, name).then_some(()).ok_or_else(|| unknown(topology, what))
    }

    /// Whether a balancer leads nobody to this server for `protocol`, because that is down, it
    /// has found a service down there, or is down itself.
    pub(super) fn leads_past(&self, topology: &Topology, id: Id<CasGroup>, protocol: Protocol) -> bool {
        let cas = &topology.cas[id.index()];
        let mut stopped = self.lost.services.iter().filter(|(of, _)| *of == id);
        self.lost.closes(id) || stopped.any(|(_, stopped)| cas.health_check.leads_past(protocol, *stopped))
    }

    /// The balancer before the Client Access servers of a site.
    fn balancer(&mut self, topology: &Topology, name: &str) -> Option<()> {
        let site = topology.sites.iter().position(|site| site.name.eq_ignore_ascii_case(name))?;
        let found = &topology.sites[site];
        if found.cas.is_empty() {
            return None;
        }
        self.lost.behind.extend(&found.cas);
        let forgets = if found.balancer.keeps_affinity {
            ""
        } else {
            ", but does not know at which servers sessions are"
        };
        let pair = found.balancer.take_over.map_or_else(String::new, |after| {
            let after = after.as_secs_f64();
            format!("; it is one of a pair, and the other one takes over within {after} s{forgets}")
        });
        self.notes.push(format!(
            "nobody enters at the Client Access servers of {} while its balancer is down, and other servers reach them{pair}",
            found.name
        ));
        Some(())
    }

    /// All machines on a host: of servers alike as many as stand there.
    fn host(&mut self, topology: &Topology, name: &str) -> Option<()> {
        let host = topology.hosts.iter().position(|host| host.name.eq_ignore_ascii_case(name))?;
        let machines = topology.machines_on(Id::new(host));
        let mut lost: Vec<String> = Vec::new();
        let mut note = |name: &str, servers: u32, here: usize| {
            lost.push(if servers == 1 { name.to_owned() } else { format!("{here} of {servers} {name}") });
        };
        for (id, numbers) in &machines.cas {
            let group = &topology.cas[id.index()];
            note(&group.name, group.servers, numbers.len());
            self.fronts.extend(numbers.iter().map(|number| (*id, *number)));
        }
        for (id, numbers) in &machines.mailbox {
            let group = &topology.mailbox[id.index()];
            note(&group.name, group.servers, numbers.len());
            self.lost.servers.extend(numbers.iter().map(|&number| MailboxServer { group: *id, number }));
        }
        let host = &topology.hosts[host].name;
        lost.dedup();
        self.notes.push(format!("with {host} go {}", lost.join(", ")));
        (!machines.is_empty()).then_some(())
    }

    /// A site as a whole, as an outage takes it down: its servers, and every line at it, so that nothing passes
    /// through it either.
    fn site(
        &mut self,
        topology: &Topology,
        what: &str,
        (site, groups): (Id<Site>, Groups),
    ) -> Result<(), Error> {
        let ends = topology.links.iter().enumerate().filter(|(_, link)| link.between.contains(&site));
        let lines: Vec<Id<SiteLink>> = ends.map(|(at, _)| Id::new(at)).collect();
        // Of one without servers its lines are all that others notice.
        if groups.0.is_empty() && groups.1.is_empty() && lines.is_empty() {
            return Err(unknown(topology, what));
        }
        self.lost.links.extend(lines);
        if groups.0.is_empty() && groups.1.is_empty() {
            return Ok(());
        }
        self.strike(topology, what, groups, Part::All)
    }

    fn strike(
        &mut self,
        topology: &Topology,
        what: &str,
        (cas, mailbox): Groups,
        part: Part,
    ) -> Result<(), Error> {
        let (stops, services) = (self.lost.groups.len(), self.lost.services.len());
        match part {
            Part::Service(protocol) => self.lost.services.extend(cas.into_iter().map(|id| (id, protocol))),
            Part::All | Part::Cas | Part::Mailbox => {
                let front = cas.into_iter().map(Stop::Cas).filter(|_| !matches!(part, Part::Mailbox));
                let stores = mailbox.into_iter().map(Stop::Mailbox).filter(|_| !matches!(part, Part::Cas));
                self.lost.groups.extend(front.chain(stores));
            }
        }
        if (stops, services) == (self.lost.groups.len(), self.lost.services.len()) {
            return Err(unknown(topology, what));
        }
        Ok(())
    }

    /// One of the servers alike of a group: the others go on.
    fn one_of_several(&mut self, topology: &Topology, what: &str, name: &str) -> bool {
        let Some((group, number)) = name.rsplit_once('-') else { return false };
        let Ok(number @ 1..) = number.parse::<u32>() else { return false };
        let Some((cas, mailbox)) = named(topology, group, false, true) else { return false };
        let front = cas.iter().map(|id| topology.cas[id.index()].servers);
        let stores = mailbox.iter().map(|id| topology.mailbox[id.index()].servers);
        let Some(servers) = front.chain(stores).max().filter(|servers| number <= *servers) else {
            return false;
        };
        if servers == 1 {
            return self.strike(topology, what, (cas, mailbox), Part::All).is_ok();
        }
        let fronts = cas.iter().filter(|id| number <= topology.cas[id.index()].servers);
        self.fronts.extend(fronts.map(|id| (*id, number - 1)));
        let stores = mailbox.iter().filter(|id| number <= topology.mailbox[id.index()].servers);
        self.lost.servers.extend(stores.map(|&group| MailboxServer { group, number: number - 1 }));
        true
    }
}

/// The site of this name.
fn site(topology: &Topology, name: &str) -> Option<Id<Site>> {
    topology.sites.iter().position(|site| site.name.eq_ignore_ascii_case(name)).map(Id::new)
}

/// The groups of servers that a name stands for: those of a server, else of a site.
fn named(topology: &Topology, name: &str, sites: bool, servers: bool) -> Option<Groups> {
    let site = site(topology, name);
    // Both roles of a machine have its name, or that with the role behind it.
    let own = |group: &str, role: &str| {
        group.eq_ignore_ascii_case(name)
            || site.is_none() && group.eq_ignore_ascii_case(&format!("{name}{role}"))
    };
    let (cas, mailbox) = (|| topology.cas.iter().enumerate(), || topology.mailbox.iter().enumerate());
    let server = (
        cas().filter(|(_, group)| own(&group.name, "-CAS")).map(|(at, _)| Id::new(at)).collect::<Vec<_>>(),
        mailbox()
            .filter(|(_, group)| own(&group.name, "-MBX"))
            .map(|(at, _)| Id::new(at))
            .collect::<Vec<_>>(),
    );
    if servers && !(server.0.is_empty() && server.1.is_empty()) {
        return Some(server);
    }
    let site = site.filter(|_| sites)?;
    let of_site = (
        cas().filter(|(_, group)| group.site == site).map(|(at, _)| Id::new(at)).collect(),
        mailbox().filter(|(_, group)| group.site == site).map(|(at, _)| Id::new(at)).collect(),
    );
    Some(of_site)
}

fn unknown(topology: &Topology, what: &str) -> Error {
    let groups = topology.cas.iter().map(|g| &g.name).chain(topology.mailbox.iter().map(|g| &g.name));
    let mut names: Vec<&str> = groups.map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let list = |all: &[&str]| {
        if all.len() > 12 { format!("{}, ...", all[..12].join(", ")) } else { all.join(", ") }
    };
    let sites: Vec<&str> = topology.sites.iter().map(|site| site.name.as_str()).collect();
    Error::question(format!(
        "no site or server {what}; sites: {}; servers: {}; of either also one service or role, such as \
         server.NAME.pop or site.NAME.cas; of a [[host]] host.NAME; of a site's balancer balancer.NAME; of a line link.NAME",
        list(&sites),
        list(&names),
    ))
}
