//! Who asked what of each link direction.

use super::merger::Merger;
use crate::recorder::users_of;
use crate::results::LinkUse;

/// Every protocol and population that asked something of a link direction, by link, the
/// one that asked most first.
pub(super) fn link_users(merger: &Merger<'_>) -> Vec<LinkUse> {
    let mut all = Vec::new();
    for (link, totals) in (0..).zip(&merger.links) {
        let asked = (0..).zip(&totals.sum.asked_bits).filter(|(_, bits)| **bits > 0);
        let mut of_link: Vec<LinkUse> = asked
            .map(|(class, &bits)| {
                let (protocol, population) = users_of(class);
                LinkUse { link, protocol, population, bits }
            })
            .collect();
        of_link.sort_by_key(|asked| std::cmp::Reverse(asked.bits));
        all.append(&mut of_link);
    }
    all
}
