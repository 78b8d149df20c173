//! Exchange 2010: RPC Client Access, POP3 and IMAP4 proxying, silent redirection,
//! and mailboxes that are still on 2007.

use super::common::NO_TARGET;
use super::common::{MEMORY, closed, note_sites, published, unjoined};
use super::e2007::{note_device, owa_redirect};
use super::endpoint::{endpoint, named_endpoints};
use super::rule::{Confidence, Rule};
use crate::kernel::Id;
use crate::model::access::answer::{Answer, ClientSees, Mechanism};
use crate::model::access::failure::Failure;
use crate::model::access::hop::View;
use crate::model::access::query::on_off;
use crate::model::access::trace::Trace;
use crate::model::directory::{Authentication, Service};
use crate::model::protocol::{Protocol, RPC_PROXY_PORTS};
use crate::model::release::{Build, Generation};
use crate::model::switches::CrossSiteRedirectType;
use crate::model::topology::CasGroup;

const RPC_CLIENT: &str = "Exchange Team Blog 600349, 2012-05-30, RPC Client Access cross-site connectivity";
const PROXYING: &str =
    "TechNet bb310763, \"Understanding Proxying and Redirection\", Exchange 2010 SP3, 2014";

/// Mailboxes of 2007 behind a 2010 entry, where they differ from those of 2010.
pub(super) const TO_2007: &[Rule] = &[
    Rule {
        id: "2010/outlook-inside-2007",
        title: "Outlook inside talks to a 2007 Mailbox server itself",
        docs: "The profile of a 2007 mailbox names its Mailbox server; no Client Access server is on the path.",
        source: "blog.sembee.co.uk, 2010-11",
        confidence: Confidence::Source,
        apply: |q, _| (of_2007(q) && q.protocol().is_outlook_inside()).then(|| Answer::rpc_from_client(q)),
    },
    Rule {
        id: "2010/owa-legacy-redirect",
        title: "OWA of a 2007 mailbox in the same site goes to the legacy name",
        docs: "A 2010 entry sends the browser, silently, to the OWA ExternalURL of a 2007 Client Access \
               server of its own site. Where that has none, the entry proxies.",
        source: "Exchange Team Blog 596845, upgrading OWA",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !of_2007(q) || q.protocol() != Protocol::Owa || !q.same_site() {
                return None;
            }
            let target = published(q, trace)?;
            let answer = Answer::redirect(q, Mechanism::LegacyRedirect, Some(target), q.external(target));
            Some(Answer { single_sign_on: single_sign_on(q, target), ..answer })
        },
    },
    Rule {
        id: "2010/owa-2007-without-name",
        title: "OWA of a 2007 mailbox in the same site without a legacy name: refused by setting",
        docs: "Where no 2007 Client Access server of the site has an OWA ExternalURL, a 2010 entry proxies, \
               as it does across sites; a setting has it refuse.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            if !of_2007(q) || q.protocol() != Protocol::Owa || !q.same_site() {
                return None;
            }
            let proxies = q.topology().switches.contested.owa_2010_proxies_2007;
            trace.note(|| ("2010 proxies to 2007 in its own site (contested)".into(), on_off(proxies)));
            (!proxies).then(|| Answer::refuse(q, Failure::NoLegacyUrl))
        },
    },
    Rule {
        id: "2010/eas-451-2007",
        title: "A device of a 2007 mailbox in the same site is told the legacy name",
        docs: "If the device can follow 451 and a 2007 Client Access server of the site has an ActiveSync \
               ExternalURL, it is told that URL; else the entry proxies.",
        source: "Exchange Team Blog 596466, upgrading ActiveSync",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !of_2007(q) || q.protocol() != Protocol::Eas || !q.same_site() {
                return None;
            }
            let target = published(q, trace)?;
            note_device(q, trace);
            let device = q.ask.caller.device;
            if device.version < q.entry().switches.eas_451_from {
                return None;
            }
            Some(if device.can_follow() {
                Answer::redirect(q, Mechanism::Redirect451, Some(target), q.external(target))
            } else {
                Answer::refuse(q, Failure::DeviceCannotFollow).seen_as(ClientSees::Status451)
            })
        },
    },
    Rule {
        id: "2010/outlook-anywhere-2007",
        title: "Outlook Anywhere opens RPC to a 2007 Mailbox server",
        docs: "The entry's RPC proxy opens RPC to the 2007 Mailbox server, also across sites; it needs site \
               links and ports 6001, 6002 and 6004.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            if !of_2007(q) || q.protocol() != Protocol::OutlookAnywhere {
                return None;
            }
            Some(rpc_path(q, trace).unwrap_or_else(|| Answer::rpc_direct(q)))
        },
    },
];

