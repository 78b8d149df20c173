//! Mailboxes that are copied before a change moves them, as `traffic` of `moved` asks for.
//!
//! Must not know how a run goes. Next: [`crate::clients::copy_plans`].

use std::collections::BTreeMap;

use super::inputs::Inputs;
use super::turns::nth_mailbox;
use crate::clients::copy_plans::CopyPlan;
use crate::clients::roster::Roster;
use crate::itinerary::{Amount, Leg, Network};
use crate::kernel::{Id, NANOS_PER_SEC, SimSpan, nanos};
use crate::model::topology::Site;
use crate::model::workload::{Moved, Population};

/// A piece is not smaller, bits: 8 MB.
const PIECE: u64 = 64_000_000;
/// Pieces of a wave, at most about so many.
const PIECES: u64 = 200_000;

/// Notes what the changes move of a population, each with the number of the change: `homes` has
/// where its mailboxes are.
pub(super) fn note_copies(
    inputs: &Inputs<'_>,
    network: &mut Network,
    (index, population): (usize, &Population),
    homes: &[(u32, Option<&Moved>)],
    roster: &mut Roster,
) {
    for pair in homes.windows(2) {
        let (before, (change, after)) = (pair[0].1, pair[1]);
        let Some(traffic) = after.and_then(|moved| moved.traffic) else { continue };
        for (between, mailboxes) in crossing(inputs, population, (before, after)) {
            let [from, to] = between;
            let Some(path) = inputs.topology().path(from, to) else { continue };
            let bits = nanos(f64::from(mailboxes) * traffic.mailbox_bytes * 8.0);
            let piece = PIECE.max(bits.div_ceil(PIECES)).min(bits.max(1));
            let gap = SimSpan(nanos(piece as f64 / traffic.rate * NANOS_PER_SEC as f64));
            let ahead = traffic
                .ahead
                .unwrap_or_else(|| SimSpan(nanos(bits as f64 / traffic.rate * NANOS_PER_SEC as f64)));
            let link = |(link, direction): (Id<_>, usize)| inputs.placement.links[link.index()][direction];
            let links: Vec<_> = path.into_iter().map(link).collect();
            let amount = Amount::Param { index: 0, factor: 1.0 };
            let legs = vec![Leg::transfer(&links, amount, f64::INFINITY), Leg::End];
            let at = roster.changes[change as usize];
            roster.copying.push(CopyPlan {
                change,
                population: index as u32,
                between: between.map(|site| site.index() as u32),
                mailboxes,
                bits,
                piece,
                gap,
                at_once: traffic.at_once,
                begin: at.saturating_sub_unsigned(ahead.0),
                program: network.add_program(legs),
            });
        }
    }
}

/// Mailboxes that are in another site after a change, by the sites.
fn crossing(
    inputs: &Inputs<'_>,
    population: &Population,
    (before, after): (Option<&Moved>, Option<&Moved>),
) -> BTreeMap<[Id<Site>; 2], u32> {
    let topology = inputs.topology();
    let site = |moved: Option<&Moved>, n: u32| {
        nth_mailbox(topology, population, moved, n).map(|(group, _)| topology.mailbox[group.index()].site)
    };
    let mut crossing = BTreeMap::new();
    for n in 0..population.mailboxes {
        if let (Some(from), Some(to)) = (site(before, n), site(after, n))
            && from != to
        {
            *crossing.entry([from, to]).or_insert(0) += 1;
        }
    }
    crossing
}
