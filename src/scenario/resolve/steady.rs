//! A steady-state run needs a load that does not change.

use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::tree::Value;
use super::timing::{RUN, Run};
use crate::model::protocol::Protocol;
use crate::model::workload::{Arrivals, OutageTiming, Workload};

/// Protocols whose connections live for the working day or for ever, as `connected` says.
fn lives_connected(protocol: Protocol) -> bool {
    use Protocol as P;
    match protocol {
        P::OutlookAnywhere | P::OutlookCached | P::OutlookOnline | P::MapiHttp | P::Imap => true,
        P::Owa | P::Eas | P::Ews | P::Autodiscover | P::Oab | P::Pop => false,
    }
}

/// A steady-state run (`warmup = "auto"`) needs a load that does not change: says
/// what does.
pub(super) fn steady(cx: &mut Cx, root: &mut Fields<'_>, run: &Run, workload: &Workload) {
    if !run.adaptive.warmup {
        return;
    }
    let mut changing: Vec<String> = Vec::new();
    let uneven = |factors: &[f64]| factors.iter().any(|factor| *factor != factors[0]);
    for population in workload.populations.iter().filter(|p| p.mailboxes > 0) {
        let name = &population.name;
        let connected =
            population.clients.iter().find(|used| used.share > 0.0 && lives_connected(used.protocol));
        if uneven(&population.day.hours) {
            changing.push(format!("population `{name}` follows a day's curve"));
        } else if uneven(&population.settings.week) {
            changing.push(format!("population `{name}` follows a `week`"));
        } else if let Some(used) = connected.filter(|_| !population.always_connected()) {
            let protocol = used.protocol;
            changing.push(format!("{protocol} of population `{name}` is connected for the working day"));
        }
    }
    for source in &workload.sources {
        match source.arrivals {
            Arrivals::Varying(_) => changing.push(format!("source `{}` has a varying rate", source.name)),
            Arrivals::Trace(_) => changing.push(format!("source `{}` is a trace", source.name)),
            Arrivals::Poisson { .. } | Arrivals::Closed { .. } => {}
        }
    }
    if workload.outages.iter().any(|outage| matches!(outage.timing, OutageTiming::Once { .. })) {
        changing.push("there is a single [[outage]]".to_owned());
    }
    if !workload.changes.is_empty() {
        changing.push("there is a [[change]]".to_owned());
    }
    if changing.is_empty() {
        return;
    }
    let run = root.table_or_empty(cx, RUN);
    let place = root.entry("run").map_or(run.span, |entry| match &entry.node.value {
        Value::Table(table) => table.get("warmup").map_or(entry.node.span, |warmup| warmup.node.span),
        _ => entry.node.span,
    });
    changing.truncate(3);
    cx.fault_help(
        "not-steady",
        "a warm-up can be found only for a run that becomes steady",
        place,
        changing.join("; "),
        "state the warm-up as a time, for example \"30 min\"; or give populations `day = \"flat24h\"`, no \
         `week`, and `connected = \"always\"`",
    );
}
