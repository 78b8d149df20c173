//! Client Access and Mailbox servers of a site, or of one of its `[[site.server]]`.

use std::collections::BTreeSet;

use super::super::super::amounts::{Count, Limit, Number, Quantity};
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use super::super::super::kinds::{Address, Flag, List, Token};
use super::super::super::law::Law;
use super::super::release::Release;
use super::super::switches::{self, AUTHENTICATION};
use super::cluster;
use super::copies::{Pending, copies_of};
use super::health_check::balancer_check;
use super::hosts::{fits, stands_on};
use super::outlook_anywhere;
use crate::itinerary::Balancing;
use crate::kernel::Id;
use crate::kernel::distribution::Distribution;
use crate::model::directory::{Authentication, Service, VirtualDirectory};
use crate::model::release::Generation;
use crate::model::setup;
use crate::model::switches::{CasSwitches, Certificate};
use crate::model::topology::{CasGroup, Host, MailboxGroup, Site, Topology};

const BALANCING: Token<Balancing> = Token {
    words: &[
        (Balancing::RoundRobin, "round robin"),
        (Balancing::LeastConnections, "least connections"),
        (Balancing::ClientAffinity, "client affinity"),
    ],
};

const AUTH: List<Token<Authentication>> = List(Token { words: &Authentication::ALL });

/// What a virtual directory has unless it says otherwise.
const AUTH_SOURCE: &str = "setup's authentication methods, docs/defaults.md";

/// Settings of a site's Client Access servers, as its tables and keys are called.
pub(super) const OF_CAS: [&str; 10] =
    ["owa", "eas", "ews", "autodiscover", "oab", "mapi", "outlook_anywhere", "pop_imap", "pop", "imap"];

/// A site's own servers, or one of its `[[site.server]]`.
pub(super) struct Machines {
    /// Their site.
    pub(super) site: Id<Site>,
    /// Their release.
    pub(super) release: Release,
    /// Whether clients of Outlook Anywhere are at home in the site or led to it, and it has
    /// an Internet pipe.
    pub(super) anywhere_used: bool,
    /// Name of the Client Access server group.
    pub(super) cas: String,
    /// Name of the Mailbox server group.
    pub(super) mailbox: String,
    /// Hosts of a `[[site.server]]`; `None`: its roles say it themselves.
    pub(super) hosts: Option<Vec<Id<Host>>>,
}

pub(super) fn servers(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    own: &Machines,
    topology: &mut Topology,
    pending: &mut Vec<Pending>,
) {
    client_access(cx, fields, own, topology);
    mailbox(cx, fields, own, topology, pending);
}

fn client_access(cx: &mut Cx, fields: &mut Fields<'_>, own: &Machines, topology: &mut Topology) {
    let Some(mut group) = fields.table(cx, ("cas", "Client Access servers; left out, there are none")) else {
        nothing_serves(cx, fields, own);
        return;
    };
    let Hardware { servers, cores, mhz, hosts } = machines(cx, &mut group, own, topology);
    let queue_limit = group.or(
        cx,
        ("queue_limit", "places to wait at each server, beyond them HTTP 503"),
        &Limit,
        Some(1000),
        "IIS application pool queue length",
    );
    let limited = setup::connection_limit(own.release.generation);
    let connection_limit = group.or(
        cx,
        ("connection_limit", "requests at once at each server, held ones too"),
        &Limit,
        limited,
        if limited.is_some() {
            "ASP.NET 2.0 requestQueueLimit, up to 2010"
        } else {
            "no figure is published"
        },
    );
    let balancing =
        group.or(cx, ("balancing", "how requests are spread"), &BALANCING, Balancing::RoundRobin, "ASSUMED");
    let health_check = balancer_check(cx, &mut group);
    let mut switches = switches::of_cas(cx, &mut group, own.release.generation);
    one_certificate(cx, &mut group, &switches, topology);
    let generation = build(cx, &mut group, own.release, &mut switches);
    switches.limits = switches::limits(cx, &mut group, generation);
    group.finish(cx);
    let directories = Service::ALL.map(|(service, key, path)| {
        directory(cx, fields, (service, key, path), (&own.cas, generation), &mut switches)
    });
    let outlook = outlook_anywhere(cx, fields, generation, own.anywhere_used);
    switches.outlook_anywhere = outlook.settings;
    let outlook_anywhere = outlook.enabled;
    let [pop, imap] = mail_services(cx, fields);
    topology.cas.push(CasGroup {
        name: own.cas.clone(),
        site: own.site,
        generation,
        servers,
        cores,
        mhz,
        hosts,
        queue_limit,
        connection_limit,
        balancing,
        health_check,
        directories,
        outlook_anywhere,
        pop,
        imap,
        switches,
    });
}

