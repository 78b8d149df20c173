//! Lints of limits against what clients hold in the busiest hour.
//!
//! What sessions hold is counted; what requests hold is Little's law (rate times mean
//! time in work, without queues), and three standard deviations of a Poisson number on
//! top, since a request is refused in a burst. ActiveSync's held requests have a lint of
//! their own (`edge`), connections behind one address too (`mail`).

use crate::check::finding::{Finding, Lint};
use crate::check::subject::{Subject, Users, clock};
use crate::clients::expected::offered_load::{Counter, LimitDemand, limits as kinds};
use crate::clients::roster::SharedBy;
use crate::diagnostics::Severity;
use crate::model::access::Confidence;
use crate::scenario::key;

/// A lint by kind of limit.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L43",
        severity: Severity::Warning,
        title: "more Outlook Anywhere connections than a server's limit",
        docs: "Outlook holds two RPC/HTTP connections an RPC association for the whole working day. Beyond the \
               ASP.NET connection limit (2010 SP3: 25,000) the rest is refused and comes back again and again.",
        source: "Microsoft on Outlook Anywhere with 2010 SP3",
        confidence: Confidence::Source,
        find: |s| beyond(s, kinds::RPC_HTTP, "outlook_anywhere_connection_limit"),
    },
    Lint {
        id: "L44",
        severity: Severity::Warning,
        title: "more connections to a Mailbox server than ephemeral ports",
        docs: "A 2007 Client Access server opens a TCP connection to the Mailbox server for every RPC association of \
               Outlook Anywhere, each from a port of its own. Towards one Mailbox server there are no more than \
               the ephemeral ports (60,000 with a raised MaxUserPort; 16,384 and 3,976 unchanged on Windows 2008 \
               and 2003).",
        source: "TechNet on the scalability of Outlook Anywhere; port numbers from memory",
        confidence: Confidence::Memory,
        find: |s| beyond(s, kinds::PORTS, "ephemeral_ports"),
    },
    Lint {
        id: "L45",
        severity: Severity::Warning,
        title: "more RPC requests in work than a server's limit",
        docs: "The RPC Client Access service of 2010 works on so many RPC requests at once (500) and refuses others: \
               Outlook disconnects. Requests in work are the rate of tasks times their time at the server, store \
               accesses and round trips to a Mailbox server in another site included.",
        source: "Microsoft on Outlook Anywhere with 2010 SP3; Little's law",
        confidence: Confidence::Source,
        find: |s| beyond(s, kinds::RPC_REQUESTS, "rpc_request_limit"),
    },
    Lint {
        id: "L46",
        severity: Severity::Warning,
        title: "more web requests in work than maxConcurrentRequestsPerCPU",
        docs: "ASP.NET works on so many requests a core at once and keeps others waiting. Held requests count: at the \
               default of 12 of ASP.NET 2.0 a few dozen devices that hold a Ping stop a server.",
        source: "T. Marquardt on ASP.NET thread usage; Little's law",
        confidence: Confidence::Source,
        find: |s| beyond(s, kinds::IN_WORK, "max_concurrent_requests_per_cpu"),
    },
    Lint {
        id: "L47",
        severity: Severity::Warning,
        title: "more proxied requests than maxconnection",
        docs: "A Client Access server opens no more connections to one server that it proxies to than maxconnection \
               of .NET; further requests wait. A proxied Ping holds one for its heartbeat.",
        source: "KB821268 on maxconnection, from memory; Little's law",
        confidence: Confidence::Memory,
        find: |s| beyond(s, kinds::PROXY, "maxconnection"),
    },
    Lint {
        id: "L48",
        severity: Severity::Warning,
        title: "more requests at a back end than its guard allows",
        docs: "The front end of 2013 and later refuses requests of a protocol when so many are outstanding at one back \
               end (150 before CU7, where this guard is set). A held Ping is outstanding for its heartbeat.",
        source: "practitioners on the target back-end limits of HttpProxy; Little's law",
        confidence: Confidence::Source,
        find: |s| beyond(s, kinds::BACKEND, "target_backend_guard"),
    },
    Lint {
        id: "L49",
        severity: Severity::Warning,
        title: "more POP3 or IMAP4 connections than MaxConnections",
        docs: "IMAP4 clients hold their connections for the whole working day, POP3 clients for as long as a poll takes. \
               Beyond MaxConnections of the service (2,000 up to 2010) others are refused.",
        source: "Set-ImapSettings documentation",
        confidence: Confidence::Source,
        find: |s| {
            [kinds::POP, kinds::IMAP].iter().flat_map(|kind| beyond(s, kind, "max_connections")).collect()
        },
    },
    Lint {
        id: "L72",
        severity: Severity::Warning,
        title: "more connections than ports of the addresses that clients share",
        docs: "Every TCP connection through address translation takes a port of a public address for as long as it \
               lasts; an address has about 64,000. Outlook Anywhere holds two an RPC association (16 a client), \
               MAPI/HTTP two, a browser two, a phone one. Beyond them nobody answers a new connection, while those \
               who are connected notice nothing.",
        source: "Microsoft on planning address translation for Outlook, from memory; Little's law",
        confidence: Confidence::Memory,
        find: translated,
    },
];

