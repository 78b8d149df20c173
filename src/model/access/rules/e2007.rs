//! Exchange 2007: the founding article's rules and, from SP1 on, the documentation's.

use super::common::{ARTICLE, closed, note_sites, published, unjoined};
use super::endpoint::at_endpoint;
use super::rule::{Confidence, Rule};
use crate::kernel::Id;
use crate::model::access::answer::{Answer, ClientSees, Mechanism};
use crate::model::access::failure::Failure;
use crate::model::access::hop::{View, follows_external};
use crate::model::access::query::{on_off, url_words};
use crate::model::access::trace::Trace;
use crate::model::protocol::{Protocol, RPC_PROXY_PORTS};
use crate::model::release::Generation;
use crate::model::switches::CrossSiteRedirectType;
use crate::model::topology::CasGroup;
use crate::model::topology::RtmDevice;

/// Outlook on the internal network.
pub(super) const OUTLOOK_INSIDE: &[Rule] = &[
    Rule {
        id: "2007/outlook-inside-2010",
        title: "Outlook inside connects to the RPC Client Access endpoint of a 2010 mailbox",
        docs: "The profile of a 2010 mailbox names a Client Access server or array of its site; the 2007 \
               server is not asked, and has no RPC Client Access where a database names it.",
        source: "Exchange Team Blog, 2012-05-30, RPC Client Access",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !q.protocol().is_outlook_inside() || q.mailbox().generation.major() < 2010 {
                return None;
            }
            Some(at_endpoint(q, trace))
        },
    },
    Rule {
        id: "2007/outlook-inside",
        title: "Outlook inside talks to the Mailbox server",
        docs: "Outlook on the internal network opens MAPI/RPC to the Mailbox server itself; no Client Access \
               server is on the path.",
        source: "blog.sembee.co.uk, 2010-11",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !q.protocol().is_outlook_inside() {
                return None;
            }
            trace.note(|| ("Mailbox server that Outlook's profile names".into(), q.mailbox().name.clone()));
            Some(Answer::rpc_from_client(q))
        },
    },
];

/// The entry's own site.
pub(super) const LOCAL: &[Rule] = &[Rule {
    id: "2007/local",
    title: "The entry stands in the mailbox's site",
    docs: "A Client Access server serves the mailboxes of its own Active Directory site itself, by RPC to \
           the Mailbox server.",
    source: ARTICLE,
    confidence: Confidence::Article,
    apply: |q, trace| {
        note_sites(q, trace);
        (q.same_site() && q.same_major()).then(|| Answer::local(q))
    },
}];

/// Devices inside one site, SP1 on.
pub(super) const SAME_SITE_451: &[Rule] = &[Rule {
    id: "2007/eas-same-site-451",
    title: "A sibling with an ExternalURL draws devices away",
    docs: "If the entry's ActiveSync directory has no ExternalURL and a sibling in the same site has one, \
           the entry answers 451 even for mailboxes of its own site. Set the ExternalURL on every server \
           of the site. A setting switches this rule off.",
    source: "TechNet dd439372, ActiveSync returned HTTP 451, 2009-08-18",
    confidence: Confidence::Source,
    apply: |q, trace| {
        // What was proxied is not sent on.
        if q.protocol() != Protocol::Eas || !q.same_site() || !q.same_major() || q.ask.caller.proxied {
            return None;
        }
        trace.note(|| {
            (format!("ExternalURL of {}", q.directory_name(q.ask.entry)), url_words(q.external(q.ask.entry)))
        });
        if q.external(q.ask.entry).is_some() || !q.entry().switches.eas_same_site_451 {
            return None;
        }
        let sibling = published(q, trace)?;
        Some(device_sent_on(q, trace, sibling))
    },
}];

