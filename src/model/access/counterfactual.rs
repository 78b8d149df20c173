//! What would change a decision: every single setting that this request could
//! depend on is turned over, and the request decided again.
//!
//! Only one setting at a time; what needs two is not found. Must not know which rule
//! reads which setting, so that it cannot disagree with the rules.

use super::explain::names;
use super::query::{AccessQuery, Caller, Index, Query, Trace};
use super::{ClientSees, Failure, Mechanism, Route, decide_with};
use crate::kernel::Id;
use crate::model::switches::{CrossSiteRedirectType, RtmDevice};
use crate::model::topology::{Authentication, CasGroup, Protocol, Service, Topology, Url};

/// A single setting that would change the decision.
#[derive(Clone, PartialEq, Debug)]
pub struct Counterfactual {
    /// The setting and whose it is: `ExternalURL of CAS-B1 /owa`.
    pub setting: String,
    /// Its value now.
    pub from: String,
    /// The value that changes the decision.
    pub to: String,
    /// What would be decided.
    pub mechanism: Mechanism,
    /// Names of the servers that would be reached, leg by leg.
    pub legs: Vec<Vec<String>>,
    /// What the client would be shown first.
    pub client_sees: ClientSees,
    /// Why it would still not get what it asks for.
    pub failure: Option<Failure>,
}

struct Change {
    setting: String,
    from: String,
    to: String,
    make: Box<dyn Fn(&mut Topology)>,
}

/// Every single change that leads to another decision, those that serve the client first.
pub(super) fn search(ask: &AccessQuery<'_>, now: &Route) -> Vec<Counterfactual> {
    let mut found: Vec<Counterfactual> = Vec::new();
    let mut scratch = ask.topology.clone();
    for change in changes(ask) {
        (change.make)(&mut scratch);
        let caller: Caller<'_> = ask.caller;
        let changed = AccessQuery { topology: &scratch, caller, ..*ask };
        let index = Index::new(&scratch);
        let route = decide_with(&changed, &index, &mut Trace::silent());
        if differs(&route, now) {
            found.push(Counterfactual {
                legs: names(&changed, &route),
                setting: change.setting,
                from: change.from,
                to: change.to,
                mechanism: route.mechanism,
                client_sees: route.sees,
                failure: route.final_failure(),
            });
        }
        restore(&mut scratch, ask);
    }
    if now.final_failure().is_some() {
        found.extend(elsewhere(ask, now));
    }
    found.sort_by_key(|c| c.failure.is_some());
    found
}

/// The client's own setting: a server of the mailbox's site instead of this one.
fn elsewhere(ask: &AccessQuery<'_>, now: &Route) -> Option<Counterfactual> {
    let index = Index::new(ask.topology);
    let (entry, route) =
        Query::new(ask, &index).candidates().filter(|id| *id != ask.entry).find_map(|id| {
            let there = AccessQuery { entry: id, ..*ask };
            let route = decide_with(&there, &index, &mut Trace::silent());
            (route.final_failure().is_none() && differs(&route, now)).then_some((id, route))
        })?;
    let name = |id: Id<CasGroup>| ask.topology.cas[id.index()].name.clone();
    Some(Counterfactual {
        setting: "server that the client is pointed at".to_owned(),
        from: name(ask.entry),
        to: name(entry),
        legs: names(ask, &route),
        mechanism: route.mechanism,
        client_sees: route.sees,
        failure: None,
    })
}

/// Only what the client or the way would notice: not the rule's name.
fn differs(a: &Route, b: &Route) -> bool {
    a.mechanism != b.mechanism
        || a.final_failure() != b.final_failure()
        || a.redirect_host != b.redirect_host
        || a.legs() != b.legs()
}

/// Undoes whatever a change may have touched.
fn restore(scratch: &mut Topology, ask: &AccessQuery<'_>) {
    let original = ask.topology;
    let (here, home) = (original.cas[ask.entry.index()].site, original.mailbox[ask.mailbox.index()].site);
    for (group, was) in scratch.cas.iter_mut().zip(&original.cas) {
        if was.site == here || was.site == home {
            group.clone_from(was);
        }
    }
    scratch.mailbox[ask.mailbox.index()].clone_from(&original.mailbox[ask.mailbox.index()]);
    scratch.switches.clone_from(&original.switches);
}