/// Outlook and its endpoint.
pub(super) const RPC_CLIENT_ACCESS: &[Rule] = &[
    Rule {
        id: "2010/endpoint",
        title: "Outlook inside connects to the endpoint that its database names",
        docs: "Outlook's profile names the RpcClientAccessServer of the database, an array or one server; \
               another server of the site is not asked.",
        source: RPC_CLIENT,
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !q.protocol().is_outlook_inside() || !q.same_site() || q.mailbox().generation.major() != 2010 {
                return None;
            }
            let named = named_endpoints(q.topology(), q.ask.mailbox);
            let settled = named.iter().any(|&id| q.cas(id).site == q.mailbox().site);
            if !settled || named.contains(&q.ask.entry) {
                return None;
            }
            note_endpoint(q, trace);
            endpoint(q).map(|id| Answer::endpoint(q, id))
        },
    },
    Rule {
        id: "2010/local",
        title: "The entry stands in the mailbox's site",
        docs: "A Client Access server serves the mailboxes of its own Active Directory site itself, by RPC \
               to the Mailbox server; for Outlook it is the RPC Client Access endpoint.",
        source: RPC_CLIENT,
        confidence: Confidence::Source,
        apply: |q, trace| {
            note_sites(q, trace);
            (q.same_site() && q.same_major()).then(|| Answer::local(q))
        },
    },
    Rule {
        id: "2010/refer",
        title: "Outlook is told that it has the wrong endpoint",
        docs: "From SP2 RU3 on, with AllowCrossSiteRpcClientAccess off (the default), an endpoint outside \
               the site of the active database answers ecWrongServer: the profile is rewritten and Outlook \
               asks for a restart. Registry EnablePreferredSiteEnforcement=0 spares mailboxes that were \
               moved.",
        source: RPC_CLIENT,
        confidence: Confidence::Source,
        apply: refer,
    },
    Rule {
        id: "2010/rpc-direct",
        title: "The endpoint opens RPC across the site links",
        docs: "The endpoint of Outlook's profile does not change when the database is active in another \
               site: it opens RPC to the Mailbox server there. So it is up to SP2 RU2 whatever the flag, \
               and later with AllowCrossSiteRpcClientAccess on.",
        source: RPC_CLIENT,
        confidence: Confidence::Source,
        apply: |q, trace| {
            let by_endpoint = q.protocol() == Protocol::OutlookAnywhere
                && endpoint(q).is_some_and(|id| {
                    let site = q.cas(id).site;
                    site != q.mailbox().site && site == q.entry().site
                });
            if !q.protocol().is_outlook_inside() && !by_endpoint {
                return None;
            }
            note_endpoint(q, trace);
            Some(rpc_path(q, trace).unwrap_or_else(|| Answer::rpc_direct(q)))
        },
    },
    Rule {
        id: "2010/outlook-anywhere",
        title: "Outlook Anywhere reaches the database's RPC Client Access endpoint",
        docs: "The entry's RPC proxy connects to the database's RPC Client Access endpoint, which serves. \
               (Across sites this is read out of the architecture; no page states it.)",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            if q.protocol() != Protocol::OutlookAnywhere {
                return None;
            }
            note_endpoint(q, trace);
            if q.topology().switches.contested.outlook_anywhere_2010_direct {
                return Some(rpc_path(q, trace).unwrap_or_else(|| Answer::rpc_direct(q)));
            }
            let Some(endpoint) = endpoint(q) else {
                return Some(Answer::refuse(q, Failure::NoTarget));
            };
            Some(rpc_path(q, trace).unwrap_or_else(|| Answer::proxy(q, endpoint)))
        },
    },
];

