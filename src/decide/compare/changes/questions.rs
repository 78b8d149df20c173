//! Questions to `explain` whose answer shows what a step does.
//!
//! The first that is answered otherwise after the step than before it. Asked of the rules as the
//! command asks them. Must not know in which order steps are made.

use std::collections::BTreeSet;

use crate::check::flows;
use crate::check::names::{Kind, Row};
use crate::kernel::Id;
use crate::model::access::explain::{Trust, connections};
use crate::model::access::{AccessQuery, Caller, ClientPlace, Device, OwaPath, Rules, Stop};
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, Site, Topology};
use crate::model::workload::Location;
use crate::scenario::Scenario;

/// What a client may ask, by names that both organisations know.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Question {
    pub(super) protocol: Protocol,
    /// A site; `None`: the Internet.
    inside: Option<String>,
    /// The name that is typed, or else the servers that are reached.
    reached: Reached,
    /// Servers that hold the mailbox.
    mailbox: String,
    is_exchange_path: bool,
    /// Version of the device (121 is 12.1), and whether it is told not to follow HTTP 451.
    device: (u16, bool),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reached {
    Host(String),
    Entry(String),
}

/// What is answered: in words, and by which servers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Said {
    /// For people.
    pub(super) words: String,
    stops: Vec<Stop>,
}

/// A question with what is answered before a step and after it.
pub(super) struct Shown {
    pub(super) question: Question,
    pub(super) before: String,
    pub(super) after: String,
}

/// An organisation to be asked.
pub(super) struct Asked<'t> {
    topology: &'t Topology,
    rules: Rules,
}

/// So many questions are looked into whose answers have the same words.
const LOOKED_INTO: usize = 60;

/// What is answered where there is nobody to answer.
const NOBODY: &str = "leads nowhere";

/// A word of a command line, quoted where a shell would part it.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

impl Question {
    /// The site of its mailbox.
    pub(super) fn home<'t>(&self, topology: &'t Topology) -> Option<&'t str> {
        let store = topology.mailbox.iter().find(|group| group.name == self.mailbox)?;
        Some(topology.sites[store.site.index()].name.as_str())
    }

    /// The options of `casim explain`.
    pub(super) fn options(&self) -> String {
        let mut all = format!("--protocol {} --mailbox {}", self.protocol.token(), word(&self.mailbox));
        let path = if self.is_exchange_path { "exchange" } else { "owa" };
        let browser = self.protocol == Protocol::Owa;
        all += &match &self.reached {
            Reached::Host(host) if browser => format!(" --url {}", word(&format!("https://{host}/{path}"))),
            Reached::Host(host) => format!(" --url {}", word(host)),
            Reached::Entry(name) if browser && self.is_exchange_path => {
                format!(" --entry {} --path exchange", word(name))
            }
            Reached::Entry(name) => format!(" --entry {}", word(name)),
        };
        all += &format!(" --from {}", self.inside.as_deref().map_or_else(|| "Internet".to_owned(), word));
        if self.protocol == Protocol::Eas {
            let (version, ignores) = self.device;
            if version != 121 {
                all += &format!(" --device {}.{}", version / 10, version % 10);
            }
            if ignores {
                all += " --no-451";
            }
        }
        all
    }
}

/// What the clients of a scenario ask, each kind once.
pub(super) fn of_clients(scenario: &Scenario) -> BTreeSet<Question> {
    let (topology, workload) = (&scenario.model.topology, &scenario.model.workload);
    let all = flows::of(topology, workload);
    let question = |flow: &flows::Flow| {
        let reached = match flow.protocol.is_outlook_inside() {
            true => Reached::Entry(topology.cas[flow.entry?.index()].name.clone()),
            false => Reached::Host(topology.namespaces[flow.namespace.index()].name.clone()),
        };
        Some(Question {
            protocol: flow.protocol,
            inside: match flow.location {
                Location::Site(site) => Some(topology.sites[site.index()].name.clone()),
                Location::Internet(_) => None,
            },
            reached,
            mailbox: topology.mailbox[flow.mailbox.index()].name.clone(),
            is_exchange_path: flow.path == OwaPath::Exchange,
            device: (flow.device.version, flow.device.follows_451 == Some(false)),
        })
    };
    all.iter().filter_map(question).collect()
}

