//! Exchange 2013, 2016 and 2019: the front end forwards to the server that holds the
//! active copy, in the protocol in which the client came.

use super::common::{MEMORY, pop_imap_off, published, unjoined};
use super::e2007::note_device;
use super::e2010::single_sign_on;
use super::endpoint::at_endpoint;
use super::rule::{Confidence, Rule};
use crate::kernel::Id;
use crate::model::access::answer::{Answer, Mechanism};
use crate::model::access::failure::Failure;
use crate::model::access::hop::View;
use crate::model::access::query::{OwaPath, on_off, url_words};
use crate::model::access::trace::Trace;
use crate::model::directory::Authentication;
use crate::model::protocol::Protocol;
use crate::model::topology::CasGroup;

const COEXISTENCE: &str = "vanhybrid.com, 2012-10-09, Exchange 2013 interoperability";
const ARCHITECTURE: &str = "Microsoft, Exchange architecture and client access";

/// The list.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "2013/no-2003",
        title: "2003 and 2013 do not live in one organisation",
        docs: "Exchange 2013 and later cannot be installed beside Exchange 2003; nothing serves such a mailbox.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            if q.mailbox().generation.major() != 2003 {
                return None;
            }
            trace.note(|| ("release of the mailbox".into(), q.mailbox().generation.to_string()));
            Some(Answer::refuse(q, Failure::NotSupported))
        },
    },
    Rule {
        id: "2013/pop-imap-off",
        title: "POP3 and IMAP4 do not run at the entry",
        docs: "The front-end POP3 and IMAP4 services start by hand; nothing listens on this server.",
        source: "Microsoft, POP3 and IMAP4 in Exchange 2013",
        confidence: Confidence::Source,
        apply: pop_imap_off,
    },
    Rule {
        id: "2013/typed-exchange",
        title: "/exchange is changed into /owa",
        docs: "A user who typed /exchange is sent to /owa of the same server, which then decides as usual.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, _| {
            if q.protocol() != Protocol::Owa || q.ask.caller.path != OwaPath::Exchange {
                return None;
            }
            let url = q.external(q.ask.entry).or_else(|| q.directory(q.ask.entry)?.internal_url.as_ref());
            let answer = Answer::redirect(q, Mechanism::RedirectSilent, Some(q.ask.entry), url);
            Some(Answer { single_sign_on: true, ..answer })
        },
    },
    Rule {
        id: "2013/outlook-inside-2007",
        title: "Outlook inside talks to a 2007 Mailbox server itself",
        docs: "The profile of a 2007 mailbox names its Mailbox server, that of a 2010 mailbox the RPC Client \
               Access endpoint that its database names, a server of 2010; the 2013 server is not asked, and \
               answers no RPC where a database names it.",
        source: COEXISTENCE,
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !q.protocol().is_outlook_inside() {
                return None;
            }
            match q.mailbox().generation.major() {
                2007 => Some(Answer::rpc_from_client(q)),
                2010 => Some(at_endpoint(q, trace)),
                _ => None,
            }
        },
    },
    Rule {
        id: "2013/mapi-http-off",
        title: "MAPI/HTTP is off in the organisation",
        docs: "Setup leaves MapiHttpEnabled off with 2013 SP1, and on from 2016 on unless servers of 2013 were \
               there first; Outlook then uses Outlook Anywhere.",
        source: "Microsoft, \"MAPI over HTTP in Exchange Server\"",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if q.protocol() != Protocol::MapiHttp {
                return None;
            }
            let on = q.topology().mapi_http();
            trace.note(|| ("MapiHttpEnabled of the organisation".to_owned(), on_off(on)));
            (!on).then(|| Answer::refuse(q, Failure::ServiceDisabled))
        },
    },
    Rule {
        id: "2013/mapi-http-older",
        title: "Older mailboxes have no MAPI/HTTP",
        docs: "MAPI over HTTP ends at the server that holds the mailbox, which must be 2013 SP1 or later.",
        source: "Microsoft, \"MAPI over HTTP in Exchange Server\"",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if q.protocol() != Protocol::MapiHttp || !older(q) {
                return None;
            }
            trace.note(|| ("release of the mailbox".into(), q.mailbox().generation.to_string()));
            Some(Answer::refuse(q, Failure::NotSupported))
        },
    },
    Rule {
        id: "2013/autodiscover-2007",
        title: "Autodiscover for a 2007 mailbox is answered by 2013",
        docs: "The 2013 server answers itself and hands out the URLs of the 2007 servers.",
        source: COEXISTENCE,
        confidence: Confidence::Source,
        apply: |q, _| {
            (q.protocol() == Protocol::Autodiscover && q.mailbox().generation.major() == 2007)
                .then(|| Answer::by_itself(q))
        },
    },
    Rule {
        id: "2013/no-target",
        title: "An older mailbox's site has no Client Access server of its release",
        docs: "For a mailbox of 2007 or 2010 the front end needs a Client Access server of that release in \
               the mailbox's site.",
        source: COEXISTENCE,
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !older(q) {
                return None;
            }
            let none = q.candidates().next().is_none();
            trace.note(|| {
                let names: Vec<&str> = q.candidates().map(|id| q.cas(id).name.as_str()).collect();
                let what = format!(
                    "{} Client Access servers in {}",
                    q.mailbox().generation.major(),
                    q.site_name(q.mailbox().site)
                );
                (what, if none { "none".to_owned() } else { names.join(", ") })
            });
            none.then(|| Answer::refuse(q, Failure::NoTarget))
        },
    },
    Rule {
        id: "2013/owa-2007",
        title: "OWA of a 2007 mailbox goes to the legacy ExternalURL",
        docs: "The browser is sent to the OWA ExternalURL of a 2007 Client Access server in the mailbox's \
               site, else (a setting) to that of a 2007 server in the entry's own site, which proxies; 2013 \
               cannot proxy OWA to 2007, so that without any there is an error page (a setting has it \
               proxy).",
        source: COEXISTENCE,
        confidence: Confidence::Source,
        apply: |q, trace| {
            if q.protocol() != Protocol::Owa || q.mailbox().generation.major() != 2007 {
                return None;
            }
            let by_setting = q.topology().switches.contested.owa_2013_proxies_2007;
            Some(match published(q, trace).or_else(|| legacy_here(q, trace).filter(|_| !by_setting)) {
                Some(target) => {
                    let single_sign_on = single_sign_on(q, target);
                    let url = q.external(target);
                    let answer = Answer::redirect(q, Mechanism::LegacyRedirect, Some(target), url);
                    Answer { single_sign_on, ..answer }
                }
                None if by_setting => return None,
                None => Answer::refuse(q, Failure::NoLegacyUrl),
            })
        },
    },
    Rule {
        id: "2013/ews-2007",
        title: "EWS of a 2007 mailbox is refused by setting",
        docs: "Autodiscover hands out the URLs of the 2007 servers, so that clients do not ask 2013 for EWS; who \
               does is proxied by default, and a setting has 2013 refuse.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            if q.protocol() != Protocol::Ews || q.mailbox().generation.major() != 2007 {
                return None;
            }
            let proxies = q.topology().switches.contested.ews_2013_proxies_2007;
            trace.note(|| ("2013 proxies EWS to 2007 (contested)".into(), on_off(proxies)));
            (!proxies).then(|| Answer::refuse(q, Failure::NotSupported))
        },
    },
    Rule {
        id: "2013/owa-redirect",
        title: "OWA goes silently to the other site's own name",
        docs: "If the mailbox is active in another site whose OWA ExternalURL names another host than the \
               user typed, the browser is sent there, with one logon where both ends use forms. With the \
               same host in both sites, or none, the front end proxies. A setting proxies always.",
        source: "msexchangeguru.com, 2015-06-09; vanhybrid.com, 2012-10-09; comments under the founding article, 2022",
        confidence: Confidence::Contested,
        apply: |q, trace| {
            if q.protocol() != Protocol::Owa || !q.topology().switches.contested.owa_2013_redirects {
                return None;
            }
            let target = other_host(q, trace)?;
            let single_sign_on = single_sign_on(q, target);
            let url = q.external(target);
            let answer = Answer::redirect(q, Mechanism::RedirectSilent, Some(target), url);
            Some(Answer { single_sign_on, ..answer })
        },
    },
    Rule {
        id: "2013/eas-redirect",
        title: "Devices are redirected by setting",
        docs: "From 2013 on devices are proxied even with regional ExternalURLs; comments of 2022 under the \
               founding article have them redirected. Proxying is the default, a setting chooses the other.",
        source: "comments under the founding article, 2022, against vanhybrid.com",
        confidence: Confidence::Contested,
        apply: |q, trace| {
            if q.protocol() != Protocol::Eas || !q.topology().switches.contested.eas_2013_redirects {
                return None;
            }
            let target = other_host(q, trace)?;
            note_device(q, trace);
            let device = q.ask.caller.device;
            (device.can_follow() && device.version >= q.entry().switches.eas_451_from)
                .then(|| Answer::redirect(q, Mechanism::Redirect451, Some(target), q.external(target)))
        },
    },
    Rule {
        id: "2013/local",
        title: "The entry holds the active copy",
        docs: "The server that the client reached is the one whose database copy is active: its back end \
               serves.",
        source: ARCHITECTURE,
        confidence: Confidence::Source,
        apply: |q, trace| {
            trace.note(|| ("server that holds the active copy".to_owned(), q.mailbox().name.clone()));
            q.holds_the_mailbox(q.ask.entry).then(|| Answer::by_itself(q))
        },
    },
    Rule {
        id: "2013/no-route",
        title: "Nothing joins the two sites",
        docs: "The front end needs a network path to the server that holds the mailbox.",
        source: ARCHITECTURE,
        confidence: Confidence::Source,
        apply: |q, trace| (!q.same_site() && unjoined(q, trace)).then(|| Answer::refuse(q, Failure::NoRoute)),
    },
    Rule {
        id: "2013/port-closed",
        title: "A firewall closes the back end's port",
        docs: "The front end connects to port 444 of the server with the active copy, 1995 for POP3, 1993 \
               for IMAP4; for mailboxes of 2007 and 2010 to 443, or a port of the service itself.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            let ports: &[u16] = match (q.protocol().mail(), older(q)) {
                (Some(mail), true) => &mail.ports,
                (Some(mail), false) => &[mail.back_end_port],
                (None, true) => &[443],
                (None, false) => &[444],
            };
            let shut = ports.iter().all(|&port| super::common::closed(q, trace, &[port]));
            shut.then(|| Answer::refuse(q, Failure::PortClosed))
        },
    },
    Rule {
        id: "2013/pop-imap-stopped",
        title: "POP3 or IMAP4 does not run in an older mailbox's site",
        docs: "For a mailbox of 2007 or 2010 the front end proxies to the POP3 or IMAP4 service of a Client \
               Access server in the mailbox's site; none runs there.",
        source: COEXISTENCE,
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !older(q) || !q.protocol().is_mail() {
                return None;
            }
            older_target(q, trace).is_none().then(|| Answer::refuse(q, Failure::TargetServiceStopped))
        },
    },
    Rule {
        id: "2013/outlook-anywhere-older",
        title: "Outlook Anywhere is off, or unfit, at the older target",
        docs: "For a mailbox of 2007 or 2010 the front end forwards RPC over HTTP to a Client Access server of \
               that release, also in a site without the Internet. Outlook Anywhere must be enabled there, with \
               NTLM among the IIS authentication methods and without SSL offloading.",
        source: "Exchange Team Blog, 2015-10-26, client connectivity of 2016 with 2010; practical365.com",
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !older(q) || q.protocol() != Protocol::OutlookAnywhere {
                return None;
            }
            for id in q.candidates() {
                trace.note(|| (format!("Outlook Anywhere on {}", q.cas(id).name), outlook_words(q.cas(id))));
            }
            if older_target(q, &mut Trace::silent()).is_some() {
                return None;
            }
            let unfit = q.candidates().find(|&id| q.cas(id).outlook_anywhere);
            Some(match unfit {
                Some(id) => Answer::refuse(q, Failure::NoIntegratedAuth).by_way_of(id),
                None => Answer::refuse(q, Failure::ServiceDisabled),
            })
        },
    },
    Rule {
        id: "2013/owa-2010-no-integrated-auth",
        title: "OWA of a 2010 target without Integrated Windows Authentication: refused by setting",
        docs: "Forms at a 2010 target do not hinder 2013 by default; a setting has it need Integrated Windows \
               Authentication there.",
        source: COEXISTENCE,
        confidence: Confidence::Contested,
        apply: |q, trace| {
            let needs = q.topology().switches.contested.owa_2013_needs_integrated;
            if q.protocol() != Protocol::Owa || q.mailbox().generation.major() != 2010 || !needs {
                return None;
            }
            let integrated =
                |id: Id<CasGroup>| q.directory(id).is_some_and(|directory| directory.integrated());
            for id in q.candidates() {
                let setting = format!("Integrated Windows Authentication on {}", q.directory_name(id));
                trace.note(|| (setting, on_off(integrated(id))));
            }
            (!q.candidates().any(integrated)).then(|| Answer::refuse(q, Failure::NoIntegratedAuth))
        },
    },
    Rule {
        id: "2013/proxy-older",
        title: "The front end proxies to a Client Access server of an older release",
        docs: "Requests for mailboxes of 2007 and 2010 go to a Client Access server of that release in the \
               mailbox's site, which answers Autodiscover and hands out the address book by itself.",
        source: COEXISTENCE,
        confidence: Confidence::Source,
        apply: |q, trace| {
            if !older(q) {
                return None;
            }
            let target = older_target(q, trace)?;
            let all = q.candidates().filter(|&id| serves_older(q, id) && !q.down(id)).collect();
            let by_itself = q.protocol() == Protocol::Autodiscover || q.protocol() == Protocol::Oab;
            let answer = if by_itself { Answer::proxy_alone(q, target) } else { Answer::proxy(q, target) };
            Some(answer.spread_over(all))
        },
    },
    Rule {
        id: "2013/proxy",
        title: "The front end proxies to the server with the active copy",
        docs: "In the protocol in which the client came, in whatever site: HTTP over SSL, POP as POP, IMAP \
               as IMAP. There is no choice of target, no affinity, and no RPC between sites any more.",
        source: ARCHITECTURE,
        confidence: Confidence::Source,
        apply: |q, trace| {
            trace.note(|| ("server that holds the active copy".to_owned(), q.mailbox().name.clone()));
            Some(Answer::proxy_to_mailbox(q))
        },
    },
];

