//! What would change a decision: every single setting that this request could
//! depend on is turned over, and the request decided again.
//!
//! Only one setting at a time; what needs two is not found. Must not know which rule
//! reads which setting, so that it cannot disagree with the rules.

use super::explain::names;
use super::query::{AccessQuery, Caller, Device, Index, OwaPath, Query, Trace};
use super::rules::contested;
use super::{ClientSees, Failure, Mechanism, Route, decide_with};
use crate::kernel::Id;
use crate::model::shell;
use crate::model::switches::{Build, CrossSiteRedirectType};
use crate::model::topology::{Authentication, CasGroup, Generation, Protocol, Service, Topology, Url};

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
    /// Host that it would be sent to.
    pub redirect_host: Option<String>,
    /// Command of the administration shell that makes the change; empty where there is none.
    pub shell: String,
}

/// The user's own habit: `/owa` for `/exchange`, or the other way round.
fn other_path(ask: &AccessQuery<'_>, index: &Index, now: &Route) -> Option<Counterfactual> {
    if ask.protocol != Protocol::Owa {
        return None;
    }
    let (path, from, to) = match ask.caller.path {
        OwaPath::Owa => (OwaPath::Exchange, "/owa", "/exchange"),
        OwaPath::Exchange => (OwaPath::Owa, "/exchange", "/owa"),
    };
    let caller = Caller { path, ..ask.caller };
    let route = decide_with(&AccessQuery { caller, ..*ask }, index, &mut Trace::silent());
    // From /owa only where it mends something: elsewhere /exchange just leads back.
    let worth = path == OwaPath::Owa || (now.final_failure().is_some() && route.final_failure().is_none());
    (worth && differs(&route, now)).then(|| Counterfactual {
        setting: "path that the user typed".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        legs: names(ask, &route),
        mechanism: route.mechanism,
        client_sees: route.sees,
        failure: route.final_failure(),
        redirect_host: route.redirect_host.clone(),
        shell: String::new(),
    })
}

struct Change {
    setting: String,
    from: String,
    to: String,
    shell: String,
    make: Box<dyn Fn(&mut Topology)>,
}

/// Every single change that leads to another decision, those that serve the client first.
pub(super) fn search(ask: &AccessQuery<'_>, now: &Route) -> Vec<Counterfactual> {
    let mut found: Vec<Counterfactual> = Vec::new();
    let mut scratch = ask.topology.clone();
    // No setting that is turned over here moves a server or a link.
    let index = Index::new(ask.topology);
    for change in changes(ask) {
        (change.make)(&mut scratch);
        let caller: Caller<'_> = ask.caller;
        let changed = AccessQuery { topology: &scratch, caller, ..*ask };
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
                redirect_host: route.redirect_host,
                shell: change.shell,
            });
        }
        restore(&mut scratch, ask);
    }
    if now.final_failure().is_some() {
        found.extend(elsewhere(ask, now));
    }
    found.extend(other_device(ask, &index, now));
    found.extend(other_path(ask, &index, now));
    found.sort_by_key(|c| c.failure.is_some());
    found
}

/// The client's own setting: a server of the mailbox's site instead of this one.
fn elsewhere(ask: &AccessQuery<'_>, now: &Route) -> Option<Counterfactual> {
    let index = Index::new(ask.topology);
    let (entry, route) = Query::new(ask, &index)
        .candidates()
        .filter(|id| *id != ask.entry && !ask.caller.down.contains(id))
        .find_map(|id| {
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
        redirect_host: route.redirect_host,
        shell: String::new(),
    })
}

