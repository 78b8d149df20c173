//! Settings of Client Access servers: those of the one that the client reached and of
//! those in the mailbox's site.

use super::change::{Change, by_hand, quoted, value, words};
use crate::kernel::Id;
use crate::model::access::query::AccessQuery;
use crate::model::directory::{Authentication, Service, Url};
use crate::model::protocol::Protocol;
use crate::model::release::{Build, Generation};
use crate::model::shell;
use crate::model::switches::CrossSiteRedirectType;
use crate::model::topology::CasGroup;

/// What matters on either end: URLs, authentication, services, build.
pub(super) fn of_group(all: &mut Vec<Change>, ask: &AccessQuery<'_>, id: Id<CasGroup>) {
    let group = &ask.topology.cas[id.index()];
    let name = group.name.clone();
    if ask.protocol == Protocol::OutlookAnywhere {
        let shell = |on| match on {
            true => format!(
                "Enable-OutlookAnywhere -Server {name} -ExternalHostname <name> -ClientAuthenticationMethod Basic -SSLOffloading $false"
            ),
            false => format!("Disable-OutlookAnywhere -Server {name}"),
        };
        let now = group.outlook_anywhere;
        let change = Change::flag(format!("Outlook Anywhere on {name}"), now, shell, move |t, on| {
            t.cas[id.index()].outlook_anywhere = on;
        });
        all.push(change.at(id, format!("outlook_anywhere={}", !now)));
    }
    if let Some(mail) = ask.protocol.mail() {
        let pop = ask.protocol == Protocol::Pop;
        let shell =
            |on| format!("{}-Service {} (on {name})", if on { "Start" } else { "Stop" }, mail.service);
        all.push(
            Change::flag(
                format!("{} service on {name}", ask.protocol.title()),
                group.runs(ask.protocol),
                shell,
                move |t, on| {
                    let group = &mut t.cas[id.index()];
                    let service = if pop { &mut group.pop } else { &mut group.imap };
                    *service = on;
                },
            )
            .at(id, format!("{}={}", ask.protocol.token(), !group.runs(ask.protocol))),
        );
    }
    let Some(service) = ask.protocol.service() else { return };
    let path = service.path();
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
                {
                    let new = new.clone();
                    move |t| t.cas[id.index()].directories[service as usize].external_url.clone_from(&new)
                },
            )
            .by(command)
            .at(id, format!("{}.external_url={}", key(service), quoted(new.as_ref()))),
        );
    }
    authentication(all, group, id, service);
}

/// Integrated Windows Authentication of a directory, and of the subdirectory that
/// devices are forwarded to.
fn authentication(all: &mut Vec<Change>, group: &CasGroup, id: Id<CasGroup>, service: Service) {
    let directory = group.directory(service);
    let whose = format!("{} {}", group.name, service.path());
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
        let kept = directory.auth.iter().copied().filter(|m| *m != Authentication::Integrated);
        all.push(change.at(id, methods(service, kept)));
    } else {
        let from = if forms { "off (forms authentication is on)" } else { "off" };
        let to = if forms { "on, forms authentication off" } else { "on" };
        let other = |m: &Authentication| !matches!(m, Authentication::Forms | Authentication::Integrated);
        let kept = directory.auth.iter().copied().filter(other);
        all.push(
            Change::new(setting, from, to, move |t| {
                let auth = &mut t.cas[id.index()].directories[service as usize].auth;
                auth.retain(|m| *m != Authentication::Forms && *m != Authentication::Integrated);
                auth.push(Authentication::Integrated);
            })
            .by(command)
            .at(id, methods(service, kept.chain([Authentication::Integrated]))),
        );
    }
    if service == Service::Eas {
        let now = group.switches.eas_proxy_integrated.unwrap_or(true);
        all.push(
            Change::flag(
                format!("Integrated Windows Authentication on {whose}/Proxy"),
                now,
                by_hand,
                move |t, on| t.cas[id.index()].switches.eas_proxy_integrated = Some(on),
            )
            .at(id, format!("eas.proxy_integrated={}", !now)),
        );
    }
}

