//! Ports that a firewall closes between two sites, and which of them a protocol needs.
//!
//! Must not judge how grave that is ([`super::hops`], [`super::outlook`]).

use crate::check::finding::Finding;
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::kernel::Id;
use crate::model::access::Failure;
use crate::model::protocol::Protocol;

/// Closed ports between sites: a finding for each rule of the firewall and pair of sites.
pub(super) fn closed_ports(s: &Subject<'_>, relevant: fn(Protocol) -> bool, why: &str) -> Vec<Finding> {
    let mut found: Vec<(String, String, Vec<&Flow>)> = Vec::new();
    let rules = &s.topology.switches.firewall;
    for flow in &s.flows {
        let Some(entry) = flow.last().0 else { continue };
        if flow.failure() != Some(Failure::PortClosed) || !relevant(flow.protocol) {
            continue;
        }
        let (from, to) = (s.cas(entry).site, flow.home(s.topology));
        let rule = rules.iter().position(|rule| {
            rule.from.is_none_or(|site| site == from)
                && rule.to.is_none_or(|site| site == to)
                && !rule.ports.is_empty()
        });
        let name = |site: Id<crate::model::topology::Site>| s.topology.sites[site.index()].name.as_str();
        let path = rule.map_or("firewall".to_owned(), |rule| format!("firewall.{}.closed", rule + 1));
        let message = format!("a firewall closes {why} from {} to {}", name(from), name(to));
        match found.iter_mut().find(|(p, m, _)| *p == path && *m == message) {
            Some((_, _, flows)) => flows.push(flow),
            None => found.push((path, message, vec![flow])),
        }
    }
    found
        .into_iter()
        .map(|(path, message, flows)| {
            let set = if path == "firewall" { String::new() } else { format!("{path}=[]") };
            let rule = rules.iter().enumerate().find(|(at, _)| path == format!("firewall.{}.closed", at + 1));
            let closed = rule.map_or(&[][..], |(_, rule)| &rule.ports);
            let needed = |port: &&u16| flows.iter().any(|flow| needs(flow.protocol).contains(port));
            let ports: Vec<String> = closed.iter().filter(needed).map(u16::to_string).collect();
            let command = match &ports[..] {
                [] => String::new(),
                [one] => format!("Open TCP {one}"),
                [all @ .., last] => format!("Open TCP {} and {last}", all.join(", ")),
            };
            Finding::at(path, message).touching(s.users(flows.into_iter())).fix(set, command)
        })
        .collect()
}

/// Ports by which a server forwards to another one of what releases there are.
fn needs(protocol: Protocol) -> Vec<u16> {
    match protocol.mail() {
        Some(mail) => mail.ports.iter().copied().chain([mail.back_end_port]).collect(),
        None => vec![80, 443, 444],
    }
}