/// Everything else, up to the hop.
pub(super) const RULES: &[Rule] = &[
    NO_TARGET[0],
    Rule {
        id: "2010/pop-imap-stopped",
        title: "POP3 or IMAP4 does not run in the mailbox's site",
        docs: "The services start by hand; proxying needs one that runs on a Client Access server of the \
               mailbox's site.",
        source: "wmlcloud guide to Exchange 2010 client access",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !q.protocol().is_mail() {
                return None;
            }
            pop_target(q, trace).is_none().then(|| Answer::refuse(q, Failure::TargetServiceStopped))
        },
    },
    Rule {
        id: "2010/pop-imap-no-path",
        title: "The entry does not get through to the target's service",
        docs: "The name in InternalConnectionSettings must resolve inside, site links must join the sites, \
               and a port of the service must be open: 110 or 995 for POP3, 143 or 993 for IMAP4.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: pop_path,
    },
    Rule {
        id: "2010/pop-imap-proxy",
        title: "POP3 and IMAP4 are proxied to the mailbox's site",
        docs: "The entry connects to the POP3 or IMAP4 service of a Client Access server in the mailbox's \
               site, by InternalConnectionSettings.",
        source: PROXYING,
        confidence: Confidence::Source,
        apply: |q, _| {
            if !q.protocol().is_mail() {
                return None;
            }
            pop_target(q, &mut Trace::silent()).map(|target| Answer::proxy(q, target))
        },
    },
    Rule {
        id: "2010/owa-redirect-silent",
        title: "OWA redirects silently",
        docs: "From SP2 on, CrossSiteRedirectType=Silent on the entry sends the browser on without a page. \
               With forms authentication and SSL at both ends there is one logon, else a second prompt.",
        source: "Exchange Team Blog 602356, 2011-12-12; Set-OwaVirtualDirectory",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if q.protocol() != Protocol::Owa || q.same_site() || q.entry().generation < Generation::E2010Sp2 {
                return None;
            }
            let kind = q.entry().switches.cross_site_redirect_type;
            trace.note(|| (format!("CrossSiteRedirectType on {}", q.entry().name), format!("{kind:?}")));
            if kind != CrossSiteRedirectType::Silent {
                return None;
            }
            let answer = owa_redirect(q, trace, Mechanism::RedirectSilent)?;
            let single_sign_on = answer.target.is_some_and(|target| single_sign_on(q, target));
            Some(Answer { single_sign_on, ..answer })
        },
    },
    Rule {
        id: "2010/owa-redirect",
        title: "OWA redirects to the ExternalURL of the mailbox's site",
        docs: "If an OWA virtual directory in the mailbox's site has an ExternalURL, the entry shows a page \
               with a link that the user clicks, then a second logon. Name resolution and reachability are \
               not looked at.",
        source: PROXYING,
        confidence: Confidence::Source,
        apply: |q, trace| {
            if q.same_site() { None } else { owa_redirect(q, trace, Mechanism::RedirectManual) }
        },
    },
    Rule {
        id: "2010/eas-451",
        title: "Devices are told the ExternalURL of the mailbox's site",
        docs: "A device whose mailbox's site has an ActiveSync ExternalURL is answered 451 with that URL. \
               Before SP2 RU6 even devices that cannot follow are; from then on those that announce an older \
               protocol version than the threshold are proxied. What else a device ignores the server does \
               not know. Which devices can follow is contested: see the device's setting and the threshold.",
        source: "TechNet bb310763, 2014; Microsoft KB2751417",
        confidence: Confidence::Contested,
        apply: |q, trace| {
            if q.protocol() != Protocol::Eas || q.same_site() {
                return None;
            }
            let target = published(q, trace)?;
            note_device(q, trace);
            let device = q.ask.caller.device;
            let knows = q.entry().build() >= Build::of(Generation::E2010Sp2, 6);
            trace.note(|| (format!("build of {}", q.entry().name), q.entry().build().to_string()));
            // Of a device the server knows the version that it announces, and nothing else.
            if knows && device.version < q.entry().switches.eas_451_from {
                return None;
            }
            Some(if device.can_follow() {
                Answer::redirect(q, Mechanism::Redirect451, Some(target), q.external(target))
            } else {
                Answer::refuse(q, Failure::DeviceCannotFollow).seen_as(ClientSees::Status451)
            })
        },
    },
];

