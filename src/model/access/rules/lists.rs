//! The lists: which rules a release follows, in order.
//!
//! Order is meaning: a rule may rely on every rule before it having passed. Each
//! list ends in a rule that answers whatever is left. A list is made of sections that
//! releases share; `sections` is the table of contents. Under `exchange = "2007"`
//! the sections are those that the founding article states or does not contradict.

use super::common::MEMORY;
use super::rule::{Confidence, Rule};
use super::{common, e2007, e2010, e2013, hops, legacy, newer};
use crate::model::access::answer::{Answer, ClientSees, OUT_OF_REACH, Stop};
use crate::model::access::failure::Failure;
use crate::model::access::hop::View;
use crate::model::access::query::ClientPlace;
use crate::model::access::trace::Trace;
use crate::model::protocol::Protocol;
use crate::model::release::Generation;
use crate::model::topology::{Delegation, PreAuthentication};

/// Whether anybody is reached who could answer.
const REACHED: &[Rule] = &[
    Rule {
        id: OUT_OF_REACH,
        title: "The client cannot get to the server",
        docs: "A client on the Internet reaches a site through the site's own Internet connection, or through \
               that of the site from which its servers are published; one inside needs site links. Names and \
               URLs do not help where there is no way.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            let place = q.ask.caller.place?;
            let entry = Stop::Cas(q.ask.entry);
            let open = |stop: Stop| q.open_to(place, q.site_of(stop));
            let first = if open(entry) && !leaves_the_entry(q.protocol()) {
                return None;
            } else {
                *otherwise(q)?.stops.first()?
            };
            if open(first) {
                return None;
            }
            let (what, failure) = match place {
                ClientPlace::Internet => ("a way from the Internet to", Failure::NameNotResolved),
                ClientPlace::Inside(_) => ("site links from the client to", Failure::NoRoute),
            };
            trace.note(|| (format!("{what} {}", q.site_name(q.site_of(first))), "none".to_owned()));
            Some(Answer::refuse(q, failure).seen_as(ClientSees::ConnectError))
        },
    },
    Rule {
        id: "common/entry-down",
        title: "The server that the client reached is down",
        docs: "Nothing listens there, whatever it would have answered. It is considered only where servers are \
               said to be down, and does not touch clients whose way does not lead over that server: Outlook \
               inside at its endpoint, an address book fetched from another URL.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            let behind = q.behind(q.ask.entry) && !q.ask.caller.proxied;
            let down = q.down(q.ask.entry);
            if !(down || behind) || !otherwise(q)?.reaches(Stop::Cas(q.ask.entry)) {
                return None;
            }
            let asked =
                || if down { q.serves(Stop::Cas(q.ask.entry)) } else { q.balancer_is_up(q.ask.entry) };
            trace.note(|| (asked(), "no".to_owned()));
            Some(Answer::refuse(q, Failure::ServerDown).seen_as(ClientSees::ConnectError))
        },
    },
    Rule {
        id: "common/service-down",
        title: "The service is down on the server that the client reached",
        docs: "The server is up and the service that is asked for is not: POP3 and IMAP4, or the application pool \
               of a web service, which is answered by HTTP 503. It is considered only where a service is said to \
               be down; a balancer takes it out where its checks look at the service (`looks_at`).",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: |q, trace| {
            if !q.stopped(q.ask.entry) || !otherwise(q)?.reaches(Stop::Cas(q.ask.entry)) {
                return None;
            }
            trace.note(|| q.service_down(&q.entry().name));
            let web = q.protocol().service().is_some();
            let sees = if web { ClientSees::Unavailable } else { ClientSees::ConnectError };
            Some(Answer::refuse(q, Failure::ServerDown).seen_as(sees))
        },
    },
    Rule {
        id: "common/publisher",
        title: "The server does not take the logon that the publisher passes on",
        docs: "A publisher that logs users of web services on passes their logon on: as Basic, which the virtual \
               directory must accept (forms has Basic under it), or by NTLM or Kerberos constrained delegation, \
               for which it must have Integrated Windows Authentication. Clients inside do not pass it, and it \
               lets Outlook Anywhere, POP3 and IMAP4 through as they come.",
        source: MEMORY,
        confidence: Confidence::Memory,
        apply: not_delegated,
    },
];

