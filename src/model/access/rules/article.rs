//! `exchange = "2007"`: the founding article's rules, word for word.
//!
//! Redirection is OWA's alone, POP3 and IMAP4 never cross sites, Outlook Anywhere
//! goes straight to the Mailbox server, and every other HTTP service is proxied
//! whatever its ExternalURL says.

use super::{Confidence, Rule, Verdict};
use crate::kernel::Id;
use crate::model::access::query::{Query, Trace};
use crate::model::access::{Failure, Mechanism};
use crate::model::topology::{CasGroup, Protocol, Service};

/// The founding article.
pub(super) const ARTICLE: &str =
    "Elan Shudnow, \"Client Access Server Proxying and Redirection\", 2007-09-06";

/// The list, in order.
pub const RULES: &[Rule] = &[
    Rule {
        id: "2007/outlook-inside",
        title: "Outlook inside talks to the Mailbox server",
        docs: "Outlook on the internal network opens MAPI/RPC to the Mailbox server itself; \
               no Client Access server is on the path.",
        source: "blog.sembee.co.uk, 2010-11",
        confidence: Confidence::Source,
        apply: outlook_inside,
    },
    Rule {
        id: "2007/no-mapi-http",
        title: "MAPI/HTTP does not exist yet",
        docs: "MAPI over HTTP came with Exchange 2013 SP1; a 2007 server does not know it.",
        source: "Microsoft, \"MAPI over HTTP in Exchange Server\"",
        confidence: Confidence::Source,
        apply: no_mapi_http,
    },
    Rule {
        id: "2007/autodiscover",
        title: "Autodiscover is answered where it is asked",
        docs: "The server asked answers itself, with the URLs of the mailbox's site; it reads the \
               directory, not the mailbox.",
        source: "Brad Hughes, Client Access load balancing, part 1; AutodiscoverSiteScope",
        confidence: Confidence::Source,
        apply: autodiscover,
    },
    Rule {
        id: "2007/oab",
        title: "The offline address book is fetched from the URL handed out",
        docs: "The address book is a static download, never proxied. Its URL is that of the mailbox's \
               site; where that site publishes none and the client came in from the Internet, it is the \
               URL of the site that it came in at.",
        source: "Practitioners' knowledge",
        confidence: Confidence::Memory,
        apply: oab,
    },
    Rule {
        id: "2007/outlook-anywhere-off",
        title: "Outlook Anywhere is off at the entry",
        docs: "The RPC proxy must be enabled on the server that the client reaches.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: outlook_anywhere_off,
    },
    Rule {
        id: "2007/pop-imap-off",
        title: "POP3 and IMAP4 do not run at the entry",
        docs: "The POP3 and IMAP4 services are not started by setup; somebody must start them on the \
               server that the client reaches.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: pop_imap_off,
    },
    Rule {
        id: "2007/local",
        title: "The entry stands in the mailbox's site",
        docs: "A Client Access server serves the mailboxes of its own Active Directory site itself, by \
               RPC to the Mailbox server.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: local,
    },
    Rule {
        id: "2007/no-route",
        title: "Nothing joins the two sites",
        docs: "Client Access to Client Access, or RPC to the Mailbox server: both need a network path \
               between the sites. A redirect does not, because the client goes there by itself.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: no_route,
    },
    Rule {
        id: "2007/outlook-anywhere",
        title: "Outlook Anywhere goes straight to the Mailbox server",
        docs: "The entry's RPC proxy unwraps RPC and opens it to the Mailbox server in the other site. \
               There is neither redirection nor a second Client Access server.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: outlook_anywhere,
    },
    Rule {
        id: "2007/pop-imap",
        title: "POP3 and IMAP4 never cross sites",
        docs: "There is no proxying between Client Access servers for POP3 and IMAP4: the client must be \
               pointed at a server of its mailbox's site.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: pop_imap,
    },
    Rule {
        id: "2007/no-target",
        title: "The mailbox's site has no Client Access server",
        docs: "Every site with a Mailbox server needs a Client Access server; without one, OWA, \
               ActiveSync and Exchange Web Services users of that site are cut off from elsewhere.",
        source: "TechNet bb310763, \"Understanding Proxying and Redirection\", 2007",
        confidence: Confidence::Source,
        apply: no_target,
    },
    Rule {
        id: "2007/owa-redirect",
        title: "OWA redirects to the ExternalURL of the mailbox's site",
        docs: "If an OWA virtual directory in the mailbox's site has an ExternalURL, the entry sends the \
               browser there: a page with a link that the user clicks, then a second logon. Only \
               directory data counts: neither name resolution nor reachability is looked at.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: owa_redirect,
    },
    Rule {
        id: "2007/no-internal-url",
        title: "No target has an InternalURL",
        docs: "Proxying follows the InternalURL of the target's virtual directory; setup fills it in, and \
               somebody cleared it.",
        source: "TechNet bb310763, \"Understanding Proxying and Redirection\", 2007",
        confidence: Confidence::Source,
        apply: no_internal_url,
    },
    Rule {
        id: "2007/no-integrated-auth",
        title: "No target has Integrated Windows Authentication",
        docs: "The entry logs on to the target with Kerberos, so that the target's virtual directory needs \
               Integrated Windows Authentication. Forms authentication switches it off.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: no_integrated_auth,
    },
    Rule {
        id: "2007/proxy",
        title: "The entry proxies to the mailbox's site",
        docs: "OWA without an ExternalURL at the target, and every other HTTP service whatever its \
               ExternalURL, is forwarded over HTTPS to a Client Access server of the mailbox's site, \
               which serves it there.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: proxy,
    },
];