/// Questions beside those of clients, about a site and a name: whoever enters at each server, for the
/// mailboxes of the site; at the servers of the site, for every mailbox; by the name, for the mailboxes
/// where it leads.
pub(super) fn of_everybody(
    topology: &Topology,
    (site, name): (Option<&str>, Option<&str>),
    wanted: impl Fn(Protocol) -> bool,
) -> Vec<Question> {
    let mut all = Vec::new();
    let of_site = |id: Id<Site>| site == Some(topology.sites[id.index()].name.as_str());
    let name = topology.namespaces.iter().find(|own| name == Some(own.name.as_str()));
    for protocol in Protocol::ALL.into_iter().filter(|protocol| wanted(*protocol)) {
        for (_, store) in topology.homes() {
            let by_name =
                name.filter(|own| own.internet.contains(&store.site) || own.inside.contains(&store.site));
            let entries = topology.cas.iter().filter(|group| of_site(group.site) || of_site(store.site));
            let entries = entries.map(|group| Reached::Entry(group.name.clone()));
            let reached = by_name.map(|own| Reached::Host(own.name.clone())).into_iter().chain(entries);
            all.extend(reached.map(|reached| Question {
                protocol,
                inside: None,
                reached,
                mailbox: store.name.clone(),
                is_exchange_path: false,
                device: (121, false),
            }));
        }
    }
    all
}

impl<'t> Asked<'t> {
    pub(super) fn of(topology: &'t Topology) -> Self {
        Self { topology, rules: Rules::new(topology) }
    }

    /// The answer; nothing answers where a name or a server is not there.
    pub(super) fn answer(&self, question: &Question) -> Said {
        let Some(ask) = self.ask(question) else {
            return Said { words: NOBODY.to_owned(), stops: Vec::new() };
        };
        let route = self.rules.decide(&ask);
        let mut words = route.mechanism.token().to_owned();
        if let Some(host) = &route.redirect_host {
            words += &format!(" to {host}");
        }
        if let Some(failure) = route.final_failure() {
            words += &format!(", fails: {}", failure.token());
        }
        Said { words, stops: route.stops }
    }

    /// Whatever differs in the whole answer: facts that were looked at, servers with names and ports,
    /// certificates.
    fn details(&self, question: &Question) -> Vec<String> {
        let Some(ask) = self.ask(question) else { return Vec::new() };
        let (route, trace) = self.rules.traced(&ask);
        let mut all = Vec::new();
        for step in connections(&ask, &route) {
            let host = step.host.as_deref().unwrap_or(&step.to);
            all.push(format!("{} connects to {host}", step.from));
            if let (Stop::Cas(id), Trust::Clients) = (step.end, step.trust)
                && !self.topology.cas[id.index()].switches.publishing.certified(host)
            {
                all.push(format!("the certificate of {} lacks {host}", step.to));
            }
        }
        all.extend(trace.facts().map(|fact| format!("{}: {}", fact.question, fact.answer)));
        all
    }

    /// What is asked; `None` where a name or a server is not there.
    fn ask<'q>(&'q self, question: &'q Question) -> Option<AccessQuery<'q>> {
        let entry = self.entry(question)?;
        let mailbox = self.topology.mailbox.iter().position(|group| group.name == question.mailbox)?;
        let place = match &question.inside {
            None => ClientPlace::Internet,
            Some(name) => ClientPlace::Inside(self.topology.site(name)?),
        };
        let name = |host: &String| self.topology.namespaces.iter().position(|name| name.name == *host);
        let host = match &question.reached {
            Reached::Host(host) => {
                Some(name(host).map_or(host.as_str(), |at| self.topology.host_asked(Id::new(at))))
            }
            Reached::Entry(_) => None,
        };
        let (version, ignores) = question.device;
        let caller = Caller {
            place: Some(place),
            host,
            path: if question.is_exchange_path { OwaPath::Exchange } else { OwaPath::Owa },
            device: Device { version, follows_451: ignores.then_some(false) },
            ..Caller::default()
        };
        let blank = AccessQuery::new(self.topology, question.protocol, entry, Id::new(mailbox));
        Some(AccessQuery { caller, ..blank })
    }