fn changes(ask: &AccessQuery<'_>) -> Vec<Change> {
    let topology = ask.topology;
    let mailbox = &topology.mailbox[ask.mailbox.index()];
    let mut all = Vec::new();
    of_group(&mut all, ask, ask.entry);
    of_entry(&mut all, ask);
    for (index, group) in topology.cas.iter().enumerate() {
        let id = Id::new(index);
        if group.site == mailbox.site && id != ask.entry {
            of_group(&mut all, ask, id);
            of_target(&mut all, ask, id);
        }
    }
    of_organisation(&mut all, ask);
    of_back_end(&mut all, ask);
    all
}

fn flag(all: &mut Vec<Change>, setting: String, now: bool, make: impl Fn(&mut Topology, bool) + 'static) {
    let word = |on: bool| if on { "on" } else { "off" }.to_owned();
    let make = Box::new(move |t: &mut Topology| make(t, !now));
    all.push(Change { setting, from: word(now), to: word(!now), make });
}

fn cas_flag(
    all: &mut Vec<Change>,
    ask: &AccessQuery<'_>,
    id: Id<CasGroup>,
    name: &str,
    now: bool,
    set: impl Fn(&mut CasGroup, bool) + 'static,
) {
    let setting = format!("{name} on {}", ask.topology.cas[id.index()].name);
    flag(all, setting, now, move |t, on| set(&mut t.cas[id.index()], on));
}

/// What matters on either end: URLs, authentication, services, build.
fn of_group(all: &mut Vec<Change>, ask: &AccessQuery<'_>, id: Id<CasGroup>) {
    let group = &ask.topology.cas[id.index()];
    match ask.protocol {
        Protocol::OutlookAnywhere => {
            cas_flag(all, ask, id, "Outlook Anywhere", group.outlook_anywhere, |g, on| {
                g.outlook_anywhere = on
            });
        }
        Protocol::Pop | Protocol::Imap => {
            let name = format!("{} service", ask.protocol.title());
            cas_flag(all, ask, id, &name, group.pop_imap, |g, on| g.pop_imap = on);
        }
        _ => {}
    }
    let Some(service) = Service::of(ask.protocol) else { return };
    let (_, _, path) = Service::ALL[service as usize];
    let directory = group.directory(service);
    let whose = format!("{} {path}", group.name);
    let words = |url: Option<&Url>| url.map_or_else(|| "not set".to_owned(), |u| u.text.clone());
    let new = if directory.external_url.is_some() {
        None
    } else {
        // A name that nothing else uses, so that the change stands for itself.
        Url::parse(&format!("https://{}{path}", own_public_name(&group.name)))
    };
    all.push(Change {
        setting: format!("ExternalURL of {whose}"),
        from: words(directory.external_url.as_ref()),
        to: words(new.as_ref()),
        make: Box::new(move |t| {
            t.cas[id.index()].directories[service as usize].external_url.clone_from(&new);
        }),
    });
    let integrated = directory.integrated();
    let forms = directory.auth.contains(&Authentication::Forms);
    if integrated && !forms {
        flag(all, format!("Integrated Windows Authentication on {whose}"), true, move |t, _| {
            t.cas[id.index()].directories[service as usize].auth.retain(|m| *m != Authentication::Integrated);
        });
    } else {
        let from = if forms { "off (forms authentication is on)" } else { "off" };
        all.push(Change {
            setting: format!("Integrated Windows Authentication on {whose}"),
            from: from.to_owned(),
            to: if forms { "on, forms authentication off" } else { "on" }.to_owned(),
            make: Box::new(move |t| {
                let auth = &mut t.cas[id.index()].directories[service as usize].auth;
                auth.retain(|m| *m != Authentication::Forms && *m != Authentication::Integrated);
                auth.push(Authentication::Integrated);
            }),
        });
    }
}

fn own_public_name(server: &str) -> String {
    let label: String =
        server.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("{label}.example.com")
}