fn outlook_inside(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    if !matches!(q.protocol(), Protocol::OutlookCached | Protocol::OutlookOnline) {
        return None;
    }
    trace.note(|| ("Mailbox server that Outlook's profile names".to_owned(), q.mailbox().name.clone()));
    Some(Verdict::rpc_from_client())
}

fn no_mapi_http(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    if q.protocol() != Protocol::MapiHttp {
        return None;
    }
    trace.note(|| (format!("release of {}", q.entry().name), q.entry().generation.to_string()));
    Some(Verdict::refuse(Failure::NotSupported))
}

fn autodiscover(q: &Query<'_>, _: &mut Trace) -> Option<Verdict> {
    (q.protocol() == Protocol::Autodiscover).then(Verdict::local)
}

fn oab(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    if q.protocol() != Protocol::Oab {
        return None;
    }
    if q.same_site() {
        return Some(Verdict::local());
    }
    let inside = q.ask.topology.sites[q.entry().site.index()].internet.is_none();
    let handed_out = q.candidates().find(|&id| {
        let directory = q.cas(id).directory(Service::Oab);
        let external = directory.external_url.as_ref();
        note_url(q, trace, "ExternalURL", id, Service::Oab);
        external.is_some() || (inside && directory.internal_url.is_some())
    });
    Some(handed_out.map_or_else(Verdict::local, Verdict::handed_out))
}

fn outlook_anywhere_off(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    if q.protocol() != Protocol::OutlookAnywhere {
        return None;
    }
    let on = q.entry().outlook_anywhere;
    trace.note(|| (format!("Outlook Anywhere on {}", q.entry().name), on_off(on)));
    (!on).then(|| Verdict::refuse(Failure::ServiceDisabled))
}

fn pop_imap_off(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    if !is_pop_imap(q.protocol()) {
        return None;
    }
    let on = q.entry().pop_imap;
    trace.note(|| (format!("{} service on {}", q.protocol().title(), q.entry().name), on_off(on)));
    (!on).then(|| Verdict::refuse(Failure::ServiceDisabled))
}

fn local(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    trace.note(|| {
        (format!("AD site of the entry {}", q.entry().name), q.site_name(q.entry().site).to_owned())
    });
    trace.note(|| ("AD site of the mailbox".to_owned(), q.site_name(q.mailbox().site).to_owned()));
    q.same_site().then(Verdict::local)
}

