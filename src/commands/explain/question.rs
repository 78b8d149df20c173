//! The arguments of `casim explain`, looked up in the scenario.

use super::super::down::Down;
use super::super::error::Error;
use super::args::Args;
use super::mounted::mounted;
use crate::check::names::covers;
use crate::kernel::Id;
use crate::model::access::explain::Trust;
use crate::model::access::{
    AccessQuery, ClientPlace, Device, Explanation, OwaPath, Stop, decide, dismounted,
};
use crate::model::protocol::Protocol;
use crate::model::topology::{Address, CasGroup, MailboxGroup, Namespace, Site, Topology, Way};

/// The arguments, looked up in the scenario.
pub(super) struct Question {
    pub(super) protocol: Protocol,
    pub(super) entry: Id<CasGroup>,
    pub(super) mailbox: Id<MailboxGroup>,
    pub(super) place: Option<ClientPlace>,
    pub(super) host: Option<String>,
    pub(super) path: OwaPath,
    pub(super) device: Device,
    pub(super) down: Down,
    /// Where the server that would have been the entry is down: that, and which one is.
    pub(super) moved: Option<String>,
    /// Other servers of the site that was named as the entry.
    pub(super) others: Vec<Id<CasGroup>>,
}

impl Question {
    pub(super) fn read(args: &Args, topology: &Topology) -> Result<Self, Error> {
        let typed = args.url.as_deref().map(Typed::parse);
        let place = match &args.from {
            Some(name) => Some(place(topology, name)?),
            None => typed.as_ref().and_then(|typed| published(topology, &typed.host)),
        };
        let protocol = match (&args.protocol, typed.as_ref().and_then(|t| t.protocol)) {
            (Some(token), _) => protocol(token)?,
            (None, Some(protocol)) => protocol,
            (None, None) => {
                return Err(Error::question("which --protocol? one of: ".to_owned() + &protocols()));
            }
        };
        let Some(mailbox) = args.mailbox.as_deref() else {
            return Err(Error::question(format!("which --mailbox? one of: {}", site_names(topology))));
        };
        let mut down = Down::read(&args.down, topology)?;
        let mut mailbox = mailbox_group(topology, mailbox)?;
        let loss = down.lost.loss(topology);
        let stores = mounted(topology, mailbox, &loss);
        down.lost.groups.extend(dismounted(topology, &loss));
        if let Some(stores) = stores {
            let answered = stores.at.map_or_else(String::new, |at| {
                mailbox = at;
                format!(". What follows is for those on {}", topology.mailbox[at.index()].name)
            });
            down.notes.push(format!("{}{answered}", stores.words));
        }
        let all = match (&args.entry, &typed) {
            (Some(name), _) => entries(topology, name)?,
            (None, Some(typed)) => by_host(topology, &typed.host, place)?,
            (None, None) => {
                let names = cas_names(topology);
                return Err(Error::question(format!("which --entry, or --url? a site or one of: {names}")));
            }
        };
        // A balancer or a name leads to the first that is up; where none is, nothing answers.
        let up = |id: &Id<CasGroup>| !down.leads_past(topology, *id, protocol);
        let reached = all.iter().copied().find(up).unwrap_or(all[0]);
        let moved = (reached != all[0]).then(|| {
            let name = |id: Id<CasGroup>| topology.cas[id.index()].name.as_str();
            let before = all.iter().copied().take_while(|id| *id != reached);
            let gone: Vec<&str> = before.map(name).collect();
            let dead = all.iter().take_while(|id| **id != reached).all(|id| down.has(*id));
            let verb = if gone.len() > 1 { "are" } else { "is" };
            let verb = if dead { verb.to_owned() + " down" } else { verb.to_owned() + " taken out" };
            let from = typed.as_ref().map_or(args.entry.as_deref().unwrap_or(""), |t| t.host.as_str());
            format!("{} {verb}, so {from} leads to {}", gone.join(", "), name(reached))
        });
        let told = typed.as_ref().and_then(|typed| {
            dead_addresses(topology, (&typed.host, place), (protocol, mailbox), &down.lost.groups)
        });
        let led = typed.as_ref().and_then(|typed| led(topology, &typed.host));
        let moved: Vec<String> = led.into_iter().chain(told.or(moved)).collect();
        let moved = (!moved.is_empty()).then(|| moved.join(". "));
        let others = all.into_iter().filter(|id| typed.is_none() && *id != reached && up(id));
        let others = others.collect();
        let version =
            args.device.parse::<f64>().ok().filter(|v| (1.0..=16.1).contains(v)).ok_or_else(|| {
                Error::question(format!(
                    "--device is a version from 1.0 to 16.1, such as 12.1, not {}",
                    args.device
                ))
            })?;
        Ok(Self {
            protocol,
            entry: reached,
            mailbox,
            place,
            host: typed.as_ref().map(|t| asked(topology, &t.host)),
            path: typed.as_ref().map_or(args.path, |t| t.path),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "10 to 161")]
            device: Device {
                version: (version * 10.0).round() as u16,
                follows_451: args.no_451.then_some(false),
            },
            down,
            moved,
            others,
        })
    }
}