fn beyond(s: &Subject<'_>, kind: &str, setting: &str) -> Vec<Finding> {
    let over = |held: &&LimitDemand| held.kind == kind && held.peak() > f64::from(held.limit);
    s.held().iter().filter(over).filter_map(|held| finding(s, held, setting)).collect()
}

fn finding(s: &Subject<'_>, held: &LimitDemand, setting: &str) -> Option<Finding> {
    let Counter::Cas(cas) = held.counter else { return None };
    let group = s.cas(cas);
    let what = kinds::ALL.iter().find(|(kind, _)| *kind == held.kind).map_or("", |(_, what)| what);
    let towards = if held.apart.is_empty() { String::new() } else { format!(" ({})", held.apart) };
    let burst = if held.by_sessions { String::new() } else { format!(", {:.0} in a burst", held.peak()) };
    let message = format!(
        "{}{towards}: {:.0} {what} in the hour from {}{burst}, and {} may be",
        group.name,
        held.mean,
        clock(s.scenario, held.from),
        held.limit
    );
    // So many servers that the limit holds; three standard deviations are more of fewer.
    let mut servers = group.servers;
    let at = |servers: u32| LimitDemand {
        mean: held.mean * f64::from(group.servers) / f64::from(servers),
        by_population: Vec::new(),
        ..held.clone()
    };
    while servers < 1_000 && at(servers).peak() > f64::from(held.limit) {
        servers += 1;
    }
    let place = format!("{}.cas.{setting}", s.cas_path(cas));
    Some(Finding::at(place, message).touching(holders(s, held)).fix(
        format!("{}.cas.servers={servers}", s.cas_path(cas)),
        format!("raise {setting} as far as the servers bear it, or add servers"),
    ))
}

/// Who holds anything of a limit.
fn holders(s: &Subject<'_>, held: &LimitDemand) -> Vec<Users> {
    s.asking(&held.by_population)
}

/// More connections than the addresses that clients share have ports.
fn translated(s: &Subject<'_>) -> Vec<Finding> {
    let over = |held: &&LimitDemand| held.kind == kinds::TRANSLATED && held.peak() > f64::from(held.limit);
    let finding = |held: &LimitDemand| {
        let Counter::Translation(shared) = held.counter else { return None };
        let (path, name, addresses) = match shared {
            SharedBy::Region(at) => {
                let region = &s.topology.regions[at];
                (format!("region.{}", key(&region.name)), &region.name, region.addresses?)
            }
            SharedBy::Population(at) => {
                let population = &s.scenario.model.workload.populations[at];
                (format!("population.{}", key(&population.name)), &population.name, population.addresses?)
            }
        };
        let each = if addresses == 1 { "the one address" } else { "an address" };
        let message = format!(
            "clients hold {:.0} connections behind {each} of {name} in the hour from {}, and {} have a port there",
            held.mean,
            clock(s.scenario, held.from),
            held.limit
        );
        let enough = (held.mean * f64::from(addresses) / f64::from(held.limit)).ceil();
        Some(Finding::at(format!("{path}.ports"), message).touching(holders(s, held)).fix(
            format!("{path}.addresses={enough:.0}"),
            "let more public addresses stand for these clients, or fewer connections a client (MAPI/HTTP)",
        ))
    };
    s.held().iter().filter(over).filter_map(finding).collect()
}