/// RPC over HTTP.
pub(super) const OUTLOOK_ANYWHERE: &[Rule] = &[
    Rule {
        id: "2007/outlook-anywhere-no-route",
        title: "Nothing joins the entry and the Mailbox server",
        docs: "The entry opens RPC to the Mailbox server across the site links; there are none.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: |q, trace| {
            (q.protocol() == Protocol::OutlookAnywhere && unjoined(q, trace))
                .then(|| Answer::refuse(q, Failure::NoRoute))
        },
    },
    Rule {
        id: "2007/outlook-anywhere-ports",
        title: "A firewall closes RPC to the Mailbox server",
        docs: "The entry needs ports 6001 (store), 6002 (referral) and 6004 (directory) of the Mailbox \
               server. Without them Outlook keeps trying or asks for a password, with no useful error.",
        source: "thesoundtrackofmylife.at, 2008-12-12, Outlook Anywhere and multiple sites",
        confidence: Confidence::Source,
        apply: |q, trace| {
            (q.protocol() == Protocol::OutlookAnywhere && closed(q, trace, &RPC_PROXY_PORTS))
                .then(|| Answer::refuse(q, Failure::PortClosed))
        },
    },
    Rule {
        id: "2007/outlook-anywhere",
        title: "Outlook Anywhere goes straight to the Mailbox server",
        docs: "The entry's RPC proxy unwraps RPC and opens it to the Mailbox server in the other site. There \
               is neither redirection nor a second Client Access server.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: |q, trace| {
            if q.protocol() != Protocol::OutlookAnywhere {
                return None;
            }
            trace.note(|| ("Mailbox server".to_owned(), q.mailbox().name.clone()));
            Some(Answer::rpc_direct(q))
        },
    },
];

/// POP3 and IMAP4 as the article has them.
pub(super) const POP_IMAP_ARTICLE: &[Rule] = &[Rule {
    id: "2007/pop-imap",
    title: "POP3 and IMAP4 never cross sites",
    docs: "There is no proxying between Client Access servers for POP3 and IMAP4: the client must be pointed \
           at a server of its mailbox's site.",
    source: ARTICLE,
    confidence: Confidence::Article,
    apply: |q, _| q.protocol().is_mail().then(|| refused_logon(q)),
}];

/// POP3 and IMAP4 as documented.
pub(super) const POP_IMAP: &[Rule] = &[
    Rule {
        id: "2007/pop-imap-cross-site-off",
        title: "AllowCrossSiteSessions is off",
        docs: "By default the POP3 and IMAP4 services refuse users of another site's mailboxes; event 1008. \
               Installing a service pack resets the setting to this default. (Without service pack the \
               default is not documented; refusal is assumed.)",
        source: "TechNet cc671173, cross-site connectivity for POP3 and IMAP4",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !q.protocol().is_mail() {
                return None;
            }
            let on = q.entry().switches.allow_cross_site_sessions;
            trace.note(|| (format!("AllowCrossSiteSessions on {}", q.entry().name), on_off(on)));
            (!on).then(|| refused_logon(q))
        },
    },
    Rule {
        id: "2007/pop-imap-no-path",
        title: "RPC does not get through to the Mailbox server",
        docs: "AllowCrossSiteSessions makes the entry open RPC to the Mailbox server; that needs site links \
               and open RPC ports.",
        source: "TechNet cc671173, cross-site connectivity for POP3 and IMAP4",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !q.protocol().is_mail() {
                return None;
            }
            if unjoined(q, trace) {
                return Some(Answer::refuse(q, Failure::NoRoute));
            }
            closed(q, trace, &[135, 6001]).then(|| Answer::refuse(q, Failure::PortClosed))
        },
    },
    Rule {
        id: "2007/pop-imap-direct",
        title: "AllowCrossSiteSessions is on: RPC to the Mailbox server",
        docs: "The entry opens RPC straight to the Mailbox server of the other site: slow, but it works. \
               There is no second Client Access server.",
        source: "TechNet cc671173, cross-site connectivity for POP3 and IMAP4",
        confidence: Confidence::Source,
        apply: |q, _| q.protocol().is_mail().then(|| Answer::rpc_direct(q)),
    },
];

/// What the release without service pack does not do.
pub(super) const RTM: &[Rule] = &[
    Rule {
        id: "2007/ews-rtm",
        title: "Exchange Web Services are not proxied before SP1",
        docs: "Proxying between Client Access servers for Exchange Web Services arrives with SP1.",
        source: "MSDN bb856576, configuring EWS for proxy requests, 2007-11-01",
        confidence: Confidence::Source,
        apply: |q, _| (q.protocol() == Protocol::Ews).then(|| Answer::refuse(q, Failure::EwsNotProxied)),
    },
    Rule {
        id: "2007/eas-rtm",
        title: "Devices of a published site, without service pack: refused by setting",
        docs: "Documentation of HTTP 451 names SP1 as its first release; what the release without service \
               pack did is open. By default it proxies, as the article says; a setting makes it answer 403.",
        source: "founding article against MS-ASHTTP, appendix A",
        confidence: Confidence::Contested,
        apply: |q, trace| {
            if q.protocol() != Protocol::Eas {
                return None;
            }
            published(q, trace)?;
            (q.topology().switches.contested.eas_rtm == RtmDevice::Refuse)
                .then(|| Answer::refuse(q, Failure::DeviceCannotFollow))
        },
    },
];