/// Switches of the server that the client reached.
fn of_entry(all: &mut Vec<Change>, ask: &AccessQuery<'_>) {
    let (id, group) = (ask.entry, &ask.topology.cas[ask.entry.index()]);
    let s = &group.switches;
    match ask.protocol {
        Protocol::Owa => {
            cas_flag(
                all,
                ask,
                id,
                "RedirectToOptimalOWAServer",
                s.redirect_to_optimal_owa_server,
                |g, on| {
                    g.switches.redirect_to_optimal_owa_server = on;
                },
            );
            let other = match s.cross_site_redirect_type {
                CrossSiteRedirectType::Manual => CrossSiteRedirectType::Silent,
                CrossSiteRedirectType::Silent => CrossSiteRedirectType::Manual,
            };
            all.push(Change {
                setting: format!("CrossSiteRedirectType on {}", group.name),
                from: format!("{:?}", s.cross_site_redirect_type),
                to: format!("{other:?}"),
                make: Box::new(move |t| t.cas[id.index()].switches.cross_site_redirect_type = other),
            });
            let url = if s.exchange2003_url.is_some() {
                None
            } else {
                Url::parse("https://legacy.example.com/exchange")
            };
            let words = |u: &Option<Url>| u.as_ref().map_or_else(|| "not set".to_owned(), |u| u.text.clone());
            all.push(Change {
                setting: format!("Exchange2003Url of {}", group.name),
                from: words(&s.exchange2003_url),
                to: words(&url),
                make: Box::new(move |t| t.cas[id.index()].switches.exchange2003_url.clone_from(&url)),
            });
        }
        Protocol::Eas => {
            cas_flag(all, ask, id, "BlockLegacyMailboxes", s.block_legacy_mailboxes, |g, on| {
                g.switches.block_legacy_mailboxes = on;
            });
            cas_flag(all, ask, id, "451 inside the site", s.eas_same_site_451, |g, on| {
                g.switches.eas_same_site_451 = on;
            });
        }
        Protocol::Pop | Protocol::Imap => {
            cas_flag(all, ask, id, "AllowCrossSiteSessions", s.allow_cross_site_sessions, |g, on| {
                g.switches.allow_cross_site_sessions = on;
            });
        }
        Protocol::OutlookCached | Protocol::OutlookOnline => {
            let now = s.enable_preferred_site_enforcement;
            cas_flag(all, ask, id, "EnablePreferredSiteEnforcement", now, |g, on| {
                g.switches.enable_preferred_site_enforcement = on;
            });
        }
        _ => {}
    }
    if matches!(ask.protocol, Protocol::Owa | Protocol::Eas | Protocol::Ews) {
        cas_flag(all, ask, id, "AllowProxyingWithoutSSL", s.allow_proxying_without_ssl, |g, on| {
            g.switches.allow_proxying_without_ssl = on;
        });
        cas_flag(all, ask, id, "AllowInternalUntrustedCerts", s.allow_internal_untrusted_certs, |g, on| {
            g.switches.allow_internal_untrusted_certs = on;
        });
    }
}

/// Settings of a server in the mailbox's site.
fn of_target(all: &mut Vec<Change>, ask: &AccessQuery<'_>, id: Id<CasGroup>) {
    let entry = &ask.topology.cas[ask.entry.index()];
    let group = &ask.topology.cas[id.index()];
    let Some(service) = Service::of(ask.protocol) else { return };
    let (_, _, path) = Service::ALL[service as usize];
    let whose = format!("{} {path}", group.name);
    let internal = &group.directory(service).internal_url;
    let own = group.switches.fqdn.clone().unwrap_or_else(|| {
        group.name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
    });
    let words = |u: &Option<Url>| u.as_ref().map_or_else(|| "not set".to_owned(), |u| u.text.clone());
    // To the server's own name over https, and away.
    for new in [Url::parse(&format!("https://{own}{path}")), None] {
        if new != *internal {
            let to = words(&new);
            all.push(Change {
                setting: format!("InternalURL of {whose}"),
                from: words(internal),
                to,
                make: Box::new(move |t| {
                    t.cas[id.index()].directories[service as usize].internal_url.clone_from(&new);
                }),
            });
        }
    }
    if ask.protocol == Protocol::Ews && group.switches.internal_nlb_bypass_url.is_none() {
        let new = Url::parse(&format!("https://{own}{path}"));
        all.push(Change {
            setting: format!("InternalNLBBypassUrl of {whose}"),
            from: "not set".to_owned(),
            to: words(&new),
            make: Box::new(move |t| t.cas[id.index()].switches.internal_nlb_bypass_url.clone_from(&new)),
        });
    }
    cas_flag(all, ask, id, "SSL demanded", group.switches.require_ssl, |g, on| g.switches.require_ssl = on);
    cas_flag(all, ask, id, "self-signed certificate", group.switches.self_signed, |g, on| {
        g.switches.self_signed = on;
    });
    if ask.protocol == Protocol::Owa && entry.build() != group.build() {
        let (ours, theirs) = (entry.build(), group.build());
        let here = ask.entry;
        all.push(Change {
            setting: format!("OWA resource folder {theirs} on {}", entry.name),
            from: "as it is".to_owned(),
            to: "copied".to_owned(),
            make: Box::new(move |t| t.cas[here.index()].switches.owa_resource_folders.push(theirs)),
        });
        if entry.generation.major() == group.generation.major() {
            let generation = group.generation;
            all.push(Change {
                setting: format!("build of {}", entry.name),
                from: ours.to_string(),
                to: theirs.to_string(),
                make: Box::new(move |t| {
                    let entry = &mut t.cas[here.index()];
                    entry.switches.build = Some(theirs);
                    entry.generation = generation;
                }),
            });
        }
    }
}

