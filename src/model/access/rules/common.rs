//! Rules that 2007 and 2010 have in common.

use super::rule::{Confidence, Rule};
use crate::kernel::Id;
use crate::model::access::answer::{Answer, ClientSees, Mechanism};
use crate::model::access::failure::Failure;
use crate::model::access::hop::View;
use crate::model::access::query::{ClientPlace, OwaPath, on_off, url_words};
use crate::model::access::trace::Trace;
use crate::model::protocol::Protocol;
use crate::model::topology::CasGroup;

/// The founding article.
pub(super) const ARTICLE: &str =
    "Elan Shudnow, \"Client Access Server Proxying and Redirection\", 2007-09-06";
/// What no page was found for.
pub(super) const MEMORY: &str = "practitioners' knowledge, no page found";

/// What holds before anything else.
pub(super) const FIRST: &[Rule] = &[
    Rule {
        id: "common/one-hop",
        title: "A proxied request is not proxied again",
        docs: "There is one hop between Client Access servers at most. A request that was forwarded to a \
               server whose site does not hold the mailbox (moved a moment ago, directory not yet \
               replicated) ends there with an error.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            if !q.ask.caller.proxied || (q.same_site() && q.same_major()) {
                return None;
            }
            trace.note(|| ("the request came from another Client Access server".into(), "yes".into()));
            Some(Answer::refuse(q, Failure::ProxiedTwice))
        },
    },
    Rule {
        id: "common/no-mapi-http",
        title: "MAPI/HTTP does not exist yet",
        docs: "MAPI over HTTP came with Exchange 2013 SP1; a server of 2007 or 2010 has no such directory.",
        source: "Microsoft, \"MAPI over HTTP in Exchange Server\"",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if q.protocol() != Protocol::MapiHttp {
                return None;
            }
            trace.note(|| (format!("release of {}", q.entry().name), q.entry().generation.to_string()));
            Some(Answer::refuse(q, Failure::NotSupported))
        },
    },
    Rule {
        id: "common/outlook-anywhere-off",
        title: "Outlook Anywhere is off at the entry",
        docs: "The RPC proxy must be enabled on the server that the client reaches.",
        source: "thesoundtrackofmylife.at, 2008-12-12, Outlook Anywhere and multiple sites",
        confidence: Confidence::Source,
        apply: outlook_anywhere_off,
    },
    Rule {
        id: "common/pop-imap-off",
        title: "POP3 and IMAP4 do not run at the entry",
        docs: "Setup does not start the POP3 and IMAP4 services; somebody must start them on the server \
               that the client reaches.",
        source: "wmlcloud guide to Exchange 2010 client access",
        confidence: Confidence::Source,
        apply: pop_imap_off,
    },
];

/// What the entry answers or refuses without asking who could serve.
pub(super) const ENTRY: &[Rule] = &[
    Rule {
        id: "common/autodiscover",
        title: "Autodiscover is answered where it is asked",
        docs: "The server asked answers itself, with the URLs of the mailbox's site; it reads the \
               directory, not the mailbox.",
        source: "Brad Hughes, Client Access load balancing, part 1, and AutodiscoverSiteScope",
        confidence: Confidence::Source,
        apply: |q, _| (q.protocol() == Protocol::Autodiscover).then(|| Answer::by_itself(q)),
    },
    Rule {
        id: "common/oab",
        title: "The offline address book is fetched from the URL handed out",
        docs: "The address book is a static download, never proxied. Its URL is that of the mailbox's site: \
               the ExternalURL for a client on the Internet, the InternalURL for one inside. Where that \
               site publishes none, a client on the Internet is given the URL of the site that it came in at.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: oab,
    },
    Rule {
        id: "common/typed-exchange",
        title: "/exchange is changed into /owa",
        docs: "A user whose mailbox is no longer on Exchange 2003 and who typed /exchange is sent to /owa \
               of the same server, which then decides as usual.",
        source: "TechNet bb885041, OWA coexistence of 2007, 2003 and 2000",
        confidence: Confidence::Source,
        apply: |q, trace| {
            let typed = q.ask.caller.path == OwaPath::Exchange && !q.ask.caller.proxied;
            if q.protocol() != Protocol::Owa || !typed {
                return None;
            }
            trace.note(|| ("path that the user typed".into(), "/exchange".into()));
            let url = q.external(q.ask.entry).or_else(|| q.directory(q.ask.entry)?.internal_url.as_ref());
            let answer = Answer::redirect(q, Mechanism::RedirectSilent, Some(q.ask.entry), url);
            Some(Answer { single_sign_on: true, ..answer })
        },
    },
];

/// Nobody in the mailbox's site.
pub(super) const NO_TARGET: &[Rule] = &[Rule {
    id: "common/no-target",
    title: "The mailbox's site has no Client Access server of its release",
    docs: "Every site with a Mailbox server needs a Client Access server of the same major release; without \
           one, OWA, ActiveSync, Exchange Web Services, POP3 and IMAP4 users of that site are cut off from \
           elsewhere.",
    source: "TechNet bb310763, \"Understanding Proxying and Redirection\", 2007; Exchange Team Blog 591448",
    confidence: Confidence::Source,
    apply: no_target,
}];