/// The scenario's table of a virtual directory.
fn key(service: Service) -> &'static str {
    Service::ALL[service as usize].1
}

/// The scenario's line for the methods of a virtual directory.
fn methods(service: Service, methods: impl Iterator<Item = Authentication>) -> String {
    let all: Vec<Authentication> = methods.collect();
    let words = Authentication::ALL.iter().filter(|(method, _)| all.contains(method));
    let words: Vec<String> = words.map(|(_, word)| format!("\"{word}\"")).collect();
    format!("{}.auth=[{}]", key(service), words.join(", "))
}

/// A server's name as a label of a host name.
fn label(server: &str) -> String {
    server.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn own_public_name(server: &str) -> String {
    format!("{}.example.com", label(server))
}

/// The name of a server in the directory.
fn own_name(group: &CasGroup) -> String {
    group.switches.fqdn.clone().unwrap_or_else(|| label(&group.name))
}

/// Switches of the server that the client reached.
pub(super) fn of_entry(all: &mut Vec<Change>, ask: &AccessQuery<'_>) {
    let (id, group) = (ask.entry, &ask.topology.cas[ask.entry.index()]);
    let (s, name) = (&group.switches, &group.name);
    let mut flag = |(setting, key): (&str, &str), now: bool, shell: String, set: fn(&mut CasGroup, bool)| {
        let change = Change::flag(
            format!("{setting} on {name}"),
            now,
            |_| shell.clone(),
            move |t, on| {
                set(&mut t.cas[id.index()], on);
            },
        );
        all.push(change.at(id, format!("{key}={}", !now)));
    };
    if ask.protocol == Protocol::Owa {
        let now = s.redirect_to_optimal_owa_server;
        let to = shell::boolean(!now);
        let command = shell::directory(group, Service::Owa, &format!("-RedirectToOptimalOWAServer {to}"));
        flag(("RedirectToOptimalOWAServer", "owa.redirect_to_optimal_owa_server"), now, command, |g, on| {
            g.switches.redirect_to_optimal_owa_server = on;
        });
    }
    if ask.protocol == Protocol::Eas {
        flag(
            ("BlockLegacyMailboxes", "cas.block_legacy_mailboxes"),
            s.block_legacy_mailboxes,
            String::new(),
            |g, on| {
                g.switches.block_legacy_mailboxes = on;
            },
        );
        flag(("451 inside the site", "eas.same_site_451"), s.eas_same_site_451, String::new(), |g, on| {
            g.switches.eas_same_site_451 = on;
        });
    }
    if let Some(mail) = ask.protocol.mail() {
        let now = s.allow_cross_site_sessions;
        let command = format!(
            "(on {name}, in ClientAccess\\{}) <add key=\"AllowCrossSiteSessions\" value=\"{}\" />",
            mail.configuration, !now
        );
        flag(("AllowCrossSiteSessions", "cas.allow_cross_site_sessions"), now, command, |g, on| {
            g.switches.allow_cross_site_sessions = on
        });
    }
    if ask.protocol.is_outlook_inside() {
        let now = s.enable_preferred_site_enforcement;
        flag(
            ("EnablePreferredSiteEnforcement", "cas.enable_preferred_site_enforcement"),
            now,
            String::new(),
            |g, on| {
                g.switches.enable_preferred_site_enforcement = on;
            },
        );
    }
    if ask.protocol.facts().proxied {
        let now = s.allow_proxying_without_ssl;
        flag(
            ("AllowProxyingWithoutSSL", "cas.allow_proxying_without_ssl"),
            now,
            shell::owa_registry("AllowProxyingWithoutSSL", !now),
            |g, on| {
                g.switches.allow_proxying_without_ssl = on;
            },
        );
        let now = s.allow_internal_untrusted_certs;
        let command = shell::owa_registry("AllowInternalUntrustedCerts", !now);
        flag(("AllowInternalUntrustedCerts", "cas.allow_internal_untrusted_certs"), now, command, |g, on| {
            g.switches.allow_internal_untrusted_certs = on;
        });
    }
    if ask.protocol == Protocol::Owa {
        redirects(all, id, group);
    }
    if ask.protocol == Protocol::Eas {
        status_451(all, ask);
    }
}

/// How OWA sends a browser elsewhere.
fn redirects(all: &mut Vec<Change>, id: Id<CasGroup>, group: &CasGroup) {
    let (s, name) = (&group.switches, &group.name);
    let other = match s.cross_site_redirect_type {
        CrossSiteRedirectType::Manual => CrossSiteRedirectType::Silent,
        CrossSiteRedirectType::Silent => CrossSiteRedirectType::Manual,
    };
    let command = shell::directory(group, Service::Owa, &format!("-CrossSiteRedirectType {other:?}"));
    let setting = format!("CrossSiteRedirectType on {name}");
    all.push(
        Change::new(setting, format!("{:?}", s.cross_site_redirect_type), format!("{other:?}"), move |t| {
            t.cas[id.index()].switches.cross_site_redirect_type = other;
        })
        .by(command)
        .at(id, format!("owa.cross_site_redirect_type=\"{}\"", format!("{other:?}").to_lowercase())),
    );
    let url =
        if s.exchange2003_url.is_some() { None } else { Url::parse("https://legacy.example.com/exchange") };
    let parameter = format!("-Exchange2003Url {}", value(url.as_ref()));
    let command = shell::directory(group, Service::Owa, &parameter);
    let (from, to) = (words(s.exchange2003_url.as_ref()), words(url.as_ref()));
    let line = format!("owa.exchange2003_url={}", quoted(url.as_ref()));
    all.push(
        Change::new(format!("Exchange2003Url of {name}"), from, to, move |t| {
            t.cas[id.index()].switches.exchange2003_url.clone_from(&url);
        })
        .by(command)
        .at(id, line),
    );
}

/// Who is answered HTTP 451.
fn status_451(all: &mut Vec<Change>, ask: &AccessQuery<'_>) {
    let (id, group) = (ask.entry, &ask.topology.cas[ask.entry.index()]);
    let name = &group.name;
    let from = group.switches.eas_451_from;
    let version = ask.caller.device.version;
    let to = if version < from { version } else { version + 1 };
    let show = |v: u16| format!("{}.{}", v / 10, v % 10);
    let setting = format!("lowest protocol version that {name} answers 451");
    all.push(
        Change::new(setting, show(from), show(to), move |t| {
            t.cas[id.index()].switches.eas_451_from = to;
        })
        .at(id, format!("eas.redirect_451_from={}", show(to))),
    );
    // The update rollup that proxies devices which cannot follow.
    let knows = Build::of(Generation::E2010Sp2, 6);
    if group.generation.major() == 2010 && group.build() < knows {
        all.push(
            Change::new(
                format!("build of {name}"),
                group.build().to_string(),
                format!("{knows} (2010 SP2 RU6)"),
                move |t| {
                    let entry = &mut t.cas[id.index()];
                    entry.switches.build = Some(knows);
                    entry.generation = Generation::E2010Sp2;
                },
            )
            .at(id, format!("cas.build=\"{knows}\"")),
        );
    }
}

/// Settings of a server in the mailbox's site.
pub(super) fn of_target(all: &mut Vec<Change>, ask: &AccessQuery<'_>, id: Id<CasGroup>) {
    let entry = &ask.topology.cas[ask.entry.index()];
    let group = &ask.topology.cas[id.index()];
    let name = &group.name;
    if let Some(mail) = ask.protocol.mail()
        && let Some(host) = group.switches.internal_connection_settings.clone()
    {
        let setting = format!("InternalConnectionSettings of {name}");
        let own = own_name(group);
        let line = format!("cas.internal_connection_settings=\"{own}\"");
        let command = shell::internal_connection(mail, name, &own);
        all.push(
            Change::new(setting, host, own.clone(), move |t| {
                t.cas[id.index()].switches.internal_connection_settings = Some(own.clone());
            })
            .by(command)
            .at(id, line),
        );
    }
    let Some(service) = ask.protocol.service() else { return };
    let path = service.path();
    let whose = format!("{name} {path}");
    let internal = &group.directory(service).internal_url;
    let own = own_name(group);
    // To the server's own name over https, and away.
    for new in [Url::parse(&format!("https://{own}{path}")), None] {
        if new != *internal {
            let parameter = format!("-InternalUrl {}", value(new.as_ref()));
            let command = shell::directory(group, service, &parameter);
            let (from, to) = (words(internal.as_ref()), words(new.as_ref()));
            let line = format!("{}.internal_url={}", key(service), quoted(new.as_ref()));
            all.push(
                Change::new(format!("InternalURL of {whose}"), from, to, move |t| {
                    t.cas[id.index()].directories[service as usize].internal_url.clone_from(&new);
                })
                .by(command)
                .at(id, line),
            );
        }
    }
    if ask.protocol == Protocol::Ews && group.switches.internal_nlb_bypass_url.is_none() {
        let new = Url::parse(&format!("https://{own}{path}"));
        let parameter = format!("-InternalNLBBypassUrl {}", value(new.as_ref()));
        let command = shell::directory(group, service, &parameter);
        let line = format!("ews.internal_nlb_bypass_url={}", quoted(new.as_ref()));
        all.push(
            Change::new(
                format!("InternalNLBBypassUrl of {whose}"),
                "not set",
                words(new.as_ref()),
                move |t| {
                    t.cas[id.index()].switches.internal_nlb_bypass_url.clone_from(&new);
                },
            )
            .by(command)
            .at(id, line),
        );
    }
    let mut flag = |setting: &str, key: &str, now: bool, set: fn(&mut CasGroup, bool)| {
        let change = Change::flag(format!("{setting} on {name}"), now, by_hand, move |t, on| {
            set(&mut t.cas[id.index()], on);
        });
        all.push(change.at(id, format!("cas.{key}={}", !now)));
    };
    let s = &group.switches;
    flag("SSL demanded", "require_ssl", s.require_ssl, |g, on| g.switches.require_ssl = on);
    flag("self-signed certificate", "self_signed", s.self_signed, |g, on| g.switches.self_signed = on);
    flag("Negotiate (Kerberos)", "negotiate_provider", s.negotiate_provider, |g, on| {
        g.switches.negotiate_provider = on
    });
    if ask.protocol == Protocol::Owa && entry.build() != group.build() {
        builds(all, ask, group);
    }
}

/// What two builds keep from each other.
fn builds(all: &mut Vec<Change>, ask: &AccessQuery<'_>, group: &CasGroup) {
    let entry = &ask.topology.cas[ask.entry.index()];
    let name = &group.name;
    let (ours, theirs) = (entry.build(), group.build());
    let here = ask.entry;
    let setting = format!("OWA resource folder {theirs} on {}", entry.name);
    let held = entry.switches.owa_resource_folders.iter().chain([&theirs]);
    let held: Vec<String> = held.map(|build| format!("\"{build}\"")).collect();
    let folders = format!("cas.owa_resource_folders=[{}]", held.join(", "));
    let copy = format!(
        "Copy-Item -Recurse \"\\\\{name}\\c$\\Program Files\\Microsoft\\Exchange Server\\ClientAccess\\Owa\\{theirs}\" \
         \"C:\\Program Files\\Microsoft\\Exchange Server\\ClientAccess\\Owa\" (on {})",
        entry.name
    );
    all.push(
        Change::new(setting, "as it is", "copied", move |t| {
            t.cas[here.index()].switches.owa_resource_folders.push(theirs);
        })
        .by(copy)
        .at(here, folders),
    );
    if entry.generation.major() == group.generation.major() {
        let generation = group.generation;
        let setting = format!("build of {}", entry.name);
        all.push(
            Change::new(setting, ours.to_string(), theirs.to_string(), move |t| {
                let entry = &mut t.cas[here.index()];
                entry.switches.build = Some(theirs);
                entry.generation = generation;
            })
            .at(here, format!("cas.build=\"{theirs}\"")),
        );
    }
}