fn no_route(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    // A redirected browser reaches the other site by itself, and a POP3 or IMAP4
    // client would be refused even with a path: both are left to their own rules.
    if is_pop_imap(q.protocol()) || redirect_target(q, &mut Trace::silent()).is_some() {
        return None;
    }
    let joined = q.joined();
    trace.note(|| {
        let (a, b) = (q.site_name(q.entry().site), q.site_name(q.mailbox().site));
        (format!("site links between {a} and {b}"), if joined { "present" } else { "none" }.to_owned())
    });
    (!joined).then(|| Verdict::refuse(Failure::NoRoute))
}

fn outlook_anywhere(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    if q.protocol() != Protocol::OutlookAnywhere {
        return None;
    }
    trace.note(|| ("Mailbox server".to_owned(), q.mailbox().name.clone()));
    Some(Verdict::rpc_direct())
}

fn pop_imap(q: &Query<'_>, _: &mut Trace) -> Option<Verdict> {
    is_pop_imap(q.protocol()).then(|| Verdict::refuse(Failure::PopImapCrossSite))
}

fn no_target(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    let count = q.candidates().count();
    trace.note(|| {
        let site = q.site_name(q.mailbox().site);
        let names: Vec<&str> = q.candidates().map(|id| q.cas(id).name.as_str()).collect();
        let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        (format!("{} Client Access servers in {site}", q.mailbox().generation.major()), found)
    });
    (count == 0).then(|| Verdict::refuse(Failure::NoTarget))
}

fn owa_redirect(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    let target = redirect_target(q, trace)?;
    let url = q.cas(target).directory(Service::Owa).external_url.as_ref()?;
    Some(Verdict::redirect(Mechanism::RedirectManual, target, url))
}

fn redirect_target(q: &Query<'_>, trace: &mut Trace) -> Option<Id<CasGroup>> {
    if q.protocol() != Protocol::Owa {
        return None;
    }
    q.candidates().find(|&id| {
        note_url(q, trace, "ExternalURL", id, Service::Owa);
        q.cas(id).directory(Service::Owa).external_url.is_some()
    })
}

fn no_internal_url(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    let service = Service::of(q.protocol())?;
    let none = q.candidates().all(|id| {
        note_url(q, trace, "InternalURL", id, service);
        q.cas(id).directory(service).internal_url.is_none()
    });
    none.then(|| Verdict::refuse(Failure::NoInternalUrl))
}

fn no_integrated_auth(q: &Query<'_>, trace: &mut Trace) -> Option<Verdict> {
    proxy_target(q, trace).is_none().then(|| Verdict::refuse(Failure::NoIntegratedAuth))
}

fn proxy(q: &Query<'_>, _: &mut Trace) -> Option<Verdict> {
    Some(match proxy_target(q, &mut Trace::silent()) {
        Some(target) => Verdict::proxy(target),
        None => Verdict::refuse(Failure::NotSupported),
    })
}

fn proxy_target(q: &Query<'_>, trace: &mut Trace) -> Option<Id<CasGroup>> {
    let service = Service::of(q.protocol())?;
    q.candidates().filter(|&id| q.cas(id).directory(service).internal_url.is_some()).find(|&id| {
        let on = q.cas(id).directory(service).integrated();
        trace.note(|| {
            (format!("Integrated Windows Authentication on {}", q.directory_name(id, service)), on_off(on))
        });
        on
    })
}

fn is_pop_imap(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Pop | Protocol::Imap)
}

fn on_off(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

fn note_url(q: &Query<'_>, trace: &mut Trace, what: &str, id: Id<CasGroup>, service: Service) {
    trace.note(|| {
        let directory = q.cas(id).directory(service);
        let url = if what == "ExternalURL" { &directory.external_url } else { &directory.internal_url };
        (
            format!("{what} of {}", q.directory_name(id, service)),
            url.as_ref().map_or_else(|| "not set".to_owned(), |u| u.text.clone()),
        )
    });
}