/// Notes which sites entry and mailbox are in.
pub(super) fn note_sites(q: &View<'_>, trace: &mut Trace) {
    trace.note(|| {
        (format!("AD site of the entry {}", q.entry().name), q.site_name(q.entry().site).to_owned())
    });
    trace.note(|| ("AD site of the mailbox".to_owned(), q.site_name(q.mailbox().site).to_owned()));
}

/// Notes that nothing joins the sites, if that is so.
pub(super) fn unjoined(q: &View<'_>, trace: &mut Trace) -> bool {
    let joined = q.joined();
    trace.note(|| {
        let (a, b) = (q.site_name(q.entry().site), q.site_name(q.mailbox().site));
        (format!("site links between {a} and {b}"), if joined { "present" } else { "none" }.to_owned())
    });
    !joined
}

/// Whether any of these ports is closed on the way to the mailbox's site.
pub(super) fn closed(q: &View<'_>, trace: &mut Trace, ports: &[u16]) -> bool {
    let closed = q.closed_port(q.mailbox().site, ports);
    if !q.same_site() {
        trace.note(|| {
            let list: Vec<String> = ports.iter().map(u16::to_string).collect();
            let (a, b) = (q.site_name(q.entry().site), q.site_name(q.mailbox().site));
            (
                format!("port{} {} from {a} to {b}", if list.len() > 1 { "s" } else { "" }, list.join(", ")),
                closed.map_or_else(|| "open".to_owned(), |port| format!("{port} closed")),
            )
        });
    }
    closed.is_some()
}

fn oab(q: &View<'_>, trace: &mut Trace) -> Option<Answer> {
    if q.protocol() != Protocol::Oab {
        return None;
    }
    if q.same_site() || !q.topology().switches.contested.oab_from_mailbox_site {
        return Some(Answer::by_itself(q));
    }
    let handed_out = q.candidates().find(|&id| {
        let directory = q.directory(id);
        let url = directory.and_then(|d| {
            let (internal, external) = (d.internal_url.as_ref(), d.external_url.as_ref());
            match q.ask.caller.place {
                Some(ClientPlace::Internet) => external,
                Some(ClientPlace::Inside(_)) => internal.or(external),
                // Nobody says where the client sits: whatever URL there is.
                None => external.or(internal),
            }
        });
        trace.note(|| {
            let which = match q.ask.caller.place {
                Some(ClientPlace::Internet) => "ExternalURL",
                Some(ClientPlace::Inside(_)) => "InternalURL",
                None => "URL",
            };
            (format!("{which} of {}", q.directory_name(id)), url_words(url))
        });
        url.is_some()
    });
    Some(match handed_out {
        None => Answer::by_itself(q),
        Some(id) if q.cas(id).generation.major() >= 2013 && !q.holds_the_mailbox(id) => {
            Answer::handed_out_by_proxy(q, id)
        }
        Some(id) => Answer::handed_out(q, id),
    })
}

pub(super) fn outlook_anywhere_off(q: &View<'_>, trace: &mut Trace) -> Option<Answer> {
    if q.protocol() != Protocol::OutlookAnywhere {
        return None;
    }
    let on = q.entry().outlook_anywhere;
    trace.note(|| (format!("Outlook Anywhere on {}", q.entry().name), on_off(on)));
    (!on).then(|| Answer::refuse(q, Failure::ServiceDisabled))
}

pub(super) fn pop_imap_off(q: &View<'_>, trace: &mut Trace) -> Option<Answer> {
    if !q.protocol().is_mail() {
        return None;
    }
    let on = q.entry().runs(q.protocol());
    trace.note(|| (format!("{} service on {}", q.protocol().title(), q.entry().name), on_off(on)));
    // Nothing listens there.
    (!on).then(|| Answer::refuse(q, Failure::ServiceDisabled).seen_as(ClientSees::ConnectError))
}

fn no_target(q: &View<'_>, trace: &mut Trace) -> Option<Answer> {
    let none = q.candidates().next().is_none();
    trace.note(|| {
        let site = q.site_name(q.mailbox().site);
        let names: Vec<&str> = q.candidates().map(|id| q.cas(id).name.as_str()).collect();
        let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        (format!("{} Client Access servers in {site}", q.mailbox().generation.major()), found)
    });
    none.then(|| Answer::refuse(q, Failure::NoTarget))
}

/// The first candidate by name whose virtual directory has an ExternalURL.
pub(super) fn published(q: &View<'_>, trace: &mut Trace) -> Option<Id<CasGroup>> {
    q.candidates().find(|&id| {
        trace.note(|| (format!("ExternalURL of {}", q.directory_name(id)), url_words(q.external(id))));
        q.external(id).is_some()
    })
}
