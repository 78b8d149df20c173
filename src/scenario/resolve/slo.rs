//! `[slo]`: how well.

use super::super::amounts::{Share, Time};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::keys::Key;
use crate::model::protocol::Protocol;
use crate::model::workload::{Objective, Slo};

const PROTOCOL: Key = ("PROTOCOL", "goals of a protocol");

/// Reads `[slo]`, and the goals that differ while something of `plan.survive` is lost.
pub(super) fn slo(cx: &mut Cx, root: &mut Fields<'_>) -> (Slo, Slo) {
    if !root.has("slo") {
        return (Slo::default(), Slo::default());
    }
    cx.section("[slo]");
    let mut fields = root.table_or_empty(cx, ("slo", "goals")).into_section();
    let usual = goals(cx, &mut fields);
    let survive = fields.table(
        cx,
        (
            "survive",
            "goals while something that `plan.survive` names is lost; each left out is that of `[slo]`",
        ),
    );
    let lost = survive.map_or_else(Slo::default, |survive| {
        cx.section("[slo.survive]");
        let mut survive = survive.into_section();
        let goals = goals(cx, &mut survive);
        survive.finish(cx);
        goals
    });
    fields.finish(cx);
    (usual, lost)
}

fn goals(cx: &mut Cx, fields: &mut Fields<'_>) -> Slo {
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
    Slo { protocols, cpu, cpu_mean, link, link_mean, zone: None }
}