/// What a user typed into a browser or a client's settings.
struct Typed {
    host: String,
    path: OwaPath,
    protocol: Option<Protocol>,
}

impl Typed {
    fn parse(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let rest = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = authority.split(':').next().unwrap_or("").to_owned();
        let first = path.split('/').next().unwrap_or("");
        let protocol = match first {
            "owa" | "exchange" | "public" | "exchweb" => Some(Protocol::Owa),
            "microsoft-server-activesync" => Some(Protocol::Eas),
            "ews" => Some(Protocol::Ews),
            "autodiscover" => Some(Protocol::Autodiscover),
            "oab" => Some(Protocol::Oab),
            "rpc" => Some(Protocol::OutlookAnywhere),
            "mapi" => Some(Protocol::MapiHttp),
            _ => None,
        };
        let path = match first {
            "exchange" | "public" | "exchweb" => OwaPath::Exchange,
            _ => OwaPath::Owa,
        };
        Self { host, path, protocol }
    }
}

/// The protocol of what a user typed, by its path.
pub(super) fn protocol_of(url: &str) -> Option<String> {
    Typed::parse(url).protocol.map(|protocol| protocol.token().to_owned())
}

fn protocols() -> String {
    Protocol::ALL.map(Protocol::token).join(", ")
}

pub(super) fn protocol(token: &str) -> Result<Protocol, Error> {
    Protocol::parse(token)
        .ok_or_else(|| Error::question(format!("unknown protocol {token}; one of: {}", protocols())))
}

fn site_names(topology: &Topology) -> String {
    shortened(topology.sites.iter().map(|s| s.name.as_str()))
}

fn cas_names(topology: &Topology) -> String {
    shortened(topology.cas.iter().map(|g| g.name.as_str()))
}

fn shortened<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = names.collect();
    if all.len() > 12 { format!("{}, ...", all[..12].join(", ")) } else { all.join(", ") }
}

fn place(topology: &Topology, name: &str) -> Result<ClientPlace, Error> {
    if name.eq_ignore_ascii_case("internet") || topology.regions.iter().any(|r| r.name == name) {
        return Ok(ClientPlace::Internet);
    }
    let names = topology.regions.iter().map(|r| r.name.as_str());
    let regions = shortened(names.filter(|name| !name.eq_ignore_ascii_case("internet")));
    let known = || {
        let regions = if regions.is_empty() { String::new() } else { format!("; regions: {regions}") };
        format!("no site or region {name}; Internet or one of the sites: {}{regions}", site_names(topology))
    };
    topology.site(name).map(ClientPlace::Inside).ok_or_else(|| Error::question(known()))
}

/// A server by name, else every server of a site, by name; never empty.
fn entries(topology: &Topology, name: &str) -> Result<Vec<Id<CasGroup>>, Error> {
    if let Some(at) = topology.cas.iter().position(|g| g.name.eq_ignore_ascii_case(name)) {
        return Ok(vec![Id::new(at)]);
    }
    let Some(site) = topology.sites.iter().position(|s| s.name.eq_ignore_ascii_case(name)) else {
        return Err(Error::question(format!(
            "no site or Client Access server {name}; sites: {}; servers: {}",
            site_names(topology),
            cas_names(topology),
        )));
    };
    let mut all: Vec<Id<CasGroup>> = topology.sites[site].cas.clone();
    all.sort_by_key(|id| &topology.cas[id.index()].name);
    if all.is_empty() {
        let names = cas_names(topology);
        return Err(Error::question(format!("{name} has no Client Access servers; others: {names}")));
    }
    Ok(all)
}

