//! Proxying between Client Access servers: one rule for each stage at which a hop
//! can end, and the last rule, which proxies.

use super::common::{ARTICLE, unjoined};
use super::rule::{Confidence, Rule};
use crate::model::access::answer::{Answer, ClientSees};
use crate::model::access::failure::Failure;
use crate::model::access::hop::{Candidate, Fault, View, describe};
use crate::model::access::trace::Trace;
use crate::model::protocol::Protocol;

/// The stages in order.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "hop/no-route",
        title: "Nothing joins the two sites",
        docs: "A hop between Client Access servers needs a network path between the sites. A redirect does \
               not, because the client goes there by itself.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: |q, trace| unjoined(q, trace).then(|| Answer::refuse(q, Failure::NoRoute)),
    },
    Rule {
        id: "hop/no-internal-url",
        title: "No target has an InternalURL",
        docs: "Proxying follows the InternalURL of the target's virtual directory, for Exchange Web Services \
               the InternalNLBBypassUrl first. Setup fills the InternalURL in; somebody cleared it.",
        source: "TechNet bb310763, \"Understanding Proxying and Redirection\", 2007",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::NoInternalUrl),
    },
    Rule {
        id: "hop/no-integrated-auth",
        title: "No target has Integrated Windows Authentication",
        docs: "The entry logs on to the target with Kerberos as its own machine account, so that the \
               target's virtual directory needs Integrated Windows Authentication. Forms authentication \
               on an OWA directory excludes it. ActiveSync uses the subdirectory Proxy, where setup \
               leaves it on.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: |q, trace| fails(q, trace, Fault::NoIntegrated),
    },
    Rule {
        id: "hop/no-bypass-url",
        title: "EWS proxying needs a name for each computer",
        docs: "When the EWS InternalURL is the name of a load balancer, the entry needs InternalNLBBypassUrl \
               to find a server; when it is the computer's own name, it serves.",
        source: "MSDN bb856576, configuring EWS for proxy requests, 2007-11-01",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::NoBypass),
    },
    Rule {
        id: "hop/not-secure",
        title: "The target's URL is http",
        docs: "The hop uses SSL unless registry AllowProxyingWithoutSSL is set on the entry server; event 42.",
        source: "TechNet ff980613, event MSExchange OWA 42",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::NotSecure),
    },
    Rule {
        id: "hop/name-not-resolved",
        title: "The target's name does not resolve inside",
        docs: "The entry looks the host of the target's URL up in internal DNS. With \
               RedirectToOptimalOWAServer off it goes to the ExternalURL, and a name that it cannot reach \
               gives HTTP 404.",
        source: "blog.51cto.com/2770859/822088, copy of TechNet bb885049",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::Unresolved),
    },
    Rule {
        id: "hop/no-service-principal",
        title: "Kerberos knows no server by that name",
        docs: "An IP address, a shared or public name without a service principal name, or a directory that \
               offers NTLM alone: no Kerberos ticket can be had; event 71. ActiveSync and Exchange Web \
               Services accept a balancer's name from SP1 on.",
        source: "TechNet ff985665, event MSExchange OWA 71; Brad Hughes, load balancing, part 2",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::NoPrincipal),
    },
    Rule {
        id: "hop/untrusted-certificate",
        title: "The target's certificate is not trusted",
        docs: "A self-signed certificate is accepted between Client Access servers, unless registry \
               AllowInternalUntrustedCerts is 0 on the entry server; event 43.",
        source: "TechNet ff981886, event MSExchange OWA 43",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::Untrusted),
    },
    Rule {
        id: "hop/port-closed",
        title: "A firewall closes the port between the sites",
        docs: "The hop needs port 443 (80 where SSL was waived) from the entry's site to the mailbox's.",
        source: "TechNet bb310763, \"Understanding Proxying and Redirection\", 2007",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::PortClosed),
    },
    Rule {
        id: "hop/down",
        title: "The target is down",
        docs: "For OWA and Exchange Web Services the entry passes over servers that are down; it finds none. \
               ActiveSync has one target, the first suitable server by name, and does not fail over.",
        source: "Brad Hughes, Client Access load balancing, part 2",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::Down),
    },
    Rule {
        id: "hop/astray",
        title: "The target's name leads to a server that cannot serve",
        docs: "The host of the URL leads to a server outside the mailbox's site or of another release, \
               perhaps to the entry itself. The request arrives there as one that was proxied already, and \
               is not proxied again.",
        source: "TechNet bb310763, \"Understanding Proxying and Redirection\", 2007, for the one hop",
        confidence: Confidence::Memory,
        apply: |q, trace| fails(q, trace, Fault::Astray),
    },
    Rule {
        id: "hop/service-down",
        title: "The service is down on the target",
        docs: "The target is up and the service is not. The entry cannot tell beforehand; sessions that it \
               sends there fail.",
        source: super::common::MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| fails(q, trace, Fault::ServiceDown),
    },
    Rule {
        id: "hop/ssl-demanded",
        title: "The target demands SSL on an http hop",
        docs: "AllowProxyingWithoutSSL helps only if the target's virtual directory does not require SSL: \
               else it answers 403; event 42.",
        source: "TechNet ff980613, event MSExchange OWA 42",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::SslDemanded),
    },
    Rule {
        id: "hop/unauthorized",
        title: "The target refuses the entry's logon",
        docs: "With RedirectToOptimalOWAServer off, authentication at the target is not checked beforehand: \
               the hop is attempted, and without Integrated Windows Authentication ends in an error page.",
        source: "blog.51cto.com/2770859/822088, copy of TechNet bb885049",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::Unauthorized),
    },
    Rule {
        id: "hop/entry-older",
        title: "The entry's build is older than the target's",
        docs: "A proxied OWA request must come from a build that is not older: patch Internet-facing servers \
               first; event 46.",
        source: "Microsoft KB947168",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::EntryOlder),
    },
    Rule {
        id: "hop/context-cookie",
        title: "2010 SP2 RU1 cannot proxy OWA to an older server",
        docs: "The user context cookie changed in 2010 SP2 RU1: older Client Access servers answer with an \
               invalid one; event 4999. Redirects are not touched. Mended by 2010 SP2 RU2 and 2007 SP3 RU7.",
        source: "Exchange Team Blog, 2012-02-17",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::Cookie),
    },
    Rule {
        id: "hop/no-resource-folder",
        title: "The OWA resource folder of the target's build is missing",
        docs: "Pages of a 2007 target refer to a folder named after its build, which the entry must hold: \
               copy it there; event 46.",
        source: "Microsoft KB947168",
        confidence: Confidence::Source,
        apply: |q, trace| fails(q, trace, Fault::NoFolder),
    },
    Rule {
        id: "hop/proxy-to-external-url",
        title: "RedirectToOptimalOWAServer is off: the entry proxies to the ExternalURL",
        docs: "The user is not redirected; the entry forwards to the target's ExternalURL and ignores the \
               InternalURL.",
        source: "blog.51cto.com/2770859/822088, copy of TechNet bb885049",
        confidence: Confidence::Source,
        apply: |q, trace| if q.hops().by_external { proxy(q, trace) } else { None },
    },
    Rule {
        id: "hop/proxy",
        title: "The entry proxies to the mailbox's site",
        docs: "The request is forwarded over HTTPS to a Client Access server of the mailbox's site, which \
               serves it there. The user does not notice; the address stays the same.",
        source: ARTICLE,
        confidence: Confidence::Article,
        apply: |q, trace| proxy(q, trace).or_else(|| Some(Answer::refuse(q, Failure::NotSupported))),
    },
];

