//! How something is found to be down, or up again, and the balancer that finds it out.

use super::super::super::amounts::{Count, Time};
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use super::super::super::kinds::{Flag, List, Text, Token};
use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;
use crate::model::topology::{Balancer, HealthCheck, LooksAt, Services, TakesOut};

const KEY: Key = ("health_check", "how it is found to be down or up again: so many checks in a row");
const LOOKS_AT: Token<LooksAt> = Token { words: &LooksAt::ALL };
const TAKES_OUT: Token<TakesOut> = Token { words: &TakesOut::ALL };

/// Reads `health_check`; what is left out is as in `default`, from `source`.
pub(super) fn health_check(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    default: HealthCheck,
    source: &'static str,
) -> HealthCheck {
    let mut own = fields.table_or_empty(cx, KEY);
    let check = checks(cx, &mut own, default, source);
    own.finish(cx);
    check
}

fn checks(cx: &mut Cx, own: &mut Fields<'_>, default: HealthCheck, source: &'static str) -> HealthCheck {
    let checks = Count { min: 1, max: 1000 };
    let count = |cx: &mut Cx, own: &mut Fields<'_>, key: Key, default: u32| {
        u32::try_from(own.or(cx, key, &checks, u64::from(default), source)).unwrap_or(default)
    };
    HealthCheck {
        interval: own.or(cx, ("interval", "from check to check"), &Time::POSITIVE, default.interval, source),
        failures: count(cx, own, ("failures", "failed ones in a row"), default.failures),
        successes: count(cx, own, ("successes", "good ones in a row"), default.successes),
        ..default
    }
}

/// Reads `health_check` of the balancer before Client Access servers.
pub(super) fn balancer_check(cx: &mut Cx, fields: &mut Fields<'_>) -> HealthCheck {
    let source = "every 5 s, three in a row: defaults of a hardware balancer, from memory";
    let default = HealthCheck::BALANCER;
    let mut own = fields.table_or_empty(cx, KEY);
    let check = checks(cx, &mut own, default, source);
    let looks_at = own
        .read(
            cx,
            (
                "looks_at",
                "`server`, as where it is left out: it answers at all; `port`: the port of a service is open, which \
                 shows POP3 and IMAP4 (web services share one, which stays open); `page`: a page of each service",
            ),
            &LOOKS_AT,
        )
        .unwrap_or_default();
    let stated = own.entry("services").map(|entry| entry.key_span);
    let services = own
        .read(cx, ("services", "those that `port` and `page` look at; left out, all"), &List(Text))
        .map_or(Services::ALL, |names| services(cx, &mut own, &names));
    let takes_out = own
        .read(
            cx,
            (
                "takes_out",
                "`server`, as where it is left out: all that it does, as with one pool behind one name (layer 4); \
                 `service`: what was found to be down, as with a pool for each (layer 7, or a name for each)",
            ),
            &TAKES_OUT,
        )
        .unwrap_or_default();
    if let (LooksAt::Server, Some(span)) = (looks_at, stated) {
        cx.fault_help(
            "contradiction",
            format!("`{}` names services and looks at none", own.path),
            span,
            "it looks whether the server answers",
            "say looks_at = \"page\", or \"port\"",
        );
    }
    own.finish(cx);
    HealthCheck { looks_at, services, takes_out, ..check }
}

/// Services by name.
fn services(cx: &mut Cx, fields: &mut Fields<'_>, names: &[String]) -> Services {
    let span = fields.entry("services").map_or(fields.span, |entry| entry.node.span);
    let mut found = Vec::new();
    for name in names {
        match Protocol::of_service(name) {
            Some(protocol) => found.push(protocol),
            None => cx.unknown("service", name, span, Protocol::ALL.map(Protocol::token)),
        }
    }
    Services::of(&found)
}

/// The balancer before the Client Access servers of a site.
pub(super) fn balancer(cx: &mut Cx, site: &mut Fields<'_>) -> Balancer {
    const PAIR: Key = ("pair", "a second one takes over when it fails");
    const TAKE_OVER: Key =
        ("take_over", "from the loss of a balancer until the other one of the pair has its work");
    const KEEPS: Key = (
        "keeps_connections",
        "the other one knows the connections of the first, which go on; else they are opened anew",
    );
    const KEEPS_AFFINITY: Key = (
        "keeps_affinity",
        "the other one knows at which servers sessions are: by a table that both share, by a cookie that names the \
         server or by a hash of the address; else it places each of them anew, and OWA of 2007 and 2010 (from 2013 on \
         with `certificate = \"own\"`) is logged on again at another server",
    );
    const NLB: Key = (
        "nlb",
        "it is Windows NLB on the servers themselves; changes nothing in a run, `check` says where that is not supported",
    );
    let Some(mut fields) = site.table(
        cx,
        (
            "balancer",
            "the balancer before the Client Access servers, as far as it may fail itself (`balancer.SITE` as an \
             `[[outage]]`); left out, a single one",
        ),
    ) else {
        return Balancer::default();
    };
    let pair = fields.or(cx, PAIR, &Flag, false, "ASSUMED: a single one");
    for key in [TAKE_OVER.0, KEEPS.0, KEEPS_AFFINITY.0] {
        if let (false, Some(entry)) = (pair, fields.entry(key)) {
            cx.fault_help(
                "contradiction",
                format!("`{}` has `{key}` and is no pair", fields.path),
                entry.key_span,
                "nobody takes over",
                "say pair = true",
            );
        }
    }
    let mut balancer = Balancer { keeps_affinity: true, ..Balancer::default() };
    // Of a single one they are not even written as defaults: that would be the same contradiction.
    if pair {
        let seconds = SimSpan::from_secs(3);
        let take_over =
            fields.or(cx, TAKE_OVER, &Time::POSITIVE, seconds, "ASSUMED: a few missed heartbeats");
        balancer.take_over = Some(take_over);
        balancer.keeps_connections =
            fields.or(cx, KEEPS, &Flag, false, "ASSUMED: connections are not mirrored");
        balancer.keeps_affinity = fields.or(
            cx,
            KEEPS_AFFINITY,
            &Flag,
            true,
            "ASSUMED: a cookie or a hash, which need no table, or a shared one",
        );
    } else {
        let _ = [TAKE_OVER.0, KEEPS.0, KEEPS_AFFINITY.0].map(|key| fields.has(key));
    }
    balancer.nlb = fields.or(cx, NLB, &Flag, false, "a balancer apart from the servers");
    fields.finish(cx);
    balancer
}
