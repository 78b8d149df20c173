//! `[slo]`: how well.

use super::super::amounts::{Share, Time};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::keys::Key;
use crate::model::protocol::Protocol;
use crate::model::workload::{Objective, Slo};

const PROTOCOL: Key = ("PROTOCOL", "goals of a protocol");

/// Reads `[slo]`.
pub(super) fn slo(cx: &mut Cx, root: &mut Fields<'_>) -> Slo {
    if !root.has("slo") {
        return Slo::default();
    }
    cx.section("[slo]");
    let mut fields = root.table_or_empty(cx, ("slo", "goals")).into_section();
    let cpu = fields.read(
        cx,
        ("cpu", "highest utilisation of any server group in its busiest hour"),
        &Share::WHOLE,
    );
    let link = fields.read(
        cx,
        ("link", "highest utilisation of the available bandwidth of any link direction in its busiest hour"),
        &Share::WHOLE,
    );
    let cpu_mean =
        fields.read(cx, ("cpu_mean", "highest mean utilisation of any server group"), &Share::WHOLE);
    let link_mean = fields.read(
        cx,
        ("link_mean", "highest mean utilisation of the available bandwidth of any link direction"),
        &Share::WHOLE,
    );
    let mut protocols = Vec::new();
    for protocol in Protocol::ALL {
        let Some(mut own) =
            fields.table_of(cx, PROTOCOL, protocol.token(), &Protocol::ALL.map(Protocol::token))
        else {
            continue;
        };
        let objective = Objective {
            logon_p95: own.read(
                cx,
                ("logon_p95", "logons, without what the user takes to follow a redirect"),
                &Time::POSITIVE,
            ),
            logon_with_human_p95: own.read(
                cx,
                ("logon_with_human_p95", "logons with what the user takes"),
                &Time::POSITIVE,
            ),
            p95: own.read(cx, ("p95", "requests"), &Time::POSITIVE),
            failures: own.read(cx, ("failures", "requests that fail"), &Share::WHOLE),
            availability: own.read(
                cx,
                ("availability", "least share of the users' minutes in which they are not cut off"),
                &Share::WHOLE,
            ),
        };
        own.finish(cx);
        protocols.push((protocol, objective));
    }
    fields.finish(cx);
    Slo { protocols, cpu, cpu_mean, link, link_mean }
}