/// Whether the hop ends at this stage.
fn fails(q: &View<'_>, trace: &mut Trace, fault: Fault) -> Option<Answer> {
    let hops = q.hops();
    // Who never got this far was looked at by an earlier rule.
    for candidate in &hops.each {
        if asked(q, fault, candidate, hops.by_external) && candidate.fault.is_none_or(|f| f >= fault) {
            trace.note(|| describe(q, fault, candidate, hops.by_external));
        }
    }
    let chosen = hops.chosen(q)?;
    if chosen.fault != Some(fault) {
        return None;
    }
    let answer = Answer::refuse(q, fault.failure());
    let answer = if fault.answered_by_target() { answer.by_way_of(chosen.at) } else { answer };
    let owa = q.protocol() == Protocol::Owa;
    let unreachable = matches!(fault, Fault::Unresolved | Fault::PortClosed | Fault::Down);
    Some(match fault {
        _ if owa && hops.by_external && unreachable => {
            let failure = Some(Failure::NameNotReachable);
            Answer { failure, ..answer }.seen_as(ClientSees::NotFound)
        }
        Fault::NotSecure | Fault::SslDemanded if owa => answer.logged(OWA_EVENTS, 42),
        Fault::Untrusted if owa => answer.logged(OWA_EVENTS, 43),
        Fault::NoPrincipal if owa => answer.logged(OWA_EVENTS, 71),
        Fault::EntryOlder | Fault::NoFolder => answer.logged(OWA_EVENTS, 46),
        Fault::Cookie => answer.logged("MSExchange Common", 4999),
        Fault::Down if q.protocol() == Protocol::Eas => answer.seen_as(ClientSees::Unavailable),
        _ => answer,
    })
}