/// Whether the mailbox is on 2007 or 2010.
fn older(q: &View<'_>) -> bool {
    q.mailbox().generation.major() < 2013
}

/// A server of the mailbox's site, if that is another one, whose ExternalURL names
/// another host than the client used.
fn other_host(q: &View<'_>, trace: &mut Trace) -> Option<Id<CasGroup>> {
    if q.same_site() {
        return None;
    }
    let target = published(q, trace)?;
    let used = q.host_used();
    trace.note(|| ("host that the client used".to_owned(), used.unwrap_or("unknown").to_owned()));
    (q.external(target).map(|url| url.host.as_str()) != used).then_some(target)
}

fn older_target(q: &View<'_>, trace: &mut Trace) -> Option<Id<CasGroup>> {
    let live = q.candidates().find(|&id| {
        let target = q.cas(id);
        trace.note(|| {
            if q.protocol().is_mail() {
                let service = format!("{} service on {}", q.protocol().title(), target.name);
                return (service, on_off(target.runs(q.protocol())));
            }
            let url = q.directory(id).and_then(|d| d.internal_url.as_ref());
            (format!("target {}", target.name), url_words(url))
        });
        serves_older(q, id) && !q.down(id)
    });
    live.or_else(|| q.candidates().find(|&id| serves_older(q, id)))
}