/// OWA redirects.
pub(super) const OWA: &[Rule] = &[Rule {
    id: "2007/owa-redirect",
    title: "OWA redirects to the ExternalURL of the mailbox's site",
    docs: "If an OWA virtual directory in the mailbox's site has an ExternalURL, the entry sends the browser \
           there: a page with a link that the user clicks, then a second logon. Only directory data \
           counts; neither name resolution nor reachability is looked at. The entry needs no ExternalURL \
           of its own.",
    source: "founding article; Exchange Team Blog 591420 for the page with a link",
    confidence: Confidence::Article,
    apply: |q, trace| {
        let how = q.topology().switches.contested.owa_2007_redirect;
        let mechanism = match how {
            CrossSiteRedirectType::Manual => Mechanism::RedirectManual,
            CrossSiteRedirectType::Silent => Mechanism::RedirectSilent,
        };
        owa_redirect(q, trace, mechanism)
    },
}];

/// Devices are told a better URL, SP1 on.
pub(super) const EAS_451: &[Rule] = &[Rule {
    id: "2007/eas-451",
    title: "Devices are told the ExternalURL of the mailbox's site",
    docs: "From SP1 on a device whose mailbox's site has an ActiveSync ExternalURL is answered 451 with that \
           URL, and uses it from then on. A device below protocol version 12.1 is answered 403 (the \
           threshold is a setting). The article says that only OWA is redirected.",
    source: "TechNet dd439372, ActiveSync returned HTTP 451; MS-ASHTTP 3.1.5.2.2",
    confidence: Confidence::Contested,
    apply: |q, trace| {
        if q.protocol() != Protocol::Eas {
            return None;
        }
        let target = published(q, trace)?;
        Some(device_sent_on(q, trace, target))
    },
}];

/// OWA's redirect, unless `RedirectToOptimalOWAServer` is off.
pub(super) fn owa_redirect(q: &View<'_>, trace: &mut Trace, mechanism: Mechanism) -> Option<Answer> {
    if q.protocol() != Protocol::Owa {
        return None;
    }
    let target = published(q, trace)?;
    let on = !follows_external(q);
    trace.note(|| (format!("RedirectToOptimalOWAServer on {}", q.entry().name), on_off(on)));
    on.then(|| Answer::redirect(q, mechanism, Some(target), q.external(target)))
}

/// What a 2007 server answers a device that should go elsewhere.
pub(super) fn device_sent_on(q: &View<'_>, trace: &mut Trace, target: Id<CasGroup>) -> Answer {
    let device = q.ask.caller.device;
    note_device(q, trace);
    if device.version < q.entry().switches.eas_451_from {
        return Answer::refuse(q, Failure::DeviceCannotFollow);
    }
    if !device.can_follow() {
        return Answer::refuse(q, Failure::DeviceCannotFollow).seen_as(ClientSees::Status451);
    }
    Answer::redirect(q, Mechanism::Redirect451, Some(target), q.external(target))
}

/// Notes what the device can do.
pub(super) fn note_device(q: &View<'_>, trace: &mut Trace) {
    let device = q.ask.caller.device;
    trace.note(|| {
        let (major, minor) = (device.version / 10, device.version % 10);
        let follows = if device.can_follow() { "follows" } else { "does not follow" };
        ("device".to_owned(), format!("protocol {major}.{minor}, {follows} 451"))
    });
}

/// A refused POP3 or IMAP4 logon. The event is documented from SP1 on.
fn refused_logon(q: &View<'_>) -> Answer {
    let answer = Answer::refuse(q, Failure::PopImapCrossSite);
    if q.entry().generation < Generation::E2007Sp1 {
        return answer;
    }
    q.protocol().mail().map_or(answer.clone(), |mail| answer.logged(mail.service, 1008))
}