const OWA_EVENTS: &str = "MSExchange OWA";

/// Whether a stage means anything for this request.
fn asked(q: &View<'_>, fault: Fault, candidate: &Candidate, by_external: bool) -> bool {
    let owa = q.protocol() == Protocol::Owa;
    match fault {
        Fault::NoIntegrated | Fault::NoPrincipal => !by_external,
        Fault::Astray => candidate.arrivals.iter().any(|(id, _)| *id != candidate.id),
        Fault::Unauthorized => by_external || candidate.at != candidate.id,
        Fault::NoBypass => q.protocol() == Protocol::Ews,
        Fault::EntryOlder => owa,
        Fault::Cookie => owa && q.entry().generation.major() == 2010,
        Fault::NoFolder => owa && q.mailbox().generation.major() == 2007,
        Fault::Down => !q.ask.caller.down.is_empty(),
        Fault::ServiceDown => !q.ask.caller.stopped.is_empty(),
        Fault::SslDemanded => q.entry().switches.allow_proxying_without_ssl,
        _ => true,
    }
}

fn proxy(q: &View<'_>, trace: &mut Trace) -> Option<Answer> {
    let chosen = q.hops().chosen(q)?;
    if chosen.fault.is_some() {
        return None;
    }
    let mut targets = Vec::new();
    let mut failing = Vec::new();
    let taken = q.hops().taken(q);
    for &(id, fault) in taken.iter().flat_map(|candidate| &candidate.arrivals) {
        match fault {
            None if !targets.contains(&id) => targets.push(id),
            Some(fault) if failing.iter().all(|(known, _)| *known != id) => {
                failing.push((id, fault.failure()))
            }
            None | Some(_) => {}
        }
    }
    let devices = q.protocol() == Protocol::Eas;
    trace.note(|| {
        let names: Vec<&str> = targets.iter().map(|id| q.cas(*id).name.as_str()).collect();
        let how = match (devices, chosen.shared, names.len() + failing.len() > 1) {
            (true, true, _) => "targets behind one name",
            (true, false, _) => "target, the first by name",
            (false, _, true) => "targets, in turn by session",
            (false, _, false) => "target",
        };
        (how.to_owned(), names.join(", "))
    });
    for (id, failure) in &failing {
        trace.note(|| {
            (
                format!("{}, which the entry takes for fit", q.cas(*id).name),
                format!("fails: {}", failure.token()),
            )
        });
    }
    let target = *targets.first()?;
    // OWA and EWS are spread over every target and fail over; ActiveSync has one, behind
    // whose name a balancer may stand.
    let spread = if devices && !chosen.shared && failing.is_empty() { Vec::new() } else { targets };
    Some(Answer::proxy(q, target).spread_over(spread).some_failing(failing))
}