/// One line for the other servers of the site that was named as the entry: what they
/// decide, where that differs.
pub(super) fn others(ask: &AccessQuery<'_>, found: &Explanation, others: &[Id<CasGroup>]) -> Option<String> {
    let topology = ask.topology;
    let words: Vec<String> = others
        .iter()
        .map(|&entry| {
            let name = &topology.cas[entry.index()].name;
            let (route, _) = decide(&AccessQuery { entry, ..*ask });
            let (mechanism, failure) = (route.mechanism, route.final_failure());
            if (mechanism, failure, &route.redirect_host)
                == (found.mechanism, found.failure, &found.redirect_host)
            {
                return format!("{name} (decides the same)");
            }
            let host = route.redirect_host.as_ref().map_or(String::new(), |host| format!(" to {host}"));
            let failure = failure.map_or(String::new(), |f| format!(", fails: {}", f.token()));
            format!("{name} (decides {}{host}{failure})", mechanism.token())
        })
        .collect();
    let reached = &topology.cas[ask.entry.index()];
    let site = &topology.sites[reached.site.index()].name;
    (!words.is_empty())
        .then(|| format!("{site} is taken as its server {}; it also has {}", reached.name, words.join(", ")))
}

pub(super) fn mailbox_group(topology: &Topology, name: &str) -> Result<Id<MailboxGroup>, Error> {
    if let Some((id, _)) = topology.homes().find(|(_, g)| g.name.eq_ignore_ascii_case(name)) {
        return Ok(id);
    }
    let site = topology.sites.iter().position(|s| s.name.eq_ignore_ascii_case(name));
    let held = |site: usize| topology.homes().find(|(_, g)| g.site.index() == site).map(|(id, _)| id);
    site.and_then(held).ok_or_else(|| {
        let names = shortened(topology.homes().map(|(_, g)| g.name.as_str()));
        Error::question(format!(
            "no mailboxes at {name}; sites: {}; Mailbox servers: {names}",
            site_names(topology)
        ))
    })
}

/// Who types a name that is published on the Internet sits there unless said otherwise.
fn published(topology: &Topology, host: &str) -> Option<ClientPlace> {
    let name = topology.namespaces.iter().find(|name| name.name == host)?;
    (!name.internet.is_empty()).then_some(ClientPlace::Internet)
}

/// The host that a client asks for in the end who was given this one.
fn asked(topology: &Topology, host: &str) -> String {
    let known = topology.namespaces.iter().position(|name| name.name == host);
    known.map_or_else(|| host.to_owned(), |at| topology.host_asked(Id::new(at)).to_owned())
}

/// How a client gets from a name to another, and what its user is asked; `None` where it does
/// not.
fn led(topology: &Topology, host: &str) -> Option<String> {
    let name = topology.namespaces.iter().find(|name| name.name == host)?;
    let (way, to) = name.leads_to?;
    let to = &topology.namespaces[to.index()].name;
    Some(match way {
        Way::Srv => format!(
            "An SRV record leads Autodiscover from {host} to {to}: Outlook asks the user once whether it may follow, \
             and the certificate has to hold {to} alone"
        ),
        Way::HttpRedirect => format!(
            "A web site at port 80 of {host} sends Autodiscover on to {to}: Outlook asks the user once whether it may \
             follow, and the certificate has to hold {to} alone"
        ),
        Way::Cname => {
            format!("{host} is an alias of {to}: no question, and the certificate has to hold {host} itself")
        }
    })
}

/// What clients say to the certificate of the server that they reach first, where it is stated
/// and lacks the name that they ask for.
pub(super) fn certificate_warning(ask: &AccessQuery<'_>, found: &Explanation) -> Option<String> {
    let first = found.moves.first()?.first().filter(|first| first.trust == Trust::Clients)?;
    let (host, Stop::Cas(id)) = (first.host.as_ref()?, first.end) else { return None };
    let group = &ask.topology.cas[id.index()];
    let held = &group.switches.publishing.certificate_names;
    let warns = !held.is_empty() && !covers(held, host);
    warns.then(|| {
        format!(
            "the certificate of {} lacks {host}: browsers and Outlook warn, devices do not connect",
            group.name
        )
    })
}