fn not_delegated(q: &View<'_>, trace: &mut Trace) -> Option<Answer> {
    if q.ask.caller.proxied || q.place() != ClientPlace::Internet || q.protocol() == Protocol::Oab {
        return None;
    }
    let publisher = q.topology().publisher_before(q.entry().site)?;
    let directory = q.directory(q.ask.entry)?;
    if publisher.pre_authentication == PreAuthentication::None {
        return None;
    }
    let taken = publisher.delegation.is_taken_by(directory);
    trace.note(|| {
        let word = Delegation::ALL.iter().find(|(of, _)| *of == publisher.delegation);
        let what = format!("{} takes the publisher's delegation", q.directory_name(q.ask.entry));
        (what, format!("{} ({})", if taken { "yes" } else { "no" }, word.map_or("", |(_, word)| word)))
    });
    (!taken).then(|| Answer::refuse(q, Failure::DelegationRefused))
}

/// Whether clients of this protocol may go past the entry: Outlook inside to its endpoint,
/// an address book to the URL handed out.
fn leaves_the_entry(protocol: Protocol) -> bool {
    protocol.is_outlook_inside() || protocol == Protocol::Oab
}

/// What the rules of the entry's release would answer to whoever got there.
fn otherwise(q: &View<'_>) -> Option<Answer> {
    let others = sections(q.entry().generation).iter().skip(1).copied().flatten();
    others.into_iter().find_map(|rule| (rule.apply)(q, &mut Trace::silent()))
}

/// The rules that a server of this release follows, in order.
pub fn of(generation: Generation) -> impl Iterator<Item = &'static Rule> {
    sections(generation).iter().copied().flatten()
}

/// Every rule once, in the order of releases.
#[must_use]
pub fn all() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    for (generation, _) in Generation::ALL {
        for rule in of(generation) {
            if rules.iter().all(|known| known.id != rule.id) {
                rules.push(rule);
            }
        }
    }
    rules
}

/// The rule of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    Generation::ALL.into_iter().flat_map(|(generation, _)| of(generation)).find(|rule| rule.id == id)
}

fn sections(generation: Generation) -> &'static [&'static [Rule]] {
    match generation {
        Generation::E2003 => &[REACHED, legacy::FRONT_END],
        Generation::E2007 => &[
            REACHED,
            common::FIRST,
            e2007::OUTLOOK_INSIDE,
            legacy::FROM_2007,
            newer::RULES,
            common::ENTRY,
            e2007::LOCAL,
            e2007::OUTLOOK_ANYWHERE,
            e2007::POP_IMAP_ARTICLE,
            common::NO_TARGET,
            e2007::OWA,
            hops::RULES,
        ],
        Generation::E2007Rtm => &[
            REACHED,
            common::FIRST,
            e2007::OUTLOOK_INSIDE,
            legacy::FROM_2007,
            newer::RULES,
            common::ENTRY,
            e2007::LOCAL,
            e2007::OUTLOOK_ANYWHERE,
            e2007::POP_IMAP,
            common::NO_TARGET,
            e2007::RTM,
            e2007::OWA,
            hops::RULES,
        ],
        Generation::E2007Sp1 | Generation::E2007Sp2 | Generation::E2007Sp3 => &[
            REACHED,
            common::FIRST,
            e2007::OUTLOOK_INSIDE,
            legacy::FROM_2007,
            newer::RULES,
            common::ENTRY,
            e2007::SAME_SITE_451,
            e2007::LOCAL,
            e2007::OUTLOOK_ANYWHERE,
            e2007::POP_IMAP,
            common::NO_TARGET,
            e2007::OWA,
            e2007::EAS_451,
            hops::RULES,
        ],
        Generation::E2010Rtm | Generation::E2010Sp1 | Generation::E2010Sp2 | Generation::E2010Sp3 => &[
            REACHED,
            common::FIRST,
            legacy::FROM_2010,
            newer::RULES,
            common::ENTRY,
            e2010::TO_2007,
            e2010::RPC_CLIENT_ACCESS,
            e2010::RULES,
            hops::RULES,
        ],
        Generation::E2013 | Generation::E2016 | Generation::E2019 => &[REACHED, e2013::RULES],
    }
}
