//! Exchange 2003: back ends behind a 2007 or 2010 entry, and a 2003 front end.

use super::common::{MEMORY, closed, unjoined};
use super::rule::{Confidence, Rule};
use crate::model::access::answer::{Answer, ClientSees, Mechanism};
use crate::model::access::failure::Failure;
use crate::model::access::hop::View;
use crate::model::access::query::{OwaPath, on_off, url_words};
use crate::model::access::trace::Trace;
use crate::model::protocol::{BackEnd2003, Protocol};

const COEXISTENCE: &str = "TechNet bb885041, OWA coexistence of 2007, 2003 and 2000";

/// Behind a 2007 entry; the Outlook inside rules come before.
pub(super) const FROM_2007: &[Rule] = &[
    NO_ROUTE,
    Rule {
        id: "2003/owa-not-here",
        title: "/owa does not find mailboxes of Exchange 2003",
        docs: "The 2007 directory /owa serves 2007 mailboxes alone: the user is told that no mailbox could \
               be found. /exchange, /public and /exchweb on the same server lead to the back end.",
        source: COEXISTENCE,
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !legacy(q, Protocol::Owa) {
                return None;
            }
            note_path(q, trace);
            (q.ask.caller.path == OwaPath::Owa).then(|| Answer::refuse(q, Failure::LegacyMailbox))
        },
    },
    Rule {
        id: "2003/owa-exchange",
        title: "/exchange is forwarded to the 2003 back end",
        docs: "A 2007 entry forwards /exchange, /public and /exchweb to the back end that holds the mailbox, \
               also across sites, and whatever Client Access servers stand there.",
        source: COEXISTENCE,
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !legacy(q, Protocol::Owa) {
                return None;
            }
            note_back_end(q, trace);
            Some(Answer::legacy_proxy(q))
        },
    },
    EAS_BLOCKED,
    EAS_NO_INTEGRATED,
    EAS_SSL,
    EAS,
    OUTLOOK_ANYWHERE,
    POP_IMAP,
    NOTHING_ELSE,
];

/// Behind a 2010 entry.
pub(super) const FROM_2010: &[Rule] = &[
    Rule {
        id: "2003/outlook-inside",
        title: "Outlook inside talks to the 2003 back end",
        docs: "Outlook on the internal network opens MAPI/RPC to the back end itself.",
        source: "blog.sembee.co.uk, 2010-11",
        confidence: Confidence::Source,
        apply: |q, _| (of_2003(q) && q.protocol().is_outlook_inside()).then(|| Answer::rpc_from_client(q)),
    },
    Rule {
        id: "2003/owa-proxied-by-2010",
        title: "2010 forwards /exchange by setting",
        docs: "Early help of Exchange 2010 has /exchange forwarded to the back end; the released product \
               redirects to Exchange2003Url. The redirect is the default, a setting chooses the other.",
        source: "johnnyyao.blogspot, 2010-03, copies of early help",
        confidence: Confidence::Contested,
        apply: |q, trace| {
            if !legacy(q, Protocol::Owa) || q.ask.caller.path != OwaPath::Exchange {
                return None;
            }
            let proxies = q.topology().switches.contested.owa_2010_proxies_2003;
            trace.note(|| ("2010 proxies /exchange to 2003 (contested)".into(), on_off(proxies)));
            (proxies && q.joined()).then(|| Answer::legacy_proxy(q))
        },
    },
    Rule {
        id: "2003/no-exchange2003-url",
        title: "Exchange2003Url is missing or names no virtual directory",
        docs: "A 2010 entry sends the browser of a 2003 mailbox to Exchange2003Url, which must be a full URL \
               with the path of the directory; without it the user sees an error page.",
        source: "Exchange Team Blog 596845, upgrading OWA",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !legacy(q, Protocol::Owa) {
                return None;
            }
            let url = q.entry().switches.exchange2003_url.as_ref();
            trace.note(|| (format!("Exchange2003Url of {}", q.entry().name), url_words(url)));
            let named = url.is_some_and(|u| {
                let path = u.text.splitn(4, '/').nth(3).unwrap_or("");
                !path.trim_matches('/').is_empty()
            });
            (!named).then(|| Answer::refuse(q, Failure::NoLegacyUrl))
        },
    },
    Rule {
        id: "2003/owa-redirect",
        title: "2010 sends the browser to Exchange2003Url",
        docs: "A 2010 entry cannot serve OWA for a 2003 mailbox and sends the browser, silently, to \
               Exchange2003Url.",
        source: "Exchange Team Blog 596845, upgrading OWA; Set-OwaVirtualDirectory",
        confidence: Confidence::Source,
        apply: |q, _| {
            if !legacy(q, Protocol::Owa) {
                return None;
            }
            let url = q.entry().switches.exchange2003_url.as_ref();
            Some(Answer::redirect(q, Mechanism::LegacyRedirect, q.front_end(), url))
        },
    },
    NO_ROUTE,
    EAS_BLOCKED,
    EAS_NO_INTEGRATED,
    EAS_SSL,
    EAS,
    OUTLOOK_ANYWHERE,
    POP_IMAP,
    NOTHING_ELSE,
];