/// The addresses of a name that has several in one answer, where the client sits.
fn told(topology: &Topology, name: &Namespace, place: Option<ClientPlace>) -> Vec<Address> {
    topology.addresses(name, matches!(place, Some(ClientPlace::Inside(_))))
}

/// Whether a group stands behind an address.
fn is_of(topology: &Topology, address: Address, id: Id<CasGroup>) -> bool {
    match address {
        Address::Server(group, _) => group == id,
        Address::Site(site) => topology.cas[id.index()].site == site,
    }
}

/// What clients do whose name has several addresses in one answer, some of them dead; `None`
/// where it has one, or all are alive or dead.
fn dead_addresses(
    topology: &Topology,
    (host, place): (&str, Option<ClientPlace>),
    (protocol, mailbox): (Protocol, Id<MailboxGroup>),
    down: &[Stop],
) -> Option<String> {
    let name = topology.namespaces.iter().find(|name| name.name == host)?;
    let all = told(topology, name, place);
    let behind = |address: Address| {
        (0..topology.cas.len()).map(Id::new).filter(move |id| is_of(topology, address, *id))
    };
    let dead = |address: &&Address| behind(**address).all(|id| down.contains(&Stop::Cas(id)));
    let gone: Vec<Address> = all.iter().filter(dead).copied().collect();
    if gone.is_empty() || gone.len() == all.len() {
        return None;
    }
    let led = |address: &Address| match *address {
        Address::Server(group, _) => topology.cas[group.index()].name.as_str(),
        Address::Site(site) => topology.sites[site.index()].name.as_str(),
    };
    let mut names: Vec<&str> = gone.iter().map(led).collect();
    names.dedup();
    let share = 100.0 * gone.len() as f64 / all.len() as f64;
    let rpc = protocol.is_outlook_inside() && topology.mailbox[mailbox.index()].generation.major() <= 2010;
    let what = match (rpc, topology.switches.contested.rpc_next_address) {
        (false, _) => "wait 21 s (connect_timeout) and go on to the next".to_owned(),
        (true, true) => "go on to the next after 15 to 30 s (contested.rpc_next_address = true)".to_owned(),
        (true, false) => {
            "stay disconnected until it answers or its record goes (contested.rpc_next_address = false)"
                .to_owned()
        }
    };
    let verb = if gone.len() > 1 { "lead" } else { "leads" };
    Some(format!(
        "{host} has {} addresses in one answer, of which {} {verb} to {}, down: {share:.0} % of its clients begin there \
         and {what}",
        all.len(),
        gone.len(),
        names.join(", "),
    ))
}

/// The servers that answer by a host name, the next where those before are down: those of a
/// namespace, site by site, else who has it in a URL. Never empty.
fn by_host(topology: &Topology, host: &str, place: Option<ClientPlace>) -> Result<Vec<Id<CasGroup>>, Error> {
    if let Some(name) = topology.namespaces.iter().find(|n| n.name == host) {
        let sites = match place {
            Some(ClientPlace::Inside(_)) if !name.inside.is_empty() => &name.inside,
            _ => &name.internet,
        };
        let of_site = |site: &Id<Site>| {
            let mut groups: Vec<_> = name.groups_in(&topology.sites[site.index()]).collect();
            groups.sort_by_key(|id| &topology.cas[id.index()].name);
            groups
        };
        let mut all: Vec<Id<CasGroup>> = sites.iter().flat_map(of_site).collect();
        let told = told(topology, name, place);
        if !told.is_empty() {
            // In the order of the answer.
            let first = |id: &Id<CasGroup>| told.iter().position(|address| is_of(topology, *address, *id));
            all.sort_by_key(|id| first(id).unwrap_or(usize::MAX));
        }
        if !all.is_empty() {
            return Ok(all);
        }
    }
    let owns = |id: &Id<CasGroup>| {
        let directories = &topology.cas[id.index()].directories;
        let urls = directories.iter().flat_map(|d| [&d.external_url, &d.internal_url]);
        urls.flatten().any(|url| url.host == host)
    };
    let owners: Vec<Id<CasGroup>> = (0..topology.cas.len()).map(Id::new).filter(owns).collect();
    if owners.is_empty() {
        let names = shortened(topology.namespaces.iter().map(|n| n.name.as_str()));
        return Err(Error::question(format!("{host} leads to no Client Access server; namespaces: {names}")));
    }
    Ok(owners)
}