fn of_organisation(all: &mut Vec<Change>, ask: &AccessQuery<'_>) {
    let s = &ask.topology.switches;
    if matches!(ask.protocol, Protocol::OutlookCached | Protocol::OutlookOnline | Protocol::OutlookAnywhere) {
        let now = s.allow_cross_site_rpc_client_access;
        flag(all, "AllowCrossSiteRpcClientAccess".to_owned(), now, |t, on| {
            t.switches.allow_cross_site_rpc_client_access = on;
        });
    }
    for (index, rule) in s.firewall.iter().enumerate() {
        let name = |id: Option<Id<crate::model::topology::Site>>| {
            id.map_or("any site", |id| ask.topology.sites[id.index()].name.as_str())
        };
        let ports: Vec<String> = rule.ports.iter().map(u16::to_string).collect();
        all.push(Change {
            setting: format!("ports {} from {} to {}", ports.join(", "), name(rule.from), name(rule.to)),
            from: "closed".to_owned(),
            to: "open".to_owned(),
            make: Box::new(move |t| {
                t.switches.firewall.remove(index);
            }),
        });
    }
    for (index, fact) in s.names.iter().enumerate() {
        let word = |on: bool| if on { "can be reached" } else { "cannot be reached" }.to_owned();
        let host = fact.host.clone();
        for internet in [false, true] {
            let now = if internet { fact.internet } else { fact.inside };
            let place = if internet { "on the Internet" } else { "inside" };
            all.push(Change {
                setting: format!("{host} {place}"),
                from: word(now),
                to: word(!now),
                make: Box::new(move |t| {
                    let fact = &mut t.switches.names[index];
                    if internet { fact.internet = !now } else { fact.inside = !now }
                }),
            });
        }
    }
    let contested = &s.contested;
    let major = ask.topology.cas[ask.entry.index()].generation.major();
    match ask.protocol {
        Protocol::Owa if major >= 2013 => {
            flag(
                all,
                "contested: OWA of 2013 redirects".to_owned(),
                contested.owa_2013_redirects,
                |t, on| {
                    t.switches.contested.owa_2013_redirects = on;
                },
            );
        }
        Protocol::Owa if major == 2010 => {
            let now = contested.owa_2010_proxies_2003;
            flag(all, "contested: 2010 proxies /exchange".to_owned(), now, |t, on| {
                t.switches.contested.owa_2010_proxies_2003 = on;
            });
        }
        Protocol::Eas if major >= 2013 => {
            flag(
                all,
                "contested: EAS of 2013 redirects".to_owned(),
                contested.eas_2013_redirects,
                |t, on| {
                    t.switches.contested.eas_2013_redirects = on;
                },
            );
        }
        Protocol::Eas if major == 2007 => {
            let now = contested.eas_rtm == RtmDevice::Refuse;
            flag(all, "contested: 2007 RTM refuses devices".to_owned(), now, |t, on| {
                t.switches.contested.eas_rtm = if on { RtmDevice::Refuse } else { RtmDevice::Proxy };
            });
        }
        _ => {}
    }
}

fn of_back_end(all: &mut Vec<Change>, ask: &AccessQuery<'_>) {
    let id = ask.mailbox;
    let group = &ask.topology.mailbox[id.index()];
    if group.generation.major() != 2003 || ask.protocol != Protocol::Eas {
        return;
    }
    let name = &group.name;
    let now = group.switches.back_end_eas_integrated;
    flag(all, format!("Integrated Windows Authentication on {name}"), now, move |t, on| {
        t.mailbox[id.index()].switches.back_end_eas_integrated = on;
    });
    let now = group.switches.back_end_ssl_or_forms;
    flag(all, format!("SSL or forms demanded on {name} /Exchange"), now, move |t, on| {
        t.mailbox[id.index()].switches.back_end_ssl_or_forms = on;
    });
}