/// A 2003 front end.
pub(super) const FRONT_END: &[Rule] = &[
    Rule {
        id: "2003/newer-mailbox",
        title: "A 2003 front end cannot serve a newer mailbox",
        docs: "Exchange 2003 knows nothing of later releases: whoever comes in there with a mailbox of a \
               later one is turned away.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            trace.note(|| ("release of the mailbox".into(), q.mailbox().generation.to_string()));
            (!of_2003(q)).then(|| Answer::refuse(q, Failure::MailboxNewer))
        },
    },
    Rule {
        id: "2003/front-end",
        title: "A 2003 front end forwards to the back end",
        docs: "OWA, ActiveSync, POP3 and IMAP4 are forwarded to the back end that holds the mailbox; Outlook \
               Anywhere opens RPC to it. Sites do not matter.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            note_back_end(q, trace);
            Some(match q.protocol().facts().back_end_2003 {
                BackEnd2003::Rpc(_) => Answer::rpc_direct(q),
                BackEnd2003::FromClient => Answer::rpc_from_client(q),
                BackEnd2003::Forwarded(_) => Answer::legacy_proxy(q),
                BackEnd2003::Never => Answer::refuse(q, Failure::NotSupported),
            })
        },
    },
];

const NO_ROUTE: Rule = Rule {
    id: "2003/no-path",
    title: "The entry does not get through to the back end",
    docs: "Whatever is forwarded to a 2003 back end needs site links to it and its port open: 80 for HTTP, \
           110 for POP3, 143 for IMAP4, 6001, 6002 and 6004 for Outlook Anywhere.",
    source: MEMORY,
    confidence: Confidence::Memory,
    apply: |q, trace| {
        let ports = match q.protocol().facts().back_end_2003 {
            BackEnd2003::Forwarded(ports) | BackEnd2003::Rpc(ports) => ports,
            BackEnd2003::FromClient | BackEnd2003::Never => return None,
        };
        // /owa is not forwarded to a back end.
        if q.protocol() == Protocol::Owa && q.ask.caller.path == OwaPath::Owa {
            return None;
        }
        if !of_2003(q) || q.same_site() {
            return None;
        }
        if unjoined(q, trace) {
            return Some(Answer::refuse(q, Failure::NoRoute));
        }
        closed(q, trace, ports).then(|| Answer::refuse(q, Failure::PortClosed))
    },
};

const EAS_BLOCKED: Rule = Rule {
    id: "2003/eas-blocked",
    title: "BlockLegacyMailboxes refuses devices of 2003 mailboxes",
    docs: "The setting on the entry turns devices of 2003 mailboxes away.",
    source: "Exchange Team Blog 598999, 2007-01-05",
    confidence: Confidence::Source,
    apply: |q, trace| {
        if !legacy(q, Protocol::Eas) {
            return None;
        }
        let on = q.entry().switches.block_legacy_mailboxes;
        trace.note(|| (format!("BlockLegacyMailboxes on {}", q.entry().name), on_off(on)));
        on.then(|| Answer::refuse(q, Failure::LegacyBlocked))
    },
};