/// One certificate has the same names wherever it was exported to.
fn one_certificate(cx: &mut Cx, group: &mut Fields<'_>, own: &CasSwitches, topology: &Topology) {
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    let Some(Certificate::Shared(name)) = &own.publishing.certificate else { return };
    let other = topology.cas.iter().find(|other| {
        let there = &other.switches.publishing;
        let stated = !there.certificate_names.is_empty() && !own.publishing.certificate_names.is_empty();
        stated
            && there.certificate == own.publishing.certificate
            && set(&there.certificate_names) != set(&own.publishing.certificate_names)
    });
    if let Some(other) = other {
        cx.fault_help(
            "one-certificate",
            format!("certificate `{name}` has other names on `{}`", other.name),
            group.entry("certificate").map_or(group.span, |entry| entry.node.span),
            "the same certificate has the same names",
            "state the same certificate_names with both, or call one of the certificates otherwise",
        );
    }
}

/// Outlook Anywhere of a group: as stated, else as setup leaves it.
fn outlook_anywhere(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    generation: Generation,
    used: bool,
) -> outlook_anywhere::Stated {
    let on = setup::outlook_anywhere(generation, used);
    let default = outlook_anywhere::Stated { enabled: on, ..outlook_anywhere::Stated::default() };
    let source = match (generation.major() >= 2013, on) {
        (true, _) => "setup enables it from 2013 on",
        (false, true) => "ASSUMED enabled by hand: clients of a site on the Internet use it",
        (false, false) => "setup leaves it off up to 2010",
    };
    let key = ("outlook_anywhere", "Outlook Anywhere is enabled, or how: a table of settings");
    fields.or(cx, key, &outlook_anywhere::StatedKind, default, source)
}

/// Whether the services of POP3 and of IMAP4 are started: two services, or both in one key.
fn mail_services(cx: &mut Cx, fields: &mut Fields<'_>) -> [bool; 2] {
    let both = fields.read(
        cx,
        ("pop_imap", "both services, of POP3 and of IMAP4, are started; short for `pop` and `imap`"),
        &Flag,
    );
    let default = both.unwrap_or_else(setup::mail_services);
    let why = if both.is_some() { "as `pop_imap` says" } else { "setup leaves the services stopped" };
    let mut service = |cx: &mut Cx, key: Key| fields.or(cx, key, &Flag, default, why);
    [
        service(cx, ("pop", "the POP3 service is started")),
        service(cx, ("imap", "the IMAP4 service is started")),
    ]
}

/// Settings of Client Access servers where there are none.
fn nothing_serves(cx: &mut Cx, fields: &mut Fields<'_>, own: &Machines) {
    // The directories of a 2003 back end are read with its mailboxes.
    let back_end = own.release.generation == Generation::E2003 && fields.has("mailbox");
    for key in OF_CAS.iter().copied().filter(|key| !back_end || !matches!(*key, "owa" | "eas")) {
        if let Some(entry) = fields.entry(key) {
            cx.fault_help(
                "no-servers",
                format!("`{}` has `{key}` but no Client Access servers", fields.path),
                entry.key_span,
                "nothing serves this",
                "add cas = { servers = 1, cores = 4 }",
            );
        }
    }
}

fn mailbox(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    own: &Machines,
    topology: &mut Topology,
    pending: &mut Vec<Pending>,
) {
    let Some(mut group) = fields.table(cx, ("mailbox", "Mailbox servers; left out, there are none")) else {
        return;
    };
    let Hardware { servers, cores, mhz, hosts } = machines(cx, &mut group, own, topology);
    let store_latency = group.or(
        cx,
        ("store_latency", "time of a store access beside its CPU"),
        &Law::TIME,
        Distribution::LogNormal { mean: 2e6, cv: 3.0 },
        "ASSUMED: one access in five reads a disk for 10 ms",
    );
    let mut switches = switches::of_mailbox(cx, &mut group, own.release.generation);
    let alone = !fields.has("cas");
    // What a `[[site.server]]` says it has is on one machine, what a site has is not.
    let shared = !alone && own.hosts.is_some();
    let nodes = cluster::nodes(cx, &mut group, own.release.generation, shared);
    if nodes.is_none() {
        copies_of(cx, &mut group, (topology.mailbox.len(), own.release.generation), pending);
    }
    if alone && own.release.generation == Generation::E2003 {
        switches::of_back_end(cx, fields, &mut switches);
    }
    let active = MailboxGroup {
        name: own.mailbox.clone(),
        site: own.site,
        generation: own.release.generation,
        servers,
        cores,
        mhz,
        hosts,
        store_latency,
        copies: None,
        passive_of: None,
        switches,
    };
    match nodes {
        Some(nodes) => cluster::push(cx, &group, active, &nodes, topology),
        None => topology.mailbox.push(active),
    }
    group.finish(cx);
}