/// Whether a browser that is sent on silently need not log on again.
pub(super) fn single_sign_on(q: &View<'_>, target: Id<CasGroup>) -> bool {
    let forms = |group: &CasGroup| group.directory(Service::Owa).auth.contains(&Authentication::Forms);
    forms(q.entry()) && forms(q.cas(target)) && q.external(target).is_some_and(|url| url.secure)
}

fn of_2007(q: &View<'_>) -> bool {
    q.mailbox().generation.major() == 2007
}

fn note_endpoint(q: &View<'_>, trace: &mut Trace) {
    trace.note(|| {
        let name = endpoint(q).map_or_else(|| "none".to_owned(), |id| q.cas(id).name.clone());
        ("RpcClientAccessServer of the database".to_owned(), name)
    });
}

fn refer(q: &View<'_>, trace: &mut Trace) -> Option<Answer> {
    let inside = q.protocol().is_outlook_inside();
    if !inside && q.protocol() != Protocol::OutlookAnywhere {
        return None;
    }
    let endpoint = endpoint(q)?;
    let settled = q.cas(endpoint).site == q.mailbox().site;
    // Outlook Anywhere finds a settled endpoint by itself, through the RPC proxy.
    if settled && !inside {
        return None;
    }
    note_endpoint(q, trace);
    let referrer = if inside { q.ask.entry } else { endpoint };
    let build = q.cas(referrer).build();
    trace.note(|| (format!("build of {}", q.cas(referrer).name), build.to_string()));
    if build < Build::of(Generation::E2010Sp2, 3) {
        return None;
    }
    let allowed = q.topology().switches.allow_cross_site_rpc_client_access;
    trace.note(|| ("AllowCrossSiteRpcClientAccess".to_owned(), on_off(allowed)));
    if allowed {
        return None;
    }
    if settled {
        let enforced = q.entry().switches.enable_preferred_site_enforcement;
        trace.note(|| (format!("EnablePreferredSiteEnforcement on {}", q.entry().name), on_off(enforced)));
        if !enforced {
            return None;
        }
    }
    let target = q.candidates().min_by_key(|&id| q.down(id))?;
    let answer = Answer::redirect(q, Mechanism::Refer, Some(target), None);
    Some(if referrer == q.ask.entry { answer } else { answer.by_way_of(referrer) })
}

/// A refusal if RPC does not get through to the mailbox's site.
fn rpc_path(q: &View<'_>, trace: &mut Trace) -> Option<Answer> {
    if q.same_site() {
        return None;
    }
    if unjoined(q, trace) {
        return Some(Answer::refuse(q, Failure::NoRoute));
    }
    closed(q, trace, &RPC_PROXY_PORTS).then(|| Answer::refuse(q, Failure::PortClosed))
}

fn pop_target(q: &View<'_>, trace: &mut Trace) -> Option<Id<CasGroup>> {
    let live = q.candidates().find(|&id| {
        let target = q.cas(id);
        trace.note(|| {
            (
                format!("{} service on {}", q.protocol().title(), target.name),
                on_off(target.runs(q.protocol())),
            )
        });
        target.runs(q.protocol()) && !q.down(id)
    });
    // A server that is down did not have its service stopped.
    live.or_else(|| q.candidates().find(|&id| q.cas(id).runs(q.protocol())))
}

fn pop_path(q: &View<'_>, trace: &mut Trace) -> Option<Answer> {
    let mail = q.protocol().mail()?;
    let target = pop_target(q, &mut Trace::silent())?;
    let switches = &q.cas(target).switches;
    if let Some(host) = switches.internal_connection_settings.as_ref().or(switches.fqdn.as_ref()) {
        let resolves = q.resolves_inside(host);
        trace.note(|| {
            let answer = if resolves { "resolves" } else { "does not resolve" };
            (format!("{host} (InternalConnectionSettings)"), answer.to_owned())
        });
        if !resolves {
            return Some(Answer::refuse(q, Failure::NameNotResolved));
        }
    }
    if unjoined(q, trace) {
        return Some(Answer::refuse(q, Failure::NoRoute));
    }
    let shut = mail.ports.iter().all(|&port| closed(q, trace, &[port]));
    shut.then(|| Answer::refuse(q, Failure::PortClosed))
}
