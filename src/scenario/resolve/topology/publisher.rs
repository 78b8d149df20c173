//! `publisher`: what stands between the Internet and a site.

use super::super::super::amounts::{Count, Time};
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use super::super::super::kinds::Token;
use super::super::super::law::Law;
use crate::kernel::distribution::Distribution;
use crate::model::topology::{Delegation, PreAuthentication, Publisher, PublisherCapacity};

const PRE_AUTHENTICATION: Token<PreAuthentication> = Token { words: &PreAuthentication::ALL };
const DELEGATION: Token<Delegation> = Token { words: &Delegation::ALL };
const LAYER: Token<bool> = Token { words: &[(true, "layer 7"), (false, "layer 4")] };

/// The publisher before a site, which has an Internet connection or not.
pub(super) fn publisher(cx: &mut Cx, site: &mut Fields<'_>, internet: bool) -> Option<Publisher> {
    const KEY: Key = (
        "publisher",
        "a publisher or balancer between the Internet and the site, which clients from the Internet pass, \
         also those of sites that are published from here",
    );
    const DELEGATION_KEY: Key = (
        "delegation",
        "how it passes their logon on: `basic` needs Basic (or forms) on the servers' virtual directory, `ntlm` and \
         `kerberos` (constrained delegation) need Integrated Windows Authentication",
    );
    let entry = site.entry("publisher").map(|entry| entry.key_span);
    let mut fields = site.table(cx, KEY)?;
    if let (Some(span), false) = (entry, internet) {
        cx.fault_help(
            "contradiction",
            format!("`{}` stands before a site without `internet`", fields.path),
            span,
            "nobody comes through it",
            "state it at the site whose Internet connection is used",
        );
    }
    let ends_connections = fields.or(
        cx,
        ("works_at", "`layer 7` ends connections and reads requests, `layer 4` passes packets on"),
        &LAYER,
        true,
        "ASSUMED: a publisher",
    );
    let pre_authentication = fields.or(
        cx,
        (
            "pre_authentication",
            "how it logs users on before it lets them through to web services: `forms` is a form for browsers and \
             Basic for all others",
        ),
        &PRE_AUTHENTICATION,
        PreAuthentication::None,
        "ASSUMED",
    );
    // Nobody being logged on, there is nothing to pass on, and no default to be written.
    let delegation = if pre_authentication == PreAuthentication::None {
        fields.read(cx, DELEGATION_KEY, &DELEGATION).unwrap_or_default()
    } else {
        fields.or(cx, DELEGATION_KEY, &DELEGATION, Delegation::Basic, "ASSUMED")
    };
    let idle_timeout = fields.read(
        cx,
        ("idle_timeout", "after so long it closes an idle connection; left out, never"),
        &Time::POSITIVE,
    );
    let capacity = capacity(cx, &mut fields);
    contradictions(cx, &mut fields, (ends_connections, pre_authentication));
    fields.finish(cx);
    Some(Publisher { ends_connections, pre_authentication, delegation, idle_timeout, capacity })
}

/// What it can bear, where its work is stated.
fn capacity(cx: &mut Cx, fields: &mut Fields<'_>) -> Option<PublisherCapacity> {
    const SERVERS: Key = ("servers", "machines among which requests take turns; 1 with `service_time`");
    const CORES: Key = ("cores", "of each; 4 with `service_time`");
    let service_time: Option<Distribution> = fields.read(
        cx,
        ("service_time", "time of a core for each request; left out, it has no work to do and no limit"),
        &Law::TIME,
    );
    let Some(service_time) = service_time else {
        for (key, bounds) in [(SERVERS, Count::SERVERS), (CORES, Count::CORES)] {
            let _ = fields.read(cx, key, &bounds);
            if let (Some(entry), false) = (fields.entry(key.0), fields.has("service_time")) {
                cx.fault_help(
                    "contradiction",
                    format!("`{}` has `{}` but no `service_time`", fields.path, key.0),
                    entry.key_span,
                    "what a request costs there is not said",
                    "for example service_time = \"2 ms\"",
                );
            }
        }
        return None;
    };
    let servers = fields.or(cx, SERVERS, &Count::SERVERS, 1, "ASSUMED");
    let cores = fields.or(cx, CORES, &Count::CORES, 4, "ASSUMED");
    Some(PublisherCapacity {
        servers: u32::try_from(servers).unwrap_or(1),
        cores: u32::try_from(cores).unwrap_or(1),
        service_time,
    })
}

/// What cannot be at once.
fn contradictions(cx: &mut Cx, fields: &mut Fields<'_>, (ends, pre): (bool, PreAuthentication)) {
    let none = pre == PreAuthentication::None;
    let path = fields.path.clone();
    if let (false, false, Some(entry)) = (ends, none, fields.entry("pre_authentication")) {
        let help = "leave `pre_authentication` out, or say works_at = \"layer 7\"";
        let title = format!("`{path}` logs on whom it does not see");
        cx.fault_help("contradiction", title, entry.key_span, "layer 4 reads no requests", help);
    }
    if let (true, Some(entry)) = (none, fields.entry("delegation")) {
        let help = "say how it logs users on: pre_authentication = \"forms\"";
        let title = format!("`{path}` passes on a logon that it does not have");
        cx.fault_help("contradiction", title, entry.key_span, "nobody is logged on there", help);
    }
}