fn serves_older(q: &View<'_>, id: Id<CasGroup>) -> bool {
    let group = q.cas(id);
    if q.protocol() == Protocol::OutlookAnywhere {
        return fit_for_outlook(group);
    }
    !q.protocol().is_mail() || group.runs(q.protocol())
}

/// Whether an older server takes Outlook Anywhere that a newer one forwards.
fn fit_for_outlook(group: &CasGroup) -> bool {
    let settings = &group.switches.outlook_anywhere;
    let ntlm = settings.auth.as_ref().is_none_or(|auth| auth.contains(&Authentication::Integrated));
    group.outlook_anywhere && ntlm && !settings.ssl_offloading
}

fn outlook_words(group: &CasGroup) -> String {
    let settings = &group.switches.outlook_anywhere;
    let basic = settings.auth.as_ref().is_some_and(|auth| !auth.contains(&Authentication::Integrated));
    match (group.outlook_anywhere, basic, settings.ssl_offloading) {
        (false, ..) => "off",
        (true, true, _) => "on, without NTLM",
        (true, false, true) => "on, with SSL offloading",
        (true, false, false) => "on",
    }
    .to_owned()
}

/// A 2007 server of the entry's own site with an OWA ExternalURL, which proxies to others.
fn legacy_here(q: &View<'_>, trace: &mut Trace) -> Option<Id<CasGroup>> {
    if q.same_site() || !q.topology().switches.contested.owa_2013_by_legacy_here {
        return None;
    }
    let here = q.topology().sites[q.entry().site.index()].cas.iter().copied();
    here.filter(|&id| q.cas(id).generation.major() == 2007).find(|&id| {
        trace.note(|| (format!("ExternalURL of {}", q.directory_name(id)), url_words(q.external(id))));
        q.external(id).is_some()
    })
}