/// Takes the build over, and tells which release's rules the servers follow.
fn build(cx: &mut Cx, cas: &mut Fields<'_>, release: Release, switches: &mut CasSwitches) -> Generation {
    let generation = release.generation;
    let Some(build) = switches.build else {
        switches.build = release.build();
        return generation;
    };
    match build.generation() {
        // `2007` is the article's rule set, whatever the build.
        Some(of) if of.major() == generation.major() && generation == Generation::E2007 => generation,
        Some(of) if of.major() == generation.major() || cx.release_is_unknown => of,
        of => {
            let span = cas.entry("build").map_or(cas.span, |entry| entry.node.span);
            let found = of.map_or("none that is known".to_owned(), |of| of.major().to_string());
            cx.fault_help(
                "out-of-range",
                format!("`{}.build` is no build of Exchange {}", cas.path, generation.major()),
                span,
                format!("the release of this build is {found}"),
                "say `exchange = \"...\"` for the server",
            );
            generation
        }
    }
}

const SPECINT: Key = (
    "specint_rate",
    "in place of `mhz`: SPECint_rate2006 result of a whole server; a core counts as (result / cores) \
     x 3,333 MHz / 18.75 up to 2010 (Exchange Team, 2010-09-14), x 2,000 MHz / 33.75 from 2013 on \
     (sizing of 2013). Of `mhz` and `specint_rate` the one that is laid on last (by a file upon its \
     `base`, by `--set`, by a change) takes the other's place; both in one table are a fault",
);

/// What servers of one kind are.
struct Hardware {
    servers: u32,
    /// Of each.
    cores: u32,
    mhz: f64,
    hosts: Vec<Id<Host>>,
}

/// Servers, cores of each, the hosts that they stand on, and the MHz of a core by which
/// megacycles become time: its clock, or by the published conversion of a SPECint_rate2006
/// result, (result / cores) x MHz of the baseline / result a core of the baseline.
fn machines(cx: &mut Cx, group: &mut Fields<'_>, own: &Machines, topology: &Topology) -> Hardware {
    let servers = group.or(cx, ("servers", "identical servers"), &Count::SERVERS, 1, "ASSUMED");
    let cores = group.or(
        cx,
        ("cores", "of each server"),
        &Count::CORES,
        4,
        "4 cores recommended for a 2007 Client Access server",
    );
    let rated = Number { min: 0.0, closed: false, max: 1e6 };
    let rate = group.read(cx, SPECINT, &rated);
    let mhz = if group.has("specint_rate") {
        if let (true, Some(entry)) = (group.has("mhz"), group.entry("specint_rate")) {
            cx.fault_help(
                "contradiction",
                format!("`{}` has both `specint_rate` and `mhz`", group.path),
                entry.key_span,
                "each of them says how fast a core is",
                "leave one of them out",
            );
        }
        let base = own.release.generation.base_core();
        rate.unwrap_or(base.specint_rate * cores as f64) / cores as f64 * base.mhz / base.specint_rate
    } else {
        group.or(
            cx,
            (
                "mhz",
                "clock of a core, as the sizing tables of the server's release count it: 3,333 MHz are 18.75 of \
                 SPECint_rate2006 up to 2010, 2,000 MHz are 33.75 from 2013 on",
            ),
            &Quantity::CLOCK,
            2000.0,
            "the 2 GHz reference core of the published costs",
        )
    };
    let hosts = own.hosts.clone().unwrap_or_else(|| stands_on(cx, group, &topology.hosts));
    let (servers, cores) = (u32::try_from(servers).unwrap_or(1), u32::try_from(cores).unwrap_or(1));
    let span = group.entry("cores").map_or(group.span, |entry| entry.node.span);
    fits(cx, (&group.path, span), (&hosts, servers, cores), topology);
    Hardware { servers, cores, mhz, hosts }
}

fn directory(
    cx: &mut Cx,
    site: &mut Fields<'_>,
    (service, key, path): (Service, &'static str, &str),
    (group, generation): (&str, Generation),
    switches: &mut CasSwitches,
) -> VirtualDirectory {
    let mut fields = site.table_or_empty(cx, (key, "virtual directory"));
    let host = switches.fqdn.clone().unwrap_or_else(|| {
        group.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
    });
    let own = Address::parsed(&format!("https://{host}{path}"));
    let internal_url = fields.or(
        cx,
        ("internal_url", "where servers and clients inside reach it"),
        &Address,
        own.clone(),
        "the server's own name",
    );
    let external_url = fields.or(
        cx,
        ("external_url", "set, it makes the site Internet-facing for this service"),
        &Address,
        None,
        "setup leaves ExternalURL empty",
    );
    let stated = fields.has("auth");
    let mut auth = fields.or(cx, AUTHENTICATION, &AUTH, setup::authentication(service), AUTH_SOURCE);
    auth.sort_unstable();
    auth.dedup();
    match service {
        Service::Owa => switches::of_owa(cx, &mut fields, switches),
        Service::Eas => {
            switches::of_eas(cx, &mut fields, switches);
            // The article speaks of the directory; nobody having touched that, the
            // subdirectory is as setup leaves it.
            if !stated && generation == Generation::E2007 {
                switches.eas_proxy_integrated.get_or_insert(true);
            }
        }
        Service::Ews => switches::of_ews(cx, &mut fields, generation, own, switches),
        Service::Autodiscover | Service::Oab | Service::Mapi => {}
    }
    fields.finish(cx);
    VirtualDirectory { internal_url, external_url, auth }
}