const EAS_NO_INTEGRATED: Rule = Rule {
    id: "2003/eas-no-integrated-auth",
    title: "The back end lacks Integrated Windows Authentication",
    docs: "The entry logs on to the back end's ActiveSync directory, which needs Integrated Windows \
           Authentication (KB937031).",
    source: "Exchange Team Blog 598999, 2007-01-05",
    confidence: Confidence::Source,
    apply: |q, trace| {
        if !legacy(q, Protocol::Eas) {
            return None;
        }
        let on = q.mailbox().switches.back_end_eas_integrated;
        trace.note(|| {
            let what = format!(
                "Integrated Windows Authentication on {} /Microsoft-Server-ActiveSync",
                q.mailbox().name
            );
            (what, on_off(on))
        });
        (!on).then(|| Answer::refuse(q, Failure::BackEndRefused).on_to_mailbox(q))
    },
};

const EAS_SSL: Rule = Rule {
    id: "2003/eas-ssl-or-forms",
    title: "The back end's Exchange directory demands SSL or forms authentication",
    docs: "ActiveSync on the back end works through its Exchange directory; with SSL required or forms \
           authentication there, devices are answered 403; event 1805.",
    source: "Microsoft KB817379",
    confidence: Confidence::Source,
    apply: |q, trace| {
        if !legacy(q, Protocol::Eas) {
            return None;
        }
        let on = q.mailbox().switches.back_end_ssl_or_forms;
        trace.note(|| (format!("SSL or forms demanded on {} /Exchange", q.mailbox().name), on_off(on)));
        on.then(|| {
            Answer::refuse(q, Failure::BackEndRefused)
                .on_to_mailbox(q)
                .seen_as(ClientSees::Forbidden)
                .logged("MSExchangeOMA", 1805)
        })
    },
};

const EAS: Rule = Rule {
    id: "2003/eas",
    title: "ActiveSync is forwarded to the 2003 back end",
    docs: "The entry forwards the device's request to the back end that holds the mailbox, even if a Client \
           Access server stands in that site.",
    source: "Exchange Team Blog 590787 and 598999",
    confidence: Confidence::Source,
    apply: |q, trace| {
        if !legacy(q, Protocol::Eas) {
            return None;
        }
        note_back_end(q, trace);
        Some(Answer::legacy_proxy(q))
    },
};

const OUTLOOK_ANYWHERE: Rule = Rule {
    id: "2003/outlook-anywhere",
    title: "Outlook Anywhere opens RPC to the 2003 back end",
    docs: "The entry's RPC proxy opens RPC to the back end that holds the mailbox.",
    source: MEMORY,
    confidence: Confidence::Memory,
    apply: |q, _| legacy(q, Protocol::OutlookAnywhere).then(|| Answer::rpc_direct(q)),
};

const POP_IMAP: Rule = Rule {
    id: "2003/pop-imap",
    title: "POP3 and IMAP4 are forwarded to the 2003 back end",
    docs: "The entry's POP3 or IMAP4 service connects to the same service of the back end.",
    source: "Microsoft KB932905; Set-PopSettings, ProxyTargetPort",
    confidence: Confidence::Source,
    apply: |q, _| (of_2003(q) && q.protocol().is_mail()).then(|| Answer::legacy_proxy(q)),
};

const NOTHING_ELSE: Rule = Rule {
    id: "2003/nothing-else",
    title: "Exchange 2003 has no such service",
    docs: "Exchange Web Services, Autodiscover and web distribution of the address book came with Exchange \
           2007; a 2003 mailbox has none of them.",
    source: MEMORY,
    confidence: Confidence::Memory,
    apply: |q, trace| {
        if !of_2003(q) {
            return None;
        }
        trace.note(|| ("release of the mailbox".into(), q.mailbox().generation.to_string()));
        Some(Answer::refuse(q, Failure::LegacyMailbox))
    },
};

fn of_2003(q: &View<'_>) -> bool {
    q.mailbox().generation.major() == 2003
}

fn legacy(q: &View<'_>, protocol: Protocol) -> bool {
    of_2003(q) && q.protocol() == protocol
}

fn note_path(q: &View<'_>, trace: &mut Trace) {
    trace.note(|| {
        let path = if q.ask.caller.path == OwaPath::Owa { "/owa" } else { "/exchange" };
        ("path that the user typed".to_owned(), path.to_owned())
    });
}

fn note_back_end(q: &View<'_>, trace: &mut Trace) {
    trace.note(|| ("Exchange 2003 back end that holds the mailbox".to_owned(), q.mailbox().name.clone()));
}
