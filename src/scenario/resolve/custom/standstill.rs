//! Closed users who think for no time and are served in none: the clock would never move on.
//!
//! Only what is certain is a fault here; who is merely refused at once is found out in the run
//! ([`crate::sim::Endless`]).

use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use crate::kernel::distribution::Distribution;
use crate::model::workload::{Arrivals, CustomDelay, CustomLink, CustomSource, CustomStation, Visit};

/// Refuses a source whose sessions follow each other at one instant.
pub(super) fn standstill(
    cx: &mut Cx,
    fields: &Fields<'_>,
    source: &CustomSource,
    (stations, links, delays): (&[CustomStation], &[CustomLink], &[CustomDelay]),
) {
    let Arrivals::Closed { think, .. } = &source.arrivals else { return };
    let takes_no_time = |visit: &Visit| match visit {
        Visit::Station(id) => is_nothing(&stations[id.index()].service),
        Visit::Delay(id, _) => is_nothing(&delays[id.index()].span),
        // Whatever is drawn is a transfer of a bit at least.
        Visit::Link(id) => {
            matches!(links[id.index()].volume, Distribution::Constant(bits) if bits < 0.5)
        }
    };
    // A class that takes time lets the clock go on, as soon as a user is of it.
    let mut nodes = source.classes.iter().filter(|class| class.probability > 0.0).flat_map(|c| &c.nodes);
    if !is_nothing(think) || !nodes.all(|node| takes_no_time(&node.visit)) {
        return;
    }
    let place = cx.spans.find(&format!("{}.arrivals.closed.think", fields.path)).unwrap_or(fields.span);
    cx.fault_help(
        "standstill",
        format!("the users of `{}` think for no time, and are served in none", source.name),
        place,
        "the clock would stand still",
        "give `think`, or something on their way, a length",
    );
}

/// Whether no draw of it is as long as half a nanosecond.
fn is_nothing(law: &Distribution) -> bool {
    match law {
        Distribution::Constant(value) => *value < 0.5,
        Distribution::Uniform { high, .. } => *high < 0.5,
        Distribution::Empirical(values) => values.iter().all(|value| *value < 0.5),
        _ => false,
    }
}