    /// Whether the answer has a record, a certificate's name or a port on its way.
    pub(super) fn uses(&self, question: &Question, row: &Row) -> bool {
        let Some(ask) = self.ask(question) else { return false };
        let route = self.rules.decide(&ask);
        let client = question.inside.as_deref().unwrap_or("Internet");
        let port: Option<u16> = row.port.parse().ok();
        connections(&ask, &route).iter().any(|step| {
            let from = if step.start.is_none() { client } else { step.from.as_str() };
            let named = step.host.as_ref().is_some_and(|host| *host == row.name);
            match row.kind {
                Kind::Port => {
                    from == row.from
                        && step.to == row.to
                        && port.is_some_and(|port| step.ports.contains(&port))
                }
                Kind::Certificate => named && step.to == row.to,
                Kind::DnsInternet | Kind::DnsInside | Kind::DnsSrv => named,
            }
        })
    }

    /// The server that is reached, as the command finds it.
    fn entry(&self, question: &Question) -> Option<Id<CasGroup>> {
        let groups = &self.topology.cas;
        let host = match &question.reached {
            Reached::Entry(name) => return groups.iter().position(|group| group.name == *name).map(Id::new),
            Reached::Host(host) => host,
        };
        let name = self.topology.namespaces.iter().find(|name| name.name == *host);
        let Some(name) = name else {
            let owns = |group: &CasGroup| {
                let urls = group.directories.iter().flat_map(|of| [&of.external_url, &of.internal_url]);
                urls.flatten().any(|url| url.host == *host)
            };
            return groups.iter().position(owns).map(Id::new);
        };
        let inside = question.inside.is_some() && !name.inside.is_empty();
        let sites = if inside { &name.inside } else { &name.internet };
        let site = self.topology.sites.get(sites.first()?.index())?;
        name.groups_in(site).min_by_key(|id| &groups[id.index()].name)
    }
}

/// The first question that is answered otherwise afterwards: in words, by other servers, or else, of the
/// first [`LOOKED_INTO`], with another fact on the way.
pub(super) fn difference(before: &Asked<'_>, after: &Asked<'_>, questions: &[Question]) -> Option<Shown> {
    let mut by_others = None;
    for question in questions {
        let (was, is) = (before.answer(question), after.answer(question));
        if was.words != is.words {
            return Some(Shown { question: question.clone(), before: was.words, after: is.words });
        }
        if was != is && by_others.is_none() {
            by_others = Some(question);
        }
    }
    by_others.into_iter().chain(questions.iter().take(LOOKED_INTO)).find_map(|question| {
        let (was, is) = (before.details(question), after.details(question));
        let new = |own: &[String], others: &[String]| own.iter().find(|one| !others.contains(one)).cloned();
        let (left, come) = (new(&was, &is), new(&is, &was));
        let words = |details: Option<String>| match details {
            Some(details) => format!("{} ({details})", after.answer(question).words),
            None => after.answer(question).words,
        };
        (left.is_some() || come.is_some()).then(|| Shown {
            question: question.clone(),
            before: words(left),
            after: words(come),
        })
    })
}

/// A question that no step has an influence on.
pub(super) fn same(before: &Asked<'_>, after: &Asked<'_>, question: Question) -> Shown {
    let (before, after) = (before.answer(&question).words, after.answer(&question).words);
    Shown { question, before, after }
}