/// The device's own setting: one that follows HTTP 451, or one that does not.
fn other_device(ask: &AccessQuery<'_>, index: &Index, now: &Route) -> Option<Counterfactual> {
    if ask.protocol != Protocol::Eas {
        return None;
    }
    let device = ask.caller.device;
    let other = if device.can_follow() {
        Device { follows_451: Some(false), ..device }
    } else {
        Device { version: device.version.max(141), follows_451: Some(true) }
    };
    let caller = Caller { device: other, ..ask.caller };
    let route = decide_with(&AccessQuery { caller, ..*ask }, index, &mut Trace::silent());
    let words = |device: Device| {
        let follows = if device.can_follow() { "follows" } else { "does not follow" };
        format!("protocol {}.{}, {follows} 451", device.version / 10, device.version % 10)
    };
    differs(&route, now).then(|| Counterfactual {
        setting: "device".to_owned(),
        from: words(device),
        to: words(other),
        legs: names(ask, &route),
        mechanism: route.mechanism,
        client_sees: route.sees,
        failure: route.final_failure(),
        redirect_host: route.redirect_host.clone(),
        shell: String::new(),
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
    of_mailbox(&mut all, ask);
    all
}

impl Change {
    fn new(
        setting: String,
        from: impl Into<String>,
        to: impl Into<String>,
        make: impl Fn(&mut Topology) + 'static,
    ) -> Self {
        Self { setting, from: from.into(), to: to.into(), shell: String::new(), make: Box::new(make) }
    }

    fn by(self, shell: impl Into<String>) -> Self {
        Self { shell: shell.into(), ..self }
    }

    /// A switch turned over; `shell` makes the command for the new value.
    fn flag(
        setting: String,
        now: bool,
        shell: impl Fn(bool) -> String,
        make: impl Fn(&mut Topology, bool) + 'static,
    ) -> Self {
        let word = |on: bool| if on { "on" } else { "off" };
        Self::new(setting, word(now), word(!now), move |t| make(t, !now)).by(shell(!now))
    }
}

/// No command sets it.
fn by_hand(_: bool) -> String {
    String::new()
}

fn words(url: Option<&Url>) -> String {
    url.map_or_else(|| "not set".to_owned(), |u| u.text.clone())
}

/// A URL as a parameter of the shell.
fn value(url: Option<&Url>) -> String {
    url.map_or_else(|| "$null".to_owned(), |u| format!("\"{}\"", u.text))
}

/// What matters on either end: URLs, authentication, services, build.
fn of_group(all: &mut Vec<Change>, ask: &AccessQuery<'_>, id: Id<CasGroup>) {
    let group = &ask.topology.cas[id.index()];
    let name = group.name.clone();
    match ask.protocol {
        Protocol::OutlookAnywhere => {
            let shell = |on| match on {
                true => format!(
                    "Enable-OutlookAnywhere -Server {name} -ExternalHostname <name> -ClientAuthenticationMethod Basic -SSLOffloading $false"
                ),
                false => format!("Disable-OutlookAnywhere -Server {name}"),
            };
            all.push(Change::flag(
                format!("Outlook Anywhere on {name}"),
                group.outlook_anywhere,
                shell,
                move |t, on| t.cas[id.index()].outlook_anywhere = on,
            ));
        }
        Protocol::Pop | Protocol::Imap => {
            let service = if ask.protocol == Protocol::Pop { "MSExchangePOP3" } else { "MSExchangeIMAP4" };
            let shell = |on| format!("{}-Service {service} (on {name})", if on { "Start" } else { "Stop" });
            all.push(Change::flag(
                format!("{} service on {name}", ask.protocol.title()),
                group.pop_imap,
                shell,
                move |t, on| t.cas[id.index()].pop_imap = on,
            ));
        }
        _ => {}
    }
    let Some(service) = Service::of(ask.protocol) else { return };
    let (_, _, path) = Service::ALL[service as usize];
    let directory = group.directory(service);
    let whose = format!("{name} {path}");
    // Away, and to a name that nothing else uses, so that the change stands for itself.
    let own = Url::parse(&format!("https://{}{path}", own_public_name(&group.name)));
    for new in [own, None].into_iter().filter(|new| *new != directory.external_url) {
        let command = shell::directory(group, service, &format!("-ExternalUrl {}", value(new.as_ref())));
        all.push(
            Change::new(
                format!("ExternalURL of {whose}"),
                words(directory.external_url.as_ref()),
                words(new.as_ref()),
                move |t| t.cas[id.index()].directories[service as usize].external_url.clone_from(&new),
            )
            .by(command),
        );
    }
    let integrated = directory.integrated();
    let forms = directory.auth.contains(&Authentication::Forms);
    let setting = format!("Integrated Windows Authentication on {whose}");
    let on = !integrated || forms;
    let command = shell::directory(group, service, &shell::integrated(service, on));
    if !on {
        let change = Change::flag(
            setting,
            true,
            |_| command.clone(),
            move |t, _| {
                let auth = &mut t.cas[id.index()].directories[service as usize].auth;
                auth.retain(|m| *m != Authentication::Integrated);
            },
        );
        all.push(change);
    } else {
        let from = if forms { "off (forms authentication is on)" } else { "off" };
        let to = if forms { "on, forms authentication off" } else { "on" };
        all.push(
            Change::new(setting, from, to, move |t| {
                let auth = &mut t.cas[id.index()].directories[service as usize].auth;
                auth.retain(|m| *m != Authentication::Forms && *m != Authentication::Integrated);
                auth.push(Authentication::Integrated);
            })
            .by(command),
        );
    }
    if service == Service::Eas {
        let now = group.switches.eas_proxy_integrated.unwrap_or(true);
        all.push(Change::flag(
            format!("Integrated Windows Authentication on {whose}/Proxy"),
            now,
            by_hand,
            move |t, on| t.cas[id.index()].switches.eas_proxy_integrated = Some(on),
        ));
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
    let (s, name) = (&group.switches, &group.name);
    let mut flag = |setting: &str, now: bool, shell: String, set: fn(&mut CasGroup, bool)| {
        let change = Change::flag(
            format!("{setting} on {name}"),
            now,
            |_| shell.clone(),
            move |t, on| {
                set(&mut t.cas[id.index()], on);
            },
        );
        all.push(change);
    };
    match ask.protocol {
        Protocol::Owa => {
            let now = s.redirect_to_optimal_owa_server;
            let to = shell::boolean(!now);
            let command = shell::directory(group, Service::Owa, &format!("-RedirectToOptimalOWAServer {to}"));
            flag("RedirectToOptimalOWAServer", now, command, |g, on| {
                g.switches.redirect_to_optimal_owa_server = on;
            });
        }
        Protocol::Eas => {
            flag("BlockLegacyMailboxes", s.block_legacy_mailboxes, String::new(), |g, on| {
                g.switches.block_legacy_mailboxes = on;
            });
            flag("451 inside the site", s.eas_same_site_451, String::new(), |g, on| {
                g.switches.eas_same_site_451 = on;
            });
        }
        Protocol::Pop | Protocol::Imap => {
            let now = s.allow_cross_site_sessions;
            let file = if ask.protocol == Protocol::Pop {
                "PopImap\\Microsoft.Exchange.Pop3.exe.config"
            } else {
                "PopImap\\Microsoft.Exchange.Imap4.exe.config"
            };
            let command = format!(
                "(on {name}, in ClientAccess\\{file}) <add key=\"AllowCrossSiteSessions\" value=\"{}\" />",
                !now
            );
            flag("AllowCrossSiteSessions", now, command, |g, on| g.switches.allow_cross_site_sessions = on);
        }
        Protocol::OutlookCached | Protocol::OutlookOnline => {
            let now = s.enable_preferred_site_enforcement;
            flag("EnablePreferredSiteEnforcement", now, String::new(), |g, on| {
                g.switches.enable_preferred_site_enforcement = on;
            });
        }
        _ => {}
    }
    if matches!(ask.protocol, Protocol::Owa | Protocol::Eas | Protocol::Ews) {
        let now = s.allow_proxying_without_ssl;
        flag(
            "AllowProxyingWithoutSSL",
            now,
            shell::owa_registry("AllowProxyingWithoutSSL", !now),
            |g, on| {
                g.switches.allow_proxying_without_ssl = on;
            },
        );
        let now = s.allow_internal_untrusted_certs;
        let command = shell::owa_registry("AllowInternalUntrustedCerts", !now);
        flag("AllowInternalUntrustedCerts", now, command, |g, on| {
            g.switches.allow_internal_untrusted_certs = on;
        });
    }
    if ask.protocol == Protocol::Owa {
        let other = match s.cross_site_redirect_type {
            CrossSiteRedirectType::Manual => CrossSiteRedirectType::Silent,
            CrossSiteRedirectType::Silent => CrossSiteRedirectType::Manual,
        };
        let command = shell::directory(group, Service::Owa, &format!("-CrossSiteRedirectType {other:?}"));
        let setting = format!("CrossSiteRedirectType on {name}");
        all.push(
            Change::new(
                setting,
                format!("{:?}", s.cross_site_redirect_type),
                format!("{other:?}"),
                move |t| {
                    t.cas[id.index()].switches.cross_site_redirect_type = other;
                },
            )
            .by(command),
        );
        let url = if s.exchange2003_url.is_some() {
            None
        } else {
            Url::parse("https://legacy.example.com/exchange")
        };
        let parameter = format!("-Exchange2003Url {}", value(url.as_ref()));
        let command = shell::directory(group, Service::Owa, &parameter);
        let (from, to) = (words(s.exchange2003_url.as_ref()), words(url.as_ref()));
        all.push(
            Change::new(format!("Exchange2003Url of {name}"), from, to, move |t| {
                t.cas[id.index()].switches.exchange2003_url.clone_from(&url);
            })
            .by(command),
        );
    }
    if ask.protocol == Protocol::Eas {
        let from = s.eas_451_from;
        let version = ask.caller.device.version;
        let to = if version < from { version } else { version + 1 };
        let show = |v: u16| format!("{}.{}", v / 10, v % 10);
        let setting = format!("lowest protocol version that {name} answers 451");
        all.push(Change::new(setting, show(from), show(to), move |t| {
            t.cas[id.index()].switches.eas_451_from = to;
        }));
        // The update rollup that proxies devices which cannot follow.
        let knows = Build::of(Generation::E2010Sp2, 6);
        if group.generation.major() == 2010 && group.build() < knows {
            all.push(Change::new(
                format!("build of {name}"),
                group.build().to_string(),
                format!("{knows} (2010 SP2 RU6)"),
                move |t| {
                    let entry = &mut t.cas[id.index()];
                    entry.switches.build = Some(knows);
                    entry.generation = Generation::E2010Sp2;
                },
            ));
        }
    }
}

/// Settings of a server in the mailbox's site.
fn of_target(all: &mut Vec<Change>, ask: &AccessQuery<'_>, id: Id<CasGroup>) {
    let entry = &ask.topology.cas[ask.entry.index()];
    let group = &ask.topology.cas[id.index()];
    let name = &group.name;
    if matches!(ask.protocol, Protocol::Pop | Protocol::Imap)
        && let Some(host) = group.switches.internal_connection_settings.clone()
    {
        let noun = if ask.protocol == Protocol::Pop { "Pop" } else { "Imap" };
        let setting = format!("InternalConnectionSettings of {name}");
        all.push(
            Change::new(setting, host, "the server's own name", move |t| {
                t.cas[id.index()].switches.internal_connection_settings = None;
            })
            .by(format!("Set-{noun}Settings -Server {name} -InternalConnectionSettings \"{name}:995:SSL\"")),
        );
    }
    let Some(service) = Service::of(ask.protocol) else { return };
    let (_, _, path) = Service::ALL[service as usize];
    let whose = format!("{name} {path}");
    let internal = &group.directory(service).internal_url;
    let own = group.switches.fqdn.clone().unwrap_or_else(|| {
        group.name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
    });
    // To the server's own name over https, and away.
    for new in [Url::parse(&format!("https://{own}{path}")), None] {
        if new != *internal {
            let parameter = format!("-InternalUrl {}", value(new.as_ref()));
            let command = shell::directory(group, service, &parameter);
            let (from, to) = (words(internal.as_ref()), words(new.as_ref()));
            all.push(
                Change::new(format!("InternalURL of {whose}"), from, to, move |t| {
                    t.cas[id.index()].directories[service as usize].internal_url.clone_from(&new);
                })
                .by(command),
            );
        }
    }
    if ask.protocol == Protocol::Ews && group.switches.internal_nlb_bypass_url.is_none() {
        let new = Url::parse(&format!("https://{own}{path}"));
        let parameter = format!("-InternalNLBBypassUrl {}", value(new.as_ref()));
        let command = shell::directory(group, service, &parameter);
        all.push(
            Change::new(
                format!("InternalNLBBypassUrl of {whose}"),
                "not set",
                words(new.as_ref()),
                move |t| {
                    t.cas[id.index()].switches.internal_nlb_bypass_url.clone_from(&new);
                },
            )
            .by(command),
        );
    }
    let mut flag = |setting: &str, now: bool, set: fn(&mut CasGroup, bool)| {
        all.push(Change::flag(format!("{setting} on {name}"), now, by_hand, move |t, on| {
            set(&mut t.cas[id.index()], on);
        }));
    };
    let s = &group.switches;
    flag("SSL demanded", s.require_ssl, |g, on| g.switches.require_ssl = on);
    flag("self-signed certificate", s.self_signed, |g, on| g.switches.self_signed = on);
    flag("Negotiate (Kerberos)", s.negotiate_provider, |g, on| g.switches.negotiate_provider = on);
    if ask.protocol == Protocol::Owa && entry.build() != group.build() {
        let (ours, theirs) = (entry.build(), group.build());
        let here = ask.entry;
        let setting = format!("OWA resource folder {theirs} on {}", entry.name);
        let copy = format!(
            "Copy-Item -Recurse \"\\\\{name}\\c$\\Program Files\\Microsoft\\Exchange Server\\ClientAccess\\Owa\\{theirs}\" \
             \"C:\\Program Files\\Microsoft\\Exchange Server\\ClientAccess\\Owa\" (on {})",
            entry.name
        );
        all.push(
            Change::new(setting, "as it is", "copied", move |t| {
                t.cas[here.index()].switches.owa_resource_folders.push(theirs);
            })
            .by(copy),
        );
        if entry.generation.major() == group.generation.major() {
            let generation = group.generation;
            let setting = format!("build of {}", entry.name);
            all.push(Change::new(setting, ours.to_string(), theirs.to_string(), move |t| {
                let entry = &mut t.cas[here.index()];
                entry.switches.build = Some(theirs);
                entry.generation = generation;
            }));
        }
    }
}

fn of_organisation(all: &mut Vec<Change>, ask: &AccessQuery<'_>) {
    let s = &ask.topology.switches;
    if matches!(ask.protocol, Protocol::OutlookCached | Protocol::OutlookOnline | Protocol::OutlookAnywhere) {
        let shell = |on| {
            let on = shell::boolean(on);
            format!("Set-DatabaseAvailabilityGroup <name> -AllowCrossSiteRPCClientAccess:{on}")
        };
        let now = s.allow_cross_site_rpc_client_access;
        all.push(Change::flag("AllowCrossSiteRpcClientAccess".to_owned(), now, shell, |t, on| {
            t.switches.allow_cross_site_rpc_client_access = on;
        }));
    }
    for (index, rule) in s.firewall.iter().enumerate().filter(|(_, rule)| !rule.ports.is_empty()) {
        let name = |id: Option<Id<crate::model::topology::Site>>| {
            id.map_or("any site", |id| ask.topology.sites[id.index()].name.as_str())
        };
        let ports: Vec<String> = rule.ports.iter().map(u16::to_string).collect();
        let setting = format!("ports {} from {} to {}", ports.join(", "), name(rule.from), name(rule.to));
        all.push(Change::new(setting, "closed", "open", move |t| {
            t.switches.firewall.remove(index);
        }));
    }
    for (index, fact) in s.names.iter().enumerate() {
        let word = |on: bool| if on { "can be reached" } else { "cannot be reached" };
        for internet in [false, true] {
            let now = if internet { fact.internet } else { fact.inside };
            let place = if internet { "on the Internet" } else { "inside" };
            let setting = format!("{} {place}", fact.host);
            all.push(Change::new(setting, word(now), word(!now), move |t| {
                let fact = &mut t.switches.names[index];
                if internet { fact.internet = !now } else { fact.inside = !now }
            }));
        }
    }
    for choice in contested::CHOICES {
        let now = (choice.now)(&s.contested);
        let set = choice.turn;
        let to = {
            let mut other = s.contested.clone();
            set(&mut other);
            (choice.now)(&other)
        };
        let setting = format!("contested.{}", choice.key);
        all.push(Change::new(setting, now, to, move |t| set(&mut t.switches.contested)));
    }
}

/// Settings of the servers that hold the mailbox.
fn of_mailbox(all: &mut Vec<Change>, ask: &AccessQuery<'_>) {
    let id = ask.mailbox;
    let group = &ask.topology.mailbox[id.index()];
    let name = &group.name;
    if let Some(endpoint) = group.switches.rpc_client_access_server.clone() {
        let setting = format!("RpcClientAccessServer of the databases on {name}");
        all.push(
            Change::new(setting, endpoint, "a server of the same site", move |t| {
                t.mailbox[id.index()].switches.rpc_client_access_server = None;
            })
            .by(format!(
                "Get-MailboxDatabase -Server {name} | Set-MailboxDatabase -RpcClientAccessServer <server>"
            )),
        );
    }
    if group.generation.major() != 2003 || ask.protocol != Protocol::Eas {
        return;
    }
    let now = group.switches.back_end_eas_integrated;
    let setting = format!("Integrated Windows Authentication on {name} /Microsoft-Server-ActiveSync");
    all.push(Change::flag(setting, now, by_hand, move |t, on| {
        t.mailbox[id.index()].switches.back_end_eas_integrated = on;
    }));
    let now = group.switches.back_end_ssl_or_forms;
    all.push(Change::flag(
        format!("SSL or forms demanded on {name} /Exchange"),
        now,
        by_hand,
        move |t, on| {
            t.mailbox[id.index()].switches.back_end_ssl_or_forms = on;
        },
    ));
}
